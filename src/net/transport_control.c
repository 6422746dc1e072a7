/*
 * Control messages (Mesh Protocol 1.1, section 3.6.5): Segment Acknowledgments and heartbeats. The
 * messages of friendship and of directed forwarding are not for us, since neither is supported.
 * Called by transport.c and transport_rx.c.
 */
#include "rpl.h"
#include "transport_parts.h"

#define PERIOD_LOG_MAX 0x11u
#define COUNT_ENDLESS 0xFFFFu
#define HOPS_MAX 0x7Fu

/* -- Segment Acknowledgment -------------------------------------------------------------------- */

enum usher_err control_ack(struct usher_net *n, uint64_t now, const struct net_pdu *to,
                           uint32_t seq0, uint32_t block)
{
    struct net_pdu p = { .ctl = 1,
                         .ttl = to->ttl == 0 ? 0 : n->default_ttl,
                         .src = to->dst,
                         .dst = to->src,
                         .net_index = to->net_index };
    struct segment_ack a = { .seq_zero = (uint16_t)(seq0 & SEQ_ZERO_MASK), .block = block };
    struct io io = io_writer(p.transport, sizeof(p.transport));
    uint8_t opcode = OPCODE_SEGMENT_ACK;

    io_u8(&io, &opcode);
    segment_ack_fields(&io, &a);
    p.len = (uint8_t)io_pos(&io);
    return transport_emit(n, now, &p);
}

static void ack_rx(struct usher_net *n, uint64_t now, const struct net_pdu *p, struct io *io)
{
    struct segment_ack a = { 0 };

    segment_ack_fields(io, &a);
    if (io_done(io) && sar_tx_ack(n, now, p, &a)) {
        rpl_accept(&n->rpl, p->src, p->iv_index, p->seq);
    }
}

/* -- heartbeats received ----------------------------------------------------------------------- */

static void count(struct usher_heartbeat *h, uint8_t hops)
{
    if (h->sub_count < UINT16_MAX) {
        h->sub_count++;
    }
    h->min_hops = hops < h->min_hops ? hops : h->min_hops;
    h->max_hops = hops > h->max_hops ? hops : h->max_hops;
}

static void heartbeat_rx(struct usher_net *n, uint64_t now, const struct net_pdu *p, struct io *io)
{
    struct usher_heartbeat *h = &n->heartbeat;
    struct heartbeat beat = { 0 };
    struct usher_net_short *s;

    heartbeat_fields(io, &beat);
    if (!io_done(io) || beat.init_ttl < p->ttl || beat.init_ttl - p->ttl + 1 > (int)HOPS_MAX ||
        h->sub_src != p->src || h->sub_dst != p->dst || now >= h->sub_until) {
        return;
    }
    s = transport_inbox(n);
    if (s == NULL || !rpl_accept(&n->rpl, p->src, p->iv_index, p->seq)) {
        n->stats.no_memory++;
        return;
    }
    n->inbox_count++;
    s->kind = TRANSPORT_HEARTBEAT;
    s->token = 0;
    s->src = p->src;
    s->dst = p->dst;
    s->net_index = p->net_index;
    s->ttl = p->ttl;
    s->features = beat.features;
    s->hops = (uint8_t)(beat.init_ttl - p->ttl + 1);
    count(h, s->hops);
}

void control_rx(struct usher_net *n, uint64_t now, const struct net_pdu *p)
{
    struct io io = io_reader(p->transport, p->len);
    uint8_t opcode = 0;

    io_u8(&io, &opcode);
    switch (opcode & OPCODE_MASK) {
    case OPCODE_SEGMENT_ACK:
        ack_rx(n, now, p, &io);
        break;
    case OPCODE_HEARTBEAT:
        heartbeat_rx(n, now, p, &io);
        break;
    default:
        break;
    }
}

/* -- heartbeats published ---------------------------------------------------------------------- */

static bool periodic(const struct usher_heartbeat *h)
{
    return h->pub_dst != USHER_ADDR_UNASSIGNED && h->pub_count != 0 && h->pub_period_log != 0 &&
           h->pub_period_log <= PERIOD_LOG_MAX;
}

static uint16_t features_on(const struct usher_net *n)
{
    return (uint16_t)((n->relay == 1 ? USHER_FEATURE_RELAY : 0) |
                      (n->proxy == 1 ? USHER_FEATURE_PROXY : 0));
}

static enum usher_err heartbeat_send(struct usher_net *n, uint64_t now)
{
    const struct usher_heartbeat *h = &n->heartbeat;
    struct net_pdu p = { .ctl = 1,
                         .ttl = h->pub_ttl,
                         .src = n->address,
                         .dst = h->pub_dst,
                         .net_index = h->pub_net_index };
    struct heartbeat beat = { .init_ttl = h->pub_ttl, .features = features_on(n) };
    struct io io = io_writer(p.transport, sizeof(p.transport));
    uint8_t opcode = OPCODE_HEARTBEAT;

    io_u8(&io, &opcode);
    heartbeat_fields(&io, &beat);
    p.len = (uint8_t)io_pos(&io);
    return transport_emit(n, now, &p);
}

/* One that finds no room is left out: the next will come. */
void control_run(struct usher_net *n, uint64_t now)
{
    struct usher_heartbeat *h = &n->heartbeat;

    if (h->pub_trigger) {
        h->pub_trigger = false;
        (void)heartbeat_send(n, now);
    }
    if (periodic(h) && h->pub_at <= now) {
        h->pub_at = now + (UINT64_C(1000) << (h->pub_period_log - 1));
        if (heartbeat_send(n, now) == USHER_OK && h->pub_count != COUNT_ENDLESS) {
            h->pub_count--;
        }
    }
}

uint64_t control_deadline(const struct usher_net *n)
{
    if (n->heartbeat.pub_trigger) {
        return 0;
    }
    return periodic(&n->heartbeat) ? n->heartbeat.pub_at : USHER_NEVER;
}

void transport_heartbeat_set(struct usher_net *n, uint64_t now)
{
    n->heartbeat.pub_at = now;
    n->heartbeat.pub_trigger = false;
}

void transport_feature_changed(struct usher_net *n, uint64_t now, uint16_t feature)
{
    struct usher_heartbeat *h = &n->heartbeat;

    (void)now;
    if (h->pub_dst != USHER_ADDR_UNASSIGNED && (h->pub_features & feature) != 0) {
        h->pub_trigger = true;
    }
}
