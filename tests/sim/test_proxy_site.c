/*
 * A phone, a proxy and a lamp: the phone is not on the advertising bearer and reaches its network
 * through the proxy alone. Configuration, switching, groups, segmented messages, the end of
 * connections, Key Refresh and IV Update, all through it.
 */
#include "config_pdu.h"
#include "model.h"
#include "nodes.h"
#include "proxy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

enum { PHONE, PROXY, LAMP, PHONE2, COUNT };

#define GROUP 0xC123
#define SETTLE_MS 3000u

struct site {
    struct nodes *all;
    unsigned advertised_by_phone;
    uint8_t conn; /* of the phone's */
};

static struct site site;

static void sniff(void *ctx, uint64_t at_us, uint8_t channel, const struct usher_ble_addr *addr,
                  enum usher_adv_type type, const uint8_t *ad, uint8_t len)
{
    struct site *s = ctx;

    (void)at_us;
    (void)channel;
    (void)type;
    (void)ad;
    (void)len;
    s->advertised_by_phone += memcmp(addr->addr, air_addr(s->all->node[PHONE].port.radio), 6) == 0;
}

static struct node *node(unsigned n)
{
    return &site.all->node[n];
}

static struct usher_ble_addr addr_of(unsigned n)
{
    struct usher_ble_addr addr = { .type = 1 };

    memcpy(addr.addr, air_addr(node(n)->port.radio), sizeof(addr.addr));
    return addr;
}

static void make(uint16_t value_max)
{
    site = (struct site){ .all = nodes_new(&(struct nodes_config){ .count = COUNT,
                                                                   .seed = 7,
                                                                   .features = USHER_FEATURE_RELAY |
                                                                               USHER_FEATURE_PROXY,
                                                                   .value_max = value_max }) };
    nodes_provision(site.all);
    node(PHONE)->mesh.net.proxy = 0;
    node(PHONE2)->mesh.net.proxy = 0;
    usher_mesh_bearers(&node(PHONE)->mesh, USHER_BEARER_GATT);
    usher_mesh_bearers(&node(PHONE2)->mesh, USHER_BEARER_GATT);
    nodes_run(site.all, SETTLE_MS);
    air_sniffer_set(site.all->air, sniff, &site);
}

static int end(void **state)
{
    (void)state;
    if (site.all != NULL) {
        nodes_free(site.all);
    }
    site.all = NULL;
    return 0;
}

static void connect_to(unsigned from, unsigned to)
{
    struct usher_ble_addr addr = addr_of(to);
    unsigned before = node(from)->gatt_events[USHER_GATT_EVT_CONNECTED];

    assert_int_equal(usher_proxy_connect(&node(from)->gatt, &addr, &site.conn), USHER_OK);
    nodes_run(site.all, SETTLE_MS);
    assert_int_equal(node(from)->gatt_events[USHER_GATT_EVT_CONNECTED], before + 1);
}

static void make_connected(uint16_t value_max)
{
    make(value_max);
    connect_to(PHONE, PROXY);
}

#define ASK(to, ...) ask(to, &(struct usher_config_msg){ __VA_ARGS__ })
static const struct usher_config_msg *ask(unsigned to, const struct usher_config_msg *question)
{
    static struct usher_config_msg answer;

    assert_int_equal(nodes_config_ask(site.all, PHONE, to, question, &answer), USHER_OK);
    return &answer;
}

static void add_key_and_bind(unsigned to)
{
    struct usher_config_msg add = { .opcode = USHER_CONFIG_APPKEY_ADD };

    memcpy(add.key, nodes_key(0x22), sizeof(add.key));
    assert_int_equal(ask(to, &add)->status, USHER_STATUS_SUCCESS);
    assert_int_equal(ASK(to, .opcode = USHER_CONFIG_MODEL_APP_BIND, .element = nodes_address(to),
                         .company = USHER_SIG, .model = USHER_MODEL_ONOFF_SERVER)
                         ->status,
                     USHER_STATUS_SUCCESS);
}

struct asked {
    bool over;
    enum usher_err err;
};

static void on_answer(void *user, struct usher_request *request, const struct usher_answer *answer)
{
    struct asked *asked = user;

    (void)request;
    asked->over = true;
    asked->err = answer->err;
}

static bool is_over(void *ctx)
{
    return ((struct asked *)ctx)->over;
}

static enum usher_err switch_lamp(unsigned from, unsigned to, bool on)
{
    struct asked asked = { 0 };
    struct usher_request request = { .done = on_answer, .user = &asked, .tries = 3 };
    struct usher_target target = { .dst = nodes_address(to), .ttl = 255 };

    assert_int_equal(usher_onoff_set(&node(from)->onoff_client, &request, &target, on, 0, 0),
                     USHER_OK);
    assert_true(nodes_until(site.all, is_over, &asked, 30000));
    return asked.err;
}

/* -- through the proxy ------------------------------------------------------------------------- */

static void a_lamp_is_configured_and_switched(void **state)
{
    static const uint16_t value_max[] = { 20, 66, 244 };
    struct usher_target group = { .dst = GROUP, .ttl = 255 };

    for (unsigned i = 0; i < 3; i++) {
        make_connected(value_max[i]);
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
        assert_int_equal(switch_lamp(PHONE, LAMP, true), USHER_OK);
        assert_true(node(LAMP)->onoff_server.on);
        assert_int_equal(switch_lamp(PHONE, LAMP, false), USHER_OK);
        assert_false(node(LAMP)->onoff_server.on);
        assert_int_equal(usher_onoff_set_unack(&node(PHONE)->onoff_client, &group, true,
                                               usher_onoff_tid(&node(PHONE)->onoff_client), 0, 0),
                         USHER_OK);
        nodes_run(site.all, SETTLE_MS);
        assert_true(node(LAMP)->onoff_server.on);
        /* The proxy itself is configured, too, and what is for it alone goes no further. */
        assert_int_equal(ASK(PROXY, .opcode = USHER_CONFIG_RELAY_GET)->state, 0);
        assert_int_equal(site.advertised_by_phone, 0);
        (void)end(state);
    }
}

static void what_is_for_the_proxy_alone_is_not_advertised(void **state)
{
    (void)state;
    make_connected(244);
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
    make_connected(244);
    connect_to(PHONE2, PROXY);
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
    make(244);
    nodes_bind_all(site.all);
    assert_int_equal(usher_model_subscribe(&node(PHONE)->onoff_server.model, GROUP),
                     USHER_STATUS_SUCCESS);
    connect_to(PHONE, PROXY);
    connect_to(PHONE2, PROXY);
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

static void a_filter_is_set(void **state)
{
    static const uint16_t many[USHER_PROXY_QUEUE * 5] = { 0xC001, 0xC002, 0xC003, 0xC004,
                                                          0xC005, 0xC006, 0xC007 };
    struct usher_gatt *g;
    const struct usher_gatt_event *filter;

    (void)state;
    make_connected(244);
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
    make(244);
    nodes_bind_all(site.all);
    connect_to(PHONE, PROXY);
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
    make(244);
    nodes_bind_all(site.all);
    for (unsigned i = 0; i < 2; i++) { /* without a connection it is lost, and over */
        unsigned before = node(PHONE)->events[USHER_MESH_EVT_SENT];

        assert_int_equal(usher_send(&node(PHONE)->onoff_client.model, &target, 0x8203, on, 2, 5),
                         USHER_OK);
        nodes_run(site.all, SETTLE_MS);
        assert_int_equal(node(PHONE)->events[USHER_MESH_EVT_SENT], before + 1);
        assert_int_equal(node(LAMP)->onoff_server.on, i == 1);
        if (i == 0) {
            connect_to(PHONE, PROXY);
        }
    }
    assert_int_equal(site.advertised_by_phone, 0);
}

/* What is advertised is not for a node that does not use that bearer, even if it comes. */
static void a_node_without_the_advertising_bearer_does_not_hear_it(void **state)
{
    struct usher_target target = { .dst = nodes_address(PHONE), .ttl = 255 };

    (void)state;
    make(244);
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
    make(244);
    assert_int_equal(ASK(PHONE, .opcode = USHER_CONFIG_HEARTBEAT_SUB_SET,
                         .source = nodes_address(LAMP), .address = GROUP, .period_log = 0x10)
                         ->status,
                     USHER_STATUS_SUCCESS);
    connect_to(PHONE, PROXY);
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
        struct usher_ble_addr addr = addr_of(i);

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
    make(244);
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
    make(244);
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

/* -- connections end --------------------------------------------------------------------------- */

static void a_connection_that_cannot_be_made_is_told(void **state)
{
    struct usher_ble_addr nobody = { .type = 1, .addr = { 0xC0, 1, 2, 3, 4, 5 } };
    struct node *phone;
    uint8_t conn;

    (void)state;
    make(244);
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

        make_connected(244);
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
        (void)end(state);
    }
}

static unsigned reconnects;

/* An application that does all of it from within. */
static void on_gatt_reconnect(struct node *n, const struct usher_gatt_event *event)
{
    struct usher_ble_addr addr = addr_of(PROXY);

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
    make(244);
    reconnects = 0;
    node(PHONE)->gatt_told = on_gatt_reconnect;
    addr = addr_of(PROXY);
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
    make_connected(244);
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
    connect_to(PHONE, PROXY);
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
    make(244);
    connect_to(PROXY, LAMP);
    connect_to(PHONE, PROXY);
    assert_int_equal(ASK(PROXY, .opcode = USHER_CONFIG_PROXY_SET, .state = 0)->state, 0);
    nodes_run(site.all, SETTLE_MS);
    assert_int_equal(node(PHONE)->gatt_events[USHER_GATT_EVT_DISCONNECTED], 1);
    assert_int_equal(node(LAMP)->gatt_events[USHER_GATT_EVT_DISCONNECTED], 0);
}

static void node_identity_is_a_state(void **state)
{
    const struct usher_config_msg *a;

    (void)state;
    make_connected(244);
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
    make(244);
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
    make_connected(244);
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
        make_connected(244);
        test_mode(true);
        assert_int_equal(usher_iv_update(&node(by)->mesh), USHER_OK);
        nodes_run(site.all, 15000);
        all_have_iv(1, true);
        assert_int_equal(ASK(LAMP, .opcode = USHER_CONFIG_TTL_GET)->state, 7);
        assert_int_equal(usher_iv_update(&node(by)->mesh), USHER_OK);
        nodes_run(site.all, 15000);
        all_have_iv(1, false);
        assert_int_equal(ASK(LAMP, .opcode = USHER_CONFIG_TTL_GET)->state, 7);
        (void)end(state);
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
    make(244);
    node(PHONE)->gatt_told = on_connected;
    node(PROXY)->mesh.net.iv.index = 5;
    node(LAMP)->mesh.net.iv.index = 5;
    connect_to(PHONE, PROXY);
    assert_int_equal(usher_mesh_iv(&node(PHONE)->mesh, NULL), 5);
    assert_int_equal(ASK(LAMP, .opcode = USHER_CONFIG_TTL_GET)->state, 7);
}

/* A server that says nothing is used after a second all the same. */
static void a_beacon_is_not_waited_for_for_ever(void **state)
{
    struct usher_ble_addr addr;
    uint64_t before;

    (void)state;
    make(244);
    addr = addr_of(PROXY);
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
    make(244);
    for (unsigned i = 0; i < COUNT; i++) {
        node(i)->mesh.net.beacon = 0;
    }
    nodes_run(site.all, SETTLE_MS);
    node(PROXY)->events[USHER_MESH_EVT_BEACON] = 0;
    connect_to(PHONE, PROXY);
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
    make_connected(244);
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
    make_connected(20);
    memcpy(update.key, nodes_key(0x77), sizeof(update.key));
    for (unsigned to = PROXY; to <= LAMP; to++) {
        assert_int_equal(ask(to, &update)->status, USHER_STATUS_SUCCESS);
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
        cmocka_unit_test_teardown(a_lamp_is_configured_and_switched, end),
        cmocka_unit_test_teardown(what_is_for_the_proxy_alone_is_not_advertised, end),
        cmocka_unit_test_teardown(two_phones_reach_each_other, end),
        cmocka_unit_test_teardown(groups_of_the_client_come_to_it, end),
        cmocka_unit_test_teardown(a_filter_is_set, end),
        cmocka_unit_test_teardown(a_filter_is_set_behind_what_was_sent, end),
        cmocka_unit_test_teardown(a_sent_token_is_told_without_advertising, end),
        cmocka_unit_test_teardown(proxies_are_found, end),
        cmocka_unit_test_teardown(a_proxy_is_found_by_either_key, end),
        cmocka_unit_test_teardown(a_connection_that_cannot_be_made_is_told, end),
        cmocka_unit_test_teardown(the_end_of_a_connection_is_told, end),
        cmocka_unit_test_teardown(handlers_may_end_and_begin_connections, end),
        cmocka_unit_test_teardown(a_proxy_that_is_switched_off_ends_its_connections, end),
        cmocka_unit_test_teardown(node_identity_is_a_state, end),
        cmocka_unit_test_teardown(node_identity_ends_in_time, end),
        cmocka_unit_test_teardown(the_feature_is_told, end),
        cmocka_unit_test_teardown(an_iv_update_goes_through_the_proxy_both_ways, end),
        cmocka_unit_test_teardown(a_client_that_connects_learns_the_iv_index, end),
        cmocka_unit_test_teardown(a_node_without_the_advertising_bearer_does_not_hear_it, end),
        cmocka_unit_test_teardown(heartbeats_of_the_client_come_to_it, end),
        cmocka_unit_test_teardown(a_proxy_that_is_switched_off_remains_a_client, end),
        cmocka_unit_test_teardown(a_beacon_is_not_waited_for_for_ever, end),
        cmocka_unit_test_teardown(a_client_tells_only_what_is_new, end),
        cmocka_unit_test_teardown(a_message_of_a_client_is_nothing_to_a_client, end),
        cmocka_unit_test_teardown(keys_are_refreshed_through_the_proxy, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
