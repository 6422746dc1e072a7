/*
 * A model's keys and publication (access_config.h). They are the core's, in struct usher_model; but
 * the SDK lets a model be told of handles that name nothing yet, and publish with a device key.
 * Both stand aside here: the core publishes nothing, and when there is what was waited for,
 * dsm_follow() hands it over. Called by the application, and by dsm_follow() for what a
 * configuration client has set.
 */
#include "access_config.h"
#include "access_parts.h"

#include <string.h>

#define TTL_MAX 127u
#define RETRANSMIT_COUNT 0x07u /* count:3 steps:5 */
#define PERIOD_STEPS 0x3Fu     /* steps:6 resolution:2 */
#define DIVISOR_LOG_MAX 15u

static void changed(struct usher_model *model)
{
    if (model->mesh != NULL) {
        manage_changed(model);
        model->mesh->acts->alarm(model->mesh);
    }
}

/* Timers of publications start anew. */
static void publication_changed(struct usher_model *model)
{
    if (model->mesh != NULL) {
        publish_changed(model);
    }
    changed(model);
}

/* What every getter checks: that there is a place for the answer, and such a model. */
static uint32_t readable(const void *place, const struct access_model *a)
{
    if (place == NULL) {
        return NRF_ERROR_NULL;
    }
    return a == NULL ? NRF_ERROR_NOT_FOUND : NRF_SUCCESS;
}

/* -- loading, and the Default TTL -------------------------------------------------------------- */

uint32_t access_load_config_apply(void)
{
    return dsm_load_config_apply();
}

uint32_t access_default_ttl_set(uint8_t ttl)
{
    struct nrf_mesh_stack *s = layer_stack();

    if (ttl == 1 || ttl > TTL_MAX) {
        return NRF_ERROR_INVALID_PARAM;
    }
    s->access.default_ttl = ttl;
    if (s->access.composed) {
        s->mesh.net.default_ttl = ttl;
        manage_settings_changed(&s->mesh);
        s->mesh.acts->alarm(&s->mesh);
    }
    return NRF_SUCCESS;
}

uint8_t access_default_ttl_get(void)
{
    const struct nrf_mesh_stack *s = layer_stack();

    return s->access.composed ? s->mesh.net.default_ttl : s->access.default_ttl;
}

/* -- publication: address and key -------------------------------------------------------------- */

/* Hands address and key over to the core, if it can publish with them. */
static void publication_push(struct access_model *a)
{
    struct usher_publication *p = &a->model->publication;
    const struct dsm_address *address = dsm_address_at(a->publish_address);
    const struct usher_appkey *key = dsm_appkey_at(a->publish_key);
    const uint8_t *label = dsm_address_label(a->publish_address);
    bool had = p->address != USHER_ADDR_UNASSIGNED;

    a->publish_aside =
        (address == NULL || key == NULL) &&
        (a->publish_address != DSM_HANDLE_INVALID || a->publish_key != DSM_HANDLE_INVALID);
    p->address = USHER_ADDR_UNASSIGNED;
    p->key = 0;
    memset(p->label, 0, sizeof(p->label));
    if (address != NULL && key != NULL) {
        p->address = address->address;
        p->key = key->index;
        if (label != NULL) {
            memcpy(p->label, label, sizeof(p->label));
        }
    }
    if (had || p->address != USHER_ADDR_UNASSIGNED) {
        publication_changed(a->model);
    }
    access_store(a);
}

static bool is_publish_address(const struct access_model *a)
{
    const struct usher_publication *p = &a->model->publication;
    const struct dsm_address *address = dsm_address_at(a->publish_address);

    return address != NULL && address->address == p->address &&
           (!usher_is_virtual(p->address) ||
            memcmp(dsm_address_label(a->publish_address), p->label, sizeof(p->label)) == 0);
}

void access_publication_follow(struct access_model *a)
{
    const struct usher_publication *p = &a->model->publication;
    bool is_set = p->address != USHER_ADDR_UNASSIGNED;

    if (a->publish_aside && !is_set) {
        if (dsm_address_at(a->publish_address) != NULL && dsm_appkey_at(a->publish_key) != NULL) {
            publication_push(a);
        }
        return;
    }
    a->publish_aside = false;
    a->publish_key = is_set ? dsm_appkey_index_to_appkey_handle(p->key) : DSM_HANDLE_INVALID;
    if (!is_publish_address(a)) {
        dsm_handle_t before = a->publish_address;

        a->publish_address = DSM_HANDLE_INVALID;
        if (is_set) {
            (void)dsm_address_take(p->address, usher_is_virtual(p->address) ? p->label : NULL,
                                   DSM_PUBLISH, &a->publish_address);
        }
        (void)dsm_address_release(before, DSM_PUBLISH);
    }
}

bool access_publication(const struct access_model *a, struct usher_target *p_target)
{
    const struct usher_publication *p = &a->model->publication;
    const struct dsm_address *address = dsm_address_at(a->publish_address);
    const struct dsm_devkey *devkey = dsm_devkey_at(a->publish_key);
    const struct usher_appkey *appkey = keys_appkey(&layer_stack()->mesh.net.keys, p->key);

    if (!dsm_is_node()) {
        return false;
    }
    *p_target = (struct usher_target){ .ttl = p->ttl };
    if (p->address != USHER_ADDR_UNASSIGNED && appkey != NULL) {
        p_target->dst = p->address;
        p_target->label = p->label;
        p_target->key = p->key;
        p_target->net_index = appkey->net_index;
        return true;
    }
    if (!a->publish_aside || address == NULL || devkey == NULL) {
        return false;
    }
    p_target->dst = address->address;
    p_target->net_index = devkey->net_index;
    p_target->key = devkey->owner == layer_stack()->mesh.net.address ? USHER_KEY_DEVICE
                                                                     : USHER_KEY_REMOTE_DEVICE;
    return p_target->key == USHER_KEY_DEVICE || devkey->owner == address->address;
}

uint32_t access_model_publish_address_set(access_model_handle_t handle, dsm_handle_t address_handle)
{
    struct access_model *a = access_at(handle);

    if (a == NULL) {
        return NRF_ERROR_NOT_FOUND;
    }
    if (address_handle >= DSM_ADDR_MAX) {
        return NRF_ERROR_INVALID_PARAM;
    }
    a->publish_address = address_handle;
    publication_push(a);
    return NRF_SUCCESS;
}

uint32_t access_model_publish_address_get(access_model_handle_t handle,
                                          dsm_handle_t *p_address_handle)
{
    const struct access_model *a = access_at(handle);
    uint32_t err = readable(p_address_handle, a);

    if (err == NRF_SUCCESS) {
        *p_address_handle = a->publish_address;
    }
    return err;
}

uint32_t access_model_publish_application_set(access_model_handle_t handle,
                                              dsm_handle_t appkey_handle)
{
    struct access_model *a = access_at(handle);

    if (a == NULL) {
        return NRF_ERROR_NOT_FOUND;
    }
    if (appkey_handle >= DSM_KEY_HANDLES) {
        return NRF_ERROR_INVALID_PARAM;
    }
    a->publish_key = appkey_handle;
    publication_push(a);
    return NRF_SUCCESS;
}

uint32_t access_model_publish_application_get(access_model_handle_t handle,
                                              dsm_handle_t *p_appkey_handle)
{
    const struct access_model *a = access_at(handle);
    uint32_t err = readable(p_appkey_handle, a);

    if (err == NRF_SUCCESS) {
        *p_appkey_handle = a->publish_key;
    }
    return err;
}

static void publication_stop(struct access_model *a)
{
    a->publish_address = DSM_HANDLE_INVALID;
    a->publish_key = DSM_HANDLE_INVALID;
    a->model->publication.ttl = 0;
    a->model->publication.period = 0;
    publication_push(a);
}

uint32_t access_model_publication_stop(access_model_handle_t handle)
{
    struct access_model *a = access_at(handle);

    if (a == NULL) {
        return NRF_ERROR_NOT_FOUND;
    }
    publication_stop(a);
    return NRF_SUCCESS;
}

uint32_t access_model_publication_by_appkey_stop(dsm_handle_t appkey_handle)
{
    if (appkey_handle >= DSM_KEY_HANDLES) {
        return NRF_ERROR_INVALID_PARAM;
    }
    for (unsigned i = 0; i < ACCESS_MODEL_COUNT; i++) {
        struct access_model *a = access_at((access_model_handle_t)i);

        if (a != NULL && a->publish_key == appkey_handle) {
            publication_stop(a);
        }
    }
    return NRF_SUCCESS;
}

/* -- publication: the rest --------------------------------------------------------------------- */

uint32_t access_model_publish_retransmit_set(access_model_handle_t handle,
                                             access_publish_retransmit_t retransmit_params)
{
    struct usher_model *model = access_model_of(handle);

    if (model == NULL) {
        return NRF_ERROR_NOT_FOUND;
    }
    model->publication.retransmit =
        (uint8_t)(retransmit_params.count | retransmit_params.interval_steps << 3);
    changed(model);
    return NRF_SUCCESS;
}

uint32_t access_model_publish_retransmit_get(access_model_handle_t handle,
                                             access_publish_retransmit_t *p_retransmit_params)
{
    const struct access_model *a = access_at(handle);
    uint32_t err = readable(p_retransmit_params, a);

    if (err == NRF_SUCCESS) {
        p_retransmit_params->count = a->model->publication.retransmit & RETRANSMIT_COUNT;
        p_retransmit_params->interval_steps =
            (uint8_t)(a->model->publication.retransmit >> 3) & 0x1Fu;
    }
    return err;
}

uint32_t access_model_publish_period_set(access_model_handle_t handle,
                                         access_publish_resolution_t resolution,
                                         uint8_t step_number)
{
    struct usher_model *model = access_model_of(handle);

    if (model == NULL) {
        return NRF_ERROR_NOT_FOUND;
    }
    if (model->publish == NULL) {
        return NRF_ERROR_NOT_SUPPORTED;
    }
    if (resolution > ACCESS_PUBLISH_RESOLUTION_MAX ||
        step_number > ACCESS_PUBLISH_PERIOD_STEP_MAX) {
        return NRF_ERROR_INVALID_PARAM;
    }
    model->publication.period = (uint8_t)(step_number | (unsigned)resolution << 6);
    publication_changed(model);
    return NRF_SUCCESS;
}

uint32_t access_model_publish_period_get(access_model_handle_t handle,
                                         access_publish_resolution_t *p_resolution,
                                         uint8_t *p_step_number)
{
    const struct access_model *a = access_at(handle);
    uint32_t err = p_resolution == NULL ? NRF_ERROR_NULL : readable(p_step_number, a);

    if (err == NRF_SUCCESS) {
        *p_resolution = (access_publish_resolution_t)(a->model->publication.period >> 6);
        *p_step_number = a->model->publication.period & PERIOD_STEPS;
    }
    return err;
}

uint32_t access_model_publish_period_divisor_set(access_model_handle_t handle,
                                                 uint16_t publish_period_divisor)
{
    struct usher_model *model = access_model_of(handle);
    uint8_t log = 0;

    if (model == NULL) {
        return NRF_ERROR_NOT_FOUND;
    }
    if (model->publish == NULL) {
        return NRF_ERROR_NOT_SUPPORTED;
    }
    if (publish_period_divisor == 0) {
        return NRF_ERROR_INVALID_PARAM;
    }
    while (log < DIVISOR_LOG_MAX && publish_period_divisor >> (log + 1) != 0) {
        log++;
    }
    model->period_divisor = log;
    model->period_fast = log != 0;
    publication_changed(model);
    return NRF_SUCCESS;
}

uint32_t access_model_publish_friendship_credential_flag_set(access_model_handle_t handle,
                                                             bool credential_flag)
{
    if (access_at(handle) == NULL) {
        return NRF_ERROR_NOT_FOUND;
    }
    return credential_flag ? NRF_ERROR_NOT_SUPPORTED : NRF_SUCCESS;
}

uint32_t access_model_publish_friendship_credential_flag_get(access_model_handle_t handle,
                                                             bool *p_credential_flag)
{
    const struct access_model *a = access_at(handle);
    uint32_t err = readable(p_credential_flag, a);

    if (err == NRF_SUCCESS) {
        *p_credential_flag = a->model->publication.credentials != 0;
    }
    return err;
}

uint32_t access_model_publish_ttl_set(access_model_handle_t handle, uint8_t ttl)
{
    struct usher_model *model = access_model_of(handle);

    if (model == NULL) {
        return NRF_ERROR_NOT_FOUND;
    }
    if (ttl > TTL_MAX && ttl != ACCESS_TTL_USE_DEFAULT) {
        return NRF_ERROR_INVALID_PARAM;
    }
    model->publication.ttl = ttl;
    changed(model);
    return NRF_SUCCESS;
}

uint32_t access_model_publish_ttl_get(access_model_handle_t handle, uint8_t *p_ttl)
{
    const struct access_model *a = access_at(handle);
    uint32_t err = readable(p_ttl, a);

    if (err == NRF_SUCCESS) {
        *p_ttl = a->model->publication.ttl;
    }
    return err;
}

/* -- keys -------------------------------------------------------------------------------------- */

bool access_devkey_bound(const struct access_model *a, dsm_handle_t handle)
{
    return handle < DSM_KEY_HANDLES && bitfield_get(a->devkeys, handle);
}

/* What device keys the core lets through to a model of ours. */
static void devkeys_changed(struct access_model *a)
{
    unsigned flags = a->own.flags & ~(USHER_MODEL_DEVICE_KEY | USHER_MODEL_REMOTE_KEY);

    for (dsm_handle_t h = DSM_APP_MAX; h < DSM_KEY_HANDLES; h++) {
        const struct dsm_devkey *d = dsm_devkey_at(h);

        if (d != NULL && bitfield_get(a->devkeys, h)) {
            flags |= d->owner == layer_stack()->mesh.net.address ? USHER_MODEL_DEVICE_KEY
                                                                 : USHER_MODEL_REMOTE_KEY;
        }
    }
    if (a->model == &a->own) {
        a->own.flags = (uint8_t)flags;
    }
}

/* A model of ours takes device keys beside application keys, others either. */
static uint32_t bind_now(struct access_model *a, const struct usher_appkey *key)
{
    uint8_t flags = a->model->flags;
    enum usher_status status;

    if (a->model == &a->own) {
        a->own.flags &= (uint8_t) ~(USHER_MODEL_DEVICE_KEY | USHER_MODEL_REMOTE_KEY);
    }
    status = usher_model_bind(a->model, key->index);
    a->model->flags = flags;
    return dsm_code_of(status);
}

void access_bindings_follow(struct access_model *a)
{
    for (dsm_handle_t h = 0; h < DSM_APP_MAX; h++) {
        const struct usher_appkey *key = dsm_appkey_at(h);

        if (key != NULL && bitfield_get(a->awaited, h)) {
            bitfield_clear(a->awaited, h);
            (void)bind_now(a, key);
        }
    }
    devkeys_changed(a);
}

uint32_t access_model_application_bind(access_model_handle_t handle, dsm_handle_t appkey_handle)
{
    struct access_model *a = access_at(handle);
    const struct usher_appkey *key = dsm_appkey_at(appkey_handle);

    if (a == NULL) {
        return NRF_ERROR_NOT_FOUND;
    }
    if (appkey_handle >= DSM_KEY_HANDLES) {
        return NRF_ERROR_INVALID_PARAM;
    }
    if (appkey_handle >= DSM_APP_MAX) {
        bitfield_set(a->devkeys, appkey_handle);
        devkeys_changed(a);
        access_store(a);
        return NRF_SUCCESS;
    }
    if (key != NULL && dsm_is_node()) {
        return bind_now(a, key);
    }
    bitfield_set(a->awaited, appkey_handle);
    access_store(a);
    return NRF_SUCCESS;
}

uint32_t access_model_application_unbind(access_model_handle_t handle, dsm_handle_t appkey_handle)
{
    struct access_model *a = access_at(handle);
    const struct usher_appkey *key = dsm_appkey_at(appkey_handle);

    if (a == NULL) {
        return NRF_ERROR_NOT_FOUND;
    }
    if (appkey_handle >= DSM_KEY_HANDLES) {
        return NRF_ERROR_INVALID_PARAM;
    }
    if (appkey_handle >= DSM_APP_MAX) {
        bitfield_clear(a->devkeys, appkey_handle);
        devkeys_changed(a);
        access_store(a);
        return NRF_SUCCESS;
    }
    bitfield_clear(a->awaited, appkey_handle);
    access_store(a);
    if (key != NULL && a->model->mesh != NULL) {
        manage_unbind(a->model, key->index);
        dsm_follow(); /* it may have published with it */
    }
    return NRF_SUCCESS;
}

static bool is_key_of(const struct access_model *a, dsm_handle_t handle)
{
    const struct usher_appkey *key = dsm_appkey_at(handle);

    return bitfield_get(a->awaited, handle) || bitfield_get(a->devkeys, handle) ||
           (key != NULL && access_bound(a->model, key->index));
}

uint32_t access_model_applications_get(access_model_handle_t handle, dsm_handle_t *p_appkey_handles,
                                       uint16_t *p_count)
{
    const struct access_model *a = access_at(handle);
    uint16_t count = 0;

    if (p_appkey_handles == NULL || p_count == NULL) {
        return NRF_ERROR_NULL;
    }
    if (a == NULL) {
        return NRF_ERROR_NOT_FOUND;
    }
    for (dsm_handle_t h = 0; h < DSM_KEY_HANDLES; h++) {
        if (!is_key_of(a, h)) {
            continue;
        }
        if (count == *p_count) {
            return NRF_ERROR_INVALID_LENGTH;
        }
        p_appkey_handles[count++] = h;
    }
    *p_count = count;
    return NRF_SUCCESS;
}

/* -- all of it --------------------------------------------------------------------------------- */

void access_follow(void)
{
    for (unsigned i = 0; i < ACCESS_MODEL_COUNT; i++) {
        struct access_model *a = access_at((access_model_handle_t)i);

        if (a != NULL) {
            access_bindings_follow(a);
            access_publication_follow(a);
        }
    }
    access_subscriptions_follow();
}

static void model_forgotten(struct access_model *a)
{
    memset(a->devkeys, 0, sizeof(a->devkeys));
    memset(a->awaited, 0, sizeof(a->awaited));
    memset(a->subscribed, 0, sizeof(a->subscribed));
    a->publish_address = DSM_HANDLE_INVALID;
    a->publish_key = DSM_HANDLE_INVALID;
    a->publish_aside = false;
    devkeys_changed(a);
}

void access_forgotten(void)
{
    struct nrf_mesh_stack *s = layer_stack();

    for (unsigned i = 0; i < ACCESS_MODEL_COUNT; i++) {
        struct access_model *a = access_at((access_model_handle_t)i);

        if (a != NULL) {
            model_forgotten(a);
            access_store(a);
        }
    }
    s->access.default_ttl = ACCESS_DEFAULT_TTL;
    s->mesh.net.default_ttl = ACCESS_DEFAULT_TTL;
    access_reliable_cancel_all();
    config_client_pending_msg_cancel();
}

/* The core's part of a model's configuration. */
static void model_clear(struct usher_model *model)
{
    memset(&model->publication, 0, sizeof(model->publication));
    memset(model->bindings, 0, sizeof(model->bindings));
    memset(model->subscriptions, 0, sizeof(model->subscriptions));
    model->period_divisor = 0;
    model->period_fast = false;
    publication_changed(model);
}

void access_clear(void)
{
    for (unsigned i = 0; i < ACCESS_MODEL_COUNT; i++) {
        struct usher_model *model = access_model_of((access_model_handle_t)i);

        if (model != NULL) {
            model_clear(model);
        }
    }
    if (layer_stack()->access.composed) {
        manage_settings_changed(&layer_stack()->mesh);
    }
    access_forgotten();
}
