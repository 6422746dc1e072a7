/*
 * The sense of a Configuration Database whose form is right: what members have to do with each
 * other. No address, range, UUID or key belongs to two; what is referred to is there, unless the
 * document is partial. Called by cdb_read().
 */
#include "cdb_find.h"
#include "cdb_format.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEYS 4096
#define NUMBERS 0x10000u /* addresses, and scenes */

struct check {
    const json_t *document;
    struct cdb_findings *findings;
    bool partial;
    bool netkeys[KEYS], appkeys[KEYS];
    uint16_t owner[NUMBERS]; /* of each number: 1 + the index of the node or provisioner; 0: none */
};

static const json_t *part(const struct check *c, const char *key)
{
    return json_object_get(c->document, key);
}

static json_int_t number(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

static const char *text(const json_t *object, const char *key)
{
    const char *value = json_string_value(json_object_get(object, key));
    return value ? value : "";
}

/* -- keys -------------------------------------------------------------------------------------- */

static void check_netkeys(struct check *c)
{
    size_t i;
    json_t *key;
    json_array_foreach(part(c, "netKeys"), i, key)
    {
        bool old = json_object_get(key, "oldKey") != NULL, refresh = number(key, "phase") != 0;
        c->netkeys[number(key, "index")] = true;
        if (refresh && !old) {
            cdb_find(c->findings, cdb_path("netKeys[%zu].oldKey", i).text,
                     "it is missing, and the key is being refreshed");
        } else if (old && !refresh) {
            cdb_find(c->findings, cdb_path("netKeys[%zu].oldKey", i).text,
                     "there is none in phase 0");
        }
    }
}

static void check_appkeys(struct check *c)
{
    size_t i;
    json_t *key;
    json_array_foreach(part(c, "appKeys"), i, key)
    {
        json_int_t bound = number(key, "boundNetKey");
        c->appkeys[number(key, "index")] = true;
        if (!c->netkeys[bound]) {
            cdb_find(c->findings, cdb_path("appKeys[%zu].boundNetKey", i).text,
                     "there is no NetKey %d", (int)bound);
        }
    }
}

/* -- provisioners ------------------------------------------------------------------------------ */

/** Claims a range for a provisioner, as far as it is free. */
static void claim(struct check *c, size_t provisioner, const json_t *range,
                  const struct cdb_ranges *kind, const char *path)
{
    const json_t *all = part(c, "provisioners");
    uint32_t low = cdb_hex(json_object_get(range, kind->low));
    uint32_t high = cdb_hex(json_object_get(range, kind->high)), a = low;
    if (low > high) {
        cdb_find(c->findings, path, "%s is below %s", kind->high, kind->low);
        return;
    }
    while (a <= high && c->owner[a] == 0) {
        c->owner[a++] = (uint16_t)(provisioner + 1);
    }
    if (a <= high) {
        size_t other = c->owner[a] - 1u;
        cdb_find(c->findings, path,
                 "%04X-%04X of \"%.60s\" overlaps with a range of \"%.60s\" (provisioners[%zu])",
                 (unsigned)low, (unsigned)high,
                 text(json_array_get(all, provisioner), "provisionerName"),
                 text(json_array_get(all, other), "provisionerName"), other);
    }
}

static void check_ranges(struct check *c, const struct cdb_ranges *kind)
{
    size_t i, j;
    json_t *provisioner, *range;
    memset(c->owner, 0, sizeof c->owner);
    json_array_foreach(part(c, "provisioners"), i, provisioner)
    {
        json_array_foreach(json_object_get(provisioner, kind->list), j, range)
        {
            claim(c, i, range, kind, cdb_path("provisioners[%zu].%s[%zu]", i, kind->list, j).text);
        }
    }
}

/* -- nodes ------------------------------------------------------------------------------------- */

static void check_known_keys(struct check *c, size_t n, const json_t *node, const char *list,
                             const bool known[KEYS], const char *kind)
{
    size_t i;
    json_t *key;
    json_array_foreach(json_object_get(node, list), i, key)
    {
        json_int_t index = number(key, "index");
        if (!known[index] && !c->partial) {
            cdb_find(c->findings, cdb_path("nodes[%zu].%s[%zu].index", n, list, i).text,
                     "there is no %s %d", kind, (int)index);
        }
    }
}

static void check_model(struct check *c, const json_t *model, const char *path)
{
    size_t i;
    json_t *bound;
    const json_t *publish = json_object_get(model, "publish");
    json_array_foreach(json_object_get(model, "bind"), i, bound)
    {
        if (!c->appkeys[json_integer_value(bound)]) {
            cdb_find(c->findings, cdb_path("%s.bind[%zu]", path, i).text, "there is no AppKey %d",
                     (int)json_integer_value(bound));
        }
    }
    if (publish && cdb_hex(json_object_get(publish, "address")) != 0 &&
        !c->appkeys[number(publish, "index")]) {
        cdb_find(c->findings, cdb_path("%s.publish.index", path).text, "there is no AppKey %d",
                 (int)number(publish, "index"));
    }
}

static void check_elements(struct check *c, size_t n, const json_t *node)
{
    size_t i, j, count = json_array_size(json_object_get(node, "elements"));
    json_t *element, *model;
    json_array_foreach(json_object_get(node, "elements"), i, element)
    {
        if (number(element, "index") >= (json_int_t)count) {
            cdb_find(c->findings, cdb_path("nodes[%zu].elements[%zu].index", n, i).text,
                     "the node has %zu elements, counted from 0", count);
        }
        json_array_foreach(json_object_get(element, "models"), j, model)
        {
            if (!c->partial) {
                check_model(c, model,
                            cdb_path("nodes[%zu].elements[%zu].models[%zu]", n, i, j).text);
            }
        }
    }
}

/** The addresses of a node, each its own. */
static void check_addresses(struct check *c, size_t n, const json_t *node)
{
    uint32_t first = cdb_hex(json_object_get(node, "unicastAddress"));
    uint32_t end = first + (uint32_t)json_array_size(json_object_get(node, "elements"));
    struct cdb_path path = cdb_path("nodes[%zu].unicastAddress", n);
    if (end > USHER_UNICAST_MAX + 1u) {
        cdb_find(c->findings, path.text, "the last of its elements is beyond 7FFF");
        return;
    }
    if (json_is_true(json_object_get(node, "excluded"))) {
        return; /* its addresses may be those of another by now */
    }
    for (uint32_t a = first; a < end; a++) {
        if (c->owner[a] != 0) {
            cdb_find(c->findings, path.text, "%04X is an address of nodes[%u], too", (unsigned)a,
                     c->owner[a] - 1u);
            return;
        }
        c->owner[a] = (uint16_t)(n + 1);
    }
}

static void check_node(struct check *c, size_t n, const json_t *node)
{
    const json_t *heartbeat = json_object_get(node, "heartbeatPub");
    const char *key = text(node, "deviceKey");
    if (*key == '\0' && !c->partial) {
        cdb_find(c->findings, cdb_path("nodes[%zu].deviceKey", n).text,
                 "it is missing, and the document is not partial");
    } else if (*key != '\0' && strspn(key, "0") == strlen(key)) {
        cdb_find(c->findings, cdb_path("nodes[%zu].deviceKey", n).text, "zeros are no key");
    }
    if (json_array_size(json_object_get(node, "netKeys")) == 0 && !c->partial) {
        cdb_find(c->findings, cdb_path("nodes[%zu].netKeys", n).text,
                 "it is empty, and a node has one at least");
    }
    check_known_keys(c, n, node, "netKeys", c->netkeys, "NetKey");
    check_known_keys(c, n, node, "appKeys", c->appkeys, "AppKey");
    check_elements(c, n, node);
    check_addresses(c, n, node);
    if (heartbeat && cdb_hex(json_object_get(heartbeat, "address")) != 0 &&
        !c->netkeys[number(heartbeat, "index")] && !c->partial) {
        cdb_find(c->findings, cdb_path("nodes[%zu].heartbeatPub.index", n).text,
                 "there is no NetKey %d", (int)number(heartbeat, "index"));
    }
}

static void check_nodes(struct check *c)
{
    json_t *node, *uuids = json_object();
    size_t i;
    memset(c->owner, 0, sizeof c->owner);
    json_array_foreach(part(c, "nodes"), i, node)
    {
        const char *uuid = text(node, "UUID");
        const json_t *before = json_object_get(uuids, uuid);
        if (cdb_enough(c->findings)) {
            break;
        }
        if (before) {
            cdb_find(c->findings, cdb_path("nodes[%zu].UUID", i).text,
                     "it is that of nodes[%d], too", (int)json_integer_value(before));
        }
        json_object_set_new(uuids, uuid, json_integer((json_int_t)i));
        check_node(c, i, node);
    }
    json_decref(uuids);
}

/* -- groups ------------------------------------------------------------------------------------ */

static void check_groups(struct check *c)
{
    json_t *group, *known = json_object();
    size_t i;
    json_array_foreach(part(c, "groups"), i, group)
    {
        json_object_set_new(known, text(group, "address"), json_true());
    }
    json_array_foreach(part(c, "groups"), i, group)
    {
        const char *parent = text(group, "parentAddress");
        struct cdb_path path = cdb_path("groups[%zu].parentAddress", i);
        if (strcmp(parent, text(group, "address")) == 0) {
            cdb_find(c->findings, path.text, "a group is not its own parent");
        } else if (strcmp(parent, "0000") != 0 && !json_object_get(known, parent) && !c->partial) {
            cdb_find(c->findings, path.text, "there is no group %s", parent);
        }
    }
    json_decref(known);
}

void cdb_check(const json_t *document, struct cdb_findings *findings)
{
    struct check *c = calloc(1, sizeof *c);
    if (!c) {
        cdb_find(findings, "", "out of memory");
        return;
    }
    c->document = document;
    c->findings = findings;
    c->partial = json_is_true(json_object_get(document, "partial"));
    check_netkeys(c);
    check_appkeys(c);
    for (size_t i = 0; i < 3; i++) {
        check_ranges(c, &cdb_ranges[i]);
    }
    check_nodes(c);
    check_groups(c);
    free(c);
}
