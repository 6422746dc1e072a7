/*
 * The keys with which a capture is read: those of a network, from a Configuration Database or a
 * file with some of its members (Mesh Configuration Database Profile 1.0, sections 3 to 5), or
 * given one by one. A keyring is an eavesdropper's network and transport layers: it opens for
 * whoever a message is for. Called by the tool, and by mesh.c.
 */
#ifndef DECODE_KEYRING_H
#define DECODE_KEYRING_H

#include <usher/access.h>
#include <usher/crypto.h>

#include <jansson.h>

struct keyring;

/** @retval NULL  No memory. */
struct keyring *keyring_new(const struct usher_crypto *crypto);
/** Wipes the keys. NULL is allowed. */
void keyring_free(struct keyring *k);

/* @retval false  No room, an index that is there with another key, or a value out of its range. */

/** @param old_key  During a Key Refresh the key before; else NULL. */
bool keyring_netkey(struct keyring *k, uint16_t index, const uint8_t key[USHER_KEY_SIZE],
                    const uint8_t *old_key);
/** Likewise. @param net_index  Of a subnet that is there. */
bool keyring_appkey(struct keyring *k, uint16_t net_index, uint16_t index,
                    const uint8_t key[USHER_KEY_SIZE], const uint8_t *old_key);
bool keyring_node(struct keyring *k, uint16_t address, uint8_t elements,
                  const uint8_t device_key[USHER_KEY_SIZE]);
/** The label of a virtual address. */
bool keyring_label(struct keyring *k, const uint8_t label[USHER_LABEL_SIZE]);
/** The IV Index to begin with; beacons in the capture tell a later one. 0 without this call. */
void keyring_iv_index(struct keyring *k, uint32_t iv_index);

/**
 * Takes the keys of a Configuration Database: of "netKeys" and "appKeys" the members "index",
 * "key", "oldKey" and "boundNetKey", of "nodes" "unicastAddress", "deviceKey" and "elements" (an
 * array, or how many there are; 1 if there is no such member), of "groups" those whose "address" is
 * a label. Beyond the Profile, "ivIndex". All of it may be missing.
 *
 * @param why  Gets one line, with the path of what is wrong.
 */
bool keyring_database(struct keyring *k, const json_t *database, char *why, size_t why_len);

#endif
