/*
 * What the tool writes: results on standard output, as text or as one JSON object a line;
 * everything else on standard error. Progress is redrawn on a terminal, and is a plain line now
 * and then elsewhere.
 */
#ifndef OUT_H
#define OUT_H

#include <stdbool.h>

#include <jansson.h>

/** @param json  Whether results are JSON. */
void out_init(bool json);
bool out_json(void);

/**
 * Prints an object as one line, if results are JSON; takes the reference in any case. NULL: out
 * of memory.
 */
void out_event(json_t *event);

/** Prints a line of text on standard output, unless results are JSON. */
__attribute__((format(printf, 1, 2))) void out_text(const char *format, ...);

/** Prints a line on standard error: something to know, or "usher: " and what went wrong. */
__attribute__((format(printf, 1, 2))) void out_note(const char *format, ...);
__attribute__((format(printf, 1, 2))) void out_error(const char *format, ...);

/**
 * Whether it is time for another progress line: ten times a second on a terminal, every five
 * seconds else.
 */
bool out_progress_due(void);
/** Whether progress is redrawn. */
bool out_progress_redraws(void);
/** A row above the next progress line, on a terminal, as long as there is room for it. */
__attribute__((format(printf, 1, 2))) void out_progress_row(const char *format, ...);
/** Replaces the progress line and the rows above it; @p format without a line feed. */
__attribute__((format(printf, 1, 2))) void out_progress(const char *format, ...);
/** The progress line is over: later lines begin after it. */
void out_progress_end(void);

/** @retval false  Some results could not be written. */
bool out_flush(void);

/** Seconds for JSON, from milliseconds. */
json_t *out_seconds(unsigned long long ms);

#endif
