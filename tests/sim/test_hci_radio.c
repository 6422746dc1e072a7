/*
 * Two simulated controllers and hosts of raw octets: advertising that is heard, by intervals,
 * counts and durations; reports in both forms; scanning by window, list and duplicates.
 */
#include "raw_host.h"
#include "station.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { OK = 0, MS = 1000, SCAN_RSP = 4 };

static struct air *air;
static struct raw_host a, b;

static void meet(const struct air_config *config)
{
    air = air_new(config);
    raw_open(&a, air, &(struct sim_hci_config){ 0 });
    raw_open(&b, air, &(struct sim_hci_config){ 0 });
    raw_unmask(&a);
    raw_unmask(&b);
    raw_forget(&a);
    raw_forget(&b);
}

static int set_up(void **state)
{
    (void)state;
    meet(&(struct air_config){ .seed = 3 });
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    raw_close(&a);
    raw_close(&b);
    air_free(air);
    return 0;
}

/* -- legacy commands --- */

static void legacy_parameters(struct raw_host *h, uint8_t type, uint8_t own, uint16_t units)
{
    assert_int_equal(ASK(h, 0x2006, (uint8_t)units, (uint8_t)(units >> 8), (uint8_t)units,
                         (uint8_t)(units >> 8), type, own, 0, 0, 0, 0, 0, 0, 0, 7, 0),
                     OK);
}

static void legacy_data(struct raw_host *h, uint16_t opcode, uint8_t number)
{
    uint8_t data[32] = { 31, 30, 0x29, number };

    assert_int_equal(raw_ask(h, opcode, data, sizeof(data)), OK);
}

static void scan(struct raw_host *h, uint8_t type, uint16_t interval, uint16_t window,
                 uint8_t filter, uint8_t duplicates)
{
    assert_int_equal(ASK(h, 0x200B, type, (uint8_t)interval, (uint8_t)(interval >> 8),
                         (uint8_t)window, (uint8_t)(window >> 8), 0, filter),
                     OK);
    assert_int_equal(ASK(h, 0x200C, 1, duplicates), OK);
}

/* A report as legacy commands have it, of 31 octets. */
static const uint8_t *check_report(const struct raw_packet *p, uint8_t type, uint8_t addr_type)
{
    assert_non_null(p);
    assert_int_equal(p->len, 3 + 1 + 1 + 9 + 31 + 1);
    assert_int_equal(p->octets[4], 1); /* one report */
    assert_int_equal(p->octets[5], type);
    assert_int_equal(p->octets[6], addr_type);
    assert_int_equal(p->octets[13], 31);
    assert_true((int8_t)p->octets[45] >= -80 && (int8_t)p->octets[45] <= -40);
    return p->octets + 14;
}

static void an_advertisement_is_heard(void **state)
{
    const struct raw_packet *p;
    const uint8_t *addr = air_addr(sim_hci_radio(a.controller));
    unsigned heard = 0;

    (void)state;
    scan(&b, 0, 0x10, 0x10, 0, 0);
    legacy_parameters(&a, 3, 0, 0xA0); /* 100 ms */
    legacy_data(&a, 0x2008, 7);
    assert_int_equal(ASK(&a, 0x200A, 1), OK);
    raw_run(&a, 10 * SECOND);
    while ((p = LE(&b, 0x02)) != NULL) {
        const uint8_t *ad = check_report(p, 3, 0);

        assert_memory_equal(ad, ((uint8_t[]){ 30, 0x29, 7 }), 3);
        for (unsigned i = 0; i < 6; i++) {
            assert_int_equal(p->octets[7 + i], addr[5 - i]);
        }
        heard++;
    }
    /* every 100 to 110 ms, and each event on one of three channels that is listened to */
    assert_in_range(heard, 93, 98);
    assert_int_equal(ASK(&a, 0x200A, 0), OK);
    raw_run(&a, SECOND);
    assert_null(LE(&b, 0x02));
}

/* Data are taken from the next event on; the address is the one that is set. */
static void what_is_sent_can_change(void **state)
{
    const struct raw_packet *p;

    (void)state;
    scan(&b, 0, 0x10, 0x10, 0, 0);
    assert_int_equal(ASK(&a, 0x2005, 1, 2, 3, 4, 5, 0xC6), OK);
    legacy_parameters(&a, 3, 1, 0xA0);
    legacy_data(&a, 0x2008, 1);
    assert_int_equal(ASK(&a, 0x200A, 1), OK);
    raw_run(&a, 20 * MS);
    p = LE(&b, 0x02);
    assert_int_equal(check_report(p, 3, 1)[2], 1);
    assert_memory_equal(p->octets + 7, ((uint8_t[]){ 1, 2, 3, 4, 5, 0xC6 }), 6);
    legacy_data(&a, 0x2008, 2);
    raw_run(&a, 60 * MS); /* the next event is not due yet */
    assert_null(LE(&b, 0x02));
    raw_run(&a, 60 * MS);
    assert_int_equal(check_report(LE(&b, 0x02), 3, 1)[2], 2);
}

/* Without scanning, nothing is reported; nor with the mask down. */
static void only_those_who_scan_hear(void **state)
{
    (void)state;
    legacy_parameters(&a, 3, 0, 0xA0);
    legacy_data(&a, 0x2008, 1);
    assert_int_equal(ASK(&a, 0x200A, 1), OK);
    raw_run(&a, SECOND);
    assert_int_equal(raw_count(&b, 0x3E, 0x02), 0);
    assert_int_equal(ASK(&b, 0x2001, 0xFD, 0xFF, 0xFF, 0, 0, 0, 0, 0), OK);
    scan(&b, 0, 0x10, 0x10, 0, 0);
    raw_run(&a, SECOND);
    assert_int_equal(raw_count(&b, 0x3E, 0x02), 0);
    raw_unmask(&b);
    raw_run(&a, SECOND);
    assert_true(raw_count(&b, 0x3E, 0x02) > 8);
    raw_forget(&b);
    assert_int_equal(ASK(&b, 0x200C, 0, 0), OK);
    raw_run(&a, SECOND);
    assert_int_equal(raw_count(&b, 0x3E, 0x02), 0);
}

/* A window of a quarter of the interval hears a quarter. */
static void the_window_is_a_share_of_the_interval(void **state)
{
    (void)state;
    scan(&b, 0, 0x40, 0x10, 0, 0);
    legacy_parameters(&a, 3, 0, 0x20); /* 20 ms */
    legacy_data(&a, 0x2008, 1);
    assert_int_equal(ASK(&a, 0x200A, 1), OK);
    raw_run(&a, 25 * SECOND);
    assert_share(raw_count(&b, 0x3E, 0x02), 1000, 0.25);
}

static void scan_responses_are_asked_for(void **state)
{
    const struct raw_packet *p;

    (void)state;
    legacy_parameters(&a, 0, 0, 0xA0);
    legacy_data(&a, 0x2008, 1);
    legacy_data(&a, 0x2009, 2);
    assert_int_equal(ASK(&a, 0x200A, 1), OK);
    scan(&b, 0, 0x10, 0x10, 0, 0); /* passive */
    raw_run(&a, SECOND);
    while ((p = LE(&b, 0x02)) != NULL) {
        assert_int_equal(check_report(p, 0, 0)[2], 1);
    }
    assert_int_equal(ASK(&b, 0x200C, 0, 0), OK);
    scan(&b, 1, 0x10, 0x10, 0, 0);
    raw_run(&a, SECOND);
    for (unsigned i = 0; i < 5; i++) {
        assert_int_equal(check_report(LE(&b, 0x02), 0, 0)[2], 1);
        assert_int_equal(check_report(LE(&b, 0x02), SCAN_RSP, 0)[2], 2);
    }
}

static void duplicates_are_filtered_if_asked(void **state)
{
    (void)state;
    scan(&b, 1, 0x10, 0x10, 0, 1);
    legacy_parameters(&a, 2, 0, 0xA0);
    legacy_data(&a, 0x2008, 1);
    assert_int_equal(ASK(&a, 0x200A, 1), OK);
    raw_run(&a, 5 * SECOND);
    assert_int_equal(raw_count(&b, 0x3E, 0x02), 2); /* the advertisement, and its response */
    assert_int_equal(ASK(&b, 0x200C, 0, 0), OK);
    assert_int_equal(ASK(&b, 0x200C, 1, 1), OK); /* forgets what it has seen */
    raw_run(&a, 5 * SECOND);
    assert_int_equal(raw_count(&b, 0x3E, 0x02), 4);
    /* another address is another advertiser */
    assert_int_equal(ASK(&a, 0x200A, 0), OK);
    assert_int_equal(ASK(&a, 0x2005, 1, 2, 3, 4, 5, 0xC6), OK);
    legacy_parameters(&a, 2, 1, 0xA0);
    assert_int_equal(ASK(&a, 0x200A, 1), OK);
    raw_run(&a, 5 * SECOND);
    assert_int_equal(raw_count(&b, 0x3E, 0x02), 6);
}

/* The list of those seen is bounded: with more advertisers than it holds, some come again. */
static void the_memory_of_duplicates_is_bounded(void **state)
{
    (void)state;
    scan(&b, 0, 0x10, 0x10, 0, 1);
    for (unsigned round = 0; round < 2; round++) {
        for (uint8_t i = 0; i < 40; i++) {
            assert_int_equal(ASK(&a, 0x2005, i, 2, 3, 4, 5, 0xC6), OK);
            legacy_parameters(&a, 3, 1, 0xA0);
            assert_int_equal(ASK(&a, 0x200A, 1), OK);
            raw_run(&a, 50 * MS);
            assert_int_equal(ASK(&a, 0x200A, 0), OK);
        }
    }
    assert_int_equal(raw_count(&b, 0x3E, 0x02), 80);
}

static void the_accept_list_filters_reports(void **state)
{
    (void)state;
    assert_int_equal(ASK(&b, 0x2011, 1, 1, 2, 3, 4, 5, 0xC6), OK);
    scan(&b, 0, 0x10, 0x10, 1, 0);
    legacy_parameters(&a, 3, 0, 0xA0);
    legacy_data(&a, 0x2008, 1);
    assert_int_equal(ASK(&a, 0x200A, 1), OK);
    raw_run(&a, SECOND);
    assert_int_equal(raw_count(&b, 0x3E, 0x02), 0);
    assert_int_equal(ASK(&a, 0x200A, 0), OK);
    assert_int_equal(ASK(&a, 0x2005, 1, 2, 3, 4, 5, 0xC6), OK);
    legacy_parameters(&a, 3, 1, 0xA0);
    assert_int_equal(ASK(&a, 0x200A, 1), OK);
    raw_run(&a, SECOND);
    assert_true(raw_count(&b, 0x3E, 0x02) > 8);
}

/* -- extended commands --- */

static void make_set(struct raw_host *h, uint8_t handle, uint16_t properties, uint8_t units,
                     uint8_t number)
{
    uint8_t parameters[25] = {
        handle, (uint8_t)properties, 0, units, 0, 0, units, 0, 0, 7, 1, [20] = 1, [22] = 1
    };
    uint8_t data[35] = { handle, 3, 1, 31, 30, 0x29, number };

    assert_int_equal(raw_ask(h, 0x2036, parameters, sizeof(parameters)), OK);
    assert_int_equal(ASK(h, 0x2035, handle, number, 2, 3, 4, 5, 0xC6), OK);
    assert_int_equal(raw_ask(h, 0x2037, data, sizeof(data)), OK);
}

static void scan_extended(struct raw_host *h, uint8_t active, uint8_t duplicates, uint16_t duration,
                          uint16_t period)
{
    assert_int_equal(ASK(h, 0x2041, 0, 0, 1, active, 0x10, 0, 0x10, 0), OK);
    assert_int_equal(ASK(h, 0x2042, 1, duplicates, (uint8_t)duration, (uint8_t)(duration >> 8),
                         (uint8_t)period, (uint8_t)(period >> 8)),
                     OK);
}

/* An extended report of 31 octets. @return its AD */
static const uint8_t *check_extended(const struct raw_packet *p, uint16_t type)
{
    assert_non_null(p);
    assert_int_equal(p->len, 3 + 1 + 1 + 24 + 31);
    assert_int_equal(p->octets[4], 1);
    assert_int_equal(p->octets[5] + 256 * p->octets[6], type);
    assert_memory_equal(p->octets + 14, ((uint8_t[]){ 1, 0, 0xFF, 0x7F }), 4);
    assert_true((int8_t)p->octets[18] >= -80 && (int8_t)p->octets[18] <= -40);
    assert_memory_equal(p->octets + 19, ((uint8_t[9]){ 0 }), 9);
    assert_int_equal(p->octets[28], 31);
    return p->octets + 29;
}

/* Three sets at once, each with its address, data and count: ended, and told so, one by one. */
static void sets_count_their_events(void **state)
{
    unsigned heard[4] = { 0 };
    const struct raw_packet *p;

    (void)state;
    scan_extended(&b, 0, 0, 0, 0);
    for (uint8_t i = 1; i <= 3; i++) {
        make_set(&a, i, 0x0010, 0x20, i);
    }
    assert_int_equal(ASK(&a, 0x2039, 1, 3, 1, 0, 0, 1, 2, 0, 0, 20, 3, 0, 0, 5), OK);
    raw_run(&a, 2 * SECOND);
    while ((p = LE(&b, 0x0D)) != NULL) {
        uint8_t number = check_extended(p, 0x0010)[2];

        assert_memory_equal(p->octets + 8, ((uint8_t[]){ number, 2, 3, 4, 5, 0xC6 }), 6);
        heard[number]++;
    }
    assert_memory_equal(heard, ((unsigned[]){ 0, 1, 20, 5 }), sizeof(heard));
    p = LE(&a, 0x12);
    assert_non_null(p);
    assert_memory_equal(p->octets + 4, ((uint8_t[]){ 0x43, 1, 0, 0, 1 }), 5);
    p = LE(&a, 0x12);
    assert_non_null(p);
    assert_memory_equal(p->octets + 4, ((uint8_t[]){ 0x43, 3, 0, 0, 5 }), 5);
    p = LE(&a, 0x12);
    assert_non_null(p);
    assert_memory_equal(p->octets + 4, ((uint8_t[]){ 0x43, 2, 0, 0, 20 }), 5);
    assert_null(LE(&a, 0x12));
}

/* The event that ends a set comes when its last event is over, not before. */
static void one_event_is_quick(void **state)
{
    const struct raw_packet *p;
    uint64_t began;

    (void)state;
    make_set(&a, 0, 0x0010, 0x20, 1);
    began = air_now_us(air);
    assert_int_equal(ASK(&a, 0x2039, 1, 1, 0, 0, 0, 1), OK);
    raw_run(&a, 100 * MS);
    p = LE(&a, 0x12);
    assert_non_null(p);
    /* 300 us for the command, at most 1 ms until it is sent, three PDUs */
    assert_in_range(p->at - began, 300 + 3 * 376 + 2 * 150, 1300 + 3 * 376 + 2 * 150);
}

static void a_duration_ends_a_set(void **state)
{
    const struct raw_packet *p;
    uint64_t began;

    (void)state;
    make_set(&a, 9, 0x0010, 0x20, 1);
    assert_int_equal(ASK(&a, 0x2039, 1, 1, 9, 50, 0, 0), OK); /* 500 ms */
    began = air_now_us(air);
    raw_run(&a, SECOND);
    p = LE(&a, 0x12);
    assert_non_null(p);
    assert_int_equal(p->at - began, 500 * MS);
    assert_memory_equal(p->octets + 4, ((uint8_t[]){ 0x3C, 9, 0, 0, 0 }), 5);
    /* with a count, too: how many there were */
    assert_int_equal(ASK(&a, 0x2039, 1, 1, 9, 50, 0, 200), OK);
    raw_run(&a, SECOND);
    p = LE(&a, 0x12);
    assert_non_null(p);
    assert_int_equal(p->octets[4], 0x3C);
    assert_in_range(p->octets[8], 17, 25);
    /* what the host ends is not told */
    assert_int_equal(ASK(&a, 0x2039, 1, 1, 9, 50, 0, 200), OK);
    assert_int_equal(ASK(&a, 0x2039, 0, 1, 9, 0, 0, 0), OK);
    raw_run(&a, SECOND);
    assert_null(LE(&a, 0x12));
}

static void a_set_for_ever(void **state)
{
    (void)state;
    scan_extended(&b, 0, 0, 0, 0);
    make_set(&a, 0, 0x0010, 0xA0, 1);
    assert_int_equal(ASK(&a, 0x2039, 1, 1, 0, 0, 0, 0), OK);
    raw_run(&a, 60 * SECOND);
    assert_in_range(raw_count(&b, 0x3E, 0x0D), 560, 580); /* more than 255 */
    assert_null(LE(&a, 0x12));
}

static void extended_scan_responses(void **state)
{
    static const uint16_t properties[] = { 0x0012, 0x0013 }, responses[] = { 0x001A, 0x001B };

    (void)state;
    for (uint8_t i = 0; i < 2; i++) {
        uint8_t response[35] = { i, 3, 1, 31, 30, 0x09, 9 };

        make_set(&a, i, properties[i], 0xA0, i);
        assert_int_equal(raw_ask(&a, 0x2038, response, sizeof(response)), OK);
        assert_int_equal(ASK(&a, 0x2039, 1, 1, i, 0, 0, 0), OK);
        scan_extended(&b, 1, 0, 0, 0);
        raw_run(&a, SECOND);
        check_extended(LE(&b, 0x0D), properties[i]);
        assert_int_equal(check_extended(LE(&b, 0x0D), responses[i])[2], 9);
        assert_int_equal(ASK(&b, 0x2042, 0, 0, 0, 0, 0, 0), OK);
        assert_int_equal(ASK(&a, 0x2039, 0, 0), OK);
        raw_forget(&b);
    }
}

static void a_scan_has_an_end(void **state)
{
    const struct raw_packet *p;
    uint64_t began;

    (void)state;
    make_set(&a, 0, 0x0010, 0x20, 1);
    assert_int_equal(ASK(&a, 0x2039, 1, 1, 0, 0, 0, 0), OK);
    scan_extended(&b, 0, 0, 30, 0); /* 300 ms */
    began = air_now_us(air);
    raw_run(&a, SECOND);
    p = LE(&b, 0x11);
    assert_non_null(p);
    assert_int_equal(p->at - began, 300 * MS);
    assert_in_range(raw_count(&b, 0x3E, 0x0D), 10, 16);
    raw_forget(&b);
    /* 300 ms of every 1.28 s, and in each of them the duplicates anew */
    scan_extended(&b, 0, 2, 30, 1);
    raw_run(&a, 5 * 1280 * MS);
    assert_int_equal(raw_count(&b, 0x3E, 0x0D), 5);
    assert_int_equal(raw_count(&b, 0x3E, 0x11), 0);
}

/* More than the radio can send: every set gets its turn, and the end of each is told. */
static void an_overbooked_radio(void **state)
{
    (void)state;
    for (uint8_t i = 0; i < 16; i++) {
        make_set(&a, i, 0x0010, 0x20, i);
    }
    for (uint8_t i = 0; i < 16; i++) {
        assert_int_equal(ASK(&a, 0x2039, 1, 1, i, 0, 0, 250), OK);
    }
    raw_run(&a, 20 * SECOND);
    assert_int_equal(raw_count(&a, 0x3E, 0x12), 16);
    assert_int_equal(air_stats(air)->events, 16 * 250);
}

/* Reset in the middle of everything: nothing is sent or reported any more, and all is forgotten. */
static void reset_ends_it_all(void **state)
{
    uint64_t events;

    (void)state;
    make_set(&a, 1, 0x0010, 0x20, 1);
    make_set(&b, 1, 0x0013, 0x20, 2);
    assert_int_equal(ASK(&a, 0x2039, 1, 1, 1, 100, 0, 0), OK);
    assert_int_equal(ASK(&b, 0x2039, 1, 1, 1, 0, 0, 200), OK);
    scan_extended(&a, 1, 1, 500, 0);
    scan_extended(&b, 1, 0, 0, 0);
    raw_run(&a, 333 * MS);
    assert_int_equal(ASK0(&a, 0x0C03), OK);
    assert_int_equal(ASK0(&b, 0x0C03), OK);
    raw_unmask(&a);
    raw_unmask(&b);
    raw_forget(&a);
    raw_forget(&b);
    events = air_stats(air)->events;
    raw_run(&a, 10 * SECOND);
    assert_int_equal(a.count + b.count, 0);
    assert_int_equal(air_stats(air)->events, events);
    assert_int_equal(ASK(&a, 0x2039, 1, 1, 1, 0, 0, 0), 0x42); /* there are no sets */
    assert_int_equal(ASK(&a, 0x2041, 1, 0, 1, 0, 0x10, 0, 0x10, 0), OK);
    assert_int_equal(ASK(&a, 0x2042, 1, 0, 0, 0, 0, 0), 0x12); /* nor a random address */
}

/* What one says is answered by the other at once, as PB-ADV does, over one legacy set each. */
static void say(struct raw_host *h, uint8_t number)
{
    legacy_data(h, 0x2008, number);
    assert_int_equal(ASK(h, 0x200A, 1), OK);
    raw_run(h, 5 * MS);
    assert_int_equal(ASK(h, 0x200A, 0), OK);
}

static void an_exchange_of_advertisements(void **state)
{
    (void)state;
    scan(&a, 0, 0x10, 0x10, 0, 0);
    scan(&b, 0, 0x10, 0x10, 0, 0);
    legacy_parameters(&a, 3, 0, 0x20);
    legacy_parameters(&b, 3, 0, 0x20);
    for (uint8_t i = 0; i < 100; i += 2) {
        say(&a, i);
        assert_int_equal(check_report(LE(&b, 0x02), 3, 0)[2], i);
        say(&b, (uint8_t)(i + 1));
        assert_int_equal(check_report(LE(&a, 0x02), 3, 0)[2], i + 1);
    }
    assert_null(LE(&a, 0x02));
    assert_null(LE(&b, 0x02));
}

static void the_same_seed_gives_the_same_packets(void **state)
{
    struct raw_packet *log = malloc(RAW_LOG * sizeof(*log));
    unsigned count = 0;

    (void)state;
    assert_non_null(log);
    for (unsigned run = 0; run < 2; run++) {
        tear_down(NULL);
        meet(&(struct air_config){ .seed = 8, .loss_pct = 20, .dup_pct = 5 });
        scan(&b, 0, 0x10, 0x10, 0, 0);
        legacy_parameters(&a, 3, 0, 0x20);
        legacy_data(&a, 0x2008, 1);
        assert_int_equal(ASK(&a, 0x200A, 1), OK);
        raw_run(&a, 5 * SECOND);
        if (run == 0) {
            count = b.count;
            memcpy(log, b.log, RAW_LOG * sizeof(*log));
        }
    }
    assert_int_equal(b.count, count);
    assert_memory_equal(b.log, log, count * sizeof(*log));
    free(log);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(an_advertisement_is_heard),
        TEST(what_is_sent_can_change),
        TEST(only_those_who_scan_hear),
        TEST(the_window_is_a_share_of_the_interval),
        TEST(scan_responses_are_asked_for),
        TEST(duplicates_are_filtered_if_asked),
        TEST(the_memory_of_duplicates_is_bounded),
        TEST(the_accept_list_filters_reports),
        TEST(sets_count_their_events),
        TEST(one_event_is_quick),
        TEST(a_duration_ends_a_set),
        TEST(a_set_for_ever),
        TEST(extended_scan_responses),
        TEST(a_scan_has_an_end),
        TEST(an_overbooked_radio),
        TEST(reset_ends_it_all),
        TEST(an_exchange_of_advertisements),
        TEST(the_same_seed_gives_the_same_packets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
