/*
 * A proxy and clients written by hand: what it tells them, what it gives them by their filters, and
 * what it does not let them do. Clients speak with the keys of nodes that are not on the air, or
 * with others.
 */
#include "iv.h"
#include "keys.h"
#include "model.h"
#include "nodes.h"
#include "proxy.h"
#include "secbeacon.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

enum { PROXY, LAMP, ALICE, BOB, COUNT }; /* the last two are hands only */

#define GROUP 0xC123
#define OTHER_GROUP 0xC124
#define SETTLE_MS 1000u
#define LOG 64u
#define TYPE_NETWORK 0x00 /* of Proxy PDUs; SAR: complete */
#define TYPE_BEACON 0x01
#define TYPE_CONFIGURATION 0x02

/* A client by hand, and what it has received. */
struct hand {
    uint8_t conn;
    bool open, closed;
    unsigned count;
    struct {
        uint8_t len;
        uint8_t value[66];
    } log[LOG];
};

struct site {
    struct nodes *all;
    struct hand hands[2];
};

static struct site site;

static struct node *node(unsigned n)
{
    return &site.all->node[n];
}

static struct usher_net *net(unsigned n)
{
    return &node(n)->mesh.net;
}

static void told(void *ctx, const uint8_t *value, size_t len)
{
    struct hand *h = ctx;

    assert_false(h->closed);
    if (value == NULL) {
        h->open = false;
        h->closed = true;
        return;
    }
    assert_true(h->count < LOG && len <= sizeof(h->log[0].value));
    memcpy(h->log[h->count].value, value, len);
    h->log[h->count++].len = (uint8_t)len;
}

static void come(unsigned hand)
{
    struct hand *h = &site.hands[hand];

    if (h->open) {
        wires_cut(site.all->wires, &node(PROXY)->port, h->conn);
    }
    *h = (struct hand){ .open = true };
    h->conn = wires_client(site.all->wires, &node(PROXY)->port, USHER_GATT_PROXY, told, h);
    nodes_run(site.all, SETTLE_MS);
}

static void make(void)
{
    site = (struct site){ .all = nodes_new(&(struct nodes_config){ .count = COUNT,
                                                                   .seed = 3,
                                                                   .features = USHER_FEATURE_RELAY |
                                                                               USHER_FEATURE_PROXY,
                                                                   .value_max = 66 }) };
    nodes_provision(site.all);
    nodes_bind_all(site.all);
    for (unsigned n = ALICE; n <= BOB; n++) {
        net(n)->proxy = 0;
        usher_radio(&node(n)->usher, false);
    }
    nodes_run(site.all, SETTLE_MS);
}

/* Two hands are connected, and have been greeted. */
static int make_two(void **state)
{
    (void)state;
    make();
    for (unsigned i = 0; i < 2; i++) {
        come(i);
        assert_int_equal(site.hands[i].count, 1);
        assert_int_equal(site.hands[i].log[0].value[0], TYPE_BEACON);
        site.hands[i].count = 0;
    }
    return 0;
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

static void write_pdu(unsigned hand, uint8_t type, const uint8_t *pdu, size_t len)
{
    uint8_t value[66] = { type };

    memcpy(value + 1, pdu, len);
    wires_write(site.all->wires, &node(PROXY)->port, site.hands[hand].conn, value, len + 1);
    nodes_run(site.all, SETTLE_MS);
}

/* -- Proxy Configuration messages -------------------------------------------------------------- */

/* Sends a message, sealed by @p who. @retval false  There was no answer; else *answer is it. */
static bool exchange(unsigned hand, unsigned who, struct proxy_message *m,
                     struct proxy_message *answer)
{
    struct hand *h = &site.hands[hand];
    uint8_t pdu[NET_PDU_MAX];
    uint8_t len = proxy_seal(net(who), 0, m, pdu);
    unsigned before = h->count;
    uint16_t net_index;

    assert_int_not_equal(len, 0);
    write_pdu(hand, TYPE_CONFIGURATION, pdu, len);
    if (h->count == before) {
        return false;
    }
    assert_int_equal(h->count, before + 1);
    assert_int_equal(h->log[before].value[0], TYPE_CONFIGURATION);
    assert_true(proxy_open(net(who), h->log[before].value + 1, h->log[before].len - 1u, answer,
                           &net_index));
    assert_int_equal(answer->opcode, PROXY_FILTER_STATUS);
    h->count--;
    return true;
}

static void set_filter(unsigned hand, unsigned who, uint8_t type, uint16_t address)
{
    struct proxy_message set = { .opcode = PROXY_SET_FILTER_TYPE, .type = type };
    struct proxy_message add = { .opcode = PROXY_ADD_ADDRESSES,
                                 .count = 1,
                                 .addresses = { address } };
    struct proxy_message answer = { 0 };

    assert_true(exchange(hand, who, &set, &answer));
    assert_int_equal(answer.type, type);
    assert_int_equal(answer.list_size, 0);
    assert_true(exchange(hand, who, &add, &answer));
    assert_int_equal(answer.list_size, 1);
}

static void a_replayed_message_is_not_answered(void **state)
{
    struct proxy_message m = { .opcode = PROXY_SET_FILTER_TYPE, .type = PROXY_REJECT_LIST };
    uint8_t pdu[NET_PDU_MAX], len;

    (void)state;
    node(PROXY)->mesh.config.rpl_store_ms = 60000;
    len = proxy_seal(net(ALICE), 0, &m, pdu);
    write_pdu(0, TYPE_CONFIGURATION, pdu, len);
    assert_int_equal(site.hands[0].count, 1);
    write_pdu(0, TYPE_CONFIGURATION, pdu, len);
    assert_int_equal(site.hands[0].count, 1);
    /* ... nor taken by the connection of another one. */
    write_pdu(1, TYPE_CONFIGURATION, pdu, len);
    assert_int_equal(site.hands[1].count, 0);
    /* That is kept as any replay protection is. */
    assert_true(node(PROXY)->mesh.rpl_store_at != 0);
}

static void messages_of_others_are_not_answered(void **state)
{
    struct proxy_message m = { .opcode = PROXY_SET_FILTER_TYPE, .type = PROXY_REJECT_LIST };
    struct proxy_message answer = { 0 };
    uint8_t pdu[NET_PDU_MAX], len;
    struct net_pdu own = { .ctl = 1, .src = nodes_address(PROXY), .len = 2, .seq = 900 };

    (void)state;
    /* Filter Status is the server's. */
    assert_false(
        exchange(0, ALICE, &(struct proxy_message){ .opcode = PROXY_FILTER_STATUS }, &answer));
    /* Something that is not authentic. */
    len = proxy_seal(net(ALICE), 0, &m, pdu);
    pdu[len - 1] ^= 1;
    write_pdu(0, TYPE_CONFIGURATION, pdu, len);
    assert_int_equal(site.hands[0].count, 0);
    /* With a key of another network. */
    assert_int_equal(usher_netkey_add(&node(BOB)->mesh, 1, nodes_key(0x99)), USHER_STATUS_SUCCESS);
    len = proxy_seal(net(BOB), 1, &m, pdu);
    write_pdu(0, TYPE_CONFIGURATION, pdu, len);
    assert_int_equal(site.hands[0].count, 0);
    /* From the proxy's own address. */
    len = net_seal(net(ALICE)->crypto, &net(ALICE)->keys.subnets[0].key[0], NET_NONCE_PROXY, &own,
                   pdu);
    write_pdu(0, TYPE_CONFIGURATION, pdu, len);
    assert_int_equal(site.hands[0].count, 0);
    /* A configuration message as a Network PDU, and the other way round. */
    len = proxy_seal(net(ALICE), 0, &m, pdu);
    write_pdu(0, TYPE_NETWORK, pdu, len);
    assert_int_equal(site.hands[0].count, 0);
    assert_true(exchange(0, ALICE, &m, &answer));
    assert_false(site.hands[0].closed);
}

static void a_filter_that_is_full_stays_as_it_is(void **state)
{
    struct proxy_message answer = { 0 };

    (void)state;
    for (uint16_t i = 0; i < USHER_PROXY_FILTER_MAX * 2; i++) {
        struct proxy_message add = { .opcode = PROXY_ADD_ADDRESSES,
                                     .count = 1,
                                     .addresses = { (uint16_t)(0xC000 + i) } };

        assert_true(exchange(0, ALICE, &add, &answer));
        assert_int_equal(answer.list_size,
                         i < USHER_PROXY_FILTER_MAX ? i + 1u : USHER_PROXY_FILTER_MAX);
    }
}

/* -- Network PDUs ------------------------------------------------------------------------------ */

/* An unacknowledged OnOff Set, as a PDU of @p who's. */
static uint8_t onoff_pdu(unsigned who, uint16_t dst, uint8_t ttl, uint8_t pdu[NET_PDU_MAX])
{
    static uint8_t tid;
    struct usher_target target = { .dst = dst, .ttl = ttl };
    const uint8_t params[] = { 1, ++tid };
    struct net_taken taken;

    net_bearers(net(who), false, true);
    assert_int_equal(
        usher_send(&node(who)->onoff_client.model, &target, 0x8203, params, sizeof(params), 0),
        USHER_OK);
    assert_true(net_take(net(who), &taken));
    memcpy(pdu, taken.pdu, taken.len);
    return taken.len;
}

static unsigned network_pdus(unsigned hand)
{
    unsigned n = 0;

    for (unsigned i = 0; i < site.hands[hand].count; i++) {
        n += site.hands[hand].log[i].value[0] == TYPE_NETWORK;
    }
    site.hands[hand].count = 0;
    return n;
}

static void lamp_says(uint16_t dst)
{
    struct usher_target target = { .dst = dst, .ttl = 5 };

    assert_int_equal(usher_onoff_set_unack(&node(LAMP)->onoff_client, &target, true,
                                           usher_onoff_tid(&node(LAMP)->onoff_client), 0, 0),
                     USHER_OK);
    nodes_run(site.all, SETTLE_MS);
}

static void each_client_gets_what_its_filter_lets_through(void **state)
{
    (void)state;
    lamp_says(GROUP); /* empty accept lists */
    assert_int_equal(network_pdus(0) + network_pdus(1), 0);
    set_filter(0, ALICE, PROXY_ACCEPT_LIST, GROUP);
    set_filter(1, BOB, PROXY_REJECT_LIST, GROUP);
    lamp_says(GROUP);
    assert_int_equal(network_pdus(0), 1);
    assert_int_equal(network_pdus(1), 0);
    lamp_says(OTHER_GROUP);
    assert_int_equal(network_pdus(0), 0);
    assert_int_equal(network_pdus(1), 1);
    /* One that was sent to go no further than the proxy. */
    assert_int_equal(usher_onoff_set_unack(&node(LAMP)->onoff_client,
                                           &(struct usher_target){ .dst = OTHER_GROUP, .ttl = 0 },
                                           true, 77, 0, 0),
                     USHER_OK);
    nodes_run(site.all, SETTLE_MS);
    assert_int_equal(network_pdus(1), 0);
}

static void a_pdu_goes_everywhere_but_back(void **state)
{
    uint8_t pdu[NET_PDU_MAX], len;
    uint32_t heard;

    (void)state;
    set_filter(0, ALICE, PROXY_REJECT_LIST, 0xC999);
    set_filter(1, BOB, PROXY_REJECT_LIST, 0xC999);
    heard = net(LAMP)->stats.rx;
    len = onoff_pdu(ALICE, GROUP, 5, pdu);
    write_pdu(0, TYPE_NETWORK, pdu, len);
    assert_int_equal(network_pdus(0), 0);
    assert_int_equal(network_pdus(1), 1);
    assert_true(net(LAMP)->stats.rx > heard);
    /* Again: it is known. */
    heard = net(LAMP)->stats.rx;
    write_pdu(0, TYPE_NETWORK, pdu, len);
    write_pdu(1, TYPE_NETWORK, pdu, len);
    assert_int_equal(network_pdus(0) + network_pdus(1), 0);
    assert_int_equal(net(LAMP)->stats.rx, heard);
    /* To the sender itself: the other client, and the air. */
    len = onoff_pdu(ALICE, 0x0777, 5, pdu);
    write_pdu(0, TYPE_NETWORK, pdu, len);
    assert_int_equal(network_pdus(0), 0);
    assert_int_equal(network_pdus(1), 1);
    /* A TTL of 2 is enough for what is for all. What is for the proxy alone ends there. */
    len = onoff_pdu(ALICE, USHER_ADDR_ALL_NODES, 2, pdu);
    write_pdu(0, TYPE_NETWORK, pdu, len);
    assert_int_equal(network_pdus(1), 1);
    heard = net(LAMP)->stats.rx;
    len = onoff_pdu(ALICE, nodes_address(PROXY), 5, pdu);
    write_pdu(0, TYPE_NETWORK, pdu, len);
    assert_true(node(PROXY)->onoff_server.on);
    assert_int_equal(network_pdus(1), 0);
    assert_int_equal(net(LAMP)->stats.rx, heard);
}

static void the_source_of_a_pdu_is_let_through(void **state)
{
    struct usher_target to_alice = { .dst = nodes_address(ALICE), .ttl = 5 };
    uint8_t pdu[NET_PDU_MAX], len;

    (void)state;
    lamp_says(nodes_address(ALICE));
    assert_int_equal(network_pdus(0), 0);
    len = onoff_pdu(ALICE, nodes_address(LAMP), 5, pdu);
    pdu[len - 1] ^= 1;
    write_pdu(0, TYPE_NETWORK, pdu, len); /* not authentic */
    lamp_says(nodes_address(ALICE));
    assert_int_equal(network_pdus(0), 0);
    pdu[len - 1] ^= 1;
    write_pdu(0, TYPE_NETWORK, pdu, len);
    lamp_says(nodes_address(ALICE));
    assert_int_equal(network_pdus(0), 1);
    /* Who says the same again has no claim to it. */
    write_pdu(1, TYPE_NETWORK, pdu, len);
    lamp_says(nodes_address(ALICE));
    assert_int_equal(network_pdus(0), 1);
    assert_int_equal(network_pdus(1), 0);
    /* The proxy's own answers go the same way. */
    assert_int_equal(usher_onoff_set_unack(&node(PROXY)->onoff_client, &to_alice, true, 1, 0, 0),
                     USHER_OK);
    nodes_run(site.all, SETTLE_MS);
    assert_int_equal(network_pdus(0), 1);
    assert_int_equal(network_pdus(1), 0);
}

static void a_pdu_from_an_address_of_ours_is_nothing(void **state)
{
    struct net_pdu p = {
        .ttl = 5, .src = nodes_address(PROXY), .dst = GROUP, .seq = 900, .len = 8
    };
    uint32_t heard = net(LAMP)->stats.rx;
    uint8_t pdu[NET_PDU_MAX], len;

    (void)state;
    set_filter(1, BOB, PROXY_REJECT_LIST, 0xC999);
    len = net_seal(net(ALICE)->crypto, &net(ALICE)->keys.subnets[0].key[0], NET_NONCE_NETWORK, &p,
                   pdu);
    write_pdu(0, TYPE_NETWORK, pdu, len);
    assert_int_equal(network_pdus(1), 0);
    assert_int_equal(net(LAMP)->stats.rx, heard);
}

/* -- beacons ----------------------------------------------------------------------------------- */

static void every_subnet_is_told_at_first_and_after_each_change(void **state)
{
    struct hand *h = &site.hands[0];
    struct secbeacon b;

    (void)state;
    make();
    assert_int_equal(usher_netkey_add(&node(PROXY)->mesh, 1, nodes_key(0x99)),
                     USHER_STATUS_SUCCESS);
    assert_int_equal(usher_netkey_add(&node(ALICE)->mesh, 1, nodes_key(0x99)),
                     USHER_STATUS_SUCCESS);
    come(0);
    assert_int_equal(h->count, 2);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(h->log[i].value[0], TYPE_BEACON);
        assert_int_equal(h->log[i].len, 1 + SECBEACON_LEN);
        assert_true(secbeacon_open(net(ALICE), h->log[i].value + 1, SECBEACON_LEN, &b));
        assert_int_equal(b.net_index, i);
        assert_int_equal(b.flags, 0);
    }
    nodes_run(site.all, 30000);
    assert_int_equal(h->count, 2); /* that is all, as long as nothing changes */

    usher_iv_test_mode(&node(PROXY)->mesh, true);
    assert_int_equal(usher_iv_update(&node(PROXY)->mesh), USHER_OK);
    nodes_run(site.all, SETTLE_MS);
    assert_int_equal(h->count, 4);
    for (unsigned i = 2; i < 4; i++) {
        assert_true(secbeacon_open(net(ALICE), h->log[i].value + 1, SECBEACON_LEN, &b));
        assert_int_equal(b.iv_index, 1);
        assert_int_equal(b.flags, SECBEACON_IV_UPDATE);
    }
    assert_int_equal(usher_netkey_add(&node(PROXY)->mesh, 2, nodes_key(0x98)),
                     USHER_STATUS_SUCCESS);
    nodes_run(site.all, SETTLE_MS);
    assert_int_equal(h->count, 7);
    /* The state that is about advertising them changes nothing. */
    net(PROXY)->beacon = 0;
    come(0);
    assert_int_equal(h->count, 3);
    assert_int_equal(h->log[0].value[1], 0x01);
}

static void private_beacons_are_told_by_a_node_that_has_no_others(void **state)
{
    struct hand *h = site.hands;
    struct secbeacon b;

    (void)state;
    make();
    net(PROXY)->private_beacon = 1;
    come(0);
    assert_int_equal(h[0].log[0].value[1], 0x01);
    net(PROXY)->beacon = 0;
    for (unsigned i = 0; i < 2; i++) {
        come(i);
        assert_int_equal(h[i].count, 1);
        assert_int_equal(h[i].log[0].len, 1 + PRIVBEACON_LEN);
        assert_true(secbeacon_open(net(ALICE), h[i].log[0].value + 1, PRIVBEACON_LEN, &b));
    }
    assert_memory_not_equal(h[0].log[0].value, h[1].log[0].value, 14);
}

static void a_beacon_of_a_client_counts_if_it_is_authentic(void **state)
{
    const struct usher_net_keys *k = &net(ALICE)->keys.subnets[0].key[0];
    uint8_t beacon[SECBEACON_LEN + 1];
    bool updating;

    (void)state;
    usher_iv_test_mode(&node(PROXY)->mesh, true);
    assert_int_equal(secbeacon_build(net(ALICE)->crypto, k, SECBEACON_IV_UPDATE, 1, beacon),
                     USHER_OK);
    beacon[SECBEACON_LEN - 1] ^= 0x80;
    write_pdu(0, TYPE_BEACON, beacon, SECBEACON_LEN);
    assert_int_equal(usher_mesh_iv(&node(PROXY)->mesh, NULL), 0);
    beacon[SECBEACON_LEN - 1] ^= 0x80;
    write_pdu(0, TYPE_BEACON, beacon, SECBEACON_LEN - 1);
    write_pdu(0, TYPE_BEACON, beacon, SECBEACON_LEN + 1);
    assert_int_equal(usher_mesh_iv(&node(PROXY)->mesh, NULL), 0);
    write_pdu(0, TYPE_BEACON, beacon, SECBEACON_LEN);
    assert_int_equal(usher_mesh_iv(&node(PROXY)->mesh, &updating), 1);
    assert_true(updating);
    /* Too far ahead, as on the air. */
    assert_int_equal(secbeacon_build(net(ALICE)->crypto, k, 0, 100, beacon), USHER_OK);
    write_pdu(0, TYPE_BEACON, beacon, SECBEACON_LEN);
    assert_int_equal(usher_mesh_iv(&node(PROXY)->mesh, NULL), 1);
    assert_int_equal(node(PROXY)->gatt_events[USHER_GATT_EVT_DISCONNECTED], 0);
}

/* -- connections ------------------------------------------------------------------------------- */

static void an_unprovisioned_node_has_no_clients(void **state)
{
    (void)state;
    assert_int_equal(usher_mesh_reset(&node(PROXY)->mesh), USHER_OK);
    nodes_run(site.all, SETTLE_MS);
    assert_true(site.hands[0].closed);
    assert_true(site.hands[1].closed);
    come(0);
    assert_true(site.hands[0].closed);
    assert_int_equal(site.hands[0].count, 0);
    assert_int_equal(node(PROXY)->gatt_events[USHER_GATT_EVT_CONNECTED], 2);
    assert_int_equal(node(PROXY)->gatt_events[USHER_GATT_EVT_DISCONNECTED], 2);
}

/* 4.2.12: when the state is set, the answer still goes out; new clients are not let in. */
static void the_state_keeps_clients_out(void **state)
{
    (void)state;
    net(PROXY)->proxy = 0;
    usher_work(&node(PROXY)->usher);
    nodes_run(site.all, 500);
    assert_false(site.hands[0].closed);
    nodes_run(site.all, SETTLE_MS);
    assert_true(site.hands[0].closed);
    assert_true(site.hands[1].closed);
    come(0);
    assert_true(site.hands[0].closed);
    /* Off and on again in that time: they stay. */
    net(PROXY)->proxy = 1;
    come(0);
    net(PROXY)->proxy = 0;
    usher_work(&node(PROXY)->usher);
    nodes_run(site.all, 500);
    net(PROXY)->proxy = 1;
    nodes_run(site.all, 5000);
    assert_false(site.hands[0].closed);
}

static void without_the_bearer_nothing_is_offered(void **state)
{
    (void)state;
    usher_mesh_bearers(&node(PROXY)->mesh, USHER_BEARER_ADV);
    nodes_run(site.all, SETTLE_MS);
    assert_true(site.hands[0].closed);
    assert_int_equal(wires_served(site.all->wires, &node(PROXY)->port), USHER_GATT_NONE);
    come(0);
    assert_true(site.hands[0].closed);
    assert_int_equal(usher_node_identity(&node(PROXY)->gatt, 0), USHER_E_NOT_FOUND);
    usher_mesh_bearers(&node(PROXY)->mesh, USHER_BEARER_ADV | USHER_BEARER_GATT);
    nodes_run(site.all, SETTLE_MS);
    assert_int_equal(wires_served(site.all->wires, &node(PROXY)->port), USHER_GATT_PROXY);
}

static void a_connection_that_is_stuck_loses_what_has_no_room(void **state)
{
    struct usher_ble_addr addr = { .type = 1 };
    struct usher_target group = { .dst = USHER_ADDR_ALL_NODES, .ttl = 5 };
    uint8_t conn;
    uint32_t rx;

    (void)state;
    usher_radio(&node(ALICE)->usher, true);
    usher_mesh_bearers(&node(ALICE)->mesh, USHER_BEARER_GATT);
    memcpy(addr.addr, air_addr(node(PROXY)->port.radio), sizeof(addr.addr));
    assert_int_equal(usher_proxy_connect(&node(ALICE)->gatt, &addr, &conn), USHER_OK);
    nodes_run(site.all, 3000);
    assert_int_equal(node(ALICE)->gatt_events[USHER_GATT_EVT_CONNECTED], 1);
    set_filter(0, BOB, PROXY_ACCEPT_LIST, USHER_ADDR_ALL_NODES);
    rx = net(ALICE)->stats.rx;
    wires_stall(site.all->wires, true);
    for (unsigned i = 0; i < 40; i++) {
        assert_int_equal(
            usher_onoff_set_unack(&node(PROXY)->onoff_client, &group, true, (uint8_t)i, 0, 0),
            USHER_OK);
        nodes_run(site.all, 100);
    }
    assert_int_equal(network_pdus(0), 40); /* the other one gets them all */
    wires_stall(site.all->wires, false);
    nodes_run(site.all, SETTLE_MS);
    rx = net(ALICE)->stats.rx - rx;
    /* Six on the way, one being cut into values, and the queue. */
    assert_in_range(rx, USHER_PROXY_QUEUE + 6, USHER_PROXY_QUEUE + 7);
    assert_int_equal(usher_onoff_set_unack(&node(PROXY)->onoff_client, &group, true, 99, 0, 0),
                     USHER_OK);
    nodes_run(site.all, SETTLE_MS);
    assert_int_equal(network_pdus(0), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_replayed_message_is_not_answered, make_two, end),
        cmocka_unit_test_setup_teardown(messages_of_others_are_not_answered, make_two, end),
        cmocka_unit_test_setup_teardown(a_filter_that_is_full_stays_as_it_is, make_two, end),
        cmocka_unit_test_setup_teardown(each_client_gets_what_its_filter_lets_through, make_two,
                                        end),
        cmocka_unit_test_setup_teardown(a_pdu_goes_everywhere_but_back, make_two, end),
        cmocka_unit_test_setup_teardown(the_source_of_a_pdu_is_let_through, make_two, end),
        cmocka_unit_test_setup_teardown(a_pdu_from_an_address_of_ours_is_nothing, make_two, end),
        cmocka_unit_test_teardown(every_subnet_is_told_at_first_and_after_each_change, end),
        cmocka_unit_test_teardown(private_beacons_are_told_by_a_node_that_has_no_others, end),
        cmocka_unit_test_setup_teardown(a_beacon_of_a_client_counts_if_it_is_authentic, make_two,
                                        end),
        cmocka_unit_test_setup_teardown(an_unprovisioned_node_has_no_clients, make_two, end),
        cmocka_unit_test_setup_teardown(the_state_keeps_clients_out, make_two, end),
        cmocka_unit_test_setup_teardown(without_the_bearer_nothing_is_offered, make_two, end),
        cmocka_unit_test_setup_teardown(a_connection_that_is_stuck_loses_what_has_no_room, make_two,
                                        end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
