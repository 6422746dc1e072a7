/*
 * The registry (commission/registry.h), in memory: who gets which address, what becomes of nodes,
 * and what is refused.
 */
#include "registry_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static int setup(void **state)
{
    *state = rig_memory();
    return *state == NULL;
}

static int teardown(void **state)
{
    registry_close(*state);
    return 0;
}

static uint16_t own_leased(struct registry *r)
{
    struct usher_prov_data data;
    assert_int_equal(registry_own_lease(r, rig_key(9999), &data), REGISTRY_OK);
    return data.address;
}

/** Our unicast ranges become this one. */
static void ours_set(struct registry *r, uint16_t low, uint16_t high)
{
    struct registry_provisioner p;
    assert_int_equal(registry_provisioner(r, 0, &p), REGISTRY_OK);
    p.unicast_count = 1;
    p.unicast[0] = (struct registry_range){ low, high };
    assert_int_equal(registry_provisioner_put(r, &p), REGISTRY_OK);
}

static struct registry_provisioner other(uint8_t uuid, uint16_t low, uint16_t high)
{
    struct registry_provisioner p = { .unicast_count = 1, .unicast = { { low, high } } };
    memset(p.uuid, uuid, sizeof p.uuid);
    snprintf(p.name, sizeof p.name, "other %u", (unsigned)uuid);
    return p;
}

/* -- addresses ------------------------------------------------------------------------------ */

static void addresses_rise_and_the_first_is_our_own(void **state)
{
    struct registry *r = *state;
    assert_int_equal(rig_leased(r, 1, 1), 0x0002);
    assert_int_equal(rig_leased(r, 2, 3), 0x0003);
    assert_int_equal(own_leased(r), 0x0001);
    assert_int_equal(rig_leased(r, 3, 1), 0x0006);
    assert_int_equal(own_leased(r), 0x0007); /* its old one is not known to be unused */
    assert_int_equal(rig_leased(r, 4, 1), 0x0008);
}

static void a_device_is_told_all(void **state)
{
    struct registry *r = *state;
    struct usher_prov_data data;
    struct registry_lease lease = {
        .uuid = rig_uuid(1), .elements = 2, .address = 0x0100, .device_key = rig_key(1)
    };
    uint8_t key[USHER_KEY_SIZE];
    assert_int_equal(registry_iv_set(r, 7, true), REGISTRY_OK);
    assert_int_equal(registry_lease(r, &lease, &data), REGISTRY_OK);
    memset(key, 0x11, sizeof key);
    assert_memory_equal(data.netkey, key, sizeof key);
    assert_int_equal(data.netkey_index, 0);
    assert_int_equal(data.iv_index, 7);
    assert_int_equal(data.flags.iv_update, 1);
    assert_int_equal(data.flags.key_refresh, 0);
    assert_int_equal(data.address, 0x0100);
    assert_int_equal(registry_device_key(r, 0x0101, key), REGISTRY_OK);
    assert_memory_equal(key, rig_key(1), sizeof key);
    assert_int_equal(registry_device_key(r, 0x0102, key), REGISTRY_NONE);
}

static void a_key_refresh_gives_the_key_of_its_phase(void **state)
{
    struct registry *r = *state;
    struct registry_netkey key;
    struct usher_prov_data data;
    assert_int_equal(registry_netkey(r, 0, &key), REGISTRY_OK);
    memcpy(key.old_key, key.key, sizeof key.key);
    memset(key.key, 0x77, sizeof key.key);
    key.phase = 1;
    assert_int_equal(registry_netkey_put(r, &key), REGISTRY_OK);
    assert_int_equal(registry_own_lease(r, rig_key(0), &data), REGISTRY_OK);
    assert_memory_equal(data.netkey, key.old_key, sizeof key.key);
    assert_int_equal(data.flags.key_refresh, 0);
    key.phase = 2;
    assert_int_equal(registry_netkey_put(r, &key), REGISTRY_OK);
    assert_int_equal(registry_own_lease(r, rig_key(0), &data), REGISTRY_OK);
    assert_memory_equal(data.netkey, key.key, sizeof key.key);
    assert_int_equal(data.flags.key_refresh, 1);
}

static void row_25_used_addresses_are_free_two_iv_updates_later(void **state)
{
    struct registry *r = *state;
    struct registry_exclusion e = { .address = 0 };
    uint16_t address;
    assert_int_equal(registry_iv_set(r, 5, false), REGISTRY_OK);
    assert_int_equal(rig_provisioned(r, 1, 2), 0x0002);
    assert_int_equal(registry_removed(r, 0x0002), REGISTRY_OK);
    assert_int_equal(registry_exclusion_next(r, &e), REGISTRY_OK);
    assert_int_equal(e.iv_index, 5);
    assert_int_equal(e.address, 0x0002);
    assert_int_equal(registry_exclusion_next(r, &e), REGISTRY_OK);
    assert_int_equal(e.address, 0x0003);
    assert_int_equal(registry_exclusion_next(r, &e), REGISTRY_NONE);
    assert_int_equal(rig_leased(r, 2, 1), 0x0004);
    assert_int_equal(registry_iv_set(r, 6, false), REGISTRY_OK);
    assert_int_equal(rig_lease(r, 3, 1, 0x0003, &address), REGISTRY_CONFLICT);
    assert_int_equal(rig_leased(r, 3, 1), 0x0005);
    assert_int_equal(registry_iv_set(r, 7, false), REGISTRY_OK);
    e = (struct registry_exclusion){ .address = 0 };
    assert_int_equal(registry_exclusion_next(r, &e), REGISTRY_NONE);
    assert_int_equal(rig_leased(r, 4, 2), 0x0002);
    assert_int_equal(rig_state(r, 1), REGISTRY_REMOVED); /* and stays in memory */
}

static void row_25_a_device_that_comes_back_gets_others(void **state)
{
    struct registry *r = *state;
    struct registry_node node = { .settings = NULL };
    assert_int_equal(rig_provisioned(r, 1, 1), 0x0002);
    assert_int_equal(rig_leased(r, 1, 1), 0x0003);
    assert_int_equal(rig_state(r, 1), REGISTRY_UNKNOWN);
    assert_int_equal(registry_at(r, 0x0002, &node), REGISTRY_OK);
    assert_int_equal(node.state, REGISTRY_EXCLUDED);
    assert_int_equal(registry_find(r, rig_uuid(1), &node), REGISTRY_OK);
    assert_int_equal(node.address, 0x0003);
    registry_node_clear(&node);
}

static void only_an_unknown_device_may_want_its_address_again(void **state)
{
    struct registry *r = *state;
    uint16_t address;
    assert_int_equal(rig_lease(r, 1, 2, 0x0100, &address), REGISTRY_OK);
    assert_int_equal(rig_lease(r, 2, 2, 0x0100, &address), REGISTRY_CONFLICT);
    assert_int_equal(rig_lease(r, 1, 1, 0x0100, &address), REGISTRY_OK);
    assert_int_equal(address, 0x0100);
    assert_int_equal(rig_lease(r, 2, 1, 0x0101, &address), REGISTRY_CONFLICT); /* may be used */
    assert_int_equal(registry_provisioned(r, 0x0100, 1, rig_key(1), false), REGISTRY_OK);
    assert_int_equal(rig_lease(r, 1, 1, 0x0100, &address), REGISTRY_CONFLICT);
    assert_int_equal(rig_state(r, 1), REGISTRY_PROVISIONED); /* what was refused did nothing */
}

static void ranges_of_others_are_left_alone(void **state)
{
    struct registry *r = *state;
    struct registry_provisioner p = other(0x44, 0x0009, 0x000C);
    uint16_t address;
    ours_set(r, 0x0001, 0x0008);
    assert_int_equal(registry_provisioner_put(r, &p), REGISTRY_OK);
    assert_int_equal(rig_leased(r, 1, 6), 0x0002);
    assert_int_equal(rig_lease(r, 2, 1, 0x000A, &address), REGISTRY_CONFLICT);
    assert_int_equal(rig_lease(r, 2, 3, 0x0008, &address), REGISTRY_CONFLICT);
    assert_int_equal(rig_leased(r, 2, 2), 0x000D); /* more is taken */
    assert_int_equal(rig_leased(r, 3, 1), 0x0008);
    assert_int_equal(registry_provisioner(r, 0, &p), REGISTRY_OK);
    assert_int_equal(p.unicast_count, 2);
    assert_int_equal(p.unicast[1].low, 0x000D);
    assert_int_equal(p.unicast[1].high, 0x000D + 1023);
}

static void a_wanted_address_of_nobody_becomes_ours(void **state)
{
    struct registry *r = *state;
    struct registry_provisioner p;
    uint16_t address;
    ours_set(r, 0x0001, 0x0008);
    assert_int_equal(rig_lease(r, 1, 3, 0x7FFD, &address), REGISTRY_OK);
    assert_int_equal(rig_lease(r, 2, 2, 0x7FFF, &address), REGISTRY_CONFLICT);
    assert_int_equal(registry_provisioner(r, 0, &p), REGISTRY_OK);
    assert_int_equal(p.unicast_count, 2);
    assert_int_equal(p.unicast[1].low, 0x7FFD);
    assert_int_equal(p.unicast[1].high, 0x7FFF);
}

static void all_addresses_are_given_and_then_none(void **state)
{
    struct registry *r = *state;
    struct registry_counts counts;
    uint16_t address = 0;
    unsigned n = 0;
    assert_int_equal(registry_begin(r), REGISTRY_OK);
    while (rig_lease(r, ++n, 100, 0, &address) == REGISTRY_OK) {
        assert_int_equal(address, 0x0002 + 100 * (n - 1));
    }
    assert_int_equal(n, 328);
    assert_int_equal(registry_commit(r), REGISTRY_OK);
    assert_int_equal(rig_lease(r, 1000, 100, 0, &address), REGISTRY_FULL);
    assert_int_equal(rig_leased(r, 1000, 66), 0x0002 + 32700);
    assert_int_equal(own_leased(r), 0x0001);
    assert_int_equal(rig_lease(r, 1001, 1, 0, &address), REGISTRY_FULL);
    assert_non_null(strstr(registry_why(r), "no range of 1 unicast addresses"));
    assert_int_equal(registry_counts(r, &counts), REGISTRY_OK);
    assert_int_equal(counts.unknown, 328);
    assert_int_equal(counts.addresses_left, 0);
}

/* -- nodes ---------------------------------------------------------------------------------- */

static void fewer_elements_than_leased_leave_addresses(void **state)
{
    struct registry *r = *state;
    struct registry_node node = { .settings = NULL };
    assert_int_equal(rig_leased(r, 1, 4), 0x0002);
    assert_int_equal(registry_provisioned(r, 0x0002, 2, rig_key(77), true), REGISTRY_OK);
    assert_int_equal(registry_at(r, 0x0003, &node), REGISTRY_OK);
    assert_int_equal(node.elements, 2);
    assert_int_equal(node.state, REGISTRY_PROVISIONED);
    assert_true(node.secure);
    assert_memory_equal(node.device_key, rig_key(77), USHER_KEY_SIZE);
    assert_int_equal(registry_at(r, 0x0004, &node), REGISTRY_NONE);
    assert_int_equal(rig_leased(r, 2, 1), 0x0004);
    assert_int_equal(registry_provisioned(r, 0x0003, 1, rig_key(1), false), REGISTRY_NONE);
}

static void a_node_keeps_what_it_was_told(void **state)
{
    struct registry *r = *state;
    struct registry_node node = { .settings = NULL };
    uint8_t page0[REGISTRY_PAGE0_MAX];
    json_t *settings = json_pack("{s:i, s:[s]}", "ttl", 5, "groups", "C000");
    struct registry_configuration c = { .page0 = page0,
                                        .page0_len = sizeof page0,
                                        .settings = settings };
    memset(page0, 0xA5, sizeof page0);
    rig_leased(r, 1, 1);
    assert_int_equal(registry_configured(r, 0x0002, &c), REGISTRY_OK);
    assert_int_equal(registry_named(r, 0x0002, "hall"), REGISTRY_OK);
    assert_int_equal(registry_find(r, rig_uuid(1), &node), REGISTRY_OK);
    assert_int_equal(node.state, REGISTRY_PROVISIONED);
    assert_false(node.configured);
    c = (struct registry_configuration){ .whole = true };
    assert_int_equal(registry_configured(r, 0x0002, &c), REGISTRY_OK);
    c.whole = false;
    assert_int_equal(registry_configured(r, 0x0002, &c), REGISTRY_OK);
    assert_int_equal(registry_find(r, rig_uuid(1), &node), REGISTRY_OK);
    assert_true(node.configured);
    assert_string_equal(node.name, "hall");
    assert_int_equal(node.page0_len, sizeof page0);
    assert_memory_equal(node.page0, page0, sizeof page0);
    assert_true(json_equal(node.settings, settings));
    assert_int_equal(registry_configured(r, 0x0004, &c), REGISTRY_NONE);
    assert_int_equal(registry_removed(r, 0x0002), REGISTRY_OK);
    assert_int_equal(registry_configured(r, 0x0002, &c), REGISTRY_NONE);
    assert_int_equal(registry_removed(r, 0x0002), REGISTRY_NONE);
    registry_node_clear(&node);
    json_decref(settings);
}

static void nodes_are_gone_through_by_address(void **state)
{
    struct registry *r = *state;
    struct registry_node node = { .settings = NULL };
    uint16_t after = 0, seen[8] = { 0 };
    size_t n = 0;
    rig_provisioned(r, 1, 1);
    rig_provisioned(r, 2, 5);
    rig_provisioned(r, 3, 1);
    assert_int_equal(registry_removed(r, 0x0002), REGISTRY_OK);
    assert_int_equal(registry_iv_set(r, 2, false), REGISTRY_OK);
    rig_leased(r, 4, 1); /* where the first was */
    while (registry_next(r, after, &node) == REGISTRY_OK && n < 8) {
        after = seen[n++] = node.address;
        assert_memory_equal(node.device_key, rig_key(n == 1 ? 4 : (unsigned)n), USHER_KEY_SIZE);
    }
    assert_int_equal(n, 3);
    assert_int_equal(seen[0], 0x0002);
    assert_int_equal(seen[1], 0x0003);
    assert_int_equal(seen[2], 0x0008);
}

static void nodes_are_counted(void **state)
{
    struct registry *r = *state;
    struct registry_counts counts;
    ours_set(r, 0x0001, 0x0014);
    rig_provisioned(r, 1, 1);
    rig_provisioned(r, 2, 1);
    rig_leased(r, 3, 2);
    rig_leased(r, 3, 2);
    assert_int_equal(
        registry_configured(r, 0x0002, &(struct registry_configuration){ .whole = true }),
        REGISTRY_OK);
    assert_int_equal(registry_removed(r, 0x0003), REGISTRY_OK);
    assert_int_equal(registry_counts(r, &counts), REGISTRY_OK);
    assert_int_equal(counts.unknown, 1);
    assert_int_equal(counts.provisioned, 1);
    assert_int_equal(counts.configured, 1);
    assert_int_equal(counts.excluded, 1);
    assert_int_equal(counts.removed, 1);
    assert_int_equal(counts.addresses_left, 0x14 - 6);
}

static void an_import_shares_no_address(void **state)
{
    struct registry *r = *state;
    struct registry_node node = {
        .address = 0x0010, .elements = 3, .state = REGISTRY_PROVISIONED, .name = "lamp"
    };
    struct registry_provisioner p = other(0x44, 0x4000, 0x5000);
    memcpy(node.uuid, rig_uuid(1), sizeof node.uuid);
    assert_int_equal(registry_node_put(r, &node), REGISTRY_OK);
    assert_int_equal(registry_node_put(r, &node), REGISTRY_OK); /* in its own place */
    memcpy(node.uuid, rig_uuid(2), sizeof node.uuid);
    node.address = 0x0012;
    assert_int_equal(registry_node_put(r, &node), REGISTRY_CONFLICT);
    assert_non_null(strstr(registry_why(r), "0x0010"));
    assert_non_null(strstr(registry_why(r), "0x0012"));
    node.address = 0x000E;
    assert_int_equal(registry_node_put(r, &node), REGISTRY_CONFLICT);
    node.elements = 2;
    assert_int_equal(registry_node_put(r, &node), REGISTRY_OK);
    assert_int_equal(rig_leased(r, 3, 12), 0x0002);
    assert_int_equal(rig_leased(r, 4, 1), 0x0013);
    p.address = 0x0011;
    assert_int_equal(registry_provisioner_put(r, &p), REGISTRY_CONFLICT);
    assert_int_equal(own_leased(r), 0x0001);
    node.address = 0x0001;
    node.elements = 1;
    assert_int_equal(registry_node_put(r, &node), REGISTRY_CONFLICT);
    node.address = 0x7FFF;
    node.elements = 2;
    assert_int_equal(registry_node_put(r, &node), REGISTRY_FAILED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(addresses_rise_and_the_first_is_our_own, setup, teardown),
        cmocka_unit_test_setup_teardown(a_device_is_told_all, setup, teardown),
        cmocka_unit_test_setup_teardown(a_key_refresh_gives_the_key_of_its_phase, setup, teardown),
        cmocka_unit_test_setup_teardown(row_25_used_addresses_are_free_two_iv_updates_later, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(row_25_a_device_that_comes_back_gets_others, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(only_an_unknown_device_may_want_its_address_again, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(ranges_of_others_are_left_alone, setup, teardown),
        cmocka_unit_test_setup_teardown(a_wanted_address_of_nobody_becomes_ours, setup, teardown),
        cmocka_unit_test_setup_teardown(all_addresses_are_given_and_then_none, setup, teardown),
        cmocka_unit_test_setup_teardown(fewer_elements_than_leased_leave_addresses, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_node_keeps_what_it_was_told, setup, teardown),
        cmocka_unit_test_setup_teardown(nodes_are_gone_through_by_address, setup, teardown),
        cmocka_unit_test_setup_teardown(nodes_are_counted, setup, teardown),
        cmocka_unit_test_setup_teardown(an_import_shares_no_address, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
