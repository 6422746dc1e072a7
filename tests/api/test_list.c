/*
 * Lists, queues and bit fields (list.h, queue.h, bitfield.h), and the small macros around them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bitfield.h"
#include "list.h"
#include "queue.h"
#include "utils.h"

#include <string.h>

struct item {
    int value;
    list_node_t node;
    char name;
};

static int by_value(const list_node_t *a, const list_node_t *b)
{
    const struct item *first = PARENT_BY_FIELD_GET(struct item, node, a);
    const struct item *second = PARENT_BY_FIELD_GET(struct item, node, b);

    return first->value - second->value;
}

/* The names of a list, in order. */
static const char *names(list_node_t *head)
{
    static char text[16];
    size_t len = 0;

    LIST_FOREACH(p_node, head)
    {
        text[len++] = PARENT_BY_FIELD_GET(struct item, node, p_node)->name;
    }
    text[len] = '\0';
    return text;
}

static void nodes_are_added_at_the_end_and_taken_out_anywhere(void **state)
{
    struct item items[] = { { 1, { NULL }, 'a' }, { 2, { NULL }, 'b' }, { 3, { NULL }, 'c' } };
    list_node_t *head = NULL;

    (void)state;
    assert_int_equal(list_size_get(head), 0);
    assert_int_equal(list_remove(&head, &items[0].node), NRF_ERROR_NOT_FOUND);
    for (unsigned i = 0; i < ARRAY_SIZE(items); i++) {
        items[i].node.p_next = &items[0].node; /* whatever was there */
        list_add(&head, &items[i].node);
    }
    assert_string_equal(names(head), "abc");
    assert_int_equal(list_size_get(head), 3);
    assert_int_equal(list_remove(&head, &items[1].node), NRF_SUCCESS);
    assert_string_equal(names(head), "ac");
    assert_int_equal(list_remove(&head, &items[1].node), NRF_ERROR_NOT_FOUND);
    list_insert(&items[0].node, &items[1].node);
    assert_string_equal(names(head), "abc");
    assert_int_equal(list_remove(&head, &items[0].node), NRF_SUCCESS);
    assert_int_equal(list_remove(&head, &items[2].node), NRF_SUCCESS);
    assert_string_equal(names(head), "b");
    assert_int_equal(list_remove(&head, &items[1].node), NRF_SUCCESS);
    assert_null(head);
}

static void nodes_are_sorted_in_behind_their_equals(void **state)
{
    struct item items[] = {
        { 2, { NULL }, 'a' }, { 1, { NULL }, 'b' }, { 2, { NULL }, 'c' }, { 3, { NULL }, 'd' }
    };
    list_node_t *head = NULL;

    (void)state;
    for (unsigned i = 0; i < ARRAY_SIZE(items); i++) {
        list_sorted_add(&head, &items[i].node, by_value);
    }
    assert_string_equal(names(head), "bacd");
}

static void an_equal_node_is_not_added(void **state)
{
    struct item items[] = { { 2, { NULL }, 'a' }, { 1, { NULL }, 'b' }, { 2, { NULL }, 'c' } };
    list_node_t *head = NULL;

    (void)state;
    assert_int_equal(list_compare_add(&head, &items[0].node, by_value), NRF_SUCCESS);
    assert_int_equal(list_compare_add(&head, &items[1].node, by_value), NRF_SUCCESS);
    assert_int_equal(list_compare_add(&head, &items[2].node, by_value), NRF_ERROR_FORBIDDEN);
    assert_string_equal(names(head), "ab");
}

static void queues_are_first_in_first_out(void **state)
{
    queue_elem_t elements[3] = { { 0 } };
    queue_t queue = { .p_front = &elements[0] };

    (void)state;
    queue_init(&queue);
    assert_null(queue_peek(&queue));
    assert_null(queue_pop(&queue));
    for (int round = 0; round < 2; round++) {
        for (unsigned i = 0; i < 3; i++) {
            elements[i].p_data = &elements[i];
            queue_push(&queue, &elements[i]);
        }
        for (unsigned i = 0; i < 3; i++) {
            assert_ptr_equal(queue_peek(&queue), &elements[i]);
            assert_ptr_equal(queue_pop(&queue), &elements[i]);
        }
        assert_null(queue_pop(&queue));
    }
}

static void bits_are_set_cleared_counted_and_found(void **state)
{
    uint32_t field[BITFIELD_BLOCK_COUNT(70)];

    (void)state;
    assert_int_equal(BITFIELD_BLOCK_SIZE, 32);
    assert_int_equal(ARRAY_SIZE(field), 3);
    assert_int_equal(BITFIELD_BLOCK_COUNT(64), 2);
    assert_int_equal(BITFIELD_BLOCK_COUNT(0), 0);
    memset(field, 0xA5, sizeof(field));
    bitfield_clear_all(field, 70);
    assert_true(bitfield_is_all_clear(field, 70));
    assert_int_equal(bitfield_next_get(field, 70, 0), 70);
    bitfield_set(field, 0);
    bitfield_set(field, 33);
    bitfield_set(field, 69);
    assert_true(bitfield_get(field, 33));
    assert_false(bitfield_get(field, 32));
    assert_int_equal(field[1], 2);
    assert_int_equal(bitfield_popcount(field, 70), 3);
    assert_int_equal(bitfield_popcount(field, 69), 2);
    assert_int_equal(bitfield_next_get(field, 70, 0), 0);
    assert_int_equal(bitfield_next_get(field, 70, 1), 33);
    assert_int_equal(bitfield_next_get(field, 70, 34), 69);
    bitfield_clear(field, 33);
    assert_false(bitfield_get(field, 33));
    assert_false(bitfield_is_all_clear(field, 70));
    bitfield_set_all(field, 70);
    assert_true(bitfield_is_all_set(field, 70));
    bitfield_clear(field, 31);
    assert_false(bitfield_is_all_set(field, 70));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nodes_are_added_at_the_end_and_taken_out_anywhere),
        cmocka_unit_test(nodes_are_sorted_in_behind_their_equals),
        cmocka_unit_test(an_equal_node_is_not_added),
        cmocka_unit_test(queues_are_first_in_first_out),
        cmocka_unit_test(bits_are_set_cleared_counted_and_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
