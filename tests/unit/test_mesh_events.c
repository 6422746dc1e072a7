/* What a node shows of its traffic (usher/mesh.h): messages before its models, beacons, and PDUs
 * that it may relay. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "nodes.h"

#define GROUP 0xC123u

struct seen {
    unsigned messages, by_model;
    uint8_t data[8];
    size_t len;
    struct usher_message message;
    struct usher_mesh_event beacon;
    bool refuse;
    uint16_t src, dst;
    uint8_t ttl;
};

static void on_told(struct node *node, const struct usher_mesh_event *e)
{
    struct seen *seen = node->user;

    if (e->type == USHER_MESH_EVT_BEACON) {
        seen->beacon = *e;
    } else if (e->type == USHER_MESH_EVT_MESSAGE) {
        assert_int_equal(seen->messages, seen->by_model);
        seen->messages++;
        seen->len = e->params.message.len;
        seen->message = *e->params.message.message;
        assert_in_range(seen->len, 1, sizeof(seen->data));
        memcpy(seen->data, e->params.message.data, seen->len);
    }
}

static void on_message(struct usher_model *model, const struct usher_message *message)
{
    (void)message;
    ((struct seen *)model->user)->by_model++;
}

static bool on_relay(struct node *node, uint16_t src, uint16_t dst, uint8_t ttl)
{
    struct seen *seen = node->user;

    seen->src = src;
    seen->dst = dst;
    seen->ttl = ttl;
    return !seen->refuse;
}

static struct nodes *two(struct seen *seen)
{
    struct nodes *all =
        nodes_new(&(struct nodes_config){ .count = 2, .seed = 7, .features = USHER_FEATURE_RELAY });
    struct node *node = &all->node[1];

    memset(seen, 0, sizeof(*seen));
    node->user = seen;
    node->told = on_told;
    node->relay = on_relay;
    node->vendor.user = seen;
    node->vendor.other = on_message;
    nodes_provision(all);
    nodes_bind_all(all);
    return all;
}

static void a_message_is_told_before_models_get_it(void **state)
{
    static const uint8_t params[] = { 0xAA, 0xBB };
    struct usher_target target = { .dst = nodes_address(1) + 1, .ttl = 5 };
    struct seen seen;
    struct nodes *all = two(&seen);

    (void)state;
    assert_int_equal(
        usher_send(&all->node[0].vendor, &target, USHER_OPCODE_VENDOR(3, 0x0102), params, 2, 0),
        USHER_OK);
    nodes_run(all, 500);
    assert_int_equal(seen.messages, 1);
    assert_int_equal(seen.by_model, 1);
    assert_int_equal(seen.len, 5);
    assert_memory_equal(seen.data, "\xC3\x02\x01\xAA\xBB", 5);
    assert_int_equal(seen.message.opcode, USHER_OPCODE_VENDOR(3, 0x0102));
    assert_int_equal(seen.message.src, nodes_address(0) + 1);
    assert_int_equal(seen.message.dst, nodes_address(1) + 1);
    assert_int_equal(seen.message.ttl, 5);
    assert_int_equal(seen.message.len, 2);
    nodes_free(all);
}

static void beacons_are_told(void **state)
{
    struct seen seen;
    struct nodes *all = two(&seen);

    (void)state;
    nodes_run(all, 30000);
    assert_int_equal(seen.beacon.type, USHER_MESH_EVT_BEACON);
    assert_int_equal(seen.beacon.params.beacon.net_index, 0);
    assert_int_equal(seen.beacon.params.beacon.iv_index, 0);
    assert_false(seen.beacon.params.beacon.updating);
    assert_false(seen.beacon.params.beacon.key_refresh);
    assert_false(seen.beacon.params.beacon.new_key);

    usher_iv_test_mode(&all->node[0].mesh, true);
    assert_int_equal(usher_iv_update(&all->node[0].mesh), USHER_OK);
    nodes_run(all, 30000);
    assert_int_equal(seen.beacon.params.beacon.iv_index, 1);
    assert_true(seen.beacon.params.beacon.updating);
    nodes_free(all);
}

static void the_application_may_refuse_to_relay(void **state)
{
    struct usher_target target = { .dst = GROUP, .ttl = 7 };
    struct seen seen;
    struct nodes *all = two(&seen);

    (void)state;
    all->node[1].mesh.net.relay = 1;
    seen.refuse = true;
    assert_int_equal(usher_send(&all->node[0].vendor, &target, 0x01, NULL, 0, 0), USHER_OK);
    nodes_run(all, 500);
    assert_int_equal(seen.src, nodes_address(0) + 1);
    assert_int_equal(seen.dst, GROUP);
    assert_int_equal(seen.ttl, 7);
    assert_int_equal(usher_mesh_stats(&all->node[1].mesh)->relayed, 0);

    seen.refuse = false;
    assert_int_equal(usher_send(&all->node[0].vendor, &target, 0x01, NULL, 0, 0), USHER_OK);
    nodes_run(all, 500);
    assert_int_equal(usher_mesh_stats(&all->node[1].mesh)->relayed, 1);
    nodes_free(all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_is_told_before_models_get_it),
        cmocka_unit_test(beacons_are_told),
        cmocka_unit_test(the_application_may_refuse_to_relay),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
