/*
 * The provisioner's own record of its network, which outlives a restart: the keys, how far the work
 * is, and which addresses were given.
 */
#ifndef NETWORK_H
#define NETWORK_H

#include "access.h"
#include "device_state_manager.h"
#include "nrf_mesh_defines.h"
#include "scenarios.h"

#include <stdbool.h>
#include <stdint.h>

struct network {
    uint8_t netkey[NRF_MESH_KEY_SIZE];
    uint8_t appkey[NRF_MESH_KEY_SIZE];
    uint8_t self_devkey[NRF_MESH_KEY_SIZE];
    uint16_t last_address; /* of the last node; 0: none */
    uint8_t last_scenario;
    uint8_t provisioned_devices;
    uint8_t configured_devices;
    uint8_t given[SCENARIO_COUNT]; /* addresses of each kind, used or not */
};

/** The record; to be changed by the calls below. */
const struct network *network(void);
/**
 * Makes a new network with this node as its provisioner, or takes up the old one.
 *
 * @param provisioned           The stack knows a network.
 * @param health_client_handle  Gets the application key, to hear of the nodes' health.
 *
 * @retval NRF_ERROR_INVALID_STATE  The stack knows a network, and there is no record of it.
 * @retval others                   As the calls of device_state_manager.h, access_config.h.
 */
uint32_t network_start(bool provisioned, access_model_handle_t health_client_handle);
/** Forgets it, in storage too. */
void network_clear(void);

dsm_handle_t network_subnet(void);

/** Gives an address to a device of a kind. It is never given again, whatever becomes of it. */
uint16_t network_address_give(uint8_t scenario);
/** A device has become a node; its configuration is what comes next. */
void network_provisioned(uint16_t address, uint8_t scenario);
/** The last node is configured. */
void network_configured(void);
/** The last node is left as it is. */
void network_given_up(void);

#endif
