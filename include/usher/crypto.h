/*
 * The crypto table: the primitives that provisioning and the mesh security toolbox are built from.
 * A filling is a constant choice at link time: src/crypto/openssl.c for hosts, src/crypto/psa.c for
 * microcontrollers (and for tests on a host). Nothing in Usher implements a primitive of its own.
 *
 * Every function is synchronous. The two P-256 operations that are slow, p256_public and p256_ecdh,
 * and p256_check must be safe to call from another thread than the rest; everything else stays on
 * one thread.
 */
#ifndef USHER_CRYPTO_H
#define USHER_CRYPTO_H

#include <usher/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define USHER_CCM_NONCE 13 /**< Octets of every CCM nonce of the mesh (L = 2). */

struct usher_crypto {
    void *ctx; /**< Handed to every function below. */

    /** One AES-128 block: @p out = AES(@p key, @p in). @p in and @p out may be the same. */
    enum usher_err (*aes128)(void *ctx, const uint8_t key[16], const uint8_t in[16],
                             uint8_t out[16]);

    /** AES-CMAC (RFC 4493) over @p len octets; @p msg may be NULL when @p len is 0. */
    enum usher_err (*cmac)(void *ctx, const uint8_t key[16], const uint8_t *msg, size_t len,
                           uint8_t mac[16]);

    /** HMAC-SHA-256 (RFC 2104); @p key_len is 1..64 octets. */
    enum usher_err (*hmac_sha256)(void *ctx, const uint8_t *key, size_t key_len, const uint8_t *msg,
                                  size_t len, uint8_t mac[32]);

    /**
     * AES-CCM (RFC 3610), 13-octet nonce: @p out gets @p len octets and then @p mic_len of MIC.
     * @p mic_len is 4 or 8; @p aad may be NULL when @p aad_len is 0; @p in and @p out may be the
     * same.
     */
    enum usher_err (*ccm_encrypt)(void *ctx, const uint8_t key[16],
                                  const uint8_t nonce[USHER_CCM_NONCE], const uint8_t *aad,
                                  size_t aad_len, const uint8_t *in, size_t len, uint8_t *out,
                                  size_t mic_len);

    /**
     * The reverse: @p in holds @p len octets and then the MIC, @p out gets @p len octets.
     *
     * @retval USHER_E_DATA  The MIC does not verify; @p out has been wiped.
     */
    enum usher_err (*ccm_decrypt)(void *ctx, const uint8_t key[16],
                                  const uint8_t nonce[USHER_CCM_NONCE], const uint8_t *aad,
                                  size_t aad_len, const uint8_t *in, size_t len, uint8_t *out,
                                  size_t mic_len);

    /**
     * The public key of a private one.
     *
     * @retval USHER_E_DATA  @p private_key is not in 1..n-1: draw another.
     */
    enum usher_err (*p256_public)(void *ctx, const uint8_t private_key[USHER_P256_PRIVATE],
                                  uint8_t public_key[USHER_P256_PUBLIC]);

    /**
     * Whether a peer's public key is a point of the curve: coordinates below p, the equation holds,
     * not the point at infinity. (P-256 has cofactor 1, so no more is needed.)
     *
     * @retval USHER_E_DATA  It is not.
     */
    enum usher_err (*p256_check)(void *ctx, const uint8_t public_key[USHER_P256_PUBLIC]);

    /**
     * ECDH: X of @p private_key times @p peer, in constant time as to the private key.
     *
     * @retval USHER_E_DATA  @p peer is not a point of the curve, or @p private_key is out of range.
     */
    enum usher_err (*p256_ecdh)(void *ctx, const uint8_t private_key[USHER_P256_PRIVATE],
                                const uint8_t peer[USHER_P256_PUBLIC],
                                uint8_t secret[USHER_P256_SECRET]);

    /** Overwrites @p len octets with zeros in a way that the compiler cannot leave out. */
    void (*wipe)(void *buf, size_t len);
};

/**
 * The filling over OpenSSL 3. The table is the caller's from here on; one for each thread that
 * provisions.
 *
 * @retval NULL  OpenSSL could not give what is needed (out of memory, or a provider without AES or
 * P-256).
 */
const struct usher_crypto *usher_crypto_openssl_new(void);
/** Releases a table of usher_crypto_openssl_new(); NULL is allowed. */
void usher_crypto_openssl_free(const struct usher_crypto *crypto);

/**
 * The filling over PSA Crypto (Mbed TLS 2.28 or later). One constant table: PSA keeps its state
 * itself, and before Mbed TLS 3.6 does not guard it: then all calls, the P-256 ones too, belong to
 * one thread.
 *
 * @retval NULL  psa_crypto_init() failed.
 */
const struct usher_crypto *usher_crypto_psa(void);

/**
 * The filling over BearSSL, for microcontrollers with little memory: one constant table without
 * state, so any number of threads may use it.
 */
const struct usher_crypto *usher_crypto_bearssl(void);

#ifdef __cplusplus
}
#endif

#endif
