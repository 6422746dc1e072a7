/*
 * The simulated controller and a host of raw octets, by itself: what hosts ask at start, event
 * masks, cryptography, a stream out of step. What may not be asked is test_hci_refused.c.
 */
#include "raw_host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
    OK = 0x00,
    UNKNOWN_COMMAND = 0x01,
    DISALLOWED = 0x0C,
    INVALID = 0x12,
};

static const struct usher_crypto *crypto;
static struct raw_host host;
static struct air *air;

static void open_with(const struct sim_hci_config *config)
{
    air = air_new(&(struct air_config){ .seed = 1 });
    raw_open(&host, air, config);
}

static int set_up(void **state)
{
    (void)state;
    open_with(&(struct sim_hci_config){ .crypto = crypto });
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    raw_close(&host);
    air_free(air);
    return 0;
}

/* Another controller than set_up() has made. */
static void reopen(const struct sim_hci_config *config)
{
    tear_down(NULL);
    open_with(config);
}

/* -- what hosts ask at start --- */

struct question {
    uint16_t opcode;
    uint8_t len, returned;
};

/* In the order of a general host; parameters are zeros. */
static const struct question start[] = {
    { 0x0C03, 0, 0 },   { 0x1003, 0, 8 }, { 0x1001, 0, 8 },   { 0x1009, 0, 6 }, { 0x1002, 0, 64 },
    { 0x1005, 0, 7 },   { 0x0C01, 8, 0 }, { 0x2002, 0, 3 },   { 0x2003, 0, 8 }, { 0x201C, 0, 8 },
    { 0x2001, 8, 0 },   { 0x200F, 0, 1 }, { 0x2010, 0, 0 },   { 0x202F, 0, 8 }, { 0x2023, 0, 4 },
    { 0x0C14, 0, 248 }, { 0x0C63, 8, 0 }, { 0x0C13, 248, 0 }, { 0x0C6C, 0, 2 }, { 0x0C6D, 2, 0 },
    { 0x2018, 0, 8 },   { 0x2005, 6, 0 }, { 0x2017, 32, 16 },
};

static void a_general_host_starts(void **state)
{
    const uint8_t zeros[255] = { 0 };

    (void)state;
    for (size_t i = 0; i < sizeof(start) / sizeof(start[0]); i++) {
        const struct question *q = &start[i];

        assert_int_equal(raw_ask(&host, q->opcode, zeros, q->len), OK);
        assert_int_equal(host.answer.octets[1], 0x0E);
        assert_int_equal(host.answer.len, 7 + q->returned);
    }
}

/* Whatever the length should be, another one is refused; the answer has its full length. */
static void the_length_of_parameters_is_checked(void **state)
{
    const uint8_t zeros[255] = { 0 };

    (void)state;
    for (size_t i = 0; i < sizeof(start) / sizeof(start[0]); i++) {
        const struct question *q = &start[i];

        assert_int_equal(raw_ask(&host, q->opcode, zeros, q->len + 1u), INVALID);
        assert_int_equal(host.answer.len, 7 + q->returned);
        if (q->len != 0) {
            assert_int_equal(raw_ask(&host, q->opcode, zeros, q->len - 1u), INVALID);
        }
    }
}

static void what_it_is(void **state)
{
    const uint8_t *r;

    (void)state;
    assert_int_equal(ASK0(&host, 0x1001), OK);
    r = host.returned;
    assert_int_equal(r[0], 9); /* Bluetooth 5.0 */
    assert_int_equal(r[3], 9);
    assert_int_equal(ASK0(&host, 0x1003), OK);
    assert_int_equal(r[4], 0x60); /* LE, no BR/EDR */
    assert_int_equal(ASK0(&host, 0x2002), OK);
    assert_memory_equal(r, ((uint8_t[]){ 27, 0, 8 }), 3);
    assert_int_equal(ASK0(&host, 0x2003), OK);
    assert_memory_equal(r, ((uint8_t[]){ 0x20, 0x10 }), 2);
    assert_int_equal(ASK0(&host, 0x1009), OK);
    for (unsigned i = 0; i < 6; i++) {
        assert_int_equal(r[i], air_addr(sim_hci_radio(host.controller))[5 - i]);
    }
    assert_int_equal(ASK0(&host, 0x202F), OK);
    assert_memory_equal(r, ((uint8_t[]){ 251, 0, 0x48, 0x08, 251, 0, 0x48, 0x08 }), 8);
    assert_int_equal(ASK0(&host, 0x201C), OK); /* all states but those of directed advertising */
    assert_memory_equal(r, ((uint8_t[]){ 0xF7, 0x77, 0xFF, 0x1F, 0x49, 0x02, 0x00, 0x00 }), 8);
    assert_int_equal(ASK0(&host, 0x203B), OK);
    assert_int_equal(r[0], 16);
}

static void a_plain_controller_knows_less(void **state)
{
    (void)state;
    reopen(&(struct sim_hci_config){ .legacy_only = true, .acl_len = 251, .acl_count = 3 });
    assert_int_equal(ASK0(&host, 0x1001), OK);
    assert_int_equal(host.returned[0], 8); /* Bluetooth 4.2 */
    assert_int_equal(ASK0(&host, 0x2002), OK);
    assert_memory_equal(host.returned, ((uint8_t[]){ 251, 0, 3 }), 3);
    assert_int_equal(ASK0(&host, 0x203B), UNKNOWN_COMMAND);
    assert_int_equal(host.answer.len, 7);
    assert_int_equal(ASK0(&host, 0x2025), UNKNOWN_COMMAND);
    assert_int_equal(ASK0(&host, 0x2003), OK);
    assert_int_equal(host.returned[1], 0);
    /* an interval under 100 ms is for connectable advertising only */
    assert_int_equal(ASK(&host, 0x2006, 0x20, 0, 0x20, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 7, 0),
                     INVALID);
    assert_int_equal(ASK(&host, 0x2006, 0x20, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7, 0), OK);
    assert_int_equal(ASK(&host, 0x2006, 0xA0, 0, 0xA0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 7, 0), OK);
}

/* Every command that is said to be there is, and the others are not. */
static void supported_commands_are_those_that_there_are(void **state)
{
    static const struct {
        uint16_t opcode;
        uint8_t octet, bit;
    } known[] = {
        { 0x0406, 0, 5 },  { 0x041D, 2, 7 },  { 0x0C01, 5, 6 },  { 0x0C03, 5, 7 },
        { 0x1001, 14, 3 }, { 0x1009, 15, 1 }, { 0x2001, 25, 0 }, { 0x2006, 25, 5 },
        { 0x200A, 26, 1 }, { 0x200D, 26, 4 }, { 0x2013, 27, 2 }, { 0x2017, 27, 6 },
        { 0x2022, 33, 6 }, { 0x2025, 34, 1 }, { 0x2036, 36, 2 }, { 0x2043, 37, 7 },
        { 0x2019, 28, 0 }, /* LE Enable Encryption: not there */
    };
    uint8_t map[64];

    (void)state;
    assert_int_equal(ASK0(&host, 0x1002), OK);
    memcpy(map, host.returned, sizeof(map));
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        bool there = (map[known[i].octet] >> known[i].bit & 1) != 0;

        assert_int_equal(there, known[i].opcode != 0x2019);
        /* a parameter length that no command has tells whether it is known, and does nothing */
        assert_int_equal(
            raw_ask(&host, known[i].opcode, (uint8_t[251]){ 0 }, 251) != UNKNOWN_COMMAND, there);
    }
}

static void unknown_commands_are_answered(void **state)
{
    static const uint16_t unknown[] = { 0x0000, 0x0401, 0x0C05, 0x2019, 0x2027, 0x2030, 0xFC01 };

    (void)state;
    for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
        assert_int_equal(ASK(&host, unknown[i], 1, 2, 3), UNKNOWN_COMMAND);
        assert_int_equal(host.answer.octets[1], 0x0E);
        assert_int_equal(host.answer.len, 7);
    }
}

/* A command takes its time, one after the other. */
static void commands_take_time(void **state)
{
    uint64_t began;

    (void)state;
    reopen(&(struct sim_hci_config){ .command_us = 700 });
    began = air_now_us(air);
    raw_command(&host, 0x1009, NULL, 0);
    raw_command(&host, 0x1001, NULL, 0);
    raw_run(&host, 10000);
    assert_int_equal(host.count, 2);
    assert_int_equal(host.log[0].at - began, 700);
    assert_int_equal(host.log[1].at - began, 1400);
    assert_int_equal(host.log[0].octets[4], 0x09);
    assert_int_equal(host.log[1].octets[4], 0x01);
}

/* -- cryptography --- */

/* FIPS 197, appendix C.1, in the octet order of HCI. */
static void le_encrypt_is_aes(void **state)
{
    uint8_t params[32], expected[16];
    static const uint8_t out[16] = { 0x69, 0xC4, 0xE0, 0xD8, 0x6A, 0x7B, 0x04, 0x30,
                                     0xD8, 0xCD, 0xB7, 0x80, 0x70, 0xB4, 0xC5, 0x5A };

    (void)state;
    for (unsigned i = 0; i < 16; i++) {
        params[15 - i] = (uint8_t)i;
        params[31 - i] = (uint8_t)(i * 0x11);
        expected[15 - i] = out[i];
    }
    assert_int_equal(raw_ask(&host, 0x2017, params, 32), OK);
    assert_memory_equal(host.returned, expected, 16);
}

static void random_numbers_differ(void **state)
{
    uint8_t first[8];

    (void)state;
    assert_int_equal(ASK0(&host, 0x2018), OK);
    memcpy(first, host.returned, 8);
    assert_int_equal(ASK0(&host, 0x2018), OK);
    assert_memory_not_equal(first, host.returned, 8);
}

static void two_controllers_agree_on_a_key(void **state)
{
    struct raw_host other;
    uint8_t ours[64], theirs[64];
    const struct raw_packet *a, *b;

    (void)state;
    raw_open(&other, air, &(struct sim_hci_config){ .crypto = crypto });
    raw_unmask(&host);
    raw_unmask(&other);
    assert_int_equal(raw_ask(&host, 0x2026, (uint8_t[64]){ 0 }, 64), DISALLOWED); /* no key yet */
    assert_int_equal(ASK0(&host, 0x2025), OK);
    assert_int_equal(host.answer.octets[1], 0x0F);
    assert_int_equal(ASK0(&other, 0x2025), OK);
    a = LE(&host, 0x08);
    b = LE(&other, 0x08);
    if (a == NULL || b == NULL) {
        fail();
        return;
    }
    assert_true(a->octets[4] == OK && a->len == 4 + 65);
    memcpy(ours, a->octets + 5, 64);
    memcpy(theirs, b->octets + 5, 64);
    assert_int_equal(raw_ask(&host, 0x2026, theirs, 64), OK);
    assert_int_equal(raw_ask(&other, 0x2026, ours, 64), OK);
    a = LE(&host, 0x09);
    b = LE(&other, 0x09);
    assert_true(a != NULL && b != NULL && a->octets[4] == OK && a->len == 4 + 33);
    assert_memory_equal(a->octets + 5, b->octets + 5, 32);
    /* a point that is none */
    theirs[0] ^= 1;
    assert_int_equal(raw_ask(&host, 0x2026, theirs, 64), OK);
    a = LE(&host, 0x09);
    assert_true(a != NULL && a->octets[4] == INVALID && a->octets[5] == 0xFF);
    raw_close(&other);
}

/* -- the masks --- */

static void events_are_masked(void **state)
{
    (void)state;
    /* as after Reset, LE Meta is off: an answer, and no event */
    assert_int_equal(ASK0(&host, 0x2025), OK);
    assert_null(LE(&host, 0x08));
    assert_int_equal(ASK(&host, 0x0C01, 0, 0, 0, 0, 0, 0, 0, 0x20), OK);
    assert_int_equal(ASK0(&host, 0x2025), OK);
    assert_null(LE(&host, 0x08)); /* nor is it in the LE mask */
    assert_int_equal(ASK(&host, 0x2001, 0x80, 0, 0, 0, 0, 0, 0, 0), OK);
    assert_int_equal(ASK0(&host, 0x2025), OK);
    assert_non_null(LE(&host, 0x08));
    assert_int_equal(ASK(&host, 0x2001, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF), OK);
    assert_int_equal(ASK0(&host, 0x2025), OK);
    assert_null(LE(&host, 0x08));
    /* Hardware Error can be masked, too */
    sim_hci_in(host.controller, (uint8_t[]){ 0x77 }, 1);
    assert_null(raw_take(&host, 0x10, 0));
}

/* -- the stream --- */

static void octets_may_come_one_by_one(void **state)
{
    static const uint8_t reset[] = { 1, 3, 0x0C, 0 },
                         mask[] = { 1, 1, 0x20, 8, 1, 2, 3, 4, 5, 6, 7, 8 };
    uint8_t both[sizeof(reset) + sizeof(mask)];

    (void)state;
    memcpy(both, reset, sizeof(reset));
    memcpy(both + sizeof(reset), mask, sizeof(mask));
    for (size_t i = 0; i < sizeof(both); i++) {
        sim_hci_in(host.controller, both + i, 1);
    }
    raw_run(&host, 10000);
    assert_int_equal(host.count, 2);
    sim_hci_in(host.controller, both, sizeof(both)); /* or all at once */
    raw_run(&host, 10000);
    assert_int_equal(host.count, 4);
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(host.log[i].octets[4], (i & 1) == 0 ? 0x03 : 0x01);
        assert_int_equal(host.log[i].octets[6], OK);
    }
}

/* Garbage: one Hardware Error, and then only a Reset is heard, wherever it is. */
static void garbage_needs_a_reset(void **state)
{
    static const uint8_t garbage[] = { 0x00, 0x04, 0x0E, 0x01, 0x01, 0x09, 0x10, 0x00, 0x01, 0x03 };
    static const uint8_t good[] = { 0x01, 0x09, 0x10, 0x00 };
    static const uint8_t reset[] = { 0x01, 0x03, 0x0C, 0x00 };
    const struct raw_packet *error;

    (void)state;
    sim_hci_in(host.controller, garbage, sizeof(garbage));
    sim_hci_in(host.controller, good, sizeof(good));
    raw_run(&host, 10000);
    assert_int_equal(host.count, 1);
    error = raw_take(&host, 0x10, 0);
    assert_non_null(error);
    assert_int_equal(error->octets[3], SIM_HCI_FAULT_SYNC);
    sim_hci_in(host.controller, garbage, sizeof(garbage)); /* it ends like the start of a Reset */
    sim_hci_in(host.controller, reset, sizeof(reset));
    sim_hci_in(host.controller, good, sizeof(good));
    raw_run(&host, 10000);
    assert_int_equal(host.count, 3);
    assert_int_equal(host.log[1].octets[4], 0x03);
    assert_int_equal(host.log[2].octets[4], 0x09);
}

/* Types that a controller sends, and those that we do not have, begin no packet either. */
static void every_other_type_is_garbage(void **state)
{
    (void)state;
    for (unsigned type = 0; type < 256; type++) {
        if (type != 1 && type != 2) {
            raw_forget(&host);
            sim_hci_in(host.controller, (uint8_t[]){ (uint8_t)type }, 1);
            assert_int_equal(raw_count(&host, 0x10, 0), 1);
            assert_int_equal(ASK0(&host, 0x0C03), OK);
        }
    }
}

/* A host that does not wait for its credit loses the controller, until it resets it. */
static void too_many_commands(void **state)
{
    const struct raw_packet *error;

    (void)state;
    for (unsigned i = 0; i < 5; i++) {
        raw_command(&host, 0x1009, NULL, 0);
    }
    error = raw_take(&host, 0x10, 0);
    assert_non_null(error);
    assert_int_equal(error->octets[3], SIM_HCI_FAULT_OVERRUN);
    assert_int_equal(ASK0(&host, 0x0C03), OK);
    raw_run(&host, 10000);
    assert_int_equal(raw_count(&host, 0x0E, 0), 1); /* what had waited was dropped */
}

/* ACL data that are longer than the buffers: an event, and the next packet is found. */
static void acl_data_that_are_too_long(void **state)
{
    static const uint8_t zeros[1000];
    const struct raw_packet *overflow;

    (void)state;
    raw_unmask(&host);
    raw_acl(&host, 1, 0, zeros, 28);
    overflow = raw_take(&host, 0x1A, 0);
    assert_non_null(overflow);
    assert_int_equal(overflow->octets[3], 1);
    raw_acl(&host, 1, 0, zeros, sizeof(zeros));
    assert_non_null(raw_take(&host, 0x1A, 0));
    raw_acl(&host, 1, 0, zeros, 27);
    assert_null(raw_take(&host, 0x1A, 0));
    assert_int_equal(ASK0(&host, 0x1009), OK);
    assert_null(raw_take(&host, 0x10, 0));
}

static void it_hangs_when_told(void **state)
{
    (void)state;
    raw_command(&host, 0x1009, NULL, 0);
    sim_hci_hang(host.controller);
    raw_command(&host, 0x0C03, NULL, 0);
    raw_run(&host, 10000000);
    assert_int_equal(host.count, 0);
}

/* From within a packet the host may send at once: answers come in order, and nothing nests. */
static void ask_again(struct raw_host *h)
{
    unsigned *left = h->ctx;

    if (*left != 0 && h->log[h->count - 1].octets[1] == 0x0E) {
        --*left;
        raw_command(h, 0x1009, NULL, 0);
    } else if (*left != 0) {
        --*left;
        raw_acl(h, 1, 0, (uint8_t[28]){ 0 }, 28); /* answered by an overflow, at once */
    }
}

static void a_host_may_answer_from_within(void **state)
{
    unsigned left = 2000;

    (void)state;
    raw_unmask(&host);
    host.ctx = &left;
    host.then = ask_again;
    raw_acl(&host, 1, 0, (uint8_t[28]){ 0 }, 28);
    assert_int_equal(left, 0);
    assert_int_equal(raw_count(&host, 0x1A, 0), 2001);
    raw_forget(&host);
    left = 1000;
    raw_command(&host, 0x1009, NULL, 0);
    raw_run(&host, 1000000);
    assert_int_equal(raw_count(&host, 0x0E, 0), 1001);
}

static void bad_configurations_are_refused(void **state)
{
    static const struct sim_hci_config bad[] = {
        { .sets = SIM_HCI_SETS + 1 },
        { .acl_len = 26 },
        { .acl_len = SIM_HCI_ACL_MAX + 1 },
        { .connections = SIM_HCI_CONNECTIONS + 1 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_null(sim_hci_new(air, &bad[i], NULL, NULL));
    }
    sim_hci_free(NULL);
    reopen(&(struct sim_hci_config){ .sets = SIM_HCI_SETS,
                                     .acl_len = SIM_HCI_ACL_MAX,
                                     .acl_count = 255,
                                     .connections = SIM_HCI_CONNECTIONS });
    assert_int_equal(ASK0(&host, 0x2002), OK);
    assert_memory_equal(host.returned, ((uint8_t[]){ 0, 4, 255 }), 3);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_general_host_starts),
        TEST(the_length_of_parameters_is_checked),
        TEST(what_it_is),
        TEST(a_plain_controller_knows_less),
        TEST(supported_commands_are_those_that_there_are),
        TEST(unknown_commands_are_answered),
        TEST(commands_take_time),
        TEST(le_encrypt_is_aes),
        TEST(random_numbers_differ),
        TEST(two_controllers_agree_on_a_key),
        TEST(events_are_masked),
        TEST(octets_may_come_one_by_one),
        TEST(garbage_needs_a_reset),
        TEST(every_other_type_is_garbage),
        TEST(too_many_commands),
        TEST(acl_data_that_are_too_long),
        TEST(it_hangs_when_told),
        TEST(a_host_may_answer_from_within),
        TEST(bad_configurations_are_refused),
    };
    int failed;

    crypto = usher_crypto_openssl_new();
    failed = crypto != NULL ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
    usher_crypto_openssl_free(crypto);
    return failed;
}
