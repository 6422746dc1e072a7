/*
 * Those who wait for their turn: at once, or after a pause, since they have failed and are to be
 * tried again. Shared by the commissioner and the configurator, which have a struct waiting as the
 * first member of what waits.
 *
 * There are ranks: 0 and 1 take turns, so that neither newcomers nor those who have failed keep the
 * others out; 2 comes when nobody of these is ready.
 */
#ifndef WAITING_H
#define WAITING_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#define WAITING_RANKS 3

struct waiting {
    TAILQ_ENTRY(waiting) entry;
    uint64_t not_before; /* ms; 0: ready */
    unsigned rank;       /* below WAITING_RANKS; not to be changed while it waits */
};

TAILQ_HEAD(waiting_queue, waiting);

struct waiting_room {
    struct waiting_queue ready[WAITING_RANKS]; /* whose turn is next, first */
    struct waiting_queue later;                /* by time */
    unsigned turn;                             /* the rank whose turn it is, 0 or 1 */
};

void waiting_init(struct waiting_room *room);
bool waiting_nobody(const struct waiting_room *room);

/** Lets it wait for its turn. */
void waiting_add(struct waiting_room *room, struct waiting *w);
/** Lets it wait until @p ms, which is not 0. */
void waiting_add_later(struct waiting_room *room, struct waiting *w, uint64_t ms);
/** Takes out who is ready and has his turn: the next one is of the other rank, of 0 and 1. */
void waiting_serve(struct waiting_room *room, struct waiting *w);
/** Takes out whose turn it is, and serves it. @retval NULL  Nobody's, at this time. */
struct waiting *waiting_take(struct waiting_room *room, uint64_t now);
/** Who is ready and first. NULL: nobody is, at this time. */
struct waiting *waiting_first(struct waiting_room *room, uint64_t now);
/** Who is ready and comes behind @p w, who is ready. NULL: nobody. */
struct waiting *waiting_behind(const struct waiting_room *room, struct waiting *w);
/** Takes out who is waiting; nobody's turn is over. */
void waiting_remove(struct waiting_room *room, struct waiting *w);
/** Takes out anybody. @retval NULL  There is nobody. */
struct waiting *waiting_take_any(struct waiting_room *room);
/** When the next pause is over; USHER_NEVER: nobody pauses. */
uint64_t waiting_next(struct waiting_room *room, uint64_t now);

/** The pause after so many attempts: doubled with each, from @p first_ms up to @p max_ms. */
uint64_t waiting_pause(unsigned attempts, uint64_t first_ms, uint64_t max_ms);

#endif
