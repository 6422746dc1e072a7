/*
 * What a node must not take from storage (src/store): remains of another one, references to keys
 * that are gone, and what it cannot have written itself.
 */
#include "keys.h"
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

#define RECORDS 64u /* more than a node has here */

/* -- what counts for nothing ------------------------------------------------------------------- */

static enum usher_err any_record(struct bench *b, unsigned n, uint16_t *key)
{
    static const uint16_t first[] = { RECORD_NODE,    RECORD_IV,      RECORD_SETTINGS,
                                      RECORD_SUBNETS, RECORD_APPKEYS, RECORD_MODELS,
                                      RECORD_REPLAY };
    uint8_t buf[USHER_RECORD_MAX];
    size_t len;

    *key = n < RECORDS ? (uint16_t)(first[n % 7] + (n % 7 > 2 ? n / 7 : 0)) : 0;
    return usher_flashlog_get(&b->log, *key, buf, sizeof(buf), &len);
}

static bool is_empty(struct bench *b)
{
    uint16_t key;

    for (unsigned n = 0; n < RECORDS * 2; n++) {
        if (any_record(b, n, &key) == USHER_OK) {
            return false;
        }
    }
    return true;
}

static void a_cleared_node_leaves_nothing(void **state)
{
    struct bench *b = *state;

    bench_fill(b, 1);
    bench_write(b);
    assert_false(is_empty(b));
    assert_int_equal(store_clear(b->writer, &b->port), USHER_OK);
    assert_true(is_empty(b));
    assert_int_equal(bench_read(b), USHER_E_NOT_FOUND);
}

/* Whatever a cut in clearing leaves: a start removes it, and so does a new node without a start. */
static void remains_never_mix_with_a_new_node(void **state)
{
    struct bench *b = *state;
    bool cut = true;

    for (unsigned n = 1; cut; n++) {
        for (unsigned start = 0; start < 2; start++) {
            nodes_stop(&b->all->node[0]);
            nodes_start(&b->all->node[0]);
            bench_fill(b, n);
            bench_write(b);
            flash_cut(&b->flash, n, FLASH_CUT_DURING);
            (void)store_clear(b->writer, &b->port);
            cut = flash_off(&b->flash);
            bench_reopen(b);
            if (start != 0) {
                enum usher_err err = store_load(b->reader, &b->port, BENCH_NOW);

                assert_true(err == USHER_E_NOT_FOUND ? is_empty(b) : cut && err == USHER_OK);
            }
            bench_fill_little(b);
            bench_write(b);
            assert_int_equal(bench_read(b), USHER_OK);
            bench_same_node(b->writer, b->reader);
        }
    }
}

/* Nothing refers to a key that is not there. */
static void no_orphans(const struct usher_mesh *m)
{
    const struct usher_keys *k = &m->net.keys;

    for (unsigned i = 0; access_each(m, i) != NULL; i++) {
        const struct usher_model *model = access_each(m, i);

        for (unsigned j = 0; j < USHER_BINDINGS; j++) {
            uint16_t binding = model->bindings[j];

            assert_true(binding == 0 || keys_appkey(k, (uint16_t)(binding - 1)) != NULL);
        }
        assert_true(model->publication.address == 0 ||
                    keys_appkey(k, model->publication.key) != NULL);
    }
    assert_true(m->net.heartbeat.pub_dst == 0 ||
                keys_subnet(k, m->net.heartbeat.pub_net_index) != NULL);
}

/* A deletion that power ended between two records is completed when the node is loaded. */
static void references_to_keys_that_are_gone_go_too(void **state)
{
    struct bench *b = *state;
    struct usher_keys *k = &b->writer->net.keys;
    uint8_t subnets[USHER_RECORD_MAX], appkeys[USHER_RECORD_MAX];
    size_t subnets_len, appkeys_len;
    uint16_t index;

    bench_fill(b, 3);
    index = k->appkeys[0].index;
    access_each(b->writer, 2)->bindings[0] = (uint16_t)(index + 1);
    access_each(b->writer, 3)->publication =
        (struct usher_publication){ .address = 0xC000, .key = index };
    bench_write(b);
    b->writer->net.heartbeat.pub_net_index = k->subnets[1].index;
    b->writer->dirty = USHER_DIRTY_SETTINGS;
    bench_write(b);

    usher_flashlog_get(&b->log, RECORD_SUBNETS, subnets, sizeof(subnets), &subnets_len);
    usher_flashlog_get(&b->log, RECORD_APPKEYS, appkeys, sizeof(appkeys), &appkeys_len);

    bench_success(keys_appkey_delete(k, b->writer->net.crypto, k->appkeys[0].net_index, index));
    bench_success(keys_subnet_delete(k, b->writer->net.crypto, k->subnets[1].index));
    b->writer->dirty = USHER_DIRTY_SUBNETS;
    assert_int_equal(store_flush(b->writer, &b->port, BENCH_NOW), USHER_OK);
    b->writer->dirty = USHER_DIRTY_APPKEYS;
    assert_int_equal(store_flush(b->writer, &b->port, BENCH_NOW), USHER_OK);

    assert_int_equal(bench_read(b), USHER_OK);
    bench_same_keys(k, &b->reader->net.keys);
    no_orphans(b->reader);

    /* That is stored: when the keys come back, what hung on the old ones does not. */
    assert_int_equal(usher_flashlog_set(&b->log, RECORD_SUBNETS, subnets, subnets_len), USHER_OK);
    assert_int_equal(usher_flashlog_set(&b->log, RECORD_APPKEYS, appkeys, appkeys_len), USHER_OK);
    assert_int_equal(bench_read(b), USHER_OK);
    assert_false(access_bound(access_each(b->reader, 2), index));
    assert_int_equal(access_each(b->reader, 3)->publication.address, 0);
    assert_int_equal(b->reader->net.heartbeat.pub_dst, 0);
}

static void a_revoked_key_is_revoked_for_all(void **state)
{
    struct bench *b = *state;
    struct usher_keys *k = &b->writer->net.keys;

    bench_fill(b, 4);
    bench_write(b);
    bench_success(keys_refresh(k, b->writer->net.crypto, 6, 3));
    b->writer->dirty = USHER_DIRTY_SUBNETS; /* and then power fails */
    assert_int_equal(store_flush(b->writer, &b->port, BENCH_NOW), USHER_OK);
    assert_int_equal(bench_read(b), USHER_OK);
    bench_same_keys(k, &b->reader->net.keys);
}

/* -- what this node cannot have written -------------------------------------------------------- */

/* Loads, and sees that nothing was written. */
static enum usher_err refused(struct bench *b)
{
    unsigned long operations;

    bench_reopen(b);
    operations = b->flash.operations;
    enum usher_err err = store_load(b->reader, &b->port, BENCH_NOW);

    assert_int_equal(b->flash.operations, operations);
    assert_int_equal(b->reader->net.address, 0);
    return err;
}

/* An AppKey would open the Configuration Server. */
static void foundation_models_are_never_configured(void **state)
{
    struct bench *b = *state;
    struct usher_model *model = &b->all->node[0].config_server.model;

    bench_fill(b, 6);
    assert_ptr_equal(access_each(b->writer, 0), model);
    model->bindings[0] = (uint16_t)(b->writer->net.keys.appkeys[0].index + 1);
    bench_write(b);
    assert_int_equal(refused(b), USHER_E_DATA);
    model->bindings[0] = 0;
    model->subscriptions[0].address = 0xC000;
    model->dirty = true;
    b->writer->dirty = USHER_DIRTY_MODELS;
    bench_write(b);
    assert_int_equal(refused(b), USHER_E_DATA);
    model->subscriptions[0].address = 0;
    model->publication = (struct usher_publication){ .address = 0xC000,
                                                     .key = b->writer->net.keys.appkeys[0].index };
    model->dirty = true;
    b->writer->dirty = USHER_DIRTY_MODELS;
    bench_write(b);
    assert_int_equal(refused(b), USHER_E_DATA);
    model->publication.address = 0;
    model->dirty = true;
    b->writer->dirty = USHER_DIRTY_MODELS;
    bench_write(b);
    assert_int_equal(bench_read(b), USHER_OK);
}

/* Each record gone, shorter, longer, of another format. */
static void damaged_records_are_refused(void **state)
{
    struct bench *b = *state;
    unsigned tried = 0;

    bench_fill(b, 5);
    bench_write(b);
    for (unsigned n = 0; n < RECORDS; n++) {
        uint8_t buf[USHER_RECORD_MAX + 1] = { 0 };
        uint16_t key;
        size_t len = 0;

        if (any_record(b, n, &key) != USHER_OK) {
            continue;
        }
        assert_int_equal(usher_flashlog_get(&b->log, key, buf, sizeof(buf), &len), USHER_OK);
        tried++;
        if (key >= RECORD_NODE && key < RECORD_APPKEYS && key != RECORD_NODE) {
            assert_int_equal(usher_flashlog_del(&b->log, key), USHER_OK);
            assert_int_equal(refused(b), USHER_E_DATA);
        }
        assert_int_equal(usher_flashlog_set(&b->log, key, buf, len - 1), USHER_OK);
        assert_int_equal(refused(b), USHER_E_DATA);
        assert_int_equal(usher_flashlog_set(&b->log, key, buf, len + 1), USHER_OK);
        enum usher_err err = refused(b); /* in a full table: an entry too many */
        assert_true(err == USHER_E_DATA || err == USHER_E_NO_MEM);
        buf[0]++;
        assert_int_equal(usher_flashlog_set(&b->log, key, buf, len), USHER_OK);
        assert_int_equal(refused(b), USHER_E_DATA);
        buf[0]--;
        assert_int_equal(usher_flashlog_set(&b->log, key, buf, len), USHER_OK);
    }
    assert_true(tried > 15);
    assert_int_equal(bench_read(b), USHER_OK);
    bench_same_node(b->writer, b->reader);
}

/* Doubles the first entry of a record, which is all of it but the format. */
static void double_entry(struct bench *b, uint16_t key)
{
    uint8_t buf[USHER_RECORD_MAX];
    size_t len;

    assert_int_equal(usher_flashlog_get(&b->log, key, buf, sizeof(buf), &len), USHER_OK);
    memcpy(buf + len, buf + 1, len - 1);
    assert_int_equal(usher_flashlog_set(&b->log, key, buf, 2 * len - 1), USHER_OK);
    assert_int_equal(refused(b), USHER_E_DATA);
    assert_int_equal(usher_flashlog_set(&b->log, key, buf, len), USHER_OK);
}

static void a_key_is_there_once(void **state)
{
    struct bench *b = *state;
    struct usher_keys *k = &b->writer->net.keys;

    bench_fill_little(b);
    bench_success(keys_appkey_add(k, b->writer->net.crypto, 0, 3, nodes_key(1)));
    bench_write(b);
    double_entry(b, RECORD_SUBNETS);
    double_entry(b, RECORD_APPKEYS);
    assert_int_equal(bench_read(b), USHER_OK);
    bench_same_node(b->writer, b->reader);
}

static void a_record_has_its_places_alone(void **state)
{
    struct bench *b = *state;
    uint8_t buf[USHER_RECORD_MAX];
    size_t len;

    bench_fill_little(b);
    for (uint16_t i = 0; i < RECORD_REPLAY_EACH; i++) {
        assert_true(rpl_accept(&b->writer->net.rpl, (uint16_t)(1 + i), 0, 1));
    }
    bench_write(b);
    assert_int_equal(usher_flashlog_get(&b->log, RECORD_REPLAY, buf, sizeof(buf), &len), USHER_OK);
    memcpy(buf + len, buf + 1, 9);
    assert_int_equal(usher_flashlog_set(&b->log, RECORD_REPLAY, buf, len + 9), USHER_OK);
    assert_int_equal(refused(b), USHER_E_DATA);
}

static enum usher_err too_long(void *ctx, uint16_t key, uint8_t *buf, size_t size, size_t *len)
{
    (void)ctx;
    (void)key;
    (void)buf;
    (void)size;
    (void)len;
    return USHER_E_SIZE;
}

static void a_record_that_is_too_long_is_refused(void **state)
{
    struct bench *b = *state;

    b->port.kv_get = too_long;
    assert_int_equal(refused(b), USHER_E_DATA);
}

/* Any octet of any record may be anything: what is accepted could have been written. */
static void whatever_is_accepted_can_be_written_again(void **state)
{
    struct bench *b = *state;
    struct rng r = rng_make(1, 1);
    unsigned accepted = 0, rounds = 600;

    bench_fill(b, 6);
    bench_write(b);
    for (unsigned i = 0; i < rounds; i++) {
        uint8_t buf[USHER_RECORD_MAX], mutated[USHER_RECORD_MAX];
        uint16_t key;
        size_t len = 0;

        while (any_record(b, rng_below(&r, RECORDS), &key) != USHER_OK) {
        }
        assert_int_equal(usher_flashlog_get(&b->log, key, buf, sizeof(buf), &len), USHER_OK);
        memcpy(mutated, buf, len);
        mutated[1 + rng_below(&r, (uint32_t)len - 1)] = (uint8_t)rng_next(&r);
        assert_int_equal(usher_flashlog_set(&b->log, key, mutated, len), USHER_OK);
        if (bench_read(b) == USHER_OK) {
            accepted++;
            b->reader->dirty = USHER_DIRTY_SUBNETS | USHER_DIRTY_APPKEYS | USHER_DIRTY_IV |
                               USHER_DIRTY_SETTINGS | USHER_DIRTY_MODELS;
            for (unsigned m = 0; access_each(b->reader, m) != NULL; m++) {
                access_each(b->reader, m)->dirty = true;
            }
            assert_int_equal(store_flush(b->reader, &b->port, BENCH_NOW), USHER_OK);
        }
        /* What went with a key that was changed is back for the next round. */
        b->writer->dirty = USHER_DIRTY_NODE;
        for (uint16_t place = 0; place < b->writer->net.rpl.size; place++) {
            b->writer->net.rpl.entries[place].dirty = true;
        }
        bench_write(b);
    }
    assert_true(accepted > rounds / 10 && accepted < rounds);
}

static void a_node_of_another_composition_is_refused(void **state)
{
    struct bench *b = *state;
    struct usher_model *model;
    uint8_t buf[USHER_RECORD_MAX];
    size_t len;
    unsigned last = 0;

    bench_fill(b, 7);
    bench_write(b);
    bench_reopen(b);
    model = access_each(b->reader, 1);
    model->id++;
    assert_int_equal(store_load(b->reader, &b->port, BENCH_NOW), USHER_E_DATA);
    model->id--;
    bench_reopen(b);
    b->reader->net.elements++;
    assert_int_equal(store_load(b->reader, &b->port, BENCH_NOW), USHER_E_DATA);
    bench_reopen(b);
    b->reader->net.features = 0; /* it was one that relays */
    assert_int_equal(store_load(b->reader, &b->port, BENCH_NOW), USHER_E_DATA);

    /* One model less in storage, or one more. */
    while (access_each(b->reader, last + 1) != NULL) {
        last++;
    }
    uint16_t key = (uint16_t)(RECORD_MODELS + last);
    assert_int_equal(usher_flashlog_get(&b->log, key, buf, sizeof(buf), &len), USHER_OK);
    assert_int_equal(usher_flashlog_set(&b->log, (uint16_t)(key + 1), buf, len), USHER_OK);
    assert_int_equal(refused(b), USHER_E_NO_MEM);
    assert_int_equal(usher_flashlog_del(&b->log, (uint16_t)(key + 1)), USHER_OK);
    assert_int_equal(usher_flashlog_del(&b->log, key), USHER_OK);
    assert_int_equal(refused(b), USHER_E_DATA);
}

static void what_does_not_fit_is_refused(void **state)
{
    struct bench *b = *state;

    bench_fill(b, 8);
    bench_write(b);
    bench_reopen(b);
    b->reader->net.keys.subnet_count--;
    assert_int_equal(store_load(b->reader, &b->port, BENCH_NOW), USHER_E_NO_MEM);
    bench_reopen(b);
    b->reader->net.keys.appkey_count--;
    assert_int_equal(store_load(b->reader, &b->port, BENCH_NOW), USHER_E_NO_MEM);
    for (uint16_t size = 0; size < b->writer->net.rpl.size; size = (uint16_t)(size + 21)) {
        bench_reopen(b);
        b->reader->net.rpl.size = size;
        assert_int_equal(store_load(b->reader, &b->port, BENCH_NOW), USHER_E_NO_MEM);
    }

    /* A shorter list will do once the places at its end have become free. */
    rpl_remove(&b->writer->net.rpl, (uint16_t)(0x7FFF - b->writer->net.rpl.size + 1), 50);
    bench_write(b);
    bench_reopen(b);
    b->reader->net.rpl.size = (uint16_t)(b->writer->net.rpl.size - 50);
    assert_int_equal(store_load(b->reader, &b->port, BENCH_NOW), USHER_OK);
}

static void a_storage_that_fails_is_told(void **state)
{
    struct bench *b = *state;

    bench_fill(b, 9);
    bench_write(b);
    bench_reopen(b);
    flash_cut(&b->flash, 1, FLASH_CUT_BEFORE);
    assert_int_not_equal(store_clear(b->writer, &b->port), USHER_OK);
    assert_int_equal(store_load(b->reader, &b->port, BENCH_NOW), USHER_E_INTERNAL);
    assert_int_equal(bench_read(b), USHER_OK);
    bench_same_node(b->writer, b->reader);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, bench_set_up, bench_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_cleared_node_leaves_nothing),
        TEST(remains_never_mix_with_a_new_node),
        TEST(references_to_keys_that_are_gone_go_too),
        TEST(a_revoked_key_is_revoked_for_all),
        TEST(foundation_models_are_never_configured),
        TEST(damaged_records_are_refused),
        TEST(a_key_is_there_once),
        TEST(a_record_has_its_places_alone),
        TEST(a_record_that_is_too_long_is_refused),
        TEST(whatever_is_accepted_can_be_written_again),
        TEST(a_node_of_another_composition_is_refused),
        TEST(what_does_not_fit_is_refused),
        TEST(a_storage_that_fails_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
