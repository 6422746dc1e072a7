/*
 * The simulated air towards its owners: wake-ups, radios that leave or do anything from within a
 * callback, a seed that replays, a thousand of them.
 */
#include "station.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

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

static void digest_sniff(void *ctx, uint64_t at_us, uint8_t channel,
                         const struct usher_ble_addr *addr, enum usher_adv_type type,
                         const uint8_t *ad, uint8_t len)
{
    struct digest *d = ctx;

    (void)type;
    digest_add(d, &at_us, sizeof(at_us));
    digest_add(d, &channel, 1);
    digest_add(d, addr->addr, 6);
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
        cmocka_unit_test(wakes_come_in_time_and_once),
        cmocka_unit_test(owners_may_do_anything_from_within),
        cmocka_unit_test(a_radio_that_leaves_is_not_told_what_was_held_back),
        cmocka_unit_test(radios_come_and_go),
        cmocka_unit_test(a_seed_replays),
        cmocka_unit_test(a_thousand_radios),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
