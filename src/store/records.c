/* The layout of a node's records; see records.h. */
#include "records.h"

#include <assert.h>

#define FORMAT 1u

#define HEAD 1u /* octets of record_begin() */
#define SUBNET_MAX (1u + 2 + 2 * USHER_KEY_SIZE)
#define APPKEY_MAX (1u + 2 + 2 + 2 * USHER_KEY_SIZE)
#define REPLAY_MAX (2u + 4 + 3)
#define MODEL_MAX                                                                                  \
    (5u + 1 + 2 * USHER_BINDINGS + 1 + (2 + USHER_LABEL_SIZE) * USHER_SUBSCRIPTIONS + 2 +          \
     USHER_LABEL_SIZE + 2 + 4 + 1)

static_assert(HEAD + RECORD_SUBNETS_EACH * SUBNET_MAX <= USHER_RECORD_MAX, "subnets");
static_assert(HEAD + RECORD_APPKEYS_EACH * APPKEY_MAX <= USHER_RECORD_MAX, "AppKeys");
static_assert(HEAD + RECORD_REPLAY_EACH * REPLAY_MAX <= USHER_RECORD_MAX, "replay list");
static_assert(HEAD + MODEL_MAX <= USHER_RECORD_MAX, "a model's record does not fit");

#define SAR4 0x0Fu /* the widths of the SAR states (4.2.47, 4.2.48) */

static void check(struct io *io, bool good)
{
    io->failed = io->failed || !good;
}

/* An octet of at most max. */
static void octet(struct io *io, uint8_t *v, uint8_t max)
{
    io_u8(io, v);
    check(io, *v <= max);
}

/* What has to be there as it is. */
static void fixed16(struct io *io, uint16_t value)
{
    uint16_t v = value;

    io_be16(io, &v);
    check(io, v == value);
}

static void flag(struct io *io, bool *v)
{
    uint8_t b = *v;

    octet(io, &b, 1);
    *v = b == 1;
}

static void key_index(struct io *io, uint16_t *v)
{
    io_be16(io, v);
    check(io, *v <= USHER_KEY_INDEX_MAX);
}

void record_begin(struct io *io)
{
    uint8_t format = FORMAT;

    io_u8(io, &format);
    check(io, format == FORMAT);
}

void record_node(struct io *io, struct record_node *node)
{
    record_begin(io);
    io_be16(io, &node->address);
    io_u8(io, &node->elements);
    io_bytes(io, node->device_key, sizeof(node->device_key));
    check(io, usher_is_unicast(node->address) && node->elements > 0 &&
                  node->address + node->elements - 1 <= (int)USHER_UNICAST_MAX);
}

void record_iv(struct io *io, struct record_iv *iv)
{
    record_begin(io);
    io_be32(io, &iv->index);
    flag(io, &iv->updating);
    flag(io, &iv->fresh);
    flag(io, &iv->recovered);
    io_be24(io, &iv->age_min);
    io_be24(io, &iv->recovered_min);
    io_be32(io, &iv->seq_reserved);
    check(io, iv->seq_reserved <= USHER_SEQ_MAX + 1);
}

static void sar(struct io *io, struct usher_sar_config *c)
{
    octet(io, &c->segment_interval_step, SAR4);
    octet(io, &c->unicast_retransmissions, SAR4);
    octet(io, &c->unicast_without_progress, SAR4);
    octet(io, &c->unicast_interval_step, SAR4);
    octet(io, &c->unicast_interval_increment, SAR4);
    octet(io, &c->multicast_retransmissions, SAR4);
    octet(io, &c->multicast_interval_step, SAR4);
    octet(io, &c->segments_threshold, 0x1F);
    octet(io, &c->ack_delay_increment, 0x07);
    octet(io, &c->discard_timeout, SAR4);
    octet(io, &c->receiver_interval_step, SAR4);
    octet(io, &c->ack_retransmissions, 0x03);
}

static void heartbeat(struct io *io, struct usher_heartbeat *h)
{
    io_be16(io, &h->pub_dst);
    io_be16(io, &h->pub_count);
    octet(io, &h->pub_period_log, 0x11);
    octet(io, &h->pub_ttl, 0x7F);
    io_be16(io, &h->pub_features);
    key_index(io, &h->pub_net_index);
    check(io, !usher_is_virtual(h->pub_dst));
}

/*
 * Two features in an octet: Relay in the low half; the GATT Proxy state and 1 in the high half, or
 * 0 in a record from before there was one. A node that got the feature since then begins with it as
 * one that was just provisioned.
 */
static void features(struct io *io, struct usher_net *n)
{
    bool can_proxy = (n->features & USHER_FEATURE_PROXY) != 0;
    uint8_t both = (uint8_t)((n->proxy + 1) << 4 | n->relay), proxy;

    io_u8(io, &both);
    proxy = both >> 4;
    check(io, (both & 0x0F) <= 2 && proxy <= 3);
    n->relay = both & 0x0F;
    if (io_ok(io) && proxy != 0 && can_proxy == (proxy != 3)) {
        n->proxy = (uint8_t)(proxy - 1);
    }
}

void record_settings(struct io *io, struct usher_net *n)
{
    bool can_relay = (n->features & USHER_FEATURE_RELAY) != 0;

    record_begin(io);
    octet(io, &n->default_ttl, 0x7F);
    features(io, n);
    octet(io, &n->beacon, 1);
    octet(io, &n->private_beacon, 1);
    io_u8(io, &n->private_interval);
    io_u8(io, &n->net_transmit);
    io_u8(io, &n->relay_retransmit);
    sar(io, &n->sar);
    heartbeat(io, &n->heartbeat);
    check(io, n->default_ttl != 1 && (n->relay != 2) == can_relay);
}

/* The first octet of a subnet: 0 for none, else its phase and 1. */
void record_subnet(struct io *io, struct usher_subnet *s)
{
    uint8_t state = s->used ? (uint8_t)(s->phase + 1) : 0;

    octet(io, &state, 3);
    s->used = state != 0;
    if (!s->used) {
        return;
    }
    s->phase = (uint8_t)(state - 1);
    key_index(io, &s->index);
    io_bytes(io, s->key[0].key, USHER_KEY_SIZE);
    if (s->phase != 0) {
        io_bytes(io, s->key[1].key, USHER_KEY_SIZE);
    }
}

/* The first octet of an AppKey: how many keys follow. */
void record_appkey(struct io *io, struct usher_appkey *a)
{
    uint8_t keys = a->used ? (uint8_t)(a->updated + 1) : 0;

    octet(io, &keys, 2);
    a->used = keys != 0;
    if (!a->used) {
        return;
    }
    a->updated = keys == 2;
    key_index(io, &a->index);
    key_index(io, &a->net_index);
    for (uint8_t i = 0; i < keys; i++) {
        io_bytes(io, a->key[i & 1].key, USHER_KEY_SIZE);
    }
}

void record_replay(struct io *io, struct usher_rpl_entry *e)
{
    io_be16(io, &e->src);
    if (e->src == USHER_ADDR_UNASSIGNED) {
        return;
    }
    io_be32(io, &e->iv_index);
    io_be24(io, &e->seq);
    check(io, usher_is_unicast(e->src));
}

static void label(struct io *io, uint16_t address, uint8_t label[USHER_LABEL_SIZE])
{
    if (usher_is_virtual(address)) {
        io_bytes(io, label, USHER_LABEL_SIZE);
    }
}

/* Only those in use, with their number before them. */
static void bindings(struct io *io, struct usher_model *model)
{
    uint8_t count = 0;

    for (unsigned i = 0; i < USHER_BINDINGS; i++) {
        count = (uint8_t)(count + (model->bindings[i] != 0));
    }
    octet(io, &count, USHER_BINDINGS);
    for (unsigned i = 0; io_ok(io) && count > 0 && i < USHER_BINDINGS; i++) {
        if (io->out == NULL || model->bindings[i] != 0) {
            io_be16(io, &model->bindings[i]);
            check(io, model->bindings[i] != 0 && model->bindings[i] <= USHER_KEY_INDEX_MAX + 1);
            count--;
        }
    }
}

static void subscription(struct io *io, struct usher_subscription *s)
{
    io_be16(io, &s->address);
    label(io, s->address, s->label);
    check(io, (usher_is_virtual(s->address) || usher_is_group(s->address)) &&
                  s->address != USHER_ADDR_ALL_NODES);
}

static void subscriptions(struct io *io, struct usher_model *model)
{
    uint8_t count = 0;

    for (unsigned i = 0; i < USHER_SUBSCRIPTIONS; i++) {
        count = (uint8_t)(count + (model->subscriptions[i].address != 0));
    }
    octet(io, &count, USHER_SUBSCRIPTIONS);
    for (unsigned i = 0; io_ok(io) && count > 0 && i < USHER_SUBSCRIPTIONS; i++) {
        if (io->out == NULL || model->subscriptions[i].address != 0) {
            subscription(io, &model->subscriptions[i]);
            count--;
        }
    }
}

static void publication(struct io *io, struct usher_publication *p)
{
    io_be16(io, &p->address);
    if (p->address == USHER_ADDR_UNASSIGNED) {
        return;
    }
    label(io, p->address, p->label);
    key_index(io, &p->key);
    octet(io, &p->credentials, 0);
    io_u8(io, &p->ttl);
    io_u8(io, &p->period);
    io_u8(io, &p->retransmit);
    check(io, p->ttl <= 0x7F || p->ttl == 0xFF);
}

void record_model(struct io *io, struct usher_model *model)
{
    uint8_t element = model->element;

    io_u8(io, &element);
    check(io, element == model->element);
    fixed16(io, model->company);
    fixed16(io, model->id);
    bindings(io, model);
    subscriptions(io, model);
    publication(io, &model->publication);
    octet(io, &model->period_divisor, 15);
}
