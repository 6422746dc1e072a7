/*
 * Provisioning over the serial interface: the commands of a host become calls for its sessions, and
 * the events of its sessions packets. See target.h.
 *
 * Whose private key it is decides who computes the ECDH: a pair that was made here stays here,
 * unless the device is configured to reveal it; with a pair of the host's the host is asked, as it
 * knows the key anyway; and with a session key the private key has never been here.
 */
#include "target.h"

#include <usher/net.h>

#include <string.h>

#define PHASE_IDLE 0xFFu
#define METHOD_PUBKEY_OOB 0x80u /* ours, in OOB Use: the public key is known out of band */
#define NUMBER_OCTETS 4u        /* of Auth Data that count, least significant first */

/* -- contexts ---------------------------------------------------------------------------------- */

static struct usher_session *session_of(struct usher_serial *s, uint8_t context)
{
    return context < s->config.session_count ? &s->config.sessions[context] : NULL;
}

/* @retval -1  Not one of the host's. */
static int context_of(const struct usher_serial *s, const struct usher_session *session)
{
    for (unsigned i = 0; i < s->config.session_count; i++) {
        if (&s->config.sessions[i] == session) {
            return (int)i;
        }
    }
    return -1;
}

/* Whether the host may be asked for the ECDH of a pair that was made here: only with that pair's
 * private key. */
static bool may_reveal(const struct usher_serial *s)
{
    return s->offload && s->config.reveal_private;
}

/* Prepares a session that is idle: its key pair, and who computes. @param caps  NULL: provisioner
 */
static void prepare(struct usher_serial *s, uint8_t context, const struct usher_caps *caps)
{
    struct usher_session *session = &s->config.sessions[context];
    struct usher_serial_context *c = &s->contexts[context];

    usher_session_init(s->node, session, caps, s);
    c->key_used = c->key_set;
    c->key_set = false;
    c->device = caps != NULL;
    c->asked_method = 0;
    c->secret_given = false;
    memset(&c->held, 0, sizeof(c->held));
    c->phase = USHER_PHASE_LINK;
    c->pair_is_ours = !c->key_used && !s->pair_set;
    if (c->key_used) {
        usher_session_keys_set(session, NULL, c->public_key);
        session->ecdh_offload = true;
    } else if (s->pair_set) {
        usher_session_keys_set(session, s->private_key, s->public_key);
        session->ecdh_offload = s->offload;
    } else {
        session->ecdh_offload = may_reveal(s);
    }
}

/* The session could not begin: its key is still the next one's. */
static enum usher_serial_status begun(struct usher_serial_context *c, enum usher_err err)
{
    if (err != USHER_OK) {
        c->key_set = c->key_used;
    }
    return usher_serial_status_of(err);
}

/* -- commands: sessions ------------------------------------------------------------------------ */

static void data_fill(const struct usher_serial_packet *p, struct usher_prov_data *data)
{
    *data = (struct usher_prov_data){ .netkey_index = p->net_index,
                                      .iv_index = p->iv_index,
                                      .address = p->address };
    memcpy(data->netkey, p->key, sizeof(data->netkey));
    data->flags.iv_update = p->iv_update & 1;
    data->flags.key_refresh = p->key_refresh & 1;
}

static enum usher_serial_status provision(struct usher_serial *s,
                                          const struct usher_serial_packet *p)
{
    struct usher_session *session = session_of(s, p->context);
    struct usher_prov_data data;
    struct usher_provision how = { .uuid = p->uuid, .attention_s = p->attention };
    enum usher_err err;

    if (session == NULL) {
        return USHER_SERIAL_INVALID_DATA;
    }
    if (!usher_session_idle(session)) {
        return USHER_SERIAL_INVALID_STATE;
    }
    data_fill(p, &data);
    how.data = p->address != USHER_ADDR_UNASSIGNED ? &data : NULL; /* else asked for */
    prepare(s, p->context, NULL);
    err = usher_provision(session, &how);
    s->node->port->crypto->wipe(&data, sizeof(data));
    return begun(&s->contexts[p->context], err);
}

static enum usher_serial_status data_set(struct usher_serial *s, struct usher_session *session,
                                         const struct usher_serial_packet *p)
{
    struct usher_prov_data data;
    enum usher_err err;

    data_fill(p, &data);
    err = usher_data_set(session, &data);
    s->node->port->crypto->wipe(&data, sizeof(data));
    return usher_serial_status_of(err);
}

static enum usher_serial_status listen(struct usher_serial *s, uint8_t context,
                                       const struct usher_listen *how)
{
    struct usher_session *session = session_of(s, context);

    if (session == NULL) {
        return USHER_SERIAL_INVALID_DATA;
    }
    if (!usher_session_idle(session)) {
        return USHER_SERIAL_INVALID_STATE;
    }
    prepare(s, context, &s->caps);
    return begun(&s->contexts[context], usher_listen(session, how));
}

static enum usher_serial_status listen_plain(struct usher_serial *s)
{
    const struct usher_listen how = { .uuid = s->config.uuid };

    return listen(s, 0, &how);
}

static enum usher_serial_status listen_with(struct usher_serial *s,
                                            const struct usher_serial_packet *p)
{
    const struct usher_listen how = { .uuid = s->config.uuid,
                                      .oob_info = p->oob_info,
                                      .uri = p->len != 0 ? p->data : NULL,
                                      .uri_len = (uint8_t)p->len,
                                      .bearers = p->bearers };

    return listen(s, p->context, &how);
}

static enum usher_serial_status oob_use(struct usher_session *session,
                                        const struct usher_serial_packet *p)
{
    struct usher_start choice = { .method = p->method & ~METHOD_PUBKEY_OOB,
                                  .public_key = (p->method & METHOD_PUBKEY_OOB) != 0 };
    bool sized = choice.method == USHER_OOB_OUTPUT || choice.method == USHER_OOB_INPUT;
    const struct usher_caps *caps = &session->capabilities;

    if ((choice.method == USHER_OOB_NONE && p->size != 0) ||
        (sized && (p->size == 0 || p->size > USHER_OOB_SIZE_MAX))) {
        return USHER_SERIAL_INVALID_LENGTH;
    }
    if (sized) {
        choice.action = p->action;
        choice.size = p->size;
    }
    /* The strongest that the device has: the SDK knew but one. */
    choice.algorithm =
        (caps->algorithms & USHER_ALG_BIT(USHER_ALG_HMAC)) != 0 ? USHER_ALG_HMAC : USHER_ALG_CMAC;
    return usher_serial_status_of(usher_oob_use(session, &choice));
}

static uint32_t number_of(const struct usher_serial_packet *p)
{
    uint32_t number = 0;

    for (unsigned i = 0; i < NUMBER_OCTETS && i < p->len; i++) {
        number |= (uint32_t)p->data[i] << (8 * i);
    }
    return number;
}

static bool is_text(const struct usher_serial_context *c)
{
    return c->asked_action ==
           (c->device ? (uint8_t)USHER_INPUT_ALPHANUMERIC : (uint8_t)USHER_OUTPUT_ALPHANUMERIC);
}

/* As much as was asked for; HMAC has room for 32 octets of static information, too. */
static bool auth_len_ok(const struct usher_session *session, const struct usher_serial_context *c,
                        uint16_t len)
{
    struct usher_outcome outcome;

    usher_outcome(session, &outcome);
    return len == c->asked_size || (c->asked_method == USHER_OOB_STATIC && len == USHER_AUTH_MAX &&
                                    outcome.start.algorithm == USHER_ALG_HMAC);
}

static enum usher_serial_status auth_data(struct usher_session *session,
                                          struct usher_serial_context *c,
                                          const struct usher_serial_packet *p)
{
    char text[USHER_OOB_SIZE_MAX + 1] = { 0 };
    enum usher_err err;

    if (c->asked_method == 0 || c->held.opcode != 0) {
        return USHER_SERIAL_INVALID_STATE;
    }
    if (!auth_len_ok(session, c, p->len)) {
        return USHER_SERIAL_INVALID_LENGTH;
    }
    if (c->asked_method == USHER_OOB_STATIC) {
        err = usher_auth_static(session, p->data, p->len);
    } else if (is_text(c)) {
        memcpy(text, p->data, p->len);
        err = usher_auth_text(session, text);
    } else {
        err = usher_auth_number(session, number_of(p));
    }
    if (err == USHER_OK) {
        c->asked_method = 0;
    }
    /* A value that cannot be is a wrong state, as the SDK has it. */
    return err == USHER_E_PARAM || err == USHER_E_DATA ? USHER_SERIAL_INVALID_STATE
                                                       : usher_serial_status_of(err);
}

static enum usher_serial_status state_get(struct usher_serial *s, struct usher_serial_packet *p)
{
    const struct usher_session *session = session_of(s, p->context);

    p->phase = usher_session_idle(session) ? PHASE_IDLE : s->contexts[p->context].phase;
    return USHER_SERIAL_SUCCESS;
}

static enum usher_serial_status session_key_set(struct usher_serial *s,
                                                const struct usher_serial_packet *p)
{
    struct usher_serial_context *c = &s->contexts[p->context];

    if (!usher_session_idle(session_of(s, p->context))) {
        return USHER_SERIAL_INVALID_STATE;
    }
    if (s->node->port->crypto->p256_check(s->node->port->crypto->ctx, p->public_key) != USHER_OK) {
        return USHER_SERIAL_INVALID_DATA;
    }
    memcpy(c->public_key, p->public_key, sizeof(c->public_key));
    c->key_set = true;
    return USHER_SERIAL_SUCCESS;
}

/* It was no session yet: its key is still the next one's. */
static enum usher_serial_status listen_stop(struct usher_session *session,
                                            struct usher_serial_context *c)
{
    enum usher_err err = usher_listen_stop(session);

    if (err == USHER_OK) {
        c->key_set = c->key_used;
    }
    return usher_serial_status_of(err);
}

static enum usher_serial_status cancel(struct usher_session *session, uint8_t reason)
{
    if (reason > USHER_CLOSE_ERROR) {
        return USHER_SERIAL_INVALID_PARAMETER;
    }
    return usher_serial_status_of(usher_cancel(session, (enum usher_close_reason)reason));
}

/* What was to be asked when the ECDH is done is asked now. */
static void ask_held(struct usher_serial *s, uint8_t context)
{
    struct usher_serial_question *q = &s->contexts[context].held;
    struct usher_serial_packet p = { .opcode = q->opcode,
                                     .context = context,
                                     .method = q->method,
                                     .action = q->action,
                                     .size = q->size,
                                     .data = q->value,
                                     .len = q->len };

    if (q->opcode != 0) {
        memcpy(p.key, q->value, sizeof(p.key));
        (void)target_event(s, TARGET_EVENT_HEAVY, &p);
        s->node->port->crypto->wipe(&p, sizeof(p));
        s->node->port->crypto->wipe(q, sizeof(*q));
    }
}

static enum usher_serial_status secret_set(struct usher_serial *s, struct usher_session *session,
                                           const struct usher_serial_packet *p)
{
    enum usher_err err = usher_secret_set(session, p->secret);

    if (err == USHER_OK) {
        s->contexts[p->context].secret_given = true;
        ask_held(s, p->context);
    }
    return usher_serial_status_of(err);
}

/* Commands whose first parameter is a context. */
static enum usher_serial_status session_command(struct usher_serial *s,
                                                struct usher_serial_packet *p)
{
    struct usher_session *session = session_of(s, p->context);

    if (session == NULL) {
        return USHER_SERIAL_INVALID_DATA;
    }
    switch (p->opcode) {
    case USHER_SERIAL_OOB_USE:
        return oob_use(session, p);
    case USHER_SERIAL_AUTH_DATA:
        return auth_data(session, &s->contexts[p->context], p);
    case USHER_SERIAL_ECDH_SECRET:
        return secret_set(s, session, p);
    case USHER_SERIAL_SESSION_STATE_GET:
        return state_get(s, p);
    case USHER_SERIAL_SESSION_KEY_SET:
        return session_key_set(s, p);
    case USHER_SERIAL_SESSION_CANCEL:
        return cancel(session, p->reason);
    case USHER_SERIAL_SESSION_DATA_SET:
        return data_set(s, session, p);
    case USHER_SERIAL_LISTEN_STOP:
        return listen_stop(session, &s->contexts[p->context]);
    default:
        return usher_serial_status_of(usher_pubkey_set(session, p->public_key));
    }
}

/* -- commands: all of it ----------------------------------------------------------------------- */

static enum usher_serial_status scan(struct usher_serial *s, bool on)
{
    enum usher_err err;

    if (s->scanning == on) {
        return USHER_SERIAL_INVALID_STATE;
    }
    err = usher_scan(s->node, on);
    s->scanning = err == USHER_OK ? on : s->scanning;
    return usher_serial_status_of(err);
}

/* For sessions to come: one that is running reads the pair that it began with. */
static enum usher_serial_status keypair_set(struct usher_serial *s,
                                            const struct usher_serial_packet *p)
{
    for (unsigned i = 0; i < s->config.session_count; i++) {
        if (!usher_session_idle(&s->config.sessions[i])) {
            return USHER_SERIAL_INVALID_STATE;
        }
    }
    memcpy(s->private_key, p->private_key, sizeof(s->private_key));
    memcpy(s->public_key, p->public_key, sizeof(s->public_key));
    s->pair_set = true;
    return USHER_SERIAL_SUCCESS;
}

static enum usher_serial_status capabilities_set(struct usher_serial *s,
                                                 const struct usher_serial_packet *p)
{
    s->caps = (struct usher_caps){
        .num_elements = p->elements,
        .algorithms = USHER_ALG_BIT(USHER_ALG_CMAC) | USHER_ALG_BIT(USHER_ALG_HMAC),
        .pubkey_type = p->pubkey_type,
        .oob_static_types = p->static_types,
        .oob_output_size = p->output_size,
        .oob_output_actions = p->output_actions,
        .oob_input_size = p->input_size,
        .oob_input_actions = p->input_actions,
    };
    return USHER_SERIAL_SUCCESS;
}

static enum usher_serial_status mode_set(struct usher_serial *s,
                                         const struct usher_serial_packet *p)
{
    if (p->mode > 1) {
        return USHER_SERIAL_INVALID_PARAMETER;
    }
    s->offload = p->mode == 1;
    return USHER_SERIAL_SUCCESS;
}

bool target_is_prov(uint8_t opcode)
{
    return opcode == USHER_SERIAL_SESSION_DATA_SET ||
           (opcode >= USHER_SERIAL_SESSION_STATE_GET && opcode <= USHER_SERIAL_LISTEN_WITH);
}

enum usher_serial_status target_prov(struct usher_serial *s, struct usher_serial_packet *p)
{
    switch (p->opcode) {
    case USHER_SERIAL_SCAN_START:
        return scan(s, true);
    case USHER_SERIAL_SCAN_STOP:
        return scan(s, false);
    case USHER_SERIAL_PROVISION:
        return provision(s, p);
    case USHER_SERIAL_LISTEN:
        return listen_plain(s);
    case USHER_SERIAL_LISTEN_WITH:
        return listen_with(s, p);
    case USHER_SERIAL_ECDH_MODE_SET:
        return mode_set(s, p);
    case USHER_SERIAL_KEYPAIR_SET:
        return keypair_set(s, p);
    case USHER_SERIAL_CAPABILITIES_SET:
        return capabilities_set(s, p);
    default:
        return session_command(s, p);
    }
}

void target_prov_end(struct usher_serial *s)
{
    for (unsigned i = 0; i < s->config.session_count; i++) {
        struct usher_session *session = &s->config.sessions[i];

        if (!usher_session_idle(session) && usher_listen_stop(session) != USHER_OK) {
            (void)usher_cancel(session, USHER_CLOSE_ERROR);
        }
        if (usher_session_idle(session)) { /* the device key of the last one, too */
            s->node->port->crypto->wipe(session, sizeof(*session));
        }
    }
    if (s->scanning) {
        (void)usher_scan(s->node, false);
    }
}

/* -- events ------------------------------------------------------------------------------------ */

static void addr_reversed(uint8_t out[6], const uint8_t in[6])
{
    for (unsigned i = 0; i < 6; i++) {
        out[i] = in[5 - i];
    }
}

static void on_beacon(struct usher_serial *s, const struct usher_event *event)
{
    bool full = (s->extensions & USHER_SERIAL_EXT_BEACON) != 0;
    struct usher_serial_packet p = {
        .opcode = full ? USHER_SERIAL_EVT_BEACON : USHER_SERIAL_EVT_UNPROVISIONED,
        .rssi = event->params.unprov.rssi,
        .gatt = event->params.unprov.gatt_supported,
        .oob_info = event->params.unprov.oob_info,
        .hash_there = event->params.unprov.uri_hash_present,
        .addr_type = event->params.unprov.peer.type,
    };

    memcpy(p.uuid, event->params.unprov.device_uuid, sizeof(p.uuid));
    memcpy(p.uri_hash, event->params.unprov.uri_hash, sizeof(p.uri_hash));
    addr_reversed(p.addr, event->params.unprov.peer.addr);
    (void)target_event(s, TARGET_EVENT_LIGHT, &p);
}

static void caps_fill(const struct usher_serial *s, const struct usher_caps *caps,
                      struct usher_serial_packet *p)
{
    p->opcode = (s->extensions & USHER_SERIAL_EXT_CAPS) != 0 ? USHER_SERIAL_EVT_CAPABILITIES
                                                             : USHER_SERIAL_EVT_CAPS_RECEIVED;
    p->elements = caps->num_elements;
    p->algorithms = caps->algorithms;
    p->pubkey_type = caps->pubkey_type;
    p->static_types = caps->oob_static_types;
    p->output_size = caps->oob_output_size;
    p->output_actions = caps->oob_output_actions;
    p->input_size = caps->oob_input_size;
    p->input_actions = caps->oob_input_actions;
}

static void complete_fill(const struct usher_event *event, struct usher_serial_packet *p)
{
    const struct usher_prov_data *data = event->params.complete.p_prov_data;

    p->opcode = USHER_SERIAL_EVT_COMPLETE;
    p->iv_index = data->iv_index;
    p->net_index = data->netkey_index;
    p->address = data->address;
    p->iv_update = data->flags.iv_update;
    p->key_refresh = data->flags.key_refresh;
    memcpy(p->device_key, event->params.complete.p_devkey, sizeof(p->device_key));
    memcpy(p->key, data->netkey, sizeof(p->key));
}

static void ask_fill(struct usher_serial_context *c, uint8_t method, uint8_t action, uint8_t size,
                     struct usher_serial_packet *p)
{
    c->asked_method = method;
    c->asked_action = action;
    c->asked_size = size;
    p->opcode = USHER_SERIAL_EVT_AUTH_REQUEST;
    p->method = method;
    p->action = action;
    p->size = size;
}

/* The provisioner has chosen. A device that offers its public key out of band uses the host's pair
 * for that alone: in band the pair is a fresh one, and made here. */
static void on_start(const struct usher_serial *s, struct usher_session *session,
                     struct usher_serial_context *c)
{
    struct usher_outcome outcome;

    usher_outcome(session, &outcome);
    if (!c->key_used && outcome.start.public_key == 0 &&
        (session->capabilities.pubkey_type & USHER_PUBKEY_OOB) != 0) {
        c->pair_is_ours = true;
        session->ecdh_offload = may_reveal(s);
    }
}

static void ecdh_fill(const struct usher_serial *s, const struct usher_serial_context *c,
                      const struct usher_event *event, struct usher_serial_packet *p)
{
    bool asked = (s->extensions & USHER_SERIAL_EXT_SECRET) != 0 && !c->pair_is_ours;

    p->opcode =
        c->key_used || asked ? USHER_SERIAL_EVT_SECRET_REQUEST : USHER_SERIAL_EVT_ECDH_REQUEST;
    p->public_key = event->params.ecdh_request.p_peer_public;
    p->private_key = event->params.ecdh_request.p_node_private;
}

/* 16 octets, as the AuthValue of CMAC is: text from the left, a number to the right. */
static void value_fill(const struct usher_serial_context *c, const struct usher_event *event,
                       uint8_t value[USHER_KEY_SIZE])
{
    uint32_t number = event->params.output_request.number;
    uint8_t text =
        c->device ? (uint8_t)USHER_OUTPUT_ALPHANUMERIC : (uint8_t)USHER_INPUT_ALPHANUMERIC;

    if (event->params.output_request.action == text) {
        memcpy(value, event->params.output_request.text, event->params.output_request.size);
        return;
    }
    for (unsigned i = 0; i < NUMBER_OCTETS; i++) {
        value[USHER_KEY_SIZE - 1 - i] = (uint8_t)(number >> (8 * i));
    }
}

static void show_fill(const struct usher_serial *s, const struct usher_serial_context *c,
                      const struct usher_event *event, struct usher_serial_packet *p)
{
    p->action = event->params.output_request.action;
    p->size = event->params.output_request.size;
    if ((s->extensions & USHER_SERIAL_EXT_SHOW) != 0) {
        p->opcode = USHER_SERIAL_EVT_SHOW_REQUEST;
        p->data = (const uint8_t *)event->params.output_request.text;
        p->len = (uint16_t)strlen(event->params.output_request.text);
        return;
    }
    p->opcode = USHER_SERIAL_EVT_OUTPUT_REQUEST;
    value_fill(c, event, p->key);
}

/* @retval false  Nothing that a host is told. */
static bool event_fill(struct usher_serial *s, struct usher_serial_context *c,
                       const struct usher_event *event, struct usher_serial_packet *p)
{
    switch (event->type) {
    case USHER_EVT_LINK_ESTABLISHED:
        p->opcode = USHER_SERIAL_EVT_LINK_ESTABLISHED;
        return true;
    case USHER_EVT_LINK_CLOSED:
        p->opcode = USHER_SERIAL_EVT_LINK_CLOSED;
        p->reason = event->params.link_closed.close_reason;
        return true;
    case USHER_EVT_INVITE_RECEIVED:
        p->opcode = USHER_SERIAL_EVT_INVITE_RECEIVED;
        p->attention = event->params.invite_received.attention_duration_s;
        return true;
    case USHER_EVT_START_RECEIVED:
        on_start(s, event->params.start_received.p_context, c);
        p->opcode = USHER_SERIAL_EVT_START_RECEIVED;
        return true;
    case USHER_EVT_CAPS_RECEIVED:
        caps_fill(s, &event->params.oob_caps_received.oob_caps, p);
        return true;
    case USHER_EVT_OUTPUT_REQUEST:
        show_fill(s, c, event, p);
        return true;
    case USHER_EVT_INPUT_REQUEST:
        ask_fill(c, c->device ? USHER_OOB_INPUT : USHER_OOB_OUTPUT,
                 event->params.input_request.action, event->params.input_request.size, p);
        return true;
    case USHER_EVT_STATIC_REQUEST:
        ask_fill(c, USHER_OOB_STATIC, 0, USHER_KEY_SIZE, p);
        return true;
    case USHER_EVT_OOB_PUBKEY_REQUEST:
        p->opcode = USHER_SERIAL_EVT_PUBKEY_REQUEST;
        return !c->device;
    case USHER_EVT_COMPLETE:
        complete_fill(event, p);
        return true;
    case USHER_EVT_DATA_REQUEST:
        p->opcode = USHER_SERIAL_EVT_DATA_REQUEST;
        p->elements = event->params.data_request.num_elements;
        memcpy(p->device_key, event->params.data_request.p_devkey, sizeof(p->device_key));
        return true;
    case USHER_EVT_ECDH_REQUEST:
        ecdh_fill(s, c, event, p);
        return true;
    case USHER_EVT_FAILED:
        p->opcode = USHER_SERIAL_EVT_FAILED;
        p->reason = event->params.failed.failure_code;
        return true;
    default:
        return false;
    }
}

/* The core asks for ECDH and AuthValue at once, the SDK one after the other. */
static bool is_early(const struct usher_serial_context *c, const struct usher_session *session,
                     const struct usher_serial_packet *p)
{
    return session->ecdh_offload && !c->secret_given &&
           (p->opcode == USHER_SERIAL_EVT_AUTH_REQUEST ||
            p->opcode == USHER_SERIAL_EVT_OUTPUT_REQUEST ||
            p->opcode == USHER_SERIAL_EVT_SHOW_REQUEST);
}

static void hold(struct usher_serial_context *c, const struct usher_serial_packet *p)
{
    struct usher_serial_question *q = &c->held;

    *q = (struct usher_serial_question){
        .opcode = p->opcode, .method = p->method, .action = p->action, .size = p->size
    };
    memcpy(q->value, p->key, sizeof(q->value));
    if (p->opcode == USHER_SERIAL_EVT_SHOW_REQUEST && p->len <= sizeof(q->value)) {
        memcpy(q->value, p->data, p->len);
        q->len = (uint8_t)p->len;
    }
}

/* To the host, or to be asked later. */
static void tell(struct usher_serial *s, uint8_t context, struct usher_serial_packet *p)
{
    struct usher_serial_context *c = &s->contexts[context];

    if (p->opcode == USHER_SERIAL_EVT_FAILED || p->opcode == USHER_SERIAL_EVT_LINK_CLOSED) {
        s->node->port->crypto->wipe(&c->held, sizeof(c->held));
    }
    if (is_early(c, &s->config.sessions[context], p)) {
        hold(c, p);
    } else {
        (void)target_event(s, TARGET_EVENT_HEAVY, p);
    }
}

bool usher_serial_event(struct usher_serial *s, const struct usher_event *event)
{
    struct usher_serial_packet p = { 0 };
    int context;

    if (event->type == USHER_EVT_UNPROVISIONED_RECEIVED) {
        if (s->scanning) {
            on_beacon(s, event);
        }
        return s->scanning;
    }
    context = context_of(s, event->params.link_established.p_context);
    if (context < 0) {
        return false;
    }
    if (event->type == USHER_EVT_PHASE) {
        s->contexts[context].phase = (uint8_t)event->params.phase.phase;
    }
    p.context = (uint8_t)context;
    if (event_fill(s, &s->contexts[context], event, &p)) {
        tell(s, p.context, &p);
    }
    s->node->port->crypto->wipe(&p, sizeof(p));
    return true;
}
