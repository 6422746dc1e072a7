/* See node_bench.h. */
#include "node_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

const struct usher_crypto *bench_crypto;
const uint8_t bench_uuid[USHER_UUID_SIZE] = "a device's uuid";
const struct usher_start bench_static_oob = { .algorithm = USHER_ALG_HMAC,
                                              .method = USHER_OOB_STATIC };

/* -- the port ---------------------------------------------------------------------------------- */

static uint64_t port_now(void *ctx)
{
    return ((struct side *)ctx)->bench->now;
}

static void port_wake(void *ctx, uint64_t deadline)
{
    ((struct side *)ctx)->wake = deadline;
}

static enum usher_err port_random(void *ctx, uint8_t *buf, size_t len)
{
    struct side *s = ctx;

    if (s->randomness == FAILS) {
        return USHER_E_INTERNAL;
    }
    for (size_t i = 0; i < len; i++) {
        s->drawn = s->drawn * 1664525u + 1013904223u;
        buf[i] = (uint8_t)(s->drawn >> 24);
    }
    if (s->randomness == STUCK || s->randomness == ZEROS) {
        memset(buf, s->randomness == STUCK ? 0x5A : 0, len);
    }
    if (s->randomness == ZEROS_ONCE && len >= 16) { /* in a draw that matters, not for jitter */
        s->randomness = GOOD;
        memset(buf, 0, len);
    }
    return USHER_OK;
}

static enum usher_err port_adv_start(void *ctx, const struct usher_adv *adv)
{
    struct side *s = ctx;

    assert_true(s->pending_count < PENDING && adv->slot < s->port.adv_slots);
    for (unsigned i = 0; i < s->pending_count; i++) {
        assert_int_not_equal(s->pending[i].slot, adv->slot);
    }
    s->pending[s->pending_count++] = *adv;
    return USHER_OK;
}

static void port_adv_stop(void *ctx, uint8_t slot)
{
    struct side *s = ctx;

    for (unsigned i = 0; i < s->pending_count; i++) {
        if (s->pending[i].slot == slot) {
            s->pending[i] = s->pending[--s->pending_count];
        }
    }
}

static enum usher_err port_scan(void *ctx, unsigned what)
{
    ((struct side *)ctx)->scan = what;
    return USHER_OK;
}

enum usher_err bench_ecdh(void *ctx, uint32_t token, const uint8_t private_key[USHER_P256_PRIVATE],
                          const uint8_t peer[USHER_P256_PUBLIC])
{
    struct side *s = ctx;

    s->ecdh_token = token;
    s->ecdh_asked++;
    return bench_crypto->p256_ecdh(bench_crypto->ctx, private_key, peer, s->ecdh_secret);
}

enum usher_err bench_no_ecdh(void *ctx, uint32_t token,
                             const uint8_t private_key[USHER_P256_PRIVATE],
                             const uint8_t peer[USHER_P256_PUBLIC])
{
    (void)ctx;
    (void)token;
    (void)private_key;
    (void)peer;
    return USHER_E_NO_MEM;
}

/* -- users ------------------------------------------------------------------------------------- */

static void on_event(void *user, struct usher *u, const struct usher_event *e)
{
    struct side *s = user;
    struct usher_session *session = e->params.link_established.p_context;

    (void)u;
    s->told[e->type]++;
    if (s->in_handler != NULL) {
        s->in_handler(s, e);
    }
    if (e->type == USHER_EVT_LINK_CLOSED) {
        s->close_reason = e->params.link_closed.close_reason;
    } else if (e->type == USHER_EVT_FAILED) {
        s->failure = e->params.failed.failure_code;
    }
    if ((s->withhold >> e->type & 1) != 0) {
        return;
    }
    if (e->type == USHER_EVT_CAPS_RECEIVED) {
        assert_int_equal(usher_oob_use(session, &bench_static_oob), USHER_OK);
    } else if (e->type == USHER_EVT_STATIC_REQUEST) {
        assert_int_equal(usher_auth_static(session, (const uint8_t *)"shared", 6), USHER_OK);
    } else if (e->type == USHER_EVT_DATA_REQUEST) {
        assert_int_equal(usher_data_set(session, &s->bench->data), USHER_OK);
    }
}

struct usher_caps bench_capabilities(void)
{
    return (struct usher_caps){
        .num_elements = 2,
        .algorithms = 3,
        .pubkey_type = 1,
        .oob_static_types = 1,
        .oob_output_size = 4,
        .oob_output_actions = 0x1F,
        .oob_input_size = 4,
        .oob_input_actions = 0xF,
    };
}

struct bench *bench_new(void)
{
    struct bench *b = calloc(1, sizeof(*b));

    assert_non_null(b);
    b->now = 5000;
    b->data = (struct usher_prov_data){ .netkey = "a network's key", .address = 0x0100 };
    for (int role = 0; role < 2; role++) {
        struct side *s = &b->side[role];
        struct usher_caps caps = bench_capabilities();
        struct usher_config config = { .handler = on_event, .user = s };

        s->bench = b;
        s->role = (enum usher_role)role;
        s->drawn = 77u + (unsigned)role;
        s->wake = USHER_NEVER;
        s->port = (struct usher_port){
            .ctx = s,
            .crypto = bench_crypto,
            .adv_slots = 4,
            .now_ms = port_now,
            .wake_at = port_wake,
            .random = port_random,
            .adv_start = port_adv_start,
            .adv_stop = port_adv_stop,
            .scan = port_scan,
        };
        assert_int_equal(usher_init(&s->node, &s->port, &config), USHER_OK);
        usher_session_init(&s->node, &s->session, role == D ? &caps : NULL, s);
    }
    return b;
}

void bench_free(struct bench *b)
{
    usher_deinit(&b->side[P].node);
    usher_deinit(&b->side[D].node);
    assert_int_equal(b->side[P].pending_count + b->side[D].pending_count, 0);
    free(b);
}

void bench_hear(struct side *s, const uint8_t *ad, uint8_t len)
{
    struct usher_adv_report report = { .type = USHER_ADV_NONCONN_IND, .rssi = -40, .len = len };
    uint8_t *copy = malloc(len != 0 ? len : 1);

    assert_non_null(copy);
    memcpy(copy, ad, len);
    report.data = copy;
    usher_in_adv(&s->node, &report);
    free(copy);
}

bool bench_carry(struct side *from, struct side *to)
{
    struct usher_adv adv;

    if (from->pending_count == 0) {
        return false;
    }
    adv = from->pending[0];
    from->pending_count--;
    memmove(from->pending, from->pending + 1, from->pending_count * sizeof(adv));
    if (!from->bench->deaf) {
        bench_hear(to, adv.data, adv.len);
    }
    usher_in_adv_done(&from->node, adv.slot);
    return true;
}

void bench_run(struct bench *b, uint64_t ms)
{
    uint64_t end = b->now + ms;

    for (;;) {
        uint64_t next = b->side[P].wake < b->side[D].wake ? b->side[P].wake : b->side[D].wake;

        if (bench_carry(&b->side[P], &b->side[D]) || bench_carry(&b->side[D], &b->side[P])) {
            continue;
        }
        if (next > end) {
            b->now = end;
            return;
        }
        b->now = next > b->now ? next : b->now;
        for (int role = 0; role < 2; role++) {
            if (b->side[role].wake <= b->now) {
                b->side[role].wake = USHER_NEVER;
                usher_process(&b->side[role].node);
            }
        }
    }
}

enum usher_err bench_listen(struct bench *b)
{
    return usher_listen(&b->side[D].session, &(struct usher_listen){ .uuid = bench_uuid });
}

enum usher_err bench_provision(struct bench *b)
{
    return usher_provision(&b->side[P].session, &(struct usher_provision){ .uuid = bench_uuid });
}

void bench_begin(struct bench *b)
{
    assert_int_equal(bench_listen(b), USHER_OK);
    assert_int_equal(bench_provision(b), USHER_OK);
}

void bench_assert_both_complete(const struct bench *b)
{
    for (int role = 0; role < 2; role++) {
        assert_int_equal(b->side[role].told[USHER_EVT_COMPLETE], 1);
        assert_int_equal(b->side[role].told[USHER_EVT_LINK_CLOSED], 1);
        assert_true(usher_session_idle(&b->side[role].session));
    }
    assert_memory_equal(usher_device_key(&b->side[P].session),
                        usher_device_key(&b->side[D].session), USHER_KEY_SIZE);
}

int bench_setup(void **state)
{
    (void)state;
    bench_crypto = usher_crypto_openssl_new();
    return bench_crypto == NULL;
}

int bench_teardown(void **state)
{
    (void)state;
    usher_crypto_openssl_free(bench_crypto);
    return 0;
}
