/*
 * Lower and upper transport (Mesh Protocol 1.1, sections 3.5 and 3.6): segmentation and reassembly
 * with acknowledgements, application and device key encryption, control messages, heartbeats.
 * Network PDUs in; messages are pulled.
 */
#ifndef TRANSPORT_H
#define TRANSPORT_H

#include "net.h"

#include <usher/access.h>

/** A message to be sent. */
struct transport_out {
    bool control;
    uint8_t opcode;             /* control messages: 0x01..0x7F */
    uint16_t src;               /* an element of ours */
    struct usher_target target; /* control: key is unused */
    const uint8_t *data;        /* access message, or control parameters */
    size_t len;
    uint32_t token; /* 0: its end is not told */
};

/** What transport_next() tells. */
enum transport_kind {
    TRANSPORT_NOTHING,
    TRANSPORT_ACCESS,    /* an access message was received */
    TRANSPORT_SENT,      /* a message with a token ended */
    TRANSPORT_HEARTBEAT, /* one that is subscribed to */
};

struct transport_in {
    struct usher_message message; /* opcode, params, len not set: the access layer parses data */
    const uint8_t *data;          /* good until the next call */
    size_t len;
    uint32_t token;
    bool delivered;
    uint16_t features;
    uint8_t hops;
};

/**
 * Encrypts and sends, segmented if needed. An access message whose dst is (also) ours is told by
 * transport_next() as well; control messages have no use for that.
 *
 * @retval USHER_OK           Under way.
 * @retval USHER_E_STATE      Not a node.
 * @retval USHER_E_PARAM      A TTL of 1 or above 127.
 * @retval USHER_E_ADDR       Not a destination for such a message.
 * @retval USHER_E_NOT_FOUND  The key is not known, or no device key for the destination.
 * @retval USHER_E_SIZE       Too long.
 * @retval USHER_E_BUSY       A segmented message to that destination is on its way.
 * @retval USHER_E_NO_MEM     No room in a table.
 * @retval USHER_E_RESOURCES  No sequence number is reserved in storage.
 */
enum usher_err transport_send(struct usher_net *n, uint64_t now, const struct transport_out *out);

/** Takes a Network PDU for us. */
void transport_rx(struct usher_net *n, uint64_t now, const struct net_pdu *p);

/** What there is to tell; also lets timers run out and segments go. Until it answers
 * TRANSPORT_NOTHING. */
enum transport_kind transport_next(struct usher_net *n, uint64_t now, struct transport_in *in);
/** When transport_next() must be called at the latest. */
uint64_t transport_deadline(const struct usher_net *n);

/** Whether a segmented message awaits acks: an IV Update is not ended meanwhile (3.11.5). */
bool transport_busy(const struct usher_net *n);
/** Whether a segmented message from there to this element of ours is arriving. */
bool transport_receives(const struct usher_net *n, uint16_t src, uint16_t dst);
/** Drops everything under way without telling. */
void transport_clear(struct usher_net *n);

/**
 * Heartbeat Publication was set: the first heartbeat goes out now. The caller has set all of pub_
 * but pub_at; a subscription needs no call, only sub_until.
 */
void transport_heartbeat_set(struct usher_net *n, uint64_t now);
/** A feature was switched: a heartbeat tells, if the publication wants to tell of this one
 * (3.6.5.5). */
void transport_feature_changed(struct usher_net *n, uint64_t now, uint16_t feature);

#endif
