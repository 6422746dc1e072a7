/*
 * The GATT proxy of a node, in programs with MESH_FEATURE_GATT_PROXY_ENABLED: over it a phone takes
 * part in the network. It is offered while the node is on the air and the GATT Proxy state is on,
 * as it is at first; the stack sees to that by itself. Without the feature, or on a radio without
 * GATT, all calls answer NRF_ERROR_NOT_SUPPORTED, and the proxy is not enabled.
 *
 * NRF_MESH_EVT_PROXY_STOPPED is told when it is no longer offered and its last client has gone,
 * whatever the reason: proxy_stop(), proxy_disable(), nrf_mesh_disable(), the node was reset, a
 * configuration client switched it off.
 */
#ifndef PROXY_H__
#define PROXY_H__

#include "nrf_mesh.h"
#include "nrf_mesh_config_core.h"

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PROXY_ENABLED_DEFAULT true /**< The GATT Proxy state of a new node. */

/** Takes back proxy_stop(). There is nothing else to prepare. */
void proxy_init(void);
/**
 * The GATT Proxy state is on; stored with the node's. It may be already.
 *
 * @retval NRF_ERROR_INVALID_STATE  Before mesh_stack_init().
 */
uint32_t proxy_enable(void);
/** The GATT Proxy state is off, and no Node Identity is shown; clients are disconnected within
 * 1 s. */
void proxy_disable(void);
/**
 * Offers the proxy again, after proxy_stop(). It may be offered already.
 *
 * @retval NRF_ERROR_INVALID_STATE  It is not enabled, or the device is not a node.
 */
uint32_t proxy_start(void);
/**
 * Does not offer it until proxy_start(), proxy_init(), mesh_stack_start(), or the next start of the
 * program; clients are disconnected.
 *
 * @retval NRF_ERROR_INVALID_STATE  It was not offered: NRF_MESH_EVT_PROXY_STOPPED does not follow.
 */
uint32_t proxy_stop(void);
/**
 * Shows Node Identity, by which a client finds just this node, for 60 s.
 *
 * @param p_beacon_info  Of one subnet; NULL: of all.
 * @param kr_phase       Not used: the stack knows.
 *
 * @retval NRF_ERROR_INVALID_STATE  Not a node, or stopped.
 * @retval NRF_ERROR_NOT_FOUND      There is no such subnet.
 */
uint32_t proxy_node_id_enable(const nrf_mesh_beacon_info_t *p_beacon_info,
                              nrf_mesh_key_refresh_phase_t kr_phase);
/** @retval NRF_ERROR_INVALID_STATE  None is shown, or as proxy_node_id_enable(). */
uint32_t proxy_node_id_disable(void);
/** Whether the GATT Proxy state is on. */
bool proxy_is_enabled(void);
/** Whether a client is connected. */
bool proxy_is_connected(void);
/**
 * Disconnects the clients, who may come back.
 *
 * @retval NRF_ERROR_INVALID_STATE  There are none.
 */
uint32_t proxy_disconnect(void);

#ifdef __cplusplus
}
#endif

#endif
