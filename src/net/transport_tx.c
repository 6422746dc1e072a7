/*
 * Segmented messages going out (Mesh Protocol 1.1, section 3.5.3.3): rounds of what is not
 * acknowledged yet, paced so that others find room in the queue. Called by transport.c and, for
 * acknowledgements, by transport_control.c.
 */
#include "iv.h"
#include "keys.h"
#include "transport_parts.h"

#include <string.h>

#define TAGS 255u      /* numbers that net_send() can tell apart */
#define SEQ_SPAN 8192u /* SeqZero would mean another message from here on */

static uint64_t interval_ms(const struct usher_net *n)
{
    return (n->sar.segment_interval_step + 1u) * 10u;
}

/* From the last segment of a round to the next round. */
static uint64_t round_ms(const struct usher_net *n, const struct usher_sar_tx *tx)
{
    const struct usher_sar_config *s = &n->sar;

    if (!usher_is_unicast(tx->dst)) {
        return (s->multicast_interval_step + 1u) * 25u;
    }
    return (s->unicast_interval_step + 1u) * 25u +
           (tx->ttl > 1 ? (s->unicast_interval_increment + 1u) * 25u * (tx->ttl - 1u) : 0);
}

static uint8_t tag_of(const struct usher_net *n, const struct usher_sar_tx *tx)
{
    return (uint8_t)(tx - n->sar_tx + 1);
}

static bool under_way(const struct usher_sar_tx *tx)
{
    return tx->used && !tx->done;
}

enum usher_err transport_emit(struct usher_net *n, uint64_t now, struct net_pdu *p)
{
    enum usher_err err;

    if (net_room(n) == 0) {
        return USHER_E_NO_MEM;
    }
    p->iv_index = iv_tx(&n->iv);
    err = iv_seq(&n->iv, &p->seq);
    return err == USHER_OK ? net_send(n, now, p, 0) : err;
}

enum usher_err sar_tx_claim(struct usher_net *n, uint16_t dst, struct usher_sar_tx **tx)
{
    *tx = NULL;
    for (uint16_t i = 0; i < n->sar_tx_size && i < TAGS; i++) {
        struct usher_sar_tx *entry = &n->sar_tx[i];

        if (under_way(entry) && entry->dst == dst) {
            return USHER_E_BUSY;
        }
        if (!entry->used && *tx == NULL) {
            *tx = entry;
        }
    }
    if (*tx == NULL) {
        return USHER_E_NO_MEM;
    }
    memset(*tx, 0, sizeof(**tx));
    (*tx)->dst = dst;
    return USHER_OK;
}

void sar_tx_end(struct usher_net *n, struct usher_sar_tx *tx, bool delivered)
{
    net_cancel(n, tag_of(n, tx));
    if (!delivered) {
        n->stats.sar_failed++;
    }
    tx->used = tx->token != 0;
    tx->done = true;
    tx->failed = !delivered;
}

static enum usher_err send_segment(struct usher_net *n, uint64_t now, const struct usher_sar_tx *tx,
                                   uint8_t index, uint32_t seq)
{
    size_t size = segment_size(tx->ctl), offset = index * size;
    size_t len = index < tx->last ? size : tx->len - offset;
    struct net_pdu p = { .ctl = tx->ctl,
                         .ttl = tx->ttl,
                         .src = tx->src,
                         .dst = tx->dst,
                         .seq = seq,
                         .iv_index = tx->iv_index,
                         .net_index = tx->net_index };
    struct segment s = { .head = tx->head,
                         .szmic = tx->szmic,
                         .seq_zero = (uint16_t)(tx->seq0 & SEQ_ZERO_MASK),
                         .index = index,
                         .last = tx->last };
    struct io io = io_writer(p.transport, sizeof(p.transport));

    segment_fields(&io, &s);
    memcpy(p.transport + io_pos(&io), tx->data + offset, len);
    p.len = (uint8_t)(io_pos(&io) + len);
    return net_send(n, now, &p, tag_of(n, tx));
}

static uint8_t lowest(uint32_t bits)
{
    uint8_t i = 0;

    while ((bits >> i & 1) == 0) {
        i++;
    }
    return i;
}

/* The next segment of the round, under this sequence number. */
static void go_on(struct usher_net *n, uint64_t now, struct usher_sar_tx *tx, uint32_t seq)
{
    if (send_segment(n, now, tx, lowest(tx->pending), seq) ==
        USHER_E_NOT_FOUND) { /* the subnet is gone */
        sar_tx_end(n, tx, false);
        return;
    }
    tx->pending &= tx->pending - 1;
    tx->at = now + (tx->pending != 0 ? interval_ms(n) : round_ms(n, tx));
}

static void begin_round(struct usher_sar_tx *tx)
{
    tx->tries++;
    tx->stale++;
    tx->pending = segments_mask(tx->last) & ~tx->acked;
}

void sar_tx_begin(struct usher_net *n, uint64_t now, struct usher_sar_tx *tx)
{
    tx->used = true;
    begin_round(tx);
    go_on(n, now, tx, tx->seq0);
}

/* Others' PDUs, acks above all, must find room too. */
static bool has_room(const struct usher_net *n)
{
    return net_room(n) > n->tx_size / 4u;
}

/* All segments carry the IV Index of the first, and a sequence number near the first's (3.5.3.1).
 */
static bool expired(const struct usher_net *n, const struct usher_sar_tx *tx)
{
    return iv_tx(&n->iv) != tx->iv_index || n->iv.seq - tx->seq0 >= SEQ_SPAN;
}

static void next_segment(struct usher_net *n, uint64_t now, struct usher_sar_tx *tx)
{
    uint32_t seq;

    if (!has_room(n) || iv_seq(&n->iv, &seq) != USHER_OK) {
        tx->at = now + interval_ms(n);
        return;
    }
    go_on(n, now, tx, seq);
}

/* The time for acknowledgements is over. It counts from when the last segment has left the queue.
 */
static void round_over(struct usher_net *n, uint64_t now, struct usher_sar_tx *tx)
{
    bool unicast = usher_is_unicast(tx->dst);

    if (net_queued(n, tag_of(n, tx))) {
        tx->at = now + interval_ms(n);
    } else if (!unicast && tx->tries > n->sar.multicast_retransmissions) {
        sar_tx_end(n, tx, true);
    } else if (unicast && (tx->tries > n->sar.unicast_retransmissions ||
                           tx->stale > n->sar.unicast_without_progress)) {
        sar_tx_end(n, tx, false);
    } else {
        begin_round(tx);
        next_segment(n, now, tx);
    }
}

void sar_tx_run(struct usher_net *n, uint64_t now)
{
    for (uint16_t i = 0; i < n->sar_tx_size; i++) {
        struct usher_sar_tx *tx = &n->sar_tx[i];

        if (!under_way(tx) || tx->at > now) {
            continue;
        }
        if (expired(n, tx)) {
            sar_tx_end(n, tx, false);
        } else if (tx->pending != 0) {
            next_segment(n, now, tx);
        } else {
            round_over(n, now, tx);
        }
    }
}

static struct usher_sar_tx *find(struct usher_net *n, const struct net_pdu *p,
                                 const struct segment_ack *a)
{
    for (uint16_t i = 0; i < n->sar_tx_size; i++) {
        struct usher_sar_tx *tx = &n->sar_tx[i];

        if (under_way(tx) && usher_is_unicast(tx->dst) && tx->src == p->dst &&
            tx->net_index == p->net_index && (tx->seq0 & SEQ_ZERO_MASK) == a->seq_zero &&
            (tx->dst == p->src || a->obo != 0)) {
            return tx;
        }
    }
    return NULL;
}

bool sar_tx_ack(struct usher_net *n, uint64_t now, const struct net_pdu *p,
                const struct segment_ack *a)
{
    struct usher_sar_tx *tx = find(n, p, a);
    bool waiting;

    if (tx == NULL) {
        return false;
    }
    if (a->block == 0) {
        sar_tx_end(n, tx, false);
        return true;
    }
    if ((a->block & segments_mask(tx->last) & ~tx->acked) == 0) {
        return false;
    }
    waiting = tx->pending == 0;
    /* All that the peer has: one that needed the room for another message may have begun anew. */
    tx->acked = a->block & segments_mask(tx->last);
    tx->pending &= ~tx->acked;
    tx->stale = 0;
    if (tx->acked == segments_mask(tx->last)) {
        sar_tx_end(n, tx, true);
    } else if (waiting) { /* what the peer lacks is known now: no need to wait longer */
        tx->at = sooner(tx->at, now + interval_ms(n));
    } else if (tx->pending == 0) {
        tx->at = now + round_ms(n, tx);
    }
    return true;
}

uint64_t sar_tx_deadline(const struct usher_net *n)
{
    uint64_t at = USHER_NEVER;

    for (uint16_t i = 0; i < n->sar_tx_size; i++) {
        if (n->sar_tx[i].used) {
            at = sooner(at, n->sar_tx[i].done ? 0 : n->sar_tx[i].at);
        }
    }
    return at;
}
