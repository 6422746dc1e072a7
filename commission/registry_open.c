/*
 * The registry's file: made, opened and looked at. A new one is made under another name and renamed
 * when it is whole, so a file of the registry's name is a registry. One that an older version of
 * this program has made is brought up to date, one version after another; one that a newer version
 * has made is refused.
 */
#include "registry_db.h"

#include "state_file.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME "registry.sqlite"
#define OLD_NAME "network.json"
#define APPLICATION 0x55736872 /* in the file's header: whose database this is */
#define BUSY_MS 5000

/* What makes the version that comes after the one of its index; the first makes all of it. */
static const char *const versions[] = {
    "CREATE TABLE network ("
    "    only INTEGER PRIMARY KEY CHECK (only = 1),"
    "    uuid BLOB NOT NULL CHECK (length(uuid) = 16),"
    "    name TEXT NOT NULL CHECK (length(CAST(name AS BLOB)) <= 63),"
    "    iv_index INTEGER NOT NULL CHECK (iv_index BETWEEN 0 AND 4294967295),"
    "    iv_updating INTEGER NOT NULL,"
    "    changed INTEGER NOT NULL,"
    "    settled INTEGER NOT NULL) STRICT;"
    "CREATE TABLE netkey ("
    "    idx INTEGER PRIMARY KEY CHECK (idx BETWEEN 0 AND 4095),"
    "    phase INTEGER NOT NULL CHECK (phase BETWEEN 0 AND 2),"
    "    key BLOB NOT NULL CHECK (length(key) = 16),"
    "    old_key BLOB CHECK (phase = 0 OR length(old_key) = 16),"
    "    name TEXT NOT NULL,"
    "    changed INTEGER NOT NULL) STRICT;"
    "CREATE TABLE appkey ("
    "    idx INTEGER PRIMARY KEY CHECK (idx BETWEEN 0 AND 4095),"
    "    net_index INTEGER NOT NULL REFERENCES netkey (idx),"
    "    key BLOB NOT NULL CHECK (length(key) = 16),"
    "    name TEXT NOT NULL) STRICT;"
    "CREATE TABLE provisioner ("
    "    uuid BLOB PRIMARY KEY CHECK (length(uuid) = 16),"
    "    name TEXT NOT NULL,"
    "    ours INTEGER NOT NULL,"
    "    address INTEGER NOT NULL CHECK (address BETWEEN 0 AND 32767),"
    "    device_key BLOB CHECK (length(device_key) = 16)) STRICT;"
    "CREATE UNIQUE INDEX provisioner_ours ON provisioner (ours) WHERE ours;"
    "CREATE TABLE span ("
    "    provisioner BLOB NOT NULL REFERENCES provisioner (uuid),"
    "    kind INTEGER NOT NULL CHECK (kind BETWEEN 0 AND 2)," /* enum range_kind */
    "    low INTEGER NOT NULL,"
    "    high INTEGER NOT NULL CHECK (high BETWEEN low AND 65535),"
    "    UNIQUE (provisioner, kind, low)) STRICT;"
    "CREATE TABLE node ("
    "    id INTEGER PRIMARY KEY,"
    "    uuid BLOB NOT NULL CHECK (length(uuid) = 16),"
    "    address INTEGER NOT NULL CHECK (address >= 1),"
    "    elements INTEGER NOT NULL CHECK (elements BETWEEN 1 AND 255),"
    "    device_key BLOB NOT NULL CHECK (length(device_key) = 16),"
    "    state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 3)," /* enum registry_state */
    "    name TEXT NOT NULL,"
    "    configured INTEGER NOT NULL,"
    "    secure INTEGER NOT NULL,"
    "    page0 BLOB,"
    "    settings TEXT,"
    "    CHECK (address + elements <= 32768)) STRICT;"
    "CREATE UNIQUE INDEX node_living ON node (address) WHERE state < 2;"
    "CREATE INDEX node_address ON node (address, elements, state, configured);"
    "CREATE INDEX node_uuid ON node (uuid, state);"
    "CREATE TABLE exclusion ("
    "    iv_index INTEGER NOT NULL,"
    "    address INTEGER NOT NULL CHECK (address BETWEEN 1 AND 32767),"
    "    PRIMARY KEY (iv_index, address)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE failure ("
    "    uuid BLOB PRIMARY KEY CHECK (length(uuid) = 16),"
    "    count INTEGER NOT NULL,"
    "    last INTEGER NOT NULL) STRICT;"
    "CREATE TABLE document (name TEXT PRIMARY KEY, json TEXT NOT NULL) STRICT;"
    "CREATE TABLE audit ("
    "    number INTEGER PRIMARY KEY,"
    "    time INTEGER NOT NULL,"
    "    what TEXT NOT NULL CHECK (length(CAST(what AS BLOB)) < 24),"
    "    uuid BLOB CHECK (length(uuid) = 16),"
    "    address INTEGER NOT NULL,"
    "    detail TEXT NOT NULL CHECK (length(CAST(detail AS BLOB)) < 160)) STRICT;",
};
#define VERSION (sizeof versions / sizeof *versions)

/* -- any database --------------------------------------------------------------------------- */

static bool run(struct registry *r, const char *sql)
{
    bool ok = sqlite3_exec(r->db, sql, NULL, NULL, NULL) == SQLITE_OK;
    if (!ok) {
        db_failed(r);
    }
    return ok;
}

static struct registry *registry_new(const char *path)
{
    struct registry *r = calloc(1, sizeof *r);
    if (r) {
        r->lock = -1;
        snprintf(r->path, sizeof r->path, "%s", path);
    }
    return r;
}

static void db_close(struct registry *r)
{
    for (size_t i = 0; i < r->statements; i++) {
        sqlite3_finalize(r->kept[i].stmt);
    }
    r->statements = 0;
    sqlite3_close(r->db);
    r->db = NULL;
}

void registry_close(struct registry *r)
{
    if (!r) {
        return;
    }
    db_close(r);
    if (r->lock >= 0) {
        state_dir_unlock(r->lock);
    }
    OPENSSL_cleanse(r, sizeof *r);
    free(r);
}

/** Opens a database and has it keep our promises. */
static bool db_open(struct registry *r, const char *path)
{
    if (sqlite3_open_v2(path, &r->db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK) {
        db_why(r, REGISTRY_FAILED, "%.200s: %.90s", r->path,
               r->db ? sqlite3_errmsg(r->db) : "out of memory");
        return false;
    }
    sqlite3_busy_timeout(r->db, BUSY_MS);
    return run(r, "PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;"
                  "PRAGMA temp_store = MEMORY; PRAGMA cell_size_check = ON;"
                  "PRAGMA trusted_schema = OFF");
}

/** The number that a pragma tells. */
static bool pragma(struct registry *r, const char *sql, int64_t *number)
{
    sqlite3_stmt *row;
    bool ok = db_ask(r, &row, sql, "") == REGISTRY_OK;
    if (ok) {
        *number = sqlite3_column_int64(row, 0);
        sqlite3_reset(row);
    }
    return ok;
}

/** Brings a database to this program's version, as a whole. */
static bool upgrade(struct registry *r, size_t from)
{
    char set[80];
    bool ok = run(r, "BEGIN IMMEDIATE");
    for (size_t i = from; i < VERSION && ok; i++) {
        ok = run(r, versions[i]);
    }
    snprintf(set, sizeof set, "PRAGMA application_id = %d; PRAGMA user_version = %zu; COMMIT",
             APPLICATION, VERSION);
    return ok && run(r, set);
}

/** Whether it is a registry, and of a version that this program reads. */
static bool is_ours(struct registry *r, int64_t *version)
{
    int64_t application;
    if (!pragma(r, "PRAGMA application_id", &application) ||
        !pragma(r, "PRAGMA user_version", version)) {
        return false;
    }
    if (application != APPLICATION || *version < 1) {
        db_why(r, REGISTRY_FAILED, "%.200s is not a registry of usher", r->path);
        return false;
    }
    if (*version > (int64_t)VERSION) {
        db_why(r, REGISTRY_FAILED,
               "%.200s was made by a newer version of usher (%d; this one reads %d): use that one",
               r->path, (int)*version, (int)VERSION);
        return false;
    }
    return true;
}

/** What is known of the run before, and that there is one network. */
static bool settled_read(struct registry *r)
{
    int64_t settled = 1;
    if (!pragma(r, "SELECT settled FROM network", &settled)) {
        if (r->why[0] == '\0') {
            db_damaged(r, "no network");
        }
        return false;
    }
    r->left_unsettled = !settled;
    return true;
}

/* -- making --------------------------------------------------------------------------------- */

static bool uuid_make(uint8_t uuid[USHER_UUID_SIZE])
{
    bool ok = RAND_bytes(uuid, USHER_UUID_SIZE) == 1;
    uuid[6] = (uint8_t)((uuid[6] & 0x0F) | 0x40); /* RFC 4122, version 4 */
    uuid[8] = (uint8_t)((uuid[8] & 0x3F) | 0x80);
    return ok;
}

bool registry_new_random(struct registry_new *make)
{
    return RAND_bytes(make->net_key, sizeof make->net_key) == 1 && uuid_make(make->uuid) &&
           uuid_make(make->provisioner);
}

/** Fills an empty database: with a new network, or with what is in @p old. */
static bool fill(struct registry *r, const struct registry_new *make, const char *old)
{
    if (!make && !old) {
        db_why(r, REGISTRY_FAILED, "%.200s is gone", r->path);
        return false;
    }
    if (old) {
        return upgrade(r, 0) && old_take(r, old);
    }
    return upgrade(r, 0) && keys_make(r, make) == REGISTRY_OK &&
           (!make->fill || make->fill(r, make->user));
}

static bool dir_sync(const char *dir)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0) {
        close(fd);
    }
    return ok;
}

/** Says what the system has against a file. @return false */
static bool file_failed(struct registry *r, const char *path)
{
    db_why(r, REGISTRY_FAILED, "%.200s: %s", path, strerror(errno));
    return false;
}

/** Removes the file @p path, and @p suffix ones beside it. */
static bool file_remove(struct registry *r, const char *path, const char *suffix)
{
    char name[sizeof r->path + 20];
    snprintf(name, sizeof name, "%s%s", path, suffix);
    return unlink(name) == 0 || errno == ENOENT || file_failed(r, name);
}

/** An empty file that nobody else reads; SQLite gives the ones that it makes the same mode. */
static bool file_make(struct registry *r, const char *path)
{
    if (!file_remove(r, path, "") || !file_remove(r, path, "-journal")) {
        return false;
    }
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (fd < 0) {
        return file_failed(r, path);
    }
    close(fd);
    return true;
}

/** Makes the registry's file in @p dir. */
static bool dir_make(struct registry *r, const char *dir, const struct registry_new *make,
                     const char *old)
{
    char made[sizeof r->path + 8];
    snprintf(made, sizeof made, "%s.new", r->path);
    bool ok = file_make(r, made) && db_open(r, made) && fill(r, make, old);
    db_close(r);
    /* What a lost registry has left would be taken for what this one has not written yet. */
    ok = ok && file_remove(r, r->path, "-wal") && file_remove(r, r->path, "-shm");
    if (ok && (rename(made, r->path) != 0 || !dir_sync(dir))) {
        return file_failed(r, r->path);
    }
    return ok;
}

/* -- opening -------------------------------------------------------------------------------- */

/** A path in @p dir. @retval false  It is too long. */
static bool path_in(const char *dir, const char *name, char *path, size_t size)
{
    int len = snprintf(path, size, "%s/%s", dir, name);
    return len > 0 && (size_t)len < size;
}

static bool there(const char *dir, const char *name)
{
    char path[sizeof((struct registry *)0)->path];
    return path_in(dir, name, path, sizeof path) && access(path, F_OK) == 0;
}

bool registry_exists(const char *dir)
{
    return there(dir, NAME) || there(dir, OLD_NAME);
}

/** The file of before has been taken over. */
static bool old_put_away(struct registry *r, const char *dir)
{
    char old[sizeof r->path], kept[sizeof r->path];
    if (!path_in(dir, OLD_NAME, old, sizeof old) ||
        !path_in(dir, OLD_NAME ".old", kept, sizeof kept)) {
        errno = ENAMETOOLONG;
        return file_failed(r, dir);
    }
    return (rename(old, kept) == 0 && dir_sync(dir)) || file_failed(r, old);
}

/** Makes the file in a directory that is locked, and puts what it was made from away. */
static bool dir_have(struct registry *r, const char *dir, const struct registry_new *make)
{
    char old[sizeof r->path];
    bool is_old = there(dir, OLD_NAME) && path_in(dir, OLD_NAME, old, sizeof old);
    if (!there(dir, NAME) && !dir_make(r, dir, make, is_old ? old : NULL)) {
        return false;
    }
    return !is_old || old_put_away(r, dir);
}

static bool dir_open(struct registry *r, const char *dir, const struct registry_new *make)
{
    int64_t version;
    r->lock = state_dir_lock(dir, r->why, sizeof r->why);
    return r->lock >= 0 && dir_have(r, dir, make) && db_open(r, r->path) && is_ours(r, &version) &&
           run(r, "PRAGMA journal_mode = WAL") &&
           (version == (int64_t)VERSION || upgrade(r, (size_t)version)) && settled_read(r) &&
           map_have(r) == REGISTRY_OK;
}

/** A registry that has not been opened yet; NULL, and @p why tells. */
static struct registry *in_dir(const char *dir, bool must_exist, char *why, size_t why_len)
{
    char path[sizeof((struct registry *)0)->path] = ":memory:";
    if (dir && !path_in(dir, NAME, path, sizeof path)) {
        snprintf(why, why_len, "the name of the directory is too long");
        return NULL;
    }
    if (must_exist && !registry_exists(dir)) {
        snprintf(why, why_len, "there is no network in %.120s: \"usher provision\" makes one", dir);
        return NULL;
    }
    struct registry *r = registry_new(path);
    if (!r) {
        snprintf(why, why_len, "out of memory");
    }
    return r;
}

/** @p r when it is open; or it is closed, and @p why gets the reason. */
static struct registry *opened(struct registry *r, bool ok, char *why, size_t why_len)
{
    if (!ok) {
        snprintf(why, why_len, "%s", r->why);
        registry_close(r);
        return NULL;
    }
    return r;
}

struct registry *registry_open(const char *dir, const struct registry_new *make, char *why,
                               size_t why_len)
{
    struct registry *r = in_dir(dir, !make, why, why_len);
    if (!r) {
        return NULL;
    }
    bool ok = dir ? dir_open(r, dir, make)
                  : db_open(r, r->path) && fill(r, make, NULL) && map_have(r) == REGISTRY_OK;
    return opened(r, ok, why, why_len);
}

struct registry *registry_view(const char *dir, char *why, size_t why_len)
{
    struct registry *r = in_dir(dir, true, why, why_len);
    if (!r) {
        return NULL;
    }
    char old[sizeof r->path];
    int64_t version = VERSION;
    bool ok;
    r->viewing = true;
    if (there(dir, NAME)) {
        ok = db_open(r, r->path) && is_ours(r, &version);
    } else {
        ok =
            path_in(dir, OLD_NAME, old, sizeof old) && db_open(r, ":memory:") && fill(r, NULL, old);
    }
    if (ok && version != (int64_t)VERSION) {
        db_why(r, REGISTRY_FAILED,
               "%.200s was made by an older version of usher: a command that changes the network, "
               "such as \"usher configure\", brings it up to date",
               r->path);
        ok = false;
    }
    ok = ok && run(r, "PRAGMA query_only = ON") && settled_read(r);
    return opened(r, ok, why, why_len);
}
