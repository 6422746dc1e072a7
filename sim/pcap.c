/*
 * Capture files of advertising PDUs: the classic pcap format with link type 256
 * (LINKTYPE_BLUETOOTH_LE_LL_WITH_PHDR), little endian throughout. The PDU's layout is that of the
 * Core Specification, Vol 6, Part B, 2.1 and 2.3; its CRC that of 3.1.1. Called by the air, as its
 * sniffer.
 */
#define _POSIX_C_SOURCE 200809L

#include "pcap.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINK_TYPE 256u
#define CHANNEL 37    /* the one that is captured ... */
#define RF_2402_MHZ 0 /* ... and its number by frequency */

#define ACCESS_ADDRESS 0x8E89BED6u /* of every advertising PDU */
#define CRC_INIT 0xAAAAAAu         /* 0x555555, its bits in the order of the air */
#define CRC_POLY 0xDA6000u         /* x^24 + x^10 + x^9 + x^6 + x^4 + x^3 + x + 1, likewise */

#define PDU_ADV_IND 0x00u
#define PDU_ADV_NONCONN_IND 0x02u
#define PDU_TX_ADD_RANDOM 0x40u

/* Flags of the radio header. Without the one that says that the CRC was checked, readers check it.
 */
#define FLAG_DEWHITENED 0x0001u
#define FLAG_REFERENCE_ADDRESS 0x0010u

enum {
    FILE_HEADER = 24,
    RECORD_HEADER = 16,
    RADIO_HEADER = 10,
    PDU_OVERHEAD = 4 + 2 + 6, /* access address, header, advertiser */
    CRC_LEN = 3,
    PACKET_MAX = RADIO_HEADER + PDU_OVERHEAD + USHER_AD_MAX + CRC_LEN,
};

static uint8_t *put_le(uint8_t *at, uint32_t value, unsigned octets)
{
    for (unsigned i = 0; i < octets; i++) {
        *at++ = (uint8_t)(value >> (8 * i));
    }
    return at;
}

/*
 * The register after @p len octets, least significant bit first; its lowest octet goes on the air
 * first.
 */
static uint32_t crc24(const uint8_t *data, size_t len)
{
    uint32_t crc = CRC_INIT;

    for (size_t i = 0; i < len; i++) {
        crc ^= data[i];
        for (unsigned bit = 0; bit < 8; bit++) {
            crc = (crc & 1) != 0 ? (crc >> 1) ^ CRC_POLY : crc >> 1;
        }
    }
    return crc;
}

static size_t packet_build(uint8_t packet[PACKET_MAX], const struct usher_ble_addr *addr,
                           enum usher_adv_type type, const uint8_t *ad, uint8_t len)
{
    uint8_t *at = packet;

    *at++ = RF_2402_MHZ;
    at = put_le(at, 0, 3); /* signal, noise, access address offences: not told */
    at = put_le(at, ACCESS_ADDRESS, 4);
    at = put_le(at, FLAG_DEWHITENED | FLAG_REFERENCE_ADDRESS, 2);
    at = put_le(at, ACCESS_ADDRESS, 4);

    const uint8_t *pdu = at;

    *at++ = (type == USHER_ADV_IND ? PDU_ADV_IND : PDU_ADV_NONCONN_IND) |
            (addr->type != 0 ? PDU_TX_ADD_RANDOM : 0u);
    *at++ = (uint8_t)(6 + len);
    for (unsigned i = 0; i < 6; i++) {
        *at++ = addr->addr[5 - i];
    }
    memcpy(at, ad, len);
    at += len;
    at = put_le(at, crc24(pdu, (size_t)(at - pdu)), CRC_LEN);
    return (size_t)(at - packet);
}

static void write_all(struct pcap *p, const uint8_t *data, size_t len)
{
    if (p->error == 0 && fwrite(data, 1, len, p->file) != len) {
        p->error = errno;
    }
}

/*
 * A file that was there already may be open to others; what is not a file (a pipe, a terminal) is
 * left as it is.
 */
static bool keep_private(int fd)
{
    struct stat st;

    return fstat(fd, &st) == 0 && (!S_ISREG(st.st_mode) || fchmod(fd, S_IRUSR | S_IWUSR) == 0);
}

bool pcap_open(struct pcap *p, const char *path, uint64_t base_us)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR);

    if (fd < 0) {
        return false;
    }
    *p = (struct pcap){ .base_us = base_us };
    if (keep_private(fd)) {
        p->file = fdopen(fd, "wb");
    }
    if (p->file == NULL) {
        int error = errno;

        close(fd);
        errno = error;
        return false;
    }

    uint8_t header[FILE_HEADER];
    uint8_t *at = put_le(header, 0xA1B2C3D4u, 4); /* times in microseconds */

    at = put_le(at, 2, 2); /* version 2.4 */
    at = put_le(at, 4, 2);
    at = put_le(at, 0, 4); /* UTC */
    at = put_le(at, 0, 4);
    at = put_le(at, PACKET_MAX, 4);
    put_le(at, LINK_TYPE, 4);
    write_all(p, header, sizeof(header));
    return true;
}

void pcap_sniff(void *ctx, uint64_t at_us, uint8_t channel, const struct usher_ble_addr *addr,
                enum usher_adv_type type, const uint8_t *ad, uint8_t len)
{
    struct pcap *p = ctx;

    if (channel != CHANNEL || len > USHER_AD_MAX) {
        return;
    }

    uint8_t record[RECORD_HEADER + PACKET_MAX];
    uint32_t packet_len = (uint32_t)packet_build(record + RECORD_HEADER, addr, type, ad, len);
    uint64_t time = p->base_us + at_us;
    uint8_t *at = put_le(record, (uint32_t)(time / 1000000), 4);

    at = put_le(at, (uint32_t)(time % 1000000), 4);
    at = put_le(at, packet_len, 4);
    put_le(at, packet_len, 4);
    write_all(p, record, RECORD_HEADER + packet_len);
}

bool pcap_close(struct pcap *p)
{
    if (fclose(p->file) != 0 && p->error == 0) {
        p->error = errno;
    }
    p->file = NULL;
    errno = p->error;
    return p->error == 0;
}
