/*
 * The Mesh Configuration Database (CDB): the JSON file in which provisioners hand a network over to
 * each other, of the Mesh Configuration Database Profile 1.0 and 1.0.1. It is read, judged, put
 * into a registry and written from one.
 *
 * A file is untrusted. It is read whole before anything is done with it, and what is wrong is told
 * with the path of the member, "nodes[3].elements[0].models[2].bind[0]". Members that the registry
 * has no place for, and those that nobody here knows, are kept beside it, and are there again in
 * an export.
 *
 * docs/cdb.md says what is mapped to what. Called by the tool's verb network.
 */
#ifndef COMMISSION_CDB_H
#define COMMISSION_CDB_H

#include "registry.h"

#include <jansson.h>

#define CDB_FILE_MAX (128u << 20) /* octets */
#define CDB_NESTING_MAX 32        /* levels of [ and { */
#define CDB_FINDINGS_MAX 200      /* after which nobody goes on reading */

/** Gets what is wrong with a document. */
struct cdb_findings {
    /** @param path  Empty: the document as a whole. Both texts have no control characters. */
    void (*found)(void *user, const char *path, const char *what);
    void *user;
    size_t count; /* so far */
};

/**
 * Reads a document and judges it: its form and, once that is right, its sense.
 *
 * @param text  Not more than CDB_FILE_MAX octets.
 *
 * @return A document that is right, with the words of version 1.0.1 and upper-case digits, for
 *         json_decref(); NULL: there are findings.
 */
json_t *cdb_read(const char *text, size_t len, struct cdb_findings *findings);

/** How a document becomes a registry. */
struct cdb_import {
    uint8_t uuid[USHER_UUID_SIZE]; /* of our provisioner, random; that of one of the document: we
                                      are this one */
    const char *name;              /* of our provisioner; NULL: "usher" */
    struct registry_range unicast; /* that it is to have; zeros: free ones */
};

/** What an import or a merge did. */
struct cdb_imported {
    unsigned nodes, provisioners, netkeys, appkeys; /* that the document has */
    unsigned nodes_new, nodes_replaced, nodes_removed;
    unsigned nodes_kept; /* that are as they were */
};

/**
 * Makes a registry of a document. Our provisioner is a new one, with ranges that are free, unless
 * it is to be one of the document. The file is there when all is in it, or not at all.
 *
 * @param dir       In which there is no registry yet; NULL: in memory.
 * @param document  From cdb_read().
 * @param findings  Get what stands against it, with its path.
 * @param why       Gets one line if it failed; empty when that are the findings.
 *
 * @return The registry, open; NULL: none was made.
 */
struct registry *cdb_import(const char *dir, const json_t *document, const struct cdb_import *how,
                            struct cdb_imported *done, struct cdb_findings *findings, char *why,
                            size_t why_len);

/**
 * Merges a document into a registry, all of it or nothing. docs/cdb.md has the rules.
 *
 * @param findings  Get the conflicts, with their paths in the document.
 * @param why       As with cdb_import().
 *
 * @retval false  Nothing was done.
 */
bool cdb_merge(struct registry *r, const json_t *document, struct cdb_imported *done,
               struct cdb_findings *findings, char *why, size_t why_len);

/** What an export has. */
struct cdb_export {
    const uint16_t *nodes; /* addresses of the nodes that are in it; NULL: all */
    size_t node_count;
    bool no_device_keys;
};

/**
 * Writes a registry as a document; one that does not have everything is marked as partial.
 *
 * @return A document, for json_decref(); NULL: @p why has one line.
 */
json_t *cdb_write(struct registry *r, const struct cdb_export *how, char *why, size_t why_len);

#endif
