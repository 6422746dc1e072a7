/*
 * The sessions of a device that is an instance's radio: the calls for a session become commands.
 * host_remote.c gives the calls to the instance in struct usher_remote_acts; host_events.c, which
 * has what the device says of a session, tells and ends sessions with what is here.
 *
 * A device of the nRF5 SDK wants the data of a session at its begin, so they are asked for at once,
 * for as many elements as the configuration says, and a session is not cancelled but left alone.
 */
#include "host_remote.h"

#include <string.h>

#define ELEMENTS 8u             /* what 0 stands for */
#define METHOD_PUBKEY_OOB 0x80u /* of OOB Use */

static const uint32_t powers[] = { 1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000 };

/* -- telling ----------------------------------------------------------------------------------- */

void remote_tell_phase(struct usher_serial_remote_context *c, enum usher_phase phase)
{
    struct usher_event e = { .type = USHER_EVT_PHASE };

    if (c->session != NULL) {
        e.params.phase.p_context = c->session;
        e.params.phase.phase = phase;
        remote_tell(c->remote, &e);
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

void remote_session_closed(struct usher_serial_remote_context *c, uint8_t reason)
{
    struct usher_event e = { .type = USHER_EVT_LINK_CLOSED };

    e.params.link_closed.p_context = c->session;
    e.params.link_closed.close_reason = reason;
    context_clear(c);
    if (c->busy) { /* without Session Cancel, the device ends it by its own time-out */
        c->at = remote_now(c->remote) +
                (remote_is_ours(c->remote) ? REMOTE_CANCEL_MS : REMOTE_SESSION_MS);
        remote_kick(c->remote);
    }
    if (e.params.link_closed.p_context != NULL) {
        remote_tell(c->remote, &e);
    }
}

void remote_tell_failed(struct usher_serial_remote_context *c, uint8_t code)
{
    struct usher_event e = { .type = USHER_EVT_FAILED };

    e.params.failed.p_context = c->session;
    e.params.failed.failure_code = code;
    remote_tell(c->remote, &e);
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

static enum usher_err cancel(struct usher_serial_remote_context *c, enum usher_close_reason reason)
{
    struct usher_serial_packet p = { .opcode = USHER_SERIAL_SESSION_CANCEL,
                                     .reason = (uint8_t)reason };

    return call(c, &p);
}

void remote_session_fail(struct usher_serial_remote_context *c, enum usher_close_reason reason)
{
    if (c->session == NULL || c->failing != 0) {
        return;
    }
    c->failing = (uint8_t)(reason + 1);
    c->token = 0;
    c->at = remote_now(c->remote);
    if (remote_is_ours(c->remote) && cancel(c, reason) == USHER_OK) {
        c->at += REMOTE_CANCEL_MS;
    }
    remote_kick(c->remote);
}

void remote_context_free(struct usher_serial_remote_context *c)
{
    if (!remote_is_ours(c->remote)) {
        c->busy = false;
        c->at = USHER_NEVER;
        return;
    }
    (void)cancel(c, USHER_CLOSE_ERROR);
    c->at = remote_now(c->remote) + REMOTE_CANCEL_MS;
}

static void on_called(void *user, struct usher_serial_request *made, enum usher_err err,
                      const struct usher_serial_packet *answer)
{
    struct usher_serial_remote_context *c = user;
    /* It is not known whether it was done, or the device has a session there already. */
    bool may_run = err == USHER_E_TIMEOUT || err == USHER_E_DATA || err == USHER_E_STATE;

    (void)answer;
    if (err == USHER_OK) {
        return;
    }
    if (made->opcode == USHER_SERIAL_PROVISION && !may_run) { /* it has not begun */
        c->busy = false;
        remote_session_closed(c, USHER_CLOSE_ERROR);
    } else if (made->opcode == USHER_SERIAL_SESSION_CANCEL) {
        c->busy = err == USHER_E_TIMEOUT;
        remote_session_closed(c, c->failing != 0 ? c->failing - 1 : (uint8_t)USHER_CLOSE_ERROR);
    } else {
        remote_session_fail(c, USHER_CLOSE_ERROR);
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

void remote_session_secret(struct usher_serial_remote_context *c, enum usher_err err,
                           const uint8_t *secret)
{
    struct usher_serial_packet p = { .opcode = USHER_SERIAL_ECDH_SECRET, .secret = secret };

    c->token = 0;
    remote_wipe(c->remote, c->private_key, sizeof(c->private_key));
    if (err != USHER_OK || call(c, &p) != USHER_OK) {
        remote_session_fail(c, USHER_CLOSE_ERROR);
        return;
    }
    remote_tell_phase(c, USHER_PHASE_CONFIRMATION);
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

enum usher_err remote_session_provision(void *ctx, struct usher_session *s,
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
    c->at = remote_now(r) + REMOTE_SESSION_MS;
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
    if (!remote_is_ours(c->remote)) {
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

        if (!digit && !(is_text(c) && remote_is_letter(text[i]))) {
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

enum usher_err remote_session_answer(void *ctx, struct usher_session *s,
                                     enum usher_remote_answer what, const void *value, size_t len)
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
        return remote_is_ours(c->remote) ? call(c, &p) : USHER_E_STATE;
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
        remote_session_fail(c, *(const enum usher_close_reason *)value);
        return USHER_OK;
    }
}

void remote_session_ecdh(void *ctx, uint32_t token, enum usher_err err, const uint8_t *secret)
{
    struct usher_serial_remote *r = ctx;

    for (unsigned i = 0; i < r->context_count; i++) {
        struct usher_serial_remote_context *c = &r->contexts[i];

        if (c->session != NULL && token != 0 && c->token == token) {
            remote_session_secret(c, err, secret);
            return;
        }
    }
}

void remote_sessions_lost(struct usher_serial_remote *r)
{
    for (unsigned i = 0; i < USHER_SERIAL_SESSIONS_MAX; i++) {
        struct usher_serial_remote_context *c = &r->contexts[i];

        c->busy = false;
        for (unsigned n = 0; n < USHER_SERIAL_CALLS; n++) {
            usher_serial_host_cancel(&r->line, &c->calls[n]);
        }
        remote_session_closed(c, USHER_CLOSE_ERROR);
    }
}
