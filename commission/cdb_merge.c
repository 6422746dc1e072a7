/*
 * Merging; see cdb_merge.h. Conflicts are looked for first, so that all of them are told with their
 * paths. The rules are in docs/cdb.md. Called by cdb_import().
 */
#include "cdb_merge.h"

#include "cdb_find.h"
#include "cdb_format.h"
#include "cdb_keep.h"
#include "cdb_node.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

static const json_t *part(const struct cdb_merge *m, const char *key)
{
    return json_object_get(m->document, key);
}

static uint16_t index_of(const json_t *json, const char *key)
{
    return (uint16_t)json_integer_value(json_object_get(json, key));
}

/* -- keys -------------------------------------------------------------------------------------- */

/** What a document's NetKey is to the registry's of the same index. */
enum key_relation {
    KEY_NEW,   /* there is none yet */
    KEY_SAME,  /* the same, or one that the registry has replaced */
    KEY_NEWER, /* the document's has replaced the registry's, or is further in doing so */
    KEY_OTHER,
};

static void netkey_read(const json_t *json, struct registry_netkey *k)
{
    const char *changed = json_string_value(json_object_get(json, "timestamp"));
    *k = (struct registry_netkey){ .index = index_of(json, "index"),
                                   .phase = (uint8_t)index_of(json, "phase") };
    cdb_octets(json_object_get(json, "key"), k->key);
    cdb_octets(json_object_get(json, "oldKey"), k->old_key);
    cdb_name(json_object_get(json, "name"), k->name);
    if (changed) {
        cdb_time(changed, &k->changed);
    }
}

static bool same_key(const uint8_t *a, const uint8_t *b)
{
    return CRYPTO_memcmp(a, b, USHER_KEY_SIZE) == 0;
}

static enum key_relation netkey_relation(struct cdb_merge *m, const struct registry_netkey *theirs)
{
    struct registry_netkey ours;
    size_t n = 0;
    while (registry_netkey(m->r, n, &ours) == REGISTRY_OK && ours.index != theirs->index) {
        n++;
    }
    enum key_relation relation = KEY_OTHER;
    if (registry_netkey(m->r, n, &ours) != REGISTRY_OK) {
        relation = KEY_NEW;
    } else if (same_key(ours.key, theirs->key)) {
        relation =
            ours.phase == theirs->phase || ours.changed >= theirs->changed ? KEY_SAME : KEY_NEWER;
    } else if (theirs->phase != 0 && same_key(ours.key, theirs->old_key)) {
        relation = KEY_NEWER;
    } else if (ours.phase != 0 && same_key(ours.old_key, theirs->key)) {
        relation = KEY_SAME;
    }
    OPENSSL_cleanse(&ours, sizeof ours);
    return relation;
}

static void judge_netkeys(struct cdb_merge *m)
{
    struct registry_netkey k;
    json_t *json;
    size_t i, count = 0;
    while (registry_netkey(m->r, count, &k) == REGISTRY_OK) {
        count++;
    }
    json_array_foreach(part(m, "netKeys"), i, json)
    {
        netkey_read(json, &k);
        enum key_relation relation = netkey_relation(m, &k);
        count += relation == KEY_NEW;
        if (relation == KEY_OTHER) {
            cdb_find(m->findings, cdb_path("netKeys[%zu].key", i).text,
                     "the NetKey %u of this registry is another one", (unsigned)k.index);
        } else if (count > REGISTRY_NETKEYS) {
            cdb_find(m->findings, cdb_path("netKeys[%zu]", i).text,
                     "there are %d NetKeys in this registry, and no more are possible",
                     REGISTRY_NETKEYS);
            break;
        }
    }
    OPENSSL_cleanse(&k, sizeof k);
}

static enum registry_err apply_netkeys(struct cdb_merge *m)
{
    struct registry_netkey k;
    enum registry_err err = REGISTRY_OK;
    json_t *json;
    size_t i;
    json_array_foreach(part(m, "netKeys"), i, json)
    {
        netkey_read(json, &k);
        enum key_relation relation = netkey_relation(m, &k);
        bool put = m->made || relation == KEY_NEW || relation == KEY_NEWER;
        if (err == REGISTRY_OK && put) {
            err = registry_netkey_put(m->r, &k);
        }
        m->done->netkeys++;
    }
    OPENSSL_cleanse(&k, sizeof k);
    return err;
}

static void appkey_read(const json_t *json, struct registry_appkey *k)
{
    *k = (struct registry_appkey){ .index = index_of(json, "index"),
                                   .net_index = index_of(json, "boundNetKey") };
    cdb_octets(json_object_get(json, "key"), k->key);
    cdb_name(json_object_get(json, "name"), k->name);
}

/** The registry's AppKey of that index. */
static bool appkey_find(struct cdb_merge *m, uint16_t index, struct registry_appkey *k)
{
    size_t n = 0;
    while (registry_appkey(m->r, n, k) == REGISTRY_OK) {
        if (k->index == index) {
            return true;
        }
        n++;
    }
    return false;
}

static void judge_appkeys(struct cdb_merge *m)
{
    struct registry_appkey theirs, ours;
    json_t *json;
    size_t i, count = 0;
    while (registry_appkey(m->r, count, &ours) == REGISTRY_OK) {
        count++;
    }
    json_array_foreach(part(m, "appKeys"), i, json)
    {
        appkey_read(json, &theirs);
        bool known = appkey_find(m, theirs.index, &ours);
        count += !known;
        if (known && !same_key(ours.key, theirs.key)) {
            cdb_find(m->findings, cdb_path("appKeys[%zu].key", i).text,
                     "the AppKey %u of this registry is another one", (unsigned)theirs.index);
        } else if (known && ours.net_index != theirs.net_index) {
            cdb_find(m->findings, cdb_path("appKeys[%zu].boundNetKey", i).text,
                     "in this registry it is bound to NetKey %u", (unsigned)ours.net_index);
        } else if (count > REGISTRY_APPKEYS) {
            cdb_find(m->findings, cdb_path("appKeys[%zu]", i).text,
                     "there are %d AppKeys in this registry, and no more are possible",
                     REGISTRY_APPKEYS);
            break;
        }
    }
    OPENSSL_cleanse(&theirs, sizeof theirs);
    OPENSSL_cleanse(&ours, sizeof ours);
}

static enum registry_err apply_appkeys(struct cdb_merge *m)
{
    struct registry_appkey theirs, ours;
    enum registry_err err = REGISTRY_OK;
    json_t *json;
    size_t i;
    json_array_foreach(part(m, "appKeys"), i, json)
    {
        appkey_read(json, &theirs);
        if (err == REGISTRY_OK && !appkey_find(m, theirs.index, &ours)) {
            err = registry_appkey_put(m->r, &theirs);
        }
        m->done->appkeys++;
    }
    OPENSSL_cleanse(&theirs, sizeof theirs);
    OPENSSL_cleanse(&ours, sizeof ours);
    return err;
}

/* -- provisioners ------------------------------------------------------------------------------ */

static uint8_t ranges_read(const json_t *json, const struct cdb_ranges *kind,
                           struct registry_range ranges[REGISTRY_RANGES])
{
    json_t *range;
    size_t i;
    json_array_foreach(json_object_get(json, kind->list), i, range)
    {
        ranges[i] =
            (struct registry_range){ (uint16_t)cdb_hex(json_object_get(range, kind->low)),
                                     (uint16_t)cdb_hex(json_object_get(range, kind->high)) };
    }
    return (uint8_t)i;
}

void cdb_provisioner_read(const json_t *document, const json_t *json,
                          struct registry_provisioner *p)
{
    const char *uuid = json_string_value(json_object_get(json, "UUID"));
    json_t *node;
    size_t i;
    *p = (struct registry_provisioner){ .ours = false };
    cdb_octets(json_object_get(json, "UUID"), p->uuid);
    cdb_name(json_object_get(json, "provisionerName"), p->name);
    p->unicast_count = ranges_read(json, &cdb_ranges[0], p->unicast);
    p->group_count = ranges_read(json, &cdb_ranges[1], p->group);
    p->scene_count = ranges_read(json, &cdb_ranges[2], p->scene);
    json_array_foreach(json_object_get(document, "nodes"), i, node)
    {
        const char *its = json_string_value(json_object_get(node, "UUID"));
        if (uuid && its && strcmp(uuid, its) == 0 &&
            !json_is_true(json_object_get(node, "excluded"))) {
            p->address = (uint16_t)cdb_hex(json_object_get(node, "unicastAddress"));
        }
    }
}

/** The registry's provisioner of that UUID. */
static bool provisioner_find(struct cdb_merge *m, const uint8_t uuid[USHER_UUID_SIZE],
                             struct registry_provisioner *p)
{
    for (size_t n = 0; registry_provisioner(m->r, n, p) == REGISTRY_OK; n++) {
        if (memcmp(p->uuid, uuid, sizeof p->uuid) == 0) {
            return true;
        }
    }
    return false;
}

/** Whether a provisioner of the document takes the place of the registry's, or is new. */
static bool is_taken(struct cdb_merge *m, const uint8_t uuid[USHER_UUID_SIZE])
{
    struct registry_provisioner ours;
    bool known = provisioner_find(m, uuid, &ours);
    return !known || (!ours.ours && !m->old);
}

/** The provisioners of the document, by their UUIDs. */
static bool in_document(const struct cdb_merge *m, const uint8_t uuid[USHER_UUID_SIZE])
{
    json_t *json;
    size_t i;
    json_array_foreach(part(m, "provisioners"), i, json)
    {
        uint8_t its[USHER_UUID_SIZE];
        cdb_octets(json_object_get(json, "UUID"), its);
        if (memcmp(its, uuid, sizeof its) == 0) {
            return true;
        }
    }
    return false;
}

static void judge_ranges(struct cdb_merge *m, const char *path, const char *name,
                         const struct registry_range *theirs, size_t their_count,
                         const struct registry_provisioner *ours,
                         const struct registry_range *ranges, size_t count)
{
    for (size_t i = 0; i < their_count; i++) {
        for (size_t j = 0; j < count; j++) {
            if (theirs[i].low <= ranges[j].high && ranges[j].low <= theirs[i].high) {
                cdb_find(m->findings, cdb_path("%s[%zu]", path, i).text,
                         "%04X-%04X of \"%.60s\" overlaps with %04X-%04X of \"%.60s\" in this "
                         "registry",
                         theirs[i].low, theirs[i].high, name, ranges[j].low, ranges[j].high,
                         ours->name);
            }
        }
    }
}

/** A provisioner that is taken over, beside those that stay. */
static void judge_provisioner(struct cdb_merge *m, size_t i, const struct registry_provisioner *p)
{
    struct registry_provisioner o;
    for (size_t n = 0; registry_provisioner(m->r, n, &o) == REGISTRY_OK; n++) {
        if (is_taken(m, o.uuid) && in_document(m, o.uuid)) {
            continue; /* it is replaced as well */
        }
        judge_ranges(m, cdb_path("provisioners[%zu].%s", i, cdb_ranges[0].list).text, p->name,
                     p->unicast, p->unicast_count, &o, o.unicast, o.unicast_count);
        judge_ranges(m, cdb_path("provisioners[%zu].%s", i, cdb_ranges[1].list).text, p->name,
                     p->group, p->group_count, &o, o.group, o.group_count);
        judge_ranges(m, cdb_path("provisioners[%zu].%s", i, cdb_ranges[2].list).text, p->name,
                     p->scene, p->scene_count, &o, o.scene, o.scene_count);
    }
    OPENSSL_cleanse(&o, sizeof o);
}

static void judge_provisioners(struct cdb_merge *m)
{
    struct registry_provisioner p;
    json_t *json;
    size_t i;
    json_array_foreach(part(m, "provisioners"), i, json)
    {
        cdb_provisioner_read(m->document, json, &p);
        if (is_taken(m, p.uuid) && !cdb_enough(m->findings)) {
            judge_provisioner(m, i, &p);
        }
    }
}

/** Lets go of what those have that are replaced, since one may have what was another's. */
static enum registry_err release_provisioners(struct cdb_merge *m)
{
    struct registry_provisioner p;
    enum registry_err err = REGISTRY_OK;
    json_t *json;
    size_t i;
    json_array_foreach(part(m, "provisioners"), i, json)
    {
        uint8_t uuid[USHER_UUID_SIZE];
        cdb_octets(json_object_get(json, "UUID"), uuid);
        if (err == REGISTRY_OK && is_taken(m, uuid) && provisioner_find(m, uuid, &p)) {
            p.address = 0;
            p.unicast_count = p.group_count = p.scene_count = 0;
            err = registry_provisioner_put(m->r, &p);
        }
    }
    return err;
}

static enum registry_err apply_provisioners(struct cdb_merge *m)
{
    struct registry_provisioner p;
    enum registry_err err = release_provisioners(m);
    json_t *json;
    size_t i;
    json_array_foreach(part(m, "provisioners"), i, json)
    {
        cdb_provisioner_read(m->document, json, &p);
        if (err == REGISTRY_OK && is_taken(m, p.uuid)) {
            err = registry_provisioner_put(m->r, &p);
        }
        m->done->provisioners++;
    }
    return err;
}

/* -- all of it --------------------------------------------------------------------------------- */

static enum registry_err apply_exclusions(struct cdb_merge *m)
{
    json_t *json, *address;
    size_t i, j;
    enum registry_err err = REGISTRY_OK;
    json_array_foreach(part(m, "networkExclusions"), i, json)
    {
        json_int_t index = json_integer_value(json_object_get(json, "ivIndex"));
        json_array_foreach(json_object_get(json, "addresses"), j, address)
        {
            struct registry_exclusion e = { .iv_index = (uint32_t)index,
                                            .address = (uint16_t)cdb_hex(address) };
            if (err == REGISTRY_OK && (uint64_t)index + 2 > m->iv_index) {
                err = registry_exclusion_put(m->r, &e);
            }
        }
    }
    return err;
}

/** What is kept from now on: of this document and of those before, the newer one first. */
static enum registry_err apply_kept(struct cdb_merge *m)
{
    json_t *now = cdb_keep(m->document), *before = NULL;
    enum registry_err err = registry_document(m->r, CDB_KEPT, &before);
    json_t *first = m->old ? before : now, *second = m->old ? now : before;
    bool ok = now && (!before || cdb_unite(first, second));
    if (err == REGISTRY_OK) {
        err = ok ? registry_document_set(m->r, CDB_KEPT, first) : REGISTRY_FAILED;
    }
    json_decref(now);
    json_decref(before);
    return err;
}

/** Whether a newer document was merged before. */
static enum registry_err judge_age(struct cdb_merge *m)
{
    json_t *kept = NULL;
    enum registry_err err = registry_document(m->r, CDB_KEPT, &kept);
    const char *before = json_string_value(json_object_get(kept, "timestamp"));
    const char *now = json_string_value(part(m, "timestamp"));
    time_t then, when;
    m->old = before && now && cdb_time(before, &then) && cdb_time(now, &when) && when < then;
    json_decref(kept);
    return err;
}

enum registry_err cdb_merge_judge(struct cdb_merge *m)
{
    struct registry_network network;
    size_t before = m->findings->count;
    enum registry_err err = registry_network(m->r, &network);
    if (err == REGISTRY_OK) {
        m->iv_index = network.iv_index;
        err = registry_provisioner(m->r, 0, &m->own);
    }
    if (err == REGISTRY_OK) {
        err = judge_age(m);
    }
    if (err != REGISTRY_OK) {
        return err;
    }
    uint8_t uuid[USHER_UUID_SIZE];
    cdb_octets(part(m, "meshUUID"), uuid);
    if (memcmp(uuid, network.uuid, sizeof uuid) != 0) {
        cdb_find(m->findings, "meshUUID", "this registry is of another network, \"%s\"",
                 network.name);
        return REGISTRY_CONFLICT;
    }
    judge_netkeys(m);
    judge_appkeys(m);
    judge_provisioners(m);
    err = cdb_merge_judge_nodes(m);
    return err == REGISTRY_OK && m->findings->count != before ? REGISTRY_CONFLICT : err;
}

enum registry_err cdb_merge_apply(struct cdb_merge *m)
{
    static enum registry_err (*const steps[])(struct cdb_merge *) = {
        apply_netkeys,         apply_appkeys,    apply_provisioners,
        cdb_merge_apply_nodes, apply_exclusions, apply_kept,
    };
    enum registry_err err = REGISTRY_OK;
    for (size_t i = 0; i < sizeof steps / sizeof *steps && err == REGISTRY_OK; i++) {
        err = steps[i](m);
    }
    return err;
}
