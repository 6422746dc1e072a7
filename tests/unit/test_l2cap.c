/*
 * L2CAP of one LE connection fragment by fragment (Core Specification, Vol 3, Part A): frames that
 * come in pieces, in pieces that do not fit, on channels that there are and are not; signalling
 * and the Security Manager.
 */
#include "gatt_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

static void fragment(struct gatt_bench *b, bool first, const char *hex)
{
    uint8_t octets[BENCH_OCTETS];
    size_t len = bench_hex(hex, octets);

    bench_fragment(b, first, octets, len);
}

static void peripheral(struct gatt_bench *b)
{
    bench_serve(b, USHER_GATT_PROVISIONING, 247);
}

/* What a Read Request of the Appearance is, and its answer. */
#define READ_FRAME "0300 0400 0a 0500"
#define READ_ANSWER "0b 0000"

/* -- reassembly -------------------------------------------------------------------------------- */

static void a_frame_comes_in_pieces_of_any_size(void **state)
{
    uint8_t octets[BENCH_OCTETS];
    size_t len = bench_hex(READ_FRAME, octets);

    (void)state;
    for (size_t piece = 1; piece <= len; piece++) {
        struct gatt_bench b;

        peripheral(&b);
        for (size_t at = 0; at < len; at += piece) {
            bench_expect_none(&b);
            bench_fragment(&b, at == 0, octets + at, len - at < piece ? len - at : piece);
        }
        bench_expect(&b, READ_ANSWER);
        bench_expect_none(&b);
    }
}

static void a_continuation_of_nothing_is_dropped(void **state)
{
    struct gatt_bench b;

    (void)state;
    peripheral(&b);
    fragment(&b, false, READ_FRAME);
    bench_expect_none(&b);
    fragment(&b, true, READ_FRAME);
    bench_expect(&b, READ_ANSWER);
    fragment(&b, false, READ_FRAME); /* after the end of one */
    bench_expect_none(&b);
}

static void a_beginning_ends_the_frame_before(void **state)
{
    struct gatt_bench b;

    (void)state;
    peripheral(&b);
    fragment(&b, true, "0700 0400 08 0100");
    fragment(&b, true, READ_FRAME);
    bench_expect(&b, READ_ANSWER);
    fragment(&b, false, "ffff 0328"); /* the end of the first one: now of nothing */
    bench_expect_none(&b);
}

static void a_frame_with_too_many_octets_is_dropped(void **state)
{
    struct gatt_bench b;

    (void)state;
    peripheral(&b);
    fragment(&b, true, READ_FRAME "00");
    bench_expect_none(&b);
    fragment(&b, true, "0300 0400 0a");
    fragment(&b, false, "0500 00");
    bench_expect_none(&b);
    fragment(&b, false, "0500"); /* it is over */
    bench_expect_none(&b);
    fragment(&b, true, READ_FRAME);
    bench_expect(&b, READ_ANSWER);
}

static void empty_fragments_are_nothing(void **state)
{
    struct gatt_bench b;

    (void)state;
    peripheral(&b);
    fragment(&b, true, "");
    fragment(&b, false, READ_FRAME);
    bench_expect_none(&b);
    fragment(&b, true, "0300 0400");
    fragment(&b, false, "");
    fragment(&b, true, "");
    fragment(&b, false, "0a 0500");
    bench_expect(&b, READ_ANSWER);
}

static void a_frame_without_a_payload_is_nothing(void **state)
{
    struct gatt_bench b;

    (void)state;
    peripheral(&b);
    bench_rx_on(&b, 4, "");
    bench_rx_on(&b, 5, "");
    bench_rx_on(&b, 6, "");
    bench_expect_none(&b);
    bench_rx_on(&b, 6, "01");
    bench_expect_on(&b, 6, "05 05");
    bench_rx_on(&b, 6, ""); /* what was there before is not in it */
    bench_rx_on(&b, 4, "");
    bench_expect_none(&b);
    bench_tells(&b, GATT_NOTHING);
}

static void frames_on_other_channels_are_dropped(void **state)
{
    static const uint16_t cids[] = { 0x0000, 0x0001, 0x0002, 0x0003, 0x0007,
                                     0x003A, 0x0040, 0x0104, 0x0400, 0xFFFF };
    struct gatt_bench b;

    (void)state;
    peripheral(&b);
    for (size_t i = 0; i < sizeof(cids) / sizeof(cids[0]); i++) {
        bench_rx_on(&b, cids[i], "0a 0500");
        bench_expect_none(&b);
    }
    bench_tells(&b, GATT_NOTHING);
}

/* 65535 octets come by; the request that they began with is answered, as its sender waits. */
static void a_frame_longer_than_there_is_room_is_counted_and_not_kept(void **state)
{
    struct gatt_bench b;
    uint8_t piece[251] = { 0xFF, 0xFF, 0x04, 0x00, 0x0A, 0x05, 0x00 };
    size_t left = 4 + 0xFFFF;

    (void)state;
    peripheral(&b);
    for (bool first = true; left != 0; first = false) {
        size_t n = left < sizeof(piece) ? left : sizeof(piece);

        bench_expect_none(&b);
        bench_fragment(&b, first, piece, n);
        left -= n;
    }
    bench_expect(&b, "01 0a 0000 04"); /* Invalid PDU */
    fragment(&b, true, READ_FRAME);
    bench_expect(&b, READ_ANSWER);
}

static void what_is_not_kept_is_not_there(void **state)
{
    uint8_t frame[4 + 300] = { 300 & 0xFF, 300 >> 8, L2CAP_ATT, 0 };
    struct l2cap_payload payload;
    struct l2cap l2cap;

    (void)state;
    l2cap_init(&l2cap, false);
    assert_false(l2cap_rx(&l2cap, true, frame, 303, &payload));
    assert_true(l2cap_rx(&l2cap, false, frame + 303, 1, &payload));
    assert_int_equal(payload.len, 300);
    assert_int_equal(payload.held, L2CAP_PAYLOAD_MAX);
    assert_memory_equal(payload.octets, frame + 4, payload.held);
    frame[0] = L2CAP_PAYLOAD_MAX;
    frame[1] = 0;
    assert_true(l2cap_rx(&l2cap, true, frame, 4 + L2CAP_PAYLOAD_MAX, &payload));
    assert_int_equal(payload.len, L2CAP_PAYLOAD_MAX);
    assert_int_equal(payload.held, L2CAP_PAYLOAD_MAX);
}

/* -- signalling -------------------------------------------------------------------------------- */

static void a_peripheral_knows_no_parameter_update_request(void **state)
{
    struct gatt_bench b;

    (void)state;
    peripheral(&b);
    bench_rx_on(&b, 5, "12 07 0800 1800 2800 0000 2a00");
    bench_expect_on(&b, 5, "01 07 0200 0000");
    bench_expect_none(&b);
}

static void central(struct gatt_bench *b)
{
    bench_find(b, USHER_GATT_PROVISIONING, 247);
    bench_expect(b, "02 f700");
}

static void a_central_accepts_parameters(void **state)
{
    struct gatt_bench b;

    (void)state;
    central(&b);
    bench_rx_on(&b, 5, "12 07 0800 1800 2800 0000 2a00");
    bench_expect_on(&b, 5, "13 07 0200 0000");
    bench_rx_on(&b, 5, "12 ff 0800 0600 800c f301 800c"); /* all at an end of their ranges */
    bench_expect_on(&b, 5, "13 ff 0200 0100"); /* ... but not so long a latency with them */
    bench_rx_on(&b, 5, "12 01 0800 0600 0600 f301 800c");
    bench_expect_on(&b, 5, "13 01 0200 0000");
}

static void a_central_rejects_parameters_that_cannot_be(void **state)
{
    static const char *const wrong[] = {
        "0500 2800 0000 2a00", /* interval too short */
        "1800 810c 0000 800c", /* ... too long */
        "2900 2800 0000 2a00", /* ... the least is more than the most */
        "0600 0600 f401 800c", /* latency */
        "0600 0600 0000 0900", /* time-out too short */
        "1800 2800 0000 810c", /* ... too long */
        "1800 2800 0000 0a00", /* ... not more than two intervals */
        "1800 2800 0200 1e00", /* ... with the latency */
    };
    struct gatt_bench b;

    (void)state;
    central(&b);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        char hex[100];

        snprintf(hex, sizeof(hex), "12 07 0800 %s", wrong[i]);
        bench_rx_on(&b, 5, hex);
        bench_expect_on(&b, 5, "13 07 0200 0100");
    }
    bench_rx_on(&b, 5, "12 07 0800 1800 2800 0200 1f00"); /* 31 * 4 > 3 * 40 */
    bench_expect_on(&b, 5, "13 07 0200 0000");
}

static void commands_that_nobody_knows_are_rejected(void **state)
{
    static const char *const unknown[] = {
        "00 09 0000",                          /* no such code */
        "02 09 0400 0100 4000",                /* Connection Request, of BR/EDR */
        "06 09 0400 4000 4100",                /* Disconnection Request */
        "14 09 0a00 2300 4000 1700 1700 0100", /* LE Credit Based Connection Request */
        "ff 09 0000",
        "12 09 0700 1800 2800 0000 2a",      /* one octet short */
        "12 09 0900 1800 2800 0000 2a00 00", /* ... long */
        "12 09 0800 1800 2800 0000 2a",      /* other than it says */
        "12 09 0800 1800 2800 0000 2a00 00",
        "12 09 0700 1800 2800 0000 2a00", /* eight octets that say that they are fewer */
        "12 09 0900 1800 2800 0000 2a00", /* ... or more */
    };
    struct gatt_bench b;

    (void)state;
    central(&b);
    for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
        bench_rx_on(&b, 5, unknown[i]);
        bench_expect_on(&b, 5, "01 09 0200 0000");
        bench_expect_none(&b);
    }
}

static void a_command_longer_than_the_channel_allows_is_rejected_with_its_mtu(void **state)
{
    struct gatt_bench b;

    (void)state;
    central(&b);
    bench_rx_on(&b, 5, "ff 09 1300 000102030405060708090a0b0c0d0e0f101112"); /* 23 */
    bench_expect_on(&b, 5, "01 09 0200 0000");
    bench_rx_on(&b, 5, "ff 09 1400 000102030405060708090a0b0c0d0e0f10111213"); /* 24 */
    bench_expect_on(&b, 5, "01 09 0400 0100 1700");
}

static void responses_and_what_is_no_command_are_not_answered(void **state)
{
    static const char *const silent[] = {
        "01 09 0200 0000",
        "07 09 0400 0000 0000",
        "13 09 0200 0000",
        "15 09 0a00 00000000000000000000",
        "18 09 0000",
        "1a 09 0200 0000",
        "ff 00 0000", /* no identifier */
        "ff",
        "ff 09",
        "ff 09 00",
    };
    struct gatt_bench b;

    (void)state;
    central(&b);
    for (size_t i = 0; i < sizeof(silent) / sizeof(silent[0]); i++) {
        bench_rx_on(&b, 5, silent[i]);
        bench_expect_none(&b);
    }
    bench_tells(&b, GATT_NOTHING);
}

static void commands_in_a_flood_have_one_answer_waiting(void **state)
{
    struct gatt_bench b;

    (void)state;
    central(&b);
    bench_rx_on(&b, 5, "ff 01 0000");
    bench_rx_on(&b, 5, "ff 02 0000");
    bench_rx_on(&b, 5, "ff 03 0000");
    bench_expect_on(&b, 5, "01 01 0200 0000");
    bench_expect_none(&b);
    bench_rx_on(&b, 5, "ff 04 0000");
    bench_expect_on(&b, 5, "01 04 0200 0000");
}

/* -- Security Manager -------------------------------------------------------------------------- */

static void pairing_is_not_supported(void **state)
{
    struct gatt_bench b;

    (void)state;
    peripheral(&b);
    bench_rx_on(&b, 6, "01 03 00 01 10 07 07");
    bench_expect_on(&b, 6, "05 05");
    bench_expect_none(&b);
    central(&b);
    bench_rx_on(&b, 6, "0b 01"); /* Security Request */
    bench_expect_on(&b, 6, "05 05");
    bench_expect_none(&b);
}

static void other_pdus_of_the_security_manager_are_ignored(void **state)
{
    struct gatt_bench b;

    (void)state;
    peripheral(&b);
    bench_rx_on(&b, 6, "05 05"); /* Pairing Failed: else two of us would never end */
    bench_rx_on(&b, 6, "03 00000000000000000000000000000000");
    bench_rx_on(&b, 6, "0e 00");
    bench_rx_on(&b, 6, "ff");
    bench_expect_none(&b);
    bench_rx_on(&b, 6, "01");
    bench_rx_on(&b, 6, "01");
    bench_expect_on(&b, 6, "05 05"); /* one for all that came before it left */
    bench_expect_none(&b);
}

static void answers_come_before_what_is_asked(void **state)
{
    struct gatt_bench b;

    (void)state;
    bench_find(&b, USHER_GATT_PROVISIONING, 247);
    bench_rx(&b, "1d 0800 0100 ffff");
    bench_rx(&b, "0a 0500");
    bench_rx_on(&b, 6, "0b 01");
    bench_rx_on(&b, 5, "ff 01 0000");
    bench_expect_on(&b, 5, "01 01 0200 0000");
    bench_expect_on(&b, 6, "05 05");
    bench_expect(&b, "0b 0000");
    bench_expect(&b, "1e");
    bench_expect(&b, "02 f700");
    bench_expect_none(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_frame_comes_in_pieces_of_any_size),
        cmocka_unit_test(a_continuation_of_nothing_is_dropped),
        cmocka_unit_test(a_beginning_ends_the_frame_before),
        cmocka_unit_test(a_frame_with_too_many_octets_is_dropped),
        cmocka_unit_test(empty_fragments_are_nothing),
        cmocka_unit_test(a_frame_without_a_payload_is_nothing),
        cmocka_unit_test(frames_on_other_channels_are_dropped),
        cmocka_unit_test(a_frame_longer_than_there_is_room_is_counted_and_not_kept),
        cmocka_unit_test(what_is_not_kept_is_not_there),
        cmocka_unit_test(a_peripheral_knows_no_parameter_update_request),
        cmocka_unit_test(a_central_accepts_parameters),
        cmocka_unit_test(a_central_rejects_parameters_that_cannot_be),
        cmocka_unit_test(commands_that_nobody_knows_are_rejected),
        cmocka_unit_test(a_command_longer_than_the_channel_allows_is_rejected_with_its_mtu),
        cmocka_unit_test(responses_and_what_is_no_command_are_not_answered),
        cmocka_unit_test(commands_in_a_flood_have_one_answer_waiting),
        cmocka_unit_test(pairing_is_not_supported),
        cmocka_unit_test(other_pdus_of_the_security_manager_are_ignored),
        cmocka_unit_test(answers_come_before_what_is_asked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
