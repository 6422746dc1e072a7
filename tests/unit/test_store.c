/*
 * A node's records (src/store): what is written is read by another node of the same composition.
 * What must not be read is in test_store_refuse.c, power cuts in the life of a node in tests/power.
 */
#include "iv.h"
#include "model.h"
#include "records.h"
#include "rpl.h"
#include "store.h"
#include "store_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HOUR 3600000ull
#define MINUTE 60000ull

/* -- what is written is read ------------------------------------------------------------------- */

static void everything_comes_back(void **state)
{
    struct bench *b = *state;

    for (uint64_t seed = 1; seed <= 10; seed++) {
        nodes_stop(&b->all->node[0]);
        nodes_start(&b->all->node[0]);
        bench_fill(b, seed);
        b->writer->net.iv.fresh = seed & 1;
        bench_write(b);
        assert_int_equal(bench_read(b), USHER_OK);
        bench_same_node(b->writer, b->reader);
        assert_int_equal(b->reader->dirty, 0);
    }
}

/* The GATT Proxy state shares an octet with Relay, as records were before it was there. */
static void the_proxy_state_is_kept(void **state)
{
    struct bench *b = *state;

    for (unsigned stored = 0; stored < 4; stored++) {
        struct usher_net n = b->writer->net, with = n, without = n;
        uint8_t buf[USHER_RECORD_MAX];
        struct io io = io_writer(buf, sizeof(buf));

        n.features = stored == 2 ? 0 : USHER_FEATURE_PROXY;
        n.relay = 2;
        n.proxy = (uint8_t)(stored < 3 ? stored : 0);
        record_settings(&io, &n);
        assert_true(io_ok(&io));
        if (stored == 3) {
            buf[2] &= 0x0F; /* before there was one */
        }
        with.features = USHER_FEATURE_PROXY;
        with.proxy = 1;
        with.relay = 2;
        io = io_reader(buf, io_pos(&io));
        record_settings(&io, &with);
        assert_true(io_done(&io));
        assert_int_equal(with.proxy, stored == 0 ? 0 : 1); /* or as after provisioning */
        without.features = 0;
        without.proxy = 2;
        io = io_reader(buf, io_pos(&io));
        record_settings(&io, &without);
        assert_true(io_done(&io));
        assert_int_equal(without.proxy, 2);
        for (unsigned bad = 4; bad < 16; bad++) {
            buf[2] = (uint8_t)(bad << 4 | 2);
            io = io_reader(buf, sizeof(buf));
            record_settings(&io, &with);
            assert_false(io_ok(&io));
        }
    }
}

static void what_has_not_changed_is_not_written(void **state)
{
    struct bench *b = *state;
    unsigned long operations;

    bench_fill(b, 1);
    bench_write(b);
    operations = b->flash.operations;
    b->writer->dirty = USHER_DIRTY_SUBNETS | USHER_DIRTY_APPKEYS | USHER_DIRTY_IV |
                       USHER_DIRTY_SETTINGS | USHER_DIRTY_MODELS;
    access_each(b->writer, 0)->dirty = true;
    bench_write(b);
    assert_int_equal(b->flash.operations, operations);
    assert_int_equal(bench_read(b), USHER_OK);
    assert_int_equal(b->flash.operations, operations);
}

static void what_is_empty_has_no_record(void **state)
{
    struct bench *b = *state;
    uint8_t buf[USHER_RECORD_MAX];
    size_t len;

    bench_fill_little(b);
    rpl_accept(&b->writer->net.rpl, 5, 0, 1);
    rpl_remove(&b->writer->net.rpl, 5, 1);
    bench_write(b);
    assert_int_equal(usher_flashlog_get(&b->log, RECORD_APPKEYS, buf, sizeof(buf), &len),
                     USHER_E_NOT_FOUND);
    assert_int_equal(usher_flashlog_get(&b->log, RECORD_REPLAY, buf, sizeof(buf), &len),
                     USHER_E_NOT_FOUND);
}

static void what_could_not_be_written_stays_dirty(void **state)
{
    struct bench *b = *state;
    struct usher_model *model;
    struct usher_rpl_entry *e;

    bench_fill(b, 1);
    bench_write(b);
    model = access_each(b->writer, 2);
    model->period_divisor ^= 1;
    model->dirty = true;
    b->writer->net.default_ttl = 11;
    b->writer->dirty = USHER_DIRTY_MODELS | USHER_DIRTY_SETTINGS;
    e = &b->writer->net.rpl.entries[20];
    assert_true(rpl_accept(&b->writer->net.rpl, e->src, UINT32_MAX, USHER_SEQ_MAX));

    flash_cut(&b->flash, 1, FLASH_CUT_BEFORE);
    assert_int_not_equal(store_flush(b->writer, &b->port, BENCH_NOW), USHER_OK);
    assert_int_equal(b->writer->dirty, USHER_DIRTY_MODELS | USHER_DIRTY_SETTINGS);
    assert_true(model->dirty);
    assert_int_not_equal(store_flush_rpl(b->writer, &b->port), USHER_OK);
    assert_true(e->dirty);
    flash_on(&b->flash);
    bench_write(b);
    assert_false(model->dirty || e->dirty);
    assert_int_equal(bench_read(b), USHER_OK);
    bench_same_node(b->writer, b->reader);
}

/* The layouts, octet by octet: what a device in the field has written must stay readable. */
static void records_look_like_this(void **state)
{
    static const uint8_t node[] = { 1,    0x02, 0x02, 2,    0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA,
                                    0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA };
    static const uint8_t iv[] = { 1,    0x01, 0x02, 0x03, 0x04, 1,    0,    1, 0x00,
                                  0x16, 0x44, 0x00, 0x23, 0x28, 0x00, 0x00, 2, 0x00 };
    static const uint8_t subnet[] = { 1,    1,    0x00, 0x00, 0x77, 0x77, 0x77, 0x77, 0x77, 0x77,
                                      0x77, 0x77, 0x77, 0x77, 0x77, 0x77, 0x77, 0x77, 0x77, 0x77 };
    static const uint8_t replay[] = { 1, 0, 0, 0x12, 0x34, 0, 0, 0, 5, 0, 0, 9 };
    static const struct {
        uint16_t key;
        const uint8_t *data;
        size_t len;
    } rows[] = { { RECORD_NODE, node, sizeof(node) },
                 { RECORD_IV, iv, sizeof(iv) },
                 { RECORD_SUBNETS, subnet, sizeof(subnet) },
                 { RECORD_REPLAY, replay, sizeof(replay) } };
    struct bench *b = *state;
    uint8_t buf[USHER_RECORD_MAX];
    size_t len;

    bench_fill_little(b);
    bench_fill_iv(b);
    memset(b->writer->net.keys.device_key, 0xAA, USHER_KEY_SIZE);
    assert_int_equal(store_reserve_seq(b->writer, &b->port), USHER_OK);
    assert_true(rpl_accept(&b->writer->net.rpl, 0x1111, 5, 1));
    assert_true(rpl_accept(&b->writer->net.rpl, 0x1234, 5, 9));
    rpl_remove(&b->writer->net.rpl, 0x1111, 1);
    bench_write(b);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(usher_flashlog_get(&b->log, rows[i].key, buf, sizeof(buf), &len),
                         USHER_OK);
        assert_int_equal(len, rows[i].len);
        assert_memory_equal(buf, rows[i].data, len);
    }
}

static void without_storage_nothing_is_kept(void **state)
{
    struct bench *b = *state;

    b->port.kv_set = NULL;
    assert_false(store_able(&b->port));
    bench_fill(b, 1);
    assert_int_equal(store_flush(b->writer, &b->port, BENCH_NOW), USHER_OK);
    assert_int_equal(b->writer->dirty, 0);
    assert_int_equal(store_flush_rpl(b->writer, &b->port), USHER_OK);
    assert_int_equal(store_reserve_seq(b->writer, &b->port), USHER_OK);
    assert_int_equal(b->writer->net.iv.seq_reserved, USHER_SEQ_BLOCK);
    assert_int_equal(store_load(b->reader, &b->port, BENCH_NOW), USHER_E_NOT_FOUND);
    assert_int_equal(store_clear(b->writer, &b->port), USHER_OK);
    assert_int_equal(b->flash.operations, 0);
}

/* -- IV Index, sequence numbers, replay list --------------------------------------------------- */

static void numbers_are_reserved_before_they_are_used(void **state)
{
    struct bench *b = *state;
    struct usher_iv *iv = &b->writer->net.iv;

    bench_fill(b, 1);
    bench_write(b);
    assert_int_equal(store_reserve_seq(b->writer, &b->port), USHER_OK);
    assert_int_equal(iv->seq_reserved, USHER_SEQ_BLOCK);
    assert_int_equal(store_reserve_seq(b->writer, &b->port), USHER_OK);
    assert_int_equal(iv->seq_reserved, 2 * USHER_SEQ_BLOCK);
    assert_int_equal(iv->seq, 0);
    assert_int_equal(bench_read(b), USHER_OK);
    assert_int_equal(b->reader->net.iv.seq, 2 * USHER_SEQ_BLOCK);
    assert_int_equal(b->reader->net.iv.seq_reserved, 2 * USHER_SEQ_BLOCK);

    flash_cut(&b->flash, 1, FLASH_CUT_BEFORE);
    assert_int_not_equal(store_reserve_seq(b->writer, &b->port), USHER_OK);
    assert_int_equal(iv->seq_reserved, 2 * USHER_SEQ_BLOCK);
}

static void the_last_numbers_are_reserved_and_no_more(void **state)
{
    struct bench *b = *state;
    struct usher_iv *iv = &b->writer->net.iv;

    bench_fill(b, 1);
    iv->seq_reserved = USHER_SEQ_MAX - 10;
    bench_write(b);
    assert_int_equal(store_reserve_seq(b->writer, &b->port), USHER_OK);
    assert_int_equal(iv->seq_reserved, USHER_SEQ_MAX + 1);
    assert_int_equal(store_reserve_seq(b->writer, &b->port), USHER_E_RESOURCES);
    assert_int_equal(iv->seq_reserved, USHER_SEQ_MAX + 1);
    assert_int_equal(bench_read(b), USHER_OK);
    assert_int_equal(b->reader->net.iv.seq, USHER_SEQ_MAX + 1);
}

/* A reserve is one for the IV Index that it was made for, whichever was stored first. */
static void another_iv_index_has_its_own_reserve(void **state)
{
    struct bench *b = *state;
    struct usher_iv *iv = &b->writer->net.iv;

    bench_fill(b, 1);
    bench_write(b);
    assert_int_equal(store_reserve_seq(b->writer, &b->port), USHER_OK);
    assert_true(iv_update_end(iv, BENCH_NOW + HOUR, false));
    assert_int_equal(iv->seq_reserved, 0);

    assert_int_equal(bench_read(b), USHER_OK); /* not stored yet */
    assert_true(b->reader->net.iv.updating);
    assert_int_equal(b->reader->net.iv.seq, USHER_SEQ_BLOCK);

    assert_int_equal(store_reserve_seq(b->writer, &b->port), USHER_OK); /* nor flushed */
    assert_int_equal(bench_read(b), USHER_OK);
    assert_false(b->reader->net.iv.updating);
    assert_int_equal(b->reader->net.iv.seq, USHER_SEQ_BLOCK);
}

/* Time goes on from the age that was stored, on a clock that has just begun. */
static void ages_survive_a_restart(void **state)
{
    struct bench *b = *state;
    struct usher_iv *iv = &b->reader->net.iv;

    bench_fill(b, 1);
    b->writer->net.iv.since -= MINUTE / 2; /* rounded down */
    bench_write(b);
    bench_reopen(b);
    assert_int_equal(store_load(b->reader, &b->port, 5), USHER_OK);
    assert_true(5 - iv->since == 95 * HOUR);
    assert_true(5 - iv->recovered_at == 150 * HOUR);
    assert_true(iv_deadline(iv) == 5 + HOUR);
    assert_false(iv_update_end(iv, 5 + HOUR - 1, false));
    assert_true(iv_update_end(iv, 5 + HOUR, false));

    b->writer->net.iv.recovered_at = 0;
    b->writer->net.iv.since = BENCH_NOW - 400000 * HOUR; /* as long as is kept */
    b->writer->dirty = USHER_DIRTY_IV;
    bench_write(b);
    bench_reopen(b);
    assert_int_equal(store_load(b->reader, &b->port, 5), USHER_OK);
    assert_true(5 - iv->since == 0xFFFFFF * MINUTE);
    assert_int_equal(iv->recovered_at, 0);
}

static void a_recovery_just_now_is_not_forgotten(void **state)
{
    struct bench *b = *state;

    bench_fill(b, 1);
    b->writer->net.iv.recovered_at = BENCH_NOW;
    bench_write(b);
    bench_reopen(b);
    assert_int_equal(store_load(b->reader, &b->port, 0), USHER_OK);
    assert_int_not_equal(b->reader->net.iv.recovered_at, 0);
}

static void the_replay_list_is_written_by_records(void **state)
{
    struct bench *b = *state;
    struct usher_rpl *r = &b->writer->net.rpl;
    unsigned long operations;

    bench_fill(b, 1);
    bench_write(b);
    operations = b->flash.operations;
    bench_write(b);
    assert_int_equal(b->flash.operations, operations);

    rpl_remove(r, (uint16_t)(0x7FFF - 40), 30); /* and 10 to 39 are free */
    assert_true(rpl_accept(r, 7, 8, 9));
    bench_write(b);
    assert_int_equal(bench_read(b), USHER_OK);
    bench_same_node(b->writer, b->reader);
    assert_int_equal(rpl_check(&b->reader->net.rpl, 7, 8, 9), RPL_REPLAY);
    assert_int_equal(rpl_check(&b->reader->net.rpl, 7, 8, 10), RPL_NEW);

    rpl_remove(r, 1, 0x7FFF);
    bench_write(b);
    assert_int_equal(bench_read(b), USHER_OK);
    bench_same_node(b->writer, b->reader);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, bench_set_up, bench_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(everything_comes_back),
        TEST(the_proxy_state_is_kept),
        TEST(what_has_not_changed_is_not_written),
        TEST(what_is_empty_has_no_record),
        TEST(what_could_not_be_written_stays_dirty),
        TEST(records_look_like_this),
        TEST(without_storage_nothing_is_kept),
        TEST(numbers_are_reserved_before_they_are_used),
        TEST(the_last_numbers_are_reserved_and_no_more),
        TEST(another_iv_index_has_its_own_reserve),
        TEST(ages_survive_a_restart),
        TEST(a_recovery_just_now_is_not_forgotten),
        TEST(the_replay_list_is_written_by_records),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
