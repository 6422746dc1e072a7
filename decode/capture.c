/* Capture files, classic pcap and pcapng; see capture.h. */
#include "capture.h"

#include "io.h"

#include <stdio.h>

#define PCAP_MICROSECONDS 0xA1B2C3D4u
#define PCAP_NANOSECONDS 0xA1B23C4Du
#define PCAP_HEADER 24u
#define PCAP_RECORD 16u

#define BLOCK_SECTION 0x0A0D0D0Au
#define BLOCK_INTERFACE 1u
#define BLOCK_PACKET 6u
#define BLOCK_MIN 12u
#define BYTE_ORDER_MAGIC 0x1A2B3C4Du
#define OPTION_END 0u
#define OPTION_RESOLUTION 9u

#define MICROSECONDS UINT64_C(1000000)

static void u32(const struct capture *c, struct io *io, uint32_t *v)
{
    *v = 0;
    if (c->big_endian) {
        io_be32(io, v);
    } else {
        io_le32(io, v);
    }
}

static void u16(const struct capture *c, struct io *io, uint16_t *v)
{
    *v = 0;
    if (c->big_endian) {
        io_be16(io, v);
    } else {
        io_le16(io, v);
    }
}

static bool damaged(struct capture *c)
{
    c->damaged = true;
    c->left = 0;
    return false;
}

static void skip(struct capture *c, size_t len)
{
    c->at += len;
    c->left -= len;
}

/* -- classic files ----------------------------------------------------------------------------- */

/* The magic number tells the order of octets, and what the fractions of a second are. */
static bool open_classic(struct capture *c)
{
    for (unsigned big = 0; big < 2; big++) {
        struct io io = io_reader(c->at, c->left);
        uint32_t magic, ignored;

        c->big_endian = big != 0;
        u32(c, &io, &magic);
        if (magic != PCAP_MICROSECONDS && magic != PCAP_NANOSECONDS) {
            continue;
        }
        for (unsigned i = 0; i < 4; i++) { /* version, zone, accuracy, longest packet */
            u32(c, &io, &ignored);
        }
        u32(c, &io, &c->interfaces[0].link_type);
        c->interfaces[0].ticks = magic == PCAP_NANOSECONDS ? 1000 * MICROSECONDS : MICROSECONDS;
        c->interface_count = 1;
        if (io_ok(&io)) {
            skip(c, PCAP_HEADER);
            return true;
        }
    }
    return false;
}

static bool next_classic(struct capture *c, struct capture_packet *packet)
{
    struct io io = io_reader(c->at, c->left);
    uint32_t seconds, fraction, kept, len;

    if (c->left == 0) {
        return false;
    }
    u32(c, &io, &seconds);
    u32(c, &io, &fraction);
    u32(c, &io, &kept);
    u32(c, &io, &len);
    if (!io_ok(&io) || kept > c->left - PCAP_RECORD) {
        return damaged(c);
    }
    packet->time_us = seconds * MICROSECONDS + fraction / (c->interfaces[0].ticks / MICROSECONDS);
    packet->link_type = c->interfaces[0].link_type;
    packet->data = c->at + PCAP_RECORD;
    packet->len = kept;
    skip(c, PCAP_RECORD + kept);
    return true;
}

/* -- pcapng ------------------------------------------------------------------------------------ */

/* The resolution's octet: a power of ten, or with bit 7 of two. */
static uint64_t ticks_of(uint8_t resolution)
{
    uint64_t ticks = 1;
    unsigned power = resolution & 0x7F, base = (resolution & 0x80) != 0 ? 2 : 10;

    for (unsigned i = 0; i < power && ticks < UINT64_C(1) << 40; i++) {
        ticks *= base;
    }
    return ticks;
}

static void read_interface(struct capture *c, struct io *io)
{
    struct capture_interface *interface = &c->interfaces[c->interface_count];
    uint16_t link_type, reserved, option = OPTION_RESOLUTION, len = 0;
    uint32_t longest;

    u16(c, io, &link_type);
    u16(c, io, &reserved);
    u32(c, io, &longest);
    if (!io_ok(io) || c->interface_count == CAPTURE_INTERFACES) {
        return;
    }
    *interface = (struct capture_interface){ .link_type = link_type, .ticks = MICROSECONDS };
    while (io_left(io) >= 4 && option != OPTION_END) {
        const uint8_t *value = NULL;

        u16(c, io, &option);
        u16(c, io, &len);
        io_view(io, &value, len);
        if (option == OPTION_RESOLUTION && len == 1 && io_ok(io)) {
            interface->ticks = ticks_of(value[0]);
        }
        io_view(io, &value, (4u - len % 4u) % 4u);
    }
    c->interface_count++;
}

static uint64_t time_of(const struct capture_interface *interface, uint64_t ticks)
{
    uint64_t seconds = ticks / interface->ticks, rest = ticks % interface->ticks;

    return seconds * MICROSECONDS + rest * MICROSECONDS / interface->ticks;
}

static bool read_packet(const struct capture *c, struct io *io, struct capture_packet *packet)
{
    uint32_t interface, high, low, kept, len;

    u32(c, io, &interface);
    u32(c, io, &high);
    u32(c, io, &low);
    u32(c, io, &kept);
    u32(c, io, &len);
    io_view(io, &packet->data, kept);
    if (!io_ok(io) || interface >= c->interface_count) {
        return false;
    }
    packet->len = kept;
    packet->link_type = c->interfaces[interface].link_type;
    packet->time_us = time_of(&c->interfaces[interface], (uint64_t)high << 32 | low);
    return true;
}

/* A section begins: interfaces are counted anew, and the order of octets may be another. */
static bool begin_section(struct capture *c)
{
    c->interface_count = 0;
    for (unsigned big = 0; big < 2; big++) {
        struct io io = io_reader(c->at, c->left);
        uint32_t type, len, magic;

        c->big_endian = big != 0;
        u32(c, &io, &type);
        u32(c, &io, &len);
        u32(c, &io, &magic);
        if (io_ok(&io) && type == BLOCK_SECTION && magic == BYTE_ORDER_MAGIC) {
            return true;
        }
    }
    return false;
}

/* @return the block's type; 0: the file is over, or damaged */
static uint32_t next_block(struct capture *c, struct io *body)
{
    struct io io = io_reader(c->at, c->left);
    uint32_t type, len;

    if (c->left == 0) {
        return 0;
    }
    u32(c, &io, &type);
    if (type == BLOCK_SECTION && !begin_section(c)) {
        (void)damaged(c);
        return 0;
    }
    u32(c, &io, &len);
    if (!io_ok(&io) || len < BLOCK_MIN || len > c->left || len % 4 != 0) {
        (void)damaged(c);
        return 0;
    }
    *body = io_reader(c->at + 8, len - BLOCK_MIN);
    skip(c, len);
    return type;
}

static bool next_of_blocks(struct capture *c, struct capture_packet *packet)
{
    struct io body;
    uint32_t type;

    while ((type = next_block(c, &body)) != 0) {
        if (type == BLOCK_INTERFACE) {
            read_interface(c, &body);
        } else if (type == BLOCK_PACKET && read_packet(c, &body, packet)) {
            return true;
        }
    }
    return false;
}

/* ---------------------------------------------------------------------------------------------- */

bool capture_open(struct capture *c, const uint8_t *file, size_t len, char *why, size_t why_len)
{
    *c = (struct capture){ .at = file, .left = len };
    if (open_classic(c)) {
        return true;
    }
    c->next_generation = begin_section(c);
    if (!c->next_generation) {
        snprintf(why, why_len, "it is not a capture file (pcap or pcapng)");
    }
    return c->next_generation;
}

bool capture_next(struct capture *c, struct capture_packet *packet)
{
    return c->next_generation ? next_of_blocks(c, packet) : next_classic(c, packet);
}
