/*
 * Findings with their paths, for those who read and judge Configuration Databases.
 */
#ifndef COMMISSION_CDB_FIND_H
#define COMMISSION_CDB_FIND_H

#include "cdb.h"

#define CDB_PATH_MAX 192
#define CDB_WHAT_MAX 256

struct cdb_path {
    char text[CDB_PATH_MAX];
};

/** Makes a path. It returns by value, to be used on the spot. */
__attribute__((format(printf, 1, 2))) struct cdb_path cdb_path(const char *format, ...);

/** Tells of something that is wrong. */
__attribute__((format(printf, 3, 4))) void cdb_find(struct cdb_findings *findings, const char *path,
                                                    const char *format, ...);

/** Whether so much is wrong that the rest does not matter. */
bool cdb_enough(const struct cdb_findings *findings);

/** Judges the sense of a document whose form is right; see cdb_check.c. */
void cdb_check(const json_t *document, struct cdb_findings *findings);

/** Brings words of old versions into those of 1.0.1, as far as they can be understood. */
void cdb_modernise(json_t *document);

/** Judges the form of a document, and brings digits into upper case; see cdb_form.c. */
void cdb_form(json_t *document, struct cdb_findings *findings);

#endif
