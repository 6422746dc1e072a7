/*
 * A port over a simulated controller: an instance of Usher behind our own HCI host (ports/hci) and
 * a controller on the air (hci.c), in virtual time. It has what simport.c does not, GATT, and the
 * delays of a real radio. Used by tests and benches.
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

struct hciport {
    struct usher_port port; /* for usher_init(); port.crypto is shared by all */
    struct hci_host host;
    struct hci_conn conns[HCIPORT_CONNS];
    /* ... the members that the implementation needs follow */
};

/**
 * Joins the air and fills p->port; then usher_init(node, &p->port, ...), and hciport_up().
 *
 * @retval USHER_E_NO_MEM  The air has no room.
 */
enum usher_err hciport_init(struct hciport *p, struct air *air, struct usher *node,
                            const struct usher_crypto *crypto, const struct hciport_config *config);
/** The line is up; the host begins. */
void hciport_up(struct hciport *p);
/** Cuts the line: the controller is gone from the air. hciport_up() gets a new one. */
void hciport_cut(struct hciport *p);
/** Leaves the air. After usher_deinit(); may be called twice. */
void hciport_deinit(struct hciport *p);

#endif
