/*
 * The chip's registers in the vendor's SDK. A computer has none of them: what remains is the reset,
 * and instructions that order and wait, which mean nothing where all runs in one context.
 */
#ifndef NRF_H__
#define NRF_H__

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define __DSB() ((void)0)
#define __DMB() ((void)0)
#define __ISB() ((void)0)
#define __NOP() ((void)0)
#define __SEV() ((void)0)

/** Starts the program again: hal_device_reset(0). */
void NVIC_SystemReset(void);

#ifdef __cplusplus
}
#endif

#endif
