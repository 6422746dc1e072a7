/*
 * CSV as RFC 4180 has it: records end with CR LF or LF, fields are separated by commas, and a field
 * in quotes may hold commas, line ends and, doubled, quotes. A byte order mark in front, as
 * spreadsheets write it, and lines without anything are passed over. Blanks around a field without
 * quotes do not count.
 */
#ifndef COMMISSION_CSV_H
#define COMMISSION_CSV_H

#include "problems.h"

#include <stdbool.h>
#include <stddef.h>

#define CSV_FIELDS 16 /* of one record */
#define CSV_NO_COLUMN (-1)

/** A text that is being read; the reader writes into it. */
struct csv {
    char *at, *end;
    unsigned line; /* of `at`, from 1 */
};

struct csv_record {
    unsigned line; /* where it begins */
    size_t count;
    char *field[CSV_FIELDS]; /* in the text, each with a NUL behind it */
};

enum csv_result {
    CSV_END,
    CSV_RECORD,
    CSV_BAD, /* no more can be read */
};

/** @param text  @p len octets, and one more that may be written to. */
void csv_begin(struct csv *csv, char *text, size_t len);

/** Reads the next record. @param why  Gets what is wrong, a constant; record->line is where. */
enum csv_result csv_next(struct csv *csv, struct csv_record *record, const char **why);

/**
 * Reads the header.
 *
 * @param names   The columns that there are; ends with NULL.
 * @param column  Gets, for each field of a record, which of @p names it is.
 * @param file    Its name in problems.
 *
 * @return Fields that a record has; 0: the header is not one, and @p problems has why.
 */
size_t csv_header(struct csv *csv, const char *const *names, int column[CSV_FIELDS],
                  const char *file, struct problems *problems);

/**
 * Reads a file whose header is @p names, and gives each record to @p take: a value for each of
 * @p names, NULL where it is empty or there is no such column.
 *
 * @param take  Tells its own problems.
 */
void csv_read(char *text, size_t len, const char *const *names, const char *file,
              struct problems *problems,
              void (*take)(void *ctx, unsigned line, char *const *values), void *ctx);

#endif
