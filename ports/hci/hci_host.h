/*
 * A Bluetooth controller as a radio for an instance of Usher: an HCI host over any stream of octets
 * that carries H4 (Core Specification, Vol 4, Parts A and E). Advertising with one legacy set or
 * with extended advertising sets that send legacy PDUs, scanning, connections in both roles, and
 * over them the little GATT that the mesh needs (gatt_link.h). No heap and no I/O of its own:
 * octets and the time come in, octets are pulled out, and a deadline says when to ask again.
 *
 * Who uses it: ports/linux/hci_radio.c over sockets, ttys and the HCI user channel;
 * sim/hciport.c over a simulated controller in virtual time; firmware over a UART.
 *
 *     hci_host_init(&h, &config);
 *     h fills a port: hci_host_port(&h, &port);       // adv_*, scan, gatt_*; ctx is the host
 *     usher_init(&u, &port, ...); hci_host_up(&h, &u, now);
 *     for ever: octets from the stream: hci_host_in(); octets to it: hci_host_out();
 *               at hci_host_deadline(): hci_host_process(); stream broken: hci_host_down().
 */
#ifndef HCI_HOST_H
#define HCI_HOST_H

#include "hci_conn.h"

#include <usher/usher.h>

/** What is known of the controller. */
enum hci_host_state {
    HCI_DOWN,     /* no stream */
    HCI_STARTING, /* Reset and what follows it are under way */
    HCI_READY,    /* a radio */
    HCI_FAILED,   /* it lacks what is needed; hci_host_why() says what. Nothing more is tried. */
};

/** Told to the owner by hci_host_config.state; a change is told after it has taken effect. */
typedef void (*hci_host_state_cb)(void *ctx, enum hci_host_state state, const char *why);

struct hci_host_config {
    bool legacy;      /* one legacy advertising set, even where there are extended ones */
    bool active_scan; /* asks scannable advertisers for their scan response, too */
    uint8_t slots;    /* the most advertising sets to be used; 0: all, up to USHER_ADV_SLOTS */
    uint16_t mtu;     /* ATT_MTU that we ask for and allow, 23..GATT_MTU_MAX; 0: the most */
    const char *name; /* Device Name, and Complete Local Name in scan responses; NULL: "Usher" */
    const uint8_t *address; /* static random address, 6 octets, most significant first; NULL: drawn
                               from usher_port.random by hci_host_up() */
    struct hci_conn *conns; /* memory of the connections */
    uint8_t conn_count;     /* 0: no GATT */
    /**
     * Something is to be pulled by hci_host_out(), or the deadline has changed: to be looked at
     * soon, not from within this call. Called from any function below.
     */
    void (*kick)(void *ctx);
    hci_host_state_cb state; /* NULL: nobody */
    /** Every PDU that is sent or received, for captures; NULL: nobody. See hci_trace.h. */
    const struct hci_trace *trace;
    void *ctx;
};

/** One command that waits for its answer or for its turn. Private. */
struct hci_command {
    uint16_t opcode;
    uint8_t len;
    uint8_t params[64];
};

#define HCI_COMMANDS 48u    /* that can wait */
#define HCI_PACKET_MAX 512u /* octets of the longest packet that is taken, event or ACL data */

/** One host. All members are private. */
struct hci_host {
    struct hci_host_config config;
    struct usher *node;
    struct usher_port *port; /* whose adv_slots it keeps true */
    enum hci_host_state state;
    uint64_t now;
    /* ... the members that the implementation needs follow */
};

/** @retval USHER_E_PARAM  MTU, count of connections or slots out of range. */
enum usher_err hci_host_init(struct hci_host *h, const struct hci_host_config *config);

/**
 * Makes a port of this radio: fills in adv_start, adv_stop, scan, gatt_* and their counts. The
 * other members stay as they are, but `ctx` must be the host: a port whose other functions need
 * another one wraps these. adv_slots is 0 until the controller is ready.
 */
void hci_host_port(struct hci_host *h, struct usher_port *port);

/** The stream is there (again): begins with Reset. The instance is the one that gets the inputs. */
void hci_host_up(struct hci_host *h, struct usher *node, uint64_t now);
/**
 * The stream broke. Connections are closed and slots given back to the instance, which hears of it
 * as of any other end; after hci_host_up() everything that it wants is set up again.
 */
void hci_host_down(struct hci_host *h, uint64_t now);

/** Octets from the controller, any number of them. Calls the instance. */
void hci_host_in(struct hci_host *h, uint64_t now, const uint8_t *octets, size_t len);
/**
 * Octets for the controller: whole packets while they fit into @p size (at least HCI_PACKET_MAX).
 *
 * @return octets; 0: nothing now
 */
size_t hci_host_out(struct hci_host *h, uint64_t now, uint8_t *buf, size_t size);
/** Does what is due. Calls the instance. */
void hci_host_process(struct hci_host *h, uint64_t now);
uint64_t hci_host_deadline(const struct hci_host *h);

/** What is wrong, one line; "" while all is well. */
const char *hci_host_why(const struct hci_host *h);

#endif
