/*
 * Provisioning's option: who computes ECDH.
 */
#ifndef MESH_OPT_PROV_H__
#define MESH_OPT_PROV_H__

#include "mesh_opt.h"

#ifdef __cplusplus
extern "C" {
#endif

#define MESH_OPT_PROV_ECDH_OFFLOADING_EID MESH_OPT_CORE_ID(MESH_OPT_PROV_ID_START + 0)

/**
 * On: sessions ask with NRF_MESH_PROV_EVT_ECDH_REQUEST. Stored; off at first. After
 * nrf_mesh_init().
 *
 * @retval NRF_SUCCESS  Set.
 */
uint32_t mesh_opt_prov_ecdh_offloading_set(bool enabled);
/** @retval NRF_ERROR_NULL  Nowhere to put it. */
uint32_t mesh_opt_prov_ecdh_offloading_get(bool *p_enabled);

#ifdef __cplusplus
}
#endif

#endif
