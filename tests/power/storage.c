/* Storage that can lose power; see storage.h. */
#include "storage.h"

#include "state_file.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void must(bool ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "storage: %s\n", what);
        abort();
    }
}

/* -- files: power fails between the port's calls ----------------------------------------------- */

static enum usher_err file_get(void *ctx, uint16_t key, uint8_t *buf, size_t size, size_t *len)
{
    struct storage *s = ctx;

    return s->off ? USHER_E_INTERNAL : s->inner.kv_get(s->inner.kv_ctx, key, buf, size, len);
}

/* A change of the record: buf is NULL for a deletion. */
static enum usher_err file_change(struct storage *s, uint16_t key, const uint8_t *buf, size_t len)
{
    bool cut = s->cut_in > 0 && --s->cut_in == 0;
    enum usher_err err = USHER_E_INTERNAL;

    if (!s->off && (!cut || s->how == FLASH_CUT_AFTER)) {
        err = buf != NULL ? s->inner.kv_set(s->inner.kv_ctx, key, buf, len)
                          : s->inner.kv_del(s->inner.kv_ctx, key);
    }
    s->off = s->off || cut;
    return s->off ? USHER_E_INTERNAL : err;
}

static enum usher_err file_set(void *ctx, uint16_t key, const uint8_t *buf, size_t len)
{
    return file_change(ctx, key, buf, len);
}

static enum usher_err file_del(void *ctx, uint16_t key)
{
    return file_change(ctx, key, NULL, 0);
}

/* Every file of the directory. */
static void files_each(const char *dir_name,
                       void (*act)(const char *path, const char *name, void *ctx), void *ctx)
{
    DIR *dir = opendir(dir_name);
    struct dirent *entry;
    char path[PATH_MAX];

    must(dir != NULL, "opendir");
    /* cppcheck-suppress readdirCalled ; there is one thread */
    while ((entry = readdir(dir)) != NULL) {
        snprintf(path, sizeof(path), "%s/%s", dir_name, entry->d_name);
        if (entry->d_name[0] != '.') {
            act(path, entry->d_name, ctx);
        }
    }
    closedir(dir);
}

static void file_remove(const char *path, const char *name, void *ctx)
{
    (void)name;
    (void)ctx;
    unlink(path);
}

static void file_copy(const char *path, const char *name, void *ctx)
{
    struct storage *s = ctx;
    char *end;
    unsigned long key = strtoul(name, &end, 16);
    uint8_t *data;
    size_t len;

    if (end != name && strcmp(end, ".record") == 0) {
        must(state_file_read(path, USHER_RECORD_MAX, &data, &len), "read");
        must(s->inner.kv_set(s->inner.kv_ctx, (uint16_t)key, data, len) == USHER_OK, "copy");
        free(data);
    }
}

/* -- both -------------------------------------------------------------------------------------- */

void storage_on_flash(struct storage *s, uint32_t sector_size, uint8_t unit)
{
    memset(s, 0, sizeof(*s));
    must(flash_init(&s->flash, sector_size, 2, unit), "no memory");
}

static void files_new(struct storage *s)
{
    /* In memory if that is possible: it is not the disk that is tested here. */
    const char *where = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    char why[200];

    snprintf(s->dir, sizeof(s->dir), "%s/usher-power-XXXXXX", where);
    must(mkdtemp(s->dir) != NULL, "mkdtemp");
    must(file_store_open(&s->store, s->dir, why, sizeof(why)), why);
    file_store_use(&s->store, &s->inner);
}

void storage_on_files(struct storage *s)
{
    memset(s, 0, sizeof(*s));
    s->files = true;
    files_new(s);
}

void storage_fork(struct storage *s)
{
    char from[sizeof(s->dir)];

    if (s->files) {
        memcpy(from, s->dir, sizeof(from));
        files_new(s);
        files_each(from, file_copy, s);
    }
}

void storage_free(struct storage *s)
{
    if (!s->files) {
        must(s->flash.misuses == 0, "the flash was misused");
        flash_deinit(&s->flash);
        return;
    }
    file_store_close(&s->store);
    files_each(s->dir, file_remove, NULL);
    must(rmdir(s->dir) == 0, "rmdir");
}

void storage_start(struct storage *s, struct usher_port *port)
{
    if (s->files) {
        port->kv_ctx = s;
        port->kv_get = file_get;
        port->kv_set = file_set;
        port->kv_del = file_del;
        return;
    }
    enum usher_err err = usher_flashlog_open(&s->log, &s->flash.flash);
    must(err == USHER_OK || storage_off(s), "the log cannot be opened");
    port->kv_ctx = &s->log;
    port->kv_get = usher_flashlog_get;
    port->kv_set = usher_flashlog_set;
    port->kv_del = usher_flashlog_del;
}

void storage_cut(struct storage *s, unsigned long n, enum flash_cut how)
{
    flash_cut(&s->flash, n, how);
    s->cut_in = n;
    s->how = how;
}

bool storage_off(const struct storage *s)
{
    return s->files ? s->off : flash_off(&s->flash);
}

void storage_on(struct storage *s)
{
    flash_on(&s->flash);
    s->off = false;
    storage_cut(s, 0, FLASH_CUT_BEFORE);
}
