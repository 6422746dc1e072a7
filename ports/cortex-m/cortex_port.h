/*
 * An instance of Usher on the board: its radio is a controller at UART 2 that speaks HCI
 * (ports/hci), its time the board's, its randomness likewise. Called by the images' main loops.
 */
#ifndef CORTEX_PORT_H
#define CORTEX_PORT_H

#include "hci_host.h"

struct cortex_port {
    struct hci_host host; /* first: the port's ctx is it, and so is a pointer to all of this */
    struct usher_port port;
    struct usher *node;
    uint64_t wake;
    bool given_up;            /* the host has given up a controller that does not answer */
    uint16_t out_len, out_at; /* what the UART has no room for yet */
    uint8_t out[HCI_PACKET_MAX];
};

/**
 * Fills p->port; then usher_init(node, &p->port, ...), cortex_port_up(p), and cortex_port_turn()
 * for ever.
 *
 * @param gatt   &hci_gatt, with memory of connections; NULL, NULL, 0: no GATT, nor any code of it.
 */
void cortex_port_init(struct cortex_port *p, struct usher *node, const struct usher_crypto *crypto,
                      const struct hci_gatt *gatt, struct hci_conn *conns, uint8_t conn_count);
void cortex_port_up(struct cortex_port *p);
/**
 * One turn: octets in, what is due, octets out. A controller that does not answer is begun with
 * again, for ever.
 *
 * @return when the next one is due, ms
 */
uint64_t cortex_port_turn(struct cortex_port *p);
/** Before a reset: the controller gets the rest of the packet under way, until @p last (ms). */
void cortex_port_flush(struct cortex_port *p, uint64_t last);

#endif
