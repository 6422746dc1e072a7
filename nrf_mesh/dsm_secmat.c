/*
 * Security material in the SDK's form (device_state_manager.h): made from the core's keys when it
 * is asked for, and recognised by what it is, so that a copy names its key, too. Called by the
 * application, and by core.c and events.c with what an application sends and is told.
 */
#include "dsm_parts.h"

#include "ct.h"

#include <string.h>

void dsm_net_secmat(const struct usher_subnet *s, nrf_mesh_network_secmat_t *out)
{
    const struct usher_net_keys *k = keys_tx(s);

    out->nid = k->nid;
    memcpy(out->encryption_key, k->encryption, sizeof(out->encryption_key));
    memcpy(out->privacy_key, k->privacy, sizeof(out->privacy_key));
}

static const nrf_mesh_network_secmat_t *net_secmat_of(dsm_handle_t subnet_handle)
{
    nrf_mesh_network_secmat_t *out = &layer_stack()->dsm.net_secmats[subnet_handle];

    dsm_net_secmat(dsm_subnet_at(subnet_handle), out);
    return out;
}

void dsm_app_secmat(const struct usher_appkey *a, nrf_mesh_application_secmat_t *out)
{
    unsigned newest = keys_app_tx(&layer_stack()->mesh.net.keys, a);

    out->is_device_key = false;
    out->aid = a->key[newest].aid;
    memcpy(out->key, a->key[newest].key, sizeof(out->key));
}

/* Of an application or device key that is there. */
static const nrf_mesh_application_secmat_t *app_secmat_of(dsm_handle_t handle)
{
    nrf_mesh_application_secmat_t *out = &layer_stack()->dsm.app_secmats[handle];
    const struct usher_appkey *a = dsm_appkey_at(handle);

    if (a != NULL) {
        dsm_app_secmat(a, out);
    } else {
        out->is_device_key = true;
        out->aid = 0;
        memcpy(out->key, dsm_devkey_at(handle)->key, sizeof(out->key));
    }
    return out;
}

uint32_t dsm_tx_secmat_get(dsm_handle_t subnet_handle, dsm_handle_t app_handle,
                           nrf_mesh_secmat_t *p_secmat)
{
    bool any = subnet_handle == DSM_HANDLE_INVALID;
    dsm_handle_t of_key;

    if (p_secmat == NULL) {
        return NRF_ERROR_NULL;
    }
    if (dsm_appkey_handle_to_subnet_handle(app_handle, &of_key) != NRF_SUCCESS ||
        (!any && dsm_subnet_at(subnet_handle) == NULL)) {
        return NRF_ERROR_NOT_FOUND;
    }
    if (!any && subnet_handle != of_key) {
        return NRF_ERROR_INVALID_STATE;
    }
    p_secmat->p_net = net_secmat_of(of_key);
    p_secmat->p_app = app_secmat_of(app_handle);
    return NRF_SUCCESS;
}

uint32_t dsm_tx_friendship_secmat_get(dsm_handle_t subnet_handle, dsm_handle_t app_handle,
                                      nrf_mesh_secmat_t *p_secmat)
{
    (void)subnet_handle;
    (void)app_handle;
    (void)p_secmat;
    return NRF_ERROR_NOT_SUPPORTED;
}

uint32_t dsm_net_secmat_from_keyindex_get(mesh_key_index_t net_key_index,
                                          const nrf_mesh_network_secmat_t **pp_secmat)
{
    dsm_handle_t handle = dsm_net_key_index_to_subnet_handle(net_key_index);

    if (pp_secmat == NULL) {
        return NRF_ERROR_NULL;
    }
    if (handle == DSM_HANDLE_INVALID) {
        return NRF_ERROR_NOT_FOUND;
    }
    *pp_secmat = net_secmat_of(handle);
    return NRF_SUCCESS;
}

/* -- beacons ----------------------------------------------------------------------------------- */

static void beacon_secmat(const struct usher_net_keys *k, nrf_mesh_beacon_secmat_t *out)
{
    memcpy(out->key, k->beacon, sizeof(out->key));
    memcpy(out->net_id, k->network_id, sizeof(out->net_id));
#if MESH_FEATURE_GATT_PROXY_ENABLED
    memcpy(out->identity_key, k->identity, sizeof(out->identity_key));
#endif
}

/* A node that is not in the primary subnet takes IV updates from any (3.11.5). */
void dsm_beacon_info(const struct usher_subnet *s, nrf_mesh_beacon_info_t *out)
{
    memset(out, 0, sizeof(*out));
    out->iv_update_permitted =
        s->index == 0 || keys_subnet(&layer_stack()->mesh.net.keys, 0) == NULL;
    beacon_secmat(&s->key[0], &out->secmat);
    if (s->phase != 0) {
        beacon_secmat(&s->key[1], &out->secmat_updated);
    }
}

uint32_t dsm_beacon_info_get(dsm_handle_t subnet_handle,
                             const nrf_mesh_beacon_info_t **pp_beacon_info)
{
    const struct usher_subnet *s = dsm_subnet_at(subnet_handle);

    if (pp_beacon_info == NULL) {
        return NRF_ERROR_NULL;
    }
    if (s == NULL) {
        return NRF_ERROR_NOT_FOUND;
    }
    dsm_beacon_info(s, &layer_stack()->dsm.beacon_infos[subnet_handle]);
    *pp_beacon_info = &layer_stack()->dsm.beacon_infos[subnet_handle];
    return NRF_SUCCESS;
}

uint32_t dsm_proxy_identity_get(const nrf_mesh_beacon_info_t *p_beacon_info,
                                nrf_mesh_key_refresh_phase_t *p_kr_phase)
{
    (void)p_beacon_info;
    (void)p_kr_phase;
    return NRF_ERROR_NOT_SUPPORTED;
}

/* -- whose it is ------------------------------------------------------------------------------- */

static bool is_net(const struct usher_net_keys *k, const nrf_mesh_network_secmat_t *p_secmat)
{
    return k->nid == p_secmat->nid &&
           ct_equal(k->encryption, p_secmat->encryption_key, sizeof(k->encryption)) &&
           ct_equal(k->privacy, p_secmat->privacy_key, sizeof(k->privacy));
}

dsm_handle_t dsm_subnet_handle_get(const nrf_mesh_network_secmat_t *p_secmat)
{
    for (unsigned i = 0; p_secmat != NULL && i < DSM_SUBNET_MAX; i++) {
        const struct usher_subnet *s = dsm_subnet_at((dsm_handle_t)i);

        if (s != NULL &&
            (is_net(&s->key[0], p_secmat) || (s->phase != 0 && is_net(&s->key[1], p_secmat)))) {
            return (dsm_handle_t)i;
        }
    }
    return DSM_HANDLE_INVALID;
}

static bool is_appkey(const struct usher_appkey *a, const nrf_mesh_application_secmat_t *p_secmat)
{
    for (unsigned n = 0; n <= (a->updated ? 1u : 0u); n++) {
        if (a->key[n].aid == p_secmat->aid &&
            ct_equal(a->key[n].key, p_secmat->key, sizeof(p_secmat->key))) {
            return true;
        }
    }
    return false;
}

dsm_handle_t dsm_appkey_handle_get(const nrf_mesh_application_secmat_t *p_secmat)
{
    for (unsigned i = 0; p_secmat != NULL && i < DSM_KEY_HANDLES; i++) {
        const struct usher_appkey *a = dsm_appkey_at((dsm_handle_t)i);
        const struct dsm_devkey *d = dsm_devkey_at((dsm_handle_t)i);

        if ((!p_secmat->is_device_key && a != NULL && is_appkey(a, p_secmat)) ||
            (p_secmat->is_device_key && d != NULL &&
             ct_equal(d->key, p_secmat->key, sizeof(d->key)))) {
            return (dsm_handle_t)i;
        }
    }
    return DSM_HANDLE_INVALID;
}
