/*
 * Radios on the simulated air that have links, and whose owners write down what they are told: for
 * the tests of links.
 */
#ifndef LINK_STATION_H
#define LINK_STATION_H

#include "air_link.h"
#include "station.h"

#define LINKS_MAX 8

struct link_station;

/** One end of a link, and what its owner has been told. */
struct link_log {
    struct link_station *at;
    struct air_link *link; /* NULL: over */
    bool central;
    uint8_t slot;
    struct usher_ble_addr peer;
    struct air_link_params params;
    uint64_t connected_us, data_us, ended_us;
    uint8_t reason;
    unsigned to_send; /* numbered PDUs that are still to be sent, as the queue has room */
    unsigned next;    /* number */
    unsigned sent;
    unsigned received; /* numbered PDUs, every one the one after the last */
    unsigned wrong;    /* those that were not */
};

struct link_station {
    struct station station; /* joined by link_join(); its owner's callbacks work */
    struct link_log logs[LINKS_MAX];
    unsigned links; /* so far */
    unsigned open;
    void (*on_connected)(struct link_log *log);
    void (*on_data)(struct link_log *log);
    void (*on_sent)(struct link_log *log);
    void (*on_ended)(struct link_log *log);
};

/** 30 ms, 1 s. */
extern const struct air_link_params link_params;

/** Joins an air, as a radio with links. */
void link_join(struct air *air, struct link_station *s);
struct usher_ble_addr link_addr(const struct link_station *s);
/** Begins to advertise, connectable, in a slot, for 255 events, 20 ms apart. */
void link_advertise(struct link_station *s, uint8_t slot);
/** Begins to connect. */
void link_initiate(struct link_station *s, const struct link_station *peer);
/** Lets @p central connect to @p peripheral: their latest logs are of a link that both have. */
void link_up(struct link_station *central, struct link_station *peripheral);
/** The latest link of a radio. */
struct link_log *link_of(struct link_station *s);
/** Sends @p count numbered PDUs of many lengths, as fast as the queue takes them. */
void link_send(struct link_log *log, unsigned count);
/** A number for all that a radio has been told. */
uint64_t link_digest(const struct link_station *s);

#endif
