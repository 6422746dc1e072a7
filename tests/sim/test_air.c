/*
 * The simulated air by itself: that a seed replays, that its impairments are what they are called,
 * that a radio is deaf while it sends, that collisions destroy, and that owners may do anything
 * from within a callback.
 */
#include "air.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SECOND UINT64_C(1000000)
#define LOG_MAX 4096

/* A radio and what its owner has been told. */
struct station {
    struct air_radio *radio;
    unsigned reports;
    unsigned done;
    unsigned wakes;
    uint64_t wake_us;
    uint8_t last_slot;
    int8_t rssi;
    uint8_t from[6];
    uint8_t log[LOG_MAX];            /* the octet that numbers each advertisement */
    void (*then)(struct station *s); /* called within each callback */
    struct station *other;
    struct air *air;
};

static void on_report(void *ctx, const struct usher_adv_report *report)
{
    struct station *s = ctx;

    if (s->reports < LOG_MAX && report->len > 2) {
        s->log[s->reports] = report->data[2];
    }
    s->reports++;
    s->rssi = report->rssi;
    memcpy(s->from, report->addr, sizeof(s->from));
    if (s->then != NULL) {
        s->then(s);
    }
}

static void on_done(void *ctx, uint8_t slot)
{
    struct station *s = ctx;

    s->done++;
    s->last_slot = slot;
    if (s->then != NULL) {
        s->then(s);
    }
}

static void on_wake(void *ctx)
{
    struct station *s = ctx;

    s->wakes++;
    s->wake_us = air_now_us(s->air);
    if (s->then != NULL) {
        s->then(s);
    }
}

static const struct air_owner owner = { .report = on_report, .adv_done = on_done, .wake = on_wake };

static void join(struct air *air, struct station *s)
{
    memset(s, 0, sizeof(*s));
    s->air = air;
    s->radio = air_join(air, &owner, s);
    assert_non_null(s->radio);
}

static struct usher_adv adv_of(uint8_t slot, uint8_t ad_type, uint8_t number)
{
    struct usher_adv adv = { .slot = slot, .type = USHER_ADV_NONCONN_IND, .count = 1, .len = 31 };

    adv.data[0] = 30;
    adv.data[1] = ad_type;
    adv.data[2] = number;
    return adv;
}

static void send_one(struct station *s, uint8_t slot, uint8_t number)
{
    struct usher_adv adv = adv_of(slot, 0x29, number);

    assert_int_equal(air_send(s->radio, &adv), USHER_OK);
}

static void run_for(struct air *air, uint64_t us)
{
    air_run_until(air, air_now_us(air) + us);
}

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

/* Within five standard deviations of a binomial share. */
static void assert_share(uint64_t got, unsigned of, double p)
{
    double expected = of * p;
    double off = (double)got - expected;

    assert_true(off * off < 25 * of * p * (1 - p));
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

static void on_sniff(void *ctx, uint64_t at_us, uint8_t channel, const uint8_t addr[6],
                     enum usher_adv_type type, const uint8_t *ad, uint8_t len)
{
    struct sniffed *sniffed = ctx;

    assert_in_range(channel, 37, 39);
    assert_int_equal(addr[0] & 0xC0, 0xC0);
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

static void wakes_come_in_time_and_once(void **state)
{
    struct air *air = air_new(&(struct air_config){ .seed = 2 });
    struct station a;

    (void)state;
    join(air, &a);
    air_wake_at(a.radio, 100);
    air_wake_at(a.radio, 50);
    assert_int_equal(air_next_us(air), 50000);
    air_run_until(air, 49999);
    assert_int_equal(a.wakes, 0);
    air_run_until(air, SECOND);
    assert_int_equal(a.wakes, 1);
    assert_int_equal(a.wake_us, 50000);
    assert_int_equal(air_now_us(air), SECOND);

    air_wake_at(a.radio, 10); /* over: soon */
    air_run_until(air, SECOND);
    assert_int_equal(a.wakes, 2);
    assert_int_equal(a.wake_us, SECOND);
    air_wake_at(a.radio, 10); /* and again, at the same time */
    air_run_until(air, SECOND);
    assert_int_equal(a.wakes, 3);

    air_wake_at(a.radio, 2000);
    air_wake_at(a.radio, USHER_NEVER);
    assert_int_equal(air_next_us(air), USHER_NEVER);
    air_free(air);
}

static void leave_self(struct station *s)
{
    air_leave(s->radio);
    s->radio = NULL;
}

static void leave_other(struct station *s)
{
    if (s->other->radio != NULL) {
        leave_self(s->other);
    }
}

static void scan_no_more(struct station *s)
{
    air_scan(s->other->radio, USHER_SCAN_OFF);
}

static void stop_other(struct station *s)
{
    air_stop(s->other->radio, 0);
}

static void answer(struct station *s)
{
    struct usher_adv adv = adv_of(1, 0x29, 0x55);

    assert_int_equal(air_send(s->radio, &adv), USHER_OK);
    s->then = NULL;
}

static void run_within(struct station *s)
{
    uint64_t before = air_now_us(s->air);

    air_run_until(s->air, before + SECOND);
    assert_int_equal(air_now_us(s->air), before);
}

/* One sends; two listen, the first of them does @p then when it hears it, to one of the others. */
static void within(void (*then)(struct station *s), unsigned other, struct station s[3],
                   struct air **air)
{
    *air = air_new(&(struct air_config){ .seed = 1, .no_collisions = true });
    for (unsigned i = 0; i < 3; i++) {
        join(*air, &s[i]);
        air_scan(s[i].radio, USHER_SCAN_PB_ADV);
        air_wake_at(s[i].radio, 500);
    }

    struct usher_adv adv = adv_of(0, 0x29, 1);

    adv.count = 3;
    adv.interval_ms = 50;
    s[1].then = then;
    s[1].other = &s[other];
    assert_int_equal(air_send(s[0].radio, &adv), USHER_OK);
    run_for(*air, SECOND);
}

static void owners_may_do_anything_from_within(void **state)
{
    struct station s[3];
    struct air *air;

    (void)state;
    within(leave_self, 1, s, &air);
    assert_int_equal(s[1].reports, 1);
    assert_int_equal(s[1].wakes, 0);
    assert_int_equal(s[2].reports, 3);
    air_free(air);

    within(leave_other, 0, s, &air); /* the sender, while its PDU is being told */
    assert_int_equal(s[0].done, 0);
    assert_int_equal(s[1].reports, 1);
    assert_in_range(s[2].reports, 0, 1);
    air_free(air);

    within(leave_other, 2, s, &air);
    assert_int_equal(s[0].done, 1);
    assert_int_equal(s[1].reports, 3);
    assert_in_range(s[2].reports, 0, 1);
    assert_int_equal(s[2].wakes, 0);
    air_free(air);

    within(scan_no_more, 1, s, &air);
    assert_int_equal(s[1].reports, 1);
    assert_int_equal(s[1].wakes, 1);
    air_free(air);

    within(stop_other, 0, s, &air);
    assert_int_equal(s[0].done, 0);
    assert_int_equal(s[1].reports, 1);
    assert_int_equal(air_stats(air)->events, 1);
    air_free(air);

    within(answer, 1, s, &air);
    assert_int_equal(s[1].done, 1);
    assert_int_equal(s[0].reports, 1);
    assert_int_equal(s[2].reports, 4);
    air_free(air);

    within(run_within, 1, s, &air);
    assert_int_equal(s[1].reports, 3);
    air_free(air);
}

static void a_radio_that_leaves_is_not_told_what_was_held_back(void **state)
{
    struct air *air = air_new(&(struct air_config){ .seed = 1, .reorder_pct = 100 });
    struct station a, b, c;

    (void)state;
    join(air, &a);
    join(air, &b);
    air_scan(b.radio, USHER_SCAN_PB_ADV);
    send_one(&a, 0, 0);
    run_for(air, 4500); /* sent, and at least 5 ms on its way */
    assert_int_equal(air_stats(air)->reordered, 1);
    air_leave(b.radio);
    join(air, &c); /* takes its place, but not its report */
    air_scan(c.radio, 0xFF);
    run_for(air, SECOND);
    assert_int_equal(b.reports, 0);
    assert_int_equal(c.reports, 0);
    air_free(air);
}

static void radios_come_and_go(void **state)
{
    struct air *air = air_new(&(struct air_config){ .seed = 1, .dup_pct = 50, .delay_ms = 20 });
    struct station s[16];
    uint8_t choice[2];
    unsigned reports = 0;

    (void)state;
    for (unsigned i = 0; i < 16; i++) {
        join(air, &s[i]);
    }
    for (unsigned round = 0; round < 20000; round++) {
        struct station *one = &s[round % 16];

        air_random(one->radio, choice, sizeof(choice));
        if (choice[0] < 40) {
            reports += one->reports;
            air_leave(one->radio);
            join(air, one);
        } else if (choice[0] < 80) {
            air_stop(one->radio, choice[1] & 3);
        } else if (choice[0] < 120) {
            air_scan(one->radio, choice[1]);
        } else {
            struct usher_adv adv = adv_of(choice[1] & 3, 0x29, 0);

            adv.count = 1 + (choice[1] & 7);
            adv.interval_ms = 20;
            (void)air_send(one->radio, &adv); /* busy at times */
        }
        run_for(air, 300);
    }
    assert_true(reports > 1000);
    air_free(air);
}

/* A digest of everything that is told, FNV-1a, over a busy minute of a bad air. */
struct digest {
    uint64_t hash;
    struct air *air;
};

static void digest_add(struct digest *d, const void *data, size_t len)
{
    const uint8_t *octets = data;

    for (size_t i = 0; i < len; i++) {
        d->hash = (d->hash ^ octets[i]) * UINT64_C(0x100000001B3);
    }
}

static void digest_sniff(void *ctx, uint64_t at_us, uint8_t channel, const uint8_t addr[6],
                         enum usher_adv_type type, const uint8_t *ad, uint8_t len)
{
    struct digest *d = ctx;

    (void)type;
    digest_add(d, &at_us, sizeof(at_us));
    digest_add(d, &channel, 1);
    digest_add(d, addr, 6);
    digest_add(d, ad, len);
}

static void digest_report(void *ctx, const struct usher_adv_report *report)
{
    struct digest *d = ctx;
    uint64_t now = air_now_us(d->air);

    digest_add(d, &now, sizeof(now));
    digest_add(d, report->addr, sizeof(report->addr));
    digest_add(d, &report->rssi, 1);
    digest_add(d, report->data, report->len);
}

static void digest_done(void *ctx, uint8_t slot)
{
    digest_add(ctx, &slot, 1);
}

static void digest_wake(void *ctx)
{
    digest_add(ctx, "wake", 4);
}

static uint64_t busy_minute(uint64_t seed)
{
    static const struct air_owner digester = { digest_report, digest_done, digest_wake };
    struct air *air = air_new(&(struct air_config){
        .seed = seed, .loss_pct = 20, .dup_pct = 10, .reorder_pct = 10, .delay_ms = 5 });
    struct digest d = { .hash = UINT64_C(0xCBF29CE484222325), .air = air };
    struct air_radio *radios[30];

    air_sniffer_set(air, digest_sniff, &d);
    for (unsigned i = 0; i < 30; i++) {
        struct usher_adv adv = adv_of(0, 0x29, (uint8_t)i);

        radios[i] = air_join(air, &digester, &d);
        assert_non_null(radios[i]);
        air_random(radios[i], &adv.data[3], 28);
        adv.count = 200;
        adv.interval_ms = (uint16_t)(30 + i);
        air_scan(radios[i], i % 2 == 0 ? USHER_SCAN_PB_ADV : USHER_SCAN_BEACON);
        air_wake_at(radios[i], 100 * i);
        assert_int_equal(air_send(radios[i], &adv), USHER_OK);
    }
    air_run_until(air, 60 * SECOND);
    assert_true(air_stats(air)->receptions > 10000);
    air_free(air);
    return d.hash;
}

static void a_seed_replays(void **state)
{
    uint64_t first = busy_minute(42);
    void *elsewhere = malloc(123456); /* other addresses the second time */

    (void)state;
    assert_int_equal(busy_minute(42), first);
    assert_int_not_equal(busy_minute(43), first);
    free(elsewhere);
}

static void a_thousand_radios(void **state)
{
    enum { RADIOS = 1000, EVENTS = 100 };
    struct air *air = air_new(&(struct air_config){ .seed = 11, .loss_pct = 20 });
    struct station *s = calloc(RADIOS, sizeof(*s));
    uint64_t heard = 0;

    (void)state;
    assert_non_null(s);
    for (unsigned i = 0; i < RADIOS; i++) {
        join(air, &s[i]);
        air_scan(s[i].radio, USHER_SCAN_PB_ADV);
    }
    for (unsigned i = 0; i < EVENTS; i++) {
        send_one(&s[i], 0, 0);
        run_for(air, 5000);
    }
    for (unsigned i = 0; i < RADIOS; i++) {
        heard += s[i].reports;
    }
    assert_share(heard, (RADIOS - 1) * EVENTS, 0.8);
    assert_int_equal(heard + air_stats(air)->lost, (RADIOS - 1) * EVENTS);
    assert_memory_not_equal(air_addr(s[0].radio), air_addr(s[999].radio), 6);
    air_free(air);
    free(s);
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
        cmocka_unit_test(wakes_come_in_time_and_once),
        cmocka_unit_test(owners_may_do_anything_from_within),
        cmocka_unit_test(a_radio_that_leaves_is_not_told_what_was_held_back),
        cmocka_unit_test(radios_come_and_go),
        cmocka_unit_test(a_seed_replays),
        cmocka_unit_test(a_thousand_radios),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
