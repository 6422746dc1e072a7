/*
 * The Configuration Server (config_server.h): the core's, under a handle. Each question passes here
 * on its way to the core's handler, to note the handles of what it is about to take away. Called by
 * the application and, with what is received, by the core.
 */
#include "config_server.h"

#include "access_config.h"
#include "access_parts.h"
#include "config_server_parts.h"
#include "mesh_config.h"
#include "mesh_stack.h"
#include "timer_scheduler.h"

#define STORAGE_AGAIN_US (MS_TO_US(100)) /* until another look whether all is stored */

static const config_server_evt_t was_reset = { .type = CONFIG_SERVER_EVT_NODE_RESET };

struct usher_config_server *config_server_of(struct nrf_mesh_stack *s)
{
    return &s->models.server;
}

static access_model_handle_t handle_of(struct nrf_mesh_stack *s)
{
    return access_handle_of(&config_server_of(s)->model);
}

static void tell(const config_server_evt_t *event)
{
    if (layer_stack()->models.server_cb != NULL) {
        layer_stack()->models.server_cb(event);
    }
}

/* -- questions --------------------------------------------------------------------------------- */

static dsm_handle_t address_handle(const struct usher_config_msg *msg)
{
    uint16_t address = msg->address;

    if (msg->opcode == USHER_CONFIG_SUBSCRIPTION_VIRTUAL_DELETE) {
        return access_virtual(&layer_stack()->mesh, msg->label, &address) == USHER_OK
                   ? dsm_address_find(address, msg->label)
                   : DSM_HANDLE_INVALID;
    }
    return dsm_address_find(address, NULL);
}

static void note_handles(struct models_state *m, const struct usher_message *message)
{
    struct usher_config_msg msg = { 0 };

    if (message->opcode != USHER_CONFIG_NETKEY_DELETE &&
        message->opcode != USHER_CONFIG_APPKEY_DELETE &&
        message->opcode != USHER_CONFIG_SUBSCRIPTION_DELETE &&
        message->opcode != USHER_CONFIG_SUBSCRIPTION_VIRTUAL_DELETE) {
        return;
    }
    if (usher_config_read(message, &msg)) {
        m->server_had.subnet = dsm_net_key_index_to_subnet_handle(msg.net_index);
        m->server_had.appkey = dsm_appkey_index_to_appkey_handle(msg.app_index);
        m->server_had.address = address_handle(&msg);
    }
}

static void on_question(struct usher_model *model, const struct usher_message *message)
{
    struct nrf_mesh_stack *s = model->mesh->config.user, *before = layer_stack_enter(s);

    for (unsigned i = 0; i < s->models.server_opcode_count; i++) {
        const struct usher_opcode *o = &s->models.server_opcodes[i];

        if (o->opcode == message->opcode && message->len >= o->len_min &&
            message->len <= o->len_max) {
            note_handles(&s->models, message);
            o->handler(model, message);
        }
    }
    (void)layer_stack_enter(before);
}

/* The answer is on its way. Handles follow before the application is told. */
static void on_served(struct usher_config_server *server, const struct usher_message *question,
                      const struct usher_config_msg *answer)
{
    config_server_evt_t event;

    (void)server;
    dsm_follow();
    if (config_server_event_of(question, answer, &event)) {
        tell(&event);
    }
}

/* -- the model --------------------------------------------------------------------------------- */

uint32_t config_server_init(config_server_evt_cb_t evt_cb)
{
    struct models_state *m = &layer_stack()->models;
    access_model_handle_t handle;

    if (handle_of(layer_stack()) != ACCESS_HANDLE_INVALID) {
        return NRF_ERROR_FORBIDDEN;
    }
    usher_config_server_init(&m->server);
    m->server_opcodes = m->server.model.opcodes;
    m->server_opcode_count = m->server.model.opcode_count;
    m->server.model.opcodes = NULL;
    m->server.model.opcode_count = 0;
    m->server.model.other = on_question;
    m->server.served = on_served;
    m->server_cb = evt_cb;
    return access_attach(&m->server.model, 0, &handle);
}

uint32_t config_server_bind(dsm_handle_t devkey_handle)
{
    access_model_handle_t handle = handle_of(layer_stack());

    if (handle == ACCESS_HANDLE_INVALID) {
        return NRF_ERROR_NOT_FOUND;
    }
    if (dsm_devkey_at(devkey_handle) == NULL) {
        return NRF_ERROR_INVALID_PARAM;
    }
    return access_model_application_bind(handle, devkey_handle);
}

/* -- Node Reset -------------------------------------------------------------------------------- */

static void on_cleared(timestamp_t timestamp, void *p_context)
{
    struct nrf_mesh_stack *s = p_context;

    (void)timestamp;
    if (mesh_config_is_busy()) {
        timer_sch_reschedule(&s->models.reset, timer_now() + STORAGE_AGAIN_US);
    } else {
        tell(&was_reset);
    }
}

void config_server_was_reset(void)
{
    struct nrf_mesh_stack *s = layer_stack();

    mesh_stack_config_clear();
    s->models.reset.cb = on_cleared;
    s->models.reset.p_context = s;
    timer_sch_reschedule(&s->models.reset, timer_now());
}
