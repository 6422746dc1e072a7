/*
 * Work that waits for the stack's context, as a member of the seeds' structures that applications
 * allocate. All runs in one context here, so that there are no functions for it.
 */
#ifndef BEARER_EVENT_H__
#define BEARER_EVENT_H__

#include "nrf_mesh_config_core.h"
#include "queue.h"
#include "timer.h"
#include "timer_scheduler.h"

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A flag's number. */
typedef uint32_t bearer_event_flag_t;
/** What is called. */
typedef void (*bearer_event_callback_t)(void *p_context);
typedef bearer_event_callback_t bearer_event_sequential_callback_t;

/** An event that occurs once at a time. */
typedef struct {
    volatile bool event_pending;
    bearer_event_sequential_callback_t callback;
    void *p_context;
    queue_elem_t queue_elem;
} bearer_event_sequential_t;

#ifdef __cplusplus
}
#endif

#endif
