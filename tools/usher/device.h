/*
 * A device: one instance of Usher that beacons, lets itself be provisioned and lives on as a node,
 * until it is reset and beacons again. If its port has storage, it is after a restart what it was.
 * The verbs demo and device make many. Its port is the owner's affair.
 */
#ifndef DEVICE_H
#define DEVICE_H

#include "device_node.h"
#include "oob.h"
#include "tool_radio.h"

#include <usher/usher.h>

struct device;

/** What the owner of a device is told; @p ctx is the device's. From @ref trouble on, may be NULL.
 */
struct device_owner {
    /** Show a value (output). */
    void (*show)(void *ctx, struct device *d, uint8_t action, uint8_t size, const char *value);
    /** Ask for a value (input); device_answer() then. */
    void (*ask)(void *ctx, struct device *d, uint8_t action, uint8_t size);
    /** The device is provisioned; its link may still be open. */
    void (*complete)(void *ctx, struct device *d);
    /** Its node cannot be made, or not be stored. */
    void (*trouble)(void *ctx, struct device *d, enum usher_err err);
    /** The lamp of this element was switched. */
    void (*lamp)(void *ctx, struct device *d, uint16_t address, bool on);
    /** It attracts attention for so many seconds; 0: no more. */
    void (*attention)(void *ctx, struct device *d, uint8_t seconds);
    /** Its configuration has changed. */
    void (*configured)(void *ctx, struct device *d);
    /** It has left the network, and beacons. */
    void (*reset)(void *ctx, struct device *d);
};

struct device {
    /* filled in by the owner before device_start() */
    const struct device_owner *owner;
    void *ctx;
    uint8_t uuid[USHER_UUID_SIZE];
    struct oob oob;
    uint8_t elements;
    uint16_t algorithms; /* bits, USHER_ALG_BIT() */
    unsigned bearers;    /* enum usher_bearer, bits; 0: all that the port has */
    bool key_known;      /* the pair below is known out of band */
    uint8_t private_key[USHER_P256_PRIVATE];
    uint8_t public_key[USHER_P256_PUBLIC];
    uint8_t uri[USHER_URI_MAX];
    uint8_t uri_len;

    /* to be read */
    bool provisioned; /* a node, of the address below */
    uint16_t address;
    uint8_t device_key[USHER_KEY_SIZE]; /* as provisioned; zeros after a restart */
    unsigned failures;                  /* links that ended without */
    uint64_t begun;                     /* when the last link was opened, ms */
    bool asking;
    uint8_t ask_action, ask_size;

    const struct usher_port *port;
    struct usher node; /* usher_init() by device_start(); for the port's inputs before */
    struct usher_session session;
    struct tool_gatt gatt;
    struct device_node as_node;
    bool on; /* device_stop() is due */
};

/**
 * Puts the device on the air, as a node if its port's storage has one.
 *
 * @retval others  From usher_init(), usher_listen() or usher_mesh_load().
 */
enum usher_err device_start(struct device *d, const struct usher_port *port);

/** Takes it off the air, if it is on it, and wipes its secrets. */
void device_stop(struct device *d);

/** Gives the value that was asked for. @retval others  Not a possible value, or not asked for. */
enum usher_err device_answer(struct device *d, const char *value);

/** Sets the URI from its text. @retval false  It does not fit in an advertisement. */
bool device_uri_set(struct device *d, const char *uri);

/** Makes a UUID of 16 random octets: version 4 of RFC 4122. */
void device_uuid_v4(uint8_t uuid[USHER_UUID_SIZE]);

#endif
