/*
 * Advertisements as they are on the air.
 */
#ifndef PACKET_H__
#define PACKET_H__

#include "ble_gap.h"
#include "log.h"
#include "nrf_error.h"
#include "nrf_mesh_defines.h"
#include "utils.h"

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define BLE_ADV_PACKET_PAYLOAD_MAX_LENGTH 31 /**< Octets of AD structures. */
#define BLE_ADV_PACKET_HEADER_LENGTH 3       /**< In front of the advertiser address. */
#define BLE_ADV_PACKET_OVERHEAD BLE_GAP_ADDR_LEN
#define BLE_AD_DATA_OVERHEAD 1 /**< What an AD structure's length counts besides the data. */

/** PDU types of the primary advertising channels (Core, Vol 6, Part B, 2.3). */
typedef enum {
    BLE_PACKET_TYPE_ADV_IND = 0,
    BLE_PACKET_TYPE_ADV_DIRECT_IND = 1,
    BLE_PACKET_TYPE_ADV_NONCONN_IND = 2,
    BLE_PACKET_TYPE_SCAN_REQ = 3,
    BLE_PACKET_TYPE_SCAN_RSP = 4,
    BLE_PACKET_TYPE_CONN_REQ = 5,
    BLE_PACKET_TYPE_ADV_DISCOVER_IND = 6,
    BLE_PACKET_TYPE_ADV_EXT = 7,
} ble_packet_type_t;

/** The header of a PDU. */
typedef struct __attribute__((packed)) {
    uint8_t type : 4; /**< ble_packet_type_t. */
    uint8_t _rfu1 : 2;
    uint8_t addr_type : 1; /**< 1: the advertiser address is random. */
    uint8_t _rfu2 : 1;
    uint8_t length; /**< Of the address and the payload. */
    uint8_t _rfu3;
} ble_packet_hdr_t;

/** A PDU. */
typedef struct __attribute__((packed)) {
    ble_packet_hdr_t header;
    uint8_t addr[BLE_GAP_ADDR_LEN]; /**< The advertiser's, least significant octet first. */
    uint8_t payload[BLE_ADV_PACKET_PAYLOAD_MAX_LENGTH];
} packet_t;

#ifdef __cplusplus
}
#endif

#endif
