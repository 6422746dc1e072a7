/*
 * usher demo: a simulated site of devices with mixed means of authentication, commissioned in
 * virtual time. What a person would do at the site, the demo does: it carries the values that
 * one side shows to the other.
 */
#include "air.h"
#include "commissioner.h"
#include "device.h"
#include "options.h"
#include "out.h"
#include "pcap.h"
#include "report.h"
#include "simport.h"
#include "verbs.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#define PROVISIONER_SLOTS 4
#define DEVICE_SLOTS 1
#define STATIC_LEN 16
#define QUIET_MS 60000u /* when nothing new is heard for so long, the rest is out of reach */
#define LIMIT_MS (24u * 3600 * 1000) /* of virtual time */
#define LIST_MAX 48                  /* a line of text for each device of a small site */
#define RETRIES 10

/*
 * The kinds of devices at the site, in turn; each in turn with both algorithms, CMAC, HMAC-
 * SHA-256.
 */
static const struct kind {
    const char *label;
    const char *oob; /* as for --oob; NULL: a static value of the device's own */
    bool key_known;
} kinds[] = {
    { "no oob", "none", false },
    { "static value", NULL, false },
    { "output numeric 6", "output:numeric:6", false },
    { "output alphanumeric 8", "output:alphanumeric:8", false },
    { "output blink 1", "output:blink:1", false },
    { "input numeric 4", "input:numeric:4", false },
    { "input push 1", "input:push:1", false },
    { "public key oob", "none", true },
};
#define KINDS (sizeof kinds / sizeof *kinds)

static const uint16_t algorithms[] = { USHER_ALG_BIT(USHER_ALG_CMAC) |
                                           USHER_ALG_BIT(USHER_ALG_HMAC),
                                       USHER_ALG_BIT(USHER_ALG_CMAC),
                                       USHER_ALG_BIT(USHER_ALG_HMAC) };

struct demo;

/** A device, and the person who stands beside it. */
struct post {
    struct device device; /* first: the tree compares UUIDs through it */
    struct demo *demo;
    struct simport port;
    const struct kind *kind;
    bool joined;
    char shown[USHER_OOB_SIZE_MAX + 1]; /* what one side shows */
    bool wanted, to_device;             /* whether, and where, it is to be entered */
    uint64_t errand_at;                 /* when; USHER_NEVER: nothing to carry */
    TAILQ_ENTRY(post) errand;
    uint64_t ms; /* that provisioning took */
};

struct demo {
    const struct args *args;
    const struct usher_crypto *crypto;
    struct air *air;
    struct simport port;
    bool joined, on; /* the provisioner's radio; its instance */
    struct usher node;
    struct site *site;
    struct commissioner *commissioner;
    struct post *posts;
    void *by_uuid; /* tsearch() tree */
    TAILQ_HEAD(, post) errands;
    uint64_t wake_ms, news_ms, completed_ms;
    unsigned news;
    struct pcap pcap;
};

static uint64_t now_ms(const struct demo *d)
{
    return air_now_us(d->air) / 1000;
}

static int compare_posts(const void *a, const void *b)
{
    const struct post *left = a, *right = b;
    return memcmp(left->device.uuid, right->device.uuid, USHER_UUID_SIZE);
}

static struct post *post_find(const struct demo *d, const uint8_t uuid[USHER_UUID_SIZE])
{
    struct post key;
    memcpy(key.device.uuid, uuid, USHER_UUID_SIZE);
    struct post **place = tfind(&key, &d->by_uuid, compare_posts);
    return place ? *place : NULL;
}

/* The person. */

/**
 * Someone sees a value, or is asked for one: with both, it will be entered after half a second
 * to two.
 */
static void errand_plan(struct post *p)
{
    if (p->wanted && p->shown[0] != '\0' && p->errand_at == USHER_NEVER) {
        uint8_t chance[2];
        air_random(p->demo->port.radio, chance, sizeof chance);
        p->errand_at = now_ms(p->demo) + 500 + (chance[0] << 8 | chance[1]) % 1500u;
        TAILQ_INSERT_TAIL(&p->demo->errands, p, errand);
    }
}

static void errand_run(struct post *p)
{
    char digits[2 * USHER_UUID_SIZE + 1], why[160];
    TAILQ_REMOVE(&p->demo->errands, p, errand);
    p->errand_at = USHER_NEVER;
    p->wanted = false;
    /* If the link is gone meanwhile nobody takes the value; the next attempt shows another. */
    if (p->to_device) {
        (void)device_answer(&p->device, p->shown);
    } else {
        format_hex(p->device.uuid, USHER_UUID_SIZE, digits);
        (void)commissioner_answer(p->demo->commissioner, digits, p->shown, why, sizeof why);
    }
}

static uint64_t errands_next(const struct demo *d)
{
    uint64_t next = USHER_NEVER;
    const struct post *p;
    TAILQ_FOREACH(p, &d->errands, errand)
    {
        next = p->errand_at < next ? p->errand_at : next;
    }
    return next;
}

static void errands_run(struct demo *d)
{
    struct post *p = TAILQ_FIRST(&d->errands);
    while (p) {
        struct post *next = TAILQ_NEXT(p, errand);
        if (p->errand_at <= now_ms(d)) {
            errand_run(p);
        }
        p = next;
    }
}

static void value_shown(struct post *p, const char *value)
{
    snprintf(p->shown, sizeof p->shown, "%s", value);
    errand_plan(p);
}

static void value_wanted(struct post *p, bool to_device)
{
    p->wanted = true;
    p->to_device = to_device;
    errand_plan(p);
}

static void device_shows(void *ctx, struct device *d, uint8_t action, uint8_t size,
                         const char *value)
{
    (void)d;
    (void)action;
    (void)size;
    value_shown(ctx, value);
}

static void device_asks(void *ctx, struct device *d, uint8_t action, uint8_t size)
{
    (void)d;
    (void)action;
    (void)size;
    value_wanted(ctx, true);
}

static bool device_stores(void *ctx, struct device *d, const struct usher_prov_data *data)
{
    (void)ctx;
    (void)d;
    (void)data;
    return true; /* it lives as long as the demo */
}

static void device_completes(void *ctx, struct device *d)
{
    (void)ctx;
    (void)d; /* compared at the end */
}

static const struct device_owner post_owner = {
    .show = device_shows, .ask = device_asks, .store = device_stores, .complete = device_completes
};

/* The commissioner's side. */

static bool on_wants(void *ctx, const uint8_t uuid[USHER_UUID_SIZE])
{
    return post_find(ctx, uuid) != NULL;
}

static void on_known(void *ctx, const uint8_t uuid[USHER_UUID_SIZE],
                     struct commissioner_known *known)
{
    const struct post *p = post_find(ctx, uuid);
    known->public_key = p->device.key_known ? p->device.public_key : NULL;
    known->static_value = p->device.oob.static_value;
    known->static_len = p->device.oob.static_len;
}

static void on_show(void *ctx, const uint8_t uuid[USHER_UUID_SIZE], uint8_t action, uint8_t size,
                    const char *value)
{
    (void)action;
    (void)size;
    value_shown(post_find(ctx, uuid), value);
}

static void on_ask(void *ctx, const uint8_t uuid[USHER_UUID_SIZE], uint8_t action, uint8_t size)
{
    (void)action;
    (void)size;
    value_wanted(post_find(ctx, uuid), false);
}

static void on_wake_at(void *ctx, uint64_t ms)
{
    struct demo *d = ctx;
    d->wake_ms = ms;
}

static void on_completed(void *ctx, const uint8_t uuid[USHER_UUID_SIZE], uint64_t ms)
{
    struct demo *d = ctx;
    post_find(d, uuid)->ms = ms;
    d->completed_ms = now_ms(d);
}

static void on_changed(void *ctx)
{
    struct demo *d = ctx;
    struct commissioner_counts n;
    commissioner_counts(d->commissioner, &n);
    if (n.devices + n.provisioned + n.failed != d->news) {
        d->news = n.devices + n.provisioned + n.failed;
        d->news_ms = now_ms(d);
    }
}

/* Building the site. */

/** Draws what makes a device: UUID, static value, key pair. */
static bool post_draw(struct post *p)
{
    struct device *device = &p->device;
    const struct usher_crypto *crypto = p->demo->crypto;
    char why[160];

    air_random(p->port.radio, device->uuid, sizeof device->uuid);
    device_uuid_v4(device->uuid);
    if (!p->kind->oob) {
        air_random(p->port.radio, device->oob.static_value, STATIC_LEN);
        device->oob.static_len = STATIC_LEN;
    } else if (!oob_add_offered(&device->oob, p->kind->oob, why, sizeof why)) {
        return false;
    }
    device->key_known = p->kind->key_known;
    enum usher_err err = device->key_known ? USHER_E_DATA : USHER_OK;
    while (err == USHER_E_DATA) { /* a private key that is out of range: not once in 2^32 */
        air_random(p->port.radio, device->private_key, sizeof device->private_key);
        err = crypto->p256_public(crypto->ctx, device->private_key, device->public_key);
    }
    return err == USHER_OK;
}

static bool post_start(struct demo *d, unsigned i)
{
    struct post *p = &d->posts[i];
    p->demo = d;
    p->errand_at = USHER_NEVER;
    p->kind = &kinds[i % KINDS];
    p->device.owner = &post_owner;
    p->device.ctx = p;
    p->device.elements = (uint8_t)(1 + i % 3);
    p->device.algorithms = algorithms[i / KINDS % 3];
    p->joined =
        simport_init(&p->port, d->air, &p->device.node, d->crypto, DEVICE_SLOTS) == USHER_OK;
    return p->joined && post_draw(p) && device_start(&p->device, &p->port.port) == USHER_OK &&
           tsearch(p, &d->by_uuid, compare_posts);
}

static bool provisioner_start(struct demo *d, char *why, size_t why_len)
{
    const struct args *args = d->args;
    uint8_t net_key[USHER_KEY_SIZE];

    d->joined = simport_init(&d->port, d->air, &d->node, d->crypto, PROVISIONER_SLOTS) == USHER_OK;
    if (!d->joined) {
        snprintf(why, why_len, "out of memory");
        return false;
    }
    air_random(d->port.radio, net_key, sizeof net_key);
    d->site = site_open(args->state, net_key, why, why_len);
    if (!d->site) {
        return false;
    }
    struct commissioner_config commissioning = {
        .port = &d->port.port,
        .site = d->site,
        .radio = "simulated",
        .parallel = args->parallel,
        .retries = RETRIES,
        .methods = 1u << USHER_OOB_NONE | 1u << USHER_OOB_OUTPUT | 1u << USHER_OOB_INPUT,
        .show_secrets = args->show_secrets,
        .list = args->devices <= LIST_MAX,
        .ctx = d,
        .wants = on_wants,
        .known = on_known,
        .show = on_show,
        .ask = on_ask,
        .wake_at = on_wake_at,
        .completed = on_completed,
        .changed = on_changed,
    };
    d->commissioner = commissioner_new(&commissioning);
    snprintf(why, why_len, "out of memory");
    if (!d->commissioner) {
        return false;
    }
    struct usher_config config = { .handler = commissioner_event, .user = d->commissioner };
    d->on = usher_init(&d->node, &d->port.port, &config) == USHER_OK;
    return d->on && commissioner_start(d->commissioner, &d->node) == USHER_OK;
}

static bool demo_start(struct demo *d, char *why, size_t why_len)
{
    const struct args *args = d->args;
    d->wake_ms = USHER_NEVER;
    TAILQ_INIT(&d->errands);
    d->crypto = usher_crypto_openssl_new();
    d->air =
        air_new(&(struct air_config){ .seed = args->seed, .loss_pct = (uint8_t)args->loss_pct });
    d->posts = calloc(args->devices, sizeof *d->posts);
    if (!d->crypto || !d->air || !d->posts) {
        snprintf(why, why_len, "out of memory");
        return false;
    }
    if (args->pcap) {
        if (!pcap_open(&d->pcap, args->pcap, 0)) {
            snprintf(why, why_len, "%s: %s", args->pcap, strerror(errno));
            return false;
        }
        air_sniffer_set(d->air, pcap_sniff, &d->pcap);
    }
    if (!provisioner_start(d, why, why_len)) {
        return false;
    }
    for (unsigned i = 0; i < args->devices; i++) {
        if (!post_start(d, i)) {
            snprintf(why, why_len, "device %u cannot be simulated", i + 1);
            return false;
        }
    }
    return true;
}

/* Running, and the end. */

static bool demo_finished(const struct demo *d)
{
    struct commissioner_counts n;
    commissioner_counts(d->commissioner, &n);
    bool all = n.provisioned + n.failed == d->args->devices;
    return (commissioner_idle(d->commissioner) && (all || now_ms(d) - d->news_ms >= QUIET_MS)) ||
           now_ms(d) >= LIMIT_MS;
}

static void demo_run(struct demo *d)
{
    char text[120];
    while (!demo_finished(d)) {
        uint64_t errand_ms = errands_next(d);
        uint64_t ms = errand_ms < d->wake_ms ? errand_ms : d->wake_ms;
        uint64_t us = ms == USHER_NEVER ? USHER_NEVER : 1000 * ms;
        uint64_t next_us = air_next_us(d->air) < us ? air_next_us(d->air) : us;
        if (next_us == USHER_NEVER) {
            return; /* nothing will ever happen again */
        }
        air_run_until(d->air, next_us);
        if (d->wake_ms <= now_ms(d)) {
            commissioner_run(d->commissioner);
        }
        if (errand_ms <= now_ms(d)) {
            errands_run(d);
        }
        if (out_progress_due()) {
            commissioner_progress(d->commissioner, text, sizeof text);
            out_progress("%s, virtual second %llu", text, (unsigned long long)(now_ms(d) / 1000));
        }
    }
}

/** Whether both ends agree that the device is provisioned, and on its address and key. */
static bool post_agrees(const struct demo *d, const struct post *p)
{
    const struct site_node *node = site_find(d->site, p->device.uuid);
    return node && node->state == SITE_PROVISIONED && p->device.provisioned &&
           node->address == p->device.address &&
           CRYPTO_memcmp(node->device_key, p->device.device_key, USHER_KEY_SIZE) == 0;
}

static int compare_ms(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return (left > right) - (left < right);
}

/** A line of the table: the devices of a kind. */
static void kind_row(const struct demo *d, const struct kind *kind, uint64_t *ms)
{
    unsigned devices = 0;
    size_t done = 0;
    for (unsigned i = 0; i < d->args->devices; i++) {
        const struct post *p = &d->posts[i];
        if (p->kind == kind) {
            devices++;
            if (post_agrees(d, p)) {
                ms[done++] = p->ms;
            }
        }
    }
    qsort(ms, done, sizeof *ms, compare_ms);
    if (devices > 0 && done > 0) {
        size_t middle = done / 2;
        out_text("  %-22s %7u %12zu %10.1f %10.1f", kind->label, devices, done,
                 (double)ms[middle] / 1000.0, (double)ms[done - 1] / 1000.0);
    } else if (devices > 0) {
        out_text("  %-22s %7u %12d %10s %10s", kind->label, devices, 0, "-", "-");
    }
}

static void kind_table(const struct demo *d)
{
    if (out_json() || d->args->devices == 0) {
        return;
    }
    uint64_t *ms = calloc(d->args->devices, sizeof *ms);
    if (ms) {
        out_text("\n  %-22s %7s %12s %10s %10s", "authentication", "devices", "provisioned",
                 "median s", "slowest s");
        for (size_t i = 0; i < KINDS; i++) {
            kind_row(d, &kinds[i], ms);
        }
        out_text("%s", "");
    }
    free(ms);
}

static int demo_conclude(const struct demo *d)
{
    struct commissioner_counts n;
    unsigned agreeing = 0;
    char why[200];

    commissioner_counts(d->commissioner, &n);
    for (unsigned i = 0; i < d->args->devices; i++) {
        agreeing += post_agrees(d, &d->posts[i]);
    }
    out_progress_end();
    kind_table(d);
    if (n.devices < d->args->devices) {
        out_note("%u devices were never heard", d->args->devices - n.devices);
    }
    if (agreeing != n.provisioned) {
        out_error("%u devices disagree with the provisioner about their address or key",
                  n.provisioned - agreeing);
    }
    report_summary(&(struct report_summary){ .devices = d->args->devices,
                                             .provisioned = agreeing,
                                             .failed = d->args->devices - agreeing,
                                             .refused = n.refused,
                                             .retries = n.retries,
                                             .ms = d->completed_ms,
                                             .links = d->args->parallel,
                                             .simulated = true,
                                             .loss_pct = d->args->loss_pct,
                                             .seed = d->args->seed });
    if (n.unstored > 0 || !site_settled(d->site, why, sizeof why)) {
        return EXIT_TRANSPORT;
    }
    return agreeing == d->args->devices ? EXIT_DONE : EXIT_FAILED;
}

/** @retval false  The capture could not be written whole. */
static bool demo_end(struct demo *d)
{
    for (unsigned i = 0; d->posts && i < d->args->devices; i++) {
        device_stop(&d->posts[i].device);
        if (d->posts[i].joined) {
            simport_deinit(&d->posts[i].port);
        }
    }
    while (d->by_uuid) {
        tdelete(*(struct post **)d->by_uuid, &d->by_uuid, compare_posts);
    }
    free(d->posts);
    if (d->on) {
        usher_deinit(&d->node);
    }
    if (d->joined) {
        simport_deinit(&d->port);
    }
    commissioner_free(d->commissioner);
    site_close(d->site);
    air_free(d->air);
    usher_crypto_openssl_free(d->crypto);
    return !d->pcap.file || pcap_close(&d->pcap);
}

int verb_demo(const struct args *args)
{
    struct demo d = { .args = args };
    char why[200];
    int code = EXIT_TRANSPORT;

    if (demo_start(&d, why, sizeof why)) {
        out_text("%u devices, %u links, %u %% loss, seed %u; the time is virtual", args->devices,
                 args->parallel, args->loss_pct, args->seed);
        demo_run(&d);
        code = demo_conclude(&d);
    } else {
        out_error("%s", why);
    }
    if (!demo_end(&d)) {
        out_error("%s: %s", args->pcap, strerror(errno));
        code = EXIT_TRANSPORT;
    }
    return code;
}
