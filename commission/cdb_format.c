/*
 * The tables of the Configuration Database; see cdb_format.h. They are those of the Mesh
 * Configuration Database Profile 1.0.1, less strict where programs are known to leave things out.
 */
#include "cdb_format.h"

#include "registry.h"

#include <stdio.h>
#include <string.h>

#define ELEMENTS_MAX 255
#define MODELS_MAX 1024
#define ADDRESSES_MAX 1024 /* of one model */
#define KEYS_MAX 4096
#define ANY_ADDRESS (CDB_UNICAST | CDB_GROUP | CDB_FIXED | CDB_ALL | CDB_LABEL | CDB_NONE)

/* -- numbers ----------------------------------------------------------------------------------- */

static bool is_ttl(json_int_t n)
{
    return n != 1;
}

static bool is_publish_ttl(json_int_t n)
{
    return n <= 127 || n == 255;
}

static bool is_tens(json_int_t n)
{
    return n % 10 == 0;
}

static bool is_fifties(json_int_t n)
{
    return n % 50 == 0;
}

static bool is_resolution(json_int_t n)
{
    return n == 100 || n == 1000 || n == 10000 || n == 600000;
}

static bool is_power_of_two(json_int_t n)
{
    return (n & (n - 1)) == 0;
}

/* -- what is often meant ----------------------------------------------------------------------- */

#define KEY_INDEX(kind_of_key) .kind = CDB_NUMBER, .max = 4095, .noun = kind_of_key " (0..4095)"
#define UNICAST                                                                                    \
    .kind = CDB_HEX, .min = 0x0001, .max = 0x7FFF, .noun = "unicast address (\"0001\"..\"7FFF\")"
#define GROUP                                                                                      \
    .kind = CDB_HEX, .min = 0xC000, .max = 0xFEFF, .noun = "group address (\"C000\"..\"FEFF\")"
#define SCENE                                                                                      \
    .kind = CDB_HEX, .min = 0x0001, .max = 0xFFFF, .noun = "scene number (\"0001\"..\"FFFF\")"
#define WORD16 .kind = CDB_HEX, .max = 0xFFFF, .noun = "four hexadecimal digits"
#define KEY .kind = CDB_KEY, .noun = "key of 32 hexadecimal digits"
#define UUID .kind = CDB_UUID, .noun = "UUID, 8-4-4-4-12 hexadecimal digits"
#define TIME .kind = CDB_TIME, .noun = "time of RFC 3339, such as \"2026-01-31T12:00:00Z\""
#define NAME .kind = CDB_NAME, .noun = "text without control characters"
#define FLAG .kind = CDB_BOOL, .noun = "true or false"
#define FEATURE .kind = CDB_NUMBER, .max = 2, .noun = "state of a feature (0..2)"
#define NONE                                                                                       \
    {                                                                                              \
        .key = NULL                                                                                \
    }

/* -- networks, keys and provisioners ----------------------------------------------------------- */

static const struct cdb_field netkey_fields[] = {
    { "name", NAME, .flags = CDB_REQUIRED | CDB_OURS },
    { "index", KEY_INDEX("NetKey index"), .flags = CDB_REQUIRED | CDB_ID },
    { "key", KEY, .flags = CDB_REQUIRED | CDB_OURS },
    { "oldKey", KEY, .flags = CDB_OURS },
    { "phase", CDB_NUMBER, CDB_REQUIRED | CDB_OURS, "phase of a key refresh (0..2)", .max = 2 },
    { "minSecurity", CDB_WORD, CDB_REQUIRED, "\"secure\" or \"insecure\"",
      .words = "secure insecure" },
    { "timestamp", TIME, .flags = CDB_REQUIRED },
    NONE,
};
static const struct cdb_shape netkey = { netkey_fields };

static const struct cdb_field appkey_fields[] = {
    { "name", NAME, .flags = CDB_REQUIRED | CDB_OURS },
    { "index", KEY_INDEX("AppKey index"), .flags = CDB_REQUIRED | CDB_ID },
    { "key", KEY, .flags = CDB_REQUIRED | CDB_OURS },
    { "oldKey", KEY },
    { "boundNetKey", KEY_INDEX("NetKey index"), .flags = CDB_REQUIRED | CDB_OURS },
    NONE,
};
static const struct cdb_shape appkey = { appkey_fields };

static const struct cdb_field unicast_range_fields[] = {
    { "lowAddress", UNICAST, .flags = CDB_REQUIRED | CDB_ID },
    { "highAddress", UNICAST, .flags = CDB_REQUIRED | CDB_ID },
    NONE,
};
static const struct cdb_shape unicast_range = { unicast_range_fields };

static const struct cdb_field group_range_fields[] = {
    { "lowAddress", GROUP, .flags = CDB_REQUIRED | CDB_ID },
    { "highAddress", GROUP, .flags = CDB_REQUIRED | CDB_ID },
    NONE,
};
static const struct cdb_shape group_range = { group_range_fields };

static const struct cdb_field scene_range_fields[] = {
    { "firstScene", SCENE, .flags = CDB_REQUIRED | CDB_ID },
    { "lastScene", SCENE, .flags = CDB_REQUIRED | CDB_ID },
    NONE,
};
static const struct cdb_shape scene_range = { scene_range_fields };

#define RANGES(of)                                                                                 \
    CDB_OBJECT, CDB_REQUIRED | CDB_LIST, "range", .shape = &(of), .most = REGISTRY_RANGES

static const struct cdb_field provisioner_fields[] = {
    { "provisionerName", NAME, .flags = CDB_REQUIRED | CDB_OURS },
    { "UUID", UUID, .flags = CDB_REQUIRED | CDB_ID },
    { "allocatedUnicastRange", RANGES(unicast_range) },
    { "allocatedGroupRange", RANGES(group_range) },
    { "allocatedSceneRange", RANGES(scene_range) },
    NONE,
};
static const struct cdb_shape provisioner = { provisioner_fields };

/* -- nodes ------------------------------------------------------------------------------------- */

static const struct cdb_field feature_fields[] = {
    { "relay", FEATURE },
    { "proxy", FEATURE },
    { "friend", FEATURE },
    { "lowPower", FEATURE },
    NONE,
};
static const struct cdb_shape features = { feature_fields };

static const struct cdb_field transmit_fields[] = {
    { "count", CDB_NUMBER, CDB_REQUIRED | CDB_OURS, "number of transmissions (1..8)", .min = 1,
      .max = 8 },
    { "interval", CDB_NUMBER, CDB_REQUIRED | CDB_OURS,
      "interval of 10 to 320 milliseconds in steps of 10", .min = 10, .max = 320,
      .right = is_tens },
    NONE,
};
static const struct cdb_shape transmit = { transmit_fields };

static const struct cdb_field period_fields[] = {
    { "numberOfSteps", CDB_NUMBER, CDB_REQUIRED, "number of steps (0..63)", .min = 0, .max = 63 },
    { "resolution", CDB_NUMBER, CDB_REQUIRED, "resolution: 100, 1000, 10000 or 600000", .min = 100,
      .max = 600000, .right = is_resolution },
    NONE,
};
static const struct cdb_shape period = { period_fields };

static const struct cdb_field retransmit_fields[] = {
    { "count", CDB_NUMBER, CDB_REQUIRED, "number of retransmissions (0..7)", .min = 0, .max = 7 },
    { "interval", CDB_NUMBER, CDB_REQUIRED, "interval of 50 to 1600 milliseconds in steps of 50",
      .min = 50, .max = 1600, .right = is_fifties },
    NONE,
};
static const struct cdb_shape retransmit = { retransmit_fields };

static const struct cdb_field publish_fields[] = {
    { "address", CDB_ADDRESS, CDB_REQUIRED, "address to publish to, or label of 32 digits",
      .addresses = ANY_ADDRESS },
    { "index", KEY_INDEX("AppKey index"), .flags = CDB_REQUIRED },
    { "ttl", CDB_NUMBER, CDB_REQUIRED, "TTL (0..127, or 255)", .min = 0, .max = 255,
      .right = is_publish_ttl },
    { "period", CDB_OBJECT, CDB_REQUIRED, "period", .shape = &period },
    { "retransmit", CDB_OBJECT, 0, "retransmission", .shape = &retransmit },
    { "credentials", CDB_NUMBER, 0, "flag of credentials (0 or 1)", .min = 0, .max = 1 },
    NONE,
};
static const struct cdb_shape publish = { publish_fields };

static const struct cdb_field model_fields[] = {
    { "modelId", CDB_MODEL, CDB_REQUIRED | CDB_ID,
      .noun = "model: 4 hexadecimal digits, or the company's 4 and 4" },
    { "subscribe", CDB_ADDRESS, CDB_REQUIRED | CDB_LIST | CDB_OURS,
      "group address, or label of 32 digits", .addresses = CDB_GROUP | CDB_FIXED | CDB_LABEL,
      .most = ADDRESSES_MAX },
    { "publish", CDB_OBJECT, 0, "publication", .shape = &publish },
    { "bind", KEY_INDEX("AppKey index"), .flags = CDB_REQUIRED | CDB_LIST | CDB_OURS,
      .most = KEYS_MAX },
    NONE,
};
static const struct cdb_shape model = { model_fields };

static const struct cdb_field element_fields[] = {
    { "name", NAME },
    { "index", CDB_NUMBER, CDB_REQUIRED | CDB_ID, "index of an element (0..254)", .min = 0,
      .max = 254 },
    { "location", WORD16, .flags = CDB_REQUIRED },
    { "models", CDB_OBJECT, CDB_REQUIRED | CDB_LIST, "model", .shape = &model, .most = MODELS_MAX },
    NONE,
};
static const struct cdb_shape element = { element_fields };

static const struct cdb_field known_netkey_fields[] = {
    { "index", KEY_INDEX("NetKey index"), .flags = CDB_REQUIRED | CDB_ID },
    { "updated", FLAG, .flags = CDB_REQUIRED },
    NONE,
};
static const struct cdb_shape known_netkey = { known_netkey_fields };

static const struct cdb_field known_appkey_fields[] = {
    { "index", KEY_INDEX("AppKey index"), .flags = CDB_REQUIRED | CDB_ID },
    { "updated", FLAG, .flags = CDB_REQUIRED },
    NONE,
};
static const struct cdb_shape known_appkey = { known_appkey_fields };

static const struct cdb_field heartbeat_pub_fields[] = {
    { "address", CDB_ADDRESS, CDB_REQUIRED, "address to send heartbeats to",
      .addresses = CDB_NONE | CDB_UNICAST | CDB_GROUP | CDB_FIXED | CDB_ALL },
    { "period", CDB_NUMBER, CDB_REQUIRED, "period: 0, or a power of two up to 65536", .min = 0,
      .max = 65536, .right = is_power_of_two },
    { "ttl", CDB_NUMBER, CDB_REQUIRED, "TTL (0..127)", .min = 0, .max = 127 },
    { "index", KEY_INDEX("NetKey index"), .flags = CDB_REQUIRED },
    { "features", CDB_WORD, CDB_REQUIRED | CDB_LIST, "one of relay, proxy, friend, lowPower",
      .words = "relay proxy friend lowPower", .most = 4 },
    NONE,
};
static const struct cdb_shape heartbeat_pub = { heartbeat_pub_fields };

static const struct cdb_field heartbeat_sub_fields[] = {
    { "source", CDB_ADDRESS, CDB_REQUIRED, "unicast address, or \"0000\"",
      .addresses = CDB_NONE | CDB_UNICAST },
    { "destination", CDB_ADDRESS, CDB_REQUIRED, "unicast or group address, or \"0000\"",
      .addresses = CDB_NONE | CDB_UNICAST | CDB_GROUP | CDB_FIXED | CDB_ALL },
    NONE,
};
static const struct cdb_shape heartbeat_sub = { heartbeat_sub_fields };

static const struct cdb_field node_fields[] = {
    { "UUID", UUID, .flags = CDB_REQUIRED | CDB_ID },
    { "name", NAME, .flags = CDB_OURS },
    { "unicastAddress", UNICAST, .flags = CDB_REQUIRED | CDB_ID },
    { "deviceKey", KEY, .flags = CDB_OURS }, /* required where the document is not partial */
    { "security", CDB_WORD, CDB_REQUIRED | CDB_OURS, "\"secure\" or \"insecure\"",
      .words = "secure insecure" },
    { "netKeys", CDB_OBJECT, CDB_REQUIRED | CDB_LIST, "known NetKey", .shape = &known_netkey,
      .most = KEYS_MAX },
    { "appKeys", CDB_OBJECT, CDB_REQUIRED | CDB_LIST, "known AppKey", .shape = &known_appkey,
      .most = KEYS_MAX },
    { "configComplete", FLAG, .flags = CDB_REQUIRED | CDB_OURS },
    { "excluded", FLAG, .flags = CDB_REQUIRED | CDB_OURS },
    { "elements", CDB_OBJECT, CDB_REQUIRED | CDB_LIST, "element", .shape = &element, .least = 1,
      .most = ELEMENTS_MAX },
    { "cid", WORD16 },
    { "pid", WORD16 },
    { "vid", WORD16 },
    { "crpl", WORD16 },
    { "features", CDB_OBJECT, 0, "set of features", .shape = &features },
    { "secureNetworkBeacon", FLAG, .flags = CDB_OURS },
    { "defaultTTL", CDB_NUMBER, CDB_OURS, "default TTL (0, or 2..127)", .min = 0, .max = 127,
      .right = is_ttl },
    { "networkTransmit", CDB_OBJECT, 0, "transmission", .shape = &transmit },
    { "relayRetransmit", CDB_OBJECT, 0, "transmission", .shape = &transmit },
    { "heartbeatPub", CDB_OBJECT, 0, "heartbeat publication", .shape = &heartbeat_pub },
    { "heartbeatSub", CDB_OBJECT, 0, "heartbeat subscription", .shape = &heartbeat_sub },
    NONE,
};
static const struct cdb_shape node = { node_fields };

/* -- the document ------------------------------------------------------------------------------ */

static const struct cdb_field group_fields[] = {
    { "name", NAME, .flags = CDB_REQUIRED },
    { "address", CDB_ADDRESS, CDB_REQUIRED | CDB_ID, "group address, or label of 32 digits",
      .addresses = CDB_GROUP | CDB_LABEL },
    { "parentAddress", CDB_ADDRESS, CDB_REQUIRED, "group address, label of 32 digits, or \"0000\"",
      .addresses = CDB_GROUP | CDB_LABEL | CDB_NONE },
    NONE,
};
static const struct cdb_shape group = { group_fields };

static const struct cdb_field scene_fields[] = {
    { "name", NAME, .flags = CDB_REQUIRED },
    { "number", SCENE, .flags = CDB_REQUIRED | CDB_ID },
    { "addresses", UNICAST, .flags = CDB_REQUIRED | CDB_LIST, .most = 0x7FFF },
    NONE,
};
static const struct cdb_shape scene = { scene_fields };

static const struct cdb_field exclusion_fields[] = {
    { "ivIndex", CDB_NUMBER, CDB_REQUIRED | CDB_ID, "IV Index (0..4294967295)", .min = 0,
      .max = UINT32_MAX },
    { "addresses", UNICAST, .flags = CDB_REQUIRED | CDB_LIST, .most = 0x7FFF },
    NONE,
};
static const struct cdb_shape exclusion = { exclusion_fields };

static const struct cdb_field document_fields[] = {
    { "$schema", CDB_TEXT, CDB_OURS, .noun = "text" },
    { "id", CDB_TEXT, CDB_OURS, .noun = "text" },
    { "version", CDB_WORD, CDB_REQUIRED | CDB_OURS,
      "a version that is known here, \"1.0.0\" or \"1.0.1\"", .words = "1.0.0 1.0.1" },
    { "meshUUID", UUID, .flags = CDB_REQUIRED | CDB_OURS },
    { "meshName", NAME, .flags = CDB_REQUIRED | CDB_OURS },
    { "timestamp", TIME, .flags = CDB_REQUIRED }, /* kept: that of the newest file */
    { "partial", FLAG },
    { "netKeys", CDB_OBJECT, CDB_REQUIRED | CDB_LIST, "NetKey", .shape = &netkey, .least = 1,
      .most = REGISTRY_NETKEYS },
    { "appKeys", CDB_OBJECT, CDB_REQUIRED | CDB_LIST, "AppKey", .shape = &appkey,
      .most = REGISTRY_APPKEYS },
    { "provisioners", CDB_OBJECT, CDB_REQUIRED | CDB_LIST, "provisioner", .shape = &provisioner,
      .least = 1, .most = 4096 },
    { "nodes", CDB_OBJECT, CDB_REQUIRED | CDB_LIST, "node", .shape = &node, .most = 0x7FFF },
    { "groups", CDB_OBJECT, CDB_REQUIRED | CDB_LIST, "group", .shape = &group, .most = 0x7FFF },
    { "scenes", CDB_OBJECT, CDB_REQUIRED | CDB_LIST, "scene", .shape = &scene, .most = 0xFFFF },
    { "networkExclusions", CDB_OBJECT, CDB_LIST, "exclusion", .shape = &exclusion, .most = 0x7FFF },
    NONE,
};
const struct cdb_shape cdb_document = { document_fields };

const struct cdb_ranges cdb_ranges[3] = {
    { "allocatedUnicastRange", "lowAddress", "highAddress" },
    { "allocatedGroupRange", "lowAddress", "highAddress" },
    { "allocatedSceneRange", "firstScene", "lastScene" },
};

const struct cdb_field *cdb_field_find(const struct cdb_shape *shape, const char *key)
{
    const struct cdb_field *field = shape->fields;
    while (field->key && strcmp(field->key, key) != 0) {
        field++;
    }
    return field->key ? field : NULL;
}

const char *cdb_only_id(const struct cdb_shape *shape)
{
    const char *key = NULL;
    size_t count = 0;
    for (const struct cdb_field *field = shape->fields; field->key; field++) {
        if (field->flags & CDB_ID) {
            key = field->key;
            count++;
        }
    }
    return count == 1 ? key : NULL;
}

void cdb_id(const struct cdb_shape *shape, const json_t *object, char text[CDB_ID_MAX])
{
    size_t len = 0;
    *text = '\0';
    for (const struct cdb_field *field = shape->fields; field->key; field++) {
        const json_t *value = json_object_get(object, field->key);
        int written = 0;
        if (!(field->flags & CDB_ID)) {
            continue;
        }
        if (json_is_string(value)) {
            written = snprintf(text + len, CDB_ID_MAX - len, "/%.40s", json_string_value(value));
        } else if (json_is_integer(value)) {
            written = snprintf(text + len, CDB_ID_MAX - len, "/%" JSON_INTEGER_FORMAT,
                               json_integer_value(value));
        }
        len += (size_t)written;
    }
}
