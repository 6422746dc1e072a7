/*
 * The loop of the real-time verbs; see loop.h. Called by the verbs that use a radio.
 */
#include "loop.h"

#include "out.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define LOOK_MS 20

static void on_signal(uv_signal_t *signal, int number)
{
    struct loop *loop = signal->data;
    (void)number;
    if (loop->stopping) {
        loop_end(loop);
        return;
    }
    loop->stopping = true;
    loop->stop(loop->ctx);
}

static void on_tick(uv_timer_t *timer)
{
    struct loop *loop = timer->data;
    loop->ticked(loop->ctx);
}

bool loop_init(struct loop *loop, void (*stop)(void *ctx), void (*ticked)(void *ctx),
               unsigned tick_ms, void *ctx)
{
    static const int numbers[] = { SIGINT, SIGTERM };

    memset(loop, 0, sizeof *loop);
    loop->stop = stop;
    loop->ticked = ticked;
    loop->ctx = ctx;
    int err = uv_loop_init(&loop->uv);
    if (err != 0) {
        out_error("the event loop does not start: %s", uv_strerror(err));
        return false;
    }
    for (size_t i = 0; i < 2; i++) {
        uv_signal_init(&loop->uv, &loop->signals[i]);
        loop->signals[i].data = loop;
        err = uv_signal_start(&loop->signals[i], on_signal, numbers[i]);
        if (err != 0) {
            out_error("signals cannot be handled: %s", uv_strerror(err));
        }
    }
    uv_timer_init(&loop->uv, &loop->tick);
    loop->tick.data = loop;
    if (ticked) {
        uv_timer_start(&loop->tick, on_tick, tick_ms, tick_ms);
    }
    return true;
}

void loop_run(struct loop *loop)
{
    uv_run(&loop->uv, UV_RUN_DEFAULT);
}

static void on_stop_waiting(void *ctx)
{
    (void)ctx; /* loop->stopping is set */
}

static void on_look(uv_timer_t *timer)
{
    (void)timer; /* the loop has made a turn */
}

bool loop_run_until(struct loop *loop, bool (*done)(void *ctx), void *ctx, uint64_t ms)
{
    void (*stop)(void *) = loop->stop;
    uint64_t tick_ms = uv_timer_get_repeat(&loop->tick);
    uint64_t end = uv_now(&loop->uv) + ms;
    bool stopped = loop->stopping;

    loop->stop = on_stop_waiting;
    loop->stopping = false; /* an earlier Ctrl-C was for the verb */
    uv_timer_start(&loop->tick, on_look, LOOK_MS, LOOK_MS);
    while (!loop->stopping && !done(ctx) && uv_now(&loop->uv) < end) {
        uv_run(&loop->uv, UV_RUN_ONCE);
    }
    uv_timer_stop(&loop->tick);
    loop->stop = stop;
    loop->stopping |= stopped;
    if (loop->ticked) {
        uv_timer_start(&loop->tick, on_tick, tick_ms, tick_ms);
    }
    return done(ctx);
}

void loop_end(struct loop *loop)
{
    uv_stop(&loop->uv);
}

void loop_close(struct loop *loop)
{
    for (size_t i = 0; i < 2; i++) {
        uv_close((uv_handle_t *)&loop->signals[i], NULL);
    }
    uv_close((uv_handle_t *)&loop->tick, NULL);
    uv_run(&loop->uv, UV_RUN_DEFAULT);
    uv_loop_close(&loop->uv);
}

/* Alarms. */

static void on_alarm(uv_timer_t *timer)
{
    struct alarm *alarm = timer->data;
    alarm->rung(alarm->ctx);
}

void alarm_init(struct alarm *alarm, struct loop *loop, void (*rung)(void *ctx), void *ctx)
{
    alarm->rung = rung;
    alarm->ctx = ctx;
    uv_timer_init(&loop->uv, &alarm->timer);
    alarm->timer.data = alarm;
}

void alarm_set(struct alarm *alarm, const struct usher_port *port, uint64_t ms)
{
    uint64_t now = port->now_ms(port->ctx);
    if (ms == USHER_NEVER) {
        uv_timer_stop(&alarm->timer);
    } else {
        uv_timer_start(&alarm->timer, on_alarm, ms > now ? ms - now : 0, 0);
    }
}

void alarm_close(struct alarm *alarm)
{
    uv_close((uv_handle_t *)&alarm->timer, NULL);
}

/* Lines. */

/** Hands out the whole lines that are in, while they are wanted. */
static void lines_deliver(struct lines *l)
{
    char *end;
    while (l->wanted && (end = memchr(l->text, '\n', l->len)) != NULL) {
        char line[sizeof l->text];
        size_t used = (size_t)(end - l->text) + 1;
        memcpy(line, l->text, used);
        line[used - 1] = '\0';
        l->len -= used;
        memmove(l->text, end + 1, l->len);
        l->line(l->ctx, line);
    }
}

/** Reads once. Called when there is something to be read, or the end. */
static void lines_read(struct lines *l)
{
    if (l->len == sizeof l->text) {
        out_note("a line is too long; it is left out");
        l->len = 0;
    }
    ssize_t n = read(STDIN_FILENO, l->text + l->len, sizeof l->text - l->len);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }
    if (n > 0) {
        l->len += (size_t)n;
        return;
    }
    l->ended = true;
    if (l->len > 0 && l->len < sizeof l->text) {
        l->text[l->len++] = '\n'; /* the last line had none */
    }
}

static void lines_poll(struct lines *l, bool on);

static void lines_go_on(struct lines *l)
{
    lines_deliver(l);
    if (l->wanted && l->ended) {
        l->wanted = false;
        l->line(l->ctx, NULL);
    }
    lines_poll(l, l->wanted);
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    (void)status; /* an error shows again in read() */
    (void)events;
    lines_read(poll->data);
    lines_go_on(poll->data);
}

static void on_kick(uv_timer_t *timer)
{
    struct lines *l = timer->data;
    if (!l->pollable && !l->ended && l->wanted && !memchr(l->text, '\n', l->len)) {
        lines_read(l);
    }
    lines_go_on(l);
}

static void lines_poll(struct lines *l, bool on)
{
    if (!l->pollable && on) {
        uv_timer_start(&l->kick, on_kick, 0, 0);
    } else if (l->pollable && on && !l->ended) {
        uv_poll_start(&l->poll, UV_READABLE | UV_DISCONNECT, on_readable);
    } else if (l->pollable) {
        uv_poll_stop(&l->poll);
    }
}

void lines_init(struct lines *lines, struct loop *loop, void (*line)(void *ctx, char *line),
                void *ctx)
{
    memset(lines, 0, sizeof *lines);
    lines->line = line;
    lines->ctx = ctx;
    uv_timer_init(&loop->uv, &lines->kick);
    lines->kick.data = lines;
    lines->pollable = uv_poll_init(&loop->uv, &lines->poll, STDIN_FILENO) == 0;
    lines->poll.data = lines;
}

void lines_want(struct lines *lines, bool wanted)
{
    if (wanted != lines->wanted) {
        lines->wanted = wanted;
        if (wanted) {
            /* Later, not within the caller's call: a line may be in already. */
            uv_timer_start(&lines->kick, on_kick, 0, 0);
        } else {
            lines_poll(lines, false);
        }
    }
}

void lines_close(struct lines *lines)
{
    uv_close((uv_handle_t *)&lines->kick, NULL);
    if (lines->pollable) {
        uv_close((uv_handle_t *)&lines->poll, NULL);
    }
}

void lines_split(char *line, char **prefix, char **value)
{
    static const char blanks[] = " \t\r";
    *prefix = NULL;
    *value = line + strspn(line, blanks);
    char *end = *value + strcspn(*value, blanks);
    char *second = end + strspn(end, blanks);
    *end = '\0';
    if (*second) {
        *prefix = *value;
        *value = second;
        second[strcspn(second, blanks)] = '\0';
    }
}
