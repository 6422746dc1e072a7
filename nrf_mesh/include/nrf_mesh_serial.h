/*
 * The serial interface: a host provisions with this device and speaks through it, or lets it be
 * provisioned. A program that wants it links usher_nrf_mesh_serial, and gives it a line
 * (nrf_mesh_port.h).
 */
#ifndef NRF_MESH_SERIAL_H__
#define NRF_MESH_SERIAL_H__

#include <limits.h>
#include <stdint.h>

#include "nrf_mesh.h"

#ifdef __cplusplus
extern "C" {
#endif

#define NRF_MESH_SERIAL_PAYLOAD_MAXLEN (UINT8_MAX - 1) /**< octets after the opcode */
#define NRF_MESH_SERIAL_PACKET_OVERHEAD (1UL)          /**< the opcode */

typedef enum {
    NRF_MESH_SERIAL_STATE_UNINITIALIZED,
    NRF_MESH_SERIAL_STATE_INITIALIZED,
    NRF_MESH_SERIAL_STATE_RUNNING,
} nrf_mesh_serial_state_t;

/** The host's Application command: 0..254 octets, good during the call. */
typedef void (*nrf_mesh_serial_app_rx_cb_t)(const uint8_t *p_data, uint32_t length);

/**
 * Makes the interface, after mesh_stack_init(). Commands wait until it is enabled.
 *
 * @param app_rx_cb  NULL: the Application command is rejected.
 *
 * @retval NRF_ERROR_INVALID_STATE  It was made before, or there is no stack.
 */
uint32_t nrf_mesh_serial_init(nrf_mesh_serial_app_rx_cb_t app_rx_cb);

/**
 * Tells the host that the device has started, and executes its commands.
 *
 * @retval NRF_ERROR_INVALID_STATE  It was not made, or is enabled already.
 * @retval NRF_ERROR_NO_MEM         No room for the event: not enabled.
 */
uint32_t nrf_mesh_serial_enable(void);

nrf_mesh_serial_state_t nrf_mesh_serial_state_get(void);

/**
 * Sends the host an Application event.
 *
 * @param length  1..254
 *
 * @retval NRF_ERROR_INVALID_STATE   Not enabled.
 * @retval NRF_ERROR_NULL            @p p_data is NULL.
 * @retval NRF_ERROR_INVALID_LENGTH  Out of range.
 * @retval NRF_ERROR_NO_MEM          No room: the host does not read.
 */
uint32_t nrf_mesh_serial_tx(uint8_t *p_data, uint32_t length);

#ifdef __cplusplus
}
#endif

#endif
