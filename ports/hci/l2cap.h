/*
 * L2CAP over one LE connection, as far as ATT needs it (Core Specification, Vol 3, Part A): frames
 * in Basic Mode put together from ACL fragments, and what is said on the signalling and Security
 * Manager channels answered, mostly with a refusal. Part of gatt_link.h; called by gatt_link.c.
 */
#ifndef L2CAP_H
#define L2CAP_H

#include <usher/types.h>

#define L2CAP_HEADER 4u
#define L2CAP_PAYLOAD_MAX 247u /* octets of the longest payload that is kept */
#define L2CAP_FRAME_MAX (L2CAP_HEADER + L2CAP_PAYLOAD_MAX)
#define L2CAP_SIGNAL_MTU 23u /* octets of the longest payload on the signalling channel */
#define L2CAP_ANSWER_MAX 8u  /* octets of the longest answer there */

enum l2cap_cid {
    L2CAP_ATT = 0x0004,
    L2CAP_SIGNAL = 0x0005,
    L2CAP_SMP = 0x0006,
};

/** One connection's L2CAP. Private. */
struct l2cap {
    bool central;
    bool no_pairing;                  /* Pairing Failed is to be sent */
    uint8_t answer_len;               /* of the signalling channel's answer; 0: none */
    uint8_t answer[L2CAP_ANSWER_MAX]; /* one at a time; what comes before it has left is dropped */
    size_t got;                       /* octets of the frame under way; 0: there is none */
    uint8_t rx[L2CAP_FRAME_MAX];      /* the beginning of it, as much as there is room for */
};

/** The payload of a frame on the ATT channel. */
struct l2cap_payload {
    const uint8_t *octets; /* good until the next l2cap_rx() */
    uint16_t len;          /* of the payload as it was sent, 0..65535 */
    uint16_t held;         /* of it at @ref octets: the first ones, L2CAP_PAYLOAD_MAX at most */
};

void l2cap_init(struct l2cap *c, bool central);

/**
 * An ACL fragment. What does not fit together is dropped: a continuation of nothing, a beginning
 * while a frame is under way (the one under way), more octets than the header told (the frame).
 *
 * @param first  It begins a frame.
 *
 * @return whether it completes a frame on the ATT channel. Frames on other channels are dealt with
 *         here.
 */
bool l2cap_rx(struct l2cap *c, bool first, const uint8_t *data, size_t len,
              struct l2cap_payload *payload);

/** The next frame to be sent on the other channels. @return octets; 0: none */
uint16_t l2cap_next(struct l2cap *c, uint8_t frame[L2CAP_FRAME_MAX]);

/**
 * Whether parameters that a peer asks for are in their ranges and fit together (Vol 4, Part E,
 * section 7.8.18): the shortest and the longest interval, the latency, the time-out, in their
 * units.
 */
bool l2cap_parameters_fit(const uint16_t parameters[4]);

/**
 * Makes a frame.
 *
 * @param len  Octets of @p payload, L2CAP_PAYLOAD_MAX at most.
 *
 * @return octets of the frame
 */
uint16_t l2cap_frame(uint8_t frame[L2CAP_FRAME_MAX], uint16_t cid, const uint8_t *payload,
                     uint16_t len);

#endif
