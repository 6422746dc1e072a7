/*
 * Beacons against beacons.json: the unprovisioned device beacon, built and parsed, and the URI
 * hash. Beacons of provisioned nodes and GATT service data wait for the layers that they belong to.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "beacon.h"
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

static void every_beacon(void **state)
{
    static const struct vector_type types[] = {
        { "unprov_beacon", 3, run_unprov_beacon },
        { "uri_hash", 2, run_uri_hash },
        { "secure_beacon", 4, NULL },      /* the network layer's */
        { "private_beacon", 2, NULL },     /* the network layer's */
        { "prov_service_data", 1, NULL },  /* PB-GATT's */
        { "proxy_service_data", 4, NULL }, /* the proxy's */
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
