/*
 * A program on the Linux board, for test_linux.py: board RADIO STATE [OPTION...]. Buttons toggle
 * LEDs, other keys do what key() says. Options: "no-buttons": it does not ask for them; "process":
 * its main loop is that of a program whose stack runs in it.
 */
#include "hal.h"
#include "mesh_app_utils.h"
#include "nrf_mesh.h"
#include "nrf_mesh_port.h"
#include "nrf_soc.h"
#include "rtt_input.h"
#include "simple_hal.h"
#include "timer_scheduler.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static timer_event_t timer;

static void on_button(uint32_t button_number)
{
    uint32_t pin = BSP_LED_0 + button_number;

    hal_led_pin_set(pin, !hal_led_pin_get(pin));
}

static void on_timer(timestamp_t timestamp, void *p_context)
{
    (void)timestamp;
    (void)p_context;
    puts("timer");
    (void)fflush(stdout);
}

static void tell_pins(void)
{
    printf("pins");
    for (uint32_t pin = BSP_LED_0; pin <= BSP_LED_3; pin++) {
        printf(" %d", hal_led_pin_get(pin));
    }
    printf(" %d\n", hal_led_pin_get(0) || hal_led_pin_get(BSP_LED_3 + 1));
    (void)fflush(stdout);
}

static void key(int c)
{
    switch (c) {
    case 'a':
        hal_led_mask_set(HAL_LED_MASK, LED_MASK_STATE_ON);
        break;
    case 'b':
        hal_led_blink_ms(HAL_LED_MASK_HALF, 20, 2);
        break;
    case 'B':
        hal_led_blink_ms(HAL_LED_MASK, 20, 1000);
        break;
    case 's':
        hal_led_blink_stop();
        break;
    case 'i':
        hal_leds_init();
        break;
    case 'p':
        tell_pins();
        break;
    case 't':
        timer.cb = on_timer;
        timer_sch_reschedule(&timer, timer_now() + 50000);
        break;
    case 'r':
        hal_device_reset(0);
        break;
    case 'q':
        exit(0);
    default:
        printf("key %c\n", c);
        (void)fflush(stdout);
        break;
    }
}

static bool option(char **argv, const char *name)
{
    bool found = false;

    for (char **arg = argv + 3; *arg != NULL; arg++) {
        found = found || strcmp(*arg, name) == 0;
    }
    return found;
}

/* What may not be: before and after it is on the air. */
static bool refusals(const char *radio)
{
    return nrf_mesh_on_air(radio, NULL) == NRF_ERROR_INVALID_STATE &&
           nrf_mesh_on_air(NULL, NULL) == NRF_ERROR_NULL &&
           hal_buttons_init(NULL) == NRF_ERROR_NULL;
}

int main(int argc, char **argv)
{
    nrf_mesh_init_params_t params = { .irq_priority = NRF_MESH_IRQ_PRIORITY_THREAD };
    uint32_t err;
    bool process;

    if (argc < 3) {
        return 2;
    }
    process = option(argv, "process");
    if (hal_buttons_init(on_button) != NRF_ERROR_INVALID_STATE ||
        sd_app_evt_wait() != NRF_ERROR_SOFTDEVICE_NOT_ENABLED) {
        return 3;
    }
    err = nrf_mesh_on_air(argv[1], strcmp(argv[2], "-") == 0 ? NULL : argv[2]);
    if (err != NRF_SUCCESS) {
        printf("not on the air: %u\n", err);
        return 4;
    }
    if (!refusals(argv[1])) {
        return 5;
    }
    ERROR_CHECK(nrf_mesh_init(&params));
    ERROR_CHECK(nrf_mesh_enable());
    hal_leds_init();
    if (!option(argv, "no-buttons")) {
        ERROR_CHECK(hal_buttons_init(on_button));
    }
    rtt_input_enable(key, 100);
    printf("started with %d arguments, the last is %s\n", argc - 1, argv[argc - 1]);
    (void)fflush(stdout);
    for (;;) {
        if (!process || nrf_mesh_process()) {
            ERROR_CHECK(sd_app_evt_wait());
        }
    }
}
