/*
 * Timers: callbacks at a time, once or periodically, on any port, from where the stack's own timers
 * run. A time is half an hour ahead at most. An event is the caller's memory and must stay as long
 * as it is scheduled. Events may be scheduled, moved and aborted from within callbacks.
 */
#ifndef TIMER_SCHEDULER_H__
#define TIMER_SCHEDULER_H__

#include "timer.h"

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A callback: the time that it was due, and the event's context. */
typedef void (*timer_sch_callback_t)(timestamp_t timestamp, void *p_context);

/** What an event is doing. */
typedef enum {
    TIMER_EVENT_STATE_UNUSED, /**< Not scheduled. */
    TIMER_EVENT_STATE_QUEUED, /**< Waits for its time. */
} timer_event_state_t;

/** One timer. */
typedef struct timer_event {
    volatile timer_event_state_t state; /**< The scheduler's. */
    timestamp_t timestamp;              /**< When it is due. */
    timer_sch_callback_t cb;            /**< What is called. */
    uint32_t interval;                  /**< Microseconds from one call to the next; 0: once. */
    void *p_context;                    /**< For the callback. */
    struct timer_event *p_next;         /**< The scheduler's. */
} timer_event_t;

/** Schedules an event for its timestamp; one in the past is due at once. It must not be
 * scheduled. */
void timer_sch_schedule(timer_event_t *p_timer_evt);
/** Takes an event out, if it is in. */
void timer_sch_abort(timer_event_t *p_timer_evt);
/** Gives an event a new time, and schedules it if it is not. */
void timer_sch_reschedule(timer_event_t *p_timer_evt, timestamp_t new_timestamp);
/** Whether an event will be called. */
bool timer_sch_is_scheduled(const timer_event_t *p_timer_evt);

#ifdef __cplusplus
}
#endif

#endif
