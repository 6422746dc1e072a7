/* Instances with GATT, hand in hand; see gatt_rig.h. */
#include "gatt_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

const uint8_t rig_uuid[USHER_UUID_SIZE] = "a GATT device's";

/* -- the port ---------------------------------------------------------------------------------- */

static uint64_t port_now(void *ctx)
{
    return ((struct rig_side *)ctx)->rig->now;
}

static void port_wake(void *ctx, uint64_t deadline)
{
    ((struct rig_side *)ctx)->wake = deadline;
}

static enum usher_err port_random(void *ctx, uint8_t *buf, size_t len)
{
    struct rig_side *s = ctx;

    if (s->random_fails) {
        return USHER_E_INTERNAL;
    }
    for (size_t i = 0; i < len; i++) {
        s->drawn = s->drawn * 1664525u + 1013904223u;
        buf[i] = (uint8_t)(s->drawn >> 24);
    }
    return USHER_OK;
}

static enum usher_err port_adv_start(void *ctx, const struct usher_adv *adv)
{
    struct rig_side *s = ctx;

    assert_false(s->adv_pending);
    assert_int_equal(adv->slot, 0);
    assert_int_equal(adv->count, 1);
    s->adv_pending = true;
    s->adv = *adv;
    s->adv_until = s->rig->now + s->rig->adv_ms;
    if (adv->type == USHER_ADV_IND) {
        s->inds++;
        s->last_ind = *adv;
        s->ind_at = s->rig->now;
    } else {
        s->nonconns++;
    }
    return USHER_OK;
}

static void port_adv_stop(void *ctx, uint8_t slot)
{
    (void)slot;
    ((struct rig_side *)ctx)->adv_pending = false;
}

static enum usher_err port_scan(void *ctx, unsigned what)
{
    ((struct rig_side *)ctx)->scan = what;
    return USHER_OK;
}

static void port_gatt_serve(void *ctx, enum usher_gatt_service service)
{
    struct rig_side *s = ctx;

    assert_int_not_equal(s->serving, service);
    s->serving = service;
    s->served++;
}

static struct rig_conn *conn_new(struct rig_side *s, uint8_t *number)
{
    for (uint8_t i = 0; i < RIG_CONNS; i++) {
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
    struct rig_side *s = ctx;
    struct rig_conn *c;

    if (s->rig->connect == RIG_REFUSED) {
        return USHER_E_BUSY;
    }
    c = conn_new(s, conn);
    if (c == NULL) {
        return USHER_E_RESOURCES;
    }
    s->connects++;
    c->service = service;
    c->peer = &s->rig->side[peer->addr[5] % RIG_SIDES];
    return USHER_OK;
}

static void port_gatt_disconnect(void *ctx, uint8_t conn)
{
    struct rig_side *s = ctx;
    struct rig_conn *c = &s->conns[conn];

    assert_true(conn < RIG_CONNS && c->used);
    s->disconnects++;
    if (c->open && c->peer != NULL) {
        c->peer->conns[c->peer_conn].lost = true;
    }
    c->used = false;
}

static enum usher_err port_gatt_send(void *ctx, uint8_t conn, const uint8_t *value, uint8_t len)
{
    struct rig_side *s = ctx;
    struct rig_conn *c = &s->conns[conn];

    assert_true(conn < RIG_CONNS && c->used && c->open);
    assert_in_range(len, 1, s->rig->value_max);
    if (c->lost || s->rig->send_fails) {
        return USHER_E_STATE;
    }
    if (c->queued == RIG_ROOM) {
        c->was_busy = true;
        return USHER_E_BUSY;
    }
    c->queue[c->queued].len = len;
    memcpy(c->queue[c->queued++].octets, value, len);
    return USHER_OK;
}

/* -- what happens ------------------------------------------------------------------------------ */

static void tell_open(struct rig_side *s, uint8_t conn, const struct rig_side *peer)
{
    struct usher_gatt_opened o = {
        .conn = conn,
        .server = s->conns[conn].server,
        .service = s->conns[conn].service,
        .value_max = s->rig->value_max,
    };

    if (peer != NULL) {
        o.peer = rig_address(peer->name);
    }
    s->conns[conn].open = true;
    usher_in_gatt_open(&s->node, &o);
}

/* A connection that is being made: the server's end is open first. */
static bool connect_step(struct rig_side *s, uint8_t number)
{
    struct rig_conn *c = &s->conns[number], *other;
    struct rig_side *peer = c->peer;

    if (!c->used || c->open || c->lost || s->rig->connect == RIG_HANGS) {
        return false;
    }
    other = s->rig->connect == RIG_OPENS && peer->serving == c->service
                ? conn_new(peer, &c->peer_conn)
                : NULL;
    if (other == NULL) {
        c->lost = true;
        return true;
    }
    other->server = true;
    other->service = c->service;
    other->peer = s;
    other->peer_conn = number;
    c->open = true;
    tell_open(peer, c->peer_conn, s);
    if (c->used && !c->lost) {
        tell_open(s, number, peer);
    }
    return true;
}

static void raw_keep(struct rig *r, const struct rig_value *v)
{
    r->raw[r->raw_count++ % RIG_RAW] = *v;
}

static bool value_step(struct rig_side *s, uint8_t number)
{
    struct rig_conn *c = &s->conns[number];
    struct rig_value v;

    if (!c->used || c->queued == 0) {
        return false;
    }
    v = c->queue[0];
    c->queued--;
    memmove(c->queue, c->queue + 1, c->queued * sizeof(v));
    s->rig->delivered++;
    if (c->peer == NULL) {
        raw_keep(s->rig, &v);
    } else if (c->peer->conns[c->peer_conn].used && !c->peer->conns[c->peer_conn].lost) {
        rig_raw_write(s->rig, c->peer->name, c->peer_conn, v.octets, v.len);
    }
    if (c->used && c->was_busy) {
        c->was_busy = false;
        usher_in_gatt_ready(&s->node, number);
    }
    if (s->rig->delivered == s->rig->cut_at) {
        rig_cut(s->rig, s->name);
    }
    return true;
}

static bool loss_step(struct rig_side *s, uint8_t number)
{
    struct rig_conn *c = &s->conns[number];

    if (!c->used || !c->lost) {
        return false;
    }
    c->used = false;
    usher_in_gatt_close(&s->node, number);
    return true;
}

static bool adv_step(struct rig_side *s)
{
    struct usher_adv_report report = { .rssi = -40, .type = s->adv.type, .len = s->adv.len };
    struct usher_ble_addr from = rig_address(s->name);

    if (!s->adv_pending || s->rig->now < s->adv_until) {
        return false;
    }
    s->adv_pending = false;
    report.data = s->adv.data;
    report.addr_type = from.type;
    memcpy(report.addr, from.addr, sizeof(report.addr));
    for (int i = 0; i < RIG_SIDES; i++) {
        if (i != (int)s->name && s->rig->side[i].scan != USHER_SCAN_OFF) {
            usher_in_adv(&s->rig->side[i].node, &report);
        }
    }
    usher_in_adv_done(&s->node, s->adv.slot);
    return true;
}

static bool side_step(struct rig_side *s)
{
    bool done = adv_step(s);

    for (uint8_t i = 0; i < RIG_CONNS; i++) {
        done = value_step(s, i) || connect_step(s, i) || loss_step(s, i) || done;
    }
    if (s->wake <= s->rig->now) {
        s->wake = USHER_NEVER;
        usher_process(&s->node);
        done = true;
    }
    return done;
}

void rig_run(struct rig *r, uint64_t ms)
{
    uint64_t end = r->now + ms;

    for (;;) {
        uint64_t next = end + 1;
        bool done = false;

        for (int i = 0; i < RIG_SIDES; i++) {
            struct rig_side *s = &r->side[i];

            person_act(&s->person, r->now);
            done = side_step(s) || done;
            next = s->wake < next ? s->wake : next;
            next = s->adv_pending && s->adv_until < next ? s->adv_until : next;
            next = person_next(&s->person) < next ? person_next(&s->person) : next;
        }
        if (done) {
            continue;
        }
        if (next > end) {
            r->now = end;
            return;
        }
        r->now = next > r->now ? next : r->now;
    }
}

void rig_cut(struct rig *r, enum rig_name name)
{
    for (uint8_t i = 0; i < RIG_CONNS; i++) {
        struct rig_conn *c = &r->side[name].conns[i];

        if (c->used) {
            c->lost = true;
            c->queued = 0;
            if (c->open && c->peer != NULL) {
                c->peer->conns[c->peer_conn].lost = true;
                c->peer->conns[c->peer_conn].queued = 0;
            }
        }
    }
}

/* -- users ------------------------------------------------------------------------------------- */

static void on_event(void *user, struct usher *u, const struct usher_event *e)
{
    struct rig_side *s = user;

    (void)u;
    s->told[e->type]++;
    switch (e->type) {
    case USHER_EVT_UNPROVISIONED_RECEIVED:
        s->unprov = *e;
        break;
    case USHER_EVT_COMPLETE:
        memcpy(s->device_key, e->params.complete.p_devkey, sizeof(s->device_key));
        break;
    case USHER_EVT_FAILED:
        s->failure = e->params.failed.failure_code;
        break;
    case USHER_EVT_LINK_CLOSED:
        s->close_reason = e->params.link_closed.close_reason;
        break;
    default:
        break;
    }
    person_told(&s->person, e, s->rig->now, false);
    if (s->in_handler != NULL) {
        s->in_handler(s, e);
    }
}

/* -- making and ending ------------------------------------------------------------------------- */

struct usher_ble_addr rig_address(enum rig_name name)
{
    return (struct usher_ble_addr){ .type = 1, .addr = { 0xC0, 1, 2, 3, 4, (uint8_t)name } };
}

static void person_init(struct rig *r, struct rig_side *s)
{
    person_reset(&s->person);
    s->person.session = &s->session;
    s->person.role = s->name == RIG_D ? USHER_ROLE_DEVICE : USHER_ROLE_PROVISIONER;
    s->person.other = &r->side[s->name == RIG_D ? RIG_P : RIG_D].person;
    s->person.crypto = r->crypto;
    s->person.device_public_key = r->side[RIG_D].public_key;
    s->person.data = (struct usher_prov_data){ .netkey = "a network's key", .address = 0x0100 };
}

static void side_init(struct rig *r, enum rig_name name)
{
    struct rig_side *s = &r->side[name];
    struct usher_config config = { .handler = on_event, .user = s };
    struct usher_gatt_config gatt = { .links = s->links, .link_count = RIG_CONNS };

    s->rig = r;
    s->name = name;
    s->drawn = 77u + (unsigned)name;
    s->wake = USHER_NEVER;
    s->port = (struct usher_port){
        .ctx = s,
        .crypto = r->crypto,
        .adv_slots = 1,
        .now_ms = port_now,
        .wake_at = port_wake,
        .random = port_random,
        .adv_start = port_adv_start,
        .adv_stop = port_adv_stop,
        .scan = port_scan,
        .gatt_conns = RIG_CONNS,
        .gatt_serve = port_gatt_serve,
        .gatt_connect = port_gatt_connect,
        .gatt_disconnect = port_gatt_disconnect,
        .gatt_send = port_gatt_send,
    };
    assert_int_equal(usher_init(&s->node, &s->port, &config), USHER_OK);
    assert_int_equal(usher_gatt_init(&s->gatt, &s->node, &gatt), USHER_OK);
    usher_session_init(&s->node, &s->session, name == RIG_D ? &people_caps : NULL, s);
    person_init(r, s);
    if (name == RIG_D) {
        assert_int_equal(usher_generate_keys(&s->node, s->private_key, s->public_key), USHER_OK);
        usher_session_keys_set(&s->session, s->private_key, s->public_key);
    }
}

void rig_power_cut(struct rig *r, enum rig_name name)
{
    struct rig_side *s = &r->side[name];
    uint32_t drawn = s->drawn;

    rig_cut(r, name);
    memset(s, 0, sizeof(*s));
    side_init(r, name);
    s->drawn = drawn;
}

struct rig *rig_new(const struct usher_crypto *crypto, uint16_t value_max)
{
    struct rig *r = calloc(1, sizeof(*r));

    assert_non_null(r);
    r->crypto = crypto;
    r->now = 5000;
    r->value_max = value_max;
    for (int i = 0; i < RIG_SIDES; i++) {
        side_init(r, (enum rig_name)i);
    }
    return r;
}

void rig_free(struct rig *r)
{
    for (int i = 0; i < RIG_SIDES; i++) {
        struct rig_side *s = &r->side[i];

        usher_deinit(&s->node);
        assert_int_equal(s->serving, USHER_GATT_NONE);
        assert_int_equal(s->scan, USHER_SCAN_OFF);
        for (uint8_t k = 0; k < RIG_CONNS; k++) {
            assert_true(!s->conns[k].used || s->conns[k].lost);
        }
    }
    free(r);
}

enum usher_err rig_listen(struct rig *r, unsigned bearers)
{
    struct usher_listen p = { .uuid = rig_uuid, .oob_info = 0x1234, .bearers = bearers };

    return usher_listen(&r->side[RIG_D].session, &p);
}

enum usher_err rig_provision(struct rig *r, enum rig_name from)
{
    struct usher_ble_addr peer = rig_address(RIG_D);
    struct usher_provision p = { .uuid = rig_uuid, .attention_s = 5, .peer = &peer };

    return usher_provision(&r->side[from].session, &p);
}

void rig_assert_complete(const struct rig *r, enum rig_name provisioner)
{
    const struct rig_side *p = &r->side[provisioner], *d = &r->side[RIG_D];

    for (int i = 0; i < 2; i++) {
        const struct rig_side *s = i == 0 ? p : d;

        assert_int_equal(s->told[USHER_EVT_LINK_ESTABLISHED], 1);
        assert_int_equal(s->told[USHER_EVT_COMPLETE], 1);
        assert_int_equal(s->told[USHER_EVT_FAILED], 0);
        assert_int_equal(s->told[USHER_EVT_LINK_CLOSED], 1);
        assert_int_equal(s->close_reason, USHER_CLOSE_SUCCESS);
        assert_true(usher_session_idle(&s->session));
    }
    assert_memory_equal(p->device_key, d->device_key, USHER_KEY_SIZE);
}

void rig_forget(struct rig *r, enum rig_name name)
{
    memset(r->side[name].told, 0, sizeof(r->side[name].told));
    person_reset(&r->side[name].person);
}

/* -- connections of the test's own ------------------------------------------------------------- */

uint8_t rig_raw_open(struct rig *r, enum rig_name to, enum usher_gatt_service service)
{
    struct rig_side *s = &r->side[to];
    uint8_t number;
    struct rig_conn *c = conn_new(s, &number);

    assert_non_null(c);
    c->server = true;
    c->service = service;
    tell_open(s, number, NULL);
    return c->used ? number : RIG_CONNS;
}

void rig_raw_write(struct rig *r, enum rig_name to, uint8_t conn, const uint8_t *value, size_t len)
{
    uint8_t *copy = malloc(len != 0 ? len : 1);

    assert_non_null(copy);
    if (len != 0) {
        memcpy(copy, value, len);
    }
    usher_in_gatt_data(&r->side[to].node, conn, copy, len);
    free(copy);
}

bool rig_raw_is_open(const struct rig *r, enum rig_name to, uint8_t conn)
{
    return conn < RIG_CONNS && r->side[to].conns[conn].used;
}

void rig_raw_close(struct rig *r, enum rig_name to, uint8_t conn)
{
    r->side[to].conns[conn].used = false;
    usher_in_gatt_close(&r->side[to].node, conn);
}
