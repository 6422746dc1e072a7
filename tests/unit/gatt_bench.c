/* A GATT link with a peer that is written by hand; see gatt_bench.h. */
#include "gatt_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

static void begin(struct gatt_bench *b, enum usher_gatt_service service, uint16_t mtu)
{
    memset(b, 0, sizeof(*b));
    memset(&b->link, 0xA5, sizeof(b->link)); /* what memory was before does not matter */
    memset(b->guard, 0xA5, sizeof(b->guard));
    b->database = (struct gatt_database){ .name = "Lamp", .service = service, .mtu = mtu };
    b->now = 1000;
}

void bench_serve(struct gatt_bench *b, enum usher_gatt_service service, uint16_t mtu)
{
    begin(b, service, mtu);
    gatt_link_serve(&b->link, &b->database, b->now);
}

void bench_find(struct gatt_bench *b, enum usher_gatt_service service, uint16_t mtu)
{
    begin(b, USHER_GATT_NONE, mtu);
    gatt_link_find(&b->link, &b->database, service, b->now);
}

static int digit(char c)
{
    const char *digits = "0123456789abcdef", *at = strchr(digits, c);

    assert_true(c != '\0' && at != NULL);
    return (int)(at - digits);
}

size_t bench_hex(const char *hex, uint8_t octets[BENCH_OCTETS])
{
    size_t len = 0;

    while (*hex != '\0') {
        if (*hex == ' ') {
            hex++;
            continue;
        }
        assert_true(len < BENCH_OCTETS);
        octets[len++] = (uint8_t)(digit(hex[0]) << 4 | digit(hex[1]));
        hex += 2;
    }
    return len;
}

static void assert_guard(const struct gatt_bench *b)
{
    for (size_t i = 0; i < sizeof(b->guard); i++) {
        assert_int_equal(b->guard[i], 0xA5);
    }
}

void bench_fragment(struct gatt_bench *b, bool first, const uint8_t *octets, size_t len)
{
    uint8_t *copy = malloc(len != 0 ? len : 1);

    assert_non_null(copy);
    memcpy(copy, octets, len);
    gatt_link_rx(&b->link, b->now, first, copy, len);
    free(copy);
    assert_guard(b);
}

static void rx_octets(struct gatt_bench *b, uint16_t cid, const uint8_t *octets, size_t len)
{
    uint8_t frame[4 + BENCH_OCTETS] = { (uint8_t)len, (uint8_t)(len >> 8), (uint8_t)cid,
                                        (uint8_t)(cid >> 8) };

    memcpy(frame + 4, octets, len);
    bench_fragment(b, true, frame, 4 + len);
}

void bench_rx_on(struct gatt_bench *b, uint16_t cid, const char *hex)
{
    uint8_t octets[BENCH_OCTETS];
    size_t len = bench_hex(hex, octets);

    rx_octets(b, cid, octets, len);
}

void bench_rx(struct gatt_bench *b, const char *hex)
{
    bench_rx_on(b, 4, hex);
}

void bench_rx_long(struct gatt_bench *b, const char *hex, size_t len)
{
    uint8_t octets[BENCH_OCTETS], begin_of[BENCH_OCTETS];
    size_t n = bench_hex(hex, begin_of);

    assert_true(n <= len && len <= BENCH_OCTETS);
    memset(octets, 0x5A, sizeof(octets));
    memcpy(octets, begin_of, n);
    rx_octets(b, 4, octets, len);
}

void bench_expect_on(struct gatt_bench *b, uint16_t cid, const char *hex)
{
    uint8_t frame[L2CAP_FRAME_MAX], octets[BENCH_OCTETS];
    size_t expected = bench_hex(hex, octets);
    uint16_t len = gatt_link_next(&b->link, b->now, frame);

    assert_int_equal(len, 4 + expected);
    assert_int_equal(frame[0] | frame[1] << 8, expected);
    assert_int_equal(frame[2] | frame[3] << 8, cid);
    assert_memory_equal(frame + 4, octets, expected);
}

void bench_expect(struct gatt_bench *b, const char *hex)
{
    bench_expect_on(b, 4, hex);
}

void bench_expect_none(struct gatt_bench *b)
{
    uint8_t frame[L2CAP_FRAME_MAX];

    assert_int_equal(gatt_link_next(&b->link, b->now, frame), 0);
}

enum gatt_event bench_poll(struct gatt_bench *b)
{
    return gatt_link_poll(&b->link, b->now, &b->data);
}

void bench_tells(struct gatt_bench *b, enum gatt_event event)
{
    struct gatt_event_data data;

    assert_int_equal(bench_poll(b), event);
    data = b->data;
    if (event != GATT_NOTHING) {
        assert_int_equal(bench_poll(b), GATT_NOTHING);
    }
    b->data = data;
}

void bench_answers(struct gatt_bench *b, const char *request, const char *answer)
{
    bench_rx(b, request);
    bench_expect(b, answer);
    bench_expect_none(b);
    bench_tells(b, GATT_NOTHING);
}

void bench_failed(struct gatt_bench *b, const char *why)
{
    uint8_t value = 0;

    assert_true(gatt_link_deadline(&b->link) <= b->now);
    bench_tells(b, GATT_FAILED);
    assert_string_equal(b->data.why, why);
    assert_int_equal(gatt_link_deadline(&b->link), USHER_NEVER);
    assert_int_equal(gatt_link_send(&b->link, b->now, &value, 1), USHER_E_STATE);
    bench_rx(b, "02 1700"); /* nothing that comes now makes a difference */
    bench_rx(b, "12 1500 0100");
    bench_rx(b, "13");
    bench_expect_none(b);
    bench_tells(b, GATT_NOTHING);
}

void bench_got(struct gatt_bench *b, const char *hex)
{
    uint8_t octets[BENCH_OCTETS];
    size_t len = bench_hex(hex, octets);

    bench_tells(b, GATT_VALUE);
    assert_int_equal(b->data.len, len);
    assert_memory_equal(b->data.value, octets, len);
}

void bench_serve_provisioning(struct gatt_bench *b)
{
    bench_serve(b, USHER_GATT_PROVISIONING, GATT_MTU_MAX);
}

void bench_subscribe(struct gatt_bench *b)
{
    bench_rx(b, "12 1500 0100");
    bench_tells(b, GATT_OPENED);
    bench_expect(b, "13");
}

void bench_serve_open(struct gatt_bench *b)
{
    bench_serve_provisioning(b);
    bench_subscribe(b);
}
