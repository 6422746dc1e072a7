/*
 * The line of the host's end of the serial interface, with the test as the device: what is sent
 * when, which answer is taken for which command, and what becomes of devices that are silent, that
 * lose their place, and that send whatever they like.
 */
#include "frame.h"
#include "serial_pdu.h"

#include <usher/serial_host.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define NOT_YET ((enum usher_err)99)

struct asked {
    struct usher_serial_request request;
    enum usher_err err;
    bool answered;
    uint8_t status;
    uint32_t lost; /* of the answer */
    unsigned times;
    struct asked *again; /* to be sent at the end of this one */
    struct bench *bench;
};

struct bench {
    const struct usher_crypto *crypto;
    struct usher_serial_host host;
    uint64_t now;
    struct usher_serial_frame rx;
    unsigned packets; /* that the device got */
    uint8_t packet[USHER_SERIAL_FRAME_MAX];
    unsigned zeros;
    unsigned events;
    struct usher_serial_packet event;
    uint8_t line;
    unsigned line_told;
    bool deaf;
};

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

static void send_simple(struct bench *b, struct asked *a, uint8_t opcode);

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
        send_simple(a->bench, a->again, USHER_SERIAL_VERSION_GET);
    }
}

static void prepare(struct bench *b, struct asked *a)
{
    *a = (struct asked){ .request = { .done = on_done, .user = a }, .err = NOT_YET, .bench = b };
}

static void send_simple(struct bench *b, struct asked *a, uint8_t opcode)
{
    const struct usher_serial_packet p = { .opcode = opcode };

    assert_int_equal(usher_serial_host_send(&b->host, &a->request, &p), USHER_OK);
}

static void from_device(struct bench *b, uint8_t opcode, const void *payload, size_t len)
{
    uint8_t wire[SERIAL_WIRE_MAX];
    size_t n = serial_frame_write(b->host.config.slip, opcode, payload, len, wire);

    usher_serial_host_in(&b->host, b->now, wire, n);
}

static void answer(struct bench *b, uint8_t command, uint8_t status, const void *data, size_t len)
{
    uint8_t payload[USHER_SERIAL_PAYLOAD_MAX] = { command, status };

    if (len != 0) {
        memcpy(payload + 2, data, len);
    }
    from_device(b, USHER_SERIAL_EVT_CMD_RSP, payload, len + 2);
}

/* Takes what the host sends; a device that is not deaf sends echoes back. */
static void pump(struct bench *b)
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
                from_device(b, USHER_SERIAL_EVT_ECHO_RSP, b->packet + 2, b->packet[0] - 1u);
            }
        }
    }
}

static void run(struct bench *b, unsigned ms)
{
    for (unsigned i = 0; i < ms; i += 10) {
        b->now += 10;
        usher_serial_host_process(&b->host, b->now);
        pump(b);
    }
}

static struct bench *bench_new(bool slip, bool up)
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
        pump(b);
        assert_int_equal(b->line, USHER_SERIAL_LINE_UP);
        b->packets = 0;
    }
    return b;
}

static void bench_free(struct bench *b)
{
    usher_serial_host_deinit(&b->host);
    usher_crypto_openssl_free(b->crypto);
    free(b);
}

/* -- commands and answers ---------------------------------------------------------------------- */

static void test_one_after_the_other(void **state)
{
    struct bench *b = bench_new(false, true);
    struct asked first, second;

    (void)state;
    prepare(b, &first);
    prepare(b, &second);
    send_simple(b, &first, USHER_SERIAL_VERSION_GET);
    send_simple(b, &second, USHER_SERIAL_HOUSEKEEPING_GET);
    assert_int_equal(
        usher_serial_host_send(&b->host, &second.request,
                               &(struct usher_serial_packet){ .opcode = USHER_SERIAL_VERSION_GET }),
        USHER_E_STATE);
    pump(b);
    assert_int_equal(b->packets, 1);
    assert_int_equal(b->packet[1], USHER_SERIAL_VERSION_GET);
    answer(b, USHER_SERIAL_VERSION_GET, USHER_SERIAL_SUCCESS, "\x0A", 2);
    assert_int_equal(first.err, USHER_OK);
    assert_int_equal(second.err, NOT_YET);
    pump(b);
    assert_int_equal(b->packets, 2);
    answer(b, USHER_SERIAL_HOUSEKEEPING_GET, USHER_SERIAL_SUCCESS, "\x01\x02\x03\x04", 4);
    assert_int_equal(second.err, USHER_OK);
    assert_int_equal(second.lost, 0x04030201);
    assert_int_equal(usher_serial_host_deadline(&b->host), USHER_NEVER);
    bench_free(b);
}

static void test_statuses(void **state)
{
    static const struct {
        uint8_t status;
        enum usher_err err;
    } rows[] = { { USHER_SERIAL_CMD_UNKNOWN, USHER_E_UNSUPPORTED },
                 { USHER_SERIAL_INVALID_STATE, USHER_E_STATE },
                 { USHER_SERIAL_INVALID_LENGTH, USHER_E_LENGTH },
                 { USHER_SERIAL_INVALID_PARAMETER, USHER_E_PARAM },
                 { USHER_SERIAL_BUSY, USHER_E_BUSY },
                 { USHER_SERIAL_INVALID_DATA, USHER_E_DATA },
                 { USHER_SERIAL_REJECTED, USHER_E_RESOURCES },
                 { USHER_SERIAL_TIMEOUT, USHER_E_TIMEOUT },
                 { USHER_SERIAL_INTERNAL, USHER_E_INTERNAL },
                 { 0x98, USHER_E_INTERNAL } };
    struct bench *b = bench_new(false, true);

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct asked a;

        prepare(b, &a);
        send_simple(b, &a, USHER_SERIAL_HOUSEKEEPING_GET);
        pump(b);
        answer(b, USHER_SERIAL_HOUSEKEEPING_GET, rows[i].status, NULL, 0);
        assert_int_equal(a.err, rows[i].err);
        assert_true(a.answered);
        assert_int_equal(a.status, rows[i].status);
    }
    bench_free(b);
}

/* Answers that nobody has asked for are taken for nobody's. */
static void test_answers_to_other_commands(void **state)
{
    struct bench *b = bench_new(false, true);
    struct asked a;

    (void)state;
    answer(b, USHER_SERIAL_VERSION_GET, USHER_SERIAL_SUCCESS, "\x0A", 2);
    assert_int_equal(b->host.stats.answers, 1);
    prepare(b, &a);
    send_simple(b, &a, USHER_SERIAL_HOUSEKEEPING_GET);
    answer(b, USHER_SERIAL_HOUSEKEEPING_GET, USHER_SERIAL_SUCCESS, "\1\2\3\4",
           4); /* not sent yet */
    assert_int_equal(a.err, NOT_YET);
    pump(b);
    answer(b, USHER_SERIAL_VERSION_GET, USHER_SERIAL_SUCCESS, "\x0A", 2);
    answer(b, 0xEE, USHER_SERIAL_CMD_UNKNOWN, NULL, 0);
    from_device(b, USHER_SERIAL_EVT_ECHO_RSP, "x", 1);
    assert_int_equal(a.err, NOT_YET);
    answer(b, USHER_SERIAL_HOUSEKEEPING_GET, USHER_SERIAL_SUCCESS, "\1\0\0\0", 4);
    assert_int_equal(a.err, USHER_OK);
    answer(b, USHER_SERIAL_HOUSEKEEPING_GET, USHER_SERIAL_SUCCESS, "\2\0\0\0", 4);
    assert_int_equal(a.times, 1);
    assert_int_equal(b->host.stats.answers, 6);
    bench_free(b);
}

static void test_answers_of_wrong_lengths(void **state)
{
    struct bench *b = bench_new(false, true);
    const uint8_t data[USHER_SERIAL_ANSWER_MAX] = { 0 };

    (void)state;
    for (size_t len = 0; len <= sizeof(data); len++) {
        struct asked a;

        prepare(b, &a);
        send_simple(b, &a, USHER_SERIAL_HOUSEKEEPING_GET);
        pump(b);
        answer(b, USHER_SERIAL_HOUSEKEEPING_GET, USHER_SERIAL_SUCCESS, data, len);
        assert_int_equal(a.err, len == 4 ? USHER_OK : USHER_E_DATA);
        assert_int_equal(a.answered, len == 4);
    }
    bench_free(b);
}

static void test_echo_and_raw(void **state)
{
    struct bench *b = bench_new(false, true);
    struct asked a;

    (void)state;
    prepare(b, &a);
    assert_int_equal(
        usher_serial_host_send(&b->host, &a.request,
                               &(struct usher_serial_packet){ .opcode = USHER_SERIAL_ECHO,
                                                              .data = (const uint8_t *)"hello",
                                                              .len = 5 }),
        USHER_OK);
    pump(b);
    assert_int_equal(a.err, USHER_OK);
    prepare(b, &a);
    assert_int_equal(usher_serial_host_send_raw(&b->host, &a.request, 0x7E, b->packet, 255),
                     USHER_E_LENGTH);
    assert_int_equal(usher_serial_host_send_raw(&b->host, &a.request, 0x7E, NULL, 0), USHER_OK);
    pump(b);
    assert_int_equal(b->packet[0], 1);
    assert_int_equal(b->packet[1], 0x7E);
    answer(b, 0x7E, USHER_SERIAL_SUCCESS, "what", 4);
    assert_int_equal(a.err, USHER_OK);
    prepare(b, &a);
    assert_int_equal(usher_serial_host_send(&b->host, &a.request,
                                            &(struct usher_serial_packet){ .opcode = 0x7E }),
                     USHER_E_LENGTH);
    bench_free(b);
}

static void test_cancelled(void **state)
{
    struct bench *b = bench_new(false, true);
    struct asked first, second;

    (void)state;
    prepare(b, &first);
    prepare(b, &second);
    send_simple(b, &first, USHER_SERIAL_HOUSEKEEPING_GET);
    pump(b);
    send_simple(b, &second, USHER_SERIAL_HOUSEKEEPING_GET);
    usher_serial_host_cancel(&b->host, &first.request);
    usher_serial_host_cancel(&b->host, &first.request);
    pump(b);
    assert_int_equal(b->packets, 1); /* the first one's answer is still to come */
    answer(b, USHER_SERIAL_HOUSEKEEPING_GET, USHER_SERIAL_SUCCESS, "\1\0\0\0", 4);
    assert_int_equal(first.err, NOT_YET);
    assert_int_equal(second.err, NOT_YET);
    pump(b);
    answer(b, USHER_SERIAL_HOUSEKEEPING_GET, USHER_SERIAL_SUCCESS, "\2\0\0\0", 4);
    assert_int_equal(second.lost, 2);
    bench_free(b);
}

/* -- silence ----------------------------------------------------------------------------------- */

/* An answer that comes after its time is not the next command's, even if that is the same. */
static void test_late_answer(void **state)
{
    struct bench *b = bench_new(false, true);
    struct asked first, second;

    (void)state;
    prepare(b, &first);
    prepare(b, &second);
    send_simple(b, &first, USHER_SERIAL_HOUSEKEEPING_GET);
    send_simple(b, &second, USHER_SERIAL_HOUSEKEEPING_GET);
    pump(b);
    b->deaf = true;
    run(b, 1980);
    assert_int_equal(first.err, NOT_YET);
    run(b, 30);
    assert_int_equal(first.err, USHER_E_TIMEOUT);
    assert_false(first.answered);
    run(b, 100);
    assert_int_equal(b->packets, 1); /* a pause, so that the device begins anew */
    run(b, 100);
    assert_int_equal(b->packets, 2);
    assert_int_equal(b->packet[1], USHER_SERIAL_ECHO);
    answer(b, USHER_SERIAL_HOUSEKEEPING_GET, USHER_SERIAL_SUCCESS, "\1\0\0\0", 4);
    assert_int_equal(second.err, NOT_YET);
    from_device(b, USHER_SERIAL_EVT_ECHO_RSP, b->packet + 2, b->packet[0] - 1u);
    b->deaf = false;
    pump(b);
    answer(b, USHER_SERIAL_HOUSEKEEPING_GET, USHER_SERIAL_SUCCESS, "\2\0\0\0", 4);
    assert_int_equal(second.lost, 2);
    bench_free(b);
}

static void test_sent_again(void **state)
{
    struct bench *b = bench_new(false, true);
    struct asked a;

    (void)state;
    prepare(b, &a);
    a.request.tries = 2;
    a.request.timeout_ms = 500;
    send_simple(b, &a, USHER_SERIAL_HOUSEKEEPING_GET);
    pump(b);
    run(b, 800);
    assert_int_equal(a.err, NOT_YET);
    assert_int_equal(b->packets, 3); /* with the echo */
    assert_int_equal(b->packet[1], USHER_SERIAL_HOUSEKEEPING_GET);
    run(b, 600);
    assert_int_equal(a.err, USHER_E_TIMEOUT);
    assert_int_equal(b->line, USHER_SERIAL_LINE_UP);
    bench_free(b);
}

/* A command that was damaged is answered with a length, and no command's name. */
static void test_damaged_command(void **state)
{
    struct bench *b = bench_new(false, true);
    struct asked a;

    (void)state;
    prepare(b, &a);
    a.request.tries = 2;
    send_simple(b, &a, USHER_SERIAL_HOUSEKEEPING_GET);
    pump(b);
    answer(b, 0, USHER_SERIAL_INVALID_LENGTH, NULL, 0);
    run(b, 300);
    assert_int_equal(a.err, NOT_YET);
    assert_int_equal(b->packets, 3);
    answer(b, USHER_SERIAL_HOUSEKEEPING_GET, USHER_SERIAL_SUCCESS, "\1\0\0\0", 4);
    assert_int_equal(a.err, USHER_OK);
    bench_free(b);
}

static void test_silent_device(void **state)
{
    struct bench *b = bench_new(false, false);
    struct asked a, again;

    (void)state;
    b->deaf = true;
    prepare(b, &a);
    prepare(b, &again);
    send_simple(b, &a, USHER_SERIAL_VERSION_GET);
    run(b, 5000);
    assert_int_equal(a.err, USHER_E_TIMEOUT);
    assert_int_equal(b->line, USHER_SERIAL_LINE_SILENT);
    assert_int_equal(b->line_told, 1);
    assert_true(b->zeros >= 255); /* for a device that waits for the rest of a packet */
    assert_int_equal(
        usher_serial_host_send(&b->host, &again.request,
                               &(struct usher_serial_packet){ .opcode = USHER_SERIAL_VERSION_GET }),
        USHER_E_STATE);
    run(b, 20000);
    b->deaf = false;
    run(b, 4000);
    assert_int_equal(b->line, USHER_SERIAL_LINE_UP);
    send_simple(b, &again, USHER_SERIAL_VERSION_GET);
    pump(b);
    assert_int_equal(b->packet[1], USHER_SERIAL_VERSION_GET);
    bench_free(b);
}

/* A device of the SDK that waits for 255 octets knows no pause. */
/* Only the octets of now tell that all that was before has come. */
static void test_another_echo_is_none(void **state)
{
    struct bench *b = bench_new(false, false);

    (void)state;
    b->deaf = true;
    pump(b);
    assert_int_equal(b->packet[1], USHER_SERIAL_ECHO);
    from_device(b, USHER_SERIAL_EVT_ECHO_RSP, b->packet + 2, 4);
    from_device(b, USHER_SERIAL_EVT_ECHO_RSP, b->packet + 2, 0);
    b->packet[6] ^= 1;
    from_device(b, USHER_SERIAL_EVT_ECHO_RSP, b->packet + 2, 8);
    assert_int_equal(b->line, USHER_SERIAL_LINE_ASKING);
    b->packet[6] ^= 1;
    from_device(b, USHER_SERIAL_EVT_ECHO_RSP, b->packet + 2, 8);
    assert_int_equal(b->line, USHER_SERIAL_LINE_UP);
    bench_free(b);
}

static void test_filler_frees_a_device_without_pauses(void **state)
{
    struct bench *b = bench_new(false, false);

    (void)state;
    b->rx.have = 1;
    b->rx.octets[0] = 255;
    for (unsigned i = 0; i < 500 && b->line != USHER_SERIAL_LINE_UP; i++) {
        b->rx.at = b->now + 10;
        run(b, 10);
    }
    assert_int_equal(b->line, USHER_SERIAL_LINE_UP);
    bench_free(b);
}

static void test_restarted_device(void **state)
{
    struct bench *b = bench_new(false, true);
    struct asked first, second, after;

    (void)state;
    prepare(b, &first);
    prepare(b, &second);
    prepare(b, &after);
    first.again = &after;
    send_simple(b, &first, USHER_SERIAL_VERSION_GET);
    send_simple(b, &second, USHER_SERIAL_VERSION_GET);
    pump(b);
    from_device(b, USHER_SERIAL_EVT_DEVICE_STARTED, "\x02\x00\xFE", 3);
    assert_int_equal(first.err, USHER_E_STATE);
    assert_false(first.answered);
    assert_int_equal(second.err, USHER_E_STATE);
    assert_int_equal(after.err, NOT_YET); /* it was sent after the start */
    assert_int_equal(b->events, 1);
    pump(b);
    answer(b, USHER_SERIAL_VERSION_GET, USHER_SERIAL_SUCCESS, "\x0A", 2);
    assert_int_equal(after.err, USHER_OK);
    prepare(b, &first);
    send_simple(b, &first, USHER_SERIAL_RADIO_RESET);
    pump(b);
    from_device(b, USHER_SERIAL_EVT_DEVICE_STARTED, "\x02\x00\xFE", 3);
    assert_int_equal(first.err, USHER_OK);
    bench_free(b);
}

static void test_broken_line(void **state)
{
    struct bench *b = bench_new(false, true);
    struct asked a;

    (void)state;
    prepare(b, &a);
    send_simple(b, &a, USHER_SERIAL_VERSION_GET);
    pump(b);
    usher_serial_host_restart(&b->host);
    assert_int_equal(a.err, USHER_E_STATE);
    assert_int_equal(b->line, USHER_SERIAL_LINE_ASKING);
    run(b, 20);
    assert_int_equal(b->line, USHER_SERIAL_LINE_UP);
    bench_free(b);
}

/* -- what a device may send -------------------------------------------------------------------- */

/* Half a packet of before, a host that comes late: the echo is found wherever it is. */
static void test_place_is_found(void **state)
{
    (void)state;
    for (unsigned before = 1; before < 60; before++) {
        struct bench *b = bench_new(false, false);
        uint8_t octets[60];

        memset(octets, 0xF7, sizeof(octets)); /* the first is a length */
        usher_serial_host_in(&b->host, b->now, octets, before);
        pump(b);
        assert_int_equal(b->line, USHER_SERIAL_LINE_UP);
        from_device(b, USHER_SERIAL_EVT_TX_COMPLETE, "\1\0\0\0", 4);
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
    from_device(b, USHER_SERIAL_EVT_TX_COMPLETE, "\1\0\0\0", 4);
    assert_int_equal(b->line, USHER_SERIAL_LINE_UP); /* one is none */
    usher_serial_host_in(&b->host, b->now, strange, sizeof(strange));
    assert_int_equal(b->line, USHER_SERIAL_LINE_ASKING);
    run(b, 200);
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
    from_device(b, USHER_SERIAL_EVT_TX_COMPLETE, "\1\0\0\0", 4);
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
            from_device(b, (uint8_t)opcode, copy, len);
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
    prepare(b, &a);
    assert_int_equal(usher_serial_host_send(
                         &b->host, &a.request,
                         &(struct usher_serial_packet){
                             .opcode = USHER_SERIAL_ECHO, .data = data, .len = sizeof(data) }),
                     USHER_OK);
    pump(b);
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
            prepare(b, &asked[i]);
            asked[i].request.tries = 2;
            send_simple(b, &asked[i], USHER_SERIAL_HOUSEKEEPING_GET);
        }
        for (unsigned i = 0; i < 600; i++) {
            size_t len = next_random(&x) % sizeof(octets);

            for (size_t n = 0; n < len; n++) {
                octets[n] = (uint8_t)next_random(&x);
            }
            usher_serial_host_in(&b->host, b->now, octets, len);
            run(b, 30);
        }
        run(b, 20000);
        assert_int_equal(b->line, USHER_SERIAL_LINE_UP);
        for (unsigned i = 0; i < 3; i++) {
            assert_int_equal(asked[i].times, 1);
        }
        bench_free(b);
    }
}

static void test_init_refuses(void **state)
{
    struct usher_serial_host h;
    const struct usher_serial_host_config config = { .event = on_event };

    (void)state;
    assert_int_equal(usher_serial_host_init(NULL, &config), USHER_E_NULL);
    assert_int_equal(usher_serial_host_init(&h, NULL), USHER_E_NULL);
    assert_int_equal(usher_serial_host_init(&h, &config), USHER_E_NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_after_the_other),
        cmocka_unit_test(test_statuses),
        cmocka_unit_test(test_answers_to_other_commands),
        cmocka_unit_test(test_answers_of_wrong_lengths),
        cmocka_unit_test(test_echo_and_raw),
        cmocka_unit_test(test_cancelled),
        cmocka_unit_test(test_late_answer),
        cmocka_unit_test(test_sent_again),
        cmocka_unit_test(test_damaged_command),
        cmocka_unit_test(test_silent_device),
        cmocka_unit_test(test_another_echo_is_none),
        cmocka_unit_test(test_filler_frees_a_device_without_pauses),
        cmocka_unit_test(test_restarted_device),
        cmocka_unit_test(test_broken_line),
        cmocka_unit_test(test_place_is_found),
        cmocka_unit_test(test_place_is_lost_later),
        cmocka_unit_test(test_interrupted_packet),
        cmocka_unit_test(test_events_of_every_length),
        cmocka_unit_test(test_slip_is_escaped_both_ways),
        cmocka_unit_test(test_noise),
        cmocka_unit_test(test_init_refuses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
