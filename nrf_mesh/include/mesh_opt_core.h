/*
 * Options of network transmission: how often messages of this node, and those relayed, are sent.
 * They are the Network Transmit and Relay states of the configuration server.
 */
#ifndef MESH_OPT_CORE_H__
#define MESH_OPT_CORE_H__

#include "ble.h"
#include "core_tx.h"
#include "mesh_opt.h"
#include "radio_config.h"

#ifdef __cplusplus
extern "C" {
#endif

#define MESH_OPT_CORE_ADV_RECORD_ORIGINATOR (MESH_OPT_CORE_ID_START + 0)
#define MESH_OPT_CORE_ADV_RECORD_RELAY (MESH_OPT_CORE_ID_START + 1)

typedef struct {
    bool enabled;            /**< of the originator: always */
    uint8_t tx_count;        /**< 1..8 */
    uint16_t tx_interval_ms; /**< 10..320, in steps of 10 */
} mesh_opt_core_adv_t;

/**
 * @retval NRF_SUCCESS              Set.
 * @retval NRF_ERROR_NULL           No value.
 * @retval NRF_ERROR_NOT_FOUND      No such role.
 * @retval NRF_ERROR_INVALID_PARAM  A field is out of its range, or the originator is disabled.
 * @retval NRF_ERROR_INVALID_STATE  The stack has no node yet: mesh_stack_init() makes it.
 */
uint32_t mesh_opt_core_adv_set(core_tx_role_t role, const mesh_opt_core_adv_t *p_entry);
uint32_t mesh_opt_core_adv_get(core_tx_role_t role, mesh_opt_core_adv_t *p_entry);

/** The radio's power is the port's: NRF_ERROR_NOT_SUPPORTED. */
uint32_t mesh_opt_core_tx_power_set(core_tx_role_t role, radio_tx_power_t tx_power);
uint32_t mesh_opt_core_tx_power_get(core_tx_role_t role, radio_tx_power_t *p_tx_power);

/** The advertiser's address is the port's: NRF_ERROR_NOT_SUPPORTED. */
uint32_t mesh_opt_core_adv_addr_set(core_tx_role_t role, const ble_gap_addr_t *p_addr);
uint32_t mesh_opt_core_adv_addr_get(core_tx_role_t role, ble_gap_addr_t *p_addr);

#ifdef __cplusplus
}
#endif

#endif
