/*
 * Segmented messages coming in (Mesh Protocol 1.1, section 3.5.3.4): reassembled in a table of
 * fixed size, acknowledged, and remembered for a while, so that a repeat is answered rather than
 * taken for a new message. Called by transport.c.
 */
#include "rpl.h"
#include "transport_parts.h"

#include <string.h>

/* A received segment, taken apart. */
struct rx {
    uint64_t now;
    const struct net_pdu *pdu;
    struct segment s;
    uint32_t seq0;
    const uint8_t *data;
    size_t len;
};

static bool parse(struct rx *rx, uint64_t now, const struct net_pdu *p)
{
    struct io io = io_reader(p->transport, p->len);
    uint32_t since;

    *rx = (struct rx){ .now = now, .pdu = p };
    segment_fields(&io, &rx->s);
    rx->data = p->transport + io_pos(&io);
    rx->len = io_left(&io);
    since = (p->seq - rx->s.seq_zero) & SEQ_ZERO_MASK;
    if (!io_ok(&io) || since > p->seq || rx->s.index > rx->s.last || rx->len == 0 ||
        rx->len > segment_size(p->ctl)) {
        return false;
    }
    rx->seq0 = p->seq - since;
    return rx->s.index == rx->s.last || rx->len == segment_size(p->ctl);
}

static uint64_t seq_auth(uint32_t iv_index, uint32_t seq0)
{
    return (uint64_t)iv_index << 24 | seq0;
}

static uint64_t interval_ms(const struct usher_net *n)
{
    return (n->sar.receiver_interval_step + 1u) * 10u;
}

/* From a segment to its ack: as many intervals as segments may still follow, and half of one. */
static uint64_t ack_ms(const struct usher_net *n, uint8_t last)
{
    unsigned halves = n->sar.ack_delay_increment * 2u + 3u;

    return (halves < last * 2u + 1u ? halves : last * 2u + 1u) * interval_ms(n) / 2;
}

static uint64_t discard_ms(const struct usher_net *n)
{
    return (n->sar.discard_timeout + 1u) * UINT64_C(5000);
}

static void owe_ack(const struct usher_net *n, struct usher_sar_rx *r, uint64_t at)
{
    if (usher_is_unicast(r->dst)) {
        r->ack_at = at;
        r->acks_left = r->last > n->sar.segments_threshold ? n->sar.ack_retransmissions + 1 : 1;
    }
}

static bool is_over(const struct usher_sar_rx *r)
{
    return r->complete || r->discarded;
}

/* -- the table --------------------------------------------------------------------------------- */

static struct usher_sar_rx *find(const struct usher_net *n, uint16_t src, uint16_t dst)
{
    for (uint16_t i = 0; i < n->sar_rx_size; i++) {
        struct usher_sar_rx *r = &n->sar_rx[i];

        if (r->used && r->src == src && r->dst == dst) {
            return r;
        }
    }
    return NULL;
}

bool transport_receives(const struct usher_net *n, uint16_t src, uint16_t dst)
{
    const struct usher_sar_rx *r = find(n, src, dst);

    return r != NULL && !is_over(r);
}

/* A free entry, or that of the message which is over for longest. */
struct usher_sar_rx *sar_rx_claim(struct usher_net *n)
{
    struct usher_sar_rx *oldest = NULL;

    for (uint16_t i = 0; i < n->sar_rx_size; i++) {
        struct usher_sar_rx *r = &n->sar_rx[i];

        if (!r->used) {
            return r;
        }
        if (is_over(r) && !r->ready && (oldest == NULL || r->ended_at < oldest->ended_at)) {
            oldest = r;
        }
    }
    return oldest;
}

/* Acknowledges a message without an entry; not every segment, since there may be many. */
static void ack_once(struct usher_net *n, const struct rx *rx, uint32_t block)
{
    if (usher_is_unicast(rx->pdu->dst) && rx->now >= n->refuse_at) {
        n->refuse_at = rx->now + interval_ms(n);
        (void)control_ack(n, rx->now, rx->pdu, rx->seq0, block);
    }
}

static void entry_begin(const struct rx *rx, struct usher_sar_rx *r)
{
    const struct net_pdu *p = rx->pdu;

    memset(r, 0, sizeof(*r));
    r->used = true;
    r->ctl = p->ctl;
    r->ttl = p->ttl;
    r->head = rx->s.head;
    r->szmic = rx->s.szmic;
    r->src = p->src;
    r->dst = p->dst;
    r->net_index = p->net_index;
    r->iv_index = p->iv_index;
    r->seq0 = rx->seq0;
    r->last = rx->s.last;
    r->ack_at = USHER_NEVER;
}

/* -- one message ------------------------------------------------------------------------------- */

/*
 * A whole access message. The replay list gets the sequence number of the segment received last, so
 * that none of those received counts for another message (3.9.8).
 */
static void open_message(struct usher_net *n, struct usher_sar_rx *r)
{
    struct upper u = {
        .szmic = r->szmic, .src = r->src, .dst = r->dst, .seq = r->seq0, .iv_index = r->iv_index
    };
    uint8_t clear[USHER_ACCESS_MAX];
    size_t mic = upper_mic(r->szmic);

    if (r->len <= mic ||
        !upper_open(n, &u, r->head, r->net_index, r->data, r->len - mic, clear, &r->key)) {
        n->stats.undecrypted++;
        return;
    }
    if (!rpl_accept_segmented(&n->rpl, r->src, r->iv_index, r->seq0, r->seq_last)) {
        n->stats.no_memory++;
        return;
    }
    r->len = (uint16_t)(r->len - mic);
    memcpy(r->data, clear, r->len);
    r->label = u.label;
    r->ready = true;
}

/* No segmented control message is known to us: such a one is acknowledged, and that is all. */
static void complete(struct usher_net *n, struct usher_sar_rx *r, uint64_t now)
{
    r->complete = true;
    r->ended_at = now;
    owe_ack(n, r, now);
    if (r->ctl == 0) {
        open_message(n, r);
    }
}

static void store(struct usher_net *n, const struct rx *rx, struct usher_sar_rx *r)
{
    size_t offset = rx->s.index * segment_size(r->ctl);

    memcpy(r->data + offset, rx->data, rx->len);
    r->have |= UINT32_C(1) << rx->s.index;
    r->seq_last = rx->pdu->seq > r->seq_last ? rx->pdu->seq : r->seq_last;
    if (rx->s.index == r->last) {
        r->len = (uint16_t)(offset + rx->len);
    }
    if (r->have == segments_mask(r->last)) {
        complete(n, r, rx->now);
        return;
    }
    r->discard_at = rx->now + discard_ms(n);
    owe_ack(n, r, rx->now + ack_ms(n, r->last));
}

/* A segment of the message that the entry is about. */
static void rx_same(struct usher_net *n, const struct rx *rx, struct usher_sar_rx *r)
{
    if (r->ctl != rx->pdu->ctl || r->head != rx->s.head || r->szmic != rx->s.szmic ||
        r->last != rx->s.last || r->net_index != rx->pdu->net_index) {
        return;
    }
    if (r->complete) {
        if (r->acks_left == 0 && rx->now >= r->ack_not_before) {
            owe_ack(n, r, rx->now);
        }
    } else if (!r->discarded && (r->have >> rx->s.index & 1) == 0) {
        store(n, rx, r);
    }
}

/*
 * A segment of a message that there is no entry for; @p r is that of an older one, or NULL. Entries
 * are few, so one of a message that was accepted may be gone while its sender still repeats it.
 */
static void begin(struct usher_net *n, const struct rx *rx, struct usher_sar_rx *r)
{
    const struct net_pdu *p = rx->pdu;
    enum rpl_answer answer = rpl_check_segmented(&n->rpl, p->src, p->iv_index, rx->seq0);

    if (answer == RPL_LAST) {
        ack_once(n, rx, segments_mask(rx->s.last));
    }
    if (answer != RPL_NEW) {
        n->stats.replays++;
        return;
    }
    if (r == NULL) {
        r = sar_rx_claim(n);
    }
    if (r == NULL) {
        n->stats.no_memory++;
        ack_once(n, rx, 0);
        return;
    }
    entry_begin(rx, r);
    store(n, rx, r);
}

void sar_rx_segment(struct usher_net *n, uint64_t now, const struct net_pdu *p)
{
    struct usher_sar_rx *r = find(n, p->src, p->dst);
    uint64_t known, heard;
    struct rx rx;

    if (!parse(&rx, now, p) || (r != NULL && r->ready)) {
        return;
    }
    known = r != NULL ? seq_auth(r->iv_index, r->seq0) : 0;
    heard = seq_auth(p->iv_index, rx.seq0);
    if (r != NULL && heard <= known) {
        if (heard == known) {
            rx_same(n, &rx, r);
        }
        return;
    }
    begin(n, &rx, r);
}

/* -- time -------------------------------------------------------------------------------------- */

static void send_ack(struct usher_net *n, struct usher_sar_rx *r, uint64_t now)
{
    struct net_pdu to = { .ttl = r->ttl, .src = r->src, .dst = r->dst, .net_index = r->net_index };

    if (control_ack(n, now, &to, r->seq0, r->have) != USHER_OK) {
        r->ack_at = now + interval_ms(n); /* no room in the queue: soon there will be */
        return;
    }
    r->acks_left--;
    r->ack_at = r->acks_left != 0 ? now + interval_ms(n) : USHER_NEVER;
    r->ack_not_before = now + ack_ms(n, r->last);
}

void sar_rx_run(struct usher_net *n, uint64_t now)
{
    for (uint16_t i = 0; i < n->sar_rx_size; i++) {
        struct usher_sar_rx *r = &n->sar_rx[i];

        if (!r->used) {
            continue;
        }
        if (!is_over(r) && r->discard_at <= now) {
            r->discarded = true;
            r->ended_at = now;
            r->acks_left = 0;
            n->stats.sar_failed++;
        }
        if (r->acks_left != 0 && r->ack_at <= now) {
            send_ack(n, r, now);
        }
    }
}

uint64_t sar_rx_deadline(const struct usher_net *n)
{
    uint64_t at = USHER_NEVER;

    for (uint16_t i = 0; i < n->sar_rx_size; i++) {
        const struct usher_sar_rx *r = &n->sar_rx[i];

        if (!r->used) {
            continue;
        }
        at = r->ready ? 0 : at;
        at = is_over(r) ? at : sooner(at, r->discard_at);
        at = r->acks_left != 0 ? sooner(at, r->ack_at) : at;
    }
    return at;
}
