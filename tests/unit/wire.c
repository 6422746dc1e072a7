/* See wire.h. */
#include "wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#define STEPS_MAX 200000u /* of one run: more would be a node that never rests */

static const uint8_t net_key[16] = "a network key...";
static const uint8_t app_key[16] = "an application..";

uint32_t wire_random(struct wire *w, uint32_t below)
{
    w->random = w->random * 1664525u + 1013904223u;
    return (uint32_t)((uint64_t)w->random * below >> 32);
}

static bool subscribed(void *ctx, uint16_t dst)
{
    const struct node *n = ctx;

    return dst == n->group || dst == n->virtual_address;
}

static const uint8_t *label(void *ctx, uint16_t virtual_address, unsigned i)
{
    const struct node *n = ctx;

    return virtual_address == n->virtual_address && i < 2 ? n->labels[i] : NULL;
}

static bool device_key(void *ctx, uint16_t address, uint8_t key[USHER_KEY_SIZE])
{
    const struct node *n = ctx;
    const struct wire *w = n->wire;

    for (unsigned i = 0; n->knows_device_keys && i < WIRE_NODES; i++) {
        if (net_is_element(&w->node[i].net, address)) {
            memcpy(key, w->node[i].net.keys.device_key, USHER_KEY_SIZE);
            return true;
        }
    }
    return false;
}

static const struct usher_net_directory directory = { .subscribed = subscribed,
                                                      .label = label,
                                                      .device_key = device_key };

static void node_init(struct wire *w, unsigned i, uint32_t seed)
{
    struct node *n = &w->node[i];

    n->wire = w;
    n->net = (struct usher_net){
        .crypto = w->crypto,
        .directory = &directory,
        .directory_ctx = n,
        .keys = { n->subnets, n->appkeys, 2, 3, { 0 } },
        .iv = { .index = 0x12345678, .seq_reserved = USHER_SEQ_MAX + 1 },
        .rpl = { n->rpl, sizeof(n->rpl) / sizeof(n->rpl[0]) },
        .address = (uint16_t)(0x0100 * (i + 1)),
        .elements = 2,
        .tx = n->tx,
        .sar_tx = n->sar_tx,
        .sar_rx = n->sar_rx,
        .tx_size = sizeof(n->tx) / sizeof(n->tx[0]),
        .sar_tx_size = NODE_SAR_TX,
        .sar_rx_size = NODE_SAR_RX,
    };
    memset(n->net.keys.device_key, (int)(0xD0 + i), USHER_KEY_SIZE);
    net_begin(&n->net, seed + i);
    assert_int_equal(keys_subnet_add(&n->net.keys, w->crypto, 0, net_key), USHER_STATUS_SUCCESS);
    assert_int_equal(keys_appkey_add(&n->net.keys, w->crypto, 0, 0, app_key), USHER_STATUS_SUCCESS);
}

void wire_init(struct wire *w, const struct usher_crypto *crypto, uint32_t seed)
{
    memset(w, 0, sizeof(*w));
    w->crypto = crypto;
    w->random = seed;
    w->now = 1000;
    for (unsigned i = 0; i < WIRE_NODES; i++) {
        node_init(w, i, seed);
    }
}

void wire_forget(struct wire *w)
{
    for (unsigned i = 0; i < WIRE_NODES; i++) {
        w->node[i].count = 0;
    }
}

void node_drain(struct node *n)
{
    struct transport_in in;
    enum transport_kind kind;

    while ((kind = transport_next(&n->net, n->wire->now, &in)) != TRANSPORT_NOTHING) {
        struct told *t = &n->told[n->count++];

        assert_in_range(n->count, 1, NODE_TOLD);
        t->kind = kind;
        t->in = in;
        assert_in_range(in.len, 0, USHER_ACCESS_MAX);
        if (in.len != 0) {
            memcpy(t->data, in.data, in.len);
        }
    }
    assert_true(transport_deadline(&n->net) > n->wire->now);
}

void wire_hand(struct wire *w, struct node *to, const struct net_pdu *p)
{
    transport_rx(&to->net, w->now, p);
    node_drain(to);
}

/* An advertisement of one node to all others. */
static void spread(struct wire *w, const struct node *from, const uint8_t *ad, uint8_t len)
{
    w->sent++;
    for (unsigned i = 0; i < WIRE_NODES; i++) {
        struct node *to = &w->node[i];
        struct net_pdu p;

        if (to != from && !to->deaf && wire_random(w, 100) >= w->loss &&
            net_rx(&to->net, w->now, 0, ad + 2, len - 2u, &p)) {
            wire_hand(w, to, &p);
        }
    }
}

static bool speak(struct wire *w, struct node *n)
{
    uint8_t ad[USHER_AD_MAX];
    uint8_t len;

    node_drain(n);
    len = net_next(&n->net, w->now, ad);
    if (len != 0) {
        spread(w, n, ad, len);
    }
    return len != 0;
}

static uint64_t node_deadline(const struct node *n)
{
    uint64_t transport = transport_deadline(&n->net), net = net_due(&n->net);

    return transport < net ? transport : net;
}

static uint64_t wire_deadline(const struct wire *w)
{
    uint64_t at = USHER_NEVER;

    for (unsigned i = 0; i < WIRE_NODES; i++) {
        uint64_t of_node = node_deadline(&w->node[i]);

        at = of_node < at ? of_node : at;
    }
    return at;
}

static void all_speak(struct wire *w)
{
    bool spoken = true;

    for (unsigned steps = 0; spoken; steps++) {
        assert_in_range(steps, 0, STEPS_MAX);
        spoken = false;
        for (unsigned i = 0; i < WIRE_NODES; i++) {
            spoken |= speak(w, &w->node[i]);
        }
    }
}

void wire_run(struct wire *w, uint64_t ms)
{
    uint64_t end = w->now + ms;

    for (unsigned steps = 0;; steps++) {
        uint64_t at;

        assert_in_range(steps, 0, STEPS_MAX);
        all_speak(w);
        at = wire_deadline(w);
        if (at > end) {
            break;
        }
        assert_true(at > w->now);
        w->now = at;
    }
    w->now = end;
}

void wire_settle(struct wire *w)
{
    uint64_t end = w->now + 60000;

    while (wire_deadline(w) < end) {
        wire_run(w, 10);
    }
}

unsigned wire_record(struct wire *w, struct node *from, const struct node *hearer, uint64_t ms,
                     struct net_pdu *pdus, unsigned max)
{
    uint64_t end = w->now + ms;
    unsigned count = 0;

    while (w->now <= end) {
        uint8_t ad[USHER_AD_MAX];
        uint8_t len;

        node_drain(from);
        while ((len = net_next(&from->net, w->now, ad)) != 0) {
            struct net_pdu p;

            assert_non_null(net_open(&hearer->net, NET_NONCE_NETWORK, ad + 2, len - 2u, &p));
            if (count == 0 || p.seq > pdus[count - 1].seq) {
                assert_in_range(count, 0, max - 1);
                pdus[count++] = p;
            }
        }
        w->now = node_deadline(from);
    }
    w->now = end;
    return count;
}

struct transport_out message_to(const struct node *from, uint16_t dst, const uint8_t *data,
                                size_t len)
{
    return (struct transport_out){
        .src = from->net.address,
        .target = { .dst = dst, .ttl = 255 },
        .data = data,
        .len = len,
    };
}

void assert_told(struct node *n, uint16_t src, uint16_t dst, uint16_t key, const uint8_t *data,
                 size_t len)
{
    const struct told *t = &n->told[0];

    assert_int_equal(n->count, 1);
    assert_int_equal(t->kind, TRANSPORT_ACCESS);
    assert_int_equal(t->in.message.src, src);
    assert_int_equal(t->in.message.dst, dst);
    assert_int_equal(t->in.message.key, key);
    assert_int_equal(t->in.message.net_index, 0);
    assert_int_equal(t->in.len, len);
    assert_memory_equal(t->data, data, len);
    n->count = 0;
}
