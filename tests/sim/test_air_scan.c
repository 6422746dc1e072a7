/*
 * The simulated air for scanners and devices: what is connectable is heard by those who look for
 * it, scan responses, timers.
 */
#include "station.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define SCAN_REQ_US 176

static const uint8_t name[] = { 5, 0x09, 'l', 'a', 'm', 'p' };

/* What a scanner has been told. */
struct scanner {
    struct air *air;
    struct air_radio *radio;
    unsigned advs, responses, orphans;
    uint64_t adv_us, response_us;
    struct usher_adv_report last; /* response */
    uint8_t data[USHER_AD_MAX];
    struct air_radio *stops; /* its slot 0, when it is heard */
    struct air_radio *leaves;
};

static void on_report(void *ctx, const struct usher_adv_report *report)
{
    struct scanner *s = ctx;

    if (report->type != USHER_ADV_SCAN_RSP) {
        s->advs++;
        s->adv_us = air_now_us(s->air);
        if (s->stops != NULL) {
            air_stop(s->stops, 0);
        }
        if (s->leaves != NULL) {
            air_leave(s->leaves);
            s->leaves = NULL;
        }
        return;
    }
    s->responses++;
    s->orphans += s->responses > s->advs;
    s->response_us = air_now_us(s->air);
    s->last = *report;
    assert_in_range(report->len, 0, USHER_AD_MAX);
    memcpy(s->data, report->data, report->len);
}

static void on_done(void *ctx, uint8_t slot)
{
    (void)ctx;
    (void)slot;
}

static void on_wake(void *ctx)
{
    (void)ctx;
}

static void scanner_join(struct air *air, struct scanner *s, bool active)
{
    static const struct air_owner owner = { on_report, on_done, on_wake };

    memset(s, 0, sizeof(*s));
    s->air = air;
    s->radio = air_join(air, &owner, s);
    assert_non_null(s->radio);
    air_scan(s->radio, USHER_SCAN_GATT);
    air_scan_active(s->radio, active);
}

static void advertise(struct station *s, enum usher_adv_type type, uint8_t count)
{
    struct usher_adv adv = {
        .type = type, .count = count, .interval_ms = 20, .len = 3, .data = { 2, 1, 6 }
    };

    assert_int_equal(air_send(s->radio, &adv), USHER_OK);
}

static void what_is_connectable_is_a_class_of_its_own(void **state)
{
    static const struct {
        unsigned what, heard;
    } cases[] = {
        { USHER_SCAN_GATT, 1 },
        { USHER_SCAN_PB_ADV, 1 }, /* the one that is not connectable */
        { USHER_SCAN_BEACON | USHER_SCAN_MESH, 0 },
        { USHER_SCAN_GATT | USHER_SCAN_PB_ADV, 2 },
        { 0xFF, 2 },
        { USHER_SCAN_OFF, 0 },
    };
    struct air *air = air_new(&(struct air_config){ .seed = 1 });
    struct station a, b;

    (void)state;
    join(air, &a);
    join(air, &b);
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct usher_adv adv = adv_of(1, 0x29, 0);

        b.reports = 0;
        air_scan(b.radio, cases[i].what);
        assert_int_equal(air_send(a.radio, &adv), USHER_OK);
        adv.slot = 2;
        adv.type = USHER_ADV_IND;
        assert_int_equal(air_send(a.radio, &adv), USHER_OK);
        run_for(air, 20000);
        assert_int_equal(b.reports, cases[i].heard);
    }
    air_free(air);
}

static void active_scanners_get_responses(void **state)
{
    struct air *air = air_new(&(struct air_config){ .seed = 1 });
    static const struct usher_ble_addr addr = { 0, { 0, 1, 2, 3, 4, 5 } };
    struct scanner active, passive;
    struct station a;

    (void)state;
    join(air, &a);
    scanner_join(air, &active, true);
    scanner_join(air, &passive, false);
    air_addr_set(a.radio, &addr);
    air_scan_response_set(a.radio, 0, name, sizeof(name));
    advertise(&a, USHER_ADV_IND, 100);
    run_for(air, 10 * SECOND);
    assert_int_equal(a.done, 1);
    assert_int_equal(active.advs, 100);
    assert_int_equal(active.responses, 100);
    assert_int_equal(active.response_us - active.adv_us, 150 + SCAN_REQ_US + 150 + (16 + 6) * 8);
    assert_int_equal(active.last.len, sizeof(name));
    assert_memory_equal(active.data, name, sizeof(name));
    assert_int_equal(active.last.addr_type, 0);
    assert_memory_equal(active.last.addr, addr.addr, 6);
    assert_int_equal(passive.advs, 100);
    assert_int_equal(passive.responses, 0);

    /* at first nothing; another slot's is its own; 32 octets are not taken */
    air_scan_response_set(a.radio, 0, (const uint8_t[32]){ 0 }, 32);
    advertise(&a, USHER_ADV_IND, 1);
    run_for(air, SECOND);
    assert_int_equal(active.last.len, sizeof(name));
    air_scan_response_set(a.radio, 1, name, 3);
    air_scan_response_set(a.radio, 0, name, 0);
    advertise(&a, USHER_ADV_IND, 1);
    run_for(air, SECOND);
    assert_int_equal(active.responses, 102);
    assert_int_equal(active.last.len, 0);
    air_free(air);
}

static void what_is_not_scannable_is_not_asked(void **state)
{
    struct air *air = air_new(&(struct air_config){ .seed = 1 });
    struct scanner s;
    struct station a;

    (void)state;
    join(air, &a);
    scanner_join(air, &s, true);
    air_scan(s.radio, 0xFF);
    advertise(&a, USHER_ADV_NONCONN_IND, 1);
    run_for(air, SECOND);
    assert_int_equal(s.advs, 1);
    assert_int_equal(s.responses, 0);
    advertise(&a, USHER_ADV_SCAN_IND, 1);
    run_for(air, SECOND);
    assert_int_equal(s.advs, 2);
    assert_int_equal(s.responses, 1);
    air_free(air);
}

static void requests_and_responses_are_lost(void **state)
{
    enum { TIMES = 5000 };
    struct air *air = air_new(&(struct air_config){ .seed = 1, .loss_pct = 20 });
    struct scanner s;
    struct station a;

    (void)state;
    join(air, &a);
    scanner_join(air, &s, true);
    for (unsigned i = 0; i < TIMES; i++) {
        advertise(&a, USHER_ADV_IND, 1);
        run_for(air, 10000);
    }
    assert_share(s.advs, TIMES, 0.8);
    assert_share(s.responses, s.advs, 0.8 * 0.8);
    assert_int_equal(s.orphans, 0);
    air_free(air);
}

/* The time from an event's first to its last PDU, when nobody asks and when one does. */
static void an_answer_takes_time(void **state)
{
    struct air *air = air_new(&(struct air_config){ .seed = 1 });
    struct scanner s;
    struct station a;
    uint64_t exchange = 150 + SCAN_REQ_US + 150 + 16 * 8;

    (void)state;
    join(air, &a);
    for (unsigned i = 0; i < 2; i++) {
        advertise(&a, USHER_ADV_IND, 1);

        uint64_t start = air_next_us(air);

        while (a.done == i) {
            air_run_until(air, air_next_us(air));
        }
        assert_int_equal(air_now_us(air) - start,
                         3 * (16 + 3) * 8 + 2 * 150 + (i == 1 ? exchange : 0));
        scanner_join(air, &s, true);
        run_for(air, 10000);
    }
    air_free(air);
}

static void an_advertiser_may_stop_or_leave_instead_of_answering(void **state)
{
    struct air *air = air_new(&(struct air_config){ .seed = 1 });
    struct scanner s;
    struct station a;

    (void)state;
    join(air, &a);
    scanner_join(air, &s, true);
    s.stops = a.radio;
    advertise(&a, USHER_ADV_IND, 3);
    run_for(air, SECOND);
    assert_int_equal(s.advs, 1);
    assert_int_equal(s.responses, 0);
    s.stops = NULL;

    /* while the request is on its way, then while the response is: that one is sent whole */
    for (unsigned i = 0; i < 2; i++) {
        unsigned before = s.advs;

        advertise(&a, USHER_ADV_IND, 3);
        while (s.advs == before) {
            air_run_until(air, air_next_us(air));
        }
        run_for(air, i == 0 ? 200 : 150 + SCAN_REQ_US + 150 + 10);
        air_stop(a.radio, 0);
        run_for(air, SECOND);
        assert_int_equal(s.advs, before + 1);
        assert_int_equal(s.responses, i);
    }
    advertise(&a, USHER_ADV_IND, 1); /* the radio is as it was */
    run_for(air, SECOND);
    assert_int_equal(a.done, 1);
    assert_int_equal(s.responses, 2);

    s.leaves = a.radio;
    advertise(&a, USHER_ADV_IND, 3);
    run_for(air, SECOND);
    assert_int_equal(s.responses, 2);
    air_free(air);
}

static void count(void *ctx)
{
    ++*(unsigned *)ctx;
}

static void timers_come_in_time_and_once(void **state)
{
    enum { MANY = 500 };
    struct air *air = air_new(&(struct air_config){ .seed = 1 });
    struct air_timer timers[MANY] = { 0 };
    unsigned calls = 0;

    (void)state;
    air_timer_stop(air, &timers[0]); /* not set */
    for (unsigned i = 0; i < MANY; i++) {
        assert_true(air_timer_set(air, &timers[i], 1000 + i, count, &calls));
    }
    assert_true(air_timer_set(air, &timers[0], 5000, count, &calls)); /* replaces */
    assert_int_equal(air_next_us(air), 1001);
    air_run_until(air, 1250);
    assert_int_equal(calls, 250);
    air_timer_stop(air, &timers[251]);
    air_timer_stop(air, &timers[251]);
    air_run_until(air, 4999);
    assert_int_equal(calls, MANY - 2);
    air_run_until(air, 5000);
    assert_int_equal(calls, MANY - 1);
    assert_int_equal(air_next_us(air), USHER_NEVER);
    assert_true(air_timer_set(air, &timers[0], 10, count, &calls)); /* over: at once */
    assert_int_equal(air_next_us(air), 5000);
    air_run_until(air, 5000);
    assert_int_equal(calls, MANY);
    for (unsigned i = 0; i < MANY; i++) {
        air_timer_stop(air, &timers[i]);
    }
    air_free(air);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_connectable_is_a_class_of_its_own),
        cmocka_unit_test(active_scanners_get_responses),
        cmocka_unit_test(what_is_not_scannable_is_not_asked),
        cmocka_unit_test(requests_and_responses_are_lost),
        cmocka_unit_test(an_answer_takes_time),
        cmocka_unit_test(an_advertiser_may_stop_or_leave_instead_of_answering),
        cmocka_unit_test(timers_come_in_time_and_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
