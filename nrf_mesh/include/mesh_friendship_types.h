/*
 * Types of the friendship events. There are neither friends nor low power nodes here, so the events
 * do not occur.
 */
#ifndef MESH_FRIENDSHIP_TYPES_H__
#define MESH_FRIENDSHIP_TYPES_H__

#include <stdbool.h>
#include <stdint.h>

typedef enum {
    NRF_MESH_FRIENDSHIP_ROLE_LPN,
    NRF_MESH_FRIENDSHIP_ROLE_FRIEND,
} nrf_mesh_friendship_role_t;

typedef enum {
    NRF_MESH_EVT_FRIENDSHIP_TERMINATED_REASON_LPN,
    NRF_MESH_EVT_FRIENDSHIP_TERMINATED_REASON_POLL_TIMEOUT,
    NRF_MESH_EVT_FRIENDSHIP_TERMINATED_REASON_USER,
} nrf_mesh_friendship_terminated_reason_t;

/** A friend's offer (Mesh Protocol 1.1, 3.6.5.4). */
typedef struct {
    uint8_t receive_window_ms;
    uint8_t queue_size;
    uint8_t subscription_list_size;
    int8_t measured_rssi;
    uint16_t src;
} nrf_mesh_friend_offer_t;

/** A friend's update (3.6.5.2). */
typedef struct {
    bool key_refresh;
    bool iv_update;
    uint32_t iv_index;
    bool is_friend_queue_empty;
} nrf_mesh_friend_update_t;

/** What a low power node asks for (3.6.5.3). */
typedef struct {
    uint16_t src;
    uint8_t receive_delay_ms;
    uint32_t poll_timeout_ms;
    uint8_t element_count;
    int8_t rssi;
} nrf_mesh_friend_request_t;

#endif
