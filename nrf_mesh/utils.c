/*
 * Randomness and addresses (nrf_mesh_utils.h), and the promise that error codes of the core are the
 * SDK's.
 */
#include "nrf_mesh_utils.h"

#include "stack.h"

_Static_assert(
    (int)USHER_OK == NRF_SUCCESS && (int)USHER_E_INTERNAL == NRF_ERROR_INTERNAL &&
        (int)USHER_E_NO_MEM == NRF_ERROR_NO_MEM && (int)USHER_E_NOT_FOUND == NRF_ERROR_NOT_FOUND &&
        (int)USHER_E_UNSUPPORTED == NRF_ERROR_NOT_SUPPORTED &&
        (int)USHER_E_PARAM == NRF_ERROR_INVALID_PARAM &&
        (int)USHER_E_STATE == NRF_ERROR_INVALID_STATE &&
        (int)USHER_E_LENGTH == NRF_ERROR_INVALID_LENGTH &&
        (int)USHER_E_FLAGS == NRF_ERROR_INVALID_FLAGS &&
        (int)USHER_E_DATA == NRF_ERROR_INVALID_DATA && (int)USHER_E_SIZE == NRF_ERROR_DATA_SIZE &&
        (int)USHER_E_TIMEOUT == NRF_ERROR_TIMEOUT && (int)USHER_E_NULL == NRF_ERROR_NULL &&
        (int)USHER_E_FORBIDDEN == NRF_ERROR_FORBIDDEN &&
        (int)USHER_E_ADDR == NRF_ERROR_INVALID_ADDR && (int)USHER_E_BUSY == NRF_ERROR_BUSY &&
        (int)USHER_E_RESOURCES == NRF_ERROR_RESOURCES,
    "a wrapper passes codes on as they are");

uint32_t nrf_mesh_rand_get(uint8_t *p_result, uint8_t size)
{
    const struct usher_port *port = layer_stack()->port;

    if (p_result == NULL) {
        return NRF_ERROR_NULL;
    }
    return port == NULL ? NRF_ERROR_INTERNAL : (uint32_t)port->random(port->ctx, p_result, size);
}

nrf_mesh_address_type_t nrf_mesh_address_type_get(uint16_t address)
{
    if (address == NRF_MESH_ADDR_UNASSIGNED) {
        return NRF_MESH_ADDRESS_TYPE_INVALID;
    }
    if (usher_is_unicast(address)) {
        return NRF_MESH_ADDRESS_TYPE_UNICAST;
    }
    return usher_is_virtual(address) ? NRF_MESH_ADDRESS_TYPE_VIRTUAL : NRF_MESH_ADDRESS_TYPE_GROUP;
}

uint8_t nrf_mesh_gap_address_type_get(const uint8_t *p_address, uint8_t txadd_bit)
{
    static const uint8_t types[4] = { BLE_GAP_ADDR_TYPE_RANDOM_PRIVATE_NON_RESOLVABLE,
                                      BLE_GAP_ADDR_TYPE_RANDOM_PRIVATE_RESOLVABLE,
                                      BLE_GAP_ADDR_TYPE_RANDOM_INVALID,
                                      BLE_GAP_ADDR_TYPE_RANDOM_STATIC };

    return txadd_bit == 0 ? BLE_GAP_ADDR_TYPE_PUBLIC : types[p_address[BLE_GAP_ADDR_LEN - 1] >> 6];
}
