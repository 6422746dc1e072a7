/*
 * The little L2CAP, ATT and GATT that mesh services need, over one LE connection (Core
 * Specification, Vol 3, Parts A, F and G): as a server, the database of an unprovisioned device or
 * of a proxy; as a client, MTU exchange, discovery of one service, and subscription to its Data
 * Out. Sans I/O: fragments in, L2CAP frames pulled out, events polled, a deadline. Called by
 * hci_conn.c; gatt_link.c is what both roles share, l2cap.c reassembly and signalling, att.c the
 * PDU formats, gatt_server.c and gatt_client.c the roles.
 */
#ifndef GATT_LINK_H
#define GATT_LINK_H

#include <usher/port.h>

#define GATT_MTU_MIN 23u
#define GATT_MTU_MAX 247u
#define L2CAP_HEADER 4u
#define L2CAP_FRAME_MAX (L2CAP_HEADER + GATT_MTU_MAX)
#define GATT_VALUES 4u /* values that can wait to be sent */

/** What all links of a host share: the database, as a server has it. */
struct gatt_database {
    const char *name;                /* Device Name, 1..29 octets */
    enum usher_gatt_service service; /* the mesh service that is in it */
    uint16_t mtu;                    /* GATT_MTU_MIN..GATT_MTU_MAX */
};

enum gatt_event {
    GATT_NOTHING,
    GATT_OPENED, /* values can be sent: the client has subscribed. gatt_event_data.service,
                    value_max */
    GATT_VALUE,  /* one came: gatt_event_data.value, len */
    GATT_READY,  /* after gatt_link_send() answered USHER_E_BUSY: there is room again */
    GATT_FAILED, /* disconnect: gatt_event_data.why says it in words */
};

struct gatt_event_data {
    enum usher_gatt_service service;
    uint16_t value_max;   /* ATT_MTU - 3 */
    const uint8_t *value; /* good until the next call for this link */
    size_t len;
    const char *why;
};

/** One link. All members are private to the files named above. */
struct gatt_link {
    const struct gatt_database *database;
    bool server;
    uint16_t mtu; /* in force */
    /* ... the members that the implementation needs follow */
};

/** A connection was made, as peripheral. @param database  Good for the link's life. */
void gatt_link_serve(struct gatt_link *l, const struct gatt_database *database, uint64_t now);
/** A connection was made, as central: to find @p service and subscribe to its Data Out. */
void gatt_link_find(struct gatt_link *l, const struct gatt_database *database,
                    enum usher_gatt_service service, uint64_t now);

/** Server: database->service has changed: the client is told (Service Changed), if it wants to be.
 */
void gatt_link_service_changed(struct gatt_link *l, uint64_t now);

/** An ACL fragment. @param first  It begins an L2CAP frame. Whatever it holds is read with care. */
void gatt_link_rx(struct gatt_link *l, uint64_t now, bool first, const uint8_t *data, size_t len);

/** What there is to tell, until GATT_NOTHING; also lets timers run out. */
enum gatt_event gatt_link_poll(struct gatt_link *l, uint64_t now, struct gatt_event_data *data);

/**
 * Sends a value: a Handle Value Notification (server), a Write Command (client).
 *
 * @retval USHER_E_STATE   Not open.
 * @retval USHER_E_SIZE    0, or more than value_max octets.
 * @retval USHER_E_BUSY    No room; GATT_READY follows.
 */
enum usher_err gatt_link_send(struct gatt_link *l, uint64_t now, const uint8_t *value, size_t len);

/** The next L2CAP frame to go out, header included. @return octets; 0: none */
uint16_t gatt_link_next(struct gatt_link *l, uint64_t now, uint8_t frame[L2CAP_FRAME_MAX]);

uint64_t gatt_link_deadline(const struct gatt_link *l);

#endif
