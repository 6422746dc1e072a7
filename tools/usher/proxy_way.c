/*
 * The way through a proxy; see proxy_way.h. Called by online.c.
 */
#include "proxy_way.h"

#include "out.h"
#include "report.h"

#include <stdio.h>

#define REACH_MS 20000u /* to find and connect a proxy */
#define LEAVE_MS 400u   /* for the end of the connection */

static void scan(struct proxy_way *w, bool on)
{
    usher_proxy_scan(&w->gatt->gatt, on, &w->address, w->address != 0 ? 1 : 0);
}

static void on_heard(struct proxy_way *w, const struct usher_gatt_event *event)
{
    if (w->connected || w->connecting ||
        (w->address != 0 && event->params.proxy.address != w->address)) {
        return;
    }
    w->heard = true;
    w->connecting = usher_proxy_connect(&w->gatt->gatt, &event->params.proxy.peer, &w->conn) ==
                    USHER_OK; /* else when it is heard again */
    scan(w, !w->connecting);
}

static void on_gone(struct proxy_way *w)
{
    if (w->connected) {
        out_note("the connection to the proxy is gone; looking for one");
    }
    w->connected = w->connecting = false;
    scan(w, true);
}

void proxy_way_event(void *way, struct usher_gatt *g, const struct usher_gatt_event *event)
{
    struct proxy_way *w = way;
    (void)g;
    if (!w->gatt) {
        return;
    }
    if (event->type == USHER_GATT_EVT_PROXY_RECEIVED) {
        on_heard(w, event);
    } else if (event->type == USHER_GATT_EVT_CONNECTED) {
        w->connecting = false;
        w->connected = true;
        report_proxy(&event->params.connection.peer, event->params.connection.value_max);
    } else if (event->type == USHER_GATT_EVT_DISCONNECTED) {
        on_gone(w);
    }
}

static bool reached(void *ctx)
{
    const struct proxy_way *w = ctx;
    return w->connected || *w->lost;
}

static bool never(void *ctx)
{
    (void)ctx;
    return false;
}

static void unreached(const struct proxy_way *w, const struct loop *loop, char *why, size_t why_len)
{
    char which[40] = "no proxy of the network";
    if (w->address != 0) {
        snprintf(which, sizeof which, "no Node Identity of 0x%04x", (unsigned)w->address);
    }
    if (loop->stopping || *w->lost) {
        snprintf(why, why_len, "the network was not reached");
    } else if (w->heard) {
        snprintf(why, why_len,
                 "a proxy was heard, but no connection to it could be made; is it "
                 "near, and free?");
    } else {
        snprintf(why, why_len, "%s was heard in %u seconds: is one near whose GATT Proxy is on?%s",
                 which, REACH_MS / 1000,
                 w->address != 0 ? " Node Identity is advertised for a minute, when asked for"
                                 : "");
    }
}

bool proxy_way_reach(struct proxy_way *w, struct loop *loop, struct own_node *own,
                     struct tool_gatt *gatt, uint16_t address, const bool *lost, char *why,
                     size_t why_len)
{
    *w = (struct proxy_way){ .gatt = gatt, .address = address, .lost = lost };
    usher_mesh_bearers(&own->mesh, USHER_BEARER_GATT);
    scan(w, true);
    if (loop_run_until(loop, reached, w, REACH_MS) && w->connected) {
        return true;
    }
    unreached(w, loop, why, why_len);
    return false;
}

void proxy_way_leave(struct proxy_way *w, struct loop *loop)
{
    if (w->gatt && !*w->lost && (w->connected || w->connecting)) {
        struct tool_gatt *gatt = w->gatt;
        w->gatt = NULL; /* nothing more is to be told */
        usher_proxy_scan(&gatt->gatt, false, NULL, 0);
        (void)usher_proxy_disconnect(&gatt->gatt, w->conn);
        (void)loop_run_until(loop, never, NULL, LEAVE_MS);
    }
}
