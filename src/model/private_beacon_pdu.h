/*
 * The Mesh Private Beacon messages on the wire, as server and client share them: those that set
 * and tell the state itself.
 */
#ifndef PRIVATE_BEACON_PDU_H
#define PRIVATE_BEACON_PDU_H

#include "io.h"

#include <usher/models.h>

enum private_beacon_opcode {
    PRIVATE_BEACON_GET = 0x8060,
    PRIVATE_BEACON_SET = 0x8061,
    PRIVATE_BEACON_STATUS = 0x8062,
};

#define PRIVATE_BEACON_LEN 2u
#define PRIVATE_BEACON_SET_MIN 1u /* without the interval, which stays as it is */

/* Of a Set or a Status. A reader fails at a prohibited state. */
static inline void private_beacon_fields(struct io *io, struct usher_private_beacon *state,
                                         bool has_interval)
{
    uint8_t on = state->on;

    io_u8(io, &on);
    io->failed = io->failed || on > 1;
    state->on = on == 1;
    if (has_interval) {
        io_u8(io, &state->interval);
    }
}

#endif
