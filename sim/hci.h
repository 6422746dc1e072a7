/*
 * A simulated Bluetooth LE controller on the simulated air, for a host that speaks HCI over H4
 * (Core Specification, Vol 4, Part E): legacy and extended advertising, passive and active
 * scanning, connections in both roles with data buffers, flow control, and the errors of a real
 * one. Foreign hosts join our air with it (`usher air --hci`), and so does our own (hciport.c).
 *
 * What it models: the time that a command takes, one at a time; advertising events by interval and
 * the standard's random delay, of up to 16 sets that share one radio; the share of scanning that
 * window and interval make, on the channels that the air's own scan interval goes through; one
 * initiator; a limited number of ACL buffers that come back when a packet was acknowledged on the
 * air. What it does not have is refused: directed and non-legacy advertising PDUs, other PHYs than
 * LE 1M, privacy, encryption of links. Advertising is on all three channels, whatever the map says.
 * A peer's host is not told of Connection Update and Data Length Update, as links have no control
 * PDUs but the one that ends them.
 */
#ifndef SIM_HCI_H
#define SIM_HCI_H

#include "air.h"

#include <usher/crypto.h>

struct sim_hci;

#define SIM_HCI_SETS USHER_ADV_SLOTS /* the most advertising sets */
#define SIM_HCI_ACL_MAX 1024u        /* octets, the longest ACL data packet */
#define SIM_HCI_CONNECTIONS 32u      /* the most at once */

struct sim_hci_config {
    bool legacy_only;    /* no extended advertising: commands of Bluetooth 4.2 */
    uint8_t sets;        /* extended advertising sets; 0: 16 */
    uint16_t acl_len;    /* octets in an ACL data packet; 0: 27, as a plain controller has it */
    uint8_t acl_count;   /* ACL buffers; 0: 8 */
    uint8_t connections; /* at once; 0: 8 */
    uint32_t command_us; /* from a command to its answer; 0: 300 */
    /** For LE Encrypt and the P-256 commands, which are unknown without; good for its life. */
    const struct usher_crypto *crypto;
};

/** Codes of Hardware Error, after which nothing but a Reset is read from the host. */
enum sim_hci_fault {
    SIM_HCI_FAULT_SYNC = 1,    /* an octet that begins no packet */
    SIM_HCI_FAULT_OVERRUN = 2, /* more commands than Num_HCI_Command_Packets allows */
};

/** @param packet  One whole H4 packet for the host. It may call sim_hci_in(), not sim_hci_free().
 */
typedef void (*sim_hci_out)(void *ctx, const uint8_t *packet, size_t len);

/**
 * Joins the air with a controller, just reset. Its public address is the one that the air gives its
 * radio.
 *
 * @retval NULL  No memory, or the configuration is out of range: acl_len is 27..SIM_HCI_ACL_MAX,
 *               and at most SIM_HCI_SETS and SIM_HCI_CONNECTIONS.
 */
struct sim_hci *sim_hci_new(struct air *air, const struct sim_hci_config *config, sim_hci_out out,
                            void *ctx);
/** Leaves the air; its connections are lost to their peers. NULL is allowed. */
void sim_hci_free(struct sim_hci *c);

/**
 * Octets from the host, any number. Garbage is answered as a real controller does: Hardware Error,
 * and octets are skipped until a whole Reset command is found among them.
 */
void sim_hci_in(struct sim_hci *c, const uint8_t *octets, size_t len);

/** Tests: stops answering and telling, without leaving the air, until it is freed. */
void sim_hci_hang(struct sim_hci *c);

/** The radio, to place it on an air with a range. */
struct air_radio *sim_hci_radio(const struct sim_hci *c);

#endif
