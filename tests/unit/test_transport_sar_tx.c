/*
 * The sender of segmented messages (Mesh Protocol 1.1, section 3.5.3.3) on the wire of wire.h: its
 * rounds, which acks count, and the ends of a transfer.
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
static uint8_t message[USHER_ACCESS_MAX] = { 0x01, 0x02, 0x03 };

static struct wire *fresh(void **state)
{
    wire_init(&wire, *state, 1);
    return &wire;
}

static struct net_pdu ack_pdu(const struct usher_sar_tx *tx, uint32_t seq, uint32_t block)
{
    struct net_pdu p = { .ctl = 1,
                         .ttl = 3,
                         .src = tx->dst,
                         .dst = tx->src,
                         .seq = seq,
                         .iv_index = tx->iv_index,
                         .len = 7 };
    struct segment_ack a = { .seq_zero = (uint16_t)(tx->seq0 & SEQ_ZERO_MASK), .block = block };
    struct io io = io_writer(p.transport + 1, sizeof(p.transport) - 1);

    segment_ack_fields(&io, &a);
    return p;
}

static struct usher_sar_tx *begin(struct wire *w, size_t len)
{
    struct transport_out out = message_to(&w->node[0], 0x0200, message, len);

    w->node[1].deaf = true;
    out.token = 9;
    assert_int_equal(transport_send(&w->node[0].net, w->now, &out), USHER_OK);
    return &w->node[0].sar_tx[0];
}

static void assert_ended(struct wire *w, bool delivered)
{
    struct node *n = &w->node[0];

    assert_int_equal(n->count, 1);
    assert_int_equal(n->told[0].kind, TRANSPORT_SENT);
    assert_int_equal(n->told[0].in.token, 9);
    assert_int_equal(n->told[0].in.delivered, delivered);
    assert_false(transport_busy(&n->net));
    assert_int_equal(net_room(&n->net), n->net.tx_size);
}

/* Three rounds of all segments, each under a number of its own; then it is told that it failed. */
static void nobody_answers(void **state)
{
    struct wire *w = fresh(state);
    struct usher_sar_tx *tx = begin(w, 100);
    uint32_t seq0 = tx->seq0;
    unsigned count = wire_record(w, &w->node[0], &w->node[1], 10000, recorded, RECORDED);

    assert_int_equal(count, 3 * 9);
    for (unsigned i = 0; i < count; i++) {
        struct io io = io_reader(recorded[i].transport, recorded[i].len);
        struct segment s = { 0 };

        segment_fields(&io, &s);
        assert_int_equal(recorded[i].seq, seq0 + i);
        assert_int_equal(s.index, i % 9);
        assert_int_equal(s.seq_zero, seq0 & SEQ_ZERO_MASK);
        assert_int_equal(recorded[i].ttl, 7);
    }
    assert_ended(w, false);
    assert_int_equal(w->node[0].net.stats.sar_failed, 1);
}

static void rounds_carry_what_is_not_acknowledged(void **state)
{
    struct wire *w = fresh(state);
    struct usher_sar_tx *tx = begin(w, 100);
    struct net_pdu p;

    assert_int_equal(wire_record(w, &w->node[0], &w->node[1], 600, recorded, RECORDED), 9);
    p = ack_pdu(tx, 1, 0x1EF);
    wire_hand(w, &w->node[0], &p);
    assert_int_equal(wire_record(w, &w->node[0], &w->node[1], 200, recorded, RECORDED), 1);
    assert_int_equal(recorded[0].transport[3] >> 5 | (recorded[0].transport[2] & 3) << 3, 4);
    p = ack_pdu(tx, 2, 0x1FF);
    wire_hand(w, &w->node[0], &p);
    assert_ended(w, true);
}

/*
 * The entries for messages being received are few. A peer that gave one to another message begins
 * anew, so what it acknowledged before is not there any more.
 */
static void what_the_peer_has_forgotten_is_sent_again(void **state)
{
    struct wire *w = fresh(state);
    struct usher_sar_tx *tx = begin(w, 100);
    struct net_pdu p;

    wire_run(w, 600);
    p = ack_pdu(tx, 1, 0x00F);
    wire_hand(w, &w->node[0], &p);
    p = ack_pdu(tx, 2, 0x1F0);
    wire_hand(w, &w->node[0], &p);
    assert_true(transport_busy(&w->node[0].net));
    assert_int_equal(wire_record(w, &w->node[0], &w->node[1], 500, recorded, RECORDED), 4);
    p = ack_pdu(tx, 3, OK_ACK);
    wire_hand(w, &w->node[0], &p);
    assert_ended(w, true);
}

static void acks_that_do_not_count(void **state)
{
    struct wire *w = fresh(state);
    struct usher_sar_tx *tx = begin(w, 100);
    struct net_pdu p;

    wire_run(w, 600);
#define IGNORED(bits, change)                                                                      \
    p = ack_pdu(tx, 10, bits);                                                                     \
    change;                                                                                        \
    wire_hand(w, &w->node[0], &p);                                                                 \
    assert_int_equal(tx->acked, 0);                                                                \
    assert_true(transport_busy(&w->node[0].net))

    IGNORED(OK_ACK, p.src = 0x0201);
    IGNORED(0, p.src = 0x0300);
    IGNORED(OK_ACK, p.dst = 0x0101);
    IGNORED(OK_ACK, p.net_index = 1);
    IGNORED(OK_ACK, p.transport[2] ^= 0x04); /* SeqZero */
    IGNORED(OK_ACK, p.len = 6);
    IGNORED(OK_ACK, p.len = 8);
    IGNORED(0xFFFFFE00, (void)0); /* bits above SegN */
#undef IGNORED
    assert_int_equal(w->node[0].rpl[0].src, 0); /* none was accepted */
    p = ack_pdu(tx, 10, 0x0F);
    wire_hand(w, &w->node[0], &p);
    assert_int_equal(tx->acked, 0x0F);
    p = ack_pdu(tx, 10, 0x1FF); /* a replay */
    wire_hand(w, &w->node[0], &p);
    assert_int_equal(tx->acked, 0x0F);
    p = ack_pdu(tx, 11, 0xFF);
    p.src = 0x0300; /* a friend, on behalf of the destination */
    p.transport[1] |= 0x80;
    wire_hand(w, &w->node[0], &p);
    assert_int_equal(tx->acked, 0xFF);
    p = ack_pdu(tx, 12, OK_ACK);
    wire_hand(w, &w->node[0], &p);
    assert_ended(w, true);
}

static void the_peer_cancels(void **state)
{
    struct wire *w = fresh(state);
    struct usher_sar_tx *tx = begin(w, 100);
    struct net_pdu p = ack_pdu(tx, 1, 0);

    wire_run(w, 100);
    wire_hand(w, &w->node[0], &p);
    assert_ended(w, false);
}

/* As long as acks bring something new the limit of rounds without progress does not count. */
static void limits_of_rounds(void **state)
{
    struct wire *w = fresh(state);
    struct usher_sar_tx *tx;

    w->node[0].net.sar.unicast_retransmissions = 9;
    w->node[0].net.sar.unicast_without_progress = 1;
    tx = begin(w, 100);
    for (uint32_t i = 0; i < 5; i++) {
        struct net_pdu p = ack_pdu(tx, i + 1, (2u << i) - 1); /* one more */

        wire_run(w, 1000);
        assert_true(transport_busy(&w->node[0].net));
        wire_hand(w, &w->node[0], &p);
    }
    w->node[0].net.stats.tx = 0;
    wire_settle(w);
    assert_ended(w, false);
    assert_true(w->node[0].net.stats.tx <= 3 * 4);
}

static void one_transfer_to_a_destination(void **state)
{
    struct wire *w = fresh(state);
    struct node *n = &w->node[0];
    struct transport_out out = message_to(n, 0x0200, message, 100);

    begin(w, 100);
    assert_int_equal(transport_send(&n->net, w->now, &out), USHER_E_BUSY);
    out.len = 5; /* short ones go on */
    assert_int_equal(transport_send(&n->net, w->now, &out), USHER_OK);
    out.len = 100;
    out.target.dst = 0x0300;
    assert_int_equal(transport_send(&n->net, w->now, &out), USHER_OK);
    out.target.dst = 0x0400;
    assert_int_equal(transport_send(&n->net, w->now, &out), USHER_E_NO_MEM);
    wire_settle(w);
    assert_told(&w->node[2], 0x0100, 0x0300, 0, message, 100);
}

/* SeqZero would mean another message, or another IV Index would. */
static void a_transfer_that_outlives_its_numbers(void **state)
{
    for (unsigned i = 0; i < 2; i++) {
        struct wire *w = fresh(state);
        struct usher_sar_tx *tx = begin(w, 100);

        wire_run(w, 100);
        if (i == 0) {
            w->node[0].net.iv.seq = tx->seq0 + 8191;
            wire_run(w, 60);
            assert_true(transport_busy(&w->node[0].net));
        } else {
            w->node[0].net.iv.index++;
            w->node[0].net.iv.seq = 0;
        }
        w->node[0].net.stats.tx = 0;
        wire_run(w, 200);
        assert_ended(w, false);
        assert_int_equal(w->node[0].net.stats.tx, 0);
    }
}

/* Others' PDUs find room beside segments, however slowly the queue empties. */
static void segments_leave_room_in_the_queue(void **state)
{
    struct wire *w = fresh(state);
    struct node *n = &w->node[0];
    struct transport_out out = message_to(n, 0x0300, message, sizeof(message));

    n->net.sar.segment_interval_step = 0;
    begin(w, sizeof(message));
    assert_int_equal(transport_send(&n->net, w->now, &out), USHER_OK);
    for (unsigned i = 0; i < 500; i++) { /* nothing leaves */
        w->now += 10;
        node_drain(n);
    }
    assert_true(net_room(&n->net) >= n->net.tx_size / 4u);
    assert_int_equal(n->net.stats.tx, n->net.iv.seq);
    wire_settle(w);
    assert_told(&w->node[2], 0x0100, 0x0300, 0, message, sizeof(message));
}

/* A round begins when the one before has been on the air. */
static void rounds_wait_for_the_queue(void **state)
{
    struct wire *w = fresh(state);
    struct usher_sar_tx *tx = begin(w, 40);

    for (unsigned i = 0; i < 500; i++) { /* nothing leaves */
        w->now += 10;
        node_drain(&w->node[0]);
    }
    assert_int_equal(tx->tries, 1);
    assert_int_equal(tx->pending, 0);
    assert_int_equal(wire_record(w, &w->node[0], &w->node[1], 10000, recorded, RECORDED), 3 * 4);
    assert_ended(w, false);
}

static void cleared_transfers_are_gone(void **state)
{
    struct wire *w = fresh(state);
    struct node *n = &w->node[0];

    begin(w, 100);
    wire_run(w, 100);
    transport_clear(&n->net);
    assert_false(transport_busy(&n->net));
    assert_int_equal(transport_deadline(&n->net), USHER_NEVER);
    wire_settle(w);
    assert_int_equal(n->count, 0);
}

int main(void)
{
    const struct usher_crypto *crypto = usher_crypto_openssl_new();
    union {
        const void *in;
        void *out;
    } state = { .in = crypto };
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(nobody_answers, state.out),
        cmocka_unit_test_prestate(rounds_carry_what_is_not_acknowledged, state.out),
        cmocka_unit_test_prestate(what_the_peer_has_forgotten_is_sent_again, state.out),
        cmocka_unit_test_prestate(acks_that_do_not_count, state.out),
        cmocka_unit_test_prestate(the_peer_cancels, state.out),
        cmocka_unit_test_prestate(limits_of_rounds, state.out),
        cmocka_unit_test_prestate(one_transfer_to_a_destination, state.out),
        cmocka_unit_test_prestate(a_transfer_that_outlives_its_numbers, state.out),
        cmocka_unit_test_prestate(segments_leave_room_in_the_queue, state.out),
        cmocka_unit_test_prestate(rounds_wait_for_the_queue, state.out),
        cmocka_unit_test_prestate(cleared_transfers_are_gone, state.out),
    };
    int failed = crypto == NULL ? 1 : cmocka_run_group_tests_name("sar_tx", tests, NULL, NULL);

    usher_crypto_openssl_free(crypto);
    return failed != 0;
}
