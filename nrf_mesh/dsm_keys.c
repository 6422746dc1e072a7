/*
 * Subnets and application keys (device_state_manager.h): handles are places in the core's tables.
 * A node's keys are changed through the core's calls, which store them; before there is a node,
 * in the tables. Called by the application and, for places, by the other files.
 */
#include "dsm_parts.h"

#include "ct.h"

#include <string.h>

static struct usher_keys *keys(void)
{
    return &layer_stack()->mesh.net.keys;
}

static const struct usher_crypto *crypto(void)
{
    return layer_stack()->mesh.net.crypto;
}

/* -- places ------------------------------------------------------------------------------------ */

struct usher_subnet *dsm_subnet_at(dsm_handle_t handle)
{
    struct usher_keys *k = keys();

    return handle < k->subnet_count && k->subnets[handle].used ? &k->subnets[handle] : NULL;
}

struct usher_appkey *dsm_appkey_at(dsm_handle_t handle)
{
    struct usher_keys *k = keys();

    return handle < k->appkey_count && k->appkeys[handle].used ? &k->appkeys[handle] : NULL;
}

dsm_handle_t dsm_net_key_index_to_subnet_handle(mesh_key_index_t net_key_index)
{
    const struct usher_subnet *s = keys_subnet(keys(), net_key_index);

    return s != NULL ? (dsm_handle_t)(s - keys()->subnets) : DSM_HANDLE_INVALID;
}

dsm_handle_t dsm_appkey_index_to_appkey_handle(mesh_key_index_t app_key_index)
{
    const struct usher_appkey *a = keys_appkey(keys(), app_key_index);

    return a != NULL ? (dsm_handle_t)(a - keys()->appkeys) : DSM_HANDLE_INVALID;
}

uint32_t dsm_subnet_handle_to_netkey_index(dsm_handle_t subnet_handle, mesh_key_index_t *p_index)
{
    const struct usher_subnet *s = dsm_subnet_at(subnet_handle);

    if (p_index == NULL) {
        return NRF_ERROR_NULL;
    }
    if (s == NULL) {
        return NRF_ERROR_NOT_FOUND;
    }
    *p_index = s->index;
    return NRF_SUCCESS;
}

uint32_t dsm_appkey_handle_to_appkey_index(dsm_handle_t app_handle, mesh_key_index_t *p_index)
{
    const struct usher_appkey *a = dsm_appkey_at(app_handle);

    if (p_index == NULL) {
        return NRF_ERROR_NULL;
    }
    if (a == NULL) {
        return NRF_ERROR_NOT_FOUND;
    }
    *p_index = a->index;
    return NRF_SUCCESS;
}

uint32_t dsm_appkey_handle_to_subnet_handle(dsm_handle_t app_handle, dsm_handle_t *p_handle)
{
    const struct usher_appkey *a = dsm_appkey_at(app_handle);
    const struct dsm_devkey *d = dsm_devkey_at(app_handle);
    dsm_handle_t handle = DSM_HANDLE_INVALID;

    if (p_handle == NULL) {
        return NRF_ERROR_NULL;
    }
    if (a != NULL) {
        handle = dsm_net_key_index_to_subnet_handle(a->net_index);
    } else if (d != NULL) {
        handle = dsm_net_key_index_to_subnet_handle(d->net_index);
    }
    if (handle == DSM_HANDLE_INVALID) {
        return NRF_ERROR_NOT_FOUND;
    }
    *p_handle = handle;
    return NRF_SUCCESS;
}

/* -- subnets ----------------------------------------------------------------------------------- */

uint32_t dsm_subnet_add(mesh_key_index_t net_key_id, const uint8_t *p_key,
                        dsm_handle_t *p_subnet_handle)
{
    const struct usher_subnet *known = keys_subnet(keys(), net_key_id);
    enum usher_status status;

    if (p_key == NULL || p_subnet_handle == NULL) {
        return NRF_ERROR_NULL;
    }
    if (net_key_id > DSM_KEY_INDEX_MAX) {
        return NRF_ERROR_INVALID_PARAM;
    }
    if (known != NULL) {
        *p_subnet_handle = dsm_net_key_index_to_subnet_handle(net_key_id);
        return ct_equal(known->key[0].key, p_key, USHER_KEY_SIZE) ? NRF_ERROR_INTERNAL
                                                                  : NRF_ERROR_FORBIDDEN;
    }
    if (dsm_is_node()) {
        status = usher_netkey_add(&layer_stack()->mesh, net_key_id, p_key);
    } else {
        status = keys_subnet_add(keys(), crypto(), net_key_id, p_key);
    }
    if (status != USHER_STATUS_SUCCESS) {
        return dsm_code_of(status);
    }
    *p_subnet_handle = dsm_net_key_index_to_subnet_handle(net_key_id);
    return dsm_join();
}

uint32_t dsm_subnet_kr_phase_get(dsm_handle_t subnet_handle, nrf_mesh_key_refresh_phase_t *p_phase)
{
    const struct usher_subnet *s = dsm_subnet_at(subnet_handle);

    if (p_phase == NULL) {
        return NRF_ERROR_NULL;
    }
    if (s == NULL) {
        return NRF_ERROR_NOT_FOUND;
    }
    *p_phase = (nrf_mesh_key_refresh_phase_t)s->phase;
    return NRF_SUCCESS;
}

/* A device that joins during a Key Refresh has the new key alone, and puts it in as the old one and
 * the new one. The core would not take that from the air. */
static uint32_t update_with_itself(struct usher_subnet *s)
{
    struct usher_mesh *m = &layer_stack()->mesh;

    s->key[1] = s->key[0];
    s->phase = 1;
    if (dsm_is_node()) {
        m->dirty |= USHER_DIRTY_SUBNETS;
        m->configured = true;
        m->acts->alarm(m);
    }
    return NRF_SUCCESS;
}

uint32_t dsm_subnet_update(dsm_handle_t subnet_handle, const uint8_t *p_key)
{
    struct usher_subnet *s = dsm_subnet_at(subnet_handle);

    if (p_key == NULL) {
        return NRF_ERROR_NULL;
    }
    if (s == NULL) {
        return NRF_ERROR_NOT_FOUND;
    }
    if (s->phase == 0 && ct_equal(s->key[0].key, p_key, USHER_KEY_SIZE)) {
        return update_with_itself(s);
    }
    if (dsm_is_node()) {
        return dsm_code_of(usher_netkey_update(&layer_stack()->mesh, s->index, p_key));
    }
    return dsm_code_of(keys_subnet_update(keys(), crypto(), s->index, p_key));
}

/* To the phase after @p from, by the transition of Key Refresh Phase Set. */
static uint32_t refresh(dsm_handle_t subnet_handle, uint8_t from, uint8_t transition)
{
    const struct usher_subnet *s = dsm_subnet_at(subnet_handle);

    if (s == NULL) {
        return NRF_ERROR_NOT_FOUND;
    }
    if (s->phase != from) {
        return NRF_ERROR_INVALID_STATE;
    }
    if (dsm_is_node()) {
        return dsm_code_of(usher_key_refresh(&layer_stack()->mesh, s->index, transition));
    }
    return dsm_code_of(keys_refresh(keys(), crypto(), s->index, transition));
}

uint32_t dsm_subnet_update_swap_keys(dsm_handle_t subnet_handle)
{
    return refresh(subnet_handle, 1, 2);
}

uint32_t dsm_subnet_update_commit(dsm_handle_t subnet_handle)
{
    return refresh(subnet_handle, 2, 3);
}

uint32_t dsm_subnet_delete(dsm_handle_t subnet_handle)
{
    const struct usher_subnet *s = dsm_subnet_at(subnet_handle);
    enum usher_status status;

    if (s == NULL) {
        return NRF_ERROR_NOT_FOUND;
    }
    if (dsm_is_node()) {
        status = manage_netkey_delete(&layer_stack()->mesh, s->index);
    } else {
        status = keys_subnet_delete(keys(), crypto(), s->index);
    }
    dsm_follow();
    return dsm_code_of(status);
}

uint32_t dsm_subnet_get_all(mesh_key_index_t *p_key_list, uint32_t *p_count)
{
    const struct usher_keys *k = keys();
    uint32_t count = 0;

    if (p_key_list == NULL || p_count == NULL) {
        return NRF_ERROR_NULL;
    }
    for (uint16_t i = 0; i < k->subnet_count; i++) {
        if (!k->subnets[i].used) {
            continue;
        }
        if (count == *p_count) {
            return NRF_ERROR_INVALID_LENGTH;
        }
        p_key_list[count++] = k->subnets[i].index;
    }
    *p_count = count;
    return NRF_SUCCESS;
}

uint32_t dsm_subnet_key_get(dsm_handle_t subnet_handle, uint8_t *p_key)
{
    const struct usher_subnet *s = dsm_subnet_at(subnet_handle);

    if (p_key == NULL) {
        return NRF_ERROR_NULL;
    }
    if (s == NULL) {
        return NRF_ERROR_NOT_FOUND;
    }
    memcpy(p_key, keys_tx(s)->key, USHER_KEY_SIZE);
    return NRF_SUCCESS;
}

/* -- application keys -------------------------------------------------------------------------- */

uint32_t dsm_appkey_add(mesh_key_index_t app_key_id, dsm_handle_t subnet_handle,
                        const uint8_t *p_key, dsm_handle_t *p_app_handle)
{
    const struct usher_appkey *known = keys_appkey(keys(), app_key_id);
    const struct usher_subnet *s = dsm_subnet_at(subnet_handle);
    enum usher_status status;

    if (p_key == NULL || p_app_handle == NULL) {
        return NRF_ERROR_NULL;
    }
    if (s == NULL) {
        return NRF_ERROR_NOT_FOUND;
    }
    if (app_key_id > DSM_KEY_INDEX_MAX) {
        return NRF_ERROR_INVALID_PARAM;
    }
    if (known != NULL) {
        *p_app_handle = dsm_appkey_index_to_appkey_handle(app_key_id);
        return ct_equal(known->key[0].key, p_key, USHER_KEY_SIZE) ? NRF_ERROR_INTERNAL
                                                                  : NRF_ERROR_FORBIDDEN;
    }
    if (dsm_is_node()) {
        status = usher_appkey_add(&layer_stack()->mesh, s->index, app_key_id, p_key);
    } else {
        status = keys_appkey_add(keys(), crypto(), s->index, app_key_id, p_key);
    }
    if (status == USHER_STATUS_SUCCESS) {
        *p_app_handle = dsm_appkey_index_to_appkey_handle(app_key_id);
        dsm_follow(); /* models may wait for it */
    }
    return dsm_code_of(status);
}

uint32_t dsm_appkey_update(dsm_handle_t app_handle, const uint8_t *p_key)
{
    const struct usher_appkey *a = dsm_appkey_at(app_handle);

    if (p_key == NULL) {
        return NRF_ERROR_NULL;
    }
    if (a == NULL) {
        return NRF_ERROR_NOT_FOUND;
    }
    if (dsm_is_node()) {
        return dsm_code_of(
            usher_appkey_update(&layer_stack()->mesh, a->net_index, a->index, p_key));
    }
    return dsm_code_of(keys_appkey_update(keys(), crypto(), a->net_index, a->index, p_key));
}

uint32_t dsm_appkey_delete(dsm_handle_t app_handle)
{
    const struct usher_appkey *a = dsm_appkey_at(app_handle);
    enum usher_status status;

    if (a == NULL) {
        return NRF_ERROR_NOT_FOUND;
    }
    if (dsm_is_node()) {
        status = manage_appkey_delete(&layer_stack()->mesh, a->net_index, a->index);
    } else {
        status = keys_appkey_delete(keys(), crypto(), a->net_index, a->index);
    }
    dsm_follow();
    return dsm_code_of(status);
}

uint32_t dsm_appkey_get_all(dsm_handle_t subnet_handle, mesh_key_index_t *p_key_list,
                            uint32_t *p_count)
{
    const struct usher_keys *k = keys();
    const struct usher_subnet *s = dsm_subnet_at(subnet_handle);
    uint32_t count = 0;

    if (p_key_list == NULL || p_count == NULL) {
        return NRF_ERROR_NULL;
    }
    if (s == NULL) {
        return NRF_ERROR_NOT_FOUND;
    }
    for (uint16_t i = 0; i < k->appkey_count; i++) {
        if (!k->appkeys[i].used || k->appkeys[i].net_index != s->index) {
            continue;
        }
        if (count == *p_count) {
            return NRF_ERROR_INVALID_LENGTH;
        }
        p_key_list[count++] = k->appkeys[i].index;
    }
    *p_count = count;
    return NRF_SUCCESS;
}
