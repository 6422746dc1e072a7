/*
 * Small macros of the vendor's SDK.
 */
#ifndef NORDIC_COMMON_H__
#define NORDIC_COMMON_H__

#include <stddef.h>
#include <stdint.h>

#ifndef MIN
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#endif
#ifndef MAX
#define MAX(a, b) ((a) < (b) ? (b) : (a))
#endif

#ifndef ARRAY_SIZE
/** The elements of an array. */
#define ARRAY_SIZE(arr) (sizeof(arr) / sizeof((arr)[0]))
#endif

/** Marks what is not used, for the compiler. */
#define UNUSED_VARIABLE(X) ((void)(X))
#define UNUSED_PARAMETER(X) UNUSED_VARIABLE(X)
#define UNUSED_RETURN_VALUE(X) UNUSED_VARIABLE(X)

/** Tokens put together, after macros in them are expanded. */
#define CONCAT_2(p1, p2) CONCAT_2_(p1, p2)
#define CONCAT_2_(p1, p2) p1##p2
#define CONCAT_3(p1, p2, p3) CONCAT_3_(p1, p2, p3)
#define CONCAT_3_(p1, p2, p3) p1##p2##p3

/** A token as a string, after macros in it are expanded. */
#define STRINGIFY(val) STRINGIFY_(val)
#define STRINGIFY_(val) #val

/** The structure of which @p ptr points at a member. */
#define CONTAINER_OF(ptr, type, member) ((type *)((uintptr_t)(ptr)-offsetof(type, member)))

/** Octets of a 16-bit number. */
#define MSB_16(a) (((a)&0xFF00) >> 8)
#define LSB_16(a) ((a)&0x00FF)

/** Whether a configuration macro is defined and 1. */
#define NRF_MODULE_ENABLED(module) (module##_ENABLED)

#endif
