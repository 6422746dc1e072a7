/*
 * Tells problems; see problems.h. Called by the readers of plans and of out-of-band books.
 */
#include "problems.h"

#include <stdarg.h>
#include <stdio.h>

void problems_add(struct problems *problems, const char *format, ...)
{
    char text[301];
    va_list list;
    problems->count++;
    if (!problems->tell) {
        return;
    }
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    problems->tell(problems->ctx, text);
}
