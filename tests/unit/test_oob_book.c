/*
 * The book of out-of-band values (commission/oob_book.c, oob_qr.c, oob_weak.c): what is read from
 * files and labels, what is refused, and which values are warned of.
 */
#include "oob_book.h"

#include "oob_qr.h"
#include "oob_weak.h"
#include "parse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define U1 "f0112233445566778899aabbccddee01"
#define U2 "f0112233445566778899aabbccddee02"
#define U3 "f0112233445566778899aabbccddee03"
#define U4 "f0112233445566778899aabbccddee04"
#define U5 "f0112233445566778899aabbccddee05"
#define S1 "1fe839ac70b25d946e0327c8f15ba4d6" /* strong ones */
#define S2 "2b96c07de35f184a9910f7b83cd264ea"

static const struct usher_crypto *crypto;
static struct oob_book *book;
static struct problems problems;
static char told[4096], key[129];

static void tell(void *ctx, const char *text)
{
    size_t used = strlen(told);
    (void)ctx;
    snprintf(told + used, sizeof(told) - used, "%s\n", text);
}

static int prepare(void **state)
{
    static const uint8_t scalar[32] = { [31] = 7 };
    uint8_t public_key[64];

    (void)state;
    crypto = usher_crypto_openssl_new();
    assert_int_equal(crypto->p256_public(crypto->ctx, scalar, public_key), USHER_OK);
    for (size_t i = 0; i < 64; i++) {
        snprintf(key + 2 * i, 3, "%02x", public_key[i]);
    }
    return 0;
}

static int release(void **state)
{
    (void)state;
    oob_book_free(book);
    usher_crypto_openssl_free(crypto);
    return 0;
}

static void begin(void)
{
    oob_book_free(book);
    book = oob_book_new(crypto);
    assert_non_null(book);
    problems = (struct problems){ .tell = tell };
    told[0] = '\0';
}

__attribute__((format(printf, 1, 2))) static bool read_csv(const char *format, ...)
{
    char text[2048];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof(text), format, list);
    va_end(list);
    return oob_book_csv_text(book, "book", text, strlen(text), &problems);
}

__attribute__((format(printf, 1, 2))) static bool read_qr(const char *format, ...)
{
    char text[2048];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof(text), format, list);
    va_end(list);
    return oob_book_qr_text(book, "labels", text, &problems);
}

static void octets_of(const char *digits, uint8_t *octets)
{
    size_t len = strlen(digits) / 2;

    assert_true(parse_hex(digits, octets, &len));
}

static const struct oob_known *find(const char *digits)
{
    uint8_t uuid[16];
    octets_of(digits, uuid);
    return oob_book_find(book, uuid);
}

static void assert_static(const char *uuid, const char *value)
{
    uint8_t octets[32];
    const struct oob_known *known = find(uuid);
    octets_of(value, octets);
    assert_non_null(known);
    assert_int_equal(known->static_len, strlen(value) / 2);
    assert_memory_equal(known->static_value, octets, known->static_len);
}

static void assert_has_key(const char *uuid)
{
    uint8_t octets[64];
    octets_of(key, octets);
    assert_true(find(uuid)->has_public_key);
    assert_memory_equal(find(uuid)->public_key, octets, 64);
}

/* -- what is read --------------------------------------------------------------------------- */

static void a_book_is_csv(void **state)
{
    (void)state;
    begin();
    assert_true(read_csv("uuid,static,public_key\r\n" U1 "," S1 ",\r\n"
                         "F0112233-4455-6677-8899-AABBCCDDEE02,,%s\r\n" U3 ",0102,%s\n",
                         key, key));
    assert_int_equal(oob_book_count(book), 3);
    assert_static(U1, S1);
    assert_false(find(U1)->has_public_key);
    assert_int_equal(find(U2)->static_len, 0);
    assert_has_key(U2);
    assert_static(U3, "0102");
    assert_has_key(U3);
    assert_null(find(U4));
}

static void labels_come_in_four_forms(void **state)
{
    (void)state;
    begin();
    assert_true(read_qr("https://example.com/d?sn=17&UUID=" U1 "&oob=" S1 "#top\r\n"
                        "\n"
                        "{\"uuid\": \"" U2 "\", \"static_oob\": \"" S2 "\", \"model\": 5}\n"
                        "  UUID:" U3 ";OOB:ABCD;\n"
                        "F0112233-4455-6677-8899-AABBCCDDEE04 " S1 "\n" U5 ",00ff,%s",
                        key));
    assert_int_equal(oob_book_count(book), 5);
    assert_static(U1, S1);
    assert_static(U2, S2);
    assert_static(U3, "abcd");
    assert_static(U4, S1);
    assert_static(U5, "00ff");
    assert_has_key(U5);
    begin();
    assert_true(read_qr("mesh:?uuid=" U1 "&pk=%s\nPUBKEY:%s; UUID:" U2 "\n"
                        "{\"PUBLIC_KEY\": \"%s\", \"uuid\": \"" U3 "\"}\n",
                        key, key, key));
    assert_has_key(U1);
    assert_has_key(U2);
    assert_has_key(U3);
    assert_int_equal(find(U3)->static_len, 0);
}

static void what_two_say_is_put_together(void **state)
{
    (void)state;
    begin();
    assert_true(read_csv("uuid,static\n" U1 "," S1 "\n"));
    assert_true(read_qr("uuid:" U1 ";pk:%s\n" U1 " " S1 "\n", key));
    assert_int_equal(oob_book_count(book), 1);
    assert_static(U1, S1);
    assert_has_key(U1);
    assert_false(read_qr("\n" U1 " " S2 "\n"));
    assert_string_equal(told, "labels:2: it is not what book:2 says of this device\n");
    assert_static(U1, S1);
    /* A shorter one is another one. */
    assert_true(read_qr(U2 " 1fe800\n"));
    assert_false(read_qr(U2 " 1fe8\n"));
}

static void a_plan_has_values_too(void **state)
{
    struct batch batch;
    char plan[] = "uuid,oob\n" U1 ",static:" S1 "\nf1*,static:" S1 "\n" U2 ",none\n";

    (void)state;
    begin();
    assert_true(batch_parse(&batch, "plan", plan, strlen(plan), &problems));
    assert_true(oob_book_batch(book, &batch, &problems));
    assert_int_equal(oob_book_count(book), 1);
    assert_static(U1, S1);
    begin();
    assert_true(read_csv("uuid,static\n" U1 "," S2 "\n"));
    assert_false(oob_book_batch(book, &batch, &problems));
    assert_string_equal(told, "plan:2: oob: it is not what book:2 says of this device\n");
    begin();
    assert_true(oob_book_batch(book, &batch, &problems));
    assert_false(read_csv("uuid,static\n" U1 "," S2 "\n"));
    assert_string_equal(told, "book:2: it is not what the plan (line 2) says of this device\n");
    told[0] = '\0';
    oob_book_warn(book, &batch, tell, NULL);
    assert_string_equal(told, "f1*: one static value for all of them, so that who has one device "
                              "knows that of the others\n");
    batch_free(&batch);
}

/* -- what is refused ------------------------------------------------------------------------ */

static void books_are_checked(void **state)
{
    static const struct {
        const char *line, *told;
    } cases[] = {
        { "x," S1 ",", "book:2: uuid: it has 32 hexadecimal digits" },
        { "," S1 ",", "book:2: uuid: it has 32 hexadecimal digits" },
        { U1 ",,", "book:2: static: there is neither a static value nor a public key" },
        { U1 ",123,", "book:2: static: it has 1 to 32 octets" },
        { U1 "," S1 S1 "00,", "book:2: static: it has 1 to 32 octets" },
        { U1 ",," S1, "book:2: public_key: it has 128 hexadecimal digits" },
        { U1 ",," S1 S1 S1 S1, "book:2: the public key is not a point of the curve P-256" },
        { U1, "book:2: it has 1 fields, and the header 3" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        begin();
        assert_false(read_csv("uuid,static,public_key\n%s\n" U2 ",01,\n", cases[i].line));
        assert_int_equal(problems.count, 1);
        assert_non_null(strstr(told, cases[i].told));
        assert_int_equal(oob_book_count(book), 1); /* the others are read */
    }
    begin();
    assert_false(read_csv("uuid,secret\n"));
    assert_non_null(strstr(told, "book:1: there is no column \"secret\""));
}

static void labels_are_checked(void **state)
{
    static const struct {
        const char *line, *told;
    } cases[] = {
        { "hello", "the UUID is not one" },
        { U1, "there is neither a static value nor a public key in it" },
        { U1 " xy", "the static value is not one" },
        { U1 " 00 00", "the public key is not one" },
        { U1 " 00 " S1 S1 S1 S1 " 00", "there is more than a UUID, a static value and a public" },
        { "https://a/?uuid=" U1, "there is neither a static value nor a public key in it" },
        { "https://a/?oob=00", "there is no UUID in it" },
        { "https://a/?oob=00#uuid=" U1, "there is no UUID in it" },
        { "https://a/?uuid=" U1 "&oob=00&oob=00", "there are two static values in it" },
        { "https://a/?uuid=" U1 "&uuid=" U1 "&oob=00", "there are two UUIDs in it" },
        { "https://a/?uuid=" U1 "&oob=%30%30", "the static value is not one" },
        { "?uuid=" U1 "&oob=00", "does not begin as a URI does" },
        { "a b:?uuid=" U1 "&oob=00", "does not begin as a URI does" },
        { "a:b#?uuid=" U1 "&oob=00", "the URI has no query" },
        { "UUID:" U1 ";PIN:00;", "there is neither a static value nor a public key in it" },
        { "UUID:" U1 ";OOB:;", "the static value is not one" },
        { "{\"uuid\": \"" U1 "\", \"oob\": \"00\", \"oob\": \"01\"}",
          "it is not a JSON object: dup" },
        { "{\"uuid\": \"" U1 "\"", "it is not a JSON object" },
        { "{\"uuid\": \"" U1 "\", \"oob\": 17}", "the static value is not one" },
        { "{\"uuid\": \"" U1 "\", \"oob\": \"00\"} x", "it is not a JSON object" },
        { "UUID:" U1 ";PK:" S1 S1 S1 S1 ";PK:" S1, "there are two public keys in it" },
        { "UUID:" U1 ";PK:" S1 S1 S1 S1, "the public key is not a point of the curve P-256" },
    };
    char expected[256], text[2048];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        begin();
        snprintf(text, sizeof(text), "\n%s\n" U2 " 01\n", cases[i].line);
        assert_false(oob_book_qr_text(book, "labels", text, &problems));
        snprintf(expected, sizeof(expected), "labels:2: %s", cases[i].told);
        if (problems.count != 1 || !strstr(told, cases[i].told) ||
            strncmp(told, expected, 10) != 0) {
            fail_msg("%s: %s", cases[i].line, told);
        }
        assert_int_equal(oob_book_count(book), 1);
    }
    begin();
    memset(text, 'a', OOB_QR_MAX + 1);
    text[OOB_QR_MAX + 1] = '\0';
    assert_false(oob_book_qr_text(book, "labels", text, &problems));
    assert_string_equal(told, "labels:1: it is longer than 1024 characters\n");
}

/* -- what is weak --------------------------------------------------------------------------- */

static enum oob_weakness weakness(const char *value)
{
    uint8_t uuid[16], octets[32];
    octets_of(U1, uuid);
    octets_of(value, octets);
    return oob_weak(uuid, octets, strlen(value) / 2);
}

static void row_12_weak_values_are_known(void **state)
{
    (void)state;
    assert_int_equal(weakness(S1), OOB_STRONG);
    assert_int_equal(weakness(S2), OOB_STRONG);
    assert_int_equal(weakness(S1 S2), OOB_STRONG);
    assert_int_equal(weakness("1fe839ac70b25d94"), OOB_STRONG);
    assert_int_equal(weakness("1fe839ac70b25d"), OOB_SHORT);
    assert_int_equal(weakness("1f"), OOB_SHORT);
    assert_int_equal(weakness("00"), OOB_ZERO);
    assert_int_equal(weakness("00000000000000000000000000000000"), OOB_ZERO);
    assert_int_equal(weakness(U1), OOB_OF_UUID);
    assert_int_equal(weakness(U1 U1), OOB_OF_UUID);
    assert_int_equal(weakness("f011223344556677"), OOB_OF_UUID);
    assert_int_equal(weakness("99aabbccddee01"), OOB_OF_UUID);
    assert_int_equal(weakness("f0112233445566770000000000000000"), OOB_OF_UUID);
    assert_int_equal(weakness("01eeddccbbaa998877665544332211f0"), OOB_OF_UUID);
    assert_int_equal(weakness("01eeddccbbaa998877665544332211f001eeddccbbaa998877665544332211f0"),
                     OOB_OF_UUID);
    assert_int_equal(weakness("01eeddccbbaa9988"), OOB_OF_UUID);
    assert_int_equal(weakness("223344"), OOB_COUNTING); /* in the UUID, too, but too short to say */
    assert_int_equal(weakness("ccdd"), OOB_SHORT);
    assert_int_equal(weakness("0feeddccbbaa998877665544332211fe"), OOB_OF_UUID);
    assert_int_equal(weakness("66303131323233333434353536363737"), OOB_OF_UUID); /* its digits */
    assert_int_equal(weakness("46303131323233333434353536363737"), OOB_OF_UUID); /* large ones */
    assert_int_equal(weakness("000102030405060708090a0b0c0d0e0f"), OOB_COUNTING);
    assert_int_equal(weakness("0f0e0d0c0b0a09080706050403020100"), OOB_COUNTING);
    assert_int_equal(weakness("c0d0e0f000102030"), OOB_COUNTING);
    assert_int_equal(weakness("ffffffffffffffffffffffffffffffff"), OOB_COUNTING);
    assert_int_equal(weakness("deadbeefdeadbeefdeadbeefdeadbeef"), OOB_FEW);
    assert_int_equal(weakness("000000000000000000000000000000a7"), OOB_FEW);
    assert_int_equal(weakness("1fe839ac70b25d941fe839ac70b25d94"), OOB_FEW);
    assert_int_equal(weakness("1fe839ac70b25d94f91fe839ac70b25d"), OOB_STRONG); /* 9 of 16 */
    assert_int_equal(weakness("34383135313632333432303937313035"), OOB_DIGITS);
    assert_int_equal(weakness("53336372657420706877642e6b4d5121"), OOB_PRINTABLE);
}

static void row_12_warnings_name_three_devices(void **state)
{
    (void)state;
    begin();
    assert_true(read_qr(U1 " " S1 "\n" U2 " " S2 "\nuuid:" U3 ";pk:%s\n", key));
    oob_book_warn(book, NULL, tell, NULL);
    assert_string_equal(told, ""); /* nothing is weak */
    begin();
    assert_true(read_qr(U4 " 00\n" U1 " 0000\n" U3 " " U3 "\n" U2 " " S1 "\n"));
    oob_book_warn(book, NULL, tell, NULL);
    assert_string_equal(told, "2 devices: the static value is all zero: " U4 ", " U1 "\n"
                              "1 device: the static value is made from the UUID, which the device "
                              "broadcasts: " U3 "\n");
    begin();
    assert_true(read_qr(U5 " " S1 "\n" U4 " " S1 "\n"));
    oob_book_warn(book, NULL, tell, NULL);
    assert_string_equal(told, "2 devices: one static value for all of them, so that who has one "
                              "device knows that of the others: " U4 ", " U5 "\n");
    begin();
    assert_true(
        read_qr(U5 " " S1 "\n" U4 " " S1 "\n" U3 " " S1 "\n" U2 " " S2 "\n" U1 " " S1 "\n"));
    oob_book_warn(book, NULL, tell, NULL);
    assert_string_equal(told,
                        "4 devices: one static value for all of them, so that who has one "
                        "device knows that of the others: " U1 ", " U3 ", " U4 " and 1 more\n");
}

static void row_8_short_values_need_the_newer_algorithm(void **state)
{
    struct usher_start start = { .method = USHER_OOB_OUTPUT, .size = 8 };

    (void)state;
    assert_non_null(oob_weak_start(&start));
    start.method = USHER_OOB_INPUT;
    start.size = 1;
    assert_non_null(oob_weak_start(&start));
    start.algorithm = USHER_ALG_HMAC;
    assert_null(oob_weak_start(&start));
    start.algorithm = USHER_ALG_CMAC;
    start.public_key = 1;
    assert_null(oob_weak_start(&start));
    start.public_key = 0;
    start.method = USHER_OOB_STATIC;
    start.size = 0;
    assert_null(oob_weak_start(&start));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_book_is_csv),
        cmocka_unit_test(labels_come_in_four_forms),
        cmocka_unit_test(what_two_say_is_put_together),
        cmocka_unit_test(a_plan_has_values_too),
        cmocka_unit_test(books_are_checked),
        cmocka_unit_test(labels_are_checked),
        cmocka_unit_test(row_12_weak_values_are_known),
        cmocka_unit_test(row_12_warnings_name_three_devices),
        cmocka_unit_test(row_8_short_values_need_the_newer_algorithm),
    };
    return cmocka_run_group_tests(tests, prepare, release);
}
