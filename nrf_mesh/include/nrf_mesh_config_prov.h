/*
 * Settings of provisioning, each of which an application may define before, or in its
 * nrf_mesh_config_app.h with CONFIG_APP_IN_CORE.
 */
#ifndef NRF_MESH_CONFIG_PROV_H__
#define NRF_MESH_CONFIG_PROV_H__

#ifdef CONFIG_APP_IN_CORE
#include "nrf_mesh_config_app.h"
#endif

#ifndef NRF_MESH_PROV_LINK_TIMEOUT_MIN_US
#define NRF_MESH_PROV_LINK_TIMEOUT_MIN_US 60000000 /* silence that ends a session */
#endif
#if NRF_MESH_PROV_LINK_TIMEOUT_MIN_US < 60000000
#warning "a provisioning session must not end before 60 seconds of silence"
#endif

#ifndef MESH_FEATURE_PB_ADV_ENABLED
#define MESH_FEATURE_PB_ADV_ENABLED 1
#endif
#ifndef MESH_FEATURE_PB_GATT_ENABLED
#define MESH_FEATURE_PB_GATT_ENABLED 0 /* see nrf_mesh_prov_bearer_gatt.h */
#endif

#ifndef NRF_MESH_PROV_BEARER_ADV_UNPROV_BEACON_INTERVAL_MS
#define NRF_MESH_PROV_BEARER_ADV_UNPROV_BEACON_INTERVAL_MS 2000
#endif
#ifndef NRF_MESH_PROV_BEARER_GATT_UNPROV_BEACON_INTERVAL_MS
#define NRF_MESH_PROV_BEARER_GATT_UNPROV_BEACON_INTERVAL_MS 200
#endif
#ifndef NRF_MESH_PROV_BEARER_ADV_TX_BUFFER_SIZE
#define NRF_MESH_PROV_BEARER_ADV_TX_BUFFER_SIZE 128
#endif

/* 1: a device takes only a Start with an OOB public key and static OOB, or with a number or text of
 * six places or more. */
#ifndef NRF_MESH_PROV_FORCE_SECURE_PROVISIONING
#define NRF_MESH_PROV_FORCE_SECURE_PROVISIONING 0
#endif

#endif
