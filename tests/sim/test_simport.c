/*
 * The port over the simulated air: what it promises a node, apart from whole sessions. The node is
 * a real one; the crypto table is OpenSSL's, with a watch on when an ECDH is computed.
 */
#include "simport.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define UUID ((const uint8_t *)"\x70\xCF\x7C\x97\x32\xA3\x45\xB6\x91\x49\x48\x10\xD2\xE9\xCB\xF4")

/* One node on an air of its own. */
struct rig {
    struct air *air;
    const struct usher_crypto *openssl;
    struct usher_crypto crypto; /* openssl's, with p256_ecdh watched */
    struct simport port;
    struct usher node;
    struct usher_session session;
    unsigned computed;
    uint64_t computed_ms[8];
};

static enum usher_err ecdh_watched(void *ctx, const uint8_t private_key[USHER_P256_PRIVATE],
                                   const uint8_t peer[USHER_P256_PUBLIC],
                                   uint8_t secret[USHER_P256_SECRET])
{
    struct rig *rig = ctx;

    if (rig->computed < 8) {
        rig->computed_ms[rig->computed] = rig->port.port.now_ms(&rig->port);
    }
    rig->computed++;
    return rig->openssl->p256_ecdh(rig->openssl->ctx, private_key, peer, secret);
}

static void on_event(void *user, struct usher *u, const struct usher_event *event)
{
    (void)user;
    (void)u;
    (void)event;
}

static void rig_init(struct rig *rig, uint64_t seed, uint16_t ecdh_delay_ms)
{
    memset(rig, 0, sizeof(*rig));
    rig->air = air_new(&(struct air_config){ .seed = seed });
    rig->openssl = usher_crypto_openssl_new();
    assert_non_null(rig->air);
    assert_non_null(rig->openssl);
    rig->crypto = *rig->openssl;
    assert_int_equal(simport_init(&rig->port, rig->air, &rig->node, &rig->crypto, 2), USHER_OK);
    simport_ecdh_delay_set(&rig->port, ecdh_delay_ms);
    assert_int_equal(usher_init(&rig->node, &rig->port.port,
                                &(struct usher_config){ .handler = on_event, .user = rig }),
                     USHER_OK);
}

static void rig_deinit(struct rig *rig)
{
    usher_deinit(&rig->node);
    simport_deinit(&rig->port);
    simport_deinit(&rig->port); /* twice does no harm */
    air_free(rig->air);
    usher_crypto_openssl_free(rig->openssl);
}

/*
 * Asks the port for an ECDH that succeeds, with a token that the node does not know and so ignores.
 */
static enum usher_err ask(struct rig *rig, uint32_t token)
{
    const struct usher_port *port = &rig->port.port;
    uint8_t private_key[USHER_P256_PRIVATE] = { [31] = 3 };
    uint8_t peer[USHER_P256_PUBLIC];
    enum usher_err err;

    assert_int_equal(rig->openssl->p256_public(rig->openssl->ctx, private_key, peer), USHER_OK);
    err = port->ecdh(port->ctx, token, private_key, peer);
    memset(private_key, 0, sizeof(private_key)); /* the inputs are copied */
    memset(peer, 0, sizeof(peer));
    return err;
}

static void a_node_lives_on_it(void **state)
{
    struct rig device, *rig = &device;
    struct usher_caps caps = { .num_elements = 1, .algorithms = USHER_ALG_BIT(USHER_ALG_CMAC) };

    (void)state;
    rig_init(rig, 1, 0);
    usher_session_init(&rig->node, &rig->session, &caps, NULL);
    assert_int_equal(usher_listen(&rig->session, &(struct usher_listen){ .uuid = UUID }), USHER_OK);
    air_run_until(rig->air, 61000 * UINT64_C(1000));
    /* a beacon every two seconds: the node was woken for each */
    assert_in_range(air_stats(rig->air)->events, 28, 62);
    assert_int_equal(rig->port.port.now_ms(&rig->port), 61000);
    rig_deinit(rig);
}

static void slots_and_their_number_are_checked(void **state)
{
    struct rig rig;
    struct usher_adv adv = { .slot = 2, .count = 1, .type = USHER_ADV_NONCONN_IND };
    struct simport other;

    (void)state;
    rig_init(&rig, 1, 0);
    assert_int_equal(rig.port.port.adv_start(&rig.port, &adv), USHER_E_PARAM);
    adv.slot = 1;
    assert_int_equal(rig.port.port.adv_start(&rig.port, &adv), USHER_OK);
    assert_int_equal(rig.port.port.adv_start(&rig.port, &adv), USHER_E_BUSY);
    rig.port.port.adv_stop(&rig.port, 1);
    assert_int_equal(rig.port.port.adv_start(&rig.port, &adv), USHER_OK);
    assert_int_equal(simport_init(&other, rig.air, &rig.node, &rig.crypto, 0), USHER_E_PARAM);
    assert_int_equal(simport_init(&other, rig.air, &rig.node, &rig.crypto, USHER_ADV_SLOTS + 1),
                     USHER_E_PARAM);
    rig_deinit(&rig);
}

static void randomness_follows_the_seed(void **state)
{
    static const uint64_t seeds[] = { 7, 7, 8 };
    uint8_t octets[3][37];

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        struct rig rig;

        rig_init(&rig, seeds[i], 0);
        assert_int_equal(rig.port.port.random(&rig.port, octets[i], sizeof(octets[i])), USHER_OK);
        rig_deinit(&rig);
    }
    assert_memory_equal(octets[0], octets[1], sizeof(octets[0]));
    assert_memory_not_equal(octets[0], octets[2], sizeof(octets[0]));
}

static void ecdh_answers_come_after_the_delay(void **state)
{
    struct rig rig;

    (void)state;
    rig_init(&rig, 1, 0);
    assert_null(rig.port.port.ecdh); /* without a delay the node computes itself */
    rig_deinit(&rig);

    rig_init(&rig, 1, 250);
    rig.crypto.ctx = &rig;
    rig.crypto.p256_ecdh = ecdh_watched;
    assert_int_equal(ask(&rig, 1000), USHER_OK);
    air_run_until(rig.air, 100000);
    assert_int_equal(ask(&rig, 1001), USHER_OK);
    assert_int_equal(ask(&rig, 1002), USHER_OK);
    air_run_until(rig.air, 249999);
    assert_int_equal(rig.computed, 0);
    air_run_until(rig.air, 2000000);
    assert_int_equal(rig.computed, 3);
    assert_int_equal(rig.computed_ms[0], 250);
    assert_int_equal(rig.computed_ms[1], 350);
    assert_int_equal(rig.computed_ms[2], 350);
    rig_deinit(&rig);
}

static void pending_ecdh_is_bounded_and_ends_with_the_port(void **state)
{
    struct rig rig;

    (void)state;
    rig_init(&rig, 1, 250);
    for (uint32_t i = 0; i < 64; i++) {
        assert_int_equal(ask(&rig, 1000 + i), USHER_OK);
    }
    assert_int_equal(ask(&rig, 2000), USHER_E_RESOURCES);
    air_run_until(rig.air, 250000);
    assert_int_equal(ask(&rig, 2000), USHER_OK);
    rig_deinit(&rig); /* what is pending is released: a leak fails the test under ASan */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_node_lives_on_it),
        cmocka_unit_test(slots_and_their_number_are_checked),
        cmocka_unit_test(randomness_follows_the_seed),
        cmocka_unit_test(ecdh_answers_come_after_the_delay),
        cmocka_unit_test(pending_ecdh_is_bounded_and_ends_with_the_port),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
