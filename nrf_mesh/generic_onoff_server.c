/*
 * A Generic OnOff Server (generic_onoff_server.h), over the access API of this layer; messages are
 * the core's. Called by the application and, with what is received, by access.c.
 */
#include "generic_onoff_server.h"

#include "access_config.h"
#include "onoff_pdu.h"

#include <string.h>

/* -- the state --------------------------------------------------------------------------------- */

static void state_get(const generic_onoff_server_t *s, const access_message_rx_meta_t *meta,
                      generic_onoff_status_params_t *out)
{
    memset(out, 0, sizeof(*out));
    s->settings.p_callbacks->onoff_cbs.get_cb(s, meta, out);
}

/* What is left of a transition is at least a step, or there would be none. */
static uint8_t remaining_of(uint32_t ms)
{
    uint8_t octet = model_transition_time_encode(ms);

    return ms != 0 && octet == 0 ? 1 : octet;
}

/* @retval NRF_ERROR_INVALID_PARAM  Not a state. */
static uint32_t status_write(const generic_onoff_server_t *s,
                             const generic_onoff_status_params_t *p, uint8_t out[ONOFF_STATUS_MAX],
                             access_message_tx_t *message)
{
    struct usher_onoff_status status = { .present = p->present_on_off != 0,
                                         .target = p->target_on_off != 0,
                                         .remaining = remaining_of(p->remaining_time_ms) };

    if (p->present_on_off > 1 || p->target_on_off > 1) {
        return NRF_ERROR_INVALID_PARAM;
    }
    *message = (access_message_tx_t){ .opcode = ACCESS_OPCODE_SIG(GENERIC_ONOFF_OPCODE_STATUS),
                                      .p_buffer = out,
                                      .length = (uint16_t)onoff_status_write(&status, out),
                                      .force_segmented = s->settings.force_segmented,
                                      .transmic_size = s->settings.transmic_size };
    return NRF_SUCCESS;
}

static void status_reply(const generic_onoff_server_t *s, const access_message_rx_t *to,
                         const generic_onoff_status_params_t *p)
{
    uint8_t params[ONOFF_STATUS_MAX];
    access_message_tx_t message;

    if (status_write(s, p, params, &message) == NRF_SUCCESS) {
        (void)access_model_reply(s->model_handle, to, &message); /* or it is asked again */
    }
}

/* -- receiving --------------------------------------------------------------------------------- */

static void on_get(access_model_handle_t handle, const access_message_rx_t *p_message, void *p_args)
{
    const generic_onoff_server_t *s = p_args;
    generic_onoff_status_params_t out;

    (void)handle;
    if (p_message->length == 0) {
        state_get(s, &p_message->meta_data, &out);
        status_reply(s, p_message, &out);
    }
}

/* Publishes what a Set came to; what takes time the application publishes when it is over. */
static void changed(generic_onoff_server_t *s, const generic_onoff_status_params_t *p)
{
    if (p->remaining_time_ms == 0) {
        (void)generic_onoff_server_status_publish(s, p); /* to nobody, if nobody is set */
    }
}

/* A repeat is answered, too: the answer to the first one may be lost. */
static void on_set(access_model_handle_t handle, const access_message_rx_t *p_message, void *p_args)
{
    const generic_onoff_server_state_cbs_t *cbs;
    generic_onoff_server_t *s = p_args;
    bool acked = p_message->opcode.opcode == GENERIC_ONOFF_OPCODE_SET;
    generic_onoff_status_params_t out = { 0 };
    generic_onoff_set_params_t in;
    model_transition_t transition;
    struct onoff_set set;
    bool is_new;

    (void)handle;
    if (!onoff_set_read(p_message->p_data, p_message->length, &set)) {
        return;
    }
    in.on_off = set.on;
    in.tid = set.tid;
    transition.transition_time_ms = model_transition_time_decode(set.transition);
    transition.delay_ms = model_delay_decode(set.delay);
    cbs = &s->settings.p_callbacks->onoff_cbs;
    is_new = model_tid_validate(&s->tid_tracker, &p_message->meta_data, GENERIC_ONOFF_OPCODE_SET,
                                in.tid);
    if (is_new) {
        cbs->set_cb(s, &p_message->meta_data, &in,
                    p_message->length == ONOFF_SET_MAX ? &transition : NULL, acked ? &out : NULL);
    }
    if (!is_new || !acked) {
        state_get(s, &p_message->meta_data, &out);
    }
    if (acked) {
        status_reply(s, p_message, &out);
    }
    if (is_new) {
        changed(s, &out);
    }
}

static const access_opcode_handler_t handlers[] = {
    { ACCESS_OPCODE_SIG(GENERIC_ONOFF_OPCODE_GET), on_get },
    { ACCESS_OPCODE_SIG(GENERIC_ONOFF_OPCODE_SET), on_set },
    { ACCESS_OPCODE_SIG(GENERIC_ONOFF_OPCODE_SET_UNACKNOWLEDGED), on_set },
};

static void on_period(access_model_handle_t handle, void *p_args)
{
    generic_onoff_status_params_t out;

    (void)handle;
    state_get(p_args, NULL, &out);
    (void)generic_onoff_server_status_publish(p_args, &out);
}

/* -- for the application ----------------------------------------------------------------------- */

uint32_t generic_onoff_server_init(generic_onoff_server_t *p_server, uint8_t element_index)
{
    access_model_add_params_t params = {
        .model_id = ACCESS_MODEL_SIG(GENERIC_ONOFF_SERVER_MODEL_ID),
        .element_index = element_index,
        .p_opcode_handlers = handlers,
        .opcode_count = sizeof(handlers) / sizeof(handlers[0]),
        .p_args = p_server,
        .publish_timeout_cb = on_period,
    };
    uint32_t err;

    if (p_server == NULL || p_server->settings.p_callbacks == NULL ||
        p_server->settings.p_callbacks->onoff_cbs.set_cb == NULL ||
        p_server->settings.p_callbacks->onoff_cbs.get_cb == NULL) {
        return NRF_ERROR_NULL;
    }
    err = access_model_add(&params, &p_server->model_handle);
    return err == NRF_SUCCESS ? access_model_subscription_list_alloc(p_server->model_handle) : err;
}

uint32_t generic_onoff_server_status_publish(generic_onoff_server_t *p_server,
                                             const generic_onoff_status_params_t *p_params)
{
    uint8_t params[ONOFF_STATUS_MAX];
    access_message_tx_t message;
    uint32_t err;

    if (p_server == NULL || p_params == NULL) {
        return NRF_ERROR_NULL;
    }
    err = status_write(p_server, p_params, params, &message);
    return err == NRF_SUCCESS ? access_model_publish(p_server->model_handle, &message) : err;
}

uint32_t generic_onoff_server_state_set(generic_onoff_server_t *p_server, bool present_on_off)
{
    generic_onoff_set_params_t in = { .on_off = present_on_off };
    generic_onoff_status_params_t out = { 0 };

    if (p_server == NULL) {
        return NRF_ERROR_NULL;
    }
    p_server->settings.p_callbacks->onoff_cbs.set_cb(p_server, NULL, &in, NULL, &out);
    return generic_onoff_server_status_publish(p_server, &out);
}
