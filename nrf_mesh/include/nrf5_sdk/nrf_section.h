/*
 * Variables that the linker gathers from all object files, to be walked as an array. The name of a
 * section is an identifier.
 */
#ifndef NRF_SECTION_H__
#define NRF_SECTION_H__

#include "app_util.h"
#include "nordic_common.h"

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Puts a variable in a section: `NRF_SECTION_ITEM_REGISTER(name, const type variable) = {...}`. */
#define NRF_SECTION_ITEM_REGISTER(section_name, section_var)                                       \
    section_var __attribute__((used, section(#section_name)))

/** Declares a section of items of one type; it may be empty. */
#define NRF_SECTION_DEF(section_name, data_type)                                                   \
    extern data_type __start_##section_name[] __attribute__((weak));                               \
    extern data_type __stop_##section_name[] __attribute__((weak))

#define NRF_SECTION_START_ADDR(section_name) (__start_##section_name)
#define NRF_SECTION_END_ADDR(section_name) (__stop_##section_name)
#define NRF_SECTION_LENGTH(section_name)                                                           \
    ((size_t)((const char *)__stop_##section_name - (const char *)__start_##section_name))
/** How many items there are. */
#define NRF_SECTION_ITEM_COUNT(section_name, data_type)                                            \
    (NRF_SECTION_LENGTH(section_name) / sizeof(data_type))
/** One of them. */
#define NRF_SECTION_ITEM_GET(section_name, data_type, i) ((data_type *)__start_##section_name + (i))

#ifdef __cplusplus
}
#endif

#endif
