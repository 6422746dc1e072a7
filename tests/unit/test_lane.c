/*
 * Which radio takes a device: by strength, load and failures, among those that hear it.
 */
#include "lane.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define NOW 100000u

/* Two radios with nothing to do, which hear the device on PB-ADV. */
struct bench {
    struct lane lanes[2];
    struct lane_heard heard[2];
    uint64_t since, again;
    size_t chosen;
};

static struct bench bench(int8_t first, int8_t second)
{
    struct bench b = { .lanes = { { .share = 4, .room = true }, { .share = 4, .room = true } },
                       .since = NOW,
                       .again = USHER_NEVER };
    lane_hear(&b.heard[0], first, NULL);
    lane_hear(&b.heard[1], second, NULL);
    return b;
}

static enum lane_choice choose(struct bench *b)
{
    b->chosen = 99;
    b->again = USHER_NEVER;
    return lane_choose(b->lanes, 2, b->heard, NOW, b->since, &b->chosen, &b->again);
}

static void assert_chosen(struct bench *b, size_t lane)
{
    assert_int_equal(choose(b), LANE_CHOSEN);
    assert_int_equal(b->chosen, lane);
}

static void assert_later(struct bench *b, uint64_t again)
{
    assert_int_equal(choose(b), LANE_LATER);
    assert_int_equal(b->chosen, 99);
    assert_int_equal(b->again, again);
}

static void the_stronger_is_taken(void **state)
{
    (void)state;
    struct bench b = bench(-60, -61);
    assert_chosen(&b, 0);
    b = bench(-61, -60);
    assert_chosen(&b, 1);
    b = bench(-128, 20);
    assert_chosen(&b, 1);
}

static void links_at_work_count(void **state)
{
    (void)state;
    struct bench b = bench(-60, -62);
    b.lanes[0].active = 1; /* a quarter: 3 dB */
    assert_chosen(&b, 1);
    b = bench(-60, -64);
    b.lanes[0].active = 1;
    assert_chosen(&b, 0);
    b.lanes[0].active = 3;
    assert_chosen(&b, 1);
}

static void a_busy_one_is_waited_for_beyond_12_db(void **state)
{
    (void)state;
    struct bench b = bench(-50, -62);
    b.lanes[0].active = 4;
    assert_chosen(&b, 1);
    b = bench(-50, -63);
    b.lanes[0].active = 4;
    assert_later(&b, NOW + LANE_PATIENCE_MS);
    b.since = NOW - LANE_PATIENCE_MS + 1;
    assert_later(&b, NOW + 1);
    b.since = NOW - LANE_PATIENCE_MS;
    assert_chosen(&b, 1);
    b.since = NOW; /* sessions that have not closed yet are no less busy */
    b.lanes[0].active = 0;
    b.lanes[0].room = false;
    assert_later(&b, NOW + LANE_PATIENCE_MS);
    b.lanes[0].room = true;
    assert_chosen(&b, 0);
}

static void all_are_busy(void **state)
{
    (void)state;
    struct bench b = bench(-50, -50);
    b.lanes[0].active = b.lanes[1].active = 4;
    b.since = 0;
    assert_later(&b, USHER_NEVER);
}

static void a_failure_counts_12_db(void **state)
{
    (void)state;
    struct bench b = bench(-50, -61);
    b.heard[0].failed = 1;
    assert_chosen(&b, 1);
    b.heard[1].failed = 1;
    assert_chosen(&b, 0);
    b = bench(-50, -63);
    b.heard[0].failed = 1;
    assert_chosen(&b, 0);
}

static void only_those_that_hear_it_are_asked(void **state)
{
    (void)state;
    struct bench b = bench(-50, -90);
    b.lanes[0].lost = true;
    assert_chosen(&b, 1);
    b.heard[1].bearers = 0;
    assert_int_equal(choose(&b), LANE_NOBODY);
    b.lanes[0].lost = false;
    assert_chosen(&b, 0);
    b.lanes[0].active = 4; /* the other one does not help */
    b.since = 0;
    assert_later(&b, USHER_NEVER);
}

static void one_that_could_not_begin_is_left_alone(void **state)
{
    (void)state;
    struct bench b = bench(-50, -90);
    b.heard[0].not_before = NOW + 1;
    assert_chosen(&b, 1);
    b.lanes[1].active = 4;
    assert_later(&b, NOW + 1);
    b.heard[0].not_before = NOW;
    assert_chosen(&b, 0);
}

static void pb_adv_goes_first(void **state)
{
    (void)state;
    const struct usher_ble_addr peer = { .type = 1, .addr = { 1, 2, 3, 4, 5, 6 } };
    struct bench b = bench(-50, -90);
    b.heard[0] = (struct lane_heard){ .bearers = 0 };
    lane_hear(&b.heard[0], -50, &peer);
    assert_int_equal(b.heard[0].peer.addr[5], 6);
    assert_chosen(&b, 1);
    b.lanes[1].active = 4; /* even if it is busy */
    b.since = 0;
    assert_later(&b, USHER_NEVER);
    b.lanes[1].lost = true;
    assert_chosen(&b, 0);
}

static void strength_is_smoothed(void **state)
{
    (void)state;
    struct lane_heard h = { .bearers = 0 };
    lane_hear(&h, -60, NULL);
    assert_int_equal(h.rssi, -60);
    lane_hear(&h, -80, NULL);
    assert_int_equal(h.rssi, -65);
    lane_hear(&h, 127, NULL);
    assert_int_equal(h.rssi, 127);
    lane_hear(&h, -70, NULL);
    assert_int_equal(h.rssi, -70);
    struct bench b = bench(127, -89); /* not known: -90 */
    assert_chosen(&b, 1);
    b = bench(127, -91);
    assert_chosen(&b, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_stronger_is_taken),
        cmocka_unit_test(links_at_work_count),
        cmocka_unit_test(a_busy_one_is_waited_for_beyond_12_db),
        cmocka_unit_test(all_are_busy),
        cmocka_unit_test(a_failure_counts_12_db),
        cmocka_unit_test(only_those_that_hear_it_are_asked),
        cmocka_unit_test(one_that_could_not_begin_is_left_alone),
        cmocka_unit_test(pb_adv_goes_first),
        cmocka_unit_test(strength_is_smoothed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
