/*
 * What the switch and the lamp of this example do in the same way: becoming a node.
 */
#ifndef LIGHT_SWITCH_NODE_H__
#define LIGHT_SWITCH_NODE_H__

#include "simple_hal.h"

#define SIGN_LEDS HAL_LED_MASK_UPPER_HALF /* blink when something happens */

/**
 * Starts the stack, which was initialized. A device that is no node yet waits to be provisioned,
 * with @p uri for the provisioner to know what it is.
 */
void light_switch_node_start(const char *uri);

#endif
