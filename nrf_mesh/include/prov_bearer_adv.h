/*
 * The states of a PB-ADV bearer, and the SDK's buffer for its one PDU in flight.
 */
#ifndef PROV_BEARER_ADV_H__
#define PROV_BEARER_ADV_H__

#include "nrf_mesh_prov_types.h"

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PROV_BEARER_ADV_PDU_MAX 65 /* the longest, Public Key */

typedef enum {
    PROV_BEARER_ADV_STATE_IDLE = 0,
    PROV_BEARER_ADV_STATE_LISTEN = 1,
    PROV_BEARER_ADV_STATE_LINK_OPENING = 2,
    PROV_BEARER_ADV_STATE_LINK_OPEN = 3,
    PROV_BEARER_ADV_STATE_LINK_CLOSING = 4,
} prov_bearer_adv_state_t;

typedef enum {
    PROV_BEARER_ADV_INSTANCE_RELEASED = 0,
    PROV_BEARER_ADV_INSTANCE_INITIALIZED = 1,
} prov_bearer_adv_instance_t;

typedef enum {
    PROV_BEARER_ADV_BUF_STATE_UNUSED = 0,
    PROV_BEARER_ADV_BUF_STATE_RX = 1,
    PROV_BEARER_ADV_BUF_STATE_TX = 2,
} prov_bearer_adv_buf_state_t;

/** Not used: transactions are the core's. */
typedef struct {
    prov_bearer_adv_buf_state_t state;
    uint8_t length;
    uint8_t fcs;
    uint8_t finished_segments;
    uint8_t payload[PROV_BEARER_ADV_PDU_MAX];
} prov_bearer_adv_buffer_t;

#ifdef __cplusplus
}
#endif

#endif
