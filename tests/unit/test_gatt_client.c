/*
 * The client of a GATT link octet by octet (Core Specification, Vol 3, Part G, section 4): what it
 * asks and in which order, other databases than ours, answers that make no sense, and the words of
 * each failure.
 */
#include "gatt_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

enum { MTU, SERVICE, CHARACTERISTICS, DESCRIPTORS, SUBSCRIBE, STEPS };

/* What is asked of a device with our own database, and its answers. */
static const struct {
    const char *request, *answer;
} usual[STEPS] = {
    [MTU] = { "02 f700", "03 4500" },
    [SERVICE] = { "06 0100 ffff 0028 2718", "07 1000 1500" },
    [CHARACTERISTICS] = { "08 1000 1500 0328", "09 07 1100 04 1200 db2a  1300 10 1400 dc2a" },
    [DESCRIPTORS] = { "04 1500 1500", "05 01 1500 0229" },
    [SUBSCRIBE] = { "12 1500 0100", "13" },
};

/* A client whose question of a step is on its way. */
static void reach(struct gatt_bench *b, unsigned step)
{
    bench_find(b, USHER_GATT_PROVISIONING, 247);
    for (unsigned i = 0; i <= step; i++) {
        bench_expect(b, usual[i].request);
        bench_expect_none(b);
        bench_tells(b, GATT_NOTHING);
        if (i < step) {
            bench_rx(b, usual[i].answer);
        }
    }
}

static void reach_groups(struct gatt_bench *b)
{
    reach(b, SERVICE);
    bench_rx(b, "01 06 0100 06");
    bench_expect(b, "10 0100 ffff 0028");
}

static void reach_open(struct gatt_bench *b)
{
    reach(b, SUBSCRIBE);
    bench_rx(b, "13");
    bench_tells(b, GATT_OPENED);
    bench_expect_none(b);
}

/* An answer to the question of a step ends the link. */
static void fails(unsigned step, const char *answer, const char *why)
{
    struct gatt_bench b;

    reach(&b, step);
    bench_rx(&b, answer);
    bench_failed(&b, why);
}

/* -- how it goes ------------------------------------------------------------------------------- */

static void a_provisioning_service_is_found_and_subscribed_to(void **state)
{
    struct gatt_bench b;

    (void)state;
    reach(&b, SUBSCRIBE);
    assert_int_equal(gatt_link_send(&b.link, b.now, (const uint8_t *)"a", 1), USHER_E_STATE);
    bench_rx(&b, "13");
    bench_tells(&b, GATT_OPENED);
    assert_int_equal(b.data.service, USHER_GATT_PROVISIONING);
    assert_int_equal(b.data.value_max, 66);
    assert_int_equal(gatt_link_deadline(&b.link), USHER_NEVER);
    bench_expect_none(&b);
    assert_int_equal(gatt_link_send(&b.link, b.now, (const uint8_t *)"abc", 3), USHER_OK);
    bench_expect(&b, "52 1200 616263");
    bench_rx(&b, "1b 1400 0301");
    bench_got(&b, "0301");
}

static void a_proxy_service_is_found_and_subscribed_to(void **state)
{
    struct gatt_bench b;

    (void)state;
    bench_find(&b, USHER_GATT_PROXY, 23);
    bench_expect(&b, "02 1700");
    bench_rx(&b, "03 0502");
    bench_expect(&b, "06 0100 ffff 0028 2818");
    bench_rx(&b, "07 2000 2500");
    bench_expect(&b, "08 2000 2500 0328");
    bench_rx(&b, "09 07 2100 04 2200 dd2a  2300 10 2400 de2a");
    bench_expect(&b, "04 2500 2500");
    bench_rx(&b, "05 01 2500 0229");
    bench_expect(&b, "12 2500 0100");
    bench_rx(&b, "13");
    bench_tells(&b, GATT_OPENED);
    assert_int_equal(b.data.service, USHER_GATT_PROXY);
    assert_int_equal(b.data.value_max, 20);
}

static void a_peer_without_mtu_exchange_has_the_least(void **state)
{
    struct gatt_bench b;

    (void)state;
    reach(&b, MTU);
    bench_rx(&b, "01 02 0000 06");
    bench_expect(&b, "06 0100 ffff 0028 2718");
    assert_int_equal(b.link.mtu, 23);
}

static void an_mtu_below_the_least_is_the_least(void **state)
{
    struct gatt_bench b;

    (void)state;
    reach(&b, MTU);
    bench_rx(&b, "03 0000");
    bench_expect(&b, "06 0100 ffff 0028 2718");
    assert_int_equal(b.link.mtu, 23);
}

static void all_services_are_read_where_one_cannot_be_looked_for(void **state)
{
    static const char *const errors[] = { "01 06 0100 06", "01 06 0100 0a" };
    struct gatt_bench b;

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        reach(&b, SERVICE);
        bench_rx(&b, errors[i]);
        bench_expect(&b, "10 0100 ffff 0028");
        bench_rx(&b, "11 06 0100 0500 0018  0600 0900 0118");
        bench_expect(&b, "10 0a00 ffff 0028");
        bench_rx(&b, "11 14 1000 1f00 00112233445566778899aabbccddeeff"
                     "      2000 2f00 fb349b5f8000008000100000 2818 0000");
        bench_expect(&b, "10 3000 ffff 0028");
        bench_rx(&b, "11 14 3000 3500 fb349b5f8000008000100000 2718 0000");
        bench_expect(&b, "08 3000 3500 0328");
        bench_expect_none(&b);
        bench_tells(&b, GATT_NOTHING);
    }
}

/* Long UUIDs, other characteristics between, before and behind, more than one descriptor. */
static void another_database_is_found_its_way_through(void **state)
{
    struct gatt_bench b;

    (void)state;
    reach(&b, SERVICE);
    bench_rx(&b, "07 0100 0500  00f0 ffff");
    bench_expect(&b, "08 0100 0500 0328"); /* the first one of that kind */

    reach(&b, SERVICE);
    bench_rx(&b, "07 00f0 ffff");
    bench_expect(&b, "08 00f0 ffff 0328");
    bench_rx(&b, "09 15 01f0 30 02f0 fb349b5f8000008000100000 dc2a 0000"); /* Out before In */
    bench_expect(&b, "08 02f0 ffff 0328");
    bench_rx(&b, "09 15 06f0 02 07f0 00112233445566778899aabbccddeeff");
    bench_expect(&b, "08 07f0 ffff 0328");
    bench_rx(&b, "09 07 08f0 02 09f0 002a  0af0 0c 0bf0 db2a  0cf0 02 ffff 002a");
    bench_expect(&b, "04 03f0 ffff");
    bench_rx(&b, "05 02 03f0 00112233445566778899aabbccddeeff");
    bench_expect(&b, "04 04f0 ffff");
    bench_rx(&b, "05 01 04f0 0129  05f0 0229");
    bench_expect(&b, "12 05f0 0100");
    bench_rx(&b, "13");
    bench_tells(&b, GATT_OPENED);
    assert_int_equal(gatt_link_send(&b.link, b.now, (const uint8_t *)"a", 1), USHER_OK);
    bench_expect(&b, "52 0bf0 61");
    bench_rx(&b, "1b 02f0 07");
    bench_got(&b, "07");
}

/* -- what fails -------------------------------------------------------------------------------- */

static void a_service_that_is_not_there_has_its_words(void **state)
{
    struct gatt_bench b;

    (void)state;
    reach_groups(&b);
    bench_rx(&b, "01 10 0100 0a");
    bench_failed(&b, "the peer has no Mesh Provisioning Service");

    reach_groups(&b);
    bench_rx(&b, "11 06 0100 ffff 0018"); /* handles end */
    bench_failed(&b, "the peer has no Mesh Provisioning Service");

    bench_find(&b, USHER_GATT_PROXY, 247);
    bench_expect(&b, "02 f700");
    bench_rx(&b, "03 f700");
    bench_expect(&b, "06 0100 ffff 0028 2818");
    bench_rx(&b, "01 06 0100 0a");
    bench_expect(&b, "10 0100 ffff 0028");
    bench_rx(&b, "01 10 0100 0a");
    bench_failed(&b, "the peer has no Mesh Proxy Service");

    fails(SERVICE, "01 06 0100 0e", "the peer does not tell its services");
    reach_groups(&b);
    bench_rx(&b, "01 10 0100 06");
    bench_failed(&b, "the peer does not tell its services");
}

static void a_characteristic_that_is_not_there_has_its_words(void **state)
{
    struct gatt_bench b;

    (void)state;
    fails(CHARACTERISTICS, "01 08 1000 0a", "the peer's mesh service has no Data In");
    fails(CHARACTERISTICS, "01 08 1000 0e",
          "the peer does not tell the characteristics of its mesh service");
    fails(CHARACTERISTICS, "09 07 1100 08 1200 db2a",
          "the peer's Data In cannot be written without response");
    fails(CHARACTERISTICS, "09 07 1100 20 1200 dc2a", "the peer's Data Out does not notify");
    reach(&b, CHARACTERISTICS);
    bench_rx(&b, "09 07 1100 04 1200 db2a");
    bench_expect(&b, "08 1200 1500 0328");
    bench_rx(&b, "01 08 1200 0a");
    bench_failed(&b, "the peer's mesh service has no Data Out");
    reach(&b, CHARACTERISTICS);
    bench_rx(&b, "09 07 1100 04 1200 dd2a  1300 10 1400 de2a"); /* the proxy's */
    bench_expect(&b, "08 1400 1500 0328");
    bench_rx(&b, "01 08 1400 0a");
    bench_failed(&b, "the peer's mesh service has no Data In");
}

static void a_descriptor_that_is_not_there_has_its_words(void **state)
{
    static const char *const why = "the peer's Data Out has no descriptor to subscribe with";
    struct gatt_bench b;

    (void)state;
    fails(CHARACTERISTICS, "09 07 1100 04 1200 db2a  1300 10 1500 dc2a", why);
    fails(DESCRIPTORS, "01 04 1500 0a", why);
    fails(DESCRIPTORS, "05 01 1500 0129", why);
    fails(DESCRIPTORS, "01 04 1500 0e", "the peer does not tell the descriptors of its Data Out");
    reach(&b, CHARACTERISTICS);
    bench_rx(&b, "09 07 1000 10 1100 dc2a  1200 04 1300 db2a");
    bench_expect(&b, "04 1200 1500");
    bench_rx(&b, "05 01 1200 0328  1300 db2a  1400 0229"); /* of another characteristic */
    bench_failed(&b, why);
}

static void a_subscription_that_is_refused_has_its_words(void **state)
{
    (void)state;
    fails(SUBSCRIBE, "01 12 1500 0e", "the peer refused the subscription to its Data Out");
    fails(SUBSCRIBE, "01 12 1500 03", "the peer refused the subscription to its Data Out");
}

static void a_peer_that_wants_pairing_has_its_words(void **state)
{
    static const char *const why = "the peer wants to be paired with, which mesh services do not "
                                   "need";

    (void)state;
    fails(SERVICE, "01 06 0100 05", why);
    fails(CHARACTERISTICS, "01 08 1000 0f", why);
    fails(DESCRIPTORS, "01 04 1500 08", why);
    fails(SUBSCRIBE, "01 12 1500 05", why);
}

static void each_step_has_its_time(void **state)
{
    static const char *const names[STEPS] = { "Exchange MTU", "Find By Type Value", "Read By Type",
                                              "Find Information", "Write" };
    struct gatt_bench b;
    char why[100];

    (void)state;
    for (unsigned step = 0; step < STEPS; step++) {
        reach(&b, step);
        assert_int_equal(gatt_link_deadline(&b.link), b.now + 30000);
        b.now += 29999;
        bench_tells(&b, GATT_NOTHING);
        b.now++;
        snprintf(why, sizeof(why), "the peer did not answer within 30 s: %s Request", names[step]);
        bench_failed(&b, why);
    }
    reach_groups(&b);
    b.now += 30000;
    bench_failed(&b, "the peer did not answer within 30 s: Read By Group Type Request");
}

static void a_step_of_many_questions_has_the_same_time(void **state)
{
    struct gatt_bench b;

    (void)state;
    reach_groups(&b);
    b.now += 29999;
    bench_rx(&b, "11 06 0100 0500 0018");
    bench_expect(&b, "10 0600 ffff 0028");
    b.now++;
    bench_failed(&b, "the peer did not answer within 30 s: Read By Group Type Request");
}

/* -- what makes no sense ----------------------------------------------------------------------- */

#define SENSELESS "the peer's answer makes no sense: "

static void answers_to_other_questions_make_no_sense(void **state)
{
    (void)state;
    fails(MTU, "07 1000 1500", SENSELESS "Exchange MTU Response");
    fails(MTU, "0b 1700", SENSELESS "Exchange MTU Response");
    fails(MTU, "01 06 0100 0a", SENSELESS "Exchange MTU Response");
    fails(SERVICE, "03 1700", SENSELESS "Find By Type Value Response");
    fails(SUBSCRIBE, "01 10 1500 03", SENSELESS "Write Response");
}

static void answers_of_wrong_length_make_no_sense(void **state)
{
    struct gatt_bench b;

    (void)state;
    fails(MTU, "03", SENSELESS "Exchange MTU Response");
    fails(MTU, "03 17", SENSELESS "Exchange MTU Response");
    fails(MTU, "03 1700 00", SENSELESS "Exchange MTU Response");
    fails(MTU, "01 02 0000", SENSELESS "Exchange MTU Response");
    fails(MTU, "01 02 0000 06 00", SENSELESS "Exchange MTU Response");
    fails(SERVICE, "07", SENSELESS "Find By Type Value Response");
    fails(SERVICE, "07 1000 15", SENSELESS "Find By Type Value Response");
    fails(SERVICE, "07 1000 1500 20", SENSELESS "Find By Type Value Response");
    fails(CHARACTERISTICS, "09", SENSELESS "Read By Type Response");
    fails(CHARACTERISTICS, "09 07", SENSELESS "Read By Type Response");
    fails(CHARACTERISTICS, "09 00 1100 04 1200 db2a", SENSELESS "Read By Type Response");
    fails(CHARACTERISTICS, "09 08 1100 04 1200 db2a 00", SENSELESS "Read By Type Response");
    fails(CHARACTERISTICS, "09 07 1100 04 1200 db", SENSELESS "Read By Type Response");
    fails(CHARACTERISTICS, "09 15 1100 04 1200 db2a", SENSELESS "Read By Type Response");
    fails(DESCRIPTORS, "05", SENSELESS "Find Information Response");
    fails(DESCRIPTORS, "05 01", SENSELESS "Find Information Response");
    fails(DESCRIPTORS, "05 03 1500 0229", SENSELESS "Find Information Response");
    fails(DESCRIPTORS, "05 03 1500 fb349b5f80000080001000000229 0000",
          SENSELESS "Find Information Response");
    fails(DESCRIPTORS, "05 01 1500 02", SENSELESS "Find Information Response");
    fails(DESCRIPTORS, "05 02 1500 0229", SENSELESS "Find Information Response");
    fails(SUBSCRIBE, "13 00", SENSELESS "Write Response");
    reach_groups(&b);
    bench_rx(&b, "11");
    bench_failed(&b, SENSELESS "Read By Group Type Response");
    reach_groups(&b);
    bench_rx(&b, "11 06");
    bench_failed(&b, SENSELESS "Read By Group Type Response");
    reach_groups(&b);
    bench_rx(&b, "11 04 0100 0500 2718");
    bench_failed(&b, SENSELESS "Read By Group Type Response");
    reach_groups(&b);
    bench_rx(&b, "11 06 0100 0500 00");
    bench_failed(&b, SENSELESS "Read By Group Type Response");
}

/* Each question has to get ahead, or a peer could keep us for ever. */
static void answers_out_of_the_range_make_no_sense(void **state)
{
    static const char *const groups[] = { "11 06 0000 0500 0018", "11 06 0500 0400 0018",
                                          "11 06 0100 0500 0018  0500 0900 0118",
                                          "11 06 0100 ffff 0018  0000 0000 2718" };
    struct gatt_bench b;

    (void)state;
    fails(SERVICE, "07 0000 1500", SENSELESS "Find By Type Value Response");
    fails(SERVICE, "07 1600 1500", SENSELESS "Find By Type Value Response");
    fails(CHARACTERISTICS, "09 07 0f00 04 1200 db2a", SENSELESS "Read By Type Response");
    fails(CHARACTERISTICS, "09 07 1600 04 1700 db2a", SENSELESS "Read By Type Response");
    fails(CHARACTERISTICS, "09 07 1500 04 1600 db2a", SENSELESS "Read By Type Response");
    fails(CHARACTERISTICS, "09 07 1100 04 1100 db2a", SENSELESS "Read By Type Response");
    fails(CHARACTERISTICS, "09 07 1100 04 0000 db2a", SENSELESS "Read By Type Response");
    fails(CHARACTERISTICS, "09 07 1100 04 1600 db2a", SENSELESS "Read By Type Response");
    fails(CHARACTERISTICS, "09 07 1300 04 1400 db2a  1100 10 1200 dc2a",
          SENSELESS "Read By Type Response");
    fails(DESCRIPTORS, "05 01 1400 0229", SENSELESS "Find Information Response");
    fails(DESCRIPTORS, "05 01 1600 0229", SENSELESS "Find Information Response");
    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
        reach_groups(&b);
        bench_rx(&b, groups[i]);
        bench_failed(&b, SENSELESS "Read By Group Type Response");
    }
    reach_groups(&b);
    bench_rx(&b, "11 06 0100 0500 0018");
    bench_expect(&b, "10 0600 ffff 0028");
    bench_rx(&b, "11 06 0500 0900 0018"); /* before what was asked for */
    bench_failed(&b, SENSELESS "Read By Group Type Response");
}

/* 0xFFFF is followed by nothing, not by all over again. */
static void answers_behind_the_last_handle_make_no_sense(void **state)
{
    struct gatt_bench b;

    (void)state;
    reach(&b, SERVICE);
    bench_rx(&b, "07 1000 ffff");
    bench_expect(&b, "08 1000 ffff 0328");
    bench_rx(&b, "09 07 ffff 04 0100 db2a");
    bench_failed(&b, SENSELESS "Read By Type Response");

    reach(&b, SERVICE);
    bench_rx(&b, "07 1000 ffff");
    bench_expect(&b, "08 1000 ffff 0328");
    bench_rx(&b, "09 07 1100 04 1200 db2a  1300 10 1400 dc2a");
    bench_expect(&b, "04 1500 ffff");
    bench_rx(&b, "05 01 ffff 0129  1500 0229");
    bench_failed(&b, SENSELESS "Find Information Response");
}

static void an_answer_longer_than_the_mtu_makes_no_sense(void **state)
{
    struct gatt_bench b;

    (void)state;
    reach(&b, SERVICE);
    bench_rx_long(&b, "07 1000 1500", 69); /* 17 entries */
    bench_expect(&b, "08 1000 1500 0328");
    reach(&b, SERVICE);
    bench_rx_long(&b, "07 1000 1500", 73);
    bench_failed(&b, SENSELESS "Find By Type Value Response");
    reach(&b, SERVICE);
    bench_rx_long(&b, "01 06 0100 0a", 301);
    bench_failed(&b, SENSELESS "Find By Type Value Response");
}

static void answers_to_nothing_are_ignored(void **state)
{
    struct gatt_bench b;

    (void)state;
    bench_find(&b, USHER_GATT_PROVISIONING, 247);
    bench_rx(&b, "03 1700"); /* the question has not left */
    bench_expect(&b, "02 f700");
    bench_rx(&b, "03 f700");
    bench_rx(&b, "07 1000 1500");
    bench_rx(&b, "01 06 0100 0e");
    bench_expect(&b, "06 0100 ffff 0028 2718");
    bench_expect_none(&b);
    reach_open(&b);
    bench_rx(&b, "13");
    bench_rx(&b, "01 12 1500 03");
    bench_rx(&b, "03 1700");
    bench_expect_none(&b);
    bench_tells(&b, GATT_NOTHING);
    assert_int_equal(b.link.mtu, 69);
}

/* -- values ------------------------------------------------------------------------------------ */

static void only_data_out_has_values(void **state)
{
    static const char *const silent[] = {
        "1b 1200 03", "1b 0000 03",      "1b 1500 03", "1b 1400",    "1b 14",
        "1b",         "23 1400 0100 03", "52 1200 03", "52 1400 03",
    };
    struct gatt_bench b;

    (void)state;
    reach(&b, SUBSCRIBE);
    bench_rx(&b, "1b 1400 03"); /* too early */
    bench_tells(&b, GATT_NOTHING);
    reach_open(&b);
    for (size_t i = 0; i < sizeof(silent) / sizeof(silent[0]); i++) {
        bench_rx(&b, silent[i]);
        bench_tells(&b, GATT_NOTHING);
        bench_expect_none(&b);
    }
    bench_rx(&b, "1d 1400 03");
    bench_tells(&b, GATT_NOTHING);
    bench_expect(&b, "1e");
    bench_rx(&b, "1b 1400 03");
    bench_got(&b, "03");
}

static void a_value_longer_than_the_mtu_ends_the_link(void **state)
{
    struct gatt_bench b;

    (void)state;
    reach_open(&b);
    bench_rx_long(&b, "1b 1400", 69);
    bench_tells(&b, GATT_VALUE);
    assert_int_equal(b.data.len, 66);
    bench_rx_long(&b, "1b 1500", 70); /* not ours */
    bench_tells(&b, GATT_NOTHING);
    bench_rx_long(&b, "1b 1400", 70);
    bench_failed(&b, "the peer sent a value that is longer than the MTU allows");
}

/* -- the peer asks ----------------------------------------------------------------------------- */

static void a_peer_that_asks_finds_gap_only(void **state)
{
    struct gatt_bench b;

    (void)state;
    reach(&b, CHARACTERISTICS);
    b.database.service = USHER_GATT_PROVISIONING; /* for those that connect to us */
    bench_answers(&b, "10 0100 ffff 0028", "11 06 0100 0500 0018");
    bench_answers(&b, "0a 0300", "0b 4c616d70");
    bench_answers(&b, "06 0100 ffff 0028 2718", "01 06 0100 0a");
    bench_answers(&b, "12 1500 0100", "01 12 1500 01");
    bench_answers(&b, "12 0900 0200", "01 12 0900 01");
    bench_answers(&b, "0e 0300 0500", "01 0e 0000 06");
    bench_answers(&b, "02 1700", "03 f700");
    assert_int_equal(b.link.mtu, 69); /* agreed on before */
    gatt_link_service_changed(&b.link, b.now);
    bench_expect_none(&b);
    bench_rx(&b, usual[CHARACTERISTICS].answer); /* and it goes on */
    bench_expect(&b, usual[DESCRIPTORS].request);
}

static void the_peer_may_exchange_the_mtu_first(void **state)
{
    struct gatt_bench b;

    (void)state;
    bench_find(&b, USHER_GATT_PROVISIONING, 247);
    bench_rx(&b, "02 4500");
    bench_expect(&b, "03 f700");
    bench_expect(&b, "02 f700");
    bench_rx(&b, "03 4500");
    assert_int_equal(b.link.mtu, 69);
    bench_expect(&b, "06 0100 ffff 0028 2718");
}

static void a_peer_that_asks_for_the_mtu_late_changes_nothing(void **state)
{
    struct gatt_bench b;

    (void)state;
    reach(&b, MTU);
    bench_rx(&b, "01 02 0000 06");
    for (unsigned i = SERVICE; i < STEPS; i++) {
        bench_expect(&b, usual[i].request);
        bench_rx(&b, usual[i].answer);
    }
    bench_tells(&b, GATT_OPENED);
    assert_int_equal(b.data.value_max, 20);
    bench_answers(&b, "02 f700", "03 1700");
    assert_int_equal(b.link.mtu, 23);
}

static void a_link_that_failed_says_so_once(void **state)
{
    struct gatt_bench b;

    (void)state;
    reach(&b, SUBSCRIBE);
    bench_rx(&b, "01 12 1500 03");
    bench_rx(&b, "13");
    b.now += 100000;
    bench_failed(&b, "the peer refused the subscription to its Data Out");
    b.now += 100000;
    bench_tells(&b, GATT_NOTHING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_provisioning_service_is_found_and_subscribed_to),
        cmocka_unit_test(a_proxy_service_is_found_and_subscribed_to),
        cmocka_unit_test(a_peer_without_mtu_exchange_has_the_least),
        cmocka_unit_test(an_mtu_below_the_least_is_the_least),
        cmocka_unit_test(all_services_are_read_where_one_cannot_be_looked_for),
        cmocka_unit_test(another_database_is_found_its_way_through),
        cmocka_unit_test(a_service_that_is_not_there_has_its_words),
        cmocka_unit_test(a_characteristic_that_is_not_there_has_its_words),
        cmocka_unit_test(a_descriptor_that_is_not_there_has_its_words),
        cmocka_unit_test(a_subscription_that_is_refused_has_its_words),
        cmocka_unit_test(a_peer_that_wants_pairing_has_its_words),
        cmocka_unit_test(each_step_has_its_time),
        cmocka_unit_test(a_step_of_many_questions_has_the_same_time),
        cmocka_unit_test(answers_to_other_questions_make_no_sense),
        cmocka_unit_test(answers_of_wrong_length_make_no_sense),
        cmocka_unit_test(answers_out_of_the_range_make_no_sense),
        cmocka_unit_test(answers_behind_the_last_handle_make_no_sense),
        cmocka_unit_test(an_answer_longer_than_the_mtu_makes_no_sense),
        cmocka_unit_test(answers_to_nothing_are_ignored),
        cmocka_unit_test(only_data_out_has_values),
        cmocka_unit_test(a_value_longer_than_the_mtu_ends_the_link),
        cmocka_unit_test(a_peer_that_asks_finds_gap_only),
        cmocka_unit_test(the_peer_may_exchange_the_mtu_first),
        cmocka_unit_test(a_peer_that_asks_for_the_mtu_late_changes_nothing),
        cmocka_unit_test(a_link_that_failed_says_so_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
