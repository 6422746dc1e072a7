/*
 * A few nodes' network and transport layers on one wire in virtual time, without models or radio:
 * what one advertises, all others hear, unless the wire loses it. For the tests of transport.
 */
#ifndef WIRE_H
#define WIRE_H

#include "keys.h"
#include "transport.h"

#define WIRE_NODES 5
#define NODE_TOLD 24
#define NODE_SAR_TX 2
#define NODE_SAR_RX 3

/* Something that transport_next() told. */
struct told {
    enum transport_kind kind;
    struct transport_in in;
    uint8_t data[USHER_ACCESS_MAX];
};

struct node {
    struct usher_net net;
    struct usher_subnet subnets[2];
    struct usher_appkey appkeys[3];
    struct usher_rpl_entry rpl[6];
    struct usher_net_tx tx[8];
    struct usher_sar_tx sar_tx[NODE_SAR_TX];
    struct usher_sar_rx sar_rx[NODE_SAR_RX];
    struct wire *wire;
    bool knows_device_keys;
    uint16_t group;           /* subscribed to, as is ... */
    uint16_t virtual_address; /* ... this one, by two labels */
    uint8_t labels[2][USHER_LABEL_SIZE];
    unsigned count; /* of what was told */
    struct told told[NODE_TOLD];
    bool deaf;
};

struct wire {
    const struct usher_crypto *crypto;
    uint64_t now;
    uint32_t random;
    unsigned loss; /* percent */
    unsigned sent; /* advertisements */
    struct node node[WIRE_NODES];
};

/* Nodes with addresses 0x0100, 0x0200, ... of two elements each, one NetKey and AppKey 0 in common.
 */
void wire_init(struct wire *w, const struct usher_crypto *crypto, uint32_t seed);

/* Forgets what was told. */
void wire_forget(struct wire *w);

/* Lets time pass. */
void wire_run(struct wire *w, uint64_t ms);

/* Lets time pass until nothing is under way, a minute at most. */
void wire_settle(struct wire *w);

/* Lets a node alone go on for so long; what it advertises is opened as @p hearer would, each
 * message once. */
unsigned wire_record(struct wire *w, struct node *from, const struct node *hearer, uint64_t ms,
                     struct net_pdu *pdus, unsigned max);

/* Hands over a recorded message, and lets the node tell. */
void wire_hand(struct wire *w, struct node *to, const struct net_pdu *p);

/* Pulls all that a node has to tell. */
void node_drain(struct node *n);

uint32_t wire_random(struct wire *w, uint32_t below);

/* A message from one node's primary element to an address under AppKey 0. */
struct transport_out message_to(const struct node *from, uint16_t dst, const uint8_t *data,
                                size_t len);

/* Fails unless the node was told exactly this one message, and forgets it. */
void assert_told(struct node *n, uint16_t src, uint16_t dst, uint16_t key, const uint8_t *data,
                 size_t len);

#endif
