/*
 * From packets to what was heard: advertisements, values of GATT connections, and connections that
 * come and go; of the BLE link layer (Core Specification, Vol 6, Part B, 2.3 and 2.4) and of HCI
 * (Vol 4, Part E). Called by decode.c.
 */
#ifndef DECODE_PACKET_H
#define DECODE_PACKET_H

#include "capture.h"
#include "l2cap.h"
#include "proxy_sar.h"

#include <usher/port.h>

#define PACKET_NAME 18u        /* "c1:22:33:44:55:66" */
#define PACKET_CONNECTIONS 64u /* that are followed at once */

enum packet_side { PACKET_CENTRAL, PACKET_PERIPHERAL };

/** A connection; by its access address, or its handle. */
struct packet_connection {
    bool used;
    uint32_t id;
    uint32_t number;               /* 1, 2, ... in the order in which they were heard of */
    char name[2][PACKET_NAME];     /* by side */
    bool local_central;            /* HCI: which side the host is */
    struct l2cap l2cap[2];         /* what that side sends */
    struct usher_proxy_sar sar[2]; /* likewise */
    uint8_t last[2][2 + 251];      /* the PDU of the link layer that it sent last */
    uint16_t last_len[2];
};

enum heard_kind {
    HEARD_ADV,          /* report */
    HEARD_VALUE,        /* a value was written by the central, or notified by the peripheral */
    HEARD_CONNECTED,    /* or asked for */
    HEARD_DISCONNECTED, /* reason */
    HEARD_OTHER,        /* nothing of a mesh */
};

struct heard {
    enum heard_kind kind;
    char from[PACKET_NAME];
    struct usher_adv_report report; /* its rssi is that of any kind; 127: not told */
    struct packet_connection *connection;
    enum packet_side side;
    const uint8_t *value;
    size_t len;
    uint8_t reason;
};

/** All that is remembered between packets. */
struct packet_reader {
    struct packet_connection connections[PACKET_CONNECTIONS];
    uint32_t count; /* connections ever */
    uint32_t malformed;
    void (*told)(void *ctx, const struct heard *heard);
    void *ctx;
};

/** Tells what is in a packet: nothing, one thing, or several. */
void packet_read(struct packet_reader *r, const struct capture_packet *packet);

#endif
