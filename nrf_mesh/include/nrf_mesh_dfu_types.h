/*
 * Types of the firmware update events. Firmware update is not part of this stack, so the events do
 * not occur.
 */
#ifndef NRF_MESH_DFU_TYPES_H__
#define NRF_MESH_DFU_TYPES_H__

#include <stdbool.h>
#include <stdint.h>

#include "nrf_mesh_assert.h"

typedef enum {
    NRF_MESH_DFU_TYPE_INVALID = 0x00,
    NRF_MESH_DFU_TYPE_SOFTDEVICE = 0x01,
    NRF_MESH_DFU_TYPE_BOOTLOADER = 0x02,
    NRF_MESH_DFU_TYPE_APPLICATION = 0x04,
} nrf_mesh_dfu_type_t;

typedef enum {
    NRF_MESH_DFU_ROLE_NONE,
    NRF_MESH_DFU_ROLE_TARGET,
    NRF_MESH_DFU_ROLE_RELAY,
    NRF_MESH_DFU_ROLE_SOURCE,
} nrf_mesh_dfu_role_t;

/** Why a transfer ended; 0: it succeeded. */
typedef uint8_t nrf_mesh_dfu_end_t;

typedef struct __attribute__((packed)) {
    uint32_t company_id;
    uint16_t app_id;
    uint32_t app_version;
} nrf_mesh_app_fwid_t;

/** What firmware it is: 10 octets. */
typedef union __attribute__((packed)) {
    nrf_mesh_app_fwid_t application;
    struct __attribute__((packed)) {
        uint8_t id;
        uint8_t ver;
    } bootloader;
    uint16_t softdevice;
} nrf_mesh_fwid_t;

typedef struct {
    nrf_mesh_dfu_type_t dfu_type;
    nrf_mesh_fwid_t id;
} nrf_mesh_dfu_transfer_t;

#endif
