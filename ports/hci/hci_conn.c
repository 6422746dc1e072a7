/*
 * Connections in both roles (Core Specification, Vol 4, Part E, sections 7.1.6, 7.7.5, 7.8.12,
 * 7.8.13 and 7.8.66): making and ending them, and what the controller asks about them. What is
 * carried over them is hci_acl.c's. Called by hci_host.c.
 */
#include "hci_parts.h"

#include <string.h>

/* What a connection owes its controller an answer to, bits. */
#define ANSWER_LTK 1u
#define ANSWER_PARAMETERS 2u

#define MAKING_MS 10000u /* for a peer to be heard and connected */
#define CANCEL_MS 2000u  /* for the controller to call it off */
#define DRAIN_MS 1000u   /* for what waits to go out before it ends */
#define ENDED_MS 40000u  /* the longest supervision time-out and some: until the controller ends */
#define TRIES 4u         /* to establish it: the first PDUs may be lost */
#define AGAIN_MS 250u    /* until the next try, unless the peer is heard before */

/* How the initiator scans: half of its time, so that scanning goes on. Units of 0.625 ms. */
#define SCAN_INTERVAL 0x0060u
#define SCAN_WINDOW 0x0030u
/* Short, so that a handshake of many round trips is quick: 15 to 30 ms, in units of 1.25 ms. */
#define INTERVAL_MIN 0x000Cu
#define INTERVAL_MAX 0x0018u
#define SUPERVISION 0x0190u /* 4 s, in units of 10 ms */
#define PHY_1M 1u

/* -- finding ----------------------------------------------------------------------------------- */

bool host_conn_has_handle(const struct hci_conn *c)
{
    return c->state == CONN_OPEN || c->state == CONN_ENDING || c->state == CONN_ENDED;
}

uint8_t host_conn_find(const struct hci_host *h, uint16_t handle)
{
    for (uint8_t i = 0; i < h->config.conn_count; i++) {
        if (host_conn_has_handle(host_conn(h, i)) && host_conn(h, i)->handle == handle) {
            return i;
        }
    }
    return HCI_NOBODY;
}

static uint8_t find_free(const struct hci_host *h)
{
    for (uint8_t i = 0; i < h->config.conn_count; i++) {
        if (host_conn(h, i)->state == CONN_FREE) {
            return i;
        }
    }
    return HCI_NOBODY;
}

static uint8_t find_making(const struct hci_host *h)
{
    for (uint8_t i = 0; i < h->config.conn_count; i++) {
        uint8_t state = host_conn(h, i)->state;

        if (state == CONN_MAKING || state == CONN_CALLED_OFF || state == CONN_CANCELLED) {
            return i;
        }
    }
    return HCI_NOBODY;
}

static bool conn_making(const struct hci_host *h)
{
    if (find_making(h) != HCI_NOBODY) {
        return true;
    }
    for (uint8_t i = 0; i < h->config.conn_count; i++) {
        if (host_conn(h, i)->state == CONN_QUEUED) {
            return true;
        }
    }
    return false;
}

static bool conn_room(const struct hci_host *h)
{
    return find_free(h) != HCI_NOBODY;
}

static bool conn_any(const struct hci_host *h)
{
    for (uint8_t i = 0; i < h->config.conn_count; i++) {
        if (host_conn(h, i)->state != CONN_FREE) {
            return true;
        }
    }
    return false;
}

/* -- the ends of connections ------------------------------------------------------------------- */

/* It is gone. The instance is told unless it has let go itself; it may begin another from within.
 */
static void conn_gone(struct hci_host *h, uint8_t i)
{
    struct hci_conn *c = host_conn(h, i);
    bool held = c->held;

    c->state = CONN_FREE;
    c->held = false;
    host_touch(h);
    if (held) {
        usher_in_gatt_close(h->node, i);
    }
}

void host_conn_note(const struct hci_host *h, const struct hci_conn *c, const char *why)
{
    if (h->config.note != NULL) {
        h->config.note(h->config.ctx, &c->peer, why);
    }
}

void host_conn_end(struct hci_host *h, struct hci_conn *c)
{
    c->state = CONN_ENDING;
    c->deadline = h->now + DRAIN_MS;
    host_touch(h);
}

static void conn_lose(struct hci_host *h)
{
    h->stray_count = 0;
    h->scan_pauses = false;
    h->poll = false;
    for (uint8_t i = 0; i < h->config.conn_count; i++) {
        if (host_conn(h, i)->state != CONN_FREE) {
            conn_gone(h, i);
        }
    }
}

/* What the controller has connected for nobody. */
static void stray(struct hci_host *h, uint16_t handle)
{
    if (h->stray_count == sizeof(h->strays) / sizeof(h->strays[0])) {
        host_recover(h, "the controller makes connections that nobody wants", 0, -1, false);
        return;
    }
    h->strays[h->stray_count++] = handle;
    host_touch(h);
}

/* -- commands ---------------------------------------------------------------------------------- */

static void handle_command(struct hci_command *c, uint16_t opcode, uint8_t index, uint16_t handle)
{
    struct io io = hci_command_open(c, opcode);

    c->index = index;
    hci_put16(&io, handle);
    if (opcode == HCI_DISCONNECT) {
        hci_put8(&io, HCI_REMOTE_ENDED);
    } else if (opcode == HCI_LE_REFUSE_PARAMETERS) {
        hci_put8(&io, HCI_UNACCEPTABLE);
    }
    hci_command_close(c, &io);
}

static void parameters_command(struct hci_conn *conn, uint8_t i, struct hci_command *c)
{
    struct io io;

    if (!l2cap_parameters_fit(conn->asked)) {
        handle_command(c, HCI_LE_REFUSE_PARAMETERS, i, conn->handle);
        return;
    }
    io = hci_command_open(c, HCI_LE_ACCEPT_PARAMETERS);
    c->index = i;
    hci_put16(&io, conn->handle);
    for (unsigned n = 0; n < 4; n++) {
        hci_put16(&io, conn->asked[n]);
    }
    hci_put16(&io, 0); /* length of connection events: the controller's choice */
    hci_put16(&io, 0);
    hci_command_close(c, &io);
}

static void put_connection_parameters(struct io *io)
{
    hci_put16(io, INTERVAL_MIN);
    hci_put16(io, INTERVAL_MAX);
    hci_put16(io, 0); /* latency */
    hci_put16(io, SUPERVISION);
    hci_put16(io, 0); /* length of connection events: the controller's choice */
    hci_put16(io, 0);
}

static void create_command(const struct hci_host *h, uint8_t i, struct hci_command *c)
{
    const struct hci_conn *conn = host_conn(h, i);
    uint8_t own = h->use_public ? 0 : 1;
    struct io io;

    if (h->extended) {
        io = hci_command_open(c, HCI_LE_EXT_CREATE_CONNECTION);
        hci_put8(&io, 0); /* to this peer */
        hci_put8(&io, own);
        hci_put_peer(&io, &conn->peer);
        hci_put8(&io, PHY_1M);
        hci_put16(&io, SCAN_INTERVAL);
        hci_put16(&io, SCAN_WINDOW);
    } else {
        io = hci_command_open(c, HCI_LE_CREATE_CONNECTION);
        hci_put16(&io, SCAN_INTERVAL);
        hci_put16(&io, SCAN_WINDOW);
        hci_put8(&io, 0);
        hci_put_peer(&io, &conn->peer);
        hci_put8(&io, own);
    }
    put_connection_parameters(&io);
    hci_command_close(c, &io);
    c->index = i;
}

/* What one connection has to tell the controller. */
static bool conn_next(struct hci_host *h, uint8_t i, struct hci_command *c)
{
    struct hci_conn *conn = host_conn(h, i);

    if (host_conn_has_handle(conn) && (conn->answer & ANSWER_LTK) != 0) {
        conn->answer &= (uint8_t)~ANSWER_LTK;
        handle_command(c, HCI_LE_REFUSE_LTK, i, conn->handle);
    } else if (host_conn_has_handle(conn) && (conn->answer & ANSWER_PARAMETERS) != 0) {
        conn->answer &= (uint8_t)~ANSWER_PARAMETERS;
        parameters_command(conn, i, c);
    } else if (conn->state == CONN_ENDING &&
               (conn->deadline == 0 || (!host_conn_fill(h, conn) && conn->in_controller == 0))) {
        conn->state = CONN_ENDED;
        conn->deadline = h->now + ENDED_MS;
        handle_command(c, HCI_DISCONNECT, i, conn->handle);
    } else if (conn->state == CONN_CALLED_OFF &&
               !host_waits(h, HCI_LE_CREATE_CONNECTION, i, false) &&
               !host_waits(h, HCI_LE_EXT_CREATE_CONNECTION, i, false)) {
        conn->state = CONN_CANCELLED;
        conn->deadline = h->now + CANCEL_MS;
        (void)hci_command_open(c, HCI_LE_CREATE_CONNECTION_CANCEL);
        c->index = i;
    } else {
        return false;
    }
    return true;
}

/* The next connection in turn begins to be made, if none is and scanning does not stand in the
 * way. */
static bool make_next(struct hci_host *h, struct hci_command *c)
{
    if (find_making(h) != HCI_NOBODY || (h->scan_pauses && h->scan_on)) {
        return false;
    }
    for (unsigned n = 0; n < h->config.conn_count; n++) {
        uint8_t i = (uint8_t)((h->conn_turn + n) % h->config.conn_count);

        if (host_conn(h, i)->state == CONN_QUEUED && host_conn(h, i)->deadline == 0) {
            h->conn_turn = (uint8_t)(i + 1);
            host_conn(h, i)->state = CONN_MAKING;
            host_conn(h, i)->deadline = h->now + MAKING_MS;
            create_command(h, i, c);
            return true;
        }
    }
    return false;
}

static bool conns_next(struct hci_host *h, struct hci_command *c)
{
    if (h->stray_count > 0) {
        h->stray_count--;
        handle_command(c, HCI_DISCONNECT, HCI_NOBODY, h->strays[h->stray_count]);
        return true;
    }
    for (uint8_t i = 0; i < h->config.conn_count; i++) {
        if (conn_next(h, i, c)) {
            return true;
        }
    }
    return make_next(h, c);
}

static void conn_answer(struct hci_host *h, const struct hci_pending *p, uint8_t status)
{
    struct hci_conn *c;

    if (status == HCI_OK || p->index == HCI_NOBODY) {
        return;
    }
    c = host_conn(h, p->index);
    switch (p->opcode) {
    case HCI_DISCONNECT:
        if (c->state == CONN_ENDED) {
            conn_gone(h, p->index);
        }
        break;
    case HCI_LE_CREATE_CONNECTION:
    case HCI_LE_EXT_CREATE_CONNECTION:
        if (status == HCI_DISALLOWED && h->scan_on && c->state == CONN_MAKING) {
            h->scan_pauses = true;
            c->state = CONN_QUEUED;
            c->deadline = 0;
        } else if (c->state == CONN_MAKING || c->state == CONN_CALLED_OFF) {
            conn_gone(h, p->index);
        }
        break;
    case HCI_LE_CREATE_CONNECTION_CANCEL:
        if (c->state == CONN_CANCELLED) { /* there was nothing to be cancelled */
            conn_gone(h, p->index);
        }
        break;
    default:
        break;
    }
}

/* -- connecting -------------------------------------------------------------------------------- */

/* The peer was there, and not any more before the first packet: once more, as air is lossy. Some
 * controllers answer so if it does not advertise just then: the time to try is when it is heard. */
static void conn_failed(struct hci_host *h, uint8_t i, uint8_t status)
{
    struct hci_conn *c = host_conn(h, i);

    if (status == HCI_NOT_ESTABLISHED && !c->server && c->held && !c->opened &&
        ++c->tries < TRIES) {
        c->state = CONN_QUEUED;
        c->deadline = h->now + AGAIN_MS;
        host_touch(h);
    } else {
        conn_gone(h, i);
    }
}

static void conn_heard(struct hci_host *h, const struct usher_adv_report *report)
{
    for (uint8_t i = 0; i < h->config.conn_count; i++) {
        struct hci_conn *c = host_conn(h, i);

        if (c->state == CONN_QUEUED && c->deadline != 0 && c->peer.type == report->addr_type &&
            memcmp(c->peer.addr, report->addr, sizeof(c->peer.addr)) == 0) {
            c->deadline = 0;
            host_touch(h);
        }
    }
}

static void conn_begin(struct hci_host *h, uint8_t i, const struct hci_connection *is)
{
    struct hci_conn *c = host_conn(h, i);

    c->state = CONN_OPEN;
    c->opened = false;
    c->answer = 0;
    c->handle = is->handle;
    c->in_controller = c->out_len = c->out_at = 0;
    host_touch(h);
    if (c->server) {
        c->peer = is->peer;
        gatt_link_serve(&c->gatt, &h->database, h->now);
        return;
    }
    gatt_link_find(&c->gatt, &h->database, c->service, h->now);
    if (!c->held) {
        host_conn_end(h, c);
    }
}

static void in_central(struct hci_host *h, const struct hci_connection *is)
{
    uint8_t i = find_making(h);

    if (i == HCI_NOBODY) {
        stray(h, is->handle);
    } else if (is->peer.type != host_conn(h, i)->peer.type ||
               memcmp(is->peer.addr, host_conn(h, i)->peer.addr, sizeof(is->peer.addr)) != 0) {
        stray(h, is->handle);
        conn_gone(h, i);
    } else {
        conn_begin(h, i, is);
    }
}

static void in_peripheral(struct hci_host *h, const struct hci_connection *is)
{
    uint8_t i = find_free(h);

    if (i == HCI_NOBODY || h->acl_len == 0) {
        stray(h, is->handle);
    } else {
        host_conn(h, i)->server = true;
        host_conn(h, i)->held = false;
        conn_begin(h, i, is);
    }
    if (h->state == HCI_READY) {
        host_adv_connected(h);
    }
}

static void conn_complete(struct hci_host *h, bool enhanced, struct io *io)
{
    struct hci_connection is;
    uint8_t old;

    if (!hci_connection_read(io, enhanced, &is)) {
        return;
    }
    if (is.status != HCI_OK) {
        uint8_t i = find_making(h);

        if (i != HCI_NOBODY) {
            conn_failed(h, i, is.status);
        }
        return;
    }
    old = host_conn_find(h, is.handle);
    if (old != HCI_NOBODY) { /* its end went unheard */
        conn_gone(h, old);
    }
    if (h->state != HCI_READY) {
        return;
    }
    if (is.central) {
        in_central(h, &is);
    } else {
        in_peripheral(h, &is);
    }
}

static void conn_ended(struct hci_host *h, struct io *io)
{
    uint8_t status = 0, reason = 0, i;
    uint16_t handle = 0;

    io_u8(io, &status);
    io_le16(io, &handle);
    io_u8(io, &reason);
    i = host_conn_find(h, handle);
    if (!io_ok(io) || i == HCI_NOBODY) {
        return;
    }
    if (status == HCI_OK) {
        conn_failed(h, i, reason);
    }
}

/* -- questions of the controller --------------------------------------------------------------- */

static void conn_ltk_request(struct hci_host *h, struct io *io)
{
    uint16_t handle = 0;
    uint8_t i;

    io_le16(io, &handle);
    i = host_conn_find(h, handle);
    if (io_ok(io) && i != HCI_NOBODY) {
        host_conn(h, i)->answer |= ANSWER_LTK;
        host_touch(h);
    }
}

static void conn_parameter_request(struct hci_host *h, struct io *io)
{
    uint16_t handle = 0, asked[4] = { 0 };
    uint8_t i;

    io_le16(io, &handle);
    for (unsigned n = 0; n < 4; n++) {
        io_le16(io, &asked[n]);
    }
    i = host_conn_find(h, handle);
    if (io_ok(io) && i != HCI_NOBODY) {
        memcpy(host_conn(h, i)->asked, asked, sizeof(asked));
        host_conn(h, i)->answer |= ANSWER_PARAMETERS;
        host_touch(h);
    }
}

static void conn_event(struct hci_host *h, uint8_t code, uint8_t subevent, struct io *io)
{
    if (code == HCI_DISCONNECTION_COMPLETE) {
        conn_ended(h, io);
    } else if (code == HCI_COMPLETED_PACKETS) {
        host_acl_completed(h, io);
    } else if (code != HCI_LE_META) {
        return;
    } else if (subevent == HCI_LE_CONNECTION_COMPLETE) {
        conn_complete(h, false, io);
    } else if (subevent == HCI_LE_ENHANCED_CONNECTION_COMPLETE) {
        conn_complete(h, true, io);
    } else if (subevent == HCI_LE_LTK_REQUEST) {
        conn_ltk_request(h, io);
    } else if (subevent == HCI_LE_PARAMETER_REQUEST) {
        conn_parameter_request(h, io);
    }
}

/* -- time -------------------------------------------------------------------------------------- */

static void overdue(struct hci_host *h, uint8_t i)
{
    struct hci_conn *c = host_conn(h, i);

    switch (c->state) {
    case CONN_MAKING:
        c->state = CONN_CALLED_OFF;
        host_touch(h);
        break;
    case CONN_QUEUED:
    case CONN_ENDING:
        c->deadline = 0;
        host_touch(h);
        break;
    case CONN_CANCELLED:
    case CONN_ENDED:
        host_recover(h, "the controller does not end a connection", 0, -1, false);
        break;
    default:
        break;
    }
}

/* Whether a state has a deadline that is still to come. */
static bool timed(const struct hci_conn *c)
{
    return c->deadline != 0 &&
           (c->state == CONN_QUEUED || c->state == CONN_MAKING || c->state == CONN_CANCELLED ||
            c->state == CONN_ENDING || c->state == CONN_ENDED);
}

static void conn_process(struct hci_host *h)
{
    bool all = h->poll;

    h->poll = false;
    for (uint8_t i = 0; i < h->config.conn_count && h->state == HCI_READY; i++) {
        struct hci_conn *c = host_conn(h, i);

        if (timed(c) && c->deadline <= h->now) {
            overdue(h, i);
        }
        if (c->state == CONN_OPEN && (all || gatt_link_deadline(&c->gatt) <= h->now)) {
            host_conn_poll(h, i);
        }
    }
}

static uint64_t conn_deadline(const struct hci_host *h)
{
    uint64_t at = h->poll ? h->now : USHER_NEVER;

    for (uint8_t i = 0; i < h->config.conn_count; i++) {
        const struct hci_conn *c = host_conn(h, i);

        if (timed(c)) {
            at = host_sooner(at, c->deadline);
        }
        if (c->state == CONN_OPEN) {
            at = host_sooner(at, gatt_link_deadline(&c->gatt));
        }
    }
    return at;
}

/* -- the port ---------------------------------------------------------------------------------- */

static enum usher_err gatt_connect(void *ctx, const struct usher_ble_addr *peer,
                                   enum usher_gatt_service service, uint8_t *conn)
{
    struct hci_host *h = ctx;
    struct hci_conn *c;

    if (h->state != HCI_READY) {
        return USHER_E_STATE;
    }
    if (h->acl_len == 0) {
        return USHER_E_UNSUPPORTED;
    }
    *conn = find_free(h);
    if (*conn == HCI_NOBODY) {
        return USHER_E_RESOURCES;
    }
    host_enter(h);
    c = host_conn(h, *conn);
    c->state = CONN_QUEUED;
    c->server = c->opened = false;
    c->held = true;
    c->tries = 0;
    c->deadline = 0;
    c->peer = *peer;
    c->service = service;
    host_touch(h);
    host_leave(h);
    return USHER_OK;
}

static void gatt_disconnect(void *ctx, uint8_t conn)
{
    struct hci_host *h = ctx;
    struct hci_conn *c;

    if (conn >= h->config.conn_count || !host_conn(h, conn)->held) {
        return;
    }
    host_enter(h);
    c = host_conn(h, conn);
    c->held = false;
    if (c->state == CONN_QUEUED) {
        c->state = CONN_FREE;
    } else if (c->state == CONN_MAKING) {
        c->state = CONN_CALLED_OFF;
    } else if (c->state == CONN_OPEN) {
        host_conn_end(h, c);
    }
    host_touch(h);
    host_leave(h);
}

static void gatt_port(struct usher_port *port)
{
    port->gatt_serve = host_gatt_serve;
    port->gatt_connect = gatt_connect;
    port->gatt_disconnect = gatt_disconnect;
    port->gatt_send = host_gatt_send;
}

const struct hci_gatt hci_gatt = {
    .port = gatt_port,
    .lose = conn_lose,
    .next = conns_next,
    .answer = conn_answer,
    .event = conn_event,
    .heard = conn_heard,
    .rx = host_acl_rx,
    .tx = host_acl_tx,
    .making = conn_making,
    .room = conn_room,
    .any = conn_any,
    .process = conn_process,
    .deadline = conn_deadline,
};
