/*
 * The two bearers of the network layer: which PDUs are advertised, which are given to the proxy
 * connections, in what order, and when their place in the queue is free again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "keys.h"
#include "net.h"
#include "one_net.h"

#define A 0x0010
#define B 0x0020
#define GROUP 0xC000

static void node(struct one_net *one, const struct usher_crypto *c)
{
    one_net_init(one, c, A, 2);
    one_net_subnet(one, 0, 0x10);
    one->net.net_transmit = 0; /* once */
    one->net.relay_retransmit = 0;
    one->subscribed = GROUP;
}

static struct net_pdu pdu(uint16_t src, uint16_t dst, uint32_t seq)
{
    return (struct net_pdu){ .ttl = 5, .src = src, .dst = dst, .seq = seq, .len = 1 };
}

static enum usher_err send_one(struct one_net *one, uint32_t seq, uint32_t token)
{
    struct net_pdu p = pdu(A, B, seq);

    return net_send_told(&one->net, 0, &p, token);
}

/* A PDU of another node's comes. @retval what net_rx() says */
static bool hear(struct one_net *one, uint8_t from, const struct net_pdu *p, uint16_t *src)
{
    uint8_t sealed[NET_PDU_MAX];
    struct net_pdu got;
    uint8_t len = net_seal(one->net.crypto, &one->subnets[0].key[0], NET_NONCE_NETWORK, p, sealed);
    bool ours = net_rx(&one->net, 0, from, sealed, len, &got);

    *src = got.src;
    return ours;
}

static uint32_t seq_of(const struct one_net *one, const uint8_t *sealed, size_t len)
{
    struct net_pdu p;

    assert_non_null(net_open(&one->net, NET_NONCE_NETWORK, sealed, len, &p));
    return p.seq;
}

static bool advertises(struct one_net *one, uint32_t seq)
{
    uint8_t ad[USHER_AD_MAX];
    uint8_t len = net_next(&one->net, 1000, ad);

    assert_true(len == 0 || seq_of(one, ad + 2, len - 2u) == seq);
    return len != 0;
}

static bool gives(struct one_net *one, uint32_t seq, struct net_taken *taken)
{
    bool any = net_take(&one->net, taken);

    assert_true(!any || seq_of(one, taken->pdu, taken->len) == seq);
    return any;
}

static bool is_empty(const struct one_net *one)
{
    return net_room(&one->net) == ONE_NET_TX && net_due(&one->net) == USHER_NEVER;
}

static void a_pdu_leaves_on_every_bearer_that_there_is(void **state)
{
    for (unsigned bearers = 0; bearers < 4; bearers++) {
        bool advertised = (bearers & NET_ADVERTISING) != 0, proxied = (bearers & NET_GATT) != 0;

        for (int order = 0; order < 2; order++) {
            struct one_net one;
            struct net_taken taken = { 0 };

            node(&one, *state);
            net_bearers(&one.net, advertised, proxied);
            assert_int_equal(send_one(&one, 1, 7), USHER_OK);
            assert_int_equal(net_has_sent(&one.net), bearers == 0);
            if (order == 0) {
                assert_int_equal(advertises(&one, 1), advertised);
                assert_int_equal(net_has_sent(&one.net), !proxied);
                assert_int_equal(gives(&one, 1, &taken), proxied);
            } else {
                assert_int_equal(gives(&one, 1, &taken), proxied);
                assert_int_equal(net_has_sent(&one.net), !advertised);
                assert_int_equal(advertises(&one, 1), advertised);
            }
            assert_true(!proxied || (taken.dst == B && taken.from == 0));
            assert_int_equal(net_sent(&one.net), 7);
            assert_true(is_empty(&one));
            assert_false(gives(&one, 1, &taken));
        }
    }
}

static void connections_get_pdus_in_the_order_of_sending(void **state)
{
    struct one_net one;
    struct net_taken taken;

    node(&one, *state);
    one.net.tx_order = UINT32_MAX - 2; /* it wraps */
    net_bearers(&one.net, true, true);
    for (uint32_t seq = 0; seq < 3; seq++) {
        assert_int_equal(send_one(&one, seq, 0), USHER_OK);
    }
    /* Two places become free before the last one, and are taken again. */
    for (uint32_t seq = 0; seq < 2; seq++) {
        assert_true(gives(&one, seq, &taken));
        assert_true(advertises(&one, seq));
    }
    for (uint32_t seq = 3; seq < 5; seq++) {
        assert_int_equal(send_one(&one, seq, 0), USHER_OK);
    }
    for (uint32_t seq = 2; seq < 5; seq++) {
        assert_true(gives(&one, seq, &taken));
    }
    assert_false(gives(&one, 0, &taken));
}

static void what_is_cancelled_goes_nowhere(void **state)
{
    struct one_net one;
    struct net_taken taken;
    struct net_pdu p = pdu(A, B, 1);

    node(&one, *state);
    net_bearers(&one.net, true, true);
    assert_int_equal(net_send(&one.net, 0, &p, 3), USHER_OK);
    assert_true(net_queued(&one.net, 3));
    net_cancel(&one.net, 3);
    assert_false(gives(&one, 1, &taken));
    assert_false(advertises(&one, 1));
    assert_true(is_empty(&one));
}

static void a_bearer_that_goes_is_not_waited_for(void **state)
{
    struct one_net one;
    struct net_taken taken;

    node(&one, *state);
    net_bearers(&one.net, true, true);
    assert_int_equal(send_one(&one, 1, 7), USHER_OK);
    assert_true(advertises(&one, 1));
    assert_false(net_has_sent(&one.net));
    net_bearers(&one.net, true, false);
    assert_int_equal(net_sent(&one.net), 7);
    assert_false(gives(&one, 1, &taken));
    assert_true(is_empty(&one));

    net_bearers(&one.net, true, true);
    assert_int_equal(send_one(&one, 2, 8), USHER_OK);
    net_bearers(&one.net, false, true);
    assert_false(advertises(&one, 2));
    assert_false(net_has_sent(&one.net));
    assert_true(gives(&one, 2, &taken));
    assert_int_equal(net_sent(&one.net), 8);
    assert_true(is_empty(&one));
}

/* 3.4.6.3, each sentence of it. */
static void what_is_relayed_where(void **state)
{
    for (unsigned i = 0; i < 3 * 3 * 2; i++) {
        uint8_t relay = (uint8_t)(i % 3), proxy = (uint8_t)(i / 3 % 3), from = i / 9 != 0 ? 4 : 0;
        bool advertised = (from == 0 ? relay : proxy) == 1, proxied = proxy == 1;
        struct net_pdu p = pdu(B, 0x0077, 1);
        struct net_taken taken = { 0 };
        struct one_net one;
        uint16_t src;

        node(&one, *state);
        one.net.relay = relay;
        one.net.proxy = proxy;
        net_bearers(&one.net, true, true);
        assert_false(hear(&one, from, &p, &src));
        assert_int_equal(src, B);
        assert_int_equal(one.net.stats.relayed, advertised || proxied);
        assert_int_equal(gives(&one, 1, &taken), proxied);
        assert_true(!proxied || (taken.from == from && taken.dst == 0x0077));
        assert_int_equal(advertises(&one, 1), advertised);
        assert_true(is_empty(&one));
    }
}

static void ttl_and_destination_say_whether_it_is_relayed(void **state)
{
    static const struct {
        uint8_t ttl;
        uint16_t dst;
        bool relayed, ours;
    } rows[] = {
        { 0, GROUP, false, true },    { 1, GROUP, false, true },  { 2, GROUP, true, true },
        { 127, 0xC001, true, false }, { 5, A, false, true },      { 5, A + 1, false, true },
        { 5, A + 2, true, false },    { 2, 0xFFFF, true, true },  { 2, 0xFFFC, true, true },
        { 2, 0xFFFE, true, false },   { 1, A + 2, false, false },
    };

    for (unsigned i = 0; i < 2 * sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t from = (uint8_t)(i % 2), n = (uint8_t)(i / 2);
        struct net_pdu p = pdu(B, rows[n].dst, 1), relayed;
        struct net_taken taken;
        struct one_net one;
        uint16_t src;

        node(&one, *state);
        one.net.proxy = 1;
        net_bearers(&one.net, true, true);
        p.ttl = rows[n].ttl;
        assert_int_equal(hear(&one, from, &p, &src), rows[n].ours);
        assert_int_equal(src, B);
        assert_int_equal(gives(&one, 1, &taken), rows[n].relayed);
        if (rows[n].relayed) {
            assert_non_null(net_open(&one.net, NET_NONCE_NETWORK, taken.pdu, taken.len, &relayed));
            assert_int_equal(relayed.ttl, p.ttl - 1);
        }
        assert_int_equal(advertises(&one, 1), rows[n].relayed && from != 0);
    }
}

static void without_connections_a_proxy_relays_nothing_to_them(void **state)
{
    struct net_pdu p = pdu(B, 0x0077, 1);
    struct one_net one;
    uint16_t src;

    node(&one, *state);
    one.net.proxy = 1;
    assert_false(hear(&one, 0, &p, &src));
    assert_int_equal(one.net.stats.relayed, 0);
    assert_true(is_empty(&one));
    /* ... and a node that does not advertise relays nothing there. */
    net_bearers(&one.net, false, true);
    p.seq = 2;
    assert_false(hear(&one, 1, &p, &src));
    assert_false(advertises(&one, 2));
}

static void only_what_is_new_has_a_source(void **state)
{
    struct net_pdu p = pdu(B, GROUP, 1), own = pdu(A, GROUP, 2);
    struct one_net one;
    uint16_t src;

    node(&one, *state);
    one.net.proxy = 1;
    net_bearers(&one.net, true, true);
    /* Heard on the air, and then by a connection; twice by a connection. */
    assert_true(hear(&one, 0, &p, &src));
    assert_int_equal(src, B);
    for (unsigned i = 0; i < 2; i++) {
        assert_false(hear(&one, 1, &p, &src));
        assert_int_equal(src, 0);
    }
    /* By a connection, and then on the air. */
    p.seq = 3;
    assert_true(hear(&one, 1, &p, &src));
    assert_int_equal(src, B);
    assert_false(hear(&one, 0, &p, &src));
    assert_int_equal(src, 0);
    /* From an element of ours, and with a key that we do not have. */
    assert_false(hear(&one, 1, &own, &src));
    assert_int_equal(src, 0);
    p.seq = 4;
    p.iv_index = 7;
    assert_false(hear(&one, 1, &p, &src));
    assert_int_equal(src, 0);
    assert_int_equal(one.net.stats.relayed, 2);
}

int main(void)
{
    const struct usher_crypto *crypto = usher_crypto_openssl_new();
    union {
        const struct usher_crypto *crypto;
        void *state;
    } u = { .crypto = crypto };
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(a_pdu_leaves_on_every_bearer_that_there_is, u.state),
        cmocka_unit_test_prestate(connections_get_pdus_in_the_order_of_sending, u.state),
        cmocka_unit_test_prestate(what_is_cancelled_goes_nowhere, u.state),
        cmocka_unit_test_prestate(a_bearer_that_goes_is_not_waited_for, u.state),
        cmocka_unit_test_prestate(what_is_relayed_where, u.state),
        cmocka_unit_test_prestate(ttl_and_destination_say_whether_it_is_relayed, u.state),
        cmocka_unit_test_prestate(without_connections_a_proxy_relays_nothing_to_them, u.state),
        cmocka_unit_test_prestate(only_what_is_new_has_a_source, u.state),
    };
    int failed = crypto == NULL ? 1 : cmocka_run_group_tests(tests, NULL, NULL);

    usher_crypto_openssl_free(crypto);
    return failed != 0;
}
