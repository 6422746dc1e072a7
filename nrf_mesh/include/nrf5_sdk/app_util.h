/*
 * More small macros of the vendor's SDK, and octets in and out of numbers.
 */
#ifndef APP_UTIL_H__
#define APP_UTIL_H__

#include "compiler_abstraction.h"
#include "nordic_common.h"
#include "nrf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifdef __cplusplus
#define STATIC_ASSERT_(EXPR, MSG) static_assert(EXPR, MSG)
#else
#define STATIC_ASSERT_(EXPR, MSG) _Static_assert(EXPR, MSG)
#endif
#define STATIC_ASSERT_1(EXPR) STATIC_ASSERT_(EXPR, #EXPR)
#define STATIC_ASSERT_2(EXPR, MSG) STATIC_ASSERT_(EXPR, MSG)
#define STATIC_ASSERT_CHOOSE(A, B, CHOICE, ...) CHOICE
/** Asserts at compile time: STATIC_ASSERT(condition) or STATIC_ASSERT(condition, "message"). */
#define STATIC_ASSERT(...)                                                                         \
    STATIC_ASSERT_CHOOSE(__VA_ARGS__, STATIC_ASSERT_2, STATIC_ASSERT_1, 0)(__VA_ARGS__)

/** @p A / @p B, upwards. */
#define CEIL_DIV(A, B) (((A) + (B)-1) / (B))
/** 2 to the power of... */
#define BIT_0 0x01
#define BIT_1 0x02
#define BIT_2 0x04
#define BIT_3 0x08
#define BIT_4 0x10
#define BIT_5 0x20
#define BIT_6 0x40
#define BIT_7 0x80

/** Units for MSEC_TO_UNITS(). */
enum {
    UNIT_0_625_MS = 625,
    UNIT_1_25_MS = 1250,
    UNIT_10_MS = 10000,
};
/** Milliseconds in a unit of the Bluetooth Core Specification. */
#define MSEC_TO_UNITS(TIME, RESOLUTION) (((TIME)*1000) / (RESOLUTION))

/** Whether a pointer can be one to a word. */
static inline bool is_word_aligned(const void *p)
{
    return ((uintptr_t)p & 3u) == 0;
}

/** Little-endian octets. @return How many. */
static inline uint8_t uint16_encode(uint16_t value, uint8_t *p_encoded_data)
{
    p_encoded_data[0] = (uint8_t)value;
    p_encoded_data[1] = (uint8_t)(value >> 8);
    return 2;
}
/** Little-endian octets. @return How many. */
static inline uint8_t uint32_encode(uint32_t value, uint8_t *p_encoded_data)
{
    (void)uint16_encode((uint16_t)value, p_encoded_data);
    (void)uint16_encode((uint16_t)(value >> 16), p_encoded_data + 2);
    return 4;
}
/** From little-endian octets. */
static inline uint16_t uint16_decode(const uint8_t *p_encoded_data)
{
    return (uint16_t)(p_encoded_data[0] | ((uint16_t)p_encoded_data[1] << 8));
}
/** From little-endian octets. */
static inline uint32_t uint32_decode(const uint8_t *p_encoded_data)
{
    return uint16_decode(p_encoded_data) | ((uint32_t)uint16_decode(p_encoded_data + 2) << 16);
}

#ifdef __cplusplus
}
#endif

#endif
