/*
 * The configurator: configures the nodes that are put into its queue, up to N at once, by a
 * template; tries again where that may help, records in the registry what they have acknowledged,
 * and reports. Like the commissioner it does not know whether time is real or simulated.
 */
#ifndef CONFIGURATOR_H
#define CONFIGURATOR_H

#include "own_node.h"
#include "registry.h"
#include "reports.h"
#include "template.h"

struct configurator;

struct configurator_config {
    struct registry *registry;
    struct own_node *own; /* on the air before the first node is added */
    const struct node_template *t;
    const struct commission_reports *reports; /* stays good for the run */
    unsigned parallel;                        /* nodes at work at once */
    unsigned retries; /* attempts at a node after the first; each question has tries of its own */
    void *ctx;        /* handed to the functions below */

    /** The template of a node, good for the run; NULL: it has none. NULL: t for all. */
    const struct node_template *(*template_of)(void *ctx, const uint8_t uuid[USHER_UUID_SIZE]);
    /** Call configurator_run() at this time; replaces the one before. USHER_NEVER: no need. */
    void (*wake_at)(void *ctx, uint64_t ms);
    /** The counts have changed. */
    void (*changed)(void *ctx);
};

struct configurator_counts {
    unsigned nodes; /* put into the queue */
    unsigned configured, failed;
    unsigned active;
    unsigned retries;  /* attempts after the first */
    unsigned repeats;  /* of questions */
    unsigned gone;     /* came back unprovisioned, and are not counted as nodes any more */
    unsigned unstored; /* nodes that could not be recorded; nothing more is started then */
};

/** @retval NULL  No memory. */
struct configurator *configurator_new(const struct configurator_config *config);
/** Forgets what is under way and releases all, before the own node goes. NULL is allowed. */
void configurator_free(struct configurator *c);

/** Puts a node into the queue. @retval false  No memory. */
bool configurator_add(struct configurator *c, uint16_t address);
/**
 * Puts all nodes of the network that have a template into the queue; the unknown ones first, since
 * an answer shows what they are.
 *
 * @param rest  Not those that are configured already.
 *
 * @retval false  No memory, or the registry cannot be read; @p why tells.
 */
bool configurator_add_all(struct configurator *c, bool rest, char *why, size_t why_len);
/** Starts what is due. */
void configurator_run(struct configurator *c);
/** Starts nothing more, and forgets what is under way; what is acknowledged is recorded. */
void configurator_stop(struct configurator *c);
/** Whether nothing is under way or waiting. */
bool configurator_idle(const struct configurator *c);

/** A node at work, for a progress display. */
struct configurator_active {
    uint16_t address;
    size_t step, steps; /* of its plan, from 1; 0 of 0: it is asked for its composition */
    unsigned retries;
    uint64_t ms; /* since its first attempt began */
};
/** The next one. @param at  0 at first; moved on. @retval false  There are no more. */
bool configurator_active(const struct configurator *c, size_t *at,
                         struct configurator_active *active);

/** How far it is, in a line for a progress display. */
void configurator_progress(const struct configurator *c, char *text, size_t len);
void configurator_counts(const struct configurator *c, struct configurator_counts *counts);

#endif
