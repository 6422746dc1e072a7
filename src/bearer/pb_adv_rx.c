/*
 * PB-ADV, what is received (Mesh Protocol 1.1, section 5.3): nothing here is authenticated, so
 * every length and number is checked against what this link expects, and what does not fit is
 * dropped and counted.
 */
#include "pb_adv_link.h"

#include "crc8.h"
#include "ct.h"

#include <string.h>

#define START_HEAD 3u   /* octets before the data of a Start: length of all, FCS */
#define STRICT_ROUNDS 2 /* repetitions of a response in vain */

struct rx {
    uint64_t now;
    struct pb_adv_pdu p;
};

bool pb_adv_read(const uint8_t *data, size_t len, struct pb_adv_pdu *p)
{
    if (len < PB_ADV_MIN) {
        return false;
    }
    p->link_id =
        (uint32_t)data[0] << 24 | (uint32_t)data[1] << 16 | (uint32_t)data[2] << 8 | data[3];
    p->number = data[4];
    p->gpcf = data[5] & 3;
    p->six = data[5] >> 2;
    p->data = data + PB_ADV_MIN;
    p->len = len - PB_ADV_MIN;
    return true;
}

static bool is_open_for(const struct usher_pb_adv *l, const struct rx *rx)
{
    return rx->p.gpcf == GPCF_CONTROL && rx->p.six == CONTROL_OPEN - 1 &&
           rx->p.len == USHER_UUID_SIZE && ct_equal(rx->p.data, l->uuid, USHER_UUID_SIZE);
}

bool pb_adv_wants(const struct usher_pb_adv *l, const uint8_t *data, size_t len)
{
    struct rx rx;

    if (l->state == LINK_IDLE || !pb_adv_read(data, len, &rx.p)) {
        return false;
    }
    return l->state == LINK_LISTENING ? is_open_for(l, &rx) : rx.p.link_id == l->link_id;
}

static void drop(struct usher_pb_adv *l)
{
    l->stats.dropped++;
}

/* -- link control ------------------------------------------------------------------------------ */

static void rx_open(struct usher_pb_adv *l, const struct rx *rx)
{
    if (!is_open_for(l, rx)) {
        drop(l);
        return;
    }
    if (l->state == LINK_LISTENING) {
        l->link_id = rx->p.link_id;
        pb_adv_opened(l, rx->now);
    } else if (l->client != NULL || l->state != LINK_OPEN || l->rx_any) {
        drop(l);
        return;
    }
    if (l->control == CONTROL_NONE) {
        l->control = CONTROL_ACK;
        l->control_at = pb_adv_delay(l, rx->now);
    }
}

static void rx_close(struct usher_pb_adv *l, const struct rx *rx)
{
    if (rx->p.len != 1 || l->state == LINK_LISTENING || l->state == LINK_CLOSED) {
        drop(l);
        return;
    }
    if (l->state != LINK_CLOSING) {
        l->close_reason = rx->p.data[0];
    }
    l->tx_active = false;
    l->ack_due = false;
    l->control = CONTROL_NONE;
    l->state = LINK_CLOSED;
}

static void rx_control(struct usher_pb_adv *l, const struct rx *rx)
{
    switch (rx->p.six + 1) {
    case CONTROL_OPEN:
        rx_open(l, rx);
        break;
    case CONTROL_ACK:
        if (l->client == NULL || rx->p.len != 0 || !l->client->acked(l, rx->now)) {
            drop(l);
        }
        break;
    case CONTROL_CLOSE:
        rx_close(l, rx);
        break;
    default: /* reserved for future use */
        drop(l);
        break;
    }
}

/* -- transactions ------------------------------------------------------------------------------ */

static void rx_ack(struct usher_pb_adv *l, const struct rx *rx)
{
    if (!l->tx_active || !l->tx_heard || rx->p.number != l->tx_number || rx->p.six != 0 ||
        rx->p.len != 0) {
        drop(l);
        return;
    }
    pb_adv_acked(l, rx->now);
}

/*
 * The last transaction again: the peer has neither our ack nor, if it was that, our response. A
 * response that is repeated now says both. A slow peer gets the ack alone, since more copies would
 * only keep it longer; and so does one that goes on repeating after rounds of our response: it may
 * be strict.
 */
static void rx_again(struct usher_pb_adv *l, const struct rx *rx)
{
    if (!l->tx_active || l->ack_strict == PB_ADV_STRICT || l->srtt >= PB_ADV_SLOW_MS ||
        l->tx_tries >= STRICT_ROUNDS) {
        pb_adv_owe_ack(l, rx->now);
    } else if (l->tx_left == 0) {
        pb_adv_retry(l, rx->now);
    }
}

static void restart_rx(struct usher_pb_adv *l)
{
    l->rx_started = false;
    memset(l->rx_seg_len, 0, sizeof(l->rx_seg_len));
}

static void rx_whole(struct usher_pb_adv *l, uint64_t now)
{
    if (crc8_fcs(l->rx_pdu, l->rx_len) != l->rx_fcs) {
        l->stats.fcs_errors++;
        restart_rx(l);
        return;
    }
    restart_rx(l);
    l->rx_new = true;
    l->rx_any = true;
    l->ack_number = l->rx_number;
    l->ack_due = false;
    l->ack_sent = false;
    l->rx_number = pb_adv_number_after(l->rx_number);
    l->link_deadline = USHER_NEVER;
    pb_adv_owe_ack(l, now);
}

/* Keeps a segment; its length is looked at once the Start has told the length of all. */
static void keep_segment(struct usher_pb_adv *l, uint8_t index, const uint8_t *data, size_t len)
{
    size_t offset = pb_adv_segment_offset(index);

    if (index >= USHER_PB_ADV_SEGMENTS || len > USHER_PDU_MAX - offset ||
        l->rx_seg_len[index] != 0) {
        drop(l);
        return;
    }
    memcpy(l->rx_pdu + offset, data, len);
    l->rx_seg_len[index] = (uint8_t)len;
}

bool pb_adv_start_read(const struct pb_adv_pdu *p, struct pb_adv_start *s)
{
    if (p->len < START_HEAD) {
        return false;
    }
    s->total = (uint16_t)(p->data[0] << 8 | p->data[1]);
    s->fcs = p->data[2];
    s->data = p->data + START_HEAD;
    s->len = p->len - START_HEAD;
    return s->total != 0 && s->total <= USHER_PDU_MAX && p->six == pb_adv_segments(s->total) - 1 &&
           s->len == pb_adv_segment_len(s->total, 0);
}

static bool rx_start(struct usher_pb_adv *l, const struct rx *rx)
{
    struct pb_adv_start start;
    uint16_t total;
    uint8_t fcs;

    if (!pb_adv_start_read(&rx->p, &start)) {
        return false;
    }
    total = start.total;
    fcs = start.fcs;
    if (l->rx_started && (total != l->rx_len || fcs != l->rx_fcs)) {
        restart_rx(l); /* one of the two is a forgery: were the first kept for good, it would block
                          the other */
    }
    if (!l->rx_started) {
        l->rx_started = true;
        l->rx_len = total;
        l->rx_fcs = fcs;
        keep_segment(l, 0, start.data, start.len);
    }
    return true;
}

static bool rx_continuation(struct usher_pb_adv *l, const struct rx *rx)
{
    if (rx->p.six == 0 || rx->p.six >= USHER_PB_ADV_SEGMENTS || rx->p.len == 0 ||
        rx->p.len > CONTINUATION_DATA) {
        return false;
    }
    if (l->rx_started && (rx->p.six >= pb_adv_segments(l->rx_len) ||
                          rx->p.len != pb_adv_segment_len(l->rx_len, rx->p.six))) {
        return false;
    }
    keep_segment(l, rx->p.six, rx->p.data, rx->p.len);
    return true;
}

/* Continuations that came before the Start and do not fit it are forgotten. */
static bool all_in(struct usher_pb_adv *l)
{
    bool all = true;

    for (uint8_t i = pb_adv_segments(l->rx_len); i-- > 0;) {
        if (l->rx_seg_len[i] != pb_adv_segment_len(l->rx_len, i)) {
            l->rx_seg_len[i] = 0;
            all = false;
        }
    }
    return all;
}

static void rx_segment(struct usher_pb_adv *l, const struct rx *rx)
{
    bool taken;

    if (l->rx_any && rx->p.number == l->ack_number) {
        rx_again(l, rx);
        return;
    }
    if (rx->p.number != l->rx_number || l->rx_new) {
        drop(l);
        return;
    }
    taken = rx->p.gpcf == GPCF_START ? rx_start(l, rx) : rx_continuation(l, rx);
    if (!taken) {
        drop(l);
        return;
    }
    if (l->tx_active && l->tx_heard && l->tx_awaited) {
        pb_adv_acked(l, rx->now); /* a peer that goes on has what it waited for */
    }
    if (l->rx_started && all_in(l)) {
        rx_whole(l, rx->now);
    }
}

void pb_adv_rx(struct usher_pb_adv *l, uint64_t now, const uint8_t *data, size_t len)
{
    struct rx rx = { .now = now };

    if (!pb_adv_read(data, len, &rx.p)) {
        drop(l);
        return;
    }
    l->stats.rx++;
    if (rx.p.gpcf == GPCF_CONTROL) {
        rx_control(l, &rx);
    } else if (l->state != LINK_OPEN) {
        drop(l);
    } else if (rx.p.gpcf == GPCF_ACK) {
        rx_ack(l, &rx);
    } else {
        rx_segment(l, &rx);
    }
}
