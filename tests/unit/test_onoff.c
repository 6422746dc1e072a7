/*
 * Generic OnOff between two nodes: node 0 is the client, node 1 the lamp. Messages as the client
 * sends them, and as only a bad or another one would.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "nodes.h"

#define SET 0x8202u
#define SET_UNACK 0x8203u
#define STATUS 0x8204u

#define SECOND 1000u
#define AIR_MS 200u /* a message and its answer are through */
#define REPEAT_MS 6000u
#define GROUP 0xC001u

#define TENTHS(n) (uint8_t)(n)
#define SECONDS(n) (uint8_t)(0x40 | (n))

struct fixture {
    struct nodes *all;
    struct usher_onoff_server *lamp;
    struct usher_onoff_client *client;

    /* what the client was told without asking */
    unsigned statuses;
    struct usher_onoff_status status;
    uint16_t status_src;
    /* what the lamp did */
    unsigned changes;
    bool changed_to;
    uint64_t changed_at;
    /* the answer to a question */
    bool over;
    enum usher_err err;
    struct usher_onoff_status answer;
    uint8_t answer_len;
};

static void on_status(struct usher_onoff_client *c, uint16_t src,
                      const struct usher_onoff_status *status)
{
    struct fixture *f = c->model.user;

    f->statuses++;
    f->status = *status;
    f->status_src = src;
}

static void on_changed(struct usher_onoff_server *s, bool on)
{
    struct fixture *f = s->model.user;

    assert_int_equal(s->on, on);
    f->changes++;
    f->changed_to = on;
    f->changed_at = nodes_now(f->all);
}

static void on_answer(void *user, struct usher_request *request, const struct usher_answer *answer)
{
    struct fixture *f = user;

    (void)request;
    f->over = true;
    f->err = answer->err;
    if (answer->err == USHER_OK) {
        assert_true(usher_onoff_read(answer->message, &f->answer));
        f->answer_len = (uint8_t)answer->message->len;
    }
}

static bool is_over(void *ctx)
{
    return ((struct fixture *)ctx)->over;
}

static int setup(void **state)
{
    static struct fixture f;

    memset(&f, 0, sizeof(f));
    f.all = nodes_new(&(struct nodes_config){ .count = 2, .seed = 1 });
    nodes_provision(f.all);
    nodes_bind_all(f.all);
    f.client = &f.all->node[0].onoff_client;
    f.client->status = on_status;
    f.client->model.user = &f;
    f.lamp = &f.all->node[1].onoff_server;
    f.lamp->changed = on_changed;
    f.lamp->model.user = &f;
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    nodes_free(((struct fixture *)*state)->all);
    return 0;
}

static struct usher_target target(uint16_t dst)
{
    return (struct usher_target){ .dst = dst, .ttl = 255 };
}

/* The lamp's state, asked for. */
static struct usher_onoff_status get(struct fixture *f)
{
    struct usher_target to = target(nodes_address(1));
    struct usher_request request = { .done = on_answer, .user = f };

    f->over = false;
    assert_int_equal(usher_onoff_get(f->client, &request, &to), USHER_OK);
    assert_true(nodes_until(f->all, is_over, f, 60 * SECOND));
    assert_int_equal(f->err, USHER_OK);
    return f->answer;
}

/* Switches the lamp as the client does, and waits for the answer. */
static struct usher_onoff_status set(struct fixture *f, bool on, uint8_t transition, uint8_t delay)
{
    struct usher_target to = target(nodes_address(1));
    struct usher_request request = { .done = on_answer, .user = f };

    f->over = false;
    assert_int_equal(usher_onoff_set(f->client, &request, &to, on, transition, delay), USHER_OK);
    assert_true(nodes_until(f->all, is_over, f, 60 * SECOND));
    assert_int_equal(f->err, USHER_OK);
    return f->answer;
}

/* Sends any octets, and waits until an answer would be there. */
static void send_octets(struct fixture *f, uint16_t dst, uint32_t opcode, const uint8_t *params,
                        size_t len)
{
    struct usher_target to = target(dst);

    f->statuses = 0;
    assert_int_equal(usher_send(&f->client->model, &to, opcode, params, len, 0), USHER_OK);
    nodes_run(f->all, AIR_MS);
}

static void send_set(struct fixture *f, uint32_t opcode, bool on, uint8_t tid)
{
    uint8_t params[] = { on, tid };

    send_octets(f, nodes_address(1), opcode, params, sizeof(params));
}

static void assert_status(struct usher_onoff_status s, bool present, bool to, uint8_t remaining)
{
    assert_int_equal(s.present, present);
    assert_int_equal(s.target, to);
    assert_int_equal(s.remaining, remaining);
}

/* -- switching --------------------------------------------------------------------------------- */

static void a_lamp_is_switched_and_says_so(void **state)
{
    struct fixture *f = *state;

    assert_status(get(f), false, false, 0);
    assert_int_equal(f->answer_len, 1);
    assert_status(set(f, true, 0, 0), true, true, 0);
    assert_int_equal(f->answer_len, 1);
    assert_true(f->lamp->on);
    assert_status(get(f), true, true, 0);
    assert_status(set(f, true, 0, 0), true, true, 0);
    assert_int_equal(f->changes, 1);
    assert_status(set(f, false, 0, 0), false, false, 0);
    assert_int_equal(f->changes, 2);
    assert_false(f->changed_to);
    assert_int_equal(f->statuses, 0); /* nothing but answers */
}

static void without_acknowledgment_there_is_no_answer(void **state)
{
    struct fixture *f = *state;
    struct usher_target to = target(nodes_address(1));
    uint8_t tid = usher_onoff_tid(f->client);

    assert_int_equal(usher_onoff_set_unack(f->client, &to, true, tid, 0, 0), USHER_OK);
    nodes_run(f->all, AIR_MS);
    assert_true(f->lamp->on);
    assert_int_equal(f->statuses, 0);
}

static void a_group_is_switched(void **state)
{
    struct fixture *f = *state;
    struct usher_target to = target(GROUP);
    struct usher_onoff_server *second = &f->all->node[1].second_onoff;

    assert_int_equal(usher_model_subscribe(&f->lamp->model, GROUP), USHER_STATUS_SUCCESS);
    assert_int_equal(usher_model_subscribe(&second->model, GROUP), USHER_STATUS_SUCCESS);
    assert_int_equal(usher_onoff_set_unack(f->client, &to, true, usher_onoff_tid(f->client), 0, 0),
                     USHER_OK);
    nodes_run(f->all, AIR_MS);
    assert_true(f->lamp->on && second->on);
    assert_false(f->all->node[0].onoff_server.on);
}

/* -- repeats ----------------------------------------------------------------------------------- */

static void a_repeat_is_answered_and_not_executed(void **state)
{
    struct fixture *f = *state;

    send_set(f, SET, true, 7);
    assert_int_equal(f->statuses, 1);
    assert_true(f->lamp->on);
    usher_onoff_server_set(f->lamp, false);

    send_set(f, SET, true, 7);
    assert_int_equal(f->statuses, 1);
    assert_status(f->status, false, false, 0);
    assert_false(f->lamp->on);
    send_set(f, SET_UNACK, true, 7);
    assert_int_equal(f->statuses, 0);
    assert_false(f->lamp->on);

    send_set(f, SET, true, 8);
    assert_true(f->lamp->on);
}

static void what_comes_later_than_6_seconds_is_no_repeat(void **state)
{
    struct fixture *f = *state;

    send_set(f, SET_UNACK, true, 7);
    usher_onoff_server_set(f->lamp, false);
    /* Each repeat counts for the next one. */
    for (unsigned i = 0; i < 3; i++) {
        nodes_run(f->all, REPEAT_MS - 2 * AIR_MS);
        send_set(f, SET_UNACK, true, 7);
        assert_false(f->lamp->on);
    }
    nodes_run(f->all, REPEAT_MS);
    send_set(f, SET_UNACK, true, 7);
    assert_true(f->lamp->on);
}

static void another_destination_or_another_message_between_is_no_repeat(void **state)
{
    static const uint8_t on[] = { 1, 7 };
    struct fixture *f = *state;

    assert_int_equal(usher_model_subscribe(&f->lamp->model, GROUP), USHER_STATUS_SUCCESS);
    send_set(f, SET_UNACK, true, 7);
    usher_onoff_server_set(f->lamp, false);
    send_octets(f, GROUP, SET_UNACK, on, sizeof(on));
    assert_true(f->lamp->on);
    send_set(f, SET_UNACK, false, 7); /* again the first destination, but not the one before */
    assert_false(f->lamp->on);
}

static void another_source_is_no_repeat(void **state)
{
    static const uint8_t on[] = { 1, 7 };
    struct fixture *f = *state;
    struct usher_target to = target(nodes_address(1));

    send_set(f, SET_UNACK, true, 7);
    usher_onoff_server_set(f->lamp, false);
    assert_int_equal(
        usher_send(&f->all->node[0].second_onoff.model, &to, SET_UNACK, on, sizeof(on), 0),
        USHER_OK);
    nodes_run(f->all, AIR_MS);
    assert_true(f->lamp->on);
}

static void what_is_malformed_is_neither_executed_nor_answered_nor_remembered(void **state)
{
    static const struct {
        uint8_t params[5], len;
    } rows[] = {
        { { 2, 7 }, 2 },                                    /* neither on nor off */
        { { 0xFF, 7 }, 2 },       { { 1, 7, 0x3F, 0 }, 4 }, /* an unknown time */
        { { 1, 7, 0xFF, 0 }, 4 }, { { 1 }, 1 },
        { { 1, 7, 0 }, 3 },       { { 1, 7, 0, 0, 0 }, 5 },
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        send_octets(f, nodes_address(1), SET, rows[i].params, rows[i].len);
        assert_int_equal(f->statuses, 0);
        assert_false(f->lamp->on);
    }
    send_set(f, SET, true, 7);
    assert_int_equal(f->statuses, 1);
    assert_true(f->lamp->on);
}

/* -- delay and transition ---------------------------------------------------------------------- */

static void on_comes_with_the_begin_of_a_transition(void **state)
{
    struct fixture *f = *state;
    uint64_t began = nodes_now(f->all);

    assert_status(set(f, true, SECONDS(2), 200), false, true, TENTHS(30)); /* 1 s, then 2 s */
    assert_int_equal(f->answer_len, 3);
    nodes_run(f->all, 1300);
    assert_int_equal(f->changes, 1);
    assert_in_range(f->changed_at - began, 1000, 1000 + AIR_MS);
    assert_true(f->changed_to);
    assert_in_range(get(f).remaining, TENTHS(10), TENTHS(17));
    assert_true(f->answer.present && f->answer.target);
    nodes_run(f->all, 2 * SECOND);
    assert_status(get(f), true, true, 0);
    assert_int_equal(f->changes, 1);
}

static void off_comes_with_the_end_of_a_transition(void **state)
{
    struct fixture *f = *state;
    uint64_t began;

    usher_onoff_server_set(f->lamp, true);
    began = nodes_now(f->all);
    assert_status(set(f, false, TENTHS(10), 200), true, false, TENTHS(20));
    nodes_run(f->all, 1300);
    assert_in_range(get(f).remaining, TENTHS(1), TENTHS(7));
    assert_true(f->answer.present && !f->answer.target);
    nodes_run(f->all, SECOND);
    assert_int_equal(f->changes, 2);
    assert_false(f->changed_to);
    assert_in_range(f->changed_at - began, 2000, 2000 + AIR_MS);
    assert_status(get(f), false, false, 0);
}

static void a_delay_alone_is_waited_for(void **state)
{
    struct fixture *f = *state;
    uint64_t began = nodes_now(f->all);

    assert_status(set(f, true, 0, 100), false, true, TENTHS(5));
    nodes_run(f->all, SECOND);
    assert_true(f->lamp->on);
    assert_in_range(f->changed_at - began, 500, 500 + AIR_MS);
}

/* The remaining time is as fine as it can be told, and never less than it is. */
static void the_remaining_time_is_told_in_each_resolution(void **state)
{
    static const struct {
        uint8_t transition, delay, remaining;
    } rows[] = {
        { TENTHS(62), 0, TENTHS(62) }, /* 6.2 s */
        { TENTHS(62), 1, SECONDS(7) },   { SECONDS(5), 0, TENTHS(50) },
        { SECONDS(62), 0, SECONDS(62) }, { SECONDS(62), 1, 0x80 | 7 },  /* 10 s */
        { 0x80 | 62, 1, 0xC0 | 2 },                                     /* 10 min */
        { 0xC0 | 1, 0, 0x80 | 60 },      { 0xC0 | 62, 255, 0xC0 | 62 }, /* no more can be told */
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        usher_onoff_server_set(f->lamp, false);
        assert_status(set(f, true, rows[i].transition, rows[i].delay), rows[i].delay == 0, true,
                      rows[i].remaining);
    }
}

static void a_new_message_takes_the_place_of_a_transition(void **state)
{
    struct fixture *f = *state;

    set(f, true, SECONDS(5), 0);
    set(f, false, SECONDS(5), 0);
    assert_status(set(f, true, SECONDS(5), 200), true, true, 0); /* it still is on: nothing to do */
    nodes_run(f->all, 12 * SECOND);
    assert_true(f->lamp->on);
    assert_int_equal(f->changes, 1);

    set(f, false, SECONDS(5), 0);
    usher_onoff_server_set(f->lamp, false);
    usher_onoff_server_set(f->lamp, true);
    nodes_run(f->all, 12 * SECOND);
    assert_true(f->lamp->on);
}

/* -- publication ------------------------------------------------------------------------------- */

static void publish_to_the_client(struct fixture *f)
{
    struct usher_config_msg answer, question = { .opcode = USHER_CONFIG_PUBLICATION_SET,
                                                 .element = nodes_address(1),
                                                 .address = nodes_address(0),
                                                 .ttl = 255,
                                                 .company = USHER_SIG,
                                                 .model = USHER_MODEL_ONOFF_SERVER };

    assert_int_equal(nodes_config_ask(f->all, 0, 1, &question, &answer), USHER_OK);
    assert_int_equal(answer.status, USHER_STATUS_SUCCESS);
}

static void a_new_state_is_published(void **state)
{
    struct fixture *f = *state;

    publish_to_the_client(f);
    usher_onoff_server_set(f->lamp, true);
    nodes_run(f->all, AIR_MS);
    assert_int_equal(f->statuses, 1);
    assert_int_equal(f->status_src, nodes_address(1));
    assert_status(f->status, true, true, 0);

    send_set(f, SET_UNACK, false, 1);
    assert_int_equal(f->statuses, 1);
    assert_status(f->status, false, false, 0);
    send_set(f, SET_UNACK, false, 2); /* nothing new */
    assert_int_equal(f->statuses, 0);
}

static void begin_and_end_of_a_transition_are_published(void **state)
{
    static const uint8_t on[] = { 1, 1, SECONDS(1), 0 }, off[] = { 0, 2, SECONDS(1), 0 };
    struct fixture *f = *state;

    publish_to_the_client(f);
    send_octets(f, nodes_address(1), SET_UNACK, on, sizeof(on));
    assert_int_equal(f->statuses, 1);
    assert_status(f->status, true, true, TENTHS(10));
    nodes_run(f->all, SECOND + AIR_MS);
    assert_int_equal(f->statuses, 2);
    assert_status(f->status, true, true, 0);

    send_octets(f, nodes_address(1), SET_UNACK, off, sizeof(off));
    assert_int_equal(f->statuses, 1);
    assert_status(f->status, true, false, TENTHS(10));
    nodes_run(f->all, SECOND + AIR_MS);
    assert_int_equal(f->statuses, 2);
    assert_status(f->status, false, false, 0);
}

static void switching_locally_ends_a_transition(void **state)
{
    static const uint8_t off[] = { 0, 1, SECONDS(1), 0 };
    struct fixture *f = *state;

    publish_to_the_client(f);
    usher_onoff_server_set(f->lamp, true);
    send_octets(f, nodes_address(1), SET_UNACK, off, sizeof(off));
    usher_onoff_server_set(f->lamp, true);
    nodes_run(f->all, AIR_MS);
    assert_int_equal(f->statuses, 2);
    assert_status(f->status, true, true, 0);
    nodes_run(f->all, 2 * SECOND);
    assert_int_equal(f->statuses, 2);
    assert_true(f->lamp->on);
}

/* -- the client -------------------------------------------------------------------------------- */

static void a_malformed_status_is_not_told(void **state)
{
    static const struct {
        uint8_t params[4], len;
        bool told;
    } rows[] = {
        { { 1 }, 1, true },           { { 1, 0, 0x3F }, 3, true }, { { 1, 0, 0 }, 3, true },
        { { 2 }, 1, false },          { { 1, 2, 0 }, 3, false },   { { 1, 0 }, 2, false },
        { { 1, 0, 0, 0 }, 4, false }, { { 0 }, 0, false },
    };
    struct fixture *f = *state;
    struct usher_target to = target(nodes_address(0));

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        f->statuses = 0;
        assert_int_equal(usher_send(&f->lamp->model, &to, STATUS, rows[i].params, rows[i].len, 0),
                         USHER_OK);
        nodes_run(f->all, AIR_MS);
        assert_int_equal(f->statuses, rows[i].told);
    }
}

static void only_a_status_is_read_as_one(void **state)
{
    static const uint8_t params[] = { 1, 0, 5, 0 };
    struct usher_message message = { .opcode = STATUS, .params = params };
    struct usher_onoff_status status;

    (void)state;
    for (message.len = 0; message.len <= sizeof(params); message.len++) {
        assert_int_equal(usher_onoff_read(&message, &status), message.len == 1 || message.len == 3);
    }
    message.len = 1;
    message.opcode = SET;
    assert_false(usher_onoff_read(&message, &status));
}

static void times_that_cannot_be_said_are_refused(void **state)
{
    struct fixture *f = *state;
    struct usher_target to = target(nodes_address(1));
    struct usher_request request = { .done = on_answer, .user = f };

    assert_int_equal(usher_onoff_set(f->client, &request, &to, true, 0x3F, 0), USHER_E_PARAM);
    assert_int_equal(usher_onoff_set_unack(f->client, &to, true, 1, 0xFF, 0), USHER_E_PARAM);
}

static void transactions_have_numbers_of_their_own(void **state)
{
    struct fixture *f = *state;
    bool seen[256] = { false };

    for (unsigned i = 0; i < 256; i++) {
        uint8_t tid = usher_onoff_tid(f->client);

        assert_false(seen[tid]);
        seen[tid] = true;
    }
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_lamp_is_switched_and_says_so),
        TEST(without_acknowledgment_there_is_no_answer),
        TEST(a_group_is_switched),
        TEST(a_repeat_is_answered_and_not_executed),
        TEST(what_comes_later_than_6_seconds_is_no_repeat),
        TEST(another_destination_or_another_message_between_is_no_repeat),
        TEST(another_source_is_no_repeat),
        TEST(what_is_malformed_is_neither_executed_nor_answered_nor_remembered),
        TEST(on_comes_with_the_begin_of_a_transition),
        TEST(off_comes_with_the_end_of_a_transition),
        TEST(a_delay_alone_is_waited_for),
        TEST(the_remaining_time_is_told_in_each_resolution),
        TEST(a_new_message_takes_the_place_of_a_transition),
        TEST(a_new_state_is_published),
        TEST(begin_and_end_of_a_transition_are_published),
        TEST(switching_locally_ends_a_transition),
        TEST(a_malformed_status_is_not_told),
        TEST(only_a_status_is_read_as_one),
        TEST(times_that_cannot_be_said_are_refused),
        TEST(transactions_have_numbers_of_their_own),
    };
#undef TEST

    return cmocka_run_group_tests_name("onoff", tests, NULL, NULL);
}
