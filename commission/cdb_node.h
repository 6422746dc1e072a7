/*
 * A node of a Configuration Database as the registry has it, and back: composition data page 0 from
 * cid, pid, vid, crpl, features and elements, and settings, in the words of plan.h, from what its
 * models and itself were configured with.
 */
#ifndef COMMISSION_CDB_NODE_H
#define COMMISSION_CDB_NODE_H

#include "registry.h"

#include <jansson.h>

/**
 * Reads a node of a document from cdb_read().
 *
 * @param node  Is overwritten; registry_node_clear() in the end.
 *
 * @retval false  No memory.
 */
bool cdb_node_read(const json_t *json, struct registry_node *node);

/**
 * What the registry has of a node, but for its models' settings.
 *
 * @return A new reference; NULL: no memory.
 */
json_t *cdb_node_write(const struct registry_node *node, bool with_device_key);

/**
 * Completes a node's JSON, over which was laid what was kept: bindings, subscriptions and
 * publications by its settings, and what the profile requires.
 *
 * @param net_index  Of a subnet that it knows for sure.
 *
 * @retval false  No memory.
 */
bool cdb_node_complete(json_t *json, const struct registry_node *node, uint16_t net_index);

#endif
