/*
 * A ring of packets, as a member of the seeds' structures that applications allocate. The stack's
 * queues are the core's, so that there are no functions for it.
 */
#ifndef PACKET_BUFFER_H__
#define PACKET_BUFFER_H__

#include "nrf_mesh.h"
#include "nrf_mesh_config_core.h"
#include "packet.h"
#include "utils.h"

#include <stdint.h>

/** The ring. */
typedef struct {
    uint8_t *buffer;
    uint16_t size;
    uint16_t head;
    uint16_t tail;
} packet_buffer_t;

#endif
