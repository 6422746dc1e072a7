/*
 * Beacons against beacons.json: the unprovisioned device beacon, built and parsed, the URI hash,
 * the beacons of nodes, built and opened, and the service data of devices and of proxies.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "beacon.h"
#include "keys.h"
#include "secbeacon.h"
#include "vectors.h"

#include <usher/gatt.h>
#include <usher/usher.h>

static void run_unprov_beacon(const struct vector *v, void *arg)
{
    struct octets hash = vector_in(v, "uri_hash");
    struct octets expected = octets_of_hex(v, json_object_get(v->out, "beacon"));
    struct beacon beacon = { .oob_info = (uint16_t)vector_number(v, "oob_info") };
    struct beacon parsed;
    uint8_t ad[USHER_AD_MAX + 1] = { 0 };
    uint8_t len;

    (void)arg;
    vector_in_exact(v, "uuid", beacon.uuid, sizeof(beacon.uuid));
    beacon.has_hash = hash.len > 0;
    memcpy(beacon.hash, hash.at, hash.len);

    len = beacon_build(&beacon, ad);
    vector_check(v, len == expected.len + 2 && ad[0] == len - 1 && ad[1] == BEACON_AD_TYPE,
                 "the beacon is one AD structure of its type");
    vector_expect(v, "beacon", ad + 2, len - 2u);

    vector_check(v, beacon_parse(expected.at, expected.len, &parsed), "the beacon parses");
    assert_memory_equal(parsed.uuid, beacon.uuid, sizeof(beacon.uuid));
    assert_int_equal(parsed.oob_info, beacon.oob_info);
    assert_int_equal(parsed.has_hash, beacon.has_hash);
    if (beacon.has_hash) {
        assert_memory_equal(parsed.hash, beacon.hash, sizeof(beacon.hash));
    }

    /* Of its two lengths the beacon may have no other, nor be of another type. */
    for (size_t cut = 0; cut <= expected.len + 1; cut++) {
        vector_check(v, beacon_parse(ad + 2, cut, &parsed) == (cut == expected.len || cut == 19),
                     "only a beacon of 19 or 23 octets parses");
    }
    ad[2] = 0x01;
    vector_check(v, !beacon_parse(ad + 2, expected.len, &parsed), "another type does not parse");
}

static void run_uri_hash(const struct vector *v, void *arg)
{
    struct octets uri = vector_in(v, "uri_ad_data");
    uint8_t hash[4];

    assert_int_equal(beacon_uri_hash(arg, uri.at, uri.len, hash), USHER_OK);
    vector_expect(v, "hash", hash, sizeof(hash));
}

/* A node that knows the vector's NetKey alone. */
static struct usher_net net_of(const struct vector *v, const struct usher_crypto *c,
                               struct usher_subnet *subnet)
{
    struct usher_net n = { .crypto = c, .keys = { .subnets = subnet, .subnet_count = 1 } };
    uint8_t netkey[16];

    vector_in_exact(v, "netkey", netkey, sizeof(netkey));
    *subnet = (struct usher_subnet){ 0 };
    assert_int_equal(keys_subnet_add(&n.keys, c, 7, netkey), USHER_STATUS_SUCCESS);
    return n;
}

/* A value on the way, where the vector has it. */
static void expect_on_the_way(const struct vector *v, const char *field, const uint8_t *octets,
                              size_t len)
{
    if (json_object_get(v->out, field) != NULL) {
        vector_expect(v, field, octets, len);
    }
}

/* It opens to what it was built from, and not with any bit changed or another length. */
static void check_open(const struct vector *v, const struct usher_net *n, const uint8_t *beacon,
                       size_t len)
{
    struct secbeacon b;
    struct octets copy = { .len = len };

    memcpy(copy.at, beacon, len);
    vector_check(v, secbeacon_open(n, copy.at, len, &b), "the beacon opens");
    assert_int_equal(b.flags, vector_number(v, "flags"));
    assert_int_equal(b.iv_index, vector_number(v, "iv_index"));
    assert_int_equal(b.net_index, 7);
    assert_false(b.new_key);
    for (size_t bit = 0; bit < len * 8; bit++) {
        copy.at[bit / 8] ^= (uint8_t)(1u << bit % 8);
        vector_check(v, !secbeacon_open(n, copy.at, len, &b), "a changed bit is refused");
        copy.at[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    for (size_t cut = 0; cut <= len + 1; cut++) {
        vector_check(v, secbeacon_open(n, copy.at, cut, &b) == (cut == len),
                     "only a beacon of its length opens");
    }
}

static void run_secure_beacon(const struct vector *v, void *arg)
{
    struct usher_subnet subnet;
    struct usher_net n = net_of(v, arg, &subnet);
    uint8_t beacon[SECBEACON_LEN];

    expect_on_the_way(v, "network_id", subnet.key[0].network_id, sizeof(subnet.key[0].network_id));
    expect_on_the_way(v, "beacon_key", subnet.key[0].beacon, sizeof(subnet.key[0].beacon));
    assert_int_equal(secbeacon_build(arg, &subnet.key[0], (uint8_t)vector_number(v, "flags"),
                                     vector_number(v, "iv_index"), beacon),
                     USHER_OK);
    vector_expect(v, "beacon", beacon, sizeof(beacon));
    check_open(v, &n, beacon, sizeof(beacon));
}

static void run_private_beacon(const struct vector *v, void *arg)
{
    struct usher_subnet subnet;
    struct usher_net n = net_of(v, arg, &subnet);
    uint8_t random[13];
    uint8_t beacon[PRIVBEACON_LEN];

    expect_on_the_way(v, "private_beacon_key", subnet.key[0].private_beacon,
                      sizeof(subnet.key[0].private_beacon));
    vector_in_exact(v, "random", random, sizeof(random));
    assert_int_equal(privbeacon_build(arg, &subnet.key[0], (uint8_t)vector_number(v, "flags"),
                                      vector_number(v, "iv_index"), random, beacon),
                     USHER_OK);
    vector_expect(v, "beacon", beacon, sizeof(beacon));
    check_open(v, &n, beacon, sizeof(beacon));
}

/* The service data stands in an AD structure, after its length, type and UUID. */
static void run_proxy_service_data(const struct vector *v, void *arg)
{
    struct octets expected = octets_of_hex(v, json_object_get(v->out, "ad"));
    struct octets id = vector_in(v, "network_id"), key = vector_in(v, "identity_key");
    struct octets random = vector_in(v, "random");
    struct usher_net_keys k = { 0 };
    uint8_t ad[USHER_AD_MAX] = { 0x00, 0x16, 0x28, 0x18 };
    uint8_t len = 0;

    memcpy(k.network_id, id.at, id.len);
    memcpy(k.identity, key.at, key.len);
    switch (vector_number(v, "id_type")) {
    case 0x00:
        len = identity_network_id(&k, ad + 4);
        break;
    case 0x01:
        len = identity_node(arg, &k, (uint16_t)vector_number(v, "addr"), random.at, ad + 4);
        break;
    case 0x02:
        len = identity_private_network(arg, &k, random.at, ad + 4);
        break;
    case 0x03:
        len = identity_private_node(arg, &k, (uint16_t)vector_number(v, "addr"), random.at, ad + 4);
        break;
    default:
        fail_msg("vector %s: unknown type of identification", v->id);
    }
    ad[0] = (uint8_t)(len + 3);
    vector_expect_equal(v, "ad", &expected, ad, len + 4u);
}

/* -- a device that listens on PB-GATT ---------------------------------------------------------- */

static uint64_t device_now(void *ctx)
{
    (void)ctx;
    return 1000;
}

static void device_wake(void *ctx, uint64_t deadline)
{
    (void)ctx;
    (void)deadline;
}

static enum usher_err device_random(void *ctx, uint8_t *buf, size_t len)
{
    static uint8_t next;

    (void)ctx;
    for (size_t i = 0; i < len; i++) {
        buf[i] = len == 1 ? 0 : ++next; /* one octet is for delays: none */
    }
    return USHER_OK;
}

static enum usher_err device_adv(void *ctx, const struct usher_adv *adv)
{
    *(struct usher_adv *)ctx = *adv;
    return USHER_OK;
}

static void device_adv_stop(void *ctx, uint8_t slot)
{
    (void)ctx;
    (void)slot;
}

static enum usher_err device_scan(void *ctx, unsigned what)
{
    (void)ctx;
    (void)what;
    return USHER_OK;
}

static void device_serve(void *ctx, enum usher_gatt_service service)
{
    (void)ctx;
    (void)service;
}

static enum usher_err device_connect(void *ctx, const struct usher_ble_addr *peer,
                                     enum usher_gatt_service service, uint8_t *conn)
{
    (void)ctx;
    (void)peer;
    (void)service;
    (void)conn;
    return USHER_E_RESOURCES;
}

static void device_disconnect(void *ctx, uint8_t conn)
{
    (void)ctx;
    (void)conn;
}

static enum usher_err device_send(void *ctx, uint8_t conn, const uint8_t *value, uint8_t len)
{
    (void)ctx;
    (void)conn;
    (void)value;
    (void)len;
    return USHER_E_STATE;
}

static void device_advertise(const struct usher_crypto *crypto, const uint8_t *uuid,
                             uint16_t oob_info, struct usher_adv *adv)
{
    const struct usher_port port = {
        .ctx = adv,
        .crypto = crypto,
        .adv_slots = 1,
        .now_ms = device_now,
        .wake_at = device_wake,
        .random = device_random,
        .adv_start = device_adv,
        .adv_stop = device_adv_stop,
        .scan = device_scan,
        .gatt_conns = 1,
        .gatt_serve = device_serve,
        .gatt_connect = device_connect,
        .gatt_disconnect = device_disconnect,
        .gatt_send = device_send,
    };
    const struct usher_caps caps = { .num_elements = 1, .algorithms = 3 };
    struct usher_gatt_link link;
    struct usher_session session;
    struct usher_gatt gatt;
    struct usher node;

    assert_int_equal(usher_init(&node, &port, &(struct usher_config){ 0 }), USHER_OK);
    assert_int_equal(
        usher_gatt_init(&gatt, &node,
                        &(struct usher_gatt_config){ .links = &link, .link_count = 1 }),
        USHER_OK);
    usher_session_init(&node, &session, &caps, NULL);
    assert_int_equal(usher_listen(&session, &(struct usher_listen){ .uuid = uuid,
                                                                    .oob_info = oob_info,
                                                                    .bearers = USHER_BEARER_GATT }),
                     USHER_OK);
    usher_deinit(&node);
}

/*
 * The sample has OOB Information with the least significant octet first; we send it as the beacon
 * has it, most significant first, which is what most devices do. All else is the sample's.
 */
static void run_prov_service_data(const struct vector *v, void *arg)
{
    struct octets expected = octets_of_hex(v, json_object_get(v->out, "ad"));
    uint16_t oob_info = (uint16_t)vector_number(v, "oob_info");
    uint8_t uuid[USHER_UUID_SIZE];
    struct usher_adv adv = { 0 };
    size_t at;

    vector_in_exact(v, "uuid", uuid, sizeof(uuid));
    vector_check(v,
                 expected.at[expected.len - 2] == (oob_info & 0xFF) &&
                     expected.at[expected.len - 1] == oob_info >> 8,
                 "the sample's OOB Information begins with its least significant octet");
    expected.at[expected.len - 2] = (uint8_t)(oob_info >> 8);
    expected.at[expected.len - 1] = (uint8_t)oob_info;
    device_advertise(arg, uuid, oob_info, &adv);
    vector_check(v, adv.type == USHER_ADV_IND && adv.len > expected.len, "it is advertised");
    at = adv.len - expected.len;
    vector_expect_equal(v, "ad", &expected, adv.data + at, expected.len);
}

static void every_beacon(void **state)
{
    static const struct vector_type types[] = {
        { "unprov_beacon", 3, run_unprov_beacon },
        { "uri_hash", 2, run_uri_hash },
        { "secure_beacon", 4, run_secure_beacon },
        { "private_beacon", 2, run_private_beacon },
        { "prov_service_data", 1, run_prov_service_data },
        { "proxy_service_data", 4, run_proxy_service_data },
    };

    vectors_run("beacons.json", types, sizeof(types) / sizeof(types[0]), *state);
}

int main(void)
{
    const struct usher_crypto *crypto = usher_crypto_openssl_new();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(every_beacon, vectors_state(crypto)),
    };
    int failed = crypto == NULL ? 1 : cmocka_run_group_tests_name("beacons", tests, NULL, NULL);

    usher_crypto_openssl_free(crypto);
    return failed != 0;
}
