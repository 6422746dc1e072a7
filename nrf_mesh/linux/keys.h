/*
 * Keys on standard input, seen from inside linux/.
 */
#ifndef KEYS_H
#define KEYS_H

#include "simple_hal.h"

/**
 * The keys 1 to 4 go to this handler.
 *
 * @retval false  Not on the air.
 */
bool layer_keys_buttons(hal_button_handler_cb_t handler);

#endif
