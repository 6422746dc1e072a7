/*
 * The registry inside: one SQLite database, its statements and changes, and a map of the addresses.
 * Shared by the registry_*.c:
 *
 *   registry_open.c   the file: made, opened, looked at; the schema and its versions
 *   registry_old.c    network.json, which was there before
 *   registry_db.c     statements, and changes as transactions
 *   registry_map.c    which addresses are whose, and which are free
 *   registry_keys.c   the network, its keys and its provisioners
 *   registry_nodes.c  nodes
 *   registry_audit.c  exclusions, failures, runs, documents and the audit log
 */
#ifndef COMMISSION_REGISTRY_DB_H
#define COMMISSION_REGISTRY_DB_H

#include "registry.h"

#include <sqlite3.h>

#define REGISTRY_STATEMENTS 80
#define REGISTRY_GROUP_MIN 0xC000u
#define REGISTRY_GROUP_MAX 0xFEFFu
#define MAP_WORDS ((USHER_UNICAST_MAX + 1) / 64)

/** A bit for each unicast address. */
struct map {
    uint64_t bits[MAP_WORDS];
};

enum range_kind { RANGE_UNICAST, RANGE_GROUP, RANGE_SCENE };

struct registry {
    sqlite3 *db;
    int lock;            /* on the directory; -1: none */
    bool viewing;        /* another process may be changing it */
    bool left_unsettled; /* by the run before this one */
    bool begun;          /* between registry_begin() and its end */
    bool changing;       /* between db_change() and db_changed() */
    size_t statements;
    struct {
        const char *sql; /* the very literal: statements are found by its address */
        sqlite3_stmt *stmt;
    } kept[REGISTRY_STATEMENTS];
    bool mapped; /* the maps say what the database does */
    struct map taken, ours, others;
    char path[512]; /* for messages */
    char why[320];
};

/* -- registry_db.c ------------------------------------------------------------------------- */

/** Says why an operation is not done, and returns @p err. */
enum registry_err db_why(struct registry *r, enum registry_err err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/** Says what SQLite has against it. @return REGISTRY_FAILED */
enum registry_err db_failed(struct registry *r);
/** A row that cannot be right. @return REGISTRY_FAILED */
enum registry_err db_damaged(struct registry *r, const char *what);

/**
 * Asks for the first row of what @p sql, a string literal, selects. The caller reads its columns
 * and calls sqlite3_reset() in the end.
 *
 * @param fmt  A letter for each value: i an int, I an int64_t, k 16 octets (NULL: null), b octets
 *             and a size_t, s a text (NULL: null).
 *
 * @retval REGISTRY_NONE, REGISTRY_FAILED  Without a row there is nothing to reset.
 */
enum registry_err db_ask(struct registry *r, sqlite3_stmt **row, const char *sql, const char *fmt,
                         ...);
/** The next row after db_ask(). As that. */
enum registry_err db_next(struct registry *r, sqlite3_stmt *row);
/** Changes rows. Values as with db_ask(). @retval REGISTRY_FAILED */
enum registry_err db_do(struct registry *r, const char *sql, const char *fmt, ...);

/** Begins a change: what follows is done as a whole, or not at all. @retval REGISTRY_FAILED */
enum registry_err db_change(struct registry *r);
/**
 * Ends a change: makes it durable when @p err is REGISTRY_OK (outside of a transaction), and takes
 * it back when not. To be called with what db_change() returned when that failed.
 */
enum registry_err db_changed(struct registry *r, enum registry_err err);
/** db_changed() of a change of the network's contents: its time is noted, and @p what audited. */
enum registry_err db_changed_audit(struct registry *r, enum registry_err err, const char *what,
                                   const uint8_t *uuid, uint16_t address, const char *detail);
/** A line of the audit log, within a change. @retval REGISTRY_FAILED */
enum registry_err db_audit(struct registry *r, const char *what, const uint8_t *uuid,
                           uint16_t address, const char *detail);

/** Copies a column of exactly @p len octets. @retval false  It has others. */
bool db_octets(sqlite3_stmt *row, int column, void *out, size_t len);
/** Copies a text; NULL is an empty one. @retval false  It does not fit into @p size. */
bool db_text(sqlite3_stmt *row, int column, char *out, size_t size);

/* -- registry_map.c ------------------------------------------------------------------------ */

/** Draws the maps when they are not those of the database. @retval REGISTRY_FAILED */
enum registry_err map_have(struct registry *r);
bool map_has(const struct map *map, unsigned address);
void map_add(struct map *map, unsigned low, unsigned high);
/**
 * The lowest @p elements addresses that our provisioner can give, taking more ranges for it if it
 * has to, within a change.
 *
 * @retval REGISTRY_FULL, REGISTRY_FAILED
 */
enum registry_err map_find(struct registry *r, unsigned elements, uint16_t *address);
/** Makes these addresses ours, in nobody's range now or ours already. As map_find(). */
enum registry_err map_claim(struct registry *r, unsigned low, unsigned high);
/** How many addresses our provisioner can still give, without taking more ranges. */
unsigned map_left(const struct registry *r);

/* -- the others, within a change ------------------------------------------------------------ */

/** Our provisioner. @retval REGISTRY_FAILED */
enum registry_err keys_ours(struct registry *r, struct registry_provisioner *p);
/** Replaces one kind of a provisioner's ranges. @retval REGISTRY_FAILED */
enum registry_err keys_ranges_set(struct registry *r, const uint8_t uuid[USHER_UUID_SIZE],
                                  enum range_kind kind, const struct registry_range *ranges,
                                  size_t count);
/** What a device at this address is to be told. @retval REGISTRY_FAILED */
enum registry_err keys_data(struct registry *r, uint16_t address, struct usher_prov_data *data);
/** Excludes these addresses from now on. @retval REGISTRY_FAILED */
enum registry_err exclude(struct registry *r, unsigned address, unsigned elements);
/** Makes the network that is told of in an empty database. @retval REGISTRY_FAILED */
enum registry_err keys_make(struct registry *r, const struct registry_new *make);

/**
 * Fills an empty registry from the file network.json at @p path, in one change.
 *
 * @retval false  Not readable, or contents that cannot be right; registry_why() has one line.
 */
bool old_take(struct registry *r, const char *path);

#endif
