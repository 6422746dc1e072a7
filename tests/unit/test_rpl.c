/* The replay list. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "rpl.h"

#define SIZE 3

struct list {
    struct usher_rpl_entry entries[SIZE];
    struct usher_rpl rpl;
};

static void list_init(struct list *l)
{
    *l = (struct list){ .rpl = { l->entries, SIZE } };
}

static void what_was_accepted_is_a_replay_and_so_is_what_is_older(void **state)
{
    struct list l;

    (void)state;
    list_init(&l);
    assert_int_equal(rpl_check(&l.rpl, 5, 10, 0), RPL_NEW);
    assert_true(rpl_accept(&l.rpl, 5, 10, 0));
    assert_int_equal(rpl_check(&l.rpl, 5, 10, 0), RPL_REPLAY);
    assert_int_equal(rpl_check(&l.rpl, 5, 10, 1), RPL_NEW);
    assert_true(rpl_accept(&l.rpl, 5, 10, 0xFFFFFF));
    assert_int_equal(rpl_check(&l.rpl, 5, 10, 0xFFFFFE), RPL_REPLAY);
    assert_int_equal(rpl_check(&l.rpl, 5, 9, 0xFFFFFF), RPL_REPLAY);
    assert_int_equal(rpl_check(&l.rpl, 5, 11, 0), RPL_NEW);
    assert_true(rpl_accept(&l.rpl, 5, 11, 0));
    assert_int_equal(rpl_check(&l.rpl, 5, 10, 0xFFFFFF), RPL_REPLAY);
    assert_int_equal(rpl_check(&l.rpl, 6, 10, 0), RPL_NEW);
}

static void an_entry_never_goes_back(void **state)
{
    struct list l;

    (void)state;
    list_init(&l);
    assert_true(rpl_accept(&l.rpl, 5, 10, 100));
    l.entries[0].dirty = false;
    assert_true(rpl_accept(&l.rpl, 5, 10, 50));
    assert_true(rpl_accept(&l.rpl, 5, 9, 500));
    assert_true(rpl_accept(&l.rpl, 5, 10, 100));
    assert_int_equal(rpl_check(&l.rpl, 5, 10, 100), RPL_REPLAY);
    assert_false(l.entries[0].dirty);
    assert_true(rpl_accept(&l.rpl, 5, 10, 101));
    assert_true(l.entries[0].dirty);
}

static void a_full_list_knows_its_own(void **state)
{
    struct list l;

    (void)state;
    list_init(&l);
    for (uint16_t src = 1; src <= SIZE; src++) {
        assert_true(rpl_accept(&l.rpl, src, 0, 7));
    }
    assert_int_equal(rpl_check(&l.rpl, 9, 0, 8), RPL_FULL);
    assert_false(rpl_accept(&l.rpl, 9, 0, 8));
    for (uint16_t src = 1; src <= SIZE; src++) {
        assert_int_equal(rpl_check(&l.rpl, src, 0, 7), RPL_REPLAY);
        assert_int_equal(rpl_check(&l.rpl, src, 0, 8), RPL_NEW);
    }
}

static void a_node_that_is_removed_is_forgotten_in_its_place(void **state)
{
    struct list l;

    (void)state;
    list_init(&l);
    assert_true(rpl_accept(&l.rpl, 9, 0, 7));
    assert_true(rpl_accept(&l.rpl, 10, 0, 7));
    assert_true(rpl_accept(&l.rpl, 12, 0, 7));
    for (size_t i = 0; i < SIZE; i++) {
        l.entries[i].dirty = false;
    }
    rpl_remove(&l.rpl, 10, 2);
    assert_int_equal(rpl_check(&l.rpl, 9, 0, 7), RPL_REPLAY);
    assert_int_equal(rpl_check(&l.rpl, 10, 0, 7), RPL_NEW);
    assert_int_equal(rpl_check(&l.rpl, 12, 0, 7), RPL_REPLAY);
    assert_int_equal(l.entries[2].src, 12);
    assert_false(l.entries[0].dirty);
    assert_true(l.entries[1].dirty);
    assert_false(l.entries[2].dirty);

    l.entries[1].dirty = false;
    rpl_remove(&l.rpl, 0, 10); /* 0..9: free places are no entries */
    assert_false(l.entries[1].dirty);
    assert_int_equal(rpl_check(&l.rpl, 9, 0, 7), RPL_NEW);
    rpl_remove(&l.rpl, 12, 0);
    assert_int_equal(rpl_check(&l.rpl, 12, 0, 7), RPL_REPLAY);
    rpl_clear(&l.rpl);
    assert_int_equal(rpl_check(&l.rpl, 12, 0, 7), RPL_NEW);
    assert_false(l.entries[2].dirty);
}

static void what_no_message_can_be_of_is_let_go(void **state)
{
    struct list l;

    (void)state;
    list_init(&l);
    assert_true(rpl_accept(&l.rpl, 1, 8, 7));
    assert_true(rpl_accept(&l.rpl, 2, 9, 7));
    assert_true(rpl_accept(&l.rpl, 3, 10, 7));
    rpl_age(&l.rpl, 10);
    assert_int_equal(l.entries[0].src, 0);
    assert_true(l.entries[0].dirty);
    assert_int_equal(rpl_check(&l.rpl, 2, 9, 7), RPL_REPLAY);
    assert_int_equal(rpl_check(&l.rpl, 3, 10, 7), RPL_REPLAY);
    rpl_age(&l.rpl, 0);
    assert_int_equal(rpl_check(&l.rpl, 3, 10, 7), RPL_REPLAY);
}

static void segmented_messages_go_by_where_they_began(void **state)
{
    struct list l;

    (void)state;
    list_init(&l);
    assert_int_equal(rpl_check_segmented(&l.rpl, 5, 10, 0), RPL_NEW);
    assert_true(rpl_accept(&l.rpl, 5, 10, 30)); /* one in between, not segmented */
    assert_int_equal(rpl_check_segmented(&l.rpl, 5, 10, 20), RPL_NEW);
    assert_true(rpl_accept_segmented(&l.rpl, 5, 10, 20, 40));
    assert_int_equal(rpl_check(&l.rpl, 5, 10, 40), RPL_REPLAY);
    assert_int_equal(rpl_check_segmented(&l.rpl, 5, 10, 20), RPL_LAST);
    assert_int_equal(rpl_check_segmented(&l.rpl, 5, 10, 19), RPL_REPLAY);
    assert_int_equal(rpl_check_segmented(&l.rpl, 5, 10, 21), RPL_NEW);
    assert_true(rpl_accept(&l.rpl, 5, 10, 50));
    assert_int_equal(rpl_check_segmented(&l.rpl, 5, 10, 20), RPL_LAST);
    assert_true(rpl_accept_segmented(&l.rpl, 5, 10, 10, 60)); /* begun before, ended after */
    assert_int_equal(rpl_check_segmented(&l.rpl, 5, 10, 20), RPL_LAST);

    assert_int_equal(rpl_check_segmented(&l.rpl, 5, 11, 0), RPL_NEW); /* a new IV Index */
    assert_true(rpl_accept(&l.rpl, 5, 11, 3));
    assert_int_equal(rpl_check_segmented(&l.rpl, 5, 11, 0), RPL_NEW);
    assert_true(rpl_accept_segmented(&l.rpl, 5, 11, 0, 4));
    assert_int_equal(rpl_check_segmented(&l.rpl, 5, 11, 0), RPL_LAST);

    for (uint16_t src = 6; src < 5 + SIZE; src++) {
        assert_true(rpl_accept_segmented(&l.rpl, src, 11, 0, 4));
    }
    assert_false(rpl_accept_segmented(&l.rpl, 99, 11, 0, 4));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_accepted_is_a_replay_and_so_is_what_is_older),
        cmocka_unit_test(an_entry_never_goes_back),
        cmocka_unit_test(a_full_list_knows_its_own),
        cmocka_unit_test(a_node_that_is_removed_is_forgotten_in_its_place),
        cmocka_unit_test(what_no_message_can_be_of_is_let_go),
        cmocka_unit_test(segmented_messages_go_by_where_they_began),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
