/* AuthValue, confirmations, randoms, derived keys (Mesh Protocol 1.1, sections 5.4.2.4
 * and 5.4.2.5). */
#include "auth.h"

#include "ct.h"
#include "facts.h"
#include "oob.h"
#include "session.h"
#include "suite.h"

#include <string.h>

static const struct suite *suite_of(const struct usher_prov *s)
{
    return suite_get(s->start.algorithm);
}

size_t auth_size(const struct usher_prov *s)
{
    return suite_of(s)->size;
}

static void show(struct usher_prov *s)
{
    struct oob_value value;

    oob_generate(&s->start, s->entropy, s->auth, auth_size(s), &value);
    s->shown_number = value.number;
    memcpy(s->shown_text, value.text, sizeof(s->shown_text));
    s->facts |= HAVE_AUTH;
    session_tell(s, USHER_EVT_OUTPUT_REQUEST);
    s->crypto->wipe(&value, sizeof(value));
}

void auth_begin(struct usher_prov *s)
{
    enum usher_role shower;

    switch (s->start.method) {
    case USHER_OOB_NONE: /* an AuthValue of zeros, which it is already */
        s->facts |= HAVE_AUTH;
        return;
    case USHER_OOB_STATIC:
        s->facts |= ASKED_AUTH;
        session_tell(s, USHER_EVT_STATIC_REQUEST);
        return;
    default:
        break;
    }
    shower = s->start.method == USHER_OOB_OUTPUT ? USHER_ROLE_DEVICE : USHER_ROLE_PROVISIONER;
    if (s->me == shower) {
        show(s);
    } else {
        s->facts |= ASKED_AUTH;
        session_tell(s, USHER_EVT_INPUT_REQUEST);
    }
}

enum usher_err auth_confirm(struct usher_prov *s)
{
    const struct usher_crypto *c = s->crypto;
    const struct suite *suite = suite_of(s);
    enum usher_err err = suite->salt(c, s->inputs, sizeof(s->inputs), s->salt);

    if (err == USHER_OK) {
        err = suite->key(c, s->secret, s->auth, s->salt, s->confirmation_key);
    }
    if (err == USHER_OK) {
        err = suite->confirm(c, s->confirmation_key, s->random[s->me], s->auth,
                             s->confirmation[s->me]);
    }
    if (err == USHER_OK && s->me == USHER_ROLE_DEVICE &&
        ct_equal(s->confirmation[USHER_ROLE_DEVICE], s->confirmation[USHER_ROLE_PROVISIONER],
                 suite->size)) {
        return USHER_E_DATA;
    }
    return err;
}

/* The device has not made its own yet, and compares when it does. */
enum usher_failure auth_take_confirmation(struct usher_prov *s, const uint8_t *value, size_t len)
{
    if (s->me == USHER_ROLE_PROVISIONER && ct_equal(value, s->confirmation[s->me], len)) {
        return USHER_FAIL_INVALID_FORMAT;
    }
    memcpy(s->confirmation[session_peer(s)], value, len);
    return USHER_FAIL_NONE;
}

enum usher_failure auth_take_random(struct usher_prov *s, const uint8_t *value, size_t len)
{
    enum usher_role peer = session_peer(s);
    uint8_t expected[32];
    enum usher_err err;
    bool same, equal;

    err = suite_of(s)->confirm(s->crypto, s->confirmation_key, value, s->auth, expected);
    if (err != USHER_OK) {
        return USHER_FAIL_UNEXPECTED_ERROR;
    }
    equal = ct_equal(expected, s->confirmation[peer], len);
    same = ct_equal(value, s->random[s->me], len);
    s->crypto->wipe(expected, sizeof(expected));
    if (same || !equal) {
        return USHER_FAIL_CONFIRMATION;
    }
    memcpy(s->random[peer], value, len);
    if (s->me == USHER_ROLE_PROVISIONER && auth_derive(s) != USHER_OK) {
        return USHER_FAIL_UNEXPECTED_ERROR;
    }
    return USHER_FAIL_NONE;
}

/* What is needed no more once the keys are there. The randoms were on the air; the rest was not. */
static void wipe_authentication(struct usher_prov *s)
{
    const struct usher_crypto *c = s->crypto;

    c->wipe(s->secret, sizeof(s->secret));                     /* or the private key */
    c->wipe(s->confirmation_key, sizeof(s->confirmation_key)); /* or the entropy */
    c->wipe(s->auth, sizeof(s->auth));
    c->wipe(&s->shown_number, sizeof(s->shown_number));
    c->wipe(s->shown_text, sizeof(s->shown_text));
}

enum usher_err auth_derive(struct usher_prov *s)
{
    struct suite_keys keys;
    enum usher_err err = suite_keys(suite_of(s), s->crypto, s->secret, s->salt, s->random, &keys);

    if (err == USHER_OK) {
        memcpy(s->session_key, keys.session_key, sizeof(s->session_key));
        memcpy(s->session_nonce, keys.session_nonce, sizeof(s->session_nonce));
        memcpy(s->device_key, keys.device_key, sizeof(s->device_key));
        wipe_authentication(s);
    }
    s->crypto->wipe(&keys, sizeof(keys));
    return err;
}

void auth_wipe(struct usher_prov *s)
{
    wipe_authentication(s);
    s->crypto->wipe(s->random[s->me], sizeof(s->random[s->me]));
    s->crypto->wipe(s->session_key, sizeof(s->session_key));
    s->crypto->wipe(s->session_nonce, sizeof(s->session_nonce));
}
