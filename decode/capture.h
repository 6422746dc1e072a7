/*
 * Reading capture files: pcap, and pcapng as far as packets are concerned. The whole file is in
 * memory; packets are told one by one, where they are. Files come from anywhere, so every length is
 * checked. Called by decode.c.
 */
#ifndef DECODE_CAPTURE_H
#define DECODE_CAPTURE_H

#include <usher/types.h>

#define CAPTURE_INTERFACES 16u /* of a pcapng file */

/** Link types that are of interest here. */
enum capture_link {
    CAPTURE_H4 = 201,        /* HCI H4 packets behind their direction */
    CAPTURE_AIR = 251,       /* the BLE link layer */
    CAPTURE_AIR_RADIO = 256, /* ... behind a radio header */
};

/** An interface of the file: a classic file has one. */
struct capture_interface {
    uint32_t link_type;
    uint64_t ticks; /* of its clock, in a second */
};

struct capture {
    const uint8_t *at;
    size_t left;
    bool big_endian;
    bool next_generation; /* pcapng */
    bool damaged;         /* the file ended within a packet, or a length cannot be */
    unsigned interface_count;
    struct capture_interface interfaces[CAPTURE_INTERFACES];
};

struct capture_packet {
    uint64_t time_us;
    uint32_t link_type;
    const uint8_t *data;
    size_t len;
};

/** @param why  Gets one line. @retval false  Not a capture file. */
bool capture_open(struct capture *c, const uint8_t *file, size_t len, char *why, size_t why_len);
/** The next packet. @retval false  There are no more. */
bool capture_next(struct capture *c, struct capture_packet *packet);

#endif
