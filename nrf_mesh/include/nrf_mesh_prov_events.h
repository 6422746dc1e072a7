/*
 * What a context's handler is told. LINK_CLOSED is the last event of each session; without COMPLETE
 * before it, the session has failed. Pointers are good during the call, but for those into the
 * context.
 */
#ifndef NRF_MESH_PROV_EVENTS_H__
#define NRF_MESH_PROV_EVENTS_H__

#include "nrf_mesh.h"
#include "nrf_mesh_prov_bearer.h"
#include "nrf_mesh_prov_types.h"

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
    NRF_MESH_PROV_EVT_UNPROVISIONED_RECEIVED = 0, /**< Scanner: a device's beacon. */
    NRF_MESH_PROV_EVT_LINK_ESTABLISHED = 1,       /**< Both. */
    NRF_MESH_PROV_EVT_LINK_CLOSED = 2,            /**< Both: the context is idle again. */
    NRF_MESH_PROV_EVT_INVITE_RECEIVED = 3,        /**< Device: attract attention. */
    NRF_MESH_PROV_EVT_START_RECEIVED = 4,         /**< Device: attention ends. */
    NRF_MESH_PROV_EVT_OUTPUT_REQUEST = 5,         /**< Show the value. */
    NRF_MESH_PROV_EVT_INPUT_REQUEST = 6,          /**< Answer: nrf_mesh_prov_auth_data_provide(). */
    NRF_MESH_PROV_EVT_STATIC_REQUEST = 7,         /**< Answer: nrf_mesh_prov_auth_data_provide(). */
    NRF_MESH_PROV_EVT_OOB_PUBKEY_REQUEST = 8, /**< Provisioner: nrf_mesh_prov_pubkey_provide(). */
    NRF_MESH_PROV_EVT_CAPS_RECEIVED = 9,      /**< Provisioner: nrf_mesh_prov_oob_use(). */
    NRF_MESH_PROV_EVT_COMPLETE = 10,          /**< Both: the device is a node. */
    NRF_MESH_PROV_EVT_ECDH_REQUEST = 11,      /**< nrf_mesh_prov_shared_secret_provide(). */
    NRF_MESH_PROV_EVT_FAILED = 12, /**< Failed was received (provisioner) or is sent (device). */
} nrf_mesh_prov_evt_type_t;

typedef struct {
    uint8_t device_uuid[NRF_MESH_UUID_SIZE];
    bool gatt_supported;
    bool uri_hash_present;
    uint8_t uri_hash[NRF_MESH_BEACON_UNPROV_URI_HASH_SIZE];
    const nrf_mesh_rx_metadata_t *p_metadata;
    uint16_t oob_info; /**< NRF_MESH_PROV_OOB_INFO_SOURCE_...; not in the SDK */
} nrf_mesh_prov_evt_unprov_t;

typedef struct {
    nrf_mesh_prov_ctx_t *p_context;
} nrf_mesh_prov_evt_link_established_t;

typedef struct {
    nrf_mesh_prov_ctx_t *p_context;
    nrf_mesh_prov_link_close_reason_t close_reason;
} nrf_mesh_prov_evt_link_closed_t;

typedef struct {
    nrf_mesh_prov_ctx_t *p_context;
    uint8_t attention_duration_s;
} nrf_mesh_prov_evt_invite_received_t;

typedef struct {
    nrf_mesh_prov_ctx_t *p_context;
} nrf_mesh_prov_evt_start_received_t;

typedef struct {
    nrf_mesh_prov_ctx_t *p_context;
    uint8_t action; /**< device: nrf_mesh_prov_input_action_t; provisioner: ..._output_action_t */
    uint8_t size;   /**< places */
} nrf_mesh_prov_evt_input_request_t;

typedef struct {
    nrf_mesh_prov_ctx_t *p_context;
    uint8_t action; /**< device: nrf_mesh_prov_output_action_t; provisioner: ..._input_action_t */
    uint8_t size;   /**< places */
    const uint8_t *p_data; /**< 16 octets: a text at their begin, or a big-endian number at their
                              end */
} nrf_mesh_prov_evt_output_request_t;

typedef struct {
    nrf_mesh_prov_ctx_t *p_context;
} nrf_mesh_prov_evt_static_request_t;

typedef struct {
    nrf_mesh_prov_ctx_t *p_context;
} nrf_mesh_prov_evt_oob_pubkey_request_t;

typedef struct {
    nrf_mesh_prov_ctx_t *p_context;
    nrf_mesh_prov_oob_caps_t oob_caps; /**< the device's */
} nrf_mesh_prov_evt_caps_received_t;

typedef struct {
    nrf_mesh_prov_ctx_t *p_context;
    const uint8_t *p_devkey; /**< 16 octets; until the LINK_CLOSED handler is over */
    const nrf_mesh_prov_provisioning_data_t *p_prov_data; /**< likewise */
} nrf_mesh_prov_evt_complete_t;

typedef struct {
    nrf_mesh_prov_ctx_t *p_context;
    const uint8_t *p_peer_public;  /**< 64 octets */
    const uint8_t *p_node_private; /**< 32 octets */
} nrf_mesh_prov_evt_ecdh_request_t;

typedef struct {
    nrf_mesh_prov_ctx_t *p_context;
    nrf_mesh_prov_failure_code_t failure_code;
} nrf_mesh_prov_evt_failed_t;

typedef struct {
    nrf_mesh_prov_evt_type_t type;
    union {
        nrf_mesh_prov_evt_unprov_t unprov;
        nrf_mesh_prov_evt_link_established_t link_established;
        nrf_mesh_prov_evt_link_closed_t link_closed;
        nrf_mesh_prov_evt_invite_received_t invite_received;
        nrf_mesh_prov_evt_start_received_t start_received;
        nrf_mesh_prov_evt_input_request_t input_request;
        nrf_mesh_prov_evt_output_request_t output_request;
        nrf_mesh_prov_evt_static_request_t static_request;
        nrf_mesh_prov_evt_oob_pubkey_request_t oob_pubkey_request;
        nrf_mesh_prov_evt_caps_received_t oob_caps_received;
        nrf_mesh_prov_evt_complete_t complete;
        nrf_mesh_prov_evt_ecdh_request_t ecdh_request;
        nrf_mesh_prov_evt_failed_t failed;
    } params;
} nrf_mesh_prov_evt_t;

typedef void (*nrf_mesh_prov_evt_handler_cb_t)(const nrf_mesh_prov_evt_t *p_evt);

#ifdef __cplusplus
}
#endif

#endif
