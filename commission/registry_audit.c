/*
 * Exclusions, failures of authentication, runs, documents and the audit log; see registry.h.
 */
#include "registry_db.h"

#include <stdlib.h>

/* -- exclusions ----------------------------------------------------------------------------- */

enum registry_err exclude(struct registry *r, unsigned address, unsigned elements)
{
    enum registry_err err = REGISTRY_OK;
    for (unsigned a = address; a < address + elements && err == REGISTRY_OK; a++) {
        err = db_do(r,
                    "INSERT OR IGNORE INTO exclusion (iv_index, address) "
                    "SELECT iv_index, ? FROM network",
                    "i", (int)a);
        map_add(&r->taken, a, a);
    }
    return err;
}

enum registry_err registry_exclusion_next(struct registry *r, struct registry_exclusion *e)
{
    sqlite3_stmt *row;
    enum registry_err err =
        db_ask(r, &row,
               "SELECT iv_index, address FROM exclusion WHERE "
               "(iv_index, address) > (?, ?) ORDER BY iv_index, address LIMIT 1",
               "Ii", (int64_t)e->iv_index, (int)e->address);
    if (err != REGISTRY_OK) {
        return err == REGISTRY_NONE ? db_why(r, err, "there are no more exclusions") : err;
    }
    e->iv_index = (uint32_t)sqlite3_column_int64(row, 0);
    e->address = (uint16_t)sqlite3_column_int(row, 1);
    sqlite3_reset(row);
    return REGISTRY_OK;
}

enum registry_err registry_exclusion_put(struct registry *r, const struct registry_exclusion *e)
{
    enum registry_err err = db_change(r);
    if (err == REGISTRY_OK) {
        err = db_do(r, "INSERT OR IGNORE INTO exclusion (iv_index, address) VALUES (?, ?)", "Ii",
                    (int64_t)e->iv_index, (int)e->address);
        map_add(&r->taken, e->address, e->address);
    }
    return db_changed_audit(r, err, "exclusion", NULL, e->address, "");
}

/* -- failures ------------------------------------------------------------------------------- */

enum registry_err registry_failures(struct registry *r, const uint8_t uuid[USHER_UUID_SIZE],
                                    struct registry_failures *failures)
{
    sqlite3_stmt *row;
    enum registry_err err =
        db_ask(r, &row, "SELECT count, last FROM failure WHERE uuid = ?", "k", uuid);
    *failures = (struct registry_failures){ .count = 0 };
    if (err != REGISTRY_OK) {
        return err == REGISTRY_NONE ? REGISTRY_OK : err;
    }
    failures->count = (unsigned)sqlite3_column_int(row, 0);
    failures->last = (time_t)sqlite3_column_int64(row, 1);
    sqlite3_reset(row);
    return REGISTRY_OK;
}

enum registry_err registry_auth_failed(struct registry *r, const uint8_t uuid[USHER_UUID_SIZE])
{
    return db_do(r,
                 "INSERT INTO failure (uuid, count, last) VALUES (?, 1, ?) ON CONFLICT (uuid) "
                 "DO UPDATE SET count = count + 1, last = excluded.last",
                 "kI", uuid, (int64_t)time(NULL));
}

enum registry_err registry_failures_forget(struct registry *r, const uint8_t uuid[USHER_UUID_SIZE])
{
    return db_do(r, "DELETE FROM failure WHERE uuid = ?", "k", uuid);
}

/* -- runs ----------------------------------------------------------------------------------- */

enum registry_err registry_unsettled(struct registry *r)
{
    return db_do(r, "UPDATE network SET settled = 0", "");
}

enum registry_err registry_settled(struct registry *r)
{
    return db_do(r, "UPDATE network SET settled = 1", "");
}

bool registry_left_unsettled(const struct registry *r)
{
    return r->left_unsettled;
}

/* -- documents ------------------------------------------------------------------------------ */

enum registry_err registry_document(struct registry *r, const char *name, json_t **json)
{
    sqlite3_stmt *row;
    enum registry_err err = db_ask(r, &row, "SELECT json FROM document WHERE name = ?", "s", name);
    *json = NULL;
    if (err != REGISTRY_OK) {
        return err == REGISTRY_NONE ? REGISTRY_OK : err;
    }
    const char *text = (const char *)sqlite3_column_text(row, 0);
    *json = text ? json_loads(text, 0, NULL) : NULL;
    sqlite3_reset(row);
    return *json ? REGISTRY_OK : db_damaged(r, "a document");
}

enum registry_err registry_document_set(struct registry *r, const char *name, const json_t *json)
{
    if (!json) {
        return db_do(r, "DELETE FROM document WHERE name = ?", "s", name);
    }
    char *text = json_dumps(json, JSON_COMPACT | JSON_PRESERVE_ORDER);
    if (!text) {
        return db_why(r, REGISTRY_FAILED, "the document \"%.60s\" cannot be stored", name);
    }
    enum registry_err err =
        db_do(r, "INSERT OR REPLACE INTO document (name, json) VALUES (?, ?)", "ss", name, text);
    free(text);
    return err;
}

/* -- the audit log -------------------------------------------------------------------------- */

enum registry_err registry_audit_next(struct registry *r, uint64_t after, struct registry_audit *a)
{
    sqlite3_stmt *row;
    enum registry_err err = db_ask(r, &row,
                                   "SELECT number, time, what, uuid, address, detail FROM audit "
                                   "WHERE number > ? ORDER BY number LIMIT 1",
                                   "I", (int64_t)after);
    if (err != REGISTRY_OK) {
        return err == REGISTRY_NONE ? db_why(r, err, "the audit log has no more lines") : err;
    }
    *a = (struct registry_audit){ .number = (uint64_t)sqlite3_column_int64(row, 0),
                                  .time = (time_t)sqlite3_column_int64(row, 1),
                                  .address = (uint16_t)sqlite3_column_int(row, 4) };
    bool good =
        db_text(row, 2, a->what, sizeof a->what) && db_text(row, 5, a->detail, sizeof a->detail) &&
        (sqlite3_column_type(row, 3) == SQLITE_NULL || db_octets(row, 3, a->uuid, sizeof a->uuid));
    sqlite3_reset(row);
    return good ? REGISTRY_OK : db_damaged(r, "the audit log");
}

enum registry_err registry_audit(struct registry *r, const char *what, const uint8_t *uuid,
                                 uint16_t address, const char *detail)
{
    enum registry_err err = db_change(r);
    if (err == REGISTRY_OK) {
        err = db_audit(r, what, uuid, address, detail);
    }
    return db_changed(r, err);
}
