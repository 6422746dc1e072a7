/*
 * A device as the radio of an instance: getting it ready, its scanner, and its sessions. The calls
 * for a session become commands, and its events what a session of the instance's own would have
 * told. Public interface: usher/serial_host.h; see host_remote.h.
 *
 * A device of the nRF5 SDK knows none of our additions. It wants the data of a session at its
 * begin, so they are asked for at once, for as many elements as the configuration says, and a
 * session is not cancelled but left alone. What it does wrong is not offered: the key out of band,
 * values to be shown, and numbers of fewer digits than it reads.
 */
#include "host_remote.h"

#include "frame.h"

#include <string.h>

#define SDK_CONTEXTS 2u         /* CONFIG_NUM_PROV_CONTEXTS, as it comes */
#define ELEMENTS 8u             /* what 0 stands for */
#define SESSION_MS 140000u      /* that a session may be quiet: more than the protocol's time-out */
#define CANCEL_MS 3000u         /* that a device may take to close */
#define METHOD_PUBKEY_OOB 0x80u /* of OOB Use */
#define PLAIN_DIGITS 4u         /* fewer are not read right */
#define WANTED                                                                                     \
    (USHER_SERIAL_EXT_SESSIONS | USHER_SERIAL_EXT_BEACON | USHER_SERIAL_EXT_CAPS |                 \
     USHER_SERIAL_EXT_SHOW | USHER_SERIAL_EXT_PUBKEY | USHER_SERIAL_EXT_DATA)

/* Of getting ready. */
enum step {
    STEP_EXTENSIONS_GET,
    STEP_EXTENSIONS_SET,
    STEP_ECDH_MODE,
    STEP_CANCEL,
    STEP_LISTEN_STOP = STEP_CANCEL + USHER_SERIAL_SESSIONS_MAX,
    STEP_SCAN_STOP = STEP_LISTEN_STOP + USHER_SERIAL_SESSIONS_MAX,
    STEP_READY,
};

static const uint32_t powers[] = { 1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000 };

static bool is_ours(const struct usher_serial_remote *r)
{
    return (r->features & USHER_SERIAL_EXT_SESSIONS) != 0;
}

void remote_kick(struct usher_serial_remote *r)
{
    if (r->config.kick != NULL) {
        r->config.kick(r->config.user);
    }
}

static void note(const struct usher_serial_remote *r, const char *what)
{
    if (r->config.note != NULL) {
        r->config.note(r->config.user, what);
    }
}

/* -- telling ----------------------------------------------------------------------------------- */

static void tell(struct usher_serial_remote *r, const struct usher_event *e)
{
    if (!r->closed) {
        usher_remote_event(r->node, e);
    }
}

static void tell_phase(struct usher_serial_remote_context *c, enum usher_phase phase)
{
    struct usher_event e = { .type = USHER_EVT_PHASE };

    if (c->session != NULL) {
        e.params.phase.p_context = c->session;
        e.params.phase.phase = phase;
        tell(c->remote, &e);
    }
}

static void context_clear(struct usher_serial_remote_context *c)
{
    struct usher_serial_remote *r = c->remote;

    c->session = NULL;
    c->failing = 0;
    c->token = 0;
    c->open = c->ask_data = c->data_sent = c->key_given = c->chosen = false;
    c->asked_method = 0;
    c->at = USHER_NEVER;
    remote_wipe(r, &c->data, sizeof(c->data));
    remote_wipe(r, c->private_key, sizeof(c->private_key));
}

/* The session's last event: the context is another's then. */
static void context_closed(struct usher_serial_remote_context *c, uint8_t reason)
{
    struct usher_event e = { .type = USHER_EVT_LINK_CLOSED };

    e.params.link_closed.p_context = c->session;
    e.params.link_closed.close_reason = reason;
    context_clear(c);
    if (e.params.link_closed.p_context != NULL) {
        tell(c->remote, &e);
    }
}

static void tell_failed(struct usher_serial_remote_context *c, uint8_t code)
{
    struct usher_event e = { .type = USHER_EVT_FAILED };

    e.params.failed.p_context = c->session;
    e.params.failed.failure_code = code;
    tell(c->remote, &e);
}

/* -- commands of a session --------------------------------------------------------------------- */

static void on_called(void *user, struct usher_serial_request *call, enum usher_err err,
                      const struct usher_serial_packet *answer);

static enum usher_err call(struct usher_serial_remote_context *c, struct usher_serial_packet *p)
{
    enum usher_err err = USHER_E_BUSY;

    p->context = c->number;
    for (unsigned i = 0; i < USHER_SERIAL_CALLS && err == USHER_E_BUSY; i++) {
        if (!c->calls[i].on_way) {
            c->calls[i].done = on_called;
            c->calls[i].user = c;
            err = usher_serial_host_send(&c->remote->line, &c->calls[i], p);
        }
    }
    remote_wipe(c->remote, p, sizeof(*p));
    return err;
}

/* Ends a session from this side: told once the device has closed, or soon. */
static void context_fail(struct usher_serial_remote_context *c, enum usher_close_reason reason)
{
    struct usher_serial_packet p = { .opcode = USHER_SERIAL_SESSION_CANCEL,
                                     .reason = (uint8_t)reason };

    if (c->session == NULL || c->failing != 0) {
        return;
    }
    c->failing = (uint8_t)(reason + 1);
    c->token = 0;
    c->at = remote_now(c->remote);
    if (is_ours(c->remote) && call(c, &p) == USHER_OK) {
        c->at += CANCEL_MS;
    }
    remote_kick(c->remote);
}

static void on_called(void *user, struct usher_serial_request *made, enum usher_err err,
                      const struct usher_serial_packet *answer)
{
    struct usher_serial_remote_context *c = user;

    (void)answer;
    if (err == USHER_OK) {
        return;
    }
    if (made->opcode == USHER_SERIAL_PROVISION) { /* it has not begun */
        c->busy = err == USHER_E_TIMEOUT;
        context_closed(c, USHER_CLOSE_ERROR);
    } else if (made->opcode == USHER_SERIAL_SESSION_CANCEL) {
        c->busy = err == USHER_E_TIMEOUT;
        context_closed(c, c->failing != 0 ? c->failing - 1 : (uint8_t)USHER_CLOSE_ERROR);
    } else {
        context_fail(c, USHER_CLOSE_ERROR);
    }
}

static enum usher_err send_provision(struct usher_serial_remote_context *c)
{
    const struct usher_prov_data *data = &c->data;
    struct usher_serial_packet p = { .opcode = USHER_SERIAL_PROVISION,
                                     .net_index = data->netkey_index,
                                     .iv_index = data->iv_index,
                                     .address = data->address,
                                     .iv_update = data->flags.iv_update,
                                     .key_refresh = data->flags.key_refresh,
                                     .attention = c->attention };
    enum usher_err err;

    memcpy(p.uuid, c->session->uuid, sizeof(p.uuid));
    memcpy(p.key, data->netkey, sizeof(p.key));
    err = call(c, &p);
    c->busy = err == USHER_OK;
    return err;
}

static enum usher_err give_key(struct usher_serial_remote_context *c)
{
    struct usher_serial_packet p = { .opcode = USHER_SERIAL_SESSION_KEY_SET,
                                     .public_key = c->public_key };
    enum usher_err err = usher_generate_keys(c->remote->node, c->private_key, c->public_key);

    if (err == USHER_OK) {
        err = call(c, &p);
    }
    c->key_given = err == USHER_OK;
    return err;
}

static void send_secret(struct usher_serial_remote_context *c, enum usher_err err,
                        const uint8_t *secret)
{
    struct usher_serial_packet p = { .opcode = USHER_SERIAL_ECDH_SECRET, .secret = secret };

    c->token = 0;
    remote_wipe(c->remote, c->private_key, sizeof(c->private_key));
    if (err != USHER_OK || call(c, &p) != USHER_OK) {
        context_fail(c, USHER_CLOSE_ERROR);
        return;
    }
    tell_phase(c, USHER_PHASE_CONFIRMATION);
}

/* -- acts -------------------------------------------------------------------------------------- */

static struct usher_serial_remote_context *context_of(struct usher_serial_remote *r,
                                                      const struct usher_session *s)
{
    for (unsigned i = 0; i < r->context_count; i++) {
        if (r->contexts[i].session == s) {
            return &r->contexts[i];
        }
    }
    return NULL;
}

static struct usher_serial_remote_context *context_free(struct usher_serial_remote *r)
{
    for (unsigned i = 0; i < r->context_count; i++) {
        struct usher_serial_remote_context *c = &r->contexts[i];
        bool calls = false;

        for (unsigned n = 0; n < USHER_SERIAL_CALLS; n++) {
            calls = calls || c->calls[n].on_way;
        }
        if (c->session == NULL && !c->busy && !calls) {
            return c;
        }
    }
    return NULL;
}

static enum usher_err act_provision(void *ctx, struct usher_session *s,
                                    const struct usher_provision *p)
{
    struct usher_serial_remote *r = ctx;
    struct usher_serial_remote_context *c = context_free(r);
    enum usher_err err = USHER_OK;

    if (p->peer != NULL) {
        return USHER_E_UNSUPPORTED;
    }
    if (!r->ready || c == NULL) {
        return r->ready ? USHER_E_RESOURCES : USHER_E_STATE;
    }
    context_clear(c);
    c->session = s;
    memcpy(s->uuid, p->uuid, sizeof(s->uuid));
    c->attention = p->attention_s;
    c->data_sent = p->data != NULL;
    c->elements = r->config.elements != 0 ? r->config.elements : ELEMENTS;
    c->at = remote_now(r) + SESSION_MS;
    if (p->data != NULL) {
        c->data = *p->data;
    }
    if ((r->features & USHER_SERIAL_EXT_SECRET) != 0) {
        err = give_key(c);
    }
    c->ask_data = p->data == NULL && (r->features & USHER_SERIAL_EXT_DATA) == 0;
    if (err == USHER_OK && !c->ask_data) {
        err = send_provision(c);
    }
    if (err != USHER_OK) {
        context_clear(c);
    }
    remote_kick(r);
    return err;
}

static enum usher_err oob_use(struct usher_serial_remote_context *c,
                              const struct usher_start *choice)
{
    bool sized = choice->method == USHER_OOB_OUTPUT || choice->method == USHER_OOB_INPUT;
    struct usher_serial_packet p = {
        .opcode = USHER_SERIAL_OOB_USE,
        .method = (uint8_t)(choice->method | (choice->public_key != 0 ? METHOD_PUBKEY_OOB : 0)),
        .action = choice->action,
        .size = choice->size
    };
    enum usher_err err;

    if (c->chosen) {
        return USHER_E_STATE;
    }
    if (choice->method > USHER_OOB_INPUT || (sized && choice->size > USHER_OOB_SIZE_MAX)) {
        return USHER_E_PARAM;
    }
    c->choice = *choice;
    err = call(c, &p);
    c->chosen = err == USHER_OK;
    return err;
}

static enum usher_err auth_static(struct usher_serial_remote_context *c, const uint8_t *value,
                                  size_t len)
{
    struct usher_serial_packet p = { .opcode = USHER_SERIAL_AUTH_DATA, .data = value };
    uint8_t plain[USHER_KEY_SIZE] = { 0 }; /* a shorter value is filled up with zeros */
    enum usher_err err;

    if (c->asked_method != USHER_OOB_STATIC) {
        return USHER_E_STATE;
    }
    if (len == 0 || len > USHER_AUTH_MAX) {
        return USHER_E_LENGTH;
    }
    p.len = (uint16_t)len;
    if (!is_ours(c->remote)) {
        memcpy(plain, value, len < sizeof(plain) ? len : sizeof(plain));
        p.data = plain;
        p.len = sizeof(plain);
    }
    err = call(c, &p);
    remote_wipe(c->remote, plain, sizeof(plain));
    c->asked_method = err == USHER_OK ? 0 : c->asked_method;
    return err;
}

static bool is_text(const struct usher_serial_remote_context *c)
{
    return c->asked_action == USHER_OUTPUT_ALPHANUMERIC;
}

static enum usher_err auth_value(struct usher_serial_remote_context *c, const uint8_t *value)
{
    struct usher_serial_packet p = { .opcode = USHER_SERIAL_AUTH_DATA,
                                     .data = value,
                                     .len = c->asked_size };
    enum usher_err err = call(c, &p);

    c->asked_method = err == USHER_OK ? 0 : c->asked_method;
    return err;
}

static enum usher_err auth_number(struct usher_serial_remote_context *c, uint32_t number)
{
    uint8_t value[USHER_OOB_SIZE_MAX] = { 0 };

    if (c->asked_method != USHER_OOB_OUTPUT || is_text(c)) {
        return USHER_E_STATE;
    }
    if (number >= powers[c->asked_size]) {
        return USHER_E_PARAM;
    }
    for (unsigned i = 0; i < sizeof(number); i++) {
        value[i] = (uint8_t)(number >> 8 * i);
    }
    return auth_value(c, value);
}

static bool is_letter(char a)
{
    return (a >= 'A' && a <= 'Z') || (a >= 'a' && a <= 'z');
}

static enum usher_err auth_text(struct usher_serial_remote_context *c, const char *text, size_t len)
{
    uint32_t number = 0;

    if (c->asked_method != USHER_OOB_OUTPUT) {
        return USHER_E_STATE;
    }
    if (is_text(c) ? len != c->asked_size : len == 0 || len > c->asked_size) {
        return USHER_E_LENGTH;
    }
    for (size_t i = 0; i < len; i++) {
        bool digit = text[i] >= '0' && text[i] <= '9';

        if (!digit && !(is_text(c) && is_letter(text[i]))) {
            return USHER_E_DATA;
        }
        number = number * 10 + (uint32_t)(text[i] - '0');
    }
    return is_text(c) ? auth_value(c, (const uint8_t *)text) : auth_number(c, number);
}

static enum usher_err data_check(const struct usher_serial_remote_context *c,
                                 const struct usher_prov_data *data)
{
    if (data->netkey_index > 0xFFF) {
        return USHER_E_DATA;
    }
    return usher_is_unicast(data->address) &&
                   data->address + (c->elements != 0 ? c->elements - 1u : 0u) <= USHER_UNICAST_MAX
               ? USHER_OK
               : USHER_E_ADDR;
}

static enum usher_err data_set(struct usher_serial_remote_context *c,
                               const struct usher_prov_data *data)
{
    struct usher_serial_packet p = { .opcode = USHER_SERIAL_SESSION_DATA_SET,
                                     .net_index = data->netkey_index,
                                     .iv_index = data->iv_index,
                                     .address = data->address,
                                     .iv_update = data->flags.iv_update,
                                     .key_refresh = data->flags.key_refresh };
    enum usher_err err;

    if (c->data_sent) {
        return USHER_E_STATE;
    }
    err = data_check(c, data);
    if (err != USHER_OK) {
        return err;
    }
    c->data = *data;
    if (c->busy) {
        memcpy(p.key, data->netkey, sizeof(p.key));
        err = call(c, &p);
    } else {
        err = send_provision(c);
    }
    c->data_sent = err == USHER_OK;
    c->ask_data = false;
    return err;
}

static enum usher_err act_answer(void *ctx, struct usher_session *s, enum usher_remote_answer what,
                                 const void *value, size_t len)
{
    struct usher_serial_remote_context *c = context_of(ctx, s);
    struct usher_serial_packet p = { .opcode = USHER_SERIAL_PUBKEY_SET, .public_key = value };
    uint32_t number;

    if (c == NULL || c->failing != 0) {
        return USHER_E_STATE;
    }
    switch (what) {
    case USHER_REMOTE_OOB_USE:
        return oob_use(c, value);
    case USHER_REMOTE_PUBKEY:
        return is_ours(c->remote) ? call(c, &p) : USHER_E_STATE;
    case USHER_REMOTE_AUTH_STATIC:
        return auth_static(c, value, len);
    case USHER_REMOTE_AUTH_NUMBER:
        memcpy(&number, value, sizeof(number));
        return auth_number(c, number);
    case USHER_REMOTE_AUTH_TEXT:
        return auth_text(c, value, len);
    case USHER_REMOTE_DATA:
        return data_set(c, value);
    default:
        context_fail(c, *(const enum usher_close_reason *)value);
        return USHER_OK;
    }
}

static void act_ecdh(void *ctx, uint32_t token, enum usher_err err, const uint8_t *secret)
{
    struct usher_serial_remote *r = ctx;

    for (unsigned i = 0; i < r->context_count; i++) {
        struct usher_serial_remote_context *c = &r->contexts[i];

        if (c->session != NULL && token != 0 && c->token == token) {
            send_secret(c, err, secret);
            return;
        }
    }
}

/* -- the scanner ------------------------------------------------------------------------------- */

static void scan_sync(struct usher_serial_remote *r);

static void on_scan(void *user, struct usher_serial_request *call, enum usher_err err,
                    const struct usher_serial_packet *answer)
{
    struct usher_serial_remote *r = user;
    bool on = call->opcode == USHER_SERIAL_SCAN_START;

    (void)answer;
    if (err == USHER_OK || err == USHER_E_STATE) {
        r->scan_on = on;
    } else if (err != USHER_E_TIMEOUT) {
        r->scan_on = r->scan_wanted; /* it will not become better by asking again */
        note(r, "the serial device cannot scan");
    }
    scan_sync(r);
}

static void scan_sync(struct usher_serial_remote *r)
{
    struct usher_serial_packet p = { .opcode = r->scan_wanted ? USHER_SERIAL_SCAN_START
                                                              : USHER_SERIAL_SCAN_STOP };

    if (r->ready && r->scan_wanted != r->scan_on && !r->scan.on_way) {
        r->scan.done = on_scan;
        r->scan.user = r;
        r->scan.tries = 2;
        (void)usher_serial_host_send(&r->line, &r->scan, &p);
    }
}

static enum usher_err act_scan(void *ctx, bool on)
{
    struct usher_serial_remote *r = ctx;

    r->scan_wanted = on;
    scan_sync(r);
    return USHER_OK;
}

static void on_beacon(struct usher_serial_remote *r, const struct usher_serial_packet *p)
{
    struct usher_event e = { .type = USHER_EVT_UNPROVISIONED_RECEIVED };

    if (p->gatt != 0 || !r->scan_wanted) { /* PB-GATT is not to be had over this line */
        return;
    }
    memcpy(e.params.unprov.device_uuid, p->uuid, sizeof(p->uuid));
    e.params.unprov.oob_info = p->oob_info;
    e.params.unprov.rssi = p->rssi;
    e.params.unprov.uri_hash_present = p->hash_there != 0;
    memcpy(e.params.unprov.uri_hash, p->uri_hash, sizeof(p->uri_hash));
    e.params.unprov.peer.type = p->addr_type;
    for (unsigned i = 0; i < sizeof(p->addr); i++) {
        e.params.unprov.peer.addr[i] = p->addr[sizeof(p->addr) - 1 - i];
    }
    tell(r, &e);
}

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
        tell_failed(c, USHER_FAIL_INVALID_FORMAT);
        context_fail(c, USHER_CLOSE_ERROR);
        return;
    }
    if (plain && caps->oob_output_size < PLAIN_DIGITS) {
        caps->oob_output_size = 0;
        caps->oob_output_actions = 0;
    }
    if (c->data_sent && p->elements > c->elements) { /* its addresses would be others' */
        note(c->remote, "a device has more elements than addresses were set aside for");
        tell_failed(c, USHER_FAIL_ADDRESS);
        context_fail(c, USHER_CLOSE_ERROR);
        return;
    }
    c->elements = p->elements;
    tell_phase(c, USHER_PHASE_START);
    if (c->session != NULL) {
        tell(c->remote, &e);
    }
    if (c->chosen) {
        tell_phase(c, USHER_PHASE_PUBLIC_KEY);
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
        context_fail(c, USHER_CLOSE_ERROR);
        return;
    }
    c->key_given = false; /* a pair is for one secret */
    tell_phase(c, USHER_PHASE_ECDH);
    if (c->session == NULL) {
        return;
    }
    c->token = ++c->remote->tokens != 0 ? c->remote->tokens : ++c->remote->tokens;
    private_key = private_key != NULL ? private_key : c->private_key;
    if (port->ecdh != NULL && port->ecdh(port->ctx, c->token, private_key, peer) == USHER_OK) {
        return;
    }
    err = port->crypto->p256_ecdh(port->crypto->ctx, private_key, peer, secret);
    send_secret(c, err, secret);
    remote_wipe(c->remote, secret, sizeof(secret));
}

static void on_auth(struct usher_serial_remote_context *c, const struct usher_serial_packet *p)
{
    struct usher_event e = { .type = USHER_EVT_STATIC_REQUEST };

    /* What it asks for is what was chosen, and nothing else. */
    if (!c->chosen ||
        (c->choice.method != USHER_OOB_STATIC && c->choice.method != USHER_OOB_OUTPUT)) {
        context_fail(c, USHER_CLOSE_ERROR);
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
    tell(c->remote, &e);
}

static void on_show(struct usher_serial_remote_context *c, const struct usher_serial_packet *p)
{
    struct usher_event e = { .type = USHER_EVT_OUTPUT_REQUEST };
    char text[USHER_OOB_SIZE_MAX + 1] = { 0 };
    uint32_t number = 0;
    bool digits = c->choice.action != USHER_INPUT_ALPHANUMERIC;

    if (!c->chosen || c->choice.method != USHER_OOB_INPUT || p->len > USHER_OOB_SIZE_MAX) {
        context_fail(c, USHER_CLOSE_ERROR);
        return;
    }
    for (unsigned i = 0; i < p->len; i++) { /* it goes to a terminal */
        bool digit = p->data[i] >= '0' && p->data[i] <= '9';

        if (!digit && (digits || !is_letter((char)p->data[i]))) {
            context_fail(c, USHER_CLOSE_ERROR);
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
    tell_phase(c, USHER_PHASE_INPUT);
    if (c->session != NULL) {
        tell(c->remote, &e);
    }
}

static void ask_data(struct usher_serial_remote_context *c, uint8_t elements, const uint8_t *key)
{
    struct usher_event e = { .type = USHER_EVT_DATA_REQUEST };

    e.params.data_request.p_context = c->session;
    e.params.data_request.p_devkey = key;
    e.params.data_request.num_elements = elements;
    tell(c->remote, &e);
}

static void on_data_request(struct usher_serial_remote_context *c,
                            const struct usher_serial_packet *p)
{
    if (c->data_sent || !c->chosen || p->elements != c->elements) {
        context_fail(c, USHER_CLOSE_ERROR);
        return;
    }
    tell_phase(c, USHER_PHASE_DATA);
    if (c->session != NULL) {
        ask_data(c, p->elements, p->device_key);
    }
}

static void on_complete(struct usher_serial_remote_context *c, const struct usher_serial_packet *p)
{
    struct usher_event e = { .type = USHER_EVT_COMPLETE };
    struct usher_prov_data data = c->data;

    if (!c->data_sent || !c->chosen || p->address != data.address) {
        context_fail(c, USHER_CLOSE_ERROR);
        return;
    }
    e.params.complete.p_context = c->session;
    e.params.complete.p_devkey = p->device_key;
    e.params.complete.p_prov_data = &data;
    tell(c->remote, &e);
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
    tell(c->remote, &e);
    tell_phase(c, USHER_PHASE_CAPABILITIES);
}

static void on_pubkey(struct usher_serial_remote_context *c)
{
    struct usher_event e = { .type = USHER_EVT_OOB_PUBKEY_REQUEST };

    e.params.oob_pubkey_request.p_context = c->session;
    if (c->chosen && c->choice.public_key != 0) {
        tell(c->remote, &e);
    }
}

static void on_closed(struct usher_serial_remote_context *c, uint8_t reason)
{
    c->busy = false;
    for (unsigned i = 0; i < USHER_SERIAL_CALLS; i++) {
        usher_serial_host_cancel(&c->remote->line, &c->calls[i]);
    }
    context_closed(c, c->failing != 0 ? c->failing - 1 : reason);
}

static void session_event(struct usher_serial_remote_context *c,
                          const struct usher_serial_packet *p)
{
    c->at = remote_now(c->remote) + SESSION_MS;
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
        tell_failed(c, p->reason);
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

/* -- getting ready ----------------------------------------------------------------------------- */

static void setup(struct usher_serial_remote *r);

/* @retval false  The step is not for this device. */
static bool step_packet(const struct usher_serial_remote *r, struct usher_serial_packet *p)
{
    unsigned cancel = r->step - STEP_CANCEL, stop = r->step - STEP_LISTEN_STOP;

    *p = (struct usher_serial_packet){ .opcode = USHER_SERIAL_SCAN_STOP };
    if (r->step == STEP_EXTENSIONS_GET) {
        p->opcode = USHER_SERIAL_EXTENSIONS_GET;
        return true;
    }
    if (r->step == STEP_SCAN_STOP) {
        return true;
    }
    if (!is_ours(r)) {
        return false;
    }
    if (r->step == STEP_EXTENSIONS_SET) {
        p->opcode = USHER_SERIAL_EXTENSIONS_SET;
        p->features = r->features;
        return true;
    }
    if (r->step == STEP_ECDH_MODE) {
        p->opcode = USHER_SERIAL_ECDH_MODE_SET;
        p->mode = (r->features & USHER_SERIAL_EXT_SECRET) != 0;
        return true;
    }
    if (r->step < STEP_LISTEN_STOP) {
        p->opcode = USHER_SERIAL_SESSION_CANCEL;
        p->context = (uint8_t)cancel;
        p->reason = USHER_CLOSE_ERROR;
        return cancel < r->context_count;
    }
    p->opcode = USHER_SERIAL_LISTEN_STOP;
    p->context = (uint8_t)stop;
    return stop < r->context_count;
}

static void extensions(struct usher_serial_remote *r, enum usher_err err,
                       const struct usher_serial_packet *answer)
{
    uint32_t wanted = WANTED | (r->config.device_ecdh ? 0u : (uint32_t)USHER_SERIAL_EXT_SECRET);

    r->features = 0;
    r->context_count = SDK_CONTEXTS;
    if (err == USHER_OK && answer->contexts != 0 && (answer->features & WANTED) == WANTED) {
        r->features = answer->features & wanted;
        r->context_count = answer->contexts < USHER_SERIAL_SESSIONS_MAX ? answer->contexts
                                                                        : USHER_SERIAL_SESSIONS_MAX;
    }
}

static void on_setup(void *user, struct usher_serial_request *call, enum usher_err err,
                     const struct usher_serial_packet *answer)
{
    struct usher_serial_remote *r = user;

    (void)call;
    if (err == USHER_E_TIMEOUT || (err == USHER_E_STATE && answer == NULL)) {
        return; /* the line tells when to begin anew */
    }
    if (r->step == STEP_EXTENSIONS_GET) {
        extensions(r, err, answer);
    } else if (r->step >= STEP_CANCEL && r->step < STEP_LISTEN_STOP && err == USHER_OK) {
        r->contexts[r->step - STEP_CANCEL].busy = true; /* another host's: it is being closed */
    }
    r->step++;
    setup(r);
}

static void setup(struct usher_serial_remote *r)
{
    struct usher_serial_packet p;

    while (r->step < STEP_READY && !step_packet(r, &p)) {
        r->step++;
    }
    if (r->step < STEP_READY) {
        r->setup.done = on_setup;
        r->setup.user = r;
        r->setup.tries = 2;
        (void)usher_serial_host_send(&r->line, &r->setup, &p);
        return;
    }
    r->ready = true;
    r->scan_on = false;
    scan_sync(r);
    remote_kick(r);
}

/* What the device knew is gone, or may be. */
static void begin(struct usher_serial_remote *r, bool again)
{
    r->ready = false;
    usher_serial_host_cancel(&r->line, &r->setup);
    usher_serial_host_cancel(&r->line, &r->scan);
    remote_node_lost(r);
    for (unsigned i = 0; i < USHER_SERIAL_SESSIONS_MAX; i++) {
        struct usher_serial_remote_context *c = &r->contexts[i];

        c->busy = false;
        for (unsigned n = 0; n < USHER_SERIAL_CALLS; n++) {
            usher_serial_host_cancel(&r->line, &c->calls[n]);
        }
        context_closed(c, USHER_CLOSE_ERROR);
    }
    r->step = STEP_EXTENSIONS_GET;
    if (again) {
        setup(r);
    }
}

/* -- the line ---------------------------------------------------------------------------------- */

static void on_line(void *user, enum usher_serial_line line)
{
    struct usher_serial_remote *r = user;

    if (line == USHER_SERIAL_LINE_UP && !r->ready) {
        begin(r, true);
    } else if (line == USHER_SERIAL_LINE_SILENT) {
        begin(r, false);
    }
    if (r->config.line != NULL) {
        r->config.line(r->config.user, line);
    }
}

static void on_event(void *user, const struct usher_serial_packet *p)
{
    struct usher_serial_remote *r = user;
    struct usher_serial_remote_context *c = &r->contexts[0];

    if (p->opcode == USHER_SERIAL_EVT_DEVICE_STARTED) {
        if (r->ready) {
            note(r, "the serial device has restarted");
        }
        begin(r, true);
    } else if (p->opcode == USHER_SERIAL_EVT_UNPROVISIONED ||
               p->opcode == USHER_SERIAL_EVT_BEACON) {
        on_beacon(r, p);
    } else if (is_session_event(p->opcode)) {
        if (p->context >= r->context_count) {
            r->line.stats.unread++;
            return;
        }
        c = &r->contexts[p->context];
        if (p->opcode == USHER_SERIAL_EVT_LINK_CLOSED) {
            on_closed(c, p->reason);
        } else if (c->session != NULL && c->failing == 0) {
            session_event(c, p);
        }
    } else {
        (void)remote_node_event(r, p);
    }
}

static void on_trace(void *user, bool from_device, const uint8_t *packet, size_t len)
{
    const struct usher_serial_remote *r = user;

    if (r->config.trace != NULL) {
        r->config.trace(r->config.user, from_device, packet, len);
    }
}

static void on_kick(void *user)
{
    remote_kick(user);
}

/* -- time -------------------------------------------------------------------------------------- */

static void contexts_process(struct usher_serial_remote *r, uint64_t now)
{
    for (unsigned i = 0; i < r->context_count; i++) {
        static const uint8_t unknown[USHER_KEY_SIZE];
        struct usher_serial_remote_context *c = &r->contexts[i];

        if (c->session == NULL) {
            continue;
        }
        if (c->ask_data && c->failing == 0) {
            c->ask_data = false;
            ask_data(c, c->elements, unknown);
        } else if (now >= c->at && c->failing != 0) {
            context_closed(c, c->failing - 1);
        } else if (now >= c->at) {
            context_fail(c, USHER_CLOSE_TIMEOUT);
        }
    }
}

static void wipe_all(struct usher_serial_remote *r)
{
    const struct usher_crypto *crypto = r->line.config.crypto;

    usher_serial_host_deinit(&r->line);
    crypto->wipe(r, sizeof(*r));
}

/* Calls may lead to the end of the remote: its memory is wiped when the last has returned. */
static void enter(struct usher_serial_remote *r)
{
    r->inside++;
}

static void leave(struct usher_serial_remote *r)
{
    if (--r->inside == 0 && r->closed) {
        wipe_all(r);
    }
}

void usher_serial_remote_process(struct usher_serial_remote *r, uint64_t now)
{
    enter(r);
    usher_serial_host_process(&r->line, now);
    contexts_process(r, now);
    remote_node_process(r, now);
    leave(r);
}

void usher_serial_remote_in(struct usher_serial_remote *r, uint64_t now, const uint8_t *octets,
                            size_t len)
{
    enter(r);
    usher_serial_host_in(&r->line, now, octets, len);
    usher_serial_remote_process(r, now);
    leave(r);
}

uint64_t usher_serial_remote_deadline(const struct usher_serial_remote *r)
{
    uint64_t at = remote_sooner(usher_serial_host_deadline(&r->line), remote_node_deadline(r));

    for (unsigned i = 0; i < r->context_count; i++) {
        const struct usher_serial_remote_context *c = &r->contexts[i];

        if (c->session != NULL) {
            at = c->ask_data ? 0 : remote_sooner(at, c->at);
        }
    }
    return at;
}

bool usher_serial_remote_ready(const struct usher_serial_remote *r)
{
    return r->ready;
}

/* -- making and ending ------------------------------------------------------------------------- */

static const struct usher_remote_acts acts = {
    .scan = act_scan,
    .provision = act_provision,
    .answer = act_answer,
    .send = remote_node_send,
    .ecdh = act_ecdh,
};

/* The radio that is not there. */

static enum usher_err no_adv_start(void *ctx, const struct usher_adv *adv)
{
    (void)ctx;
    (void)adv;
    return USHER_E_UNSUPPORTED;
}

static void no_adv_stop(void *ctx, uint8_t slot)
{
    (void)ctx;
    (void)slot;
}

static enum usher_err no_scan(void *ctx, unsigned what)
{
    (void)ctx;
    (void)what;
    return USHER_OK;
}

static void port_fill(struct usher_serial_remote *r, struct usher_port *port)
{
    port->adv_slots = 0;
    port->adv_start = no_adv_start;
    port->adv_stop = no_adv_stop;
    port->scan = no_scan;
    port->remote = &acts;
    port->remote_ctx = r;
}

enum usher_err usher_serial_remote_init(struct usher_serial_remote *r, struct usher *u,
                                        struct usher_port *port,
                                        const struct usher_serial_remote_config *config)
{
    struct usher_serial_host_config line = {
        .event = on_event, .line = on_line, .trace = on_trace, .kick = on_kick, .user = r
    };

    if (r == NULL || u == NULL || port == NULL || config == NULL) {
        return USHER_E_NULL;
    }
    memset(r, 0, sizeof(*r));
    r->node = u;
    r->port = port;
    r->config = *config;
    for (unsigned i = 0; i < USHER_SERIAL_SESSIONS_MAX; i++) {
        r->contexts[i].remote = r;
        r->contexts[i].number = (uint8_t)i;
        r->contexts[i].at = USHER_NEVER;
    }
    for (unsigned i = 0; i < USHER_SERIAL_MESSAGES; i++) {
        r->messages[i].remote = r;
    }
    line.crypto = port->crypto;
    line.slip = config->slip;
    port_fill(r, port);
    return usher_serial_host_init(&r->line, &line);
}

void usher_serial_remote_restart(struct usher_serial_remote *r)
{
    enter(r);
    begin(r, false);
    usher_serial_host_restart(&r->line);
    leave(r);
}

/* @retval false  No room. */
static bool leave_command(struct usher_serial_remote *r, uint8_t opcode, uint8_t context,
                          uint8_t *buf, size_t size, size_t *at)
{
    const uint8_t payload[2] = { context, USHER_CLOSE_ERROR };
    uint8_t wire[SERIAL_WIRE_MAX];
    size_t len = serial_frame_write(r->config.slip, opcode, payload,
                                    opcode == USHER_SERIAL_SESSION_CANCEL ? 2 : 0, wire);

    if (len > size - *at) {
        return false;
    }
    memcpy(buf + *at, wire, len);
    *at += len;
    return true;
}

size_t usher_serial_remote_leave(struct usher_serial_remote *r, uint8_t *buf, size_t size)
{
    bool room = true;
    size_t at;

    if (!r->ready) {
        return 0;
    }
    while (r->line.queue != NULL) {
        usher_serial_host_cancel(&r->line, r->line.queue);
    }
    at = usher_serial_host_next(&r->line, remote_now(r), buf, size); /* a command is sent whole */
    for (unsigned i = 0; i < r->context_count && room && is_ours(r); i++) {
        if (r->contexts[i].busy) {
            room = leave_command(r, USHER_SERIAL_SESSION_CANCEL, (uint8_t)i, buf, size, &at);
        }
    }
    if (room && r->scan_on) {
        (void)leave_command(r, USHER_SERIAL_SCAN_STOP, 0, buf, size, &at);
    }
    return at;
}

void usher_serial_remote_deinit(struct usher_serial_remote *r)
{
    r->closed = true;
    if (r->inside == 0 && r->line.config.crypto != NULL) {
        wipe_all(r);
    }
}
