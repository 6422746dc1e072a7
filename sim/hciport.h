/*
 * A port over a simulated controller: an instance of Usher behind our own HCI host (ports/hci) and
 * a controller on the air (hci.c), in virtual time. It has what simport.c does not, GATT, and the
 * delays of a real radio. Used by tests and benches.
 *
 * What it models of the line: both directions at once, in octets of 10 bits that arrive in pieces
 * as a UART's FIFO hands them over. When the host cannot be told fast enough, the controller drops
 * advertising reports, and nothing else.
 */
#ifndef SIM_HCIPORT_H
#define SIM_HCIPORT_H

#include "hci.h"
#include "hci_host.h"

struct hciport_config {
    struct sim_hci_config controller;
    bool legacy;   /* one legacy advertising set */
    uint16_t mtu;  /* 23..247; 0: 247 */
    uint8_t slots; /* advertising sets; 0: all */
    uint32_t baud; /* of the line between host and controller, 10 bits an octet; 0: at once */
};

#define HCIPORT_CONNS 8

/* One direction of the line. Private. */
struct hciport_line {
    uint8_t *octets;
    size_t room, len; /* octets on their way */
    size_t piece;     /* of them, those that arrive next; 0: the line is idle */
    struct air_timer arrival;
};

struct hciport {
    struct usher_port port; /* for usher_init(); port.crypto is shared by all */
    struct hci_host host;
    struct hci_conn conns[HCIPORT_CONNS];
    struct sim_hci *controller; /* NULL: the line is cut */
    /* private */
    struct air *air;
    struct usher *node;
    struct hciport_config config;
    struct air_radio *dice; /* a radio that is silent: a source of numbers */
    struct hciport_line to_controller, to_host;
    struct air_timer work, wake; /* what the host and the node want to be called for */
    uint64_t node_wake;
    uint64_t reports_dropped;
};

/**
 * Joins the air and fills p->port; then usher_init(node, &p->port, ...), and hciport_up().
 *
 * @retval USHER_E_PARAM   MTU or slots out of range.
 * @retval USHER_E_NO_MEM  The air has no room.
 */
enum usher_err hciport_init(struct hciport *p, struct air *air, struct usher *node,
                            const struct usher_crypto *crypto, const struct hciport_config *config);
/**
 * The line is up; the host begins. Nothing if it is up already.
 *
 * @retval USHER_E_NO_MEM  There is no controller: out of memory, or its configuration is wrong.
 */
enum usher_err hciport_up(struct hciport *p);
/** Cuts the line: the controller is gone from the air. hciport_up() gets a new one. */
void hciport_cut(struct hciport *p);
/** Leaves the air. After usher_deinit(); may be called twice. */
void hciport_deinit(struct hciport *p);

#endif
