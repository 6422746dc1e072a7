/*
 * A Configuration Database and a registry: whether they agree, and what is taken over. The same for
 * an import into a registry that has just been made, and for a merge into one that has nodes.
 */
#ifndef COMMISSION_CDB_MERGE_H
#define COMMISSION_CDB_MERGE_H

#include "cdb.h"

struct cdb_merge {
    struct registry *r;
    const json_t *document;
    struct cdb_findings *findings;
    struct cdb_imported *done;
    struct registry_provisioner own;
    uint32_t iv_index;
    bool made; /* the registry, from this document */
    bool old;  /* a newer document was merged before: what is known already is not replaced */
};

/**
 * Prepares a merge, and looks for conflicts.
 *
 * @retval REGISTRY_CONFLICT  There are findings.
 * @retval REGISTRY_FAILED
 */
enum registry_err cdb_merge_judge(struct cdb_merge *m);

/**
 * Takes over what there is, within the caller's transaction.
 *
 * @return Anything but REGISTRY_OK: registry_why() tells, and the caller takes it all back.
 */
enum registry_err cdb_merge_apply(struct cdb_merge *m);

/** Reads a provisioner of the document. */
void cdb_provisioner_read(const json_t *document, const json_t *json,
                          struct registry_provisioner *p);

/* -- cdb_merge_nodes.c: the nodes of it ---------------------------------------------------------
 */

/** @retval REGISTRY_FAILED */
enum registry_err cdb_merge_judge_nodes(struct cdb_merge *m);
enum registry_err cdb_merge_apply_nodes(struct cdb_merge *m);

#endif
