/*
 * Provisioning bearers: what a context is told that it may use. The stack's own, in
 * nrf_mesh_prov_bearer_adv.h and nrf_mesh_prov_bearer_gatt.h, carry PDUs by themselves, so of the
 * interface below they take listening, opening and closing. Bearers that an application writes are
 * not driven.
 */
#ifndef NRF_MESH_PROV_BEARER_H__
#define NRF_MESH_PROV_BEARER_H__

#include "list.h"

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Why a link was closed. A peer may send other numbers. */
typedef enum {
    NRF_MESH_PROV_LINK_CLOSE_REASON_SUCCESS = 0,
    NRF_MESH_PROV_LINK_CLOSE_REASON_TIMEOUT = 1,
    NRF_MESH_PROV_LINK_CLOSE_REASON_ERROR = 2,
    NRF_MESH_PROV_LINK_CLOSE_REASON_LAST = NRF_MESH_PROV_LINK_CLOSE_REASON_ERROR,
} nrf_mesh_prov_link_close_reason_t;

#define NRF_MESH_PROV_BEARER_COUNT 3

/** Bits. */
typedef enum {
    NRF_MESH_PROV_BEARER_ADV = 0x01,
    NRF_MESH_PROV_BEARER_GATT = 0x02,
    NRF_MESH_PROV_BEARER_MESH = 0x04,
} nrf_mesh_prov_bearer_type_t;

typedef struct prov_bearer prov_bearer_t;

/* What a bearer does. */
typedef uint32_t (*prov_bearer_if_tx_t)(prov_bearer_t *p_bearer, const uint8_t *p_data,
                                        uint16_t length);
typedef uint32_t (*prov_bearer_if_listen_start_t)(prov_bearer_t *p_bearer, const char *p_uri,
                                                  uint16_t oob_info, uint32_t link_timeout_us);
typedef uint32_t (*prov_bearer_if_listen_stop_t)(prov_bearer_t *p_bearer);
typedef uint32_t (*prov_bearer_if_link_open_t)(prov_bearer_t *p_bearer, const uint8_t *p_uuid,
                                               uint32_t link_timeout_us);
typedef void (*prov_bearer_if_link_close_t)(prov_bearer_t *p_bearer,
                                            nrf_mesh_prov_link_close_reason_t close_reason);

/** A bearer's functions. */
typedef struct {
    prov_bearer_if_tx_t tx; /**< NULL: PDUs are the stack's own affair */
    prov_bearer_if_listen_start_t listen_start;
    prov_bearer_if_listen_stop_t listen_stop;
    prov_bearer_if_link_open_t link_open; /**< NULL: not for provisioners */
    prov_bearer_if_link_close_t link_close;
} prov_bearer_interface_t;

/* What a bearer tells. */
typedef void (*prov_bearer_cb_rx_t)(prov_bearer_t *p_bearer, const uint8_t *p_data,
                                    uint16_t length);
typedef void (*prov_bearer_cb_ack_t)(prov_bearer_t *p_bearer);
typedef void (*prov_bearer_cb_link_opened_t)(prov_bearer_t *p_bearer);
typedef void (*prov_bearer_cb_link_closed_t)(prov_bearer_t *p_bearer,
                                             nrf_mesh_prov_link_close_reason_t close_reason);

/** The functions that a bearer tells with. */
typedef struct {
    prov_bearer_cb_rx_t rx;
    prov_bearer_cb_ack_t ack;
    prov_bearer_cb_link_opened_t opened;
    prov_bearer_cb_link_closed_t closed;
} prov_bearer_callbacks_t;

/** A bearer, in a context's list. */
struct prov_bearer {
    list_node_t node;
    nrf_mesh_prov_bearer_type_t bearer_type;
    const prov_bearer_interface_t *p_interface;
    const prov_bearer_callbacks_t *p_callbacks; /**< NULL: the stack's bearers tell its core */
    void *p_parent;                             /**< the context */
};

#ifdef __cplusplus
}
#endif

#endif
