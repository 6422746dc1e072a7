/*
 * Drives a simulated air by the wall clock: air time is the microseconds since the clock was made.
 * What happens on the air keeps its exact time; its owners are told of it up to about a millisecond
 * later.
 */
#ifndef AIR_CLOCK_H
#define AIR_CLOCK_H

#include "air.h"

#include <uv.h>

struct air_clock;

/** Starts at the air's time 0. @retval NULL  No memory. */
struct air_clock *air_clock_new(uv_loop_t *loop, struct air *air);
/** Before anything is done to the air: lets happen what is due, so that the air's time is now. */
void air_clock_catch_up(struct air_clock *clock);
/** After anything was done to the air: looks when the next thing is due. */
void air_clock_arm(struct air_clock *clock);
/** Stops; nothing happens on the air from here on, and the air may be freed. */
void air_clock_stop(struct air_clock *clock);

#endif
