/*
 * A proxy with two clients, and sometimes a proxy of its own that it is the client of: each may
 * have no keys, or all of them, and none is sound in mind. The input says what they write, in
 * values that are whole Proxy PDUs, segments, or of no meaning; what is heard on the air, other
 * proxies' advertisements among it; what the node sends; how its states change; and when a
 * connection has room.
 *
 * Checked: what it sends over a connection is of that connection, in segments as they have to be;
 * each PDU opens, goes to nobody who sent it, and has no sequence number of the node's own that
 * another one has; filters and the node's state are ones that there can be; connections that are
 * told to have begun end once; and it comes to rest.
 */
#include "gatt.h"
#include "keys.h"
#include "meshnode.h"
#include "proxy.h"
#include "proxy_sar.h"
#include "secbeacon.h"

#include <string.h>

#define SEEN 16
#define OWN 4096 /* sequence numbers of the node's own that are remembered */
#define SERVER 2 /* the connection that the node is the client of */
#define EVENTS_MAX 5000

struct client {
    bool used, open;
    bool told; /* CONNECTED was, and DISCONNECTED not yet */
    uint16_t value_max;
    uint8_t room;
    struct usher_proxy_sar rx, tx; /* as the other end has them */
    struct {
        uint16_t src;
        uint32_t seq;
    } wrote[SEEN]; /* Network PDUs */
    unsigned wrote_count;
};

struct game {
    struct fuzz_input in;
    struct kv kv;
    struct meshnode node;
    struct client clients[MESHNODE_CONNS];
    uint32_t seq; /* of the attackers */
    uint8_t last[PROXY_VALUE_MAX];
    size_t last_len;
    bool hears; /* an advertisement, at the moment */
    uint32_t own_iv_index;
    uint8_t own[OWN]; /* a check sum of what had this number; 0: nothing yet */
};

static struct game *the;

static struct usher *usher_of(struct game *g)
{
    return &g->node.wire.end[0].node;
}

static struct usher_net *net_of(struct game *g)
{
    return &g->node.mesh.net;
}

/* -- what the node sends ----------------------------------------------------------------------- */

static uint8_t sum(const uint8_t *octets, size_t len)
{
    uint8_t s = 0;

    for (size_t i = 0; i < len; i++) {
        s = (uint8_t)(s * 31 + octets[i]);
    }
    return s | 1;
}

static void check_own(struct game *g, const struct net_pdu *p, const uint8_t *pdu, size_t len)
{
    if (p->iv_index != g->own_iv_index) {
        memset(g->own, 0, sizeof(g->own));
        g->own_iv_index = p->iv_index;
    }
    if (p->seq < OWN) {
        FUZZ_CHECK(g->own[p->seq] == 0 || g->own[p->seq] == sum(pdu, len));
        g->own[p->seq] = sum(pdu, len);
    }
}

static void check_network(struct game *g, const struct client *c, const uint8_t *pdu, size_t len)
{
    struct net_pdu p;

    if (net_open(net_of(g), NET_NONCE_NETWORK, pdu, len, &p) == NULL) {
        return; /* of keys or an IV Index that are over, or of a node that was */
    }
    if (net_is_element(net_of(g), p.src)) {
        check_own(g, &p, pdu, len);
    }
    for (unsigned i = 0; i < SEEN && i < c->wrote_count; i++) {
        FUZZ_CHECK(c->wrote[i].src != p.src || c->wrote[i].seq != p.seq ||
                   net_is_element(net_of(g), p.src));
    }
}

static void check_pdu(struct game *g, const struct client *c, const struct proxy_pdu *pdu)
{
    struct net_pdu p;

    switch (pdu->type) {
    case PROXY_NETWORK:
        check_network(g, c, pdu->pdu, pdu->len);
        break;
    case PROXY_BEACON:
        FUZZ_CHECK(pdu->len == SECBEACON_LEN || pdu->len == PRIVBEACON_LEN);
        break;
    default:
        FUZZ_CHECK(pdu->type == PROXY_CONFIGURATION);
        if (net_open(net_of(g), NET_NONCE_PROXY, pdu->pdu, pdu->len, &p) != NULL &&
            p.src == net_of(g)->address) {
            check_own(g, &p, pdu->pdu, pdu->len);
            FUZZ_CHECK((p.transport[0] == PROXY_FILTER_STATUS) == (c != &g->clients[SERVER]));
        }
        break;
    }
}

static enum usher_err gatt_send(void *ctx, uint8_t conn, const uint8_t *value, uint8_t len)
{
    struct game *g = the;
    struct client *c = &g->clients[conn];
    struct proxy_pdu pdu;
    enum proxy_sar_rx rx;

    (void)ctx;
    FUZZ_CHECK(conn < MESHNODE_CONNS && c->open && len >= 2 && len <= c->value_max);
    if (c->room == 0) {
        return USHER_E_BUSY;
    }
    c->room--;
    rx = proxy_sar_rx(&c->rx, g->node.wire.now, value, len, &pdu);
    FUZZ_CHECK(rx != PROXY_SAR_ERROR);
    if (rx == PROXY_SAR_PDU) {
        check_pdu(g, c, &pdu);
    }
    return USHER_OK;
}

static void gatt_disconnect(void *ctx, uint8_t conn)
{
    (void)ctx;
    FUZZ_CHECK(conn < MESHNODE_CONNS && the->clients[conn].used);
    the->clients[conn].used = false;
    the->clients[conn].open = false;
}

static void gatt_serve(void *ctx, enum usher_gatt_service service)
{
    (void)ctx;
    FUZZ_CHECK(service == USHER_GATT_NONE || service == USHER_GATT_PROXY);
}

static enum usher_err gatt_connect(void *ctx, const struct usher_ble_addr *peer,
                                   enum usher_gatt_service service, uint8_t *conn)
{
    (void)ctx;
    (void)peer;
    FUZZ_CHECK(service == USHER_GATT_PROXY);
    if (the->clients[SERVER].used) {
        return USHER_E_RESOURCES;
    }
    the->clients[SERVER].used = true;
    *conn = SERVER;
    return USHER_OK;
}

static const uint16_t wanted[] = { 0x0301, MESHNODE_ADDRESS }; /* nodes that it looks for */

/* A proxy is told of when one is heard: of a subnet that there is, and a node that is looked for.
 */
static void check_proxy(const struct game *g, const struct usher_gatt_event *e)
{
    uint16_t address = e->params.proxy.address;
    unsigned found = 0;

    for (unsigned i = 0; i < sizeof(g->node.subnets) / sizeof(g->node.subnets[0]); i++) {
        found += g->node.subnets[i].used && g->node.subnets[i].index == e->params.proxy.net_index;
    }
    FUZZ_CHECK(g->hears && found == 1);
    FUZZ_CHECK(address == USHER_ADDR_UNASSIGNED || address == wanted[0] || address == wanted[1]);
}

static void on_event(void *user, struct usher_gatt *g, const struct usher_gatt_event *e)
{
    struct game *game = user;
    struct client *c = &game->clients[e->params.connection.conn % MESHNODE_CONNS];

    (void)g;
    if (e->type == USHER_GATT_EVT_PROXY_RECEIVED) {
        check_proxy(game, e);
    } else if (e->type == USHER_GATT_EVT_CONNECTED) {
        FUZZ_CHECK(!c->told && c->open);
        c->told = true;
    } else if (e->type == USHER_GATT_EVT_DISCONNECTED) {
        FUZZ_CHECK(c->told || !e->params.connection.server);
        c->told = false;
    }
}

/* -- connections ------------------------------------------------------------------------------- */

static void opens(struct game *g, unsigned conn)
{
    static const uint16_t value_max[] = { 20, 66, 244, 33 };
    struct client *c = &g->clients[conn];
    struct usher_gatt_opened opened = { .conn = (uint8_t)conn,
                                        .server = conn != SERVER,
                                        .service = USHER_GATT_PROXY };
    bool told = c->told;

    if (c->open || (conn == SERVER && !c->used)) {
        return;
    }
    *c = (struct client){ .used = true, .open = true, .told = told, .room = 255 };
    c->value_max = value_max[fuzz_u8(&g->in) & 3];
    opened.value_max = c->value_max;
    proxy_sar_init(&c->rx, c->value_max);
    proxy_sar_init(&c->tx, c->value_max);
    usher_in_gatt_open(usher_of(g), &opened);
}

static void closes(struct game *g, unsigned conn)
{
    if (g->clients[conn].used) {
        g->clients[conn].used = false;
        g->clients[conn].open = false;
        usher_in_gatt_close(usher_of(g), (uint8_t)conn);
    }
}

static void writes(struct game *g, unsigned conn, const uint8_t *value, size_t len)
{
    if (g->clients[conn].open) {
        memcpy(g->last, value, len);
        g->last_len = len;
        usher_in_gatt_data(usher_of(g), (uint8_t)conn, value, len);
    }
}

static void write_pdu(struct game *g, unsigned conn, enum proxy_type type, const uint8_t *pdu,
                      size_t len)
{
    struct client *c = &g->clients[conn];
    uint8_t value[PROXY_VALUE_MAX], n;

    if (!c->open || proxy_sar_send(&c->tx, type, pdu, len) != USHER_OK) {
        return;
    }
    while (c->open && (n = proxy_sar_next(&c->tx, value)) != 0) {
        proxy_sar_sent(&c->tx);
        writes(g, conn, value, n);
    }
}

static void write_raw(struct game *g, unsigned conn)
{
    const uint8_t *octets;
    uint8_t value[PROXY_VALUE_MAX];
    size_t len = fuzz_take(&g->in, fuzz_u8(&g->in) % 70u, &octets);

    if (len != 0) {
        memcpy(value, octets, len);
        writes(g, conn, value, len);
    }
}

/* -- sealed ------------------------------------------------------------------------------------ */

static const struct usher_net_keys *pick_key(struct game *g, unsigned which, uint16_t *index)
{
    const struct usher_subnet *s = &g->node.subnets[which % 3];

    s = s->used ? s : &g->node.subnets[0];
    *index = s->index;
    return &s->key[s->phase != 0 ? which >> 2 & 1 : 0];
}

static struct net_pdu make_pdu(struct game *g)
{
    static const uint16_t dsts[] = { MESHNODE_ADDRESS,
                                     MESHNODE_ADDRESS + 1,
                                     USHER_ADDR_ALL_NODES,
                                     USHER_ADDR_ALL_PROXIES,
                                     0xC001,
                                     0x0301,
                                     0x0302,
                                     0x0201 };
    uint8_t what = fuzz_u8(&g->in), ctl_ttl = fuzz_u8(&g->in);
    struct net_pdu p = { .ctl = ctl_ttl >> 7, .ttl = ctl_ttl & 0x7F, .dst = dsts[what & 7] };

    p.src = (what & 0x80) != 0 ? fuzz_u16(&g->in) : (uint16_t)(0x0301 + (what >> 3 & 1));
    p.iv_index = net_of(g)->iv.index - (what >> 4 & 1);
    p.seq = (what & 0x20) != 0 ? fuzz_u8(&g->in) : ++g->seq;
    p.len = (uint8_t)(1 + fuzz_u8(&g->in) % (p.ctl != 0 ? 12u : 16u));
    fuzz_copy(&g->in, p.transport, p.len);
    return p;
}

static void write_network(struct game *g, unsigned conn)
{
    struct net_pdu p = make_pdu(g);
    struct client *c = &g->clients[conn];
    const struct usher_net_keys *k = pick_key(g, fuzz_u8(&g->in), &p.net_index);
    uint8_t pdu[NET_PDU_MAX];
    uint8_t len = net_seal(net_of(g)->crypto, k, NET_NONCE_NETWORK, &p, pdu);

    if (len != 0 && c->open) {
        c->wrote[c->wrote_count % SEEN].src = p.src;
        c->wrote[c->wrote_count++ % SEEN].seq = p.seq;
        write_pdu(g, conn, PROXY_NETWORK, pdu, len);
    }
}

static void hear_network(struct game *g)
{
    struct net_pdu p = make_pdu(g);
    const struct usher_net_keys *k = pick_key(g, fuzz_u8(&g->in), &p.net_index);
    uint8_t ad[USHER_AD_MAX];
    uint8_t len;

    p.src = (uint16_t)(0x0401 + (p.src & 7)); /* not what a client has written */
    len = net_seal(net_of(g)->crypto, k, NET_NONCE_NETWORK, &p, ad + 2);
    ad[0] = (uint8_t)(len + 1);
    ad[1] = NET_AD_TYPE;
    if (len != 0) {
        wire_put(&g->node.wire, 0, 0, ad, (uint8_t)(len + 2));
        meshnode_pass(&g->node, 1);
    }
}

static void write_configuration(struct game *g, unsigned conn)
{
    struct net_pdu p = make_pdu(g);
    const struct usher_net_keys *k = pick_key(g, fuzz_u8(&g->in), &p.net_index);
    uint8_t pdu[NET_PDU_MAX];

    p.ctl = 1;
    p.ttl = 0;
    p.dst = USHER_ADDR_UNASSIGNED;
    p.len = p.len > 12 ? 12 : p.len;
    write_pdu(g, conn, PROXY_CONFIGURATION, pdu,
              net_seal(net_of(g)->crypto, k, NET_NONCE_PROXY, &p, pdu));
}

static void write_beacon(struct game *g, unsigned conn)
{
    uint8_t what = fuzz_u8(&g->in), beacon[PRIVBEACON_LEN], random[PRIVBEACON_RANDOM] = { what };
    uint16_t index;
    const struct usher_net_keys *k = pick_key(g, what, &index);
    uint32_t iv_index = net_of(g)->iv.index + (fuzz_u8(&g->in) & 3);
    bool private = (what & 0x80) != 0;

    if (private) {
        (void)privbeacon_build(net_of(g)->crypto, k, what >> 3 & 3, iv_index, random, beacon);
    } else {
        (void)secbeacon_build(net_of(g)->crypto, k, what >> 3 & 3, iv_index, beacon);
    }
    beacon[what >> 2 & 15] ^= (what & 0x40) != 0 ? 1 : 0;
    write_pdu(g, conn, PROXY_BEACON, beacon, private ? PRIVBEACON_LEN : SECBEACON_LEN);
}

/* -- advertisements ---------------------------------------------------------------------------- */

/* Service data of a proxy: octets, its own, or those of a node with the keys; one octet changed. */
static uint8_t service_data(struct game *g, uint8_t data[PROXY_SERVICE_DATA_MAX])
{
    uint8_t what = fuzz_u8(&g->in), random[8] = { what }, len = PROXY_SERVICE_DATA_MAX;
    uint16_t index;
    const struct usher_net_keys *k = pick_key(g, what >> 2, &index);
    const struct usher_crypto *c = net_of(g)->crypto;

    switch (what >> 5) {
    case 0:
        len = proxy_service_data(&g->node.gatt, data);
        break;
    case 1:
        len = identity_network_id(k, data);
        break;
    case 2:
        len = identity_node(c, k, wanted[what & 1], random, data);
        break;
    case 3:
        len = identity_private_network(c, k, random, data);
        break;
    case 4:
        len = identity_private_node(c, k, wanted[what & 1], random, data);
        break;
    default:
        len = fuzz_u8(&g->in) % (PROXY_SERVICE_DATA_MAX + 1);
        fuzz_copy(&g->in, data, len);
        break;
    }
    data[what % PROXY_SERVICE_DATA_MAX] ^= fuzz_u8(&g->in);
    return len;
}

static void hear_service(struct game *g)
{
    uint8_t how = fuzz_u8(&g->in), ad[USHER_AD_MAX] = { 3, 0x03, 0x28, 0x18, 0, 0x16, 0x28, 0x18 };
    struct usher_adv_report report = { .type = USHER_ADV_IND, .rssi = -60, .data = ad };
    uint8_t len = service_data(g, ad + 8);

    if ((how & 1) != 0) { /* it is a device */
        ad[2] = ad[6] = 0x27;
    }
    ad[4] = (uint8_t)(3 + len);
    report.len = (uint8_t)(8 + len - ((how & 2) != 0 && len != 0)); /* perhaps cut */
    usher_proxy_scan(&g->node.gatt, (how & 4) == 0, wanted, (how & 8) != 0 ? 2 : 0);
    g->hears = (how & 4) == 0;
    usher_in_adv(usher_of(g), &report);
    g->hears = false;
}

/* -- the node itself --------------------------------------------------------------------------- */

static void act(struct game *g)
{
    struct usher_target target = { .dst = fuzz_u16(&g->in), .ttl = 255 };
    const uint16_t addresses[] = { 0xC001, 0xC002, 0xC003, 0xC004, 0xC005, 0xC006, 0xC007 };
    struct usher_ble_addr peer = { .type = 1 };
    uint8_t conn, what = fuzz_u8(&g->in);

    switch (what & 15) {
    case 0:
        net_of(g)->proxy = what >> 4 & 1;
        usher_work(usher_of(g));
        break;
    case 1:
        (void)usher_node_identity(&g->node.gatt, 0);
        break;
    case 2:
        usher_mesh_bearers(&g->node.mesh, 1 + (what >> 4) % 3u);
        break;
    case 3:
        (void)usher_netkey_add(&g->node.mesh, what >> 4 & 3, g->last);
        break;
    case 4:
        (void)usher_netkey_update(&g->node.mesh, what >> 4 & 3, g->last);
        break;
    case 5:
        (void)usher_key_refresh(&g->node.mesh, what >> 5 & 3, 2 + (what >> 4 & 1));
        break;
    case 6:
        usher_iv_test_mode(&g->node.mesh, true);
        (void)usher_iv_update(&g->node.mesh);
        break;
    case 7:
        (void)usher_proxy_connect(&g->node.gatt, &peer, &conn);
        break;
    case 8:
        (void)usher_proxy_disconnect(&g->node.gatt, what >> 4 & 3);
        break;
    case 9:
        (void)usher_proxy_filter_set(&g->node.gatt, what >> 6, what >> 4 & 1, addresses,
                                     what >> 5 & 7);
        break;
    case 10:
        if ((what & 0xF0) == 0) {
            (void)usher_mesh_reset(&g->node.mesh);
            meshnode_pass(&g->node, 10);
            memset(g->own, 0, sizeof(g->own)); /* another node */
            meshnode_provision(&g->node);
        }
        break;
    case 11:
        net_of(g)->beacon = what >> 4 & 1;
        net_of(g)->private_beacon = what >> 5 & 1;
        break;
    case 12:
        hear_service(g);
        break;
    default:
        (void)usher_onoff_set_unack(&g->node.onoff_client, &target, true, what, 0, 0);
        break;
    }
}

static void check(struct game *g)
{
    meshnode_check(&g->node);
    for (unsigned i = 0; i < MESHNODE_CONNS; i++) {
        const struct usher_gatt_link *l = &g->node.links[i];

        FUZZ_CHECK(l->queue_count <= USHER_PROXY_QUEUE && l->queue_at < USHER_PROXY_QUEUE);
        FUZZ_CHECK(l->filter.count <= USHER_PROXY_FILTER_MAX && l->filter.type <= 1);
        for (uint8_t k = 0; k < l->filter.count; k++) {
            FUZZ_CHECK(l->filter.addresses[k] != USHER_ADDR_UNASSIGNED);
        }
    }
}

static void step(struct game *g)
{
    uint8_t what = fuzz_u8(&g->in);
    unsigned conn = (what >> 4) % MESHNODE_CONNS;
    struct client *c = &g->clients[conn];

    switch (what & 15) {
    case 0:
        opens(g, conn);
        break;
    case 1:
        closes(g, conn);
        break;
    case 2:
        write_raw(g, conn);
        break;
    case 3:
    case 4:
        write_configuration(g, conn);
        break;
    case 5:
    case 6:
        write_network(g, conn);
        break;
    case 7:
        write_beacon(g, conn);
        break;
    case 8:
        if (g->last_len != 0) {
            uint8_t value[PROXY_VALUE_MAX];

            memcpy(value, g->last, g->last_len);
            writes(g, conn, value, g->last_len);
        }
        break;
    case 9:
        hear_network(g);
        break;
    case 10:
        c->room = fuzz_u8(&g->in) & 7;
        if (c->open) {
            usher_in_gatt_ready(usher_of(g), (uint8_t)conn);
        }
        break;
    case 11:
        meshnode_pass(&g->node, (uint64_t)fuzz_u8(&g->in) * 40);
        break;
    default:
        act(g);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct usher_port gatt = { .gatt_serve = gatt_serve,
                                            .gatt_connect = gatt_connect,
                                            .gatt_disconnect = gatt_disconnect,
                                            .gatt_send = gatt_send };
    static struct game game;
    struct usher_gatt_config config = { .handler = on_event, .user = &game };

    memset(&game, 0, sizeof(game));
    the = &game;
    game.in = (struct fuzz_input){ data, size };
    meshnode_init_proxy(&game.node, &game.kv, &gatt, &config);
    meshnode_provision(&game.node);
    opens(&game, 0);
    opens(&game, 1);
    for (unsigned i = 0; game.in.left != 0 && i < EVENTS_MAX; i++) {
        step(&game);
        meshnode_pass(&game.node, 1);
        check(&game);
    }
    for (unsigned i = 0; i < MESHNODE_CONNS; i++) {
        closes(&game, i);
    }
    meshnode_pass(&game.node, 10);
    for (unsigned i = 0; i < MESHNODE_CONNS; i++) {
        FUZZ_CHECK(!game.clients[i].told);
    }
    meshnode_leave(&game.node);
    return 0;
}
