/* Flash in a file, by semihosting; see flash_file.h. */
#include "flash_file.h"

#include "semihost.h"

#include <string.h>

#define SIZE (FLASH_FILE_SECTOR * FLASH_FILE_SECTORS)
#define CHUNK 64u

static int file = -1;

static enum usher_err flash_read(void *ctx, uint32_t at, void *buf, size_t len)
{
    (void)ctx;
    if (at > SIZE || len > SIZE - at) {
        return USHER_E_PARAM;
    }
    return semihost_seek(file, at) && semihost_read(file, buf, len) ? USHER_OK : USHER_E_INTERNAL;
}

/* Programming can only clear bits: what is there already stays in. */
static enum usher_err flash_write(void *ctx, uint32_t at, const void *buf, size_t len)
{
    const uint8_t *octets = buf;
    uint8_t chunk[CHUNK];

    while (len != 0) {
        size_t part = len < CHUNK ? len : CHUNK;
        enum usher_err err = flash_read(ctx, at, chunk, part);

        if (err != USHER_OK) {
            return err;
        }
        for (size_t i = 0; i < part; i++) {
            chunk[i] &= octets[i];
        }
        if (!semihost_seek(file, at) || !semihost_write(file, chunk, part)) {
            return USHER_E_INTERNAL;
        }
        at += (uint32_t)part;
        octets += part;
        len -= part;
    }
    return USHER_OK;
}

static enum usher_err flash_erase(void *ctx, uint16_t sector)
{
    uint8_t erased[CHUNK];

    (void)ctx;
    memset(erased, 0xFF, sizeof(erased));
    if (sector >= FLASH_FILE_SECTORS || !semihost_seek(file, sector * FLASH_FILE_SECTOR)) {
        return USHER_E_PARAM;
    }
    for (unsigned i = 0; i < FLASH_FILE_SECTOR / CHUNK; i++) {
        if (!semihost_write(file, erased, CHUNK)) {
            return USHER_E_INTERNAL;
        }
    }
    return USHER_OK;
}

const struct usher_flash *flash_file_open(const char *path)
{
    static const struct usher_flash flash = {
        .sector_size = FLASH_FILE_SECTOR,
        .sectors = FLASH_FILE_SECTORS,
        .unit = 4,
        .read = flash_read,
        .write = flash_write,
        .erase = flash_erase,
    };

    file = semihost_open(path, SEMIHOST_UPDATE);
    if (file >= 0 && semihost_length(file) == (int32_t)SIZE) {
        return &flash;
    }
    file = semihost_open(path, SEMIHOST_CREATE);
    for (uint16_t i = 0; file >= 0 && i < FLASH_FILE_SECTORS; i++) {
        if (flash_erase(NULL, i) != USHER_OK) {
            return NULL;
        }
    }
    return file >= 0 ? &flash : NULL;
}
