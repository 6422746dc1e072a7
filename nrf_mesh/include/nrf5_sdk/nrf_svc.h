/*
 * How the vendor's stack is called: here by plain functions, so that its declarations need no macro
 * of their own.
 */
#ifndef NRF_SVC_H__
#define NRF_SVC_H__

#include <stdint.h>

#ifndef SVCALL
#define SVCALL(number, return_type, signature) return_type signature
#endif

#endif
