/*
 * PB-ADV links octet by octet, both sides (Mesh Protocol 1.1, section 5.3): what is sent and when,
 * and what becomes of whatever an air without authentication brings in. Rows are those of
 * docs/threat-model.md.
 */
#include "crc8.h"
#include "pb_adv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define LINK_ID 0x12345678u

static const uint8_t uuid[USHER_UUID_SIZE] = "a device's uuid";
static const uint8_t other_uuid[USHER_UUID_SIZE] = "another's uuid.";

static uint32_t seed = 7; /* of a link's jitter: another for each */

/* A link with a guard behind it, and the time. */
struct bench {
    struct usher_pb_adv link;
    uint8_t guard[32];
    uint64_t now;
    struct bearer_input in;
};

static void guard(struct bench *b)
{
    memset(b->guard, 0xA5, sizeof(b->guard));
}

static void assert_guard(const struct bench *b)
{
    for (size_t i = 0; i < sizeof(b->guard); i++) {
        assert_int_equal(b->guard[i], 0xA5);
    }
}

/* Hands data over from an allocation of exactly their length, so that reading over the end is
 * noticed. */
static void rx(struct bench *b, const uint8_t *data, size_t len)
{
    uint8_t *copy = malloc(len != 0 ? len : 1);

    assert_non_null(copy);
    memcpy(copy, data, len);
    pb_adv_rx(&b->link, b->now, copy, len);
    free(copy);
    assert_guard(b);
}

static void rx_gen(struct bench *b, uint8_t number, const uint8_t *gen, size_t len)
{
    uint8_t data[64] = { 0x12, 0x34, 0x56, 0x78, number };

    memcpy(data + 5, gen, len);
    rx(b, data, 5 + len);
}

static enum bearer_event poll_link(struct bench *b)
{
    return pb_adv_poll(&b->link, b->now, &b->in);
}

static void assert_quiet(struct bench *b)
{
    assert_int_equal(poll_link(b), BEARER_NOTHING);
}

/* The next advertisement, letting time pass until it is due; its generic provisioning part. */
static size_t next(struct bench *b, uint8_t *number, uint8_t gen[USHER_AD_MAX])
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

/* Lets time pass until the link's timer is due, and lets it run out. */
static enum bearer_event let_time_pass(struct bench *b)
{
    assert_true(pb_adv_deadline(&b->link) != USHER_NEVER);
    b->now = pb_adv_deadline(&b->link);
    return poll_link(b);
}

static void open_client(struct bench *b, const struct usher_pb_adv_policy *policy)
{
    static const uint8_t link_ack[] = { 0x07 };
    uint8_t number, gen[USHER_AD_MAX];

    memset(b, 0, sizeof(*b));
    guard(b);
    b->now = 1000;
    pb_adv_open(&b->link, policy, b->now, LINK_ID, seed += 7919, uuid);
    assert_int_equal(next(b, &number, gen), 17);
    assert_int_equal(gen[0], 0x03);
    assert_memory_equal(gen + 1, uuid, sizeof(uuid));
    b->now += 40;
    rx_gen(b, 0, link_ack, sizeof(link_ack));
    assert_int_equal(poll_link(b), BEARER_OPENED);
    assert_quiet(b);
}

static void link_open(uint8_t gen[17], const uint8_t *of)
{
    gen[0] = 0x03;
    memcpy(gen + 1, of, USHER_UUID_SIZE);
}

static void open_server(struct bench *b)
{
    uint8_t number, gen[USHER_AD_MAX];

    memset(b, 0, sizeof(*b));
    guard(b);
    b->now = 1000;
    pb_adv_listen(&b->link, &usher_pb_adv_spec, seed += 7919, uuid);
    link_open(gen, uuid);
    rx_gen(b, 0, gen, 17);
    assert_int_equal(poll_link(b), BEARER_OPENED);
    assert_int_equal(next(b, &number, gen), 1);
    assert_int_equal(gen[0], 0x07);
    assert_in_range(b->now, 1020, 1050);
}

/* Makes the segments of a PDU as a peer would. */
static unsigned segments_of(const uint8_t *pdu, size_t len, uint8_t seg[4][27], size_t seg_len[4])
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

static void fill(uint8_t *pdu, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        pdu[i] = (uint8_t)(i * 7 + len);
    }
}

static void assert_pdu(struct bench *b, const uint8_t *pdu, size_t len)
{
    assert_int_equal(poll_link(b), BEARER_PDU);
    assert_int_equal(b->in.len, len);
    assert_memory_equal(b->in.pdu, pdu, len);
    assert_quiet(b);
}

/* Acknowledges what the link sends, as its peer. */
static void ack(struct bench *b, uint8_t number)
{
    static const uint8_t gen[] = { 0x01 };

    rx_gen(b, number, gen, sizeof(gen));
}

/* The link acknowledges a transaction, after its delay. */
static void assert_acknowledged(struct bench *b, uint8_t of)
{
    uint8_t number, gen[USHER_AD_MAX];
    uint64_t start = b->now;

    assert_int_equal(next(b, &number, gen), 1);
    assert_int_equal(gen[0], 0x01);
    assert_int_equal(number, of);
    assert_in_range(b->now - start, 20, 50);
}

/* -- sending ----------------------------------------------------------------------------------- */

static void every_length_is_segmented_in_order_after_its_delays(void **state)
{
    struct bench b;

    (void)state;
    for (size_t len = 1; len <= USHER_PDU_MAX; len++) {
        uint8_t pdu[USHER_PDU_MAX], seg[4][27], number, gen[USHER_AD_MAX];
        size_t seg_len[4];
        unsigned n;
        uint64_t start;

        open_client(&b, &usher_pb_adv_spec);
        fill(pdu, len);
        n = segments_of(pdu, len, seg, seg_len);
        start = b.now;
        assert_int_equal(pb_adv_send(&b.link, b.now, pdu, len, true), USHER_OK);
        assert_int_equal(pb_adv_send(&b.link, b.now, pdu, len, true), USHER_E_BUSY);
        for (unsigned i = 0; i < n; i++) {
            assert_int_equal(next(&b, &number, gen), seg_len[i]);
            assert_memory_equal(gen, seg[i], seg_len[i]);
            assert_int_equal(number, 0);
            assert_in_range(b.now - start, 20, 50); /* side by side, not one after the other */
        }
        ack(&b, 0);
        assert_int_equal(poll_link(&b), BEARER_SENT);
        assert_true(pb_adv_due(&b.link) == USHER_NEVER); /* nothing of it is sent any more */
    }
    open_client(&b, &usher_pb_adv_spec);
    assert_int_equal(pb_adv_send(&b.link, b.now, uuid, 0, true), USHER_E_SIZE);
    assert_int_equal(pb_adv_send(&b.link, b.now, uuid, USHER_PDU_MAX + 1, true), USHER_E_SIZE);
}

static void without_an_ack_all_is_repeated_with_growing_pauses_for_thirty_seconds(void **state)
{
    struct bench b;
    uint8_t pdu[USHER_PDU_MAX], number, gen[USHER_AD_MAX];
    uint64_t began, last_round = 0, pause = 0;
    unsigned rounds = 0, closes = 0;

    (void)state;
    open_client(&b, &usher_pb_adv_spec);
    fill(pdu, 65);
    assert_int_equal(pb_adv_send(&b.link, b.now, pdu, 65, true), USHER_OK);
    began = b.now;
    while (b.now - began < 29000) {
        for (unsigned i = 0; i < 3; i++) {
            (void)next(&b, &number, gen);
            assert_int_equal(gen[0] >> 2, i == 0 ? 2 : i);
        }
        if (rounds > 0) {
            uint64_t now_pause = b.now - last_round;

            assert_true(now_pause <= 2000u * 5 / 4 + 50);
            assert_true(now_pause >= 60u || rounds == 0);
            pause = now_pause > pause ? now_pause : pause;
        }
        last_round = b.now;
        rounds++;
        assert_int_equal(let_time_pass(&b), BEARER_NOTHING);
    }
    assert_true(pause >= 2000); /* backed off to the slowest */
    assert_in_range(rounds, 15, 30);
    while (pb_adv_due(&b.link) != USHER_NEVER && closes < 3) {
        (void)next(&b, &number, gen);
        if (gen[0] == 0x0B) {
            assert_int_equal(gen[1], USHER_CLOSE_TIMEOUT);
            assert_in_range(b.now - began, 30000, 30400);
            closes++;
        } else if (pb_adv_due(&b.link) == USHER_NEVER) {
            (void)let_time_pass(&b);
        }
    }
    assert_int_equal(closes, 3);
    assert_int_equal(poll_link(&b), BEARER_CLOSED);
    assert_int_equal(b.in.reason, USHER_CLOSE_TIMEOUT);
}

static void link_open_comes_early_a_few_times_and_then_leaves_a_second_of_silence(void **state)
{
    struct bench b;
    uint8_t number, gen[USHER_AD_MAX];
    uint64_t last = 0;

    (void)state;
    memset(&b, 0, sizeof(b));
    guard(&b);
    pb_adv_open(&b.link, &usher_pb_adv_spec, b.now, LINK_ID, 3, uuid);
    for (unsigned i = 0; i < 12; i++) {
        assert_int_equal(next(&b, &number, gen), 17);
        if (i > 0 && i <= 3) {
            assert_in_range(b.now - last, 70, 300);
        } else if (i > 3) {
            assert_in_range(b.now - last, 1100, 1600);
        }
        last = b.now;
        assert_quiet(&b);
    }
    b.now = 60000;
    assert_quiet(&b); /* link establishment timer: closing now */
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(next(&b, &number, gen), 2);
        assert_int_equal(gen[0], 0x0B);
        assert_int_equal(gen[1], USHER_CLOSE_TIMEOUT);
    }
    assert_int_equal(poll_link(&b), BEARER_CLOSED);
}

static void a_link_without_a_pdu_is_closed_after_a_minute(void **state)
{
    struct bench b;
    uint8_t number, gen[USHER_AD_MAX];

    (void)state;
    open_server(&b);
    assert_true(pb_adv_deadline(&b.link) == 1000 + 60000);
    assert_int_equal(let_time_pass(&b), BEARER_NOTHING);
    (void)next(&b, &number, gen);
    assert_int_equal(gen[0], 0x0B);
}

static void row_18_transaction_numbers_wrap_within_their_half(void **state)
{
    struct bench b;
    uint8_t number, gen[USHER_AD_MAX], pdu[1] = { 0x08 };

    (void)state;
    open_client(&b, &usher_pb_adv_spec);
    for (unsigned i = 0; i < 300; i++) {
        assert_int_equal(pb_adv_send(&b.link, b.now, pdu, 1, true), USHER_OK);
        (void)next(&b, &number, gen);
        assert_int_equal(number, i & 0x7F);
        ack(&b, number);
        assert_int_equal(poll_link(&b), BEARER_SENT);
    }
    open_server(&b);
    for (unsigned i = 0; i < 300; i++) {
        assert_int_equal(pb_adv_send(&b.link, b.now, pdu, 1, true), USHER_OK);
        (void)next(&b, &number, gen);
        assert_int_equal(number, 0x80 | (i & 0x7F));
        ack(&b, number);
        assert_int_equal(poll_link(&b), BEARER_SENT);
    }
}

static void row_19_an_ack_for_another_number_is_ignored_and_a_response_is_an_ack(void **state)
{
    struct bench b;
    uint8_t number, gen[USHER_AD_MAX], pdu[2] = { 0x00, 0x05 }, seg[4][27];
    static const uint8_t padded[] = { 0x05 }, longer[] = { 0x01, 0x00 };
    size_t seg_len[4];

    (void)state;
    open_client(&b, &usher_pb_adv_spec);
    assert_int_equal(pb_adv_send(&b.link, b.now, pdu, 2, true), USHER_OK);
    ack(&b, 0); /* before anything was sent */
    assert_quiet(&b);
    (void)next(&b, &number, gen);
    ack(&b, 1);
    ack(&b, 0x80);
    rx_gen(&b, 0, padded, sizeof(padded));
    rx_gen(&b, 0, longer, sizeof(longer));
    assert_quiet(&b);
    (void)segments_of(pdu, 2, seg, seg_len);
    rx_gen(&b, 0x80, seg[0], seg_len[0]);
    assert_int_equal(poll_link(&b), BEARER_SENT);
    assert_pdu(&b, pdu, 2);
}

/* Failed: the provisioner has not heard it yet and goes on after the ack of its Start. */
static void row_19_an_ack_of_what_is_not_sent_yet_is_ignored(void **state)
{
    static const uint8_t ack[] = { 0x01 };
    uint8_t number, gen[USHER_AD_MAX], pdu[2] = { 3, 4 };
    struct bench b;

    (void)state;
    open_client(&b, &usher_pb_adv_spec);
    rx_gen(&b, 0, ack, 1); /* nothing is to be acknowledged */
    assert_quiet(&b);
    assert_int_equal(pb_adv_send(&b.link, b.now, pdu, sizeof(pdu), true), USHER_OK);
    rx_gen(&b, 0, ack, 1); /* nobody has heard it */
    assert_quiet(&b);
    (void)next(&b, &number, gen);
    rx_gen(&b, 0, ack, 1);
    assert_false(pb_adv_ready(&b.link)); /* its sender was not told yet */
    assert_int_equal(poll_link(&b), BEARER_SENT);
    rx_gen(&b, 1, ack, 1); /* the number that comes next */
    assert_quiet(&b);
    assert_int_equal(pb_adv_send(&b.link, b.now, pdu, sizeof(pdu), true), USHER_OK);
    (void)next(&b, &number, gen);
    assert_int_equal(number, 1);
}

static void what_the_peer_does_not_wait_for_is_sent_until_its_own_ack(void **state)
{
    struct bench b;
    uint8_t failed[2] = { 0x09, 0x02 }, start[6] = { 0x02 }, key[65] = { 0x03 };
    uint8_t number, gen[USHER_AD_MAX], seg[4][27];
    size_t seg_len[4];
    unsigned again = 0;

    (void)state;
    open_server(&b);
    (void)segments_of(start, 6, seg, seg_len);
    rx_gen(&b, 0, seg[0], seg_len[0]);
    assert_pdu(&b, start, 6);
    assert_int_equal(pb_adv_send(&b.link, b.now, failed, 2, false), USHER_OK);
    (void)next(&b, &number, gen); /* lost */
    (void)segments_of(key, 65, seg, seg_len);
    for (unsigned i = 0; i < 3; i++) {
        rx_gen(&b, 1, seg[i], seg_len[i]);
    }
    assert_pdu(&b, key, 65);
    while (again < 2) {
        if (pb_adv_due(&b.link) == USHER_NEVER) {
            assert_int_equal(let_time_pass(&b), BEARER_NOTHING);
            continue;
        }
        (void)next(&b, &number, gen);
        if ((gen[0] & 3) == 0) { /* between them, the ack for the key */
            assert_int_equal(number, 0x80);
            assert_memory_equal(gen + 4, failed, 2);
            again++;
        }
    }
    ack(&b, 0x80);
    assert_int_equal(poll_link(&b), BEARER_SENT);
}

/* -- receiving --------------------------------------------------------------------------------- */

static void every_length_is_reassembled_in_any_order_and_once(void **state)
{
    static const uint8_t orders[][3] = { { 0, 1, 2 }, { 2, 1, 0 }, { 1, 2, 0 }, { 1, 0, 2 } };
    struct bench b;

    (void)state;
    for (size_t len = 1; len <= USHER_PDU_MAX; len++) {
        for (size_t o = 0; o < 4; o++) {
            uint8_t pdu[USHER_PDU_MAX], seg[4][27];
            size_t seg_len[4];
            unsigned n;

            open_server(&b);
            fill(pdu, len);
            n = segments_of(pdu, len, seg, seg_len);
            for (unsigned i = 0; i < 3; i++) {
                if (orders[o][i] < n) {
                    assert_quiet(&b);
                    rx_gen(&b, 0, seg[orders[o][i]], seg_len[orders[o][i]]);
                }
            }
            assert_pdu(&b, pdu, len);
            assert_acknowledged(&b, 0);
            rx_gen(&b, 0, seg[0], seg_len[0]); /* again: acknowledged, not told */
            assert_quiet(&b);
            assert_acknowledged(&b, 0);
        }
    }
}

static void a_wrong_fcs_is_not_acknowledged_and_the_repetition_is_taken(void **state)
{
    struct bench b;
    uint8_t pdu[40], seg[4][27], number, gen[USHER_AD_MAX];
    size_t seg_len[4];

    (void)state;
    open_server(&b);
    fill(pdu, sizeof(pdu));
    (void)segments_of(pdu, sizeof(pdu), seg, seg_len);
    seg[0][3] ^= 1;
    rx_gen(&b, 0, seg[0], seg_len[0]);
    rx_gen(&b, 0, seg[1], seg_len[1]);
    assert_quiet(&b);
    assert_true(pb_adv_due(&b.link) == USHER_NEVER);
    assert_int_equal(b.link.stats.fcs_errors, 1);
    seg[0][3] ^= 1;
    rx_gen(&b, 0, seg[0], seg_len[0]);
    rx_gen(&b, 0, seg[1], seg_len[1]);
    assert_pdu(&b, pdu, sizeof(pdu));
    assert_int_equal(next(&b, &number, gen), 1);
    assert_int_equal(gen[0], 0x01);
    assert_int_equal(number, 0);
}

static void row_15_start_with_a_wrong_length_is_dropped(void **state)
{
    static const uint16_t totals[] = { 0, 21, 43, 44, 66, 67, 256, 1469, 65535 };
    struct bench b;

    (void)state;
    for (size_t i = 0; i < sizeof(totals) / sizeof(totals[0]); i++) {
        for (unsigned last = 0; last < 64; last++) {
            uint8_t gen[24] = { (uint8_t)(last << 2), (uint8_t)(totals[i] >> 8),
                                (uint8_t)totals[i] };
            size_t right = totals[i] <= 20 ? 0 : (totals[i] - 20u + 22) / 23;

            if (totals[i] != 0 && totals[i] <= USHER_PDU_MAX && last == right) {
                continue;
            }
            open_server(&b);
            rx_gen(&b, 0, gen, sizeof(gen));
            assert_quiet(&b);
            assert_int_equal(b.link.stats.dropped, 1);
            assert_int_equal(b.link.rx_seg_len[0], 0);
        }
    }
    open_server(&b);
    rx_gen(&b, 0, (const uint8_t[4]){ 0 }, 4); /* nothing at all, with the FCS of nothing */
    assert_quiet(&b);
    assert_int_equal(b.link.stats.dropped, 1);
    for (size_t len = 1; len < 24; len++) { /* a start that is cut off, whatever it announces */
        uint8_t gen[24] = { 0x04, 0, 40 };

        open_server(&b);
        rx_gen(&b, 0, gen, len);
        assert_quiet(&b);
        assert_int_equal(b.link.stats.dropped, 1);
    }
}

static void row_16_continuations_that_cannot_be_are_dropped(void **state)
{
    struct bench b;

    (void)state;
    for (unsigned index = 0; index < 64; index++) {
        for (size_t len = 1; len <= 25; len++) {
            uint8_t gen[26] = { (uint8_t)(index << 2 | 2) };
            bool possible =
                index >= 1 && index <= 2 && len >= 2 && len <= 24 && !(index == 2 && len > 23);

            open_server(&b);
            rx_gen(&b, 0, gen, len);
            assert_quiet(&b);
            assert_int_equal(b.link.stats.dropped, possible ? 0 : 1);
        }
    }
}

static void row_16_continuations_that_do_not_fit_their_start_are_dropped(void **state)
{
    struct bench b;
    uint8_t pdu[40], seg[4][27], forged[24] = { 2 << 2 | 2 };
    size_t seg_len[4];

    (void)state;
    open_server(&b);
    fill(pdu, sizeof(pdu));
    (void)segments_of(pdu, sizeof(pdu), seg, seg_len);
    rx_gen(&b, 0, seg[0], seg_len[0]);
    rx_gen(&b, 0, forged, 5); /* behind the last */
    assert_int_equal(b.link.stats.dropped, 1);
    forged[0] = 1 << 2 | 2;
    rx_gen(&b, 0, forged, seg_len[1] - 1);
    rx_gen(&b, 0, forged, seg_len[1] + 1);
    assert_quiet(&b);
    assert_int_equal(b.link.stats.dropped, 3);
    rx_gen(&b, 0, seg[1], seg_len[1]);
    assert_pdu(&b, pdu, sizeof(pdu));
}

static void row_17_a_forged_start_does_not_block_the_transaction(void **state)
{
    struct bench b;
    uint8_t pdu[2] = { 0, 5 }, seg[4][27], forged[24] = { 2 << 2, 0, 65, 0x11 };
    size_t seg_len[4];

    (void)state;
    open_server(&b);
    rx_gen(&b, 0, forged, sizeof(forged)); /* of a long PDU whose other segments never come */
    (void)segments_of(pdu, sizeof(pdu), seg, seg_len);
    rx_gen(&b, 0, seg[0], seg_len[0]);
    assert_pdu(&b, pdu, sizeof(pdu));
}

static void row_16_a_segment_twice_with_other_octets_changes_nothing(void **state)
{
    struct bench b;
    uint8_t pdu[USHER_PDU_MAX], seg[4][27], forged[27];
    size_t seg_len[4];

    (void)state;
    open_server(&b);
    fill(pdu, sizeof(pdu));
    (void)segments_of(pdu, sizeof(pdu), seg, seg_len);
    rx_gen(&b, 0, seg[0], seg_len[0]);
    rx_gen(&b, 0, seg[1], seg_len[1]);
    memcpy(forged, seg[1], sizeof(forged));
    forged[5] ^= 0xFF;
    rx_gen(&b, 0, forged, seg_len[1]);
    memcpy(forged, seg[0], sizeof(forged));
    forged[2] = 20; /* a start that tells of another length */
    rx_gen(&b, 0, forged, seg_len[0]);
    rx_gen(&b, 0, seg[2], seg_len[2]);
    assert_pdu(&b, pdu, sizeof(pdu));
}

static void row_16_a_held_continuation_that_does_not_fit_the_start_is_forgotten(void **state)
{
    struct bench b;
    uint8_t pdu[40], seg[4][27], longer[24] = { 1 << 2 | 2, 1, 2, 3 };
    size_t seg_len[4];

    (void)state;
    open_server(&b);
    fill(pdu, sizeof(pdu));
    (void)segments_of(pdu, sizeof(pdu), seg, seg_len);
    rx_gen(&b, 0, longer, sizeof(longer));
    rx_gen(&b, 0, seg[0], seg_len[0]);
    assert_quiet(&b);
    rx_gen(&b, 0, seg[1], seg_len[1]);
    assert_pdu(&b, pdu, sizeof(pdu));
}

static void row_17_and_row_18_segments_of_other_transactions_are_ignored(void **state)
{
    struct bench b;
    uint8_t pdu[40], seg[4][27];
    size_t seg_len[4];

    (void)state;
    open_server(&b);
    fill(pdu, sizeof(pdu));
    (void)segments_of(pdu, sizeof(pdu), seg, seg_len);
    rx_gen(&b, 0, seg[0], seg_len[0]);
    rx_gen(&b, 1, seg[1], seg_len[1]);
    rx_gen(&b, 0x7F, seg[1], seg_len[1]);
    rx_gen(&b, 0x80, seg[1], seg_len[1]); /* our own half */
    assert_quiet(&b);
    rx_gen(&b, 0, seg[1], seg_len[1]);
    assert_pdu(&b, pdu, sizeof(pdu));
}

static void row_20_only_the_first_link_open_to_our_uuid_counts(void **state)
{
    struct bench b;
    uint8_t gen[USHER_AD_MAX], data[32] = { 0x12, 0x34, 0x56, 0x78 }, number, pdu[2] = { 0, 0 },
                               seg[4][27];
    size_t seg_len[4];

    (void)state;
    memset(&b, 0, sizeof(b));
    guard(&b);
    pb_adv_listen(&b.link, &usher_pb_adv_spec, 7, uuid);
    link_open(data + 5, other_uuid);
    assert_false(pb_adv_wants(&b.link, data, 22));
    rx(&b, data, 22);
    assert_quiet(&b);
    for (size_t len = 0; len < 22; len++) { /* cut off */
        link_open(data + 5, uuid);
        assert_false(pb_adv_wants(&b.link, data, len));
        rx(&b, data, len);
        assert_quiet(&b);
    }
    open_server(&b);
    data[0] = 0x99; /* another provisioner */
    assert_false(pb_adv_wants(&b.link, data, 22));
    link_open(gen, uuid);
    rx_gen(&b, 0, gen, 17); /* the same again, our ack was lost */
    assert_quiet(&b);
    assert_int_equal(next(&b, &number, gen), 1);
    assert_int_equal(gen[0], 0x07);
    (void)segments_of(pdu, 2, seg, seg_len);
    rx_gen(&b, 0, seg[0], seg_len[0]);
    assert_pdu(&b, pdu, 2);
    (void)next(&b, &number, gen);
    assert_int_equal(gen[0], 0x01);
    link_open(gen, uuid); /* too late */
    rx_gen(&b, 0, gen, 17);
    assert_quiet(&b);
    assert_true(pb_adv_due(&b.link) == USHER_NEVER);
}

static void row_21_a_close_ends_the_link_with_its_reason_once(void **state)
{
    static const uint8_t reasons[] = { 0, 1, 2, 3, 255 };
    struct bench b;

    (void)state;
    for (size_t i = 0; i < sizeof(reasons); i++) {
        uint8_t gen[2] = { 0x0B, reasons[i] };

        open_client(&b, &usher_pb_adv_spec);
        rx_gen(&b, 0, gen, 1); /* no reason: malformed */
        assert_quiet(&b);
        rx_gen(&b, 0, gen, 2);
        rx_gen(&b, 0, gen, 2);
        assert_int_equal(poll_link(&b), BEARER_CLOSED);
        assert_int_equal(b.in.reason, reasons[i]);
        assert_quiet(&b);
        assert_true(pb_adv_due(&b.link) == USHER_NEVER);
        assert_int_equal(pb_adv_send(&b.link, b.now, uuid, 1, true), USHER_E_BUSY);
    }
}

/* The peer may be closing as well. */
static void row_21_what_we_close_for_stays_the_reason(void **state)
{
    static const uint8_t theirs[] = { 0x0B, USHER_CLOSE_SUCCESS };
    struct bench b;

    (void)state;
    open_client(&b, &usher_pb_adv_spec);
    pb_adv_close(&b.link, b.now, USHER_CLOSE_ERROR);
    rx_gen(&b, 0, theirs, sizeof(theirs));
    assert_int_equal(poll_link(&b), BEARER_CLOSED);
    assert_int_equal(b.in.reason, USHER_CLOSE_ERROR);
}

static void row_20_a_link_ack_counts_once_after_the_link_open(void **state)
{
    static const uint8_t link_ack[] = { 0x07, 0x00 };
    uint8_t number, gen[USHER_AD_MAX], pdu[2] = { 3, 4 };
    struct bench b;

    (void)state;
    memset(&b, 0, sizeof(b));
    guard(&b);
    b.now = 1000;
    pb_adv_open(&b.link, &usher_pb_adv_spec, b.now, LINK_ID, 3, uuid);
    rx_gen(&b, 0, link_ack, 1); /* before anybody was asked */
    assert_quiet(&b);
    assert_int_equal(next(&b, &number, gen), 17);
    rx_gen(&b, 0, link_ack, 2); /* longer than it is */
    assert_quiet(&b);
    rx_gen(&b, 0, link_ack, 1);
    assert_int_equal(poll_link(&b), BEARER_OPENED);
    assert_int_equal(pb_adv_send(&b.link, b.now, pdu, sizeof(pdu), true), USHER_OK);
    rx_gen(&b, 0, link_ack, 1); /* again */
    assert_quiet(&b);
    assert_int_equal(next(&b, &number, gen), 4 + 2);
    assert_int_equal(number, 0);
}

static void row_20_link_control_at_the_wrong_moment_changes_nothing(void **state)
{
    static const uint8_t link_close[] = { 0x0B, 0 };
    static const uint8_t short_data[] = { 0x12, 0x34, 0x56, 0x78, 0 };
    uint8_t gen[17], ad[USHER_AD_MAX];
    struct bench b;

    (void)state;
    link_open(gen, uuid);
    open_client(&b, &usher_pb_adv_spec);
    rx_gen(&b, 0, gen, 17); /* a client is not opened */
    assert_quiet(&b);
    assert_true(pb_adv_due(&b.link) == USHER_NEVER);
    assert_false(pb_adv_wants(&b.link, short_data, sizeof(short_data)));
    pb_adv_stop(&b.link);
    assert_false(pb_adv_wants(&b.link, short_data, sizeof(short_data)));
    pb_adv_listen(&b.link, &usher_pb_adv_spec, 3, uuid);
    rx_gen(&b, 0, link_close, 2); /* of a link that there is not */
    assert_quiet(&b);
    rx_gen(&b, 0, gen, 17);
    assert_false(pb_adv_ready(&b.link));                  /* nobody was told yet */
    assert_int_equal(pb_adv_next(&b.link, b.now, ad), 0); /* nor is its answer due */
    assert_int_equal(poll_link(&b), BEARER_OPENED);
    assert_true(pb_adv_ready(&b.link));
    pb_adv_close(&b.link, b.now, USHER_CLOSE_ERROR);
    rx_gen(&b, 0, gen, 17); /* what closes is not opened again */
    assert_false(pb_adv_ready(&b.link));
}

/* Segments of what comes next, or comes too late. */
static void row_17_a_pdu_is_told_before_another_one_begins(void **state)
{
    uint8_t first[2] = { 3, 4 }, second[2] = { 5, 6 }, seg[4][27];
    size_t seg_len[4];
    struct bench b;

    (void)state;
    open_server(&b);
    (void)segments_of(first, 2, seg, seg_len);
    rx_gen(&b, 0, seg[0], seg_len[0]);
    (void)segments_of(second, 2, seg, seg_len);
    rx_gen(&b, 1, seg[0], seg_len[0]); /* before the first was taken */
    assert_pdu(&b, first, 2);
    assert_int_equal(pb_adv_send(&b.link, b.now, first, 2, true), USHER_OK);
    rx_gen(&b, 1, seg[0], seg_len[0]); /* is no answer to what nobody has heard */
    assert_pdu(&b, second, 2);
    assert_false(pb_adv_ready(&b.link));
    pb_adv_close(&b.link, b.now, USHER_CLOSE_ERROR);
    rx_gen(&b, 2, seg[0], seg_len[0]);
    assert_quiet(&b);
}

static void row_32_pdus_do_not_stay_in_a_link(void **state)
{
    static const uint8_t zeros[USHER_PDU_MAX], ack[] = { 0x01 };
    uint8_t pdu[2] = { 3, 4 }, seg[4][27], number, gen[USHER_AD_MAX];
    const uint8_t link_close[] = { 0x0B, 0 };
    size_t seg_len[4];
    struct bench b;

    (void)state;
    open_client(&b, &usher_pb_adv_spec);
    assert_int_equal(pb_adv_send(&b.link, b.now, pdu, sizeof(pdu), true), USHER_OK);
    (void)next(&b, &number, gen);
    rx_gen(&b, 0, ack, sizeof(ack));
    assert_memory_equal(b.link.tx_pdu, zeros, sizeof(b.link.tx_pdu));
    assert_int_equal(poll_link(&b), BEARER_SENT);
    (void)segments_of(pdu, 2, seg, seg_len);
    rx_gen(&b, 0x80, seg[0], seg_len[0]);
    assert_pdu(&b, pdu, 2);
    rx_gen(&b, 0, link_close, sizeof(link_close));
    assert_int_equal(poll_link(&b), BEARER_CLOSED);
    assert_memory_equal(b.link.rx_pdu, zeros, sizeof(b.link.rx_pdu));
}

static void reserved_control_opcodes_and_noise_change_nothing(void **state)
{
    struct bench b;
    uint32_t drawn = 1;

    (void)state;
    open_server(&b);
    for (unsigned opcode = 3; opcode < 64; opcode++) {
        uint8_t gen[3] = { (uint8_t)(opcode << 2 | 3), 1, 2 };

        rx_gen(&b, 0, gen, sizeof(gen));
        assert_quiet(&b);
    }
    for (unsigned i = 0; i < 200000; i++) {
        uint8_t data[40] = { 0x12, 0x34, 0x56, 0x78 };
        size_t len;

        for (size_t k = 4; k < sizeof(data); k++) {
            drawn = drawn * 1664525u + 1013904223u;
            data[k] = (uint8_t)(drawn >> 24);
        }
        len = data[39] % 30u;
        if (len >= 6 && (data[5] & 3) == 3) {
            continue; /* a Link Close would be one */
        }
        rx(&b, data, len);
        while (poll_link(&b) != BEARER_NOTHING) {
        }
    }
    assert_true(pb_adv_ready(&b.link));
}

/* -- learning what the peer is like ------------------------------------------------------------ */

#define PEER_REPEATS_MS 2000 /* a peer without our ack repeats itself, some no sooner than this */

/* The peer sends a PDU; we answer at once. @retval true  An explicit ack went out before the
 * answer's last segment. */
static bool exchange(struct bench *b, uint8_t theirs, bool strict)
{
    uint8_t pdu[2] = { 0, theirs }, seg[4][27], number, gen[USHER_AD_MAX];
    size_t seg_len[4];
    bool acked = false, answered = false;
    uint64_t again = b->now + PEER_REPEATS_MS;

    (void)segments_of(pdu, 2, seg, seg_len);
    rx_gen(b, theirs, seg[0], seg_len[0]);
    assert_pdu(b, pdu, 2);
    assert_int_equal(pb_adv_send(&b->link, b->now, pdu, 2, true), USHER_OK);
    while (!answered) { /* taken, if the peer is strict only once its own was acknowledged */
        uint64_t due = pb_adv_due(&b->link), timer = pb_adv_deadline(&b->link);

        if (!acked && again <= due && again <= timer) {
            b->now = again;
            again += PEER_REPEATS_MS;
            rx_gen(b, theirs, seg[0], seg_len[0]);
            continue;
        }
        if (pb_adv_due(&b->link) == USHER_NEVER) {
            assert_int_equal(let_time_pass(b), BEARER_NOTHING);
            continue;
        }
        (void)next(b, &number, gen);
        if ((gen[0] & 3) == 1) {
            acked = true;
        } else {
            answered = acked || !strict;
        }
    }
    b->now += 30;
    ack(b, b->link.tx_number);
    assert_int_equal(poll_link(b), BEARER_SENT);
    return acked;
}

static void a_peer_that_takes_an_answer_for_the_ack_gets_no_other(void **state)
{
    struct bench b;

    (void)state;
    open_server(&b);
    for (uint8_t i = 0; i < 10; i++) {
        assert_false(exchange(&b, i, false));
    }
    assert_int_equal(b.link.stats.retries, 0);
}

static void a_peer_that_waits_for_its_acks_is_learned_from_two_exchanges(void **state)
{
    struct bench b;
    uint32_t before;

    (void)state;
    open_server(&b);
    assert_true(exchange(&b, 0, true));
    assert_true(exchange(&b, 1, true));
    assert_true(b.link.stats.retries >= 2);
    before = b.link.stats.retries;
    for (uint8_t i = 2; i < 6; i++) {
        uint64_t start = b.now;

        assert_true(exchange(&b, i, true));
        assert_true(b.now - start < 200);
    }
    assert_true(b.link.stats.retries - before <= 4);
}

/* An ack out of turn costs air, and says nothing to a peer that has gone on. */
static void an_ack_is_not_repeated_unless_the_peer_repeats_itself(void **state)
{
    struct bench b;
    uint8_t invite[2] = { 0, 5 }, caps[12] = { 0x01 }, seg[4][27], number, gen[USHER_AD_MAX];
    size_t seg_len[4];
    uint64_t began;

    (void)state;
    open_server(&b);
    (void)segments_of(invite, 2, seg, seg_len);
    rx_gen(&b, 0, seg[0], seg_len[0]);
    assert_pdu(&b, invite, 2);
    assert_int_equal(pb_adv_send(&b.link, b.now, caps, 12, true), USHER_OK);
    began = b.now;
    while (b.now - began < 20000) {
        if (pb_adv_due(&b.link) == USHER_NEVER) {
            assert_int_equal(let_time_pass(&b), BEARER_NOTHING);
            continue;
        }
        (void)next(&b, &number, gen);
        assert_int_equal(gen[0] & 3, 0); /* the response, again and again */
    }
    rx_gen(&b, 0, seg[0], seg_len[0]);
    do {
        (void)next(&b, &number, gen);
    } while ((gen[0] & 3) == 0 && b.now - began < 25000);
    assert_int_equal(gen[0], 0x01);
    assert_int_equal(number, 0);
}

static void a_slow_peer_is_not_pressed(void **state)
{
    struct bench b;
    uint8_t pdu[2] = { 0, 0 }, number, gen[USHER_AD_MAX];
    static const uint8_t link_ack[] = { 0x07 };
    uint64_t sent;

    (void)state;
    memset(&b, 0, sizeof(b));
    guard(&b);
    pb_adv_open(&b.link, &usher_pb_adv_spec, b.now, LINK_ID, 5, uuid);
    for (unsigned i = 0; i < 4; i++) {
        (void)next(&b, &number, gen);
    }
    b.now += 900; /* its Link Ack, long after the last Link Open */
    rx_gen(&b, 0, link_ack, sizeof(link_ack));
    assert_int_equal(poll_link(&b), BEARER_OPENED);
    assert_int_equal(pb_adv_send(&b.link, b.now, pdu, 2, true), USHER_OK);
    (void)next(&b, &number, gen);
    sent = b.now;
    assert_int_equal(let_time_pass(&b), BEARER_NOTHING);
    assert_true(b.now - sent >= 900); /* the repetition waits for as long as the peer took */
}

/* -- who only listens -------------------------------------------------------------------------- */

/* A PDU of two segments, its last octet @p last: the @p n-th segment of it is heard. */
static void hear_segment(struct bench *b, uint8_t number, uint8_t last, unsigned n)
{
    uint8_t pdu[21] = { 0x07 };

    pdu[20] = last;
    pb_adv_observe(&b->link, LINK_ID, number);
    if (n == 0) {
        uint8_t gen[24] = { 1 << 2, 0, sizeof(pdu), crc8_fcs(pdu, sizeof(pdu)) };

        memcpy(gen + 4, pdu, 20);
        rx_gen(b, number, gen, sizeof(gen));
    } else {
        rx_gen(b, number, (const uint8_t[]){ 1 << 2 | 2, last }, 2);
    }
}

static void assert_heard(struct bench *b, uint8_t last)
{
    assert_int_equal(poll_link(b), BEARER_PDU);
    assert_int_equal(b->in.len, 21);
    assert_int_equal(b->in.pdu[20], last);
    assert_quiet(b);
}

static void an_observer_hears_each_pdu_of_a_side_once(void **state)
{
    struct bench b = { .now = 1000 };

    (void)state;
    guard(&b);
    for (uint8_t number = 0x80; number < 0x83; number++) {
        hear_segment(&b, number, number, 0);
        assert_quiet(&b);
        hear_segment(&b, number, number, 1);
        assert_heard(&b, number);
        hear_segment(&b, number, number, 0); /* again: whoever sent it did not hear the ack */
        hear_segment(&b, number, number, 1);
        assert_quiet(&b);
    }
}

static void an_observer_goes_on_after_what_it_missed(void **state)
{
    struct bench b = { .now = 1000 };

    (void)state;
    guard(&b);
    hear_segment(&b, 5, 1, 0); /* the beginning of one; the end is missed, and all of the next */
    hear_segment(&b, 7, 2, 1);
    assert_quiet(&b);
    hear_segment(&b, 7, 2, 0);
    assert_heard(&b, 2);
    pb_adv_observe(&b.link, LINK_ID + 1, 7); /* another link, with the same number */
    assert_quiet(&b);
    hear_segment(&b, 7, 3, 0);
    hear_segment(&b, 7, 3, 1);
    assert_heard(&b, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_length_is_segmented_in_order_after_its_delays),
        cmocka_unit_test(without_an_ack_all_is_repeated_with_growing_pauses_for_thirty_seconds),
        cmocka_unit_test(link_open_comes_early_a_few_times_and_then_leaves_a_second_of_silence),
        cmocka_unit_test(a_link_without_a_pdu_is_closed_after_a_minute),
        cmocka_unit_test(row_18_transaction_numbers_wrap_within_their_half),
        cmocka_unit_test(row_19_an_ack_for_another_number_is_ignored_and_a_response_is_an_ack),
        cmocka_unit_test(what_the_peer_does_not_wait_for_is_sent_until_its_own_ack),
        cmocka_unit_test(every_length_is_reassembled_in_any_order_and_once),
        cmocka_unit_test(a_wrong_fcs_is_not_acknowledged_and_the_repetition_is_taken),
        cmocka_unit_test(row_15_start_with_a_wrong_length_is_dropped),
        cmocka_unit_test(row_16_continuations_that_cannot_be_are_dropped),
        cmocka_unit_test(row_16_continuations_that_do_not_fit_their_start_are_dropped),
        cmocka_unit_test(row_17_a_forged_start_does_not_block_the_transaction),
        cmocka_unit_test(row_16_a_segment_twice_with_other_octets_changes_nothing),
        cmocka_unit_test(row_16_a_held_continuation_that_does_not_fit_the_start_is_forgotten),
        cmocka_unit_test(row_17_and_row_18_segments_of_other_transactions_are_ignored),
        cmocka_unit_test(row_20_only_the_first_link_open_to_our_uuid_counts),
        cmocka_unit_test(row_21_a_close_ends_the_link_with_its_reason_once),
        cmocka_unit_test(reserved_control_opcodes_and_noise_change_nothing),
        cmocka_unit_test(a_peer_that_takes_an_answer_for_the_ack_gets_no_other),
        cmocka_unit_test(a_peer_that_waits_for_its_acks_is_learned_from_two_exchanges),
        cmocka_unit_test(an_ack_is_not_repeated_unless_the_peer_repeats_itself),
        cmocka_unit_test(a_slow_peer_is_not_pressed),
        cmocka_unit_test(an_observer_hears_each_pdu_of_a_side_once),
        cmocka_unit_test(an_observer_goes_on_after_what_it_missed),
        cmocka_unit_test(row_19_an_ack_of_what_is_not_sent_yet_is_ignored),
        cmocka_unit_test(row_21_what_we_close_for_stays_the_reason),
        cmocka_unit_test(row_20_a_link_ack_counts_once_after_the_link_open),
        cmocka_unit_test(row_20_link_control_at_the_wrong_moment_changes_nothing),
        cmocka_unit_test(row_17_a_pdu_is_told_before_another_one_begins),
        cmocka_unit_test(row_32_pdus_do_not_stay_in_a_link),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
