/*
 * Questions to other nodes whose answers do not come, come late, or are another's: time-outs,
 * repeats, what a question waits for, and which answer is whose.
 */
#include "client_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* -- no answer --------------------------------------------------------------------------------- */

static void a_question_without_an_answer_times_out(void **state)
{
    struct client_rig *f = *state;
    struct asked *a = client_ask(f, 0, ABSENT, 0x21, 1);

    client_await(f, 1);
    assert_int_equal(a->err, USHER_E_TIMEOUT);
    assert_int_equal(a->tries, 6);
    assert_in_range(a->ms, 6 * 2000, 6 * 2000 + 200);
}

static void time_and_tries_are_the_askers(void **state)
{
    struct client_rig *f = *state;
    struct asked *a = client_prepare(f, 0);

    f->mute = true;
    a->request.timeout_ms = 500;
    a->request.tries = 3;
    client_ask(f, 0, client_address(f, 1), 0x22, 1);
    client_await(f, 1);
    assert_int_equal(a->err, USHER_E_TIMEOUT);
    assert_int_equal(a->tries, 3);
    assert_in_range(a->ms, 1500, 1600);
    assert_int_equal(f->heard, 3);
}

static void the_time_counts_from_the_last_segment(void **state)
{
    struct client_rig *f = *state;
    struct asked *a = client_prepare(f, 0);
    uint64_t began = nodes_now(f->all), sent;

    f->mute = true;
    a->request.timeout_ms = 1000;
    a->request.tries = 1;
    client_ask(f, 0, client_address(f, 1), 0x23, PARAMS_MAX);
    while (a->request.sending) {
        nodes_run(f->all, 5);
    }
    sent = nodes_now(f->all) - began;
    assert_true(sent > 1000);
    assert_int_equal(a->done, 0);
    client_await(f, 1);
    assert_int_equal(a->err, USHER_E_TIMEOUT);
    assert_in_range(a->ms, sent + 990, sent + 1010);
}

static void an_answer_that_is_arriving_is_not_asked_for_again(void **state)
{
    struct client_rig *f = *state;
    struct asked *a = client_prepare(f, 0);

    a->request.timeout_ms = 500;
    client_ask(f, 0, client_address(f, 1), 0x29, PARAMS_MAX);
    client_await(f, 1);
    client_assert_answered(a, 0x29, PARAMS_MAX);
    assert_int_equal(a->tries, 1);
    assert_int_equal(f->heard, 1);
}

static void what_is_not_delivered_is_sent_again_at_once(void **state)
{
    struct client_rig *f = *state;
    struct asked *a = client_prepare(f, 0);
    uint64_t began = nodes_now(f->all), failed;

    a->request.tries = 2;
    a->request.timeout_ms = 10000;
    client_ask(f, 0, ABSENT, 0x24, 20);
    while (a->request.sending) {
        nodes_run(f->all, 5);
    }
    failed = nodes_now(f->all) - began;
    nodes_run(f->all, 200);
    assert_true(a->request.sending);
    assert_int_equal(a->request.tried, 2);
    client_await(f, 1);
    assert_int_equal(a->err, USHER_E_TIMEOUT);
    assert_int_equal(a->tries, 2);
    assert_in_range(a->ms, 2 * failed + 10000, 2 * failed + 10500);
}

static void a_key_that_is_deleted_ends_the_question(void **state)
{
    struct client_rig *f = *state;
    struct asked *a = client_ask(f, 0, ABSENT, 0x25, 1);

    nodes_run(f->all, 100);
    assert_int_equal(manage_appkey_delete(client_mesh(f, 0), 0, APP), USHER_STATUS_SUCCESS);
    client_await(f, 1);
    assert_int_equal(a->err, USHER_E_NOT_FOUND);
    assert_int_equal(a->tries, 1);
}

static void a_question_that_never_finds_room_ends(void **state)
{
    struct client_rig *f = *state;
    struct asked *a = client_prepare(f, 0);

    a->request.timeout_ms = 500;
    a->request.tries = 2;
    client_mesh(f, 0)->net.sar_tx_size = 0;
    client_ask(f, 0, client_address(f, 1), 0x26, 20);
    client_await(f, 1);
    assert_int_equal(a->err, USHER_E_TIMEOUT);
    assert_int_equal(a->tries, 0);
    assert_in_range(a->ms, 2000, 2200);
}

static void a_question_waits_for_room(void **state)
{
    struct client_rig *f = *state;
    uint16_t size = client_mesh(f, 0)->net.sar_tx_size;

    client_mesh(f, 0)->net.sar_tx_size = 0;
    client_ask(f, 0, client_address(f, 1), 0x27, 20);
    nodes_run(f->all, 5000);
    assert_int_equal(f->over, 0);
    client_mesh(f, 0)->net.sar_tx_size = size;
    client_await(f, 1);
    client_assert_answered(&f->asked[0], 0x27, 20);
    assert_int_equal(f->asked[0].tries, 1);
}

static void a_question_waits_for_sequence_numbers(void **state)
{
    struct client_rig *f = *state;
    struct usher_iv *iv = &client_mesh(f, 0)->net.iv;

    iv->seq_reserved = iv->seq;
    client_ask(f, 0, client_address(f, 1), 0x28, 1);
    assert_int_equal(f->asked[0].request.tried, 0);
    client_await(f, 1); /* the node reserves more in its next round */
    client_assert_answered(&f->asked[0], 0x28, 1);
}

/* -- which answer is whose --------------------------------------------------------------------- */

static struct usher_message answer_from_absent(const struct client_rig *f)
{
    static const uint8_t params[1];

    return (struct usher_message){ .opcode = ANSWER,
                                   .src = ABSENT,
                                   .dst = client_address(f, 0),
                                   .key = APP,
                                   .params = params,
                                   .len = sizeof(params) };
}

static void answers_go_to_questions_in_their_order(void **state)
{
    struct client_rig *f = *state;
    struct usher_message answer = answer_from_absent(f);

    client_ask(f, 0, ABSENT, 0x41, 1);
    client_ask(f, 1, ABSENT, 0x41, 1);
    assert_true(usher_answered(client_vendor(f, 0), &answer));
    assert_int_equal(f->asked[0].done, 1);
    assert_int_equal(f->asked[1].done, 0);
    assert_true(usher_answered(client_vendor(f, 0), &answer));
    assert_int_equal(f->asked[1].done, 1);
    assert_false(usher_answered(client_vendor(f, 0), &answer));
}

static bool first_octet_matches(const struct usher_request *request,
                                const struct usher_message *answer)
{
    return request->message[3] == answer->params[0];
}

static void questions_can_tell_answers_apart(void **state)
{
    struct client_rig *f = *state;

    for (unsigned i = 0; i < 8; i++) {
        struct asked *a =
            client_ask(f, i, client_address(f, 1), (uint8_t)(0x50 + i), i % 2 == 0 ? 1 : 30);

        a->request.matches = first_octet_matches;
    }
    client_await(f, 8);
    for (unsigned i = 0; i < 8; i++) {
        client_assert_answered(&f->asked[i], (uint8_t)(0x50 + i), i % 2 == 0 ? 1 : 30);
    }
    assert_null(
        client_ask(f, 0, client_address(f, 1), 0x58, 1)->request.matches); /* each sets its own */
}

static void not_every_message_is_an_answer(void **state)
{
    struct client_rig *f = *state;
    struct usher_message answer = answer_from_absent(f);
    struct usher_message other = answer;

    client_ask(f, 0, ABSENT, 0x61, 1);
    other.opcode = QUESTION;
    assert_false(usher_answered(client_vendor(f, 0), &other));
    other = answer;
    other.src = ABSENT + 1;
    assert_false(usher_answered(client_vendor(f, 0), &other));
    other = answer;
    other.dst = GROUP; /* published */
    assert_false(usher_answered(client_vendor(f, 0), &other));
    assert_false(usher_answered(&f->all->node[0].second_onoff.model, &answer));
    assert_int_equal(f->asked[0].done, 0);
    assert_true(usher_answered(client_vendor(f, 0), &answer));
}

static void what_was_not_sent_is_not_answered(void **state)
{
    struct client_rig *f = *state;
    struct usher_message answer = answer_from_absent(f);

    client_mesh(f, 0)->net.sar_tx_size = 0;
    client_ask(f, 0, ABSENT, 0x62, 20);
    assert_false(usher_answered(client_vendor(f, 0), &answer));
}

static void an_answer_may_come_before_the_last_ack(void **state)
{
    struct client_rig *f = *state;
    struct usher_message answer = answer_from_absent(f);

    client_ask(f, 0, ABSENT, 0x63, 100);
    assert_true(f->asked[0].request.sending);
    assert_true(usher_answered(client_vendor(f, 0), &answer));
    assert_int_equal(f->asked[0].err, USHER_OK);
    nodes_run(f->all, 30000); /* the segments come to their end, which is of no interest */
    assert_int_equal(f->over, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, client_setup, client_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_question_without_an_answer_times_out),
        TEST(time_and_tries_are_the_askers),
        TEST(the_time_counts_from_the_last_segment),
        TEST(an_answer_that_is_arriving_is_not_asked_for_again),
        TEST(what_is_not_delivered_is_sent_again_at_once),
        TEST(a_key_that_is_deleted_ends_the_question),
        TEST(a_question_that_never_finds_room_ends),
        TEST(a_question_waits_for_room),
        TEST(a_question_waits_for_sequence_numbers),
        TEST(answers_go_to_questions_in_their_order),
        TEST(questions_can_tell_answers_apart),
        TEST(not_every_message_is_an_answer),
        TEST(what_was_not_sent_is_not_answered),
        TEST(an_answer_may_come_before_the_last_ack),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
