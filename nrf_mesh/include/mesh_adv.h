/*
 * Connectable advertisements of an application's own, which there are not: whoever connected would
 * find the mesh services alone. Those of PB-GATT and of the proxy are the stack's affair.
 */
#ifndef MESH_ADV_H__
#define MESH_ADV_H__

#include "app_util.h"
#include "ble_gap.h"

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MESH_SOFTDEVICE_CONN_CFG_TAG 1
#define MESH_ADV_INTERVAL_DEFAULT MSEC_TO_UNITS(200, UNIT_0_625_MS) /**< 200 ms. */

/** Not used. */
void mesh_adv_data_set(uint16_t service_uuid, const uint8_t *p_service_data, uint8_t length);
/** Not used. */
void mesh_adv_params_set(uint32_t timeout_ms, uint32_t interval_units);
/** @retval NRF_ERROR_NOT_SUPPORTED  Always. */
uint32_t mesh_adv_start(void);
/** Nothing to stop. */
void mesh_adv_stop(void);

#ifdef __cplusplus
}
#endif

#endif
