/*
 * A connection on the simulated air: its two ends, and where it is in its events. What the files of
 * links share: making and ending them (air_link.c), connection events (air_event.c). Private to
 * them.
 */
#ifndef SIM_AIR_CONNECTION_H
#define SIM_AIR_CONNECTION_H

#include "air_state.h"

enum link_role { LINK_CENTRAL, LINK_PERIPHERAL, LINK_ROLES };

/* LLID, of data and of Link Layer control PDUs */
enum {
    LLID_GO_ON = 1, /* or empty */
    LLID_BEGIN = 2,
    LLID_CONTROL = 3,
};

enum link_phase {
    LINK_ANSWERING, /* a request to connect will be sent, after the inter frame space */
    LINK_REQUESTED, /* it is on the air */
    LINK_WAITING,   /* for the next event, or for a deadline */
    LINK_IDLE,      /* events are taken to go well; nothing is queued for them */
    LINK_SENDING,   /* an event: the sender's PDU is on the air, ... */
    LINK_GAP,       /* ... or it will be, after the inter frame space */
};

struct link_pdu {
    uint8_t llid;
    uint8_t len;
    uint8_t data[AIR_LINK_PDU_MAX];
};

/* One end. */
struct air_link {
    struct connection *connection;
    enum link_role role;
    struct usher_ble_addr addr;
    struct air_radio *radio; /* NULL: it is over, or never was */
    struct air_link *next;   /* of the radio's ends */

    bool established; /* it has heard the other one */
    uint64_t heard_at;
    bool takes_part; /* in this event, or the last one */

    bool sn, nesn;
    bool more;                        /* MD of its last PDU */
    const struct link_pdu *in_flight; /* sent, and not acknowledged; NULL: none */
    struct link_pdu queue[AIR_LINK_QUEUE];
    unsigned first, count;

    bool closing; /* by its owner: it sends this, and is over when that is acknowledged, or late */
    struct link_pdu terminate;
    uint64_t close_by;
    bool leaving; /* the other end closes: it is over when it has acknowledged that */
    uint8_t reason;
};

struct connection {
    struct air *air;
    struct connection *next; /* of all there are */
    struct queue_item step;
    enum link_phase phase;
    struct air_link ends[LINK_ROLES];
    struct air_link_params params;
    struct rng rng;
    uint8_t slot; /* of the peripheral, whose advertisement was answered */

    uint32_t access_address;
    uint32_t crc_init;
    uint8_t hop;
    uint8_t adv_channel; /* 0..2: where the request is sent */
    uint16_t win_offset;

    uint64_t anchor;   /* of the next event; when idle, of the one after the last that was played */
    uint64_t events;   /* before that one */
    uint64_t event_at; /* the start of this event, or the last one */
    uint64_t event_until; /* its end */
    uint64_t limit;       /* when this one must be over */
    uint64_t served_at;   /* the start of the last event that both took part in */
    bool answered;        /* the peripheral has been heard in this event */
    uint8_t channel;      /* of this event, 0..36 */
    enum link_role sender;
};

/* When the next event on or after @p from begins. */
uint64_t connection_anchor(const struct connection *c, uint64_t from);
/* Waits for the next event, or for a deadline. */
void connection_plan(struct connection *c);
/* From idle to playing the events again. */
void connection_wake(struct connection *c);
/* The connection's time has come, in one of the phases from LINK_WAITING on. */
void connection_step(struct connection *c);
/* Time on the air at 1 Mbit/s of @p len octets between header and CRC. */
uint32_t connection_pdu_us(uint8_t len);
/* What a link sniffer is told, if there is one. */
void connection_sniff(const struct connection *c, enum link_role sender, uint8_t channel,
                      const uint8_t *octets, uint8_t len);

/* Both ends are over. */
bool connection_dead(const struct connection *c);
/* An end is over: its owner is told. */
void link_end(struct air_link *end, uint8_t reason);

#endif
