/*
 * The tool's events: one function for each, which prints the JSON object or the line of text.
 * Names and fields of the JSON are part of the tool's interface.
 */
#ifndef REPORT_H
#define REPORT_H

#include "commissioner.h"
#include "reports.h"

#include <usher/usher.h>

/**
 * heard: the beacon of an unprovisioned device. @p text  Whether there is a line of text as
 * well.
 */
void report_heard(const uint8_t uuid[USHER_UUID_SIZE], const struct usher_event *event, bool text);

/** link-open: a link is open. JSON only. */
void report_link_open(const uint8_t uuid[USHER_UUID_SIZE], unsigned link, const char *radio);

/** phase: a session went on; @p ms since its link was asked for. JSON only. */
void report_phase(const uint8_t uuid[USHER_UUID_SIZE], enum usher_phase phase, uint64_t ms);

/**
 * show: a value for a person to carry. JSON only. @p method  Input at a provisioner, output at a
 * device.
 */
void report_show(const uint8_t uuid[USHER_UUID_SIZE], uint8_t method, uint8_t action, uint8_t size,
                 const char *value);

/** ask: a value is wanted from a person. JSON only. */
void report_ask(const uint8_t uuid[USHER_UUID_SIZE], uint8_t method, uint8_t action, uint8_t size);

/** complete: a device is provisioned. */
void report_complete(const struct commission_complete *r);

/** failed: a device is given up. @param auth_failures  In a row, over all runs. */
void report_failed(const uint8_t uuid[USHER_UUID_SIZE], const struct usher_outcome *outcome,
                   const struct failure *why, unsigned retries, unsigned auth_failures);

/** failed: a device that was looked for was never heard. @param node  Its address as a node, or 0.
 */
void report_unheard(const uint8_t uuid[USHER_UUID_SIZE], uint16_t node);

/** proxy: there is a way into the network. JSON only. */
void report_proxy(const struct usher_ble_addr *peer, unsigned value_max);

/** The event `node`, for those who have more to say. NULL: no memory. */
json_t *report_node_json(const struct registry_node *node);

/** node: a node of the network, as the registry has it. */
void report_node(const struct registry_node *node);

/** node: a node was configured, @p ms after the first attempt began. */
void report_configured(const struct registry_node *node, uint64_t ms, unsigned retries);

/** failed: a node did not do what it was asked for. @p phase  "configure", "identify", ... */
void report_node_failed(const struct registry_node *node, const char *phase,
                        const struct failure_asking *why, unsigned retries);

/** lamp: a Generic OnOff state, of the element with this address. */
void report_lamp(uint16_t address, bool on);

/**
 * attention, configured, reset, resumed: what became of a device. JSON only.
 *
 * @param address  0: it has none.
 * @param seconds  Of attention; -1: not that event.
 */
void report_device(const char *event, const uint8_t uuid[USHER_UUID_SIZE], uint16_t address,
                   int seconds);

struct report_summary {
    unsigned devices, failed, refused; /* failed counts the refused ones as well */
    unsigned interrupted;              /* not finished because of Ctrl-C */
    unsigned already;                  /* of the devices: done in earlier runs */
    unsigned retries;
    uint64_t ms;
    unsigned links;                 /* or nodes, at work at once */
    bool provisioning, configuring; /* the next two, if that was done */
    unsigned provisioned, configured;
    const struct commissioner *commissioner; /* for what each radio has done; NULL: not told */
    bool simulated;                          /* the next ones are known, and seconds are virtual */
    unsigned loss_pct;
    unsigned seed;
    unsigned lamps, lamps_on; /* in the group; switched on */
    unsigned lamps_retried;   /* of them: one by one, since they missed the group's message */
};
/** summary: the last line. */
void report_summary(const struct report_summary *r);

/**
 * These functions for what commissions.
 *
 * @param list  Text: a line for each device that is provisioned and each that is configured.
 */
const struct commission_reports *report_commission(bool list);

/** How the parties authenticate, for a line of text: "output numeric 6, hmac, key out of band". */
void report_start_text(const struct usher_start *start, char *text, size_t len);

#endif
