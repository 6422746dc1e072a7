/*
 * PB-ADV links octet by octet, both sides (Mesh Protocol 1.1, section 5.3): what is sent and when,
 * what a link learns of its peer, and links that only listen. What becomes of what comes in is in
 * test_pb_adv_rx.c. Rows are those of docs/threat-model.md.
 */
#include "crc8.h"
#include "pb_adv_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

/* -- sending ----------------------------------------------------------------------------------- */

static void every_length_is_segmented_in_order_after_its_delays(void **state)
{
    struct bench b;

    (void)state;
    for (size_t len = 1; len <= USHER_PDU_MAX; len++) {
        uint8_t pdu[USHER_PDU_MAX], seg[4][BENCH_SEGMENT], number, gen[USHER_AD_MAX];
        size_t seg_len[4];
        unsigned n;
        uint64_t start;

        bench_open_client(&b, &usher_pb_adv_spec);
        bench_fill(pdu, len);
        n = bench_segments_of(pdu, len, seg, seg_len);
        start = b.now;
        assert_int_equal(pb_adv_send(&b.link, b.now, pdu, len, true), USHER_OK);
        assert_int_equal(pb_adv_send(&b.link, b.now, pdu, len, true), USHER_E_BUSY);
        for (unsigned i = 0; i < n; i++) {
            assert_int_equal(bench_next(&b, &number, gen), seg_len[i]);
            assert_memory_equal(gen, seg[i], seg_len[i]);
            assert_int_equal(number, 0);
            assert_in_range(b.now - start, 20, 50); /* side by side, not one after the other */
        }
        bench_ack(&b, 0);
        assert_int_equal(bench_poll(&b), BEARER_SENT);
        assert_true(pb_adv_due(&b.link) == USHER_NEVER); /* nothing of it is sent any more */
    }
    bench_open_client(&b, &usher_pb_adv_spec);
    assert_int_equal(pb_adv_send(&b.link, b.now, bench_uuid, 0, true), USHER_E_SIZE);
    assert_int_equal(pb_adv_send(&b.link, b.now, bench_uuid, USHER_PDU_MAX + 1, true),
                     USHER_E_SIZE);
}

static void without_an_ack_all_is_repeated_with_growing_pauses_for_thirty_seconds(void **state)
{
    struct bench b;
    uint8_t pdu[USHER_PDU_MAX], number, gen[USHER_AD_MAX];
    uint64_t began, last_round = 0, pause = 0;
    unsigned rounds = 0, closes = 0;

    (void)state;
    bench_open_client(&b, &usher_pb_adv_spec);
    bench_fill(pdu, 65);
    assert_int_equal(pb_adv_send(&b.link, b.now, pdu, 65, true), USHER_OK);
    began = b.now;
    while (b.now - began < 29000) {
        for (unsigned i = 0; i < 3; i++) {
            (void)bench_next(&b, &number, gen);
            assert_int_equal(gen[0] >> 2, i == 0 ? 2 : i);
        }
        if (rounds > 0) {
            uint64_t now_pause = b.now - last_round;

            assert_true(now_pause <= 2000u * 5 / 4 + 50);
            assert_true(now_pause >= 60u || rounds == 0);
            pause = now_pause > pause ? now_pause : pause;
        }
        last_round = b.now;
        rounds++;
        assert_int_equal(bench_let_time_pass(&b), BEARER_NOTHING);
    }
    assert_true(pause >= 2000); /* backed off to the slowest */
    assert_in_range(rounds, 15, 30);
    while (pb_adv_due(&b.link) != USHER_NEVER && closes < 3) {
        (void)bench_next(&b, &number, gen);
        if (gen[0] == 0x0B) {
            assert_int_equal(gen[1], USHER_CLOSE_TIMEOUT);
            assert_in_range(b.now - began, 30000, 30400);
            closes++;
        } else if (pb_adv_due(&b.link) == USHER_NEVER) {
            (void)bench_let_time_pass(&b);
        }
    }
    assert_int_equal(closes, 3);
    assert_int_equal(bench_poll(&b), BEARER_CLOSED);
    assert_int_equal(b.in.reason, USHER_CLOSE_TIMEOUT);
}

static void link_open_comes_early_a_few_times_and_then_leaves_a_second_of_silence(void **state)
{
    struct bench b;
    uint8_t number, gen[USHER_AD_MAX];
    uint64_t last = 0;

    (void)state;
    bench_begin(&b);
    pb_adv_open(&b.link, &usher_pb_adv_spec, b.now, LINK_ID, 3, bench_uuid);
    for (unsigned i = 0; i < 12; i++) {
        assert_int_equal(bench_next(&b, &number, gen), 17);
        if (i > 0 && i <= 3) {
            assert_in_range(b.now - last, 70, 300);
        } else if (i > 3) {
            assert_in_range(b.now - last, 1100, 1600);
        }
        last = b.now;
        assert_quiet(&b);
    }
    b.now = 60000;
    assert_quiet(&b); /* link establishment timer: closing now */
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(bench_next(&b, &number, gen), 2);
        assert_int_equal(gen[0], 0x0B);
        assert_int_equal(gen[1], USHER_CLOSE_TIMEOUT);
    }
    assert_int_equal(bench_poll(&b), BEARER_CLOSED);
}

static void a_link_without_a_pdu_is_closed_after_a_minute(void **state)
{
    struct bench b;
    uint8_t number, gen[USHER_AD_MAX];

    (void)state;
    bench_open_server(&b);
    assert_true(pb_adv_deadline(&b.link) == 1000 + 60000);
    assert_int_equal(bench_let_time_pass(&b), BEARER_NOTHING);
    (void)bench_next(&b, &number, gen);
    assert_int_equal(gen[0], 0x0B);
}

static void row_18_transaction_numbers_wrap_within_their_half(void **state)
{
    struct bench b;
    uint8_t number, gen[USHER_AD_MAX], pdu[1] = { 0x08 };

    (void)state;
    bench_open_client(&b, &usher_pb_adv_spec);
    for (unsigned i = 0; i < 300; i++) {
        assert_int_equal(pb_adv_send(&b.link, b.now, pdu, 1, true), USHER_OK);
        (void)bench_next(&b, &number, gen);
        assert_int_equal(number, i & 0x7F);
        bench_ack(&b, number);
        assert_int_equal(bench_poll(&b), BEARER_SENT);
    }
    bench_open_server(&b);
    for (unsigned i = 0; i < 300; i++) {
        assert_int_equal(pb_adv_send(&b.link, b.now, pdu, 1, true), USHER_OK);
        (void)bench_next(&b, &number, gen);
        assert_int_equal(number, 0x80 | (i & 0x7F));
        bench_ack(&b, number);
        assert_int_equal(bench_poll(&b), BEARER_SENT);
    }
}

static void row_19_an_ack_for_another_number_is_ignored_and_a_response_is_an_ack(void **state)
{
    struct bench b;
    uint8_t number, gen[USHER_AD_MAX], pdu[2] = { 0x00, 0x05 }, seg[4][BENCH_SEGMENT];
    static const uint8_t padded[] = { 0x05 }, longer[] = { 0x01, 0x00 };
    size_t seg_len[4];

    (void)state;
    bench_open_client(&b, &usher_pb_adv_spec);
    assert_int_equal(pb_adv_send(&b.link, b.now, pdu, 2, true), USHER_OK);
    bench_ack(&b, 0); /* before anything was sent */
    assert_quiet(&b);
    (void)bench_next(&b, &number, gen);
    bench_ack(&b, 1);
    bench_ack(&b, 0x80);
    bench_rx_gen(&b, 0, padded, sizeof(padded));
    bench_rx_gen(&b, 0, longer, sizeof(longer));
    assert_quiet(&b);
    (void)bench_segments_of(pdu, 2, seg, seg_len);
    bench_rx_gen(&b, 0x80, seg[0], seg_len[0]);
    assert_int_equal(bench_poll(&b), BEARER_SENT);
    assert_pdu(&b, pdu, 2);
}

/* Failed: the provisioner has not heard it yet and goes on after the ack of its Start. */
static void row_19_an_ack_of_what_is_not_sent_yet_is_ignored(void **state)
{
    static const uint8_t ack[] = { 0x01 };
    uint8_t number, gen[USHER_AD_MAX], pdu[2] = { 3, 4 };
    struct bench b;

    (void)state;
    bench_open_client(&b, &usher_pb_adv_spec);
    bench_rx_gen(&b, 0, ack, 1); /* nothing is to be acknowledged */
    assert_quiet(&b);
    assert_int_equal(pb_adv_send(&b.link, b.now, pdu, sizeof(pdu), true), USHER_OK);
    bench_rx_gen(&b, 0, ack, 1); /* nobody has heard it */
    assert_quiet(&b);
    (void)bench_next(&b, &number, gen);
    bench_rx_gen(&b, 0, ack, 1);
    assert_false(pb_adv_ready(&b.link)); /* its sender was not told yet */
    assert_int_equal(bench_poll(&b), BEARER_SENT);
    bench_rx_gen(&b, 1, ack, 1); /* the number that comes next */
    assert_quiet(&b);
    assert_int_equal(pb_adv_send(&b.link, b.now, pdu, sizeof(pdu), true), USHER_OK);
    (void)bench_next(&b, &number, gen);
    assert_int_equal(number, 1);
}

static void what_the_peer_does_not_wait_for_is_sent_until_its_own_ack(void **state)
{
    struct bench b;
    uint8_t failed[2] = { 0x09, 0x02 }, start[6] = { 0x02 }, key[65] = { 0x03 };
    uint8_t number, gen[USHER_AD_MAX], seg[4][BENCH_SEGMENT];
    size_t seg_len[4];
    unsigned again = 0;

    (void)state;
    bench_open_server(&b);
    (void)bench_segments_of(start, 6, seg, seg_len);
    bench_rx_gen(&b, 0, seg[0], seg_len[0]);
    assert_pdu(&b, start, 6);
    assert_int_equal(pb_adv_send(&b.link, b.now, failed, 2, false), USHER_OK);
    (void)bench_next(&b, &number, gen); /* lost */
    (void)bench_segments_of(key, 65, seg, seg_len);
    for (unsigned i = 0; i < 3; i++) {
        bench_rx_gen(&b, 1, seg[i], seg_len[i]);
    }
    assert_pdu(&b, key, 65);
    while (again < 2) {
        if (pb_adv_due(&b.link) == USHER_NEVER) {
            assert_int_equal(bench_let_time_pass(&b), BEARER_NOTHING);
            continue;
        }
        (void)bench_next(&b, &number, gen);
        if ((gen[0] & 3) == 0) { /* between them, the ack for the key */
            assert_int_equal(number, 0x80);
            assert_memory_equal(gen + 4, failed, 2);
            again++;
        }
    }
    bench_ack(&b, 0x80);
    assert_int_equal(bench_poll(&b), BEARER_SENT);
}

/* -- learning what the peer is like ------------------------------------------------------------ */

#define PEER_ACKS_MS 30      /* a peer acknowledges after this much */
#define PEER_REPEATS_MS 2000 /* a peer without our ack repeats itself, some no sooner than this */

/* The peer sends a PDU; we answer at once. @retval true  An explicit ack went out before the
 * answer's last segment. */
static bool exchange(struct bench *b, uint8_t theirs, bool strict)
{
    uint8_t pdu[2] = { 0, theirs }, seg[4][BENCH_SEGMENT], number, gen[USHER_AD_MAX];
    size_t seg_len[4];
    bool acked = false, answered = false;
    uint64_t again = b->now + PEER_REPEATS_MS;

    (void)bench_segments_of(pdu, 2, seg, seg_len);
    bench_rx_gen(b, theirs, seg[0], seg_len[0]);
    assert_pdu(b, pdu, 2);
    assert_int_equal(pb_adv_send(&b->link, b->now, pdu, 2, true), USHER_OK);
    while (!answered) { /* taken, if the peer is strict only once its own was acknowledged */
        uint64_t due = pb_adv_due(&b->link), timer = pb_adv_deadline(&b->link);

        if (!acked && again <= due && again <= timer) {
            b->now = again;
            again += PEER_REPEATS_MS;
            bench_rx_gen(b, theirs, seg[0], seg_len[0]);
            continue;
        }
        if (timer < due) { /* a repetition, whether an ack waits or not */
            assert_int_equal(bench_let_time_pass(b), BEARER_NOTHING);
            continue;
        }
        (void)bench_next(b, &number, gen);
        if ((gen[0] & 3) == 1) {
            acked = true;
        } else {
            answered = acked || !strict;
        }
    }
    b->now += PEER_ACKS_MS;
    bench_ack(b, b->link.tx_number);
    assert_int_equal(bench_poll(b), BEARER_SENT);
    return acked;
}

static void a_peer_that_takes_an_answer_for_the_ack_gets_no_other(void **state)
{
    struct bench b;

    (void)state;
    bench_open_server(&b);
    for (uint8_t i = 0; i < 10; i++) {
        assert_false(exchange(&b, i, false));
    }
    assert_int_equal(b.link.stats.retries, 0);
}

/*
 * How long an exchange takes at most, ms, with a strict peer that is known as one. Ack and answer
 * wait side by side. If the answer goes first, it is in vain and repeated once: after the policy's
 * shortest silence, as the round trip is short, its jitter of an eighth, and another delay.
 */
static uint64_t longest_strict_exchange(const struct usher_pb_adv_policy *p)
{
    return p->delay_max + p->retry_min + p->retry_min / 8u + p->delay_max + PEER_ACKS_MS;
}

static void a_peer_that_waits_for_its_acks_is_learned_from_two_exchanges(void **state)
{
    struct bench b;

    (void)state;
    for (unsigned n = 0; n < 50; n++) { /* each with a jitter of its own */
        bench_open_server(&b);
        assert_true(exchange(&b, 0, true));
        assert_true(exchange(&b, 1, true));
        assert_true(b.link.stats.retries >= 2);
        for (uint8_t i = 2; i < 6; i++) {
            uint64_t start = b.now;
            uint32_t before = b.link.stats.retries;

            assert_true(exchange(&b, i, true));
            assert_true(b.now - start <= longest_strict_exchange(&usher_pb_adv_spec));
            assert_true(b.link.stats.retries - before <= 1);
        }
    }
}

/* An ack out of turn costs air, and says nothing to a peer that has gone on. */
static void an_ack_is_not_repeated_unless_the_peer_repeats_itself(void **state)
{
    struct bench b;
    uint8_t invite[2] = { 0, 5 }, caps[12] = { 0x01 }, seg[4][BENCH_SEGMENT], number,
            gen[USHER_AD_MAX];
    size_t seg_len[4];
    uint64_t began;

    (void)state;
    bench_open_server(&b);
    (void)bench_segments_of(invite, 2, seg, seg_len);
    bench_rx_gen(&b, 0, seg[0], seg_len[0]);
    assert_pdu(&b, invite, 2);
    assert_int_equal(pb_adv_send(&b.link, b.now, caps, 12, true), USHER_OK);
    began = b.now;
    while (b.now - began < 20000) {
        if (pb_adv_due(&b.link) == USHER_NEVER) {
            assert_int_equal(bench_let_time_pass(&b), BEARER_NOTHING);
            continue;
        }
        (void)bench_next(&b, &number, gen);
        assert_int_equal(gen[0] & 3, 0); /* the response, again and again */
    }
    bench_rx_gen(&b, 0, seg[0], seg_len[0]);
    do {
        (void)bench_next(&b, &number, gen);
    } while ((gen[0] & 3) == 0 && b.now - began < 25000);
    assert_int_equal(gen[0], 0x01);
    assert_int_equal(number, 0);
}

static void a_slow_peer_is_not_pressed(void **state)
{
    struct bench b;
    uint8_t pdu[2] = { 0, 0 }, number, gen[USHER_AD_MAX];
    static const uint8_t link_ack[] = { 0x07 };
    uint64_t sent;

    (void)state;
    bench_begin(&b);
    pb_adv_open(&b.link, &usher_pb_adv_spec, b.now, LINK_ID, 5, bench_uuid);
    for (unsigned i = 0; i < 4; i++) {
        (void)bench_next(&b, &number, gen);
    }
    b.now += 900; /* its Link Ack, long after the last Link Open */
    bench_rx_gen(&b, 0, link_ack, sizeof(link_ack));
    assert_int_equal(bench_poll(&b), BEARER_OPENED);
    assert_int_equal(pb_adv_send(&b.link, b.now, pdu, 2, true), USHER_OK);
    (void)bench_next(&b, &number, gen);
    sent = b.now;
    assert_int_equal(bench_let_time_pass(&b), BEARER_NOTHING);
    assert_true(b.now - sent >= 900); /* the repetition waits for as long as the peer took */
}

/* -- who only listens -------------------------------------------------------------------------- */

/* A PDU of two segments, its last octet @p last: the @p n-th segment of it is heard. */
static void hear_segment(struct bench *b, uint8_t number, uint8_t last, unsigned n)
{
    uint8_t pdu[21] = { 0x07 };

    pdu[20] = last;
    pb_adv_observe(&b->link, LINK_ID, number);
    if (n == 0) {
        uint8_t gen[24] = { 1 << 2, 0, sizeof(pdu), crc8_fcs(pdu, sizeof(pdu)) };

        memcpy(gen + 4, pdu, 20);
        bench_rx_gen(b, number, gen, sizeof(gen));
    } else {
        bench_rx_gen(b, number, (const uint8_t[]){ 1 << 2 | 2, last }, 2);
    }
}

static void assert_heard(struct bench *b, uint8_t last)
{
    assert_int_equal(bench_poll(b), BEARER_PDU);
    assert_int_equal(b->in.len, 21);
    assert_int_equal(b->in.pdu[20], last);
    assert_quiet(b);
}

static void an_observer_hears_each_pdu_of_a_side_once(void **state)
{
    struct bench b;

    (void)state;
    bench_begin(&b);
    b.now = 1000;
    for (uint8_t number = 0x80; number < 0x83; number++) {
        hear_segment(&b, number, number, 0);
        assert_quiet(&b);
        hear_segment(&b, number, number, 1);
        assert_heard(&b, number);
        hear_segment(&b, number, number, 0); /* again: whoever sent it did not hear the ack */
        hear_segment(&b, number, number, 1);
        assert_quiet(&b);
    }
}

static void an_observer_goes_on_after_what_it_missed(void **state)
{
    struct bench b;

    (void)state;
    bench_begin(&b);
    b.now = 1000;
    hear_segment(&b, 5, 1, 0); /* the beginning of one; the end is missed, and all of the next */
    hear_segment(&b, 7, 2, 1);
    assert_quiet(&b);
    hear_segment(&b, 7, 2, 0);
    assert_heard(&b, 2);
    pb_adv_observe(&b.link, LINK_ID + 1, 7); /* another link, with the same number */
    assert_quiet(&b);
    hear_segment(&b, 7, 3, 0);
    hear_segment(&b, 7, 3, 1);
    assert_heard(&b, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_length_is_segmented_in_order_after_its_delays),
        cmocka_unit_test(without_an_ack_all_is_repeated_with_growing_pauses_for_thirty_seconds),
        cmocka_unit_test(link_open_comes_early_a_few_times_and_then_leaves_a_second_of_silence),
        cmocka_unit_test(a_link_without_a_pdu_is_closed_after_a_minute),
        cmocka_unit_test(row_18_transaction_numbers_wrap_within_their_half),
        cmocka_unit_test(row_19_an_ack_for_another_number_is_ignored_and_a_response_is_an_ack),
        cmocka_unit_test(row_19_an_ack_of_what_is_not_sent_yet_is_ignored),
        cmocka_unit_test(what_the_peer_does_not_wait_for_is_sent_until_its_own_ack),
        cmocka_unit_test(a_peer_that_takes_an_answer_for_the_ack_gets_no_other),
        cmocka_unit_test(a_peer_that_waits_for_its_acks_is_learned_from_two_exchanges),
        cmocka_unit_test(an_ack_is_not_repeated_unless_the_peer_repeats_itself),
        cmocka_unit_test(a_slow_peer_is_not_pressed),
        cmocka_unit_test(an_observer_hears_each_pdu_of_a_side_once),
        cmocka_unit_test(an_observer_goes_on_after_what_it_missed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
