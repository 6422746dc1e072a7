/*
 * The messages of the Configuration models as an application reads them (config_messages.h,
 * config_opcodes.h): sizes, places of their members, opcodes; and the same octets from the core.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config_client.h"
#include "config_messages.h"
#include "config_opcodes.h"
#include "config_pdu.h"

#include <usher/models.h>

#include <string.h>

#define SIZE(type, size) assert_int_equal(sizeof(config_##type##_t), size)
#define AT(type, member, at) assert_int_equal(offsetof(config_##type##_t, member), at)
#define OPCODE(name, value) assert_int_equal(CONFIG_OPCODE_##name, value)

static void keys_have_their_places(void **state)
{
    (void)state;
    SIZE(msg_key_index_24, 3);
    SIZE(msg_appkey_add, 19);
    AT(msg_appkey_add, key_indexes, 0);
    AT(msg_appkey_add, appkey, 3);
    SIZE(msg_appkey_update, 19);
    AT(msg_appkey_update, appkey, 3);
    SIZE(msg_appkey_delete, 3);
    SIZE(msg_appkey_get, 2);
    SIZE(msg_appkey_status, 4);
    AT(msg_appkey_status, status, 0);
    AT(msg_appkey_status, key_indexes, 1);
    SIZE(msg_appkey_list, 3);
    AT(msg_appkey_list, netkey_index, 1);
    AT(msg_appkey_list, packed_indexes, 3);
    SIZE(msg_netkey_add_update, 18);
    AT(msg_netkey_add_update, netkey, 2);
    SIZE(msg_netkey_delete, 2);
    SIZE(msg_netkey_status, 3);
    AT(msg_netkey_status, netkey_index, 1);
    SIZE(msg_key_refresh_phase_get, 2);
    SIZE(msg_key_refresh_phase_set, 3);
    AT(msg_key_refresh_phase_set, transition, 2);
    SIZE(msg_key_refresh_phase_status, 4);
    AT(msg_key_refresh_phase_status, netkey_index, 1);
    AT(msg_key_refresh_phase_status, phase, 3);
    SIZE(msg_identity_get, 2);
    SIZE(msg_identity_set, 3);
    AT(msg_identity_set, identity_state, 2);
    SIZE(msg_identity_status, 4);
    AT(msg_identity_status, netkey_index, 1);
    AT(msg_identity_status, identity_state, 3);
}

static void models_have_their_places(void **state)
{
    (void)state;
    SIZE(model_id, 4);
    AT(model_id, sig.model_id, 0);
    AT(model_id, vendor.company_id, 0);
    AT(model_id, vendor.model_id, 2);
    SIZE(publication_params, 9);
    AT(publication_params, publish_ttl, 2);
    AT(publication_params, publish_period, 3);
    AT(publication_params, model_id, 5);
    SIZE(msg_publication_get, 6);
    SIZE(msg_publication_set, 13);
    AT(msg_publication_set, publish_address, 2);
    AT(msg_publication_set, state, 4);
    SIZE(msg_publication_virtual_set, 27);
    AT(msg_publication_virtual_set, publish_uuid, 2);
    AT(msg_publication_virtual_set, state, 18);
    SIZE(msg_publication_status, 14);
    AT(msg_publication_status, element_address, 1);
    AT(msg_publication_status, publish_address, 3);
    AT(msg_publication_status, state, 5);
    SIZE(msg_subscription_add_del_owr, 8);
    AT(msg_subscription_add_del_owr, address, 2);
    AT(msg_subscription_add_del_owr, model_id, 4);
    SIZE(msg_subscription_virtual_add_del_owr, 22);
    AT(msg_subscription_virtual_add_del_owr, virtual_uuid, 2);
    AT(msg_subscription_virtual_add_del_owr, model_id, 18);
    SIZE(msg_subscription_delete_all, 6);
    SIZE(msg_subscription_status, 9);
    AT(msg_subscription_status, element_address, 1);
    AT(msg_subscription_status, address, 3);
    AT(msg_subscription_status, model_id, 5);
    SIZE(msg_model_subscription_get, 6);
    SIZE(msg_sig_model_subscription_list, 5);
    AT(msg_sig_model_subscription_list, sig_model_id, 3);
    AT(msg_sig_model_subscription_list, subscriptions, 5);
    SIZE(msg_vendor_model_subscription_list, 7);
    AT(msg_vendor_model_subscription_list, vendor_company_id, 3);
    AT(msg_vendor_model_subscription_list, vendor_model_id, 5);
    AT(msg_vendor_model_subscription_list, subscriptions, 7);
    SIZE(msg_app_bind_unbind, 8);
    AT(msg_app_bind_unbind, appkey_index, 2);
    AT(msg_app_bind_unbind, model_id, 4);
    SIZE(msg_app_status, 9);
    AT(msg_app_status, element_address, 1);
    AT(msg_app_status, appkey_index, 3);
    AT(msg_app_status, model_id, 5);
    SIZE(msg_model_app_get, 6);
    SIZE(msg_sig_model_app_list, 5);
    AT(msg_sig_model_app_list, key_indexes, 5);
    SIZE(msg_vendor_model_app_list, 7);
    AT(msg_vendor_model_app_list, vendor_model_id, 5);
    AT(msg_vendor_model_app_list, key_indexes, 7);
}

static void states_have_their_places(void **state)
{
    (void)state;
    SIZE(msg_composition_data_get, 1);
    SIZE(msg_composition_data_status, 1);
    AT(msg_composition_data_status, page_number, 0);
    AT(msg_composition_data_status, data, 1);
    SIZE(msg_default_ttl_set, 1);
    SIZE(msg_default_ttl_status, 1);
    SIZE(msg_net_beacon_set, 1);
    SIZE(msg_net_beacon_status, 1);
    SIZE(msg_proxy_set, 1);
    SIZE(msg_proxy_status, 1);
    SIZE(msg_friend_set, 1);
    SIZE(msg_friend_status, 1);
    SIZE(msg_network_transmit_set, 1);
    SIZE(msg_network_transmit_status, 1);
    SIZE(msg_relay_set, 2);
    SIZE(msg_relay_status, 2);
    AT(msg_relay_status, relay_state, 0);
    SIZE(msg_heartbeat_publication_set, 9);
    AT(msg_heartbeat_publication_set, count_log, 2);
    AT(msg_heartbeat_publication_set, period_log, 3);
    AT(msg_heartbeat_publication_set, ttl, 4);
    AT(msg_heartbeat_publication_set, features, 5);
    AT(msg_heartbeat_publication_set, netkey_index, 7);
    SIZE(msg_heartbeat_publication_status, 10);
    AT(msg_heartbeat_publication_status, destination, 1);
    AT(msg_heartbeat_publication_status, netkey_index, 8);
    SIZE(msg_heartbeat_subscription_set, 5);
    AT(msg_heartbeat_subscription_set, destination, 2);
    AT(msg_heartbeat_subscription_set, period_log, 4);
    SIZE(msg_heartbeat_subscription_status, 9);
    AT(msg_heartbeat_subscription_status, source, 1);
    AT(msg_heartbeat_subscription_status, destination, 3);
    AT(msg_heartbeat_subscription_status, period_log, 5);
    AT(msg_heartbeat_subscription_status, count_log, 6);
    AT(msg_heartbeat_subscription_status, min_hops, 7);
    AT(msg_heartbeat_subscription_status, max_hops, 8);
    SIZE(msg_low_power_node_polltimeout_get, 2);
    SIZE(msg_low_power_node_polltimeout_status, 5);
    AT(msg_low_power_node_polltimeout_status, poll_timeout, 2);
    assert_int_equal(_Alignof(config_msg_t), 1);
}

static void states_have_their_values(void **state)
{
    (void)state;
    assert_int_equal(CONFIG_NET_BEACON_STATE_DISABLED, 0);
    assert_int_equal(CONFIG_NET_BEACON_STATE_ENABLED, 1);
    assert_int_equal(CONFIG_PROXY_STATE_DISABLED, 0);
    assert_int_equal(CONFIG_PROXY_STATE_ENABLED, 1);
    assert_int_equal(CONFIG_PROXY_STATE_UNSUPPORTED, 2);
    assert_int_equal(CONFIG_FRIEND_STATE_DISABLED, 0);
    assert_int_equal(CONFIG_FRIEND_STATE_ENABLED, 1);
    assert_int_equal(CONFIG_FRIEND_STATE_UNSUPPORTED, 2);
    assert_int_equal(CONFIG_RELAY_STATE_DISABLED, 0);
    assert_int_equal(CONFIG_RELAY_STATE_ENABLED, 1);
    assert_int_equal(CONFIG_RELAY_STATE_UNSUPPORTED, 2);
    assert_int_equal(CONFIG_IDENTITY_STATE_STOPPED, 0);
    assert_int_equal(CONFIG_IDENTITY_STATE_RUNNING, 1);
    assert_int_equal(CONFIG_IDENTITY_STATE_UNSUPPORTED, 2);
    assert_int_equal(CONFIG_RETRANSMIT_COUNT_MAX, 7);
    assert_int_equal(CONFIG_RETRANSMIT_INTERVAL_STEPS_MAX, 31);
}

static void events_of_the_client_have_their_values(void **state)
{
    (void)state;
    assert_int_equal(CONFIG_CLIENT_EVENT_TYPE_TIMEOUT, 0);
    assert_int_equal(CONFIG_CLIENT_EVENT_TYPE_CANCELLED, 1);
    assert_int_equal(CONFIG_CLIENT_EVENT_TYPE_MSG, 2);
    assert_int_equal(offsetof(config_client_event_t, opcode), 0);
    assert_true(offsetof(config_client_event_t, p_msg) > 0);
    AT(msg, appkey_status, 0);
    AT(msg, net_beacon_status, 0);
    AT(msg, publication_status, 0);
    AT(msg, subscription_status, 0);
    AT(msg, netkey_status, 0);
    AT(msg, proxy_status, 0);
    AT(msg, key_refresh_phase_status, 0);
    AT(msg, friend_status, 0);
    AT(msg, heartbeat_publication_status, 0);
    AT(msg, heartbeat_subscription_status, 0);
    AT(msg, default_ttl_status, 0);
    AT(msg, app_status, 0);
    AT(msg, identity_status, 0);
    AT(msg, composition_data_status, 0);
    AT(msg, relay_status, 0);
    AT(msg, appkey_list, 0);
    AT(msg, sig_model_app_list, 0);
    AT(msg, vendor_model_app_list, 0);
    AT(msg, sig_model_subscription_list, 0);
    AT(msg, vendor_model_subscription_list, 0);
    assert_int_equal(sizeof(config_msg_t), sizeof(config_msg_publication_status_t));
}

#define BEFORE(first, second)                                                                      \
    assert_true(offsetof(config_publication_state_t, first) <                                      \
                offsetof(config_publication_state_t, second))

static void a_publication_has_its_order(void **state)
{
    (void)state;
    AT(publication_state, element_address, 0);
    BEFORE(element_address, publish_address);
    BEFORE(publish_address, appkey_index);
    BEFORE(appkey_index, frendship_credential_flag);
    BEFORE(frendship_credential_flag, publish_ttl);
    BEFORE(publish_ttl, publish_period);
    BEFORE(publish_period, retransmit_count);
    BEFORE(retransmit_count, retransmit_interval);
    BEFORE(retransmit_interval, model_id);
}

static void key_indexes_are_packed_and_unpacked(void **state)
{
    static const uint8_t octets[] = { 0x56, 0x34, 0x12 };
    config_msg_key_index_24_t packed;
    uint16_t first, second;

    (void)state;
    config_msg_key_index_24_set(&packed, 0x456, 0x123);
    assert_memory_equal(&packed, octets, sizeof(octets));
    config_msg_key_index_24_get(&packed, &first, &second);
    assert_int_equal(first, 0x456);
    assert_int_equal(second, 0x123);
    config_msg_key_index_24_set(&packed, 0xFFF, 0);
    config_msg_key_index_24_get(&packed, &first, &second);
    assert_int_equal(first, 0xFFF);
    assert_int_equal(second, 0);
}

/* What the core writes is what the members say. */
static void messages_of_the_core_are_read(void **state)
{
    struct usher_config_msg msg = { .opcode = USHER_CONFIG_PUBLICATION_STATUS,
                                    .status = 0x07,
                                    .element = 0x1234,
                                    .address = 0xC0DE,
                                    .app_index = 0xABC,
                                    .credentials = 1,
                                    .ttl = 0x21,
                                    .period = 0x43,
                                    .retransmit = 5 | 17 << 3,
                                    .company = 0x0059,
                                    .model = 0x8765 };
    union {
        config_msg_t msg;
        uint8_t octets[USHER_ACCESS_MAX];
    } wire;
    const config_msg_publication_status_t *p = &wire.msg.publication_status;

    (void)state;
    assert_int_equal(config_pdu_write(&msg, wire.octets, sizeof(wire.octets)), sizeof(*p));
    assert_int_equal(p->status, 0x07);
    assert_int_equal(p->element_address, 0x1234);
    assert_int_equal(p->publish_address, 0xC0DE);
    assert_int_equal(p->state.appkey_index, 0xABC);
    assert_int_equal(p->state.credential_flag, 1);
    assert_int_equal(p->state.rfu, 0);
    assert_int_equal(p->state.publish_ttl, 0x21);
    assert_int_equal(p->state.publish_period, 0x43);
    assert_int_equal(p->state.retransmit_count, 5);
    assert_int_equal(p->state.retransmit_interval, 17);
    assert_int_equal(p->state.model_id.vendor.company_id, 0x0059);
    assert_int_equal(p->state.model_id.vendor.model_id, 0x8765);

    msg = (struct usher_config_msg){ .opcode = USHER_CONFIG_RELAY_STATUS,
                                     .state = 1,
                                     .transmit = 3 | 9 << 3 };
    assert_int_equal(config_pdu_write(&msg, wire.octets, sizeof(wire.octets)), 2);
    assert_int_equal(wire.msg.relay_status.relay_state, CONFIG_RELAY_STATE_ENABLED);
    assert_int_equal(wire.msg.relay_status.retransmit_count, 3);
    assert_int_equal(wire.msg.relay_status.retransmit_steps, 9);
}

static void opcodes_have_their_values(void **state)
{
    (void)state;
    OPCODE(APPKEY_ADD, 0x00);
    OPCODE(APPKEY_UPDATE, 0x01);
    OPCODE(COMPOSITION_DATA_STATUS, 0x02);
    OPCODE(MODEL_PUBLICATION_SET, 0x03);
    OPCODE(HEARTBEAT_PUBLICATION_STATUS, 0x06);
    OPCODE(APPKEY_DELETE, 0x8000);
    OPCODE(APPKEY_GET, 0x8001);
    OPCODE(APPKEY_LIST, 0x8002);
    OPCODE(APPKEY_STATUS, 0x8003);
    OPCODE(COMPOSITION_DATA_GET, 0x8008);
    OPCODE(BEACON_GET, 0x8009);
    OPCODE(BEACON_SET, 0x800A);
    OPCODE(BEACON_STATUS, 0x800B);
    OPCODE(DEFAULT_TTL_GET, 0x800C);
    OPCODE(DEFAULT_TTL_SET, 0x800D);
    OPCODE(DEFAULT_TTL_STATUS, 0x800E);
    OPCODE(FRIEND_GET, 0x800F);
    OPCODE(FRIEND_SET, 0x8010);
    OPCODE(FRIEND_STATUS, 0x8011);
    OPCODE(GATT_PROXY_GET, 0x8012);
    OPCODE(GATT_PROXY_SET, 0x8013);
    OPCODE(GATT_PROXY_STATUS, 0x8014);
    OPCODE(KEY_REFRESH_PHASE_GET, 0x8015);
    OPCODE(KEY_REFRESH_PHASE_SET, 0x8016);
    OPCODE(KEY_REFRESH_PHASE_STATUS, 0x8017);
    OPCODE(MODEL_PUBLICATION_GET, 0x8018);
    OPCODE(MODEL_PUBLICATION_STATUS, 0x8019);
    OPCODE(MODEL_PUBLICATION_VIRTUAL_ADDRESS_SET, 0x801A);
    OPCODE(MODEL_SUBSCRIPTION_ADD, 0x801B);
    OPCODE(MODEL_SUBSCRIPTION_DELETE, 0x801C);
    OPCODE(MODEL_SUBSCRIPTION_DELETE_ALL, 0x801D);
    OPCODE(MODEL_SUBSCRIPTION_OVERWRITE, 0x801E);
    OPCODE(MODEL_SUBSCRIPTION_STATUS, 0x801F);
    OPCODE(MODEL_SUBSCRIPTION_VIRTUAL_ADDRESS_ADD, 0x8020);
    OPCODE(MODEL_SUBSCRIPTION_VIRTUAL_ADDRESS_DELETE, 0x8021);
    OPCODE(MODEL_SUBSCRIPTION_VIRTUAL_ADDRESS_OVERWRITE, 0x8022);
    OPCODE(NETWORK_TRANSMIT_GET, 0x8023);
    OPCODE(NETWORK_TRANSMIT_SET, 0x8024);
    OPCODE(NETWORK_TRANSMIT_STATUS, 0x8025);
}

static void more_opcodes_have_their_values(void **state)
{
    (void)state;
    OPCODE(RELAY_GET, 0x8026);
    OPCODE(RELAY_SET, 0x8027);
    OPCODE(RELAY_STATUS, 0x8028);
    OPCODE(SIG_MODEL_SUBSCRIPTION_GET, 0x8029);
    OPCODE(SIG_MODEL_SUBSCRIPTION_LIST, 0x802A);
    OPCODE(VENDOR_MODEL_SUBSCRIPTION_GET, 0x802B);
    OPCODE(VENDOR_MODEL_SUBSCRIPTION_LIST, 0x802C);
    OPCODE(LOW_POWER_NODE_POLLTIMEOUT_GET, 0x802D);
    OPCODE(LOW_POWER_NODE_POLLTIMEOUT_STATUS, 0x802E);
    OPCODE(HEARTBEAT_PUBLICATION_GET, 0x8038);
    OPCODE(HEARTBEAT_PUBLICATION_SET, 0x8039);
    OPCODE(HEARTBEAT_SUBSCRIPTION_GET, 0x803A);
    OPCODE(HEARTBEAT_SUBSCRIPTION_SET, 0x803B);
    OPCODE(HEARTBEAT_SUBSCRIPTION_STATUS, 0x803C);
    OPCODE(MODEL_APP_BIND, 0x803D);
    OPCODE(MODEL_APP_STATUS, 0x803E);
    OPCODE(MODEL_APP_UNBIND, 0x803F);
    OPCODE(NETKEY_ADD, 0x8040);
    OPCODE(NETKEY_DELETE, 0x8041);
    OPCODE(NETKEY_GET, 0x8042);
    OPCODE(NETKEY_LIST, 0x8043);
    OPCODE(NETKEY_STATUS, 0x8044);
    OPCODE(NETKEY_UPDATE, 0x8045);
    OPCODE(NODE_IDENTITY_GET, 0x8046);
    OPCODE(NODE_IDENTITY_SET, 0x8047);
    OPCODE(NODE_IDENTITY_STATUS, 0x8048);
    OPCODE(NODE_RESET, 0x8049);
    OPCODE(NODE_RESET_STATUS, 0x804A);
    OPCODE(SIG_MODEL_APP_GET, 0x804B);
    OPCODE(SIG_MODEL_APP_LIST, 0x804C);
    OPCODE(VENDOR_MODEL_APP_GET, 0x804D);
    OPCODE(VENDOR_MODEL_APP_LIST, 0x804E);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_have_their_places),
        cmocka_unit_test(models_have_their_places),
        cmocka_unit_test(states_have_their_places),
        cmocka_unit_test(states_have_their_values),
        cmocka_unit_test(events_of_the_client_have_their_values),
        cmocka_unit_test(a_publication_has_its_order),
        cmocka_unit_test(key_indexes_are_packed_and_unpacked),
        cmocka_unit_test(messages_of_the_core_are_read),
        cmocka_unit_test(opcodes_have_their_values),
        cmocka_unit_test(more_opcodes_have_their_values),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
