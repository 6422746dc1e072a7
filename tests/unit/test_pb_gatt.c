/*
 * PB-GATT links, both sides, without a connection (Mesh Protocol 1.1, section 5.2.2): PDUs one at a
 * time, the link timer, and what it means when a connection goes. Rows are those of
 * docs/threat-model.md.
 */
#include "pb_gatt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#define OPENED 5000u
#define PEERS_REASON 77 /* some number that nothing here would choose */

static const struct bearer_acts *const acts = &pb_gatt_acts;
static const uint8_t pdu[USHER_PDU_MAX] = { 3, 1, 2 };

struct bench {
    union usher_link link;
    struct bearer_input in;
};

static enum bearer_event poll(struct bench *b, uint64_t now)
{
    return acts->poll(&b->link, now, &b->in);
}

static void assert_quiet(struct bench *b, uint64_t now)
{
    assert_int_equal(poll(b, now), BEARER_NOTHING);
}

static void begin(struct bench *b, bool server)
{
    memset(b, 0xA5, sizeof(*b));
    if (server) {
        pb_gatt_listen(&b->link.gatt);
    } else {
        pb_gatt_open(&b->link.gatt);
    }
    assert_false(acts->ready(&b->link));
    assert_true(acts->deadline(&b->link) == USHER_NEVER);
    assert_quiet(b, UINT64_MAX - 1); /* the connection's making has its timer elsewhere */
}

static void begin_open(struct bench *b, bool server)
{
    begin(b, server);
    pb_gatt_opened(&b->link.gatt, OPENED);
    assert_false(acts->ready(&b->link)); /* until it is told */
    assert_int_equal(poll(b, OPENED), BEARER_OPENED);
    assert_quiet(b, OPENED);
    assert_true(acts->ready(&b->link));
}

static void assert_closed(struct bench *b, uint64_t now, uint8_t reason)
{
    assert_int_equal(poll(b, now), BEARER_CLOSED);
    assert_int_equal(b->in.reason, reason);
    assert_quiet(b, now);
    assert_false(acts->ready(&b->link));
    assert_true(acts->deadline(&b->link) == USHER_NEVER);
}

static void one_pdu_goes_at_a_time(void **state)
{
    const uint8_t *next;
    struct bench b;

    (void)state;
    begin_open(&b, true);
    assert_int_equal(pb_gatt_next(&b.link.gatt, &next), 0);
    pb_gatt_sent(&b.link.gatt); /* of nothing */
    assert_quiet(&b, OPENED);
    assert_int_equal(acts->send(&b.link, OPENED, pdu, 0, true), USHER_E_SIZE);
    assert_int_equal(acts->send(&b.link, OPENED, pdu, USHER_PDU_MAX + 1, true), USHER_E_SIZE);
    assert_int_equal(acts->send(&b.link, OPENED, pdu, USHER_PDU_MAX, true), USHER_OK);
    assert_false(acts->ready(&b.link));
    assert_int_equal(acts->send(&b.link, OPENED, pdu, 1, true), USHER_E_BUSY);
    assert_int_equal(pb_gatt_next(&b.link.gatt, &next), USHER_PDU_MAX);
    assert_memory_equal(next, pdu, USHER_PDU_MAX);
    assert_quiet(&b, OPENED); /* not sent before the connection has it all */
    pb_gatt_sent(&b.link.gatt);
    assert_false(acts->ready(&b.link)); /* until it is told */
    assert_int_equal(poll(&b, OPENED), BEARER_SENT);
    assert_quiet(&b, OPENED);
    assert_true(acts->ready(&b.link));
}

static void one_pdu_comes_at_a_time(void **state)
{
    struct bench b;

    (void)state;
    begin(&b, true);
    assert_int_equal(pb_gatt_rx(&b.link.gatt, pdu, 2), USHER_E_STATE);
    begin_open(&b, true);
    assert_int_equal(pb_gatt_rx(&b.link.gatt, pdu, 0), USHER_E_SIZE);
    assert_int_equal(pb_gatt_rx(&b.link.gatt, pdu, USHER_PDU_MAX + 1), USHER_E_SIZE);
    assert_quiet(&b, OPENED);
    assert_int_equal(pb_gatt_rx(&b.link.gatt, pdu, USHER_PDU_MAX), USHER_OK);
    assert_int_equal(pb_gatt_rx(&b.link.gatt, pdu + 1, 1), USHER_E_BUSY);
    assert_int_equal(poll(&b, OPENED), BEARER_PDU);
    assert_int_equal(b.in.len, USHER_PDU_MAX);
    assert_memory_equal(b.in.pdu, pdu, USHER_PDU_MAX);
    assert_quiet(&b, OPENED);
}

static void the_link_timer_runs_to_the_first_pdu(void **state)
{
    (void)state;
    for (int how = 0; how < 3; how++) { /* nothing, a PDU received, a PDU sent */
        struct bench b;

        begin_open(&b, how != 2);
        assert_true(acts->deadline(&b.link) == OPENED + 60000);
        assert_quiet(&b, OPENED + 59999);
        if (how == 0) {
            assert_quiet(&b, OPENED + 60000);
            assert_true(pb_gatt_ending(&b.link.gatt));
            pb_gatt_lost(&b.link.gatt, PEERS_REASON);
            assert_closed(&b, OPENED + 60000, USHER_CLOSE_TIMEOUT);
            continue;
        }
        if (how == 1) {
            assert_int_equal(pb_gatt_rx(&b.link.gatt, pdu, 1), USHER_OK);
            assert_int_equal(poll(&b, OPENED), BEARER_PDU);
        } else {
            assert_int_equal(acts->send(&b.link, OPENED, pdu, 1, true), USHER_OK);
        }
        assert_true(acts->deadline(&b.link) == USHER_NEVER); /* the session has its own */
        assert_quiet(&b, OPENED + 3600000);
    }
}

/* A connection that is lost is a failure, of an open link and of one that is being made. */
static void a_connection_lost_is_a_failure(void **state)
{
    struct bench b;

    (void)state;
    for (int server = 0; server < 2; server++) {
        begin_open(&b, server != 0);
        pb_gatt_lost(&b.link.gatt, PEERS_REASON);
        assert_closed(&b, OPENED, PEERS_REASON);
    }
    begin(&b, false);
    pb_gatt_lost(&b.link.gatt, PEERS_REASON);
    assert_closed(&b, OPENED, PEERS_REASON);
    pb_gatt_opened(&b.link.gatt, OPENED); /* too late */
    assert_quiet(&b, OPENED);
}

static void what_was_received_is_told_before_the_loss(void **state)
{
    struct bench b;

    (void)state;
    begin_open(&b, false);
    assert_int_equal(acts->send(&b.link, OPENED, pdu, 1, true), USHER_OK);
    pb_gatt_sent(&b.link.gatt);
    assert_int_equal(pb_gatt_rx(&b.link.gatt, pdu, 1), USHER_OK);
    pb_gatt_lost(&b.link.gatt, PEERS_REASON);
    assert_int_equal(poll(&b, OPENED), BEARER_SENT);
    assert_int_equal(poll(&b, OPENED), BEARER_PDU);
    assert_closed(&b, OPENED, PEERS_REASON);
}

static void our_close_keeps_its_reason(void **state)
{
    const uint8_t *next;
    struct bench b;

    (void)state;
    begin_open(&b, false);
    assert_int_equal(acts->send(&b.link, OPENED, pdu, 1, true), USHER_OK);
    acts->close(&b.link, OPENED, USHER_CLOSE_SUCCESS);
    assert_true(pb_gatt_ending(&b.link.gatt));
    assert_quiet(&b, OPENED); /* told when the connection is gone */
    assert_false(acts->ready(&b.link));
    assert_int_equal(pb_gatt_next(&b.link.gatt, &next), 0);
    assert_int_equal(pb_gatt_rx(&b.link.gatt, pdu, 1), USHER_E_STATE);
    acts->close(&b.link, OPENED, USHER_CLOSE_ERROR); /* it is closed already */
    pb_gatt_lost(&b.link.gatt, PEERS_REASON);
    assert_false(pb_gatt_ending(&b.link.gatt));
    assert_closed(&b, OPENED, USHER_CLOSE_SUCCESS);
    begin(&b, false); /* of one that is being made */
    acts->close(&b.link, OPENED, USHER_CLOSE_ERROR);
    assert_true(pb_gatt_ending(&b.link.gatt));
    pb_gatt_lost(&b.link.gatt, PEERS_REASON);
    assert_closed(&b, OPENED, USHER_CLOSE_ERROR);
    begin(&b, true); /* of one that nobody has opened: nothing */
    acts->close(&b.link, OPENED, USHER_CLOSE_ERROR);
    assert_false(pb_gatt_ending(&b.link.gatt));
}

static void after_complete_a_loss_is_success(void **state)
{
    (void)state;
    for (int server = 0; server < 2; server++) {
        struct bench b;

        begin_open(&b, server != 0);
        acts->complete(&b.link, OPENED + 900);
        pb_gatt_lost(&b.link.gatt, PEERS_REASON);
        assert_closed(&b, OPENED, USHER_CLOSE_SUCCESS);
    }
}

static void a_server_disconnects_some_time_after_complete(void **state)
{
    struct bench b;

    (void)state;
    begin_open(&b, true);
    assert_int_equal(pb_gatt_rx(&b.link.gatt, pdu, 1), USHER_OK);
    assert_int_equal(poll(&b, OPENED), BEARER_PDU);
    acts->complete(&b.link, OPENED + 900);
    assert_true(acts->deadline(&b.link) == OPENED + 900 + PB_GATT_COMPLETE_MS);
    /* More PDUs put nothing off. */
    assert_int_equal(pb_gatt_rx(&b.link.gatt, pdu, 1), USHER_OK);
    assert_int_equal(poll(&b, OPENED + 1000), BEARER_PDU);
    assert_int_equal(acts->send(&b.link, OPENED + 1000, pdu, 1, false), USHER_OK);
    assert_quiet(&b, OPENED + 899 + PB_GATT_COMPLETE_MS);
    assert_false(pb_gatt_ending(&b.link.gatt));
    assert_quiet(&b, OPENED + 900 + PB_GATT_COMPLETE_MS);
    assert_true(pb_gatt_ending(&b.link.gatt));
    pb_gatt_lost(&b.link.gatt, PEERS_REASON);
    assert_closed(&b, OPENED + 10000, USHER_CLOSE_SUCCESS);
}

static void a_link_that_is_stopped_tells_nothing(void **state)
{
    struct bench b;

    (void)state;
    begin_open(&b, true);
    assert_int_equal(pb_gatt_rx(&b.link.gatt, pdu, 1), USHER_OK);
    acts->stop(&b.link);
    assert_quiet(&b, UINT64_MAX - 1);
    assert_true(acts->deadline(&b.link) == USHER_NEVER);
    pb_gatt_lost(&b.link.gatt, PEERS_REASON);
    assert_quiet(&b, OPENED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_pdu_goes_at_a_time),
        cmocka_unit_test(one_pdu_comes_at_a_time),
        cmocka_unit_test(the_link_timer_runs_to_the_first_pdu),
        cmocka_unit_test(a_connection_lost_is_a_failure),
        cmocka_unit_test(what_was_received_is_told_before_the_loss),
        cmocka_unit_test(our_close_keeps_its_reason),
        cmocka_unit_test(after_complete_a_loss_is_success),
        cmocka_unit_test(a_server_disconnects_some_time_after_complete),
        cmocka_unit_test(a_link_that_is_stopped_tells_nothing),
    };

    return cmocka_run_group_tests_name("pb_gatt", tests, NULL, NULL);
}
