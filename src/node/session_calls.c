/* The user's calls for a session that serve both roles (usher.h): answers to events, cancelling,
 * reports. */
#include "node.h"
#include "session.h"

#include <string.h>

void usher_session_init(struct usher *u, struct usher_session *s, const struct usher_caps *caps,
                        void *user)
{
    memset(s, 0, sizeof(*s));
    s->node = u;
    s->user = user;
    if (caps != NULL) {
        s->capabilities = *caps;
    }
}

void usher_session_keys_set(struct usher_session *s, const uint8_t *private_key,
                            const uint8_t *public_key)
{
    s->p_private_key = public_key != NULL ? private_key : NULL;
    s->p_public_key = public_key;
}

bool usher_session_idle(const struct usher_session *s)
{
    return s->state == SESSION_IDLE;
}

/* What the user gave is in; the instance goes on with it. */
static enum usher_err after(struct usher_session *s, enum usher_err err)
{
    if (s->node != NULL) {
        node_drain(s->node);
    }
    return err;
}

static bool is_remote(const struct usher_session *s)
{
    return s->node != NULL && node_remote(s->node) != NULL;
}

static enum usher_err remote(struct usher_session *s, enum usher_remote_answer what,
                             const void *value, size_t len)
{
    const struct usher *u = s->node;
    enum usher_err err;

    if (s->state != SESSION_LINK) {
        return USHER_E_STATE;
    }
    err = node_remote(u)->answer(node_remote_ctx(u), s, what, value, len);
    if (err == USHER_OK && what == USHER_REMOTE_OOB_USE) {
        s->prov.start = *(const struct usher_start *)value;
    }
    return err;
}

enum usher_err usher_oob_use(struct usher_session *s, const struct usher_start *choice)
{
    if (is_remote(s)) {
        return remote(s, USHER_REMOTE_OOB_USE, choice, sizeof(*choice));
    }
    return after(s, session_choose(&s->prov, choice));
}

enum usher_err usher_pubkey_set(struct usher_session *s, const uint8_t key[USHER_P256_PUBLIC])
{
    if (is_remote(s)) {
        return remote(s, USHER_REMOTE_PUBKEY, key, USHER_P256_PUBLIC);
    }
    return after(s, session_peer_key(&s->prov, key));
}

enum usher_err usher_auth_static(struct usher_session *s, const uint8_t *value, size_t len)
{
    if (is_remote(s)) {
        return remote(s, USHER_REMOTE_AUTH_STATIC, value, len);
    }
    return after(s, session_auth_static(&s->prov, value, len));
}

enum usher_err usher_auth_number(struct usher_session *s, uint32_t number)
{
    if (is_remote(s)) {
        return remote(s, USHER_REMOTE_AUTH_NUMBER, &number, sizeof(number));
    }
    return after(s, session_auth_number(&s->prov, number));
}

enum usher_err usher_auth_text(struct usher_session *s, const char *text)
{
    if (is_remote(s)) {
        return remote(s, USHER_REMOTE_AUTH_TEXT, text, strlen(text));
    }
    return after(s, session_auth_text(&s->prov, text));
}

enum usher_err usher_secret_set(struct usher_session *s, const uint8_t secret[USHER_P256_SECRET])
{
    return s->ecdh_offload ? after(s, session_secret(&s->prov, USHER_OK, secret)) : USHER_E_STATE;
}

enum usher_err usher_data_set(struct usher_session *s, const struct usher_prov_data *data)
{
    if (is_remote(s)) {
        return remote(s, USHER_REMOTE_DATA, data, sizeof(*data));
    }
    return after(s, session_data(&s->prov, data));
}

enum usher_err usher_refuse(struct usher_session *s, enum usher_failure failure)
{
    return after(s, session_refuse(&s->prov, failure));
}

enum usher_err usher_cancel(struct usher_session *s, enum usher_close_reason reason)
{
    if (s->state != SESSION_LINK) {
        return USHER_E_STATE;
    }
    if (is_remote(s)) {
        return remote(s, USHER_REMOTE_CANCEL, &reason, sizeof(reason));
    }
    session_cancel(&s->prov, (uint8_t)reason);
    s->bearer->close(&s->link, s->node->port->now_ms(s->node->port->ctx), (uint8_t)reason);
    return after(s, USHER_OK);
}

const uint8_t *usher_device_key(const struct usher_session *s)
{
    return session_complete(&s->prov) ? s->prov.device_key : NULL;
}

void usher_outcome(const struct usher_session *s, struct usher_outcome *outcome)
{
    *outcome = (struct usher_outcome){
        .complete = session_complete(&s->prov),
        .close_reason = s->close_reason,
        .failure = s->prov.failure,
        .pdu = s->prov.failed_pdu,
        .phase = is_remote(s) ? (enum usher_phase)s->phase_told : session_phase(&s->prov),
        .start = s->prov.start,
    };
    if (s->bearer != NULL) {
        outcome->link = *s->bearer->stats(&s->link);
        outcome->gatt = s->bearer->next == NULL;
    }
}
