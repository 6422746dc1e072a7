/*
 * Serial devices that lie: what a host takes from them, and what becomes of the session, while
 * another one goes on.
 */
#include "serial_desk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

/* Each kind of event of a session, at any moment, filled with what is likely to do harm. */
static void test_events_that_come_too_early(void **state)
{
    static const uint8_t codes[] = {
        USHER_SERIAL_EVT_LINK_ESTABLISHED, USHER_SERIAL_EVT_CAPS_RECEIVED,
        USHER_SERIAL_EVT_INVITE_RECEIVED,  USHER_SERIAL_EVT_COMPLETE,
        USHER_SERIAL_EVT_AUTH_REQUEST,     USHER_SERIAL_EVT_ECDH_REQUEST,
        USHER_SERIAL_EVT_OUTPUT_REQUEST,   USHER_SERIAL_EVT_FAILED,
        USHER_SERIAL_EVT_START_RECEIVED,   USHER_SERIAL_EVT_CAPABILITIES,
        USHER_SERIAL_EVT_SECRET_REQUEST,   USHER_SERIAL_EVT_PUBKEY_REQUEST,
        USHER_SERIAL_EVT_SHOW_REQUEST,     USHER_SERIAL_EVT_DATA_REQUEST,
        USHER_SERIAL_EVT_MESSAGE_UNICAST,  USHER_SERIAL_EVT_MESSAGE_SUBSCRIPTION,
        USHER_SERIAL_EVT_TX_COMPLETE,      USHER_SERIAL_EVT_IV_ENTRY_SET,
        USHER_SERIAL_EVT_SEQNUM_ENTRY_SET,
    };

    (void)state;
    for (unsigned i = 0; i < 2 * sizeof(codes); i++) {
        struct desk *d = desk_new();
        uint8_t filled[USHER_SERIAL_PAYLOAD_MAX], zero[USHER_SERIAL_PAYLOAD_MAX];
        unsigned delay = i / sizeof(codes) * 400;

        desk_meet(d, 0, people_choice(0));
        desk_meet(d, 1, people_choice(0));
        assert_int_equal(desk_begin(d, 0), USHER_OK);
        assert_int_equal(desk_begin(d, 1), USHER_OK);
        desk_run(d, delay);
        memset(zero, 0, sizeof(zero));
        memset(filled, 0xFF, sizeof(filled));
        for (size_t len = 0; len < 100; len++) {
            uint8_t packet[USHER_SERIAL_FRAME_MAX] = { codes[i % sizeof(codes)] };

            memcpy(packet + 1, filled, len); /* context 255 */
            desk_to_host(d, packet, len + 1);
            memcpy(packet + 1, (len & 1) != 0 ? zero : filled, len);
            packet[1] = 0; /* of the first session */
            d->remote.line.strange = 0;
            desk_to_host(d, packet, len + 1);
            d->remote.line.strange = 0;
        }
        desk_run_until_closed(d, 0);
        desk_run_until_closed(d, 1);
        assert_int_equal(d->links[0].closed, 1);
        assert_true(usher_session_idle(&d->links[0].session));
        desk_assert_provisioned(d, 1);
        if (d->links[0].complete != 0) {
            desk_assert_provisioned(d, 0);
        }
        desk_free(d);
    }
}

static bool other_address(struct desk *d, uint8_t *packet, size_t len)
{
    (void)d;
    (void)len;
    packet[8] ^= packet[0] == USHER_SERIAL_EVT_COMPLETE;
    return true;
}

static void test_complete_with_another_address(void **state)
{
    struct desk *d = desk_new();

    (void)state;
    d->up = other_address;
    desk_meet(d, 0, people_choice(0));
    assert_int_equal(desk_begin(d, 0), USHER_OK);
    desk_run(d, 20000);
    desk_assert_failed(d, 0);
    desk_free(d);
}

/* -- packets that are changed on their way ----------------------------------------------------- */

/* Two sessions, of which the first is lied to. */
static struct desk *lied_to(struct usher_start choice,
                            bool (*up)(struct desk *d, uint8_t *packet, size_t len))
{
    struct desk *d = desk_new();

    d->up = up;
    desk_meet(d, 0, choice);
    desk_meet(d, 1, people_choice(0));
    assert_int_equal(desk_begin(d, 0), USHER_OK);
    assert_int_equal(desk_begin(d, 1), USHER_OK);
    desk_run_until_closed(d, 0);
    desk_run_until_closed(d, 1);
    assert_true(d->seen != 0);
    desk_assert_failed(d, 0);
    desk_assert_provisioned(d, 1);
    return d;
}

static bool is_first(struct desk *d, const uint8_t *packet, uint8_t opcode)
{
    bool is = packet[0] == opcode && packet[1] == 0;

    d->seen += is;
    return is;
}

static bool secret_asked_twice(struct desk *d, uint8_t *packet, size_t len)
{
    if (is_first(d, packet, USHER_SERIAL_EVT_SECRET_REQUEST)) {
        desk_to_host(d, packet, len);
    }
    return true;
}

static bool value_asked_for_nothing(struct desk *d, uint8_t *packet, size_t len)
{
    const uint8_t ask[] = { USHER_SERIAL_EVT_AUTH_REQUEST, 0, USHER_OOB_OUTPUT, 3, 255 };

    (void)len;
    if (is_first(d, packet, USHER_SERIAL_EVT_SECRET_REQUEST)) {
        desk_to_host(d, ask, sizeof(ask));
    }
    return true;
}

static bool shows_much(struct desk *d, uint8_t *packet, size_t len)
{
    uint8_t show[200] = { USHER_SERIAL_EVT_SHOW_REQUEST, 0, USHER_INPUT_NUMERIC, 7 };

    (void)len;
    if (!is_first(d, packet, USHER_SERIAL_EVT_SHOW_REQUEST)) {
        return true;
    }
    memset(show + 4, '1', sizeof(show) - 4);
    desk_to_host(d, show, sizeof(show));
    return false;
}

static bool shows_an_escape(struct desk *d, uint8_t *packet, size_t len)
{
    if (is_first(d, packet, USHER_SERIAL_EVT_SHOW_REQUEST)) {
        packet[len - 1] = 0x1B;
    }
    return true;
}

static bool more_elements(struct desk *d, uint8_t *packet, size_t len)
{
    (void)len;
    packet[2] += is_first(d, packet, USHER_SERIAL_EVT_DATA_REQUEST);
    return true;
}

static bool output_of_200(struct desk *d, uint8_t *packet, size_t len)
{
    (void)len;
    if (is_first(d, packet, USHER_SERIAL_EVT_CAPABILITIES)) {
        packet[7] = 200;
    }
    return true;
}

static bool input_of_200(struct desk *d, uint8_t *packet, size_t len)
{
    (void)len;
    if (is_first(d, packet, USHER_SERIAL_EVT_CAPABILITIES)) {
        packet[10] = 200;
    }
    return true;
}

static bool no_elements(struct desk *d, uint8_t *packet, size_t len)
{
    (void)len;
    if (is_first(d, packet, USHER_SERIAL_EVT_CAPABILITIES)) {
        packet[2] = 0;
    }
    return true;
}

static void test_lies_end_their_session_alone(void **state)
{
    (void)state;
    desk_free(lied_to(people_choice(0), secret_asked_twice));
    desk_free(lied_to(people_choice(0), value_asked_for_nothing));
    desk_free(lied_to(people_choice(9), shows_much));
    for (unsigned n = 9; n <= 10; n++) { /* digits, and letters, too */
        struct desk *d = lied_to(people_choice(n), shows_an_escape);

        assert_int_equal(d->links[0].person.shown[0], 0);
        desk_free(d);
    }
    desk_free(lied_to(people_choice(0), more_elements));
}

static void test_capabilities_that_cannot_be(void **state)
{
    static bool (*const lies[])(struct desk * d, uint8_t * packet,
                                size_t len) = { output_of_200, input_of_200, no_elements };

    (void)state;
    for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
        struct desk *d = lied_to(people_choice(0), lies[i]);

        assert_int_equal(d->links[0].failure, USHER_FAIL_INVALID_FORMAT);
        desk_free(d);
    }
}

/* -- events out of place ----------------------------------------------------------------------- */

static void test_context_without_a_session(void **state)
{
    static const uint8_t failed[] = { USHER_SERIAL_EVT_FAILED, 5, 4 };
    static const uint8_t open[] = { USHER_SERIAL_EVT_LINK_ESTABLISHED, 5 };
    static const uint8_t closed[] = { USHER_SERIAL_EVT_LINK_CLOSED, 5, 0 };
    struct desk *d = desk_new();

    (void)state;
    desk_to_host(d, failed, sizeof(failed));
    desk_to_host(d, open, sizeof(open));
    desk_to_host(d, closed, sizeof(closed));
    assert_int_equal(d->remote.line.stats.unread, 0);
    desk_free(d);
}

static void test_nothing_is_told_once_it_is_cancelled(void **state)
{
    static const uint8_t failed[] = { USHER_SERIAL_EVT_FAILED, 0, 4 };
    struct desk *d = desk_new();
    unsigned told;

    (void)state;
    desk_meet(d, 0, people_choice(0));
    assert_int_equal(desk_begin(d, 0), USHER_OK);
    desk_run(d, 300);
    assert_int_equal(usher_cancel(&d->links[0].session, USHER_CLOSE_ERROR), USHER_OK);
    told = d->links[0].told;
    desk_to_host(d, failed, sizeof(failed));
    assert_int_equal(d->links[0].told, told);
    desk_run_until_closed(d, 0);
    desk_assert_failed(d, 0);
    desk_free(d);
}

static bool key_asked_for(struct desk *d, uint8_t *packet, size_t len)
{
    const uint8_t ask[] = { USHER_SERIAL_EVT_PUBKEY_REQUEST, 0 };
    unsigned told = d->links[0].told;

    (void)len;
    if (is_first(d, packet, USHER_SERIAL_EVT_SECRET_REQUEST)) {
        desk_to_host(d, ask, sizeof(ask));
        assert_int_equal(d->links[0].told, told);
    }
    return true;
}

/* A commissioner that was asked would look for a key that it has not. */
static void test_key_that_was_not_chosen(void **state)
{
    struct desk *d = desk_new();

    (void)state;
    d->up = key_asked_for;
    desk_meet(d, 0, people_choice(0));
    assert_int_equal(desk_begin(d, 0), USHER_OK);
    desk_run_until_closed(d, 0);
    assert_int_equal(d->seen, 1);
    desk_assert_provisioned(d, 0);
    desk_free(d);
}

static void test_beacons_that_nobody_wants(void **state)
{
    uint8_t beacon[33] = { USHER_SERIAL_EVT_BEACON, 1, 2, 3 };
    struct desk *d = desk_new();

    (void)state;
    desk_to_host(d, beacon, sizeof(beacon));
    assert_int_equal(d->heard, 0);
    assert_int_equal(usher_scan(&d->node, true), USHER_OK);
    desk_to_host(d, beacon, sizeof(beacon));
    assert_int_equal(d->heard, 1);
    beacon[25] = 1; /* on PB-GATT, which is not to be had */
    desk_to_host(d, beacon, sizeof(beacon));
    assert_int_equal(d->heard, 1);
    desk_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_events_that_come_too_early),
        cmocka_unit_test(test_complete_with_another_address),
        cmocka_unit_test(test_lies_end_their_session_alone),
        cmocka_unit_test(test_capabilities_that_cannot_be),
        cmocka_unit_test(test_context_without_a_session),
        cmocka_unit_test(test_nothing_is_told_once_it_is_cancelled),
        cmocka_unit_test(test_key_that_was_not_chosen),
        cmocka_unit_test(test_beacons_that_nobody_wants),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
