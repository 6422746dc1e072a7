/*
 * The messages of `usher air` (ports/linux/air_wire.c): each as it is written down in air_wire.h,
 * both ways; all that is not one is refused.
 */
#include "air_wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct {
    struct air_msg msg;
    uint8_t octets[AIR_WIRE_MAX];
    size_t len;
} samples[] = {
    { { .type = AIR_MSG_HELLO, .version = 2 }, { 1, 2 }, 2 },
    { { .type = AIR_MSG_SEND,
        .slot = 3,
        .turn = 0x1234,
        .adv_type = USHER_ADV_NONCONN_IND,
        .count = 200,
        .interval_ms = 0x0567,
        .ad_len = 3,
        .ad = { 2, 0x2B, 0 } },
      { 2, 3, 0x12, 0x34, 3, 200, 5, 0x67, 2, 0x2B, 0 },
      11 },
    { { .type = AIR_MSG_STOP, .slot = USHER_ADV_SLOTS - 1 }, { 3, USHER_ADV_SLOTS - 1 }, 2 },
    { { .type = AIR_MSG_SCAN, .what = USHER_SCAN_BEACON }, { 4, 2 }, 2 },
    { { .type = AIR_MSG_REPORT,
        .adv_type = USHER_ADV_IND,
        .rssi = 0xC4,
        .addr_type = 1,
        .addr = { 0xC0, 1, 2, 3, 4, 5 },
        .ad_len = 2,
        .ad = { 1, 6 } },
      { 5, 0, 0xC4, 1, 0xC0, 1, 2, 3, 4, 5, 1, 6 },
      12 },
    { { .type = AIR_MSG_DONE, .slot = 1, .turn = 0xFFFE }, { 6, 1, 0xFF, 0xFE }, 4 },
};

static void messages_are_as_described(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(samples); i++) {
        uint8_t buf[AIR_WIRE_MAX];
        struct air_msg msg;

        assert_int_equal(air_wire_encode(&samples[i].msg, buf), samples[i].len);
        assert_memory_equal(buf, samples[i].octets, samples[i].len);
        assert_true(air_wire_decode(&msg, buf, samples[i].len));
        assert_memory_equal(&msg, &samples[i].msg, sizeof(msg));
    }
}

static void the_longest_advertisement_fits_and_no_longer_one(void **state)
{
    uint8_t buf[AIR_WIRE_MAX + 1] = { AIR_MSG_REPORT };
    struct air_msg msg;

    (void)state;
    assert_true(air_wire_decode(&msg, buf, AIR_WIRE_MAX));
    assert_int_equal(msg.ad_len, USHER_AD_MAX);
    assert_int_equal(air_wire_encode(&msg, buf), AIR_WIRE_MAX);
    assert_false(air_wire_decode(&msg, buf, AIR_WIRE_MAX + 1));
}

static void other_lengths_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(samples); i++) {
        size_t head = samples[i].len - samples[i].msg.ad_len;
        struct air_msg msg;

        for (size_t len = 0; len < head; len++) {
            assert_false(air_wire_decode(&msg, samples[i].octets, len));
        }
        if (samples[i].msg.ad_len == 0) {
            assert_false(air_wire_decode(&msg, samples[i].octets, head + 1));
        }
    }
}

static void fields_out_of_range_are_refused(void **state)
{
    static const uint8_t bad[][AIR_WIRE_MAX] = {
        { 0, 1 },
        { 7, 1 },
        { AIR_MSG_STOP, USHER_ADV_SLOTS },
        { AIR_MSG_DONE, USHER_ADV_SLOTS, 0, 0 },
        { AIR_MSG_SEND, USHER_ADV_SLOTS, 0, 0, USHER_ADV_IND, 1, 0, 0 },
        { AIR_MSG_SEND, 0, 0, 0, 1 /* directed */, 1, 0, 0 },
        { AIR_MSG_SEND, 0, 0, 0, USHER_ADV_IND, 0 /* count */, 0, 0 },
        { AIR_MSG_SEND, 0, 0, 0, USHER_ADV_SCAN_IND, 1, 0, 0 },
        { AIR_MSG_REPORT, 4 /* scan response */ },
        { AIR_MSG_REPORT, USHER_ADV_IND, 0, 2 /* type of address */ },
    };
    static const size_t len[] = { 2, 2, 2, 4, 8, 8, 8, 8, 10, 10 };
    struct air_msg msg;

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        assert_false(air_wire_decode(&msg, bad[i], len[i]));
    }
}

/* What is accepted has one encoding: the one that it came in. */
static void what_is_accepted_is_canonical(void **state)
{
    unsigned accepted = 0;

    (void)state;
    srandom(1);
    for (unsigned i = 0; i < 200000; i++) {
        uint8_t in[AIR_WIRE_MAX + 1], out[AIR_WIRE_MAX];
        size_t len = (size_t)random() % (sizeof(in) + 1);
        struct air_msg msg;

        for (size_t k = 0; k < len; k++) {
            in[k] = (uint8_t)(random() % (k < 6 ? 8 : 256)); /* small numbers get further */
        }
        if (air_wire_decode(&msg, in, len)) {
            accepted++;
            assert_int_equal(air_wire_encode(&msg, out), len);
            assert_memory_equal(out, in, len);
        }
    }
    assert_true(accepted > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_are_as_described),
        cmocka_unit_test(the_longest_advertisement_fits_and_no_longer_one),
        cmocka_unit_test(other_lengths_are_refused),
        cmocka_unit_test(fields_out_of_range_are_refused),
        cmocka_unit_test(what_is_accepted_is_canonical),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
