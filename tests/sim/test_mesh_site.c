/*
 * A site of fifty nodes for two hours: six clusters in a row, each of which hears its neighbours
 * alone, so that messages from one end to the other go through four relays. Everybody asks somebody
 * now and then, in one PDU or in segments, and tells a group; meanwhile the IV Index is updated and
 * the keys are refreshed by configuration messages. Each message has a number: none may be accepted
 * twice, and no question remain without its answer.
 */
#include "model.h"
#include "nodes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NODES 50u
#define CLUSTERS 6u
#define APART 100        /* from a cluster to the next one ... */
#define SPREAD 20        /* ... which is this wide ... */
#define RANGE 130        /* ... so that all of the next one are heard, and none of the one beyond */
#define RELAYS 3u        /* of a cluster */
#define PERIOD_MS 60000u /* of each node: a question or a message to the group */
#define MINUTE 60000u
#define GROUP 0xC123
#define TALK_MAX 200u /* of one node */
#define LONG_MAX 80u
#define LOSS_PCT 3

#define QUESTION USHER_OPCODE_VENDOR(1, NODES_COMPANY)
#define ANSWER USHER_OPCODE_VENDOR(2, NODES_COMPANY)
#define NEWS USHER_OPCODE_VENDOR(3, NODES_COMPANY)

/* What was sent under one number, and what became of it. */
struct talk {
    bool question;
    uint8_t tries;              /* of a question, when it has ended */
    uint8_t accepted;           /* by the node asked */
    uint8_t accepted_by[NODES]; /* of the group */
};

struct person {
    struct site *site;
    struct node *node;
    unsigned n;
    struct usher_request request;
    bool asking;
    struct talk talk[TALK_MAX];
    unsigned said;
};

struct site {
    struct nodes *all;
    struct person person[NODES];
    uint32_t random;
    unsigned questions, answers, unanswered, again;
    unsigned news, news_accepted;
    uint8_t hops_max;
    uint32_t slowest_ms;
};

/* -- messages ---------------------------------------------------------------------------------- */

static uint32_t below(struct site *s, uint32_t limit)
{
    s->random = s->random * 1664525u + 1013904223u;
    return (uint32_t)((uint64_t)s->random * limit >> 32);
}

/* From whom, and its number. */
struct head {
    uint8_t from, number;
};
#define HEAD_LEN 2u

static struct talk *talk_of(struct site *s, const struct usher_message *message)
{
    struct person *from = &s->person[message->params[0]];

    assert_true(message->params[0] < NODES && message->params[1] < from->said);
    assert_int_equal(message->src, nodes_address(from->n) + 1);
    return &from->talk[message->params[1]];
}

static void count_hops(struct site *s, const struct usher_message *message)
{
    uint8_t hops = (uint8_t)(7 - message->ttl + 1); /* 7: Default TTL */

    s->hops_max = hops > s->hops_max ? hops : s->hops_max;
}

static void on_question(struct usher_model *model, const struct usher_message *message)
{
    struct person *p = model->user;
    struct talk *talk = talk_of(p->site, message);

    talk->accepted++;
    count_hops(p->site, message);
    (void)usher_reply(model, message, ANSWER, message->params, message->len);
}

static void on_answer(struct usher_model *model, const struct usher_message *message)
{
    (void)usher_answered(model, message);
}

static void on_news(struct usher_model *model, const struct usher_message *message)
{
    struct person *p = model->user;
    uint8_t *accepted = &talk_of(p->site, message)->accepted_by[p->n];

    assert_int_equal(*accepted, 0);
    *accepted = 1;
    p->site->news_accepted++;
}

static const struct usher_opcode opcodes[] = {
    { QUESTION, HEAD_LEN, LONG_MAX, on_question },
    { ANSWER, HEAD_LEN, LONG_MAX, on_answer },
    { NEWS, HEAD_LEN, HEAD_LEN, on_news },
};

static void on_done(void *user, struct usher_request *request, const struct usher_answer *answer)
{
    struct person *p = user;
    struct site *s = p->site;
    struct talk *talk = &p->talk[p->said - 1];

    (void)request;
    p->asking = false;
    talk->tries = answer->tries;
    s->again += answer->tries > 1;
    if (answer->err != USHER_OK) {
        s->unanswered++;
        return;
    }
    s->answers++;
    s->slowest_ms = answer->ms > s->slowest_ms ? answer->ms : s->slowest_ms;
    assert_int_equal(answer->message->params[0], p->n);
    assert_int_equal(answer->message->params[1], p->said - 1);
    assert_in_range(talk->accepted, 1, talk->tries);
}

static void ask(struct person *p, const uint8_t head[HEAD_LEN])
{
    struct site *s = p->site;
    uint8_t params[LONG_MAX] = { head[0], head[1] };
    unsigned to = (p->n + 1 + below(s, NODES - 1)) % NODES;
    size_t len = below(s, 3) == 0 ? LONG_MAX : HEAD_LEN + below(s, 6);
    struct usher_target target = { .dst = (uint16_t)(nodes_address(to) + 1), .ttl = 255 };

    p->request = (struct usher_request){ .done = on_done, .user = p, .timeout_ms = 4000 };
    assert_int_equal(
        usher_ask(&p->node->vendor, &p->request, &target, QUESTION, params, len, ANSWER), USHER_OK);
    p->asking = true;
    s->questions++;
}

static void speak(struct usher_model *model)
{
    struct person *p = model->user;
    struct site *s = p->site;
    uint8_t head[HEAD_LEN] = { (uint8_t)p->n, (uint8_t)p->said };
    struct usher_target group = { .dst = GROUP, .ttl = 255 };

    model->timer_at = nodes_now(s->all) + PERIOD_MS / 2 + below(s, PERIOD_MS);
    if (p->asking || p->said == TALK_MAX) {
        return;
    }
    p->talk[p->said++].question = below(s, 4) != 0;
    if (p->talk[p->said - 1].question) {
        ask(p, head);
    } else {
        s->news += usher_send(model, &group, NEWS, head, sizeof(head), 0) == USHER_OK;
    }
}

/* -- the site ---------------------------------------------------------------------------------- */

static bool is_relay(unsigned n)
{
    return n / CLUSTERS < RELAYS;
}

static void place(struct site *s, unsigned n)
{
    int x = (int)(n % CLUSTERS) * APART + (int)below(s, SPREAD);

    air_place(s->all->node[n].port.radio, (int16_t)x, (int16_t)below(s, SPREAD));
}

static void person_init(struct site *s, unsigned n)
{
    struct person *p = &s->person[n];
    struct usher_model *model = &s->all->node[n].vendor;

    *p = (struct person){ .site = s, .node = &s->all->node[n], .n = n };
    model->opcodes = opcodes;
    model->opcode_count = sizeof(opcodes) / sizeof(opcodes[0]);
    model->user = p;
    model->timer = speak;
}

static struct site *site_new(uint32_t seed)
{
    struct site *s = calloc(1, sizeof(*s));

    assert_non_null(s);
    s->random = seed;
    s->all = nodes_new(&(struct nodes_config){ .count = NODES,
                                               .seed = seed,
                                               .loss_pct = LOSS_PCT,
                                               .features = USHER_FEATURE_RELAY,
                                               .range = RANGE });
    for (unsigned n = 0; n < NODES; n++) {
        place(s, n);
        person_init(s, n);
    }
    nodes_provision(s->all);
    nodes_bind_all(s->all);
    for (unsigned n = 0; n < NODES; n++) {
        assert_int_equal(usher_model_subscribe(&s->all->node[n].vendor, GROUP),
                         USHER_STATUS_SUCCESS);
        usher_iv_test_mode(&s->all->node[n].mesh, true);
    }
    return s;
}

static void site_free(struct site *s)
{
    nodes_free(s->all);
    free(s);
}

/* Node 0's configuration client asks one node, and gets what it wants. */
static void configure(struct site *s, unsigned to, const struct usher_config_msg *question)
{
    struct usher_config_msg answer;

    assert_int_equal(nodes_config_ask(s->all, 0, to, question, &answer), USHER_OK);
    assert_int_equal(answer.status, USHER_STATUS_SUCCESS);
}

static void configure_all(struct site *s, const struct usher_config_msg *question)
{
    for (unsigned n = 0; n < NODES; n++) {
        configure(s, n, question);
    }
}

/* Those near node 0 first: what is further away is reached through them. */
static void relays_on(struct site *s)
{
    struct usher_config_msg on = { .opcode = USHER_CONFIG_RELAY_SET, .state = 1, .transmit = 0x0A };

    for (unsigned cluster = 0; cluster < CLUSTERS; cluster++) {
        for (unsigned n = cluster; n < NODES; n += CLUSTERS) {
            if (is_relay(n)) {
                configure(s, n, &on);
            }
        }
    }
}

static void run_until(struct site *s, uint64_t minutes)
{
    uint64_t now = nodes_now(s->all);

    if (now < minutes * MINUTE) {
        nodes_run(s->all, minutes * MINUTE - now);
    }
}

static void assert_iv(const struct site *s, uint32_t index, bool updating)
{
    for (unsigned n = 0; n < NODES; n++) {
        bool is_updating;

        assert_int_equal(usher_mesh_iv(&s->all->node[n].mesh, &is_updating), index);
        assert_int_equal(is_updating, updating);
    }
}

static void assert_phase(const struct site *s, uint8_t phase)
{
    for (unsigned n = 0; n < NODES; n++) {
        assert_int_equal(s->all->node[n].mesh.net.keys.subnets[0].phase, phase);
    }
}

/* -- what happens to it ------------------------------------------------------------------------ */

static void update_iv(struct site *s)
{
    run_until(s, 20);
    assert_iv(s, 0, false);
    assert_int_equal(usher_iv_update(&s->all->node[0].mesh), USHER_OK);
    run_until(s, 35);
    assert_iv(s, 1, true);
    while (usher_iv_update(&s->all->node[NODES - 1].mesh) == USHER_E_BUSY) {
        nodes_run(s->all, 1000);
    }
    run_until(s, 50);
    assert_iv(s, 1, false);
}

static void refresh_keys(struct site *s)
{
    struct usher_config_msg netkey = { .opcode = USHER_CONFIG_NETKEY_UPDATE },
                            appkey = { .opcode = USHER_CONFIG_APPKEY_UPDATE },
                            phase = { .opcode = USHER_CONFIG_KEY_REFRESH_SET };

    memcpy(netkey.key, nodes_key(0x33), sizeof(netkey.key));
    memcpy(appkey.key, nodes_key(0x44), sizeof(appkey.key));
    configure_all(s, &netkey);
    configure_all(s, &appkey);
    assert_phase(s, 1);
    run_until(s, 70);
    phase.state = 2;
    configure_all(s, &phase);
    assert_phase(s, 2);
    run_until(s, 90);
    phase.state = 3;
    configure_all(s, &phase);
    assert_phase(s, 0);
    for (unsigned n = 0; n < NODES; n++) {
        const struct usher_keys *k = &s->all->node[n].mesh.net.keys;

        assert_memory_equal(k->subnets[0].key[0].key, nodes_key(0x33), USHER_KEY_SIZE);
        assert_memory_equal(k->appkeys[0].key[0].key, nodes_key(0x44), USHER_KEY_SIZE);
    }
}

/* Nobody begins anything new; what is under way ends. */
static void fall_silent(struct site *s)
{
    for (unsigned n = 0; n < NODES; n++) {
        s->all->node[n].vendor.timer_at = 0;
    }
    nodes_run(s->all, 2 * MINUTE);
    for (unsigned n = 0; n < NODES; n++) {
        assert_false(s->person[n].asking);
    }
}

/* A try is a new message with a sequence number of its own: there are no more acceptances. */
static void assert_none_twice(const struct site *s)
{
    for (unsigned n = 0; n < NODES; n++) {
        for (unsigned i = 0; i < s->person[n].said; i++) {
            const struct talk *talk = &s->person[n].talk[i];

            assert_true(!talk->question || talk->accepted <= talk->tries);
        }
    }
}

static void report(const struct site *s)
{
    const struct air_stats *air = air_stats(s->all->air);

    printf("%u questions, %u answered, %u of them after more than one try, the slowest %" PRIu32
           " ms; %u messages to the group, of whom %.1f %% accepted each; at most %u hops; "
           "%" PRIu64 " advertisements, %" PRIu64 " collided\n",
           s->questions, s->answers, s->again, s->slowest_ms, s->news,
           100.0 * s->news_accepted / (s->news * NODES), s->hops_max, air->events, air->collided);
}

static void two_hours_with_an_iv_update_and_a_key_refresh(void **state)
{
    struct site *s = site_new(7);

    (void)state;
    relays_on(s);
    for (unsigned n = 0; n < NODES; n++) {
        s->all->node[n].vendor.timer_at = nodes_now(s->all) + 1 + below(s, PERIOD_MS);
    }
    update_iv(s);
    refresh_keys(s);
    run_until(s, 118);
    fall_silent(s);
    report(s);
    assert_none_twice(s);
    assert_int_equal(s->unanswered, 0);
    assert_int_equal(s->answers, s->questions);
    assert_true(s->questions > NODES * 10);
    assert_true(s->hops_max >= CLUSTERS - 1);
    assert_true(s->news_accepted > s->news * NODES * 9 / 10);
    site_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_hours_with_an_iv_update_and_a_key_refresh),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
