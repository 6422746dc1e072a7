/*
 * Opcodes of access messages against access.json. What access.json has of models and of
 * configuration is tested by test_models.c and test_config.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "model.h"
#include "vectors.h"

static void run_access_opcode(const struct vector *v, void *arg)
{
    struct octets octets = octets_of_hex(v, json_object_get(v->out, "octets"));
    uint32_t opcode = vector_number(v, "opcode");
    uint8_t written[3];
    uint32_t read;

    (void)arg;
    if (vector_in(v, "company_id").len != 0) {
        opcode = USHER_OPCODE_VENDOR(opcode, vector_number(v, "company_id"));
    }
    vector_expect(v, "octets", written, access_opcode_write(opcode, written));
    vector_check(v, access_opcode_read(octets.at, octets.len, &read) == octets.len,
                 "it is read whole");
    vector_check(v, read == opcode, "the opcode comes out");
}

static void every_opcode(void **state)
{
    static const struct vector_type types[] = {
        { "access_opcode", 8, run_access_opcode },
        { "composition_page0", 1, NULL }, /* these are test_models.c's and test_config.c's */
        { "raw", 1, NULL },
        { "key_index_pair", 2, NULL },
        { "key_index_single", 3, NULL },
        { "key_index_list", 3, NULL },
        { "access_message", 12, NULL },
    };

    vectors_run("access.json", types, sizeof(types) / sizeof(types[0]), *state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_opcode),
    };

    return cmocka_run_group_tests_name("access", tests, NULL, NULL);
}
