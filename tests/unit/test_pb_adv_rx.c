/*
 * PB-ADV links octet by octet, both sides (Mesh Protocol 1.1, section 5.3): what becomes of
 * whatever an air without authentication brings in. Rows are those of docs/threat-model.md.
 */
#include "pb_adv_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static const uint8_t other_uuid[USHER_UUID_SIZE] = "another's uuid.";

static void every_length_is_reassembled_in_any_order_and_once(void **state)
{
    static const uint8_t orders[][3] = { { 0, 1, 2 }, { 2, 1, 0 }, { 1, 2, 0 }, { 1, 0, 2 } };
    struct bench b;

    (void)state;
    for (size_t len = 1; len <= USHER_PDU_MAX; len++) {
        for (size_t o = 0; o < 4; o++) {
            uint8_t pdu[USHER_PDU_MAX], seg[4][BENCH_SEGMENT];
            size_t seg_len[4];
            unsigned n;

            bench_open_server(&b);
            bench_fill(pdu, len);
            n = bench_segments_of(pdu, len, seg, seg_len);
            for (unsigned i = 0; i < 3; i++) {
                if (orders[o][i] < n) {
                    assert_quiet(&b);
                    bench_rx_gen(&b, 0, seg[orders[o][i]], seg_len[orders[o][i]]);
                }
            }
            assert_pdu(&b, pdu, len);
            assert_acknowledged(&b, 0);
            bench_rx_gen(&b, 0, seg[0], seg_len[0]); /* again: acknowledged, not told */
            assert_quiet(&b);
            assert_acknowledged(&b, 0);
        }
    }
}

static void a_wrong_fcs_is_not_acknowledged_and_the_repetition_is_taken(void **state)
{
    struct bench b;
    uint8_t pdu[40], seg[4][BENCH_SEGMENT], number, gen[USHER_AD_MAX];
    size_t seg_len[4];

    (void)state;
    bench_open_server(&b);
    bench_fill(pdu, sizeof(pdu));
    (void)bench_segments_of(pdu, sizeof(pdu), seg, seg_len);
    seg[0][3] ^= 1;
    bench_rx_gen(&b, 0, seg[0], seg_len[0]);
    bench_rx_gen(&b, 0, seg[1], seg_len[1]);
    assert_quiet(&b);
    assert_true(pb_adv_due(&b.link) == USHER_NEVER);
    assert_int_equal(b.link.stats.fcs_errors, 1);
    seg[0][3] ^= 1;
    bench_rx_gen(&b, 0, seg[0], seg_len[0]);
    bench_rx_gen(&b, 0, seg[1], seg_len[1]);
    assert_pdu(&b, pdu, sizeof(pdu));
    assert_int_equal(bench_next(&b, &number, gen), 1);
    assert_int_equal(gen[0], 0x01);
    assert_int_equal(number, 0);
}

static void row_15_start_with_a_wrong_length_is_dropped(void **state)
{
    static const uint16_t totals[] = { 0, 21, 43, 44, 66, 67, 256, 1469, 65535 };
    struct bench b;

    (void)state;
    for (size_t i = 0; i < sizeof(totals) / sizeof(totals[0]); i++) {
        for (unsigned last = 0; last < 64; last++) {
            uint8_t gen[24] = { (uint8_t)(last << 2), (uint8_t)(totals[i] >> 8),
                                (uint8_t)totals[i] };
            size_t right = totals[i] <= 20 ? 0 : (totals[i] - 20u + 22) / 23;

            if (totals[i] != 0 && totals[i] <= USHER_PDU_MAX && last == right) {
                continue;
            }
            bench_open_server(&b);
            bench_rx_gen(&b, 0, gen, sizeof(gen));
            assert_quiet(&b);
            assert_int_equal(b.link.stats.dropped, 1);
            assert_int_equal(b.link.rx_seg_len[0], 0);
        }
    }
    bench_open_server(&b);
    bench_rx_gen(&b, 0, (const uint8_t[4]){ 0 }, 4); /* nothing at all, with the FCS of nothing */
    assert_quiet(&b);
    assert_int_equal(b.link.stats.dropped, 1);
    for (size_t len = 1; len < 24; len++) { /* a start that is cut off, whatever it announces */
        uint8_t gen[24] = { 0x04, 0, 40 };

        bench_open_server(&b);
        bench_rx_gen(&b, 0, gen, len);
        assert_quiet(&b);
        assert_int_equal(b.link.stats.dropped, 1);
    }
}

static void row_16_continuations_that_cannot_be_are_dropped(void **state)
{
    struct bench b;

    (void)state;
    for (unsigned index = 0; index < 64; index++) {
        for (size_t len = 1; len <= 25; len++) {
            uint8_t gen[26] = { (uint8_t)(index << 2 | 2) };
            bool possible =
                index >= 1 && index <= 2 && len >= 2 && len <= 24 && !(index == 2 && len > 23);

            bench_open_server(&b);
            bench_rx_gen(&b, 0, gen, len);
            assert_quiet(&b);
            assert_int_equal(b.link.stats.dropped, possible ? 0 : 1);
        }
    }
}

static void row_16_continuations_that_do_not_fit_their_start_are_dropped(void **state)
{
    struct bench b;
    uint8_t pdu[40], seg[4][BENCH_SEGMENT], forged[24] = { 2 << 2 | 2 };
    size_t seg_len[4];

    (void)state;
    bench_open_server(&b);
    bench_fill(pdu, sizeof(pdu));
    (void)bench_segments_of(pdu, sizeof(pdu), seg, seg_len);
    bench_rx_gen(&b, 0, seg[0], seg_len[0]);
    bench_rx_gen(&b, 0, forged, 5); /* behind the last */
    assert_int_equal(b.link.stats.dropped, 1);
    forged[0] = 1 << 2 | 2;
    bench_rx_gen(&b, 0, forged, seg_len[1] - 1);
    bench_rx_gen(&b, 0, forged, seg_len[1] + 1);
    assert_quiet(&b);
    assert_int_equal(b.link.stats.dropped, 3);
    bench_rx_gen(&b, 0, seg[1], seg_len[1]);
    assert_pdu(&b, pdu, sizeof(pdu));
}

static void row_17_a_forged_start_does_not_block_the_transaction(void **state)
{
    struct bench b;
    uint8_t pdu[2] = { 0, 5 }, seg[4][BENCH_SEGMENT], forged[24] = { 2 << 2, 0, 65, 0x11 };
    size_t seg_len[4];

    (void)state;
    bench_open_server(&b);
    bench_rx_gen(&b, 0, forged, sizeof(forged)); /* of a long PDU whose other segments never come */
    (void)bench_segments_of(pdu, sizeof(pdu), seg, seg_len);
    bench_rx_gen(&b, 0, seg[0], seg_len[0]);
    assert_pdu(&b, pdu, sizeof(pdu));
}

static void row_16_a_segment_twice_with_other_octets_changes_nothing(void **state)
{
    struct bench b;
    uint8_t pdu[USHER_PDU_MAX], seg[4][BENCH_SEGMENT], forged[BENCH_SEGMENT];
    size_t seg_len[4];

    (void)state;
    bench_open_server(&b);
    bench_fill(pdu, sizeof(pdu));
    (void)bench_segments_of(pdu, sizeof(pdu), seg, seg_len);
    bench_rx_gen(&b, 0, seg[0], seg_len[0]);
    bench_rx_gen(&b, 0, seg[1], seg_len[1]);
    memcpy(forged, seg[1], sizeof(forged));
    forged[5] ^= 0xFF;
    bench_rx_gen(&b, 0, forged, seg_len[1]);
    memcpy(forged, seg[0], sizeof(forged));
    forged[2] = 20; /* a start that tells of another length */
    bench_rx_gen(&b, 0, forged, seg_len[0]);
    bench_rx_gen(&b, 0, seg[2], seg_len[2]);
    assert_pdu(&b, pdu, sizeof(pdu));
}

static void row_16_a_held_continuation_that_does_not_fit_the_start_is_forgotten(void **state)
{
    struct bench b;
    uint8_t pdu[40], seg[4][BENCH_SEGMENT], longer[24] = { 1 << 2 | 2, 1, 2, 3 };
    size_t seg_len[4];

    (void)state;
    bench_open_server(&b);
    bench_fill(pdu, sizeof(pdu));
    (void)bench_segments_of(pdu, sizeof(pdu), seg, seg_len);
    bench_rx_gen(&b, 0, longer, sizeof(longer));
    bench_rx_gen(&b, 0, seg[0], seg_len[0]);
    assert_quiet(&b);
    bench_rx_gen(&b, 0, seg[1], seg_len[1]);
    assert_pdu(&b, pdu, sizeof(pdu));
}

static void row_17_and_row_18_segments_of_other_transactions_are_ignored(void **state)
{
    struct bench b;
    uint8_t pdu[40], seg[4][BENCH_SEGMENT];
    size_t seg_len[4];

    (void)state;
    bench_open_server(&b);
    bench_fill(pdu, sizeof(pdu));
    (void)bench_segments_of(pdu, sizeof(pdu), seg, seg_len);
    bench_rx_gen(&b, 0, seg[0], seg_len[0]);
    bench_rx_gen(&b, 1, seg[1], seg_len[1]);
    bench_rx_gen(&b, 0x7F, seg[1], seg_len[1]);
    bench_rx_gen(&b, 0x80, seg[1], seg_len[1]); /* our own half */
    assert_quiet(&b);
    bench_rx_gen(&b, 0, seg[1], seg_len[1]);
    assert_pdu(&b, pdu, sizeof(pdu));
}

static void row_20_only_the_first_link_open_to_our_uuid_counts(void **state)
{
    struct bench b;
    uint8_t gen[USHER_AD_MAX], data[32] = { 0x12, 0x34, 0x56, 0x78 }, number, pdu[2] = { 0, 0 },
                               seg[4][BENCH_SEGMENT];
    size_t seg_len[4];

    (void)state;
    bench_begin(&b);
    pb_adv_listen(&b.link, &usher_pb_adv_spec, 7, bench_uuid);
    bench_link_open(data + 5, other_uuid);
    assert_false(pb_adv_wants(&b.link, data, 22));
    bench_rx(&b, data, 22);
    assert_quiet(&b);
    for (size_t len = 0; len < 22; len++) { /* cut off */
        bench_link_open(data + 5, bench_uuid);
        assert_false(pb_adv_wants(&b.link, data, len));
        bench_rx(&b, data, len);
        assert_quiet(&b);
    }
    bench_open_server(&b);
    data[0] = 0x99; /* another provisioner */
    assert_false(pb_adv_wants(&b.link, data, 22));
    bench_link_open(gen, bench_uuid);
    bench_rx_gen(&b, 0, gen, 17); /* the same again, our ack was lost */
    assert_quiet(&b);
    assert_int_equal(bench_next(&b, &number, gen), 1);
    assert_int_equal(gen[0], 0x07);
    (void)bench_segments_of(pdu, 2, seg, seg_len);
    bench_rx_gen(&b, 0, seg[0], seg_len[0]);
    assert_pdu(&b, pdu, 2);
    (void)bench_next(&b, &number, gen);
    assert_int_equal(gen[0], 0x01);
    bench_link_open(gen, bench_uuid); /* too late */
    bench_rx_gen(&b, 0, gen, 17);
    assert_quiet(&b);
    assert_true(pb_adv_due(&b.link) == USHER_NEVER);
}

static void row_21_a_close_ends_the_link_with_its_reason_once(void **state)
{
    static const uint8_t reasons[] = { 0, 1, 2, 3, 255 };
    struct bench b;

    (void)state;
    for (size_t i = 0; i < sizeof(reasons); i++) {
        uint8_t gen[2] = { 0x0B, reasons[i] };

        bench_open_client(&b, &usher_pb_adv_spec);
        bench_rx_gen(&b, 0, gen, 1); /* no reason: malformed */
        assert_quiet(&b);
        bench_rx_gen(&b, 0, gen, 2);
        bench_rx_gen(&b, 0, gen, 2);
        assert_int_equal(bench_poll(&b), BEARER_CLOSED);
        assert_int_equal(b.in.reason, reasons[i]);
        assert_quiet(&b);
        assert_true(pb_adv_due(&b.link) == USHER_NEVER);
        assert_int_equal(pb_adv_send(&b.link, b.now, bench_uuid, 1, true), USHER_E_BUSY);
    }
}

/* The peer may be closing as well. */
static void row_21_what_we_close_for_stays_the_reason(void **state)
{
    static const uint8_t theirs[] = { 0x0B, USHER_CLOSE_SUCCESS };
    struct bench b;

    (void)state;
    bench_open_client(&b, &usher_pb_adv_spec);
    pb_adv_close(&b.link, b.now, USHER_CLOSE_ERROR);
    bench_rx_gen(&b, 0, theirs, sizeof(theirs));
    assert_int_equal(bench_poll(&b), BEARER_CLOSED);
    assert_int_equal(b.in.reason, USHER_CLOSE_ERROR);
}

static void row_20_a_link_ack_counts_once_after_the_link_open(void **state)
{
    static const uint8_t link_ack[] = { 0x07, 0x00 };
    uint8_t number, gen[USHER_AD_MAX], pdu[2] = { 3, 4 };
    struct bench b;

    (void)state;
    bench_begin(&b);
    b.now = 1000;
    pb_adv_open(&b.link, &usher_pb_adv_spec, b.now, LINK_ID, 3, bench_uuid);
    bench_rx_gen(&b, 0, link_ack, 1); /* before anybody was asked */
    assert_quiet(&b);
    assert_int_equal(bench_next(&b, &number, gen), 17);
    bench_rx_gen(&b, 0, link_ack, 2); /* longer than it is */
    assert_quiet(&b);
    bench_rx_gen(&b, 0, link_ack, 1);
    assert_int_equal(bench_poll(&b), BEARER_OPENED);
    assert_int_equal(pb_adv_send(&b.link, b.now, pdu, sizeof(pdu), true), USHER_OK);
    bench_rx_gen(&b, 0, link_ack, 1); /* again */
    assert_quiet(&b);
    assert_int_equal(bench_next(&b, &number, gen), 4 + 2);
    assert_int_equal(number, 0);
}

static void row_20_link_control_at_the_wrong_moment_changes_nothing(void **state)
{
    static const uint8_t link_close[] = { 0x0B, 0 };
    static const uint8_t short_data[] = { 0x12, 0x34, 0x56, 0x78, 0 };
    uint8_t gen[17], ad[USHER_AD_MAX];
    struct bench b;

    (void)state;
    bench_link_open(gen, bench_uuid);
    bench_open_client(&b, &usher_pb_adv_spec);
    bench_rx_gen(&b, 0, gen, 17); /* a client is not opened */
    assert_quiet(&b);
    assert_true(pb_adv_due(&b.link) == USHER_NEVER);
    assert_false(pb_adv_wants(&b.link, short_data, sizeof(short_data)));
    pb_adv_stop(&b.link);
    assert_false(pb_adv_wants(&b.link, short_data, sizeof(short_data)));
    pb_adv_listen(&b.link, &usher_pb_adv_spec, 3, bench_uuid);
    bench_rx_gen(&b, 0, link_close, 2); /* of a link that there is not */
    assert_quiet(&b);
    bench_rx_gen(&b, 0, gen, 17);
    assert_false(pb_adv_ready(&b.link));                  /* nobody was told yet */
    assert_int_equal(pb_adv_next(&b.link, b.now, ad), 0); /* nor is its answer due */
    assert_int_equal(bench_poll(&b), BEARER_OPENED);
    assert_true(pb_adv_ready(&b.link));
    pb_adv_close(&b.link, b.now, USHER_CLOSE_ERROR);
    bench_rx_gen(&b, 0, gen, 17); /* what closes is not opened again */
    assert_false(pb_adv_ready(&b.link));
}

/* Segments of what comes next, or comes too late. */
static void row_17_a_pdu_is_told_before_another_one_begins(void **state)
{
    uint8_t first[2] = { 3, 4 }, second[2] = { 5, 6 }, seg[4][BENCH_SEGMENT];
    size_t seg_len[4];
    struct bench b;

    (void)state;
    bench_open_server(&b);
    (void)bench_segments_of(first, 2, seg, seg_len);
    bench_rx_gen(&b, 0, seg[0], seg_len[0]);
    (void)bench_segments_of(second, 2, seg, seg_len);
    bench_rx_gen(&b, 1, seg[0], seg_len[0]); /* before the first was taken */
    assert_pdu(&b, first, 2);
    assert_int_equal(pb_adv_send(&b.link, b.now, first, 2, true), USHER_OK);
    bench_rx_gen(&b, 1, seg[0], seg_len[0]); /* is no answer to what nobody has heard */
    assert_pdu(&b, second, 2);
    assert_false(pb_adv_ready(&b.link));
    pb_adv_close(&b.link, b.now, USHER_CLOSE_ERROR);
    bench_rx_gen(&b, 2, seg[0], seg_len[0]);
    assert_quiet(&b);
}

static void row_32_pdus_do_not_stay_in_a_link(void **state)
{
    static const uint8_t zeros[USHER_PDU_MAX], ack[] = { 0x01 };
    uint8_t pdu[2] = { 3, 4 }, seg[4][BENCH_SEGMENT], number, gen[USHER_AD_MAX];
    const uint8_t link_close[] = { 0x0B, 0 };
    size_t seg_len[4];
    struct bench b;

    (void)state;
    bench_open_client(&b, &usher_pb_adv_spec);
    assert_int_equal(pb_adv_send(&b.link, b.now, pdu, sizeof(pdu), true), USHER_OK);
    (void)bench_next(&b, &number, gen);
    bench_rx_gen(&b, 0, ack, sizeof(ack));
    assert_memory_equal(b.link.tx_pdu, zeros, sizeof(b.link.tx_pdu));
    assert_int_equal(bench_poll(&b), BEARER_SENT);
    (void)bench_segments_of(pdu, 2, seg, seg_len);
    bench_rx_gen(&b, 0x80, seg[0], seg_len[0]);
    assert_pdu(&b, pdu, 2);
    bench_rx_gen(&b, 0, link_close, sizeof(link_close));
    assert_int_equal(bench_poll(&b), BEARER_CLOSED);
    assert_memory_equal(b.link.rx_pdu, zeros, sizeof(b.link.rx_pdu));
}

static void reserved_control_opcodes_and_noise_change_nothing(void **state)
{
    struct bench b;
    uint32_t drawn = 1;

    (void)state;
    bench_open_server(&b);
    for (unsigned opcode = 3; opcode < 64; opcode++) {
        uint8_t gen[3] = { (uint8_t)(opcode << 2 | 3), 1, 2 };

        bench_rx_gen(&b, 0, gen, sizeof(gen));
        assert_quiet(&b);
    }
    for (unsigned i = 0; i < 200000; i++) {
        uint8_t data[40] = { 0x12, 0x34, 0x56, 0x78 };
        size_t len;

        for (size_t k = 4; k < sizeof(data); k++) {
            drawn = drawn * 1664525u + 1013904223u;
            data[k] = (uint8_t)(drawn >> 24);
        }
        len = data[39] % 30u;
        if (len >= 6 && (data[5] & 3) == 3) {
            continue; /* a Link Close would be one */
        }
        bench_rx(&b, data, len);
        while (bench_poll(&b) != BEARER_NOTHING) {
        }
    }
    assert_true(pb_adv_ready(&b.link));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_length_is_reassembled_in_any_order_and_once),
        cmocka_unit_test(a_wrong_fcs_is_not_acknowledged_and_the_repetition_is_taken),
        cmocka_unit_test(row_15_start_with_a_wrong_length_is_dropped),
        cmocka_unit_test(row_16_continuations_that_cannot_be_are_dropped),
        cmocka_unit_test(row_16_continuations_that_do_not_fit_their_start_are_dropped),
        cmocka_unit_test(row_17_a_forged_start_does_not_block_the_transaction),
        cmocka_unit_test(row_16_a_segment_twice_with_other_octets_changes_nothing),
        cmocka_unit_test(row_16_a_held_continuation_that_does_not_fit_the_start_is_forgotten),
        cmocka_unit_test(row_17_and_row_18_segments_of_other_transactions_are_ignored),
        cmocka_unit_test(row_20_only_the_first_link_open_to_our_uuid_counts),
        cmocka_unit_test(row_21_a_close_ends_the_link_with_its_reason_once),
        cmocka_unit_test(row_21_what_we_close_for_stays_the_reason),
        cmocka_unit_test(row_20_a_link_ack_counts_once_after_the_link_open),
        cmocka_unit_test(row_20_link_control_at_the_wrong_moment_changes_nothing),
        cmocka_unit_test(row_17_a_pdu_is_told_before_another_one_begins),
        cmocka_unit_test(row_32_pdus_do_not_stay_in_a_link),
        cmocka_unit_test(reserved_control_opcodes_and_noise_change_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
