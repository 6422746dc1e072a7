/*
 * The crypto table over BearSSL, for microcontrollers: small, without a heap, constant time on
 * cores whose multiplication is. Hosts run it in tests. Called by crypto/kdf and by prov.
 *
 * CMAC, which BearSSL does not have, is put together here from its AES in CBC mode (RFC 4493).
 */
#include "ct.h"

#include <usher/crypto.h>

#include <bearssl.h>

#include <string.h>

#define BLOCK 16u
#define UNCOMPRESSED 0x04 /* the octet before X and Y of a point (SEC 1, 2.3.3) */
#define POINT (1 + USHER_P256_PUBLIC)

static void bearssl_wipe(void *buf, size_t len)
{
    volatile uint8_t *at = buf;

    while (len-- != 0) {
        *at++ = 0;
    }
}

/* -- AES --------------------------------------------------------------------------------------- */

/* CBC from the IV @p state, which is then the last block. */
static void cbc(const br_aes_ct_cbcenc_keys *keys, uint8_t state[BLOCK], uint8_t block[BLOCK])
{
    br_aes_ct_cbcenc_run(keys, state, block, BLOCK);
}

static enum usher_err bearssl_aes128(void *ctx, const uint8_t key[16], const uint8_t in[16],
                                     uint8_t out[16])
{
    br_aes_ct_cbcenc_keys keys;
    uint8_t iv[BLOCK] = { 0 }, block[BLOCK];

    (void)ctx;
    memcpy(block, in, BLOCK);
    br_aes_ct_cbcenc_init(&keys, key, BLOCK);
    cbc(&keys, iv, block);
    memcpy(out, block, BLOCK);
    bearssl_wipe(&keys, sizeof(keys));
    bearssl_wipe(block, sizeof(block));
    bearssl_wipe(iv, sizeof(iv));
    return USHER_OK;
}

/* RFC 4493, 2.3: one bit to the left, and R if one fell out. */
static void subkey_next(uint8_t k[BLOCK])
{
    uint8_t out = (uint8_t)(k[0] >> 7);

    for (unsigned i = 0; i < BLOCK - 1; i++) {
        k[i] = (uint8_t)(k[i] << 1 | k[i + 1] >> 7);
    }
    k[BLOCK - 1] = (uint8_t)(k[BLOCK - 1] << 1 ^ (0x87 & -out));
}

/* The last block of a message, padded if it is not whole, with its subkey (RFC 4493, 2.4). */
static void last_block(const uint8_t *msg, size_t len, uint8_t subkey[BLOCK], uint8_t last[BLOCK])
{
    memset(last, 0, BLOCK);
    if (len != 0) {
        memcpy(last, msg, len);
    }
    subkey_next(subkey);
    if (len != BLOCK) {
        last[len] = 0x80;
        subkey_next(subkey);
    }
    for (unsigned i = 0; i < BLOCK; i++) {
        last[i] ^= subkey[i];
    }
}

static enum usher_err bearssl_cmac(void *ctx, const uint8_t key[16], const uint8_t *msg, size_t len,
                                   uint8_t mac[16])
{
    br_aes_ct_cbcenc_keys keys;
    uint8_t state[BLOCK] = { 0 }, subkey[BLOCK] = { 0 }, block[BLOCK];
    size_t at = 0;

    (void)ctx;
    br_aes_ct_cbcenc_init(&keys, key, BLOCK);
    cbc(&keys, state, subkey);
    memset(state, 0, sizeof(state));
    for (; len - at > BLOCK; at += BLOCK) {
        memcpy(block, msg + at, BLOCK);
        cbc(&keys, state, block);
    }
    last_block(len != 0 ? msg + at : NULL, len - at, subkey, block);
    cbc(&keys, state, block);
    memcpy(mac, block, BLOCK);
    bearssl_wipe(&keys, sizeof(keys));
    bearssl_wipe(state, sizeof(state));
    bearssl_wipe(subkey, sizeof(subkey));
    bearssl_wipe(block, sizeof(block));
    return USHER_OK;
}

/* Whatever is to be done before the payload. */
static bool ccm_begin(br_ccm_context *ccm, br_aes_ct_ctrcbc_keys *keys, const uint8_t key[16],
                      const uint8_t nonce[USHER_CCM_NONCE], const uint8_t *aad, size_t aad_len,
                      size_t len, size_t mic_len)
{
    br_aes_ct_ctrcbc_init(keys, key, BLOCK);
    br_ccm_init(ccm, &keys->vtable);
    if (br_ccm_reset(ccm, nonce, USHER_CCM_NONCE, aad_len, len, mic_len) == 0) {
        return false;
    }
    if (aad_len != 0) {
        br_ccm_aad_inject(ccm, aad, aad_len);
    }
    br_ccm_flip(ccm);
    return true;
}

static enum usher_err bearssl_ccm_encrypt(void *ctx, const uint8_t key[16],
                                          const uint8_t nonce[USHER_CCM_NONCE], const uint8_t *aad,
                                          size_t aad_len, const uint8_t *in, size_t len,
                                          uint8_t *out, size_t mic_len)
{
    br_aes_ct_ctrcbc_keys keys;
    br_ccm_context ccm;
    enum usher_err err = USHER_E_SIZE;

    (void)ctx;
    if (ccm_begin(&ccm, &keys, key, nonce, aad, aad_len, len, mic_len)) {
        if (len != 0) {
            memmove(out, in, len);
        }
        br_ccm_run(&ccm, 1, out, len);
        br_ccm_get_tag(&ccm, out + len);
        err = USHER_OK;
    }
    bearssl_wipe(&keys, sizeof(keys));
    bearssl_wipe(&ccm, sizeof(ccm));
    return err;
}

static enum usher_err bearssl_ccm_decrypt(void *ctx, const uint8_t key[16],
                                          const uint8_t nonce[USHER_CCM_NONCE], const uint8_t *aad,
                                          size_t aad_len, const uint8_t *in, size_t len,
                                          uint8_t *out, size_t mic_len)
{
    br_aes_ct_ctrcbc_keys keys;
    br_ccm_context ccm;
    uint8_t mic[8];
    enum usher_err err = USHER_E_SIZE;

    (void)ctx;
    memcpy(mic, in + len, mic_len); /* before in, which may be out, is written */
    if (ccm_begin(&ccm, &keys, key, nonce, aad, aad_len, len, mic_len)) {
        if (len != 0) {
            memmove(out, in, len);
        }
        br_ccm_run(&ccm, 0, out, len);
        err = br_ccm_check_tag(&ccm, mic) == 1 ? USHER_OK : USHER_E_DATA;
        if (err != USHER_OK) {
            bearssl_wipe(out, len);
        }
    }
    bearssl_wipe(&keys, sizeof(keys));
    bearssl_wipe(&ccm, sizeof(ccm));
    return err;
}

/* -- SHA-256 ----------------------------------------------------------------------------------- */

static enum usher_err bearssl_hmac_sha256(void *ctx, const uint8_t *key, size_t key_len,
                                          const uint8_t *msg, size_t len, uint8_t mac[32])
{
    br_hmac_key_context keys;
    br_hmac_context hmac;

    (void)ctx;
    br_hmac_key_init(&keys, &br_sha256_vtable, key, key_len);
    br_hmac_init(&hmac, &keys, 0);
    if (len != 0) {
        br_hmac_update(&hmac, msg, len);
    }
    br_hmac_out(&hmac, mac);
    bearssl_wipe(&keys, sizeof(keys));
    bearssl_wipe(&hmac, sizeof(hmac));
    return USHER_OK;
}

/* -- P-256 ------------------------------------------------------------------------------------- */

/* Whether a private key is in 1..n-1, in constant time: n is subtracted from it, which borrows. */
static bool in_range(const uint8_t private_key[USHER_P256_PRIVATE])
{
    size_t len;
    const uint8_t *n = br_ec_p256_m31.order(BR_EC_secp256r1, &len);
    unsigned borrow = 0;

    for (unsigned i = USHER_P256_PRIVATE; i-- != 0;) {
        borrow = ((unsigned)private_key[i] - n[i] - borrow) >> 8 & 1;
    }
    return borrow == 1 && !ct_zero(private_key, USHER_P256_PRIVATE);
}

static enum usher_err bearssl_p256_public(void *ctx, const uint8_t private_key[USHER_P256_PRIVATE],
                                          uint8_t public_key[USHER_P256_PUBLIC])
{
    uint8_t point[POINT];

    (void)ctx;
    if (!in_range(private_key)) {
        return USHER_E_DATA;
    }
    if (br_ec_p256_m31.mulgen(point, private_key, USHER_P256_PRIVATE, BR_EC_secp256r1) != POINT) {
        return USHER_E_INTERNAL;
    }
    memcpy(public_key, point + 1, USHER_P256_PUBLIC);
    return USHER_OK;
}

/* @p point times @p factor, in place. @retval false  It is not a point of the curve. */
static bool multiply(uint8_t point[POINT], const uint8_t peer[USHER_P256_PUBLIC],
                     const uint8_t *factor, size_t len)
{
    point[0] = UNCOMPRESSED;
    memcpy(point + 1, peer, USHER_P256_PUBLIC);
    return br_ec_p256_m31.mul(point, POINT, factor, len, BR_EC_secp256r1) == 1;
}

static enum usher_err bearssl_p256_check(void *ctx, const uint8_t public_key[USHER_P256_PUBLIC])
{
    static const uint8_t one[] = { 1 };
    uint8_t point[POINT];

    (void)ctx;
    return multiply(point, public_key, one, sizeof(one)) ? USHER_OK : USHER_E_DATA;
}

static enum usher_err bearssl_p256_ecdh(void *ctx, const uint8_t private_key[USHER_P256_PRIVATE],
                                        const uint8_t peer[USHER_P256_PUBLIC],
                                        uint8_t secret[USHER_P256_SECRET])
{
    uint8_t point[POINT];
    bool ok = in_range(private_key) && multiply(point, peer, private_key, USHER_P256_PRIVATE);

    (void)ctx;
    if (ok) {
        memcpy(secret, point + 1, USHER_P256_SECRET);
    }
    bearssl_wipe(point, sizeof(point));
    return ok ? USHER_OK : USHER_E_DATA;
}

const struct usher_crypto *usher_crypto_bearssl(void)
{
    static const struct usher_crypto table = {
        .aes128 = bearssl_aes128,
        .cmac = bearssl_cmac,
        .hmac_sha256 = bearssl_hmac_sha256,
        .ccm_encrypt = bearssl_ccm_encrypt,
        .ccm_decrypt = bearssl_ccm_decrypt,
        .p256_public = bearssl_p256_public,
        .p256_check = bearssl_p256_check,
        .p256_ecdh = bearssl_p256_ecdh,
        .wipe = bearssl_wipe,
    };

    return &table;
}
