/*
 * The debugger's console: standard output here. Keys come by rtt_input.h.
 */
#ifndef SEGGER_RTT_H__
#define SEGGER_RTT_H__

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Prints. @return How many characters. */
unsigned SEGGER_RTT_WriteString(unsigned buffer_index, const char *s);
/** Prints, as printf. @return How many characters; below 0: an error. */
int SEGGER_RTT_printf(unsigned buffer_index, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#ifdef __cplusplus
}
#endif

#endif
