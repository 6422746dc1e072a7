/*
 * `usher air`: serves the simulated air (sim/air.h) by the wall clock on an AF_UNIX socket, so that
 * processes share it as they would share the real one; and joins bluetooth-meshd daemons that run
 * with --io unit:PATH, and hosts that speak HCI, to simulated Bluetooth controllers.
 *
 * Air time is the microseconds since the start. Each connection is a radio (air_wire.h says what is
 * spoken on it). Whatever a client sends, or fails to read, is its own trouble only: one that
 * breaks the protocol is disconnected with a line on stderr.
 */
#ifndef AIR_SERVER_H
#define AIR_SERVER_H

#include "air.h"
#include "hci.h"

#include <uv.h>

/**
 * Behind the path that the server listens on: the datagram socket that bluetooth-meshd daemons send
 * to.
 */
#define AIR_SERVER_MESHD_SUFFIX ".meshd"

struct air_server;

struct air_server_config {
    const char *listen; /* path of the socket; an old one that nobody serves is replaced */
    struct air_config air;
    const char *pcap; /* capture file, or NULL */
    /*
     * Unit sockets of bluetooth-meshd, NULL-terminated, or NULL. Each gets a radio. A daemon is
     * sent to at its path, whether or not it is there yet, and has to send to
     * AIR_SERVER_MESHD_SUFFIX behind the path of `listen`.
     */
    const char *const *meshd;
    /*
     * Places of Bluetooth controllers, as hci_server.h has them, NULL-terminated, or NULL; and what
     * those are like.
     */
    const char *const *hci;
    struct sim_hci_config controller;
};

/**
 * Starts to serve; clients can connect from now on, and are served once the loop runs.
 *
 * @retval NULL  Not started; @p why says what is wrong and what to do, in one line.
 */
struct air_server *air_server_start(uv_loop_t *loop, const struct air_server_config *config,
                                    char *why, size_t why_len);
const struct air_stats *air_server_stats(const struct air_server *s);
/** The radio that the controllers of the i-th place are, "h4:..."; NULL: there are no more places.
 */
const char *air_server_hci(const struct air_server *s, size_t i);
/** Radios joined at this moment, those of bluetooth-meshd and controllers included. */
unsigned air_server_radios(const struct air_server *s);
/**
 * Disconnects all, removes the sockets, closes the capture. The memory is released once the loop
 * has run its close callbacks.
 */
void air_server_stop(struct air_server *s);

#endif
