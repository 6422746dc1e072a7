/*
 * What commissioning has to tell while it goes on. The library prints nothing: each of these is
 * called as it happens, and whoever runs it shows it, or does not.
 */
#ifndef COMMISSION_REPORTS_H
#define COMMISSION_REPORTS_H

#include "failure.h"
#include "registry.h"

#include <usher/usher.h>

/** A device is provisioned. */
struct commission_complete {
    const uint8_t *uuid;
    uint16_t address;
    uint8_t elements;
    const struct usher_start *start; /* what was chosen */
    bool gatt;                       /* over PB-GATT, else PB-ADV */
    uint64_t ms;                     /* since its first attempt began */
    unsigned retries;
    uint32_t resent; /* bursts sent again on the last link */
    bool secure;
    uint16_t replaces;         /* the device's address before, 0: none */
    const uint8_t *device_key; /* NULL: not to be shown */
};

/** What is pointed at is good for the call. None may be NULL. */
struct commission_reports {
    void *ctx; /* handed to each */

    /** A device was taken on; @p event is its beacon. */
    void (*heard)(void *ctx, const uint8_t uuid[USHER_UUID_SIZE], const struct usher_event *event);
    /** A link is open. @p link  From 1. */
    void (*link_open)(void *ctx, const uint8_t uuid[USHER_UUID_SIZE], unsigned link,
                      const char *radio);
    /** A session went on; @p ms since its link was asked for. */
    void (*phase)(void *ctx, const uint8_t uuid[USHER_UUID_SIZE], enum usher_phase phase,
                  uint64_t ms);
    /** A device is provisioned. It is recorded, unless an error came before this. */
    void (*complete)(void *ctx, const struct commission_complete *complete);
    /** A device is given up. @param auth_failures  How often in a row, over all runs. */
    void (*failed)(void *ctx, const uint8_t uuid[USHER_UUID_SIZE],
                   const struct usher_outcome *outcome, const struct failure *why, unsigned retries,
                   unsigned auth_failures);
    /** A node was configured, @p ms after the first attempt began. */
    void (*configured)(void *ctx, const struct registry_node *node, uint64_t ms, unsigned retries);
    /** A node did not do what it was asked for. @p phase  "configure". */
    void (*node_failed)(void *ctx, const struct registry_node *node, const char *phase,
                        const struct failure_asking *why, unsigned retries);
    /** Something could not be stored: a line that says what. */
    void (*error)(void *ctx, const char *line);
};

#endif
