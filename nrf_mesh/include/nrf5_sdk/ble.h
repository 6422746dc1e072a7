/*
 * The vendor's Bluetooth stack. Connections are those of the mesh services: see nrf_mesh_gatt.h.
 */
#ifndef BLE_H__
#define BLE_H__

#include "ble_err.h"
#include "ble_gap.h"
#include "ble_gatt.h"
#include "ble_gatts.h"
#include "ble_ranges.h"
#include "ble_types.h"
#include "nrf_error.h"
#include "nrf_svc.h"

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Something to be set, of the kind that the number tells. */
typedef union {
    ble_gap_cfg_t gap_cfg;
    ble_gatts_cfg_t gatts_cfg;
} ble_cfg_t;

/**
 * Sets up connections.
 *
 * @retval NRF_ERROR_NOT_SUPPORTED  Always: they are the port's.
 */
uint32_t sd_ble_cfg_set(uint32_t cfg_id, const ble_cfg_t *p_cfg, uint32_t app_ram_base);

#ifdef __cplusplus
}
#endif

#endif
