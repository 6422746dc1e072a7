/*
 * The Configuration Client: configures other nodes, with their device keys. There is one, on the
 * primary element, and one question at a time. (Mesh Protocol 1.1, section 4.4.2.)
 */
#ifndef CONFIG_CLIENT_H__
#define CONFIG_CLIENT_H__

#include <stdbool.h>
#include <stdint.h>

#include "access.h"
#include "config_messages.h"
#include "config_opcodes.h"
#include "device_state_manager.h"
#include "utils.h"

#ifdef __cplusplus
extern "C" {
#endif

#define CONFIG_CLIENT_MODEL_ID 0x0001
#define CONFIG_CLIENT_ACKED_TRANSACTION_TIMEOUT (SEC_TO_US(60)) /**< microseconds */

typedef enum {
    CONFIG_CLIENT_EVENT_TYPE_TIMEOUT,   /**< no answer came */
    CONFIG_CLIENT_EVENT_TYPE_CANCELLED, /**< config_client_pending_msg_cancel() */
    CONFIG_CLIENT_EVENT_TYPE_MSG,       /**< the answer, or an unasked message of a server's */
} config_client_event_type_t;

/** The parameters of a message, by its opcode. */
typedef union {
    config_msg_appkey_status_t appkey_status;
    config_msg_net_beacon_status_t net_beacon_status;
    config_msg_publication_status_t publication_status;
    config_msg_subscription_status_t subscription_status;
    config_msg_netkey_status_t netkey_status;
    config_msg_proxy_status_t proxy_status;
    config_msg_key_refresh_phase_status_t key_refresh_phase_status;
    config_msg_friend_status_t friend_status;
    config_msg_heartbeat_publication_status_t heartbeat_publication_status;
    config_msg_heartbeat_subscription_status_t heartbeat_subscription_status;
    config_msg_default_ttl_status_t default_ttl_status;
    config_msg_app_status_t app_status;
    config_msg_identity_status_t identity_status;
    config_msg_composition_data_status_t composition_data_status;
    config_msg_relay_status_t relay_status;
    config_msg_appkey_list_t appkey_list;
    config_msg_sig_model_app_list_t sig_model_app_list;
    config_msg_vendor_model_app_list_t vendor_model_app_list;
    config_msg_sig_model_subscription_list_t sig_model_subscription_list;
    config_msg_vendor_model_subscription_list_t vendor_model_subscription_list;
} config_msg_t;

typedef struct {
    config_opcode_t opcode;
    const config_msg_t *p_msg; /**< as received; its length is the callback's */
} config_client_event_t;

/**
 * @param p_event  NULL unless the type is MSG. Good during the call.
 * @param length   Octets of the parameters; 0 unless the type is MSG.
 */
typedef void (*config_client_event_cb_t)(config_client_event_type_t event_type,
                                         const config_client_event_t *p_event, uint16_t length);

/** A model's publication. */
typedef struct {
    uint16_t element_address;
    nrf_mesh_address_t publish_address;
    uint16_t appkey_index;
    bool frendship_credential_flag;
    uint8_t publish_ttl;
    access_publish_period_t publish_period;
    uint8_t retransmit_count;
    uint8_t retransmit_interval;
    access_model_id_t model_id;
} config_publication_state_t;

/**
 * Adds the model to the primary element.
 *
 * @retval NRF_ERROR_NULL  No callback.
 * @retval others          As access_model_add().
 */
uint32_t config_client_init(config_client_event_cb_t event_cb);

/**
 * Chooses the node that is asked from now on.
 *
 * @param server_devkey_handle   Its device key.
 * @param server_address_handle  Its primary element.
 *
 * @retval NRF_ERROR_INVALID_STATE  Not initialised.
 * @retval NRF_ERROR_BUSY           A question is pending.
 * @retval NRF_ERROR_INVALID_ADDR   Not the handle of an address.
 * @retval NRF_ERROR_INVALID_PARAM  Not the handle of a device key.
 * @retval others                   As access_model_publish_address_set().
 */
uint32_t config_client_server_set(dsm_handle_t server_devkey_handle,
                                  dsm_handle_t server_address_handle);
/**
 * Lets messages with a node's device key in.
 *
 * @retval NRF_ERROR_INVALID_STATE  Not initialised.
 * @retval NRF_ERROR_BUSY           A question is pending.
 * @retval NRF_ERROR_INVALID_PARAM  Not the handle of a device key.
 */
uint32_t config_client_server_bind(dsm_handle_t server_devkey_handle);

/** Ends the question that is pending, if one is, with a CANCELLED event. */
void config_client_pending_msg_cancel(void);

/*
 * Questions: each is sent to the node chosen until its answer comes, which an event tells, or
 * CONFIG_CLIENT_ACKED_TRANSACTION_TIMEOUT is over.
 *
 * NRF_ERROR_BUSY           Another one is pending.
 * NRF_ERROR_INVALID_STATE  Not initialised.
 * NRF_ERROR_INVALID_PARAM  No node was chosen, or an argument is out of range.
 * NRF_ERROR_NULL           A pointer is NULL.
 * and those of access_model_reliable_publish().
 */

uint32_t config_client_composition_data_get(uint8_t page_number);
uint32_t config_client_appkey_add(uint16_t netkey_index, uint16_t appkey_index,
                                  const uint8_t *p_appkey);
uint32_t config_client_appkey_update(uint16_t netkey_index, uint16_t appkey_index,
                                     const uint8_t *p_appkey);
uint32_t config_client_appkey_delete(uint16_t netkey_index, uint16_t appkey_index);
uint32_t config_client_appkey_get(uint16_t netkey_index);
uint32_t config_client_netkey_add(uint16_t netkey_index, const uint8_t *p_netkey);
uint32_t config_client_netkey_update(uint16_t netkey_index, const uint8_t *p_netkey);
uint32_t config_client_netkey_delete(uint16_t netkey_index);
uint32_t config_client_netkey_get(void);
uint32_t config_client_model_publication_get(uint16_t element_address, access_model_id_t model_id);
uint32_t config_client_model_publication_set(const config_publication_state_t *p_publication_state);
uint32_t config_client_model_subscription_add(uint16_t element_address, nrf_mesh_address_t address,
                                              access_model_id_t model_id);
uint32_t config_client_model_subscription_delete(uint16_t element_address,
                                                 nrf_mesh_address_t address,
                                                 access_model_id_t model_id);
uint32_t config_client_model_subscription_overwrite(uint16_t element_address,
                                                    nrf_mesh_address_t address,
                                                    access_model_id_t model_id);
uint32_t config_client_model_subscription_delete_all(uint16_t element_address,
                                                     access_model_id_t model_id);
uint32_t config_client_model_subscription_get(uint16_t element_address, access_model_id_t model_id);
uint32_t config_client_model_app_bind(uint16_t element_address, uint16_t appkey_index,
                                      access_model_id_t model_id);
uint32_t config_client_model_app_unbind(uint16_t element_address, uint16_t appkey_index,
                                        access_model_id_t model_id);
uint32_t config_client_model_app_get(uint16_t element_address, access_model_id_t model_id);
uint32_t config_client_default_ttl_get(void);
uint32_t config_client_default_ttl_set(uint8_t ttl);
uint32_t config_client_relay_get(void);
/**
 * @param retransmit_count           0..CONFIG_RETRANSMIT_COUNT_MAX.
 * @param retransmit_interval_steps  0..CONFIG_RETRANSMIT_INTERVAL_STEPS_MAX, 10 ms each, + 1.
 */
uint32_t config_client_relay_set(config_relay_state_t relay_state, uint8_t retransmit_count,
                                 uint8_t retransmit_interval_steps);
uint32_t config_client_network_transmit_get(void);
/** Numbers as for config_client_relay_set(). */
uint32_t config_client_network_transmit_set(uint8_t retransmit_count,
                                            uint8_t retransmit_interval_steps);
uint32_t config_client_net_beacon_get(void);
uint32_t config_client_net_beacon_set(config_net_beacon_state_t state);
/** The node leaves its network. */
uint32_t config_client_node_reset(void);
uint32_t config_client_key_refresh_phase_get(uint16_t netkey_index);
uint32_t config_client_key_refresh_phase_set(uint16_t netkey_index,
                                             nrf_mesh_key_refresh_phase_t phase);
uint32_t config_client_friend_get(void);
uint32_t config_client_friend_set(config_friend_state_t state);
uint32_t config_client_gatt_proxy_get(void);
uint32_t config_client_gatt_proxy_set(config_proxy_state_t state);
uint32_t config_client_node_identity_get(uint16_t netkey_index);
uint32_t config_client_node_identity_set(uint16_t netkey_index, config_identity_state_t state);
uint32_t config_client_heartbeat_publication_get(void);
uint32_t config_client_heartbeat_publication_set(
    const config_msg_heartbeat_publication_set_t *p_publication);
uint32_t config_client_heartbeat_subscription_get(void);
uint32_t config_client_heartbeat_subscription_set(
    const config_msg_heartbeat_subscription_set_t *p_subscription);
uint32_t config_client_low_power_node_polltimeout_get(uint16_t lpn_address);

#ifdef __cplusplus
}
#endif

#endif
