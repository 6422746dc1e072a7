/*
 * The little L2CAP, ATT and GATT that mesh services need, over one LE connection (Core
 * Specification, Vol 3, Parts A, F and G): as a server, the database of an unprovisioned device or
 * of a proxy; as a client, MTU exchange, discovery of one service, and subscription to its Data
 * Out. Sans I/O: fragments in, L2CAP frames pulled out, events polled, a deadline. Called by
 * hci_conn.c; gatt_link.c is what both roles share, l2cap.c reassembly and signalling, att.c the
 * PDU formats, gatt_server.c and gatt_client.c the roles.
 *
 * Who owns a link calls gatt_link_poll() until GATT_NOTHING after each gatt_link_rx(), after
 * gatt_link_next(), and at the deadline; and then pulls frames.
 *
 * A link carries the values of one service, once: it is over when the client unsubscribes. When the
 * service in the database changes, a link that is open goes on sending values of the old one until
 * it is closed, as the last of a session may still be on its way. What its client does to the old
 * handles from then on is an Invalid Handle, and values that it writes are dropped; to subscribe to
 * the new service it has to connect again. A link that is not yet open sees the new database at
 * once. The services have different handles, so what a client remembers of one is no attribute of
 * the other.
 *
 * A value that is longer than ATT_MTU - 3 fails the link, as no value of a link that is open gets
 * lost. Values before the client has subscribed are dropped, and so are empty ones. A client that
 * does not subscribe within a minute fails the link, as it keeps others away.
 *
 * A client that exchanges the MTU after it has subscribed is told the one in force, which stays.
 */
#ifndef GATT_LINK_H
#define GATT_LINK_H

#include "l2cap.h"

#include <usher/port.h>

#define GATT_MTU_MIN 23u
#define GATT_MTU_MAX L2CAP_PAYLOAD_MAX
#define GATT_VALUE_MAX (GATT_MTU_MAX - 3u)
#define GATT_VALUES 4u             /* values that can wait to be sent */
#define GATT_REQUEST_MAX 9u        /* octets of the longest request of ours */
#define GATT_NAME_MAX 29u          /* octets of a Device Name */
#define GATT_TRANSACTION_MS 30000u /* an answer, a confirmation (Vol 3, Part F, section 3.3.3) */
#define GATT_SUBSCRIBE_MS 60000u   /* a client may take until it subscribes */

/** What all links of a host share: the database, as a server has it. */
struct gatt_database {
    const char *name;                /* Device Name, 1..GATT_NAME_MAX octets */
    enum usher_gatt_service service; /* the mesh service that is in it */
    uint16_t mtu;                    /* GATT_MTU_MIN..GATT_MTU_MAX */
};

enum gatt_event {
    GATT_NOTHING,
    GATT_OPENED, /* once: values can be sent, the client has subscribed. gatt_event_data.service,
                    value_max */
    GATT_VALUE,  /* one came: gatt_event_data.value, len */
    GATT_READY,  /* after gatt_link_send() answered USHER_E_BUSY: there is room again */
    GATT_FAILED, /* once, the last: disconnect. gatt_event_data.why says it in words */
};

struct gatt_event_data {
    enum usher_gatt_service service;
    uint16_t value_max;   /* ATT_MTU - 3: of values in both directions, for the link's life */
    const uint8_t *value; /* good until the next gatt_link_rx() for this link */
    size_t len;
    const char *why;
};

/** A value that waits to be sent. Private. */
struct gatt_value {
    uint8_t len;
    uint8_t octets[GATT_VALUE_MAX];
};

/** One link. All members are private to the files named above. */
struct gatt_link {
    const struct gatt_database *database;
    bool server;
    uint16_t mtu; /* in force */
    bool mtu_agreed;
    bool open;
    struct l2cap l2cap;

    /* what there is to tell */
    bool opened;
    bool refused;         /* a value, as there was no room */
    bool over;            /* GATT_FAILED was told */
    const char *why;      /* NULL: all is well */
    uint16_t value_len;   /* 0: no value */
    const uint8_t *value; /* in l2cap.rx */

    /* the service that the link carries, and its handles */
    enum usher_gatt_service service;
    uint16_t data_in; /* client */
    uint16_t data_out;
    uint16_t value_max;
    uint64_t deadline; /* of being subscribed to; client: of the step */

    /* what waits to be sent, in this order; then values */
    uint16_t answer_len; /* 0: none */
    uint8_t answer[GATT_MTU_MAX];
    bool confirmation;
    uint8_t request_len; /* client; 0: none */
    uint8_t request[GATT_REQUEST_MAX];
    bool changed; /* server: Service Changed */
    uint8_t value_at, value_count;
    struct gatt_value values[GATT_VALUES];

    /* server */
    bool wants_changed; /* the client has subscribed to Service Changed */
    bool indicated;     /* ... and has not yet confirmed it */
    uint64_t confirm_deadline;

    /* client */
    uint8_t step;
    uint8_t awaited;  /* the opcode of the answer; 0: none */
    uint16_t at, end; /* the handles that are asked for */
};

/** A connection was made, as peripheral. @param database  Good for the link's life. */
void gatt_link_serve(struct gatt_link *l, const struct gatt_database *database, uint64_t now);
/**
 * A connection was made, as central: to find @p service and subscribe to its Data Out. The peer may
 * ask, too: there is GAP for it.
 */
void gatt_link_find(struct gatt_link *l, const struct gatt_database *database,
                    enum usher_gatt_service service, uint64_t now);

/** Server: database->service has changed: the client is told (Service Changed), if it wants to be.
 */
void gatt_link_service_changed(struct gatt_link *l, uint64_t now);

/**
 * An ACL fragment. Whatever it holds is read with care; a GATT_VALUE must have been polled before.
 *
 * @param first  It begins an L2CAP frame.
 */
void gatt_link_rx(struct gatt_link *l, uint64_t now, bool first, const uint8_t *data, size_t len);

/** What there is to tell, until GATT_NOTHING; also lets timers run out. */
enum gatt_event gatt_link_poll(struct gatt_link *l, uint64_t now, struct gatt_event_data *data);

/**
 * Sends a value: a Handle Value Notification (server), a Write Command (client).
 *
 * @retval USHER_E_STATE   Not open, or failed.
 * @retval USHER_E_SIZE    0, or more than value_max octets.
 * @retval USHER_E_BUSY    No room; GATT_READY follows.
 */
enum usher_err gatt_link_send(struct gatt_link *l, uint64_t now, const uint8_t *value, size_t len);

/** The next L2CAP frame to go out, header included. @return octets; 0: none */
uint16_t gatt_link_next(struct gatt_link *l, uint64_t now, uint8_t frame[L2CAP_FRAME_MAX]);

/** When gatt_link_poll() has to be called: 0 while there is something to tell. */
uint64_t gatt_link_deadline(const struct gatt_link *l);

#endif
