/*
 * The instance, seen from inside src/node: what its files share. The node alone knows the order of
 * the layers. It takes inputs in, lets bearer and session exchange what they have until both are
 * quiet, tells the user, and hands out the advertisements that are due.
 */
#ifndef NODE_H
#define NODE_H

#include "bearer.h"
#include "model.h"
#include "role.h"

#include <usher/remote.h>

/** The states of struct usher_session. */
enum node_session_state {
    SESSION_IDLE,
    SESSION_LISTENING,
    SESSION_LINK, /* a link is being opened, open, or being closed */
};

/** An AD structure that was heard. */
struct node_ad {
    const struct usher_adv_report *report; /* that it came in */
    uint8_t type;
    const uint8_t *data;
    size_t len;
};

/**
 * What takes part in the life of an instance: its sessions, its mesh node, its GATT connections,
 * what it beacons and looks for. A part takes its place in usher.parts in the call that begins it,
 * so a program without that call does not link it. Any act may be NULL.
 */
struct usher_part {
    /* Advertisements: the kind that it sends and hears, and whether its own wait for those of parts
     * that are not in the background. */
    enum usher_adv_type adv;
    bool background;
    uint64_t (*ad_due)(const struct usher *u);
    /** The next one. @return octets; 0: none is due */
    uint8_t (*next_ad)(struct usher *u, uint8_t ad[USHER_AD_MAX]);
    unsigned (*scan)(const struct usher *u); /* enum usher_scan, bits */
    void (*in_ad)(struct usher *u, const struct node_ad *ad);
    /** Its turn in node_drain(). */
    void (*run)(struct usher *u);
    uint64_t (*deadline)(const struct usher *u);
    void (*deinit)(struct usher *u);
};

/** Does all that is due, after any input: see node.c. */
void node_drain(struct usher *u);

/** There is something to do, and node_drain() is to come to it at once, but not from within. */
void node_alarm(struct usher *u);

static inline uint64_t node_sooner(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/**
 * Random octets from the port, which must not repeat themselves: a generator that is stuck counts
 * as none.
 *
 * @retval USHER_E_INTERNAL  There are none.
 */
enum usher_err node_random(struct usher *u, void *buf, size_t len);

/* sessions.c: one or more provisioning sessions */

/** Makes a session known to its instance, with a key pair for the next exchange. */
enum usher_err node_session_start(struct usher_session *s, const struct usher_prov_role *acts,
                                  uint64_t *now);
/** Takes it off the instance. */
void node_session_end(struct usher_session *s);

/** Whose radio is elsewhere; NULL: nobody's. */
static inline const struct usher_remote_acts *node_remote(const struct usher *u)
{
#if USHER_REMOTE
    return u->port->remote;
#else
    (void)u;
    return NULL;
#endif
}

static inline void *node_remote_ctx(const struct usher *u)
{
#if USHER_REMOTE
    return u->port->remote_ctx;
#else
    (void)u;
    return NULL;
#endif
}

/** Tells the user. */
void node_tell(struct usher *u, const struct usher_event *event);

/* advert.c: the port's slots, shared among links, beacon and what GATT offers */

/** Hands out what is due as long as there are free slots. */
void advert_fill(struct usher *u);
/** When advert_fill() has something to do again, given the free slots. */
uint64_t advert_due(const struct usher *u);
void advert_stop_all(struct usher *u);

/* device_beacon.c: the unprovisioned device beacon */

/** Begins to beacon for a listening device, on PB-ADV if that is among its bearers. */
enum usher_err device_beacon_start(struct usher *u, const struct usher_listen *p);
/** What beacon and service data of a listening device both say: its UUID and OOB information. */
static inline const uint8_t *device_beacon_facts(const struct usher *u)
{
    return u->beacon.ad + 3; /* after length, AD type and beacon type */
}
#define DEVICE_BEACON_FACTS (USHER_UUID_SIZE + 2u)
static inline void device_beacon_stop(struct usher *u)
{
    u->parts[USHER_PART_BEACON] = NULL;
}

/* scan.c: advertisements in */

/** Tells the port what there is to listen for. */
enum usher_err scan_update(struct usher *u);

/* scanner.c: unprovisioned devices that are heard */

struct beacon;
/** An unprovisioned device was heard: tells the user, unless it was told lately. */
void scan_found(struct usher *u, const struct beacon *b, const struct usher_adv_report *report,
                bool gatt);

#endif
