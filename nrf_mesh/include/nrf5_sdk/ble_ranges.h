/*
 * Where the numbers of the vendor's Bluetooth stack begin.
 */
#ifndef BLE_RANGES_H__
#define BLE_RANGES_H__

#define BLE_CONN_CFG_BASE 0x20
#define BLE_CONN_CFG_LAST 0x3F
#define BLE_GAP_CFG_BASE 0x40
#define BLE_GAP_CFG_LAST 0x5F
#define BLE_GATTS_CFG_BASE 0xA0
#define BLE_GATTS_CFG_LAST 0xBF
#define BLE_EVT_BASE 0x01
#define BLE_GAP_EVT_BASE 0x10
#define BLE_GATTC_EVT_BASE 0x30
#define BLE_GATTS_EVT_BASE 0x50

#endif
