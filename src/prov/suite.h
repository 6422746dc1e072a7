/*
 * The two provisioning algorithms (Mesh Protocol 1.1, section 5.4.2.4) as rows of one table. What
 * differs is the size of randoms and AuthValues, the functions that make salt and confirmation, and
 * where the AuthValue goes in; all that follows is common.
 */
#ifndef SUITE_H
#define SUITE_H

#include <usher/prov.h>

struct suite {
    uint8_t size; /* octets of AuthValue, random, confirmation and their key: 16 or 32 */
    /* ConfirmationSalt of the 145 octets of ConfirmationInputs */
    enum usher_err (*salt)(const struct usher_crypto *c, const uint8_t *inputs, size_t len,
                           uint8_t *salt);
    /* ConfirmationKey */
    enum usher_err (*key)(const struct usher_crypto *c, const uint8_t secret[USHER_P256_SECRET],
                          const uint8_t *auth, const uint8_t *salt, uint8_t *key);
    /* Confirmation */
    enum usher_err (*confirm)(const struct usher_crypto *c, const uint8_t *key,
                              const uint8_t *random, const uint8_t *auth, uint8_t *confirmation);
};

/** The algorithm's row. @retval NULL  Reserved for future use. */
const struct suite *suite_get(uint8_t algorithm);

/** What both sides derive once the randoms are known. */
struct suite_keys {
    uint8_t session_key[16];
    uint8_t session_nonce[USHER_CCM_NONCE];
    uint8_t device_key[USHER_KEY_SIZE];
};

/** SessionKey, SessionNonce and DevKey (5.4.2.5); @p random is indexed by role. */
enum usher_err suite_keys(const struct suite *suite, const struct usher_crypto *c,
                          const uint8_t secret[USHER_P256_SECRET], const uint8_t *salt,
                          const uint8_t random[2][32], struct suite_keys *keys);

#endif
