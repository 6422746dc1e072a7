/*
 * What the Configuration Server and the local user do alike: keys, bindings and subscriptions of
 * the local node (Mesh Protocol 1.1, section 4.4.1.2), with all that hangs on them. Called by the
 * Configuration Server and the application. What changes nothing, as a message that came twice,
 * causes no write to storage.
 */
#include "model.h"
#include "secbeacon.h"

#include <string.h>

void manage_changed(struct usher_model *model)
{
    model->dirty = true;
    model->mesh->dirty |= USHER_DIRTY_MODELS;
    model->mesh->configured = true;
}

void manage_settings_changed(struct usher_mesh *m)
{
    m->dirty |= USHER_DIRTY_SETTINGS;
    m->configured = true;
}

/* The end of a call that changed keys, if @p changed: enum usher_mesh_dirty, bits. */
static enum usher_status keys_done(struct usher_mesh *m, enum usher_status status, unsigned changed)
{
    if (changed != 0) {
        m->dirty |= changed;
        m->configured = true;
    }
    if ((changed & USHER_DIRTY_SUBNETS) != 0) {
        secbeacon_hurry(&m->net, m->acts->now(m));
    }
    m->acts->alarm(m);
    return status;
}

/* -- NetKeys ----------------------------------------------------------------------------------- */

enum usher_status usher_netkey_add(struct usher_mesh *m, uint16_t net_index, const uint8_t key[16])
{
    bool known = keys_subnet(&m->net.keys, net_index) != NULL;
    enum usher_status status;

    if (!mesh_is_node(m)) {
        return USHER_STATUS_UNSPECIFIED;
    }
    status = keys_subnet_add(&m->net.keys, m->net.crypto, net_index, key);
    return keys_done(m, status, !known && status == USHER_STATUS_SUCCESS ? USHER_DIRTY_SUBNETS : 0);
}

static uint8_t phase_of(const struct usher_mesh *m, uint16_t net_index)
{
    const struct usher_subnet *s = keys_subnet(&m->net.keys, net_index);

    return s != NULL ? s->phase : 0;
}

enum usher_status usher_netkey_update(struct usher_mesh *m, uint16_t net_index,
                                      const uint8_t key[16])
{
    uint8_t phase = phase_of(m, net_index);
    enum usher_status status;

    if (!mesh_is_node(m)) {
        return USHER_STATUS_UNSPECIFIED;
    }
    status = keys_subnet_update(&m->net.keys, m->net.crypto, net_index, key);
    return keys_done(m, status, phase_of(m, net_index) != phase ? USHER_DIRTY_SUBNETS : 0);
}

enum usher_status usher_key_refresh(struct usher_mesh *m, uint16_t net_index, uint8_t transition)
{
    uint8_t phase = phase_of(m, net_index);
    enum usher_status status;

    if (!mesh_is_node(m)) {
        return USHER_STATUS_UNSPECIFIED;
    }
    status = keys_refresh(&m->net.keys, m->net.crypto, net_index, transition);
    return keys_done(
        m, status, phase_of(m, net_index) != phase ? USHER_DIRTY_SUBNETS | USHER_DIRTY_APPKEYS : 0);
}

/* Unbinds what is bound to AppKeys that are gone. */
static void unbind_orphans(struct usher_mesh *m)
{
    struct usher_model *model;

    for (unsigned n = 0; (model = access_each(m, n)) != NULL; n++) {
        for (unsigned i = 0; i < USHER_BINDINGS; i++) {
            uint16_t binding = model->bindings[i];

            if (binding != 0 && keys_appkey(&m->net.keys, binding - 1u) == NULL) {
                manage_unbind(model, (uint16_t)(binding - 1u));
            }
        }
    }
}

enum usher_status manage_netkey_delete(struct usher_mesh *m, uint16_t net_index)
{
    bool known = keys_subnet(&m->net.keys, net_index) != NULL;
    enum usher_status status = keys_subnet_delete(&m->net.keys, m->net.crypto, net_index);

    if (!known || status != USHER_STATUS_SUCCESS) {
        return status;
    }
    unbind_orphans(m);
    if (m->net.heartbeat.pub_dst != USHER_ADDR_UNASSIGNED &&
        m->net.heartbeat.pub_net_index == net_index) {
        manage_heartbeat_off(m);
    }
    return keys_done(m, status, USHER_DIRTY_SUBNETS | USHER_DIRTY_APPKEYS);
}

void manage_heartbeat_off(struct usher_mesh *m)
{
    struct usher_heartbeat *h = &m->net.heartbeat;

    h->pub_dst = USHER_ADDR_UNASSIGNED;
    h->pub_count = 0;
    h->pub_period_log = 0;
    h->pub_ttl = 0;
    h->pub_features = 0;
    h->pub_net_index = 0;
    h->pub_trigger = false;
    manage_settings_changed(m);
}

/* -- AppKeys ----------------------------------------------------------------------------------- */

enum usher_status usher_appkey_add(struct usher_mesh *m, uint16_t net_index, uint16_t app_index,
                                   const uint8_t key[16])
{
    bool known = keys_appkey(&m->net.keys, app_index) != NULL;
    enum usher_status status;

    if (!mesh_is_node(m)) {
        return USHER_STATUS_UNSPECIFIED;
    }
    status = keys_appkey_add(&m->net.keys, m->net.crypto, net_index, app_index, key);
    return keys_done(m, status, !known && status == USHER_STATUS_SUCCESS ? USHER_DIRTY_APPKEYS : 0);
}

enum usher_status usher_appkey_update(struct usher_mesh *m, uint16_t net_index, uint16_t app_index,
                                      const uint8_t key[16])
{
    const struct usher_appkey *a = keys_appkey(&m->net.keys, app_index);
    bool updated = a != NULL && a->updated;
    enum usher_status status;

    if (!mesh_is_node(m)) {
        return USHER_STATUS_UNSPECIFIED;
    }
    status = keys_appkey_update(&m->net.keys, m->net.crypto, net_index, app_index, key);
    return keys_done(m, status,
                     !updated && status == USHER_STATUS_SUCCESS ? USHER_DIRTY_APPKEYS : 0);
}

enum usher_status manage_appkey_delete(struct usher_mesh *m, uint16_t net_index, uint16_t app_index)
{
    bool known = keys_appkey(&m->net.keys, app_index) != NULL;
    enum usher_status status =
        keys_appkey_delete(&m->net.keys, m->net.crypto, net_index, app_index);

    if (!known || status != USHER_STATUS_SUCCESS) {
        return status;
    }
    unbind_orphans(m);
    return keys_done(m, status, USHER_DIRTY_APPKEYS);
}

/* -- bindings ---------------------------------------------------------------------------------- */

/* The place of a binding, or of none (0). @retval NULL  There is no such place. */
static uint16_t *binding_find(struct usher_model *model, uint16_t binding)
{
    for (unsigned i = 0; i < USHER_BINDINGS; i++) {
        if (model->bindings[i] == binding) {
            return &model->bindings[i];
        }
    }
    return NULL;
}

enum usher_status usher_model_bind(struct usher_model *model, uint16_t app_index)
{
    struct usher_mesh *m = model->mesh;
    uint16_t *place;

    if (m == NULL || !mesh_is_node(m)) {
        return USHER_STATUS_UNSPECIFIED;
    }
    if (keys_appkey(&m->net.keys, app_index) == NULL) {
        return USHER_STATUS_INVALID_APPKEY;
    }
    if ((model->flags & (USHER_MODEL_DEVICE_KEY | USHER_MODEL_REMOTE_KEY)) != 0) {
        return USHER_STATUS_CANNOT_BIND;
    }
    if (access_bound(model, app_index)) {
        return USHER_STATUS_SUCCESS;
    }
    place = binding_find(model, 0);
    if (place == NULL) {
        return USHER_STATUS_INSUFFICIENT_RESOURCES;
    }
    *place = (uint16_t)(app_index + 1u);
    manage_changed(model);
    m->acts->alarm(m);
    return USHER_STATUS_SUCCESS;
}

void manage_unbind(struct usher_model *model, uint16_t app_index)
{
    uint16_t *place = binding_find(model, (uint16_t)(app_index + 1u));

    if (place == NULL) {
        return;
    }
    *place = 0;
    if (model->publication.address != USHER_ADDR_UNASSIGNED &&
        model->publication.key == app_index) {
        memset(&model->publication, 0, sizeof(model->publication));
        publish_changed(model);
    }
    manage_changed(model);
}

/* -- subscriptions ----------------------------------------------------------------------------- */

/* @param label  Counts if the address is virtual. @retval NULL  Not subscribed to. */
static struct usher_subscription *subscription_find(struct usher_model *model, uint16_t address,
                                                    const uint8_t *label)
{
    for (unsigned i = 0; i < USHER_SUBSCRIPTIONS; i++) {
        struct usher_subscription *s = &model->subscriptions[i];

        if (s->address == address &&
            (!usher_is_virtual(address) || memcmp(s->label, label, sizeof(s->label)) == 0)) {
            return s;
        }
    }
    return NULL;
}

enum usher_status manage_subscribe(struct usher_model *model, uint16_t address,
                                   const uint8_t *label)
{
    struct usher_subscription *s;

    if ((model->flags & USHER_MODEL_NO_SUBSCRIBE) != 0) {
        return USHER_STATUS_NOT_SUBSCRIBE;
    }
    if (subscription_find(model, address, label) != NULL) {
        return USHER_STATUS_SUCCESS;
    }
    s = subscription_find(model, USHER_ADDR_UNASSIGNED, label);
    if (s == NULL) {
        return USHER_STATUS_INSUFFICIENT_RESOURCES;
    }
    s->address = address;
    if (usher_is_virtual(address)) {
        memcpy(s->label, label, sizeof(s->label));
    }
    manage_changed(model);
    return USHER_STATUS_SUCCESS;
}

void manage_unsubscribe(struct usher_model *model, uint16_t address, const uint8_t *label)
{
    struct usher_subscription *s = subscription_find(model, address, label);

    if (s != NULL) {
        memset(s, 0, sizeof(*s));
        manage_changed(model);
    }
}

void manage_unsubscribe_all(struct usher_model *model)
{
    memset(model->subscriptions, 0, sizeof(model->subscriptions));
    manage_changed(model);
}

enum usher_status usher_model_subscribe(struct usher_model *model, uint16_t group)
{
    struct usher_mesh *m = model->mesh;
    enum usher_status status;

    if (m == NULL || !mesh_is_node(m)) {
        return USHER_STATUS_UNSPECIFIED;
    }
    if (!usher_is_group(group) || group == USHER_ADDR_ALL_NODES) {
        return USHER_STATUS_INVALID_ADDRESS;
    }
    status = manage_subscribe(model, group, NULL);
    m->acts->alarm(m);
    return status;
}
