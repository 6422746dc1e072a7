/*
 * The part of "usher provision" that needs no radio.
 */
#ifndef PROVISION_BATCH_H
#define PROVISION_BATCH_H

#include "orders.h"

/** Prints the address map of a plan, and what is in its way. @return The exit code. */
int provision_dry_run(struct orders *o);

/** Forgets how often a device could not be authenticated (--unlock). @return The exit code. */
int provision_unlock(const struct args *args);

#endif
