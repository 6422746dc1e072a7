/*
 * Queues, first in, first out, of elements that are the caller's memory.
 */
#ifndef QUEUE_H__
#define QUEUE_H__

#include "utils.h"

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** An element. */
typedef struct queue_elem {
    void *p_data;              /**< The caller's. */
    struct queue_elem *p_next; /**< The queue's. */
} queue_elem_t;

/** A queue; zeroed, it is empty. */
typedef struct {
    queue_elem_t *p_front;
    queue_elem_t *p_rear;
} queue_t;

/** Empties a queue. */
void queue_init(queue_t *p_queue);
/** Adds an element at the end. It must not be in a queue. */
void queue_push(queue_t *p_queue, queue_elem_t *p_elem);
/** Takes the first element out; NULL: the queue is empty. */
queue_elem_t *queue_pop(queue_t *p_queue);
/** The first element, which stays; NULL: the queue is empty. */
queue_elem_t *queue_peek(const queue_t *p_queue);

#ifdef __cplusplus
}
#endif

#endif
