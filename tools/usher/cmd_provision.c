/*
 * usher provision: one device, all that are heard, or those of a plan, over a radio, into a network
 * that is kept in a directory; and configures them right after that, if it is told to. What is
 * wanted is in orders.h.
 */
#include "board.h"
#include "commissioner.h"
#include "configurator.h"
#include "online.h"
#include "orders.h"
#include "out.h"
#include "parse.h"
#include "provision_batch.h"
#include "report.h"
#include "station.h"
#include "verbs.h"

#include <stdio.h>

#define TICK_MS 50
#define QUIET_MS 10000 /* --all ends when nothing new was heard for so long */
#define LOOK_MS 30000  /* how long one device is looked for */
#define LINK_MS 70000  /* a device that lost its provisioner is heard again after a minute */
#define STOP_MS 5000   /* after Ctrl-C: for links that are nearly done */
#define BEACON_REPEAT_MS 1000

struct provision {
    const struct args *args;
    struct online online;     /* the first radio, with the provisioner's node */
    struct station *stations; /* the further ones */
    struct lines lines;
    struct alarm commissioning, configuring;
    struct commissioner *commissioner;
    struct configurator *configurator; /* NULL: devices are provisioned only */
    struct orders orders;
    unsigned resumed; /* nodes that an earlier run has not configured */
    unsigned ended;   /* devices finished, at ended_ms */
    unsigned news;    /* devices taken on and finished, at news_ms */
    uint64_t begun_ms, news_ms, ended_ms, stopped_ms;
};

static uint64_t now_ms(const struct provision *p)
{
    return uv_now(&p->online.loop.uv);
}

/* What the commissioner asks. */

static bool on_wants(void *ctx, const uint8_t uuid[USHER_UUID_SIZE], int8_t rssi)
{
    struct provision *p = ctx;
    bool in_time =
        !p->orders.many || p->args->for_ms == 0 || now_ms(p) - p->begun_ms < p->args->for_ms;
    return in_time && orders_want(&p->orders, uuid, rssi);
}

static void on_known(void *ctx, const uint8_t uuid[USHER_UUID_SIZE],
                     struct commissioner_known *known)
{
    const struct provision *p = ctx;
    orders_known(&p->orders, uuid, known);
}

static bool on_address(void *ctx, const uint8_t uuid[USHER_UUID_SIZE], uint8_t elements,
                       uint16_t *address)
{
    struct provision *p = ctx;
    return orders_address(&p->orders, uuid, elements, address);
}

static const struct node_template *on_template(void *ctx, const uint8_t uuid[USHER_UUID_SIZE])
{
    const struct provision *p = ctx;
    return orders_template(&p->orders, uuid);
}

static void on_show(void *ctx, const uint8_t uuid[USHER_UUID_SIZE], uint8_t action, uint8_t size,
                    const char *value)
{
    char digits[2 * USHER_UUID_SIZE + 1];
    (void)ctx;
    report_show(uuid, USHER_OOB_INPUT, action, size, value);
    format_hex(uuid, USHER_UUID_SIZE, digits);
    out_text("%s: enter at the device (%s): %s", digits, oob_action_name(USHER_OOB_INPUT, action),
             value);
}

static void on_ask(void *ctx, const uint8_t uuid[USHER_UUID_SIZE], uint8_t action, uint8_t size)
{
    struct provision *p = ctx;
    char digits[2 * USHER_UUID_SIZE + 1];
    report_ask(uuid, USHER_OOB_OUTPUT, action, size);
    format_hex(uuid, USHER_UUID_SIZE, digits);
    out_text("%s: what does the device show (%s, size %u)? Type it:", digits,
             oob_action_name(USHER_OOB_OUTPUT, action), (unsigned)size);
    lines_want(&p->lines, true);
}

static void on_wake_at(void *ctx, uint64_t ms)
{
    struct provision *p = ctx;
    alarm_set(&p->commissioning, linux_port_get(p->online.port), ms);
}

static void on_wake(void *ctx)
{
    struct provision *p = ctx;
    commissioner_run(p->commissioner);
}

static void on_configuring_at(void *ctx, uint64_t ms)
{
    struct provision *p = ctx;
    alarm_set(&p->configuring, linux_port_get(p->online.port), ms);
}

static void on_configuring(void *ctx)
{
    struct provision *p = ctx;
    configurator_run(p->configurator);
}

static void on_completed(void *ctx, const uint8_t uuid[USHER_UUID_SIZE], uint64_t ms)
{
    struct provision *p = ctx;
    struct registry_node node = { .settings = NULL };
    (void)ms;
    orders_name(&p->orders, uuid);
    if (!p->configurator || !orders_template(&p->orders, uuid)) {
        return;
    }
    if (registry_find(p->online.registry, uuid, &node) != REGISTRY_OK ||
        !configurator_add(p->configurator, node.address)) {
        out_error("a node cannot be configured: %s", registry_why(p->online.registry));
    }
    registry_node_clear(&node);
    configurator_run(p->configurator);
}

static void counts_get(const struct provision *p, struct commissioner_counts *n,
                       struct configurator_counts *m)
{
    *m = (struct configurator_counts){ .nodes = 0 };
    commissioner_counts(p->commissioner, n);
    if (p->configurator) {
        configurator_counts(p->configurator, m);
    }
}

static void on_changed(void *ctx)
{
    struct provision *p = ctx;
    struct commissioner_counts n;
    struct configurator_counts m;
    counts_get(p, &n, &m);
    unsigned ended = n.provisioned + n.failed + m.configured + m.failed;
    lines_want(&p->lines, n.asking > 0);
    if (n.devices + ended != p->news) {
        p->news = n.devices + ended;
        p->news_ms = now_ms(p);
    }
    if (ended != p->ended) {
        p->ended = ended;
        p->ended_ms = now_ms(p);
    }
}

/* What the loop tells. */

static void on_line(void *ctx, char *line)
{
    struct provision *p = ctx;
    char why[160], *prefix, *value;
    if (!line) {
        commissioner_no_answers(p->commissioner);
        return;
    }
    lines_split(line, &prefix, &value);
    if (*value && !commissioner_answer(p->commissioner, prefix, value, why, sizeof why)) {
        out_note("%s", why);
    }
    on_changed(p);
}

static void on_stop(void *ctx)
{
    struct provision *p = ctx;
    out_note("stopping; once more to stop at once");
    p->stopped_ms = now_ms(p);
    commissioner_stop(p->commissioner);
    if (p->configurator) {
        configurator_stop(p->configurator);
    }
}

/** How long to listen at least; devices that a killed run left behind need their time. */
static uint64_t patience(const struct provision *p)
{
    if (p->args->for_ms > 0) {
        return p->args->for_ms;
    }
    if (registry_left_unsettled(p->online.registry)) {
        return LINK_MS;
    }
    return p->args->all ? 0 : LOOK_MS;
}

/** How long nothing new has to have been heard; longer while devices of the plan are missing. */
static uint64_t quiet(const struct provision *p)
{
    if (!p->orders.many || p->args->for_ms > 0) {
        return 0;
    }
    if (p->orders.open == 0) {
        return QUIET_MS;
    }
    return p->args->resume ? LINK_MS : LOOK_MS;
}

static bool idle(const struct provision *p)
{
    return commissioner_idle(p->commissioner) &&
           (!p->configurator || configurator_idle(p->configurator));
}

/** Whether there is nothing left to wait for. */
static bool finished(const struct provision *p)
{
    uint64_t now = now_ms(p);
    struct commissioner_counts n;
    struct configurator_counts m;
    counts_get(p, &n, &m);
    if (!idle(p)) {
        return p->online.loop.stopping && now - p->stopped_ms >= STOP_MS;
    }
    if (p->online.loop.stopping || n.unstored + m.unstored > 0) {
        return true;
    }
    if (p->orders.many ? orders_done(&p->orders) : n.devices > 0) {
        return true;
    }
    return now - p->begun_ms >= patience(p) && now - p->news_ms >= quiet(p);
}

/** How many devices are named, and were not heard yet. */
static unsigned awaited(const struct provision *p)
{
    struct commissioner_counts n;
    commissioner_counts(p->commissioner, &n);
    return p->orders.many ? p->orders.open : n.devices == 0;
}

static size_t station_count(const struct provision *p)
{
    return p->args->radios.count - 1;
}

/** The @p n-th radio: whether it is lost, and its instance. */
static bool radio_lost(const struct provision *p, size_t n, const struct usher **u)
{
    *u = n == 0 ? &p->online.usher : &p->stations[n - 1].usher;
    return n == 0 ? p->online.lost : p->stations[n - 1].lost;
}

/** How many radios are lost. */
static size_t lost_count(const struct provision *p)
{
    const struct usher *u;
    size_t lost = 0;
    for (size_t i = 0; i < p->args->radios.count; i++) {
        lost += radio_lost(p, i, &u);
    }
    return lost;
}

/** Looks for radios that are lost while there are others: those go on. */
static void lost_handle(struct provision *p)
{
    const struct usher *u;
    struct commissioner_radio radio;
    for (size_t i = 0; commissioner_radio(p->commissioner, i, &radio); i++) {
        if (!radio_lost(p, i, &u) || radio.lost) {
            continue;
        }
        out_note("%s: its devices go on over the other radios", radio.name);
        commissioner_lost(p->commissioner, u);
        if (i == 0 && p->configurator) {
            out_note("nothing more is configured: the provisioner's node was on that radio");
            configurator_stop(p->configurator);
        }
    }
}

static void on_tick(void *ctx)
{
    struct provision *p = ctx;
    if (lost_count(p) == p->args->radios.count) {
        loop_end(&p->online.loop);
        return;
    }
    lost_handle(p);
    if (finished(p)) {
        loop_end(&p->online.loop);
    } else {
        board_show(p->commissioner, p->configurator, awaited(p), now_ms(p) - p->begun_ms);
    }
}

/* From beginning to end. */

static bool usage(struct provision *p, char *why, size_t why_len)
{
    const struct args *args = p->args;
    if (!orders_read(&p->orders, args, why, why_len)) {
        return false;
    }
    if (args->dry_run) {
        return true;
    }
    if (!online_usage(args, "provision", why, why_len)) {
        return false;
    }
    if (args->pcap && args->radios.count > 1) {
        snprintf(why, why_len, "--pcap is of one radio: give one --radio");
        return false;
    }
    return true;
}

static bool commissioner_make(struct provision *p)
{
    const struct args *args = p->args;
    p->commissioner =
        commissioner_new(&(struct commissioner_config){ .port = linux_port_get(p->online.port),
                                                        .registry = p->online.registry,
                                                        .reports = report_commission(true),
                                                        .radios = (unsigned)args->radios.count,
                                                        .bearers = tool_bearers(args->bearer),
                                                        .parallel = args->parallel,
                                                        .retries = args->retries,
                                                        .methods = p->orders.oob.methods,
                                                        .attention_s = (uint8_t)args->attention_s,
                                                        .max_failures = args->max_failures,
                                                        .require_secure = args->require_secure,
                                                        .show_secrets = args->show_secrets,
                                                        .ctx = p,
                                                        .wants = on_wants,
                                                        .known = on_known,
                                                        .address = on_address,
                                                        .show = on_show,
                                                        .ask = on_ask,
                                                        .wake_at = on_wake_at,
                                                        .completed = on_completed,
                                                        .changed = on_changed });
    return p->commissioner != NULL;
}

/** Makes the configurator, if one is wanted. */
static bool configurator_make(struct provision *p)
{
    if (!orders_configure(&p->orders)) {
        return true;
    }
    p->configurator =
        configurator_new(&(struct configurator_config){ .registry = p->online.registry,
                                                        .own = &p->online.own,
                                                        .template_of = on_template,
                                                        .reports = report_commission(true),
                                                        .parallel = p->args->parallel,
                                                        .retries = p->args->retries,
                                                        .ctx = p,
                                                        .wake_at = on_configuring_at,
                                                        .changed = on_changed });
    return p->configurator != NULL;
}

/**
 * Takes up the nodes that an earlier run has provisioned, and not configured; or of which it did
 * not learn whether they took their data, which their answer tells.
 */
static bool configuring_resume(struct provision *p, char *why, size_t why_len)
{
    struct configurator_counts m;
    if (!p->configurator || !p->orders.many || (p->args->batch && !p->args->resume)) {
        return true;
    }
    if (!configurator_add_all(p->configurator, true, why, why_len)) {
        return false;
    }
    configurator_counts(p->configurator, &m);
    p->resumed = m.nodes;
    configurator_run(p->configurator);
    return true;
}

/** Opens the further radios. */
static bool stations_open(struct provision *p, char *why, size_t why_len)
{
    size_t count = station_count(p), opened = 0;
    p->online.has_others = count > 0;
    p->stations = stations_new(count + 1); /* not of no size */
    snprintf(why, why_len, "out of memory");
    while (p->stations && opened < count &&
           station_open(&p->stations[opened], &p->online.loop, p->args,
                        p->args->radios.item[1 + opened], why, why_len)) {
        opened++;
    }
    return p->stations && opened == count;
}

/** Gives a radio to the commissioner. */
static bool radio_use(struct provision *p, struct usher *u, const char *name, char *why,
                      size_t why_len)
{
    enum usher_err err = commissioner_join(p->commissioner, u, name);
    if (err != USHER_OK) {
        snprintf(why, why_len, "%.100s: the radio cannot be used (%s)", name, usher_err_name(err));
    }
    return err == USHER_OK;
}

/** Lets all radios work, the first one first. */
static bool radios_use(struct provision *p, const struct usher_config *config, char *why,
                       size_t why_len)
{
    bool used = radio_use(p, &p->online.usher, p->args->radios.item[0], why, why_len);
    for (size_t i = 0; used && i < station_count(p); i++) {
        struct station *s = &p->stations[i];
        used = station_join(s, config, why, why_len) &&
               radio_use(p, &s->usher, s->radio, why, why_len);
    }
    return used;
}

/** Has the application keys of all templates. */
static bool appkeys_have(struct provision *p, char *why, size_t why_len)
{
    bool ok = own_node_appkeys(&p->online.own, &p->orders.template, why, why_len);
    for (size_t i = 0; ok && i < p->orders.batch.template_count; i++) {
        ok = own_node_appkeys(&p->online.own, &p->orders.templates[i], why, why_len);
    }
    return ok;
}

static bool start(struct provision *p, char *why, size_t why_len)
{
    if (!stations_open(p, why, why_len) || !online_open(&p->online, true, why, why_len)) {
        return false;
    }
    if (registry_unsettled(p->online.registry) != REGISTRY_OK) {
        snprintf(why, why_len, "%s", registry_why(p->online.registry));
        return false;
    }
    if (!commissioner_make(p) || !configurator_make(p)) {
        snprintf(why, why_len, "out of memory");
        return false;
    }
    struct usher_config config = { .handler = commissioner_event,
                                   .user = p->commissioner,
                                   .beacon_repeat_ms = BEACON_REPEAT_MS };
    if (!online_join(&p->online, &config, p->args->parallel, why, why_len) ||
        !appkeys_have(p, why, why_len) ||
        !orders_begin(&p->orders, p->online.registry, NULL, why, why_len) ||
        !radios_use(p, &config, why, why_len)) {
        return false;
    }
    if (registry_left_unsettled(p->online.registry)) {
        out_note("the last run was killed: devices that it left in the middle are heard again "
                 "after a minute");
    }
    p->begun_ms = p->news_ms = p->ended_ms = now_ms(p);
    return configuring_resume(p, why, why_len);
}

static void finish(struct provision *p)
{
    configurator_free(p->configurator);
    lines_close(&p->lines);
    alarm_close(&p->commissioning);
    alarm_close(&p->configuring);
    stations_free(p->stations, station_count(p));
    online_close(&p->online);
    commissioner_free(p->commissioner);
    orders_free(&p->orders);
}

/** Reports devices that were not heard. @return How many, where that is a failure. */
static unsigned unheard(const struct provision *p, const struct commissioner_counts *n)
{
    if (p->args->batch || (!p->orders.many && n->devices == 0)) {
        return orders_unheard(&p->orders);
    }
    if (n->devices == 0) {
        out_note("no unprovisioned device was heard");
    }
    return 0;
}

/** Says how it went. */
static int conclude(const struct provision *p)
{
    struct commissioner_counts n;
    struct configurator_counts m;
    size_t lost = lost_count(p);
    counts_get(p, &n, &m);
    out_progress_end();
    bool stored = n.unstored + m.unstored == 0;
    if (commissioner_idle(p->commissioner) && registry_settled(p->online.registry) != REGISTRY_OK) {
        out_error("%s", registry_why(p->online.registry));
        stored = false;
    }
    bool all_heard = p->online.loop.stopping || lost > 0;
    unsigned missing = all_heard ? 0 : unheard(p, &n);
    unsigned already = p->orders.already;
    unsigned devices = n.devices + p->resumed - m.gone + already + p->orders.unfinished +
                       (p->args->batch ? p->orders.open : missing);
    unsigned only_provisioned = n.provisioned + p->resumed - m.gone - m.nodes;
    unsigned done = already + only_provisioned + m.configured;
    unsigned failed = n.failed + m.failed + missing;
    report_summary(&(struct report_summary){ .devices = devices,
                                             .failed = failed,
                                             .refused = n.refused,
                                             .interrupted = devices - done - failed,
                                             .already = already,
                                             .retries = n.retries + m.retries,
                                             .ms = p->ended_ms - p->begun_ms,
                                             .links = p->args->parallel,
                                             .commissioner = p->commissioner,
                                             .provisioning = true,
                                             .provisioned = n.provisioned,
                                             .configuring = p->configurator != NULL,
                                             .configured = m.configured });
    bool all_lost = lost == p->args->radios.count;
    bool unconfigured = p->online.lost && m.configured + m.failed < m.nodes;
    if (all_lost || unconfigured || n.stranded > 0 || !stored) {
        return EXIT_TRANSPORT;
    }
    if (failed > 0 && failed == n.refused) {
        return EXIT_POLICY;
    }
    return done < devices ? EXIT_FAILED : EXIT_DONE;
}

/** With a radio, from beginning to end. */
static int provision_run(struct provision *p)
{
    char why[200];
    int code = EXIT_TRANSPORT;
    if (!online_init(&p->online, p->args, on_stop, on_tick, TICK_MS, p)) {
        orders_free(&p->orders);
        return code;
    }
    lines_init(&p->lines, &p->online.loop, on_line, p);
    alarm_init(&p->commissioning, &p->online.loop, on_wake, p);
    alarm_init(&p->configuring, &p->online.loop, on_configuring, p);
    if (start(p, why, sizeof why)) {
        loop_run(&p->online.loop);
        code = conclude(p);
    } else {
        out_error("%s", why);
        code = p->orders.refused ? EXIT_USAGE : EXIT_TRANSPORT;
    }
    finish(p);
    return code;
}

int verb_provision(const struct args *args)
{
    struct provision p = { .args = args };
    char why[200];
    if (args->unlock) {
        return provision_unlock(args);
    }
    if (!usage(&p, why, sizeof why)) {
        out_error("%s", why);
        orders_free(&p.orders);
        return EXIT_USAGE;
    }
    if (args->dry_run) {
        int code = provision_dry_run(&p.orders);
        orders_free(&p.orders);
        return code;
    }
    return provision_run(&p);
}
