/*
 * The keys of a node: subnets with their derived keys, AppKeys, and the Key Refresh procedure (Mesh
 * Protocol 1.1, sections 3.9.6 and 3.11.4). What is asked for answers with a status of the
 * foundation models, so that the configuration server and the local user share it. Called by net,
 * model, store, node.
 */
#ifndef KEYS_H
#define KEYS_H

#include <usher/access.h>
#include <usher/crypto.h>
#include <usher/net.h>

/**
 * Derives all that hangs on a NetKey.
 *
 * @retval USHER_E_INTERNAL  Crypto failed; nothing of the key is left in @p out.
 */
enum usher_err keys_derive(const struct usher_crypto *c, const uint8_t key[16],
                           struct usher_net_keys *out);

/** @retval NULL  Not known. */
struct usher_subnet *keys_subnet(const struct usher_keys *k, uint16_t net_index);
struct usher_appkey *keys_appkey(const struct usher_keys *k, uint16_t app_index);

/** The key that this subnet transmits with: the new one from phase 2 on. */
const struct usher_net_keys *keys_tx(const struct usher_subnet *s);
/** Which of an AppKey's keys its subnet transmits with: 0 or 1. */
unsigned keys_app_tx(const struct usher_keys *k, const struct usher_appkey *a);

/*
 * The acts of the configuration messages of the same names (4.4.1.2). What each answers besides
 * USHER_STATUS_SUCCESS is said where it is defined by that message alone; all of them answer
 * USHER_STATUS_INVALID_NETKEY for a subnet that is not known, and USHER_STATUS_UNSPECIFIED when
 * crypto failed. Whatever is not a success has changed nothing.
 */

/**
 * Adds a subnet; the same key again is a success.
 *
 * @retval USHER_STATUS_KEY_INDEX_STORED        With another key.
 * @retval USHER_STATUS_INSUFFICIENT_RESOURCES  The table is full.
 */
enum usher_status keys_subnet_add(struct usher_keys *k, const struct usher_crypto *c,
                                  uint16_t net_index, const uint8_t key[16]);
/**
 * Gives a subnet its new key: from phase 0 to phase 1. The same new key again is a success.
 *
 * @retval USHER_STATUS_CANNOT_UPDATE  Another new key, the key at hand, or phase 2.
 */
enum usher_status keys_subnet_update(struct usher_keys *k, const struct usher_crypto *c,
                                     uint16_t net_index, const uint8_t key[16]);
/**
 * Deletes a subnet with its AppKeys. One that is not known is a success.
 *
 * @retval USHER_STATUS_CANNOT_REMOVE  The last one.
 */
enum usher_status keys_subnet_delete(struct usher_keys *k, const struct usher_crypto *c,
                                     uint16_t net_index);
/**
 * Adds an AppKey; the same key again is a success.
 *
 * @retval USHER_STATUS_INVALID_NETKEY          Also: it is stored, on another subnet.
 * @retval USHER_STATUS_KEY_INDEX_STORED        With another key.
 * @retval USHER_STATUS_INSUFFICIENT_RESOURCES  The table is full.
 * @retval USHER_STATUS_INVALID_APPKEY          Not an index of an AppKey.
 */
enum usher_status keys_appkey_add(struct usher_keys *k, const struct usher_crypto *c,
                                  uint16_t net_index, uint16_t app_index, const uint8_t key[16]);
/**
 * Gives an AppKey its new key, in phase 1 of its subnet. The same new key again is a success.
 *
 * @retval USHER_STATUS_INVALID_APPKEY   It is not known.
 * @retval USHER_STATUS_INVALID_BINDING  It is on another subnet.
 * @retval USHER_STATUS_CANNOT_UPDATE    Not in phase 1, or another new key.
 */
enum usher_status keys_appkey_update(struct usher_keys *k, const struct usher_crypto *c,
                                     uint16_t net_index, uint16_t app_index, const uint8_t key[16]);
/**
 * Deletes an AppKey. One that is not known is a success.
 *
 * @retval USHER_STATUS_INVALID_BINDING  It is on another subnet.
 */
enum usher_status keys_appkey_delete(struct usher_keys *k, const struct usher_crypto *c,
                                     uint16_t net_index, uint16_t app_index);
/**
 * Key Refresh Phase Set: 2 uses the new keys, 3 revokes the old ones.
 *
 * @param transition  2 or 3.
 *
 * @retval USHER_STATUS_CANNOT_SET  Prohibited from the phase at hand.
 */
enum usher_status keys_refresh(struct usher_keys *k, const struct usher_crypto *c,
                               uint16_t net_index, uint8_t transition);

/** Forgets and wipes all. */
void keys_clear(struct usher_keys *k, const struct usher_crypto *c);

#endif
