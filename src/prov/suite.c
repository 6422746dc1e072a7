/* The algorithms' rows and the derivation that they share (Mesh Protocol 1.1, sections 5.4.2.4
 * and 5.4.2.5). */
#include "suite.h"

#include "kdf.h"

#include <string.h>

#define SMALL 16
#define LARGE 32

static enum usher_err cmac_key(const struct usher_crypto *c, const uint8_t *secret,
                               const uint8_t *auth, const uint8_t *salt, uint8_t *key)
{
    (void)auth;
    return kdf_k1(c, secret, USHER_P256_SECRET, salt, "prck", 4, key);
}

static enum usher_err cmac_confirm(const struct usher_crypto *c, const uint8_t *key,
                                   const uint8_t *random, const uint8_t *auth,
                                   uint8_t *confirmation)
{
    uint8_t m[2 * SMALL];
    enum usher_err err;

    memcpy(m, random, SMALL);
    memcpy(m + SMALL, auth, SMALL);
    err = c->cmac(c->ctx, key, m, sizeof(m), confirmation);
    c->wipe(m, sizeof(m));
    return err;
}

static enum usher_err hmac_key(const struct usher_crypto *c, const uint8_t *secret,
                               const uint8_t *auth, const uint8_t *salt, uint8_t *key)
{
    uint8_t n[USHER_P256_SECRET + LARGE];
    enum usher_err err;

    memcpy(n, secret, USHER_P256_SECRET);
    memcpy(n + USHER_P256_SECRET, auth, LARGE);
    err = kdf_k5(c, n, sizeof(n), salt, "prck256", 7, key);
    c->wipe(n, sizeof(n));
    return err;
}

static enum usher_err hmac_confirm(const struct usher_crypto *c, const uint8_t *key,
                                   const uint8_t *random, const uint8_t *auth,
                                   uint8_t *confirmation)
{
    (void)auth;
    return c->hmac_sha256(c->ctx, key, LARGE, random, LARGE, confirmation);
}

static const struct suite suites[] = {
    [USHER_ALG_CMAC] = { SMALL, kdf_s1, cmac_key, cmac_confirm },
    [USHER_ALG_HMAC] = { LARGE, kdf_s2, hmac_key, hmac_confirm },
};

const struct suite *suite_get(uint8_t algorithm)
{
    return algorithm < sizeof(suites) / sizeof(suites[0]) ? &suites[algorithm] : NULL;
}

/* k1 three times over the same secret and salt, so that its T is computed once. */
static enum usher_err derive(const struct usher_crypto *c, const uint8_t secret[USHER_P256_SECRET],
                             const uint8_t salt[16], struct suite_keys *keys)
{
    uint8_t t[16], nonce[16];
    enum usher_err err = c->cmac(c->ctx, salt, secret, USHER_P256_SECRET, t);

    if (err == USHER_OK) {
        err = c->cmac(c->ctx, t, (const uint8_t *)"prsk", 4, keys->session_key);
    }
    if (err == USHER_OK) {
        err = c->cmac(c->ctx, t, (const uint8_t *)"prsn", 4, nonce);
    }
    if (err == USHER_OK) {
        memcpy(keys->session_nonce, nonce + 3, sizeof(keys->session_nonce));
        err = c->cmac(c->ctx, t, (const uint8_t *)"prdk", 4, keys->device_key);
    }
    c->wipe(t, sizeof(t));
    c->wipe(nonce, sizeof(nonce));
    return err;
}

enum usher_err suite_keys(const struct suite *suite, const struct usher_crypto *c,
                          const uint8_t secret[USHER_P256_SECRET], const uint8_t *salt,
                          const uint8_t random[2][32], struct suite_keys *keys)
{
    uint8_t m[3 * LARGE], prov_salt[16];
    size_t n = suite->size;
    enum usher_err err;

    memcpy(m, salt, n);
    memcpy(m + n, random[USHER_ROLE_PROVISIONER], n);
    memcpy(m + 2 * n, random[USHER_ROLE_DEVICE], n);
    err = kdf_s1(c, m, 3 * n, prov_salt);
    if (err == USHER_OK) {
        err = derive(c, secret, prov_salt, keys);
    }
    c->wipe(m, sizeof(m));
    c->wipe(prov_salt, sizeof(prov_salt));
    return err;
}
