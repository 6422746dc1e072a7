/*
 * Transport against PDUs that a member of the network has made up: lengths, keys, addresses and
 * segments that do not go together (Mesh Protocol 1.1, sections 3.5 and 3.6).
 */
#include "rpl.h"
#include "transport_parts.h"
#include "wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

static struct wire wire;
static uint8_t message[USHER_ACCESS_MAX] = { 0x01, 0x02, 0x03 };

static struct wire *fresh(void **state)
{
    wire_init(&wire, *state, 1);
    return &wire;
}

/* A message in one PDU from node 0, sealed with whatever key. */
static struct net_pdu made_up(const struct wire *w, uint16_t dst, bool device, const uint8_t *key,
                              size_t len)
{
    struct upper u = {
        .device = device, .src = 0x0100, .dst = dst, .seq = 5, .iv_index = 0x12345678
    };
    struct net_pdu p = { .src = u.src,
                         .dst = dst,
                         .seq = u.seq,
                         .iv_index = u.iv_index,
                         .len = (uint8_t)(1 + len + MIC_SHORT) };
    uint8_t aid = w->node[0].appkeys[0].key[0].aid;

    p.transport[0] = device ? 0 : HEAD_APPKEY | aid;
    assert_int_equal(upper_seal(w->crypto, key, &u, message, len, p.transport + 1), USHER_OK);
    return p;
}

static void an_empty_message_is_none(void **state)
{
    for (size_t len = 0; len < 2; len++) {
        struct wire *w = fresh(state);
        struct net_pdu p = made_up(w, 0x0200, false, w->node[0].appkeys[0].key[0].key, len);

        wire_hand(w, &w->node[1], &p);
        assert_int_equal(w->node[1].count, len);
    }
}

static void a_device_key_is_not_for_groups(void **state)
{
    static const uint16_t to[] = { 0x0200, 0xC123, 0x8123, USHER_ADDR_ALL_NODES };

    for (size_t i = 0; i < sizeof(to) / sizeof(to[0]); i++) {
        struct wire *w = fresh(state);
        struct net_pdu p = made_up(w, to[i], true, w->node[1].net.keys.device_key, 3);

        w->node[1].group = 0xC123;
        w->node[1].virtual_address = 0x8123;
        wire_hand(w, &w->node[1], &p);
        assert_int_equal(w->node[1].count, i == 0);
    }
}

/* An AppKey is bound to one subnet: who is on another one alone does not speak with it. */
static void an_appkey_is_of_one_subnet(void **state)
{
    static const uint8_t other[16] = "another subnet..";
    struct wire *w = fresh(state);
    struct net_pdu p = made_up(w, 0x0200, false, w->node[0].appkeys[0].key[0].key, 3);
    struct transport_out out = message_to(&w->node[0], 0x0200, message, 3);

    p.net_index = 1;
    wire_hand(w, &w->node[1], &p);
    assert_int_equal(w->node[1].count, 0);
    p.net_index = 0;
    wire_hand(w, &w->node[1], &p);
    assert_int_equal(w->node[1].count, 1);

    assert_int_equal(keys_subnet_add(&w->node[0].net.keys, w->crypto, 1, other),
                     USHER_STATUS_SUCCESS);
    out.target.net_index = 1;
    assert_int_equal(transport_send(&w->node[0].net, w->now, &out), USHER_E_NOT_FOUND);
}

static void a_message_to_others_is_not_told(void **state)
{
    static const uint16_t to[] = { 0x0202, 0x0300, 0xC123, USHER_ADDR_ALL_RELAYS };

    for (size_t i = 0; i < sizeof(to) / sizeof(to[0]); i++) {
        struct wire *w = fresh(state);
        struct net_pdu p = made_up(w, to[i], false, w->node[0].appkeys[0].key[0].key, 3);

        wire_hand(w, &w->node[1], &p);
        assert_int_equal(w->node[1].count, 0);
    }
}

/* A source that the replay list has no room for takes no entry of the table of transfers either. */
static void no_room_in_the_replay_list(void **state)
{
    struct wire *w = fresh(state);
    struct net_pdu p = { .src = 0x0100,
                         .dst = 0x0200,
                         .seq = 0,
                         .iv_index = 0x12345678,
                         .len = 16,
                         .transport = { HEAD_SEGMENTED, 0, 0, 1 } };

    for (uint16_t i = 0; i < w->node[1].net.rpl.size; i++) {
        w->node[1].rpl[i].src = (uint16_t)(0x0900 + i);
    }
    wire_hand(w, &w->node[1], &p);
    assert_false(w->node[1].sar_rx[0].used);
    w->node[1].rpl[0].src = 0;
    wire_hand(w, &w->node[1], &p);
    assert_true(w->node[1].sar_rx[0].used);
}

/* In whatever order they came: the last number of all is the one that is over. */
static void no_segment_of_a_message_counts_for_another_one(void **state)
{
    struct wire *w = fresh(state);
    struct transport_out out = message_to(&w->node[0], 0x0200, message, 30);
    struct net_pdu pdus[3], again;
    struct node *n = &w->node[1];

    assert_int_equal(transport_send(&w->node[0].net, w->now, &out), USHER_OK);
    assert_int_equal(wire_record(w, &w->node[0], n, 200, pdus, 3), 3);
    for (unsigned i = 3; i-- > 0;) {
        wire_hand(w, n, &pdus[i]);
    }
    assert_told(n, 0x0100, 0x0200, 0, message, 30);
    assert_int_equal(rpl_check(&n->net.rpl, 0x0100, pdus[2].iv_index, pdus[2].seq), RPL_REPLAY);
    again = pdus[2];
    again.transport[0] = HEAD_APPKEY; /* unsegmented, under a number that was used */
    wire_hand(w, n, &again);
    assert_int_equal(n->net.stats.replays, 1);
}

/* Segments that bear another head, MIC, length or subnet are not of the transfer that began. */
static void segments_of_different_messages_do_not_mix(void **state)
{
    for (unsigned i = 0; i < 6; i++) {
        struct wire *w = fresh(state);
        struct transport_out out = message_to(&w->node[0], 0x0200, message, 30);
        struct net_pdu pdus[3], other;

        assert_int_equal(transport_send(&w->node[0].net, w->now, &out), USHER_OK);
        assert_int_equal(wire_record(w, &w->node[0], &w->node[1], 200, pdus, 3), 3);
        wire_hand(w, &w->node[1], &pdus[0]);
        other = pdus[1];
        memset(other.transport + 4, 0xEE, 12);
        other.transport[0] ^= i == 0 ? HEAD_APPKEY : 0;
        other.transport[0] ^= i == 1 ? 0x01 : 0; /* AID */
        other.transport[1] ^= i == 2 ? 0x80 : 0; /* SZMIC */
        other.transport[3] ^= i == 3 ? 0x01 : 0; /* SegN 3 rather than 2 */
        other.net_index = i == 4;
        if (i == 5) {
            other.ctl = 1;
            other.len = 12;
        }
        wire_hand(w, &w->node[1], &other);
        wire_hand(w, &w->node[1], &pdus[1]);
        wire_hand(w, &w->node[1], &pdus[2]);
        assert_told(&w->node[1], 0x0100, 0x0200, 0, message, 30);
    }
}

static void segments_that_do_not_fit(void **state)
{
    static const struct {
        uint8_t ctl, len, index, last;
        uint32_t seq;
        bool taken;
    } rows[] = {
        { 0, 16, 0, 1, 100, true },   { 0, 5, 1, 1, 100, true },   { 0, 16, 31, 31, 100, true },
        { 1, 12, 0, 1, 100, true },   { 1, 5, 1, 1, 100, true },   { 0, 15, 0, 1, 100, false },
        { 0, 4, 1, 1, 100, false },   { 0, 3, 0, 0, 100, false },  { 0, 0, 0, 0, 100, false },
        { 0, 255, 1, 1, 100, false }, { 1, 13, 0, 1, 100, false }, { 1, 11, 0, 1, 100, false },
        { 0, 16, 2, 1, 100, false },  { 0, 16, 0, 1, 99, false },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct wire *w = fresh(state);
        struct net_pdu p = { .ctl = rows[i].ctl,
                             .src = 0x0100,
                             .dst = 0x0200,
                             .seq = rows[i].seq,
                             .iv_index = 0x12345678,
                             .len = rows[i].len };
        struct segment s = {
            .head = 0xC0, .seq_zero = 100, .index = rows[i].index, .last = rows[i].last
        };
        struct io io = io_writer(p.transport, sizeof(p.transport));

        segment_fields(&io, &s);
        wire_hand(w, &w->node[1], &p);
        assert_int_equal(w->node[1].sar_rx[0].used, rows[i].taken);
    }
}

/* Seals nothing: what is left is a MIC that verifies. */
static void seal_nothing(const struct wire *w, const struct net_pdu *p, struct upper u,
                         uint8_t mic[8])
{
    const struct usher_net *to = &w->node[1].net;

    u.src = p->src;
    u.dst = p->dst;
    u.seq = p->seq;
    u.iv_index = p->iv_index;
    assert_int_equal(upper_seal(w->crypto,
                                u.device ? to->keys.device_key : to->keys.appkeys[0].key[0].key, &u,
                                message, 0, mic),
                     USHER_OK);
}

/* One segment that holds no more than a MIC, which is a good one, or not even that: under the
 * device key and an AppKey, with either MIC. */
static void a_segmented_message_that_is_only_a_mic_is_none(void **state)
{
    for (unsigned i = 0; i < 4; i++) {
        const struct upper u = { .device = i < 2, .szmic = i % 2 };
        uint8_t mic = u.szmic ? 8 : 4;

        for (uint8_t len = 1; len <= mic; len++) {
            struct wire *w = fresh(state);
            struct net_pdu p = { .src = 0x0100, .dst = 0x0200, .seq = 100, .iv_index = 0x12345678 };
            struct segment s = { .szmic = u.szmic, .seq_zero = 100 };
            struct io io = io_writer(p.transport, sizeof(p.transport));

            s.head = u.device ? 0x80 : 0xC0 | w->node[1].appkeys[0].key[0].aid;
            segment_fields(&io, &s);
            p.len = (uint8_t)(io_pos(&io) + len);
            seal_nothing(w, &p, u, p.transport + io_pos(&io));
            wire_hand(w, &w->node[1], &p);
            assert_true(w->node[1].sar_rx[0].complete);
            assert_false(w->node[1].sar_rx[0].ready);
            assert_int_equal(w->node[1].net.stats.undecrypted, 1);
            assert_int_equal(w->node[1].count, 0);
        }
    }
}

/* ... and a filling that computes with whatever length it is given. */
static void a_segmented_message_that_is_only_a_mic_is_none_for_bearssl(void **state)
{
    union {
        const void *in;
        void *out;
    } bearssl = { .in = usher_crypto_bearssl() };

    (void)state;
    a_segmented_message_that_is_only_a_mic_is_none(&bearssl.out);
}

/* Whatever comes in, the node rests afterwards, and hears the next true message. */
static void noise_does_no_harm(void **state)
{
    struct wire *w = fresh(state);
    struct transport_out out = message_to(&w->node[0], 0x0200, message, sizeof(message));

    for (uint32_t i = 0; i < 100000; i++) {
        struct net_pdu p = { .ctl = (uint8_t)wire_random(w, 2),
                             .ttl = (uint8_t)wire_random(w, 128),
                             .src = (uint16_t)(0x0300 + wire_random(w, 8)),
                             .dst = wire_random(w, 4) != 0 ? 0x0200 : 0xFFFF,
                             .seq = wire_random(w, 1u << 24),
                             .iv_index = 0x12345678,
                             .len = (uint8_t)(1 + wire_random(w, 16)) };

        for (unsigned k = 0; k < p.len; k++) {
            p.transport[k] = (uint8_t)wire_random(w, 256);
        }
        w->now += wire_random(w, 50);
        wire_hand(w, &w->node[1], &p);
        if (i % 4 == 0) {
            uint8_t ad[USHER_AD_MAX];

            (void)net_next(&w->node[1].net, w->now, ad);
        }
    }
    assert_int_equal(w->node[1].count, 0);
    w->now += 20000;
    wire_run(w, 1000);
    wire_forget(w);
    assert_int_equal(transport_send(&w->node[0].net, w->now, &out), USHER_OK);
    wire_settle(w);
    assert_told(&w->node[1], 0x0100, 0x0200, 0, message, sizeof(message));
}

int main(void)
{
    const struct usher_crypto *crypto = usher_crypto_openssl_new();
    union {
        const void *in;
        void *out;
    } state = { .in = crypto };
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(an_empty_message_is_none, state.out),
        cmocka_unit_test_prestate(a_device_key_is_not_for_groups, state.out),
        cmocka_unit_test_prestate(an_appkey_is_of_one_subnet, state.out),
        cmocka_unit_test_prestate(a_message_to_others_is_not_told, state.out),
        cmocka_unit_test_prestate(no_room_in_the_replay_list, state.out),
        cmocka_unit_test_prestate(no_segment_of_a_message_counts_for_another_one, state.out),
        cmocka_unit_test_prestate(segments_of_different_messages_do_not_mix, state.out),
        cmocka_unit_test_prestate(segments_that_do_not_fit, state.out),
        cmocka_unit_test_prestate(a_segmented_message_that_is_only_a_mic_is_none, state.out),
        cmocka_unit_test(a_segmented_message_that_is_only_a_mic_is_none_for_bearssl),
        cmocka_unit_test_prestate(noise_does_no_harm, state.out),
    };
    int failed = crypto == NULL ? 1 : cmocka_run_group_tests_name("hostile", tests, NULL, NULL);

    usher_crypto_openssl_free(crypto);
    return failed != 0;
}
