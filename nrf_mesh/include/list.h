/*
 * Lists of nodes that are members of the caller's structures. A list is a pointer to its first
 * node; NULL is the empty list.
 */
#ifndef LIST_H__
#define LIST_H__

#include "nrf_error.h"
#include "nrf_mesh_assert.h"

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A node. */
typedef struct list_node {
    struct list_node *p_next;
} list_node_t;

/** Compares two nodes: below 0: @p p_elem1 comes first; 0: they are equal; above 0: it comes
 * later. */
typedef int (*list_comparator_t)(const list_node_t *p_elem1, const list_node_t *p_elem2);

/** For each node: `LIST_FOREACH(p_node, p_head) { ... }`. The loop's node must stay in the list. */
#define LIST_FOREACH(p_iterator, p_list_head)                                                      \
    for (list_node_t *p_iterator = (p_list_head); p_iterator != NULL;                              \
         p_iterator = p_iterator->p_next)

/** Adds a node at the end. */
void list_add(list_node_t **pp_list_head, list_node_t *p_node);
/**
 * Takes a node out.
 *
 * @retval NRF_SUCCESS          It is out.
 * @retval NRF_ERROR_NOT_FOUND  It was not in the list.
 */
uint32_t list_remove(list_node_t **pp_list_head, list_node_t *p_node);
/** How many nodes there are. */
uint32_t list_size_get(const list_node_t *p_list_head);
/** Adds a node in order, behind those that it equals. */
void list_sorted_add(list_node_t **pp_list_head, list_node_t *p_node, list_comparator_t comparator);
/**
 * Adds a node at the end, unless the list has its equal.
 *
 * @retval NRF_SUCCESS          Added.
 * @retval NRF_ERROR_FORBIDDEN  A node in the list compares as equal.
 */
uint32_t list_compare_add(list_node_t **pp_list_head, list_node_t *p_node,
                          list_comparator_t comparator);

/** Puts @p p_new_node behind @p p_list_node. */
static inline void list_insert(list_node_t *p_list_node, list_node_t *p_new_node)
{
    p_new_node->p_next = p_list_node->p_next;
    p_list_node->p_next = p_new_node;
}

#ifdef __cplusplus
}
#endif

#endif
