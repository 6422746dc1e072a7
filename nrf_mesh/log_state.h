/*
 * What log.c has of a node: what is told, and to whom. See stack.h.
 */
#ifndef LOG_STATE_H
#define LOG_STATE_H

#include "log.h"

#include <stdbool.h>

struct log_state {
    bool chosen; /* log_init() was called: before, the defaults hold */
    uint32_t mask;
    uint32_t level;
    log_callback_t callback;
};

#endif
