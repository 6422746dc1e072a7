/*
 * A verb in its network; see online.h. Called by the verbs provision, configure, identify, onoff,
 * remove and watch.
 */
#include "online.h"

#include "out.h"
#include "parse.h"
#include "report.h"

#include <errno.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

static void on_lost(void *ctx, const char *why)
{
    struct online *o = ctx;
    out_error("%s", why);
    o->lost = true;
    if (!o->has_others) {
        loop_end(&o->loop);
    }
}

bool online_init(struct online *o, const struct args *args, void (*stop)(void *ctx),
                 void (*ticked)(void *ctx), unsigned tick_ms, void *ctx)
{
    memset(o, 0, sizeof *o);
    o->args = args;
    return loop_init(&o->loop, stop, ticked, tick_ms, ctx);
}

bool online_usage(const struct args *args, const char *verb, char *why, size_t why_len)
{
    uint16_t address;
    if (!args->radios.item[0] || !args->state) {
        snprintf(why, why_len, "%s needs --radio and --state", verb);
        return false;
    }
    if (args->proxy && *args->proxy != '\0' && !parse_address(args->proxy, &address)) {
        snprintf(why, why_len, "--proxy=%.60s: not an address, such as 0x0002", args->proxy);
        return false;
    }
    return true;
}

static bool capture_open(struct online *o, char *why, size_t why_len)
{
    const char *path = o->args->pcap;
    if (path && !linux_port_capture(o->port, &o->pcap, path)) {
        snprintf(why, why_len, "%.150s: %s", path, strerror(errno));
        return false;
    }
    return true;
}

static bool registry_take(struct online *o, bool make, char *why, size_t why_len)
{
    struct registry_new new = { .name = NULL };
    if (make && !registry_new_random(&new)) {
        snprintf(why, why_len, "no randomness for a network key");
        return false;
    }
    o->registry = registry_open(o->args->state, make ? &new : NULL, why, why_len);
    OPENSSL_cleanse(&new, sizeof new);
    return o->registry != NULL;
}

static bool store_take(struct online *o, char *why, size_t why_len)
{
    char dir[PATH_MAX];
    int len = snprintf(dir, sizeof dir, "%s/" OWN_NODE_DIR, o->args->state);
    if (len < 0 || (size_t)len >= sizeof dir) {
        snprintf(why, why_len, "the path of the state directory is too long");
        return false;
    }
    o->stored = file_store_open(&o->store, dir, why, why_len);
    if (o->stored) {
        linux_port_store_set(o->port, &o->store);
    }
    return o->stored;
}

/** Whether the radio can do what is asked of it. */
static bool radio_suits(const struct online *o, char *why, size_t why_len)
{
    const struct args *args = o->args;
    const char *what = NULL;
    if (args->proxy) {
        what = "--proxy";
    } else if (tool_bearers(args->bearer) == USHER_BEARER_GATT) {
        what = "--bearer gatt";
    }
    return !what ||
           tool_radio_has_gatt(linux_port_get(o->port), args->radios.item[0], what, why, why_len);
}

bool online_open(struct online *o, bool make, char *why, size_t why_len)
{
    o->port = tool_radio_open(&o->loop, o->args, o->args->radios.item[0], &o->usher, on_lost, o,
                              why, why_len);
    if (!o->port || !radio_suits(o, why, why_len)) {
        return false;
    }
    return capture_open(o, why, why_len) && registry_take(o, make, why, why_len) &&
           store_take(o, why, why_len);
}

bool online_join(struct online *o, const struct usher_config *config, unsigned parallel, char *why,
                 size_t why_len)
{
    enum usher_err err = usher_init(&o->usher, linux_port_get(o->port), config);
    o->on = err == USHER_OK;
    if (o->on) {
        err = tool_gatt_init(&o->gatt, &o->usher, proxy_way_event, &o->way);
    }
    if (err != USHER_OK) {
        snprintf(why, why_len, "%.100s: the radio cannot be used (%s)", o->args->radios.item[0],
                 usher_err_name(err));
        return false;
    }
    if (!own_node_init(&o->own, o->registry, report_commission(true), parallel)) {
        snprintf(why, why_len, "out of memory");
        return false;
    }
    return own_node_start(&o->own, &o->usher, why, why_len);
}

bool online_reach(struct online *o, char *why, size_t why_len)
{
    uint16_t address = 0;
    if (!o->args->proxy) {
        return true;
    }
    (void)parse_address(o->args->proxy, &address); /* or it is "" */
    return proxy_way_reach(&o->way, &o->loop, &o->own, &o->gatt, address, &o->lost, why, why_len);
}

bool online_node(const struct online *o, uint16_t address, struct registry_node *node, char *why,
                 size_t why_len)
{
    enum registry_err err = registry_at(o->registry, address, node);
    if (err == REGISTRY_NONE) {
        snprintf(why, why_len, "0x%04x is not the address of a node of this network",
                 (unsigned)address);
    } else if (err != REGISTRY_OK) {
        snprintf(why, why_len, "%s", registry_why(o->registry));
    } else if (node->state == REGISTRY_REMOVED || node->state == REGISTRY_EXCLUDED) {
        snprintf(why, why_len, "0x%04x has left the network", (unsigned)address);
    } else {
        return true;
    }
    return false;
}

void online_close(struct online *o)
{
    proxy_way_leave(&o->way, &o->loop);
    own_node_stop(&o->own);
    if (o->on) {
        usher_deinit(&o->usher);
    }
    if (o->port) {
        linux_port_close(o->port);
    }
    if (o->pcap.file && !pcap_close(&o->pcap)) {
        out_error("%s: %s", o->args->pcap, strerror(errno));
    }
    loop_close(&o->loop);
    if (o->stored) {
        file_store_close(&o->store);
    }
    registry_close(o->registry);
}
