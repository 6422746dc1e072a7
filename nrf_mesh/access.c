/*
 * Models and their messages (access.h). A model of the application's is one of the core's without
 * an opcode table: what it takes is looked up in the SDK's table here. Called by the application,
 * and by the core with messages.
 */
#include "access_config.h"
#include "access_parts.h"

#include "nrf_mesh_utils.h"
#include "utils.h"

#include <string.h>

#define OPCODE_1_MAX 0x7Eu
#define OPCODE_2_MIN 0x8000u
#define OPCODE_2_MAX 0xBFFFu
#define OPCODE_3_MIN 0xC0u
#define OPCODE_3_MAX 0xFFu
#define TOKENS_TAKEN 0x80000000u /* by the core: no event can tell them */

/* -- handles ----------------------------------------------------------------------------------- */

struct access_model *access_at(access_model_handle_t handle)
{
    struct access_model *a =
        handle < ACCESS_MODEL_COUNT ? &layer_stack()->access.models[handle] : NULL;

    return a != NULL && a->model != NULL ? a : NULL;
}

access_model_handle_t access_handle(const struct access_model *a)
{
    return (access_model_handle_t)(a - layer_stack()->access.models);
}

struct usher_model *access_model_of(access_model_handle_t handle)
{
    const struct access_model *a = access_at(handle);

    return a != NULL ? a->model : NULL;
}

access_model_handle_t access_handle_of(const struct usher_model *model)
{
    for (unsigned i = 0; model != NULL && i < ACCESS_MODEL_COUNT; i++) {
        if (layer_stack()->access.models[i].model == model) {
            return (access_model_handle_t)i;
        }
    }
    return ACCESS_HANDLE_INVALID;
}

struct access_model *access_of_own(struct usher_model *model)
{
    return PARENT_BY_FIELD_GET(struct access_model, own, model);
}

/* -- opcodes and codes ------------------------------------------------------------------------- */

bool access_opcode_of(access_opcode_t opcode, uint32_t *p_opcode)
{
    if (opcode.company_id != ACCESS_COMPANY_ID_NONE) {
        *p_opcode = USHER_OPCODE_VENDOR(opcode.opcode, opcode.company_id);
        return opcode.opcode >= OPCODE_3_MIN && opcode.opcode <= OPCODE_3_MAX;
    }
    *p_opcode = opcode.opcode;
    return opcode.opcode <= OPCODE_1_MAX ||
           (opcode.opcode >= OPCODE_2_MIN && opcode.opcode <= OPCODE_2_MAX);
}

/* The reverse. */
static access_opcode_t opcode_from(uint32_t opcode)
{
    bool vendor = opcode > UINT16_MAX;

    return (access_opcode_t){ .opcode = (uint16_t)(vendor ? opcode >> 16 : opcode),
                              .company_id = vendor ? (uint16_t)opcode : ACCESS_COMPANY_ID_NONE };
}

uint32_t access_code_of(enum usher_err err)
{
    switch (err) {
    case USHER_E_SIZE:
        return NRF_ERROR_INVALID_LENGTH;
    case USHER_E_NOT_FOUND:
        return NRF_ERROR_INVALID_PARAM;
    case USHER_E_BUSY:
        return NRF_ERROR_INVALID_STATE;
    case USHER_E_RESOURCES:
        return NRF_ERROR_FORBIDDEN;
    default:
        return (uint32_t)err;
    }
}

/* -- adding ------------------------------------------------------------------------------------ */

void access_init(void)
{
    struct access_state *s = &layer_stack()->access;

    memset(s, 0, sizeof(*s));
    s->default_ttl = ACCESS_DEFAULT_TTL;
}

/* @retval others  Of access_model_add(). */
static uint32_t place_for(uint16_t element_index, uint16_t company, uint16_t id,
                          struct access_model **p_place)
{
    struct access_model *place = NULL;

    if (element_index >= ACCESS_ELEMENT_COUNT) {
        return NRF_ERROR_NOT_FOUND;
    }
    for (unsigned i = ACCESS_MODEL_COUNT; i > 0; i--) {
        struct access_model *a = &layer_stack()->access.models[i - 1];

        if (a->model == NULL) {
            place = a;
        } else if (a->element_index == element_index && a->model->company == company &&
                   a->model->id == id) {
            return NRF_ERROR_FORBIDDEN;
        }
    }
    if (!access_is_open()) {
        return NRF_ERROR_FORBIDDEN;
    }
    *p_place = place;
    return place != NULL ? NRF_SUCCESS : NRF_ERROR_NO_MEM;
}

static uint32_t put(struct access_model *a, struct usher_model *model, uint16_t element_index,
                    access_model_handle_t *p_handle)
{
    uint32_t err;

    a->model = model;
    a->element_index = element_index;
    a->list = ACCESS_NO_LIST;
    a->publish_address = DSM_HANDLE_INVALID;
    a->publish_key = DSM_HANDLE_INVALID;
    err = access_recompose();
    if (err == NRF_SUCCESS) {
        *p_handle = access_handle(a);
    } else {
        memset(a, 0, sizeof(*a));
    }
    return err;
}

static bool opcodes_ok(const access_model_add_params_t *p)
{
    uint32_t opcode;

    for (uint32_t i = 0; i < p->opcode_count; i++) {
        if (!access_opcode_of(p->p_opcode_handlers[i].opcode, &opcode)) {
            return false;
        }
    }
    return true;
}

uint32_t access_model_add(const access_model_add_params_t *p_model_params,
                          access_model_handle_t *p_model_handle)
{
    const access_model_add_params_t *p = p_model_params;
    struct access_model *a;
    uint32_t err;

    if (p == NULL || p_model_handle == NULL) {
        return NRF_ERROR_NULL;
    }
    if (p->opcode_count != 0 && p->p_opcode_handlers == NULL) {
        return NRF_ERROR_INVALID_LENGTH;
    }
    if (!opcodes_ok(p)) {
        return NRF_ERROR_INVALID_PARAM;
    }
    err = place_for(p->element_index, p->model_id.company_id, p->model_id.model_id, &a);
    if (err != NRF_SUCCESS) {
        return err;
    }
    memset(a, 0, sizeof(*a));
    a->own.company = p->model_id.company_id;
    a->own.id = p->model_id.model_id;
    a->own.flags = USHER_MODEL_NO_SUBSCRIBE;
    a->own.other = access_on_message;
    a->own.publish = p->publish_timeout_cb != NULL ? access_on_publish : NULL;
    a->handlers = p->p_opcode_handlers;
    a->handler_count = p->opcode_count;
    a->args = p->p_args;
    a->publish_timeout_cb = p->publish_timeout_cb;
    return put(a, &a->own, p->element_index, p_model_handle);
}

uint32_t access_attach(struct usher_model *model, uint16_t element_index,
                       access_model_handle_t *p_handle)
{
    struct access_model *a;
    bool subscribes;
    uint32_t err;

    if (model == NULL || p_handle == NULL) {
        return NRF_ERROR_NULL;
    }
    err = place_for(element_index, model->company, model->id, &a);
    if (err != NRF_SUCCESS) {
        return err;
    }
    memset(a, 0, sizeof(*a));
    subscribes = (model->flags & USHER_MODEL_NO_SUBSCRIBE) == 0;
    model->flags |= USHER_MODEL_NO_SUBSCRIBE;
    err = put(a, model, element_index, p_handle);
    if (err == NRF_SUCCESS && subscribes) {
        err = access_model_subscription_list_alloc(*p_handle);
    }
    return err;
}

uint32_t access_model_element_index_get(access_model_handle_t handle, uint16_t *p_element_index)
{
    const struct access_model *a = access_at(handle);

    if (p_element_index == NULL) {
        return NRF_ERROR_NULL;
    }
    if (a == NULL) {
        return NRF_ERROR_NOT_FOUND;
    }
    *p_element_index = a->element_index;
    return NRF_SUCCESS;
}

/* -- sending ----------------------------------------------------------------------------------- */

uint32_t access_tx_check(const access_message_tx_t *p_message, struct message_out *out)
{
    size_t opcode_len;
    uint8_t octets[3];

    if (p_message == NULL || (p_message->p_buffer == NULL && p_message->length != 0)) {
        return NRF_ERROR_NULL;
    }
    if (!access_opcode_of(p_message->opcode, &out->opcode) ||
        p_message->transmic_size >= NRF_MESH_TRANSMIC_SIZE_INVALID) {
        return NRF_ERROR_INVALID_PARAM;
    }
    opcode_len = access_opcode_write(out->opcode, octets);
    if (opcode_len + p_message->length > ACCESS_MESSAGE_LENGTH_MAX) {
        return NRF_ERROR_INVALID_LENGTH;
    }
    out->params = p_message->p_buffer;
    out->len = p_message->length;
    out->segmented = p_message->force_segmented;
    out->token = p_message->access_token < TOKENS_TAKEN ? p_message->access_token : 0;
    return NRF_SUCCESS;
}

/* Whether the core can send it again as often as the publication says. */
static bool is_repeatable(const struct access_model *a, const struct message_out *out)
{
    uint8_t octets[3];
    size_t len = access_opcode_write(out->opcode, octets) + out->len;

    return !a->publish_aside &&
           ((a->model->publication.retransmit & 0x07) == 0 || len <= USHER_PUBLISH_MAX);
}

uint32_t access_model_publish(access_model_handle_t handle, const access_message_tx_t *p_message)
{
    struct access_model *a = access_at(handle);
    struct message_out out;
    struct usher_target target;
    uint32_t err = access_tx_check(p_message, &out);

    if (err == NRF_ERROR_NULL) {
        return err;
    }
    if (a == NULL) {
        return NRF_ERROR_NOT_FOUND;
    }
    if (err != NRF_SUCCESS) {
        return err;
    }
    if (!access_publication(a, &target)) {
        return NRF_ERROR_INVALID_PARAM;
    }
    if (is_repeatable(a, &out)) {
        return access_code_of(publish_message(a->model, &out));
    }
    target.segmented = out.segmented;
    return access_code_of(
        usher_send(a->model, &target, out.opcode, out.params, out.len, out.token));
}

/* The core's word for the key of a message received. @retval false  There is none. */
static bool key_of(dsm_handle_t handle, uint16_t *p_key)
{
    const struct usher_appkey *app = dsm_appkey_at(handle);
    const struct dsm_devkey *d = dsm_devkey_at(handle);

    if (app != NULL) {
        *p_key = app->index;
        return true;
    }
    if (d == NULL) {
        return false;
    }
    *p_key =
        d->owner == layer_stack()->mesh.net.address ? USHER_KEY_DEVICE : USHER_KEY_REMOTE_DEVICE;
    return true;
}

uint32_t access_model_reply(access_model_handle_t handle, const access_message_rx_t *p_message,
                            const access_message_tx_t *p_reply)
{
    struct access_model *a = access_at(handle);
    struct usher_message to = { 0 };
    struct message_out out;
    uint32_t err = access_tx_check(p_reply, &out);

    if (p_message == NULL || err == NRF_ERROR_NULL) {
        return NRF_ERROR_NULL;
    }
    if (a == NULL) {
        return NRF_ERROR_NOT_FOUND;
    }
    if (err != NRF_SUCCESS) {
        return err;
    }
    if (!dsm_is_node()) {
        return NRF_ERROR_INVALID_STATE;
    }
    to.src = p_message->meta_data.src.value;
    to.dst = p_message->meta_data.dst.value;
    to.ttl = p_message->meta_data.ttl;
    if (!key_of(p_message->meta_data.appkey_handle, &to.key) ||
        dsm_subnet_handle_to_netkey_index(p_message->meta_data.subnet_handle, &to.net_index) !=
            NRF_SUCCESS) {
        return NRF_ERROR_INVALID_PARAM;
    }
    if (!usher_is_unicast(to.src)) {
        return NRF_ERROR_INVALID_ADDR;
    }
    return access_code_of(reply_message(a->model, &to, &out));
}

/* -- receiving --------------------------------------------------------------------------------- */

static dsm_handle_t key_handle_of(const struct usher_message *message)
{
    if (message->key == USHER_KEY_DEVICE) {
        return dsm_devkey_find(layer_stack()->mesh.net.address);
    }
    if (message->key == USHER_KEY_REMOTE_DEVICE) {
        return dsm_devkey_find(message->src);
    }
    return dsm_appkey_index_to_appkey_handle(message->key);
}

access_message_rx_t access_rx_of(const struct usher_message *message)
{
    access_message_rx_t rx = { .opcode = opcode_from(message->opcode),
                               .p_data = message->params,
                               .length = (uint16_t)message->len };
    access_message_rx_meta_t *meta = &rx.meta_data;

    meta->src.type = NRF_MESH_ADDRESS_TYPE_UNICAST;
    meta->src.value = message->src;
    meta->dst.type = nrf_mesh_address_type_get(message->dst);
    meta->dst.value = message->dst;
    meta->dst.p_virtual_uuid = message->label;
    meta->ttl = message->ttl;
    meta->appkey_handle = key_handle_of(message);
    meta->subnet_handle = dsm_net_key_index_to_subnet_handle(message->net_index);
    meta->p_core_metadata = layer_core_metadata(message->src);
    return rx;
}

static const access_opcode_handler_t *handler_of(const struct access_model *a,
                                                 access_opcode_t opcode)
{
    for (uint32_t i = 0; i < a->handler_count; i++) {
        if (a->handlers[i].opcode.opcode == opcode.opcode &&
            a->handlers[i].opcode.company_id == opcode.company_id) {
            return &a->handlers[i];
        }
    }
    return NULL;
}

/* A model takes messages with the device keys that it is bound to, and no others. */
static bool is_bound(const struct access_model *a, const struct usher_message *message)
{
    return message->key <= DSM_KEY_INDEX_MAX || access_devkey_bound(a, key_handle_of(message));
}

void access_on_message(struct usher_model *model, const struct usher_message *message)
{
    struct access_model *a = access_of_own(model);
    struct nrf_mesh_stack *before = layer_stack_enter(model->mesh->config.user);
    access_message_rx_t rx = access_rx_of(message);
    const access_opcode_handler_t *h = handler_of(a, rx.opcode);

    if (h != NULL && is_bound(a, message)) {
        h->handler(access_handle(a), &rx, a->args);
        (void)usher_answered(model, message);
    }
    (void)layer_stack_enter(before);
}

void access_on_publish(struct usher_model *model)
{
    struct access_model *a = access_of_own(model);
    struct nrf_mesh_stack *before = layer_stack_enter(model->mesh->config.user);

    a->publish_timeout_cb(access_handle(a), a->args);
    (void)layer_stack_enter(before);
}
