/*
 * usher network: its parts. The files of it are in cmd_network_file.c, the rest in cmd_network.c.
 */
#ifndef CMD_NETWORK_H
#define CMD_NETWORK_H

#include "options.h"

#include "registry.h"

/** Reads "0100-01ff". @retval false  It is not such a text, or not of unicast addresses. */
bool network_range(const char *text, struct registry_range *range);

/** A range for JSON: ["0x0100", "0x01ff"]. */
json_t *network_range_json(const struct registry_range *range);

int network_export(const struct args *args);
int network_import(const struct args *args);
int network_check(const struct args *args);

#endif
