/*
 * Segmentation and reassembly (Mesh Protocol 1.1, section 3.5.3) between real neighbours: whole
 * transfers over a bad wire, and each case that a receiver tells apart. Those of a sender are in
 * test_transport_sar_tx.c.
 */
#include "transport_parts.h"
#include "wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#define RECORDED 128u
#define OK_ACK 0xFFFFFFFFu

static struct wire wire;
static struct net_pdu recorded[RECORDED];
static uint8_t message[USHER_ACCESS_MAX];

static struct wire *fresh(void **state)
{
    wire_init(&wire, *state, 1);
    for (size_t i = 0; i < sizeof(message); i++) {
        message[i] = (uint8_t)(i * 7 + 1);
    }
    return &wire;
}

/* One round of a message of @p len octets, recorded; the sender goes on waiting. */
static unsigned record(struct wire *w, struct node *from, uint16_t dst, size_t len)
{
    struct transport_out out = message_to(from, dst, message, len);

    out.target.segmented = true;
    assert_int_equal(transport_send(&from->net, w->now, &out), USHER_OK);
    return wire_record(w, from, &w->node[1], len / 12 * 60 + 90, recorded, RECORDED);
}

/* The acks that a node has in its queue, the last one's bits; each transmission once. */
static unsigned acks(struct wire *w, struct node *of, uint64_t ms, uint32_t *block)
{
    struct net_pdu pdus[8];
    unsigned count = wire_record(w, of, &w->node[0], ms, pdus, 8);

    for (unsigned i = 0; i < count; i++) {
        struct io io = io_reader(pdus[i].transport + 1, pdus[i].len - 1u);
        struct segment_ack a = { 0 };

        segment_ack_fields(&io, &a);
        assert_true(io_done(&io));
        assert_int_equal(pdus[i].transport[0], OPCODE_SEGMENT_ACK);
        assert_int_equal(pdus[i].ctl, 1);
        *block = a.block;
    }
    return count;
}

/* -- whole transfers --------------------------------------------------------------------------- */

/* What a node was told of its own message, and of the other's, in either order. */
static bool both_told(struct node *n, uint16_t peer)
{
    unsigned sent = n->told[0].kind == TRANSPORT_SENT ? 0 : 1;
    bool delivered = n->told[sent].in.delivered;

    assert_int_equal(n->count, 2);
    assert_int_equal(n->told[sent].kind, TRANSPORT_SENT);
    n->told[0] = n->told[1 - sent];
    n->count = 1;
    assert_told(n, peer, n->net.address, 0, message, sizeof(message));
    return delivered;
}

/*
 * 380 octets in both directions at once, three transmissions of each PDU and three rounds: every
 * message arrives once. That a sender hears of it is less sure, since there is an end to rounds: an
 * ack is lost in two of them once in some hundred transfers.
 */
static void long_messages_both_ways_over_a_bad_wire(void **state)
{
    unsigned unheard = 0;

    for (uint32_t seed = 1; seed <= 100; seed++) {
        struct wire *w = fresh(state);

        wire_init(w, *state, seed);
        w->loss = 30;
        for (unsigned i = 0; i < 2; i++) {
            struct transport_out out =
                message_to(&w->node[i], w->node[1 - i].net.address, message, sizeof(message));

            out.token = seed;
            assert_int_equal(transport_send(&w->node[i].net, w->now, &out), USHER_OK);
        }
        wire_settle(w);
        for (unsigned i = 0; i < 2; i++) {
            unheard += !both_told(&w->node[i], w->node[1 - i].net.address);
            assert_false(transport_busy(&w->node[i].net));
        }
    }
    assert_in_range(unheard, 0, 2);
}

static void groups_hear_long_messages_without_acks(void **state)
{
    for (uint32_t seed = 1; seed <= 20; seed++) {
        struct wire *w = fresh(state);
        struct transport_out out = message_to(&w->node[0], 0xC123, message, 150);

        wire_init(w, *state, seed);
        w->loss = 30;
        out.token = 5;
        w->node[1].group = w->node[2].group = w->node[3].group = 0xC123;
        assert_int_equal(transport_send(&w->node[0].net, w->now, &out), USHER_OK);
        wire_settle(w);
        for (unsigned i = 1; i <= 3; i++) {
            assert_told(&w->node[i], 0x0100, 0xC123, 0, message, 150);
            assert_int_equal(w->node[i].net.stats.tx, 0);
        }
        assert_int_equal(w->node[0].count, 1);
        assert_int_equal(w->node[0].told[0].kind, TRANSPORT_SENT);
        assert_true(w->node[0].told[0].in.delivered);
        assert_int_equal(w->node[0].net.stats.tx, 3 * 13);
    }
}

static void every_length_arrives(void **state)
{
    struct wire *w = fresh(state);

    w->node[0].net.sar.segment_interval_step = 0;
    for (size_t len = 1; len <= USHER_ACCESS_MAX; len++) {
        struct transport_out out = message_to(&w->node[0], 0x0200, message, len);

        out.target.segmented = len % 2 != 0;
        assert_int_equal(transport_send(&w->node[0].net, w->now, &out), USHER_OK);
        wire_run(w, 2000);
        assert_told(&w->node[1], 0x0100, 0x0200, 0, message, len);
        assert_false(transport_busy(&w->node[0].net));
    }
    assert_int_equal(w->node[0].net.stats.sar_failed, 0);
}

static void interleaved_transfers(void **state)
{
    struct wire *w = fresh(state);

    w->loss = 20;
    for (unsigned i = 0; i < 4; i++) { /* three to one node, and two from another at once */
        struct transport_out out =
            message_to(&w->node[i], i == 3 ? 0x0100 : 0x0500, message, 200 + i);

        assert_int_equal(transport_send(&w->node[i].net, w->now, &out), USHER_OK);
    }
    wire_settle(w);
    assert_told(&w->node[0], 0x0400, 0x0100, 0, message, 203);
    assert_int_equal(w->node[4].count, 3);
    for (unsigned i = 0; i < 3; i++) {
        struct told *t = &w->node[4].told[i];

        assert_int_equal(t->in.len, 200 + t->in.message.src / 0x100 - 1);
        assert_memory_equal(t->data, message, t->in.len);
    }
}

/* -- the receiver ------------------------------------------------------------------------------ */

static void segments_in_any_order_and_again(void **state)
{
    for (uint32_t seed = 1; seed <= 50; seed++) {
        struct wire *w = fresh(state);
        unsigned count;

        wire_init(w, *state, seed);
        count = record(w, &w->node[0], 0x0200, 200);
        assert_int_equal(count, 17);
        for (unsigned i = 0; i < 40; i++) {
            wire_hand(w, &w->node[1], &recorded[wire_random(w, count)]);
        }
        for (unsigned i = 0; i < count; i++) {
            wire_hand(w, &w->node[1], &recorded[i]);
        }
        assert_told(&w->node[1], 0x0100, 0x0200, 0, message, 200);
    }
}

static void a_replayed_transfer_is_refused(void **state)
{
    struct wire *w = fresh(state);
    unsigned count = record(w, &w->node[0], 0x0200, 100);

    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < count; i++) {
            wire_hand(w, &w->node[1], &recorded[i]);
        }
        if (round == 0) {
            assert_told(&w->node[1], 0x0100, 0x0200, 0, message, 100);
        } else { /* even when the transfer is not remembered any more */
            memset(w->node[1].sar_rx, 0, sizeof(w->node[1].sar_rx));
        }
        assert_int_equal(w->node[1].count, 0);
    }
    assert_int_equal(w->node[1].net.stats.replays, 2 * count);
}

/* A segment resent with a fresh number belongs to the message that is here already. */
static void a_repeat_of_a_whole_message_is_acknowledged(void **state)
{
    struct wire *w = fresh(state);
    unsigned count = record(w, &w->node[0], 0x0200, 50);
    uint32_t block = 0;

    for (unsigned i = 0; i < count; i++) {
        wire_hand(w, &w->node[1], &recorded[i]);
    }
    assert_told(&w->node[1], 0x0100, 0x0200, 0, message, 50);
    assert_int_equal(acks(w, &w->node[1], 100, &block), 1);
    assert_int_equal(block, 0x1F);
    w->now += 1000;
    block = 0;
    for (unsigned i = 0; i < count; i++) { /* all of a second round: one ack */
        recorded[i].seq += 100;
        wire_hand(w, &w->node[1], &recorded[i]);
    }
    assert_int_equal(acks(w, &w->node[1], 1000, &block), 1);
    assert_int_equal(block, 0x1F);
    assert_int_equal(w->node[1].count, 0);
}

/* ... and even if it has lost its entry to other messages meanwhile. */
static void a_repeat_of_a_message_that_lost_its_entry_is_no_new_one(void **state)
{
    struct wire *w = fresh(state);
    unsigned older = record(w, &w->node[0], 0x0201, 50), count;
    struct net_pdu first[8];
    uint32_t block = 0;

    memcpy(first, recorded, older * sizeof(first[0]));
    transport_clear(&w->node[0].net);
    count = record(w, &w->node[0], 0x0200, 50);
    for (unsigned i = 0; i < older; i++) {
        wire_hand(w, &w->node[1], &first[i]);
    }
    assert_told(&w->node[1], 0x0100, 0x0201, 0, message, 50);
    for (unsigned i = 0; i < count; i++) {
        wire_hand(w, &w->node[1], &recorded[i]);
    }
    assert_told(&w->node[1], 0x0100, 0x0200, 0, message, 50);
    (void)acks(w, &w->node[1], 1000, &block);
    memset(w->node[1].sar_rx, 0, sizeof(w->node[1].sar_rx));
    for (unsigned i = 0; i < older; i++) { /* of the older message nothing more is known */
        first[i].seq += 100;
        wire_hand(w, &w->node[1], &first[i]);
    }
    assert_int_equal(acks(w, &w->node[1], 1000, &block), 0);
    for (unsigned i = 0; i < count; i++) {
        recorded[i].seq += 200;
        wire_hand(w, &w->node[1], &recorded[i]);
    }
    assert_int_equal(acks(w, &w->node[1], 1000, &block), 1);
    assert_int_equal(block, 0x1F);
    assert_int_equal(w->node[1].count, 0);
}

static void acks_come_when_segments_stop(void **state)
{
    struct wire *w = fresh(state);
    uint32_t block = 0;

    record(w, &w->node[0], 0x0200, 200);
    wire_hand(w, &w->node[1], &recorded[0]);
    w->now += 149;
    wire_hand(w, &w->node[1], &recorded[3]);
    assert_int_equal(acks(w, &w->node[1], 148, &block), 0);
    assert_int_equal(acks(w, &w->node[1], 100, &block), 1); /* 2.5 intervals of 60 ms */
    assert_int_equal(block, 0x9);
    wire_hand(w, &w->node[1], &recorded[3]); /* a duplicate is nothing new */
    assert_int_equal(acks(w, &w->node[1], 5000, &block), 0);
}

static void acks_of_long_messages_are_repeated(void **state)
{
    struct wire *w = fresh(state);
    uint32_t block = 0;
    unsigned count;

    w->node[1].net.sar.ack_retransmissions = 2;
    for (unsigned i = 0; i < 2; i++) {
        count = record(w, &w->node[0], 0x0200, i == 0 ? 44 : 45); /* SegN 3 and 4 */
        w->node[0].net.sar_tx[0].used = false;
        for (unsigned k = 0; k < count; k++) {
            wire_hand(w, &w->node[1], &recorded[k]);
        }
        assert_int_equal(acks(w, &w->node[1], 1000, &block), i == 0 ? 1 : 3);
        w->node[1].count = 0;
    }
}

static void an_ack_goes_no_further_than_the_segments(void **state)
{
    struct wire *w = fresh(state);
    struct net_pdu ack;

    for (uint8_t ttl = 0; ttl <= 3; ttl += 3) {
        assert_int_equal(record(w, &w->node[0], 0x0200, 5), 1);
        w->node[0].net.sar_tx[0].used = false;
        recorded[0].ttl = ttl;
        wire_hand(w, &w->node[1], &recorded[0]);
        assert_int_equal(wire_record(w, &w->node[1], &w->node[0], 500, &ack, 1), 1);
        assert_int_equal(ack.ttl, ttl == 0 ? 0 : 7);
        w->node[1].count = 0;
    }
}

static void a_newer_transfer_replaces_and_an_older_one_is_ignored(void **state)
{
    struct wire *w = fresh(state);
    struct net_pdu old[RECORDED];
    unsigned count = record(w, &w->node[0], 0x0200, 100);

    memcpy(old, recorded, sizeof(old));
    w->node[0].net.sar_tx[0].used = false; /* given up */
    assert_int_equal(record(w, &w->node[0], 0x0200, 100), count);
    wire_hand(w, &w->node[1], &old[0]);
    wire_hand(w, &w->node[1], &recorded[0]);
    for (unsigned i = 1; i < count; i++) {
        wire_hand(w, &w->node[1], &old[i]);
    }
    assert_int_equal(w->node[1].count, 0);
    assert_int_equal(w->node[1].sar_rx[0].have, 1);
    for (unsigned i = 1; i < count; i++) {
        wire_hand(w, &w->node[1], &recorded[i]);
    }
    assert_told(&w->node[1], 0x0100, 0x0200, 0, message, 100);
}

static void an_unfinished_transfer_is_discarded(void **state)
{
    struct wire *w = fresh(state);
    unsigned count = record(w, &w->node[0], 0x0200, 100);
    uint32_t block;

    for (unsigned i = 1; i < count; i++) {
        wire_hand(w, &w->node[1], &recorded[i]);
    }
    (void)acks(w, &w->node[1], 9999, &block);
    assert_false(w->node[1].sar_rx[0].discarded);
    w->now += 2;
    node_drain(&w->node[1]);
    assert_true(w->node[1].sar_rx[0].discarded);
    recorded[0].seq += 100;
    wire_hand(w, &w->node[1], &recorded[0]);
    assert_int_equal(w->node[1].count, 0);
    assert_int_equal(acks(w, &w->node[1], 1000, &block), 0);
}

static void no_room_for_a_transfer(void **state)
{
    struct wire *w = fresh(state);
    struct node *n = &w->node[0];
    unsigned count = record(w, n, 0x0200, 100);
    uint32_t block = OK_ACK;

    for (unsigned i = 0; i < NODE_SAR_RX; i++) { /* unfinished ones from others */
        struct net_pdu p = recorded[0];

        p.src = (uint16_t)(0x0300 + i);
        wire_hand(w, &w->node[1], &p);
    }
    (void)acks(w, &w->node[1], 500, &block);
    for (unsigned i = 0; i < count; i++) {
        wire_hand(w, &w->node[1], &recorded[i]);
    }
    assert_int_equal(w->node[1].count, 0);
    assert_int_equal(acks(w, &w->node[1], 1000, &block), 1); /* not one for each segment */
    assert_int_equal(block, 0);

    w->now += 20000; /* those are discarded, and make room */
    node_drain(&w->node[1]);
    for (unsigned i = 0; i < count; i++) {
        wire_hand(w, &w->node[1], &recorded[i]);
    }
    assert_told(&w->node[1], 0x0100, 0x0200, 0, message, 100);
}

/* Published arithmetic of SeqZero (3.5.3.1). */
static void seq_zero_counts_back(void **state)
{
    static const struct {
        uint16_t seq_zero;
        uint32_t seq0;
    } rows[] = { { 0x1849, 0x645849 }, { 0x1263, 0x645263 }, { 0x1262, 0x647262 } };

    for (size_t i = 0; i < 3; i++) {
        struct wire *w = fresh(state);
        struct net_pdu p = {
            .src = 0x0100, .dst = 0x0200, .seq = 0x647262, .iv_index = 0x12345678
        };
        struct segment s = { .head = 0xC0, .seq_zero = rows[i].seq_zero, .last = 1 };
        struct io io = io_writer(p.transport, sizeof(p.transport));

        segment_fields(&io, &s);
        p.len = 16;
        wire_hand(w, &w->node[1], &p);
        assert_true(w->node[1].sar_rx[0].used);
        assert_int_equal(w->node[1].sar_rx[0].seq0, rows[i].seq0);
    }
}

int main(void)
{
    const struct usher_crypto *crypto = usher_crypto_openssl_new();
    union {
        const void *in;
        void *out;
    } state = { .in = crypto };
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(long_messages_both_ways_over_a_bad_wire, state.out),
        cmocka_unit_test_prestate(groups_hear_long_messages_without_acks, state.out),
        cmocka_unit_test_prestate(every_length_arrives, state.out),
        cmocka_unit_test_prestate(interleaved_transfers, state.out),
        cmocka_unit_test_prestate(segments_in_any_order_and_again, state.out),
        cmocka_unit_test_prestate(a_replayed_transfer_is_refused, state.out),
        cmocka_unit_test_prestate(a_repeat_of_a_whole_message_is_acknowledged, state.out),
        cmocka_unit_test_prestate(a_repeat_of_a_message_that_lost_its_entry_is_no_new_one,
                                  state.out),
        cmocka_unit_test_prestate(acks_come_when_segments_stop, state.out),
        cmocka_unit_test_prestate(acks_of_long_messages_are_repeated, state.out),
        cmocka_unit_test_prestate(an_ack_goes_no_further_than_the_segments, state.out),
        cmocka_unit_test_prestate(a_newer_transfer_replaces_and_an_older_one_is_ignored, state.out),
        cmocka_unit_test_prestate(an_unfinished_transfer_is_discarded, state.out),
        cmocka_unit_test_prestate(no_room_for_a_transfer, state.out),
        cmocka_unit_test_prestate(seq_zero_counts_back, state.out),
    };
    int failed = crypto == NULL ? 1 : cmocka_run_group_tests_name("sar", tests, NULL, NULL);

    usher_crypto_openssl_free(crypto);
    return failed != 0;
}
