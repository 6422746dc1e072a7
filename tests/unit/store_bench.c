/* Two nodes and a flash; see store_bench.h. */
#include "store_bench.h"

#include "keys.h"
#include "model.h"
#include "rpl.h"
#include "store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HOUR 3600000ull
#define ADDRESS 0x0101u

/* Storage as it is found when power comes, and a reader that knows nothing. */
void bench_reopen(struct bench *b)
{
    struct node *node = &b->all->node[1];

    flash_on(&b->flash);
    flash_cut(&b->flash, 0, FLASH_CUT_BEFORE);
    assert_int_equal(usher_flashlog_open(&b->log, &b->flash.flash), USHER_OK);
    nodes_stop(node);
    nodes_start(node);
}

int bench_set_up(void **state)
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
    bench_reopen(b);
    *state = b;
    return 0;
}

int bench_tear_down(void **state)
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

void bench_success(enum usher_status status)
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
        bench_success(keys_subnet_add(k, c, (uint16_t)(i * 3), key));
        if (i % 3 > 0) {
            random_key(r, key);
            bench_success(keys_subnet_update(k, c, (uint16_t)(i * 3), key));
        }
    }
    for (uint16_t i = 0; i < k->appkey_count; i++) {
        uint16_t net_index = k->subnets[i % 3].index;

        random_key(r, key);
        bench_success(keys_appkey_add(k, c, net_index, (uint16_t)(0x0FFF - i), key));
        if (i % 3 > 0 && i > 3) {
            random_key(r, key);
            bench_success(keys_appkey_update(k, c, net_index, (uint16_t)(0x0FFF - i), key));
        }
    }
    bench_success(keys_refresh(k, c, 6, 2));
    bench_success(keys_appkey_delete(k, c, k->appkeys[1].net_index, k->appkeys[1].index));
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

    if ((model->flags & USHER_MODEL_NO_PUBLISH) != 0) { /* a foundation model: never configured */
        return;
    }
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

void bench_fill_iv(struct bench *b)
{
    struct usher_iv *iv = &b->writer->net.iv;

    iv->index = 0x01020304;
    iv->updating = true;
    iv->since = BENCH_NOW - 95 * HOUR;
    iv->recovered_at = BENCH_NOW - 150 * HOUR;
}

void bench_fill(struct bench *b, uint64_t seed)
{
    struct usher_mesh *m = b->writer;
    struct rng r = rng_make(seed, 0);

    fill_keys(m, &r);
    for (unsigned i = 0; access_each(m, i) != NULL; i++) {
        fill_model(access_each(m, i), &r);
    }
    fill_settings(&m->net, &r);
    bench_fill_iv(b);
    for (uint16_t i = 0; i < m->net.rpl.size; i++) {
        assert_true(rpl_accept(&m->net.rpl, (uint16_t)(0x7FFF - i), i & 1 ? UINT32_MAX : i,
                               rng_below(&r, USHER_SEQ_MAX + 1)));
    }
    m->net.address = ADDRESS;
    m->dirty = USHER_DIRTY_NODE;
}

/* A small node, of other keys. */
void bench_fill_little(struct bench *b)
{
    struct usher_mesh *m = b->writer;

    nodes_stop(&b->all->node[0]);
    nodes_start(&b->all->node[0]);
    bench_success(keys_subnet_add(&m->net.keys, m->net.crypto, 0, nodes_key(0x77)));
    m->net.address = 0x0202;
    m->dirty = USHER_DIRTY_NODE;
}

void bench_write(struct bench *b)
{
    assert_int_equal(store_flush(b->writer, &b->port, BENCH_NOW), USHER_OK);
    assert_int_equal(store_flush_rpl(b->writer, &b->port), USHER_OK);
    assert_int_equal(b->writer->dirty, 0);
}

enum usher_err bench_read(struct bench *b)
{
    bench_reopen(b);
    return store_load(b->reader, &b->port, BENCH_NOW);
}

/* -- comparison -------------------------------------------------------------------------------- */

void bench_same_keys(const struct usher_keys *a, const struct usher_keys *b)
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

void bench_same_node(const struct usher_mesh *a, const struct usher_mesh *b)
{
    assert_int_equal(a->net.address, b->net.address);
    bench_same_keys(&a->net.keys, &b->net.keys);
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
