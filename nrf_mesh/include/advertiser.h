/*
 * An advertiser, as a member of the seeds' structures that applications allocate. The core sends
 * through its port, so that there are no functions for it: adv_start() of usher/port.h is where an
 * advertisement leaves.
 */
#ifndef ADVERTISER_H__
#define ADVERTISER_H__

#include "bearer_event.h"
#include "broadcast.h"
#include "nrf_mesh.h"
#include "nrf_mesh_config_bearer.h"
#include "nrf_mesh_defines.h"
#include "packet_buffer.h"
#include "timer_scheduler.h"

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define ADVERTISER_REPEAT_INFINITE 0xFF /**< Repeats without end. */

/** Told when an advertisement is over. */
typedef struct advertiser_t advertiser_t;
typedef void (*advertiser_tx_complete_cb_t)(advertiser_t *p_adv, nrf_mesh_tx_token_t token,
                                            timestamp_t timestamp);

/** Its channels. */
typedef struct {
    uint8_t channels_count;
    uint8_t channel_map[BEARER_ADV_CHANNELS_MAX];
    bool randomize_order;
} advertiser_channels_t;

/** How it advertises. */
typedef struct {
    uint32_t advertisement_interval_us;
    advertiser_channels_t channels;
    ble_gap_addr_t adv_addr;
} advertiser_config_t;

/** One. */
struct advertiser_t {
    bool enabled;
    packet_buffer_t buf;
    broadcast_params_t broadcast;
    timer_event_t timer;
    advertiser_config_t config;
    advertiser_tx_complete_cb_t tx_complete_callback;
};

#ifdef __cplusplus
}
#endif

#endif
