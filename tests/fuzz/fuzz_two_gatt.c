/*
 * PB-GATT: a provisioner and a device, two whole instances, and between them an attacker who sees
 * every value of their connections and passes, drops, doubles, changes, cuts or repeats it, or
 * makes up his own, who connects to the device himself, ends connections, and may be at the
 * device's PB-ADV at the same time. The input is his decisions and those of the people beside the
 * two; when it is used up, everybody is honest.
 *
 * Checked: what party.h says; the values that are sent are sound; every session ends and leaves no
 * connection; afterwards an honest provisioning of the same two instances completes.
 */
#include "forge.h"
#include "fuzz.h"
#include "party.h"
#include "proxy_plain.h"
#include "rng.h"

#include <usher/gatt.h>

#include <string.h>

#define CONNS 2
#define ROOM 3
#define HISTORY 16
#define ATTEMPTS 6
#define QUIET_MS 400000
#define STEPS_MAX 3000u /* without time passing */

enum { P = USHER_ROLE_PROVISIONER, D = USHER_ROLE_DEVICE };

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
    struct party *party;
    struct usher_port port;
    struct usher node;
    struct usher_gatt gatt;
    struct usher_gatt_link links[CONNS];
    struct conn conns[CONNS];
    enum usher_gatt_service serving;
    uint64_t wake;
    bool adv_pending;
    struct rng rng;
};

struct game {
    struct fuzz_input in;
    uint64_t now;
    uint16_t value_max;
    bool data_early, offload;
    unsigned bearers; /* that the device listens on */
    bool forged;      /* something came that was not sent on that connection */
    struct side side[2];
    struct party party[2];
    unsigned sent;
    struct value history[HISTORY];
};

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

    FUZZ_CHECK(!s->adv_pending && s->role == D && adv->len >= 2 && adv->len <= USHER_AD_MAX);
    FUZZ_CHECK((adv->type == USHER_ADV_IND && adv->len == 29) ||
               (adv->type == USHER_ADV_NONCONN_IND && (s->game->bearers & USHER_BEARER_ADV) != 0));
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
    struct game *g = s->game;

    (void)u;
    party_check(s->party, e, g->forged);
    party_hear(s->party, e, &g->in, g->now);
}

/* -- the sides --------------------------------------------------------------------------------- */

/* Makes, or makes anew, the instance of a side. */
static void side_join(struct side *s)
{
    struct usher_config config = { .handler = on_event, .user = s };
    struct usher_gatt_config gatt = {
        .links = s->links,
        .link_count = CONNS,
        .adv_interval_ms = 10000, /* there is something else to look at */
    };

    s->wake = USHER_NEVER;
    s->serving = (enum usher_gatt_service)0;
    s->port = (struct usher_port){
        .ctx = s,
        .crypto = fuzz_crypto(),
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
    party_join(s->party, &s->node);
    s->party->session.ecdh_offload = s->game->offload;
}

static void side_leave(struct side *s)
{
    usher_deinit(&s->node);
    FUZZ_CHECK(!s->conns[0].used && !s->conns[1].used && !s->adv_pending);
}

static void side_start(struct side *s)
{
    struct game *g = s->game;
    struct party *p = s->party;
    struct usher_ble_addr peer = { .type = 1 };
    struct usher_listen listen = { .uuid = party_uuid, .bearers = g->bearers };
    struct usher_provision provision = { .uuid = party_uuid, .attention_s = 3, .peer = &peer };

    if (!usher_session_idle(&p->session)) {
        return;
    }
    party_begin(p);
    if (s->role == D) {
        FUZZ_CHECK(usher_listen(&p->session, &listen) == USHER_OK);
        return;
    }
    provision.data = g->data_early ? &p->person.data : NULL;
    p->open =
        usher_provision(&p->session, &provision) == USHER_OK; /* a connection may be lacking */
}

static void side_act(struct side *s, enum party_act act)
{
    struct party *p = s->party;

    switch (act) {
    case PARTY_RESET:
        side_leave(s);
        side_join(s);
        break;
    case PARTY_CANCEL:
        (void)usher_cancel(&p->session, USHER_CLOSE_ERROR);
        break;
    case PARTY_STOP:
        if (s->role == D && usher_listen_stop(&p->session) == USHER_OK) {
            p->open = false;
        }
        break;
    case PARTY_NONSENSE:
        party_nonsense(p, &s->game->in);
        break;
    case PARTY_START:
        if (p->started < ATTEMPTS) {
            side_start(s);
        }
        break;
    default:
        break;
    }
}

/* -- connections ------------------------------------------------------------------------------- */

static void hand(struct side *s, uint8_t conn, const uint8_t *octets, size_t len)
{
    uint8_t *copy = malloc(len != 0 ? len : 1);

    FUZZ_CHECK(copy != NULL);
    if (len != 0) {
        memcpy(copy, octets, len);
    }
    usher_in_gatt_data(&s->node, conn, copy, len);
    free(copy);
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

/* What the attacker makes of a value: so many copies of @p len octets, one of them changed. */
struct fate {
    unsigned copies;
    uint8_t len, at, mask;
};

static const struct fate passed = { .copies = 1, .len = PROXY_VALUE_MAX };

static bool value_step(struct side *s, struct fate fate)
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
        v.octets[fate.at % v.len] ^= fate.mask;
        if (fate.copies > 1 || fate.len < v.len || fate.mask != 0) {
            s->game->forged = true;
        }
        v.len = fate.len < v.len ? fate.len : v.len;
        while (c->used && c->paired && fate.copies-- > 0) {
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

        person_act(&s->party->person, g->now);
        if (s->adv_pending) {
            s->adv_pending = false;
            usher_in_adv_done(&s->node, 0);
        }
        if (s->wake <= g->now) {
            s->wake = USHER_NEVER;
            usher_process(&s->node);
        }
    }
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
            value_step(&g->side[P], passed) || value_step(&g->side[D], passed)) {
            FUZZ_CHECK(++steps < STEPS_MAX);
            continue;
        }
        for (unsigned i = 0; i < 2; i++) {
            uint64_t person = person_next(&g->party[i].person);

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

/* -- the attacker ------------------------------------------------------------------------------ */

static void inject(struct game *g, uint8_t how)
{
    struct side *s = &g->side[how & 1];
    uint8_t conn = how >> 1 & 1;
    const uint8_t *octets;
    size_t len = fuzz_u8(&g->in);

    g->forged = true;
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

    g->forged = true;
    proxy_sar_init(&sar, g->value_max);
    FUZZ_CHECK(proxy_sar_send(&sar, PROXY_PROVISIONING, pdu, n) == USHER_OK);
    while ((len = proxy_sar_next(&sar, value)) != 0) {
        proxy_sar_sent(&sar);
        hand(s, how >> 1 & 1, value, len);
    }
}

/* What he says on the device's other bearer, if it listens there: octets, or a PDU. */
static void inject_adv(struct game *g, bool pdu)
{
    struct side *d = &g->side[D];
    const union usher_link *link = &d->party->session.link;
    struct forged f = { .count = 1 };
    uint8_t octets[USHER_PDU_MAX];

    if (pdu) {
        f = forge_transaction(&link->adv, octets, forge_pdu(&g->in, 16, octets));
    } else {
        uint8_t head[] = { 0, 0x29, 1, 2, 3, 4 }; /* and his link's id */

        memcpy(f.ad[0].data, head, sizeof(head));
        f.ad[0].len = (uint8_t)(sizeof(head) + fuzz_u8(&g->in) % (USHER_AD_MAX - sizeof(head) + 1));
        f.ad[0].data[0] = (uint8_t)(f.ad[0].len - 1);
        fuzz_copy(&g->in, f.ad[0].data + sizeof(head), f.ad[0].len - sizeof(head));
    }
    for (unsigned i = 0; i < f.count; i++) {
        struct usher_adv_report report = {
            .type = USHER_ADV_NONCONN_IND, .rssi = -50, .data = f.ad[i].data, .len = f.ad[i].len
        };

        usher_in_adv(&d->node, &report);
    }
}

/* Attacks on a value that is under way. */
static void attack_value(struct game *g, unsigned what, uint8_t how)
{
    struct fate fate = passed;
    struct side *s = &g->side[how & 1];

    switch (what) {
    case 1:
    case 2: /* passed */
        s = &g->side[what & 1];
        break;
    case 3: /* dropped, or repeated at once */
        fate.copies = how >> 1 & 3;
        break;
    case 4: /* changed */
        fate.at = how >> 1;
        fate.mask = fuzz_u8(&g->in);
        break;
    default: /* cut */
        fate.len = fuzz_u8(&g->in);
        break;
    }
    (void)value_step(s, fate);
}

static void lose(struct game *g, uint8_t how)
{
    struct conn *c = &g->side[how & 1].conns[how >> 1 & 1];

    c->lost = c->used;
    (void)loss_step(&g->side[how & 1]);
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
    case 3:
    case 4:
    case 14:
        attack_value(g, op & 0x0F, how);
        break;
    case 5:
    case 6:
        inject(g, how);
        break;
    case 7:
        inject_pdu(g, how);
        break;
    case 8:
        inject_adv(g, (how & 1) != 0);
        break;
    case 9:
        (void)connect_to_device(g, CONNS);
        break;
    case 10:
        (void)connect_step(g);
        break;
    case 11:
        lose(g, how);
        break;
    case 12:
        g->now += (uint64_t)fuzz_u16(&g->in) * 4;
        break;
    case 13:
        side_act(&g->side[how & 1], (enum party_act)(how >> 1));
        break;
    default:
        usher_radio(&g->side[how & 1].node, (how & 2) != 0);
        break;
    }
    settle(g);
}

/* -- the game ---------------------------------------------------------------------------------- */

static void begin(struct game *g)
{
    static const uint16_t sizes[] = { 20, 66, 33, 244 };
    uint8_t first = fuzz_u8(&g->in), second = fuzz_u8(&g->in);
    struct usher_start choice = people_choice(first & 0x0F);

    choice.algorithm = first >> 4 & 1;
    choice.public_key = first >> 5 & 1;
    g->data_early = (first >> 6 & 1) != 0;
    g->bearers = USHER_BEARER_GATT | (first >> 7 != 0 ? USHER_BEARER_ADV : 0);
    g->value_max = sizes[second & 3];
    g->offload = (second & 4) != 0;
    g->now = 5000;
    party_init(g->party, &choice);
    for (unsigned i = 0; i < 2; i++) {
        g->side[i].game = g;
        g->side[i].role = i;
        g->side[i].party = &g->party[i];
        g->side[i].rng = rng_make(7, i);
        side_join(&g->side[i]);
    }
    side_start(&g->side[D]);
    side_start(&g->side[P]);
}

/* All that was begun comes to its end by itself. */
static void end(struct game *g)
{
    g->in.left = 0;
    for (unsigned i = 0; i < 2; i++) {
        usher_radio(&g->side[i].node, true);
    }
    run_honest(g, QUIET_MS);
    for (unsigned i = 0; i < 2; i++) {
        (void)usher_listen_stop(&g->party[i].session);
        FUZZ_CHECK(usher_session_idle(&g->party[i].session));
        FUZZ_CHECK(!g->side[i].conns[0].used && !g->side[i].conns[1].used);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct game game; /* large */
    struct game *g = &game;

    memset(g, 0, sizeof(*g));
    g->in = (struct fuzz_input){ data, size };
    begin(g);
    for (unsigned i = 0; i < 300 && g->in.left != 0; i++) {
        attack(g);
    }
    end(g);
    side_start(&g->side[D]);
    side_start(&g->side[P]);
    run_honest(g, QUIET_MS);
    party_check_done(g->party);
    side_leave(&g->side[P]);
    side_leave(&g->side[D]);
    return 0;
}
