/* The bench for PB-ADV links (Mesh Protocol 1.1, section 5.3): see pb_adv_bench.h. */
#include "pb_adv_bench.h"

#include "crc8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

const uint8_t bench_uuid[USHER_UUID_SIZE] = "a device's uuid";

static uint32_t seed = 7; /* of a link's jitter: another for each */

void bench_begin(struct bench *b)
{
    memset(b, 0, sizeof(*b));
    memset(b->guard, 0xA5, sizeof(b->guard));
}

static void assert_guard(const struct bench *b)
{
    for (size_t i = 0; i < sizeof(b->guard); i++) {
        assert_int_equal(b->guard[i], 0xA5);
    }
}

void bench_rx(struct bench *b, const uint8_t *data, size_t len)
{
    uint8_t *copy = malloc(len != 0 ? len : 1);

    assert_non_null(copy);
    memcpy(copy, data, len);
    pb_adv_rx(&b->link, b->now, copy, len);
    free(copy);
    assert_guard(b);
}

void bench_rx_gen(struct bench *b, uint8_t number, const uint8_t *gen, size_t len)
{
    uint8_t data[64] = { 0x12, 0x34, 0x56, 0x78, number };

    memcpy(data + 5, gen, len);
    bench_rx(b, data, 5 + len);
}

enum bearer_event bench_poll(struct bench *b)
{
    return pb_adv_poll(&b->link, b->now, &b->in);
}

void assert_quiet(struct bench *b)
{
    assert_int_equal(bench_poll(b), BEARER_NOTHING);
}

size_t bench_next(struct bench *b, uint8_t *number, uint8_t gen[USHER_AD_MAX])
{
    uint64_t due = pb_adv_due(&b->link), at = pb_adv_deadline(&b->link);
    uint8_t ad[USHER_AD_MAX], len;

    b->now = due < b->now ? b->now : due;
    assert_true(due != USHER_NEVER && due <= at);
    len = pb_adv_next(&b->link, b->now, ad);
    assert_in_range(len, 8, USHER_AD_MAX);
    assert_int_equal(ad[0], len - 1);
    assert_int_equal(ad[1], PB_ADV_AD_TYPE);
    *number = ad[6];
    memcpy(gen, ad + 7, len - 7u);
    return len - 7u;
}

enum bearer_event bench_let_time_pass(struct bench *b)
{
    assert_true(pb_adv_deadline(&b->link) != USHER_NEVER);
    b->now = pb_adv_deadline(&b->link);
    return bench_poll(b);
}

void bench_open_client(struct bench *b, const struct usher_pb_adv_policy *policy)
{
    static const uint8_t link_ack[] = { 0x07 };
    uint8_t number, gen[USHER_AD_MAX];

    bench_begin(b);
    b->now = 1000;
    pb_adv_open(&b->link, policy, b->now, LINK_ID, seed += 7919, bench_uuid);
    assert_int_equal(bench_next(b, &number, gen), 17);
    assert_int_equal(gen[0], 0x03);
    assert_memory_equal(gen + 1, bench_uuid, sizeof(bench_uuid));
    b->now += 40;
    bench_rx_gen(b, 0, link_ack, sizeof(link_ack));
    assert_int_equal(bench_poll(b), BEARER_OPENED);
    assert_quiet(b);
}

void bench_link_open(uint8_t gen[17], const uint8_t *of)
{
    gen[0] = 0x03;
    memcpy(gen + 1, of, USHER_UUID_SIZE);
}

void bench_open_server(struct bench *b)
{
    uint8_t number, gen[USHER_AD_MAX];

    bench_begin(b);
    b->now = 1000;
    pb_adv_listen(&b->link, &usher_pb_adv_spec, seed += 7919, bench_uuid);
    bench_link_open(gen, bench_uuid);
    bench_rx_gen(b, 0, gen, 17);
    assert_int_equal(bench_poll(b), BEARER_OPENED);
    assert_int_equal(bench_next(b, &number, gen), 1);
    assert_int_equal(gen[0], 0x07);
    assert_in_range(b->now, 1020, 1050);
}

unsigned bench_segments_of(const uint8_t *pdu, size_t len, uint8_t seg[4][BENCH_SEGMENT],
                           size_t seg_len[4])
{
    unsigned n = (unsigned)(len <= 20 ? 1 : 1 + (len - 20 + 22) / 23);
    size_t at = len < 20 ? len : 20;

    seg[0][0] = (uint8_t)((n - 1) << 2);
    seg[0][1] = 0;
    seg[0][2] = (uint8_t)len;
    seg[0][3] = crc8_fcs(pdu, len);
    memcpy(seg[0] + 4, pdu, at);
    seg_len[0] = 4 + at;
    for (unsigned i = 1; i < n; i++) {
        size_t part = len - at < 23 ? len - at : 23;

        seg[i][0] = (uint8_t)(i << 2 | 2);
        memcpy(seg[i] + 1, pdu + at, part);
        seg_len[i] = 1 + part;
        at += part;
    }
    return n;
}

void bench_fill(uint8_t *pdu, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        pdu[i] = (uint8_t)(i * 7 + len);
    }
}

void assert_pdu(struct bench *b, const uint8_t *pdu, size_t len)
{
    assert_int_equal(bench_poll(b), BEARER_PDU);
    assert_int_equal(b->in.len, len);
    assert_memory_equal(b->in.pdu, pdu, len);
    assert_quiet(b);
}

void bench_ack(struct bench *b, uint8_t number)
{
    static const uint8_t gen[] = { 0x01 };

    bench_rx_gen(b, number, gen, sizeof(gen));
}

void assert_acknowledged(struct bench *b, uint8_t of)
{
    uint8_t number, gen[USHER_AD_MAX];
    uint64_t start = b->now;

    assert_int_equal(bench_next(b, &number, gen), 1);
    assert_int_equal(gen[0], 0x01);
    assert_int_equal(number, of);
    assert_in_range(b->now - start, 20, 50);
}
