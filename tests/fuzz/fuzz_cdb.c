/*
 * Configuration Databases: a text, if it begins with "{"; otherwise the sample, in which the octets
 * of the input choose members and what happens to them. One that is right becomes a registry.
 *
 * - Whatever the text, it is refused with findings, or it is right.
 * - What a registry writes is right, and makes another registry that writes the same.
 * - To merge it into its own registry is no conflict.
 */
#include "fuzz.h"

#include "cdb.h"

#include <stdbool.h>

#define CHANGES 24

static const struct cdb_export everything;

/* -- a sample that is changed ------------------------------------------------------------------ */

static const char *const values[] = {
    "0",
    "1",
    "-1",
    "255",
    "4095",
    "4096",
    "65536",
    "9223372036854775807",
    "0.5",
    "true",
    "false",
    "null",
    "{}",
    "[]",
    "\"\"",
    "\"0000\"",
    "\"0001\"",
    "\"7FFF\"",
    "\"8000\"",
    "\"C000\"",
    "\"FEFF\"",
    "\"FFFF\"",
    "\"1000\"",
    "\"00590001\"",
    "\"secure\"",
    "\"insecure\"",
    "\"low\"",
    "\"0073E7E4D8B9440FAF8415DF4C56C0E1\"",
    "\"70CF7C97-32A3-45B6-9149-4810D2E9CBF4\"",
    "\"00000000000000000000000000000000\"",
    "\"2026-03-29T08:15:30+02:00\"",
    "[[[[]]]]",
    "100",
    "291",
    "[0]",
    "[\"0002\"]",
    "{\"index\": 0, \"updated\": true}",
    "2",
    "10",
    "600000",
};
#define VALUES (sizeof values / sizeof *values)

static json_t *value(struct fuzz_input *in)
{
    json_t *json = json_loads(values[fuzz_u8(in) % VALUES], JSON_DECODE_ANY, NULL);
    FUZZ_CHECK(json != NULL);
    return json;
}

/** The member of an object, or item of a list, of some number. */
static const char *key_at(json_t *object, size_t n)
{
    void *at = json_object_iter(object);
    for (; n > 0; n--) {
        at = json_object_iter_next(object, at);
    }
    return json_object_iter_key(at);
}

static void change_object(struct fuzz_input *in, json_t *object, unsigned how)
{
    char key[64];
    snprintf(key, sizeof key, "%s", key_at(object, fuzz_u8(in) % json_object_size(object)));
    if (how == 0) {
        json_object_del(object, key);
    } else if (how == 1) {
        json_object_set_new(object, "x-unknown", value(in));
    } else {
        json_object_set_new(object, key, value(in));
    }
}

static void change_list(struct fuzz_input *in, json_t *list, unsigned how)
{
    size_t at = fuzz_u8(in) % json_array_size(list);
    if (how == 0) {
        json_array_remove(list, at);
    } else if (how == 1) {
        json_array_append_new(list, json_deep_copy(json_array_get(list, at)));
    } else {
        json_array_set_new(list, at, value(in));
    }
}

/** Goes down from the root, as far as the input says, and changes what is there. */
static void change(struct fuzz_input *in, json_t *at)
{
    for (unsigned depth = fuzz_u8(in) % 8;; depth--) {
        size_t size = json_is_object(at) ? json_object_size(at) : json_array_size(at);
        if (size == 0) {
            return;
        }
        size_t n = depth > 0 ? fuzz_u8(in) % size : 0;
        json_t *next =
            json_is_object(at) ? json_object_get(at, key_at(at, n)) : json_array_get(at, n);
        bool holds = json_object_size(next) > 0 || json_array_size(next) > 0;
        if (depth == 0 || !holds) {
            break;
        }
        at = next;
    }
    unsigned how = fuzz_u8(in) % 4;
    if (json_is_object(at)) {
        change_object(in, at, how);
    } else {
        change_list(in, at, how);
    }
}

static char *changed_sample(struct fuzz_input *in)
{
    static json_t *sample;
    if (!sample) {
        sample = json_load_file(CDB_SAMPLE, 0, NULL);
        FUZZ_CHECK(sample != NULL);
    }
    json_t *json = json_deep_copy(sample);
    for (unsigned i = 0; i < CHANGES && in->left > 0; i++) {
        change(in, json);
    }
    char *text = json_dumps(json, 0);
    FUZZ_CHECK(text != NULL);
    json_decref(json);
    return text;
}

/* -- registries -------------------------------------------------------------------------------- */

static void tell(void *user, const char *path, const char *what)
{
    if (user) { /* what was to be right */
        fprintf(stderr, "%s: %s\n", path, what);
    }
    for (const char *c = what; *c != '\0'; c++) {
        FUZZ_CHECK((unsigned char)*c >= 0x20 && *c != 0x7F);
    }
}

static json_t *read_right(const json_t *json)
{
    struct cdb_findings findings = { .found = tell, .user = &findings };
    char *text = json_dumps(json, 0);
    FUZZ_CHECK(text != NULL);
    json_t *document = cdb_read(text, strlen(text), &findings);
    FUZZ_CHECK(document != NULL && findings.count == 0);
    free(text);
    return document;
}

static json_t *written(struct registry *r)
{
    char why[300];
    json_t *json = cdb_write(r, &everything, why, sizeof why);
    FUZZ_CHECK(json != NULL);
    json_t *document = read_right(json);
    FUZZ_CHECK(json_equal(document, json));
    json_decref(document);
    json_object_del(json, "timestamp"); /* that of the last change */
    return json;
}

/** A registry of a document, in which we are a new provisioner if there is room for one. */
static struct registry *made(const json_t *document, bool must)
{
    struct cdb_findings findings = { .found = tell, .user = must ? &findings : NULL };
    struct cdb_import how = { .uuid = "our provisioner" };
    struct cdb_imported done;
    char why[300];
    struct registry *r = cdb_import(NULL, document, &how, &done, &findings, why, sizeof why);
    FUZZ_CHECK(r != NULL || (!must && findings.count > 0 && why[0] == '\0'));
    return r;
}

static void registry_must_be_sane(const json_t *document)
{
    struct cdb_findings findings = { .found = tell, .user = &findings };
    struct cdb_imported done;
    char why[300];
    struct registry *first = made(document, false);
    if (!first) {
        return;
    }
    json_t *once = written(first);
    registry_close(first);
    json_object_set_new(once, "timestamp", json_string("2026-03-29T08:15:30Z"));
    json_t *again = read_right(once);
    struct registry *second = made(again, true);
    json_t *twice = written(second);
    json_object_del(once, "timestamp");
    FUZZ_CHECK(json_equal(once, twice));
    FUZZ_CHECK(cdb_merge(second, again, &done, &findings, why, sizeof why));
    json_decref(twice);
    twice = written(second);
    FUZZ_CHECK(json_equal(once, twice));
    registry_close(second);
    json_decref(again);
    json_decref(once);
    json_decref(twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cdb_findings findings = { .found = tell };
    struct fuzz_input in = { data, size };
    bool text = size > 0 && data[0] == '{';
    char *sample = text ? NULL : changed_sample(&in);
    json_t *document = text ? cdb_read((const char *)data, size, &findings)
                            : cdb_read(sample, strlen(sample), &findings);
    FUZZ_CHECK((document != NULL) == (findings.count == 0));
    FUZZ_CHECK(findings.count <= CDB_FINDINGS_MAX + 64);
    if (document) {
        registry_must_be_sane(document);
    }
    json_decref(document);
    free(sample);
    return 0;
}
