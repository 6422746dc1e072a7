/*
 * A Generic OnOff Client: switches what it publishes to (Mesh Model 1.1, section 3.4.1).
 */
#ifndef GENERIC_ONOFF_CLIENT_H__
#define GENERIC_ONOFF_CLIENT_H__

#include <stdbool.h>
#include <stdint.h>

#include "access.h"
#include "access_reliable.h"
#include "generic_onoff_common.h"
#include "generic_onoff_messages.h"
#include "model_common.h"

#ifdef __cplusplus
extern "C" {
#endif

#define GENERIC_ONOFF_CLIENT_MODEL_ID 0x1001

typedef struct generic_onoff_client generic_onoff_client_t;

/** A status was received: an answer, or a published one. */
typedef void (*generic_onoff_state_status_cb_t)(const generic_onoff_client_t *p_self,
                                                const access_message_rx_meta_t *p_meta,
                                                const generic_onoff_status_params_t *p_in);

typedef struct {
    generic_onoff_state_status_cb_t onoff_status_cb; /**< may be NULL */
    access_reliable_cb_t ack_transaction_status_cb;  /**< an acknowledged message ended */
    access_publish_timeout_cb_t periodic_publish_cb; /**< NULL: no periodic publication */
} generic_onoff_client_callbacks_t;

/** Set before generic_onoff_client_init(). */
typedef struct {
    uint32_t timeout; /**< microseconds; 0: MODEL_ACKNOWLEDGED_TRANSACTION_TIMEOUT */
    bool force_segmented;
    nrf_mesh_transmic_size_t transmic_size;
    const generic_onoff_client_callbacks_t *p_callbacks;
} generic_onoff_client_settings_t;

/** A Generic OnOff Client. */
struct generic_onoff_client {
    access_model_handle_t model_handle;
    union {
        generic_onoff_set_msg_pkt_t set;
    } msg_pkt; /**< of the acknowledged message that is pending */
    access_reliable_t access_message;
    generic_onoff_client_settings_t settings;
};

/**
 * Adds the model to an element, with a subscription list.
 *
 * @retval NRF_ERROR_NULL  No client, or callbacks that must be there are not.
 * @retval others          As access_model_add(), access_model_subscription_list_alloc().
 */
uint32_t generic_onoff_client_init(generic_onoff_client_t *p_client, uint8_t element_index);

/**
 * Switches, until a status comes.
 *
 * @param p_transition  NULL: at once.
 *
 * @retval NRF_ERROR_NULL           A pointer is NULL.
 * @retval NRF_ERROR_INVALID_PARAM  A transition or delay that there is not; no publication is set.
 * @retval NRF_ERROR_BUSY           Another acknowledged message is pending.
 * @retval others                   As access_model_reliable_publish().
 */
uint32_t generic_onoff_client_set(generic_onoff_client_t *p_client,
                                  const generic_onoff_set_params_t *p_params,
                                  const model_transition_t *p_transition);
/**
 * Switches without an answer.
 *
 * @param repeats  How often the message is sent again.
 *
 * @retval others  As generic_onoff_client_set(), but for BUSY, and access_model_publish().
 */
uint32_t generic_onoff_client_set_unack(generic_onoff_client_t *p_client,
                                        const generic_onoff_set_params_t *p_params,
                                        const model_transition_t *p_transition, uint8_t repeats);
/** Asks for the state. @retval others  As generic_onoff_client_set(). */
uint32_t generic_onoff_client_get(generic_onoff_client_t *p_client);

#ifdef __cplusplus
}
#endif

#endif
