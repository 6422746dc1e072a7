/*
 * What an application calls to make a node, to load, provision and reset it (usher/mesh.h). Its
 * work is in mesh.c.
 */
#include "mesh.h"

#include "iv.h"
#include "net.h"
#include "node.h"
#include "rpl.h"
#include "secbeacon.h"
#include "store.h"

#include <string.h>

#define NET_TX_MIN 8u /* as many as one segmented message keeps busy, with an ack and a relay */

static bool tables_ok(const struct usher_mesh_tables *t)
{
    return t != NULL && t->subnets != NULL && t->subnet_count != 0 && t->appkeys != NULL &&
           t->appkey_count != 0 && t->rpl != NULL && t->rpl_size != 0 && t->net_tx != NULL &&
           t->net_tx_size >= NET_TX_MIN && t->sar_tx != NULL && t->sar_tx_size != 0 &&
           t->sar_rx != NULL && t->sar_rx_size != 0 && t->access_tx != NULL &&
           t->access_tx_size != 0;
}

static void take_tables(struct usher_mesh *m, const struct usher_mesh_tables *t)
{
    m->net.keys.subnets = t->subnets;
    m->net.keys.subnet_count = t->subnet_count;
    m->net.keys.appkeys = t->appkeys;
    m->net.keys.appkey_count = t->appkey_count;
    m->net.rpl.entries = t->rpl;
    m->net.rpl.size = t->rpl_size;
    m->net.tx = t->net_tx;
    m->net.tx_size = t->net_tx_size;
    m->net.sar_tx = t->sar_tx;
    m->net.sar_tx_size = t->sar_tx_size;
    m->net.sar_rx = t->sar_rx;
    m->net.sar_rx_size = t->sar_rx_size;
    m->access_tx = t->access_tx;
    m->access_tx_size = t->access_tx_size;
}

enum usher_err usher_mesh_init(struct usher_mesh *m, struct usher *u,
                               const struct usher_mesh_config *config)
{
    uint16_t features = USHER_FEATURE_RELAY;
    uint32_t seed = 0;
    enum usher_err err;

    if (m == NULL || u == NULL || config == NULL || config->composition == NULL ||
        !tables_ok(config->tables)) {
        return USHER_E_NULL;
    }
    features |= u->gatt != NULL ? USHER_FEATURE_PROXY : 0;
    if ((config->features & ~features) != 0) {
        return USHER_E_PARAM;
    }
    memset(m, 0, sizeof(*m));
    m->node = u;
    m->acts = &mesh_acts;
    m->config = *config;
    m->net.crypto = u->port->crypto;
    m->net.directory = &access_directory;
    m->net.directory_ctx = m;
    m->net.features = config->features;
    m->net.elements = config->composition->element_count;
    take_tables(m, config->tables);
    err = access_begin(m);
    if (err != USHER_OK) {
        return err;
    }
    (void)node_random(u, &seed, sizeof(seed)); /* for delays: need not be good */
    m->net.prng = seed;
    mesh_forget(m);
    m->now = usher_mesh_now(m);
    u->mesh = m;
    u->parts[USHER_PART_MESH] = &mesh_part;
    return USHER_OK;
}

enum usher_err usher_mesh_load(struct usher_mesh *m)
{
    const struct usher_port *port = m->node->port;
    enum usher_err err;

    if (mesh_is_node(m)) {
        return USHER_E_STATE;
    }
    if (!store_able(port)) {
        return USHER_E_NOT_FOUND;
    }
    m->now = usher_mesh_now(m);
    err = store_load(m, port, m->now);
    if (err != USHER_OK) {
        mesh_forget(m);
        return err;
    }
    (void)mesh_reserve_seq(m); /* to send at once; if it fails, it is tried again, and told */
    mesh_begin(m);
    return USHER_OK;
}

static bool data_ok(const struct usher_mesh *m, const struct usher_prov_data *data)
{
    return data->netkey_index <= USHER_KEY_INDEX_MAX && usher_is_unicast(data->address) &&
           data->address + m->net.elements - 1u <= USHER_UNICAST_MAX;
}

/* In memory. A device that joins in phase 2 of a Key Refresh knows the new key alone. */
static enum usher_err join(struct usher_mesh *m, const struct usher_prov_data *data,
                           const uint8_t device_key[USHER_KEY_SIZE])
{
    struct usher_keys *k = &m->net.keys;

    if (keys_subnet_add(k, m->net.crypto, data->netkey_index, data->netkey) !=
        USHER_STATUS_SUCCESS) {
        return USHER_E_INTERNAL;
    }
    if (data->flags.key_refresh) {
        struct usher_subnet *s = keys_subnet(k, data->netkey_index);

        s->key[1] = s->key[0];
        s->phase = 2;
    }
    memcpy(k->device_key, device_key, USHER_KEY_SIZE);
    m->net.iv.index = data->iv_index;
    m->net.iv.updating = data->flags.iv_update;
    m->net.iv.fresh = true;
    m->net.iv.since = m->now;
    m->net.address = data->address;
    m->dirty = USHER_DIRTY_NODE | USHER_DIRTY_SUBNETS | USHER_DIRTY_APPKEYS | USHER_DIRTY_IV |
               USHER_DIRTY_SETTINGS | USHER_DIRTY_MODELS;
    return USHER_OK;
}

enum usher_err usher_mesh_provision(struct usher_mesh *m, const struct usher_prov_data *data,
                                    const uint8_t device_key[USHER_KEY_SIZE])
{
    const struct usher_port *port = m->node->port;
    enum usher_err err;

    if (mesh_is_node(m)) {
        return USHER_E_STATE;
    }
    if (!data_ok(m, data)) {
        return USHER_E_DATA;
    }
    m->now = usher_mesh_now(m);
    err = join(m, data, device_key);
    if (err == USHER_OK) {
        err = store_flush(m, port, m->now);
    }
    if (err == USHER_OK) {
        err = mesh_reserve_seq(m);
    }
    if (err != USHER_OK) {
        (void)store_clear(m, port);
        mesh_forget(m);
        return err;
    }
    mesh_begin(m);
    return USHER_OK;
}

enum usher_err usher_mesh_reset(struct usher_mesh *m)
{
    enum usher_err err = store_clear(m, m->node->port);

    if (err == USHER_OK) {
        mesh_forget(m);
        node_alarm(m->node);
    }
    return err;
}

void usher_mesh_deinit(struct usher_mesh *m)
{
    if (m->reset_at != 0) { /* a Node Reset that has been answered, and is still to be done */
        (void)store_clear(m, m->node->port);
    } else if (mesh_is_node(m)) {
        m->now = usher_mesh_now(m);
        m->dirty |= USHER_DIRTY_IV; /* its age */
        (void)store_flush(m, m->node->port, m->now);
        (void)store_flush_rpl(m, m->node->port);
    }
    mesh_forget(m);
    m->node->mesh = NULL;
    m->node->parts[USHER_PART_MESH] = NULL;
    node_alarm(m->node);
}

void usher_mesh_bearers(struct usher_mesh *m, unsigned bearers)
{
    m->no_gatt = (bearers & USHER_BEARER_GATT) == 0;
    net_bearers(&m->net, (bearers & USHER_BEARER_ADV) != 0, m->net.proxied);
    node_alarm(m->node);
}

uint16_t usher_mesh_address(const struct usher_mesh *m)
{
    return m->net.address;
}

uint64_t usher_mesh_now(const struct usher_mesh *m)
{
    return m->node->port->now_ms(m->node->port->ctx);
}

uint32_t usher_mesh_iv(const struct usher_mesh *m, bool *updating)
{
    if (updating != NULL) {
        *updating = m->net.iv.updating;
    }
    return m->net.iv.index;
}

const struct usher_net_stats *usher_mesh_stats(const struct usher_mesh *m)
{
    return &m->net.stats;
}

enum usher_err usher_iv_update(struct usher_mesh *m)
{
    enum usher_err err;

    if (!mesh_is_node(m) || keys_subnet(&m->net.keys, 0) == NULL) {
        return USHER_E_STATE;
    }
    m->now = usher_mesh_now(m);
    if (m->net.iv.test_mode && m->net.iv.updating) {
        err = iv_update_end(&m->net.iv, m->now, transport_busy(&m->net)) ? USHER_OK : USHER_E_BUSY;
    } else {
        err = iv_update(&m->net.iv, m->now);
    }
    if (err == USHER_OK) {
        mesh_iv_changed(m);
        node_alarm(m->node);
    }
    return err;
}

void usher_iv_test_mode(struct usher_mesh *m, bool on)
{
    m->net.iv.test_mode = on;
    node_alarm(m->node); /* the end of an IV Update may be due now */
}
