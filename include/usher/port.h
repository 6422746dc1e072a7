/*
 * The porting contract: what Usher asks of the machine that it runs on. A port fills one constant
 * struct usher_port for an instance; ports/linux and sim/simport.c are examples.
 *
 * All inputs (usher_in_*, usher_process) and all user calls for an instance come from one context:
 * a port with interrupts or threads queues them. So there are no locks inside. A port's functions
 * must not call back into the instance from within; an adv_start that is done at once reports so
 * later.
 */
#ifndef USHER_PORT_H
#define USHER_PORT_H

#include <usher/config.h>
#include <usher/crypto.h>
#include <usher/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Advertising PDU types, numbered as in LE Advertising Reports (Core, Vol 4, Part E, 7.7.65.2). */
enum usher_adv_type {
    USHER_ADV_IND = 0,         /**< Connectable and scannable: services that are offered. */
    USHER_ADV_SCAN_IND = 2,    /**< Scannable; never sent by an instance. */
    USHER_ADV_NONCONN_IND = 3, /**< All PB-ADV, mesh message and beacon traffic. */
    USHER_ADV_SCAN_RSP = 4,    /**< In reports of active scanning only. */
};

/** A Bluetooth device address. */
struct usher_ble_addr {
    uint8_t type;    /**< 0 public, 1 random */
    uint8_t addr[6]; /**< most significant octet first */
};

/** One advertisement to be sent. */
struct usher_adv {
    uint8_t slot; /**< Which of the port's slots carries it: 0..adv_slots-1. */
    enum usher_adv_type type;
    uint8_t count;              /**< Advertising events to send, 1..255. */
    uint16_t interval_ms;       /**< Between two events; unused when @ref count is 1. */
    uint8_t len;                /**< Octets at @ref data. */
    uint8_t data[USHER_AD_MAX]; /**< AD structures. */
};

/** One advertisement received. */
struct usher_adv_report {
    enum usher_adv_type type;
    int8_t rssi;         /**< dBm; 127 = unknown. */
    uint8_t addr_type;   /**< 0 public, 1 random */
    uint8_t addr[6];     /**< Advertiser address, most significant octet first. */
    uint8_t len;         /**< Octets at @ref data; more than 31 are ignored. */
    const uint8_t *data; /**< AD structures; read during the call only. */
};

/** What an instance wants to hear: a hint with which a port may spare itself the rest. */
enum usher_scan {
    USHER_SCAN_OFF = 0,
    USHER_SCAN_PB_ADV = 1 << 0, /**< AD type 0x29. */
    USHER_SCAN_BEACON = 1 << 1, /**< AD types 0x2B and 0x24. */
    USHER_SCAN_MESH = 1 << 2,   /**< AD type 0x2A. */
    USHER_SCAN_GATT = 1 << 3,   /**< ADV_IND, with which PB-GATT devices and proxies are found. */
};

/** The mesh GATT services, of which a server has at most one at a time. */
enum usher_gatt_service {
    USHER_GATT_NONE = 0,
    USHER_GATT_PROVISIONING = 0x1827,
    USHER_GATT_PROXY = 0x1828,
};

/** A GATT connection that can carry values. */
struct usher_gatt_opened {
    uint8_t conn;                    /**< its number, 0..gatt_conns-1, until it is closed */
    bool server;                     /**< the peer has connected to our service */
    enum usher_gatt_service service; /**< whose characteristics it carries */
    uint16_t value_max;              /**< octets in one value: ATT_MTU - 3, 20..244 */
    struct usher_ble_addr peer;
};

struct usher_remote_acts; /* usher/remote.h */

struct usher_port {
    void *ctx;                         /**< Handed to every function below. */
    const struct usher_crypto *crypto; /**< The primitives; never NULL. */
#if USHER_REMOTE
    /** The radio is elsewhere: who has sessions and messages done there. NULL: it is this port's.
     */
    const struct usher_remote_acts *remote;
    void *remote_ctx;
#endif
    /**
     * Advertisements that can be on the air at once: 0..USHER_ADV_SLOTS. 0: the radio is not ready,
     * and what is to be sent waits. It may change during the life of the instance: call
     * usher_process() then, and usher_in_adv_done() for each slot that is lost.
     */
    uint8_t adv_slots;

    /** Monotonic milliseconds; never wraps. */
    uint64_t (*now_ms)(void *ctx);

    /** Call usher_process() at @p deadline or soon after; replaces the one before. USHER_NEVER: no
     * need. */
    void (*wake_at)(void *ctx, uint64_t deadline);

    /**
     * Cryptographic random octets.
     *
     * @retval others  No randomness: the operation that needed it fails, nothing weaker is used
     * instead.
     */
    enum usher_err (*random)(void *ctx, uint8_t *buf, size_t len);

    /**
     * Puts an advertisement on the air in its slot, which is free. When its events are over, the
     * port calls usher_in_adv_done(slot), from its own context and not from within this call.
     *
     * @retval others  Not sent, and no usher_in_adv_done() follows; the sender's repetition makes
     * up for it.
     */
    enum usher_err (*adv_start)(void *ctx, const struct usher_adv *adv);

    /** Takes the slot's advertisement off the air; usher_in_adv_done() does not follow. */
    void (*adv_stop)(void *ctx, uint8_t slot);

    /** Scans for what is in @p what (bits of enum usher_scan), passively, duplicates included. */
    enum usher_err (*scan)(void *ctx, unsigned what);

    /*
     * GATT: connections that carry Proxy PDUs, one in each value. All five are there or none.
     * Numbers of connections are the port's, 0..gatt_conns-1.
     */
    uint8_t gatt_conns; /**< Connections that can be open at once, of both roles; 0: no GATT. */

    /**
     * Server: puts a service into the database, in place of the one before, and tells clients that
     * are connected so (Service Changed). That the service can be found is done by advertising it.
     * Connections to the service before stay until they are closed.
     */
    void (*gatt_serve)(void *ctx, enum usher_gatt_service service);

    /**
     * Client: connects to @p peer, exchanges the MTU, finds the service, and subscribes to its Data
     * Out. usher_in_gatt_open() or usher_in_gatt_close() follows, from the port's own context.
     *
     * @param conn  Gets the number of the connection to come.
     *
     * @retval USHER_E_RESOURCES  All connections are in use.
     * @retval others             Not begun, nothing follows.
     */
    enum usher_err (*gatt_connect)(void *ctx, const struct usher_ble_addr *peer,
                                   enum usher_gatt_service service, uint8_t *conn);

    /** Ends a connection, or the attempt to make it. usher_in_gatt_close() does not follow. */
    void (*gatt_disconnect)(void *ctx, uint8_t conn);

    /**
     * Sends one value: a client's write without response to Data In, a server's notification of
     * Data Out. Values arrive whole and in order, or the connection is closed.
     *
     * @param len  1..value_max
     *
     * @retval USHER_E_BUSY   No room now: usher_in_gatt_ready() follows when there is.
     * @retval USHER_E_STATE  No such connection, or it is not open.
     */
    enum usher_err (*gatt_send)(void *ctx, uint8_t conn, const uint8_t *value, uint8_t len);

    /**
     * Computes an ECDH elsewhere (a thread pool, an accelerator) and answers with
     * usher_in_ecdh(token), from its own context and not from within this call. The inputs are
     * copied. NULL: the crypto table's p256_ecdh is called in place.
     *
     * @retval others  Not started; the session that needed it fails.
     */
    enum usher_err (*ecdh)(void *ctx, uint32_t token, const uint8_t private_key[USHER_P256_PRIVATE],
                           const uint8_t peer[USHER_P256_PUBLIC]);

    /*
     * Storage, for nodes that survive a restart; all three NULL: none. A key names a record. Each
     * call is atomic and committing: after a power cut the record is the old one or the new one,
     * and when the call returns it is durable. usher/flashlog.h is one, for raw flash.
     */
    void *kv_ctx; /**< Handed to the three functions below. */

    /**
     * Reads a record of at most @p size octets.
     *
     * @retval USHER_E_NOT_FOUND  No such record.
     * @retval USHER_E_SIZE       It is longer.
     */
    enum usher_err (*kv_get)(void *ctx, uint16_t key, uint8_t *buf, size_t size, size_t *len);
    /** Writes a record, 1..USHER_RECORD_MAX octets. @retval others  The old one stands. */
    enum usher_err (*kv_set)(void *ctx, uint16_t key, const uint8_t *buf, size_t len);
    /** Removes a record; one that is not there is as good as removed. @retval others  It stands. */
    enum usher_err (*kv_del)(void *ctx, uint16_t key);

    /** The address that it advertises with. @retval false  Not known. NULL: never known. */
    bool (*own_addr)(void *ctx, struct usher_ble_addr *addr);
};

#ifdef __cplusplus
}
#endif

#endif
