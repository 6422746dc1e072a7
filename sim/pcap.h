/*
 * Capture files that Wireshark reads: link type 256, the BLE link layer with a radio header
 * (LINKTYPE_BLUETOOTH_LE_LL_WITH_PHDR). Fits air_sniffer_set(): pass pcap_sniff and the struct.
 */
#ifndef SIM_PCAP_H
#define SIM_PCAP_H

#include <usher/port.h>

#include <stdio.h>

struct pcap {
    FILE *file;
    uint64_t base_us; /* added to each time: 0 for virtual, the start in Unix time for real time */
    int error;        /* private: errno of the first write that failed */
};

/**
 * Creates @p path (mode 0600: captures can hold secrets) and writes the file header.
 *
 * @retval false  Not possible; errno says why.
 */
bool pcap_open(struct pcap *p, const char *path, uint64_t base_us);
/**
 * One advertising PDU; an air_sniffer. Only those of channel 37 are written: an event puts the same
 * PDU on each channel, and a reader wants to see it once.
 */
void pcap_sniff(void *ctx, uint64_t at_us, uint8_t channel, const struct usher_ble_addr *addr,
                enum usher_adv_type type, const uint8_t *ad, uint8_t len);
/** @retval false  Something could not be written; errno says why. */
bool pcap_close(struct pcap *p);

#endif
