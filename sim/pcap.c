/*
 * Capture files: the classic pcap format, little endian throughout, of two kinds. What is on the
 * air has link type 256 (LINKTYPE_BLUETOOTH_LE_LL_WITH_PHDR); the PDUs' layout is that of the Core
 * Specification, Vol 6, Part B, 2.1 and 2.3, their CRC that of 3.1.1. What a host and its
 * controller tell each other has link type 201 (LINKTYPE_BLUETOOTH_HCI_H4_WITH_PHDR). Called by the
 * air, as its sniffer, and by who traces an HCI host.
 */
#define _POSIX_C_SOURCE 200809L

#include "pcap.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINK_TYPE_AIR 256u
#define LINK_TYPE_H4 201u
#define ADV_CHANNEL 37 /* of an advertising event, what is captured */

#define ACCESS_ADDRESS 0x8E89BED6u /* of every advertising PDU */
#define CRC_INIT 0x555555u
#define CRC_POLY 0xDA6000u /* x^24 + x^10 + x^9 + x^6 + x^4 + x^3 + x + 1, lowest bit first */

#define PDU_TX_ADD_RANDOM 0x40u

/*
 * Flags of the radio header. Without the one that says that the CRC was checked, readers check it,
 * as they can for advertisements; what the CRC of a link began with they may not know.
 */
#define FLAG_DEWHITENED 0x0001u
#define FLAG_REFERENCE_ADDRESS 0x0010u
#define FLAG_FROM_CENTRAL 0x0100u
#define FLAG_FROM_PERIPHERAL 0x0180u
#define FLAG_CRC_VALID 0x0C00u /* checked, and found right */

enum {
    FILE_HEADER = 24,
    RECORD_HEADER = 16,
    RADIO_HEADER = 10,
    PDU_HEADER = 2,
    ADVERTISER = 6,
    CRC_LEN = 3,
    PDU_MAX = PDU_HEADER + AIR_LINK_PDU_MAX, /* more than an advertisement has */
    PACKET_MAX = RADIO_HEADER + 4 + PDU_MAX + CRC_LEN,
    DIRECTION = 4,
    H4_MAX = 1 + 4 + 0xFFFF, /* the longest ACL data packet */
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
static uint32_t crc24(uint32_t init, const uint8_t *data, size_t len)
{
    uint32_t crc = 0;

    for (unsigned bit = 0; bit < 24; bit++) { /* its bits in the order of the air */
        crc = crc << 1 | (init >> bit & 1);
    }
    for (size_t i = 0; i < len; i++) {
        crc ^= data[i];
        for (unsigned bit = 0; bit < 8; bit++) {
            crc = (crc & 1) != 0 ? (crc >> 1) ^ CRC_POLY : crc >> 1;
        }
    }
    return crc;
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

static bool open_file(struct pcap *p, const char *path, uint64_t base_us, uint32_t link_type,
                      uint32_t longest)
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
    at = put_le(at, longest, 4);
    put_le(at, link_type, 4);
    write_all(p, header, sizeof(header));
    return true;
}

bool pcap_open(struct pcap *p, const char *path, uint64_t base_us)
{
    return open_file(p, path, base_us, LINK_TYPE_AIR, PACKET_MAX);
}

bool pcap_open_h4(struct pcap *p, const char *path, uint64_t base_us)
{
    return open_file(p, path, base_us, LINK_TYPE_H4, DIRECTION + H4_MAX);
}

static void record(struct pcap *p, uint64_t at_us, uint8_t *header, size_t len)
{
    uint64_t time = p->base_us + at_us;
    uint8_t *at = put_le(header, (uint32_t)(time / 1000000), 4);

    at = put_le(at, (uint32_t)(time % 1000000), 4);
    at = put_le(at, (uint32_t)len, 4);
    put_le(at, (uint32_t)len, 4);
}

/* A channel's number by frequency: the advertising channels lie among those of data. */
static uint8_t rf_channel(uint8_t channel)
{
    static const uint8_t advertising[] = { 0, 12, 39 };

    if (channel >= 37) {
        return advertising[channel - 37];
    }
    return (uint8_t)(channel + (channel <= 10 ? 1 : 2));
}

static void write_pdu(struct pcap *p, const struct air_link_pdu *pdu, uint32_t flags)
{
    uint8_t octets[RECORD_HEADER + PACKET_MAX];
    uint8_t *at = octets + RECORD_HEADER;

    *at++ = rf_channel(pdu->channel);
    at = put_le(at, 0, 3); /* signal, noise, access address offences: not told */
    at = put_le(at, pdu->access_address, 4);
    at = put_le(at, FLAG_DEWHITENED | FLAG_REFERENCE_ADDRESS | flags, 2);
    at = put_le(at, pdu->access_address, 4);
    memcpy(at, pdu->octets, pdu->len);
    at += pdu->len;
    at = put_le(at, crc24(pdu->crc_init, pdu->octets, pdu->len), CRC_LEN);

    size_t len = (size_t)(at - octets);

    record(p, pdu->at_us, octets, len - RECORD_HEADER);
    write_all(p, octets, len);
}

void pcap_sniff(void *ctx, uint64_t at_us, uint8_t channel, const struct usher_ble_addr *addr,
                enum usher_adv_type type, const uint8_t *ad, uint8_t len)
{
    static const uint8_t types[] = {
        [USHER_ADV_IND] = 0,
        [USHER_ADV_SCAN_IND] = 6,
        [USHER_ADV_NONCONN_IND] = 2,
        [USHER_ADV_SCAN_RSP] = 4,
    };
    uint8_t octets[PDU_HEADER + ADVERTISER + USHER_AD_MAX];
    uint8_t *at = octets;

    if ((channel != ADV_CHANNEL && type != USHER_ADV_SCAN_RSP) || len > USHER_AD_MAX ||
        type > USHER_ADV_SCAN_RSP) {
        return;
    }
    *at++ = (uint8_t)(types[type] | (addr->type != 0 ? PDU_TX_ADD_RANDOM : 0u));
    *at++ = (uint8_t)(ADVERTISER + len);
    for (unsigned i = 0; i < ADVERTISER; i++) {
        *at++ = addr->addr[5 - i];
    }
    memcpy(at, ad, len);

    struct air_link_pdu pdu = {
        .at_us = at_us,
        .access_address = ACCESS_ADDRESS,
        .crc_init = CRC_INIT,
        .channel = channel,
        .len = (uint8_t)(PDU_HEADER + ADVERTISER + len),
        .octets = octets,
    };

    write_pdu(ctx, &pdu, 0);
}

void pcap_sniff_link(void *ctx, const struct air_link_pdu *pdu)
{
    uint32_t direction = pdu->central ? FLAG_FROM_CENTRAL : FLAG_FROM_PERIPHERAL;

    write_pdu(ctx, pdu, pdu->channel >= 37 ? 0 : direction | FLAG_CRC_VALID);
}

void pcap_h4(void *ctx, uint64_t at_us, bool from_controller, const uint8_t *packet, size_t len)
{
    struct pcap *p = ctx;
    uint8_t header[RECORD_HEADER + DIRECTION] = { 0 };

    if (len > H4_MAX) {
        return;
    }
    record(p, at_us, header, DIRECTION + len);
    header[RECORD_HEADER + DIRECTION - 1] = from_controller; /* big endian */
    write_all(p, header, sizeof(header));
    write_all(p, packet, len);
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
