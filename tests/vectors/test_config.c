/*
 * Configuration messages against access.json: key indexes as they are packed into messages, the
 * samples of messages, and our own Composition Data page 0. All are read and written.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "config_server.h"
#include "vectors.h"

#define MODELS_MAX 8u

/* Reads a message, writes it again, and leaves what was read in @p msg. */
static void read_and_write(const struct vector *v, uint32_t opcode, const char *field,
                           struct usher_config_msg *msg)
{
    struct octets params = octets_of_hex(v, json_object_get(v->out, field));
    uint8_t out[OCTETS_MAX];

    *msg = (struct usher_config_msg){ 0 };
    vector_check(v, config_pdu_read(opcode, params.at, params.len, msg), "the message is read");
    vector_expect(v, field, out, config_pdu_write(msg, out, sizeof(out)));
}

static void run_key_single(const struct vector *v, void *arg)
{
    struct usher_config_msg msg;

    (void)arg;
    read_and_write(v, USHER_CONFIG_NETKEY_DELETE, "octets", &msg);
    vector_check(v, msg.net_index == vector_number(v, "index"), "the index comes out");
}

static void run_key_pair(const struct vector *v, void *arg)
{
    struct usher_config_msg msg;

    (void)arg;
    read_and_write(v, USHER_CONFIG_APPKEY_DELETE, "octets", &msg);
    vector_check(v, msg.net_index == vector_number(v, "first"), "the first index comes out");
    vector_check(v, msg.app_index == vector_number(v, "second"), "the second index comes out");
}

static void run_key_list(const struct vector *v, void *arg)
{
    const json_t *indexes = json_object_get(v->in, "indexes");
    struct usher_config_msg msg;

    (void)arg;
    read_and_write(v, USHER_CONFIG_NETKEY_LIST, "octets", &msg);
    vector_check(v, msg.list_count == json_array_size(indexes), "all of them come out");
    for (size_t i = 0; i < msg.list_count; i++) {
        vector_check(v, msg.list[i] == json_integer_value(json_array_get(indexes, i)),
                     "the index comes out");
    }
}

/* -- messages ---------------------------------------------------------------------------------- */

/* The octets of a vector's n-th field, of the name that it must have. */
static struct octets field(const struct vector *v, size_t n, const char *name)
{
    const json_t *pair = json_array_get(json_object_get(v->in, "fields"), n);

    vector_check(v, strcmp(json_string_value(json_array_get(pair, 0)), name) == 0,
                 "the field has the name");
    return octets_of_hex(v, json_array_get(pair, 1));
}

/* The same two indexes as in the packing of the specification's sample 8.3.6. */
static void check_keys(const struct vector *v, size_t n, const struct usher_config_msg *msg)
{
    struct octets packed = field(v, n, "key_indexes");

    vector_check(v, packed.len == 3 && msg->net_index == (packed.at[0] | (packed.at[1] & 0xF) << 8),
                 "the NetKey index comes out");
    vector_check(v, msg->app_index == (packed.at[1] >> 4 | packed.at[2] << 4),
                 "the AppKey index comes out");
}

static void run_message(const struct vector *v, void *arg)
{
    uint32_t opcode = vector_number(v, "opcode");
    struct octets key;
    struct usher_config_msg msg;
    unsigned *ran = arg;

    if (opcode == USHER_CONFIG_APPKEY_ADD) {
        read_and_write(v, opcode, "params", &msg);
        check_keys(v, 0, &msg);
        key = field(v, 1, "appkey");
        vector_expect_equal(v, "appkey", &key, msg.key, sizeof(msg.key));
    } else if (opcode == USHER_CONFIG_APPKEY_STATUS) {
        read_and_write(v, opcode, "params", &msg);
        vector_check(v, msg.status == field(v, 0, "status").at[0], "the status comes out");
        check_keys(v, 1, &msg);
    } else {
        vector_check(v, config_pdu_find(opcode) == NULL, "it is of other models");
        return;
    }
    ++*ran;
}

/* -- composition ------------------------------------------------------------------------------- */

static uint16_t number_of(const struct vector *v, const json_t *hex)
{
    struct octets o = octets_of_hex(v, hex);

    vector_check(v, o.len == 2, "a number of 16 bits");
    return (uint16_t)(o.at[0] << 8 | o.at[1]);
}

/* The vector's one element, vendor models first: the page has them behind the others. */
static uint8_t build_models(const struct vector *v, const json_t *element,
                            struct usher_model *models)
{
    const json_t *vendor = json_object_get(element, "vendor");
    const json_t *sig = json_object_get(element, "sig");
    size_t count = 0, i;
    const json_t *item;

    vector_check(v, json_array_size(vendor) + json_array_size(sig) <= MODELS_MAX, "few models");
    json_array_foreach(vendor, i, item)
    {
        models[count].company = number_of(v, json_array_get(item, 0));
        models[count++].id = number_of(v, json_array_get(item, 1));
    }
    json_array_foreach(sig, i, item)
    {
        models[count].company = USHER_SIG;
        models[count++].id = number_of(v, item);
    }
    return (uint8_t)count;
}

static void run_page0(const struct vector *v, void *arg)
{
    const json_t *elements = json_object_get(v->in, "elements");
    const json_t *element = json_array_get(elements, 0);
    struct usher_model models[MODELS_MAX] = { 0 };
    struct usher_model *pointers[MODELS_MAX];
    struct usher_element first = { .location = number_of(v, json_object_get(element, "loc")),
                                   .model_count = build_models(v, element, models),
                                   .models = pointers };
    struct usher_composition composition = { .cid = (uint16_t)vector_number(v, "cid"),
                                             .pid = (uint16_t)vector_number(v, "pid"),
                                             .vid = (uint16_t)vector_number(v, "vid"),
                                             .element_count = 1,
                                             .elements = &first };
    struct usher_mesh mesh = { .config.composition = &composition };
    uint8_t out[COMPOSITION_MAX], page = 0;

    (void)arg;
    vector_check(v, json_array_size(elements) == 1, "one element");
    for (size_t i = 0; i < MODELS_MAX; i++) {
        pointers[i] = &models[i];
    }
    mesh.net.rpl.size = (uint16_t)vector_number(v, "crpl");
    mesh.net.features = (uint16_t)vector_number(v, "features");
    vector_expect(v, "data", out, composition_page(&mesh, &page, out));
    vector_check(v, page == 0, "it is page 0");
}

static void every_configuration_vector(void **state)
{
    static const struct vector_type types[] = {
        { "key_index_single", 3, run_key_single },
        { "key_index_pair", 2, run_key_pair },
        { "key_index_list", 3, run_key_list },
        { "access_message", 12, run_message },
        { "composition_page0", 1, run_page0 },
        { "access_opcode", 8, NULL }, /* of test_access.c */
        { "raw", 1, NULL },           /* a page 1 with relations, which our models do not have */
    };
    unsigned ran = 0;

    (void)state;
    vectors_run("access.json", types, sizeof(types) / sizeof(types[0]), &ran);
    assert_int_equal(ran, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_configuration_vector),
    };

    return cmocka_run_group_tests_name("configuration", tests, NULL, NULL);
}
