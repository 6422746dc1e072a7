/*
 * usher demo: a simulated site of lamps with mixed means of authentication, commissioned in virtual
 * time: provisioned, configured right after, and switched on as a group. demo_posts.c has the
 * devices and the people, demo_lamps.c the end.
 */
#include "demo.h"
#include "out.h"
#include "report.h"
#include "verbs.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROVISIONER_SLOTS 4
#define QUIET_MS 60000u /* when nothing new is heard for so long, the rest is out of reach */
#define LIMIT_MS (24u * 3600 * 1000) /* of virtual time */
#define LIST_MAX 48                  /* a line of text for each device of a small site */
#define RETRIES 10

uint64_t demo_now(const struct demo *d)
{
    return air_now_us(d->air) / 1000;
}

/* The commissioner's side. */

static bool on_wants(void *ctx, const uint8_t uuid[USHER_UUID_SIZE], int8_t rssi)
{
    (void)rssi;
    return demo_post_find(ctx, uuid) != NULL;
}

static void on_known(void *ctx, const uint8_t uuid[USHER_UUID_SIZE],
                     struct commissioner_known *known)
{
    const struct post *p = demo_post_find(ctx, uuid);
    known->public_key = p->device.key_known ? p->device.public_key : NULL;
    known->static_value = p->device.oob.static_value;
    known->static_len = p->device.oob.static_len;
}

static void on_show(void *ctx, const uint8_t uuid[USHER_UUID_SIZE], uint8_t action, uint8_t size,
                    const char *value)
{
    report_show(uuid, USHER_OOB_INPUT, action, size, value);
    demo_value_shown(demo_post_find(ctx, uuid), value);
}

static void on_ask(void *ctx, const uint8_t uuid[USHER_UUID_SIZE], uint8_t action, uint8_t size)
{
    report_ask(uuid, USHER_OOB_OUTPUT, action, size);
    demo_value_wanted(demo_post_find(ctx, uuid));
}

static void on_commissioning_at(void *ctx, uint64_t ms)
{
    struct demo *d = ctx;
    d->commissioning_ms = ms;
}

static void on_configuring_at(void *ctx, uint64_t ms)
{
    struct demo *d = ctx;
    d->configuring_ms = ms;
}

static void on_completed(void *ctx, const uint8_t uuid[USHER_UUID_SIZE], uint64_t ms)
{
    struct demo *d = ctx;
    struct registry_node node = { .settings = NULL };
    demo_post_find(d, uuid)->ms = ms;
    if (registry_find(d->registry, uuid, &node) != REGISTRY_OK ||
        !configurator_add(d->configurator, node.address)) {
        out_error("a node cannot be configured: %s", registry_why(d->registry));
    }
    registry_node_clear(&node);
    configurator_run(d->configurator);
}

static void on_changed(void *ctx)
{
    struct demo *d = ctx;
    struct commissioner_counts n;
    struct configurator_counts m;
    commissioner_counts(d->commissioner, &n);
    configurator_counts(d->configurator, &m);
    unsigned done = n.provisioned + m.configured;
    unsigned news = n.devices + n.failed + m.failed + done;
    if (news != d->news) {
        d->news = news;
        d->news_ms = demo_now(d);
    }
    if (done != d->done) {
        d->done = done;
        d->done_ms = demo_now(d);
    }
}

/* Building the site. */

static bool commissioner_make(struct demo *d)
{
    const struct args *args = d->args;
    d->commissioner = commissioner_new(&(struct commissioner_config){
        .port = &d->port.port,
        .registry = d->registry,
        .reports = report_commission(args->devices <= LIST_MAX),
        .radios = 1,
        .parallel = args->parallel,
        .retries = RETRIES,
        .methods = 1u << USHER_OOB_NONE | 1u << USHER_OOB_OUTPUT | 1u << USHER_OOB_INPUT,
        .show_secrets = args->show_secrets,
        .ctx = d,
        .wants = on_wants,
        .known = on_known,
        .show = on_show,
        .ask = on_ask,
        .wake_at = on_commissioning_at,
        .completed = on_completed,
        .changed = on_changed,
    });
    return d->commissioner != NULL;
}

static bool configurator_make(struct demo *d)
{
    d->configurator =
        configurator_new(&(struct configurator_config){ .registry = d->registry,
                                                        .own = &d->own,
                                                        .t = &d->template,
                                                        .reports = report_commission(false),
                                                        .parallel = d->args->parallel,
                                                        .retries = RETRIES,
                                                        .ctx = d,
                                                        .wake_at = on_configuring_at,
                                                        .changed = on_changed });
    return d->configurator != NULL;
}

/** Opens the network, and the storage of the provisioner's node if there is a directory. */
static bool registry_take(struct demo *d, char *why, size_t why_len)
{
    struct registry_new new = { .name = "Demo" };
    char dir[PATH_MAX];
    air_random(d->port.radio, new.net_key, sizeof new.net_key);
    air_random(d->port.radio, new.uuid, sizeof new.uuid);
    air_random(d->port.radio, new.provisioner, sizeof new.provisioner);
    d->registry = registry_open(d->args->state, &new, why, why_len);
    if (!d->registry) {
        return false;
    }
    if (registry_unsettled(d->registry) != REGISTRY_OK) {
        snprintf(why, why_len, "%s", registry_why(d->registry));
        return false;
    }
    if (!d->args->state) {
        return true;
    }
    snprintf(dir, sizeof dir, "%s/" OWN_NODE_DIR, d->args->state);
    d->stored = file_store_open(&d->store, dir, why, why_len);
    if (d->stored) {
        file_store_use(&d->store, &d->port.port);
    }
    return d->stored;
}

static bool provisioner_start(struct demo *d, char *why, size_t why_len)
{
    d->joined = simport_init(&d->port, d->air, &d->node, d->crypto, PROVISIONER_SLOTS) == USHER_OK;
    if (!d->joined) {
        snprintf(why, why_len, "out of memory");
        return false;
    }
    if (!registry_take(d, why, why_len) || !template_read(NULL, &d->template, why, why_len)) {
        return false;
    }
    snprintf(why, why_len, "out of memory");
    if (!commissioner_make(d) || !configurator_make(d) ||
        !own_node_init(&d->own, d->registry, report_commission(true), d->args->parallel)) {
        return false;
    }
    struct usher_config config = { .handler = commissioner_event, .user = d->commissioner };
    d->on = usher_init(&d->node, &d->port.port, &config) == USHER_OK;
    return d->on && own_node_start(&d->own, &d->node, why, why_len) &&
           own_node_appkeys(&d->own, &d->template, why, why_len) &&
           commissioner_join(d->commissioner, &d->node, "simulated") == USHER_OK;
}

static bool demo_start(struct demo *d, char *why, size_t why_len)
{
    const struct args *args = d->args;
    d->commissioning_ms = d->configuring_ms = USHER_NEVER;
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
        if (!demo_post_start(d, i)) {
            snprintf(why, why_len, "device %u cannot be simulated", i + 1);
            return false;
        }
    }
    return true;
}

/* Running, and the end. */

bool demo_advance(struct demo *d, uint64_t ms)
{
    uint64_t errands_ms = demo_errands_next(d);
    uint64_t next_us = air_next_us(d->air);
    const uint64_t wishes[] = { errands_ms, d->commissioning_ms, d->configuring_ms, ms };
    for (size_t i = 0; i < sizeof wishes / sizeof *wishes; i++) {
        if (wishes[i] != USHER_NEVER && 1000 * wishes[i] < next_us) {
            next_us = 1000 * wishes[i];
        }
    }
    if (next_us == USHER_NEVER) {
        return false;
    }
    air_run_until(d->air, next_us);
    if (d->commissioning_ms <= demo_now(d)) {
        commissioner_run(d->commissioner);
    }
    if (d->configuring_ms <= demo_now(d)) {
        configurator_run(d->configurator);
    }
    if (errands_ms <= demo_now(d)) {
        demo_errands_run(d);
    }
    return demo_now(d) < ms;
}

static bool demo_finished(const struct demo *d)
{
    struct commissioner_counts n;
    struct configurator_counts m;
    commissioner_counts(d->commissioner, &n);
    configurator_counts(d->configurator, &m);
    bool all = m.configured + m.failed + n.failed == d->args->devices;
    return (commissioner_idle(d->commissioner) && configurator_idle(d->configurator) &&
            (all || demo_now(d) - d->news_ms >= QUIET_MS)) ||
           demo_now(d) >= LIMIT_MS;
}

static void progress(const struct demo *d)
{
    char provisioning[120], configuring[120];
    commissioner_progress(d->commissioner, provisioning, sizeof provisioning);
    configurator_progress(d->configurator, configuring, sizeof configuring);
    out_progress("%s; %s; virtual second %llu", provisioning, configuring,
                 (unsigned long long)(demo_now(d) / 1000));
}

static void demo_run(struct demo *d)
{
    while (!demo_finished(d) && demo_advance(d, LIMIT_MS)) {
        if (out_progress_due()) {
            progress(d);
        }
    }
    demo_lamps_switch(d);
}

static int compare_ms(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return (left > right) - (left < right);
}

/** A line of the table: the devices of a kind. */
static void kind_row(const struct demo *d, const struct demo_kind *kind, uint64_t *ms)
{
    unsigned devices = 0;
    size_t done = 0;
    for (unsigned i = 0; i < d->args->devices; i++) {
        const struct post *p = &d->posts[i];
        if (p->kind == kind) {
            devices++;
            if (demo_post_agrees(d, p)) {
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
        for (size_t i = 0; i < demo_kind_count; i++) {
            kind_row(d, &demo_kinds[i], ms);
        }
        out_text("%s", "");
    }
    free(ms);
}

/** Whether a device is provisioned and configured. */
static bool ready(const struct demo *d, const struct post *p)
{
    struct registry_node node = { .settings = NULL };
    bool configured = demo_post_agrees(d, p) &&
                      registry_find(d->registry, p->device.uuid, &node) == REGISTRY_OK &&
                      node.configured;
    registry_node_clear(&node);
    return configured;
}

static int demo_conclude(const struct demo *d)
{
    struct commissioner_counts n;
    struct configurator_counts m;
    unsigned devices = d->args->devices, agreeing = 0, configured = 0;

    commissioner_counts(d->commissioner, &n);
    configurator_counts(d->configurator, &m);
    for (unsigned i = 0; i < devices; i++) {
        agreeing += demo_post_agrees(d, &d->posts[i]);
        configured += ready(d, &d->posts[i]);
    }
    out_progress_end();
    kind_table(d);
    if (n.devices < devices) {
        out_note("%u devices were never heard", devices - n.devices);
    }
    if (agreeing != n.provisioned) {
        out_error("%u devices disagree with the provisioner about their address or key",
                  n.provisioned - agreeing);
    }
    report_summary(&(struct report_summary){ .devices = devices,
                                             .failed = devices - configured,
                                             .refused = n.refused,
                                             .retries = n.retries + m.retries,
                                             .ms = d->done_ms,
                                             .links = d->args->parallel,
                                             .provisioning = true,
                                             .provisioned = agreeing,
                                             .configuring = true,
                                             .configured = configured,
                                             .simulated = true,
                                             .loss_pct = d->args->loss_pct,
                                             .seed = d->args->seed,
                                             .lamps = d->lamps,
                                             .lamps_on = d->lamps_on,
                                             .lamps_retried = d->lamps_retried });
    if (registry_settled(d->registry) != REGISTRY_OK) {
        out_error("%s", registry_why(d->registry));
        return EXIT_TRANSPORT;
    }
    if (n.unstored + m.unstored > 0) {
        return EXIT_TRANSPORT;
    }
    return configured == devices && d->lamps_on == d->lamps ? EXIT_DONE : EXIT_FAILED;
}

/** @retval false  The capture could not be written whole. */
static bool demo_end(struct demo *d)
{
    demo_posts_end(d);
    configurator_free(d->configurator);
    own_node_stop(&d->own);
    if (d->on) {
        usher_deinit(&d->node);
    }
    if (d->joined) {
        simport_deinit(&d->port);
    }
    if (d->stored) {
        file_store_close(&d->store);
    }
    commissioner_free(d->commissioner);
    registry_close(d->registry);
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
