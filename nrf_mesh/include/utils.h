/*
 * Units, byte order, and other small things.
 */
#ifndef UTILS_H__
#define UTILS_H__

#include "app_util.h"
#include "hal.h"
#include "nordic_common.h"
#include "nrf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MS_TO_US(t) ((t)*UINT32_C(1000))
#define SEC_TO_US(t) ((t)*UINT32_C(1000000))
#define SEC_TO_MS(t) ((t)*UINT32_C(1000))
#define US_TO_MS(t) ((t) / UINT32_C(1000))
#define US_TO_SEC(t) ((t) / UINT32_C(1000000))

/** The size of a machine word, for alignment. */
#define WORD_SIZE (sizeof(unsigned long))
/** @p value made a multiple of @p align, a power of two, upwards. */
#define ALIGN_VAL(value, align) (((value) + ((align)-1)) & ~((align)-1))

/** Byte order: a machine that runs this is little-endian, the air is big-endian. */
#define LE2BE16(n) ((uint16_t)((((n) << 8) & 0xFF00) | (((n) >> 8) & 0x00FF)))
#define BE2LE16(n) LE2BE16(n)
#define LE2BE24(n)                                                                                 \
    ((((n)&UINT32_C(0xFF)) << 16) | ((n)&UINT32_C(0xFF00)) | (((n) >> 16) & UINT32_C(0xFF)))
#define BE2LE24(n) LE2BE24(n)
#define LE2BE32(n)                                                                                 \
    ((((n)&UINT32_C(0xFF)) << 24) | (((n)&UINT32_C(0xFF00)) << 8) |                                \
     (((n) >> 8) & UINT32_C(0xFF00)) | (((n) >> 24) & UINT32_C(0xFF)))
#define BE2LE32(n) LE2BE32(n)

/** The structure of which something is a member. */
#define PARENT_BY_FIELD_GET(struct_name, field_name, pointer)                                      \
    ((struct_name *)((uintptr_t)(pointer)-offsetof(struct_name, field_name)))

/** @p divident / @p divisor, rounded to the nearest. Not negative. */
#define ROUNDED_DIV(divident, divisor) (((divident) + ((divisor) / 2)) / (divisor))
/** Whether @p min <= @p value <= @p max. */
#define IS_IN_RANGE(value, min, max) ((value) >= (min) && (value) <= (max))

#endif
