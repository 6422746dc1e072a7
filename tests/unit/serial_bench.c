/* The line of the host's end of the serial interface; see serial_bench.h. */
#include "serial_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

static void on_event(void *user, const struct usher_serial_packet *event)
{
    struct bench *b = user;

    b->events++;
    b->event = *event;
}

static void on_line(void *user, enum usher_serial_line line)
{
    struct bench *b = user;

    b->line = (uint8_t)line;
    b->line_told++;
}

static void on_done(void *user, struct usher_serial_request *r, enum usher_err err,
                    const struct usher_serial_packet *answer)
{
    struct asked *a = user;

    assert_ptr_equal(r, &a->request);
    a->err = err;
    a->answered = answer != NULL;
    a->times++;
    if (answer != NULL) {
        a->status = answer->status;
        a->lost = answer->lost;
    }
    if (a->again != NULL) {
        bench_send(a->bench, a->again, USHER_SERIAL_VERSION_GET);
    }
}

void bench_prepare(struct bench *b, struct asked *a)
{
    *a = (struct asked){ .request = { .done = on_done, .user = a }, .err = NOT_YET, .bench = b };
}

void bench_send(struct bench *b, struct asked *a, uint8_t opcode)
{
    const struct usher_serial_packet p = { .opcode = opcode };

    assert_int_equal(usher_serial_host_send(&b->host, &a->request, &p), USHER_OK);
}

void bench_from_device(struct bench *b, uint8_t opcode, const void *payload, size_t len)
{
    uint8_t wire[SERIAL_WIRE_MAX];
    size_t n = serial_frame_write(b->host.config.slip, opcode, payload, len, wire);

    usher_serial_host_in(&b->host, b->now, wire, n);
}

void bench_answer(struct bench *b, uint8_t command, uint8_t status, const void *data, size_t len)
{
    uint8_t payload[USHER_SERIAL_PAYLOAD_MAX] = { command, status };

    if (len != 0) {
        memcpy(payload + 2, data, len);
    }
    bench_from_device(b, USHER_SERIAL_EVT_CMD_RSP, payload, len + 2);
}

void bench_pump(struct bench *b)
{
    uint8_t octets[64];
    size_t n;

    while ((n = usher_serial_host_next(&b->host, b->now, octets, sizeof(octets))) != 0) {
        for (size_t i = 0; i < n; i++) {
            enum serial_frame_result result = serial_frame_rx(&b->rx, b->now, octets[i]);

            b->zeros += result == SERIAL_FRAME_BAD;
            if (result != SERIAL_FRAME_DONE) {
                continue;
            }
            b->packets++;
            memcpy(b->packet, b->rx.octets, sizeof(b->packet));
            if (b->packet[1] == USHER_SERIAL_ECHO && !b->deaf) {
                bench_from_device(b, USHER_SERIAL_EVT_ECHO_RSP, b->packet + 2, b->packet[0] - 1u);
            }
        }
    }
}

void bench_run(struct bench *b, unsigned ms)
{
    for (unsigned i = 0; i < ms; i += 10) {
        b->now += 10;
        usher_serial_host_process(&b->host, b->now);
        bench_pump(b);
    }
}

struct bench *bench_new(bool slip, bool up)
{
    struct bench *b = calloc(1, sizeof(*b));

    assert_non_null(b);
    b->crypto = usher_crypto_openssl_new();
    b->now = 5000;
    b->rx.slip = slip;
    assert_int_equal(
        usher_serial_host_init(
            &b->host,
            &(struct usher_serial_host_config){
                .crypto = b->crypto, .slip = slip, .event = on_event, .line = on_line, .user = b }),
        USHER_OK);
    if (up) {
        bench_pump(b);
        assert_int_equal(b->line, USHER_SERIAL_LINE_UP);
        b->packets = 0;
    }
    return b;
}

void bench_free(struct bench *b)
{
    usher_serial_host_deinit(&b->host);
    usher_crypto_openssl_free(b->crypto);
    free(b);
}
