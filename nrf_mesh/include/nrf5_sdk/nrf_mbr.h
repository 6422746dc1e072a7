/*
 * The boot record of the vendor's chips: there is none here. Its sizes are kept for what prints
 * them.
 */
#ifndef NRF_MBR_H__
#define NRF_MBR_H__

#include "nrf_svc.h"

#include <stdint.h>

#define MBR_SIZE 0x1000 /**< Octets of flash that it takes. */

#endif
