/*
 * Delays and transitions (app_transition.h).
 */
#include "app_transition.h"

#include "nrf_error.h"

#include <stddef.h>

static uint32_t wait_for(app_transition_t *t, app_transition_phase_t phase, uint32_t ms)
{
    uint64_t ticks = MODEL_TIMER_TICKS_GET_MS(ms);

    t->phase = phase;
    t->timer.timeout_rtc_ticks =
        ticks < MODEL_TIMER_TIMEOUT_MIN_TICKS ? MODEL_TIMER_TIMEOUT_MIN_TICKS : ticks;
    return model_timer_schedule(&t->timer);
}

static uint32_t begin(app_transition_t *t)
{
    uint32_t err;

    if (t->requested.transition_time_ms == 0) {
        t->phase = APP_TRANSITION_IDLE;
        t->start_cb(t);
        t->complete_cb(t);
        return NRF_SUCCESS;
    }
    err = wait_for(t, APP_TRANSITION_RUNNING, t->requested.transition_time_ms);
    if (err == NRF_SUCCESS) {
        t->start_cb(t);
    }
    return err;
}

static void on_timer(void *p_context)
{
    app_transition_t *t = p_context;

    if (t->phase == APP_TRANSITION_DELAY) {
        (void)begin(t); /* the timer has run before, so that it can again */
    } else if (t->phase == APP_TRANSITION_RUNNING) {
        t->phase = APP_TRANSITION_IDLE;
        t->complete_cb(t);
    }
}

uint32_t app_transition_init(app_transition_t *p_transition)
{
    if (p_transition == NULL || p_transition->start_cb == NULL ||
        p_transition->complete_cb == NULL) {
        return NRF_ERROR_NULL;
    }
    p_transition->phase = APP_TRANSITION_IDLE;
    p_transition->timer.mode = APP_TIMER_MODE_SINGLE_SHOT;
    p_transition->timer.cb = on_timer;
    p_transition->timer.p_context = p_transition;
    return model_timer_create(&p_transition->timer);
}

uint32_t app_transition_trigger(app_transition_t *p_transition, const model_transition_t *p_times)
{
    static const model_transition_t at_once;

    app_transition_abort(p_transition);
    p_transition->requested = p_times != NULL ? *p_times : at_once;
    if (p_transition->requested.delay_ms != 0) {
        return wait_for(p_transition, APP_TRANSITION_DELAY, p_transition->requested.delay_ms);
    }
    return begin(p_transition);
}

void app_transition_abort(app_transition_t *p_transition)
{
    if (p_transition->phase != APP_TRANSITION_IDLE) {
        p_transition->phase = APP_TRANSITION_IDLE;
        model_timer_abort(&p_transition->timer);
    }
}

uint32_t app_transition_remaining_time_get(const app_transition_t *p_transition)
{
    uint32_t left;

    if (p_transition->phase == APP_TRANSITION_IDLE) {
        return 0;
    }
    left =
        (uint32_t)MODEL_TIMER_PERIOD_MS_GET(model_timer_remaining_ticks_get(&p_transition->timer));
    return p_transition->phase == APP_TRANSITION_RUNNING
               ? left
               : left + p_transition->requested.transition_time_ms;
}
