/*
 * What is wrong, weak or other than planned in the files of "usher provision", as it is told.
 * Called by orders.c.
 */
#ifndef ORDERS_TOLD_H
#define ORDERS_TOLD_H

#include "problems.h"

#include <stdbool.h>
#include <stddef.h>

/** Prints one of the first 20 problems. @param ctx  The struct problems that counts them. */
void orders_tell_problem(void *ctx, const char *text);
/** Prints one of the first 20 notes. @param ctx  As above. */
void orders_tell_note(void *ctx, const char *text);
/** Prints a warning, and the event. @param ctx  Not used. */
void orders_tell_warning(void *ctx, const char *text);

/** Whether there was no problem. @retval false  @p why tells how many. */
bool orders_told(const struct problems *problems, char *why, size_t why_len);

#endif
