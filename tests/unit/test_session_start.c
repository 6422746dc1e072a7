/*
 * Start and Capabilities that do not fit, of a peer who follows the order (Mesh Protocol 1.1,
 * sections 5.4.1.2 and 5.4.1.3), and what is chosen from an offer. Rows are those of
 * docs/threat-model.md.
 */
#include "pair.h"

#include "choose.h"

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

static void start_from(const struct usher_caps *caps, const uint8_t start[5], bool good)
{
    struct pair p;
    uint8_t pdu[6] = { PDU_START };

    pair_begin(&p, crypto, &in_band);
    p.caps = *caps;
    p.side[D].caps = *caps;
    p.withhold[P] = 1u << USHER_EVT_CAPS_RECEIVED;
    pair_run(&p);
    memcpy(pdu + 1, start, 5);
    if (good) {
        assert_int_equal(pair_inject(&p, D, pdu, sizeof(pdu)), USHER_OK);
        pair_pull(&p, D);
        assert_int_equal(p.failed_pdus, 0);
        assert_int_equal(p.told[D][USHER_EVT_START_RECEIVED], 1);
    } else {
        assert_int_equal(pair_inject(&p, D, pdu, sizeof(pdu)), USHER_E_DATA);
        assert_int_equal(p.side[D].start.method, 0); /* nothing of it was kept */
        pair_assert_device_refused(&p, USHER_FAIL_INVALID_FORMAT);
        assert_int_equal(p.told[D][USHER_EVT_START_RECEIVED], 0);
    }
}

static void row_11_every_start_that_capabilities_do_not_allow_is_refused(void **state)
{
    const struct usher_caps all = {
        .num_elements = 1,
        .algorithms = 3,
        .pubkey_type = 1,
        .oob_static_types = 1,
        .oob_output_size = 4,
        .oob_output_actions = 0x1F,
        .oob_input_size = 5,
        .oob_input_actions = 0xF,
    };
    const struct usher_caps none = { .num_elements = 1, .algorithms = 1 };
    const struct usher_caps hmac_only = { .num_elements = 1, .algorithms = 2 };
    const struct usher_caps oob_only = { .num_elements = 1,
                                         .algorithms = 3,
                                         .oob_static_types = 3 };
    const struct usher_caps some_actions = {
        .num_elements = 1,
        .algorithms = 3,
        .oob_output_size = 8,
        .oob_output_actions = 0xFFE8,
        .oob_input_size = 8,
        .oob_input_actions = 0xFFF4,
    };
    const struct usher_caps nine = {
        .num_elements = 1,
        .algorithms = 3,
        .oob_output_size = 9,
        .oob_output_actions = 0x1F,
        .oob_input_size = 9,
        .oob_input_actions = 0xF,
    };
    const struct usher_caps actions_without_size = {
        .num_elements = 1,
        .algorithms = 3,
        .oob_output_actions = 0x1F,
        .oob_input_actions = 0xF,
    };
    const struct {
        const struct usher_caps *caps;
        uint8_t start[5]; /* algorithm, public key, method, action, size */
        bool good;
    } cases[] = {
        { &all, { 0, 0, 0, 0, 0 }, true },
        { &all, { 1, 1, 1, 0, 0 }, true },
        { &all, { 1, 0, 2, 4, 4 }, true },
        { &all, { 1, 0, 3, 3, 5 }, true },
        { &hmac_only, { 0, 0, 0, 0, 0 }, false }, /* 1: not offered, or reserved */
        { &none, { 1, 0, 0, 0, 0 }, false },
        { &all, { 2, 0, 0, 0, 0 }, false },
        { &all, { 0xFF, 0, 0, 0, 0 }, false },
        { &none, { 0, 1, 0, 0, 0 }, false }, /* 2: no key out of band, or reserved */
        { &all, { 0, 2, 0, 0, 0 }, false },
        { &all, { 0, 0, 4, 0, 0 }, false }, /* 3: no such method */
        { &all, { 0, 0, 0xFF, 0, 0 }, false },
        { &all, { 0, 0, 0, 1, 0 }, false }, /* 4: action or size where there is none */
        { &all, { 0, 0, 0, 0, 1 }, false },
        { &all, { 0, 0, 1, 1, 0 }, false },
        { &all, { 0, 0, 1, 0, 1 }, false },
        { &none, { 0, 0, 1, 0, 0 }, false }, /* 5: no static OOB */
        { &all, { 0, 0, 2, 5, 1 }, false },  /* 6: output action or size */
        { &all, { 0, 0, 2, 255, 1 }, false },
        { &all, { 0, 0, 2, 3, 0 }, false },
        { &all, { 0, 0, 2, 3, 5 }, false },
        { &none, { 0, 0, 2, 0, 1 }, false },
        { &some_actions, { 0, 0, 2, 3, 8 }, true },
        { &some_actions, { 0, 0, 2, 4, 8 }, false },
        { &some_actions, { 0, 0, 2, 5, 8 }, false }, /* a reserved bit offered is still no action */
        { &actions_without_size, { 0, 0, 2, 3, 1 }, false },
        { &nine, { 0, 0, 2, 3, 9 }, false }, /* a size that there is not offers nothing */
        { &nine, { 0, 0, 2, 3, 1 }, false },
        { &nine, { 0, 0, 3, 2, 9 }, false },
        { &all, { 0, 0, 3, 4, 1 }, false }, /* 7: input action or size */
        { &all, { 0, 0, 3, 2, 0 }, false },
        { &all, { 0, 0, 3, 2, 6 }, false },
        { &some_actions, { 0, 0, 3, 2, 8 }, true },
        { &some_actions, { 0, 0, 3, 3, 8 }, false },
        { &some_actions, { 0, 0, 3, 4, 8 }, false },
        { &actions_without_size, { 0, 0, 3, 2, 1 }, false },
        { &oob_only, { 1, 0, 1, 0, 0 }, true }, /* 8: only OOB authenticated provisioning */
        { &oob_only, { 0, 0, 1, 0, 0 }, false },
        { &oob_only, { 1, 0, 0, 0, 0 }, false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        start_from(cases[i].caps, cases[i].start, cases[i].good);
    }
}

static void row_11_our_own_choice_is_held_to_the_capabilities_as_well(void **state)
{
    const struct usher_start not_offered = { .method = USHER_OOB_OUTPUT, .action = 3, .size = 5 };
    const struct usher_start senseless[] = {
        { .algorithm = 2, .method = USHER_OOB_STATIC },
        { .public_key = 2, .method = USHER_OOB_STATIC },
        { .method = 4 },
        { .method = USHER_OOB_OUTPUT, .action = 5, .size = 1 },
        { .method = USHER_OOB_OUTPUT, .action = 3, .size = 9 },
    };
    struct pair p;

    (void)state;
    pair_begin(&p, crypto, &in_band);
    p.caps.oob_output_size = 4;
    p.side[D].caps = p.caps;
    assert_int_equal(session_choose(&p.side[P], &in_band), USHER_E_STATE); /* too early */
    p.withhold[P] = 1u << USHER_EVT_CAPS_RECEIVED;
    pair_run(&p);
    for (size_t i = 0; i < sizeof(senseless) / sizeof(senseless[0]); i++) {
        assert_int_equal(session_choose(&p.side[P], &senseless[i]), USHER_E_PARAM);
    }
    assert_int_equal(session_choose(&p.side[P], &not_offered), USHER_E_UNSUPPORTED);
    p.withhold[P] = 0;
    assert_int_equal(session_choose(&p.side[P], &in_band), USHER_OK);
    pair_run(&p);
    assert_int_equal(p.told[P][USHER_EVT_COMPLETE], 1);
}

/* Capabilities as a device sends them, to a provisioner. */
static struct pair capabilities_from(const uint8_t params[11])
{
    struct pair p;
    uint8_t pdu[12] = { PDU_CAPABILITIES };

    pair_begin(&p, crypto, &(struct usher_start){ .algorithm = USHER_ALG_CMAC });
    p.withhold[P] = 1u << USHER_EVT_CAPS_RECEIVED;
    pair_pull(&p, P);
    p.held.len = 0;
    memcpy(pdu + 1, params, 11);
    (void)pair_inject(&p, P, pdu, sizeof(pdu));
    pair_pull(&p, P);
    return p;
}

static void row_10_capabilities_without_elements_or_a_known_algorithm_end_it(void **state)
{
    struct pair p;

    (void)state;
    p = capabilities_from((const uint8_t[11]){ 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0 });
    pair_assert_provisioner_gave_up(&p);
    p = capabilities_from((const uint8_t[11]){ 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 });
    pair_assert_provisioner_gave_up(&p);
    p = capabilities_from((const uint8_t[11]){ 1, 0xFF, 0xFC, 0, 0, 0, 0, 0, 0, 0, 0 });
    pair_assert_provisioner_gave_up(&p);
    assert_int_equal(p.told[P][USHER_EVT_CAPS_RECEIVED], 0);
}

static void row_10_reserved_bits_in_capabilities_are_ignored(void **state)
{
    const struct usher_start reserved_output = { .method = USHER_OOB_OUTPUT,
                                                 .action = 7,
                                                 .size = 1 };
    struct pair p;
    struct usher_start choice;

    (void)state;
    p = capabilities_from(
        (const uint8_t[11]){ 255, 0xFF, 0xFF, 0xFE, 0xFC, 4, 0xFF, 0xE1, 9, 0xFF, 0xFF });
    assert_false(p.closed[P]);
    assert_int_equal(p.told[P][USHER_EVT_CAPS_RECEIVED], 1);
    assert_int_equal(usher_choose(&p.side[P].caps, 0xF, true, &choice), USHER_OK);
    assert_int_equal(choice.algorithm, USHER_ALG_HMAC);
    assert_int_equal(choice.public_key, 0);
    assert_int_equal(choice.method, USHER_OOB_OUTPUT); /* an input size of 9 is none */
    assert_int_equal(choice.action, USHER_OUTPUT_BLINK);
    assert_int_equal(session_choose(&p.side[P], &reserved_output), USHER_E_PARAM);
    assert_int_equal(session_choose(&p.side[P], &choice), USHER_OK);
    assert_int_equal(session_choose(&p.side[P], &choice), USHER_E_STATE);
}

static void a_choice_is_the_strongest_and_honours_only_oob(void **state)
{
    struct usher_caps caps = { .num_elements = 1,
                               .algorithms = 3,
                               .oob_static_types = USHER_OOB_ONLY };
    struct usher_start c;

    (void)state;
    assert_int_equal(usher_choose(&caps, 0xF, false, &c), USHER_E_UNSUPPORTED);
    caps.oob_static_types = USHER_OOB_ONLY | USHER_STATIC_AVAILABLE;
    assert_int_equal(usher_choose(&caps, 0xF, false, &c), USHER_OK);
    assert_int_equal(c.method, USHER_OOB_STATIC);
    assert_int_equal(usher_choose(&caps, 1u << USHER_OOB_NONE, false, &c), USHER_E_UNSUPPORTED);
    caps.algorithms = 1; /* inconsistent: only OOB, but only CMAC */
    assert_int_equal(usher_choose(&caps, 0xF, false, &c), USHER_E_UNSUPPORTED);
    caps = (struct usher_caps){ .num_elements = 1,
                                .algorithms = 1,
                                .pubkey_type = 1,
                                .oob_input_size = 6,
                                .oob_input_actions = 0xF };
    assert_int_equal(usher_choose(&caps, 0xF, true, &c), USHER_OK);
    assert_true(c.algorithm == USHER_ALG_CMAC && c.public_key == 1 && c.method == USHER_OOB_INPUT &&
                c.action == USHER_INPUT_ALPHANUMERIC && c.size == 6);
    caps.oob_input_actions = 1 << USHER_INPUT_TWIST;
    assert_int_equal(usher_choose(&caps, 0xF, false, &c), USHER_OK);
    assert_true(c.public_key == 0 && c.action == USHER_INPUT_TWIST && c.size == 1);
    assert_int_equal(usher_choose(&caps, 1u << USHER_OOB_STATIC, false, &c), USHER_E_UNSUPPORTED);
    assert_int_equal(usher_choose(&caps, 1u << USHER_OOB_NONE, false, &c), USHER_OK);
    assert_int_equal(c.method, USHER_OOB_NONE);
}

static void a_choice_needs_something_to_choose_from(void **state)
{
    struct usher_caps caps = { .num_elements = 1,
                               .algorithms = 1,
                               .oob_output_size = 6,
                               .oob_output_actions = 1 << USHER_OUTPUT_VIBRATE };
    struct usher_start c;

    (void)state;
    assert_int_equal(usher_choose(NULL, 0xF, false, &c), USHER_E_NULL);
    assert_int_equal(usher_choose(&caps, 0xF, false, NULL), USHER_E_NULL);
    assert_int_equal(usher_choose(&caps, 0xF, false, &c), USHER_OK);
    assert_true(c.method == USHER_OOB_OUTPUT && c.size == 1); /* nobody counts to a million */
    caps.algorithms = 0x8000;
    assert_int_equal(usher_choose(&caps, 0xF, false, &c), USHER_E_UNSUPPORTED);
}

/* Who takes only OOB offers some, and not the older algorithm. */
static void row_11_an_offer_of_only_oob_has_some(void **state)
{
    const struct usher_caps none = { .num_elements = 1,
                                     .algorithms = 2,
                                     .oob_static_types = USHER_OOB_ONLY };
    struct usher_caps output = none, input = none, cmac;

    (void)state;
    assert_false(choose_offer_ok(&none));
    output.oob_output_size = 1;
    output.oob_output_actions = 1;
    assert_true(choose_offer_ok(&output));
    input.oob_input_size = 1;
    input.oob_input_actions = 1;
    assert_true(choose_offer_ok(&input));
    cmac = input;
    cmac.algorithms = 3;
    assert_false(choose_offer_ok(&cmac));
}

static void row_9_a_cleared_algorithm_bit_is_noticed_when_there_is_oob(void **state)
{
    struct pair p;

    (void)state;
    pair_begin(&p, crypto, &in_band);
    /* which offers both; CMAC is what the tampering leads to */
    assert_true(pair_run_to(&p, PDU_CAPABILITIES, D));
    p.held.octets[3] &= 1;
    pair_run(&p);
    assert_int_equal(p.failed.octets[1], USHER_FAIL_CONFIRMATION);
    assert_int_equal(p.data_pdus, 0);
    assert_true(p.closed[P]);
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
        cmocka_unit_test(row_11_every_start_that_capabilities_do_not_allow_is_refused),
        cmocka_unit_test(row_11_our_own_choice_is_held_to_the_capabilities_as_well),
        cmocka_unit_test(row_10_capabilities_without_elements_or_a_known_algorithm_end_it),
        cmocka_unit_test(row_10_reserved_bits_in_capabilities_are_ignored),
        cmocka_unit_test(a_choice_is_the_strongest_and_honours_only_oob),
        cmocka_unit_test(a_choice_needs_something_to_choose_from),
        cmocka_unit_test(row_11_an_offer_of_only_oob_has_some),
        cmocka_unit_test(row_9_a_cleared_algorithm_bit_is_noticed_when_there_is_oob),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
