/*
 * What provisioning keeps in struct nrf_mesh_stack: the scanner's handler, and the device of
 * mesh_provisionee.h. Contexts are the application's memory.
 */
#ifndef PROV_STATE_H
#define PROV_STATE_H

#include "mesh_provisionee.h"
#include "nrf_mesh_events.h"
#include "nrf_mesh_prov.h"
#include "nrf_mesh_prov_bearer_adv.h"
#include "nrf_mesh_prov_bearer_gatt.h"

/** mesh_provisionee.c's. */
struct provisionee {
    mesh_provisionee_start_params_t params;
    nrf_mesh_prov_ctx_t ctx;
    nrf_mesh_prov_bearer_adv_t bearer_adv;
    nrf_mesh_prov_bearer_gatt_t bearer_gatt;
    nrf_mesh_evt_handler_t evt_handler;
    uint8_t public_key[NRF_MESH_PROV_PUBKEY_SIZE];
    uint8_t private_key[NRF_MESH_PROV_PRIVKEY_SIZE];
    bool powering_down; /* NRF_MESH_EVT_READY_TO_POWER_OFF was told */
    bool identifying;   /* the application attracts attention */
    bool provisioned;   /* in this session */
    bool switching;     /* off the air between PB-GATT and the proxy */
};

struct prov_state {
    nrf_mesh_prov_evt_handler_cb_t scan_handler; /* NULL: nobody scans */
    struct provisionee provisionee;
};

#endif
