/*
 * Links on the simulated air: that they are made, that data arrive whole and in order whatever is
 * lost, that they end in time and for the right reason, and what they are to advertisements.
 */
#include "link_station.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define INTERVAL_US UINT64_C(30000)
#define REQUEST_US 352
/* an empty PDU, 150 us, and the answer */
#define EVENT_US 310

static struct air *air_with(struct air_config config)
{
    struct air *air = air_new(&config);

    assert_non_null(air);
    return air;
}

static void a_link_is_made_and_carries_data_both_ways(void **state)
{
    struct air *air = air_with((struct air_config){ .seed = 1 });
    struct link_station a, b;

    (void)state;
    link_join(air, &a);
    link_join(air, &b);
    link_advertise(&b, 3);
    run_for(air, 5 * SECOND);
    assert_int_equal(b.station.done, 0);
    link_initiate(&a, &b);
    while (b.open == 0) {
        run_for(air, 1000);
    }

    struct link_log *central = link_of(&a), *peripheral = link_of(&b);
    struct usher_ble_addr addr_a = link_addr(&a), addr_b = link_addr(&b);

    assert_true(central->central);
    assert_false(peripheral->central);
    assert_int_equal(peripheral->slot, 3);
    assert_memory_equal(&central->peer, &addr_b, sizeof(addr_b));
    assert_memory_equal(&peripheral->peer, &addr_a, sizeof(addr_a));
    assert_memory_equal(&central->params, &link_params, sizeof(link_params));
    assert_memory_equal(&peripheral->params, &link_params, sizeof(link_params));

    link_send(central, 100);
    link_send(peripheral, 70);
    run_for(air, 2 * SECOND);
    assert_int_equal(central->received, 70);
    assert_int_equal(peripheral->received, 100);
    assert_int_equal(central->sent, 100);
    assert_int_equal(peripheral->sent, 70);
    assert_int_equal(central->wrong + peripheral->wrong, 0);

    /* the advertisement has ended without a word, and the slot is free */
    assert_int_equal(b.station.done, 0);
    link_advertise(&b, 3);
    air_free(air);
}

static void all_arrives_once_and_in_order_whatever_is_lost(void **state)
{
    static const uint8_t losses[] = { 0, 20, 50 };

    (void)state;
    for (unsigned i = 0; i < 3 * 10; i++) {
        struct air *air = air_with((struct air_config){ .seed = i / 3 });
        struct link_station a, b;

        link_join(air, &a);
        link_join(air, &b);
        link_up(&a, &b);
        run_for(air, 5 * INTERVAL_US); /* established */

        struct link_log *ends[2] = { link_of(&a), link_of(&b) };

        air_link_update(ends[0]->link, &(struct air_link_params){ 30000, 32000 });
        air_config_set(air, &(struct air_config){ .loss_pct = losses[i % 3] });
        link_send(ends[0], 500);
        link_send(ends[1], 400);
        run_for(air, 60 * SECOND);
        assert_int_equal(ends[0]->received, 400);
        assert_int_equal(ends[1]->received, 500);
        assert_int_equal(ends[0]->sent, 500);
        assert_int_equal(ends[1]->sent, 400);
        assert_int_equal(ends[0]->wrong + ends[1]->wrong, 0);
        assert_int_equal(a.open + b.open, 2);
        air_free(air);
    }
}

/* The time that n PDUs to the peripheral take. */
static uint64_t time_of(uint8_t loss, unsigned count)
{
    struct air *air = air_with((struct air_config){ .seed = 9 });
    struct link_station a, b;

    link_join(air, &a);
    link_join(air, &b);
    link_up(&a, &b);
    run_for(air, 5 * INTERVAL_US);
    air_link_update(link_of(&a)->link, &(struct air_link_params){ 30000, 32000 });
    air_config_set(air, &(struct air_config){ .loss_pct = loss });

    uint64_t start = air_now_us(air);

    link_send(link_of(&a), count);
    run_for(air, 100 * SECOND);
    assert_int_equal(link_of(&b)->received, count);

    uint64_t end = link_of(&b)->data_us;

    air_free(air);
    return end - start;
}

static void data_take_their_time(void **state)
{
    uint64_t clean = time_of(0, 400);

    (void)state;
    /*
     * On average 129 octets: 1112 us, 80 of the answer, two times 150. In half of an interval there
     * is room for ten, perhaps.
     */
    assert_in_range(clean, 400 / 11 * INTERVAL_US, 400 / 8 * INTERVAL_US);
    /* a loss ends the event, and of two PDUs one is lost with 36 %: 2.8 exchanges, the last lost */
    assert_in_range(time_of(20, 400), 3 * clean, 6 * clean);
}

/* Where the next event of a link will be: an event without data is not to be seen. */
static uint64_t next_event(const struct air *air, const struct link_log *log)
{
    uint64_t first = log->connected_us + 1250;

    return first + (air_now_us(air) - first + INTERVAL_US - 1) / INTERVAL_US * INTERVAL_US;
}

static void a_pdu_waits_for_the_next_event(void **state)
{
    struct air *air = air_with((struct air_config){ .seed = 2 });
    struct link_station a, b;
    uint8_t octets[AIR_LINK_PDU_MAX] = { 0 };

    (void)state;
    link_join(air, &a);
    link_join(air, &b);
    link_up(&a, &b);
    for (unsigned i = 0; i < 100; i++) {
        run_for(air, SECOND + 777);

        uint64_t event = next_event(air, link_of(&a));

        link_send(link_of(&a), 1);
        run_for(air, INTERVAL_US + 3000);
        assert_int_equal(link_of(&b)->received, i + 1);
        assert_int_equal(link_of(&b)->data_us, event + (10 + 4 + i * 37 % 248) * 8);
    }
    assert_int_equal(link_of(&b)->wrong, 0);
    assert_int_equal(air_link_send(link_of(&a)->link, true, octets, 0), USHER_E_PARAM);
    assert_int_equal(air_link_send(link_of(&a)->link, true, octets, 252), USHER_E_PARAM);
    for (unsigned i = 0; i < AIR_LINK_QUEUE; i++) {
        assert_int_equal(air_link_send(link_of(&a)->link, true, octets, 251), USHER_OK);
    }
    assert_int_equal(air_link_send(link_of(&a)->link, true, octets, 1), USHER_E_BUSY);
    air_link_close(link_of(&a)->link, 0x13);
    assert_int_equal(air_link_send(link_of(&a)->link, true, octets, 1), USHER_E_STATE);
    air_free(air);
}

static void an_idle_link_costs_nothing_and_lasts(void **state)
{
    struct air *air = air_with((struct air_config){ .seed = 2 });
    struct link_station a, b;

    (void)state;
    link_join(air, &a);
    link_join(air, &b);
    link_up(&a, &b);
    run_for(air, 3 * INTERVAL_US);
    assert_int_equal(air_next_us(air), USHER_NEVER);
    run_for(air, 3600 * SECOND);
    link_send(link_of(&b), 1);
    run_for(air, INTERVAL_US);
    assert_int_equal(link_of(&a)->received, 1);
    run_for(air, INTERVAL_US);
    assert_int_equal(air_next_us(air), USHER_NEVER);
    air_free(air);
}

static void an_end_that_is_left_alone_times_out(void **state)
{
    (void)state;
    for (unsigned who = 0; who < 2; who++) {
        struct air *air = air_with((struct air_config){ .seed = who });
        struct link_station s[2];

        link_join(air, &s[0]);
        link_join(air, &s[1]);
        link_up(&s[0], &s[1]);
        run_for(air, 10 * SECOND);

        uint64_t left = air_now_us(air);
        struct link_log *alone = link_of(&s[!who]);

        air_leave(s[who].station.radio);
        run_for(air, SECOND - INTERVAL_US);
        assert_int_equal(s[!who].open, 1);
        run_for(air, SECOND);
        assert_int_equal(s[!who].open, 0);
        assert_int_equal(alone->reason, AIR_LINK_TIMEOUT);
        /* a second after the last event that went well, which was up to an interval ago */
        assert_in_range(alone->ended_us, left + SECOND - INTERVAL_US, left + SECOND);
        assert_int_equal(s[who].open, 1); /* not told */
        assert_int_equal(air_next_us(air), USHER_NEVER);
        air_free(air);
    }
}

static void a_link_reaches_as_far_as_its_radios(void **state)
{
    struct air *air = air_with((struct air_config){ .seed = 3, .range = 100 });
    struct link_station a, b;

    (void)state;
    link_join(air, &a);
    link_join(air, &b);
    air_place(b.station.radio, 101, 0);
    link_advertise(&b, 0);
    link_initiate(&a, &b);
    run_for(air, SECOND);
    assert_int_equal(a.open + b.open, 0);
    air_place(b.station.radio, 100, 0);
    run_for(air, SECOND);
    assert_int_equal(a.open + b.open, 2);

    /* away for a while: nothing is lost but time */
    air_place(a.station.radio, -1, 0);
    link_send(link_of(&a), 10);
    run_for(air, SECOND / 2);
    assert_int_equal(link_of(&b)->received, 0);
    air_place(a.station.radio, 0, 0);
    run_for(air, SECOND);
    assert_int_equal(link_of(&b)->received, 10);

    /* away for too long, and without anything to say */
    uint64_t left = air_now_us(air);

    air_place(a.station.radio, -1, 0);
    run_for(air, 2 * SECOND);
    assert_int_equal(a.open + b.open, 0);
    assert_int_equal(link_of(&a)->reason, AIR_LINK_TIMEOUT);
    assert_int_equal(link_of(&b)->reason, AIR_LINK_TIMEOUT);
    assert_in_range(link_of(&a)->ended_us, left + SECOND - INTERVAL_US, left + SECOND + EVENT_US);
    assert_in_range(link_of(&b)->ended_us, left + SECOND - INTERVAL_US, left + SECOND + EVENT_US);
    air_free(air);
}

static void loss_of_all_ends_an_idle_link(void **state)
{
    struct air *air = air_with((struct air_config){ .seed = 3 });
    struct link_station a, b;

    (void)state;
    link_join(air, &a);
    link_join(air, &b);
    link_up(&a, &b);
    run_for(air, SECOND);
    air_config_set(air, &(struct air_config){ .loss_pct = 100 });
    run_for(air, 2 * SECOND);
    assert_int_equal(a.open + b.open, 0);
    assert_int_equal(link_of(&a)->reason, AIR_LINK_TIMEOUT);
    assert_int_equal(link_of(&b)->reason, AIR_LINK_TIMEOUT);
    air_free(air);
}

static void a_request_that_nobody_answers_is_given_up(void **state)
{
    struct air *air = air_with((struct air_config){ .seed = 3 });
    struct link_station a, b;

    (void)state;
    link_join(air, &a);
    link_join(air, &b);
    air_link_owner_set(b.station.radio, NULL);
    link_advertise(&b, 0);
    link_initiate(&a, &b);
    run_for(air, SECOND);
    assert_int_equal(a.links, 1);
    assert_int_equal(a.open, 0);
    assert_int_equal(link_of(&a)->reason, AIR_LINK_NOT_ESTABLISHED);
    assert_int_equal(link_of(&a)->ended_us - link_of(&a)->connected_us, 6 * INTERVAL_US);
    run_for(air, 10 * SECOND);
    assert_int_equal(b.station.done, 1); /* it went on */
    assert_int_equal(air_stats(air)->events, 255);
    air_free(air);
}

static void requests_are_lost_as_often_as_anything(void **state)
{
    enum { TIMES = 1000 };
    struct air *air = air_with((struct air_config){ .seed = 3, .loss_pct = 20 });
    struct link_station a, b;
    unsigned half = 0;

    (void)state;
    for (unsigned i = 0; i < TIMES; i++) {
        link_join(air, &a);
        link_join(air, &b);
        link_advertise(&b, 0);
        link_initiate(&a, &b);
        while (a.open == 0) {
            run_for(air, 1000);
        }
        half += b.open == 0;
        run_for(air, 6 * INTERVAL_US);
        assert_true(b.open != 0 || (a.open == 0 && link_of(&a)->reason == 0x3E));
        air_leave(a.station.radio);
        air_leave(b.station.radio);
    }
    assert_share(half, TIMES, 0.2);
    air_free(air);
}

static void a_close_is_told_with_its_reason(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2 * 50; i++) {
        struct air *air = air_with((struct air_config){ .seed = i });
        struct link_station s[2];
        unsigned who = i % 2;

        link_join(air, &s[0]);
        link_join(air, &s[1]);
        link_up(&s[0], &s[1]);
        run_for(air, SECOND);
        air_config_set(air, &(struct air_config){ .loss_pct = 30 });
        air_link_close(link_of(&s[who])->link, 0x13);
        air_link_close(link_of(&s[who])->link, 0x15); /* it is being closed */
        run_for(air, 2 * SECOND);
        assert_int_equal(s[0].open + s[1].open, 0);
        assert_int_equal(link_of(&s[who])->reason, AIR_LINK_CLOSED);
        assert_int_equal(link_of(&s[!who])->reason, 0x13);
        air_free(air);
    }
}

static void a_close_takes_an_event_or_the_timeout(void **state)
{
    (void)state;
    for (unsigned who = 0; who < 2; who++) {
        for (unsigned gone = 0; gone < 2; gone++) {
            struct air *air = air_with((struct air_config){ .seed = who });
            struct link_station s[2];

            link_join(air, &s[0]);
            link_join(air, &s[1]);
            link_up(&s[0], &s[1]);
            run_for(air, SECOND);

            uint64_t start = air_now_us(air);

            link_send(link_of(&s[who]), AIR_LINK_QUEUE); /* not sent any more */
            if (gone) {
                air_leave(s[!who].station.radio);
            }
            air_link_close(link_of(&s[who])->link, 0x13);
            run_for(air, 2 * SECOND);
            assert_int_equal(link_of(&s[who])->reason, AIR_LINK_CLOSED);
            assert_int_equal(link_of(&s[!who])->received, 0);
            if (gone) {
                assert_in_range(link_of(&s[who])->ended_us, start + SECOND - INTERVAL_US,
                                start + SECOND);
            } else {
                assert_in_range(link_of(&s[who])->ended_us, start, start + INTERVAL_US + 1000);
                assert_int_equal(link_of(&s[!who])->reason, 0x13);
            }
            air_free(air);
        }
    }
}

static void both_may_close_at_once(void **state)
{
    struct air *air = air_with((struct air_config){ .seed = 5 });
    struct link_station a, b;

    (void)state;
    link_join(air, &a);
    link_join(air, &b);
    link_up(&a, &b);
    run_for(air, SECOND);
    air_link_close(link_of(&a)->link, 0x13);
    air_link_close(link_of(&b)->link, 0x15);
    run_for(air, 2 * SECOND);
    assert_int_equal(a.open + b.open, 0);
    assert_int_equal(link_of(&a)->reason, AIR_LINK_CLOSED);
    assert_int_equal(link_of(&b)->reason, AIR_LINK_CLOSED);
    air_free(air);
}

static void parameters_change_for_both(void **state)
{
    struct air *air = air_with((struct air_config){ .seed = 5 });
    struct link_station a, b;

    (void)state;
    link_join(air, &a);
    link_join(air, &b);
    link_up(&a, &b);
    run_for(air, SECOND);
    air_link_update(link_of(&b)->link, &(struct air_link_params){ 1000000, 10000 });
    link_send(link_of(&a), 1);
    run_for(air, INTERVAL_US + 3000); /* the next event is where it was */
    assert_int_equal(link_of(&b)->received, 1);
    link_send(link_of(&a), 1);
    run_for(air, SECOND - INTERVAL_US - 3000);
    assert_int_equal(link_of(&b)->received, 1);
    run_for(air, INTERVAL_US + 3000);
    assert_int_equal(link_of(&b)->received, 2);

    uint64_t last = link_of(&b)->data_us;

    air_link_update(link_of(&a)->link, &(struct air_link_params){ 7499, 10000 });
    air_link_update(link_of(&a)->link, &(struct air_link_params){ 7500, 32001 });
    air_leave(a.station.radio);
    run_for(air, 20 * SECOND);
    assert_in_range(link_of(&b)->ended_us, last + 10 * SECOND - 1000, last + 10 * SECOND);
    air_free(air);
}

/* The share of another radio's advertisements that a scanner with a link misses for it. */
static double deaf_share(bool data, bool linked)
{
    enum { EVENTS = 2000 };
    struct air *air = air_with((struct air_config){ .seed = 6 });
    struct link_station a, b, c;

    link_join(air, &a);
    link_join(air, &b);
    link_join(air, &c);
    if (linked) {
        link_up(&a, &b);
    }
    air_scan(a.station.radio, USHER_SCAN_PB_ADV);
    for (unsigned i = 0; i < EVENTS; i++) {
        if (data) {
            link_send(link_of(&b), 1);
        }
        send_one(&c.station, 0, 0);
        run_for(air, 10370); /* not in step with the link */
    }
    assert_int_equal(a.station.reports + air_stats(air)->deaf, EVENTS);
    air_free(air);
    return (double)(EVENTS - a.station.reports) / EVENTS;
}

static void a_radio_is_deaf_in_its_connection_events(void **state)
{
    double idle = deaf_share(false, true), busy = deaf_share(true, true);

    (void)state;
    assert_true(deaf_share(false, false) == 0);
    /* 376 us of PDU meet 310 of 30000 us */
    assert_true(idle > 0.015 && idle < 0.033);
    /* three PDUs of 1112 us on average in each event, with their answers */
    assert_true(busy > 0.10 && busy < 0.20);
}

/* What a sniffer of both kinds sees of two radios with a link. */
struct overlaps {
    struct air *air;
    const struct usher_ble_addr *radio;
    uint64_t adv_until, link_until;
    unsigned advs, met;
};

static void see_adv(void *ctx, uint64_t at_us, uint8_t channel, const struct usher_ble_addr *addr,
                    enum usher_adv_type type, const uint8_t *ad, uint8_t len)
{
    struct overlaps *o = ctx;

    (void)ad;
    (void)type;
    if (memcmp(addr, o->radio, sizeof(*addr)) == 0) {
        o->advs += channel == 37;
        o->met += at_us < o->link_until;
        o->adv_until = at_us + (16 + len) * 8u;
    }
}

static void see_link(void *ctx, const struct air_link_pdu *pdu)
{
    struct overlaps *o = ctx;

    if (pdu->channel < 37) {
        o->met += pdu->at_us < o->adv_until;
        o->link_until = pdu->at_us + (8 + pdu->len) * 8u;
    }
}

static void a_radio_does_not_advertise_in_its_connection_events(void **state)
{
    struct air *air = air_with((struct air_config){ .seed = 6 });
    struct link_station a, b;
    struct usher_adv adv = adv_of(1, 0x29, 0);
    struct usher_ble_addr addr;

    (void)state;
    link_join(air, &a);
    link_join(air, &b);
    link_up(&a, &b);
    addr = link_addr(&a);

    struct overlaps o = { .air = air, .radio = &addr };

    air_sniffer_set(air, see_adv, &o);
    air_link_sniffer_set(air, see_link, &o);
    adv.count = 255;
    adv.interval_ms = 20;
    assert_int_equal(air_send(a.station.radio, &adv), USHER_OK);
    link_send(link_of(&b), 4000);
    link_send(link_of(&a), 4000);
    run_for(air, 40 * SECOND);
    assert_int_equal(o.advs, 255);
    assert_int_equal(o.met, 0);
    assert_int_equal(a.station.done, 1);
    assert_int_equal(link_of(&a)->received, 4000);
    assert_int_equal(link_of(&b)->received, 4000);
    air_free(air);
}

static void a_wire_has_no_such_things(void **state)
{
    struct air *air = air_with((struct air_config){ .seed = 6, .no_collisions = true });
    struct link_station a, b, c;

    (void)state;
    link_join(air, &a);
    link_join(air, &b);
    link_join(air, &c);
    link_up(&a, &b);
    air_scan(a.station.radio, USHER_SCAN_PB_ADV);
    link_send(link_of(&b), 1000);
    for (unsigned i = 0; i < 1000; i++) {
        send_one(&c.station, 0, 0);
        run_for(air, 10000);
    }
    assert_int_equal(a.station.reports, 1000);
    assert_int_equal(link_of(&a)->received, 1000);
    air_free(air);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_link_is_made_and_carries_data_both_ways),
        cmocka_unit_test(all_arrives_once_and_in_order_whatever_is_lost),
        cmocka_unit_test(data_take_their_time),
        cmocka_unit_test(a_pdu_waits_for_the_next_event),
        cmocka_unit_test(an_idle_link_costs_nothing_and_lasts),
        cmocka_unit_test(an_end_that_is_left_alone_times_out),
        cmocka_unit_test(a_link_reaches_as_far_as_its_radios),
        cmocka_unit_test(loss_of_all_ends_an_idle_link),
        cmocka_unit_test(a_request_that_nobody_answers_is_given_up),
        cmocka_unit_test(requests_are_lost_as_often_as_anything),
        cmocka_unit_test(a_close_is_told_with_its_reason),
        cmocka_unit_test(a_close_takes_an_event_or_the_timeout),
        cmocka_unit_test(both_may_close_at_once),
        cmocka_unit_test(parameters_change_for_both),
        cmocka_unit_test(a_radio_is_deaf_in_its_connection_events),
        cmocka_unit_test(a_radio_does_not_advertise_in_its_connection_events),
        cmocka_unit_test(a_wire_has_no_such_things),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
