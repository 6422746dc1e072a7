/*
 * GATT in an instance: PB-GATT, over which devices are provisioned (Mesh Protocol 1.1, section
 * 5.2.2), and the Mesh Proxy, over which a phone or gateway takes part in a network (sections 6 and
 * 7). An instance of Usher (usher.h) gets a struct usher_gatt beside its sessions; a program that
 * never calls usher_gatt_init() carries no code of this.
 *
 * As a server: usher_listen() with USHER_BEARER_GATT offers the Mesh Provisioning Service; once the
 * instance is a node whose GATT Proxy state is on, it offers the Mesh Proxy Service in its place.
 * As a client: usher_provision() with a peer's address provisions over PB-GATT, and
 * usher_proxy_connect() joins the network of a node through a proxy.
 */
#ifndef USHER_GATT_H
#define USHER_GATT_H

#include <usher/port.h>

#ifdef __cplusplus
extern "C" {
#endif

struct usher;
struct usher_gatt;
struct usher_session;

#define USHER_PROXY_FILTER_MAX 16 /**< Addresses that the filter of one client can have. */
/** Octets of the longest Proxy PDU: type and Provisioning PDU. */
#define USHER_PROXY_PDU_MAX (1 + USHER_PDU_MAX)
#ifndef USHER_PROXY_QUEUE
#define USHER_PROXY_QUEUE 8 /**< Proxy PDUs that wait for one connection; 8..255. */
#endif
#define USHER_PROXY_WANTED 8 /**< Nodes whose Node Identity can be scanned for at once. */

/** What one client of a proxy gets (6.4). */
struct usher_proxy_filter {
    uint8_t type; /**< 0 accept list, 1 reject list */
    uint8_t count;
    uint16_t addresses[USHER_PROXY_FILTER_MAX];
};

/** Proxy PDUs of one connection, being cut into values and put together again (6.3.2). Private. */
struct usher_proxy_sar {
    uint16_t value_max; /* octets in a value */
    uint16_t tx_len;    /* of the PDU that is being sent, its type first; 0: none */
    uint16_t tx_at;     /* octets of it that are out; the type is sent with each value */
    uint8_t tx[USHER_PROXY_PDU_MAX];
    uint16_t rx_len; /* of what has come, its type first */
    bool rx_busy;    /* a first segment came, and not yet the last */
    uint64_t rx_deadline;
    uint8_t rx[USHER_PROXY_PDU_MAX];
};

/** One connection; of the caller's memory, one for each that may be open at once. Private. */
struct usher_gatt_link {
    uint8_t state;
    struct usher_gatt_opened is; /* value_max 0: not open yet */
    uint64_t deadline;           /* client: when it must be open */
    struct usher_proxy_sar sar;
    struct usher_session *session;    /* PB-GATT: whose link it is */
    struct usher_proxy_filter filter; /* proxy server */
    bool flows;                       /* proxy: Network PDUs go over it */
    bool told;                        /* proxy: CONNECTED was */
    bool greeted;                     /* proxy client: the server's beacon has come ... */
    uint64_t greeting_until;          /* ... or is not waited for any longer */
    uint16_t net_index;               /* proxy client: the subnet of that beacon */
    uint16_t beacon_at;               /* proxy: the place of the subnet whose beacon is next */
    uint32_t beacon_news;             /* proxy: what the beacons told that were sent */
    uint8_t queue_at, queue_count;
    struct {
        uint8_t type, len;
        uint8_t pdu[29];
    } queue[USHER_PROXY_QUEUE];
};

/** What is told of proxies. */
enum usher_gatt_event_type {
    USHER_GATT_EVT_PROXY_RECEIVED, /**< Client: a proxy of one of our subnets was heard. */
    USHER_GATT_EVT_CONNECTED,      /**< Both: a proxy connection carries Proxy PDUs now. */
    USHER_GATT_EVT_DISCONNECTED,   /**< Both: it is gone, or could not be made. */
    USHER_GATT_EVT_FILTER,         /**< Client: the proxy told its filter (Filter Status). */
};

struct usher_gatt_event {
    enum usher_gatt_event_type type;
    union {
        struct {
            struct usher_ble_addr peer;
            int8_t rssi;        /**< dBm; 127 = unknown */
            uint16_t net_index; /**< the subnet that it advertises */
            uint16_t address;   /**< Node Identity of that node, which was asked for; 0: of none */
        } proxy;
        struct {
            uint8_t conn;
            bool server; /**< a client has connected to us */
            uint16_t value_max;
            struct usher_ble_addr peer;
        } connection; /**< CONNECTED, DISCONNECTED */
        struct {
            uint8_t conn;
            uint8_t type; /**< 0 accept list, 1 reject list */
            uint16_t list_size;
        } filter;
    } params;
};

/** What GATT is made with. */
struct usher_gatt_config {
    struct usher_gatt_link *links; /**< one for each connection of the port, gatt_conns of them */
    uint8_t link_count;
    uint16_t adv_interval_ms; /**< of connectable advertising; 0: 200 */
    void (*handler)(void *user, struct usher_gatt *g, const struct usher_gatt_event *event);
    /** Sees that a Proxy PDU has come, before anything is done with it; may call nothing of the
     * instance. NULL: nobody. */
    void (*heard)(void *user, struct usher_gatt *g, uint8_t conn);
    void *user;
};

/** GATT in one instance. All members are private. */
struct usher_gatt {
    struct usher *node;
    const struct usher_gatt_acts *acts;
    struct usher_gatt_config config;
    enum usher_gatt_service serving; /* what the port has been told */
    uint64_t adv_at;                 /* the next connectable advertisement */
    uint16_t adv_turn;               /* whose it is, of those that take turns */
    bool introduce;                  /* provisioned over PB-GATT: Node Identity is due */
    bool scanning;                   /* usher_proxy_scan() */
    uint8_t wanted_count;
    uint16_t wanted[USHER_PROXY_WANTED]; /* nodes by whose Node Identity a proxy is told */
    uint8_t proxy_was;                   /* GATT Proxy state, when it was looked at last */
    uint64_t shut_at; /* it was switched off: connections of clients end then; 0: no */
};

/**
 * Makes GATT part of an instance, between usher_init() and the first session.
 *
 * @retval USHER_OK           Made.
 * @retval USHER_E_NULL       A pointer is NULL that must not be, or there are no links.
 * @retval USHER_E_UNSUPPORTED  The port has no GATT.
 */
enum usher_err usher_gatt_init(struct usher_gatt *g, struct usher *u,
                               const struct usher_gatt_config *config);

/**
 * Tells PROXY_RECEIVED for advertisements of proxies of our subnets, or stops: those that say which
 * network they are of, and those that say which node they are, of the nodes asked for.
 *
 * @param nodes  Addresses of primary elements; read during the call.
 * @param count  0..USHER_PROXY_WANTED; with more, the first are looked for.
 */
void usher_proxy_scan(struct usher_gatt *g, bool on, const uint16_t *nodes, unsigned count);

/**
 * Client: connects to a proxy; CONNECTED or DISCONNECTED follows. From CONNECTED on, what this node
 * sends goes to the proxy, too, and what the proxy forwards is taken in.
 *
 * @param conn  Gets the number of the connection.
 *
 * @retval USHER_E_STATE      The instance is not a node, does not use GATT (see
 *                            usher_mesh_bearers()), or is off the air (see usher_radio()).
 * @retval USHER_E_RESOURCES  All connections are in use.
 * @retval others             The port's.
 */
enum usher_err usher_proxy_connect(struct usher_gatt *g, const struct usher_ble_addr *peer,
                                   uint8_t *conn);

/** Both: ends a proxy connection; DISCONNECTED follows. @retval USHER_E_NOT_FOUND  None such. */
enum usher_err usher_proxy_disconnect(struct usher_gatt *g, uint8_t conn);

/**
 * Client: sets the filter of a proxy connection: an accept list of @p addresses, or a reject list
 * of them; without addresses, nothing or everything. A connection begins with an accept list of our
 * elements, the all-nodes address, and what our models subscribe to or usher_mesh_config.listens
 * tells.
 *
 * @param type   0 accept list, 1 reject list
 * @param count  Addresses; they are sent five in a message.
 *
 * @retval USHER_OK           On its way; FILTER follows for each message.
 * @retval USHER_E_PARAM      Another type.
 * @retval USHER_E_RESOURCES  No sequence number is reserved in storage; nothing or a part is set.
 * @retval USHER_E_NOT_FOUND  No such connection as a client, or CONNECTED has not come.
 * @retval USHER_E_NO_MEM     The connection's queue has no room now.
 */
enum usher_err usher_proxy_filter_set(struct usher_gatt *g, uint8_t conn, uint8_t type,
                                      const uint16_t *addresses, unsigned count);

/**
 * Server: Node Identity of a subnet for 60 s, as after provisioning or when a user presses a
 * button (7.2.2.2.3).
 *
 * @retval USHER_E_NOT_FOUND    No such subnet: neither has an instance that is not a node, or does
 *                              not use GATT, any.
 * @retval USHER_E_UNSUPPORTED  A node without the proxy feature.
 */
enum usher_err usher_node_identity(struct usher_gatt *g, uint16_t net_index);

#ifdef __cplusplus
}
#endif

#endif
