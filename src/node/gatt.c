/*
 * GATT in the instance (usher/gatt.h): the table of connections, PDUs through segmentation to the
 * session or to the proxy (proxy.c) and back, which service is offered, and how it is found: by
 * connectable advertisements with service data (Mesh Protocol 1.1, sections 6.3, 7.1 and 7.2). The
 * instance calls it through struct usher_gatt_acts. Whether a link runs PB-GATT or Proxy, what
 * comes over it is read the same way, and what is against the rules ends the connection.
 */
#include "gatt.h"

#include "beacon.h"
#include "io.h"
#include "pb_gatt.h"

#include <string.h>

#define CONNECT_MS 30000u /* our patience, beside the port's */
#define ADV_INTERVAL_MS 200u
#define ADV_SPREAD_MS 10u /* random, on top of each interval */

#define AD_TYPE_FLAGS 0x01
#define AD_TYPE_UUIDS 0x03 /* complete list of 16-bit service UUIDs */
#define AD_TYPE_SERVICE_DATA 0x16
#define FLAGS 0x06  /* LE General Discoverable, BR/EDR not supported */
#define AD_HEAD 11u /* octets of an advertisement before its service data */

static const struct usher_port *port_of(const struct usher_gatt *g)
{
    return g->node->port;
}

static uint64_t clock_now(const struct usher_gatt *g)
{
    return port_of(g)->now_ms(port_of(g)->ctx);
}

/* -- connections ------------------------------------------------------------------------------- */

static bool alive(const struct usher_gatt_link *l)
{
    return l->state == GATT_LINK_OPENING || l->state == GATT_LINK_PROVISIONING ||
           l->state == GATT_LINK_PROXY;
}

struct usher_gatt_link *gatt_link_of(struct usher_gatt *g, uint8_t conn)
{
    for (uint8_t i = 0; i < g->config.link_count; i++) {
        struct usher_gatt_link *l = &g->config.links[i];

        if (alive(l) && l->is.conn == conn) {
            return l;
        }
    }
    return NULL;
}

static struct usher_gatt_link *free_link(const struct usher_gatt *g)
{
    for (uint8_t i = 0; i < g->config.link_count; i++) {
        if (g->config.links[i].state == GATT_LINK_FREE) {
            return &g->config.links[i];
        }
    }
    return NULL;
}

static void link_take(struct usher_gatt_link *l, enum gatt_link_state state,
                      const struct usher_gatt_opened *is)
{
    memset(l, 0, sizeof(*l));
    l->state = (uint8_t)state;
    l->is = *is;
    l->deadline = USHER_NEVER;
    proxy_sar_init(&l->sar, is->value_max);
}

/* The connection is no more, and the port knows. */
static void link_lost(struct usher_gatt *g, struct usher_gatt_link *l, enum usher_close_reason why)
{
    struct usher_session *s = l->session;

    if (s == NULL) {
        proxy_link_closed(l);
        return;
    }
    g->introduce = g->introduce || (l->is.server && s->link.gatt.complete);
    memset(l, 0, sizeof(*l)); /* free */
    pb_gatt_lost(&s->link.gatt, (uint8_t)why);
    g->node->again = true;
}

static void link_end(struct usher_gatt *g, struct usher_gatt_link *l, enum usher_close_reason why)
{
    port_of(g)->gatt_disconnect(port_of(g)->ctx, l->is.conn);
    link_lost(g, l, why);
}

void gatt_link_end(struct usher_gatt *g, struct usher_gatt_link *l)
{
    link_end(g, l, USHER_CLOSE_ERROR);
}

enum usher_err gatt_link_begin(struct usher_gatt *g, const struct usher_ble_addr *peer,
                               enum usher_gatt_service service, struct usher_gatt_link **l)
{
    const struct usher_port *port = port_of(g);
    struct usher_gatt_opened is = { .service = service, .peer = *peer };
    struct usher_gatt_link *link = free_link(g);
    enum usher_err err;

    if (g->node->silent) {
        return USHER_E_STATE;
    }
    if (link == NULL) {
        return USHER_E_RESOURCES;
    }
    err = port->gatt_connect(port->ctx, peer, service, &is.conn);
    if (err != USHER_OK) {
        return err;
    }
    link_take(link, GATT_LINK_OPENING, &is);
    link->deadline = clock_now(g) + CONNECT_MS;
    *l = link;
    return USHER_OK;
}

/* -- sessions ---------------------------------------------------------------------------------- */

/* The session that waits for a client of PB-GATT. */
static struct usher_session *listener(const struct usher_gatt *g)
{
    struct usher_session *s = g->node->sessions;

    while (s != NULL && (s->state != SESSION_LISTENING || (s->bearers & USHER_BEARER_GATT) == 0)) {
        s = s->next;
    }
    return s;
}

static void listen(struct usher_gatt *g, struct usher_session *s)
{
    (void)g;
    s->bearer = &pb_gatt_acts;
    pb_gatt_listen(&s->link.gatt);
}

static enum usher_err provision(struct usher_gatt *g, struct usher_session *s,
                                const struct usher_ble_addr *peer)
{
    struct usher_gatt_link *l;
    enum usher_err err = gatt_link_begin(g, peer, USHER_GATT_PROVISIONING, &l);

    if (err == USHER_OK) {
        s->bearer = &pb_gatt_acts;
        pb_gatt_open(&s->link.gatt);
        l->session = s;
    }
    return err;
}

/* -- inputs ------------------------------------------------------------------------------------ */

static void refuse(const struct usher_gatt *g, uint8_t conn)
{
    port_of(g)->gatt_disconnect(port_of(g)->ctx, conn);
}

/* A client has come: to the session that listens, or to the proxy. */
static void opened_server(struct usher_gatt *g, const struct usher_gatt_opened *is)
{
    struct usher_session *s = is->service == USHER_GATT_PROVISIONING ? listener(g) : NULL;
    struct usher_gatt_link *l = free_link(g);

    if (l != NULL && s != NULL) {
        link_take(l, GATT_LINK_PROVISIONING, is);
        l->session = s;
        listen(g, s); /* not on PB-ADV any more */
        pb_gatt_opened(&s->link.gatt, clock_now(g));
    } else if (l != NULL && is->service == USHER_GATT_PROXY && proxy_offers(g)) {
        link_take(l, GATT_LINK_PROXY, is);
        proxy_link_opened(g, l);
    } else {
        refuse(g, is->conn);
    }
}

static void opened_client(struct usher_gatt *g, struct usher_gatt_link *l,
                          const struct usher_gatt_opened *is)
{
    struct usher_session *s = l->session;

    link_take(l, s != NULL ? GATT_LINK_PROVISIONING : GATT_LINK_PROXY, is);
    l->session = s;
    if (s != NULL) {
        pb_gatt_opened(&s->link.gatt, clock_now(g));
    } else {
        proxy_link_opened(g, l);
    }
}

static void opened(struct usher_gatt *g, const struct usher_gatt_opened *is)
{
    struct usher_gatt_link *l = gatt_link_of(g, is->conn);
    bool fits = is->value_max >= PROXY_VALUE_MIN && is->value_max <= PROXY_VALUE_MAX;

    if (l == NULL) {
        if (is->server && !g->node->silent && fits) {
            opened_server(g, is);
        } else {
            refuse(g, is->conn);
        }
    } else if (l->state == GATT_LINK_OPENING && !is->server && is->service == l->is.service &&
               fits) {
        opened_client(g, l, is);
    } else {
        gatt_link_end(g, l);
    }
}

static void data_provisioning(struct usher_gatt *g, struct usher_gatt_link *l,
                              const struct proxy_pdu *p)
{
    struct usher_pb_gatt *link = &l->session->link.gatt;

    if (p->type != PROXY_PROVISIONING) { /* 5.2.2: not of this service, ignored */
        link->stats.dropped++;
    } else if (pb_gatt_rx(link, p->pdu, p->len) != USHER_OK) {
        gatt_link_end(g, l);
    }
}

static void data_proxy(struct usher_gatt *g, struct usher_gatt_link *l, const struct proxy_pdu *p)
{
    if (g->config.heard != NULL) {
        g->config.heard(g->config.user, g, l->is.conn);
    }
    proxy_link_rx(g, l, p->type, p->pdu, p->len);
}

static void data(struct usher_gatt *g, uint8_t conn, const uint8_t *value, size_t len)
{
    struct usher_gatt_link *l = gatt_link_of(g, conn);
    struct proxy_pdu p;

    if (l == NULL || l->state == GATT_LINK_OPENING) {
        return;
    }
    if (l->session != NULL) {
        l->session->link.gatt.stats.rx++;
    }
    switch (proxy_sar_rx(&l->sar, clock_now(g), value, len, &p)) {
    case PROXY_SAR_PDU:
        if (l->session != NULL) {
            data_provisioning(g, l, &p);
        } else if (p.type != PROXY_PROVISIONING) {
            data_proxy(g, l, &p);
        }
        break;
    case PROXY_SAR_ERROR:
        gatt_link_end(g, l);
        break;
    default:
        break;
    }
}

static void closed(struct usher_gatt *g, uint8_t conn)
{
    struct usher_gatt_link *l = gatt_link_of(g, conn);

    if (l != NULL) {
        link_lost(g, l, USHER_CLOSE_ERROR);
    }
}

/* -- its turn ---------------------------------------------------------------------------------- */

/* Ends what has to end now. */
static void link_check(struct usher_gatt *g, struct usher_gatt_link *l, uint64_t now)
{
    if (!alive(l)) {
        return;
    }
    if (g->node->silent || (l->session != NULL && pb_gatt_ending(&l->session->link.gatt))) {
        link_end(g, l, USHER_CLOSE_ERROR);
    } else if (now >= l->deadline || now >= proxy_sar_deadline(&l->sar)) {
        link_end(g, l, USHER_CLOSE_TIMEOUT);
    }
}

/* @retval false  There is nothing to send. */
static bool load(struct usher_gatt *g, struct usher_gatt_link *l)
{
    uint8_t mesh[PROXY_MESH_MAX], type = PROXY_PROVISIONING;
    const uint8_t *pdu = mesh;
    uint16_t len;

    if (proxy_sar_busy(&l->sar)) {
        return true;
    }
    if (l->session != NULL) {
        len = pb_gatt_next(&l->session->link.gatt, &pdu);
    } else {
        len = proxy_link_next(g, l, &type, mesh);
    }
    return proxy_sar_send(&l->sar, (enum proxy_type)type, pdu, len) == USHER_OK;
}

static void value_sent(struct usher_gatt *g, struct usher_gatt_link *l)
{
    proxy_sar_sent(&l->sar);
    if (l->session != NULL) {
        l->session->link.gatt.stats.tx++;
        if (!proxy_sar_busy(&l->sar)) {
            pb_gatt_sent(&l->session->link.gatt);
            g->node->again = true;
        }
    }
}

/* Hands values to the port for as long as it has room. */
static void link_send(struct usher_gatt *g, struct usher_gatt_link *l)
{
    const struct usher_port *port = port_of(g);
    uint8_t value[PROXY_VALUE_MAX];
    enum usher_err err = USHER_OK;

    while (err == USHER_OK && load(g, l)) {
        uint8_t len = proxy_sar_next(&l->sar, value);

        err = port->gatt_send(port->ctx, l->is.conn, value, len);
        if (err == USHER_OK) {
            value_sent(g, l);
        }
    }
    if (err != USHER_OK && err != USHER_E_BUSY) {
        gatt_link_end(g, l);
    }
}

static bool serves_client(const struct usher_gatt *g)
{
    for (uint8_t i = 0; i < g->config.link_count; i++) {
        const struct usher_gatt_link *l = &g->config.links[i];

        if (l->state == GATT_LINK_PROVISIONING && l->is.server) {
            return true;
        }
    }
    return false;
}

/* A session that is under way keeps its service, so the client is not told that it has gone. */
static enum usher_gatt_service wanted_service(const struct usher_gatt *g)
{
    if (g->node->silent) {
        return USHER_GATT_NONE;
    }
    if (listener(g) != NULL || serves_client(g)) {
        return USHER_GATT_PROVISIONING;
    }
    return proxy_offers(g) ? USHER_GATT_PROXY : USHER_GATT_NONE;
}

static uint8_t draw(const struct usher_gatt *g)
{
    uint8_t random = 0;

    (void)node_random(g->node, &random, sizeof(random));
    return random;
}

static void serve(struct usher_gatt *g)
{
    enum usher_gatt_service service = wanted_service(g);

    if (service != g->serving) {
        g->serving = service;
        port_of(g)->gatt_serve(port_of(g)->ctx, service);
        /* Many devices that are switched on together do not advertise together. */
        g->adv_at = g->node->now + (uint64_t)draw(g) * g->config.adv_interval_ms / 256;
    }
}

static void run(struct usher *u)
{
    struct usher_gatt *g = u->gatt;

    for (uint8_t i = 0; i < g->config.link_count; i++) {
        link_check(g, &g->config.links[i], u->now);
    }
    proxy_run(g);
    for (uint8_t i = 0; i < g->config.link_count; i++) {
        uint8_t state = g->config.links[i].state;

        if (state == GATT_LINK_PROVISIONING || state == GATT_LINK_PROXY) {
            link_send(g, &g->config.links[i]);
        }
    }
    serve(g);
}

static uint64_t deadline(const struct usher *u)
{
    const struct usher_gatt *g = u->gatt;
    uint64_t at = proxy_deadline(g);

    for (uint8_t i = 0; i < g->config.link_count; i++) {
        const struct usher_gatt_link *l = &g->config.links[i];

        if (alive(l)) {
            at = node_sooner(at, node_sooner(l->deadline, proxy_sar_deadline(&l->sar)));
        }
    }
    return at;
}

/* -- advertising ------------------------------------------------------------------------------- */

/* A session that has its client, and a node whose connections are all in use, is not offered. */
static bool offered(const struct usher_gatt *g)
{
    return free_link(g) != NULL && (g->serving == USHER_GATT_PROXY ||
                                    (g->serving == USHER_GATT_PROVISIONING && listener(g) != NULL));
}

static uint64_t ad_due(const struct usher *u)
{
    return offered(u->gatt) ? u->gatt->adv_at : USHER_NEVER;
}

/* What the service says of the unprovisioned device (7.1.2.2.1), or of the node. 0: nothing */
static uint8_t service_data(struct usher_gatt *g, uint8_t *data)
{
    if (g->serving == USHER_GATT_PROXY) {
        return proxy_service_data(g, data);
    }
    memcpy(data, device_beacon_facts(g->node), DEVICE_BEACON_FACTS);
    return DEVICE_BEACON_FACTS;
}

static uint8_t next_ad(struct usher *u, uint8_t ad[USHER_AD_MAX])
{
    struct usher_gatt *g = u->gatt;
    const uint8_t low = g->serving & 0xFF, high = g->serving >> 8;
    const uint8_t len = service_data(g, ad + AD_HEAD);
    const uint8_t head[AD_HEAD] = {
        2,
        AD_TYPE_FLAGS,
        FLAGS,
        3,
        AD_TYPE_UUIDS,
        low,
        high,
        (uint8_t)(3 + len),
        AD_TYPE_SERVICE_DATA,
        low,
        high,
    };

    g->adv_at = u->now + g->config.adv_interval_ms + draw(g) % (ADV_SPREAD_MS + 1);
    memcpy(ad, head, sizeof(head));
    return len != 0 ? (uint8_t)(sizeof(head) + len) : 0;
}

/* -- scanning ---------------------------------------------------------------------------------- */

static unsigned scan(const struct usher *u)
{
    return u->scanning || u->gatt->scanning ? USHER_SCAN_GATT : USHER_SCAN_OFF;
}

/* Service data of an unprovisioned device; some add the URI Hash. */
static void heard_device(struct usher *u, const struct usher_adv_report *report,
                         const uint8_t *data, size_t len)
{
    struct io io = io_reader(data, len);
    struct beacon b = { .has_hash = len > DEVICE_BEACON_FACTS };

    io_bytes(&io, b.uuid, sizeof(b.uuid));
    io_be16(&io, &b.oob_info);
    if (b.has_hash) {
        io_bytes(&io, b.hash, sizeof(b.hash));
    }
    if (io_done(&io)) {
        scan_found(u, &b, report, true);
    }
}

static void in_ad(struct usher *u, const struct node_ad *ad)
{
    uint16_t uuid;

    if (ad->type != AD_TYPE_SERVICE_DATA || ad->len < sizeof(uuid)) {
        return;
    }
    uuid = (uint16_t)(ad->data[0] | ad->data[1] << 8);
    if (uuid == USHER_GATT_PROVISIONING) {
        heard_device(u, ad->report, ad->data + sizeof(uuid), ad->len - sizeof(uuid));
    } else if (uuid == USHER_GATT_PROXY) {
        proxy_heard(u->gatt, ad->report, ad->data + sizeof(uuid), ad->len - sizeof(uuid));
    }
}

/* -- making and ending ------------------------------------------------------------------------- */

static void deinit(struct usher *u)
{
    struct usher_gatt *g = u->gatt;

    for (uint8_t i = 0; i < g->config.link_count; i++) {
        struct usher_gatt_link *l = &g->config.links[i];

        if (alive(l)) {
            port_of(g)->gatt_disconnect(port_of(g)->ctx, l->is.conn);
        }
        memset(l, 0, sizeof(*l));
    }
    if (g->serving != USHER_GATT_NONE) {
        port_of(g)->gatt_serve(port_of(g)->ctx, USHER_GATT_NONE);
    }
    g->serving = USHER_GATT_NONE;
    g->scanning = false;
}

static const struct usher_gatt_acts gatt_acts = {
    .opened = opened,
    .data = data,
    .closed = closed,
    .provision = provision,
    .listen = listen,
};

static const struct usher_part gatt_part = {
    .adv = USHER_ADV_IND,
    .background = true,
    .ad_due = ad_due,
    .next_ad = next_ad,
    .scan = scan,
    .in_ad = in_ad,
    .run = run,
    .deadline = deadline,
    .deinit = deinit,
};

enum usher_err usher_gatt_init(struct usher_gatt *g, struct usher *u,
                               const struct usher_gatt_config *config)
{
    const struct usher_port *port;

    if (g == NULL || u == NULL || config == NULL || config->links == NULL ||
        config->link_count == 0) {
        return USHER_E_NULL;
    }
    port = u->port;
    if (port->gatt_conns == 0 || port->gatt_serve == NULL || port->gatt_connect == NULL ||
        port->gatt_disconnect == NULL || port->gatt_send == NULL) {
        return USHER_E_UNSUPPORTED;
    }
    memset(g, 0, sizeof(*g));
    g->node = u;
    g->acts = &gatt_acts;
    g->config = *config;
    if (g->config.adv_interval_ms == 0) {
        g->config.adv_interval_ms = ADV_INTERVAL_MS;
    }
    memset(config->links, 0, config->link_count * sizeof(*config->links));
    u->gatt = g;
    u->parts[USHER_PART_GATT] = &gatt_part;
    return USHER_OK;
}
