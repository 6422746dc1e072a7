/*
 * The form of a Configuration Database: each member by the table of its object (cdb_format.c), and
 * nothing about what members have to do with each other. Values that are right are brought into
 * the one way in which they are written: upper-case digits, UUIDs with dashes. Called by
 * cdb_read().
 */
#include "cdb_find.h"
#include "cdb_format.h"
#include "parse.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHOWN 40 /* characters of a value in a message */

/** An object that is being gone through. */
struct level {
    const struct cdb_field *field; /* the next one; that of the list, in one */
    json_t *object;
    json_t *list;                  /* of objects, that one is in; NULL: none */
    size_t item;                   /* the next one of it */
    const struct cdb_shape *shape; /* of its items */
    json_t *ids;                   /* those of the items before, each with its number */
    size_t path;                   /* length of the object's path */
};

struct walk {
    struct cdb_findings *findings;
    struct cdb_path path;
    struct level levels[CDB_LEVELS];
    size_t depth;
};

__attribute__((format(printf, 3, 4))) static void extend(struct walk *w, size_t from,
                                                         const char *format, ...)
{
    va_list list;
    va_start(list, format);
    vsnprintf(w->path.text + from, sizeof w->path.text - from, format, list);
    va_end(list);
}

/* -- one value --------------------------------------------------------------------------------- */

/** A value as a message shows it. */
static void show(const json_t *value, char text[SHOWN + 8])
{
    if (json_is_object(value) || json_is_array(value)) {
        snprintf(text, SHOWN + 8, json_is_object(value) ? "an object" : "a list");
        return;
    }
    char *dump = json_dumps(value, JSON_ENCODE_ANY | JSON_ENSURE_ASCII);
    bool cut = dump && strlen(dump) > SHOWN;
    snprintf(text, SHOWN + 8, "%.*s%s", SHOWN, dump ? dump : "?", cut ? "..." : "");
    free(dump);
}

static bool is_word(const char *words, const char *text)
{
    size_t len = strlen(text);
    const char *found = len > 0 && !strchr(text, ' ') ? strstr(words, text) : NULL;
    while (found &&
           ((found != words && found[-1] != ' ') || (found[len] != ' ' && found[len] != '\0'))) {
        found = strstr(found + 1, text);
    }
    return found != NULL;
}

/** Whether it is a UUID; it is written with dashes then. */
static bool is_uuid(json_t *string)
{
    uint8_t uuid[16];
    if (!parse_uuid(json_string_value(string), uuid)) {
        return false;
    }
    json_t *written = cdb_uuid_json(uuid);
    bool ok = written && json_string_set(string, json_string_value(written)) == 0;
    json_decref(written);
    return ok;
}

static void make_upper(json_t *string)
{
    char text[37];
    snprintf(text, sizeof text, "%s", json_string_value(string));
    cdb_upper(text);
    json_string_set(string, text);
}

static bool is_address(const struct cdb_field *field, const char *text)
{
    if (cdb_is_hex(text, 32)) {
        return (field->addresses & CDB_LABEL) != 0;
    }
    if (!cdb_is_hex(text, 4)) {
        return false;
    }
    unsigned long a = strtoul(text, NULL, 16);
    unsigned kind = a == 0        ? CDB_NONE
                    : a <= 0x7FFF ? CDB_UNICAST
                    : a < 0xC000  ? 0 /* virtual: only by its label */
                    : a < 0xFF00  ? CDB_GROUP
                    : a < 0xFFFF  ? CDB_FIXED
                                  : CDB_ALL;
    return (field->addresses & kind) != 0;
}

static bool is_number(const struct cdb_field *field, const json_t *value)
{
    json_int_t n = json_integer_value(value);
    return json_is_integer(value) && n >= field->min && n <= field->max &&
           (!field->right || field->right(n));
}

/** Whether a string is what it has to be; its digits are upper-case then. */
static bool is_text(const struct cdb_field *field, json_t *value)
{
    const char *text = json_string_value(value);
    time_t time;
    bool right = false;
    switch (field->kind) {
    case CDB_TEXT:
        return true;
    case CDB_NAME:
        return is_name(text, SIZE_MAX);
    case CDB_WORD:
        return is_word(field->words, text);
    case CDB_TIME:
        return cdb_time(text, &time);
    case CDB_HEX:
        right = cdb_is_hex(text, 4) && (json_int_t)cdb_hex(value) >= field->min &&
                (json_int_t)cdb_hex(value) <= field->max;
        break;
    case CDB_KEY:
        right = cdb_is_hex(text, 32);
        break;
    case CDB_UUID:
        right = is_uuid(value);
        break;
    case CDB_ADDRESS:
        right = is_address(field, text);
        break;
    case CDB_MODEL:
        right = cdb_is_hex(text, 4) || cdb_is_hex(text, 8);
        break;
    default:
        break;
    }
    if (right) {
        make_upper(value);
    }
    return right;
}

static void judge(struct walk *w, const struct cdb_field *field, json_t *value)
{
    char shown[SHOWN + 8];
    bool right = field->kind == CDB_BOOL     ? json_is_boolean(value)
                 : field->kind == CDB_NUMBER ? is_number(field, value)
                 : field->kind == CDB_OBJECT ? json_is_object(value)
                                             : json_is_string(value) && is_text(field, value);
    if (!right && field->kind == CDB_KEY) {
        cdb_find(w->findings, w->path.text, "this is no %s", field->noun);
    } else if (!right) {
        bool word = field->kind == CDB_WORD || field->kind == CDB_BOOL;
        show(value, shown);
        cdb_find(w->findings, w->path.text, "%s is %s %s%s", shown, word ? "not" : "no",
                 field->noun, field->kind == CDB_OBJECT ? " { }" : "");
    }
}

/* -- lists and objects ------------------------------------------------------------------------- */

static void enter(struct walk *w, const struct cdb_shape *shape, json_t *object)
{
    if (w->depth < CDB_LEVELS) {
        w->levels[w->depth++] = (struct level){ .field = shape->fields,
                                                .object = object,
                                                .path = strlen(w->path.text) };
    }
}

static bool is_list(struct walk *w, const struct cdb_field *field, const json_t *value)
{
    size_t count = json_array_size(value);
    char shown[SHOWN + 8];
    if (!json_is_array(value)) {
        show(value, shown);
        cdb_find(w->findings, w->path.text, "%s is no list [ ]", shown);
    } else if (count > field->most) {
        cdb_find(w->findings, w->path.text, "there are %zu of these, and %zu are possible", count,
                 field->most);
    } else if (count < field->least) {
        cdb_find(w->findings, w->path.text, "it is empty, and at least one is needed");
    }
    return json_is_array(value) && count <= field->most && count >= field->least;
}

/** A list of values, or the begin of one of objects. */
static void take_list(struct walk *w, struct level *l, const struct cdb_field *field, json_t *list)
{
    size_t from = strlen(w->path.text), i;
    json_t *value;
    if (!is_list(w, field, list)) {
        return;
    }
    if (field->shape) {
        l->list = list;
        l->item = 0;
        l->shape = field->shape;
        l->ids = json_object();
        l->field--; /* until it is through */
        return;
    }
    json_array_foreach(list, i, value)
    {
        extend(w, from, "[%zu]", i);
        judge(w, field, value);
    }
}

static void take_field(struct walk *w, struct level *l)
{
    const struct cdb_field *field = l->field++;
    json_t *value = json_object_get(l->object, field->key);
    extend(w, l->path, "%s%s", l->path > 0 ? "." : "", field->key);
    if (!value) {
        if (field->flags & CDB_REQUIRED) {
            cdb_find(w->findings, w->path.text, "it is missing");
        }
    } else if (field->flags & CDB_LIST) {
        take_list(w, l, field, value);
    } else {
        judge(w, field, value);
        if (field->shape && json_is_object(value)) {
            enter(w, field->shape, value);
        }
    }
}

/** The object that was gone through last must not have the index of one before it. */
static void check_id(struct walk *w, struct level *l)
{
    char id[CDB_ID_MAX];
    size_t at = l->item - 1;
    const char *key = cdb_only_id(l->shape);
    if (!key) {
        return;
    }
    cdb_id(l->shape, json_array_get(l->list, at), id);
    json_t *before = json_object_get(l->ids, id);
    if (before) {
        extend(w, l->path, "%s%s[%zu].%s", l->path > 0 ? "." : "", l->field->key, at, key);
        cdb_find(w->findings, w->path.text, "the same is in [%d]", (int)json_integer_value(before));
    } else if (*id != '\0') {
        json_object_set_new(l->ids, id, json_integer((json_int_t)at));
    }
}

static void take_item(struct walk *w, struct level *l)
{
    if (l->item > 0) {
        check_id(w, l);
    }
    json_t *value = json_array_get(l->list, l->item);
    if (!value) {
        json_decref(l->ids);
        l->list = l->ids = NULL;
        l->field++;
        return;
    }
    extend(w, l->path, "%s%s[%zu]", l->path > 0 ? "." : "", l->field->key, l->item);
    judge(w, l->field, value);
    l->item++;
    if (json_is_object(value)) {
        enter(w, l->shape, value);
    }
}

void cdb_form(json_t *document, struct cdb_findings *findings)
{
    struct walk w = { .findings = findings };
    enter(&w, &cdb_document, document);
    while (w.depth > 0 && !cdb_enough(findings)) {
        struct level *l = &w.levels[w.depth - 1];
        if (l->list) {
            take_item(&w, l);
        } else if (l->field->key) {
            take_field(&w, l);
        } else {
            w.depth--;
        }
    }
    while (w.depth > 0) {
        json_decref(w.levels[--w.depth].ids);
    }
}
