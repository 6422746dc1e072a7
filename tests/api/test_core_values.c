/*
 * The core's headers hold what the SDK's do: values, and members in their order. nrf_error.h,
 * nrf_mesh.h, nrf_mesh_events.h, nrf_mesh_defines.h, nrf_mesh_config_core.h, nrf_mesh_assert.h,
 * nrf_mesh_opt.h, mesh_opt_core.h.
 */
#include "mesh_opt_core.h"
#include "nrf_mesh.h"
#include "nrf_mesh_assert.h"
#include "nrf_mesh_config_bearer.h"
#include "nrf_mesh_events.h"
#include "nrf_mesh_opt.h"
#include "nrf_mesh_prov_bearer_adv.h"
#include "nrf_mesh_prov_bearer_gatt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static unsigned assertions;

void mesh_assertion_handler(uint32_t pc)
{
    assert_int_equal(pc, 0xFFFFFFFFu);
    assertions++;
}

/* -- values ------------------------------------------------------------------------------------ */

static void error_codes_are_the_sdks(void **state)
{
    static const unsigned codes[] = {
        NRF_SUCCESS,
        NRF_ERROR_SVC_HANDLER_MISSING,
        NRF_ERROR_SOFTDEVICE_NOT_ENABLED,
        NRF_ERROR_INTERNAL,
        NRF_ERROR_NO_MEM,
        NRF_ERROR_NOT_FOUND,
        NRF_ERROR_NOT_SUPPORTED,
        NRF_ERROR_INVALID_PARAM,
        NRF_ERROR_INVALID_STATE,
        NRF_ERROR_INVALID_LENGTH,
        NRF_ERROR_INVALID_FLAGS,
        NRF_ERROR_INVALID_DATA,
        NRF_ERROR_DATA_SIZE,
        NRF_ERROR_TIMEOUT,
        NRF_ERROR_NULL,
        NRF_ERROR_FORBIDDEN,
        NRF_ERROR_INVALID_ADDR,
        NRF_ERROR_BUSY,
        NRF_ERROR_CONN_COUNT,
        NRF_ERROR_RESOURCES,
    };

    (void)state;
    for (unsigned i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        assert_int_equal(codes[i], i);
    }
    assert_int_equal(NRF_ERROR_BASE_NUM, 0);
    assert_int_equal(NRF_ERROR_SDM_BASE_NUM, 0x1000);
    assert_int_equal(NRF_ERROR_SOC_BASE_NUM, 0x2000);
    assert_int_equal(NRF_ERROR_STK_BASE_NUM, 0x3000);
}

static void defines_are_the_sdks(void **state)
{
    static const uint8_t channels[] = NRF_MESH_ADV_CHAN_ALL;

    (void)state;
    assert_int_equal(NRF_MESH_SEG_PAYLOAD_SIZE_MAX, 380);
    assert_int_equal(NRF_MESH_UPPER_TRANSPORT_PDU_SIZE_MAX, 384);
    assert_int_equal(NRF_MESH_UNSEG_PAYLOAD_SIZE_MAX, 11);
    assert_int_equal(NRF_MESH_KEY_SIZE, 16);
    assert_int_equal(NRF_MESH_NETID_SIZE, 8);
    assert_int_equal(NRF_MESH_UUID_SIZE, 16);
    assert_int_equal(NRF_MESH_TTL_MAX, 127);
    assert_int_equal(NRF_MESH_GLOBAL_KEY_INDEX_MAX, 0xFFF);
    assert_int_equal(NRF_MESH_BEACON_SECURE_NET_BCAST_INTERVAL_SECONDS, 10);
    assert_int_equal(NRF_MESH_BEACON_OBSERVATION_PERIODS, 2);
    assert_int_equal(NRF_MESH_BEACON_UNPROV_URI_HASH_SIZE, 4);
    assert_int_equal(NRF_MESH_ECDH_PUBLIC_KEY_SIZE, 64);
    assert_int_equal(NRF_MESH_ECDH_PRIVATE_KEY_SIZE, 32);
    assert_int_equal(NRF_MESH_ECDH_SHARED_SECRET_SIZE, 32);
    assert_int_equal(NRF_MESH_ADDR_UNASSIGNED, 0x0000);
    assert_int_equal(NRF_MESH_ALL_PROXIES_ADDR, 0xFFFC);
    assert_int_equal(NRF_MESH_ALL_FRIENDS_ADDR, 0xFFFD);
    assert_int_equal(NRF_MESH_ALL_RELAYS_ADDR, 0xFFFE);
    assert_int_equal(NRF_MESH_ALL_NODES_ADDR, 0xFFFF);
    assert_int_equal(NRF_MESH_ADDR_TYPE_BITS_OFFSET, 14);
    assert_int_equal(NRF_MESH_ADDR_TYPE_BITS_MASK, 0xC000);
    assert_int_equal(NRF_MESH_IRQ_PRIORITY_THREAD, 15);
    assert_int_equal(NRF_MESH_IRQ_PRIORITY_LOWEST, 6);
    assert_int_equal(NETWORK_SEQNUM_MAX, 0xFFFFFF);
    assert_int_equal(NETWORK_RELAY_RETRANSMITS_MAX, 7);
    assert_int_equal(NETWORK_RELAY_INTERVAL_STEPS_MAX, 31);
    assert_int_equal(NETWORK_MIN_IV_UPDATE_INTERVAL_MINUTES, 5760);
    assert_int_equal(NETWORK_IV_RECOVERY_LIMIT, 42);
    assert_int_equal(HEARTBEAT_TRIGGER_TYPE_RELAY, 1);
    assert_int_equal(HEARTBEAT_TRIGGER_TYPE_PROXY, 2);
    assert_int_equal(HEARTBEAT_TRIGGER_TYPE_FRIEND, 4);
    assert_int_equal(HEARTBEAT_TRIGGER_TYPE_LPN, 8);
    assert_int_equal(HEARTBEAT_TRIGGER_TYPE_MASK, 0xF);
    assert_int_equal(TRANSPORT_SAR_SEQNUM_DIFF_MAX, 8191);
    assert_memory_equal(channels, "\x25\x26\x27", 3);
    assert_int_equal(BEARER_ADV_INT_DEFAULT_MS, 20);
    assert_int_equal(BEARER_ADV_CHANNELS_MAX, 3);
    assert_int_equal(BEARER_SCAN_WINDOW_DEFAULT_MS, 2000);
}

static void settings_have_the_sdks_defaults(void **state)
{
    (void)state;
    assert_int_equal(PERSISTENT_STORAGE, 1);
    assert_int_equal(NRF_MESH_UECC_ENABLE, 1);
    assert_int_equal(AES_USE_HARDWARE, 1);
    assert_int_equal(CORE_TX_QUEUE_BUFFER_SIZE_ORIGINATOR, 256);
    assert_int_equal(CORE_TX_QUEUE_BUFFER_SIZE_RELAY, 128);
    assert_int_equal(CORE_TX_REPEAT_ORIGINATOR_DEFAULT, 1);
    assert_int_equal(CORE_TX_REPEAT_RELAY_DEFAULT, 1);
    assert_int_equal(MESH_FEATURE_RELAY_ENABLED, 1);
    assert_int_equal(MESH_FEATURE_GATT_PROXY_ENABLED, 0);
    assert_int_equal(MESH_FEATURE_LPN_ENABLED, 0);
    assert_int_equal(MESH_FEATURE_FRIEND_ENABLED, 0);
    assert_int_equal(MSG_CACHE_ENTRY_COUNT, 32);
    assert_int_equal(NETWORK_SEQNUM_FLASH_BLOCK_SIZE, 8192);
    assert_int_equal(NETWORK_SEQNUM_FLASH_BLOCK_THRESHOLD, 64);
    assert_int_equal(NETWORK_SEQNUM_IV_UPDATE_START_THRESHOLD, 0xFFFFFF / 2);
    assert_int_equal(NETWORK_SEQNUM_IV_UPDATE_END_THRESHOLD, 0xFFFFFF - 8191);
    assert_int_equal(TRANSPORT_SAR_SESSIONS_MAX, 4);
    assert_int_equal(TRANSPORT_SAR_SEGACK_TTL_DEFAULT, 8);
    assert_int_equal(REPLAY_CACHE_ENTRIES, 40);
    assert_int_equal(REPLAY_CACHE_STORAGE_STRATEGY, MESH_CONFIG_STRATEGY_ON_POWER_DOWN);
    assert_int_equal(FLASH_MANAGER_POOL_SIZE, 256);
    assert_int_equal(FLASH_MANAGER_ENTRY_MAX_SIZE, 128);
    assert_int_equal(FLASH_MANAGER_PAGE_COUNT_MAX, 255);
    assert_int_equal(MESH_GATT_PROXY_FILTER_ADDR_COUNT, 32);
    assert_int_equal(MESH_GATT_PROXY_NETWORK_ID_ADV_INT_MS, 2000);
    assert_int_equal(MESH_GATT_PROXY_NODE_IDENTITY_ADV_INT_MS, 200);
    assert_int_equal(MESH_GATT_PROXY_NODE_IDENTITY_DURATION_MS, 60000);
    assert_int_equal(ACCESS_MODEL_PUBLISH_PERIOD_RESTORE, 0);
    assert_int_equal(FSM_DEBUG, 0);
    assert_int_equal(INTERNAL_EVT_ENABLE, 0);
    assert_int_equal(MESH_FRIEND_FRIENDSHIP_COUNT, 2);
    assert_int_equal(MESH_FRIEND_SUBLIST_SIZE, 16);
    assert_int_equal(MESH_FRIEND_QUEUE_SIZE, 35);
    assert_int_equal(NRF_MESH_LOG_ENABLE, 1);
}

static void types_of_the_core_are_the_sdks(void **state)
{
    (void)state;
    assert_int_equal(NRF_MESH_INITIAL_TOKEN, 0);
    assert_int_equal(NRF_MESH_SERVICE_BORDER_TOKEN, 0xF0000000);
    assert_int_equal(NRF_MESH_FRIEND_TOKEN_BEGIN, 0xFFFFFE00);
    assert_int_equal(NRF_MESH_FRIEND_TOKEN_END, 0xFFFFFEFF);
    assert_int_equal(NRF_MESH_FRIEND_POLL_TOKEN, 0xFFFFFFF8);
    assert_int_equal(NRF_MESH_FRIEND_REQUEST_TOKEN, 0xFFFFFFF9);
    assert_int_equal(NRF_MESH_FRIEND_CLEAR_TOKEN, 0xFFFFFFFA);
    assert_int_equal(NRF_MESH_SUBMAN_ADD_TOKEN, 0xFFFFFFFB);
    assert_int_equal(NRF_MESH_SUBMAN_REMOVE_TOKEN, 0xFFFFFFFC);
    assert_int_equal(NRF_MESH_HEARTBEAT_TOKEN, 0xFFFFFFFD);
    assert_int_equal(NRF_MESH_SAR_TOKEN, 0xFFFFFFFE);
    assert_int_equal(NRF_MESH_RELAY_TOKEN, 0xFFFFFFFF);
    assert_int_equal(NRF_MESH_RX_SOURCE_SCANNER, 0);
    assert_int_equal(NRF_MESH_RX_SOURCE_GATT, 1);
    assert_int_equal(NRF_MESH_RX_SOURCE_INSTABURST, 2);
    assert_int_equal(NRF_MESH_RX_SOURCE_LOOPBACK, 3);
    assert_int_equal(NRF_MESH_KEY_REFRESH_PHASE_0, 0);
    assert_int_equal(NRF_MESH_KEY_REFRESH_PHASE_3, 3);
    assert_int_equal(NET_STATE_IV_UPDATE_NORMAL, 0);
    assert_int_equal(NET_STATE_IV_UPDATE_IN_PROGRESS, 1);
    assert_int_equal(NRF_MESH_ADDRESS_TYPE_INVALID, 0);
    assert_int_equal(NRF_MESH_ADDRESS_TYPE_UNICAST, 1);
    assert_int_equal(NRF_MESH_ADDRESS_TYPE_VIRTUAL, 2);
    assert_int_equal(NRF_MESH_ADDRESS_TYPE_GROUP, 3);
    assert_int_equal(NRF_MESH_TRANSMIC_SIZE_SMALL, 0);
    assert_int_equal(NRF_MESH_TRANSMIC_SIZE_LARGE, 1);
    assert_int_equal(NRF_MESH_TRANSMIC_SIZE_DEFAULT, 2);
    assert_int_equal(NRF_MESH_TRANSMIC_SIZE_INVALID, 3);
}

/* Members in the SDK's order. */
#define BEFORE(type, a, b) assert_true(offsetof(type, a) < offsetof(type, b))

static void members_are_in_the_sdks_order(void **state)
{
    (void)state;
    BEFORE(nrf_mesh_init_params_t, lfclksrc, relay_cb);
    BEFORE(nrf_mesh_init_params_t, relay_cb, irq_priority);
    BEFORE(nrf_mesh_init_params_t, irq_priority, p_uuid);
    BEFORE(nrf_mesh_rx_metadata_t, source, params);
    BEFORE(nrf_mesh_rx_metadata_t, params.scanner.timestamp, params.scanner.access_addr);
    BEFORE(nrf_mesh_rx_metadata_t, params.scanner.access_addr, params.scanner.channel);
    BEFORE(nrf_mesh_rx_metadata_t, params.scanner.channel, params.scanner.rssi);
    BEFORE(nrf_mesh_rx_metadata_t, params.scanner.rssi, params.scanner.adv_addr);
    BEFORE(nrf_mesh_rx_metadata_t, params.scanner.adv_addr, params.scanner.adv_type);
    BEFORE(nrf_mesh_rx_metadata_t, params.instaburst.rssi, params.instaburst.event.id.data_id);
    BEFORE(nrf_mesh_rx_metadata_t, params.instaburst.event.id.set_id,
           params.instaburst.event.packet_index);
    BEFORE(nrf_mesh_rx_metadata_t, params.instaburst.event.packet_index,
           params.instaburst.event.is_last_in_chain);
    BEFORE(nrf_mesh_rx_metadata_t, params.gatt.timestamp, params.gatt.connection_index);
    assert_int_equal(offsetof(nrf_mesh_rx_metadata_t, params.loopback.tx_token),
                     offsetof(nrf_mesh_rx_metadata_t, params));
    BEFORE(nrf_mesh_adv_packet_rx_data_t, adv_type, length);
    BEFORE(nrf_mesh_adv_packet_rx_data_t, length, p_payload);
    BEFORE(nrf_mesh_adv_packet_rx_data_t, p_payload, p_metadata);
    BEFORE(nrf_mesh_application_secmat_t, is_device_key, aid);
    BEFORE(nrf_mesh_application_secmat_t, aid, key);
    BEFORE(nrf_mesh_network_secmat_t, nid, encryption_key);
    BEFORE(nrf_mesh_network_secmat_t, encryption_key, privacy_key);
    BEFORE(nrf_mesh_beacon_secmat_t, key, net_id);
    BEFORE(nrf_mesh_beacon_info_t, iv_update_permitted, p_tx_info);
    BEFORE(nrf_mesh_beacon_info_t, p_tx_info, secmat);
    BEFORE(nrf_mesh_beacon_info_t, secmat, secmat_updated);
    BEFORE(nrf_mesh_secmat_t, p_net, p_app);
    BEFORE(nrf_mesh_address_t, type, value);
    BEFORE(nrf_mesh_address_t, value, p_virtual_uuid);
    BEFORE(nrf_mesh_tx_params_t, dst, src);
    BEFORE(nrf_mesh_tx_params_t, src, ttl);
    BEFORE(nrf_mesh_tx_params_t, ttl, force_segmented);
    BEFORE(nrf_mesh_tx_params_t, force_segmented, transmic_size);
    BEFORE(nrf_mesh_tx_params_t, transmic_size, p_data);
    BEFORE(nrf_mesh_tx_params_t, p_data, data_len);
    BEFORE(nrf_mesh_tx_params_t, data_len, security_material);
    BEFORE(nrf_mesh_tx_params_t, security_material, tx_token);
    BEFORE(mesh_opt_core_adv_t, enabled, tx_count);
    BEFORE(mesh_opt_core_adv_t, tx_count, tx_interval_ms);
    BEFORE(nrf_mesh_opt_t, len, opt);
}

static void events_are_the_sdks(void **state)
{
    static const nrf_mesh_evt_type_t types[] = {
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
    };

    (void)state;
    for (unsigned i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        assert_int_equal(types[i], i);
    }
    assert_int_equal(NRF_MESH_RX_FAILED_REASON_REPLAY_CACHE_FULL, 0);
    assert_int_equal(NRF_MESH_SAR_CANCEL_REASON_TIMEOUT, 0);
    assert_int_equal(NRF_MESH_SAR_CANCEL_REASON_RETRY_OVER, 1);
    assert_int_equal(NRF_MESH_SAR_CANCEL_REASON_NO_MEM, 2);
    assert_int_equal(NRF_MESH_SAR_CANCEL_BY_PEER, 3);
    assert_int_equal(NRF_MESH_SAR_CANCEL_REASON_INVALID_FORMAT, 4);
    assert_int_equal(NRF_MESH_SAR_CANCEL_PEER_STARTED_ANOTHER_SESSION, 5);
    assert_int_equal(NRF_MESH_SAR_CANCEL_REASON_FRIENDSHIP_TERMINATED, 6);
    assert_int_equal(NRF_MESH_SAR_CANCEL_REASON_FRIENDSHIP_ESTABLISHED, 7);
    assert_int_equal(NRF_MESH_SAR_CANCEL_REASON_LPN_RX_NOT_COMPLETE, 8);
    BEFORE(nrf_mesh_evt_handler_t, evt_cb, node);
    BEFORE(nrf_mesh_evt_handler_t, node, is_removed);
    BEFORE(nrf_mesh_evt_t, type, params);
    BEFORE(nrf_mesh_evt_message_t, p_buffer, length);
    BEFORE(nrf_mesh_evt_message_t, length, src);
    BEFORE(nrf_mesh_evt_message_t, src, dst);
    BEFORE(nrf_mesh_evt_message_t, dst, secmat);
    BEFORE(nrf_mesh_evt_message_t, secmat, ttl);
    BEFORE(nrf_mesh_evt_message_t, ttl, p_metadata);
    BEFORE(nrf_mesh_evt_tx_complete_t, token, timestamp);
    BEFORE(nrf_mesh_evt_iv_update_notification_t, state, p_network_id);
    BEFORE(nrf_mesh_evt_iv_update_notification_t, p_network_id, iv_index);
    BEFORE(nrf_mesh_evt_key_refresh_notification_t, subnet_index, p_network_id);
    BEFORE(nrf_mesh_evt_key_refresh_notification_t, p_network_id, phase);
    BEFORE(nrf_mesh_evt_net_beacon_received_t, p_beacon_info, p_beacon_secmat);
    BEFORE(nrf_mesh_evt_net_beacon_received_t, p_beacon_secmat, p_rx_metadata);
    BEFORE(nrf_mesh_evt_net_beacon_received_t, p_rx_metadata, p_auth_value);
    BEFORE(nrf_mesh_evt_net_beacon_received_t, p_auth_value, iv_index);
    BEFORE(nrf_mesh_evt_net_beacon_received_t, flags.iv_update, flags.key_refresh);
    BEFORE(nrf_mesh_evt_hb_message_t, init_ttl, hops);
    BEFORE(nrf_mesh_evt_hb_message_t, hops, features);
    BEFORE(nrf_mesh_evt_hb_message_t, features, src);
    BEFORE(nrf_mesh_evt_hb_subscription_change_t, p_old, p_new);
    BEFORE(nrf_mesh_evt_sar_failed_t, token, reason);
    BEFORE(nrf_mesh_evt_config_load_failure_t, reason, id);
    BEFORE(nrf_mesh_evt_config_load_failure_t, id, p_data);
    BEFORE(nrf_mesh_evt_config_load_failure_t, p_data, data_len);
    assert_int_equal(sizeof(nrf_mesh_fwid_t), 10);
}

static void assertions_call_the_application(void **state)
{
    unsigned evaluated = 0;

    (void)state;
    assertions = 0;
    NRF_MESH_ASSERT(1 + 1 == 2);
    NRF_MESH_ERROR_CHECK(NRF_SUCCESS);
    assert_int_equal(assertions, 0);
    NRF_MESH_ASSERT(evaluated++ != 0);
    NRF_MESH_ERROR_CHECK(NRF_ERROR_BUSY);
    assert_int_equal(assertions, 2);
    NRF_MESH_ASSERT_DEBUG(evaluated++ != 0);
    assert_int_equal(evaluated, 2);
    NRF_MESH_STATIC_ASSERT(sizeof(uint8_t) == 1);
    assertions = 0;
    assert_null(nrf_mesh_prov_bearer_adv_interface_get(NULL));
    assert_null(nrf_mesh_prov_bearer_gatt_interface_get(NULL));
    assert_int_equal(assertions, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(error_codes_are_the_sdks),
        cmocka_unit_test(defines_are_the_sdks),
        cmocka_unit_test(settings_have_the_sdks_defaults),
        cmocka_unit_test(types_of_the_core_are_the_sdks),
        cmocka_unit_test(members_are_in_the_sdks_order),
        cmocka_unit_test(events_are_the_sdks),
        cmocka_unit_test(assertions_call_the_application),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
