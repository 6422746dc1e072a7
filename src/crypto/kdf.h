/*
 * The mesh security toolbox (Mesh Protocol 1.1, section 3.9.2): the salt and key derivation
 * functions over the crypto table. Used by prov, and by everything that derives keys from keys.
 *
 * Every function returns USHER_OK, or what the table's primitive answered (USHER_E_INTERNAL), or,
 * k2 alone, USHER_E_SIZE for a P that it cannot take. The other inputs may be of any length: they
 * are never copied.
 */
#ifndef KDF_H
#define KDF_H

#include <usher/crypto.h>

/** s1: AES-CMAC under the zero key (3.9.2.4). */
enum usher_err kdf_s1(const struct usher_crypto *c, const uint8_t *m, size_t len, uint8_t out[16]);

/** s2: HMAC-SHA-256 under the zero key of 32 octets (3.9.2.5). */
enum usher_err kdf_s2(const struct usher_crypto *c, const uint8_t *m, size_t len, uint8_t out[32]);

/** k1(N, SALT, P) (3.9.2.6); @p p is text or octets without terminator. */
enum usher_err kdf_k1(const struct usher_crypto *c, const uint8_t *n, size_t n_len,
                      const uint8_t salt[16], const void *p, size_t p_len, uint8_t out[16]);

/** What k2 makes of a NetKey. */
struct kdf_k2 {
    uint8_t nid; /* 7 bits */
    uint8_t encryption_key[16];
    uint8_t privacy_key[16];
};

/** k2(N, P) (3.9.2.7); @p p_len is 1..16. */
enum usher_err kdf_k2(const struct usher_crypto *c, const uint8_t n[16], const uint8_t *p,
                      size_t p_len, struct kdf_k2 *out);

/** k3(N) (3.9.2.8): the Network ID. */
enum usher_err kdf_k3(const struct usher_crypto *c, const uint8_t n[16], uint8_t out[8]);

/** k4(N) (3.9.2.9): the AID, 6 bits. */
enum usher_err kdf_k4(const struct usher_crypto *c, const uint8_t n[16], uint8_t *aid);

/** k5(N, SALT, P) (3.9.2.10). */
enum usher_err kdf_k5(const struct usher_crypto *c, const uint8_t *n, size_t n_len,
                      const uint8_t salt[32], const void *p, size_t p_len, uint8_t out[32]);

/** The virtual address of a Label UUID (3.4.2.3). */
enum usher_err kdf_virtual(const struct usher_crypto *c, const uint8_t label[16],
                           uint16_t *address);

#endif
