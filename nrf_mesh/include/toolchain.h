/*
 * What differs between compilers.
 */
#ifndef TOOLCHAIN_H__
#define TOOLCHAIN_H__

#include "nrf.h"

#include <stdint.h>

/** Packed structures and weak functions. */
#ifndef __packed
#define __packed __attribute__((packed))
#endif
#ifndef __WEAK
#define __WEAK __attribute__((weak))
#endif
#ifndef __ALIGN
#define __ALIGN(N) __attribute__((aligned(N)))
#endif

/**
 * The seeds mask interrupts here. All of the stack runs in one context, so there is none to be
 * masked, and the variable that would keep the mask is merely set.
 */
#define _DISABLE_IRQS(was_masked) ((was_masked) = 0)
#define _ENABLE_IRQS(was_masked) ((void)(was_masked))

#endif
