/*
 * Connections on the simulated air (Core Specification, Vol 6, Part B, 4.5): a radio initiates, and
 * when it hears a connectable advertisement of the peer, both have a link. Its two ends exchange
 * data PDUs in connection events; each exchange may be lost, by the loss of the air, and is then
 * repeated, so data arrive whole, in order, or the link ends by its supervision timeout. While a
 * radio is in a connection event it does not hear advertisements.
 *
 * A link is private to its two radios: data channels hop, so links do not collide with anything.
 * But a radio is in one connection event at a time, and sends no advertisements meanwhile; it
 * misses what comes at the same time. (Not so on an air without collisions.) Of links that have
 * nothing to say, the empty PDUs are neither sent nor lost: only loss of all, distance, or the
 * other end's leaving end them.
 *
 * Used by sim/hci.c.
 */
#ifndef SIM_AIR_LINK_H
#define SIM_AIR_LINK_H

#include "air.h"

struct air_link; /* one end */

#define AIR_LINK_PDU_MAX 251u /* octets in a data PDU */
#define AIR_LINK_QUEUE 16u    /* PDUs of one end that can wait to be acknowledged */

struct air_link_params {
    uint32_t interval_us; /* between connection events: 7500..4000000 */
    uint32_t timeout_ms;  /* supervision timeout: 100..32000 */
};

/** Reasons of an end (Core Specification, Vol 1, Part F): others come from air_link_close(). */
enum air_link_reason {
    AIR_LINK_TIMEOUT = 0x08,
    AIR_LINK_CLOSED = 0x16,          /* by our own air_link_close() */
    AIR_LINK_NOT_ESTABLISHED = 0x3E, /* nothing heard for the first 6 intervals */
};

/** Why and how a link is told of. All are given. From within, anything may be called for it. */
struct air_link_owner {
    /**
     * A link was made. @p central: by air_initiate(), which is over by that; the request that it
     * sent may have been lost, and then the link is not established. Peripheral: @p slot is whose
     * advertisement was answered; it has ended, and adv_done is not told for it.
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

/**
 * For a radio that wants links; its ctx is that of air_join(). NULL: no links, as at first; those
 * that it has are lost to their peers, and it is not told.
 */
void air_link_owner_set(struct air_radio *radio, const struct air_link_owner *owner);

/**
 * Connects to @p peer as soon as a connectable advertisement of it is heard; until then, or
 * air_initiate_cancel().
 *
 * @retval USHER_E_BUSY   One attempt at a time.
 * @retval USHER_E_PARAM  A parameter out of range.
 * @retval USHER_E_STATE  The radio has no air_link_owner_set().
 */
enum usher_err air_initiate(struct air_radio *radio, const struct usher_ble_addr *peer,
                            const struct air_link_params *params);
/** Ends the attempt, if there is one: nothing is told of it any more. */
void air_initiate_cancel(struct air_radio *radio);

/**
 * Sends a data PDU, in the next event.
 *
 * @param len  1..AIR_LINK_PDU_MAX
 *
 * @retval USHER_E_BUSY   AIR_LINK_QUEUE are waiting.
 * @retval USHER_E_PARAM  The length.
 * @retval USHER_E_STATE  After air_link_close().
 */
enum usher_err air_link_send(struct air_link *link, bool first, const uint8_t *data, size_t len);
/** Changes the parameters, in both ends, from the next event on; not those out of range. */
void air_link_update(struct air_link *link, const struct air_link_params *params);
/**
 * Ends it with a reason that the other end is told of (if the air lets it); our own end is told
 * with AIR_LINK_CLOSED when that is over, at the latest after the supervision timeout. Data that
 * have not been sent are not any more.
 */
void air_link_close(struct air_link *link, uint8_t reason);

/** A PDU of a link, on the air. */
struct air_link_pdu {
    uint64_t at_us;          /* its start */
    uint32_t access_address; /* of advertising for the request to connect (CONNECT_IND) */
    uint32_t crc_init;       /* 24 bits, likewise */
    uint8_t channel;         /* 0..36; 37..39 for the request */
    bool central;            /* who sends it */
    uint8_t len;             /* header and payload: 2..253 */
    const uint8_t *octets;   /* in the order of the air */
};

/**
 * What a sniffer of links hears: requests, and every PDU of connection events, whether or not it is
 * received, but for the empty ones of idle links. It must not call the air.
 */
typedef void (*air_link_sniffer)(void *ctx, const struct air_link_pdu *pdu);

void air_link_sniffer_set(struct air *air, air_link_sniffer sniffer, void *ctx);

#endif
