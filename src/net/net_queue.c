/*
 * The queue of Network PDUs to be advertised (Mesh Protocol 1.1, sections 3.4.6.3, 4.2.20 and
 * 4.2.21): each is sealed once and transmitted as often as its state says. See net.h.
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

/* @p transmit is a Network Transmit or Relay Retransmit state. */
static enum usher_err enqueue(struct usher_net *n, uint64_t at, const struct usher_net_keys *k,
                              const struct net_pdu *p, uint8_t transmit, uint8_t tag,
                              uint32_t token)
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
    tx->left = (uint8_t)((transmit & 7) + 1);
    tx->interval_ms = (uint16_t)(((transmit >> 3) + 1) * STEP_MS);
    tx->at = at;
    tx->tag = tag;
    tx->token = token;
    return USHER_OK;
}

static enum usher_err queue(struct usher_net *n, uint64_t at, const struct net_pdu *p, uint8_t tag,
                            uint32_t token)
{
    const struct usher_subnet *s = keys_subnet(&n->keys, p->net_index);
    enum usher_err err;

    if (s == NULL) {
        return USHER_E_NOT_FOUND;
    }
    if (net_is_element(n, p->dst) || p->ttl == 1) {
        return USHER_OK;
    }
    err = enqueue(n, at, keys_tx(s), p, n->net_transmit, tag, token);
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
                         const struct net_pdu *p)
{
    struct net_pdu copy = *p;

    copy.ttl--;
    return enqueue(n, now + net_jitter(n, RELAY_DELAY_MS), k, &copy, n->relay_retransmit, 0, 0);
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
        if (n->tx[i].len != 0 && (tx == NULL || n->tx[i].at < tx->at)) {
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
    if (tx->left == 0) {
        tx->len = 0;
    }
    return (uint8_t)(len + 2);
}

uint64_t net_due(const struct usher_net *n)
{
    const struct usher_net_tx *tx = first(n);

    return tx != NULL ? tx->at : USHER_NEVER;
}
