/*
 * The Device State Manager (device_state_manager.h): every function with each of its return codes.
 * What becomes of it in a node's life is in test_dsm_node.c.
 */
#include "dsm_boot.h"

#include "device_state_manager.h"

#include "dsm_parts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define OK NRF_SUCCESS
#define INVALID DSM_HANDLE_INVALID

static const uint8_t label_a[16] = { 0xA0, 0xA1 };
static const uint8_t label_b[16] = { 0xB0, 0xB1 };
static const uint8_t label_c[16] = { 0xC0, 0xC1 };

/* -- names ------------------------------------------------------------------------------------- */

static void types_and_values_are_the_sdks(void **state)
{
    (void)state;
    assert_int_equal(DSM_HANDLE_INVALID, 0xFFFF);
    assert_int_equal(DSM_KEY_INDEX_MAX, 0xFFF);
    assert_int_equal(DSM_ADDR_MAX, 10);
    assert_int_equal(DSM_APP_MAX_LIMIT, 247);
    assert_int_equal(DSM_SUBNET_MAX_LIMIT, 252);
    assert_int_equal(DSM_ADDR_MAX_LIMIT, 185);
    assert_int_equal(sizeof(dsm_handle_t), 2);
    assert_int_equal(sizeof(mesh_key_index_t), 2);
    assert_int_equal(offsetof(dsm_local_unicast_address_t, address_start), 0);
    assert_int_equal(offsetof(dsm_local_unicast_address_t, count), 2);
}

static void before_the_stack_is_made_there_is_nothing(void **state)
{
    dsm_local_unicast_address_t local;
    nrf_mesh_secmat_t secmat;
    dsm_handle_t handle = 7;
    uint32_t count = 4;
    uint16_t list[4];
    struct rig *rig = rig_new(1);

    (void)state;
    assert_int_equal(dsm_load_config_apply(), NRF_ERROR_NOT_FOUND);
    dsm_local_unicast_addresses_get(&local);
    assert_int_equal(local.address_start, 0);
    assert_int_equal(dsm_subnet_add(0, boot_key(1), &handle), NRF_ERROR_NO_MEM);
    assert_int_equal(dsm_appkey_add(0, 0, boot_key(1), &handle), NRF_ERROR_NOT_FOUND);
    assert_int_equal(dsm_devkey_add(1, 0, boot_key(1), &handle), NRF_ERROR_NOT_FOUND);
    assert_int_equal(dsm_address_publish_virtual_add(label_a, &handle), NRF_ERROR_INVALID_STATE);
    assert_int_equal(dsm_tx_secmat_get(0, 0, &secmat), NRF_ERROR_NOT_FOUND);
    assert_int_equal(dsm_subnet_get_all(list, &count), OK);
    assert_int_equal(count, 0);
    assert_int_equal(handle, 7);
    rig_free(rig);
}

/* -- own addresses ----------------------------------------------------------------------------- */

static void own_addresses_are_set_once(void **state)
{
    static const dsm_local_unicast_address_t bad[] = {
        { 0, 1 }, { 1, 0 }, { 0x8000, 1 }, { 0xC000, 1 }, { 0x7FFF, 2 }, { 1, 0xFFFF },
    };
    dsm_local_unicast_address_t local = { 0x7FFD, 3 }, got;
    nrf_mesh_address_t address = { .type = NRF_MESH_ADDRESS_TYPE_UNICAST };

    (void)state;
    assert_int_equal(dsm_local_unicast_addresses_set(NULL), NRF_ERROR_NULL);
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(dsm_local_unicast_addresses_set(&bad[i]), NRF_ERROR_INVALID_DATA);
    }
    assert_int_equal(dsm_local_unicast_addresses_set(&local), OK);
    assert_int_equal(dsm_local_unicast_addresses_set(&local), NRF_ERROR_FORBIDDEN);
    dsm_local_unicast_addresses_get(&got);
    assert_memory_equal(&got, &local, sizeof(got));
    for (unsigned a = 0x7FFC; a <= 0x7FFF; a++) {
        address.value = (uint16_t)a;
        assert_int_equal(dsm_address_is_rx(&address), a != 0x7FFC);
    }
    dsm_clear();
    dsm_local_unicast_addresses_get(&got);
    assert_int_equal(got.address_start, 0);
    assert_int_equal(dsm_local_unicast_addresses_set(&local), OK);
}

/* -- subnets ----------------------------------------------------------------------------------- */

static void subnets_have_handles(void **state)
{
    mesh_key_index_t list[DSM_SUBNET_MAX], index;
    uint8_t key[16];
    dsm_handle_t h;
    uint32_t count;

    (void)state;
    assert_int_equal(dsm_subnet_add(1, NULL, &h), NRF_ERROR_NULL);
    assert_int_equal(dsm_subnet_add(1, key, NULL), NRF_ERROR_NULL);
    assert_int_equal(dsm_subnet_add(0x1000, boot_key(1), &h), NRF_ERROR_INVALID_PARAM);
    for (uint16_t i = 0; i < DSM_SUBNET_MAX; i++) {
        assert_int_equal(dsm_subnet_add(0xFFF - i, boot_key((uint8_t)i), &h), OK);
        assert_int_equal(h, i);
    }
    assert_int_equal(dsm_subnet_add(5, boot_key(9), &h), NRF_ERROR_NO_MEM);
    assert_int_equal(dsm_subnet_add(0xFFD, boot_key(2), &h), NRF_ERROR_INTERNAL);
    assert_int_equal(h, 2);
    assert_int_equal(dsm_subnet_add(0xFFE, boot_key(7), &h), NRF_ERROR_FORBIDDEN);
    assert_int_equal(h, 1);

    assert_int_equal(dsm_net_key_index_to_subnet_handle(0xFFC), 3);
    assert_int_equal(dsm_net_key_index_to_subnet_handle(0), INVALID);
    assert_int_equal(dsm_subnet_handle_to_netkey_index(1, &index), OK);
    assert_int_equal(index, 0xFFE);
    assert_int_equal(dsm_subnet_handle_to_netkey_index(1, NULL), NRF_ERROR_NULL);
    assert_int_equal(dsm_subnet_handle_to_netkey_index(DSM_SUBNET_MAX, &index),
                     NRF_ERROR_NOT_FOUND);
    assert_int_equal(dsm_subnet_key_get(2, NULL), NRF_ERROR_NULL);
    assert_int_equal(dsm_subnet_key_get(INVALID, key), NRF_ERROR_NOT_FOUND);
    assert_int_equal(dsm_subnet_key_get(2, key), OK);
    assert_memory_equal(key, boot_key(2), 16);

    count = DSM_SUBNET_MAX;
    assert_int_equal(dsm_subnet_get_all(NULL, &count), NRF_ERROR_NULL);
    assert_int_equal(dsm_subnet_get_all(list, NULL), NRF_ERROR_NULL);
    count = DSM_SUBNET_MAX - 1;
    assert_int_equal(dsm_subnet_get_all(list, &count), NRF_ERROR_INVALID_LENGTH);
    count = DSM_SUBNET_MAX;
    assert_int_equal(dsm_subnet_get_all(list, &count), OK);
    assert_int_equal(count, DSM_SUBNET_MAX);
    assert_int_equal(list[0], 0xFFF);
    assert_int_equal(list[3], 0xFFC);
}

/* On a device, and on a node: the first subnet stands for the others' messages. */
static void refresh(dsm_handle_t h, uint8_t old, uint8_t fresh)
{
    nrf_mesh_key_refresh_phase_t phase;
    uint8_t key[16];

    assert_int_equal(dsm_subnet_kr_phase_get(h, NULL), NRF_ERROR_NULL);
    assert_int_equal(dsm_subnet_kr_phase_get(3, &phase), NRF_ERROR_NOT_FOUND);
    assert_int_equal(dsm_subnet_update(h, NULL), NRF_ERROR_NULL);
    assert_int_equal(dsm_subnet_update(3, boot_key(1)), NRF_ERROR_NOT_FOUND);
    assert_int_equal(dsm_subnet_update_swap_keys(3), NRF_ERROR_NOT_FOUND);
    assert_int_equal(dsm_subnet_update_commit(3), NRF_ERROR_NOT_FOUND);
    assert_int_equal(dsm_subnet_update_swap_keys(h), NRF_ERROR_INVALID_STATE);
    assert_int_equal(dsm_subnet_update_commit(h), NRF_ERROR_INVALID_STATE);

    assert_int_equal(dsm_subnet_update(h, boot_key(fresh)), OK);
    assert_int_equal(dsm_subnet_update(h, boot_key(fresh)), OK);
    assert_int_equal(dsm_subnet_update(h, boot_key((uint8_t)(fresh + 1))), NRF_ERROR_INVALID_STATE);
    assert_int_equal(dsm_subnet_kr_phase_get(h, &phase), OK);
    assert_int_equal(phase, NRF_MESH_KEY_REFRESH_PHASE_1);
    assert_int_equal(dsm_subnet_key_get(h, key), OK);
    assert_memory_equal(key, boot_key(old), 16);
    assert_int_equal(dsm_subnet_update_commit(h), NRF_ERROR_INVALID_STATE);

    assert_int_equal(dsm_subnet_update_swap_keys(h), OK);
    assert_int_equal(dsm_subnet_update_swap_keys(h), NRF_ERROR_INVALID_STATE);
    assert_int_equal(dsm_subnet_kr_phase_get(h, &phase), OK);
    assert_int_equal(phase, NRF_MESH_KEY_REFRESH_PHASE_2);
    assert_int_equal(dsm_subnet_key_get(h, key), OK);
    assert_memory_equal(key, boot_key(fresh), 16);
    assert_int_equal(dsm_subnet_update(h, boot_key(fresh)), NRF_ERROR_INVALID_STATE);

    assert_int_equal(dsm_subnet_update_commit(h), OK);
    assert_int_equal(dsm_subnet_kr_phase_get(h, &phase), OK);
    assert_int_equal(phase, NRF_MESH_KEY_REFRESH_PHASE_0);
    assert_int_equal(dsm_subnet_key_get(h, key), OK);
    assert_memory_equal(key, boot_key(fresh), 16);
}

static void keys_are_refreshed(void **state)
{
    nrf_mesh_key_refresh_phase_t phase;
    dsm_handle_t h;

    (void)state;
    assert_int_equal(dsm_subnet_add(1, boot_key(0x31), &h), OK);
    refresh(h, 0x31, 0x32);

    /* a device that joins in phase 2 knows the new key alone */
    assert_int_equal(dsm_subnet_update(h, boot_key(0x32)), OK);
    assert_int_equal(dsm_subnet_update_swap_keys(h), OK);
    assert_int_equal(dsm_subnet_kr_phase_get(h, &phase), OK);
    assert_int_equal(phase, NRF_MESH_KEY_REFRESH_PHASE_2);
}

static void keys_of_a_node_are_refreshed(void **state)
{
    dsm_handle_t h;

    refresh(0, BOOT_NETKEY, 0x42);
    assert_int_equal(dsm_subnet_add(1, boot_key(0x51), &h), OK);
    assert_int_equal(dsm_subnet_update(h, boot_key(0x51)), OK);
    assert_int_equal(dsm_subnet_update_swap_keys(h), OK);

    rig_run(*state, 1000);
    rig_restart(*state, 0);
    assert_int_equal(boot(*state, 0, NULL), OK);
    assert_int_equal(dsm_subnet_add(0, boot_key(0x42), &h), NRF_ERROR_INTERNAL);
    assert_int_equal(dsm_subnet_update_commit(dsm_net_key_index_to_subnet_handle(1)), OK);
}

static void a_subnet_goes_with_its_application_keys(void **state)
{
    dsm_handle_t a, b, key, dev, h;

    (void)state;
    assert_int_equal(dsm_subnet_delete(0), NRF_ERROR_NOT_FOUND);
    assert_int_equal(dsm_subnet_add(1, boot_key(1), &a), OK);
    assert_int_equal(dsm_subnet_delete(a), NRF_ERROR_FORBIDDEN);
    assert_int_equal(dsm_subnet_add(2, boot_key(2), &b), OK);
    assert_int_equal(dsm_appkey_add(0, a, boot_key(3), &key), OK);
    assert_int_equal(dsm_devkey_add(0x100, a, boot_key(4), &dev), OK);
    assert_int_equal(dsm_subnet_delete(a), OK);
    assert_int_equal(dsm_appkey_index_to_appkey_handle(0), INVALID);
    assert_int_equal(dsm_devkey_handle_get(0x100, &h), OK); /* without its subnet */
    assert_int_equal(dsm_appkey_handle_to_subnet_handle(h, &key), NRF_ERROR_NOT_FOUND);
    assert_int_equal(dsm_subnet_delete(b), NRF_ERROR_FORBIDDEN);
    assert_int_equal(dsm_subnet_add(1, boot_key(1), &h), OK);
    assert_int_equal(h, a);
}

/* -- application keys -------------------------------------------------------------------------- */

static void application_keys_have_handles(void **state)
{
    mesh_key_index_t list[DSM_APP_MAX], index;
    dsm_handle_t net, other, h;
    uint32_t count;

    (void)state;
    assert_int_equal(dsm_subnet_add(1, boot_key(1), &net), OK);
    assert_int_equal(dsm_subnet_add(2, boot_key(2), &other), OK);
    assert_int_equal(dsm_appkey_add(0, net, NULL, &h), NRF_ERROR_NULL);
    assert_int_equal(dsm_appkey_add(0, net, boot_key(1), NULL), NRF_ERROR_NULL);
    assert_int_equal(dsm_appkey_add(0, 3, boot_key(1), &h), NRF_ERROR_NOT_FOUND);
    assert_int_equal(dsm_appkey_add(0x1000, net, boot_key(1), &h), NRF_ERROR_INVALID_PARAM);
    for (uint16_t i = 0; i < DSM_APP_MAX; i++) {
        assert_int_equal(
            dsm_appkey_add(0x100 + i, i % 2 == 0 ? net : other, boot_key((uint8_t)(16 + i)), &h),
            OK);
        assert_int_equal(h, i);
    }
    assert_int_equal(dsm_appkey_add(5, net, boot_key(9), &h), NRF_ERROR_NO_MEM);
    assert_int_equal(dsm_appkey_add(0x103, net, boot_key(19), &h), NRF_ERROR_INTERNAL);
    assert_int_equal(h, 3);
    assert_int_equal(dsm_appkey_add(0x104, net, boot_key(1), &h), NRF_ERROR_FORBIDDEN);
    assert_int_equal(h, 4);

    assert_int_equal(dsm_appkey_index_to_appkey_handle(0x107), 7);
    assert_int_equal(dsm_appkey_index_to_appkey_handle(0x108), INVALID);
    assert_int_equal(dsm_appkey_handle_to_appkey_index(7, NULL), NRF_ERROR_NULL);
    assert_int_equal(dsm_appkey_handle_to_appkey_index(DSM_APP_MAX, &index), NRF_ERROR_NOT_FOUND);
    assert_int_equal(dsm_appkey_handle_to_appkey_index(7, &index), OK);
    assert_int_equal(index, 0x107);
    assert_int_equal(dsm_appkey_handle_to_subnet_handle(7, NULL), NRF_ERROR_NULL);
    assert_int_equal(dsm_appkey_handle_to_subnet_handle(DSM_APP_MAX, &h), NRF_ERROR_NOT_FOUND);
    assert_int_equal(dsm_appkey_handle_to_subnet_handle(7, &h), OK);
    assert_int_equal(h, other);

    count = 4;
    assert_int_equal(dsm_appkey_get_all(net, NULL, &count), NRF_ERROR_NULL);
    assert_int_equal(dsm_appkey_get_all(net, list, NULL), NRF_ERROR_NULL);
    assert_int_equal(dsm_appkey_get_all(3, list, &count), NRF_ERROR_NOT_FOUND);
    count = 3;
    assert_int_equal(dsm_appkey_get_all(net, list, &count), NRF_ERROR_INVALID_LENGTH);
    count = 8;
    assert_int_equal(dsm_appkey_get_all(net, list, &count), OK);
    assert_int_equal(count, 4);
    assert_int_equal(list[1], 0x102);

    assert_int_equal(dsm_appkey_delete(7), OK);
    assert_int_equal(dsm_appkey_delete(7), NRF_ERROR_NOT_FOUND);
    assert_int_equal(dsm_appkey_delete(DSM_APP_MAX), NRF_ERROR_NOT_FOUND);
}

static void update_key(dsm_handle_t net, dsm_handle_t key)
{
    nrf_mesh_secmat_t secmat;

    assert_int_equal(dsm_appkey_update(key, NULL), NRF_ERROR_NULL);
    assert_int_equal(dsm_appkey_update(7, boot_key(0x61)), NRF_ERROR_NOT_FOUND);
    assert_int_equal(dsm_appkey_update(key, boot_key(0x61)), NRF_ERROR_INVALID_STATE);
    assert_int_equal(dsm_subnet_update(net, boot_key(0x62)), OK);
    assert_int_equal(dsm_appkey_update(key, boot_key(0x61)), OK);
    assert_int_equal(dsm_appkey_update(key, boot_key(0x61)), OK);
    assert_int_equal(dsm_appkey_update(key, boot_key(0x63)), NRF_ERROR_INVALID_STATE);
    assert_int_equal(dsm_tx_secmat_get(net, key, &secmat), OK);
    assert_memory_not_equal(secmat.p_app->key, boot_key(0x61), 16);
    assert_int_equal(dsm_subnet_update_swap_keys(net), OK);
    assert_int_equal(dsm_tx_secmat_get(net, key, &secmat), OK);
    assert_memory_equal(secmat.p_app->key, boot_key(0x61), 16);
    assert_int_equal(dsm_appkey_update(key, boot_key(0x61)), NRF_ERROR_INVALID_STATE);
}

static void application_keys_are_updated_in_phase_1(void **state)
{
    dsm_handle_t net, key;

    (void)state;
    assert_int_equal(dsm_subnet_add(1, boot_key(1), &net), OK);
    assert_int_equal(dsm_appkey_add(0, net, boot_key(2), &key), OK);
    update_key(net, key);
}

static void application_keys_of_a_node_are_updated_in_phase_1(void **state)
{
    (void)state;
    update_key(0, 0);
    assert_int_equal(dsm_appkey_delete(0), OK);
    assert_int_equal(dsm_appkey_delete(0), NRF_ERROR_NOT_FOUND);
}

/* -- device keys ------------------------------------------------------------------------------- */

static void device_keys_have_handles(void **state)
{
    dsm_handle_t net, h;
    uint8_t key[16];

    (void)state;
    assert_int_equal(dsm_subnet_add(1, boot_key(1), &net), OK);
    assert_int_equal(dsm_devkey_add(0x100, net, NULL, &h), NRF_ERROR_NULL);
    assert_int_equal(dsm_devkey_add(0x100, net, boot_key(1), NULL), NRF_ERROR_NULL);
    assert_int_equal(dsm_devkey_add(0, net, boot_key(1), &h), NRF_ERROR_INVALID_ADDR);
    assert_int_equal(dsm_devkey_add(0x8000, net, boot_key(1), &h), NRF_ERROR_INVALID_ADDR);
    assert_int_equal(dsm_devkey_add(0x100, 2, boot_key(1), &h), NRF_ERROR_NOT_FOUND);
    for (uint16_t i = 0; i < DSM_DEVICE_MAX; i++) {
        assert_int_equal(dsm_devkey_add(0x100 + i, net, boot_key((uint8_t)(16 + i)), &h), OK);
        assert_int_equal(h, DSM_APP_MAX + i);
    }
    assert_int_equal(dsm_devkey_add(0x102, net, boot_key(18), &h), NRF_ERROR_FORBIDDEN);
    assert_int_equal(dsm_devkey_add(0x200, net, boot_key(18), &h), NRF_ERROR_NO_MEM);
    assert_int_equal(dsm_devkey_handle_get(0x102, NULL), NRF_ERROR_NULL);
    assert_int_equal(dsm_devkey_handle_get(0, &h), NRF_ERROR_INVALID_ADDR);
    assert_int_equal(dsm_devkey_handle_get(0xC000, &h), NRF_ERROR_INVALID_ADDR);
    assert_int_equal(dsm_devkey_handle_get(0x200, &h), NRF_ERROR_NOT_FOUND);
    assert_int_equal(dsm_devkey_handle_get(0x102, &h), OK);
    assert_int_equal(h, DSM_APP_MAX + 2);
    assert_int_equal(dsm_appkey_handle_to_subnet_handle(h, &net), OK);
    assert_int_equal(net, 0);
    assert_true(dsm_device_key(layer_stack(), 0x102, key));
    assert_memory_equal(key, boot_key(18), 16);
    assert_int_equal(dsm_devkey_delete(h), OK);
    assert_int_equal(dsm_devkey_delete(h), NRF_ERROR_NOT_FOUND);
    assert_int_equal(dsm_devkey_delete(0), NRF_ERROR_NOT_FOUND);
    assert_false(dsm_device_key(layer_stack(), 0x102, key));
    assert_false(dsm_device_key(layer_stack(), 0, key));
    assert_int_equal(dsm_devkey_add(0x200, net, boot_key(18), &h), OK);
    assert_int_equal(h, DSM_APP_MAX + 2);
}

/* -- addresses --------------------------------------------------------------------------------- */

static uint16_t subscriptions(dsm_handle_t h)
{
    uint16_t count = 0xAAAA;

    assert_int_equal(dsm_address_subscription_count_get(h, &count), OK);
    return count;
}

static void addresses_to_publish_to_are_counted(void **state)
{
    dsm_handle_t a, b, h;

    (void)state;
    assert_int_equal(dsm_address_publish_add(0xC000, NULL), NRF_ERROR_NULL);
    assert_int_equal(dsm_address_publish_add(0, &h), NRF_ERROR_INVALID_ADDR);
    assert_int_equal(dsm_address_publish_add(0x8001, &h), NRF_ERROR_INVALID_ADDR);
    assert_int_equal(dsm_address_publish_add(0x0001, &a), OK);
    assert_int_equal(dsm_address_publish_add(0xFFFF, &b), OK);
    assert_int_equal(a, 0);
    assert_int_equal(b, 1);
    assert_int_equal(dsm_address_publish_add(0x0001, &h), OK);
    assert_int_equal(h, a);
    assert_int_equal(dsm_address_publish_add_handle(a), OK);
    assert_int_equal(dsm_address_publish_add_handle(2), NRF_ERROR_NOT_FOUND);
    assert_int_equal(dsm_address_publish_add_handle(DSM_ADDR_MAX), NRF_ERROR_NOT_FOUND);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(dsm_address_publish_remove(a), OK);
    }
    assert_int_equal(dsm_address_publish_remove(a), NRF_ERROR_NOT_FOUND);
    assert_int_equal(dsm_address_publish_remove(DSM_ADDR_MAX), NRF_ERROR_NOT_FOUND);
    for (uint16_t i = 1; i < DSM_NONVIRTUAL_ADDR_MAX; i++) {
        assert_int_equal(dsm_address_publish_add(0x100 + i, &h), OK);
    }
    assert_int_equal(dsm_address_publish_add(0x200, &h), NRF_ERROR_NO_MEM);
    assert_int_equal(dsm_address_subscription_add(0xC123, &h), NRF_ERROR_NO_MEM);
}

static void addresses_to_receive_on_are_counted(void **state)
{
    dsm_handle_t a, unicast, h;
    uint16_t count;

    (void)state;
    assert_int_equal(dsm_address_subscription_add(0xC000, NULL), NRF_ERROR_NULL);
    assert_int_equal(dsm_address_subscription_add(0, &h), NRF_ERROR_INVALID_ADDR);
    assert_int_equal(dsm_address_subscription_add(0x0001, &h), NRF_ERROR_INVALID_ADDR);
    assert_int_equal(dsm_address_subscription_add(0x8001, &h), NRF_ERROR_INVALID_ADDR);
    assert_int_equal(dsm_address_subscription_add(0xC000, &a), OK);
    assert_int_equal(dsm_address_subscription_add(0xC000, &h), OK);
    assert_int_equal(h, a);
    assert_int_equal(dsm_address_subscription_add_handle(a), OK);
    assert_int_equal(subscriptions(a), 3);
    assert_int_equal(dsm_address_publish_add(0x0005, &unicast), OK);
    assert_int_equal(dsm_address_subscription_add_handle(unicast), NRF_ERROR_NOT_FOUND);
    assert_int_equal(dsm_address_subscription_add_handle(9), NRF_ERROR_NOT_FOUND);
    assert_int_equal(dsm_address_subscription_count_get(a, NULL), NRF_ERROR_NULL);
    assert_int_equal(dsm_address_subscription_count_get(unicast, &count), NRF_ERROR_INVALID_ADDR);
    assert_int_equal(dsm_address_subscription_count_get(5, &count), NRF_ERROR_NOT_FOUND);
    assert_true(dsm_address_subscription_get(a));
    assert_false(dsm_address_subscription_get(unicast));
    assert_false(dsm_address_subscription_get(5));
    assert_int_equal(dsm_address_subscription_remove(unicast), NRF_ERROR_FORBIDDEN);
    assert_int_equal(dsm_address_subscription_remove(5), NRF_ERROR_NOT_FOUND);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(dsm_address_subscription_remove(a), OK);
    }
    assert_int_equal(dsm_address_subscription_remove(a), NRF_ERROR_NOT_FOUND);

    assert_int_equal(dsm_address_publish_add(0xC000, &a), OK); /* but no subscription */
    assert_int_equal(subscriptions(a), 0);
    assert_int_equal(dsm_address_subscription_remove(a), NRF_ERROR_NOT_FOUND);
    assert_int_equal(dsm_address_subscription_add_handle(a), OK);
    assert_int_equal(dsm_address_publish_remove(a), OK);
    assert_int_equal(subscriptions(a), 1);
}

static void virtual_addresses_have_labels(void **state)
{
    nrf_mesh_address_t address;
    dsm_handle_t a, b, h;

    (void)state;
    assert_int_equal(dsm_address_publish_virtual_add(NULL, &h), NRF_ERROR_NULL);
    assert_int_equal(dsm_address_publish_virtual_add(label_a, NULL), NRF_ERROR_NULL);
    assert_int_equal(dsm_address_subscription_virtual_add(NULL, &h), NRF_ERROR_NULL);
    assert_int_equal(dsm_address_subscription_virtual_add(label_a, NULL), NRF_ERROR_NULL);
    assert_int_equal(dsm_address_publish_virtual_add(label_a, &a), OK);
    assert_int_equal(dsm_address_subscription_virtual_add(label_b, &b), OK);
    assert_int_equal(a, DSM_NONVIRTUAL_ADDR_MAX);
    assert_int_equal(b, DSM_NONVIRTUAL_ADDR_MAX + 1);
    assert_int_equal(dsm_address_publish_virtual_add(label_c, &h), NRF_ERROR_NO_MEM);
    assert_int_equal(dsm_address_subscription_virtual_add(label_c, &h), NRF_ERROR_NO_MEM);
    assert_int_equal(dsm_address_get(b, &address), OK);
    assert_int_equal(address.type, NRF_MESH_ADDRESS_TYPE_VIRTUAL);
    assert_int_equal(address.value & 0xC000, 0x8000);
    assert_memory_equal(address.p_virtual_uuid, label_b, 16);
    assert_int_equal(dsm_address_handle_get(&address, &h), OK);
    assert_int_equal(h, b);
    assert_true(dsm_address_is_rx(&address));
    assert_int_equal(dsm_address_get(a, &address), OK);
    assert_false(dsm_address_is_rx(&address));
    address.p_virtual_uuid = label_c;
    assert_int_equal(dsm_address_handle_get(&address, &h), NRF_ERROR_NOT_FOUND);
    address.p_virtual_uuid = NULL;
    assert_int_equal(dsm_address_handle_get(&address, &h), NRF_ERROR_INVALID_ADDR);
    assert_int_equal(dsm_address_publish_remove(a), OK);
    assert_int_equal(dsm_address_publish_virtual_add(label_c, &h), OK);
    assert_int_equal(h, a);
}

static void addresses_are_found_and_listed(void **state)
{
    nrf_mesh_address_t address;
    dsm_handle_t list[DSM_ADDR_MAX], a, b, c, h;
    uint32_t count = 3;

    (void)state;
    assert_int_equal(dsm_address_publish_add(0x0123, &a), OK);
    assert_int_equal(dsm_address_subscription_add(0xC001, &b), OK);
    assert_int_equal(dsm_address_subscription_virtual_add(label_a, &c), OK);
    assert_int_equal(dsm_address_get(a, NULL), NRF_ERROR_NULL);
    assert_int_equal(dsm_address_get(5, &address), NRF_ERROR_NOT_FOUND);
    assert_int_equal(dsm_address_get(b, &address), OK);
    assert_int_equal(address.type, NRF_MESH_ADDRESS_TYPE_GROUP);
    assert_int_equal(address.value, 0xC001);
    assert_null(address.p_virtual_uuid);
    assert_true(dsm_address_is_rx(&address));
    assert_int_equal(dsm_address_handle_get(NULL, &h), NRF_ERROR_NULL);
    assert_int_equal(dsm_address_handle_get(&address, NULL), NRF_ERROR_NULL);
    assert_int_equal(dsm_address_handle_get(&address, &h), OK);
    assert_int_equal(h, b);
    address.value = 0xC002;
    assert_int_equal(dsm_address_handle_get(&address, &h), NRF_ERROR_NOT_FOUND);
    assert_false(dsm_address_is_rx(&address));
    address.value = NRF_MESH_ALL_NODES_ADDR;
    assert_int_equal(dsm_address_handle_get(&address, &h), NRF_ERROR_NOT_FOUND);
    assert_true(dsm_address_is_rx(&address));
    address.type = NRF_MESH_ADDRESS_TYPE_UNICAST;
    assert_int_equal(dsm_address_handle_get(&address, &h), NRF_ERROR_INVALID_ADDR);
    assert_false(dsm_address_is_rx(&address));
    assert_false(dsm_address_is_rx(NULL));
    address.type = NRF_MESH_ADDRESS_TYPE_INVALID;
    address.value = 0;
    assert_int_equal(dsm_address_handle_get(&address, &h), NRF_ERROR_INVALID_ADDR);

    assert_int_equal(dsm_address_get_all(NULL, &count), NRF_ERROR_NULL);
    assert_int_equal(dsm_address_get_all(list, NULL), NRF_ERROR_NULL);
    count = 2;
    assert_int_equal(dsm_address_get_all(list, &count), NRF_ERROR_INVALID_LENGTH);
    count = DSM_ADDR_MAX;
    assert_int_equal(dsm_address_get_all(list, &count), OK);
    assert_int_equal(count, 3);
    assert_int_equal(list[0], a);
    assert_int_equal(list[1], b);
    assert_int_equal(list[2], c);
}

/* -- security material ------------------------------------------------------------------------- */

static void security_material_is_of_the_keys(void **state)
{
    const nrf_mesh_network_secmat_t *net;
    const nrf_mesh_beacon_info_t *beacon;
    nrf_mesh_application_secmat_t copy;
    nrf_mesh_key_refresh_phase_t phase;
    dsm_handle_t other, dev;
    nrf_mesh_secmat_t secmat;

    (void)state;
    assert_int_equal(dsm_subnet_add(7, boot_key(7), &other), OK);
    assert_int_equal(dsm_devkey_handle_get(BOOT_ADDRESS(0), &dev), OK);
    assert_int_equal(dsm_tx_secmat_get(0, 0, NULL), NRF_ERROR_NULL);
    assert_int_equal(dsm_tx_secmat_get(3, 0, &secmat), NRF_ERROR_NOT_FOUND);
    assert_int_equal(dsm_tx_secmat_get(0, 5, &secmat), NRF_ERROR_NOT_FOUND);
    assert_int_equal(dsm_tx_secmat_get(other, 0, &secmat), NRF_ERROR_INVALID_STATE);
    assert_int_equal(dsm_tx_secmat_get(0, 0, &secmat), OK);
    assert_int_equal(dsm_subnet_handle_get(secmat.p_net), 0);
    assert_int_equal(dsm_appkey_handle_get(secmat.p_app), 0);
    assert_false(secmat.p_app->is_device_key);
    assert_memory_equal(secmat.p_app->key, boot_key(BOOT_APPKEY), 16);
    copy = *secmat.p_app;
    copy.is_device_key = true;
    assert_int_equal(dsm_appkey_handle_get(&copy), INVALID);

    assert_int_equal(dsm_tx_secmat_get(INVALID, dev, &secmat), OK);
    assert_true(secmat.p_app->is_device_key);
    assert_memory_equal(secmat.p_app->key, boot_key(0xD0), 16);
    assert_int_equal(dsm_appkey_handle_get(secmat.p_app), dev);
    assert_int_equal(dsm_subnet_handle_get(secmat.p_net), 0);
    assert_int_equal(dsm_subnet_handle_get(NULL), INVALID);
    assert_int_equal(dsm_appkey_handle_get(NULL), INVALID);
    assert_int_equal(dsm_tx_friendship_secmat_get(0, 0, &secmat), NRF_ERROR_NOT_SUPPORTED);

    assert_int_equal(dsm_net_secmat_from_keyindex_get(7, NULL), NRF_ERROR_NULL);
    assert_int_equal(dsm_net_secmat_from_keyindex_get(8, &net), NRF_ERROR_NOT_FOUND);
    assert_int_equal(dsm_net_secmat_from_keyindex_get(7, &net), OK);
    assert_int_equal(dsm_subnet_handle_get(net), other);

    assert_int_equal(dsm_beacon_info_get(0, NULL), NRF_ERROR_NULL);
    assert_int_equal(dsm_beacon_info_get(3, &beacon), NRF_ERROR_NOT_FOUND);
    assert_int_equal(dsm_beacon_info_get(other, &beacon), OK);
    assert_false(beacon->iv_update_permitted);
    assert_int_equal(dsm_beacon_info_get(0, &beacon), OK);
    assert_true(beacon->iv_update_permitted);
    assert_memory_equal(beacon->secmat.net_id, dsm_subnet_at(0)->key[0].network_id, 8);
    assert_int_equal(dsm_proxy_identity_get(beacon, &phase), NRF_ERROR_NOT_SUPPORTED);
}

/* The network keys of the specification's sample data (Mesh Protocol 1.1, 8.2.2, 8.2.3, 8.2.5). */
static void security_material_is_the_specifications(void **state)
{
    static const uint8_t netkey[16] = { 0x7d, 0xd7, 0x36, 0x4c, 0xd8, 0x42, 0xad, 0x18,
                                        0xc1, 0x7c, 0x2b, 0x82, 0x0c, 0x84, 0xc3, 0xd6 };
    static const uint8_t encryption[16] = { 0x09, 0x53, 0xfa, 0x93, 0xe7, 0xca, 0xac, 0x96,
                                            0x38, 0xf5, 0x88, 0x20, 0x22, 0x0a, 0x39, 0x8e };
    static const uint8_t privacy[16] = { 0x8b, 0x84, 0xee, 0xde, 0xc1, 0x00, 0x06, 0x7d,
                                         0x67, 0x09, 0x71, 0xdd, 0x2a, 0xa7, 0x00, 0xcf };
    static const uint8_t network_id[8] = { 0x3e, 0xca, 0xff, 0x67, 0x2f, 0x67, 0x33, 0x70 };
    static const uint8_t appkey[16] = { 0x63, 0x96, 0x47, 0x71, 0x73, 0x4f, 0xbd, 0x76,
                                        0xe3, 0xb4, 0x05, 0x19, 0xd1, 0xd9, 0x4a, 0x48 };
    const nrf_mesh_beacon_info_t *beacon;
    nrf_mesh_secmat_t secmat;
    dsm_handle_t net, app;

    (void)state;
    assert_int_equal(dsm_subnet_add(0x456, netkey, &net), OK);
    assert_int_equal(dsm_appkey_add(0x123, net, appkey, &app), OK);
    assert_int_equal(dsm_tx_secmat_get(net, app, &secmat), OK);
    assert_int_equal(secmat.p_net->nid, 0x68);
    assert_memory_equal(secmat.p_net->encryption_key, encryption, 16);
    assert_memory_equal(secmat.p_net->privacy_key, privacy, 16);
    assert_int_equal(secmat.p_app->aid, 0x26);
    assert_int_equal(dsm_beacon_info_get(net, &beacon), OK);
    assert_memory_equal(beacon->secmat.net_id, network_id, 8);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, boot_setup, boot_teardown)
#define NODE_TEST(name) cmocka_unit_test_setup_teardown(name, boot_setup_node, boot_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types_and_values_are_the_sdks),
        cmocka_unit_test(before_the_stack_is_made_there_is_nothing),
        TEST(own_addresses_are_set_once),
        TEST(subnets_have_handles),
        TEST(keys_are_refreshed),
        NODE_TEST(keys_of_a_node_are_refreshed),
        TEST(a_subnet_goes_with_its_application_keys),
        TEST(application_keys_have_handles),
        TEST(application_keys_are_updated_in_phase_1),
        NODE_TEST(application_keys_of_a_node_are_updated_in_phase_1),
        TEST(device_keys_have_handles),
        TEST(addresses_to_publish_to_are_counted),
        TEST(addresses_to_receive_on_are_counted),
        TEST(virtual_addresses_have_labels),
        TEST(addresses_are_found_and_listed),
        NODE_TEST(security_material_is_of_the_keys),
        TEST(security_material_is_the_specifications),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
