/*
 * Queues (queue.h).
 */
#include "queue.h"

void queue_init(queue_t *p_queue)
{
    p_queue->p_front = NULL;
    p_queue->p_rear = NULL;
}

void queue_push(queue_t *p_queue, queue_elem_t *p_elem)
{
    p_elem->p_next = NULL;
    if (p_queue->p_front == NULL) {
        p_queue->p_front = p_elem;
    } else {
        p_queue->p_rear->p_next = p_elem;
    }
    p_queue->p_rear = p_elem;
}

queue_elem_t *queue_pop(queue_t *p_queue)
{
    queue_elem_t *first = p_queue->p_front;

    if (first != NULL) {
        p_queue->p_front = first->p_next;
        first->p_next = NULL;
    }
    return first;
}

queue_elem_t *queue_peek(const queue_t *p_queue)
{
    return p_queue->p_front;
}
