/*
 * The instance and its public calls (usher.h), on a port that the test plays by hand: what each
 * call answers at the wrong moment, randomness that fails, ECDH answers from elsewhere, sessions
 * that end inside handlers, beacons and the scanner. Rows are those of docs/threat-model.md.
 */
#include <usher/usher.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define P USHER_ROLE_PROVISIONER
#define D USHER_ROLE_DEVICE
#define PENDING 8
#define EVENTS (USHER_EVT_PHASE + 1)

enum randomness { GOOD, FAILS, STUCK, ZEROS, ZEROS_ONCE };

/* One side: an instance with a session, and the port that it sees. */
struct side {
    struct bench *bench;
    enum usher_role role;
    struct usher_port port;
    struct usher node;
    struct usher_session session;
    uint64_t wake;
    struct usher_adv pending[PENDING]; /* on the air */
    unsigned pending_count;
    enum randomness randomness;
    uint32_t drawn;
    unsigned scan;
    uint32_t ecdh_token; /* asked for last */
    unsigned ecdh_asked;
    uint8_t ecdh_secret[USHER_P256_SECRET];
    unsigned told[EVENTS];
    uint32_t withhold; /* events (1 << type) that nobody answers */
    uint8_t close_reason, failure;
    void (*in_handler)(struct side *s, const struct usher_event *e);
};

struct bench {
    uint64_t now;
    bool deaf; /* nothing sent arrives */
    struct side side[2];
    struct usher_prov_data data;
};

static const struct usher_crypto *crypto;
static const uint8_t uuid[USHER_UUID_SIZE] = "a device's uuid";
static const struct usher_start static_oob = { .algorithm = USHER_ALG_HMAC,
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

static enum usher_err port_ecdh(void *ctx, uint32_t token,
                                const uint8_t private_key[USHER_P256_PRIVATE],
                                const uint8_t peer[USHER_P256_PUBLIC])
{
    struct side *s = ctx;

    s->ecdh_token = token;
    s->ecdh_asked++;
    return crypto->p256_ecdh(crypto->ctx, private_key, peer, s->ecdh_secret);
}

static enum usher_err port_no_ecdh(void *ctx, uint32_t token,
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
        assert_int_equal(usher_oob_use(session, &static_oob), USHER_OK);
    } else if (e->type == USHER_EVT_STATIC_REQUEST) {
        assert_int_equal(usher_auth_static(session, (const uint8_t *)"shared", 6), USHER_OK);
    } else if (e->type == USHER_EVT_DATA_REQUEST) {
        assert_int_equal(usher_data_set(session, &s->bench->data), USHER_OK);
    }
}

static struct usher_caps capabilities(void)
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

static struct bench *bench_new(void)
{
    struct bench *b = calloc(1, sizeof(*b));

    assert_non_null(b);
    b->now = 5000;
    b->data = (struct usher_prov_data){ .netkey = "a network's key", .address = 0x0100 };
    for (int role = 0; role < 2; role++) {
        struct side *s = &b->side[role];
        struct usher_caps caps = capabilities();
        struct usher_config config = { .handler = on_event, .user = s };

        s->bench = b;
        s->role = (enum usher_role)role;
        s->drawn = 77u + (unsigned)role;
        s->wake = USHER_NEVER;
        s->port = (struct usher_port){
            .ctx = s,
            .crypto = crypto,
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

static void bench_free(struct bench *b)
{
    usher_deinit(&b->side[P].node);
    usher_deinit(&b->side[D].node);
    assert_int_equal(b->side[P].pending_count + b->side[D].pending_count, 0);
    free(b);
}

static void hear(struct side *s, const uint8_t *ad, uint8_t len)
{
    struct usher_adv_report report = { .type = USHER_ADV_NONCONN_IND, .rssi = -40, .len = len };
    uint8_t *copy = malloc(len != 0 ? len : 1);

    assert_non_null(copy);
    memcpy(copy, ad, len);
    report.data = copy;
    usher_in_adv(&s->node, &report);
    free(copy);
}

static bool carry(struct side *from, struct side *to)
{
    struct usher_adv adv;

    if (from->pending_count == 0) {
        return false;
    }
    adv = from->pending[0];
    from->pending_count--;
    memmove(from->pending, from->pending + 1, from->pending_count * sizeof(adv));
    if (!from->bench->deaf) {
        hear(to, adv.data, adv.len);
    }
    usher_in_adv_done(&from->node, adv.slot);
    return true;
}

/* Lets @p ms pass, or less if nothing is due any more. */
static void run(struct bench *b, uint64_t ms)
{
    uint64_t end = b->now + ms;

    for (;;) {
        uint64_t next = b->side[P].wake < b->side[D].wake ? b->side[P].wake : b->side[D].wake;

        if (carry(&b->side[P], &b->side[D]) || carry(&b->side[D], &b->side[P])) {
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

static enum usher_err listen(struct bench *b)
{
    return usher_listen(&b->side[D].session, &(struct usher_listen){ .uuid = uuid });
}

static enum usher_err provision(struct bench *b)
{
    return usher_provision(&b->side[P].session, &(struct usher_provision){ .uuid = uuid });
}

static void begin(struct bench *b)
{
    assert_int_equal(listen(b), USHER_OK);
    assert_int_equal(provision(b), USHER_OK);
}

static void assert_both_complete(const struct bench *b)
{
    for (int role = 0; role < 2; role++) {
        assert_int_equal(b->side[role].told[USHER_EVT_COMPLETE], 1);
        assert_int_equal(b->side[role].told[USHER_EVT_LINK_CLOSED], 1);
        assert_true(usher_session_idle(&b->side[role].session));
    }
    assert_memory_equal(usher_device_key(&b->side[P].session),
                        usher_device_key(&b->side[D].session), USHER_KEY_SIZE);
}

/* -- making an instance ------------------------------------------------------------------------ */

static void an_instance_needs_all_of_its_port(void **state)
{
    struct bench *b = bench_new();
    struct usher_config config = { 0 };
    struct usher_port port;
    struct usher u;

    (void)state;
    assert_int_equal(usher_init(NULL, &b->side[P].port, &config), USHER_E_NULL);
    assert_int_equal(usher_init(&u, NULL, &config), USHER_E_NULL);
#define WITHOUT(member)                                                                            \
    port = b->side[P].port;                                                                        \
    port.member = NULL;                                                                            \
    assert_int_equal(usher_init(&u, &port, &config), USHER_E_NULL)
    WITHOUT(crypto);
    WITHOUT(now_ms);
    WITHOUT(wake_at);
    WITHOUT(random);
    WITHOUT(adv_start);
    WITHOUT(adv_stop);
    WITHOUT(scan);
    port = b->side[P].port;
    port.adv_slots = USHER_ADV_SLOTS + 1;
    assert_int_equal(usher_init(&u, &port, &config), USHER_E_PARAM);
    port.adv_slots = 0; /* a radio that is not ready yet */
    assert_int_equal(usher_init(&u, &port, &config), USHER_OK);
    usher_deinit(&u);
    bench_free(b);
}

/* -- calls at the wrong moment ----------------------------------------------------------------- */

/* Each answer to an event, when nobody asked: the documented error, and nothing changes. */
static void assert_nobody_asked(struct side *s)
{
    static const uint8_t key[USHER_P256_PUBLIC] = { 1 };
    struct usher_session before = s->session;
    unsigned sent = s->pending_count;
    struct usher_session *x = &s->session;

    assert_int_equal(usher_oob_use(x, &static_oob), USHER_E_STATE);
    assert_int_equal(usher_pubkey_set(x, key), USHER_E_STATE);
    assert_int_equal(usher_auth_static(x, key, 16), USHER_E_STATE);
    assert_int_equal(usher_auth_number(x, 1), USHER_E_STATE);
    assert_int_equal(usher_auth_text(x, "1"), USHER_E_STATE);
    assert_int_equal(usher_secret_set(x, key), USHER_E_STATE);
    assert_memory_equal(&before, &s->session, sizeof(before));
    assert_int_equal(s->pending_count, sent);
}

static void calls_at_the_wrong_moment_say_so_and_change_nothing(void **state)
{
    struct bench *b = bench_new();
    struct usher_session *p = &b->side[P].session, *d = &b->side[D].session, other, before;

    (void)state;
    assert_nobody_asked(&b->side[P]); /* idle */
    assert_nobody_asked(&b->side[D]);
    assert_int_equal(usher_data_set(p, &b->data), USHER_E_STATE);
    assert_int_equal(usher_data_set(d, &b->data), USHER_E_STATE);
    assert_int_equal(usher_cancel(p, USHER_CLOSE_ERROR), USHER_E_STATE);
    assert_int_equal(usher_listen_stop(d), USHER_E_STATE);
    assert_null(usher_device_key(p));
    begin(b);
    usher_session_init(&b->side[D].node, &other, &d->capabilities, NULL);
    before = other;
    assert_int_equal(usher_listen(&other, &(struct usher_listen){ .uuid = uuid }), USHER_E_STATE);
    assert_memory_equal(&before, &other, sizeof(before));
    assert_int_equal(listen(b), USHER_E_STATE);
    assert_int_equal(provision(b), USHER_E_STATE);
    assert_int_equal(usher_cancel(d, USHER_CLOSE_ERROR), USHER_E_STATE); /* it listens */
    assert_nobody_asked(&b->side[D]);
    assert_nobody_asked(&b->side[P]); /* the link is opening */
    b->side[P].withhold = 1u << USHER_EVT_CAPS_RECEIVED;
    run(b, 5000);
    assert_int_equal(b->side[P].told[USHER_EVT_CAPS_RECEIVED], 1);
    assert_nobody_asked(&b->side[D]);
    assert_int_equal(usher_listen_stop(d), USHER_E_STATE); /* a link is open */
    assert_int_equal(usher_oob_use(p, &static_oob), USHER_OK);
    run(b, 30000);
    assert_both_complete(b);
    assert_nobody_asked(&b->side[P]); /* idle again */
    assert_nobody_asked(&b->side[D]);
    assert_int_equal(usher_data_set(p, &b->data), USHER_E_STATE);
    bench_free(b);
}

static void refuse_start(struct side *s, const struct usher_event *e)
{
    if (e->type == USHER_EVT_START_RECEIVED) {
        assert_int_equal(usher_refuse(&s->session, USHER_FAIL_INVALID_FORMAT), USHER_OK);
        assert_int_equal(usher_refuse(&s->session, USHER_FAIL_INVALID_FORMAT), USHER_E_STATE);
    } else {
        assert_int_equal(usher_refuse(&s->session, USHER_FAIL_INVALID_FORMAT), USHER_E_STATE);
    }
}

static void a_device_may_refuse_what_the_provisioner_chose(void **state)
{
    struct bench *b = bench_new();

    (void)state;
    b->side[D].in_handler = refuse_start;
    begin(b);
    run(b, 30000);
    for (int role = 0; role < 2; role++) {
        assert_int_equal(b->side[role].told[USHER_EVT_FAILED], 1);
        assert_int_equal(b->side[role].failure, USHER_FAIL_INVALID_FORMAT);
        assert_int_equal(b->side[role].told[USHER_EVT_COMPLETE], 0);
        assert_int_equal(b->side[role].told[USHER_EVT_LINK_CLOSED], 1);
        assert_int_equal(b->side[role].told[USHER_EVT_STATIC_REQUEST], 0);
    }
    assert_int_equal(usher_refuse(&b->side[P].session, USHER_FAIL_INVALID_FORMAT), USHER_E_STATE);
    bench_free(b);
}

/* Takes what the device has on the air, and counts the URIs in it. */
static unsigned uris_on_air(struct bench *b)
{
    struct side *d = &b->side[D];
    unsigned uris = 0;

    b->now += 100;
    usher_process(&d->node);
    while (d->pending_count != 0) {
        if (d->pending[0].data[1] == 0x24) {
            uris++;
        } else {
            assert_int_equal(d->pending[0].data[0], 24); /* a beacon with the hash */
        }
        (void)carry(d, &b->side[P]);
    }
    return uris;
}

static void a_uri_that_does_not_fit_is_a_hash_alone(void **state)
{
    struct bench *b = bench_new();
    struct usher_session *d = &b->side[D].session;
    uint8_t uri[USHER_URI_MAX + 1] = { 0x17 };

    (void)state;
    for (uint8_t len = sizeof(uri); len >= sizeof(uri) - 1; len--) {
        struct usher_listen p = { .uuid = uuid, .uri = uri, .uri_len = len };
        unsigned uris = 0;

        assert_int_equal(usher_listen(d, &p), USHER_OK);
        for (int i = 0; i < 100; i++) {
            uris += uris_on_air(b);
        }
        assert_int_equal(uris != 0, len <= USHER_URI_MAX);
        assert_int_equal(usher_listen_stop(d), USHER_OK);
    }
    bench_free(b);
}

static void parameters_out_of_range_are_refused(void **state)
{
    static const uint8_t key[USHER_P256_PUBLIC] = { 1 };
    struct bench *b = bench_new();
    struct usher_session *p = &b->side[P].session, *d = &b->side[D].session;
    struct usher_prov_data data = b->data;

    (void)state;
    assert_int_equal(usher_provision(NULL, &(struct usher_provision){ .uuid = uuid }),
                     USHER_E_NULL);
    assert_int_equal(usher_provision(p, NULL), USHER_E_NULL);
    assert_int_equal(usher_provision(p, &(struct usher_provision){ 0 }), USHER_E_NULL);
    data.address = 0;
    assert_int_equal(usher_provision(p, &(struct usher_provision){ .uuid = uuid, .data = &data }),
                     USHER_E_DATA);
    data = b->data;
    data.netkey_index = 0x1000;
    assert_int_equal(usher_provision(p, &(struct usher_provision){ .uuid = uuid, .data = &data }),
                     USHER_E_DATA);
    usher_session_keys_set(p, NULL, key); /* with nobody whom ECDH_REQUEST would ask */
    usher_session_keys_set(d, NULL, key);
    assert_int_equal(provision(b), USHER_E_FLAGS);
    assert_int_equal(listen(b), USHER_E_FLAGS);
    assert_int_equal(usher_listen(d, NULL), USHER_E_NULL);
    assert_int_equal(usher_listen(d, &(struct usher_listen){ 0 }), USHER_E_NULL);
    assert_int_equal(usher_listen(d, &(struct usher_listen){ .uuid = uuid, .uri_len = 3 }),
                     USHER_E_NULL);
    d->capabilities.num_elements = 0;
    assert_int_equal(listen(b), USHER_E_PARAM);
    d->capabilities = (struct usher_caps){ .num_elements = 1, .algorithms = 0xFC };
    assert_int_equal(listen(b), USHER_E_PARAM);
    d->capabilities =
        (struct usher_caps){ .num_elements = 1,
                             .algorithms = 0x3, /* only OOB, and yet CMAC */
                             .oob_static_types = USHER_STATIC_AVAILABLE | USHER_OOB_ONLY };
    assert_int_equal(listen(b), USHER_E_PARAM);
    d->capabilities = (struct usher_caps){ .num_elements = 1,
                                           .algorithms = 0x2, /* only OOB, and yet none */
                                           .oob_static_types = USHER_OOB_ONLY };
    assert_int_equal(listen(b), USHER_E_PARAM);
    assert_true(usher_session_idle(p) && usher_session_idle(d));
    assert_int_equal(b->side[P].pending_count + b->side[D].pending_count, 0);
    bench_free(b);
}

static void answers_that_cannot_be_are_refused_and_may_be_given_again(void **state)
{
    static const struct usher_start numeric = { 1, 0, USHER_OOB_OUTPUT, USHER_OUTPUT_NUMERIC, 4 };
    static const struct usher_start text = { 1, 0, USHER_OOB_OUTPUT, USHER_OUTPUT_ALPHANUMERIC, 4 };
    struct bench *b = bench_new();
    struct usher_session *p = &b->side[P].session;
    struct usher_start bad = numeric;
    struct usher_prov_data data;
    uint8_t value[33] = { 1 };

    (void)state;
    b->side[P].withhold = 1u << USHER_EVT_CAPS_RECEIVED | 1u << USHER_EVT_STATIC_REQUEST;
    for (int i = 0; i < 3; i++) {
        begin(b);
        run(b, 3000);
        bad.size = 9;
        assert_int_equal(usher_oob_use(p, &bad), USHER_E_PARAM);
        bad.size = 5;
        assert_int_equal(usher_oob_use(p, &bad), USHER_E_UNSUPPORTED);
        data = b->data;
        data.netkey_index = 0x1000;
        assert_int_equal(usher_data_set(p, &data), USHER_E_DATA);
        data = b->data;
        data.address = 0x7FFF; /* the device has two elements */
        assert_int_equal(usher_data_set(p, &data), USHER_E_ADDR);
        assert_int_equal(usher_oob_use(p, i == 0   ? &static_oob
                                          : i == 1 ? &numeric
                                                   : &text),
                         USHER_OK);
        run(b, 3000);
        if (i == 0) {
            assert_int_equal(usher_auth_static(p, value, 0), USHER_E_LENGTH);
            assert_int_equal(usher_auth_static(p, value, 33), USHER_E_LENGTH);
            assert_int_equal(usher_auth_number(p, 1), USHER_E_STATE);
            assert_int_equal(usher_auth_text(p, "1"), USHER_E_STATE);
            assert_int_equal(usher_auth_static(p, value, 32), USHER_OK);
        } else if (i == 1) {
            assert_int_equal(usher_auth_static(p, value, 16), USHER_E_STATE);
            assert_int_equal(usher_auth_number(p, 10000), USHER_E_PARAM);
            assert_int_equal(usher_auth_text(p, ""), USHER_E_LENGTH);
            assert_int_equal(usher_auth_text(p, "12345"), USHER_E_LENGTH);
            assert_int_equal(usher_auth_text(p, "12a"), USHER_E_DATA);
            assert_int_equal(usher_auth_number(p, 9999), USHER_OK);
        } else {
            assert_int_equal(usher_auth_number(p, 1), USHER_E_STATE);
            assert_int_equal(usher_auth_text(p, "ABC"), USHER_E_LENGTH);
            assert_int_equal(usher_auth_text(p, "AB-C"), USHER_E_DATA);
            assert_int_equal(usher_auth_text(p, "AB0Z"), USHER_OK);
            assert_int_equal(usher_auth_text(p, "AB0Z"), USHER_E_STATE);
        }
        run(b, 3000); /* guessed wrong */
        assert_int_equal(b->side[P].failure, USHER_FAIL_CONFIRMATION);
        assert_true(usher_session_idle(p));
    }
    bench_free(b);
}

/* -- randomness -------------------------------------------------------------------------------- */

static void row_33_without_good_randomness_nothing_begins(void **state)
{
    static const enum randomness kinds[] = { FAILS, STUCK, ZEROS };

    (void)state;
    for (int i = 0; i < 3; i++) {
        struct bench *b = bench_new();
        uint8_t private_key[USHER_P256_PRIVATE], public_key[USHER_P256_PUBLIC];

        b->side[P].randomness = b->side[D].randomness = kinds[i];
        assert_int_equal(provision(b), USHER_E_INTERNAL);
        assert_int_equal(listen(b), USHER_E_INTERNAL);
        assert_int_equal(usher_generate_keys(&b->side[P].node, private_key, public_key),
                         USHER_E_INTERNAL);
        run(b, 10000);
        assert_true(usher_session_idle(&b->side[P].session) &&
                    usher_session_idle(&b->side[D].session));
        assert_int_equal(b->side[P].pending_count + b->side[D].pending_count, 0);
        assert_true(b->side[P].wake == USHER_NEVER && b->side[D].wake == USHER_NEVER);
        b->side[P].randomness = b->side[D].randomness = GOOD; /* and then it works */
        begin(b);
        run(b, 30000);
        assert_both_complete(b);
        bench_free(b);
    }
}

static void row_33_randomness_that_ends_while_the_link_opens_ends_the_session(void **state)
{
    static const enum randomness kinds[] = { FAILS, STUCK, ZEROS, ZEROS_ONCE };

    (void)state;
    for (int i = 0; i < 8; i++) {
        struct bench *b = bench_new();
        enum usher_role role = (enum usher_role)(i & 1);

        begin(b);
        b->side[role].randomness = kinds[i / 2];
        run(b, 5000);
        assert_int_equal(b->side[role].told[USHER_EVT_LINK_ESTABLISHED], 0);
        assert_int_equal(b->side[role].told[USHER_EVT_LINK_CLOSED], 1);
        assert_int_equal(b->side[role].close_reason, USHER_CLOSE_ERROR);
        assert_int_equal(b->side[P].told[USHER_EVT_CAPS_RECEIVED], 0);
        bench_free(b);
    }
}

/* -- ECDH elsewhere ---------------------------------------------------------------------------- */

static void row_31_only_the_right_ecdh_answer_counts_and_once(void **state)
{
    static const uint8_t wrong[USHER_P256_SECRET] = { 7 };
    struct bench *b = bench_new();
    struct side *p = &b->side[P];
    uint32_t old;

    (void)state;
    p->port.ecdh = port_ecdh;
    begin(b);
    run(b, 5000);
    assert_int_equal(p->ecdh_asked, 1);
    usher_in_ecdh(&p->node, p->ecdh_token + 1, USHER_OK, wrong);
    usher_in_ecdh(&p->node, 0, USHER_OK, wrong);
    assert_int_equal(usher_secret_set(&p->session, wrong), USHER_E_STATE);
    usher_in_ecdh(&p->node, p->ecdh_token, USHER_OK, p->ecdh_secret);
    usher_in_ecdh(&p->node, p->ecdh_token, USHER_OK, wrong);
    run(b, 30000);
    assert_both_complete(b);
    old = p->ecdh_token;
    begin(b);
    run(b, 5000);
    assert_int_equal(p->ecdh_asked, 2);
    usher_in_ecdh(&p->node, old, USHER_OK, wrong); /* very late, for a session that is over */
    usher_in_ecdh(&p->node, p->ecdh_token, USHER_OK, p->ecdh_secret);
    run(b, 30000);
    assert_int_equal(p->told[USHER_EVT_COMPLETE], 2);
    bench_free(b);
}

/* The port's answers are not for a session that asks its user. */
static void row_31_a_session_that_asks_takes_its_users_secret_alone(void **state)
{
    static const uint8_t wrong[USHER_P256_SECRET] = { 7 };
    struct bench *b = bench_new();
    struct side *p = &b->side[P];

    (void)state;
    p->session.ecdh_offload = true;
    begin(b);
    run(b, 5000);
    assert_int_equal(p->told[USHER_EVT_ECDH_REQUEST], 1);
    usher_in_ecdh(&p->node, p->session.ecdh_token, USHER_OK, wrong);
    assert_int_equal(usher_secret_set(&p->session, wrong), USHER_OK); /* it has none yet */
    assert_int_equal(usher_secret_set(&p->session, wrong), USHER_E_STATE);
    bench_free(b);
}

static void row_31_an_ecdh_that_fails_ends_its_session_alone(void **state)
{
    static const uint8_t zeros[USHER_P256_SECRET];

    (void)state;
    for (int i = 0; i < 3; i++) {
        struct bench *b = bench_new();
        struct side *p = &b->side[P];
        struct usher_session other;

        usher_session_init(&p->node, &other, NULL, p);
        assert_int_equal(
            usher_provision(
                &other, &(struct usher_provision){ .uuid = (const uint8_t *)"nobody's uuid..." }),
            USHER_OK);
        p->port.ecdh = i == 2 ? port_no_ecdh : port_ecdh;
        begin(b);
        run(b, 5000);
        if (i < 2) {
            usher_in_ecdh(&p->node, p->ecdh_token, i == 0 ? USHER_E_DATA : USHER_OK, zeros);
        }
        run(b, 5000);
        assert_int_equal(p->told[USHER_EVT_LINK_CLOSED], 1);
        assert_int_equal(p->close_reason, USHER_CLOSE_ERROR);
        assert_true(usher_session_idle(&p->session));
        assert_false(usher_session_idle(&other));
        assert_int_equal(p->told[USHER_EVT_DATA_REQUEST], 0);
        bench_free(b);
    }
}

static void advertisements_that_are_malformed_are_ignored(void **state)
{
    static const uint8_t empty[3] = { 0, 0x2B, 0x00 };
    static const uint8_t flags_first[24] = { 2, 0x01, 0x06, 20, 0x2B };
    static const uint8_t ad[255] = { 20, 0x2B, 0x00, 1 };
    struct bench *b = bench_new();
    struct side *p = &b->side[P];

    (void)state;
    assert_int_equal(usher_scan(&p->node, true), USHER_OK);
    for (uint8_t len = 0; len < 21; len++) { /* the structure is longer than the report */
        hear(p, ad, len);
    }
    for (unsigned len = USHER_AD_MAX + 1; len <= sizeof(ad); len++) { /* than there can be */
        hear(p, ad, (uint8_t)len);
    }
    assert_int_equal(p->told[USHER_EVT_UNPROVISIONED_RECEIVED], 0);
    hear(p, ad, 21);
    hear(p, ad, USHER_AD_MAX); /* an empty structure is the end */
    hear(p, empty, sizeof(empty));
    hear(p, flags_first, sizeof(flags_first));
    assert_int_equal(p->told[USHER_EVT_UNPROVISIONED_RECEIVED], 3);
    bench_free(b);
}

/* -- sessions that end ------------------------------------------------------------------------- */

static void row_32_a_link_that_never_opened_leaves_no_key_behind(void **state)
{
    static const uint8_t zeros[32];
    struct bench *b = bench_new();
    struct usher_session *p = &b->side[P].session, *d = &b->side[D].session;

    (void)state;
    b->deaf = true;
    assert_int_equal(
        usher_provision(p, &(struct usher_provision){ .uuid = uuid, .data = &b->data }), USHER_OK);
    assert_int_equal(listen(b), USHER_OK);
    assert_memory_not_equal(p->prov.private_key, zeros, 32);
    run(b, 70000);
    assert_int_equal(b->side[P].told[USHER_EVT_LINK_CLOSED], 1);
    assert_int_equal(b->side[P].close_reason, USHER_CLOSE_TIMEOUT);
    assert_int_equal(usher_listen_stop(d), USHER_OK);
    assert_memory_equal(p->prov.private_key, zeros, 32);
    assert_memory_equal(d->prov.private_key, zeros, 32);
    assert_memory_equal(p->prov.data.netkey, zeros, USHER_KEY_SIZE);
    bench_free(b);
}

static struct usher_session *neighbour; /* of the session whose handler runs */

static void release_neighbour(struct side *s, const struct usher_event *e)
{
    (void)s;
    if (e->type == USHER_EVT_LINK_CLOSED && neighbour != NULL) {
        assert_int_equal(usher_listen_stop(neighbour), USHER_OK);
        free(neighbour);
        neighbour = NULL;
    }
}

static void a_handler_may_end_and_release_another_session(void **state)
{
    struct bench *b = bench_new();
    struct usher_caps caps = capabilities();

    (void)state;
    neighbour = malloc(sizeof(*neighbour));
    assert_non_null(neighbour);
    usher_session_init(&b->side[P].node, neighbour, &caps, NULL);
    assert_int_equal(usher_listen(neighbour, &(struct usher_listen){ .uuid = uuid }), USHER_OK);
    assert_int_equal(provision(b), USHER_OK); /* comes before its neighbour in the list */
    b->side[P].in_handler = release_neighbour;
    assert_int_equal(usher_cancel(&b->side[P].session, USHER_CLOSE_ERROR), USHER_OK);
    run(b, 5000);
    assert_null(neighbour);
    bench_free(b);
}

static void a_second_device_is_not_measured_by_the_first_ones_elements(void **state)
{
    struct bench *b = bench_new();
    struct usher_prov_data last = b->data;

    (void)state;
    b->side[D].session.capabilities.num_elements = 255;
    begin(b);
    run(b, 30000);
    assert_both_complete(b);
    b->side[D].session.capabilities.num_elements = 1;
    last.address = USHER_UNICAST_MAX;
    assert_int_equal(listen(b), USHER_OK);
    assert_int_equal(usher_provision(&b->side[P].session,
                                     &(struct usher_provision){ .uuid = uuid, .data = &last }),
                     USHER_OK);
    run(b, 30000);
    assert_int_equal(b->side[P].told[USHER_EVT_COMPLETE], 2);
    assert_int_equal(b->side[P].told[USHER_EVT_DATA_REQUEST], 1); /* for the first only */
    bench_free(b);
}

/* -- work of the caller's ---------------------------------------------------------------------- */

static struct {
    uint64_t at[4]; /* when it was called */
    unsigned called;
    bool again; /* it asks for more, from within */
} work;

/* Each 100 ms, three times. */
static uint64_t each_100_ms(void *user, struct usher *u, uint64_t now)
{
    struct side *s = user;

    assert_ptr_equal(u, &s->node);
    assert_int_equal(now, s->bench->now);
    if (work.called < 3 && (work.called == 0 || now >= work.at[work.called - 1] + 100)) {
        work.at[work.called++] = now;
    }
    if (work.again) {
        work.again = false;
        usher_work(u); /* must not call us from within */
    }
    return work.called < 3 ? work.at[work.called - 1] + 100 : USHER_NEVER;
}

static void work_of_the_callers_is_done_when_it_is_due(void **state)
{
    struct bench *b = bench_new();
    struct side *s = &b->side[P];
    struct usher_config config = { .user = s, .work = each_100_ms };

    (void)state;
    memset(&work, 0, sizeof(work));
    work.again = true;
    assert_int_equal(usher_init(&s->node, &s->port, &config), USHER_OK);
    run(b, 50);
    assert_int_equal(work.called, 0); /* nobody asked */
    usher_work(&s->node);
    assert_int_equal(work.called, 0);
    assert_int_equal(s->wake, b->now);
    run(b, 1000);
    assert_int_equal(work.called, 3);
    assert_int_equal(work.at[0], 5050);
    assert_int_equal(work.at[1], 5150);
    assert_int_equal(work.at[2], 5250);
    assert_false(work.again);
    assert_true(s->wake == USHER_NEVER);
    bench_free(b);
}

static bool is_heard;

static void on_heard(void *user, struct usher *u, const struct usher_adv_report *report)
{
    (void)user;
    (void)u;
    is_heard = report->len == 3 && report->data[1] == 0x09;
}

static void an_instance_that_is_off_the_air_neither_sends_nor_hears(void **state)
{
    static const uint8_t name[] = { 2, 0x09, 'x' };
    struct bench *b = bench_new();
    struct side *s = &b->side[D];
    struct usher_config config = { .user = s, .heard = on_heard };

    (void)state;
    assert_int_equal(usher_init(&s->node, &s->port, &config), USHER_OK);
    usher_radio(&s->node, false);
    usher_session_init(&s->node, &s->session,
                       &(struct usher_caps){ .num_elements = 1, .algorithms = 1 }, NULL);
    assert_int_equal(usher_listen(&s->session, &(struct usher_listen){ .uuid = uuid }), USHER_OK);
    assert_int_equal(usher_scan(&s->node, true), USHER_OK);
    run(b, 10000);
    hear(s, name, sizeof(name));
    assert_int_equal(s->pending_count, 0);
    assert_int_equal(s->scan, USHER_SCAN_OFF);
    assert_false(is_heard);

    usher_radio(&s->node, true); /* the beacon is due since long */
    assert_int_equal(s->pending_count, 1);
    assert_int_equal(s->scan, USHER_SCAN_BEACON | USHER_SCAN_PB_ADV);
    hear(s, name, sizeof(name));
    assert_true(is_heard);

    usher_radio(&s->node, false); /* what is on the air goes */
    assert_int_equal(s->pending_count, 0);
    assert_int_equal(s->scan, USHER_SCAN_OFF);
    bench_free(b);
}

static int setup(void **state)
{
    (void)state;
    crypto = usher_crypto_openssl_new();
    return crypto == NULL;
}

static int teardown(void **state)
{
    (void)state;
    usher_crypto_openssl_free(crypto);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_instance_needs_all_of_its_port),
        cmocka_unit_test(calls_at_the_wrong_moment_say_so_and_change_nothing),
        cmocka_unit_test(a_device_may_refuse_what_the_provisioner_chose),
        cmocka_unit_test(a_uri_that_does_not_fit_is_a_hash_alone),
        cmocka_unit_test(parameters_out_of_range_are_refused),
        cmocka_unit_test(answers_that_cannot_be_are_refused_and_may_be_given_again),
        cmocka_unit_test(row_33_without_good_randomness_nothing_begins),
        cmocka_unit_test(row_33_randomness_that_ends_while_the_link_opens_ends_the_session),
        cmocka_unit_test(row_31_only_the_right_ecdh_answer_counts_and_once),
        cmocka_unit_test(row_31_a_session_that_asks_takes_its_users_secret_alone),
        cmocka_unit_test(row_31_an_ecdh_that_fails_ends_its_session_alone),
        cmocka_unit_test(advertisements_that_are_malformed_are_ignored),
        cmocka_unit_test(row_32_a_link_that_never_opened_leaves_no_key_behind),
        cmocka_unit_test(a_handler_may_end_and_release_another_session),
        cmocka_unit_test(a_second_device_is_not_measured_by_the_first_ones_elements),
        cmocka_unit_test(work_of_the_callers_is_done_when_it_is_due),
        cmocka_unit_test(an_instance_that_is_off_the_air_neither_sends_nor_hears),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
