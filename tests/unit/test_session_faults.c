/*
 * Sessions whose crypto table fails, at each of its calls in turn, on either side: an accelerator
 * that is gone, a library out of memory. Nothing is taken for right that was not computed, both
 * sides end, and no secret is left (rows 26 and 32 of docs/threat-model.md).
 */
#include "pair.h"

#include "facts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#define P USHER_ROLE_PROVISIONER
#define D USHER_ROLE_DEVICE

static const struct usher_crypto *real;
static unsigned calls, fail_at;

static bool fails(void)
{
    return ++calls == fail_at;
}

static enum usher_err cmac(void *ctx, const uint8_t key[16], const uint8_t *msg, size_t len,
                           uint8_t mac[16])
{
    return fails() ? USHER_E_INTERNAL : real->cmac(ctx, key, msg, len, mac);
}

static enum usher_err hmac(void *ctx, const uint8_t *key, size_t key_len, const uint8_t *msg,
                           size_t len, uint8_t mac[32])
{
    return fails() ? USHER_E_INTERNAL : real->hmac_sha256(ctx, key, key_len, msg, len, mac);
}

static enum usher_err encrypt(void *ctx, const uint8_t key[16],
                              const uint8_t nonce[USHER_CCM_NONCE], const uint8_t *aad,
                              size_t aad_len, const uint8_t *in, size_t len, uint8_t *out,
                              size_t mic_len)
{
    return fails() ? USHER_E_INTERNAL
                   : real->ccm_encrypt(ctx, key, nonce, aad, aad_len, in, len, out, mic_len);
}

static enum usher_err decrypt(void *ctx, const uint8_t key[16],
                              const uint8_t nonce[USHER_CCM_NONCE], const uint8_t *aad,
                              size_t aad_len, const uint8_t *in, size_t len, uint8_t *out,
                              size_t mic_len)
{
    return fails() ? USHER_E_INTERNAL
                   : real->ccm_decrypt(ctx, key, nonce, aad, aad_len, in, len, out, mic_len);
}

static enum usher_err check(void *ctx, const uint8_t public_key[USHER_P256_PUBLIC])
{
    return fails() ? USHER_E_INTERNAL : real->p256_check(ctx, public_key);
}

/* @retval false  The session was over before that call. */
static bool fail_once(const struct usher_start *start, unsigned at)
{
    struct usher_crypto table = *real;
    struct pair p;

    table.cmac = cmac;
    table.hmac_sha256 = hmac;
    table.ccm_encrypt = encrypt;
    table.ccm_decrypt = decrypt;
    table.p256_check = check;
    calls = 0;
    fail_at = at;
    pair_begin(&p, &table, start);
    pair_run(&p);
    if (calls < at) {
        assert_int_equal(p.told[P][USHER_EVT_COMPLETE], 1);
        return false;
    }
    assert_int_equal(p.told[P][USHER_EVT_COMPLETE] + p.told[D][USHER_EVT_COMPLETE], 0);
    assert_int_equal(p.told[D][USHER_EVT_DATA_RECEIVED], 0);
    assert_true(p.closed[P] || p.side[P].state == PROV_RUNNING);
    if (p.failed_pdus != 0) {
        assert_int_equal(p.failed.octets[1], USHER_FAIL_UNEXPECTED_ERROR);
    } else { /* it was the provisioner's, which closes the link without a word */
        assert_true(p.closed[P]);
        assert_int_equal(p.side[P].failure, USHER_FAIL_UNEXPECTED_ERROR);
    }
    for (int role = 0; role < 2; role++) {
        session_link_closed(&p.side[role]);
        pair_assert_wiped(&p, (enum usher_role)role);
    }
    return true;
}

static void row_26_nothing_is_taken_for_right_that_was_not_computed(void **state)
{
    static const struct usher_start starts[] = {
        { .algorithm = USHER_ALG_CMAC, .method = USHER_OOB_STATIC },
        { .algorithm = USHER_ALG_HMAC, .method = USHER_OOB_STATIC },
    };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        unsigned at = 1;

        while (fail_once(&starts[i], at)) {
            at++;
        }
        assert_true(at > 20);
    }
}

static int setup(void **state)
{
    (void)state;
    real = usher_crypto_openssl_new();
    return real == NULL;
}

static int teardown(void **state)
{
    (void)state;
    usher_crypto_openssl_free(real);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(row_26_nothing_is_taken_for_right_that_was_not_computed),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
