/*
 * A cursor over a buffer that walks a wire format in either direction: one field function reads it
 * and writes it, so the two cannot drift apart. An error sticks; nothing is read or written past
 * the end.
 *
 *     struct io io = io_reader(pdu, len);   // or io_writer(buf, size)
 *     caps_fields(&io, &caps);
 *     if (!io_done(&io)) { ... }            // too short or too long
 */
#ifndef IO_H
#define IO_H

#include <usher/types.h>

struct io {
    const uint8_t *in; /* reader */
    uint8_t *out;      /* writer; NULL when reading */
    size_t size;
    size_t pos;
    bool failed;
};

struct io io_reader(const uint8_t *buf, size_t len);
struct io io_writer(uint8_t *buf, size_t size);

/** One octet. */
void io_u8(struct io *io, uint8_t *v);
/** Two, three and four octets, most significant first. */
void io_be16(struct io *io, uint16_t *v);
void io_be24(struct io *io, uint32_t *v);
void io_be32(struct io *io, uint32_t *v);
/** Two, three and four octets, least significant first: the access layer's order. */
void io_le16(struct io *io, uint16_t *v);
void io_le24(struct io *io, uint32_t *v);
void io_le32(struct io *io, uint32_t *v);
/** @p len octets as they are. */
void io_bytes(struct io *io, uint8_t *v, size_t len);
/** @p len octets that stay where they are. Reading: *v points into the buffer. */
void io_view(struct io *io, const uint8_t **v, size_t len);
/** All octets that are left. Reading: *v points into the buffer, *len says how many. */
void io_rest(struct io *io, const uint8_t **v, uint16_t *len);

/** Whether it reads. */
bool io_reads(const struct io *io);
/** Octets walked so far. */
size_t io_pos(const struct io *io);
/** Octets left. */
size_t io_left(const struct io *io);
/** Whether all went well. */
bool io_ok(const struct io *io);
/** Whether all went well and the buffer ended exactly here. */
bool io_done(const struct io *io);

#endif
