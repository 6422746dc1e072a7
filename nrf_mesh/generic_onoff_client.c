/*
 * A Generic OnOff Client (generic_onoff_client.h), over the access API of this layer; messages are
 * the core's. Called by the application and, with what is received, by access.c.
 */
#include "generic_onoff_client.h"

#include "access_config.h"
#include "onoff_pdu.h"

#include <string.h>

_Static_assert(sizeof(generic_onoff_set_msg_pkt_t) == ONOFF_SET_MAX, "a Set fits");

/* -- receiving --------------------------------------------------------------------------------- */

static void on_status(access_model_handle_t handle, const access_message_rx_t *p_message,
                      void *p_args)
{
    const generic_onoff_client_t *c = p_args;
    struct usher_onoff_status status;
    generic_onoff_status_params_t in;

    (void)handle;
    if (!onoff_status_read(p_message->p_data, p_message->length, &status)) {
        return;
    }
    in.present_on_off = status.present;
    in.target_on_off = status.target;
    in.remaining_time_ms = model_transition_time_decode(status.remaining);
    c->settings.p_callbacks->onoff_status_cb(c, &p_message->meta_data, &in);
}

static const access_opcode_handler_t handlers[] = {
    { ACCESS_OPCODE_SIG(GENERIC_ONOFF_OPCODE_STATUS), on_status },
};

/* It is time to publish. */
static void on_period(access_model_handle_t handle, void *p_args)
{
    const generic_onoff_client_t *c = p_args;

    c->settings.p_callbacks->periodic_publish_cb(handle, p_args);
}

uint32_t generic_onoff_client_init(generic_onoff_client_t *p_client, uint8_t element_index)
{
    access_model_add_params_t params = {
        .model_id = ACCESS_MODEL_SIG(GENERIC_ONOFF_CLIENT_MODEL_ID),
        .element_index = element_index,
        .p_opcode_handlers = handlers,
        .opcode_count = sizeof(handlers) / sizeof(handlers[0]),
        .p_args = p_client,
    };
    uint32_t err;

    if (p_client == NULL || p_client->settings.p_callbacks == NULL ||
        p_client->settings.p_callbacks->onoff_status_cb == NULL) {
        return NRF_ERROR_NULL;
    }
    if (p_client->settings.p_callbacks->periodic_publish_cb != NULL) {
        params.publish_timeout_cb = on_period;
    }
    if (p_client->settings.timeout == 0) {
        p_client->settings.timeout = MODEL_ACKNOWLEDGED_TRANSACTION_TIMEOUT;
    }
    err = access_model_add(&params, &p_client->model_handle);
    return err == NRF_SUCCESS ? access_model_subscription_list_alloc(p_client->model_handle) : err;
}

/* -- sending ----------------------------------------------------------------------------------- */

static void on_end(access_model_handle_t handle, void *p_args, access_reliable_status_t status)
{
    const generic_onoff_client_t *c = p_args;

    if (c->settings.p_callbacks->ack_transaction_status_cb != NULL) {
        c->settings.p_callbacks->ack_transaction_status_cb(handle, p_args, status);
    }
}

static access_message_tx_t message_of(const generic_onoff_client_t *c,
                                      generic_onoff_opcode_t opcode, const uint8_t *params,
                                      size_t len)
{
    return (access_message_tx_t){ .opcode = ACCESS_OPCODE_SIG((uint16_t)opcode),
                                  .p_buffer = params,
                                  .length = (uint16_t)len,
                                  .force_segmented = c->settings.force_segmented,
                                  .transmic_size = c->settings.transmic_size };
}

static uint32_t ask(generic_onoff_client_t *c, generic_onoff_opcode_t opcode, const uint8_t *params,
                    size_t len)
{
    if (!access_reliable_model_is_free(c->model_handle)) {
        return NRF_ERROR_BUSY;
    }
    memset(&c->msg_pkt, 0, sizeof(c->msg_pkt));
    memcpy(&c->msg_pkt, params, len);
    c->access_message = (access_reliable_t){
        .model_handle = c->model_handle,
        .message = message_of(c, opcode, (const uint8_t *)&c->msg_pkt, len),
        .reply_opcode = ACCESS_OPCODE_SIG(GENERIC_ONOFF_OPCODE_STATUS),
        .timeout = c->settings.timeout,
        .status_cb = on_end,
    };
    return access_model_reliable_publish(&c->access_message);
}

/*
 * A Set on the wire. A transition that takes no time is said, too: without it the server may have
 * one of its own.
 */
static uint32_t set_write(const generic_onoff_set_params_t *p, const model_transition_t *t,
                          uint8_t out[ONOFF_SET_MAX], size_t *len)
{
    struct onoff_set set = { .on = p->on_off, .tid = p->tid };

    if (t != NULL) {
        if (!model_transition_time_is_valid(t->transition_time_ms) ||
            t->delay_ms > DELAY_TIME_MAX_MS) {
            return NRF_ERROR_INVALID_PARAM;
        }
        set.transition = model_transition_time_encode(t->transition_time_ms);
        set.delay = model_delay_encode(t->delay_ms);
    }
    memset(out, 0, ONOFF_SET_MAX);
    (void)onoff_set_write(&set, out);
    *len = t != NULL ? ONOFF_SET_MAX : ONOFF_SET_MIN;
    return NRF_SUCCESS;
}

uint32_t generic_onoff_client_set(generic_onoff_client_t *p_client,
                                  const generic_onoff_set_params_t *p_params,
                                  const model_transition_t *p_transition)
{
    uint8_t params[ONOFF_SET_MAX];
    size_t len;
    uint32_t err;

    if (p_client == NULL || p_params == NULL) {
        return NRF_ERROR_NULL;
    }
    err = set_write(p_params, p_transition, params, &len);
    return err == NRF_SUCCESS ? ask(p_client, GENERIC_ONOFF_OPCODE_SET, params, len) : err;
}

uint32_t generic_onoff_client_set_unack(generic_onoff_client_t *p_client,
                                        const generic_onoff_set_params_t *p_params,
                                        const model_transition_t *p_transition, uint8_t repeats)
{
    access_message_tx_t message;
    uint8_t params[ONOFF_SET_MAX];
    size_t len;
    uint32_t err;

    if (p_client == NULL || p_params == NULL) {
        return NRF_ERROR_NULL;
    }
    err = set_write(p_params, p_transition, params, &len);
    if (err != NRF_SUCCESS) {
        return err;
    }
    message = message_of(p_client, GENERIC_ONOFF_OPCODE_SET_UNACKNOWLEDGED, params, len);
    for (unsigned i = 0; i <= repeats && err == NRF_SUCCESS; i++) {
        err = access_model_publish(p_client->model_handle, &message);
    }
    return err;
}

uint32_t generic_onoff_client_get(generic_onoff_client_t *p_client)
{
    return p_client != NULL ? ask(p_client, GENERIC_ONOFF_OPCODE_GET, (const uint8_t *)"", 0)
                            : NRF_ERROR_NULL;
}
