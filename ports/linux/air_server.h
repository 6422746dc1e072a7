/*
 * `usher air`: serves the simulated air (sim/air.h) by the wall clock on an AF_UNIX socket, so that processes
 * share it as they would share the real one; and joins bluetooth-meshd daemons that run with --io unit:PATH.
 */
#ifndef AIR_SERVER_H
#define AIR_SERVER_H

#include "air.h"

#include <uv.h>

struct air_server;

struct air_server_config {
    const char *listen;         /* path of the socket; an old one that nobody serves is replaced */
    struct air_config air;
    const char *pcap;           /* capture file, or NULL */
    const char *const *meshd;   /* unit sockets of bluetooth-meshd, NULL-terminated, or NULL */
};

/** @retval NULL  Not started; @p why says what is wrong and what to do, in one line. */
struct air_server *air_server_start(uv_loop_t *loop, const struct air_server_config *config, char *why,
                                    size_t why_len);
const struct air_stats *air_server_stats(const struct air_server *s);
/** Radios joined at this moment. */
unsigned air_server_radios(const struct air_server *s);
/** Stops, removes the socket, closes the capture; memory is released once the loop has run its close callbacks. */
void air_server_stop(struct air_server *s);

#endif
