/*
 * What a link tells the node that owns it. A bearer calls nobody: the node hands over what was
 * received and then polls until there is nothing more to tell.
 */
#ifndef BEARER_H
#define BEARER_H

#include <usher/types.h>

enum bearer_event {
    BEARER_NOTHING,
    BEARER_OPENED, /* PDUs can be sent */
    BEARER_SENT,   /* the peer has our PDU; another can be sent */
    BEARER_PDU,    /* a PDU was received whole: bearer_input.pdu, len */
    BEARER_CLOSED, /* the link is gone: bearer_input.reason */
};

struct bearer_input {
    const uint8_t *pdu; /* good until the next call for this link */
    size_t len;
    uint8_t reason; /* enum usher_close_reason, or the peer's number */
};

#endif
