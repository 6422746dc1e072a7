/*
 * Messages until they are answered (access_reliable.h): questions of the core's (usher_ask()) to
 * where a model publishes. Called by the application; the core tells how they end.
 */
#include "access_reliable.h"

#include "access_parts.h"
#include "utils.h"

#define TRY_MS 2000u /* for an answer, before the next try ... */
#define TRIES_MIN 2u
#define TRIES_MAX 15u /* ... and so that there are no more than this */

static struct access_transfer *transfer_of(access_model_handle_t handle)
{
    for (unsigned i = 0; i < ACCESS_RELIABLE_TRANSFER_COUNT; i++) {
        struct access_transfer *t = &layer_stack()->access.transfers[i];

        if (t->used && t->handle == handle) {
            return t;
        }
    }
    return NULL;
}

static struct access_transfer *transfer_free(void)
{
    for (unsigned i = 0; i < ACCESS_RELIABLE_TRANSFER_COUNT; i++) {
        if (!layer_stack()->access.transfers[i].used) {
            return &layer_stack()->access.transfers[i];
        }
    }
    return NULL;
}

/* Tells the end; the callback may begin another. */
static void end(struct access_transfer *t, access_reliable_status_t status)
{
    const struct access_model *a = access_at(t->handle);

    t->used = false;
    t->status_cb(t->handle, a != NULL ? a->args : NULL, status);
}

static void on_done(void *user, struct usher_request *request, const struct usher_answer *answer)
{
    struct nrf_mesh_stack *before = layer_stack_enter(user);
    struct access_transfer *t = PARENT_BY_FIELD_GET(struct access_transfer, request, request);

    end(t, answer->err == USHER_OK ? ACCESS_RELIABLE_TRANSFER_SUCCESS
                                   : ACCESS_RELIABLE_TRANSFER_TIMEOUT);
    (void)layer_stack_enter(before);
}

void access_reliable_init(void)
{
    access_reliable_cancel_all();
}

bool access_reliable_model_is_free(access_model_handle_t model_handle)
{
    return transfer_of(model_handle) == NULL;
}

/* @retval others  Of access_model_reliable_publish(). */
static uint32_t check(const access_reliable_t *r, struct message_out *out, uint32_t *p_answer)
{
    uint32_t err;

    if (r == NULL || r->status_cb == NULL) {
        return NRF_ERROR_NULL;
    }
    err = access_tx_check(&r->message, out);
    if (err == NRF_ERROR_NULL) {
        return err;
    }
    if (access_at(r->model_handle) == NULL) {
        return NRF_ERROR_NOT_FOUND;
    }
    if (err != NRF_SUCCESS) {
        return err;
    }
    if (r->timeout < ACCESS_RELIABLE_TIMEOUT_MIN || r->timeout > ACCESS_RELIABLE_TIMEOUT_MAX ||
        !access_opcode_of(r->reply_opcode, p_answer)) {
        return NRF_ERROR_INVALID_PARAM;
    }
    return NRF_SUCCESS;
}

/* So many tries, each with its share, as fill the time. */
static void time_set(struct usher_request *request, uint32_t timeout_ms)
{
    uint32_t tries = timeout_ms / TRY_MS;

    tries = tries < TRIES_MIN ? TRIES_MIN : tries;
    tries = tries > TRIES_MAX ? TRIES_MAX : tries;
    request->tries = (uint8_t)tries;
    request->timeout_ms = (uint16_t)(timeout_ms / tries);
}

uint32_t access_model_reliable_publish(const access_reliable_t *p_reliable)
{
    struct access_transfer *t;
    struct usher_target target;
    struct message_out out;
    uint32_t answer_opcode;
    uint32_t err = check(p_reliable, &out, &answer_opcode);

    if (err != NRF_SUCCESS) {
        return err;
    }
    if (!access_publication(access_at(p_reliable->model_handle), &target)) {
        return NRF_ERROR_INVALID_PARAM;
    }
    if (transfer_of(p_reliable->model_handle) != NULL) {
        return NRF_ERROR_INVALID_STATE;
    }
    t = transfer_free();
    if (t == NULL) {
        return NRF_ERROR_NO_MEM;
    }
    t->handle = p_reliable->model_handle;
    t->status_cb = p_reliable->status_cb;
    t->request.done = on_done;
    t->request.user = layer_stack();
    time_set(&t->request, US_TO_MS(p_reliable->timeout));
    target.segmented = out.segmented;
    err = access_code_of(usher_ask(access_model_of(t->handle), &t->request, &target, out.opcode,
                                   out.params, out.len, answer_opcode));
    t->used = err == NRF_SUCCESS;
    return err;
}

uint32_t access_model_reliable_cancel(access_model_handle_t model_handle)
{
    struct access_transfer *t = transfer_of(model_handle);

    if (t == NULL) {
        return NRF_ERROR_NOT_FOUND;
    }
    usher_ask_cancel(&t->request);
    end(t, ACCESS_RELIABLE_TRANSFER_CANCELLED);
    return NRF_SUCCESS;
}

void access_reliable_cancel_all(void)
{
    bool pending[AT_LEAST_1(ACCESS_RELIABLE_TRANSFER_COUNT)] = { false };

    for (unsigned i = 0; i < ACCESS_RELIABLE_TRANSFER_COUNT; i++) {
        struct access_transfer *t = &layer_stack()->access.transfers[i];

        pending[i] = t->used;
        usher_ask_cancel(&t->request);
    }
    for (unsigned i = 0; i < ACCESS_RELIABLE_TRANSFER_COUNT; i++) {
        if (pending[i] && layer_stack()->access.transfers[i].used) {
            end(&layer_stack()->access.transfers[i], ACCESS_RELIABLE_TRANSFER_CANCELLED);
        }
    }
}

void access_reliable_message_rx_cb(access_model_handle_t handle,
                                   const access_message_rx_t *p_message, void *p_args)
{
    struct usher_model *model = access_model_of(handle);
    struct usher_message message = { 0 };

    (void)p_args;
    if (model == NULL || model->mesh == NULL || p_message == NULL ||
        !access_opcode_of(p_message->opcode, &message.opcode)) {
        return;
    }
    message.src = p_message->meta_data.src.value;
    message.dst = p_message->meta_data.dst.value;
    message.params = p_message->p_data;
    message.len = p_message->length;
    (void)usher_answered(model, &message);
}
