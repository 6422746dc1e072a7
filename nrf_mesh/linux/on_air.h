/*
 * The process on the air, seen from inside linux/: its one loop, which the radio, the timers and
 * the keys are on.
 */
#ifndef ON_AIR_H
#define ON_AIR_H

#include <uv.h>

/** The loop; NULL before nrf_mesh_on_air(). */
uv_loop_t *layer_on_air_loop(void);

/** Leaves the air and releases the state directory, for good: the process ends after this. May be
 * called from within any callback. */
void layer_on_air_leave(void);

/** No radio, no node: ends the process, so that what waits for that sees it. @p why goes to
 * standard error. */
_Noreturn void layer_on_air_lost(const char *why);

#endif
