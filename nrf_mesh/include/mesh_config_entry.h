/*
 * Entries: values that an application and the stack keep under a file and a record number, and that
 * survive a restart as their file says. An entry is declared once, with the functions that set and
 * get its value; values live where these functions put them.
 */
#ifndef MESH_CONFIG_ENTRY_H__
#define MESH_CONFIG_ENTRY_H__

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nordic_common.h"
#include "nrf_error.h"
#include "nrf_mesh_assert.h"
#include "nrf_mesh_section.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Octets of the largest entry: 64 with 32-bit pointers, and room for those to grow on a host. */
#ifndef MESH_CONFIG_ENTRY_MAX_SIZE
#if UINTPTR_MAX > UINT32_MAX
#define MESH_CONFIG_ENTRY_MAX_SIZE 128
#else
#define MESH_CONFIG_ENTRY_MAX_SIZE 64
#endif
#endif

/** The name of an entry. */
typedef struct {
    uint16_t file;
    uint16_t record;
} mesh_config_entry_id_t;

/** May stand where a constant address is needed: `&MESH_CONFIG_ENTRY_ID(f, r)`. */
#define MESH_CONFIG_ENTRY_ID(FILE, RECORD)                                                         \
    (const mesh_config_entry_id_t)                                                                 \
    {                                                                                              \
        FILE, RECORD                                                                               \
    }

/** When the entries of a file are stored. */
typedef enum {
    MESH_CONFIG_STRATEGY_NON_PERSISTENT, /**< never */
    MESH_CONFIG_STRATEGY_CONTINUOUS,     /**< when they change */
    MESH_CONFIG_STRATEGY_ON_POWER_DOWN,  /**< by mesh_config_power_down() */
} mesh_config_strategy_t;

/** Takes a value. @retval others than NRF_SUCCESS  Refused: the old one stands. */
typedef uint32_t (*mesh_config_entry_set_t)(mesh_config_entry_id_t id, const void *p_entry);
typedef void (*mesh_config_entry_get_t)(mesh_config_entry_id_t id, void *p_entry);
typedef void (*mesh_config_entry_delete_t)(mesh_config_entry_id_t id);

/** A file, as MESH_CONFIG_FILE defines it. */
typedef struct {
    uint16_t id;
    mesh_config_strategy_t strategy;
} mesh_config_file_params_t;

/** An entry, as MESH_CONFIG_ENTRY defines it. */
typedef struct {
    const mesh_config_entry_id_t *p_id; /**< of the first one */
    uint16_t entry_size;
    uint16_t max_count; /**< that many records in a row */
    bool has_default_value;
    struct {
        mesh_config_entry_set_t setter;
        mesh_config_entry_get_t getter;
        mesh_config_entry_delete_t deleter; /**< may be NULL */
    } callbacks;
} mesh_config_entry_params_t;

/** Defines a file. */
#define MESH_CONFIG_FILE(NAME, FILE_ID, STRATEGY)                                                  \
    NRF_MESH_SECTION_ITEM_REGISTER_FLASH(mesh_config_files, mesh_config_file_params_t, NAME) = {   \
        .id = (FILE_ID),                                                                           \
        .strategy = (STRATEGY),                                                                    \
    }

/**
 * Defines MAX_COUNT entries of one kind, whose records begin at ID's.
 *
 * @param HAS_DEFAULT_VALUE  The getter may be called before a value was set.
 */
#define MESH_CONFIG_ENTRY(NAME, ID, MAX_COUNT, ENTRY_SIZE, SET_CB, GET_CB, DELETE_CB,              \
                          HAS_DEFAULT_VALUE)                                                       \
    NRF_MESH_STATIC_ASSERT((ENTRY_SIZE) <= MESH_CONFIG_ENTRY_MAX_SIZE);                            \
    NRF_MESH_SECTION_ITEM_REGISTER_FLASH(mesh_config_entries, mesh_config_entry_params_t,          \
                                         m_##NAME##_params) = {                                    \
        .p_id = &ID,                                                                               \
        .entry_size = (ENTRY_SIZE),                                                                \
        .max_count = (MAX_COUNT),                                                                  \
        .has_default_value = (HAS_DEFAULT_VALUE),                                                  \
        .callbacks = { (SET_CB), (GET_CB), (DELETE_CB) },                                          \
    }

/** Defines NAME_set(), NAME_get() and NAME_delete() of one entry. */
#define MESH_CONFIG_ENTRY_API_DEFINE(NAME, ID, TYPE)                                               \
    uint32_t NAME##_set(const TYPE *p_entry)                                                       \
    {                                                                                              \
        return mesh_config_entry_set(ID, p_entry);                                                 \
    }                                                                                              \
    uint32_t NAME##_get(TYPE *p_entry)                                                             \
    {                                                                                              \
        return mesh_config_entry_get(ID, p_entry);                                                 \
    }                                                                                              \
    uint32_t NAME##_delete(void)                                                                   \
    {                                                                                              \
        return mesh_config_entry_delete(ID);                                                       \
    }

/** The same for MAX_COUNT entries; INVALID_PARAM beyond them. */
#define MESH_CONFIG_ENTRY_ARRAY_WRAPPER_DECLARE(NAME, ID, TYPE, INDEX_TYPE, MAX_COUNT)             \
    static inline mesh_config_entry_id_t NAME##_id(INDEX_TYPE index)                               \
    {                                                                                              \
        mesh_config_entry_id_t id = ID;                                                            \
                                                                                                   \
        id.record = (uint16_t)(id.record + index);                                                 \
        return id;                                                                                 \
    }                                                                                              \
    __attribute__((unused)) static inline uint32_t NAME##_set(INDEX_TYPE index,                    \
                                                              const TYPE *p_entry)                 \
    {                                                                                              \
        return index < (MAX_COUNT) ? mesh_config_entry_set(NAME##_id(index), p_entry)              \
                                   : NRF_ERROR_INVALID_PARAM;                                      \
    }                                                                                              \
    __attribute__((unused)) static inline uint32_t NAME##_get(INDEX_TYPE index, TYPE *p_entry)     \
    {                                                                                              \
        return index < (MAX_COUNT) ? mesh_config_entry_get(NAME##_id(index), p_entry)              \
                                   : NRF_ERROR_INVALID_PARAM;                                      \
    }                                                                                              \
    __attribute__((unused)) static inline uint32_t NAME##_delete(INDEX_TYPE index)                 \
    {                                                                                              \
        return index < (MAX_COUNT) ? mesh_config_entry_delete(NAME##_id(index))                    \
                                   : NRF_ERROR_INVALID_PARAM;                                      \
    }

/**
 * Sets an entry, and stores it if its file says so. Its listeners are told.
 *
 * @retval NRF_SUCCESS          Set.
 * @retval NRF_ERROR_NULL       No value.
 * @retval NRF_ERROR_NOT_FOUND  No such entry, or no such file.
 * @retval NRF_ERROR_NO_MEM     More than MESH_CONFIG_RECORDS_MAX entries are set.
 * @retval others               The setter's; the old value stands.
 */
uint32_t mesh_config_entry_set(mesh_config_entry_id_t id, const void *p_entry);

/**
 * @retval NRF_SUCCESS              The value is at @p p_entry.
 * @retval NRF_ERROR_NULL           Nowhere to put it.
 * @retval NRF_ERROR_NOT_FOUND      No such entry.
 * @retval NRF_ERROR_INVALID_STATE  It was never set, and has no default.
 */
uint32_t mesh_config_entry_get(mesh_config_entry_id_t id, void *p_entry);

/**
 * @retval NRF_SUCCESS              Deleted, in storage too.
 * @retval NRF_ERROR_NOT_FOUND      No such entry.
 * @retval NRF_ERROR_INVALID_STATE  It is not set.
 */
uint32_t mesh_config_entry_delete(mesh_config_entry_id_t id);

/**
 * Finds the first entry that is not set, of those declared together with @p p_id's.
 *
 * @retval false  All are set, or there are none.
 */
bool mesh_config_entry_available_id(mesh_config_entry_id_t *p_id);

#ifdef __cplusplus
}
#endif

#endif
