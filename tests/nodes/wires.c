/* See wires.h. */
#include "wires.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PORTS 16u
#define EVENTS 512u
#define IN_FLIGHT 6u /* values that a connection has room for */
#define STEP_US 8000u
#define CONNECT_US 40000u
#define NONE 0xFFu

enum event_kind { OPENED, VALUE, READY, CLOSED };

struct event {
    uint64_t at;
    enum event_kind kind;
    uint8_t port, conn, generation;
    uint8_t len;
    uint8_t value[244];
};

struct conn {
    bool used, open;
    bool server, by_hand; /* of a client by hand, this is the server's end */
    uint8_t generation;   /* events of the one before do not count */
    uint8_t peer, peer_conn;
    uint8_t in_flight;
    bool wants_room;
    enum usher_gatt_service service;
    wires_told told;
    void *ctx;
};

struct wire_port {
    struct simport *p;
    enum usher_gatt_service served;
    struct conn conns[WIRES_CONNS];
};

struct wires {
    struct air *air;
    struct air_timer timer;
    uint16_t value_max;
    bool stalled;
    unsigned port_count, event_count;
    struct wire_port ports[PORTS];
    struct event events[EVENTS]; /* in the order of their times */
};

static _Thread_local struct wires *the; /* a port's functions know only the port */

static void die(const char *what)
{
    fprintf(stderr, "wires: %s\n", what);
    abort();
}

static uint8_t port_of(const struct wires *w, const void *ctx)
{
    for (uint8_t i = 0; i < w->port_count; i++) {
        if (w->ports[i].p == ctx) {
            return i;
        }
    }
    die("no such port");
    return 0;
}

static struct conn *conn_of(struct wires *w, uint8_t port, uint8_t conn)
{
    return conn < WIRES_CONNS && w->ports[port].conns[conn].used ? &w->ports[port].conns[conn]
                                                                 : NULL;
}

/* -- events ------------------------------------------------------------------------------------ */

static void due(void *ctx);

static void set_timer(struct wires *w)
{
    if (w->event_count != 0 && !air_timer_set(w->air, &w->timer, w->events[0].at, due, w)) {
        die("no memory");
    }
}

static void later(struct wires *w, uint64_t us, enum event_kind kind, uint8_t port, uint8_t conn,
                  const uint8_t *value, uint8_t len)
{
    struct event e = { .at = air_now_us(w->air) + us, .kind = kind, .port = port, .conn = conn };
    unsigned at = w->event_count;

    if (at == EVENTS) {
        die("too many events");
    }
    e.generation = w->ports[port].conns[conn].generation;
    e.len = len;
    if (len != 0) {
        memcpy(e.value, value, len);
    }
    while (at > 0 && w->events[at - 1].at > e.at) {
        w->events[at] = w->events[at - 1];
        at--;
    }
    w->events[at] = e;
    w->event_count++;
    set_timer(w);
}

static struct usher_ble_addr addr_of(const struct wires *w, uint8_t port)
{
    struct usher_ble_addr addr = { .type = 1 };

    memcpy(addr.addr, air_addr(w->ports[port].p->radio), sizeof(addr.addr));
    return addr;
}

static void tell_opened(struct wires *w, uint8_t port, uint8_t conn)
{
    struct conn *c = &w->ports[port].conns[conn];
    struct usher_gatt_opened opened = {
        .conn = conn, .server = c->server, .service = c->service, .value_max = w->value_max
    };

    c->open = true;
    if (!c->by_hand) {
        opened.peer = addr_of(w, c->peer);
    }
    usher_in_gatt_open(w->ports[port].p->node, &opened);
}

static void release(struct conn *c)
{
    uint8_t generation = (uint8_t)(c->generation + 1);

    memset(c, 0, sizeof(*c));
    c->generation = generation;
}

static void happen(struct wires *w, const struct event *e)
{
    struct usher *node = w->ports[e->port].p->node;
    struct conn *c = &w->ports[e->port].conns[e->conn], *peer;

    if (!c->used || c->generation != e->generation) {
        return;
    }
    switch (e->kind) {
    case OPENED:
        tell_opened(w, e->port, e->conn);
        break;
    case VALUE:
        peer = c->by_hand ? NULL : &w->ports[c->peer].conns[c->peer_conn];
        if (peer != NULL && peer->used) {
            peer->in_flight--;
            if (peer->wants_room) {
                peer->wants_room = false;
                later(w, 0, READY, c->peer, c->peer_conn, NULL, 0);
            }
        }
        usher_in_gatt_data(node, e->conn, e->value, e->len);
        break;
    case READY:
        usher_in_gatt_ready(node, e->conn);
        break;
    default:
        release(c);
        usher_in_gatt_close(node, e->conn);
        break;
    }
}

static void due(void *ctx)
{
    struct wires *w = ctx;

    while (w->event_count != 0 && w->events[0].at <= air_now_us(w->air) && !w->stalled) {
        struct event e = w->events[0];

        w->event_count--;
        memmove(w->events, w->events + 1, w->event_count * sizeof(w->events[0]));
        happen(w, &e);
    }
    if (!w->stalled) {
        set_timer(w);
    }
}

/* -- a port's functions ------------------------------------------------------------------------ */

static void serve(void *ctx, enum usher_gatt_service service)
{
    the->ports[port_of(the, ctx)].served = service;
}

static uint8_t take_conn(struct wires *w, uint8_t port)
{
    for (uint8_t i = 0; i < WIRES_CONNS; i++) {
        if (!w->ports[port].conns[i].used) {
            w->ports[port].conns[i].used = true;
            return i;
        }
    }
    return NONE;
}

static uint8_t find_server(const struct wires *w, const struct usher_ble_addr *peer,
                           enum usher_gatt_service service)
{
    for (uint8_t i = 0; i < w->port_count; i++) {
        struct usher_ble_addr addr = addr_of(w, i);

        if (peer->type == addr.type && memcmp(peer->addr, addr.addr, sizeof(addr.addr)) == 0 &&
            w->ports[i].served == service) {
            return i;
        }
    }
    return NONE;
}

static enum usher_err gatt_connect(void *ctx, const struct usher_ble_addr *peer,
                                   enum usher_gatt_service service, uint8_t *conn)
{
    uint8_t client = port_of(the, ctx), server = find_server(the, peer, service);
    uint8_t server_conn = NONE;

    *conn = take_conn(the, client);
    if (*conn == NONE) {
        return USHER_E_RESOURCES;
    }
    if (server != NONE) {
        server_conn = take_conn(the, server);
    }
    if (server_conn == NONE) {
        later(the, CONNECT_US, CLOSED, client, *conn, NULL, 0);
        return USHER_OK;
    }
    for (unsigned i = 0; i < 2; i++) {
        struct conn *c = &the->ports[i == 0 ? server : client].conns[i == 0 ? server_conn : *conn];

        c->server = i == 0;
        c->service = service;
        c->peer = i == 0 ? client : server;
        c->peer_conn = i == 0 ? *conn : server_conn;
    }
    later(the, CONNECT_US, OPENED, server, server_conn, NULL, 0);
    later(the, CONNECT_US, OPENED, client, *conn, NULL, 0);
    return USHER_OK;
}

static void end_peer(struct wires *w, const struct conn *c)
{
    if (c->by_hand) {
        c->told(c->ctx, NULL, 0);
    } else if (c->server || c->service != USHER_GATT_NONE) {
        later(w, STEP_US, CLOSED, c->peer, c->peer_conn, NULL, 0);
    }
}

static void disconnect(void *ctx, uint8_t conn)
{
    uint8_t port = port_of(the, ctx);
    struct conn *c = conn_of(the, port, conn);

    if (c != NULL) {
        end_peer(the, c);
        release(c);
    }
}

static enum usher_err gatt_send(void *ctx, uint8_t conn, const uint8_t *value, uint8_t len)
{
    uint8_t port = port_of(the, ctx);
    struct conn *c = conn_of(the, port, conn);

    if (c == NULL || !c->open) {
        return USHER_E_STATE;
    }
    if (len == 0 || len > the->value_max) {
        die("a value's length");
    }
    if (c->by_hand) {
        c->told(c->ctx, value, len);
        return USHER_OK;
    }
    if (c->in_flight == IN_FLIGHT) {
        c->wants_room = true;
        return USHER_E_BUSY;
    }
    c->in_flight++;
    later(the, STEP_US, VALUE, c->peer, c->peer_conn, value, len);
    return USHER_OK;
}

/* -- wires.h ----------------------------------------------------------------------------------- */

struct wires *wires_new(struct air *air, uint16_t value_max)
{
    struct wires *w = calloc(1, sizeof(*w));

    if (w == NULL) {
        die("no memory");
    }
    w->air = air;
    w->value_max = value_max;
    the = w;
    return w;
}

void wires_free(struct wires *w)
{
    if (w != NULL) {
        air_timer_stop(w->air, &w->timer);
    }
    free(w);
    the = NULL;
}

void wires_add(struct wires *w, struct simport *p)
{
    if (w->port_count == PORTS) {
        die("too many ports");
    }
    w->ports[w->port_count++].p = p;
    p->port.gatt_conns = WIRES_CONNS;
    p->port.gatt_serve = serve;
    p->port.gatt_connect = gatt_connect;
    p->port.gatt_disconnect = disconnect;
    p->port.gatt_send = gatt_send;
}

void wires_stall(struct wires *w, bool stalled)
{
    w->stalled = stalled;
    if (!stalled) {
        set_timer(w);
    }
}

enum usher_gatt_service wires_served(const struct wires *w, const struct simport *p)
{
    return w->ports[port_of(w, p)].served;
}

void wires_cut(struct wires *w, struct simport *p, uint8_t conn)
{
    uint8_t port = port_of(w, p);
    struct conn *c = conn_of(w, port, conn);

    if (c == NULL) {
        die("no such connection");
    }
    end_peer(w, c);
    release(c);
    usher_in_gatt_close(p->node, conn);
}

uint8_t wires_client(struct wires *w, struct simport *server, enum usher_gatt_service service,
                     wires_told told, void *ctx)
{
    uint8_t port = port_of(w, server), conn = take_conn(w, port);
    struct conn *c;

    if (conn == NONE) {
        die("no connection is free");
    }
    c = &w->ports[port].conns[conn];
    c->server = true;
    c->by_hand = true;
    c->service = service;
    c->told = told;
    c->ctx = ctx;
    tell_opened(w, port, conn);
    return conn;
}

void wires_write(struct wires *w, struct simport *server, uint8_t conn, const uint8_t *value,
                 size_t len)
{
    (void)w;
    usher_in_gatt_data(server->node, conn, value, len);
}
