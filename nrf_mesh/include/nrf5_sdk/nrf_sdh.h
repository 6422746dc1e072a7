/*
 * Switching the vendor's Bluetooth stack on and off. Usher's is part of the program, and there is
 * nothing to be switched: observers are never told of a change.
 */
#ifndef NRF_SDH_H__
#define NRF_SDH_H__

#include "app_util.h"
#include "nrf_error.h"
#include "nrf_section.h"

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
    NRF_SDH_EVT_STATE_ENABLE_PREPARE,
    NRF_SDH_EVT_STATE_ENABLED,
    NRF_SDH_EVT_STATE_DISABLE_PREPARE,
    NRF_SDH_EVT_STATE_DISABLED,
} nrf_sdh_state_evt_t;

typedef void (*nrf_sdh_state_evt_handler_t)(nrf_sdh_state_evt_t state, void *p_context);

/** An observer. */
typedef struct {
    nrf_sdh_state_evt_handler_t handler;
    void *p_context;
} nrf_sdh_state_observer_t;

/** Defines one: `NRF_SDH_STATE_OBSERVER(name, priority) = { .handler = f }`. */
#define NRF_SDH_STATE_OBSERVER(_observer, _prio)                                                   \
    static const nrf_sdh_state_observer_t _observer __attribute__((unused))

/** @retval NRF_ERROR_NOT_SUPPORTED  Always. */
uint32_t nrf_sdh_enable_request(void);
/** @retval NRF_ERROR_NOT_SUPPORTED  Always. */
uint32_t nrf_sdh_disable_request(void);

#ifdef __cplusplus
}
#endif

#endif
