/*
 * Configuration Databases that are read: the sample, which has every member of the profile; and one
 * bad change to it after the other, each of which is told with its path.
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

static void the_sample_is_right_and_stays_what_it_is(void **state)
{
    struct notes n;
    json_t *json = desk_sample(), *document = desk_read(&n, json);
    (void)state;
    assert_string_equal(n.text[0], "");
    assert_non_null(document);
    assert_true(json_equal(document, json));
    json_decref(document);
    json_decref(json);
}

static const struct {
    const char *at, *value, *found;
} bad[] = {
    /* what is missing, and what is of another kind */
    { "version", NULL, "version: it is missing" },
    { "version", "\"2.0\"", "version: \"2.0\" is not a version that is known here, \"1.0.0\" or" },
    { "meshUUID", "\"F0A51C35-7D3E-4E21-9C57-0B6C2D8E1A4\"",
      "meshUUID: \"F0A51C35-7D3E-4E21-9C57" },
    { "meshUUID", "\"F0A51C35+7D3E-4E21-9C57-0B6C2D8E1A44\"", "meshUUID: " },
    { "meshName", "7", "meshName: 7 is no text without control characters" },
    { "meshName", "\"\\u001b[2J\"", "meshName: \"\\u001B[2J\" is no text without" },
    { "meshName", "\"\\u009b2J\"", "meshName: \"\\u009B2J\" is no text without" },
    { "timestamp", "\"2026-02-29T00:00:00Z\"", "timestamp: \"2026-02-29T00:00:00Z\" is no time" },
    { "timestamp", "\"2026-03-29 08:15\"", "timestamp: " },
    { "timestamp", "\"2026-03-29T08:15:30\"", "timestamp: " },
    { "timestamp", "\"2026-03-29T24:15:30Z\"", "timestamp: " },
    { "partial", "0", "partial: 0 is not true or false" },
    { "netKeys", "{}", "netKeys: an object is no list [ ]" },
    { "netKeys", "[]", "netKeys: it is empty, and at least one is needed" },
    { "provisioners", "[]", "provisioners: it is empty" },
    { "groups", NULL, "groups: it is missing" },
    { "nodes[1]", "[]", "nodes[1]: a list is no node { }" },
    { "nodes[1].elements", "[]", "nodes[1].elements: it is empty" },
    { "nodes[1].elements[1].models", NULL, "nodes[1].elements[1].models: it is missing" },
    { "nodes[1].features", "7", "nodes[1].features: 7 is no set of features { }" },
    /* numbers */
    { "netKeys[0].index", "4096", "netKeys[0].index: 4096 is no NetKey index (0..4095)" },
    { "netKeys[0].index", "-1", "netKeys[0].index: -1 is no NetKey index" },
    { "netKeys[0].index", "0.0", "netKeys[0].index: 0.0 is no NetKey index" },
    { "netKeys[0].index", "9223372036854775807", "netKeys[0].index: 9223372036854775807 is no" },
    { "netKeys[0].phase", "3", "netKeys[0].phase: 3 is no phase" },
    { "nodes[1].elements[0].models[2].bind[0]", "5000",
      "nodes[1].elements[0].models[2].bind[0]: 5000 is no AppKey index (0..4095)" },
    { "nodes[1].defaultTTL", "1", "nodes[1].defaultTTL: 1 is no default TTL" },
    { "nodes[1].defaultTTL", "128", "nodes[1].defaultTTL: 128" },
    { "nodes[1].networkTransmit.count", "9", "nodes[1].networkTransmit.count: 9 is no number" },
    { "nodes[1].networkTransmit.count", "0", "nodes[1].networkTransmit.count: 0" },
    { "nodes[1].networkTransmit.interval", "55", "nodes[1].networkTransmit.interval: 55" },
    { "nodes[1].relayRetransmit.interval", "330", "nodes[1].relayRetransmit.interval: 330" },
    { "nodes[1].features.relay", "3", "nodes[1].features.relay: 3 is no state of a feature" },
    { "nodes[1].heartbeatPub.period", "65", "nodes[1].heartbeatPub.period: 65 is no period" },
    { "nodes[1].heartbeatPub.features[2]", "\"friends\"",
      "nodes[1].heartbeatPub.features[2]: \"friends\" is not one of" },
    { "nodes[1].elements[0].models[2].publish.ttl", "128",
      "nodes[1].elements[0].models[2].publish.ttl: 128 is no TTL (0..127, or 255)" },
    { "nodes[1].elements[0].models[2].publish.period.resolution", "200",
      "nodes[1].elements[0].models[2].publish.period.resolution: 200 is no resolution" },
    { "nodes[1].elements[0].models[2].publish.period.numberOfSteps", "64",
      "nodes[1].elements[0].models[2].publish.period.numberOfSteps: 64" },
    { "nodes[1].elements[0].models[2].publish.period", "6400",
      "nodes[1].elements[0].models[2].publish.period: 6400 is no period { }" },
    { "nodes[1].elements[0].models[2].publish.retransmit.interval", "60",
      "nodes[1].elements[0].models[2].publish.retransmit.interval: 60" },
    { "networkExclusions[0].ivIndex", "4294967296",
      "networkExclusions[0].ivIndex: 4294967296 is no IV Index" },
    /* digits */
    { "netKeys[0].key", "\"7DD7\"", "netKeys[0].key: this is no key of 32 hexadecimal digits" },
    { "nodes[1].deviceKey", "\"G2C3D4E5F60718293A4B5C6D7E8F9001\"",
      "nodes[1].deviceKey: this is no key of 32 hexadecimal digits" },
    { "nodes[1].unicastAddress", "\"0x02\"", "nodes[1].unicastAddress: \"0x02\" is no unicast" },
    { "nodes[1].unicastAddress", "\"0000\"", "nodes[1].unicastAddress: \"0000\" is no unicast" },
    { "nodes[1].unicastAddress", "\"8000\"", "nodes[1].unicastAddress: \"8000\" is no unicast" },
    { "nodes[1].unicastAddress", "\"00002\"", "nodes[1].unicastAddress: \"00002\" is no unicast" },
    { "nodes[1].unicastAddress", "2", "nodes[1].unicastAddress: 2 is no unicast" },
    { "nodes[1].elements[0].models[0].modelId", "\"10000\"",
      "nodes[1].elements[0].models[0].modelId: \"10000\" is no model" },
    { "nodes[1].elements[0].models[2].subscribe[0]", "\"8123\"",
      "nodes[1].elements[0].models[2].subscribe[0]: \"8123\" is no group address" },
    { "nodes[1].elements[0].models[2].subscribe[0]", "\"0003\"",
      "nodes[1].elements[0].models[2].subscribe[0]: \"0003\" is no group address" },
    { "nodes[1].elements[0].models[2].subscribe[0]", "\"FFFF\"",
      "nodes[1].elements[0].models[2].subscribe[0]: \"FFFF\" is no group address" },
    { "groups[0].address", "\"FFFE\"", "groups[0].address: \"FFFE\" is no group address" },
    { "groups[0].parentAddress", "\"0001\"", "groups[0].parentAddress: \"0001\" is no" },
    { "provisioners[0].allocatedGroupRange[0].lowAddress", "\"BFFF\"",
      "provisioners[0].allocatedGroupRange[0].lowAddress: \"BFFF\" is no group" },
    { "provisioners[0].allocatedUnicastRange[1].highAddress", "\"8000\"",
      "provisioners[0].allocatedUnicastRange[1].highAddress: \"8000\" is no unicast" },
    { "provisioners[0].allocatedSceneRange[0].firstScene", "\"0000\"",
      "provisioners[0].allocatedSceneRange[0].firstScene: \"0000\" is no scene" },
    { "scenes[0].addresses[1]", "\"C000\"", "scenes[0].addresses[1]: \"C000\" is no unicast" },
    /* the same twice */
    { "netKeys[1].index", "0", "netKeys[1].index: the same is in [0]" },
    { "appKeys[1].index", "0", "appKeys[1].index: the same is in [0]" },
    { "nodes[1].elements[1].index", "0", "nodes[1].elements[1].index: the same is in [0]" },
    { "nodes[1].elements[0].models[3].modelId", "\"0000\"",
      "nodes[1].elements[0].models[3].modelId: the same is in [0]" },
    { "nodes[1].netKeys", ">{\"index\": 0, \"updated\": true}",
      "nodes[1].netKeys[1].index: the same is in [0]" },
    { "provisioners[1].UUID", "\"b1e2d3c4556647788 99AABBCCDDEEFF0\"", "provisioners[1].UUID: " },
    { "provisioners[1].UUID", "\"b1e2d3c455664778899aabbccddeeff0\"",
      "provisioners[1].UUID: the same is in [0]" },
    { "groups[2].address", "\"c001\"", "groups[2].address: the same is in [1]" },
    { "scenes[1].number", "\"0001\"", "scenes[1].number: the same is in [0]" },
    { "networkExclusions[1].ivIndex", "0", "networkExclusions[1].ivIndex: the same is in [0]" },
    { "nodes[2].UUID", "\"70CF7C9732A345B691494810D2E9CBF4\"",
      "nodes[2].UUID: it is that of nodes[1], too" },
    /* the sense */
    { "netKeys[0].oldKey", NULL, "netKeys[0].oldKey: it is missing, and the key is being" },
    { "netKeys[0].phase", "0", "netKeys[0].oldKey: there is none in phase 0" },
    { "appKeys[1].boundNetKey", "1", "appKeys[1].boundNetKey: there is no NetKey 1" },
    { "provisioners[0].allocatedUnicastRange[0].lowAddress", "\"0100\"",
      "provisioners[0].allocatedUnicastRange[0]: highAddress is below lowAddress" },
    { "provisioners[1].allocatedUnicastRange[0].lowAddress", "\"00FF\"",
      "provisioners[1].allocatedUnicastRange[0]: 00FF-01FF of \"Bob's phone\" overlaps with a "
      "range "
      "of \"Ann's tablet\" (provisioners[0])" },
    { "provisioners[1].allocatedGroupRange[0].lowAddress", "\"C0FF\"",
      "provisioners[1].allocatedGroupRange[0]: C0FF-C1FF of \"Bob's phone\" overlaps" },
    { "provisioners[1].allocatedSceneRange", ">{\"firstScene\": \"00FE\", \"lastScene\": \"0100\"}",
      "provisioners[1].allocatedSceneRange[0]: 00FE-0100 of \"Bob's phone\" overlaps" },
    { "nodes[1].deviceKey", NULL, "nodes[1].deviceKey: it is missing, and the document is not" },
    { "nodes[1].deviceKey", "\"00000000000000000000000000000000\"",
      "nodes[1].deviceKey: zeros are no key" },
    { "nodes[1].unicastAddress", "\"7FFF\"",
      "nodes[1].unicastAddress: the last of its elements is beyond 7FFF" },
    { "nodes[2].unicastAddress", "\"0003\"",
      "nodes[2].unicastAddress: 0003 is an address of nodes[1], too" },
    { "nodes[1].netKeys", "[]", "nodes[1].netKeys: it is empty, and a node has one" },
    { "nodes[1].netKeys[0].index", "1", "nodes[1].netKeys[0].index: there is no NetKey 1" },
    { "nodes[1].appKeys[0].index", "7", "nodes[1].appKeys[0].index: there is no AppKey 7" },
    { "nodes[1].elements[1].index", "2",
      "nodes[1].elements[1].index: the node has 2 elements, counted from 0" },
    { "nodes[1].elements[0].models[2].bind[0]", "12",
      "nodes[1].elements[0].models[2].bind[0]: there is no AppKey 12" },
    { "nodes[1].elements[0].models[2].publish.index", "12",
      "nodes[1].elements[0].models[2].publish.index: there is no AppKey 12" },
    { "nodes[1].heartbeatPub.index", "3", "nodes[1].heartbeatPub.index: there is no NetKey 3" },
    { "groups[1].parentAddress", "\"C00A\"", "groups[1].parentAddress: there is no group C00A" },
    { "groups[1].parentAddress", "\"C001\"", "groups[1].parentAddress: a group is not its own" },
};

static void row_34_what_is_bad_is_told_with_its_path(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct notes n;
        json_t *json = desk_sample();
        desk_change(json, bad[i].at, bad[i].value);
        json_t *document = desk_read(&n, json);
        if (document || n.findings.count != 1 ||
            strncmp(n.text[0], bad[i].found, strlen(bad[i].found)) != 0) {
            fail_msg("%s = %s: found \"%s\", \"%s\", not \"%s\"", bad[i].at, bad[i].value,
                     n.text[0], n.text[1], bad[i].found);
        }
        json_decref(json);
    }
}

/** Texts that are no document. */
static void row_34_what_is_no_json_is_told_with_its_path(void **state)
{
    static const struct {
        const char *text, *found;
    } texts[] = {
        { "", ": not JSON: line" },
        { "[]", ": no object { }" },
        { "{\"version\": \"1.0.1\", \"version\": \"1.0.1\"}",
          "version: not JSON: line 1, duplicate" },
        { "{\"netKeys\": [{\"index\": 1}, {\"index\": 99999999999999999999}]}",
          "netKeys[1].index: not JSON: line 1, too big integer" },
        { "{\"netKeys\": [{\"index\": 1e999}]}",
          "netKeys[0].index: not JSON: line 1, real number" },
        { "{\"nodes\": [{\"name\": \"a\\\"],[\", \"cid\": 0059}]}", "nodes[0].cid: not JSON" },
        { "{\"nodes\": [{\"name\": \"a\\u0000\"}]}", "nodes[0].name: not JSON: line 1, \\u0000" },
        { "{\"nodes\": [{\"name\": \"\xff\"}]}", "nodes[0].name: not JSON" },
        { "{\"nodes\": [{\"\x1b[2J\": tru}]}", "nodes[0]: not JSON" },
        { "{\"nodes\": [", "nodes[0]: not JSON" },
        { "{\"nodes\"", "nodes: not JSON" },
        { "}", ": not JSON" },
        { "{} {}", ": not JSON" },
    };
    struct notes n;
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        assert_null(desk_read_text(&n, texts[i].text));
        if (n.findings.count != 1 ||
            strncmp(n.text[0], texts[i].found, strlen(texts[i].found)) != 0) {
            fail_msg("%s: found \"%s\", not \"%s\"", texts[i].text, n.text[0], texts[i].found);
        }
    }
}

static void row_34_deep_nesting_is_refused_before_it_is_read(void **state)
{
    enum { DEPTH = 200000 };
    struct notes n;
    char *text = malloc(DEPTH + 64);
    (void)state;
    int len = sprintf(text, "{\"nodes\": [{\"x\": ");
    memset(text + len, '[', DEPTH);
    text[len + DEPTH] = '\0';
    assert_null(desk_read_text(&n, text));
    assert_int_equal(n.findings.count, 1);
    assert_non_null(strstr(n.text[0], "nodes[0].x[0][0]"));
    assert_non_null(strstr(n.text[0], "more than 32 objects and lists in each other"));
    free(text);

    /* brackets within texts are none, and 32 levels are read */
    json_t *json = desk_sample();
    desk_change(json, "x-vendor", "\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\"");
    desk_change(json, "x-deep", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]");
    json_t *document = desk_read(&n, json);
    assert_non_null(document);
    json_decref(document);
    desk_change(json, "x-deep", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]");
    assert_null(desk_read(&n, json));
    json_decref(json);
}

static void all_that_is_bad_is_found_at_once(void **state)
{
    struct notes n;
    json_t *json = desk_sample();
    (void)state;
    desk_change(json, "netKeys[1].key", "\"\"");
    desk_change(json, "nodes[1].cid", "\"059\"");
    desk_change(json, "scenes[0].number", "\"0000\"");
    assert_null(desk_read(&n, json));
    assert_int_equal(n.findings.count, 3);
    assert_memory_equal(n.text[0], "netKeys[1].key:", 15);
    assert_memory_equal(n.text[1], "nodes[1].cid:", 13);
    assert_memory_equal(n.text[2], "scenes[0].number:", 17);
    json_decref(json);
}

static void it_stops_after_many_findings(void **state)
{
    struct notes n;
    json_t *json = desk_sample();
    (void)state;
    for (int i = 0; i < 1000; i++) {
        desk_change(json, "nodes", ">{}");
    }
    assert_null(desk_read(&n, json));
    assert_true(n.findings.count >= CDB_FINDINGS_MAX && n.findings.count < CDB_FINDINGS_MAX + 20);
    json_decref(json);
}

static void row_34_too_many_of_a_kind_are_refused(void **state)
{
    struct notes n;
    json_t *json = desk_sample();
    (void)state;
    for (int i = 0; i < REGISTRY_APPKEYS; i++) {
        desk_change(json, "appKeys", ">{}");
    }
    assert_null(desk_read(&n, json));
    assert_int_equal(n.findings.count, 1);
    assert_string_equal(n.text[0], "appKeys: there are 34 of these, and 32 are possible");
    json_decref(json);
}

static void a_partial_document_may_leave_things_out(void **state)
{
    struct notes n;
    json_t *json = desk_sample();
    (void)state;
    desk_change(json, "partial", "true");
    desk_change(json, "nodes[1].deviceKey", NULL);
    desk_change(json, "appKeys", "[]");
    json_t *document = desk_read(&n, json);
    assert_string_equal(n.text[0], "");
    assert_non_null(document);
    json_decref(document);
    json_decref(json);
}

/** Words of version 1.0.0, and digits in lower case, become those of 1.0.1. */
static void old_words_are_understood(void **state)
{
    static const struct {
        const char *at, *value;
    } old[] = {
        { "version", "\"1.0.0\"" },
        { "meshUUID", "\"f0a51c357d3e4e219c570b6c2d8e1a44\"" },
        { "netKeys[0].minSecurity", "\"low\"" },
        { "netKeys[1].minSecurity", "\"high\"" },
        { "netKeys[0].key", "\"7dd7364cd842ad18c17c2b820c84c3d6\"" },
        { "nodes[3].excluded", NULL },
        { "nodes[3].blacklisted", "true" },
        { "nodes[0].security", "\"high\"" },
        { "nodes[1].networkTransmit.interval", "2" },
        { "nodes[1].relayRetransmit.interval", "32" },
        { "nodes[1].elements[0].models[2].publish.period", "30000" },
        { "nodes[1].elements[0].models[1].publish.period", "0" },
        { "nodes[1].elements[0].models[2].subscribe[0]", "\"c000\"" },
        { "scenes[0].number", NULL },
        { "scenes[0].scene", "\"0001\"" },
    };
    struct notes n;
    json_t *json = desk_sample(), *now = desk_sample();
    (void)state;
    for (size_t i = 0; i < sizeof old / sizeof *old; i++) {
        desk_change(json, old[i].at, old[i].value);
    }
    desk_change(now, "version", "\"1.0.0\"");
    desk_change(now, "nodes[1].elements[0].models[2].publish.period",
                "{\"numberOfSteps\": 30, \"resolution\": 1000}");
    json_t *document = desk_read(&n, json);
    assert_string_equal(n.text[0], "");
    assert_non_null(document);
    assert_true(json_equal(document, now));
    json_decref(document);
    json_decref(json);
    json_decref(now);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_sample_is_right_and_stays_what_it_is),
        cmocka_unit_test(row_34_what_is_bad_is_told_with_its_path),
        cmocka_unit_test(row_34_what_is_no_json_is_told_with_its_path),
        cmocka_unit_test(row_34_deep_nesting_is_refused_before_it_is_read),
        cmocka_unit_test(all_that_is_bad_is_found_at_once),
        cmocka_unit_test(it_stops_after_many_findings),
        cmocka_unit_test(row_34_too_many_of_a_kind_are_refused),
        cmocka_unit_test(a_partial_document_may_leave_things_out),
        cmocka_unit_test(old_words_are_understood),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
