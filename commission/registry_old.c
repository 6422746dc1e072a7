/*
 * network.json, which the tool kept before there was a registry (versions 1 and 2 of it): read
 * once, into an empty registry. Called by registry_open.c.
 */
#include "registry_db.h"

#include "parse.h"
#include "state_file.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OLD_MAX (64u << 20) /* octets */

/** What the file has beside keys and nodes. */
struct old {
    unsigned own;  /* address of the provisioner's node; 0: it has none */
    unsigned next; /* the first address that nobody ever had */
    json_int_t iv_index;
    int iv_updating, settled;
    json_t *appkeys, *nodes;
    struct registry_new make;
};

static bool refused(struct registry *r, const char *path, const char *what, size_t n)
{
    db_why(r, REGISTRY_FAILED, "%.200s: %s[%zu] cannot be right", path, what, n);
    return false;
}

static bool key_parse(const char *text, uint8_t key[USHER_KEY_SIZE])
{
    size_t len = USHER_KEY_SIZE;
    return parse_hex(text, key, &len) && len == USHER_KEY_SIZE;
}

static bool node_configuration(json_t *json, struct registry_node *node)
{
    const char *name = "", *page0 = NULL;
    int configured = 0;
    if (json_unpack(json, "{s?b, s?s, s?s, s?o}", "configured", &configured, "name", &name,
                    "composition", &page0, "settings", &node->settings) != 0 ||
        strlen(name) > REGISTRY_NAME_MAX || (node->settings && !json_is_object(node->settings))) {
        return false;
    }
    size_t len = sizeof node->page0;
    if (page0 && !parse_hex(page0, node->page0, &len)) {
        return false;
    }
    node->page0_len = (uint16_t)(page0 ? len : 0);
    memcpy(node->name, name, strlen(name) + 1);
    node->configured = configured;
    return true;
}

/** Reads a node; its settings are borrowed from @p json. */
static bool node_parse(json_t *json, struct registry_node *node)
{
    static const char *const states[] = { "unknown", "provisioned", "excluded", "removed" };
    const char *uuid, *address, *key, *state;
    int elements;
    unsigned i = 0;
    if (json_unpack(json, "{s:s, s:s, s:i, s:s, s:s}", "uuid", &uuid, "address", &address,
                    "elements", &elements, "device_key", &key, "state", &state) != 0) {
        return false;
    }
    while (i <= REGISTRY_REMOVED && strcmp(state, states[i]) != 0) {
        i++;
    }
    if (i > REGISTRY_REMOVED || elements < 1 || elements > 255 || !parse_uuid(uuid, node->uuid) ||
        !parse_address(address, &node->address) || !key_parse(key, node->device_key)) {
        return false;
    }
    node->elements = (uint8_t)elements;
    node->state = (enum registry_state)i;
    return node_configuration(json, node);
}

/** Excludes addresses that somebody had, but nobody has now. */
static bool gap_take(struct registry *r, const struct old *old, unsigned from, unsigned to)
{
    bool ok = true;
    for (unsigned a = from; a < to && ok; a++) {
        bool kept = a == old->own || (old->own == 0 && a == USHER_UNICAST_MIN);
        ok = kept || exclude(r, a, 1) == REGISTRY_OK;
    }
    return ok;
}

/** Takes the nodes over, whose ranges rise. */
static bool nodes_take(struct registry *r, const char *path, const struct old *old)
{
    unsigned from = USHER_UNICAST_MIN;
    bool ok = true;
    for (size_t i = 0; i < json_array_size(old->nodes) && ok; i++) {
        struct registry_node node = { .settings = NULL };
        if (!node_parse(json_array_get(old->nodes, i), &node) || node.address < from ||
            node.address + (unsigned)node.elements > old->next) {
            ok = refused(r, path, "nodes", i);
        }
        bool lives = node.state == REGISTRY_UNKNOWN || node.state == REGISTRY_PROVISIONED;
        ok = ok && gap_take(r, old, from, node.address) &&
             registry_node_put(r, &node) == REGISTRY_OK &&
             (lives || exclude(r, node.address, node.elements) == REGISTRY_OK);
        from = node.address + (unsigned)node.elements;
        OPENSSL_cleanse(&node, sizeof node);
    }
    return ok && gap_take(r, old, from, old->next);
}

static bool appkeys_take(struct registry *r, const char *path, const struct old *old)
{
    for (size_t i = 0; i < json_array_size(old->appkeys); i++) {
        struct registry_appkey k = { .net_index = old->make.net_index };
        const char *key;
        int index;
        if (json_unpack(json_array_get(old->appkeys, i), "{s:i, s:s}", "index", &index, "key",
                        &key) != 0 ||
            index < 0 || index > (int)USHER_KEY_INDEX_MAX || !key_parse(key, k.key)) {
            return refused(r, path, "appkeys", i);
        }
        k.index = (uint16_t)index;
        snprintf(k.name, sizeof k.name, "AppKey %d", index);
        if (registry_appkey_put(r, &k) != REGISTRY_OK) {
            return false;
        }
        OPENSSL_cleanse(&k, sizeof k);
    }
    return true;
}

/** Reads all but the application keys and the nodes, which are borrowed from @p root. */
static bool old_parse(struct registry *r, const char *path, json_t *root, struct old *old)
{
    const char *format, *key, *next, *own = "0x0000";
    uint16_t own_address = 0, next_address = 0;
    int version, key_index;
    json_error_t error;
    if (json_unpack_ex(root, &error, 0, "{s:s, s:i, s:b, s:s, s:i, s:I, s?b, s?s, s:s, s?o, s:o}",
                       "format", &format, "version", &version, "settled", &old->settled, "net_key",
                       &key, "key_index", &key_index, "iv_index", &old->iv_index, "iv_updating",
                       &old->iv_updating, "own_address", &own, "next_address", &next, "appkeys",
                       &old->appkeys, "nodes", &old->nodes) != 0) {
        db_why(r, REGISTRY_FAILED, "%.200s: %.100s", path, error.text);
        return false;
    }
    if (strcmp(format, "usher-network") != 0 || version < 1 || version > 2) {
        db_why(r, REGISTRY_FAILED, "%.200s: not of a format that this version of usher reads",
               path);
        return false;
    }
    if (!registry_new_random(&old->make)) {
        db_why(r, REGISTRY_FAILED, "no randomness for a UUID");
        return false;
    }
    if (!key_parse(key, old->make.net_key) || key_index < 0 ||
        key_index > (int)USHER_KEY_INDEX_MAX || old->iv_index < 0 || old->iv_index > UINT32_MAX ||
        !json_is_array(old->nodes) || !parse_address(next, &next_address) ||
        next_address < USHER_UNICAST_MIN || next_address > USHER_UNICAST_MAX + 1 ||
        !parse_address(own, &own_address) || own_address > USHER_UNICAST_MAX) {
        db_why(r, REGISTRY_FAILED, "%.200s: the key, an index or an address cannot be right", path);
        return false;
    }
    old->make.net_index = (uint16_t)key_index;
    old->own = own_address;
    old->next = next_address;
    return true;
}

static bool network_take(struct registry *r, const struct old *old)
{
    return keys_make(r, &old->make) == REGISTRY_OK &&
           db_do(r, "UPDATE network SET iv_index = ?, iv_updating = ?, settled = ?", "Iii",
                 (int64_t)old->iv_index, old->iv_updating, old->settled) == REGISTRY_OK &&
           db_do(r, "UPDATE provisioner SET address = ? WHERE ours", "i", (int)old->own) ==
               REGISTRY_OK;
}

static json_t *old_load(struct registry *r, const char *path)
{
    uint8_t *text;
    size_t len;
    json_error_t error;
    if (!state_file_read(path, OLD_MAX, &text, &len)) {
        db_why(r, REGISTRY_FAILED, "%.200s: %s", path, strerror(errno));
        return NULL;
    }
    json_t *root = json_loadb((const char *)text, len, JSON_REJECT_DUPLICATES, &error);
    OPENSSL_cleanse(text, len);
    free(text);
    if (!root) {
        db_why(r, REGISTRY_FAILED, "%.200s: line %d: %.100s", path, error.line, error.text);
    }
    return root;
}

bool old_take(struct registry *r, const char *path)
{
    struct old old = { .own = 0 };
    json_t *root = old_load(r, path);
    bool ok = root && registry_begin(r) == REGISTRY_OK;
    if (ok) {
        ok = old_parse(r, path, root, &old) && network_take(r, &old) &&
             appkeys_take(r, path, &old) && nodes_take(r, path, &old) &&
             registry_commit(r) == REGISTRY_OK;
        if (!ok) {
            registry_rollback(r);
        }
    }
    OPENSSL_cleanse(&old, sizeof old);
    json_decref(root);
    return ok;
}
