/*
 * A Configuration Database that becomes a registry, or is merged into one; see cdb.h. A provisioner
 * that is new in a network takes ranges that nobody has, neither as a claim nor in use, and leaves
 * some for those that come after it.
 */
#include "cdb.h"

#include "cdb_find.h"
#include "cdb_format.h"
#include "cdb_merge.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OWN_NAME "usher"

/* -- free ranges ------------------------------------------------------------------------------- */

/** Numbers of one kind, and how many of them a new provisioner takes at most. */
struct space {
    uint16_t low, high, most;
};

static const struct space spaces[3] = {
    { USHER_UNICAST_MIN, USHER_UNICAST_MAX, 0x1000 },
    { 0xC000, 0xFEFF, 0x0400 },
    { 0x0001, 0xFFFF, 0x0400 },
};

static void take(bool *taken, uint32_t low, uint32_t high)
{
    for (uint32_t a = low; a <= high && a <= 0xFFFF; a++) {
        taken[a] = true;
    }
}

/** What the provisioners of a document claim. */
static void take_ranges(const json_t *document, const struct cdb_ranges *kind, bool *taken)
{
    json_t *provisioner, *range;
    size_t i, j;
    json_array_foreach(json_object_get(document, "provisioners"), i, provisioner)
    {
        json_array_foreach(json_object_get(provisioner, kind->list), j, range)
        {
            take(taken, cdb_hex(json_object_get(range, kind->low)),
                 cdb_hex(json_object_get(range, kind->high)));
        }
    }
}

/** What is in use: addresses of nodes, those that are excluded, groups, scenes. */
static void take_used(const json_t *document, size_t kind, bool *taken)
{
    static const char *const lists[] = { "nodes", "groups", "scenes" };
    static const char *const members[] = { "unicastAddress", "address", "number" };
    json_t *json, *address;
    size_t i, j;
    json_array_foreach(json_object_get(document, lists[kind]), i, json)
    {
        const json_t *number = json_object_get(json, members[kind]);
        size_t more = json_array_size(json_object_get(json, "elements"));
        if (json_string_length(number) == 4) { /* and no label */
            take(taken, cdb_hex(number), cdb_hex(number) + (uint32_t)(more > 0 ? more - 1 : 0));
        }
    }
    json_array_foreach(json_object_get(document, "networkExclusions"), i, json)
    {
        json_array_foreach(json_object_get(json, "addresses"), j, address)
        {
            take(taken, cdb_hex(address), kind == 0 ? cdb_hex(address) : 0);
        }
    }
}

/** The longest run that is free, as much of it as is taken. @retval false  All are taken. */
static bool free_range(const struct space *space, const bool *taken, struct registry_range *range)
{
    uint32_t best = 0, best_len = 0, len = 0;
    for (uint32_t a = space->low; a <= space->high; a++) {
        len = taken[a] ? 0 : len + 1;
        if (len > best_len) {
            best_len = len;
            best = a + 1 - len;
        }
    }
    len = best_len < space->most ? best_len : space->most;
    *range = (struct registry_range){ (uint16_t)best, (uint16_t)(best + len - 1) };
    return best_len > 0;
}

static bool is_free(const bool *taken, const struct registry_range *range)
{
    for (uint32_t a = range->low; a <= range->high; a++) {
        if (taken[a]) {
            return false;
        }
    }
    return true;
}

/** Gives a new provisioner what it is to have. @retval false  There are findings. */
static bool own_ranges(const json_t *document, const struct cdb_import *how,
                       struct registry_provisioner *own, struct cdb_findings *findings)
{
    struct registry_range *const ranges[] = { own->unicast, own->group, own->scene };
    uint8_t *const counts[] = { &own->unicast_count, &own->group_count, &own->scene_count };
    bool *taken = calloc(0x10000, sizeof *taken);
    if (!taken) {
        cdb_find(findings, "", "out of memory");
        return false;
    }
    size_t before = findings->count;
    for (size_t kind = 0; kind < 3; kind++) {
        memset(taken, 0, 0x10000 * sizeof *taken);
        take_ranges(document, &cdb_ranges[kind], taken);
        take_used(document, kind, taken);
        *counts[kind] = free_range(&spaces[kind], taken, ranges[kind]);
        if (kind == 0 && how->unicast.low != 0) {
            ranges[0][0] = how->unicast;
            *counts[0] = is_free(taken, &how->unicast);
        }
        if (kind == 0 && *counts[0] == 0) {
            cdb_find(findings, "provisioners",
                     how->unicast.low != 0
                         ? "%04X-%04X is not free: take another range"
                         : "they have all unicast addresses: let one give up a range, or be one of "
                           "them (--as)",
                     how->unicast.low, how->unicast.high);
        }
    }
    free(taken);
    return findings->count == before;
}

/* -- making ------------------------------------------------------------------------------------ */

/** An import while the registry is made. */
struct making {
    struct cdb_merge merge;
    struct registry_provisioner own;
    struct registry_network network;
};

/** Within a transaction. */
static enum registry_err put_all(struct making *k, struct registry *r)
{
    enum registry_err err = registry_network_set(r, &k->network);
    if (err == REGISTRY_OK) {
        err = registry_provisioner_put(r, &k->own);
    }
    if (err == REGISTRY_OK) {
        err = cdb_merge_judge(&k->merge);
    }
    if (err == REGISTRY_OK) {
        err = cdb_merge_apply(&k->merge);
    }
    return err;
}

static bool making_fill(struct registry *r, void *user)
{
    struct making *k = user;
    k->merge.r = r;
    k->merge.made = true;
    enum registry_err err = registry_begin(r);
    if (err != REGISTRY_OK) {
        return false;
    }
    if (put_all(k, r) != REGISTRY_OK) {
        registry_rollback(r);
        return false;
    }
    return registry_commit(r) == REGISTRY_OK;
}

/** The provisioner of the document that we are to be. */
static bool own_of(const json_t *document, const uint8_t uuid[USHER_UUID_SIZE],
                   struct registry_provisioner *own)
{
    json_t *json;
    size_t i;
    json_array_foreach(json_object_get(document, "provisioners"), i, json)
    {
        cdb_provisioner_read(document, json, own);
        if (memcmp(own->uuid, uuid, sizeof own->uuid) == 0) {
            own->ours = true;
            own->address = 0; /* the sequence numbers of its node are known to that alone */
            return true;
        }
    }
    return false;
}

/** The subnet that a registry begins with: the lowest. */
static void first_netkey(const json_t *document, struct registry_new *make)
{
    const json_t *first = NULL;
    json_t *json;
    size_t i;
    json_array_foreach(json_object_get(document, "netKeys"), i, json)
    {
        json_int_t index = json_integer_value(json_object_get(json, "index"));
        if (!first || index < json_integer_value(json_object_get(first, "index"))) {
            first = json;
        }
    }
    make->net_index = (uint16_t)json_integer_value(json_object_get(first, "index"));
    cdb_octets(json_object_get(first, "key"), make->net_key);
}

struct registry *cdb_import(const char *dir, const json_t *document, const struct cdb_import *how,
                            struct cdb_imported *done, struct cdb_findings *findings, char *why,
                            size_t why_len)
{
    struct making k = { .merge = { .document = document, .findings = findings, .done = done } };
    struct registry_new make = { .fill = making_fill, .user = &k };
    *done = (struct cdb_imported){ .nodes = 0 };
    *why = '\0';
    cdb_octets(json_object_get(document, "meshUUID"), k.network.uuid);
    cdb_name(json_object_get(document, "meshName"), k.network.name);
    if (!own_of(document, how->uuid, &k.own)) {
        k.own = (struct registry_provisioner){ .ours = true };
        memcpy(k.own.uuid, how->uuid, sizeof k.own.uuid);
        snprintf(k.own.name, sizeof k.own.name, "%s", how->name ? how->name : OWN_NAME);
        if (!own_ranges(document, how, &k.own, findings)) {
            return NULL;
        }
    }
    make.name = k.network.name;
    memcpy(make.uuid, k.network.uuid, sizeof make.uuid);
    memcpy(make.provisioner, k.own.uuid, sizeof make.provisioner);
    first_netkey(document, &make);
    struct registry *r = registry_open(dir, &make, why, why_len);
    OPENSSL_cleanse(&make, sizeof make);
    if (!r && findings->count > 0) {
        *why = '\0';
    }
    return r;
}

/* -- merging ----------------------------------------------------------------------------------- */

bool cdb_merge(struct registry *r, const json_t *document, struct cdb_imported *done,
               struct cdb_findings *findings, char *why, size_t why_len)
{
    struct cdb_merge m = { .r = r, .document = document, .findings = findings, .done = done };
    *done = (struct cdb_imported){ .nodes = 0 };
    *why = '\0';
    enum registry_err err = registry_begin(r);
    if (err == REGISTRY_OK) {
        err = cdb_merge_judge(&m);
    }
    bool judged = err == REGISTRY_OK;
    if (judged) {
        err = cdb_merge_apply(&m);
    }
    OPENSSL_cleanse(&m.own, sizeof m.own);
    if (err == REGISTRY_OK) {
        err = registry_commit(r);
    } else {
        registry_rollback(r);
    }
    if (err != REGISTRY_OK && (judged || err != REGISTRY_CONFLICT)) {
        snprintf(why, why_len, "%s", registry_why(r));
    }
    return err == REGISTRY_OK;
}
