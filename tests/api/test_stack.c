/*
 * The stack as a whole (mesh_stack.h): how it is made, provisioned, loaded, cleared, powered down
 * and reset, and each return code.
 */
#include "access_config.h"
#include "config_server.h"
#include "device_state_manager.h"
#include "hal.h"
#include "mesh_opt_prov.h"
#include "mesh_stack.h"
#include "net_state.h"
#include "nrf_mesh_config_app.h"
#include "nrf_mesh_events.h"
#include "records.h"
#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t device_key[NRF_MESH_KEY_SIZE] = { 0xD0, 1 };
static unsigned resets;

void hal_device_reset(uint8_t gpregret_value)
{
    assert_int_equal(gpregret_value, 0);
    resets++;
}

static nrf_mesh_prov_provisioning_data_t good_data(void)
{
    return (nrf_mesh_prov_provisioning_data_t){
        .netkey = { 0x11 }, .netkey_index = 3, .iv_index = 7, .address = 0x0100
    };
}

static void layouts_are_the_sdks(void **state)
{
    (void)state;
    assert_int_equal(offsetof(mesh_stack_init_params_t, core), 0);
    assert_true(offsetof(mesh_stack_init_params_t, models) >= sizeof(nrf_mesh_init_params_t));
    assert_int_equal(offsetof(mesh_stack_init_params_t, models.config_server_cb),
                     offsetof(mesh_stack_init_params_t, models));
    assert_true(offsetof(mesh_stack_init_params_t, models.config_server_cb) <
                offsetof(mesh_stack_init_params_t, models.health_server_attention_cb));
    assert_true(offsetof(mesh_stack_init_params_t, models.health_server_attention_cb) <
                offsetof(mesh_stack_init_params_t, models.p_health_server_selftest_array));
    assert_true(offsetof(mesh_stack_init_params_t, models.p_health_server_selftest_array) <
                offsetof(mesh_stack_init_params_t, models.health_server_num_selftests));
    assert_true(offsetof(mesh_stack_init_params_t, models.health_server_num_selftests) <
                offsetof(mesh_stack_init_params_t, models.models_init_cb));
}

/* -- making it --------------------------------------------------------------------------------- */

static unsigned models_inits;
static access_model_handle_t vendor_handle;

static void models_init(void)
{
    access_model_add_params_t params = { .model_id = ACCESS_MODEL_VENDOR(1, 0x0059),
                                         .element_index = 1 };
    access_model_handle_t handle;

    models_inits++;
    assert_int_equal(access_handle_get(0, (access_model_id_t)ACCESS_MODEL_SIG(0x0000), &handle),
                     NRF_SUCCESS); /* the foundation models come first */
    assert_int_equal(access_handle_get(0, (access_model_id_t)ACCESS_MODEL_SIG(0x0002), &handle),
                     NRF_SUCCESS);
    assert_int_equal(access_model_add(&params, &vendor_handle), NRF_SUCCESS);
    assert_int_equal(access_model_subscription_list_alloc(vendor_handle), NRF_SUCCESS);
}

static const mesh_stack_init_params_t params = {
    .core = { .irq_priority = NRF_MESH_IRQ_PRIORITY_LOWEST },
    .models = { .models_init_cb = models_init },
};

static void init_answers_as_documented(void **state)
{
    mesh_stack_init_params_t wrong = { .core = { .irq_priority = 1 } };
    struct rig *rig = rig_new(1);
    bool provisioned = true;

    (void)state;
    models_inits = 0;
    assert_int_equal(mesh_stack_start(), NRF_ERROR_INVALID_STATE);
    assert_int_equal(mesh_stack_init(NULL, &provisioned), NRF_ERROR_NULL);
    assert_int_equal(mesh_stack_init(&wrong, &provisioned), NRF_ERROR_INVALID_PARAM);
    assert_int_equal(models_inits, 0);
    assert_int_equal(mesh_stack_init(&params, &provisioned), NRF_SUCCESS);
    assert_false(provisioned);
    assert_int_equal(models_inits, 1);
    assert_int_equal(mesh_stack_init(&params, &provisioned), NRF_ERROR_INVALID_STATE);
    assert_int_equal(models_inits, 1);
    assert_non_null(mesh_stack_health_server_get());
    assert_false(mesh_stack_is_device_provisioned());
    assert_int_equal(mesh_stack_start(), NRF_SUCCESS);
    assert_int_equal(mesh_stack_start(), NRF_ERROR_INVALID_STATE);
    rig_free(rig);

    rig = rig_new(1);
    assert_int_equal(mesh_stack_init(&params, NULL), NRF_SUCCESS);
    rig_free(rig);
}

/* -- provisioning data ------------------------------------------------------------------------- */

static void data_are_checked(void **state)
{
    nrf_mesh_prov_provisioning_data_t data = good_data();
    struct rig *rig = rig_new(1);

    (void)state;
    assert_int_equal(mesh_stack_provisioning_data_store(&data, device_key),
                     NRF_ERROR_INVALID_STATE);
    assert_int_equal(mesh_stack_init(&params, NULL), NRF_SUCCESS);
    assert_int_equal(mesh_stack_provisioning_data_store(NULL, device_key), NRF_ERROR_NULL);
    assert_int_equal(mesh_stack_provisioning_data_store(&data, NULL), NRF_ERROR_NULL);
    data.address = 0x0000;
    assert_int_equal(mesh_stack_provisioning_data_store(&data, device_key), NRF_ERROR_INVALID_DATA);
    data.address = 0x7FFE; /* three elements do not fit */
    assert_int_equal(mesh_stack_provisioning_data_store(&data, device_key), NRF_ERROR_INVALID_DATA);
    data.address = 0xC000;
    assert_int_equal(mesh_stack_provisioning_data_store(&data, device_key), NRF_ERROR_INVALID_DATA);
    data = good_data();
    data.netkey_index = 0x1000;
    assert_int_equal(mesh_stack_provisioning_data_store(&data, device_key),
                     NRF_ERROR_INVALID_PARAM);
    assert_false(mesh_stack_is_device_provisioned());
    rig->device[0].store.fails = true; /* all or nothing */
    data = good_data();
    assert_int_equal(mesh_stack_provisioning_data_store(&data, device_key), NRF_ERROR_INTERNAL);
    assert_false(mesh_stack_is_device_provisioned());
    assert_int_equal(dsm_net_key_index_to_subnet_handle(3), DSM_HANDLE_INVALID);
    rig->device[0].store.fails = false;
    assert_int_equal(mesh_stack_provisioning_data_store(&data, device_key), NRF_SUCCESS);
    assert_true(mesh_stack_is_device_provisioned());
    assert_int_equal(mesh_stack_provisioning_data_store(&data, device_key), NRF_ERROR_FORBIDDEN);
    rig_free(rig);
}

static void assert_is_node(bool key_refresh, bool iv_update)
{
    dsm_local_unicast_address_t local;
    nrf_mesh_key_refresh_phase_t phase;
    dsm_handle_t subnet = dsm_net_key_index_to_subnet_handle(3), devkey;
    nrf_mesh_prov_provisioning_data_t data = good_data();
    uint8_t key[NRF_MESH_KEY_SIZE];

    assert_true(mesh_stack_is_device_provisioned());
    dsm_local_unicast_addresses_get(&local);
    assert_int_equal(local.address_start, 0x0100);
    assert_int_equal(local.count, ACCESS_ELEMENT_COUNT);
    assert_int_not_equal(subnet, DSM_HANDLE_INVALID);
    assert_int_equal(dsm_subnet_key_get(subnet, key), NRF_SUCCESS);
    assert_memory_equal(key, data.netkey, sizeof(key));
    assert_int_equal(dsm_subnet_kr_phase_get(subnet, &phase), NRF_SUCCESS);
    assert_int_equal(phase,
                     key_refresh ? NRF_MESH_KEY_REFRESH_PHASE_2 : NRF_MESH_KEY_REFRESH_PHASE_0);
    assert_int_equal(dsm_devkey_handle_get(0x0100, &devkey), NRF_SUCCESS);
    assert_in_range(devkey, DSM_APP_MAX, DSM_APP_MAX + DSM_DEVICE_MAX - 1);
    assert_int_equal(net_state_beacon_iv_index_get(), 7);
    assert_int_equal(net_state_tx_iv_index_get(), iv_update ? 6 : 7);
    assert_int_equal(net_state_iv_index_set(8, false), NRF_ERROR_INVALID_STATE);
}

static void a_node_is_one_after_a_restart(void **state)
{
    (void)state;
    for (unsigned flags = 0; flags < 4; flags++) {
        nrf_mesh_prov_provisioning_data_t data = good_data();
        struct rig *rig = rig_new(1);
        bool provisioned = false;

        data.flags.key_refresh = flags & 1;
        data.flags.iv_update = flags >> 1 & 1;
        assert_int_equal(mesh_stack_init(&params, NULL), NRF_SUCCESS);
        rig_listen();
        assert_int_equal(mesh_stack_provisioning_data_store(&data, device_key), NRF_SUCCESS);
        assert_is_node(data.flags.key_refresh, data.flags.iv_update);
        rig_run(rig, 10);
        assert_int_equal(rig_told[NRF_MESH_EVT_CONFIG_STABLE], 1);
        rig_restart(rig, 0);
        assert_int_equal(mesh_stack_init(&params, &provisioned), NRF_SUCCESS);
        assert_true(provisioned);
        assert_is_node(data.flags.key_refresh, data.flags.iv_update);
        rig_free(rig);
    }
}

static void clearing_forgets_the_network_and_options(void **state)
{
    nrf_mesh_prov_provisioning_data_t data = good_data();
    struct rig *rig = rig_new(1);
    bool on = false, provisioned = true;

    (void)state;
    assert_int_equal(mesh_stack_init(&params, NULL), NRF_SUCCESS);
    assert_int_equal(mesh_opt_prov_ecdh_offloading_set(true), NRF_SUCCESS);
    assert_int_equal(mesh_stack_provisioning_data_store(&data, device_key), NRF_SUCCESS);
    rig_restart(rig, 0);
    mesh_stack_config_clear(); /* nothing yet to be cleared */
    assert_int_equal(mesh_stack_init(&params, &provisioned), NRF_SUCCESS);
    assert_true(provisioned);
    assert_int_equal(mesh_opt_prov_ecdh_offloading_get(&on), NRF_SUCCESS);
    assert_true(on);

    mesh_stack_config_clear();
    assert_false(mesh_stack_is_device_provisioned());
    assert_int_equal(dsm_net_key_index_to_subnet_handle(3), DSM_HANDLE_INVALID);
    assert_int_equal(mesh_opt_prov_ecdh_offloading_get(&on), NRF_SUCCESS);
    assert_false(on);
    rig_restart(rig, 0);
    assert_int_equal(mesh_stack_init(&params, &provisioned), NRF_SUCCESS);
    assert_false(provisioned);
    assert_int_equal(mesh_opt_prov_ecdh_offloading_get(&on), NRF_SUCCESS);
    assert_false(on);
    data.address = 0x0200; /* another network */
    assert_int_equal(mesh_stack_provisioning_data_store(&data, device_key), NRF_SUCCESS);
    rig_free(rig);
}

/* -- storage that is of no use ----------------------------------------------------------------- */

static void assert_was_wiped(struct rig *rig)
{
    nrf_mesh_prov_provisioning_data_t data = good_data();
    bool provisioned = true;

    rig_restart(rig, 0);
    assert_int_equal(mesh_stack_init(&params, &provisioned), NRF_ERROR_INVALID_DATA);
    assert_false(provisioned);
    assert_int_equal(mesh_stack_start(), NRF_SUCCESS); /* all else is ready */
    rig_restart(rig, 0);
    assert_int_equal(mesh_stack_init(&params, &provisioned), NRF_SUCCESS);
    assert_false(provisioned);
    assert_int_equal(mesh_stack_provisioning_data_store(&data, device_key), NRF_SUCCESS);
}

static void what_cannot_be_loaded_is_wiped(void **state)
{
    nrf_mesh_prov_provisioning_data_t data = good_data();
    struct rig *rig = rig_new(1);
    uint8_t *record;
    size_t *len;

    (void)state;
    assert_int_equal(mesh_stack_init(&params, NULL), NRF_SUCCESS);
    assert_int_equal(mesh_stack_provisioning_data_store(&data, device_key), NRF_SUCCESS);
    record = rig_record(rig, 0, RECORD_NODE, &len);
    assert_non_null(record);
    record[0] ^= 0xFF; /* a format that there is not */
    assert_was_wiped(rig);
    record = rig_record(rig, 0, RECORD_IV, &len);
    assert_non_null(record);
    *len = 1;
    assert_was_wiped(rig);

    assert_int_equal(mesh_opt_prov_ecdh_offloading_set(true), NRF_SUCCESS);
    record = rig_record(rig, 0, STACK_RECORD_CONFIG, &len); /* an entry of the stack's own */
    assert_non_null(record);
    *len = 1;
    assert_was_wiped(rig);
    rig_free(rig);
}

/* -- the end ----------------------------------------------------------------------------------- */

static void power_down_stores_and_tells(void **state)
{
    nrf_mesh_prov_provisioning_data_t data = good_data();
    struct rig *rig = rig_new(1);
    uint64_t events;

    (void)state;
    mesh_stack_power_down(); /* before there is anything */
    assert_int_equal(mesh_stack_init(&params, NULL), NRF_SUCCESS);
    rig_listen();
    assert_int_equal(mesh_stack_provisioning_data_store(&data, device_key), NRF_SUCCESS);
    assert_int_equal(mesh_stack_start(), NRF_SUCCESS);
    rig_run(rig, 60000);
    mesh_stack_power_down();
    assert_int_equal(rig_told[NRF_MESH_EVT_READY_TO_POWER_OFF], 0);
    rig_run(rig, 10);
    assert_int_equal(rig_told[NRF_MESH_EVT_READY_TO_POWER_OFF], 1);
    events = air_stats(rig->air)->events;
    rig_run(rig, 60000);
    assert_int_equal(air_stats(rig->air)->events, events);
    assert_int_equal(rig_told[NRF_MESH_EVT_READY_TO_POWER_OFF], 1);
    rig_free(rig);
}

static void a_reset_waits_for_storage(void **state)
{
    struct rig *rig = rig_new(1);

    (void)state;
    resets = 0;
    assert_int_equal(mesh_stack_init(&params, NULL), NRF_SUCCESS);
    mesh_stack_device_reset();
    assert_int_equal(resets, 1);
    rig->device[0].store.fails = true;
    assert_int_equal(mesh_opt_prov_ecdh_offloading_set(true), NRF_SUCCESS);
    mesh_stack_device_reset();
    rig_run(rig, 3000);
    assert_int_equal(resets, 1);
    rig->device[0].store.fails = false;
    rig_run(rig, 1500);
    assert_int_equal(resets, 2);
    rig_free(rig);
}

static void there_is_no_flash_to_be_shown(void **state)
{
    const uint32_t *p_start = NULL;
    uint32_t length = 0;

    (void)state;
    assert_int_equal(mesh_stack_persistence_flash_usage(NULL, &length), NRF_ERROR_NULL);
    assert_int_equal(mesh_stack_persistence_flash_usage(&p_start, NULL), NRF_ERROR_NULL);
    assert_int_equal(mesh_stack_persistence_flash_usage(&p_start, &length),
                     NRF_ERROR_NOT_SUPPORTED);
}

static void stacks_do_not_know_each_other(void **state)
{
    struct rig *rig = rig_new(3);
    bool provisioned;

    (void)state;
    for (unsigned n = 0; n < 3; n++) {
        nrf_mesh_prov_provisioning_data_t data = good_data();

        rig_enter(rig, n);
        assert_int_equal(mesh_stack_init(&params, NULL), NRF_SUCCESS);
        data.address = (uint16_t)(0x0100 * (n + 1));
        if (n != 1) {
            assert_int_equal(mesh_stack_provisioning_data_store(&data, device_key), NRF_SUCCESS);
        }
    }
    for (unsigned n = 0; n < 3; n++) {
        dsm_local_unicast_address_t local;

        rig_restart(rig, n);
        assert_int_equal(mesh_stack_init(&params, &provisioned), NRF_SUCCESS);
        assert_int_equal(provisioned, n != 1);
        dsm_local_unicast_addresses_get(&local);
        assert_int_equal(local.address_start, n != 1 ? 0x0100 * (n + 1) : 0);
    }
    rig_free(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layouts_are_the_sdks),
        cmocka_unit_test(init_answers_as_documented),
        cmocka_unit_test(data_are_checked),
        cmocka_unit_test(a_node_is_one_after_a_restart),
        cmocka_unit_test(clearing_forgets_the_network_and_options),
        cmocka_unit_test(what_cannot_be_loaded_is_wiped),
        cmocka_unit_test(power_down_stores_and_tells),
        cmocka_unit_test(a_reset_waits_for_storage),
        cmocka_unit_test(there_is_no_flash_to_be_shown),
        cmocka_unit_test(stacks_do_not_know_each_other),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
