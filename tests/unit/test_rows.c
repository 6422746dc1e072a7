/*
 * The rows of docs/threat-model.md that are attacks with the contents of a session's PDUs, against
 * whole instances: each attack on each role that it can be done to, over PB-ADV and over PB-GATT.
 * After each attack the same two provision undisturbed. test_rows_order.c has the others.
 */
#include "attack.h"
#include "auth.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

/* -- public keys ------------------------------------------------------------------------------- */

static const uint8_t curve_p[32] = {
    0xff, 0xff, 0xff, 0xff, 0,    0,    0,    1,    0,    0,    0,    0,    0,    0,    0,    0,
    0,    0,    0,    0,    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
};

static size_t own_key(uint8_t *pdu, size_t len, unsigned at, unsigned negative)
{
    bool oob = attack_side(P)->session.prov.start.public_key != 0;
    int borrow = 0;

    (void)at;
    if (pdu[0] == PDU_PUBLIC_KEY) {
        memcpy(pdu + 1,
               oob ? attack_side(D)->public_key : session_key(attack_victim(), attack.victim),
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
    attack_refused(ON_P | ON_D, &attack_in_band, own_key, 0, USHER_FAIL_INVALID_FORMAT);
    /* the key that everybody can read on the device */
    attack_refused(ON_D, &attack_oob_key, own_key, 0, USHER_FAIL_INVALID_FORMAT);
}

static void row_3_the_negative_of_our_key_is_refused_on_each_bearer(void **state)
{
    (void)state;
    attack_refused(ON_P | ON_D, &attack_in_band, own_key, 1, USHER_FAIL_INVALID_FORMAT);
    attack_refused(ON_D, &attack_oob_key, own_key, 1, USHER_FAIL_INVALID_FORMAT);
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
        attack_refused(ON_P | ON_D, &attack_in_band, bad_key, n, USHER_FAIL_INVALID_FORMAT);
    }
}

/* -- confirmation and random ------------------------------------------------------------------- */

static size_t echo_confirmation(uint8_t *pdu, size_t len, unsigned at, unsigned n)
{
    struct usher_prov copy = *attack_victim();

    (void)at;
    (void)n;
    if (pdu[0] == PDU_CONFIRMATION) {
        if (attack.victim == D) { /* what it is going to say */
            assert_int_equal(auth_confirm(&copy), USHER_OK);
        }
        memcpy(pdu + 1, copy.confirmation[attack.victim], len - 1);
    }
    return len;
}

static void row_4_an_echoed_confirmation_is_refused_on_each_bearer(void **state)
{
    (void)state;
    attack_refused(ON_P | ON_D, &attack_in_band, echo_confirmation, 0, USHER_FAIL_INVALID_FORMAT);
    attack_refused(ON_P | ON_D, &attack_enhanced, echo_confirmation, 0, USHER_FAIL_INVALID_FORMAT);
}

static size_t echo_random(uint8_t *pdu, size_t len, unsigned at, unsigned n)
{
    (void)at;
    (void)n;
    if (pdu[0] == PDU_RANDOM) {
        /* Even if the echoed confirmation had slipped through: */
        memcpy(attack_victim()->confirmation[attack_attacker()],
               attack_victim()->confirmation[attack.victim], 32);
        memcpy(pdu + 1, attack_victim()->random[attack.victim], len - 1);
    }
    return len;
}

static void row_5_an_echoed_random_is_refused_on_each_bearer(void **state)
{
    (void)state;
    attack_refused(ON_P | ON_D, &attack_in_band, echo_random, 0, USHER_FAIL_CONFIRMATION);
    attack_refused(ON_P | ON_D, &attack_enhanced, echo_random, 0, USHER_FAIL_CONFIRMATION);
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
    attack_refused(ON_P | ON_D, &attack_in_band, wrong_bit, PDU_CONFIRMATION,
                   USHER_FAIL_CONFIRMATION);
    attack_refused(ON_P | ON_D, &attack_enhanced, wrong_bit, PDU_CONFIRMATION,
                   USHER_FAIL_CONFIRMATION);
    attack_refused(ON_P | ON_D, &attack_in_band, wrong_bit, PDU_RANDOM, USHER_FAIL_CONFIRMATION);
}

static struct {
    uint8_t random[32], public_key[64];
} seen[8];

static size_t wrong_and_seen(uint8_t *pdu, size_t len, unsigned at, unsigned n)
{
    if (pdu[0] == PDU_CONFIRMATION) {
        memcpy(seen[n].random, attack_victim()->random[attack.victim], 32);
        memcpy(seen[n].public_key, session_key(attack_victim(), attack.victim), 64);
    }
    return wrong_bit(pdu, len, at, PDU_CONFIRMATION);
}

static void row_7_every_attempt_has_a_pair_and_a_random_of_its_own(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        attack_begin(i < 2 ? P : D, i % 2 != 0, &attack_in_band);
        for (unsigned n = 0; n < 8; n++) {
            attack_run(wrong_and_seen, n);
            attack_assert_refused(USHER_FAIL_CONFIRMATION);
            for (unsigned k = 0; k < n; k++) {
                assert_memory_not_equal(seen[k].random, seen[n].random, 32);
                assert_memory_not_equal(seen[k].public_key, seen[n].public_key, 32);
            }
        }
        attack_end();
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
        assert_int_equal(attack_crypto->ccm_encrypt(attack_crypto->ctx,
                                                    attack_victim()->session_key,
                                                    attack_victim()->session_nonce, NULL, 0, plain,
                                                    sizeof(plain), pdu + 1, PDU_MIC_LEN),
                         USHER_OK);
    }
    return len;
}

static void row_23_data_that_cannot_be_are_refused_on_each_bearer(void **state)
{
    (void)state;
    for (unsigned n = 0; n < BAD_DATA; n++) {
        attack_refused(ON_D, &attack_in_band, sealed, n, bad_data[n].code);
    }
    attack_refused(ON_D, &attack_in_band, wrong_bit, PDU_DATA, USHER_FAIL_DECRYPTION);
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
    for (unsigned n = 0; n < 3;
         n++) { /* attack_refused() looks at what the provisioner has formed */
        attack_refused(ON_P, &attack_in_band, mirror, n, 0);
        attack_refused(ON_P, &attack_enhanced, mirror, n, 0);
    }
    attack_begin(P, false, &attack_in_band); /* it does count them */
    attack_run(NULL, 0);
    assert_int_equal(attack.data_pdus, 1);
    rig_free(attack.r);
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
        cmocka_unit_test(row_23_data_that_cannot_be_are_refused_on_each_bearer),
        cmocka_unit_test(row_26_no_data_pdu_is_formed_for_an_impostor),
    };

    return cmocka_run_group_tests(tests, attack_setup, attack_teardown);
}
