/*
 * A registry as a Configuration Database, whole or in part; see cdb.h. What the registry has is
 * written first, what was kept of imports is laid over it, and then what the profile requires and
 * neither has is added.
 */
#include "cdb.h"

#include "cdb_format.h"
#include "cdb_keep.h"
#include "cdb_node.h"
#include "own_node.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

#define SCHEMA "http://json-schema.org/draft-04/schema#"
#define ID "https://www.bluetooth.com/specifications/specs/mesh-cdb-1-0-1-schema.json#"
#define VERSION "1.0.1"
#define KEYS 4096

struct writer {
    struct registry *r;
    const struct cdb_export *how;
    json_t *root;
    struct registry_provisioner own;
    uint16_t net_index; /* of the first subnet */
    enum registry_err err;
    bool ok; /* false: no memory */
};

static bool going(const struct writer *w)
{
    return w->ok && (w->err == REGISTRY_OK || w->err == REGISTRY_NONE);
}

/* -- network, keys, provisioners --------------------------------------------------------------- */

static void write_network(struct writer *w)
{
    struct registry_network n;
    w->err = registry_network(w->r, &n);
    if (w->err != REGISTRY_OK) {
        return;
    }
    json_t *root = w->root;
    cdb_set(root, "$schema", json_string(SCHEMA), &w->ok);
    cdb_set(root, "id", json_string(ID), &w->ok);
    cdb_set(root, "version", json_string(VERSION), &w->ok);
    cdb_set(root, "meshUUID", cdb_uuid_json(n.uuid), &w->ok);
    cdb_set(root, "meshName", json_string(n.name), &w->ok);
    cdb_set(root, "timestamp", cdb_time_json(n.changed), &w->ok);
    cdb_set(root, "partial", json_boolean(w->how->nodes || w->how->no_device_keys), &w->ok);
}

static json_t *list_new(struct writer *w, const char *key)
{
    json_t *list = json_array();
    cdb_set(w->root, key, list, &w->ok);
    return w->ok ? list : NULL;
}

static void write_netkeys(struct writer *w)
{
    struct registry_netkey k;
    json_t *list = list_new(w, "netKeys");
    for (size_t n = 0; going(w) && (w->err = registry_netkey(w->r, n, &k)) == REGISTRY_OK; n++) {
        json_t *json = json_pack("{s:s, s:i, s:o, s:i, s:o}", "name", k.name, "index", (int)k.index,
                                 "key", cdb_octets_json(k.key), "phase", (int)k.phase, "timestamp",
                                 cdb_time_json(k.changed));
        if (k.phase != 0) {
            cdb_set(json, "oldKey", cdb_octets_json(k.old_key), &w->ok);
        }
        w->net_index = n == 0 ? k.index : w->net_index;
        cdb_append(list, json, &w->ok);
    }
    OPENSSL_cleanse(&k, sizeof k);
}

static void write_appkeys(struct writer *w)
{
    struct registry_appkey k;
    json_t *list = list_new(w, "appKeys");
    for (size_t n = 0; going(w) && (w->err = registry_appkey(w->r, n, &k)) == REGISTRY_OK; n++) {
        cdb_append(list,
                   json_pack("{s:s, s:i, s:o, s:i}", "name", k.name, "index", (int)k.index, "key",
                             cdb_octets_json(k.key), "boundNetKey", (int)k.net_index),
                   &w->ok);
    }
    OPENSSL_cleanse(&k, sizeof k);
}

static json_t *ranges_json(const struct registry_range *ranges, size_t count,
                           const struct cdb_ranges *kind, bool *ok)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        cdb_append(list,
                   json_pack("{s:o, s:o}", kind->low, cdb_number_json(ranges[i].low), kind->high,
                             cdb_number_json(ranges[i].high)),
                   ok);
    }
    return list;
}

static json_t *provisioner_json(const struct registry_provisioner *p, bool *ok)
{
    return json_pack("{s:s, s:o, s:o, s:o, s:o}", "provisionerName", p->name, "UUID",
                     cdb_uuid_json(p->uuid), cdb_ranges[0].list,
                     ranges_json(p->unicast, p->unicast_count, &cdb_ranges[0], ok),
                     cdb_ranges[1].list, ranges_json(p->group, p->group_count, &cdb_ranges[1], ok),
                     cdb_ranges[2].list, ranges_json(p->scene, p->scene_count, &cdb_ranges[2], ok));
}

static void write_provisioners(struct writer *w)
{
    struct registry_provisioner p;
    json_t *list = list_new(w, "provisioners");
    for (size_t n = 0; going(w) && (w->err = registry_provisioner(w->r, n, &p)) == REGISTRY_OK;
         n++) {
        if (p.ours) {
            w->own = p;
        }
        cdb_append(list, provisioner_json(&p, &w->ok), &w->ok);
    }
    OPENSSL_cleanse(&p, sizeof p);
}

/* -- nodes and exclusions ---------------------------------------------------------------------- */

static bool is_wanted(const struct cdb_export *how, const struct registry_node *node)
{
    for (size_t i = 0; how->nodes && i < how->node_count; i++) {
        if (how->nodes[i] >= node->address && how->nodes[i] < node->address + node->elements) {
            return true;
        }
    }
    return !how->nodes;
}

/** Whether it is the last that is known of its device, and not what our node was before. */
static bool is_last(struct writer *w, const struct registry_node *node)
{
    struct registry_node last = { .settings = NULL };
    bool ours = memcmp(node->uuid, w->own.uuid, sizeof node->uuid) == 0 && w->own.address != 0;
    if (ours || node->state == REGISTRY_REMOVED) {
        return false;
    }
    if (node->state != REGISTRY_EXCLUDED) {
        return true;
    }
    w->err = registry_find(w->r, node->uuid, &last);
    bool same = w->err == REGISTRY_OK && last.address == node->address;
    registry_node_clear(&last);
    return same;
}

static void write_node(struct writer *w, json_t *list, const struct registry_node *node)
{
    if (is_wanted(w->how, node) && is_last(w, node)) {
        cdb_append(list, cdb_node_write(node, !w->how->no_device_keys), &w->ok);
    }
}

/** Our own node, of which the registry has the address and the key. */
static void own_node_fill(struct writer *w, struct registry_node *node)
{
    const json_t *keys = json_object_get(w->root, "appKeys");
    json_t *key, *known = json_array();
    size_t i;
    *node = (struct registry_node){ .address = w->own.address,
                                    .elements = 1,
                                    .state = REGISTRY_PROVISIONED,
                                    .configured = true,
                                    .secure = true };
    memcpy(node->uuid, w->own.uuid, sizeof node->uuid);
    memcpy(node->device_key, w->own.device_key, sizeof node->device_key);
    snprintf(node->name, sizeof node->name, "%s", w->own.name);
    node->page0_len = (uint16_t)own_node_page0(node->page0);
    json_array_foreach(keys, i, key)
    {
        cdb_append(known, json_incref(json_object_get(key, "index")), &w->ok);
    }
    node->settings = json_pack("{s:o}", "appkeys", known);
}

static void write_own_node(struct writer *w, json_t *list)
{
    struct registry_node node;
    own_node_fill(w, &node);
    if (is_wanted(w->how, &node)) {
        cdb_append(list, cdb_node_write(&node, !w->how->no_device_keys), &w->ok);
    }
    registry_node_clear(&node);
}

static void write_nodes(struct writer *w)
{
    struct registry_node node = { .settings = NULL };
    json_t *list = list_new(w, "nodes");
    bool own_left = w->own.address != 0;
    uint16_t after = 0;
    while (going(w) && (w->err = registry_next(w->r, after, &node)) == REGISTRY_OK) {
        after = node.address;
        if (own_left && node.address > w->own.address) {
            write_own_node(w, list);
            own_left = false;
        }
        write_node(w, list, &node);
    }
    if (own_left && going(w)) {
        write_own_node(w, list);
    }
    registry_node_clear(&node);
}

static void write_exclusions(struct writer *w)
{
    struct registry_exclusion e = { .address = 0 };
    json_t *list = list_new(w, "networkExclusions"), *addresses = NULL;
    uint32_t index = 0;
    while (going(w) && (w->err = registry_exclusion_next(w->r, &e)) == REGISTRY_OK) {
        if (!addresses || index != e.iv_index) {
            addresses = json_array();
            index = e.iv_index;
            cdb_append(
                list, json_pack("{s:I, s:o}", "ivIndex", (json_int_t)index, "addresses", addresses),
                &w->ok);
        }
        if (w->ok) {
            cdb_append(addresses, cdb_number_json(e.address), &w->ok);
        }
    }
}

/* -- what was kept, and the rest --------------------------------------------------------------- */

static void lay_kept(struct writer *w)
{
    json_t *kept = NULL, *exclusions = json_object_get(w->root, "networkExclusions");
    w->err = registry_document(w->r, CDB_KEPT, &kept);
    if (w->err == REGISTRY_OK && kept) {
        w->ok = w->ok && cdb_overlay(w->root, kept);
    }
    if (json_is_true(json_object_get(kept, "partial"))) { /* what was read did not have all */
        cdb_set(w->root, "partial", json_true(), &w->ok);
    }
    if (json_array_size(exclusions) == 0 && !json_object_get(kept, "networkExclusions")) {
        json_object_del(w->root, "networkExclusions");
    }
    json_decref(kept);
}

/** The registry's record of a node of the document. */
static void complete_node(struct writer *w, json_t *json)
{
    struct registry_node node = { .settings = NULL };
    uint8_t uuid[USHER_UUID_SIZE];
    cdb_octets(json_object_get(json, "UUID"), uuid);
    if (w->own.address != 0 && memcmp(uuid, w->own.uuid, sizeof uuid) == 0) {
        own_node_fill(w, &node);
    } else {
        w->err = registry_find(w->r, uuid, &node);
    }
    w->ok = w->ok && going(w) && cdb_node_complete(json, &node, w->net_index);
    registry_node_clear(&node);
}

/** Which keys the nodes of the document know, and which are known to an insecure one. */
static void keys_of_nodes(const json_t *root, const char *list, bool known[KEYS], bool weak[KEYS])
{
    json_t *node, *key;
    size_t i, j;
    json_array_foreach(json_object_get(root, "nodes"), i, node)
    {
        const char *security = json_string_value(json_object_get(node, "security"));
        bool insecure = security && strcmp(security, "insecure") == 0 &&
                        !json_is_true(json_object_get(node, "excluded"));
        json_array_foreach(json_object_get(node, list), j, key)
        {
            size_t index = (size_t)json_integer_value(json_object_get(key, "index")) % KEYS;
            known[index] = true;
            weak[index] |= insecure;
        }
    }
}

/** Leaves out of a part the keys that are not known to any of its nodes. */
static void drop_keys(json_t *keys, const bool known[KEYS], size_t least)
{
    for (size_t i = json_array_size(keys); i > 0 && json_array_size(keys) > least; i--) {
        const json_t *key = json_array_get(keys, i - 1);
        if (!known[json_integer_value(json_object_get(key, "index")) % KEYS]) {
            json_array_remove(keys, i - 1);
        }
    }
}

/** Leaves in a part the keys that its nodes know; each AppKey with its NetKey, one at least. */
static void keep_keys(struct writer *w, bool netkeys[KEYS])
{
    bool appkeys[KEYS] = { false }, weak[KEYS] = { false };
    json_t *key, *list = json_object_get(w->root, "appKeys");
    size_t i;
    keys_of_nodes(w->root, "appKeys", appkeys, weak);
    drop_keys(list, appkeys, 0);
    json_array_foreach(list, i, key)
    {
        netkeys[json_integer_value(json_object_get(key, "boundNetKey")) % KEYS] = true;
    }
    drop_keys(json_object_get(w->root, "netKeys"), netkeys, 1);
}

static void complete_keys(struct writer *w)
{
    bool known[KEYS] = { false }, weak[KEYS] = { false };
    json_t *key;
    size_t i;
    keys_of_nodes(w->root, "netKeys", known, weak);
    json_array_foreach(json_object_get(w->root, "netKeys"), i, key)
    {
        bool insecure = weak[json_integer_value(json_object_get(key, "index")) % KEYS];
        if (insecure || !json_object_get(key, "minSecurity")) {
            cdb_set(key, "minSecurity", json_string(insecure ? "insecure" : "secure"), &w->ok);
        }
    }
    if (w->how->nodes) {
        keep_keys(w, known);
    }
}

static void complete(struct writer *w)
{
    static const char *const lists[] = { "groups", "scenes" };
    json_t *node;
    size_t i;
    bool partial = json_is_true(json_object_get(w->root, "partial"));
    json_array_foreach(json_object_get(w->root, "nodes"), i, node)
    {
        if (going(w)) {
            complete_node(w, node);
        }
        partial |= !json_object_get(node, "deviceKey");
    }
    cdb_set(w->root, "partial", json_boolean(partial), &w->ok);
    complete_keys(w);
    for (i = 0; i < 2; i++) {
        if (!json_object_get(w->root, lists[i])) {
            list_new(w, lists[i]);
        }
    }
}

json_t *cdb_write(struct registry *r, const struct cdb_export *how, char *why, size_t why_len)
{
    static void (*const steps[])(struct writer *) = {
        write_network, write_netkeys,    write_appkeys, write_provisioners,
        write_nodes,   write_exclusions, lay_kept,      complete,
    };
    struct writer w = { .r = r, .how = how, .root = json_object(), .err = REGISTRY_OK };
    w.ok = w.root != NULL;
    for (size_t i = 0; i < sizeof steps / sizeof *steps && going(&w); i++) {
        steps[i](&w);
    }
    OPENSSL_cleanse(&w.own, sizeof w.own);
    if (!going(&w)) {
        snprintf(why, why_len, "%s", w.ok ? registry_why(r) : "out of memory");
        json_decref(w.root);
        return NULL;
    }
    return w.root;
}
