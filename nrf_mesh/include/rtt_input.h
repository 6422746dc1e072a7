/*
 * Keys. On Linux they are what standard input has; the keys 1 to 4 are buttons if the program
 * initialised those (simple_hal.h).
 */
#ifndef RTT_INPUT_H__
#define RTT_INPUT_H__

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Takes a key. */
typedef void (*rtt_input_handler_t)(int key);

/** From now on, keys go to a handler. @p poll_period_ms is not used: there is no polling. */
void rtt_input_enable(rtt_input_handler_t rtt_input_handler, uint32_t poll_period_ms);

#ifdef __cplusplus
}
#endif

#endif
