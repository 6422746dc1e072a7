/*
 * What models share: times on the wire, transactions, timers. An application's settings for models
 * are in its nrf_mesh_config_app.h.
 */
#ifndef MODEL_COMMON_H__
#define MODEL_COMMON_H__

#include <stdbool.h>
#include <stdint.h>

#include "access.h"
#include "app_timer.h"
#include "nrf_mesh_config_core.h"
#include "timer_scheduler.h"
#include "utils.h"

#ifdef __cplusplus
extern "C" {
#endif

#ifndef MODEL_ACKNOWLEDGED_TRANSACTION_TIMEOUT
/** How long a client waits for an answer, in microseconds. */
#define MODEL_ACKNOWLEDGED_TRANSACTION_TIMEOUT (SEC_TO_US(30))
#endif

/* How many instances an application has of the models whose states the SDK keeps in storage. */
#ifndef GENERIC_ONOFF_SERVER_INSTANCES_MAX
#define GENERIC_ONOFF_SERVER_INSTANCES_MAX 0
#endif
#ifndef GENERIC_LEVEL_SERVER_INSTANCES_MAX
#define GENERIC_LEVEL_SERVER_INSTANCES_MAX 0
#endif
#ifndef GENERIC_DTT_SERVER_INSTANCES_MAX
#define GENERIC_DTT_SERVER_INSTANCES_MAX 0
#endif
#ifndef GENERIC_PONOFF_SETUP_SERVER_INSTANCES_MAX
#define GENERIC_PONOFF_SETUP_SERVER_INSTANCES_MAX 0
#endif
#ifndef SCENE_SETUP_SERVER_INSTANCES_MAX
#define SCENE_SETUP_SERVER_INSTANCES_MAX 0
#endif
#ifndef LIGHT_LIGHTNESS_SETUP_SERVER_INSTANCES_MAX
#define LIGHT_LIGHTNESS_SETUP_SERVER_INSTANCES_MAX 0
#endif
#ifndef LIGHT_LC_SETUP_SERVER_INSTANCES_MAX
#define LIGHT_LC_SETUP_SERVER_INSTANCES_MAX 0
#endif
#ifndef LIGHT_CTL_SETUP_SERVER_INSTANCES_MAX
#define LIGHT_CTL_SETUP_SERVER_INSTANCES_MAX 0
#endif
#ifndef SENSOR_SETUP_SERVER_INSTANCES_MAX
#define SENSOR_SETUP_SERVER_INSTANCES_MAX 0
#endif

/* -- times ------------------------------------------------------------------------------------- */

#define MODEL_TRANSITION_TIME_UNKNOWN 0xFFFFFFFFu
#define TRANSITION_TIME_UNKNOWN 0x3Fu               /**< steps of such a time, as they travel */
#define TRANSITION_TIME_MAX_MS (UINT32_C(37200000)) /**< 62 steps of 10 minutes */
#define DELAY_TIME_STEP_MS 5
#define DELAY_TIME_MAX_MS 1275
#define TRANSITION_DELAY_MAX_MS DELAY_TIME_MAX_MS

typedef struct {
    uint32_t transition_time_ms;
    uint32_t delay_ms;
} model_transition_t;

/** Milliseconds of a Transition Time octet; MODEL_TRANSITION_TIME_UNKNOWN for 63 steps. */
uint32_t model_transition_time_decode(uint8_t encoded_transition_time);
/** The octet for a time, in the finest resolution that can tell it; rounded down. */
uint8_t model_transition_time_encode(uint32_t transition_time_ms);
/** Whether a time can be told. */
bool model_transition_time_is_valid(uint32_t transition_time_ms);
uint32_t model_delay_decode(uint8_t encoded_delay);
/** Rounded down; more than DELAY_TIME_MAX_MS is as much as that. */
uint8_t model_delay_encode(uint32_t delay_ms);

/* -- transactions ------------------------------------------------------------------------------ */

/** Which message a model took last. */
typedef struct {
    uint16_t src;
    uint16_t dst;
    uint16_t message_id;
    uint8_t old_tid;
    bool tid_expiry_pending; /**< there was one */
    bool new_transaction;
    uint64_t received_ms;
} tid_tracker_t;

/** Takes note of a message. @return Whether it begins a transaction; not one that repeats it. */
bool model_tid_validate(tid_tracker_t *p_tid_tracker, const access_message_rx_meta_t *p_meta,
                        uint16_t message_id, uint8_t tid);
/** What model_tid_validate() answered last. */
bool model_transaction_is_new(const tid_tracker_t *p_tid_tracker);

/* -- timers ------------------------------------------------------------------------------------ */

typedef void (*model_timer_cb_t)(void *p_context);

/** A timer over an app_timer, without its limit of 512 s. Set cb, p_context, p_timer_id, mode. */
typedef struct {
    const app_timer_id_t *p_timer_id;
    app_timer_mode_t mode;
    uint64_t timeout_rtc_ticks;   /**< when it is over, from the start */
    uint64_t remaining_rtc_ticks; /**< after the part that runs */
    uint64_t elapsed_rtc_ticks;   /**< before the part that runs */
    uint32_t part_rtc_ticks;      /**< that runs */
    timestamp_t part_started;
    bool timer_running;
    model_timer_cb_t cb;
    void *p_context;
} model_timer_t;

#define MODEL_TIMER_TICKS_GET_MS(TIME_MS)                                                          \
    (((uint64_t)(TIME_MS)*APP_TIMER_CLOCK_FREQ) / (1000u * (APP_TIMER_CONFIG_RTC_FREQUENCY + 1)))
#define MODEL_TIMER_PERIOD_MS_GET(TICKS)                                                           \
    (((uint64_t)(TICKS)*1000u * (APP_TIMER_CONFIG_RTC_FREQUENCY + 1)) / APP_TIMER_CLOCK_FREQ)
#define MODEL_TIMER_TIMEOUT_MIN_TICKS APP_TIMER_MIN_TIMEOUT_TICKS

/** @retval NRF_ERROR_NULL  A pointer is NULL. @retval others  As app_timer_create(). */
uint32_t model_timer_create(model_timer_t *p_timer);
/** Starts it, anew if it runs. @retval NRF_ERROR_NULL  No timer. @retval others  As
 * app_timer_start(). */
uint32_t model_timer_schedule(model_timer_t *p_timer);
void model_timer_abort(model_timer_t *p_timer);
/** Since it was started; 0: it does not run. */
uint64_t model_timer_elapsed_ticks_get(const model_timer_t *p_timer);
/** Until it is over; 0: it does not run. */
uint64_t model_timer_remaining_ticks_get(const model_timer_t *p_timer);

#ifdef __cplusplus
}
#endif

#endif
