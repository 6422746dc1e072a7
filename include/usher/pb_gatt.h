/*
 * PB-GATT, the provisioning bearer over a GATT connection (Mesh Protocol 1.1, section 5.2.2): the
 * state of one link, inside struct usher_session and private to src/bearer.
 */
#ifndef USHER_PB_GATT_H
#define USHER_PB_GATT_H

#include <usher/pb_adv.h>

struct usher_pb_gatt {
    uint8_t state;
    bool server; /* the device's side */
    uint8_t close_reason;
    bool opened_new; /* open now, to be told */
    bool sent_new;   /* our PDU has been handed to the connection, to be told */
    bool rx_new;     /* a PDU came, to be told */
    bool complete;   /* Complete was handed over or received: a disconnect is success */
    uint16_t tx_len; /* the PDU that waits for the connection; 0: none */
    uint16_t rx_len;
    uint64_t deadline; /* the link timer; after Complete, when a server disconnects */
    uint8_t tx[USHER_PDU_MAX];
    uint8_t rx[USHER_PDU_MAX];
    struct usher_link_stats stats;
};

/** A session's link, on one bearer or the other. Private. */
union usher_link {
    struct usher_pb_adv adv;
    struct usher_pb_gatt gatt;
};

#endif
