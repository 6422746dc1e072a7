/*
 * Provisions tens of thousands of times, in virtual time, on one simulated air: one provisioner
 * with several links at once, a device for each, on air that loses, doubles, reorders and delays.
 * People are slow, make mistakes or walk away; sessions are cancelled; either side is switched off
 * and on at any moment. The instances and the air live through all of it.
 *
 *     soak [COUNT [SEED]]
 *
 * A run is its seed's. It fails if a session is stuck, if two sides that are done do not hold the
 * same key and data, if a provisioner is done with a device that is not, if a provisioning that
 * nobody disturbed does not complete, or if the memory grows; so it is built without sanitizers,
 * which keep what has been freed.
 */
#include "people.h"
#include "rng.h"
#include "rss.h"
#include "simport.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LANES 6
#define COUNT_MAX 1000000ul
#define STUCK_MS 1200000u /* no session can last so long: each PDU in time, each user slow */
#define WEATHER_MS 600000u
#define WARM_UP 10 /* percent of the run, after which the memory must be flat */
#define GROWTH_MAX_KB 1024
#define JUDGED_MIN 5000 /* provisionings; before, buffers still find their size */

enum trouble {
    NO_TROUBLE,
    SLOW_PEOPLE,
    MISTAKE,
    NOBODY_ANSWERS,
    CANCELLED,
    DEVICE_RESET,
    PROVISIONER_RESET, /* of all its sessions */
    TROUBLES,
};

static const char *const trouble_names[TROUBLES] = {
    "none",      "slow people",  "a mistake",         "nobody answers",
    "cancelled", "device reset", "provisioner reset",
};

/* One side of a provisioning. */
struct side {
    struct lane *lane;
    struct usher_session session;
    struct person person;
    uint8_t private_key[USHER_P256_PRIVATE], public_key[USHER_P256_PUBLIC];
    bool accepted, complete, ended;
    uint8_t device_key[USHER_KEY_SIZE];
    struct usher_prov_data data;
};

/* A device, the session that provisions it, and what happens to them. */
struct lane {
    struct soak *soak;
    struct simport port;
    struct usher device;
    uint8_t uuid[USHER_UUID_SIZE];
    struct side side[2];
    struct usher_start choice;
    enum trouble trouble; /* the worst that has happened */
    enum usher_role troubled;
    bool running;
    uint64_t started, trouble_at; /* ms */
};

struct soak {
    uint64_t seed;
    unsigned long count, begun, ended;
    struct rng rng;
    const struct usher_crypto *crypto;
    struct air *air;
    struct air_config weather;
    uint64_t weather_until;
    struct simport port;
    struct usher provisioner;
    struct lane lanes[LANES];
    unsigned long tried[TROUBLES], completed[TROUBLES], device_only[TROUBLES];
    unsigned long methods[4];
    uint64_t longest_ms;
    unsigned long rss_warm_kb;
    bool failed;
};

static uint64_t now_ms(const struct soak *k)
{
    return air_now_us(k->air) / 1000;
}

static bool chance(struct soak *k, uint8_t percent)
{
    return rng_chance(&k->rng, percent);
}

static void complain(struct lane *l, const char *what)
{
    const struct side *p = &l->side[USHER_ROLE_PROVISIONER], *d = &l->side[USHER_ROLE_DEVICE];
    const struct soak *k = l->soak;

    fprintf(stderr,
            "FAILED: %s: provisioning %lu, lane %d, trouble: %s, method %u action %u size %u "
            "algorithm %u key %u, loss %u %%; provisioner: complete %d ended %d, device: accepted "
            "%d complete %d ended %d\n",
            what, k->begun, (int)(l - k->lanes), trouble_names[l->trouble], l->choice.method,
            l->choice.action, l->choice.size, l->choice.algorithm, l->choice.public_key,
            k->weather.loss_pct, p->complete, p->ended, d->accepted, d->complete, d->ended);
    l->soak->failed = true;
}

/* -- people ------------------------------------------------------------------------------------ */

/* Of two that know the same static value, one is mistaken. */
static bool mistaken(const struct side *s)
{
    const struct lane *l = s->lane;

    return l->trouble == MISTAKE &&
           (l->choice.method != USHER_OOB_STATIC || s->person.role == l->troubled);
}

/* When a person answers: some at once, the slow ones after up to 50 s, some never. */
static uint64_t answers_at(struct lane *l)
{
    struct soak *k = l->soak;

    if (l->trouble == NOBODY_ANSWERS) {
        return chance(k, 50) ? USHER_NEVER : now_ms(k);
    }
    return now_ms(k) + rng_below(&k->rng, l->trouble == SLOW_PEOPLE ? 50000 : 3000);
}

static void keep(struct side *s, const struct usher_event *e)
{
    memcpy(s->device_key, e->params.complete.p_devkey, sizeof(s->device_key));
    s->data = *e->params.complete.p_prov_data;
}

static void on_event(void *user, struct usher *u, const struct usher_event *e)
{
    struct side *s;
    struct lane *l;

    (void)user;
    (void)u;
    if (e->type == USHER_EVT_UNPROVISIONED_RECEIVED) {
        return;
    }
    s = e->params.link_established.p_context->user;
    l = s->lane;
    switch (e->type) {
    case USHER_EVT_DATA_RECEIVED:
        s->accepted = true;
        keep(s, e);
        break;
    case USHER_EVT_COMPLETE:
        s->complete = true;
        keep(s, e);
        break;
    case USHER_EVT_LINK_CLOSED:
        s->ended = true;
        break;
    default:
        break;
    }
    if (person_asked(&s->person, e)) {
        person_told(&s->person, e, answers_at(l), mistaken(s));
        if (chance(l->soak, 30)) {
            person_act(&s->person, now_ms(l->soak)); /* within the event, if it is due */
        }
    } else {
        person_told(&s->person, e, USHER_NEVER, false); /* a display is read later */
    }
}

/* -- a provisioning ---------------------------------------------------------------------------- */

static struct usher *node_of(struct lane *l, enum usher_role role)
{
    return role == USHER_ROLE_DEVICE ? &l->device : &l->soak->provisioner;
}

static void side_prepare(struct lane *l, enum usher_role role)
{
    struct side *s = &l->side[role];
    struct person *p = &s->person;

    s->lane = l;
    s->accepted = s->complete = s->ended = false;
    usher_session_init(node_of(l, role), &s->session,
                       role == USHER_ROLE_DEVICE ? &people_caps : NULL, s);
    s->session.ecdh_offload = chance(l->soak, 10);
    p->session = &s->session;
    p->role = role;
    p->other = &l->side[1 - role].person;
    p->crypto = l->soak->crypto;
    p->choice = l->choice;
    p->device_public_key = l->side[USHER_ROLE_DEVICE].public_key;
    p->data =
        (struct usher_prov_data){ .netkey_index = (uint16_t)rng_below(&l->soak->rng, 0x1000),
                                  .iv_index = (uint32_t)rng_next(&l->soak->rng),
                                  .address = (uint16_t)(1 + rng_below(&l->soak->rng, 0x7000)) };
    memcpy(p->data.netkey, l->uuid, USHER_KEY_SIZE);
    person_reset(p);
}

static void device_listen(struct lane *l)
{
    struct side *s = &l->side[USHER_ROLE_DEVICE];
    struct usher_listen listen = { .uuid = l->uuid };

    if (l->choice.public_key != 0) {
        if (usher_generate_keys(&l->device, s->private_key, s->public_key) != USHER_OK) {
            complain(l, "no keys");
        }
        usher_session_keys_set(&s->session, s->private_key, s->public_key);
    }
    if (usher_listen(&s->session, &listen) != USHER_OK) {
        complain(l, "the device does not listen");
    }
}

static void lane_begin(struct lane *l)
{
    struct soak *k = l->soak;
    struct usher_provision p = { .uuid = l->uuid, .attention_s = 3 };

    k->begun++;
    l->running = true;
    l->started = now_ms(k);
    l->trouble = chance(k, 50) ? NO_TROUBLE : (enum trouble)rng_below(&k->rng, TROUBLES);
    if (l->trouble == PROVISIONER_RESET && chance(k, 80)) {
        l->trouble = CANCELLED; /* a reset is trouble for all lanes */
    }
    l->troubled = (enum usher_role)rng_below(&k->rng, 2);
    /* A session takes a second or two where people are quick. */
    l->trouble_at = l->started + rng_below(&k->rng, chance(k, 50) ? 2500 : 20000);
    l->choice = people_choice(rng_below(&k->rng, PEOPLE_CHOICES));
    l->choice.algorithm = (uint8_t)rng_below(&k->rng, 2);
    l->choice.public_key = (uint8_t)rng_below(&k->rng, 2);
    for (unsigned i = 0; i < sizeof(l->uuid); i++) {
        l->uuid[i] = (uint8_t)rng_below(&k->rng, 256);
    }
    k->methods[l->choice.method]++;
    side_prepare(l, USHER_ROLE_PROVISIONER);
    side_prepare(l, USHER_ROLE_DEVICE);
    p.data = chance(k, 50) ? &l->side[USHER_ROLE_PROVISIONER].person.data : NULL;
    device_listen(l);
    if (usher_provision(&l->side[USHER_ROLE_PROVISIONER].session, &p) != USHER_OK) {
        complain(l, "the provisioner does not begin");
    }
}

/* -- trouble ----------------------------------------------------------------------------------- */

static void node_init(struct soak *k, struct usher *node, struct simport *port)
{
    struct usher_config config = { .handler = on_event, .user = k };

    if (usher_init(node, &port->port, &config) != USHER_OK) {
        k->failed = true;
    }
}

static void reset_device(struct lane *l)
{
    struct side *s = &l->side[USHER_ROLE_DEVICE];

    usher_deinit(&l->device);
    node_init(l->soak, &l->device, &l->port);
    s->ended = true; /* for all that it knows; what comes now is another session */
    person_reset(&s->person);
    if (!s->accepted) {
        s->session.user = s;
        s->ended = false;
        device_listen(l);
    }
}

static void reset_provisioner(struct soak *k)
{
    usher_deinit(&k->provisioner);
    node_init(k, &k->provisioner, &k->port);
    for (struct lane *l = k->lanes; l < k->lanes + LANES; l++) {
        if (l->running) {
            l->trouble = PROVISIONER_RESET;
            l->side[USHER_ROLE_PROVISIONER].ended = true;
            person_reset(&l->side[USHER_ROLE_PROVISIONER].person);
        }
    }
}

static void make_trouble(struct lane *l)
{
    l->trouble_at = USHER_NEVER;
    switch (l->trouble) {
    case CANCELLED: /* refused, if the link is not there yet or no more */
        (void)usher_cancel(&l->side[l->troubled].session, USHER_CLOSE_ERROR);
        break;
    case DEVICE_RESET:
        reset_device(l);
        break;
    case PROVISIONER_RESET:
        reset_provisioner(l->soak);
        break;
    default:
        break;
    }
}

/* -- the end of a provisioning ----------------------------------------------------------------- */

static bool same_data(const struct usher_prov_data *a, const struct usher_prov_data *b)
{
    return memcmp(a->netkey, b->netkey, USHER_KEY_SIZE) == 0 &&
           a->netkey_index == b->netkey_index && a->iv_index == b->iv_index &&
           a->address == b->address;
}

static void lane_check(struct lane *l)
{
    struct side *p = &l->side[USHER_ROLE_PROVISIONER], *d = &l->side[USHER_ROLE_DEVICE];
    bool calm = l->trouble == NO_TROUBLE || (l->trouble == MISTAKE && l->choice.method == 0);

    if (p->complete && !d->accepted) {
        complain(l, "the provisioner is done with a device that is not");
    }
    if (p->complete && (memcmp(p->device_key, d->device_key, USHER_KEY_SIZE) != 0 ||
                        !same_data(&p->data, &d->data))) {
        complain(l, "unequal keys or data");
    }
    if (d->accepted && !same_data(&d->data, &p->person.data)) {
        complain(l, "data that were not given");
    }
    if (calm && (!p->complete || !d->complete)) {
        complain(l, "undisturbed, but not complete");
    }
    if (l->trouble == MISTAKE && l->choice.method != USHER_OOB_NONE && d->accepted) {
        complain(l, "a wrong AuthValue was taken");
    }
}

static void lane_end(struct lane *l)
{
    struct soak *k = l->soak;
    struct side *p = &l->side[USHER_ROLE_PROVISIONER], *d = &l->side[USHER_ROLE_DEVICE];
    uint64_t ms = now_ms(k) - l->started;

    lane_check(l);
    (void)usher_listen_stop(&d->session);
    l->running = false;
    k->ended++;
    k->tried[l->trouble]++;
    k->completed[l->trouble] += p->complete;
    k->device_only[l->trouble] += d->accepted && !p->complete;
    k->longest_ms = ms > k->longest_ms ? ms : k->longest_ms;
    if (k->ended == k->count * WARM_UP / 100) {
        k->rss_warm_kb = rss_kb();
    }
}

/* Over when the provisioner's session is, and the device has no link any more. */
static bool lane_over(struct lane *l)
{
    struct side *p = &l->side[USHER_ROLE_PROVISIONER], *d = &l->side[USHER_ROLE_DEVICE];

    if (!p->ended) {
        return false;
    }
    return d->ended || usher_cancel(&d->session, USHER_CLOSE_ERROR) == USHER_E_STATE;
}

/* -- the run ----------------------------------------------------------------------------------- */

static void change_weather(struct soak *k)
{
    static const uint8_t losses[] = { 0, 0, 5, 10, 20, 30 };

    k->weather.loss_pct = losses[rng_below(&k->rng, sizeof(losses))];
    k->weather.dup_pct = (uint8_t)rng_below(&k->rng, 20);
    k->weather.reorder_pct = (uint8_t)rng_below(&k->rng, 20);
    k->weather.delay_ms = (uint16_t)rng_below(&k->rng, 30);
    k->weather_until = now_ms(k) + WEATHER_MS;
    air_config_set(k->air, &k->weather);
}

static void lane_step(struct lane *l)
{
    struct soak *k = l->soak;

    if (!l->running && k->begun < k->count) {
        lane_begin(l);
    }
    if (!l->running) {
        return;
    }
    for (unsigned i = 0; i < 2; i++) {
        person_act(&l->side[i].person, now_ms(k));
    }
    if (l->trouble_at <= now_ms(k)) {
        make_trouble(l);
    }
    if (lane_over(l)) {
        lane_end(l);
    } else if (now_ms(k) > l->started + STUCK_MS) {
        complain(l, "stuck");
    }
}

/* When something is due that the air does not know of, us. */
static uint64_t lane_next(const struct lane *l)
{
    uint64_t at = l->trouble_at;

    for (unsigned i = 0; i < 2; i++) {
        uint64_t due = person_next(&l->side[i].person);

        at = due < at ? due : at;
    }
    return l->running && at != USHER_NEVER ? at * 1000 : USHER_NEVER;
}

static void run(struct soak *k)
{
    while (k->ended < k->count && !k->failed) {
        uint64_t next;

        if (now_ms(k) >= k->weather_until) {
            change_weather(k);
        }
        for (unsigned i = 0; i < LANES; i++) {
            lane_step(&k->lanes[i]);
        }
        next = air_next_us(k->air);
        for (unsigned i = 0; i < LANES; i++) {
            uint64_t at = lane_next(&k->lanes[i]);

            next = at < next ? at : next;
        }
        if (next != USHER_NEVER) {
            air_run_until(k->air, next);
        }
    }
}

static bool start(struct soak *k)
{
    k->rng = rng_make(k->seed, 0);
    k->weather.seed = k->seed;
    k->crypto = usher_crypto_openssl_new();
    k->air = air_new(&k->weather);
    if (k->crypto == NULL || k->air == NULL ||
        simport_init(&k->port, k->air, &k->provisioner, k->crypto, 4) != USHER_OK) {
        return false;
    }
    simport_ecdh_delay_set(&k->port, 20);
    node_init(k, &k->provisioner, &k->port);
    for (unsigned i = 0; i < LANES; i++) {
        struct lane *l = &k->lanes[i];

        l->soak = k;
        if (simport_init(&l->port, k->air, &l->device, k->crypto, 1) != USHER_OK) {
            return false;
        }
        simport_ecdh_delay_set(&l->port, i % 2 != 0 ? 150 : 0);
        node_init(k, &l->device, &l->port);
    }
    return !k->failed;
}

static void stop(struct soak *k)
{
    for (unsigned i = 0; i < LANES; i++) {
        usher_deinit(&k->lanes[i].device);
        simport_deinit(&k->lanes[i].port);
    }
    usher_deinit(&k->provisioner);
    simport_deinit(&k->port);
    air_free(k->air);
    usher_crypto_openssl_free(k->crypto);
}

static void report(struct soak *k)
{
    const struct air_stats *air = air_stats(k->air);
    unsigned long rss = rss_kb();

    printf("%-18s %8s %10s %12s\n", "trouble", "tried", "complete", "device only");
    for (unsigned i = 0; i < TROUBLES; i++) {
        printf("%-18s %8lu %10lu %12lu\n", trouble_names[i], k->tried[i], k->completed[i],
               k->device_only[i]);
    }
    printf("methods: none %lu, static %lu, output %lu, input %lu\n", k->methods[0], k->methods[1],
           k->methods[2], k->methods[3]);
    printf("virtual time %.1f h, the longest %.1f s; advertisements %llu, lost %llu, collided "
           "%llu\n",
           (double)now_ms(k) / 3600000.0, (double)k->longest_ms / 1000.0,
           (unsigned long long)air->events, (unsigned long long)air->lost,
           (unsigned long long)air->collided);
    printf("memory after %d %%: %lu KB, at the end: %lu KB\n", WARM_UP, k->rss_warm_kb, rss);
    if (k->count < JUDGED_MIN) {
        printf("too few for the memory to be judged\n");
    } else if (rss > k->rss_warm_kb + GROWTH_MAX_KB) {
        printf("FAILED: the memory grows\n");
        k->failed = true;
    }
}

int main(int argc, char **argv)
{
    static struct soak k;

    k.count = argc > 1 ? strtoul(argv[1], NULL, 10) : 20000;
    k.seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    if (k.count < 10 || k.count > COUNT_MAX) {
        fprintf(stderr, "usage: soak [COUNT [SEED]], COUNT 10..%lu\n", COUNT_MAX);
        return 2;
    }
    printf("%lu provisionings, seed %llu\n", k.count, (unsigned long long)k.seed);
    if (!start(&k)) {
        fprintf(stderr, "FAILED: no memory, or no crypto\n");
        return 1;
    }
    run(&k);
    report(&k);
    stop(&k);
    printf("%s\n", k.failed ? "FAILED" : "passed");
    return k.failed ? 1 : 0;
}
