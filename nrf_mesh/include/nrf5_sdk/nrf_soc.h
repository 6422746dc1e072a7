/*
 * The chip library: on a computer, an application's main loop waits here.
 */
#ifndef NRF_SOC_H__
#define NRF_SOC_H__

#include "nrf_error.h"
#include "nrf_error_soc.h"
#include "nrf_svc.h"

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Waits until something happened, and does what is to be done then: on Linux it runs the loop that
 * the radio, the timers and the keys are on. On another port, whose owner runs the loop, it returns
 * at once.
 *
 * @retval NRF_SUCCESS  Something happened.
 */
uint32_t sd_app_evt_wait(void);

/**
 * Random octets.
 *
 * @retval NRF_SUCCESS                           Done.
 * @retval NRF_ERROR_SOC_RAND_NOT_ENOUGH_VALUES  No port, or it has no randomness.
 */
uint32_t sd_rand_application_vector_get(uint8_t *p_buff, uint8_t length);

#ifdef __cplusplus
}
#endif

#endif
