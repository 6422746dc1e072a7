/*
 * Reads plans; see batch.h. Called by the verb provision.
 */
#include "batch.h"

#include "batch_order.h"
#include "csv.h"
#include "parse.h"
#include "state_file.h"

#include <assert.h>
#include <errno.h>
#include <jansson.h>
#include <openssl/crypto.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum column {
    COLUMN_UUID,
    COLUMN_ADDRESS,
    COLUMN_ELEMENTS,
    COLUMN_NAME,
    COLUMN_OOB,
    COLUMN_TEMPLATE,
    COLUMNS
};
static const char *const names[COLUMNS + 1] = { "uuid", "address",  "elements", "name",
                                                "oob",  "template", NULL };

/** A plan that is being read. */
struct reader {
    struct batch *batch;
    struct problems *problems;
    bool no_memory, too_many;
};

/* Places. */

void batch_where(const struct batch *batch, unsigned line, char text[BATCH_WHERE_MAX])
{
    snprintf(text, BATCH_WHERE_MAX, batch->json ? "[%u]" : "line %u", line);
}

void batch_problem(const struct batch *batch, unsigned line, const char *column,
                   struct problems *problems, const char *format, ...)
{
    char what[200];
    va_list list;
    va_start(list, format);
    vsnprintf(what, sizeof what, format, list);
    va_end(list);
    if (batch->json) {
        problems_add(problems, "%.150s: [%u]%s%s: %s", batch->path, line, column ? "." : "",
                     column ? column : "", what);
    } else {
        problems_add(problems, "%.150s:%u: %s%s%s", batch->path, line, column ? column : "",
                     column ? ": " : "", what);
    }
}

void batch_uuid(const struct batch_entry *entry, char text[BATCH_UUID_TEXT])
{
    format_hex(entry->uuid, USHER_UUID_SIZE, text);
    if (!batch_is_whole(entry)) {
        text[entry->digits] = '*';
        text[entry->digits + 1] = '\0';
    }
}

/* Values. */

/** Digits and "*"; dashes where a UUID has them. */
static bool prefix_parse(const char *text, struct batch_entry *entry)
{
    char digits[2 * USHER_UUID_SIZE + 1];
    size_t n = 0, len = USHER_UUID_SIZE;
    for (; *text != '*'; text++) {
        bool may_be_dash = n == 8 || n == 12 || n == 16 || n == 20;
        if (*text == '-' && may_be_dash && text[1] != '-') {
            continue;
        }
        if (*text == '\0' || n == sizeof digits - 2) {
            return false;
        }
        digits[n++] = *text;
    }
    memset(digits + n, '0', sizeof digits - 1 - n);
    digits[sizeof digits - 1] = '\0';
    entry->digits = (uint8_t)n;
    return text[1] == '\0' && parse_hex(digits, entry->uuid, &len);
}

static bool uuid_set(struct batch_entry *entry, const char *value, char *why, size_t why_len)
{
    if (strchr(value, '*')) {
        if (!prefix_parse(value, entry)) {
            snprintf(why, why_len,
                     "\"%.40s\" is not a prefix: up to 31 hexadecimal digits, then \"*\"", value);
            return false;
        }
        return true;
    }
    entry->digits = 2 * USHER_UUID_SIZE;
    if (!parse_uuid(value, entry->uuid)) {
        snprintf(why, why_len, "\"%.40s\" is not a UUID: it has 32 hexadecimal digits", value);
        return false;
    }
    return true;
}

static bool address_set(struct batch_entry *entry, const char *value, char *why, size_t why_len)
{
    if (!parse_address(value, &entry->address)) {
        snprintf(why, why_len, "\"%.20s\" is not an address: it has 4 hexadecimal digits", value);
        return false;
    }
    if (entry->address < USHER_UNICAST_MIN || entry->address > USHER_UNICAST_MAX) {
        snprintf(why, why_len, "0x%04x is not an address of a node: these are 0x0001 to 0x7fff",
                 (unsigned)entry->address);
        return false;
    }
    return true;
}

static bool elements_set(struct batch_entry *entry, const char *value, char *why, size_t why_len)
{
    char *end;
    unsigned long n = strtoul(value, &end, 10);
    if (*value < '0' || *value > '9' || *end != '\0' || n < 1 || n > 255) {
        snprintf(why, why_len, "\"%.20s\" is not a number of elements: 1 to 255", value);
        return false;
    }
    entry->elements = (uint8_t)n;
    return true;
}

/** Whether it is UTF-8 without control characters, which jansson knows. */
static bool is_text(const char *value)
{
    for (const char *at = value; *at; at++) {
        if ((unsigned char)*at < 0x20 || *at == 0x7F) {
            return false;
        }
    }
    json_t *json = json_string(value);
    json_decref(json);
    return json != NULL;
}

static bool name_set(struct reader *r, struct batch_entry *entry, const char *value, char *why,
                     size_t why_len)
{
    if (strlen(value) > BATCH_NAME_MAX) {
        snprintf(why, why_len, "it is longer than %u octets", BATCH_NAME_MAX);
        return false;
    }
    if (!is_text(value)) {
        snprintf(why, why_len, "it is not text in UTF-8, in one line");
        return false;
    }
    entry->name = strdup(value);
    r->no_memory |= entry->name == NULL;
    return true;
}

/** Adds the KINDs of a text. */
static bool oob_set(struct batch_entry *entry, char *value, char *why, size_t why_len)
{
    char *rest = NULL;
    for (char *kind = strtok_r(value, " \t", &rest); kind; kind = strtok_r(NULL, " \t", &rest)) {
        if (!oob_add_allowed(&entry->oob, kind, why, why_len)) {
            return false;
        }
    }
    return true;
}

/** The path of a template, from that of the plan. @retval NULL  No memory. */
static char *path_beside(const char *plan, const char *value)
{
    const char *slash = strrchr(plan, '/');
    size_t dir = slash && *value != '/' ? (size_t)(slash - plan) + 1 : 0;
    size_t len = strlen(value) + 1;
    char *path = malloc(dir + len);
    if (path) {
        memcpy(path, plan, dir);
        memcpy(path + dir, value, len);
    }
    return path;
}

static bool template_set(struct reader *r, struct batch_entry *entry, const char *value, char *why,
                         size_t why_len)
{
    struct batch *b = r->batch;
    char *path = path_beside(b->path, value);
    size_t i = 0;
    assert(b->templates || b->template_count == 0);
    if (!b->templates) {
        b->templates = calloc(BATCH_TEMPLATES_MAX, sizeof *b->templates);
    }
    if (!path || !b->templates) {
        free(path);
        r->no_memory = true;
        return true;
    }
    while (i < b->template_count && strcmp(b->templates[i].path, path) != 0) {
        i++;
    }
    if (i == BATCH_TEMPLATES_MAX) {
        free(path);
        snprintf(why, why_len, "there are more than %u templates", BATCH_TEMPLATES_MAX);
        return false;
    }
    if (i < b->template_count) {
        free(path);
    } else {
        b->templates[b->template_count++] = (struct batch_template){ path, entry->line };
    }
    entry->template_number = (uint16_t)(i + 1);
    return true;
}

/** Takes a value of a column. */
static void value_set(struct reader *r, struct batch_entry *entry, enum column column, char *value)
{
    char why[160];
    bool ok = true;
    switch (column) {
    case COLUMN_UUID:
        ok = uuid_set(entry, value, why, sizeof why);
        break;
    case COLUMN_ADDRESS:
        ok = address_set(entry, value, why, sizeof why);
        break;
    case COLUMN_ELEMENTS:
        ok = elements_set(entry, value, why, sizeof why);
        break;
    case COLUMN_NAME:
        ok = name_set(r, entry, value, why, sizeof why);
        break;
    case COLUMN_OOB:
        ok = oob_set(entry, value, why, sizeof why);
        break;
    case COLUMN_TEMPLATE:
        ok = template_set(r, entry, value, why, sizeof why);
        break;
    case COLUMNS:
        break;
    }
    if (!ok) {
        batch_problem(r->batch, entry->line, names[column], r->problems, "%s", why);
    }
}

/* Entries. */

/** Room for twice as many; what was there is wiped, since it has secrets. */
static bool entries_grow(struct batch *b)
{
    size_t room = b->room ? 2 * b->room : 64;
    struct batch_entry *entries = calloc(room, sizeof *entries);
    if (!entries) {
        return false;
    }
    if (b->count > 0) {
        memcpy(entries, b->entries, b->count * sizeof *entries);
        OPENSSL_cleanse(b->entries, b->count * sizeof *entries);
    }
    free(b->entries);
    b->entries = entries;
    b->room = room;
    return true;
}

/** An entry for that line. @retval NULL  There is no room. */
static struct batch_entry *entry_add(struct reader *r, unsigned line)
{
    struct batch *b = r->batch;
    if (b->count == BATCH_ENTRIES_MAX) {
        r->too_many = true;
        return NULL;
    }
    if (b->count == b->room && !entries_grow(b)) {
        r->no_memory = true;
        return NULL;
    }
    struct batch_entry *entry = &b->entries[b->count++];
    *entry = (struct batch_entry){ .line = line };
    return entry;
}

static void entry_clear(struct batch_entry *entry)
{
    free(entry->name);
    OPENSSL_cleanse(entry, sizeof *entry);
}

/** What has to be right of an entry as a whole. */
static void entry_check(const struct reader *r, const struct batch_entry *entry)
{
    const struct batch *b = r->batch;
    if (entry->address == 0) {
        return;
    }
    if (!batch_is_whole(entry)) {
        batch_problem(b, entry->line, "address", r->problems,
                      "a prefix is for any number of devices: they get the next free addresses");
    } else if (entry->address + entry->elements > (int)USHER_UNICAST_MAX + 1) {
        batch_problem(b, entry->line, "address", r->problems,
                      "%u elements from 0x%04x on end beyond 0x7fff", (unsigned)entry->elements,
                      (unsigned)entry->address);
    }
}

static void take_record(void *ctx, unsigned line, char *const *values)
{
    struct reader *r = ctx;
    struct batch_entry *entry = entry_add(r, line);
    unsigned before = r->problems->count;
    if (!entry) {
        return;
    }
    if (!values[COLUMN_UUID]) {
        batch_problem(r->batch, line, names[COLUMN_UUID], r->problems, "it is missing");
    }
    for (int i = 0; i < COLUMNS; i++) {
        if (values[i]) {
            value_set(r, entry, (enum column)i, values[i]);
        }
    }
    if (r->problems->count == before) {
        entry_check(r, entry);
    }
    if (r->problems->count > before) {
        r->batch->count--; /* half an entry would only be told of again */
        entry_clear(entry);
    }
}

/* JSON. */

/** The KINDs of a list, with blanks between them. @retval NULL  It is not a list of texts. */
static char *list_text(const json_t *list)
{
    char text[256] = "";
    size_t i, used = 0;
    json_t *item;
    json_array_foreach(list, i, item)
    {
        const char *kind = json_string_value(item);
        size_t len = kind ? strlen(kind) : sizeof text;
        if (used + len + 2 > sizeof text) {
            OPENSSL_cleanse(text, sizeof text);
            return NULL;
        }
        memcpy(text + used, kind, len);
        used += len;
        text[used++] = ' ';
        text[used] = '\0';
    }
    char *copy = strdup(text);
    OPENSSL_cleanse(text, sizeof text);
    return copy;
}

/** A member as CSV would have it. @retval NULL  It is of another kind. */
static char *member_text(enum column column, const json_t *json)
{
    char number[24];
    if (json_is_string(json)) {
        return strdup(json_string_value(json));
    }
    if (column == COLUMN_ELEMENTS && json_is_integer(json)) {
        snprintf(number, sizeof number, "%" JSON_INTEGER_FORMAT, json_integer_value(json));
        return strdup(number);
    }
    return column == COLUMN_OOB && json_is_array(json) ? list_text(json) : NULL;
}

static int column_find(const char *name)
{
    int i = 0;
    while (i < COLUMNS && strcmp(names[i], name) != 0) {
        i++;
    }
    return i;
}

static void take_object(struct reader *r, unsigned line, json_t *object)
{
    char *values[COLUMNS] = { NULL };
    const char *name;
    json_t *member;
    unsigned before = r->problems->count;
    if (!json_is_object(object)) {
        batch_problem(r->batch, line, NULL, r->problems, "an object { } is expected here");
        return;
    }
    json_object_foreach(object, name, member)
    {
        if (column_find(name) == COLUMNS) {
            batch_problem(r->batch, line, NULL, r->problems,
                          "\"%.40s\" is not known here; known are: "
                          "uuid, address, elements, name, oob, template",
                          name);
        }
    }
    for (int i = 0; i < COLUMNS; i++) {
        member = json_object_get(object, names[i]);
        if (member && !json_is_null(member) && !(values[i] = member_text((enum column)i, member))) {
            batch_problem(r->batch, line, names[i], r->problems, "a text is expected here%s",
                          i == COLUMN_ELEMENTS ? ", or a number"
                          : i == COLUMN_OOB    ? ", or a list of texts"
                                               : "");
        }
    }
    if (r->problems->count == before) {
        take_record(r, line, values);
    }
    for (int i = 0; i < COLUMNS; i++) {
        if (values[i]) {
            OPENSSL_cleanse(values[i], strlen(values[i]));
        }
        free(values[i]);
    }
}

static void read_json(struct reader *r, const char *text, size_t len)
{
    json_error_t error;
    json_t *item, *list = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
    size_t i;
    if (!list) {
        problems_add(r->problems, "%.150s:%d: %.100s", r->batch->path, error.line, error.text);
        return;
    }
    if (!json_is_array(list)) {
        problems_add(r->problems, "%.150s: a list of objects [ { } ] is expected", r->batch->path);
    }
    json_array_foreach(list, i, item)
    {
        take_object(r, (unsigned)i, item);
    }
    json_decref(list);
}

/* From beginning to end. */

bool batch_parse(struct batch *batch, const char *path, char *text, size_t len,
                 struct problems *problems)
{
    struct reader r = { .batch = batch, .problems = problems };
    size_t blank = strspn(text, " \t\r\n");
    unsigned before = problems->count;
    *batch = (struct batch){ .path = strdup(path) };
    batch->json = text[blank] == '[' || text[blank] == '{';
    r.no_memory = batch->path == NULL;
    if (batch->path && batch->json) {
        read_json(&r, text, len);
    } else if (batch->path) {
        csv_read(text, len, names, path, problems, take_record, &r);
    }
    if (!r.no_memory && !r.too_many) {
        r.no_memory = !batch_order(batch, problems) || !batch_addresses(batch, problems);
    }
    if (r.too_many) {
        problems_add(problems, "%.150s: there are more than %u devices: make two plans of it", path,
                     BATCH_ENTRIES_MAX);
    }
    if (r.no_memory) {
        problems_add(problems, "out of memory");
    }
    if (problems->count == before && batch->count == 0) {
        problems_add(problems, "%.150s: there is no device in it", path);
    }
    return problems->count == before;
}

bool batch_read(struct batch *batch, const char *path, struct problems *problems)
{
    uint8_t *text;
    size_t len;
    *batch = (struct batch){ .path = NULL };
    if (!state_file_read(path, BATCH_FILE_MAX, &text, &len)) {
        problems_add(problems, "%.150s: %s", path, strerror(errno));
        return false;
    }
    bool ok = batch_parse(batch, path, (char *)text, len, problems);
    OPENSSL_cleanse(text, len);
    free(text);
    return ok;
}

void batch_free(struct batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        entry_clear(&batch->entries[i]);
    }
    for (size_t i = 0; i < batch->template_count; i++) {
        free(batch->templates[i].path);
    }
    free(batch->entries);
    free(batch->templates);
    free(batch->whole);
    free(batch->path);
    *batch = (struct batch){ .path = NULL };
}
