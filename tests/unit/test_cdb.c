/*
 * Configuration Databases that become registries, and registries that become databases: what goes
 * in comes out again, what is ours keeps off what is others'.
 */
#include "cdb_desk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ANN "B1E2D3C4-5566-4778-899A-ABBCCDDEEFF0"
#define OURS "0B0B0B0B-0B0B-4B0B-8B0B-0B0B0B0B0B0B"

static const struct cdb_import as_new = { .uuid = { 0x0B, 0x0B, 0x0B, 0x0B, 0x0B, 0x0B, 0x4B, 0x0B,
                                                    0x8B, 0x0B, 0x0B, 0x0B, 0x0B, 0x0B, 0x0B,
                                                    0x0B } };
static const struct cdb_import as_ann = { .uuid = { 0xB1, 0xE2, 0xD3, 0xC4, 0x55, 0x66, 0x47, 0x78,
                                                    0x89, 0x9A, 0xAB, 0xBC, 0xCD, 0xDE, 0xEF,
                                                    0xF0 } };
static const struct cdb_export everything;

/** Makes a registry of JSON, in memory. */
static struct registry *import(json_t *json, const struct cdb_import *how)
{
    struct notes n;
    struct cdb_imported done;
    char why[300];
    json_t *document = desk_read(&n, json);
    assert_string_equal(n.text[0], "");
    struct registry *r = cdb_import(NULL, document, how, &done, &n.findings, why, sizeof why);
    assert_string_equal(why, "");
    assert_string_equal(n.text[0], "");
    assert_non_null(r);
    assert_int_equal(done.nodes, json_array_size(json_object_get(json, "nodes")));
    assert_int_equal(done.nodes_new, done.nodes);
    json_decref(document);
    return r;
}

/** Writes a registry; what is written has to be right. */
static json_t *export(struct registry *r, const struct cdb_export *how)
{
    struct notes n;
    char why[300] = "";
    json_t *json = cdb_write(r, how, why, sizeof why);
    assert_string_equal(why, "");
    assert_non_null(json);
    json_t *document = desk_read(&n, json);
    assert_string_equal(n.text[0], "");
    assert_true(json_equal(document, json));
    json_decref(document);
    return json;
}

static void comes_back(json_t *json, const struct cdb_import *how)
{
    struct registry *r = import(json, how);
    json_t *again = export(r, &everything);
    assert_true(desk_equal(json, again));
    registry_close(r);
    json_decref(again);
}

static void the_sample_comes_back_as_it_was(void **state)
{
    json_t *json = desk_sample();
    (void)state;
    comes_back(json, &as_ann);
    json_decref(json);
}

/** Lists in another order, members left out, and values at the ends of their ranges. */
static void variants_come_back_as_they_were(void **state)
{
    static const struct {
        const char *at, *value;
    } variants[] = {
        { "networkExclusions", NULL },
        { "networkExclusions", "[]" },
        { "networkExclusions[0].addresses", "[\"0020\", \"0010\", \"7FFF\"]" },
        { "groups", "[]" },
        { "nodes[1].features", NULL },
        { "nodes[1].features", "{\"relay\": 0}" },
        { "nodes[1].features.relay", "2" },
        { "nodes[1].crpl", NULL },
        { "nodes[1].relayRetransmit", NULL },
        { "nodes[1].name", "\"\"" },
        { "nodes[1].name",
          "\"a name of sixty-three octets, and not a single one more than that\"" },
        { "nodes[1].name", "\"a name of more than sixty-three octets: \u00e4\u00e4\u00e4\u00e4"
                           "\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\"" },
        { "nodes[1].elements[0].models[2].subscribe", "[\"FFFC\", \"C001\", \"C000\"]" },
        { "nodes[1].elements[0].models[2].publish.address", "\"0000\"" },
        { "nodes[1].elements[0].models[2].publish.credentials", NULL },
        { "nodes[1].elements[0].models[2].publish.retransmit", NULL },
        { "nodes[1].elements[0].models[2].publish.period",
          "{\"numberOfSteps\": 63, \"resolution\": 600000}" },
        { "nodes[1].elements[0].models[2].bind", "[]" },
        { "netKeys[0].timestamp", "\"1969-12-31T23:59:59-00:30\"" },
        { "meshName", "\"\"" },
        { "provisioners[0].allocatedUnicastRange", "[]" },
        { "provisioners[0].allocatedUnicastRange",
          "[{\"lowAddress\": \"0200\", \"highAddress\": \"02FF\"},"
          " {\"lowAddress\": \"0001\", \"highAddress\": \"00FF\"}]" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof variants / sizeof *variants; i++) {
        json_t *json = desk_sample();
        desk_change(json, variants[i].at, variants[i].value);
        comes_back(json, &as_ann);
        json_decref(json);
    }
    json_t *json = desk_sample();
    json_t *first = json_incref(desk_at(json, "nodes[0]"));
    desk_change(json, "nodes[0]", NULL);
    json_array_append_new(json_object_get(json, "nodes"), first);
    json_t *provisioner = json_incref(desk_at(json, "provisioners[0]"));
    desk_change(json, "provisioners[0]", NULL);
    json_array_append_new(json_object_get(json, "provisioners"), provisioner);
    comes_back(json, &as_ann);
    json_decref(json);
}

static unsigned number(json_t *json, const char *path)
{
    const char *text = json_string_value(desk_at(json, path));
    assert_non_null(text);
    return (unsigned)strtoul(text, NULL, 16);
}

static void an_import_makes_a_provisioner_that_has_its_own(void **state)
{
    json_t *json = desk_sample();
    struct registry *r = import(json, &as_new);
    json_t *again =
        export(r, &everything); /* whose ranges overlap nobody's, else it is not right */
    (void)state;
    assert_int_equal(json_array_size(json_object_get(again, "provisioners")), 3);
    assert_string_equal(json_string_value(desk_at(again, "provisioners[2].UUID")), OURS);
    assert_string_equal(json_string_value(desk_at(again, "provisioners[2].provisionerName")),
                        "usher");
    assert_int_equal(number(again, "provisioners[2].allocatedUnicastRange[0].lowAddress"), 0x0300);
    assert_int_equal(number(again, "provisioners[2].allocatedUnicastRange[0].highAddress"), 0x12FF);
    assert_int_equal(number(again, "provisioners[2].allocatedGroupRange[0].lowAddress"), 0xC200);
    assert_int_equal(number(again, "provisioners[2].allocatedSceneRange[0].firstScene"), 0x0100);
    desk_change(again, "provisioners[2]", NULL);
    assert_true(desk_equal(json, again));
    registry_close(r);
    json_decref(again);
    json_decref(json);
}

static void what_is_given_next_is_nobody_elses(void **state)
{
    static const uint8_t key[USHER_KEY_SIZE] = "a device's key..", uuid[USHER_UUID_SIZE] = "new";
    json_t *json = desk_sample();
    /* a node outside of all ranges, where the longest free one would begin */
    desk_change(json, "nodes[3].excluded", "false");
    desk_change(json, "nodes[3].unicastAddress", "\"0300\"");
    struct registry *r = import(json, &as_new);
    struct usher_prov_data own, data;
    (void)state;
    assert_int_equal(registry_own_lease(r, key, &own), REGISTRY_OK);
    assert_int_equal(own.address, 0x0301);
    assert_int_equal(
        registry_lease(
            r, &(struct registry_lease){ .uuid = uuid, .elements = 2, .device_key = key }, &data),
        REGISTRY_OK);
    assert_int_equal(data.address, 0x0302);
    assert_memory_equal(data.netkey, "\x18\xEE\xD9\xC2", 4); /* in phase 1 the old one */
    json_t *again = export(r, &everything);
    assert_int_equal(json_array_size(json_object_get(again, "nodes")), 6);
    assert_int_equal(number(again, "provisioners[2].allocatedUnicastRange[0].lowAddress"), 0x0301);
    registry_close(r);
    json_decref(again);
    json_decref(json);
}

static void our_node_is_in_an_export(void **state)
{
    static const uint8_t key[USHER_KEY_SIZE] = { 0x0F, 0x1E };
    json_t *json = desk_sample();
    struct registry *r = import(json, &as_ann);
    struct usher_prov_data own;
    (void)state;
    assert_int_equal(registry_own_lease(r, key, &own), REGISTRY_OK);
    assert_int_not_equal(own.address, 1); /* whose sequence numbers another program has used */
    json_t *again = export(r, &everything);
    json_t *nodes = json_object_get(again, "nodes"), *node = NULL;
    size_t i, found = 0;
    json_t *each;
    json_array_foreach(nodes, i, each)
    {
        if (strcmp(json_string_value(json_object_get(each, "UUID")), ANN) == 0) {
            node = each;
            found++;
        }
    }
    assert_int_equal(found, 1);
    assert_int_equal(number(node, "unicastAddress"), own.address);
    assert_string_equal(json_string_value(json_object_get(node, "deviceKey")),
                        "0F1E0000000000000000000000000000");
    assert_int_equal(json_array_size(desk_at(node, "elements[0].models")), 5);
    assert_string_equal(json_string_value(desk_at(node, "elements[0].models[4].modelId")), "1001");
    assert_int_equal(json_array_size(json_object_get(node, "appKeys")), 2);
    registry_close(r);
    json_decref(again);
    json_decref(json);
}

static void without_a_free_address_nothing_is_made(void **state)
{
    struct notes n;
    struct cdb_imported done;
    char why[300];
    json_t *json = desk_sample();
    (void)state;
    desk_change(json, "provisioners[0].allocatedUnicastRange",
                "[{\"lowAddress\": \"0001\", \"highAddress\": \"00FF\"},"
                " {\"lowAddress\": \"0200\", \"highAddress\": \"7FFF\"}]");
    json_t *document = desk_read(&n, json);
    assert_non_null(document);
    assert_null(cdb_import(NULL, document, &as_new, &done, &n.findings, why, sizeof why));
    assert_string_equal(why, "");
    assert_string_equal(n.text[0], "provisioners: they have all unicast addresses: let one give up "
                                   "a range, or be one of them (--as)");
    json_decref(document);

    struct cdb_import wants = as_new;
    wants.unicast = (struct registry_range){ 0x0180, 0x0480 };
    document = desk_read(&n, json);
    assert_null(cdb_import(NULL, document, &wants, &done, &n.findings, why, sizeof why));
    assert_string_equal(n.text[0], "provisioners: 0180-0480 is not free: take another range");
    json_decref(document);
    json_decref(json);
}

/* -- a network of our own ---------------------------------------------------------------------- */

static const uint8_t lamp_page[] = { 0x59, 0x00, 0x34, 0x12, 0x01, 0x00, 0x20, 0x00, 0x03, 0x00,
                                     0x01, 0x01, 2,    1,    0x00, 0x00, 0x00, 0x10, 0x59, 0x00,
                                     0x01, 0x00, 0x02, 0x01, 1,    0,    0x00, 0x10 };

#define LAMP_SETTINGS                                                                              \
    "{\"appkeys\": [0], \"ttl\": 7, \"beacon\": false,"                                            \
    " \"relay\": {\"state\": true, \"count\": 2, \"interval\": \"30ms\"},"                         \
    " \"network_transmit\": {\"count\": 7, \"interval\": \"10ms\"}, \"models\": ["                 \
    "{\"element\": \"0x0010\", \"model\": \"1000\", \"bind\": [0], \"subscribe\": [\"0xc000\","    \
    " \"0073e7e4d8b9440faf8415df4c56c0e1\"], \"publish\": {\"address\": \"0xc001\","               \
    " \"appkey\": 0, \"ttl\": 5, \"period\": \"10s\","                                             \
    " \"retransmit\": {\"count\": 2, \"interval\": \"100ms\"}}},"                                  \
    "{\"element\": \"0x0010\", \"model\": \"00590001\", \"publish\": {\"address\": \"0x0001\","    \
    " \"appkey\": 0}}]}"

/** A network with a lamp that is configured, a device that was never heard of again, and a key. */
static struct registry *own_network(void)
{
    static const struct registry_new make = { .name = "Home",
                                              .net_key = "a network's key",
                                              .uuid = { 1, 2, 3 },
                                              .provisioner = { 4, 5, 6 } };
    static const uint8_t lamp[USHER_UUID_SIZE] = "lamp", lost[USHER_UUID_SIZE] = "lost";
    static const uint8_t key[USHER_KEY_SIZE] = "a device's key";
    char why[200];
    struct usher_prov_data data;
    struct registry *r = registry_open(NULL, &make, why, sizeof why);
    json_t *settings = json_loads(LAMP_SETTINGS, 0, NULL);
    const struct registry_configuration c = {
        .page0 = lamp_page, .page0_len = sizeof lamp_page, .settings = settings, .whole = true
    };
    assert_non_null(r);
    assert_non_null(settings);
    assert_int_equal(
        registry_appkey_put(r, &(struct registry_appkey){ .key = "an app's key", .name = "Light" }),
        REGISTRY_OK);
    assert_int_equal(registry_own_lease(r, key, &data), REGISTRY_OK);
    assert_int_equal(
        registry_lease(r,
                       &(struct registry_lease){
                           .uuid = lamp, .elements = 2, .address = 0x0010, .device_key = key },
                       &data),
        REGISTRY_OK);
    assert_int_equal(registry_provisioned(r, 0x0010, 2, key, true), REGISTRY_OK);
    assert_int_equal(registry_configured(r, 0x0010, &c), REGISTRY_OK);
    assert_int_equal(
        registry_lease(r,
                       &(struct registry_lease){
                           .uuid = lost, .elements = 3, .address = 0x0020, .device_key = key },
                       &data),
        REGISTRY_OK);
    json_decref(settings);
    return r;
}

static void our_own_network_is_right_and_comes_back(void **state)
{
    struct registry *r = own_network();
    json_t *json = export(r, &everything);
    (void)state;
    assert_string_equal(json_string_value(desk_at(json, "nodes[1].elements[0].models[2].modelId")),
                        "00590001");
    json_t *model = desk_at(json, "nodes[1].elements[0].models[1]");
    json_t *expected = json_loads(
        "{\"modelId\": \"1000\", \"bind\": [0],"
        " \"subscribe\": [\"C000\", \"0073E7E4D8B9440FAF8415DF4C56C0E1\"],"
        " \"publish\": {\"address\": \"C001\", \"index\": 0, \"ttl\": 5, \"credentials\": 0,"
        " \"period\": {\"numberOfSteps\": 10, \"resolution\": 1000},"
        " \"retransmit\": {\"count\": 2, \"interval\": 100}}}",
        0, NULL);
    assert_true(json_equal(model, expected));
    json_decref(expected);
    assert_int_equal(json_integer_value(desk_at(json, "nodes[1].networkTransmit.count")), 8);
    assert_int_equal(json_integer_value(desk_at(json, "nodes[1].relayRetransmit.interval")), 30);
    assert_int_equal(json_integer_value(desk_at(json, "nodes[1].features.relay")), 1);
    assert_int_equal(json_integer_value(desk_at(json, "nodes[1].features.friend")), 2);
    assert_null(
        desk_at(json, "nodes[1].features.proxy")); /* there is one; its state is not known */
    assert_string_equal(json_string_value(desk_at(json, "nodes[1].security")), "secure");
    assert_string_equal(json_string_value(desk_at(json, "netKeys[0].minSecurity")), "insecure");
    assert_int_equal(json_array_size(desk_at(json, "nodes[2].elements")), 3);
    assert_true(json_is_false(desk_at(json, "nodes[2].configComplete")));

    struct registry *other = import(json, &as_new);
    json_t *again = export(other, &everything);
    assert_int_equal(json_array_size(json_object_get(again, "provisioners")), 2);
    desk_change(again, "provisioners[1]", NULL);
    assert_true(desk_equal(json, again));

    /* and its settings are those that were recorded */
    struct registry_node node = { .settings = NULL };
    json_t *settings = json_loads(LAMP_SETTINGS, 0, NULL);
    assert_int_equal(registry_at(other, 0x0010, &node), REGISTRY_OK);
    json_t *vendor = json_array_get(json_object_get(node.settings, "models"), 1);
    assert_true(json_equal(vendor, desk_at(settings, "models[1]")));
    assert_true(json_equal(node.settings, settings));
    assert_int_equal(node.page0_len, sizeof lamp_page);
    /* of its features those are known that it has */
    assert_memory_equal(node.page0, lamp_page, 8);
    json_decref(settings);
    registry_node_clear(&node);
    registry_close(r);
    registry_close(other);
    json_decref(json);
    json_decref(again);
}

/** What is configured after an import comes out, and what was kept beside it stays. */
static void what_changes_after_an_import_is_in_the_export(void **state)
{
    json_t *json = desk_sample();
    struct registry *r = import(json, &as_ann);
    struct registry_node node = { .settings = NULL };
    (void)state;
    assert_int_equal(registry_at(r, 2, &node), REGISTRY_OK);
    json_object_set_new(node.settings, "ttl", json_integer(9));
    json_t *onoff = desk_at(node.settings, "models[1]");
    assert_string_equal(json_string_value(json_object_get(onoff, "model")), "1000");
    json_array_append_new(json_object_get(onoff, "subscribe"), json_string("0xc0ff"));
    json_object_set_new(json_object_get(onoff, "publish"), "period", json_string("2s"));
    json_object_set_new(json_object_get(node.settings, "relay"), "state", json_false());
    const struct registry_configuration c = { .settings = node.settings };
    assert_int_equal(registry_configured(r, 2, &c), REGISTRY_OK);
    assert_int_equal(registry_named(r, 2, "Door"), REGISTRY_OK);
    json_t *again = export(r, &everything);

    desk_change(json, "nodes[1].defaultTTL", "9");
    desk_change(json, "nodes[1].name", "\"Door\"");
    desk_change(json, "nodes[1].features.relay", "0");
    desk_change(json, "nodes[1].elements[0].models[2].subscribe", ">\"C0FF\"");
    desk_change(json, "nodes[1].elements[0].models[2].publish.period",
                "{\"numberOfSteps\": 20, \"resolution\": 100}");
    assert_true(desk_equal(json, again));
    registry_node_clear(&node);
    registry_close(r);
    json_decref(json);
    json_decref(again);
}

static void a_part_has_what_its_nodes_need(void **state)
{
    static const uint16_t bob[] = { 0x0100 }, lamp[] = { 0x0003 };
    json_t *json = desk_sample();
    struct registry *r = import(json, &as_ann);
    (void)state;
    json_t *part = export(r, &(struct cdb_export){ .nodes = bob, .node_count = 1 });
    assert_true(json_is_true(json_object_get(part, "partial")));
    assert_int_equal(json_array_size(json_object_get(part, "nodes")), 1);
    assert_true(json_equal(desk_at(part, "nodes[0]"), desk_at(json, "nodes[2]")));
    assert_int_equal(json_array_size(json_object_get(part, "appKeys")), 0);
    assert_int_equal(json_array_size(json_object_get(part, "netKeys")), 1);
    assert_int_equal(json_integer_value(desk_at(part, "netKeys[0].index")), 291);
    assert_int_equal(json_array_size(json_object_get(part, "provisioners")), 2);
    json_decref(part);

    part =
        export(r, &(struct cdb_export){ .nodes = lamp, .node_count = 1, .no_device_keys = true });
    assert_string_equal(json_string_value(desk_at(part, "nodes[0].unicastAddress")), "0002");
    assert_null(desk_at(part, "nodes[0].deviceKey"));
    assert_int_equal(json_array_size(json_object_get(part, "appKeys")), 1);
    json_decref(part);

    part = export(r, &(struct cdb_export){ .no_device_keys = true });
    assert_true(json_is_true(json_object_get(part, "partial")));
    assert_int_equal(json_array_size(json_object_get(part, "nodes")), 4);
    char *text = json_dumps(part, 0);
    assert_null(strstr(text, "deviceKey"));
    assert_null(strstr(text, "A2C3D4E5F607"));
    free(text);
    comes_back(part, &as_ann);
    json_decref(part);
    registry_close(r);
    json_decref(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_sample_comes_back_as_it_was),
        cmocka_unit_test(variants_come_back_as_they_were),
        cmocka_unit_test(an_import_makes_a_provisioner_that_has_its_own),
        cmocka_unit_test(what_is_given_next_is_nobody_elses),
        cmocka_unit_test(our_node_is_in_an_export),
        cmocka_unit_test(without_a_free_address_nothing_is_made),
        cmocka_unit_test(our_own_network_is_right_and_comes_back),
        cmocka_unit_test(what_changes_after_an_import_is_in_the_export),
        cmocka_unit_test(a_part_has_what_its_nodes_need),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
