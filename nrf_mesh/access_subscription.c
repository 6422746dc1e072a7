/*
 * Subscription lists (access_config.h). The core has one for each model; the SDK lets models share
 * one, which belongs to the model that it was made for: those that share it are kept alike. Called
 * by the application, and by dsm_follow() for what a configuration client has set.
 */
#include "access_config.h"
#include "access_parts.h"

#include <string.h>

/* Each model that has the list of @p owner, in turn; NULL: no more. */
static struct access_model *member(access_model_handle_t owner, unsigned n)
{
    for (unsigned i = 0; i < ACCESS_MODEL_COUNT; i++) {
        struct access_model *a = access_at((access_model_handle_t)i);

        if (a != NULL && a->list == (int)owner && n-- == 0) {
            return a;
        }
    }
    return NULL;
}

/* Whose list a model has. */
static struct access_model *owner_of(const struct access_model *a)
{
    return a->list != ACCESS_NO_LIST ? access_at((access_model_handle_t)a->list) : NULL;
}

/* -- the lists --------------------------------------------------------------------------------- */

static unsigned list_count(void)
{
    unsigned count = 0;

    for (unsigned i = 0; i < ACCESS_MODEL_COUNT; i++) {
        const struct access_model *a = access_at((access_model_handle_t)i);

        count += a != NULL && a->list == (int)i;
    }
    return count;
}

uint32_t access_model_subscription_list_alloc(access_model_handle_t handle)
{
    struct access_model *a = access_at(handle);

    if (a == NULL) {
        return NRF_ERROR_NOT_FOUND;
    }
    if (a->list != ACCESS_NO_LIST) {
        return NRF_SUCCESS;
    }
    if (dsm_is_node()) {
        return NRF_ERROR_FORBIDDEN;
    }
    if (list_count() + 1 > ACCESS_SUBSCRIPTION_LIST_COUNT) {
        return NRF_ERROR_NO_MEM;
    }
    a->list = (int)handle;
    a->model->flags &= (uint8_t)~USHER_MODEL_NO_SUBSCRIBE;
    return NRF_SUCCESS;
}

static void list_leave(struct access_model *a)
{
    a->list = ACCESS_NO_LIST;
    a->model->flags |= USHER_MODEL_NO_SUBSCRIBE;
    memset(a->model->subscriptions, 0, sizeof(a->model->subscriptions));
}

uint32_t access_model_subscription_list_dealloc(access_model_handle_t handle)
{
    struct access_model *a = access_at(handle);
    struct access_model *m;

    if (a == NULL) {
        return NRF_ERROR_NOT_FOUND;
    }
    if (a->list != (int)handle) {
        return NRF_ERROR_INVALID_STATE;
    }
    if (dsm_is_node()) {
        return NRF_ERROR_FORBIDDEN;
    }
    while ((m = member(handle, 0)) != NULL) {
        list_leave(m);
    }
    memset(a->subscribed, 0, sizeof(a->subscribed));
    return NRF_SUCCESS;
}

uint32_t access_model_subscription_lists_share(access_model_handle_t owner,
                                               access_model_handle_t other)
{
    struct access_model *a = access_at(owner), *b = access_at(other);

    if (a == NULL || b == NULL) {
        return NRF_ERROR_NOT_FOUND;
    }
    if (a->list == ACCESS_NO_LIST || b->list != ACCESS_NO_LIST) {
        return NRF_ERROR_INVALID_STATE;
    }
    if (dsm_is_node()) {
        return NRF_ERROR_FORBIDDEN;
    }
    b->list = a->list;
    b->model->flags &= (uint8_t)~USHER_MODEL_NO_SUBSCRIBE;
    memcpy(b->model->subscriptions, a->model->subscriptions, sizeof(b->model->subscriptions));
    return NRF_SUCCESS;
}

/* -- adding and removing ----------------------------------------------------------------------- */

static void unsubscribe_members(access_model_handle_t owner, dsm_handle_t handle)
{
    const struct dsm_address *address = dsm_address_at(handle);
    struct access_model *m;

    for (unsigned n = 0; address != NULL && (m = member(owner, n)) != NULL; n++) {
        manage_unsubscribe(m->model, address->address, dsm_address_label(handle));
    }
}

static uint32_t subscribe_members(access_model_handle_t owner, dsm_handle_t handle)
{
    const struct dsm_address *address = dsm_address_at(handle);
    enum usher_status status = USHER_STATUS_SUCCESS;
    struct access_model *m;

    for (unsigned n = 0; (m = member(owner, n)) != NULL && status == USHER_STATUS_SUCCESS; n++) {
        status = manage_subscribe(m->model, address->address, dsm_address_label(handle));
    }
    if (status != USHER_STATUS_SUCCESS) {
        unsubscribe_members(owner, handle);
    }
    return dsm_code_of(status);
}

/* @retval others  Of access_model_subscription_add(). */
static uint32_t check(access_model_handle_t handle, dsm_handle_t address_handle,
                      struct access_model **p_owner)
{
    const struct access_model *a = access_at(handle);
    const struct dsm_address *address = dsm_address_at(address_handle);

    if (a == NULL) {
        return NRF_ERROR_NOT_FOUND;
    }
    *p_owner = owner_of(a);
    if (*p_owner == NULL) {
        return NRF_ERROR_NOT_SUPPORTED;
    }
    if (address == NULL || usher_is_unicast(address->address)) {
        return NRF_ERROR_INVALID_PARAM;
    }
    return a->model->mesh != NULL ? NRF_SUCCESS : NRF_ERROR_INVALID_STATE;
}

uint32_t access_model_subscription_add(access_model_handle_t handle, dsm_handle_t address_handle)
{
    struct access_model *owner = NULL;
    uint32_t err = check(handle, address_handle, &owner);

    if (err != NRF_SUCCESS || bitfield_get(owner->subscribed, address_handle)) {
        return err;
    }
    err = subscribe_members(access_handle(owner), address_handle);
    if (err == NRF_SUCCESS) {
        bitfield_set(owner->subscribed, address_handle);
        layer_stack()->mesh.acts->alarm(&layer_stack()->mesh);
    }
    return err;
}

uint32_t access_model_subscription_remove(access_model_handle_t handle, dsm_handle_t address_handle)
{
    struct access_model *owner = NULL;
    uint32_t err = check(handle, address_handle, &owner);

    if (err == NRF_SUCCESS && bitfield_get(owner->subscribed, address_handle)) {
        bitfield_clear(owner->subscribed, address_handle);
        unsubscribe_members(access_handle(owner), address_handle);
        layer_stack()->mesh.acts->alarm(&layer_stack()->mesh);
    }
    return err;
}

uint32_t access_model_subscriptions_get(access_model_handle_t handle,
                                        dsm_handle_t *p_address_handles, uint16_t *p_count)
{
    const struct access_model *a = access_at(handle);
    const struct access_model *owner;
    uint16_t count = 0;

    if (p_address_handles == NULL || p_count == NULL) {
        return NRF_ERROR_NULL;
    }
    if (a == NULL) {
        return NRF_ERROR_NOT_FOUND;
    }
    owner = owner_of(a);
    if (owner == NULL) {
        return NRF_ERROR_NOT_SUPPORTED;
    }
    for (dsm_handle_t h = 0; h < DSM_ADDR_MAX; h++) {
        if (!bitfield_get(owner->subscribed, h)) {
            continue;
        }
        if (count == *p_count) {
            return NRF_ERROR_INVALID_LENGTH;
        }
        p_address_handles[count++] = h;
    }
    *p_count = count;
    return NRF_SUCCESS;
}

/* -- following --------------------------------------------------------------------------------- */

static bool is_subscribed(const struct usher_model *model, dsm_handle_t handle)
{
    const struct dsm_address *address = dsm_address_at(handle);
    const uint8_t *label = dsm_address_label(handle);

    for (unsigned i = 0; address != NULL && i < USHER_SUBSCRIPTIONS; i++) {
        const struct usher_subscription *s = &model->subscriptions[i];

        if (s->address == address->address &&
            (label == NULL || memcmp(s->label, label, sizeof(s->label)) == 0)) {
            return true;
        }
    }
    return false;
}

/* Puts what one of the models has subscribed to into the list. */
static void take_new(struct access_model *owner, const struct usher_model *model)
{
    for (unsigned i = 0; i < USHER_SUBSCRIPTIONS; i++) {
        const struct usher_subscription *s = &model->subscriptions[i];
        const uint8_t *label = usher_is_virtual(s->address) ? s->label : NULL;
        dsm_handle_t h = dsm_address_find(s->address, label);

        if (s->address != USHER_ADDR_UNASSIGNED &&
            (h == DSM_HANDLE_INVALID || !bitfield_get(owner->subscribed, h)) &&
            dsm_address_take(s->address, label, DSM_SUBSCRIBE, &h) == NRF_SUCCESS) {
            bitfield_set(owner->subscribed, h);
        }
    }
}

/* Whether a model has subscribed no longer to what is in the list. */
static bool is_left(access_model_handle_t owner, dsm_handle_t handle)
{
    const struct access_model *m;

    for (unsigned n = 0; (m = member(owner, n)) != NULL; n++) {
        if (!is_subscribed(m->model, handle)) {
            return true;
        }
    }
    return false;
}

static void list_follow(access_model_handle_t handle)
{
    struct access_model *owner = access_at(handle);
    uint32_t before[BITFIELD_BLOCK_COUNT(AT_LEAST_1(DSM_ADDR_MAX))];
    const struct access_model *m;

    memcpy(before, owner->subscribed, sizeof(before));
    for (unsigned n = 0; (m = member(handle, n)) != NULL; n++) {
        take_new(owner, m->model);
    }
    for (dsm_handle_t h = 0; h < DSM_ADDR_MAX; h++) {
        if (!bitfield_get(owner->subscribed, h) || !is_left(handle, h)) {
            continue;
        }
        if (!bitfield_get(before, h)) {
            (void)subscribe_members(handle, h); /* one has, and so will all */
        } else {
            unsubscribe_members(handle, h);
            bitfield_clear(owner->subscribed, h);
            (void)dsm_address_release(h, DSM_SUBSCRIBE);
        }
    }
}

void access_subscriptions_follow(void)
{
    for (unsigned i = 0; i < ACCESS_MODEL_COUNT; i++) {
        const struct access_model *a = access_at((access_model_handle_t)i);

        if (a != NULL && a->list == (int)i) {
            list_follow((access_model_handle_t)i);
        }
    }
}
