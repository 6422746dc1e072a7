/*
 * GATT inside the instance: gatt.c has the connections, PB-GATT and what is advertised; proxy.c has
 * what goes over a connection to the Mesh Proxy Service, as its server and as its client,
 * proxy_ad.c how such a server is found. The instance (node.c, scan.c, advert.c) knows all of them
 * by struct usher_gatt_acts and struct usher_part alone.
 */
#ifndef NODE_GATT_H
#define NODE_GATT_H

#include "node.h"
#include "proxy_sar.h"

#include <usher/gatt.h>

/** What the instance asks of GATT, beside its turns as a part. */
struct usher_gatt_acts {
    void (*opened)(struct usher_gatt *g, const struct usher_gatt_opened *opened);
    void (*data)(struct usher_gatt *g, uint8_t conn, const uint8_t *value, size_t len);
    void (*closed)(struct usher_gatt *g, uint8_t conn);
    /* for the sessions: the link is PB-GATT from here on, of a client or of a server */
    enum usher_err (*provision)(struct usher_gatt *g, struct usher_session *s,
                                const struct usher_ble_addr *peer);
    void (*listen)(struct usher_gatt *g, struct usher_session *s);
};

/** The states of struct usher_gatt_link. */
enum gatt_link_state {
    GATT_LINK_FREE,
    GATT_LINK_OPENING, /* client: usher_in_gatt_open() has not come */
    GATT_LINK_PROVISIONING,
    GATT_LINK_PROXY,
    GATT_LINK_ENDED, /* proxy: it is gone, and DISCONNECTED is still to be told */
};

#define PROXY_ON 1u /* of the GATT Proxy state */
/** Octets of the longest service data of a proxy, after the UUID: type, hash and random. */
#define PROXY_SERVICE_DATA_MAX 17u

/* -- proxy.c: a connection to the Mesh Proxy Service ------------------------------------------- */

/**
 * It is open, its state is GATT_LINK_PROXY, and what is the proxy's of it is zero: a server sends
 * its beacons, a client sets its filter once it has heard them. May end the connection.
 */
void proxy_link_opened(struct usher_gatt *g, struct usher_gatt_link *l);
/** A whole Proxy PDU of one of the first three types. May end the connection, and this or any
 * other link: nothing of it is touched after this call. The caller drains the instance. */
void proxy_link_rx(struct usher_gatt *g, struct usher_gatt_link *l, uint8_t type,
                   const uint8_t *pdu, size_t len);
/** The next PDU to send over it. @return octets; 0: none */
uint8_t proxy_link_next(struct usher_gatt *g, struct usher_gatt_link *l, uint8_t *type,
                        uint8_t pdu[PROXY_MESH_MAX]);
/**
 * It is gone, from GATT_LINK_OPENING (of the proxy service) or GATT_LINK_PROXY. The state is
 * GATT_LINK_ENDED after this, and GATT_LINK_FREE when proxy_run() has told it.
 */
void proxy_link_closed(struct usher_gatt_link *l);
/** Distributes Network PDUs and beacons of this node to the connections that are to get them. */
void proxy_run(struct usher_gatt *g);
uint64_t proxy_deadline(const struct usher_gatt *g);
/** The node, while it is one and uses GATT; else NULL. */
struct usher_mesh *proxy_node(const struct usher_gatt *g);
void proxy_tell(struct usher_gatt *g, const struct usher_gatt_event *event);

/* -- proxy_ad.c: how a proxy is found ---------------------------------------------------------- */

/** Whether the node offers the Mesh Proxy Service now: GATT Proxy state, Node Identity. */
bool proxy_offers(const struct usher_gatt *g);
/** The next service data of 0x1828, of those that take turns, without the UUID (7.2.2.2). @return
 * octets; 0: none */
uint8_t proxy_service_data(struct usher_gatt *g, uint8_t data[PROXY_SERVICE_DATA_MAX]);
/** A client hears service data of 0x1828, without the UUID. */
void proxy_heard(struct usher_gatt *g, const struct usher_adv_report *report, const uint8_t *data,
                 size_t len);

/* -- gatt.c, for proxy.c ----------------------------------------------------------------------- */

/** Ends a connection; what hung on it is told. */
void gatt_link_end(struct usher_gatt *g, struct usher_gatt_link *l);
/** The connection of this number, open or being made; NULL: none. */
struct usher_gatt_link *gatt_link_of(struct usher_gatt *g, uint8_t conn);
/**
 * Begins one as a client.
 *
 * @retval USHER_E_STATE      Off the air (usher_radio()).
 * @retval USHER_E_RESOURCES  All connections are in use.
 * @retval others             The port's.
 */
enum usher_err gatt_link_begin(struct usher_gatt *g, const struct usher_ble_addr *peer,
                               enum usher_gatt_service service, struct usher_gatt_link **l);

#endif
