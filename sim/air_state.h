/*
 * What the files of the air share: its state, and the calls between sending (air.c), hearing
 * (air_hear.c) and links (air_link.c). Private to them.
 */
#ifndef SIM_AIR_STATE_H
#define SIM_AIR_STATE_H

#include "air.h"
#include "air_link.h"
#include "queue.h"
#include "rng.h"

enum {
    CHANNELS = 3,
    FIRST_CHANNEL = 37,
    NO_SLOT = 0xFF,
    OVERLAPS = 16,
    IFS_US = 150, /* between a PDU and its answer: the standard's inter frame space */
};

/*
 * PDUs by their type and the first AD type in them: a list of listeners for each. A scan response
 * is of the class of what it belongs to.
 */
enum ad_class {
    CLASS_PB_ADV,
    CLASS_BEACON,
    CLASS_OTHER,
    CLASS_GATT, /* ADV_IND, whatever is in it */
    CLASSES,
};

/*
 * What decides whether a radio hears a PDU, apart from the rest of the radio: this is read millions
 * of times.
 */
struct ear {
    uint64_t busy_until; /* the end of the radio's own event, during which it hears nothing */
    uint32_t phase;      /* how far its cycle through the channels is ahead, us */
    uint32_t links;      /* it has as many */
};

struct place {
    int16_t x, y;
};

struct listeners {
    uint32_t *radios; /* indices */
    uint32_t count;
};

struct slot {
    bool used;
    bool held;                  /* its advertisement is being answered with a request to connect */
    uint8_t left;               /* events */
    uint64_t due;               /* of the next event */
    uint64_t turn;              /* when two are due at once, the smaller goes first */
    struct usher_ble_addr addr; /* the radio's when it began */
    struct usher_adv adv;
};

/* The peer that a radio wants to connect to. */
struct attempt {
    bool on;
    struct usher_ble_addr own, peer;
    struct air_link_params params;
    struct connection *made; /* it was heard, and the request is on its way */
};

/* What a slot answers to scan requests. */
struct response {
    uint8_t len;
    uint8_t data[USHER_AD_MAX];
};

enum send_state {
    SEND_IDLE,   /* nothing to send, or the next event is not due yet */
    SEND_ON_AIR, /* a PDU is on the air */
    SEND_GAP,    /* between two channels of an event */
    SEND_ASKED,  /* a scan request is on its way to it */
    SEND_ANSWER, /* the scan response is on the air */
};

/* The event that a radio is sending. */
struct transmission {
    enum send_state state;
    uint8_t slot;     /* NO_SLOT: stopped */
    uint8_t channel;  /* 0..2 */
    uint8_t overlaps; /* others on the channel at the time; OVERLAPS + 1: more than are known */
    struct place overlap[OVERLAPS]; /* where they are */
    enum ad_class ad_class;
    uint64_t event_start;
    uint64_t start; /* of the PDU */
    uint64_t end;
    struct air_radio *next; /* in the channel's list */
    struct usher_ble_addr addr;
    enum usher_adv_type type;
    uint8_t len;
    uint8_t data[USHER_AD_MAX];
    uint64_t exchange; /* of the scan requests to this PDU; 0: there were none */
    struct response answer;
};

struct air_radio {
    struct air *air;
    struct air_owner owner;
    void *ctx;
    uint32_t index;     /* in the air's arrays */
    bool gone;          /* has left; kept until nothing refers to it */
    uint32_t held_back; /* reports on their way to it */
    struct place place;
    uint32_t strength; /* two of them give the signal strength between them */
    struct usher_ble_addr addr;
    struct rng rng;           /* its owner's */
    unsigned wants;           /* classes, by bits, that its owner scans for */
    uint32_t listed[CLASSES]; /* place in the listeners' lists, from 1; 0: not in */
    bool active;              /* sends scan requests ... */
    uint64_t asked;           /* ... the last one in this exchange */

    struct queue_item wake;
    struct queue_item step; /* the transmission's next one */
    struct transmission tx;
    uint64_t free_at;     /* the earliest start of its next event */
    uint64_t taken_until; /* by a request to connect */
    unsigned put_off;     /* times that its next event has been, for connection events */
    uint64_t last_due;    /* of the advertisements handed in so far */
    uint64_t next_turn;
    struct slot slots[USHER_ADV_SLOTS];
    struct response responses[USHER_ADV_SLOTS];
    struct air_radio *next_gone;

    struct air_link_owner link_owner; /* zeros: it does without links */
    struct air_link *links;           /* its ends */
    struct attempt attempt;
    struct connection *answered; /* by a request, to the slot that is held */
    struct connection *in_event; /* of this one, now */
};

/* A report held back by delay, reordering or duplication. */
struct held_report {
    struct queue_item item;
    struct air *air;
    struct air_radio *to;
    enum ad_class ad_class;
    struct usher_adv_report report;
    uint8_t data[USHER_AD_MAX];
    struct held_report *next; /* of all there are */
    struct held_report *next_free;
};

struct air {
    struct air_config config;
    uint32_t interval_us; /* on one channel */
    struct rng rng;
    uint64_t now;
    bool running;
    struct queue queue;
    struct air_stats stats;
    air_sniffer sniffer;
    void *sniffer_ctx;

    uint32_t room;   /* of each array below */
    uint32_t used;   /* indices below this have been given out */
    uint32_t vacant; /* of them, those that are free again */
    struct air_radio **radios;
    struct ear *ears;
    uint32_t *hearing; /* who hears the PDU that has just ended */
    struct listeners listeners[CLASSES];

    struct air_radio *on_channel[CHANNELS];
    struct air_radio *gone;
    uint64_t joined;    /* ever */
    uint64_t exchanges; /* of scan requests and responses, ever */
    struct held_report *reports;
    struct held_report *free_reports;
    struct connection *connections;
    air_link_sniffer link_sniffer;
    void *link_sniffer_ctx;
};

/* A PDU's time on the air at 1 Mbit/s: preamble, access address, header, advertiser, AD, CRC. */
static inline uint32_t air_time_us(uint8_t len)
{
    return (1u + 4 + 2 + 6 + len + 3) * 8;
}

static inline bool in_range(const struct air *air, struct place a, struct place b)
{
    int64_t dx = a.x - b.x, dy = a.y - b.y, range = air->config.range;

    return range == 0 || dx * dx + dy * dy <= range * range;
}

/* air.c: between two events, arranges for the radio's next one. */
void air_plan(struct air_radio *radio);

/* air_hear.c */
enum ad_class hear_class(enum usher_adv_type type, const uint8_t *ad, uint8_t len);
void hear_scan_set(struct air_radio *radio, unsigned what);
/* What the radio wants to hear has changed: for its owner, or to connect. */
void hear_list(struct air_radio *radio);
/* A radio's PDU has ended and reached everyone who could hear it: their owners are told. */
void hear_pdu(struct air_radio *sender);
/* The radio's scan response has ended: those who asked are told. */
void hear_response(struct air_radio *sender);
void hear_free(struct air *air);

/* air_link.c */
/* Whether the radio waits for an advertisement like this one, to connect. */
bool link_awaits(const struct air_radio *radio, const struct transmission *tx);
/* It has heard the advertiser's PDU, which has just ended, and sends its request. */
void link_request(struct air_radio *radio, struct air_radio *advertiser);
/* The slot that is held is free: the request finds nobody. */
void link_unanswer(struct air_radio *radio);
/* The radio's ends are no more, and nobody is told at this side. */
void link_leave(struct air_radio *radio);
/* What it was that the idle links of a radio, or all links, could rely on has changed. */
void link_wake_radio(struct air_radio *radio);
void link_wake_all(struct air *air);
/* Frees what is over: not while owners are being called. @p all: what is not over, too. */
void link_reap(struct air *air, bool all);

/* air_event.c */
/* Whether the radio was in no connection event between the two times, of which the later is now. */
bool link_hears(const struct air_radio *radio, uint64_t from, uint64_t until);
/* @p from, or when the radio's connection event is over that the time until @p until meets. */
uint64_t link_free_from(const struct air_radio *radio, uint64_t from, uint64_t until);

#endif
