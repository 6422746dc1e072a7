/*
 * The manager of the vendor's stack: the low frequency clock that a chip is told to use. A
 * computer's clock is the port's, so that it is read and has no effect.
 */
#ifndef NRF_SDM_H__
#define NRF_SDM_H__

#include "nrf_error.h"
#include "nrf_error_sdm.h"
#include "nrf_svc.h"

#include <stdint.h>

/** Where the clock comes from. */
#define NRF_CLOCK_LF_SRC_RC 0
#define NRF_CLOCK_LF_SRC_XTAL 1
#define NRF_CLOCK_LF_SRC_SYNTH 2

/** How good it is. */
#define NRF_CLOCK_LF_ACCURACY_250_PPM 0
#define NRF_CLOCK_LF_ACCURACY_500_PPM 1
#define NRF_CLOCK_LF_ACCURACY_150_PPM 2
#define NRF_CLOCK_LF_ACCURACY_100_PPM 3
#define NRF_CLOCK_LF_ACCURACY_75_PPM 4
#define NRF_CLOCK_LF_ACCURACY_50_PPM 5
#define NRF_CLOCK_LF_ACCURACY_30_PPM 6
#define NRF_CLOCK_LF_ACCURACY_20_PPM 7
#define NRF_CLOCK_LF_ACCURACY_10_PPM 8
#define NRF_CLOCK_LF_ACCURACY_5_PPM 9
#define NRF_CLOCK_LF_ACCURACY_2_PPM 10
#define NRF_CLOCK_LF_ACCURACY_1_PPM 11

/** The clock. */
typedef struct {
    uint8_t source;       /**< NRF_CLOCK_LF_SRC_... */
    uint8_t rc_ctiv;      /**< Quarter seconds between calibrations; RC only. */
    uint8_t rc_temp_ctiv; /**< Calibrations between those that are made at any temperature. */
    uint8_t accuracy;     /**< NRF_CLOCK_LF_ACCURACY_... */
} nrf_clock_lf_cfg_t;

#endif
