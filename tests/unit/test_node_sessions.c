/*
 * Sessions of an instance on the ports of node_bench.h: ECDH answers from elsewhere, and sessions
 * that end, inside handlers too. Rows are those of docs/threat-model.md.
 */
#include "node_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

/* -- ECDH elsewhere ---------------------------------------------------------------------------- */

static void row_31_only_the_right_ecdh_answer_counts_and_once(void **state)
{
    static const uint8_t wrong[USHER_P256_SECRET] = { 7 };
    struct bench *b = bench_new();
    struct side *p = &b->side[P];
    uint32_t old;

    (void)state;
    p->port.ecdh = bench_ecdh;
    bench_begin(b);
    bench_run(b, 5000);
    assert_int_equal(p->ecdh_asked, 1);
    usher_in_ecdh(&p->node, p->ecdh_token + 1, USHER_OK, wrong);
    usher_in_ecdh(&p->node, 0, USHER_OK, wrong);
    assert_int_equal(usher_secret_set(&p->session, wrong), USHER_E_STATE);
    usher_in_ecdh(&p->node, p->ecdh_token, USHER_OK, p->ecdh_secret);
    usher_in_ecdh(&p->node, p->ecdh_token, USHER_OK, wrong);
    bench_run(b, 30000);
    bench_assert_both_complete(b);
    old = p->ecdh_token;
    bench_begin(b);
    bench_run(b, 5000);
    assert_int_equal(p->ecdh_asked, 2);
    usher_in_ecdh(&p->node, old, USHER_OK, wrong); /* very late, for a session that is over */
    usher_in_ecdh(&p->node, p->ecdh_token, USHER_OK, p->ecdh_secret);
    bench_run(b, 30000);
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
    bench_begin(b);
    bench_run(b, 5000);
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
        p->port.ecdh = i == 2 ? bench_no_ecdh : bench_ecdh;
        bench_begin(b);
        bench_run(b, 5000);
        if (i < 2) {
            usher_in_ecdh(&p->node, p->ecdh_token, i == 0 ? USHER_E_DATA : USHER_OK, zeros);
        }
        bench_run(b, 5000);
        assert_int_equal(p->told[USHER_EVT_LINK_CLOSED], 1);
        assert_int_equal(p->close_reason, USHER_CLOSE_ERROR);
        assert_true(usher_session_idle(&p->session));
        assert_false(usher_session_idle(&other));
        assert_int_equal(p->told[USHER_EVT_DATA_REQUEST], 0);
        bench_free(b);
    }
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
        usher_provision(p, &(struct usher_provision){ .uuid = bench_uuid, .data = &b->data }),
        USHER_OK);
    assert_int_equal(bench_listen(b), USHER_OK);
    assert_memory_not_equal(p->prov.private_key, zeros, 32);
    bench_run(b, 70000);
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
    struct usher_caps caps = bench_capabilities();

    (void)state;
    neighbour = malloc(sizeof(*neighbour));
    assert_non_null(neighbour);
    usher_session_init(&b->side[P].node, neighbour, &caps, NULL);
    assert_int_equal(usher_listen(neighbour, &(struct usher_listen){ .uuid = bench_uuid }),
                     USHER_OK);
    assert_int_equal(bench_provision(b), USHER_OK); /* comes before its neighbour in the list */
    b->side[P].in_handler = release_neighbour;
    assert_int_equal(usher_cancel(&b->side[P].session, USHER_CLOSE_ERROR), USHER_OK);
    bench_run(b, 5000);
    assert_null(neighbour);
    bench_free(b);
}

static void a_second_device_is_not_measured_by_the_first_ones_elements(void **state)
{
    struct bench *b = bench_new();
    struct usher_prov_data last = b->data;

    (void)state;
    b->side[D].session.capabilities.num_elements = 255;
    bench_begin(b);
    bench_run(b, 30000);
    bench_assert_both_complete(b);
    b->side[D].session.capabilities.num_elements = 1;
    last.address = USHER_UNICAST_MAX;
    assert_int_equal(bench_listen(b), USHER_OK);
    assert_int_equal(
        usher_provision(&b->side[P].session,
                        &(struct usher_provision){ .uuid = bench_uuid, .data = &last }),
        USHER_OK);
    bench_run(b, 30000);
    assert_int_equal(b->side[P].told[USHER_EVT_COMPLETE], 2);
    assert_int_equal(b->side[P].told[USHER_EVT_DATA_REQUEST], 1); /* for the first only */
    bench_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(row_31_only_the_right_ecdh_answer_counts_and_once),
        cmocka_unit_test(row_31_a_session_that_asks_takes_its_users_secret_alone),
        cmocka_unit_test(row_31_an_ecdh_that_fails_ends_its_session_alone),
        cmocka_unit_test(row_32_a_link_that_never_opened_leaves_no_key_behind),
        cmocka_unit_test(a_handler_may_end_and_release_another_session),
        cmocka_unit_test(a_second_device_is_not_measured_by_the_first_ones_elements),
    };

    return cmocka_run_group_tests(tests, bench_setup, bench_teardown);
}
