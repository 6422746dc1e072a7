/*
 * One transmission, as a member of the seeds' structures that applications allocate. The core sends
 * through its port, so that there are no functions for it.
 */
#ifndef BROADCAST_H__
#define BROADCAST_H__

#include "packet.h"
#include "radio_config.h"

#include <stdint.h>

/** How it is sent. */
typedef struct {
    radio_tx_power_t radio_tx_power;
    uint32_t access_address;
    const uint8_t *p_channels;
    uint8_t channel_count;
} broadcast_params_t;

#endif
