/*
 * What timer_scheduler.c has of a node: the events that are scheduled, soonest first. See stack.h.
 */
#ifndef TIMERS_STATE_H
#define TIMERS_STATE_H

#include "timer_scheduler.h"

struct timers_state {
    timer_event_t *p_first;
};

#endif
