/*
 * The security toolbox, random numbers and URIs (enc.h, rand.h, uri.h). The vectors are those of
 * the Mesh Profile Specification, section 8, of FIPS 197, and of RFC 4493.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "enc.h"
#include "one_node.h"
#include "rand.h"
#include "uri.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Octets of hexadecimal digits; good until the fourth call after it. */
static const uint8_t *hex(const char *digits)
{
    static uint8_t octets[4][64];
    static unsigned turn;
    uint8_t *at = octets[turn++ % 4];

    for (size_t i = 0; digits[2 * i] != '\0'; i++) {
        const char octet[] = { digits[2 * i], digits[2 * i + 1], '\0' };
        char *end;

        at[i] = (uint8_t)strtoul(octet, &end, 16);
        assert_int_equal(end - octet, 2);
    }
    return at;
}

static void the_derivations_are_the_specifications(void **state)
{
    nrf_mesh_network_secmat_t net;
    uint8_t out[16];

    (void)state;
    enc_s1((const uint8_t *)"test", 4, out);
    assert_memory_equal(out, hex("b73cefbd641ef2ea598c2b6efb62f79c"), 16);
    enc_k1(hex("3216d1509884b533248541792b877f98"), 16, hex("2ba14ffa0df84a2831938d57d276cab4"),
           hex("5a09d60797eeb4478aada59db3352a0d"), 16, out);
    assert_memory_equal(out, hex("f6ed15a8934afbe7d83e8dcb57fcf5d7"), 16);
    enc_k2(hex("f7a2a44f8e8a8029064f173ddc1e2b00"), hex("00"), 1, &net);
    assert_int_equal(net.nid, 0x7f);
    assert_memory_equal(net.encryption_key, hex("9f589181a0f50de73c8070c7a6d27f46"), 16);
    assert_memory_equal(net.privacy_key, hex("4c715bd4a64b938f99b453351653124f"), 16);
    enc_k2(hex("f7a2a44f8e8a8029064f173ddc1e2b00"), hex("010203040506070809"), 9, &net);
    assert_int_equal(net.nid, 0x73);
    assert_memory_equal(net.encryption_key, hex("11efec0642774992510fb5929646df49"), 16);
    assert_memory_equal(net.privacy_key, hex("d4d7cc0dfa772d836a8df9df5510d7a7"), 16);
    enc_k3(hex("f7a2a44f8e8a8029064f173ddc1e2b00"), out);
    assert_memory_equal(out, hex("ff046958233db014"), 8);
    enc_k4(hex("3216d1509884b533248541792b877f98"), out);
    assert_int_equal(out[0], 0x38);
}

static void aes_is_aes(void **state)
{
    uint8_t out[16];

    (void)state;
    enc_aes_encrypt(hex("000102030405060708090a0b0c0d0e0f"),
                    hex("00112233445566778899aabbccddeeff"), out);
    assert_memory_equal(out, hex("69c4e0d86a7b0430d8cdb78070b4c55a"), 16);
    enc_aes_cmac(hex("2b7e151628aed2a6abf7158809cf4f3c"), NULL, 0, out);
    assert_memory_equal(out, hex("bb1d6929e95937287fa37d129b756746"), 16);
    enc_aes_cmac(hex("2b7e151628aed2a6abf7158809cf4f3c"), hex("6bc1bee22e409f96e93d7e117393172a"),
                 16, out);
    assert_memory_equal(out, hex("070a16b46b4d4144f79bdd9dd04a287c"), 16);
}

/* Both sizes of the MIC, without and with additional data. */
static void ccm_seals_and_opens(void **state)
{
    static const struct {
        const char *aad, *mic;
        uint8_t mic_len;
    } rows[] = { { "", "273ab343", 4 },
                 { "", "5cfcb5ac7e3cea62", 8 },
                 { "1234567812341234123412345678abcd", "19f0c64d", 4 },
                 { "1234567812341234123412345678abcd", "37d0cc6caef67cfc", 8 } };

    (void)state;
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t key[16], nonce[13], text[16], aad[16], mic[8];
        bool passed = false;
        ccm_soft_data_t data = { .p_key = key,
                                 .p_nonce = nonce,
                                 .p_m = text,
                                 .m_len = 16,
                                 .p_a = aad,
                                 .a_len = (uint16_t)(strlen(rows[i].aad) / 2),
                                 .p_out = text,
                                 .p_mic = mic,
                                 .mic_len = rows[i].mic_len };

        memcpy(key, hex("0123456789abcdef0123456789abcdef"), 16);
        memcpy(nonce, hex("00112233445566778899aabbcc"), 13);
        memcpy(text, hex("00112233445566778899aabbccddeeff"), 16);
        memcpy(aad, hex(rows[i].aad), 16);
        enc_aes_ccm_encrypt(&data);
        assert_memory_equal(text, hex("6c7854c1e573cd62155bfa987c70673d"), 16);
        assert_memory_equal(mic, hex(rows[i].mic), rows[i].mic_len);
        enc_aes_ccm_decrypt(&data, &passed);
        assert_true(passed);
        assert_memory_equal(text, hex("00112233445566778899aabbccddeeff"), 16);

        enc_aes_ccm_encrypt(&data);
        mic[rows[i].mic_len - 1] ^= 1;
        enc_aes_ccm_decrypt(&data, &passed);
        assert_false(passed);
        assert_memory_equal(text, hex("00000000000000000000000000000000"), 16);
    }
}

static void random_numbers_differ_and_a_seed_repeats_them(void **state)
{
    static const uint8_t zeros[64];
    uint8_t first[64] = { 0 }, second[64] = { 0 };
    prng_t prng = { 0 }, same;

    (void)state;
    rand_hw_rng_get(first, sizeof(first));
    rand_hw_rng_get(second, sizeof(second));
    assert_memory_not_equal(first, zeros, sizeof(first));
    assert_memory_not_equal(first, second, sizeof(first));
    rand_prng_seed(&prng);
    same = prng;
    for (int i = 0; i < 100; i++) {
        uint32_t number = rand_prng_get(&prng);

        assert_int_equal(number, rand_prng_get(&same));
        assert_int_not_equal(number, rand_prng_get(&prng));
        (void)rand_prng_get(&same);
    }
}

static void schemes_have_their_numbers(void **state)
{
    (void)state;
    assert_string_equal(URI_SCHEME_EXAMPLE, "\xb9");
    assert_string_equal(URI_SCHEME_HTTP, "\x16");
    assert_string_equal(URI_SCHEME_HTTPS, "\x17");
    assert_string_equal(URI_SCHEME_EMPTY, "\x01");
    assert_string_equal(URI_SCHEME_IRIS_BEEP, "\x20");
    assert_string_equal(URI_SCHEME_MS_SETTINGS_CLOUDSTORAGE, "\xba");
    assert_int_equal(uri_scheme_name_code_point("example"), 0xB9);
    assert_int_equal(uri_scheme_name_code_point("https://example.com"), 0x17);
    assert_int_equal(uri_scheme_name_code_point("nothing-that-is-known:"), 1);
    for (unsigned i = 2; i <= 0xBA; i++) { /* each there and back */
        const char *name = uri_scheme_name_string((uint8_t)i);

        assert_non_null(name);
        assert_int_equal(uri_scheme_name_code_point(name), i);
    }
    assert_string_equal(uri_scheme_name_string(1), "");
    assert_null(uri_scheme_name_string(0));
    assert_null(uri_scheme_name_string(0xBB));
}

static void uris_become_octets_and_strings_again(void **state)
{
    static const char *const uris[] = { "https://example.com/lamp", "example:lamp", "strange:x",
                                        "no scheme", "mailto:" };
    uint8_t data[32];
    char uri[64];
    uint16_t len, chars;

    (void)state;
    for (unsigned i = 0; i < sizeof(uris) / sizeof(uris[0]); i++) {
        len = sizeof(data);
        assert_int_equal(uri_data_generate(uris[i], data, &len), NRF_SUCCESS);
        chars = (uint16_t)(strlen(uris[i]) + 1);
        assert_int_equal(uri_data_parse(data, len, uri, &chars), NRF_SUCCESS);
        assert_string_equal(uri, uris[i]);
        assert_int_equal(chars, strlen(uris[i]));
        chars = (uint16_t)strlen(uris[i]);
        assert_int_equal(uri_data_parse(data, len, uri, &chars), NRF_ERROR_INVALID_LENGTH);
        len--;
        assert_int_equal(uri_data_generate(uris[i], data, &len), NRF_ERROR_INVALID_LENGTH);
    }
    len = sizeof(data);
    assert_int_equal(uri_data_generate("https://x", data, &len), NRF_SUCCESS);
    assert_int_equal(len, 4);
    assert_memory_equal(data, "\x17//x", 4);
    assert_int_equal(uri_data_generate(NULL, data, &len), NRF_ERROR_NULL);
    assert_int_equal(uri_data_generate("x", NULL, &len), NRF_ERROR_NULL);
    assert_int_equal(uri_data_generate("x", data, NULL), NRF_ERROR_NULL);
    chars = sizeof(uri);
    assert_int_equal(uri_data_parse(data, 0, uri, &chars), NRF_ERROR_INVALID_DATA);
    assert_int_equal(uri_data_parse((const uint8_t *)"\xfe", 1, uri, &chars),
                     NRF_ERROR_INVALID_DATA);
    assert_int_equal(uri_data_parse(NULL, 1, uri, &chars), NRF_ERROR_NULL);
    assert_int_equal(uri_data_parse(data, 1, NULL, &chars), NRF_ERROR_NULL);
    assert_int_equal(uri_data_parse(data, 1, uri, NULL), NRF_ERROR_NULL);
}

static int setup(void **state)
{
    *state = one_node_start(false);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    one_node_stop();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_derivations_are_the_specifications, setup, teardown),
        cmocka_unit_test_setup_teardown(aes_is_aes, setup, teardown),
        cmocka_unit_test_setup_teardown(ccm_seals_and_opens, setup, teardown),
        cmocka_unit_test_setup_teardown(random_numbers_differ_and_a_seed_repeats_them, setup,
                                        teardown),
        cmocka_unit_test(schemes_have_their_numbers),
        cmocka_unit_test(uris_become_octets_and_strings_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
