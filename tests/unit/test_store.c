/*
 * A node's records (src/store): what is written is read by another node of the same composition,
 * and nothing else is: damaged, foreign and left-over records. Power cuts in the life of a node are
 * in tests/power.
 */
#include "flash.h"
#include "iv.h"
#include "keys.h"
#include "model.h"
#include "nodes.h"
#include "records.h"
#include "rpl.h"
#include "store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HOUR 3600000ull
#define MINUTE 60000ull
#define NOW (200 * HOUR)
#define ADDRESS 0x0101u
#define RECORDS 64u /* more than a node has here */

struct bench {
    struct nodes *all;
    struct usher_mesh *writer, *reader;
    struct flash flash;
    struct usher_flashlog log;
    struct usher_port port;
};

/* Storage as it is found when power comes, and a reader that knows nothing. */
static void reopen(struct bench *b)
{
    struct node *node = &b->all->node[1];

    flash_on(&b->flash);
    flash_cut(&b->flash, 0, FLASH_CUT_BEFORE);
    assert_int_equal(usher_flashlog_open(&b->log, &b->flash.flash), USHER_OK);
    nodes_stop(node);
    nodes_start(node);
}

static int set_up(void **state)
{
    struct nodes_config config = { .count = 2, .seed = 1, .features = USHER_FEATURE_RELAY };
    struct bench *b = calloc(1, sizeof(*b));

    if (b == NULL || !flash_init(&b->flash, 8192, 2, 4)) {
        return -1;
    }
    b->all = nodes_new(&config);
    b->writer = &b->all->node[0].mesh;
    b->reader = &b->all->node[1].mesh;
    b->port = b->all->node[0].port.port;
    b->port.kv_ctx = &b->log;
    b->port.kv_get = usher_flashlog_get;
    b->port.kv_set = usher_flashlog_set;
    b->port.kv_del = usher_flashlog_del;
    reopen(b);
    *state = b;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *b = *state;
    bool misused = b->flash.misuses != 0;

    nodes_free(b->all);
    flash_deinit(&b->flash);
    free(b);
    return misused;
}

/* -- a node with everything -------------------------------------------------------------------- */

static void random_key(struct rng *r, uint8_t key[USHER_KEY_SIZE])
{
    for (unsigned i = 0; i < USHER_KEY_SIZE; i++) {
        key[i] = (uint8_t)rng_next(r);
    }
}

static void success(enum usher_status status)
{
    assert_int_equal(status, USHER_STATUS_SUCCESS);
}

/* Subnets in every phase, AppKeys with and without a new key, and all places in use but one. */
static void fill_keys(struct usher_mesh *m, struct rng *r)
{
    struct usher_keys *k = &m->net.keys;
    const struct usher_crypto *c = m->net.crypto;
    uint8_t key[USHER_KEY_SIZE];

    for (uint16_t i = 0; i < k->subnet_count; i++) {
        random_key(r, key);
        success(keys_subnet_add(k, c, (uint16_t)(i * 3), key));
        if (i % 3 > 0) {
            random_key(r, key);
            success(keys_subnet_update(k, c, (uint16_t)(i * 3), key));
        }
    }
    for (uint16_t i = 0; i < k->appkey_count; i++) {
        uint16_t net_index = k->subnets[i % 3].index;

        random_key(r, key);
        success(keys_appkey_add(k, c, net_index, (uint16_t)(0x0FFF - i), key));
        if (i % 3 > 0 && i > 3) {
            random_key(r, key);
            success(keys_appkey_update(k, c, net_index, (uint16_t)(0x0FFF - i), key));
        }
    }
    success(keys_refresh(k, c, 6, 2));
    success(keys_appkey_delete(k, c, k->appkeys[1].net_index, k->appkeys[1].index));
    random_key(r, k->device_key);
}

static uint16_t random_app_index(const struct usher_mesh *m, struct rng *r)
{
    const struct usher_appkey *a;

    do {
        a = &m->net.keys.appkeys[rng_below(r, m->net.keys.appkey_count)];
    } while (!a->used);
    return a->index;
}

static void fill_model(struct usher_model *model, struct rng *r)
{
    unsigned bindings = rng_below(r, USHER_BINDINGS + 1);
    unsigned subscriptions = rng_below(r, USHER_SUBSCRIPTIONS + 1);
    struct usher_publication *p = &model->publication;

    for (unsigned i = 0; i < bindings; i++) {
        model->bindings[i] = (uint16_t)(random_app_index(model->mesh, r) + 1);
    }
    for (unsigned i = 0; i < subscriptions; i++) {
        model->subscriptions[i].address = (uint16_t)(0xC000 + rng_below(r, 1000));
        if (rng_chance(r, 50)) {
            model->subscriptions[i].address = (uint16_t)(0x8000 + rng_below(r, 0x4000));
            random_key(r, model->subscriptions[i].label);
        }
    }
    if (rng_chance(r, 70)) {
        p->address = (uint16_t)(1 + rng_below(r, 0xFFFF));
        p->key = random_app_index(model->mesh, r);
        p->ttl = rng_chance(r, 50) ? 0xFF : (uint8_t)rng_below(r, 0x80);
        p->period = (uint8_t)rng_next(r);
        p->retransmit = (uint8_t)rng_next(r);
        if (usher_is_virtual(p->address)) {
            random_key(r, p->label);
        }
    }
    model->period_divisor = (uint8_t)rng_below(r, 16);
}

static void fill_settings(struct usher_net *n, struct rng *r)
{
    n->default_ttl = 9;
    n->relay = 1;
    n->beacon = 0;
    n->private_beacon = 1;
    n->private_interval = 7;
    n->net_transmit = (uint8_t)rng_next(r);
    n->relay_retransmit = (uint8_t)rng_next(r);
    n->sar = (struct usher_sar_config){ 15, 14, 13, 12, 11, 10, 9, 31, 7, 6, 5, 3 };
    n->heartbeat.pub_dst = 0xC123;
    n->heartbeat.pub_count = 0xFFFF;
    n->heartbeat.pub_period_log = 0x11;
    n->heartbeat.pub_ttl = 0x7F;
    n->heartbeat.pub_features = USHER_FEATURE_RELAY;
    n->heartbeat.pub_net_index = 3;
}

static void fill_iv(struct usher_iv *iv)
{
    iv->index = 0x01020304;
    iv->updating = true;
    iv->since = NOW - 95 * HOUR;
    iv->recovered_at = NOW - 150 * HOUR;
}

static void fill(struct bench *b, uint64_t seed)
{
    struct usher_mesh *m = b->writer;
    struct rng r = rng_make(seed, 0);

    fill_keys(m, &r);
    for (unsigned i = 0; access_each(m, i) != NULL; i++) {
        fill_model(access_each(m, i), &r);
    }
    fill_settings(&m->net, &r);
    fill_iv(&m->net.iv);
    for (uint16_t i = 0; i < m->net.rpl.size; i++) {
        assert_true(rpl_accept(&m->net.rpl, (uint16_t)(0x7FFF - i), i & 1 ? UINT32_MAX : i,
                               rng_below(&r, USHER_SEQ_MAX + 1)));
    }
    m->net.address = ADDRESS;
    m->dirty = USHER_DIRTY_NODE;
}

/* A small node, of other keys. */
static void fill_little(struct bench *b)
{
    struct usher_mesh *m = b->writer;

    nodes_stop(&b->all->node[0]);
    nodes_start(&b->all->node[0]);
    success(keys_subnet_add(&m->net.keys, m->net.crypto, 0, nodes_key(0x77)));
    m->net.address = 0x0202;
    m->dirty = USHER_DIRTY_NODE;
}

static void write_all(struct bench *b)
{
    assert_int_equal(store_flush(b->writer, &b->port, NOW), USHER_OK);
    assert_int_equal(store_flush_rpl(b->writer, &b->port), USHER_OK);
    assert_int_equal(b->writer->dirty, 0);
}

static enum usher_err read_all(struct bench *b)
{
    reopen(b);
    return store_load(b->reader, &b->port, NOW);
}

/* -- comparison -------------------------------------------------------------------------------- */

static void same_keys(const struct usher_keys *a, const struct usher_keys *b)
{
    assert_memory_equal(a->device_key, b->device_key, sizeof(a->device_key));
    for (uint16_t i = 0; i < a->subnet_count; i++) {
        const struct usher_subnet *s = &a->subnets[i], *t = &b->subnets[i];

        assert_int_equal(s->used, t->used);
        assert_int_equal(s->phase, t->phase);
        assert_int_equal(s->index, t->index);
        assert_memory_equal(s->key, t->key, (s->phase != 0 ? 2 : 1) * sizeof(s->key[0]));
    }
    assert_memory_equal(a->appkeys, b->appkeys, a->appkey_count * sizeof(a->appkeys[0]));
}

static void same_model(const struct usher_model *a, const struct usher_model *b)
{
    assert_memory_equal(a->bindings, b->bindings, sizeof(a->bindings));
    assert_memory_equal(a->subscriptions, b->subscriptions, sizeof(a->subscriptions));
    assert_memory_equal(&a->publication, &b->publication, sizeof(a->publication));
    assert_int_equal(a->period_divisor, b->period_divisor);
}

static void same_settings(const struct usher_net *a, const struct usher_net *b)
{
    assert_int_equal(a->default_ttl, b->default_ttl);
    assert_int_equal(a->relay, b->relay);
    assert_int_equal(a->beacon, b->beacon);
    assert_int_equal(a->private_beacon, b->private_beacon);
    assert_int_equal(a->private_interval, b->private_interval);
    assert_int_equal(a->net_transmit, b->net_transmit);
    assert_int_equal(a->relay_retransmit, b->relay_retransmit);
    assert_memory_equal(&a->sar, &b->sar, sizeof(a->sar));
    assert_memory_equal(&a->heartbeat, &b->heartbeat, sizeof(a->heartbeat));
}

static void same_node(const struct usher_mesh *a, const struct usher_mesh *b)
{
    assert_int_equal(a->net.address, b->net.address);
    same_keys(&a->net.keys, &b->net.keys);
    for (unsigned i = 0; access_each(a, i) != NULL; i++) {
        same_model(access_each(a, i), access_each(b, i));
    }
    same_settings(&a->net, &b->net);
    assert_int_equal(a->net.iv.index, b->net.iv.index);
    assert_int_equal(a->net.iv.updating, b->net.iv.updating);
    assert_int_equal(a->net.iv.fresh, b->net.iv.fresh);
    for (uint16_t i = 0; i < a->net.rpl.size; i++) {
        const struct usher_rpl_entry *e = &a->net.rpl.entries[i], *f = &b->net.rpl.entries[i];

        assert_int_equal(e->src, f->src);
        assert_int_equal(e->iv_index, f->iv_index);
        assert_int_equal(e->seq, f->seq);
        assert_true(f->sar_from >= e->sar_from);
        assert_false(f->dirty);
    }
}

/* -- what is written is read ------------------------------------------------------------------- */

static void everything_comes_back(void **state)
{
    struct bench *b = *state;

    for (uint64_t seed = 1; seed <= 10; seed++) {
        nodes_stop(&b->all->node[0]);
        nodes_start(&b->all->node[0]);
        fill(b, seed);
        write_all(b);
        assert_int_equal(read_all(b), USHER_OK);
        same_node(b->writer, b->reader);
        assert_int_equal(b->reader->dirty, 0);
    }
}

static void what_has_not_changed_is_not_written(void **state)
{
    struct bench *b = *state;
    unsigned long operations;

    fill(b, 1);
    write_all(b);
    operations = b->flash.operations;
    b->writer->dirty = USHER_DIRTY_SUBNETS | USHER_DIRTY_APPKEYS | USHER_DIRTY_IV |
                       USHER_DIRTY_SETTINGS | USHER_DIRTY_MODELS;
    access_each(b->writer, 0)->dirty = true;
    write_all(b);
    assert_int_equal(b->flash.operations, operations);
    assert_int_equal(read_all(b), USHER_OK);
    assert_int_equal(b->flash.operations, operations);
}

static void what_could_not_be_written_stays_dirty(void **state)
{
    struct bench *b = *state;
    struct usher_model *model;
    struct usher_rpl_entry *e;

    fill(b, 1);
    write_all(b);
    model = access_each(b->writer, 2);
    model->period_divisor ^= 1;
    model->dirty = true;
    b->writer->net.default_ttl = 11;
    b->writer->dirty = USHER_DIRTY_MODELS | USHER_DIRTY_SETTINGS;
    e = &b->writer->net.rpl.entries[20];
    assert_true(rpl_accept(&b->writer->net.rpl, e->src, UINT32_MAX, USHER_SEQ_MAX));

    flash_cut(&b->flash, 1, FLASH_CUT_BEFORE);
    assert_int_not_equal(store_flush(b->writer, &b->port, NOW), USHER_OK);
    assert_int_equal(b->writer->dirty, USHER_DIRTY_MODELS | USHER_DIRTY_SETTINGS);
    assert_true(model->dirty);
    assert_int_not_equal(store_flush_rpl(b->writer, &b->port), USHER_OK);
    assert_true(e->dirty);
    flash_on(&b->flash);
    write_all(b);
    assert_false(model->dirty || e->dirty);
    assert_int_equal(read_all(b), USHER_OK);
    same_node(b->writer, b->reader);
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

    fill_little(b);
    fill_iv(&b->writer->net.iv);
    memset(b->writer->net.keys.device_key, 0xAA, USHER_KEY_SIZE);
    assert_int_equal(store_reserve_seq(b->writer, &b->port), USHER_OK);
    assert_true(rpl_accept(&b->writer->net.rpl, 0x1111, 5, 1));
    assert_true(rpl_accept(&b->writer->net.rpl, 0x1234, 5, 9));
    rpl_remove(&b->writer->net.rpl, 0x1111, 1);
    write_all(b);
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
    fill(b, 1);
    assert_int_equal(store_flush(b->writer, &b->port, NOW), USHER_OK);
    assert_int_equal(b->writer->dirty, 0);
    assert_int_equal(store_flush_rpl(b->writer, &b->port), USHER_OK);
    assert_int_equal(store_reserve_seq(b->writer, &b->port), USHER_OK);
    assert_int_equal(b->writer->net.iv.seq_reserved, USHER_SEQ_BLOCK);
    assert_int_equal(store_load(b->reader, &b->port, NOW), USHER_E_NOT_FOUND);
    assert_int_equal(store_clear(b->writer, &b->port), USHER_OK);
    assert_int_equal(b->flash.operations, 0);
}

/* -- IV Index, sequence numbers, replay list --------------------------------------------------- */

static void numbers_are_reserved_before_they_are_used(void **state)
{
    struct bench *b = *state;
    struct usher_iv *iv = &b->writer->net.iv;

    fill(b, 1);
    write_all(b);
    assert_int_equal(store_reserve_seq(b->writer, &b->port), USHER_OK);
    assert_int_equal(iv->seq_reserved, USHER_SEQ_BLOCK);
    assert_int_equal(store_reserve_seq(b->writer, &b->port), USHER_OK);
    assert_int_equal(iv->seq_reserved, 2 * USHER_SEQ_BLOCK);
    assert_int_equal(iv->seq, 0);
    assert_int_equal(read_all(b), USHER_OK);
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

    fill(b, 1);
    iv->seq_reserved = USHER_SEQ_MAX - 10;
    write_all(b);
    assert_int_equal(store_reserve_seq(b->writer, &b->port), USHER_OK);
    assert_int_equal(iv->seq_reserved, USHER_SEQ_MAX + 1);
    assert_int_equal(store_reserve_seq(b->writer, &b->port), USHER_E_RESOURCES);
    assert_int_equal(iv->seq_reserved, USHER_SEQ_MAX + 1);
    assert_int_equal(read_all(b), USHER_OK);
    assert_int_equal(b->reader->net.iv.seq, USHER_SEQ_MAX + 1);
}

/* A reserve is one for the IV Index that it was made for, whichever was stored first. */
static void another_iv_index_has_its_own_reserve(void **state)
{
    struct bench *b = *state;
    struct usher_iv *iv = &b->writer->net.iv;

    fill(b, 1);
    write_all(b);
    assert_int_equal(store_reserve_seq(b->writer, &b->port), USHER_OK);
    assert_true(iv_update_end(iv, NOW + HOUR, false));
    assert_int_equal(iv->seq_reserved, 0);

    assert_int_equal(read_all(b), USHER_OK); /* not stored yet */
    assert_true(b->reader->net.iv.updating);
    assert_int_equal(b->reader->net.iv.seq, USHER_SEQ_BLOCK);

    assert_int_equal(store_reserve_seq(b->writer, &b->port), USHER_OK); /* nor flushed */
    assert_int_equal(read_all(b), USHER_OK);
    assert_false(b->reader->net.iv.updating);
    assert_int_equal(b->reader->net.iv.seq, USHER_SEQ_BLOCK);
}

/* Time goes on from the age that was stored, on a clock that has just begun. */
static void ages_survive_a_restart(void **state)
{
    struct bench *b = *state;
    struct usher_iv *iv = &b->reader->net.iv;

    fill(b, 1);
    b->writer->net.iv.since -= MINUTE / 2; /* rounded down */
    write_all(b);
    reopen(b);
    assert_int_equal(store_load(b->reader, &b->port, 5), USHER_OK);
    assert_true(5 - iv->since == 95 * HOUR);
    assert_true(5 - iv->recovered_at == 150 * HOUR);
    assert_true(iv_deadline(iv) == 5 + HOUR);
    assert_false(iv_update_end(iv, 5 + HOUR - 1, false));
    assert_true(iv_update_end(iv, 5 + HOUR, false));

    b->writer->net.iv.recovered_at = 0;
    b->writer->net.iv.since = NOW - 400000 * HOUR; /* as long as is kept */
    b->writer->dirty = USHER_DIRTY_IV;
    write_all(b);
    reopen(b);
    assert_int_equal(store_load(b->reader, &b->port, 5), USHER_OK);
    assert_true(5 - iv->since == 0xFFFFFF * MINUTE);
    assert_int_equal(iv->recovered_at, 0);
}

static void a_recovery_just_now_is_not_forgotten(void **state)
{
    struct bench *b = *state;

    fill(b, 1);
    b->writer->net.iv.recovered_at = NOW;
    write_all(b);
    reopen(b);
    assert_int_equal(store_load(b->reader, &b->port, 0), USHER_OK);
    assert_int_not_equal(b->reader->net.iv.recovered_at, 0);
}

static void the_replay_list_is_written_by_records(void **state)
{
    struct bench *b = *state;
    struct usher_rpl *r = &b->writer->net.rpl;
    unsigned long operations;

    fill(b, 1);
    write_all(b);
    operations = b->flash.operations;
    write_all(b);
    assert_int_equal(b->flash.operations, operations);

    rpl_remove(r, (uint16_t)(0x7FFF - 40), 30); /* and 10 to 39 are free */
    assert_true(rpl_accept(r, 7, 8, 9));
    write_all(b);
    assert_int_equal(read_all(b), USHER_OK);
    same_node(b->writer, b->reader);
    assert_int_equal(rpl_check(&b->reader->net.rpl, 7, 8, 9), RPL_REPLAY);
    assert_int_equal(rpl_check(&b->reader->net.rpl, 7, 8, 10), RPL_NEW);

    rpl_remove(r, 1, 0x7FFF);
    write_all(b);
    assert_int_equal(read_all(b), USHER_OK);
    same_node(b->writer, b->reader);
}

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

    fill(b, 1);
    write_all(b);
    assert_false(is_empty(b));
    assert_int_equal(store_clear(b->writer, &b->port), USHER_OK);
    assert_true(is_empty(b));
    assert_int_equal(read_all(b), USHER_E_NOT_FOUND);
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
            fill(b, n);
            write_all(b);
            flash_cut(&b->flash, n, FLASH_CUT_DURING);
            (void)store_clear(b->writer, &b->port);
            cut = flash_off(&b->flash);
            reopen(b);
            if (start != 0) {
                enum usher_err err = store_load(b->reader, &b->port, NOW);

                assert_true(err == USHER_E_NOT_FOUND ? is_empty(b) : cut && err == USHER_OK);
            }
            fill_little(b);
            write_all(b);
            assert_int_equal(read_all(b), USHER_OK);
            same_node(b->writer, b->reader);
        }
    }
}

/* A deletion that power ended between two records is completed when the node is loaded. */
static void references_to_keys_that_are_gone_go_too(void **state)
{
    struct bench *b = *state;
    struct usher_keys *k = &b->writer->net.keys;
    uint16_t index;
    unsigned long operations;

    fill(b, 3);
    index = k->appkeys[0].index;
    access_each(b->writer, 0)->bindings[0] = (uint16_t)(index + 1);
    access_each(b->writer, 1)->publication =
        (struct usher_publication){ .address = 0xC000, .key = index };
    write_all(b);
    b->writer->net.heartbeat.pub_net_index = k->subnets[1].index;
    b->writer->dirty = USHER_DIRTY_SETTINGS;
    write_all(b);

    success(keys_appkey_delete(k, b->writer->net.crypto, k->appkeys[0].net_index, index));
    success(keys_subnet_delete(k, b->writer->net.crypto, k->subnets[1].index));
    b->writer->dirty = USHER_DIRTY_SUBNETS;
    assert_int_equal(store_flush(b->writer, &b->port, NOW), USHER_OK);
    b->writer->dirty = USHER_DIRTY_APPKEYS;
    assert_int_equal(store_flush(b->writer, &b->port, NOW), USHER_OK);

    assert_int_equal(read_all(b), USHER_OK);
    same_keys(k, &b->reader->net.keys);
    for (unsigned i = 0; access_each(b->reader, i) != NULL; i++) {
        const struct usher_model *model = access_each(b->reader, i);

        for (unsigned j = 0; j < USHER_BINDINGS; j++) {
            assert_true(model->bindings[j] == 0 ||
                        keys_appkey(&b->reader->net.keys, (uint16_t)(model->bindings[j] - 1)));
        }
        assert_true(model->publication.address == 0 ||
                    keys_appkey(&b->reader->net.keys, model->publication.key) != NULL);
    }
    assert_int_equal(access_each(b->reader, 1)->publication.address, 0);
    assert_int_equal(b->reader->net.heartbeat.pub_dst, 0);

    operations = b->flash.operations; /* and that is stored */
    assert_int_equal(read_all(b), USHER_OK);
    assert_int_equal(b->flash.operations, operations);
}

static void a_revoked_key_is_revoked_for_all(void **state)
{
    struct bench *b = *state;
    struct usher_keys *k = &b->writer->net.keys;

    fill(b, 4);
    write_all(b);
    success(keys_refresh(k, b->writer->net.crypto, 6, 3));
    b->writer->dirty = USHER_DIRTY_SUBNETS; /* and then power fails */
    assert_int_equal(store_flush(b->writer, &b->port, NOW), USHER_OK);
    assert_int_equal(read_all(b), USHER_OK);
    same_keys(k, &b->reader->net.keys);
}

/* -- what this node cannot have written -------------------------------------------------------- */

/* Loads, and sees that nothing was written. */
static enum usher_err refused(struct bench *b)
{
    unsigned long operations;

    reopen(b);
    operations = b->flash.operations;
    enum usher_err err = store_load(b->reader, &b->port, NOW);

    assert_int_equal(b->flash.operations, operations);
    assert_int_equal(b->reader->net.address, 0);
    return err;
}

/* Each record gone, shorter, longer, of another format. */
static void damaged_records_are_refused(void **state)
{
    struct bench *b = *state;
    unsigned tried = 0;

    fill(b, 5);
    write_all(b);
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
    assert_int_equal(read_all(b), USHER_OK);
    same_node(b->writer, b->reader);
}

/* Any octet of any record may be anything: what is accepted could have been written. */
static void whatever_is_accepted_can_be_written_again(void **state)
{
    struct bench *b = *state;
    struct rng r = rng_make(1, 1);
    unsigned accepted = 0, rounds = 600;

    fill(b, 6);
    write_all(b);
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
        if (read_all(b) == USHER_OK) {
            accepted++;
            b->reader->dirty = USHER_DIRTY_SUBNETS | USHER_DIRTY_APPKEYS | USHER_DIRTY_IV |
                               USHER_DIRTY_SETTINGS | USHER_DIRTY_MODELS;
            for (unsigned m = 0; access_each(b->reader, m) != NULL; m++) {
                access_each(b->reader, m)->dirty = true;
            }
            assert_int_equal(store_flush(b->reader, &b->port, NOW), USHER_OK);
        }
        /* What went with a key that was changed is back for the next round. */
        b->writer->dirty = USHER_DIRTY_NODE;
        for (uint16_t place = 0; place < b->writer->net.rpl.size; place++) {
            b->writer->net.rpl.entries[place].dirty = true;
        }
        write_all(b);
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

    fill(b, 7);
    write_all(b);
    reopen(b);
    model = access_each(b->reader, 1);
    model->id++;
    assert_int_equal(store_load(b->reader, &b->port, NOW), USHER_E_DATA);
    model->id--;
    reopen(b);
    b->reader->net.elements++;
    assert_int_equal(store_load(b->reader, &b->port, NOW), USHER_E_DATA);
    reopen(b);
    b->reader->net.features = 0; /* it was one that relays */
    assert_int_equal(store_load(b->reader, &b->port, NOW), USHER_E_DATA);

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

    fill(b, 8);
    write_all(b);
    reopen(b);
    b->reader->net.keys.subnet_count--;
    assert_int_equal(store_load(b->reader, &b->port, NOW), USHER_E_NO_MEM);
    reopen(b);
    b->reader->net.keys.appkey_count--;
    assert_int_equal(store_load(b->reader, &b->port, NOW), USHER_E_NO_MEM);
    for (uint16_t size = 0; size < b->writer->net.rpl.size; size = (uint16_t)(size + 21)) {
        reopen(b);
        b->reader->net.rpl.size = size;
        assert_int_equal(store_load(b->reader, &b->port, NOW), USHER_E_NO_MEM);
    }

    /* A shorter list will do once the places at its end have become free. */
    rpl_remove(&b->writer->net.rpl, (uint16_t)(0x7FFF - b->writer->net.rpl.size + 1), 50);
    write_all(b);
    reopen(b);
    b->reader->net.rpl.size = (uint16_t)(b->writer->net.rpl.size - 50);
    assert_int_equal(store_load(b->reader, &b->port, NOW), USHER_OK);
}

static void a_storage_that_fails_is_told(void **state)
{
    struct bench *b = *state;

    fill(b, 9);
    write_all(b);
    reopen(b);
    flash_cut(&b->flash, 1, FLASH_CUT_BEFORE);
    assert_int_not_equal(store_clear(b->writer, &b->port), USHER_OK);
    assert_int_equal(store_load(b->reader, &b->port, NOW), USHER_E_INTERNAL);
    assert_int_equal(read_all(b), USHER_OK);
    same_node(b->writer, b->reader);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(everything_comes_back),
        TEST(what_has_not_changed_is_not_written),
        TEST(what_could_not_be_written_stays_dirty),
        TEST(records_look_like_this),
        TEST(without_storage_nothing_is_kept),
        TEST(numbers_are_reserved_before_they_are_used),
        TEST(the_last_numbers_are_reserved_and_no_more),
        TEST(another_iv_index_has_its_own_reserve),
        TEST(ages_survive_a_restart),
        TEST(a_recovery_just_now_is_not_forgotten),
        TEST(the_replay_list_is_written_by_records),
        TEST(a_cleared_node_leaves_nothing),
        TEST(remains_never_mix_with_a_new_node),
        TEST(references_to_keys_that_are_gone_go_too),
        TEST(a_revoked_key_is_revoked_for_all),
        TEST(damaged_records_are_refused),
        TEST(whatever_is_accepted_can_be_written_again),
        TEST(a_node_of_another_composition_is_refused),
        TEST(what_does_not_fit_is_refused),
        TEST(a_storage_that_fails_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
