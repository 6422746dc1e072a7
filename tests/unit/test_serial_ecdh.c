/*
 * The ECDH that a host computes, and the keys of the serial interface: answers that are wrong, and
 * what never leaves the device or stays in its memory. Rows 31 and 32 of docs/threat-model.md.
 */
#define _XOPEN_SOURCE 700

#include "frame.h"
#include "serial_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <ucontext.h>

#define SESSION_MS 20000

static int setup(void **state)
{
    *state = rig_new(NULL);
    return 0;
}

static int teardown(void **state)
{
    rig_free(*state);
    return 0;
}

static void begin(struct serial_rig *r, unsigned sessions)
{
    rig_keypair(r);
    for (unsigned i = 0; i < sessions; i++) {
        rig_device(r);
    }
    for (unsigned i = 0; i < sessions; i++) {
        assert_int_equal(rig_provision(r, (uint8_t)i, &r->peers[i]), USHER_SERIAL_SUCCESS);
    }
}

/* An event of one context; NULL: there is none. */
static const struct rig_packet *of(const struct serial_rig *r, uint8_t opcode, uint8_t context)
{
    for (unsigned i = 0; i < r->count; i++) {
        if (r->log[i].opcode == opcode && r->log[i].payload[0] == context) {
            return &r->log[i];
        }
    }
    return NULL;
}

static const struct rig_packet *wait_of(struct serial_rig *r, uint8_t opcode, uint8_t context)
{
    for (unsigned i = 0; i < SESSION_MS / 100 && of(r, opcode, context) == NULL; i++) {
        rig_run(r, 100);
    }
    assert_non_null(of(r, opcode, context));
    return of(r, opcode, context);
}

/* Up to the ECDH Request of each. */
static void up_to_ecdh(struct serial_rig *r, unsigned sessions)
{
    for (uint8_t i = 0; i < sessions; i++) {
        uint8_t none[4] = { i };

        wait_of(r, 0xC3, i);
        assert_int_equal(rig_command(r, USHER_SERIAL_OOB_USE, none, 4), USHER_SERIAL_SUCCESS);
    }
    for (uint8_t i = 0; i < sessions; i++) {
        wait_of(r, 0xC7, i);
    }
}

static void secret_of(const struct serial_rig *r, const struct rig_packet *request, uint8_t context,
                      uint8_t payload[33])
{
    payload[0] = context;
    assert_int_equal(r->crypto->p256_ecdh(r->crypto->ctx, r->host.private_key, request->payload + 1,
                                          payload + 1),
                     USHER_OK);
}

static void failed_and_completed(struct serial_rig *r, uint8_t failed, unsigned sessions)
{
    for (uint8_t i = 0; i < sessions; i++) {
        wait_of(r, 0xC2, i);
        assert_int_equal(of(r, 0xC2, i)->payload[1], i == failed ? 2 : 0);
        assert_true((of(r, 0xC5, i) != NULL) == (i != failed));
        assert_int_equal(r->peers[i].complete, i != failed);
        assert_int_equal(rig_command(r, USHER_SERIAL_SESSION_STATE_GET, &i, 1),
                         USHER_SERIAL_SUCCESS);
        assert_int_equal(r->answer.payload[3], 0xFF);
    }
}

/* -- wrong answers ----------------------------------------------------------------------------- */

static void row_31_wrong_secret(void **state)
{
    struct serial_rig *r = *state;

    begin(r, 3);
    r->host.reacts = r->host.wrong_secret = true;
    failed_and_completed(r, 0, 3);
}

static void row_31_secret_of_zeros(void **state)
{
    struct serial_rig *r = *state;
    uint8_t zeros[33] = { 1 };

    begin(r, 3);
    up_to_ecdh(r, 3);
    assert_int_equal(rig_command(r, USHER_SERIAL_ECDH_SECRET, zeros, 33),
                     USHER_SERIAL_INVALID_DATA);
    assert_int_equal(rig_command(r, USHER_SERIAL_ECDH_SECRET, zeros, 33),
                     USHER_SERIAL_INVALID_STATE);
    assert_int_equal(rig_secret(r, of(r, 0xC7, 0)), USHER_SERIAL_SUCCESS);
    assert_int_equal(rig_secret(r, of(r, 0xC7, 2)), USHER_SERIAL_SUCCESS);
    failed_and_completed(r, 1, 3);
}

static void row_31_secret_twice(void **state)
{
    struct serial_rig *r = *state;
    uint8_t payload[33];

    begin(r, 1);
    up_to_ecdh(r, 1);
    secret_of(r, of(r, 0xC7, 0), 0, payload);
    assert_int_equal(rig_command(r, USHER_SERIAL_ECDH_SECRET, payload, 33), USHER_SERIAL_SUCCESS);
    payload[9] ^= 1; /* another one does not replace it */
    assert_int_equal(rig_command(r, USHER_SERIAL_ECDH_SECRET, payload, 33),
                     USHER_SERIAL_INVALID_STATE);
    failed_and_completed(r, 0xFF, 1);
}

static void row_31_secret_of_another_context(void **state)
{
    struct serial_rig *r = *state;
    uint8_t payload[33];

    begin(r, 3);
    up_to_ecdh(r, 3);
    secret_of(r, of(r, 0xC7, 1), 0, payload);
    assert_int_equal(rig_command(r, USHER_SERIAL_ECDH_SECRET, payload, 33), USHER_SERIAL_SUCCESS);
    assert_int_equal(rig_secret(r, of(r, 0xC7, 1)), USHER_SERIAL_SUCCESS);
    assert_int_equal(rig_secret(r, of(r, 0xC7, 2)), USHER_SERIAL_SUCCESS);
    failed_and_completed(r, 0, 3);
}

/* Before it is asked for, after the session has failed, and in the next one. */
static void row_31_secret_at_other_times(void **state)
{
    struct serial_rig *r = *state;
    uint8_t payload[33] = { 0, 7 };

    begin(r, 1);
    assert_int_equal(rig_command(r, USHER_SERIAL_ECDH_SECRET, payload, 33),
                     USHER_SERIAL_INVALID_STATE);
    up_to_ecdh(r, 1);
    secret_of(r, of(r, 0xC7, 0), 0, payload);
    assert_non_null(rig_wait(r, 0, 0xC2, 130000)); /* the host takes too long */
    assert_int_equal(rig_find(r, 0, 0xC2)->payload[1], 1);
    assert_int_equal(rig_command(r, USHER_SERIAL_ECDH_SECRET, payload, 33),
                     USHER_SERIAL_INVALID_STATE);

    rig_run(r, 130000);
    assert_int_equal(
        usher_listen(&r->peers[0].session, &(struct usher_listen){ .uuid = r->peers[0].uuid }),
        USHER_OK);
    r->count = 0;
    assert_int_equal(rig_provision(r, 0, &r->peers[0]), USHER_SERIAL_SUCCESS);
    wait_of(r, 0xC3, 0);
    assert_int_equal(rig_command(r, USHER_SERIAL_ECDH_SECRET, payload, 33),
                     USHER_SERIAL_INVALID_STATE);
    up_to_ecdh(r, 1);
    assert_int_equal(rig_secret(r, of(r, 0xC7, 0)), USHER_SERIAL_SUCCESS);
    failed_and_completed(r, 0xFF, 1);
}

/* A pair that is none: the session fails, the device goes on. */
static void row_31_a_pair_that_is_none(void **state)
{
    struct serial_rig *r = *state;
    uint8_t pair[96];

    memset(pair, 0x5A, sizeof(pair));
    assert_int_equal(rig_command(r, USHER_SERIAL_KEYPAIR_SET, pair, 96), USHER_SERIAL_SUCCESS);
    assert_int_equal(rig_provision(r, 0, rig_device(r)), USHER_SERIAL_SUCCESS);
    r->host.reacts = true;
    failed_and_completed(r, 0, 1);
    assert_int_equal(of(r, 0xC9, 0)->payload[1], USHER_FAIL_INVALID_FORMAT);
}

/* -- keys of one session ----------------------------------------------------------------------- */

static uint8_t session_key_set(struct serial_rig *r, uint8_t context)
{
    uint8_t payload[65] = { context };

    memcpy(payload + 1, r->host.public_key, USHER_P256_PUBLIC);
    return rig_command(r, USHER_SERIAL_SESSION_KEY_SET, payload, sizeof(payload));
}

static void test_session_key(void **state)
{
    struct serial_rig *r = *state;
    uint8_t nonsense[44];

    assert_int_equal(session_key_set(r, 0), USHER_SERIAL_SUCCESS);
    assert_memory_equal(r->answer.payload, ((uint8_t[]){ 0x6B, 0, 0 }), 3);
    memset(nonsense, 0xFF, sizeof(nonsense)); /* the key is not lost by that */
    nonsense[0] = 0;
    assert_int_equal(rig_command(r, USHER_SERIAL_PROVISION, nonsense, 44),
                     USHER_SERIAL_INVALID_DATA);
    assert_int_equal(rig_provision(r, 0, rig_device(r)), USHER_SERIAL_SUCCESS);
    assert_int_equal(session_key_set(r, 0), USHER_SERIAL_INVALID_STATE);
    r->host.reacts = true;
    failed_and_completed(r, 0xFF, 1);
    assert_int_equal(of(r, 0xCD, 0)->len, 65);
    assert_null(rig_find(r, 0, 0xC7));
}

/* The next session of the context is without it: the device makes a pair, and computes. */
static void test_session_key_is_for_one_session(void **state)
{
    struct serial_rig *r = *state;

    assert_int_equal(session_key_set(r, 0), USHER_SERIAL_SUCCESS);
    r->host.reacts = true;
    assert_int_equal(rig_provision(r, 0, rig_device(r)), USHER_SERIAL_SUCCESS);
    assert_non_null(rig_wait(r, 0, 0xC2, SESSION_MS));
    assert_non_null(rig_find(r, 0, 0xCD));
    r->count = r->handled = 0;
    assert_int_equal(rig_provision(r, 0, rig_device(r)), USHER_SERIAL_SUCCESS);
    assert_non_null(rig_wait(r, 0, 0xC5, SESSION_MS));
    assert_null(rig_find(r, 0, 0xCD));
    assert_null(rig_find(r, 0, 0xC7));
}

static void listen_with_caps(struct serial_rig *r, uint8_t pubkey)
{
    uint8_t caps[9] = { 1, pubkey };

    assert_int_equal(rig_command(r, USHER_SERIAL_CAPABILITIES_SET, caps, 9), USHER_SERIAL_SUCCESS);
    assert_int_equal(rig_command(r, USHER_SERIAL_LISTEN, NULL, 0), USHER_SERIAL_SUCCESS);
    r->host.reacts = true;
    r->count = r->handled = 0;
}

static void test_session_key_of_a_device(void **state)
{
    for (unsigned i = 0; i < 4; i++) { /* key in band, out of band */
        struct serial_rig *r = rig_new(NULL);
        struct usher_start choice = people_choice(0);

        choice.public_key = i % 2;
        assert_int_equal(session_key_set(r, 0), USHER_SERIAL_SUCCESS);
        listen_with_caps(r, i % 2 != 0 || i == 2);
        assert_int_equal(rig_command(r, USHER_SERIAL_LISTEN_STOP, "\0", 1), USHER_SERIAL_SUCCESS);
        assert_int_equal(rig_command(r, USHER_SERIAL_LISTEN, NULL, 0), USHER_SERIAL_SUCCESS);
        rig_provisioner(r, choice);
        assert_non_null(rig_wait(r, 0, 0xC5, SESSION_MS));
        assert_non_null(rig_find(r, 0, 0xCD));
        assert_null(rig_find(r, 0, 0xC7));
        rig_free(r);
    }
    (void)state;
}

/* -- what never leaves ------------------------------------------------------------------------- */

static bool has(const void *memory, size_t len, const uint8_t *secret, size_t secret_len)
{
    const uint8_t *octets = memory;

    for (size_t i = 0; i + secret_len <= len; i++) {
        if (memcmp(octets + i, secret, secret_len) == 0) {
            return true;
        }
    }
    return false;
}

static bool was_sent(const struct serial_rig *r, const uint8_t *secret, size_t len)
{
    for (unsigned i = 0; i < r->count; i++) {
        if (has(r->log[i].payload, r->log[i].len, secret, len)) {
            return true;
        }
    }
    return false;
}

/* Lets a session run, and takes the private key from where it is, while it is there. */
static void run_and_take(struct serial_rig *r, uint8_t taken[USHER_P256_PRIVATE])
{
    static const uint8_t none[USHER_P256_PRIVATE];

    r->host.reacts = true;
    for (unsigned i = 0; i < 1000 && rig_find(r, 0, 0xC2) == NULL; i++) {
        const uint8_t *now = r->sessions[0].prov.private_key;

        if (memcmp(now, none, sizeof(none)) != 0) {
            memcpy(taken, now, USHER_P256_PRIVATE);
        }
        rig_run(r, 20);
    }
    assert_non_null(rig_find(r, 0, 0xC5));
    assert_memory_not_equal(taken, none, sizeof(none));
    assert_memory_not_equal(taken, r->host.private_key, sizeof(none));
}

static void row_32_a_pair_made_here_stays_here(void **state)
{
    struct serial_rig *r = *state;
    uint8_t key[USHER_P256_PRIVATE] = { 0 }, all[4] = { 0xFF };

    assert_int_equal(rig_command(r, USHER_SERIAL_EXTENSIONS_SET, all, 4), USHER_SERIAL_SUCCESS);
    assert_int_equal(rig_command(r, USHER_SERIAL_ECDH_MODE_SET, "\1", 1), USHER_SERIAL_SUCCESS);
    assert_int_equal(rig_provision(r, 0, rig_device(r)), USHER_SERIAL_SUCCESS);
    run_and_take(r, key);
    assert_false(was_sent(r, key, 8));
    assert_null(rig_find(r, 0, 0xC7));
    assert_null(rig_find(r, 0, 0xCD));
}

/* A device that offers its key out of band, and is not taken at its word, uses a pair of its own:
 * the host's is for out of band alone. */
static void row_32_a_pair_made_here_for_a_device(void **state)
{
    struct serial_rig *r = *state;
    uint8_t key[USHER_P256_PRIVATE] = { 0 };

    rig_keypair(r);
    listen_with_caps(r, 1);
    rig_provisioner(r, people_choice(0));
    run_and_take(r, key);
    assert_false(was_sent(r, key, 8));
    assert_null(rig_find(r, 0, 0xC7));
}

/* As the SDK's firmware does, if it is told to: then the host computes with it. */
static void test_a_pair_made_here_is_revealed(void **state)
{
    const struct usher_serial_config config = {
        .session_count = 1, .tx_size = 2048, .offload = true, .reveal_private = true
    };

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        struct serial_rig *r = rig_new(&config);
        uint8_t all[4] = { 0xFF };
        const struct rig_packet *p;

        assert_int_equal(rig_command(r, USHER_SERIAL_EXTENSIONS_SET, all, 4), USHER_SERIAL_SUCCESS);
        if (i == 0) {
            assert_int_equal(rig_provision(r, 0, rig_device(r)), USHER_SERIAL_SUCCESS);
        } else {
            listen_with_caps(r, i == 2);
            rig_provisioner(r, people_choice(0));
        }
        r->host.reacts = false;
        for (unsigned n = 0; n < 1000 && rig_find(r, 0, 0xC7) == NULL; n++) {
            rig_run(r, 20);
            p = rig_find(r, 0, 0xCC);
            if (p != NULL && r->handled == 0) {
                r->handled = 1;
                assert_int_equal(rig_command(r, USHER_SERIAL_OOB_USE, "\0\0\0\0", 4),
                                 USHER_SERIAL_SUCCESS);
            }
        }
        p = rig_find(r, 0, 0xC7);
        assert_non_null(p);
        memcpy(r->host.private_key, p->payload + 65, USHER_P256_PRIVATE);
        assert_int_equal(rig_secret(r, p), USHER_SERIAL_SUCCESS);
        assert_non_null(rig_wait(r, 0, 0xC5, SESSION_MS));
        rig_free(r);
    }
}

/* -- what does not stay ------------------------------------------------------------------------ */

static void nowhere(const struct serial_rig *r, const uint8_t *secret, size_t len)
{
    assert_false(has(&r->serial, sizeof(r->serial), secret, len));
    assert_false(has(r->tx, sizeof(r->tx), secret, len));
    assert_false(has(r->sessions, sizeof(r->sessions), secret, len));
}

/* What was read is gone from the queue, and what was executed from the receiver. */
static void row_32_packets_do_not_stay(void **state)
{
    struct serial_rig *r = *state;

    rig_keypair(r);
    assert_false(has(&r->serial.rx, sizeof(r->serial.rx), r->host.private_key, 8));
    begin(r, 1);
    up_to_ecdh(r, 1);
    assert_false(has(r->tx, sizeof(r->tx), r->host.private_key, 8));
    assert_true(has(&r->serial, sizeof(r->serial), r->host.private_key, 8));
}

/* -- what is left on a stack: that of a context of its own, which nothing else runs on ----------
 */

static struct {
    ucontext_t test, serial;
    uint8_t stack[1 << 18];
    struct serial_rig *rig;
    uint8_t wire[SERIAL_WIRE_MAX];
    size_t len;
} on_own_stack;

static void give_octets(void)
{
    struct serial_rig *r = on_own_stack.rig;

    (void)usher_in_uart(&r->serial, on_own_stack.wire, on_own_stack.len);
}

/* The status of a command after which its stack does not have a secret of 16 octets. */
static uint8_t command_leaves_none(struct serial_rig *r, uint8_t opcode, const uint8_t *payload,
                                   size_t len, const uint8_t *secret)
{
    on_own_stack.rig = r;
    on_own_stack.len = serial_frame_write(r->config.slip, opcode, payload, len, on_own_stack.wire);
    memset(on_own_stack.stack, 0, sizeof(on_own_stack.stack));
    assert_int_equal(getcontext(&on_own_stack.serial), 0);
    on_own_stack.serial.uc_stack.ss_sp = on_own_stack.stack;
    on_own_stack.serial.uc_stack.ss_size = sizeof(on_own_stack.stack);
    on_own_stack.serial.uc_link = &on_own_stack.test;
    makecontext(&on_own_stack.serial, give_octets, 0);
    assert_int_equal(swapcontext(&on_own_stack.test, &on_own_stack.serial), 0);
    assert_false(has(on_own_stack.stack, sizeof(on_own_stack.stack), secret, 16));
    rig_read(r);
    assert_int_equal(r->answer.payload[0], opcode);
    return r->answer.payload[1];
}

static void row_32_a_command_leaves_nothing_on_the_stack(void **state)
{
    struct serial_rig *r = *state;
    uint8_t pair[USHER_P256_PRIVATE + USHER_P256_PUBLIC], secret[1 + USHER_P256_SECRET];
    uint8_t provision[44] = { 1, [40] = 0x02 };

    memcpy(pair, r->host.private_key, USHER_P256_PRIVATE);
    memcpy(pair + USHER_P256_PRIVATE, r->host.public_key, USHER_P256_PUBLIC);
    assert_int_equal(
        command_leaves_none(r, USHER_SERIAL_KEYPAIR_SET, pair, sizeof(pair), r->host.private_key),
        USHER_SERIAL_SUCCESS);
    begin(r, 1);
    up_to_ecdh(r, 1);
    secret_of(r, of(r, 0xC7, 0), 0, secret);
    assert_int_equal(
        command_leaves_none(r, USHER_SERIAL_ECDH_SECRET, secret, sizeof(secret), secret + 1),
        USHER_SERIAL_SUCCESS);
    memcpy(provision + 1, rig_device(r)->uuid, USHER_UUID_SIZE);
    memcpy(provision + 17, "another net key.", USHER_KEY_SIZE);
    for (unsigned i = 0; i < 3; i++) { /* an octet short, as it should be, while a session runs */
        static const uint8_t status[] = { USHER_SERIAL_INVALID_LENGTH, USHER_SERIAL_SUCCESS,
                                          USHER_SERIAL_INVALID_STATE };

        assert_int_equal(command_leaves_none(r, USHER_SERIAL_PROVISION, provision,
                                             sizeof(provision) - (i == 0), provision + 17),
                         status[i]);
    }
}

/* What is to be shown waits for the ECDH Secret; told, or too late, it is gone. */
static void row_32_a_value_does_not_stay(void **state)
{
    for (unsigned i = 0; i < 2; i++) {
        struct serial_rig *r = rig_new(NULL);
        char text[USHER_OOB_SIZE_MAX + 1];

        begin(r, 1);
        wait_of(r, 0xC3, 0);
        assert_int_equal(rig_command(r, USHER_SERIAL_OOB_USE, "\0\3\3\x08", 4),
                         USHER_SERIAL_SUCCESS);
        wait_of(r, 0xC7, 0);
        memcpy(text, r->sessions[0].prov.shown_text, sizeof(text));
        assert_true(has(&r->serial, sizeof(r->serial), (const uint8_t *)text, 8));
        if (i == 0) {
            assert_int_equal(rig_secret(r, of(r, 0xC7, 0)), USHER_SERIAL_SUCCESS);
            assert_memory_equal(of(r, 0xC8, 0)->payload + 2, text, 8);
        } else {
            assert_int_equal(rig_command(r, USHER_SERIAL_SESSION_CANCEL, "\0\2", 2),
                             USHER_SERIAL_SUCCESS);
            wait_of(r, 0xC2, 0);
        }
        assert_false(has(&r->serial, sizeof(r->serial), (const uint8_t *)text, 8));
        assert_false(has(r->tx, sizeof(r->tx), (const uint8_t *)text, 8));
        rig_free(r);
    }
    (void)state;
}

/* The peer need not wait until its link times out. */
static void test_the_end_is_told_to_peers(void **state)
{
    struct serial_rig *r = *state;

    begin(r, 1);
    up_to_ecdh(r, 1);
    usher_serial_deinit(&r->serial);
    air_run_until(r->air, air_now_us(r->air) + 5000000);
    assert_true(r->peers[0].closed);
    usher_deinit(&r->node);
    assert_int_equal(usher_init(&r->node, &r->port.port, &(struct usher_config){ 0 }), USHER_OK);
    assert_int_equal(usher_serial_init(&r->serial, &r->node, &r->config), USHER_OK);
}

static void row_32_no_key_is_left(void **state)
{
    struct serial_rig *r = *state;
    struct rig_packet secret, complete;

    begin(r, 3); /* one completes, one is in the middle, one has not begun */
    up_to_ecdh(r, 2);
    secret = *of(r, 0xC7, 1);
    r->host.reacts = true;
    r->handled = r->count;
    assert_int_equal(rig_secret(r, of(r, 0xC7, 0)), USHER_SERIAL_SUCCESS);
    wait_of(r, 0xC2, 0);
    complete = *of(r, 0xC5, 0);
    secret_of(r, &secret, 1, secret.payload);
    assert_int_equal(rig_command(r, USHER_SERIAL_OOB_USE, "\2\0\0\0", 4), USHER_SERIAL_SUCCESS);
    air_run_until(r->air, air_now_us(r->air) + 10000000);
    assert_true(has(r->tx, sizeof(r->tx), r->host.private_key, 8)); /* not read yet */

    usher_serial_deinit(&r->serial);
    usher_deinit(&r->node);
    nowhere(r, r->host.private_key, 8);
    nowhere(r, complete.payload + 11, 8); /* the device key */
    nowhere(r, (const uint8_t *)"the network key.", 8);
    nowhere(r, secret.payload + 1, 8);

    assert_int_equal(usher_init(&r->node, &r->port.port, &(struct usher_config){ 0 }), USHER_OK);
    assert_int_equal(usher_serial_init(&r->serial, &r->node, &r->config), USHER_OK);
}

int main(void)
{
#define WITH_RIG(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        WITH_RIG(row_31_wrong_secret),
        WITH_RIG(row_31_secret_of_zeros),
        WITH_RIG(row_31_secret_twice),
        WITH_RIG(row_31_secret_of_another_context),
        WITH_RIG(row_31_secret_at_other_times),
        WITH_RIG(row_31_a_pair_that_is_none),
        WITH_RIG(test_session_key),
        WITH_RIG(test_session_key_is_for_one_session),
        cmocka_unit_test(test_session_key_of_a_device),
        WITH_RIG(row_32_a_pair_made_here_stays_here),
        WITH_RIG(row_32_a_pair_made_here_for_a_device),
        cmocka_unit_test(test_a_pair_made_here_is_revealed),
        WITH_RIG(row_32_packets_do_not_stay),
        WITH_RIG(row_32_a_command_leaves_nothing_on_the_stack),
        cmocka_unit_test(row_32_a_value_does_not_stay),
        WITH_RIG(test_the_end_is_told_to_peers),
        WITH_RIG(row_32_no_key_is_left),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
