/*
 * Proxy PDUs put together from their segments as plainly as can be, however long, and the rules
 * that a sender of them has to keep (Mesh Protocol 1.1, section 6.3.2). Used by fuzz_proxy_sar and
 * fuzz_two_gatt beside what is tried.
 */
#ifndef PROXY_PLAIN_H
#define PROXY_PLAIN_H

#include "fuzz.h"
#include "proxy_sar.h"

#include <string.h>

/* All that has come of a PDU, however long. */
struct plain {
    bool busy;
    uint8_t type;
    size_t len;
    uint8_t pdu[2048];
};

static inline bool plain_rx(struct plain *p, const uint8_t *value, size_t len)
{
    unsigned sar;

    FUZZ_CHECK(len != 0);
    sar = value[0] >> 6;
    if (sar < 2) {
        p->len = 0;
        p->type = value[0] & 0x3F;
    }
    memcpy(p->pdu + p->len, value + 1, len - 1);
    p->len += len - 1;
    p->busy = sar == 1 || sar == 2;
    return !p->busy;
}

/* Whether a peer that keeps to the rules could have sent this value now. */
static inline bool plain_allows(const struct plain *p, uint16_t value_max, const uint8_t *value,
                                size_t len)
{
    size_t most, sum;
    unsigned sar, type;

    if (len < 2 || len > value_max) {
        return false;
    }
    sar = value[0] >> 6;
    type = value[0] & 0x3F;
    most = type == PROXY_PROVISIONING ? USHER_PDU_MAX : PROXY_MESH_MAX;
    sum = len - 1 + (sar >= 2 ? p->len : 0);
    return sum <= most && p->busy == (sar >= 2) && (!p->busy || type == p->type);
}

#endif
