/*
 * Device keys (device_state_manager.h), of this node and of those that it configures, in a table of
 * the layer's own: the core knows its own alone, and asks for others. Called by the application,
 * by the core through usher_mesh_config.device_key, and by the other files.
 */
#include "dsm_parts.h"

#include <string.h>

struct dsm_devkey *dsm_devkey_at(dsm_handle_t handle)
{
    struct dsm_devkey *d;

    if (handle < DSM_APP_MAX || handle >= DSM_KEY_HANDLES) {
        return NULL;
    }
    d = &layer_stack()->dsm.devkeys[handle - DSM_APP_MAX];
    return d->owner != USHER_ADDR_UNASSIGNED ? d : NULL;
}

/* Owner 0: a free place. */
static dsm_handle_t find(const struct nrf_mesh_stack *s, uint16_t owner)
{
    for (unsigned i = 0; i < DSM_DEVICE_MAX; i++) {
        if (s->dsm.devkeys[i].owner == owner) {
            return (dsm_handle_t)(DSM_APP_MAX + i);
        }
    }
    return DSM_HANDLE_INVALID;
}

dsm_handle_t dsm_devkey_find(uint16_t owner)
{
    return owner != USHER_ADDR_UNASSIGNED ? find(layer_stack(), owner) : DSM_HANDLE_INVALID;
}

dsm_handle_t dsm_devkey_put(uint16_t owner, uint16_t net_index, const uint8_t *key)
{
    dsm_handle_t handle = find(layer_stack(), USHER_ADDR_UNASSIGNED);

    if (handle != DSM_HANDLE_INVALID) {
        struct dsm_devkey *d = &layer_stack()->dsm.devkeys[handle - DSM_APP_MAX];

        d->owner = owner;
        d->net_index = net_index;
        memcpy(d->key, key, sizeof(d->key));
    }
    return handle;
}

void dsm_devkey_drop(dsm_handle_t handle)
{
    struct dsm_devkey *d = dsm_devkey_at(handle);

    if (d != NULL) {
        layer_stack()->usher.port->crypto->wipe(d->key, sizeof(d->key));
        d->owner = USHER_ADDR_UNASSIGNED;
    }
}

bool dsm_device_key(void *user, uint16_t address, uint8_t key[USHER_KEY_SIZE])
{
    const struct nrf_mesh_stack *s = user;
    dsm_handle_t handle = address != USHER_ADDR_UNASSIGNED ? find(s, address) : DSM_HANDLE_INVALID;

    if (handle == DSM_HANDLE_INVALID) {
        return false;
    }
    memcpy(key, s->dsm.devkeys[handle - DSM_APP_MAX].key, USHER_KEY_SIZE);
    return true;
}

/* The node, whose device key nobody knew, gets its own. */
static void take_own_key(const uint8_t *key)
{
    struct nrf_mesh_stack *s = layer_stack();

    memcpy(s->mesh.net.keys.device_key, key, USHER_KEY_SIZE);
    s->dsm.stand_in = false;
    s->mesh.dirty |= USHER_DIRTY_NODE;
    s->mesh.acts->alarm(&s->mesh);
}

uint32_t dsm_devkey_add(uint16_t owner_addr, dsm_handle_t subnet_handle, const uint8_t *p_key,
                        dsm_handle_t *p_devkey_handle)
{
    const struct usher_subnet *s = dsm_subnet_at(subnet_handle);
    dsm_handle_t handle;
    uint32_t err;

    if (p_key == NULL || p_devkey_handle == NULL) {
        return NRF_ERROR_NULL;
    }
    if (!usher_is_unicast(owner_addr)) {
        return NRF_ERROR_INVALID_ADDR;
    }
    if (s == NULL) {
        return NRF_ERROR_NOT_FOUND;
    }
    if (dsm_devkey_find(owner_addr) != DSM_HANDLE_INVALID) {
        return NRF_ERROR_FORBIDDEN;
    }
    handle = dsm_devkey_put(owner_addr, s->index, p_key);
    if (handle == DSM_HANDLE_INVALID) {
        return NRF_ERROR_NO_MEM;
    }
    if (dsm_store_devkey(handle) != NRF_SUCCESS) {
        dsm_devkey_drop(handle);
        return NRF_ERROR_NO_MEM;
    }
    err = dsm_join();
    if (err != NRF_SUCCESS) {
        dsm_devkey_drop(handle);
        return err;
    }
    *p_devkey_handle = handle;
    if (layer_stack()->dsm.stand_in && owner_addr == layer_stack()->mesh.net.address) {
        take_own_key(p_key);
    }
    return NRF_SUCCESS;
}

uint32_t dsm_devkey_delete(dsm_handle_t dev_handle)
{
    const struct dsm_devkey *d = dsm_devkey_at(dev_handle);

    if (d == NULL) {
        return NRF_ERROR_NOT_FOUND;
    }
    if (dsm_is_node() && d->owner == layer_stack()->mesh.net.address) {
        return NRF_ERROR_FORBIDDEN;
    }
    dsm_devkey_drop(dev_handle);
    dsm_follow();
    return NRF_SUCCESS;
}

uint32_t dsm_devkey_handle_get(uint16_t unicast_address, dsm_handle_t *p_devkey_handle)
{
    dsm_handle_t handle;

    if (p_devkey_handle == NULL) {
        return NRF_ERROR_NULL;
    }
    if (!usher_is_unicast(unicast_address)) {
        return NRF_ERROR_INVALID_ADDR;
    }
    handle = dsm_devkey_find(unicast_address);
    if (handle == DSM_HANDLE_INVALID) {
        return NRF_ERROR_NOT_FOUND;
    }
    *p_devkey_handle = handle;
    return NRF_SUCCESS;
}
