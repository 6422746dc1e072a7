/*
 * NOR flash in memory that can lose power: at the n-th write or erase, before it, in the middle of
 * it, or just after it. It is stricter than the real thing: whoever programs a unit twice, or
 * across an unaligned place, gets an error and is counted. Used by tests, and by whoever wants
 * simulated nodes that keep something.
 */
#ifndef SIM_FLASH_H
#define SIM_FLASH_H

#include "rng.h"

#include <usher/flashlog.h>

/** What the operation at which power fails still does. */
enum flash_cut {
    FLASH_CUT_BEFORE, /**< Nothing. */
    FLASH_CUT_DURING, /**< A part: the first octets and some bits are written, some octets erased.
                       */
    FLASH_CUT_AFTER,  /**< All, and nobody is told. */
};

struct flash {
    struct usher_flash flash; /* for usher_flashlog_open() */
    unsigned long operations; /* writes and erases that were done */
    unsigned misuses;         /* programmed twice, unaligned or out of range */
    /* private */
    uint8_t *octets;
    bool *programmed; /* each unit */
    uint32_t *erases; /* each sector */
    bool off;
    unsigned long cut_in; /* 0: power does not fail */
    enum flash_cut how;
    struct rng random;
};

/**
 * Erased flash.
 *
 * @retval false  No memory.
 */
bool flash_init(struct flash *f, uint32_t sector_size, uint16_t sectors, uint8_t unit);
void flash_deinit(struct flash *f);

/** Lets power fail at the @p n -th operation from now, 1 is the next. 0: not at all. */
void flash_cut(struct flash *f, unsigned long n, enum flash_cut how);
/** Whether power has failed: then no operation succeeds. */
bool flash_off(const struct flash *f);
/** Power is there again. */
void flash_on(struct flash *f);

/** How often a sector was erased. */
uint32_t flash_erases(const struct flash *f, uint16_t sector);
/** Turns bits of an octet over, as an old or hot flash does. */
void flash_damage(struct flash *f, uint32_t at, uint8_t bits);

#endif
