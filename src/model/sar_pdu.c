/* The SAR Configuration messages on the wire; see sar_pdu.h. */
#include "sar_pdu.h"

/* Two states in one octet: the first in the @p width low bits, the second in the others. */
static void two_fields(struct io *io, uint8_t *low, unsigned width, uint8_t *high)
{
    uint8_t mask = (uint8_t)((1u << width) - 1);
    uint8_t octet = (uint8_t)(*high << width | *low);

    io->failed = io->failed || (io->out != NULL && (*low > mask || *high > 0xFF >> width));
    io_u8(io, &octet);
    *low = octet & mask;
    *high = (uint8_t)(octet >> width);
}

void sar_transmitter_fields(struct io *io, struct usher_sar_config *sar)
{
    uint8_t reserved = 0;

    two_fields(io, &sar->segment_interval_step, 4, &sar->unicast_retransmissions);
    two_fields(io, &sar->unicast_without_progress, 4, &sar->unicast_interval_step);
    two_fields(io, &sar->unicast_interval_increment, 4, &sar->multicast_retransmissions);
    two_fields(io, &sar->multicast_interval_step, 4, &reserved);
}

void sar_receiver_fields(struct io *io, struct usher_sar_config *sar)
{
    uint8_t reserved = 0;

    two_fields(io, &sar->segments_threshold, 5, &sar->ack_delay_increment);
    two_fields(io, &sar->discard_timeout, 4, &sar->receiver_interval_step);
    two_fields(io, &sar->ack_retransmissions, 2, &reserved);
}
