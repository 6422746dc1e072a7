/*
 * A state machine's place in the seeds' structures, which applications allocate. What the layer
 * needs of state machines is in the core, so that there are no functions for it.
 */
#ifndef FSM_H__
#define FSM_H__

#include "nrf_mesh_config_core.h"

#include <stdbool.h>
#include <stdint.h>

typedef uint8_t fsm_event_id_t;
typedef uint8_t fsm_state_id_t;
typedef uint8_t fsm_guard_id_t;
typedef uint8_t fsm_action_id_t;

/** A machine: what it is, which is constant, and where it is. */
typedef struct {
    const void *p_const_descriptor;
    fsm_state_id_t current_state;
} fsm_t;

#endif
