/*
 * What the files of transport share: transport_upper.c has keys and encryption, transport_tx.c
 * segmented messages going out, transport_rx.c those coming in, transport_control.c control
 * messages, transport_pdu.c the wire formats, transport_send.c and transport.c the calls of
 * transport.h.
 */
#ifndef TRANSPORT_PARTS_H
#define TRANSPORT_PARTS_H

#include "transport.h"

#include "io.h"

#define HEAD_SEGMENTED 0x80u
#define HEAD_APPKEY 0x40u /* AKF; the bits below are AID */
#define HEAD_LOW 0x3Fu
#define OPCODE_MASK 0x7Fu /* of the first octet of a control message */
#define OPCODE_SEGMENT_ACK 0x00
#define OPCODE_HEARTBEAT 0x0A

#define UNSEGMENTED_MAX 15u     /* octets of an access message with its MIC in one PDU */
#define UNSEGMENTED_CONTROL 11u /* octets of control parameters in one PDU */
#define CONTROL_MAX 256u
#define MIC_SHORT 4u
#define MIC_LONG 8u
#define SEQ_ZERO_MASK 0x1FFFu

/* -- transport_pdu.c: wire formats, read or written -------------------------------------------- */

/** The header of a segment (3.5.2.2, 3.5.2.4). */
struct segment {
    uint8_t head; /* SEG, then AKF and AID, or opcode */
    uint8_t szmic;
    uint16_t seq_zero;
    uint8_t index, last; /* SegO, SegN */
};
void segment_fields(struct io *io, struct segment *s);

/** Segment Acknowledgment (3.5.2.3.1), after its opcode. */
struct segment_ack {
    uint8_t obo;
    uint16_t seq_zero;
    uint32_t block;
};
void segment_ack_fields(struct io *io, struct segment_ack *a);

/** Heartbeat (3.6.5.10), after its opcode. */
struct heartbeat {
    uint8_t init_ttl;
    uint16_t features;
};
void heartbeat_fields(struct io *io, struct heartbeat *h);

/** Octets of every segment but the last. */
size_t segment_size(uint8_t ctl);
/** A bit for each of the segments 0..@p last. */
uint32_t segments_mask(uint8_t last);

/* -- transport_upper.c ------------------------------------------------------------------------- */

/** What an upper transport PDU is sealed with, beside the key. */
struct upper {
    bool device; /* a device key, not an AppKey */
    uint8_t szmic;
    uint16_t src, dst;
    uint32_t seq, iv_index; /* SeqAuth if segmented */
    const uint8_t *label;   /* NULL unless dst is virtual */
};

struct upper_key {
    uint8_t head; /* AKF and AID */
    uint8_t key[USHER_KEY_SIZE];
};

size_t upper_mic(uint8_t szmic);

/** @p out gets @p len octets and the MIC. @retval USHER_E_INTERNAL  Crypto failed. */
enum usher_err upper_seal(const struct usher_crypto *c, const uint8_t key[USHER_KEY_SIZE],
                          const struct upper *u, const uint8_t *in, size_t len, uint8_t *out);

/** The reverse, with one key; @p len counts no MIC. @retval false  Not sealed with it. */
bool upper_open_with(const struct usher_crypto *c, const uint8_t key[USHER_KEY_SIZE],
                     const struct upper *u, const uint8_t *in, size_t len, uint8_t *out);

/**
 * Opens with every key and label that may fit: u->device and u->label are set here.
 *
 * @param head  AKF and AID are looked at.
 * @param len   Without MIC.
 * @param key   What fitted, as in struct usher_message.
 *
 * @retval false  None fits.
 */
bool upper_open(const struct usher_net *n, struct upper *u, uint8_t head, uint16_t net_index,
                const uint8_t *in, size_t len, uint8_t *out, uint16_t *key);

/** The key to seal a message for @p target with. @retval USHER_E_NOT_FOUND  Not known. */
enum usher_err upper_key_for(const struct usher_net *n, const struct usher_target *target,
                             struct upper_key *k);

/** Our own copy of a label that something of ours subscribes to. @retval NULL  Nothing does. */
const uint8_t *upper_label(const struct usher_net *n, uint16_t dst, const uint8_t *label);

/* -- transport_tx.c ---------------------------------------------------------------------------- */

/** Sends one PDU with a fresh sequence number: p->seq and p->iv_index are set here. */
enum usher_err transport_emit(struct usher_net *n, uint64_t now, struct net_pdu *p);

/** A free entry for a message to @p dst. @retval USHER_E_BUSY, USHER_E_NO_MEM  As transport_send().
 */
enum usher_err sar_tx_claim(struct usher_net *n, uint16_t dst, struct usher_sar_tx **tx);
/** Begins to send: everything up to last, len and data is filled in, and seq0 is the newest
 * sequence number. */
void sar_tx_begin(struct usher_net *n, uint64_t now, struct usher_sar_tx *tx);
/** Ends a transfer; it is told if it has a token. */
void sar_tx_end(struct usher_net *n, struct usher_sar_tx *tx, bool delivered);
/** @retval true  The ack is valid, and from whom it should be. */
bool sar_tx_ack(struct usher_net *n, uint64_t now, const struct net_pdu *p,
                const struct segment_ack *a);
void sar_tx_run(struct usher_net *n, uint64_t now);
uint64_t sar_tx_deadline(const struct usher_net *n);

/* -- transport_rx.c ---------------------------------------------------------------------------- */

void sar_rx_segment(struct usher_net *n, uint64_t now, const struct net_pdu *p);
/** An entry for a message that is here already. @retval NULL  No room. */
struct usher_sar_rx *sar_rx_claim(struct usher_net *n);
void sar_rx_run(struct usher_net *n, uint64_t now);
uint64_t sar_rx_deadline(const struct usher_net *n);

/* -- transport_control.c ----------------------------------------------------------------------- */

/** Acknowledges segments: @p to is one of them, its addresses, ttl and subnet are looked at. */
enum usher_err control_ack(struct usher_net *n, uint64_t now, const struct net_pdu *to,
                           uint32_t seq0, uint32_t block);
/** Takes an unsegmented control message. */
void control_rx(struct usher_net *n, uint64_t now, const struct net_pdu *p);
void control_run(struct usher_net *n, uint64_t now);
uint64_t control_deadline(const struct usher_net *n);

/* -- transport.c ------------------------------------------------------------------------------- */

/**
 * The entry for the next short message to be told; whoever fills it counts it.
 *
 * @retval NULL  No room.
 */
struct usher_net_short *transport_inbox(struct usher_net *n);
/** Whether access messages to an address are for us. */
bool transport_wants(const struct usher_net *n, uint16_t dst);

static inline uint64_t sooner(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

#endif
