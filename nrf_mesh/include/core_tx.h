/*
 * On whose behalf a network PDU is sent: each has settings of its own (mesh_opt_core.h).
 */
#ifndef CORE_TX_H__
#define CORE_TX_H__

#include "list.h"
#include "nrf_mesh.h"

#include <stdbool.h>
#include <stdint.h>

/** The roles. */
typedef enum {
    CORE_TX_ROLE_ORIGINATOR = 0,
    CORE_TX_ROLE_RELAY = 1,
    CORE_TX_ROLE_COUNT,
} core_tx_role_t;

#endif
