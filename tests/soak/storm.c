/*
 * Commissioning on a hostile air, in virtual time: real devices, the real commissioner with 16
 * links, and attackers who do what anybody with a radio can. Each attack runs alone, then all
 * together; in front of them, for comparison, a calm air.
 *
 *     storm [DEVICES [SEED]]
 *
 * What it tells: how long the real devices took, how often they were tried, how many devices that
 * do not exist the commissioner took on, and the memory. It fails if a real device is not
 * provisioned within two hours, if two sides that are done have different keys, or if memory grows
 * beyond what the commissioner may remember. See docs/threat-model.md, rows 20 to 22.
 */
#include "commissioner.h"
#include "rng.h"
#include "rss.h"
#include "simport.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEVICES_MAX 1000
#define LINKS 16
#define LOSS_PCT 5
#define SLOTS 4
#define RETRIES 10
#define LIMIT_MS 7200000u
#define COMPLETE_MS 5000 /* for the last Complete */
#define FAKES 1000
#define SQUAT_MS 16000 /* until each device was squatted once, in the mean */
#ifdef __SANITIZE_ADDRESS__
#define MEMORY_MAX_KB ULONG_MAX /* it keeps what was freed */
#else
#define MEMORY_MAX_KB 8192
#endif
#define LINKS_KNOWN 64 /* link identifiers that the attacker remembers */

enum attack {
    CROWD,  /* beacons of 1,000 devices that do not answer */
    STORM,  /* beacons as fast as a radio sends, each of another device */
    SQUAT,  /* Link Opens to the real devices, and then silence */
    CLOSES, /* Link Close on links that were overheard */
    CLONES, /* segments with the link identifiers of others */
    ATTACKS,
};

static const char *const attack_names[ATTACKS] = {
    "1,000 fake devices", "a beacon storm", "half-open links", "forged closes", "cloned links",
};

struct device {
    struct simport port;
    struct usher node;
    struct usher_session session;
    uint8_t uuid[USHER_UUID_SIZE];
};

/** A radio that says what it likes, when its timer rings. */
struct attacker {
    struct storm *storm;
    enum attack attack;
    struct air_radio *radio;
    uint32_t every_ms;
    bool busy;
    unsigned said;
    uint8_t links[LINKS_KNOWN][4]; /* overheard last, and with what transaction number */
    uint8_t numbers[LINKS_KNOWN];
    unsigned link_count;
};

struct storm {
    struct air *air;
    const struct usher_crypto *crypto;
    unsigned device_count;
    struct device *devices;
    struct simport port;
    struct usher node;
    struct registry *registry;
    struct commissioner *commissioner;
    uint64_t run_at; /* when the commissioner wants to be called */
    struct attacker attackers[ATTACKS];
    struct rng rng;
};

static uint64_t now_ms(const struct storm *s)
{
    return air_now_us(s->air) / 1000;
}

/* -- the attackers ----------------------------------------------------------------------------- */

static void say(struct attacker *a, const uint8_t *ad, uint8_t len)
{
    struct usher_adv adv = { .type = USHER_ADV_NONCONN_IND, .count = 1, .len = len };

    memcpy(adv.data, ad, len);
    a->busy = air_send(a->radio, &adv) == USHER_OK;
    a->said += a->busy;
}

static void say_beacon(struct attacker *a, uint32_t number)
{
    uint8_t beacon[21] = { 20, 0x2B, 0x00, 0xBA, 0xD0, (uint8_t)a->attack };

    memcpy(beacon + 6, &number, sizeof(number));
    say(a, beacon, sizeof(beacon));
}

static void say_gen(struct attacker *a, const uint8_t link_id[4], uint8_t number,
                    const uint8_t *gen, uint8_t len)
{
    uint8_t ad[USHER_AD_MAX] = { (uint8_t)(6 + len), 0x29 };

    memcpy(ad + 2, link_id, 4);
    ad[6] = number;
    memcpy(ad + 7, gen, len);
    say(a, ad, (uint8_t)(7 + len));
}

static void squat(struct attacker *a)
{
    struct storm *s = a->storm;
    uint8_t open[17] = { 0x03 }, id[4];

    memcpy(open + 1, s->devices[rng_below(&s->rng, s->device_count)].uuid, USHER_UUID_SIZE);
    air_random(a->radio, id, sizeof(id));
    say_gen(a, id, 0, open, sizeof(open));
}

static void forge(struct attacker *a)
{
    struct storm *s = a->storm;
    unsigned i;
    uint8_t gen[24];

    if (a->link_count == 0) {
        return;
    }
    i = rng_below(&s->rng, a->link_count < LINKS_KNOWN ? a->link_count : LINKS_KNOWN);
    if (a->attack == CLOSES) {
        say_gen(a, a->links[i], 0, (const uint8_t[]){ 0x0B, (uint8_t)rng_below(&s->rng, 3) }, 2);
        return;
    }
    air_random(a->radio, gen, sizeof(gen));
    gen[0] = (uint8_t)((gen[0] & 0x0C) | (gen[0] & 0x80 ? 2 : 0)); /* a start or a continuation */
    gen[1] = 0;
    gen[2] &= 0x3F;
    say_gen(a, a->links[i], (uint8_t)(a->numbers[i] + rng_below(&s->rng, 2)), gen,
            (uint8_t)(2 + rng_below(&s->rng, 22)));
}

static void on_wake(void *ctx)
{
    struct attacker *a = ctx;

    air_wake_at(a->radio, now_ms(a->storm) + a->every_ms);
    if (a->busy) {
        return;
    }
    switch (a->attack) {
    case CROWD:
        say_beacon(a, a->said % FAKES);
        break;
    case STORM:
        say_beacon(a, a->said);
        break;
    case SQUAT:
        squat(a);
        break;
    default:
        forge(a);
        break;
    }
}

static void on_report(void *ctx, const struct usher_adv_report *report)
{
    struct attacker *a = ctx;

    if (report->len >= 8 && report->data[1] == 0x29) {
        unsigned i = a->link_count++ % LINKS_KNOWN;

        memcpy(a->links[i], report->data + 2, 4);
        a->numbers[i] = report->data[6];
    }
}

static void on_adv_done(void *ctx, uint8_t slot)
{
    (void)slot;
    ((struct attacker *)ctx)->busy = false;
}

static bool attack_begin(struct storm *s, enum attack attack)
{
    /* A crowd that beacons every five seconds; who forges is heard, but does not jam the air. */
    const uint32_t every_ms[ATTACKS] = { 5, 10, SQUAT_MS / s->device_count, 500, 50 };
    static const struct air_owner owner = { on_report, on_adv_done, on_wake };
    struct attacker *a = &s->attackers[attack];

    *a = (struct attacker){ .storm = s, .attack = attack, .every_ms = every_ms[attack] };
    a->radio = air_join(s->air, &owner, a);
    if (a->radio == NULL) {
        return false;
    }
    if (attack == CLOSES || attack == CLONES) {
        air_scan(a->radio, 0xFF);
    }
    air_wake_at(a->radio, 1);
    return true;
}

/* -- the real ones ----------------------------------------------------------------------------- */

static void on_device_event(void *user, struct usher *u, const struct usher_event *e)
{
    struct device *d = user;

    (void)u;
    if (e->type == USHER_EVT_LINK_CLOSED && usher_device_key(&d->session) == NULL) {
        (void)usher_listen(&d->session, &(struct usher_listen){ .uuid = d->uuid });
    }
}

static bool device_begin(struct storm *s, unsigned number)
{
    static const struct usher_caps caps = { .num_elements = 1, .algorithms = 3 };
    struct device *d = &s->devices[number];

    memcpy(d->uuid, &(uint32_t){ number + 1 }, 4);
    if (simport_init(&d->port, s->air, &d->node, s->crypto, 1) != USHER_OK ||
        usher_init(&d->node, &d->port.port,
                   &(struct usher_config){ .handler = on_device_event, .user = d }) != USHER_OK) {
        return false;
    }
    usher_session_init(&d->node, &d->session, &caps, NULL);
    return usher_listen(&d->session, &(struct usher_listen){ .uuid = d->uuid }) == USHER_OK;
}

static unsigned devices_done(const struct storm *s)
{
    unsigned done = 0;

    for (unsigned i = 0; i < s->device_count; i++) {
        done += usher_device_key(&s->devices[i].session) != NULL;
    }
    return done;
}

/* -- the commissioner -------------------------------------------------------------------------- */

static bool on_wants(void *ctx, const uint8_t uuid[USHER_UUID_SIZE], int8_t rssi)
{
    (void)rssi;
    (void)ctx;
    (void)uuid;
    return true;
}

static void on_known(void *ctx, const uint8_t uuid[USHER_UUID_SIZE],
                     struct commissioner_known *known)
{
    (void)ctx;
    (void)uuid;
    (void)known;
}

static void on_ask(void *ctx, const uint8_t uuid[USHER_UUID_SIZE], uint8_t action, uint8_t size)
{
    (void)ctx;
    (void)uuid;
    (void)action;
    (void)size;
}

static void on_show(void *ctx, const uint8_t uuid[USHER_UUID_SIZE], uint8_t action, uint8_t size,
                    const char *value)
{
    on_ask(ctx, uuid, action, size);
    (void)value;
}

static void on_wake_at(void *ctx, uint64_t ms)
{
    ((struct storm *)ctx)->run_at = ms;
}

static void on_changed(void *ctx)
{
    (void)ctx;
}

static void on_heard(void *ctx, const uint8_t uuid[USHER_UUID_SIZE],
                     const struct usher_event *event)
{
    (void)ctx;
    (void)uuid;
    (void)event;
}

static void on_link_open(void *ctx, const uint8_t uuid[USHER_UUID_SIZE], unsigned link,
                         const char *radio)
{
    (void)ctx;
    (void)uuid;
    (void)link;
    (void)radio;
}

static void on_phase(void *ctx, const uint8_t uuid[USHER_UUID_SIZE], enum usher_phase phase,
                     uint64_t ms)
{
    (void)ctx;
    (void)uuid;
    (void)phase;
    (void)ms;
}

static void on_complete(void *ctx, const struct commission_complete *complete)
{
    (void)ctx;
    (void)complete;
}

static void on_failed(void *ctx, const uint8_t uuid[USHER_UUID_SIZE],
                      const struct usher_outcome *outcome, const struct failure *why,
                      unsigned retries, unsigned auth_failures)
{
    (void)auth_failures;
    (void)ctx;
    (void)uuid;
    (void)outcome;
    (void)why;
    (void)retries;
}

static void on_configured(void *ctx, const struct registry_node *node, uint64_t ms,
                          unsigned retries)
{
    (void)ctx;
    (void)node;
    (void)ms;
    (void)retries;
}

static void on_node_failed(void *ctx, const struct registry_node *node, const char *phase,
                           const struct failure_asking *why, unsigned retries)
{
    on_configured(ctx, node, 0, retries);
    (void)phase;
    (void)why;
}

static void on_error(void *ctx, const char *line)
{
    (void)ctx;
    fprintf(stderr, "storm: %s\n", line);
}

static const struct commission_reports reports = {
    .heard = on_heard,
    .link_open = on_link_open,
    .phase = on_phase,
    .complete = on_complete,
    .failed = on_failed,
    .configured = on_configured,
    .node_failed = on_node_failed,
    .error = on_error,
};

static bool provisioner_begin(struct storm *s)
{
    static const struct registry_new new = { .net_key = { 1 } };
    char why[160];

    s->run_at = USHER_NEVER;
    s->registry = registry_open(NULL, &new, why, sizeof(why));
    s->commissioner = commissioner_new(&(struct commissioner_config){
        .port = &s->port.port,
        .radios = 1,
        .registry = s->registry,
        .reports = &reports,
        .parallel = LINKS,
        .retries = RETRIES,
        .methods = 1u << USHER_OOB_NONE,
        .ctx = s,
        .wants = on_wants,
        .known = on_known,
        .show = on_show,
        .ask = on_ask,
        .wake_at = on_wake_at,
        .changed = on_changed,
    });
    return s->registry != NULL && s->commissioner != NULL &&
           simport_init(&s->port, s->air, &s->node, s->crypto, SLOTS) == USHER_OK &&
           usher_init(&s->node, &s->port.port,
                      &(struct usher_config){ .handler = commissioner_event,
                                              .user = s->commissioner }) == USHER_OK &&
           commissioner_join(s->commissioner, &s->node, "simulated") == USHER_OK;
}

/* -- a run ------------------------------------------------------------------------------------- */

static void advance(struct storm *s, uint64_t end_ms)
{
    uint64_t next = air_next_us(s->air);

    if (s->run_at < end_ms) {
        end_ms = s->run_at;
    }
    if (end_ms * 1000 < next) {
        next = end_ms * 1000;
    }
    air_run_until(s->air, next);
    if (s->run_at <= now_ms(s)) {
        commissioner_run(s->commissioner);
    }
}

/* Whether the provisioner has the right key for each device; @p known  of how many. */
static bool keys_agree(const struct storm *s, unsigned *known)
{
    bool agree = true;

    *known = 0;
    for (unsigned i = 0; i < s->device_count; i++) {
        const struct device *d = &s->devices[i];
        struct registry_node node = { .settings = NULL };
        enum registry_err err = registry_find(s->registry, d->uuid, &node);
        const uint8_t *key = usher_device_key(&d->session);

        agree &= err != REGISTRY_FAILED;
        if (err == REGISTRY_OK && key != NULL) {
            *known += node.state == REGISTRY_PROVISIONED;
            agree &= memcmp(node.device_key, key, USHER_KEY_SIZE) == 0;
        }
        registry_node_clear(&node);
    }
    return agree;
}

static void storm_end(struct storm *s)
{
    for (unsigned i = 0; i < ATTACKS; i++) {
        if (s->attackers[i].radio != NULL) {
            air_leave(s->attackers[i].radio);
        }
    }
    for (unsigned i = 0; i < s->device_count; i++) {
        usher_deinit(&s->devices[i].node);
        simport_deinit(&s->devices[i].port);
    }
    usher_deinit(&s->node);
    simport_deinit(&s->port);
    commissioner_free(s->commissioner);
    registry_close(s->registry);
    air_free(s->air);
    usher_crypto_openssl_free(s->crypto);
    free(s->devices);
}

/* @p attacks  Bits 1 << enum attack. @retval false  It has failed, and says in what. */
static bool storm_run(const char *name, unsigned attacks, unsigned device_count, uint64_t seed)
{
    static struct storm s; /* too large for a stack */
    struct commissioner_counts n;
    unsigned long rss = rss_kb();
    unsigned done, known;
    uint64_t took;
    bool ok = true, agree;

    memset(&s, 0, sizeof(s));
    s.device_count = device_count;
    s.rng = rng_make(seed, 77);
    s.crypto = usher_crypto_openssl_new();
    s.air = air_new(&(struct air_config){ .seed = seed, .loss_pct = LOSS_PCT });
    s.devices = calloc(device_count, sizeof(*s.devices));
    ok = s.crypto != NULL && s.air != NULL && s.devices != NULL && provisioner_begin(&s);
    for (unsigned i = 0; i < device_count && ok; i++) {
        ok = device_begin(&s, i);
    }
    for (unsigned i = 0; i < ATTACKS && ok; i++) {
        ok = (attacks >> i & 1) == 0 || attack_begin(&s, i);
    }
    if (!ok) {
        fprintf(stderr, "storm: no memory, or no crypto\n");
        return false;
    }
    while ((done = devices_done(&s)) < device_count && now_ms(&s) < LIMIT_MS) {
        advance(&s, LIMIT_MS);
    }
    took = now_ms(&s);
    while (now_ms(&s) < took + COMPLETE_MS) {
        advance(&s, took + COMPLETE_MS);
    }
    commissioner_counts(s.commissioner, &n);
    agree = keys_agree(&s, &known);
    rss = rss_kb() - rss;
    printf("%-20s %4u of %u in %6.1f s %5u known %6u tried again %6u taken on %7lu KB\n", name,
           done, device_count, (double)took / 1000, known, n.retries, n.devices, rss);
    fflush(stdout);
    storm_end(&s);
    if (done < device_count || !agree || rss > MEMORY_MAX_KB) {
        printf("FAILED: %s\n", done < device_count ? "devices were starved"
                               : !agree            ? "keys differ"
                                                   : "memory");
        return false;
    }
    return true;
}

int main(int argc, char **argv)
{
    unsigned long devices = argc > 1 ? strtoul(argv[1], NULL, 10) : 200;
    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    bool ok;

    if (devices == 0 || devices > DEVICES_MAX) {
        fprintf(stderr, "usage: storm [DEVICES [SEED]], DEVICES 1..%d\n", DEVICES_MAX);
        return 2;
    }
    ok = storm_run("calm", 0, (unsigned)devices, seed);
    for (unsigned i = 0; i < ATTACKS && ok; i++) {
        ok = storm_run(attack_names[i], 1u << i, (unsigned)devices, seed);
    }
    ok = ok && storm_run("all of these", (1u << ATTACKS) - 1, (unsigned)devices, seed);
    printf("%s\n", ok ? "passed" : "FAILED");
    return ok ? 0 : 1;
}
