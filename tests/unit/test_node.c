/*
 * The instance and its public calls (usher.h), on the ports of node_bench.h: what each call answers
 * at the wrong moment, randomness that fails, malformed advertisements, work of the caller's.
 * test_node_sessions.c has what becomes of sessions. Rows are those of docs/threat-model.md.
 */
#include "node_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

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

    assert_int_equal(usher_oob_use(x, &bench_static_oob), USHER_E_STATE);
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
    bench_begin(b);
    usher_session_init(&b->side[D].node, &other, &d->capabilities, NULL);
    before = other;
    assert_int_equal(usher_listen(&other, &(struct usher_listen){ .uuid = bench_uuid }),
                     USHER_E_STATE);
    assert_memory_equal(&before, &other, sizeof(before));
    assert_int_equal(bench_listen(b), USHER_E_STATE);
    assert_int_equal(bench_provision(b), USHER_E_STATE);
    assert_int_equal(usher_cancel(d, USHER_CLOSE_ERROR), USHER_E_STATE); /* it listens */
    assert_nobody_asked(&b->side[D]);
    assert_nobody_asked(&b->side[P]); /* the link is opening */
    b->side[P].withhold = 1u << USHER_EVT_CAPS_RECEIVED;
    bench_run(b, 5000);
    assert_int_equal(b->side[P].told[USHER_EVT_CAPS_RECEIVED], 1);
    assert_nobody_asked(&b->side[D]);
    assert_int_equal(usher_listen_stop(d), USHER_E_STATE); /* a link is open */
    assert_int_equal(usher_oob_use(p, &bench_static_oob), USHER_OK);
    bench_run(b, 30000);
    bench_assert_both_complete(b);
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
    bench_begin(b);
    bench_run(b, 30000);
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
        (void)bench_carry(d, &b->side[P]);
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
        struct usher_listen p = { .uuid = bench_uuid, .uri = uri, .uri_len = len };
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
    assert_int_equal(usher_provision(NULL, &(struct usher_provision){ .uuid = bench_uuid }),
                     USHER_E_NULL);
    assert_int_equal(usher_provision(p, NULL), USHER_E_NULL);
    assert_int_equal(usher_provision(p, &(struct usher_provision){ 0 }), USHER_E_NULL);
    data.address = 0;
    assert_int_equal(
        usher_provision(p, &(struct usher_provision){ .uuid = bench_uuid, .data = &data }),
        USHER_E_DATA);
    data = b->data;
    data.netkey_index = 0x1000;
    assert_int_equal(
        usher_provision(p, &(struct usher_provision){ .uuid = bench_uuid, .data = &data }),
        USHER_E_DATA);
    usher_session_keys_set(p, NULL, key); /* with nobody whom ECDH_REQUEST would ask */
    usher_session_keys_set(d, NULL, key);
    assert_int_equal(bench_provision(b), USHER_E_FLAGS);
    assert_int_equal(bench_listen(b), USHER_E_FLAGS);
    assert_int_equal(usher_listen(d, NULL), USHER_E_NULL);
    assert_int_equal(usher_listen(d, &(struct usher_listen){ 0 }), USHER_E_NULL);
    assert_int_equal(usher_listen(d, &(struct usher_listen){ .uuid = bench_uuid, .uri_len = 3 }),
                     USHER_E_NULL);
    d->capabilities.num_elements = 0;
    assert_int_equal(bench_listen(b), USHER_E_PARAM);
    d->capabilities = (struct usher_caps){ .num_elements = 1, .algorithms = 0xFC };
    assert_int_equal(bench_listen(b), USHER_E_PARAM);
    d->capabilities =
        (struct usher_caps){ .num_elements = 1,
                             .algorithms = 0x3, /* only OOB, and yet CMAC */
                             .oob_static_types = USHER_STATIC_AVAILABLE | USHER_OOB_ONLY };
    assert_int_equal(bench_listen(b), USHER_E_PARAM);
    d->capabilities = (struct usher_caps){ .num_elements = 1,
                                           .algorithms = 0x2, /* only OOB, and yet none */
                                           .oob_static_types = USHER_OOB_ONLY };
    assert_int_equal(bench_listen(b), USHER_E_PARAM);
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
        bench_begin(b);
        bench_run(b, 3000);
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
        assert_int_equal(usher_oob_use(p, i == 0   ? &bench_static_oob
                                          : i == 1 ? &numeric
                                                   : &text),
                         USHER_OK);
        bench_run(b, 3000);
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
        bench_run(b, 3000); /* guessed wrong */
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
        assert_int_equal(bench_provision(b), USHER_E_INTERNAL);
        assert_int_equal(bench_listen(b), USHER_E_INTERNAL);
        assert_int_equal(usher_generate_keys(&b->side[P].node, private_key, public_key),
                         USHER_E_INTERNAL);
        bench_run(b, 10000);
        assert_true(usher_session_idle(&b->side[P].session) &&
                    usher_session_idle(&b->side[D].session));
        assert_int_equal(b->side[P].pending_count + b->side[D].pending_count, 0);
        assert_true(b->side[P].wake == USHER_NEVER && b->side[D].wake == USHER_NEVER);
        b->side[P].randomness = b->side[D].randomness = GOOD; /* and then it works */
        bench_begin(b);
        bench_run(b, 30000);
        bench_assert_both_complete(b);
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

        bench_begin(b);
        b->side[role].randomness = kinds[i / 2];
        bench_run(b, 5000);
        assert_int_equal(b->side[role].told[USHER_EVT_LINK_ESTABLISHED], 0);
        assert_int_equal(b->side[role].told[USHER_EVT_LINK_CLOSED], 1);
        assert_int_equal(b->side[role].close_reason, USHER_CLOSE_ERROR);
        assert_int_equal(b->side[P].told[USHER_EVT_CAPS_RECEIVED], 0);
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
        bench_hear(p, ad, len);
    }
    for (unsigned len = USHER_AD_MAX + 1; len <= sizeof(ad); len++) { /* than there can be */
        bench_hear(p, ad, (uint8_t)len);
    }
    assert_int_equal(p->told[USHER_EVT_UNPROVISIONED_RECEIVED], 0);
    bench_hear(p, ad, 21);
    bench_hear(p, ad, USHER_AD_MAX); /* an empty structure is the end */
    bench_hear(p, empty, sizeof(empty));
    bench_hear(p, flags_first, sizeof(flags_first));
    assert_int_equal(p->told[USHER_EVT_UNPROVISIONED_RECEIVED], 3);
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
    bench_run(b, 50);
    assert_int_equal(work.called, 0); /* nobody asked */
    usher_work(&s->node);
    assert_int_equal(work.called, 0);
    assert_int_equal(s->wake, b->now);
    bench_run(b, 1000);
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
    assert_int_equal(usher_listen(&s->session, &(struct usher_listen){ .uuid = bench_uuid }),
                     USHER_OK);
    assert_int_equal(usher_scan(&s->node, true), USHER_OK);
    bench_run(b, 10000);
    bench_hear(s, name, sizeof(name));
    assert_int_equal(s->pending_count, 0);
    assert_int_equal(s->scan, USHER_SCAN_OFF);
    assert_false(is_heard);

    usher_radio(&s->node, true); /* the beacon is due since long */
    assert_int_equal(s->pending_count, 1);
    assert_int_equal(s->scan, USHER_SCAN_BEACON | USHER_SCAN_PB_ADV);
    bench_hear(s, name, sizeof(name));
    assert_true(is_heard);

    usher_radio(&s->node, false); /* what is on the air goes */
    assert_int_equal(s->pending_count, 0);
    assert_int_equal(s->scan, USHER_SCAN_OFF);
    bench_free(b);
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
        cmocka_unit_test(advertisements_that_are_malformed_are_ignored),
        cmocka_unit_test(work_of_the_callers_is_done_when_it_is_due),
        cmocka_unit_test(an_instance_that_is_off_the_air_neither_sends_nor_hears),
    };

    return cmocka_run_group_tests(tests, bench_setup, bench_teardown);
}
