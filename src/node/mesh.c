/*
 * The node's turn in the instance's round (node.c): what was received goes up through transport to
 * the models, timers run, and what has changed is stored before anything that was sent in the same
 * round leaves. Then the application is told. mesh_calls.c has its calls.
 */
#include "mesh.h"

#include "iv.h"
#include "node.h"
#include "rpl.h"
#include "secbeacon.h"
#include "store.h"

#define BEACON_AUTH 8u   /* octets at the end of beacons of either kind */
#define RANDOM_DRAWN 16u /* more than a beacon needs: node_random() sees whether it repeats */
#define STORE_RETRY_MS 1000u
#define IV_STORE_MS (60u * 60 * 1000) /* how exactly the age of the IV state survives a restart */
#define SEQ_SCARCE 0xC00000u          /* a quarter is left: time for an IV Update (3.8.4) */

static const struct usher_port *port_of(const struct usher_mesh *m)
{
    return m->node->port;
}

static void tell(struct usher_mesh *m, const struct usher_mesh_event *e)
{
    if (m->config.handler != NULL) {
        m->config.handler(m->config.user, m, e);
    }
}

/* -- for the models ---------------------------------------------------------------------------- */

static uint64_t clock_now(struct usher_mesh *m)
{
    return port_of(m)->now_ms(port_of(m)->ctx);
}

static void alarm(struct usher_mesh *m)
{
    node_alarm(m->node);
}

/* -- storage ----------------------------------------------------------------------------------- */

static void storage_failed(struct usher_mesh *m, enum usher_err err)
{
    struct usher_mesh_event e = { .type = USHER_MESH_EVT_STORAGE };

    m->store_retry_at = m->now + STORE_RETRY_MS;
    e.params.storage.err = err;
    tell(m, &e);
}

enum usher_err mesh_reserve_seq(struct usher_mesh *m)
{
    return iv_seq_low(&m->net.iv) ? store_reserve_seq(m, port_of(m)) : USHER_OK;
}

/* Everything that is due; after a failure not before its time. */
static void store(struct usher_mesh *m)
{
    enum usher_err err = USHER_OK;

    if (m->now < m->store_retry_at) {
        return;
    }
    m->store_retry_at = 0;
    if (m->now >= m->iv_store_at) {
        m->dirty |= USHER_DIRTY_IV;
        m->iv_store_at = m->now + IV_STORE_MS;
    }
    if (m->dirty != 0) {
        err = store_flush(m, port_of(m), m->now);
    }
    if (err == USHER_OK) {
        err = mesh_reserve_seq(m);
    }
    if (err == USHER_OK && m->rpl_store_at != 0 && m->rpl_store_at <= m->now) {
        err = store_flush_rpl(m, port_of(m));
        m->rpl_store_at = err == USHER_OK ? 0 : m->rpl_store_at;
    }
    if (err != USHER_OK) {
        storage_failed(m, err);
    }
}

/* -- IV Index and keys ------------------------------------------------------------------------- */

void mesh_iv_changed(struct usher_mesh *m)
{
    rpl_age(&m->net.rpl, m->net.iv.index);
    m->rpl_store_at = m->now;
    m->dirty |= USHER_DIRTY_IV;
    m->iv_store_at = m->now + IV_STORE_MS;
    secbeacon_hurry(&m->net, m->now);
}

static bool on_primary(const struct usher_mesh *m)
{
    return keys_subnet(&m->net.keys, 0) != NULL;
}

/* IV Updates that nobody else begins or ends. */
static void run_iv(struct usher_mesh *m)
{
    struct usher_iv *iv = &m->net.iv;
    bool changed = !iv->test_mode && iv_update_end(iv, m->now, transport_busy(&m->net));

    if (iv->seq >= SEQ_SCARCE && on_primary(m)) {
        changed = iv_update(iv, m->now) == USHER_OK || changed;
    }
    if (changed) {
        mesh_iv_changed(m);
    }
}

static void tell_changes(struct usher_mesh *m)
{
    struct usher_mesh_event e;

    if (m->iv_known != m->net.iv.index || m->iv_updating_known != m->net.iv.updating) {
        m->iv_known = m->net.iv.index;
        m->iv_updating_known = m->net.iv.updating;
        e = (struct usher_mesh_event){ .type = USHER_MESH_EVT_IV };
        e.params.iv.index = m->iv_known;
        e.params.iv.updating = m->iv_updating_known;
        tell(m, &e);
    }
    for (uint16_t i = 0; i < m->net.keys.subnet_count; i++) {
        struct usher_subnet *s = &m->net.keys.subnets[i];

        if (s->used && s->phase != s->phase_told) {
            s->phase_told = s->phase;
            e = (struct usher_mesh_event){ .type = USHER_MESH_EVT_KEY_REFRESH };
            e.params.key_refresh.net_index = s->index;
            e.params.key_refresh.phase = s->phase;
            tell(m, &e);
        }
    }
    if (m->configured) {
        m->configured = false;
        e = (struct usher_mesh_event){ .type = USHER_MESH_EVT_CONFIGURED };
        tell(m, &e);
    }
}

/* -- received ---------------------------------------------------------------------------------- */

/* @retval true  There is something to do now. */
static bool take_network_pdu(struct usher_mesh *m, uint8_t from, const uint8_t *data, size_t len,
                             struct net_pdu *p)
{
    uint32_t relayed = m->net.stats.relayed;
    bool ours = net_rx(&m->net, m->now, from, data, len, p);

    if (ours) {
        transport_rx(&m->net, m->now, p);
        mesh_rpl_changed(m);
    }
    return ours || m->net.stats.relayed != relayed;
}

static void tell_beacon(struct usher_mesh *m, const struct secbeacon *b, const uint8_t *auth)
{
    struct usher_mesh_event e = { .type = USHER_MESH_EVT_BEACON };

    e.params.beacon.net_index = b->net_index;
    e.params.beacon.iv_index = b->iv_index;
    e.params.beacon.updating = (b->flags & SECBEACON_IV_UPDATE) != 0;
    e.params.beacon.key_refresh = (b->flags & SECBEACON_KEY_REFRESH) != 0;
    e.params.beacon.new_key = b->new_key;
    e.params.beacon.auth = auth;
    tell(m, &e);
}

/* @retval false  Not of our subnets. */
static bool take_beacon(struct usher_mesh *m, const uint8_t *data, size_t len, struct secbeacon *b)
{
    struct usher_subnet *refresh;
    bool iv;

    if (!secbeacon_open(&m->net, data, len, b)) {
        return false;
    }
    if (secbeacon_take(&m->net, m->now, b, &iv, &refresh)) {
        if (iv) {
            mesh_iv_changed(m);
        }
        if (refresh != NULL) {
            m->dirty |= USHER_DIRTY_SUBNETS | USHER_DIRTY_APPKEYS;
        }
        node_drain(m->node);
    }
    tell_beacon(m, b, data + len - BEACON_AUTH);
    return true;
}

static void in_ad(struct usher *u, const struct node_ad *ad)
{
    struct usher_mesh *m = u->mesh;
    struct secbeacon b;
    struct net_pdu p;

    if (!mesh_is_node(m) || m->net.silent) {
        return;
    }
    m->now = clock_now(m);
    if ((ad->type == NET_AD_TYPE && take_network_pdu(m, 0, ad->data, ad->len, &p)) ||
        (ad->type == SECBEACON_AD_TYPE && take_beacon(m, ad->data, ad->len, &b))) {
        node_drain(u);
    }
}

static uint16_t in_proxied(struct usher_mesh *m, uint8_t conn, const uint8_t *pdu, size_t len)
{
    struct net_pdu p;

    m->now = clock_now(m);
    (void)take_network_pdu(m, (uint8_t)(conn + 1), pdu, len, &p);
    return p.src;
}

static bool in_proxied_beacon(struct usher_mesh *m, const uint8_t *data, size_t len,
                              uint16_t *net_index)
{
    struct secbeacon b;

    m->now = clock_now(m);
    if (!take_beacon(m, data, len, &b)) {
        return false;
    }
    *net_index = b.net_index;
    return true;
}

static void tell_heartbeat(struct usher_mesh *m, const struct transport_in *in)
{
    struct usher_mesh_event e = { .type = USHER_MESH_EVT_HEARTBEAT };

    e.params.heartbeat.src = in->message.src;
    e.params.heartbeat.dst = in->message.dst;
    e.params.heartbeat.features = in->features;
    e.params.heartbeat.hops = in->hops;
    e.params.heartbeat.init_ttl = (uint8_t)(in->hops + in->message.ttl - 1);
    tell(m, &e);
}

void mesh_sent(struct usher_mesh *m, uint32_t token, bool delivered)
{
    struct usher_mesh_event e = { .type = USHER_MESH_EVT_SENT };

    if ((token & CLIENT_TOKEN) != 0) {
        client_sent(m, token, delivered);
        return;
    }
    e.params.sent.token = token;
    e.params.sent.delivered = delivered;
    tell(m, &e);
}

/* What transport has to tell. Handlers may do anything, so nothing is kept across them. */
static void pump(struct usher_mesh *m)
{
    struct transport_in in;
    enum transport_kind kind;

    while ((kind = transport_next(&m->net, m->now, &in)) != TRANSPORT_NOTHING) {
        switch (kind) {
        case TRANSPORT_ACCESS:
            access_rx(m, &in);
            break;
        case TRANSPORT_SENT:
            mesh_sent(m, in.token, in.delivered);
            break;
        default:
            tell_heartbeat(m, &in);
            break;
        }
    }
}

/* -- for the instance -------------------------------------------------------------------------- */

void mesh_begin(struct usher_mesh *m)
{
    struct usher_model *model;

    m->iv_known = m->net.iv.index;
    m->iv_updating_known = m->net.iv.updating;
    m->iv_store_at = m->now + IV_STORE_MS;
    for (uint16_t i = 0; i < m->net.keys.subnet_count; i++) {
        m->net.keys.subnets[i].phase_told = m->net.keys.subnets[i].phase;
    }
    for (unsigned n = 0; (model = access_each(m, n)) != NULL; n++) {
        publish_changed(model); /* those that storage had publish again */
    }
    secbeacon_hurry(&m->net, m->now);
    node_alarm(m->node);
}

void mesh_forget(struct usher_mesh *m)
{
    const struct usher_crypto *c = m->net.crypto;

    transport_clear(&m->net);
    net_begin(&m->net, m->net.prng);
    access_forget(m);
    rpl_clear(&m->net.rpl);
    keys_clear(&m->net.keys, c);
    c->wipe(&m->net.iv, sizeof(m->net.iv));
    m->net.address = USHER_ADDR_UNASSIGNED;
    m->dirty = 0;
    m->configured = false;
    m->rpl_store_at = 0;
    m->store_retry_at = 0;
    m->reset_at = 0;
}

/* Node Reset, once its answer is out. */
static void reset(struct usher_mesh *m)
{
    struct usher_mesh_event e = { .type = USHER_MESH_EVT_RESET };
    enum usher_err err = store_clear(m, port_of(m));

    if (err != USHER_OK) {
        m->reset_at = m->now + STORE_RETRY_MS;
        storage_failed(m, err);
        return;
    }
    mesh_forget(m);
    tell(m, &e);
}

static void run(struct usher *u)
{
    struct usher_mesh *m = u->mesh;

    m->now = u->now;
    if (m->reset_at != 0 && m->reset_at <= m->now) {
        reset(m);
    }
    if (mesh_is_node(m)) {
        run_iv(m);
        store(m); /* sequence numbers, for what is sent now */
        pump(m);
        client_run(m, m->now);
    }
    access_run(m, m->now);
    if (mesh_is_node(m)) {
        store(m);
        tell_changes(m);
    }
}

static uint64_t deadline(const struct usher *u)
{
    const struct usher_mesh *m = u->mesh;
    uint64_t at = access_deadline(m), iv = iv_deadline(&m->net.iv);

    if (!mesh_is_node(m)) {
        return at;
    }
    at = node_sooner(at, node_sooner(transport_deadline(&m->net), client_deadline(m)));
    at = node_sooner(at, m->reset_at != 0 ? m->reset_at : USHER_NEVER);
    at = node_sooner(at, m->store_retry_at != 0 ? m->store_retry_at : m->iv_store_at);
    if (m->rpl_store_at != 0 && m->store_retry_at == 0) {
        at = node_sooner(at, m->rpl_store_at);
    }
    /* A message holds the end of an IV Update up until its own, test mode until it is asked for. */
    return transport_busy(&m->net) || m->net.iv.test_mode ? at : node_sooner(at, iv);
}

static uint8_t next_ad(struct usher *u, uint8_t ad[USHER_AD_MAX])
{
    struct usher_mesh *m = u->mesh;
    uint64_t now = u->now;
    uint8_t len = net_next(&m->net, now, ad);
    uint8_t random[RANDOM_DRAWN];
    bool drawn;

    if (len != 0 || secbeacon_due(&m->net) > now) {
        return len;
    }
    drawn = node_random(u, random, sizeof(random)) == USHER_OK;
    return secbeacon_next(&m->net, now, drawn ? random : NULL, ad);
}

static uint64_t ad_due(const struct usher *u)
{
    const struct usher_mesh *m = u->mesh;

    return mesh_is_node(m) && !m->net.silent ? node_sooner(net_due(&m->net), secbeacon_due(&m->net))
                                             : USHER_NEVER;
}

static unsigned scan(const struct usher *u)
{
    const struct usher_mesh *m = u->mesh;

    return mesh_is_node(m) && !m->net.silent ? USHER_SCAN_MESH | USHER_SCAN_BEACON : USHER_SCAN_OFF;
}

const struct usher_mesh_acts mesh_acts = {
    .now = clock_now,
    .alarm = alarm,
    .in_proxied = in_proxied,
    .in_proxied_beacon = in_proxied_beacon,
};

static void deinit(struct usher *u)
{
    usher_mesh_deinit(u->mesh);
}

const struct usher_part mesh_part = {
    .adv = USHER_ADV_NONCONN_IND,
    .ad_due = ad_due,
    .next_ad = next_ad,
    .scan = scan,
    .in_ad = in_ad,
    .run = run,
    .deadline = deadline,
    .deinit = deinit,
};
