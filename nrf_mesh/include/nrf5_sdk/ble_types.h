/*
 * Types that all of the vendor's Bluetooth headers share.
 */
#ifndef BLE_TYPES_H__
#define BLE_TYPES_H__

#include <stdint.h>

#define BLE_CONN_HANDLE_INVALID 0xFFFF
#define BLE_CONN_HANDLE_ALL 0xFFFE

#define BLE_UUID_TYPE_UNKNOWN 0x00
#define BLE_UUID_TYPE_BLE 0x01
#define BLE_UUID_TYPE_VENDOR_BEGIN 0x02

/** A UUID of 16 bits, or one of a vendor's. */
typedef struct {
    uint16_t uuid;
    uint8_t type;
} ble_uuid_t;

#endif
