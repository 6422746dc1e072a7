/*
 * What users and other processors contribute to a session: the choice of method, the out-of-band
 * key, the shared secret, the AuthValue, the data. Each is checked and becomes a fact; node's
 * usher_ calls of the same names come here.
 */
#include "facts.h"

#include "auth.h"
#include "choose.h"
#include "ct.h"
#include "oob.h"
#include "pdu.h"
#include "session.h"

#include <string.h>

enum usher_err session_choose(struct usher_prov *s, const struct usher_start *choice)
{
    if (s->me != USHER_ROLE_PROVISIONER || !facts_at(s, PDU_START) ||
        (s->facts & HAVE_CHOICE) != 0) {
        return USHER_E_STATE;
    }
    if (choice->algorithm > USHER_ALG_HMAC || choice->method > USHER_OOB_INPUT ||
        choice->action > USHER_OUTPUT_ALPHANUMERIC || choice->size > USHER_OOB_SIZE_MAX ||
        choice->public_key > 1) {
        return USHER_E_PARAM;
    }
    if (!choose_valid(&s->caps, choice)) {
        return USHER_E_UNSUPPORTED;
    }
    s->start = *choice;
    s->facts |= HAVE_CHOICE;
    facts_changed(s);
    return USHER_OK;
}

/*
 * A peer that sends our own key back, or its negative, knows the secret's X without a private key
 * of its own (CVE-2020-26560 and relatives), so comparing X refuses both.
 */
enum usher_failure facts_take_key(struct usher_prov *s, const uint8_t key[USHER_P256_PUBLIC])
{
    enum usher_err err;

    if (ct_equal(key, session_key(s, s->role->me), USHER_P256_PUBLIC / 2)) {
        return USHER_FAIL_INVALID_FORMAT;
    }
    err = s->crypto->p256_check(s->crypto->ctx, key);
    if (err != USHER_OK) {
        return err == USHER_E_DATA ? USHER_FAIL_INVALID_FORMAT : USHER_FAIL_UNEXPECTED_ERROR;
    }
    memcpy(session_key(s, session_peer(s)), key, USHER_P256_PUBLIC);
    s->facts |= HAVE_PEER_KEY;
    return USHER_FAIL_NONE;
}

enum usher_err session_peer_key(struct usher_prov *s, const uint8_t key[USHER_P256_PUBLIC])
{
    enum usher_failure failure;

    if (s->me != USHER_ROLE_PROVISIONER || s->state != PROV_RUNNING ||
        (s->facts & HAVE_CHOICE) == 0 || s->start.public_key == 0 ||
        (s->facts & HAVE_PEER_KEY) != 0) {
        return USHER_E_STATE;
    }
    failure = facts_take_key(s, key);
    if (failure != USHER_FAIL_NONE) {
        facts_fail(s, failure, PDU_PUBLIC_KEY);
        return USHER_E_DATA;
    }
    facts_changed(s);
    return USHER_OK;
}

enum usher_err session_secret(struct usher_prov *s, enum usher_err err,
                              const uint8_t secret[USHER_P256_SECRET])
{
    if (s->state != PROV_RUNNING || (s->facts & ASKED_ECDH) == 0 || (s->facts & HAVE_SECRET) != 0) {
        return USHER_E_STATE;
    }
    if (err != USHER_OK || ct_zero(secret, USHER_P256_SECRET)) {
        facts_fail(s, err == USHER_E_DATA ? USHER_FAIL_INVALID_FORMAT : USHER_FAIL_UNEXPECTED_ERROR,
                   PDU_PUBLIC_KEY);
        return USHER_E_DATA;
    }
    memcpy(s->secret, secret, sizeof(s->secret)); /* over the private key */
    s->facts |= HAVE_SECRET;
    facts_changed(s);
    return USHER_OK;
}

static bool auth_asked(const struct usher_prov *s)
{
    return s->state == PROV_RUNNING && (s->facts & ASKED_AUTH) != 0 && (s->facts & HAVE_AUTH) == 0;
}

static void auth_given(struct usher_prov *s)
{
    s->facts |= HAVE_AUTH;
    facts_changed(s);
}

enum usher_err session_auth_static(struct usher_prov *s, const uint8_t *value, size_t len)
{
    if (!auth_asked(s) || s->start.method != USHER_OOB_STATIC) {
        return USHER_E_STATE;
    }
    if (len == 0 || len > USHER_AUTH_MAX) {
        return USHER_E_LENGTH;
    }
    oob_place_octets(s->auth, auth_size(s), value, len);
    auth_given(s);
    return USHER_OK;
}

enum usher_err session_auth_number(struct usher_prov *s, uint32_t number)
{
    if (!auth_asked(s) || s->start.method == USHER_OOB_STATIC || oob_is_text(&s->start)) {
        return USHER_E_STATE;
    }
    if (number >= oob_limit(s->start.size)) {
        return USHER_E_PARAM;
    }
    oob_place_number(s->auth, auth_size(s), number);
    auth_given(s);
    return USHER_OK;
}

enum usher_err session_auth_text(struct usher_prov *s, const char *text)
{
    bool is_text = oob_is_text(&s->start), good = true;
    uint32_t number = 0;
    size_t len = 0;

    if (!auth_asked(s) || s->start.method == USHER_OOB_STATIC) {
        return USHER_E_STATE;
    }
    for (; text[len] != '\0'; len++) {
        good = good && oob_char_ok(text[len], is_text);
        number = number * 10 + (uint32_t)(text[len] - '0');
    }
    if (len == 0 || len > s->start.size || (is_text && len < s->start.size)) {
        return USHER_E_LENGTH;
    }
    if (!good) {
        return USHER_E_DATA;
    }
    if (!is_text) {
        return session_auth_number(s, number);
    }
    oob_place_octets(s->auth, auth_size(s), (const uint8_t *)text, len);
    auth_given(s);
    return USHER_OK;
}

enum usher_err session_data_check(const struct usher_prov_data *data, uint8_t elements)
{
    if (data->address < USHER_UNICAST_MIN || data->address > USHER_UNICAST_MAX ||
        data->address + (uint32_t)elements - 1 > USHER_UNICAST_MAX) {
        return USHER_E_ADDR;
    }
    return data->netkey_index > USHER_KEY_INDEX_MAX ? USHER_E_DATA : USHER_OK;
}

enum usher_err session_data(struct usher_prov *s, const struct usher_prov_data *data)
{
    enum usher_err err;

    if (s->me != USHER_ROLE_PROVISIONER || s->state != PROV_RUNNING ||
        (s->facts & HAVE_DATA) != 0) {
        return USHER_E_STATE;
    }
    err = session_data_check(data, s->caps.num_elements != 0 ? s->caps.num_elements : 1);
    if (err != USHER_OK) {
        return err;
    }
    session_data_early(s, data);
    facts_changed(s);
    return USHER_OK;
}

void session_data_early(struct usher_prov *s, const struct usher_prov_data *data)
{
    s->data = *data;
    s->facts |= HAVE_DATA;
}

enum usher_err session_refuse(struct usher_prov *s, enum usher_failure failure)
{
    if (s->me != USHER_ROLE_DEVICE || !facts_at(s, PDU_PUBLIC_KEY)) {
        return USHER_E_STATE;
    }
    facts_fail(s, failure, PDU_START);
    return USHER_OK;
}
