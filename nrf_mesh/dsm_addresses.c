/*
 * Addresses with handles (device_state_manager.h): those that models publish to or receive on, and
 * those that the application wants to. Each counts its references, and is there as long as it has
 * one. Called by the application, and by the access layer for what a configuration client has set.
 */
#include "dsm_parts.h"

#include "nrf_mesh_utils.h"

#include <string.h>

/* -- the list ---------------------------------------------------------------------------------- */

struct dsm_address *dsm_address_at(dsm_handle_t handle)
{
    struct dsm_address *a;

    if (handle >= DSM_ADDR_MAX) {
        return NULL;
    }
    a = &layer_stack()->dsm.addresses[handle];
    return a->address != USHER_ADDR_UNASSIGNED ? a : NULL;
}

/* NULL: not a place for a virtual address. */
static uint8_t *label_at(dsm_handle_t handle)
{
    return handle >= DSM_NONVIRTUAL_ADDR_MAX && handle < DSM_ADDR_MAX
               ? layer_stack()->dsm.labels[handle - DSM_NONVIRTUAL_ADDR_MAX]
               : NULL;
}

const uint8_t *dsm_address_label(dsm_handle_t handle)
{
    return label_at(handle);
}

static bool is_label(dsm_handle_t handle, const uint8_t *label)
{
    const uint8_t *own = dsm_address_label(handle);

    return own != NULL && memcmp(own, label, USHER_LABEL_SIZE) == 0;
}

/* Address 0: a free place, for a virtual address if there is a label. */
static dsm_handle_t find(uint16_t address, const uint8_t *label)
{
    const struct dsm_state *d = &layer_stack()->dsm;
    unsigned from = label != NULL ? DSM_NONVIRTUAL_ADDR_MAX : 0;
    unsigned to = label != NULL ? DSM_ADDR_MAX : DSM_NONVIRTUAL_ADDR_MAX;

    for (unsigned i = from; i < to; i++) {
        if (d->addresses[i].address == address &&
            (address == USHER_ADDR_UNASSIGNED || label == NULL ||
             is_label((dsm_handle_t)i, label))) {
            return (dsm_handle_t)i;
        }
    }
    return DSM_HANDLE_INVALID;
}

dsm_handle_t dsm_address_find(uint16_t address, const uint8_t *label)
{
    return address != USHER_ADDR_UNASSIGNED ? find(address, label) : DSM_HANDLE_INVALID;
}

static uint16_t *count_of(struct dsm_address *a, enum dsm_use use)
{
    return use == DSM_PUBLISH ? &a->published : &a->subscribed;
}

static void free_if_unused(struct dsm_address *a)
{
    if (a->published == 0 && a->subscribed == 0) {
        a->address = USHER_ADDR_UNASSIGNED;
    }
}

static uint32_t refer(dsm_handle_t handle, enum dsm_use use)
{
    struct dsm_address *a = &layer_stack()->dsm.addresses[handle];
    uint16_t *count = count_of(a, use);

    if (*count == UINT16_MAX) {
        return NRF_ERROR_NO_MEM;
    }
    (*count)++;
    if (dsm_store_address(handle) != NRF_SUCCESS) {
        (*count)--;
        free_if_unused(a);
        return NRF_ERROR_NO_MEM;
    }
    return NRF_SUCCESS;
}

uint32_t dsm_address_take(uint16_t address, const uint8_t *label, enum dsm_use use,
                          dsm_handle_t *p_handle)
{
    dsm_handle_t handle = dsm_address_find(address, label);
    uint32_t err;

    if (handle == DSM_HANDLE_INVALID) {
        handle = find(USHER_ADDR_UNASSIGNED, label);
        if (handle == DSM_HANDLE_INVALID) {
            return NRF_ERROR_NO_MEM;
        }
        layer_stack()->dsm.addresses[handle].address = address;
        if (label != NULL && label_at(handle) != NULL) {
            memcpy(label_at(handle), label, USHER_LABEL_SIZE);
        }
    }
    err = refer(handle, use);
    if (err == NRF_SUCCESS) {
        *p_handle = handle;
    }
    return err;
}

uint32_t dsm_address_release(dsm_handle_t handle, enum dsm_use use)
{
    struct dsm_address *a = dsm_address_at(handle);

    if (a == NULL || *count_of(a, use) == 0) {
        return NRF_ERROR_NOT_FOUND;
    }
    (*count_of(a, use))--;
    free_if_unused(a);
    (void)dsm_store_address(handle); /* tried again with the next, if it fails */
    return NRF_SUCCESS;
}

void dsm_addresses_loaded(void)
{
    for (unsigned i = 0; i < DSM_ADDR_MAX; i++) {
        struct dsm_address *a = &layer_stack()->dsm.addresses[i];

        if (a->published == 0 && a->stored_published) {
            a->published = 1;
        }
        if (a->subscribed == 0 && a->stored_subscribed) {
            a->subscribed = 1;
        }
    }
}

bool dsm_listens(void *user, unsigned n, uint16_t *address, const uint8_t **label)
{
    const struct dsm_state *d = &((const struct nrf_mesh_stack *)user)->dsm;

    for (unsigned i = 0; i < DSM_ADDR_MAX; i++) {
        const struct dsm_address *a = &d->addresses[i];

        if (a->address != USHER_ADDR_UNASSIGNED && a->subscribed != 0 && n-- == 0) {
            *address = a->address;
            *label = i < DSM_NONVIRTUAL_ADDR_MAX ? NULL : d->labels[i - DSM_NONVIRTUAL_ADDR_MAX];
            return true;
        }
    }
    return false;
}

/* -- adding ------------------------------------------------------------------------------------ */

static uint32_t take_virtual(const uint8_t *p_label_uuid, enum dsm_use use, dsm_handle_t *p_handle)
{
    uint16_t address;

    if (p_label_uuid == NULL || p_handle == NULL) {
        return NRF_ERROR_NULL;
    }
    if (layer_stack()->mesh.net.crypto == NULL) {
        return NRF_ERROR_INVALID_STATE;
    }
    if (access_virtual(&layer_stack()->mesh, p_label_uuid, &address) != USHER_OK) {
        return NRF_ERROR_INTERNAL;
    }
    return dsm_address_take(address, p_label_uuid, use, p_handle);
}

uint32_t dsm_address_publish_add(uint16_t raw_address, dsm_handle_t *p_address_handle)
{
    if (p_address_handle == NULL) {
        return NRF_ERROR_NULL;
    }
    if (raw_address == USHER_ADDR_UNASSIGNED || usher_is_virtual(raw_address)) {
        return NRF_ERROR_INVALID_ADDR;
    }
    return dsm_address_take(raw_address, NULL, DSM_PUBLISH, p_address_handle);
}

uint32_t dsm_address_publish_virtual_add(const uint8_t *p_label_uuid,
                                         dsm_handle_t *p_address_handle)
{
    return take_virtual(p_label_uuid, DSM_PUBLISH, p_address_handle);
}

uint32_t dsm_address_publish_add_handle(dsm_handle_t address_handle)
{
    return dsm_address_at(address_handle) != NULL ? refer(address_handle, DSM_PUBLISH)
                                                  : NRF_ERROR_NOT_FOUND;
}

uint32_t dsm_address_publish_remove(dsm_handle_t address_handle)
{
    return dsm_address_release(address_handle, DSM_PUBLISH);
}

uint32_t dsm_address_subscription_add(uint16_t raw_address, dsm_handle_t *p_address_handle)
{
    if (p_address_handle == NULL) {
        return NRF_ERROR_NULL;
    }
    if (!usher_is_group(raw_address)) {
        return NRF_ERROR_INVALID_ADDR;
    }
    return dsm_address_take(raw_address, NULL, DSM_SUBSCRIBE, p_address_handle);
}

uint32_t dsm_address_subscription_virtual_add(const uint8_t *p_label_uuid,
                                              dsm_handle_t *p_address_handle)
{
    return take_virtual(p_label_uuid, DSM_SUBSCRIBE, p_address_handle);
}

uint32_t dsm_address_subscription_add_handle(dsm_handle_t address_handle)
{
    const struct dsm_address *a = dsm_address_at(address_handle);

    if (a == NULL || usher_is_unicast(a->address)) {
        return NRF_ERROR_NOT_FOUND;
    }
    return refer(address_handle, DSM_SUBSCRIBE);
}

uint32_t dsm_address_subscription_remove(dsm_handle_t address_handle)
{
    const struct dsm_address *a = dsm_address_at(address_handle);

    if (a != NULL && usher_is_unicast(a->address)) {
        return NRF_ERROR_FORBIDDEN;
    }
    return dsm_address_release(address_handle, DSM_SUBSCRIBE);
}

/* -- asking ------------------------------------------------------------------------------------ */

uint32_t dsm_address_subscription_count_get(dsm_handle_t address_handle, uint16_t *p_count)
{
    const struct dsm_address *a = dsm_address_at(address_handle);

    if (p_count == NULL) {
        return NRF_ERROR_NULL;
    }
    if (a == NULL) {
        return NRF_ERROR_NOT_FOUND;
    }
    if (usher_is_unicast(a->address)) {
        return NRF_ERROR_INVALID_ADDR;
    }
    *p_count = a->subscribed;
    return NRF_SUCCESS;
}

uint32_t dsm_address_get(dsm_handle_t address_handle, nrf_mesh_address_t *p_address)
{
    const struct dsm_address *a = dsm_address_at(address_handle);

    if (p_address == NULL) {
        return NRF_ERROR_NULL;
    }
    if (a == NULL) {
        return NRF_ERROR_NOT_FOUND;
    }
    p_address->type = nrf_mesh_address_type_get(a->address);
    p_address->value = a->address;
    p_address->p_virtual_uuid = dsm_address_label(address_handle);
    return NRF_SUCCESS;
}

uint32_t dsm_address_get_all(dsm_handle_t *p_address_handle_list, uint32_t *p_count)
{
    uint32_t count = 0;

    if (p_address_handle_list == NULL || p_count == NULL) {
        return NRF_ERROR_NULL;
    }
    for (unsigned i = 0; i < DSM_ADDR_MAX; i++) {
        if (dsm_address_at((dsm_handle_t)i) == NULL) {
            continue;
        }
        if (count == *p_count) {
            return NRF_ERROR_INVALID_LENGTH;
        }
        p_address_handle_list[count++] = (dsm_handle_t)i;
    }
    *p_count = count;
    return NRF_SUCCESS;
}

/* The label that an address must have, if it is an address at all. */
static bool is_address(const nrf_mesh_address_t *p_address)
{
    return p_address->type != NRF_MESH_ADDRESS_TYPE_INVALID &&
           p_address->type == nrf_mesh_address_type_get(p_address->value) &&
           (p_address->type != NRF_MESH_ADDRESS_TYPE_VIRTUAL || p_address->p_virtual_uuid != NULL);
}

static dsm_handle_t handle_of(const nrf_mesh_address_t *p_address)
{
    bool is_virtual = p_address->type == NRF_MESH_ADDRESS_TYPE_VIRTUAL;

    return dsm_address_find(p_address->value, is_virtual ? p_address->p_virtual_uuid : NULL);
}

uint32_t dsm_address_handle_get(const nrf_mesh_address_t *p_address, dsm_handle_t *p_address_handle)
{
    dsm_handle_t handle;

    if (p_address == NULL || p_address_handle == NULL) {
        return NRF_ERROR_NULL;
    }
    if (!is_address(p_address)) {
        return NRF_ERROR_INVALID_ADDR;
    }
    handle = handle_of(p_address);
    if (handle == DSM_HANDLE_INVALID) {
        return NRF_ERROR_NOT_FOUND;
    }
    *p_address_handle = handle;
    return NRF_SUCCESS;
}

bool dsm_address_subscription_get(dsm_handle_t address_handle)
{
    const struct dsm_address *a = dsm_address_at(address_handle);

    return a != NULL && a->subscribed != 0;
}

bool dsm_address_is_rx(const nrf_mesh_address_t *p_address)
{
    const dsm_local_unicast_address_t *local = &layer_stack()->dsm.local;

    if (p_address == NULL || !is_address(p_address)) {
        return false;
    }
    if (p_address->type == NRF_MESH_ADDRESS_TYPE_UNICAST) {
        return p_address->value >= local->address_start &&
               p_address->value < local->address_start + local->count;
    }
    return net_is_ours(&layer_stack()->mesh.net, p_address->value) ||
           dsm_address_subscription_get(handle_of(p_address));
}
