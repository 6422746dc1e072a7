/*
 * Transport (Mesh Protocol 1.1, sections 3.5 and 3.6): which message reaches whom with which key,
 * what is refused, control messages. Segmentation is tested by test_transport_sar.c.
 */
#include "wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

static const uint8_t onoff[] = { 0x82, 0x03, 0x01, 0x07 };
static struct wire wire;

static struct wire *fresh(void **state)
{
    wire_init(&wire, *state, 1);
    return &wire;
}

static void send(struct wire *w, struct node *from, const struct transport_out *out)
{
    assert_int_equal(transport_send(&from->net, w->now, out), USHER_OK);
}

/* -- keys -------------------------------------------------------------------------------------- */

static void a_message_reaches_its_element_alone(void **state)
{
    struct wire *w = fresh(state);
    struct transport_out out = message_to(&w->node[0], 0x0201, onoff, sizeof(onoff));

    send(w, &w->node[0], &out);
    wire_settle(w);
    assert_int_equal(w->node[1].told[0].in.message.ttl, 7);
    assert_null(w->node[1].told[0].in.message.label);
    assert_told(&w->node[1], 0x0100, 0x0201, 0, onoff, sizeof(onoff));
    for (unsigned i = 0; i < WIRE_NODES; i++) {
        assert_int_equal(w->node[i].count, 0);
    }
}

static void a_group_is_heard_by_subscribers(void **state)
{
    struct wire *w = fresh(state);
    struct transport_out out = message_to(&w->node[0], 0xC123, onoff, sizeof(onoff));

    w->node[2].group = 0xC123;
    send(w, &w->node[0], &out);
    wire_settle(w);
    assert_int_equal(w->node[1].count, 0);
    assert_told(&w->node[2], 0x0100, 0xC123, 0, onoff, sizeof(onoff));
}

/* A configuration client asks under the server's key and is answered under it. */
static void device_keys_of_both_sides(void **state)
{
    struct wire *w = fresh(state);
    struct transport_out out = message_to(&w->node[0], 0x0200, onoff, sizeof(onoff));

    w->node[0].knows_device_keys = true;
    for (unsigned i = 0; i < 2; i++) {
        out.src = 0x0100;
        out.target.dst = 0x0200;
        out.target.key = USHER_KEY_REMOTE_DEVICE;
        out.target.segmented = i == 1;
        send(w, &w->node[0], &out);
        wire_settle(w);
        assert_told(&w->node[1], 0x0100, 0x0200, USHER_KEY_DEVICE, onoff, sizeof(onoff));

        out.src = 0x0200;
        out.target.dst = 0x0100;
        out.target.key = USHER_KEY_DEVICE;
        send(w, &w->node[1], &out);
        wire_settle(w);
        assert_told(&w->node[0], 0x0200, 0x0100, USHER_KEY_REMOTE_DEVICE, onoff, sizeof(onoff));
    }
    assert_int_equal(w->node[2].count, 0);
}

static void without_the_device_key_nothing_is_told(void **state)
{
    struct wire *w = fresh(state);
    struct transport_out out = message_to(&w->node[1], 0x0100, onoff, sizeof(onoff));

    out.target.key = USHER_KEY_DEVICE;
    send(w, &w->node[1], &out);
    out.target.key = USHER_KEY_REMOTE_DEVICE;
    assert_int_equal(transport_send(&w->node[1].net, w->now, &out), USHER_E_NOT_FOUND);
    wire_settle(w);
    assert_int_equal(w->node[0].count, 0);
    assert_int_equal(w->node[0].net.stats.undecrypted, 1);
}

static void virtual_addresses_tell_labels_apart(void **state)
{
    static const uint8_t labels[3][16] = { "a virtual label.", "another label...",
                                           "unknown label..." };
    struct wire *w = fresh(state);
    struct transport_out out = message_to(&w->node[0], 0x8123, onoff, sizeof(onoff));

    w->node[1].virtual_address = 0x8123;
    memcpy(w->node[1].labels, labels, sizeof(w->node[1].labels));
    for (unsigned i = 0; i < 6; i++) {
        out.target.label = labels[i % 3];
        out.target.segmented = i >= 3;
        send(w, &w->node[0], &out);
        wire_settle(w);
        if (i % 3 == 2) {
            assert_int_equal(w->node[1].count, 0);
            continue;
        }
        assert_ptr_equal(w->node[1].told[0].in.message.label, w->node[1].labels[i % 3]);
        assert_told(&w->node[1], 0x0100, 0x8123, 0, onoff, sizeof(onoff));
    }
}

/* AppKeys of one subnet may share an AID: 6 bits. */
static void appkeys_of_one_aid_are_told_apart(void **state)
{
    struct wire *w = fresh(state);
    uint8_t key[16] = "application nr. ";
    struct transport_out out = message_to(&w->node[0], 0x0200, onoff, sizeof(onoff));
    struct usher_keys *keys = &w->node[0].net.keys;

    do {
        (void)keys_appkey_delete(keys, w->crypto, 0, 5);
        key[15]++;
        assert_int_equal(keys_appkey_add(keys, w->crypto, 0, 5, key), USHER_STATUS_SUCCESS);
    } while (keys_appkey(keys, 5)->key[0].aid != keys_appkey(keys, 0)->key[0].aid);
    assert_int_equal(keys_appkey_add(&w->node[1].net.keys, w->crypto, 0, 5, key),
                     USHER_STATUS_SUCCESS);

    for (uint16_t index = 0; index <= 5; index += 5) {
        out.target.key = index;
        send(w, &w->node[0], &out);
        wire_settle(w);
        assert_told(&w->node[1], 0x0100, 0x0200, index, onoff, sizeof(onoff));
    }
    assert_int_equal(w->node[2].count, 0);
}

/* In every phase of a Key Refresh, and whoever is ahead, messages get through. */
static void a_key_refresh_loses_nothing(void **state)
{
    static const uint8_t new_net[16] = "new network key.", new_app[16] = "new application.";
    struct wire *w = fresh(state);

    for (unsigned step = 0; step < 6; step++) {
        struct usher_keys *keys = &w->node[step % 2].net.keys;

        if (step < 2) {
            assert_int_equal(keys_subnet_update(keys, w->crypto, 0, new_net), USHER_STATUS_SUCCESS);
            assert_int_equal(keys_appkey_update(keys, w->crypto, 0, 0, new_app),
                             USHER_STATUS_SUCCESS);
        } else {
            assert_int_equal(keys_refresh(keys, w->crypto, 0, (uint8_t)(step / 2 + 1)),
                             USHER_STATUS_SUCCESS);
        }
        for (unsigned from = 0; from < 2; from++) {
            struct transport_out out =
                message_to(&w->node[from], w->node[1 - from].net.address, onoff, sizeof(onoff));

            send(w, &w->node[from], &out);
            wire_settle(w);
            assert_told(&w->node[1 - from], out.src, out.target.dst, 0, onoff, sizeof(onoff));
        }
    }
    assert_memory_equal(w->node[0].appkeys[0].key[0].key, new_app, sizeof(new_app));
}

/* Published message 6 (8.3.6): Config AppKey Add, in two segments, from a client to a server. */
static void the_published_segmented_message(void **state)
{
    static const uint8_t device_key[16] = { 0x9d, 0x6d, 0xd0, 0xe9, 0x6e, 0xb2, 0x5d, 0xc1,
                                            0x9a, 0x40, 0xed, 0x99, 0x14, 0xf8, 0xf0, 0x3f };
    static const uint8_t access[] = { 0x00, 0x56, 0x34, 0x12, 0x63, 0x96, 0x47, 0x71, 0x73, 0x4f,
                                      0xbd, 0x76, 0xe3, 0xb4, 0x05, 0x19, 0xd1, 0xd9, 0x4a, 0x48 };
    static const uint8_t segments[2][16] = {
        { 0x80, 0x26, 0xac, 0x01, 0xee, 0x9d, 0xdd, 0xfd, 0x21, 0x69, 0x32, 0x6d, 0x23, 0xf3, 0xaf,
          0xdf },
        { 0x80, 0x26, 0xac, 0x21, 0xcf, 0xdc, 0x18, 0xc5, 0x2f, 0xde, 0xf7, 0x72, 0xe0, 0xe1, 0x73,
          0x08 },
    };
    struct wire *w = fresh(state);
    struct node *client = &w->node[0], *server = &w->node[1];
    struct transport_out out = message_to(client, 0x1201, access, sizeof(access));
    struct net_pdu pdus[2];

    client->knows_device_keys = true;
    client->net.address = 0x0003;
    client->net.iv.seq = 0x3129ab;
    server->net.address = 0x1201;
    memcpy(server->net.keys.device_key, device_key, sizeof(device_key));
    out.src = 0x0003;
    out.target.ttl = 4;
    out.target.key = USHER_KEY_REMOTE_DEVICE;
    send(w, client, &out);
    assert_int_equal(wire_record(w, client, server, 150, pdus, 2), 2);
    for (uint32_t i = 0; i < 2; i++) {
        assert_int_equal(pdus[i].seq, 0x3129ab + i);
        assert_int_equal(pdus[i].ttl, 4);
        assert_int_equal(pdus[i].len, 16);
        assert_memory_equal(pdus[i].transport, segments[i], sizeof(segments[i]));
        wire_hand(w, server, &pdus[i]);
    }
    assert_told(server, 0x0003, 0x1201, USHER_KEY_DEVICE, access, sizeof(access));
}

/* -- what is refused --------------------------------------------------------------------------- */

static void what_cannot_be_sent(void **state)
{
    static const uint8_t label[16] = "a virtual label.";
    static uint8_t longest[USHER_ACCESS_MAX + 1];
    struct wire *w = fresh(state);
    struct transport_out good = message_to(&w->node[0], 0x0200, onoff, sizeof(onoff)), out;
    struct usher_net *n = &w->node[0].net;

#define REFUSED(err, change)                                                                       \
    out = good;                                                                                    \
    change;                                                                                        \
    assert_int_equal(transport_send(n, w->now, &out), USHER_E_##err)

    REFUSED(ADDR, out.target.dst = 0);
    REFUSED(ADDR, out.src = 0x0102);
    REFUSED(ADDR, out.src = 0xFFFF);
    REFUSED(ADDR, out.target.dst = 0x8001);
    REFUSED(ADDR, out.target.dst = 0xC001; out.target.key = USHER_KEY_DEVICE);
    REFUSED(ADDR, out.target.dst = 0x8001; out.target.label = label;
            out.target.key = USHER_KEY_REMOTE_DEVICE);
    REFUSED(ADDR, out.target.dst = 0x8001; out.target.label = label; out.control = true);
    REFUSED(SIZE, out.len = 0);
    REFUSED(SIZE, out.data = longest; out.len = sizeof(longest));
    REFUSED(SIZE, out.control = true; out.data = longest; out.len = 257);
    REFUSED(PARAM, out.target.ttl = 1);
    REFUSED(PARAM, out.target.ttl = 128);
    REFUSED(NOT_FOUND, out.target.net_index = 1);
    REFUSED(NOT_FOUND, out.target.key = 1);
    assert_int_equal(n->iv.seq, 0);

    n->iv.seq_reserved = 0;
    REFUSED(RESOURCES, (void)0);
    REFUSED(RESOURCES, out.target.segmented = true);
    assert_false(transport_busy(n));
    n->iv.seq_reserved = 100;
    for (unsigned i = 0; i < n->tx_size; i++) {
        assert_int_equal(transport_send(n, w->now, &good), USHER_OK);
    }
    REFUSED(NO_MEM, (void)0);
    REFUSED(NO_MEM, out.target.segmented = true);
    assert_int_equal(n->iv.seq, n->tx_size); /* none wasted */
    n->address = 0;
    REFUSED(STATE, (void)0);
#undef REFUSED
}

static void a_replay_is_refused(void **state)
{
    struct wire *w = fresh(state);
    struct transport_out out = message_to(&w->node[0], 0x0200, onoff, sizeof(onoff));
    struct net_pdu pdus[3];

    for (unsigned i = 0; i < 3; i++) {
        send(w, &w->node[0], &out);
    }
    assert_int_equal(wire_record(w, &w->node[0], &w->node[1], 500, pdus, 3), 3);
    wire_hand(w, &w->node[1], &pdus[1]);
    assert_told(&w->node[1], 0x0100, 0x0200, 0, onoff, sizeof(onoff));
    wire_hand(w, &w->node[1], &pdus[1]);
    wire_hand(w, &w->node[1], &pdus[0]);
    assert_int_equal(w->node[1].count, 0);
    assert_int_equal(w->node[1].net.stats.replays, 2);
    wire_hand(w, &w->node[1], &pdus[2]);
    assert_told(&w->node[1], 0x0100, 0x0200, 0, onoff, sizeof(onoff));
}

/* Otherwise anyone on the subnet could shut out a source by a forged message with a high number. */
static void what_is_not_authentic_does_not_count_as_received(void **state)
{
    struct wire *w = fresh(state);
    struct transport_out out = message_to(&w->node[0], 0x0200, onoff, sizeof(onoff));
    struct net_pdu pdu, forged;

    send(w, &w->node[0], &out);
    assert_int_equal(wire_record(w, &w->node[0], &w->node[1], 500, &pdu, 1), 1);
    forged = pdu;
    forged.seq += 1000;
    wire_hand(w, &w->node[1], &forged);
    assert_int_equal(w->node[1].count, 0);
    wire_hand(w, &w->node[1], &pdu);
    assert_told(&w->node[1], 0x0100, 0x0200, 0, onoff, sizeof(onoff));
}

static void a_source_without_room_in_the_replay_list(void **state)
{
    struct wire *w = fresh(state);
    struct transport_out out = message_to(&w->node[0], 0x0200, onoff, sizeof(onoff));

    for (uint16_t i = 0; i < w->node[1].net.rpl.size; i++) {
        w->node[1].rpl[i].src = (uint16_t)(0x0900 + i);
    }
    send(w, &w->node[0], &out);
    wire_settle(w);
    out.target.segmented = true;
    send(w, &w->node[0], &out);
    wire_settle(w);
    assert_int_equal(w->node[1].count, 0);
    assert_true(w->node[1].net.stats.no_memory >= 2);
}

/* -- to ourselves ------------------------------------------------------------------------------ */

static void messages_to_ourselves(void **state)
{
    static uint8_t longest[USHER_ACCESS_MAX] = { 0x01, 0x02, 0x03 };
    struct wire *w = fresh(state);
    struct node *n = &w->node[0];
    struct transport_out out = message_to(n, 0x0101, onoff, sizeof(onoff));

    send(w, n, &out);
    wire_settle(w);
    assert_told(n, 0x0100, 0x0101, 0, onoff, sizeof(onoff));

    out.target.key = USHER_KEY_REMOTE_DEVICE; /* our own client asks our own server */
    send(w, n, &out);
    wire_settle(w);
    assert_told(n, 0x0100, 0x0101, USHER_KEY_DEVICE, onoff, sizeof(onoff));

    out = message_to(n, 0x0101, longest, sizeof(longest));
    out.token = 77;
    send(w, n, &out);
    wire_settle(w);
    assert_int_equal(n->count, 2);
    assert_int_equal(n->told[1].kind, TRANSPORT_SENT);
    assert_int_equal(n->told[1].in.token, 77);
    assert_true(n->told[1].in.delivered);
    n->count = 1;
    assert_told(n, 0x0100, 0x0101, 0, longest, sizeof(longest));
    assert_int_equal(w->sent, 0);
    assert_int_equal(n->net.iv.seq, 0);
}

static void groups_that_we_are_in_too(void **state)
{
    static const uint8_t label[16] = "a virtual label.", other[16] = "another label...";
    static uint8_t longer[100] = { 0x01, 0x02, 0x03 };
    static const uint16_t groups[] = { 0xC123, USHER_ADDR_ALL_NODES };
    struct wire *w = fresh(state);
    struct transport_out out = message_to(&w->node[0], 0, onoff, sizeof(onoff));

    w->node[0].group = w->node[1].group = 0xC123;
    for (unsigned i = 0; i < 4; i++) {
        out.target.dst = groups[i / 2];
        out.data = i % 2 != 0 ? longer : onoff;
        out.len = i % 2 != 0 ? sizeof(longer) : sizeof(onoff);
        send(w, &w->node[0], &out);
        wire_settle(w);
        assert_told(&w->node[0], 0x0100, out.target.dst, 0, out.data, out.len);
        assert_told(&w->node[1], 0x0100, out.target.dst, 0, out.data, out.len);
    }
    w->node[0].virtual_address = 0x8123;
    memcpy(w->node[0].labels[1], label, sizeof(label));
    out.target.dst = 0x8123;
    out.target.label = label;
    send(w, &w->node[0], &out);
    wire_settle(w);
    assert_told(&w->node[0], 0x0100, 0x8123, 0, out.data, out.len);
    out.target.label = other;
    send(w, &w->node[0], &out);
    wire_settle(w);
    assert_int_equal(w->node[0].count, 0);
}

/* They wait until they are told, and there is an end to how many do. */
static void messages_to_ourselves_are_queued(void **state)
{
    struct wire *w = fresh(state);
    struct node *n = &w->node[0];
    uint8_t data[2] = { 0x01, 0 };
    struct transport_out out = message_to(n, 0x0101, data, sizeof(data));

    for (; data[1] < USHER_NET_INBOX; data[1]++) {
        send(w, n, &out);
    }
    assert_int_equal(transport_send(&n->net, w->now, &out), USHER_E_NO_MEM);
    assert_int_equal(transport_deadline(&n->net), 0);
    node_drain(n);
    assert_int_equal(n->count, USHER_NET_INBOX);
    for (uint8_t i = 0; i < USHER_NET_INBOX; i++) {
        assert_int_equal(n->told[i].data[1], i);
    }
}

/* -- heartbeats -------------------------------------------------------------------------------- */

static void heartbeats_are_published_and_counted(void **state)
{
    struct wire *w = fresh(state);
    struct usher_heartbeat *pub = &w->node[0].net.heartbeat, *sub = &w->node[1].net.heartbeat;

    pub->pub_dst = 0xC555;
    pub->pub_count = 3;
    pub->pub_period_log = 2; /* 2 s */
    pub->pub_ttl = 9;
    sub->sub_src = 0x0100;
    sub->sub_dst = 0xC555;
    sub->sub_until = w->now + 60000;
    sub->min_hops = 0x7F;
    w->node[0].net.relay = 1;
    transport_heartbeat_set(&w->node[0].net, w->now);
    wire_run(w, 100);
    assert_int_equal(w->node[1].count, 1);
    assert_int_equal(w->node[1].told[0].kind, TRANSPORT_HEARTBEAT);
    assert_int_equal(w->node[1].told[0].in.message.src, 0x0100);
    assert_int_equal(w->node[1].told[0].in.hops, 1);
    assert_int_equal(w->node[1].told[0].in.features, USHER_FEATURE_RELAY);
    wire_run(w, 2000);
    assert_int_equal(sub->sub_count, 2);
    wire_run(w, 20000);
    assert_int_equal(sub->sub_count, 3);
    assert_int_equal(pub->pub_count, 0);
    assert_int_equal(sub->min_hops, 1);
    assert_int_equal(sub->max_hops, 1);
    assert_int_equal(w->node[2].count, 0);
}

static void heartbeats_tell_of_features(void **state)
{
    struct wire *w = fresh(state);
    struct usher_net *n = &w->node[0].net;
    struct usher_heartbeat *sub = &w->node[1].net.heartbeat;

    sub->sub_src = 0x0100;
    sub->sub_dst = 0x0200;
    sub->sub_until = USHER_NEVER;
    n->heartbeat.pub_ttl = 5;
    transport_feature_changed(n, w->now, USHER_FEATURE_RELAY); /* nobody is to be told */
    n->heartbeat.pub_dst = 0x0200;
    transport_feature_changed(n, w->now, USHER_FEATURE_RELAY); /* nor of this feature */
    wire_settle(w);
    assert_int_equal(sub->sub_count, 0);
    n->heartbeat.pub_features = USHER_FEATURE_RELAY;
    transport_feature_changed(n, w->now, USHER_FEATURE_RELAY);
    wire_settle(w);
    assert_int_equal(sub->sub_count, 1);
    assert_int_equal(w->node[1].told[0].in.features, 0);
}

static void heartbeats_that_do_not_count(void **state)
{
    struct wire *w = fresh(state);
    struct node *n = &w->node[1];
    struct usher_heartbeat *sub = &n->net.heartbeat;
    const struct net_pdu good = { .ctl = 1,
                                  .ttl = 5,
                                  .src = 0x0100,
                                  .dst = 0x0200,
                                  .seq = 1,
                                  .iv_index = 0x12345678,
                                  .len = 4,
                                  .transport = { 0x0A, 0x87, 0x00, 0x01 } };
    struct net_pdu p;

    sub->sub_src = 0x0100;
    sub->sub_dst = 0x0200;
    sub->sub_until = w->now + 1000;
    sub->min_hops = 0x7F;
#define IGNORED(change)                                                                            \
    p = good;                                                                                      \
    change;                                                                                        \
    wire_hand(w, n, &p);                                                                           \
    assert_int_equal(sub->sub_count, 0)

    IGNORED(p.src = 0x0101);
    IGNORED(p.dst = 0x0201);
    IGNORED(p.dst = 0xFFFF);
    IGNORED(p.len = 3);
    IGNORED(p.len = 5);
    IGNORED(p.ttl = 8);                        /* more than it began with */
    IGNORED(p.transport[1] = 0x7F; p.ttl = 0); /* no relay leaves 0: more hops than there can be */
    IGNORED(p.transport[0] = 0x0B);
    IGNORED(w->now += 1000); /* the subscription is over */
#undef IGNORED
    sub->sub_until = USHER_NEVER;
    wire_hand(w, n, &good);
    assert_int_equal(sub->sub_count, 1);
    assert_int_equal(n->told[0].in.hops, 3);
    wire_hand(w, n, &good);
    assert_int_equal(sub->sub_count, 1); /* a replay */
}

int main(void)
{
    const struct usher_crypto *crypto = usher_crypto_openssl_new();
    union {
        const void *in;
        void *out;
    } state = { .in = crypto };
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(a_message_reaches_its_element_alone, state.out),
        cmocka_unit_test_prestate(a_group_is_heard_by_subscribers, state.out),
        cmocka_unit_test_prestate(device_keys_of_both_sides, state.out),
        cmocka_unit_test_prestate(without_the_device_key_nothing_is_told, state.out),
        cmocka_unit_test_prestate(virtual_addresses_tell_labels_apart, state.out),
        cmocka_unit_test_prestate(appkeys_of_one_aid_are_told_apart, state.out),
        cmocka_unit_test_prestate(a_key_refresh_loses_nothing, state.out),
        cmocka_unit_test_prestate(the_published_segmented_message, state.out),
        cmocka_unit_test_prestate(what_cannot_be_sent, state.out),
        cmocka_unit_test_prestate(a_replay_is_refused, state.out),
        cmocka_unit_test_prestate(what_is_not_authentic_does_not_count_as_received, state.out),
        cmocka_unit_test_prestate(a_source_without_room_in_the_replay_list, state.out),
        cmocka_unit_test_prestate(messages_to_ourselves, state.out),
        cmocka_unit_test_prestate(groups_that_we_are_in_too, state.out),
        cmocka_unit_test_prestate(messages_to_ourselves_are_queued, state.out),
        cmocka_unit_test_prestate(heartbeats_are_published_and_counted, state.out),
        cmocka_unit_test_prestate(heartbeats_tell_of_features, state.out),
        cmocka_unit_test_prestate(heartbeats_that_do_not_count, state.out),
    };
    int failed = crypto == NULL ? 1 : cmocka_run_group_tests_name("transport", tests, NULL, NULL);

    usher_crypto_openssl_free(crypto);
    return failed != 0;
}
