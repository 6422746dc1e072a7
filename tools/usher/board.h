/*
 * The progress display of what commissions: on a terminal, a line for each device at work above the
 * line of totals, redrawn; elsewhere, that line alone now and then.
 */
#ifndef BOARD_H
#define BOARD_H

#include "commissioner.h"
#include "configurator.h"

/**
 * Shows it, if it is time to. While a value is being typed, a terminal is left alone.
 *
 * @param commissioner, configurator  Either may be NULL.
 * @param missing                     Devices that are waited for and were not heard yet.
 * @param ms                          Since it began, for the rate.
 */
void board_show(const struct commissioner *commissioner, const struct configurator *configurator,
                unsigned missing, uint64_t ms);

#endif
