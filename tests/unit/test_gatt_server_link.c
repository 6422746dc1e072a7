/*
 * The link of a GATT server octet by octet: its MTU, the subscription that opens it, values, and
 * what becomes of it when the mesh service changes. The database is in test_gatt_server.c.
 */
#include "gatt_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static void hear_changes(struct gatt_bench *b)
{
    bench_answers(b, "12 0900 0200", "13");
}

/* -- MTU --------------------------------------------------------------------------------------- */

static void row_29_the_mtu_is_the_smaller_one_and_agreed_on_once(void **state)
{
    static const struct {
        uint16_t ours;
        const char *request, *answer;
        uint16_t mtu;
        const char *again;
    } cases[] = {
        { 247, "02 f700", "03 f700", 247, "03 f700" },
        { 247, "02 0502", "03 f700", 247, "03 f700" },
        { 247, "02 ffff", "03 f700", 247, "03 f700" },
        { 247, "02 4500", "03 f700", 69, "03 4500" },
        { 69, "02 f700", "03 4500", 69, "03 4500" },
        { 23, "02 f700", "03 1700", 23, "03 1700" },
        { 247, "02 1700", "03 f700", 23, "03 1700" },
        { 247, "02 1600", "03 f700", 23, "03 1700" },
        { 247, "02 0000", "03 f700", 23, "03 1700" },
    };
    struct gatt_bench b;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        bench_serve(&b, USHER_GATT_PROVISIONING, cases[i].ours);
        bench_answers(&b, cases[i].request, cases[i].answer);
        assert_int_equal(b.link.mtu, cases[i].mtu);
        bench_answers(&b, "02 2000", cases[i].again); /* the second one changes nothing */
        assert_int_equal(b.link.mtu, cases[i].mtu);
    }
}

static void row_29_a_request_longer_than_the_mtu_is_invalid(void **state)
{
    struct gatt_bench b;

    (void)state;
    bench_serve_provisioning(&b);
    bench_rx_long(&b, "06 0100 ffff 0028", 23);
    bench_expect(&b, "01 06 0100 0a");
    bench_rx_long(&b, "06 0100 ffff 0028", 24);
    bench_expect(&b, "01 06 0000 04");
    bench_rx_long(&b, "12 1500", 300);
    bench_expect(&b, "01 12 0000 04");
    bench_answers(&b, "02 f700", "03 f700");
    bench_rx_long(&b, "06 0100 ffff 0028", 247);
    bench_expect(&b, "01 06 0100 0a");
    bench_rx_long(&b, "06 0100 ffff 0028", 248);
    bench_expect(&b, "01 06 0000 04");
}

/* What was told when the link opened stays so, whatever is asked for later. */
static void row_29_an_mtu_that_comes_late_changes_nothing(void **state)
{
    uint8_t value[21] = { 0 };
    struct gatt_bench b;

    (void)state;
    bench_serve_open(&b);
    assert_int_equal(b.link.value_max, 20);
    bench_answers(&b, "02 f700", "03 1700");
    assert_int_equal(gatt_link_send(&b.link, b.now, value, 21), USHER_E_SIZE);
    assert_int_equal(gatt_link_send(&b.link, b.now, value, 20), USHER_OK);
    bench_rx_long(&b, "52 1200", 23);
    bench_tells(&b, GATT_VALUE);
    assert_int_equal(b.data.len, 20);
    bench_rx_long(&b, "52 1200", 24);
    bench_failed(&b, "the peer sent a value that is longer than the MTU allows");
}

/* -- the link ---------------------------------------------------------------------------------- */

static void row_29_values_before_the_subscription_are_dropped(void **state)
{
    struct gatt_bench b;

    (void)state;
    bench_serve_provisioning(&b);
    assert_int_equal(gatt_link_send(&b.link, b.now, (const uint8_t *)"x", 1), USHER_E_STATE);
    bench_rx(&b, "52 1200 03 00");
    bench_tells(&b, GATT_NOTHING);
    bench_rx_long(&b, "52 1200", 300); /* not even this one */
    bench_tells(&b, GATT_NOTHING);
    bench_subscribe(&b);
    bench_tells(&b, GATT_NOTHING);
    bench_rx(&b, "52 1200 03 00 05");
    bench_got(&b, "03 00 05");
}

static void values_go_both_ways(void **state)
{
    struct gatt_bench b;

    (void)state;
    bench_serve_open(&b);
    bench_rx(&b, "52 1200");
    bench_tells(&b, GATT_NOTHING); /* empty */
    bench_rx(&b, "52 1200 03");
    bench_got(&b, "03");
    bench_rx(&b, "52 1200 000102030405060708090a0b0c0d0e0f10111213"); /* 20, the most */
    bench_got(&b, "000102030405060708090a0b0c0d0e0f10111213");
    assert_int_equal(gatt_link_send(&b.link, b.now, (const uint8_t *)"abc", 0), USHER_E_SIZE);
    assert_int_equal(gatt_link_send(&b.link, b.now, (const uint8_t *)"abc", 3), USHER_OK);
    bench_expect(&b, "1b 1400 616263");
    bench_expect_none(&b);
}

static void row_29_a_value_longer_than_the_mtu_ends_the_link(void **state)
{
    static const size_t lengths[] = { 24, 248, 300 };
    struct gatt_bench b;

    (void)state;
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        bench_serve_open(&b);
        bench_rx_long(&b, "52 1200", lengths[i]);
        bench_failed(&b, "the peer sent a value that is longer than the MTU allows");
    }
}

static void a_value_that_is_not_taken_ends_the_link(void **state)
{
    struct gatt_bench b;

    (void)state;
    bench_serve_open(&b);
    bench_rx(&b, "52 1200 0102");
    bench_rx(&b, "52 1200 0304");
    assert_int_equal(gatt_link_deadline(&b.link), 0);
    assert_int_equal(bench_poll(&b), GATT_VALUE); /* what was there is as it was */
    assert_int_equal(b.data.len, 2);
    assert_memory_equal(b.data.value, "\x01\x02", 2);
    bench_failed(&b, "a value was not taken before the next one came");
}

static void subscribing_again_changes_nothing(void **state)
{
    struct gatt_bench b;

    (void)state;
    bench_serve_open(&b);
    assert_int_equal(gatt_link_send(&b.link, b.now, (const uint8_t *)"abc", 3), USHER_OK);
    bench_rx(&b, "12 1500 0100");
    bench_tells(&b, GATT_NOTHING);
    bench_expect(&b, "13");
    bench_expect(&b, "1b 1400 616263");
}

static void unsubscribing_ends_the_link(void **state)
{
    struct gatt_bench b;

    (void)state;
    bench_serve_provisioning(&b);
    bench_answers(&b, "12 1500 0000", "13"); /* from nothing: nothing */
    bench_subscribe(&b);
    bench_rx(&b, "12 1500 0000");
    bench_failed(&b, "the client has unsubscribed from Data Out");
}

static void a_client_that_does_not_subscribe_is_sent_away(void **state)
{
    struct gatt_bench b;

    (void)state;
    bench_serve_provisioning(&b);
    assert_int_equal(gatt_link_deadline(&b.link), 1000 + 60000);
    b.now += 59999;
    bench_answers(&b, "02 f700", "03 f700"); /* it does not help to be busy */
    b.now++;
    bench_failed(&b, "the client did not subscribe to Data Out within a minute");

    bench_serve_open(&b);
    assert_int_equal(gatt_link_deadline(&b.link), USHER_NEVER);
    b.now += 1000000;
    bench_tells(&b, GATT_NOTHING);
}

static void values_wait_until_there_is_no_room(void **state)
{
    struct gatt_bench b;
    uint8_t n;

    (void)state;
    bench_serve_open(&b);
    for (n = 0; n < GATT_VALUES; n++) {
        assert_int_equal(gatt_link_send(&b.link, b.now, &n, 1), USHER_OK);
    }
    bench_tells(&b, GATT_NOTHING);
    assert_int_equal(gatt_link_send(&b.link, b.now, &n, 1), USHER_E_BUSY);
    bench_tells(&b, GATT_NOTHING);
    assert_int_equal(gatt_link_deadline(&b.link), USHER_NEVER);
    bench_expect(&b, "1b 1400 00");
    assert_int_equal(gatt_link_deadline(&b.link), 0);
    bench_tells(&b, GATT_READY);
    assert_int_equal(gatt_link_send(&b.link, b.now, &n, 1), USHER_OK);
    bench_expect(&b, "1b 1400 01");
    bench_tells(&b, GATT_NOTHING); /* nobody was refused since */
    bench_rx(&b, "0a 0500");
    bench_expect(&b, "0b 0000"); /* answers first */
    bench_expect(&b, "1b 1400 02");
    bench_expect(&b, "1b 1400 03");
    bench_expect(&b, "1b 1400 04");
    bench_expect_none(&b);
}

/* -- the service changes ----------------------------------------------------------------------- */

static void change(struct gatt_bench *b, enum usher_gatt_service service)
{
    b->database.service = service;
    gatt_link_service_changed(&b->link, b->now);
}

static void who_wants_to_know_is_told_of_the_change(void **state)
{
    struct gatt_bench b;

    (void)state;
    bench_serve_provisioning(&b);
    change(&b, USHER_GATT_PROXY);
    bench_expect_none(&b);
    hear_changes(&b);
    bench_expect_none(&b); /* of none before that */
    change(&b, USHER_GATT_PROVISIONING);
    bench_expect(&b, "1d 0800 1000 2500");
    bench_expect_none(&b);
    change(&b, USHER_GATT_NONE); /* one at a time */
    change(&b, USHER_GATT_PROXY);
    bench_expect_none(&b);
    bench_rx(&b, "1e");
    bench_expect(&b, "1d 0800 1000 2500");
    bench_rx(&b, "1e");
    bench_expect_none(&b);
    bench_answers(&b, "12 0900 0000", "13");
    change(&b, USHER_GATT_PROVISIONING);
    bench_expect_none(&b);
}

static void who_does_not_confirm_is_sent_away(void **state)
{
    struct gatt_bench b;

    (void)state;
    bench_serve_open(&b);
    hear_changes(&b);
    change(&b, USHER_GATT_PROXY);
    b.now += 40000; /* it waits to be sent: that time does not count */
    bench_tells(&b, GATT_NOTHING);
    bench_expect(&b, "1d 0800 1000 2500");
    assert_int_equal(gatt_link_deadline(&b.link), b.now + 30000);
    b.now += 29999;
    bench_tells(&b, GATT_NOTHING);
    b.now++;
    bench_failed(&b, "the client did not confirm Service Changed within 30 s");
}

static void who_confirms_stays(void **state)
{
    struct gatt_bench b;

    (void)state;
    bench_serve_open(&b);
    hear_changes(&b);
    change(&b, USHER_GATT_PROXY);
    bench_expect(&b, "1d 0800 1000 2500");
    bench_rx(&b, "1e");
    assert_int_equal(gatt_link_deadline(&b.link), USHER_NEVER);
    b.now += 1000000;
    bench_tells(&b, GATT_NOTHING);
}

static void a_link_to_the_service_before_only_finishes(void **state)
{
    struct gatt_bench b;

    (void)state;
    bench_serve_open(&b);
    assert_int_equal(gatt_link_send(&b.link, b.now, (const uint8_t *)"a", 1), USHER_OK);
    change(&b, USHER_GATT_PROXY);
    assert_int_equal(gatt_link_send(&b.link, b.now, (const uint8_t *)"b", 1), USHER_OK);
    bench_rx(&b, "52 1200 03"); /* the old Data In */
    bench_rx(&b, "52 2200 03"); /* the new one */
    bench_tells(&b, GATT_NOTHING);
    bench_expect(&b, "1b 1400 61");
    bench_expect(&b, "1b 1400 62");
    bench_answers(&b, "0a 1500", "01 0a 1500 01");
    bench_answers(&b, "12 1500 0000", "01 12 1500 01");
    bench_answers(&b, "12 2500 0100", "01 12 2500 fc"); /* once a connection */
    bench_answers(&b, "12 2500 0000", "13");
    bench_answers(&b, "0a 2500", "0b 0000");
    bench_tells(&b, GATT_NOTHING);
}

static void a_link_that_is_not_open_gets_the_new_service(void **state)
{
    struct gatt_bench b;

    (void)state;
    bench_serve_provisioning(&b);
    bench_answers(&b, "06 0100 ffff 0028 2718", "07 1000 1500");
    change(&b, USHER_GATT_PROXY);
    bench_answers(&b, "12 1500 0100", "01 12 1500 01");
    bench_rx(&b, "12 2500 0100");
    bench_tells(&b, GATT_OPENED);
    assert_int_equal(b.data.service, USHER_GATT_PROXY);
    bench_expect(&b, "13");
    bench_rx(&b, "52 1200 03");
    bench_tells(&b, GATT_NOTHING);
    bench_rx(&b, "52 2200 00");
    bench_got(&b, "00");
    assert_int_equal(gatt_link_send(&b.link, b.now, (const uint8_t *)"a", 1), USHER_OK);
    bench_expect(&b, "1b 2400 61");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(row_29_the_mtu_is_the_smaller_one_and_agreed_on_once),
        cmocka_unit_test(row_29_a_request_longer_than_the_mtu_is_invalid),
        cmocka_unit_test(row_29_an_mtu_that_comes_late_changes_nothing),
        cmocka_unit_test(row_29_values_before_the_subscription_are_dropped),
        cmocka_unit_test(values_go_both_ways),
        cmocka_unit_test(row_29_a_value_longer_than_the_mtu_ends_the_link),
        cmocka_unit_test(a_value_that_is_not_taken_ends_the_link),
        cmocka_unit_test(subscribing_again_changes_nothing),
        cmocka_unit_test(unsubscribing_ends_the_link),
        cmocka_unit_test(a_client_that_does_not_subscribe_is_sent_away),
        cmocka_unit_test(values_wait_until_there_is_no_room),
        cmocka_unit_test(who_wants_to_know_is_told_of_the_change),
        cmocka_unit_test(who_does_not_confirm_is_sent_away),
        cmocka_unit_test(who_confirms_stays),
        cmocka_unit_test(a_link_to_the_service_before_only_finishes),
        cmocka_unit_test(a_link_that_is_not_open_gets_the_new_service),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
