/*
 * The peer of the tests of connections, C6:05:04:03:02:01, and what a controller tells of it as
 * connection 0x0040, in the notation of hci_rig.h.
 */
#ifndef HCI_PEER_H
#define HCI_PEER_H

#include <usher/port.h>

#define PEER "01 01 02 03 04 05 C6"
#define TAIL " 18 00 00 00 90 01 00"
#define RPAS " 00 00 00 00 00 00 00 00 00 00 00 00"
#define ENDED(reason) "04 05 04 00 40 00 " reason
#define DISCONNECT "01 06 04 03 40 00 13"
#define DISCONNECT_BEGUN "04 0F 04 00 01 06 04"
#define COMPLETED(n) "04 13 05 01 40 00 " n " 00"

static const struct usher_ble_addr peer = { .type = 1, .addr = { 0xC6, 5, 4, 3, 2, 1 } };

#endif
