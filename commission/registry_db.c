/*
 * Statements that are prepared once, and changes that are done as a whole; see registry_db.h. A
 * change within registry_begin() and registry_commit() is a savepoint, so that one that is refused
 * leaves nothing behind there either.
 */
#include "registry_db.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum registry_err db_why(struct registry *r, enum registry_err err, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(r->why, sizeof r->why, format, args);
    va_end(args);
    return err;
}

enum registry_err db_failed(struct registry *r)
{
    int code = sqlite3_errcode(r->db);
    if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB) {
        return db_damaged(r, sqlite3_errmsg(r->db));
    }
    return db_why(r, REGISTRY_FAILED, "%.200s: %.90s", r->path, sqlite3_errmsg(r->db));
}

enum registry_err db_damaged(struct registry *r, const char *what)
{
    return db_why(r, REGISTRY_FAILED, "%.200s is damaged (%.60s): put a copy of it back", r->path,
                  what);
}

const char *registry_why(const struct registry *r)
{
    return r->why;
}

/** The statement of a literal, ready to be bound. NULL: registry_why() tells. */
static sqlite3_stmt *statement(struct registry *r, const char *sql)
{
    size_t i = 0;
    while (i < r->statements && r->kept[i].sql != sql) {
        i++;
    }
    if (i == REGISTRY_STATEMENTS) {
        db_why(r, REGISTRY_FAILED, "%.200s: too many statements", r->path);
        return NULL;
    }
    if (i == r->statements) {
        if (sqlite3_prepare_v3(r->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &r->kept[i].stmt, NULL) !=
            SQLITE_OK) {
            db_failed(r);
            return NULL;
        }
        r->kept[i].sql = sql;
        r->statements++;
    }
    return r->kept[i].stmt;
}

static int bind(sqlite3_stmt *stmt, const char *fmt, va_list args)
{
    int code = SQLITE_OK;
    for (int i = 1; fmt[i - 1] != '\0' && code == SQLITE_OK; i++) {
        const void *octets;
        switch (fmt[i - 1]) {
        case 'i':
            code = sqlite3_bind_int(stmt, i, va_arg(args, int));
            break;
        case 'I':
            code = sqlite3_bind_int64(stmt, i, va_arg(args, int64_t));
            break;
        case 'k':
            code = sqlite3_bind_blob(stmt, i, va_arg(args, const void *), 16, SQLITE_STATIC);
            break;
        case 'b':
            octets = va_arg(args, const void *);
            code = sqlite3_bind_blob64(stmt, i, octets, va_arg(args, size_t), SQLITE_STATIC);
            break;
        default:
            code = sqlite3_bind_text(stmt, i, va_arg(args, const char *), -1, SQLITE_STATIC);
        }
    }
    return code;
}

/** One step; whatever comes but a row leaves the statement reset, and without its values. */
static enum registry_err step(struct registry *r, sqlite3_stmt *stmt)
{
    int code = sqlite3_step(stmt);
    if (code == SQLITE_ROW) {
        return REGISTRY_OK;
    }
    enum registry_err err = code == SQLITE_DONE ? REGISTRY_NONE : db_failed(r);
    sqlite3_reset(stmt);
    sqlite3_clear_bindings(stmt);
    return err;
}

/** Whether SQLite has ended a transaction by itself, as it does when a disk is full. */
static bool lost(struct registry *r)
{
    bool is = r->begun && sqlite3_get_autocommit(r->db);
    if (is) {
        db_why(r, REGISTRY_FAILED, "%.200s: the change as a whole was taken back", r->path);
    }
    return is;
}

static enum registry_err ask(struct registry *r, sqlite3_stmt **row, const char *sql,
                             const char *fmt, va_list args)
{
    *row = lost(r) ? NULL : statement(r, sql);
    if (!*row) {
        return REGISTRY_FAILED;
    }
    if (bind(*row, fmt, args) != SQLITE_OK) {
        return db_failed(r);
    }
    return step(r, *row);
}

enum registry_err db_ask(struct registry *r, sqlite3_stmt **row, const char *sql, const char *fmt,
                         ...)
{
    va_list args;
    va_start(args, fmt);
    enum registry_err err = ask(r, row, sql, fmt, args);
    va_end(args);
    return err;
}

enum registry_err db_next(struct registry *r, sqlite3_stmt *row)
{
    return step(r, row);
}

enum registry_err db_do(struct registry *r, const char *sql, const char *fmt, ...)
{
    sqlite3_stmt *stmt;
    va_list args;
    va_start(args, fmt);
    enum registry_err err = ask(r, &stmt, sql, fmt, args);
    va_end(args);
    return err == REGISTRY_NONE ? REGISTRY_OK : err;
}

/* -- changes -------------------------------------------------------------------------------- */

enum registry_err db_change(struct registry *r)
{
    enum registry_err err = db_do(r, "SAVEPOINT change", "");
    r->changing = err == REGISTRY_OK;
    return err;
}

enum registry_err db_changed(struct registry *r, enum registry_err err)
{
    if (!r->changing) {
        return err;
    }
    r->changing = false;
    if (err == REGISTRY_OK) {
        err = db_do(r, "RELEASE change", "");
    }
    if (err != REGISTRY_OK) {
        r->mapped = false;
        /* Either may fail when SQLite has done it already. registry_why() is to stay. */
        sqlite3_exec(r->db, "ROLLBACK TO change; RELEASE change", NULL, NULL, NULL);
    }
    return err;
}

enum registry_err db_audit(struct registry *r, const char *what, const uint8_t *uuid,
                           uint16_t address, const char *detail)
{
    char cut[sizeof((struct registry_audit *)0)->detail];
    snprintf(cut, sizeof cut, "%s", detail);
    return db_do(r, "INSERT INTO audit (time, what, uuid, address, detail) VALUES (?, ?, ?, ?, ?)",
                 "Iskis", (int64_t)time(NULL), what, uuid, (int)address, cut);
}

enum registry_err db_changed_audit(struct registry *r, enum registry_err err, const char *what,
                                   const uint8_t *uuid, uint16_t address, const char *detail)
{
    if (err == REGISTRY_OK) {
        err = db_do(r, "UPDATE network SET changed = ?", "I", (int64_t)time(NULL));
    }
    if (err == REGISTRY_OK) {
        err = db_audit(r, what, uuid, address, detail);
    }
    return db_changed(r, err);
}

enum registry_err registry_begin(struct registry *r)
{
    if (r->begun) {
        return db_why(r, REGISTRY_FAILED, "%.200s: a transaction within another one", r->path);
    }
    enum registry_err err = db_do(r, "BEGIN IMMEDIATE", "");
    r->begun = err == REGISTRY_OK;
    return err;
}

enum registry_err registry_commit(struct registry *r)
{
    enum registry_err err = db_do(r, "COMMIT", "");
    if (err != REGISTRY_OK) {
        registry_rollback(r);
    }
    r->begun = false;
    return err;
}

void registry_rollback(struct registry *r)
{
    r->begun = false;
    r->mapped = false;
    if (!sqlite3_get_autocommit(r->db)) {
        sqlite3_exec(r->db, "ROLLBACK", NULL, NULL, NULL);
    }
}

/* -- columns -------------------------------------------------------------------------------- */

bool db_octets(sqlite3_stmt *row, int column, void *out, size_t len)
{
    const void *octets = sqlite3_column_blob(row, column);
    if (!octets || (size_t)sqlite3_column_bytes(row, column) != len) {
        return false;
    }
    memcpy(out, octets, len);
    return true;
}

bool db_text(sqlite3_stmt *row, int column, char *out, size_t size)
{
    const unsigned char *text = sqlite3_column_text(row, column);
    size_t len = text ? (size_t)sqlite3_column_bytes(row, column) : 0;
    if (len >= size) {
        return false;
    }
    if (len > 0) {
        memcpy(out, text, len);
    }
    out[len] = '\0';
    return true;
}
