/*
 * The queue of Network PDUs to be sent (Mesh Protocol 1.1, sections 3.4.6.3, 4.2.20 and 4.2.21):
 * each is sealed once, advertised as often as its state says, and handed once to whoever has the
 * proxy connections. See net.h.
 *
 * A queue that is full refuses, and never drops what it holds: a segment that was taken will go
 * out.
 */
#include "net.h"

#include "keys.h"

#include <string.h>

#define STEP_MS 10u
#define SPREAD_MS 11u      /* 0..10 ms on top of every interval */
#define RELAY_DELAY_MS 20u /* so that relays that heard the same do not all speak at once */

static bool is_free(const struct usher_net_tx *tx)
{
    return tx->len == 0 && tx->token == 0;
}

static struct usher_net_tx *tx_free(const struct usher_net *n)
{
    for (uint16_t i = 0; i < n->tx_size; i++) {
        if (is_free(&n->tx[i])) {
            return &n->tx[i];
        }
    }
    return NULL;
}

/* A PDU that has left on all bearers is not kept. */
static void settle(struct usher_net_tx *tx)
{
    if (tx->left == 0 && !tx->fresh) {
        tx->len = 0;
    }
}

/* How a PDU is sent. */
struct how {
    uint64_t at;
    unsigned bearers; /* enum net_bearer, bits */
    uint8_t transmit; /* a Network Transmit or Relay Retransmit state */
    uint8_t from, tag;
    uint32_t token;
};

static enum usher_err enqueue(struct usher_net *n, const struct usher_net_keys *k,
                              const struct net_pdu *p, const struct how *how)
{
    struct usher_net_tx *tx = tx_free(n);

    if (tx == NULL) {
        n->stats.no_memory++;
        return USHER_E_NO_MEM;
    }
    tx->len = net_seal(n->crypto, k, NET_NONCE_NETWORK, p, tx->pdu);
    if (tx->len == 0) {
        return USHER_E_INTERNAL;
    }
    tx->left = (how->bearers & NET_ADVERTISING) != 0 ? (uint8_t)((how->transmit & 7) + 1) : 0;
    tx->fresh = (how->bearers & NET_GATT) != 0;
    tx->interval_ms = (uint16_t)(((how->transmit >> 3) + 1) * STEP_MS);
    tx->at = how->at;
    tx->order = n->tx_order++;
    tx->dst = p->dst;
    tx->from = how->from;
    tx->tag = how->tag;
    tx->token = how->token;
    settle(tx);
    return USHER_OK;
}

static enum usher_err queue(struct usher_net *n, uint64_t at, const struct net_pdu *p, uint8_t tag,
                            uint32_t token)
{
    const struct usher_subnet *s = keys_subnet(&n->keys, p->net_index);
    const struct how how = { .at = at,
                             .bearers =
                                 (n->silent ? 0u : NET_ADVERTISING) | (n->proxied ? NET_GATT : 0u),
                             .transmit = n->net_transmit,
                             .tag = tag,
                             .token = token };
    enum usher_err err;

    if (s == NULL) {
        return USHER_E_NOT_FOUND;
    }
    if (net_is_element(n, p->dst) || p->ttl == 1) {
        return USHER_OK;
    }
    err = enqueue(n, keys_tx(s), p, &how);
    if (err == USHER_OK) {
        n->stats.tx++;
    }
    return err;
}

enum usher_err net_send(struct usher_net *n, uint64_t at, const struct net_pdu *p, uint8_t tag)
{
    return queue(n, at, p, tag, 0);
}

enum usher_err net_send_told(struct usher_net *n, uint64_t at, const struct net_pdu *p,
                             uint32_t token)
{
    return queue(n, at, p, 0, token);
}

enum usher_err net_relay(struct usher_net *n, uint64_t now, const struct usher_net_keys *k,
                         const struct net_pdu *p, unsigned bearers, uint8_t from)
{
    const struct how how = { .at = now + net_jitter(n, RELAY_DELAY_MS),
                             .bearers = bearers,
                             .transmit = n->relay_retransmit,
                             .from = from };
    struct net_pdu copy = *p;

    copy.ttl--;
    return enqueue(n, k, &copy, &how);
}

/* One whose token is to be told. */
static struct usher_net_tx *ended(const struct usher_net *n)
{
    for (uint16_t i = 0; i < n->tx_size; i++) {
        if (n->tx[i].len == 0 && n->tx[i].token != 0) {
            return &n->tx[i];
        }
    }
    return NULL;
}

uint32_t net_sent(struct usher_net *n)
{
    struct usher_net_tx *tx = ended(n);
    uint32_t token = tx != NULL ? tx->token : 0;

    if (tx != NULL) {
        tx->token = 0;
    }
    return token;
}

bool net_has_sent(const struct usher_net *n)
{
    return ended(n) != NULL;
}

void net_cancel(struct usher_net *n, uint8_t tag)
{
    for (uint16_t i = 0; i < n->tx_size && tag != 0; i++) {
        if (n->tx[i].tag == tag) {
            n->tx[i].len = 0;
        }
    }
}

bool net_queued(const struct usher_net *n, uint8_t tag)
{
    for (uint16_t i = 0; i < n->tx_size; i++) {
        if (n->tx[i].len != 0 && n->tx[i].tag == tag) {
            return true;
        }
    }
    return false;
}

unsigned net_room(const struct usher_net *n)
{
    unsigned room = 0;

    for (uint16_t i = 0; i < n->tx_size; i++) {
        room += is_free(&n->tx[i]);
    }
    return room;
}

/* The one whose time comes first, or came first. */
static struct usher_net_tx *first(const struct usher_net *n)
{
    struct usher_net_tx *tx = NULL;

    for (uint16_t i = 0; i < n->tx_size; i++) {
        const struct usher_net_tx *t = &n->tx[i];

        if (t->len != 0 && t->left != 0 && (tx == NULL || t->at < tx->at)) {
            tx = &n->tx[i];
        }
    }
    return tx;
}

uint8_t net_next(struct usher_net *n, uint64_t now, uint8_t ad[USHER_AD_MAX])
{
    struct usher_net_tx *tx = first(n);
    uint8_t len;

    if (tx == NULL || tx->at > now) {
        return 0;
    }
    len = tx->len;
    ad[0] = (uint8_t)(len + 1);
    ad[1] = NET_AD_TYPE;
    memcpy(ad + 2, tx->pdu, len);
    tx->left--;
    tx->at = now + tx->interval_ms + net_jitter(n, SPREAD_MS);
    settle(tx);
    return (uint8_t)(len + 2);
}

uint64_t net_due(const struct usher_net *n)
{
    const struct usher_net_tx *tx = first(n);

    return tx != NULL ? tx->at : USHER_NEVER;
}

/* Not by their time: a delay against collisions is of no use there, and would change the order. */
static struct usher_net_tx *fresh(const struct usher_net *n)
{
    struct usher_net_tx *tx = NULL;

    for (uint16_t i = 0; i < n->tx_size; i++) {
        const struct usher_net_tx *t = &n->tx[i];

        if (t->len != 0 && t->fresh && (tx == NULL || (int32_t)(t->order - tx->order) < 0)) {
            tx = &n->tx[i];
        }
    }
    return tx;
}

bool net_take(struct usher_net *n, struct net_taken *taken)
{
    struct usher_net_tx *tx = fresh(n);

    if (tx == NULL) {
        return false;
    }
    taken->dst = tx->dst;
    taken->from = tx->from;
    taken->len = tx->len;
    memcpy(taken->pdu, tx->pdu, tx->len);
    tx->fresh = false;
    settle(tx);
    return true;
}

void net_bearers(struct usher_net *n, bool advertised, bool proxied)
{
    n->silent = !advertised;
    n->proxied = proxied;
    for (uint16_t i = 0; i < n->tx_size; i++) {
        struct usher_net_tx *tx = &n->tx[i];

        if (tx->len != 0) {
            tx->left = advertised ? tx->left : 0;
            tx->fresh = proxied && tx->fresh;
            settle(tx);
        }
    }
}
