/*
 * Composition Data page 0 as peers may send it: whole, cut short, and with counts that promise more
 * than there is. And the names of what is in it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <usher/models.h>

#define HEAD_LEN 10u
#define PAGES 20000u

/* Two elements: two SIG models and one vendor model; none and one. */
static const uint8_t sample[] = {
    0x34, 0x12, 0x01, 0x00, 0x02, 0x01, 0x20, 0x00, 0x03, 0x00,             /* head */
    0x00, 0x01, 0x02, 0x01, 0x00, 0x00, 0x02, 0x10, 0x3F, 0x00, 0x2A, 0x01, /* front */
    0x0F, 0x01, 0x00, 0x01, 0x59, 0x00, 0xFE, 0xFF,                         /* internal */
};

/* A page in memory of its exact size, where a read beyond it is found out. */
static bool read_exactly(const uint8_t *data, size_t len, uint8_t **copy, struct usher_page0 *page)
{
    *copy = malloc(len != 0 ? len : 1);
    assert_non_null(*copy);
    memcpy(*copy, data, len);
    return usher_page0_read(*copy, len, page);
}

static void what_a_page_says_is_found(void **state)
{
    static const struct {
        unsigned element, model;
        uint16_t company, id;
    } models[] = {
        { 0, 0, USHER_SIG, USHER_MODEL_CONFIG_SERVER },
        { 0, 1, USHER_SIG, 0x1002 },
        { 0, 2, 0x003F, 0x012A },
        { 1, 0, 0x0059, 0xFFFE },
    };
    struct usher_page0_element element;
    struct usher_page0 page;
    uint16_t company, id;

    (void)state;
    assert_true(usher_page0_read(sample, sizeof(sample), &page));
    assert_int_equal(page.cid, 0x1234);
    assert_int_equal(page.pid, 0x0001);
    assert_int_equal(page.vid, 0x0102);
    assert_int_equal(page.crpl, 0x0020);
    assert_int_equal(page.features, USHER_FEATURE_RELAY | USHER_FEATURE_PROXY);
    for (size_t i = 0; i < sizeof(models) / sizeof(models[0]); i++) {
        assert_true(usher_page0_element(&page, models[i].element, &element));
        assert_true(usher_page0_model(&element, models[i].model, &company, &id));
        assert_int_equal(company, models[i].company);
        assert_int_equal(id, models[i].id);
    }
    assert_int_equal(element.location, 0x010F);
    assert_int_equal(element.sig_count, 0);
    assert_int_equal(element.vendor_count, 1);
    assert_false(usher_page0_model(&element, 1, &company, &id));
    assert_true(usher_page0_element(&page, 0, &element));
    assert_int_equal(element.location, 0x0100);
    assert_int_equal(element.sig_count, 2);
    assert_int_equal(element.vendor_count, 1);
    assert_false(usher_page0_model(&element, 3, &company, &id));
    assert_false(usher_page0_model(&element, UINT32_MAX, &company, &id));
    assert_false(usher_page0_element(&page, 2, &element));
    assert_false(usher_page0_element(&page, UINT32_MAX, &element));
}

/* Only where an element ends can the page end: the sender leaves out what does not fit. */
static void a_page_that_is_cut_short_is_refused(void **state)
{
    (void)state;
    for (size_t len = 0; len <= sizeof(sample); len++) {
        bool whole = len == HEAD_LEN + 12 || len == sizeof(sample);
        struct usher_page0 page;
        uint8_t *copy;

        assert_int_equal(read_exactly(sample, len, &copy, &page), whole);
        free(copy);
    }
}

static void counts_beyond_the_end_are_refused(void **state)
{
    static const size_t counts[] = { HEAD_LEN + 2, HEAD_LEN + 3, HEAD_LEN + 14, HEAD_LEN + 15 };
    struct usher_page0 page;
    uint8_t *copy;

    (void)state;
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        uint8_t data[sizeof(sample)];

        memcpy(data, sample, sizeof(data));
        data[counts[i]] = 0xFF;
        assert_false(read_exactly(data, sizeof(data), &copy, &page));
        free(copy);
    }
}

/* The largest element that counts can tell of, far more than a message holds. */
static void an_element_may_have_as_many_models_as_counts_can_say(void **state)
{
    static uint8_t data[HEAD_LEN + 4 + 255 * 2 + 255 * 4] = { [HEAD_LEN + 2] = 255, 255 };
    struct usher_page0_element element;
    struct usher_page0 page;
    uint16_t company, id;
    uint8_t *copy;

    (void)state;
    memset(data + sizeof(data) - 4, 0xA5, 4);
    assert_true(read_exactly(data, sizeof(data), &copy, &page));
    assert_true(usher_page0_element(&page, 0, &element));
    assert_true(usher_page0_model(&element, 509, &company, &id));
    assert_int_equal(company, 0xA5A5);
    assert_int_equal(id, 0xA5A5);
    assert_false(usher_page0_model(&element, 510, &company, &id));
    free(copy);
}

/* Walks all that a page has. @retval octets that were accounted for */
static size_t walk(const struct usher_page0 *page)
{
    struct usher_page0_element element;
    uint16_t company, id;
    size_t len = HEAD_LEN;

    for (unsigned e = 0; usher_page0_element(page, e, &element); e++) {
        unsigned models = 0;

        while (usher_page0_model(&element, models, &company, &id)) {
            models++;
        }
        assert_int_equal(models, element.sig_count + element.vendor_count);
        len += 4u + element.sig_count * 2u + element.vendor_count * 4u;
    }
    return len;
}

static void whatever_is_accepted_can_be_walked_to_its_last_octet(void **state)
{
    uint32_t drawn = 1;
    unsigned accepted = 0;

    (void)state;
    for (unsigned i = 0; i < PAGES; i++) {
        uint8_t data[64];
        size_t len = i % (sizeof(data) + 1);
        struct usher_page0 page;
        uint8_t *copy;

        for (size_t at = 0; at < len; at++) {
            drawn = drawn * 1664525u + 1013904223u;
            data[at] = (uint8_t)(drawn >> 24) & (at < HEAD_LEN ? 0xFF : 0x03);
        }
        if (read_exactly(data, len, &copy, &page)) {
            accepted++;
            assert_int_equal(walk(&page), len);
        }
        free(copy);
    }
    assert_in_range(accepted, PAGES / 100, PAGES / 2); /* both happen, often */
}

static void models_have_the_names_of_the_assigned_numbers(void **state)
{
    static const struct {
        uint16_t id;
        const char *name;
    } rows[] = {
        { 0x0000, "Configuration Server" },
        { 0x0003, "Health Client" },
        { 0x000A, "Mesh Private Beacon Server" },
        { 0x000F, "SAR Configuration Client" },
        { 0x0015, "Solicitation PDU RPL Configuration Client" },
        { 0x1000, "Generic OnOff Server" },
        { 0x1001, "Generic OnOff Client" },
        { 0x1007, "Generic Power OnOff Setup Server" },
        { 0x100D, "Generic Battery Client" },
        { 0x1011, "Generic Admin Property Server" },
        { 0x1015, "Generic Property Client" },
        { 0x1102, "Sensor Client" },
        { 0x1203, "Scene Server" },
        { 0x1208, "Scheduler Client" },
        { 0x1306, "Light CTL Temperature Server" },
        { 0x130B, "Light HSL Saturation Server" },
        { 0x130F, "Light LC Server" },
        { 0x1311, "Light LC Client" },
        { 0x1402, "Firmware Update Server" },
        { 0x1405, "Firmware Distribution Client" },
    };
    static const uint16_t nameless[] = { 0x0016, 0x0FFF, 0x1016, 0x10FF, 0x1103, 0x1209,
                                         0x12FF, 0x1312, 0x1406, 0x8000, 0xFFFF };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_string_equal(usher_model_name(rows[i].id), rows[i].name);
    }
    for (size_t i = 0; i < sizeof(nameless) / sizeof(nameless[0]); i++) {
        assert_null(usher_model_name(nameless[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_page_says_is_found),
        cmocka_unit_test(a_page_that_is_cut_short_is_refused),
        cmocka_unit_test(counts_beyond_the_end_are_refused),
        cmocka_unit_test(an_element_may_have_as_many_models_as_counts_can_say),
        cmocka_unit_test(whatever_is_accepted_can_be_walked_to_its_last_octet),
        cmocka_unit_test(models_have_the_names_of_the_assigned_numbers),
    };

    return cmocka_run_group_tests_name("page0", tests, NULL, NULL);
}
