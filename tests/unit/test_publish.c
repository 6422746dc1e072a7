/*
 * What models send unasked and as answers: publication, its period and retransmissions, replies
 * after their delay. On whole nodes, with a vendor model whose messages are the test's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "model.h"
#include "nodes.h"

#define NOTE USHER_OPCODE_VENDOR(0x01, NODES_COMPANY)
#define QUESTION USHER_OPCODE_VENDOR(0x02, NODES_COMPANY)
#define GROUP 0xC000u
#define ABSENT 0x0700u /* an address that nobody has */
#define APP 0u
#define ANY_TTL 255
#define HEARD_MAX 64u

/* From a message's being sent to its being heard: three channels, and the queue. */
#define AIR_MS 60u

struct heard {
    unsigned count;
    uint64_t at[HEARD_MAX];
    uint8_t params[HEARD_MAX]; /* the first octet of each */
    struct usher_message last;
};

struct fixture {
    struct nodes *all;
    struct heard heard[3];
    unsigned published; /* how often node 0 was told to */
    unsigned replies;   /* to each question, each of this length */
    size_t reply_len;
    unsigned replied;         /* under way */
    enum usher_err reply_err; /* of the last */
};

static struct fixture *fixture_of(struct usher_model *model)
{
    return model->user;
}

static struct heard *heard_of(struct usher_model *model)
{
    struct fixture *f = fixture_of(model);
    unsigned n = (usher_model_address(model) - nodes_address(0)) / NODES_ELEMENTS;

    return &f->heard[n];
}

static void on_note(struct usher_model *model, const struct usher_message *message)
{
    struct heard *heard = heard_of(model);

    assert_true(heard->count < HEARD_MAX);
    heard->at[heard->count] = usher_mesh_now(model->mesh);
    heard->params[heard->count++] = message->len != 0 ? message->params[0] : 0;
    heard->last = *message;
}

static void on_question(struct usher_model *model, const struct usher_message *message)
{
    static const uint8_t params[USHER_ACCESS_MAX] = { 0x99 };
    struct fixture *f = fixture_of(model);

    for (unsigned i = 0; i < f->replies; i++) {
        f->reply_err = usher_reply(model, message, NOTE, params, f->reply_len);
        f->replied += f->reply_err == USHER_OK;
    }
}

static const struct usher_opcode opcodes[] = {
    { NOTE, 0, USHER_ACCESS_MAX, on_note },
    { QUESTION, 0, USHER_ACCESS_MAX, on_question },
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

/* Three nodes; the vendor models of 1 and 2 are subscribed to the group. */
static int setup(void **state)
{
    static struct fixture fixture;
    struct fixture *f = &fixture;

    memset(f, 0, sizeof(*f));
    f->replies = 1;
    f->reply_len = 1;
    f->all = nodes_new(&(struct nodes_config){ .count = 3, .seed = 7 });
    for (unsigned n = 0; n < 3; n++) {
        vendor(f, n)->opcodes = opcodes;
        vendor(f, n)->opcode_count = 2;
        vendor(f, n)->user = f;
    }
    nodes_provision(f->all);
    nodes_bind_all(f->all);
    assert_int_equal(usher_model_subscribe(vendor(f, 1), GROUP), USHER_STATUS_SUCCESS);
    assert_int_equal(usher_model_subscribe(vendor(f, 2), GROUP), USHER_STATUS_SUCCESS);
    nodes_run(f->all, 1000); /* all is quiet: a node does nothing that it is not woken for */
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    nodes_free(f->all);
    return 0;
}

/* count:3 steps:5 */
static uint8_t retransmit(unsigned count, unsigned steps)
{
    return (uint8_t)(count | steps << 3);
}

static void publish_to(struct fixture *f, uint16_t dst, uint8_t ttl, uint8_t period,
                       uint8_t retransmissions)
{
    struct usher_publication *p = &vendor(f, 0)->publication;

    p->address = dst;
    p->key = APP;
    p->ttl = ttl;
    p->period = period;
    p->retransmit = retransmissions;
    publish_changed(vendor(f, 0));
}

static enum usher_err publish(struct fixture *f, uint8_t octet)
{
    return usher_publish(vendor(f, 0), NOTE, &octet, 1);
}

static void ask(struct fixture *f, unsigned from, uint16_t dst, uint8_t ttl)
{
    struct usher_target target = { .dst = dst, .key = APP, .ttl = ttl };

    assert_int_equal(usher_send(vendor(f, from), &target, QUESTION, NULL, 0, 0), USHER_OK);
}

/* -- publication ------------------------------------------------------------------------------- */

static void a_period_is_steps_of_a_resolution(void **state)
{
    (void)state;
    assert_int_equal(publish_period_ms(0x00), 0);
    assert_int_equal(publish_period_ms(0xC0), 0);
    assert_int_equal(publish_period_ms(0x01), 100);
    assert_int_equal(publish_period_ms(0x3F), 6300);
    assert_int_equal(publish_period_ms(0x41), 1000);
    assert_int_equal(publish_period_ms(0x82), 20000);
    assert_int_equal(publish_period_ms(0xFF), 63u * 600000u);
}

static void without_an_address_nothing_is_published(void **state)
{
    struct fixture *f = *state;
    uint32_t tx = usher_mesh_stats(mesh(f, 0))->tx;

    assert_int_equal(publish(f, 1), USHER_OK);
    nodes_run(f->all, 1000);
    assert_int_equal(usher_mesh_stats(mesh(f, 0))->tx, tx);
}

static void a_publication_goes_to_its_address(void **state)
{
    struct fixture *f = *state;

    publish_to(f, GROUP, 3, 0, 0);
    assert_int_equal(publish(f, 0x11), USHER_OK);
    nodes_run(f->all, 5000);
    for (unsigned n = 1; n <= 2; n++) {
        assert_int_equal(f->heard[n].count, 1);
        assert_int_equal(f->heard[n].params[0], 0x11);
        assert_int_equal(f->heard[n].last.src, address(f, 0));
        assert_int_equal(f->heard[n].last.dst, GROUP);
        assert_int_equal(f->heard[n].last.key, APP);
        assert_int_equal(f->heard[n].last.ttl, 3);
    }
    assert_int_equal(f->heard[0].count, 0);

    publish_to(f, address(f, 1), ANY_TTL, 0, 0);
    assert_int_equal(publish(f, 0x12), USHER_OK);
    nodes_run(f->all, 5000);
    assert_int_equal(f->heard[1].count, 2);
    assert_int_equal(f->heard[1].last.ttl, mesh(f, 0)->net.default_ttl);
    assert_int_equal(f->heard[2].count, 1);
}

static void a_publication_goes_to_a_label(void **state)
{
    static const uint8_t label[USHER_LABEL_SIZE] = { 0xAB, 0xCD };
    struct fixture *f = *state;
    uint16_t dst;

    assert_int_equal(access_virtual(mesh(f, 0), label, &dst), USHER_OK);
    assert_int_equal(manage_subscribe(vendor(f, 2), dst, label), USHER_STATUS_SUCCESS);
    memcpy(vendor(f, 0)->publication.label, label, sizeof(label));
    publish_to(f, dst, ANY_TTL, 0, 0);
    assert_int_equal(publish(f, 0x21), USHER_OK);
    nodes_run(f->all, 1000);
    assert_int_equal(f->heard[1].count, 0);
    assert_int_equal(f->heard[2].count, 1);
}

static void a_publication_reaches_the_own_node_too(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(usher_model_subscribe(vendor(f, 0), GROUP), USHER_STATUS_SUCCESS);
    publish_to(f, GROUP, ANY_TTL, 0, 0);
    assert_int_equal(publish(f, 0x31), USHER_OK);
    nodes_run(f->all, 1000);
    assert_int_equal(f->heard[0].count, 1);
    assert_int_equal(f->heard[1].count, 1);
}

static void a_publication_is_repeated(void **state)
{
    struct fixture *f = *state;

    publish_to(f, GROUP, ANY_TTL, 0, retransmit(3, 1));
    assert_int_equal(publish(f, 0x41), USHER_OK);
    nodes_run(f->all, 3000);
    assert_int_equal(f->heard[1].count, 4);
    for (unsigned i = 1; i < 4; i++) {
        assert_int_equal(f->heard[1].params[i], 0x41);
        assert_in_range(f->heard[1].at[i] - f->heard[1].at[0], i * 100 - AIR_MS, i * 100 + AIR_MS);
    }
}

static void the_next_publication_ends_the_repeats(void **state)
{
    struct fixture *f = *state;

    publish_to(f, GROUP, ANY_TTL, 0, retransmit(7, 3));
    assert_int_equal(publish(f, 0x51), USHER_OK);
    nodes_run(f->all, 500);
    assert_int_equal(f->heard[1].count, 3);
    assert_int_equal(publish(f, 0x52), USHER_OK);
    nodes_run(f->all, 5000);
    assert_int_equal(f->heard[1].count, 3 + 8);
    for (unsigned i = 3; i < f->heard[1].count; i++) {
        assert_int_equal(f->heard[1].params[i], 0x52);
    }
}

static void the_next_publication_ends_the_repeats_even_if_it_fails(void **state)
{
    static const uint8_t params[USHER_PUBLISH_MAX - 3];
    struct fixture *f = *state;

    publish_to(f, GROUP, ANY_TTL, 0, retransmit(7, 3));
    assert_int_equal(publish(f, 0x53), USHER_OK);
    nodes_run(f->all, 100);
    mesh(f, 0)->net.sar_tx_size = 0;
    assert_int_equal(usher_publish(vendor(f, 0), NOTE, params, sizeof(params)), USHER_E_NO_MEM);
    nodes_run(f->all, 5000);
    assert_int_equal(f->heard[1].count, 1);
}

static void another_configuration_ends_the_repeats(void **state)
{
    struct fixture *f = *state;

    publish_to(f, GROUP, ANY_TTL, 0, retransmit(7, 3));
    assert_int_equal(publish(f, 0x61), USHER_OK);
    nodes_run(f->all, 100);
    publish_to(f, GROUP, ANY_TTL, 0, retransmit(7, 3));
    nodes_run(f->all, 5000);
    assert_int_equal(f->heard[1].count, 1);
}

static void what_is_repeated_must_fit(void **state)
{
    static const uint8_t params[USHER_PUBLISH_MAX] = { 0x71 };
    struct fixture *f = *state;

    publish_to(f, GROUP, ANY_TTL, 0, retransmit(1, 0));
    assert_int_equal(usher_publish(vendor(f, 0), NOTE, params, USHER_PUBLISH_MAX - 3), USHER_OK);
    nodes_run(f->all, 10000);
    assert_int_equal(f->heard[1].count, 2);
    assert_int_equal(usher_publish(vendor(f, 0), NOTE, params, USHER_PUBLISH_MAX - 2),
                     USHER_E_SIZE);
    publish_to(f, GROUP, ANY_TTL, 0, 0);
    assert_int_equal(usher_publish(vendor(f, 0), NOTE, params, USHER_PUBLISH_MAX - 2), USHER_OK);
    nodes_run(f->all, 10000);
    assert_int_equal(f->heard[1].count, 3);
}

static void a_publication_goes_out_on_its_keys_subnet(void **state)
{
    struct fixture *f = *state;

    for (unsigned n = 0; n < 2; n++) {
        assert_int_equal(usher_netkey_add(mesh(f, n), 1, nodes_key(0x33)), USHER_STATUS_SUCCESS);
        assert_int_equal(usher_appkey_add(mesh(f, n), 1, 4, nodes_key(0x44)), USHER_STATUS_SUCCESS);
        assert_int_equal(usher_model_bind(vendor(f, n), 4), USHER_STATUS_SUCCESS);
    }
    publish_to(f, GROUP, ANY_TTL, 0, 0);
    vendor(f, 0)->publication.key = 4;
    assert_int_equal(publish(f, 0x82), USHER_OK);
    nodes_run(f->all, 1000);
    assert_int_equal(f->heard[1].count, 1);
    assert_int_equal(f->heard[1].last.key, 4);
    assert_int_equal(f->heard[1].last.net_index, 1);
    assert_int_equal(f->heard[2].count, 0);
}

static void a_publication_needs_its_key(void **state)
{
    struct fixture *f = *state;

    publish_to(f, GROUP, ANY_TTL, 0, 0);
    vendor(f, 0)->publication.key = 5;
    assert_int_equal(publish(f, 0x81), USHER_E_NOT_FOUND);
    assert_int_equal(usher_publish(vendor(f, 0), 0x7F, NULL, 0), USHER_E_PARAM);
}

/* -- period ------------------------------------------------------------------------------------ */

static void on_publish(struct usher_model *model)
{
    fixture_of(model)->published++;
    (void)publish(fixture_of(model), 0x91);
}

static uint64_t at_zero(struct usher_mesh *m)
{
    (void)m;
    return 0;
}

/* A clock may begin at 0, which as the time of a publication means that there is none. */
static void a_period_begins_at_time_0_too(void **state)
{
    struct fixture *f = *state;
    const struct usher_mesh_acts *acts = mesh(f, 0)->acts;
    struct usher_mesh_acts stopped = *acts;

    vendor(f, 0)->publish = on_publish;
    stopped.now = at_zero;
    mesh(f, 0)->acts = &stopped;
    for (unsigned i = 0; i < 10000; i++) { /* the delay is random */
        publish_to(f, GROUP, ANY_TTL, 1 << 6 | 5, 0);
        assert_int_not_equal(vendor(f, 0)->publish_at, 0);
    }
    mesh(f, 0)->acts = acts;
}

static unsigned published_in(struct fixture *f, uint64_t ms)
{
    unsigned before = f->published;

    nodes_run(f->all, ms);
    return f->published - before;
}

static void a_period_publishes_again_and_again(void **state)
{
    struct fixture *f = *state;

    vendor(f, 0)->publish = on_publish;
    publish_to(f, GROUP, ANY_TTL, 0x0A, 0); /* 1 s */
    assert_int_equal(published_in(f, 500), 1);
    assert_int_equal(published_in(f, 10000), 10);
    assert_int_equal(f->heard[1].count, 11);

    publish_to(f, USHER_ADDR_UNASSIGNED, ANY_TTL, 0x0A, 0);
    assert_int_equal(published_in(f, 10000), 0);
    publish_to(f, GROUP, ANY_TTL, 0, 0);
    assert_int_equal(published_in(f, 10000), 0);
}

static void a_divisor_makes_the_period_shorter(void **state)
{
    struct fixture *f = *state;

    vendor(f, 0)->publish = on_publish;
    vendor(f, 0)->period_fast = true;
    vendor(f, 0)->period_divisor = 2;
    publish_to(f, GROUP, ANY_TTL, 0x42, 0); /* 2 s */
    assert_int_equal(published_in(f, 500), 1);
    assert_int_equal(published_in(f, 10000), 20);

    vendor(f, 0)->period_divisor = 15; /* not more often than the shortest period */
    publish_changed(vendor(f, 0));
    nodes_run(f->all, 500);
    assert_int_equal(published_in(f, 1000), 10);
}

static void on_timer(struct usher_model *model)
{
    assert_int_equal(model->timer_at, 0);
    fixture_of(model)->published++;
}

static void a_models_timer_runs_once(void **state)
{
    struct fixture *f = *state;

    vendor(f, 0)->timer = on_timer;
    vendor(f, 0)->timer_at = usher_mesh_now(mesh(f, 0)) + 1000;
    mesh(f, 0)->acts->alarm(mesh(f, 0));
    assert_int_equal(published_in(f, 990), 0);
    assert_int_equal(published_in(f, 20), 1);
    assert_int_equal(published_in(f, 5000), 0);
}

/* -- replies ----------------------------------------------------------------------------------- */

static void a_reply_goes_back_as_the_question_came(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(usher_appkey_add(mesh(f, 0), 0, 4, nodes_key(0x44)), USHER_STATUS_SUCCESS);
    assert_int_equal(usher_appkey_add(mesh(f, 1), 0, 4, nodes_key(0x44)), USHER_STATUS_SUCCESS);
    assert_int_equal(usher_model_bind(vendor(f, 0), 4), USHER_STATUS_SUCCESS);
    assert_int_equal(usher_model_bind(vendor(f, 1), 4), USHER_STATUS_SUCCESS);
    assert_int_equal(
        usher_send(vendor(f, 0),
                   &(struct usher_target){ .dst = address(f, 1), .key = 4, .ttl = ANY_TTL },
                   QUESTION, NULL, 0, 0),
        USHER_OK);
    nodes_run(f->all, 1000);
    assert_int_equal(f->heard[0].count, 1);
    assert_int_equal(f->heard[0].last.src, address(f, 1));
    assert_int_equal(f->heard[0].last.dst, address(f, 0));
    assert_int_equal(f->heard[0].last.key, 4);
    assert_int_equal(f->heard[0].last.ttl, mesh(f, 1)->net.default_ttl);
}

static void a_reply_goes_no_further_than_the_question(void **state)
{
    struct fixture *f = *state;

    ask(f, 0, address(f, 1), 0);
    nodes_run(f->all, 1000);
    assert_int_equal(f->heard[0].count, 1);
    assert_int_equal(f->heard[0].last.ttl, 0);
}

static void everybody_in_a_group_replies(void **state)
{
    struct fixture *f = *state;

    ask(f, 0, GROUP, ANY_TTL);
    nodes_run(f->all, 1000);
    assert_int_equal(f->heard[0].count, 2);
}

/* The delays that replies to questions for this address get. */
static void measure_delays(struct fixture *f, uint16_t dst, uint64_t *least, uint64_t *most)
{
    struct usher_message question = { .src = ABSENT, .dst = dst, .key = APP, .ttl = 5 };
    struct usher_mesh *m = mesh(f, 1);

    *least = UINT64_MAX;
    *most = 0;
    for (unsigned i = 0; i < 500; i++) {
        uint64_t delay;

        assert_int_equal(usher_reply(vendor(f, 1), &question, NOTE, NULL, 0), USHER_OK);
        delay = m->access_tx[0].at - usher_mesh_now(m);
        *least = delay < *least ? delay : *least;
        *most = delay > *most ? delay : *most;
        m->access_tx[0].at = 0;
    }
}

static void a_reply_waits_at_random(void **state)
{
    struct fixture *f = *state;
    uint64_t least, most;

    measure_delays(f, address(f, 1), &least, &most);
    assert_in_range(least, 20, 22);
    assert_in_range(most, 48, 50);
    measure_delays(f, GROUP, &least, &most);
    assert_in_range(least, 20, 30);
    assert_in_range(most, 490, 500);
}

static void replies_need_room(void **state)
{
    struct fixture *f = *state;

    f->replies = mesh(f, 1)->access_tx_size + 1u;
    ask(f, 0, address(f, 1), ANY_TTL);
    nodes_run(f->all, 2000);
    assert_int_equal(f->reply_err, USHER_E_NO_MEM);
    assert_int_equal(f->replied, mesh(f, 1)->access_tx_size);

    f->replies = 1;
    f->reply_len = USHER_ACCESS_MAX - 2;
    ask(f, 0, address(f, 1), ANY_TTL);
    nodes_run(f->all, 2000);
    assert_int_equal(f->reply_err, USHER_E_SIZE);
    assert_int_equal(access_deadline(mesh(f, 1)), USHER_NEVER);
}

/* Of two segmented messages to one destination the second waits until the first is through. */
static void a_reply_that_finds_no_room_is_sent_later(void **state)
{
    struct fixture *f = *state;

    f->replies = 3;
    f->reply_len = 60;
    ask(f, 0, address(f, 1), ANY_TTL);
    nodes_run(f->all, 5000);
    assert_int_equal(f->heard[0].count, 3);
}

static void a_reply_is_given_up_when_nobody_waits_for_it(void **state)
{
    static const uint8_t params[300];
    struct fixture *f = *state;
    struct usher_message question = { .src = ABSENT, .dst = address(f, 1), .key = APP, .ttl = 5 };

    for (unsigned i = 0; i < 5; i++) { /* each of them takes seconds, as nobody acknowledges it */
        assert_int_equal(usher_reply(vendor(f, 1), &question, NOTE, params, sizeof(params)),
                         USHER_OK);
    }
    nodes_run(f->all, 4500);
    assert_int_not_equal(access_deadline(mesh(f, 1)), USHER_NEVER);
    nodes_run(f->all, 1000);
    assert_int_equal(access_deadline(mesh(f, 1)), USHER_NEVER);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_period_is_steps_of_a_resolution),
        TEST(without_an_address_nothing_is_published),
        TEST(a_publication_goes_to_its_address),
        TEST(a_publication_goes_to_a_label),
        TEST(a_publication_reaches_the_own_node_too),
        TEST(a_publication_is_repeated),
        TEST(the_next_publication_ends_the_repeats),
        TEST(the_next_publication_ends_the_repeats_even_if_it_fails),
        TEST(another_configuration_ends_the_repeats),
        TEST(what_is_repeated_must_fit),
        TEST(a_publication_goes_out_on_its_keys_subnet),
        TEST(a_publication_needs_its_key),
        TEST(a_period_publishes_again_and_again),
        TEST(a_period_begins_at_time_0_too),
        TEST(a_divisor_makes_the_period_shorter),
        TEST(a_models_timer_runs_once),
        TEST(a_reply_goes_back_as_the_question_came),
        TEST(a_reply_goes_no_further_than_the_question),
        TEST(everybody_in_a_group_replies),
        TEST(a_reply_waits_at_random),
        TEST(replies_need_room),
        TEST(a_reply_that_finds_no_room_is_sent_later),
        TEST(a_reply_is_given_up_when_nobody_waits_for_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
