/*
 * A world of two for tests: one provisioner and one device, each a real instance on the simulated
 * air, and users who read, type and answer, at once or late. What happened is recorded.
 */
#ifndef WORLD_H
#define WORLD_H

#include "people.h"
#include "simport.h"

#include <usher/usher.h>

#define WORLD_LOG 64

enum world_answers {
    WORLD_PROMPT, /* users and programs answer within the event */
    WORLD_LATE,   /* ... some virtual seconds later */
};

struct world_config {
    struct air_config air;
    const struct usher_crypto *crypto;
    struct usher_caps caps;    /* the device's */
    struct usher_start choice; /* the provisioner's */
    enum world_answers answers;
    uint16_t ecdh_delay_ms; /* 0: computed in place */
    bool offload;           /* both answer ECDH_REQUEST */
    bool wrong[2];          /* by role: this side's user gives a wrong AuthValue */
    bool data_early;        /* the data are given with usher_provision() */
    const struct usher_pb_adv_policy *policy[2]; /* by role; NULL: the default */
};

struct world;

struct party {
    struct world *world;
    enum usher_role role;
    struct simport port;
    struct usher node;
    struct usher_session session;
    uint8_t private_key[USHER_P256_PRIVATE], public_key[USHER_P256_PUBLIC];
    enum usher_event_type log[WORLD_LOG]; /* but for PHASE */
    unsigned events;
    uint8_t device_key[USHER_KEY_SIZE];
    bool complete, closed;
    uint8_t close_reason, failure;
    struct person person; /* who answers for it */
};

struct world {
    struct world_config config;
    struct air *air;
    struct party party[2];
    struct usher_prov_data data;
    bool device_heard;
    unsigned beacons;
};

/** The device. */
extern const uint8_t world_uuid[USHER_UUID_SIZE];

/** Makes both, the device listening. */
struct world *world_new(const struct world_config *config);
void world_free(struct world *w);

/** Begins provisioning, runs until both have closed or @p ms have passed. @retval true  Both have
 * closed. */
bool world_provision(struct world *w, uint64_t ms);

/** Runs until @p done says so or @p ms have passed. */
bool world_run(struct world *w, bool (*done)(const struct world *w), uint64_t ms);
uint64_t world_now(const struct world *w);

/** How often a party was told of an event. */
unsigned world_count(const struct party *p, enum usher_event_type type);

#endif
