/*
 * How a proxy is found (Mesh Protocol 1.1, section 7.2.2): what a node advertises with the Mesh
 * Proxy Service, by turns of which network it is and which node it is, and how a client knows its
 * networks and the nodes that it looks for by that. Called by gatt.c and by the application.
 */
#include "gatt.h"

#include "keys.h"
#include "mesh.h"
#include "secbeacon.h"

#include <string.h>

#define RANDOM_AT 9u      /* in service data of the longest kinds, behind type and hash */
#define IDENTITY_KINDS 2u /* of advertisements, for each subnet: its Network ID, Node Identity */

/* -- advertising ------------------------------------------------------------------------------- */

/* Service data after the UUID, by turns: a subnet's Network ID, its Node Identity. 0: not now. */
static uint8_t service_data(struct usher_gatt *g, const struct usher_mesh *m, unsigned turn,
                            uint8_t out[PROXY_SERVICE_DATA_MAX])
{
    const struct usher_subnet *s = &m->net.keys.subnets[turn / IDENTITY_KINDS];
    bool node = turn % IDENTITY_KINDS != 0;
    uint8_t random[8];

    if (!s->used || (node ? s->identity != 1 : m->net.proxy != PROXY_ON)) {
        return 0;
    }
    if (!node) {
        return identity_network_id(keys_tx(s), out);
    }
    return node_random(g->node, random, sizeof(random)) == USHER_OK
               ? identity_node(m->net.crypto, keys_tx(s), m->net.address, random, out)
               : 0;
}

bool proxy_offers(const struct usher_gatt *g)
{
    const struct usher_mesh *m = proxy_node(g);

    if (m == NULL || (m->net.features & USHER_FEATURE_PROXY) == 0) {
        return false;
    }
    for (uint16_t i = 0; i < m->net.keys.subnet_count; i++) {
        if (m->net.keys.subnets[i].used && m->net.keys.subnets[i].identity == 1) {
            return true;
        }
    }
    return m->net.proxy == PROXY_ON;
}

uint8_t proxy_service_data(struct usher_gatt *g, uint8_t data[PROXY_SERVICE_DATA_MAX])
{
    const struct usher_mesh *m = proxy_node(g);
    unsigned turns;
    uint8_t len = 0;

    if (m == NULL || !proxy_offers(g)) {
        return 0;
    }
    turns = m->net.keys.subnet_count * IDENTITY_KINDS;
    for (unsigned i = 0; len == 0 && i < turns; i++) {
        unsigned turn = (g->adv_turn + i) % turns;

        len = service_data(g, m, turn, data);
        if (len != 0) {
            g->adv_turn = (uint16_t)((turn + 1) % turns);
        }
    }
    return len;
}

enum usher_err usher_node_identity(struct usher_gatt *g, uint16_t net_index)
{
    struct usher_mesh *m = proxy_node(g);
    struct usher_subnet *s = m != NULL ? keys_subnet(&m->net.keys, net_index) : NULL;

    if (m != NULL && (m->net.features & USHER_FEATURE_PROXY) == 0) {
        return USHER_E_UNSUPPORTED;
    }
    if (s == NULL) {
        return USHER_E_NOT_FOUND;
    }
    identity_set(s, usher_mesh_now(m), true);
    node_drain(g->node);
    return USHER_OK;
}

/* -- finding a proxy --------------------------------------------------------------------------- */

/* Whether service data are what this key and node would advertise; address 0: the network's own. */
static bool is_of(const struct usher_crypto *c, const struct usher_net_keys *k, uint16_t address,
                  const uint8_t *data, size_t len)
{
    uint8_t expected[PROXY_SERVICE_DATA_MAX] = { 0 };
    uint8_t expected_len = 0;
    bool node = address != USHER_ADDR_UNASSIGNED;

    if (len == 0) {
        return false;
    }
    if (data[0] == IDENTITY_NETWORK_ID && !node) {
        expected_len = identity_network_id(k, expected);
    } else if (len != PROXY_SERVICE_DATA_MAX) {
        return false;
    } else if (data[0] == IDENTITY_NODE && node) {
        expected_len = identity_node(c, k, address, data + RANDOM_AT, expected);
    } else if (data[0] == IDENTITY_PRIVATE_NETWORK && !node) {
        expected_len = identity_private_network(c, k, data + RANDOM_AT, expected);
    } else if (data[0] == IDENTITY_PRIVATE_NODE && node) {
        expected_len = identity_private_node(c, k, address, data + RANDOM_AT, expected);
    }
    return expected_len == len && memcmp(expected, data, len) == 0;
}

static bool is_of_subnet(const struct usher_crypto *c, const struct usher_subnet *s,
                         uint16_t address, const uint8_t *data, size_t len)
{
    return s->used && (is_of(c, &s->key[0], address, data, len) ||
                       (s->phase != 0 && is_of(c, &s->key[1], address, data, len)));
}

/* The one of ours that advertised these data, and which node it is. */
static const struct usher_subnet *heard_from(const struct usher_gatt *g, const struct usher_mesh *m,
                                             const uint8_t *data, size_t len, uint16_t *address)
{
    for (uint16_t i = 0; i < m->net.keys.subnet_count; i++) {
        const struct usher_subnet *s = &m->net.keys.subnets[i];

        *address = USHER_ADDR_UNASSIGNED;
        if (is_of_subnet(m->net.crypto, s, *address, data, len)) {
            return s;
        }
        for (uint8_t k = 0; k < g->wanted_count; k++) {
            *address = g->wanted[k];
            if (is_of_subnet(m->net.crypto, s, *address, data, len)) {
                return s;
            }
        }
    }
    return NULL;
}

void proxy_heard(struct usher_gatt *g, const struct usher_adv_report *report, const uint8_t *data,
                 size_t len)
{
    struct usher_gatt_event e = { .type = USHER_GATT_EVT_PROXY_RECEIVED };
    const struct usher_mesh *m = proxy_node(g);
    const struct usher_subnet *s;
    uint16_t address;

    if (m == NULL || !g->scanning) {
        return;
    }
    s = heard_from(g, m, data, len, &address);
    if (s == NULL) {
        return;
    }
    e.params.proxy.peer.type = report->addr_type;
    memcpy(e.params.proxy.peer.addr, report->addr, sizeof(report->addr));
    e.params.proxy.rssi = report->rssi;
    e.params.proxy.net_index = s->index;
    e.params.proxy.address = address;
    proxy_tell(g, &e);
}

void usher_proxy_scan(struct usher_gatt *g, bool on, const uint16_t *nodes, unsigned count)
{
    g->scanning = on;
    g->wanted_count = 0;
    for (unsigned i = 0; on && i < count && i < USHER_PROXY_WANTED; i++) {
        g->wanted[g->wanted_count++] = nodes[i];
    }
    node_drain(g->node);
}
