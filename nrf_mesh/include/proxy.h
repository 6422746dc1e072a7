/*
 * The GATT proxy, which the stack does not have: an application that turns it on gets
 * NRF_ERROR_NOT_SUPPORTED, and it is never enabled.
 */
#ifndef PROXY_H__
#define PROXY_H__

#include "nrf_mesh.h"
#include "nrf_mesh_config_core.h"

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PROXY_ENABLED_DEFAULT                                                                      \
    true /**< With MESH_FEATURE_GATT_PROXY_ENABLED, after proxy_init().                            \
          */

/** Nothing to prepare. */
void proxy_init(void);
/** @retval NRF_ERROR_NOT_SUPPORTED  Always. */
uint32_t proxy_enable(void);
/** Nothing to stop. */
void proxy_disable(void);
/** @retval NRF_ERROR_NOT_SUPPORTED  Always. */
uint32_t proxy_start(void);
/** @retval NRF_ERROR_NOT_SUPPORTED  Always. */
uint32_t proxy_stop(void);
/** @retval NRF_ERROR_NOT_SUPPORTED  Always. */
uint32_t proxy_node_id_enable(const nrf_mesh_beacon_info_t *p_beacon_info,
                              nrf_mesh_key_refresh_phase_t kr_phase);
/** @retval NRF_ERROR_NOT_SUPPORTED  Always. */
uint32_t proxy_node_id_disable(void);
/** Never. */
bool proxy_is_enabled(void);
/** Never. */
bool proxy_is_connected(void);
/** @retval NRF_ERROR_NOT_SUPPORTED  Always. */
uint32_t proxy_disconnect(void);

#ifdef __cplusplus
}
#endif

#endif
