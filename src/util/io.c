/* The two-way cursor of io.h. */
#include "io.h"

#include <string.h>

struct io io_reader(const uint8_t *buf, size_t len)
{
    return (struct io){ .in = buf, .size = len };
}

struct io io_writer(uint8_t *buf, size_t size)
{
    return (struct io){ .out = buf, .size = size };
}

void io_bytes(struct io *io, uint8_t *v, size_t len)
{
    if (io->failed || len > io->size - io->pos) {
        io->failed = true;
        return;
    }
    if (io->out != NULL) {
        memcpy(io->out + io->pos, v, len);
    } else {
        memcpy(v, io->in + io->pos, len);
    }
    io->pos += len;
}

void io_u8(struct io *io, uint8_t *v)
{
    io_bytes(io, v, 1);
}

void io_be16(struct io *io, uint16_t *v)
{
    uint8_t b[2] = { (uint8_t)(*v >> 8), (uint8_t)*v };

    io_bytes(io, b, sizeof(b));
    *v = (uint16_t)(b[0] << 8 | b[1]);
}

void io_be24(struct io *io, uint32_t *v)
{
    uint8_t b[3] = { (uint8_t)(*v >> 16), (uint8_t)(*v >> 8), (uint8_t)*v };

    io_bytes(io, b, sizeof(b));
    *v = (uint32_t)b[0] << 16 | (uint32_t)b[1] << 8 | b[2];
}

void io_be32(struct io *io, uint32_t *v)
{
    uint8_t b[4] = { (uint8_t)(*v >> 24), (uint8_t)(*v >> 16), (uint8_t)(*v >> 8), (uint8_t)*v };

    io_bytes(io, b, sizeof(b));
    *v = (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

void io_le16(struct io *io, uint16_t *v)
{
    uint8_t b[2] = { (uint8_t)*v, (uint8_t)(*v >> 8) };

    io_bytes(io, b, sizeof(b));
    *v = (uint16_t)(b[1] << 8 | b[0]);
}

void io_le24(struct io *io, uint32_t *v)
{
    uint8_t b[3] = { (uint8_t)*v, (uint8_t)(*v >> 8), (uint8_t)(*v >> 16) };

    io_bytes(io, b, sizeof(b));
    *v = (uint32_t)b[2] << 16 | (uint32_t)b[1] << 8 | b[0];
}

void io_le32(struct io *io, uint32_t *v)
{
    uint8_t b[4] = { (uint8_t)*v, (uint8_t)(*v >> 8), (uint8_t)(*v >> 16), (uint8_t)(*v >> 24) };

    io_bytes(io, b, sizeof(b));
    *v = (uint32_t)b[3] << 24 | (uint32_t)b[2] << 16 | (uint32_t)b[1] << 8 | b[0];
}

void io_view(struct io *io, const uint8_t **v, size_t len)
{
    if (io->failed || len > io_left(io)) {
        io->failed = true;
        return;
    }
    if (io_reads(io)) {
        *v = io->in + io->pos;
    } else {
        memcpy(io->out + io->pos, *v, len);
    }
    io->pos += len;
}

void io_rest(struct io *io, const uint8_t **v, uint16_t *len)
{
    if (io_reads(io)) {
        *v = io->in + io->pos;
        *len = (uint16_t)io_left(io);
    }
    if (io->failed || *len > io_left(io)) {
        io->failed = true;
        return;
    }
    if (!io_reads(io) && *len > 0) {
        memcpy(io->out + io->pos, *v, *len);
    }
    io->pos += *len;
}

bool io_reads(const struct io *io)
{
    return io->out == NULL;
}

size_t io_pos(const struct io *io)
{
    return io->pos;
}

size_t io_left(const struct io *io)
{
    return io->size - io->pos;
}

bool io_ok(const struct io *io)
{
    return !io->failed;
}

bool io_done(const struct io *io)
{
    return !io->failed && io->pos == io->size;
}
