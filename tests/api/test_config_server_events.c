/*
 * The Configuration Server (config_server.h, config_server_events.h): what it tells when a client
 * configures it, for each question, and the flow of Node Reset.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config_rig.h"

#include "access_config.h"
#include "config_server.h"
#include "generic_onoff_server.h"
#include "mesh_opt_prov.h"
#include "mesh_stack.h"
#include "model_config_file.h"

#include <string.h>

#define PARAMS (&config_served.params)

static const uint8_t app_key[NRF_MESH_KEY_SIZE] = { 0xA1 }, new_key[NRF_MESH_KEY_SIZE] = { 0xA2 };
static const uint8_t net_key[NRF_MESH_KEY_SIZE] = { 0xB1 };
static const uint8_t label[NRF_MESH_UUID_SIZE] = { 0x1A, 0xBE, 0x1 };
static const nrf_mesh_address_t group = { .type = NRF_MESH_ADDRESS_TYPE_GROUP, .value = 0xC005 };
static const nrf_mesh_address_t virtual_address = { .type = NRF_MESH_ADDRESS_TYPE_VIRTUAL,
                                                    .p_virtual_uuid = label };

/* Awaits the answer to a question that was asked with this code; one event must have been told. */
static void served(struct rig *rig, uint32_t err, config_server_evt_type_t type)
{
    unsigned before = config_served_count, told = config_told.count;

    assert_int_equal(err, NRF_SUCCESS);
    for (unsigned i = 0; i < 500 && config_told.count == told; i++) {
        rig_run(rig, 10);
    }
    assert_int_equal(config_told.type, CONFIG_CLIENT_EVENT_TYPE_MSG);
    assert_int_equal(config_served_count, before + 1);
    assert_int_equal(config_served.type, type);
}

/* The same, but there must have been none. */
static void not_served(struct rig *rig, uint32_t err)
{
    unsigned before = config_served_count, told = config_told.count;

    assert_int_equal(err, NRF_SUCCESS);
    for (unsigned i = 0; i < 500 && config_told.count == told; i++) {
        rig_run(rig, 10);
    }
    assert_int_equal(config_told.type, CONFIG_CLIENT_EVENT_TYPE_MSG);
    assert_int_equal(config_served_count, before);
}

/* -- numbers ----------------------------------------------------------------------------------- */

static const config_server_evt_type_t all[] = {
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
};

static void events_have_their_numbers(void **state)
{
    (void)state;
    assert_int_equal(sizeof(all) / sizeof(all[0]), 47);
    for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        assert_int_equal(all[i], i);
    }
    assert_int_equal(offsetof(config_server_evt_t, type), 0);
    assert_true(offsetof(config_server_evt_t, params) >= sizeof(config_server_evt_type_t));
    assert_true(offsetof(config_server_evt_t, params.model_app_bind.model_handle) <
                offsetof(config_server_evt_t, params.model_app_bind.appkey_handle));
    assert_true(offsetof(config_server_evt_t, params.model_subscription_add.model_handle) <
                offsetof(config_server_evt_t, params.model_subscription_add.address_handle));
    assert_true(offsetof(config_server_evt_t, params.relay_set.relay_state) <
                offsetof(config_server_evt_t, params.relay_set.retransmit_count));
    assert_true(offsetof(config_server_evt_t, params.key_refresh_phase_set.kr_phase) <
                offsetof(config_server_evt_t, params.key_refresh_phase_set.subnet_handle));
}

/* -- events ------------------------------------------------------------------------------------ */

static void states_of_the_node_are_told(void **state)
{
    struct rig *rig = config_rig_new();

    (void)state;
    served(rig, config_client_composition_data_get(0), CONFIG_SERVER_EVT_COMPOSITION_DATA_GET);
    assert_int_equal(PARAMS->composition_data_get.page_number, 0);
    served(rig, config_client_default_ttl_get(), CONFIG_SERVER_EVT_DEFAULT_TTL_GET);
    served(rig, config_client_default_ttl_set(7), CONFIG_SERVER_EVT_DEFAULT_TTL_SET);
    assert_int_equal(PARAMS->default_ttl_set.default_ttl, 7);
    served(rig, config_client_net_beacon_get(), CONFIG_SERVER_EVT_BEACON_GET);
    served(rig, config_client_net_beacon_set(CONFIG_NET_BEACON_STATE_ENABLED),
           CONFIG_SERVER_EVT_BEACON_SET);
    assert_int_equal(PARAMS->beacon_set.beacon_state, CONFIG_NET_BEACON_STATE_ENABLED);
    served(rig, config_client_relay_get(), CONFIG_SERVER_EVT_RELAY_GET);
    served(rig, config_client_relay_set(CONFIG_RELAY_STATE_ENABLED, 3, 12),
           CONFIG_SERVER_EVT_RELAY_SET);
    assert_int_equal(PARAMS->relay_set.relay_state, CONFIG_RELAY_STATE_ENABLED);
    assert_int_equal(PARAMS->relay_set.retransmit_count, 3);
    assert_int_equal(PARAMS->relay_set.interval_steps, 12);
    served(rig, config_client_network_transmit_get(), CONFIG_SERVER_EVT_NETWORK_TRANSMIT_GET);
    served(rig, config_client_network_transmit_set(2, 1), CONFIG_SERVER_EVT_NETWORK_TRANSMIT_SET);
    assert_int_equal(PARAMS->network_transmit_set.retransmit_count, 2);
    assert_int_equal(PARAMS->network_transmit_set.interval_steps, 1);
    served(rig, config_client_low_power_node_polltimeout_get(0x0100),
           CONFIG_SERVER_EVT_LOW_POWER_NODE_POLLTIMEOUT_GET);
    assert_int_equal(PARAMS->lpn_polltimeout_get.lpn_address, 0x0100);
    served(rig, config_client_gatt_proxy_get(), CONFIG_SERVER_EVT_GATT_PROXY_GET);
    not_served(rig, config_client_gatt_proxy_set(CONFIG_PROXY_STATE_ENABLED));
    served(rig, config_client_friend_get(), CONFIG_SERVER_EVT_FRIEND_GET);
    not_served(rig, config_client_friend_set(CONFIG_FRIEND_STATE_ENABLED));
    served(rig, config_client_node_identity_get(0), CONFIG_SERVER_EVT_NODE_IDENTITY_GET);
    not_served(rig, config_client_node_identity_set(0, CONFIG_IDENTITY_STATE_RUNNING));
    rig_free(rig);
}

/* What handle a key has on the server. */
static dsm_handle_t appkey_handle(struct rig *rig, uint16_t index)
{
    dsm_handle_t handle;

    rig_enter(rig, SERVER);
    handle = dsm_appkey_index_to_appkey_handle(index);
    rig_enter(rig, CLIENT);
    return handle;
}

static dsm_handle_t subnet_handle(struct rig *rig, uint16_t index)
{
    dsm_handle_t handle;

    rig_enter(rig, SERVER);
    handle = dsm_net_key_index_to_subnet_handle(index);
    rig_enter(rig, CLIENT);
    return handle;
}

static void keys_are_told_by_their_handles(void **state)
{
    struct rig *rig = config_rig_new();
    dsm_handle_t handle;

    (void)state;
    served(rig, config_client_netkey_add(3, net_key), CONFIG_SERVER_EVT_NETKEY_ADD);
    handle = PARAMS->netkey_add.netkey_handle;
    assert_int_equal(handle, subnet_handle(rig, 3));
    assert_int_not_equal(handle, DSM_HANDLE_INVALID);
    not_served(rig, config_client_netkey_add(3, new_key)); /* refused */
    served(rig, config_client_netkey_get(), CONFIG_SERVER_EVT_NETKEY_GET);
    served(rig, config_client_netkey_update(3, new_key), CONFIG_SERVER_EVT_NETKEY_UPDATE);
    assert_int_equal(PARAMS->netkey_update.netkey_handle, handle);
    served(rig, config_client_key_refresh_phase_get(3), CONFIG_SERVER_EVT_KEY_REFRESH_PHASE_GET);
    assert_int_equal(PARAMS->key_refresh_phase_get.subnet_handle, handle);

    served(rig, config_client_appkey_add(3, 5, app_key), CONFIG_SERVER_EVT_APPKEY_ADD);
    assert_int_equal(PARAMS->appkey_add.appkey_handle, appkey_handle(rig, 5));
    assert_int_not_equal(PARAMS->appkey_add.appkey_handle, DSM_HANDLE_INVALID);
    served(rig, config_client_appkey_update(3, 5, new_key), CONFIG_SERVER_EVT_APPKEY_UPDATE);
    assert_int_equal(PARAMS->appkey_update.appkey_handle, appkey_handle(rig, 5));
    served(rig, config_client_appkey_get(3), CONFIG_SERVER_EVT_APPKEY_GET);
    assert_int_equal(PARAMS->appkey_get.netkey_index, 3);

    served(rig, config_client_key_refresh_phase_set(3, NRF_MESH_KEY_REFRESH_PHASE_2),
           CONFIG_SERVER_EVT_KEY_REFRESH_PHASE_SET);
    assert_int_equal(PARAMS->key_refresh_phase_set.kr_phase, NRF_MESH_KEY_REFRESH_PHASE_2);
    assert_int_equal(PARAMS->key_refresh_phase_set.subnet_handle, handle);

    served(rig, config_client_appkey_add(0, 6, app_key), CONFIG_SERVER_EVT_APPKEY_ADD);
    handle = appkey_handle(rig, 6);
    served(rig, config_client_appkey_delete(0, 6), CONFIG_SERVER_EVT_APPKEY_DELETE);
    assert_int_equal(PARAMS->appkey_delete.appkey_handle, handle);
    assert_int_equal(appkey_handle(rig, 6), DSM_HANDLE_INVALID);
    not_served(rig, config_client_appkey_delete(0, 6)); /* it was not there */
    handle = subnet_handle(rig, 3);
    served(rig, config_client_netkey_delete(3), CONFIG_SERVER_EVT_NETKEY_DELETE);
    assert_int_equal(PARAMS->netkey_delete.netkey_handle, handle);
    assert_int_equal(subnet_handle(rig, 3), DSM_HANDLE_INVALID);
    rig_free(rig);
}

/* What handle a model has on the server. */
static access_model_handle_t model_handle(struct rig *rig, access_model_id_t id)
{
    access_model_handle_t handle;

    rig_enter(rig, SERVER);
    assert_int_equal(access_handle_get(0, id, &handle), NRF_SUCCESS);
    rig_enter(rig, CLIENT);
    return handle;
}

static void publications_and_bindings_are_told(void **state)
{
    struct rig *rig = config_rig_new();
    access_model_handle_t onoff = model_handle(rig, config_onoff);
    access_model_handle_t vendor = model_handle(rig, config_vendor);
    config_publication_state_t p = { .element_address = SERVER_ADDRESS,
                                     .publish_address = group,
                                     .appkey_index = 5,
                                     .model_id = config_onoff };

    (void)state;
    served(rig, config_client_appkey_add(0, 5, app_key), CONFIG_SERVER_EVT_APPKEY_ADD);
    not_served(rig, config_client_model_publication_set(&p)); /* the key is not bound */
    served(rig, config_client_model_app_bind(SERVER_ADDRESS, 5, config_onoff),
           CONFIG_SERVER_EVT_MODEL_APP_BIND);
    assert_int_equal(PARAMS->model_app_bind.model_handle, onoff);
    assert_int_equal(PARAMS->model_app_bind.appkey_handle, appkey_handle(rig, 5));
    served(rig, config_client_model_app_get(SERVER_ADDRESS, config_onoff),
           CONFIG_SERVER_EVT_SIG_MODEL_APP_GET);
    assert_int_equal(PARAMS->model_app_get.model_handle, onoff);
    served(rig, config_client_model_app_get(SERVER_ADDRESS, config_vendor),
           CONFIG_SERVER_EVT_VENDOR_MODEL_APP_GET);
    assert_int_equal(PARAMS->model_app_get.model_handle, vendor);
    not_served(rig, config_client_model_app_bind(SERVER_ADDRESS, 6, config_onoff));

    served(rig, config_client_model_publication_set(&p), CONFIG_SERVER_EVT_MODEL_PUBLICATION_SET);
    assert_int_equal(PARAMS->model_publication_set.model_handle, onoff);
    p.publish_address = virtual_address;
    served(rig, config_client_model_publication_set(&p),
           CONFIG_SERVER_EVT_MODEL_PUBLICATION_VIRTUAL_ADDRESS_SET);
    assert_int_equal(PARAMS->model_publication_set.model_handle, onoff);
    served(rig, config_client_model_publication_get(SERVER_ADDRESS, config_onoff),
           CONFIG_SERVER_EVT_MODEL_PUBLICATION_GET);
    assert_int_equal(PARAMS->publication_get.model_handle, onoff);
    served(rig, config_client_model_app_unbind(SERVER_ADDRESS, 5, config_onoff),
           CONFIG_SERVER_EVT_MODEL_APP_UNBIND);
    assert_int_equal(PARAMS->model_app_unbind.model_handle, onoff);
    assert_int_equal(PARAMS->model_app_unbind.appkey_handle, appkey_handle(rig, 5));
    rig_free(rig);
}

/* What handle an address has on the server. */
static dsm_handle_t address_handle(struct rig *rig, uint16_t address, const uint8_t *uuid)
{
    nrf_mesh_address_t a = { .type = uuid != NULL ? NRF_MESH_ADDRESS_TYPE_VIRTUAL
                                                  : NRF_MESH_ADDRESS_TYPE_GROUP,
                             .value = address,
                             .p_virtual_uuid = uuid };
    dsm_handle_t handle = DSM_HANDLE_INVALID;

    rig_enter(rig, SERVER);
    (void)dsm_address_handle_get(&a, &handle);
    rig_enter(rig, CLIENT);
    return handle;
}

static uint16_t told_address(void)
{
    return config_told.params.msg.subscription_status.address;
}

static void subscriptions_are_told_by_their_handles(void **state)
{
    struct rig *rig = config_rig_new();
    access_model_handle_t onoff = model_handle(rig, config_onoff);
    access_model_handle_t vendor = model_handle(rig, config_vendor);
    dsm_handle_t handle;

    (void)state;
    served(rig, config_client_model_subscription_add(SERVER_ADDRESS, group, config_onoff),
           CONFIG_SERVER_EVT_MODEL_SUBSCRIPTION_ADD);
    handle = PARAMS->model_subscription_add.address_handle;
    assert_int_equal(PARAMS->model_subscription_add.model_handle, onoff);
    assert_int_not_equal(handle, DSM_HANDLE_INVALID);
    assert_int_equal(handle, address_handle(rig, group.value, NULL));
    served(rig, config_client_model_subscription_get(SERVER_ADDRESS, config_onoff),
           CONFIG_SERVER_EVT_SIG_MODEL_SUBSCRIPTION_GET);
    assert_int_equal(PARAMS->model_subscription_get.model_handle, onoff);
    served(rig, config_client_model_subscription_delete(SERVER_ADDRESS, group, config_onoff),
           CONFIG_SERVER_EVT_MODEL_SUBSCRIPTION_DELETE);
    assert_int_equal(PARAMS->model_subscription_delete.model_handle, onoff);
    assert_int_equal(PARAMS->model_subscription_delete.address_handle, handle);
    assert_int_equal(address_handle(rig, group.value, NULL), DSM_HANDLE_INVALID);

    served(rig, config_client_model_subscription_add(SERVER_ADDRESS, virtual_address, config_onoff),
           CONFIG_SERVER_EVT_MODEL_SUBSCRIPTION_VIRTUAL_ADDRESS_ADD);
    handle = PARAMS->model_subscription_add.address_handle;
    assert_int_not_equal(handle, DSM_HANDLE_INVALID);
    assert_int_equal(handle, address_handle(rig, told_address(), label));
    served(rig,
           config_client_model_subscription_delete(SERVER_ADDRESS, virtual_address, config_onoff),
           CONFIG_SERVER_EVT_MODEL_SUBSCRIPTION_VIRTUAL_ADDRESS_DELETE);
    assert_int_equal(PARAMS->model_subscription_delete.address_handle, handle);

    served(rig, config_client_model_subscription_overwrite(SERVER_ADDRESS, group, config_vendor),
           CONFIG_SERVER_EVT_MODEL_SUBSCRIPTION_OVERWRITE);
    assert_int_equal(PARAMS->model_subscription_overwrite.model_handle, vendor);
    assert_int_equal(PARAMS->model_subscription_overwrite.address_handle,
                     address_handle(rig, group.value, NULL));
    served(
        rig,
        config_client_model_subscription_overwrite(SERVER_ADDRESS, virtual_address, config_vendor),
        CONFIG_SERVER_EVT_MODEL_SUBSCRIPTION_VIRTUAL_ADDRESS_OVERWRITE);
    assert_int_equal(PARAMS->model_subscription_overwrite.address_handle,
                     address_handle(rig, told_address(), label));
    served(rig, config_client_model_subscription_get(SERVER_ADDRESS, config_vendor),
           CONFIG_SERVER_EVT_VENDOR_MODEL_SUBSCRIPTION_GET);
    served(rig, config_client_model_subscription_delete_all(SERVER_ADDRESS, config_vendor),
           CONFIG_SERVER_EVT_MODEL_SUBSCRIPTION_DELETE_ALL);
    assert_int_equal(PARAMS->model_subscription_delete_all.model_handle, vendor);
    rig_free(rig);
}

static void heartbeats_are_told(void **state)
{
    struct rig *rig = config_rig_new();
    config_msg_heartbeat_publication_set_t pub = {
        .destination = 0xC001, .count_log = 3, .period_log = 4, .ttl = 7, .features = 1
    };
    config_msg_heartbeat_subscription_set_t sub = { .source = 1,
                                                    .destination = 0xC001,
                                                    .period_log = 5 };

    (void)state;
    served(rig, config_client_heartbeat_publication_get(),
           CONFIG_SERVER_EVT_HEARTBEAT_PUBLICATION_GET);
    served(rig, config_client_heartbeat_publication_set(&pub),
           CONFIG_SERVER_EVT_HEARTBEAT_PUBLICATION_SET);
    assert_int_equal(config_served_publication.dst, 0xC001);
    assert_int_equal(config_served_publication.count, 4);
    assert_int_equal(config_served_publication.period, 4);
    assert_int_equal(config_served_publication.ttl, 7);
    assert_int_equal(config_served_publication.features, 1);
    assert_int_equal(config_served_publication.netkey_index, 0);
    served(rig, config_client_heartbeat_subscription_get(),
           CONFIG_SERVER_EVT_HEARTBEAT_SUBSCRIPTION_GET);
    served(rig, config_client_heartbeat_subscription_set(&sub),
           CONFIG_SERVER_EVT_HEARTBEAT_SUBSCRIPTION_SET);
    assert_int_equal(config_served_subscription.src, 1);
    assert_int_equal(config_served_subscription.dst, 0xC001);
    assert_in_range(config_served_subscription.period, 15, 16);
    rig_free(rig);
}

/* -- Node Reset -------------------------------------------------------------------------------- */

static void node_reset_is_told_when_all_is_cleared(void **state)
{
    struct rig *rig = config_rig_new();
    dsm_local_unicast_address_t local;
    mesh_key_index_t keys[DSM_SUBNET_MAX];
    uint32_t count = DSM_SUBNET_MAX;
    bool offloading = true;
    unsigned told;

    (void)state;
    served(rig, config_client_appkey_add(0, 5, app_key), CONFIG_SERVER_EVT_APPKEY_ADD);
    rig_enter(rig, SERVER);
    assert_int_equal(mesh_opt_prov_ecdh_offloading_set(true), NRF_SUCCESS);
    rig_enter(rig, CLIENT);
    not_served(rig, config_client_node_reset()); /* answered, and not done yet */
    assert_int_equal(config_told.opcode, CONFIG_OPCODE_NODE_RESET_STATUS);
    assert_int_equal(config_told.length, 0);
    rig_enter(rig, SERVER);
    assert_true(mesh_stack_is_device_provisioned());
    rig_listen();
    told = config_served_count;
    rig_run(rig, 10000);
    assert_int_equal(config_served_count, told + 1);
    assert_int_equal(config_served.type, CONFIG_SERVER_EVT_NODE_RESET);
    assert_int_not_equal(rig_told[NRF_MESH_EVT_CONFIG_STABLE], 0);
    rig_enter(rig, SERVER);
    assert_false(mesh_stack_is_device_provisioned());
    dsm_local_unicast_addresses_get(&local);
    assert_int_equal(local.address_start, 0);
    assert_int_equal(dsm_subnet_get_all(keys, &count), NRF_SUCCESS);
    assert_int_equal(count, 0);
    assert_int_equal(mesh_opt_prov_ecdh_offloading_get(&offloading), NRF_SUCCESS);
    assert_false(offloading); /* options are set back, too */
    rig_free(rig);
}

static unsigned stable_before_reset;

static void on_reset(const config_server_evt_t *p_evt)
{
    if (p_evt->type == CONFIG_SERVER_EVT_NODE_RESET) {
        stable_before_reset = rig_told[NRF_MESH_EVT_CONFIG_STABLE];
        config_served_count++;
    }
}

/* Storage that cannot be cleared keeps the node, until it can. */
static void node_reset_waits_for_storage(void **state)
{
    struct rig *rig = config_rig_new();
    unsigned told;

    (void)state;
    not_served(rig, config_client_node_reset());
    rig_enter(rig, SERVER);
    layer_stack()->models.server_cb = on_reset;
    rig_listen();
    rig->device[SERVER].store.fails = true;
    told = config_served_count;
    rig_run(rig, 10000);
    assert_int_equal(config_served_count, told);
    rig->device[SERVER].store.fails = false;
    rig_run(rig, 10000);
    assert_int_equal(config_served_count, told + 1);
    assert_int_not_equal(stable_before_reset, 0);
    rig_restart(rig, SERVER);
    assert_int_equal(rig_stack_init(), NRF_SUCCESS);
    assert_false(mesh_stack_is_device_provisioned());
    rig_free(rig);
}

static enum usher_err no_room(void *ctx, uint16_t key, const uint8_t *buf, size_t len)
{
    (void)ctx;
    (void)key;
    (void)buf;
    (void)len;
    return USHER_E_NO_MEM;
}

/* The application resets the chip when it is told: what it has set itself must be stored by then.
 */
static void node_reset_is_told_when_all_is_stored(void **state)
{
    struct rig *rig = config_rig_new();
    enum usher_err (*kv_set)(void *ctx, uint16_t key, const uint8_t *buf, size_t len);
    unsigned told;

    (void)state;
    not_served(rig, config_client_node_reset());
    rig_enter(rig, SERVER);
    kv_set = layer_stack()->core.port.kv_set;
    layer_stack()->core.port.kv_set = no_room;
    assert_int_equal(model_config_file_config_apply(), NRF_SUCCESS); /* sets an entry */
    told = config_served_count;
    rig_run(rig, 10000);
    rig_enter(rig, SERVER);
    assert_false(mesh_stack_is_device_provisioned());
    assert_int_equal(config_served_count, told);
    layer_stack()->core.port.kv_set = kv_set;
    rig_run(rig, 3000);
    assert_int_equal(config_served_count, told + 1);
    assert_int_equal(config_served.type, CONFIG_SERVER_EVT_NODE_RESET);
    rig_free(rig);
}

/* -- calls ------------------------------------------------------------------------------------- */

static void calls_have_their_codes(void **state)
{
    struct rig *rig = rig_new(2);
    static const uint8_t key[NRF_MESH_KEY_SIZE] = { 0x44 };
    dsm_handle_t devkey;

    (void)state;
    assert_int_equal(CONFIG_SERVER_MODEL_ID, 0);
    assert_int_equal(config_server_bind(DSM_APP_MAX), NRF_ERROR_NOT_FOUND);
    rig_join(rig, 0);
    assert_int_equal(config_server_init(NULL), NRF_ERROR_FORBIDDEN);
    assert_int_equal(config_server_bind(0), NRF_ERROR_INVALID_PARAM);
    assert_int_equal(config_server_bind(DSM_HANDLE_INVALID), NRF_ERROR_INVALID_PARAM);
    assert_int_equal(dsm_devkey_handle_get(1, &devkey), NRF_SUCCESS);
    assert_int_equal(config_server_bind(devkey), NRF_SUCCESS);
    assert_int_equal(dsm_devkey_add(0x0200, 0, key, &devkey), NRF_SUCCESS);
    assert_int_equal(config_server_bind(devkey), NRF_SUCCESS);
    rig_free(rig);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_have_their_numbers),
        cmocka_unit_test(states_of_the_node_are_told),
        cmocka_unit_test(keys_are_told_by_their_handles),
        cmocka_unit_test(publications_and_bindings_are_told),
        cmocka_unit_test(subscriptions_are_told_by_their_handles),
        cmocka_unit_test(heartbeats_are_told),
        cmocka_unit_test(node_reset_is_told_when_all_is_cleared),
        cmocka_unit_test(node_reset_waits_for_storage),
        cmocka_unit_test(node_reset_is_told_when_all_is_stored),
        cmocka_unit_test(calls_have_their_codes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
