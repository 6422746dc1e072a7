/*
 * The event queue of the simulated air: an indexed binary heap. The keys are kept in the heap's own
 * array, so that sifting does not touch the items. Called by sim/air*.c.
 */
#include "queue.h"

#include <assert.h>
#include <stdlib.h>

struct queue_entry {
    uint64_t at;
    uint64_t order; /* earlier puts first */
    struct queue_item *item;
};

void queue_free(struct queue *q)
{
    free(q->entries);
    *q = (struct queue){ 0 };
}

bool queue_reserve(struct queue *q, size_t n)
{
    size_t need = q->reserved + n;

    if (need > q->room) {
        size_t room = need < 32 ? 64 : need * 2;
        struct queue_entry *entries = realloc(q->entries, room * sizeof(*entries));

        if (entries == NULL) {
            return false;
        }
        q->entries = entries;
        q->room = room;
    }
    q->reserved = need;
    return true;
}

void queue_unreserve(struct queue *q, size_t n)
{
    assert(q->reserved >= n);
    q->reserved -= n;
}

static bool before(const struct queue_entry *a, const struct queue_entry *b)
{
    return a->at < b->at || (a->at == b->at && a->order < b->order);
}

static void place(struct queue *q, size_t i, struct queue_entry entry)
{
    q->entries[i] = entry;
    entry.item->place = i + 1;
}

/* Puts an entry into the hole at @p i, or above it. */
static void sift_up(struct queue *q, size_t i, struct queue_entry entry)
{
    while (i > 0) {
        size_t parent = (i - 1) / 2;

        if (!before(&entry, &q->entries[parent])) {
            break;
        }
        place(q, i, q->entries[parent]);
        i = parent;
    }
    place(q, i, entry);
}

/* Puts an entry into the hole at @p i, or below it. */
static void sift_down(struct queue *q, size_t i, struct queue_entry entry)
{
    for (;;) {
        size_t child = 2 * i + 1;

        if (child >= q->count) {
            break;
        }
        if (child + 1 < q->count && before(&q->entries[child + 1], &q->entries[child])) {
            child++;
        }
        if (!before(&q->entries[child], &entry)) {
            break;
        }
        place(q, i, q->entries[child]);
        i = child;
    }
    place(q, i, entry);
}

static void sift(struct queue *q, size_t i, struct queue_entry entry)
{
    if (i > 0 && before(&entry, &q->entries[(i - 1) / 2])) {
        sift_up(q, i, entry);
    } else {
        sift_down(q, i, entry);
    }
}

void queue_put(struct queue *q, struct queue_item *item, uint64_t at)
{
    struct queue_entry entry = { .at = at, .order = q->next_order++, .item = item };

    item->at = at;
    if (item->place != 0) {
        sift(q, item->place - 1, entry);
    } else {
        assert(q->count < q->reserved);
        sift_up(q, q->count++, entry);
    }
}

void queue_remove(struct queue *q, struct queue_item *item)
{
    if (item->place == 0) {
        return;
    }

    size_t i = item->place - 1;

    item->place = 0;
    q->count--;
    if (i != q->count) {
        sift(q, i, q->entries[q->count]);
    }
}

struct queue_item *queue_first(const struct queue *q)
{
    return q->count != 0 ? q->entries[0].item : NULL;
}
