/*
 * Waiting without anything else being done.
 */
#ifndef NRF_DELAY_H__
#define NRF_DELAY_H__

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Blocks for so many microseconds of real time. Nothing is sent or heard meanwhile. */
void nrf_delay_us(uint32_t us_time);
/** The same in milliseconds. */
void nrf_delay_ms(uint32_t ms_time);

#ifdef __cplusplus
}
#endif

#endif
