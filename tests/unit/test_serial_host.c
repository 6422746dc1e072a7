/*
 * A device of the serial interface as the radio of an instance: sessions of all kinds, what a host
 * may do wrong to the device, devices that go away, and such of the nRF5 SDK.
 */
#include "serial_desk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

/* -- sessions ---------------------------------------------------------------------------------- */

static void test_every_way_of_authentication(void **state)
{
    (void)state;
    for (unsigned n = 0; n < 2 * PEOPLE_CHOICES; n++) {
        struct usher_start choice = people_choice(n);
        struct desk *d = desk_new();

        choice.public_key = n >= PEOPLE_CHOICES;
        choice.algorithm = USHER_ALG_HMAC;
        desk_meet(d, 0, choice);
        assert_int_equal(desk_begin(d, 0), USHER_OK);
        desk_run_until_closed(d, 0);
        desk_assert_provisioned(d, 0);
        assert_int_equal(d->links[0].data_requests, 1);
        assert_int_equal(d->links[0].elements, 3);
        assert_memory_equal(d->links[0].key_at_request, d->links[0].device_key, USHER_KEY_SIZE);
        desk_free(d);
    }
}

static void test_eight_at_once(void **state)
{
    struct desk *d = desk_new();

    (void)state;
    for (unsigned n = 0; n < LINKS; n++) {
        desk_meet(d, n, people_choice(n));
    }
    for (unsigned n = 0; n < LINKS; n++) {
        assert_int_equal(desk_begin(d, n), USHER_OK);
    }
    assert_int_equal(desk_begin(d, 0), USHER_E_STATE);
    for (unsigned n = 0; n < LINKS; n++) {
        desk_run_until_closed(d, n);
        desk_assert_provisioned(d, n);
    }
    assert_int_equal(d->remote.line.stats.answers, 0);
    assert_int_equal(d->remote.line.stats.unread, 0);
    desk_free(d);
}

static void test_no_more_than_its_contexts(void **state)
{
    const struct usher_serial_config device = { .session_count = 2, .tx_size = 4096 };
    struct desk *d = desk_new_with(&device, NULL, NULL);

    (void)state;
    for (unsigned n = 0; n < 3; n++) {
        desk_meet(d, n, people_choice(0));
    }
    assert_int_equal(desk_begin(d, 0), USHER_OK);
    assert_int_equal(desk_begin(d, 1), USHER_OK);
    assert_int_equal(desk_begin(d, 2), USHER_E_RESOURCES);
    desk_run(d, 8000);
    assert_int_equal(desk_begin(d, 2), USHER_OK);
    desk_run(d, 8000);
    for (unsigned n = 0; n < 3; n++) {
        desk_assert_provisioned(d, n);
    }
    desk_free(d);
}

static bool saw_secret(struct desk *d, uint8_t *packet, size_t len)
{
    (void)len;
    d->seen +=
        packet[0] == USHER_SERIAL_EVT_SECRET_REQUEST || packet[0] == USHER_SERIAL_EVT_ECDH_REQUEST;
    assert_int_not_equal(packet[0], USHER_SERIAL_EVT_ECDH_REQUEST); /* with a private key */
    return true;
}

static void test_who_computes(void **state)
{
    (void)state;
    for (unsigned device = 0; device < 2; device++) {
        const struct usher_serial_remote_config how = { .device_ecdh = device != 0 };
        /* Even one that would tell its own private keys is not asked to. */
        const struct usher_serial_config config = {
            .session_count = 2, .tx_size = 4096, .offload = true, .reveal_private = true
        };
        struct desk *d = desk_new_with(&config, &how, NULL);

        d->up = saw_secret;
        desk_meet(d, 0, people_choice(0));
        assert_int_equal(desk_begin(d, 0), USHER_OK);
        desk_run_until_closed(d, 0);
        desk_assert_provisioned(d, 0);
        assert_int_equal(d->seen, device != 0 ? 0 : 1);
        desk_free(d);
    }
}

static void test_data_at_the_begin(void **state)
{
    struct desk *d = desk_new();
    struct link *l = desk_meet(d, 0, people_choice(0));
    struct usher_prov_data bad = l->person.data;

    (void)state;
    bad.netkey_index = 0x1000;
    assert_int_equal(
        usher_provision(&l->session,
                        &(struct usher_provision){ .uuid = d->rig->peers[0].uuid, .data = &bad }),
        USHER_E_DATA);
    assert_int_equal(
        usher_provision(&l->session, &(struct usher_provision){ .uuid = d->rig->peers[0].uuid,
                                                                .data = &l->person.data }),
        USHER_OK);
    desk_run_until_closed(d, 0);
    desk_assert_provisioned(d, 0);
    assert_int_equal(l->data_requests, 0);
    desk_free(d);
}

static void test_answers_are_checked(void **state)
{
    struct desk *d = desk_new();
    struct link *l = desk_meet(d, 0, people_choice(5)); /* a number of 4 digits */
    struct usher_prov_data bad = l->person.data;
    uint8_t value[40] = { 1 };

    (void)state;
    assert_int_equal(usher_auth_number(&l->session, 1), USHER_E_STATE);
    assert_int_equal(desk_begin(d, 0), USHER_OK);
    bad.address = 0x8000;
    assert_int_equal(usher_data_set(&l->session, &bad), USHER_E_ADDR);
    bad.netkey_index = 0x1000;
    assert_int_equal(usher_data_set(&l->session, &bad), USHER_E_DATA);
    assert_int_equal(usher_auth_number(&l->session, 1), USHER_E_STATE);
    for (unsigned i = 0; i < 200 && d->remote.contexts[0].asked_method == 0; i++) {
        desk_run(d, STEP_MS);
        l->person.at[PERSON_AUTHENTICATES] = USHER_NEVER;
    }
    assert_int_equal(usher_oob_use(&l->session, &l->person.choice), USHER_E_STATE);
    assert_int_equal(usher_auth_static(&l->session, value, 16), USHER_E_STATE);
    assert_int_equal(usher_auth_number(&l->session, 10000), USHER_E_PARAM);
    assert_int_equal(usher_auth_text(&l->session, "12345"), USHER_E_LENGTH);
    assert_int_equal(usher_auth_text(&l->session, ""), USHER_E_LENGTH);
    assert_int_equal(usher_auth_text(&l->session, "12A"), USHER_E_DATA);
    assert_int_equal(usher_auth_text(&l->session, d->rig->peers[0].person.shown), USHER_OK);
    assert_int_equal(usher_auth_number(&l->session, 1), USHER_E_STATE);
    desk_run_until_closed(d, 0);
    desk_assert_provisioned(d, 0);
    assert_int_equal(usher_listen(&l->session, &(struct usher_listen){ .uuid = value }),
                     USHER_E_UNSUPPORTED);
    desk_free(d);
}

static void test_cancelled(void **state)
{
    struct desk *d = desk_new();

    (void)state;
    for (unsigned n = 0; n < 2; n++) {
        desk_meet(d, n, people_choice(5));
        assert_int_equal(desk_begin(d, n), USHER_OK);
    }
    desk_run(d, 400);
    assert_int_equal(usher_cancel(&d->links[0].session, USHER_CLOSE_TIMEOUT), USHER_OK);
    assert_int_equal(usher_cancel(&d->links[0].session, USHER_CLOSE_TIMEOUT), USHER_E_STATE);
    assert_int_equal(d->links[0].closed, 0); /* not from within */
    desk_run(d, 10000);
    desk_assert_failed(d, 0);
    assert_int_equal(d->links[0].close_reason, USHER_CLOSE_TIMEOUT);
    assert_int_equal(usher_cancel(&d->links[0].session, USHER_CLOSE_ERROR), USHER_E_STATE);
    desk_assert_provisioned(d, 1);
    desk_free(d);
}

static void test_wrong_value_fails_alone(void **state)
{
    struct desk *d = desk_new();
    struct usher_outcome outcome;

    (void)state;
    for (unsigned n = 0; n < 2; n++) {
        desk_meet(d, n, people_choice(1));
        assert_int_equal(desk_begin(d, n), USHER_OK);
    }
    for (unsigned i = 0; i < 400 && d->remote.contexts[0].asked_method == 0; i++) {
        desk_run(d, STEP_MS);
        d->links[0].person.wrong = true;
    }
    desk_run(d, 12000);
    desk_assert_failed(d, 0);
    assert_int_equal(d->links[0].failure, USHER_FAIL_CONFIRMATION);
    usher_outcome(&d->links[0].session, &outcome);
    assert_int_equal(outcome.failure, USHER_FAIL_CONFIRMATION);
    assert_int_equal(outcome.phase, USHER_PHASE_CONFIRMATION);
    desk_assert_provisioned(d, 1);
    desk_free(d);
}

static void test_scanning(void **state)
{
    struct desk *d = desk_new();
    struct rig_peer *peer = rig_device(d->rig);

    (void)state;
    assert_int_equal(usher_scan(&d->node, true), USHER_OK);
    desk_run(d, 3000);
    assert_true(d->heard >= 1);
    assert_memory_equal(d->beacon.params.unprov.device_uuid, peer->uuid, USHER_UUID_SIZE);
    assert_memory_equal(d->beacon.params.unprov.peer.addr, air_addr(peer->port.radio), 6);
    assert_int_equal(d->beacon.params.unprov.oob_info, 0);
    assert_in_range((uint8_t)-d->beacon.params.unprov.rssi, 40, 80);
    assert_int_equal(usher_scan(&d->node, false), USHER_OK);
    desk_run(d, 100);
    d->heard = 0;
    desk_run(d, 3000);
    assert_int_equal(d->heard, 0);
    assert_false(d->rig->serial.scanning);
    desk_free(d);
}

/* -- wrong answers to the device --------------------------------------------------------------- */

static bool is_secret(const uint8_t *packet)
{
    return packet[0] == USHER_SERIAL_ECDH_SECRET;
}

static bool wrong_secret(struct desk *d, uint8_t *packet, size_t len)
{
    (void)d;
    packet[len - 1] ^= is_secret(packet) && packet[1] == 0;
    return true;
}

static bool zero_secret(struct desk *d, uint8_t *packet, size_t len)
{
    (void)d;
    if (is_secret(packet) && packet[1] == 0) {
        memset(packet + 2, 0, len - 2);
    }
    return true;
}

static bool secret_twice(struct desk *d, uint8_t *packet, size_t len)
{
    if (is_secret(packet)) {
        desk_to_device(d, packet, len);
        d->seen++;
    }
    return true;
}

static bool secret_of_another(struct desk *d, uint8_t *packet, size_t len)
{
    (void)d;
    (void)len;
    if (is_secret(packet) && packet[1] == 0) {
        packet[1] = 1;
    }
    return true;
}

static bool secret_kept(struct desk *d, uint8_t *packet, size_t len)
{
    if (!is_secret(packet) || packet[1] != 0 || d->kept_len != 0) {
        return true;
    }
    memcpy(d->kept, packet, len);
    d->kept_len = len;
    return false;
}

static struct desk *three_with(bool (*down)(struct desk *d, uint8_t *packet, size_t len))
{
    struct desk *d = desk_new();

    d->down = down;
    for (unsigned n = 0; n < 3; n++) {
        desk_meet(d, n, people_choice(0));
        assert_int_equal(desk_begin(d, n), USHER_OK);
    }
    for (unsigned n = 0; n < 3; n++) {
        for (unsigned i = 0; i < 50 && d->links[n].closed == 0; i++) {
            desk_run(d, 200);
        }
    }
    return d;
}

static void test_wrong_secret_fails_alone(void **state)
{
    struct desk *d = three_with(wrong_secret);

    (void)state;
    desk_assert_failed(d, 0);
    desk_assert_provisioned(d, 1);
    desk_assert_provisioned(d, 2);
    desk_free(d);
    d = three_with(zero_secret);
    desk_assert_failed(d, 0);
    desk_assert_provisioned(d, 1);
    desk_assert_provisioned(d, 2);
    desk_free(d);
}

static void test_secret_twice_does_nothing(void **state)
{
    struct desk *d = three_with(secret_twice);

    (void)state;
    assert_int_equal(d->seen, 3);
    assert_int_equal(d->remote.line.stats.answers, 3);
    for (unsigned n = 0; n < 3; n++) {
        desk_assert_provisioned(d, n);
    }
    desk_free(d);
}

static void test_secret_of_another_session(void **state)
{
    struct desk *d = three_with(secret_of_another);

    (void)state;
    for (unsigned n = 0; n < 2; n++) {
        desk_run_until_closed(d, n);
    }
    desk_assert_failed(d, 0);
    if (d->links[1].complete == 0) { /* it had asked for one already */
        desk_assert_failed(d, 1);
    } else {
        desk_assert_provisioned(d, 1);
    }
    desk_assert_provisioned(d, 2);
    desk_free(d);
}

/* The answer of a session that is over is not the next one's of that context. */
static void test_late_secret(void **state)
{
    struct desk *d = three_with(secret_kept);

    (void)state;
    assert_true(d->kept_len != 0);
    desk_run_until_closed(d, 0);
    desk_assert_failed(d, 0);
    desk_assert_provisioned(d, 1);
    desk_assert_provisioned(d, 2);
    desk_meet(d, 3, people_choice(0));
    assert_int_equal(desk_begin(d, 3), USHER_OK);
    desk_run(d, 200);
    desk_to_device(d, d->kept, d->kept_len); /* asked for by nobody */
    desk_run(d, 8000);
    desk_assert_provisioned(d, 3);
    desk_free(d);
}

/* -- a device that goes away ------------------------------------------------------------------- */

static void test_restarted_device(void **state)
{
    const uint8_t started[] = { USHER_SERIAL_EVT_DEVICE_STARTED, 2, 0, 0xFE };
    struct desk *d = desk_new();

    (void)state;
    assert_int_equal(usher_scan(&d->node, true), USHER_OK);
    desk_meet(d, 0, people_choice(0));
    assert_int_equal(desk_begin(d, 0), USHER_OK);
    desk_run(d, 300);
    usher_serial_deinit(&d->rig->serial);
    while (!usher_session_idle(&d->rig->sessions[0])) {
        air_run_until(d->rig->air, air_now_us(d->rig->air) + 100000);
    }
    assert_int_equal(usher_serial_init(&d->rig->serial, &d->rig->node, &d->rig->config), USHER_OK);
    assert_int_equal(usher_serial_enable(&d->rig->serial), USHER_OK);
    desk_run(d, 20);
    desk_assert_failed(d, 0);
    assert_int_equal(d->notes, 1);
    assert_true(usher_serial_remote_ready(&d->remote));
    assert_true(d->rig->serial.scanning);
    desk_meet(d, 1, people_choice(0));
    assert_int_equal(desk_begin(d, 1), USHER_OK);
    desk_run_until_closed(d, 1);
    desk_assert_provisioned(d, 1);
    desk_to_host(d, started, sizeof(started));
    assert_int_equal(d->links[1].closed, 1); /* once is enough */
    desk_free(d);
}

static void test_silent_device(void **state)
{
    struct desk *d = desk_new();

    (void)state;
    desk_meet(d, 0, people_choice(0));
    assert_int_equal(desk_begin(d, 0), USHER_OK);
    d->cut = true;
    desk_run(d, 8000);
    desk_assert_failed(d, 0);
    assert_false(usher_serial_remote_ready(&d->remote));
    desk_meet(d, 1, people_choice(0));
    assert_int_equal(desk_begin(d, 1), USHER_E_STATE);
    d->cut = false;
    desk_run(d, 4000);
    assert_true(usher_serial_remote_ready(&d->remote));
    assert_int_equal(desk_begin(d, 1), USHER_OK);
    desk_run_until_closed(d, 1);
    desk_assert_provisioned(d, 1);
    desk_free(d);
}

static void test_broken_line(void **state)
{
    struct desk *d = desk_new();

    (void)state;
    desk_meet(d, 0, people_choice(0));
    assert_int_equal(desk_begin(d, 0), USHER_OK);
    desk_run(d, 300);
    usher_serial_remote_restart(&d->remote);
    desk_assert_failed(d, 0);
    desk_run(d, 40);
    assert_true(usher_serial_remote_ready(&d->remote));
    /* The session that the host has lost is cancelled, and its context comes free. */
    desk_run(d, 2000);
    assert_false(d->remote.contexts[0].busy);
    assert_true(usher_session_idle(&d->rig->sessions[0]));
    desk_free(d);
}

/* What a host leaves behind. */
static void test_leaving(void **state)
{
    uint8_t last[256];
    struct desk *d = desk_new();
    size_t len;

    (void)state;
    assert_int_equal(usher_scan(&d->node, true), USHER_OK);
    desk_meet(d, 0, people_choice(0));
    assert_int_equal(desk_begin(d, 0), USHER_OK);
    desk_run(d, 300);
    assert_false(usher_session_idle(&d->rig->sessions[0]));
    assert_int_equal(usher_serial_remote_leave(&d->remote, last, 5), 4); /* as far as it goes */
    len = usher_serial_remote_leave(&d->remote, last, sizeof(last));
    assert_int_equal(usher_in_uart(&d->rig->serial, last, len), len);
    air_run_until(d->rig->air, air_now_us(d->rig->air) + 2000000);
    assert_false(d->rig->serial.scanning);
    assert_true(usher_session_idle(&d->rig->sessions[0]));
    desk_free(d);
}

/* -- a device of the SDK ----------------------------------------------------------------------- */

/* None of the additions: CMD_UNKNOWN to the first, and none of the others may be sent. */
static bool sdk(struct desk *d, uint8_t *packet, size_t len)
{
    static const uint8_t unknown[] = { USHER_SERIAL_EVT_CMD_RSP, USHER_SERIAL_EXTENSIONS_GET,
                                       USHER_SERIAL_CMD_UNKNOWN };
    uint8_t opcode = packet[0];

    (void)len;
    if (opcode == USHER_SERIAL_EXTENSIONS_GET) {
        desk_to_host(d, unknown, sizeof(unknown));
        return false;
    }
    assert_true(opcode <= USHER_SERIAL_APPLICATION || opcode >= USHER_SERIAL_SCAN_START);
    assert_true(opcode != USHER_SERIAL_ECDH_MODE_SET && opcode != USHER_SERIAL_EXTENSIONS_SET);
    assert_true(opcode < USHER_SERIAL_SESSION_KEY_SET);
    if (opcode == USHER_SERIAL_PROVISION) {
        assert_true((packet[40] | packet[41]) != 0); /* it has an address */
    }
    return true;
}

static void test_device_of_the_sdk(void **state)
{
    static const unsigned ways[] = { 0, 1, 5, 6 };
    const struct usher_serial_config revealing = {
        .session_count = 2, .tx_size = 4096, .offload = true, .reveal_private = true
    };

    (void)state;
    for (unsigned i = 0; i < 2 * sizeof(ways) / sizeof(ways[0]); i++) {
        struct desk *d = desk_new_with(i % 2 != 0 ? &revealing : NULL, NULL, sdk);
        struct link *l = desk_meet(d, 0, people_choice(ways[i / 2]));

        assert_int_equal(desk_begin(d, 0), USHER_OK);
        assert_int_equal(l->data_requests, 0); /* not from within */
        desk_run_until_closed(d, 0);
        assert_int_equal(l->data_requests, 1);
        assert_int_equal(l->elements, 8);
        desk_assert_provisioned(d, 0);
        assert_int_equal(l->session.capabilities.algorithms, 1);
        assert_int_equal(l->session.capabilities.pubkey_type, 0);
        assert_int_equal(l->session.capabilities.oob_input_actions, 0);
        desk_free(d);
    }
}

static void test_device_of_the_sdk_with_more_elements(void **state)
{
    const struct usher_serial_remote_config how = { .elements = 2 };
    struct desk *d = desk_new_with(NULL, &how, sdk);

    (void)state;
    desk_meet(d, 0, people_choice(0));
    assert_int_equal(desk_begin(d, 0), USHER_OK);
    desk_run(d, 4000);
    desk_assert_failed(d, 0);
    assert_int_equal(d->links[0].failure, USHER_FAIL_ADDRESS);
    assert_int_equal(d->notes, 1);
    /* Its session cannot be cancelled: the context is the next one's when the device has ended. */
    assert_true(d->remote.contexts[0].busy);
    desk_run(d, 70000);
    assert_false(d->remote.contexts[0].busy);
    desk_free(d);
}

static void test_device_of_the_sdk_is_left_alone(void **state)
{
    struct desk *d = desk_new_with(NULL, NULL, sdk);

    (void)state;
    desk_meet(d, 0, people_choice(0));
    assert_int_equal(desk_begin(d, 0), USHER_OK);
    desk_run(d, 400);
    assert_int_equal(usher_cancel(&d->links[0].session, USHER_CLOSE_ERROR), USHER_OK);
    desk_run(d, 20);
    desk_assert_failed(d, 0);
    desk_meet(d, 1, people_choice(0));
    assert_int_equal(desk_begin(d, 1), USHER_OK);
    desk_run_until_closed(d, 1);
    desk_assert_provisioned(d, 1);
    desk_free(d);
}

static void test_init_refuses(void **state)
{
    struct usher_serial_remote r;
    struct usher u;
    struct usher_port port = { 0 };
    const struct usher_serial_remote_config config = { 0 };

    (void)state;
    assert_int_equal(usher_serial_remote_init(NULL, &u, &port, &config), USHER_E_NULL);
    assert_int_equal(usher_serial_remote_init(&r, NULL, &port, &config), USHER_E_NULL);
    assert_int_equal(usher_serial_remote_init(&r, &u, NULL, &config), USHER_E_NULL);
    assert_int_equal(usher_serial_remote_init(&r, &u, &port, NULL), USHER_E_NULL);
    assert_int_equal(usher_serial_remote_init(&r, &u, &port, &config), USHER_E_NULL); /* crypto */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_way_of_authentication),
        cmocka_unit_test(test_eight_at_once),
        cmocka_unit_test(test_no_more_than_its_contexts),
        cmocka_unit_test(test_who_computes),
        cmocka_unit_test(test_data_at_the_begin),
        cmocka_unit_test(test_answers_are_checked),
        cmocka_unit_test(test_cancelled),
        cmocka_unit_test(test_wrong_value_fails_alone),
        cmocka_unit_test(test_scanning),
        cmocka_unit_test(test_wrong_secret_fails_alone),
        cmocka_unit_test(test_secret_twice_does_nothing),
        cmocka_unit_test(test_secret_of_another_session),
        cmocka_unit_test(test_late_secret),
        cmocka_unit_test(test_restarted_device),
        cmocka_unit_test(test_silent_device),
        cmocka_unit_test(test_broken_line),
        cmocka_unit_test(test_leaving),
        cmocka_unit_test(test_device_of_the_sdk),
        cmocka_unit_test(test_device_of_the_sdk_with_more_elements),
        cmocka_unit_test(test_device_of_the_sdk_is_left_alone),
        cmocka_unit_test(test_init_refuses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
