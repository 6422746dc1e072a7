/*
 * What a Configuration Database has beyond the registry: members that no program here knows, and
 * those of the profile that the registry has no place for. It is kept as one document, and in an
 * export it is there again, as long as what it belongs to still is.
 */
#ifndef COMMISSION_CDB_KEEP_H
#define COMMISSION_CDB_KEEP_H

#include <jansson.h>
#include <stdbool.h>

/** The name of that document in the registry, see registry_document(). */
#define CDB_KEPT "cdb"

/** @return What is to be kept of a document, a new reference; NULL: no memory. */
json_t *cdb_keep(const json_t *document);

/**
 * Lays what was kept over a document that was made from the registry. What both have is as the
 * registry says; lists are in the order in which they were read.
 *
 * @param kept  Becomes part of it.
 *
 * @retval false  No memory.
 */
bool cdb_overlay(json_t *document, json_t *kept);

/** The same with what was kept of two documents; but everything that either has is in it. */
bool cdb_unite(json_t *kept, json_t *other);

#endif
