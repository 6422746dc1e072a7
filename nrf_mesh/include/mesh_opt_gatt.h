/*
 * The GATT proxy's option: the GATT Proxy state of the node (proxy.h).
 */
#ifndef MESH_OPT_GATT_H__
#define MESH_OPT_GATT_H__

#include "mesh_opt.h"

#ifdef __cplusplus
extern "C" {
#endif

#define MESH_OPT_GATT_PROXY_EID MESH_OPT_CORE_ID(MESH_OPT_GATT_ID_START + 0)

/**
 * As proxy_enable(), proxy_disable().
 *
 * @retval NRF_ERROR_INVALID_STATE  Before mesh_stack_init().
 * @retval NRF_ERROR_NOT_SUPPORTED  No GATT, or without MESH_FEATURE_GATT_PROXY_ENABLED and @p
 *                                  enabled is true.
 */
uint32_t mesh_opt_gatt_proxy_set(bool enabled);
/** @retval NRF_ERROR_NULL  Nowhere to put it. */
uint32_t mesh_opt_gatt_proxy_get(bool *p_enabled);

#ifdef __cplusplus
}
#endif

#endif
