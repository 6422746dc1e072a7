/*
 * Where the states of models are kept: a file of mesh_config_entry.h, with a range of records for
 * each kind of model. Entries in it are the application's.
 */
#ifndef MODEL_CONFIG_FILE_H__
#define MODEL_CONFIG_FILE_H__

#include <stdint.h>

#include "mesh_opt.h"
#include "nrf_mesh_config_core.h"

#ifdef __cplusplus
extern "C" {
#endif

/** The entry of the application's own, in the first record. */
#define MESH_APP_MODEL_CONFIG_ID 1

#define MESH_APP_MODEL_GENERIC_ONOFF_ID_START 0x1000
#define MESH_APP_MODEL_GENERIC_ONOFF_ID_END 0x10FF
#define MESH_APP_MODEL_GENERIC_LEVEL_ID_START 0x1100
#define MESH_APP_MODEL_GENERIC_LEVEL_ID_END 0x11FF
#define MESH_APP_MODEL_GENERIC_DTT_ID_START 0x1200
#define MESH_APP_MODEL_GENERIC_DTT_ID_END 0x12FF
#define MESH_APP_MODEL_GENERIC_PONOFF_ID_START 0x1300
#define MESH_APP_MODEL_GENERIC_PONOFF_ID_END 0x13FF

/** Before mesh_stack_init(). */
void model_config_file_init(void);
/**
 * After mesh_stack_init().
 *
 * @retval NRF_SUCCESS             What storage holds is in effect.
 * @retval NRF_ERROR_INVALID_DATA  It holds entries for other numbers of models than these:
 *                                 model_config_file_clear(), and start again.
 */
uint32_t model_config_file_config_apply(void);
/** Removes all entries of the file. */
void model_config_file_clear(void);

#ifdef __cplusplus
}
#endif

#endif
