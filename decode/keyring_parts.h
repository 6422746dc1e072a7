/* What is in a keyring; shared by keyring.c, keyring_json.c and mesh.c. */
#ifndef DECODE_KEYRING_PARTS_H
#define DECODE_KEYRING_PARTS_H

#include "keyring.h"
#include "net.h"

#define KEYRING_SUBNETS 32u
#define KEYRING_APPKEYS 128u
#define KEYRING_MESSAGES 64u /* that are put together at once, or remembered */

struct keyring_node {
    uint16_t address;
    uint8_t elements;
    uint8_t key[USHER_KEY_SIZE];
};

struct keyring_label {
    uint16_t address;
    uint8_t octets[USHER_LABEL_SIZE];
};

struct keyring {
    struct usher_net net;
    struct usher_subnet subnets[KEYRING_SUBNETS];
    struct usher_appkey appkeys[KEYRING_APPKEYS];
    struct usher_rpl_entry replay[1]; /* forgotten after each PDU: see keyring_as() */
    struct usher_net_tx nothing[1];
    struct usher_sar_tx no_message[1];
    struct usher_sar_rx messages[KEYRING_MESSAGES];
    struct keyring_node *nodes;
    size_t node_count, node_room;
    struct keyring_label *labels;
    size_t label_count, label_room;
};

/** Whose device key an address has. @retval NULL  Not known. */
const struct keyring_node *keyring_node_at(const struct keyring *k, uint16_t address);

/** Becomes the node that a PDU is for, with its device key and nothing heard before. */
void keyring_as(struct keyring *k, uint16_t address);

#endif
