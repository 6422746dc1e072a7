/*
 * Whether a program uses GATT: not supported, see docs/nrf-mesh.md.
 */
#ifndef NRF_MESH_GATT_H__
#define NRF_MESH_GATT_H__

#include "nrf_mesh_config_core.h"
#include "nrf_mesh_config_prov.h"

#define MESH_FEATURE_GATT_ENABLED (MESH_FEATURE_GATT_PROXY_ENABLED || MESH_FEATURE_PB_GATT_ENABLED)

#define NRF_MESH_GATT_BLE_OBSERVER_PRIO 2

#endif
