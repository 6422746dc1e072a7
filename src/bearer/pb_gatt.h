/*
 * PB-GATT (Mesh Protocol 1.1, section 5.2.2): one link, client or server. A connection carries it,
 * which the node makes and ends; PDUs go over it whole and in order, so there are no transactions.
 * No I/O. Called by node.
 */
#ifndef PB_GATT_H
#define PB_GATT_H

#include "bearer.h"

#define PB_GATT_LINK_MS 60000u    /* from the link's opening to the first Provisioning PDU */
#define PB_GATT_COMPLETE_MS 5000u /* a server disconnects so long after Complete */

/** For a session whose link is PB-GATT. */
extern const struct bearer_acts pb_gatt_acts;

/** Server: no client is there yet. */
void pb_gatt_listen(struct usher_pb_gatt *l);
/** Client: the connection is being made. */
void pb_gatt_open(struct usher_pb_gatt *l);
/** Both: the connection carries PDUs. BEARER_OPENED follows. */
void pb_gatt_opened(struct usher_pb_gatt *l, uint64_t now);

/**
 * A PDU that came over the connection, copied. BEARER_PDU follows.
 *
 * @retval USHER_E_STATE  The link is not open.
 * @retval USHER_E_BUSY   The one before has not been polled.
 * @retval USHER_E_SIZE   0, or more than USHER_PDU_MAX octets.
 */
enum usher_err pb_gatt_rx(struct usher_pb_gatt *l, const uint8_t *pdu, size_t len);

/** The PDU that waits for the connection. @return its octets; 0: none */
uint16_t pb_gatt_next(const struct usher_pb_gatt *l, const uint8_t **pdu);
/** The connection has taken all of that PDU. BEARER_SENT follows. */
void pb_gatt_sent(struct usher_pb_gatt *l);

/** Whether the connection is to be ended, and then pb_gatt_lost() to be called. */
bool pb_gatt_ending(const struct usher_pb_gatt *l);

/**
 * The connection is gone, or could not be made. BEARER_CLOSED follows, with success after Complete,
 * with the reason that this side closed for, or with @p reason.
 */
void pb_gatt_lost(struct usher_pb_gatt *l, uint8_t reason);

#endif
