/*
 * The Configuration Client (config_client.h): each question and its answer, from a node that is
 * configured through the same API, and the return codes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config_rig.h"

#include "access_config.h"
#include "generic_onoff_server.h"
#include "mesh_stack.h"

#include <string.h>

#define MSG (&config_told.params.msg)

static const uint8_t app_key[NRF_MESH_KEY_SIZE] = { 0xA1 }, new_key[NRF_MESH_KEY_SIZE] = { 0xA2 };
static const uint8_t net_key[NRF_MESH_KEY_SIZE] = { 0xB1 };
static const uint8_t label[NRF_MESH_UUID_SIZE] = { 0x1A, 0xBE, 0x1 };

static void ask(struct rig *rig, uint32_t err, config_opcode_t opcode)
{
    config_answered(rig, err, opcode);
}

static void appkey_status_is(uint8_t status, uint16_t net, uint16_t app)
{
    uint16_t got_net, got_app;

    assert_int_equal(config_told.length, sizeof(config_msg_appkey_status_t));
    config_msg_key_index_24_get(&MSG->appkey_status.key_indexes, &got_net, &got_app);
    assert_int_equal(MSG->appkey_status.status, status);
    assert_int_equal(got_net, net);
    assert_int_equal(got_app, app);
}

static void a_node_tells_its_states(void **state)
{
    struct rig *rig = config_rig_new();

    (void)state;
    ask(rig, config_client_composition_data_get(0), CONFIG_OPCODE_COMPOSITION_DATA_STATUS);
    assert_int_equal(MSG->composition_data_status.page_number, 0);
    assert_int_equal(MSG->composition_data_status.data[0], DEVICE_COMPANY_ID & 0xFF);
    assert_int_equal(MSG->composition_data_status.data[2], DEVICE_PRODUCT_ID);
    assert_int_equal(MSG->composition_data_status.data[4], DEVICE_VERSION_ID);
    ask(rig, config_client_default_ttl_set(9), CONFIG_OPCODE_DEFAULT_TTL_STATUS);
    assert_int_equal(MSG->default_ttl_status.ttl, 9);
    ask(rig, config_client_default_ttl_get(), CONFIG_OPCODE_DEFAULT_TTL_STATUS);
    assert_int_equal(MSG->default_ttl_status.ttl, 9);
    ask(rig, config_client_relay_set(CONFIG_RELAY_STATE_DISABLED, 7, 31),
        CONFIG_OPCODE_RELAY_STATUS);
    ask(rig, config_client_relay_get(), CONFIG_OPCODE_RELAY_STATUS);
    assert_int_equal(MSG->relay_status.relay_state, CONFIG_RELAY_STATE_DISABLED);
    assert_int_equal(MSG->relay_status.retransmit_count, 7);
    assert_int_equal(MSG->relay_status.retransmit_steps, 31);
    ask(rig, config_client_network_transmit_set(2, 1), CONFIG_OPCODE_NETWORK_TRANSMIT_STATUS);
    ask(rig, config_client_network_transmit_get(), CONFIG_OPCODE_NETWORK_TRANSMIT_STATUS);
    assert_int_equal(config_told.params.octets[0], 2 | 1 << 3);
    ask(rig, config_client_net_beacon_set(CONFIG_NET_BEACON_STATE_DISABLED),
        CONFIG_OPCODE_BEACON_STATUS);
    ask(rig, config_client_net_beacon_get(), CONFIG_OPCODE_BEACON_STATUS);
    assert_int_equal(MSG->net_beacon_status.beacon_state, CONFIG_NET_BEACON_STATE_DISABLED);
    ask(rig, config_client_friend_set(CONFIG_FRIEND_STATE_ENABLED), CONFIG_OPCODE_FRIEND_STATUS);
    ask(rig, config_client_friend_get(), CONFIG_OPCODE_FRIEND_STATUS);
    assert_int_equal(MSG->friend_status.friend_state, CONFIG_FRIEND_STATE_UNSUPPORTED);
    ask(rig, config_client_gatt_proxy_set(CONFIG_PROXY_STATE_ENABLED),
        CONFIG_OPCODE_GATT_PROXY_STATUS);
    ask(rig, config_client_gatt_proxy_get(), CONFIG_OPCODE_GATT_PROXY_STATUS);
    assert_int_equal(MSG->proxy_status.proxy_state, CONFIG_PROXY_STATE_UNSUPPORTED);
    ask(rig, config_client_low_power_node_polltimeout_get(0x0123),
        CONFIG_OPCODE_LOW_POWER_NODE_POLLTIMEOUT_STATUS);
    assert_int_equal(config_told.length, 5);
    rig_free(rig);
}

static void keys_are_configured(void **state)
{
    struct rig *rig = config_rig_new();

    (void)state;
    ask(rig, config_client_appkey_add(0, 5, app_key), CONFIG_OPCODE_APPKEY_STATUS);
    appkey_status_is(ACCESS_STATUS_SUCCESS, 0, 5);
    ask(rig, config_client_appkey_add(0, 5, new_key), CONFIG_OPCODE_APPKEY_STATUS);
    appkey_status_is(ACCESS_STATUS_KEY_INDEX_ALREADY_STORED, 0, 5);
    ask(rig, config_client_appkey_update(0, 5, new_key), CONFIG_OPCODE_APPKEY_STATUS);
    appkey_status_is(ACCESS_STATUS_CANNOT_UPDATE, 0, 5);
    ask(rig, config_client_appkey_get(0), CONFIG_OPCODE_APPKEY_LIST);
    assert_int_equal(config_told.length, 5);
    assert_int_equal(MSG->appkey_list.status, ACCESS_STATUS_SUCCESS);
    assert_int_equal(MSG->appkey_list.netkey_index, 0);
    assert_int_equal(MSG->appkey_list.packed_indexes[0], 5);
    ask(rig, config_client_appkey_delete(0, 5), CONFIG_OPCODE_APPKEY_STATUS);
    appkey_status_is(ACCESS_STATUS_SUCCESS, 0, 5);

    ask(rig, config_client_netkey_add(3, net_key), CONFIG_OPCODE_NETKEY_STATUS);
    assert_int_equal(MSG->netkey_status.status, ACCESS_STATUS_SUCCESS);
    assert_int_equal(MSG->netkey_status.netkey_index, 3);
    ask(rig, config_client_netkey_get(), CONFIG_OPCODE_NETKEY_LIST);
    assert_int_equal(config_told.length, 3);
    ask(rig, config_client_netkey_update(3, new_key), CONFIG_OPCODE_NETKEY_STATUS);
    assert_int_equal(MSG->netkey_status.status, ACCESS_STATUS_SUCCESS);
    ask(rig, config_client_key_refresh_phase_get(3), CONFIG_OPCODE_KEY_REFRESH_PHASE_STATUS);
    assert_int_equal(MSG->key_refresh_phase_status.phase, 1);
    ask(rig, config_client_key_refresh_phase_set(3, NRF_MESH_KEY_REFRESH_PHASE_2),
        CONFIG_OPCODE_KEY_REFRESH_PHASE_STATUS);
    assert_int_equal(MSG->key_refresh_phase_status.phase, 2);
    ask(rig, config_client_key_refresh_phase_set(3, NRF_MESH_KEY_REFRESH_PHASE_3),
        CONFIG_OPCODE_KEY_REFRESH_PHASE_STATUS);
    assert_int_equal(MSG->key_refresh_phase_status.phase, 0);
    ask(rig, config_client_node_identity_get(3), CONFIG_OPCODE_NODE_IDENTITY_STATUS);
    ask(rig, config_client_node_identity_set(3, CONFIG_IDENTITY_STATE_RUNNING),
        CONFIG_OPCODE_NODE_IDENTITY_STATUS);
    assert_int_equal(MSG->identity_status.netkey_index, 3);
    assert_int_equal(MSG->identity_status.identity_state, CONFIG_IDENTITY_STATE_UNSUPPORTED);
    ask(rig, config_client_netkey_delete(3), CONFIG_OPCODE_NETKEY_STATUS);
    assert_int_equal(MSG->netkey_status.status, ACCESS_STATUS_SUCCESS);
    rig_free(rig);
}

static config_publication_state_t publication(nrf_mesh_address_t address)
{
    return (config_publication_state_t){
        .element_address = SERVER_ADDRESS,
        .publish_address = address,
        .appkey_index = 5,
        .publish_ttl = 40,
        .publish_period = { .step_res = ACCESS_PUBLISH_RESOLUTION_10S, .step_num = 3 },
        .retransmit_count = 1,
        .retransmit_interval = 2,
        .model_id = config_onoff
    };
}

static const nrf_mesh_address_t group = { .type = NRF_MESH_ADDRESS_TYPE_GROUP, .value = 0xC005 };
static const nrf_mesh_address_t virtual_address = { .type = NRF_MESH_ADDRESS_TYPE_VIRTUAL,
                                                    .p_virtual_uuid = label };

static void bindings_and_publications_are_configured(void **state)
{
    struct rig *rig = config_rig_new();
    config_publication_state_t p = publication(group);

    (void)state;
    ask(rig, config_client_appkey_add(0, 5, app_key), CONFIG_OPCODE_APPKEY_STATUS);
    ask(rig, config_client_model_app_bind(SERVER_ADDRESS, 5, config_onoff),
        CONFIG_OPCODE_MODEL_APP_STATUS);
    assert_int_equal(config_told.length, 7);
    assert_int_equal(MSG->app_status.status, ACCESS_STATUS_SUCCESS);
    assert_int_equal(MSG->app_status.element_address, SERVER_ADDRESS);
    assert_int_equal(MSG->app_status.appkey_index, 5);
    assert_int_equal(MSG->app_status.model_id.sig.model_id, GENERIC_ONOFF_SERVER_MODEL_ID);
    ask(rig, config_client_model_app_bind(SERVER_ADDRESS, 5, config_vendor),
        CONFIG_OPCODE_MODEL_APP_STATUS);
    assert_int_equal(MSG->app_status.model_id.vendor.company_id, VENDOR_COMPANY);
    assert_int_equal(MSG->app_status.model_id.vendor.model_id, VENDOR_MODEL);
    ask(rig, config_client_model_app_get(SERVER_ADDRESS, config_onoff),
        CONFIG_OPCODE_SIG_MODEL_APP_LIST);
    assert_int_equal(MSG->sig_model_app_list.sig_model_id, GENERIC_ONOFF_SERVER_MODEL_ID);
    assert_int_equal(MSG->sig_model_app_list.key_indexes[0], 5);
    ask(rig, config_client_model_app_get(SERVER_ADDRESS, config_vendor),
        CONFIG_OPCODE_VENDOR_MODEL_APP_LIST);
    assert_int_equal(MSG->vendor_model_app_list.vendor_model_id, VENDOR_MODEL);
    assert_int_equal(MSG->vendor_model_app_list.key_indexes[0], 5);

    ask(rig, config_client_model_publication_set(&p), CONFIG_OPCODE_MODEL_PUBLICATION_STATUS);
    ask(rig, config_client_model_publication_get(SERVER_ADDRESS, config_onoff),
        CONFIG_OPCODE_MODEL_PUBLICATION_STATUS);
    assert_int_equal(MSG->publication_status.status, ACCESS_STATUS_SUCCESS);
    assert_int_equal(MSG->publication_status.publish_address, group.value);
    assert_int_equal(MSG->publication_status.state.appkey_index, 5);
    assert_int_equal(MSG->publication_status.state.publish_ttl, 40);
    assert_int_equal(MSG->publication_status.state.publish_period, 3 | 2 << 6);
    assert_int_equal(MSG->publication_status.state.retransmit_count, 1);
    assert_int_equal(MSG->publication_status.state.retransmit_interval, 2);
    p = publication(virtual_address);
    ask(rig, config_client_model_publication_set(&p), CONFIG_OPCODE_MODEL_PUBLICATION_STATUS);
    assert_int_equal(MSG->publication_status.status, ACCESS_STATUS_SUCCESS);
    assert_int_equal(MSG->publication_status.publish_address >> 14, 2);
    p = publication((nrf_mesh_address_t){ 0 });
    ask(rig, config_client_model_publication_set(&p), CONFIG_OPCODE_MODEL_PUBLICATION_STATUS);
    assert_int_equal(MSG->publication_status.publish_address, 0);
    p = publication(group);
    p.frendship_credential_flag = true;
    ask(rig, config_client_model_publication_set(&p), CONFIG_OPCODE_MODEL_PUBLICATION_STATUS);
    assert_int_equal(MSG->publication_status.status, ACCESS_STATUS_FEATURE_NOT_SUPPORTED);
    ask(rig, config_client_model_app_unbind(SERVER_ADDRESS, 5, config_onoff),
        CONFIG_OPCODE_MODEL_APP_STATUS);
    assert_int_equal(MSG->app_status.status, ACCESS_STATUS_SUCCESS);
    rig_free(rig);
}

static void subscriptions_are_configured(void **state)
{
    struct rig *rig = config_rig_new();
    nrf_mesh_address_t other = { .type = NRF_MESH_ADDRESS_TYPE_GROUP, .value = 0xC006 };

    (void)state;
    ask(rig, config_client_model_subscription_add(SERVER_ADDRESS, group, config_onoff),
        CONFIG_OPCODE_MODEL_SUBSCRIPTION_STATUS);
    assert_int_equal(MSG->subscription_status.status, ACCESS_STATUS_SUCCESS);
    assert_int_equal(MSG->subscription_status.element_address, SERVER_ADDRESS);
    assert_int_equal(MSG->subscription_status.address, group.value);
    assert_int_equal(MSG->subscription_status.model_id.sig.model_id, GENERIC_ONOFF_SERVER_MODEL_ID);
    ask(rig, config_client_model_subscription_add(SERVER_ADDRESS, virtual_address, config_onoff),
        CONFIG_OPCODE_MODEL_SUBSCRIPTION_STATUS);
    assert_int_equal(MSG->subscription_status.address >> 14, 2);
    ask(rig, config_client_model_subscription_get(SERVER_ADDRESS, config_onoff),
        CONFIG_OPCODE_SIG_MODEL_SUBSCRIPTION_LIST);
    assert_int_equal(config_told.length, 9);
    assert_int_equal(MSG->sig_model_subscription_list.subscriptions[0], group.value);
    ask(rig, config_client_model_subscription_delete(SERVER_ADDRESS, virtual_address, config_onoff),
        CONFIG_OPCODE_MODEL_SUBSCRIPTION_STATUS);
    ask(rig, config_client_model_subscription_delete(SERVER_ADDRESS, group, config_onoff),
        CONFIG_OPCODE_MODEL_SUBSCRIPTION_STATUS);
    ask(rig, config_client_model_subscription_get(SERVER_ADDRESS, config_onoff),
        CONFIG_OPCODE_SIG_MODEL_SUBSCRIPTION_LIST);
    assert_int_equal(config_told.length, 5);
    ask(rig, config_client_model_subscription_add(SERVER_ADDRESS, group, config_vendor),
        CONFIG_OPCODE_MODEL_SUBSCRIPTION_STATUS);
    ask(rig, config_client_model_subscription_overwrite(SERVER_ADDRESS, other, config_vendor),
        CONFIG_OPCODE_MODEL_SUBSCRIPTION_STATUS);
    ask(rig, config_client_model_subscription_get(SERVER_ADDRESS, config_vendor),
        CONFIG_OPCODE_VENDOR_MODEL_SUBSCRIPTION_LIST);
    assert_int_equal(config_told.length, 9);
    assert_int_equal(MSG->vendor_model_subscription_list.subscriptions[0], other.value);
    ask(rig,
        config_client_model_subscription_overwrite(SERVER_ADDRESS, virtual_address, config_vendor),
        CONFIG_OPCODE_MODEL_SUBSCRIPTION_STATUS);
    assert_int_equal(MSG->subscription_status.status, ACCESS_STATUS_SUCCESS);
    ask(rig, config_client_model_subscription_delete_all(SERVER_ADDRESS, config_vendor),
        CONFIG_OPCODE_MODEL_SUBSCRIPTION_STATUS);
    ask(rig, config_client_model_subscription_get(SERVER_ADDRESS, config_vendor),
        CONFIG_OPCODE_VENDOR_MODEL_SUBSCRIPTION_LIST);
    assert_int_equal(config_told.length, 7);
    rig_free(rig);
}

static void heartbeats_are_configured(void **state)
{
    struct rig *rig = config_rig_new();
    config_msg_heartbeat_publication_set_t pub = {
        .destination = 0xC001, .count_log = 3, .period_log = 4, .ttl = 7, .features = 1
    };
    config_msg_heartbeat_subscription_set_t sub = { .source = 1,
                                                    .destination = 0xC001,
                                                    .period_log = 5 };

    (void)state;
    ask(rig, config_client_heartbeat_publication_set(&pub),
        CONFIG_OPCODE_HEARTBEAT_PUBLICATION_STATUS);
    ask(rig, config_client_heartbeat_publication_get(), CONFIG_OPCODE_HEARTBEAT_PUBLICATION_STATUS);
    assert_int_equal(MSG->heartbeat_publication_status.status, ACCESS_STATUS_SUCCESS);
    assert_int_equal(MSG->heartbeat_publication_status.destination, 0xC001);
    assert_int_equal(MSG->heartbeat_publication_status.period_log, 4);
    assert_int_equal(MSG->heartbeat_publication_status.ttl, 7);
    assert_int_equal(MSG->heartbeat_publication_status.features, 1);
    ask(rig, config_client_heartbeat_subscription_set(&sub),
        CONFIG_OPCODE_HEARTBEAT_SUBSCRIPTION_STATUS);
    ask(rig, config_client_heartbeat_subscription_get(),
        CONFIG_OPCODE_HEARTBEAT_SUBSCRIPTION_STATUS);
    assert_int_equal(MSG->heartbeat_subscription_status.source, 1);
    assert_int_equal(MSG->heartbeat_subscription_status.destination, 0xC001);
    rig_free(rig);
}

static void on_nothing(config_client_event_type_t event_type, const config_client_event_t *p_event,
                       uint16_t length)
{
    (void)event_type;
    (void)p_event;
    (void)length;
}

static void what_is_not_initialised_says_so(void **state)
{
    struct rig *rig = rig_new(1);

    (void)state;
    assert_int_equal(rig_stack_init(), NRF_SUCCESS);
    assert_int_equal(config_client_server_set(0, 0), NRF_ERROR_INVALID_STATE);
    assert_int_equal(config_client_server_bind(0), NRF_ERROR_INVALID_STATE);
    assert_int_equal(config_client_default_ttl_get(), NRF_ERROR_INVALID_STATE);
    assert_int_equal(config_client_relay_get(), NRF_ERROR_INVALID_STATE);
    assert_int_equal(config_client_network_transmit_get(), NRF_ERROR_INVALID_STATE);
    assert_int_equal(config_client_netkey_get(), NRF_ERROR_INVALID_STATE);
    config_client_pending_msg_cancel();
    assert_int_equal(config_client_init(NULL), NRF_ERROR_NULL);
    assert_int_equal(config_client_init(on_nothing), NRF_SUCCESS);
    assert_int_equal(config_client_init(on_nothing), NRF_ERROR_FORBIDDEN);
    assert_int_equal(config_client_netkey_get(), NRF_ERROR_INVALID_PARAM); /* nobody to ask */
    rig_free(rig);
}

static void arguments_are_checked(void **state)
{
    struct rig *rig = config_rig_new();
    config_publication_state_t p = publication(group);
    nrf_mesh_address_t unlabelled = { .type = NRF_MESH_ADDRESS_TYPE_VIRTUAL };

    (void)state;
    assert_int_equal(config_client_server_set(config_devkey, DSM_ADDR_MAX), NRF_ERROR_INVALID_ADDR);
    assert_int_equal(config_client_server_set(DSM_APP_MAX + DSM_DEVICE_MAX, config_address),
                     NRF_ERROR_INVALID_PARAM);
    assert_int_equal(config_client_server_bind(0), NRF_ERROR_INVALID_PARAM);
    assert_int_equal(config_client_default_ttl_set(1), NRF_ERROR_INVALID_PARAM);
    assert_int_equal(config_client_default_ttl_set(128), NRF_ERROR_INVALID_PARAM);
    assert_int_equal(config_client_relay_set(CONFIG_RELAY_STATE_ENABLED, 8, 0),
                     NRF_ERROR_INVALID_PARAM);
    assert_int_equal(config_client_relay_set(CONFIG_RELAY_STATE_ENABLED, 0, 32),
                     NRF_ERROR_INVALID_PARAM);
    assert_int_equal(config_client_relay_set(CONFIG_RELAY_STATE_UNSUPPORTED, 0, 0),
                     NRF_ERROR_INVALID_PARAM);
    assert_int_equal(config_client_network_transmit_set(8, 0), NRF_ERROR_INVALID_PARAM);
    assert_int_equal(config_client_network_transmit_set(0, 32), NRF_ERROR_INVALID_PARAM);
    assert_int_equal(config_client_appkey_add(0, 0x1000, app_key), NRF_ERROR_INVALID_PARAM);
    assert_int_equal(config_client_appkey_add(0, 0, NULL), NRF_ERROR_NULL);
    assert_int_equal(config_client_appkey_update(0, 0, NULL), NRF_ERROR_NULL);
    assert_int_equal(config_client_netkey_add(0, NULL), NRF_ERROR_NULL);
    assert_int_equal(config_client_netkey_update(0, NULL), NRF_ERROR_NULL);
    assert_int_equal(config_client_key_refresh_phase_set(0, NRF_MESH_KEY_REFRESH_PHASE_1),
                     NRF_ERROR_INVALID_PARAM);
    assert_int_equal(config_client_model_publication_set(NULL), NRF_ERROR_NULL);
    assert_int_equal(config_client_heartbeat_publication_set(NULL), NRF_ERROR_NULL);
    assert_int_equal(config_client_heartbeat_subscription_set(NULL), NRF_ERROR_NULL);
    p.retransmit_count = 8;
    assert_int_equal(config_client_model_publication_set(&p), NRF_ERROR_INVALID_PARAM);
    p.retransmit_count = 0;
    p.publish_address = unlabelled;
    assert_int_equal(config_client_model_publication_set(&p), NRF_ERROR_NULL);
    assert_int_equal(config_client_model_subscription_add(SERVER_ADDRESS, unlabelled, config_onoff),
                     NRF_ERROR_NULL);
    assert_int_equal(config_client_model_app_get(0, config_onoff), NRF_ERROR_INVALID_PARAM);
    assert_int_equal(config_told.count, 0);
    rig_free(rig);
}

static void one_question_is_pending_at_a_time(void **state)
{
    struct rig *rig = config_rig_new();

    (void)state;
    assert_int_equal(config_client_default_ttl_get(), NRF_SUCCESS);
    assert_int_equal(config_client_default_ttl_get(), NRF_ERROR_BUSY);
    assert_int_equal(config_client_appkey_add(0, 5, app_key), NRF_ERROR_BUSY);
    assert_int_equal(config_client_server_set(config_devkey, config_address), NRF_ERROR_BUSY);
    assert_int_equal(config_client_server_bind(config_devkey), NRF_ERROR_BUSY);
    config_client_pending_msg_cancel();
    assert_int_equal(config_told.count, 1);
    assert_int_equal(config_told.type, CONFIG_CLIENT_EVENT_TYPE_CANCELLED);
    assert_false(config_told.has_event);
    assert_int_equal(config_told.length, 0);
    config_client_pending_msg_cancel();
    assert_int_equal(config_told.count, 1);
    rig_run(rig, 1000); /* the answer that nobody waits for any more is told, too */
    assert_int_equal(config_told.count, 2);
    assert_int_equal(config_told.opcode, CONFIG_OPCODE_DEFAULT_TTL_STATUS);
    rig_enter(rig, CLIENT);
    ask(rig, config_client_relay_get(), CONFIG_OPCODE_RELAY_STATUS);
    rig_free(rig);
}

static unsigned left;

static void ask_again(void)
{
    if (left > 0) {
        left--;
        assert_int_equal(config_client_default_ttl_get(), NRF_SUCCESS);
    }
}

static void the_next_question_may_be_asked_when_one_is_answered(void **state)
{
    struct rig *rig = config_rig_new();

    (void)state;
    config_on_told = ask_again;
    left = 5;
    ask_again();
    rig_run(rig, 10000);
    assert_int_equal(left, 0);
    assert_int_equal(config_told.count, 5);
    rig_free(rig);
}

static void nobody_answers_for_a_minute(void **state)
{
    struct rig *rig = config_rig_new();
    static const uint8_t key[NRF_MESH_KEY_SIZE] = { 0x33 };
    dsm_handle_t devkey, address;

    (void)state;
    assert_int_equal(CONFIG_CLIENT_ACKED_TRANSACTION_TIMEOUT, 60000000);
    assert_int_equal(dsm_devkey_add(0x0100, 0, key, &devkey), NRF_SUCCESS);
    assert_int_equal(dsm_address_publish_add(0x0100, &address), NRF_SUCCESS);
    assert_int_equal(config_client_server_set(devkey, address), NRF_SUCCESS);
    assert_int_equal(config_client_appkey_add(0, 5, app_key), NRF_SUCCESS); /* in segments */
    rig_run(rig, 59500);
    assert_int_equal(config_told.count, 0);
    rig_run(rig, 1000);
    assert_int_equal(config_told.count, 1);
    assert_int_equal(config_told.type, CONFIG_CLIENT_EVENT_TYPE_TIMEOUT);
    assert_false(config_told.has_event);
    assert_int_equal(config_told.length, 0);
    rig_enter(rig, CLIENT);
    assert_int_equal(config_client_server_set(config_devkey, config_address), NRF_SUCCESS);
    ask(rig, config_client_default_ttl_get(), CONFIG_OPCODE_DEFAULT_TTL_STATUS);
    rig_free(rig);
}

static void a_client_whose_network_is_gone_is_free(void **state)
{
    struct rig *rig = config_rig_new();

    (void)state;
    assert_int_equal(config_client_default_ttl_get(), NRF_SUCCESS);
    mesh_stack_config_clear();
    assert_int_equal(config_told.count, 1);
    assert_int_equal(config_told.type, CONFIG_CLIENT_EVENT_TYPE_CANCELLED);
    assert_int_equal(config_client_default_ttl_get(), NRF_ERROR_INVALID_PARAM);
    rig_run(rig, 70000);
    assert_int_equal(config_told.count, 1);
    rig_free(rig);
}

/* A node configures itself as it does others. */
static void a_node_configures_itself(void **state)
{
    struct rig *rig = config_rig_new();
    dsm_handle_t devkey, address;

    (void)state;
    assert_int_equal(dsm_devkey_handle_get(0x0001, &devkey), NRF_SUCCESS);
    assert_int_equal(dsm_address_publish_add(0x0001, &address), NRF_SUCCESS);
    assert_int_equal(config_client_server_bind(devkey), NRF_SUCCESS);
    assert_int_equal(config_client_server_set(devkey, address), NRF_SUCCESS);
    ask(rig, config_client_default_ttl_set(11), CONFIG_OPCODE_DEFAULT_TTL_STATUS);
    assert_int_equal(access_default_ttl_get(), 11);
    rig_free(rig);
}

/* They are told if the device key that they come with is bound. */
static void statuses_that_nobody_asked_for(void **state)
{
    struct rig *rig = config_rig_new();
    access_model_handle_t handle;

    (void)state;
    assert_int_equal(CONFIG_CLIENT_MODEL_ID, 1);
    assert_int_equal(access_handle_get(0, (access_model_id_t)ACCESS_MODEL_SIG(1), &handle),
                     NRF_SUCCESS);
    for (unsigned i = 0; i < 2; i++) { /* the key is bound, then it is not */
        struct usher_target target = { .dst = 1, .key = USHER_KEY_DEVICE, .ttl = 4 };
        uint8_t ttl = 9;

        rig_enter(rig, SERVER);
        assert_int_equal(usher_send(&config_server_of(layer_stack())->model, &target,
                                    CONFIG_OPCODE_DEFAULT_TTL_STATUS, &ttl, 1, 0),
                         USHER_OK);
        rig_run(rig, 1000);
        assert_int_equal(config_told.count, 1);
        rig_enter(rig, CLIENT);
        assert_int_equal(access_model_application_unbind(handle, config_devkey), NRF_SUCCESS);
    }
    assert_int_equal(config_told.type, CONFIG_CLIENT_EVENT_TYPE_MSG);
    assert_int_equal(MSG->default_ttl_status.ttl, 9);
    rig_free(rig);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_node_tells_its_states),
        cmocka_unit_test(keys_are_configured),
        cmocka_unit_test(bindings_and_publications_are_configured),
        cmocka_unit_test(subscriptions_are_configured),
        cmocka_unit_test(heartbeats_are_configured),
        cmocka_unit_test(what_is_not_initialised_says_so),
        cmocka_unit_test(arguments_are_checked),
        cmocka_unit_test(one_question_is_pending_at_a_time),
        cmocka_unit_test(the_next_question_may_be_asked_when_one_is_answered),
        cmocka_unit_test(nobody_answers_for_a_minute),
        cmocka_unit_test(a_client_whose_network_is_gone_is_free),
        cmocka_unit_test(a_node_configures_itself),
        cmocka_unit_test(statuses_that_nobody_asked_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
