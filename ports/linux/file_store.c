/* Records as files; see file_store.h. A record's name is its key, "0x1000.record". */
#include "file_store.h"

#include "state_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATH_SIZE (FILE_STORE_DIR_MAX + sizeof("/0x0000.record"))

static const char *record_path(const struct file_store *store, uint16_t key, char path[PATH_SIZE])
{
    snprintf(path, PATH_SIZE, "%s/0x%04x.record", store->dir, key);
    return path;
}

static enum usher_err error_of(int error)
{
    switch (error) {
    case ENOENT:
        return USHER_E_NOT_FOUND;
    case EFBIG:
        return USHER_E_SIZE;
    case ENOSPC:
    case EDQUOT:
        return USHER_E_NO_MEM;
    default:
        return USHER_E_INTERNAL;
    }
}

static enum usher_err get(void *ctx, uint16_t key, uint8_t *buf, size_t size, size_t *len)
{
    char path[PATH_SIZE];
    uint8_t *data;

    if (!state_file_read(record_path(ctx, key, path), size, &data, len)) {
        return error_of(errno);
    }
    memcpy(buf, data, *len);
    explicit_bzero(data, *len);
    free(data);
    return USHER_OK;
}

static enum usher_err set(void *ctx, uint16_t key, const uint8_t *buf, size_t len)
{
    char path[PATH_SIZE];

    if (len == 0 || len > USHER_RECORD_MAX) {
        return USHER_E_SIZE;
    }
    return state_file_write(record_path(ctx, key, path), buf, len) ? USHER_OK : error_of(errno);
}

static enum usher_err del(void *ctx, uint16_t key)
{
    char path[PATH_SIZE];

    return state_file_remove(record_path(ctx, key, path)) ? USHER_OK : error_of(errno);
}

bool file_store_open(struct file_store *store, const char *dir, char *why, size_t why_len)
{
    if ((size_t)snprintf(store->dir, sizeof(store->dir), "%s", dir) >= sizeof(store->dir)) {
        snprintf(why, why_len, "the name of the directory is too long");
        return false;
    }
    store->lock = state_dir_lock(dir, why, why_len);
    return store->lock >= 0;
}

void file_store_close(struct file_store *store)
{
    state_dir_unlock(store->lock);
}

void file_store_use(struct file_store *store, struct usher_port *port)
{
    port->kv_ctx = store;
    port->kv_get = get;
    port->kv_set = set;
    port->kv_del = del;
}
