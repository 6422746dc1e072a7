/*
 * What becomes of Network PDUs: which are opened, seen before, for us, relayed. Two or three nodes
 * that hand each other what they would advertise.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "keys.h"
#include "net.h"
#include "one_net.h"

#define A 0x0010 /* the sender */
#define B 0x0020 /* the receiver, with elements up to 0x0022 */

struct two {
    struct one_net a, b;
};

static void two_init(struct two *t, const struct usher_crypto *c)
{
    one_net_init(&t->a, c, A, 1);
    one_net_init(&t->b, c, B, 3);
    one_net_subnet(&t->a, 0, 0x10);
    one_net_subnet(&t->b, 0, 0x10);
}

static struct net_pdu pdu(uint16_t src, uint16_t dst, uint32_t seq)
{
    return (struct net_pdu){
        .ttl = 5, .src = src, .dst = dst, .seq = seq, .len = 3, .transport = { 1, 2, 3 }
    };
}

/* Seals a PDU with a subnet's key and hands it over. @retval what net_rx() says */
static bool hand(struct one_net *to, const struct usher_net_keys *k, const struct net_pdu *p,
                 struct net_pdu *got)
{
    uint8_t sealed[NET_PDU_MAX];
    uint8_t len = net_seal(to->net.crypto, k, NET_NONCE_NETWORK, p, sealed);

    assert_int_not_equal(len, 0);
    return net_rx(&to->net, 0, 0, sealed, len, got);
}

static bool opens(const struct one_net *to, const struct usher_net_keys *k, const struct net_pdu *p)
{
    uint8_t sealed[NET_PDU_MAX];
    uint8_t len = net_seal(to->net.crypto, k, NET_NONCE_NETWORK, p, sealed);
    struct net_pdu got;

    assert_int_not_equal(len, 0);
    return net_open(&to->net, NET_NONCE_NETWORK, sealed, len, &got) != NULL;
}

static void lengths_that_do_not_fit_are_not_sealed(void **state)
{
    struct two t;
    const struct usher_net_keys *k = &t.a.subnets[0].key[0];
    uint8_t sealed[NET_PDU_MAX];

    two_init(&t, *state);
    for (uint8_t ctl = 0; ctl <= 1; ctl++) {
        for (uint8_t len = 0; len <= 17; len++) {
            struct net_pdu p = pdu(A, B, 1);
            uint8_t expected = (uint8_t)(9 + len + (ctl ? 8 : 4));

            p.ctl = ctl;
            p.len = len;
            if (len == 0 || len > (ctl ? 12 : 16)) {
                expected = 0;
            }
            assert_int_equal(net_seal(*state, k, NET_NONCE_NETWORK, &p, sealed), expected);
        }
    }
}

static void addresses_are_those_of_the_table(void **state)
{
    static const struct {
        uint16_t src, dst;
        uint8_t ctl;
        bool opens;
    } rows[] = {
        { 0x0001, 0x0001, 0, true },  { 0x7FFF, 0x7FFF, 0, true },  { 0x0000, 0x0001, 0, false },
        { 0x8000, 0x0001, 0, false }, { 0xC000, 0x0001, 0, false }, { 0xFFFF, 0x0001, 0, false },
        { 0x0001, 0x0000, 0, false }, { 0x0001, 0x8000, 0, true },  { 0x0001, 0xBFFF, 0, true },
        { 0x0001, 0xC000, 0, true },  { 0x0001, 0xFFFF, 0, true },  { 0x0001, 0x0002, 1, true },
        { 0x0001, 0x0000, 1, false }, { 0x0001, 0x8000, 1, false }, { 0x0001, 0xBFFF, 1, false },
        { 0x0001, 0xC000, 1, true },  { 0x0001, 0xFFFF, 1, true },  { 0x8000, 0x0001, 1, false },
    };
    struct two t;

    two_init(&t, *state);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct net_pdu p = pdu(rows[i].src, rows[i].dst, 1);

        p.ctl = rows[i].ctl;
        assert_int_equal(opens(&t.b, &t.a.subnets[0].key[0], &p), rows[i].opens);
    }
}

static void both_iv_indexes_are_understood_and_no_others(void **state)
{
    struct two t;
    const struct usher_net_keys *k = &t.a.subnets[0].key[0];

    two_init(&t, *state);
    for (int updating = 0; updating <= 1; updating++) {
        t.b.net.iv.index = 11;
        t.b.net.iv.updating = updating;
        for (uint32_t iv_index = 8; iv_index <= 13; iv_index++) {
            struct net_pdu p = pdu(A, B, 1);

            p.iv_index = iv_index;
            assert_int_equal(opens(&t.b, k, &p), iv_index == 10 || iv_index == 11);
        }
    }
    /* There is none before 0, nor does 0 stand for one with the other bit. */
    t.b.net.iv.index = 0;
    for (uint32_t i = 0; i < 3; i++) {
        struct net_pdu p = pdu(A, B, 1);

        p.iv_index = i - 1;
        assert_int_equal(opens(&t.b, k, &p), p.iv_index == 0);
    }
}

static void keys_are_those_of_the_phase(void **state)
{
    struct two t;
    struct usher_subnet *s = t.b.subnets;
    struct net_pdu p = pdu(A, B, 1);
    struct usher_net_keys old, new;

    two_init(&t, *state);
    assert_int_equal(keys_derive(*state, one_net_key(0x10), &old), USHER_OK);
    assert_int_equal(keys_derive(*state, one_net_key(0x30), &new), USHER_OK);
    assert_true(opens(&t.b, &old, &p));
    assert_false(opens(&t.b, &new, &p));
    assert_int_equal(keys_subnet_update(&t.b.net.keys, *state, 0, one_net_key(0x30)),
                     USHER_STATUS_SUCCESS);
    for (s->phase = 1; s->phase <= 2; s->phase++) {
        assert_true(opens(&t.b, &old, &p));
        assert_true(opens(&t.b, &new, &p));
    }
    s->phase = 2;
    assert_int_equal(keys_refresh(&t.b.net.keys, *state, 0, 3), USHER_STATUS_SUCCESS);
    assert_false(opens(&t.b, &old, &p));
    assert_true(opens(&t.b, &new, &p));
}

/* Another key with the NID of the one that is all 0x10. */
static struct usher_net_keys same_nid(const struct usher_crypto *c, uint8_t nid, uint8_t from,
                                      uint8_t key[16])
{
    struct usher_net_keys k;

    memset(key, from, 16);
    for (key[0] = 0; key[0] < 255; key[0]++) {
        for (key[1] = 0; key[1] < 8; key[1]++) {
            assert_int_equal(keys_derive(c, key, &k), USHER_OK);
            if (k.nid == nid) {
                return k;
            }
        }
    }
    fail_msg("2040 keys, and none has NID %02x", nid);
    return k;
}

static void every_key_with_the_nid_is_tried(void **state)
{
    struct two t;
    struct usher_net_keys twin, third, stranger;
    uint8_t key[16];
    struct net_pdu p = pdu(A, B, 1), got;

    two_init(&t, *state);
    twin = same_nid(*state, t.b.subnets[0].key[0].nid, 1, key);
    assert_int_equal(keys_subnet_add(&t.b.net.keys, *state, 9, key), USHER_STATUS_SUCCESS);
    third = same_nid(*state, twin.nid, 2, key);
    assert_int_equal(keys_subnet_update(&t.b.net.keys, *state, 9, key), USHER_STATUS_SUCCESS);
    stranger = same_nid(*state, twin.nid, 3, key);

    assert_true(hand(&t.b, &t.a.subnets[0].key[0], &p, &got));
    assert_int_equal(got.net_index, 0);
    p.seq++;
    assert_true(hand(&t.b, &twin, &p, &got));
    assert_int_equal(got.net_index, 9);
    p.seq++;
    assert_true(hand(&t.b, &third, &p, &got));
    assert_int_equal(got.net_index, 9);
    assert_memory_equal(got.transport, p.transport, p.len);
    p.seq++;
    assert_false(hand(&t.b, &stranger, &p, &got));
    assert_int_equal(t.b.net.stats.undecrypted, 1);
    assert_int_equal(t.b.net.stats.rx, 3);
}

static void junk_is_refused(void **state)
{
    enum { LEN_MAX = 64, TIMES = 20 };
    struct two t;
    struct net_pdu got;
    uint32_t dice = 1;

    two_init(&t, *state);
    for (unsigned i = 0; i < (LEN_MAX + 1) * TIMES; i++) {
        size_t len = i % (LEN_MAX + 1);
        uint8_t *junk = malloc(len + 1); /* of this length, so that a sanitizer sees its end */

        assert_non_null(junk);
        for (size_t at = 0; at < len; at++) {
            dice = dice * 1664525u + 1013904223u;
            junk[at + 1] = (uint8_t)(dice >> 24);
        }
        if (len > 0) {
            junk[1] = t.b.subnets[0].key[0].nid;
        }
        assert_false(net_rx(&t.b.net, 0, 0, junk + 1, len, &got));
        free(junk);
    }
    assert_int_equal(t.b.net.stats.undecrypted, (LEN_MAX + 1) * TIMES);
}

/*
 * Sealed by hand, as net_seal() does not make them: authentic, but with no transport PDU in it, or
 * one that is too long.
 */
static void an_authentic_pdu_of_a_wrong_length_is_refused(void **state)
{
    const struct usher_crypto *c = *state;
    struct two t;
    const struct usher_net_keys *k = &t.b.subnets[0].key[0];

    two_init(&t, c);
    for (uint8_t transport = 0; transport <= 40; transport++) {
        const uint8_t header[6] = { 0x85, 0, 0, transport, A >> 8, A & 0xFF }; /* CTL, TTL 5 */
        const uint8_t plain[2 + 40] = { B >> 8, B & 0xFF, 0x01 };
        uint8_t sealed[7 + sizeof(plain) + 8] = { k->nid };
        uint8_t block[16] = { 0 }, nonce[USHER_CCM_NONCE];
        struct net_pdu got;

        net_nonce_fill(NET_NONCE_NETWORK, header[0], transport, A, 0, 0, nonce);
        assert_int_equal(c->ccm_encrypt(c->ctx, k->encryption, nonce, NULL, 0, plain,
                                        2u + transport, sealed + 7, 8),
                         USHER_OK);
        memcpy(block + 9, sealed + 7, 7);
        assert_int_equal(c->aes128(c->ctx, k->privacy, block, block), USHER_OK);
        for (size_t i = 0; i < sizeof(header); i++) {
            sealed[1 + i] = header[i] ^ block[i];
        }
        assert_int_equal(net_rx(&t.b.net, 0, 0, sealed, 7u + 2u + transport + 8u, &got),
                         transport >= 1 && transport <= 12);
    }
}

/* Places for keys that hold none hold zeros, which anybody can know. */
static void no_key_is_no_key(void **state)
{
    const struct usher_net_keys none = { 0 };
    struct net_pdu p = pdu(A, B, 1);
    struct two t;

    two_init(&t, *state);
    assert_false(opens(&t.b, &none, &p));
}

static void a_message_is_taken_once(void **state)
{
    struct two t;
    const struct usher_net_keys *k = &t.b.subnets[0].key[0];
    struct net_pdu p = pdu(A, B, 1), got;

    two_init(&t, *state);
    one_net_subnet(&t.b, 1, 0x11);
    assert_true(hand(&t.b, k, &p, &got));
    assert_false(hand(&t.b, k, &p, &got));
    p.ttl = 4; /* by way of a relay */
    assert_false(hand(&t.b, k, &p, &got));
    assert_int_equal(t.b.net.stats.cached, 2);

    /* What differs in what names a message is another one. */
    p.src = A + 1;
    assert_true(hand(&t.b, k, &p, &got));
    for (uint32_t bit = 1; bit < 24; bit++) {
        p = pdu(A, B, 1 | 1u << bit);
        assert_true(hand(&t.b, k, &p, &got));
    }
    for (uint32_t bit = 0; bit < 13; bit++) {
        t.b.net.iv.index = 1u << bit;
        p = pdu(A, B, 1);
        p.iv_index = t.b.net.iv.index;
        assert_true(hand(&t.b, k, &p, &got));
    }
    assert_true(hand(&t.b, &t.b.subnets[1].key[0], &p, &got));
    assert_int_equal(t.b.net.stats.cached, 2);
}

/* ... without being decrypted again if nothing about it has changed. What could not be decrypted is
 * tried anew, as there may be a key for it by now. */
static void what_is_heard_again_costs_nothing(void **state)
{
    struct two t;
    struct net_pdu p = pdu(A, B, 7), got;

    two_init(&t, *state);
    assert_true(hand(&t.b, &t.a.subnets[0].key[0], &p, &got));
    assert_false(hand(&t.b, &t.a.subnets[0].key[0], &p, &got));
    assert_int_equal(t.b.net.stats.rx, 1);
    assert_int_equal(t.b.net.stats.cached, 1);
    p.ttl--;
    assert_false(hand(&t.b, &t.a.subnets[0].key[0], &p, &got));
    assert_int_equal(t.b.net.stats.rx, 2);
    assert_int_equal(t.b.net.stats.cached, 2);

    one_net_subnet(&t.a, 5, 0x55);
    assert_false(hand(&t.b, &t.a.subnets[1].key[0], &p, &got));
    one_net_subnet(&t.b, 5, 0x55);
    assert_true(hand(&t.b, &t.a.subnets[1].key[0], &p, &got));
}

static void the_oldest_is_forgotten_first(void **state)
{
    struct two t;
    const struct usher_net_keys *k = &t.b.subnets[0].key[0];
    struct net_pdu got;

    two_init(&t, *state);
    for (uint32_t seq = 0; seq < USHER_NET_CACHE; seq++) {
        struct net_pdu p = pdu(A, B, seq);

        assert_true(hand(&t.b, k, &p, &got));
    }
    for (uint32_t seq = 0; seq < USHER_NET_CACHE; seq++) {
        struct net_pdu p = pdu(A, B, seq);

        assert_false(hand(&t.b, k, &p, &got));
    }
    for (uint32_t seq = USHER_NET_CACHE; seq < USHER_NET_CACHE + 2; seq++) {
        struct net_pdu p = pdu(A, B, seq), forgotten = pdu(A, B, seq - USHER_NET_CACHE);
        struct net_pdu kept = pdu(A, B, 2 * (seq - USHER_NET_CACHE) + 2);

        assert_true(hand(&t.b, k, &p, &got));
        assert_false(hand(&t.b, k, &kept, &got));
        assert_true(hand(&t.b, k, &forgotten, &got));
    }
}

static void what_is_for_us(void **state)
{
    static const struct {
        uint16_t dst;
        bool relay, ours;
    } rows[] = {
        { B - 1, false, false },  { B, false, true },       { B + 2, false, true },
        { B + 3, false, false },  { 0xC100, false, true },  { 0xC101, false, true },
        { 0xC102, false, false }, { 0x8000, false, false }, { 0xFFFF, false, true },
        { 0xFFFE, false, false }, { 0xFFFE, true, true },   { 0xFFFD, true, false },
        { 0xFFFC, true, false },
    };
    struct two t;

    two_init(&t, *state);
    t.b.subscribed = 0xC100;
    t.b.net.heartbeat.sub_dst = 0xC101;
    for (uint32_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct net_pdu p = pdu(A, rows[i].dst, i), got;

        t.b.net.relay = rows[i].relay;
        assert_int_equal(hand(&t.b, &t.b.subnets[0].key[0], &p, &got), rows[i].ours);
    }
    t.b.net.address = 0; /* not a node */
    assert_false(net_is_element(&t.b.net, 0));
    assert_false(net_is_element(&t.b.net, 1));
}

static void our_own_that_we_hear_back_is_dropped(void **state)
{
    struct two t;
    struct net_pdu got;

    two_init(&t, *state);
    t.b.net.relay = 1;
    for (uint16_t src = B - 1; src <= B + 3; src++) {
        struct net_pdu p = pdu(src, 0xFFFF, src);
        bool own = src >= B && src <= B + 2;

        assert_int_equal(hand(&t.b, &t.b.subnets[0].key[0], &p, &got), !own);
        assert_int_equal(t.b.net.stats.relayed, src < B ? 1 : src > B + 2 ? 2 : 1);
    }
}

static void relaying_has_its_conditions(void **state)
{
    static const struct {
        uint8_t relay, ttl;
        uint16_t dst;
        bool relayed;
    } rows[] = {
        { 1, 2, 0x0030, true },  { 1, 127, 0x0030, true }, { 1, 1, 0x0030, false },
        { 1, 0, 0x0030, false }, { 0, 5, 0x0030, false },  { 2, 5, 0x0030, false },
        { 1, 5, B, false },      { 1, 5, B + 2, false },   { 1, 5, 0xFFFF, true },
        { 1, 5, 0xC000, true },  { 1, 5, 0x8123, true },
    };

    for (uint32_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct two t;
        struct net_pdu p = pdu(A, rows[i].dst, i), got;

        two_init(&t, *state);
        t.b.net.relay = rows[i].relay;
        p.ttl = rows[i].ttl;
        hand(&t.b, &t.b.subnets[0].key[0], &p, &got);
        assert_int_equal(got.ttl, p.ttl);
        assert_int_equal(t.b.net.stats.relayed, rows[i].relayed);
        assert_int_equal(net_room(&t.b.net), ONE_NET_TX - rows[i].relayed);
    }
}

static void a_relayed_pdu_is_the_same_but_for_its_ttl(void **state)
{
    struct two t;
    struct usher_net_keys old;
    struct net_pdu p = pdu(A, 0xC000, 0x123456), got;
    uint8_t ad[USHER_AD_MAX], len;

    two_init(&t, *state);
    t.b.net.relay = 1;
    t.b.net.net_transmit = 0;
    t.b.net.relay_retransmit = 1 | 4 << 3; /* twice, 50 ms apart */
    /* A node that uses the new key already relays for one that does not with the old one. */
    old = t.b.subnets[0].key[0];
    assert_int_equal(keys_subnet_update(&t.b.net.keys, *state, 0, one_net_key(0x30)),
                     USHER_STATUS_SUCCESS);
    assert_int_equal(keys_refresh(&t.b.net.keys, *state, 0, 2), USHER_STATUS_SUCCESS);
    t.b.net.iv.index = 7; /* and the IV Index before */
    p.iv_index = 6;
    p.ctl = 1;
    hand(&t.b, &old, &p, &got);

    assert_true(net_due(&t.b.net) < 20);
    len = net_next(&t.b.net, net_due(&t.b.net), ad);
    assert_int_equal(len, ad[0] + 1);
    assert_int_equal(ad[1], NET_AD_TYPE);
    assert_true(net_open_with(*state, &old, NET_NONCE_NETWORK, 6, ad + 2, len - 2u, &got));
    assert_int_equal(got.ttl, 4);
    assert_int_equal(got.ctl, 1);
    assert_int_equal(got.src, A);
    assert_int_equal(got.dst, 0xC000);
    assert_int_equal(got.seq, 0x123456);
    assert_int_equal(got.len, p.len);
    assert_memory_equal(got.transport, p.transport, p.len);
    assert_in_range(net_due(&t.b.net), 50, 80);
    assert_int_not_equal(net_next(&t.b.net, 100, ad), 0);
    assert_int_equal(net_due(&t.b.net), USHER_NEVER);
}

static void relays_do_not_all_start_at_once(void **state)
{
    struct two t;
    unsigned starts = 0;

    for (uint32_t seed = 0; seed < 64; seed++) {
        struct net_pdu p = pdu(A, 0xC000, 1), got;

        two_init(&t, *state);
        net_begin(&t.b.net, seed * 0x9E3779B9u);
        t.b.net.relay = 1;
        hand(&t.b, &t.b.subnets[0].key[0], &p, &got);
        assert_true(net_due(&t.b.net) < 20);
        starts |= 1u << net_due(&t.b.net);
    }
    assert_true(__builtin_popcount(starts) > 10);
}

static void a_full_queue_stops_relaying_not_hearing(void **state)
{
    struct two t;
    struct net_pdu got;

    two_init(&t, *state);
    t.b.net.relay = 1;
    for (uint32_t seq = 0; seq < ONE_NET_TX + 3; seq++) {
        struct net_pdu p = pdu(A, 0xFFFF, seq);

        assert_true(hand(&t.b, &t.b.subnets[0].key[0], &p, &got));
    }
    assert_int_equal(t.b.net.stats.relayed, ONE_NET_TX);
    assert_int_equal(t.b.net.stats.no_memory, 3);
}

static void begin_keeps_who_we_are(void **state)
{
    struct two t;
    struct net_pdu p = pdu(A, 0xFFFF, 1), got;

    two_init(&t, *state);
    t.b.net.relay = 1;
    t.b.net.iv.index = 1;
    t.b.rpl[0] = (struct usher_rpl_entry){ .src = 5 };
    assert_true(hand(&t.b, &t.b.subnets[0].key[0], &p, &got));
    t.b.sar_tx[0].used = true;
    t.b.sar_rx[1].used = true;
    net_begin(&t.b.net, 3);
    assert_int_equal(net_room(&t.b.net), ONE_NET_TX);
    assert_false(t.b.sar_tx[0].used);
    assert_false(t.b.sar_rx[1].used);
    assert_int_equal(t.b.net.stats.rx, 0);
    assert_int_equal(t.b.net.relay, 0);
    assert_int_equal(t.b.net.iv.index, 1);
    assert_int_equal(t.b.rpl[0].src, 5);
    assert_true(hand(&t.b, &t.b.subnets[0].key[0], &p, &got)); /* the cache is empty */
    t.b.net.features = 0;
    net_begin(&t.b.net, 3);
    assert_int_equal(t.b.net.relay, 2);
}

int main(void)
{
    const struct usher_crypto *crypto = usher_crypto_openssl_new();
    union {
        const struct usher_crypto *crypto;
        void *state;
    } u = { .crypto = crypto };
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(lengths_that_do_not_fit_are_not_sealed, u.state),
        cmocka_unit_test_prestate(addresses_are_those_of_the_table, u.state),
        cmocka_unit_test_prestate(both_iv_indexes_are_understood_and_no_others, u.state),
        cmocka_unit_test_prestate(keys_are_those_of_the_phase, u.state),
        cmocka_unit_test_prestate(every_key_with_the_nid_is_tried, u.state),
        cmocka_unit_test_prestate(junk_is_refused, u.state),
        cmocka_unit_test_prestate(an_authentic_pdu_of_a_wrong_length_is_refused, u.state),
        cmocka_unit_test_prestate(no_key_is_no_key, u.state),
        cmocka_unit_test_prestate(a_message_is_taken_once, u.state),
        cmocka_unit_test_prestate(what_is_heard_again_costs_nothing, u.state),
        cmocka_unit_test_prestate(the_oldest_is_forgotten_first, u.state),
        cmocka_unit_test_prestate(what_is_for_us, u.state),
        cmocka_unit_test_prestate(our_own_that_we_hear_back_is_dropped, u.state),
        cmocka_unit_test_prestate(relaying_has_its_conditions, u.state),
        cmocka_unit_test_prestate(a_relayed_pdu_is_the_same_but_for_its_ttl, u.state),
        cmocka_unit_test_prestate(relays_do_not_all_start_at_once, u.state),
        cmocka_unit_test_prestate(a_full_queue_stops_relaying_not_hearing, u.state),
        cmocka_unit_test_prestate(begin_keeps_who_we_are, u.state),
    };
    int failed = crypto == NULL ? 1 : cmocka_run_group_tests(tests, NULL, NULL);

    usher_crypto_openssl_free(crypto);
    return failed != 0;
}
