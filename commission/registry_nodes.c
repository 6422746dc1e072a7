/*
 * Nodes; see registry.h. Each has a row, and keeps it when it is removed or excluded, so a device
 * and an address may have had several. The one that counts is the living one (unknown or
 * provisioned: no two of those share an address), or else the newest.
 */
#include "registry_db.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What row_node() reads. */
#define COLUMNS                                                                                    \
    "uuid, address, elements, device_key, state, name, configured, secure, page0, settings"

void registry_node_clear(struct registry_node *node)
{
    json_decref(node->settings);
    OPENSSL_cleanse(node, sizeof *node);
}

/* -- reading -------------------------------------------------------------------------------- */

static bool row_settings(sqlite3_stmt *row, int column, json_t **settings)
{
    const char *text = (const char *)sqlite3_column_text(row, column);
    *settings = text ? json_loads(text, 0, NULL) : NULL;
    return !text || json_is_object(*settings);
}

static bool row_page0(sqlite3_stmt *row, int column, struct registry_node *node)
{
    int len = sqlite3_column_bytes(row, column);
    if (len == 0) {
        return true;
    }
    node->page0_len = (uint16_t)len;
    return (size_t)len <= sizeof node->page0 && db_octets(row, column, node->page0, (size_t)len);
}

static enum registry_err row_node(struct registry *r, sqlite3_stmt *row, struct registry_node *node)
{
    int address = sqlite3_column_int(row, 1), elements = sqlite3_column_int(row, 2);
    int state = sqlite3_column_int(row, 4);
    bool good = address >= (int)USHER_UNICAST_MIN && elements >= 1 && elements <= 255 &&
                address + elements - 1 <= (int)USHER_UNICAST_MAX && state >= REGISTRY_UNKNOWN &&
                state <= REGISTRY_REMOVED && db_octets(row, 0, node->uuid, sizeof node->uuid) &&
                db_octets(row, 3, node->device_key, sizeof node->device_key) &&
                db_text(row, 5, node->name, sizeof node->name) && row_page0(row, 8, node) &&
                row_settings(row, 9, &node->settings);
    node->address = (uint16_t)address;
    node->elements = (uint8_t)elements;
    node->state = (enum registry_state)state;
    node->configured = sqlite3_column_int(row, 6);
    node->secure = sqlite3_column_int(row, 7);
    sqlite3_reset(row);
    if (!good) {
        registry_node_clear(node);
        return db_damaged(r, "a node");
    }
    return REGISTRY_OK;
}

/** Reads the row that db_ask() has found. */
static enum registry_err node_read(struct registry *r, enum registry_err err, sqlite3_stmt *row,
                                   struct registry_node *node)
{
    registry_node_clear(node);
    if (err == REGISTRY_NONE) {
        return db_why(r, err, "there is no such node");
    }
    return err == REGISTRY_OK ? row_node(r, row, node) : err;
}

/** The one number of a row; null is none. */
static enum registry_err number_read(enum registry_err err, sqlite3_stmt *row, int64_t *number)
{
    if (err == REGISTRY_OK) {
        err = sqlite3_column_type(row, 0) == SQLITE_NULL ? REGISTRY_NONE : REGISTRY_OK;
        *number = sqlite3_column_int64(row, 0);
        sqlite3_reset(row);
    }
    return err;
}

/** The id of the living node with this element address. @retval REGISTRY_NONE, REGISTRY_FAILED */
static enum registry_err living_at(struct registry *r, uint16_t address, int64_t *id)
{
    sqlite3_stmt *row;
    enum registry_err err =
        db_ask(r, &row,
               "SELECT id FROM (SELECT id, address, elements FROM node WHERE state < 2 "
               "AND address <= ?1 ORDER BY address DESC LIMIT 1) WHERE address + elements > ?1",
               "i", (int)address);
    return number_read(err, row, id);
}

/** The same, or else the newest that had it. */
static enum registry_err any_at(struct registry *r, uint16_t address, int64_t *id)
{
    sqlite3_stmt *row;
    enum registry_err err = living_at(r, address, id);
    if (err == REGISTRY_NONE) {
        err = db_ask(r, &row,
                     "SELECT max(id) FROM node WHERE address BETWEEN ?1 - 254 AND ?1 "
                     "AND address + elements > ?1",
                     "i", (int)address);
        err = number_read(err, row, id);
    }
    return err == REGISTRY_NONE
               ? db_why(r, err, "address 0x%04x is not of this network", (unsigned)address)
               : err;
}

enum registry_err registry_find(struct registry *r, const uint8_t uuid[USHER_UUID_SIZE],
                                struct registry_node *node)
{
    sqlite3_stmt *row;
    enum registry_err err = db_ask(r, &row,
                                   "SELECT " COLUMNS " FROM node WHERE id = (SELECT id FROM node "
                                   "WHERE uuid = ? ORDER BY state < 2 DESC, id DESC LIMIT 1)",
                                   "k", uuid);
    return node_read(r, err, row, node);
}

enum registry_err registry_at(struct registry *r, uint16_t address, struct registry_node *node)
{
    sqlite3_stmt *row;
    int64_t id = 0;
    enum registry_err err = any_at(r, address, &id);
    if (err != REGISTRY_OK) {
        registry_node_clear(node);
        return err;
    }
    err = db_ask(r, &row, "SELECT " COLUMNS " FROM node WHERE id = ?", "I", id);
    return node_read(r, err, row, node);
}

enum registry_err registry_device_key(struct registry *r, uint16_t address,
                                      uint8_t key[USHER_KEY_SIZE])
{
    sqlite3_stmt *row;
    int64_t id = 0;
    enum registry_err err = any_at(r, address, &id);
    if (err == REGISTRY_OK) {
        err = db_ask(r, &row, "SELECT device_key FROM node WHERE id = ?", "I", id);
    }
    if (err != REGISTRY_OK) {
        return err;
    }
    bool good = db_octets(row, 0, key, USHER_KEY_SIZE);
    sqlite3_reset(row);
    return good ? REGISTRY_OK : db_damaged(r, "a device key");
}

enum registry_err registry_next(struct registry *r, uint16_t after, struct registry_node *node)
{
    sqlite3_stmt *row;
    enum registry_err err =
        db_ask(r, &row,
               "SELECT " COLUMNS " FROM node WHERE id = (SELECT id FROM node WHERE address = "
               "(SELECT min(address) FROM node WHERE address > ?) "
               "ORDER BY state < 2 DESC, id DESC LIMIT 1)",
               "i", (int)after);
    return node_read(r, err, row, node);
}

enum registry_err registry_counts(struct registry *r, struct registry_counts *counts)
{
    sqlite3_stmt *row;
    r->mapped = r->mapped && !r->viewing; /* others are changing it */
    enum registry_err err = map_have(r);
    if (err == REGISTRY_OK) {
        err = db_ask(r, &row,
                     "SELECT total(state = 0), total(state = 1), total(state = 1 AND configured), "
                     "total(state = 2), total(state = 3) FROM node",
                     "");
    }
    if (err != REGISTRY_OK) {
        return err;
    }
    *counts = (struct registry_counts){ .unknown = (unsigned)sqlite3_column_int(row, 0),
                                        .provisioned = (unsigned)sqlite3_column_int(row, 1),
                                        .configured = (unsigned)sqlite3_column_int(row, 2),
                                        .excluded = (unsigned)sqlite3_column_int(row, 3),
                                        .removed = (unsigned)sqlite3_column_int(row, 4),
                                        .addresses_left = map_left(r) };
    sqlite3_reset(row);
    return REGISTRY_OK;
}

/* -- leases --------------------------------------------------------------------------------- */

/**
 * Excludes what this device was before; but not the addresses from @p address on that it is to
 * have again, if it is unknown there.
 */
static enum registry_err replace(struct registry *r, const struct registry_lease *lease)
{
    for (;;) {
        sqlite3_stmt *row;
        enum registry_err err = db_ask(
            r, &row, "SELECT id, address, elements, state FROM node WHERE uuid = ? AND state < 2",
            "k", lease->uuid);
        if (err != REGISTRY_OK) {
            return err == REGISTRY_NONE ? REGISTRY_OK : err;
        }
        int64_t id = sqlite3_column_int64(row, 0);
        unsigned low = (unsigned)sqlite3_column_int(row, 1);
        unsigned elements = (unsigned)sqlite3_column_int(row, 2), again = 0;
        if (sqlite3_column_int(row, 3) == REGISTRY_UNKNOWN && low == lease->address) {
            again = lease->elements < elements ? lease->elements : elements;
        }
        sqlite3_reset(row);
        err = db_do(r, "UPDATE node SET state = 2 WHERE id = ?", "I", id);
        if (err == REGISTRY_OK) {
            err = exclude(r, low + again, elements - again);
        }
        for (unsigned a = low; a < low + again; a++) {
            r->taken.bits[a / 64] &= ~((uint64_t)1 << (a % 64));
        }
        if (err == REGISTRY_OK) {
            err = db_audit(r, "excluded", lease->uuid, (uint16_t)low, "came back unprovisioned");
        }
        if (err != REGISTRY_OK) {
            return err;
        }
    }
}

/** Whether the address that is wanted can be had. */
static enum registry_err wanted(struct registry *r, const struct registry_lease *lease)
{
    unsigned low = lease->address, high = low + lease->elements - 1u;
    bool ours = true;
    if (high > USHER_UNICAST_MAX) {
        return db_why(r, REGISTRY_CONFLICT, "%u elements from 0x%04x on go beyond 0x7fff",
                      (unsigned)lease->elements, low);
    }
    for (unsigned a = low; a <= high; a++) {
        if (map_has(&r->taken, a) || map_has(&r->others, a)) {
            return db_why(r, REGISTRY_CONFLICT, "address 0x%04x is %s", a,
                          map_has(&r->taken, a) ? "another node's, or was until lately"
                                                : "another provisioner's to give");
        }
        ours = ours && map_has(&r->ours, a);
    }
    return ours ? REGISTRY_OK : map_claim(r, low, high);
}

/** The lowest free range, with the first address left to our own node if it has none. */
static enum registry_err lowest(struct registry *r, unsigned elements, uint16_t *address)
{
    struct registry_provisioner p;
    uint16_t own = 0;
    enum registry_err err = keys_ours(r, &p);
    OPENSSL_cleanse(p.device_key, sizeof p.device_key);
    if (err == REGISTRY_OK && p.address == 0) {
        err = map_find(r, 1, &own);
        map_add(&r->taken, own, own);
    }
    if (err == REGISTRY_OK) {
        err = map_find(r, elements, address);
    }
    if (own != 0) {
        r->taken.bits[own / 64] &= ~((uint64_t)1 << (own % 64));
    }
    return err;
}

static enum registry_err node_lease(struct registry *r, const struct registry_lease *lease,
                                    uint16_t *address)
{
    enum registry_err err = map_have(r);
    if (err == REGISTRY_OK) {
        err = replace(r, lease);
    }
    *address = lease->address;
    if (err == REGISTRY_OK) {
        err = *address != 0 ? wanted(r, lease) : lowest(r, lease->elements, address);
    }
    if (err == REGISTRY_OK) {
        err = db_do(r,
                    "INSERT INTO node (uuid, address, elements, device_key, state, name, "
                    "configured, secure) VALUES (?, ?, ?, ?, 0, '', 0, 0)",
                    "kiik", lease->uuid, (int)*address, (int)lease->elements, lease->device_key);
    }
    if (err == REGISTRY_OK) {
        map_add(&r->taken, *address, *address + lease->elements - 1u);
    }
    return err;
}

enum registry_err registry_lease(struct registry *r, const struct registry_lease *lease,
                                 struct usher_prov_data *data)
{
    uint16_t address = 0;
    char detail[24];
    enum registry_err err = db_change(r);
    if (err == REGISTRY_OK) {
        err = node_lease(r, lease, &address);
    }
    if (err == REGISTRY_OK) {
        err = keys_data(r, address, data);
    }
    snprintf(detail, sizeof detail, "%u elements", (unsigned)lease->elements);
    return db_changed_audit(r, err, "leased", lease->uuid, address, detail);
}

/* -- what becomes of a node ----------------------------------------------------------------- */

/** A node's row: what is needed of it to change it. */
struct row {
    int64_t id;
    uint8_t uuid[USHER_UUID_SIZE];
    unsigned elements;
};

/** The living node with this primary address. @retval REGISTRY_NONE, REGISTRY_FAILED */
static enum registry_err living(struct registry *r, uint16_t address, struct row *node)
{
    sqlite3_stmt *row;
    enum registry_err err =
        db_ask(r, &row, "SELECT id, uuid, elements FROM node WHERE state < 2 AND address = ?", "i",
               (int)address);
    if (err != REGISTRY_OK) {
        return err == REGISTRY_NONE ? db_why(r, err, "address 0x%04x is no node's of this network",
                                             (unsigned)address)
                                    : err;
    }
    node->id = sqlite3_column_int64(row, 0);
    node->elements = (unsigned)sqlite3_column_int(row, 2);
    bool good = db_octets(row, 1, node->uuid, sizeof node->uuid);
    sqlite3_reset(row);
    return good ? REGISTRY_OK : db_damaged(r, "a node");
}

enum registry_err registry_provisioned(struct registry *r, uint16_t address, uint8_t elements,
                                       const uint8_t device_key[USHER_KEY_SIZE], bool secure)
{
    struct row node = { .id = 0 };
    enum registry_err err = db_change(r);
    if (err == REGISTRY_OK) {
        err = living(r, address, &node);
    }
    if (err == REGISTRY_OK) {
        err = db_do(r,
                    "UPDATE node SET state = 1, elements = min(elements, ?), device_key = ?, "
                    "secure = ? WHERE id = ?",
                    "ikiI", (int)elements, device_key, (int)secure, node.id);
    }
    if (err == REGISTRY_OK) {
        r->mapped = r->mapped && elements >= node.elements;
        err = db_do(r, "DELETE FROM failure WHERE uuid = ?", "k", node.uuid);
    }
    return db_changed_audit(r, err, "provisioned", node.uuid, address,
                            secure ? "public key out of band" : "");
}

/** The text of settings, for free(); NULL when there are none. @retval false  No memory. */
static bool settings_text(const json_t *settings, char **text)
{
    *text = settings ? json_dumps(settings, JSON_COMPACT | JSON_PRESERVE_ORDER) : NULL;
    return *text || !settings;
}

enum registry_err registry_configured(struct registry *r, uint16_t address,
                                      const struct registry_configuration *c)
{
    struct row node = { .id = 0 };
    char *settings = NULL;
    enum registry_err err = db_change(r);
    if (err == REGISTRY_OK) {
        err = living(r, address, &node);
    }
    if (err == REGISTRY_OK && (!settings_text(c->settings, &settings) ||
                               (c->page0 && c->page0_len > REGISTRY_PAGE0_MAX))) {
        err = db_why(r, REGISTRY_FAILED, "the settings of 0x%04x cannot be stored",
                     (unsigned)address);
    }
    if (err == REGISTRY_OK) {
        err = db_do(r,
                    "UPDATE node SET state = 1, page0 = coalesce(?, page0), settings = "
                    "coalesce(?, settings), configured = configured OR ? WHERE id = ?",
                    "bsiI", c->page0, c->page0_len, settings, (int)c->whole, node.id);
    }
    free(settings);
    return db_changed_audit(r, err, "configured", node.uuid, address, c->whole ? "" : "in part");
}

enum registry_err registry_named(struct registry *r, uint16_t address, const char *name)
{
    sqlite3_stmt *row;
    struct row node = { .id = 0 };
    enum registry_err err = db_change(r);
    if (err == REGISTRY_OK) {
        err = db_ask(r, &row,
                     "SELECT id, uuid FROM node WHERE address = ? "
                     "ORDER BY state < 2 DESC, id DESC LIMIT 1",
                     "i", (int)address);
        if (err == REGISTRY_OK) {
            node.id = sqlite3_column_int64(row, 0);
            db_octets(row, 1, node.uuid, sizeof node.uuid);
            sqlite3_reset(row);
            err = db_do(r, "UPDATE node SET name = ? WHERE id = ?", "sI", name, node.id);
        } else if (err == REGISTRY_NONE) {
            db_why(r, err, "address 0x%04x is not of this network", (unsigned)address);
        }
    }
    return db_changed_audit(r, err, "named", node.uuid, address, name);
}

enum registry_err registry_removed(struct registry *r, uint16_t address)
{
    struct row node = { .id = 0 };
    enum registry_err err = db_change(r);
    if (err == REGISTRY_OK) {
        err = living(r, address, &node);
    }
    if (err == REGISTRY_OK) {
        err = db_do(r, "UPDATE node SET state = 3, configured = 0 WHERE id = ?", "I", node.id);
    }
    if (err == REGISTRY_OK) {
        err = exclude(r, address, node.elements);
    }
    return db_changed_audit(r, err, "removed", node.uuid, address, "");
}

/* -- imports -------------------------------------------------------------------------------- */

/** Whether a node that lives has addresses that are another's. */
static enum registry_err node_agrees(struct registry *r, const struct registry_node *node)
{
    sqlite3_stmt *row;
    int low = node->address, high = low + node->elements - 1;
    enum registry_err err = db_ask(
        r, &row,
        "SELECT address, name, lower(hex(uuid)) FROM node WHERE state < 2 AND address BETWEEN "
        "?1 - 254 AND ?2 AND address + elements > ?1 AND NOT (uuid = ?3 AND address = ?1) "
        "UNION ALL SELECT address, name, lower(hex(uuid)) FROM provisioner "
        "WHERE address BETWEEN ?1 AND ?2 AND uuid != ?3",
        "iik", low, high, node->uuid);
    if (err != REGISTRY_OK) {
        return err == REGISTRY_NONE ? REGISTRY_OK : err;
    }
    char uuid[2 * USHER_UUID_SIZE + 1];
    for (size_t i = 0; i < USHER_UUID_SIZE; i++) {
        snprintf(uuid + 2 * i, 3, "%02x", node->uuid[i]);
    }
    err =
        db_why(r, REGISTRY_CONFLICT,
               "%s \"%s\" at 0x%04x (%d elements) and %s \"%s\" at 0x%04x share addresses", uuid,
               node->name, (unsigned)low, node->elements, (const char *)sqlite3_column_text(row, 2),
               (const char *)sqlite3_column_text(row, 1), (unsigned)sqlite3_column_int(row, 0));
    sqlite3_reset(row);
    return err;
}

static enum registry_err node_put(struct registry *r, const struct registry_node *node,
                                  const char *settings)
{
    bool lives = node->state == REGISTRY_UNKNOWN || node->state == REGISTRY_PROVISIONED;
    enum registry_err err = lives ? node_agrees(r, node) : REGISTRY_OK;
    if (err == REGISTRY_OK) {
        err = db_do(r, "DELETE FROM node WHERE state < 2 AND uuid = ? AND address = ?", "ki",
                    node->uuid, (int)node->address);
    }
    if (err != REGISTRY_OK) {
        return err;
    }
    return db_do(r, "INSERT INTO node (" COLUMNS ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                 "kiikisiibs", node->uuid, (int)node->address, (int)node->elements,
                 node->device_key, (int)node->state, node->name, (int)node->configured,
                 (int)node->secure, node->page0_len > 0 ? node->page0 : NULL,
                 (size_t)node->page0_len, settings);
}

enum registry_err registry_node_put(struct registry *r, const struct registry_node *node)
{
    char *settings = NULL;
    enum registry_err err = db_change(r);
    if (err == REGISTRY_OK &&
        (node->address < USHER_UNICAST_MIN || node->elements < 1 ||
         node->address + node->elements - 1u > USHER_UNICAST_MAX ||
         node->page0_len > REGISTRY_PAGE0_MAX || !settings_text(node->settings, &settings))) {
        err = db_why(r, REGISTRY_FAILED, "a node at 0x%04x with %u elements cannot be stored",
                     (unsigned)node->address, (unsigned)node->elements);
    }
    if (err == REGISTRY_OK) {
        r->mapped = false;
        err = node_put(r, node, settings);
    }
    free(settings);
    return db_changed_audit(r, err, "imported", node->uuid, node->address, node->name);
}
