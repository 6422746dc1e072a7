/*
 * H4, the transport of HCI packets over a stream of octets (Core Specification, Vol 4, Part A):
 * what comes from a controller is cut into packets, however it is chunked. Called by hci_host.c.
 *
 * A stream that is out of step is found by a packet type or length that cannot be. The way back is
 * the specification's: Reset is sent, and everything is skipped until its Command Complete.
 */
#ifndef H4_H
#define H4_H

#include "hci_host.h"

#define H4_COMMAND 0x01u
#define H4_ACL 0x02u
#define H4_EVENT 0x04u

#define H4_HEADER_MAX 5u /* octets of the longest header: ACL data */

enum h4_result {
    H4_MORE,    /* all octets are used up, and no packet is whole */
    H4_PACKET,  /* h4.packet holds one, h4.at octets */
    H4_GARBAGE, /* what came cannot be a packet */
};

/** Forgets what came. @param hunting  Skip all until the answer to Reset. */
void h4_reset(struct h4 *h4, bool hunting);

/** Takes octets from the front of @p octets until there is something to tell. */
enum h4_result h4_take(struct h4 *h4, const uint8_t **octets, size_t *len);

#endif
