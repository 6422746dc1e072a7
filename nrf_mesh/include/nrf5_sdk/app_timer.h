/*
 * Timers of the vendor's SDK, in ticks of 1/32768 s: here over timer_scheduler.h, so by the port's
 * clock. A timer may be started, stopped and started again, from within its callback too.
 */
#ifndef APP_TIMER_H__
#define APP_TIMER_H__

#include "app_error.h"
#include "app_util.h"
#include "nrf_error.h"
#include "timer_scheduler.h"
#include "utils.h"

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define APP_TIMER_CLOCK_FREQ 32768 /**< Hz. */
#define APP_TIMER_MIN_TIMEOUT_TICKS 5
#define APP_TIMER_MAX_CNT_VAL 0x00FFFFFF
#ifndef APP_TIMER_CONFIG_RTC_FREQUENCY
#define APP_TIMER_CONFIG_RTC_FREQUENCY 0 /**< The clock is divided by one more than this. */
#endif

/** Ticks of so many milliseconds. */
#define APP_TIMER_TICKS(MS)                                                                        \
    ((uint32_t)ROUNDED_DIV((MS) * (uint64_t)APP_TIMER_CLOCK_FREQ,                                  \
                           1000u * (APP_TIMER_CONFIG_RTC_FREQUENCY + 1)))

typedef void (*app_timer_timeout_handler_t)(void *p_context);

typedef enum {
    APP_TIMER_MODE_SINGLE_SHOT,
    APP_TIMER_MODE_REPEATED,
} app_timer_mode_t;

/** A timer. */
typedef struct {
    timer_event_t event;
    app_timer_timeout_handler_t handler;
    void *p_context;
    app_timer_mode_t mode;
} app_timer_t;
typedef app_timer_t *app_timer_id_t;

/** Defines a timer. */
#define APP_TIMER_DEF(timer_id)                                                                    \
    static app_timer_t CONCAT_2(timer_id, _data);                                                  \
    static const app_timer_id_t timer_id = &CONCAT_2(timer_id, _data)

/** @retval NRF_SUCCESS  Timers are ready, as they always are. */
uint32_t app_timer_init(void);
/**
 * Makes a timer.
 *
 * @retval NRF_SUCCESS              Made.
 * @retval NRF_ERROR_INVALID_PARAM  @p p_timer_id, what it points at, or @p timeout_handler is NULL.
 * @retval NRF_ERROR_INVALID_STATE  It runs.
 */
uint32_t app_timer_create(const app_timer_id_t *p_timer_id, app_timer_mode_t mode,
                          app_timer_timeout_handler_t timeout_handler);
/**
 * Starts a timer; one that runs goes on as it was.
 *
 * @retval NRF_SUCCESS              It runs.
 * @retval NRF_ERROR_INVALID_PARAM  Below APP_TIMER_MIN_TIMEOUT_TICKS, or above
 *                                  APP_TIMER_MAX_CNT_VAL (512 s).
 * @retval NRF_ERROR_INVALID_STATE  Not made.
 */
uint32_t app_timer_start(app_timer_id_t timer_id, uint32_t timeout_ticks, void *p_context);
/**
 * Stops a timer.
 *
 * @retval NRF_SUCCESS              It does not run.
 * @retval NRF_ERROR_INVALID_STATE  Not made.
 */
uint32_t app_timer_stop(app_timer_id_t timer_id);
/** The clock, in ticks; it wraps after APP_TIMER_MAX_CNT_VAL. */
uint32_t app_timer_cnt_get(void);
/** Ticks from one reading of the clock to another. */
uint32_t app_timer_cnt_diff_compute(uint32_t ticks_to, uint32_t ticks_from);

#ifdef __cplusplus
}
#endif

#endif
