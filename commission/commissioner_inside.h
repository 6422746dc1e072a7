/*
 * The commissioner inside: shared by commissioner.c, which has the devices and begins with them,
 * and commissioner_link.c, which has their sessions.
 */
#ifndef COMMISSION_COMMISSIONER_INSIDE_H
#define COMMISSION_COMMISSIONER_INSIDE_H

#include "commissioner.h"
#include "failure.h"
#include "lane.h"
#include "waiting.h"

/** A device that is to be provisioned, or was. */
struct target {
    struct waiting waiting;      /* while it has no link, and is not done with */
    TAILQ_ENTRY(target) untried; /* if is_untried */
    bool is_untried;             /* there was no attempt, and it is not given up */
    uint8_t uuid[USHER_UUID_SIZE];
    unsigned attempts;
    uint64_t found;            /* first beacon */
    uint64_t begun;            /* first attempt */
    uint64_t since;            /* it waits for a radio */
    uint64_t not_before;       /* when it is to be tried, at the earliest, since it has failed */
    unsigned auth_failures;    /* in a row, of all runs */
    bool silent;               /* it waits, and first of all to be heard once more */
    bool unsure;               /* it was given its data, and was neither heard nor answered since */
    struct radio *last;        /* that of the last attempt; NULL: none yet */
    struct lane_heard heard[]; /* by each radio */
};

/** A session and what we keep about it. */
struct link {
    struct usher_session session;
    struct radio *radio;
    struct target *target; /* NULL: free */
    unsigned number;       /* from 1, for reports */
    uint64_t begun;
    enum usher_phase phase;
    bool closing; /* done: the link only has to close */
    bool asking;
    bool data_given;
    bool gatt; /* over PB-GATT */
    uint8_t ask_action;
    struct usher_start start;
    uint16_t address; /* once data are given */
    uint8_t elements;
    uint16_t replaces;
    const struct failure *refusal; /* why we ended it; NULL: we did not */
};

struct radio {
    const char *name;
    struct usher *node;
    struct link *links; /* 2 * parallel: closing links do not hold up the next devices */
    unsigned closing;
    unsigned provisioned, failed;
};

TAILQ_HEAD(target_queue, target);

struct commissioner {
    struct commissioner_config config;
    struct radio radios[COMMISSIONER_RADIOS];
    struct lane lanes[COMMISSIONER_RADIOS]; /* the radios, for the choice of one */
    size_t radio_count;
    size_t link_count; /* of each radio */
    unsigned closing;
    struct waiting_room room;    /* targets without a link */
    void *targets;               /* tsearch() tree by UUID, of all */
    struct target_queue untried; /* those without an attempt, by when they were heard last */
    unsigned untried_count;
    struct commissioner_counts counts;
    bool stopping;
    bool no_answers;
    bool running, run_again; /* commissioner_run() is under way; and once more */
};

/** The radios' clock, ms. */
uint64_t commissioner_now(const struct commissioner *c);

/* -- commissioner.c ------------------------------------------------------------------------ */

/** A radio has heard an unprovisioned device. */
void commissioner_heard(struct commissioner *c, const struct radio *radio,
                        const struct usher_event *event);
/** A device waits for its first attempt; it was heard now. */
void commissioner_untried_add(struct commissioner *c, struct target *t);
/** It does not any more. Nothing, if it did not. */
void commissioner_untried_remove(struct commissioner *c, struct target *t);
/**
 * Lets a device that has failed be tried again: when it is heard, after a pause; else after all
 * others, since it is in a link of before, or gone.
 */
void commissioner_again(struct commissioner *c, struct target *t);
/** A device could not be authenticated: it is left alone for a while. */
void commissioner_auth_failed(struct commissioner *c, struct target *t);
/** Whether that was too often. */
bool commissioner_is_locked(const struct commissioner *c, const struct target *t);
/** Ends a device's attempts, and reports it. */
void commissioner_give_up(struct commissioner *c, struct target *t,
                          const struct usher_outcome *outcome, const struct failure *why);

/* -- commissioner_link.c ------------------------------------------------------------------- */

/** Begins an attempt at a device, over a radio that has a free link. */
void commissioner_link_start(struct commissioner *c, struct radio *radio, struct target *t);
/**
 * Ends attempts that have had no Link Ack for long, if others wait for their links; the devices are
 * tried again behind them.
 *
 * @param again  Made earlier, if it is to be looked again then.
 */
void commissioner_links_hurry(struct commissioner *c, uint64_t *again);
/** A link's device is not at work any more. */
void commissioner_link_leave(struct commissioner *c, struct link *l);
/** A link does not wait for a person any more. */
void commissioner_link_asking_end(struct commissioner *c, struct link *l);
/** The links of all radios, one after the other; NULL: there are no more. */
struct link *commissioner_link_nth(const struct commissioner *c, size_t n);

/** A radio's place among the lanes. */
struct lane *commissioner_lane_of(struct commissioner *c, const struct radio *radio);
/** The radio of an instance; NULL: it is lost. */
struct radio *commissioner_radio_of(struct commissioner *c, const struct usher *u);

#endif
