/*
 * The network layer (Mesh Protocol 1.1, section 3.4): PDUs sealed and opened, the message cache,
 * relaying, and the queue of what is to be advertised. transport is above it; node hands
 * advertisements in and pulls them out. Times are milliseconds of node's clock.
 */
#ifndef NET_H
#define NET_H

#include <usher/crypto.h>
#include <usher/net.h>

#define NET_AD_TYPE 0x2A
#define NET_PDU_MAX 29u
#define NET_TRANSPORT_MAX 16u /* octets of a transport PDU: 16 (access) or 12 (control) */

struct net_pdu {
    uint8_t ctl; /* 0 access, 1 control */
    uint8_t ttl;
    uint16_t src, dst;
    uint32_t seq;
    uint32_t iv_index;
    uint16_t net_index;
    uint8_t len;
    uint8_t transport[NET_TRANSPORT_MAX];
};

enum net_nonce { NET_NONCE_NETWORK = 0x00, NET_NONCE_PROXY = 0x03 };

/**
 * The layout that all nonces of the mesh share (3.9.5): those of transport, too.
 *
 * @param type    0 network, 1 application, 2 device, 3 proxy.
 * @param second  The second octet: CTL and TTL, ASZMIC in bit 7, or 0.
 * @param dst     0 where the nonce has padding.
 */
void net_nonce_fill(uint8_t type, uint8_t second, uint32_t seq, uint16_t src, uint16_t dst,
                    uint32_t iv_index, uint8_t nonce[USHER_CCM_NONCE]);

/**
 * Encrypts and obfuscates.
 *
 * @retval octets written: 14..29; 0: crypto failed, or a length that does not fit
 */
uint8_t net_seal(const struct usher_crypto *c, const struct usher_net_keys *k, enum net_nonce nonce,
                 const struct net_pdu *p, uint8_t out[NET_PDU_MAX]);
/**
 * The reverse, with one key and IV Index. p->net_index is not set.
 *
 * @retval false  Not of this key or IV Index, or malformed.
 */
bool net_open_with(const struct usher_crypto *c, const struct usher_net_keys *k,
                   enum net_nonce nonce, uint32_t iv_index, const uint8_t *in, size_t len,
                   struct net_pdu *p);
/**
 * Tries every key that the NID fits, as the IV and Key Refresh states allow.
 *
 * @retval the key that it was sealed with; NULL: none of ours
 */
const struct usher_net_keys *net_open(const struct usher_net *n, enum net_nonce nonce,
                                      const uint8_t *in, size_t len, struct net_pdu *p);

/**
 * Ready for traffic: what is under way is dropped, counters are zeroed, and the states of
 * configuration set to their defaults. Keys, IV, replay list and addresses stay.
 *
 * @param seed  For delays, which need not be unpredictable; any value.
 */
void net_begin(struct usher_net *n, uint32_t seed);

/**
 * Takes a Network PDU in: opened, checked against the cache, relayed if that is our job.
 *
 * @param from  The proxy connection that it came by, plus 1; 0: it was advertised.
 * @param p     p->src is 0 unless it is authentic, new, and of another node.
 *
 * @retval true   It is (also) for us: @p p goes to transport_rx().
 */
bool net_rx(struct usher_net *n, uint64_t now, uint8_t from, const uint8_t *in, size_t len,
            struct net_pdu *p);

/** Whether an address is one of ours: an element, or a fixed group of an enabled feature. */
bool net_is_ours(const struct usher_net *n, uint16_t dst);
/** Whether an address is an element of ours. */
bool net_is_element(const struct usher_net *n, uint16_t address);

/** The bearers that PDUs go to (3.3); bits. */
enum net_bearer { NET_ADVERTISING = 1 << 0, NET_GATT = 1 << 1 };

/**
 * Queues a PDU for its transmissions by the Network Transmit state, the first at @p at, and for the
 * proxy connections; p->seq and p->iv_index are set by the caller. One for ourselves alone is not
 * queued: transport delivers those. Nor is one with TTL 1, which goes no further than this node
 * (3.4.5.3).
 *
 * @param tag  For net_cancel(); 0: none.
 *
 * @retval USHER_E_NO_MEM     The queue is full.
 * @retval USHER_E_NOT_FOUND  No such subnet.
 * @retval USHER_E_INTERNAL   It could not be sealed.
 */
enum usher_err net_send(struct usher_net *n, uint64_t at, const struct net_pdu *p, uint8_t tag);
/** The same; net_sent() tells the token when it has left on all bearers. 0: not. */
enum usher_err net_send_told(struct usher_net *n, uint64_t at, const struct net_pdu *p,
                             uint32_t token);
/** A token of net_send_told(), once; 0: there is none to tell. */
uint32_t net_sent(struct usher_net *n);
/** Whether net_sent() has one to tell. */
bool net_has_sent(const struct usher_net *n);
/**
 * Queues one for another node, sealed with the key that it came with: for its transmissions by the
 * Relay Retransmit state after a random delay, and for the proxy connections but that of @p from.
 *
 * @param bearers  enum net_bearer, bits.
 * @param from     As of net_rx().
 *
 * @retval USHER_E_NO_MEM    The queue is full.
 * @retval USHER_E_INTERNAL  It could not be sealed.
 */
enum usher_err net_relay(struct usher_net *n, uint64_t now, const struct usher_net_keys *k,
                         const struct net_pdu *p, unsigned bearers, uint8_t from);
/** Takes what has this tag out of the queue; 0: nothing. */
void net_cancel(struct usher_net *n, uint8_t tag);
/** Whether anything with this tag is still in the queue. */
bool net_queued(const struct usher_net *n, uint8_t tag);
/** Room in the queue. */
unsigned net_room(const struct usher_net *n);

/**
 * The next AD structure that is due (type 0x2A): of several, the one that waits the longest.
 *
 * @retval its octets; 0: nothing is due
 */
uint8_t net_next(struct usher_net *n, uint64_t now, uint8_t ad[USHER_AD_MAX]);
/** When net_next() will have something; USHER_NEVER. */
uint64_t net_due(const struct usher_net *n);

/** A PDU for the proxy connections. */
struct net_taken {
    uint16_t dst;
    uint8_t from; /* as of net_rx(): that connection does not get it */
    uint8_t len;
    uint8_t pdu[NET_PDU_MAX];
};
/** The next one, each once, in the order in which they were queued. @retval false  None. */
bool net_take(struct usher_net *n, struct net_taken *taken);
/**
 * Which bearers there are now: whether PDUs are advertised, and whether anybody calls net_take().
 * What waits for a bearer that is gone waits no more.
 */
void net_bearers(struct usher_net *n, bool advertised, bool proxied);

/** Random below @p below, for delays; 0 if that is 0. */
uint32_t net_jitter(struct usher_net *n, uint32_t below);

#endif
