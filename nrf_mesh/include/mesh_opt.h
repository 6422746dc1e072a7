/*
 * The stack's own entries: their files and records.
 */
#ifndef MESH_OPT_H__
#define MESH_OPT_H__

#include "mesh_config_entry.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Files. An application's begin with the first free one. */
#define MESH_OPT_NET_STATE_FILE_ID 0x0000
#define MESH_OPT_DSM_FILE_ID 0x0001
#define MESH_OPT_ACCESS_FILE_ID 0x0002
#define MESH_OPT_CORE_FILE_ID 0x0003
#define MESH_OPT_MODEL_FILE_ID 0x0004
#define MESH_OPT_REPLAY_CACHE_FILE_ID 0x0005
#define MESH_OPT_FIRST_FREE_ID 0x0010
#define MESH_OPT_EMERGENCY_CACHE_FILE_ID 0xFFFE

/* Records of the core's file. */
#define MESH_OPT_CORE_ID_START 0x0100
#define MESH_OPT_CORE_ID_END 0x01FF
#define MESH_OPT_PROV_ID_START 0x0200
#define MESH_OPT_PROV_ID_END 0x020F
#define MESH_OPT_GATT_ID_START 0x0210
#define MESH_OPT_GATT_ID_END 0x021F
#define MESH_OPT_FRIEND_ID_START 0x0220
#define MESH_OPT_FRIEND_ID_END 0x022F
#define MESH_OPT_HEALTH_ID_START 0x0230
#define MESH_OPT_HEALTH_ID_END 0x024F

#define MESH_OPT_CORE_ID(RECORD) MESH_CONFIG_ENTRY_ID(MESH_OPT_CORE_FILE_ID, RECORD)

/** Part of nrf_mesh_init(). */
void mesh_opt_init(void);
/** Sets all options back. */
void mesh_opt_clear(void);

#ifdef __cplusplus
}
#endif

#endif
