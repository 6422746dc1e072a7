/*
 * What becomes of a phone's connection to a proxy (proxy_site.h): its beginning and its end, the
 * states of the proxy that it depends on, and IV Update and Key Refresh through it.
 */
#include "proxy.h"
#include "proxy_site.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

/* -- connections end --------------------------------------------------------------------------- */

static void a_connection_that_cannot_be_made_is_told(void **state)
{
    struct usher_ble_addr nobody = { .type = 1, .addr = { 0xC0, 1, 2, 3, 4, 5 } };
    struct node *phone;
    uint8_t conn;

    (void)state;
    site_make(244);
    phone = node(PHONE);
    assert_int_equal(usher_proxy_connect(&phone->gatt, &nobody, &conn), USHER_OK);
    nodes_run(site.all, SETTLE_MS);
    assert_int_equal(phone->gatt_events[USHER_GATT_EVT_CONNECTED], 0);
    assert_int_equal(phone->gatt_events[USHER_GATT_EVT_DISCONNECTED], 1);
    assert_int_equal(phone->gatt_last[USHER_GATT_EVT_DISCONNECTED].params.connection.conn, conn);
    assert_false(phone->gatt_last[USHER_GATT_EVT_DISCONNECTED].params.connection.server);

    /* One that is given up before it is made, too. */
    assert_int_equal(usher_proxy_connect(&phone->gatt, &nobody, &conn), USHER_OK);
    assert_int_equal(usher_proxy_disconnect(&phone->gatt, conn), USHER_OK);
    assert_int_equal(phone->gatt_events[USHER_GATT_EVT_DISCONNECTED], 2);
    assert_int_equal(usher_proxy_disconnect(&phone->gatt, conn), USHER_E_NOT_FOUND);

    usher_mesh_bearers(&phone->mesh, USHER_BEARER_ADV);
    assert_int_equal(usher_proxy_connect(&phone->gatt, &nobody, &conn), USHER_E_STATE);
    assert_int_equal(usher_mesh_reset(&phone->mesh), USHER_OK);
    usher_mesh_bearers(&phone->mesh, USHER_BEARER_GATT);
    assert_int_equal(usher_proxy_connect(&phone->gatt, &nobody, &conn), USHER_E_STATE);
}

/* Both ends are told, whichever of them ends it. */
static void the_end_of_a_connection_is_told(void **state)
{
    for (unsigned how = 0; how < 5; how++) {
        struct node *phone, *proxy;

        site_make_connected(244);
        phone = node(PHONE);
        proxy = node(PROXY);
        assert_int_equal(proxy->gatt_events[USHER_GATT_EVT_CONNECTED], 1);
        assert_true(proxy->gatt_last[USHER_GATT_EVT_CONNECTED].params.connection.server);
        assert_int_equal(proxy->gatt_last[USHER_GATT_EVT_CONNECTED].params.connection.value_max,
                         244);
        switch (how) {
        case 0:
            assert_int_equal(usher_proxy_disconnect(&phone->gatt, site.conn), USHER_OK);
            break;
        case 1:
            assert_int_equal(usher_proxy_disconnect(
                                 &proxy->gatt,
                                 proxy->gatt_last[USHER_GATT_EVT_CONNECTED].params.connection.conn),
                             USHER_OK);
            break;
        case 2:
            wires_cut(site.all->wires, &phone->port, site.conn);
            break;
        case 3:
            assert_int_equal(usher_mesh_reset(&proxy->mesh), USHER_OK);
            break;
        default:
            usher_mesh_bearers(&phone->mesh, USHER_BEARER_ADV);
            break;
        }
        nodes_run(site.all, SETTLE_MS);
        assert_int_equal(phone->gatt_events[USHER_GATT_EVT_DISCONNECTED], 1);
        assert_int_equal(proxy->gatt_events[USHER_GATT_EVT_DISCONNECTED], 1);
        assert_false(phone->mesh.net.proxied);
        assert_false(proxy->mesh.net.proxied);
        (void)site_end(state);
    }
}

static unsigned reconnects;

/* An application that does all of it from within. */
static void on_gatt_reconnect(struct node *n, const struct usher_gatt_event *event)
{
    struct usher_ble_addr addr = site_addr(PROXY);

    if (event->type == USHER_GATT_EVT_CONNECTED && reconnects < 5) {
        assert_int_equal(usher_proxy_disconnect(&n->gatt, event->params.connection.conn), USHER_OK);
    } else if (event->type == USHER_GATT_EVT_DISCONNECTED) {
        reconnects++;
        assert_int_equal(usher_proxy_connect(&n->gatt, &addr, &site.conn), USHER_OK);
    }
}

static void handlers_may_end_and_begin_connections(void **state)
{
    struct usher_ble_addr addr;

    (void)state;
    site_make(244);
    reconnects = 0;
    node(PHONE)->gatt_told = on_gatt_reconnect;
    addr = site_addr(PROXY);
    assert_int_equal(usher_proxy_connect(&node(PHONE)->gatt, &addr, &site.conn), USHER_OK);
    nodes_run(site.all, 20000);
    assert_int_equal(reconnects, 5);
    assert_int_equal(node(PHONE)->gatt_events[USHER_GATT_EVT_CONNECTED], 6);
    assert_int_equal(ASK(LAMP, .opcode = USHER_CONFIG_TTL_GET)->state, 7);
}

/* -- the states -------------------------------------------------------------------------------- */

static void a_proxy_that_is_switched_off_ends_its_connections(void **state)
{
    struct node *proxy;

    (void)state;
    site_make_connected(244);
    proxy = node(PROXY);
    assert_int_equal(wires_served(site.all->wires, &proxy->port), USHER_GATT_PROXY);
    assert_int_equal(ASK(PROXY, .opcode = USHER_CONFIG_PROXY_GET)->state, 1);
    assert_int_equal(ASK(PROXY, .opcode = USHER_CONFIG_PROXY_SET, .state = 0)->state, 0);
    nodes_run(site.all, SETTLE_MS);
    assert_int_equal(node(PHONE)->gatt_events[USHER_GATT_EVT_DISCONNECTED], 1);
    assert_int_equal(wires_served(site.all->wires, &proxy->port), USHER_GATT_NONE);

    /* By Node Identity it can be reached, but relays nothing; then it can be switched on again. */
    assert_int_equal(usher_node_identity(&proxy->gatt, 0), USHER_OK);
    nodes_run(site.all, SETTLE_MS);
    assert_int_equal(wires_served(site.all->wires, &proxy->port), USHER_GATT_PROXY);
    site_connect(PHONE, PROXY);
    assert_int_equal(ASK(PROXY, .opcode = USHER_CONFIG_PROXY_GET)->state, 0);
    {
        struct usher_config_msg ttl = { .opcode = USHER_CONFIG_TTL_GET }, answer;

        assert_int_equal(nodes_config_ask(site.all, PHONE, LAMP, &ttl, &answer), USHER_E_TIMEOUT);
    }
    assert_int_equal(ASK(PROXY, .opcode = USHER_CONFIG_PROXY_SET, .state = 1)->state, 1);
    assert_int_equal(ASK(LAMP, .opcode = USHER_CONFIG_TTL_GET)->state, 7);
}

/* ... as it is a server to its clients, and not to the proxy that it is a client of. */
static void a_proxy_that_is_switched_off_remains_a_client(void **state)
{
    (void)state;
    site_make(244);
    site_connect(PROXY, LAMP);
    site_connect(PHONE, PROXY);
    assert_int_equal(ASK(PROXY, .opcode = USHER_CONFIG_PROXY_SET, .state = 0)->state, 0);
    nodes_run(site.all, SETTLE_MS);
    assert_int_equal(node(PHONE)->gatt_events[USHER_GATT_EVT_DISCONNECTED], 1);
    assert_int_equal(node(LAMP)->gatt_events[USHER_GATT_EVT_DISCONNECTED], 0);
}

static void node_identity_is_a_state(void **state)
{
    const struct usher_config_msg *a;

    (void)state;
    site_make_connected(244);
    a = ASK(PROXY, .opcode = USHER_CONFIG_IDENTITY_GET);
    assert_int_equal(a->status, USHER_STATUS_SUCCESS);
    assert_int_equal(a->state, 0);
    assert_int_equal(ASK(PROXY, .opcode = USHER_CONFIG_IDENTITY_SET, .state = 1)->state, 1);
    nodes_run(site.all, 58000);
    assert_int_equal(ASK(PROXY, .opcode = USHER_CONFIG_IDENTITY_GET)->state, 1);
    nodes_run(site.all, 3000);
    assert_int_equal(ASK(PROXY, .opcode = USHER_CONFIG_IDENTITY_GET)->state, 0);
    assert_int_equal(ASK(PROXY, .opcode = USHER_CONFIG_IDENTITY_SET, .state = 1)->state, 1);
    assert_int_equal(ASK(PROXY, .opcode = USHER_CONFIG_IDENTITY_SET, .state = 0)->state, 0);
    a = ASK(PROXY, .opcode = USHER_CONFIG_IDENTITY_SET, .net_index = 9, .state = 1);
    assert_int_equal(a->status, USHER_STATUS_INVALID_NETKEY);
    assert_int_equal(a->state, 0);
    assert_int_equal(usher_node_identity(&node(PROXY)->gatt, 9), USHER_E_NOT_FOUND);
}

/* It ends by itself, whatever else the node has to do. */
static void node_identity_ends_in_time(void **state)
{
    const struct usher_subnet *s;

    (void)state;
    site_make(244);
    s = &node(PROXY)->mesh.net.keys.subnets[0];
    assert_int_equal(usher_node_identity(&node(PROXY)->gatt, 0), USHER_OK);
    usher_radio(&node(PROXY)->usher, false);
    assert_true(node(PROXY)->usher.wake <= s->identity_until);
    nodes_run(site.all, 59000);
    assert_int_equal(s->identity, 1);
    nodes_run(site.all, 1000);
    assert_int_equal(s->identity, 0);
}

static void the_feature_is_told(void **state)
{
    struct usher_page0 page;
    const struct usher_config_msg *a;

    (void)state;
    site_make_connected(244);
    a = ASK(PROXY, .opcode = USHER_CONFIG_COMPOSITION_GET);
    assert_true(usher_page0_read(a->data, a->data_len, &page));
    assert_int_equal(page.features, USHER_FEATURE_RELAY | USHER_FEATURE_PROXY);

    assert_int_equal(ASK(PHONE, .opcode = USHER_CONFIG_HEARTBEAT_SUB_SET,
                         .source = nodes_address(LAMP), .address = nodes_address(PHONE),
                         .period_log = 0x10)
                         ->status,
                     USHER_STATUS_SUCCESS);
    for (uint8_t on = 0; on < 2; on++) {
        (void)ASK(LAMP, .opcode = USHER_CONFIG_PROXY_SET, .state = on ^ 1u);
        assert_int_equal(ASK(LAMP, .opcode = USHER_CONFIG_HEARTBEAT_PUB_SET,
                             .address = nodes_address(PHONE), .count_log = 1, .period_log = 1,
                             .ttl = 5, .features = USHER_FEATURE_PROXY)
                             ->status,
                         USHER_STATUS_SUCCESS);
        nodes_run(site.all, 2000);
        assert_int_equal(node(PHONE)->events[USHER_MESH_EVT_HEARTBEAT], on * 2 + 1);
        /* A change is told by itself (3.6.5.5). */
        (void)ASK(LAMP, .opcode = USHER_CONFIG_PROXY_SET, .state = on);
        nodes_run(site.all, 2000);
        assert_int_equal(node(PHONE)->events[USHER_MESH_EVT_HEARTBEAT], on * 2 + 2);
        assert_int_equal(node(PHONE)->last.params.heartbeat.features,
                         on != 0 ? USHER_FEATURE_PROXY : 0);
    }
}

/* -- IV Update and Key Refresh ----------------------------------------------------------------- */

static void test_mode(bool on)
{
    for (unsigned i = 0; i < COUNT; i++) {
        usher_iv_test_mode(&node(i)->mesh, on);
    }
}

static void all_have_iv(uint32_t index, bool updating)
{
    for (unsigned i = 0; i <= LAMP; i++) {
        bool is;

        assert_int_equal(usher_mesh_iv(&node(i)->mesh, &is), index);
        assert_int_equal(is, updating);
    }
}

static void an_iv_update_goes_through_the_proxy_both_ways(void **state)
{
    (void)state;
    for (unsigned by = PHONE; by <= LAMP; by += LAMP - PHONE) {
        site_make_connected(244);
        test_mode(true);
        assert_int_equal(usher_iv_update(&node(by)->mesh), USHER_OK);
        nodes_run(site.all, 15000);
        all_have_iv(1, true);
        assert_int_equal(ASK(LAMP, .opcode = USHER_CONFIG_TTL_GET)->state, 7);
        assert_int_equal(usher_iv_update(&node(by)->mesh), USHER_OK);
        nodes_run(site.all, 15000);
        all_have_iv(1, false);
        assert_int_equal(ASK(LAMP, .opcode = USHER_CONFIG_TTL_GET)->state, 7);
        (void)site_end(state);
    }
}

static void on_connected(struct node *n, const struct usher_gatt_event *event)
{
    if (event->type == USHER_GATT_EVT_CONNECTED) {
        assert_int_equal(usher_mesh_iv(&n->mesh, NULL), 5);
    }
}

/* A phone that was away hears of it as the first thing. */
static void a_client_that_connects_learns_the_iv_index(void **state)
{
    (void)state;
    site_make(244);
    node(PHONE)->gatt_told = on_connected;
    node(PROXY)->mesh.net.iv.index = 5;
    node(LAMP)->mesh.net.iv.index = 5;
    site_connect(PHONE, PROXY);
    assert_int_equal(usher_mesh_iv(&node(PHONE)->mesh, NULL), 5);
    assert_int_equal(ASK(LAMP, .opcode = USHER_CONFIG_TTL_GET)->state, 7);
}

/* A server that says nothing is used after a second all the same. */
static void a_beacon_is_not_waited_for_for_ever(void **state)
{
    struct usher_ble_addr addr;
    uint64_t before;

    (void)state;
    site_make(244);
    addr = site_addr(PROXY);
    assert_int_equal(usher_proxy_connect(&node(PHONE)->gatt, &addr, &site.conn), USHER_OK);
    nodes_run(site.all, 42);
    wires_stall(site.all->wires, true);
    before = nodes_now(site.all);
    nodes_run(site.all, 900);
    assert_int_equal(node(PHONE)->gatt_events[USHER_GATT_EVT_CONNECTED], 0);
    nodes_run(site.all, 110);
    assert_int_equal(node(PHONE)->gatt_events[USHER_GATT_EVT_CONNECTED], 1);
    assert_true(nodes_now(site.all) >= before + 1000);
    wires_stall(site.all->wires, false);
    assert_int_equal(ASK(LAMP, .opcode = USHER_CONFIG_TTL_GET)->state, 7);
}

/* The server greets; a client tells what is new. */
static void a_client_tells_only_what_is_new(void **state)
{
    (void)state;
    site_make(244);
    for (unsigned i = 0; i < COUNT; i++) {
        node(i)->mesh.net.beacon = 0;
    }
    nodes_run(site.all, SETTLE_MS);
    node(PROXY)->events[USHER_MESH_EVT_BEACON] = 0;
    site_connect(PHONE, PROXY);
    assert_int_equal(node(PROXY)->events[USHER_MESH_EVT_BEACON], 0);
    test_mode(true);
    assert_int_equal(usher_iv_update(&node(PHONE)->mesh), USHER_OK);
    nodes_run(site.all, SETTLE_MS);
    assert_int_equal(node(PROXY)->events[USHER_MESH_EVT_BEACON], 1);
}

/* A server that speaks as only clients do. */
static void a_message_of_a_client_is_nothing_to_a_client(void **state)
{
    struct proxy_message m = { .opcode = PROXY_SET_FILTER_TYPE, .type = 1 };
    uint8_t value[1 + NET_PDU_MAX] = { 0x02 }, len;
    unsigned before;

    (void)state;
    site_make_connected(244);
    before = node(PHONE)->gatt_events[USHER_GATT_EVT_FILTER];
    len = proxy_seal(&node(PHONE2)->mesh.net, 0, &m, value + 1);
    usher_in_gatt_data(&node(PHONE)->usher, site.conn, value, len + 1u);
    nodes_run(site.all, SETTLE_MS);
    assert_int_equal(node(PHONE)->gatt_events[USHER_GATT_EVT_FILTER], before);
    m.opcode = PROXY_FILTER_STATUS;
    len = proxy_seal(&node(PHONE2)->mesh.net, 0, &m, value + 1);
    for (unsigned i = 0; i < 2; i++) { /* the second one is a replay */
        usher_in_gatt_data(&node(PHONE)->usher, site.conn, value, len + 1u);
        assert_int_equal(node(PHONE)->gatt_events[USHER_GATT_EVT_FILTER], before + 1);
    }
}

static void keys_are_refreshed_through_the_proxy(void **state)
{
    struct usher_config_msg update = { .opcode = USHER_CONFIG_NETKEY_UPDATE };

    (void)state;
    site_make_connected(20);
    memcpy(update.key, nodes_key(0x77), sizeof(update.key));
    for (unsigned to = PROXY; to <= LAMP; to++) {
        assert_int_equal(site_ask(to, &update)->status, USHER_STATUS_SUCCESS);
    }
    assert_int_equal(usher_netkey_update(&node(PHONE)->mesh, 0, update.key), USHER_STATUS_SUCCESS);
    /* The phone goes on to phase 2, and the others by the beacons: its own, and the proxy's. */
    assert_int_equal(usher_key_refresh(&node(PHONE)->mesh, 0, 2), USHER_STATUS_SUCCESS);
    nodes_run(site.all, 15000);
    for (unsigned n = PHONE; n <= LAMP; n++) {
        assert_int_equal(node(n)->mesh.net.keys.subnets[0].phase, 2);
    }
    assert_int_equal(ASK(LAMP, .opcode = USHER_CONFIG_TTL_GET)->state, 7);
    /* And the end by the lamp's: the proxy tells its client. */
    assert_int_equal(usher_key_refresh(&node(LAMP)->mesh, 0, 3), USHER_STATUS_SUCCESS);
    nodes_run(site.all, 15000);
    for (unsigned n = PHONE; n <= LAMP; n++) {
        assert_int_equal(node(n)->mesh.net.keys.subnets[0].phase, 0);
    }
    assert_int_equal(ASK(LAMP, .opcode = USHER_CONFIG_TTL_GET)->state, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_connection_that_cannot_be_made_is_told, site_end),
        cmocka_unit_test_teardown(the_end_of_a_connection_is_told, site_end),
        cmocka_unit_test_teardown(handlers_may_end_and_begin_connections, site_end),
        cmocka_unit_test_teardown(a_proxy_that_is_switched_off_ends_its_connections, site_end),
        cmocka_unit_test_teardown(a_proxy_that_is_switched_off_remains_a_client, site_end),
        cmocka_unit_test_teardown(node_identity_is_a_state, site_end),
        cmocka_unit_test_teardown(node_identity_ends_in_time, site_end),
        cmocka_unit_test_teardown(the_feature_is_told, site_end),
        cmocka_unit_test_teardown(an_iv_update_goes_through_the_proxy_both_ways, site_end),
        cmocka_unit_test_teardown(a_client_that_connects_learns_the_iv_index, site_end),
        cmocka_unit_test_teardown(a_beacon_is_not_waited_for_for_ever, site_end),
        cmocka_unit_test_teardown(a_client_tells_only_what_is_new, site_end),
        cmocka_unit_test_teardown(a_message_of_a_client_is_nothing_to_a_client, site_end),
        cmocka_unit_test_teardown(keys_are_refreshed_through_the_proxy, site_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
