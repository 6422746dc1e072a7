/*
 * The sessions of an instance: bearer and session exchange what they have until both are quiet, and
 * the user is told. Linked by the roles' entry calls (device_calls.c, provisioner_calls.c), which
 * begin sessions.
 */
#include "node.h"
#include "pb_adv.h"
#include "session.h"

#include <string.h>

/* -- telling ----------------------------------------------------------------------------------- */

/* The first member of the parameters of each is the session. */
static struct usher_event event_of(struct usher_session *s, enum usher_event_type type)
{
    return (struct usher_event){ .type = type, .params.link_established.p_context = s };
}

static void tell_session_event(struct usher *u, struct usher_session *s, enum usher_event_type type)
{
    struct usher_prov *p = &s->prov;
    struct usher_event e = event_of(s, type);

    if (type == USHER_EVT_COMPLETE && s->bearer->complete != NULL) {
        s->bearer->complete(&s->link, u->now);
    }
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
    struct usher_event e = event_of(s, USHER_EVT_PHASE);

    s->phase_told = (uint8_t)phase;
    e.params.phase.phase = phase;
    node_tell(u, &e);
}

/* -- the link ---------------------------------------------------------------------------------- */

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
        struct usher_event e = event_of(s, USHER_EVT_ECDH_REQUEST);

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
    struct usher_event e = event_of(s, USHER_EVT_LINK_ESTABLISHED);

    if (pair_is_oob(s)) {
        begin.oob_private_key = s->p_private_key;
        begin.oob_public_key = s->p_public_key;
    }
    if (s->state == SESSION_LISTENING) {
        s->state = SESSION_LINK;
        device_beacon_stop(u);
    }
    if (node_random(u, begin.random, sizeof(begin.random)) != USHER_OK ||
        node_random(u, begin.entropy, sizeof(begin.entropy)) != USHER_OK) {
        s->bearer->close(&s->link, u->now, USHER_CLOSE_ERROR);
        return;
    }
    session_begin(&s->prov, &begin, u->now);
    u->port->crypto->wipe(&begin, sizeof(begin));
    node_tell(u, &e);
}

/* The session's last event. The caller's handler may release the session's memory: nothing is
 * touched after it. */
static void link_closed(struct usher *u, struct usher_session *s, uint8_t reason)
{
    struct usher_event e = event_of(s, USHER_EVT_LINK_CLOSED);
    struct session_output out;

    session_link_closed(&s->prov);
    while (session_next(&s->prov, u->now, false, &out) == SESSION_EVENT) {
        tell_session_event(u, s, out.event);
    }
    s->close_reason = reason;
    node_session_end(s);
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

/* -- all of them ------------------------------------------------------------------------------- */

static void run(struct usher *u)
{
    u->turn = u->sessions;
    while (u->turn != NULL) {
        struct usher_session *s = u->turn;

        u->turn = s->next; /* s may be gone after its service, and what comes next may end */
        service(u, s);
    }
}

static uint64_t deadline(const struct usher *u)
{
    uint64_t at = USHER_NEVER;

    for (const struct usher_session *s = u->sessions; s != NULL; s = s->next) {
        at = node_sooner(at, s->bearer->deadline(&s->link));
        at = node_sooner(at, session_deadline(&s->prov));
    }
    return at;
}

/* The session whose PDU has been due the longest. */
static struct usher_session *most_due(const struct usher *u, uint64_t *due)
{
    struct usher_session *first = NULL;

    *due = USHER_NEVER;
    for (struct usher_session *s = u->sessions; s != NULL; s = s->next) {
        uint64_t at = s->bearer->due != NULL ? s->bearer->due(&s->link) : USHER_NEVER;

        if (at < *due) {
            *due = at;
            first = s;
        }
    }
    return first;
}

static uint64_t ad_due(const struct usher *u)
{
    uint64_t due;

    (void)most_due(u, &due);
    return due;
}

static uint8_t next_ad(struct usher *u, uint8_t ad[USHER_AD_MAX])
{
    uint64_t due;
    struct usher_session *s = most_due(u, &due);

    return s != NULL ? s->bearer->next(&s->link, u->now, ad) : 0;
}

static unsigned scan(const struct usher *u)
{
    return u->sessions != NULL ? USHER_SCAN_PB_ADV : USHER_SCAN_OFF;
}

static void in_ad(struct usher *u, const struct node_ad *ad)
{
    struct usher_session *s = u->sessions;

    if (ad->type != PB_ADV_AD_TYPE) {
        return;
    }
    while (s != NULL &&
           (s->bearer->wants == NULL || !s->bearer->wants(&s->link, ad->data, ad->len))) {
        s = s->next;
    }
    if (s != NULL) {
        s->bearer->rx(&s->link, u->port->now_ms(u->port->ctx), ad->data, ad->len);
        node_drain(u);
    }
}

static void deinit(struct usher *u)
{
    while (u->sessions != NULL) {
        struct usher_session *s = u->sessions;

        s->bearer->stop(&s->link);
        session_link_closed(&s->prov);
        node_session_end(s);
        u->port->crypto->wipe(&s->prov, sizeof(s->prov));
    }
}

static const struct usher_part sessions = {
    .adv = USHER_ADV_NONCONN_IND,
    .ad_due = ad_due,
    .next_ad = next_ad,
    .scan = scan,
    .in_ad = in_ad,
    .run = run,
    .deadline = deadline,
    .deinit = deinit,
};

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
    s->next = u->sessions;
    u->sessions = s;
    u->parts[USHER_PART_SESSIONS] = &sessions;
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
    if (!session_complete(&s->prov)) {
        u->port->crypto->wipe(&s->prov.data, sizeof(s->prov.data));
    }
}
