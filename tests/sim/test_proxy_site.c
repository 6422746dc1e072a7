/*
 * A phone, a proxy and a lamp (proxy_site.h): configuration, switching, groups, filters, segmented
 * messages, all through the proxy, and how a proxy is found.
 */
#include "proxy_site.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#define GROUP 0xC123

static void add_key_and_bind(unsigned to)
{
    struct usher_config_msg add = { .opcode = USHER_CONFIG_APPKEY_ADD };

    memcpy(add.key, nodes_key(0x22), sizeof(add.key));
    assert_int_equal(site_ask(to, &add)->status, USHER_STATUS_SUCCESS);
    assert_int_equal(ASK(to, .opcode = USHER_CONFIG_MODEL_APP_BIND, .element = nodes_address(to),
                         .company = USHER_SIG, .model = USHER_MODEL_ONOFF_SERVER)
                         ->status,
                     USHER_STATUS_SUCCESS);
}

/* -- through the proxy ------------------------------------------------------------------------- */

static void a_lamp_is_configured_and_switched(void **state)
{
    static const uint16_t value_max[] = { 20, 66, 244 };
    struct usher_target group = { .dst = GROUP, .ttl = 255 };

    for (unsigned i = 0; i < 3; i++) {
        site_make_connected(value_max[i]);
        /* Composition Data are segments in both directions, an AppKey is segments to the lamp. */
        assert_int_equal(ASK(LAMP, .opcode = USHER_CONFIG_COMPOSITION_GET)->data_len > 40, true);
        add_key_and_bind(LAMP);
        assert_int_equal(ASK(LAMP, .opcode = USHER_CONFIG_SUBSCRIPTION_ADD,
                             .element = nodes_address(LAMP), .address = GROUP, .company = USHER_SIG,
                             .model = USHER_MODEL_ONOFF_SERVER)
                             ->status,
                         USHER_STATUS_SUCCESS);
        assert_int_equal(usher_appkey_add(&node(PHONE)->mesh, 0, 0, nodes_key(0x22)),
                         USHER_STATUS_SUCCESS);
        assert_int_equal(usher_model_bind(&node(PHONE)->onoff_client.model, 0),
                         USHER_STATUS_SUCCESS);
        assert_int_equal(nodes_switch(site.all, PHONE, LAMP, true, 3), USHER_OK);
        assert_true(node(LAMP)->onoff_server.on);
        assert_int_equal(nodes_switch(site.all, PHONE, LAMP, false, 3), USHER_OK);
        assert_false(node(LAMP)->onoff_server.on);
        assert_int_equal(usher_onoff_set_unack(&node(PHONE)->onoff_client, &group, true,
                                               usher_onoff_tid(&node(PHONE)->onoff_client), 0, 0),
                         USHER_OK);
        nodes_run(site.all, SETTLE_MS);
        assert_true(node(LAMP)->onoff_server.on);
        /* The proxy itself is configured, too, and what is for it alone goes no further. */
        assert_int_equal(ASK(PROXY, .opcode = USHER_CONFIG_RELAY_GET)->state, 0);
        assert_int_equal(site.advertised_by_phone, 0);
        (void)site_end(state);
    }
}

static void what_is_for_the_proxy_alone_is_not_advertised(void **state)
{
    (void)state;
    site_make_connected(244);
    assert_int_equal(ASK(PROXY, .opcode = USHER_CONFIG_TTL_GET)->state, 7);
    nodes_run(site.all, SETTLE_MS);
    assert_int_equal(node(PROXY)->mesh.net.stats.relayed, 0);
    assert_int_equal(ASK(LAMP, .opcode = USHER_CONFIG_TTL_GET)->state, 7);
    nodes_run(site.all, SETTLE_MS);
    assert_true(node(PROXY)->mesh.net.stats.relayed >= 2); /* there and back, with Relay off */
    assert_int_equal(node(PROXY)->mesh.net.relay, 0);
}

static void two_phones_reach_each_other(void **state)
{
    (void)state;
    site_make_connected(244);
    site_connect(PHONE2, PROXY);
    assert_int_equal(ASK(PHONE2, .opcode = USHER_CONFIG_TTL_GET)->state, 7);
    assert_int_equal(ASK(PHONE2, .opcode = USHER_CONFIG_COMPOSITION_GET)->data_len > 40, true);
    nodes_run(site.all, SETTLE_MS);
    /* Nothing came back to where it was from: a phone would count it as known. */
    assert_int_equal(node(PHONE)->mesh.net.stats.cached, 0);
    assert_int_equal(node(PHONE2)->mesh.net.stats.cached, 0);
}

static void groups_of_the_client_come_to_it(void **state)
{
    struct usher_target group = { .dst = GROUP, .ttl = 255 };

    (void)state;
    site_make(244);
    nodes_bind_all(site.all);
    assert_int_equal(usher_model_subscribe(&node(PHONE)->onoff_server.model, GROUP),
                     USHER_STATUS_SUCCESS);
    site_connect(PHONE, PROXY);
    site_connect(PHONE2, PROXY);
    /* All nodes, two elements, and the group, which phone 2 has not. */
    assert_int_equal(node(PHONE)->gatt_last[USHER_GATT_EVT_FILTER].params.filter.list_size, 4);
    assert_int_equal(node(PHONE2)->gatt_last[USHER_GATT_EVT_FILTER].params.filter.list_size, 3);
    assert_int_equal(usher_onoff_set_unack(&node(LAMP)->onoff_client, &group, true, 1, 0, 0),
                     USHER_OK);
    nodes_run(site.all, SETTLE_MS);
    assert_true(node(PHONE)->onoff_server.on);
    assert_int_equal(node(PHONE2)->mesh.net.stats.rx, 0);
    /* What the proxy itself sends goes by the filters as well. */
    assert_int_equal(usher_onoff_set_unack(&node(PROXY)->onoff_client, &group, false, 1, 0, 0),
                     USHER_OK);
    nodes_run(site.all, SETTLE_MS);
    assert_false(node(PHONE)->onoff_server.on);
    assert_int_equal(node(PHONE2)->mesh.net.stats.rx, 0);
}

static bool listen_to_group(void *user, unsigned n, uint16_t *address, const uint8_t **label)
{
    (void)user;
    (void)label;
    *address = GROUP;
    return n == 0;
}

/* No model has subscribed to that, and the application is told of it. */
static void groups_of_the_application_come_to_it(void **state)
{
    struct usher_target group = { .dst = GROUP, .ttl = 255 };

    (void)state;
    site_make(244);
    nodes_bind_all(site.all);
    node(PHONE)->mesh.config.listens = listen_to_group;
    site_connect(PHONE, PROXY);
    assert_int_equal(node(PHONE)->gatt_last[USHER_GATT_EVT_FILTER].params.filter.list_size, 4);
    assert_int_equal(usher_onoff_set_unack(&node(LAMP)->onoff_client, &group, true, 1, 0, 0),
                     USHER_OK);
    nodes_run(site.all, SETTLE_MS);
    assert_int_equal(node(PHONE)->events[USHER_MESH_EVT_MESSAGE], 1);
}

static void a_filter_is_set(void **state)
{
    static const uint16_t many[USHER_PROXY_QUEUE * 5] = { 0xC001, 0xC002, 0xC003, 0xC004,
                                                          0xC005, 0xC006, 0xC007 };
    struct usher_gatt *g;
    const struct usher_gatt_event *filter;

    (void)state;
    site_make_connected(244);
    g = &node(PHONE)->gatt;
    filter = &node(PHONE)->gatt_last[USHER_GATT_EVT_FILTER];
    assert_int_equal(usher_proxy_filter_set(g, site.conn, 1, NULL, 0), USHER_OK);
    nodes_run(site.all, SETTLE_MS);
    assert_int_equal(filter->params.filter.type, 1);
    assert_int_equal(filter->params.filter.list_size, 0);
    assert_int_equal(filter->params.filter.conn, site.conn);
    assert_int_equal(usher_proxy_filter_set(g, site.conn, 0, many, 7), USHER_OK);
    nodes_run(site.all, SETTLE_MS);
    assert_int_equal(filter->params.filter.type, 0);
    assert_int_equal(filter->params.filter.list_size, 7);
    assert_int_equal(node(PHONE)->gatt_events[USHER_GATT_EVT_FILTER], 1 + 1 + 3);

    assert_int_equal(usher_proxy_filter_set(g, site.conn, 2, NULL, 0), USHER_E_PARAM);
    assert_int_equal(usher_proxy_filter_set(g, site.conn, 0, many, USHER_PROXY_QUEUE * 5),
                     USHER_E_NO_MEM);
    assert_int_equal(usher_proxy_filter_set(g, 9, 0, NULL, 0), USHER_E_NOT_FOUND);
    /* The server's end is not a client's. */
    assert_int_equal(usher_proxy_filter_set(
                         &node(PROXY)->gatt,
                         node(PROXY)->gatt_last[USHER_GATT_EVT_CONNECTED].params.connection.conn, 0,
                         NULL, 0),
                     USHER_E_NOT_FOUND);
}

/* Sequence numbers go up on a connection, so the proxy takes both. */
static void a_filter_is_set_behind_what_was_sent(void **state)
{
    struct usher_target target = { .dst = nodes_address(PROXY), .ttl = 255 };

    (void)state;
    site_make(244);
    nodes_bind_all(site.all);
    site_connect(PHONE, PROXY);
    assert_int_equal(usher_onoff_set_unack(&node(PHONE)->onoff_client, &target, true, 1, 0, 0),
                     USHER_OK);
    assert_int_equal(usher_proxy_filter_set(&node(PHONE)->gatt, site.conn, 1, NULL, 0), USHER_OK);
    nodes_run(site.all, SETTLE_MS);
    assert_int_equal(node(PHONE)->gatt_last[USHER_GATT_EVT_FILTER].params.filter.type, 1);
    assert_true(node(PROXY)->onoff_server.on);
}

static void a_sent_token_is_told_without_advertising(void **state)
{
    struct usher_target target = { .dst = nodes_address(LAMP), .ttl = 255 };
    const uint8_t on[] = { 1, 1 };

    (void)state;
    site_make(244);
    nodes_bind_all(site.all);
    for (unsigned i = 0; i < 2; i++) { /* without a connection it is lost, and over */
        unsigned before = node(PHONE)->events[USHER_MESH_EVT_SENT];

        assert_int_equal(usher_send(&node(PHONE)->onoff_client.model, &target, 0x8203, on, 2, 5),
                         USHER_OK);
        nodes_run(site.all, SETTLE_MS);
        assert_int_equal(node(PHONE)->events[USHER_MESH_EVT_SENT], before + 1);
        assert_int_equal(node(LAMP)->onoff_server.on, i == 1);
        if (i == 0) {
            site_connect(PHONE, PROXY);
        }
    }
    assert_int_equal(site.advertised_by_phone, 0);
}

/* What is advertised is not for a node that does not use that bearer, even if it comes. */
static void a_node_without_the_advertising_bearer_does_not_hear_it(void **state)
{
    struct usher_target target = { .dst = nodes_address(PHONE), .ttl = 255 };

    (void)state;
    site_make(244);
    nodes_bind_all(site.all);
    assert_int_equal(node(PHONE)->usher.scan_what, USHER_SCAN_OFF);
    air_scan(node(PHONE)->port.radio, 0xFF);
    assert_int_equal(usher_onoff_set_unack(&node(LAMP)->onoff_client, &target, true, 1, 0, 0),
                     USHER_OK);
    nodes_run(site.all, 20000);
    assert_int_equal(node(PHONE)->mesh.net.stats.rx, 0);
    assert_int_equal(node(PHONE)->events[USHER_MESH_EVT_BEACON], 0);
    usher_mesh_bearers(&node(PHONE)->mesh, USHER_BEARER_ADV);
    assert_int_equal(usher_onoff_set_unack(&node(LAMP)->onoff_client, &target, true, 2, 0, 0),
                     USHER_OK);
    nodes_run(site.all, 20000);
    assert_true(node(PHONE)->onoff_server.on);
    assert_true(node(PHONE)->events[USHER_MESH_EVT_BEACON] > 0);
}

/* A heartbeat may be subscribed to by an address that no model has subscribed to. */
static void heartbeats_of_the_client_come_to_it(void **state)
{
    (void)state;
    site_make(244);
    assert_int_equal(ASK(PHONE, .opcode = USHER_CONFIG_HEARTBEAT_SUB_SET,
                         .source = nodes_address(LAMP), .address = GROUP, .period_log = 0x10)
                         ->status,
                     USHER_STATUS_SUCCESS);
    site_connect(PHONE, PROXY);
    assert_int_equal(ASK(LAMP, .opcode = USHER_CONFIG_HEARTBEAT_PUB_SET, .address = GROUP,
                         .count_log = 1, .period_log = 1, .ttl = 5)
                         ->status,
                     USHER_STATUS_SUCCESS);
    nodes_run(site.all, SETTLE_MS);
    assert_int_equal(node(PHONE)->events[USHER_MESH_EVT_HEARTBEAT], 1);
}

/* -- finding a proxy --------------------------------------------------------------------------- */

static unsigned told_of[COUNT][2]; /* by Network ID, by Node Identity */

static void on_gatt(struct node *n, const struct usher_gatt_event *event)
{
    (void)n;
    if (event->type != USHER_GATT_EVT_PROXY_RECEIVED) {
        return;
    }
    assert_int_equal(event->params.proxy.net_index, 0);
    for (unsigned i = 0; i < COUNT; i++) {
        struct usher_ble_addr addr = site_addr(i);

        if (memcmp(&addr, &event->params.proxy.peer, sizeof(addr)) == 0) {
            told_of[i][event->params.proxy.address != 0]++;
            assert_true(event->params.proxy.address == 0 ||
                        event->params.proxy.address == nodes_address(i));
        }
    }
}

static void proxies_are_found(void **state)
{
    const uint16_t wanted[] = { 0xC000, nodes_address(LAMP) };
    const uint16_t many[2 * USHER_PROXY_WANTED] = { 0 };

    (void)state;
    site_make(244);
    memset(told_of, 0, sizeof(told_of));
    node(PHONE)->gatt_told = on_gatt;
    nodes_run(site.all, SETTLE_MS);
    assert_int_equal(told_of[PROXY][0] + told_of[LAMP][0], 0);

    usher_proxy_scan(&node(PHONE)->gatt, true, NULL, 0);
    assert_int_equal(usher_node_identity(&node(LAMP)->gatt, 0), USHER_OK);
    nodes_run(site.all, SETTLE_MS);
    assert_true(told_of[PROXY][0] > 2);
    assert_true(told_of[LAMP][0] > 2);
    assert_int_equal(told_of[PHONE2][0], 0); /* its GATT Proxy state is off */
    assert_int_equal(told_of[LAMP][1], 0);   /* nobody asked for it */

    usher_proxy_scan(&node(PHONE)->gatt, true, wanted, 2);
    nodes_run(site.all, SETTLE_MS);
    assert_true(told_of[LAMP][1] > 2);
    nodes_run(site.all, 60000);
    told_of[LAMP][0] = told_of[LAMP][1] = 0;
    nodes_run(site.all, SETTLE_MS);
    assert_true(told_of[LAMP][0] > 5); /* the turns are all its own again */
    assert_int_equal(told_of[LAMP][1], 0);
    assert_int_equal(told_of[PROXY][1], 0);

    usher_proxy_scan(&node(PHONE)->gatt, true, many, 2 * USHER_PROXY_WANTED);
    assert_int_equal(node(PHONE)->gatt.wanted_count, USHER_PROXY_WANTED);
    usher_proxy_scan(&node(PHONE)->gatt, true, wanted, 2);

    /* A proxy that is off shows who it is, if it is asked to, and not of which network. */
    node(LAMP)->mesh.net.proxy = 0;
    assert_int_equal(usher_node_identity(&node(LAMP)->gatt, 0), USHER_OK);
    nodes_run(site.all, SETTLE_MS);
    told_of[LAMP][0] = 0;
    nodes_run(site.all, SETTLE_MS);
    assert_true(told_of[LAMP][1] > 5);
    assert_int_equal(told_of[LAMP][0], 0);

    usher_proxy_scan(&node(PHONE)->gatt, false, wanted, 2);
    assert_int_equal(usher_scan(&node(PHONE)->usher, true), USHER_OK); /* for devices only */
    memset(told_of, 0, sizeof(told_of));
    nodes_run(site.all, SETTLE_MS);
    assert_int_equal(told_of[LAMP][1] + told_of[PROXY][0], 0);
    assert_int_equal(site.advertised_by_phone, 0);
}

/* A proxy that uses the new key already is one of ours, too. */
static void a_proxy_is_found_by_either_key(void **state)
{
    (void)state;
    site_make(244);
    node(PHONE)->gatt_told = on_gatt;
    usher_proxy_scan(&node(PHONE)->gatt, true, NULL, 0);
    for (unsigned n = PHONE; n <= PROXY; n++) {
        assert_int_equal(usher_netkey_update(&node(n)->mesh, 0, nodes_key(0x77)),
                         USHER_STATUS_SUCCESS);
    }
    for (uint8_t phase = 1; phase <= 2; phase++) {
        if (phase == 2) {
            assert_int_equal(usher_key_refresh(&node(PROXY)->mesh, 0, 2), USHER_STATUS_SUCCESS);
        }
        nodes_run(site.all, SETTLE_MS);
        memset(told_of, 0, sizeof(told_of));
        nodes_run(site.all, SETTLE_MS);
        assert_true(told_of[PROXY][0] > 5);
    }
    assert_int_equal(node(PHONE)->mesh.net.keys.subnets[0].phase, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_lamp_is_configured_and_switched, site_end),
        cmocka_unit_test_teardown(what_is_for_the_proxy_alone_is_not_advertised, site_end),
        cmocka_unit_test_teardown(two_phones_reach_each_other, site_end),
        cmocka_unit_test_teardown(groups_of_the_client_come_to_it, site_end),
        cmocka_unit_test_teardown(groups_of_the_application_come_to_it, site_end),
        cmocka_unit_test_teardown(a_filter_is_set, site_end),
        cmocka_unit_test_teardown(a_filter_is_set_behind_what_was_sent, site_end),
        cmocka_unit_test_teardown(a_sent_token_is_told_without_advertising, site_end),
        cmocka_unit_test_teardown(a_node_without_the_advertising_bearer_does_not_hear_it, site_end),
        cmocka_unit_test_teardown(heartbeats_of_the_client_come_to_it, site_end),
        cmocka_unit_test_teardown(proxies_are_found, site_end),
        cmocka_unit_test_teardown(a_proxy_is_found_by_either_key, site_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
