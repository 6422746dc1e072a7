/*
 * The same as test_proxy_site.c over radios: our HCI host and a simulated controller in each node,
 * ATT at several MTUs, and an air that loses packets. A phone that is on GATT alone provisions a
 * device over PB-GATT, finds it again by its Node Identity, and configures and switches it and a
 * lamp behind it.
 */
#include "model.h"
#include "nodes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

enum { PHONE, DEVICE, LAMP, COUNT };

#define GROUP 0xC123
#define WAIT_MS 60000u

struct site {
    struct nodes *all;
    struct usher_session phone_session, device_session;
    struct usher_ble_addr peer; /* whom the phone is to connect to */
    bool found, complete, closed;
    uint8_t conn;
};

static struct site site;

static struct node *node(unsigned n)
{
    return &site.all->node[n];
}

static bool is_set(void *ctx)
{
    return *(const bool *)ctx;
}

static void wait_for(bool *what)
{
    assert_true(nodes_until(site.all, is_set, what, WAIT_MS));
}

/* -- provisioning over PB-GATT ----------------------------------------------------------------- */

static void on_phone(struct node *n, const struct usher_event *e)
{
    struct usher_start choice;

    switch (e->type) {
    case USHER_EVT_UNPROVISIONED_RECEIVED:
        if (e->params.unprov.gatt_supported && !site.found) {
            site.peer = e->params.unprov.peer;
            site.found = true;
        }
        break;
    case USHER_EVT_CAPS_RECEIVED:
        assert_int_equal(usher_choose(&e->params.oob_caps_received.oob_caps, 1u << USHER_OOB_NONE,
                                      false, &choice),
                         USHER_OK);
        assert_int_equal(usher_oob_use(&site.phone_session, &choice), USHER_OK);
        break;
    case USHER_EVT_COMPLETE:
        memcpy(node(DEVICE)->device_key, e->params.complete.p_devkey, USHER_KEY_SIZE);
        site.complete = true;
        break;
    case USHER_EVT_LINK_CLOSED:
        site.closed = true;
        break;
    default:
        break;
    }
    (void)n;
}

static void on_device(struct node *n, const struct usher_event *e)
{
    if (e->type == USHER_EVT_DATA_RECEIVED) {
        assert_int_equal(usher_mesh_provision(&n->mesh, e->params.data_received.p_prov_data,
                                              e->params.data_received.p_devkey),
                         USHER_OK);
    }
}

static void provision_over_gatt(void)
{
    static const uint8_t uuid[USHER_UUID_SIZE] = { 0xDE, 0x71, 0xCE };
    static const struct usher_caps caps = { .num_elements = NODES_ELEMENTS,
                                            .algorithms = USHER_ALG_BIT(USHER_ALG_HMAC) |
                                                          USHER_ALG_BIT(USHER_ALG_CMAC) };
    struct usher_prov_data data = { .address = nodes_address(DEVICE) };
    struct usher_listen listen = { .uuid = uuid, .bearers = USHER_BEARER_GATT };
    struct usher_provision provision = { .uuid = uuid, .data = &data, .peer = &site.peer };

    memcpy(data.netkey, nodes_key(0x11), sizeof(data.netkey));
    node(PHONE)->usher_told = on_phone;
    node(DEVICE)->usher_told = on_device;
    usher_session_init(&node(PHONE)->usher, &site.phone_session, NULL, NULL);
    usher_session_init(&node(DEVICE)->usher, &site.device_session, &caps, NULL);
    assert_int_equal(usher_listen(&site.device_session, &listen), USHER_OK);
    assert_int_equal(usher_scan(&node(PHONE)->usher, true), USHER_OK);
    wait_for(&site.found);
    assert_int_equal(usher_scan(&node(PHONE)->usher, false), USHER_OK);
    assert_int_equal(usher_provision(&site.phone_session, &provision), USHER_OK);
    wait_for(&site.closed);
    assert_true(site.complete);
    assert_int_equal(usher_mesh_address(&node(DEVICE)->mesh), nodes_address(DEVICE));
}

/* -- the proxy --------------------------------------------------------------------------------- */

static void on_gatt(struct node *n, const struct usher_gatt_event *e)
{
    (void)n;
    if (e->type == USHER_GATT_EVT_PROXY_RECEIVED &&
        e->params.proxy.address == nodes_address(DEVICE)) {
        site.peer = e->params.proxy.peer;
        site.found = true;
    }
}

static bool is_connected(void *ctx)
{
    (void)ctx;
    return node(PHONE)->gatt_events[USHER_GATT_EVT_CONNECTED] != 0;
}

/* Over a bad air an attempt may fail: then it is made again. */
static void connect_by_identity(void)
{
    uint16_t wanted = nodes_address(DEVICE);

    node(PHONE)->gatt_told = on_gatt;
    site.found = false;
    usher_proxy_scan(&node(PHONE)->gatt, true, &wanted, 1);
    wait_for(&site.found);
    usher_proxy_scan(&node(PHONE)->gatt, false, NULL, 0);
    for (unsigned i = 0; i < 3 && !is_connected(NULL); i++) {
        assert_int_equal(usher_proxy_connect(&node(PHONE)->gatt, &site.peer, &site.conn), USHER_OK);
        (void)nodes_until(site.all, is_connected, NULL, WAIT_MS);
    }
    assert_true(is_connected(NULL));
}

#define ASK(to, ...) ask(to, &(struct usher_config_msg){ __VA_ARGS__ })
static const struct usher_config_msg *ask(unsigned to, const struct usher_config_msg *question)
{
    static struct usher_config_msg answer;

    assert_int_equal(nodes_config_ask(site.all, PHONE, to, question, &answer), USHER_OK);
    return &answer;
}

static void configure(unsigned to)
{
    struct usher_config_msg add = { .opcode = USHER_CONFIG_APPKEY_ADD };

    assert_true(ASK(to, .opcode = USHER_CONFIG_COMPOSITION_GET)->data_len > 40);
    memcpy(add.key, nodes_key(0x22), sizeof(add.key));
    assert_int_equal(ask(to, &add)->status, USHER_STATUS_SUCCESS);
    assert_int_equal(ASK(to, .opcode = USHER_CONFIG_MODEL_APP_BIND, .element = nodes_address(to),
                         .company = USHER_SIG, .model = USHER_MODEL_ONOFF_SERVER)
                         ->status,
                     USHER_STATUS_SUCCESS);
    assert_int_equal(ASK(to, .opcode = USHER_CONFIG_SUBSCRIPTION_ADD, .element = nodes_address(to),
                         .address = GROUP, .company = USHER_SIG, .model = USHER_MODEL_ONOFF_SERVER)
                         ->status,
                     USHER_STATUS_SUCCESS);
}

static void switch_one(unsigned to, bool on)
{
    assert_int_equal(nodes_switch(site.all, PHONE, to, on, 0), USHER_OK);
    assert_int_equal(node(to)->onoff_server.on, on);
}

static bool both_on(void *ctx)
{
    (void)ctx;
    return node(DEVICE)->onoff_server.on && node(LAMP)->onoff_server.on;
}

static void switch_group(void)
{
    struct usher_target group = { .dst = GROUP, .ttl = 255 };
    bool over = false;

    for (unsigned i = 0; i < 5 && !over; i++) { /* not acknowledged: it may be lost */
        assert_int_equal(usher_onoff_set_unack(&node(PHONE)->onoff_client, &group, true,
                                               usher_onoff_tid(&node(PHONE)->onoff_client), 0, 0),
                         USHER_OK);
        over = nodes_until(site.all, both_on, NULL, 5000);
    }
    assert_true(over);
}

static void everything_through_one_connection(uint16_t mtu, uint8_t loss_pct)
{
    site = (struct site){ 0 };
    site.all = nodes_new(&(struct nodes_config){ .count = COUNT,
                                                 .seed = mtu,
                                                 .loss_pct = loss_pct,
                                                 .features = USHER_FEATURE_PROXY,
                                                 .mtu = mtu });
    nodes_provision_one(site.all, PHONE);
    nodes_provision_one(site.all, LAMP);
    node(PHONE)->mesh.net.proxy = 0;
    usher_mesh_bearers(&node(PHONE)->mesh, USHER_BEARER_GATT);
    assert_int_equal(usher_appkey_add(&node(PHONE)->mesh, 0, 0, nodes_key(0x22)),
                     USHER_STATUS_SUCCESS);
    assert_int_equal(usher_model_bind(&node(PHONE)->onoff_client.model, 0), USHER_STATUS_SUCCESS);
    provision_over_gatt();
    connect_by_identity();
    assert_int_equal(node(PHONE)->gatt_last[USHER_GATT_EVT_CONNECTED].params.connection.value_max,
                     mtu - 3);
    configure(DEVICE);
    configure(LAMP);
    switch_one(DEVICE, true);
    switch_one(LAMP, true);
    switch_one(DEVICE, false);
    switch_one(LAMP, false);
    switch_group();
    assert_int_equal(usher_proxy_disconnect(&node(PHONE)->gatt, site.conn), USHER_OK);
    nodes_run(site.all, 10000);
    assert_int_equal(node(DEVICE)->gatt_events[USHER_GATT_EVT_DISCONNECTED],
                     node(DEVICE)->gatt_events[USHER_GATT_EVT_CONNECTED]);
    print_message("MTU %u, %u %% loss: %llu s\n", mtu, loss_pct,
                  (unsigned long long)nodes_now(site.all) / 1000);
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

static void on_a_good_air(void **state)
{
    static const uint16_t mtus[] = { 23, 69, 247 };

    for (unsigned i = 0; i < 3; i++) {
        everything_through_one_connection(mtus[i], 0);
        (void)end(state);
    }
}

static void on_a_bad_air(void **state)
{
    static const uint16_t mtus[] = { 23, 247 };

    for (unsigned i = 0; i < 2; i++) {
        everything_through_one_connection(mtus[i], 20);
        (void)end(state);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(on_a_good_air, end),
        cmocka_unit_test_teardown(on_a_bad_air, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
