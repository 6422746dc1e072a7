/*
 * The access layer (Mesh Protocol 1.1, section 3.7): opcodes, the models of a node, and which of
 * them a message is for. Called by node with what transport received, by the other files of
 * src/model, and by the layers below through the directory.
 */
#include "model.h"

#include "kdf.h"

#include <usher/remote.h>

#include <string.h>

/* -- opcodes (3.7.3.1) ------------------------------------------------------------------------- */

#define OPCODE_1_MAX 0x7Eu /* 0x7F is reserved */
#define OPCODE_2_MIN 0x8000u
#define OPCODE_2_MAX 0xBFFFu
#define OPCODE_3_MIN 0xC00000u
#define OPCODE_3_MAX 0xFFFFFFu
#define FORM_MASK 0xC0u /* of the first octet; 0x00 and 0x40 are one form */
#define FORM_2 0x80u
#define FORM_3 0xC0u

size_t access_opcode_write(uint32_t opcode, uint8_t out[3])
{
    if (opcode <= OPCODE_1_MAX) {
        out[0] = (uint8_t)opcode;
        return 1;
    }
    if (opcode >= OPCODE_2_MIN && opcode <= OPCODE_2_MAX) {
        out[0] = (uint8_t)(opcode >> 8);
        out[1] = (uint8_t)opcode;
        return 2;
    }
    if (opcode >= OPCODE_3_MIN && opcode <= OPCODE_3_MAX) {
        out[0] = (uint8_t)(opcode >> 16);
        out[1] = (uint8_t)opcode; /* the company, least significant octet first */
        out[2] = (uint8_t)(opcode >> 8);
        return 3;
    }
    return 0;
}

size_t access_opcode_read(const uint8_t *data, size_t len, uint32_t *opcode)
{
    uint8_t form = len != 0 ? data[0] & FORM_MASK : 0;

    if (form == FORM_3 && len >= 3) {
        *opcode = (uint32_t)data[0] << 16 | (uint32_t)data[2] << 8 | data[1];
        return 3;
    }
    if (form == FORM_2 && len >= 2) {
        *opcode = (uint32_t)data[0] << 8 | data[1];
        return 2;
    }
    if (form < FORM_2 && len >= 1 && data[0] <= OPCODE_1_MAX) {
        *opcode = data[0];
        return 1;
    }
    return 0;
}

/* -- the models of a node ---------------------------------------------------------------------- */

struct usher_model *access_each(const struct usher_mesh *m, unsigned n)
{
    const struct usher_composition *c = m->config.composition;

    for (unsigned e = 0; e < c->element_count; e++) {
        if (n < c->elements[e].model_count) {
            return c->elements[e].models[n];
        }
        n -= c->elements[e].model_count;
    }
    return NULL;
}

static struct usher_model *find(const struct usher_element *e, uint16_t company, uint16_t id)
{
    for (unsigned i = 0; i < e->model_count; i++) {
        if (e->models[i]->company == company && e->models[i]->id == id) {
            return e->models[i];
        }
    }
    return NULL;
}

struct usher_model *access_model(const struct usher_mesh *m, uint16_t element_address,
                                 uint16_t company, uint16_t id, enum usher_status *status)
{
    struct usher_model *model;

    if (!net_is_element(&m->net, element_address)) {
        *status = USHER_STATUS_INVALID_ADDRESS;
        return NULL;
    }
    model = find(&m->config.composition->elements[element_address - m->net.address], company, id);
    *status = model != NULL ? USHER_STATUS_SUCCESS : USHER_STATUS_INVALID_MODEL;
    return model;
}

/* Whether an element has its @p n-th model before, too. */
static bool is_again(const struct usher_element *e, unsigned n)
{
    const struct usher_model *model = e->models[n];

    for (unsigned i = 0; i < n; i++) {
        if (e->models[i]->company == model->company && e->models[i]->id == model->id) {
            return true;
        }
    }
    return false;
}

/* Gives the SIG models, or the vendor models, of an element their numbers from @p index on. */
static uint8_t number(const struct usher_element *e, bool sig, uint8_t index)
{
    for (unsigned i = 0; i < e->model_count; i++) {
        if ((e->models[i]->company == USHER_SIG) == sig) {
            e->models[i]->index = index++;
        }
    }
    return index;
}

enum usher_err access_begin(struct usher_mesh *m)
{
    const struct usher_composition *c = m->config.composition;

    if (c->element_count == 0) {
        return USHER_E_PARAM;
    }
    for (unsigned e = 0; e < c->element_count; e++) {
        const struct usher_element *element = &c->elements[e];

        for (unsigned i = 0; i < element->model_count; i++) {
            if (is_again(element, i)) {
                return USHER_E_PARAM;
            }
            element->models[i]->mesh = m;
            element->models[i]->element = (uint8_t)e;
        }
        number(element, false, number(element, true, 0));
    }
    return USHER_OK;
}

static void model_clear(struct usher_model *model)
{
    model->dirty = false;
    memset(model->bindings, 0, sizeof(model->bindings));
    memset(model->subscriptions, 0, sizeof(model->subscriptions));
    memset(&model->publication, 0, sizeof(model->publication));
    model->period_divisor = 0;
    model->publish_at = 0;
    model->retransmits_left = 0;
    memset(model->retransmit_message, 0, sizeof(model->retransmit_message));
}

void access_forget(struct usher_mesh *m)
{
    struct usher_model *model;

    for (unsigned i = 0; (model = access_each(m, i)) != NULL; i++) {
        model_clear(model);
    }
    memset(m->access_tx, 0, m->access_tx_size * sizeof(*m->access_tx));
    while (m->requests != NULL) {
        usher_ask_cancel(m->requests);
    }
}

uint16_t usher_model_address(const struct usher_model *model)
{
    if (model->mesh == NULL || !mesh_is_node(model->mesh)) {
        return USHER_ADDR_UNASSIGNED;
    }
    return (uint16_t)(model->mesh->net.address + model->element);
}

bool access_bound(const struct usher_model *model, uint16_t app_index)
{
    for (unsigned i = 0; i < USHER_BINDINGS; i++) {
        if (model->bindings[i] == app_index + 1u) {
            return true;
        }
    }
    return false;
}

/* -- subscriptions, and the directory ---------------------------------------------------------- */

enum usher_err access_virtual(const struct usher_mesh *m, const uint8_t label[USHER_LABEL_SIZE],
                              uint16_t *address)
{
    return kdf_virtual(m->net.crypto, label, address);
}

/* A virtual address is the hash of many labels; it is the label that counts. */
static bool is_subscription(const struct usher_subscription *s, uint16_t address,
                            const uint8_t *label)
{
    return s->address == address &&
           (label == NULL || memcmp(s->label, label, USHER_LABEL_SIZE) == 0);
}

/* The @p n-th place for a subscription of all models; NULL: no more. */
static const struct usher_subscription *subscription(const struct usher_mesh *m, unsigned n)
{
    const struct usher_model *model = access_each(m, n / USHER_SUBSCRIPTIONS);

    return model != NULL ? &model->subscriptions[n % USHER_SUBSCRIPTIONS] : NULL;
}

/* The first place that has this subscription; NULL: none. */
static const struct usher_subscription *subscribed(const struct usher_mesh *m, uint16_t address,
                                                   const uint8_t *label)
{
    const struct usher_subscription *s;

    for (unsigned i = 0; (s = subscription(m, i)) != NULL; i++) {
        if (is_subscription(s, address, label)) {
            return s;
        }
    }
    return NULL;
}

/* The @p n-th time that the application listens to an address. @param label  Of it. */
static bool listens(const struct usher_mesh *m, uint16_t address, unsigned n, const uint8_t **label)
{
    const struct usher_mesh_config *c = &m->config;
    uint16_t at;

    for (unsigned i = 0; c->listens != NULL && c->listens(c->user, i, &at, label); i++) {
        if (at == address && n-- == 0) {
            return true;
        }
    }
    return false;
}

static bool directory_subscribed(void *ctx, uint16_t dst)
{
    const uint8_t *label;

    return dst != USHER_ADDR_UNASSIGNED &&
           (subscribed(ctx, dst, NULL) != NULL || listens(ctx, dst, 0, &label));
}

static const uint8_t *directory_label(void *ctx, uint16_t virtual_address, unsigned n)
{
    const struct usher_subscription *s;
    const uint8_t *label = NULL;

    for (unsigned i = 0; (s = subscription(ctx, i)) != NULL; i++) {
        if (s->address == virtual_address && subscribed(ctx, virtual_address, s->label) == s &&
            n-- == 0) {
            return s->label;
        }
    }
    return listens(ctx, virtual_address, n, &label) ? label : NULL;
}

static bool directory_device_key(void *ctx, uint16_t address, uint8_t key[USHER_KEY_SIZE])
{
    const struct usher_mesh_config *config = &((const struct usher_mesh *)ctx)->config;

    return config->device_key != NULL && config->device_key(config->user, address, key);
}

static bool directory_relay(void *ctx, uint16_t src, uint16_t dst, uint8_t ttl)
{
    const struct usher_mesh_config *config = &((const struct usher_mesh *)ctx)->config;

    return config->relay == NULL || config->relay(config->user, src, dst, ttl);
}

const struct usher_net_directory access_directory = {
    .subscribed = directory_subscribed,
    .label = directory_label,
    .device_key = directory_device_key,
    .relay = directory_relay,
};

/* -- receiving (3.7.3.2) ----------------------------------------------------------------------- */

/* A client that asks its own node is answered with the key of both. */
static bool is_key(const struct usher_model *model, const struct usher_message *message)
{
    bool remote = (model->flags & USHER_MODEL_REMOTE_KEY) != 0;

    if (message->key == USHER_KEY_REMOTE_DEVICE) {
        return remote;
    }
    if (message->key == USHER_KEY_DEVICE) {
        return (model->flags & USHER_MODEL_DEVICE_KEY) != 0 ||
               (remote && net_is_element(&model->mesh->net, message->src));
    }
    return access_bound(model, message->key);
}

static bool is_destination(const struct usher_model *model, const struct usher_message *message)
{
    if (usher_is_unicast(message->dst)) {
        return message->dst == usher_model_address(model);
    }
    if (model->element == 0 && net_is_ours(&model->mesh->net, message->dst)) {
        return true;
    }
    for (unsigned i = 0; i < USHER_SUBSCRIPTIONS; i++) {
        if (is_subscription(&model->subscriptions[i], message->dst, message->label)) {
            return true;
        }
    }
    return false;
}

static void tell(struct usher_mesh *m, const struct usher_message *message,
                 const struct transport_in *in)
{
    struct usher_mesh_event e = { .type = USHER_MESH_EVT_MESSAGE };

    e.params.message.message = message;
    e.params.message.data = in->data;
    e.params.message.len = in->len;
    if (m->config.handler != NULL) {
        m->config.handler(m->config.user, m, &e);
    }
}

static const struct usher_opcode *opcode_of(const struct usher_model *model, uint32_t opcode)
{
    for (unsigned i = 0; i < model->opcode_count; i++) {
        if (model->opcodes[i].opcode == opcode) {
            return &model->opcodes[i];
        }
    }
    return NULL;
}

/* What a model does not know or cannot take is ignored without an answer (3.7.3.4). */
static void deliver(struct usher_model *model, const struct usher_message *message)
{
    const struct usher_opcode *o = opcode_of(model, message->opcode);

    if (!is_destination(model, message) || !is_key(model, message)) {
        return;
    }
    if (o == NULL && model->other != NULL) {
        model->other(model, message);
    } else if (o != NULL && message->len >= o->len_min && message->len <= o->len_max) {
        o->handler(model, message);
    }
}

void access_rx(struct usher_mesh *m, const struct transport_in *in)
{
    struct usher_message message = in->message;
    size_t opcode_len = access_opcode_read(in->data, in->len, &message.opcode);
    struct usher_model *model;

    if (opcode_len == 0) {
        return;
    }
    message.params = in->data + opcode_len;
    message.len = in->len - opcode_len;
    tell(m, &message, in);
    for (unsigned i = 0; (model = access_each(m, i)) != NULL; i++) {
        deliver(model, &message);
    }
}

/* -- sending ----------------------------------------------------------------------------------- */

enum usher_err access_write(uint32_t opcode, const uint8_t *params, size_t params_len,
                            uint8_t message[USHER_ACCESS_MAX], uint16_t *len)
{
    size_t opcode_len = access_opcode_write(opcode, message);

    if (opcode_len == 0) {
        return USHER_E_PARAM;
    }
    if (params_len > USHER_ACCESS_MAX - opcode_len) {
        return USHER_E_SIZE;
    }
    if (params_len != 0) {
        memcpy(message + opcode_len, params, params_len);
    }
    *len = (uint16_t)(opcode_len + params_len);
    return USHER_OK;
}

#if USHER_REMOTE
static bool is_remote(const struct usher_mesh *m, const struct usher_target *target)
{
    return m->node->port->remote != NULL && !net_is_element(&m->net, target->dst);
}
#endif

enum usher_err access_send(struct usher_mesh *m, uint64_t now, uint16_t src,
                           const struct usher_target *target, const uint8_t *message, size_t len,
                           uint32_t token)
{
#if USHER_REMOTE
    if (is_remote(m, target)) {
        return m->node->port->remote->send(m->node->port->remote_ctx, m, src, target, message, len,
                                           token);
    }
#endif
    struct transport_out out = {
        .src = src, .target = *target, .data = message, .len = len, .token = token
    };

    return transport_send(&m->net, now, &out);
}

bool access_is_for_now(enum usher_err err)
{
    return err == USHER_E_BUSY || err == USHER_E_NO_MEM || err == USHER_E_RESOURCES;
}

enum usher_err usher_send(struct usher_model *model, const struct usher_target *target,
                          uint32_t opcode, const uint8_t *params, size_t len, uint32_t token)
{
    struct usher_mesh *m = model->mesh;
    uint8_t message[USHER_ACCESS_MAX];
    uint16_t message_len;
    enum usher_err err = access_write(opcode, params, len, message, &message_len);

    if (m == NULL || !mesh_is_node(m)) {
        return USHER_E_STATE;
    }
    if (err == USHER_OK) {
        err = access_send(m, m->acts->now(m), usher_model_address(model), target, message,
                          message_len, token);
        m->acts->alarm(m);
    }
    return err;
}
