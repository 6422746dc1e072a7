/*
 * What models say, against access.json: Composition Data page 0 as it is read, and Health Status
 * messages. What access.json has of other layers is tested beside it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include <usher/models.h>

#include "vectors.h"

/* -- composition_page0 ------------------------------------------------------------------------- */

static uint16_t number_of(const struct vector *v, const json_t *hex)
{
    struct octets o = octets_of_hex(v, hex);

    vector_check(v, o.len == 2, "numbers have two octets");
    return (uint16_t)(o.at[0] << 8 | o.at[1]);
}

static void check_model(const struct vector *v, const struct usher_page0_element *element,
                        unsigned n, uint16_t company, uint16_t id)
{
    uint16_t found_company, found_id;

    vector_check(v, usher_page0_model(element, n, &found_company, &found_id), "the model is there");
    vector_check(v, found_company == company && found_id == id, "it is the right one");
}

static void check_element(const struct vector *v, const struct usher_page0_element *element,
                          const json_t *expected)
{
    const json_t *sig = json_object_get(expected, "sig");
    const json_t *vendor = json_object_get(expected, "vendor");
    unsigned n = 0;
    const json_t *model;
    uint16_t company, id;
    size_t i;

    vector_check(v, element->location == number_of(v, json_object_get(expected, "loc")),
                 "the location comes out");
    json_array_foreach(sig, i, model)
    {
        check_model(v, element, n++, USHER_SIG, number_of(v, model));
    }
    json_array_foreach(vendor, i, model)
    {
        check_model(v, element, n++, number_of(v, json_array_get(model, 0)),
                    number_of(v, json_array_get(model, 1)));
    }
    vector_check(v, !usher_page0_model(element, n, &company, &id), "there are no more models");
}

static void run_page0(const struct vector *v, void *arg)
{
    struct octets data = octets_of_hex(v, json_object_get(v->out, "data"));
    const json_t *elements = json_object_get(v->in, "elements");
    struct usher_page0_element element;
    struct usher_page0 page;
    const json_t *expected;
    size_t i;

    (void)arg;
    vector_check(v, usher_page0_read(data.at, data.len, &page), "the page is read");
    vector_check(v,
                 page.cid == vector_number(v, "cid") && page.pid == vector_number(v, "pid") &&
                     page.vid == vector_number(v, "vid") && page.crpl == vector_number(v, "crpl") &&
                     page.features == vector_number(v, "features"),
                 "the head comes out");
    json_array_foreach(elements, i, expected)
    {
        vector_check(v, usher_page0_element(&page, (unsigned)i, &element), "the element is there");
        check_element(v, &element, expected);
    }
    vector_check(v, !usher_page0_element(&page, (unsigned)i, &element),
                 "there are no more elements");
    vector_check(v, !usher_page0_read(data.at, data.len - 1, &page), "one octet less is malformed");
}

/* -- access_message: Health Current Status ----------------------------------------------------- */

/* The octets of a named field of a message. */
static struct octets field_of(const struct vector *v, const char *name)
{
    const json_t *fields = json_object_get(v->in, "fields");
    const json_t *field;
    size_t i;

    json_array_foreach(fields, i, field)
    {
        if (strcmp(json_string_value(json_array_get(field, 0)), name) == 0) {
            return octets_of_hex(v, json_array_get(field, 1));
        }
    }
    vector_check(v, false, "the message has the field");
    return (struct octets){ 0 };
}

static void run_message(const struct vector *v, void *arg)
{
    struct octets params = octets_of_hex(v, json_object_get(v->out, "params"));
    struct octets opcode = vector_in(v, "opcode"), faults;
    struct usher_message message = { .params = params.at, .len = params.len };
    struct usher_health_status status;
    unsigned *health = arg;

    if (opcode.len != 1 || opcode.at[0] != 0x04) {
        return; /* of other models */
    }
    ++*health;
    message.opcode = opcode.at[0];
    faults = field_of(v, "faults");
    if (faults.len == 1 && faults.at[0] == 0) {
        faults.len = 0; /* "no fault" is not one */
    }
    vector_check(v, usher_health_read(&message, &status), "the status is read");
    vector_check(v, status.test_id == field_of(v, "test_id").at[0], "the test id comes out");
    vector_check(v,
                 status.company ==
                     (field_of(v, "company_id").at[0] | field_of(v, "company_id").at[1] << 8),
                 "the company comes out");
    vector_expect_equal(v, "faults", &faults, status.faults, status.count);
    message.len = 2;
    vector_check(v, !usher_health_read(&message, &status), "a shorter one is malformed");
}

static void every_message(void **state)
{
    static const struct vector_type types[] = {
        { "composition_page0", 1, run_page0 }, { "access_message", 12, run_message },
        { "access_opcode", 8, NULL }, /* these are of other tests */
        { "key_index_single", 3, NULL },       { "key_index_list", 3, NULL },
        { "key_index_pair", 2, NULL },         { "raw", 1, NULL },
    };
    unsigned health = 0;

    (void)state;
    vectors_run("access.json", types, sizeof(types) / sizeof(types[0]), &health);
    assert_int_equal(health, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_message),
    };

    return cmocka_run_group_tests_name("models", tests, NULL, NULL);
}
