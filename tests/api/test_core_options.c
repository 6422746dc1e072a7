/*
 * What an application sets and asks: nrf_mesh_utils.h, nrf_mesh_configure.h, mesh_opt*.h,
 * nrf_mesh_opt.h, net_state.h, nrf_mesh_externs.h.
 */
#include "device_state_manager.h"
#include "mesh_opt_core.h"
#include "mesh_opt_gatt.h"
#include "mesh_opt_prov.h"
#include "mesh_stack.h"
#include "net_state.h"
#include "nrf_mesh_configure.h"
#include "nrf_mesh_externs.h"
#include "nrf_mesh_opt.h"
#include "nrf_mesh_utils.h"
#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define GROUP 0xC123u

static nrf_mesh_init_params_t params;

static void init(void)
{
    params = (nrf_mesh_init_params_t){ .irq_priority = NRF_MESH_IRQ_PRIORITY_LOWEST };
    assert_int_equal(nrf_mesh_init(&params), NRF_SUCCESS);
}

static void utilities_answer_as_documented(void **state)
{
    struct rig *rig = rig_new(1);
    uint8_t random[2][32] = { { 0 } };
    uint8_t address[6] = { 0 };

    (void)state;
    assert_int_equal(nrf_mesh_rand_get(NULL, 1), NRF_ERROR_NULL);
    assert_int_equal(nrf_mesh_rand_get(random[0], 32), NRF_SUCCESS);
    assert_int_equal(nrf_mesh_rand_get(random[1], 32), NRF_SUCCESS);
    assert_memory_not_equal(random[0], random[1], 32);
    assert_int_equal(nrf_mesh_address_type_get(0x0000), NRF_MESH_ADDRESS_TYPE_INVALID);
    assert_int_equal(nrf_mesh_address_type_get(0x0001), NRF_MESH_ADDRESS_TYPE_UNICAST);
    assert_int_equal(nrf_mesh_address_type_get(0x7FFF), NRF_MESH_ADDRESS_TYPE_UNICAST);
    assert_int_equal(nrf_mesh_address_type_get(0x8000), NRF_MESH_ADDRESS_TYPE_VIRTUAL);
    assert_int_equal(nrf_mesh_address_type_get(0xBFFF), NRF_MESH_ADDRESS_TYPE_VIRTUAL);
    assert_int_equal(nrf_mesh_address_type_get(0xC000), NRF_MESH_ADDRESS_TYPE_GROUP);
    assert_int_equal(nrf_mesh_address_type_get(0xFFFF), NRF_MESH_ADDRESS_TYPE_GROUP);
    address[5] = 0xC0;
    assert_int_equal(nrf_mesh_gap_address_type_get(address, 0), BLE_GAP_ADDR_TYPE_PUBLIC);
    assert_int_equal(nrf_mesh_gap_address_type_get(address, 1), BLE_GAP_ADDR_TYPE_RANDOM_STATIC);
    address[5] = 0x40;
    assert_int_equal(nrf_mesh_gap_address_type_get(address, 1),
                     BLE_GAP_ADDR_TYPE_RANDOM_PRIVATE_RESOLVABLE);
    address[5] = 0x00;
    assert_int_equal(nrf_mesh_gap_address_type_get(address, 1),
                     BLE_GAP_ADDR_TYPE_RANDOM_PRIVATE_NON_RESOLVABLE);
    address[5] = 0x80;
    assert_int_equal(nrf_mesh_gap_address_type_get(address, 1), BLE_GAP_ADDR_TYPE_RANDOM_INVALID);
    assert_int_equal(BLE_GAP_ADDR_TYPE_RANDOM_INVALID, 4);
    rig_free(rig);
}

static void a_device_has_a_uuid(void **state)
{
    static const uint8_t mine[NRF_MESH_UUID_SIZE] = { 1, 2, 3 };
    struct rig *rig = rig_new(2);
    uint8_t uuid[NRF_MESH_UUID_SIZE];

    (void)state;
    init();
    memcpy(uuid, nrf_mesh_configure_device_uuid_get(), sizeof(uuid));
    assert_int_equal(uuid[6] >> 4, 4);
    assert_int_equal(uuid[8] >> 6, 2);
    nrf_mesh_configure_device_uuid_set(mine);
    assert_memory_equal(nrf_mesh_configure_device_uuid_get(), mine, sizeof(mine));
    nrf_mesh_configure_device_uuid_reset();
    assert_memory_equal(nrf_mesh_configure_device_uuid_get(), uuid, sizeof(uuid));
    rig_enter(rig, 1);
    init();
    assert_memory_not_equal(nrf_mesh_configure_device_uuid_get(), uuid, sizeof(uuid));
    rig_restart(rig, 0);
    init();
    assert_memory_equal(nrf_mesh_configure_device_uuid_get(), uuid, sizeof(uuid));
    rig_restart(rig, 0);
    params =
        (nrf_mesh_init_params_t){ .irq_priority = NRF_MESH_IRQ_PRIORITY_LOWEST, .p_uuid = mine };
    assert_int_equal(nrf_mesh_init(&params), NRF_SUCCESS);
    assert_memory_equal(nrf_mesh_configure_device_uuid_get(), mine, sizeof(mine));
    rig_free(rig);
}

static void offloading_is_kept(void **state)
{
    nrf_mesh_opt_t opt = { .len = 4 };
    const mesh_config_entry_id_t *p_eid = &MESH_OPT_PROV_ECDH_OFFLOADING_EID;
    struct rig *rig = rig_new(1);
    bool on = true;

    (void)state;
    assert_int_equal(MESH_OPT_FIRST_FREE_ID, 0x0010);
    assert_int_equal(p_eid->file, 0x0003);
    assert_int_equal(p_eid->record, 0x0200);
    init();
    assert_int_equal(mesh_opt_prov_ecdh_offloading_get(NULL), NRF_ERROR_NULL);
    assert_int_equal(mesh_opt_prov_ecdh_offloading_get(&on), NRF_SUCCESS);
    assert_false(on);
    assert_int_equal(mesh_opt_prov_ecdh_offloading_set(true), NRF_SUCCESS);
    assert_int_equal(mesh_opt_prov_ecdh_offloading_get(&on), NRF_SUCCESS);
    assert_true(on);
    rig_restart(rig, 0);
    init();
    mesh_config_load();
    assert_int_equal(mesh_opt_prov_ecdh_offloading_get(&on), NRF_SUCCESS);
    assert_true(on);
    assert_int_equal(nrf_mesh_opt_get(NRF_MESH_OPT_PROV_ECDH_OFFLOADING, &opt), NRF_SUCCESS);
    assert_int_equal(opt.opt.val, 1);
    mesh_opt_clear();
    assert_int_equal(mesh_opt_prov_ecdh_offloading_get(&on), NRF_SUCCESS);
    assert_false(on);
    opt.opt.val = 1;
    assert_int_equal(nrf_mesh_opt_set(NRF_MESH_OPT_PROV_ECDH_OFFLOADING, &opt), NRF_SUCCESS);
    assert_int_equal(mesh_opt_prov_ecdh_offloading_get(&on), NRF_SUCCESS);
    assert_true(on);
    rig_free(rig);
}

static void options_answer_as_documented(void **state)
{
    mesh_opt_core_adv_t adv = { .enabled = true, .tx_count = 3, .tx_interval_ms = 50 }, out;
    struct rig *rig = rig_new(1);
    nrf_mesh_opt_t opt = { .len = 4, .opt.val = 5 };
    radio_tx_power_t power = RADIO_POWER_NRF_0DBM;
    ble_gap_addr_t address = { 0 };
    mesh_config_entry_id_t id;
    bool on = true;

    (void)state;
    assert_int_equal(NRF_MESH_OPT_PROV_ECDH_OFFLOADING, 200);
    assert_int_equal(NRF_MESH_OPT_TRS_SAR_RX_TIMEOUT, 300);
    assert_int_equal(NRF_MESH_OPT_TRS_SZMIC, 307);
    assert_int_equal(NRF_MESH_OPT_NET_RELAY_ENABLE, 400);
    assert_int_equal(NRF_MESH_OPT_NET_NETWORK_TX_POWER, 406);
    assert_int_equal(CORE_TX_ROLE_ORIGINATOR, 0);
    assert_int_equal(CORE_TX_ROLE_RELAY, 1);
    init();
    assert_int_equal(mesh_opt_core_adv_set(CORE_TX_ROLE_ORIGINATOR, &adv), NRF_ERROR_INVALID_STATE);
    assert_int_equal(mesh_opt_core_adv_get(CORE_TX_ROLE_ORIGINATOR, &out), NRF_ERROR_INVALID_STATE);
    rig_free(rig);

    rig = rig_new(1);
    rig_join(rig, 0);
    assert_int_equal(mesh_opt_core_adv_set(CORE_TX_ROLE_ORIGINATOR, NULL), NRF_ERROR_NULL);
    assert_int_equal(mesh_opt_core_adv_get(CORE_TX_ROLE_ORIGINATOR, NULL), NRF_ERROR_NULL);
    assert_int_equal(mesh_opt_core_adv_set(CORE_TX_ROLE_COUNT, &adv), NRF_ERROR_NOT_FOUND);
    assert_int_equal(mesh_opt_core_adv_get(CORE_TX_ROLE_COUNT, &adv), NRF_ERROR_NOT_FOUND);
    assert_int_equal(mesh_opt_core_adv_set(CORE_TX_ROLE_ORIGINATOR, &adv), NRF_SUCCESS);
    assert_int_equal(mesh_opt_core_adv_set(CORE_TX_ROLE_RELAY, &adv), NRF_SUCCESS);
    rig_run(rig, 10);
    rig_restart(rig, 0);
    assert_int_equal(rig_stack_init(), NRF_SUCCESS);
    for (core_tx_role_t role = CORE_TX_ROLE_ORIGINATOR; role < CORE_TX_ROLE_COUNT; role++) {
        assert_int_equal(mesh_opt_core_adv_get(role, &out), NRF_SUCCESS);
        assert_true(out.enabled);
        assert_int_equal(out.tx_count, 3);
        assert_int_equal(out.tx_interval_ms, 50);
    }
    adv.tx_count = 9;
    assert_int_equal(mesh_opt_core_adv_set(CORE_TX_ROLE_RELAY, &adv), NRF_ERROR_INVALID_PARAM);
    adv = (mesh_opt_core_adv_t){ .enabled = true, .tx_count = 1, .tx_interval_ms = 330 };
    assert_int_equal(mesh_opt_core_adv_set(CORE_TX_ROLE_RELAY, &adv), NRF_ERROR_INVALID_PARAM);
    adv = (mesh_opt_core_adv_t){ .enabled = false, .tx_count = 1, .tx_interval_ms = 20 };
    assert_int_equal(mesh_opt_core_adv_set(CORE_TX_ROLE_ORIGINATOR, &adv), NRF_ERROR_INVALID_PARAM);

    assert_int_equal(nrf_mesh_opt_set(NRF_MESH_OPT_NET_NETWORK_TRANSMIT_COUNT, &opt), NRF_SUCCESS);
    assert_int_equal(mesh_opt_core_adv_get(CORE_TX_ROLE_ORIGINATOR, &out), NRF_SUCCESS);
    assert_int_equal(out.tx_count, 5);
    opt.opt.val = 0;
    assert_int_equal(nrf_mesh_opt_set(NRF_MESH_OPT_NET_RELAY_ENABLE, &opt), NRF_SUCCESS);
    assert_int_equal(mesh_opt_core_adv_get(CORE_TX_ROLE_RELAY, &out), NRF_SUCCESS);
    assert_false(out.enabled);
    assert_int_equal(nrf_mesh_opt_get(NRF_MESH_OPT_NET_RELAY_RETRANSMIT_INTERVAL_MS, &opt),
                     NRF_SUCCESS);
    assert_int_equal(opt.opt.val, 50);
    opt.opt.val = 1u << 16;
    assert_int_equal(nrf_mesh_opt_set(NRF_MESH_OPT_NET_NETWORK_TRANSMIT_INTERVAL_MS, &opt),
                     NRF_ERROR_INVALID_PARAM);
    assert_int_equal(nrf_mesh_opt_set(NRF_MESH_OPT_NET_RELAY_ENABLE, NULL), NRF_ERROR_NULL);
    assert_int_equal(nrf_mesh_opt_get(NRF_MESH_OPT_NET_RELAY_ENABLE, NULL), NRF_ERROR_NULL);
    assert_int_equal(nrf_mesh_opt_set((nrf_mesh_opt_id_t)7, &opt), NRF_ERROR_NOT_FOUND);
    assert_int_equal(nrf_mesh_opt_get((nrf_mesh_opt_id_t)407, &opt), NRF_ERROR_NOT_FOUND);
    assert_int_equal(nrf_mesh_opt_set(NRF_MESH_OPT_TRS_SZMIC, &opt), NRF_ERROR_NOT_SUPPORTED);
    assert_int_equal(nrf_mesh_opt_get(NRF_MESH_OPT_NET_RELAY_TX_POWER, &opt),
                     NRF_ERROR_NOT_SUPPORTED);

    assert_int_equal(mesh_opt_core_tx_power_set(CORE_TX_ROLE_RELAY, power),
                     NRF_ERROR_NOT_SUPPORTED);
    assert_int_equal(mesh_opt_core_tx_power_get(CORE_TX_ROLE_RELAY, &power),
                     NRF_ERROR_NOT_SUPPORTED);
    assert_int_equal(mesh_opt_core_adv_addr_set(CORE_TX_ROLE_RELAY, &address),
                     NRF_ERROR_NOT_SUPPORTED);
    assert_int_equal(mesh_opt_core_adv_addr_get(CORE_TX_ROLE_RELAY, &address),
                     NRF_ERROR_NOT_SUPPORTED);
    id = MESH_OPT_GATT_PROXY_EID;
    assert_int_equal(id.record, 0x0210);
    assert_int_equal(mesh_opt_gatt_proxy_set(true), NRF_ERROR_NOT_SUPPORTED);
    assert_int_equal(mesh_opt_gatt_proxy_set(false), NRF_SUCCESS);
    assert_int_equal(mesh_opt_gatt_proxy_get(NULL), NRF_ERROR_NULL);
    assert_int_equal(mesh_opt_gatt_proxy_get(&on), NRF_SUCCESS);
    assert_false(on);
    rig_free(rig);
}

static void net_state_is_set_once(void **state)
{
    static const uint8_t key[NRF_MESH_KEY_SIZE] = { 0x33 };
    dsm_local_unicast_address_t local = { .address_start = 1, .count = ACCESS_ELEMENT_COUNT };
    struct rig *rig = rig_new(1);
    dsm_handle_t subnet, handle;

    (void)state;
    assert_int_equal(net_state_iv_index_set(5, false), NRF_ERROR_INVALID_STATE);
    assert_int_equal(rig_stack_init(), NRF_SUCCESS);
    assert_int_equal(net_state_iv_index_and_seqnum_block_set(5, false, 0x1000000),
                     NRF_ERROR_INVALID_PARAM);
    assert_int_equal(net_state_iv_index_and_seqnum_block_set(5, true, 1000), NRF_SUCCESS);
    assert_int_equal(net_state_iv_index_set(6, false), NRF_ERROR_INVALID_STATE);
    assert_int_equal(net_state_beacon_iv_index_get(), 5);
    assert_int_equal(net_state_tx_iv_index_get(), 4);

    assert_int_equal(dsm_local_unicast_addresses_set(&local), NRF_SUCCESS); /* as a provisioner */
    assert_int_equal(dsm_subnet_add(0, key, &subnet), NRF_SUCCESS);
    assert_int_equal(dsm_devkey_add(1, subnet, key, &handle), NRF_SUCCESS);
    assert_true(nrf_mesh_is_device_provisioned());
    assert_int_equal(layer_stack()->mesh.net.iv.index, 5);
    assert_true(layer_stack()->mesh.net.iv.updating);
    assert_int_equal(layer_stack()->mesh.net.iv.seq, 1000);
    mesh_stack_config_clear();
    assert_int_equal(rig_stack_init(), NRF_ERROR_INVALID_STATE);
    assert_int_equal(net_state_iv_index_set(6, false), NRF_SUCCESS);
    rig_free(rig);
}

static void externs_answer_from_the_node(void **state)
{
    nrf_mesh_address_t address = { .type = NRF_MESH_ADDRESS_TYPE_UNICAST, .value = 0x0003 };
    struct rig *rig = rig_new(1);
    uint16_t start = 7, count = 7;

    (void)state;
    init();
    nrf_mesh_subnet_added(0, NULL); /* there is no proxy to be told */
    nrf_mesh_unicast_address_get(&start, &count);
    assert_int_equal(start, 0);
    assert_int_equal(count, 0);
    assert_false(nrf_mesh_is_device_provisioned());
    assert_false(nrf_mesh_is_address_rx(&address));
    rig_free(rig);
    rig = rig_new(1);
    rig_join(rig, 0);
    nrf_mesh_unicast_address_get(&start, &count);
    assert_int_equal(start, 1);
    assert_int_equal(count, ACCESS_ELEMENT_COUNT);
    assert_true(nrf_mesh_is_device_provisioned());
    assert_true(nrf_mesh_is_address_rx(&address));
    address.value = 0x0004;
    assert_false(nrf_mesh_is_address_rx(&address));
    address = (nrf_mesh_address_t){ .type = NRF_MESH_ADDRESS_TYPE_GROUP, .value = 0xFFFF };
    assert_true(nrf_mesh_is_address_rx(&address));
    address.value = GROUP;
    assert_false(nrf_mesh_is_address_rx(&address));
    rig_free(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(utilities_answer_as_documented),
        cmocka_unit_test(a_device_has_a_uuid),
        cmocka_unit_test(offloading_is_kept),
        cmocka_unit_test(options_answer_as_documented),
        cmocka_unit_test(net_state_is_set_once),
        cmocka_unit_test(externs_answer_from_the_node),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
