/*
 * Setting up the vendor's stack for connections, which are the port's here.
 */
#ifndef NRF_SDH_BLE_H__
#define NRF_SDH_BLE_H__

#include "app_util.h"
#include "ble.h"
#include "nrf_error.h"
#include "nrf_section.h"

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** @retval NRF_ERROR_NOT_SUPPORTED  Always. */
uint32_t nrf_sdh_ble_default_cfg_set(uint8_t conn_cfg_tag, uint32_t *p_ram_start);
/** @retval NRF_ERROR_NOT_SUPPORTED  Always. */
uint32_t nrf_sdh_ble_enable(uint32_t *p_app_ram_start);

#ifdef __cplusplus
}
#endif

#endif
