/*
 * Messages of the Configuration models as an application reads them: parameters on the wire, packed
 * and little-endian (Mesh Protocol 1.1, section 4.3.2), so only for machines that are so, too. The
 * stack itself writes and reads them with the core's codecs.
 */
#ifndef CONFIG_MESSAGES_H__
#define CONFIG_MESSAGES_H__

#include <stdint.h>

#include "access.h"
#include "nrf_mesh_assert.h"

#define CONFIG_RETRANSMIT_COUNT_MAX 7
#define CONFIG_RETRANSMIT_INTERVAL_STEPS_MAX 31

/* -- states ------------------------------------------------------------------------------------ */

typedef enum {
    CONFIG_NET_BEACON_STATE_DISABLED = 0,
    CONFIG_NET_BEACON_STATE_ENABLED = 1,
} config_net_beacon_state_t;

typedef enum {
    CONFIG_PROXY_STATE_DISABLED = 0,
    CONFIG_PROXY_STATE_ENABLED = 1,
    CONFIG_PROXY_STATE_UNSUPPORTED = 2,
} config_proxy_state_t;

typedef enum {
    CONFIG_FRIEND_STATE_DISABLED = 0,
    CONFIG_FRIEND_STATE_ENABLED = 1,
    CONFIG_FRIEND_STATE_UNSUPPORTED = 2,
} config_friend_state_t;

typedef enum {
    CONFIG_RELAY_STATE_DISABLED = 0,
    CONFIG_RELAY_STATE_ENABLED = 1,
    CONFIG_RELAY_STATE_UNSUPPORTED = 2,
} config_relay_state_t;

typedef enum {
    CONFIG_IDENTITY_STATE_STOPPED = 0,
    CONFIG_IDENTITY_STATE_RUNNING = 1,
    CONFIG_IDENTITY_STATE_UNSUPPORTED = 2,
} config_identity_state_t;

/* -- parts ------------------------------------------------------------------------------------- */

/** Two key indexes of 12 bits each; in AppKey messages NetKey index and AppKey index. */
typedef struct __attribute__((packed)) {
    uint8_t key_id_1_lsb;
    uint8_t key_id_1_msb : 4;
    uint8_t key_id_2_lsb : 4;
    uint8_t key_id_2_msb;
} config_msg_key_index_24_t;

/** Writes two key indexes. */
static inline void config_msg_key_index_24_set(config_msg_key_index_24_t *p_key_index,
                                               uint16_t index_1, uint16_t index_2)
{
    p_key_index->key_id_1_lsb = (uint8_t)index_1;
    p_key_index->key_id_1_msb = (uint8_t)(index_1 >> 8) & 0x0F;
    p_key_index->key_id_2_lsb = (uint8_t)index_2 & 0x0F;
    p_key_index->key_id_2_msb = (uint8_t)(index_2 >> 4);
}

/** Reads them. */
static inline void config_msg_key_index_24_get(const config_msg_key_index_24_t *p_key_index,
                                               uint16_t *p_index_1, uint16_t *p_index_2)
{
    *p_index_1 = (uint16_t)(p_key_index->key_id_1_lsb | p_key_index->key_id_1_msb << 8);
    *p_index_2 = (uint16_t)(p_key_index->key_id_2_lsb | p_key_index->key_id_2_msb << 4);
}

/** A model: 2 octets of a SIG model, 4 of a vendor's. */
typedef union __attribute__((packed)) {
    struct __attribute__((packed)) {
        uint16_t model_id;
    } sig;
    struct __attribute__((packed)) {
        uint16_t company_id;
        uint16_t model_id;
    } vendor;
} config_model_id_t;

/** Publication, as messages have it. */
typedef struct __attribute__((packed)) {
    uint16_t appkey_index : 12;
    uint16_t credential_flag : 1;
    uint16_t rfu : 3;
    uint8_t publish_ttl;
    uint8_t publish_period;
    uint8_t retransmit_count : 3;
    uint8_t retransmit_interval : 5;
    config_model_id_t model_id;
} config_publication_params_t;

/* -- keys -------------------------------------------------------------------------------------- */

typedef struct __attribute__((packed)) {
    config_msg_key_index_24_t key_indexes;
    uint8_t appkey[NRF_MESH_KEY_SIZE];
} config_msg_appkey_add_t;

typedef struct __attribute__((packed)) {
    config_msg_key_index_24_t key_indexes;
    uint8_t appkey[NRF_MESH_KEY_SIZE];
} config_msg_appkey_update_t;

typedef struct __attribute__((packed)) {
    config_msg_key_index_24_t key_indexes;
} config_msg_appkey_delete_t;

typedef struct __attribute__((packed)) {
    uint16_t netkey_index;
} config_msg_appkey_get_t;

typedef struct __attribute__((packed)) {
    uint8_t status;
    config_msg_key_index_24_t key_indexes;
} config_msg_appkey_status_t;

/** Indexes are packed by twos: config_msg_key_index_24_t, and 2 octets for the last of an odd
 * number. */
typedef struct __attribute__((packed)) {
    uint8_t status;
    uint16_t netkey_index;
    uint8_t packed_indexes[];
} config_msg_appkey_list_t;

typedef struct __attribute__((packed)) {
    uint16_t netkey_index;
    uint8_t netkey[NRF_MESH_KEY_SIZE];
} config_msg_netkey_add_update_t;

typedef struct __attribute__((packed)) {
    uint16_t netkey_index;
} config_msg_netkey_delete_t;

typedef struct __attribute__((packed)) {
    uint8_t status;
    uint16_t netkey_index;
} config_msg_netkey_status_t;

typedef struct __attribute__((packed)) {
    uint16_t netkey_index;
} config_msg_key_refresh_phase_get_t;

typedef struct __attribute__((packed)) {
    uint16_t netkey_index;
    uint8_t transition;
} config_msg_key_refresh_phase_set_t;

typedef struct __attribute__((packed)) {
    uint8_t status;
    uint16_t netkey_index;
    uint8_t phase;
} config_msg_key_refresh_phase_status_t;

typedef struct __attribute__((packed)) {
    uint16_t netkey_index;
} config_msg_identity_get_t;

typedef struct __attribute__((packed)) {
    uint16_t netkey_index;
    uint8_t identity_state;
} config_msg_identity_set_t;

typedef struct __attribute__((packed)) {
    uint8_t status;
    uint16_t netkey_index;
    uint8_t identity_state;
} config_msg_identity_status_t;

/* -- models ------------------------------------------------------------------------------------ */

typedef struct __attribute__((packed)) {
    uint16_t element_address;
    config_model_id_t model_id;
} config_msg_publication_get_t;

typedef struct __attribute__((packed)) {
    uint16_t element_address;
    uint16_t publish_address;
    config_publication_params_t state;
} config_msg_publication_set_t;

typedef struct __attribute__((packed)) {
    uint16_t element_address;
    uint8_t publish_uuid[NRF_MESH_UUID_SIZE];
    config_publication_params_t state;
} config_msg_publication_virtual_set_t;

typedef struct __attribute__((packed)) {
    uint8_t status;
    uint16_t element_address;
    uint16_t publish_address;
    config_publication_params_t state;
} config_msg_publication_status_t;

typedef struct __attribute__((packed)) {
    uint16_t element_address;
    uint16_t address;
    config_model_id_t model_id;
} config_msg_subscription_add_del_owr_t;

typedef struct __attribute__((packed)) {
    uint16_t element_address;
    uint8_t virtual_uuid[NRF_MESH_UUID_SIZE];
    config_model_id_t model_id;
} config_msg_subscription_virtual_add_del_owr_t;

typedef struct __attribute__((packed)) {
    uint16_t element_address;
    config_model_id_t model_id;
} config_msg_subscription_delete_all_t;

typedef struct __attribute__((packed)) {
    uint8_t status;
    uint16_t element_address;
    uint16_t address;
    config_model_id_t model_id;
} config_msg_subscription_status_t;

typedef struct __attribute__((packed)) {
    uint16_t element_address;
    config_model_id_t model_id;
} config_msg_model_subscription_get_t;

typedef struct __attribute__((packed)) {
    uint8_t status;
    uint16_t element_address;
    uint16_t sig_model_id;
    uint16_t subscriptions[];
} config_msg_sig_model_subscription_list_t;

typedef struct __attribute__((packed)) {
    uint8_t status;
    uint16_t element_address;
    uint16_t vendor_company_id;
    uint16_t vendor_model_id;
    uint16_t subscriptions[];
} config_msg_vendor_model_subscription_list_t;

typedef struct __attribute__((packed)) {
    uint16_t element_address;
    uint16_t appkey_index;
    config_model_id_t model_id;
} config_msg_app_bind_unbind_t;

typedef struct __attribute__((packed)) {
    uint8_t status;
    uint16_t element_address;
    uint16_t appkey_index;
    config_model_id_t model_id;
} config_msg_app_status_t;

typedef struct __attribute__((packed)) {
    uint16_t element_address;
    config_model_id_t model_id;
} config_msg_model_app_get_t;

typedef struct __attribute__((packed)) {
    uint8_t status;
    uint16_t element_address;
    uint16_t sig_model_id;
    uint8_t key_indexes[];
} config_msg_sig_model_app_list_t;

typedef struct __attribute__((packed)) {
    uint8_t status;
    uint16_t element_address;
    uint16_t vendor_company_id;
    uint16_t vendor_model_id;
    uint8_t key_indexes[];
} config_msg_vendor_model_app_list_t;

/* -- the node ---------------------------------------------------------------------------------- */

typedef struct __attribute__((packed)) {
    uint8_t page_number;
} config_msg_composition_data_get_t;

typedef struct __attribute__((packed)) {
    uint8_t page_number;
    uint8_t data[];
} config_msg_composition_data_status_t;

typedef struct __attribute__((packed)) {
    uint8_t ttl;
} config_msg_default_ttl_set_t;

typedef struct __attribute__((packed)) {
    uint8_t ttl;
} config_msg_default_ttl_status_t;

typedef struct __attribute__((packed)) {
    uint8_t beacon_state;
} config_msg_net_beacon_set_t;

typedef struct __attribute__((packed)) {
    uint8_t beacon_state;
} config_msg_net_beacon_status_t;

typedef struct __attribute__((packed)) {
    uint8_t proxy_state;
} config_msg_proxy_set_t;

typedef struct __attribute__((packed)) {
    uint8_t proxy_state;
} config_msg_proxy_status_t;

typedef struct __attribute__((packed)) {
    uint8_t friend_state;
} config_msg_friend_set_t;

typedef struct __attribute__((packed)) {
    uint8_t friend_state;
} config_msg_friend_status_t;

typedef struct __attribute__((packed)) {
    uint8_t retransmit_count : 3;
    uint8_t interval_steps : 5;
} config_msg_network_transmit_set_t;

typedef struct __attribute__((packed)) {
    uint8_t retransmit_count : 3;
    uint8_t interval_steps : 5;
} config_msg_network_transmit_status_t;

typedef struct __attribute__((packed)) {
    uint8_t relay_state;
    uint8_t retransmit_count : 3;
    uint8_t retransmit_steps : 5;
} config_msg_relay_set_t;

typedef struct __attribute__((packed)) {
    uint8_t relay_state;
    uint8_t retransmit_count : 3;
    uint8_t retransmit_steps : 5;
} config_msg_relay_status_t;

typedef struct __attribute__((packed)) {
    uint16_t destination;
    uint8_t count_log;
    uint8_t period_log;
    uint8_t ttl;
    uint16_t features;
    uint16_t netkey_index;
} config_msg_heartbeat_publication_set_t;

typedef struct __attribute__((packed)) {
    uint8_t status;
    uint16_t destination;
    uint8_t count_log;
    uint8_t period_log;
    uint8_t ttl;
    uint16_t features;
    uint16_t netkey_index;
} config_msg_heartbeat_publication_status_t;

typedef struct __attribute__((packed)) {
    uint16_t source;
    uint16_t destination;
    uint8_t period_log;
} config_msg_heartbeat_subscription_set_t;

typedef struct __attribute__((packed)) {
    uint8_t status;
    uint16_t source;
    uint16_t destination;
    uint8_t period_log;
    uint8_t count_log;
    uint8_t min_hops;
    uint8_t max_hops;
} config_msg_heartbeat_subscription_status_t;

typedef struct __attribute__((packed)) {
    uint16_t lpn_address;
} config_msg_low_power_node_polltimeout_get_t;

/** The time in units of 100 ms, least significant octet first. */
typedef struct __attribute__((packed)) {
    uint16_t lpn_address;
    uint8_t poll_timeout[3];
} config_msg_low_power_node_polltimeout_status_t;

#endif
