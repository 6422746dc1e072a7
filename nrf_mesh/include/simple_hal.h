/*
 * LEDs and buttons. On Linux the LEDs are lines on standard output, one for each change ("LED 1
 * on"), and the buttons are the keys 1 to 4 on standard input.
 */
#ifndef SIMPLE_HAL_H__
#define SIMPLE_HAL_H__

#include "boards.h"
#include "hal.h"
#include "utils.h"

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HAL_LED_MASK LEDS_MASK                                      /**< All. */
#define HAL_LED_MASK_HALF (BSP_LED_0_MASK | BSP_LED_1_MASK)         /**< The first two. */
#define HAL_LED_MASK_UPPER_HALF (HAL_LED_MASK & ~HAL_LED_MASK_HALF) /**< The others. */
#define LED_MASK_STATE_OFF false
#define LED_MASK_STATE_ON true
#define BUTTON_BOARD 1 /**< There are buttons. */

/** A button was pressed: 0 to 3. */
typedef void (*hal_button_handler_cb_t)(uint32_t button_number);

/** All LEDs are off. */
void hal_leds_init(void);
/**
 * Takes the keys 1 to 4 for buttons.
 *
 * @retval NRF_SUCCESS              Done.
 * @retval NRF_ERROR_NULL           @p cb is NULL.
 * @retval NRF_ERROR_INVALID_STATE  Not on the air (nrf_mesh_on_air()).
 */
uint32_t hal_buttons_init(hal_button_handler_cb_t cb);
/** Switches an LED, by its pin: BSP_LED_0 ... */
void hal_led_pin_set(uint32_t pin, bool value);
/** Whether an LED is on, by its pin. */
bool hal_led_pin_get(uint32_t pin);
/** Switches LEDs. */
void hal_led_mask_set(uint32_t led_mask, bool led_state);
/** Blinks LEDs: on and off @p blink_count times, @p delay_ms each; off afterwards. One line tells.
 */
void hal_led_blink_ms(uint32_t led_mask, uint32_t delay_ms, uint32_t blink_count);
/** Ends the blinking; LEDs that blink go off. */
void hal_led_blink_stop(void);

#ifdef __cplusplus
}
#endif

#endif
