/*
 * The simulated air by itself: that its impairments are what they are called, that a radio is deaf
 * while it sends, that collisions destroy, that events and slots keep their time.
 */
#include "station.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Sends @p count advertisements from one radio to another, 5 ms apart. */
static void send_to(struct air_config config, struct station *from, struct station *to,
                    struct air **air, unsigned count)
{
    *air = air_new(&config);
    assert_non_null(*air);
    join(*air, from);
    join(*air, to);
    air_scan(to->radio, USHER_SCAN_PB_ADV);
    for (unsigned i = 0; i < count; i++) {
        send_one(from, 0, (uint8_t)i);
        run_for(*air, 5000);
    }
    run_for(*air, SECOND);
    assert_int_equal(from->done, count);
}

static void all_of_it_arrives_once_and_in_order(void **state)
{
    struct station a, b;
    struct air *air;

    (void)state;
    send_to((struct air_config){ .seed = 1 }, &a, &b, &air, 1000);
    assert_int_equal(b.reports, 1000);
    for (unsigned i = 0; i < 1000; i++) {
        assert_int_equal(b.log[i], (uint8_t)i);
    }
    assert_memory_equal(b.from, air_addr(a.radio), 6);
    assert_int_equal(b.from[0] & 0xC0, 0xC0);
    assert_in_range(-b.rssi, 40, 80);
    assert_int_equal(a.reports, 0);
    assert_int_equal(air_stats(air)->events, 1000);
    assert_int_equal(air_stats(air)->receptions, 1000);
    air_free(air);
}

static void rssi_is_a_constant_of_a_pair(void **state)
{
    struct air *air = air_new(&(struct air_config){ .seed = 5 });
    struct station s[3];

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        join(air, &s[i]);
        air_scan(s[i].radio, 0xFF);
    }
    send_one(&s[0], 0, 0);
    run_for(air, 10000);

    int8_t there = s[1].rssi;

    assert_int_not_equal(s[1].rssi, s[2].rssi);
    send_one(&s[1], 0, 0);
    run_for(air, 10000);
    assert_int_equal(s[0].rssi, there);
    send_one(&s[0], 0, 0);
    run_for(air, 10000);
    assert_int_equal(s[1].rssi, there);
    air_free(air);
}

static void loss_duplication_and_reordering_are_as_often_as_asked(void **state)
{
    static const uint8_t percents[] = { 1, 10, 30, 75 };
    const unsigned n = 20000;

    (void)state;
    for (unsigned i = 0; i < sizeof(percents); i++) {
        struct air_config config = {
            .seed = i, .loss_pct = percents[i], .dup_pct = 20, .reorder_pct = 10
        };
        struct station a, b;
        struct air *air;

        send_to(config, &a, &b, &air, n);

        const struct air_stats *stats = air_stats(air);
        unsigned passed = n - (unsigned)stats->lost;

        assert_share(stats->lost, n, percents[i] / 100.0);
        assert_share(stats->duplicated, passed, 0.2);
        assert_share(stats->reordered, passed, 0.1);
        assert_int_equal(b.reports, passed + stats->duplicated);
        assert_int_equal(stats->receptions, b.reports);
        air_free(air);
    }
}

static void all_can_be_lost(void **state)
{
    struct station a, b;
    struct air *air;

    (void)state;
    send_to((struct air_config){ .loss_pct = 100 }, &a, &b, &air, 100);
    assert_int_equal(b.reports, 0);
    assert_int_equal(air_stats(air)->lost, 100);
    air_free(air);
}

static void all_can_come_twice(void **state)
{
    struct station a, b;
    struct air *air;
    unsigned seen[256] = { 0 };

    (void)state;
    send_to((struct air_config){ .dup_pct = 100 }, &a, &b, &air, 200);
    assert_int_equal(b.reports, 400);
    for (unsigned i = 0; i < 400; i++) {
        seen[b.log[i]]++;
    }
    for (unsigned i = 0; i < 200; i++) {
        assert_int_equal(seen[i], 2);
    }
    air_free(air);
}

static unsigned overtakings(const struct station *s)
{
    unsigned count = 0;

    for (unsigned i = 1; i < s->reports; i++) {
        count += s->log[i] < s->log[i - 1];
    }
    return count;
}

static void reordering_reorders(void **state)
{
    struct station a, b;
    struct air *air;

    (void)state;
    send_to((struct air_config){ .seed = 3, .reorder_pct = 20 }, &a, &b, &air, 250);
    assert_int_equal(b.reports, 250);
    assert_true(overtakings(&b) > 20);
    air_free(air);
    send_to((struct air_config){ .seed = 3, .delay_ms = 3 }, &a, &b, &air, 250);
    assert_int_equal(b.reports, 250);
    assert_int_equal(overtakings(&b), 0);
    air_free(air);
}

static void delay_keeps_its_bound(void **state)
{
    struct air *air = air_new(&(struct air_config){ .seed = 9, .delay_ms = 50 });
    struct station a, b;
    unsigned late = 0;

    (void)state;
    join(air, &a);
    join(air, &b);
    air_scan(b.radio, USHER_SCAN_PB_ADV);
    for (unsigned i = 0; i < 500; i++) {
        send_one(&a, 0, 0);
        run_for(air, 25000);
        late += b.reports == i;
        run_for(air, 30000); /* 1 ms of latency, 2 ms of event, 50 ms of delay */
        assert_int_equal(b.reports, i + 1);
    }
    assert_in_range(late, 150, 350);
    air_free(air);
}

static void the_configuration_can_change_on_the_way(void **state)
{
    struct station a, b;
    struct air *air;

    (void)state;
    send_to((struct air_config){ .seed = 1 }, &a, &b, &air, 10);
    air_config_set(air, &(struct air_config){ .loss_pct = 100 });
    send_one(&a, 0, 0);
    run_for(air, SECOND);
    assert_int_equal(b.reports, 10);
    air_config_set(air, &(struct air_config){ .loss_pct = 0 });
    send_one(&a, 0, 0);
    run_for(air, SECOND);
    assert_int_equal(b.reports, 11);
    air_free(air);
    assert_null(air_new(&(struct air_config){ .loss_pct = 101 }));
    assert_null(air_new(&(struct air_config){ .dup_pct = 101 }));
    assert_null(air_new(&(struct air_config){ .reorder_pct = 101 }));
}

static void a_radio_hears_what_it_scans_for(void **state)
{
    static const uint8_t types[] = { 0x29, 0x2B, 0x24, 0x16 };
    static const struct {
        unsigned what;
        unsigned heard;
    } cases[] = {
        { USHER_SCAN_OFF, 0 },
        { USHER_SCAN_PB_ADV, 1 },
        { USHER_SCAN_BEACON, 2 },
        { USHER_SCAN_PB_ADV | USHER_SCAN_BEACON, 3 },
        { 0xFF, 4 },
        { USHER_SCAN_PB_ADV, 1 },
    };
    struct air *air = air_new(&(struct air_config){ .seed = 1 });
    struct station a, b;

    (void)state;
    join(air, &a);
    join(air, &b);
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        b.reports = 0;
        air_scan(b.radio, cases[i].what);
        for (unsigned t = 0; t < sizeof(types); t++) {
            struct usher_adv adv = adv_of((uint8_t)t, types[t], 0);

            assert_int_equal(air_send(a.radio, &adv), USHER_OK);
        }
        run_for(air, 20000);
        assert_int_equal(b.reports, cases[i].heard);
    }
    air_free(air);
}

/* What a sniffer counts on each channel. */
struct sniffed {
    unsigned on[3];
    uint64_t last_us;
    uint64_t gap_us;
};

static void on_sniff(void *ctx, uint64_t at_us, uint8_t channel, const struct usher_ble_addr *addr,
                     enum usher_adv_type type, const uint8_t *ad, uint8_t len)
{
    struct sniffed *sniffed = ctx;

    assert_in_range(channel, 37, 39);
    assert_int_equal(addr->type, 1);
    assert_int_equal(addr->addr[0] & 0xC0, 0xC0);
    assert_int_equal(type, USHER_ADV_NONCONN_IND);
    assert_int_equal(ad[0], 30);
    assert_int_equal(len, 31);
    assert_true(at_us >= sniffed->last_us);
    sniffed->gap_us = at_us - sniffed->last_us;
    sniffed->last_us = at_us;
    sniffed->on[channel - 37]++;
}

static void an_event_is_a_pdu_on_each_channel(void **state)
{
    struct air *air = air_new(&(struct air_config){ .seed = 1 });
    struct sniffed sniffed = { 0 };
    struct station a;

    (void)state;
    join(air, &a);
    air_sniffer_set(air, on_sniff, &sniffed);
    send_one(&a, 0, 0);
    run_for(air, 10000);
    for (unsigned c = 0; c < 3; c++) {
        assert_int_equal(sniffed.on[c], 1);
    }
    assert_int_equal(sniffed.gap_us,
                     376 + 150); /* 47 octets at 1 Mbit/s, and the way to the next */
    air_free(air);
}

/* The time at which an event is heard tells the channel on which it was. */
static void a_radio_scans_one_channel_at_a_time(void **state)
{
    struct air *air = air_new(&(struct air_config){ .seed = 4, .scan_interval_ms = 10 });
    struct station a, b;
    unsigned heard[3] = { 0 };

    (void)state;
    join(air, &a);
    join(air, &b);
    air_scan(b.radio, USHER_SCAN_PB_ADV);
    for (unsigned i = 0; i < 3000; i++) {
        unsigned before = b.reports;
        uint64_t start = 0;

        send_one(&a, 0, 0);
        /* steps of one thing each: the start of 37, then an end and a start, ... */
        for (unsigned step = 0; b.reports == before; step++) {
            air_run_until(air, air_next_us(air));
            start = step == 0 ? air_now_us(air) : start;
        }
        heard[(air_now_us(air) - start) / (376 + 150)]++;
        run_for(air, 3330);
        assert_int_equal(b.reports, before + 1); /* on one channel, not on two */
    }
    for (unsigned c = 0; c < 3; c++) {
        assert_in_range(heard[c], 800, 1200);
    }
    air_free(air);
}

static void two_that_overlap_destroy_each_other(void **state)
{
    struct air *air = air_new(&(struct air_config){ .seed = 2 });
    struct station s[40], listener;

    (void)state;
    for (unsigned i = 0; i < 40; i++) {
        join(air, &s[i]);
    }
    join(air, &listener);
    air_scan(listener.radio, USHER_SCAN_PB_ADV);
    for (unsigned i = 0; i < 40;
         i++) { /* 40 PDUs of 376 us on each channel, within a millisecond */
        send_one(&s[i], 0, (uint8_t)i);
    }
    run_for(air, SECOND);
    assert_int_equal(air_stats(air)->collided + listener.reports, 40);
    assert_in_range(listener.reports, 0, 2);

    /* alone, it is heard */
    listener.reports = 0;
    send_one(&s[0], 0, 0);
    run_for(air, SECOND);
    assert_int_equal(listener.reports, 1);
    air_free(air);
}

/* Pure ALOHA: a PDU survives if no other begins within its length before or after, e^(-2G). */
static void collisions_are_as_often_as_in_theory(void **state)
{
    enum { SENDERS = 100, EVENTS = 255, INTERVAL_MS = 100 };
    struct air *air = air_new(&(struct air_config){ .seed = 7 });
    struct station *s = calloc(SENDERS, sizeof(*s));
    struct station listener;

    (void)state;
    assert_non_null(s);
    join(air, &listener);
    air_scan(listener.radio, USHER_SCAN_PB_ADV);
    for (unsigned i = 0; i < SENDERS; i++) {
        struct usher_adv adv = adv_of(0, 0x29, 0);

        adv.count = EVENTS;
        adv.interval_ms = INTERVAL_MS;
        join(air, &s[i]);
        run_for(air, INTERVAL_MS * 1000 / SENDERS);
        assert_int_equal(air_send(s[i].radio, &adv), USHER_OK);
    }
    run_for(air, 60 * SECOND);

    double share = (double)listener.reports / (SENDERS * EVENTS);

    /* G = 100 * 376 us / 105 ms: e^-0.716 = 0.49; less at the rims, where not all send */
    assert_true(share > 0.45 && share < 0.58);
    assert_int_equal(listener.reports + air_stats(air)->collided, SENDERS * EVENTS);
    air_free(air);
    free(s);
}

static void a_radio_is_deaf_while_it_sends(void **state)
{
    struct air *air = air_new(&(struct air_config){ .seed = 2 });
    struct station a, b;
    unsigned heard_or_not;

    (void)state;
    join(air, &a);
    join(air, &b);
    air_scan(a.radio, USHER_SCAN_PB_ADV);
    air_scan(b.radio, USHER_SCAN_PB_ADV);
    for (unsigned i = 0; i < 1000; i++) { /* both within a millisecond, for two milliseconds */
        send_one(&a, 0, 0);
        send_one(&b, 0, 0);
        run_for(air, 10000);
    }
    heard_or_not = a.reports + b.reports + (unsigned)air_stats(air)->deaf;
    assert_int_equal(heard_or_not, 2000);
    /* a third of the PDUs, the last or first channel's, can lie clear of the other's event */
    assert_true(air_stats(air)->deaf > 1000);
    assert_true(a.reports + b.reports > 0);
    air_free(air);
}

static void a_wire_has_neither(void **state)
{
    struct air *air = air_new(&(struct air_config){ .seed = 2, .no_collisions = true });
    struct station s[20];

    (void)state;
    for (unsigned i = 0; i < 20; i++) {
        join(air, &s[i]);
        air_scan(s[i].radio, USHER_SCAN_PB_ADV);
        send_one(&s[i], 0, 0);
    }
    run_for(air, SECOND);
    for (unsigned i = 0; i < 20; i++) {
        assert_int_equal(s[i].reports, 19);
    }
    air_free(air);
}

static void slots_are_sent_one_after_the_other(void **state)
{
    struct air *air = air_new(&(struct air_config){ .seed = 2 });
    struct station a, b;

    (void)state;
    join(air, &a);
    join(air, &b);
    air_scan(b.radio, USHER_SCAN_PB_ADV);
    for (uint8_t slot = 0; slot < USHER_ADV_SLOTS; slot++) {
        send_one(&a, slot, slot);
    }

    struct usher_adv again = adv_of(3, 0x29, 0);

    assert_int_equal(air_send(a.radio, &again), USHER_E_BUSY);
    run_for(air, USHER_ADV_SLOTS * 2500 + 1000);
    assert_int_equal(a.done, USHER_ADV_SLOTS);
    assert_int_equal(a.last_slot, USHER_ADV_SLOTS - 1);
    assert_int_equal(b.reports, USHER_ADV_SLOTS);
    for (uint8_t slot = 0; slot < USHER_ADV_SLOTS; slot++) {
        assert_int_equal(b.log[slot], slot);
    }
    air_free(air);
}

static void what_cannot_be_sent_is_refused(void **state)
{
    struct air *air = air_new(&(struct air_config){ .seed = 2 });
    struct usher_adv adv = adv_of(USHER_ADV_SLOTS, 0x29, 0);
    struct station a;

    (void)state;
    join(air, &a);
    assert_int_equal(air_send(a.radio, &adv), USHER_E_PARAM);
    adv = adv_of(0, 0x29, 0);
    adv.len = 32;
    assert_int_equal(air_send(a.radio, &adv), USHER_E_PARAM);
    adv = adv_of(0, 0x29, 0);
    adv.count = 0;
    assert_int_equal(air_send(a.radio, &adv), USHER_E_PARAM);
    assert_int_equal(air_next_us(air), USHER_NEVER);
    air_free(air);
}

static void events_keep_their_interval(void **state)
{
    struct air *air = air_new(&(struct air_config){ .seed = 2 });
    struct usher_adv adv = adv_of(0, 0x29, 0);
    struct station a;

    (void)state;
    join(air, &a);
    adv.count = 200;
    adv.interval_ms = 100;
    assert_int_equal(air_send(a.radio, &adv), USHER_OK);
    while (a.done == 0) {
        air_run_until(air, air_next_us(air));
    }
    assert_int_equal(air_stats(air)->events, 200);
    /* 199 intervals of 100 ms and 0..10 ms at random: 5 +- 0.2 on average */
    assert_in_range(air_now_us(air), 199 * 104000, 199 * 106000);
    air_free(air);
}

static void stop_ends_what_is_not_sent(void **state)
{
    struct air *air = air_new(&(struct air_config){ .seed = 2 });
    struct usher_adv adv = adv_of(0, 0x29, 1);
    struct sniffed sniffed = { 0 };
    struct station a;

    (void)state;
    join(air, &a);
    air_sniffer_set(air, on_sniff, &sniffed);
    adv.count = 255;
    adv.interval_ms = 20;
    assert_int_equal(air_send(a.radio, &adv), USHER_OK);

    /* in the middle of the first PDU: that one is sent, nothing else */
    air_run_until(air, air_next_us(air));
    run_for(air, 100);
    air_stop(a.radio, 0);
    run_for(air, SECOND);
    assert_int_equal(sniffed.on[0], 1);
    assert_int_equal(sniffed.on[1], 0);
    assert_int_equal(a.done, 0);

    /*
     * between the first and the second; the slot is free at once, and its next event is a whole one
     */
    assert_int_equal(air_send(a.radio, &adv), USHER_OK);
    air_run_until(air, air_next_us(air));
    run_for(air, 500);
    air_stop(a.radio, 0);
    send_one(&a, 0, 2);
    run_for(air, SECOND);
    assert_int_equal(sniffed.on[0], 3);
    assert_int_equal(sniffed.on[1], 1);
    assert_int_equal(sniffed.on[2], 1);
    assert_int_equal(a.done, 1);

    /* before anything was sent, and a slot that is empty, and one that there is not */
    send_one(&a, 0, 3);
    air_stop(a.radio, 0);
    air_stop(a.radio, 1);
    air_stop(a.radio, 0xFF);
    assert_int_equal(air_next_us(air), USHER_NEVER);
    air_free(air);
}

static void a_radio_that_was_stopped_hears_again(void **state)
{
    struct air *air = air_new(&(struct air_config){ .seed = 2 });
    struct station a, b;

    (void)state;
    join(air, &a);
    join(air, &b);
    air_scan(a.radio, USHER_SCAN_PB_ADV);
    for (unsigned i = 0; i < 300; i++) {
        send_one(&a, 0, 0);
        air_run_until(air, air_next_us(air)); /* the event has begun, ... */
        air_stop(a.radio, 0);
        run_for(air, 376); /* ... and ends with its first PDU */
        send_one(&b, 0, 0);
        run_for(air, 10000);
        assert_int_equal(a.reports, i + 1);
    }
    air_free(air);
}

/* Three in a row, of which only the middle one hears both others. */
static void a_row_of_three(struct air *air, struct station s[3])
{
    for (int i = 0; i < 3; i++) {
        join(air, &s[i]);
        air_place(s[i].radio, (int16_t)(30000 * (i - 1)), -7);
        air_scan(s[i].radio, USHER_SCAN_PB_ADV);
    }
}

static void a_range_is_how_far_a_radio_is_heard(void **state)
{
    struct air *air = air_new(&(struct air_config){ .seed = 2, .range = 30000 });
    struct station s[3];

    (void)state;
    a_row_of_three(air, s);
    send_one(&s[0], 0, 0);
    run_for(air, SECOND);
    assert_int_equal(s[1].reports, 1);
    assert_int_equal(s[2].reports, 0);
    send_one(&s[1], 0, 0);
    run_for(air, SECOND);
    assert_int_equal(s[0].reports, 1);
    assert_int_equal(s[2].reports, 1);
    air_place(s[1].radio, 1, -7); /* a step away from the first one */
    send_one(&s[1], 0, 0);
    run_for(air, SECOND);
    assert_int_equal(s[0].reports, 1);
    assert_int_equal(s[2].reports, 2);
    assert_int_equal(air_stats(air)->receptions, 4);
    air_free(air);
}

/* The two at the ends do not hear each other, and collide in the middle alone. */
static void who_is_out_of_range_destroys_nothing(void **state)
{
    enum { TIMES = 1000 };
    struct air *air = air_new(&(struct air_config){ .seed = 3, .range = 30000 });
    struct station s[3], end;

    (void)state;
    a_row_of_three(air, s);
    join(air, &end); /* beside the first one */
    air_place(end.radio, -30000, 0);
    air_scan(end.radio, USHER_SCAN_PB_ADV);
    for (unsigned i = 0; i < TIMES; i++) {
        send_one(&s[0], 0, 0);
        send_one(&s[2], 0, 0);
        run_for(air, 10000);
    }
    assert_int_equal(end.reports, TIMES);
    assert_int_equal(s[0].reports + s[2].reports, 0);
    assert_int_equal(s[1].reports + air_stats(air)->collided, 2 * TIMES);
    /* starts within a millisecond of each other, 376 us long: apart by more in 0.624^2 = 39 % */
    assert_in_range(s[1].reports, 2 * TIMES * 30 / 100, 2 * TIMES * 60 / 100);
    assert_int_equal(air_stats(air)->deaf, 0);
    air_free(air);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_of_it_arrives_once_and_in_order),
        cmocka_unit_test(rssi_is_a_constant_of_a_pair),
        cmocka_unit_test(loss_duplication_and_reordering_are_as_often_as_asked),
        cmocka_unit_test(all_can_be_lost),
        cmocka_unit_test(all_can_come_twice),
        cmocka_unit_test(reordering_reorders),
        cmocka_unit_test(delay_keeps_its_bound),
        cmocka_unit_test(the_configuration_can_change_on_the_way),
        cmocka_unit_test(a_radio_hears_what_it_scans_for),
        cmocka_unit_test(an_event_is_a_pdu_on_each_channel),
        cmocka_unit_test(a_radio_scans_one_channel_at_a_time),
        cmocka_unit_test(two_that_overlap_destroy_each_other),
        cmocka_unit_test(collisions_are_as_often_as_in_theory),
        cmocka_unit_test(a_radio_is_deaf_while_it_sends),
        cmocka_unit_test(a_wire_has_neither),
        cmocka_unit_test(slots_are_sent_one_after_the_other),
        cmocka_unit_test(what_cannot_be_sent_is_refused),
        cmocka_unit_test(events_keep_their_interval),
        cmocka_unit_test(stop_ends_what_is_not_sent),
        cmocka_unit_test(a_radio_that_was_stopped_hears_again),
        cmocka_unit_test(a_range_is_how_far_a_radio_is_heard),
        cmocka_unit_test(who_is_out_of_range_destroys_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
