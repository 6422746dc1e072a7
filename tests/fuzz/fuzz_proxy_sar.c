/*
 * Proxy PDUs in segments, and PB-GATT above them. The first octet chooses:
 *
 * - One direction: values as the input has them, against a reassembly that is as plain as can be.
 * - Whole sessions: a provisioner and a device, two instances, and between them an attacker who
 *   sees every value and passes, drops, changes, repeats or makes up some, cuts PDUs his own way,
 *   connects himself, and ends connections.
 *
 * Checked of sessions: values that are sent are sound; a device takes a device key only that the
 * provisioner has, and the provisioner asks for data only for a key that the device has derived;
 * nothing is told of a session after LINK_CLOSED; every session ends and leaves no connection;
 * afterwards an honest one completes.
 */
#include "forge.h"
#include "fuzz.h"
#include "people.h"
#include "proxy_sar.h"
#include "rng.h"

#include <usher/gatt.h>

#include <string.h>

#define CONNS 2
#define ROOM 3
#define HISTORY 16
#define KEYS 32
#define QUIET_MS 400000
#define STEPS_MAX 3000u /* without time passing */

enum { P, D };

static const uint8_t uuid[USHER_UUID_SIZE] = "a device of ours";
static const uint8_t private_keys[2][USHER_P256_PRIVATE] = { "the provisioner's private key...",
                                                             "the private key of the device..." };

/* -- one direction ----------------------------------------------------------------------------- */

/* All that has come of a PDU, however long. */
struct plain {
    bool busy;
    uint8_t type;
    size_t len;
    uint8_t pdu[2048];
};

static bool plain_rx(struct plain *p, const uint8_t *value, size_t len)
{
    unsigned sar = value[0] >> 6;

    if (sar < 2) {
        p->len = 0;
        p->type = value[0] & 0x3F;
    }
    memcpy(p->pdu + p->len, value + 1, len - 1);
    p->len += len - 1;
    p->busy = sar == 1 || sar == 2;
    return !p->busy;
}

/* Whether a peer that keeps to the rules could have sent this value now. */
static bool plain_allows(const struct plain *p, uint16_t value_max, const uint8_t *value,
                         size_t len)
{
    size_t most, sum;
    unsigned sar, type;

    if (len < 2 || len > value_max) {
        return false;
    }
    sar = value[0] >> 6;
    type = value[0] & 0x3F;
    most = type == PROXY_PROVISIONING ? USHER_PDU_MAX : PROXY_MESH_MAX;
    sum = len - 1 + (sar >= 2 ? p->len : 0);
    return sum <= most && p->busy == (sar >= 2) && (!p->busy || type == p->type);
}

static void run_direction(struct fuzz_input *in)
{
    static const uint16_t sizes[] = { 20, 21, 33, 66, 128, 244 };
    uint16_t value_max = sizes[fuzz_u8(in) % 6];
    struct plain plain = { 0 };
    struct usher_proxy_sar sar;
    struct proxy_pdu pdu;
    uint64_t now = 1000, begun = 0;

    proxy_sar_init(&sar, value_max);
    while (in->left != 0) {
        size_t len = fuzz_u8(in);
        const uint8_t *octets;
        uint8_t *value;
        bool known, allowed, whole;
        enum proxy_sar_rx what;

        len = fuzz_take(in, len, &octets);
        value = malloc(len != 0 ? len : 1);
        FUZZ_CHECK(value != NULL);
        if (len != 0) {
            memcpy(value, octets, len);
        }
        now += 7;
        known = plain.busy || (len != 0 && (value[0] & 0x3F) <= PROXY_PROVISIONING);
        allowed = plain_allows(&plain, value_max, value, len);
        what = proxy_sar_rx(&sar, now, value, len, &pdu);
        if (!known && len != 0 && len <= value_max) {
            FUZZ_CHECK(what == PROXY_SAR_NOTHING);
        } else if (!allowed) {
            FUZZ_CHECK(what == PROXY_SAR_ERROR);
            free(value);
            return;
        } else {
            begun = plain.busy ? begun : now;
            whole = plain_rx(&plain, value, len);
            FUZZ_CHECK(what == (whole ? PROXY_SAR_PDU : PROXY_SAR_NOTHING));
            FUZZ_CHECK(!whole || (pdu.type == plain.type && pdu.len == plain.len &&
                                  memcmp(pdu.pdu, plain.pdu, pdu.len) == 0));
        }
        FUZZ_CHECK(proxy_sar_deadline(&sar) == (plain.busy ? begun + PROXY_SAR_MS : USHER_NEVER));
        free(value);
    }
}

/* -- two instances ----------------------------------------------------------------------------- */

struct value {
    uint8_t len;
    uint8_t octets[PROXY_VALUE_MAX];
};

struct conn {
    bool used, open, server, paired, lost, busy;
    uint8_t peer; /* the number at the other end */
    struct plain out;
    unsigned queued;
    struct value queue[ROOM];
};

struct side {
    struct game *game;
    unsigned role;
    struct usher_port port;
    struct usher node;
    struct usher_gatt gatt;
    struct usher_gatt_link links[CONNS];
    struct usher_session session;
    struct person person;
    uint8_t public_key[USHER_P256_PUBLIC];
    struct conn conns[CONNS];
    enum usher_gatt_service serving;
    uint64_t wake;
    bool adv_pending, open, complete;
    struct rng rng;
    unsigned key_count; /* device: derived; provisioner: data were asked for */
    uint8_t keys[KEYS][USHER_KEY_SIZE];
};

struct game {
    struct fuzz_input in;
    uint64_t now;
    uint16_t value_max;
    struct side side[2];
    unsigned sent;
    struct value history[HISTORY];
};

static bool has_key(const struct side *s, const uint8_t *key)
{
    for (unsigned i = 0; i < s->key_count; i++) {
        if (memcmp(s->keys[i], key, USHER_KEY_SIZE) == 0) {
            return true;
        }
    }
    return false;
}

static void add_key(struct side *s, const uint8_t *key)
{
    static const uint8_t none[USHER_KEY_SIZE];

    if (memcmp(key, none, sizeof(none)) != 0 && !has_key(s, key)) {
        FUZZ_CHECK(s->key_count < KEYS);
        memcpy(s->keys[s->key_count++], key, USHER_KEY_SIZE);
    }
}

static uint64_t port_now(void *ctx)
{
    return ((struct side *)ctx)->game->now;
}

static void port_wake(void *ctx, uint64_t deadline)
{
    ((struct side *)ctx)->wake = deadline;
}

static enum usher_err port_random(void *ctx, uint8_t *buf, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        buf[i] = (uint8_t)rng_below(&((struct side *)ctx)->rng, 256);
    }
    return USHER_OK;
}

static enum usher_err port_adv_start(void *ctx, const struct usher_adv *adv)
{
    struct side *s = ctx;

    FUZZ_CHECK(!s->adv_pending && s->role == D && adv->type == USHER_ADV_IND && adv->len == 29);
    s->adv_pending = true;
    return USHER_OK;
}

static void port_adv_stop(void *ctx, uint8_t slot)
{
    (void)slot;
    ((struct side *)ctx)->adv_pending = false;
}

static enum usher_err port_scan(void *ctx, unsigned what)
{
    (void)ctx;
    (void)what;
    return USHER_OK;
}

static void port_gatt_serve(void *ctx, enum usher_gatt_service service)
{
    ((struct side *)ctx)->serving = service;
}

static struct conn *conn_new(struct side *s, uint8_t *number)
{
    for (uint8_t i = 0; i < CONNS; i++) {
        if (!s->conns[i].used) {
            memset(&s->conns[i], 0, sizeof(s->conns[i]));
            s->conns[i].used = true;
            *number = i;
            return &s->conns[i];
        }
    }
    return NULL;
}

static enum usher_err port_gatt_connect(void *ctx, const struct usher_ble_addr *peer,
                                        enum usher_gatt_service service, uint8_t *conn)
{
    (void)peer;
    FUZZ_CHECK(service == USHER_GATT_PROVISIONING);
    return conn_new(ctx, conn) != NULL ? USHER_OK : USHER_E_RESOURCES;
}

static void port_gatt_disconnect(void *ctx, uint8_t conn)
{
    struct side *s = ctx;
    struct conn *c = &s->conns[conn];

    FUZZ_CHECK(conn < CONNS && c->used);
    if (c->paired) {
        s->game->side[1 - s->role].conns[c->peer].lost = true;
    }
    memset(c, 0, sizeof(*c));
}

static enum usher_err port_gatt_send(void *ctx, uint8_t conn, const uint8_t *value, uint8_t len)
{
    struct side *s = ctx;
    struct game *g = s->game;
    struct conn *c = &s->conns[conn];

    FUZZ_CHECK(conn < CONNS && c->used && c->open);
    if (c->lost) {
        return USHER_E_STATE;
    }
    if (c->queued == ROOM) {
        c->busy = true;
        return USHER_E_BUSY;
    }
    FUZZ_CHECK(plain_allows(&c->out, g->value_max, value, len));
    if (!plain_rx(&c->out, value, len)) {
        FUZZ_CHECK(len == g->value_max); /* a segment that is not the last is full */
    }
    FUZZ_CHECK(c->out.type == PROXY_PROVISIONING);
    c->queue[c->queued].len = len;
    memcpy(c->queue[c->queued].octets, value, len);
    g->history[g->sent++ % HISTORY] = c->queue[c->queued++];
    return USHER_OK;
}

static void on_event(void *user, struct usher *u, const struct usher_event *e)
{
    struct side *s = user;
    struct side *d = &s->game->side[D];

    (void)u;
    FUZZ_CHECK(s->open);
    if (e->type == USHER_EVT_LINK_CLOSED) {
        s->open = false;
    }
    if (e->type == USHER_EVT_DATA_REQUEST) {
        add_key(d, d->session.prov.device_key);
        FUZZ_CHECK(has_key(d, e->params.data_request.p_devkey));
        add_key(s, e->params.data_request.p_devkey);
    }
    if (e->type == USHER_EVT_COMPLETE) {
        s->complete = true;
        FUZZ_CHECK(has_key(&s->game->side[P], e->params.complete.p_devkey));
    }
    person_told(&s->person, e, s->game->now, false);
}

static void side_init(struct game *g, unsigned role)
{
    struct side *s = &g->side[role];
    struct usher_config config = { .handler = on_event, .user = s };
    struct usher_gatt_config gatt = {
        .links = s->links,
        .link_count = CONNS,
        .adv_interval_ms = 10000, /* there is something else to look at */
    };
    const struct usher_crypto *c = fuzz_crypto();

    s->game = g;
    s->role = role;
    s->wake = USHER_NEVER;
    s->rng = rng_make(7, role);
    s->port = (struct usher_port){
        .ctx = s,
        .crypto = c,
        .adv_slots = 1,
        .now_ms = port_now,
        .wake_at = port_wake,
        .random = port_random,
        .adv_start = port_adv_start,
        .adv_stop = port_adv_stop,
        .scan = port_scan,
        .gatt_conns = CONNS,
        .gatt_serve = port_gatt_serve,
        .gatt_connect = port_gatt_connect,
        .gatt_disconnect = port_gatt_disconnect,
        .gatt_send = port_gatt_send,
    };
    FUZZ_CHECK(usher_init(&s->node, &s->port, &config) == USHER_OK);
    FUZZ_CHECK(usher_gatt_init(&s->gatt, &s->node, &gatt) == USHER_OK);
    usher_session_init(&s->node, &s->session, role == D ? &people_caps : NULL, NULL);
    FUZZ_CHECK(c->p256_public(c->ctx, private_keys[role], s->public_key) == USHER_OK);
    usher_session_keys_set(&s->session, private_keys[role], s->public_key);
    person_reset(&s->person);
    s->person.session = &s->session;
    s->person.role = role == D ? USHER_ROLE_DEVICE : USHER_ROLE_PROVISIONER;
    s->person.other = &g->side[1 - role].person;
    s->person.crypto = c;
    s->person.device_public_key = g->side[D].public_key;
    s->person.data = (struct usher_prov_data){ .netkey = "a network's key", .address = 0x0100 };
}

static void start(struct game *g)
{
    struct side *p = &g->side[P], *d = &g->side[D];

    if (usher_session_idle(&d->session)) {
        d->open = true;
        d->complete = false;
        FUZZ_CHECK(usher_listen(&d->session,
                                &(struct usher_listen){
                                    .uuid = uuid, .bearers = USHER_BEARER_GATT }) == USHER_OK);
    }
    if (usher_session_idle(&p->session)) {
        struct usher_ble_addr peer = { .type = 1 };
        struct usher_provision provision = { .uuid = uuid, .peer = &peer };

        p->open = true;
        p->complete = false;
        p->open = usher_provision(&p->session, &provision) == USHER_OK;
    }
}

static void hand(struct side *s, uint8_t conn, const uint8_t *octets, size_t len)
{
    uint8_t *copy = malloc(len != 0 ? len : 1);

    FUZZ_CHECK(copy != NULL);
    if (len != 0) {
        memcpy(copy, octets, len);
    }
    usher_in_gatt_data(&s->node, conn, copy, len);
    free(copy);
    add_key(&s->game->side[D], s->game->side[D].session.prov.device_key);
}

static void tell_open(struct side *s, uint8_t conn)
{
    struct usher_gatt_opened o = {
        .conn = conn,
        .server = s->conns[conn].server,
        .service = USHER_GATT_PROVISIONING,
        .value_max = s->game->value_max,
    };

    s->conns[conn].open = true;
    usher_in_gatt_open(&s->node, &o);
}

/* A connection to the device: the provisioner's, or the attacker's own. */
static bool connect_to_device(struct game *g, uint8_t from)
{
    struct side *p = &g->side[P], *d = &g->side[D];
    uint8_t number;
    struct conn *c = d->serving == USHER_GATT_PROVISIONING ? conn_new(d, &number) : NULL;

    if (c == NULL) {
        return false;
    }
    c->server = true;
    if (from < CONNS) {
        c->paired = p->conns[from].paired = true;
        c->peer = from;
        p->conns[from].peer = number;
    }
    tell_open(d, number);
    return true;
}

/* The provisioner's attempts come to something. */
static bool connect_step(struct game *g)
{
    struct side *p = &g->side[P];

    for (uint8_t i = 0; i < CONNS; i++) {
        struct conn *c = &p->conns[i];

        if (c->used && !c->open && !c->lost) {
            c->open = true;
            if (!connect_to_device(g, i)) {
                c->lost = true;
            } else if (c->used && !c->lost) {
                tell_open(p, i);
            }
            return true;
        }
    }
    return false;
}

static bool loss_step(struct side *s)
{
    for (uint8_t i = 0; i < CONNS; i++) {
        if (s->conns[i].used && s->conns[i].lost) {
            memset(&s->conns[i], 0, sizeof(s->conns[i]));
            usher_in_gatt_close(&s->node, i);
            return true;
        }
    }
    return false;
}

/* What becomes of the next value of a side; @p mask changes its octets. */
static bool value_step(struct side *s, unsigned copies, uint8_t at, uint8_t mask)
{
    struct side *to = &s->game->side[1 - s->role];

    for (uint8_t i = 0; i < CONNS; i++) {
        struct conn *c = &s->conns[i];
        struct value v;

        if (!c->used || c->queued == 0) {
            continue;
        }
        v = c->queue[0];
        c->queued--;
        memmove(c->queue, c->queue + 1, c->queued * sizeof(v));
        v.octets[at % v.len] ^= mask;
        while (c->used && c->paired && copies-- > 0) {
            hand(to, c->peer, v.octets, v.len);
        }
        if (c->used && c->busy) {
            c->busy = false;
            usher_in_gatt_ready(&s->node, i);
        }
        return true;
    }
    return false;
}

static void settle(struct game *g)
{
    for (unsigned i = 0; i < 2; i++) {
        struct side *s = &g->side[i];

        person_act(&s->person, g->now);
        if (s->adv_pending) {
            s->adv_pending = false;
            usher_in_adv_done(&s->node, 0);
        }
        if (s->wake <= g->now) {
            s->wake = USHER_NEVER;
            usher_process(&s->node);
        }
    }
    add_key(&g->side[D], g->side[D].session.prov.device_key);
}

/* Everybody is honest for so long. */
static void run_honest(struct game *g, uint64_t ms)
{
    uint64_t end = g->now + ms;
    unsigned steps = 0;

    for (;;) {
        uint64_t next = end;

        settle(g);
        if (loss_step(&g->side[P]) || loss_step(&g->side[D]) || connect_step(g) ||
            value_step(&g->side[P], 1, 0, 0) || value_step(&g->side[D], 1, 0, 0)) {
            FUZZ_CHECK(++steps < STEPS_MAX);
            continue;
        }
        for (unsigned i = 0; i < 2; i++) {
            uint64_t person = person_next(&g->side[i].person);

            next = g->side[i].wake < next ? g->side[i].wake : next;
            next = person < next ? person : next;
        }
        if (next >= end) {
            g->now = end;
            return;
        }
        if (next > g->now) {
            g->now = next;
            steps = 0;
        }
        FUZZ_CHECK(++steps < STEPS_MAX);
    }
}

static void inject(struct game *g, uint8_t how)
{
    struct side *s = &g->side[how & 1];
    uint8_t conn = how >> 1 & 1;
    const uint8_t *octets;
    size_t len = fuzz_u8(&g->in);

    if (how >> 2 & 1) { /* something that was sent before */
        const struct value *v = &g->history[len % HISTORY];

        hand(s, conn, v->octets, v->len);
        return;
    }
    len = fuzz_take(&g->in, len, &octets);
    hand(s, conn, octets, len);
}

/* A PDU that may be one, cut by the rules. */
static void inject_pdu(struct game *g, uint8_t how)
{
    struct side *s = &g->side[how & 1];
    uint8_t pdu[USHER_PDU_MAX], value[PROXY_VALUE_MAX], len;
    size_t n = forge_pdu(&g->in, how >> 2 & 1 ? 32 : 16, pdu);
    struct usher_proxy_sar sar;

    proxy_sar_init(&sar, g->value_max);
    FUZZ_CHECK(proxy_sar_send(&sar, PROXY_PROVISIONING, pdu, n) == USHER_OK);
    while ((len = proxy_sar_next(&sar, value)) != 0) {
        proxy_sar_sent(&sar);
        hand(s, how >> 1 & 1, value, len);
    }
}

static void attack(struct game *g)
{
    uint8_t op = fuzz_u8(&g->in), how = op >> 4;

    switch (op & 0x0F) {
    case 0:
        run_honest(g, 0);
        break;
    case 1:
    case 2:
        (void)value_step(&g->side[op & 1], 1, 0, 0);
        break;
    case 3:
        (void)value_step(&g->side[how & 1], how >> 1 & 3, 0, 0);
        break;
    case 4:
        (void)value_step(&g->side[how & 1], 1, how >> 1, fuzz_u8(&g->in));
        break;
    case 5:
    case 6:
        inject(g, how);
        break;
    case 7:
    case 8:
        inject_pdu(g, how);
        break;
    case 9:
        (void)connect_to_device(g, CONNS);
        break;
    case 10:
        (void)connect_step(g);
        break;
    case 11: { /* a connection is lost */
        struct conn *c = &g->side[how & 1].conns[how >> 1 & 1];

        c->lost = c->used;
        (void)loss_step(&g->side[how & 1]);
        break;
    }
    case 12:
        g->now += (uint64_t)fuzz_u16(&g->in) * 4;
        break;
    case 13:
        start(g);
        break;
    case 14:
        (void)usher_cancel(&g->side[how & 1].session, (enum usher_close_reason)(how >> 1 & 3));
        break;
    default:
        usher_radio(&g->side[how & 1].node, (how & 2) != 0);
        break;
    }
    settle(g);
}

static void run_sessions(struct game *g)
{
    static const uint16_t sizes[] = { 20, 66, 33, 244 };
    uint8_t choice = fuzz_u8(&g->in), size = fuzz_u8(&g->in);

    g->now = 5000;
    g->value_max = sizes[size & 3];
    side_init(g, P);
    side_init(g, D);
    g->side[P].person.choice = people_choice(choice);
    g->side[P].person.choice.algorithm = choice >> 7;
    g->side[P].person.choice.public_key = choice >> 6 & 1;
    start(g);
    for (unsigned i = 0; i < 300 && g->in.left != 0; i++) {
        attack(g);
    }
    for (unsigned i = 0; i < 2; i++) {
        usher_radio(&g->side[i].node, true);
    }
    run_honest(g, QUIET_MS);
    for (unsigned i = 0; i < 2; i++) {
        (void)usher_listen_stop(&g->side[i].session);
        FUZZ_CHECK(usher_session_idle(&g->side[i].session));
        FUZZ_CHECK(!g->side[i].conns[0].used && !g->side[i].conns[1].used);
        person_reset(&g->side[i].person);
    }
    start(g);
    run_honest(g, QUIET_MS);
    FUZZ_CHECK(g->side[P].complete && g->side[D].complete);
    FUZZ_CHECK(memcmp(usher_device_key(&g->side[P].session), usher_device_key(&g->side[D].session),
                      USHER_KEY_SIZE) == 0);
    usher_deinit(&g->side[P].node);
    usher_deinit(&g->side[D].node);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct game g; /* large */

    memset(&g, 0, sizeof(g));
    g.in = (struct fuzz_input){ .data = data, .left = size };
    if ((fuzz_u8(&g.in) & 1) == 0) {
        run_direction(&g.in);
    } else {
        run_sessions(&g);
    }
    return 0;
}
