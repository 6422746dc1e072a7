/*
 * What a connection carries (Core Specification, Vol 4, Part E, sections 4.1.1, 5.4.2 and 7.7.19):
 * ACL data packets to and from gatt_link.h, L2CAP frames in fragments, and the controller's buffers
 * shared fairly. Called by hci_host.c, and by hci_conn.c for links whose time has come.
 */
#include "hci_parts.h"

/* Flags of an ACL data packet, with the handle. */
#define ACL_HANDLE 0x0FFFu
#define ACL_BOUNDARY(v) ((v) >> 12 & 3u)
#define ACL_BROADCAST(v) ((v) >> 14)
#define ACL_CONTINUES 1u
#define ACL_NOT_USED 3u

/* -- in ---------------------------------------------------------------------------------------- */

static void opened(struct hci_host *h, uint8_t i, const struct gatt_event_data *data)
{
    struct hci_conn *c = host_conn(h, i);
    struct usher_gatt_opened is = { .conn = i,
                                    .server = c->server,
                                    .service = data->service,
                                    .value_max = data->value_max,
                                    .peer = c->peer };

    c->opened = true;
    c->held = true;
    usher_in_gatt_open(h->node, &is);
}

void host_conn_poll(struct hci_host *h, uint8_t i)
{
    struct hci_conn *c = host_conn(h, i);
    enum gatt_event event = GATT_READY;
    struct gatt_event_data data;

    host_touch(h);
    while (event != GATT_NOTHING && c->state == CONN_OPEN) {
        event = gatt_link_poll(&c->gatt, h->now, &data);
        switch (event) {
        case GATT_OPENED:
            opened(h, i, &data);
            break;
        case GATT_VALUE:
            usher_in_gatt_data(h->node, i, data.value, data.len);
            break;
        case GATT_READY:
            usher_in_gatt_ready(h->node, i);
            break;
        case GATT_FAILED:
            host_conn_note(h, c, data.why);
            host_conn_end(h, c);
            if (c->held) {
                c->held = false;
                usher_in_gatt_close(h->node, i);
            }
            break;
        default:
            break;
        }
    }
}

void host_acl_rx(struct hci_host *h, const uint8_t *packet, size_t len)
{
    struct io io = io_reader(packet + 1, len - 1);
    uint16_t head = 0, size = 0;
    const uint8_t *data;
    uint8_t i;

    io_le16(&io, &head);
    io_le16(&io, &size); /* which is what is there: h4.c goes by it */
    io_rest(&io, &data, &size);
    i = host_conn_find(h, head & ACL_HANDLE);
    if (size == 0 || i == HCI_NOBODY || host_conn(h, i)->state != CONN_OPEN ||
        ACL_BOUNDARY(head) == ACL_NOT_USED || ACL_BROADCAST(head) != 0) {
        return;
    }
    gatt_link_rx(&host_conn(h, i)->gatt, h->now, ACL_BOUNDARY(head) != ACL_CONTINUES, data, size);
    host_conn_poll(h, i);
}

void host_acl_completed(struct hci_host *h, struct io *io)
{
    uint8_t count = 0;

    io_u8(io, &count);
    for (; count > 0; count--) {
        uint16_t handle = 0, packets = 0;
        uint8_t i;

        io_le16(io, &handle);
        io_le16(io, &packets);
        i = host_conn_find(h, handle);
        if (!io_ok(io)) {
            return;
        }
        if (i != HCI_NOBODY) {
            struct hci_conn *c = host_conn(h, i);

            c->in_controller =
                (uint16_t)(packets < c->in_controller ? c->in_controller - packets : 0);
            host_touch(h);
        }
    }
}

/* -- out --------------------------------------------------------------------------------------- */

bool host_conn_fill(const struct hci_host *h, struct hci_conn *c)
{
    if (c->out_at == c->out_len) {
        c->out_at = 0;
        c->out_len = gatt_link_next(&c->gatt, h->now, c->out);
    }
    return c->out_at < c->out_len;
}

/* How many of the controller's buffers one connection may have: its share of all, at least one. */
static uint16_t share(const struct hci_host *h, uint16_t *used)
{
    uint16_t users = 0, part;

    *used = 0;
    for (uint8_t i = 0; i < h->config.conn_count; i++) {
        if (host_conn_has_handle(host_conn(h, i))) {
            *used = (uint16_t)(*used + host_conn(h, i)->in_controller);
            users++;
        }
    }
    part = (uint16_t)(users > 1 ? h->acl_count / users : h->acl_count);
    return part > 0 ? part : 1;
}

static size_t fragment(struct hci_host *h, struct hci_conn *c, uint8_t *packet)
{
    uint16_t left = (uint16_t)(c->out_len - c->out_at), n = left < h->acl_len ? left : h->acl_len;
    struct io io = io_writer(packet, H4_HEADER_MAX + L2CAP_FRAME_MAX);

    hci_put8(&io, H4_ACL);
    hci_put16(&io, (uint16_t)(c->handle | (c->out_at > 0 ? ACL_CONTINUES << 12 : 0)));
    hci_put16(&io, n);
    io_bytes(&io, c->out + c->out_at, n);
    c->out_at = (uint16_t)(c->out_at + n);
    c->in_controller++;
    h->poll = true; /* there may be room for values */
    return io_pos(&io);
}

size_t host_acl_tx(struct hci_host *h, uint8_t *packet)
{
    uint16_t used, most = share(h, &used);

    for (unsigned n = 0; n < h->config.conn_count && used < h->acl_count; n++) {
        uint8_t i = (uint8_t)((h->acl_turn + n) % h->config.conn_count);
        struct hci_conn *c = host_conn(h, i);

        if ((c->state == CONN_OPEN || c->state == CONN_ENDING) && c->in_controller < most &&
            host_conn_fill(h, c)) {
            h->acl_turn = (uint8_t)(i + 1);
            return fragment(h, c, packet);
        }
    }
    return 0;
}

/* -- the port ---------------------------------------------------------------------------------- */

void host_gatt_serve(void *ctx, enum usher_gatt_service service)
{
    struct hci_host *h = ctx;

    host_enter(h);
    h->database.service = service;
    for (uint8_t i = 0; i < h->config.conn_count; i++) {
        struct hci_conn *c = host_conn(h, i);

        if (c->state == CONN_OPEN && c->server) {
            gatt_link_service_changed(&c->gatt, h->now);
            host_touch(h);
        }
    }
    host_leave(h);
}

enum usher_err host_gatt_send(void *ctx, uint8_t conn, const uint8_t *value, uint8_t len)
{
    struct hci_host *h = ctx;
    enum usher_err err;

    if (conn >= h->config.conn_count || !host_conn(h, conn)->held ||
        host_conn(h, conn)->state != CONN_OPEN) {
        return USHER_E_STATE;
    }
    host_enter(h);
    err = gatt_link_send(&host_conn(h, conn)->gatt, h->now, value, len);
    host_touch(h);
    host_leave(h);
    return err;
}
