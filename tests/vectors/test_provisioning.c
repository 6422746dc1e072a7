/*
 * The session machines against recorded sessions: for each, a provisioner and a device are given
 * the vector's keys, randoms and answers, and every PDU that either of them makes must be the
 * recorded one, octet for octet, in the recorded order. Runs on both fillings of the crypto table.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "oob.h"
#include "pdu.h"
#include "session.h"
#include "suite.h"
#include "vectors.h"

static const char alphabet[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

struct run {
    const struct vector *v;
    const struct usher_crypto *crypto;
    struct usher_prov side[2]; /* by role */
    bool complete[2];
    bool closed;
    struct usher_start start;
    uint8_t auth[USHER_AUTH_MAX];
    size_t auth_len;
    struct usher_prov_data data;
    size_t pdus; /* how many were made so far */
};

static const char side_letter[] = { 'P', 'D' };

/* --- the vector's inputs, as the session takes them --- */

static void start_read(struct run *r)
{
    struct octets octets = vector_in(r->v, "start");
    struct io io = io_reader(octets.at, octets.len);

    pdu_start_fields(&io, &r->start);
    vector_check(r->v, io_done(&io), "start is of the right length");
}

static void data_read(struct run *r)
{
    struct vector data = { .id = r->v->id, .in = json_object_get(r->v->in, "data") };
    unsigned flags = vector_number(&data, "flags");

    vector_in_exact(&data, "net_key", r->data.netkey, sizeof(r->data.netkey));
    r->data.netkey_index = (uint16_t)vector_number(&data, "key_index");
    r->data.iv_index = vector_number(&data, "iv_index");
    r->data.address = (uint16_t)vector_number(&data, "unicast_address");
    r->data.flags.key_refresh = flags & 1;
    r->data.flags.iv_update = flags >> 1 & 1;
}

static uint32_t auth_number(const struct run *r)
{
    const uint8_t *end = r->auth + r->auth_len;

    return (uint32_t)end[-4] << 24 | (uint32_t)end[-3] << 16 | (uint32_t)end[-2] << 8 | end[-1];
}

static void auth_text(const struct run *r, char text[USHER_OOB_SIZE_MAX + 1])
{
    memcpy(text, r->auth, USHER_OOB_SIZE_MAX);
    text[r->start.size] = '\0';
}

/*
 * The entropy from which oob_generate() makes the vector's AuthValue, for the side that shows it.
 */
static void entropy_make(const struct run *r, uint8_t entropy[32])
{
    uint32_t number = auth_number(r);

    memset(entropy, 0, 32);
    if (oob_is_text(&r->start)) {
        for (size_t i = 0; i < r->start.size; i++) {
            entropy[4 * i + 3] = (uint8_t)(strchr(alphabet, r->auth[i]) - alphabet);
        }
        return;
    }
    if ((r->start.method == USHER_OOB_OUTPUT && r->start.action < USHER_OUTPUT_NUMERIC) ||
        (r->start.method == USHER_OOB_INPUT && r->start.action < USHER_INPUT_NUMERIC)) {
        number--; /* what is counted begins at one */
    }
    for (size_t i = 0; i < 4; i++) {
        entropy[7 - i] = (uint8_t)(number >> 8 * i);
    }
}

static void side_begin(struct run *r, enum usher_role role, const char *private_name,
                       const char *public_name, const char *random_name)
{
    struct session_begin begin = {
        .crypto = r->crypto,
        .role = role == USHER_ROLE_DEVICE ? &prov_device : &prov_provisioner,
        .attention = (uint8_t)vector_number(r->v, "invite"),
    };
    struct octets caps_octets = vector_in(r->v, "capabilities");
    struct io io = io_reader(caps_octets.at, caps_octets.len);
    struct octets random = vector_in(r->v, random_name);
    struct usher_caps caps;
    uint8_t private_key[USHER_P256_PRIVATE];
    uint8_t public_key[USHER_P256_PUBLIC];

    pdu_caps_fields(&io, &caps);
    vector_check(r->v, io_done(&io), "capabilities are of the right length");
    begin.caps = role == USHER_ROLE_DEVICE ? &caps : NULL;
    vector_check(r->v, random.len == r->auth_len, "random is of the algorithm's size");
    memcpy(begin.random, random.at, random.len);
    entropy_make(r, begin.entropy);
    vector_in_exact(r->v, private_name, private_key, sizeof(private_key));
    assert_int_equal(r->crypto->p256_public(r->crypto->ctx, private_key, public_key), USHER_OK);
    vector_expect(r->v, public_name, public_key, sizeof(public_key));
    session_keys_set(&r->side[role], private_key, public_key);
    session_begin(&r->side[role], &begin, 0);
}

/* --- what the sessions ask for --- */

static enum usher_err static_answer(const struct run *r, struct usher_prov *s)
{
    size_t len = r->auth_len;

    while (len > 1 && r->auth[len - 1] == 0) {
        len--; /* the session is to fill up with zeros itself */
    }
    return session_auth_static(s, r->auth, len);
}

static enum usher_err input_answer(const struct run *r, struct usher_prov *s)
{
    char text[USHER_OOB_SIZE_MAX + 1];

    if (!oob_is_text(&r->start)) {
        return session_auth_number(s, auth_number(r));
    }
    auth_text(r, text);
    return session_auth_text(s, text);
}

/* What a display is told to show: the text, or the number in as many digits as were asked for. */
static void shown_check(const struct run *r, const struct usher_prov *s)
{
    char text[USHER_OOB_SIZE_MAX + 1];

    vector_check(r->v, strlen(s->shown_text) == r->start.size,
                 "what is shown has the size asked for");
    if (oob_is_text(&r->start)) {
        auth_text(r, text);
        vector_check(r->v, strcmp(s->shown_text, text) == 0, "the text shown is the AuthValue");
    } else {
        vector_check(r->v,
                     s->shown_number == auth_number(r) &&
                         strtoul(s->shown_text, NULL, 10) == auth_number(r),
                     "the number shown is the AuthValue");
    }
}

static void event_answer(struct run *r, enum usher_role role, enum usher_event_type event)
{
    struct usher_prov *s = &r->side[role];
    struct octets device_key;
    enum usher_err err = USHER_OK;

    switch (event) {
    case USHER_EVT_CAPS_RECEIVED:
        err = session_choose(s, &r->start);
        break;
    case USHER_EVT_OOB_PUBKEY_REQUEST:
        device_key = octets_of_hex(r->v, json_object_get(r->v->out, "device_public"));
        err = role == USHER_ROLE_PROVISIONER ? session_peer_key(s, device_key.at) : USHER_OK;
        break;
    case USHER_EVT_STATIC_REQUEST:
        err = static_answer(r, s);
        break;
    case USHER_EVT_INPUT_REQUEST:
        err = input_answer(r, s);
        break;
    case USHER_EVT_OUTPUT_REQUEST:
        shown_check(r, s);
        break;
    case USHER_EVT_DATA_REQUEST:
        err = session_data(s, &r->data);
        break;
    case USHER_EVT_COMPLETE:
        r->complete[role] = true;
        break;
    case USHER_EVT_FAILED:
        fail_msg("vector %s: side %c failed with code %u at PDU type %u", r->v->id,
                 side_letter[role], s->failure, s->failed_pdu);
        break;
    default: /* told for information */
        break;
    }
    vector_check(r->v, err == USHER_OK, "the session takes the answer that it asked for");
}

static void ecdh_answer(struct run *r, enum usher_role role)
{
    struct usher_prov *s = &r->side[role];
    uint8_t secret[USHER_P256_SECRET];

    assert_int_equal(r->crypto->p256_ecdh(r->crypto->ctx, s->private_key,
                                          session_key(s, session_peer(s)), secret),
                     USHER_OK);
    vector_expect(r->v, "ecdh_secret", secret, sizeof(secret));
    assert_int_equal(session_secret(s, USHER_OK, secret), USHER_OK);
}

/* --- what the sessions make --- */

/* The values behind a PDU that was made or taken, while the session still has them. */
static void values_check(const struct run *r, enum usher_role role, enum usher_role writer,
                         uint8_t pdu)
{
    const struct usher_prov *s = &r->side[role];

    if (pdu == PDU_CONFIRMATION && writer == role) {
        vector_expect(r->v, "confirmation_inputs", s->inputs, sizeof(s->inputs));
        vector_expect(r->v, "confirmation_salt", s->salt, r->auth_len);
        vector_expect(r->v, "confirmation_key", s->confirmation_key, r->auth_len);
    } else if (pdu == PDU_RANDOM && writer == USHER_ROLE_DEVICE) {
        vector_expect(r->v, "session_key", s->session_key, sizeof(s->session_key));
        vector_expect(r->v, "session_nonce", s->session_nonce, sizeof(s->session_nonce));
        vector_expect(r->v, "device_key", s->device_key, sizeof(s->device_key));
    }
}

static void pdu_carry(struct run *r, enum usher_role writer, const struct session_output *out)
{
    const json_t *row = json_array_get(json_object_get(r->v->out, "pdus"), r->pdus);
    const char *letter = json_string_value(json_array_get(row, 0));
    enum usher_role reader = session_peer(&r->side[writer]);
    struct octets expected;

    if (letter == NULL || letter[0] != side_letter[writer]) {
        fail_msg("vector %s: PDU %zu is not side %c's to send (type %u)", r->v->id, r->pdus,
                 side_letter[writer], out->pdu[0]);
    }
    expected = octets_of_hex(r->v, json_array_get(row, 1));
    vector_expect_equal(r->v, "a PDU", &expected, out->pdu, out->len);
    r->pdus++;
    values_check(r, writer, writer, out->pdu[0]);
    vector_check(r->v, session_rx(&r->side[reader], 0, out->pdu, out->len) == USHER_OK,
                 "the other side accepts the PDU");
    values_check(r, reader, writer, out->pdu[0]);
    session_sent(&r->side[writer]);
}

/* Takes one output of a side. Returns false when there is none. */
static bool side_step(struct run *r, enum usher_role role)
{
    struct session_output out;

    switch (session_next(&r->side[role], 0, true, &out)) {
    case SESSION_EVENT:
        event_answer(r, role, out.event);
        return true;
    case SESSION_PDU:
        pdu_carry(r, role, &out);
        return true;
    case SESSION_ECDH:
        ecdh_answer(r, role);
        return true;
    case SESSION_CLOSE:
        vector_check(r->v, role == USHER_ROLE_PROVISIONER && out.reason == USHER_CLOSE_SUCCESS,
                     "the provisioner closes the link, with success");
        r->closed = true;
        return true;
    case SESSION_NOTHING:
        break;
    }
    return false;
}

static void end_check(struct run *r)
{
    vector_check(r->v, r->pdus == json_array_size(json_object_get(r->v->out, "pdus")),
                 "all PDUs were made");
    vector_check(r->v, r->closed, "the link is closed");
    for (size_t role = 0; role < 2; role++) {
        struct usher_prov *s = &r->side[role];

        session_link_closed(s);
        vector_check(r->v, r->complete[role] && session_complete(s), "the session is complete");
        vector_expect(r->v, "device_key", s->device_key, sizeof(s->device_key));
        vector_check(r->v,
                     memcmp(s->data.netkey, r->data.netkey, sizeof(s->data.netkey)) == 0 &&
                         s->data.netkey_index == r->data.netkey_index &&
                         s->data.iv_index == r->data.iv_index &&
                         s->data.address == r->data.address &&
                         s->data.flags.key_refresh == r->data.flags.key_refresh &&
                         s->data.flags.iv_update == r->data.flags.iv_update,
                     "the data arrived as they were given");
    }
}

static void run_session(const struct vector *v, void *arg)
{
    struct run r = { .v = v, .crypto = arg };
    struct octets auth = vector_in(v, "auth_value");

    start_read(&r);
    data_read(&r);
    r.auth_len = suite_get((uint8_t)vector_number(v, "algorithm"))->size;
    vector_in_exact(v, "auth_value", r.auth, r.auth_len);
    vector_check(v, auth.len == r.auth_len, "the AuthValue is of the algorithm's size");
    side_begin(&r, USHER_ROLE_PROVISIONER, "provisioner_private", "provisioner_public",
               "random_provisioner");
    side_begin(&r, USHER_ROLE_DEVICE, "device_private", "device_public", "random_device");
    while (side_step(&r, USHER_ROLE_PROVISIONER) || side_step(&r, USHER_ROLE_DEVICE)) {
    }
    end_check(&r);
}

static void run_auth_value(const struct vector *v, void *arg)
{
    const char *kind = vector_text(v, "kind");
    size_t len = suite_get((uint8_t)vector_number(v, "algorithm"))->size;
    uint8_t auth[USHER_AUTH_MAX];

    (void)arg;
    memset(auth, 0xA5, sizeof(auth));
    if (strcmp(kind, "numeric") == 0) {
        oob_place_number(auth, len, vector_number(v, "value"));
    } else if (strcmp(kind, "alphanumeric") == 0) {
        const char *text = vector_text(v, "value");

        oob_place_octets(auth, len, (const uint8_t *)text, strlen(text));
    } else {
        struct octets value = vector_in(v, "value");

        oob_place_octets(auth, len, value.at, value.len);
    }
    vector_expect(v, "auth_value", auth, len);
}

static void every_sample(void **state)
{
    static const struct vector_type types[] = {
        { "provisioning_session", 2, run_session },
        { "auth_value", 10, run_auth_value },
    };

    vectors_run("provisioning.json", types, 2, *state);
}

static void every_generated_session(void **state)
{
    static const struct vector_type types[] = { { "provisioning_session", 12, run_session } };

    vectors_run("provisioning_generated.json", types, 1, *state);
}

static int filling_run(const char *name, const struct usher_crypto *table)
{
    void *state = vectors_state(table);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(every_sample, state),
        cmocka_unit_test_prestate(every_generated_session, state),
    };

    if (table == NULL) {
        fprintf(stderr, "%s: cannot be had\n", name);
        return 1;
    }
    return cmocka_run_group_tests_name(name, tests, NULL, NULL);
}

#ifdef USHER_CROSS
int main(void)
{
    return filling_run("bearssl", usher_crypto_bearssl()) != 0;
}
#else
int main(void)
{
    const struct usher_crypto *openssl = usher_crypto_openssl_new();
    int failed = filling_run("openssl", openssl) + filling_run("psa", usher_crypto_psa()) +
                 filling_run("bearssl", usher_crypto_bearssl());

    usher_crypto_openssl_free(openssl);
    return failed != 0;
}
#endif
