/*
 * The network and transport layers of a node without anything above or below them, for the fuzz
 * targets of src/net: a few nodes of two elements, in one network, that know all keys.
 */
#ifndef NETNODE_H
#define NETNODE_H

#include "fuzz.h"

#include "keys.h"
#include "transport.h"

#define NETNODE_SUBNETS 2
#define NETNODE_APPKEYS 3
#define NETNODE_LABELS 2
#define NETNODE_ELEMENTS 2
#define NETNODE_GROUP 0xC001
#define NETNODE_VIRTUAL 0x8ABC /* made up: two labels of one hash are not easily found */

struct netnode {
    struct usher_net net;
    struct usher_subnet subnets[NETNODE_SUBNETS];
    struct usher_appkey appkeys[NETNODE_APPKEYS];
    struct usher_rpl_entry rpl[8];
    struct usher_net_tx tx[8];
    struct usher_sar_tx sar_tx[2];
    struct usher_sar_rx sar_rx[3];
};

/**
 * Node n, at address 0x0100 * (n + 1): subnet 0 in phase 0, subnet 1 in phase 1 with two keys;
 * AppKeys 0 and 1 on subnet 0, 2 on subnet 1 with two keys. Subscribed to NETNODE_GROUP and to
 * NETNODE_VIRTUAL, the latter by two labels.
 */
void netnode_init(struct netnode *n, unsigned index);
const uint8_t *netnode_label(unsigned i);
/** Of the node that has this address. */
void netnode_device_key(uint16_t address, uint8_t key[USHER_KEY_SIZE]);

/** Fails unless what transport_next() told can be: addresses, length, key, TTL. */
void netnode_check_told(const struct netnode *n, enum transport_kind kind,
                        const struct transport_in *in);

#endif
