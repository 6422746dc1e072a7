/* The keys of a node: every row of the configuration messages' rules, and Key Refresh. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "keys.h"
#include "one_net.h"

static enum usher_status add(struct one_net *one, uint16_t net_index, uint8_t octet)
{
    return keys_subnet_add(&one->net.keys, one->net.crypto, net_index, one_net_key(octet));
}

static enum usher_status update(struct one_net *one, uint16_t net_index, uint8_t octet)
{
    return keys_subnet_update(&one->net.keys, one->net.crypto, net_index, one_net_key(octet));
}

static enum usher_status refresh(struct one_net *one, uint16_t net_index, uint8_t transition)
{
    return keys_refresh(&one->net.keys, one->net.crypto, net_index, transition);
}

static enum usher_status app_add(struct one_net *one, uint16_t net, uint16_t app, uint8_t octet)
{
    return keys_appkey_add(&one->net.keys, one->net.crypto, net, app, one_net_key(octet));
}

static enum usher_status app_update(struct one_net *one, uint16_t net, uint16_t app, uint8_t octet)
{
    return keys_appkey_update(&one->net.keys, one->net.crypto, net, app, one_net_key(octet));
}

static bool has(const void *memory, size_t size, uint8_t octet)
{
    const uint8_t *at = memory;
    uint8_t key[USHER_KEY_SIZE];

    memcpy(key, one_net_key(octet), sizeof(key));
    for (size_t i = 0; i + sizeof(key) <= size; i++) {
        if (memcmp(at + i, key, sizeof(key)) == 0) {
            return true;
        }
    }
    return false;
}

/* The sample key of sections 8.2.2 to 8.2.6. */
static void a_netkey_gives_its_keys(void **state)
{
    static const uint8_t key[16] = { 0x7d, 0xd7, 0x36, 0x4c, 0xd8, 0x42, 0xad, 0x18,
                                     0xc1, 0x7c, 0x2b, 0x82, 0x0c, 0x84, 0xc3, 0xd6 };
    static const uint8_t encryption[16] = { 0x09, 0x53, 0xfa, 0x93, 0xe7, 0xca, 0xac, 0x96,
                                            0x38, 0xf5, 0x88, 0x20, 0x22, 0x0a, 0x39, 0x8e };
    static const uint8_t privacy[16] = { 0x8b, 0x84, 0xee, 0xde, 0xc1, 0x00, 0x06, 0x7d,
                                         0x67, 0x09, 0x71, 0xdd, 0x2a, 0xa7, 0x00, 0xcf };
    static const uint8_t network_id[8] = { 0x3e, 0xca, 0xff, 0x67, 0x2f, 0x67, 0x33, 0x70 };
    static const uint8_t identity[16] = { 0x84, 0x39, 0x6c, 0x43, 0x5a, 0xc4, 0x85, 0x60,
                                          0xb5, 0x96, 0x53, 0x85, 0x25, 0x3e, 0x21, 0x0c };
    struct usher_net_keys k;

    assert_int_equal(keys_derive(*state, key, &k), USHER_OK);
    assert_memory_equal(k.key, key, sizeof(key));
    assert_int_equal(k.nid, 0x68);
    assert_memory_equal(k.encryption, encryption, sizeof(encryption));
    assert_memory_equal(k.privacy, privacy, sizeof(privacy));
    assert_memory_equal(k.network_id, network_id, sizeof(network_id));
    assert_memory_equal(k.identity, identity, sizeof(identity));
}

static void a_subnet_is_added_once(void **state)
{
    struct one_net one;

    one_net_init(&one, *state, 1, 1);
    assert_null(keys_subnet(&one.net.keys, 0));
    assert_int_equal(add(&one, 0, 0x10), USHER_STATUS_SUCCESS);
    assert_int_equal(add(&one, 0, 0x10), USHER_STATUS_SUCCESS);
    assert_int_equal(add(&one, 0, 0x11), USHER_STATUS_KEY_INDEX_STORED);
    assert_int_equal(add(&one, 0x1000, 0x11), USHER_STATUS_INVALID_NETKEY);
    assert_int_equal(add(&one, 0x0FFF, 0x12), USHER_STATUS_SUCCESS);
    assert_int_equal(add(&one, 5, 0x13), USHER_STATUS_SUCCESS);
    assert_int_equal(add(&one, 6, 0x14), USHER_STATUS_INSUFFICIENT_RESOURCES);
    assert_int_equal(add(&one, 5, 0x13), USHER_STATUS_SUCCESS);
    assert_memory_equal(keys_subnet(&one.net.keys, 0)->key[0].key, one_net_key(0x10), 16);
}

static void deleting_a_subnet_takes_its_appkeys(void **state)
{
    struct one_net one;
    struct usher_keys *k = &one.net.keys;

    one_net_init(&one, *state, 1, 1);
    assert_int_equal(keys_subnet_delete(k, *state, 3), USHER_STATUS_SUCCESS);
    one_net_subnet(&one, 0, 0x10);
    assert_int_equal(keys_subnet_delete(k, *state, 0), USHER_STATUS_CANNOT_REMOVE);
    assert_int_equal(keys_subnet_delete(k, *state, 3), USHER_STATUS_SUCCESS);
    one_net_subnet(&one, 3, 0x13);
    assert_int_equal(app_add(&one, 0, 0, 0x20), USHER_STATUS_SUCCESS);
    assert_int_equal(app_add(&one, 3, 1, 0x21), USHER_STATUS_SUCCESS);

    assert_int_equal(keys_subnet_delete(k, *state, 3), USHER_STATUS_SUCCESS);
    assert_null(keys_subnet(k, 3));
    assert_null(keys_appkey(k, 1));
    assert_non_null(keys_appkey(k, 0));
    assert_false(has(&one, sizeof(one), 0x13));
    assert_false(has(&one, sizeof(one), 0x21));
}

static void an_appkey_is_of_one_subnet(void **state)
{
    struct one_net one;
    struct usher_keys *k = &one.net.keys;

    one_net_init(&one, *state, 1, 1);
    one_net_subnet(&one, 0, 0x10);
    one_net_subnet(&one, 1, 0x11);
    assert_int_equal(app_add(&one, 2, 0, 0x20), USHER_STATUS_INVALID_NETKEY);
    assert_int_equal(app_add(&one, 0, 0, 0x20), USHER_STATUS_SUCCESS);
    assert_int_equal(app_add(&one, 0, 0, 0x20), USHER_STATUS_SUCCESS);
    assert_int_equal(app_add(&one, 0, 0, 0x21), USHER_STATUS_KEY_INDEX_STORED);
    assert_int_equal(app_add(&one, 1, 0, 0x20), USHER_STATUS_INVALID_NETKEY);
    assert_int_equal(app_add(&one, 0, 0x1000, 0x20), USHER_STATUS_INVALID_APPKEY);
    assert_int_equal(app_add(&one, 1, 1, 0x21), USHER_STATUS_SUCCESS);
    assert_int_equal(app_add(&one, 1, 2, 0x22), USHER_STATUS_SUCCESS);
    assert_int_equal(app_add(&one, 1, 3, 0x23), USHER_STATUS_INSUFFICIENT_RESOURCES);

    assert_int_equal(keys_appkey_delete(k, *state, 2, 0), USHER_STATUS_INVALID_NETKEY);
    assert_int_equal(keys_appkey_delete(k, *state, 1, 0), USHER_STATUS_INVALID_BINDING);
    assert_non_null(keys_appkey(k, 0));
    assert_int_equal(keys_appkey_delete(k, *state, 0, 9), USHER_STATUS_SUCCESS);
    assert_int_equal(keys_appkey_delete(k, *state, 0, 0), USHER_STATUS_SUCCESS);
    assert_null(keys_appkey(k, 0));
    assert_false(has(&one, sizeof(one), 0x20));
}

static void a_new_key_is_taken_in_phase_0_only(void **state)
{
    struct one_net one;
    struct usher_subnet *s;

    one_net_init(&one, *state, 1, 1);
    s = one_net_subnet(&one, 0, 0x10);
    assert_int_equal(update(&one, 1, 0x30), USHER_STATUS_INVALID_NETKEY);
    assert_int_equal(update(&one, 0, 0x10), USHER_STATUS_CANNOT_UPDATE);
    assert_int_equal(s->phase, 0);
    assert_int_equal(update(&one, 0, 0x30), USHER_STATUS_SUCCESS);
    assert_int_equal(s->phase, 1);
    assert_int_equal(update(&one, 0, 0x30), USHER_STATUS_SUCCESS);
    assert_int_equal(update(&one, 0, 0x31), USHER_STATUS_CANNOT_UPDATE);
    assert_int_equal(refresh(&one, 0, 2), USHER_STATUS_SUCCESS);
    assert_int_equal(update(&one, 0, 0x30), USHER_STATUS_CANNOT_UPDATE);
    assert_memory_equal(s->key[1].key, one_net_key(0x30), 16);
}

static void an_appkey_is_updated_in_phase_1_only(void **state)
{
    struct one_net one;

    one_net_init(&one, *state, 1, 1);
    one_net_subnet(&one, 0, 0x10);
    one_net_subnet(&one, 1, 0x11);
    assert_int_equal(app_add(&one, 0, 0, 0x20), USHER_STATUS_SUCCESS);
    assert_int_equal(app_update(&one, 0, 0, 0x40), USHER_STATUS_CANNOT_UPDATE);
    assert_int_equal(update(&one, 0, 0x30), USHER_STATUS_SUCCESS);
    assert_int_equal(app_update(&one, 2, 0, 0x40), USHER_STATUS_INVALID_NETKEY);
    assert_int_equal(app_update(&one, 0, 9, 0x40), USHER_STATUS_INVALID_APPKEY);
    assert_int_equal(app_update(&one, 1, 0, 0x40), USHER_STATUS_INVALID_BINDING);
    assert_int_equal(app_update(&one, 0, 0, 0x40), USHER_STATUS_SUCCESS);
    assert_int_equal(app_update(&one, 0, 0, 0x40), USHER_STATUS_SUCCESS);
    assert_int_equal(app_update(&one, 0, 0, 0x41), USHER_STATUS_CANNOT_UPDATE);
    assert_int_equal(refresh(&one, 0, 2), USHER_STATUS_SUCCESS);
    assert_int_equal(app_update(&one, 0, 0, 0x40), USHER_STATUS_CANNOT_UPDATE);
}

static void transitions_are_those_of_the_table(void **state)
{
    static const struct {
        uint8_t from, transition, to;
        enum usher_status status;
    } rows[] = {
        { 0, 2, 0, USHER_STATUS_CANNOT_SET }, { 0, 3, 0, USHER_STATUS_SUCCESS },
        { 1, 2, 2, USHER_STATUS_SUCCESS },    { 1, 3, 0, USHER_STATUS_SUCCESS },
        { 2, 2, 2, USHER_STATUS_SUCCESS },    { 2, 3, 0, USHER_STATUS_SUCCESS },
        { 1, 0, 1, USHER_STATUS_CANNOT_SET }, { 1, 1, 1, USHER_STATUS_CANNOT_SET },
        { 2, 4, 2, USHER_STATUS_CANNOT_SET },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct one_net one;
        struct usher_subnet *s;

        one_net_init(&one, *state, 1, 1);
        s = one_net_subnet(&one, 0, 0x10);
        if (rows[i].from > 0) {
            assert_int_equal(update(&one, 0, 0x30), USHER_STATUS_SUCCESS);
            s->phase = rows[i].from;
        }
        assert_int_equal(refresh(&one, 0, rows[i].transition), rows[i].status);
        assert_int_equal(s->phase, rows[i].to);
        assert_int_equal(refresh(&one, 1, rows[i].transition), USHER_STATUS_INVALID_NETKEY);
    }
}

static void new_keys_are_used_from_phase_2_and_old_ones_gone_after_3(void **state)
{
    struct one_net one;
    struct usher_keys *k = &one.net.keys;
    struct usher_subnet *s;
    struct usher_appkey *updated, *other;

    one_net_init(&one, *state, 1, 1);
    s = one_net_subnet(&one, 0, 0x10);
    assert_int_equal(app_add(&one, 0, 0, 0x20), USHER_STATUS_SUCCESS);
    assert_int_equal(app_add(&one, 0, 1, 0x21), USHER_STATUS_SUCCESS);
    updated = keys_appkey(k, 0);
    other = keys_appkey(k, 1);
    assert_int_equal(update(&one, 0, 0x30), USHER_STATUS_SUCCESS);
    assert_int_equal(app_update(&one, 0, 0, 0x40), USHER_STATUS_SUCCESS);
    assert_ptr_equal(keys_tx(s), &s->key[0]);
    assert_int_equal(keys_app_tx(k, updated), 0);

    assert_int_equal(refresh(&one, 0, 2), USHER_STATUS_SUCCESS);
    assert_ptr_equal(keys_tx(s), &s->key[1]);
    assert_int_equal(keys_app_tx(k, updated), 1);
    assert_int_equal(keys_app_tx(k, other), 0);

    assert_int_equal(refresh(&one, 0, 3), USHER_STATUS_SUCCESS);
    assert_ptr_equal(keys_tx(s), &s->key[0]);
    assert_memory_equal(s->key[0].key, one_net_key(0x30), 16);
    assert_memory_equal(updated->key[0].key, one_net_key(0x40), 16);
    assert_memory_equal(other->key[0].key, one_net_key(0x21), 16);
    assert_int_equal(keys_app_tx(k, updated), 0);
    assert_false(has(&one, sizeof(one), 0x10));
    assert_false(has(&one, sizeof(one), 0x20));
    assert_false(has(&s->key[1], sizeof(s->key[1]), 0x30));
    assert_false(has(&updated->key[1], sizeof(updated->key[1]), 0x40));
    assert_int_equal(update(&one, 0, 0x31), USHER_STATUS_SUCCESS);
    assert_int_equal(app_update(&one, 0, 0, 0x41), USHER_STATUS_SUCCESS);
}

static void clear_leaves_nothing(void **state)
{
    struct one_net one;
    const struct usher_crypto *c = *state;

    one_net_init(&one, c, 1, 1);
    one_net_subnet(&one, 0, 0x10);
    assert_int_equal(update(&one, 0, 0x30), USHER_STATUS_SUCCESS);
    assert_int_equal(app_add(&one, 0, 0, 0x20), USHER_STATUS_SUCCESS);
    memcpy(one.net.keys.device_key, one_net_key(0x50), 16);
    keys_clear(&one.net.keys, c);
    for (uint8_t octet = 0x10; octet <= 0x50; octet += 0x10) {
        assert_false(has(&one, sizeof(one), octet));
    }
    assert_true(has(one.subnets, sizeof(one.subnets), 0)); /* has() would find what is there */
    assert_null(keys_subnet(&one.net.keys, 0));
    assert_null(keys_appkey(&one.net.keys, 0));
    assert_int_equal(add(&one, 0, 0x11), USHER_STATUS_SUCCESS);
}

/* A crypto table whose MAC fails when its turn comes, over a real one. */
struct failing {
    const struct usher_crypto *real;
    unsigned turn;
};

static enum usher_err failing_cmac(void *ctx, const uint8_t key[16], const uint8_t *msg, size_t len,
                                   uint8_t mac[16])
{
    struct failing *f = ctx;

    if (f->turn-- == 0) {
        return USHER_E_INTERNAL;
    }
    return f->real->cmac(f->real->ctx, key, msg, len, mac);
}

static void nothing_changes_when_crypto_fails(void **state)
{
    const struct usher_crypto *real = *state;
    struct failing f = { .real = real };
    struct usher_crypto c = *real;
    unsigned turns = 0;
    struct one_net one;

    c.ctx = &f;
    c.cmac = failing_cmac;
    one_net_init(&one, real, 1, 1);
    one_net_subnet(&one, 0, 0x10);
    one_net_subnet(&one, 1, 0x11);
    assert_int_equal(app_add(&one, 0, 0, 0x20), USHER_STATUS_SUCCESS);
    one.net.crypto = &c;
    for (enum usher_status status = USHER_STATUS_UNSPECIFIED; status != USHER_STATUS_SUCCESS;
         turns++) {
        f.turn = turns;
        status = update(&one, 0, 0x30);
        if (status != USHER_STATUS_SUCCESS) {
            assert_int_equal(status, USHER_STATUS_UNSPECIFIED);
            assert_int_equal(keys_subnet(&one.net.keys, 0)->phase, 0);
            assert_false(has(&one, sizeof(one), 0x30));
            f.turn = turns;
            assert_int_equal(add(&one, 2, 0x12), USHER_STATUS_UNSPECIFIED);
            assert_null(keys_subnet(&one.net.keys, 2));
            assert_false(has(&one, sizeof(one), 0x12));
        }
    }
    assert_in_range(turns, 10, 40); /* each of the MACs of k1, k2 and k3 had its turn */
    f.turn = 0;
    assert_int_equal(app_update(&one, 0, 0, 0x40), USHER_STATUS_UNSPECIFIED);
    assert_false(keys_appkey(&one.net.keys, 0)->updated);
    f.turn = 0;
    assert_int_equal(app_add(&one, 0, 1, 0x21), USHER_STATUS_UNSPECIFIED);
    assert_null(keys_appkey(&one.net.keys, 1));
    assert_false(has(&one, sizeof(one), 0x21));
}

int main(void)
{
    const struct usher_crypto *crypto = usher_crypto_openssl_new();
    union {
        const struct usher_crypto *crypto;
        void *state;
    } u = { .crypto = crypto };
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(a_netkey_gives_its_keys, u.state),
        cmocka_unit_test_prestate(a_subnet_is_added_once, u.state),
        cmocka_unit_test_prestate(deleting_a_subnet_takes_its_appkeys, u.state),
        cmocka_unit_test_prestate(an_appkey_is_of_one_subnet, u.state),
        cmocka_unit_test_prestate(a_new_key_is_taken_in_phase_0_only, u.state),
        cmocka_unit_test_prestate(an_appkey_is_updated_in_phase_1_only, u.state),
        cmocka_unit_test_prestate(transitions_are_those_of_the_table, u.state),
        cmocka_unit_test_prestate(new_keys_are_used_from_phase_2_and_old_ones_gone_after_3,
                                  u.state),
        cmocka_unit_test_prestate(clear_leaves_nothing, u.state),
        cmocka_unit_test_prestate(nothing_changes_when_crypto_fails, u.state),
    };
    int failed = crypto == NULL ? 1 : cmocka_run_group_tests(tests, NULL, NULL);

    usher_crypto_openssl_free(crypto);
    return failed != 0;
}
