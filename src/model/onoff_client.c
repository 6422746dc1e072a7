/*
 * Generic OnOff Client (Mesh Model 1.1, section 3.3.2). Its handler is called by access, the rest
 * by the application.
 */
#include "model.h"
#include "net.h"
#include "onoff_pdu.h"

static struct usher_onoff_client *client(struct usher_model *model)
{
    return (struct usher_onoff_client *)model; /* its first member */
}

bool usher_onoff_read(const struct usher_message *message, struct usher_onoff_status *status)
{
    return message->opcode == ONOFF_STATUS &&
           onoff_status_read(message->params, message->len, status);
}

static void status_rx(struct usher_model *model, const struct usher_message *message)
{
    struct usher_onoff_client *c = client(model);
    struct usher_onoff_status status;

    if (!usher_onoff_read(message, &status) || usher_answered(model, message)) {
        return;
    }
    if (c->status != NULL) {
        c->status(c, message->src, &status);
    }
}

static const struct usher_opcode opcodes[] = {
    { ONOFF_STATUS, ONOFF_STATUS_MIN, ONOFF_STATUS_MAX, status_rx },
};

void usher_onoff_client_init(struct usher_onoff_client *c)
{
    *c = (struct usher_onoff_client){
        .model = {
            .company = USHER_SIG,
            .id = USHER_MODEL_ONOFF_CLIENT,
            .opcodes = opcodes,
            .opcode_count = sizeof(opcodes) / sizeof(opcodes[0]),
        },
    };
}

uint8_t usher_onoff_tid(struct usher_onoff_client *c)
{
    struct usher_mesh *m = c->model.mesh;

    if (!c->tid_begun && m != NULL && mesh_is_node(m)) {
        /* Not the same after each start: a server would take the first Set for a repeat. */
        c->tid = (uint8_t)net_jitter(&m->net, UINT8_MAX + 1u);
        c->tid_begun = true;
    }
    return c->tid++;
}

enum usher_err usher_onoff_set(struct usher_onoff_client *c, struct usher_request *request,
                               const struct usher_target *target, bool on, uint8_t transition,
                               uint8_t delay)
{
    struct onoff_set set = { .on = on, .transition = transition, .delay = delay };
    uint8_t params[ONOFF_SET_MAX];

    if ((transition & ONOFF_STEPS) > ONOFF_STEPS_MAX) {
        return USHER_E_PARAM;
    }
    set.tid = usher_onoff_tid(c);
    return usher_ask(&c->model, request, target, ONOFF_SET, params, onoff_set_write(&set, params),
                     ONOFF_STATUS);
}

enum usher_err usher_onoff_set_unack(struct usher_onoff_client *c,
                                     const struct usher_target *target, bool on, uint8_t tid,
                                     uint8_t transition, uint8_t delay)
{
    struct onoff_set set = { .on = on, .tid = tid, .transition = transition, .delay = delay };
    uint8_t params[ONOFF_SET_MAX];

    if ((transition & ONOFF_STEPS) > ONOFF_STEPS_MAX) {
        return USHER_E_PARAM;
    }
    return usher_send(&c->model, target, ONOFF_SET_UNACK, params, onoff_set_write(&set, params), 0);
}

enum usher_err usher_onoff_get(struct usher_onoff_client *c, struct usher_request *request,
                               const struct usher_target *target)
{
    return usher_ask(&c->model, request, target, ONOFF_GET, NULL, 0, ONOFF_STATUS);
}
