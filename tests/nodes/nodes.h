/*
 * A few whole nodes on one simulated air, for the tests of what is above transport: each with an
 * instance, a port, and one of every model. Node n has the address nodes_address(n), device key
 * nodes_device_key(n), and knows everybody's device key.
 */
#ifndef NODES_H
#define NODES_H

#include "air.h"
#include "hciport.h"
#include "simport.h"
#include "wires.h"

#include <usher/gatt.h>
#include <usher/models.h>
#include <usher/usher.h>

#define NODES_ELEMENTS 2u
#define NODES_COMPANY 0x1234u
#define NODES_VENDOR_MODEL 0x0001u

struct node {
    struct nodes *all;
    struct simport port;
    struct hciport hci; /* in its place, if nodes_config.mtu is not 0 */
    struct usher usher;
    struct usher_gatt gatt; /* if nodes_config.value_max or mtu is not 0 */
    struct usher_mesh mesh;

    /* primary element */
    struct usher_config_server config_server;
    struct usher_config_client config_client;
    struct usher_health_server health_server;
    struct usher_health_client health_client;
    struct usher_onoff_server onoff_server;
    struct usher_onoff_client onoff_client;
    struct usher_sar_server sar_server;
    struct usher_sar_client sar_client;
    struct usher_private_beacon_server private_beacon_server;
    struct usher_private_beacon_client private_beacon_client;
    /* second element */
    struct usher_onoff_server second_onoff;
    struct usher_model vendor; /* opcodes and handlers are the test's, before nodes_provision() */

    /** What it has, as others know it: nodes_device_key(), unless it is provisioned in the test. */
    uint8_t device_key[USHER_KEY_SIZE];

    unsigned events[USHER_MESH_EVT_BEACON + 1]; /* how often each was told */
    struct usher_mesh_event last;               /* but for MESSAGE and BEACON */
    unsigned gatt_events[USHER_GATT_EVT_FILTER + 1];
    struct usher_gatt_event gatt_last[USHER_GATT_EVT_FILTER + 1]; /* the last of each */
    void (*gatt_told)(struct node *node, const struct usher_gatt_event *event); /* or NULL */
    void (*usher_told)(struct node *node, const struct usher_event *event);     /* or NULL */
    /** The test's own look at events, and its say in relaying; may be NULL. */
    void (*told)(struct node *node, const struct usher_mesh_event *event);
    bool (*relay)(struct node *node, uint16_t src, uint16_t dst, uint8_t ttl);
    void *user;

    /* private */
    struct node_memory *memory;
};

struct nodes {
    struct air *air;
    const struct usher_crypto *crypto;
    unsigned count;
    struct node *node; /* an array */
    uint16_t features;
    struct wires *wires; /* if nodes_config.value_max is not 0 */
    bool hci;
};

struct nodes_config {
    unsigned count;
    uint32_t seed;
    uint8_t loss_pct;
    uint16_t features;  /* of each; USHER_FEATURE_RELAY: can relay (off until configured) */
    uint16_t value_max; /* octets in a GATT value, 20..244; 0: there are no wires for GATT */
    uint16_t mtu;       /* 23..247: each has a controller and our HCI host; 0: radios of the air */
    uint16_t range;     /* of the air, see air.h; nodes are placed by their port.radio */
};

/** Makes nodes that are not provisioned. Ends the program if there is no memory. */
struct nodes *nodes_new(const struct nodes_config *config);
void nodes_free(struct nodes *all);

/**
 * Stops a node, as if its power were switched off (but for what it stores at that), and starts it
 * again, unprovisioned until usher_mesh_load(). Set node->port.port.kv_... in between, or before
 * nodes_provision(), for a node with storage.
 */
void nodes_stop(struct node *node);
void nodes_start(struct node *node);

/** All of them become nodes of subnet 0, at IV Index 0. */
void nodes_provision(struct nodes *all);
/** One does. */
void nodes_provision_one(struct nodes *all, unsigned n);
/** Everybody gets AppKey 0 on subnet 0, and every model that can be bound is bound to it. */
void nodes_bind_all(struct nodes *all);

uint16_t nodes_address(unsigned n);
const uint8_t *nodes_device_key(unsigned n);
/** A NetKey or AppKey that is all @p octet. nodes_provision() uses 0x11, nodes_bind_all() 0x22. */
const uint8_t *nodes_key(uint8_t octet);

/** Lets @p ms of virtual time pass. */
void nodes_run(struct nodes *all, uint64_t ms);
/** Runs until @p done says so. @retval false  It did not in @p ms. */
bool nodes_until(struct nodes *all, bool (*done)(void *ctx), void *ctx, uint64_t ms);
/** Milliseconds of virtual time. */
uint64_t nodes_now(const struct nodes *all);

/** Asks and waits, the usual case: one question of node @p from's configuration client. */
enum usher_err nodes_config_ask(struct nodes *all, unsigned from, unsigned to,
                                const struct usher_config_msg *question,
                                struct usher_config_msg *answer);
/** The same with node @p from's OnOff client, and node @p to's server. @param tries  0: 6 */
enum usher_err nodes_switch(struct nodes *all, unsigned from, unsigned to, bool on, uint8_t tries);

#endif
