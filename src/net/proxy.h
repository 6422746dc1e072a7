/*
 * The proxy protocol without its bearer (Mesh Protocol 1.1, sections 6.4 to 6.6): the filter that a
 * Proxy Server keeps for each client, and the Proxy Configuration messages of both sides. The GATT
 * bearer carries these PDUs; identity.c is what a proxy advertises.
 */
#ifndef PROXY_H
#define PROXY_H

#include "net.h"

#include <usher/gatt.h>

#define PROXY_ADDRESSES_MAX 5u /* addresses in one message */

enum proxy_filter_type { PROXY_ACCEPT_LIST = 0, PROXY_REJECT_LIST = 1 };

enum proxy_opcode {
    PROXY_SET_FILTER_TYPE = 0x00,
    PROXY_ADD_ADDRESSES = 0x01,
    PROXY_REMOVE_ADDRESSES = 0x02,
    PROXY_FILTER_STATUS = 0x03,
};

/** A Proxy Configuration message. */
struct proxy_message {
    uint8_t opcode;     /* enum proxy_opcode */
    uint8_t type;       /* Set Filter Type, Filter Status: enum proxy_filter_type */
    uint16_t list_size; /* Filter Status */
    uint8_t count;      /* Add, Remove: addresses */
    uint16_t addresses[PROXY_ADDRESSES_MAX];
};

/** For a new connection: an accept list without addresses. */
void proxy_filter_begin(struct usher_proxy_filter *f);
/** Whether a message to @p dst goes to this client. */
bool proxy_filter_passes(const struct usher_proxy_filter *f, uint16_t dst);
/** The client has sent a valid Network PDU from @p src: answers to it are to reach it (6.4). */
void proxy_filter_heard(struct usher_proxy_filter *f, uint16_t src);
/** Server: does what a client's message asks. @retval false  Not a client's message. */
bool proxy_filter_apply(struct usher_proxy_filter *f, const struct proxy_message *m);

/**
 * Seals a message of ours, with a fresh sequence number and the key that its subnet transmits with.
 *
 * @retval octets: 17..27; 0: no such subnet, no sequence number, crypto failed, or a message that
 *         cannot be
 */
uint8_t proxy_seal(struct usher_net *n, uint16_t net_index, struct proxy_message *m,
                   uint8_t out[NET_PDU_MAX]);
/**
 * Opens one, from a PDU of type Proxy Configuration; its source is noted in the replay list.
 *
 * @param net_index  Gets the subnet: an answer has the same.
 *
 * @retval false  Not ours, not authentic, heard before, or malformed.
 */
bool proxy_open(struct usher_net *n, const uint8_t *in, size_t len, struct proxy_message *m,
                uint16_t *net_index);

/**
 * Server: takes a client's message and answers it with Filter Status.
 *
 * @retval octets of the answer; 0: none is due
 */
uint8_t proxy_serve(struct usher_net *n, struct usher_proxy_filter *f, const uint8_t *in,
                    size_t len, uint8_t out[NET_PDU_MAX]);

#endif
