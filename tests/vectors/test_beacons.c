/*
 * Beacons against beacons.json: the unprovisioned device beacon, built and parsed, the URI hash,
 * the beacons of nodes, built and opened, and the service data of a proxy. That of PB-GATT waits
 * for the layer that it belongs to.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "beacon.h"
#include "keys.h"
#include "secbeacon.h"
#include "vectors.h"

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

static void every_beacon(void **state)
{
    static const struct vector_type types[] = {
        { "unprov_beacon", 3, run_unprov_beacon },
        { "uri_hash", 2, run_uri_hash },
        { "secure_beacon", 4, run_secure_beacon },
        { "private_beacon", 2, run_private_beacon },
        { "prov_service_data", 1, NULL }, /* PB-GATT's */
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
