/*
 * A simulated Bluetooth LE controller on the simulated air, for a host that speaks HCI over H4
 * (Core Specification, Vol 4, Part E): legacy and extended advertising, passive and active
 * scanning, connections in both roles with data buffers, flow control, and the errors of a real
 * one. Foreign hosts join our air with it (`usher air --hci`), and so does our own (hciport.c).
 *
 * What it models: the time that a command takes, advertising intervals and sets as the air has
 * them, one initiator, a limited number of ACL buffers that come back when a packet was
 * acknowledged on the air.
 */
#ifndef SIM_HCI_H
#define SIM_HCI_H

#include "air.h"

struct sim_hci;

struct sim_hci_config {
    bool legacy_only;    /* no extended advertising: commands of Bluetooth 4.2 */
    uint8_t sets;        /* extended advertising sets; 0: 16 */
    uint16_t acl_len;    /* octets in an ACL data packet; 0: 27, as a plain controller has it */
    uint8_t acl_count;   /* ACL buffers; 0: 8 */
    uint8_t connections; /* at once; 0: 8 */
    uint32_t command_us; /* from a command to its answer; 0: 300 */
};

/** @param packet  One whole H4 packet for the host. It may call sim_hci_in(), not sim_hci_free().
 */
typedef void (*sim_hci_out)(void *ctx, const uint8_t *packet, size_t len);

/** Joins the air with a controller, just reset. @retval NULL  No memory. */
struct sim_hci *sim_hci_new(struct air *air, const struct sim_hci_config *config, sim_hci_out out,
                            void *ctx);
/** Leaves the air; its connections are lost to their peers. */
void sim_hci_free(struct sim_hci *c);

/**
 * Octets from the host, any number. Garbage is answered as a real controller does: Hardware Error,
 * and octets are skipped until a packet begins.
 */
void sim_hci_in(struct sim_hci *c, const uint8_t *octets, size_t len);

/** Tests: stops answering, without leaving the air, until it is freed. */
void sim_hci_hang(struct sim_hci *c);

/** The radio, to place it on an air with a range. */
struct air_radio *sim_hci_radio(const struct sim_hci *c);

#endif
