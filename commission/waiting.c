/*
 * Those who wait for their turn; see waiting.h. Called by the commissioner and the configurator.
 */
#include "waiting.h"

#include <usher/types.h>

#include <stddef.h>

void waiting_init(struct waiting_room *room)
{
    for (unsigned rank = 0; rank < WAITING_RANKS; rank++) {
        TAILQ_INIT(&room->ready[rank]);
    }
    TAILQ_INIT(&room->later);
}

/** The first that is ready, of the ranks from the @p n-th on in the order of this turn. */
static struct waiting *first_from(const struct waiting_room *room, unsigned n)
{
    struct waiting *w = NULL;
    for (; !w && n < WAITING_RANKS; n++) {
        w = TAILQ_FIRST(&room->ready[n < 2 ? n ^ room->turn : n]);
    }
    return w;
}

bool waiting_nobody(const struct waiting_room *room)
{
    return !first_from(room, 0) && TAILQ_EMPTY(&room->later);
}

void waiting_add(struct waiting_room *room, struct waiting *w)
{
    w->not_before = 0;
    TAILQ_INSERT_TAIL(&room->ready[w->rank], w, entry);
}

void waiting_add_later(struct waiting_room *room, struct waiting *w, uint64_t ms)
{
    struct waiting *before = TAILQ_LAST(&room->later, waiting_queue);
    w->not_before = ms;
    while (before && before->not_before > ms) {
        before = TAILQ_PREV(before, waiting_queue, entry);
    }
    if (before) {
        TAILQ_INSERT_AFTER(&room->later, before, w, entry);
    } else {
        TAILQ_INSERT_HEAD(&room->later, w, entry);
    }
}

void waiting_remove(struct waiting_room *room, struct waiting *w)
{
    if (w->not_before != 0) {
        TAILQ_REMOVE(&room->later, w, entry);
    } else {
        TAILQ_REMOVE(&room->ready[w->rank], w, entry);
    }
}

void waiting_serve(struct waiting_room *room, struct waiting *w)
{
    waiting_remove(room, w);
    if (w->rank < 2) {
        room->turn = w->rank ^ 1;
    }
}

/** Those whose pause is over are ready, behind those of their rank. */
static void pauses_end(struct waiting_room *room, uint64_t now)
{
    struct waiting *w;
    while ((w = TAILQ_FIRST(&room->later)) != NULL && w->not_before <= now) {
        waiting_remove(room, w);
        waiting_add(room, w);
    }
}

struct waiting *waiting_first(struct waiting_room *room, uint64_t now)
{
    pauses_end(room, now);
    return first_from(room, 0);
}

struct waiting *waiting_behind(const struct waiting_room *room, struct waiting *w)
{
    struct waiting *next = TAILQ_NEXT(w, entry);
    unsigned n = w->rank < 2 ? w->rank ^ room->turn : w->rank;
    return next ? next : first_from(room, n + 1);
}

struct waiting *waiting_take(struct waiting_room *room, uint64_t now)
{
    struct waiting *w = waiting_first(room, now);
    if (w) {
        waiting_serve(room, w);
    }
    return w;
}

struct waiting *waiting_take_any(struct waiting_room *room)
{
    return waiting_take(room, USHER_NEVER);
}

uint64_t waiting_next(struct waiting_room *room, uint64_t now)
{
    pauses_end(room, now);
    const struct waiting *w = TAILQ_FIRST(&room->later);
    return w ? w->not_before : USHER_NEVER;
}

uint64_t waiting_pause(unsigned attempts, uint64_t first_ms, uint64_t max_ms)
{
    uint64_t ms = first_ms;
    for (unsigned i = 1; i < attempts && ms < max_ms; i++) {
        ms *= 2;
    }
    return ms < max_ms ? ms : max_ms;
}
