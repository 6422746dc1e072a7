/* Frames of the serial interface (src/serial/frame.c), plain and SLIP, in every portion. */
#include "frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#define END 0xC0
#define ESC 0xDB

struct got {
    unsigned done, bad;
    uint8_t last[USHER_SERIAL_FRAME_MAX];
};

static void feed(struct usher_serial_frame *f, uint64_t now, const uint8_t *octets, size_t len,
                 struct got *got)
{
    for (size_t i = 0; i < len; i++) {
        switch (serial_frame_rx(f, now, octets[i])) {
        case SERIAL_FRAME_DONE:
            got->done++;
            memcpy(got->last, f->octets, sizeof(got->last));
            break;
        case SERIAL_FRAME_BAD:
            got->bad++;
            break;
        default:
            break;
        }
    }
}

static void assert_got(const struct got *got, unsigned done, unsigned bad)
{
    assert_int_equal(got->done, done);
    assert_int_equal(got->bad, bad);
}

/* -- plain ------------------------------------------------------------------------------------- */

static void test_plain_octet_by_octet(void **state)
{
    static const uint8_t frame[] = { 3, 0x02, 0xAA, 0x55 };
    struct usher_serial_frame f = { 0 };
    uint64_t now = 1000;

    (void)state;
    for (size_t i = 0; i < 3; i++, now += SERIAL_GAP_MS) {
        assert_int_equal(serial_frame_rx(&f, now, frame[i]), SERIAL_FRAME_MORE);
    }
    assert_int_equal(serial_frame_rx(&f, now, frame[3]), SERIAL_FRAME_DONE);
    assert_memory_equal(f.octets, frame, sizeof(frame));
}

static void test_plain_two_in_one_read(void **state)
{
    static const uint8_t octets[] = { 1, 0x09, 2, 0x02, 0x77, 1 };
    struct usher_serial_frame f = { 0 };
    struct got got = { 0 };

    (void)state;
    feed(&f, 5, octets, sizeof(octets), &got);
    assert_got(&got, 2, 0);
    assert_memory_equal(got.last, octets + 2, 3);
    feed(&f, 5, (const uint8_t[]){ 0x14 }, 1, &got);
    assert_got(&got, 3, 0);
    assert_int_equal(got.last[1], 0x14);
}

static void test_plain_length_zero_is_bad_and_skips_nothing(void **state)
{
    static const uint8_t octets[] = { 0, 0, 1, 0x09 };
    struct usher_serial_frame f = { 0 };
    struct got got = { 0 };

    (void)state;
    feed(&f, 5, octets, sizeof(octets), &got);
    assert_got(&got, 1, 2);
}

static void test_plain_longest(void **state)
{
    uint8_t payload[USHER_SERIAL_PAYLOAD_MAX], wire[SERIAL_WIRE_MAX];
    struct usher_serial_frame f = { 0 };
    struct got got = { 0 };
    size_t n;

    (void)state;
    memset(payload, 0xC0, sizeof(payload));
    n = serial_frame_write(false, 0x02, payload, sizeof(payload), wire);
    assert_int_equal(n, USHER_SERIAL_FRAME_MAX);
    assert_int_equal(wire[0], 255);
    assert_int_equal(wire[1], 0x02);
    feed(&f, 5, wire, n, &got);
    assert_got(&got, 1, 0);
    assert_memory_equal(got.last, wire, n);
}

/* A packet that lost an octet takes the next one with it, but not what comes after a pause. */
static void test_plain_finds_its_place_after_the_gap(void **state)
{
    static const uint8_t cut[] = { 5, 0x02, 1, 2 }, whole[] = { 2, 0x02, 9 };
    struct usher_serial_frame f = { 0 };
    struct got got = { 0 };

    (void)state;
    feed(&f, 1000, cut, sizeof(cut), &got);
    feed(&f, 1000 + SERIAL_GAP_MS + 1, whole, sizeof(whole), &got);
    assert_got(&got, 1, 0);
    assert_memory_equal(got.last, whole, sizeof(whole));

    feed(&f, 2000, cut, sizeof(cut), &got);
    feed(&f, 2000 + SERIAL_GAP_MS, whole, sizeof(whole), &got);
    assert_got(&got, 2, 0);
    assert_int_equal(got.last[0], 5); /* not late enough: it was filled up */
}

/* -- SLIP -------------------------------------------------------------------------------------- */

static void test_slip_of_the_standard(void **state)
{
    static const uint8_t payload[] = { END, ESC, 0xDC, 0xDD },
                         wanted[] = { END, 5, 0x02, ESC, 0xDC, ESC, 0xDD, 0xDC, 0xDD, END };
    uint8_t wire[SERIAL_WIRE_MAX];

    (void)state;
    assert_int_equal(serial_frame_write(true, 0x02, payload, sizeof(payload), wire),
                     sizeof(wanted));
    assert_memory_equal(wire, wanted, sizeof(wanted));
}

static void slip_round(uint8_t opcode, const uint8_t *payload, size_t len)
{
    struct usher_serial_frame f = { .slip = true };
    uint8_t wire[SERIAL_WIRE_MAX];
    struct got got = { 0 };
    size_t n = serial_frame_write(true, opcode, payload, len, wire);

    assert_true(n <= SERIAL_WIRE_MAX);
    feed(&f, 5, wire, n, &got);
    assert_got(&got, 1, 0);
    assert_int_equal(got.last[0], len + 1);
    assert_int_equal(got.last[1], opcode);
    assert_memory_equal(got.last + 2, payload, len);
}

static void test_slip_everything_escaped(void **state)
{
    uint8_t payload[USHER_SERIAL_PAYLOAD_MAX];

    (void)state;
    for (unsigned octet = 0; octet < 256; octet++) {
        memset(payload, (int)octet, sizeof(payload));
        slip_round((uint8_t)octet, payload, octet % 3 == 0 ? sizeof(payload) : octet);
    }
    memset(payload, END, sizeof(payload));
    slip_round(ESC, payload, END - 1); /* the length, too */
    slip_round(END, payload, ESC - 1);
}

static void test_slip_end_of_nothing_is_no_error(void **state)
{
    static const uint8_t octets[] = { END, END, END, 1, 0x09, END, END, 1, 0x14, END };
    struct usher_serial_frame f = { .slip = true };
    struct got got = { 0 };

    (void)state;
    feed(&f, 5, octets, sizeof(octets), &got);
    assert_got(&got, 2, 0);
}

static void slip_is_bad(const uint8_t *octets, size_t len)
{
    static const uint8_t whole[] = { END, 1, 0x09, END };
    struct usher_serial_frame f = { .slip = true };
    struct got got = { 0 };

    feed(&f, 5, octets, len, &got);
    assert_got(&got, 0, 1);
    feed(&f, 5, whole, sizeof(whole), &got);
    assert_got(&got, 1, 1);
}

static void test_slip_bad_frames_end_at_the_next_end(void **state)
{
    static const uint8_t too_short[] = { 3, 0x02, 1, END }, too_long[] = { 1, 0x02, 1, END },
                         length_only[] = { 1, END }, zero[] = { 0, END },
                         zero_more[] = { 0, 1, END }, bad_escape[] = { 2, 0x02, ESC, 0x01, END },
                         double_escape[] = { 2, 0x02, ESC, ESC, 0xDD, END },
                         cut_escape[] = { 1, 0x02, ESC, END };
    uint8_t endless[600];

    (void)state;
    slip_is_bad(too_short, sizeof(too_short));
    slip_is_bad(too_long, sizeof(too_long));
    slip_is_bad(length_only, sizeof(length_only));
    slip_is_bad(zero, sizeof(zero));
    slip_is_bad(zero_more, sizeof(zero_more));
    slip_is_bad(bad_escape, sizeof(bad_escape));
    slip_is_bad(double_escape, sizeof(double_escape));
    slip_is_bad(cut_escape, sizeof(cut_escape));
    memset(endless, 0xFF, sizeof(endless));
    endless[sizeof(endless) - 1] = END;
    slip_is_bad(endless, sizeof(endless));
    endless[256] = END; /* 256 octets of 0xFF are a packet: the next END ends the rest of it */
    endless[599] = 0xFF;
    struct usher_serial_frame f = { .slip = true };
    struct got got = { 0 };

    feed(&f, 5, endless, sizeof(endless), &got);
    assert_got(&got, 1, 0);
}

/* SLIP has its own way to find its place: time is of no account. */
static void test_slip_may_be_slow(void **state)
{
    static const uint8_t octets[] = { END, 1, 0x09, END };
    struct usher_serial_frame f = { .slip = true };
    struct got got = { 0 };

    (void)state;
    for (size_t i = 0; i < sizeof(octets); i++) {
        feed(&f, 10000 * i, octets + i, 1, &got);
    }
    assert_got(&got, 1, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain_octet_by_octet),
        cmocka_unit_test(test_plain_two_in_one_read),
        cmocka_unit_test(test_plain_length_zero_is_bad_and_skips_nothing),
        cmocka_unit_test(test_plain_longest),
        cmocka_unit_test(test_plain_finds_its_place_after_the_gap),
        cmocka_unit_test(test_slip_of_the_standard),
        cmocka_unit_test(test_slip_everything_escaped),
        cmocka_unit_test(test_slip_end_of_nothing_is_no_error),
        cmocka_unit_test(test_slip_bad_frames_end_at_the_next_end),
        cmocka_unit_test(test_slip_may_be_slow),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
