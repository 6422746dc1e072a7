/*
 * The registry (commission/registry.h), in memory: keys, provisioners, transactions, failures,
 * documents and the audit log.
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

static void a_new_network_is_as_it_was_made(void **state)
{
    struct registry *r = *state;
    struct registry_new make = rig_new();
    struct registry_network network;
    struct registry_netkey key;
    struct registry_appkey appkey;
    struct registry_provisioner p;
    assert_int_equal(registry_network(r, &network), REGISTRY_OK);
    assert_memory_equal(network.uuid, make.uuid, sizeof make.uuid);
    assert_string_equal(network.name, "Mesh Network");
    assert_int_equal(network.iv_index, 0);
    assert_int_equal(registry_netkey(r, 0, &key), REGISTRY_OK);
    assert_memory_equal(key.key, make.net_key, sizeof key.key);
    assert_int_equal(registry_netkey(r, 1, &key), REGISTRY_NONE);
    assert_int_equal(registry_appkey(r, 0, &appkey), REGISTRY_NONE);
    assert_int_equal(registry_provisioner(r, 0, &p), REGISTRY_OK);
    assert_true(p.ours);
    assert_int_equal(p.address, 0);
    assert_int_equal(p.unicast_count, 1);
    assert_int_equal(p.unicast[0].low, 0x0001);
    assert_int_equal(p.unicast[0].high, 0x3FFF);
    assert_int_equal(p.group[0].low, 0xC000);
    assert_int_equal(p.scene[0].low, 0x0001);
    assert_int_equal(registry_provisioner(r, 1, &p), REGISTRY_NONE);
    assert_false(registry_left_unsettled(r));
}

static void the_network_is_renamed(void **state)
{
    struct registry *r = *state;
    struct registry_network network;
    assert_int_equal(registry_network(r, &network), REGISTRY_OK);
    snprintf(network.name, sizeof network.name, "Fabrik");
    network.uuid[0] = 9;
    assert_int_equal(registry_network_set(r, &network), REGISTRY_OK);
    memset(&network, 0, sizeof network);
    assert_int_equal(registry_network(r, &network), REGISTRY_OK);
    assert_string_equal(network.name, "Fabrik");
    assert_int_equal(network.uuid[0], 9);
    assert_true(network.changed > 0);
}

static void application_keys_have_one_key_each(void **state)
{
    struct registry *r = *state;
    struct registry_appkey key = { .index = 7, .name = "light" }, got;
    memcpy(key.key, rig_key(1), sizeof key.key);
    assert_int_equal(registry_appkey_put(r, &key), REGISTRY_OK);
    assert_int_equal(registry_appkey_put(r, &key), REGISTRY_OK);
    memcpy(key.key, rig_key(2), sizeof key.key);
    assert_int_equal(registry_appkey_put(r, &key), REGISTRY_CONFLICT);
    assert_non_null(strstr(registry_why(r), "AppKey 7"));
    key.index = 3;
    assert_int_equal(registry_appkey_put(r, &key), REGISTRY_OK);
    assert_int_equal(registry_appkey(r, 0, &got), REGISTRY_OK);
    assert_int_equal(got.index, 3);
    assert_int_equal(registry_appkey(r, 1, &got), REGISTRY_OK);
    assert_int_equal(got.index, 7);
    assert_string_equal(got.name, "light");
    assert_memory_equal(got.key, rig_key(1), sizeof got.key);
    assert_int_equal(registry_appkey(r, 2, &got), REGISTRY_NONE);
    key.net_index = 1;
    assert_int_equal(registry_appkey_put(r, &key), REGISTRY_CONFLICT);
}

static void tables_of_keys_become_full(void **state)
{
    struct registry *r = *state;
    struct registry_appkey key = { .name = "" };
    struct registry_netkey net = { .name = "" };
    for (key.index = 0; key.index < REGISTRY_APPKEYS; key.index++) {
        assert_int_equal(registry_appkey_put(r, &key), REGISTRY_OK);
    }
    assert_int_equal(registry_appkey_put(r, &key), REGISTRY_FULL);
    key.index--;
    assert_int_equal(registry_appkey_put(r, &key), REGISTRY_OK);
    for (net.index = 1; net.index < REGISTRY_NETKEYS; net.index++) {
        assert_int_equal(registry_netkey_put(r, &net), REGISTRY_OK);
    }
    assert_int_equal(registry_netkey_put(r, &net), REGISTRY_FULL);
}

static void provisioners_share_no_range(void **state)
{
    struct registry *r = *state;
    struct registry_provisioner p = { .name = "phone",
                                      .unicast_count = 2,
                                      .unicast = { { 0x4000, 0x4FFF }, { 0x6000, 0x6FFF } },
                                      .scene_count = 1,
                                      .scene = { { 0x7FFF, 0x8000 } } };
    memset(p.uuid, 0x44, sizeof p.uuid);
    assert_int_equal(registry_provisioner_put(r, &p), REGISTRY_CONFLICT);
    assert_string_equal(registry_why(r), "\"phone\" and \"usher\" both have the scenes 7FFF to "
                                         "7FFF");
    assert_int_equal(registry_provisioner(r, 1, &p), REGISTRY_NONE);
    p.scene[0].low = 0x8000;
    assert_int_equal(registry_provisioner_put(r, &p), REGISTRY_OK);
    p.scene_count = 0;
    assert_int_equal(registry_provisioner_put(r, &p), REGISTRY_OK);
    memset(&p, 0, sizeof p);
    assert_int_equal(registry_provisioner(r, 1, &p), REGISTRY_OK);
    assert_string_equal(p.name, "phone");
    assert_false(p.ours);
    assert_int_equal(p.unicast_count, 2);
    assert_int_equal(p.unicast[1].high, 0x6FFF);
    assert_int_equal(p.scene_count, 0);
}

static void one_provisioner_is_ours(void **state)
{
    struct registry *r = *state;
    struct registry_provisioner p = { .name = "next", .ours = true };
    memset(p.uuid, 0x44, sizeof p.uuid);
    assert_int_equal(registry_provisioner_put(r, &p), REGISTRY_OK);
    assert_int_equal(registry_provisioner(r, 0, &p), REGISTRY_OK);
    assert_string_equal(p.name, "next");
    p.ours = false;
    assert_int_equal(registry_provisioner_put(r, &p), REGISTRY_CONFLICT);
    assert_int_equal(registry_provisioner(r, 1, &p), REGISTRY_OK);
    assert_string_equal(p.name, "usher");
    assert_false(p.ours);
    assert_int_equal(rig_leased(r, 1, 1), 0x4001); /* what is not the other's now */
}

static void our_own_node_has_a_key(void **state)
{
    struct registry *r = *state;
    struct registry_provisioner p;
    struct usher_prov_data data;
    assert_int_equal(registry_own_lease(r, rig_key(5), &data), REGISTRY_OK);
    assert_int_equal(registry_provisioner(r, 0, &p), REGISTRY_OK);
    assert_int_equal(p.address, data.address);
    assert_memory_equal(p.device_key, rig_key(5), sizeof p.device_key);
    assert_int_equal(registry_provisioner_put(r, &p), REGISTRY_OK);
    memset(&p, 0, sizeof p);
    assert_int_equal(registry_provisioner(r, 0, &p), REGISTRY_OK);
    assert_memory_equal(p.device_key, rig_key(5), sizeof p.device_key);
}

/* -- transactions --------------------------------------------------------------------------- */

static void a_transaction_is_taken_back_as_a_whole(void **state)
{
    struct registry *r = *state;
    unsigned lines = rig_audit(r);
    uint16_t address;
    assert_int_equal(registry_begin(r), REGISTRY_OK);
    assert_int_equal(registry_begin(r), REGISTRY_FAILED);
    assert_int_equal(rig_leased(r, 1, 1), 0x0002);
    assert_int_equal(rig_lease(r, 2, 1, 0x0002, &address), REGISTRY_CONFLICT);
    assert_int_equal(rig_state(r, 1), REGISTRY_UNKNOWN); /* the refusal is of itself alone */
    registry_rollback(r);
    assert_int_equal(rig_state(r, 1), -1);
    assert_int_equal(rig_audit(r), lines);
    assert_int_equal(rig_leased(r, 2, 1), 0x0002);
    assert_int_equal(registry_begin(r), REGISTRY_OK);
    rig_leased(r, 3, 1);
    assert_int_equal(registry_commit(r), REGISTRY_OK);
    assert_int_equal(rig_state(r, 3), REGISTRY_UNKNOWN);
    assert_int_equal(rig_audit(r), lines + 2);
}

/* -- failures, documents, the audit log ----------------------------------------------------- */

static void row_7_failures_are_counted_until_it_works(void **state)
{
    struct registry *r = *state;
    struct registry_failures f;
    assert_int_equal(registry_failures(r, rig_uuid(1), &f), REGISTRY_OK);
    assert_int_equal(f.count, 0);
    assert_int_equal(registry_auth_failed(r, rig_uuid(1)), REGISTRY_OK);
    assert_int_equal(registry_auth_failed(r, rig_uuid(1)), REGISTRY_OK);
    assert_int_equal(registry_auth_failed(r, rig_uuid(2)), REGISTRY_OK);
    assert_int_equal(registry_failures(r, rig_uuid(1), &f), REGISTRY_OK);
    assert_int_equal(f.count, 2);
    assert_true(f.last > 0);
    rig_provisioned(r, 1, 1);
    assert_int_equal(registry_failures(r, rig_uuid(1), &f), REGISTRY_OK);
    assert_int_equal(f.count, 0);
    assert_int_equal(registry_failures(r, rig_uuid(2), &f), REGISTRY_OK);
    assert_int_equal(f.count, 1);
    assert_int_equal(registry_failures_forget(r, rig_uuid(2)), REGISTRY_OK);
    assert_int_equal(registry_failures(r, rig_uuid(2), &f), REGISTRY_OK);
    assert_int_equal(f.count, 0);
}

static void documents_are_kept(void **state)
{
    struct registry *r = *state;
    json_t *json = json_pack("{s:s, s:[i, i]}", "b", "\xC3\xA4", "a", 1, 2), *got;
    assert_int_equal(registry_document(r, "network", &got), REGISTRY_OK);
    assert_null(got);
    assert_int_equal(registry_document_set(r, "network", json), REGISTRY_OK);
    assert_int_equal(registry_document_set(r, "network", json), REGISTRY_OK);
    assert_int_equal(registry_document(r, "network", &got), REGISTRY_OK);
    assert_true(json_equal(got, json));
    json_decref(got);
    assert_int_equal(registry_document_set(r, "network", NULL), REGISTRY_OK);
    assert_int_equal(registry_document(r, "network", &got), REGISTRY_OK);
    assert_null(got);
    json_decref(json);
}

static void what_happens_is_audited(void **state)
{
    struct registry *r = *state;
    static const char *const expected[] = { "made",     "leased",  "provisioned", "configured",
                                            "excluded", "leased",  "failed",      "provisioned",
                                            "removed",  "imported" };
    struct registry_node node = { .address = 0x0100, .elements = 1 };
    struct registry_audit a = { .number = 0 };
    char longer[400];
    size_t n = 0;
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    rig_provisioned(r, 1, 1);
    assert_int_equal(
        registry_configured(r, 0x0002, &(struct registry_configuration){ .whole = true }),
        REGISTRY_OK);
    rig_leased(r, 1, 1);
    assert_int_equal(registry_audit(r, "failed", rig_uuid(1), 0x0003, longer), REGISTRY_OK);
    assert_int_equal(registry_provisioned(r, 0x0003, 1, rig_key(1), false), REGISTRY_OK);
    assert_int_equal(registry_removed(r, 0x0003), REGISTRY_OK);
    assert_int_equal(registry_node_put(r, &node), REGISTRY_OK);
    while (registry_audit_next(r, n, &a) == REGISTRY_OK) {
        assert_string_equal(a.what, expected[n]);
        assert_int_equal(a.number, ++n);
        assert_true(a.time > 0);
        if (n == 7) {
            assert_int_equal(a.address, 0x0003);
            assert_memory_equal(a.uuid, rig_uuid(1), sizeof a.uuid);
            assert_int_equal(strlen(a.detail), sizeof a.detail - 1);
        }
    }
    assert_int_equal(n, sizeof expected / sizeof *expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_new_network_is_as_it_was_made, setup, teardown),
        cmocka_unit_test_setup_teardown(the_network_is_renamed, setup, teardown),
        cmocka_unit_test_setup_teardown(application_keys_have_one_key_each, setup, teardown),
        cmocka_unit_test_setup_teardown(tables_of_keys_become_full, setup, teardown),
        cmocka_unit_test_setup_teardown(provisioners_share_no_range, setup, teardown),
        cmocka_unit_test_setup_teardown(one_provisioner_is_ours, setup, teardown),
        cmocka_unit_test_setup_teardown(our_own_node_has_a_key, setup, teardown),
        cmocka_unit_test_setup_teardown(a_transaction_is_taken_back_as_a_whole, setup, teardown),
        cmocka_unit_test_setup_teardown(row_7_failures_are_counted_until_it_works, setup, teardown),
        cmocka_unit_test_setup_teardown(documents_are_kept, setup, teardown),
        cmocka_unit_test_setup_teardown(what_happens_is_audited, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
