/*
 * The codec of the Provisioning PDUs and the cursor under it (src/prov/pdu.c, src/util/io.c): what
 * is written reads back as it was, whatever the values, and an error sticks.
 */
#include "beacon.h"
#include "oob.h"
#include "pdu.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#define ROUNDS 2000

static uint32_t drawn = 1;

static uint8_t octet(void)
{
    drawn = drawn * 1664525u + 1013904223u;
    return (uint8_t)(drawn >> 24);
}

static void fill(void *buf, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        ((uint8_t *)buf)[i] = octet();
    }
}

/* Random octets of the right length, read and written again, are the same octets: no field is lost
 * or moved. */
static void capabilities_and_start_read_and_written_are_the_same(void **state)
{
    (void)state;
    for (int i = 0; i < ROUNDS; i++) {
        uint8_t in[PDU_CAPS_LEN], out[PDU_CAPS_LEN];
        struct usher_caps caps;
        struct usher_start start;
        struct io r = io_reader(in, PDU_CAPS_LEN), w = io_writer(out, PDU_CAPS_LEN);

        fill(in, sizeof(in));
        pdu_caps_fields(&r, &caps);
        pdu_caps_fields(&w, &caps);
        assert_true(io_done(&r) && io_done(&w));
        assert_memory_equal(in, out, PDU_CAPS_LEN);
        r = io_reader(in, PDU_START_LEN);
        w = io_writer(out, PDU_START_LEN);
        pdu_start_fields(&r, &start);
        pdu_start_fields(&w, &start);
        assert_true(io_done(&r) && io_done(&w));
        assert_memory_equal(in, out, PDU_START_LEN);
    }
}

static void data_read_and_written_are_the_same(void **state)
{
    (void)state;
    for (int i = 0; i < ROUNDS; i++) {
        uint8_t in[PDU_DATA_LEN], out[PDU_DATA_LEN], flags = 0;
        struct usher_prov_data data;
        struct io r = io_reader(in, sizeof(in)), w = io_writer(out, sizeof(out));

        fill(in, sizeof(in));
        pdu_data_fields(&r, &data, &flags);
        pdu_data_fields(&w, &data, &flags);
        assert_true(io_done(&r) && io_done(&w));
        assert_memory_equal(in, out, sizeof(in));
        assert_int_equal(data.netkey_index, in[16] << 8 | in[17]);
        assert_int_equal(flags, in[18]);
        assert_int_equal(data.address, in[23] << 8 | in[24]);
    }
}

static void a_beacon_built_and_parsed_is_the_same(void **state)
{
    (void)state;
    for (int i = 0; i < ROUNDS; i++) {
        struct beacon in = { .has_hash = (i & 1) != 0 }, out;
        uint8_t ad[USHER_AD_MAX], len;

        fill(in.uuid, sizeof(in.uuid));
        fill(&in.oob_info, sizeof(in.oob_info));
        if (in.has_hash) {
            fill(in.hash, sizeof(in.hash));
        }
        len = beacon_build(&in, ad);
        assert_int_equal(len, in.has_hash ? 25 : 21);
        assert_int_equal(ad[0], len - 1);
        assert_int_equal(ad[1], BEACON_AD_TYPE);
        assert_true(beacon_parse(ad + 2, len - 2u, &out));
        assert_memory_equal(in.uuid, out.uuid, sizeof(in.uuid));
        assert_int_equal(in.oob_info, out.oob_info);
        assert_int_equal(in.has_hash, out.has_hash);
        if (in.has_hash) {
            assert_memory_equal(in.hash, out.hash, sizeof(in.hash));
        }
        for (size_t other = 0; other < 29; other++) { /* of any other length it is none */
            uint8_t data[29] = { 0 };

            if (other != 19 && other != 23) {
                assert_false(beacon_parse(data, other, &out));
            }
        }
        ad[2] = 1; /* a Secure Network beacon */
        assert_false(beacon_parse(ad + 2, len - 2u, &out));
    }
}

static void every_type_has_its_length_and_its_name(void **state)
{
    static const int lengths[2][PDU_TYPES] = {
        { 1, 11, 5, 64, 0, 16, 16, 33, 0, 1, 6, -1, 0, -1 },
        { 1, 11, 5, 64, 0, 32, 32, 33, 0, 1, 6, -1, 0, -1 },
    };

    (void)state;
    for (unsigned type = 0; type <= 0xFF; type++) {
        for (int alg = 0; alg < 2; alg++) {
            assert_int_equal(pdu_len((uint8_t)type, alg ? 32 : 16),
                             type < PDU_TYPES ? lengths[alg][type] : -1);
        }
        assert_int_equal(strcmp(usher_pdu_name((uint8_t)type), "unknown") == 0, type >= PDU_TYPES);
    }
    assert_string_equal(usher_failure_name(9), "Invalid Data");
    assert_string_equal(usher_failure_name(10), "unknown");
    assert_string_equal(usher_phase_name(USHER_PHASE_COMPLETE), "complete");
    assert_string_equal(usher_phase_name((enum usher_phase)(USHER_PHASE_COMPLETE + 1)), "unknown");
}

/* No more is written than an AuthValue has. */
static void octets_longer_than_an_auth_value_are_cut(void **state)
{
    uint8_t auth[20];
    const uint8_t octets[USHER_AUTH_MAX] = { 1, 2, 3, [15] = 16, 17 };

    (void)state;
    memset(auth, 0xA5, sizeof(auth));
    oob_place_octets(auth, 16, octets, sizeof(octets));
    assert_memory_equal(auth, octets, 16);
    assert_memory_equal(auth + 16, "\xA5\xA5\xA5\xA5", 4);
}

static void an_error_of_the_cursor_sticks_and_touches_nothing_behind_the_end(void **state)
{
    uint8_t buf[4] = { 1, 2, 3, 4 }, one = 0x77;
    uint16_t two = 0x7788;
    uint32_t four = 0x11223344;
    struct io r = io_reader(buf, 3), w = io_writer(buf, 3);

    (void)state;
    io_be32(&r, &four);
    assert_false(io_ok(&r));
    assert_int_equal(four, 0x11223344);
    io_u8(&r, &one); /* would fit, but it is too late */
    assert_int_equal(one, 0x77);
    assert_int_equal(io_pos(&r), 0);
    assert_false(io_ok(&r) || io_done(&r));
    io_be16(&w, &two);
    assert_int_equal(io_left(&w), 1);
    assert_true(io_ok(&w) && !io_done(&w));
    io_be16(&w, &two);
    io_u8(&w, &one);
    assert_false(io_ok(&w) || io_done(&w));
    assert_memory_equal(buf, ((uint8_t[4]){ 0x77, 0x88, 3, 4 }), 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(capabilities_and_start_read_and_written_are_the_same),
        cmocka_unit_test(data_read_and_written_are_the_same),
        cmocka_unit_test(a_beacon_built_and_parsed_is_the_same),
        cmocka_unit_test(every_type_has_its_length_and_its_name),
        cmocka_unit_test(octets_longer_than_an_auth_value_are_cut),
        cmocka_unit_test(an_error_of_the_cursor_sticks_and_touches_nothing_behind_the_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
