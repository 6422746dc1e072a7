/*
 * The device's UUID.
 */
#ifndef NRF_MESH_CONFIGURE_H__
#define NRF_MESH_CONFIGURE_H__

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Sets it until the next start. @param p_uuid  16 octets, copied. */
void nrf_mesh_configure_device_uuid_set(const uint8_t *p_uuid);
/**
 * Sets the default again: with storage one that was drawn once for this device and outlives
 * mesh_stack_config_clear(), without it the one drawn for this run. Version 4, variant 1.
 */
void nrf_mesh_configure_device_uuid_reset(void);
/** @return 16 octets. */
const uint8_t *nrf_mesh_configure_device_uuid_get(void);

#ifdef __cplusplus
}
#endif

#endif
