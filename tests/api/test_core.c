/*
 * The core of the stack as an application has it: nrf_mesh.h and nrf_mesh_events.h. Two stacks in
 * one process, on one air.
 */
#include "device_state_manager.h"
#include "mesh_opt_core.h"
#include "mesh_opt_prov.h"
#include "mesh_stack.h"
#include "model.h"
#include "net_state.h"
#include "nrf_mesh.h"
#include "nrf_mesh_events.h"
#include "nrf_mesh_externs.h"
#include "nrf_mesh_port.h"
#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define GROUP 0xC123u

/* -- life -------------------------------------------------------------------------------------- */

static nrf_mesh_init_params_t params;

static void init(void)
{
    params = (nrf_mesh_init_params_t){ .irq_priority = NRF_MESH_IRQ_PRIORITY_LOWEST };
    assert_int_equal(nrf_mesh_init(&params), NRF_SUCCESS);
}

static void init_answers_as_documented(void **state)
{
    struct rig *rig = rig_new(1);
    struct nrf_mesh_stack *other = calloc(1, sizeof(*other));

    (void)state;
    params = (nrf_mesh_init_params_t){ .irq_priority = 3 };
    assert_int_equal(nrf_mesh_init(NULL), NRF_ERROR_NULL);
    assert_int_equal(nrf_mesh_init(&params), NRF_ERROR_INVALID_PARAM);
    assert_int_equal(nrf_mesh_on_port(NULL), NRF_ERROR_NULL);
    params.irq_priority = NRF_MESH_IRQ_PRIORITY_THREAD;
    assert_int_equal(nrf_mesh_init(&params), NRF_SUCCESS);
    assert_int_equal(nrf_mesh_init(&params), NRF_ERROR_INVALID_STATE);
    assert_int_equal(nrf_mesh_on_port(&rig->device[0].port.port), NRF_ERROR_INVALID_STATE);
    assert_int_equal(nrf_mesh_on_sd_evt(0), NRF_SUCCESS);

    (void)layer_stack_enter(other); /* has no radio */
    assert_int_equal(nrf_mesh_init(&params), NRF_ERROR_SOFTDEVICE_NOT_ENABLED);
    assert_int_equal(nrf_mesh_enable(), NRF_ERROR_INVALID_STATE);
    assert_int_equal(nrf_mesh_disable(), NRF_ERROR_INVALID_STATE);
    assert_true(nrf_mesh_process());
    free(other);
    rig_free(rig);
}

static void it_is_enabled_and_disabled(void **state)
{
    struct rig *rig = rig_new(1);

    (void)state;
    init();
    rig_listen();
    assert_int_equal(nrf_mesh_disable(), NRF_ERROR_INVALID_STATE);
    assert_int_equal(nrf_mesh_enable(), NRF_SUCCESS);
    assert_int_equal(nrf_mesh_enable(), NRF_ERROR_INVALID_STATE);
    assert_int_equal(rig_told[NRF_MESH_EVT_ENABLED], 0);
    assert_false(nrf_mesh_process() && rig_told[NRF_MESH_EVT_ENABLED] == 0);
    rig_run(rig, 10);
    assert_int_equal(rig_told[NRF_MESH_EVT_ENABLED], 1);
    assert_true(nrf_mesh_process());
    assert_int_equal(nrf_mesh_disable(), NRF_SUCCESS);
    assert_int_equal(nrf_mesh_disable(), NRF_ERROR_INVALID_STATE);
    assert_int_equal(rig_told[NRF_MESH_EVT_DISABLED], 0);
    rig_run(rig, 10);
    assert_int_equal(rig_told[NRF_MESH_EVT_DISABLED], 1);
    assert_int_equal(nrf_mesh_enable(), NRF_SUCCESS);
    rig_run(rig, 10);
    assert_int_equal(rig_told[NRF_MESH_EVT_ENABLED], 2);
    rig_free(rig);
}

static void enabled_waits_for_storage(void **state)
{
    struct rig *rig = rig_new(1);

    (void)state;
    init();
    rig_listen();
    rig->device[0].store.fails = true;
    assert_int_equal(mesh_opt_prov_ecdh_offloading_set(true), NRF_SUCCESS);
    assert_int_equal(nrf_mesh_enable(), NRF_SUCCESS);
    rig_run(rig, 5000);
    assert_int_equal(rig_told[NRF_MESH_EVT_CONFIG_STORAGE_FAILURE], 1);
    assert_int_equal(rig_told[NRF_MESH_EVT_ENABLED], 0);
    rig->device[0].store.fails = false;
    rig_run(rig, 1500);
    assert_int_equal(rig_told[NRF_MESH_EVT_CONFIG_STABLE], 1);
    assert_int_equal(rig_told[NRF_MESH_EVT_ENABLED], 1);
    rig_free(rig);
}

static void nothing_is_on_the_air_unless_enabled(void **state)
{
    struct rig *rig = rig_new(1);

    (void)state;
    rig_join(rig, 0);
    rig_restart(rig, 0);
    assert_int_equal(rig_stack_init(), NRF_SUCCESS);
    assert_true(nrf_mesh_is_device_provisioned());
    rig_run(rig, 1);
    {
        uint64_t before = air_stats(rig->air)->events;

        rig_run(rig, 60000);
        assert_int_equal(air_stats(rig->air)->events, before);
        assert_int_equal(nrf_mesh_enable(), NRF_SUCCESS);
        rig_run(rig, 60000);
        assert_in_range(air_stats(rig->air)->events, before + 2, before + 20); /* beacons */
        before = air_stats(rig->air)->events;
        assert_int_equal(nrf_mesh_disable(), NRF_SUCCESS);
        rig_run(rig, 60000);
        assert_in_range(air_stats(rig->air)->events, before, before + 1);
    }
    rig_free(rig);
}

static void tokens_are_unique(void **state)
{
    struct rig *rig = rig_new(2);

    (void)state;
    for (nrf_mesh_tx_token_t i = 1; i <= 100; i++) {
        assert_int_equal(nrf_mesh_unique_token_get(), i);
    }
    rig_enter(rig, 1);
    assert_int_equal(nrf_mesh_unique_token_get(), 1);
    rig_free(rig);
}

/* -- handlers ---------------------------------------------------------------------------------- */

static char order[16];
static nrf_mesh_evt_handler_t first, second, third;

static void note(char c)
{
    size_t len = strlen(order);

    assert_in_range(len, 0, sizeof(order) - 2);
    order[len] = c;
    order[len + 1] = '\0';
}

static void on_first(const nrf_mesh_evt_t *p_evt)
{
    (void)p_evt;
    note('1');
}

static void on_second(const nrf_mesh_evt_t *p_evt)
{
    (void)p_evt;
    note('2');
    nrf_mesh_evt_handler_remove(&second); /* itself */
    nrf_mesh_evt_handler_remove(&third);  /* and one that comes later */
}

static void on_third(const nrf_mesh_evt_t *p_evt)
{
    (void)p_evt;
    note('3');
}

static void handlers_may_be_removed_within_handlers(void **state)
{
    struct rig *rig = rig_new(1);
    nrf_mesh_evt_t e = { .type = NRF_MESH_EVT_FLASH_STABLE };

    (void)state;
    order[0] = '\0';
    first = (nrf_mesh_evt_handler_t){ .evt_cb = on_first };
    second = (nrf_mesh_evt_handler_t){ .evt_cb = on_second };
    third = (nrf_mesh_evt_handler_t){ .evt_cb = on_third };
    nrf_mesh_evt_handler_add(&first);
    nrf_mesh_evt_handler_add(&second);
    nrf_mesh_evt_handler_add(&second); /* once is enough */
    nrf_mesh_evt_handler_add(&third);
    layer_events_tell(&e);
    assert_string_equal(order, "12");
    layer_events_tell(&e);
    assert_string_equal(order, "121");
    nrf_mesh_evt_handler_add(&third);
    layer_events_tell(&e);
    assert_string_equal(order, "12113");
    nrf_mesh_evt_handler_remove(&first);
    nrf_mesh_evt_handler_remove(&first); /* is not there */
    layer_events_tell(&e);
    assert_string_equal(order, "121133");
    nrf_mesh_evt_handler_remove(&third);
    rig_free(rig);
}

/* -- messages ---------------------------------------------------------------------------------- */

static uint8_t received[NRF_MESH_SEG_PAYLOAD_SIZE_MAX];
static nrf_mesh_evt_message_t message;
static nrf_mesh_network_secmat_t message_net;
static nrf_mesh_application_secmat_t message_app;
static nrf_mesh_rx_metadata_t message_metadata;
static unsigned messages;

static void on_message(const nrf_mesh_evt_t *p_evt)
{
    if (p_evt->type == NRF_MESH_EVT_MESSAGE_RECEIVED) {
        messages++;
        message = p_evt->params.message;
        assert_in_range(message.length, 1, sizeof(received));
        memcpy(received, message.p_buffer, message.length);
        message_net = *message.secmat.p_net;
        message_app = *message.secmat.p_app;
        message_metadata = *message.p_metadata;
    }
}

static nrf_mesh_evt_handler_t message_handler = { .evt_cb = on_message };

/* Two nodes with AppKey 0; messages of the second one are noted. The first one is entered. */
static struct rig *two_nodes(nrf_mesh_tx_params_t *tx)
{
    static const uint8_t app_key[NRF_MESH_KEY_SIZE] = { 0x22 };
    static const uint8_t payload[NRF_MESH_SEG_PAYLOAD_SIZE_MAX] = { 0x82, 0x01, 3, 4, 5 };
    struct rig *rig = rig_new(2);
    dsm_handle_t subnet, app;

    messages = 0;
    for (unsigned n = 2; n > 0; n--) {
        rig_join(rig, n - 1);
        subnet = dsm_net_key_index_to_subnet_handle(0);
        assert_int_equal(dsm_appkey_add(0, subnet, app_key, &app), NRF_SUCCESS);
        if (n == 2) {
            nrf_mesh_evt_handler_add(&message_handler);
        }
    }
    rig_listen();
    memset(tx, 0, sizeof(*tx));
    assert_int_equal(dsm_tx_secmat_get(subnet, app, &tx->security_material), NRF_SUCCESS);
    tx->dst = (nrf_mesh_address_t){ .type = NRF_MESH_ADDRESS_TYPE_UNICAST, .value = 0x0011 };
    tx->src = 0x0001;
    tx->ttl = 4;
    tx->transmic_size = NRF_MESH_TRANSMIC_SIZE_DEFAULT;
    tx->p_data = payload;
    tx->data_len = 5;
    rig_run(rig, 2000);
    memset(rig_told, 0, sizeof(rig_told));
    return rig;
}

static void packet_send_refuses_what_it_should(void **state)
{
    nrf_mesh_network_secmat_t wrong_net = { .nid = 1 };
    nrf_mesh_application_secmat_t wrong_app = { .aid = 1 };
    nrf_mesh_tx_params_t good, tx;
    struct rig *rig = two_nodes(&good);
    uint32_t reference = 0;

    (void)state;
    assert_int_equal(nrf_mesh_packet_send(NULL, NULL), NRF_ERROR_NULL);
#define REFUSED(member, value, code)                                                               \
    tx = good;                                                                                     \
    tx.member = value;                                                                             \
    assert_int_equal(nrf_mesh_packet_send(&tx, &reference), code)
    REFUSED(p_data, NULL, NRF_ERROR_NULL);
    REFUSED(security_material.p_net, NULL, NRF_ERROR_NULL);
    REFUSED(security_material.p_app, NULL, NRF_ERROR_NULL);
    REFUSED(dst.value, 0, NRF_ERROR_INVALID_ADDR);
    REFUSED(dst.type, NRF_MESH_ADDRESS_TYPE_INVALID, NRF_ERROR_INVALID_ADDR);
    REFUSED(dst.type, NRF_MESH_ADDRESS_TYPE_GROUP, NRF_ERROR_INVALID_ADDR);
    REFUSED(src, 0x0011, NRF_ERROR_INVALID_ADDR);
    REFUSED(src, 0x0004, NRF_ERROR_INVALID_ADDR); /* one past the last element */
    REFUSED(ttl, 128, NRF_ERROR_INVALID_PARAM);
    REFUSED(ttl, 1, NRF_ERROR_INVALID_PARAM);
    REFUSED(transmic_size, NRF_MESH_TRANSMIC_SIZE_INVALID, NRF_ERROR_INVALID_PARAM);
    REFUSED(data_len, 0, NRF_ERROR_INVALID_LENGTH);
    REFUSED(data_len, 381, NRF_ERROR_INVALID_LENGTH);
    REFUSED(security_material.p_net, &wrong_net, NRF_ERROR_NOT_FOUND);
    REFUSED(security_material.p_app, &wrong_app, NRF_ERROR_NOT_FOUND);
#undef REFUSED
    assert_int_equal(reference, 0);
    rig_run(rig, 1000);
    assert_int_equal(messages, 0);
    assert_int_equal(rig_told[NRF_MESH_EVT_TX_COMPLETE], 0);
    rig_free(rig);
}

static void a_message_goes_and_comes(void **state)
{
    nrf_mesh_tx_params_t tx;
    struct rig *rig = two_nodes(&tx);
    uint32_t reference = 0;

    (void)state;
    tx.tx_token = nrf_mesh_unique_token_get();
    assert_int_equal(nrf_mesh_packet_send(&tx, &reference), NRF_SUCCESS);
    assert_int_equal(reference, 1);
    assert_int_equal(rig_told[NRF_MESH_EVT_TX_COMPLETE], 0);
    rig_run(rig, 500);
    assert_int_equal(rig_told[NRF_MESH_EVT_TX_COMPLETE], 1);
    assert_int_equal(rig_last[NRF_MESH_EVT_TX_COMPLETE].params.tx_complete.token, tx.tx_token);
    assert_int_equal(messages, 1);
    assert_int_equal(message.length, 5);
    assert_memory_equal(received, tx.p_data, 5);
    assert_int_equal(message.src.type, NRF_MESH_ADDRESS_TYPE_UNICAST);
    assert_int_equal(message.src.value, 0x0001);
    assert_int_equal(message.dst.type, NRF_MESH_ADDRESS_TYPE_UNICAST);
    assert_int_equal(message.dst.value, 0x0011);
    assert_null(message.dst.p_virtual_uuid);
    assert_int_equal(message.ttl, 4);
    assert_memory_equal(&message_net, tx.security_material.p_net, sizeof(message_net));
    assert_false(message_app.is_device_key);
    assert_int_equal(message_app.aid, tx.security_material.p_app->aid);
    assert_memory_equal(message_app.key, tx.security_material.p_app->key, NRF_MESH_KEY_SIZE);
    assert_int_equal(message_metadata.source, NRF_MESH_RX_SOURCE_SCANNER);
    assert_in_range(message_metadata.params.scanner.rssi + 128, 128 - 80, 128 - 40);
    assert_int_equal(message_metadata.params.scanner.adv_type, USHER_ADV_NONCONN_IND);
    for (unsigned i = 0; i < BLE_GAP_ADDR_LEN; i++) {
        assert_int_equal(message_metadata.params.scanner.adv_addr.addr[i],
                         air_addr(rig->device[0].port.radio)[BLE_GAP_ADDR_LEN - 1 - i]);
    }

    tx.tx_token = 77; /* in segments */
    tx.data_len = NRF_MESH_SEG_PAYLOAD_SIZE_MAX;
    assert_int_equal(nrf_mesh_packet_send(&tx, NULL), NRF_SUCCESS);
    assert_int_equal(nrf_mesh_packet_send(&tx, NULL), NRF_ERROR_INVALID_STATE);
    rig_run(rig, 20000);
    assert_int_equal(messages, 2);
    assert_int_equal(message.length, NRF_MESH_SEG_PAYLOAD_SIZE_MAX);
    assert_int_equal(rig_told[NRF_MESH_EVT_TX_COMPLETE], 2);
    assert_int_equal(rig_last[NRF_MESH_EVT_TX_COMPLETE].params.tx_complete.token, 77);

    tx.dst.value = 0x0700; /* nobody */
    tx.tx_token = 78;
    assert_int_equal(nrf_mesh_packet_send(&tx, NULL), NRF_SUCCESS);
    rig_run(rig, 60000);
    assert_int_equal(rig_told[NRF_MESH_EVT_SAR_FAILED], 1);
    assert_int_equal(rig_last[NRF_MESH_EVT_SAR_FAILED].params.sar_failed.token, 78);
    assert_int_equal(rig_last[NRF_MESH_EVT_SAR_FAILED].params.sar_failed.reason,
                     NRF_MESH_SAR_CANCEL_REASON_RETRY_OVER);
    rig_free(rig);
}

static void a_message_to_oneself_comes_back(void **state)
{
    nrf_mesh_tx_params_t tx;
    struct rig *rig = two_nodes(&tx);

    (void)state;
    nrf_mesh_evt_handler_remove(&message_handler); /* is of the other one */
    rig_enter(rig, 1);
    nrf_mesh_evt_handler_remove(&message_handler);
    rig_enter(rig, 0);
    nrf_mesh_evt_handler_add(&message_handler);
    tx.dst.value = 0x0002;
    assert_int_equal(nrf_mesh_packet_send(&tx, NULL), NRF_SUCCESS);
    rig_run(rig, 100);
    assert_int_equal(messages, 1);
    assert_int_equal(message_metadata.source, NRF_MESH_RX_SOURCE_LOOPBACK);
    rig_free(rig);
}

static void a_device_key_reaches_its_node(void **state)
{
    nrf_mesh_tx_params_t tx;
    struct rig *rig = two_nodes(&tx);
    uint8_t device_key[NRF_MESH_KEY_SIZE];
    dsm_handle_t subnet = dsm_net_key_index_to_subnet_handle(0), handle;

    (void)state;
    memset(device_key, 0xD1, sizeof(device_key));
    assert_int_equal(dsm_devkey_add(0x0011, subnet, device_key, &handle), NRF_SUCCESS);
    assert_int_equal(dsm_tx_secmat_get(subnet, handle, &tx.security_material), NRF_SUCCESS);
    assert_int_equal(nrf_mesh_packet_send(&tx, NULL), NRF_SUCCESS);
    rig_run(rig, 500);
    assert_int_equal(messages, 1);
    assert_true(message_app.is_device_key);
    assert_memory_equal(message_app.key, device_key, sizeof(device_key));
    tx.dst.value = 0x0700; /* not theirs */
    assert_int_equal(nrf_mesh_packet_send(&tx, NULL), NRF_ERROR_NOT_FOUND);
    rig_free(rig);
}

/* -- what else a node hears -------------------------------------------------------------------- */

static struct {
    unsigned packets;
    uint8_t length;
    int8_t rssi;
} seen;

static void on_packet(const nrf_mesh_adv_packet_rx_data_t *p_rx_data)
{
    seen.packets++;
    seen.length = p_rx_data->length;
    seen.rssi = p_rx_data->p_metadata->params.scanner.rssi;
    assert_int_equal(p_rx_data->adv_type, USHER_ADV_NONCONN_IND);
    assert_int_equal(p_rx_data->p_payload[0] + 1, p_rx_data->length);
}

static void packets_are_shown(void **state)
{
    nrf_mesh_tx_params_t tx;
    struct rig *rig = two_nodes(&tx);
    unsigned packets;

    (void)state;
    memset(&seen, 0, sizeof(seen));
    rig_enter(rig, 1);
    nrf_mesh_rx_cb_set(on_packet);
    rig_enter(rig, 0);
    assert_int_equal(nrf_mesh_packet_send(&tx, NULL), NRF_SUCCESS);
    rig_run(rig, 30000);
    assert_in_range(seen.packets, 2, 100);
    assert_in_range(seen.rssi + 128, 128 - 80, 128 - 40);
    rig_enter(rig, 1);
    nrf_mesh_rx_cb_clear();
    packets = seen.packets;
    rig_run(rig, 30000);
    assert_int_equal(seen.packets, packets);
    rig_free(rig);
}

static nrf_mesh_evt_net_beacon_received_t beacon;
static nrf_mesh_beacon_info_t beacon_info;
static uint8_t network_id[NRF_MESH_NETID_SIZE];
static nrf_mesh_evt_t told_keys, told_iv;

static void on_network(const nrf_mesh_evt_t *p_evt)
{
    switch (p_evt->type) {
    case NRF_MESH_EVT_NET_BEACON_RECEIVED:
        beacon = p_evt->params.net_beacon;
        beacon_info = *beacon.p_beacon_info;
        assert_non_null(beacon.p_auth_value);
        assert_int_equal(beacon.p_rx_metadata->source, NRF_MESH_RX_SOURCE_SCANNER);
        assert_true(beacon.p_beacon_secmat == &beacon.p_beacon_info->secmat ||
                    beacon.p_beacon_secmat == &beacon.p_beacon_info->secmat_updated);
        break;
    case NRF_MESH_EVT_IV_UPDATE_NOTIFICATION:
        told_iv = *p_evt;
        memcpy(network_id, p_evt->params.iv_update.p_network_id, sizeof(network_id));
        break;
    case NRF_MESH_EVT_KEY_REFRESH_NOTIFICATION:
        told_keys = *p_evt;
        memcpy(network_id, p_evt->params.key_refresh.p_network_id, sizeof(network_id));
        break;
    default:
        break;
    }
}

static nrf_mesh_evt_handler_t network_handler = { .evt_cb = on_network };

static void beacons_and_iv_updates_are_told(void **state)
{
    nrf_mesh_tx_params_t tx;
    struct rig *rig = two_nodes(&tx);

    (void)state;
    memset(&beacon, 0, sizeof(beacon));
    rig_enter(rig, 1);
    network_handler = (nrf_mesh_evt_handler_t){ .evt_cb = on_network };
    nrf_mesh_evt_handler_add(&network_handler);
    rig_run(rig, 60000);
    assert_non_null(beacon.p_beacon_info);
    assert_true(beacon_info.iv_update_permitted);
    assert_memory_equal(beacon_info.secmat.net_id,
                        layer_stack()->mesh.net.keys.subnets[0].key[0].network_id,
                        NRF_MESH_NETID_SIZE);
    assert_int_equal(beacon.iv_index, 0);
    assert_int_equal(beacon.flags.iv_update, NET_STATE_IV_UPDATE_NORMAL);
    assert_false(beacon.flags.key_refresh);

    rig_enter(rig, 0);
    usher_iv_test_mode(&layer_stack()->mesh, true);
    assert_int_equal(usher_iv_update(&layer_stack()->mesh), USHER_OK);
    rig_run(rig, 60000);
    assert_int_equal(told_iv.params.iv_update.state, NET_STATE_IV_UPDATE_IN_PROGRESS);
    assert_int_equal(told_iv.params.iv_update.iv_index, 1);
    assert_memory_equal(network_id, beacon_info.secmat.net_id, NRF_MESH_NETID_SIZE);
    assert_int_equal(net_state_iv_update_get(), NET_STATE_IV_UPDATE_IN_PROGRESS);
    assert_int_equal(net_state_tx_iv_index_get(), 0);
    assert_int_equal(net_state_beacon_iv_index_get(), 1);
    assert_int_equal(beacon.iv_index, 1);
    assert_int_equal(beacon.flags.iv_update, NET_STATE_IV_UPDATE_IN_PROGRESS);
    rig_free(rig);
}

static void key_refresh_is_told(void **state)
{
    static const uint8_t new_key[NRF_MESH_KEY_SIZE] = { 0x99 };
    nrf_mesh_tx_params_t tx;
    struct rig *rig = two_nodes(&tx);
    dsm_handle_t subnet = dsm_net_key_index_to_subnet_handle(0);
    uint8_t old_id[NRF_MESH_NETID_SIZE];

    (void)state;
    network_handler = (nrf_mesh_evt_handler_t){ .evt_cb = on_network };
    nrf_mesh_evt_handler_add(&network_handler);
    assert_int_equal(dsm_subnet_update(subnet, new_key), NRF_SUCCESS);
    rig_run(rig, 100);
    assert_int_equal(told_keys.params.key_refresh.subnet_index, 0);
    assert_int_equal(told_keys.params.key_refresh.phase, NRF_MESH_KEY_REFRESH_PHASE_1);
    memcpy(old_id, network_id, sizeof(old_id));
    assert_int_equal(dsm_subnet_update_swap_keys(subnet), NRF_SUCCESS);
    rig_run(rig, 100);
    assert_int_equal(told_keys.params.key_refresh.phase, NRF_MESH_KEY_REFRESH_PHASE_2);
    assert_memory_not_equal(old_id, network_id, sizeof(old_id));
    assert_int_equal(dsm_subnet_update_commit(subnet), NRF_SUCCESS);
    rig_run(rig, 100);
    assert_int_equal(told_keys.params.key_refresh.phase, NRF_MESH_KEY_REFRESH_PHASE_0);
    rig_free(rig);
}

static bool refuse;
static uint16_t relay_dst;

static bool on_relay(uint16_t src, uint16_t dst, uint8_t ttl)
{
    assert_int_equal(src, 0x0001);
    assert_int_equal(ttl, 4);
    relay_dst = dst;
    return !refuse;
}

static void relaying_may_be_refused(void **state)
{
    mesh_opt_core_adv_t relay = { .enabled = true, .tx_count = 1, .tx_interval_ms = 20 };
    nrf_mesh_tx_params_t tx;
    struct rig *rig = two_nodes(&tx);
    const struct usher_net_stats *stats = &rig->device[1].stack->mesh.net.stats;

    (void)state;
    rig_enter(rig, 1);
    assert_int_equal(mesh_opt_core_adv_set(CORE_TX_ROLE_RELAY, &relay), NRF_SUCCESS);
    layer_stack()->core.relay_cb = on_relay; /* as nrf_mesh_init() would have set it */
    rig_enter(rig, 0);
    tx.dst = (nrf_mesh_address_t){ .type = NRF_MESH_ADDRESS_TYPE_GROUP, .value = GROUP };
    refuse = true;
    assert_int_equal(nrf_mesh_packet_send(&tx, NULL), NRF_SUCCESS);
    rig_run(rig, 500);
    assert_int_equal(relay_dst, GROUP);
    assert_int_equal(stats->relayed, 0);
    refuse = false;
    assert_int_equal(nrf_mesh_packet_send(&tx, NULL), NRF_SUCCESS);
    rig_run(rig, 500);
    assert_int_equal(stats->relayed, 1);
    rig_free(rig);
}

static nrf_mesh_evt_t heartbeat, subscription;
static heartbeat_subscription_state_t subscribed;

static void on_heartbeat(const nrf_mesh_evt_t *p_evt)
{
    if (p_evt->type == NRF_MESH_EVT_HB_MESSAGE_RECEIVED) {
        heartbeat = *p_evt;
    } else if (p_evt->type == NRF_MESH_EVT_HB_SUBSCRIPTION_CHANGE) {
        subscription = *p_evt;
        subscribed = *p_evt->params.hb_subscription_change.p_new;
    }
}

static nrf_mesh_evt_handler_t heartbeat_handler = { .evt_cb = on_heartbeat };

static void heartbeats_are_told(void **state)
{
    nrf_mesh_tx_params_t tx;
    struct rig *rig = two_nodes(&tx);
    struct usher_heartbeat *h;

    (void)state;
    rig_enter(rig, 1);
    heartbeat_handler = (nrf_mesh_evt_handler_t){ .evt_cb = on_heartbeat };
    nrf_mesh_evt_handler_add(&heartbeat_handler);
    h = &layer_stack()->mesh.net.heartbeat; /* as the configuration server sets it */
    h->sub_src = 0x0001;
    h->sub_dst = 0x0011;
    h->sub_until = usher_mesh_now(&layer_stack()->mesh) + 64000;
    manage_settings_changed(&layer_stack()->mesh);
    layer_core_wake();
    rig_run(rig, 10);
    assert_int_equal(subscription.type, NRF_MESH_EVT_HB_SUBSCRIPTION_CHANGE);
    assert_int_equal(subscribed.src, 0x0001);
    assert_int_equal(subscribed.dst, 0x0011);
    assert_in_range(subscribed.period, 63, 64);

    rig_enter(rig, 0);
    h = &layer_stack()->mesh.net.heartbeat;
    h->pub_dst = 0x0011;
    h->pub_count = 1;
    h->pub_period_log = 1;
    h->pub_ttl = 9;
    transport_heartbeat_set(&layer_stack()->mesh.net, usher_mesh_now(&layer_stack()->mesh));
    layer_core_wake();
    rig_run(rig, 500);
    assert_int_equal(heartbeat.type, NRF_MESH_EVT_HB_MESSAGE_RECEIVED);
    assert_int_equal(heartbeat.params.hb_message.init_ttl, 9);
    assert_int_equal(heartbeat.params.hb_message.hops, 1);
    assert_int_equal(heartbeat.params.hb_message.src, 0x0001);
    assert_int_equal(heartbeat.params.hb_message.features, 0);
    rig_free(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(init_answers_as_documented),
        cmocka_unit_test(it_is_enabled_and_disabled),
        cmocka_unit_test(enabled_waits_for_storage),
        cmocka_unit_test(nothing_is_on_the_air_unless_enabled),
        cmocka_unit_test(tokens_are_unique),
        cmocka_unit_test(handlers_may_be_removed_within_handlers),
        cmocka_unit_test(packet_send_refuses_what_it_should),
        cmocka_unit_test(a_message_goes_and_comes),
        cmocka_unit_test(a_message_to_oneself_comes_back),
        cmocka_unit_test(a_device_key_reaches_its_node),
        cmocka_unit_test(packets_are_shown),
        cmocka_unit_test(beacons_and_iv_updates_are_told),
        cmocka_unit_test(key_refresh_is_told),
        cmocka_unit_test(relaying_may_be_refused),
        cmocka_unit_test(heartbeats_are_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
