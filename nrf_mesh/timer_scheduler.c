/*
 * Timers over the instance's rounds (timer_scheduler.h): one list for each node, soonest first.
 * core.c calls layer_timers_run() whenever the instance had a turn, and again when it says. Times
 * are compared modulo 2^32 microseconds, so that a timer may be set for half an hour ahead; the
 * port's clock, which ticks in milliseconds, is what makes them due.
 */
#include "timer_scheduler.h"

#include "nrf_mesh_assert.h"
#include "stack.h"

#include <stddef.h>

static void insert(struct timers_state *timers, timer_event_t *event)
{
    timer_event_t **at = &timers->p_first;

    while (*at != NULL && !TIMER_OLDER_THAN(event->timestamp, (*at)->timestamp)) {
        at = &(*at)->p_next;
    }
    event->p_next = *at;
    event->state = TIMER_EVENT_STATE_QUEUED;
    *at = event;
}

void timer_sch_schedule(timer_event_t *p_timer_evt)
{
    struct timers_state *timers = &layer_stack()->timers;

    NRF_MESH_ASSERT(p_timer_evt->state == TIMER_EVENT_STATE_UNUSED && p_timer_evt->cb != NULL);
    insert(timers, p_timer_evt);
    if (timers->p_first == p_timer_evt) {
        layer_core_wake();
    }
}

void timer_sch_abort(timer_event_t *p_timer_evt)
{
    timer_event_t **at = &layer_stack()->timers.p_first;

    while (*at != NULL && *at != p_timer_evt) {
        at = &(*at)->p_next;
    }
    if (*at != NULL) {
        *at = p_timer_evt->p_next;
        p_timer_evt->p_next = NULL;
        p_timer_evt->state = TIMER_EVENT_STATE_UNUSED;
    }
}

void timer_sch_reschedule(timer_event_t *p_timer_evt, timestamp_t new_timestamp)
{
    timer_sch_abort(p_timer_evt);
    p_timer_evt->timestamp = new_timestamp;
    timer_sch_schedule(p_timer_evt);
}

bool timer_sch_is_scheduled(const timer_event_t *p_timer_evt)
{
    return p_timer_evt->state != TIMER_EVENT_STATE_UNUSED;
}

static bool due(const timer_event_t *event, timestamp_t now)
{
    return event != NULL && !TIMER_OLDER_THAN(now, event->timestamp);
}

/* Takes the first one out; a periodic one goes in again, for its next time after now: what was
 * missed is not made up for. */
static void call_first(struct timers_state *timers, timestamp_t now)
{
    timer_event_t *event = timers->p_first;
    timestamp_t at = event->timestamp;

    timers->p_first = event->p_next;
    event->p_next = NULL;
    event->state = TIMER_EVENT_STATE_UNUSED;
    if (event->interval != 0) {
        event->timestamp = at + (TIMER_DIFF(now, at) / event->interval + 1) * event->interval;
        insert(timers, event);
    }
    event->cb(at, event->p_context);
}

uint64_t layer_timers_run(struct nrf_mesh_stack *s, uint64_t now_ms)
{
    struct nrf_mesh_stack *before = layer_stack_enter(s);
    timestamp_t now = (timestamp_t)(now_ms * 1000u);
    uint64_t next = USHER_NEVER;
    unsigned count = 0;

    /* Those that callbacks set for now have the next round, not this one. */
    for (const timer_event_t *e = s->timers.p_first; due(e, now); e = e->p_next) {
        count++;
    }
    while (count-- > 0 && due(s->timers.p_first, now)) {
        call_first(&s->timers, now);
    }
    if (due(s->timers.p_first, now)) {
        next = now_ms;
    } else if (s->timers.p_first != NULL) {
        next = now_ms + (TIMER_DIFF(s->timers.p_first->timestamp, now) + 999u) / 1000u;
    }
    (void)layer_stack_enter(before);
    return next;
}
