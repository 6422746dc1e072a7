/*
 * network.json: a site as one JSON object; see site.h. Version 2 added what concerns configuration,
 * each member of it optional, so files of version 1 are read as well. Called by site.c.
 */
#include "site_file.h"

#include "parse.h"
#include "state_file.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX (64u << 20) /* octets; a node takes about 1500, and there are 32767 addresses */
#define FORMAT "usher-network"
#define FORMAT_VERSION 2

static const char *const state_names[] = { "unknown", "provisioned", "excluded", "removed" };
#define STATES (sizeof state_names / sizeof *state_names)

/* Writing. */

static json_t *page0_to_json(const struct site_node *node)
{
    char digits[2 * SITE_PAGE0_MAX + 1];
    format_hex(node->page0, node->page0_len, digits);
    return json_string(digits);
}

static json_t *node_to_json(const struct site_node *node)
{
    json_t *json = json_pack(
        "{s:o, s:o, s:i, s:o, s:s, s:b}", "uuid", format_hex_json(node->uuid, sizeof node->uuid),
        "address", format_address_json(node->address), "elements", (int)node->elements,
        "device_key", format_hex_json(node->device_key, sizeof node->device_key), "state",
        state_names[node->state], "configured", (int)node->configured);
    int failed = !json;
    if (node->name[0] != '\0') {
        failed |= json_object_set_new(json, "name", json_string(node->name));
    }
    if (node->page0_len > 0) {
        failed |= json_object_set_new(json, "composition", page0_to_json(node));
    }
    if (node->settings) {
        failed |= json_object_set(json, "settings", node->settings);
    }
    if (failed) {
        json_decref(json);
        return NULL;
    }
    return json;
}

static json_t *nodes_to_json(const struct site *site)
{
    json_t *nodes = json_array();
    for (size_t i = 0; i < site->count; i++) {
        if (json_array_append_new(nodes, node_to_json(site->nodes[i])) != 0) {
            json_decref(nodes);
            return NULL;
        }
    }
    return nodes;
}

static json_t *appkeys_to_json(const struct site *site)
{
    json_t *appkeys = json_array();
    for (size_t i = 0; i < site->appkey_count; i++) {
        const struct site_appkey *k = &site->appkeys[i];
        json_t *json = json_pack("{s:i, s:o}", "index", (int)k->index, "key",
                                 format_hex_json(k->key, sizeof k->key));
        if (json_array_append_new(appkeys, json) != 0) {
            json_decref(appkeys);
            return NULL;
        }
    }
    return appkeys;
}

static json_t *site_to_json(const struct site *site)
{
    return json_pack("{s:s, s:i, s:b, s:o, s:i, s:I, s:b, s:o, s:o, s:o, s:o}", "format", FORMAT,
                     "version", FORMAT_VERSION, "settled", (int)site->settled, "net_key",
                     format_hex_json(site->net_key, sizeof site->net_key), "key_index",
                     (int)site->key_index, "iv_index", (json_int_t)site->iv_index, "iv_updating",
                     (int)site->iv_updating, "own_address", format_address_json(site->own_address),
                     "next_address", format_address_json(site->next_address), "appkeys",
                     appkeys_to_json(site), "nodes", nodes_to_json(site));
}

bool site_file_write(const struct site *site, char *why, size_t why_len)
{
    if (!site->path) {
        return true;
    }
    json_t *root = site_to_json(site);
    char *text = root ? json_dumps(root, JSON_INDENT(1) | JSON_PRESERVE_ORDER) : NULL;
    json_decref(root);
    if (!text) {
        snprintf(why, why_len, "out of memory");
        return false;
    }
    size_t len = strlen(text);
    bool ok = state_file_write(site->path, text, len);
    if (!ok) {
        snprintf(why, why_len, "%s: %s", site->path, strerror(errno));
    }
    OPENSSL_cleanse(text, len);
    free(text);
    return ok;
}

/* Reading. */

/** Reads an address of at most @p max. */
static bool address_up_to(const char *text, uint32_t max, uint32_t *address)
{
    uint16_t number;
    if (!parse_address(text, &number) || number > max) {
        return false;
    }
    *address = number;
    return true;
}

static bool key_parse(const char *text, uint8_t key[USHER_KEY_SIZE])
{
    size_t len = USHER_KEY_SIZE;
    return parse_hex(text, key, &len) && len == USHER_KEY_SIZE;
}

/** The members of version 2. */
static bool node_configuration(json_t *json, struct site_node *node)
{
    const char *name = "", *page0 = NULL;
    json_t *settings = NULL;
    int configured = 0;
    if (json_unpack(json, "{s?b, s?s, s?s, s?o}", "configured", &configured, "name", &name,
                    "composition", &page0, "settings", &settings) != 0 ||
        strlen(name) > SITE_NAME_MAX || (settings && !json_is_object(settings))) {
        return false;
    }
    size_t len = sizeof node->page0;
    if (page0 && !parse_hex(page0, node->page0, &len)) {
        return false;
    }
    node->page0_len = (uint16_t)(page0 ? len : 0);
    memcpy(node->name, name, strlen(name) + 1);
    node->configured = configured;
    node->settings = json_incref(settings);
    return true;
}

static bool node_from_json(json_t *json, struct site_node *node)
{
    const char *uuid, *address, *key, *state;
    uint32_t first;
    int elements;
    if (json_unpack(json, "{s:s, s:s, s:i, s:s, s:s}", "uuid", &uuid, "address", &address,
                    "elements", &elements, "device_key", &key, "state", &state) != 0) {
        return false;
    }
    size_t i = 0;
    while (i < STATES && strcmp(state, state_names[i]) != 0) {
        i++;
    }
    if (i == STATES || elements < 1 || elements > 255 || !parse_uuid(uuid, node->uuid) ||
        !address_up_to(address, USHER_UNICAST_MAX, &first) || first < USHER_UNICAST_MIN ||
        first + (uint32_t)elements - 1 > USHER_UNICAST_MAX || !key_parse(key, node->device_key)) {
        return false;
    }
    node->address = (uint16_t)first;
    node->elements = (uint8_t)elements;
    node->state = (enum site_state)i;
    return node_configuration(json, node);
}

/** Reads all nodes; their ranges must rise and end below next_address. */
static bool nodes_from_json(struct site *site, json_t *nodes, char *why, size_t why_len)
{
    uint32_t free_from = USHER_UNICAST_MIN;
    for (size_t i = 0; i < json_array_size(nodes); i++) {
        struct site_node node = { .settings = NULL };
        bool good = node_from_json(json_array_get(nodes, i), &node) && node.address >= free_from &&
                    node.address + (uint32_t)node.elements <= site->next_address;
        free_from = node.address + (uint32_t)node.elements;
        if (!good || !site_node_add(site, &node)) {
            snprintf(why, why_len, SITE_FILE_NAME ": nodes[%zu] %s", i,
                     good ? "does not fit into memory" : "cannot be right");
            json_decref(node.settings);
            return false;
        }
        OPENSSL_cleanse(&node, sizeof node);
    }
    return true;
}

static bool appkeys_from_json(struct site *site, json_t *appkeys, char *why, size_t why_len)
{
    int least = 0;
    for (size_t i = 0; i < json_array_size(appkeys); i++) {
        struct site_appkey *k = &site->appkeys[i];
        const char *key;
        int index;
        if (i == SITE_APPKEYS ||
            json_unpack(json_array_get(appkeys, i), "{s:i, s:s}", "index", &index, "key", &key) !=
                0 ||
            index < least || index > (int)USHER_KEY_INDEX_MAX || !key_parse(key, k->key)) {
            snprintf(why, why_len, SITE_FILE_NAME ": appkeys[%zu] cannot be right", i);
            return false;
        }
        k->index = (uint16_t)index;
        least = index + 1;
        site->appkey_count = i + 1;
    }
    return true;
}

static bool site_from_json(struct site *site, json_t *root, char *why, size_t why_len)
{
    const char *format, *key, *next, *own = "0x0000";
    json_t *nodes, *appkeys = NULL;
    int version, settled, key_index, iv_updating = 0;
    json_int_t iv_index;
    uint32_t own_address;
    json_error_t error;
    if (json_unpack_ex(root, &error, 0, "{s:s, s:i, s:b, s:s, s:i, s:I, s?b, s?s, s:s, s?o, s:o}",
                       "format", &format, "version", &version, "settled", &settled, "net_key", &key,
                       "key_index", &key_index, "iv_index", &iv_index, "iv_updating", &iv_updating,
                       "own_address", &own, "next_address", &next, "appkeys", &appkeys, "nodes",
                       &nodes) != 0) {
        snprintf(why, why_len, SITE_FILE_NAME ": %s", error.text);
        return false;
    }
    if (strcmp(format, FORMAT) != 0 || version < 1 || version > FORMAT_VERSION) {
        snprintf(why, why_len, SITE_FILE_NAME ": not of a format that this version of usher reads");
        return false;
    }
    if (!key_parse(key, site->net_key) || key_index < 0 || key_index > (int)USHER_KEY_INDEX_MAX ||
        iv_index < 0 || iv_index > UINT32_MAX || !json_is_array(nodes) ||
        !address_up_to(next, USHER_UNICAST_MAX + 1, &site->next_address) ||
        site->next_address < USHER_UNICAST_MIN ||
        !address_up_to(own, USHER_UNICAST_MAX, &own_address)) {
        snprintf(why, why_len, SITE_FILE_NAME ": the key, an index or an address cannot be right");
        return false;
    }
    site->settled = settled;
    site->left_unsettled = !settled;
    site->key_index = (uint16_t)key_index;
    site->iv_index = (uint32_t)iv_index;
    site->iv_updating = iv_updating;
    site->own_address = (uint16_t)own_address;
    return appkeys_from_json(site, appkeys, why, why_len) &&
           nodes_from_json(site, nodes, why, why_len);
}

bool site_file_read(struct site *site, bool must_exist, char *why, size_t why_len)
{
    uint8_t *text;
    size_t len;
    if (!state_file_read(site->path, FILE_MAX, &text, &len)) {
        if (errno == ENOENT && !must_exist) {
            return true; /* a new network */
        }
        snprintf(why, why_len, "%s: %s", site->path, strerror(errno));
        return false;
    }
    json_error_t error;
    json_t *root = json_loadb((const char *)text, len, JSON_REJECT_DUPLICATES, &error);
    OPENSSL_cleanse(text, len);
    free(text);
    if (!root) {
        snprintf(why, why_len, SITE_FILE_NAME ": line %d: %s", error.line, error.text);
        return false;
    }
    bool ok = site_from_json(site, root, why, why_len);
    json_decref(root);
    return ok;
}
