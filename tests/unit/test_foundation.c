/*
 * The foundation models beside Configuration and Health, between two nodes: SAR Configuration and
 * Mesh Private Beacon. Node 0 asks, node 1 has the states.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "flash.h"
#include "nodes.h"

#include <usher/flashlog.h>

#define PRIVATE_BEACON_GET 0x8060u
#define PRIVATE_BEACON_SET 0x8061u
#define PRIVATE_BEACON_STATUS 0x8062u
#define SAR_TRANSMITTER_GET 0x806Cu
#define SAR_TRANSMITTER_SET 0x806Du
#define SAR_TRANSMITTER_STATUS 0x806Eu
#define SAR_RECEIVER_GET 0x806Fu
#define SAR_RECEIVER_SET 0x8070u
#define SAR_RECEIVER_STATUS 0x8071u

#define SECOND 1000u

struct fixture {
    struct nodes *all;
    struct node *asker, *node;

    /* the answer to a question */
    bool over;
    enum usher_err err;
    struct usher_sar_config sar;
    struct usher_private_beacon private_beacon;
    uint8_t answer[4];
    size_t answer_len;
};

static void on_answer(void *user, struct usher_request *request, const struct usher_answer *answer)
{
    struct fixture *f = user;

    (void)request;
    f->over = true;
    f->err = answer->err;
    if (answer->err != USHER_OK) {
        return;
    }
    assert_true(usher_sar_read(answer->message, &f->sar) !=
                usher_private_beacon_read(answer->message, &f->private_beacon));
    f->answer_len = answer->message->len;
    assert_in_range(f->answer_len, 1, sizeof(f->answer));
    memcpy(f->answer, answer->message->params, f->answer_len);
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
    f.asker = &f.all->node[0];
    f.node = &f.all->node[1];
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    nodes_free(((struct fixture *)*state)->all);
    return 0;
}

static enum usher_err wait_for(struct fixture *f, enum usher_err asked)
{
    assert_int_equal(asked, USHER_OK);
    f->over = false;
    assert_true(nodes_until(f->all, is_over, f, 60 * SECOND));
    return f->err;
}

/* Asks any octets once, of which the answer may not come. */
static bool is_answered(struct fixture *f, struct usher_model *model, uint32_t opcode,
                        const uint8_t *params, size_t len, uint32_t answer)
{
    struct usher_request request = { .done = on_answer, .user = f, .timeout_ms = 400, .tries = 1 };
    struct usher_target to = { .dst = nodes_address(1),
                               .key = USHER_KEY_REMOTE_DEVICE,
                               .ttl = 255 };
    enum usher_err err;

    err = wait_for(f, usher_ask(model, &request, &to, opcode, params, len, answer));
    assert_true(err == USHER_OK || err == USHER_E_TIMEOUT);
    return err == USHER_OK;
}

static void assert_answer(const struct fixture *f, const uint8_t *expected, size_t len)
{
    assert_int_equal(f->answer_len, len);
    assert_memory_equal(f->answer, expected, len);
}

/* -- SAR Configuration ------------------------------------------------------------------------- */

static void the_sar_states_begin_with_their_defaults(void **state)
{
    static const uint8_t transmitter[] = { 0x25, 0x72, 0x21, 0x09 }, receiver[] = { 0x23, 0x51, 0 };
    struct usher_request request = { .done = on_answer, .user = *state };
    struct fixture *f = *state;

    assert_int_equal(wait_for(f, usher_sar_transmitter_get(&f->asker->sar_client, &request,
                                                           nodes_address(1), 0)),
                     USHER_OK);
    assert_answer(f, transmitter, sizeof(transmitter));
    assert_int_equal(f->sar.segment_interval_step, 5);
    assert_int_equal(f->sar.unicast_interval_step, 7);
    assert_int_equal(f->sar.multicast_interval_step, 9);

    assert_int_equal(
        wait_for(f, usher_sar_receiver_get(&f->asker->sar_client, &request, nodes_address(1), 0)),
        USHER_OK);
    assert_answer(f, receiver, sizeof(receiver));
    assert_int_equal(f->sar.segments_threshold, 3);
    assert_int_equal(f->sar.receiver_interval_step, 5);
    assert_memory_equal(&f->sar, &f->node->mesh.net.sar, sizeof(f->sar)); /* the two are all */
}

/* Every member has a number of its own, so that none can be in the place of another. */
static void each_sar_state_is_set_for_itself(void **state)
{
    static const struct usher_sar_config set = { .segment_interval_step = 1,
                                                 .unicast_retransmissions = 2,
                                                 .unicast_without_progress = 3,
                                                 .unicast_interval_step = 4,
                                                 .unicast_interval_increment = 6,
                                                 .multicast_retransmissions = 8,
                                                 .multicast_interval_step = 15,
                                                 .segments_threshold = 31,
                                                 .ack_delay_increment = 7,
                                                 .discard_timeout = 10,
                                                 .receiver_interval_step = 11,
                                                 .ack_retransmissions = 3 };
    static const uint8_t transmitter[] = { 0x21, 0x43, 0x86, 0x0F };
    static const uint8_t receiver[] = { 0xFF, 0xBA, 0x03 };
    struct usher_request request = { .done = on_answer, .user = *state };
    struct fixture *f = *state;
    struct usher_sar_config before = f->node->mesh.net.sar;

    assert_int_equal(wait_for(f, usher_sar_transmitter_set(&f->asker->sar_client, &request,
                                                           nodes_address(1), 0, &set)),
                     USHER_OK);
    assert_answer(f, transmitter, sizeof(transmitter));
    assert_int_equal(f->node->mesh.net.sar.multicast_interval_step, 15);
    assert_int_equal(f->node->mesh.net.sar.segments_threshold, before.segments_threshold);
    assert_int_equal(f->node->events[USHER_MESH_EVT_CONFIGURED], 1);

    assert_int_equal(wait_for(f, usher_sar_receiver_set(&f->asker->sar_client, &request,
                                                        nodes_address(1), 0, &set)),
                     USHER_OK);
    assert_answer(f, receiver, sizeof(receiver));
    assert_memory_equal(&f->node->mesh.net.sar, &set, sizeof(set));
    assert_int_equal(f->node->events[USHER_MESH_EVT_CONFIGURED], 2);
}

/* Bits that mean nothing yet are ignored, and not given back. */
static void reserved_bits_of_the_sar_states_are_nothing(void **state)
{
    static const uint8_t params[] = { 0xFF, 0xFF, 0xFF, 0xFF };
    struct fixture *f = *state;
    struct usher_model *client = &f->asker->sar_client.model;

    assert_true(is_answered(f, client, SAR_TRANSMITTER_SET, params, 4, SAR_TRANSMITTER_STATUS));
    assert_answer(f, (const uint8_t[]){ 0xFF, 0xFF, 0xFF, 0x0F }, 4);
    assert_true(is_answered(f, client, SAR_RECEIVER_SET, params, 3, SAR_RECEIVER_STATUS));
    assert_answer(f, (const uint8_t[]){ 0xFF, 0xFF, 0x03 }, 3);
}

static void sar_states_that_do_not_fit_are_refused(void **state)
{
    static const uint8_t widths[] = { 4, 4, 4, 4, 4, 4, 4, 5, 3, 4, 4, 2 };
    struct usher_request request = { .done = on_answer, .user = *state };
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof(widths); i++) {
        struct usher_sar_config sar = { 0 };
        enum usher_err err;

        ((uint8_t *)&sar)[i] = (uint8_t)(1u << widths[i]);
        err = i < 7 ? usher_sar_transmitter_set(&f->asker->sar_client, &request, nodes_address(1),
                                                0, &sar)
                    : usher_sar_receiver_set(&f->asker->sar_client, &request, nodes_address(1), 0,
                                             &sar);
        assert_int_equal(err, USHER_E_PARAM);
    }
}

/* A message in many segments takes as long as the interval between them says. */
static void segments_are_sent_at_the_interval_that_was_set(void **state)
{
    struct usher_request request = { .done = on_answer, .user = *state };
    struct fixture *f = *state;
    struct usher_sar_config slow = f->node->mesh.net.sar;
    struct usher_config_msg answer, question = { .opcode = USHER_CONFIG_COMPOSITION_GET };
    uint64_t began = nodes_now(f->all), fast_ms;

    assert_int_equal(nodes_config_ask(f->all, 0, 1, &question, &answer), USHER_OK);
    fast_ms = nodes_now(f->all) - began;
    slow.segment_interval_step = 15;
    assert_int_equal(wait_for(f, usher_sar_transmitter_set(&f->asker->sar_client, &request,
                                                           nodes_address(1), 0, &slow)),
                     USHER_OK);
    began = nodes_now(f->all);
    assert_int_equal(nodes_config_ask(f->all, 0, 1, &question, &answer), USHER_OK);
    assert_true(nodes_now(f->all) - began >= fast_ms + 3 * 100u); /* four or more segments */
}

/* -- Mesh Private Beacon ----------------------------------------------------------------------- */

static void private_beacon_set(struct fixture *f, bool on, uint8_t interval)
{
    struct usher_request request = { .done = on_answer, .user = f };
    const struct usher_private_beacon set = { on, interval };

    assert_int_equal(wait_for(f, usher_private_beacon_set(&f->asker->private_beacon_client,
                                                          &request, nodes_address(1), 0, &set)),
                     USHER_OK);
    assert_answer(f, (const uint8_t[]){ on, interval }, 2);
}

static void private_beacons_are_off_at_first(void **state)
{
    struct usher_request request = { .done = on_answer, .user = *state };
    struct fixture *f = *state;

    assert_int_equal(wait_for(f, usher_private_beacon_get(&f->asker->private_beacon_client,
                                                          &request, nodes_address(1), 0)),
                     USHER_OK);
    assert_false(f->private_beacon.on);
    assert_int_equal(f->private_beacon.interval, 60);
}

/* An IV Update reaches the other node by private beacons alone. */
static void private_beacons_are_sent_once_they_are_on(void **state)
{
    struct fixture *f = *state;
    struct usher_config_msg answer, off = { .opcode = USHER_CONFIG_BEACON_SET };

    assert_int_equal(nodes_config_ask(f->all, 0, 1, &off, &answer), USHER_OK);
    usher_iv_test_mode(&f->asker->mesh, true);
    usher_iv_test_mode(&f->node->mesh, true);
    assert_int_equal(usher_iv_update(&f->node->mesh), USHER_OK);
    nodes_run(f->all, 30 * SECOND);
    assert_int_equal(f->asker->events[USHER_MESH_EVT_IV], 0);

    private_beacon_set(f, true, 0);
    assert_int_equal(f->node->events[USHER_MESH_EVT_CONFIGURED], 2);
    nodes_run(f->all, 30 * SECOND);
    assert_int_equal(f->asker->events[USHER_MESH_EVT_IV], 1);
    assert_int_equal(usher_mesh_iv(&f->asker->mesh, &(bool){ false }), 1);
}

static void the_interval_of_private_beacons_may_be_left_out(void **state)
{
    static const uint8_t on = 1;
    struct fixture *f = *state;

    private_beacon_set(f, false, 7);
    assert_true(is_answered(f, &f->asker->private_beacon_client.model, PRIVATE_BEACON_SET, &on, 1,
                            PRIVATE_BEACON_STATUS));
    assert_answer(f, (const uint8_t[]){ 1, 7 }, 2);
}

/* -- both -------------------------------------------------------------------------------------- */

static void what_was_set_survives_a_restart(void **state)
{
    static const struct usher_sar_config set = { .segments_threshold = 17, .discard_timeout = 2 };
    struct fixture *f = *state;
    struct usher_request request = { .done = on_answer, .user = f };
    struct usher_port *port = &f->node->port.port;
    struct usher_flashlog log;
    struct flash flash;

    assert_true(flash_init(&flash, 4096, 4, 4));
    assert_int_equal(usher_flashlog_open(&log, &flash.flash), USHER_OK);
    assert_int_equal(usher_mesh_reset(&f->node->mesh), USHER_OK);
    port->kv_ctx = &log;
    port->kv_get = usher_flashlog_get;
    port->kv_set = usher_flashlog_set;
    port->kv_del = usher_flashlog_del;
    nodes_provision_one(f->all, 1);
    private_beacon_set(f, true, 9);
    assert_int_equal(wait_for(f, usher_sar_receiver_set(&f->asker->sar_client, &request,
                                                        nodes_address(1), 0, &set)),
                     USHER_OK);

    nodes_stop(f->node);
    nodes_start(f->node);
    assert_int_equal(usher_mesh_load(&f->node->mesh), USHER_OK);
    assert_int_equal(f->node->mesh.net.private_beacon, 1);
    assert_int_equal(f->node->mesh.net.private_interval, 9);
    assert_int_equal(f->node->mesh.net.sar.segments_threshold, 17);
    assert_int_equal(f->node->mesh.net.sar.discard_timeout, 2);
    assert_int_equal(f->node->mesh.net.sar.unicast_interval_step, 7); /* not set */
    port->kv_get = NULL; /* no storage any more: it goes before the nodes */
    flash_deinit(&flash);
}

static void what_is_malformed_changes_nothing(void **state)
{
    static const struct {
        uint32_t opcode;
        uint8_t params[5], len;
        uint32_t answer;
    } rows[] = {
        { SAR_TRANSMITTER_SET, { 1, 2, 3 }, 3, SAR_TRANSMITTER_STATUS },
        { SAR_TRANSMITTER_SET, { 1, 2, 3, 4, 5 }, 5, SAR_TRANSMITTER_STATUS },
        { SAR_RECEIVER_SET, { 1, 2 }, 2, SAR_RECEIVER_STATUS },
        { SAR_RECEIVER_SET, { 1, 2, 3, 4 }, 4, SAR_RECEIVER_STATUS },
        { SAR_TRANSMITTER_GET, { 0 }, 1, SAR_TRANSMITTER_STATUS },
        { SAR_RECEIVER_GET, { 0 }, 1, SAR_RECEIVER_STATUS },
        { PRIVATE_BEACON_SET, { 2, 1 }, 2, PRIVATE_BEACON_STATUS },
        { PRIVATE_BEACON_SET, { 1, 1, 1 }, 3, PRIVATE_BEACON_STATUS },
        { PRIVATE_BEACON_SET, { 0 }, 0, PRIVATE_BEACON_STATUS },
        { PRIVATE_BEACON_GET, { 0 }, 1, PRIVATE_BEACON_STATUS },
    };
    struct fixture *f = *state;
    struct usher_net before = f->node->mesh.net;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct usher_model *client = rows[i].answer == PRIVATE_BEACON_STATUS
                                         ? &f->asker->private_beacon_client.model
                                         : &f->asker->sar_client.model;

        assert_false(
            is_answered(f, client, rows[i].opcode, rows[i].params, rows[i].len, rows[i].answer));
    }
    assert_memory_equal(&f->node->mesh.net.sar, &before.sar, sizeof(before.sar));
    assert_int_equal(f->node->mesh.net.private_beacon, before.private_beacon);
    assert_int_equal(f->node->mesh.net.private_interval, before.private_interval);
    assert_int_equal(f->node->events[USHER_MESH_EVT_CONFIGURED], 0);
}

static void only_statuses_are_read(void **state)
{
    static const uint8_t params[5] = { 0 };
    static const struct {
        uint32_t opcode;
        size_t len;
    } statuses[] = { { SAR_TRANSMITTER_STATUS, 4 },
                     { SAR_RECEIVER_STATUS, 3 },
                     { PRIVATE_BEACON_STATUS, 2 } };
    struct usher_private_beacon state_read;
    struct usher_sar_config sar;

    (void)state;
    for (uint32_t opcode = PRIVATE_BEACON_GET; opcode <= SAR_RECEIVER_STATUS; opcode++) {
        for (size_t len = 0; len <= sizeof(params); len++) {
            struct usher_message message = { .opcode = opcode, .params = params, .len = len };
            bool is_status = false;

            for (size_t i = 0; i < 3; i++) {
                is_status |= statuses[i].opcode == opcode && statuses[i].len == len;
            }
            assert_int_equal(usher_sar_read(&message, &sar) ||
                                 usher_private_beacon_read(&message, &state_read),
                             is_status);
        }
    }
}

/* Only with the device key: an AppKey does not do. */
static void an_appkey_configures_nothing(void **state)
{
    static const uint8_t params[] = { 1, 2, 3, 4 };
    struct fixture *f = *state;
    struct usher_target to = { .dst = nodes_address(1), .ttl = 255 };

    nodes_bind_all(f->all);
    assert_int_equal(usher_send(&f->asker->sar_client.model, &to, SAR_TRANSMITTER_SET, params,
                                sizeof(params), 0),
                     USHER_OK);
    assert_int_equal(
        usher_send(&f->asker->private_beacon_client.model, &to, PRIVATE_BEACON_SET, params, 2, 0),
        USHER_OK);
    nodes_run(f->all, SECOND);
    assert_int_equal(f->node->mesh.net.sar.segment_interval_step, 5);
    assert_int_equal(f->node->mesh.net.private_beacon, 0);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(the_sar_states_begin_with_their_defaults),
        TEST(each_sar_state_is_set_for_itself),
        TEST(reserved_bits_of_the_sar_states_are_nothing),
        TEST(sar_states_that_do_not_fit_are_refused),
        TEST(segments_are_sent_at_the_interval_that_was_set),
        TEST(private_beacons_are_off_at_first),
        TEST(private_beacons_are_sent_once_they_are_on),
        TEST(the_interval_of_private_beacons_may_be_left_out),
        TEST(what_was_set_survives_a_restart),
        TEST(what_is_malformed_changes_nothing),
        TEST(only_statuses_are_read),
        TEST(an_appkey_configures_nothing),
    };
#undef TEST

    return cmocka_run_group_tests_name("foundation", tests, NULL, NULL);
}
