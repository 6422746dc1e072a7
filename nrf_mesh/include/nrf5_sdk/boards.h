/*
 * The board: four LEDs and four buttons, on the pins that the vendor's development kit has them.
 */
#ifndef BOARDS_H__
#define BOARDS_H__

#include <stdint.h>

#define LEDS_NUMBER 4
#define LED_1 17
#define LED_2 18
#define LED_3 19
#define LED_4 20
#define LED_START LED_1
#define LED_STOP LED_4
#define LEDS_LIST                                                                                  \
    {                                                                                              \
        LED_1, LED_2, LED_3, LED_4                                                                 \
    }
#define BSP_LED_0 LED_1
#define BSP_LED_1 LED_2
#define BSP_LED_2 LED_3
#define BSP_LED_3 LED_4
#define BSP_LED_0_MASK (1u << BSP_LED_0)
#define BSP_LED_1_MASK (1u << BSP_LED_1)
#define BSP_LED_2_MASK (1u << BSP_LED_2)
#define BSP_LED_3_MASK (1u << BSP_LED_3)
#define LEDS_MASK (BSP_LED_0_MASK | BSP_LED_1_MASK | BSP_LED_2_MASK | BSP_LED_3_MASK)

#define BUTTONS_NUMBER 4
#define BUTTON_1 13
#define BUTTON_2 14
#define BUTTON_3 15
#define BUTTON_4 16
#define BUTTONS_LIST                                                                               \
    {                                                                                              \
        BUTTON_1, BUTTON_2, BUTTON_3, BUTTON_4                                                     \
    }

#endif
