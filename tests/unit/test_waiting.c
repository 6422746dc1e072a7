/*
 * Whose turn it is: ranks, their turns, and pauses.
 */
#include "waiting.h"

#include <usher/types.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define NOW 1000u

/* A room, and who waits in it. */
struct bench {
    struct waiting_room room;
    struct waiting w[8];
};

/* Everybody of these ranks is ready, in this order. */
static void bench(struct bench *b, const unsigned *ranks, size_t count)
{
    *b = (struct bench){ .room = { .turn = 0 } };
    waiting_init(&b->room);
    for (size_t i = 0; i < count; i++) {
        b->w[i].rank = ranks[i];
        waiting_add(&b->room, &b->w[i]);
    }
}

static void assert_takes(struct bench *b, const unsigned *order, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        assert_ptr_equal(waiting_take(&b->room, NOW), &b->w[order[i]]);
    }
    assert_null(waiting_take(&b->room, NOW));
    assert_true(waiting_nobody(&b->room));
}

static void who_came_first_goes_first(void **state)
{
    struct bench b;
    (void)state;
    bench(&b, (unsigned[]){ 0, 0, 0 }, 3);
    assert_takes(&b, (unsigned[]){ 0, 1, 2 }, 3);
}

static void two_ranks_take_turns_and_the_third_comes_last(void **state)
{
    struct bench b;
    (void)state;
    bench(&b, (unsigned[]){ 2, 0, 0, 0, 1, 1, 2 }, 7);
    assert_takes(&b, (unsigned[]){ 1, 4, 2, 5, 3, 0, 6 }, 7);
    waiting_add(&b.room, &b.w[1]);
    waiting_add(&b.room, &b.w[4]);
    assert_takes(&b, (unsigned[]){ 4, 1 }, 2); /* rank 0 was served last, of the two */
}

static void a_turn_that_nobody_took_is_not_made_up_for(void **state)
{
    struct bench b;
    (void)state;
    bench(&b, (unsigned[]){ 1, 1, 0 }, 2);
    assert_ptr_equal(waiting_take(&b.room, NOW), &b.w[0]);
    waiting_add(&b.room, &b.w[2]); /* rank 1 was served last */
    assert_takes(&b, (unsigned[]){ 2, 1 }, 2);
}

/* Who leaves unserved takes nobody's turn, however many they are. */
static void leaving_is_nobodys_turn(void **state)
{
    struct bench b;
    (void)state;
    for (unsigned leave = 0; leave <= 3; leave++) {
        bench(&b, (unsigned[]){ 0, 0, 0, 0, 0, 1, 2 }, 7);
        assert_ptr_equal(waiting_take(&b.room, NOW), &b.w[0]);
        for (unsigned i = 1; i <= leave; i++) {
            waiting_remove(&b.room, &b.w[i]);
        }
        waiting_remove(&b.room, &b.w[6]);
        assert_ptr_equal(waiting_take(&b.room, NOW), &b.w[5]);
        assert_ptr_equal(waiting_take(&b.room, NOW), &b.w[1 + leave]);
    }
}

static void all_who_are_ready_are_gone_through(void **state)
{
    static const unsigned orders[2][5] = { { 1, 2, 3, 0, 4 }, { 3, 1, 2, 0, 4 } };
    (void)state;
    for (unsigned turn = 0; turn < 2; turn++) {
        struct bench b;
        bench(&b, (unsigned[]){ 2, 0, 0, 1, 2, 0 }, 5);
        if (turn == 1) {
            waiting_add(&b.room, &b.w[5]);
            waiting_serve(&b.room, &b.w[5]);
        }
        struct waiting *w = waiting_first(&b.room, NOW);
        for (size_t i = 0; i < 5; i++) {
            assert_ptr_equal(w, &b.w[orders[turn][i]]);
            w = waiting_behind(&b.room, w);
        }
        assert_null(w);
        assert_ptr_equal(waiting_first(&b.room, NOW), &b.w[orders[turn][0]]); /* all are there */
    }
}

static void a_pause_ends_at_its_time_and_in_order(void **state)
{
    struct bench b;
    (void)state;
    bench(&b, (unsigned[]){ 0, 0, 0, 0 }, 1);
    waiting_add_later(&b.room, &b.w[1], NOW + 20);
    waiting_add_later(&b.room, &b.w[2], NOW + 10);
    waiting_add_later(&b.room, &b.w[3], NOW + 20);
    assert_int_equal(waiting_next(&b.room, NOW), NOW + 10);
    assert_ptr_equal(waiting_take(&b.room, NOW), &b.w[0]);
    assert_null(waiting_take(&b.room, NOW + 9));
    assert_false(waiting_nobody(&b.room));
    assert_ptr_equal(waiting_first(&b.room, NOW + 10), &b.w[2]);
    assert_int_equal(b.w[2].not_before, 0);
    assert_int_equal(waiting_next(&b.room, NOW + 10), NOW + 20);
    assert_int_equal(waiting_next(&b.room, NOW + 20), USHER_NEVER);
    assert_takes(&b, (unsigned[]){ 2, 1, 3 }, 3);
}

static void who_pauses_can_leave(void **state)
{
    struct bench b;
    (void)state;
    bench(&b, NULL, 0);
    waiting_add_later(&b.room, &b.w[0], NOW);
    waiting_add_later(&b.room, &b.w[1], NOW + 1);
    waiting_remove(&b.room, &b.w[0]);
    assert_null(waiting_take(&b.room, NOW));
    assert_ptr_equal(waiting_take_any(&b.room), &b.w[1]);
    assert_null(waiting_take_any(&b.room));
    assert_true(waiting_nobody(&b.room));
}

static void pauses_double_up_to_their_most(void **state)
{
    static const uint64_t pauses[] = { 1000, 1000, 2000, 4000, 7000, 7000 };
    (void)state;
    for (unsigned i = 0; i < 6; i++) {
        assert_int_equal(waiting_pause(i, 1000, 7000), pauses[i]);
    }
    assert_int_equal(waiting_pause(4000000000u, 1000, 7000), 7000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_came_first_goes_first),
        cmocka_unit_test(two_ranks_take_turns_and_the_third_comes_last),
        cmocka_unit_test(a_turn_that_nobody_took_is_not_made_up_for),
        cmocka_unit_test(leaving_is_nobodys_turn),
        cmocka_unit_test(all_who_are_ready_are_gone_through),
        cmocka_unit_test(a_pause_ends_at_its_time_and_in_order),
        cmocka_unit_test(who_pauses_can_leave),
        cmocka_unit_test(pauses_double_up_to_their_most),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
