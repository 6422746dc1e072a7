/* Flash that can lose power; see flash.h. */
#include "flash.h"

#include <stdlib.h>
#include <string.h>

static uint32_t flash_size(const struct flash *f)
{
    return f->flash.sector_size * f->flash.sectors;
}

/*
 * Counts an operation. *part is how much of it is done: all of len; or less, if power fails.
 *
 * @retval false  Power fails.
 */
static bool powered(struct flash *f, size_t len, size_t *part)
{
    *part = len;
    f->operations++;
    if (f->cut_in == 0 || --f->cut_in > 0) {
        return true;
    }
    f->off = true;
    if (f->how == FLASH_CUT_BEFORE) {
        *part = 0;
    } else if (f->how == FLASH_CUT_DURING) {
        *part = rng_below(&f->random, (uint32_t)len);
    }
    return false;
}

static enum usher_err misuse(struct flash *f)
{
    f->misuses++;
    return USHER_E_PARAM;
}

static enum usher_err flash_read(void *ctx, uint32_t at, void *buf, size_t len)
{
    struct flash *f = ctx;

    if (f->off) {
        return USHER_E_INTERNAL;
    }
    if (at > flash_size(f) || len > flash_size(f) - at) {
        return misuse(f);
    }
    memcpy(buf, f->octets + at, len);
    return USHER_OK;
}

/* A write that was cut and left an octet as it was, has not been there. */
static void program(struct flash *f, size_t at, uint8_t octet, bool done)
{
    f->octets[at] &= octet;
    if (done || f->octets[at] != 0xFF) {
        f->programmed[at / f->flash.unit] = true;
    }
}

static enum usher_err flash_write(void *ctx, uint32_t at, const void *buf, size_t len)
{
    struct flash *f = ctx;
    const uint8_t *data = buf;
    unsigned unit = f->flash.unit;
    size_t part;

    if (f->off) {
        return USHER_E_INTERNAL;
    }
    if (at % unit != 0 || len % unit != 0 || len == 0 || at > flash_size(f) ||
        len > flash_size(f) - at) {
        return misuse(f);
    }
    for (size_t i = 0; i < len; i += unit) {
        if (f->programmed[(at + i) / unit]) {
            return misuse(f);
        }
    }
    bool done = powered(f, len, &part);
    for (size_t i = 0; i < part; i++) {
        program(f, at + i, data[i], done);
    }
    if (part < len && f->how == FLASH_CUT_DURING) {
        program(f, at + part, data[part] | (uint8_t)rng_next(&f->random), done);
    }
    return done ? USHER_OK : USHER_E_INTERNAL;
}

/* An erase that was cut leaves some octets as they were, some erased, and some neither. */
static enum usher_err flash_erase(void *ctx, uint16_t sector)
{
    struct flash *f = ctx;
    uint32_t size = f->flash.sector_size;
    size_t part;

    if (f->off) {
        return USHER_E_INTERNAL;
    }
    if (sector >= f->flash.sectors) {
        return misuse(f);
    }
    bool done = powered(f, size, &part);
    uint8_t *octets = f->octets + sector * size;
    if (part < size && f->how == FLASH_CUT_DURING) {
        for (uint32_t i = 0; i < size; i++) {
            if (rng_below(&f->random, size) < part) {
                octets[i] |= (uint8_t)rng_next(&f->random);
                octets[i] |= (uint8_t)rng_next(&f->random); /* most bits are erased by now */
            }
        }
        memset(&f->programmed[sector * size / f->flash.unit], true, size / f->flash.unit);
    } else if (part == size) {
        memset(octets, 0xFF, size);
        memset(&f->programmed[sector * size / f->flash.unit], false, size / f->flash.unit);
        f->erases[sector]++;
    }
    return done ? USHER_OK : USHER_E_INTERNAL;
}

bool flash_init(struct flash *f, uint32_t sector_size, uint16_t sectors, uint8_t unit)
{
    *f = (struct flash){ .off = false };
    f->flash = (struct usher_flash){
        .ctx = f,
        .sector_size = sector_size,
        .sectors = sectors,
        .unit = unit,
        .read = flash_read,
        .write = flash_write,
        .erase = flash_erase,
    };
    f->octets = malloc(flash_size(f));
    f->programmed = calloc(flash_size(f) / unit, sizeof(*f->programmed));
    f->erases = calloc(sectors, sizeof(*f->erases));
    if (f->octets == NULL || f->programmed == NULL || f->erases == NULL) {
        flash_deinit(f);
        return false;
    }
    memset(f->octets, 0xFF, flash_size(f));
    return true;
}

void flash_deinit(struct flash *f)
{
    free(f->octets);
    free(f->programmed);
    free(f->erases);
}

void flash_cut(struct flash *f, unsigned long n, enum flash_cut how)
{
    f->cut_in = n;
    f->how = how;
    f->random = rng_make(n, how);
}

bool flash_off(const struct flash *f)
{
    return f->off;
}

void flash_on(struct flash *f)
{
    f->off = false;
}

uint32_t flash_erases(const struct flash *f, uint16_t sector)
{
    return f->erases[sector];
}

void flash_damage(struct flash *f, uint32_t at, uint8_t bits)
{
    f->octets[at] ^= bits;
}
