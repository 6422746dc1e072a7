/*
 * Connections on the simulated air (Core Specification, Vol 6, Part B, 4.5): a radio initiates, and
 * when it hears a connectable advertisement of the peer, both have a link. Its two ends exchange
 * data PDUs in connection events; each exchange may be lost, by the loss of the air, and is then
 * repeated, so data arrive whole, in order, or the link ends by its supervision timeout. While a
 * radio is in a connection event it does not hear advertisements.
 *
 * A link is private to its two radios: data channels hop, so links do not collide with anything.
 * Used by sim/hci.c.
 */
#ifndef SIM_AIR_LINK_H
#define SIM_AIR_LINK_H

#include "air.h"

struct air_link; /* one end */

#define AIR_LINK_PDU_MAX 251u /* octets in a data PDU */
#define AIR_LINK_QUEUE 16u    /* PDUs of one end that can wait to be acknowledged */

struct air_link_params {
    uint32_t interval_us; /* between connection events; 7500 or more */
    uint32_t timeout_ms;  /* supervision timeout */
};

/** Reasons of an end (Core Specification, Vol 1, Part F): others come from air_link_close(). */
enum air_link_reason {
    AIR_LINK_TIMEOUT = 0x08,
    AIR_LINK_NOT_ESTABLISHED = 0x3E,
};

/** Why and how a link is told of. All are given. From within, anything may be called for it. */
struct air_link_owner {
    /**
     * A link was made. @p central: by air_initiate(), which is over by that. Peripheral: @p slot is
     * whose advertisement was answered; it has ended, and adv_done is not told for it.
     */
    void (*connected)(void *ctx, struct air_link *link, bool central, uint8_t slot,
                      const struct usher_ble_addr *peer, const struct air_link_params *params);
    /** A data PDU. @param first  It begins an L2CAP frame (LLID 2), or goes on with one (1). */
    void (*data)(void *ctx, struct air_link *link, bool first, const uint8_t *data, size_t len);
    /** One of our PDUs was acknowledged. */
    void (*sent)(void *ctx, struct air_link *link);
    /** It is over, and the pointer no longer good after this. */
    void (*ended)(void *ctx, struct air_link *link, uint8_t reason);
};

/** For a radio that wants links; its ctx is that of air_join(). NULL: no links, as at first. */
void air_link_owner_set(struct air_radio *radio, const struct air_link_owner *owner);

/**
 * Connects to @p peer as soon as a connectable advertisement of it is heard; until then, or
 * air_initiate_cancel().
 *
 * @retval USHER_E_BUSY  One attempt at a time.
 */
enum usher_err air_initiate(struct air_radio *radio, const struct usher_ble_addr *peer,
                            const struct air_link_params *params);
void air_initiate_cancel(struct air_radio *radio);

/** Sends a data PDU. @retval USHER_E_BUSY  AIR_LINK_QUEUE are waiting. */
enum usher_err air_link_send(struct air_link *link, bool first, const uint8_t *data, size_t len);
/** Changes the parameters, in both ends. */
void air_link_update(struct air_link *link, const struct air_link_params *params);
/**
 * Ends it with a reason that the other end is told of (if the air lets it); our own end is told
 * with 0x16 (terminated by local host) when that is over.
 */
void air_link_close(struct air_link *link, uint8_t reason);

#endif
