/*
 * Reads CSV; see csv.h. Called by the readers of plans and of out-of-band books.
 */
#include "csv.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char too_many[] = "there are more than 16 fields";

void csv_begin(struct csv *csv, char *text, size_t len)
{
    static const char mark[] = "\xEF\xBB\xBF";
    *csv = (struct csv){ .at = text, .end = text + len, .line = 1 };
    if (len >= 3 && memcmp(text, mark, 3) == 0) {
        csv->at += 3;
    }
    *csv->end = '\n'; /* so that the last line ends as the others do */
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/** Passes over what ends a field: a comma, or a line end. @retval false  Something else is here. */
static bool field_end(struct csv *csv, bool *last)
{
    char *at = csv->at;
    *last = *at != ',';
    if (at < csv->end && at[0] == '\r' && at[1] == '\n') {
        at++;
    }
    if (*at != ',' && *at != '\n') {
        return false;
    }
    csv->line += *at == '\n';
    csv->at = at + 1;
    return true;
}

/** A field in quotes, from behind the first one; doubled ones become one where they are. */
static const char *quoted(struct csv *csv, char **field, bool *last)
{
    char *to = csv->at;
    *field = to;
    for (;; csv->at++) {
        if (csv->at >= csv->end) {
            return "a quote is not closed";
        }
        if (*csv->at == '"' && *++csv->at != '"') {
            break; /* it may be the end of the text, where a line end is */
        }
        if (*csv->at == '\0') {
            return "a NUL character is here";
        }
        csv->line += *csv->at == '\n';
        *to++ = *csv->at;
    }
    if (!field_end(csv, last)) {
        return "after the closing quote a comma is expected";
    }
    *to = '\0';
    return NULL;
}

static const char *unquoted(struct csv *csv, char **field, bool *last)
{
    char *begin = csv->at;
    size_t len = 0;
    while (begin[len] != ',' && begin[len] != '\n' && begin[len] != '\r') {
        if (begin[len] == '"') {
            return "a quote stands in a field that does not begin with one";
        }
        if (begin[len] == '\0') {
            return "a NUL character is here";
        }
        len++;
    }
    csv->at = begin + len;
    if (!field_end(csv, last)) {
        return "a line ends with CR alone: CR LF or LF is expected";
    }
    while (len > 0 && is_blank(begin[len - 1])) {
        len--;
    }
    begin[len] = '\0';
    while (is_blank(*begin)) {
        begin++;
    }
    *field = begin;
    return NULL;
}

/** Passes over lines without anything. */
static void empty_lines(struct csv *csv)
{
    while (csv->at < csv->end) {
        size_t len = strspn(csv->at, " \t\r");
        if (csv->at[len] != '\n') {
            return;
        }
        csv->at += len + 1;
        csv->line++;
    }
}

enum csv_result csv_next(struct csv *csv, struct csv_record *record, const char **why)
{
    bool last = false;
    empty_lines(csv);
    *record = (struct csv_record){ .line = csv->line };
    if (csv->at >= csv->end) {
        return CSV_END;
    }
    while (!last) {
        if (record->count == CSV_FIELDS) {
            *why = too_many;
            return CSV_BAD;
        }
        char **field = &record->field[record->count++];
        bool in_quotes = *csv->at == '"';
        csv->at += in_quotes;
        *why = in_quotes ? quoted(csv, field, &last) : unquoted(csv, field, &last);
        if (*why) {
            return CSV_BAD;
        }
    }
    return CSV_RECORD;
}

static int column_find(const char *const *names, const char *name)
{
    for (int i = 0; names[i]; i++) {
        if (strcasecmp(names[i], name) == 0) {
            return i;
        }
    }
    return CSV_NO_COLUMN;
}

/** Whether an earlier field of the header is the same column. */
static bool is_twice(const int *column, size_t i)
{
    for (size_t k = 0; k < i; k++) {
        if (column[k] == column[i]) {
            return true;
        }
    }
    return false;
}

static void names_text(const char *const *names, char *text, size_t len)
{
    *text = '\0';
    for (size_t i = 0; names[i]; i++) {
        size_t used = strlen(text);
        if (used + strlen(names[i]) + 3 < len) {
            snprintf(text + used, len - used, "%s%s", i > 0 ? ", " : "", names[i]);
        }
    }
}

size_t csv_header(struct csv *csv, const char *const *names, int column[CSV_FIELDS],
                  const char *file, struct problems *problems)
{
    struct csv_record header;
    const char *why = NULL;
    char known[100];
    size_t before = problems->count;
    names_text(names, known, sizeof known);
    switch (csv_next(csv, &header, &why)) {
    case CSV_END:
        problems_add(problems, "%.150s: it is empty: the first line names the columns: %s", file,
                     known);
        return 0;
    case CSV_BAD:
        problems_add(problems, "%.150s:%u: %s", file, header.line, why);
        return 0;
    case CSV_RECORD:
        break;
    }
    for (size_t i = 0; i < header.count; i++) {
        column[i] = column_find(names, header.field[i]);
        if (column[i] == CSV_NO_COLUMN) {
            problems_add(problems, "%.150s:%u: there is no column \"%.40s\"; there are: %s%s", file,
                         header.line, header.field[i], known,
                         strchr(header.field[i], ';') ? ", with commas between them" : "");
        } else if (is_twice(column, i)) {
            problems_add(problems, "%.150s:%u: the column %s is there twice", file, header.line,
                         names[column[i]]);
        }
    }
    return problems->count == before ? header.count : 0;
}

void csv_read(char *text, size_t len, const char *const *names, const char *file,
              struct problems *problems,
              void (*take)(void *ctx, unsigned line, char *const *values), void *ctx)
{
    struct csv csv;
    struct csv_record record;
    int column[CSV_FIELDS];
    const char *why = NULL;
    enum csv_result result;
    csv_begin(&csv, text, len);
    size_t count = csv_header(&csv, names, column, file, problems);
    if (count == 0) {
        return;
    }
    while ((result = csv_next(&csv, &record, &why)) == CSV_RECORD) {
        char *values[CSV_FIELDS] = { NULL };
        if (record.count != count) {
            problems_add(problems, "%.150s:%u: it has %zu fields, and the header %zu", file,
                         record.line, record.count, count);
            continue;
        }
        for (size_t i = 0; i < count; i++) {
            values[column[i]] = *record.field[i] ? record.field[i] : NULL;
        }
        take(ctx, record.line, values);
    }
    if (result == CSV_BAD) {
        problems_add(problems, "%.150s:%u: %s", file, record.line, why);
    }
}
