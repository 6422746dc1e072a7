/*
 * What happens when: a binary heap of items that know their place in it, so that an item is moved
 * or taken out without searching and nothing outdated stays behind. Items due at the same time come
 * in the order in which they were put, which is what makes a run repeatable. Used by the air only.
 */
#ifndef SIM_QUEUE_H
#define SIM_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** One thing that may become due; lives inside what it is about. Set due and ctx, zero the rest. */
struct queue_item {
    void (*due)(void *ctx);
    void *ctx;
    uint64_t at;  /* when, while it is queued */
    size_t place; /* in the heap, counted from 1; 0: not queued */
};

struct queue_entry;

/** Zeros make an empty one. */
struct queue {
    struct queue_entry *entries;
    size_t count;
    size_t room;
    size_t reserved;
    uint64_t next_order;
};

void queue_free(struct queue *q);

/**
 * Makes sure that @p n more items fit, so that queue_put() cannot fail. @retval false: no memory.
 */
bool queue_reserve(struct queue *q, size_t n);
/** Gives back what queue_reserve() promised, once the items are gone. */
void queue_unreserve(struct queue *q, size_t n);

/** Queues @p item for @p at, or moves it there, behind those that are due at the same time. */
void queue_put(struct queue *q, struct queue_item *item, uint64_t at);
/** Takes @p item out, if it is in. */
void queue_remove(struct queue *q, struct queue_item *item);
/** The item that is due first. @retval NULL: none. */
struct queue_item *queue_first(const struct queue *q);

#endif
