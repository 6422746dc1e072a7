/*
 * usher configure: nodes of the network, one or all of them, by a template.
 */
#include "board.h"
#include "configurator.h"
#include "online.h"
#include "options.h"
#include "out.h"
#include "parse.h"
#include "report.h"
#include "verbs.h"

#include <stdio.h>
#include <string.h>

#define TICK_MS 50

struct configure {
    const struct args *args;
    struct online online;
    struct alarm wake;
    struct configurator *configurator;
    struct node_template template;
    uint16_t address;
    uint64_t begun_ms;
};

static void on_wake(void *ctx)
{
    struct configure *c = ctx;
    configurator_run(c->configurator);
}

static void on_wake_at(void *ctx, uint64_t ms)
{
    struct configure *c = ctx;
    alarm_set(&c->wake, linux_port_get(c->online.port), ms);
}

static void on_changed(void *ctx)
{
    (void)ctx; /* the tick looks */
}

static void on_stop(void *ctx)
{
    struct configure *c = ctx;
    configurator_stop(c->configurator);
}

static void on_tick(void *ctx)
{
    struct configure *c = ctx;
    if (configurator_idle(c->configurator)) {
        loop_end(&c->online.loop);
    } else {
        board_show(NULL, c->configurator, 0, uv_now(&c->online.loop.uv) - c->begun_ms);
    }
}

static bool usage(struct configure *c, char *why, size_t why_len)
{
    const struct args *args = c->args;
    const char *address = args->operands.item[0];
    if (!address == !args->all) {
        snprintf(why, why_len, "configure needs the address of a node or --all, and not both");
        return false;
    }
    if (address && !parse_address(address, &c->address)) {
        snprintf(why, why_len, "\"%.60s\" is not an address, such as 0x0002", address);
        return false;
    }
    if (!online_usage(args, "configure", why, why_len)) {
        return false;
    }
    if (args->name && (args->all || !is_name(args->name, REGISTRY_NAME_MAX))) {
        snprintf(why, why_len, "--name is one node's: a line of UTF-8 that has at most %d octets",
                 REGISTRY_NAME_MAX);
        return false;
    }
    return template_read(args->template, &c->template, why, why_len);
}

/** Puts the one node that is meant into the queue, and names it. */
static bool queue_one(struct configure *c, char *why, size_t why_len)
{
    struct registry_node node = { .settings = NULL };
    bool ok = online_node(&c->online, c->address, &node, why, why_len);
    if (ok && c->args->name) {
        ok = registry_named(c->online.registry, node.address, c->args->name) == REGISTRY_OK;
        snprintf(why, why_len, "%s", ok ? "" : registry_why(c->online.registry));
    }
    if (ok && !configurator_add(c->configurator, node.address)) {
        snprintf(why, why_len, "out of memory");
        ok = false;
    }
    registry_node_clear(&node);
    return ok;
}

static bool start(struct configure *c, char *why, size_t why_len)
{
    if (!online_open(&c->online, false, why, why_len) ||
        !online_join(&c->online, &(struct usher_config){ .handler = NULL }, c->args->parallel, why,
                     why_len) ||
        !online_reach(&c->online, why, why_len)) {
        return false;
    }
    c->configurator =
        configurator_new(&(struct configurator_config){ .registry = c->online.registry,
                                                        .own = &c->online.own,
                                                        .t = &c->template,
                                                        .reports = report_commission(true),
                                                        .parallel = c->args->parallel,
                                                        .retries = c->args->retries,
                                                        .ctx = c,
                                                        .wake_at = on_wake_at,
                                                        .changed = on_changed });
    if (!c->configurator) {
        snprintf(why, why_len, "out of memory");
        return false;
    }
    return true;
}

static int conclude(const struct configure *c)
{
    struct configurator_counts n;
    configurator_counts(c->configurator, &n);
    out_progress_end();
    if (n.nodes == 0) {
        out_note("the network has no node to be configured");
    }
    report_summary(&(struct report_summary){ .devices = n.nodes,
                                             .failed = n.failed,
                                             .interrupted = n.nodes - n.configured - n.failed,
                                             .retries = n.retries,
                                             .ms = uv_now(&c->online.loop.uv) - c->begun_ms,
                                             .links = c->args->parallel,
                                             .configuring = true,
                                             .configured = n.configured });
    if (c->online.lost || n.unstored > 0) {
        return EXIT_TRANSPORT;
    }
    return n.configured < n.nodes ? EXIT_FAILED : EXIT_DONE;
}

static int run(struct configure *c)
{
    char why[200];
    if (!start(c, why, sizeof why)) {
        out_error("%s", why);
        return EXIT_TRANSPORT;
    }
    if (c->args->all ? !configurator_add_all(c->configurator, false, why, sizeof why)
                     : !queue_one(c, why, sizeof why)) {
        out_error("%s", why);
        return EXIT_FAILED;
    }
    if (!own_node_appkeys(&c->online.own, &c->template, why, sizeof why)) {
        out_error("%s", why);
        return EXIT_TRANSPORT;
    }
    c->begun_ms = uv_now(&c->online.loop.uv);
    configurator_run(c->configurator);
    loop_run(&c->online.loop);
    return conclude(c);
}

int verb_configure(const struct args *args)
{
    struct configure c = { .args = args };
    char why[300];
    if (!usage(&c, why, sizeof why)) {
        out_error("%s", why);
        return EXIT_USAGE;
    }
    if (!online_init(&c.online, args, on_stop, on_tick, TICK_MS, &c)) {
        return EXIT_TRANSPORT;
    }
    alarm_init(&c.wake, &c.online.loop, on_wake, &c);
    int code = run(&c);
    configurator_free(c.configurator);
    alarm_close(&c.wake);
    online_close(&c.online);
    return code;
}
