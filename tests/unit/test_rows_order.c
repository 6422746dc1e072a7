/*
 * The rows of docs/threat-model.md that are attacks on the order of a session, or on what it is
 * about, against whole instances over PB-ADV and PB-GATT: Capabilities and Start, PDUs out of order
 * and of wrong length, power that goes and randomness that is not there. test_rows.c has the
 * others.
 */
#include "attack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

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
    attack_refused(ON_P, &attack_in_band, downgrade, 0, 0);
}

static void on_reserved(struct rig_side *s, const struct usher_event *e)
{
    struct usher_caps *caps = &s->session.prov.caps;

    attack_on_link(s, e);
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
        attack_begin(P, gatt != 0, &attack_enhanced);
        attack_side(D)->in_handler = on_reserved;
        attack_run(NULL, 0);
        assert_int_equal(attack_side(P)->session.capabilities.algorithms, 0xFFFF);
        rig_assert_complete(attack.r, RIG_P);
        rig_free(attack.r);
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
        attack_refused(ON_D, &attack_in_band, bad_start, n, USHER_FAIL_INVALID_FORMAT);
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
            attack_begin(i < 2 ? P : D, i % 2 != 0, &attack_in_band);
            attack_run(another_type, at * 256 + type);
            if (attack_side(P)->told[USHER_EVT_COMPLETE] ==
                0) { /* else it was the one that belongs */
                attack_assert_refused(code);
            }
            rig_free(attack.r);
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
    memcpy(pdu, attack.last, attack.last_len);
    return attack.last_len;
}

static void row_13_repeated_pdus_are_refused_on_each_bearer(void **state)
{
    (void)state;
    for (unsigned at = 1; at < 6; at++) {
        attack_refused(at < 4 ? ON_P | ON_D : ON_D, &attack_in_band, again, at,
                       USHER_FAIL_UNEXPECTED_PDU);
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
        attack_refused(n < 8 ? ON_P | ON_D : ON_D, &attack_in_band, short_or_long, n,
                       USHER_FAIL_INVALID_FORMAT);
    }
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
    attack_begin(P, gatt, &attack_in_band);
    attack_side(P)->in_handler = attack_side(D)->in_handler = on_event_with_cut;
    cut_role = role;
    cut_at = at;
    values_seen = 0;
    was_cut = kept = false;
    attack_start();
    for (unsigned ms = 0; ms < 20000 && !was_cut; ms++) {
        rig_run(attack.r, 1);
    }
    if (!was_cut) {
        rig_free(attack.r);
        return false;
    }
    rig_power_cut(attack.r, role == P ? RIG_P : RIG_D);
    rig_run(attack.r, 200000);
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
            assert_true(usher_session_idle(&attack_side(P)->session));
            if (kept) { /* its provisioner wrote the key down before it gave the data */
                assert_memory_equal(kept_key, asked_key, USHER_KEY_SIZE);
                nodes++;
                rig_free(attack.r);
            } else {
                attack_side(P)->in_handler = attack_side(D)->in_handler = attack_on_link;
                attack_side(P)->person.choice = attack_in_band;
                attack_end();
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
        attack_begin(i < 2 ? P : D, i % 2 != 0, &attack_in_band);
        attack_side(attack.victim)->random_fails = true;
        if (attack.victim == D) {
            assert_int_not_equal(
                rig_listen(attack.r, attack.gatt ? USHER_BEARER_GATT : USHER_BEARER_ADV), USHER_OK);
        } else if (attack.gatt) {
            assert_int_not_equal(rig_provision(attack.r, RIG_P), USHER_OK);
        } else {
            assert_int_not_equal(usher_provision(&attack_side(P)->session, &adv), USHER_OK);
        }
        rig_run(attack.r, 5000);
        assert_int_equal(attack_side(P)->inds + attack_side(P)->nonconns + attack_side(D)->inds +
                             attack_side(D)->nonconns,
                         0);
        attack_side(attack.victim)->random_fails = false;
        attack_end();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(row_9_a_downgrade_is_noticed_on_each_bearer),
        cmocka_unit_test(row_10_reserved_bits_are_ignored_on_each_bearer),
        cmocka_unit_test(row_11_bad_starts_are_refused_on_each_bearer),
        cmocka_unit_test(row_13_pdus_out_of_order_are_refused_on_each_bearer),
        cmocka_unit_test(row_13_repeated_pdus_are_refused_on_each_bearer),
        cmocka_unit_test(row_14_short_and_long_pdus_are_refused_on_each_bearer),
        cmocka_unit_test(row_24_a_power_cut_leaves_a_clean_device_or_a_node_with_a_known_key),
        cmocka_unit_test(row_27_records_are_refused_on_each_bearer),
        cmocka_unit_test(row_33_without_randomness_nothing_is_said_on_each_bearer),
    };

    return cmocka_run_group_tests(tests, attack_setup, attack_teardown);
}
