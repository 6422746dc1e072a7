/*
 * The Mesh Proxy (Mesh Protocol 1.1, sections 6.4 to 6.7): what goes over connections to the Mesh
 * Proxy Service, as its server and as its client. The protocol's messages and filters are in
 * src/net/proxy.c, how a proxy is found is in proxy_ad.c, what connections are made of is gatt.c's,
 * which calls this file.
 *
 * Nothing is pushed here from below: in its turn the proxy takes what the network layer has queued,
 * and gives it to the connections that are to get it. What finds a connection's queue full is lost
 * for it, as on the air. Beacons wait in no queue: they are made when there is room for them.
 */
#include "gatt.h"

#include "keys.h"
#include "mesh.h"
#include "proxy.h"
#include "secbeacon.h"

#include <assert.h>
#include <string.h>

#define GREETING_MS 1000u /* how long a client waits for the server's beacon */
#define SHUT_MS 1000u     /* what the end of connections leaves for the answer to its cause */
/* Addresses of a client's first filter: what its queue has room for. */
#define FILTER_BEGIN_MAX 32u

static_assert((FILTER_BEGIN_MAX + PROXY_ADDRESSES_MAX - 1) / PROXY_ADDRESSES_MAX <=
                  USHER_PROXY_QUEUE,
              "a client's first filter does not fit into its queue");

struct usher_mesh *proxy_node(const struct usher_gatt *g)
{
    struct usher_mesh *m = g->node->mesh;

    return m != NULL && mesh_is_node(m) && !m->no_gatt ? m : NULL;
}

static bool is_open(const struct usher_gatt_link *l)
{
    return l->state == GATT_LINK_PROXY;
}

/* Also one that is still to be made. */
static bool is_proxy(const struct usher_gatt_link *l)
{
    return is_open(l) || (l->state == GATT_LINK_OPENING && l->is.service == USHER_GATT_PROXY);
}

static struct usher_gatt_link *link_find(struct usher_gatt *g, uint8_t conn)
{
    struct usher_gatt_link *l = gatt_link_of(g, conn);

    return l != NULL && is_proxy(l) ? l : NULL;
}

void proxy_tell(struct usher_gatt *g, const struct usher_gatt_event *event)
{
    if (g->config.handler != NULL) {
        g->config.handler(g->config.user, g, event);
    }
}

/* -- what waits for a connection --------------------------------------------------------------- */

static unsigned room(const struct usher_gatt_link *l)
{
    return USHER_PROXY_QUEUE - (unsigned)l->queue_count;
}

static void push(struct usher_gatt_link *l, enum proxy_type type, const uint8_t *pdu, uint8_t len)
{
    unsigned at = ((unsigned)l->queue_at + l->queue_count) % USHER_PROXY_QUEUE;

    if (len != 0 && room(l) != 0) {
        l->queue[at].type = (uint8_t)type;
        l->queue[at].len = len;
        memcpy(l->queue[at].pdu, pdu, len);
        l->queue_count++;
    }
}

static uint8_t pop(struct usher_gatt_link *l, uint8_t *type, uint8_t pdu[PROXY_MESH_MAX])
{
    uint8_t len, at = l->queue_at;

    if (l->queue_count == 0) {
        return 0;
    }
    *type = l->queue[at].type;
    len = l->queue[at].len;
    memcpy(pdu, l->queue[at].pdu, len);
    l->queue_at = (uint8_t)((at + 1u) % USHER_PROXY_QUEUE);
    l->queue_count--;
    return len;
}

/* The beacon of the next subnet that the peer has not been told of; 0: there is none. */
static uint8_t next_beacon(struct usher_gatt *g, const struct usher_mesh *m,
                           struct usher_gatt_link *l, uint8_t pdu[PRIVBEACON_LEN])
{
    const struct usher_net *n = &m->net;
    uint8_t random[16]; /* more than is needed: node_random() sees whether it repeats */
    uint8_t len = 0;

    if (l->beacon_news != n->beacon_news) {
        l->beacon_news = n->beacon_news;
        l->beacon_at = 0;
    }
    while (len == 0 && l->beacon_at < n->keys.subnet_count) {
        const struct usher_subnet *s = &n->keys.subnets[l->beacon_at++];

        if (s->used && node_random(g->node, random, sizeof(random)) == USHER_OK) {
            len = secbeacon_proxied(n, s, random, pdu);
        }
    }
    return len;
}

uint8_t proxy_link_next(struct usher_gatt *g, struct usher_gatt_link *l, uint8_t *type,
                        uint8_t pdu[PROXY_MESH_MAX])
{
    const struct usher_mesh *m = proxy_node(g);
    uint8_t len;

    if (m == NULL || !is_open(l) || !l->flows) {
        return 0;
    }
    len = next_beacon(g, m, l, pdu);
    if (len != 0) {
        *type = PROXY_BEACON;
        return len;
    }
    return pop(l, type, pdu);
}

/* Network PDUs of ours and relayed ones, to every connection that is to get them. */
static void distribute(struct usher_gatt *g, struct usher_net *n)
{
    struct net_taken taken;

    while (n->proxied && net_take(n, &taken)) {
        for (uint8_t i = 0; i < g->config.link_count; i++) {
            struct usher_gatt_link *l = &g->config.links[i];

            if (is_open(l) && l->flows && l->is.conn + 1 != taken.from &&
                (!l->is.server || proxy_filter_passes(&l->filter, taken.dst))) {
                push(l, PROXY_NETWORK, taken.pdu, taken.len);
            }
        }
    }
}

/* -- received ---------------------------------------------------------------------------------- */

static void tell_filter(struct usher_gatt *g, const struct usher_gatt_link *l,
                        const struct proxy_message *status)
{
    struct usher_gatt_event e = { .type = USHER_GATT_EVT_FILTER };

    e.params.filter.conn = l->is.conn;
    e.params.filter.type = status->type;
    e.params.filter.list_size = status->list_size;
    proxy_tell(g, &e);
}

static void rx_configuration(struct usher_gatt *g, struct usher_mesh *m, struct usher_gatt_link *l,
                             const uint8_t *pdu, size_t len)
{
    struct proxy_message message;
    uint8_t answer[NET_PDU_MAX];
    uint16_t net_index;

    m->now = usher_mesh_now(m);
    if (l->is.server) {
        push(l, PROXY_CONFIGURATION, answer, proxy_serve(&m->net, &l->filter, pdu, len, answer));
        mesh_rpl_changed(m);
    } else if (proxy_open(&m->net, pdu, len, &message, &net_index)) {
        mesh_rpl_changed(m);
        if (message.opcode == PROXY_FILTER_STATUS) {
            tell_filter(g, l, &message);
        }
    }
}

static void rx_beacon(struct usher_mesh *m, struct usher_gatt_link *l, const uint8_t *pdu,
                      size_t len)
{
    uint8_t beacon[PROXY_MESH_MAX];
    uint16_t net_index;

    if (len > sizeof(beacon)) {
        return;
    }
    /* The application is told of the beacon, and may end the connection, where these octets are. */
    memcpy(beacon, pdu, len);
    if (m->acts->in_proxied_beacon(m, beacon, len, &net_index) && !l->greeted) {
        l->greeted = true;
        l->net_index = net_index;
    }
}

void proxy_link_rx(struct usher_gatt *g, struct usher_gatt_link *l, uint8_t type,
                   const uint8_t *pdu, size_t len)
{
    struct usher_mesh *m = proxy_node(g);

    if (m == NULL) {
        return;
    }
    switch (type) {
    case PROXY_NETWORK: /* a source of 0 changes no filter */
        proxy_filter_heard(&l->filter, m->acts->in_proxied(m, l->is.conn, pdu, len));
        break;
    case PROXY_BEACON:
        rx_beacon(m, l, pdu, len);
        break;
    case PROXY_CONFIGURATION:
        rx_configuration(g, m, l, pdu, len);
        break;
    default:
        break;
    }
}

/* -- a client's filter ------------------------------------------------------------------------- */

/* @retval false  It could not be sealed. */
static bool send_message(struct usher_mesh *m, struct usher_gatt_link *l,
                         struct proxy_message *message)
{
    uint8_t pdu[NET_PDU_MAX];
    uint8_t len = proxy_seal(&m->net, l->net_index, message, pdu);

    push(l, PROXY_CONFIGURATION, pdu, len);
    return len != 0;
}

static bool send_addresses(struct usher_mesh *m, struct usher_gatt_link *l,
                           const uint16_t *addresses, unsigned count)
{
    struct proxy_message message = { .opcode = PROXY_ADD_ADDRESSES };
    bool sent = true;

    while (sent && count != 0) {
        message.count = (uint8_t)(count < PROXY_ADDRESSES_MAX ? count : PROXY_ADDRESSES_MAX);
        memcpy(message.addresses, addresses, message.count * sizeof(addresses[0]));
        sent = send_message(m, l, &message);
        addresses += message.count;
        count -= message.count;
    }
    return sent;
}

/* The addresses that are for us, each once. */
struct ours {
    unsigned count;
    uint16_t addresses[FILTER_BEGIN_MAX];
};

static void ours_add(struct ours *o, uint16_t address)
{
    for (unsigned i = 0; i < o->count; i++) {
        if (o->addresses[i] == address) {
            return;
        }
    }
    if (address != USHER_ADDR_UNASSIGNED && o->count < FILTER_BEGIN_MAX) {
        o->addresses[o->count++] = address;
    }
}

static void ours_find(const struct usher_mesh *m, struct ours *o)
{
    const struct usher_mesh_config *c = &m->config;
    const struct usher_model *model;
    const uint8_t *label;
    uint16_t address;

    o->count = 0;
    ours_add(o, USHER_ADDR_ALL_NODES);
    for (unsigned i = 0; i < m->net.elements; i++) {
        ours_add(o, (uint16_t)(m->net.address + i));
    }
    ours_add(o, m->net.heartbeat.sub_dst);
    for (unsigned i = 0; (model = access_each(m, i)) != NULL; i++) {
        for (unsigned k = 0; k < USHER_SUBSCRIPTIONS; k++) {
            ours_add(o, model->subscriptions[k].address);
        }
    }
    for (unsigned i = 0; c->listens != NULL && c->listens(c->user, i, &address, &label); i++) {
        ours_add(o, address);
    }
}

/* The index of a subnet that we have, for a server that has told none. */
static uint16_t any_subnet(const struct usher_keys *k)
{
    uint16_t i = 0;

    while (i + 1 < k->subnet_count && !k->subnets[i].used) {
        i++;
    }
    return k->subnets[i].index;
}

/* The server's beacon has come, or is not waited for: now the connection is of use. */
static void client_begin(struct usher_mesh *m, struct usher_gatt_link *l)
{
    struct ours ours;

    if (!l->greeted) {
        l->greeted = true;
        l->net_index = any_subnet(&m->net.keys);
    }
    l->beacon_news = m->net.beacon_news;
    l->flows = true;
    ours_find(m, &ours);
    (void)send_addresses(m, l, ours.addresses, ours.count);
}

/* -- connections begin and end ----------------------------------------------------------------- */

void proxy_link_opened(struct usher_gatt *g, struct usher_gatt_link *l)
{
    const struct usher_mesh *m = proxy_node(g);

    proxy_filter_begin(&l->filter);
    if (m == NULL) {
        gatt_link_end(g, l);
        return;
    }
    l->beacon_news = m->net.beacon_news;
    if (l->is.server) {
        l->flows = true;
    } else {
        l->beacon_at = m->net.keys.subnet_count; /* it is the server that greets */
        l->greeting_until = g->node->port->now_ms(g->node->port->ctx) + GREETING_MS;
    }
}

void proxy_link_closed(struct usher_gatt_link *l)
{
    /* A client's attempt that failed is told, too; a server's is not, as nothing was before. */
    l->told = l->told || !l->is.server;
    l->state = GATT_LINK_ENDED;
}

static void end_all(struct usher_gatt *g, bool clients_too)
{
    for (uint8_t i = 0; i < g->config.link_count; i++) {
        struct usher_gatt_link *l = &g->config.links[i];

        if (is_proxy(l) && (clients_too || l->is.server)) {
            gatt_link_end(g, l);
        }
    }
}

static void set_proxied(struct usher_net *n, bool proxied)
{
    if (n->proxied != proxied) {
        net_bearers(n, !n->silent, proxied);
    }
}

/* -- its turn ---------------------------------------------------------------------------------- */

/* 7.2.2.2.3: who has provisioned us over PB-GATT finds the node again by its identity. */
static void run_identities(struct usher_gatt *g, struct usher_net *n, uint64_t now)
{
    bool introduce = g->introduce && (n->features & USHER_FEATURE_PROXY) != 0;

    g->introduce = false;
    for (uint16_t i = 0; i < n->keys.subnet_count; i++) {
        struct usher_subnet *s = &n->keys.subnets[i];

        if (s->used && introduce) {
            identity_set(s, now, true);
        } else if (s->used && s->identity != 0 && s->identity_until <= now) {
            identity_set(s, now, false);
        }
    }
}

/* 4.2.12: the clients of a proxy that is switched off are disconnected. */
static void run_state(struct usher_gatt *g, const struct usher_net *n, uint64_t now)
{
    if (g->proxy_was == PROXY_ON && n->proxy != PROXY_ON) {
        g->shut_at = now + SHUT_MS;
    }
    g->proxy_was = n->proxy;
    if (g->shut_at != 0 && g->shut_at <= now) {
        g->shut_at = 0;
        if (n->proxy != PROXY_ON) {
            end_all(g, false);
        }
    }
}

/* @retval true  There is a connection that carries Network PDUs. */
static bool run_links(struct usher_gatt *g, struct usher_mesh *m, uint64_t now)
{
    bool any = false;

    for (uint8_t i = 0; i < g->config.link_count; i++) {
        struct usher_gatt_link *l = &g->config.links[i];

        if (is_open(l) && !l->is.server && !l->flows && (l->greeted || l->greeting_until <= now)) {
            client_begin(m, l);
        }
        any = any || (is_open(l) && l->flows);
    }
    return any;
}

static void tell_link(struct usher_gatt *g, const struct usher_gatt_link *l,
                      enum usher_gatt_event_type type)
{
    struct usher_gatt_event e = { .type = type };

    e.params.connection.conn = l->is.conn;
    e.params.connection.server = l->is.server;
    e.params.connection.value_max = l->is.value_max;
    e.params.connection.peer = l->is.peer;
    proxy_tell(g, &e);
}

/* What has become of the connections. The handler may do anything to them. */
static void tell_links(struct usher_gatt *g)
{
    for (uint8_t i = 0; i < g->config.link_count; i++) {
        struct usher_gatt_link *l = &g->config.links[i];

        if (is_open(l) && l->flows && !l->told) {
            l->told = true;
            tell_link(g, l, USHER_GATT_EVT_CONNECTED);
        } else if (l->state == GATT_LINK_ENDED) {
            l->state = GATT_LINK_FREE;
            if (l->told) {
                tell_link(g, l, USHER_GATT_EVT_DISCONNECTED);
            }
        }
    }
}

void proxy_run(struct usher_gatt *g)
{
    struct usher_mesh *m = proxy_node(g);
    uint64_t now = g->node->now;

    if (m != NULL) {
        run_identities(g, &m->net, now);
        run_state(g, &m->net, now);
        set_proxied(&m->net, run_links(g, m, now));
        distribute(g, &m->net);
    } else {
        end_all(g, true);
        g->shut_at = 0;
        if (g->node->mesh != NULL) {
            set_proxied(&g->node->mesh->net, false);
        }
    }
    tell_links(g);
}

uint64_t proxy_deadline(const struct usher_gatt *g)
{
    const struct usher_mesh *m = proxy_node(g);
    uint64_t at = g->shut_at != 0 ? g->shut_at : USHER_NEVER;

    if (m == NULL) {
        return USHER_NEVER;
    }
    for (uint16_t i = 0; i < m->net.keys.subnet_count; i++) {
        const struct usher_subnet *s = &m->net.keys.subnets[i];

        at = s->used && s->identity != 0 ? node_sooner(at, s->identity_until) : at;
    }
    for (uint8_t i = 0; i < g->config.link_count; i++) {
        const struct usher_gatt_link *l = &g->config.links[i];

        if (is_open(l) && !l->is.server && !l->flows) {
            at = node_sooner(at, l->greeting_until);
        }
    }
    return at;
}

/* -- the application's calls ------------------------------------------------------------------- */

enum usher_err usher_proxy_connect(struct usher_gatt *g, const struct usher_ble_addr *peer,
                                   uint8_t *conn)
{
    struct usher_gatt_link *l;
    enum usher_err err = USHER_E_STATE;

    if (proxy_node(g) != NULL) {
        err = gatt_link_begin(g, peer, USHER_GATT_PROXY, &l);
    }
    if (err == USHER_OK) {
        *conn = l->is.conn;
    }
    return err;
}

enum usher_err usher_proxy_disconnect(struct usher_gatt *g, uint8_t conn)
{
    struct usher_gatt_link *l = link_find(g, conn);

    if (l == NULL) {
        return USHER_E_NOT_FOUND;
    }
    gatt_link_end(g, l);
    node_drain(g->node);
    return USHER_OK;
}

enum usher_err usher_proxy_filter_set(struct usher_gatt *g, uint8_t conn, uint8_t type,
                                      const uint16_t *addresses, unsigned count)
{
    struct proxy_message message = { .opcode = PROXY_SET_FILTER_TYPE, .type = type };
    struct usher_gatt_link *l = link_find(g, conn);
    struct usher_mesh *m = proxy_node(g);
    bool sent;

    if (l == NULL || m == NULL || l->is.server || !l->flows) {
        return USHER_E_NOT_FOUND;
    }
    if (type > PROXY_REJECT_LIST) {
        return USHER_E_PARAM;
    }
    distribute(g, &m->net); /* what has lower sequence numbers goes first */
    if (1 + (count + PROXY_ADDRESSES_MAX - 1) / PROXY_ADDRESSES_MAX > room(l)) {
        return USHER_E_NO_MEM;
    }
    sent = send_message(m, l, &message) && send_addresses(m, l, addresses, count);
    node_drain(g->node);
    return sent ? USHER_OK : USHER_E_RESOURCES;
}
