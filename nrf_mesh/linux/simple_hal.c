/*
 * LEDs as lines on standard output, and buttons (simple_hal.h). A process has one board.
 */
#include "simple_hal.h"

#include "keys.h"
#include "nrf_error.h"
#include "timer_scheduler.h"

#include <stdio.h>

static struct {
    uint32_t on;       /* a bit for each pin */
    uint32_t blinking; /* likewise */
    uint32_t half_periods_left;
    timer_event_t timer;
} leds;

static uint32_t pin_of(uint32_t led)
{
    return LED_START + led;
}

void hal_led_mask_set(uint32_t led_mask, bool led_state)
{
    for (uint32_t led = 0; led < LEDS_NUMBER; led++) {
        uint32_t bit = 1u << pin_of(led);

        if ((led_mask & bit) != 0 && ((leds.on & bit) != 0) != led_state) {
            leds.on ^= bit;
            (void)printf("LED %u %s\n", led + 1, led_state ? "on" : "off");
        }
    }
    (void)fflush(stdout);
}

void hal_led_pin_set(uint32_t pin, bool value)
{
    if (pin >= LED_START && pin <= LED_STOP) {
        hal_led_mask_set(1u << pin, value);
    }
}

bool hal_led_pin_get(uint32_t pin)
{
    return pin >= LED_START && pin <= LED_STOP && ((leds.on >> pin) & 1u) != 0;
}

void hal_leds_init(void)
{
    hal_led_blink_stop();
    hal_led_mask_set(HAL_LED_MASK, false);
}

uint32_t hal_buttons_init(hal_button_handler_cb_t cb)
{
    if (cb == NULL) {
        return NRF_ERROR_NULL;
    }
    return layer_keys_buttons(cb) ? NRF_SUCCESS : NRF_ERROR_INVALID_STATE;
}

/* -- blinking: told when it begins, not each time ---------------------------------------------- */

static void blink(timestamp_t timestamp, void *p_context)
{
    (void)timestamp;
    (void)p_context;
    leds.on ^= leds.blinking;
    if (--leds.half_periods_left == 0) {
        timer_sch_abort(&leds.timer);
        leds.blinking = 0;
    }
}

static void tell_blinking(uint32_t count)
{
    (void)printf("LED");
    for (uint32_t led = 0; led < LEDS_NUMBER; led++) {
        if ((leds.blinking >> pin_of(led) & 1u) != 0) {
            (void)printf(" %u", led + 1);
        }
    }
    (void)printf(" blinks, %u times\n", count);
    (void)fflush(stdout);
}

void hal_led_blink_ms(uint32_t led_mask, uint32_t delay_ms, uint32_t blink_count)
{
    hal_led_blink_stop();
    led_mask &= HAL_LED_MASK;
    if (led_mask == 0 || delay_ms == 0 || blink_count == 0) {
        return;
    }
    hal_led_mask_set(led_mask, false);
    leds.blinking = led_mask;
    leds.half_periods_left = 2 * blink_count - 1;
    leds.on |= led_mask;
    tell_blinking(blink_count);
    leds.timer.cb = blink;
    leds.timer.interval = MS_TO_US(delay_ms);
    timer_sch_reschedule(&leds.timer, timer_now() + leds.timer.interval);
}

void hal_led_blink_stop(void)
{
    timer_sch_abort(&leds.timer);
    leds.on &= ~leds.blinking;
    leds.blinking = 0;
}
