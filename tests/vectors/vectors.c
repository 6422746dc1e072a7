/* The reader of the vector files; see vectors.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "vectors.h"

static const struct vector_type *type_find(const struct vector_type *types, size_t n_types,
                                           const char *name)
{
    for (size_t i = 0; i < n_types; i++) {
        if (strcmp(types[i].name, name) == 0) {
            return &types[i];
        }
    }
    return NULL;
}

static json_t *file_load(const char *name)
{
    char path[512];
    json_error_t error;
    json_t *file;

    snprintf(path, sizeof(path), "%s/%s", VECTORS_DIR, name);
    file = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    if (file == NULL) {
        fail_msg("%s: line %d: %s", path, error.line, error.text);
    }
    return file;
}

static struct vector vector_of(const char *file, const json_t *json)
{
    struct vector v = {
        .id = json_string_value(json_object_get(json, "id")),
        .type = json_string_value(json_object_get(json, "type")),
        .in = json_object_get(json, "in"),
        .out = json_object_get(json, "out"),
    };

    if (v.id == NULL || v.type == NULL || !json_is_object(v.in) || !json_is_object(v.out)) {
        fail_msg("%s: a vector lacks id, type, in or out (its id: %s)", file, v.id ? v.id : "none");
        v.id = v.type = "";
    }
    return v;
}

static void counts_check(const char *file, const json_t *list, const struct vector_type *types,
                         size_t n_types)
{
    unsigned run = 0;

    for (size_t t = 0; t < n_types; t++) {
        unsigned count = 0;

        for (size_t i = 0; i < json_array_size(list); i++) {
            count += strcmp(vector_of(file, json_array_get(list, i)).type, types[t].name) == 0;
        }
        if (count != types[t].count) {
            fail_msg("%s: %u vectors of type %s, not %u", file, count, types[t].name,
                     types[t].count);
        }
        if (types[t].run != NULL) {
            run += count;
        } else {
            printf("%s: %u of type %s wait for what they test\n", file, count, types[t].name);
        }
    }
    printf("%s: %u vectors run\n", file, run);
}

void vectors_run(const char *name, const struct vector_type *types, size_t n_types, void *arg)
{
    json_t *file = file_load(name);
    const json_t *list = json_object_get(file, "vectors");

    for (size_t i = 0; i < json_array_size(list); i++) {
        struct vector v = vector_of(name, json_array_get(list, i));
        const struct vector_type *type = type_find(types, n_types, v.type);

        if (type == NULL) {
            fail_msg("%s: vector %s: nothing here tests the type %s", name, v.id, v.type);
        } else if (type->run != NULL) {
            type->run(&v, arg);
        }
    }
    counts_check(name, list, types, n_types);
    json_decref(file);
}

void *vectors_state(const void *data)
{
    union {
        const void *data;
        void *state;
    } u = { .data = data };

    return u.state;
}

static int digit_value(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

struct octets octets_of_hex(const struct vector *v, const json_t *hex)
{
    const char *text = json_string_value(hex);
    size_t digits = json_string_length(hex);
    struct octets octets = { .len = digits / 2 };

    if (text == NULL || digits % 2 != 0 || octets.len > OCTETS_MAX) {
        fail_msg("vector %s: not hexadecimal of at most %d octets: %s", v->id, OCTETS_MAX,
                 text ? text : "(no string)");
        return octets;
    }
    for (size_t i = 0; i < octets.len; i++) {
        int high = digit_value(text[2 * i]);
        int low = digit_value(text[2 * i + 1]);

        if (high < 0 || low < 0) {
            fail_msg("vector %s: not hexadecimal: %s", v->id, text);
            return octets;
        }
        octets.at[i] = (uint8_t)(high << 4 | low);
    }
    return octets;
}

struct octets vector_in(const struct vector *v, const char *field)
{
    const json_t *hex = json_object_get(v->in, field);
    struct octets none = { .len = 0 };

    return hex == NULL || json_is_null(hex) ? none : octets_of_hex(v, hex);
}

void vector_in_exact(const struct vector *v, const char *field, uint8_t *octets, size_t len)
{
    struct octets in = vector_in(v, field);

    if (in.len != len) {
        fail_msg("vector %s: %s has %zu octets, not %zu", v->id, field, in.len, len);
    }
    memcpy(octets, in.at, len);
}

unsigned vector_number(const struct vector *v, const char *field)
{
    const json_t *json = json_object_get(v->in, field);
    struct octets octets;
    unsigned number = 0;

    if (json_is_integer(json)) {
        return (unsigned)json_integer_value(json);
    }
    octets = octets_of_hex(v, json);
    if (octets.len > sizeof(number)) {
        fail_msg("vector %s: %s is too large for a number", v->id, field);
    }
    for (size_t i = 0; i < octets.len; i++) {
        number = number << 8 | octets.at[i];
    }
    return number;
}

const char *vector_text(const struct vector *v, const char *field)
{
    const char *text = json_string_value(json_object_get(v->in, field));

    if (text == NULL) {
        fail_msg("vector %s: %s is not text", v->id, field);
    }
    return text;
}

void vector_expect(const struct vector *v, const char *field, const uint8_t *octets, size_t len)
{
    struct octets expected = octets_of_hex(v, json_object_get(v->out, field));

    vector_expect_equal(v, field, &expected, octets, len);
}

static void hex_print(const char *what, const uint8_t *octets, size_t len)
{
    print_error("%s", what);
    for (size_t i = 0; i < len; i++) {
        print_error("%02x", octets[i]);
    }
    print_error("\n");
}

void vector_expect_equal(const struct vector *v, const char *what, const struct octets *expected,
                         const uint8_t *octets, size_t len)
{
    if (len != expected->len || memcmp(octets, expected->at, len) != 0) {
        hex_print("expected: ", expected->at, expected->len);
        hex_print("     got: ", octets, len);
        fail_msg("vector %s: %s differs", v->id, what);
    }
}

void vector_check(const struct vector *v, bool ok, const char *what)
{
    if (!ok) {
        fail_msg("vector %s: not so: %s", v->id, what);
    }
}
