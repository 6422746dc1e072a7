/*
 * Nodes of a Configuration Database and of the registry; see cdb_node.h. Called by cdb_import() and
 * cdb_write().
 */
#include "cdb_node.h"

#include "cdb_format.h"
#include "parse.h"
#include "plan.h"

#include <usher/models.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TTL_DEFAULT 255
#define RELAY_STEP_MS 10
#define PUBLISH_STEP_MS 50

static const char *const features[] = { "relay", "proxy", "friend", "lowPower" };
#define FEATURES (sizeof features / sizeof *features)
#define RELAY 1u /* its bit in page 0 */

static json_int_t number(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

static uint32_t digits(const json_t *object, const char *key)
{
    return cdb_hex(json_object_get(object, key));
}

/* -- the composition --------------------------------------------------------------------------- */

/** Page 0 while it is written. */
struct page {
    uint8_t *octets;
    size_t len; /* may be more than fits */
};

static void put(struct page *p, uint32_t value, size_t octets)
{
    for (; octets > 0; octets--, value >>= 8, p->len++) {
        if (p->len < REGISTRY_PAGE0_MAX) {
            p->octets[p->len] = (uint8_t)value;
        }
    }
}

static void put_models(struct page *p, const json_t *models, bool vendor)
{
    json_t *model;
    size_t i;
    json_array_foreach(models, i, model)
    {
        uint32_t id = digits(model, "modelId");
        bool has_company = json_string_length(json_object_get(model, "modelId")) == 8;
        if (has_company && vendor) {
            put(p, id >> 16, 2);
        }
        if (has_company == vendor) {
            put(p, id & 0xFFFF, 2);
        }
    }
}

static void put_element(struct page *p, const json_t *element)
{
    const json_t *models = json_object_get(element, "models");
    json_t *model;
    unsigned sig = 0, vendor = 0;
    size_t i;
    json_array_foreach(models, i, model)
    {
        bool has_company = json_string_length(json_object_get(model, "modelId")) == 8;
        vendor += has_company;
        sig += !has_company;
    }
    put(p, digits(element, "location"), 2);
    put(p, sig, 1);
    put(p, vendor, 1);
    put_models(p, models, false);
    put_models(p, models, true);
}

static const json_t *element_of(const json_t *elements, size_t index)
{
    json_t *element;
    size_t i;
    json_array_foreach(elements, i, element)
    {
        if (number(element, "index") == (json_int_t)index) {
            return element;
        }
    }
    return NULL;
}

/** Page 0, if all of it is known and it fits. */
static void read_page0(const json_t *json, struct registry_node *node)
{
    static const char *const head[] = { "cid", "pid", "vid", "crpl" };
    const json_t *set = json_object_get(json, "features");
    struct page p = { node->page0, 0 };
    unsigned bits = 0;
    for (size_t i = 0; i < 4; i++) {
        if (!json_object_get(json, head[i]) || !set) {
            return;
        }
        put(&p, digits(json, head[i]), 2);
    }
    for (size_t i = 0; i < FEATURES; i++) {
        const json_t *state = json_object_get(set, features[i]);
        bits |= state && json_integer_value(state) != 2 ? 1u << i : 0;
    }
    put(&p, bits, 2);
    for (size_t i = 0; i < node->elements; i++) {
        put_element(&p, element_of(json_object_get(json, "elements"), i));
    }
    node->page0_len = (uint16_t)(p.len <= REGISTRY_PAGE0_MAX ? p.len : 0);
}

/* -- settings ---------------------------------------------------------------------------------- */

static uint8_t transmit_octet(const json_t *json, unsigned least, unsigned step_ms)
{
    unsigned count = (unsigned)(number(json, "count") - least);
    unsigned steps = (unsigned)number(json, "interval") / step_ms;
    return (uint8_t)(json ? count | (steps > 0 ? steps - 1 : 0) << 3 : 0);
}

static uint8_t period_octet(const json_t *json)
{
    json_int_t resolution = number(json, "resolution");
    unsigned unit = resolution == 100 ? 0 : resolution == 1000 ? 1 : resolution == 10000 ? 2 : 3;
    return (uint8_t)((unsigned)number(json, "numberOfSteps") | unit << 6);
}

/** An address or a label of a step. */
static void take_address(struct usher_config_msg *step, const json_t *text, uint32_t label_opcode)
{
    if (json_string_length(text) == 32) {
        step->opcode = label_opcode;
        cdb_octets(text, step->label);
    } else {
        step->address = (uint16_t)cdb_hex(text);
    }
}

static bool record_publish(json_t *settings, const struct usher_config_msg *who,
                           const json_t *publish)
{
    const json_t *address = json_object_get(publish, "address");
    struct usher_config_msg step = *who;
    if (!publish || strcmp(json_string_value(address), "0000") == 0) {
        return true;
    }
    step.opcode = USHER_CONFIG_PUBLICATION_SET;
    take_address(&step, address, USHER_CONFIG_PUBLICATION_VIRTUAL_SET);
    step.app_index = (uint16_t)number(publish, "index");
    step.ttl = (uint8_t)number(publish, "ttl");
    step.period = period_octet(json_object_get(publish, "period"));
    step.retransmit = transmit_octet(json_object_get(publish, "retransmit"), 0, PUBLISH_STEP_MS);
    return plan_record(settings, &step);
}

/** What a model is configured with, as a settings object with this model only. */
static json_t *model_settings(const json_t *model, uint16_t element)
{
    uint32_t id = digits(model, "modelId");
    bool sig = json_string_length(json_object_get(model, "modelId")) == 4;
    struct usher_config_msg who = { .element = element,
                                    .company = (uint16_t)(sig ? USHER_SIG : id >> 16),
                                    .model = (uint16_t)id };
    json_t *settings = json_object(), *value;
    size_t i;
    bool ok = settings && record_publish(settings, &who, json_object_get(model, "publish"));
    json_array_foreach(json_object_get(model, "bind"), i, value)
    {
        struct usher_config_msg step = who;
        step.opcode = USHER_CONFIG_MODEL_APP_BIND;
        step.app_index = (uint16_t)json_integer_value(value);
        ok = ok && plan_record(settings, &step);
    }
    json_array_foreach(json_object_get(model, "subscribe"), i, value)
    {
        struct usher_config_msg step = who;
        step.opcode = USHER_CONFIG_SUBSCRIPTION_ADD;
        take_address(&step, value, USHER_CONFIG_SUBSCRIPTION_VIRTUAL_ADD);
        ok = ok && plan_record(settings, &step);
    }
    if (!ok) {
        json_decref(settings);
        return NULL;
    }
    return settings;
}

static bool read_models(const json_t *json, struct registry_node *node)
{
    json_t *element, *model, *all = json_array();
    size_t i, j;
    bool ok = all != NULL;
    json_array_foreach(json_object_get(json, "elements"), i, element)
    {
        uint16_t address = (uint16_t)(node->address + number(element, "index"));
        json_array_foreach(json_object_get(element, "models"), j, model)
        {
            json_t *one = model_settings(model, address);
            json_t *record = json_array_get(json_object_get(one, "models"), 0);
            ok = ok && one && (!record || json_array_append(all, record) == 0);
            json_decref(one);
        }
    }
    if (json_array_size(all) > 0) {
        cdb_set(node->settings, "models", json_incref(all), &ok);
    }
    json_decref(all);
    return ok;
}

static bool read_settings(const json_t *json, struct registry_node *node)
{
    json_t *key, *settings = node->settings = json_object();
    const json_t *value;
    size_t i;
    bool ok = settings != NULL;
    json_array_foreach(json_object_get(json, "appKeys"), i, key)
    {
        ok = ok && plan_record(settings, &(struct usher_config_msg){
                                             .opcode = USHER_CONFIG_APPKEY_ADD,
                                             .app_index = (uint16_t)number(key, "index") });
    }
    if ((value = json_object_get(json, "defaultTTL")) != NULL) {
        ok = ok && plan_record(settings, &(struct usher_config_msg){
                                             .opcode = USHER_CONFIG_TTL_SET,
                                             .state = (uint8_t)json_integer_value(value) });
    }
    if ((value = json_object_get(json, "secureNetworkBeacon")) != NULL) {
        ok = ok &&
             plan_record(settings, &(struct usher_config_msg){ .opcode = USHER_CONFIG_BEACON_SET,
                                                               .state = json_is_true(value) });
    }
    if ((value = json_object_get(json, "networkTransmit")) != NULL) {
        ok = ok && plan_record(settings, &(struct usher_config_msg){
                                             .opcode = USHER_CONFIG_NET_TRANSMIT_SET,
                                             .transmit = transmit_octet(value, 1, RELAY_STEP_MS) });
    }
    if ((value = json_object_get(json, "relayRetransmit")) != NULL) {
        bool relays = number(json_object_get(json, "features"), "relay") == 1;
        ok = ok && plan_record(settings, &(struct usher_config_msg){
                                             .opcode = USHER_CONFIG_RELAY_SET,
                                             .state = relays,
                                             .transmit = transmit_octet(value, 1, RELAY_STEP_MS) });
    }
    return ok && read_models(json, node);
}

bool cdb_node_read(const json_t *json, struct registry_node *node)
{
    const char *security = json_string_value(json_object_get(json, "security"));
    *node = (struct registry_node){
        .address = (uint16_t)digits(json, "unicastAddress"),
        .elements = (uint8_t)json_array_size(json_object_get(json, "elements")),
        .state = json_is_true(json_object_get(json, "excluded")) ? REGISTRY_EXCLUDED
                                                                 : REGISTRY_PROVISIONED,
        .configured = json_is_true(json_object_get(json, "configComplete")),
        .secure = security && strcmp(security, "secure") == 0,
    };
    cdb_octets(json_object_get(json, "UUID"), node->uuid);
    cdb_octets(json_object_get(json, "deviceKey"), node->device_key);
    cdb_name(json_object_get(json, "name"), node->name);
    read_page0(json, node);
    if (!read_settings(json, node)) {
        registry_node_clear(node);
        return false;
    }
    if (json_object_size(node->settings) == 0) {
        json_decref(node->settings);
        node->settings = NULL;
    }
    return true;
}

/* -- writing ----------------------------------------------------------------------------------- */

/** Milliseconds of "20ms" or "10s". */
static uint64_t ms_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    uint64_t ms = 0;
    return text && parse_time(text, &ms) ? ms : 0;
}

/** {"count", "interval"} of settings as the profile has it. */
static json_t *transmit_json(const json_t *setting, int more)
{
    return json_pack("{s:I, s:I}", "count", number(setting, "count") + more, "interval",
                     (json_int_t)ms_of(setting, "interval"));
}

static json_t *write_models(const struct usher_page0_element *element)
{
    json_t *models = json_array();
    uint16_t company, id;
    bool ok = models != NULL;
    for (unsigned n = 0; usher_page0_model(element, n, &company, &id); n++) {
        char text[16];
        plan_model_text(company, id, text, sizeof text);
        cdb_upper(text);
        cdb_append(models, json_pack("{s:s}", "modelId", text), &ok);
    }
    if (!ok) {
        json_decref(models);
        return NULL;
    }
    return models;
}

static void write_page0(json_t *json, const struct registry_node *node, bool *ok)
{
    struct usher_page0 page;
    struct usher_page0_element element;
    if (!usher_page0_read(node->page0, node->page0_len, &page)) {
        return;
    }
    json_t *elements = json_array();
    for (unsigned e = 0; e < node->elements && usher_page0_element(&page, e, &element); e++) {
        cdb_append(elements,
                   json_pack("{s:i, s:o, s:o}", "index", (int)e, "location",
                             cdb_number_json(element.location), "models", write_models(&element)),
                   ok);
    }
    cdb_set(json, "cid", cdb_number_json(page.cid), ok);
    cdb_set(json, "pid", cdb_number_json(page.pid), ok);
    cdb_set(json, "vid", cdb_number_json(page.vid), ok);
    cdb_set(json, "crpl", cdb_number_json(page.crpl), ok);
    cdb_set(json, "elements", elements, ok);
}

static void write_settings(json_t *json, const json_t *settings, bool *ok)
{
    const json_t *ttl = json_object_get(settings, "ttl");
    const json_t *beacon = json_object_get(settings, "beacon");
    const json_t *transmit = json_object_get(settings, "network_transmit");
    const json_t *relay = json_object_get(settings, "relay");
    json_t *keys = json_array(), *key;
    size_t i;
    json_array_foreach(json_object_get(settings, "appkeys"), i, key)
    {
        cdb_append(keys, json_pack("{s:O}", "index", key), ok);
    }
    cdb_set(json, "appKeys", keys, ok);
    if (ttl) {
        cdb_set(json, "defaultTTL", json_integer(json_integer_value(ttl)), ok);
    }
    if (beacon) {
        cdb_set(json, "secureNetworkBeacon", json_boolean(json_is_true(beacon)), ok);
    }
    if (transmit) {
        cdb_set(json, "networkTransmit", transmit_json(transmit, 1), ok);
    }
    if (relay) {
        cdb_set(json, "relayRetransmit", transmit_json(relay, 1), ok);
    }
}

static bool is_zeros(const uint8_t *octets, size_t len)
{
    size_t i = 0;
    while (i < len && octets[i] == 0) {
        i++;
    }
    return i == len;
}

json_t *cdb_node_write(const struct registry_node *node, bool with_device_key)
{
    bool ok = true;
    json_t *json = json_pack("{s:o, s:o, s:s, s:b, s:b}", "UUID", cdb_uuid_json(node->uuid),
                             "unicastAddress", cdb_number_json(node->address), "security",
                             node->secure ? "secure" : "insecure", "configComplete",
                             (int)node->configured, "excluded", node->state == REGISTRY_EXCLUDED);
    if (!json) {
        return NULL;
    }
    if (node->name[0] != '\0') {
        cdb_set(json, "name", json_string(node->name), &ok);
    }
    if (with_device_key && !is_zeros(node->device_key, sizeof node->device_key)) {
        cdb_set(json, "deviceKey", cdb_octets_json(node->device_key), &ok);
    }
    write_page0(json, node, &ok);
    write_settings(json, node->settings, &ok);
    if (!ok) {
        json_decref(json);
        return NULL;
    }
    return json;
}

/* -- completing -------------------------------------------------------------------------------- */

/** "0xc000" or a label of settings as the profile has it. */
static json_t *address_json(const json_t *setting)
{
    const char *text = json_string_value(setting);
    uint8_t label[USHER_LABEL_SIZE];
    uint16_t address;
    size_t len = sizeof label;
    if (text && parse_address(text, &address)) {
        return cdb_number_json(address);
    }
    return text && parse_hex(text, label, &len) && len == sizeof label ? cdb_octets_json(label)
                                                                       : NULL;
}

static json_t *publish_json(const json_t *setting)
{
    const json_t *ttl = json_object_get(setting, "ttl");
    const json_t *retransmit = json_object_get(setting, "retransmit");
    return json_pack("{s:o, s:I, s:I, s:o, s:o, s:i}", "address",
                     address_json(json_object_get(setting, "address")), "index",
                     number(setting, "appkey"), "ttl",
                     ttl ? json_integer_value(ttl) : (json_int_t)TTL_DEFAULT, "period",
                     cdb_period_json((json_int_t)ms_of(setting, "period")), "retransmit",
                     retransmit ? transmit_json(retransmit, 0)
                                : json_pack("{s:i, s:i}", "count", 0, "interval", PUBLISH_STEP_MS),
                     "credentials", 0);
}

/** The settings of each model, by element and model. @return NULL: no memory. */
static json_t *settings_index(const json_t *settings)
{
    json_t *index = json_object(), *model;
    size_t i;
    bool ok = index != NULL;
    json_array_foreach(json_object_get(settings, "models"), i, model)
    {
        char name[40];
        snprintf(name, sizeof name, "%.8s/%.16s",
                 json_string_value(json_object_get(model, "element")),
                 json_string_value(json_object_get(model, "model")));
        cdb_set(index, name, json_incref(model), &ok);
    }
    if (!ok) {
        json_decref(index);
        return NULL;
    }
    return index;
}

/** Leaves a publication that means what was recorded as it was kept. */
static void complete_publish(json_t *model, uint16_t element, const json_t *setting, bool *ok)
{
    const json_t *recorded = json_object_get(setting, "publish");
    json_t *kept = json_object_get(model, "publish");
    json_t *meant = model_settings(model, element);
    const json_t *kept_setting =
        json_object_get(json_array_get(json_object_get(meant, "models"), 0), "publish");
    bool same = recorded ? json_equal(kept_setting, recorded) : kept_setting == NULL;
    *ok = *ok && meant;
    if (same) {
        json_decref(meant);
        return;
    }
    json_t *publish = recorded ? publish_json(recorded) : NULL;
    if (kept && publish && json_object_update_missing(publish, kept) != 0) {
        *ok = false;
    }
    if (publish) {
        cdb_set(model, "publish", publish, ok);
    } else {
        json_object_del(model, "publish");
        *ok = *ok && !recorded;
    }
    json_decref(meant);
}

static void complete_model(json_t *model, uint16_t element, const json_t *setting, bool *ok)
{
    json_t *subscribe = json_array(), *bind = json_array(), *value;
    size_t i;
    json_array_foreach(json_object_get(setting, "subscribe"), i, value)
    {
        cdb_append(subscribe, address_json(value), ok);
    }
    json_array_foreach(json_object_get(setting, "bind"), i, value)
    {
        cdb_append(bind, json_integer(json_integer_value(value)), ok);
    }
    complete_publish(model, element, setting, ok);
    cdb_set(model, "subscribe", subscribe, ok);
    cdb_set(model, "bind", bind, ok);
}

static void complete_elements(json_t *json, const struct registry_node *node, bool *ok)
{
    json_t *elements = json_object_get(json, "elements"), *element, *model;
    json_t *settings = settings_index(node->settings);
    size_t i, j;
    if (!elements) { /* its composition is not known */
        elements = json_array();
        for (int e = 0; e < node->elements; e++) {
            cdb_append(elements,
                       json_pack("{s:i, s:s, s:[]}", "index", e, "location", "0000", "models"), ok);
        }
        cdb_set(json, "elements", elements, ok);
    }
    json_array_foreach(elements, i, element)
    {
        uint16_t address = (uint16_t)(node->address + number(element, "index"));
        json_array_foreach(json_object_get(element, "models"), j, model)
        {
            char name[40], id[12];
            snprintf(id, sizeof id, "%s", json_string_value(json_object_get(model, "modelId")));
            snprintf(name, sizeof name, "0x%04x/%s", (unsigned)address, cdb_lower(id));
            complete_model(model, address, json_object_get(settings, name), ok);
        }
    }
    json_decref(settings);
}

/** What is known of the features: which there are, and whether it relays. */
static void complete_features(json_t *json, const struct registry_node *node, bool *ok)
{
    const json_t *relay = json_object_get(node->settings, "relay");
    json_t *set = json_object_get(json, "features");
    bool relays = json_is_true(json_object_get(relay, "state"));
    struct usher_page0 page;
    if (!set && usher_page0_read(node->page0, node->page0_len, &page)) {
        set = json_object();
        for (size_t i = 0; i < FEATURES; i++) {
            if (!(page.features & 1u << i)) {
                cdb_set(set, features[i], json_integer(2), ok);
            } else if (relay && 1u << i == RELAY) {
                cdb_set(set, features[i], json_integer(relays), ok);
            }
        }
        cdb_set(json, "features", set, ok);
    } else if (set && relay && relays != (number(set, "relay") == 1)) {
        cdb_set(set, "relay", json_integer(relays), ok);
    }
}

bool cdb_node_complete(json_t *json, const struct registry_node *node, uint16_t net_index)
{
    bool ok = true;
    json_t *key;
    size_t i;
    if (!json_object_get(json, "netKeys")) {
        cdb_set(json, "netKeys", json_pack("[{s:i, s:b}]", "index", (int)net_index, "updated", 0),
                &ok);
    }
    json_array_foreach(json_object_get(json, "appKeys"), i, key)
    {
        if (!json_object_get(key, "updated")) {
            cdb_set(key, "updated", json_false(), &ok);
        }
    }
    complete_features(json, node, &ok);
    complete_elements(json, node, &ok);
    return ok;
}
