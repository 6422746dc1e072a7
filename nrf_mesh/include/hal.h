/*
 * The chip, as far as an application sees it.
 */
#ifndef HAL_H__
#define HAL_H__

#include "nrf.h"
#include "nrf_mbr.h"

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Starts the program again. On Linux the process leaves the air, closes its state directory and
 * runs its own executable with the same arguments: it does not return.
 *
 * @param gpregret_value  A number for the boot loader, of which there is none here.
 */
void hal_device_reset(uint8_t gpregret_value);

#ifdef __cplusplus
}
#endif

#endif
