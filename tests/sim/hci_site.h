/*
 * A site for tests of the HCI path: a provisioner and devices, each a real instance behind our HCI
 * host and a simulated controller of its own, on one air. The provisioner takes the devices one
 * after the other over as many links as it is told, and begins again with those that failed.
 */
#ifndef HCI_SITE_H
#define HCI_SITE_H

#include "hciport.h"

#include <usher/gatt.h>

#define SITE_DEVICES 24
#define SITE_LINKS 16

struct site_config {
    struct air_config air;
    struct hciport_config provisioner, device;
    unsigned devices; /* 1..SITE_DEVICES */
    unsigned links;   /* at once, 1..SITE_LINKS */
    bool gatt;        /* PB-GATT in place of PB-ADV; devices are found by their advertising */
};

/* An instance with all that belongs to it. */
struct site_node {
    struct hciport port;
    struct usher node;
    struct usher_gatt gatt;
    struct usher_gatt_link links[HCIPORT_CONNS];
};

struct site;

struct site_device {
    struct site *site;
    struct site_node at;
    struct usher_session session;
    uint8_t uuid[USHER_UUID_SIZE];
    bool complete;
    bool closed; /* after it was complete */
    bool taken;  /* the provisioner has a session with it, or had one that completed */
    bool heard;  /* its beacon or advertising, with its address: */
    struct usher_ble_addr peer;
    uint16_t address;
    uint8_t device_key[USHER_KEY_SIZE];
};

struct site {
    struct site_config config;
    const struct usher_crypto *crypto;
    struct air *air;
    struct site_node at;
    struct usher_session sessions[SITE_LINKS];
    struct site_device *device_of[SITE_LINKS];
    uint8_t key_of[SITE_DEVICES][USHER_KEY_SIZE]; /* as the provisioner knows them */
    bool done[SITE_DEVICES];
    struct site_device devices[SITE_DEVICES];
    unsigned complete, failed;
    uint16_t next_address;
    unsigned open; /* links that are established now */
};

/** All lines up, devices listening. */
struct site *site_new(const struct usher_crypto *crypto, const struct site_config *config);
void site_free(struct site *s);

/** Begins sessions while there are links and devices. */
void site_start(struct site *s);
/** Runs until @p done says so, or for @p ms. @return whether it said so */
bool site_run(struct site *s, bool (*done)(const struct site *s), uint64_t ms);
/** All devices are provisioned, for both sides. */
bool site_all_done(const struct site *s);
/** Fails unless both sides have the same keys, and no address was given twice. */
void site_check(const struct site *s);

#endif
