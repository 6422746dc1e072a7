/*
 * Whether a program uses GATT: see proxy.h and nrf_mesh_prov_bearer_gatt.h.
 */
#ifndef NRF_MESH_GATT_H__
#define NRF_MESH_GATT_H__

#include "nrf_mesh_config_core.h"
#include "nrf_mesh_config_prov.h"

#define MESH_FEATURE_GATT_ENABLED (MESH_FEATURE_GATT_PROXY_ENABLED || MESH_FEATURE_PB_GATT_ENABLED)

#define NRF_MESH_GATT_BLE_OBSERVER_PRIO 2

#endif
