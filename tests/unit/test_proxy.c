/* The proxy filter and Proxy Configuration messages, of server and client: src/net/proxy.c. */
#include "keys.h"
#include "one_net.h"
#include "proxy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define SERVER 0x0100u
#define CLIENT 0x0001u

struct two {
    struct one_net server, client;
    struct usher_proxy_filter filter;
};

static void two_init(struct two *t, const struct usher_crypto *c)
{
    one_net_init(&t->server, c, SERVER, 1);
    one_net_init(&t->client, c, CLIENT, 1);
    one_net_subnet(&t->server, 0, 0x11);
    one_net_subnet(&t->client, 0, 0x11);
    t->server.net.iv.seq_reserved = 100;
    t->client.net.iv.seq_reserved = 100;
    proxy_filter_begin(&t->filter);
}

/* The client asks, the server answers. @retval false  It does not. */
static bool ask(struct two *t, struct proxy_message m, struct proxy_message *status)
{
    uint8_t out[NET_PDU_MAX], answer[NET_PDU_MAX], len;
    uint16_t net_index;

    len = proxy_seal(&t->client.net, 0, &m, out);
    assert_int_not_equal(len, 0);
    len = proxy_serve(&t->server.net, &t->filter, out, len, answer);
    if (len == 0) {
        return false;
    }
    assert_true(proxy_open(&t->client.net, answer, len, status, &net_index));
    assert_int_equal(status->opcode, PROXY_FILTER_STATUS);
    assert_int_equal(net_index, 0);
    return true;
}

static void a_new_filter_accepts_nothing(void **state)
{
    struct two t;

    two_init(&t, *state);
    assert_false(proxy_filter_passes(&t.filter, 0xC000));
    assert_false(proxy_filter_passes(&t.filter, USHER_ADDR_ALL_NODES));
}

static void lists_are_kept_as_asked(void **state)
{
    struct proxy_message status = { 0 };
    struct two t;

    two_init(&t, *state);
    assert_true(ask(&t,
                    (struct proxy_message){ .opcode = PROXY_ADD_ADDRESSES,
                                            .count = 4,
                                            .addresses = { 0xC000, 0, 0xC001, 0xC000 } },
                    &status));
    assert_int_equal(status.type, PROXY_ACCEPT_LIST);
    assert_int_equal(status.list_size, 2); /* neither 0 nor one twice */
    assert_true(proxy_filter_passes(&t.filter, 0xC000));
    assert_false(proxy_filter_passes(&t.filter, 0xC002));

    assert_true(ask(&t,
                    (struct proxy_message){ .opcode = PROXY_REMOVE_ADDRESSES,
                                            .count = 2,
                                            .addresses = { 0xC000, 0xC002 } },
                    &status));
    assert_int_equal(status.list_size, 1);
    assert_false(proxy_filter_passes(&t.filter, 0xC000));
    assert_true(proxy_filter_passes(&t.filter, 0xC001));

    assert_true(ask(
        &t, (struct proxy_message){ .opcode = PROXY_SET_FILTER_TYPE, .type = PROXY_REJECT_LIST },
        &status));
    assert_int_equal(status.type, PROXY_REJECT_LIST);
    assert_int_equal(status.list_size, 0);
    assert_true(proxy_filter_passes(&t.filter, 0xC000));
}

static void a_full_list_says_so(void **state)
{
    struct proxy_message m = { .opcode = PROXY_ADD_ADDRESSES, .count = PROXY_ADDRESSES_MAX };
    struct proxy_message status = { 0 };
    struct two t;

    two_init(&t, *state);
    for (uint16_t round = 0; round < 4; round++) {
        for (uint16_t i = 0; i < PROXY_ADDRESSES_MAX; i++) {
            m.addresses[i] = (uint16_t)(0xC000 + round * PROXY_ADDRESSES_MAX + i);
        }
        assert_true(ask(&t, m, &status));
    }
    assert_int_equal(status.list_size, USHER_PROXY_FILTER_MAX);
    assert_true(proxy_filter_passes(&t.filter, 0xC000 + USHER_PROXY_FILTER_MAX - 1));
    assert_false(proxy_filter_passes(&t.filter, 0xC000 + USHER_PROXY_FILTER_MAX));
}

static void answers_reach_a_client_that_was_heard(void **state)
{
    struct two t;

    two_init(&t, *state);
    proxy_filter_heard(&t.filter, CLIENT);
    assert_true(proxy_filter_passes(&t.filter, CLIENT));

    assert_true(
        proxy_filter_apply(&t.filter, &(struct proxy_message){ .opcode = PROXY_SET_FILTER_TYPE,
                                                               .type = PROXY_REJECT_LIST }));
    assert_true(proxy_filter_apply(
        &t.filter, &(struct proxy_message){
                       .opcode = PROXY_ADD_ADDRESSES, .count = 1, .addresses = { CLIENT } }));
    assert_false(proxy_filter_passes(&t.filter, CLIENT));
    proxy_filter_heard(&t.filter, CLIENT);
    assert_true(proxy_filter_passes(&t.filter, CLIENT));
}

static void a_repeat_is_not_answered(void **state)
{
    struct proxy_message m = { .opcode = PROXY_SET_FILTER_TYPE };
    uint8_t out[NET_PDU_MAX], answer[NET_PDU_MAX], len;
    struct two t;

    two_init(&t, *state);
    len = proxy_seal(&t.client.net, 0, &m, out);
    assert_int_not_equal(proxy_serve(&t.server.net, &t.filter, out, len, answer), 0);
    assert_int_equal(proxy_serve(&t.server.net, &t.filter, out, len, answer), 0);
}

static void ones_own_message_that_comes_back_is_not_answered(void **state)
{
    struct proxy_message m = { .opcode = PROXY_SET_FILTER_TYPE };
    uint8_t out[NET_PDU_MAX], answer[NET_PDU_MAX], len;
    struct two t;

    two_init(&t, *state);
    len = proxy_seal(&t.server.net, 0, &m, out);
    assert_int_not_equal(len, 0);
    assert_int_equal(proxy_serve(&t.server.net, &t.filter, out, len, answer), 0);
}

/* Whatever a client seals: only messages of the right length and values are answered. */
static void malformed_messages_are_ignored(void **state)
{
    static const struct {
        uint8_t len;
        uint8_t octets[12];
    } bad[] = {
        { 1, { PROXY_SET_FILTER_TYPE } },
        { 2, { PROXY_SET_FILTER_TYPE, 2 } },
        { 3, { PROXY_SET_FILTER_TYPE, 0, 0 } },
        { 2, { PROXY_ADD_ADDRESSES, 0xC0 } },
        { 4, { PROXY_REMOVE_ADDRESSES, 0xC0, 0, 1 } },
        { 4, { PROXY_FILTER_STATUS, 0, 0, 0 } }, /* a server's */
        { 3, { 0x04, 1, 1 } },
        { 1, { 0xFF } },
    };
    uint8_t out[NET_PDU_MAX], answer[NET_PDU_MAX], len;
    struct two t;

    two_init(&t, *state);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct net_pdu p = { .ctl = 1, .src = CLIENT, .seq = (uint32_t)i, .len = bad[i].len };

        memcpy(p.transport, bad[i].octets, bad[i].len);
        len = net_seal(*state, &t.client.subnets[0].key[0], NET_NONCE_PROXY, &p, out);
        assert_int_not_equal(len, 0);
        assert_int_equal(proxy_serve(&t.server.net, &t.filter, out, len, answer), 0);
    }
    assert_int_equal(t.filter.count, 0);
    /* one that is good, as proof that it is not the sealing */
    struct net_pdu p = { .ctl = 1, .src = CLIENT, .seq = 50, .len = 2 };
    p.transport[0] = PROXY_SET_FILTER_TYPE;
    len = net_seal(*state, &t.client.subnets[0].key[0], NET_NONCE_PROXY, &p, out);
    assert_int_not_equal(proxy_serve(&t.server.net, &t.filter, out, len, answer), 0);
}

/* Table 6.1: a control message for nobody, with a TTL of 0. */
static void what_is_no_proxy_pdu_is_ignored(void **state)
{
    static const struct net_pdu bad[] = {
        { .ctl = 0, .src = CLIENT, .seq = 1, .len = 2 },
        { .ctl = 1, .src = CLIENT, .seq = 2, .len = 2, .ttl = 1 },
        { .ctl = 1, .src = CLIENT, .seq = 3, .len = 2, .dst = 0x0001 },
        { .ctl = 1, .src = CLIENT, .seq = 4, .len = 2, .dst = 0xFFFF },
    };
    uint8_t out[NET_PDU_MAX], answer[NET_PDU_MAX], len;
    struct two t;

    two_init(&t, *state);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct net_pdu p = bad[i];

        p.transport[0] = PROXY_SET_FILTER_TYPE;
        len = net_seal(*state, &t.client.subnets[0].key[0], NET_NONCE_PROXY, &p, out);
        assert_int_not_equal(len, 0);
        assert_int_equal(proxy_serve(&t.server.net, &t.filter, out, len, answer), 0);
    }
}

/* 8.9.1 of the specification: Set Filter Type, sent by 0x0001 with SEQ 1. */
static void the_sample_is_sealed_alike(void **state)
{
    static const uint8_t net_key[16] = { 0xd1, 0xaa, 0xfb, 0x2a, 0x1a, 0x3c, 0x28, 0x1c,
                                         0xbd, 0xb0, 0xe9, 0x60, 0xed, 0xfa, 0xd8, 0x52 };
    static const uint8_t sample[] = { 0x10, 0x38, 0x6b, 0xd6, 0x0e, 0xfb, 0xbb, 0x8b, 0x8c, 0x28,
                                      0x51, 0x2e, 0x79, 0x2d, 0x37, 0x11, 0xf4, 0xb5, 0x26 };
    struct proxy_message m = { .opcode = PROXY_SET_FILTER_TYPE };
    uint8_t out[NET_PDU_MAX];
    struct one_net one;

    one_net_init(&one, *state, 0x0001, 1);
    assert_int_equal(keys_subnet_add(&one.net.keys, *state, 0, net_key), USHER_STATUS_SUCCESS);
    one.net.iv.index = 0x12345678;
    one.net.iv.seq = 1;
    one.net.iv.seq_reserved = 2;
    assert_int_equal(proxy_seal(&one.net, 0, &m, out), sizeof(sample));
    assert_memory_equal(out, sample, sizeof(sample));
    /* ... and the numbers that are reserved are used up. */
    assert_int_equal(proxy_seal(&one.net, 0, &m, out), 0);
}

int main(void)
{
    union {
        const struct usher_crypto *crypto;
        void *state;
    } u = { .crypto = usher_crypto_openssl_new() };
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(a_new_filter_accepts_nothing, u.state),
        cmocka_unit_test_prestate(lists_are_kept_as_asked, u.state),
        cmocka_unit_test_prestate(a_full_list_says_so, u.state),
        cmocka_unit_test_prestate(answers_reach_a_client_that_was_heard, u.state),
        cmocka_unit_test_prestate(a_repeat_is_not_answered, u.state),
        cmocka_unit_test_prestate(ones_own_message_that_comes_back_is_not_answered, u.state),
        cmocka_unit_test_prestate(malformed_messages_are_ignored, u.state),
        cmocka_unit_test_prestate(what_is_no_proxy_pdu_is_ignored, u.state),
        cmocka_unit_test_prestate(the_sample_is_sealed_alike, u.state),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    usher_crypto_openssl_free(u.crypto);
    return failed;
}
