/*
 * PB-GATT (Mesh Protocol 1.1, section 5.2.2), one link: PDUs one at a time, the link timer, and
 * what a disconnect means. Called by node through struct bearer_acts, and by its gatt.c, which has
 * the connection.
 */
#include "pb_gatt.h"

#include <string.h>

enum pb_gatt_state {
    LINK_IDLE,
    LINK_LISTENING, /* server: no client yet */
    LINK_OPENING,   /* client: the connection is being made */
    LINK_OPEN,
    LINK_CLOSING, /* the connection is to be ended */
    LINK_CLOSED,  /* to be told */
};

/* -- for the connection ------------------------------------------------------------------------ */

static void begin(struct usher_pb_gatt *l, enum pb_gatt_state state, bool server)
{
    memset(l, 0, sizeof(*l));
    l->state = (uint8_t)state;
    l->server = server;
    l->deadline = USHER_NEVER;
}

void pb_gatt_listen(struct usher_pb_gatt *l)
{
    begin(l, LINK_LISTENING, true);
}

void pb_gatt_open(struct usher_pb_gatt *l)
{
    begin(l, LINK_OPENING, false);
}

void pb_gatt_opened(struct usher_pb_gatt *l, uint64_t now)
{
    if (l->state == LINK_LISTENING || l->state == LINK_OPENING) {
        l->state = LINK_OPEN;
        l->opened_new = true;
        l->deadline = now + PB_GATT_LINK_MS;
    }
}

enum usher_err pb_gatt_rx(struct usher_pb_gatt *l, const uint8_t *pdu, size_t len)
{
    if (l->state != LINK_OPEN) {
        return USHER_E_STATE;
    }
    if (l->rx_new) {
        return USHER_E_BUSY;
    }
    if (len == 0 || len > USHER_PDU_MAX) {
        return USHER_E_SIZE;
    }
    memcpy(l->rx, pdu, len);
    l->rx_len = (uint16_t)len;
    l->rx_new = true;
    if (!l->complete) {
        l->deadline = USHER_NEVER;
    }
    return USHER_OK;
}

uint16_t pb_gatt_next(const struct usher_pb_gatt *l, const uint8_t **pdu)
{
    *pdu = l->tx;
    return l->state == LINK_OPEN ? l->tx_len : 0;
}

void pb_gatt_sent(struct usher_pb_gatt *l)
{
    if (l->tx_len != 0) {
        l->tx_len = 0;
        l->sent_new = true;
    }
}

bool pb_gatt_ending(const struct usher_pb_gatt *l)
{
    return l->state == LINK_CLOSING;
}

void pb_gatt_lost(struct usher_pb_gatt *l, uint8_t reason)
{
    if (l->state == LINK_OPENING || l->state == LINK_OPEN) {
        l->close_reason = l->complete ? (uint8_t)USHER_CLOSE_SUCCESS : reason;
        l->state = LINK_CLOSED;
    } else if (l->state == LINK_CLOSING) {
        l->state = LINK_CLOSED;
    }
    l->deadline = USHER_NEVER;
}

/* -- for the session --------------------------------------------------------------------------- */

static bool ready(const union usher_link *link)
{
    const struct usher_pb_gatt *l = &link->gatt;

    return l->state == LINK_OPEN && l->tx_len == 0 && !l->sent_new && !l->opened_new;
}

static enum usher_err send(union usher_link *link, uint64_t now, const uint8_t *pdu, size_t len,
                           bool awaited)
{
    struct usher_pb_gatt *l = &link->gatt;

    (void)now;
    (void)awaited;
    if (!ready(link)) {
        return USHER_E_BUSY;
    }
    if (len == 0 || len > USHER_PDU_MAX) {
        return USHER_E_SIZE;
    }
    memcpy(l->tx, pdu, len);
    l->tx_len = (uint16_t)len;
    if (!l->complete) {
        l->deadline = USHER_NEVER;
    }
    return USHER_OK;
}

static void close_link(union usher_link *link, uint64_t now, uint8_t reason)
{
    struct usher_pb_gatt *l = &link->gatt;

    (void)now;
    if (l->state == LINK_OPENING || l->state == LINK_OPEN) {
        l->state = LINK_CLOSING;
        l->close_reason = reason;
        l->deadline = USHER_NEVER;
    }
}

static void stop(union usher_link *link)
{
    begin(&link->gatt, LINK_IDLE, link->gatt.server);
}

static void complete(union usher_link *link, uint64_t now)
{
    struct usher_pb_gatt *l = &link->gatt;

    l->complete = true;
    if (l->server && l->state == LINK_OPEN) {
        l->deadline = now + PB_GATT_COMPLETE_MS;
    }
}

static enum bearer_event poll(union usher_link *link, uint64_t now, struct bearer_input *in)
{
    struct usher_pb_gatt *l = &link->gatt;

    if (now >= l->deadline) {
        close_link(link, now, l->complete ? USHER_CLOSE_SUCCESS : USHER_CLOSE_TIMEOUT);
    }
    if (l->opened_new) {
        l->opened_new = false;
        return BEARER_OPENED;
    }
    if (l->sent_new) {
        l->sent_new = false;
        return BEARER_SENT;
    }
    if (l->rx_new) {
        l->rx_new = false;
        in->pdu = l->rx;
        in->len = l->rx_len;
        return BEARER_PDU;
    }
    if (l->state == LINK_CLOSED) {
        l->state = LINK_IDLE;
        l->tx_len = 0;
        in->reason = l->close_reason;
        return BEARER_CLOSED;
    }
    return BEARER_NOTHING;
}

static uint64_t deadline(const union usher_link *link)
{
    return link->gatt.deadline;
}

static const struct usher_link_stats *stats(const union usher_link *link)
{
    return &link->gatt.stats;
}

const struct bearer_acts pb_gatt_acts = {
    .ready = ready,
    .send = send,
    .poll = poll,
    .close = close_link,
    .stop = stop,
    .deadline = deadline,
    .stats = stats,
    .complete = complete,
};
