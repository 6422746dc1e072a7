/* The node in its instance: src/node/mesh.c and mesh_calls.c, over whole nodes on the air. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "flash.h"
#include "nodes.h"

#include <usher/flashlog.h>

#define ANSWER_MS 5000u

static struct nodes *some(unsigned count)
{
    return nodes_new(&(struct nodes_config){ .count = count, .seed = 7 });
}

static bool reaches(struct nodes *all, unsigned from, unsigned to)
{
    struct usher_config_msg answer;

    return nodes_config_ask(all, from, to,
                            &(struct usher_config_msg){ .opcode = USHER_CONFIG_TTL_GET },
                            &answer) == USHER_OK;
}

static void what_cannot_be_a_node_is_refused(void **state)
{
    struct nodes *all = some(1);
    struct node *node = &all->node[0];
    struct usher_mesh_config config = node->mesh.config;
    struct usher_mesh_tables tables = *config.tables;
    struct usher_composition composition = *config.composition;
    struct usher_mesh mesh;

    (void)state;
    assert_int_equal(usher_mesh_init(NULL, &node->usher, &config), USHER_E_NULL);
    assert_int_equal(usher_mesh_init(&mesh, NULL, &config), USHER_E_NULL);
    assert_int_equal(usher_mesh_init(&mesh, &node->usher, NULL), USHER_E_NULL);
    config.tables = &tables;
    tables.rpl_size = 0;
    assert_int_equal(usher_mesh_init(&mesh, &node->usher, &config), USHER_E_NULL);
    tables = *node->mesh.config.tables;
    config.features = USHER_FEATURE_PROXY;
    assert_int_equal(usher_mesh_init(&mesh, &node->usher, &config), USHER_E_PARAM);
    config.features = 0;
    composition.element_count = 0;
    config.composition = &composition;
    assert_int_equal(usher_mesh_init(&mesh, &node->usher, &config), USHER_E_PARAM);
    nodes_free(all);
}

static void provisioning_data_are_checked(void **state)
{
    static const struct usher_prov_data bad[] = {
        { .address = 0 },
        { .address = 0x8000 },
        { .address = 0x7FFF }, /* two elements */
        { .address = 1, .netkey_index = 0x1000 },
    };
    struct usher_prov_data good = { .address = 0x7FFE, .netkey_index = 0xFFF };
    struct nodes *all = some(1);
    struct usher_mesh *m = &all->node[0].mesh;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(usher_mesh_provision(m, &bad[i], nodes_device_key(0)), USHER_E_DATA);
        assert_int_equal(usher_mesh_address(m), 0);
    }
    assert_int_equal(usher_mesh_provision(m, &good, nodes_device_key(0)), USHER_OK);
    assert_int_equal(usher_mesh_address(m), 0x7FFE);
    assert_int_equal(usher_mesh_provision(m, &good, nodes_device_key(0)), USHER_E_STATE);
    assert_int_equal(usher_mesh_load(m), USHER_E_STATE);
    nodes_free(all);
}

static void before_it_is_a_node_it_does_nothing(void **state)
{
    struct usher_target target = { .dst = 1, .ttl = 255 };
    struct nodes *all = some(1);
    struct node *node = &all->node[0];

    (void)state;
    assert_int_equal(usher_mesh_load(&node->mesh), USHER_E_NOT_FOUND);
    assert_int_equal(usher_send(&node->vendor, &target, 0x01, NULL, 0, 0), USHER_E_STATE);
    assert_int_equal(usher_iv_update(&node->mesh), USHER_E_STATE);
    assert_int_equal(usher_appkey_add(&node->mesh, 0, 0, nodes_key(1)), USHER_STATUS_UNSPECIFIED);
    nodes_run(all, 60000);
    assert_int_equal(usher_mesh_stats(&node->mesh)->tx, 0);
    nodes_free(all);
}

static bool is_reset(void *ctx)
{
    return ((const struct node *)ctx)->events[USHER_MESH_EVT_RESET] != 0;
}

static void node_reset_is_answered_and_done(void **state)
{
    struct usher_config_msg answer;
    struct nodes *all = some(2);
    struct node *node = &all->node[1];

    (void)state;
    nodes_provision(all);
    assert_int_equal(
        nodes_config_ask(all, 0, 1, &(struct usher_config_msg){ .opcode = USHER_CONFIG_NODE_RESET },
                         &answer),
        USHER_OK);
    assert_int_equal(answer.opcode, USHER_CONFIG_NODE_RESET_STATUS);
    assert_true(nodes_until(all, is_reset, node, ANSWER_MS));
    assert_int_equal(usher_mesh_address(&node->mesh), 0);
    assert_false(reaches(all, 0, 1));
    /* ... and it may join again. */
    nodes_provision_one(all, 1);
    assert_true(reaches(all, 0, 1));
    nodes_free(all);
}

static bool is_updated(void *ctx)
{
    const struct nodes *all = ctx;

    for (unsigned n = 0; n < all->count; n++) {
        bool updating;

        if (usher_mesh_iv(&all->node[n].mesh, &updating) != 1 ||
            updating != all->node[0].mesh.net.iv.updating) {
            return false;
        }
    }
    return true;
}

static void an_iv_update_goes_round(void **state)
{
    struct nodes *all = some(3);

    (void)state;
    nodes_provision(all);
    assert_true(reaches(all, 0, 1));
    for (unsigned n = 0; n < all->count; n++) {
        usher_iv_test_mode(&all->node[n].mesh, true);
    }
    assert_int_equal(usher_iv_update(&all->node[2].mesh), USHER_OK);
    assert_true(nodes_until(all, is_updated, all, 30000));
    nodes_run(all, 1);
    assert_int_equal(all->node[0].events[USHER_MESH_EVT_IV], 1);
    assert_true(all->node[0].last.params.iv.updating);
    assert_true(reaches(all, 0, 1)); /* still with IV Index 0 */
    assert_int_not_equal(all->node[0].mesh.net.iv.seq, 0);

    assert_int_equal(usher_iv_update(&all->node[2].mesh), USHER_OK); /* its end */
    assert_true(nodes_until(all, is_updated, all, 30000));
    nodes_run(all, 1);
    assert_int_equal(all->node[0].events[USHER_MESH_EVT_IV], 2);
    assert_int_equal(all->node[0].mesh.net.iv.seq, 0);
    assert_true(reaches(all, 0, 1));
    assert_true(reaches(all, 1, 0));
    nodes_free(all);
}

/* An update that test mode keeps from ending wakes nobody, and ends when test mode does. */
static void test_mode_holds_an_iv_update(void **state)
{
    const uint64_t hour = UINT64_C(3600000);
    struct nodes *all = some(1);
    struct node *node = &all->node[0];
    bool updating;

    (void)state;
    nodes_provision(all);
    usher_iv_test_mode(&node->mesh, true);
    assert_int_equal(usher_iv_update(&node->mesh), USHER_OK);
    nodes_run(all, 96 * hour - 1000);
    nodes_run(all, 2000);
    (void)usher_mesh_iv(&node->mesh, &updating);
    assert_true(updating);
    assert_true(node->usher.wake > nodes_now(all));
    usher_iv_test_mode(&node->mesh, false);
    nodes_run(all, 1);
    (void)usher_mesh_iv(&node->mesh, &updating);
    assert_false(updating);
    nodes_free(all);
}

/* Without test mode the standard's 96 hours hold, and the update ends by itself. */
static void an_iv_update_takes_its_time(void **state)
{
    const uint64_t hour = UINT64_C(3600000);
    struct nodes *all = some(2);

    (void)state;
    nodes_provision(all);
    assert_int_equal(usher_iv_update(&all->node[0].mesh), USHER_E_STATE);
    nodes_run(all, 96 * hour);
    assert_int_equal(usher_iv_update(&all->node[0].mesh), USHER_OK);
    assert_true(nodes_until(all, is_updated, all, 60000));
    nodes_run(all, 95 * hour);
    assert_true(all->node[1].mesh.net.iv.updating);
    nodes_run(all, 2 * hour);
    assert_false(all->node[0].mesh.net.iv.updating);
    assert_false(all->node[1].mesh.net.iv.updating);
    assert_true(reaches(all, 0, 1));
    nodes_free(all);
}

static struct usher_config_msg key_message(uint32_t opcode, uint8_t octet, uint8_t transition)
{
    struct usher_config_msg m = { .opcode = opcode, .state = transition };

    memcpy(m.key, nodes_key(octet), sizeof(m.key));
    return m;
}

/* One node refreshes the network's key: each is told by message, or by beacon. */
static void a_key_refresh_goes_round(void **state)
{
    struct usher_config_msg update = key_message(USHER_CONFIG_NETKEY_UPDATE, 0x99, 0), answer;
    struct nodes *all = some(3);

    (void)state;
    nodes_provision(all);
    assert_int_equal(usher_netkey_update(&all->node[0].mesh, 0, nodes_key(0x99)),
                     USHER_STATUS_SUCCESS);
    for (unsigned n = 1; n < all->count; n++) {
        assert_int_equal(nodes_config_ask(all, 0, n, &update, &answer), USHER_OK);
        assert_int_equal(answer.status, USHER_STATUS_SUCCESS);
    }
    assert_true(reaches(all, 1, 2));
    assert_int_equal(usher_key_refresh(&all->node[0].mesh, 0, 2), USHER_STATUS_SUCCESS);
    nodes_run(all, 30000); /* beacons */
    for (unsigned n = 0; n < all->count; n++) {
        assert_int_equal(all->node[n].mesh.net.keys.subnets[0].phase, 2);
        assert_int_equal(all->node[n].events[USHER_MESH_EVT_KEY_REFRESH], 2);
    }
    assert_int_equal(usher_key_refresh(&all->node[0].mesh, 0, 3), USHER_STATUS_SUCCESS);
    nodes_run(all, 30000);
    for (unsigned n = 0; n < all->count; n++) {
        assert_int_equal(all->node[n].mesh.net.keys.subnets[0].phase, 0);
        assert_int_equal(all->node[n].events[USHER_MESH_EVT_KEY_REFRESH], 3);
        assert_memory_equal(all->node[n].mesh.net.keys.subnets[0].key[0].key, nodes_key(0x99), 16);
    }
    assert_true(reaches(all, 2, 1));
    nodes_free(all);
}

/* A port whose storage fails when the test says so. */
struct bad_storage {
    bool fails;
    unsigned writes;
};

static enum usher_err bad_get(void *ctx, uint16_t key, uint8_t *buf, size_t size, size_t *len)
{
    (void)ctx;
    (void)key;
    (void)buf;
    (void)size;
    (void)len;
    return USHER_E_NOT_FOUND;
}

static struct bad_storage *bad;

static enum usher_err bad_set(void *ctx, uint16_t key, const uint8_t *buf, size_t len)
{
    (void)ctx;
    (void)key;
    (void)buf;
    (void)len;
    bad->writes++;
    return bad->fails ? USHER_E_INTERNAL : USHER_OK;
}

static enum usher_err bad_del(void *ctx, uint16_t key)
{
    (void)ctx;
    (void)key;
    return bad->fails ? USHER_E_INTERNAL : USHER_OK;
}

static struct nodes *with_bad_storage(struct bad_storage *storage)
{
    struct nodes *all = some(2);

    bad = storage;
    for (unsigned n = 0; n < all->count; n++) {
        struct usher_port *port = &all->node[n].port.port;

        port->kv_get = bad_get;
        port->kv_set = bad_set;
        port->kv_del = bad_del;
    }
    return all;
}

static void without_storage_there_is_no_node(void **state)
{
    struct usher_prov_data data = { .address = 1 };
    struct bad_storage storage = { .fails = true };
    struct nodes *all = with_bad_storage(&storage);
    struct usher_mesh *m = &all->node[0].mesh;

    (void)state;
    assert_int_equal(usher_mesh_provision(m, &data, nodes_device_key(0)), USHER_E_INTERNAL);
    assert_int_equal(usher_mesh_address(m), 0);
    storage.fails = false;
    assert_int_equal(usher_mesh_provision(m, &data, nodes_device_key(0)), USHER_OK);
    nodes_free(all);
}

static void storage_that_fails_is_told_and_tried_again(void **state)
{
    struct usher_config_msg set = { .opcode = USHER_CONFIG_TTL_SET, .state = 9 }, answer;
    struct bad_storage storage = { .fails = false };
    struct nodes *all = with_bad_storage(&storage);
    struct node *node = &all->node[1];
    unsigned writes;

    (void)state;
    nodes_provision(all);
    storage.fails = true;
    assert_int_equal(nodes_config_ask(all, 0, 1, &set, &answer), USHER_OK);
    nodes_run(all, 3500);
    assert_in_range(node->events[USHER_MESH_EVT_STORAGE], 2, 8);
    storage.fails = false;
    writes = storage.writes;
    nodes_run(all, 3500);
    assert_true(storage.writes > writes);
    writes = node->events[USHER_MESH_EVT_STORAGE];
    nodes_run(all, 10000);
    assert_int_equal(node->events[USHER_MESH_EVT_STORAGE], writes);
    assert_int_equal(node->mesh.dirty, 0);
    nodes_free(all);
}

/* Numbers that storage cannot reserve are not used: the node falls silent rather than repeat. */
static void no_sequence_number_is_used_unreserved(void **state)
{
    struct usher_target target = { .dst = 0xC000, .ttl = 255 };
    struct bad_storage storage = { .fails = false };
    struct nodes *all = with_bad_storage(&storage);
    struct node *node = &all->node[0];
    enum usher_err err = USHER_OK;
    unsigned sent = 0;

    (void)state;
    nodes_provision(all);
    nodes_bind_all(all);
    nodes_run(all, 100);
    storage.fails = true;
    while (err != USHER_E_RESOURCES && sent < 2 * USHER_SEQ_BLOCK) {
        err = usher_send(&node->vendor, &target, 0x01, NULL, 0, 0);
        sent += err == USHER_OK;
        nodes_run(all, 60);
    }
    assert_int_equal(err, USHER_E_RESOURCES);
    assert_in_range(sent, 1, USHER_SEQ_BLOCK);
    storage.fails = false;
    nodes_run(all, 2000);
    assert_int_equal(usher_send(&node->vendor, &target, 0x01, NULL, 0, 0), USHER_OK);
    nodes_free(all);
}

static unsigned published;

static void on_publish(struct usher_model *model)
{
    (void)model;
    published++;
}

static void use_flash(struct node *node, struct usher_flashlog *log, struct flash *flash)
{
    struct usher_port *port = &node->port.port;

    assert_int_equal(usher_flashlog_open(log, &flash->flash), USHER_OK);
    port->kv_ctx = log;
    port->kv_get = usher_flashlog_get;
    port->kv_set = usher_flashlog_set;
    port->kv_del = usher_flashlog_del;
}

/* The Node Reset was answered: whoever sent it has forgotten the node. */
static void a_reset_is_done_even_if_the_power_goes_first(void **state)
{
    struct usher_config_msg reset = { .opcode = USHER_CONFIG_NODE_RESET }, answer;
    struct nodes *all = some(2);
    struct node *node = &all->node[1];
    struct usher_flashlog log;
    struct flash flash;

    (void)state;
    assert_true(flash_init(&flash, 4096, 4, 4));
    use_flash(node, &log, &flash);
    nodes_provision(all);
    assert_int_equal(nodes_config_ask(all, 0, 1, &reset, &answer), USHER_OK);
    assert_int_not_equal(usher_mesh_address(&node->mesh), 0); /* still to be done */
    nodes_stop(node);
    use_flash(node, &log, &flash);
    nodes_start(node);
    assert_int_equal(usher_mesh_load(&node->mesh), USHER_E_NOT_FOUND);
    nodes_free(all);
    flash_deinit(&flash);
}

static enum usher_err stuck(void *ctx, uint8_t *buf, size_t len)
{
    (void)ctx;
    memset(buf, 0x5A, len);
    return USHER_OK;
}

/* The same randomness with another content would give both away. */
static void a_stuck_generator_is_not_used_for_private_beacons(void **state)
{
    struct nodes *all = some(2);
    struct node *node = &all->node[0];

    (void)state;
    node->port.port.random = stuck;
    nodes_provision(all);
    node->mesh.net.beacon = 0;
    node->mesh.net.private_beacon = 1;
    node->mesh.net.private_interval = 0;
    nodes_run(all, 120000);
    assert_in_range(all->node[1].events[USHER_MESH_EVT_BEACON], 0, 1);
    nodes_free(all);
}

static void publication_goes_on_after_a_restart(void **state)
{
    struct usher_config_msg set = { .opcode = USHER_CONFIG_PUBLICATION_SET,
                                    .element = nodes_address(1) + 1,
                                    .company = NODES_COMPANY,
                                    .model = NODES_VENDOR_MODEL,
                                    .address = 0xC000,
                                    .ttl = 5,
                                    .period = 1 << 6 | 10 },
                            answer; /* 10 s */
    struct nodes *all = some(2);
    struct node *node = &all->node[1];
    struct usher_flashlog log;
    struct flash flash;

    (void)state;
    assert_true(flash_init(&flash, 4096, 4, 4));
    use_flash(node, &log, &flash);
    node->vendor.publish = on_publish;
    nodes_provision(all);
    nodes_bind_all(all);
    assert_int_equal(nodes_config_ask(all, 0, 1, &set, &answer), USHER_OK);
    assert_int_equal(answer.status, USHER_STATUS_SUCCESS);
    nodes_run(all, 5000);
    nodes_stop(node);
    use_flash(node, &log, &flash);
    nodes_start(node);
    published = 0;
    nodes_run(all, 60000);
    assert_int_equal(published, 0);
    assert_int_equal(usher_mesh_load(&node->mesh), USHER_OK);
    nodes_run(all, 60000);
    assert_in_range(published, 6, 7);
    nodes_free(all);
    flash_deinit(&flash);
}

static void a_long_message_with_a_token_is_told(void **state)
{
    static const uint8_t params[100];
    struct usher_target target = { .dst = nodes_address(1), .ttl = 255 };
    struct nodes *all = some(2);
    struct node *node = &all->node[0];

    (void)state;
    nodes_provision(all);
    nodes_bind_all(all);
    assert_int_equal(usher_send(&node->vendor, &target, 0x01, params, sizeof(params), 42),
                     USHER_OK);
    nodes_run(all, ANSWER_MS);
    assert_int_equal(node->events[USHER_MESH_EVT_SENT], 1);
    assert_int_equal(node->last.params.sent.token, 42);
    assert_true(node->last.params.sent.delivered);

    target.dst = 0x0700; /* nobody */
    assert_int_equal(usher_send(&node->vendor, &target, 0x01, params, sizeof(params), 43),
                     USHER_OK);
    nodes_run(all, 4 * ANSWER_MS);
    assert_int_equal(node->events[USHER_MESH_EVT_SENT], 2);
    assert_int_equal(node->last.params.sent.token, 43);
    assert_false(node->last.params.sent.delivered);
    nodes_free(all);
}

static void a_short_message_with_a_token_is_told(void **state)
{
    static const uint8_t params[4];
    struct usher_target target = { .ttl = 255 };
    struct nodes *all = some(2);
    struct node *node = &all->node[0];

    (void)state;
    nodes_provision(all);
    nodes_bind_all(all);
    nodes_run(all, 1000);
    for (uint32_t token = 1; token <= 30; token++) { /* more than the queue has places */
        target.dst = token % 3 == 0 ? 0xC000 : nodes_address(token % 3 - 1);
        assert_int_equal(usher_send(&node->vendor, &target, 0x01, params, sizeof(params), token),
                         USHER_OK);
        assert_int_equal(node->events[USHER_MESH_EVT_SENT], token - 1);
        nodes_run(all, 200);
        assert_int_equal(node->events[USHER_MESH_EVT_SENT], token);
        assert_int_equal(node->last.params.sent.token, token);
        assert_true(node->last.params.sent.delivered);
    }
    assert_int_equal(usher_send(&node->vendor, &target, 0x01, params, sizeof(params), 0), USHER_OK);
    nodes_run(all, 200);
    assert_int_equal(node->events[USHER_MESH_EVT_SENT], 30);
    nodes_free(all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_cannot_be_a_node_is_refused),
        cmocka_unit_test(provisioning_data_are_checked),
        cmocka_unit_test(before_it_is_a_node_it_does_nothing),
        cmocka_unit_test(node_reset_is_answered_and_done),
        cmocka_unit_test(an_iv_update_goes_round),
        cmocka_unit_test(test_mode_holds_an_iv_update),
        cmocka_unit_test(an_iv_update_takes_its_time),
        cmocka_unit_test(a_key_refresh_goes_round),
        cmocka_unit_test(without_storage_there_is_no_node),
        cmocka_unit_test(storage_that_fails_is_told_and_tried_again),
        cmocka_unit_test(no_sequence_number_is_used_unreserved),
        cmocka_unit_test(a_reset_is_done_even_if_the_power_goes_first),
        cmocka_unit_test(a_stuck_generator_is_not_used_for_private_beacons),
        cmocka_unit_test(publication_goes_on_after_a_restart),
        cmocka_unit_test(a_long_message_with_a_token_is_told),
        cmocka_unit_test(a_short_message_with_a_token_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
