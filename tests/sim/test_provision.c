/*
 * Provisioning between two real instances on the simulated air: every method, action, algorithm and
 * key exchange, with users who answer at once or late and ECDH computed in place, elsewhere, or by
 * the user; on bad air; and with wrong AuthValues, which both sides must refuse.
 */
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct usher_crypto *crypto;

static void describe(const struct world_config *c)
{
    print_message(
        "seed %llu, loss %u %%, algorithm %u, key %s, method %u, action %u, size %u, %s, ecdh %s\n",
        (unsigned long long)c->air.seed, c->air.loss_pct, c->choice.algorithm,
        c->choice.public_key ? "oob" : "in band", c->choice.method, c->choice.action,
        c->choice.size, c->answers == WORLD_LATE ? "late" : "prompt",
        c->offload         ? "offloaded"
        : c->ecdh_delay_ms ? "elsewhere"
                           : "in place");
}

/* Provisions once; the configuration is printed only if a check fails. */
static void must_complete(const struct world_config *config)
{
    struct world *w = world_new(config);
    const struct party *prov = &w->party[USHER_ROLE_PROVISIONER],
                       *dev = &w->party[USHER_ROLE_DEVICE];
    bool ok = world_provision(w, 300000) && prov->complete && dev->complete &&
              prov->close_reason ==
                  USHER_CLOSE_SUCCESS && /* the device may have missed every Link Close */
              memcmp(prov->device_key, dev->device_key, USHER_KEY_SIZE) == 0 &&
              memcmp(&dev->session.prov.data.netkey, w->data.netkey, USHER_KEY_SIZE) == 0 &&
              dev->session.prov.data.address == w->data.address;

    if (!ok) {
        describe(config);
        print_message(
            "provisioner: complete %d closed %d reason %u failure %u; device: %d %d %u %u\n",
            prov->complete, prov->closed, prov->close_reason, prov->failure, dev->complete,
            dev->closed, dev->close_reason, dev->failure);
    }
    world_free(w);
    assert_true(ok);
}

static void must_be_refused(const struct world_config *config)
{
    struct world *w = world_new(config);
    const struct party *prov = &w->party[USHER_ROLE_PROVISIONER],
                       *dev = &w->party[USHER_ROLE_DEVICE];
    bool ok = world_provision(w, 300000) && !prov->complete && !dev->complete &&
              prov->failure == USHER_FAIL_CONFIRMATION && dev->failure == USHER_FAIL_CONFIRMATION &&
              world_count(prov, USHER_EVT_DATA_REQUEST) == 0 &&
              usher_device_key(&dev->session) == NULL;

    if (!ok) {
        describe(config);
    }
    world_free(w);
    assert_true(ok);
}

static struct world_config base(uint64_t seed)
{
    return (struct world_config){ .air = { .seed = seed }, .crypto = crypto, .caps = people_caps };
}

static void every_method_completes(void **state)
{
    unsigned n = 0;

    (void)state;
    for (unsigned i = 0; i < PEOPLE_CHOICES * 2 * 2 * 2 * 3; i++) {
        struct world_config c = base(i + 1);
        unsigned ecdh = i / PEOPLE_CHOICES / 8;

        c.choice = people_choice(i);
        c.choice.algorithm = (uint8_t)(i / PEOPLE_CHOICES & 1);
        c.choice.public_key = (uint8_t)(i / PEOPLE_CHOICES >> 1 & 1);
        c.answers = (i / PEOPLE_CHOICES >> 2 & 1) != 0 ? WORLD_LATE : WORLD_PROMPT;
        c.ecdh_delay_ms = ecdh == 1 ? 137 : 0;
        c.offload = ecdh == 2;
        c.caps.pubkey_type = c.choice.public_key ? USHER_PUBKEY_OOB : 0;
        c.data_early = (i & 1) != 0;
        must_complete(&c);
        n++;
    }
    print_message("%u combinations completed\n", n);
}

/* What a device sends in band is not the pair that is printed on its label. */
/* The device's public key is at the end of the ConfirmationInputs. */
static const uint8_t *device_key_used(const struct usher_prov *s)
{
    return s->inputs + sizeof(s->inputs) - USHER_P256_PUBLIC;
}

static void an_oob_key_pair_is_not_used_in_band(void **state)
{
    (void)state;
    for (uint8_t oob = 0; oob < 2; oob++) {
        struct world_config c = base(oob + 1u);
        struct world *w;
        const struct party *dev;

        c.choice.public_key = oob;
        w = world_new(&c);
        dev = &w->party[USHER_ROLE_DEVICE];
        assert_true(world_provision(w, 60000) && dev->complete);
        assert_int_equal(
            memcmp(device_key_used(&dev->session.prov), dev->public_key, USHER_P256_PUBLIC) == 0,
            oob != 0);
        world_free(w);
    }
}

static void wrong_auth_values_are_refused_by_both(void **state)
{
    (void)state;
    for (unsigned i = 0; i < PEOPLE_CHOICES * 8; i++) {
        struct world_config c = base(1000 + i);
        const struct usher_start chosen = people_choice(i);

        if (chosen.method == USHER_OOB_NONE) {
            continue;
        }
        c.choice = chosen;
        c.choice.algorithm = (uint8_t)(i / PEOPLE_CHOICES & 1);
        c.choice.public_key = (uint8_t)(i / PEOPLE_CHOICES >> 1 & 1);
        c.answers = (i / PEOPLE_CHOICES >> 2 & 1) != 0 ? WORLD_LATE : WORLD_PROMPT;
        c.caps.pubkey_type = c.choice.public_key ? USHER_PUBKEY_OOB : 0;
        if (chosen.method == USHER_OOB_STATIC) {
            c.wrong[i / PEOPLE_CHOICES & 1] = true;
        } else {
            c.wrong[chosen.method == USHER_OOB_OUTPUT ? USHER_ROLE_PROVISIONER
                                                      : USHER_ROLE_DEVICE] = true;
        }
        must_be_refused(&c);
    }
}

static void two_hundred_seeds_of_bad_air(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed <= 200; seed++) {
        struct world_config c = base(seed);

        c.air.loss_pct = 30;
        c.air.dup_pct = 10;
        c.air.reorder_pct = 10;
        c.choice = people_choice(seed);
        c.choice.algorithm = (uint8_t)(seed / PEOPLE_CHOICES & 1);
        c.ecdh_delay_ms = (seed & 2) != 0 ? 50 : 0;
        c.caps.pubkey_type = 0;
        must_complete(&c);
    }
}

static int setup(void **state)
{
    (void)state;
    crypto = usher_crypto_openssl_new();
    return crypto == NULL;
}

static int teardown(void **state)
{
    (void)state;
    usher_crypto_openssl_free(crypto);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_method_completes),
        cmocka_unit_test(an_oob_key_pair_is_not_used_in_band),
        cmocka_unit_test(wrong_auth_values_are_refused_by_both),
        cmocka_unit_test(two_hundred_seeds_of_bad_air),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
