/*
 * PB-ADV, provisioning over advertisements, for both roles.
 */
#ifndef NRF_MESH_PROV_BEARER_ADV_H__
#define NRF_MESH_PROV_BEARER_ADV_H__

#include "advertiser.h"
#include "nrf_mesh_config_prov.h"
#include "nrf_mesh_prov_bearer.h"
#include "prov_bearer_adv.h"
#include "timer_scheduler.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * A bearer, for one link. It is the caller's memory, zeros at first. The link itself is the core's,
 * inside the context: of the members only state, close_reason and prov_bearer are used.
 */
typedef struct prov_bearer_adv {
    advertiser_t advertiser;
    uint32_t link_id;
    prov_bearer_adv_instance_t instance_state;
    prov_bearer_adv_state_t state;
    uint8_t transaction_in;
    uint8_t transaction_out;
    nrf_mesh_prov_link_close_reason_t close_reason;
    timer_event_t timeout_event;
    timer_event_t link_timeout_event;
    uint32_t sar_timeout;
    uint32_t link_timeout;
    prov_bearer_adv_buffer_t buffer;
    uint8_t tx_buffer[NRF_MESH_PROV_BEARER_ADV_TX_BUFFER_SIZE] __attribute__((aligned(WORD_SIZE)));
    nrf_mesh_tx_token_t last_token;
    bool queue_empty_pending;
    prov_bearer_t prov_bearer;
    struct prov_bearer_adv *p_next;
} nrf_mesh_prov_bearer_adv_t;

/**
 * Makes a bearer ready for nrf_mesh_prov_bearer_add().
 *
 * @param p_bearer_adv  NULL is an assertion. @return NULL  The application went on after it.
 */
prov_bearer_t *nrf_mesh_prov_bearer_adv_interface_get(nrf_mesh_prov_bearer_adv_t *p_bearer_adv);

#ifdef __cplusplus
}
#endif

#endif
