/*
 * The order of a plan by UUID and by address, and what comes out only there; see batch.h. Called by
 * batch.c alone.
 */
#ifndef COMMISSION_BATCH_ORDER_H
#define COMMISSION_BATCH_ORDER_H

#include "batch.h"

/**
 * Orders the entries for batch_find(), and tells UUIDs that are there twice and overlapping
 * prefixes. @retval false  No memory.
 */
bool batch_order(struct batch *batch, struct problems *problems);

/** Tells addresses that overlap. @retval false  No memory. */
bool batch_addresses(const struct batch *batch, struct problems *problems);

#endif
