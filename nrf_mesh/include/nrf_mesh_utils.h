/*
 * Randomness and kinds of addresses.
 */
#ifndef NRF_MESH_UTILS_H__
#define NRF_MESH_UTILS_H__

#include <stdint.h>

#include "nrf_mesh.h"
#include "nrf_mesh_defines.h"

#ifdef __cplusplus
extern "C" {
#endif

/** What nrf_mesh_gap_address_type_get() answers for a random address of no kind. */
#ifndef BLE_GAP_ADDR_TYPE_RANDOM_INVALID
#define BLE_GAP_ADDR_TYPE_RANDOM_INVALID 0x04
#endif

/**
 * Draws cryptographic random octets.
 *
 * @retval NRF_SUCCESS         Drawn.
 * @retval NRF_ERROR_NULL      Nowhere to put them.
 * @retval NRF_ERROR_INTERNAL  The port has no randomness.
 */
uint32_t nrf_mesh_rand_get(uint8_t *p_result, uint8_t size);

nrf_mesh_address_type_t nrf_mesh_address_type_get(uint16_t address);

/**
 * The kind of an advertiser's address.
 *
 * @param p_address  6 octets, least significant first.
 * @param txadd_bit  0: public.
 *
 * @return BLE_GAP_ADDR_TYPE_*.
 */
uint8_t nrf_mesh_gap_address_type_get(const uint8_t *p_address, uint8_t txadd_bit);

#ifdef __cplusplus
}
#endif

#endif
