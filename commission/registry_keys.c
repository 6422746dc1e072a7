/*
 * The network, its keys, and its provisioners with their ranges; see registry.h.
 */
#include "registry_db.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

/* -- the network ---------------------------------------------------------------------------- */

enum registry_err registry_network(struct registry *r, struct registry_network *network)
{
    sqlite3_stmt *row;
    enum registry_err err =
        db_ask(r, &row, "SELECT uuid, name, iv_index, iv_updating, changed FROM network", "");
    if (err != REGISTRY_OK) {
        return err == REGISTRY_NONE ? db_damaged(r, "no network") : err;
    }
    bool good = db_octets(row, 0, network->uuid, sizeof network->uuid) &&
                db_text(row, 1, network->name, sizeof network->name);
    network->iv_index = (uint32_t)sqlite3_column_int64(row, 2);
    network->iv_updating = sqlite3_column_int(row, 3);
    network->changed = (time_t)sqlite3_column_int64(row, 4);
    sqlite3_reset(row);
    return good ? REGISTRY_OK : db_damaged(r, "the network");
}

enum registry_err registry_network_set(struct registry *r, const struct registry_network *network)
{
    enum registry_err err = db_change(r);
    if (err == REGISTRY_OK) {
        err = db_do(r, "UPDATE network SET uuid = ?, name = ?", "ks", network->uuid, network->name);
    }
    return db_changed_audit(r, err, "network", NULL, 0, network->name);
}

enum registry_err registry_iv_set(struct registry *r, uint32_t index, bool updating)
{
    struct registry_network network = { .iv_index = 0 };
    char detail[40];
    enum registry_err err = registry_network(r, &network);
    if (err != REGISTRY_OK || (network.iv_index == index && network.iv_updating == updating)) {
        return err;
    }
    err = db_change(r);
    if (err == REGISTRY_OK) {
        err = db_do(r, "UPDATE network SET iv_index = ?, iv_updating = ?", "Ii", (int64_t)index,
                    (int)updating);
    }
    if (err == REGISTRY_OK) {
        err = db_do(r, "DELETE FROM exclusion WHERE iv_index + 2 <= ?", "I", (int64_t)index);
        r->mapped = false;
    }
    snprintf(detail, sizeof detail, "%lu%s", (unsigned long)index, updating ? ", updating" : "");
    return db_changed_audit(r, err, "iv-index", NULL, 0, detail);
}

/* -- keys ----------------------------------------------------------------------------------- */

enum registry_err registry_netkey(struct registry *r, size_t n, struct registry_netkey *key)
{
    sqlite3_stmt *row;
    enum registry_err err =
        db_ask(r, &row,
               "SELECT idx, phase, key, old_key, name, changed FROM netkey ORDER BY idx "
               "LIMIT 1 OFFSET ?",
               "I", (int64_t)n);
    if (err != REGISTRY_OK) {
        return err == REGISTRY_NONE ? db_why(r, err, "there is no such subnet") : err;
    }
    *key = (struct registry_netkey){ .index = (uint16_t)sqlite3_column_int(row, 0),
                                     .phase = (uint8_t)sqlite3_column_int(row, 1),
                                     .changed = (time_t)sqlite3_column_int64(row, 5) };
    bool good = db_octets(row, 2, key->key, sizeof key->key) &&
                (key->phase == 0 || db_octets(row, 3, key->old_key, sizeof key->old_key)) &&
                db_text(row, 4, key->name, sizeof key->name);
    sqlite3_reset(row);
    return good ? REGISTRY_OK : db_damaged(r, "a network key");
}

/** Whether a table of keys has room for one more. */
static enum registry_err keys_room(struct registry *r, const char *sql, int index, int most)
{
    sqlite3_stmt *row;
    enum registry_err err = db_ask(r, &row, sql, "i", index);
    if (err != REGISTRY_OK) {
        return err;
    }
    int others = sqlite3_column_int(row, 0);
    sqlite3_reset(row);
    return others < most ? REGISTRY_OK
                         : db_why(r, REGISTRY_FULL, "a network has at most %d of these keys", most);
}

static enum registry_err netkey_put(struct registry *r, const struct registry_netkey *key)
{
    enum registry_err err =
        keys_room(r, "SELECT count(*) FROM netkey WHERE idx != ?", key->index, REGISTRY_NETKEYS);
    if (err != REGISTRY_OK) {
        return err;
    }
    return db_do(r,
                 "INSERT INTO netkey (idx, phase, key, old_key, name, changed) "
                 "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (idx) DO UPDATE SET phase = excluded.phase,"
                 " key = excluded.key, old_key = excluded.old_key, name = excluded.name,"
                 " changed = excluded.changed",
                 "iikksI", (int)key->index, (int)key->phase, key->key,
                 key->phase == 0 ? NULL : key->old_key, key->name, (int64_t)key->changed);
}

enum registry_err registry_netkey_put(struct registry *r, const struct registry_netkey *key)
{
    char detail[40];
    enum registry_err err = db_change(r);
    if (err == REGISTRY_OK) {
        err = netkey_put(r, key);
    }
    snprintf(detail, sizeof detail, "index %u, phase %u", (unsigned)key->index,
             (unsigned)key->phase);
    return db_changed_audit(r, err, "netkey", NULL, 0, detail);
}

/** Reads the row that db_ask() has found. */
static enum registry_err appkey_read(struct registry *r, enum registry_err err, sqlite3_stmt *row,
                                     struct registry_appkey *key)
{
    if (err != REGISTRY_OK) {
        return err == REGISTRY_NONE ? db_why(r, err, "there is no such application key") : err;
    }
    *key = (struct registry_appkey){ .index = (uint16_t)sqlite3_column_int(row, 0),
                                     .net_index = (uint16_t)sqlite3_column_int(row, 1) };
    bool good = db_octets(row, 2, key->key, sizeof key->key) &&
                db_text(row, 3, key->name, sizeof key->name);
    sqlite3_reset(row);
    return good ? REGISTRY_OK : db_damaged(r, "an application key");
}

enum registry_err registry_appkey(struct registry *r, size_t n, struct registry_appkey *key)
{
    sqlite3_stmt *row;
    enum registry_err err = db_ask(
        r, &row, "SELECT idx, net_index, key, name FROM appkey ORDER BY idx LIMIT 1 OFFSET ?", "I",
        (int64_t)n);
    return appkey_read(r, err, row, key);
}

enum registry_err registry_appkey_find(struct registry *r, uint16_t index,
                                       struct registry_appkey *key)
{
    sqlite3_stmt *row;
    enum registry_err err = db_ask(
        r, &row, "SELECT idx, net_index, key, name FROM appkey WHERE idx = ?", "i", (int)index);
    return appkey_read(r, err, row, key);
}

/** Whether an application key may be put: none with its index has another key. */
static enum registry_err appkey_agrees(struct registry *r, const struct registry_appkey *key)
{
    sqlite3_stmt *row;
    enum registry_err err = db_ask(r, &row, "SELECT 1 FROM appkey WHERE idx = ? AND key != ?", "ik",
                                   (int)key->index, key->key);
    if (err == REGISTRY_OK) {
        sqlite3_reset(row);
        return db_why(r, REGISTRY_CONFLICT, "AppKey %u is there already, with another key",
                      (unsigned)key->index);
    }
    return err == REGISTRY_NONE ? REGISTRY_OK : err;
}

static enum registry_err appkey_put(struct registry *r, const struct registry_appkey *key)
{
    sqlite3_stmt *row;
    enum registry_err err =
        db_ask(r, &row, "SELECT 1 FROM netkey WHERE idx = ?", "i", (int)key->net_index);
    if (err != REGISTRY_OK) {
        return err == REGISTRY_NONE ? db_why(r, REGISTRY_CONFLICT,
                                             "AppKey %u is bound to NetKey %u, which is not there",
                                             (unsigned)key->index, (unsigned)key->net_index)
                                    : err;
    }
    sqlite3_reset(row);
    err = appkey_agrees(r, key);
    if (err == REGISTRY_OK) {
        err = keys_room(r, "SELECT count(*) FROM appkey WHERE idx != ?", key->index,
                        REGISTRY_APPKEYS);
    }
    if (err != REGISTRY_OK) {
        return err;
    }
    return db_do(r,
                 "INSERT INTO appkey (idx, net_index, key, name) VALUES (?, ?, ?, ?) "
                 "ON CONFLICT (idx) DO UPDATE SET net_index = excluded.net_index,"
                 " name = excluded.name",
                 "iiks", (int)key->index, (int)key->net_index, key->key, key->name);
}

enum registry_err registry_appkey_put(struct registry *r, const struct registry_appkey *key)
{
    char detail[20];
    enum registry_err err = db_change(r);
    if (err == REGISTRY_OK) {
        err = appkey_put(r, key);
    }
    snprintf(detail, sizeof detail, "index %u", (unsigned)key->index);
    return db_changed_audit(r, err, "appkey", NULL, 0, detail);
}

/* -- provisioners --------------------------------------------------------------------------- */

static enum registry_err ranges_read(struct registry *r, struct registry_provisioner *p)
{
    sqlite3_stmt *row;
    struct registry_range *const ranges[] = { p->unicast, p->group, p->scene };
    uint8_t *const counts[] = { &p->unicast_count, &p->group_count, &p->scene_count };
    enum registry_err err =
        db_ask(r, &row, "SELECT kind, low, high FROM span WHERE provisioner = ? ORDER BY kind, low",
               "k", p->uuid);
    while (err == REGISTRY_OK) {
        unsigned kind = (unsigned)sqlite3_column_int(row, 0);
        if (kind > RANGE_SCENE || *counts[kind] == REGISTRY_RANGES) {
            sqlite3_reset(row);
            return db_damaged(r, "the ranges of a provisioner");
        }
        ranges[kind][(*counts[kind])++] =
            (struct registry_range){ .low = (uint16_t)sqlite3_column_int(row, 1),
                                     .high = (uint16_t)sqlite3_column_int(row, 2) };
        err = db_next(r, row);
    }
    return err == REGISTRY_NONE ? REGISTRY_OK : err;
}

enum registry_err registry_provisioner(struct registry *r, size_t n, struct registry_provisioner *p)
{
    sqlite3_stmt *row;
    enum registry_err err = db_ask(r, &row,
                                   "SELECT uuid, name, ours, address, device_key FROM provisioner "
                                   "ORDER BY ours DESC, uuid LIMIT 1 OFFSET ?",
                                   "I", (int64_t)n);
    if (err != REGISTRY_OK) {
        return err == REGISTRY_NONE ? db_why(r, err, "there is no such provisioner") : err;
    }
    memset(p, 0, sizeof *p);
    bool good = db_octets(row, 0, p->uuid, sizeof p->uuid) &&
                db_text(row, 1, p->name, sizeof p->name) &&
                (sqlite3_column_type(row, 4) == SQLITE_NULL ||
                 db_octets(row, 4, p->device_key, sizeof p->device_key));
    p->ours = sqlite3_column_int(row, 2);
    p->address = (uint16_t)sqlite3_column_int(row, 3);
    sqlite3_reset(row);
    return good ? ranges_read(r, p) : db_damaged(r, "a provisioner");
}

enum registry_err keys_ours(struct registry *r, struct registry_provisioner *p)
{
    enum registry_err err = registry_provisioner(r, 0, p);
    if (err == REGISTRY_NONE || (err == REGISTRY_OK && !p->ours)) {
        return db_damaged(r, "no provisioner is ours");
    }
    return err;
}

enum registry_err keys_ranges_set(struct registry *r, const uint8_t uuid[USHER_UUID_SIZE],
                                  enum range_kind kind, const struct registry_range *ranges,
                                  size_t count)
{
    enum registry_err err =
        db_do(r, "DELETE FROM span WHERE provisioner = ? AND kind = ?", "ki", uuid, (int)kind);
    for (size_t i = 0; i < count && err == REGISTRY_OK; i++) {
        err = db_do(r, "INSERT INTO span (provisioner, kind, low, high) VALUES (?, ?, ?, ?)",
                    "kiii", uuid, (int)kind, (int)ranges[i].low, (int)ranges[i].high);
    }
    return err;
}

/** Whether a range that has been written for a provisioner is another one's, too. */
static enum registry_err ranges_agree(struct registry *r, const struct registry_provisioner *p)
{
    static const char *const kinds[] = { "unicast addresses", "group addresses", "scenes" };
    sqlite3_stmt *row;
    enum registry_err err =
        db_ask(r, &row,
               "SELECT b.kind, max(a.low, b.low), min(a.high, b.high), p.name FROM span a "
               "JOIN span b ON a.kind = b.kind AND a.low <= b.high AND b.low <= a.high "
               "AND b.rowid != a.rowid JOIN provisioner p ON p.uuid = b.provisioner "
               "WHERE a.provisioner = ? LIMIT 1",
               "k", p->uuid);
    if (err != REGISTRY_OK) {
        return err == REGISTRY_NONE ? REGISTRY_OK : err;
    }
    err = db_why(r, REGISTRY_CONFLICT, "\"%s\" and \"%s\" both have the %s %04X to %04X", p->name,
                 (const char *)sqlite3_column_text(row, 3), kinds[sqlite3_column_int(row, 0) % 3],
                 (unsigned)sqlite3_column_int(row, 1), (unsigned)sqlite3_column_int(row, 2));
    sqlite3_reset(row);
    return err;
}

/** Whether the address of a provisioner's node is another one's. */
static enum registry_err own_agrees(struct registry *r, const struct registry_provisioner *p)
{
    sqlite3_stmt *row;
    enum registry_err err =
        db_ask(r, &row,
               "SELECT name FROM node WHERE state < 2 AND address BETWEEN ?1 - 254 AND ?1 "
               "AND address + elements > ?1 AND uuid != ?2 "
               "UNION ALL SELECT name FROM provisioner WHERE address = ?1 AND uuid != ?2",
               "ik", (int)p->address, p->uuid);
    if (err != REGISTRY_OK) {
        return err == REGISTRY_NONE ? REGISTRY_OK : err;
    }
    err = db_why(r, REGISTRY_CONFLICT, "\"%s\" and \"%s\" both have the address %04X", p->name,
                 (const char *)sqlite3_column_text(row, 0), (unsigned)p->address);
    sqlite3_reset(row);
    return err;
}

static enum registry_err provisioner_row(struct registry *r, const struct registry_provisioner *p)
{
    static const uint8_t none[USHER_KEY_SIZE];
    bool key = memcmp(p->device_key, none, sizeof none) != 0;
    enum registry_err err = REGISTRY_OK;
    if (p->ours) {
        err = db_do(r, "UPDATE provisioner SET ours = 0 WHERE ours AND uuid != ?", "k", p->uuid);
    }
    if (err != REGISTRY_OK) {
        return err;
    }
    return db_do(r,
                 "INSERT INTO provisioner (uuid, name, ours, address, device_key) "
                 "VALUES (?, ?, ?, ?, ?) ON CONFLICT (uuid) DO UPDATE SET name = excluded.name,"
                 " ours = excluded.ours, address = excluded.address,"
                 " device_key = excluded.device_key",
                 "ksiik", p->uuid, p->name, (int)p->ours, (int)p->address,
                 key ? p->device_key : NULL);
}

/** Writes a provisioner, whatever the others have. */
static enum registry_err provisioner_write(struct registry *r, const struct registry_provisioner *p)
{
    enum registry_err err = provisioner_row(r, p);
    if (err == REGISTRY_OK) {
        err = keys_ranges_set(r, p->uuid, RANGE_UNICAST, p->unicast, p->unicast_count);
    }
    if (err == REGISTRY_OK) {
        err = keys_ranges_set(r, p->uuid, RANGE_GROUP, p->group, p->group_count);
    }
    if (err == REGISTRY_OK) {
        err = keys_ranges_set(r, p->uuid, RANGE_SCENE, p->scene, p->scene_count);
    }
    return err;
}

static enum registry_err provisioner_put(struct registry *r, const struct registry_provisioner *p)
{
    struct registry_provisioner ours;
    enum registry_err err = p->address == 0 ? REGISTRY_OK : own_agrees(r, p);
    if (err == REGISTRY_OK) {
        err = provisioner_write(r, p);
    }
    if (err == REGISTRY_OK) {
        err = ranges_agree(r, p);
    }
    if (err == REGISTRY_OK) {
        err = registry_provisioner(r, 0, &ours);
        OPENSSL_cleanse(&ours.device_key, sizeof ours.device_key);
    }
    if (err == REGISTRY_OK && !ours.ours) {
        err = db_why(r, REGISTRY_CONFLICT, "one provisioner has to be ours");
    }
    return err;
}

enum registry_err registry_provisioner_put(struct registry *r, const struct registry_provisioner *p)
{
    enum registry_err err = db_change(r);
    if (err == REGISTRY_OK) {
        r->mapped = false;
        err = provisioner_put(r, p);
    }
    return db_changed_audit(r, err, "provisioner", p->uuid, p->address, p->name);
}

static enum registry_err own_lease(struct registry *r, struct registry_provisioner *p,
                                   const uint8_t device_key[USHER_KEY_SIZE],
                                   struct usher_prov_data *data)
{
    uint16_t before = p->address;
    enum registry_err err = map_have(r);
    if (err == REGISTRY_OK) {
        err = map_find(r, 1, &p->address);
    }
    if (err == REGISTRY_OK && before != 0) {
        err = exclude(r, before, 1);
    }
    if (err == REGISTRY_OK) {
        err = db_do(r, "UPDATE provisioner SET address = ?, device_key = ? WHERE ours", "ik",
                    (int)p->address, device_key);
    }
    if (err == REGISTRY_OK) {
        map_add(&r->taken, p->address, p->address);
        err = keys_data(r, p->address, data);
    }
    return err;
}

enum registry_err registry_own_lease(struct registry *r, const uint8_t device_key[USHER_KEY_SIZE],
                                     struct usher_prov_data *data)
{
    struct registry_provisioner p = { .address = 0 };
    enum registry_err err = db_change(r);
    if (err == REGISTRY_OK) {
        err = keys_ours(r, &p);
    }
    if (err == REGISTRY_OK) {
        err = own_lease(r, &p, device_key, data);
    }
    OPENSSL_cleanse(p.device_key, sizeof p.device_key);
    return db_changed_audit(r, err, "leased", p.uuid, p.address, "our own node");
}

enum registry_err keys_data(struct registry *r, uint16_t address, struct usher_prov_data *data)
{
    struct registry_network network = { .iv_index = 0 };
    struct registry_netkey key;
    enum registry_err err = registry_network(r, &network);
    if (err == REGISTRY_OK) {
        err = registry_netkey(r, 0, &key);
    }
    if (err != REGISTRY_OK) {
        return err == REGISTRY_NONE ? db_damaged(r, "no network key") : err;
    }
    *data = (struct usher_prov_data){ .netkey_index = key.index,
                                      .iv_index = network.iv_index,
                                      .address = address,
                                      .flags.iv_update = network.iv_updating,
                                      .flags.key_refresh = key.phase == 2 };
    memcpy(data->netkey, key.phase == 1 ? key.old_key : key.key, sizeof data->netkey);
    OPENSSL_cleanse(&key, sizeof key);
    return REGISTRY_OK;
}

/* -- a new network -------------------------------------------------------------------------- */

enum registry_err keys_make(struct registry *r, const struct registry_new *make)
{
    struct registry_netkey key = { .index = make->net_index,
                                   .name = "Primary Network Key",
                                   .changed = time(NULL) };
    struct registry_provisioner p = { .name = "usher",
                                      .ours = true,
                                      .unicast_count = 1,
                                      .unicast = { make->unicast },
                                      .group_count = 1,
                                      .group = { { REGISTRY_GROUP_MIN, 0xDFFF } },
                                      .scene_count = 1,
                                      .scene = { { 0x0001, 0x7FFF } } };
    const char *name = make->name ? make->name : "Mesh Network";
    if (make->unicast.low == 0) {
        p.unicast[0] = (struct registry_range){ USHER_UNICAST_MIN, 0x3FFF };
    }
    memcpy(key.key, make->net_key, sizeof key.key);
    memcpy(p.uuid, make->provisioner, sizeof p.uuid);
    enum registry_err err = db_change(r);
    if (err == REGISTRY_OK) {
        err = db_do(r,
                    "INSERT INTO network (only, uuid, name, iv_index, iv_updating, changed, "
                    "settled) VALUES (1, ?, ?, 0, 0, 0, 1)",
                    "ks", make->uuid, name);
    }
    if (err == REGISTRY_OK) {
        err = netkey_put(r, &key);
    }
    if (err == REGISTRY_OK) {
        err = provisioner_put(r, &p);
    }
    OPENSSL_cleanse(&key, sizeof key);
    return db_changed_audit(r, err, "made", NULL, 0, name);
}
