/*
 * What is spoken between `usher air` and its clients: messages on a connection of type
 * SOCK_SEQPACKET, which keeps their bounds and tells either end when the other is gone. Numbers are
 * most significant octet first. A connection is one radio.
 *
 *     both     01 version                                          first of all; never changes
 *     client   02 slot turn(2) type count interval_ms(2) ad(0..31) start an advertisement
 *              03 slot                                             stop it
 *              04 what                                             scan: bits of enum usher_scan
 *     server   05 type rssi addr_type addr(6) ad(0..31)            an advertisement was received
 *              06 slot turn(2)                                     an advertisement is over
 *
 * `turn` is the client's count of advertisements: when one is stopped and its slot used again while
 * the word that it is over is under way, the client can tell that the word is not about the new.
 *
 * Used by air_server.c and air_radio.c; each checks all that it receives.
 */
#ifndef AIR_WIRE_H
#define AIR_WIRE_H

#include <usher/config.h>
#include <usher/port.h>

#define AIR_WIRE_VERSION 2
#define AIR_WIRE_MAX (10 + USHER_AD_MAX) /* octets of a report, the longest message */

enum air_msg_type {
    AIR_MSG_HELLO = 1,
    AIR_MSG_SEND = 2,
    AIR_MSG_STOP = 3,
    AIR_MSG_SCAN = 4,
    AIR_MSG_REPORT = 5,
    AIR_MSG_DONE = 6,
};

struct air_msg {
    uint8_t type;         /* enum air_msg_type; it says which of the others count */
    uint8_t version;      /* HELLO */
    uint8_t slot;         /* SEND, STOP, DONE: below USHER_ADV_SLOTS */
    uint16_t turn;        /* SEND, DONE */
    uint8_t adv_type;     /* SEND, REPORT: enum usher_adv_type */
    uint8_t count;        /* SEND: 1..255 */
    uint16_t interval_ms; /* SEND */
    uint8_t what;         /* SCAN */
    uint8_t rssi;         /* REPORT: an int8_t */
    uint8_t addr_type;    /* REPORT: 0 public, 1 random */
    uint8_t addr[6];      /* REPORT */
    uint8_t ad_len;       /* SEND, REPORT: octets at ad */
    uint8_t ad[USHER_AD_MAX];
};

/** @return Octets written, 2..AIR_WIRE_MAX. */
size_t air_wire_encode(const struct air_msg *msg, uint8_t buf[AIR_WIRE_MAX]);

/** @retval false  Not a message, or a field of it is out of range. */
bool air_wire_decode(struct air_msg *msg, const uint8_t *buf, size_t len);

enum air_wire_result {
    AIR_WIRE_OK,
    AIR_WIRE_AGAIN, /* sending: the other end has to read first; receiving: nothing is there */
    AIR_WIRE_GONE,  /* the other end is, or has broken the connection off */
    AIR_WIRE_BAD,   /* receiving: not a message */
};

/** Sends one message on a non-blocking socket. */
enum air_wire_result air_wire_send(int fd, const struct air_msg *msg);

/** Receives one message from a non-blocking socket. */
enum air_wire_result air_wire_receive(int fd, struct air_msg *msg);

#endif
