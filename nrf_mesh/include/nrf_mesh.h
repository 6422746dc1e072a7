/*
 * The core of the stack: starting and stopping it, raw messages, and the types that its other
 * headers share.
 */
#ifndef NRF_MESH_H__
#define NRF_MESH_H__

#include <stdbool.h>
#include <stdint.h>

#include "ble.h"
#include "ble_gap.h"
#include "nrf.h"
#include "nrf_error.h"
#include "nrf_mesh_config_core.h"
#include "nrf_mesh_defines.h"
#include "nrf_sdm.h"
#include "timer.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Names a message that is sent, for its TX_COMPLETE or SAR_FAILED. */
typedef uint32_t nrf_mesh_tx_token_t;

#define NRF_MESH_INITIAL_TOKEN ((nrf_mesh_tx_token_t)0x00000000u)
/** From here on, tokens are the stack's own. */
#define NRF_MESH_SERVICE_BORDER_TOKEN ((nrf_mesh_tx_token_t)0xF0000000u)
#define NRF_MESH_FRIEND_TOKEN_BEGIN ((nrf_mesh_tx_token_t)0xFFFFFE00u)
#define NRF_MESH_FRIEND_TOKEN_END ((nrf_mesh_tx_token_t)0xFFFFFEFFu)
#define NRF_MESH_FRIEND_POLL_TOKEN ((nrf_mesh_tx_token_t)0xFFFFFFF8u)
#define NRF_MESH_FRIEND_REQUEST_TOKEN ((nrf_mesh_tx_token_t)0xFFFFFFF9u)
#define NRF_MESH_FRIEND_CLEAR_TOKEN ((nrf_mesh_tx_token_t)0xFFFFFFFAu)
#define NRF_MESH_SUBMAN_ADD_TOKEN ((nrf_mesh_tx_token_t)0xFFFFFFFBu)
#define NRF_MESH_SUBMAN_REMOVE_TOKEN ((nrf_mesh_tx_token_t)0xFFFFFFFCu)
#define NRF_MESH_HEARTBEAT_TOKEN ((nrf_mesh_tx_token_t)0xFFFFFFFDu)
#define NRF_MESH_SAR_TOKEN ((nrf_mesh_tx_token_t)0xFFFFFFFEu)
#define NRF_MESH_RELAY_TOKEN ((nrf_mesh_tx_token_t)0xFFFFFFFFu)

/** Whether a message is to be relayed. */
typedef bool (*nrf_mesh_relay_check_cb_t)(uint16_t src, uint16_t dst, uint8_t ttl);

typedef struct {
    nrf_clock_lf_cfg_t lfclksrc; /**< the chip's; not used on a host */
    nrf_mesh_relay_check_cb_t relay_cb;
    uint8_t irq_priority;  /**< NRF_MESH_IRQ_PRIORITY_LOWEST or _THREAD */
    const uint8_t *p_uuid; /**< NULL: the default */
} nrf_mesh_init_params_t;

typedef enum {
    NRF_MESH_RX_SOURCE_SCANNER,
    NRF_MESH_RX_SOURCE_GATT,
    NRF_MESH_RX_SOURCE_INSTABURST,
    NRF_MESH_RX_SOURCE_LOOPBACK,
} nrf_mesh_rx_source_t;

typedef struct {
    timestamp_t timestamp;
    uint32_t access_addr;
    uint8_t channel;
    int8_t rssi; /**< dBm; 127: not known */
    ble_gap_addr_t adv_addr;
    uint8_t adv_type;
} nrf_mesh_rx_metadata_scanner_t;

typedef struct {
    uint16_t data_id;
    uint8_t set_id;
} nrf_mesh_instaburst_event_id_t;

typedef struct {
    timestamp_t timestamp;
    uint8_t channel;
    int8_t rssi;
    struct {
        nrf_mesh_instaburst_event_id_t id;
        uint8_t packet_index;
        bool is_last_in_chain;
    } event;
} nrf_mesh_rx_metadata_instaburst_t;

typedef struct {
    timestamp_t timestamp;
    uint16_t connection_index;
} nrf_mesh_rx_metadata_gatt_t;

typedef struct {
    nrf_mesh_tx_token_t tx_token;
} nrf_mesh_rx_metadata_loopback_t;

/** Where a packet came from. */
typedef struct {
    nrf_mesh_rx_source_t source;
    union {
        nrf_mesh_rx_metadata_scanner_t scanner;
        nrf_mesh_rx_metadata_instaburst_t instaburst;
        nrf_mesh_rx_metadata_gatt_t gatt;
        nrf_mesh_rx_metadata_loopback_t loopback;
    } params;
} nrf_mesh_rx_metadata_t;

/** An advertisement that was received. */
typedef struct {
    uint8_t adv_type;
    uint8_t length;
    const uint8_t *p_payload;
    const nrf_mesh_rx_metadata_t *p_metadata;
} nrf_mesh_adv_packet_rx_data_t;

typedef void (*nrf_mesh_rx_cb_t)(const nrf_mesh_adv_packet_rx_data_t *p_rx_data);

typedef void (*nrf_mesh_assertion_handler_t)(uint32_t pc);

typedef enum {
    NRF_MESH_KEY_REFRESH_PHASE_0,
    NRF_MESH_KEY_REFRESH_PHASE_1,
    NRF_MESH_KEY_REFRESH_PHASE_2,
    NRF_MESH_KEY_REFRESH_PHASE_3,
} nrf_mesh_key_refresh_phase_t;

typedef enum {
    NET_STATE_IV_UPDATE_NORMAL,
    NET_STATE_IV_UPDATE_IN_PROGRESS,
} net_state_iv_update_t;

/** An application or device key. */
typedef struct {
    bool is_device_key;
    uint8_t aid;
    uint8_t key[NRF_MESH_KEY_SIZE];
} nrf_mesh_application_secmat_t;

/** What a network key makes for network PDUs. */
typedef struct {
    uint8_t nid;
    uint8_t encryption_key[NRF_MESH_KEY_SIZE];
    uint8_t privacy_key[NRF_MESH_KEY_SIZE];
} nrf_mesh_network_secmat_t;

/** What a network key makes for beacons. */
typedef struct {
    uint8_t key[NRF_MESH_KEY_SIZE];
    uint8_t net_id[NRF_MESH_NETID_SIZE];
#if MESH_FEATURE_GATT_PROXY_ENABLED
    uint8_t identity_key[NRF_MESH_KEY_SIZE];
#endif
} nrf_mesh_beacon_secmat_t;

/** When beacons were sent and heard; the stack's own. */
typedef struct nrf_mesh_beacon_tx_info nrf_mesh_beacon_tx_info_t;

typedef struct {
    bool iv_update_permitted;
    nrf_mesh_beacon_tx_info_t *p_tx_info; /**< NULL: not told */
    nrf_mesh_beacon_secmat_t secmat;
    nrf_mesh_beacon_secmat_t secmat_updated; /**< during a Key Refresh */
} nrf_mesh_beacon_info_t;

/** The keys of one message. */
typedef struct {
    const nrf_mesh_network_secmat_t *p_net;
    const nrf_mesh_application_secmat_t *p_app;
} nrf_mesh_secmat_t;

typedef enum {
    NRF_MESH_ADDRESS_TYPE_INVALID,
    NRF_MESH_ADDRESS_TYPE_UNICAST,
    NRF_MESH_ADDRESS_TYPE_VIRTUAL,
    NRF_MESH_ADDRESS_TYPE_GROUP,
} nrf_mesh_address_type_t;

typedef struct {
    nrf_mesh_address_type_t type;
    uint16_t value;
    const uint8_t *p_virtual_uuid; /**< of a virtual address; else NULL */
} nrf_mesh_address_t;

typedef enum {
    NRF_MESH_TRANSMIC_SIZE_SMALL,   /**< 32 bits */
    NRF_MESH_TRANSMIC_SIZE_LARGE,   /**< 64 bits */
    NRF_MESH_TRANSMIC_SIZE_DEFAULT, /**< the stack's: small */
    NRF_MESH_TRANSMIC_SIZE_INVALID,
} nrf_mesh_transmic_size_t;

/** A message to be sent. */
typedef struct {
    nrf_mesh_address_t dst;
    uint16_t src; /**< one of this node's */
    uint8_t ttl;
    bool force_segmented;
    nrf_mesh_transmic_size_t transmic_size;
    const uint8_t *p_data; /**< opcode and parameters; copied */
    uint16_t data_len;
    nrf_mesh_secmat_t security_material;
    nrf_mesh_tx_token_t tx_token;
} nrf_mesh_tx_params_t;

/**
 * Makes the stack, silent. Once.
 *
 * @retval NRF_SUCCESS              Made.
 * @retval NRF_ERROR_NULL           No parameters.
 * @retval NRF_ERROR_INVALID_STATE  Made before.
 * @retval NRF_ERROR_INVALID_PARAM  irq_priority is neither LOWEST nor THREAD.
 * @retval NRF_ERROR_SOFTDEVICE_NOT_ENABLED  There is no radio: see nrf_mesh_port.h.
 */
uint32_t nrf_mesh_init(const nrf_mesh_init_params_t *p_init_params);

/**
 * Goes on the air; NRF_MESH_EVT_ENABLED follows.
 *
 * @retval NRF_ERROR_INVALID_STATE  It is on the air, or not made yet.
 */
uint32_t nrf_mesh_enable(void);

/**
 * Leaves the air; NRF_MESH_EVT_DISABLED follows.
 *
 * @retval NRF_ERROR_INVALID_STATE  It is not on the air.
 */
uint32_t nrf_mesh_disable(void);

/**
 * Sends an access message. TX_COMPLETE tells when it has been sent, SAR_FAILED when it could not.
 *
 * @param p_packet_reference  Gets the sequence number's place in the count of messages; may be
 *                            NULL.
 *
 * @retval NRF_SUCCESS               Queued.
 * @retval NRF_ERROR_NULL            Parameters, payload or keys are NULL.
 * @retval NRF_ERROR_INVALID_ADDR    The source is not this node's, or the destination unassigned.
 * @retval NRF_ERROR_INVALID_PARAM   TTL above 127, or an invalid MIC size.
 * @retval NRF_ERROR_INVALID_LENGTH  No octets, or more than fit.
 * @retval NRF_ERROR_NOT_FOUND       The keys are not this node's.
 * @retval NRF_ERROR_NO_MEM          No room at this moment.
 * @retval NRF_ERROR_FORBIDDEN       There are no sequence numbers at this moment.
 * @retval NRF_ERROR_INVALID_STATE   A segmented message to this destination is under way.
 */
uint32_t nrf_mesh_packet_send(const nrf_mesh_tx_params_t *p_params, uint32_t *p_packet_reference);

/** Does what is due. @return true: nothing more to do now. */
bool nrf_mesh_process(void);

/** Takes an event of the vendor's system on a chip; there are none on a host. */
uint32_t nrf_mesh_on_sd_evt(uint32_t sd_evt);

/** Shows every advertisement that is received to @p rx_cb. */
void nrf_mesh_rx_cb_set(nrf_mesh_rx_cb_t rx_cb);
void nrf_mesh_rx_cb_clear(void);

/** Nothing to do: the proxy knows. */
void nrf_mesh_subnet_added(uint16_t net_key_index, const uint8_t *p_network_id);

/** The next token: 1, 2, ... below NRF_MESH_SERVICE_BORDER_TOKEN. */
nrf_mesh_tx_token_t nrf_mesh_unique_token_get(void);

#ifdef __cplusplus
}
#endif

#endif
