/*
 * The longest messages on a bad air: two nodes ask each other with 380 octets at the same time, and
 * answer with as many, at 30 % loss. Everything arrives, unchanged and no more often than it was
 * sent.
 */
#include "model.h"
#include "nodes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#define SEEDS 100u
#define LOSS_PCT 30
#define PARAMS_MAX (USHER_ACCESS_MAX - 3u) /* with an opcode of three octets */
#define QUESTION USHER_OPCODE_VENDOR(1, NODES_COMPANY)
#define ANSWER USHER_OPCODE_VENDOR(2, NODES_COMPANY)
#define END_MS 120000u

/* One of the two. */
struct peer {
    struct node *node;
    struct usher_request request;
    uint8_t said, other; /* what its messages, and the other's, are made of */
    unsigned accepted;   /* questions */
    bool over;
    enum usher_err err;
    uint8_t tries;
};

static struct peer peers[2];

static void fill(uint8_t params[PARAMS_MAX], uint8_t of)
{
    for (unsigned i = 0; i < PARAMS_MAX; i++) {
        params[i] = (uint8_t)(of + i * 3);
    }
}

static void assert_params(const struct usher_message *message, uint8_t of)
{
    uint8_t expected[PARAMS_MAX];

    fill(expected, of);
    assert_int_equal(message->len, PARAMS_MAX);
    assert_memory_equal(message->params, expected, PARAMS_MAX);
}

static void on_question(struct usher_model *model, const struct usher_message *message)
{
    struct peer *p = model->user;

    assert_params(message, p->other);
    p->accepted++;
    (void)usher_reply(model, message, ANSWER, message->params, message->len);
}

static void on_answer(struct usher_model *model, const struct usher_message *message)
{
    struct peer *p = model->user;

    assert_params(message, p->said);
    (void)usher_answered(model, message);
}

static const struct usher_opcode opcodes[] = {
    { QUESTION, 1, PARAMS_MAX, on_question },
    { ANSWER, 1, PARAMS_MAX, on_answer },
};

static void on_done(void *user, struct usher_request *request, const struct usher_answer *answer)
{
    struct peer *p = user;

    (void)request;
    p->over = true;
    p->err = answer->err;
    p->tries = answer->tries;
}

static bool both_over(void *ctx)
{
    (void)ctx;
    return peers[0].over && peers[1].over;
}

static void peer_init(struct node *node, unsigned n, uint8_t seed)
{
    peers[n] = (struct peer){ .node = node, .said = (uint8_t)(seed + n), .other = seed + 1 - n };
    node->vendor.opcodes = opcodes;
    node->vendor.opcode_count = 2;
    node->vendor.user = &peers[n];
}

static void ask(unsigned n)
{
    struct peer *p = &peers[n];
    struct usher_target target = { .dst = (uint16_t)(nodes_address(1 - n) + 1), .ttl = 255 };
    uint8_t params[PARAMS_MAX];

    p->request = (struct usher_request){ .done = on_done, .user = p };
    fill(params, p->said);
    assert_int_equal(
        usher_ask(&p->node->vendor, &p->request, &target, QUESTION, params, sizeof(params), ANSWER),
        USHER_OK);
}

/* @return How many of the two questions were answered at the first try. */
static unsigned both_ways(uint8_t seed)
{
    struct nodes *all =
        nodes_new(&(struct nodes_config){ .count = 2, .seed = seed, .loss_pct = LOSS_PCT });

    for (unsigned n = 0; n < 2; n++) {
        peer_init(&all->node[n], n, seed);
    }
    nodes_provision(all);
    nodes_bind_all(all);
    ask(0);
    ask(1);
    if (!nodes_until(all, both_over, NULL, END_MS) || peers[0].err != USHER_OK ||
        peers[1].err != USHER_OK) {
        fail_msg("seed %u", seed);
    }
    nodes_run(all, END_MS); /* stragglers */
    for (unsigned n = 0; n < 2; n++) {
        assert_in_range(peers[1 - n].accepted, 1, peers[n].tries);
    }
    nodes_free(all);
    return (peers[0].tries == 1) + (peers[1].tries == 1);
}

static void long_messages_both_ways_at_much_loss(void **state)
{
    unsigned at_once = 0;

    (void)state;
    for (unsigned seed = 1; seed <= SEEDS; seed++) {
        at_once += both_ways((uint8_t)seed);
    }
    printf("%u of %u questions answered at the first try\n", at_once, 2 * SEEDS);
    assert_true(at_once > 2 * SEEDS * 9 / 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(long_messages_both_ways_at_much_loss),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
