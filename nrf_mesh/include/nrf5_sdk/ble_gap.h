/*
 * Addresses, as advertisements have them, and the settings of connections. Connections are not
 * supported: the settings are kept in the caller's structures and go no further.
 */
#ifndef BLE_GAP_H__
#define BLE_GAP_H__

#include "ble_err.h"
#include "ble_ranges.h"
#include "ble_types.h"
#include "nrf_error.h"
#include "nrf_svc.h"

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define BLE_GAP_ADDR_LEN 6

#define BLE_GAP_ADDR_TYPE_PUBLIC 0x00
#define BLE_GAP_ADDR_TYPE_RANDOM_STATIC 0x01
#define BLE_GAP_ADDR_TYPE_RANDOM_PRIVATE_RESOLVABLE 0x02
#define BLE_GAP_ADDR_TYPE_RANDOM_PRIVATE_NON_RESOLVABLE 0x03
#define BLE_GAP_ADDR_TYPE_ANONYMOUS 0x7F

/** A device address. */
typedef struct {
    uint8_t addr_id_peer : 1;       /**< Only with bonds. */
    uint8_t addr_type : 7;          /**< BLE_GAP_ADDR_TYPE_... */
    uint8_t addr[BLE_GAP_ADDR_LEN]; /**< Least significant octet first. */
} ble_gap_addr_t;

/** Security mode and level. */
typedef struct {
    uint8_t sm : 4;
    uint8_t lv : 4;
} ble_gap_conn_sec_mode_t;

#define BLE_GAP_CONN_SEC_MODE_SET_NO_ACCESS(ptr)                                                   \
    do {                                                                                           \
        (ptr)->sm = 0;                                                                             \
        (ptr)->lv = 0;                                                                             \
    } while (0)
#define BLE_GAP_CONN_SEC_MODE_SET_OPEN(ptr)                                                        \
    do {                                                                                           \
        (ptr)->sm = 1;                                                                             \
        (ptr)->lv = 1;                                                                             \
    } while (0)

/** Parameters of connections, in units of 1.25 ms and 10 ms. */
typedef struct {
    uint16_t min_conn_interval;
    uint16_t max_conn_interval;
    uint16_t slave_latency;
    uint16_t conn_sup_timeout;
} ble_gap_conn_params_t;

/** What sd_ble_cfg_set() sets. */
enum BLE_GAP_CFGS {
    BLE_GAP_CFG_ROLE_COUNT = BLE_GAP_CFG_BASE,
    BLE_GAP_CFG_DEVICE_NAME = BLE_GAP_CFG_BASE + 1,
};

/** How many connections. */
typedef struct {
    uint8_t adv_set_count;
    uint8_t periph_role_count;
} ble_gap_cfg_role_count_t;

/** The device's name. */
typedef struct {
    ble_gap_conn_sec_mode_t write_perm;
    uint8_t vloc : 2; /**< BLE_GATTS_VLOC_... */
    uint8_t *p_value;
    uint16_t current_len;
    uint16_t max_len;
} ble_gap_cfg_device_name_t;

/** Either. */
typedef union {
    ble_gap_cfg_role_count_t role_count_cfg;
    ble_gap_cfg_device_name_t device_name_cfg;
} ble_gap_cfg_t;

#ifdef __cplusplus
}
#endif

#endif
