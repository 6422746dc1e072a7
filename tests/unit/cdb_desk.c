/*
 * See cdb_desk.h.
 */
#include "cdb_desk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void note(void *user, const char *path, const char *what)
{
    struct notes *n = user;
    if (n->findings.count <= DESK_NOTES) {
        snprintf(n->text[n->findings.count - 1], sizeof n->text[0], "%s: %s", path, what);
    }
}

void notes_begin(struct notes *n)
{
    *n = (struct notes){ .findings = { .found = note, .user = n } };
}

json_t *desk_sample(void)
{
    json_error_t error;
    json_t *json = json_load_file(CDB_SAMPLE, 0, &error);
    assert_non_null(json);
    return json;
}

json_t *desk_read_text(struct notes *n, const char *text)
{
    notes_begin(n);
    return cdb_read(text, strlen(text), &n->findings);
}

json_t *desk_read(struct notes *n, const json_t *json)
{
    char *text = json_dumps(json, 0);
    assert_non_null(text);
    json_t *document = desk_read_text(n, text);
    free(text);
    return document;
}

json_t *desk_at(json_t *json, const char *path)
{
    while (*path != '\0' && json) {
        char key[64];
        size_t len = strcspn(path, ".[");
        snprintf(key, sizeof key, "%.*s", (int)len, path);
        if (len > 0) {
            json = json_object_get(json, key);
        }
        path += len;
        if (*path == '[') {
            json = json_array_get(json, strtoul(path + 1, NULL, 10));
            path = strchr(path, ']') + 1;
        }
        path += *path == '.';
    }
    return json;
}

void desk_change(json_t *json, const char *path, const char *value)
{
    char parent[128];
    const char *dot = strrchr(path, '.'), *bracket = strrchr(path, '[');
    bool item = bracket && (!dot || bracket > dot);
    const char *last = item ? bracket : dot;
    snprintf(parent, sizeof parent, "%.*s", last ? (int)(last - path) : 0, path);
    json_t *in = desk_at(json, parent);
    const char *key = dot ? dot + 1 : path;
    json_t *new = value ? json_loads(value + (*value == '>'), JSON_DECODE_ANY, NULL) : NULL;
    assert_true(!value || new);
    if (value && *value == '>') {
        assert_int_equal(json_array_append_new(desk_at(json, path), new), 0);
    } else if (item && new) {
        assert_int_equal(json_array_set_new(in, strtoul(bracket + 1, NULL, 10), new), 0);
    } else if (item) {
        assert_int_equal(json_array_remove(in, strtoul(bracket + 1, NULL, 10)), 0);
    } else if (new) {
        assert_int_equal(json_object_set_new(in, key, new), 0);
    } else {
        assert_int_equal(json_object_del(in, key), 0);
    }
}

/** Prints where two texts begin to differ. */
static void print_difference(const char *a, const char *b)
{
    size_t at = 0, line = 0;
    for (; a[at] != '\0' && a[at] == b[at]; at++) {
        line = a[at] == '\n' ? at : line;
    }
    line = line > 200 ? line - 200 : 0;
    print_error("...%.400s\n-- and not --\n...%.400s\n", a + line, b + line);
}

bool desk_equal(const json_t *a, const json_t *b)
{
    json_t *first = json_deep_copy(a), *second = json_deep_copy(b);
    json_object_del(first, "timestamp");
    json_object_del(second, "timestamp");
    bool equal = json_equal(first, second);
    if (!equal) {
        char *one = json_dumps(first, JSON_INDENT(1) | JSON_SORT_KEYS);
        char *two = json_dumps(second, JSON_INDENT(1) | JSON_SORT_KEYS);
        print_difference(one, two);
        free(one);
        free(two);
    }
    json_decref(first);
    json_decref(second);
    return equal;
}
