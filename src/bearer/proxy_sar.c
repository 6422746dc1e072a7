/*
 * Segmentation and reassembly of Proxy PDUs (Mesh Protocol 1.1, section 6.3.2). A connection brings
 * values whole and in order, so a segment that is not the one expected is an error, which ends the
 * connection. Called by node's gatt.c.
 */
#include "proxy_sar.h"

#include <string.h>

enum sar { SAR_COMPLETE = 0, SAR_FIRST = 1, SAR_CONTINUATION = 2, SAR_LAST = 3 };

#define TYPE_MASK 0x3Fu
#define SAR_SHIFT 6

/* Octets of the longest PDU of a type. */
static size_t most(uint8_t type)
{
    return type == PROXY_PROVISIONING ? USHER_PDU_MAX : PROXY_MESH_MAX;
}

void proxy_sar_init(struct usher_proxy_sar *s, uint16_t value_max)
{
    memset(s, 0, sizeof(*s));
    s->value_max = value_max;
    s->rx_deadline = USHER_NEVER;
}

/* -- sending ----------------------------------------------------------------------------------- */

bool proxy_sar_busy(const struct usher_proxy_sar *s)
{
    return s->tx_len != 0;
}

enum usher_err proxy_sar_send(struct usher_proxy_sar *s, enum proxy_type type, const uint8_t *pdu,
                              size_t len)
{
    if (proxy_sar_busy(s)) {
        return USHER_E_BUSY;
    }
    if (len == 0 || len > most((uint8_t)type)) {
        return USHER_E_SIZE;
    }
    s->tx[0] = (uint8_t)type;
    memcpy(s->tx + 1, pdu, len);
    s->tx_len = (uint16_t)(len + 1);
    s->tx_at = 1;
    return USHER_OK;
}

/* Octets of the PDU in the next value: as many as it holds. */
static uint16_t segment(const struct usher_proxy_sar *s)
{
    uint16_t left = (uint16_t)(s->tx_len - s->tx_at), room = (uint16_t)(s->value_max - 1);

    return left < room ? left : room;
}

uint8_t proxy_sar_next(const struct usher_proxy_sar *s, uint8_t value[PROXY_VALUE_MAX])
{
    uint16_t len;
    bool first, last;
    enum sar sar;

    if (!proxy_sar_busy(s)) {
        return 0;
    }
    len = segment(s);
    first = s->tx_at == 1;
    last = s->tx_at + len == s->tx_len;
    if (first) {
        sar = last ? SAR_COMPLETE : SAR_FIRST;
    } else {
        sar = last ? SAR_LAST : SAR_CONTINUATION;
    }
    value[0] = (uint8_t)((unsigned)sar << SAR_SHIFT | s->tx[0]);
    memcpy(value + 1, s->tx + s->tx_at, len);
    return (uint8_t)(len + 1);
}

void proxy_sar_sent(struct usher_proxy_sar *s)
{
    if (proxy_sar_busy(s)) {
        s->tx_at = (uint16_t)(s->tx_at + segment(s));
        if (s->tx_at == s->tx_len) {
            s->tx_len = 0;
        }
    }
}

/* -- receiving --------------------------------------------------------------------------------- */

/* Whether the segment is the one that may come now. */
static bool expected(const struct usher_proxy_sar *s, enum sar sar, uint8_t type)
{
    bool begins = sar == SAR_COMPLETE || sar == SAR_FIRST;

    return s->rx_busy ? !begins && type == s->rx[0] : begins;
}

enum proxy_sar_rx proxy_sar_rx(struct usher_proxy_sar *s, uint64_t now, const uint8_t *value,
                               size_t len, struct proxy_pdu *pdu)
{
    enum sar sar;
    uint8_t type;

    if (len == 0 || len > s->value_max) {
        return PROXY_SAR_ERROR;
    }
    sar = (enum sar)(value[0] >> SAR_SHIFT);
    type = value[0] & TYPE_MASK;
    if (type > PROXY_PROVISIONING && !s->rx_busy) {
        return PROXY_SAR_NOTHING; /* reserved for future use: ignored, with all its segments */
    }
    if (!expected(s, sar, type) || len == 1) {
        return PROXY_SAR_ERROR;
    }
    if (!s->rx_busy) {
        s->rx[0] = type;
        s->rx_len = 1;
        s->rx_deadline = now + PROXY_SAR_MS;
    }
    if (len - 1 > 1 + most(type) - s->rx_len) {
        return PROXY_SAR_ERROR;
    }
    memcpy(s->rx + s->rx_len, value + 1, len - 1);
    s->rx_len = (uint16_t)(s->rx_len + len - 1);
    s->rx_busy = sar == SAR_FIRST || sar == SAR_CONTINUATION;
    if (s->rx_busy) {
        return PROXY_SAR_NOTHING;
    }
    s->rx_deadline = USHER_NEVER;
    *pdu = (struct proxy_pdu){ .type = type, .pdu = s->rx + 1, .len = s->rx_len - 1u };
    return PROXY_SAR_PDU;
}

uint64_t proxy_sar_deadline(const struct usher_proxy_sar *s)
{
    return s->rx_deadline;
}
