/*
 * The serial interface's device end (src/serial/target.c): its own commands to the octet, framing
 * as a host meets it, what becomes of octets and events when there is no room, and noise. Row 30 of
 * docs/threat-model.md.
 */
#include "serial_rig.h"

#include "rng.h"
#include "serial_pdu.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#define VERSION_GET 0x09

static int setup(void **state)
{
    *state = rig_new(NULL);
    return 0;
}

static int setup_slip(void **state)
{
    *state = rig_new(&(struct usher_serial_config){
        .session_count = 8, .tx_size = 4096, .slip = true, .offload = true });
    return 0;
}

static int teardown(void **state)
{
    rig_free(*state);
    return 0;
}

/* The whole of a command and of all that is answered, frames and all. */
static void exchange(struct serial_rig *r, const uint8_t *command, size_t len,
                     const uint8_t *wanted, size_t wanted_len)
{
    uint8_t got[512];

    assert_int_equal(usher_in_uart(&r->serial, command, len), len);
    assert_int_equal(usher_uart_next(&r->serial, got, sizeof(got)), wanted_len);
    if (wanted_len != 0) {
        assert_memory_equal(got, wanted, wanted_len);
    }
}
#define BYTES(...) (const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ })

/* -- the device's commands --------------------------------------------------------------------- */

static void test_device_commands_to_the_octet(void **state)
{
    struct serial_rig *r = *state;

    exchange(r, BYTES(1, 0x09), BYTES(5, 0x84, 0x09, 0x00, 10, 0));
    exchange(r, BYTES(4, 0x02, 1, 2, 3), BYTES(4, 0x82, 1, 2, 3));
    exchange(r, BYTES(1, 0x02), BYTES(1, 0x82));
    exchange(r, BYTES(1, 0x03), BYTES(3, 0x84, 0x03, 0x82));
    exchange(r, BYTES(1, 0x0A), BYTES(3, 0x84, 0x0A, 0x82));
    exchange(r, BYTES(1, 0x14), BYTES(7, 0x84, 0x14, 0x00, 0, 0, 0, 0));
    exchange(r, BYTES(1, 0x15), BYTES(3, 0x84, 0x15, 0x00));
    exchange(r, BYTES(1, 0x21), BYTES(3, 0x84, 0x21, 0x82));
    exchange(r, BYTES(2, 0x42, 7), BYTES(3, 0x84, 0x42, 0x82));
    exchange(r, BYTES(1, 0x1D), BYTES(10, 0x84, 0x1D, 0x00, 1, 0, 0x7F, 0, 0, 0, 8));
    exchange(r, BYTES(5, 0x1E, 0xFF, 0xFF, 0xFF, 0xFF), BYTES(7, 0x84, 0x1E, 0x00, 0x7F, 0, 0, 0));
    exchange(r, BYTES(1, 0x0E), NULL, 0); /* no answer: it starts anew */
    assert_int_equal(r->restarts, 1);
}

static void test_uuid(void **state)
{
    static const uint8_t another[USHER_UUID_SIZE] = "another one has";
    struct serial_rig *r = *state;
    uint8_t set[18] = { 17, 0x53 }, wanted[20] = { 19, 0x84, 0x54, 0x00 };

    memcpy(wanted + 4, r->config.uuid, 16);
    exchange(r, BYTES(1, 0x54), wanted, sizeof(wanted));
    memcpy(set + 2, another, sizeof(another));
    exchange(r, set, sizeof(set), BYTES(3, 0x84, 0x53, 0x00));
    memcpy(wanted + 4, set + 2, 16);
    exchange(r, BYTES(1, 0x54), wanted, sizeof(wanted));
}

static void test_application(void **state)
{
    struct serial_rig *r = *state;

    exchange(r, BYTES(3, 0x20, 0xAB, 0xCD), BYTES(3, 0x84, 0x20, 0x00));
    assert_int_equal(r->application_len, 2);
    assert_memory_equal(r->application, ((uint8_t[]){ 0xAB, 0xCD }), 2);
    r->serial.config.application = NULL;
    exchange(r, BYTES(3, 0x20, 0xAB, 0xCD), BYTES(3, 0x84, 0x20, 0x8E));
    r->serial.config.restart = NULL;
    exchange(r, BYTES(1, 0x0E), BYTES(3, 0x84, 0x0E, 0x8E));
}

/* Every command with every length that it does not have. */
static void row_30_wrong_lengths(void **state)
{
    struct serial_rig *r = *state;
    static const uint8_t zeros[256];
    struct usher_serial_packet p;

    for (unsigned opcode = 0; opcode < 256; opcode++) {
        for (size_t len = 0; len <= 100; len++) {
            bool known = serial_known(SERIAL_COMMAND, (uint8_t)opcode);

            if (!known) {
                assert_int_equal(rig_command(r, (uint8_t)opcode, zeros, len),
                                 USHER_SERIAL_CMD_UNKNOWN);
            } else if (!serial_read(SERIAL_COMMAND, (uint8_t)opcode, zeros, len, &p)) {
                assert_int_equal(rig_command(r, (uint8_t)opcode, zeros, len),
                                 USHER_SERIAL_INVALID_LENGTH);
            }
            assert_true(known || r->answer.len == 2);
        }
    }
}

/* Without handlers, what is the mesh node's is not there. */
static void test_commands_of_handlers_that_are_not_there(void **state)
{
    struct serial_rig *r = *state;

    assert_int_equal(rig_command(r, 0x90, NULL, 0), USHER_SERIAL_CMD_UNKNOWN);
    assert_int_equal(rig_command(r, 0xE1, "\0", 2), USHER_SERIAL_CMD_UNKNOWN);
    assert_int_equal(rig_command(r, 0x11, "\0", 1), USHER_SERIAL_CMD_UNKNOWN);
    assert_int_equal(rig_command(r, 0x41, NULL, 0), USHER_SERIAL_CMD_UNKNOWN);
    exchange(r, BYTES(5, 0xFE, 0, 0, 7, 7), BYTES(3, 0x84, 0xFE, 0x82));
}

/* -- handlers ---------------------------------------------------------------------------------- */

static enum usher_serial_status mesh_command(void *user, struct usher_serial_packet *p)
{
    struct usher_serial_packet *last = user;

    *last = *p;
    last->data = NULL;
    switch (p->opcode) {
    case USHER_SERIAL_SUBNET_ADD:
        p->handle = 0x1234;
        return USHER_SERIAL_SUCCESS;
    case USHER_SERIAL_SUBNET_DELETE:
        return USHER_SERIAL_REJECTED;
    case USHER_SERIAL_MODEL_SUBS_GET:
        p->list_count = 1;
        p->list[0] = 0x0102;
        return USHER_SERIAL_INVALID_LENGTH;
    case USHER_SERIAL_SUBNET_GET_ALL:
        p->list_count = USHER_SERIAL_LIST_MAX + 1; /* more than an answer can have */
        return USHER_SERIAL_SUCCESS;
    case USHER_SERIAL_MODEL_COMMAND:
        if (p->handle == 2) {
            p->data = (const uint8_t *)"\2ok";
            p->len = 3;
        }
        return p->handle == 0 ? USHER_SERIAL_SUCCESS : USHER_SERIAL_REJECTED;
    case 0x77: /* its own */
        return p->len == 2 ? USHER_SERIAL_BUSY : USHER_SERIAL_INVALID_LENGTH;
    default:
        return USHER_SERIAL_CMD_UNKNOWN;
    }
}

static void test_handlers(void **state)
{
    struct usher_serial_packet last;
    const struct usher_serial_handler handlers[] = { { 0x70, 0x9F, mesh_command, &last },
                                                     { 0xE0, 0xFE, mesh_command, &last } };
    const struct usher_serial_config config = {
        .session_count = 1, .tx_size = 1024, .handlers = handlers, .handler_count = 2
    };
    struct serial_rig *r = rig_new(&config);
    uint8_t add[20] = { 19, 0x92, 0x23, 0x01, 'k' };

    (void)state;
    exchange(r, add, sizeof(add), BYTES(5, 0x84, 0x92, 0x00, 0x34, 0x12));
    assert_int_equal(last.net_index, 0x123);
    assert_int_equal(last.key[0], 'k');
    exchange(r, BYTES(3, 0x94, 1, 0), BYTES(3, 0x84, 0x94, 0x8E)); /* no data with an error */
    exchange(r, BYTES(1, 0x95), BYTES(3, 0x84, 0x95, 0x81));
    exchange(r, BYTES(3, 0x77, 5, 6), BYTES(3, 0x84, 0x77, 0x86));
    exchange(r, BYTES(2, 0x77, 5), BYTES(3, 0x84, 0x77, 0x84));
    exchange(r, BYTES(1, 0xA0), BYTES(3, 0x84, 0xA0, 0x82));             /* nobody's */
    exchange(r, BYTES(5, 0xFE, 0, 0, 7, 7), BYTES(3, 0x84, 0xFE, 0x00)); /* not its data back */
    exchange(r, BYTES(5, 0xFE, 1, 0, 7, 7), BYTES(3, 0x84, 0xFE, 0x8E));
    exchange(r, BYTES(5, 0xFE, 2, 0, 7, 7), BYTES(6, 0x84, 0xFE, 0x8E, 2, 'o', 'k'));
    exchange(r, BYTES(4, 0xFE, 0xFF, 0, 7), BYTES(3, 0x84, 0xFE, 0x8E));
    assert_int_equal(rig_command(r, 0xE6, "\1", 2), USHER_SERIAL_INVALID_LENGTH);
    assert_int_equal(r->answer.len, 2 + 252); /* a list comes with that error, too */
    assert_memory_equal(r->answer.payload + 2, ((uint8_t[]){ 1, 0, 2, 1, 0, 0 }), 6);
    rig_free(r);
}

/* -- framing ----------------------------------------------------------------------------------- */

static void test_octet_by_octet_and_two_at_once(void **state)
{
    struct serial_rig *r = *state;
    static const uint8_t two[] = { 2, 0x02, 0x55, 1, 0x09 };

    for (size_t i = 0; i < sizeof(two); i++) {
        rig_octets(r, two + i, 1);
    }
    rig_assert_order(r, 0, BYTES(0x82, 0x84));
    rig_octets(r, two, sizeof(two));
    rig_assert_order(r, 2, BYTES(0x82, 0x84));
}

static void row_30_length_zero(void **state)
{
    struct serial_rig *r = *state;

    exchange(r, BYTES(0), BYTES(3, 0x84, 0x00, 0x84));
    exchange(r, BYTES(0, 1, 0x09), BYTES(3, 0x84, 0x00, 0x84, 5, 0x84, 0x09, 0, 10, 0));
}

static void row_30_place_is_found_after_garbage(void **state)
{
    struct serial_rig *r = *state;
    static const uint8_t garbage[] = { 200, 0xFF, 0xFE, 0xFD };

    rig_octets(r, garbage, sizeof(garbage));
    rig_run(r, 120);
    assert_int_equal(r->count, 0);
    assert_int_equal(rig_command(r, VERSION_GET, NULL, 0), USHER_SERIAL_SUCCESS);
}

static void row_30_slip_place_is_found_by_end(void **state)
{
    struct serial_rig *r = *state;
    static const uint8_t garbage[] = { 200, 0xFF, 0xFE, 0xDB, 0xDB, 0xC0 };
    uint8_t hard[64];

    rig_octets(r, garbage, sizeof(garbage));
    rig_assert_order(r, 0, BYTES(0x84));
    assert_memory_equal(r->answer.payload, ((uint8_t[]){ 0x00, 0x84 }), 2);
    memset(hard, 0xC0, 32);
    memset(hard + 32, 0xDB, 32);
    assert_int_equal(rig_command(r, 0x02, hard, sizeof(hard)), RIG_NONE);
    rig_assert_order(r, 1, BYTES(0x82));
    assert_int_equal(r->log[1].len, sizeof(hard));
    assert_memory_equal(r->log[1].payload, hard, sizeof(hard));
}

/* -- making ------------------------------------------------------------------------------------ */

static void test_init_refuses(void **state)
{
    struct serial_rig *r = *state;
    struct usher_serial s;
    struct usher_serial_config good = r->config, c;

    assert_int_equal(usher_serial_init(NULL, &r->node, &good), USHER_E_NULL);
    assert_int_equal(usher_serial_init(&s, NULL, &good), USHER_E_NULL);
    assert_int_equal(usher_serial_init(&s, &r->node, NULL), USHER_E_NULL);
    c = good;
    c.sessions = NULL;
    assert_int_equal(usher_serial_init(&s, &r->node, &c), USHER_E_NULL);
    c = good;
    c.tx = NULL;
    assert_int_equal(usher_serial_init(&s, &r->node, &c), USHER_E_NULL);
    c = good;
    c.handler_count = 1;
    assert_int_equal(usher_serial_init(&s, &r->node, &c), USHER_E_NULL);
    c = good;
    c.session_count = 0;
    assert_int_equal(usher_serial_init(&s, &r->node, &c), USHER_E_PARAM);
    c.session_count = USHER_SERIAL_SESSIONS_MAX + 1;
    assert_int_equal(usher_serial_init(&s, &r->node, &c), USHER_E_PARAM);
    c = good;
    c.tx_size = 1023;
    assert_int_equal(usher_serial_init(&s, &r->node, &c), USHER_E_PARAM);
    c.tx_size = 512;
    assert_int_equal(usher_serial_init(&s, &r->node, &c), USHER_E_PARAM);
    c.tx_size = 3000;
    assert_int_equal(usher_serial_init(&s, &r->node, &c), USHER_E_PARAM);
    c.tx_size = 1024;
    assert_int_equal(usher_serial_init(&s, &r->node, &c), USHER_OK);
    c.slip = true; /* frames may be twice as long */
    assert_int_equal(usher_serial_init(&s, &r->node, &c), USHER_E_PARAM);
}

static void test_before_it_is_enabled(void **state)
{
    struct serial_rig *r = *state;
    const struct usher_serial_packet event = { .opcode = USHER_SERIAL_EVT_TX_COMPLETE };
    uint8_t octets[16];

    assert_int_equal(usher_serial_enable(&r->serial), USHER_E_STATE);
    usher_serial_deinit(&r->serial);
    assert_int_equal(usher_serial_init(&r->serial, &r->node, &r->config), USHER_OK);
    assert_int_equal(usher_in_uart(&r->serial, (const uint8_t *)"\1\t", 2), 0);
    assert_int_equal(usher_serial_tell(&r->serial, &event), USHER_E_STATE);
    assert_int_equal(usher_uart_next(&r->serial, octets, sizeof(octets)), 0);
    assert_int_equal(usher_serial_enable(&r->serial), USHER_OK);
    assert_int_equal(usher_uart_next(&r->serial, octets, sizeof(octets)), 5);
    assert_memory_equal(octets, ((uint8_t[]){ 4, 0x81, 2, 0, 0xFE }), 5);
    exchange(r, BYTES(1, 0x09), BYTES(5, 0x84, 0x09, 0x00, 10, 0));
}

/* -- room -------------------------------------------------------------------------------------- */

static void test_events_of_the_program(void **state)
{
    struct serial_rig *r = *state;
    static const uint8_t data[300] = { 7, 8 };
    struct usher_serial_packet e = { .opcode = 0x8A, .data = data, .len = 2 };
    uint8_t octets[16];
    unsigned kicks = r->kicks;

    assert_int_equal(usher_serial_tell(&r->serial, &e), USHER_OK);
    assert_int_equal(r->kicks, kicks + 1);
    assert_int_equal(usher_uart_next(&r->serial, octets, sizeof(octets)), 4);
    assert_memory_equal(octets, ((uint8_t[]){ 3, 0x8A, 7, 8 }), 4);
    e.len = 0;
    assert_int_equal(usher_serial_tell(&r->serial, &e), USHER_E_LENGTH);
    e.len = 255;
    assert_int_equal(usher_serial_tell(&r->serial, &e), USHER_E_LENGTH);
    e = (struct usher_serial_packet){ .opcode = 0xD0, .data = data, .len = 236 };
    assert_int_equal(usher_serial_tell(&r->serial, &e), USHER_E_LENGTH);
    e.opcode = 0x83;
    assert_int_equal(usher_serial_tell(&r->serial, &e), USHER_E_LENGTH);
    exchange(r, BYTES(1, 0x14), BYTES(7, 0x84, 0x14, 0x00, 0, 0, 0, 0)); /* none was lost */
}

static unsigned tell_until_lost(struct serial_rig *r, const struct usher_serial_packet *e)
{
    unsigned n = 0;

    while (usher_serial_tell(&r->serial, e) == USHER_OK) {
        n++;
    }
    return n;
}

/* A host that does not read: beacons and messages go first, then no command is taken any more; but
 * what was taken is answered, and what the host has to keep has room the longest. */
static void row_30_a_host_that_does_not_read(void **state)
{
    struct serial_rig *r = *state;
    static const uint8_t ask[] = { 1, 0x09 };
    struct usher_serial_packet light = { .opcode = USHER_SERIAL_EVT_TX_COMPLETE },
                               heavy = { .opcode = USHER_SERIAL_EVT_SEQNUM_ENTRY_SET };
    unsigned lights = tell_until_lost(r, &light), asked = 0, heavies;

    assert_int_equal(lights, 2048 / 6);
    while (usher_in_uart(&r->serial, ask, sizeof(ask)) == sizeof(ask)) {
        asked++;
    }
    assert_true(asked > 100);
    heavies = tell_until_lost(r, &heavy);
    assert_true(heavies >= 256 / 6);
    assert_int_equal(usher_in_uart(&r->serial, ask, sizeof(ask)), 0);
    rig_read(r);
    assert_int_equal(rig_count(r, 0, 0xD2), lights);
    assert_int_equal(rig_count(r, 0, 0x84), asked);
    assert_int_equal(rig_count(r, 0, 0xDA), heavies);
    exchange(r, BYTES(1, 0x14), BYTES(7, 0x84, 0x14, 0x00, 2, 0, 0, 0));
    exchange(r, BYTES(1, 0x15), BYTES(3, 0x84, 0x15, 0x00));
    exchange(r, BYTES(1, 0x14), BYTES(7, 0x84, 0x14, 0x00, 0, 0, 0, 0));
}

/* The longest answers there are, with the least room there may be. */
static void test_least_room(void **state)
{
    const struct usher_serial_config config = { .session_count = 1, .tx_size = 1024 };
    struct serial_rig *r = rig_new(&config);
    uint8_t frame[256] = { 255, 0x02 };
    struct usher_serial_packet heavy = { .opcode = USHER_SERIAL_EVT_SEQNUM_ENTRY_SET };

    (void)state;
    for (unsigned i = 0; i < 20; i++) {
        unsigned before = r->count;

        (void)tell_until_lost(r, &heavy);
        assert_int_equal(usher_in_uart(&r->serial, frame, sizeof(frame)), 0);
        rig_read(r);
        rig_octets(r, frame, sizeof(frame));
        assert_int_equal(rig_count(r, before, 0x82), 1);
    }
    rig_free(r);
}

/* It was we who held the host off in the middle of a packet: it goes on where it was. */
static void test_a_host_that_was_held_off(void **state)
{
    struct serial_rig *r = *state;
    static const uint8_t echo[] = { 4, 0x02, 9, 9, 9 };
    struct usher_serial_packet heavy = { .opcode = USHER_SERIAL_EVT_SEQNUM_ENTRY_SET };

    assert_int_equal(usher_in_uart(&r->serial, echo, 2), 2);
    (void)tell_until_lost(r, &heavy);
    assert_int_equal(usher_in_uart(&r->serial, echo + 2, 3), 0);
    air_run_until(r->air, air_now_us(r->air) + 5000000);
    rig_read(r);
    rig_octets(r, echo + 2, 3);
    assert_int_equal(rig_count(r, 0, 0x82), 1);
    /* ... but if it takes its time thereafter, that was the host. */
    r->count = 0;
    assert_int_equal(usher_in_uart(&r->serial, echo, 2), 2);
    (void)tell_until_lost(r, &heavy);
    assert_int_equal(usher_in_uart(&r->serial, echo + 2, 3), 0);
    rig_run(r, 200);
    rig_octets(r, echo, sizeof(echo));
    assert_int_equal(rig_count(r, 0, 0x82), 1);
    assert_null(rig_find(r, 0, 0x84));
}

/* -- noise ------------------------------------------------------------------------------------- */

/* After all of it, a command is answered, and every context can be had. */
static void still_sane(struct serial_rig *r)
{
    static const uint8_t end = 0xC0;

    rig_run(r, 120);
    if (r->config.slip) {
        rig_octets(r, &end, 1);
    }
    assert_int_equal(rig_command(r, VERSION_GET, NULL, 0), USHER_SERIAL_SUCCESS);
    for (uint8_t i = 0; i < r->config.session_count; i++) {
        (void)rig_command(r, USHER_SERIAL_LISTEN_STOP, &i, 1);
    }
    rig_run(r, 130000);
    for (uint8_t i = 0; i < r->config.session_count; i++) {
        assert_int_equal(rig_command(r, USHER_SERIAL_SESSION_STATE_GET, &i, 1),
                         USHER_SERIAL_SUCCESS);
        assert_int_equal(r->answer.payload[3], 0xFF);
    }
}

static void row_30_every_command_with_random_bodies(void **state)
{
    struct serial_rig *r = *state;
    struct rng rng = rng_make(30, 0);
    uint8_t body[256];

    for (unsigned round = 0; round < 30; round++) {
        for (unsigned opcode = 0; opcode < 256; opcode++) {
            struct usher_serial_packet p;
            size_t len = rng_below(&rng, 255);

            for (size_t i = 0; i < sizeof(body); i++) {
                body[i] = (uint8_t)rng_next(&rng);
            }
            body[0] &= 0x0F; /* contexts that there are, or nearly */
            while (serial_known(SERIAL_COMMAND, (uint8_t)opcode) && round % 4 != 0 &&
                   !serial_read(SERIAL_COMMAND, (uint8_t)opcode, body, len, &p)) {
                len = (len + 1) % 255;
            }
            (void)rig_command(r, (uint8_t)opcode, body, len);
        }
        rig_run(r, 1000);
    }
    still_sane(r);
}

static void row_30_ten_million_octets_of_noise(void **state)
{
    struct serial_rig *r = *state;
    uint32_t x = 0x12345678;
    uint8_t noise[4096];

    for (unsigned n = 0; n < 10 * 1024 * 1024; n += sizeof(noise)) {
        for (size_t i = 0; i < sizeof(noise); i++) {
            x = x * 1664525u + 1013904223u;
            noise[i] = (x >> 31) != 0 && r->config.slip ? (x >> 16 & 7) * 0x1B + 3 : x >> 24;
        }
        rig_octets(r, noise, sizeof(noise));
        air_run_until(r->air, air_now_us(r->air) + 1000);
    }
    still_sane(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_device_commands_to_the_octet, setup, teardown),
        cmocka_unit_test_setup_teardown(test_uuid, setup, teardown),
        cmocka_unit_test_setup_teardown(test_application, setup, teardown),
        cmocka_unit_test_setup_teardown(row_30_wrong_lengths, setup, teardown),
        cmocka_unit_test_setup_teardown(test_commands_of_handlers_that_are_not_there, setup,
                                        teardown),
        cmocka_unit_test(test_handlers),
        cmocka_unit_test_setup_teardown(test_octet_by_octet_and_two_at_once, setup, teardown),
        cmocka_unit_test_setup_teardown(row_30_length_zero, setup, teardown),
        cmocka_unit_test_setup_teardown(row_30_place_is_found_after_garbage, setup, teardown),
        cmocka_unit_test_setup_teardown(row_30_slip_place_is_found_by_end, setup_slip, teardown),
        cmocka_unit_test_setup_teardown(test_init_refuses, setup, teardown),
        cmocka_unit_test_setup_teardown(test_before_it_is_enabled, setup, teardown),
        cmocka_unit_test_setup_teardown(test_events_of_the_program, setup, teardown),
        cmocka_unit_test_setup_teardown(row_30_a_host_that_does_not_read, setup, teardown),
        cmocka_unit_test(test_least_room),
        cmocka_unit_test_setup_teardown(test_a_host_that_was_held_off, setup, teardown),
        cmocka_unit_test_setup_teardown(row_30_every_command_with_random_bodies, setup, teardown),
        cmocka_unit_test_setup_teardown(row_30_ten_million_octets_of_noise, setup, teardown),
        cmocka_unit_test_setup_teardown(row_30_ten_million_octets_of_noise, setup_slip, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
