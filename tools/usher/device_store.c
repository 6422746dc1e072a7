/*
 * Files of provisioned devices; see device_store.h. Called by the verb device.
 */
#include "device_store.h"

#include "options.h"
#include "out.h"
#include "state_file.h"

#include <errno.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RECORD_MAX 4096

static bool record_path(const char *dir, const struct device *d, char path[PATH_MAX])
{
    char uuid[2 * USHER_UUID_SIZE + 1];
    format_hex(d->uuid, sizeof d->uuid, uuid);
    int len = snprintf(path, PATH_MAX, "%s/%s.json", dir, uuid);
    errno = ENAMETOOLONG;
    return len > 0 && len < PATH_MAX;
}

bool device_store_write(const char *dir, const struct device *d, const struct usher_prov_data *data,
                        char *why, size_t why_len)
{
    char path[PATH_MAX];
    json_t *root = json_pack(
        "{s:o, s:o, s:i, s:o, s:o, s:i, s:I, s:b, s:b}", "uuid", out_hex(d->uuid, sizeof d->uuid),
        "address", out_address(data->address), "elements", (int)d->elements, "device_key",
        out_hex(d->device_key, sizeof d->device_key), "net_key",
        out_hex(data->netkey, sizeof data->netkey), "key_index", (int)data->netkey_index,
        "iv_index", (json_int_t)data->iv_index, "iv_update", (int)data->flags.iv_update,
        "key_refresh", (int)data->flags.key_refresh);
    char *text = root ? json_dumps(root, JSON_INDENT(1) | JSON_PRESERVE_ORDER) : NULL;
    json_decref(root);
    if (!text) {
        snprintf(why, why_len, "out of memory");
        return false;
    }
    size_t len = strlen(text);
    bool ok = record_path(dir, d, path) && state_file_write(path, text, len);
    if (!ok) {
        snprintf(why, why_len, "the device's record cannot be written to %.100s: %s", dir,
                 strerror(errno));
    }
    OPENSSL_cleanse(text, len);
    free(text);
    return ok;
}

static bool record_parse(const char *text, size_t len, struct device *d)
{
    const char *address, *key;
    uint8_t octets[2];
    size_t octets_len = sizeof octets, key_len = sizeof d->device_key;
    json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
    bool ok = root &&
              json_unpack(root, "{s:s, s:s}", "address", &address, "device_key", &key) == 0 &&
              strncmp(address, "0x", 2) == 0 && parse_hex(address + 2, octets, &octets_len) &&
              octets_len == sizeof octets && parse_hex(key, d->device_key, &key_len) &&
              key_len == sizeof d->device_key;
    if (ok) {
        d->address = (uint16_t)(octets[0] << 8 | octets[1]);
        d->provisioned = true;
    }
    json_decref(root);
    return ok;
}

bool device_store_read(const char *dir, struct device *d, char *why, size_t why_len)
{
    char path[PATH_MAX];
    uint8_t *text = NULL;
    size_t len = 0;
    d->provisioned = false;
    if (!record_path(dir, d, path) || !state_file_read(path, RECORD_MAX, &text, &len)) {
        snprintf(why, why_len, "%.150s: %s", dir, strerror(errno));
        return errno == ENOENT;
    }
    bool ok = record_parse((const char *)text, len, d);
    OPENSSL_cleanse(text, len);
    free(text);
    if (!ok) {
        snprintf(why, why_len, "%.150s: this is no record of a provisioned device", path);
    }
    return ok;
}
