/*
 * What a controller sends and hears, told for captures: as H4 packets, in both directions. Given to
 * hci_host_config.trace by who wants to record it (sim/pcap.c writes such files).
 */
#ifndef HCI_TRACE_H
#define HCI_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hci_trace {
    /** @p packet begins with the H4 type. @param from_controller  Its direction. */
    void (*packet)(void *ctx, bool from_controller, const uint8_t *packet, size_t len);
    void *ctx;
};

#endif
