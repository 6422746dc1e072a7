/*
 * Nodes of a Configuration Database that is merged into a registry; see cdb_merge.h. The rules are
 * in docs/cdb.md. Called by cdb_merge.c.
 */
#include "cdb_find.h"
#include "cdb_format.h"
#include "cdb_merge.h"
#include "cdb_node.h"

#include <stdio.h>
#include <string.h>

/** What becomes of a node of the document. */
enum fate {
    FATE_NEW,     /* it is put */
    FATE_REPLACE, /* it is put in place of the registry's record */
    FATE_KEEP,    /* the registry's record stays; what it lacks comes from the document */
    FATE_LEAVE,   /* it is ours, or has left */
    FATE_REMOVED, /* others have removed it */
    FATE_MOVED,   /* it has another address here: a conflict */
};

static bool lives(const struct registry_node *node)
{
    return node->state == REGISTRY_UNKNOWN || node->state == REGISTRY_PROVISIONED;
}

/** Whether it is at an address that our provisioner gives. */
static bool is_ours(const struct cdb_merge *m, uint16_t address)
{
    for (size_t i = 0; i < m->own.unicast_count; i++) {
        if (address >= m->own.unicast[i].low && address <= m->own.unicast[i].high) {
            return true;
        }
    }
    return false;
}

/** A node that the registry has at the same address. */
static enum fate fate_known(const struct cdb_merge *m, const struct registry_node *theirs,
                            const struct registry_node *known)
{
    bool firm = m->old || is_ours(m, known->address);
    if (!lives(theirs)) {
        return lives(known) && !firm ? FATE_REMOVED : FATE_LEAVE;
    }
    if (!lives(known)) {
        return firm ? FATE_LEAVE : FATE_NEW;
    }
    return firm && known->state == REGISTRY_PROVISIONED ? FATE_KEEP : FATE_REPLACE;
}

/**
 * @param known  Zeros; gets the registry's record of the device, if there is one.
 *
 * @retval REGISTRY_FAILED
 */
static enum registry_err fate_of(struct cdb_merge *m, const struct registry_node *theirs,
                                 struct registry_node *known, enum fate *fate)
{
    bool own = memcmp(theirs->uuid, m->own.uuid, sizeof theirs->uuid) == 0;
    enum registry_err err = registry_find(m->r, theirs->uuid, known);
    if (err == REGISTRY_NONE) {
        *fate = own && (m->own.address != 0 || !m->made) ? FATE_LEAVE : FATE_NEW;
        return REGISTRY_OK;
    }
    if (err != REGISTRY_OK) {
        return err;
    }
    if (known->address == theirs->address) {
        *fate = fate_known(m, theirs, known);
    } else if (!lives(known)) {
        *fate = FATE_NEW;
    } else if (!lives(theirs)) {
        *fate = FATE_LEAVE;
    } else {
        *fate = FATE_MOVED;
    }
    return REGISTRY_OK;
}

/* -- judging ----------------------------------------------------------------------------------- */

static void tell_shared(struct cdb_merge *m, size_t i, unsigned address, const char *name,
                        const uint8_t uuid[USHER_UUID_SIZE])
{
    json_t *digits = cdb_uuid_json(uuid);
    cdb_find(m->findings, cdb_path("nodes[%zu].unicastAddress", i).text,
             "%04X is an address of \"%s\" in this registry, device %s", address, name,
             json_string_value(digits));
    json_decref(digits);
}

/** Addresses of a node that is put must be nobody else's. */
static enum registry_err judge_addresses(struct cdb_merge *m, size_t i,
                                         const struct registry_node *node)
{
    struct registry_node other = { .settings = NULL };
    enum registry_err err = REGISTRY_OK;
    bool shared = false;
    for (unsigned a = node->address; a < (unsigned)node->address + node->elements && !shared; a++) {
        err = registry_at(m->r, (uint16_t)a, &other);
        if (err == REGISTRY_FAILED) {
            break;
        }
        bool its = memcmp(other.uuid, node->uuid, sizeof other.uuid) == 0;
        if (err == REGISTRY_OK && lives(&other) && !its) {
            tell_shared(m, i, a, other.name, other.uuid);
            shared = true;
        } else if (a == m->own.address && memcmp(m->own.uuid, node->uuid, sizeof node->uuid) != 0) {
            tell_shared(m, i, a, m->own.name, m->own.uuid);
            shared = true;
        }
    }
    registry_node_clear(&other);
    return err == REGISTRY_FAILED ? err : REGISTRY_OK;
}

static enum registry_err judge_node(struct cdb_merge *m, size_t i, const json_t *json)
{
    struct registry_node theirs, known = { .settings = NULL };
    enum fate fate = FATE_LEAVE;
    if (!cdb_node_read(json, &theirs)) {
        return REGISTRY_FAILED;
    }
    enum registry_err err = fate_of(m, &theirs, &known, &fate);
    if (err == REGISTRY_OK && fate == FATE_MOVED && known.state == REGISTRY_PROVISIONED) {
        cdb_find(m->findings, cdb_path("nodes[%zu].unicastAddress", i).text,
                 "in this registry the device is at %04X; remove it where it is not any more, "
                 "here with \"usher remove --force\"",
                 (unsigned)known.address);
    } else if (err == REGISTRY_OK && lives(&theirs) && fate != FATE_LEAVE && fate != FATE_KEEP) {
        err = judge_addresses(m, i, &theirs);
    }
    registry_node_clear(&theirs);
    registry_node_clear(&known);
    return err;
}

enum registry_err cdb_merge_judge_nodes(struct cdb_merge *m)
{
    json_t *json;
    size_t i;
    enum registry_err err = REGISTRY_OK;
    json_array_foreach(json_object_get(m->document, "nodes"), i, json)
    {
        if (err == REGISTRY_OK && !cdb_enough(m->findings)) {
            err = judge_node(m, i, json);
        }
    }
    return err;
}

/* -- applying ---------------------------------------------------------------------------------- */

static bool has_key(const struct registry_node *node)
{
    static const uint8_t none[USHER_KEY_SIZE];
    return memcmp(node->device_key, none, sizeof none) != 0;
}

/** Fills what a record lacks from another one of the same node. @return Whether anything was. */
static bool fill_gaps(struct registry_node *node, const struct registry_node *other)
{
    bool key = !has_key(node) && has_key(other);
    bool page = node->page0_len == 0 && other->page0_len != 0 && node->elements == other->elements;
    bool name = node->name[0] == '\0' && other->name[0] != '\0';
    if (key) {
        memcpy(node->device_key, other->device_key, sizeof node->device_key);
    }
    if (page) {
        memcpy(node->page0, other->page0, sizeof node->page0);
        node->page0_len = other->page0_len;
    }
    if (name) {
        memcpy(node->name, other->name, sizeof node->name);
    }
    return key || page || name;
}

static enum registry_err apply_fate(struct cdb_merge *m, enum fate fate,
                                    struct registry_node *theirs, struct registry_node *known)
{
    switch (fate) {
    case FATE_MOVED: /* it was not known whether it is here: it is not */
        m->done->nodes_new++;
        if (registry_removed(m->r, known->address) != REGISTRY_OK) {
            return REGISTRY_FAILED;
        }
        return registry_node_put(m->r, theirs);
    case FATE_NEW:
        m->done->nodes_new++;
        return registry_node_put(m->r, theirs);
    case FATE_REPLACE:
        m->done->nodes_replaced++;
        fill_gaps(theirs, known);
        return registry_node_put(m->r, theirs);
    case FATE_KEEP:
        m->done->nodes_kept++;
        return fill_gaps(known, theirs) ? registry_node_put(m->r, known) : REGISTRY_OK;
    case FATE_REMOVED:
        m->done->nodes_removed++;
        return registry_removed(m->r, known->address);
    case FATE_LEAVE:
    default:
        m->done->nodes_kept++;
        return REGISTRY_OK;
    }
}

static enum registry_err apply_node(struct cdb_merge *m, const json_t *json)
{
    struct registry_node theirs, known = { .settings = NULL };
    enum fate fate = FATE_LEAVE;
    if (!cdb_node_read(json, &theirs)) {
        return REGISTRY_FAILED;
    }
    enum registry_err err = fate_of(m, &theirs, &known, &fate);
    if (err == REGISTRY_OK) {
        err = apply_fate(m, fate, &theirs, &known);
    }
    registry_node_clear(&theirs);
    registry_node_clear(&known);
    return err;
}

/**
 * A node of another provisioner that the document has not, and whose address it excludes, was
 * removed there.
 */
static enum registry_err apply_removal(struct cdb_merge *m, const json_t *nodes, uint16_t address)
{
    struct registry_node node = { .settings = NULL };
    enum registry_err err = registry_at(m->r, address, &node);
    if (err == REGISTRY_OK && lives(&node) && node.address == address && !is_ours(m, address)) {
        json_t *uuid = cdb_uuid_json(node.uuid);
        if (uuid && !json_object_get(nodes, json_string_value(uuid))) {
            err = registry_removed(m->r, address);
            m->done->nodes_removed++;
        }
        json_decref(uuid);
    }
    registry_node_clear(&node);
    return err == REGISTRY_NONE ? REGISTRY_OK : err;
}

static enum registry_err apply_removals(struct cdb_merge *m)
{
    json_t *json, *address, *uuids = json_object();
    size_t i, j;
    bool ok = uuids != NULL;
    enum registry_err err = REGISTRY_OK;
    json_array_foreach(json_object_get(m->document, "nodes"), i, json)
    {
        const char *uuid = json_string_value(json_object_get(json, "UUID"));
        cdb_set(uuids, uuid, json_true(), &ok);
    }
    json_array_foreach(json_object_get(m->document, "networkExclusions"), i, json)
    {
        json_int_t index = json_integer_value(json_object_get(json, "ivIndex"));
        json_array_foreach(json_object_get(json, "addresses"), j, address)
        {
            if (ok && err == REGISTRY_OK && !m->old && (uint64_t)index + 2 > m->iv_index) {
                err = apply_removal(m, uuids, (uint16_t)cdb_hex(address));
            }
        }
    }
    json_decref(uuids);
    return ok ? err : REGISTRY_FAILED;
}

enum registry_err cdb_merge_apply_nodes(struct cdb_merge *m)
{
    json_t *json;
    size_t i;
    enum registry_err err = apply_removals(m);
    json_array_foreach(json_object_get(m->document, "nodes"), i, json)
    {
        if (err == REGISTRY_OK) {
            err = apply_node(m, json);
        }
        m->done->nodes++;
    }
    return err;
}
