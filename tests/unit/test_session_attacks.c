/*
 * A session against a peer who follows the order and cheats with the contents: public keys,
 * confirmations and randoms that are reflected or wrong, data that cannot be, ECDH answers that
 * come when they should not (Mesh Protocol 1.1, section 5.4); test_session_start.c has what comes
 * before the keys. Rows are those of docs/threat-model.md.
 */
#include "pair.h"

#include "facts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#define P USHER_ROLE_PROVISIONER
#define D USHER_ROLE_DEVICE

static const struct usher_crypto *crypto;

static const struct usher_start in_band = { .algorithm = USHER_ALG_CMAC,
                                            .method = USHER_OOB_STATIC };
static const struct usher_start enhanced = { .algorithm = USHER_ALG_HMAC,
                                             .method = USHER_OOB_STATIC };
static const struct usher_start oob_key = { .algorithm = USHER_ALG_HMAC,
                                            .method = USHER_OOB_STATIC,
                                            .public_key = 1 };

static void to(struct pair *p, const struct usher_start *start, uint8_t type,
               enum usher_role writer)
{
    pair_begin(p, crypto, start);
    assert_true(pair_run_to(p, type, writer));
}

/* -- public keys ------------------------------------------------------------------------------- */

static const uint8_t curve_p[32] = {
    0xff, 0xff, 0xff, 0xff, 0,    0,    0,    1,    0,    0,    0,    0,    0,    0,    0,    0,
    0,    0,    0,    0,    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
};

/* -Y: the other point of the same X. */
static void negate(uint8_t key[64])
{
    int borrow = 0;

    for (int i = 31; i >= 0; i--) {
        int v = curve_p[i] - key[32 + i] - borrow;

        borrow = v < 0;
        key[32 + i] = (uint8_t)v;
    }
}

static void key_is_refused(const struct pair *at, enum usher_role reader, const uint8_t key[64])
{
    struct pair p = *at;
    uint8_t pdu[65] = { PDU_PUBLIC_KEY };

    memcpy(pdu + 1, key, 64);
    assert_int_equal(pair_inject(&p, reader, pdu, sizeof(pdu)), USHER_E_DATA);
    if (reader == D) {
        pair_assert_device_refused(&p, USHER_FAIL_INVALID_FORMAT);
    } else {
        pair_assert_provisioner_gave_up(&p);
    }
    assert_int_equal(p.ecdh[reader], 0);
}

static void row_1_and_row_3_our_own_key_and_its_negative_are_refused_by_both(void **state)
{
    struct pair p;
    uint8_t key[64];

    (void)state;
    to(&p, &in_band, PDU_PUBLIC_KEY, P);
    memcpy(key, session_key(&p.side[D], p.side[D].me), 64);
    key_is_refused(&p, D, key);
    negate(key);
    assert_int_equal(crypto->p256_check(crypto->ctx, key), USHER_OK);
    key_is_refused(&p, D, key);
    pair_deliver(&p);
    pair_pull(&p, D);
    memcpy(key, session_key(&p.side[P], p.side[P].me), 64);
    key_is_refused(&p, P, key);
    negate(key);
    key_is_refused(&p, P, key);
    to(&p, &oob_key, PDU_PUBLIC_KEY, P); /* the key that everybody can read on the device */
    key_is_refused(&p, D, session_key(&p.side[D], p.side[D].me));
}

static void row_1_our_own_key_given_as_the_devices_oob_key_is_refused(void **state)
{
    struct pair p;
    uint8_t key[64];

    (void)state;
    for (int i = 0; i < 2; i++) {
        pair_begin(&p, crypto, &oob_key);
        p.withhold[P] = 1u << USHER_EVT_OOB_PUBKEY_REQUEST;
        pair_run(&p);
        memcpy(key, session_key(&p.side[P], p.side[P].me), 64);
        if (i == 1) {
            negate(key);
        }
        assert_int_equal(session_peer_key(&p.side[P], key), USHER_E_DATA);
        pair_assert_provisioner_gave_up(&p);
        assert_int_equal(p.ecdh[P], 0);
    }
}

static void row_1_a_key_out_of_band_counts_when_it_is_asked_for_and_once(void **state)
{
    struct pair p;

    (void)state;
    to(&p, &in_band, PDU_PUBLIC_KEY, P);
    assert_int_equal(session_peer_key(&p.side[P], p.device_public), USHER_E_STATE);
    pair_run(&p);
    assert_int_equal(p.told[P][USHER_EVT_COMPLETE], 1);
    to(&p, &oob_key, PDU_PUBLIC_KEY, P);
    assert_int_equal(session_peer_key(&p.side[P], p.device_public), USHER_E_STATE);
    pair_run(&p);
    assert_int_equal(p.told[P][USHER_EVT_COMPLETE], 1);
}

static void row_2_keys_that_are_no_point_of_the_curve_are_refused_by_both(void **state)
{
    struct pair p, q;
    uint8_t bad[9][64] = { { 0 } };
    const uint8_t *good;

    (void)state;
    to(&p, &in_band, PDU_PUBLIC_KEY, P);
    good = p.held.octets + 1;
    for (int i = 1; i < 9; i++) { /* bad[0] is (0, 0) */
        memcpy(bad[i], good, 64);
    }
    bad[1][63] ^= 1;                  /* off the curve */
    memcpy(bad[2], curve_p, 32);      /* X = p */
    memset(bad[3], 0xFF, 32);         /* X > p */
    memcpy(bad[4] + 32, curve_p, 32); /* Y = p */
    memset(bad[5] + 32, 0xFF, 32);    /* Y > p */
    memset(bad[6], 0xFF, 64);
    memset(bad[7] + 32, 0, 32); /* Y = 0 */
    memset(bad[8] + 16, 0, 16); /* low octets of X zero */
    q = p;
    pair_deliver(&q);
    pair_pull(&q, D);
    for (int i = 0; i < 9; i++) {
        key_is_refused(&p, D, bad[i]);
        key_is_refused(&q, P, bad[i]);
    }
    pair_begin(&p, crypto, &oob_key);
    p.withhold[P] = 1u << USHER_EVT_OOB_PUBKEY_REQUEST;
    pair_run(&p);
    assert_int_equal(session_peer_key(&p.side[P], bad[1]), USHER_E_DATA);
    pair_assert_provisioner_gave_up(&p);
}

/* -- ECDH -------------------------------------------------------------------------------------- */

static void row_31_a_secret_that_is_zero_or_an_error_fails_the_session_of_either_role(void **state)
{
    static const uint8_t zeros[32], ones[32] = { 1 };

    (void)state;
    for (int role = 0; role < 2; role++) {
        for (int i = 0; i < 3; i++) { /* what comes with an error is no secret */
            static const enum usher_err errs[] = { USHER_OK, USHER_E_DATA, USHER_E_INTERNAL };
            struct pair p;

            pair_begin(&p, crypto, &in_band);
            p.withhold[role] = 1u << USHER_EVT_ECDH_REQUEST;
            pair_run(&p);
            assert_int_equal(p.ecdh[role], 1);
            assert_int_equal(session_secret(&p.side[role], errs[i], i == 0 ? zeros : ones),
                             USHER_E_DATA);
            if (role == D) {
                pair_assert_device_refused(&p, errs[i] == USHER_E_DATA
                                                   ? USHER_FAIL_INVALID_FORMAT
                                                   : USHER_FAIL_UNEXPECTED_ERROR);
            } else {
                pair_assert_provisioner_gave_up(&p);
            }
            assert_int_equal(session_secret(&p.side[role], USHER_OK, ones),
                             USHER_E_STATE); /* late */
        }
    }
}

static void row_31_a_secret_early_or_twice_is_refused_and_changes_nothing(void **state)
{
    static const uint8_t ones[32] = { 1 };
    struct pair p;

    (void)state;
    pair_begin(&p, crypto, &in_band);
    assert_int_equal(session_secret(&p.side[P], USHER_OK, ones), USHER_E_STATE);
    assert_int_equal(session_secret(&p.side[D], USHER_OK, ones), USHER_E_STATE);
    assert_true(pair_run_to(&p, PDU_CONFIRMATION, P));
    assert_int_equal(session_secret(&p.side[P], USHER_OK, ones), USHER_E_STATE);
    assert_int_equal(session_secret(&p.side[D], USHER_OK, ones), USHER_E_STATE);
    pair_run(&p);
    assert_true(p.told[P][USHER_EVT_COMPLETE] == 1 && p.told[D][USHER_EVT_COMPLETE] == 1);
}

static void row_31_a_wrong_secret_fails_the_confirmation(void **state)
{
    uint8_t wrong[32];

    (void)state;
    memset(wrong, 0x77, sizeof(wrong));
    for (int role = 0; role < 2; role++) {
        struct pair p;

        pair_begin(&p, crypto, &in_band);
        p.withhold[role] = 1u << USHER_EVT_ECDH_REQUEST;
        pair_run(&p);
        assert_int_equal(session_secret(&p.side[role], USHER_OK, wrong), USHER_OK);
        pair_run(&p);
        assert_int_equal(p.failed.octets[1], USHER_FAIL_CONFIRMATION);
        assert_int_equal(p.data_pdus, 0);
        assert_true(p.closed[P]);
    }
}

/* -- confirmation and random ------------------------------------------------------------------- */

static void row_4_our_own_confirmation_echoed_is_refused_by_the_provisioner(void **state)
{
    const struct usher_start *starts[] = { &in_band, &enhanced };

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct pair p;
        struct pair_pdu own;

        to(&p, starts[i], PDU_CONFIRMATION, P);
        own = p.held;
        p.held.len = 0;
        assert_int_equal(pair_inject(&p, P, own.octets, own.len), USHER_E_DATA);
        pair_assert_provisioner_gave_up(&p);
    }
}

static void row_4_a_confirmation_equal_to_the_devices_own_is_refused_by_the_device(void **state)
{
    const struct usher_start *starts[] = { &in_band, &enhanced };

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct pair p, q;

        to(&p, starts[i], PDU_CONFIRMATION, P);
        q = p;
        assert_true(pair_run_to(&q, PDU_CONFIRMATION, D)); /* what the device is going to say */
        assert_int_equal(pair_inject(&p, D, q.held.octets, q.held.len), USHER_OK);
        pair_assert_device_refused(&p, USHER_FAIL_INVALID_FORMAT);
    }
}

static void row_5_our_own_random_echoed_is_refused_by_both(void **state)
{
    const struct usher_start *starts[] = { &in_band, &enhanced };

    (void)state;
    for (int i = 0; i < 4; i++) {
        enum usher_role victim = (enum usher_role)(i & 1);
        size_t len = i < 2 ? 16 : 32;
        struct pair p;
        uint8_t pdu[33] = { PDU_RANDOM };

        to(&p, starts[i / 2], PDU_RANDOM,
           session_peer(&(struct usher_prov){ .me = (uint8_t)victim }));
        /* Even if the echoed confirmation had slipped through: */
        memcpy(p.side[victim].confirmation[1 - victim], p.side[victim].confirmation[victim], 32);
        memcpy(pdu + 1, p.side[victim].random[victim], len);
        assert_int_equal(pair_inject(&p, victim, pdu, len + 1), USHER_E_DATA);
        if (victim == D) {
            pair_assert_device_refused(&p, USHER_FAIL_CONFIRMATION);
        } else {
            pair_assert_provisioner_gave_up(&p);
        }
    }
}

static void
row_6_one_wrong_bit_anywhere_in_a_confirmation_or_random_is_refused_by_both(void **state)
{
    static const uint8_t types[] = { PDU_CONFIRMATION, PDU_RANDOM };
    const struct usher_start *starts[] = { &in_band, &enhanced };

    (void)state;
    for (int i = 0; i < 8; i++) {
        enum usher_role writer = (enum usher_role)(i & 1);
        struct pair at;

        to(&at, starts[i >> 1 & 1], types[i >> 2], writer);
        for (size_t bit = 8; bit < at.held.len * 8; bit++) {
            struct pair p = at;

            p.held.octets[bit / 8] ^= (uint8_t)(1u << bit % 8);
            pair_run(&p);
            assert_int_equal(p.data_pdus, 0); /* row 26 */
            if (writer == P) {
                assert_int_equal(p.failed_pdus, 1);
                pair_assert_device_refused(&p, USHER_FAIL_CONFIRMATION);
            }
            pair_assert_provisioner_gave_up(&p);
        }
    }
}

static void row_6_a_wrong_static_value_on_either_side_is_refused(void **state)
{
    const struct usher_start *starts[] = { &in_band, &enhanced, &oob_key };

    (void)state;
    for (int i = 0; i < 6; i++) {
        struct pair p;

        pair_begin(&p, crypto, starts[i / 2]);
        p.static_oob[i & 1][15] ^= 1;
        pair_run(&p);
        assert_int_equal(p.failed.octets[1], USHER_FAIL_CONFIRMATION);
        pair_assert_device_refused(&p, USHER_FAIL_CONFIRMATION);
        pair_assert_provisioner_gave_up(&p);
    }
}

/* -- data -------------------------------------------------------------------------------------- */

/* Data as an authenticated but careless provisioner seals them. */
static void sealed(const struct pair *p, const struct usher_prov_data *data, uint8_t flags,
                   uint8_t pdu[34])
{
    const struct usher_prov *d = &p->side[D];
    struct usher_prov_data copy = *data;
    uint8_t plain[PDU_DATA_LEN];
    struct io io = io_writer(plain, sizeof(plain));

    pdu_data_fields(&io, &copy, &flags);
    assert_true(io_done(&io));
    pdu[0] = PDU_DATA;
    assert_int_equal(crypto->ccm_encrypt(crypto->ctx, d->session_key, d->session_nonce, NULL, 0,
                                         plain, sizeof(plain), pdu + 1, PDU_MIC_LEN),
                     USHER_OK);
}

static void row_23_data_that_cannot_be_leave_the_device_unprovisioned(void **state)
{
    static const struct {
        uint16_t address, index;
        uint8_t flags;
        enum usher_failure code;
    } cases[] = {
        { 0x0000, 0, 0, USHER_FAIL_ADDRESS },
        { 0x8000, 0, 0, USHER_FAIL_ADDRESS },
        { 0xC000, 0, 0, USHER_FAIL_ADDRESS },
        { 0xFFFF, 0, 0, USHER_FAIL_ADDRESS },
        { 0x7FFF, 0, 0, USHER_FAIL_ADDRESS },
        { 0x7FFE, 0, 0, USHER_FAIL_ADDRESS },
        { 0x7FFD, 0, 0, USHER_FAIL_NONE },
        { 0x0001, 0x0FFF, 3, USHER_FAIL_NONE },
        { 0x0001, 0x1000, 0, USHER_FAIL_INVALID_DATA },
        { 0x0001, 0xFFFF, 0, USHER_FAIL_INVALID_DATA },
        { 0x0001, 0, 0x04, USHER_FAIL_INVALID_DATA },
        { 0x0001, 0, 0x80, USHER_FAIL_INVALID_DATA },
    };
    struct pair at;

    (void)state;
    to(&at, &enhanced, PDU_DATA, P); /* the device has three elements */
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct pair p = at;
        uint8_t pdu[34];

        p.data.address = cases[i].address;
        p.data.netkey_index = cases[i].index;
        sealed(&p, &p.data, cases[i].flags, pdu);
        (void)pair_inject(&p, D, pdu, sizeof(pdu));
        if (cases[i].code != USHER_FAIL_NONE) {
            pair_assert_device_refused(&p, cases[i].code);
            continue;
        }
        p.held.len = 0;
        pair_pull(&p, D);
        assert_int_equal(p.held.octets[0], PDU_COMPLETE);
        assert_int_equal(p.side[D].data.flags.key_refresh, cases[i].flags & 1);
        assert_int_equal(p.side[D].data.flags.iv_update, cases[i].flags >> 1);
        assert_int_equal(p.side[D].data.address, cases[i].address);
    }
}

static void row_23_data_with_one_wrong_bit_do_not_decrypt(void **state)
{
    struct pair at;

    (void)state;
    to(&at, &in_band, PDU_DATA, P);
    for (size_t bit = 8; bit < at.held.len * 8; bit++) {
        struct pair p = at;

        p.held.octets[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(pair_inject(&p, D, p.held.octets, p.held.len), USHER_E_DATA);
        pair_assert_device_refused(&p, USHER_FAIL_DECRYPTION);
    }
}

static void row_23_data_replayed_after_complete_change_nothing(void **state)
{
    struct pair p;
    struct pair_pdu data;
    struct usher_prov_data kept;

    (void)state;
    to(&p, &in_band, PDU_DATA, P);
    data = p.held;
    assert_true(pair_run_to(&p, PDU_COMPLETE, D));
    kept = p.side[D].data;
    p.held.len = 0;
    assert_int_equal(pair_inject(&p, D, data.octets, data.len), USHER_E_STATE);
    pair_pull(&p, D);
    assert_int_equal(p.failed.octets[1], USHER_FAIL_UNEXPECTED_PDU);
    assert_int_equal(p.told[D][USHER_EVT_DATA_RECEIVED], 1);
    assert_memory_equal(&p.side[D].data, &kept, sizeof(kept));
}

static void data_that_do_not_fit_the_device_are_never_sent(void **state)
{
    struct usher_prov_data data;
    struct pair p;

    (void)state;
    pair_begin(&p, crypto, &in_band);
    data = p.data;
    data.address = 0x7FFE; /* fits one element, but the device turns out to have three */
    assert_int_equal(session_data(&p.side[P], &data), USHER_OK);
    assert_int_equal(session_data(&p.side[P], &data), USHER_E_STATE);
    pair_run(&p);
    pair_assert_provisioner_gave_up(&p);
    assert_int_equal(p.side[P].failure, USHER_FAIL_ADDRESS);
}

/* -- secrets ----------------------------------------------------------------------------------- */

static void row_32_secrets_are_wiped_when_a_session_fails_not_when_its_link_closes(void **state)
{
    static const uint8_t zeros[32];

    (void)state;
    for (int role = 0; role < 2; role++) {
        struct pair p;
        const struct usher_prov *s = &p.side[role];

        to(&p, &enhanced, PDU_RANDOM, (enum usher_role)(1 - role));
        assert_memory_not_equal(s->secret, zeros, sizeof(s->secret));
        p.held.octets[5] ^= 1;
        pair_run(&p);
        assert_int_equal(s->failure, USHER_FAIL_CONFIRMATION);
        assert_memory_equal(s->private_key, zeros, sizeof(s->private_key));
        assert_memory_equal(s->secret, zeros, sizeof(s->secret));
        assert_memory_equal(s->auth, zeros, sizeof(s->auth));
        assert_memory_equal(s->confirmation_key, zeros, sizeof(s->confirmation_key));
        assert_memory_equal(s->session_key, zeros, sizeof(s->session_key));
        assert_memory_equal(s->random[role], zeros, sizeof(s->random[role]));
    }
}

static void row_32_what_authenticated_is_wiped_once_the_keys_are_there(void **state)
{
    static const uint8_t zeros[32];

    (void)state;
    for (int role = 0; role < 2; role++) {
        struct pair p;
        const struct usher_prov *s = &p.side[role];

        to(&p, &enhanced, PDU_DATA, P);
        assert_memory_not_equal(s->device_key, zeros, sizeof(s->device_key));
        assert_memory_equal(s->secret, zeros, sizeof(s->secret));
        assert_memory_equal(s->confirmation_key, zeros, sizeof(s->confirmation_key));
        assert_memory_equal(s->auth, zeros, sizeof(s->auth));
    }
}

static void row_32_what_was_shown_is_wiped_by_who_showed_it(void **state)
{
    const struct usher_start shown[] = {
        { .method = USHER_OOB_INPUT, .action = USHER_INPUT_NUMERIC, .size = 8 },
        { .method = USHER_OOB_OUTPUT, .action = USHER_OUTPUT_NUMERIC, .size = 8 },
    };

    (void)state;
    for (int role = 0; role < 2; role++) { /* who shows it is the provisioner, then the device */
        struct pair p;
        const struct usher_prov *s = &p.side[role];

        to(&p, &shown[role], PDU_RANDOM, (enum usher_role)(1 - role));
        assert_int_not_equal(s->shown_text[0], 0);
        p.held.octets[5] ^= 1;
        pair_run(&p);
        session_link_closed(&p.side[role]);
        pair_assert_wiped(&p, (enum usher_role)role);
    }
}

static void row_32_a_complete_session_keeps_the_device_key_and_no_other_secret(void **state)
{
    struct pair p;

    (void)state;
    for (int role = 0; role < 2; role++) {
        uint8_t device_key[USHER_KEY_SIZE];

        pair_begin(&p, crypto, &enhanced);
        pair_run(&p);
        assert_int_equal(p.told[role][USHER_EVT_COMPLETE], 1);
        session_link_closed(&p.side[role]);
        assert_true(session_complete(&p.side[role]));
        assert_in_range(p.secret_count[role], 6,
                        PAIR_SECRETS); /* pair_assert_wiped() has something to look for */
        memcpy(device_key, p.side[role].device_key, sizeof(device_key));
        memset(p.side[role].device_key, 0, sizeof(device_key)); /* the two that may stay */
        memset(p.side[role].data.netkey, 0, USHER_KEY_SIZE);
        pair_assert_wiped(&p, (enum usher_role)role);
    }
    assert_memory_equal(session_key(&p.side[P], p.side[P].me),
                        p.side[D].inputs + SESSION_INPUTS_KEYS, USHER_P256_PUBLIC);
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
        cmocka_unit_test(row_1_and_row_3_our_own_key_and_its_negative_are_refused_by_both),
        cmocka_unit_test(row_1_our_own_key_given_as_the_devices_oob_key_is_refused),
        cmocka_unit_test(row_1_a_key_out_of_band_counts_when_it_is_asked_for_and_once),
        cmocka_unit_test(row_2_keys_that_are_no_point_of_the_curve_are_refused_by_both),
        cmocka_unit_test(row_31_a_secret_that_is_zero_or_an_error_fails_the_session_of_either_role),
        cmocka_unit_test(row_31_a_secret_early_or_twice_is_refused_and_changes_nothing),
        cmocka_unit_test(row_31_a_wrong_secret_fails_the_confirmation),
        cmocka_unit_test(row_4_our_own_confirmation_echoed_is_refused_by_the_provisioner),
        cmocka_unit_test(row_4_a_confirmation_equal_to_the_devices_own_is_refused_by_the_device),
        cmocka_unit_test(row_5_our_own_random_echoed_is_refused_by_both),
        cmocka_unit_test(
            row_6_one_wrong_bit_anywhere_in_a_confirmation_or_random_is_refused_by_both),
        cmocka_unit_test(row_6_a_wrong_static_value_on_either_side_is_refused),
        cmocka_unit_test(row_23_data_that_cannot_be_leave_the_device_unprovisioned),
        cmocka_unit_test(row_23_data_with_one_wrong_bit_do_not_decrypt),
        cmocka_unit_test(row_23_data_replayed_after_complete_change_nothing),
        cmocka_unit_test(data_that_do_not_fit_the_device_are_never_sent),
        cmocka_unit_test(row_32_secrets_are_wiped_when_a_session_fails_not_when_its_link_closes),
        cmocka_unit_test(row_32_what_authenticated_is_wiped_once_the_keys_are_there),
        cmocka_unit_test(row_32_what_was_shown_is_wiped_by_who_showed_it),
        cmocka_unit_test(row_32_a_complete_session_keeps_the_device_key_and_no_other_secret),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
