/*
 * The crypto table over PSA Crypto (Mbed TLS 2.28 or later), for microcontrollers; hosts run it in
 * tests. Called by crypto/kdf and by prov.
 *
 * A key is imported for each call and destroyed after it: the table's callers own their keys as
 * octets, and PSA wipes what it destroys. Up to version 3.5, Mbed TLS does not guard PSA's key
 * slots against other threads, so with those versions this table belongs to one thread, its P-256
 * calls included.
 */
#include <string.h>

#include <psa/crypto.h>

#include <mbedtls/platform_util.h>

#include <usher/crypto.h>

#define UNCOMPRESSED                                                                               \
    0x04 /* the octet before X and Y of a public key in PSA's format (SEC 1, 2.3.3) */
#define AES_BITS 128
#define P256_BITS 256
#define CCM_LENGTH_MAX 0xFFFF /* what the two octets of length in a CCM block can say */

static enum usher_err to_err(psa_status_t status)
{
    return status == PSA_SUCCESS ? USHER_OK : USHER_E_INTERNAL;
}

/*
 * For calls on P-256 keys: PSA calls a key that is out of range or off the curve an invalid
 * argument.
 */
static enum usher_err to_key_err(psa_status_t status)
{
    return status == PSA_ERROR_INVALID_ARGUMENT ? USHER_E_DATA : to_err(status);
}

static psa_status_t key_import(psa_key_type_t type, size_t bits, psa_key_usage_t usage,
                               psa_algorithm_t alg, const uint8_t *octets, size_t len,
                               psa_key_id_t *key)
{
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;

    psa_set_key_type(&attributes, type);
    psa_set_key_bits(&attributes, bits);
    psa_set_key_usage_flags(&attributes, usage);
    psa_set_key_algorithm(&attributes, alg);
    return psa_import_key(&attributes, octets, len, key);
}

static enum usher_err psa_aes128(void *ctx, const uint8_t key[16], const uint8_t in[16],
                                 uint8_t out[16])
{
    psa_key_id_t id;
    size_t n;
    psa_status_t status = key_import(PSA_KEY_TYPE_AES, AES_BITS, PSA_KEY_USAGE_ENCRYPT,
                                     PSA_ALG_ECB_NO_PADDING, key, 16, &id);

    (void)ctx;
    if (status == PSA_SUCCESS) {
        status = psa_cipher_encrypt(id, PSA_ALG_ECB_NO_PADDING, in, 16, out, 16, &n);
        psa_destroy_key(id);
    }
    return to_err(status);
}

static enum usher_err mac_compute(psa_key_type_t type, psa_algorithm_t alg, const uint8_t *key,
                                  size_t key_len, const uint8_t *msg, size_t len, uint8_t *mac,
                                  size_t mac_len)
{
    psa_key_id_t id;
    size_t n;
    psa_status_t status =
        key_import(type, key_len * 8, PSA_KEY_USAGE_SIGN_MESSAGE, alg, key, key_len, &id);

    if (status == PSA_SUCCESS) {
        status = psa_mac_compute(id, alg, msg, len, mac, mac_len, &n);
        psa_destroy_key(id);
    }
    return to_err(status);
}

static enum usher_err psa_cmac(void *ctx, const uint8_t key[16], const uint8_t *msg, size_t len,
                               uint8_t mac[16])
{
    (void)ctx;
    return mac_compute(PSA_KEY_TYPE_AES, PSA_ALG_CMAC, key, 16, msg, len, mac, 16);
}

static enum usher_err psa_hmac_sha256(void *ctx, const uint8_t *key, size_t key_len,
                                      const uint8_t *msg, size_t len, uint8_t mac[32])
{
    (void)ctx;
    return mac_compute(PSA_KEY_TYPE_HMAC, PSA_ALG_HMAC(PSA_ALG_SHA_256), key, key_len, msg, len,
                       mac, 32);
}

static enum usher_err psa_ccm_encrypt(void *ctx, const uint8_t key[16],
                                      const uint8_t nonce[USHER_CCM_NONCE], const uint8_t *aad,
                                      size_t aad_len, const uint8_t *in, size_t len, uint8_t *out,
                                      size_t mic_len)
{
    psa_algorithm_t alg = PSA_ALG_AEAD_WITH_SHORTENED_TAG(PSA_ALG_CCM, mic_len);
    psa_key_id_t id;
    size_t n;
    psa_status_t status;

    (void)ctx;
    if (len > CCM_LENGTH_MAX || aad_len > CCM_LENGTH_MAX) {
        return USHER_E_SIZE;
    }
    status = key_import(PSA_KEY_TYPE_AES, AES_BITS, PSA_KEY_USAGE_ENCRYPT, alg, key, 16, &id);
    if (status == PSA_SUCCESS) {
        status = psa_aead_encrypt(id, alg, nonce, USHER_CCM_NONCE, aad, aad_len, in, len, out,
                                  len + mic_len, &n);
        psa_destroy_key(id);
    }
    return to_err(status);
}

static enum usher_err psa_ccm_decrypt(void *ctx, const uint8_t key[16],
                                      const uint8_t nonce[USHER_CCM_NONCE], const uint8_t *aad,
                                      size_t aad_len, const uint8_t *in, size_t len, uint8_t *out,
                                      size_t mic_len)
{
    psa_algorithm_t alg = PSA_ALG_AEAD_WITH_SHORTENED_TAG(PSA_ALG_CCM, mic_len);
    psa_key_id_t id;
    size_t n;
    psa_status_t status;

    (void)ctx;
    if (len > CCM_LENGTH_MAX || aad_len > CCM_LENGTH_MAX) {
        return USHER_E_SIZE;
    }
    status = key_import(PSA_KEY_TYPE_AES, AES_BITS, PSA_KEY_USAGE_DECRYPT, alg, key, 16, &id);
    if (status == PSA_SUCCESS) {
        status = psa_aead_decrypt(id, alg, nonce, USHER_CCM_NONCE, aad, aad_len, in, len + mic_len,
                                  out, len, &n);
        psa_destroy_key(id);
    }
    if (status == PSA_ERROR_INVALID_SIGNATURE) {
        mbedtls_platform_zeroize(out, len);
        return USHER_E_DATA;
    }
    return to_err(status);
}

static psa_status_t private_import(const uint8_t private_key[USHER_P256_PRIVATE], psa_key_id_t *key)
{
    return key_import(PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_R1), P256_BITS,
                      PSA_KEY_USAGE_DERIVE, PSA_ALG_ECDH, private_key, USHER_P256_PRIVATE, key);
}

static void to_psa_public(const uint8_t public_key[USHER_P256_PUBLIC],
                          uint8_t octets[1 + USHER_P256_PUBLIC])
{
    octets[0] = UNCOMPRESSED;
    memcpy(octets + 1, public_key, USHER_P256_PUBLIC);
}

static enum usher_err psa_p256_public(void *ctx, const uint8_t private_key[USHER_P256_PRIVATE],
                                      uint8_t public_key[USHER_P256_PUBLIC])
{
    uint8_t octets[1 + USHER_P256_PUBLIC];
    psa_key_id_t id;
    size_t n;
    psa_status_t status = private_import(private_key, &id);

    (void)ctx;
    if (status == PSA_SUCCESS) {
        status = psa_export_public_key(id, octets, sizeof(octets), &n);
        psa_destroy_key(id);
    }
    if (status == PSA_SUCCESS) {
        memcpy(public_key, octets + 1, USHER_P256_PUBLIC);
    }
    return to_key_err(status);
}

static enum usher_err psa_p256_check(void *ctx, const uint8_t public_key[USHER_P256_PUBLIC])
{
    uint8_t octets[1 + USHER_P256_PUBLIC];
    psa_key_id_t id;
    psa_status_t status;

    (void)ctx;
    to_psa_public(public_key, octets);
    status = key_import(PSA_KEY_TYPE_ECC_PUBLIC_KEY(PSA_ECC_FAMILY_SECP_R1), P256_BITS, 0, 0,
                        octets, sizeof(octets), &id);
    if (status == PSA_SUCCESS) {
        psa_destroy_key(id);
    }
    return to_key_err(status);
}

static enum usher_err psa_p256_ecdh(void *ctx, const uint8_t private_key[USHER_P256_PRIVATE],
                                    const uint8_t peer[USHER_P256_PUBLIC],
                                    uint8_t secret[USHER_P256_SECRET])
{
    uint8_t octets[1 + USHER_P256_PUBLIC];
    psa_key_id_t id;
    size_t n;
    psa_status_t status = private_import(private_key, &id);

    (void)ctx;
    if (status == PSA_SUCCESS) {
        to_psa_public(peer, octets);
        status = psa_raw_key_agreement(PSA_ALG_ECDH, id, octets, sizeof(octets), secret,
                                       USHER_P256_SECRET, &n);
        psa_destroy_key(id);
    }
    return to_key_err(status);
}

const struct usher_crypto *usher_crypto_psa(void)
{
    static const struct usher_crypto table = {
        .aes128 = psa_aes128,
        .cmac = psa_cmac,
        .hmac_sha256 = psa_hmac_sha256,
        .ccm_encrypt = psa_ccm_encrypt,
        .ccm_decrypt = psa_ccm_decrypt,
        .p256_public = psa_p256_public,
        .p256_check = psa_p256_check,
        .p256_ecdh = psa_p256_ecdh,
        .wipe = mbedtls_platform_zeroize,
    };

    return psa_crypto_init() == PSA_SUCCESS ? &table : NULL;
}
