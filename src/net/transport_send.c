/*
 * Messages of ours (Mesh Protocol 1.1, sections 3.5.3 and 3.6.4): checked, sealed, sent in one PDU
 * or handed to transport_tx.c; those that are (also) for us wait to be told. Called by node.
 */
#include "iv.h"
#include "keys.h"
#include "transport_parts.h"

#include <string.h>

#define TTL_DEFAULT 255
#define TTL_MAX 127

/* A message to be sent, with all that is looked up for it. */
struct send {
    uint64_t now;
    const struct transport_out *out;
    struct upper_key key;
    uint8_t ttl;
    bool to_us; /* also */
    bool to_others;
    const uint8_t *label; /* our own copy, if it is to us */
};

static bool is_device_key(uint16_t key)
{
    return key == USHER_KEY_DEVICE || key == USHER_KEY_REMOTE_DEVICE;
}

/* The tables of 3.4.2: which addresses go with which message and key. */
static bool is_destination(const struct transport_out *out)
{
    const struct usher_target *t = &out->target;

    if (t->dst == USHER_ADDR_UNASSIGNED) {
        return false;
    }
    if (usher_is_virtual(t->dst)) {
        return !out->control && !is_device_key(t->key) && t->label != NULL;
    }
    return out->control || !is_device_key(t->key) || usher_is_unicast(t->dst);
}

static enum usher_err prepare(const struct usher_net *n, struct send *s)
{
    const struct transport_out *out = s->out;
    const struct usher_target *t = &out->target;

    if (n->address == USHER_ADDR_UNASSIGNED) {
        return USHER_E_STATE;
    }
    if (!is_destination(out) || !net_is_element(n, out->src)) {
        return USHER_E_ADDR;
    }
    if (out->len > (out->control ? CONTROL_MAX : USHER_ACCESS_MAX) ||
        (!out->control && out->len == 0)) {
        return USHER_E_SIZE;
    }
    s->ttl = t->ttl == TTL_DEFAULT ? n->default_ttl : t->ttl;
    if (s->ttl == 1 || s->ttl > TTL_MAX) {
        return USHER_E_PARAM;
    }
    if (keys_subnet(&n->keys, t->net_index) == NULL) {
        return USHER_E_NOT_FOUND;
    }
    s->to_others = !net_is_element(n, t->dst);
    if (out->control) {
        return USHER_OK;
    }
    s->label = usher_is_virtual(t->dst) ? upper_label(n, t->dst, t->label) : NULL;
    s->to_us = transport_wants(n, t->dst) && (!usher_is_virtual(t->dst) || s->label != NULL);
    return upper_key_for(n, t, &s->key);
}

/* As the receiver of a message to itself sees the key. */
static uint16_t own_key(const struct usher_target *t)
{
    return t->key == USHER_KEY_REMOTE_DEVICE ? USHER_KEY_DEVICE : t->key;
}

static struct upper upper_of(const struct send *s, uint32_t seq, uint32_t iv_index, uint8_t szmic)
{
    const struct usher_target *t = &s->out->target;

    return (struct upper){ .device = is_device_key(t->key),
                           .szmic = szmic,
                           .src = s->out->src,
                           .dst = t->dst,
                           .seq = seq,
                           .iv_index = iv_index,
                           .label = usher_is_virtual(t->dst) ? t->label : NULL };
}

/* -- in one PDU -------------------------------------------------------------------------------- */

static void short_to_us(struct usher_net *n, const struct send *s)
{
    const struct usher_target *t = &s->out->target;
    struct usher_net_short *entry = transport_inbox(n);

    *entry = (struct usher_net_short){ .kind = TRANSPORT_ACCESS,
                                       .ttl = s->ttl,
                                       .len = (uint8_t)s->out->len,
                                       .src = s->out->src,
                                       .dst = t->dst,
                                       .net_index = t->net_index,
                                       .key = own_key(t),
                                       .label = s->label,
                                       .token = s->to_others ? 0 : s->out->token };
    memcpy(entry->data, s->out->data, s->out->len);
    n->inbox_count++;
}

static enum usher_err short_to_others(struct usher_net *n, const struct send *s)
{
    const struct transport_out *out = s->out;
    struct net_pdu p = { .ctl = out->control,
                         .ttl = s->ttl,
                         .src = out->src,
                         .dst = out->target.dst,
                         .iv_index = iv_tx(&n->iv),
                         .net_index = out->target.net_index };
    struct upper u;
    enum usher_err err;

    if (net_room(n) == 0) {
        return USHER_E_NO_MEM;
    }
    err = iv_seq(&n->iv, &p.seq);
    if (err != USHER_OK) {
        return err;
    }
    if (out->control) {
        p.transport[0] = out->opcode & OPCODE_MASK;
        memcpy(p.transport + 1, out->data, out->len);
        p.len = (uint8_t)(1 + out->len);
        return net_send(n, s->now, &p, 0);
    }
    u = upper_of(s, p.seq, p.iv_index, 0);
    p.transport[0] = s->key.head;
    p.len = (uint8_t)(1 + out->len + MIC_SHORT);
    err = upper_seal(n->crypto, s->key.key, &u, out->data, out->len, p.transport + 1);
    return err == USHER_OK ? net_send_told(n, s->now, &p, out->token) : err;
}

static enum usher_err send_short(struct usher_net *n, const struct send *s)
{
    enum usher_err err = USHER_OK;

    if (s->to_us && transport_inbox(n) == NULL) {
        return USHER_E_NO_MEM;
    }
    if (s->to_others) {
        err = short_to_others(n, s);
    }
    if (err == USHER_OK && s->to_us) {
        short_to_us(n, s);
    }
    return err;
}

/* -- in segments ------------------------------------------------------------------------------- */

static void long_to_us(struct usher_sar_rx *r, const struct send *s)
{
    const struct usher_target *t = &s->out->target;

    memset(r, 0, sizeof(*r));
    r->used = true;
    r->complete = true;
    r->ready = true;
    r->ttl = s->ttl;
    r->src = s->out->src;
    r->dst = t->dst;
    r->net_index = t->net_index;
    r->key = own_key(t);
    r->label = s->label;
    r->ended_at = s->now;
    r->len = (uint16_t)s->out->len;
    memcpy(r->data, s->out->data, s->out->len);
}

/* The long MIC where it does not cost a segment. */
static uint8_t szmic_for(size_t len)
{
    size_t size = segment_size(0);

    return (len + MIC_LONG + size - 1) / size == (len + MIC_SHORT + size - 1) / size;
}

static enum usher_err fill_data(struct usher_net *n, const struct send *s, struct usher_sar_tx *tx)
{
    const struct transport_out *out = s->out;
    struct upper u;

    if (out->control) {
        tx->head = HEAD_SEGMENTED | (out->opcode & OPCODE_MASK);
        tx->len = (uint16_t)out->len;
        memcpy(tx->data, out->data, out->len);
        return USHER_OK;
    }
    tx->szmic = szmic_for(out->len);
    tx->head = HEAD_SEGMENTED | s->key.head;
    tx->len = (uint16_t)(out->len + upper_mic(tx->szmic));
    u = upper_of(s, tx->seq0, tx->iv_index, tx->szmic);
    return upper_seal(n->crypto, s->key.key, &u, out->data, out->len, tx->data);
}

static enum usher_err long_to_others(struct usher_net *n, const struct send *s,
                                     struct usher_sar_tx *tx)
{
    enum usher_err err;

    if (net_room(n) == 0) {
        return USHER_E_NO_MEM;
    }
    tx->iv_index = iv_tx(&n->iv);
    err = iv_seq(&n->iv, &tx->seq0);
    if (err == USHER_OK) {
        err = fill_data(n, s, tx);
    }
    if (err == USHER_OK) {
        tx->last = (uint8_t)((tx->len - 1u) / segment_size(tx->ctl));
        sar_tx_begin(n, s->now, tx);
    }
    return err;
}

static enum usher_err send_long(struct usher_net *n, const struct send *s)
{
    struct usher_sar_rx *own = NULL;
    struct usher_sar_tx *tx;
    enum usher_err err = sar_tx_claim(n, s->out->target.dst, &tx);

    if (err != USHER_OK) {
        return err;
    }
    if (s->to_us) {
        own = sar_rx_claim(n);
        if (own == NULL) {
            return USHER_E_NO_MEM;
        }
    }
    tx->ctl = s->out->control;
    tx->ttl = s->ttl;
    tx->src = s->out->src;
    tx->net_index = s->out->target.net_index;
    tx->token = s->out->token;
    if (s->to_others) {
        err = long_to_others(n, s, tx);
    } else {
        sar_tx_end(n, tx, true);
    }
    if (err == USHER_OK && own != NULL) {
        long_to_us(own, s);
    }
    return err;
}

enum usher_err transport_send(struct usher_net *n, uint64_t now, const struct transport_out *out)
{
    struct send s = { .now = now, .out = out };
    size_t mic = out->control ? 0 : MIC_SHORT;
    size_t most = out->control ? UNSEGMENTED_CONTROL : UNSEGMENTED_MAX;
    enum usher_err err = prepare(n, &s);

    if (err == USHER_OK && (s.to_us || s.to_others)) {
        bool whole = out->len + mic <= most && !(out->target.segmented && out->len != 0);

        err = whole ? send_short(n, &s) : send_long(n, &s);
    }
    n->crypto->wipe(&s.key, sizeof(s.key));
    return err;
}
