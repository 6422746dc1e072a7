/*
 * Critical regions and the reset. All of the stack runs in one context, so that a region has
 * nothing to keep out.
 */
#ifndef NRF_NVIC_H__
#define NRF_NVIC_H__

#include "nrf.h"
#include "nrf_error.h"
#include "nrf_svc.h"

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** @retval NRF_SUCCESS  Entered. */
uint32_t sd_nvic_critical_region_enter(uint8_t *p_is_nested_critical_region);
/** @retval NRF_SUCCESS  Left. */
uint32_t sd_nvic_critical_region_exit(uint8_t is_nested_critical_region);
/** Starts the program again; does not return. See hal_device_reset(). */
uint32_t sd_nvic_SystemReset(void);

#ifdef __cplusplus
}
#endif

#endif
