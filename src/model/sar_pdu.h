/*
 * The SAR Configuration messages on the wire (Mesh Protocol 1.1, sections 4.2.47 and 4.2.48 for
 * their states), as server and client share them.
 */
#ifndef SAR_PDU_H
#define SAR_PDU_H

#include "io.h"

#include <usher/models.h>

enum sar_opcode {
    SAR_TRANSMITTER_GET = 0x806C,
    SAR_TRANSMITTER_SET = 0x806D,
    SAR_TRANSMITTER_STATUS = 0x806E,
    SAR_RECEIVER_GET = 0x806F,
    SAR_RECEIVER_SET = 0x8070,
    SAR_RECEIVER_STATUS = 0x8071,
};

#define SAR_TRANSMITTER_LEN 4u
#define SAR_RECEIVER_LEN 3u

/*
 * The states, of a Set or a Status. Each touches its own members alone; a writer fails if one does
 * not fit.
 */
void sar_transmitter_fields(struct io *io, struct usher_sar_config *sar);
void sar_receiver_fields(struct io *io, struct usher_sar_config *sar);

#endif
