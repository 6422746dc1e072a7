/*
 * Authentication inside a session: the AuthValue, confirmations and randoms, and the keys that
 * follow (Mesh Protocol 1.1, sections 5.4.2.4 and 5.4.2.5). For the files of src/prov only.
 */
#ifndef AUTH_H
#define AUTH_H

#include <usher/prov.h>

/** Octets of AuthValue, random and confirmation under the chosen algorithm: 16 or 32. */
size_t auth_size(const struct usher_prov *s);

/** Who shows, who asks? Makes the AuthValue or asks the user for it. */
void auth_begin(struct usher_prov *s);

/** Makes our confirmation. @retval USHER_E_DATA  The peer sent this very value: a reflection. */
enum usher_err auth_confirm(struct usher_prov *s);

enum usher_failure auth_take_confirmation(struct usher_prov *s, const uint8_t *value, size_t len);
/** Verifies the peer's confirmation with the random that it now reveals. */
enum usher_failure auth_take_random(struct usher_prov *s, const uint8_t *value, size_t len);

/** Derives session key, nonce and device key from both randoms, and wipes what they came from. */
enum usher_err auth_derive(struct usher_prov *s);

/** Wipes every secret but the device key and the data. */
void auth_wipe(struct usher_prov *s);

#endif
