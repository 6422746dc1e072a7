/*
 * What a simulated controller refuses, and with which error: parameters out of range, commands at
 * the wrong time, connections and sets that there are not; and the extremes that it takes.
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
    UNKNOWN_CONNECTION = 0x02,
    MEMORY = 0x07,
    DISALLOWED = 0x0C,
    UNSUPPORTED = 0x11,
    INVALID = 0x12,
    UNKNOWN_SET = 0x42,
};

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
    open_with(&(struct sim_hci_config){ 0 });
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

/* Legacy advertising parameters that are in order; each test spoils one octet. */
static const uint8_t adv_parameters[15] = { 0xA0, 0, 0xA0, 0, 3, [13] = 7 };

static uint8_t spoiled(uint16_t opcode, const uint8_t *good, size_t len, size_t at, uint8_t octet)
{
    uint8_t params[64];

    memcpy(params, good, len);
    params[at] = octet;
    return raw_ask(&host, opcode, params, len);
}

static void advertising_parameters_are_checked(void **state)
{
    (void)state;
    assert_int_equal(spoiled(0x2006, adv_parameters, 15, 0, 0xA1), INVALID); /* above maximum */
    assert_int_equal(spoiled(0x2006, adv_parameters, 15, 0, 0x1F), INVALID); /* under 20 ms */
    assert_int_equal(spoiled(0x2006, adv_parameters, 15, 3, 0x41), INVALID); /* over 10.24 s */
    assert_int_equal(spoiled(0x2006, adv_parameters, 15, 4, 5), INVALID);
    assert_int_equal(spoiled(0x2006, adv_parameters, 15, 4, 1), UNSUPPORTED); /* directed */
    assert_int_equal(spoiled(0x2006, adv_parameters, 15, 5, 2), UNSUPPORTED); /* private */
    assert_int_equal(spoiled(0x2006, adv_parameters, 15, 5, 4), INVALID);
    assert_int_equal(spoiled(0x2006, adv_parameters, 15, 6, 2), INVALID);
    assert_int_equal(spoiled(0x2006, adv_parameters, 15, 13, 0), INVALID); /* no channel */
    assert_int_equal(spoiled(0x2006, adv_parameters, 15, 13, 8), INVALID);
    assert_int_equal(spoiled(0x2006, adv_parameters, 15, 14, 1), UNSUPPORTED);
    assert_int_equal(spoiled(0x2006, adv_parameters, 15, 14, 4), INVALID);
    assert_int_equal(spoiled(0x2008, (uint8_t[32]){ 31 }, 32, 0, 32), INVALID);
    assert_int_equal(spoiled(0x2009, (uint8_t[32]){ 31 }, 32, 0, 32), INVALID);
    assert_int_equal(ASK(&host, 0x200A, 2), INVALID);
    assert_int_equal(spoiled(0x2006, adv_parameters, 15, 5, 1), OK);
    assert_int_equal(ASK(&host, 0x200A, 1), INVALID); /* a random address, and none is set */
    assert_int_equal(ASK(&host, 0x2005, 1, 2, 3, 4, 5, 0xC6), OK);
    assert_int_equal(ASK(&host, 0x200A, 1), OK);
    assert_int_equal(ASK(&host, 0x200A, 1), OK); /* still */
    assert_int_equal(raw_ask(&host, 0x2006, adv_parameters, 15), DISALLOWED);
    assert_int_equal(ASK(&host, 0x2005, 1, 2, 3, 4, 5, 0xC6), DISALLOWED);
    assert_int_equal(raw_ask(&host, 0x2008, (uint8_t[32]){ 31 }, 32), OK); /* data may change */
    assert_int_equal(ASK(&host, 0x200A, 0), OK);
    assert_int_equal(raw_ask(&host, 0x2006, adv_parameters, 15), OK);
    assert_int_equal(ASK(&host, 0x2005, 1, 2, 3, 4, 5, 0xC6), OK);
}

static void scan_parameters_are_checked(void **state)
{
    static const uint8_t good[7] = { 0, 0x10, 0, 0x10, 0, 0, 0 };

    (void)state;
    assert_int_equal(spoiled(0x200B, good, 7, 0, 2), INVALID);
    assert_int_equal(spoiled(0x200B, good, 7, 1, 0x0F), INVALID); /* window above interval */
    assert_int_equal(spoiled(0x200B, good, 7, 3, 3), INVALID);
    assert_int_equal(spoiled(0x200B, good, 7, 2, 0x41), INVALID);
    assert_int_equal(spoiled(0x200B, good, 7, 5, 4), INVALID);
    assert_int_equal(spoiled(0x200B, good, 7, 5, 2), UNSUPPORTED);
    assert_int_equal(spoiled(0x200B, good, 7, 6, 4), INVALID);
    assert_int_equal(spoiled(0x200B, good, 7, 6, 2), UNSUPPORTED);
    assert_int_equal(ASK(&host, 0x200C, 2, 0), INVALID);
    assert_int_equal(ASK(&host, 0x200C, 1, 2), INVALID);
    assert_int_equal(spoiled(0x200B, good, 7, 5, 1), OK);
    assert_int_equal(ASK(&host, 0x200C, 1, 0), INVALID); /* no random address */
    assert_int_equal(raw_ask(&host, 0x200B, good, 7), OK);
    assert_int_equal(ASK(&host, 0x200C, 1, 0), OK);
    assert_int_equal(raw_ask(&host, 0x200B, good, 7), DISALLOWED);
    assert_int_equal(ASK(&host, 0x2005, 1, 2, 3, 4, 5, 0xC6), DISALLOWED);
    assert_int_equal(ASK(&host, 0x200C, 0, 0), OK);
    assert_int_equal(raw_ask(&host, 0x200B, good, 7), OK);
}

/* Handle 5, ADV_NONCONN_IND every 20 ms. */
static const uint8_t set_parameters[25] = { 5, 0x10, 0, 0x20, 0,        0, 0x20,     0,
                                            0, 7,    0, 0,    [18] = 0, 0, [20] = 1, [22] = 1 };

static void sets_are_checked(void **state)
{
    (void)state;
    assert_int_equal(spoiled(0x2036, set_parameters, 25, 0, 0xF0), INVALID);
    assert_int_equal(spoiled(0x2036, set_parameters, 25, 1, 0x11), UNSUPPORTED);
    assert_int_equal(spoiled(0x2036, set_parameters, 25, 1, 0x00), UNSUPPORTED); /* not legacy */
    assert_int_equal(spoiled(0x2036, set_parameters, 25, 3, 0x21), INVALID);
    assert_int_equal(spoiled(0x2036, set_parameters, 25, 3, 0x1F), INVALID);
    assert_int_equal(spoiled(0x2036, set_parameters, 25, 9, 0), INVALID);
    assert_int_equal(spoiled(0x2036, set_parameters, 25, 10, 4), INVALID);
    assert_int_equal(spoiled(0x2036, set_parameters, 25, 20, 3), UNSUPPORTED);
    assert_int_equal(spoiled(0x2036, set_parameters, 25, 20, 2), INVALID);
    assert_int_equal(spoiled(0x2036, set_parameters, 25, 23, 16), INVALID);
    assert_int_equal(host.answer.len, 8);
    /* there is no set yet */
    assert_int_equal(ASK(&host, 0x2035, 5, 1, 2, 3, 4, 5, 0xC6), UNKNOWN_SET);
    assert_int_equal(ASK(&host, 0x2037, 5, 3, 1, 2, 1, 0xFF), UNKNOWN_SET);
    assert_int_equal(ASK(&host, 0x2039, 1, 1, 5, 0, 0, 0), UNKNOWN_SET);
    assert_int_equal(ASK(&host, 0x203C, 5), UNKNOWN_SET);
    assert_int_equal(raw_ask(&host, 0x2036, set_parameters, 25), OK);
    assert_int_equal(ASK(&host, 0x2037, 5, 3, 1, 3, 1, 0xFF), INVALID); /* its length */
    assert_int_equal(ASK(&host, 0x2037, 5, 5, 1, 2, 1, 0xFF), INVALID);
    assert_int_equal(ASK(&host, 0x2037, 5, 1, 1, 2, 1, 0xFF), INVALID); /* a first fragment */
    assert_int_equal(raw_ask(&host, 0x2037, (uint8_t[36]){ 5, 3, 1, 32 }, 36), INVALID);
    assert_int_equal(raw_ask(&host, 0x2037, (uint8_t[35]){ 5, 3, 1, 31 }, 35), OK);
    assert_int_equal(ASK(&host, 0x2038, 5, 3, 1, 2, 1, 0xFF), INVALID); /* not scannable */
    assert_int_equal(ASK(&host, 0x2039, 2, 1, 5, 0, 0, 0), INVALID);
    assert_int_equal(ASK(&host, 0x2039, 1, 0), INVALID);
    assert_int_equal(ASK(&host, 0x2039, 1, 2, 5, 0, 0, 0), INVALID);
    assert_int_equal(ASK(&host, 0x2039, 1, 2, 5, 0, 0, 0, 5, 0, 0, 0), INVALID); /* twice */
    assert_int_equal(ASK(&host, 0x2039, 1, 2, 5, 0, 0, 0, 6, 0, 0, 0), UNKNOWN_SET);
    assert_int_equal(ASK(&host, 0x203C, 5), OK); /* and so 5 was not enabled */
    assert_int_equal(ASK(&host, 0x203C, 5), UNKNOWN_SET);
}

static void sets_that_are_enabled_are_left_alone(void **state)
{
    (void)state;
    reopen(&(struct sim_hci_config){ .sets = 2 });
    assert_int_equal(spoiled(0x2036, set_parameters, 25, 10, 1), OK);
    assert_int_equal(ASK(&host, 0x2039, 1, 1, 5, 0, 0, 0), INVALID); /* no random address */
    assert_int_equal(ASK(&host, 0x2035, 5, 1, 2, 3, 4, 5, 0xC6), OK);
    assert_int_equal(spoiled(0x2036, set_parameters, 25, 0, 6), OK);
    assert_int_equal(spoiled(0x2036, set_parameters, 25, 0, 7), MEMORY);
    assert_int_equal(ASK(&host, 0x2039, 1, 2, 5, 0, 0, 0, 6, 0, 0, 0), OK);
    assert_int_equal(raw_ask(&host, 0x2036, set_parameters, 25), DISALLOWED);
    assert_int_equal(ASK(&host, 0x203C, 5), DISALLOWED);
    assert_int_equal(ASK0(&host, 0x203D), DISALLOWED);
    assert_int_equal(ASK(&host, 0x2035, 5, 1, 2, 3, 4, 5, 0xC7), OK); /* not connectable */
    assert_int_equal(ASK(&host, 0x2005, 1, 2, 3, 4, 5, 0xC6), OK);
    assert_int_equal(ASK(&host, 0x2039, 1, 1, 5, 0, 0, 0), OK); /* anew */
    assert_int_equal(ASK(&host, 0x2039, 0, 1, 5, 0, 0, 0), OK);
    assert_int_equal(raw_ask(&host, 0x2036, set_parameters, 25), OK);
    assert_int_equal(ASK(&host, 0x2039, 0, 0), OK); /* all */
    assert_int_equal(ASK0(&host, 0x203D), OK);
    assert_int_equal(ASK(&host, 0x203C, 6), UNKNOWN_SET);
    /* a connectable set keeps its address while it is enabled */
    assert_int_equal(spoiled(0x2036, set_parameters, 25, 1, 0x13), OK);
    assert_int_equal(ASK(&host, 0x2039, 1, 1, 5, 0, 0, 0), OK);
    assert_int_equal(ASK(&host, 0x2035, 5, 1, 2, 3, 4, 5, 0xC6), DISALLOWED);
}

static void extended_scan_parameters_are_checked(void **state)
{
    static const uint8_t good[8] = { 0, 0, 1, 0, 0x10, 0, 0x10, 0 };

    (void)state;
    assert_int_equal(spoiled(0x2041, good, 8, 2, 0), INVALID);
    assert_int_equal(spoiled(0x2041, good, 8, 2, 5), UNSUPPORTED); /* LE Coded */
    assert_int_equal(raw_ask(&host, 0x2041, good, 7), INVALID);
    assert_int_equal(spoiled(0x2041, good, 8, 3, 2), INVALID);
    assert_int_equal(spoiled(0x2041, good, 8, 6, 0x11), INVALID);
    assert_int_equal(spoiled(0x2041, good, 8, 4, 3), INVALID);
    assert_int_equal(raw_ask(&host, 0x2041, good, 8), OK);
    assert_int_equal(ASK(&host, 0x2042, 1, 3, 0, 0, 0, 0), INVALID);
    assert_int_equal(ASK(&host, 0x2042, 1, 2, 0, 0, 0, 0), INVALID);   /* 2 needs a period */
    assert_int_equal(ASK(&host, 0x2042, 1, 0, 128, 0, 1, 0), INVALID); /* 1.28 s, of 1.28 s */
    assert_int_equal(ASK(&host, 0x2042, 1, 0, 127, 0, 1, 0), OK);
    assert_int_equal(raw_ask(&host, 0x2041, good, 8), DISALLOWED);
    assert_int_equal(ASK(&host, 0x2042, 0, 0, 0, 0, 0, 0), OK);
}

/* Legacy and extended commands do not mix; a Reset makes the choice free. */
static void kinds_of_commands_do_not_mix(void **state)
{
    (void)state;
    assert_int_equal(raw_ask(&host, 0x2036, set_parameters, 25), OK);
    assert_int_equal(raw_ask(&host, 0x2006, adv_parameters, 15), DISALLOWED);
    assert_int_equal(ASK(&host, 0x200C, 0, 0), DISALLOWED);
    assert_int_equal(raw_ask(&host, 0x200D, (uint8_t[25]){ 0 }, 25), DISALLOWED);
    assert_int_equal(ASK0(&host, 0x0C03), OK);
    assert_int_equal(raw_ask(&host, 0x2006, adv_parameters, 15), OK);
    assert_int_equal(raw_ask(&host, 0x2036, set_parameters, 25), DISALLOWED);
    assert_int_equal(ASK(&host, 0x2042, 0, 0, 0, 0, 0, 0), DISALLOWED);
    assert_int_equal(raw_ask(&host, 0x2043, (uint8_t[26]){ 0 }, 26), DISALLOWED);
    assert_int_equal(host.answer.octets[1], 0x0F); /* by Command Status */
}

/* Filter 0, peer 1:06..01, own public, 30 ms, timeout 1 s; in the order of the legacy command. */
static const uint8_t connect[25] = { 0x10, 0, 0x10, 0, 0, 1, 1,   2, 3, 4, 5, 0xC6, 0,
                                     24,   0, 24,   0, 0, 0, 100, 0, 0, 0, 0, 0 };

static void connecting_is_checked(void **state)
{
    (void)state;
    raw_unmask(&host);
    assert_int_equal(ASK0(&host, 0x200E), DISALLOWED);                /* nothing to cancel */
    assert_int_equal(spoiled(0x200D, connect, 25, 2, 0x11), INVALID); /* window */
    assert_int_equal(spoiled(0x200D, connect, 25, 4, 2), INVALID);    /* filter */
    assert_int_equal(spoiled(0x200D, connect, 25, 5, 4), INVALID);    /* peer's type */
    assert_int_equal(spoiled(0x200D, connect, 25, 12, 2), UNSUPPORTED);
    assert_int_equal(spoiled(0x200D, connect, 25, 12, 1), INVALID); /* no random address */
    assert_int_equal(spoiled(0x200D, connect, 25, 13, 25), INVALID);
    assert_int_equal(spoiled(0x200D, connect, 25, 13, 5), INVALID);
    assert_int_equal(spoiled(0x200D, connect, 25, 16, 0x0D), INVALID);
    assert_int_equal(spoiled(0x200D, connect, 25, 18, 2), INVALID);  /* latency 512 */
    assert_int_equal(spoiled(0x200D, connect, 25, 17, 16), INVALID); /* too much for the timeout */
    assert_int_equal(spoiled(0x200D, connect, 25, 17, 15), OK);
    assert_int_equal(host.answer.octets[1], 0x0F);
    assert_int_equal(ASK0(&host, 0x200E), OK);
    assert_int_equal(spoiled(0x200D, connect, 25, 19, 9), INVALID);
    assert_int_equal(spoiled(0x200D, connect, 25, 21, 1), INVALID); /* event lengths */
    assert_int_equal(raw_count(&host, 0x3E, 0x0A), 1);
    raw_forget(&host);
    assert_int_equal(raw_ask(&host, 0x200D, connect, 25), OK);
    assert_int_equal(raw_ask(&host, 0x200D, connect, 25), DISALLOWED); /* one at a time */
    assert_int_equal(ASK(&host, 0x2005, 1, 2, 3, 4, 5, 0xC6), DISALLOWED);
    assert_int_equal(host.count, 3); /* no event so far */
    assert_int_equal(ASK0(&host, 0x200E), OK);
    /* the answer, and then the event that the attempt is over */
    assert_int_equal(host.count, 5);
    assert_memory_equal(host.log[4].octets, ((uint8_t[]){ 4, 0x3E, 31, 0x0A, 2 }), 5);
    assert_int_equal(ASK0(&host, 0x200E), DISALLOWED);
}

static void extended_connecting_is_checked(void **state)
{
    static const uint8_t good[26] = { 0, 0,    1, 1,  2, 3,  4, 5, 0xC6, 1,   0x10,
                                      0, 0x10, 0, 24, 0, 24, 0, 0, 0,    100, 0 };

    (void)state;
    assert_int_equal(spoiled(0x2043, good, 26, 9, 0), INVALID);
    assert_int_equal(spoiled(0x2043, good, 26, 9, 7), UNSUPPORTED);
    assert_int_equal(spoiled(0x2043, good, 26, 9, 8), INVALID);
    assert_int_equal(raw_ask(&host, 0x2043, good, 25), INVALID);
    assert_int_equal(spoiled(0x2043, good, 26, 14, 25), INVALID);
    assert_int_equal(raw_ask(&host, 0x2043, good, 26), OK);
    assert_int_equal(ASK0(&host, 0x200E), OK);
}

static void there_is_no_such_connection(void **state)
{
    static const uint8_t update[14] = { 9, 0, 24, 0, 24, 0, 0, 0, 100, 0 };

    (void)state;
    assert_int_equal(ASK(&host, 0x0406, 9, 0, 0x13), UNKNOWN_CONNECTION);
    assert_int_equal(host.answer.octets[1], 0x0F);
    assert_int_equal(ASK(&host, 0x041D, 9, 0), UNKNOWN_CONNECTION);
    assert_int_equal(ASK(&host, 0x2016, 9, 0), UNKNOWN_CONNECTION);
    assert_int_equal(raw_ask(&host, 0x2013, update, 14), UNKNOWN_CONNECTION);
    assert_int_equal(ASK(&host, 0x2022, 9, 0, 251, 0, 0x48, 8), UNKNOWN_CONNECTION);
    assert_memory_equal(host.returned, ((uint8_t[]){ 9, 0 }), 2);
    raw_acl(&host, 9, 0, (uint8_t[27]){ 0 }, 27);
    raw_run(&host, 100000);
    assert_null(raw_take(&host, 0x13, 0)); /* the buffer was never taken */
}

static void the_accept_list_is_bounded(void **state)
{
    (void)state;
    assert_int_equal(ASK0(&host, 0x200F), OK);
    assert_int_equal(host.returned[0], 8);
    assert_int_equal(ASK(&host, 0x2011, 2, 0, 2, 3, 4, 5, 6), INVALID);
    for (uint8_t i = 0; i < 8; i++) {
        assert_int_equal(ASK(&host, 0x2011, 1, i, 2, 3, 4, 5, 6), OK);
    }
    assert_int_equal(ASK(&host, 0x2011, 1, 7, 2, 3, 4, 5, 6), OK); /* it is in */
    assert_int_equal(ASK(&host, 0x2011, 0, 7, 2, 3, 4, 5, 6), MEMORY);
    assert_int_equal(ASK(&host, 0x2012, 2, 3, 2, 3, 4, 5, 6), INVALID);
    assert_int_equal(ASK(&host, 0x2012, 1, 3, 2, 3, 4, 5, 6), OK);
    assert_int_equal(ASK(&host, 0x2011, 0, 7, 2, 3, 4, 5, 6), OK);
    assert_int_equal(ASK(&host, 0x200B, 0, 0x10, 0, 0x10, 0, 0, 1), OK);
    assert_int_equal(ASK(&host, 0x200C, 1, 0), OK); /* it is in use */
    assert_int_equal(ASK(&host, 0x2011, 0, 8, 2, 3, 4, 5, 6), DISALLOWED);
    assert_int_equal(ASK(&host, 0x2012, 0, 7, 2, 3, 4, 5, 6), DISALLOWED);
    assert_int_equal(ASK0(&host, 0x2010), DISALLOWED);
    assert_int_equal(ASK(&host, 0x200C, 0, 0), OK);
    assert_int_equal(ASK0(&host, 0x2010), OK);
}

static void settings_are_kept_until_reset(void **state)
{
    uint8_t name[248] = "a lamp";

    (void)state;
    assert_int_equal(raw_ask(&host, 0x0C13, name, sizeof(name)), OK);
    assert_int_equal(ASK0(&host, 0x0C14), OK);
    assert_memory_equal(host.returned, name, sizeof(name));
    assert_int_equal(ASK(&host, 0x0C6D, 1, 0), OK);
    assert_int_equal(ASK0(&host, 0x0C6C), OK);
    assert_int_equal(host.returned[0], 1);
    assert_int_equal(ASK(&host, 0x0C6D, 2, 0), INVALID);
    assert_int_equal(ASK(&host, 0x2024, 252, 0, 0x48, 8), INVALID);
    assert_int_equal(ASK(&host, 0x2024, 26, 0, 0x48, 8), INVALID);
    assert_int_equal(ASK(&host, 0x2024, 251, 0, 0x47, 1), INVALID);
    assert_int_equal(ASK(&host, 0x2024, 200, 0, 0x48, 8), OK);
    assert_int_equal(ASK0(&host, 0x2023), OK);
    assert_memory_equal(host.returned, ((uint8_t[]){ 200, 0, 0x48, 8 }), 4);
    assert_int_equal(ASK(&host, 0x2014, 0xFF, 0xFF, 0xFF, 0xFF, 0x1F), OK);
    assert_int_equal(ASK(&host, 0x2014, 1, 0, 0, 0, 0), INVALID);
    assert_int_equal(ASK(&host, 0x2014, 0xFF, 0xFF, 0xFF, 0xFF, 0x3F), INVALID);
    assert_int_equal(ASK0(&host, 0x0C03), OK);
    assert_int_equal(ASK0(&host, 0x0C14), OK);
    assert_int_equal(host.returned[0], 0);
    assert_int_equal(ASK0(&host, 0x2023), OK);
    assert_int_equal(host.returned[0], 27);
}

/* What may just be is taken, or refused for what it is rather than for its size. */
static void extremes_are_taken(void **state)
{
    static const uint8_t largest[15] = { 0, 0x40, 0, 0x40, 0, 0, 1, [13] = 7 };
    static const uint8_t update[14] = {
        9, 0, 0x80, 0x0C, 0x80, 0x0C, 0, 0, 0x80, 0x0C, 9, 9, 9, 9
    };
    static const uint8_t least[14] = { 9, 0, 6, 0, 6, 0, 0, 0, 0x0A, 0 };
    uint8_t late[25];

    (void)state;
    assert_int_equal(raw_ask(&host, 0x2006, largest, 15), OK);
    assert_int_equal(spoiled(0x2006, largest, 15, 4, 4), UNSUPPORTED);
    assert_int_equal(spoiled(0x2006, largest, 15, 5, 3), UNSUPPORTED);
    assert_int_equal(spoiled(0x2006, largest, 15, 14, 3), UNSUPPORTED);
    assert_int_equal(ASK(&host, 0x200B, 1, 0, 0x40, 0, 0x40, 0, 1), OK);
    assert_int_equal(ASK(&host, 0x200B, 1, 4, 0, 4, 0, 0, 0), OK);
    assert_int_equal(ASK(&host, 0x200B, 1, 4, 0, 4, 0, 3, 0), UNSUPPORTED);
    assert_int_equal(ASK(&host, 0x200B, 1, 4, 0, 4, 0, 0, 3), UNSUPPORTED);
    /* refused only because there is no such connection */
    assert_int_equal(raw_ask(&host, 0x2013, update, 14), UNKNOWN_CONNECTION);
    assert_int_equal(raw_ask(&host, 0x2013, least, 14), UNKNOWN_CONNECTION);
    memcpy(late, connect, sizeof(late));
    memcpy(late + 13, ((uint8_t[]){ 6, 0, 6, 0, 0xF3, 1, 0x80, 0x0C }), 8); /* latency 499 */
    assert_int_equal(raw_ask(&host, 0x200D, late, 25), OK);
    assert_int_equal(ASK0(&host, 0x200E), OK);
    assert_int_equal(spoiled(0x200D, late, 25, 17, 0xF4), INVALID);
    assert_int_equal(spoiled(0x200D, late, 25, 12, 3), UNSUPPORTED);
    memcpy(late + 13, update + 2, 12); /* 4 s, timeout 32 s, and longest events */
    assert_int_equal(raw_ask(&host, 0x200D, late, 25), OK);
    assert_int_equal(ASK0(&host, 0x200E), OK);
    assert_int_equal(spoiled(0x200D, late, 25, 13, 0x81), INVALID);
    assert_int_equal(spoiled(0x200D, late, 25, 19, 0x81), INVALID);
    memcpy(late + 13, ((uint8_t[]){ 48, 0, 48, 0, 0, 0, 12, 0 }), 8); /* twice 60 ms are 120 ms */
    assert_int_equal(raw_ask(&host, 0x200D, late, 25), INVALID);
    memcpy(late + 13, least + 2, 12); /* 7.5 ms, 100 ms */
    late[0] = late[2] = 4;
    assert_int_equal(raw_ask(&host, 0x200D, late, 25), OK);
    assert_int_equal(ASK0(&host, 0x200E), OK);
    late[2] = 3;
    assert_int_equal(raw_ask(&host, 0x200D, late, 25), INVALID);
    assert_int_equal(ASK(&host, 0x2024, 27, 0, 0x48, 1), OK);
    assert_int_equal(ASK(&host, 0x2024, 251, 0, 0x90, 0x42), OK);
    assert_int_equal(ASK(&host, 0x2024, 251, 0, 0x91, 0x42), INVALID);
    assert_int_equal(ASK(&host, 0x2014, 3, 0, 0, 0, 0), OK);
}

static void extended_extremes_are_taken(void **state)
{
    uint8_t set[25], many[2 + 4 * 0x3F] = { 1, 0x3F };

    (void)state;
    memcpy(set, set_parameters, sizeof(set));
    set[0] = 0xEF;
    memset(set + 3, 0xFF, 6);
    set[11] = 1;    /* peer's type */
    set[23] = 0x0F; /* SID */
    set[24] = 1;
    assert_int_equal(raw_ask(&host, 0x2036, set, sizeof(set)), OK);
    assert_int_equal(spoiled(0x2036, set, sizeof(set), 11, 2), INVALID);
    assert_int_equal(spoiled(0x2036, set, sizeof(set), 24, 2), INVALID);
    assert_int_equal(ASK(&host, 0x2037, 0xEF, 3, 1, 0), OK);
    assert_int_equal(ASK(&host, 0x2037, 0xEF, 3, 0, 0), OK);
    assert_int_equal(ASK(&host, 0x2037, 0xEF, 3, 2, 0), INVALID);
    assert_int_equal(ASK(&host, 0x2037, 0xEF, 4, 1, 0), INVALID); /* unchanged data */
    /* as many sets as a command can have, of which the first is not there */
    assert_int_equal(raw_ask(&host, 0x2039, many, 2 + 4 * 0x3F), UNKNOWN_SET);
    assert_int_equal(raw_ask(&host, 0x2039, many, 2 + 4 * 0x3E), INVALID);
    assert_int_equal(ASK(&host, 0x2041, 0, 0, 1, 1, 0xFF, 0xFF, 0xFF, 0xFF), OK);
    assert_int_equal(ASK(&host, 0x2042, 1, 2, 0xFF, 0xFF, 0xFF, 0xFF), OK);
    assert_int_equal(ASK(&host, 0x2042, 0, 0, 0, 0, 0, 0), OK);
    assert_int_equal(ASK(&host, 0x2042, 1, 2, 0, 0, 1, 0), INVALID); /* no duration */
    assert_int_equal(ASK(&host, 0x2042, 1, 2, 1, 0, 0, 0), INVALID); /* no period */
    assert_int_equal(ASK(&host, 0x2042, 1, 0, 0, 0, 1, 0), OK);      /* for ever: no period */
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(advertising_parameters_are_checked),
        TEST(scan_parameters_are_checked),
        TEST(sets_are_checked),
        TEST(sets_that_are_enabled_are_left_alone),
        TEST(extended_scan_parameters_are_checked),
        TEST(kinds_of_commands_do_not_mix),
        TEST(connecting_is_checked),
        TEST(extended_connecting_is_checked),
        TEST(there_is_no_such_connection),
        TEST(the_accept_list_is_bounded),
        TEST(settings_are_kept_until_reset),
        TEST(extremes_are_taken),
        TEST(extended_extremes_are_taken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
