/*
 * What a link is to the node that owns it, on whichever bearer. A bearer calls nobody: the node
 * hands over what was received and then polls until there is nothing more to tell.
 */
#ifndef BEARER_H
#define BEARER_H

#include <usher/pb_gatt.h>
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

/** A bearer's calls for one link, as they stand in pb_adv.h and pb_gatt.h. */
struct bearer_acts {
    bool (*ready)(const union usher_link *l);
    enum usher_err (*send)(union usher_link *l, uint64_t now, const uint8_t *pdu, size_t len,
                           bool awaited);
    enum bearer_event (*poll)(union usher_link *l, uint64_t now, struct bearer_input *in);
    void (*close)(union usher_link *l, uint64_t now, uint8_t reason);
    void (*stop)(union usher_link *l);
    uint64_t (*deadline)(const union usher_link *l);
    const struct usher_link_stats *(*stats)(const union usher_link *l);
    /** Complete was sent and taken, or received. NULL: of no interest. */
    void (*complete)(union usher_link *l, uint64_t now);
    /* Bearers on advertisements; all NULL for others. */
    bool (*wants)(const union usher_link *l, const uint8_t *data, size_t len);
    void (*rx)(union usher_link *l, uint64_t now, const uint8_t *data, size_t len);
    uint8_t (*next)(union usher_link *l, uint64_t now, uint8_t ad[USHER_AD_MAX]);
    uint64_t (*due)(const union usher_link *l);
};

#endif
