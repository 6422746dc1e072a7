/*
 * All entries together: loading, storing and clearing them. mesh_stack.h does so for an
 * application.
 */
#ifndef MESH_CONFIG_H__
#define MESH_CONFIG_H__

#include "mesh_config_entry.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Why a stored entry was not taken. */
typedef enum {
    MESH_CONFIG_LOAD_FAILURE_INVALID_LENGTH,
    MESH_CONFIG_LOAD_FAILURE_INVALID_DATA, /**< its setter refused it */
    MESH_CONFIG_LOAD_FAILURE_INVALID_ID,   /**< there is no such entry */
} mesh_config_load_failure_t;

/** Forgets which entries are set, in memory. */
void mesh_config_init(void);
/** Sets all entries that storage has. NRF_MESH_EVT_CONFIG_LOAD_FAILURE tells of each that cannot
 * be set. */
void mesh_config_load(void);
/** Deletes the entries of all files below MESH_OPT_FIRST_FREE_ID. */
void mesh_config_clear(void);
/** Stores what is stored on power down. NRF_MESH_EVT_CONFIG_STABLE follows. */
void mesh_config_power_down(void);
/** Whether something is still to be stored. */
bool mesh_config_is_busy(void);
/** How long mesh_config_power_down() takes at most, in microseconds. */
uint32_t mesh_config_power_down_time_get(void);
/** Deletes all entries of a file. */
void mesh_config_file_clear(uint16_t file_id);

#ifdef __cplusplus
}
#endif

#endif
