/*
 * The node as the Device State Manager sees it (device_state_manager.h): how it begins, is loaded,
 * changes and ends. The SDK makes a node piece by piece, address, subnet, device key; the core at
 * once. So the pieces are held until they are complete. Called by the application, mesh_stack.c and
 * core.c.
 */
#include "access_parts.h"

#include <string.h>

bool dsm_is_node(void)
{
    return mesh_is_node(&layer_stack()->mesh);
}

uint32_t dsm_code_of(enum usher_status status)
{
    switch (status) {
    case USHER_STATUS_SUCCESS:
        return NRF_SUCCESS;
    case USHER_STATUS_INVALID_NETKEY:
    case USHER_STATUS_INVALID_APPKEY:
        return NRF_ERROR_NOT_FOUND;
    case USHER_STATUS_INSUFFICIENT_RESOURCES:
        return NRF_ERROR_NO_MEM;
    case USHER_STATUS_KEY_INDEX_STORED:
    case USHER_STATUS_CANNOT_REMOVE:
        return NRF_ERROR_FORBIDDEN;
    case USHER_STATUS_CANNOT_UPDATE:
    case USHER_STATUS_CANNOT_SET:
        return NRF_ERROR_INVALID_STATE;
    case USHER_STATUS_CANNOT_BIND:
        return NRF_ERROR_INVALID_PARAM;
    default:
        return NRF_ERROR_INTERNAL;
    }
}

void dsm_init(void)
{
    memset(&layer_stack()->dsm, 0, sizeof(layer_stack()->dsm));
}

uint32_t dsm_keyless(void)
{
    layer_stack()->dsm.keyless = true;
    return dsm_join();
}

/* In memory. The core has forgotten its part, or does. */
static void forget(void)
{
    struct dsm_state *d = &layer_stack()->dsm;

    for (unsigned i = 0; i < DSM_DEVICE_MAX; i++) {
        dsm_devkey_drop((dsm_handle_t)(DSM_APP_MAX + i));
    }
    memset(d->devkeys, 0, sizeof(d->devkeys));
    memset(d->addresses, 0, sizeof(d->addresses));
    memset(d->labels, 0, sizeof(d->labels));
    memset(&d->local, 0, sizeof(d->local));
    memset(d->net_secmats, 0, sizeof(d->net_secmats));
    memset(d->app_secmats, 0, sizeof(d->app_secmats));
    memset(d->beacon_infos, 0, sizeof(d->beacon_infos));
    d->was_node = false;
    d->stand_in = false;
    access_forgotten();
}

void dsm_clear(void)
{
    struct usher_mesh *m = &layer_stack()->mesh;

    if (m->node != NULL && usher_mesh_reset(m) != USHER_OK) {
        return; /* storage holds a node: it is still one */
    }
    dsm_store_clear();
    access_store_clear();
    forget();
}

/* -- own addresses ----------------------------------------------------------------------------- */

uint32_t dsm_local_unicast_addresses_set(const dsm_local_unicast_address_t *p_address)
{
    dsm_local_unicast_address_t *local = &layer_stack()->dsm.local;
    uint32_t last, err;

    if (p_address == NULL) {
        return NRF_ERROR_NULL;
    }
    if (local->address_start != USHER_ADDR_UNASSIGNED) {
        return NRF_ERROR_FORBIDDEN;
    }
    last = (uint32_t)p_address->address_start + p_address->count - 1;
    if (p_address->count == 0 || !usher_is_unicast(p_address->address_start) ||
        last > USHER_UNICAST_MAX) {
        return NRF_ERROR_INVALID_DATA;
    }
    *local = *p_address;
    err = dsm_join();
    if (err != NRF_SUCCESS) {
        memset(local, 0, sizeof(*local));
    }
    return err;
}

void dsm_local_unicast_addresses_get(dsm_local_unicast_address_t *p_address)
{
    *p_address = layer_stack()->dsm.local;
}

/* -- becoming a node --------------------------------------------------------------------------- */

static const struct usher_subnet *first_subnet(const struct usher_keys *k)
{
    for (uint16_t i = 0; i < k->subnet_count; i++) {
        if (k->subnets[i].used) {
            return &k->subnets[i];
        }
    }
    return NULL;
}

/* The subnet to join; NULL: not all is known yet. */
static const struct usher_subnet *subnet_of(const struct nrf_mesh_stack *s,
                                            const struct dsm_devkey *own)
{
    if (s->dsm.local.address_start == USHER_ADDR_UNASSIGNED) {
        return NULL;
    }
    if (own != NULL) {
        return keys_subnet(&s->mesh.net.keys, own->net_index);
    }
    return s->dsm.keyless ? first_subnet(&s->mesh.net.keys) : NULL;
}

/* The own device key; or one that nobody knows, until there is one. */
static uint32_t own_key(struct nrf_mesh_stack *s, const struct dsm_devkey *own,
                        uint8_t key[USHER_KEY_SIZE])
{
    s->dsm.stand_in = own == NULL;
    if (own == NULL) {
        return (uint32_t)s->core.port.random(s->core.port.ctx, key, USHER_KEY_SIZE);
    }
    memcpy(key, own->key, USHER_KEY_SIZE);
    return NRF_SUCCESS;
}

uint32_t dsm_join(void)
{
    struct nrf_mesh_stack *s = layer_stack();
    const struct dsm_devkey *d = dsm_devkey_at(dsm_devkey_find(s->dsm.local.address_start));
    const struct usher_subnet *subnet = subnet_of(s, d);
    struct usher_prov_data data = { .address = s->dsm.local.address_start };
    uint8_t key[USHER_KEY_SIZE];
    uint16_t net_index;
    uint32_t err;

    if (subnet == NULL || dsm_is_node()) {
        return NRF_SUCCESS; /* not yet, or long since */
    }
    net_index = subnet->index;
    data.netkey_index = net_index;
    memcpy(data.netkey, subnet->key[0].key, sizeof(data.netkey));
    data.iv_index = s->mesh.net.iv.index;
    data.flags.iv_update = s->mesh.net.iv.updating;
    err = own_key(s, d, key);
    if (err == NRF_SUCCESS) {
        err = (uint32_t)usher_mesh_provision(&s->mesh, &data, key);
    }
    s->usher.port->crypto->wipe(key, sizeof(key));
    s->usher.port->crypto->wipe(&data, sizeof(data));
    if (err != NRF_SUCCESS) {
        if (keys_subnet(&s->mesh.net.keys, net_index) == NULL) {
            forget(); /* the core has, too */
        }
        return err;
    }
    dsm_follow();
    return NRF_SUCCESS;
}

/* -- loading ----------------------------------------------------------------------------------- */

/* What belongs to no node counts for nothing. */
static uint32_t load_node(void)
{
    struct nrf_mesh_stack *s = layer_stack();
    uint32_t err = NRF_SUCCESS;

    if (!s->access.composed) {
        return NRF_ERROR_NOT_FOUND;
    }
    if (!dsm_is_node()) {
        err = access_load();
    }
    if (err == NRF_ERROR_NOT_FOUND) {
        dsm_store_clear();
        access_store_clear();
        s->dsm.loaded = true;
    }
    return err == NRF_SUCCESS || err == NRF_ERROR_NOT_FOUND ? err : NRF_ERROR_INVALID_DATA;
}

uint32_t dsm_load_config_apply(void)
{
    uint32_t err = load_node();

    if (err == NRF_SUCCESS && !layer_stack()->dsm.loaded) {
        err = dsm_store_load();
        err = err == NRF_SUCCESS ? access_store_load() : err;
        layer_stack()->dsm.loaded = true;
    }
    if (err == NRF_SUCCESS) {
        dsm_follow();
    } else if (err != NRF_ERROR_NOT_FOUND) {
        forget();
    }
    return err;
}

/* The own addresses and device key, of a node that was made or loaded since. */
static void follow_node(void)
{
    struct nrf_mesh_stack *s = layer_stack();
    const struct usher_keys *k = &s->mesh.net.keys;
    uint16_t net_index = 0;

    s->dsm.local.address_start = s->mesh.net.address;
    s->dsm.local.count = s->mesh.net.elements;
    for (uint16_t i = k->subnet_count; i > 0; i--) {
        net_index = k->subnets[i - 1].used ? k->subnets[i - 1].index : net_index;
    }
    if (!s->dsm.stand_in && dsm_devkey_find(s->mesh.net.address) == DSM_HANDLE_INVALID) {
        (void)dsm_devkey_put(s->mesh.net.address, net_index, k->device_key);
    }
}

void dsm_follow(void)
{
    struct dsm_state *d = &layer_stack()->dsm;
    bool is_new = dsm_is_node() && !d->was_node;

    if (!dsm_is_node()) {
        if (d->was_node) {
            dsm_store_clear();
            access_store_clear();
            forget();
        }
        return;
    }
    if (is_new) {
        if (!d->loaded) {
            (void)dsm_store_load();
            (void)access_store_load();
            d->loaded = true;
        }
        follow_node();
    }
    access_follow();
    if (is_new) {
        dsm_addresses_loaded();
        d->was_node = true;
    }
    dsm_store_all();
    access_store_all();
}
