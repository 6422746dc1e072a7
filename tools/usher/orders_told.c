/*
 * Tells problems, notes and warnings; see orders_told.h.
 */
#include "orders_told.h"

#include "out.h"

#include <stdio.h>

#define TOLD_MAX 20u

void orders_tell_problem(void *ctx, const char *text)
{
    const struct problems *problems = ctx;
    if (problems->count <= TOLD_MAX) {
        out_error("%s", text);
    }
}

void orders_tell_note(void *ctx, const char *text)
{
    const struct problems *notes = ctx;
    if (notes->count <= TOLD_MAX) {
        out_note("%s", text);
    }
}

void orders_tell_warning(void *ctx, const char *text)
{
    (void)ctx;
    out_note("warning: %s", text);
    out_event(json_pack("{s:s, s:s}", "event", "warning", "reason", text));
}

bool orders_told(const struct problems *problems, char *why, size_t why_len)
{
    if (problems->count > TOLD_MAX) {
        snprintf(why, why_len, "%u problems, of which the first %u were told: nothing was done",
                 problems->count, TOLD_MAX);
    } else if (problems->count > 0) {
        snprintf(why, why_len, "%u problem%s: nothing was done", problems->count,
                 problems->count == 1 ? "" : "s");
    }
    return problems->count == 0;
}
