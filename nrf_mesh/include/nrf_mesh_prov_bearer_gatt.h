/*
 * PB-GATT, provisioning over a connection: for devices. It needs a radio that has GATT, and a
 * program with MESH_FEATURE_PB_GATT_ENABLED; otherwise a bearer can be added to a context, but
 * listening on it is NRF_ERROR_NOT_SUPPORTED.
 */
#ifndef NRF_MESH_PROV_BEARER_GATT_H__
#define NRF_MESH_PROV_BEARER_GATT_H__

#include "bearer_event.h"
#include "fsm.h"
#include "nrf_mesh_prov_bearer.h"
#include "timer_scheduler.h"

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NRF_MESH_PB_GATT_SERVICE_UUID 0x1827
#define NRF_MESH_PB_GATT_CHAR_IN_UUID 0x2ADB
#define NRF_MESH_PB_GATT_CHAR_OUT_UUID 0x2ADC

/** A bearer: the caller's memory, zeros at first. The connection is the stack's own; of the members
 * fsm and bearer are used. */
typedef struct {
    fsm_t fsm;
    uint16_t conn_index;
    timer_event_t link_timeout_event;
    uint32_t link_timeout_us;
    bearer_event_sequential_t bearer_event_seq;
    prov_bearer_t bearer;
} nrf_mesh_prov_bearer_gatt_t;

/**
 * Asks whether there is GATT. After nrf_mesh_init(); the service is offered while a context
 * listens.
 *
 * @retval NRF_ERROR_NULL           No bearer.
 * @retval NRF_ERROR_NOT_SUPPORTED  There is none.
 */
uint32_t nrf_mesh_prov_bearer_gatt_init(nrf_mesh_prov_bearer_gatt_t *p_bearer_gatt);

/**
 * Makes a bearer ready for nrf_mesh_prov_bearer_add().
 *
 * @param p_bearer_gatt  NULL is an assertion. @return NULL  The application went on after it.
 */
prov_bearer_t *nrf_mesh_prov_bearer_gatt_interface_get(nrf_mesh_prov_bearer_gatt_t *p_bearer_gatt);

#ifdef __cplusplus
}
#endif

#endif
