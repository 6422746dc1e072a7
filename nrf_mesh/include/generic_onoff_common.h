/*
 * What Generic OnOff Server and Client share: states and messages as an application has them.
 */
#ifndef GENERIC_ONOFF_COMMON_H__
#define GENERIC_ONOFF_COMMON_H__

#include <stdbool.h>
#include <stdint.h>

#include "model_common.h"

typedef struct {
    bool on_off;
    uint8_t tid; /**< the same for repeats of one transaction, else another one */
} generic_onoff_set_params_t;

typedef struct {
    uint8_t present_on_off;
    uint8_t target_on_off;
    uint32_t remaining_time_ms; /**< of a transition; 0: none */
} generic_onoff_status_params_t;

#endif
