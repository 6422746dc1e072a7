/*
 * What a device may send on the line of the host's end of the serial interface: from the middle of
 * a packet on, packets that are cut off, of every length, noise. The line comes up again.
 */
#include "serial_bench.h"

#include "serial_pdu.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

/* Half a packet of before, a host that comes late: the echo is found wherever it is. */
static void test_place_is_found(void **state)
{
    (void)state;
    for (unsigned before = 1; before < 60; before++) {
        struct bench *b = bench_new(false, false);
        uint8_t octets[60];

        memset(octets, 0xF7, sizeof(octets)); /* the first is a length */
        usher_serial_host_in(&b->host, b->now, octets, before);
        bench_pump(b);
        assert_int_equal(b->line, USHER_SERIAL_LINE_UP);
        bench_from_device(b, USHER_SERIAL_EVT_TX_COMPLETE, "\1\0\0\0", 4);
        assert_int_equal(b->events, 1);
        bench_free(b);
    }
}

static void test_place_is_lost_later(void **state)
{
    struct bench *b = bench_new(false, true);
    const uint8_t strange[] = { 2, 0xFF, 0, 3, 0xFE, 0, 0, 1, 0x99 };

    (void)state;
    usher_serial_host_in(&b->host, b->now, strange, 3);
    bench_from_device(b, USHER_SERIAL_EVT_TX_COMPLETE, "\1\0\0\0", 4);
    assert_int_equal(b->line, USHER_SERIAL_LINE_UP); /* one is none */
    usher_serial_host_in(&b->host, b->now, strange, sizeof(strange));
    assert_int_equal(b->line, USHER_SERIAL_LINE_ASKING);
    bench_run(b, 200);
    assert_int_equal(b->line, USHER_SERIAL_LINE_UP);
    assert_int_equal(b->host.stats.unread, 4);
    bench_free(b);
}

/* A packet that stops in the middle does not swallow the next one. */
static void test_interrupted_packet(void **state)
{
    struct bench *b = bench_new(false, true);

    (void)state;
    usher_serial_host_in(&b->host, b->now, (const uint8_t[]){ 200, 0xD2, 1 }, 3);
    b->now += 900; /* we may have been busy elsewhere */
    assert_int_equal(b->host.rx.have, 3);
    usher_serial_host_in(&b->host, b->now, (const uint8_t[]){ 1 }, 1);
    assert_int_equal(b->host.rx.have, 4);
    b->now += 1001;
    bench_from_device(b, USHER_SERIAL_EVT_TX_COMPLETE, "\1\0\0\0", 4);
    assert_int_equal(b->events, 1);
    bench_free(b);
}

static void test_events_of_every_length(void **state)
{
    struct bench *b = bench_new(true, true);
    uint8_t payload[USHER_SERIAL_PAYLOAD_MAX] = { 0 };

    (void)state;
    for (unsigned opcode = 0; opcode < 256; opcode++) {
        for (size_t len = 0; len <= sizeof(payload); len++) {
            struct usher_serial_packet p;
            uint8_t *copy = malloc(len + 1); /* to the octet, for the sanitizer */
            unsigned events = b->events;
            bool known;

            assert_non_null(copy);
            memcpy(copy, payload, len);
            known = serial_read(SERIAL_EVENT, (uint8_t)opcode, copy, len, &p) &&
                    opcode != USHER_SERIAL_EVT_CMD_RSP && opcode != USHER_SERIAL_EVT_ECHO_RSP;
            bench_from_device(b, (uint8_t)opcode, copy, len);
            assert_int_equal(b->events - events, known);
            free(copy);
        }
    }
    bench_free(b);
}

static void test_slip_is_escaped_both_ways(void **state)
{
    struct bench *b = bench_new(true, true);
    struct asked a;
    uint8_t data[] = { 0xC0, 0xDB, 0xDC, 0xDD, 0xDB, 0xC0 };

    (void)state;
    bench_prepare(b, &a);
    assert_int_equal(usher_serial_host_send(
                         &b->host, &a.request,
                         &(struct usher_serial_packet){
                             .opcode = USHER_SERIAL_ECHO, .data = data, .len = sizeof(data) }),
                     USHER_OK);
    bench_pump(b);
    assert_memory_equal(b->packet + 2, data, sizeof(data));
    assert_int_equal(a.err, USHER_OK);
    bench_free(b);
}

static uint32_t next_random(uint32_t *x)
{
    *x = *x * 1664525u + 1013904223u;
    return *x >> 16;
}

/* Whatever comes, requests end once, in time, and the line comes up again. */
static void test_noise(void **state)
{
    uint32_t x = 1;

    (void)state;
    for (unsigned round = 0; round < 60; round++) {
        struct bench *b = bench_new((round & 1) != 0, true);
        struct asked asked[3];
        uint8_t octets[32];

        for (unsigned i = 0; i < 3; i++) {
            bench_prepare(b, &asked[i]);
            asked[i].request.tries = 2;
            bench_send(b, &asked[i], USHER_SERIAL_HOUSEKEEPING_GET);
        }
        for (unsigned i = 0; i < 600; i++) {
            size_t len = next_random(&x) % sizeof(octets);

            for (size_t n = 0; n < len; n++) {
                octets[n] = (uint8_t)next_random(&x);
            }
            usher_serial_host_in(&b->host, b->now, octets, len);
            bench_run(b, 30);
        }
        bench_run(b, 20000);
        assert_int_equal(b->line, USHER_SERIAL_LINE_UP);
        for (unsigned i = 0; i < 3; i++) {
            assert_int_equal(asked[i].times, 1);
        }
        bench_free(b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_place_is_found),
        cmocka_unit_test(test_place_is_lost_later),
        cmocka_unit_test(test_interrupted_packet),
        cmocka_unit_test(test_events_of_every_length),
        cmocka_unit_test(test_slip_is_escaped_both_ways),
        cmocka_unit_test(test_noise),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
