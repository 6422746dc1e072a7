/* The queue of Network PDUs: who goes when, how often, and what happens when it is full. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "keys.h"
#include "net.h"
#include "one_net.h"

#define A 0x0010
#define B 0x0020

static void sender(struct one_net *one, const struct usher_crypto *c)
{
    one_net_init(one, c, A, 2);
    one_net_subnet(one, 0, 0x10);
    one->net.net_transmit = 0; /* once */
}

static struct net_pdu pdu(uint16_t dst, uint32_t seq)
{
    return (struct net_pdu){ .ttl = 5, .src = A, .dst = dst, .seq = seq, .len = 1 };
}

static enum usher_err send_one(struct one_net *one, uint64_t at, uint32_t seq, uint8_t tag)
{
    struct net_pdu p = pdu(B, seq);

    return net_send(&one->net, at, &p, tag);
}

/* The SEQ of what is next. */
static uint32_t next_seq(struct one_net *one, uint64_t now)
{
    uint8_t ad[USHER_AD_MAX];
    uint8_t len = net_next(&one->net, now, ad);
    struct net_pdu p;

    assert_int_not_equal(len, 0);
    assert_int_equal(len, ad[0] + 1);
    assert_int_equal(ad[1], NET_AD_TYPE);
    assert_non_null(net_open(&one->net, NET_NONCE_NETWORK, ad + 2, len - 2u, &p));
    return p.seq;
}

static void it_is_sent_as_often_as_the_state_says(void **state)
{
    for (uint8_t transmit = 0; transmit < 8; transmit++) {
        uint8_t steps = (uint8_t)(transmit * 4 + 3);
        struct one_net one;
        uint8_t ad[USHER_AD_MAX];
        uint64_t now = 1000;

        sender(&one, *state);
        one.net.net_transmit = (uint8_t)(transmit | steps << 3);
        assert_int_equal(send_one(&one, now, 1, 0), USHER_OK);
        for (unsigned i = 0; i <= transmit; i++) {
            uint64_t due = net_due(&one.net);

            if (i == 0) {
                assert_int_equal(due, now);
            } else {
                assert_in_range(due - now, (steps + 1u) * 10, (steps + 1u) * 10 + 10);
            }
            assert_int_equal(net_next(&one.net, due - 1, ad), 0);
            now = due + 7; /* late: the interval is from one transmission to the next */
            assert_int_equal(next_seq(&one, now), 1);
        }
        assert_int_equal(net_due(&one.net), USHER_NEVER);
        assert_int_equal(net_next(&one.net, UINT64_MAX - 1, ad), 0);
        assert_int_equal(net_room(&one.net), ONE_NET_TX);
    }
}

static void intervals_vary_over_their_whole_range(void **state)
{
    struct one_net one;
    bool seen[11] = { false };

    sender(&one, *state);
    one.net.net_transmit = 1;
    for (uint32_t i = 0; i < 300; i++) {
        uint64_t now = 1000 * i;

        assert_int_equal(send_one(&one, now, i, 0), USHER_OK);
        assert_int_equal(next_seq(&one, now), i);
        assert_in_range(net_due(&one.net) - now, 10, 20);
        seen[net_due(&one.net) - now - 10] = true;
        assert_int_equal(next_seq(&one, now + 20), i);
    }
    for (size_t i = 0; i < 11; i++) {
        assert_true(seen[i]);
    }
}

static void the_one_that_waits_the_longest_goes_first(void **state)
{
    static const uint64_t at[] = { 50, 20, 90, 10, 70 };
    static const uint32_t order[] = { 3, 1, 0, 4, 2 };
    struct one_net one;

    sender(&one, *state);
    for (uint32_t i = 0; i < 5; i++) {
        assert_int_equal(send_one(&one, at[i], i, 0), USHER_OK);
    }
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(net_due(&one.net), at[order[i]]);
        assert_int_equal(next_seq(&one, 1000), order[i]);
    }
}

static void a_full_queue_keeps_what_it_holds(void **state)
{
    struct one_net one;

    sender(&one, *state);
    for (uint32_t seq = 0; seq < ONE_NET_TX; seq++) {
        assert_int_equal(net_room(&one.net), ONE_NET_TX - seq);
        assert_int_equal(send_one(&one, seq, seq, 0), USHER_OK);
    }
    assert_int_equal(send_one(&one, 0, 99, 0), USHER_E_NO_MEM);
    assert_int_equal(one.net.stats.no_memory, 1);
    for (uint32_t seq = 0; seq < ONE_NET_TX; seq++) {
        assert_int_equal(next_seq(&one, 1000), seq);
    }
    assert_int_equal(send_one(&one, 0, 99, 0), USHER_OK);
    assert_int_equal(one.net.stats.tx, ONE_NET_TX + 1);
}

static void cancelling_takes_what_has_the_tag(void **state)
{
    struct one_net one;

    sender(&one, *state);
    assert_int_equal(send_one(&one, 0, 0, 0), USHER_OK);
    assert_int_equal(send_one(&one, 1, 1, 1), USHER_OK);
    assert_int_equal(send_one(&one, 2, 2, 2), USHER_OK);
    assert_int_equal(send_one(&one, 3, 3, 1), USHER_OK);
    assert_true(net_queued(&one.net, 1));
    assert_false(net_queued(&one.net, 3));
    net_cancel(&one.net, 0);
    assert_int_equal(net_room(&one.net), ONE_NET_TX - 4);
    net_cancel(&one.net, 1);
    assert_false(net_queued(&one.net, 1));
    assert_true(net_queued(&one.net, 2));
    assert_int_equal(next_seq(&one, 10), 0);
    assert_int_equal(next_seq(&one, 10), 2);
    assert_false(net_queued(&one.net, 2));
    assert_int_equal(net_room(&one.net), ONE_NET_TX);
}

static void what_stays_here_is_not_queued(void **state)
{
    struct one_net one;
    struct net_pdu p;

    sender(&one, *state);
    for (uint16_t dst = A; dst <= A + 1; dst++) {
        p = pdu(dst, 1);
        assert_int_equal(net_send(&one.net, 0, &p, 0), USHER_OK);
    }
    p = pdu(B, 1);
    p.ttl = 1;
    assert_int_equal(net_send(&one.net, 0, &p, 0), USHER_OK);
    assert_int_equal(net_room(&one.net), ONE_NET_TX);
    p.ttl = 0;
    assert_int_equal(net_send(&one.net, 0, &p, 0), USHER_OK);
    p = pdu(0xFFFF, 2); /* for us, and for others */
    assert_int_equal(net_send(&one.net, 0, &p, 0), USHER_OK);
    assert_int_equal(net_room(&one.net), ONE_NET_TX - 2);
    p.net_index = 1;
    assert_int_equal(net_send(&one.net, 0, &p, 0), USHER_E_NOT_FOUND);
    p.net_index = 0;
    p.len = NET_TRANSPORT_MAX + 1;
    assert_int_equal(net_send(&one.net, 0, &p, 0), USHER_E_INTERNAL);
    assert_int_equal(net_room(&one.net), ONE_NET_TX - 2);
}

static void the_key_and_the_iv_index_are_those_to_transmit_with(void **state)
{
    struct one_net one;
    struct usher_subnet *s = one.subnets;

    sender(&one, *state);
    assert_int_equal(keys_subnet_update(&one.net.keys, *state, 0, one_net_key(0x30)),
                     USHER_STATUS_SUCCESS);
    for (s->phase = 1; s->phase <= 2; s->phase++) {
        uint8_t ad[USHER_AD_MAX];
        struct net_pdu p = pdu(B, 1), got;
        uint8_t len;

        p.iv_index = 4; /* not that of the state: a segment of an older message */
        assert_int_equal(net_send(&one.net, 0, &p, 0), USHER_OK);
        len = net_next(&one.net, 0, ad);
        assert_true(net_open_with(*state, &s->key[s->phase - 1], NET_NONCE_NETWORK, 4, ad + 2,
                                  len - 2u, &got));
        assert_false(net_open_with(*state, &s->key[2 - s->phase], NET_NONCE_NETWORK, 4, ad + 2,
                                   len - 2u, &got));
    }
}

static void jitter_is_below_its_bound(void **state)
{
    struct one_net one;
    bool seen[7] = { false };

    sender(&one, *state);
    net_begin(&one.net, 0); /* a seed that xorshift could not leave */
    for (int i = 0; i < 200; i++) {
        uint32_t jitter = net_jitter(&one.net, 7);

        assert_in_range(jitter, 0, 6);
        seen[jitter] = true;
        assert_int_equal(net_jitter(&one.net, 1), 0);
        assert_int_equal(net_jitter(&one.net, 0), 0);
    }
    for (size_t i = 0; i < 7; i++) {
        assert_true(seen[i]);
    }
}

int main(void)
{
    const struct usher_crypto *crypto = usher_crypto_openssl_new();
    union {
        const struct usher_crypto *crypto;
        void *state;
    } u = { .crypto = crypto };
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(it_is_sent_as_often_as_the_state_says, u.state),
        cmocka_unit_test_prestate(intervals_vary_over_their_whole_range, u.state),
        cmocka_unit_test_prestate(the_one_that_waits_the_longest_goes_first, u.state),
        cmocka_unit_test_prestate(a_full_queue_keeps_what_it_holds, u.state),
        cmocka_unit_test_prestate(cancelling_takes_what_has_the_tag, u.state),
        cmocka_unit_test_prestate(what_stays_here_is_not_queued, u.state),
        cmocka_unit_test_prestate(the_key_and_the_iv_index_are_those_to_transmit_with, u.state),
        cmocka_unit_test_prestate(jitter_is_below_its_bound, u.state),
    };
    int failed = crypto == NULL ? 1 : cmocka_run_group_tests(tests, NULL, NULL);

    usher_crypto_openssl_free(crypto);
    return failed != 0;
}
