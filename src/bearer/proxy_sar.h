/*
 * Proxy PDUs and the values that carry them (Mesh Protocol 1.1, section 6.3): a PDU that is longer
 * than a value is cut, and put together again. One struct usher_proxy_sar for each connection, both
 * directions. No I/O. Called by node.
 */
#ifndef PROXY_SAR_H
#define PROXY_SAR_H

#include <usher/gatt.h>

#define PROXY_VALUE_MIN 20u  /* ATT_MTU 23 */
#define PROXY_VALUE_MAX 244u /* ATT_MTU 247 */
#define PROXY_SAR_MS 20000u  /* from the first segment to the last */
#define PROXY_MESH_MAX 29u   /* octets of a Network PDU, beacon or configuration message */

/** Types of Proxy PDUs (6.3.1). */
enum proxy_type {
    PROXY_NETWORK = 0x00,
    PROXY_BEACON = 0x01,
    PROXY_CONFIGURATION = 0x02,
    PROXY_PROVISIONING = 0x03,
};

enum proxy_sar_rx {
    PROXY_SAR_NOTHING, /* more is to come, or it was of no known type */
    PROXY_SAR_PDU,     /* one is whole */
    PROXY_SAR_ERROR,   /* against the rules: the connection is to be ended */
};

/** A Proxy PDU that is whole. */
struct proxy_pdu {
    uint8_t type;       /* enum proxy_type */
    const uint8_t *pdu; /* good until the next call */
    size_t len;         /* 1..USHER_PDU_MAX, or 1..PROXY_MESH_MAX */
};

/** @param value_max  Octets in one value, PROXY_VALUE_MIN..PROXY_VALUE_MAX. */
void proxy_sar_init(struct usher_proxy_sar *s, uint16_t value_max);

/** Whether a PDU is being sent. */
bool proxy_sar_busy(const struct usher_proxy_sar *s);

/**
 * Begins to send a PDU.
 *
 * @retval USHER_E_BUSY  One is being sent.
 * @retval USHER_E_SIZE  0, or more octets than one of its type can have.
 */
enum usher_err proxy_sar_send(struct usher_proxy_sar *s, enum proxy_type type, const uint8_t *pdu,
                              size_t len);
/** The next value, the same until proxy_sar_sent(). @return octets; 0: none */
uint8_t proxy_sar_next(const struct usher_proxy_sar *s, uint8_t value[PROXY_VALUE_MAX]);
/** The connection has taken that value. */
void proxy_sar_sent(struct usher_proxy_sar *s);

/** A value came. Whatever it holds, it is read with care. */
enum proxy_sar_rx proxy_sar_rx(struct usher_proxy_sar *s, uint64_t now, const uint8_t *value,
                               size_t len, struct proxy_pdu *pdu);
/** When what is being put together must be whole; then the connection is to be ended. */
uint64_t proxy_sar_deadline(const struct usher_proxy_sar *s);

#endif
