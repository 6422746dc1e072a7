/*
 * What models share (model_common.h): times, transactions, timers. Called by the models of this
 * layer and by the application's.
 */
#include "model_common.h"

#include "stack.h"

#include <string.h>

#define STEPS_MAX 62u
#define TID_MS 6000u /* so long a TID names one transaction */

static const uint32_t resolution_ms[] = { 100, 1000, 10000, 600000 };

/* -- times ------------------------------------------------------------------------------------- */

uint32_t model_transition_time_decode(uint8_t encoded_transition_time)
{
    uint8_t steps = encoded_transition_time & TRANSITION_TIME_UNKNOWN;

    return steps == TRANSITION_TIME_UNKNOWN ? MODEL_TRANSITION_TIME_UNKNOWN
                                            : steps * resolution_ms[encoded_transition_time >> 6];
}

uint8_t model_transition_time_encode(uint32_t transition_time_ms)
{
    if (transition_time_ms > TRANSITION_TIME_MAX_MS) {
        return TRANSITION_TIME_UNKNOWN;
    }
    for (uint8_t r = 0; r < 3; r++) {
        if (transition_time_ms <= STEPS_MAX * resolution_ms[r]) {
            return (uint8_t)((unsigned)r << 6 | transition_time_ms / resolution_ms[r]);
        }
    }
    return (uint8_t)(3u << 6 | transition_time_ms / resolution_ms[3]);
}

bool model_transition_time_is_valid(uint32_t transition_time_ms)
{
    return transition_time_ms <= TRANSITION_TIME_MAX_MS;
}

uint32_t model_delay_decode(uint8_t encoded_delay)
{
    return encoded_delay * (uint32_t)DELAY_TIME_STEP_MS;
}

uint8_t model_delay_encode(uint32_t delay_ms)
{
    return (uint8_t)((delay_ms > DELAY_TIME_MAX_MS ? DELAY_TIME_MAX_MS : delay_ms) /
                     DELAY_TIME_STEP_MS);
}

/* -- transactions ------------------------------------------------------------------------------ */

bool model_tid_validate(tid_tracker_t *p_tid_tracker, const access_message_rx_meta_t *p_meta,
                        uint16_t message_id, uint8_t tid)
{
    tid_tracker_t *t = p_tid_tracker;
    const struct usher_port *port = &layer_stack()->core.port;
    uint64_t now = port->now_ms(port->ctx);

    t->new_transaction = !t->tid_expiry_pending || now - t->received_ms > TID_MS ||
                         t->src != p_meta->src.value || t->dst != p_meta->dst.value ||
                         t->message_id != message_id || t->old_tid != tid;
    t->src = p_meta->src.value;
    t->dst = p_meta->dst.value;
    t->message_id = message_id;
    t->old_tid = tid;
    t->tid_expiry_pending = true;
    t->received_ms = now;
    return t->new_transaction;
}

bool model_transaction_is_new(const tid_tracker_t *p_tid_tracker)
{
    return p_tid_tracker->new_transaction;
}

/* -- timers ------------------------------------------------------------------------------------ */

/* The next part, which leaves no rest that is too short for a part. */
static uint32_t part_begin(model_timer_t *t)
{
    uint64_t part = t->remaining_rtc_ticks;

    if (part > APP_TIMER_MAX_CNT_VAL) {
        part = APP_TIMER_MAX_CNT_VAL - APP_TIMER_MIN_TIMEOUT_TICKS;
    }
    t->part_rtc_ticks = (uint32_t)part;
    t->part_started = timer_now();
    return app_timer_start(*t->p_timer_id, t->part_rtc_ticks, t);
}

static uint32_t begin(model_timer_t *t)
{
    uint32_t err;

    t->elapsed_rtc_ticks = 0;
    t->remaining_rtc_ticks = t->timeout_rtc_ticks;
    err = part_begin(t);
    t->timer_running = err == NRF_SUCCESS;
    return err;
}

static void on_part(void *p_context)
{
    model_timer_t *t = p_context;

    t->elapsed_rtc_ticks += t->part_rtc_ticks;
    t->remaining_rtc_ticks -= t->part_rtc_ticks;
    if (t->remaining_rtc_ticks != 0) {
        (void)part_begin(t);
        return;
    }
    t->timer_running = false;
    if (t->mode == APP_TIMER_MODE_REPEATED) {
        (void)begin(t);
    }
    t->cb(t->p_context);
}

uint32_t model_timer_create(model_timer_t *p_timer)
{
    if (p_timer == NULL || p_timer->p_timer_id == NULL || p_timer->cb == NULL) {
        return NRF_ERROR_NULL;
    }
    return app_timer_create(p_timer->p_timer_id, APP_TIMER_MODE_SINGLE_SHOT, on_part);
}

uint32_t model_timer_schedule(model_timer_t *p_timer)
{
    if (p_timer == NULL || p_timer->p_timer_id == NULL) {
        return NRF_ERROR_NULL;
    }
    model_timer_abort(p_timer);
    return begin(p_timer);
}

void model_timer_abort(model_timer_t *p_timer)
{
    if (p_timer->timer_running) {
        (void)app_timer_stop(*p_timer->p_timer_id);
        p_timer->timer_running = false;
    }
}

uint64_t model_timer_elapsed_ticks_get(const model_timer_t *p_timer)
{
    uint64_t us = TIMER_DIFF(timer_now(), p_timer->part_started);
    uint64_t part = us * APP_TIMER_CLOCK_FREQ / 1000000u / (APP_TIMER_CONFIG_RTC_FREQUENCY + 1);

    if (!p_timer->timer_running) {
        return 0;
    }
    return p_timer->elapsed_rtc_ticks +
           (part < p_timer->part_rtc_ticks ? part : p_timer->part_rtc_ticks);
}

uint64_t model_timer_remaining_ticks_get(const model_timer_t *p_timer)
{
    return p_timer->timer_running
               ? p_timer->timeout_rtc_ticks - model_timer_elapsed_ticks_get(p_timer)
               : 0;
}
