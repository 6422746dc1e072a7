/*
 * Secure network beacons and private beacons (Mesh Protocol 1.1, sections 3.10.3 and 3.10.4):
 * built, verified, and when to send them. Also the service data of the proxy advertisements
 * (7.2.2). Called by node.
 */
#ifndef SECBEACON_H
#define SECBEACON_H

#include <usher/crypto.h>
#include <usher/net.h>

#define SECBEACON_AD_TYPE 0x2B
#define SECBEACON_LEN 22u /* beacon type and all */
#define PRIVBEACON_LEN 27u
#define PRIVBEACON_RANDOM 13u

#define SECBEACON_KEY_REFRESH 0x01u /* flags: the new key is in use, as from phase 2 */
#define SECBEACON_IV_UPDATE 0x02u   /* flags: IV Update in Progress */

struct secbeacon {
    uint8_t flags; /* SECBEACON_ ... */
    uint32_t iv_index;
    uint16_t net_index;
    bool new_key; /* secured with the subnet's new key */
    bool private; /* a private beacon */
};

/** @retval USHER_E_INTERNAL  Crypto failed. */
enum usher_err secbeacon_build(const struct usher_crypto *c, const struct usher_net_keys *k,
                               uint8_t flags, uint32_t iv_index, uint8_t out[SECBEACON_LEN]);
/**
 * @param random  New for each state that is told, and from time to time.
 *
 * @retval USHER_E_INTERNAL  Crypto failed.
 */
enum usher_err privbeacon_build(const struct usher_crypto *c, const struct usher_net_keys *k,
                                uint8_t flags, uint32_t iv_index,
                                const uint8_t random[PRIVBEACON_RANDOM],
                                uint8_t out[PRIVBEACON_LEN]);
/**
 * Verifies one of either kind, from the data of an AD structure of type 0x2B, against the keys
 * known.
 *
 * @retval false  Not ours, or not authentic.
 */
bool secbeacon_open(const struct usher_net *n, const uint8_t *data, size_t len,
                    struct secbeacon *b);

/**
 * Takes in what a beacon says: IV Index, Key Refresh; counts it for the interval of our own. After
 * a change beacons of our own are in a hurry.
 *
 * @retval true  Something changed: *iv and *refresh (the subnet, or NULL) say what.
 */
bool secbeacon_take(struct usher_net *n, uint64_t now, const struct secbeacon *b, bool *iv,
                    struct usher_subnet **refresh);

/**
 * The beacon that is due, of either kind, as an AD structure.
 *
 * @param random  Never used before. NULL: there is none; a private beacon that needs it is left
 *                out.
 *
 * @retval its octets; 0: nothing is due
 */
uint8_t secbeacon_next(struct usher_net *n, uint64_t now, const uint8_t random[PRIVBEACON_RANDOM],
                       uint8_t ad[USHER_AD_MAX]);
/** When secbeacon_next() will have something; USHER_NEVER while the states of both are off. */
uint64_t secbeacon_due(const struct usher_net *n);
/** Beacons soon: the state changed, or the node has just begun. Also counts that (beacon_news). */
void secbeacon_hurry(struct usher_net *n, uint64_t now);
/**
 * A beacon of a subnet for a proxy connection (6.7): a private one if the node sends those and no
 * others.
 *
 * @param random  Never used before.
 *
 * @retval its octets, beacon type and all; 0: crypto failed
 */
uint8_t secbeacon_proxied(const struct usher_net *n, const struct usher_subnet *s,
                          const uint8_t random[PRIVBEACON_RANDOM], uint8_t out[PRIVBEACON_LEN]);

/** Identification types: what proxy service data begin with. */
enum identity_type {
    IDENTITY_NETWORK_ID = 0x00,
    IDENTITY_NODE = 0x01,
    IDENTITY_PRIVATE_NETWORK = 0x02,
    IDENTITY_PRIVATE_NODE = 0x03,
};

/* Proxy service data, after the UUID (7.2.2.2). @retval octets; 0: crypto failed */
uint8_t identity_network_id(const struct usher_net_keys *k, uint8_t out[9]);
uint8_t identity_node(const struct usher_crypto *c, const struct usher_net_keys *k,
                      uint16_t address, const uint8_t random[8], uint8_t out[17]);
uint8_t identity_private_network(const struct usher_crypto *c, const struct usher_net_keys *k,
                                 const uint8_t random[8], uint8_t out[17]);
uint8_t identity_private_node(const struct usher_crypto *c, const struct usher_net_keys *k,
                              uint16_t address, const uint8_t random[8], uint8_t out[17]);
/** Node Identity of a subnet, for its time or not (4.2.13). */
void identity_set(struct usher_subnet *s, uint64_t now, bool on);

#endif
