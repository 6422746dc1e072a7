/*
 * Configuration Databases that are merged into a registry of the same network: what is taken over,
 * what stays, and what is a conflict, after which the registry is as it was.
 */
#include "cdb_desk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct cdb_import as_new = { .uuid = "0123456789abcde" };
static const struct cdb_export everything;
static const uint8_t key[USHER_KEY_SIZE] = "a device's key";
static const uint8_t lamp_uuid[USHER_UUID_SIZE] = "a lamp of ours";
#define LAMP "61206C61-6D70-206F-6620-6F7572730000"

/** A registry of the sample, in which a lamp of ours has joined at 0x0300. */
static struct registry *site(void)
{
    struct notes n;
    struct cdb_imported done;
    struct usher_prov_data data;
    char why[300];
    json_t *json = desk_sample(), *document = desk_read(&n, json);
    struct registry *r = cdb_import(NULL, document, &as_new, &done, &n.findings, why, sizeof why);
    assert_non_null(r);
    assert_int_equal(
        registry_lease(r,
                       &(struct registry_lease){
                           .uuid = lamp_uuid, .elements = 2, .address = 0x0300, .device_key = key },
                       &data),
        REGISTRY_OK);
    assert_int_equal(registry_provisioned(r, 0x0300, 2, key, false), REGISTRY_OK);
    assert_int_equal(registry_named(r, 0x0300, "Ours"), REGISTRY_OK);
    json_decref(document);
    json_decref(json);
    return r;
}

static json_t *export(struct registry *r)
{
    char why[300];
    json_t *json = cdb_write(r, &everything, why, sizeof why);
    assert_non_null(json);
    return json;
}

/** The sample as another provisioner has written it a day later. */
static json_t *theirs(void)
{
    json_t *json = desk_sample();
    desk_change(json, "timestamp", "\"2026-03-30T08:15:30+02:00\"");
    return json;
}

static bool merge(struct registry *r, json_t *json, struct cdb_imported *done, struct notes *n)
{
    char why[300];
    json_t *document = desk_read(n, json);
    assert_string_equal(n->text[0], "");
    assert_non_null(document);
    bool ok = cdb_merge(r, document, done, &n->findings, why, sizeof why);
    assert_string_equal(why, "");
    assert_int_equal(ok, n->findings.count == 0);
    json_decref(document);
    json_decref(json);
    return ok;
}

/** It is a conflict, at this path, and nothing was done. */
static void conflicts(struct registry *r, json_t *json, const char *found)
{
    struct notes n;
    struct cdb_imported done;
    json_t *before = export(r);
    assert_false(merge(r, json, &done, &n));
    if (strncmp(n.text[0], found, strlen(found)) != 0) {
        fail_msg("found \"%s\", not \"%s\"", n.text[0], found);
    }
    json_t *after = export(r);
    assert_true(json_equal(before, after)); /* with the time of the last change */
    json_decref(before);
    json_decref(after);
}

static const char *string_at(json_t *json, const char *path)
{
    const char *text = json_string_value(desk_at(json, path));
    return text ? text : "";
}

static void the_same_once_more_changes_nothing(void **state)
{
    struct registry *r = site();
    struct notes n;
    struct cdb_imported done;
    json_t *before = export(r);
    (void)state;
    assert_true(merge(r, desk_sample(), &done, &n));
    assert_int_equal(done.nodes_new + done.nodes_removed, 0);
    json_t *after = export(r);
    assert_true(desk_equal(before, after));
    json_decref(before);

    /* and so does what we have exported ourselves */
    assert_true(merge(r, json_incref(after), &done, &n));
    before = export(r);
    assert_true(desk_equal(before, after));
    registry_close(r);
    json_decref(before);
    json_decref(after);
}

static void what_others_have_done_is_taken_over(void **state)
{
    struct registry *r = site();
    struct notes n;
    struct cdb_imported done;
    json_t *json = theirs();
    (void)state;
    desk_change(json, "nodes[1].name", "\"Renamed\"");
    desk_change(json, "nodes[1].elements[0].models[2].subscribe", "[]");
    desk_change(json, "nodes[1].x-more", "1");
    desk_change(json, "nodes[2].unicastAddress", "\"0101\"");
    desk_change(json, "nodes[2].UUID", "\"99999999-9999-4999-8999-999999999999\"");
    desk_change(json, "appKeys",
                ">{\"name\": \"Heating\", \"index\": 7,"
                " \"key\": \"11111111111111111111111111111111\","
                " \"boundNetKey\": 0}");
    desk_change(json, "provisioners[0].allocatedUnicastRange[1].highAddress", "\"027F\"");
    desk_change(json, "provisioners[1].allocatedUnicastRange",
                ">{\"lowAddress\": \"0280\", \"highAddress\": \"02FF\"}"); /* which Ann gave */
    desk_change(json, "provisioners",
                ">{\"provisionerName\": \"Carl\","
                " \"UUID\": \"CCCCCCCC-CCCC-4CCC-8CCC-CCCCCCCCCCCC\","
                " \"allocatedUnicastRange\": [{\"lowAddress\": \"4000\","
                " \"highAddress\": \"4FFF\"}], \"allocatedGroupRange\": [],"
                " \"allocatedSceneRange\": []}");
    desk_change(json, "groups",
                ">{\"name\": \"New\", \"address\": \"C0AA\","
                " \"parentAddress\": \"0000\"}");
    desk_change(json, "networkExclusions", ">{\"ivIndex\": 2, \"addresses\": [\"0033\"]}");
    assert_true(merge(r, json, &done, &n));
    assert_int_equal(done.nodes_new, 1);
    json_t *after = export(r);
    assert_string_equal(string_at(after, "nodes[1].name"), "Renamed");
    assert_int_equal(json_array_size(desk_at(after, "nodes[1].elements[0].models[2].subscribe")),
                     0);
    assert_int_equal(json_integer_value(desk_at(after, "nodes[1].x-more")), 1);
    assert_int_equal(json_array_size(json_object_get(after, "nodes")), 6); /* Bob's old node, too */
    assert_string_equal(string_at(after, "appKeys[1].name"), "A name that is quite a bit longer "
                                                             "than what fits into a registry of "
                                                             "Usher's, öäü");
    assert_string_equal(string_at(after, "appKeys[2].name"), "Heating");
    assert_string_equal(string_at(after, "provisioners[0].allocatedUnicastRange[1].highAddress"),
                        "027F");
    assert_string_equal(string_at(after, "provisioners[1].allocatedUnicastRange[1].lowAddress"),
                        "0280");
    assert_string_equal(string_at(after, "provisioners[2].provisionerName"), "Carl");
    assert_string_equal(string_at(after, "provisioners[3].provisionerName"), "usher");
    assert_string_equal(string_at(after, "groups[3].name"), "New");
    assert_string_equal(string_at(after, "networkExclusions[2].addresses[0]"), "0033");
    registry_close(r);
    json_decref(after);
}

static void an_older_document_adds_only_what_is_new(void **state)
{
    struct registry *r = site();
    struct notes n;
    struct cdb_imported done;
    json_t *json = theirs();
    (void)state;
    desk_change(json, "nodes[1].name", "\"Newer\"");
    assert_true(merge(r, json, &done, &n));
    json = desk_sample();
    desk_change(json, "nodes[1].name", "\"Older\"");
    desk_change(json, "nodes[1].x-more", "2");
    desk_change(json, "provisioners[1].provisionerName", "\"Robert\"");
    desk_change(json, "nodes[2].unicastAddress", "\"0101\"");
    desk_change(json, "nodes[2].UUID", "\"99999999-9999-4999-8999-999999999999\"");
    assert_true(merge(r, json, &done, &n));
    assert_int_equal(done.nodes_new, 1);
    json_t *after = export(r);
    assert_string_equal(string_at(after, "nodes[1].name"), "Newer");
    assert_int_equal(json_integer_value(desk_at(after, "nodes[1].x-more")), 2);
    assert_string_equal(string_at(after, "provisioners[1].provisionerName"), "Bob's phone");
    registry_close(r);
    json_decref(after);
}

/** A node of ours, as another provisioner has it. */
static void add_ours(json_t *json, const char *name)
{
    json_t *node = json_deep_copy(desk_at(json, "nodes[1]"));
    desk_change(node, "UUID", "\"" LAMP "\"");
    desk_change(node, "unicastAddress", "\"0300\"");
    desk_change(node, "deviceKey", "\"61206465766963652773206B65790000\"");
    desk_change(node, "name", name);
    json_array_append_new(json_object_get(json, "nodes"), node);
}

static void what_is_ours_stays_and_is_completed(void **state)
{
    struct registry *r = site();
    struct notes n;
    struct cdb_imported done;
    json_t *json = theirs();
    struct registry_node node = { .settings = NULL };
    (void)state;
    add_ours(json, "\"Theirs\"");
    assert_true(merge(r, json, &done, &n));
    assert_int_equal(done.nodes_new, 0);
    assert_int_equal(registry_at(r, 0x0300, &node), REGISTRY_OK);
    assert_string_equal(node.name, "Ours");
    assert_int_not_equal(node.page0_len, 0); /* which we did not know */
    registry_node_clear(&node);
    registry_close(r);
}

static void what_others_have_removed_is_removed(void **state)
{
    struct registry *r = site();
    struct notes n;
    struct cdb_imported done;
    struct registry_node node = { .settings = NULL };
    json_t *json = theirs();
    (void)state;
    desk_change(json, "nodes[1]", NULL);
    desk_change(json, "networkExclusions[0].addresses", ">\"0002\"");
    desk_change(json, "networkExclusions[0].addresses", ">\"0003\"");
    desk_change(json, "networkExclusions[0].addresses", ">\"0300\""); /* ours: we know better */
    desk_change(json, "nodes[1].excluded", "true");
    assert_true(merge(r, json, &done, &n));
    assert_int_equal(done.nodes_removed, 2);
    assert_int_equal(registry_at(r, 0x0002, &node), REGISTRY_OK);
    assert_int_equal(node.state, REGISTRY_REMOVED);
    assert_int_equal(registry_at(r, 0x0100, &node), REGISTRY_OK);
    assert_int_equal(node.state, REGISTRY_REMOVED);
    assert_int_equal(registry_at(r, 0x0300, &node), REGISTRY_OK);
    assert_int_equal(node.state, REGISTRY_PROVISIONED);
    registry_node_clear(&node);

    /* an old document does not bring them back */
    assert_true(merge(r, desk_sample(), &done, &n));
    assert_int_equal(done.nodes_new, 0);
    assert_int_equal(registry_at(r, 0x0002, &node), REGISTRY_OK);
    assert_int_equal(node.state, REGISTRY_REMOVED);
    registry_node_clear(&node);
    registry_close(r);
}

/** A device of which we do not know whether it took its data, and which others have. */
static void what_is_unknown_here_is_theirs(void **state)
{
    static const uint8_t lost[USHER_UUID_SIZE] = { 0x77 };
    struct registry *r = site();
    struct notes n;
    struct cdb_imported done;
    struct usher_prov_data data;
    struct registry_node node = { .settings = NULL };
    json_t *json = theirs();
    (void)state;
    assert_int_equal(
        registry_lease(r,
                       &(struct registry_lease){
                           .uuid = lost, .elements = 1, .address = 0x0310, .device_key = key },
                       &data),
        REGISTRY_OK);
    desk_change(json, "nodes[2].UUID", "\"77000000000000000000000000000000\"");
    desk_change(json, "nodes[2].unicastAddress", "\"0111\"");
    assert_true(merge(r, json, &done, &n));
    assert_int_equal(registry_find(r, lost, &node), REGISTRY_OK);
    assert_int_equal(node.address, 0x0111);
    assert_int_equal(node.state, REGISTRY_PROVISIONED);
    assert_int_equal(registry_at(r, 0x0310, &node), REGISTRY_OK);
    assert_int_equal(node.state, REGISTRY_REMOVED);
    registry_node_clear(&node);
    registry_close(r);
}

static void keys_that_were_refreshed_are_recognised(void **state)
{
    struct registry *r = site();
    struct notes n;
    struct cdb_imported done;
    struct registry_netkey k;
    json_t *json = theirs();
    (void)state;
    /* not yet refreshed there: ours stays */
    desk_change(json, "netKeys[0].key", "\"18EED9C2A56ADD85049FFC3C59AD0E12\"");
    desk_change(json, "netKeys[0].oldKey", NULL);
    desk_change(json, "netKeys[0].phase", "0");
    /* refreshed there, not yet here */
    desk_change(json, "netKeys[1].oldKey", "\"0953FA93E7CAAC9638F58820220A398E\"");
    desk_change(json, "netKeys[1].key", "\"22222222222222222222222222222222\"");
    desk_change(json, "netKeys[1].phase", "1");
    assert_true(merge(r, json, &done, &n));
    assert_int_equal(registry_netkey(r, 0, &k), REGISTRY_OK);
    assert_int_equal(k.key[0], 0x7D);
    assert_int_equal(k.phase, 1);
    assert_int_equal(registry_netkey(r, 1, &k), REGISTRY_OK);
    assert_int_equal(k.key[0], 0x22);
    assert_int_equal(k.old_key[0], 0x09);

    /* the refresh has ended there */
    json = theirs();
    desk_change(json, "netKeys[1].key", "\"22222222222222222222222222222222\"");
    desk_change(json, "netKeys[1].timestamp", "\"2026-03-30T00:00:00Z\"");
    assert_true(merge(r, json, &done, &n));
    assert_int_equal(registry_netkey(r, 1, &k), REGISTRY_OK);
    assert_int_equal(k.key[0], 0x22);
    assert_int_equal(k.phase, 0);
    registry_close(r);
}

static void conflicts_are_told_with_their_paths(void **state)
{
    static const struct {
        const char *at, *value, *found;
    } bad[] = {
        { "meshUUID", "\"00000000-0000-4000-8000-000000000000\"",
          "meshUUID: this registry is of another network, \"Warehouse 7, Straße\"" },
        { "netKeys[0].key", "\"00000000000000000000000000000000\"",
          "netKeys[0].key: the NetKey 0 of this registry is another one" },
        { "appKeys[0].key", "\"00000000000000000000000000000000\"",
          "appKeys[0].key: the AppKey 0 of this registry is another one" },
        { "appKeys[0].boundNetKey", "291",
          "appKeys[0].boundNetKey: in this registry it is bound to NetKey 0" },
        { "provisioners[1].allocatedUnicastRange",
          ">{\"lowAddress\": \"12FF\", \"highAddress\": \"2000\"}",
          "provisioners[1].allocatedUnicastRange[1]: 12FF-2000 of \"Bob's phone\" overlaps with "
          "0300-12FF of \"usher\" in this registry" },
        { "provisioners[0].allocatedGroupRange[0]",
          "{\"lowAddress\": \"C200\", \"highAddress\": \"C200\"}",
          "provisioners[0].allocatedGroupRange[0]: C200-C200 of \"Ann's tablet\" overlaps with" },
        { "provisioners[1].allocatedSceneRange",
          "[{\"firstScene\": \"0100\", \"lastScene\": \"FFFF\"}]",
          "provisioners[1].allocatedSceneRange[0]: 0100-FFFF of \"Bob's phone\" overlaps with" },
        { "nodes[2].unicastAddress", "\"0105\"",
          "nodes[2].unicastAddress: in this registry the device is at 0100; remove it where it is "
          "not any more, here with \"usher remove --force\"" },
    };
    struct registry *r = site();
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        json_t *json = theirs();
        desk_change(json, bad[i].at, bad[i].value);
        conflicts(r, json, bad[i].found);
    }
    json_t *json = theirs();
    add_ours(json, "\"Theirs\"");
    desk_change(json, "nodes[4].UUID", "\"88888888-8888-4888-8888-888888888888\"");
    desk_change(json, "nodes[4].unicastAddress", "\"0301\"");
    conflicts(r, json,
              "nodes[4].unicastAddress: 0301 is an address of \"Ours\" in this registry, "
              "device " LAMP);
    struct usher_prov_data data;
    assert_int_equal(registry_own_lease(r, key, &data), REGISTRY_OK);
    assert_int_equal(data.address, 0x0302);
    json = theirs();
    add_ours(json, "\"Theirs\"");
    desk_change(json, "nodes[4].UUID", "\"88888888-8888-4888-8888-888888888888\"");
    desk_change(json, "nodes[4].unicastAddress", "\"0302\"");
    conflicts(r, json, "nodes[4].unicastAddress: 0302 is an address of \"usher\" in this registry");
    registry_close(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_once_more_changes_nothing),
        cmocka_unit_test(what_others_have_done_is_taken_over),
        cmocka_unit_test(an_older_document_adds_only_what_is_new),
        cmocka_unit_test(what_is_ours_stays_and_is_completed),
        cmocka_unit_test(what_others_have_removed_is_removed),
        cmocka_unit_test(what_is_unknown_here_is_theirs),
        cmocka_unit_test(keys_that_were_refreshed_are_recognised),
        cmocka_unit_test(conflicts_are_told_with_their_paths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
