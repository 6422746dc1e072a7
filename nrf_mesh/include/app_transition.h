/*
 * A state's way from one value to the next: a delay, then a transition (Mesh Model 1.1, section
 * 3.1.1.4). What the value is on the way is the owner's affair.
 */
#ifndef APP_TRANSITION_H__
#define APP_TRANSITION_H__

#include "app_timer.h"
#include "fsm.h"
#include "model_common.h"
#include "timer_scheduler.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
    APP_TRANSITION_IDLE,
    APP_TRANSITION_DELAY,   /**< the transition has not begun */
    APP_TRANSITION_RUNNING, /**< it has */
} app_transition_phase_t;

typedef struct app_transition app_transition_t;
typedef void (*app_transition_cb_t)(app_transition_t *p_transition);

/** A transition. Set start_cb, complete_cb and timer.p_timer_id, then app_transition_init(). */
struct app_transition {
    model_timer_t timer;
    model_transition_t requested;
    app_transition_phase_t phase;
    app_transition_cb_t start_cb;    /**< the delay is over, if there was one */
    app_transition_cb_t complete_cb; /**< the transition is, too */
};

/** @retval NRF_ERROR_NULL  A callback is. @retval others  As model_timer_create(). */
uint32_t app_transition_init(app_transition_t *p_transition);
/**
 * Begins, in place of what is under way. Without times both callbacks are called at once.
 *
 * @param p_times  NULL: no times.
 *
 * @retval others  As model_timer_schedule().
 */
uint32_t app_transition_trigger(app_transition_t *p_transition, const model_transition_t *p_times);
/** Ends it; nothing is called. */
void app_transition_abort(app_transition_t *p_transition);
/** Until it is complete, in ms, with what is left of the delay. 0: nothing is under way. */
uint32_t app_transition_remaining_time_get(const app_transition_t *p_transition);

#ifdef __cplusplus
}
#endif

#endif
