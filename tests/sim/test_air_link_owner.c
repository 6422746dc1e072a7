/*
 * Links on the simulated air towards their owners: several at once, attempts and what becomes of
 * them, anything done from within, a seed that replays.
 */
#include "link_station.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define REQUEST_US 352

static struct air *air_with(struct air_config config)
{
    struct air *air = air_new(&config);

    assert_non_null(air);
    return air;
}

/* A hub with links to all others, of which it is the central or the peripheral. */
static void star(struct air *air, struct link_station *hub, struct link_station *others,
                 unsigned count, bool central)
{
    link_join(air, hub);
    for (unsigned i = 0; i < count; i++) {
        bool to = central == (i % 2 == 0) || count > 2;

        link_join(air, &others[i]);
        link_up(to == central ? hub : &others[i], to == central ? &others[i] : hub);
    }
    assert_int_equal(hub->open, count);
}

static void exchange(struct air *air, struct link_station *hub, struct link_station *others,
                     unsigned count, unsigned pdus)
{
    for (unsigned i = 0; i < count; i++) {
        link_send(link_of(&others[i]), pdus);
        link_send(&hub->logs[i], pdus);
    }
    run_for(air, 60 * SECOND);
    for (unsigned i = 0; i < count; i++) {
        const struct link_log *other = link_of(&others[i]);

        assert_int_equal(hub->logs[i].received, pdus);
        assert_int_equal(other->received, pdus);
        assert_int_equal(hub->logs[i].wrong + other->wrong, 0);
    }
    assert_int_equal(hub->open, count);
}

static void a_radio_has_several_links_in_either_role(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 20; i++) {
        struct air *air = air_with((struct air_config){ .seed = i });
        struct link_station hub, others[2];

        star(air, &hub, others, 2, i % 2 == 0);
        exchange(air, &hub, others, 2, 300);
        air_free(air);
    }
}

static void eight_links_at_once(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        struct air *air = air_with((struct air_config){ .seed = i });
        struct link_station hub, others[8];

        star(air, &hub, others, 8, i % 2 == 0);
        air_config_set(air, &(struct air_config){ .loss_pct = i < 2 ? 0 : 20 });
        exchange(air, &hub, others, 8, 100);
        air_free(air);
    }
}

/* Two centrals whose events with one peripheral are at the same time, nearly: both are served. */
static void events_that_meet_take_turns(void **state)
{
    struct air *air = air_with((struct air_config){ .seed = 5 });
    struct link_station hub, others[8];

    (void)state;
    star(air, &hub, others, 2, false);
    for (unsigned step = 0; step < 30; step++) {
        /* an interval of 30 ms, but for once: the events move past each other */
        air_link_update(link_of(&others[0])->link, &(struct air_link_params){ 31000, 1000 });
        run_for(air, 62000);
        air_link_update(link_of(&others[0])->link, &link_params);
        link_send(link_of(&others[0]), 30);
        link_send(link_of(&others[1]), 30);
        link_send(&hub.logs[0], 30);
        link_send(&hub.logs[1], 30);
        run_for(air, 2 * SECOND);
        for (unsigned i = 0; i < 2; i++) {
            assert_int_equal(hub.logs[i].received, 30 * (step + 1));
            assert_int_equal(link_of(&others[i])->received, 30 * (step + 1));
        }
    }
    air_free(air);
}

/* Neither is left out until it times out. */
static void an_event_does_not_always_yield_to_the_one_before(void **state)
{
    struct air *air = air_with((struct air_config){ .seed = 5 });
    struct link_station hub, others[8];

    (void)state;
    star(air, &hub, others, 2, false);
    run_for(air, SECOND);

    struct link_log *first = link_of(&others[0]), *second = link_of(&others[1]);
    uint32_t apart = (uint32_t)((second->connected_us - first->connected_us) % 30000);

    /* for one interval; then the first one begins 100 us before the second */
    air_link_update(first->link, &(struct air_link_params){ 29900 + apart, 1000 });
    run_for(air, 30000);
    air_link_update(first->link, &link_params);
    link_send(first, 2000);
    link_send(second, 2000);
    run_for(air, 5 * SECOND);
    assert_int_equal(hub.open, 2);
    assert_in_range(hub.logs[0].received, 50, 1000);
    assert_in_range(hub.logs[1].received, 50, 1000);
    air_free(air);
}

static void attempts_go_on_beside_scanning(void **state)
{
    struct air *air = air_with((struct air_config){ .seed = 4 });
    struct link_station a, b, c;
    struct usher_ble_addr addr;

    (void)state;
    link_join(air, &a);
    link_join(air, &b);
    link_join(air, &c);
    air_scan(a.station.radio, USHER_SCAN_PB_ADV);
    addr = link_addr(&b);
    addr.type = 0; /* nobody's */
    assert_int_equal(air_initiate(a.station.radio, &addr, &link_params), USHER_OK);
    link_advertise(&b, 0);
    link_advertise(&c, 0);
    for (unsigned i = 0; i < 100; i++) {
        send_one(&c.station, 1, 0);
        run_for(air, 10000);
    }
    assert_int_equal(a.open, 0);
    assert_int_equal(a.station.reports, 100); /* none of those that are connectable */
    addr.type = 1;
    assert_int_equal(air_initiate(a.station.radio, &addr, &link_params), USHER_E_BUSY);
    air_initiate_cancel(a.station.radio);
    run_for(air, SECOND);
    assert_int_equal(a.open, 0);
    air_scan(a.station.radio, USHER_SCAN_GATT);
    a.station.reports = 0;
    link_initiate(&a, &b);
    run_for(air, SECOND);
    assert_int_equal(a.open, 1);
    assert_int_equal(b.open, 1);
    assert_int_equal(c.open, 0);
    assert_in_range(a.station.reports, 20, 50); /* of c; and it scans on */
    air_free(air);
}

static void what_cannot_be_is_refused(void **state)
{
    static const struct air_link_params wrong[] = {
        { 7499, 1000 }, { 4000001, 1000 }, { 30000, 99 }, { 30000, 32001 }
    };
    struct air *air = air_with((struct air_config){ .seed = 4 });
    struct link_station a;
    struct usher_ble_addr addr;

    (void)state;
    link_join(air, &a);
    addr = link_addr(&a);
    for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_int_equal(air_initiate(a.station.radio, &addr, &wrong[i]), USHER_E_PARAM);
    }
    air_link_owner_set(a.station.radio, NULL);
    assert_int_equal(air_initiate(a.station.radio, &addr, &link_params), USHER_E_STATE);
    air_free(air);
}

static void only_what_is_connectable_is_connected_to(void **state)
{
    static const enum usher_adv_type types[] = { USHER_ADV_NONCONN_IND, USHER_ADV_SCAN_IND };
    struct air *air = air_with((struct air_config){ .seed = 4 });
    struct link_station a, b;

    (void)state;
    link_join(air, &a);
    link_join(air, &b);
    air_scan(a.station.radio, 0xFF);
    link_initiate(&a, &b);
    for (unsigned i = 0; i < 2; i++) {
        struct usher_adv adv = adv_of(0, 0x16, 0);

        adv.type = types[i];
        assert_int_equal(air_send(b.station.radio, &adv), USHER_OK);
        run_for(air, 10000);
    }
    assert_int_equal(a.station.reports, 2);
    assert_int_equal(a.open, 0);
    air_free(air);
}

static void links_are_between_addresses_that_were_set(void **state)
{
    static const struct usher_ble_addr addrs[2] = { { 0, { 0, 1, 2, 3, 4, 5 } },
                                                    { 1, { 0xC1, 1, 2, 3, 4, 5 } } };
    struct air *air = air_with((struct air_config){ .seed = 4 });
    struct link_station a, b;

    (void)state;
    link_join(air, &a);
    link_join(air, &b);
    air_addr_set(a.station.radio, &addrs[0]);
    air_addr_set(b.station.radio, &addrs[1]);
    link_advertise(&b, 0);
    link_initiate(&a, &b); /* whose address is random */
    /* too late for what has begun */
    air_addr_set(a.station.radio, &addrs[1]);
    air_addr_set(b.station.radio, &addrs[0]);
    run_for(air, SECOND);
    assert_int_equal(b.open, 1);
    assert_memory_equal(&link_of(&b)->peer, &addrs[0], sizeof(addrs[0]));
    assert_memory_equal(&link_of(&a)->peer, &addrs[1], sizeof(addrs[1]));
    air_free(air);
}

/* Lets a request begin, and stops in the middle of it. */
static void until_requested(struct air *air, struct link_station *a, struct link_station *b)
{
    link_join(air, a);
    link_join(air, b);
    link_advertise(b, 0);
    link_initiate(a, b);
    do { /* nothing else takes as long */
        air_run_until(air, air_next_us(air));
    } while (air_next_us(air) - air_now_us(air) != REQUEST_US);
    run_for(air, 100);
    assert_int_equal(a->links + b->links, 0);
}

static void either_side_may_think_better_of_a_request(void **state)
{
    struct air *air = air_with((struct air_config){ .seed = 4 });
    struct link_station a, b;
    struct usher_adv adv = adv_of(0, 0x29, 0);

    (void)state;
    /* the peripheral: the central has a link to nobody */
    until_requested(air, &a, &b);
    assert_int_equal(air_send(b.station.radio, &adv), USHER_E_BUSY);
    air_stop(b.station.radio, 0);
    send_one(&b.station, 0, 0);
    run_for(air, SECOND);
    assert_int_equal(b.links, 0);
    assert_int_equal(b.station.done, 1);
    assert_int_equal(a.links, 1);
    assert_int_equal(link_of(&a)->reason, AIR_LINK_NOT_ESTABLISHED);
    air_leave(a.station.radio);
    air_leave(b.station.radio);

    /* the central: the peripheral advertises on, and can be connected to again */
    until_requested(air, &a, &b);
    air_initiate_cancel(a.station.radio);
    run_for(air, SECOND);
    assert_int_equal(a.links + b.links, 0);
    link_initiate(&a, &b);
    run_for(air, SECOND);
    assert_int_equal(a.open + b.open, 2);
    air_leave(a.station.radio);
    air_leave(b.station.radio);

    /* either leaves */
    until_requested(air, &a, &b);
    air_leave(a.station.radio);
    run_for(air, 10 * SECOND);
    assert_int_equal(b.links, 0);
    assert_int_equal(b.station.done, 1);
    air_leave(b.station.radio);
    until_requested(air, &a, &b);
    air_leave(b.station.radio);
    run_for(air, SECOND);
    assert_int_equal(link_of(&a)->reason, AIR_LINK_NOT_ESTABLISHED);
    air_free(air);
}

/* -- from within ------------------------------------------------------------------------------- */

static void leave_within(struct link_log *log)
{
    air_leave(log->at->station.radio);
}

static void other_leaves_within(struct link_log *log)
{
    struct station *other = log->at->station.other;

    if (other->radio != NULL) {
        air_leave(other->radio);
        other->radio = NULL;
    }
}

static void close_within(struct link_log *log)
{
    if (log->link != NULL) {
        air_link_close(log->link, 0x13);
    }
}

static void no_more_links_within(struct link_log *log)
{
    air_link_owner_set(log->at->station.radio, NULL);
}

static void again_within(struct link_log *log)
{
    if (!log->central) {
        link_advertise(log->at, 0);
    }
}

static void owners_may_do_anything_from_within(void **state)
{
    static void (*const deeds[])(struct link_log * log) = {
        leave_within, other_leaves_within, close_within, no_more_links_within, again_within,
    };

    (void)state;
    for (unsigned i = 0; i < 5 * 4 * 2; i++) {
        struct air *air = air_with((struct air_config){ .seed = i });
        struct link_station s[2];
        struct link_station *doer = &s[i / 20];
        void (*deed)(struct link_log * log) = deeds[i % 5];

        link_join(air, &s[0]);
        link_join(air, &s[1]);
        s[0].station.other = &s[1].station;
        s[1].station.other = &s[0].station;
        doer->on_connected = i / 5 % 4 == 0 ? deed : NULL;
        doer->on_data = i / 5 % 4 == 1 ? deed : NULL;
        doer->on_sent = i / 5 % 4 == 2 ? deed : NULL;
        doer->on_ended = i / 5 % 4 == 3 ? deed : NULL;
        link_advertise(&s[1], 0);
        link_initiate(&s[0], &s[1]);
        run_for(air, 300000);
        for (unsigned k = 0; k < 2; k++) {
            if (s[k].open != 0 && s[k].station.radio != NULL && deed == again_within) {
                link_send(link_of(&s[k]), 1);
            }
        }
        run_for(air, 5 * SECOND);
        assert_int_equal(s[0].logs[0].wrong + s[1].logs[0].wrong, 0);
        air_free(air);
    }
}

/* -- many at random ---------------------------------------------------------------------------- */

enum { CROWD = 12 };

/* What one of a crowd does next. */
static void act(struct air *air, struct link_station *one, struct link_station *other, uint8_t what,
                uint8_t how)
{
    struct link_log *log = &one->logs[how % LINKS_MAX];
    struct usher_ble_addr addr = link_addr(other);

    if (what < 4) {
        air_leave(one->station.radio);
        link_join(air, one);
    } else if (what < 40) {
        struct usher_adv adv = adv_of(how & 3, 0x29, 0);

        adv.type = (how & 4) != 0 ? USHER_ADV_IND : USHER_ADV_NONCONN_IND;
        adv.count = 20;
        adv.interval_ms = 20;
        (void)air_send(one->station.radio, &adv);
    } else if (what < 60) {
        air_stop(one->station.radio, how & 3);
    } else if (what < 100 && one->open < LINKS_MAX - 4) {
        (void)air_initiate(one->station.radio, &addr, &link_params);
    } else if (what < 110) {
        air_initiate_cancel(one->station.radio);
    } else if (what < 120) {
        air_scan(one->station.radio, how);
        air_scan_active(one->station.radio, (how & 1) != 0);
    } else if (log->link != NULL && what < 125) {
        air_link_close(log->link, 0x13);
    } else if (log->link != NULL && what < 130) {
        air_link_update(log->link, &(struct air_link_params){ 7500 + how * 1250u, 500 });
    } else if (log->link != NULL && log->to_send == 0 && what < 200) {
        link_send(log, how);
    } else if (what < 210) {
        air_place(one->station.radio, (int16_t)(how * 4), 0);
    }
}

static uint64_t crowd(uint64_t seed)
{
    struct air *air =
        air_with((struct air_config){ .seed = seed, .loss_pct = 10, .range = 900, .dup_pct = 10 });
    struct link_station *s = calloc(CROWD, sizeof(*s));
    uint64_t hash = 0;
    unsigned links = 0, received = 0;

    assert_non_null(s);
    for (unsigned i = 0; i < CROWD; i++) {
        link_join(air, &s[i]);
    }
    for (unsigned round = 0; round < 20000; round++) {
        struct link_station *one = &s[round % CROWD];
        uint8_t choice[3];

        air_random(one->station.radio, choice, sizeof(choice));
        act(air, one, &s[choice[2] % CROWD], choice[0], choice[1]);
        run_for(air, 2000);
        links += one->open;
        for (unsigned i = 0; i < LINKS_MAX; i++) {
            received += one->logs[i].received;
            assert_int_equal(one->logs[i].wrong, 0);
        }
        hash = hash * 31 + link_digest(one);
    }
    assert_true(links > 1000 && received > 1000);
    air_free(air);
    free(s);
    return hash;
}

static void links_come_and_go_and_a_seed_replays(void **state)
{
    uint64_t first = crowd(1);
    void *elsewhere = malloc(54321); /* other addresses the second time */

    (void)state;
    assert_int_equal(crowd(1), first);
    assert_int_not_equal(crowd(2), first);
    free(elsewhere);
}

/* -- what is on the air ------------------------------------------------------------------------ */

struct requests {
    unsigned count, wrong;
    unsigned hops; /* by bits */
    uint32_t access_address;
    unsigned data;
    uint64_t channels; /* by bits */
};

static void see(void *ctx, const struct air_link_pdu *pdu)
{
    struct requests *r = ctx;
    const uint8_t *link = pdu->octets + 2 + 12;

    if (pdu->channel < 37) {
        r->data++;
        r->wrong += pdu->access_address != r->access_address;
        r->channels |= UINT64_C(1) << pdu->channel;
        return;
    }
    r->count++;
    r->wrong += pdu->len != 36 || pdu->access_address != 0x8E89BED6 || !pdu->central;
    r->access_address = (uint32_t)(link[0] | link[1] << 8 | link[2] << 16) | (uint32_t)link[3]
                                                                                 << 24;
    r->hops |= 1u << (pdu->octets[35] & 0x1F);

    /* Vol 6, Part B, 2.1.2, by looking at each bit */
    unsigned run = 0, transitions = 0, in_six = 0;
    uint32_t last = 2;

    for (unsigned i = 0; i < 32; i++) {
        uint32_t bit = r->access_address >> i & 1;

        transitions += i > 0 && bit != last;
        in_six += i > 26 && bit != last;
        run = bit == last ? run + 1 : 1;
        r->wrong += run > 6;
        last = bit;
    }
    r->wrong += transitions > 24 || in_six < 2;
}

static void what_is_on_the_air_is_legal(void **state)
{
    struct air *air = air_with((struct air_config){ .seed = 8 });
    struct requests r = { 0 };

    (void)state;
    air_link_sniffer_set(air, see, &r);
    for (unsigned i = 0; i < 500; i++) {
        struct link_station a, b;

        link_join(air, &a);
        link_join(air, &b);
        link_up(&a, &b);
        link_send(link_of(&a), i == 0 ? 1200 : 200); /* once, all channels */
        run_for(air, 5 * SECOND);
        air_leave(a.station.radio);
        air_leave(b.station.radio);
    }
    assert_int_equal(r.count, 500);
    assert_int_equal(r.wrong, 0);
    assert_int_equal(r.hops, 0x1FFE0); /* 5..16 */
    assert_int_equal(r.data, 500 * 2 * 200 + 2 * 1000);
    assert_true(r.channels == (UINT64_C(1) << 37) - 1);
    air_free(air);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_radio_has_several_links_in_either_role),
        cmocka_unit_test(eight_links_at_once),
        cmocka_unit_test(events_that_meet_take_turns),
        cmocka_unit_test(an_event_does_not_always_yield_to_the_one_before),
        cmocka_unit_test(attempts_go_on_beside_scanning),
        cmocka_unit_test(what_cannot_be_is_refused),
        cmocka_unit_test(only_what_is_connectable_is_connected_to),
        cmocka_unit_test(links_are_between_addresses_that_were_set),
        cmocka_unit_test(either_side_may_think_better_of_a_request),
        cmocka_unit_test(owners_may_do_anything_from_within),
        cmocka_unit_test(links_come_and_go_and_a_seed_replays),
        cmocka_unit_test(what_is_on_the_air_is_legal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
