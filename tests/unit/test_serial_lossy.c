/*
 * A serial line that loses packets, and devices that answer what they should not: what the host
 * does not know of a session on the device, it finds out, so no context is lost and the radio gets
 * ready.
 */
#include "serial_desk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static bool first(struct desk *d, bool is)
{
    d->seen += is;
    return is && d->seen == 1;
}

static bool is_answer(const uint8_t *packet, uint8_t opcode)
{
    return packet[0] == USHER_SERIAL_EVT_CMD_RSP && packet[1] == opcode;
}

static bool lose_provision(struct desk *d, uint8_t *packet, size_t len)
{
    (void)len;
    return !first(d, packet[0] == USHER_SERIAL_PROVISION);
}

static bool lose_begun(struct desk *d, uint8_t *packet, size_t len)
{
    (void)len;
    return !first(d, is_answer(packet, USHER_SERIAL_PROVISION));
}

static bool says_timeout(struct desk *d, uint8_t *packet, size_t len)
{
    (void)len;
    if (first(d, is_answer(packet, USHER_SERIAL_PROVISION))) {
        packet[2] = USHER_SERIAL_TIMEOUT;
    }
    return true;
}

static bool says_less(struct desk *d, uint8_t *packet, size_t len)
{
    bool is = first(d, is_answer(packet, USHER_SERIAL_PROVISION));

    if (is) {
        desk_to_host(d, packet, len - 1);
    }
    return !is;
}

static bool lose_cancelled(struct desk *d, uint8_t *packet, size_t len)
{
    (void)len;
    return !first(d, is_answer(packet, USHER_SERIAL_SESSION_CANCEL));
}

static bool lose_closed(struct desk *d, uint8_t *packet, size_t len)
{
    (void)len;
    return !first(d, packet[0] == USHER_SERIAL_EVT_LINK_CLOSED);
}

static bool lose_closed_and_cancelled(struct desk *d, uint8_t *packet, size_t len)
{
    (void)len;
    return !first(d, packet[0] == USHER_SERIAL_EVT_LINK_CLOSED) &&
           !is_answer(packet, USHER_SERIAL_SESSION_CANCEL);
}

/* The first context, which was in use, has come free at both ends: the next session has it. */
static void assert_free(struct desk *d)
{
    assert_false(d->remote.contexts[0].busy);
    assert_true(usher_session_idle(&d->rig->sessions[0]));
    desk_meet(d, 1, people_choice(0));
    assert_int_equal(desk_begin(d, 1), USHER_OK);
    assert_ptr_equal(d->remote.contexts[0].session, &d->links[1].session);
    desk_run_until_closed(d, 1);
    desk_assert_provisioned(d, 1);
}

static struct desk *begun(bool (*down)(struct desk *d, uint8_t *packet, size_t len),
                          bool (*up)(struct desk *d, uint8_t *packet, size_t len))
{
    struct desk *d = desk_new();

    d->down = down;
    d->up = up;
    desk_meet(d, 0, people_choice(0));
    assert_int_equal(desk_begin(d, 0), USHER_OK);
    return d;
}

static void test_provision_that_nobody_answers(void **state)
{
    static const struct {
        bool (*down)(struct desk *d, uint8_t *packet, size_t len);
        bool (*up)(struct desk *d, uint8_t *packet, size_t len);
    } ways[] = {
        { lose_provision, NULL }, { NULL, lose_begun }, { NULL, says_timeout }, { NULL, says_less }
    };

    (void)state;
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        struct desk *d = begun(ways[i].down, ways[i].up);

        desk_run(d, 10000);
        assert_true(d->seen != 0);
        desk_assert_failed(d, 0);
        assert_free(d);
        desk_free(d);
    }
}

/* One that an earlier host, or a Cancel that was lost, has left there. */
static void test_session_that_the_host_does_not_know(void **state)
{
    const uint8_t provision[45] = { USHER_SERIAL_PROVISION, 0, 1, 2, 3 };

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        const struct usher_serial_remote_config how = { .device_ecdh = i != 0 };
        struct desk *d = desk_new_with(NULL, &how, NULL);

        desk_to_device(d, provision, sizeof(provision));
        assert_false(usher_session_idle(&d->rig->sessions[0]));
        desk_run(d, 20);
        desk_meet(d, 0, people_choice(0));
        assert_int_equal(desk_begin(d, 0), USHER_OK);
        desk_run(d, 5000);
        desk_assert_failed(d, 0);
        assert_free(d);
        desk_free(d);
    }
}

static void test_cancel_that_is_lost_on_its_way(void **state)
{
    static bool (*const ways[])(struct desk * d, uint8_t * packet,
                                size_t len) = { lose_cancelled, lose_closed,
                                                lose_closed_and_cancelled };

    (void)state;
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        struct desk *d = begun(NULL, ways[i]);

        desk_run(d, 400);
        assert_int_equal(usher_cancel(&d->links[0].session, USHER_CLOSE_ERROR), USHER_OK);
        desk_run(d, 5000);
        desk_assert_failed(d, 0);
        assert_true(d->seen != 0);
        d->up = NULL;
        desk_run(d, 10000);
        assert_free(d);
        desk_free(d);
    }
}

/* The session of a line that broke is cancelled while the device is got ready. */
static void test_end_of_another_hosts_session_is_lost(void **state)
{
    struct desk *d = begun(NULL, lose_closed);

    (void)state;
    desk_run(d, 400);
    usher_serial_remote_restart(&d->remote);
    desk_run(d, 5000);
    desk_assert_failed(d, 0);
    assert_true(d->seen != 0);
    assert_free(d);
    desk_free(d);
}

/* -- getting ready ----------------------------------------------------------------------------- */

static bool answers_timeout(struct desk *d, uint8_t *packet, size_t len)
{
    const uint8_t answer[] = { USHER_SERIAL_EVT_CMD_RSP, packet[0], USHER_SERIAL_TIMEOUT };
    bool is = packet[0] == USHER_SERIAL_SCAN_STOP || packet[0] == USHER_SERIAL_LISTEN_STOP;

    (void)len;
    d->seen += is;
    if (is) {
        desk_to_host(d, answer, sizeof(answer));
    }
    return !is;
}

/* An answer is one, whatever it says: desk_new_with() finds the device ready. */
static void test_time_out_is_an_answer(void **state)
{
    struct desk *d = desk_new_with(NULL, NULL, answers_timeout);

    (void)state;
    assert_true(d->seen > 1);
    d->down = NULL;
    desk_meet(d, 0, people_choice(0));
    assert_free(d);
    desk_free(d);
}

/* -- a device of the SDK ----------------------------------------------------------------------- */

static bool sdk_loses_provision(struct desk *d, uint8_t *packet, size_t len)
{
    static const uint8_t unknown[] = { USHER_SERIAL_EVT_CMD_RSP, USHER_SERIAL_EXTENSIONS_GET,
                                       USHER_SERIAL_CMD_UNKNOWN };

    if (packet[0] == USHER_SERIAL_EXTENSIONS_GET) {
        desk_to_host(d, unknown, sizeof(unknown));
        return false;
    }
    assert_int_not_equal(packet[0], USHER_SERIAL_SESSION_CANCEL);
    return lose_provision(d, packet, len);
}

/* It may be in a session that cannot be cancelled, for as long as a session may be quiet. */
static void test_device_of_the_sdk_that_does_not_answer(void **state)
{
    struct desk *d = desk_new_with(NULL, NULL, sdk_loses_provision);

    (void)state;
    desk_meet(d, 0, people_choice(0));
    assert_int_equal(desk_begin(d, 0), USHER_OK);
    desk_run(d, 10000);
    desk_assert_failed(d, 0);
    assert_true(d->remote.contexts[0].busy);
    desk_run(d, 60000);
    assert_true(d->remote.contexts[0].busy);
    desk_run(d, 80000);
    assert_free(d);
    desk_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_provision_that_nobody_answers),
        cmocka_unit_test(test_session_that_the_host_does_not_know),
        cmocka_unit_test(test_cancel_that_is_lost_on_its_way),
        cmocka_unit_test(test_end_of_another_hosts_session_is_lost),
        cmocka_unit_test(test_time_out_is_an_answer),
        cmocka_unit_test(test_device_of_the_sdk_that_does_not_answer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
