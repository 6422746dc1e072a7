/*
 * GATT servers. An application has no services of its own.
 */
#ifndef BLE_GATTS_H__
#define BLE_GATTS_H__

#include "ble_err.h"
#include "ble_gap.h"
#include "ble_gatt.h"
#include "ble_ranges.h"
#include "ble_types.h"
#include "nrf_error.h"

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Where an attribute's value is. */
#define BLE_GATTS_VLOC_INVALID 0x00
#define BLE_GATTS_VLOC_STACK 0x01
#define BLE_GATTS_VLOC_USER 0x02

/** What sd_ble_cfg_set() sets. */
enum BLE_GATTS_CFGS {
    BLE_GATTS_CFG_SERVICE_CHANGED = BLE_GATTS_CFG_BASE,
    BLE_GATTS_CFG_ATTR_TAB_SIZE,
};

typedef struct {
    uint8_t service_changed : 1;
} ble_gatts_cfg_service_changed_t;
typedef struct {
    uint32_t attr_tab_size;
} ble_gatts_cfg_attr_tab_size_t;
/** Either. */
typedef union {
    ble_gatts_cfg_service_changed_t service_changed;
    ble_gatts_cfg_attr_tab_size_t attr_tab_size;
} ble_gatts_cfg_t;

#ifdef __cplusplus
}
#endif

#endif
