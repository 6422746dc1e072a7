/*
 * One connection of an HCI host (hci_host.h): its handle, what waits for the controller's buffers,
 * and GATT over it. The memory is the owner's; private to ports/hci.
 */
#ifndef HCI_CONN_H
#define HCI_CONN_H

#include "gatt_link.h"

#include <usher/port.h>

struct hci_conn {
    uint8_t state;
    bool server;     /* peripheral */
    bool held;       /* the instance uses its number */
    bool opened;     /* it carries values */
    uint8_t tries;   /* central: that have failed */
    uint8_t answer;  /* a question of the controller's that waits for it */
    uint16_t handle; /* the controller's */
    struct usher_ble_addr peer;
    enum usher_gatt_service service; /* central: which one is wanted */
    uint16_t asked[4];               /* the parameters that the peer asks for */
    uint16_t in_controller;          /* ACL fragments that are not completed yet */
    /* the L2CAP frame that is being handed to the controller, fragment by fragment */
    uint16_t out_len, out_at;
    uint8_t out[L2CAP_FRAME_MAX];
    uint64_t deadline; /* of making it, or of its end */
    struct gatt_link gatt;
};

#endif
