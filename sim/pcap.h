/*
 * Capture files that Wireshark reads, of two kinds. What is on the air: link type 256, the BLE link
 * layer with a radio header (LINKTYPE_BLUETOOTH_LE_LL_WITH_PHDR); pcap_sniff and pcap_sniff_link
 * fit air_sniffer_set() and air_link_sniffer_set(), with the struct. What a host and its controller
 * tell each other: link type 201, H4 packets with their direction
 * (LINKTYPE_BLUETOOTH_HCI_H4_WITH_PHDR), for a struct hci_trace.
 */
#ifndef SIM_PCAP_H
#define SIM_PCAP_H

#include "air_link.h"

#include <stdio.h>

struct pcap {
    FILE *file;
    uint64_t base_us; /* added to each time: 0 for virtual, the start in Unix time for real time */
    int error;        /* private: errno of the first write that failed */
};

/**
 * Creates @p path (mode 0600: captures can hold secrets), for what is on the air, and writes the
 * file header.
 *
 * @retval false  Not possible; errno says why.
 */
bool pcap_open(struct pcap *p, const char *path, uint64_t base_us);
/**
 * One advertising PDU; an air_sniffer. Only those of channel 37 are written: an event puts the same
 * PDU on each channel, and a reader wants to see it once. But scan responses are of any channel:
 * each one is to a request of its own.
 */
void pcap_sniff(void *ctx, uint64_t at_us, uint8_t channel, const struct usher_ble_addr *addr,
                enum usher_adv_type type, const uint8_t *ad, uint8_t len);
/** One PDU of a link; an air_link_sniffer. */
void pcap_sniff_link(void *ctx, const struct air_link_pdu *pdu);

/** As pcap_open(), for H4 packets: pcap_h4() only. */
bool pcap_open_h4(struct pcap *p, const char *path, uint64_t base_us);
/** One packet, which begins with its H4 type; of more than 65540 octets, none is. */
void pcap_h4(void *ctx, uint64_t at_us, bool from_controller, const uint8_t *packet, size_t len);

/** @retval false  Something could not be written; errno says why. */
bool pcap_close(struct pcap *p);

#endif
