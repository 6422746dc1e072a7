/*
 * What the Configuration Server tells: a configuration client asked for a state, or changed one. A
 * change is in effect by then.
 */
#ifndef CONFIG_SERVER_EVENTS_H__
#define CONFIG_SERVER_EVENTS_H__

#include "access.h"
#include "config_messages.h"
#include "device_state_manager.h"
#include "heartbeat.h"

typedef enum {
    CONFIG_SERVER_EVT_BEACON_GET,
    CONFIG_SERVER_EVT_BEACON_SET,
    CONFIG_SERVER_EVT_COMPOSITION_DATA_GET,
    CONFIG_SERVER_EVT_DEFAULT_TTL_GET,
    CONFIG_SERVER_EVT_DEFAULT_TTL_SET,
    CONFIG_SERVER_EVT_GATT_PROXY_GET,
    CONFIG_SERVER_EVT_GATT_PROXY_SET,
    CONFIG_SERVER_EVT_RELAY_GET,
    CONFIG_SERVER_EVT_RELAY_SET,
    CONFIG_SERVER_EVT_MODEL_PUBLICATION_GET,
    CONFIG_SERVER_EVT_MODEL_PUBLICATION_SET,
    CONFIG_SERVER_EVT_MODEL_PUBLICATION_VIRTUAL_ADDRESS_SET,
    CONFIG_SERVER_EVT_MODEL_SUBSCRIPTION_ADD,
    CONFIG_SERVER_EVT_MODEL_SUBSCRIPTION_VIRTUAL_ADDRESS_ADD,
    CONFIG_SERVER_EVT_MODEL_SUBSCRIPTION_DELETE,
    CONFIG_SERVER_EVT_MODEL_SUBSCRIPTION_VIRTUAL_ADDRESS_DELETE,
    CONFIG_SERVER_EVT_MODEL_SUBSCRIPTION_OVERWRITE,
    CONFIG_SERVER_EVT_MODEL_SUBSCRIPTION_VIRTUAL_ADDRESS_OVERWRITE,
    CONFIG_SERVER_EVT_MODEL_SUBSCRIPTION_DELETE_ALL,
    CONFIG_SERVER_EVT_SIG_MODEL_SUBSCRIPTION_GET,
    CONFIG_SERVER_EVT_VENDOR_MODEL_SUBSCRIPTION_GET,
    CONFIG_SERVER_EVT_NETKEY_ADD,
    CONFIG_SERVER_EVT_NETKEY_UPDATE,
    CONFIG_SERVER_EVT_NETKEY_DELETE,
    CONFIG_SERVER_EVT_NETKEY_GET,
    CONFIG_SERVER_EVT_APPKEY_ADD,
    CONFIG_SERVER_EVT_APPKEY_UPDATE,
    CONFIG_SERVER_EVT_APPKEY_DELETE,
    CONFIG_SERVER_EVT_APPKEY_GET,
    CONFIG_SERVER_EVT_NODE_IDENTITY_GET,
    CONFIG_SERVER_EVT_NODE_IDENTITY_SET,
    CONFIG_SERVER_EVT_MODEL_APP_BIND,
    CONFIG_SERVER_EVT_MODEL_APP_UNBIND,
    CONFIG_SERVER_EVT_SIG_MODEL_APP_GET,
    CONFIG_SERVER_EVT_VENDOR_MODEL_APP_GET,
    CONFIG_SERVER_EVT_NODE_RESET,
    CONFIG_SERVER_EVT_FRIEND_GET,
    CONFIG_SERVER_EVT_FRIEND_SET,
    CONFIG_SERVER_EVT_KEY_REFRESH_PHASE_GET,
    CONFIG_SERVER_EVT_KEY_REFRESH_PHASE_SET,
    CONFIG_SERVER_EVT_HEARTBEAT_PUBLICATION_GET,
    CONFIG_SERVER_EVT_HEARTBEAT_PUBLICATION_SET,
    CONFIG_SERVER_EVT_HEARTBEAT_SUBSCRIPTION_GET,
    CONFIG_SERVER_EVT_HEARTBEAT_SUBSCRIPTION_SET,
    CONFIG_SERVER_EVT_LOW_POWER_NODE_POLLTIMEOUT_GET,
    CONFIG_SERVER_EVT_NETWORK_TRANSMIT_GET,
    CONFIG_SERVER_EVT_NETWORK_TRANSMIT_SET,
} config_server_evt_type_t;

/** What was asked for or changed. Handles of what is gone are those that it had. */
typedef struct {
    config_server_evt_type_t type;
    union {
        struct {
            config_net_beacon_state_t beacon_state;
        } beacon_set;
        struct {
            uint8_t page_number;
        } composition_data_get;
        struct {
            uint8_t default_ttl;
        } default_ttl_set;
        struct {
            config_proxy_state_t proxy_state;
        } proxy_set;
        struct {
            config_relay_state_t relay_state;
            uint8_t retransmit_count;
            uint8_t interval_steps;
        } relay_set;
        struct {
            access_model_handle_t model_handle;
        } publication_get;
        struct {
            access_model_handle_t model_handle;
        } model_publication_set;
        struct {
            access_model_handle_t model_handle;
            dsm_handle_t address_handle;
        } model_subscription_add;
        struct {
            access_model_handle_t model_handle;
            dsm_handle_t address_handle;
        } model_subscription_delete;
        struct {
            access_model_handle_t model_handle;
            dsm_handle_t address_handle;
        } model_subscription_overwrite;
        struct {
            access_model_handle_t model_handle;
        } model_subscription_delete_all;
        struct {
            access_model_handle_t model_handle;
        } model_subscription_get;
        struct {
            dsm_handle_t netkey_handle;
        } netkey_add;
        struct {
            dsm_handle_t netkey_handle;
        } netkey_update;
        struct {
            dsm_handle_t netkey_handle;
        } netkey_delete;
        struct {
            dsm_handle_t appkey_handle;
        } appkey_add;
        struct {
            dsm_handle_t appkey_handle;
        } appkey_update;
        struct {
            dsm_handle_t appkey_handle;
        } appkey_delete;
        struct {
            uint16_t netkey_index;
        } appkey_get;
        struct {
            access_model_handle_t model_handle;
            dsm_handle_t appkey_handle;
        } model_app_bind;
        struct {
            access_model_handle_t model_handle;
            dsm_handle_t appkey_handle;
        } model_app_unbind;
        struct {
            access_model_handle_t model_handle;
        } model_app_get;
        struct {
            config_friend_state_t friend_state;
        } friend_set;
        struct {
            dsm_handle_t subnet_handle;
        } key_refresh_phase_get;
        struct {
            nrf_mesh_key_refresh_phase_t kr_phase;
            dsm_handle_t subnet_handle;
        } key_refresh_phase_set;
        struct {
            const heartbeat_publication_state_t *p_publication_state;
        } heartbeat_publication_set;
        struct {
            const heartbeat_subscription_state_t *p_subscription_state;
        } heartbeat_subscription_set;
        struct {
            uint16_t lpn_address;
        } lpn_polltimeout_get;
        struct {
            uint8_t retransmit_count;
            uint8_t interval_steps;
        } network_transmit_set;
    } params;
} config_server_evt_t;

/** Pointers are good during the call. */
typedef void (*config_server_evt_cb_t)(const config_server_evt_t *p_evt);

#endif
