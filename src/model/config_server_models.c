/*
 * The Configuration Server's acts on models (Mesh Protocol 1.1, sections 4.4.1.2.3, 4.4.1.2.4 and
 * 4.4.1.2.11): publication, subscription, bindings. Errors are found in the order element, model,
 * what the model cannot, keys, room.
 */
#include "config_server.h"

#include <string.h>

/* What fits behind status, element and a vendor model. */
_Static_assert(USHER_SUBSCRIPTIONS <= 185, "a Subscription List has no room for more");
_Static_assert(USHER_BINDINGS <= 246, "a Model App List has no room for more");

/* The model that the message is about. NULL: the status says why there is none. */
static struct usher_model *model_of(struct config_call *c)
{
    enum usher_status status;
    struct usher_model *model =
        access_model(c->mesh, c->msg.element, c->msg.company, c->msg.model, &status);

    c->msg.status = (uint8_t)status;
    return model;
}

/* The same, of a model that has what a flag says that it has not. */
static struct usher_model *model_able(struct config_call *c, uint8_t lack, enum usher_status status)
{
    struct usher_model *model = model_of(c);

    if (model != NULL && (model->flags & lack) != 0) {
        c->msg.status = (uint8_t)status;
        return NULL;
    }
    return model;
}

/* The address that stands for the label. @retval false  The status says why not. */
static bool label_address(struct config_call *c)
{
    if (access_virtual(c->mesh, c->msg.label, &c->msg.address) != USHER_OK) {
        c->msg.status = USHER_STATUS_UNSPECIFIED;
        return false;
    }
    return true;
}

/* -- publication ------------------------------------------------------------------------------- */

static const struct usher_publication none;

static struct usher_model *publisher(struct config_call *c)
{
    return model_able(c, USHER_MODEL_NO_PUBLISH, USHER_STATUS_INVALID_PUBLISH);
}

/* The answer tells of this publication: of none at all if something is wrong. */
static void publication_tell(struct config_call *c, const struct usher_publication *p)
{
    c->msg.address = p->address;
    c->msg.app_index = p->key;
    c->msg.credentials = p->credentials;
    c->msg.ttl = p->ttl;
    c->msg.period = p->period;
    c->msg.retransmit = p->retransmit;
}

static enum usher_status publication_check(const struct usher_model *model,
                                           const struct usher_config_msg *msg)
{
    if (msg->address == USHER_ADDR_UNASSIGNED) {
        return USHER_STATUS_SUCCESS;
    }
    if (!access_bound(model, msg->app_index)) {
        return USHER_STATUS_INVALID_APPKEY;
    }
    return msg->credentials != 0 ? USHER_STATUS_FEATURE_UNSUPPORTED : USHER_STATUS_SUCCESS;
}

/* What was asked for. Without an address nothing else counts. */
static struct usher_publication publication_of(const struct usher_config_msg *msg)
{
    struct usher_publication p = none;

    if (msg->address != USHER_ADDR_UNASSIGNED) {
        p.address = msg->address;
        p.key = msg->app_index;
        p.ttl = msg->ttl;
        p.period = msg->period;
        p.retransmit = msg->retransmit;
        memcpy(p.label, msg->label, sizeof(p.label));
    }
    return p;
}

void config_publication_get(struct config_call *c)
{
    const struct usher_model *model = publisher(c);

    publication_tell(c, model != NULL ? &model->publication : &none);
}

void config_publication_set(struct config_call *c)
{
    struct usher_model *model = publisher(c);

    if (model != NULL) {
        c->msg.status = (uint8_t)publication_check(model, &c->msg);
    }
    if (model == NULL || c->msg.status != USHER_STATUS_SUCCESS) {
        publication_tell(c, &none);
        return;
    }
    model->publication = publication_of(&c->msg);
    publish_changed(model);
    manage_changed(model);
    publication_tell(c, &model->publication);
}

void config_publication_virtual_set(struct config_call *c)
{
    if (label_address(c)) {
        config_publication_set(c);
    } else {
        publication_tell(c, &none);
    }
}

/* -- subscription ------------------------------------------------------------------------------ */

static struct usher_model *subscriber(struct config_call *c)
{
    return model_able(c, USHER_MODEL_NO_SUBSCRIBE, USHER_STATUS_NOT_SUBSCRIBE);
}

void config_subscription_add(struct config_call *c)
{
    struct usher_model *model = subscriber(c);

    if (model != NULL) {
        c->msg.status = (uint8_t)manage_subscribe(model, c->msg.address, c->msg.label);
    }
}

void config_subscription_delete(struct config_call *c)
{
    struct usher_model *model = subscriber(c);

    if (model != NULL) {
        manage_unsubscribe(model, c->msg.address, c->msg.label);
    }
}

void config_subscription_delete_all(struct config_call *c)
{
    struct usher_model *model = subscriber(c);

    if (model != NULL) {
        manage_unsubscribe_all(model);
    }
}

void config_subscription_overwrite(struct config_call *c)
{
    config_subscription_delete_all(c);
    if (c->msg.status == USHER_STATUS_SUCCESS) {
        config_subscription_add(c);
    }
}

void config_subscription_virtual_add(struct config_call *c)
{
    if (label_address(c)) {
        config_subscription_add(c);
    }
}

void config_subscription_virtual_delete(struct config_call *c)
{
    if (label_address(c)) {
        config_subscription_delete(c);
    }
}

void config_subscription_virtual_overwrite(struct config_call *c)
{
    if (label_address(c)) {
        config_subscription_overwrite(c);
    }
}

void config_subscription_get(struct config_call *c)
{
    const struct usher_model *model = subscriber(c);

    for (unsigned i = 0; model != NULL && i < USHER_SUBSCRIPTIONS; i++) {
        if (model->subscriptions[i].address != USHER_ADDR_UNASSIGNED) {
            c->msg.list[c->msg.list_count++] = model->subscriptions[i].address;
        }
    }
}

/* -- bindings ---------------------------------------------------------------------------------- */

void config_app_bind(struct config_call *c)
{
    struct usher_model *model = model_of(c);

    if (model != NULL) {
        c->msg.status = (uint8_t)usher_model_bind(model, c->msg.app_index);
    }
}

void config_app_unbind(struct config_call *c)
{
    struct usher_model *model = model_of(c);

    if (model == NULL) {
        return;
    }
    if (keys_appkey(&c->mesh->net.keys, c->msg.app_index) == NULL) {
        c->msg.status = USHER_STATUS_INVALID_APPKEY;
    } else {
        manage_unbind(model, c->msg.app_index);
    }
}

void config_app_get(struct config_call *c)
{
    const struct usher_model *model = model_of(c);

    for (unsigned i = 0; model != NULL && i < USHER_BINDINGS; i++) {
        if (model->bindings[i] != 0) {
            c->msg.list[c->msg.list_count++] = (uint16_t)(model->bindings[i] - 1u);
        }
    }
}
