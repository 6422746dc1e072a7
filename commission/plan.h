/*
 * A plan: what a template means for one node, as Configuration messages in their order; and the
 * record of what a node has acknowledged.
 */
#ifndef PLAN_H
#define PLAN_H

#include "registry.h"
#include "template.h"

#include <usher/models.h>

struct plan {
    struct usher_config_msg *steps;
    size_t count;
};

/**
 * Makes the plan for a node. Models of the template that the node does not have are left out.
 *
 * @param registry  Has all AppKeys of the template.
 * @param page      The node's composition.
 *
 * @retval false  No memory, or a key cannot be read.
 */
bool plan_make(struct plan *plan, const struct node_template *t, struct registry *registry,
               const struct registry_node *node, const struct usher_page0 *page);
/** Wipes and releases its steps. */
void plan_free(struct plan *plan);

/**
 * Adds a step that a node has acknowledged to its settings, in the words of templates: {"appkeys",
 * "ttl", ..., "models": [{"element", "model", "bind", "subscribe", "publish"}]}.
 *
 * @retval false  No memory.
 */
bool plan_record(json_t *settings, const struct usher_config_msg *step);

/** A model as templates write it: "1000", or company and model, "05c30001". */
void plan_model_text(uint16_t company, uint16_t id, char *text, size_t len);

/**
 * The first AppKey that a SIG model was bound to, by a node's settings.
 *
 * @param settings  May be NULL.
 *
 * @retval false  None.
 */
bool plan_bound(json_t *settings, uint16_t element, uint16_t model, uint16_t *appkey);

#endif
