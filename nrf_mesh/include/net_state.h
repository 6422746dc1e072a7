/*
 * IV Index and sequence numbers of a node that joins a network by other means than provisioning.
 */
#ifndef NET_STATE_H__
#define NET_STATE_H__

#include <stdbool.h>
#include <stdint.h>

#include "nrf_mesh.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Sets the IV Index and whether an IV Update is in progress.
 *
 * @retval NRF_SUCCESS              Set.
 * @retval NRF_ERROR_INVALID_STATE  It was set before, or there is no node yet.
 */
uint32_t net_state_iv_index_set(uint32_t iv_index, bool iv_update);

/**
 * The same, and the first sequence number to be used.
 *
 * @retval NRF_ERROR_INVALID_PARAM  @p seqnum is above 0xFFFFFF.
 */
uint32_t net_state_iv_index_and_seqnum_block_set(uint32_t iv_index, bool iv_update,
                                                 uint32_t seqnum);

/** The IV Index that messages are sent with. */
uint32_t net_state_tx_iv_index_get(void);
/** IV Index of beacons. */
uint32_t net_state_beacon_iv_index_get(void);
net_state_iv_update_t net_state_iv_update_get(void);
/** Lets them be set again. The node forgets them with its network. */
void net_state_reset(void);

#ifdef __cplusplus
}
#endif

#endif
