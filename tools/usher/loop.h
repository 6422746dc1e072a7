/*
 * What the verbs that work in real time share: the libuv loop, Ctrl-C, alarms, and lines from
 * standard input.
 */
#ifndef LOOP_H
#define LOOP_H

#include <usher/port.h>

#include <stdbool.h>
#include <stddef.h>

#include <uv.h>

struct loop {
    uv_loop_t uv;
    uv_signal_t signals[2];
    uv_timer_t tick;
    bool stopping; /* Ctrl-C came */
    void (*stop)(void *ctx);
    void (*ticked)(void *ctx);
    void *ctx;
};

/**
 * Prepares the loop.
 *
 * @param stop    Called at the first Ctrl-C (or SIGTERM); the verb then ends as soon as it can. A
 *                second one ends the loop at once.
 * @param ticked  Called every @p tick_ms; NULL: not.
 *
 * @retval false  The machine is out of something; a line on standard error says so.
 */
bool loop_init(struct loop *loop, void (*stop)(void *ctx), void (*ticked)(void *ctx),
               unsigned tick_ms, void *ctx);
/** Runs until loop_end(). */
void loop_run(struct loop *loop);
void loop_end(struct loop *loop);
/**
 * Runs, while the verb's own callbacks wait, until @p done says so, for @p ms at most, or until
 * Ctrl-C.
 *
 * @retval false  Not done.
 */
bool loop_run_until(struct loop *loop, bool (*done)(void *ctx), void *ctx, uint64_t ms);
/** Lets everything close that was asked to, and releases the loop. */
void loop_close(struct loop *loop);

/** A call at a time of a port's clock. */
struct alarm {
    uv_timer_t timer;
    void (*rung)(void *ctx);
    void *ctx;
};

void alarm_init(struct alarm *alarm, struct loop *loop, void (*rung)(void *ctx), void *ctx);
/** Replaces the time set before. @p ms  USHER_NEVER: no call. */
void alarm_set(struct alarm *alarm, const struct usher_port *port, uint64_t ms);
void alarm_close(struct alarm *alarm);

/** Lines that a person types, or that come through a pipe; read only while somebody wants one. */
struct lines {
    uv_poll_t poll;
    uv_timer_t kick;
    bool pollable; /* a file is not: it is always readable */
    bool wanted;
    bool ended;
    size_t len;
    char text[256];
    void (*line)(void *ctx, char *line); /* NULL: there will be no more */
    void *ctx;
};

/** Prepares reading standard input. */
void lines_init(struct lines *lines, struct loop *loop, void (*line)(void *ctx, char *line),
                void *ctx);
/** Whether lines are wanted now; the ones that nobody wants yet stay where they are. */
void lines_want(struct lines *lines, bool wanted);
void lines_close(struct lines *lines);

/** Cuts "UUIDPREFIX VALUE" or "VALUE" in place. @p prefix  NULL: there is none. */
void lines_split(char *line, char **prefix, char **value);

#endif
