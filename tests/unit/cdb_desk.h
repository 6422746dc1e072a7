/*
 * The desk at which tests of the Configuration Database work: the sample, changes to it by path,
 * and notes of what was found.
 */
#ifndef CDB_DESK_H
#define CDB_DESK_H

#include "cdb.h"

#define DESK_NOTES 4

/** What was found: the first few, as "path: what". */
struct notes {
    struct cdb_findings findings;
    char text[DESK_NOTES][512];
};

void notes_begin(struct notes *n);

/** The sample, tests/cdb/sample.json, as JSON. */
json_t *desk_sample(void);

/** Reads a text, or JSON, as a document; NULL if something was found. */
json_t *desk_read_text(struct notes *n, const char *text);
json_t *desk_read(struct notes *n, const json_t *json);

/**
 * Changes JSON at a path such as "nodes[1].elements[0]". @p value is JSON: it is put there; NULL
 * takes out what is there; with ">" in front of it, it is appended to the list there.
 */
void desk_change(json_t *json, const char *path, const char *value);
/** What is at a path. NULL: nothing. */
json_t *desk_at(json_t *json, const char *path);

/** Whether two documents are equal but for their timestamps; if not, both are printed. */
bool desk_equal(const json_t *a, const json_t *b);

#endif
