/*
 * What GATT servers and clients share. An application has no services of its own.
 */
#ifndef BLE_GATT_H__
#define BLE_GATT_H__

#include "ble_err.h"
#include "ble_ranges.h"
#include "ble_types.h"
#include "nrf_error.h"

#include <stdint.h>

#define BLE_GATT_ATT_MTU_DEFAULT 23
#define BLE_GATT_HANDLE_INVALID 0x0000

#endif
