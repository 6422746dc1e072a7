/*
 * An instance of Usher behind the HCI host, and the test as its controller, octet by octet: packets
 * are written as in the specification, "01 03 0C 00" is Reset. Time is the test's.
 */
#ifndef HCI_RIG_H
#define HCI_RIG_H

#include "hci_host.h"
#include "hci_trace.h"

#include <usher/gatt.h>
#include <usher/usher.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#define RIG_CONNS 3
#define RIG_OUT 4096
#define RIG_EVENTS (USHER_EVT_PHASE + 1)

struct hci_rig {
    struct hci_host host;
    struct hci_conn conns[RIG_CONNS];
    struct usher_port port;
    struct usher node;
    struct usher_session session, client;
    struct usher_gatt gatt;
    struct usher_gatt_link links[RIG_CONNS];
    uint64_t now, wake;
    bool no_random;

    bool kicked;
    uint8_t out[RIG_OUT]; /* pulled, and not expected yet */
    size_t out_len, out_at;
    size_t out_most; /* octets that are pulled at a time */

    unsigned told_state[HCI_FAILED + 1];
    unsigned traced[2], traced_octets[2]; /* to the controller, from it */
    unsigned heard;
    bool down_when_heard;           /* the owner closes the stream when an advertisement is heard */
    struct usher_adv_report report; /* heard last */
    uint8_t report_data[USHER_AD_MAX];
    unsigned told[RIG_EVENTS];
    uint8_t close_reason;
    const char *failed_why; /* of the connection that failed last, and with whom it was */
    struct usher_ble_addr failed_peer;
};

/** What the controller is like. */
enum rig_kind {
    RIG_4_2,      /* legacy advertising, no parameters below 100 ms */
    RIG_5_LEGACY, /* Bluetooth 5.0 without extended advertising */
    RIG_EXTENDED, /* four advertising sets */
};

/**
 * Makes everything, and brings the stream up: Reset waits to be pulled.
 *
 * @param config  Or NULL. Connections, address and what is told are filled in.
 * @param conns   That the host has, 0..RIG_CONNS.
 */
struct hci_rig *rig_new(const struct hci_host_config *config, uint8_t conns);
void rig_free(struct hci_rig *r);
/** Plays what follows Reset, until the host is ready; the buffers are 4 of 27 octets. */
void rig_start(struct hci_rig *r, enum rig_kind kind);
/** rig_new() with the default configuration and rig_start(). */
struct hci_rig *rig_ready(enum rig_kind kind, uint8_t conns);

/** The next packet that the host sends is @p hex; ".." is any octet. */
void rig_expect_at(struct hci_rig *r, const char *hex, const char *file, int line);
#define rig_expect(r, hex) rig_expect_at((r), (hex), __FILE__, __LINE__)
/** The host has nothing to send. */
void rig_expect_nothing_at(struct hci_rig *r, const char *file, int line);
#define rig_expect_nothing(r) rig_expect_nothing_at((r), __FILE__, __LINE__)
/** The controller sends octets. */
void rig_give(struct hci_rig *r, const char *hex);
/** The host sends the command @p hex, which is answered with Command Complete and success. */
void rig_done_at(struct hci_rig *r, const char *hex, const char *file, int line);
#define rig_done(r, hex) rig_done_at((r), (hex), __FILE__, __LINE__)

/** Lets time pass up to @p ms; what is due is done. */
void rig_at(struct hci_rig *r, uint64_t ms);

/** Octets of @p hex. */
size_t rig_octets(const char *hex, uint8_t *octets, size_t size);

/** Starts an advertisement as the instance would. */
enum usher_err rig_adv(struct hci_rig *r, uint8_t slot, enum usher_adv_type type, uint8_t count,
                       uint16_t interval_ms, const char *hex);

#endif
