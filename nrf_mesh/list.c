/*
 * Lists (list.h).
 */
#include "list.h"

static list_node_t **end_of(list_node_t **at)
{
    while (*at != NULL) {
        at = &(*at)->p_next;
    }
    return at;
}

void list_add(list_node_t **pp_list_head, list_node_t *p_node)
{
    list_node_t **end = end_of(pp_list_head);

    p_node->p_next = NULL;
    *end = p_node;
}

uint32_t list_remove(list_node_t **pp_list_head, list_node_t *p_node)
{
    list_node_t **at = pp_list_head;

    while (*at != NULL && *at != p_node) {
        at = &(*at)->p_next;
    }
    if (*at == NULL) {
        return NRF_ERROR_NOT_FOUND;
    }
    *at = p_node->p_next;
    p_node->p_next = NULL;
    return NRF_SUCCESS;
}

uint32_t list_size_get(const list_node_t *p_list_head)
{
    uint32_t count = 0;

    for (const list_node_t *node = p_list_head; node != NULL; node = node->p_next) {
        count++;
    }
    return count;
}

void list_sorted_add(list_node_t **pp_list_head, list_node_t *p_node, list_comparator_t comparator)
{
    list_node_t **at = pp_list_head;

    while (*at != NULL && comparator(p_node, *at) >= 0) {
        at = &(*at)->p_next;
    }
    p_node->p_next = *at;
    *at = p_node;
}

uint32_t list_compare_add(list_node_t **pp_list_head, list_node_t *p_node,
                          list_comparator_t comparator)
{
    for (const list_node_t *node = *pp_list_head; node != NULL; node = node->p_next) {
        if (comparator(p_node, node) == 0) {
            return NRF_ERROR_FORBIDDEN;
        }
    }
    list_add(pp_list_head, p_node);
    return NRF_SUCCESS;
}
