/* Two sessions hand in hand, see pair.h. */
#include "pair.h"

#include "auth.h"
#include "facts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

static void side_begin(struct pair *p, enum usher_role role)
{
    const struct usher_crypto *c = p->crypto;
    struct session_begin begin = {
        .crypto = c,
        .role = role == USHER_ROLE_DEVICE ? &prov_device : &prov_provisioner,
        .caps = role == USHER_ROLE_DEVICE ? &p->caps : NULL,
        .attention = 5,
    };
    uint8_t private_key[USHER_P256_PRIVATE], public_key[USHER_P256_PUBLIC];

    for (size_t i = 0; i < 32; i++) { /* any octets will do, if they can be told apart */
        private_key[i] = (uint8_t)(0x10 + 0x40 * role + i * 3);
        begin.random[i] = (uint8_t)(0x85 + 0x21 * role + i * 7);
        begin.entropy[i] = (uint8_t)(0x33 + 0x51 * role + i * 11);
    }
    assert_int_equal(c->p256_public(c->ctx, private_key, public_key), USHER_OK);
    if (role == USHER_ROLE_DEVICE) {
        memcpy(p->device_public, public_key, sizeof(public_key));
    }
    session_keys_set(&p->side[role], private_key, public_key);
    session_begin(&p->side[role], &begin, p->now);
}

void pair_begin(struct pair *p, const struct usher_crypto *crypto, const struct usher_start *start)
{
    memset(p, 0, sizeof(*p));
    p->crypto = crypto;
    p->start = *start;
    p->now = 1000000;
    p->caps = (struct usher_caps){
        .num_elements = 3,
        .algorithms = 0x3,
        .pubkey_type = USHER_PUBKEY_OOB,
        .oob_static_types = USHER_STATIC_AVAILABLE,
        .oob_output_size = 8,
        .oob_output_actions = 0x1F,
        .oob_input_size = 8,
        .oob_input_actions = 0xF,
    };
    p->data = (struct usher_prov_data){ .netkey_index = 0x123,
                                        .iv_index = 0x01020304,
                                        .address = 0x0B0C };
    memcpy(p->data.netkey, "a network's key", USHER_KEY_SIZE);
    memcpy(p->static_oob[0], "what both knew..", 16);
    memcpy(p->static_oob[1], "what both knew..", 16);
    side_begin(p, USHER_ROLE_PROVISIONER);
    side_begin(p, USHER_ROLE_DEVICE);
}

static void secret_keep(struct pair *p, enum usher_role role, const uint8_t *octets, size_t len)
{
    static const uint8_t zeros[32];
    unsigned n = p->secret_count[role];

    if (memcmp(octets, zeros, len) == 0) {
        return;
    }
    for (unsigned i = 0; i < n; i++) {
        if (p->secrets[role][i].len == len &&
            memcmp(p->secrets[role][i].octets, octets, len) == 0) {
            return;
        }
    }
    assert_true(n < PAIR_SECRETS);
    p->secrets[role][n].len = (uint8_t)len;
    memcpy(p->secrets[role][n].octets, octets, len);
    p->secret_count[role]++;
}

static void secrets_keep(struct pair *p, enum usher_role role)
{
    const struct usher_prov *s = &p->side[role];

    secret_keep(p, role, s->private_key, sizeof(s->private_key));
    secret_keep(p, role, s->secret, sizeof(s->secret));
    secret_keep(p, role, s->entropy, sizeof(s->entropy));
    secret_keep(p, role, s->confirmation_key, auth_size(s));
    secret_keep(p, role, s->session_key, sizeof(s->session_key));
    secret_keep(p, role, s->session_nonce, sizeof(s->session_nonce));
    if (p->start.method == USHER_OOB_STATIC) { /* a number of few digits may be found by chance */
        secret_keep(p, role, s->auth, 16);
    }
}

static const uint8_t *find(const void *in, size_t in_len, const void *what, size_t len)
{
    const uint8_t *at = in;

    for (size_t i = 0; i + len <= in_len; i++) {
        if (memcmp(at + i, what, len) == 0) {
            return at + i;
        }
    }
    return NULL;
}

void pair_assert_wiped(const struct pair *p, enum usher_role role)
{
    static const uint8_t zeros[USHER_AUTH_MAX];
    const struct usher_prov *s = &p->side[role];

    for (unsigned i = 0; i < p->secret_count[role]; i++) {
        assert_null(find(s, sizeof(*s), p->secrets[role][i].octets, p->secrets[role][i].len));
    }
    assert_null(find(s, sizeof(*s), p->data.netkey, sizeof(p->data.netkey)));
    assert_memory_equal(s->device_key, zeros, sizeof(s->device_key));
    assert_memory_equal(s->auth, zeros, sizeof(s->auth));
    assert_int_equal(s->shown_number, 0);
    assert_memory_equal(s->shown_text, zeros, sizeof(s->shown_text));
}

static void answer(struct pair *p, enum usher_role role, enum usher_event_type event)
{
    struct usher_prov *s = &p->side[role];

    p->told[role][event]++;
    if ((p->withhold[role] >> event & 1) != 0) {
        return;
    }
    switch (event) {
    case USHER_EVT_CAPS_RECEIVED:
        assert_int_equal(session_choose(s, &p->start), USHER_OK);
        break;
    case USHER_EVT_OOB_PUBKEY_REQUEST:
        if (role == USHER_ROLE_PROVISIONER) {
            assert_int_equal(session_peer_key(s, p->device_public), USHER_OK);
        }
        break;
    case USHER_EVT_STATIC_REQUEST:
        assert_int_equal(session_auth_static(s, p->static_oob[role], 16), USHER_OK);
        break;
    case USHER_EVT_OUTPUT_REQUEST:
        memcpy(p->shown, s->shown_text, sizeof(p->shown));
        break;
    case USHER_EVT_DATA_REQUEST:
        assert_int_equal(session_data(s, &p->data), USHER_OK);
        break;
    default:
        break;
    }
}

/* A user can read what the other side shows only once it is shown. */
static void read_and_type(struct pair *p, enum usher_role role)
{
    struct usher_prov *s = &p->side[role];
    bool held_back = (p->withhold[role] >> USHER_EVT_INPUT_REQUEST & 1) != 0;

    if (!held_back && p->told[role][USHER_EVT_INPUT_REQUEST] != 0 && p->shown[0] != '\0' &&
        s->state == PROV_RUNNING && (s->facts & HAVE_AUTH) == 0) {
        assert_int_equal(session_auth_text(s, p->shown), USHER_OK);
    }
}

static void compute(struct pair *p, enum usher_role role)
{
    struct usher_prov *s = &p->side[role];
    uint8_t secret[USHER_P256_SECRET];

    p->ecdh[role]++;
    if ((p->withhold[role] >> USHER_EVT_ECDH_REQUEST & 1) == 0) {
        assert_int_equal(p->crypto->p256_ecdh(p->crypto->ctx, s->private_key,
                                              session_key(s, session_peer(s)), secret),
                         USHER_OK);
        assert_int_equal(session_secret(s, USHER_OK, secret), USHER_OK);
    }
}

static void hold(struct pair *p, enum usher_role role, const struct session_output *out)
{
    p->held.writer = role;
    p->held.len = out->len;
    memcpy(p->held.octets, out->pdu, out->len);
    p->data_pdus += out->pdu[0] == PDU_DATA;
    if (out->pdu[0] == PDU_FAILED) {
        p->failed = p->held;
        p->failed_pdus++;
    }
}

void pair_pull(struct pair *p, enum usher_role role)
{
    struct session_output out;

    while (p->held.len == 0) {
        read_and_type(p, role);
        secrets_keep(p, role);
        switch (session_next(&p->side[role], p->now, true, &out)) {
        case SESSION_EVENT:
            answer(p, role, out.event);
            break;
        case SESSION_PDU:
            assert_int_equal(out.awaited, out.pdu[0] != PDU_FAILED);
            hold(p, role, &out);
            break;
        case SESSION_ECDH:
            compute(p, role);
            break;
        case SESSION_CLOSE:
            p->closed[role] = true;
            p->reason[role] = out.reason;
            break;
        default:
            return;
        }
    }
}

enum usher_err pair_inject(struct pair *p, enum usher_role role, const uint8_t *pdu, size_t len)
{
    uint8_t *copy = malloc(len != 0 ? len : 1);
    enum usher_err err;

    assert_non_null(copy);
    if (len != 0) {
        memcpy(copy, pdu, len);
    }
    err = session_rx(&p->side[role], p->now, copy, len);
    free(copy);
    secrets_keep(p, role);
    return err;
}

void pair_deliver(struct pair *p)
{
    struct pair_pdu pdu = p->held;

    assert_true(pdu.len != 0);
    p->held.len = 0;
    (void)pair_inject(p, session_peer(&p->side[pdu.writer]), pdu.octets, pdu.len);
    session_sent(&p->side[pdu.writer]);
}

static bool held(const struct pair *p, uint8_t type, enum usher_role writer)
{
    return p->held.len != 0 && p->held.octets[0] == type && p->held.writer == writer;
}

/* One round: what is held is delivered, then both speak. @retval false  Nothing is held after it.
 */
static bool go_round(struct pair *p)
{
    if (p->held.len != 0) {
        pair_deliver(p);
    }
    pair_pull(p, USHER_ROLE_PROVISIONER);
    pair_pull(p, USHER_ROLE_DEVICE);
    pair_pull(p, USHER_ROLE_PROVISIONER); /* who may have been waiting for what the device shows */
    return p->held.len != 0;
}

bool pair_run_to(struct pair *p, uint8_t type, enum usher_role writer)
{
    while (go_round(p)) {
        if (held(p, type, writer)) {
            return true;
        }
    }
    return false;
}

void pair_run(struct pair *p)
{
    while (go_round(p)) {
    }
}

void pair_assert_provisioner_gave_up(struct pair *p)
{
    p->held.len = 0;
    pair_pull(p, USHER_ROLE_PROVISIONER);
    assert_true(p->closed[USHER_ROLE_PROVISIONER]);
    assert_int_equal(p->reason[USHER_ROLE_PROVISIONER], USHER_CLOSE_ERROR);
    assert_int_equal(p->told[USHER_ROLE_PROVISIONER][USHER_EVT_COMPLETE], 0);
    assert_int_equal(p->told[USHER_ROLE_PROVISIONER][USHER_EVT_DATA_REQUEST], 0);
    assert_int_equal(p->data_pdus, 0); /* row 26 */
    session_link_closed(&p->side[USHER_ROLE_PROVISIONER]);
    pair_assert_wiped(p, USHER_ROLE_PROVISIONER);
}

void pair_assert_device_refused(struct pair *p, enum usher_failure code)
{
    p->held.len = 0;
    pair_pull(p, USHER_ROLE_DEVICE);
    assert_int_equal(p->failed.len, 2);
    assert_int_equal(p->failed.octets[1], code);
    assert_int_equal(p->side[USHER_ROLE_DEVICE].failure, code);
    assert_int_equal(p->told[USHER_ROLE_DEVICE][USHER_EVT_DATA_RECEIVED], 0);
    p->held.len = 0;
    session_link_closed(&p->side[USHER_ROLE_DEVICE]);
    pair_pull(p, USHER_ROLE_DEVICE);
    assert_false(session_complete(&p->side[USHER_ROLE_DEVICE]));
    assert_int_equal(p->told[USHER_ROLE_DEVICE][USHER_EVT_COMPLETE], 0);
    pair_assert_wiped(p, USHER_ROLE_DEVICE);
}
