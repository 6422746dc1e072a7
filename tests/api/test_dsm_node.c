/*
 * The Device State Manager (device_state_manager.h) in a node's life: the pieces make a node,
 * handles stay over a restart, and all goes with the node. Its functions: test_dsm.c.
 */
#include "dsm_boot.h"

#include "device_state_manager.h"

#include "access_config.h"
#include "dsm_parts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define OK NRF_SUCCESS
#define INVALID DSM_HANDLE_INVALID

static const uint8_t label_a[16] = { 0xA0, 0xA1 };
static const uint8_t label_b[16] = { 0xB0, 0xB1 };

static void the_pieces_make_a_node_in_any_order(void **state)
{
    dsm_local_unicast_address_t local = { 0x0042, ACCESS_ELEMENT_COUNT };
    dsm_handle_t net, dev;

    (void)state;
    assert_int_equal(dsm_subnet_add(3, boot_key(3), &net), OK);
    assert_int_equal(dsm_devkey_add(0x0042, net, boot_key(4), &dev), OK);
    assert_int_equal(usher_mesh_address(&layer_stack()->mesh), 0);
    assert_int_equal(dsm_local_unicast_addresses_set(&local), OK);
    assert_int_equal(usher_mesh_address(&layer_stack()->mesh), 0x0042);
    assert_memory_equal(layer_stack()->mesh.net.keys.device_key, boot_key(4), 16);
    assert_int_equal(dsm_devkey_delete(dev), NRF_ERROR_FORBIDDEN);
    assert_int_equal(dsm_local_unicast_addresses_set(&local), NRF_ERROR_FORBIDDEN);
}

static void a_node_that_cannot_be_stored_is_none(void **state)
{
    dsm_local_unicast_address_t local = { 0x0042, ACCESS_ELEMENT_COUNT };
    struct rig *rig = *state;
    dsm_handle_t net, dev;

    assert_int_equal(dsm_local_unicast_addresses_set(&local), OK);
    assert_int_equal(dsm_subnet_add(3, boot_key(3), &net), OK);
    rig->device[0].store.fails = true;
    assert_int_equal(dsm_devkey_add(0x0042, net, boot_key(4), &dev), NRF_ERROR_INTERNAL);
    rig->device[0].store.fails = false;
    assert_int_equal(usher_mesh_address(&layer_stack()->mesh), 0);
    assert_int_equal(dsm_devkey_handle_get(0x0042, &dev), NRF_ERROR_NOT_FOUND);
    boot_join(0);
    assert_int_equal(usher_mesh_address(&layer_stack()->mesh), BOOT_ADDRESS(0));
}

/* Elements beyond the last unicast address: the piece that completes it is refused, whichever. */
static void a_node_that_cannot_be_is_none(void **state)
{
    dsm_local_unicast_address_t local = { 0x7FFF, 1 }, got;
    dsm_handle_t net, dev;

    (void)state;
    assert_int_equal(dsm_subnet_add(3, boot_key(3), &net), OK);
    assert_int_equal(dsm_devkey_add(0x7FFF, net, boot_key(4), &dev), OK);
    assert_int_equal(dsm_local_unicast_addresses_set(&local), NRF_ERROR_INVALID_DATA);
    dsm_local_unicast_addresses_get(&got);
    assert_int_equal(got.address_start, 0);
    assert_int_equal(dsm_devkey_delete(dev), OK);

    assert_int_equal(dsm_local_unicast_addresses_set(&local), OK);
    assert_int_equal(dsm_devkey_add(0x7FFF, net, boot_key(4), &dev), NRF_ERROR_INVALID_DATA);
    assert_int_equal(dsm_devkey_handle_get(0x7FFF, &dev), NRF_ERROR_NOT_FOUND);
    dsm_clear();
    boot_join(0);
    assert_int_equal(usher_mesh_address(&layer_stack()->mesh), BOOT_ADDRESS(0));
}

static void updates_of_the_iv_index_come_by_any_subnet_without_the_primary_one(void **state)
{
    const nrf_mesh_beacon_info_t *beacon;
    dsm_handle_t net, primary;

    (void)state;
    assert_int_equal(dsm_subnet_add(3, boot_key(3), &net), OK);
    assert_int_equal(dsm_beacon_info_get(net, &beacon), OK);
    assert_true(beacon->iv_update_permitted);
    assert_int_equal(dsm_subnet_add(0, boot_key(4), &primary), OK);
    assert_int_equal(dsm_beacon_info_get(net, &beacon), OK);
    assert_false(beacon->iv_update_permitted);
}

static void handles_stay_over_a_restart(void **state)
{
    dsm_local_unicast_address_t local;
    dsm_handle_t free_later, unicast, group, virtual_one, dev, gone, h, all[DSM_ADDR_MAX];
    nrf_mesh_address_t address;
    uint32_t count = DSM_ADDR_MAX;
    uint16_t wanted;

    assert_int_equal(dsm_address_publish_add(0xC111, &free_later), OK);
    assert_int_equal(dsm_address_publish_add(0x0100, &unicast), OK);
    assert_int_equal(dsm_address_subscription_add(0xC000, &group), OK);
    assert_int_equal(dsm_address_subscription_add(0xC000, &group), OK);
    assert_int_equal(dsm_address_publish_virtual_add(label_b, &virtual_one), OK);
    assert_int_equal(dsm_address_subscription_virtual_add(label_b, &virtual_one), OK);
    assert_int_equal(dsm_address_publish_remove(free_later), OK);
    assert_int_equal(dsm_devkey_add(0x0200, 0, boot_key(0x20), &gone), OK);
    assert_int_equal(dsm_devkey_add(0x0100, 0, boot_key(0x10), &dev), OK);
    assert_int_equal(dsm_devkey_delete(gone), OK);

    rig_restart(*state, 0);
    assert_int_equal(boot(*state, 0, NULL), OK);
    assert_int_equal(access_load_config_apply(), OK);
    dsm_local_unicast_addresses_get(&local);
    assert_int_equal(local.address_start, BOOT_ADDRESS(0));
    assert_int_equal(local.count, ACCESS_ELEMENT_COUNT);
    assert_int_equal(dsm_net_key_index_to_subnet_handle(0), 0);
    assert_int_equal(dsm_appkey_index_to_appkey_handle(0), 0);
    assert_int_equal(dsm_devkey_handle_get(0x0100, &h), OK);
    assert_int_equal(h, dev);
    assert_int_equal(dsm_devkey_handle_get(0x0200, &h), NRF_ERROR_NOT_FOUND);
    assert_int_equal(dsm_devkey_handle_get(BOOT_ADDRESS(0), &h), OK);
    assert_int_equal(h, DSM_APP_MAX);
    assert_int_equal(dsm_address_get_all(all, &count), OK);
    assert_int_equal(count, 3);
    assert_int_equal(all[0], unicast);
    assert_int_equal(all[1], group);
    assert_int_equal(all[2], virtual_one);
    assert_int_equal(dsm_address_get(virtual_one, &address), OK);
    assert_memory_equal(address.p_virtual_uuid, label_b, 16);
    assert_int_equal(dsm_address_subscription_count_get(group, &wanted), OK);
    assert_int_equal(wanted, 1); /* someone wanted it; how often is not kept */
    assert_int_equal(dsm_address_subscription_remove(group), OK);
    assert_int_equal(dsm_address_publish_remove(unicast), OK);
    assert_int_equal(dsm_address_publish_remove(virtual_one), OK);

    rig_restart(*state, 0);
    assert_int_equal(boot(*state, 0, NULL), OK);
    count = DSM_ADDR_MAX;
    assert_int_equal(dsm_address_get_all(all, &count), OK);
    assert_int_equal(count, 1);
    assert_int_equal(dsm_address_subscription_count_get(virtual_one, &wanted), OK);
    assert_int_equal(wanted, 1);
}

static void storage_that_fails_is_told(void **state)
{
    struct rig *rig = *state;
    dsm_handle_t h;

    rig->device[0].store.fails = true;
    assert_int_equal(dsm_address_publish_add(0xC111, &h), NRF_ERROR_NO_MEM);
    assert_int_equal(dsm_devkey_add(0x0100, 0, boot_key(0x10), &h), NRF_ERROR_NO_MEM);
    rig->device[0].store.fails = false;
    assert_int_equal(dsm_address_publish_add(0xC111, &h), OK);
    assert_int_equal(h, 0);
    rig->device[0].store.fails = true;
    assert_int_equal(dsm_address_publish_remove(h), OK);
    rig->device[0].store.fails = false;
    dsm_follow(); /* tries again what failed */
    rig_restart(rig, 0);
    assert_int_equal(boot(rig, 0, NULL), OK);
    assert_int_equal(dsm_address_publish_remove(h), NRF_ERROR_NOT_FOUND);
}

/* Loads with a record that begins with @p format, and is so much longer. */
static void load_with(struct rig *rig, uint16_t key, uint8_t format, int longer, uint32_t want)
{
    size_t *len;
    uint8_t *record = rig_record(rig, 0, key, &len);
    uint8_t was;

    if (record == NULL) {
        fail_msg("no record %04x", key);
        return; /* which the analyzer does not know */
    }
    was = record[0];
    record[0] = format;
    *len += (size_t)longer;
    rig_restart(rig, 0);
    assert_int_equal(boot(rig, 0, NULL), want);
    record[0] = was;
    *len -= (size_t)longer;
}

static void records_that_are_not_ours_are_told(void **state)
{
    static const uint16_t keys[] = { 0x9100, 0x9200, 0x9300, 0x9301 };
    struct rig *rig = *state;
    dsm_handle_t h;

    assert_int_equal(dsm_address_publish_add(0xC111, &h), OK);
    assert_int_equal(dsm_address_publish_virtual_add(label_a, &h), OK);
    assert_int_equal(dsm_devkey_add(0x0100, 0, boot_key(0x10), &h), OK);
    for (unsigned i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        load_with(rig, keys[i], 0x80, 0, NRF_ERROR_INVALID_DATA);
        load_with(rig, keys[i], 1, -1, NRF_ERROR_INVALID_DATA);
        load_with(rig, keys[i], 1, 1, NRF_ERROR_INVALID_DATA);
        load_with(rig, keys[i], 1, 100, NRF_ERROR_INVALID_DATA);
        load_with(rig, keys[i], 1, 0, OK);
    }
}

static void what_is_cleared_is_gone(void **state)
{
    struct rig *rig = *state;
    dsm_local_unicast_address_t local;
    dsm_handle_t h;

    assert_int_equal(dsm_address_publish_add(0xC111, &h), OK);
    assert_int_equal(dsm_devkey_add(0x0100, 0, boot_key(0x10), &h), OK);
    dsm_clear();
    dsm_local_unicast_addresses_get(&local);
    assert_int_equal(local.address_start, 0);
    assert_int_equal(dsm_net_key_index_to_subnet_handle(0), INVALID);
    assert_int_equal(dsm_appkey_index_to_appkey_handle(0), INVALID);
    assert_int_equal(dsm_devkey_handle_get(0x0100, &h), NRF_ERROR_NOT_FOUND);
    assert_int_equal(dsm_address_publish_remove(0), NRF_ERROR_NOT_FOUND);
    for (unsigned i = 0; i < RIG_RECORDS; i++) {
        uint16_t key = rig->device[0].store.record[i].key;

        assert_true(key == 0 || (key >= 0x8000 && key < 0x9000)); /* none of ours, or the core's */
    }
    rig_restart(rig, 0);
    assert_int_equal(boot(rig, 0, NULL), NRF_ERROR_NOT_FOUND);
    boot_join(0);
}

static void what_belongs_to_no_node_counts_for_nothing(void **state)
{
    struct rig *rig = *state;
    uint16_t key = 0x9100; /* an address of a node that is no more */
    dsm_handle_t h;

    rig->device[0].store.record[0].key = key;
    rig->device[0].store.record[0].len = 4;
    memcpy(rig->device[0].store.record[0].data, (const uint8_t[]){ 1, 0xC1, 0x11, 1 }, 4);
    rig_restart(rig, 0);
    assert_int_equal(boot(rig, 0, NULL), NRF_ERROR_NOT_FOUND);
    assert_int_equal(dsm_address_publish_remove(0), NRF_ERROR_NOT_FOUND);
    boot_join(0);
    assert_int_equal(dsm_address_publish_add(0xC222, &h), OK);
    assert_int_equal(h, 0);
}

static void two_stacks_have_nothing_in_common(void **state)
{
    dsm_handle_t h;

    boot_join(0);
    rig_enter(*state, 1);
    assert_int_equal(dsm_net_key_index_to_subnet_handle(0), INVALID);
    assert_int_equal(dsm_subnet_add(5, boot_key(5), &h), OK);
    assert_int_equal(dsm_address_publish_add(0xC000, &h), OK);
    rig_enter(*state, 0);
    assert_int_equal(dsm_net_key_index_to_subnet_handle(5), INVALID);
    assert_int_equal(dsm_address_publish_remove(h), NRF_ERROR_NOT_FOUND);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, boot_setup, boot_teardown)
#define NODE_TEST(name) cmocka_unit_test_setup_teardown(name, boot_setup_node, boot_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_pieces_make_a_node_in_any_order),
        TEST(a_node_that_cannot_be_stored_is_none),
        TEST(a_node_that_cannot_be_is_none),
        TEST(updates_of_the_iv_index_come_by_any_subnet_without_the_primary_one),
        NODE_TEST(handles_stay_over_a_restart),
        NODE_TEST(storage_that_fails_is_told),
        NODE_TEST(records_that_are_not_ours_are_told),
        NODE_TEST(what_is_cleared_is_gone),
        TEST(what_belongs_to_no_node_counts_for_nothing),
        TEST(two_stacks_have_nothing_in_common),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
