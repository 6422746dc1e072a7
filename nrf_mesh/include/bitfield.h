/*
 * Arrays of bits, in words of 32.
 */
#ifndef BITFIELD_H__
#define BITFIELD_H__

#include "toolchain.h"

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define BITFIELD_BLOCK_SIZE 32 /**< Bits in a word. */
/** The words for so many bits. */
#define BITFIELD_BLOCK_COUNT(bitcount)                                                             \
    (((bitcount) + BITFIELD_BLOCK_SIZE - 1) / BITFIELD_BLOCK_SIZE)

/** A bit. */
static inline bool bitfield_get(const uint32_t *p_field, uint32_t bit)
{
    return ((p_field[bit / BITFIELD_BLOCK_SIZE] >> (bit % BITFIELD_BLOCK_SIZE)) & 1u) != 0;
}

/** Makes a bit 1. */
static inline void bitfield_set(uint32_t *p_field, uint32_t bit)
{
    p_field[bit / BITFIELD_BLOCK_SIZE] |= UINT32_C(1) << (bit % BITFIELD_BLOCK_SIZE);
}

/** Makes a bit 0. */
static inline void bitfield_clear(uint32_t *p_field, uint32_t bit)
{
    p_field[bit / BITFIELD_BLOCK_SIZE] &= ~(UINT32_C(1) << (bit % BITFIELD_BLOCK_SIZE));
}

/** Makes @p size bits 1, those to the end of the last word included. */
static inline void bitfield_set_all(uint32_t *p_field, uint32_t size)
{
    for (uint32_t i = 0; i < BITFIELD_BLOCK_COUNT(size); i++) {
        p_field[i] = UINT32_MAX;
    }
}

/** Makes @p size bits 0, those to the end of the last word included. */
static inline void bitfield_clear_all(uint32_t *p_field, uint32_t size)
{
    for (uint32_t i = 0; i < BITFIELD_BLOCK_COUNT(size); i++) {
        p_field[i] = 0;
    }
}

/** The first bit from @p start on that is 1; @p size: there is none. */
static inline uint32_t bitfield_next_get(const uint32_t *p_field, uint32_t size, uint32_t start)
{
    uint32_t bit = start;
    while (bit < size && !bitfield_get(p_field, bit)) {
        bit++;
    }
    return bit < size ? bit : size;
}

/** How many of @p size bits are 1. */
static inline uint32_t bitfield_popcount(const uint32_t *p_field, uint32_t size)
{
    uint32_t count = 0;
    for (uint32_t bit = 0; bit < size; bit++) {
        count += bitfield_get(p_field, bit) ? 1u : 0u;
    }
    return count;
}

/** Whether @p size bits are all 1. */
static inline bool bitfield_is_all_set(const uint32_t *p_field, uint32_t size)
{
    return bitfield_popcount(p_field, size) == size;
}

/** Whether @p size bits are all 0. */
static inline bool bitfield_is_all_clear(const uint32_t *p_field, uint32_t size)
{
    return bitfield_next_get(p_field, size, 0) == size;
}

#ifdef __cplusplus
}
#endif

#endif
