/*
 * The server of a GATT link octet by octet (Core Specification, Vol 3, Parts F and G): the database
 * that a phone sees, and each refusal with its error and handle. The link itself is in
 * test_gatt_server_link.c.
 */
#include "gatt_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

/* -- discovery --------------------------------------------------------------------------------- */

static void a_client_finds_the_provisioning_service(void **state)
{
    struct gatt_bench b;

    (void)state;
    bench_serve_provisioning(&b);
    bench_answers(&b, "02 f700", "03 f700");
    bench_answers(&b, "06 0100 ffff 0028 2718", "07 1000 1500");
    bench_answers(&b, "08 1000 1500 0328", "09 07 1100 04 1200 db2a  1300 10 1400 dc2a");
    bench_answers(&b, "04 1500 1500", "05 01 1500 0229");
    bench_rx(&b, "12 1500 0100");
    bench_tells(&b, GATT_OPENED);
    assert_int_equal(b.data.service, USHER_GATT_PROVISIONING);
    assert_int_equal(b.data.value_max, 244);
    bench_expect(&b, "13");
    bench_expect_none(&b);
}

static void a_client_finds_the_proxy_service(void **state)
{
    struct gatt_bench b;

    (void)state;
    bench_serve(&b, USHER_GATT_PROXY, 247);
    bench_answers(&b, "06 0100 ffff 0028 2718", "01 06 0100 0a");
    bench_answers(&b, "06 0100 ffff 0028 2818", "07 2000 2500");
    bench_answers(&b, "08 2000 2500 0328", "09 07 2100 04 2200 dd2a  2300 10 2400 de2a");
    bench_answers(&b, "04 2500 2500", "05 01 2500 0229");
    bench_rx(&b, "12 2500 0100");
    bench_tells(&b, GATT_OPENED);
    assert_int_equal(b.data.service, USHER_GATT_PROXY);
    assert_int_equal(b.data.value_max, 20);
    bench_expect(&b, "13");
}

static void services_are_told_as_many_as_fit(void **state)
{
    struct gatt_bench b;

    (void)state;
    bench_serve_provisioning(&b);
    bench_answers(&b, "10 0100 ffff 0028", "11 06 0100 0500 0018  0600 0900 0118  1000 1500 2718");
    bench_answers(&b, "10 0200 ffff 0028", "11 06 0600 0900 0118  1000 1500 2718");
    bench_answers(&b, "10 0700 1000 0028", "11 06 1000 1500 2718");
    bench_answers(&b, "10 1600 ffff 0028", "01 10 1600 0a");
    bench_answers(&b, "10 0100 ffff 0128", "01 10 0100 0a"); /* secondary: there is none */
    bench_answers(&b, "10 0100 ffff fb349b5f8000008000100000 0028 0000",
                  "11 06 0100 0500 0018  0600 0900 0118  1000 1500 2718");
}

static void without_a_mesh_service_there_is_none(void **state)
{
    struct gatt_bench b;

    (void)state;
    bench_serve(&b, USHER_GATT_NONE, 247);
    bench_answers(&b, "10 0100 ffff 0028", "11 06 0100 0500 0018  0600 0900 0118");
    bench_answers(&b, "0a 1500", "01 0a 1500 01");
    bench_answers(&b, "12 2500 0100", "01 12 2500 01");
    bench_rx(&b, "52 1200 01");
    bench_tells(&b, GATT_NOTHING);
}

static void characteristics_are_told_as_many_as_fit(void **state)
{
    struct gatt_bench b;

    (void)state;
    bench_serve_provisioning(&b);
    bench_answers(&b, "08 0100 ffff 0328",
                  "09 07 0200 02 0300 002a  0400 02 0500 012a  0700 20 0800 052a");
    bench_answers(&b, "02 4500", "03 f700"); /* 69 */
    bench_answers(&b, "08 0100 ffff 0328",
                  "09 07 0200 02 0300 002a  0400 02 0500 012a  0700 20 0800 052a"
                  "      1100 04 1200 db2a  1300 10 1400 dc2a");
    bench_answers(&b, "08 1400 1500 0328", "01 08 1400 0a");
}

static void attributes_are_told_as_many_as_fit(void **state)
{
    struct gatt_bench b;

    (void)state;
    bench_serve_provisioning(&b);
    bench_answers(&b, "04 0100 ffff",
                  "05 01 0100 0028  0200 0328  0300 002a  0400 0328  0500 012a");
    bench_answers(&b, "04 0600 ffff",
                  "05 01 0600 0028  0700 0328  0800 052a  0900 0229  1000 0028");
}

/* Where the last one does not fit, nothing of it is there. */
static void lists_end_with_a_whole_entry(void **state)
{
    struct gatt_bench b;

    (void)state;
    bench_serve_provisioning(&b);
    bench_answers(&b, "02 1900", "03 f700"); /* 25 */
    bench_answers(&b, "04 0100 ffff",
                  "05 01 0100 0028  0200 0328  0300 002a  0400 0328  0500 012a");
    bench_answers(&b, "08 0100 ffff 0328",
                  "09 07 0200 02 0300 002a  0400 02 0500 012a  0700 20 0800 052a");
    bench_answers(&b, "10 0100 ffff 0028", "11 06 0100 0500 0018  0600 0900 0118  1000 1500 2718");
}

static void attributes_by_type_and_value(void **state)
{
    struct gatt_bench b;

    (void)state;
    bench_serve_provisioning(&b);
    bench_answers(&b, "06 0100 ffff 002a 4c616d70", "07 0300 0300");
    bench_answers(&b, "06 0100 ffff 002a 4c616d", "01 06 0100 0a");
    bench_answers(&b, "06 0100 ffff 0229 0000", "07 0900 0900 1500 1500");
    bench_answers(&b, "06 0200 ffff 0028 0018", "01 06 0200 0a");
    bench_answers(&b, "06 0100 ffff db2a", "01 06 0100 0a"); /* not readable: not found */
}

/* -- reading ----------------------------------------------------------------------------------- */

static void values_are_read(void **state)
{
    struct gatt_bench b;

    (void)state;
    bench_serve_provisioning(&b);
    bench_answers(&b, "0a 0300", "0b 4c616d70");
    bench_answers(&b, "0a 0500", "0b 0000");
    bench_answers(&b, "0a 1000", "0b 2718");
    bench_answers(&b, "0a 1100", "0b 04 1200 db2a");
    bench_answers(&b, "0a 0900", "0b 0000");
    bench_answers(&b, "0a 1500", "0b 0000");
    bench_answers(&b, "12 0900 0200", "13");
    bench_subscribe(&b);
    bench_answers(&b, "0a 0900", "0b 0200");
    bench_answers(&b, "0a 1500", "0b 0100");
    bench_answers(&b, "0c 0300 0000", "0d 4c616d70");
    bench_answers(&b, "0c 0300 0200", "0d 6d70");
    bench_answers(&b, "0c 0300 0400", "0d");
    bench_answers(&b, "0c 0300 0500", "01 0c 0300 07");
    bench_answers(&b, "08 0100 ffff 002a", "09 06 0300 4c616d70");
    bench_answers(&b, "08 0100 ffff fb349b5f8000008000100000 002a 0000", "09 06 0300 4c616d70");
}

static void a_long_name_is_read_in_parts(void **state)
{
    struct gatt_bench b;

    (void)state;
    bench_serve_provisioning(&b);
    b.database.name = "abcdefghijklmnopqrstuvwxyzabc"; /* 29 octets */
    bench_answers(&b, "0a 0300", "0b 6162636465666768696a6b6c6d6e6f70717273747576");
    bench_answers(&b, "0c 0300 1600", "0d 7778797a616263");
    bench_answers(&b, "08 0300 0300 002a", "09 15 0300 6162636465666768696a6b6c6d6e6f70717273");
    b.database.name = "abcdefghijklmnopqrstuvwxyzabcX"; /* one more than it may have */
    bench_answers(&b, "0c 0300 1600", "0d 7778797a616263");
}

/* A list has values of one length; others, and those that cannot be read, end it. */
static void a_list_ends_where_another_kind_of_value_begins(void **state)
{
    struct gatt_bench b;

    (void)state;
    bench_serve_provisioning(&b);
    bench_answers(&b, "08 0100 ffff 0028", "09 04 0100 0018  0600 0118  1000 2718");
    bench_answers(&b, "08 0100 ffff 0229", "09 04 0900 0000  1500 0000");
    bench_answers(&b, "08 0100 ffff 052a", "01 08 0800 02"); /* Service Changed */
    bench_answers(&b, "08 0100 ffff db2a", "01 08 1200 02"); /* Data In */
    bench_answers(&b, "08 0100 ffff dc2a", "01 08 1400 02"); /* Data Out */
}

/* -- refusals ---------------------------------------------------------------------------------- */

static void ranges_that_cannot_be_are_refused(void **state)
{
    struct gatt_bench b;

    (void)state;
    bench_serve_provisioning(&b);
    bench_answers(&b, "04 0000 ffff", "01 04 0000 01");
    bench_answers(&b, "04 0200 0100", "01 04 0200 01");
    bench_answers(&b, "06 0000 ffff 0028 2718", "01 06 0000 01");
    bench_answers(&b, "06 1600 1500 0028 2718", "01 06 1600 01");
    bench_answers(&b, "08 0000 ffff 0328", "01 08 0000 01");
    bench_answers(&b, "08 ffff feff 0328", "01 08 ffff 01");
    bench_answers(&b, "10 0000 0000 0028", "01 10 0000 01");
    bench_answers(&b, "10 0300 0200 0028", "01 10 0300 01");
    bench_answers(&b, "04 0a00 0f00", "01 04 0a00 0a"); /* between services */
    bench_answers(&b, "04 1600 ffff", "01 04 1600 0a");
}

static void types_that_do_not_group_are_refused(void **state)
{
    struct gatt_bench b;

    (void)state;
    bench_serve_provisioning(&b);
    bench_answers(&b, "10 0100 ffff 0328", "01 10 0100 10");
    bench_answers(&b, "10 0100 ffff 0000", "01 10 0100 10");
    bench_answers(&b, "10 0100 ffff 00000000000000000000000000280000", "01 10 0100 10");
    bench_answers(&b, "08 0100 ffff fb349b5f8000008000100000 002a 0100", "01 08 0100 0a");
    bench_answers(&b, "08 0100 ffff 0000", "01 08 0100 0a");
}

static void ask_of_nothing(struct gatt_bench *b, const char *opcode, const char *handle,
                           const char *rest)
{
    char request[32], answer[32];

    snprintf(request, sizeof(request), "%s %s%s", opcode, handle, rest);
    snprintf(answer, sizeof(answer), "01 %s %s01", opcode, handle);
    bench_answers(b, request, answer);
}

static void handles_of_nothing_are_refused(void **state)
{
    static const char *const nothing[] = { "0000", "0a00", "0f00", "1600", "2000", "2500", "ffff" };
    struct gatt_bench b;

    (void)state;
    bench_serve_provisioning(&b);
    for (size_t i = 0; i < sizeof(nothing) / sizeof(nothing[0]); i++) {
        ask_of_nothing(&b, "0a", nothing[i], "");
        ask_of_nothing(&b, "0c", nothing[i], "0000");
        ask_of_nothing(&b, "12", nothing[i], "0100");
    }
}

static void what_is_not_permitted_is_refused(void **state)
{
    struct gatt_bench b;

    (void)state;
    bench_serve_open(&b);
    bench_answers(&b, "0a 0800", "01 0a 0800 02"); /* Service Changed */
    bench_answers(&b, "0a 1200", "01 0a 1200 02"); /* Data In */
    bench_answers(&b, "0a 1400", "01 0a 1400 02"); /* Data Out */
    bench_answers(&b, "0c 1200 0000", "01 0c 1200 02");
    bench_answers(&b, "12 0300 4c", "01 12 0300 03"); /* the name */
    bench_answers(&b, "12 0800 00", "01 12 0800 03");
    bench_answers(&b, "12 1000 2818", "01 12 1000 03"); /* a declaration */
    bench_answers(&b, "12 1200 0300", "01 12 1200 03"); /* Data In: by commands only */
    bench_answers(&b, "12 1400 0300", "01 12 1400 03");
}

static void configurations_that_cannot_be_are_refused(void **state)
{
    struct gatt_bench b;

    (void)state;
    bench_serve_provisioning(&b);
    bench_answers(&b, "12 1500", "01 12 1500 0d");
    bench_answers(&b, "12 1500 01", "01 12 1500 0d");
    bench_answers(&b, "12 1500 010000", "01 12 1500 0d");
    bench_answers(&b, "12 1500 0200", "01 12 1500 13"); /* indications of Data Out */
    bench_answers(&b, "12 1500 0300", "01 12 1500 13");
    bench_answers(&b, "12 1500 0001", "01 12 1500 13");
    bench_answers(&b, "12 0900 0100", "01 12 0900 13"); /* notifications of Service Changed */
    bench_answers(&b, "12 0900 0300", "01 12 0900 13");
    bench_answers(&b, "0a 1500", "0b 0000");
    bench_answers(&b, "0a 0900", "0b 0000");
}

static void requests_of_wrong_length_are_invalid(void **state)
{
    static const char *const wrong[] = {
        "02",
        "02 17",
        "02 1700 00",
        "04 0100 ff",
        "04 0100 ffff 00",
        "06 0100 ffff 00",
        "08 0100 ffff",
        "08 0100 ffff 00",
        "08 0100 ffff 0028 00",
        "08 0100 ffff fb349b5f8000008000100000 002a 00",
        "08 0100 ffff fb349b5f8000008000100000 002a 0000 00",
        "0a",
        "0a 05",
        "0a 0500 00",
        "0c 0300 00",
        "0c 0300 0000 00",
        "10 0100 ffff",
        "10 0100 ffff 0028 00",
        "12",
        "12 15",
    };
    struct gatt_bench b;

    (void)state;
    bench_serve_provisioning(&b);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        char answer[] = "01 xx 0000 04";

        memcpy(answer + 3, wrong[i], 2);
        bench_answers(&b, wrong[i], answer);
    }
    bench_answers(&b, "02 1600", "03 f700"); /* less than may be: the least */
    assert_int_equal(b.link.mtu, 23);
}

static void requests_that_nobody_needs_are_not_supported(void **state)
{
    static const char *const unknown[] = {
        "00", "0e 0300 0500", "14", "16 1500 0000 0100", "18 01", "18 00", "1f", "20 0300 0500",
        "22", "3f",           "80", "92 1500 0100",
    };
    struct gatt_bench b;

    (void)state;
    bench_serve_provisioning(&b);
    for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
        char answer[] = "01 xx 0000 06";

        memcpy(answer + 3, unknown[i], 2);
        bench_answers(&b, unknown[i], answer);
    }
}

static void commands_and_answers_that_mean_nothing_are_ignored(void **state)
{
    static const char *const silent[] = {
        "d2 1200 03 000102030405060708090a0b", /* Signed Write */
        "40",
        "53 1200 03",
        "52",
        "52 12",
        "52 0000 03",
        "52 1500 0100",
        "52 0300 41",
        "52 1400 03",
        "01 0a 0500 01",
        "03 1700",
        "05 01 0100 0028",
        "07 1000 1500",
        "09 04 0100 0018",
        "0b 00",
        "0d",
        "0f",
        "11 06 0100 0500 0018",
        "13",
        "17",
        "19",
        "21",
        "1e",
        "1b 1400 03",
        "23 1400 0100 03",
    };
    struct gatt_bench b;

    (void)state;
    bench_serve_open(&b);
    for (size_t i = 0; i < sizeof(silent) / sizeof(silent[0]); i++) {
        bench_rx(&b, silent[i]);
        bench_expect_none(&b);
        bench_tells(&b, GATT_NOTHING);
    }
    bench_answers(&b, "0a 0300", "0b 4c616d70");
    bench_answers(&b, "0a 1500", "0b 0100"); /* the command did not unsubscribe */
}

static void indications_are_confirmed(void **state)
{
    struct gatt_bench b;

    (void)state;
    bench_serve_provisioning(&b);
    bench_answers(&b, "1d 0800 0100 ffff", "1e");
    bench_answers(&b, "1d", "1e");
}

static void a_request_before_the_answer_left_is_lost(void **state)
{
    struct gatt_bench b;

    (void)state;
    bench_serve_provisioning(&b);
    bench_rx(&b, "0a 0300");
    bench_rx(&b, "0a 0500");
    bench_rx(&b, "12 1500 0100");
    bench_rx_long(&b, "0a", 24);
    bench_expect(&b, "0b 4c616d70");
    bench_expect_none(&b);
    bench_tells(&b, GATT_NOTHING); /* it did not subscribe */
    bench_answers(&b, "0a 0500", "0b 0000");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_client_finds_the_provisioning_service),
        cmocka_unit_test(a_client_finds_the_proxy_service),
        cmocka_unit_test(services_are_told_as_many_as_fit),
        cmocka_unit_test(without_a_mesh_service_there_is_none),
        cmocka_unit_test(characteristics_are_told_as_many_as_fit),
        cmocka_unit_test(attributes_are_told_as_many_as_fit),
        cmocka_unit_test(lists_end_with_a_whole_entry),
        cmocka_unit_test(attributes_by_type_and_value),
        cmocka_unit_test(values_are_read),
        cmocka_unit_test(a_long_name_is_read_in_parts),
        cmocka_unit_test(a_list_ends_where_another_kind_of_value_begins),
        cmocka_unit_test(ranges_that_cannot_be_are_refused),
        cmocka_unit_test(types_that_do_not_group_are_refused),
        cmocka_unit_test(handles_of_nothing_are_refused),
        cmocka_unit_test(what_is_not_permitted_is_refused),
        cmocka_unit_test(configurations_that_cannot_be_are_refused),
        cmocka_unit_test(requests_of_wrong_length_are_invalid),
        cmocka_unit_test(requests_that_nobody_needs_are_not_supported),
        cmocka_unit_test(commands_and_answers_that_mean_nothing_are_ignored),
        cmocka_unit_test(indications_are_confirmed),
        cmocka_unit_test(a_request_before_the_answer_left_is_lost),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
