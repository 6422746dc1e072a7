/*
 * Questions to other nodes: one and many, their ends, and what cannot be asked. What becomes of
 * those that are not answered is in test_client_answers.c.
 */
#include "client_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* -- one question ------------------------------------------------------------------------------ */

static void a_question_is_answered(void **state)
{
    struct client_rig *f = *state;
    struct asked *a = client_ask(f, 0, client_address(f, 1), 0x11, 4);

    assert_int_equal(a->done, 0);
    client_await(f, 1);
    client_assert_answered(a, 0x11, 4);
    assert_int_equal(a->tries, 1);
    assert_in_range(a->ms, 20, 300);
    nodes_run(f->all, 20000);
    assert_int_equal(a->done, 1);
    assert_int_equal(f->heard, 1);
    assert_int_equal(client_deadline(client_mesh(f, 0)), USHER_NEVER);
}

static void a_long_question_is_answered(void **state)
{
    struct client_rig *f = *state;
    struct asked *a = client_ask(f, 0, client_address(f, 1), 0x12, PARAMS_MAX);

    client_await(f, 1);
    client_assert_answered(a, 0x12, PARAMS_MAX);
}

static void a_node_can_ask_itself(void **state)
{
    struct client_rig *f = *state;

    client_ask(f, 0, client_address(f, 0), 0x13, 4);
    client_await(f, 1);
    client_assert_answered(&f->asked[0], 0x13, 4);
    client_ask(f, 1, client_address(f, 0), 0x13, 40);
    client_await(f, 2);
    client_assert_answered(&f->asked[1], 0x13, 40);
}

static void the_first_of_a_group_answers(void **state)
{
    static const uint8_t label[USHER_LABEL_SIZE] = { 0x5A };
    struct client_rig *f = *state;
    struct usher_target target = client_to(GROUP);
    uint16_t virtual_address;
    uint8_t other[USHER_LABEL_SIZE];

    assert_int_equal(access_virtual(client_mesh(f, 0), label, &virtual_address), USHER_OK);
    for (unsigned n = 1; n < NODES; n++) {
        assert_int_equal(manage_subscribe(client_vendor(f, n), GROUP, NULL), USHER_STATUS_SUCCESS);
        assert_int_equal(manage_subscribe(client_vendor(f, n), virtual_address, label),
                         USHER_STATUS_SUCCESS);
    }
    assert_int_equal(client_ask_octets(client_prepare(f, 0), &target, 0x14, 4), USHER_OK);
    client_await(f, 1);
    client_assert_answered(&f->asked[0], 0x14, 4);

    nodes_run(f->all, 2000); /* the others answer, too */
    target = client_to(virtual_address);
    assert_int_equal(client_ask_octets(client_prepare(f, 1), &target, 0x15, 4), USHER_E_ADDR);
    memcpy(other, label, sizeof(other));
    target.label = other;
    assert_int_equal(client_ask_octets(&f->asked[1], &target, 0x15, 40), USHER_OK);
    memset(other, 0, sizeof(other)); /* it was copied */
    client_await(f, 2);
    client_assert_answered(&f->asked[1], 0x15, 40);
    assert_int_equal(f->asked[1].tries, 1);
}

static void a_question_in_segments_by_request(void **state)
{
    struct client_rig *f = *state;
    struct usher_target target = client_to(client_address(f, 1));
    struct asked *a = client_prepare(f, 0);

    target.segmented = true;
    assert_int_equal(client_ask_octets(a, &target, 0x14, 1), USHER_OK);
    assert_true(a->request.sending);
    client_await(f, 1);
    client_assert_answered(a, 0x14, 1);
}

static void the_message_is_wiped_at_the_end(void **state)
{
    static const uint8_t nothing[8];
    struct client_rig *f = *state;
    struct asked *a = client_ask(f, 0, client_address(f, 1), 0x15, 5);

    assert_int_equal(a->request.message[7], 0x15);
    client_await(f, 1);
    assert_memory_equal(a->request.message, nothing, sizeof(nothing));
}

static void the_message_of_one_that_is_refused_is_wiped(void **state)
{
    static const uint8_t nothing[8];
    struct client_rig *f = *state;
    struct asked *a = client_prepare(f, 0);
    struct usher_target target = client_to(client_address(f, 1));

    target.key = 9; /* not known */
    assert_int_equal(client_ask_octets(a, &target, 0x16, 5), USHER_E_NOT_FOUND);
    assert_memory_equal(a->request.message, nothing, sizeof(nothing));
}

/* -- many -------------------------------------------------------------------------------------- */

/* As many for each node as it has places for answers, and more than node 0 can send at once. */
static void many_questions_wait_at_once(void **state)
{
    struct client_rig *f = *state;

    for (unsigned i = 0; i < ASKED_MAX; i++) {
        client_ask(f, i, client_address(f, 1 + i % 4), (uint8_t)i, i % 2 == 0 ? 4 : 40);
    }
    client_await(f, ASKED_MAX);
    for (unsigned i = 0; i < ASKED_MAX; i++) {
        assert_int_equal(f->asked[i].err, USHER_OK);
    }
    assert_int_equal(client_deadline(client_mesh(f, 0)), USHER_NEVER);
}

static void loss_is_made_up_for(void **state)
{
    struct client_rig *f = *state;

    for (unsigned i = 0; i < 4; i++) {
        client_prepare(f, i)->again = 15;
        client_ask(f, i, client_address(f, 1 + i), 0xA9, i % 2 == 0 ? 1 : 60);
    }
    client_await(f, 4 * 16);
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(f->asked[i].done, 16);
        assert_int_equal(f->asked[i].err, USHER_OK);
    }
    assert_true(f->heard > 4 * 16); /* some questions came again */
}

static void the_longest_go_both_ways_at_loss(void **state)
{
    struct client_rig *f = *state;

    for (unsigned i = 0; i < 8; i++) {
        client_ask(f, i, client_address(f, 1 + i % 4), (uint8_t)(0x31 + i / 4), PARAMS_MAX);
    }
    client_await(f, 8);
    for (unsigned i = 0; i < 8; i++) {
        assert_int_equal(f->asked[i].err, USHER_OK);
        assert_int_equal(f->asked[i].len, PARAMS_MAX);
    }
}

/* -- ends -------------------------------------------------------------------------------------- */

static void the_memory_can_be_used_again_when_all_is_over(void **state)
{
    struct client_rig *f = *state;
    struct asked *a = client_prepare(f, 0);

    a->again = 3;
    client_ask(f, 0, client_address(f, 1), 0xA9, 1);
    client_await(f, 4);
    nodes_run(f->all, 10000);
    assert_int_equal(a->done, 4);
    assert_int_equal(a->err, USHER_OK);

    client_prepare(f, 1)->again = 1; /* and after a time-out */
    f->asked[1].request.tries = 1;
    client_ask(f, 1, ABSENT, 0xA9, 1);
    client_await(f, 6);
    assert_int_equal(f->asked[1].done, 2);
    assert_int_equal(f->asked[1].err, USHER_E_TIMEOUT);
}

static void a_question_can_be_forgotten(void **state)
{
    struct client_rig *f = *state;

    client_ask(f, 0, client_address(f, 1), 0x71, 1);
    client_ask(f, 1, client_address(f, 2), 0x72, 100);
    client_ask(f, 2, client_address(f, 3), 0x73, 1);
    usher_ask_cancel(&f->asked[1].request);
    usher_ask_cancel(&f->asked[1].request);
    usher_ask_cancel(&client_prepare(f, 3)->request);
    nodes_run(f->all, 20000);
    assert_int_equal(f->asked[0].done, 1);
    assert_int_equal(f->asked[1].done, 0);
    assert_int_equal(f->asked[2].done, 1);
    assert_int_equal(f->unasked, 1);
    usher_ask_cancel(&f->asked[0].request);
    client_ask(f, 1, client_address(f, 2), 0x74, 100);
    client_await(f, 3);
    client_assert_answered(&f->asked[1], 0x74, 100);
}

static void the_end_of_one_may_cancel_another(void **state)
{
    struct client_rig *f = *state;

    for (unsigned i = 0; i < 3; i++) { /* all of them are due at the same time */
        client_prepare(f, i)->request.tries = 1;
        client_ask(f, i, ABSENT, 0x75, 1);
    }
    f->asked[0].cancels = &f->asked[1];
    nodes_run(f->all, 10000);
    assert_int_equal(f->asked[0].done, 1);
    assert_int_equal(f->asked[1].done, 0);
    assert_int_equal(f->asked[2].done, 1);
}

static void a_reset_forgets_questions(void **state)
{
    struct client_rig *f = *state;

    client_ask(f, 0, client_address(f, 1), 0x76, 1);
    client_ask(f, 1, client_address(f, 1), 0x76, 100);
    assert_int_equal(usher_mesh_reset(client_mesh(f, 0)), USHER_OK);
    assert_int_equal(f->asked[0].request.message[0], 0); /* wiped */
    nodes_run(f->all, 20000);
    assert_int_equal(f->over, 0);
    usher_ask_cancel(&f->asked[0].request);
}

/* -- refusals ---------------------------------------------------------------------------------- */

static void what_cannot_be_asked_is_refused(void **state)
{
    struct client_rig *f = *state;
    struct asked *a = client_prepare(f, 0);
    struct usher_target target = client_to(0);
    struct usher_model stranger = { 0 };
    uint8_t params[PARAMS_MAX + 1] = { 0 };

    assert_int_equal(client_ask_octets(a, &target, 0, 1), USHER_E_ADDR);
    target = client_to(client_address(f, 1));
    target.ttl = 1;
    assert_int_equal(client_ask_octets(a, &target, 0, 1), USHER_E_PARAM);
    target.ttl = 128;
    assert_int_equal(client_ask_octets(a, &target, 0, 1), USHER_E_PARAM);
    target = client_to(client_address(f, 1));
    target.key = 9;
    assert_int_equal(client_ask_octets(a, &target, 0, 1), USHER_E_NOT_FOUND);
    target = client_to(ABSENT);
    target.key = USHER_KEY_REMOTE_DEVICE;
    assert_int_equal(client_ask_octets(a, &target, 0, 1), USHER_E_NOT_FOUND);
    target = client_to(client_address(f, 1));
    assert_int_equal(usher_ask(client_vendor(f, 0), &a->request, &target, QUESTION, params,
                               sizeof(params), ANSWER),
                     USHER_E_SIZE);
    assert_int_equal(usher_ask(client_vendor(f, 0), &a->request, &target, 0x7F, params, 1, ANSWER),
                     USHER_E_PARAM);
    assert_int_equal(usher_ask(&stranger, &a->request, &target, QUESTION, params, 1, ANSWER),
                     USHER_E_STATE);
    assert_int_equal(usher_mesh_reset(client_mesh(f, 0)), USHER_OK);
    assert_int_equal(client_ask_octets(a, &target, 0, 1), USHER_E_STATE);
    nodes_run(f->all, 20000);
    assert_int_equal(a->done, 0);
}

static void a_question_is_asked_once_at_a_time(void **state)
{
    struct client_rig *f = *state;
    struct usher_target target = client_to(client_address(f, 2));
    struct asked *a = client_ask(f, 0, client_address(f, 1), 0x81, 1);

    assert_int_equal(client_ask_octets(a, &target, 0x82, 1), USHER_E_STATE);
    client_await(f, 1);
    client_assert_answered(a, 0x81, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, client_setup, client_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_question_is_answered),
        TEST(a_long_question_is_answered),
        TEST(a_node_can_ask_itself),
        TEST(the_first_of_a_group_answers),
        TEST(a_question_in_segments_by_request),
        TEST(the_message_is_wiped_at_the_end),
        TEST(the_message_of_one_that_is_refused_is_wiped),
        TEST(many_questions_wait_at_once),
        cmocka_unit_test_setup_teardown(loss_is_made_up_for, client_setup_45, client_teardown),
        cmocka_unit_test_setup_teardown(the_longest_go_both_ways_at_loss, client_setup_30,
                                        client_teardown),
        TEST(the_memory_can_be_used_again_when_all_is_over),
        TEST(a_question_can_be_forgotten),
        TEST(the_end_of_one_may_cancel_another),
        TEST(a_reset_forgets_questions),
        TEST(what_cannot_be_asked_is_refused),
        TEST(a_question_is_asked_once_at_a_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
