/*
 * Segmentation and reassembly of Proxy PDUs, value by value (Mesh Protocol 1.1, section 6.3.2):
 * what is cut comes out whole at any size of value, and what a peer may not send is an error. Rows
 * are those of docs/threat-model.md.
 */
#include "proxy_sar.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define NOW 5000u

/* One direction of a connection, with a guard behind it. */
struct bench {
    struct usher_proxy_sar sar;
    uint8_t guard[32];
    struct proxy_pdu pdu;
};

static void begin(struct bench *b, uint16_t value_max)
{
    memset(b, 0xA5, sizeof(*b)); /* what memory was before does not matter */
    proxy_sar_init(&b->sar, value_max);
}

/* Hands a value over from an allocation of exactly its length, so that reading over its end is
 * noticed. */
static enum proxy_sar_rx rx(struct bench *b, uint64_t now, const uint8_t *value, size_t len)
{
    uint8_t *copy = malloc(len != 0 ? len : 1);
    enum proxy_sar_rx what;

    assert_non_null(copy);
    if (len != 0) {
        memcpy(copy, value, len);
    }
    what = proxy_sar_rx(&b->sar, now, copy, len, &b->pdu);
    free(copy);
    for (size_t i = 0; i < sizeof(b->guard); i++) {
        assert_int_equal(b->guard[i], 0xA5);
    }
    return what;
}

/* A value of @p len octets: a header and a pattern. */
static enum proxy_sar_rx rx_of(struct bench *b, uint8_t header, size_t len)
{
    uint8_t value[300];

    for (size_t i = 0; i < len; i++) {
        value[i] = (uint8_t)(i * 7);
    }
    value[0] = header;
    return rx(b, NOW, value, len);
}

#define COMPLETE(type) (type)
#define FIRST(type) (0x40 | (type))
#define CONTINUATION(type) (0x80 | (type))
#define LAST(type) (0xC0 | (type))

/* -- both ways --------------------------------------------------------------------------------- */

static void carry(struct bench *from, struct bench *to, uint8_t type, const uint8_t *pdu,
                  size_t len)
{
    uint8_t value[PROXY_VALUE_MAX], again[PROXY_VALUE_MAX];
    uint16_t value_max = from->sar.value_max;
    size_t values = 0, most = (len + value_max - 2) / (value_max - 1u);
    enum proxy_sar_rx what = PROXY_SAR_NOTHING;

    assert_int_equal(proxy_sar_send(&from->sar, (enum proxy_type)type, pdu, len), USHER_OK);
    assert_int_equal(proxy_sar_send(&from->sar, (enum proxy_type)type, pdu, len), USHER_E_BUSY);
    while (proxy_sar_busy(&from->sar)) {
        uint8_t n = proxy_sar_next(&from->sar, value);

        assert_int_equal(proxy_sar_next(&from->sar, again), n); /* the same until it is sent */
        assert_memory_equal(value, again, n);
        proxy_sar_sent(&from->sar);
        values++;
        assert_int_equal(what, PROXY_SAR_NOTHING);
        assert_int_equal(n, values < most ? value_max : n); /* none but the last is not full */
        assert_in_range(n, 2, value_max);
        what = rx(to, NOW, value, n);
    }
    assert_int_equal(values, most);
    assert_int_equal(proxy_sar_next(&from->sar, value), 0);
    assert_int_equal(what, PROXY_SAR_PDU);
    assert_int_equal(to->pdu.type, type);
    assert_int_equal(to->pdu.len, len);
    assert_memory_equal(to->pdu.pdu, pdu, len);
    assert_true(proxy_sar_deadline(&to->sar) == USHER_NEVER);
}

static void every_length_goes_through_values_of_every_size(void **state)
{
    static const uint16_t sizes[] = { 20, 21, 22, 29, 30, 33, 64, 65, 66, 67, 128, 244 };
    uint8_t pdu[USHER_PDU_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof(pdu); i++) {
        pdu[i] = (uint8_t)(0xC0 + i);
    }
    for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
        struct bench from, to;

        begin(&from, sizes[s]);
        begin(&to, sizes[s]);
        for (uint8_t type = PROXY_NETWORK; type <= PROXY_PROVISIONING; type++) {
            size_t most = type == PROXY_PROVISIONING ? USHER_PDU_MAX : PROXY_MESH_MAX;

            for (size_t len = 1; len <= most; len++) {
                carry(&from, &to, type, pdu, len);
            }
        }
    }
}

static void what_no_pdu_can_be_is_not_sent(void **state)
{
    uint8_t pdu[USHER_PDU_MAX + 1] = { 0 }, value[PROXY_VALUE_MAX];
    struct bench b;

    (void)state;
    begin(&b, 20);
    assert_int_equal(proxy_sar_send(&b.sar, PROXY_PROVISIONING, pdu, 0), USHER_E_SIZE);
    assert_int_equal(proxy_sar_send(&b.sar, PROXY_PROVISIONING, pdu, sizeof(pdu)), USHER_E_SIZE);
    assert_int_equal(proxy_sar_send(&b.sar, PROXY_NETWORK, pdu, PROXY_MESH_MAX + 1), USHER_E_SIZE);
    assert_false(proxy_sar_busy(&b.sar));
    assert_int_equal(proxy_sar_next(&b.sar, value), 0);
    proxy_sar_sent(&b.sar); /* of nothing */
    assert_false(proxy_sar_busy(&b.sar));
}

/* -- against the rules ------------------------------------------------------------------------- */

static void row_29_segments_that_are_not_expected_are_errors(void **state)
{
    static const struct {
        uint8_t values[3]; /* headers; 0xFF: none */
        const char *what;
    } rows[] = {
        { { CONTINUATION(3), 0xFF, 0xFF }, "a continuation without a first" },
        { { LAST(3), 0xFF, 0xFF }, "a last without a first" },
        { { FIRST(3), FIRST(3), 0xFF }, "a first after a first" },
        { { FIRST(3), COMPLETE(3), 0xFF }, "a complete one after a first" },
        { { FIRST(3), CONTINUATION(3), FIRST(3) }, "a first after a continuation" },
        { { FIRST(3), CONTINUATION(3), COMPLETE(3) }, "a complete one after a continuation" },
        { { FIRST(3), CONTINUATION(0), 0xFF }, "another type in a continuation" },
        { { FIRST(0), LAST(2), 0xFF }, "another type in a last" },
        { { FIRST(3), CONTINUATION(0x3F), 0xFF }, "a reserved type in a continuation" },
        { { FIRST(3), LAST(4), 0xFF }, "a reserved type in a last" },
        { { FIRST(3), LAST(3), LAST(3) }, "a last after a last" },
        { { COMPLETE(3), LAST(3), 0xFF }, "a last after a complete one" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct bench b;
        enum proxy_sar_rx what = PROXY_SAR_NOTHING;

        begin(&b, 20);
        for (size_t k = 0; k < 3 && rows[i].values[k] != 0xFF; k++) {
            assert_int_not_equal(what, PROXY_SAR_ERROR); /* the one at the end is meant */
            what = rx_of(&b, rows[i].values[k], 10);
        }
        if (what != PROXY_SAR_ERROR) {
            fail_msg("%s was taken", rows[i].what);
        }
    }
}

static void row_29_values_without_content_are_errors(void **state)
{
    static const uint8_t headers[] = { COMPLETE(3), FIRST(3), COMPLETE(0), FIRST(2) };
    struct bench b;

    (void)state;
    begin(&b, 20);
    assert_int_equal(rx(&b, NOW, NULL, 0), PROXY_SAR_ERROR);
    for (size_t i = 0; i < sizeof(headers); i++) {
        begin(&b, 20);
        assert_int_equal(rx(&b, NOW, &headers[i], 1), PROXY_SAR_ERROR);
    }
    for (unsigned sar = 2; sar < 4; sar++) { /* continuations and lasts, in their place */
        begin(&b, 20);
        assert_int_equal(rx_of(&b, FIRST(3), 20), PROXY_SAR_NOTHING);
        assert_int_equal(rx_of(&b, (uint8_t)(sar << 6 | 3), 1), PROXY_SAR_ERROR);
    }
    begin(&b, 20);
    assert_int_equal(rx_of(&b, FIRST(3), 20), PROXY_SAR_NOTHING);
    assert_int_equal(rx(&b, NOW, NULL, 0), PROXY_SAR_ERROR);
}

static void row_29_a_value_over_the_mtu_is_an_error(void **state)
{
    static const uint16_t sizes[] = { 20, 30, 66 };
    struct bench b;

    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        begin(&b, sizes[i]);
        assert_int_equal(rx_of(&b, COMPLETE(3), sizes[i]), PROXY_SAR_PDU);
        assert_int_equal(rx_of(&b, COMPLETE(3), sizes[i] + 1u), PROXY_SAR_ERROR);
        begin(&b, sizes[i]); /* also of a type that would be ignored */
        assert_int_equal(rx_of(&b, COMPLETE(0x20), sizes[i] + 1u), PROXY_SAR_ERROR);
    }
}

/* Up to the octet too many, in one value and in several. */
static void row_29_pdus_longer_than_the_longest_of_their_type_are_errors(void **state)
{
    (void)state;
    for (uint8_t type = PROXY_NETWORK; type <= PROXY_PROVISIONING; type++) {
        size_t most = type == PROXY_PROVISIONING ? USHER_PDU_MAX : PROXY_MESH_MAX;
        struct bench b;

        begin(&b, PROXY_VALUE_MAX);
        assert_int_equal(rx_of(&b, COMPLETE(type), 1 + most), PROXY_SAR_PDU);
        assert_int_equal(b.pdu.len, most);
        assert_int_equal(rx_of(&b, COMPLETE(type), 2 + most), PROXY_SAR_ERROR);
        begin(&b, PROXY_VALUE_MAX);
        assert_int_equal(rx_of(&b, FIRST(type), 2 + most), PROXY_SAR_ERROR);
        begin(&b, PROXY_VALUE_MAX);
        assert_int_equal(rx_of(&b, FIRST(type), 1 + most), PROXY_SAR_NOTHING);
        assert_int_equal(rx_of(&b, LAST(type), 2), PROXY_SAR_ERROR);
        for (unsigned sar = 2; sar < 4; sar++) {
            begin(&b, PROXY_VALUE_MAX);
            assert_int_equal(rx_of(&b, FIRST(type), 11), PROXY_SAR_NOTHING);
            assert_int_equal(rx_of(&b, (uint8_t)(sar << 6 | type), most - 9 + 1), PROXY_SAR_ERROR);
            begin(&b, PROXY_VALUE_MAX);
            assert_int_equal(rx_of(&b, FIRST(type), 11), PROXY_SAR_NOTHING);
            assert_int_equal(rx_of(&b, (uint8_t)(sar << 6 | type), most - 9),
                             sar == 2 ? PROXY_SAR_NOTHING : PROXY_SAR_PDU);
        }
        begin(&b, PROXY_VALUE_MAX); /* an endless one */
        assert_int_equal(rx_of(&b, FIRST(type), 2), PROXY_SAR_NOTHING);
        for (size_t n = 1; n < most; n++) {
            assert_int_equal(rx_of(&b, CONTINUATION(type), 2), PROXY_SAR_NOTHING);
        }
        assert_int_equal(rx_of(&b, CONTINUATION(type), 2), PROXY_SAR_ERROR);
    }
}

static void reserved_types_are_ignored_with_all_their_segments(void **state)
{
    struct bench b;

    (void)state;
    begin(&b, 20);
    for (unsigned type = PROXY_PROVISIONING + 1; type < 0x40; type++) {
        for (unsigned sar = 0; sar < 4; sar++) {
            for (size_t len = 1; len <= 20; len += 19) {
                assert_int_equal(rx_of(&b, (uint8_t)(sar << 6 | type), len), PROXY_SAR_NOTHING);
                assert_true(proxy_sar_deadline(&b.sar) == USHER_NEVER);
            }
        }
    }
    assert_int_equal(rx_of(&b, COMPLETE(3), 5), PROXY_SAR_PDU);
}

static void the_last_segment_has_20_s_from_the_first(void **state)
{
    const uint8_t first[] = { FIRST(3), 1 }, next[] = { CONTINUATION(3), 2 };
    struct bench b;

    (void)state;
    begin(&b, 20);
    assert_true(proxy_sar_deadline(&b.sar) == USHER_NEVER);
    assert_int_equal(rx(&b, NOW, first, sizeof(first)), PROXY_SAR_NOTHING);
    assert_true(proxy_sar_deadline(&b.sar) == NOW + 20000);
    assert_int_equal(rx(&b, NOW + 19000, next, sizeof(next)), PROXY_SAR_NOTHING);
    assert_true(proxy_sar_deadline(&b.sar) == NOW + 20000); /* not put off */
    assert_int_equal(rx_of(&b, LAST(3), 2), PROXY_SAR_PDU);
    assert_true(proxy_sar_deadline(&b.sar) == USHER_NEVER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_length_goes_through_values_of_every_size),
        cmocka_unit_test(what_no_pdu_can_be_is_not_sent),
        cmocka_unit_test(row_29_segments_that_are_not_expected_are_errors),
        cmocka_unit_test(row_29_values_without_content_are_errors),
        cmocka_unit_test(row_29_a_value_over_the_mtu_is_an_error),
        cmocka_unit_test(row_29_pdus_longer_than_the_longest_of_their_type_are_errors),
        cmocka_unit_test(reserved_types_are_ignored_with_all_their_segments),
        cmocka_unit_test(the_last_segment_has_20_s_from_the_first),
    };

    return cmocka_run_group_tests_name("proxy_sar", tests, NULL, NULL);
}
