/*
 * The commands of the access layer, 0xE0 to 0xF4, and those that make models and command them, 0xFC
 * to 0xFE (serial_handler_models.h). Called by the core's serial interface, through serial.c.
 */
#include "serial_parts.h"

#include "access_config.h"

#include <assert.h>
#include <string.h>

#define MODELS_MAX 62 /* in one answer */

static_assert(SERIAL_CMD_MODEL_SPECIFIC_INIT_DATA_MAXLEN + 6 == USHER_SERIAL_PAYLOAD_MAX &&
                  SERIAL_CMD_MODEL_SPECIFIC_COMMAND_DATA_MAXLEN + 2 == USHER_SERIAL_PAYLOAD_MAX &&
                  SERIAL_EVT_CMD_RSP_MODEL_CMD_DATA_MAXLEN + 1 == USHER_SERIAL_ANSWER_MAX,
              "what a packet can hold, there is room for");

/* -- the access layer -------------------------------------------------------------------------- */

static uint32_t publication_set(const struct usher_serial_packet *p)
{
    switch (p->opcode) {
    case USHER_SERIAL_MODEL_PUB_ADDR_SET:
        return access_model_publish_address_set(p->handle, p->handle2);
    case USHER_SERIAL_MODEL_PUB_PERIOD_SET:
        return access_model_publish_period_set(
            p->handle, (access_publish_resolution_t)p->resolution, p->steps);
    case USHER_SERIAL_MODEL_PUB_APP_SET:
        return access_model_publish_application_set(p->handle, p->handle2);
    default:
        return access_model_publish_ttl_set(p->handle, p->ttl);
    }
}

static uint32_t period_get(struct usher_serial_packet *p)
{
    access_publish_resolution_t resolution = ACCESS_PUBLISH_RESOLUTION_100MS;
    uint32_t err = access_model_publish_period_get(p->handle, &resolution, &p->steps);

    p->resolution = (uint8_t)resolution;
    return err;
}

static uint32_t publication_get(struct usher_serial_packet *p)
{
    switch (p->opcode) {
    case USHER_SERIAL_MODEL_PUB_ADDR_GET:
        return access_model_publish_address_get(p->handle, &p->handle2);
    case USHER_SERIAL_MODEL_PUB_PERIOD_GET:
        return period_get(p);
    case USHER_SERIAL_MODEL_PUB_APP_GET:
        return access_model_publish_application_get(p->handle, &p->handle2);
    default:
        return access_model_publish_ttl_get(p->handle, &p->ttl);
    }
}

/* Lists, which are told as far as there is room. */
static uint32_t list_command(struct usher_serial_packet *p)
{
    p->list_count = USHER_SERIAL_LIST_MAX;
    switch (p->opcode) {
    case USHER_SERIAL_MODEL_SUBS_GET:
        return access_model_subscriptions_get(p->handle, p->list, &p->list_count);
    case USHER_SERIAL_MODEL_APP_GET:
        return access_model_applications_get(p->handle, p->list, &p->list_count);
    default:
        return access_element_models_get(p->element, p->list, &p->list_count);
    }
}

static uint32_t model_id_get(struct usher_serial_packet *p)
{
    access_model_id_t id = { 0, 0 };
    uint32_t err = access_model_id_get(p->handle, &id);

    p->company = id.company_id;
    p->model = id.model_id;
    return err;
}

static uint32_t element_command(struct usher_serial_packet *p)
{
    const access_model_id_t id = { .company_id = p->company, .model_id = p->model };

    switch (p->opcode) {
    case USHER_SERIAL_ELEM_LOC_SET:
        return access_element_location_set(p->element, p->location);
    case USHER_SERIAL_ELEM_LOC_GET:
        return access_element_location_get(p->element, &p->location);
    case USHER_SERIAL_ELEM_SIG_MODEL_COUNT_GET:
        return access_element_sig_model_count_get(p->element, &p->models);
    case USHER_SERIAL_ELEM_VENDOR_MODEL_COUNT_GET:
        return access_element_vendor_model_count_get(p->element, &p->models);
    case USHER_SERIAL_MODEL_ID_GET:
        return model_id_get(p);
    default:
        return access_handle_get(p->element, id, &p->handle);
    }
}

static uint32_t access_command(struct usher_serial_packet *p)
{
    switch (p->opcode) {
    case USHER_SERIAL_MODEL_PUB_ADDR_SET:
    case USHER_SERIAL_MODEL_PUB_PERIOD_SET:
    case USHER_SERIAL_MODEL_PUB_APP_SET:
    case USHER_SERIAL_MODEL_PUB_TTL_SET:
        return publication_set(p);
    case USHER_SERIAL_MODEL_PUB_ADDR_GET:
    case USHER_SERIAL_MODEL_PUB_PERIOD_GET:
    case USHER_SERIAL_MODEL_PUB_APP_GET:
    case USHER_SERIAL_MODEL_PUB_TTL_GET:
        return publication_get(p);
    case USHER_SERIAL_MODEL_SUBS_ADD:
        return access_model_subscription_add(p->handle, p->handle2);
    case USHER_SERIAL_MODEL_SUBS_REMOVE:
        return access_model_subscription_remove(p->handle, p->handle2);
    case USHER_SERIAL_MODEL_APP_BIND:
        return access_model_application_bind(p->handle, p->handle2);
    case USHER_SERIAL_MODEL_APP_UNBIND:
        return access_model_application_unbind(p->handle, p->handle2);
    case USHER_SERIAL_MODEL_SUBS_GET:
    case USHER_SERIAL_MODEL_APP_GET:
    case USHER_SERIAL_ELEM_MODELS_GET:
        return list_command(p);
    default:
        return element_command(p);
    }
}

enum usher_serial_status serial_access_command(void *user, struct usher_serial_packet *p)
{
    (void)user;
    return serial_status_of(access_command(p));
}

/* -- models of the application's --------------------------------------------------------------- */

uint32_t serial_handler_models_register(const serial_handler_models_info_t *p_info)
{
    struct serial_state *s = &layer_stack()->serial;

    if (p_info == NULL || p_info->model_initialize == NULL || p_info->model_command == NULL) {
        return NRF_ERROR_NULL;
    }
    if (s->model_count == ACCESS_MODEL_COUNT) {
        return NRF_ERROR_NO_MEM;
    }
    s->models[s->model_count++] = p_info;
    return NRF_SUCCESS;
}

static const serial_handler_models_info_t *find(const struct serial_state *s, uint16_t company,
                                                uint16_t id)
{
    for (unsigned i = 0; i < s->model_count; i++) {
        if (s->models[i]->model_id.company_id == company && s->models[i]->model_id.model_id == id) {
            return s->models[i];
        }
    }
    return NULL;
}

static uint32_t models_get(struct serial_state *s, struct usher_serial_packet *p)
{
    uint16_t len = 0;

    p->count = s->model_count < MODELS_MAX ? s->model_count : MODELS_MAX;
    for (unsigned i = 0; i < p->count; i++) {
        const access_model_id_t *id = &s->models[i]->model_id;

        s->answer[len++] = (uint8_t)id->company_id;
        s->answer[len++] = (uint8_t)(id->company_id >> 8);
        s->answer[len++] = (uint8_t)id->model_id;
        s->answer[len++] = (uint8_t)(id->model_id >> 8);
    }
    p->data = s->answer;
    p->len = len;
    return NRF_SUCCESS;
}

static uint32_t model_init(struct serial_state *s, struct usher_serial_packet *p)
{
    const serial_handler_models_info_t *info = find(s, p->company, p->model);
    serial_cmd_model_specific_init_t *init = &s->model.init;

    if (info == NULL) {
        return NRF_ERROR_NOT_FOUND;
    }
    memset(init, 0, sizeof(*init));
    init->model_id = info->model_id;
    init->element_index = p->element;
    memcpy(init->data, p->data, p->len);
    init->data_len = p->len;
    return info->model_initialize(init, &p->handle);
}

/* The answer's data, if there are any, begin with their length. */
static void take_answer(struct serial_state *s, struct usher_serial_packet *p)
{
    const serial_evt_cmd_rsp_data_model_cmd_t *a = &s->model_answer;

    p->data = s->answer;
    p->len = 0;
    if (a->data_len != 0 && a->data_len <= sizeof(a->data)) {
        s->answer[0] = a->data_len;
        memcpy(s->answer + 1, a->data, a->data_len);
        p->len = (uint16_t)(1u + a->data_len);
    }
}

static uint32_t model_command(struct serial_state *s, struct usher_serial_packet *p)
{
    serial_cmd_model_specific_command_t *command = &s->model.command;
    const serial_handler_models_info_t *info = NULL;
    access_model_id_t id;
    uint32_t err = access_model_id_get(p->handle, &id);

    memset(&s->model_answer, 0, sizeof(s->model_answer));
    if (err == NRF_SUCCESS) {
        info = find(s, id.company_id, id.model_id);
        err = info != NULL ? NRF_SUCCESS : NRF_ERROR_NOT_FOUND;
    }
    if (err == NRF_SUCCESS) {
        memset(command, 0, sizeof(*command));
        command->model_handle = p->handle;
        memcpy(command->data, p->data, p->len);
        command->data_len = p->len;
        err = info->model_command(command, &s->model_answer);
    }
    take_answer(s, p);
    return err;
}

enum usher_serial_status serial_model_command(void *user, struct usher_serial_packet *p)
{
    struct serial_state *s = &((struct nrf_mesh_stack *)user)->serial;

    switch (p->opcode) {
    case USHER_SERIAL_MODELS_GET:
        return serial_status_of(models_get(s, p));
    case USHER_SERIAL_MODEL_INIT:
        return serial_status_of(model_init(s, p));
    default:
        return serial_status_of(model_command(s, p));
    }
}
