/*
 * In the SDK, what its core asks of the device state manager at link time. Here these questions are
 * answered by the core's own tables; the functions that an application can use are kept.
 */
#ifndef NRF_MESH_EXTERNS_H__
#define NRF_MESH_EXTERNS_H__

#include <stdbool.h>
#include <stdint.h>

#include "nrf_mesh.h"

#ifdef __cplusplus
extern "C" {
#endif

/** The unicast addresses of this node; 0, 0: none. */
void nrf_mesh_unicast_address_get(uint16_t *p_addr_start, uint16_t *p_addr_count);
/** Whether this node takes messages to the address. */
bool nrf_mesh_is_address_rx(const nrf_mesh_address_t *p_addr);
bool nrf_mesh_is_device_provisioned(void);

#ifdef __cplusplus
}
#endif

#endif
