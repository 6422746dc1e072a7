/*
 * The older way to set options, by number. New code uses mesh_opt_prov.h and mesh_opt_core.h.
 */
#ifndef NRF_MESH_OPT_H__
#define NRF_MESH_OPT_H__

#include <stdint.h>

#include "toolchain.h"

#ifdef __cplusplus
extern "C" {
#endif

#define NRF_MESH_OPT_PROV_START 200
#define NRF_MESH_OPT_TRS_START 300
#define NRF_MESH_OPT_NET_START 400

typedef enum {
    NRF_MESH_OPT_PROV_ECDH_OFFLOADING = NRF_MESH_OPT_PROV_START,
    /* Segmented messages; times in microseconds. */
    NRF_MESH_OPT_TRS_SAR_RX_TIMEOUT = NRF_MESH_OPT_TRS_START,
    NRF_MESH_OPT_TRS_SAR_RX_ACK_TIMEOUT_BASE,
    NRF_MESH_OPT_TRS_SAR_RX_ACK_TIMEOUT_PER_HOP_ADDITION,
    NRF_MESH_OPT_TRS_SAR_TX_RETRY_TIMEOUT_BASE,
    NRF_MESH_OPT_TRS_SAR_TX_RETRY_TIMEOUT_PER_HOP_ADDITION,
    NRF_MESH_OPT_TRS_SAR_TX_RETRIES,
    NRF_MESH_OPT_TRS_SAR_SEGACK_TTL,
    NRF_MESH_OPT_TRS_SZMIC,
    /* Network. */
    NRF_MESH_OPT_NET_RELAY_ENABLE = NRF_MESH_OPT_NET_START,
    NRF_MESH_OPT_NET_RELAY_RETRANSMIT_COUNT,
    NRF_MESH_OPT_NET_RELAY_RETRANSMIT_INTERVAL_MS,
    NRF_MESH_OPT_NET_RELAY_TX_POWER,
    NRF_MESH_OPT_NET_NETWORK_TRANSMIT_COUNT,
    NRF_MESH_OPT_NET_NETWORK_TRANSMIT_INTERVAL_MS,
    NRF_MESH_OPT_NET_NETWORK_TX_POWER,
} nrf_mesh_opt_id_t;

typedef struct {
    uint32_t len; /**< octets of the value */
    union {
        uint32_t val;
        uint8_t *p_array;
    } opt;
} nrf_mesh_opt_t;

/**
 * @retval NRF_SUCCESS              Set.
 * @retval NRF_ERROR_NULL           No value.
 * @retval NRF_ERROR_NOT_FOUND      No such option.
 * @retval NRF_ERROR_NOT_SUPPORTED  An option that there is nothing for here: all of TRS, and power.
 * @retval NRF_ERROR_INVALID_PARAM  Out of its range.
 * @retval NRF_ERROR_INVALID_STATE  There is no node yet.
 */
uint32_t nrf_mesh_opt_set(nrf_mesh_opt_id_t id, const nrf_mesh_opt_t *const p_opt);
/** The codes of nrf_mesh_opt_set(). */
uint32_t nrf_mesh_opt_get(nrf_mesh_opt_id_t id, nrf_mesh_opt_t *const p_opt);

#ifdef __cplusplus
}
#endif

#endif
