/*
 * The sessions of a device that is an instance's radio: what the device says of a session becomes
 * what a session of the instance's own would have told, and a session that has been quiet too long
 * ends. host_remote.c calls it, with each event and from time to time; see host_remote.h.
 *
 * What a device of the nRF5 SDK does wrong is not offered: the key out of band, values to be shown,
 * and numbers of fewer digits than it reads.
 */
#include "host_remote.h"

#include <string.h>

#define PLAIN_DIGITS 4u /* fewer are not read right */

/* -- events of sessions ------------------------------------------------------------------------ */

static void on_caps(struct usher_serial_remote_context *c, const struct usher_serial_packet *p)
{
    struct usher_event e = { .type = USHER_EVT_CAPS_RECEIVED };
    struct usher_caps *caps = &e.params.oob_caps_received.oob_caps;
    bool plain = p->opcode == USHER_SERIAL_EVT_CAPS_RECEIVED;

    if (c->chosen) {
        return;
    }
    e.params.oob_caps_received.p_context = c->session;
    *caps =
        (struct usher_caps){ .num_elements = p->elements,
                             .algorithms = plain ? USHER_ALG_BIT(USHER_ALG_CMAC) : p->algorithms,
                             .pubkey_type = plain ? 0 : p->pubkey_type,
                             .oob_static_types = p->static_types,
                             .oob_output_size = p->output_size,
                             .oob_output_actions = p->output_actions,
                             .oob_input_size = plain ? 0 : p->input_size,
                             .oob_input_actions = plain ? 0 : p->input_actions };
    if (caps->oob_output_size > USHER_OOB_SIZE_MAX || caps->oob_input_size > USHER_OOB_SIZE_MAX ||
        p->elements == 0) {
        remote_tell_failed(c, USHER_FAIL_INVALID_FORMAT);
        remote_session_fail(c, USHER_CLOSE_ERROR);
        return;
    }
    if (plain && caps->oob_output_size < PLAIN_DIGITS) {
        caps->oob_output_size = 0;
        caps->oob_output_actions = 0;
    }
    if (c->data_sent && p->elements > c->elements) { /* its addresses would be others' */
        remote_note(c->remote, "a device has more elements than addresses were set aside for");
        remote_tell_failed(c, USHER_FAIL_ADDRESS);
        remote_session_fail(c, USHER_CLOSE_ERROR);
        return;
    }
    c->elements = p->elements;
    remote_tell_phase(c, USHER_PHASE_START);
    if (c->session != NULL) {
        remote_tell(c->remote, &e);
    }
    if (c->chosen) {
        remote_tell_phase(c, USHER_PHASE_PUBLIC_KEY);
    }
}

/* @param private_key  NULL: the one of the session's own pair. */
static void on_ecdh(struct usher_serial_remote_context *c, const uint8_t *peer,
                    const uint8_t *private_key)
{
    const struct usher_port *port = c->remote->port;
    uint8_t secret[USHER_P256_SECRET] = { 0 };
    enum usher_err err;

    if (c->token != 0 || !c->chosen || (private_key == NULL && !c->key_given)) {
        remote_session_fail(c, USHER_CLOSE_ERROR);
        return;
    }
    c->key_given = false; /* a pair is for one secret */
    remote_tell_phase(c, USHER_PHASE_ECDH);
    if (c->session == NULL) {
        return;
    }
    c->token = ++c->remote->tokens != 0 ? c->remote->tokens : ++c->remote->tokens;
    private_key = private_key != NULL ? private_key : c->private_key;
    if (port->ecdh != NULL && port->ecdh(port->ctx, c->token, private_key, peer) == USHER_OK) {
        return;
    }
    err = port->crypto->p256_ecdh(port->crypto->ctx, private_key, peer, secret);
    remote_session_secret(c, err, secret);
    remote_wipe(c->remote, secret, sizeof(secret));
}

static void on_auth(struct usher_serial_remote_context *c, const struct usher_serial_packet *p)
{
    struct usher_event e = { .type = USHER_EVT_STATIC_REQUEST };

    /* What it asks for is what was chosen, and nothing else. */
    if (!c->chosen ||
        (c->choice.method != USHER_OOB_STATIC && c->choice.method != USHER_OOB_OUTPUT)) {
        remote_session_fail(c, USHER_CLOSE_ERROR);
        return;
    }
    (void)p;
    c->asked_method = c->choice.method;
    c->asked_action = c->choice.action;
    c->asked_size = c->choice.size;
    e.params.static_request.p_context = c->session;
    if (c->asked_method == USHER_OOB_OUTPUT) {
        e.type = USHER_EVT_INPUT_REQUEST;
        e.params.input_request.action = c->asked_action;
        e.params.input_request.size = c->asked_size;
    }
    remote_tell(c->remote, &e);
}

static void on_show(struct usher_serial_remote_context *c, const struct usher_serial_packet *p)
{
    struct usher_event e = { .type = USHER_EVT_OUTPUT_REQUEST };
    char text[USHER_OOB_SIZE_MAX + 1] = { 0 };
    uint32_t number = 0;
    bool digits = c->choice.action != USHER_INPUT_ALPHANUMERIC;

    if (!c->chosen || c->choice.method != USHER_OOB_INPUT || p->len > USHER_OOB_SIZE_MAX) {
        remote_session_fail(c, USHER_CLOSE_ERROR);
        return;
    }
    for (unsigned i = 0; i < p->len; i++) { /* it goes to a terminal */
        bool digit = p->data[i] >= '0' && p->data[i] <= '9';

        if (!digit && (digits || !remote_is_letter((char)p->data[i]))) {
            remote_session_fail(c, USHER_CLOSE_ERROR);
            return;
        }
        text[i] = (char)p->data[i];
        number = number * 10 + (uint32_t)(p->data[i] - '0');
    }
    e.params.output_request.p_context = c->session;
    e.params.output_request.action = c->choice.action;
    e.params.output_request.size = c->choice.size;
    e.params.output_request.number = digits ? number : 0;
    e.params.output_request.text = text;
    remote_tell_phase(c, USHER_PHASE_INPUT);
    if (c->session != NULL) {
        remote_tell(c->remote, &e);
    }
}

static void ask_data(struct usher_serial_remote_context *c, uint8_t elements, const uint8_t *key)
{
    struct usher_event e = { .type = USHER_EVT_DATA_REQUEST };

    e.params.data_request.p_context = c->session;
    e.params.data_request.p_devkey = key;
    e.params.data_request.num_elements = elements;
    remote_tell(c->remote, &e);
}

static void on_data_request(struct usher_serial_remote_context *c,
                            const struct usher_serial_packet *p)
{
    if (c->data_sent || !c->chosen || p->elements != c->elements) {
        remote_session_fail(c, USHER_CLOSE_ERROR);
        return;
    }
    remote_tell_phase(c, USHER_PHASE_DATA);
    if (c->session != NULL) {
        ask_data(c, p->elements, p->device_key);
    }
}

static void on_complete(struct usher_serial_remote_context *c, const struct usher_serial_packet *p)
{
    struct usher_event e = { .type = USHER_EVT_COMPLETE };
    struct usher_prov_data data = c->data;

    if (!c->data_sent || !c->chosen || p->address != data.address) {
        remote_session_fail(c, USHER_CLOSE_ERROR);
        return;
    }
    e.params.complete.p_context = c->session;
    e.params.complete.p_devkey = p->device_key;
    e.params.complete.p_prov_data = &data;
    remote_tell(c->remote, &e);
    remote_wipe(c->remote, &data, sizeof(data));
}

static void on_link_open(struct usher_serial_remote_context *c)
{
    struct usher_event e = { .type = USHER_EVT_LINK_ESTABLISHED };

    if (c->open) {
        return;
    }
    c->open = true;
    e.params.link_established.p_context = c->session;
    remote_tell(c->remote, &e);
    remote_tell_phase(c, USHER_PHASE_CAPABILITIES);
}

static void on_pubkey(struct usher_serial_remote_context *c)
{
    struct usher_event e = { .type = USHER_EVT_OOB_PUBKEY_REQUEST };

    e.params.oob_pubkey_request.p_context = c->session;
    if (c->chosen && c->choice.public_key != 0) {
        remote_tell(c->remote, &e);
    }
}

static void on_closed(struct usher_serial_remote_context *c, uint8_t reason)
{
    c->busy = false;
    for (unsigned i = 0; i < USHER_SERIAL_CALLS; i++) {
        usher_serial_host_cancel(&c->remote->line, &c->calls[i]);
    }
    remote_session_closed(c, c->failing != 0 ? c->failing - 1 : reason);
}

static void session_event(struct usher_serial_remote_context *c,
                          const struct usher_serial_packet *p)
{
    c->at = remote_now(c->remote) + REMOTE_SESSION_MS;
    switch (p->opcode) {
    case USHER_SERIAL_EVT_LINK_ESTABLISHED:
        on_link_open(c);
        break;
    case USHER_SERIAL_EVT_CAPS_RECEIVED:
    case USHER_SERIAL_EVT_CAPABILITIES:
        on_caps(c, p);
        break;
    case USHER_SERIAL_EVT_ECDH_REQUEST:
        on_ecdh(c, p->public_key, p->private_key);
        break;
    case USHER_SERIAL_EVT_SECRET_REQUEST:
        on_ecdh(c, p->public_key, NULL);
        break;
    case USHER_SERIAL_EVT_AUTH_REQUEST:
        on_auth(c, p);
        break;
    case USHER_SERIAL_EVT_SHOW_REQUEST:
        on_show(c, p);
        break;
    case USHER_SERIAL_EVT_PUBKEY_REQUEST:
        on_pubkey(c);
        break;
    case USHER_SERIAL_EVT_DATA_REQUEST:
        on_data_request(c, p);
        break;
    case USHER_SERIAL_EVT_COMPLETE:
        on_complete(c, p);
        break;
    case USHER_SERIAL_EVT_FAILED:
        remote_tell_failed(c, p->reason);
        break;
    default: /* of a device's session, which we never begin */
        break;
    }
}

static bool is_session_event(uint8_t opcode)
{
    return opcode == USHER_SERIAL_EVT_DATA_REQUEST ||
           (opcode >= USHER_SERIAL_EVT_LINK_ESTABLISHED &&
            opcode <= USHER_SERIAL_EVT_START_RECEIVED) ||
           (opcode >= USHER_SERIAL_EVT_CAPABILITIES && opcode <= USHER_SERIAL_EVT_SHOW_REQUEST);
}

bool remote_session_event(struct usher_serial_remote *r, const struct usher_serial_packet *p)
{
    struct usher_serial_remote_context *c;

    if (!is_session_event(p->opcode)) {
        return false;
    }
    if (p->context >= r->context_count) {
        r->line.stats.unread++;
        return true;
    }
    c = &r->contexts[p->context];
    if (p->opcode == USHER_SERIAL_EVT_LINK_CLOSED) {
        on_closed(c, p->reason);
    } else if (c->session != NULL && c->failing == 0) {
        session_event(c, p);
    }
    return true;
}

/* -- time -------------------------------------------------------------------------------------- */

void remote_sessions_process(struct usher_serial_remote *r, uint64_t now)
{
    for (unsigned i = 0; i < r->context_count; i++) {
        static const uint8_t unknown[USHER_KEY_SIZE];
        struct usher_serial_remote_context *c = &r->contexts[i];

        if (c->ask_data && c->failing == 0) {
            c->ask_data = false;
            ask_data(c, c->elements, unknown);
        } else if (now < c->at) {
            continue;
        } else if (c->session == NULL) {
            remote_context_free(c);
        } else if (c->failing != 0) {
            remote_session_closed(c, c->failing - 1);
        } else {
            remote_session_fail(c, USHER_CLOSE_TIMEOUT);
        }
    }
}
