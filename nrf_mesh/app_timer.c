/*
 * Timers of the vendor's SDK (app_timer.h), over the layer's (timer_scheduler.h).
 */
#include "app_timer.h"

#include "stack.h"

/* The longest timeout is 512 s, which microseconds of 32 bits hold. */
static uint32_t us_of(uint32_t ticks)
{
    return (uint32_t)((uint64_t)ticks * (APP_TIMER_CONFIG_RTC_FREQUENCY + 1) * 1000000u /
                      APP_TIMER_CLOCK_FREQ);
}

uint32_t app_timer_init(void)
{
    return NRF_SUCCESS;
}

static void expired(timestamp_t timestamp, void *p_context)
{
    const app_timer_t *timer = p_context;

    (void)timestamp;
    timer->handler(timer->p_context);
}

uint32_t app_timer_create(const app_timer_id_t *p_timer_id, app_timer_mode_t mode,
                          app_timer_timeout_handler_t timeout_handler)
{
    app_timer_t *timer;

    if (p_timer_id == NULL || *p_timer_id == NULL || timeout_handler == NULL) {
        return NRF_ERROR_INVALID_PARAM;
    }
    timer = *p_timer_id;
    if (timer_sch_is_scheduled(&timer->event)) {
        return NRF_ERROR_INVALID_STATE;
    }
    *timer = (app_timer_t){ .handler = timeout_handler, .mode = mode };
    timer->event.cb = expired;
    timer->event.p_context = timer;
    return NRF_SUCCESS;
}

uint32_t app_timer_start(app_timer_id_t timer_id, uint32_t timeout_ticks, void *p_context)
{
    uint32_t us = us_of(timeout_ticks);

    if (timeout_ticks < APP_TIMER_MIN_TIMEOUT_TICKS || timeout_ticks > APP_TIMER_MAX_CNT_VAL) {
        return NRF_ERROR_INVALID_PARAM;
    }
    if (timer_id == NULL || timer_id->handler == NULL) {
        return NRF_ERROR_INVALID_STATE;
    }
    if (!timer_sch_is_scheduled(&timer_id->event)) {
        timer_id->p_context = p_context;
        timer_id->event.interval = timer_id->mode == APP_TIMER_MODE_REPEATED ? us : 0;
        timer_sch_reschedule(&timer_id->event, timer_now() + us);
    }
    return NRF_SUCCESS;
}

uint32_t app_timer_stop(app_timer_id_t timer_id)
{
    if (timer_id == NULL || timer_id->handler == NULL) {
        return NRF_ERROR_INVALID_STATE;
    }
    timer_sch_abort(&timer_id->event);
    return NRF_SUCCESS;
}

uint32_t app_timer_cnt_get(void)
{
    const struct usher_port *port = layer_stack()->port;
    uint64_t ms = port == NULL ? 0 : port->now_ms(port->ctx);

    return (uint32_t)(ms * APP_TIMER_CLOCK_FREQ / (1000u * (APP_TIMER_CONFIG_RTC_FREQUENCY + 1))) &
           APP_TIMER_MAX_CNT_VAL;
}

uint32_t app_timer_cnt_diff_compute(uint32_t ticks_to, uint32_t ticks_from)
{
    return (ticks_to - ticks_from) & APP_TIMER_MAX_CNT_VAL;
}
