/*
 * What the files of the table of verbs and options share: commands.c has the table, and the larger
 * verbs have a file each for their options and what their help says.
 */
#ifndef COMMANDS_H
#define COMMANDS_H

#include "options.h"

/* commands.c: options of several verbs */
extern const struct option opt_radios, opt_mtu, opt_parallel, opt_pcap, opt_show_secrets,
    opt_template, opt_uuid_prefix, opt_rssi;

/* commands_network.c */
extern const struct option *const network_options[];
extern const char network_details[];

/* commands_provision.c */
extern const struct option *const provision_options[];
extern const char provision_details[];

#endif
