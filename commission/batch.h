/*
 * A batch: the plan of which devices are to be provisioned, and as what. It is a CSV file whose
 * header names the columns, or JSON: a list of objects with members of these names.
 *
 *   uuid      32 hexadecimal digits, with or without dashes; or first digits and "*": all devices
 *             whose UUID begins so and which have no line of their own. Required
 *   address   that the device gets; empty: the next free one
 *   elements  that it has, 1 to 255; empty: not known, 1 is taken where one is needed
 *   name      of the node
 *   oob       how it may be authenticated, as the option --oob; several with blanks between them
 *   template  the file that it is configured with, relative to the plan
 *
 * Called by the verb provision.
 */
#ifndef COMMISSION_BATCH_H
#define COMMISSION_BATCH_H

#include "oob.h"
#include "problems.h"

#include <usher/usher.h>

#define BATCH_FILE_MAX (16u << 20) /* octets */
#define BATCH_ENTRIES_MAX 65536u
#define BATCH_TEMPLATES_MAX 256u
#define BATCH_NAME_MAX 63u /* octets */
#define BATCH_WHERE_MAX 24u
#define BATCH_UUID_TEXT (2 * USHER_UUID_SIZE + 1) /* that batch_uuid() writes */

struct batch_entry {
    uint8_t uuid[USHER_UUID_SIZE]; /* zeros behind its digits */
    uint8_t digits;                /* that are known; fewer than 32: a prefix */
    uint8_t elements;              /* 0: not known */
    uint16_t address;              /* 0: the next free one */
    uint16_t template_number;      /* from 1, in batch->templates; 0: that of the run */
    unsigned line;                 /* in the file; of JSON: the place in the list, from 0 */
    char *name;                    /* NULL: none */
    struct oob oob;                /* no methods: those of the run */
};

struct batch_template {
    char *path;    /* as it is to be opened */
    unsigned line; /* of the first entry with it */
};

struct batch {
    struct batch_entry *entries; /* in the order of the file */
    size_t count;
    struct batch_template *templates;
    size_t template_count;

    /* private */
    char *path;
    bool json;
    size_t room;
    size_t *whole, *prefixes; /* entries, by UUID */
    size_t whole_count, prefix_count;
};

/**
 * Reads a plan and checks it: what each value has to be, UUIDs that are there twice, prefixes of
 * which one begins as the other, addresses that overlap or are none of a node.
 *
 * @param batch     Made anew; batch_free() in any case.
 * @param problems  Gets all that is wrong: "plan.csv:3: address: ...".
 *
 * @retval false  There are problems.
 */
bool batch_read(struct batch *batch, const char *path, struct problems *problems);

/**
 * As batch_read(), of a text.
 *
 * @param path  Its name in problems, to which templates are relative.
 * @param text  @p len octets, and a NUL; it is changed.
 */
bool batch_parse(struct batch *batch, const char *path, char *text, size_t len,
                 struct problems *problems);

/** Wipes and releases it. May be called on zeros, and again. */
void batch_free(struct batch *batch);

/** What the plan has for a device: its own line, or that of a prefix; NULL: nothing. */
const struct batch_entry *batch_find(const struct batch *batch,
                                     const uint8_t uuid[USHER_UUID_SIZE]);

static inline bool batch_is_whole(const struct batch_entry *entry)
{
    return entry->digits == 2 * USHER_UUID_SIZE;
}

/** Writes the digits of its UUID, and "*" behind those of a prefix. */
void batch_uuid(const struct batch_entry *entry, char text[BATCH_UUID_TEXT]);

/** Where a line is: "line 3", or "[2]" in JSON. */
void batch_where(const struct batch *batch, unsigned line, char text[BATCH_WHERE_MAX]);

/** Tells a problem of that line: "plan.csv:3: COLUMN: ..."; @p column may be NULL. */
__attribute__((format(printf, 5, 6))) void batch_problem(const struct batch *batch, unsigned line,
                                                         const char *column,
                                                         struct problems *problems,
                                                         const char *format, ...);

#endif
