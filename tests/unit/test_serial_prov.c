/*
 * Provisioning over the serial interface (src/serial/target_prov.c): the order of packets for each
 * method in both roles, what is in them, the status of each command in each state, and many
 * sessions at once.
 */
#include "serial_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#define SESSION_MS 20000

static int setup(void **state)
{
    struct serial_rig *r = rig_new(NULL);

    rig_keypair(r);
    r->count = r->handled = 0;
    r->host.reacts = true;
    *state = r;
    return 0;
}

static int teardown(void **state)
{
    rig_free(*state);
    return 0;
}

#define ORDER(...) (const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ })

/* -- the order of packets, provisioner --------------------------------------------------------- */

static void provisioned(struct serial_rig *r, const struct rig_peer *peer)
{
    const struct rig_packet *p = rig_find(r, 0, 0xC5);
    static const uint8_t data[] = { 0, 4, 3, 2, 1, 0x23, 0x01, 0x00, 0x01, 1, 1 };

    assert_true(peer->complete);
    assert_non_null(p);
    assert_int_equal(p->len, 43);
    assert_memory_equal(p->payload, data, sizeof(data));
    assert_memory_equal(p->payload + 11, peer->device_key, USHER_KEY_SIZE);
    assert_memory_equal(p->payload + 27, peer->data.netkey, USHER_KEY_SIZE);
    assert_int_equal(peer->data.netkey_index, 0x123);
    assert_int_equal(peer->data.iv_index, 0x01020304);
    assert_int_equal(peer->data.address, 0x100);
    assert_int_equal(peer->data.flags.iv_update, 1);
    assert_int_equal(peer->data.flags.key_refresh, 1);
    p = rig_find(r, 0, 0xC2);
    assert_memory_equal(p->payload, ((uint8_t[]){ 0, 0 }), 2);
}

static struct rig_peer *provision(struct serial_rig *r, uint8_t method, uint8_t action,
                                  uint8_t size)
{
    struct rig_peer *peer = rig_device(r);

    r->host.method = method;
    r->host.action = action;
    r->host.size = size;
    assert_int_equal(rig_provision(r, 0, peer), USHER_SERIAL_SUCCESS);
    assert_non_null(rig_wait(r, 0, 0xC2, SESSION_MS));
    return peer;
}

static void test_provisioner_none(void **state)
{
    struct serial_rig *r = *state;
    static const uint8_t caps[] = { 0, 3, 1, 1, 8, 0x1F, 0, 8, 0x0F, 0 };

    provisioned(r, provision(r, USHER_OOB_NONE, 0, 0));
    rig_assert_order(r, 0, ORDER(0x84, 0xC1, 0xC3, 0x84, 0xC7, 0x84, 0xC5, 0xC2));
    assert_memory_equal(r->log[0].payload, ((uint8_t[]){ 0x63, 0, 0 }), 3);
    assert_int_equal(r->log[0].len, 3);
    assert_memory_equal(r->log[2].payload, caps, sizeof(caps));
    assert_memory_equal(r->log[3].payload, ((uint8_t[]){ 0x66, 0, 0 }), 3);
    assert_int_equal(r->log[4].payload[0], 0);
    assert_memory_equal(r->log[4].payload + 65, r->host.private_key, USHER_P256_PRIVATE);
    assert_memory_equal(r->log[5].payload, ((uint8_t[]){ 0x68, 0, 0 }), 3);
}

static void test_provisioner_static(void **state)
{
    struct serial_rig *r = *state;

    provisioned(r, provision(r, USHER_OOB_STATIC, 0, 0));
    rig_assert_order(r, 0, ORDER(0x84, 0xC1, 0xC3, 0x84, 0xC7, 0xC6, 0x84, 0x84, 0xC5, 0xC2));
    assert_memory_equal(r->log[5].payload, ((uint8_t[]){ 0, 1, 0, 16 }), 4);
    assert_memory_equal(r->log[7].payload, ((uint8_t[]){ 0x67, 0, 0 }), 3);
}

static void test_provisioner_output(void **state)
{
    struct serial_rig *r = *state;

    provisioned(r, provision(r, USHER_OOB_OUTPUT, USHER_OUTPUT_NUMERIC, 6));
    rig_assert_order(r, 0, ORDER(0x84, 0xC1, 0xC3, 0x84, 0xC7, 0xC6, 0x84, 0x84, 0xC5, 0xC2));
    assert_memory_equal(r->log[5].payload, ((uint8_t[]){ 0, 2, 3, 6 }), 4);
}

static void test_provisioner_input(void **state)
{
    struct serial_rig *r = *state;

    provisioned(r, provision(r, USHER_OOB_INPUT, USHER_INPUT_NUMERIC, 7));
    rig_assert_order(r, 0, ORDER(0x84, 0xC1, 0xC3, 0x84, 0xC7, 0xC8, 0x84, 0xC5, 0xC2));
    assert_memory_equal(r->log[5].payload, ((uint8_t[]){ 0, 2 }), 2);
    assert_int_equal(r->log[5].len, 18);
}

/* Every method with every action; text and numbers both ways. */
static void test_provisioner_all_choices(void **state)
{
    (void)state;
    for (unsigned i = 0; i < PEOPLE_CHOICES; i++) {
        struct usher_start choice = people_choice(i);
        struct serial_rig *r;

        assert_int_equal(setup((void **)&r), 0);
        provisioned(r, provision(r, choice.method, choice.action, choice.size));
        rig_free(r);
    }
}

/* The device computes: the host is not asked. */
static void test_provisioner_without_offloading(void **state)
{
    struct serial_rig *r = *state;

    assert_int_equal(rig_command(r, USHER_SERIAL_ECDH_MODE_SET, "\0", 1), USHER_SERIAL_SUCCESS);
    provisioned(r, provision(r, USHER_OOB_STATIC, 0, 0));
    rig_assert_order(r, 0, ORDER(0x84, 0x84, 0xC1, 0xC3, 0x84, 0xC6, 0x84, 0xC5, 0xC2));
}

static void test_provisioner_key_out_of_band(void **state)
{
    struct serial_rig *r = *state;

    provisioned(r, provision(r, 0x80 | USHER_OOB_STATIC, 0, 0));
    rig_assert_order(r, 0,
                     ORDER(0x84, 0xC1, 0xC3, 0x84, 0xCE, 0xC7, 0x84, 0xC6, 0x84, 0x84, 0xC5, 0xC2));
    assert_memory_equal(r->log[5].payload + 1, r->peers[0].public_key, USHER_P256_PUBLIC);
}

static void test_provisioner_in_our_form(void **state)
{
    struct serial_rig *r = *state;
    static const uint8_t caps[] = { 0, 3, 3, 0, 1, 1, 8, 0x1F, 0, 8, 0x0F, 0 };
    uint8_t all[4] = { 0xFF };

    assert_int_equal(rig_command(r, USHER_SERIAL_EXTENSIONS_SET, all, 4), USHER_SERIAL_SUCCESS);
    provisioned(r, provision(r, USHER_OOB_INPUT, USHER_INPUT_ALPHANUMERIC, 8));
    rig_assert_order(r, 0, ORDER(0x84, 0x84, 0xC1, 0xCC, 0x84, 0xCD, 0xCF, 0x84, 0xC5, 0xC2));
    assert_memory_equal(r->log[3].payload, caps, sizeof(caps));
    assert_int_equal(r->log[5].len, 65);
    assert_memory_equal(r->log[6].payload, ((uint8_t[]){ 0, 3, 8 }), 3);
    assert_int_equal(r->log[6].len, 3 + 8);
}

/* -- the order of packets, device -------------------------------------------------------------- */

static void capabilities(struct serial_rig *r, uint8_t pubkey)
{
    uint8_t caps[9] = { 3, pubkey, 1, 8, 0x1F, 0, 8, 0x0F, 0 };

    assert_int_equal(rig_command(r, USHER_SERIAL_CAPABILITIES_SET, caps, 9), USHER_SERIAL_SUCCESS);
    assert_int_equal(rig_command(r, USHER_SERIAL_LISTEN, NULL, 0), USHER_SERIAL_SUCCESS);
    r->count = r->handled = 0;
}

static void be_provisioned(struct serial_rig *r, struct usher_start choice)
{
    static const uint8_t data[] = { 0, 4, 3, 2, 1, 0x23, 0x01, 0x00, 0x0B, 0, 1 };
    const struct rig_peer *peer = rig_provisioner(r, choice);
    const struct rig_packet *p;

    assert_non_null(rig_wait(r, 0, 0xC2, SESSION_MS));
    rig_run(r, 2000);
    assert_true(peer->complete);
    p = rig_find(r, 0, 0xC5);
    assert_non_null(p);
    assert_memory_equal(p->payload, data, sizeof(data));
    assert_memory_equal(p->payload + 11, peer->device_key, USHER_KEY_SIZE);
    assert_memory_equal(p->payload + 27, peer->person.data.netkey, USHER_KEY_SIZE);
    assert_memory_equal(rig_find(r, 0, 0xC2)->payload, ((uint8_t[]){ 0, 0 }), 2);
    assert_memory_equal(rig_find(r, 0, 0xC4)->payload, ((uint8_t[]){ 0, 9 }), 2);
}

static void test_device_none(void **state)
{
    struct serial_rig *r = *state;

    capabilities(r, 0);
    be_provisioned(r, people_choice(0));
    rig_assert_order(r, 0, ORDER(0xC1, 0xC4, 0xCA, 0xC7, 0x84, 0xC5, 0xC2));
}

static void test_device_static(void **state)
{
    struct serial_rig *r = *state;

    capabilities(r, 0);
    be_provisioned(r, people_choice(1));
    rig_assert_order(r, 0, ORDER(0xC1, 0xC4, 0xCA, 0xC7, 0xC6, 0x84, 0x84, 0xC5, 0xC2));
    assert_memory_equal(r->log[4].payload, ((uint8_t[]){ 0, 1, 0, 16 }), 4);
}

static void test_device_output(void **state)
{
    struct serial_rig *r = *state;

    capabilities(r, 0);
    be_provisioned(r, people_choice(5)); /* a number of 4 digits */
    rig_assert_order(r, 0, ORDER(0xC1, 0xC4, 0xCA, 0xC7, 0xC8, 0x84, 0xC5, 0xC2));
    assert_memory_equal(r->log[4].payload, ((uint8_t[]){ 0, 3 }), 2);
}

static void test_device_input(void **state)
{
    struct serial_rig *r = *state;

    capabilities(r, 0);
    be_provisioned(r, people_choice(9)); /* a number of 7 digits */
    rig_assert_order(r, 0, ORDER(0xC1, 0xC4, 0xCA, 0xC7, 0xC6, 0x84, 0x84, 0xC5, 0xC2));
    assert_memory_equal(r->log[4].payload, ((uint8_t[]){ 0, 3, 2, 7 }), 4);
}

static void test_device_all_choices_and_algorithms(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2 * PEOPLE_CHOICES; i++) {
        struct usher_start choice = people_choice(i / 2);
        struct serial_rig *r;

        choice.algorithm = (uint8_t)(i % 2);
        assert_int_equal(setup((void **)&r), 0);
        capabilities(r, 0);
        be_provisioned(r, choice);
        rig_free(r);
    }
}

static void test_device_without_offloading(void **state)
{
    struct serial_rig *r = *state;

    assert_int_equal(rig_command(r, USHER_SERIAL_ECDH_MODE_SET, "\0", 1), USHER_SERIAL_SUCCESS);
    capabilities(r, 0);
    be_provisioned(r, people_choice(0));
    rig_assert_order(r, 0, ORDER(0xC1, 0xC4, 0xCA, 0xC5, 0xC2));
}

static void test_device_key_out_of_band(void **state)
{
    struct serial_rig *r = *state;
    struct usher_start choice = people_choice(1);

    choice.public_key = 1;
    capabilities(r, 1);
    be_provisioned(r, choice);
    rig_assert_order(r, 0, ORDER(0xC1, 0xC4, 0xCA, 0xC7, 0xC6, 0x84, 0x84, 0xC5, 0xC2));
    assert_memory_equal(r->log[3].payload + 65, r->host.private_key, USHER_P256_PRIVATE);
}

/* -- statuses ---------------------------------------------------------------------------------- */

static uint8_t status(struct serial_rig *r, uint8_t opcode, const char *payload, size_t len)
{
    return rig_command(r, opcode, payload, len);
}

static void test_statuses_of_a_context_that_is_not_there(void **state)
{
    struct serial_rig *r = *state;
    static const uint8_t with_context[] = { 0x30, 0x60, 0x63, 0x66, 0x67, 0x68,
                                            0x6B, 0x6C, 0x6D, 0x6E, 0x6F };
    static const uint8_t lens[] = { 27, 1, 44, 4, 17, 33, 65, 2, 1, 65, 4 };
    uint8_t payload[65] = { 8 };

    for (unsigned i = 0; i < sizeof(lens); i++) {
        payload[0] = 8;
        assert_int_equal(rig_command(r, with_context[i], payload, lens[i]),
                         USHER_SERIAL_INVALID_DATA);
        payload[0] = 0xFF;
        assert_int_equal(rig_command(r, with_context[i], payload, lens[i]),
                         USHER_SERIAL_INVALID_DATA);
        assert_int_equal(r->answer.len, 2);
    }
}

static void test_statuses_of_an_idle_context(void **state)
{
    struct serial_rig *r = *state;
    uint8_t zeros[65] = { 0 };

    assert_int_equal(status(r, 0x60, "\1", 1), USHER_SERIAL_SUCCESS);
    assert_memory_equal(r->answer.payload, ((uint8_t[]){ 0x60, 0, 1, 0xFF }), 4);
    assert_int_equal(rig_command(r, 0x66, zeros, 4), USHER_SERIAL_INVALID_STATE);
    assert_int_equal(status(r, 0x66, "\0\0\0\1", 4), USHER_SERIAL_INVALID_LENGTH);
    assert_int_equal(status(r, 0x66, "\0\2\0\0", 4), USHER_SERIAL_INVALID_LENGTH);
    assert_int_equal(status(r, 0x66, "\0\3\0\x09", 4), USHER_SERIAL_INVALID_LENGTH);
    assert_int_equal(rig_command(r, 0x67, zeros, 17), USHER_SERIAL_INVALID_STATE);
    assert_int_equal(rig_command(r, 0x68, zeros, 33), USHER_SERIAL_INVALID_STATE);
    assert_int_equal(rig_command(r, 0x6B, zeros, 65), USHER_SERIAL_INVALID_DATA); /* no point */
    assert_int_equal(rig_command(r, 0x6C, zeros, 2), USHER_SERIAL_INVALID_STATE);
    assert_int_equal(status(r, 0x6C, "\0\3", 2), USHER_SERIAL_INVALID_PARAMETER);
    assert_int_equal(rig_command(r, 0x6D, zeros, 1), USHER_SERIAL_INVALID_STATE);
    assert_int_equal(rig_command(r, 0x6E, zeros, 65), USHER_SERIAL_INVALID_STATE);
    assert_int_equal(rig_command(r, 0x30, zeros, 27), USHER_SERIAL_INVALID_STATE);
    assert_int_equal(status(r, 0x65, "\2", 1), USHER_SERIAL_INVALID_PARAMETER);
}

static void test_statuses_of_scanning(void **state)
{
    struct serial_rig *r = *state;

    assert_int_equal(rig_command(r, 0x62, NULL, 0), USHER_SERIAL_INVALID_STATE);
    assert_int_equal(rig_command(r, 0x61, NULL, 0), USHER_SERIAL_SUCCESS);
    assert_int_equal(rig_command(r, 0x61, NULL, 0), USHER_SERIAL_INVALID_STATE);
    assert_int_equal(rig_command(r, 0x62, NULL, 0), USHER_SERIAL_SUCCESS);
    assert_int_equal(rig_command(r, 0x62, NULL, 0), USHER_SERIAL_INVALID_STATE);
}

static void test_statuses_of_provision(void **state)
{
    struct serial_rig *r = *state;
    uint8_t payload[44] = { 0 };

    payload[40] = 0x80; /* a group of nothing: 0x8000 */
    assert_int_equal(rig_command(r, 0x63, payload, 44), USHER_SERIAL_INVALID_DATA);
    payload[40] = 0x01;
    payload[34] = 0x10; /* a key index of 0x1000 */
    assert_int_equal(rig_command(r, 0x63, payload, 44), USHER_SERIAL_INVALID_DATA);
    payload[34] = 0;
    assert_int_equal(rig_command(r, 0x63, payload, 44), USHER_SERIAL_SUCCESS);
    assert_int_equal(rig_command(r, 0x63, payload, 44), USHER_SERIAL_INVALID_STATE);
    assert_int_equal(rig_command(r, 0x64, NULL, 0), USHER_SERIAL_INVALID_STATE);
    assert_int_equal(status(r, 0x60, "\0", 1), USHER_SERIAL_SUCCESS);
    assert_int_equal(r->answer.payload[3], USHER_PHASE_LINK);
    memset(payload, 0, sizeof(payload)); /* its key pair stands: ECDH reads it */
    memcpy(payload + 1, r->host.public_key, USHER_P256_PUBLIC - 21);
    assert_int_equal(rig_command(r, 0x69, (uint8_t[96]){ 1 }, 96), USHER_SERIAL_INVALID_STATE);
    assert_int_equal(status(r, 0x6D, "\0", 1), USHER_SERIAL_INVALID_STATE);
    assert_int_equal(status(r, 0x6C, "\0\2", 2), USHER_SERIAL_SUCCESS);
    assert_non_null(rig_wait(r, 0, 0xC2, 10000));
    assert_memory_equal(rig_find(r, 0, 0xC2)->payload, ((uint8_t[]){ 0, 2 }), 2);
    assert_int_equal(rig_command(r, 0x69, (uint8_t[96]){ 1 }, 96), USHER_SERIAL_SUCCESS);
}

/* Nobody answers: the link does not open. */
static void test_a_device_that_is_not_there(void **state)
{
    struct serial_rig *r = *state;
    struct rig_peer nobody = { .uuid = "nobody has this." };

    assert_int_equal(rig_provision(r, 3, &nobody), USHER_SERIAL_SUCCESS);
    assert_non_null(rig_wait(r, 0, 0xC2, 70000));
    rig_assert_order(r, 0, ORDER(0x84, 0xC2));
    assert_memory_equal(r->log[1].payload, ((uint8_t[]){ 3, 1 }), 2);
    assert_int_equal(rig_provision(r, 3, &nobody), USHER_SERIAL_SUCCESS); /* free again */
}

static void test_statuses_of_listen(void **state)
{
    struct serial_rig *r = *state;

    assert_int_equal(rig_command(r, 0x64, NULL, 0), USHER_SERIAL_INVALID_PARAMETER); /* no 6A */
    capabilities(r, 0);
    assert_int_equal(rig_command(r, 0x64, NULL, 0), USHER_SERIAL_INVALID_STATE);
    assert_int_equal(status(r, 0x6F, "\1\0\0\1", 4),
                     USHER_SERIAL_INVALID_STATE); /* one at a time */
    assert_int_equal(status(r, 0x6C, "\0\2", 2), USHER_SERIAL_INVALID_STATE);
    assert_int_equal(status(r, 0x60, "\0", 1), USHER_SERIAL_SUCCESS);
    assert_int_equal(r->answer.payload[3], USHER_PHASE_LINK);
    assert_int_equal(status(r, 0x6D, "\0", 1), USHER_SERIAL_SUCCESS);
    assert_memory_equal(r->answer.payload, ((uint8_t[]){ 0x6D, 0, 0 }), 3);
    assert_int_equal(status(r, 0x6D, "\0", 1), USHER_SERIAL_INVALID_STATE);
    assert_int_equal(status(r, 0x6F, "\1\0\0\4", 4), USHER_SERIAL_INVALID_PARAMETER);
    assert_int_equal(status(r, 0x6F, "\1\0\0\2", 4), USHER_SERIAL_REJECTED); /* no GATT here */
    assert_int_equal(status(r, 0x6F, "\1\0\0\1", 4), USHER_SERIAL_SUCCESS);
    assert_int_equal(status(r, 0x60, "\1", 1), USHER_SERIAL_SUCCESS);
    assert_int_equal(r->answer.payload[3], USHER_PHASE_LINK);
}

/* OOB Use and Auth Data in the middle of a session. */
static void test_statuses_of_a_session(void **state)
{
    struct serial_rig *r = *state;
    uint8_t number[9] = { 0, 0x40, 0x42, 0x0F, 0 }; /* 1000000 */
    struct rig_packet ecdh;

    r->host.reacts = false;
    assert_int_equal(rig_provision(r, 0, rig_device(r)), USHER_SERIAL_SUCCESS);
    assert_non_null(rig_wait(r, 0, 0xC3, SESSION_MS));
    assert_int_equal(status(r, 0x66, "\0\4\0\0", 4), USHER_SERIAL_INVALID_PARAMETER);
    assert_int_equal(status(r, 0x66, "\0\2\5\1", 4), USHER_SERIAL_INVALID_PARAMETER);
    assert_int_equal(status(r, 0x66, "\0\3\4\1", 4), USHER_SERIAL_REJECTED); /* no such input */
    assert_int_equal(rig_command(r, 0x67, number, 7), USHER_SERIAL_INVALID_STATE);
    assert_int_equal(status(r, 0x66, "\0\2\3\6", 4), USHER_SERIAL_SUCCESS);
    assert_int_equal(status(r, 0x66, "\0\2\3\6", 4), USHER_SERIAL_INVALID_STATE);
    ecdh = *rig_wait(r, 0, 0xC7, SESSION_MS);
    assert_int_equal(status(r, 0x60, "\0", 1), USHER_SERIAL_SUCCESS);
    assert_int_equal(r->answer.payload[3], USHER_PHASE_ECDH);
    assert_null(rig_find(r, 0, 0xC6)); /* not asked for yet */
    assert_int_equal(rig_command(r, 0x67, "\0\1\0\0\0\0\0", 7), USHER_SERIAL_INVALID_STATE);
    assert_int_equal(rig_secret(r, &ecdh), USHER_SERIAL_SUCCESS);
    assert_non_null(rig_find(r, 0, 0xC6));
    assert_int_equal(rig_command(r, 0x67, number, 6), USHER_SERIAL_INVALID_LENGTH);
    assert_int_equal(rig_command(r, 0x67, number, 8), USHER_SERIAL_INVALID_LENGTH);
    assert_int_equal(rig_command(r, 0x67, number, 1), USHER_SERIAL_INVALID_LENGTH);
    assert_int_equal(rig_command(r, 0x67, number, 7), USHER_SERIAL_INVALID_STATE); /* 7 digits */
    number[1] = 0x3F;                                                              /* 999999 */
    assert_int_equal(rig_command(r, 0x67, number, 7), USHER_SERIAL_SUCCESS);
    assert_int_equal(rig_command(r, 0x67, number, 7), USHER_SERIAL_INVALID_STATE);
    assert_non_null(rig_wait(r, 0, 0xC2, SESSION_MS)); /* it was not what the device had shown */
    assert_memory_equal(rig_find(r, 0, 0xC9)->payload, ((uint8_t[]){ 0, 4 }), 2);
    assert_memory_equal(rig_find(r, 0, 0xC2)->payload, ((uint8_t[]){ 0, 2 }), 2);
    assert_null(rig_find(r, 0, 0xC5));
}

/* Static information: 16 octets, or the 32 of HMAC. */
static void static_information(struct serial_rig *r, uint16_t algorithms)
{
    struct rig_peer *peer = rig_device(r);
    uint8_t value[33] = { 0 };
    struct rig_packet ecdh;

    assert_int_equal(usher_listen_stop(&peer->session), USHER_OK);
    peer->session.capabilities.algorithms = algorithms;
    assert_int_equal(usher_listen(&peer->session, &(struct usher_listen){ .uuid = peer->uuid }),
                     USHER_OK);
    r->host.reacts = false;
    assert_int_equal(rig_provision(r, 0, peer), USHER_SERIAL_SUCCESS);
    assert_non_null(rig_wait(r, 0, 0xC3, SESSION_MS));
    assert_int_equal(status(r, 0x66, "\0\1\7\7", 4), USHER_SERIAL_SUCCESS); /* both ignored */
    ecdh = *rig_wait(r, 0, 0xC7, SESSION_MS);
    assert_int_equal(rig_secret(r, &ecdh), USHER_SERIAL_SUCCESS);
    assert_int_equal(rig_command(r, 0x67, value, 16), USHER_SERIAL_INVALID_LENGTH);
    assert_int_equal(rig_command(r, 0x67, value, 18), USHER_SERIAL_INVALID_LENGTH);
    assert_int_equal(rig_command(r, 0x67, value, 1), USHER_SERIAL_INVALID_LENGTH);
    memcpy(value + 1, "an old secret..", 16);
    if (algorithms == 1) {
        assert_int_equal(rig_command(r, 0x67, value, 33), USHER_SERIAL_INVALID_LENGTH);
    }
    assert_int_equal(rig_command(r, 0x67, value, algorithms == 1 ? 17 : 33), USHER_SERIAL_SUCCESS);
    assert_non_null(rig_wait(r, 0, 0xC5, SESSION_MS));
}

static void test_static_information_of_hmac(void **state)
{
    static_information(*state, 3);
}

static void test_static_information_of_cmac(void **state)
{
    static_information(*state, 1);
}

/* -- beacons ----------------------------------------------------------------------------------- */

static void test_beacons(void **state)
{
    struct serial_rig *r = *state;
    struct rig_peer *peer = rig_device(r);
    const uint8_t *addr = air_addr(peer->port.radio);
    const struct rig_packet *p;

    assert_int_equal(usher_scan(&r->node, true), USHER_OK); /* the program's own scanner */
    rig_run(r, 5000);
    assert_null(rig_find(r, 0, 0xC0));
    assert_int_equal(rig_command(r, 0x61, NULL, 0), USHER_SERIAL_SUCCESS);
    p = rig_wait(r, 0, 0xC0, 10000);
    assert_non_null(p);
    assert_int_equal(p->len, 25);
    assert_memory_equal(p->payload, peer->uuid, 16);
    assert_true((int8_t)p->payload[16] <= -40 && (int8_t)p->payload[16] >= -80);
    assert_int_equal(p->payload[17], 0);
    assert_int_equal(p->payload[18], 1);
    for (unsigned i = 0; i < 6; i++) {
        assert_int_equal(p->payload[19 + i], addr[5 - i]);
    }
    assert_int_equal(rig_command(r, 0x1E, "\2\0\0\0", 4), USHER_SERIAL_SUCCESS);
    assert_int_equal(usher_listen_stop(&peer->session), USHER_OK);
    assert_int_equal(
        usher_listen(&peer->session, &(struct usher_listen){ .uuid = peer->uuid,
                                                             .oob_info = 0x0840,
                                                             .uri = (const uint8_t *)"\x17h",
                                                             .uri_len = 2 }),
        USHER_OK);
    p = rig_wait(r, 0, 0xCB, 10000);
    assert_non_null(p);
    assert_int_equal(p->len, 32);
    assert_memory_equal(p->payload, peer->uuid, 16);
    assert_memory_equal(p->payload + 16, ((uint8_t[]){ 0x40, 0x08, 1 }), 3);
    assert_int_equal(rig_command(r, 0x62, NULL, 0), USHER_SERIAL_SUCCESS);
    unsigned before = r->count;

    rig_run(r, 10000);
    assert_int_equal(r->count, before);
}

/* A host that does not read while beacons come: they are lost, sessions are not. */
static void test_beacons_make_room_for_sessions(void **state)
{
    struct serial_rig *r = *state;
    const struct usher_serial_packet light = { .opcode = USHER_SERIAL_EVT_TX_COMPLETE };
    struct rig_peer *peer = rig_device(r);

    r->host.reacts = false;
    assert_int_equal(rig_command(r, 0x61, NULL, 0), USHER_SERIAL_SUCCESS);
    assert_int_equal(rig_provision(r, 0, peer), USHER_SERIAL_SUCCESS);
    r->count = 0;
    while (usher_serial_tell(&r->serial, &light) == USHER_OK) {
    }
    r->serial.lost = 0;
    rig_device(r); /* it beacons */
    air_run_until(r->air, air_now_us(r->air) + 30000000);
    assert_true(r->serial.lost > 3);
    rig_read(r);
    assert_null(rig_find(r, 0, 0xC0));
    assert_non_null(rig_find(r, 0, 0xC1));
    assert_non_null(rig_find(r, 0, 0xC3));
}

/* What Listen With says is in the beacon. */
static void test_listen_with(void **state)
{
    struct serial_rig *r = *state;
    uint8_t how[8] = { 2, 0x34, 0x12, 1, 0x17, '/', '/', 'a' };

    capabilities(r, 0);
    assert_int_equal(status(r, 0x6D, "\0", 1), USHER_SERIAL_SUCCESS);
    assert_int_equal(rig_command(r, 0x6F, how, sizeof(how)), USHER_SERIAL_SUCCESS);
    assert_int_equal(r->answer.payload[2], 2);
    r->count = r->handled = 0;
    rig_provisioner(r, people_choice(0));
    assert_non_null(rig_wait(r, 0, 0xC2, SESSION_MS));
    assert_int_equal(rig_find(r, 0, 0xC5)->payload[0], 2);
}

/* -- many at once ------------------------------------------------------------------------------ */

static void many(unsigned n, bool slip)
{
    const struct usher_serial_config config = {
        .session_count = (uint8_t)n, .tx_size = 4096, .offload = true, .slip = slip
    };
    struct serial_rig *r = rig_new(&config);

    rig_keypair(r);
    r->host.reacts = true;
    r->host.method = USHER_OOB_OUTPUT;
    r->host.action = USHER_OUTPUT_NUMERIC;
    r->host.size = 4;
    for (unsigned i = 0; i < n; i++) {
        rig_device(r);
    }
    for (unsigned i = 0; i < n; i++) {
        assert_int_equal(rig_provision(r, (uint8_t)i, &r->peers[i]), USHER_SERIAL_SUCCESS);
    }
    for (unsigned gone = 0; gone < 120 && rig_count(r, 0, 0xC2) < n; gone++) {
        rig_run(r, 1000);
    }
    assert_int_equal(rig_count(r, 0, 0xC5), n);
    for (unsigned i = 0; i < n; i++) {
        assert_true(r->peers[i].complete);
        assert_int_equal(r->peers[i].data.address, 0x100 + 0x10 * i);
    }
    assert_int_equal(r->serial.lost, 0);
    rig_free(r);
}

static void test_eight_sessions_at_once(void **state)
{
    (void)state;
    many(8, false);
}

static void test_sixteen_sessions_at_once(void **state)
{
    (void)state;
    many(16, true);
}

/* While it provisions, it can be provisioned, too. */
static void test_both_roles_at_once(void **state)
{
    struct serial_rig *r = *state;

    capabilities(r, 0);
    assert_int_equal(rig_provision(r, 1, rig_device(r)), USHER_SERIAL_SUCCESS);
    rig_provisioner(r, people_choice(1));
    for (unsigned i = 0; i < 60 && rig_count(r, 0, 0xC2) < 2; i++) {
        rig_run(r, 1000);
    }
    assert_int_equal(rig_count(r, 0, 0xC5), 2);
}

int main(void)
{
#define WITH_RIG(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        WITH_RIG(test_provisioner_none),
        WITH_RIG(test_provisioner_static),
        WITH_RIG(test_provisioner_output),
        WITH_RIG(test_provisioner_input),
        cmocka_unit_test(test_provisioner_all_choices),
        WITH_RIG(test_provisioner_without_offloading),
        WITH_RIG(test_provisioner_key_out_of_band),
        WITH_RIG(test_provisioner_in_our_form),
        WITH_RIG(test_device_none),
        WITH_RIG(test_device_static),
        WITH_RIG(test_device_output),
        WITH_RIG(test_device_input),
        cmocka_unit_test(test_device_all_choices_and_algorithms),
        WITH_RIG(test_device_without_offloading),
        WITH_RIG(test_device_key_out_of_band),
        WITH_RIG(test_statuses_of_a_context_that_is_not_there),
        WITH_RIG(test_statuses_of_an_idle_context),
        WITH_RIG(test_statuses_of_scanning),
        WITH_RIG(test_statuses_of_provision),
        WITH_RIG(test_a_device_that_is_not_there),
        WITH_RIG(test_statuses_of_listen),
        WITH_RIG(test_statuses_of_a_session),
        WITH_RIG(test_static_information_of_hmac),
        WITH_RIG(test_static_information_of_cmac),
        WITH_RIG(test_beacons),
        WITH_RIG(test_beacons_make_room_for_sessions),
        WITH_RIG(test_listen_with),
        cmocka_unit_test(test_eight_sessions_at_once),
        cmocka_unit_test(test_sixteen_sessions_at_once),
        WITH_RIG(test_both_roles_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
