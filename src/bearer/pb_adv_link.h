/* The states of a PB-ADV link and the helpers that pb_adv.c and pb_adv_rx.c share; for src/bearer
 * only. */
#ifndef PB_ADV_LINK_H
#define PB_ADV_LINK_H

#include "pb_adv.h"

enum pb_adv_state {
    LINK_IDLE,
    LINK_LISTENING, /* server: waits for a Link Open */
    LINK_OPENING,   /* client: waits for a Link Ack */
    LINK_OPEN,
    LINK_CLOSING, /* Link Close is being sent */
    LINK_CLOSED,  /* to be told */
};

#define START_DATA 20u        /* octets of a PDU in its Start segment */
#define CONTINUATION_DATA 23u /* ... and in the others */
#define PB_ADV_STRICT 2u      /* evidence enough that a peer wants its acks */
#define PB_ADV_SLOW_MS 150u   /* a peer with a longer round trip is not pressed to answer */

#define LINK_TIMEOUT_MS 60000u        /* 5.3.2.1 and the link timer */
#define TRANSACTION_TIMEOUT_MS 30000u /* 5.3.3 */

/** Segments of a PDU of @p len octets, 1..64. */
uint8_t pb_adv_segments(size_t len);
/** Octets of a PDU in segment @p index, and where they begin. */
size_t pb_adv_segment_offset(uint8_t index);
size_t pb_adv_segment_len(size_t pdu_len, uint8_t index);

/**
 * What a client alone does. pb_adv_open() gives it to a link, so a program without provisioner does
 * not link it.
 */
struct usher_pb_adv_client {
    /** A Link Open was sent: the next one is scheduled. */
    void (*open_sent)(struct usher_pb_adv *l, uint64_t now);
    /** A Link Ack: the link is open. @retval false  Nobody waits for it. */
    bool (*acked)(struct usher_pb_adv *l, uint64_t now);
};

/** Clears a link, of either side. */
void pb_adv_begin(struct usher_pb_adv *l, const struct usher_pb_adv_policy *policy, uint32_t seed,
                  const uint8_t uuid[USHER_UUID_SIZE]);
/** A random number below @p below, to spread transmissions in time. */
uint32_t pb_adv_jitter(struct usher_pb_adv *l, uint32_t below);
/** now plus the random delay before a PDU. */
uint64_t pb_adv_delay(struct usher_pb_adv *l, uint64_t now);
/** The link is open: the first numbers, the link timer. */
void pb_adv_opened(struct usher_pb_adv *l, uint64_t now);
/** Schedules the ack for the last transaction received, unless one is scheduled. */
void pb_adv_owe_ack(struct usher_pb_adv *l, uint64_t now);
/** Sends the transaction at hand once more. */
void pb_adv_retry(struct usher_pb_adv *l, uint64_t now);
/** The peer has our transaction, by an ack or by going on. */
void pb_adv_acked(struct usher_pb_adv *l, uint64_t now);
/** Takes a round-trip sample; @p sure is false if it is only known that it took at least so long.
 */
void pb_adv_measured(struct usher_pb_adv *l, uint64_t ms, bool sure);
/** The next transaction number of the same side. */
uint8_t pb_adv_number_after(uint8_t number);

#endif
