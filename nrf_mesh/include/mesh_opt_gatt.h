/*
 * The GATT proxy's option. There is no proxy: switching it on is NRF_ERROR_NOT_SUPPORTED.
 */
#ifndef MESH_OPT_GATT_H__
#define MESH_OPT_GATT_H__

#include "mesh_opt.h"

#ifdef __cplusplus
extern "C" {
#endif

#define MESH_OPT_GATT_PROXY_EID MESH_OPT_CORE_ID(MESH_OPT_GATT_ID_START + 0)

/** @retval NRF_ERROR_NOT_SUPPORTED  @p enabled is true. */
uint32_t mesh_opt_gatt_proxy_set(bool enabled);
/** @retval NRF_ERROR_NULL  Nowhere to put it. */
uint32_t mesh_opt_gatt_proxy_get(bool *p_enabled);

#ifdef __cplusplus
}
#endif

#endif
