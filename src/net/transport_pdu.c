/* The wire formats of lower transport and of the control messages used (Mesh Protocol 1.1,
 * sections 3.5.2 and 3.6.5). */
#include "transport_parts.h"

void segment_fields(struct io *io, struct segment *s)
{
    uint32_t info =
        (uint32_t)s->szmic << 23 | (uint32_t)s->seq_zero << 10 | (uint32_t)s->index << 5 | s->last;

    io_u8(io, &s->head);
    io_be24(io, &info);
    s->szmic = (uint8_t)(info >> 23);
    s->seq_zero = (uint16_t)(info >> 10 & SEQ_ZERO_MASK);
    s->index = (uint8_t)(info >> 5 & 0x1F);
    s->last = (uint8_t)(info & 0x1F);
}

void segment_ack_fields(struct io *io, struct segment_ack *a)
{
    uint16_t head = (uint16_t)(a->obo << 15 | a->seq_zero << 2);

    io_be16(io, &head);
    io_be32(io, &a->block);
    a->obo = (uint8_t)(head >> 15);
    a->seq_zero = head >> 2 & SEQ_ZERO_MASK;
}

void heartbeat_fields(struct io *io, struct heartbeat *h)
{
    io_u8(io, &h->init_ttl);
    io_be16(io, &h->features);
    h->init_ttl &= 0x7F;
}

size_t segment_size(uint8_t ctl)
{
    return ctl != 0 ? 8 : 12;
}

uint32_t segments_mask(uint8_t last)
{
    return UINT32_MAX >> (31 - last);
}
