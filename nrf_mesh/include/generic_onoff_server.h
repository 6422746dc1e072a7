/*
 * A Generic OnOff Server: takes the messages; what is on or off is the application's (Mesh Model
 * 1.1, section 3.3.1).
 */
#ifndef GENERIC_ONOFF_SERVER_H__
#define GENERIC_ONOFF_SERVER_H__

#include <stdbool.h>
#include <stdint.h>

#include "access.h"
#include "generic_onoff_common.h"
#include "generic_onoff_messages.h"
#include "model_common.h"

#ifdef __cplusplus
extern "C" {
#endif

#define GENERIC_ONOFF_SERVER_MODEL_ID 0x1000

typedef struct generic_onoff_server generic_onoff_server_t;

/**
 * Somebody switches.
 *
 * @param p_in_transition  NULL: the message does not say.
 * @param p_out            The state then, for the answer. NULL: there will be none.
 */
typedef void (*generic_onoff_state_set_cb_t)(const generic_onoff_server_t *p_self,
                                             const access_message_rx_meta_t *p_meta,
                                             const generic_onoff_set_params_t *p_in,
                                             const model_transition_t *p_in_transition,
                                             generic_onoff_status_params_t *p_out);
/** Somebody asks, or it is time to publish; then @p p_meta is NULL. */
typedef void (*generic_onoff_state_get_cb_t)(const generic_onoff_server_t *p_self,
                                             const access_message_rx_meta_t *p_meta,
                                             generic_onoff_status_params_t *p_out);

typedef struct {
    generic_onoff_state_set_cb_t set_cb;
    generic_onoff_state_get_cb_t get_cb;
} generic_onoff_server_state_cbs_t;

typedef struct {
    generic_onoff_server_state_cbs_t onoff_cbs;
} generic_onoff_server_callbacks_t;

/** Set before generic_onoff_server_init(). */
typedef struct {
    bool force_segmented;
    nrf_mesh_transmic_size_t transmic_size;
    const generic_onoff_server_callbacks_t *p_callbacks;
} generic_onoff_server_settings_t;

/** A Generic OnOff Server. */
struct generic_onoff_server {
    access_model_handle_t model_handle;
    tid_tracker_t tid_tracker;
    generic_onoff_server_settings_t settings;
    uint8_t state_handle; /**< the application's, for its storage */
};

/**
 * Adds the model to an element, with a subscription list.
 *
 * @retval NRF_ERROR_NULL  No server, or a callback is not there.
 * @retval others          As access_model_add(), access_model_subscription_list_alloc().
 */
uint32_t generic_onoff_server_init(generic_onoff_server_t *p_server, uint8_t element_index);
/**
 * Publishes a state.
 *
 * @retval NRF_ERROR_NULL           A pointer is NULL.
 * @retval NRF_ERROR_INVALID_PARAM  States other than 0 and 1, or no publication is set.
 * @retval others                   As access_model_publish().
 */
uint32_t generic_onoff_server_status_publish(generic_onoff_server_t *p_server,
                                             const generic_onoff_status_params_t *p_params);
/**
 * Switches, as a model of the same application does that is bound to this one: the application's
 * callback is called, and the state published.
 *
 * @retval others  As generic_onoff_server_status_publish().
 */
uint32_t generic_onoff_server_state_set(generic_onoff_server_t *p_server, bool present_on_off);

#ifdef __cplusplus
}
#endif

#endif
