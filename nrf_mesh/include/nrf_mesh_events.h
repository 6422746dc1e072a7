/*
 * Events of the stack. An application adds its handlers, which are told in the order they were
 * added.
 */
#ifndef NRF_MESH_EVENTS_H__
#define NRF_MESH_EVENTS_H__

#include <stdbool.h>

#include "heartbeat.h"
#include "list.h"
#include "mesh_config.h"
#include "mesh_friendship_types.h"
#include "nrf_mesh.h"
#include "nrf_mesh_dfu_types.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
    NRF_MESH_EVT_MESSAGE_RECEIVED,
    NRF_MESH_EVT_TX_COMPLETE,
    NRF_MESH_EVT_IV_UPDATE_NOTIFICATION,
    NRF_MESH_EVT_KEY_REFRESH_NOTIFICATION,
    NRF_MESH_EVT_NET_BEACON_RECEIVED,
    NRF_MESH_EVT_HB_MESSAGE_RECEIVED,
    NRF_MESH_EVT_HB_SUBSCRIPTION_CHANGE,
    NRF_MESH_EVT_DFU_REQ_RELAY,
    NRF_MESH_EVT_DFU_REQ_SOURCE,
    NRF_MESH_EVT_DFU_START,
    NRF_MESH_EVT_DFU_END,
    NRF_MESH_EVT_DFU_BANK_AVAILABLE,
    NRF_MESH_EVT_DFU_FIRMWARE_OUTDATED,
    NRF_MESH_EVT_DFU_FIRMWARE_OUTDATED_NO_AUTH,
    NRF_MESH_EVT_FLASH_STABLE,
    NRF_MESH_EVT_RX_FAILED,
    NRF_MESH_EVT_SAR_FAILED,
    NRF_MESH_EVT_FLASH_FAILED,
    NRF_MESH_EVT_CONFIG_STABLE,
    NRF_MESH_EVT_CONFIG_STORAGE_FAILURE,
    NRF_MESH_EVT_CONFIG_LOAD_FAILURE,
    NRF_MESH_EVT_LPN_FRIEND_OFFER,
    NRF_MESH_EVT_LPN_FRIEND_UPDATE,
    NRF_MESH_EVT_LPN_FRIEND_REQUEST_TIMEOUT,
    NRF_MESH_EVT_LPN_FRIEND_POLL_COMPLETE,
    NRF_MESH_EVT_FRIENDSHIP_ESTABLISHED,
    NRF_MESH_EVT_FRIENDSHIP_TERMINATED,
    NRF_MESH_EVT_PROXY_STOPPED,
    NRF_MESH_EVT_DISABLED,
    NRF_MESH_EVT_ENABLED,
    NRF_MESH_EVT_FRIEND_REQUEST,
    NRF_MESH_EVT_READY_TO_POWER_OFF,
} nrf_mesh_evt_type_t;

/** An access message, before it goes to models. */
typedef struct {
    const uint8_t *p_buffer; /**< opcode and parameters */
    uint16_t length;
    nrf_mesh_address_t src;
    nrf_mesh_address_t dst;
    nrf_mesh_secmat_t secmat;
    uint8_t ttl;
    const nrf_mesh_rx_metadata_t *p_metadata;
} nrf_mesh_evt_message_t;

typedef struct {
    nrf_mesh_tx_token_t token;
    timestamp_t timestamp;
} nrf_mesh_evt_tx_complete_t;

typedef struct {
    net_state_iv_update_t state;
    const uint8_t *p_network_id; /**< 8 octets */
    uint32_t iv_index;
} nrf_mesh_evt_iv_update_notification_t;

typedef struct {
    uint16_t subnet_index;
    const uint8_t *p_network_id; /**< 8 octets */
    nrf_mesh_key_refresh_phase_t phase;
} nrf_mesh_evt_key_refresh_notification_t;

typedef struct {
    const nrf_mesh_beacon_info_t *p_beacon_info;
    const nrf_mesh_beacon_secmat_t *p_beacon_secmat;
    const nrf_mesh_rx_metadata_t *p_rx_metadata;
    const uint8_t *p_auth_value;
    uint32_t iv_index;
    struct {
        net_state_iv_update_t iv_update;
        bool key_refresh;
    } flags;
} nrf_mesh_evt_net_beacon_received_t;

typedef struct {
    uint8_t init_ttl;
    uint8_t hops;
    uint16_t features;
    uint16_t src;
} nrf_mesh_evt_hb_message_t;

typedef struct {
    const heartbeat_subscription_state_t *p_old;
    const heartbeat_subscription_state_t *p_new;
} nrf_mesh_evt_hb_subscription_change_t;

typedef union {
    struct {
        nrf_mesh_dfu_transfer_t transfer;
        uint8_t authority;
    } req_relay;
    struct {
        nrf_mesh_dfu_type_t dfu_type;
    } req_source;
    struct {
        nrf_mesh_dfu_role_t role;
        nrf_mesh_dfu_transfer_t transfer;
    } start;
    struct {
        nrf_mesh_dfu_role_t role;
        nrf_mesh_dfu_transfer_t transfer;
        nrf_mesh_dfu_end_t end_reason;
    } end;
    struct {
        nrf_mesh_dfu_transfer_t transfer;
        const uint32_t *p_start_addr;
        uint32_t length;
        bool is_signed;
    } bank;
    struct {
        nrf_mesh_dfu_transfer_t transfer;
        nrf_mesh_dfu_transfer_t current;
    } fw_outdated;
} nrf_mesh_evt_dfu_t;

typedef enum {
    NRF_MESH_RX_FAILED_REASON_REPLAY_CACHE_FULL,
} nrf_mesh_rx_failed_reason_t;

typedef struct {
    uint16_t src;
    uint8_t ivi : 1;
    nrf_mesh_rx_failed_reason_t reason;
} nrf_mesh_evt_rx_failed_t;

typedef enum {
    NRF_MESH_SAR_CANCEL_REASON_TIMEOUT,
    NRF_MESH_SAR_CANCEL_REASON_RETRY_OVER,
    NRF_MESH_SAR_CANCEL_REASON_NO_MEM,
    NRF_MESH_SAR_CANCEL_BY_PEER,
    NRF_MESH_SAR_CANCEL_REASON_INVALID_FORMAT,
    NRF_MESH_SAR_CANCEL_PEER_STARTED_ANOTHER_SESSION,
    NRF_MESH_SAR_CANCEL_REASON_FRIENDSHIP_TERMINATED,
    NRF_MESH_SAR_CANCEL_REASON_FRIENDSHIP_ESTABLISHED,
    NRF_MESH_SAR_CANCEL_REASON_LPN_RX_NOT_COMPLETE,
} nrf_mesh_sar_session_cancel_reason_t;

typedef struct {
    nrf_mesh_tx_token_t token;
    nrf_mesh_sar_session_cancel_reason_t reason;
} nrf_mesh_evt_sar_failed_t;

typedef enum {
    NRF_MESH_FLASH_USER_CORE,
    NRF_MESH_FLASH_USER_MESH,
    NRF_MESH_FLASH_USER_APP,
} nrf_mesh_flash_user_t;

typedef struct {
    nrf_mesh_flash_user_t user;
    const void *p_flash_entry;
    const void *p_flash_page;
    const void *p_area;
    uint32_t page_count;
} nrf_mesh_evt_flash_failed_t;

typedef struct {
    mesh_config_entry_id_t id;
} nrf_mesh_evt_config_storage_failure_t;

typedef struct {
    mesh_config_load_failure_t reason;
    mesh_config_entry_id_t id;
    const void *p_data;
    uint32_t data_len;
} nrf_mesh_evt_config_load_failure_t;

typedef struct {
    nrf_mesh_friendship_role_t role;
    uint16_t lpn_src;
    uint16_t friend_src;
} nrf_mesh_evt_friendship_established_t;

typedef struct {
    nrf_mesh_friendship_role_t role;
    uint16_t lpn_src;
    uint16_t friend_src;
    nrf_mesh_friendship_terminated_reason_t reason;
} nrf_mesh_evt_friendship_terminated_t;

typedef struct {
    nrf_mesh_evt_type_t type;
    union {
        nrf_mesh_evt_message_t message;
        nrf_mesh_evt_tx_complete_t tx_complete;
        nrf_mesh_evt_iv_update_notification_t iv_update;
        nrf_mesh_evt_key_refresh_notification_t key_refresh;
        nrf_mesh_evt_net_beacon_received_t net_beacon;
        nrf_mesh_evt_hb_message_t hb_message;
        nrf_mesh_evt_hb_subscription_change_t hb_subscription_change;
        nrf_mesh_evt_dfu_t dfu;
        nrf_mesh_evt_rx_failed_t rx_failed;
        nrf_mesh_evt_sar_failed_t sar_failed;
        nrf_mesh_evt_flash_failed_t flash_failed;
        nrf_mesh_evt_config_storage_failure_t config_storage_failure;
        nrf_mesh_evt_config_load_failure_t config_load_failure;
        nrf_mesh_friend_offer_t friend_offer;
        nrf_mesh_friend_update_t friend_update;
        nrf_mesh_evt_friendship_established_t friendship_established;
        nrf_mesh_evt_friendship_terminated_t friendship_terminated;
        nrf_mesh_friend_request_t friend_request;
    } params;
} nrf_mesh_evt_t;

typedef void (*nrf_mesh_evt_handler_cb_t)(const nrf_mesh_evt_t *p_evt);

/** A handler: static memory of the application's; only evt_cb is its to set. */
typedef struct {
    nrf_mesh_evt_handler_cb_t evt_cb;
    list_node_t node;
    bool is_removed;
} nrf_mesh_evt_handler_t;

/** Adds a handler, last. One that is there already stays where it is. */
void nrf_mesh_evt_handler_add(nrf_mesh_evt_handler_t *p_handler_params);
/** Removes a handler: it is not told any more. From within a handler its memory is needed until the
 * event is over. */
void nrf_mesh_evt_handler_remove(nrf_mesh_evt_handler_t *p_handler_params);

#ifdef __cplusplus
}
#endif

#endif
