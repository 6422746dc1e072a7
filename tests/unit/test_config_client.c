/*
 * The Configuration Client (src/model/config_client.c): what it refuses to ask, which answers it
 * takes for its question's, and asking where much is lost. Over the air, from one node to another.
 */
#include "config_rig.h"

#define ASKER nodes_address(0)
#define GROUP 0xC001u
#define OTHER_GROUP 0xC002u
#define LABEL                                                                                      \
    .label = { 0xF4, 0xA0, 0x02, 0xC7, 0xFB, 0x1E, 0x4C, 0xA0,                                     \
               0xA4, 0x69, 0xA0, 0x21, 0xDE, 0x0D, 0xB8, 0x75 }
#define LABEL_ADDRESS 0x9736u
#define LONG_MS 60000u

struct asked {
    struct usher_request request;
    unsigned over;
    enum usher_err err;
    struct usher_config_msg answer;
};

static void on_answer(void *user, struct usher_request *request, const struct usher_answer *answer)
{
    struct asked *asked = user;

    (void)request;
    asked->over++;
    asked->err = answer->err;
    if (answer->err == USHER_OK) {
        assert_true(usher_config_read(answer->message, &asked->answer));
    }
}

static enum usher_err ask(struct nodes *all, struct asked *asked, uint16_t address,
                          const struct usher_config_msg *question)
{
    *asked = (struct asked){ .request = { .done = on_answer, .user = asked } };
    asked->request.timeout_ms = LONG_MS; /* one try only, if it is not lost */
    return usher_config_ask(&all->node[0].config_client, &asked->request, address, 0, question);
}

/* -- what is refused --------------------------------------------------------------------------- */

static void what_is_no_question_is_not_asked(void **state)
{
    struct nodes *all = *state;
    struct asked asked;
    unsigned refused = 0;

    for (unsigned i = 0; i < config_pdu_count; i++) {
        struct usher_config_msg msg = { .opcode = config_pdus[i].opcode, .element = 1 };

        if (config_pdus[i].answer == CONFIG_NO_ANSWER) {
            assert_int_equal(ask(all, &asked, NODE, &msg), USHER_E_PARAM);
            refused++;
        }
    }
    assert_int_equal(refused, 24);
    assert_int_equal(ask(all, &asked, NODE, &(struct usher_config_msg){ .opcode = 0x8004 }),
                     USHER_E_PARAM);
}

static void members_out_of_range_are_not_asked(void **state)
{
    static const struct usher_config_msg bad[] = {
        { .opcode = USHER_CONFIG_TTL_SET, .state = 1 },
        { .opcode = USHER_CONFIG_NETKEY_ADD, .net_index = 0x1000 },
        { .opcode = USHER_CONFIG_MODEL_APP_BIND, ONOFF }, /* no element */
        { .opcode = USHER_CONFIG_SUBSCRIPTION_ADD, .element = 1, .address = 2, ONOFF },
    };
    struct asked asked;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(ask(*state, &asked, NODE, &bad[i]), USHER_E_PARAM);
    }
}

static void only_nodes_that_are_known_are_asked(void **state)
{
    const struct usher_config_msg q = { .opcode = USHER_CONFIG_TTL_GET };
    struct nodes *all = *state;
    struct asked asked;

    assert_int_equal(ask(all, &asked, GROUP, &q), USHER_E_ADDR);
    assert_int_equal(ask(all, &asked, 0x0777, &q), USHER_E_NOT_FOUND); /* has no device key */
    assert_int_equal(usher_mesh_reset(&all->node[0].mesh), USHER_OK);
    assert_int_equal(ask(all, &asked, NODE, &q), USHER_E_STATE);
    nodes_run(all, 1000);
    assert_int_equal(asked.over, 0);
}

/* -- which answer is whose --------------------------------------------------------------------- */

static unsigned unasked;

static void on_unasked(struct usher_config_client *c, const struct usher_message *message)
{
    (void)c;
    assert_int_equal(message->src, NODE);
    unasked++;
}

/* Node 1 falls silent, and says what the test has it say. */
static void mute(struct nodes *all)
{
    all->node[1].config_server.model.opcode_count = 0;
    all->node[0].config_client.unasked = on_unasked;
    unasked = 0;
}

static void say(struct nodes *all, const struct usher_config_msg *answer)
{
    const struct usher_target target = { .dst = ASKER, .key = USHER_KEY_DEVICE, .ttl = 5 };
    struct usher_config_msg written = *answer;
    uint8_t params[USHER_ACCESS_MAX];
    size_t len = config_pdu_write(&written, params, sizeof(params));

    assert_int_not_equal(len, SIZE_MAX);
    assert_int_equal(
        usher_send(&all->node[1].config_server.model, &target, answer->opcode, params, len, 0),
        USHER_OK);
    nodes_run(all, 500);
}

#define MSG(op, ...)                                                                               \
    {                                                                                              \
        .opcode = USHER_CONFIG_##op, __VA_ARGS__                                                   \
    }
#define BOUND(el, app, ...) MSG(MODEL_APP_STATUS, .element = el, .app_index = app, __VA_ARGS__)
#define EL .element = 3
#define BAD_KEY .status = USHER_STATUS_INVALID_APPKEY

/* A question, what is not its answer, and what is. */
static const struct {
    struct usher_config_msg question, others[4], answers[3];
} rows[] = {
    { MSG(MODEL_APP_BIND, EL, .app_index = 1, ONOFF),
      { BOUND(3, 0, ONOFF), BOUND(3, 0, BAD_KEY, ONOFF), BOUND(4, 1, ONOFF),
        BOUND(3, 1, .company = 0x0059, .model = USHER_MODEL_ONOFF_SERVER) },
      { BOUND(3, 1, ONOFF), BOUND(3, 1, BAD_KEY, ONOFF) } },
    { MSG(MODEL_APP_BIND, EL, .app_index = 0, ONOFF),
      { BOUND(3, 1, ONOFF), BOUND(3, 0, ONOFF_CLIENT) },
      { BOUND(3, 0, ONOFF) } },
    { MSG(NETKEY_ADD, .net_index = 0),
      { MSG(NETKEY_STATUS, .net_index = 1), MSG(NETKEY_STATUS, .net_index = 1, .status = 6) },
      { MSG(NETKEY_STATUS, .net_index = 0), MSG(NETKEY_STATUS, .net_index = 0, .status = 5) } },
    { MSG(APPKEY_ADD, .net_index = 1, .app_index = 2),
      { MSG(APPKEY_STATUS, .net_index = 1, .app_index = 1),
        MSG(APPKEY_STATUS, .net_index = 0, .app_index = 2),
        MSG(APPKEY_STATUS, .net_index = 1, .app_index = 0, .status = 5) },
      { MSG(APPKEY_STATUS, .net_index = 1, .app_index = 2) } },
    { MSG(APPKEY_GET, .net_index = 1),
      { MSG(APPKEY_LIST, .net_index = 0), MSG(APPKEY_LIST, .net_index = 2, .status = 4) },
      { MSG(APPKEY_LIST, .net_index = 1, .list_count = 1, .list = { 5 }) } },
    { MSG(KEY_REFRESH_SET, .net_index = 1, .state = 2),
      { MSG(KEY_REFRESH_STATUS, .net_index = 0, .state = 2) },
      { MSG(KEY_REFRESH_STATUS, .net_index = 1, .state = 2) } },
    { MSG(SUBSCRIPTION_ADD, EL, .address = GROUP, ONOFF),
      { MSG(SUBSCRIPTION_STATUS, EL, .address = OTHER_GROUP, ONOFF),
        MSG(SUBSCRIPTION_STATUS, EL, .address = 0, ONOFF) },
      { MSG(SUBSCRIPTION_STATUS, EL, .address = GROUP, ONOFF),
        MSG(SUBSCRIPTION_STATUS, EL, .address = 0, .status = 5, ONOFF) } },
    { MSG(SUBSCRIPTION_VIRTUAL_ADD, EL, LABEL, ONOFF),
      { MSG(SUBSCRIPTION_STATUS, EL, .address = 0x8001, ONOFF),
        MSG(SUBSCRIPTION_STATUS, EL, .address = GROUP, ONOFF) },
      { MSG(SUBSCRIPTION_STATUS, EL, .address = LABEL_ADDRESS, ONOFF) } },
    { MSG(SUBSCRIPTION_DELETE_ALL, EL, ONOFF),
      { MSG(SUBSCRIPTION_STATUS, EL, .address = 0, ONOFF_CLIENT) },
      { MSG(SUBSCRIPTION_STATUS, EL, .address = 0, ONOFF) } },
    { MSG(PUBLICATION_SET, EL, .address = GROUP, .app_index = 1, ONOFF),
      { MSG(PUBLICATION_STATUS, EL, .address = OTHER_GROUP, .app_index = 1, ONOFF),
        MSG(PUBLICATION_STATUS, EL, .address = GROUP, .app_index = 0, ONOFF),
        MSG(PUBLICATION_STATUS, EL, .address = 0, ONOFF) },
      { MSG(PUBLICATION_STATUS, EL, .address = GROUP, .app_index = 1, ONOFF),
        MSG(PUBLICATION_STATUS, EL, .address = 0, BAD_KEY, ONOFF) } },
    { MSG(PUBLICATION_SET, EL, .address = 0, .app_index = 1, ONOFF),
      { MSG(PUBLICATION_STATUS, EL, .address = GROUP, .app_index = 1, ONOFF) },
      { MSG(PUBLICATION_STATUS, EL, .address = 0, .app_index = 0, ONOFF) } },
    { MSG(PUBLICATION_VIRTUAL_SET, EL, LABEL, ONOFF),
      { MSG(PUBLICATION_STATUS, EL, .address = GROUP, ONOFF) },
      { MSG(PUBLICATION_STATUS, EL, .address = LABEL_ADDRESS, ONOFF) } },
    { MSG(PUBLICATION_GET, EL, ONOFF),
      { MSG(PUBLICATION_STATUS, .element = 4, .address = GROUP, ONOFF) },
      { MSG(PUBLICATION_STATUS, EL, .address = GROUP, .app_index = 3, ONOFF) } },
    { MSG(HEARTBEAT_PUB_SET, .address = GROUP, .net_index = 1),
      { MSG(HEARTBEAT_PUB_STATUS, .address = OTHER_GROUP, .net_index = 1),
        MSG(HEARTBEAT_PUB_STATUS, .address = GROUP, .net_index = 0) },
      { MSG(HEARTBEAT_PUB_STATUS, .address = GROUP, .net_index = 1, .count_log = 3),
        MSG(HEARTBEAT_PUB_STATUS, .address = 0, .status = 4) } },
    { MSG(HEARTBEAT_SUB_SET, .source = 3, .address = GROUP, .period_log = 0),
      { MSG(HEARTBEAT_SUB_STATUS, .source = 3, .address = OTHER_GROUP) },
      { MSG(HEARTBEAT_SUB_STATUS), MSG(HEARTBEAT_SUB_STATUS, .source = 3, .address = GROUP) } },
    { MSG(HEARTBEAT_PUB_GET),
      { MSG(HEARTBEAT_SUB_STATUS) },
      { MSG(HEARTBEAT_PUB_STATUS, .address = GROUP, .net_index = 7) } },
    { MSG(SIG_APP_GET, EL, ONOFF),
      { MSG(SIG_APP_LIST, .element = 4, ONOFF), MSG(SIG_APP_LIST, EL, ONOFF_CLIENT) },
      { MSG(SIG_APP_LIST, EL, ONOFF, .list_count = 1, .list = { 2 }) } },
    { MSG(TTL_SET, .state = 5), { MSG(BEACON_STATUS) }, { MSG(TTL_STATUS, .state = 7) } },
};

/* A late repeat of an answer to an earlier question is not taken for the answer to this one. */
static void an_answer_tells_of_what_was_asked(void **state)
{
    struct nodes *all = *state;
    struct asked asked;

    mute(all);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        /* The struct of a message that is none has opcode 0, AppKey Add: no answer. */
        for (size_t n = 0; n < 3 && rows[i].answers[n].opcode != 0; n++) {
            assert_int_equal(ask(all, &asked, NODE, &rows[i].question), USHER_OK);
            nodes_run(all, 500);
            for (size_t o = 0; o < 4 && rows[i].others[o].opcode != 0; o++) {
                unasked = 0;
                say(all, &rows[i].others[o]);
                assert_int_equal(asked.over, 0);
                assert_int_equal(unasked, 1);
            }
            say(all, &rows[i].answers[n]);
            assert_int_equal(asked.over, 1);
            assert_int_equal(asked.err, USHER_OK);
            assert_int_equal(asked.answer.status, rows[i].answers[n].status);
        }
    }
}

static void several_questions_each_get_their_answer(void **state)
{
    struct nodes *all = *state;
    struct asked asked[3];
    struct usher_config_msg q = { .opcode = USHER_CONFIG_APPKEY_STATUS };

    mute(all);
    for (uint16_t i = 0; i < 3; i++) {
        q = (struct usher_config_msg){ .opcode = USHER_CONFIG_NETKEY_DELETE, .net_index = i };
        assert_int_equal(ask(all, &asked[i], NODE, &q), USHER_OK);
    }
    nodes_run(all, 500);
    for (uint16_t i = 3; i-- > 0;) {
        q = (struct usher_config_msg){ .opcode = USHER_CONFIG_NETKEY_STATUS, .net_index = i };
        say(all, &q);
        assert_int_equal(asked[i].over, 1);
        assert_int_equal(asked[i].answer.net_index, i);
        assert_true(i == 0 || asked[i - 1].over == 0);
    }
    say(all, &q); /* and nobody waits for more */
    assert_int_equal(unasked, 1);
    all->node[0].config_client.unasked = NULL;
    say(all, &q);
}

static void what_is_malformed_is_no_answer(void **state)
{
    static const struct usher_config_msg q = { .opcode = USHER_CONFIG_TTL_GET };
    static const struct usher_config_msg answer = { .opcode = USHER_CONFIG_TTL_STATUS, .state = 9 };
    const struct usher_target target = { .dst = ASKER, .key = USHER_KEY_DEVICE, .ttl = 5 };
    struct nodes *all = *state;
    struct asked asked;

    mute(all);
    assert_int_equal(ask(all, &asked, NODE, &q), USHER_OK);
    for (size_t len = 0; len <= 2; len++) { /* none, prohibited, too long */
        assert_int_equal(usher_send(&all->node[1].config_server.model, &target,
                                    USHER_CONFIG_TTL_STATUS, (const uint8_t[]){ 1, 1 }, len, 0),
                         USHER_OK);
        nodes_run(all, 500);
    }
    assert_int_equal(asked.over, 0);
    assert_int_equal(unasked, 0);
    say(all, &answer);
    assert_int_equal(asked.over, 1);
    assert_int_equal(asked.answer.state, 9);
}

/* -- loss -------------------------------------------------------------------------------------- */

/* Adds keys and binds them, each when the one before is answered; every answer is the right one. */
static void configuring_works_where_much_is_lost(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= 20; seed++) {
        struct nodes *all =
            nodes_new(&(struct nodes_config){ .count = 2, .seed = seed, .loss_pct = 30 });
        struct usher_config_msg a;

        nodes_provision(all);
        for (uint16_t i = 0; i < USHER_BINDINGS; i++) {
            const struct usher_config_msg add = { .opcode = USHER_CONFIG_APPKEY_ADD,
                                                  .app_index = i,
                                                  .key = { (uint8_t)i } };
            const struct usher_config_msg bind = {
                .opcode = USHER_CONFIG_MODEL_APP_BIND, .element = NODE, .app_index = i, ONOFF
            };

            assert_int_equal(nodes_config_ask(all, 0, 1, &add, &a), USHER_OK);
            assert_int_equal(a.status, USHER_STATUS_SUCCESS);
            assert_int_equal(a.app_index, i);
            assert_int_equal(nodes_config_ask(all, 0, 1, &bind, &a), USHER_OK);
            assert_int_equal(a.status, USHER_STATUS_SUCCESS);
            assert_int_equal(a.app_index, i);
            assert_true(access_bound(&all->node[1].onoff_server.model, i));
        }
        nodes_free(all);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CONFIG_TEST(what_is_no_question_is_not_asked),
        CONFIG_TEST(members_out_of_range_are_not_asked),
        CONFIG_TEST(only_nodes_that_are_known_are_asked),
        CONFIG_TEST(an_answer_tells_of_what_was_asked),
        CONFIG_TEST(several_questions_each_get_their_answer),
        CONFIG_TEST(what_is_malformed_is_no_answer),
        cmocka_unit_test(configuring_works_where_much_is_lost),
    };

    return cmocka_run_group_tests_name("config client", tests, NULL, NULL);
}
