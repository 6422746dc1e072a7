/*
 * The verbs. Each takes what args_parse() read and answers with the exit code; all messages are
 * its own.
 */
#ifndef VERBS_H
#define VERBS_H

#include "options.h"

/** What the tool's exit codes mean; part of its interface. */
enum exit_code {
    EXIT_DONE = 0,
    EXIT_USAGE = 1,
    EXIT_FAILED = 2,    /* some devices were not provisioned, or nodes did not do as told */
    EXIT_TRANSPORT = 3, /* the radio, or the files that keep the state */
    EXIT_POLICY = 4,    /* refused by the security policy */
};

int verb_air(const struct args *args);
int verb_completion(const struct args *args);
int verb_configure(const struct args *args);
int verb_decode(const struct args *args);
int verb_demo(const struct args *args);
int verb_device(const struct args *args);
int verb_doctor(const struct args *args);
int verb_help(const struct args *args);
int verb_identify(const struct args *args);
int verb_man(const struct args *args);
int verb_network(const struct args *args);
int verb_nodes(const struct args *args);
int verb_onoff(const struct args *args);
int verb_provision(const struct args *args);
int verb_remove(const struct args *args);
int verb_scan(const struct args *args);
int verb_serial(const struct args *args);
int verb_serial_device(const struct args *args);
int verb_show(const struct args *args);
int verb_watch(const struct args *args);

#endif
