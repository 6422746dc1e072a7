/*
 * The Configuration Server's answers about keys (src/model/config_server_keys.c), and what goes
 * with a key that goes (manage.c). Over the air, from one node to another.
 */
#include "config_rig.h"

#define SUBNETS 4u /* of the nodes' tables */
#define APPKEYS 8u
#define GROUP 0xC001u

static struct usher_mesh *mesh(struct nodes *all)
{
    return &all->node[1].mesh;
}

static uint8_t netkey(struct nodes *all, uint32_t opcode, uint16_t net_index, uint8_t octet)
{
    return config_key_status(all, opcode, net_index, 0, octet);
}

/* -- NetKeys ----------------------------------------------------------------------------------- */

static void netkeys_are_added(void **state)
{
    struct nodes *all = *state;
    const struct usher_config_msg *a;

    assert_int_equal(netkey(all, USHER_CONFIG_NETKEY_ADD, 0x123, 0x44), USHER_STATUS_SUCCESS);
    assert_int_equal(netkey(all, USHER_CONFIG_NETKEY_ADD, 0x123, 0x44), USHER_STATUS_SUCCESS);
    assert_int_equal(netkey(all, USHER_CONFIG_NETKEY_ADD, 0x123, 0x45),
                     USHER_STATUS_KEY_INDEX_STORED);
    a = ASK(all, NETKEY_GET);
    assert_int_equal(a->list_count, 2);
    assert_int_equal(a->list[0], 0);
    assert_int_equal(a->list[1], 0x123);
    for (uint16_t i = 2; i < SUBNETS; i++) {
        assert_int_equal(netkey(all, USHER_CONFIG_NETKEY_ADD, i, 0x50), USHER_STATUS_SUCCESS);
    }
    assert_int_equal(netkey(all, USHER_CONFIG_NETKEY_ADD, 9, 0x50),
                     USHER_STATUS_INSUFFICIENT_RESOURCES);
    assert_int_equal(ASK(all, NETKEY_GET)->list_count, SUBNETS);
}

static void netkeys_are_updated(void **state)
{
    struct nodes *all = *state;

    netkey(all, USHER_CONFIG_NETKEY_ADD, 1, 0x44);
    assert_int_equal(netkey(all, USHER_CONFIG_NETKEY_UPDATE, 2, 0x45), USHER_STATUS_INVALID_NETKEY);
    assert_int_equal(netkey(all, USHER_CONFIG_NETKEY_UPDATE, 1, 0x44), USHER_STATUS_CANNOT_UPDATE);
    assert_int_equal(netkey(all, USHER_CONFIG_NETKEY_UPDATE, 1, 0x45), USHER_STATUS_SUCCESS);
    assert_int_equal(netkey(all, USHER_CONFIG_NETKEY_UPDATE, 1, 0x45), USHER_STATUS_SUCCESS);
    assert_int_equal(netkey(all, USHER_CONFIG_NETKEY_UPDATE, 1, 0x46), USHER_STATUS_CANNOT_UPDATE);
    assert_int_equal(STATUS(all, KEY_REFRESH_SET, .net_index = 1, .state = 2),
                     USHER_STATUS_SUCCESS);
    assert_int_equal(netkey(all, USHER_CONFIG_NETKEY_UPDATE, 1, 0x45), USHER_STATUS_CANNOT_UPDATE);
}

/* The phases, as the messages tell of them, and as the node's application is told. */
static void a_key_refresh_has_its_phases(void **state)
{
    struct nodes *all = *state;
    const struct usher_config_msg *a;
    unsigned *told = &all->node[1].events[USHER_MESH_EVT_KEY_REFRESH];

    netkey(all, USHER_CONFIG_NETKEY_ADD, 1, 0x44);
    assert_int_equal(ASK(all, KEY_REFRESH_GET, .net_index = 1)->state, 0);
    a = ASK(all, KEY_REFRESH_SET, .net_index = 1, .state = 2);
    assert_int_equal(a->status, USHER_STATUS_CANNOT_SET);
    assert_int_equal(a->state, 0);
    a = ASK(all, KEY_REFRESH_SET, .net_index = 1, .state = 3);
    assert_int_equal(a->status, USHER_STATUS_SUCCESS);
    assert_int_equal(a->state, 0);
    assert_int_equal(*told, 0);

    netkey(all, USHER_CONFIG_NETKEY_UPDATE, 1, 0x45);
    assert_int_equal(ASK(all, KEY_REFRESH_GET, .net_index = 1)->state, 1);
    assert_int_equal(*told, 1);
    for (unsigned again = 0; again < 2; again++) {
        a = ASK(all, KEY_REFRESH_SET, .net_index = 1, .state = 2);
        assert_int_equal(a->status, USHER_STATUS_SUCCESS);
        assert_int_equal(a->state, 2);
    }
    assert_int_equal(*told, 2);
    a = ASK(all, KEY_REFRESH_SET, .net_index = 1, .state = 3);
    assert_int_equal(a->status, USHER_STATUS_SUCCESS);
    assert_int_equal(a->state, 0);
    assert_int_equal(*told, 3);
    assert_memory_equal(keys_subnet(&mesh(all)->net.keys, 1)->key[0].key, nodes_key(0x45), 16);

    a = ASK(all, KEY_REFRESH_GET, .net_index = 2);
    assert_int_equal(a->status, USHER_STATUS_INVALID_NETKEY);
    assert_int_equal(a->state, 0);
    assert_int_equal(STATUS(all, KEY_REFRESH_SET, .net_index = 2, .state = 3),
                     USHER_STATUS_INVALID_NETKEY);
}

/* The subnet that the messages themselves go over gets a new key, and the AppKey with it. */
static void the_key_of_the_messages_is_refreshed(void **state)
{
    struct nodes *all = *state;
    struct usher_mesh *asker = &all->node[0].mesh;

    nodes_bind_all(all);
    assert_int_equal(usher_netkey_update(asker, 0, nodes_key(0x33)), USHER_STATUS_SUCCESS);
    assert_int_equal(usher_appkey_update(asker, 0, 0, nodes_key(0x34)), USHER_STATUS_SUCCESS);
    assert_int_equal(netkey(all, USHER_CONFIG_NETKEY_UPDATE, 0, 0x33), USHER_STATUS_SUCCESS);
    assert_int_equal(config_key_status(all, USHER_CONFIG_APPKEY_UPDATE, 0, 0, 0x34),
                     USHER_STATUS_SUCCESS);
    assert_int_equal(usher_key_refresh(asker, 0, 2), USHER_STATUS_SUCCESS);
    assert_int_equal(ASK(all, KEY_REFRESH_SET, .net_index = 0, .state = 2)->state, 2);
    assert_int_equal(STATUS(all, KEY_REFRESH_SET, .net_index = 0, .state = 3),
                     USHER_STATUS_SUCCESS);
    assert_int_equal(usher_key_refresh(asker, 0, 3), USHER_STATUS_SUCCESS);
    assert_int_equal(ASK(all, KEY_REFRESH_GET, .net_index = 0)->state, 0);
    assert_memory_equal(keys_subnet(&mesh(all)->net.keys, 0)->key[0].key, nodes_key(0x33), 16);
    assert_memory_equal(keys_appkey(&mesh(all)->net.keys, 0)->key[0].key, nodes_key(0x34), 16);
}

/* The node's beacon tells of a phase soon, not when the next one would be due. */
static void a_phase_is_spread_by_beacons(void **state)
{
    struct nodes *all = *state;
    unsigned *told = &all->node[0].events[USHER_MESH_EVT_KEY_REFRESH];

    nodes_run(all, 15000); /* past the beacons of the start */
    assert_int_equal(usher_netkey_update(&all->node[0].mesh, 0, nodes_key(0x33)),
                     USHER_STATUS_SUCCESS);
    assert_int_equal(netkey(all, USHER_CONFIG_NETKEY_UPDATE, 0, 0x33), USHER_STATUS_SUCCESS);
    nodes_run(all, 1500);
    assert_int_equal(*told, 1);
    ASK(all, KEY_REFRESH_SET, .net_index = 0, .state = 2);
    nodes_run(all, 1500);
    assert_int_equal(*told, 2);
    assert_int_equal(keys_subnet(&all->node[0].mesh.net.keys, 0)->phase, 2);
}

/* -- NetKey Delete ----------------------------------------------------------------------------- */

static void a_netkey_that_is_not_there_can_be_deleted(void **state)
{
    assert_int_equal(STATUS(*state, NETKEY_DELETE, .net_index = 7), USHER_STATUS_SUCCESS);
}

static void the_last_netkey_stays(void **state)
{
    struct nodes *all = *state;

    assert_int_equal(STATUS(all, NETKEY_DELETE, .net_index = 0), USHER_STATUS_CANNOT_REMOVE);
    assert_int_equal(manage_netkey_delete(mesh(all), 0), USHER_STATUS_CANNOT_REMOVE);
}

/* The key that secured the message cannot go; that of another subnet can, also subnet 0. */
static void a_netkey_is_not_deleted_over_itself(void **state)
{
    struct nodes *all = *state;
    struct usher_config_msg delete = { .opcode = USHER_CONFIG_NETKEY_DELETE, .net_index = 1 };

    netkey(all, USHER_CONFIG_NETKEY_ADD, 1, 0x44);
    usher_netkey_add(&all->node[0].mesh, 1, nodes_key(0x44));
    assert_int_equal(STATUS(all, NETKEY_DELETE, .net_index = 0), USHER_STATUS_CANNOT_REMOVE);
    assert_int_equal(config_ask(all, 1, &delete)->status, USHER_STATUS_CANNOT_REMOVE);
    delete.net_index = 0;
    assert_int_equal(config_ask(all, 1, &delete)->status, USHER_STATUS_SUCCESS);
    assert_null(keys_subnet(&mesh(all)->net.keys, 0));
    assert_non_null(keys_subnet(&mesh(all)->net.keys, 1));
}

/* A second subnet with an AppKey that a model publishes with, and heartbeats. */
static void make_subnet(struct nodes *all)
{
    netkey(all, USHER_CONFIG_NETKEY_ADD, 1, 0x44);
    config_key_status(all, USHER_CONFIG_APPKEY_ADD, 0, 5, 0x61);
    config_key_status(all, USHER_CONFIG_APPKEY_ADD, 1, 6, 0x62);
    ASK(all, MODEL_APP_BIND, .element = NODE, .app_index = 5, ONOFF);
    ASK(all, MODEL_APP_BIND, .element = NODE, .app_index = 6, ONOFF);
    ASK(all, MODEL_APP_BIND, .element = SECOND, .app_index = 5, ONOFF);
    assert_int_equal(
        STATUS(all, PUBLICATION_SET, .element = NODE, .address = GROUP, .app_index = 6, ONOFF),
        USHER_STATUS_SUCCESS);
    assert_int_equal(
        STATUS(all, PUBLICATION_SET, .element = SECOND, .address = GROUP, .app_index = 5, ONOFF),
        USHER_STATUS_SUCCESS);
    assert_int_equal(STATUS(all, HEARTBEAT_PUB_SET, .address = GROUP, .net_index = 1, .ttl = 3),
                     USHER_STATUS_SUCCESS);
}

static void with_a_netkey_goes_all_that_uses_it(void **state)
{
    struct nodes *all = *state;
    const struct usher_config_msg *a;

    make_subnet(all);
    assert_int_equal(STATUS(all, NETKEY_DELETE, .net_index = 1), USHER_STATUS_SUCCESS);
    assert_int_equal(ASK(all, NETKEY_GET)->list_count, 1);
    assert_int_equal(STATUS(all, APPKEY_GET, .net_index = 1), USHER_STATUS_INVALID_NETKEY);
    assert_null(keys_appkey(&mesh(all)->net.keys, 6));
    a = ASK(all, SIG_APP_GET, .element = NODE, ONOFF);
    assert_int_equal(a->list_count, 1);
    assert_int_equal(a->list[0], 5);
    assert_int_equal(ASK(all, PUBLICATION_GET, .element = NODE, ONOFF)->address, 0);
    a = ASK(all, HEARTBEAT_PUB_GET);
    assert_int_equal(a->address, 0);
    assert_int_equal(a->ttl, 0);
    /* and nothing else */
    assert_int_equal(ASK(all, PUBLICATION_GET, .element = SECOND, ONOFF)->address, GROUP);
    assert_int_equal(ASK(all, APPKEY_GET, .net_index = 0)->list_count, 1);
}

static void heartbeats_on_another_subnet_go_on(void **state)
{
    struct nodes *all = *state;

    make_subnet(all);
    ASK(all, HEARTBEAT_PUB_SET, .address = GROUP, .net_index = 0, .ttl = 3);
    ASK(all, NETKEY_DELETE, .net_index = 1);
    assert_int_equal(ASK(all, HEARTBEAT_PUB_GET)->address, GROUP);
}

/* -- AppKeys ----------------------------------------------------------------------------------- */

static void appkeys_are_added(void **state)
{
    static const uint32_t add = USHER_CONFIG_APPKEY_ADD;
    struct nodes *all = *state;
    const struct usher_config_msg *a;

    netkey(all, USHER_CONFIG_NETKEY_ADD, 1, 0x44);
    assert_int_equal(config_key_status(all, add, 2, 0x234, 0x60), USHER_STATUS_INVALID_NETKEY);
    assert_int_equal(config_key_status(all, add, 1, 0x234, 0x60), USHER_STATUS_SUCCESS);
    assert_int_equal(config_key_status(all, add, 1, 0x234, 0x60), USHER_STATUS_SUCCESS);
    assert_int_equal(config_key_status(all, add, 1, 0x234, 0x61), USHER_STATUS_KEY_INDEX_STORED);
    assert_int_equal(config_key_status(all, add, 0, 0x234, 0x60), USHER_STATUS_INVALID_NETKEY);
    for (uint16_t i = 1; i < APPKEYS; i++) {
        assert_int_equal(config_key_status(all, add, 0, i, 0x60), USHER_STATUS_SUCCESS);
    }
    assert_int_equal(config_key_status(all, add, 0, 99, 0x60), USHER_STATUS_INSUFFICIENT_RESOURCES);

    a = ASK(all, APPKEY_GET, .net_index = 0);
    assert_int_equal(a->status, USHER_STATUS_SUCCESS);
    assert_int_equal(a->list_count, APPKEYS - 1);
    a = ASK(all, APPKEY_GET, .net_index = 1);
    assert_int_equal(a->list_count, 1);
    assert_int_equal(a->list[0], 0x234);
    a = ASK(all, APPKEY_GET, .net_index = 2);
    assert_int_equal(a->status, USHER_STATUS_INVALID_NETKEY);
    assert_int_equal(a->net_index, 2);
    assert_int_equal(a->list_count, 0);
}

static void appkeys_are_updated(void **state)
{
    static const uint32_t update = USHER_CONFIG_APPKEY_UPDATE;
    struct nodes *all = *state;

    netkey(all, USHER_CONFIG_NETKEY_ADD, 1, 0x44);
    config_key_status(all, USHER_CONFIG_APPKEY_ADD, 1, 5, 0x60);
    assert_int_equal(config_key_status(all, update, 1, 5, 0x61), USHER_STATUS_CANNOT_UPDATE);
    netkey(all, USHER_CONFIG_NETKEY_UPDATE, 1, 0x45);
    assert_int_equal(config_key_status(all, update, 1, 6, 0x61), USHER_STATUS_INVALID_APPKEY);
    assert_int_equal(config_key_status(all, update, 0, 5, 0x61), USHER_STATUS_INVALID_BINDING);
    assert_int_equal(config_key_status(all, update, 1, 5, 0x61), USHER_STATUS_SUCCESS);
    assert_int_equal(config_key_status(all, update, 1, 5, 0x61), USHER_STATUS_SUCCESS);
    assert_int_equal(config_key_status(all, update, 1, 5, 0x62), USHER_STATUS_CANNOT_UPDATE);
    ASK(all, KEY_REFRESH_SET, .net_index = 1, .state = 2);
    assert_int_equal(config_key_status(all, update, 1, 5, 0x61), USHER_STATUS_CANNOT_UPDATE);
    ASK(all, KEY_REFRESH_SET, .net_index = 1, .state = 3);
    assert_memory_equal(keys_appkey(&mesh(all)->net.keys, 5)->key[0].key, nodes_key(0x61), 16);
}

static void with_an_appkey_goes_all_that_uses_it(void **state)
{
    struct nodes *all = *state;
    const struct usher_config_msg *a;

    make_subnet(all);
    assert_int_equal(STATUS(all, APPKEY_DELETE, .net_index = 1, .app_index = 7),
                     USHER_STATUS_SUCCESS); /* is not there */
    assert_int_equal(STATUS(all, APPKEY_DELETE, .net_index = 0, .app_index = 6),
                     USHER_STATUS_INVALID_BINDING);
    assert_int_equal(STATUS(all, APPKEY_DELETE, .net_index = 2, .app_index = 6),
                     USHER_STATUS_INVALID_NETKEY);
    assert_int_equal(ASK(all, PUBLICATION_GET, .element = NODE, ONOFF)->address, GROUP);

    assert_int_equal(STATUS(all, APPKEY_DELETE, .net_index = 1, .app_index = 6),
                     USHER_STATUS_SUCCESS);
    assert_int_equal(ASK(all, APPKEY_GET, .net_index = 1)->list_count, 0);
    assert_int_equal(ASK(all, PUBLICATION_GET, .element = NODE, ONOFF)->address, 0);
    a = ASK(all, SIG_APP_GET, .element = NODE, ONOFF);
    assert_int_equal(a->list_count, 1);
    assert_int_equal(a->list[0], 5);
    assert_int_equal(ASK(all, PUBLICATION_GET, .element = SECOND, ONOFF)->address, GROUP);
}

/* -- Node Identity ----------------------------------------------------------------------------- */

static void node_identity_is_unsupported(void **state)
{
    struct nodes *all = *state;
    const struct usher_config_msg *a = ASK(all, IDENTITY_GET, .net_index = 0);

    assert_int_equal(a->status, USHER_STATUS_SUCCESS);
    assert_int_equal(a->state, 2);
    a = ASK(all, IDENTITY_SET, .net_index = 0, .state = 1);
    assert_int_equal(a->status, USHER_STATUS_SUCCESS);
    assert_int_equal(a->state, 2);
    assert_int_equal(all->node[1].mesh.net.keys.subnets[0].identity, 0);
    a = ASK(all, IDENTITY_GET, .net_index = 3);
    assert_int_equal(a->status, USHER_STATUS_INVALID_NETKEY);
    assert_int_equal(a->net_index, 3);
    assert_int_equal(STATUS(all, IDENTITY_SET, .net_index = 3, .state = 0),
                     USHER_STATUS_INVALID_NETKEY);
    IGNORED(all, IDENTITY_SET, 0, 0, 2);
}

/* -- the calls of the local user --------------------------------------------------------------- */

/* What is asked twice, as a message whose answer was lost, is not stored twice. */
static void what_changes_nothing_is_not_told(void **state)
{
    struct nodes *all = *state;
    unsigned *told = &all->node[1].events[USHER_MESH_EVT_CONFIGURED], before;

    make_subnet(all);
    before = *told;
    netkey(all, USHER_CONFIG_NETKEY_ADD, 1, 0x44);
    netkey(all, USHER_CONFIG_NETKEY_ADD, 1, 0x99);
    netkey(all, USHER_CONFIG_NETKEY_UPDATE, 1, 0x44);
    config_key_status(all, USHER_CONFIG_APPKEY_ADD, 1, 6, 0x62);
    config_key_status(all, USHER_CONFIG_APPKEY_UPDATE, 1, 6, 0x63);
    ASK(all, KEY_REFRESH_SET, .net_index = 1, .state = 3);
    ASK(all, APPKEY_DELETE, .net_index = 1, .app_index = 9);
    ASK(all, NETKEY_DELETE, .net_index = 9);
    ASK(all, MODEL_APP_BIND, .element = NODE, .app_index = 5, ONOFF);
    ASK(all, MODEL_APP_UNBIND, .element = SECOND, .app_index = 6, ONOFF);
    assert_int_equal(*told, before);
    netkey(all, USHER_CONFIG_NETKEY_UPDATE, 1, 0x45);
    assert_int_equal(*told, before + 1);
}

static void without_a_node_there_is_nothing_to_manage(void **state)
{
    struct nodes *all = *state;
    struct node *node = &all->node[1];
    struct usher_model unmade = { .company = USHER_SIG, .id = 0x1000 };

    assert_int_equal(usher_mesh_reset(&node->mesh), USHER_OK);
    assert_int_equal(usher_netkey_add(&node->mesh, 1, nodes_key(1)), USHER_STATUS_UNSPECIFIED);
    assert_int_equal(usher_netkey_update(&node->mesh, 0, nodes_key(1)), USHER_STATUS_UNSPECIFIED);
    assert_int_equal(usher_key_refresh(&node->mesh, 0, 3), USHER_STATUS_UNSPECIFIED);
    assert_int_equal(usher_appkey_add(&node->mesh, 0, 0, nodes_key(1)), USHER_STATUS_UNSPECIFIED);
    assert_int_equal(usher_appkey_update(&node->mesh, 0, 0, nodes_key(1)),
                     USHER_STATUS_UNSPECIFIED);
    assert_int_equal(usher_model_bind(&node->onoff_server.model, 0), USHER_STATUS_UNSPECIFIED);
    assert_int_equal(usher_model_subscribe(&node->onoff_server.model, GROUP),
                     USHER_STATUS_UNSPECIFIED);
    assert_int_equal(usher_model_bind(&unmade, 0), USHER_STATUS_UNSPECIFIED);
    assert_int_equal(usher_model_subscribe(&unmade, GROUP), USHER_STATUS_UNSPECIFIED);
}

static void a_local_user_is_told_the_same_statuses(void **state)
{
    struct nodes *all = *state;
    struct node *node = &all->node[1];

    assert_int_equal(usher_key_refresh(&node->mesh, 0, 2), USHER_STATUS_CANNOT_SET);
    assert_int_equal(usher_key_refresh(&node->mesh, 0, 4), USHER_STATUS_CANNOT_SET);
    assert_int_equal(usher_netkey_add(&node->mesh, 0x1000, nodes_key(1)),
                     USHER_STATUS_INVALID_NETKEY);
    assert_int_equal(usher_appkey_add(&node->mesh, 0, 0x1000, nodes_key(1)),
                     USHER_STATUS_INVALID_APPKEY);
    assert_int_equal(usher_model_bind(&node->onoff_server.model, 0), USHER_STATUS_INVALID_APPKEY);
    assert_int_equal(usher_appkey_add(&node->mesh, 0, 0, nodes_key(1)), USHER_STATUS_SUCCESS);
    assert_int_equal(usher_model_bind(&node->onoff_server.model, 0), USHER_STATUS_SUCCESS);
    assert_int_equal(usher_model_bind(&node->config_client.model, 0), USHER_STATUS_CANNOT_BIND);
    assert_int_equal(usher_model_subscribe(&node->onoff_server.model, 0x0001),
                     USHER_STATUS_INVALID_ADDRESS);
    assert_int_equal(usher_model_subscribe(&node->onoff_server.model, 0x8001),
                     USHER_STATUS_INVALID_ADDRESS);
    assert_int_equal(usher_model_subscribe(&node->onoff_server.model, USHER_ADDR_ALL_NODES),
                     USHER_STATUS_INVALID_ADDRESS);
    assert_int_equal(usher_model_subscribe(&node->config_server.model, GROUP),
                     USHER_STATUS_NOT_SUBSCRIBE);
    assert_int_equal(usher_model_subscribe(&node->onoff_server.model, GROUP), USHER_STATUS_SUCCESS);
    assert_int_equal(ASK(all, SIG_SUBSCRIPTION_GET, .element = NODE, ONOFF)->list[0], GROUP);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CONFIG_TEST(netkeys_are_added),
        CONFIG_TEST(netkeys_are_updated),
        CONFIG_TEST(a_key_refresh_has_its_phases),
        CONFIG_TEST(the_key_of_the_messages_is_refreshed),
        CONFIG_TEST(a_phase_is_spread_by_beacons),
        CONFIG_TEST(a_netkey_that_is_not_there_can_be_deleted),
        CONFIG_TEST(the_last_netkey_stays),
        CONFIG_TEST(a_netkey_is_not_deleted_over_itself),
        CONFIG_TEST(with_a_netkey_goes_all_that_uses_it),
        CONFIG_TEST(heartbeats_on_another_subnet_go_on),
        CONFIG_TEST(appkeys_are_added),
        CONFIG_TEST(appkeys_are_updated),
        CONFIG_TEST(with_an_appkey_goes_all_that_uses_it),
        CONFIG_TEST(node_identity_is_unsupported),
        CONFIG_TEST(what_changes_nothing_is_not_told),
        CONFIG_TEST(without_a_node_there_is_nothing_to_manage),
        CONFIG_TEST(a_local_user_is_told_the_same_statuses),
    };

    return cmocka_run_group_tests_name("config keys", tests, NULL, NULL);
}
