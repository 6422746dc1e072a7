/*
 * Arrays whose elements are defined all over a program and collected by the linker, in sections
 * named by identifiers.
 */
#ifndef NRF_MESH_SECTION_H__
#define NRF_MESH_SECTION_H__

#include "nrf_mesh_assert.h"

/** Declares the array @p name of constant @p type. A program may have none of its elements. */
#define NRF_MESH_SECTION_DEF_FLASH(name, type)                                                     \
    extern const type __start_##name[] __attribute__((weak));                                      \
    extern const type __stop_##name[] __attribute__((weak))

/** Before a definition: makes it an element. Its alignment is that of its type, so that elements
 * lie without gaps. */
#define NRF_MESH_SECTION_ITEM_REGISTER_FLASH(name, type, var)                                      \
    static const type var __attribute__((used, section(#name), aligned(__alignof__(type))))

#define NRF_MESH_SECTION_START_ADDR(name) (__start_##name)
#define NRF_MESH_SECTION_END_ADDR(name) (__stop_##name)
/** Octets of the array. */
#define NRF_MESH_SECTION_LENGTH(name) ((uintptr_t)__stop_##name - (uintptr_t)__start_##name)
#define NRF_MESH_SECTION_ITEM_COUNT(name, type) (NRF_MESH_SECTION_LENGTH(name) / sizeof(type))
#define NRF_MESH_SECTION_ITEM_GET(name, type, i) (&NRF_MESH_SECTION_START_ADDR(name)[i])

/** Goes through the array: @p item is a `const type *`. */
#define NRF_MESH_SECTION_FOR_EACH(name, type, item)                                                \
    for (const type *item = NRF_MESH_SECTION_START_ADDR(name);                                     \
         item != NRF_MESH_SECTION_END_ADDR(name); item++)

#endif
