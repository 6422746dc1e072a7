/*
 * PB-ADV (Mesh Protocol 1.1, section 5.3): one link, client or server. Advertisements in,
 * advertisements out, a deadline; no I/O. Called by node, and by who explains captures; pb_adv.c is
 * what is sent and when, pb_adv_rx.c what is received, pb_adv_client.c how a link is opened.
 */
#ifndef PB_ADV_H
#define PB_ADV_H

#include "bearer.h"

#include <usher/pb_adv.h>

#define PB_ADV_AD_TYPE 0x29
#define PB_ADV_MIN 6u /* link id, transaction number, one octet */

/** For a session whose link is PB-ADV. */
extern const struct bearer_acts pb_adv_acts;

/** Link control PDUs; the numbers are the opcodes plus one. */
enum pb_adv_control { CONTROL_NONE = 0, CONTROL_OPEN = 1, CONTROL_ACK = 2, CONTROL_CLOSE = 3 };

enum pb_adv_gpcf { GPCF_START = 0, GPCF_ACK = 1, GPCF_CONTINUATION = 2, GPCF_CONTROL = 3 };

/** The data of an AD structure, taken apart as far as all formats have in common. */
struct pb_adv_pdu {
    uint32_t link_id;
    uint8_t number; /* of the transaction: bit 7 is set in those of the device */
    uint8_t gpcf;   /* enum pb_adv_gpcf */
    uint8_t six;    /* beside GPCF: SegN, SegmentIndex, or an opcode of link control */
    const uint8_t *data;
    size_t len; /* of what follows */
};

/** What a Transaction Start has then. */
struct pb_adv_start {
    uint16_t total; /* octets of the PDU */
    uint8_t fcs;
    const uint8_t *data;
    size_t len;
};

/**
 * Client: begins to open a link; BEARER_OPENED or BEARER_CLOSED follows.
 *
 * @param seed  For jitter; any number.
 */
void pb_adv_open(struct usher_pb_adv *l, const struct usher_pb_adv_policy *policy, uint64_t now,
                 uint32_t link_id, uint32_t seed, const uint8_t uuid[USHER_UUID_SIZE]);

/** Server: waits for a Link Open to its UUID. */
void pb_adv_listen(struct usher_pb_adv *l, const struct usher_pb_adv_policy *policy, uint32_t seed,
                   const uint8_t uuid[USHER_UUID_SIZE]);

/** Forgets the link at once: nothing is sent, nothing is told. */
void pb_adv_stop(struct usher_pb_adv *l);

/** Closes: Link Close is sent, and then BEARER_CLOSED told. */
void pb_adv_close(struct usher_pb_adv *l, uint64_t now, uint8_t reason);

/** Whether the link can take a PDU. */
bool pb_adv_ready(const struct usher_pb_adv *l);

/**
 * Sends a PDU, until the peer acknowledges it: then BEARER_SENT.
 *
 * @param awaited  The peer waits for this PDU before it sends another: that it goes on is as good
 *                 as an ack.
 *
 * @retval USHER_E_BUSY   The one before is not acknowledged, or the link is not open.
 * @retval USHER_E_SIZE   0, or more than USHER_PDU_MAX octets.
 */
enum usher_err pb_adv_send(struct usher_pb_adv *l, uint64_t now, const uint8_t *pdu, size_t len,
                           bool awaited);

/** Whether the data of an AD structure of type 0x29 are for this link. */
bool pb_adv_wants(const struct usher_pb_adv *l, const uint8_t *data, size_t len);

/** Takes such data in. Whatever they hold, the worst is that they are counted as dropped. */
void pb_adv_rx(struct usher_pb_adv *l, uint64_t now, const uint8_t *data, size_t len);

/** What there is to tell; also lets timers run out. To be called until it answers BEARER_NOTHING.
 */
enum bearer_event pb_adv_poll(struct usher_pb_adv *l, uint64_t now, struct bearer_input *in);

/**
 * The next AD structure that is due.
 *
 * @retval 0  Nothing is due.
 * @retval its octets otherwise
 */
uint8_t pb_adv_next(struct usher_pb_adv *l, uint64_t now, uint8_t ad[USHER_AD_MAX]);

/** When pb_adv_next() will have something. */
uint64_t pb_adv_due(const struct usher_pb_adv *l);
/** When pb_adv_poll() must be called at the latest. */
uint64_t pb_adv_deadline(const struct usher_pb_adv *l);

/* -- reading what others send ------------------------------------------------------------------ */

/** @retval false  Too short. */
bool pb_adv_read(const uint8_t *data, size_t len, struct pb_adv_pdu *p);
/** Of a PDU with GPCF_START. @retval false  Its lengths do not fit together, or it is too long. */
bool pb_adv_start_read(const struct pb_adv_pdu *p, struct pb_adv_start *s);

/**
 * Lets a link listen to one side of somebody else's: what that side sends is given to pb_adv_rx(),
 * and pb_adv_poll() tells its PDUs. Nothing that pb_adv_next() has is to be sent. To be called
 * before each pb_adv_rx(): a transaction that is neither the next nor the last begins anew.
 *
 * @param l       Zeros at first.
 * @param number  Of the transaction.
 */
void pb_adv_observe(struct usher_pb_adv *l, uint32_t link_id, uint8_t number);

#endif
