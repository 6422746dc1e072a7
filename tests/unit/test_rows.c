/*
 * The rows of docs/threat-model.md that are attacks on a session, against whole instances: each
 * attack on each role that it can be done to, over PB-ADV and over PB-GATT. The attacker is an
 * instance whose PDUs are changed on their way to its bearer; what the other one says is watched
 * likewise. After each attack the same two provision undisturbed.
 */
#include "auth.h"
#include "bearer.h"
#include "gatt_rig.h"
#include "pdu.h"
#include "session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define P USHER_ROLE_PROVISIONER
#define D USHER_ROLE_DEVICE
#define ON_P (1u << P)
#define ON_D (1u << D)

/* Changes the attacker's PDU number @p at (from 0), by the test's parameter. @return its length */
typedef size_t (*change)(uint8_t *pdu, size_t len, unsigned at, unsigned n);

static const struct usher_crypto *crypto;
static const struct usher_start in_band = { .algorithm = USHER_ALG_CMAC,
                                            .method = USHER_OOB_STATIC };
static const struct usher_start enhanced = { .algorithm = USHER_ALG_HMAC,
                                             .method = USHER_OOB_STATIC };
static const struct usher_start oob_key = { .algorithm = USHER_ALG_HMAC,
                                            .method = USHER_OOB_STATIC,
                                            .public_key = 1 };

/* What goes on: one scene at a time. */
static struct {
    struct rig *r;
    enum usher_role victim;
    bool gatt;
    change attack;
    unsigned n;
    unsigned at;        /* PDUs that the attacker has sent */
    unsigned data_pdus; /* that the victim has formed */
    uint8_t last[USHER_PDU_MAX];
    size_t last_len;
    const struct bearer_acts *real[2]; /* by role */
    struct bearer_acts acts[2];
} scene;

static struct rig_side *side(enum usher_role role)
{
    return &scene.r->side[role == P ? RIG_P : RIG_D];
}

static struct usher_prov *victim(void)
{
    return &side(scene.victim)->session.prov;
}

static enum usher_role attacker_role(void)
{
    return scene.victim == P ? D : P;
}

/* -- between a session and its bearer ---------------------------------------------------------- */

static enum usher_err attacker_send(union usher_link *l, uint64_t now, const uint8_t *pdu,
                                    size_t len, bool awaited)
{
    uint8_t changed[USHER_PDU_MAX + 1] = { 0 };

    memcpy(changed, pdu, len);
    if (scene.attack != NULL && pdu[0] != PDU_FAILED) {
        len = scene.attack(changed, len, scene.at, scene.n);
    }
    scene.at++;
    memcpy(scene.last, pdu, len < USHER_PDU_MAX ? len : USHER_PDU_MAX);
    scene.last_len = len;
    return scene.real[attacker_role()]->send(l, now, changed, len, awaited);
}

static enum usher_err victim_send(union usher_link *l, uint64_t now, const uint8_t *pdu, size_t len,
                                  bool awaited)
{
    scene.data_pdus += pdu[0] == PDU_DATA;
    return scene.real[scene.victim]->send(l, now, pdu, len, awaited);
}

static void on_link(struct rig_side *s, const struct usher_event *e)
{
    enum usher_role role = s->name == RIG_P ? P : D;

    if (e->type == USHER_EVT_LINK_ESTABLISHED) {
        scene.real[role] = s->session.bearer;
        scene.acts[role] = *s->session.bearer;
        scene.acts[role].send = role == scene.victim ? victim_send : attacker_send;
        s->session.bearer = &scene.acts[role];
    }
}

static void begin(enum usher_role on, bool gatt, const struct usher_start *choice)
{
    memset(&scene, 0, sizeof(scene));
    scene.victim = on;
    scene.gatt = gatt;
    scene.r = rig_new(crypto, 66);
    side(P)->in_handler = on_link;
    side(D)->in_handler = on_link;
    side(P)->person.choice = *choice;
    side(P)->person.device_public_key = side(D)->public_key;
}

static void run(change attack, unsigned n)
{
    struct usher_provision adv = { .uuid = rig_uuid, .attention_s = 5 };

    scene.attack = attack;
    scene.n = n;
    scene.at = 0;
    scene.data_pdus = 0;
    rig_forget(scene.r, RIG_P);
    rig_forget(scene.r, RIG_D);
    side(P)->close_reason = side(D)->close_reason = 0xFF;
    if (usher_session_idle(&side(D)->session)) {
        assert_int_equal(rig_listen(scene.r, scene.gatt ? USHER_BEARER_GATT : USHER_BEARER_ADV),
                         USHER_OK);
    }
    if (scene.gatt) {
        assert_int_equal(rig_provision(scene.r, RIG_P), USHER_OK);
    } else {
        assert_int_equal(usher_provision(&side(P)->session, &adv), USHER_OK);
    }
    rig_run(scene.r, 200000);
}

/* Undisturbed they complete: nothing of the attack is left. */
static void end(void)
{
    run(NULL, 0);
    rig_assert_complete(scene.r, RIG_P);
    rig_free(scene.r);
}

static void assert_refused(uint8_t code)
{
    const struct rig_side *v = side(scene.victim);

    assert_int_equal(v->told[USHER_EVT_LINK_ESTABLISHED], 1);
    assert_int_equal(v->told[USHER_EVT_LINK_CLOSED], 1);
    assert_int_equal(v->told[USHER_EVT_COMPLETE], 0);
    assert_true(usher_session_idle(&v->session));
    if (scene.victim == D) {
        assert_int_equal(v->told[USHER_EVT_FAILED], 1);
        assert_int_equal(v->failure, code);
        assert_int_equal(side(P)->failure, code); /* it was said */
        assert_int_equal(v->told[USHER_EVT_DATA_RECEIVED], 0);
    } else {
        assert_int_equal(v->close_reason, USHER_CLOSE_ERROR);
        assert_int_equal(v->told[USHER_EVT_DATA_REQUEST], 0);
        assert_int_equal(scene.data_pdus, 0); /* row 26 */
    }
}

/* An attack on these roles, over each bearer: a device says @p code. */
static void refused(unsigned on, const struct usher_start *choice, change attack, unsigned n,
                    uint8_t code)
{
    for (unsigned i = 0; i < 4; i++) {
        enum usher_role role = i < 2 ? P : D;

        if ((on >> role & 1) != 0) {
            begin(role, i % 2 != 0, choice);
            run(attack, n);
            assert_refused(code);
            end();
        }
    }
}

/* -- public keys ------------------------------------------------------------------------------- */

static const uint8_t curve_p[32] = {
    0xff, 0xff, 0xff, 0xff, 0,    0,    0,    1,    0,    0,    0,    0,    0,    0,    0,    0,
    0,    0,    0,    0,    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
};

static size_t own_key(uint8_t *pdu, size_t len, unsigned at, unsigned negative)
{
    bool oob = side(P)->session.prov.start.public_key != 0;
    int borrow = 0;

    (void)at;
    if (pdu[0] == PDU_PUBLIC_KEY) {
        memcpy(pdu + 1, oob ? side(D)->public_key : session_key(victim(), scene.victim),
               USHER_P256_PUBLIC);
        for (int i = 31; i >= 0 && negative != 0; i--) {
            int v = curve_p[i] - pdu[33 + i] - borrow;

            borrow = v < 0;
            pdu[33 + i] = (uint8_t)v;
        }
    }
    return len;
}

static void row_1_our_own_public_key_is_refused_on_each_bearer(void **state)
{
    (void)state;
    refused(ON_P | ON_D, &in_band, own_key, 0, USHER_FAIL_INVALID_FORMAT);
    /* the key that everybody can read on the device */
    refused(ON_D, &oob_key, own_key, 0, USHER_FAIL_INVALID_FORMAT);
}

static void row_3_the_negative_of_our_key_is_refused_on_each_bearer(void **state)
{
    (void)state;
    refused(ON_P | ON_D, &in_band, own_key, 1, USHER_FAIL_INVALID_FORMAT);
    refused(ON_D, &oob_key, own_key, 1, USHER_FAIL_INVALID_FORMAT);
}

static size_t bad_key(uint8_t *pdu, size_t len, unsigned at, unsigned n)
{
    uint8_t *x = pdu + 1, *y = pdu + 33;

    (void)at;
    if (pdu[0] != PDU_PUBLIC_KEY) {
        return len;
    }
    switch (n) {
    case 0: /* off the curve */
        y[31] ^= 1;
        break;
    case 1: /* what some libraries write for infinity */
        memset(x, 0, 64);
        break;
    case 2:
        memcpy(x, curve_p, 32);
        break;
    case 3:
        memcpy(y, curve_p, 32);
        break;
    case 4:
        memset(x, 0xFF, 64);
        break;
    default:
        memset(x + 16, 0, 16);
        break;
    }
    return len;
}

static void row_2_bad_points_are_refused_on_each_bearer(void **state)
{
    (void)state;
    for (unsigned n = 0; n < 6; n++) {
        refused(ON_P | ON_D, &in_band, bad_key, n, USHER_FAIL_INVALID_FORMAT);
    }
}

/* -- confirmation and random ------------------------------------------------------------------- */

static size_t echo_confirmation(uint8_t *pdu, size_t len, unsigned at, unsigned n)
{
    struct usher_prov copy = *victim();

    (void)at;
    (void)n;
    if (pdu[0] == PDU_CONFIRMATION) {
        if (scene.victim == D) { /* what it is going to say */
            assert_int_equal(auth_confirm(&copy), USHER_OK);
        }
        memcpy(pdu + 1, copy.confirmation[scene.victim], len - 1);
    }
    return len;
}

static void row_4_an_echoed_confirmation_is_refused_on_each_bearer(void **state)
{
    (void)state;
    refused(ON_P | ON_D, &in_band, echo_confirmation, 0, USHER_FAIL_INVALID_FORMAT);
    refused(ON_P | ON_D, &enhanced, echo_confirmation, 0, USHER_FAIL_INVALID_FORMAT);
}

static size_t echo_random(uint8_t *pdu, size_t len, unsigned at, unsigned n)
{
    (void)at;
    (void)n;
    if (pdu[0] == PDU_RANDOM) {
        /* Even if the echoed confirmation had slipped through: */
        memcpy(victim()->confirmation[attacker_role()], victim()->confirmation[scene.victim], 32);
        memcpy(pdu + 1, victim()->random[scene.victim], len - 1);
    }
    return len;
}

static void row_5_an_echoed_random_is_refused_on_each_bearer(void **state)
{
    (void)state;
    refused(ON_P | ON_D, &in_band, echo_random, 0, USHER_FAIL_CONFIRMATION);
    refused(ON_P | ON_D, &enhanced, echo_random, 0, USHER_FAIL_CONFIRMATION);
}

static size_t wrong_bit(uint8_t *pdu, size_t len, unsigned at, unsigned type)
{
    (void)at;
    pdu[len - 1] ^= pdu[0] == type;
    return len;
}

static void row_6_a_wrong_confirmation_is_refused_on_each_bearer(void **state)
{
    (void)state;
    refused(ON_P | ON_D, &in_band, wrong_bit, PDU_CONFIRMATION, USHER_FAIL_CONFIRMATION);
    refused(ON_P | ON_D, &enhanced, wrong_bit, PDU_CONFIRMATION, USHER_FAIL_CONFIRMATION);
    refused(ON_P | ON_D, &in_band, wrong_bit, PDU_RANDOM, USHER_FAIL_CONFIRMATION);
}

static struct {
    uint8_t random[32], public_key[64];
} seen[8];

static size_t wrong_and_seen(uint8_t *pdu, size_t len, unsigned at, unsigned n)
{
    if (pdu[0] == PDU_CONFIRMATION) {
        memcpy(seen[n].random, victim()->random[scene.victim], 32);
        memcpy(seen[n].public_key, session_key(victim(), scene.victim), 64);
    }
    return wrong_bit(pdu, len, at, PDU_CONFIRMATION);
}

static void row_7_every_attempt_has_a_pair_and_a_random_of_its_own(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        begin(i < 2 ? P : D, i % 2 != 0, &in_band);
        for (unsigned n = 0; n < 8; n++) {
            run(wrong_and_seen, n);
            assert_refused(USHER_FAIL_CONFIRMATION);
            for (unsigned k = 0; k < n; k++) {
                assert_memory_not_equal(seen[k].random, seen[n].random, 32);
                assert_memory_not_equal(seen[k].public_key, seen[n].public_key, 32);
            }
        }
        end();
    }
}

/* -- Capabilities and Start -------------------------------------------------------------------- */

static size_t downgrade(uint8_t *pdu, size_t len, unsigned at, unsigned n)
{
    (void)at;
    (void)n;
    if (pdu[0] == PDU_CAPABILITIES) {
        assert_int_equal(pdu[3], 3);
        pdu[3] = 1; /* CMAC alone */
    }
    return len;
}

static void row_9_a_downgrade_is_noticed_on_each_bearer(void **state)
{
    (void)state;
    refused(ON_P, &in_band, downgrade, 0, 0);
}

static void on_reserved(struct rig_side *s, const struct usher_event *e)
{
    struct usher_caps *caps = &s->session.prov.caps;

    on_link(s, e);
    if (e->type == USHER_EVT_LINK_ESTABLISHED && s->name == RIG_D) {
        caps->algorithms |= 0xFFFC;
        caps->pubkey_type |= 0xFE;
        caps->oob_static_types |= 0xFC;
        caps->oob_output_actions |= 0xFFE0;
        caps->oob_input_actions |= 0xFFF0;
    }
}

static void row_10_reserved_bits_are_ignored_on_each_bearer(void **state)
{
    (void)state;
    for (unsigned gatt = 0; gatt < 2; gatt++) {
        begin(P, gatt != 0, &enhanced);
        side(D)->in_handler = on_reserved;
        run(NULL, 0);
        assert_int_equal(side(P)->session.capabilities.algorithms, 0xFFFF);
        rig_assert_complete(scene.r, RIG_P);
        rig_free(scene.r);
    }
}

static size_t bad_start(uint8_t *pdu, size_t len, unsigned at, unsigned n)
{
    static const uint8_t starts[][5] = { /* algorithm, public key, method, action, size */
                                         { 2, 0, 1, 0, 0 }, { 0xFF, 0, 1, 0, 0 }, { 0, 2, 1, 0, 0 },
                                         { 0, 0, 4, 0, 0 }, { 0, 0, 1, 1, 0 },    { 0, 0, 1, 0, 1 },
                                         { 0, 0, 2, 5, 1 }, { 0, 0, 2, 0, 9 },    { 0, 0, 2, 0, 0 },
                                         { 0, 0, 3, 4, 1 }, { 0, 0, 3, 0, 9 }
    };

    (void)at;
    assert_true(n < sizeof(starts) / sizeof(starts[0]));
    if (pdu[0] == PDU_START) {
        memcpy(pdu + 1, starts[n], 5);
    }
    return len;
}

static void row_11_bad_starts_are_refused_on_each_bearer(void **state)
{
    (void)state;
    for (unsigned n = 0; n < 11; n++) {
        refused(ON_D, &in_band, bad_start, n, USHER_FAIL_INVALID_FORMAT);
    }
}

/* -- order and length -------------------------------------------------------------------------- */

/* Octets of a PDU of this type, records being as long as they like. */
static size_t length_of(uint8_t type)
{
    int len = pdu_len(type, 16);

    return len >= 0 ? 1 + (size_t)len : 20;
}

static size_t another_type(uint8_t *pdu, size_t len, unsigned at, unsigned n)
{
    if (at != n / 256 || pdu[0] == n % 256) {
        return len;
    }
    memset(pdu, 0xFF, USHER_PDU_MAX); /* with records: totals, offsets, identifiers of 0xFFFF */
    pdu[0] = (uint8_t)(n % 256);
    return length_of(pdu[0]);
}

/* A PDU of this type in the place of each that the attacker sends, but for the device's Complete.
 */
static void row_of_type(uint8_t type, uint8_t code)
{
    for (unsigned i = 0; i < 4; i++) {
        unsigned pdus = i < 2 ? 4 : 6;

        for (unsigned at = 0; at < pdus; at++) {
            begin(i < 2 ? P : D, i % 2 != 0, &in_band);
            run(another_type, at * 256 + type);
            if (side(P)->told[USHER_EVT_COMPLETE] == 0) { /* else it was the one that belongs */
                assert_refused(code);
            }
            rig_free(scene.r);
        }
    }
}

static void row_13_pdus_out_of_order_are_refused_on_each_bearer(void **state)
{
    (void)state;
    for (uint8_t type = PDU_INVITE; type <= PDU_COMPLETE; type++) {
        row_of_type(type, USHER_FAIL_UNEXPECTED_PDU);
    }
    row_of_type(PDU_TYPES, USHER_FAIL_INVALID_PDU);
    row_of_type(0xFF, USHER_FAIL_INVALID_PDU);
}

static void row_27_records_are_refused_on_each_bearer(void **state)
{
    (void)state;
    for (uint8_t type = PDU_RECORD_REQUEST; type <= PDU_RECORDS_LIST; type++) {
        row_of_type(type, USHER_FAIL_UNEXPECTED_PDU);
    }
}

static size_t again(uint8_t *pdu, size_t len, unsigned at, unsigned n)
{
    if (at != n) {
        return len;
    }
    memcpy(pdu, scene.last, scene.last_len);
    return scene.last_len;
}

static void row_13_repeated_pdus_are_refused_on_each_bearer(void **state)
{
    (void)state;
    for (unsigned at = 1; at < 6; at++) {
        refused(at < 4 ? ON_P | ON_D : ON_D, &in_band, again, at, USHER_FAIL_UNEXPECTED_PDU);
    }
}

static size_t short_or_long(uint8_t *pdu, size_t len, unsigned at, unsigned n)
{
    (void)pdu;
    if (at != n / 2) {
        return len;
    }
    return n % 2 == 0 || len == USHER_PDU_MAX ? len - 1 : len + 1;
}

static void row_14_short_and_long_pdus_are_refused_on_each_bearer(void **state)
{
    (void)state;
    for (unsigned n = 0; n < 12; n++) {
        refused(n < 8 ? ON_P | ON_D : ON_D, &in_band, short_or_long, n, USHER_FAIL_INVALID_FORMAT);
    }
}

/* -- data -------------------------------------------------------------------------------------- */

static const struct {
    uint16_t address, index;
    uint8_t flags, code;
} bad_data[] = {
    { 0x0000, 0, 0, USHER_FAIL_ADDRESS },           { 0x8001, 0, 0, USHER_FAIL_ADDRESS },
    { 0xC000, 0, 0, USHER_FAIL_ADDRESS },           { 0x7FFE, 0, 0, USHER_FAIL_ADDRESS },
    { 0x0100, 0x1000, 0, USHER_FAIL_INVALID_DATA }, { 0x0100, 0, 4, USHER_FAIL_INVALID_DATA },
};
#define BAD_DATA (sizeof(bad_data) / sizeof(bad_data[0]))

/* Sealed by somebody who knows the session key. */
static size_t sealed(uint8_t *pdu, size_t len, unsigned at, unsigned n)
{
    uint8_t plain[PDU_DATA_LEN], flags = bad_data[n].flags;
    struct usher_prov_data data = { .address = bad_data[n].address,
                                    .netkey_index = bad_data[n].index };
    struct io io = io_writer(plain, sizeof(plain));

    (void)at;
    if (pdu[0] == PDU_DATA) {
        pdu_data_fields(&io, &data, &flags);
        assert_true(io_done(&io));
        assert_int_equal(crypto->ccm_encrypt(crypto->ctx, victim()->session_key,
                                             victim()->session_nonce, NULL, 0, plain, sizeof(plain),
                                             pdu + 1, PDU_MIC_LEN),
                         USHER_OK);
    }
    return len;
}

static void row_23_data_that_cannot_be_are_refused_on_each_bearer(void **state)
{
    (void)state;
    for (unsigned n = 0; n < BAD_DATA; n++) {
        refused(ON_D, &in_band, sealed, n, bad_data[n].code);
    }
    refused(ON_D, &in_band, wrong_bit, PDU_DATA, USHER_FAIL_DECRYPTION);
}

/* Everything that the provisioner says comes back to it; the echoes are of what it has said. */
static size_t mirror(uint8_t *pdu, size_t len, unsigned at, unsigned n)
{
    if (n < 1) {
        len = own_key(pdu, len, at, 0);
    }
    if (n < 2) {
        len = echo_confirmation(pdu, len, at, 0);
    }
    return pdu[0] == PDU_RANDOM ? echo_random(pdu, len, at, 0) : len;
}

static void row_26_no_data_pdu_is_formed_for_an_impostor(void **state)
{
    (void)state;
    for (unsigned n = 0; n < 3; n++) { /* refused() looks at what the provisioner has formed */
        refused(ON_P, &in_band, mirror, n, 0);
        refused(ON_P, &enhanced, mirror, n, 0);
    }
    begin(P, false, &in_band); /* it does count them */
    run(NULL, 0);
    assert_int_equal(scene.data_pdus, 1);
    rig_free(scene.r);
}

/* -- power and randomness ---------------------------------------------------------------------- */

static unsigned cut_at, values_seen;
static enum usher_role cut_role;
static bool was_cut, kept;
static uint8_t kept_key[USHER_KEY_SIZE], asked_key[USHER_KEY_SIZE];

/* What an application has to do: the data are durable before it goes on. */
static void on_event_with_cut(struct rig_side *s, const struct usher_event *e)
{
    if (e->type == USHER_EVT_DATA_REQUEST) {
        memcpy(asked_key, e->params.data_request.p_devkey, sizeof(asked_key));
    }
    if (e->type == USHER_EVT_DATA_RECEIVED) {
        memcpy(kept_key, e->params.data_received.p_devkey, sizeof(kept_key));
        kept = true;
    }
    if (s->name == (cut_role == P ? RIG_P : RIG_D) && !was_cut && ++values_seen == cut_at) {
        was_cut = true;
    }
}

/* @retval false  The session was over before the cut. */
static bool cut_one(enum usher_role role, bool gatt, unsigned at)
{
    struct usher_provision adv = { .uuid = rig_uuid };

    begin(P, gatt, &in_band);
    side(P)->in_handler = side(D)->in_handler = on_event_with_cut;
    cut_role = role;
    cut_at = at;
    values_seen = 0;
    was_cut = kept = false;
    assert_int_equal(rig_listen(scene.r, gatt ? USHER_BEARER_GATT : USHER_BEARER_ADV), USHER_OK);
    if (gatt) {
        assert_int_equal(rig_provision(scene.r, RIG_P), USHER_OK);
    } else {
        assert_int_equal(usher_provision(&side(P)->session, &adv), USHER_OK);
    }
    for (unsigned ms = 0; ms < 20000 && !was_cut; ms++) {
        rig_run(scene.r, 1);
    }
    if (!was_cut) {
        rig_free(scene.r);
        return false;
    }
    rig_power_cut(scene.r, role == P ? RIG_P : RIG_D);
    rig_run(scene.r, 200000);
    return true;
}

static void row_24_a_power_cut_leaves_a_clean_device_or_a_node_with_a_known_key(void **state)
{
    unsigned cuts = 0, nodes = 0;

    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        enum usher_role role = i < 2 ? P : D;

        for (unsigned at = 1; cut_one(role, i % 2 != 0, at); at++) {
            cuts++;
            assert_true(usher_session_idle(&side(P)->session));
            if (kept) { /* its provisioner wrote the key down before it gave the data */
                assert_memory_equal(kept_key, asked_key, USHER_KEY_SIZE);
                nodes++;
                rig_free(scene.r);
            } else {
                side(P)->in_handler = side(D)->in_handler = on_link;
                side(P)->person.choice = in_band;
                end();
            }
        }
    }
    assert_true(cuts > 40 && nodes > 4);
}

static void row_33_without_randomness_nothing_is_said_on_each_bearer(void **state)
{
    struct usher_provision adv = { .uuid = rig_uuid };

    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        begin(i < 2 ? P : D, i % 2 != 0, &in_band);
        side(scene.victim)->random_fails = true;
        if (scene.victim == D) {
            assert_int_not_equal(
                rig_listen(scene.r, scene.gatt ? USHER_BEARER_GATT : USHER_BEARER_ADV), USHER_OK);
        } else if (scene.gatt) {
            assert_int_not_equal(rig_provision(scene.r, RIG_P), USHER_OK);
        } else {
            assert_int_not_equal(usher_provision(&side(P)->session, &adv), USHER_OK);
        }
        rig_run(scene.r, 5000);
        assert_int_equal(side(P)->inds + side(P)->nonconns + side(D)->inds + side(D)->nonconns, 0);
        side(scene.victim)->random_fails = false;
        end();
    }
}

static int setup(void **state)
{
    (void)state;
    crypto = usher_crypto_openssl_new();
    return crypto == NULL;
}

static int teardown(void **state)
{
    (void)state;
    usher_crypto_openssl_free(crypto);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(row_1_our_own_public_key_is_refused_on_each_bearer),
        cmocka_unit_test(row_2_bad_points_are_refused_on_each_bearer),
        cmocka_unit_test(row_3_the_negative_of_our_key_is_refused_on_each_bearer),
        cmocka_unit_test(row_4_an_echoed_confirmation_is_refused_on_each_bearer),
        cmocka_unit_test(row_5_an_echoed_random_is_refused_on_each_bearer),
        cmocka_unit_test(row_6_a_wrong_confirmation_is_refused_on_each_bearer),
        cmocka_unit_test(row_7_every_attempt_has_a_pair_and_a_random_of_its_own),
        cmocka_unit_test(row_9_a_downgrade_is_noticed_on_each_bearer),
        cmocka_unit_test(row_10_reserved_bits_are_ignored_on_each_bearer),
        cmocka_unit_test(row_11_bad_starts_are_refused_on_each_bearer),
        cmocka_unit_test(row_13_pdus_out_of_order_are_refused_on_each_bearer),
        cmocka_unit_test(row_13_repeated_pdus_are_refused_on_each_bearer),
        cmocka_unit_test(row_14_short_and_long_pdus_are_refused_on_each_bearer),
        cmocka_unit_test(row_23_data_that_cannot_be_are_refused_on_each_bearer),
        cmocka_unit_test(row_24_a_power_cut_leaves_a_clean_device_or_a_node_with_a_known_key),
        cmocka_unit_test(row_26_no_data_pdu_is_formed_for_an_impostor),
        cmocka_unit_test(row_27_records_are_refused_on_each_bearer),
        cmocka_unit_test(row_33_without_randomness_nothing_is_said_on_each_bearer),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
