/*
 * The chip (hal.h, nrf.h, nrf_nvic.h, nrf_soc.h), where the port has nothing better: linux/ has its
 * own of the weak ones.
 */
#include "hal.h"

#include "nrf_mesh_assert.h"
#include "nrf_nvic.h"
#include "nrf_soc.h"
#include "stack.h"

/* A port cannot be asked for a reset: a program that needs one on a port of its own defines this.
 */
__attribute__((weak)) void hal_device_reset(uint8_t gpregret_value)
{
    (void)gpregret_value;
    NRF_MESH_ASSERT(false);
}

/* The owner of the port runs the loop. */
__attribute__((weak)) uint32_t sd_app_evt_wait(void)
{
    return NRF_SUCCESS;
}

void NVIC_SystemReset(void)
{
    hal_device_reset(0);
}

uint32_t sd_nvic_SystemReset(void)
{
    hal_device_reset(0);
    return NRF_SUCCESS;
}

uint32_t sd_nvic_critical_region_enter(uint8_t *p_is_nested_critical_region)
{
    *p_is_nested_critical_region = 0;
    return NRF_SUCCESS;
}

uint32_t sd_nvic_critical_region_exit(uint8_t is_nested_critical_region)
{
    (void)is_nested_critical_region;
    return NRF_SUCCESS;
}

uint32_t sd_rand_application_vector_get(uint8_t *p_buff, uint8_t length)
{
    const struct usher_port *port = layer_stack()->port;

    if (port == NULL || port->random(port->ctx, p_buff, length) != USHER_OK) {
        return NRF_ERROR_SOC_RAND_NOT_ENOUGH_VALUES;
    }
    return NRF_SUCCESS;
}
