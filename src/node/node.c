/*
 * The instance: inputs in, bearer and session exchanging what they have, events out (the public
 * interface is usher.h).
 *
 * Every entry ends in node_drain(). It goes round until nothing is left to do: what a bearer has
 * received goes to its session, what the session has next goes to the bearer or to the user; then
 * the mesh node of the instance, if it has one, has its turn, and then the work of the caller's.
 * The user's handler runs with all state settled and may call anything; what it starts is picked up
 * by the next round.
 */
#include "ct.h"
#include "gatt.h"
#include "kdf.h"
#include "session.h"

#include <string.h>

const char *usher_version(void)
{
    return USHER_VERSION;
}

/* -- one session ------------------------------------------------------------------------------- */

void node_tell(struct usher *u, const struct usher_event *event)
{
    if (u->config.handler != NULL) {
        u->config.handler(u->config.user, u, event);
    }
}

static void tell_session_event(struct usher *u, struct usher_session *s, enum usher_event_type type)
{
    struct usher_prov *p = &s->prov;
    struct usher_event e = { .type = type };

    if (type == USHER_EVT_COMPLETE && s->bearer->complete != NULL) {
        s->bearer->complete(&s->link, u->now);
    }
    e.params.link_established.p_context = s; /* the first member of each */
    switch (type) {
    case USHER_EVT_INVITE_RECEIVED:
        e.params.invite_received.attention_duration_s = p->attention;
        break;
    case USHER_EVT_CAPS_RECEIVED:
        s->capabilities = p->caps;
        e.params.oob_caps_received.oob_caps = p->caps;
        break;
    case USHER_EVT_OUTPUT_REQUEST:
        e.params.output_request.action = p->start.action;
        e.params.output_request.size = p->start.size;
        e.params.output_request.p_data = p->auth;
        e.params.output_request.number = p->shown_number;
        e.params.output_request.text = p->shown_text;
        break;
    case USHER_EVT_INPUT_REQUEST:
        e.params.input_request.action = p->start.action;
        e.params.input_request.size = p->start.size;
        break;
    case USHER_EVT_COMPLETE:
    case USHER_EVT_DATA_RECEIVED:
        e.params.complete.p_devkey = p->device_key;
        e.params.complete.p_prov_data = &p->data;
        break;
    case USHER_EVT_DATA_REQUEST:
        e.params.data_request.p_devkey = p->device_key;
        e.params.data_request.num_elements = p->caps.num_elements;
        break;
    case USHER_EVT_FAILED:
        e.params.failed.failure_code = p->failure;
        break;
    default:
        break;
    }
    node_tell(u, &e);
}

static void tell_phase(struct usher *u, struct usher_session *s, enum usher_phase phase)
{
    struct usher_event e = { .type = USHER_EVT_PHASE };

    s->phase_told = (uint8_t)phase;
    e.params.phase.p_context = s;
    e.params.phase.phase = phase;
    node_tell(u, &e);
}

/* Whether the private key of the session's pair is with whoever computes its ECDH. */
static bool private_is_elsewhere(const struct usher_session *s)
{
    return s->p_public_key != NULL && s->p_private_key == NULL;
}

static void compute_secret(struct usher *u, struct usher_session *s)
{
    const struct usher_port *port = u->port;
    const uint8_t *peer = session_key(&s->prov, session_peer(&s->prov));
    uint8_t secret[USHER_P256_SECRET] = { 0 };
    enum usher_err err;

    s->ecdh_token = ++u->next_token;
    if (s->ecdh_offload) {
        struct usher_event e = { .type = USHER_EVT_ECDH_REQUEST };

        e.params.ecdh_request.p_context = s;
        e.params.ecdh_request.p_peer_public = peer;
        e.params.ecdh_request.p_node_private = private_is_elsewhere(s) ? NULL : s->prov.private_key;
        node_tell(u, &e);
        return;
    }
    if (port->ecdh != NULL) {
        err = port->ecdh(port->ctx, s->ecdh_token, s->prov.private_key, peer);
        if (err == USHER_OK) {
            return;
        }
    } else {
        err = port->crypto->p256_ecdh(port->crypto->ctx, s->prov.private_key, peer, secret);
    }
    (void)session_secret(&s->prov, err, secret);
    port->crypto->wipe(secret, sizeof(secret));
}

/* Whether the application's pair is for provisioners that take its public key out of band. */
static bool pair_is_oob(const struct usher_session *s)
{
    return s->p_private_key != NULL && s->acts->me == USHER_ROLE_DEVICE &&
           (s->capabilities.pubkey_type & USHER_PUBKEY_OOB) != 0;
}

/* The link is open: the session begins, with randomness of its own. */
static void link_opened(struct usher *u, struct usher_session *s)
{
    struct session_begin begin = {
        .crypto = u->port->crypto,
        .role = s->acts,
        .caps = s->acts->me == USHER_ROLE_DEVICE ? &s->capabilities : NULL,
        .attention = s->attention_s,
    };
    struct usher_event e = { .type = USHER_EVT_LINK_ESTABLISHED };

    if (pair_is_oob(s)) {
        begin.oob_private_key = s->p_private_key;
        begin.oob_public_key = s->p_public_key;
    }
    if (s->state == SESSION_LISTENING) {
        s->state = SESSION_LINK;
        advert_beacon_stop(u);
    }
    if (node_random(u, begin.random, sizeof(begin.random)) != USHER_OK ||
        node_random(u, begin.entropy, sizeof(begin.entropy)) != USHER_OK) {
        s->bearer->close(&s->link, u->now, USHER_CLOSE_ERROR);
        return;
    }
    session_begin(&s->prov, &begin, u->now);
    u->port->crypto->wipe(&begin, sizeof(begin));
    if (s->data_given) {
        (void)session_data(&s->prov, &s->data);
        u->port->crypto->wipe(&s->data, sizeof(s->data));
    }
    e.params.link_established.p_context = s;
    node_tell(u, &e);
}

/* The session's last event. The caller's handler may release the session's memory: nothing is
 * touched after it. */
static void link_closed(struct usher *u, struct usher_session *s, uint8_t reason)
{
    struct usher_event e = { .type = USHER_EVT_LINK_CLOSED };
    struct session_output out;

    session_link_closed(&s->prov);
    while (session_next(&s->prov, u->now, false, &out) == SESSION_EVENT) {
        tell_session_event(u, s, out.event);
    }
    s->close_reason = reason;
    node_session_end(s);
    e.params.link_closed.p_context = s;
    e.params.link_closed.close_reason = reason;
    node_tell(u, &e);
}

/* @retval false  The session has ended. */
static bool take_from_bearer(struct usher *u, struct usher_session *s)
{
    struct bearer_input in;
    enum bearer_event event;

    while ((event = s->bearer->poll(&s->link, u->now, &in)) != BEARER_NOTHING) {
        switch (event) {
        case BEARER_OPENED:
            link_opened(u, s);
            break;
        case BEARER_SENT:
            session_sent(&s->prov);
            break;
        case BEARER_PDU:
            (void)session_rx(&s->prov, u->now, in.pdu, in.len);
            break;
        default:
            link_closed(u, s, in.reason);
            return false;
        }
    }
    return true;
}

/* Lets bearer and session exchange what they have until both are quiet. */
static void service(struct usher *u, struct usher_session *s)
{
    struct session_output out;
    enum session_out what = SESSION_EVENT;

    while (what != SESSION_NOTHING) {
        if (!take_from_bearer(u, s)) {
            return;
        }
        what = session_next(&s->prov, u->now, s->bearer->ready(&s->link), &out);
        switch (what) {
        case SESSION_EVENT:
            tell_session_event(u, s, out.event);
            break;
        case SESSION_PDU:
            (void)s->bearer->send(&s->link, u->now, out.pdu, out.len, out.awaited);
            break;
        case SESSION_ECDH:
            compute_secret(u, s);
            break;
        case SESSION_CLOSE:
            s->bearer->close(&s->link, u->now, out.reason);
            break;
        default:
            break;
        }
    }
    if (s->state == SESSION_LINK && session_phase(&s->prov) != s->phase_told) {
        tell_phase(u, s, session_phase(&s->prov));
        u->again = true;
    }
}

/* -- all of them ------------------------------------------------------------------------------- */

static void set_wake(struct usher *u)
{
    uint64_t at = advert_due(u);

    for (const struct usher_session *s = u->sessions; s != NULL; s = s->next) {
        uint64_t link = s->bearer->deadline(&s->link), session = session_deadline(&s->prov);

        at = node_sooner(at, node_sooner(link, session));
    }
    if (u->mesh != NULL) {
        at = node_sooner(at, u->mesh->acts->deadline(u->mesh));
    }
    if (u->gatt != NULL) {
        at = node_sooner(at, u->gatt->acts->deadline(u->gatt));
    }
    at = node_sooner(at, u->work_at);
    if (at != u->wake) {
        u->wake = at;
        u->port->wake_at(u->port->ctx, at);
    }
}

void node_drain(struct usher *u)
{
    u->again = true;
    if (u->draining) {
        return;
    }
    u->draining = true;
    u->now = u->port->now_ms(u->port->ctx);
    while (u->again) {
        u->again = false;
        u->turn = u->sessions;
        while (u->turn != NULL) {
            struct usher_session *s = u->turn;

            u->turn = s->next; /* s may be gone after its service, and what comes next may end */
            service(u, s);
        }
        if (u->mesh != NULL) {
            u->mesh->acts->run(u->mesh);
        }
        if (u->gatt != NULL) {
            u->gatt->acts->run(u->gatt);
        }
        if (u->config.work != NULL) {
            u->work_at = u->config.work(u->config.user, u, u->now);
        }
        advert_fill(u);
    }
    (void)scan_update(u);
    set_wake(u);
    u->draining = false;
}

void node_alarm(struct usher *u)
{
    uint64_t now = u->port->now_ms(u->port->ctx);

    u->again = true;
    if (!u->draining && u->wake > now) {
        u->wake = now;
        u->port->wake_at(u->port->ctx, now);
    }
}

void usher_work(struct usher *u)
{
    node_alarm(u);
}

void usher_process(struct usher *u)
{
    u->wake = USHER_NEVER;
    node_drain(u);
}

void usher_in_ecdh(struct usher *u, uint32_t token, enum usher_err err,
                   const uint8_t secret[USHER_P256_SECRET])
{
    if (node_remote(u) != NULL) {
        node_remote(u)->ecdh(node_remote_ctx(u), token, err, secret);
    }
    for (struct usher_session *s = u->sessions; s != NULL; s = s->next) {
        if (s->ecdh_token == token && !s->ecdh_offload) {
            (void)session_secret(&s->prov, err, secret);
            break;
        }
    }
    node_drain(u);
}

/* -- GATT in ----------------------------------------------------------------------------------- */

void usher_in_gatt_open(struct usher *u, const struct usher_gatt_opened *opened)
{
    if (u->gatt != NULL) {
        u->gatt->acts->opened(u->gatt, opened);
        node_drain(u);
    }
}

void usher_in_gatt_data(struct usher *u, uint8_t conn, const uint8_t *value, size_t len)
{
    if (u->gatt != NULL) {
        u->gatt->acts->data(u->gatt, conn, value, len);
        node_drain(u);
    }
}

void usher_in_gatt_ready(struct usher *u, uint8_t conn)
{
    (void)conn; /* each connection with something to send is tried again */
    node_drain(u);
}

void usher_in_gatt_close(struct usher *u, uint8_t conn)
{
    if (u->gatt != NULL) {
        u->gatt->acts->closed(u->gatt, conn);
        node_drain(u);
    }
}

/* -- making and ending ------------------------------------------------------------------------- */

static bool port_ok(const struct usher_port *p)
{
    return p != NULL && p->crypto != NULL && p->now_ms != NULL && p->wake_at != NULL &&
           p->random != NULL && p->adv_start != NULL && p->adv_stop != NULL && p->scan != NULL;
}

enum usher_err usher_init(struct usher *u, const struct usher_port *port,
                          const struct usher_config *config)
{
    if (u == NULL || config == NULL || !port_ok(port)) {
        return USHER_E_NULL;
    }
    if (port->adv_slots > USHER_ADV_SLOTS) {
        return USHER_E_PARAM;
    }
    memset(u, 0, sizeof(*u));
    u->port = port;
    u->config = *config;
    if (u->config.policy == NULL) {
        u->config.policy = &usher_pb_adv_spec;
    }
    if (u->config.beacon_interval_ms == 0) {
        u->config.beacon_interval_ms = 2000;
    }
    u->wake = USHER_NEVER;
    u->work_at = USHER_NEVER;
    u->now = port->now_ms(port->ctx);
    return USHER_OK;
}

void usher_deinit(struct usher *u)
{
    if (u->mesh != NULL) {
        u->mesh->acts->deinit(u->mesh);
    }
    if (u->gatt != NULL) {
        u->gatt->acts->deinit(u->gatt);
    }
    while (u->sessions != NULL) {
        struct usher_session *s = u->sessions;

        s->bearer->stop(&s->link);
        session_link_closed(&s->prov);
        node_session_end(s);
        u->port->crypto->wipe(&s->prov, sizeof(s->prov));
    }
    u->scanning = false;
    u->own_advs = NULL;
    advert_beacon_stop(u);
    advert_stop_all(u);
    (void)scan_update(u);
    u->port->wake_at(u->port->ctx, USHER_NEVER);
}

enum usher_err node_random(struct usher *u, void *buf, size_t len)
{
    uint8_t mark[16];

    if (u->port->random(u->port->ctx, buf, len) != USHER_OK) {
        return USHER_E_INTERNAL;
    }
    if (len < sizeof(mark)) { /* jitter: may well repeat */
        return USHER_OK;
    }
    /* What was drawn may become a key: kept is a one-way mark of it. */
    if (ct_zero(buf, len) || kdf_s1(u->port->crypto, buf, sizeof(mark), mark) != USHER_OK ||
        ct_equal(mark, u->random_mark, sizeof(mark))) {
        return USHER_E_INTERNAL;
    }
    memcpy(u->random_mark, mark, sizeof(mark));
    return USHER_OK;
}

enum usher_err usher_generate_keys(struct usher *u, uint8_t private_key[USHER_P256_PRIVATE],
                                   uint8_t public_key[USHER_P256_PUBLIC])
{
    const struct usher_crypto *c = u->port->crypto;
    enum usher_err err = USHER_E_DATA;

    /* One draw in 2^32 is not below the curve's order, so a few are enough. */
    for (int tries = 0; tries < 8 && err == USHER_E_DATA; tries++) {
        err = node_random(u, private_key, USHER_P256_PRIVATE);
        if (err == USHER_OK) {
            err = c->p256_public(c->ctx, private_key, public_key);
        }
    }
    return err == USHER_OK ? USHER_OK : USHER_E_INTERNAL;
}

enum usher_err node_session_start(struct usher_session *s, const struct usher_prov_role *acts,
                                  uint64_t *now)
{
    struct usher *u = s->node;
    const struct usher_crypto *c = u->port->crypto;
    uint8_t private_key[USHER_P256_PRIVATE], public_key[USHER_P256_PUBLIC];
    enum usher_err err;

    s->acts = acts;
    if (private_is_elsewhere(s) && !s->ecdh_offload) {
        return USHER_E_FLAGS;
    }
    if (s->p_public_key != NULL && !pair_is_oob(s)) {
        session_keys_set(&s->prov, s->p_private_key, s->p_public_key);
    } else {
        err = usher_generate_keys(u, private_key, public_key);
        if (err != USHER_OK) {
            return err;
        }
        session_keys_set(&s->prov, private_key, public_key);
        c->wipe(private_key, sizeof(private_key));
    }
    s->phase_told = USHER_PHASE_LINK;
    s->close_reason = USHER_CLOSE_SUCCESS;
    s->ecdh_token = 0;
    s->data_given = false;
    s->next = u->sessions;
    u->sessions = s;
    *now = u->port->now_ms(u->port->ctx);
    return USHER_OK;
}

void node_session_end(struct usher_session *s)
{
    struct usher *u = s->node;
    struct usher_session **at = &u->sessions;

    if (u->turn == s) {
        u->turn = s->next;
    }
    while (*at != NULL && *at != s) {
        at = &(*at)->next;
    }
    if (*at == s) {
        *at = s->next;
    }
    s->next = NULL;
    s->state = SESSION_IDLE;
    /* What a link that never opened has left behind. */
    u->port->crypto->wipe(s->prov.private_key, sizeof(s->prov.private_key));
    u->port->crypto->wipe(&s->data, sizeof(s->data));
}
