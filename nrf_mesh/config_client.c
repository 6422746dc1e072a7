/*
 * The Configuration Client (config_client.h): the core's, under a handle. Whom it asks is kept as
 * its publication, as the SDK does. Called by the application; the core tells how a question ends,
 * unless its time is over before.
 */
#include "config_client_parts.h"

#include "access_config.h"
#include "access_parts.h"
#include "timer_scheduler.h"

#include <string.h>

#define TRY_MS 2000u /* for an answer, before the next try */

_Static_assert(_Alignof(config_msg_t) == 1, "a message can be read where it is");

static access_model_handle_t handle_of(const struct nrf_mesh_stack *s)
{
    return access_handle_of(&s->models.client.model);
}

static bool is_pending(const struct models_state *m)
{
    return timer_sch_is_scheduled(&m->client_timeout);
}

/* -- events ------------------------------------------------------------------------------------ */

static void tell_message(const struct usher_message *message)
{
    union {
        config_msg_t msg;
        uint8_t octets[USHER_ACCESS_MAX];
    } copy;
    config_client_event_t event = { .opcode = (config_opcode_t)message->opcode,
                                    .p_msg = &copy.msg };

    memset(&copy, 0, sizeof(copy));
    memcpy(copy.octets, message->params, message->len);
    layer_stack()->models.client_cb(CONFIG_CLIENT_EVENT_TYPE_MSG, &event, (uint16_t)message->len);
}

static void on_done(void *user, struct usher_request *request, const struct usher_answer *answer)
{
    struct nrf_mesh_stack *s = user, *before = layer_stack_enter(s);

    (void)request;
    timer_sch_abort(&s->models.client_timeout);
    if (answer->err == USHER_OK) {
        tell_message(answer->message);
    } else {
        s->models.client_cb(CONFIG_CLIENT_EVENT_TYPE_TIMEOUT, NULL, 0);
    }
    (void)layer_stack_enter(before);
}

static void on_timeout(timestamp_t timestamp, void *p_context)
{
    struct nrf_mesh_stack *s = p_context;

    (void)timestamp;
    usher_ask_cancel(&s->models.client_request);
    s->models.client_cb(CONFIG_CLIENT_EVENT_TYPE_TIMEOUT, NULL, 0);
}

/* A status that was not asked for, from a node that may tell some. */
static void on_unasked(struct usher_config_client *c, const struct usher_message *message)
{
    struct nrf_mesh_stack *before = layer_stack_enter(c->model.mesh->config.user);
    const struct access_model *a = access_at(access_handle_of(&c->model));

    if (a != NULL && access_devkey_bound(a, dsm_devkey_find(message->src))) {
        tell_message(message);
    }
    (void)layer_stack_enter(before);
}

/* -- the model --------------------------------------------------------------------------------- */

uint32_t config_client_init(config_client_event_cb_t event_cb)
{
    struct models_state *m = &layer_stack()->models;
    access_model_handle_t handle;

    if (event_cb == NULL) {
        return NRF_ERROR_NULL;
    }
    if (handle_of(layer_stack()) != ACCESS_HANDLE_INVALID) {
        return NRF_ERROR_FORBIDDEN;
    }
    usher_config_client_init(&m->client);
    m->client.unasked = on_unasked;
    m->client_cb = event_cb;
    return access_attach(&m->client.model, 0, &handle);
}

/* Whether another node can be chosen now. */
static uint32_t check_free(void)
{
    if (handle_of(layer_stack()) == ACCESS_HANDLE_INVALID) {
        return NRF_ERROR_INVALID_STATE;
    }
    return is_pending(&layer_stack()->models) ? NRF_ERROR_BUSY : NRF_SUCCESS;
}

uint32_t config_client_server_bind(dsm_handle_t server_devkey_handle)
{
    uint32_t err = check_free();

    if (err != NRF_SUCCESS) {
        return err;
    }
    if (dsm_devkey_at(server_devkey_handle) == NULL) {
        return NRF_ERROR_INVALID_PARAM;
    }
    return access_model_application_bind(handle_of(layer_stack()), server_devkey_handle);
}

uint32_t config_client_server_set(dsm_handle_t server_devkey_handle,
                                  dsm_handle_t server_address_handle)
{
    access_model_handle_t handle = handle_of(layer_stack());
    uint32_t err = check_free();

    if (err != NRF_SUCCESS) {
        return err;
    }
    if (dsm_address_at(server_address_handle) == NULL) {
        return NRF_ERROR_INVALID_ADDR;
    }
    if (dsm_devkey_at(server_devkey_handle) == NULL) {
        return NRF_ERROR_INVALID_PARAM;
    }
    err = access_model_publish_address_set(handle, server_address_handle);
    return err == NRF_SUCCESS ? access_model_publish_application_set(handle, server_devkey_handle)
                              : err;
}

/* -- asking ------------------------------------------------------------------------------------ */

/* Tries go on until the time is over. */
static void time_begin(struct nrf_mesh_stack *s)
{
    timer_event_t *t = &s->models.client_timeout;

    t->cb = on_timeout;
    t->p_context = s;
    timer_sch_reschedule(t, timer_now() + CONFIG_CLIENT_ACKED_TRANSACTION_TIMEOUT);
}

uint32_t config_client_ask(const struct usher_config_msg *msg)
{
    struct nrf_mesh_stack *s = layer_stack();
    struct usher_request *request = &s->models.client_request;
    struct usher_target target;
    uint32_t err = check_free();

    if (err != NRF_SUCCESS) {
        return err;
    }
    if (!access_publication(access_at(handle_of(s)), &target)) {
        return NRF_ERROR_INVALID_PARAM;
    }
    request->done = on_done;
    request->user = s;
    request->timeout_ms = TRY_MS;
    request->tries = UINT8_MAX;
    err = access_code_of(
        usher_config_ask(&s->models.client, request, target.dst, target.net_index, msg));
    if (err == NRF_SUCCESS) {
        time_begin(s);
    }
    return err;
}

void config_client_pending_msg_cancel(void)
{
    struct models_state *m = &layer_stack()->models;

    if (!is_pending(m)) {
        return;
    }
    usher_ask_cancel(&m->client_request);
    timer_sch_abort(&m->client_timeout);
    m->client_cb(CONFIG_CLIENT_EVENT_TYPE_CANCELLED, NULL, 0);
}
