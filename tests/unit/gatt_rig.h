/*
 * Three instances with GATT in virtual time, each on a port that the test plays by hand: what one
 * advertises the others hear, what one sends over a connection arrives at its other end, value by
 * value, with room for few. Connections to a device may also be the test's own: then it writes what
 * it likes, and reads what comes. For the tests of gatt.c.
 */
#ifndef GATT_RIG_H
#define GATT_RIG_H

#include "people.h"

#include <usher/gatt.h>
#include <usher/usher.h>

#define RIG_CONNS 3
#define RIG_ROOM 2 /* values that wait in a port */
#define RIG_VALUE 244
#define RIG_RAW 16 /* values kept of what came over the test's own connections */
#define RIG_EVENTS (USHER_EVT_PHASE + 1)

/** The sides: a provisioner, a device, and another provisioner. */
enum rig_name { RIG_P, RIG_D, RIG_Q, RIG_SIDES };

/** What becomes of attempts to connect. */
enum rig_connect { RIG_OPENS, RIG_FAILS, RIG_HANGS, RIG_REFUSED };

struct rig_value {
    uint8_t len;
    uint8_t octets[RIG_VALUE];
};

/* One end of a connection. */
struct rig_conn {
    bool used;
    bool open;
    bool server;
    bool lost; /* to be told as closed */
    bool was_busy;
    enum usher_gatt_service service;
    struct rig_side *peer; /* NULL: the test's own */
    uint8_t peer_conn;
    unsigned queued;
    struct rig_value queue[RIG_ROOM];
};

struct rig_side {
    struct rig *rig;
    enum rig_name name;
    struct usher_port port;
    struct usher node;
    struct usher_gatt gatt;
    struct usher_gatt_link links[RIG_CONNS];
    struct usher_session session;
    struct person person;
    uint8_t private_key[USHER_P256_PRIVATE], public_key[USHER_P256_PUBLIC];
    uint64_t wake;
    uint32_t drawn;
    bool random_fails;
    unsigned scan;
    enum usher_gatt_service serving;
    unsigned served; /* how often gatt_serve() was called */
    struct rig_conn conns[RIG_CONNS];
    unsigned connects, disconnects; /* calls */
    bool adv_pending;
    struct usher_adv adv;      /* on the air ... */
    uint64_t adv_until;        /* ... until then */
    struct usher_adv last_ind; /* the last connectable one, and when it and others began */
    uint64_t ind_at;
    unsigned inds, nonconns;
    unsigned told[RIG_EVENTS];
    struct usher_event unprov; /* the last UNPROVISIONED_RECEIVED */
    uint8_t device_key[USHER_KEY_SIZE];
    uint8_t close_reason, failure;
    void (*in_handler)(struct rig_side *s, const struct usher_event *e);
};

struct rig {
    const struct usher_crypto *crypto;
    uint64_t now;
    uint16_t value_max;
    enum rig_connect connect;
    bool send_fails;    /* ports cannot, for no reason that they tell */
    unsigned adv_ms;    /* how long an advertisement takes */
    unsigned delivered; /* values that arrived */
    unsigned cut_at;    /* connections are lost once so many have; 0: never */
    unsigned raw_count; /* values that the test's own connections got */
    struct rig_value raw[RIG_RAW];
    struct rig_side side[RIG_SIDES];
};

extern const uint8_t rig_uuid[USHER_UUID_SIZE];

/** @param value_max  Of all connections. */
struct rig *rig_new(const struct usher_crypto *crypto, uint16_t value_max);
void rig_free(struct rig *r);

/** Lets @p ms pass. */
void rig_run(struct rig *r, uint64_t ms);

struct usher_ble_addr rig_address(enum rig_name name);
enum usher_err rig_listen(struct rig *r, unsigned bearers);
enum usher_err rig_provision(struct rig *r, enum rig_name from);
/** Fails unless the session of each of the two is complete, closed with success and agreed. */
void rig_assert_complete(const struct rig *r, enum rig_name provisioner);
/** Forgets what was told to one side. */
void rig_forget(struct rig *r, enum rig_name name);

/** A connection of the test's own to a side: its number there. RIG_CONNS: it was refused. */
uint8_t rig_raw_open(struct rig *r, enum rig_name to, enum usher_gatt_service service);
/** Writes a value over it, from an allocation of exactly its length. */
void rig_raw_write(struct rig *r, enum rig_name to, uint8_t conn, const uint8_t *value, size_t len);
/** Whether the side has not ended it. */
bool rig_raw_is_open(const struct rig *r, enum rig_name to, uint8_t conn);
void rig_raw_close(struct rig *r, enum rig_name to, uint8_t conn);

/** Both ends of all connections of a side are lost at once. */
void rig_cut(struct rig *r, enum rig_name name);
/** A side loses its power in the middle of what it does, and starts again with nothing kept. */
void rig_power_cut(struct rig *r, enum rig_name name);

#endif
