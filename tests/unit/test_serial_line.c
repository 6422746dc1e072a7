/*
 * The line of the host's end of the serial interface, with the test as the device: what is sent
 * when, which answer is taken for which command, and what becomes of devices that are silent. What
 * a device may send is in test_serial_line_in.c.
 */
#include "serial_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* -- commands and answers ---------------------------------------------------------------------- */

static void test_one_after_the_other(void **state)
{
    struct bench *b = bench_new(false, true);
    struct asked first, second;

    (void)state;
    bench_prepare(b, &first);
    bench_prepare(b, &second);
    bench_send(b, &first, USHER_SERIAL_VERSION_GET);
    bench_send(b, &second, USHER_SERIAL_HOUSEKEEPING_GET);
    assert_int_equal(
        usher_serial_host_send(&b->host, &second.request,
                               &(struct usher_serial_packet){ .opcode = USHER_SERIAL_VERSION_GET }),
        USHER_E_STATE);
    bench_pump(b);
    assert_int_equal(b->packets, 1);
    assert_int_equal(b->packet[1], USHER_SERIAL_VERSION_GET);
    bench_answer(b, USHER_SERIAL_VERSION_GET, USHER_SERIAL_SUCCESS, "\x0A", 2);
    assert_int_equal(first.err, USHER_OK);
    assert_int_equal(second.err, NOT_YET);
    bench_pump(b);
    assert_int_equal(b->packets, 2);
    bench_answer(b, USHER_SERIAL_HOUSEKEEPING_GET, USHER_SERIAL_SUCCESS, "\x01\x02\x03\x04", 4);
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

        bench_prepare(b, &a);
        bench_send(b, &a, USHER_SERIAL_HOUSEKEEPING_GET);
        bench_pump(b);
        bench_answer(b, USHER_SERIAL_HOUSEKEEPING_GET, rows[i].status, NULL, 0);
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
    bench_answer(b, USHER_SERIAL_VERSION_GET, USHER_SERIAL_SUCCESS, "\x0A", 2);
    assert_int_equal(b->host.stats.answers, 1);
    bench_prepare(b, &a);
    bench_send(b, &a, USHER_SERIAL_HOUSEKEEPING_GET);
    bench_answer(b, USHER_SERIAL_HOUSEKEEPING_GET, USHER_SERIAL_SUCCESS, "\1\2\3\4",
                 4); /* not sent yet */
    assert_int_equal(a.err, NOT_YET);
    bench_pump(b);
    bench_answer(b, USHER_SERIAL_VERSION_GET, USHER_SERIAL_SUCCESS, "\x0A", 2);
    bench_answer(b, 0xEE, USHER_SERIAL_CMD_UNKNOWN, NULL, 0);
    bench_from_device(b, USHER_SERIAL_EVT_ECHO_RSP, "x", 1);
    assert_int_equal(a.err, NOT_YET);
    bench_answer(b, USHER_SERIAL_HOUSEKEEPING_GET, USHER_SERIAL_SUCCESS, "\1\0\0\0", 4);
    assert_int_equal(a.err, USHER_OK);
    bench_answer(b, USHER_SERIAL_HOUSEKEEPING_GET, USHER_SERIAL_SUCCESS, "\2\0\0\0", 4);
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

        bench_prepare(b, &a);
        bench_send(b, &a, USHER_SERIAL_HOUSEKEEPING_GET);
        bench_pump(b);
        bench_answer(b, USHER_SERIAL_HOUSEKEEPING_GET, USHER_SERIAL_SUCCESS, data, len);
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
    bench_prepare(b, &a);
    assert_int_equal(
        usher_serial_host_send(&b->host, &a.request,
                               &(struct usher_serial_packet){ .opcode = USHER_SERIAL_ECHO,
                                                              .data = (const uint8_t *)"hello",
                                                              .len = 5 }),
        USHER_OK);
    bench_pump(b);
    assert_int_equal(a.err, USHER_OK);
    bench_prepare(b, &a);
    assert_int_equal(usher_serial_host_send_raw(&b->host, &a.request, 0x7E, b->packet, 255),
                     USHER_E_LENGTH);
    assert_int_equal(usher_serial_host_send_raw(&b->host, &a.request, 0x7E, NULL, 0), USHER_OK);
    bench_pump(b);
    assert_int_equal(b->packet[0], 1);
    assert_int_equal(b->packet[1], 0x7E);
    bench_answer(b, 0x7E, USHER_SERIAL_SUCCESS, "what", 4);
    assert_int_equal(a.err, USHER_OK);
    bench_prepare(b, &a);
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
    bench_prepare(b, &first);
    bench_prepare(b, &second);
    bench_send(b, &first, USHER_SERIAL_HOUSEKEEPING_GET);
    bench_pump(b);
    bench_send(b, &second, USHER_SERIAL_HOUSEKEEPING_GET);
    usher_serial_host_cancel(&b->host, &first.request);
    usher_serial_host_cancel(&b->host, &first.request);
    bench_pump(b);
    assert_int_equal(b->packets, 1); /* the first one's answer is still to come */
    bench_answer(b, USHER_SERIAL_HOUSEKEEPING_GET, USHER_SERIAL_SUCCESS, "\1\0\0\0", 4);
    assert_int_equal(first.err, NOT_YET);
    assert_int_equal(second.err, NOT_YET);
    bench_pump(b);
    bench_answer(b, USHER_SERIAL_HOUSEKEEPING_GET, USHER_SERIAL_SUCCESS, "\2\0\0\0", 4);
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
    bench_prepare(b, &first);
    bench_prepare(b, &second);
    bench_send(b, &first, USHER_SERIAL_HOUSEKEEPING_GET);
    bench_send(b, &second, USHER_SERIAL_HOUSEKEEPING_GET);
    bench_pump(b);
    b->deaf = true;
    bench_run(b, 1980);
    assert_int_equal(first.err, NOT_YET);
    bench_run(b, 30);
    assert_int_equal(first.err, USHER_E_TIMEOUT);
    assert_false(first.answered);
    bench_run(b, 100);
    assert_int_equal(b->packets, 1); /* a pause, so that the device begins anew */
    bench_run(b, 100);
    assert_int_equal(b->packets, 2);
    assert_int_equal(b->packet[1], USHER_SERIAL_ECHO);
    bench_answer(b, USHER_SERIAL_HOUSEKEEPING_GET, USHER_SERIAL_SUCCESS, "\1\0\0\0", 4);
    assert_int_equal(second.err, NOT_YET);
    bench_from_device(b, USHER_SERIAL_EVT_ECHO_RSP, b->packet + 2, b->packet[0] - 1u);
    b->deaf = false;
    bench_pump(b);
    bench_answer(b, USHER_SERIAL_HOUSEKEEPING_GET, USHER_SERIAL_SUCCESS, "\2\0\0\0", 4);
    assert_int_equal(second.lost, 2);
    bench_free(b);
}

static void test_sent_again(void **state)
{
    struct bench *b = bench_new(false, true);
    struct asked a;

    (void)state;
    bench_prepare(b, &a);
    a.request.tries = 2;
    a.request.timeout_ms = 500;
    bench_send(b, &a, USHER_SERIAL_HOUSEKEEPING_GET);
    bench_pump(b);
    bench_run(b, 800);
    assert_int_equal(a.err, NOT_YET);
    assert_int_equal(b->packets, 3); /* with the echo */
    assert_int_equal(b->packet[1], USHER_SERIAL_HOUSEKEEPING_GET);
    bench_run(b, 600);
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
    bench_prepare(b, &a);
    a.request.tries = 2;
    bench_send(b, &a, USHER_SERIAL_HOUSEKEEPING_GET);
    bench_pump(b);
    bench_answer(b, 0, USHER_SERIAL_INVALID_LENGTH, NULL, 0);
    bench_run(b, 300);
    assert_int_equal(a.err, NOT_YET);
    assert_int_equal(b->packets, 3);
    bench_answer(b, USHER_SERIAL_HOUSEKEEPING_GET, USHER_SERIAL_SUCCESS, "\1\0\0\0", 4);
    assert_int_equal(a.err, USHER_OK);
    bench_free(b);
}

static void test_silent_device(void **state)
{
    struct bench *b = bench_new(false, false);
    struct asked a, again;

    (void)state;
    b->deaf = true;
    bench_prepare(b, &a);
    bench_prepare(b, &again);
    bench_send(b, &a, USHER_SERIAL_VERSION_GET);
    bench_run(b, 5000);
    assert_int_equal(a.err, USHER_E_TIMEOUT);
    assert_int_equal(b->line, USHER_SERIAL_LINE_SILENT);
    assert_int_equal(b->line_told, 1);
    assert_true(b->zeros >= 255); /* for a device that waits for the rest of a packet */
    assert_int_equal(
        usher_serial_host_send(&b->host, &again.request,
                               &(struct usher_serial_packet){ .opcode = USHER_SERIAL_VERSION_GET }),
        USHER_E_STATE);
    bench_run(b, 20000);
    b->deaf = false;
    bench_run(b, 4000);
    assert_int_equal(b->line, USHER_SERIAL_LINE_UP);
    bench_send(b, &again, USHER_SERIAL_VERSION_GET);
    bench_pump(b);
    assert_int_equal(b->packet[1], USHER_SERIAL_VERSION_GET);
    bench_free(b);
}

/* Only the octets of now tell that all that was before has come. */
static void test_another_echo_is_none(void **state)
{
    struct bench *b = bench_new(false, false);

    (void)state;
    b->deaf = true;
    bench_pump(b);
    assert_int_equal(b->packet[1], USHER_SERIAL_ECHO);
    bench_from_device(b, USHER_SERIAL_EVT_ECHO_RSP, b->packet + 2, 4);
    bench_from_device(b, USHER_SERIAL_EVT_ECHO_RSP, b->packet + 2, 0);
    b->packet[6] ^= 1;
    bench_from_device(b, USHER_SERIAL_EVT_ECHO_RSP, b->packet + 2, 8);
    assert_int_equal(b->line, USHER_SERIAL_LINE_ASKING);
    b->packet[6] ^= 1;
    bench_from_device(b, USHER_SERIAL_EVT_ECHO_RSP, b->packet + 2, 8);
    assert_int_equal(b->line, USHER_SERIAL_LINE_UP);
    bench_free(b);
}

/* A device of the SDK that waits for 255 octets knows no pause. */
static void test_filler_frees_a_device_without_pauses(void **state)
{
    struct bench *b = bench_new(false, false);

    (void)state;
    b->rx.have = 1;
    b->rx.octets[0] = 255;
    for (unsigned i = 0; i < 500 && b->line != USHER_SERIAL_LINE_UP; i++) {
        b->rx.at = b->now + 10;
        bench_run(b, 10);
    }
    assert_int_equal(b->line, USHER_SERIAL_LINE_UP);
    bench_free(b);
}

static void test_restarted_device(void **state)
{
    struct bench *b = bench_new(false, true);
    struct asked first, second, after;

    (void)state;
    bench_prepare(b, &first);
    bench_prepare(b, &second);
    bench_prepare(b, &after);
    first.again = &after;
    bench_send(b, &first, USHER_SERIAL_VERSION_GET);
    bench_send(b, &second, USHER_SERIAL_VERSION_GET);
    bench_pump(b);
    bench_from_device(b, USHER_SERIAL_EVT_DEVICE_STARTED, "\x02\x00\xFE", 3);
    assert_int_equal(first.err, USHER_E_STATE);
    assert_false(first.answered);
    assert_int_equal(second.err, USHER_E_STATE);
    assert_int_equal(after.err, NOT_YET); /* it was sent after the start */
    assert_int_equal(b->events, 1);
    bench_pump(b);
    bench_answer(b, USHER_SERIAL_VERSION_GET, USHER_SERIAL_SUCCESS, "\x0A", 2);
    assert_int_equal(after.err, USHER_OK);
    bench_prepare(b, &first);
    bench_send(b, &first, USHER_SERIAL_RADIO_RESET);
    bench_pump(b);
    bench_from_device(b, USHER_SERIAL_EVT_DEVICE_STARTED, "\x02\x00\xFE", 3);
    assert_int_equal(first.err, USHER_OK);
    bench_free(b);
}

static void test_broken_line(void **state)
{
    struct bench *b = bench_new(false, true);
    struct asked a;

    (void)state;
    bench_prepare(b, &a);
    bench_send(b, &a, USHER_SERIAL_VERSION_GET);
    bench_pump(b);
    usher_serial_host_restart(&b->host);
    assert_int_equal(a.err, USHER_E_STATE);
    assert_int_equal(b->line, USHER_SERIAL_LINE_ASKING);
    bench_run(b, 20);
    assert_int_equal(b->line, USHER_SERIAL_LINE_UP);
    bench_free(b);
}

static void on_nothing(void *user, const struct usher_serial_packet *event)
{
    (void)user;
    (void)event;
}

static void test_init_refuses(void **state)
{
    struct usher_serial_host h;
    const struct usher_serial_host_config config = { .event = on_nothing };

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
        cmocka_unit_test(test_init_refuses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
