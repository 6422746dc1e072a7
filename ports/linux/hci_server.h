/*
 * Simulated Bluetooth controllers (sim/hci.h) on a simulated air, for hosts that speak HCI over H4:
 * at an AF_UNIX or TCP socket, where each connection has a controller of its own, or at the end of
 * a pty, which has one. A controller is there for as long as its stream: the next host finds a
 * fresh one.
 *
 * Whatever a host sends, or fails to read, is its own trouble only.
 */
#ifndef HCI_SERVER_H
#define HCI_SERVER_H

#include "air_clock.h"
#include "hci.h"

struct hci_server;

/**
 * Serves controllers at a place.
 *
 * @param place   PATH: an AF_UNIX socket; an old one that nobody serves is replaced.
 *                tcp:HOST:PORT: TCP; port 0: one that is free. pty, or pty:LINK: a pty, at whose
 *                name a symbolic link LINK is made; an old link is replaced.
 * @param config  Copied. What the controllers are like.
 *
 * @retval NULL  Not started; @p why says what is wrong in one line.
 */
struct hci_server *hci_server_start(uv_loop_t *loop, struct air *air, struct air_clock *clock,
                                    const char *place, const struct sim_hci_config *config,
                                    char *why, size_t why_len);
/** Where hosts find it, as a radio: "h4:/tmp/c", "h4:tcp:127.0.0.1:40001", "h4:/dev/pts/3". */
const char *hci_server_radio(const struct hci_server *s);
/** Controllers on the air at this moment. */
unsigned hci_server_count(const struct hci_server *s);
/**
 * Ends all controllers, and removes socket or link; memory is released once the loop has run its
 * close callbacks.
 */
void hci_server_stop(struct hci_server *s);

#endif
