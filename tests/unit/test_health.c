/*
 * Health between two nodes: node 0 asks, node 1 has faults and draws attention. Also attention of a
 * device that is no node yet.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "nodes.h"

#define CURRENT_STATUS 0x04u
#define FAULT_STATUS 0x05u
#define ATTENTION_GET 0x8004u
#define ATTENTION_SET_UNACK 0x8006u
#define ATTENTION_STATUS 0x8007u
#define FAULT_CLEAR 0x802Fu
#define FAULT_CLEAR_UNACK 0x8030u
#define FAULT_GET 0x8031u
#define FAULT_TEST 0x8032u
#define FAULT_TEST_UNACK 0x8033u
#define PERIOD_GET 0x8034u
#define PERIOD_SET 0x8035u
#define PERIOD_SET_UNACK 0x8036u
#define PERIOD_STATUS 0x8037u

#define SECOND 1000u
#define AIR_MS 200u /* a message and its answer are through */

#define BATTERY_LOW 0x01u
#define OVERHEAT 0x0Du
#define TEST_ID 0x05u

struct fixture {
    struct nodes *all;
    struct usher_health_server *server;
    struct usher_health_client *client;

    /* what was published to the client */
    unsigned statuses;
    uint16_t status_src;
    struct usher_health_status status;
    uint8_t faults[USHER_FAULTS];
    /* attention */
    unsigned attentions;
    uint8_t attention;
    uint64_t attention_at;
    /* the answer to a question */
    bool over;
    enum usher_err err;
    uint8_t answer[16];
    size_t answer_len;
};

static void on_status(struct usher_health_client *c, uint16_t src,
                      const struct usher_health_status *status)
{
    struct fixture *f = c->model.user;

    f->statuses++;
    f->status_src = src;
    f->status = *status;
    assert_in_range(status->count, 0, USHER_FAULTS);
    memcpy(f->faults, status->faults, status->count);
}

static void on_attention(struct usher_health_server *s, uint8_t seconds)
{
    struct fixture *f = s->model.user;

    f->attentions++;
    f->attention = seconds;
    f->attention_at = nodes_now(f->all);
    assert_int_equal(usher_health_attention(s), seconds);
}

/* A self test that finds the server hot. */
static bool self_test(struct usher_health_server *s, uint8_t test_id)
{
    if (test_id != TEST_ID) {
        return false;
    }
    usher_health_fault_set(s, OVERHEAT, true);
    return true;
}

static void on_answer(void *user, struct usher_request *request, const struct usher_answer *answer)
{
    struct fixture *f = user;

    (void)request;
    f->over = true;
    f->err = answer->err;
    if (answer->err == USHER_OK) {
        f->answer_len = answer->message->len;
        assert_in_range(f->answer_len, 1, sizeof(f->answer));
        memcpy(f->answer, answer->message->params, f->answer_len);
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
    f.client = &f.all->node[0].health_client;
    f.client->status = on_status;
    f.client->model.user = &f;
    f.server = &f.all->node[1].health_server;
    f.server->attention = on_attention;
    f.server->test = self_test;
    f.server->model.user = &f;
    *state = &f;
    return 0;
}

static int setup_provisioned(void **state)
{
    struct fixture *f;

    setup(state);
    f = *state;
    nodes_provision(f->all);
    nodes_bind_all(f->all);
    return 0;
}

static int teardown(void **state)
{
    nodes_free(((struct fixture *)*state)->all);
    return 0;
}

static struct usher_target the_server(void)
{
    return (struct usher_target){ .dst = nodes_address(1), .ttl = 255 };
}

/* Waits for the end of a question. */
static enum usher_err wait_for(struct fixture *f, enum usher_err asked)
{
    assert_int_equal(asked, USHER_OK);
    assert_true(nodes_until(f->all, is_over, f, 60 * SECOND));
    return f->err;
}

/* Asks any octets once, of which the answer may not come. */
static bool is_answered(struct fixture *f, uint32_t opcode, const uint8_t *params, size_t len,
                        uint32_t answer)
{
    struct usher_request request = {
        .done = on_answer, .user = f, .timeout_ms = 2 * AIR_MS, .tries = 1
    };
    struct usher_target to = the_server();
    enum usher_err err;

    f->over = false;
    err = wait_for(f, usher_ask(&f->client->model, &request, &to, opcode, params, len, answer));
    assert_true(err == USHER_OK || err == USHER_E_TIMEOUT);
    return err == USHER_OK;
}

static void assert_answer(const struct fixture *f, const uint8_t *expected, size_t len)
{
    assert_int_equal(f->answer_len, len);
    assert_memory_equal(f->answer, expected, len);
}

/* A Fault Status: the test run last, the company, then faults. */
#define ASSERT_FAULTS(f, test, ...)                                                                \
    assert_answer(f, (const uint8_t[]){ test, 0x34, 0x12, __VA_ARGS__ },                           \
                  sizeof((const uint8_t[]){ test, 0x34, 0x12, __VA_ARGS__ }))
#define ASSERT_NO_FAULTS(f, test) assert_answer(f, (const uint8_t[]){ test, 0x34, 0x12 }, 3)

static void fault_get(struct fixture *f)
{
    struct usher_request request = { .done = on_answer, .user = f };
    struct usher_target to = the_server();

    f->over = false;
    assert_int_equal(wait_for(f, usher_health_fault_get(f->client, &request, &to, NODES_COMPANY)),
                     USHER_OK);
}

/* -- attention --------------------------------------------------------------------------------- */

static void attention_set(struct fixture *f, uint8_t seconds)
{
    struct usher_request request = { .done = on_answer, .user = f };
    struct usher_target to = the_server();

    f->over = false;
    assert_int_equal(wait_for(f, usher_health_attention_ask(f->client, &request, &to, seconds)),
                     USHER_OK);
    assert_answer(f, &seconds, 1);
}

static void attention_is_drawn_for_as_long_as_was_asked(void **state)
{
    struct fixture *f = *state;
    uint64_t began;

    attention_set(f, 5);
    assert_int_equal(f->attentions, 1);
    assert_int_equal(f->attention, 5);
    began = f->attention_at;
    for (uint8_t left = 4; left > 0; left--) {
        nodes_run(f->all, SECOND);
        assert_true(is_answered(f, ATTENTION_GET, NULL, 0, ATTENTION_STATUS));
        assert_answer(f, &left, 1);
    }
    nodes_run(f->all, 2 * SECOND);
    assert_int_equal(f->attentions, 2);
    assert_int_equal(f->attention, 0);
    assert_in_range(f->attention_at - began, 5 * SECOND, 5 * SECOND + 20);
    assert_int_equal(usher_health_attention(f->server), 0);
}

static void attention_is_set_anew_and_ended_early(void **state)
{
    static const uint8_t longest = 255;
    struct fixture *f = *state;

    attention_set(f, 0); /* there is none to end */
    assert_int_equal(f->attentions, 0);
    attention_set(f, 2);
    assert_false(is_answered(f, ATTENTION_SET_UNACK, &longest, 1, ATTENTION_STATUS));
    nodes_run(f->all, 100 * SECOND);
    assert_int_equal(f->attentions, 2);
    assert_in_range(usher_health_attention(f->server), 154, 156);
    attention_set(f, 0);
    assert_int_equal(f->attentions, 3);
    nodes_run(f->all, 200 * SECOND);
    assert_int_equal(f->attentions, 3);
}

static void a_device_that_is_no_node_yet_draws_attention_too(void **state)
{
    struct fixture *f = *state;
    uint64_t began = nodes_now(f->all);

    assert_int_equal(usher_mesh_address(&f->all->node[1].mesh), 0);
    usher_health_attention_set(f->server, 3);
    assert_int_equal(f->attention, 3);
    nodes_run(f->all, 1500);
    assert_int_equal(usher_health_attention(f->server), 2);
    nodes_run(f->all, 3 * SECOND);
    assert_int_equal(f->attentions, 2);
    assert_int_equal(f->attention, 0);
    assert_in_range(f->attention_at - began, 3 * SECOND, 3 * SECOND + 20);

    usher_health_attention_set(f->server, 3);
    usher_health_attention_set(f->server, 0);
    assert_int_equal(f->attentions, 4);
    assert_int_equal(usher_health_attention(f->server), 0);
}

/* -- faults ------------------------------------------------------------------------------------ */

static void a_fault_is_registered_until_it_is_cleared(void **state)
{
    struct usher_request request = { .done = on_answer, .user = *state };
    struct usher_target to = the_server();
    struct fixture *f = *state;

    fault_get(f);
    ASSERT_NO_FAULTS(f, 0);
    usher_health_fault_set(f->server, BATTERY_LOW, true);
    usher_health_fault_set(f->server, OVERHEAT, true);
    usher_health_fault_set(f->server, BATTERY_LOW, true);
    usher_health_fault_set(f->server, BATTERY_LOW, false);
    fault_get(f);
    ASSERT_FAULTS(f, 0, BATTERY_LOW, OVERHEAT);

    f->over = false;
    assert_int_equal(wait_for(f, usher_health_fault_clear(f->client, &request, &to, NODES_COMPANY)),
                     USHER_OK);
    ASSERT_NO_FAULTS(f, 0);
    usher_health_fault_set(f->server, BATTERY_LOW, true);
    fault_get(f);
    ASSERT_FAULTS(f, 0, BATTERY_LOW);
}

static void faults_that_have_no_room_are_left_out(void **state)
{
    struct fixture *f = *state;

    for (uint8_t fault = 1; fault <= USHER_FAULTS + 3; fault++) {
        usher_health_fault_set(f->server, fault, true);
    }
    usher_health_fault_set(f->server, 3, false);
    fault_get(f);
    ASSERT_FAULTS(f, 0, 1, 2, 3, 4, 5, 6, 7, 8);
}

static void a_self_test_is_run_and_named(void **state)
{
    static const uint8_t unacknowledged[] = { TEST_ID, 0x34, 0x12 }, clear[] = { 0x34, 0x12 };
    struct usher_request request = { .done = on_answer, .user = *state };
    struct usher_target to = the_server();
    struct fixture *f = *state;

    f->over = false;
    assert_int_equal(
        wait_for(f, usher_health_fault_test(f->client, &request, &to, TEST_ID, NODES_COMPANY)),
        USHER_OK);
    ASSERT_FAULTS(f, TEST_ID, OVERHEAT);

    usher_health_fault_set(f->server, OVERHEAT, false);
    assert_false(is_answered(f, FAULT_CLEAR_UNACK, clear, sizeof(clear), FAULT_STATUS));
    fault_get(f);
    ASSERT_NO_FAULTS(f, TEST_ID);
    assert_false(
        is_answered(f, FAULT_TEST_UNACK, unacknowledged, sizeof(unacknowledged), FAULT_STATUS));
    fault_get(f);
    ASSERT_FAULTS(f, TEST_ID, OVERHEAT);
}

/* Another company's faults, tests that there are not, and lengths that cannot be. */
static void what_is_not_for_this_server_is_ignored(void **state)
{
    static const struct {
        uint32_t opcode;
        uint8_t params[4], len;
        uint32_t answer;
    } rows[] = {
        { FAULT_GET, { 0x35, 0x12 }, 2, FAULT_STATUS },
        { FAULT_CLEAR, { 0x34, 0x13 }, 2, FAULT_STATUS },
        { FAULT_CLEAR_UNACK, { 0x34, 0x13 }, 2, FAULT_STATUS },
        { FAULT_TEST, { TEST_ID, 0x35, 0x12 }, 3, FAULT_STATUS },
        { FAULT_TEST, { TEST_ID + 1, 0x34, 0x12 }, 3, FAULT_STATUS },
        { FAULT_GET, { 0x34 }, 1, FAULT_STATUS },
        { FAULT_GET, { 0x34, 0x12, 0 }, 3, FAULT_STATUS },
        { FAULT_TEST, { TEST_ID, 0x34 }, 2, FAULT_STATUS },
        { FAULT_TEST, { TEST_ID, 0x34, 0x12, 0 }, 4, FAULT_STATUS },
        { PERIOD_SET, { 16 }, 1, PERIOD_STATUS },
        { PERIOD_SET, { 0 }, 0, PERIOD_STATUS },
        { PERIOD_GET, { 0 }, 1, PERIOD_STATUS },
        { ATTENTION_GET, { 0 }, 1, ATTENTION_STATUS },
        { ATTENTION_SET_UNACK, { 1, 1 }, 2, ATTENTION_STATUS },
    };
    struct fixture *f = *state;

    usher_health_fault_set(f->server, BATTERY_LOW, true);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_false(is_answered(f, rows[i].opcode, rows[i].params, rows[i].len, rows[i].answer));
    }
    assert_int_equal(f->attentions, 0);
    fault_get(f);
    ASSERT_FAULTS(f, 0, BATTERY_LOW);
    assert_true(is_answered(f, PERIOD_GET, NULL, 0, PERIOD_STATUS));
    assert_answer(f, (const uint8_t[]){ 0 }, 1);
}

static void a_server_without_tests_ignores_them(void **state)
{
    static const uint8_t params[] = { 0, 0x34, 0x12 };
    struct fixture *f = *state;

    f->server->test = NULL;
    assert_false(is_answered(f, FAULT_TEST, params, sizeof(params), FAULT_STATUS));
    f->server->test = self_test;
    assert_false(is_answered(f, FAULT_TEST, params, sizeof(params), FAULT_STATUS));
}

/* -- publication ------------------------------------------------------------------------------- */

static void publish_to_the_client(struct fixture *f, uint8_t period)
{
    struct usher_config_msg answer, question = { .opcode = USHER_CONFIG_PUBLICATION_SET,
                                                 .element = nodes_address(1),
                                                 .address = nodes_address(0),
                                                 .ttl = 255,
                                                 .period = period,
                                                 .company = USHER_SIG,
                                                 .model = USHER_MODEL_HEALTH_SERVER };

    assert_int_equal(nodes_config_ask(f->all, 0, 1, &question, &answer), USHER_OK);
    assert_int_equal(answer.status, USHER_STATUS_SUCCESS);
}

static void current_faults_are_published_when_they_change(void **state)
{
    struct fixture *f = *state;

    publish_to_the_client(f, 0);
    nodes_run(f->all, SECOND);
    assert_int_equal(f->statuses, 0);
    usher_health_fault_set(f->server, BATTERY_LOW, true);
    nodes_run(f->all, AIR_MS);
    usher_health_fault_set(f->server, OVERHEAT, true);
    nodes_run(f->all, AIR_MS);
    assert_int_equal(f->statuses, 2);
    assert_int_equal(f->status_src, nodes_address(1));
    assert_int_equal(f->status.company, NODES_COMPANY);
    assert_int_equal(f->status.test_id, 0);
    assert_int_equal(f->status.count, 2);
    assert_int_equal(f->faults[0], BATTERY_LOW);
    assert_int_equal(f->faults[1], OVERHEAT);

    usher_health_fault_set(f->server, OVERHEAT, true); /* no news */
    usher_health_fault_set(f->server, 0x13, false);
    nodes_run(f->all, AIR_MS);
    assert_int_equal(f->statuses, 2);
    usher_health_fault_set(f->server, BATTERY_LOW, false);
    nodes_run(f->all, AIR_MS);
    assert_int_equal(f->statuses, 3);
    assert_int_equal(f->status.count, 1);
    assert_int_equal(f->faults[0], OVERHEAT);
    usher_health_fault_set(f->server, OVERHEAT, false);
    nodes_run(f->all, AIR_MS);
    assert_int_equal(f->status.count, 0);
}

/* How many are published in a minute. */
static unsigned in_a_minute(struct fixture *f)
{
    f->statuses = 0;
    nodes_run(f->all, 60 * SECOND);
    return f->statuses;
}

static void while_there_are_faults_the_period_is_the_fast_one(void **state)
{
    static const uint8_t slow = 0;
    struct usher_request request = { .done = on_answer, .user = *state };
    struct usher_target to = the_server();
    struct fixture *f = *state;
    unsigned configured;

    publish_to_the_client(f, 0x80 | 1); /* 10 s */
    nodes_run(f->all, SECOND);
    configured = f->all->node[1].events[USHER_MESH_EVT_CONFIGURED];
    assert_in_range(in_a_minute(f), 5, 7);
    f->over = false;
    assert_int_equal(wait_for(f, usher_health_period_set(f->client, &request, &to, 3)), USHER_OK);
    assert_answer(f, (const uint8_t[]){ 3 }, 1);
    assert_int_equal(f->all->node[1].events[USHER_MESH_EVT_CONFIGURED], configured + 1);
    assert_in_range(in_a_minute(f), 5, 7);

    usher_health_fault_set(f->server, BATTERY_LOW, true);
    nodes_run(f->all, SECOND);
    assert_in_range(in_a_minute(f), 46, 50); /* every 1250 ms */
    assert_false(is_answered(f, PERIOD_SET_UNACK, &slow, 1, PERIOD_STATUS));
    assert_true(is_answered(f, PERIOD_GET, NULL, 0, PERIOD_STATUS));
    assert_answer(f, &slow, 1);
    nodes_run(f->all, SECOND);
    assert_in_range(in_a_minute(f), 5, 7);

    f->over = false;
    assert_int_equal(wait_for(f, usher_health_period_set(f->client, &request, &to, 2)), USHER_OK);
    nodes_run(f->all, SECOND);
    assert_in_range(in_a_minute(f), 22, 26); /* every 2500 ms */
    usher_health_fault_set(f->server, BATTERY_LOW, false);
    nodes_run(f->all, SECOND);
    assert_in_range(in_a_minute(f), 5, 7);
}

/* -- the client -------------------------------------------------------------------------------- */

static void a_status_of_no_fault_has_none(void **state)
{
    static const struct {
        uint8_t params[6], len;
        bool good;
        uint8_t count;
    } rows[] = {
        { { 1, 0x34, 0x12, 0 }, 4, true, 0 },
        { { 1, 0x34, 0x12 }, 3, true, 0 },
        { { 1, 0x34, 0x12, 0xFF }, 4, true, 1 },
        { { 1, 0x34, 0x12, 0, 1 }, 5, true, 2 },
        { { 1, 0x34 }, 2, false, 0 },
    };
    struct fixture *f = *state;
    struct usher_target to = { .dst = nodes_address(0), .ttl = 255 };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        f->statuses = 0;
        assert_int_equal(
            usher_send(&f->server->model, &to, CURRENT_STATUS, rows[i].params, rows[i].len, 0),
            USHER_OK);
        nodes_run(f->all, AIR_MS);
        assert_int_equal(f->statuses, rows[i].good);
        if (rows[i].good) {
            assert_int_equal(f->status.test_id, 1);
            assert_int_equal(f->status.company, 0x1234);
            assert_int_equal(f->status.count, rows[i].count);
        }
    }
}

static void only_statuses_with_faults_are_read_as_such(void **state)
{
    static const uint8_t params[] = { 1, 0x34, 0x12, 9 };
    struct usher_message message = { .params = params, .len = sizeof(params) };
    struct usher_health_status status;

    (void)state;
    message.opcode = FAULT_STATUS;
    assert_true(usher_health_read(&message, &status));
    assert_int_equal(status.faults[0], 9);
    message.opcode = ATTENTION_STATUS;
    assert_false(usher_health_read(&message, &status));
    message.opcode = CURRENT_STATUS;
    message.len = 2;
    assert_false(usher_health_read(&message, &status));
}

static void a_divisor_that_cannot_be_is_neither_asked_nor_believed(void **state)
{
    static const uint8_t params[] = { 16 };
    struct usher_request request = { .done = on_answer, .user = *state, .tries = 1 };
    struct usher_target to = the_server(), back = { .dst = nodes_address(0), .ttl = 255 };
    struct fixture *f = *state;

    assert_int_equal(usher_health_period_set(f->client, &request, &to, 16), USHER_E_PARAM);
    memset(f->server->model.bindings, 0, sizeof(f->server->model.bindings)); /* deaf */
    assert_int_equal(usher_health_period_set(f->client, &request, &to, 15), USHER_OK);
    assert_int_equal(usher_send(&f->server->model, &back, PERIOD_STATUS, params, 1, 0), USHER_OK);
    assert_int_equal(wait_for(f, USHER_OK), USHER_E_TIMEOUT);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, setup_provisioned, teardown)
    const struct CMUnitTest tests[] = {
        TEST(attention_is_drawn_for_as_long_as_was_asked),
        TEST(attention_is_set_anew_and_ended_early),
        cmocka_unit_test_setup_teardown(a_device_that_is_no_node_yet_draws_attention_too, setup,
                                        teardown),
        TEST(a_fault_is_registered_until_it_is_cleared),
        TEST(faults_that_have_no_room_are_left_out),
        TEST(a_self_test_is_run_and_named),
        TEST(what_is_not_for_this_server_is_ignored),
        TEST(a_server_without_tests_ignores_them),
        TEST(current_faults_are_published_when_they_change),
        TEST(while_there_are_faults_the_period_is_the_fast_one),
        TEST(a_status_of_no_fault_has_none),
        TEST(only_statuses_with_faults_are_read_as_such),
        TEST(a_divisor_that_cannot_be_is_neither_asked_nor_believed),
    };
#undef TEST

    return cmocka_run_group_tests_name("health", tests, NULL, NULL);
}
