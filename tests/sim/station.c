/* The radios of the tests of the air; see station.h. */
#include "station.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

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

void join(struct air *air, struct station *s)
{
    memset(s, 0, sizeof(*s));
    s->air = air;
    s->radio = air_join(air, &owner, s);
    assert_non_null(s->radio);
}

struct usher_adv adv_of(uint8_t slot, uint8_t ad_type, uint8_t number)
{
    struct usher_adv adv = { .slot = slot, .type = USHER_ADV_NONCONN_IND, .count = 1, .len = 31 };

    adv.data[0] = 30;
    adv.data[1] = ad_type;
    adv.data[2] = number;
    return adv;
}

void send_one(struct station *s, uint8_t slot, uint8_t number)
{
    struct usher_adv adv = adv_of(slot, 0x29, number);

    assert_int_equal(air_send(s->radio, &adv), USHER_OK);
}

void run_for(struct air *air, uint64_t us)
{
    air_run_until(air, air_now_us(air) + us);
}

void assert_share(uint64_t got, unsigned of, double p)
{
    double expected = of * p;
    double off = (double)got - expected;

    assert_true(off * off < 25 * of * p * (1 - p));
}
