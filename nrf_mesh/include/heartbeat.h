/*
 * Heartbeats: the states that NRF_MESH_EVT_HB_SUBSCRIPTION_CHANGE and the configuration server's
 * events show. Publication and subscription are set by configuration messages.
 */
#ifndef HEARTBEAT_H__
#define HEARTBEAT_H__

#include <stdint.h>

#include "nrf_mesh.h"
#include "packet.h"
#include "timer.h"
#include "utils.h"

typedef struct {
    uint16_t dst;
    uint16_t count;
    uint8_t period; /**< log2 of the seconds, plus 1; 0: off */
    uint8_t ttl;
    uint16_t features;
    uint16_t netkey_index;
} heartbeat_publication_state_t;

typedef struct {
    uint16_t src;
    uint16_t dst;
    uint32_t period; /**< seconds that are left */
    uint16_t count;
    uint8_t min_hops;
    uint8_t max_hops;
} heartbeat_subscription_state_t;

#endif
