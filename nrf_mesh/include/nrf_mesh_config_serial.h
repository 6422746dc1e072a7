/*
 * Settings of the serial interface, each of which an application may define before, or in its
 * nrf_mesh_config_app.h with CONFIG_APP_IN_CORE.
 */
#ifndef NRF_MESH_CONFIG_SERIAL_H__
#define NRF_MESH_CONFIG_SERIAL_H__

#ifdef CONFIG_APP_IN_CORE
#include "nrf_mesh_config_app.h"
#endif

/** Advertisements of the host's that can be on the air at once. */
#ifndef NRF_MESH_SERIAL_BEACON_SLOTS
#define NRF_MESH_SERIAL_BEACON_SLOTS 1
#endif

/** Provisioning sessions at once, 1 to 16. */
#ifndef CONFIG_NUM_PROV_CONTEXTS
#define CONFIG_NUM_PROV_CONTEXTS 8
#endif

/** SLIP framing on the line; 0: plain. */
#ifndef SERIAL_SLIP_ENCODING
#define SERIAL_SLIP_ENCODING 0
#endif

/** Octets of packets that wait for the host: a power of two, at least 2048 with SLIP, else 1024. */
#ifndef NRF_MESH_SERIAL_TX_SIZE
#define NRF_MESH_SERIAL_TX_SIZE 8192
#endif

#endif
