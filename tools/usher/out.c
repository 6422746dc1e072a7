/*
 * Standard output and standard error of the tool; see out.h.
 */
#include "out.h"

#include <malloc.h>
#include <openssl/crypto.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define ROWS_MAX 64
#define LINE_LEN 256

static struct {
    bool json;
    bool broken; /* standard output takes nothing any more */
    bool redraws;
    unsigned long long progress_at;
    unsigned drawn; /* lines of progress that are on the terminal */
    unsigned rows;  /* that the next ones have */
    char row[ROWS_MAX][LINE_LEN];
} out;

static unsigned long long wall_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (unsigned long long)t.tv_sec * 1000 + (unsigned long long)t.tv_nsec / 1000000;
}

/** Frees what Jansson allocated; wiped first, since some of it is keys. */
static void json_wipe(void *memory)
{
    if (memory) {
        OPENSSL_cleanse(memory, malloc_usable_size(memory));
    }
    free(memory);
}

void out_init(bool json)
{
    json_set_alloc_funcs(malloc, json_wipe);
    out.json = json;
    const char *terminal = getenv("TERM");
    out.redraws = isatty(STDERR_FILENO) == 1 && terminal && strcmp(terminal, "dumb") != 0;
    out.progress_at = wall_ms();
    setvbuf(stderr, NULL, _IOLBF, BUFSIZ);
}

bool out_json(void)
{
    return out.json;
}

bool out_progress_due(void)
{
    unsigned long long now = wall_ms();
    if (now - out.progress_at < (out.redraws ? 100 : 5000)) {
        return false;
    }
    out.progress_at = now;
    return true;
}

/**
 * Ends a line of results, so that a reader has it now. If there is no reader any more the verb
 * is asked to end, as with Ctrl-C.
 */
static void line_end(int result)
{
    if (!out.broken && (result < 0 || fflush(stdout) != 0)) {
        out.broken = true;
        raise(SIGTERM);
    }
}

/** Puts the cursor where progress begins on the terminal. */
static void progress_home(void)
{
    if (out.drawn > 0) {
        fputc('\r', stderr);
    }
    if (out.drawn > 1) {
        fprintf(stderr, "\033[%uA", out.drawn - 1);
    }
}

/** Takes progress off the terminal, so that other lines can take its place. */
static void progress_clear(void)
{
    if (out.drawn > 0) {
        progress_home();
        fputs("\033[J", stderr);
        fflush(stderr);
        out.drawn = 0;
    }
}

/** The size of the terminal; one that does not tell is of 24 lines of 80. */
static void terminal_size(unsigned *lines, unsigned *columns)
{
    struct winsize size = { .ws_row = 0 };
    bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 1 && size.ws_col > 1;
    *lines = known ? size.ws_row : 24;
    *columns = known ? size.ws_col : 80;
}

/** Redraws in place. Lines are cut so that each takes one of the terminal's. */
static void progress_draw(const char *line)
{
    unsigned lines, columns;
    terminal_size(&lines, &columns);
    unsigned rows = out.rows < lines - 1 ? out.rows : lines - 1;
    progress_home();
    for (unsigned i = 0; i < rows; i++) {
        fprintf(stderr, "%.*s\033[K\n", (int)columns - 1, out.row[i]);
    }
    fprintf(stderr, "%.*s\033[J", (int)columns - 1, line);
    fflush(stderr);
    out.drawn = rows + 1;
}

void out_event(json_t *event)
{
    if (!event) {
        out_error("out of memory");
        out.broken = true;
        return;
    }
    if (out.json) {
        int result =
            json_dumpf(event, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(15));
        line_end(result < 0 ? result : putchar('\n'));
    }
    json_decref(event);
}

void out_text(const char *format, ...)
{
    if (!out.json) {
        va_list list;
        progress_clear();
        va_start(list, format);
        int result = vprintf(format, list);
        va_end(list);
        line_end(result < 0 ? result : putchar('\n'));
    }
}

void out_note(const char *format, ...)
{
    va_list list;
    progress_clear();
    va_start(list, format);
    vfprintf(stderr, format, list);
    va_end(list);
    fputc('\n', stderr);
}

void out_error(const char *format, ...)
{
    va_list list;
    progress_clear();
    fputs("usher: ", stderr);
    va_start(list, format);
    vfprintf(stderr, format, list);
    va_end(list);
    fputc('\n', stderr);
}

bool out_progress_redraws(void)
{
    return out.redraws;
}

void out_progress_row(const char *format, ...)
{
    if (out.redraws && out.rows < ROWS_MAX) {
        va_list list;
        va_start(list, format);
        vsnprintf(out.row[out.rows++], LINE_LEN, format, list);
        va_end(list);
    }
}

void out_progress(const char *format, ...)
{
    char line[LINE_LEN];
    va_list list;
    va_start(list, format);
    vsnprintf(line, sizeof line, format, list);
    va_end(list);
    if (out.redraws) {
        progress_draw(line);
        out.rows = 0;
    } else {
        fprintf(stderr, "%s\n", line);
    }
}

void out_progress_end(void)
{
    progress_clear();
}

bool out_flush(void)
{
    return fflush(stdout) == 0 && !ferror(stdout) && !out.broken;
}

json_t *out_seconds(unsigned long long ms)
{
    return json_real((double)ms / 1000.0);
}
