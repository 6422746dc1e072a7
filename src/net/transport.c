/*
 * Transport, its calls (Mesh Protocol 1.1, sections 3.5 and 3.6): what is received and to whom it
 * goes, what there is to tell. Called by node; see transport_parts.h for the other files.
 */
#include "rpl.h"
#include "transport_parts.h"

#include <string.h>

/* -- to be told -------------------------------------------------------------------------------- */

struct usher_net_short *transport_inbox(struct usher_net *n)
{
    if (n->inbox_count == USHER_NET_INBOX) {
        return NULL;
    }
    return &n->inbox[(n->inbox_at + n->inbox_count) % USHER_NET_INBOX];
}

static void inbox_pop(struct usher_net *n)
{
    n->inbox_at = (n->inbox_at + 1) % USHER_NET_INBOX;
    n->inbox_count--;
}

/* A message to ourselves with a token stays, to be told as sent. */
static enum transport_kind tell_short(struct usher_net *n, struct transport_in *in)
{
    struct usher_net_short *s = &n->inbox[n->inbox_at];
    enum transport_kind kind = (enum transport_kind)s->kind;

    if (kind == TRANSPORT_SENT) {
        in->token = s->token;
        in->delivered = true;
        inbox_pop(n);
        return kind;
    }
    memcpy(n->told, s->data, s->len);
    in->message = (struct usher_message){ .src = s->src,
                                          .dst = s->dst,
                                          .label = s->label,
                                          .net_index = s->net_index,
                                          .key = s->key,
                                          .ttl = s->ttl };
    in->data = n->told;
    in->len = s->len;
    in->features = s->features;
    in->hops = s->hops;
    if (s->token != 0) {
        s->kind = TRANSPORT_SENT;
    } else {
        inbox_pop(n);
    }
    return kind;
}

/* A message to ourselves has nothing to be remembered for. */
static bool tell_long(struct usher_net *n, struct transport_in *in)
{
    for (uint16_t i = 0; i < n->sar_rx_size; i++) {
        struct usher_sar_rx *r = &n->sar_rx[i];

        if (r->used && r->ready) {
            r->ready = false;
            r->used = !net_is_element(n, r->src);
            memcpy(n->told, r->data, r->len);
            in->message = (struct usher_message){ .src = r->src,
                                                  .dst = r->dst,
                                                  .label = r->label,
                                                  .net_index = r->net_index,
                                                  .key = r->key,
                                                  .ttl = r->ttl };
            in->data = n->told;
            in->len = r->len;
            return true;
        }
    }
    return false;
}

static bool tell_sent(struct usher_net *n, struct transport_in *in)
{
    in->token = net_sent(n);
    if (in->token != 0) {
        in->delivered = true;
        return true;
    }
    for (uint16_t i = 0; i < n->sar_tx_size; i++) {
        struct usher_sar_tx *tx = &n->sar_tx[i];

        if (tx->used && tx->done) {
            tx->used = false;
            in->token = tx->token;
            in->delivered = !tx->failed;
            return true;
        }
    }
    return false;
}

enum transport_kind transport_next(struct usher_net *n, uint64_t now, struct transport_in *in)
{
    memset(in, 0, sizeof(*in));
    if (n->address == USHER_ADDR_UNASSIGNED) {
        return TRANSPORT_NOTHING;
    }
    sar_rx_run(n, now);
    sar_tx_run(n, now);
    control_run(n, now);
    if (n->inbox_count != 0) {
        return tell_short(n, in);
    }
    if (tell_long(n, in)) {
        return TRANSPORT_ACCESS;
    }
    return tell_sent(n, in) ? TRANSPORT_SENT : TRANSPORT_NOTHING;
}

uint64_t transport_deadline(const struct usher_net *n)
{
    uint64_t at = sooner(sar_rx_deadline(n), sooner(sar_tx_deadline(n), control_deadline(n)));

    if (n->address == USHER_ADDR_UNASSIGNED) {
        return USHER_NEVER;
    }
    return n->inbox_count != 0 || net_has_sent(n) ? 0 : at;
}

/* -- receiving --------------------------------------------------------------------------------- */

bool transport_wants(const struct usher_net *n, uint16_t dst)
{
    return net_is_ours(n, dst) ||
           (!usher_is_unicast(dst) && n->directory->subscribed(n->directory_ctx, dst));
}

/* A heartbeat may be subscribed to by an address that no model has subscribed to. */
static bool is_wanted(const struct usher_net *n, const struct net_pdu *p)
{
    if (p->ctl == 0) {
        return transport_wants(n, p->dst);
    }
    return net_is_ours(n, p->dst) || p->dst == n->heartbeat.sub_dst;
}

static void rx_short(struct usher_net *n, const struct net_pdu *p)
{
    struct upper u = { .src = p->src, .dst = p->dst, .seq = p->seq, .iv_index = p->iv_index };
    struct usher_net_short *entry = transport_inbox(n);
    size_t len = p->len - 1u;
    uint16_t key;

    if (entry == NULL) {
        n->stats.no_memory++;
        return;
    }
    if (len <= MIC_SHORT || len > UNSEGMENTED_MAX ||
        !upper_open(n, &u, p->transport[0], p->net_index, p->transport + 1, len - MIC_SHORT,
                    entry->data, &key)) {
        n->stats.undecrypted++;
        return;
    }
    if (!rpl_accept(&n->rpl, p->src, p->iv_index, p->seq)) {
        n->stats.no_memory++;
        return;
    }
    entry->kind = TRANSPORT_ACCESS;
    entry->ttl = p->ttl;
    entry->hops = 0;
    entry->features = 0;
    entry->token = 0;
    entry->len = (uint8_t)(len - MIC_SHORT);
    entry->src = p->src;
    entry->dst = p->dst;
    entry->net_index = p->net_index;
    entry->key = key;
    entry->label = u.label;
    n->inbox_count++;
}

void transport_rx(struct usher_net *n, uint64_t now, const struct net_pdu *p)
{
    enum rpl_answer answer;

    if (n->address == USHER_ADDR_UNASSIGNED || !is_wanted(n, p)) {
        return;
    }
    answer = rpl_check(&n->rpl, p->src, p->iv_index, p->seq);
    if (answer == RPL_REPLAY) {
        n->stats.replays++;
    } else if (answer == RPL_FULL) {
        n->stats.no_memory++;
    } else if ((p->transport[0] & HEAD_SEGMENTED) != 0) {
        sar_rx_segment(n, now, p);
    } else if (p->ctl != 0) {
        control_rx(n, now, p);
    } else {
        rx_short(n, p);
    }
}

/* -- the rest ---------------------------------------------------------------------------------- */

bool transport_busy(const struct usher_net *n)
{
    for (uint16_t i = 0; i < n->sar_tx_size; i++) {
        if (n->sar_tx[i].used && !n->sar_tx[i].done) {
            return true;
        }
    }
    return false;
}

void transport_clear(struct usher_net *n)
{
    for (uint16_t i = 0; i < n->sar_tx_size; i++) {
        n->sar_tx[i].token = 0;
        if (n->sar_tx[i].used) {
            sar_tx_end(n, &n->sar_tx[i], true);
        }
        n->crypto->wipe(&n->sar_tx[i], sizeof(n->sar_tx[i]));
    }
    for (uint16_t i = 0; i < n->sar_rx_size; i++) {
        n->crypto->wipe(&n->sar_rx[i], sizeof(n->sar_rx[i]));
    }
    n->crypto->wipe(n->inbox, sizeof(n->inbox));
    n->crypto->wipe(n->told, sizeof(n->told));
    n->inbox_count = 0;
    n->refuse_at = 0;
    n->heartbeat.pub_trigger = false;
}
