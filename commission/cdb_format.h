/*
 * The form of a Configuration Database as data: what members each of its objects has, of what kind
 * they are, and which of them the registry has a place for. The reader, what is kept beside the
 * registry and the export all go by these tables (cdb_format.c), so that a member is described
 * once. The semantics, which are about more than one member, are in cdb_check.c.
 */
#ifndef COMMISSION_CDB_FORMAT_H
#define COMMISSION_CDB_FORMAT_H

#include "registry.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

enum cdb_kind {
    CDB_TEXT,
    CDB_NAME,    /* a text; the registry has its first REGISTRY_NAME_MAX octets */
    CDB_WORD,    /* one of `words`, separated by blanks */
    CDB_BOOL,    /* true or false */
    CDB_NUMBER,  /* an integer, min..max, that `right` agrees with */
    CDB_HEX,     /* a string of 4 hexadecimal digits, min..max */
    CDB_KEY,     /* a string of 32 hexadecimal digits, which no message may show */
    CDB_UUID,    /* 8-4-4-4-12, read without the dashes as well */
    CDB_TIME,    /* of RFC 3339 */
    CDB_ADDRESS, /* 4 hexadecimal digits or the 32 of a label, as `addresses` says */
    CDB_MODEL,   /* 4 hexadecimal digits of a SIG model, 8 of another one */
    CDB_OBJECT,  /* of `shape` */
};

enum cdb_flags {
    CDB_REQUIRED = 1,
    CDB_LIST = 2, /* an array of these, `least` to `most` of them */
    CDB_OURS = 4, /* the registry has it: it is not kept beside it */
    CDB_ID = 8,   /* tells the objects of an array from each other */
};

enum cdb_addresses {
    CDB_UNICAST = 1, /* 0001..7FFF */
    CDB_GROUP = 2,   /* C000..FEFF */
    CDB_FIXED = 4,   /* FF00..FFFE */
    CDB_ALL = 8,     /* FFFF */
    CDB_LABEL = 16,  /* 32 digits */
    CDB_NONE = 32,   /* 0000 */
};

struct cdb_shape;

struct cdb_field {
    const char *key;
    enum cdb_kind kind;
    unsigned flags;
    const char *noun; /* what it has to be: "... is no NOUN", or "is not" for words */
    json_int_t min, max;
    bool (*right)(json_int_t number); /* NULL: all from min to max are */
    unsigned addresses;
    const char *words;
    const struct cdb_shape *shape;
    size_t least, most;
};

struct cdb_shape {
    const struct cdb_field *fields; /* ends with one whose key is NULL */
};

#define CDB_LEVELS 8 /* that objects of known shape are within each other, and to spare */

/** A provisioner's ranges of one kind. */
struct cdb_ranges {
    const char *list, *low, *high; /* their names */
};
extern const struct cdb_ranges cdb_ranges[3]; /* unicast, group, scene */

/** The whole document. */
extern const struct cdb_shape cdb_document;

/** The field of that name, or NULL. */
const struct cdb_field *cdb_field_find(const struct cdb_shape *shape, const char *key);

/** The one member that tells objects of that shape from each other; NULL: none, or it takes two. */
const char *cdb_only_id(const struct cdb_shape *shape);

#define CDB_ID_MAX 64
/** The members of an object that tell it from others, as one text; empty if it has none. */
void cdb_id(const struct cdb_shape *shape, const json_t *object, char text[CDB_ID_MAX]);

/* -- values ------------------------------------------------------------------------------------ */

void cdb_upper(char *text);
/** @return The text. */
const char *cdb_lower(char *text);

/** Whether it is @p digits hexadecimal digits, and no more. */
bool cdb_is_hex(const char *text, size_t digits);
/** Reads up to 8 hexadecimal digits that are known to be some. */
uint32_t cdb_hex(const json_t *string);
/** Reads a key, a label or a UUID that is known to be one. */
void cdb_octets(const json_t *string, uint8_t octets[16]);
/** Reads a time of RFC 3339. @retval false  It is none. */
bool cdb_time(const char *text, time_t *time);

/** @return New references; NULL: no memory. Digits are upper-case. */
json_t *cdb_octets_json(const uint8_t octets[16]);
json_t *cdb_number_json(unsigned number); /* of 4 digits */
json_t *cdb_uuid_json(const uint8_t uuid[16]);
json_t *cdb_time_json(time_t time);
/** A publication period: {"numberOfSteps", "resolution"}; NULL also if it has none that is exact.
 */
json_t *cdb_period_json(json_int_t ms);
/** Copies a name, or what fits of it. */
void cdb_name(const json_t *string, char name[REGISTRY_NAME_MAX + 1]);

/** Sets a member by a new reference; a failure is no memory, and sets @p *ok to false. */
void cdb_set(json_t *object, const char *key, json_t *value, bool *ok);
void cdb_append(json_t *array, json_t *value, bool *ok);

#endif
