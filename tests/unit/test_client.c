/*
 * Questions to other nodes: answers, time-outs, repeats, many at once, and their ends. On whole
 * nodes, with a vendor model whose messages are the test's: it answers a question with what was
 * asked.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model.h"
#include "nodes.h"

#define QUESTION USHER_OPCODE_VENDOR(0x01, NODES_COMPANY)
#define ANSWER USHER_OPCODE_VENDOR(0x02, NODES_COMPANY)
#define PARAMS_MAX (USHER_ACCESS_MAX - 3u)
#define GROUP 0xC000u
#define ABSENT 0x0700u
#define APP 0u
#define ANY_TTL 255
#define NODES 5u
#define ASKED_MAX 32u
#define LONG_MS 300000u

/* A question and what became of it. */
struct asked {
    struct usher_request request;
    struct fixture *fixture;
    unsigned done; /* how often */
    unsigned order;
    enum usher_err err;
    uint8_t tries;
    uint32_t ms;
    size_t len;
    uint8_t params[PARAMS_MAX];
    unsigned again;        /* questions more that done asks with the same memory */
    struct asked *cancels; /* done cancels this one */
};

struct fixture {
    struct nodes *all;
    unsigned over; /* questions that are */
    unsigned want;
    unsigned unasked; /* answers that no question waited for */
    bool mute;        /* questions are heard and not answered */
    unsigned heard;   /* questions */
    struct asked asked[ASKED_MAX];
};

static void on_question(struct usher_model *model, const struct usher_message *message)
{
    struct fixture *f = model->user;

    f->heard++;
    if (!f->mute) {
        (void)usher_reply(model, message, ANSWER, message->params, message->len);
    }
}

static void on_answer(struct usher_model *model, const struct usher_message *message)
{
    struct fixture *f = model->user;

    f->unasked += !usher_answered(model, message);
}

static const struct usher_opcode opcodes[] = {
    { QUESTION, 0, PARAMS_MAX, on_question },
    { ANSWER, 0, PARAMS_MAX, on_answer },
};

static struct usher_model *vendor(const struct fixture *f, unsigned n)
{
    return &f->all->node[n].vendor;
}

static struct usher_mesh *mesh(const struct fixture *f, unsigned n)
{
    return &f->all->node[n].mesh;
}

static uint16_t address(const struct fixture *f, unsigned n)
{
    return usher_model_address(vendor(f, n));
}

static int setup_with(void **state, uint8_t loss_pct)
{
    struct fixture *f = calloc(1, sizeof(*f));

    assert_non_null(f);
    f->all = nodes_new(&(struct nodes_config){ .count = NODES, .seed = 7, .loss_pct = loss_pct });
    for (unsigned n = 0; n < NODES; n++) {
        vendor(f, n)->opcodes = opcodes;
        vendor(f, n)->opcode_count = 2;
        vendor(f, n)->user = f;
    }
    nodes_provision(f->all);
    nodes_bind_all(f->all);
    nodes_run(f->all, 1000); /* all is quiet: a node does nothing that it is not woken for */
    *state = f;
    return 0;
}

static int setup(void **state)
{
    return setup_with(state, 0);
}

static int setup_30(void **state)
{
    return setup_with(state, 30);
}

static int setup_45(void **state)
{
    return setup_with(state, 45);
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    nodes_free(f->all);
    free(f);
    return 0;
}

/* -- asking ------------------------------------------------------------------------------------ */

static enum usher_err ask_octets(struct asked *a, const struct usher_target *target, uint8_t octet,
                                 size_t len)
{
    uint8_t params[PARAMS_MAX];

    memset(params, octet, sizeof(params));
    return usher_ask(vendor(a->fixture, 0), &a->request, target, QUESTION, params, len, ANSWER);
}

static void on_done(void *user, struct usher_request *request, const struct usher_answer *answer)
{
    struct asked *a = user;
    struct usher_target target = request->target;

    assert_ptr_equal(request, &a->request);
    assert_int_equal(answer->message != NULL, answer->err == USHER_OK);
    a->done++;
    a->order = a->fixture->over++;
    a->err = answer->err;
    a->tries = answer->tries;
    a->ms = answer->ms;
    if (answer->message != NULL) {
        a->len = answer->message->len;
        memcpy(a->params, answer->message->params, a->len);
    }
    if (a->cancels != NULL) {
        usher_ask_cancel(&a->cancels->request);
    }
    if (a->again != 0) {
        a->again--;
        assert_int_equal(ask_octets(a, &target, 0xA9, 1), USHER_OK);
    }
}

static struct usher_target to(uint16_t dst)
{
    return (struct usher_target){ .dst = dst, .key = APP, .ttl = ANY_TTL };
}

static struct asked *prepare(struct fixture *f, unsigned i)
{
    struct asked *a = &f->asked[i];

    assert_true(i < ASKED_MAX);
    a->fixture = f;
    a->request.done = on_done;
    a->request.user = a;
    return a;
}

/* The @p i-th question of a test, by node 0. */
static struct asked *ask(struct fixture *f, unsigned i, uint16_t dst, uint8_t octet, size_t len)
{
    struct usher_target target = to(dst);
    struct asked *a = prepare(f, i);

    assert_int_equal(ask_octets(a, &target, octet, len), USHER_OK);
    return a;
}

static bool all_over(void *ctx)
{
    const struct fixture *f = ctx;

    return f->over >= f->want;
}

static void await(struct fixture *f, unsigned want)
{
    f->want = want;
    assert_true(nodes_until(f->all, all_over, f, LONG_MS));
}

static void assert_answered(const struct asked *a, uint8_t octet, size_t len)
{
    assert_int_equal(a->done, 1);
    assert_int_equal(a->err, USHER_OK);
    assert_int_equal(a->len, len);
    for (size_t i = 0; i < len; i++) {
        assert_int_equal(a->params[i], octet);
    }
}

/* -- one question ------------------------------------------------------------------------------ */

static void a_question_is_answered(void **state)
{
    struct fixture *f = *state;
    struct asked *a = ask(f, 0, address(f, 1), 0x11, 4);

    assert_int_equal(a->done, 0);
    await(f, 1);
    assert_answered(a, 0x11, 4);
    assert_int_equal(a->tries, 1);
    assert_in_range(a->ms, 20, 300);
    nodes_run(f->all, 20000);
    assert_int_equal(a->done, 1);
    assert_int_equal(f->heard, 1);
    assert_int_equal(client_deadline(mesh(f, 0)), USHER_NEVER);
}

static void a_long_question_is_answered(void **state)
{
    struct fixture *f = *state;
    struct asked *a = ask(f, 0, address(f, 1), 0x12, PARAMS_MAX);

    await(f, 1);
    assert_answered(a, 0x12, PARAMS_MAX);
}

static void a_node_can_ask_itself(void **state)
{
    struct fixture *f = *state;

    ask(f, 0, address(f, 0), 0x13, 4);
    await(f, 1);
    assert_answered(&f->asked[0], 0x13, 4);
    ask(f, 1, address(f, 0), 0x13, 40);
    await(f, 2);
    assert_answered(&f->asked[1], 0x13, 40);
}

static void the_first_of_a_group_answers(void **state)
{
    static const uint8_t label[USHER_LABEL_SIZE] = { 0x5A };
    struct fixture *f = *state;
    struct usher_target target = to(GROUP);
    uint16_t virtual_address;
    uint8_t other[USHER_LABEL_SIZE];

    assert_int_equal(access_virtual(mesh(f, 0), label, &virtual_address), USHER_OK);
    for (unsigned n = 1; n < NODES; n++) {
        assert_int_equal(manage_subscribe(vendor(f, n), GROUP, NULL), USHER_STATUS_SUCCESS);
        assert_int_equal(manage_subscribe(vendor(f, n), virtual_address, label),
                         USHER_STATUS_SUCCESS);
    }
    assert_int_equal(ask_octets(prepare(f, 0), &target, 0x14, 4), USHER_OK);
    await(f, 1);
    assert_answered(&f->asked[0], 0x14, 4);

    nodes_run(f->all, 2000); /* the others answer, too */
    target = to(virtual_address);
    assert_int_equal(ask_octets(prepare(f, 1), &target, 0x15, 4), USHER_E_ADDR);
    memcpy(other, label, sizeof(other));
    target.label = other;
    assert_int_equal(ask_octets(&f->asked[1], &target, 0x15, 40), USHER_OK);
    memset(other, 0, sizeof(other)); /* it was copied */
    await(f, 2);
    assert_answered(&f->asked[1], 0x15, 40);
    assert_int_equal(f->asked[1].tries, 1);
}

static void a_question_in_segments_by_request(void **state)
{
    struct fixture *f = *state;
    struct usher_target target = to(address(f, 1));
    struct asked *a = prepare(f, 0);

    target.segmented = true;
    assert_int_equal(ask_octets(a, &target, 0x14, 1), USHER_OK);
    assert_true(a->request.sending);
    await(f, 1);
    assert_answered(a, 0x14, 1);
}

static void the_message_is_wiped_at_the_end(void **state)
{
    static const uint8_t nothing[8];
    struct fixture *f = *state;
    struct asked *a = ask(f, 0, address(f, 1), 0x15, 5);

    assert_int_equal(a->request.message[7], 0x15);
    await(f, 1);
    assert_memory_equal(a->request.message, nothing, sizeof(nothing));
}

static void the_message_of_one_that_is_refused_is_wiped(void **state)
{
    static const uint8_t nothing[8];
    struct fixture *f = *state;
    struct asked *a = prepare(f, 0);
    struct usher_target target = to(address(f, 1));

    target.key = 9; /* not known */
    assert_int_equal(ask_octets(a, &target, 0x16, 5), USHER_E_NOT_FOUND);
    assert_memory_equal(a->request.message, nothing, sizeof(nothing));
}

/* -- no answer --------------------------------------------------------------------------------- */

static void a_question_without_an_answer_times_out(void **state)
{
    struct fixture *f = *state;
    struct asked *a = ask(f, 0, ABSENT, 0x21, 1);

    await(f, 1);
    assert_int_equal(a->err, USHER_E_TIMEOUT);
    assert_int_equal(a->tries, 6);
    assert_in_range(a->ms, 6 * 2000, 6 * 2000 + 200);
}

static void time_and_tries_are_the_askers(void **state)
{
    struct fixture *f = *state;
    struct asked *a = prepare(f, 0);

    f->mute = true;
    a->request.timeout_ms = 500;
    a->request.tries = 3;
    ask(f, 0, address(f, 1), 0x22, 1);
    await(f, 1);
    assert_int_equal(a->err, USHER_E_TIMEOUT);
    assert_int_equal(a->tries, 3);
    assert_in_range(a->ms, 1500, 1600);
    assert_int_equal(f->heard, 3);
}

static void the_time_counts_from_the_last_segment(void **state)
{
    struct fixture *f = *state;
    struct asked *a = prepare(f, 0);
    uint64_t began = nodes_now(f->all), sent;

    f->mute = true;
    a->request.timeout_ms = 1000;
    a->request.tries = 1;
    ask(f, 0, address(f, 1), 0x23, PARAMS_MAX);
    while (a->request.sending) {
        nodes_run(f->all, 5);
    }
    sent = nodes_now(f->all) - began;
    assert_true(sent > 1000);
    assert_int_equal(a->done, 0);
    await(f, 1);
    assert_int_equal(a->err, USHER_E_TIMEOUT);
    assert_in_range(a->ms, sent + 990, sent + 1010);
}

static void an_answer_that_is_arriving_is_not_asked_for_again(void **state)
{
    struct fixture *f = *state;
    struct asked *a = prepare(f, 0);

    a->request.timeout_ms = 500;
    ask(f, 0, address(f, 1), 0x29, PARAMS_MAX);
    await(f, 1);
    assert_answered(a, 0x29, PARAMS_MAX);
    assert_int_equal(a->tries, 1);
    assert_int_equal(f->heard, 1);
}

static void what_is_not_delivered_is_sent_again_at_once(void **state)
{
    struct fixture *f = *state;
    struct asked *a = prepare(f, 0);
    uint64_t began = nodes_now(f->all), failed;

    a->request.tries = 2;
    a->request.timeout_ms = 10000;
    ask(f, 0, ABSENT, 0x24, 20);
    while (a->request.sending) {
        nodes_run(f->all, 5);
    }
    failed = nodes_now(f->all) - began;
    nodes_run(f->all, 200);
    assert_true(a->request.sending);
    assert_int_equal(a->request.tried, 2);
    await(f, 1);
    assert_int_equal(a->err, USHER_E_TIMEOUT);
    assert_int_equal(a->tries, 2);
    assert_in_range(a->ms, 2 * failed + 10000, 2 * failed + 10500);
}

static void a_key_that_is_deleted_ends_the_question(void **state)
{
    struct fixture *f = *state;
    struct asked *a = ask(f, 0, ABSENT, 0x25, 1);

    nodes_run(f->all, 100);
    assert_int_equal(manage_appkey_delete(mesh(f, 0), 0, APP), USHER_STATUS_SUCCESS);
    await(f, 1);
    assert_int_equal(a->err, USHER_E_NOT_FOUND);
    assert_int_equal(a->tries, 1);
}

static void a_question_that_never_finds_room_ends(void **state)
{
    struct fixture *f = *state;
    struct asked *a = prepare(f, 0);

    a->request.timeout_ms = 500;
    a->request.tries = 2;
    mesh(f, 0)->net.sar_tx_size = 0;
    ask(f, 0, address(f, 1), 0x26, 20);
    await(f, 1);
    assert_int_equal(a->err, USHER_E_TIMEOUT);
    assert_int_equal(a->tries, 0);
    assert_in_range(a->ms, 2000, 2200);
}

static void a_question_waits_for_room(void **state)
{
    struct fixture *f = *state;
    uint16_t size = mesh(f, 0)->net.sar_tx_size;

    mesh(f, 0)->net.sar_tx_size = 0;
    ask(f, 0, address(f, 1), 0x27, 20);
    nodes_run(f->all, 5000);
    assert_int_equal(f->over, 0);
    mesh(f, 0)->net.sar_tx_size = size;
    await(f, 1);
    assert_answered(&f->asked[0], 0x27, 20);
    assert_int_equal(f->asked[0].tries, 1);
}

static void a_question_waits_for_sequence_numbers(void **state)
{
    struct fixture *f = *state;
    struct usher_iv *iv = &mesh(f, 0)->net.iv;

    iv->seq_reserved = iv->seq;
    ask(f, 0, address(f, 1), 0x28, 1);
    assert_int_equal(f->asked[0].request.tried, 0);
    await(f, 1); /* the node reserves more in its next round */
    assert_answered(&f->asked[0], 0x28, 1);
}

/* -- many -------------------------------------------------------------------------------------- */

/* As many for each node as it has places for answers, and more than node 0 can send at once. */
static void many_questions_wait_at_once(void **state)
{
    struct fixture *f = *state;

    for (unsigned i = 0; i < ASKED_MAX; i++) {
        ask(f, i, address(f, 1 + i % 4), (uint8_t)i, i % 2 == 0 ? 4 : 40);
    }
    await(f, ASKED_MAX);
    for (unsigned i = 0; i < ASKED_MAX; i++) {
        assert_int_equal(f->asked[i].err, USHER_OK);
    }
    assert_int_equal(client_deadline(mesh(f, 0)), USHER_NEVER);
}

static void loss_is_made_up_for(void **state)
{
    struct fixture *f = *state;

    for (unsigned i = 0; i < 4; i++) {
        prepare(f, i)->again = 15;
        ask(f, i, address(f, 1 + i), 0xA9, i % 2 == 0 ? 1 : 60);
    }
    await(f, 4 * 16);
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(f->asked[i].done, 16);
        assert_int_equal(f->asked[i].err, USHER_OK);
    }
    assert_true(f->heard > 4 * 16); /* some questions came again */
}

static void the_longest_go_both_ways_at_loss(void **state)
{
    struct fixture *f = *state;

    for (unsigned i = 0; i < 8; i++) {
        ask(f, i, address(f, 1 + i % 4), (uint8_t)(0x31 + i / 4), PARAMS_MAX);
    }
    await(f, 8);
    for (unsigned i = 0; i < 8; i++) {
        assert_int_equal(f->asked[i].err, USHER_OK);
        assert_int_equal(f->asked[i].len, PARAMS_MAX);
    }
}

/* -- which answer is whose --------------------------------------------------------------------- */

static struct usher_message answer_from_absent(const struct fixture *f)
{
    static const uint8_t params[1];

    return (struct usher_message){ .opcode = ANSWER,
                                   .src = ABSENT,
                                   .dst = address(f, 0),
                                   .key = APP,
                                   .params = params,
                                   .len = sizeof(params) };
}

static void answers_go_to_questions_in_their_order(void **state)
{
    struct fixture *f = *state;
    struct usher_message answer = answer_from_absent(f);

    ask(f, 0, ABSENT, 0x41, 1);
    ask(f, 1, ABSENT, 0x41, 1);
    assert_true(usher_answered(vendor(f, 0), &answer));
    assert_int_equal(f->asked[0].done, 1);
    assert_int_equal(f->asked[1].done, 0);
    assert_true(usher_answered(vendor(f, 0), &answer));
    assert_int_equal(f->asked[1].done, 1);
    assert_false(usher_answered(vendor(f, 0), &answer));
}

static bool first_octet_matches(const struct usher_request *request,
                                const struct usher_message *answer)
{
    return request->message[3] == answer->params[0];
}

static void questions_can_tell_answers_apart(void **state)
{
    struct fixture *f = *state;

    for (unsigned i = 0; i < 8; i++) {
        struct asked *a = ask(f, i, address(f, 1), (uint8_t)(0x50 + i), i % 2 == 0 ? 1 : 30);

        a->request.matches = first_octet_matches;
    }
    await(f, 8);
    for (unsigned i = 0; i < 8; i++) {
        assert_answered(&f->asked[i], (uint8_t)(0x50 + i), i % 2 == 0 ? 1 : 30);
    }
    assert_null(ask(f, 0, address(f, 1), 0x58, 1)->request.matches); /* each sets its own */
}

static void not_every_message_is_an_answer(void **state)
{
    struct fixture *f = *state;
    struct usher_message answer = answer_from_absent(f);
    struct usher_message other = answer;

    ask(f, 0, ABSENT, 0x61, 1);
    other.opcode = QUESTION;
    assert_false(usher_answered(vendor(f, 0), &other));
    other = answer;
    other.src = ABSENT + 1;
    assert_false(usher_answered(vendor(f, 0), &other));
    other = answer;
    other.dst = GROUP; /* published */
    assert_false(usher_answered(vendor(f, 0), &other));
    assert_false(usher_answered(&f->all->node[0].second_onoff.model, &answer));
    assert_int_equal(f->asked[0].done, 0);
    assert_true(usher_answered(vendor(f, 0), &answer));
}

static void what_was_not_sent_is_not_answered(void **state)
{
    struct fixture *f = *state;
    struct usher_message answer = answer_from_absent(f);

    mesh(f, 0)->net.sar_tx_size = 0;
    ask(f, 0, ABSENT, 0x62, 20);
    assert_false(usher_answered(vendor(f, 0), &answer));
}

static void an_answer_may_come_before_the_last_ack(void **state)
{
    struct fixture *f = *state;
    struct usher_message answer = answer_from_absent(f);

    ask(f, 0, ABSENT, 0x63, 100);
    assert_true(f->asked[0].request.sending);
    assert_true(usher_answered(vendor(f, 0), &answer));
    assert_int_equal(f->asked[0].err, USHER_OK);
    nodes_run(f->all, 30000); /* the segments come to their end, which is of no interest */
    assert_int_equal(f->over, 1);
}

/* -- ends -------------------------------------------------------------------------------------- */

static void the_memory_can_be_used_again_when_all_is_over(void **state)
{
    struct fixture *f = *state;
    struct asked *a = prepare(f, 0);

    a->again = 3;
    ask(f, 0, address(f, 1), 0xA9, 1);
    await(f, 4);
    nodes_run(f->all, 10000);
    assert_int_equal(a->done, 4);
    assert_int_equal(a->err, USHER_OK);

    prepare(f, 1)->again = 1; /* and after a time-out */
    f->asked[1].request.tries = 1;
    ask(f, 1, ABSENT, 0xA9, 1);
    await(f, 6);
    assert_int_equal(f->asked[1].done, 2);
    assert_int_equal(f->asked[1].err, USHER_E_TIMEOUT);
}

static void a_question_can_be_forgotten(void **state)
{
    struct fixture *f = *state;

    ask(f, 0, address(f, 1), 0x71, 1);
    ask(f, 1, address(f, 2), 0x72, 100);
    ask(f, 2, address(f, 3), 0x73, 1);
    usher_ask_cancel(&f->asked[1].request);
    usher_ask_cancel(&f->asked[1].request);
    usher_ask_cancel(&prepare(f, 3)->request);
    nodes_run(f->all, 20000);
    assert_int_equal(f->asked[0].done, 1);
    assert_int_equal(f->asked[1].done, 0);
    assert_int_equal(f->asked[2].done, 1);
    assert_int_equal(f->unasked, 1);
    usher_ask_cancel(&f->asked[0].request);
    ask(f, 1, address(f, 2), 0x74, 100);
    await(f, 3);
    assert_answered(&f->asked[1], 0x74, 100);
}

static void the_end_of_one_may_cancel_another(void **state)
{
    struct fixture *f = *state;

    for (unsigned i = 0; i < 3; i++) { /* all of them are due at the same time */
        prepare(f, i)->request.tries = 1;
        ask(f, i, ABSENT, 0x75, 1);
    }
    f->asked[0].cancels = &f->asked[1];
    nodes_run(f->all, 10000);
    assert_int_equal(f->asked[0].done, 1);
    assert_int_equal(f->asked[1].done, 0);
    assert_int_equal(f->asked[2].done, 1);
}

static void a_reset_forgets_questions(void **state)
{
    struct fixture *f = *state;

    ask(f, 0, address(f, 1), 0x76, 1);
    ask(f, 1, address(f, 1), 0x76, 100);
    assert_int_equal(usher_mesh_reset(mesh(f, 0)), USHER_OK);
    assert_int_equal(f->asked[0].request.message[0], 0); /* wiped */
    nodes_run(f->all, 20000);
    assert_int_equal(f->over, 0);
    usher_ask_cancel(&f->asked[0].request);
}

/* -- refusals ---------------------------------------------------------------------------------- */

static void what_cannot_be_asked_is_refused(void **state)
{
    struct fixture *f = *state;
    struct asked *a = prepare(f, 0);
    struct usher_target target = to(0);
    struct usher_model stranger = { 0 };
    uint8_t params[PARAMS_MAX + 1] = { 0 };

    assert_int_equal(ask_octets(a, &target, 0, 1), USHER_E_ADDR);
    target = to(address(f, 1));
    target.ttl = 1;
    assert_int_equal(ask_octets(a, &target, 0, 1), USHER_E_PARAM);
    target.ttl = 128;
    assert_int_equal(ask_octets(a, &target, 0, 1), USHER_E_PARAM);
    target = to(address(f, 1));
    target.key = 9;
    assert_int_equal(ask_octets(a, &target, 0, 1), USHER_E_NOT_FOUND);
    target = to(ABSENT);
    target.key = USHER_KEY_REMOTE_DEVICE;
    assert_int_equal(ask_octets(a, &target, 0, 1), USHER_E_NOT_FOUND);
    target = to(address(f, 1));
    assert_int_equal(
        usher_ask(vendor(f, 0), &a->request, &target, QUESTION, params, sizeof(params), ANSWER),
        USHER_E_SIZE);
    assert_int_equal(usher_ask(vendor(f, 0), &a->request, &target, 0x7F, params, 1, ANSWER),
                     USHER_E_PARAM);
    assert_int_equal(usher_ask(&stranger, &a->request, &target, QUESTION, params, 1, ANSWER),
                     USHER_E_STATE);
    assert_int_equal(usher_mesh_reset(mesh(f, 0)), USHER_OK);
    assert_int_equal(ask_octets(a, &target, 0, 1), USHER_E_STATE);
    nodes_run(f->all, 20000);
    assert_int_equal(a->done, 0);
}

static void a_question_is_asked_once_at_a_time(void **state)
{
    struct fixture *f = *state;
    struct usher_target target = to(address(f, 2));
    struct asked *a = ask(f, 0, address(f, 1), 0x81, 1);

    assert_int_equal(ask_octets(a, &target, 0x82, 1), USHER_E_STATE);
    await(f, 1);
    assert_answered(a, 0x81, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

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
        TEST(a_question_without_an_answer_times_out),
        TEST(time_and_tries_are_the_askers),
        TEST(the_time_counts_from_the_last_segment),
        TEST(an_answer_that_is_arriving_is_not_asked_for_again),
        TEST(what_is_not_delivered_is_sent_again_at_once),
        TEST(a_key_that_is_deleted_ends_the_question),
        TEST(a_question_that_never_finds_room_ends),
        TEST(a_question_waits_for_room),
        TEST(a_question_waits_for_sequence_numbers),
        TEST(many_questions_wait_at_once),
        cmocka_unit_test_setup_teardown(loss_is_made_up_for, setup_45, teardown),
        cmocka_unit_test_setup_teardown(the_longest_go_both_ways_at_loss, setup_30, teardown),
        TEST(answers_go_to_questions_in_their_order),
        TEST(questions_can_tell_answers_apart),
        TEST(not_every_message_is_an_answer),
        TEST(what_was_not_sent_is_not_answered),
        TEST(an_answer_may_come_before_the_last_ack),
        TEST(the_memory_can_be_used_again_when_all_is_over),
        TEST(a_question_can_be_forgotten),
        TEST(the_end_of_one_may_cancel_another),
        TEST(a_reset_forgets_questions),
        TEST(what_cannot_be_asked_is_refused),
        TEST(a_question_is_asked_once_at_a_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
