/* Beacons of nodes: which are believed, what they change, and when ours are sent. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "keys.h"
#include "one_net.h"
#include "secbeacon.h"

#define HOUR 3600000ull
#define NOW (1000 * HOUR)

static void node(struct one_net *one, const struct usher_crypto *c)
{
    one_net_init(one, c, 1, 1);
    one_net_subnet(one, 0, 0x10);
    one->net.iv.index = 10;
}

/* Gives the primary subnet a new key, all 0x30, and enters a phase. */
static void refresh_to(struct one_net *one, uint8_t phase)
{
    assert_int_equal(keys_subnet_update(&one->net.keys, one->net.crypto, 0, one_net_key(0x30)),
                     USHER_STATUS_SUCCESS);
    one->subnets[0].phase = phase;
}

static void build(const struct usher_crypto *c, bool private, uint8_t octet, uint8_t flags,
                  uint32_t iv_index, uint8_t out[PRIVBEACON_LEN])
{
    static const uint8_t random[13] = { 1, 2, 3 };
    struct usher_net_keys k;

    assert_int_equal(keys_derive(c, one_net_key(octet), &k), USHER_OK);
    assert_int_equal(private ? privbeacon_build(c, &k, flags, iv_index, random, out)
                             : secbeacon_build(c, &k, flags, iv_index, out),
                     USHER_OK);
}

static void beacons_of_the_phases_keys_are_believed(void **state)
{
    static const struct {
        uint8_t phase;
        bool old, new;
    } rows[] = { { 0, true, false }, { 1, true, true }, { 2, false, true } };

    for (size_t i = 0; i < 2 * sizeof(rows) / sizeof(rows[0]); i++) {
        bool private = i % 2;
        size_t len = private ? PRIVBEACON_LEN : SECBEACON_LEN;
        uint8_t beacon[PRIVBEACON_LEN];
        struct secbeacon b;
        struct one_net one;

        node(&one, *state);
        if (rows[i / 2].phase > 0) {
            refresh_to(&one, rows[i / 2].phase);
        }
        build(*state, private, 0x10, 0xFE, 10, beacon); /* with flags of the future */
        assert_int_equal(secbeacon_open(&one.net, beacon, len, &b), rows[i / 2].old);
        if (rows[i / 2].old) {
            assert_false(b.new_key);
            assert_int_equal(b.flags, SECBEACON_IV_UPDATE);
        }
        build(*state, private, 0x30, 1, 10, beacon);
        assert_int_equal(secbeacon_open(&one.net, beacon, len, &b), rows[i / 2].new);
        if (rows[i / 2].new) {
            assert_true(b.new_key);
            assert_int_equal(b.iv_index, 10);
            assert_int_equal(b.net_index, 0);
        }
    }
}

static void a_beacon_says_of_which_subnet_it_is(void **state)
{
    uint8_t beacon[PRIVBEACON_LEN];
    struct secbeacon b;
    struct one_net one;

    node(&one, *state);
    one_net_subnet(&one, 4, 0x14);
    build(*state, false, 0x14, 0, 10, beacon);
    assert_true(secbeacon_open(&one.net, beacon, SECBEACON_LEN, &b));
    assert_int_equal(b.net_index, 4);
    build(*state, true, 0x14, 0, 10, beacon);
    assert_true(secbeacon_open(&one.net, beacon, PRIVBEACON_LEN, &b));
    assert_int_equal(b.net_index, 4);
    assert_int_equal(keys_subnet_delete(&one.net.keys, *state, 4), USHER_STATUS_SUCCESS);
    assert_false(secbeacon_open(&one.net, beacon, PRIVBEACON_LEN, &b));
}

/* Places for keys that hold none hold zeros, which anybody can know. */
static void no_key_is_no_key(void **state)
{
    static const uint8_t random[13] = { 1, 2, 3 };
    const struct usher_net_keys none = { 0 };
    uint8_t beacon[PRIVBEACON_LEN];
    struct secbeacon b;
    struct one_net one;

    node(&one, *state);
    assert_int_equal(privbeacon_build(*state, &none, 0, 10, random, beacon), USHER_OK);
    assert_false(secbeacon_open(&one.net, beacon, PRIVBEACON_LEN, &b));
    assert_int_equal(secbeacon_build(*state, &none, 0, 10, beacon), USHER_OK);
    assert_false(secbeacon_open(&one.net, beacon, SECBEACON_LEN, &b));
}

static void key_refresh_follows_the_new_key(void **state)
{
    static const struct {
        uint8_t from, flags;
        bool new_key;
        uint8_t to;
    } rows[] = {
        { 0, 1, false, 0 }, { 0, 0, false, 0 }, { 1, 1, false, 1 }, { 1, 0, false, 1 },
        { 1, 1, true, 2 },  { 1, 0, true, 0 },  { 2, 1, true, 2 },  { 2, 0, true, 0 },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct secbeacon b = { .flags = rows[i].flags, .iv_index = 10, .new_key = rows[i].new_key };
        bool changes = rows[i].from != rows[i].to, iv;
        struct usher_subnet *refresh;
        struct one_net one;

        node(&one, *state);
        if (rows[i].from > 0) {
            refresh_to(&one, rows[i].from);
        }
        assert_int_equal(secbeacon_take(&one.net, NOW, &b, &iv, &refresh), changes);
        assert_false(iv);
        assert_ptr_equal(refresh, changes ? &one.subnets[0] : NULL);
        assert_int_equal(one.subnets[0].phase, rows[i].to);
    }
}

static bool take_iv(struct one_net *one, uint16_t net_index, uint32_t iv_index, uint8_t flags)
{
    struct secbeacon b = { .flags = flags, .iv_index = iv_index, .net_index = net_index };
    struct usher_subnet *refresh;
    bool iv, changed = secbeacon_take(&one->net, NOW, &b, &iv, &refresh);

    assert_null(refresh);
    assert_int_equal(changed, iv);
    return changed;
}

static void the_primary_subnet_leads_the_iv_index(void **state)
{
    struct one_net one;

    node(&one, *state);
    one_net_subnet(&one, 4, 0x14);
    assert_false(take_iv(&one, 4, 11, SECBEACON_IV_UPDATE));
    assert_true(take_iv(&one, 0, 11, SECBEACON_IV_UPDATE));
    assert_true(one.net.iv.updating);

    /* A node that is not on it goes by the subnet that it is on. */
    one_net_init(&one, *state, 1, 1);
    one_net_subnet(&one, 4, 0x14);
    assert_true(take_iv(&one, 4, 11, SECBEACON_IV_UPDATE));
    assert_int_equal(one.net.iv.index, 11);
    assert_false(take_iv(&one, 5, 12, 0)); /* a subnet that is gone meanwhile */
}

static void an_update_does_not_end_under_a_segmented_message(void **state)
{
    struct one_net one;

    node(&one, *state);
    one.net.iv.updating = true;
    one.sar_tx[1].used = true;
    assert_false(take_iv(&one, 0, 10, 0));
    one.sar_tx[1].done = true;
    assert_true(take_iv(&one, 0, 10, 0));
    assert_false(one.net.iv.updating);
}

static void a_beacon_tells_the_state(void **state)
{
    struct one_net one, peer;
    uint8_t ad[USHER_AD_MAX];
    struct secbeacon b;

    for (uint8_t phase = 0; phase <= 2; phase++) {
        node(&one, *state);
        node(&peer, *state);
        if (phase > 0) {
            refresh_to(&one, phase);
            refresh_to(&peer, 1);
        }
        one.net.iv.updating = phase == 1;
        assert_int_equal(secbeacon_next(&one.net, NOW, NULL, ad), SECBEACON_LEN + 2);
        assert_int_equal(ad[0], SECBEACON_LEN + 1);
        assert_int_equal(ad[1], 0x2B);
        assert_true(secbeacon_open(&peer.net, ad + 2, SECBEACON_LEN, &b));
        assert_int_equal(b.flags, phase == 2 ? SECBEACON_KEY_REFRESH
                                             : (phase == 1 ? SECBEACON_IV_UPDATE : 0));
        assert_int_equal(b.new_key, phase == 2);
        assert_int_equal(b.iv_index, 10);
    }
}

static void nothing_is_sent_that_should_not_be(void **state)
{
    struct one_net one;
    uint8_t ad[USHER_AD_MAX];

    node(&one, *state);
    one.net.beacon = 0;
    assert_int_equal(secbeacon_due(&one.net), USHER_NEVER);
    assert_int_equal(secbeacon_next(&one.net, NOW, NULL, ad), 0);
    one.net.beacon = 1;
    one.net.address = 0;
    assert_int_equal(secbeacon_due(&one.net), USHER_NEVER);
    assert_int_equal(secbeacon_next(&one.net, NOW, NULL, ad), 0);
    one.net.address = 1;
    assert_int_equal(secbeacon_next(&one.net, NOW, NULL, ad), SECBEACON_LEN + 2);
}

static void the_interval_grows_with_what_is_heard(void **state)
{
    static const struct {
        unsigned heard;
        uint64_t interval;
    } rows[] = { { 0, 10000 }, { 1, 20000 }, { 9, 100000 }, { 59, 600000 }, { 65536, 600000 } };
    struct one_net one;
    uint8_t ad[USHER_AD_MAX];
    uint64_t now = NOW;

    node(&one, *state);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (unsigned n = 0; n < rows[i].heard; n++) {
            assert_false(take_iv(&one, 0, 10, 0));
        }
        assert_int_equal(secbeacon_next(&one.net, now, NULL, ad), SECBEACON_LEN + 2);
        assert_in_range(secbeacon_due(&one.net) - now, rows[i].interval,
                        rows[i].interval + (rows[i].interval < 600000 ? 499 : 0));
        assert_int_equal(secbeacon_next(&one.net, secbeacon_due(&one.net) - 1, NULL, ad), 0);
        now = secbeacon_due(&one.net);
    }
}

static void each_subnet_has_its_own_beacon(void **state)
{
    struct one_net one;
    uint8_t ad[USHER_AD_MAX];
    struct secbeacon b;
    bool seen[5] = { false };

    node(&one, *state);
    one_net_subnet(&one, 4, 0x14);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(secbeacon_next(&one.net, NOW, NULL, ad), SECBEACON_LEN + 2);
        assert_true(secbeacon_open(&one.net, ad + 2, SECBEACON_LEN, &b));
        assert_false(seen[b.net_index]);
        seen[b.net_index] = true;
    }
    assert_int_equal(secbeacon_next(&one.net, NOW, NULL, ad), 0);
    assert_true(secbeacon_due(&one.net) >= NOW + 10000);
}

static void a_change_is_told_soon(void **state)
{
    struct one_net one;
    uint8_t ad[USHER_AD_MAX];

    node(&one, *state);
    for (unsigned n = 0; n < 30; n++) {
        assert_false(take_iv(&one, 0, 10, 0));
    }
    assert_int_equal(secbeacon_next(&one.net, NOW, NULL, ad), SECBEACON_LEN + 2);
    assert_true(secbeacon_due(&one.net) > NOW + 300000);
    assert_true(take_iv(&one, 0, 11, SECBEACON_IV_UPDATE));
    assert_in_range(secbeacon_due(&one.net), NOW, NOW + 499);
    /* And again after the least interval: what was heard before no longer counts. */
    assert_int_equal(secbeacon_next(&one.net, NOW + 500, NULL, ad), SECBEACON_LEN + 2);
    assert_in_range(secbeacon_due(&one.net), NOW + 10500, NOW + 11000);
}

/* However many nodes hear each other, there is about one beacon in 10 s. */
static void many_nodes_share_the_beacons(void **state)
{
    enum { NODES = 12, SECONDS = 3600 };
    static struct one_net nodes[NODES];
    unsigned beacons = 0;

    for (uint16_t i = 0; i < NODES; i++) {
        one_net_init(&nodes[i], *state, (uint16_t)(i + 1), 1);
        one_net_subnet(&nodes[i], 0, 0x10);
        secbeacon_hurry(&nodes[i].net, 0);
    }
    for (uint64_t now = 0; now < SECONDS * 1000; now += 20) {
        for (size_t from = 0; from < NODES; from++) {
            uint8_t ad[USHER_AD_MAX];
            struct secbeacon b;

            if (secbeacon_next(&nodes[from].net, now, NULL, ad) == 0) {
                continue;
            }
            beacons += now > 600000;
            for (size_t to = 0; to < NODES; to++) {
                struct usher_subnet *refresh;
                bool iv;

                if (to != from) {
                    assert_true(secbeacon_open(&nodes[to].net, ad + 2, SECBEACON_LEN, &b));
                    assert_false(secbeacon_take(&nodes[to].net, now, &b, &iv, &refresh));
                }
            }
        }
    }
    assert_in_range(beacons, 240, 360); /* in 3000 s */
}

/* -- private beacons --------------------------------------------------------------------------- */

static const uint8_t *random_of(uint8_t octet)
{
    static uint8_t random[PRIVBEACON_RANDOM];

    memset(random, octet, sizeof(random));
    return random;
}

/* The private beacon that is sent at @p now. @retval the first octet of its randomness */
static uint8_t private_next(struct one_net *one, uint64_t now, const uint8_t *random,
                            struct secbeacon *b)
{
    uint8_t ad[USHER_AD_MAX];

    assert_int_equal(secbeacon_next(&one->net, now, random, ad), PRIVBEACON_LEN + 2);
    assert_int_equal(ad[0], PRIVBEACON_LEN + 1);
    assert_int_equal(ad[1], SECBEACON_AD_TYPE);
    assert_true(secbeacon_open(&one->net, ad + 2, PRIVBEACON_LEN, b));
    assert_true(b->private);
    return ad[3];
}

static void private_node(struct one_net *one, const struct usher_crypto *c)
{
    node(one, c);
    one->net.beacon = 0;
    one->net.private_beacon = 1;
}

static void either_kind_or_both_are_sent(void **state)
{
    struct one_net one;
    uint8_t ad[USHER_AD_MAX];
    unsigned kinds[2] = { 0 };
    struct secbeacon b;
    uint8_t len;

    private_node(&one, *state);
    one.net.iv.updating = true;
    private_next(&one, NOW, random_of(1), &b);
    assert_int_equal(b.flags, SECBEACON_IV_UPDATE);
    assert_int_equal(b.iv_index, 10);
    assert_int_equal(secbeacon_next(&one.net, NOW, random_of(1), ad), 0);
    assert_in_range(secbeacon_due(&one.net), NOW + 10000, NOW + 10499);

    one.net.beacon = 1;
    secbeacon_hurry(&one.net, NOW);
    while ((len = secbeacon_next(&one.net, NOW + 500, random_of(2), ad)) != 0) {
        assert_true(secbeacon_open(&one.net, ad + 2, len - 2u, &b));
        kinds[b.private]++;
    }
    assert_int_equal(kinds[false], 1);
    assert_int_equal(kinds[true], 1);
}

/* What is heard of one kind does not put off the other. */
static void each_kind_is_counted_for_itself(void **state)
{
    struct secbeacon heard = { .iv_index = 10, .private = true };
    struct usher_subnet *refresh;
    struct one_net one;
    struct secbeacon b;
    bool iv;

    private_node(&one, *state);
    for (unsigned i = 0; i < 9; i++) {
        assert_false(secbeacon_take(&one.net, NOW, &heard, &iv, &refresh));
    }
    assert_false(take_iv(&one, 0, 10, 0)); /* a secure network beacon */
    private_next(&one, NOW, random_of(1), &b);
    assert_in_range(secbeacon_due(&one.net), NOW + 100000, NOW + 100499);
    one.net.beacon = 1;
    one.net.private_beacon = 0;
    assert_int_equal(secbeacon_next(&one.net, NOW, NULL, (uint8_t[USHER_AD_MAX]){ 0 }),
                     SECBEACON_LEN + 2);
    assert_in_range(secbeacon_due(&one.net), NOW + 20000, NOW + 20499);
}

static void randomness_changes_after_its_interval(void **state)
{
    static const struct {
        uint8_t interval;
        unsigned beacons; /* with the same randomness */
    } rows[] = { { 0, 1 }, { 1, 1 }, { 2, 2 }, { 60, 58 } };
    struct secbeacon b;
    struct one_net one;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint64_t now = NOW;
        unsigned same = 0;

        private_node(&one, *state);
        one.net.private_interval = rows[i].interval;
        assert_int_equal(private_next(&one, now, random_of(1), &b), 1);
        do {
            same++;
            now = secbeacon_due(&one.net);
        } while (private_next(&one, now, random_of(2), &b) == 1);
        assert_in_range(same, rows[i].beacons, rows[i].interval != 0 ? rows[i].interval : 1);
        assert_true(now - NOW >= rows[i].interval * UINT64_C(10000));
    }
}

/* At the first second of a new network as well, where all else is 0. */
static void the_first_private_beacon_has_randomness(void **state)
{
    struct secbeacon b;
    struct one_net one;

    private_node(&one, *state);
    one.net.iv.index = 0;
    assert_int_equal(private_next(&one, 1000, random_of(1), &b), 1);
}

static void another_content_has_other_randomness(void **state)
{
    struct secbeacon b;
    struct one_net one;

    private_node(&one, *state);
    assert_int_equal(private_next(&one, NOW, random_of(1), &b), 1);
    one.net.iv.updating = true;
    assert_int_equal(private_next(&one, NOW + 11000, random_of(2), &b), 2);
    one.net.iv.index++;
    assert_int_equal(private_next(&one, NOW + 22000, random_of(3), &b), 3);
    refresh_to(&one, 2);
    assert_int_equal(private_next(&one, NOW + 33000, random_of(4), &b), 4);
    assert_int_equal(private_next(&one, NOW + 44000, random_of(5), &b), 4);
}

static void each_subnet_has_its_own_randomness(void **state)
{
    struct secbeacon a, b;
    struct one_net one;

    private_node(&one, *state);
    one_net_subnet(&one, 4, 0x14);
    assert_int_equal(private_next(&one, NOW, random_of(1), &a), 1);
    assert_int_equal(private_next(&one, NOW, random_of(2), &b), 2);
    assert_int_not_equal(a.net_index, b.net_index);
}

static void without_randomness_there_is_no_private_beacon(void **state)
{
    uint8_t ad[USHER_AD_MAX];
    struct secbeacon b;
    struct one_net one;

    private_node(&one, *state);
    assert_int_equal(secbeacon_next(&one.net, NOW, NULL, ad), 0);
    assert_true(secbeacon_due(&one.net) >= NOW + 10000); /* not again and again */
    assert_int_equal(private_next(&one, NOW + 11000, random_of(1), &b), 1);
    assert_int_equal(private_next(&one, NOW + 22000, NULL, &b), 1); /* that is still good */
}

int main(void)
{
    const struct usher_crypto *crypto = usher_crypto_openssl_new();
    union {
        const struct usher_crypto *crypto;
        void *state;
    } u = { .crypto = crypto };
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(beacons_of_the_phases_keys_are_believed, u.state),
        cmocka_unit_test_prestate(a_beacon_says_of_which_subnet_it_is, u.state),
        cmocka_unit_test_prestate(no_key_is_no_key, u.state),
        cmocka_unit_test_prestate(key_refresh_follows_the_new_key, u.state),
        cmocka_unit_test_prestate(the_primary_subnet_leads_the_iv_index, u.state),
        cmocka_unit_test_prestate(an_update_does_not_end_under_a_segmented_message, u.state),
        cmocka_unit_test_prestate(a_beacon_tells_the_state, u.state),
        cmocka_unit_test_prestate(nothing_is_sent_that_should_not_be, u.state),
        cmocka_unit_test_prestate(the_interval_grows_with_what_is_heard, u.state),
        cmocka_unit_test_prestate(each_subnet_has_its_own_beacon, u.state),
        cmocka_unit_test_prestate(a_change_is_told_soon, u.state),
        cmocka_unit_test_prestate(many_nodes_share_the_beacons, u.state),
        cmocka_unit_test_prestate(either_kind_or_both_are_sent, u.state),
        cmocka_unit_test_prestate(each_kind_is_counted_for_itself, u.state),
        cmocka_unit_test_prestate(randomness_changes_after_its_interval, u.state),
        cmocka_unit_test_prestate(the_first_private_beacon_has_randomness, u.state),
        cmocka_unit_test_prestate(another_content_has_other_randomness, u.state),
        cmocka_unit_test_prestate(each_subnet_has_its_own_randomness, u.state),
        cmocka_unit_test_prestate(without_randomness_there_is_no_private_beacon, u.state),
    };
    int failed = crypto == NULL ? 1 : cmocka_run_group_tests(tests, NULL, NULL);

    usher_crypto_openssl_free(crypto);
    return failed != 0;
}
