/*
 * The Linux port: instances of Usher on a libuv loop, over a radio transport. One transport exists
 * so far, `air:PATH`, the simulated air that `usher air` serves on an AF_UNIX socket to any number
 * of processes.
 *
 * ECDH is computed by libuv's thread pool; randomness is getrandom(2).
 */
#ifndef LINUX_PORT_H
#define LINUX_PORT_H

#include "air.h"
#include "file_store.h"

#include <usher/usher.h>

#include <uv.h>

struct linux_port;

/**
 * Tells of trouble with the radio, once: it is gone, and the port will send and hear nothing more.
 */
typedef void (*linux_port_lost)(void *ctx, const char *why);

/**
 * Opens a radio.
 *
 * @param loop   The loop that everything runs on.
 * @param radio  `air:PATH`.
 * @param node   The instance that gets the inputs; usher_init() it with linux_port_get()
 *              afterwards, before the loop runs.
 * @param why    Gets a message of one line that says what is wrong and what to do.
 *
 * @retval NULL  Not opened; @p why tells.
 */
struct linux_port *linux_port_open(uv_loop_t *loop, const char *radio, struct usher *node,
                                   linux_port_lost lost, void *ctx, char *why, size_t why_len);

/** The port for usher_init(). */
const struct usher_port *linux_port_get(const struct linux_port *p);

/** Gives it storage: to be called before usher_init(). The store is open for as long as the port.
 */
void linux_port_store_set(struct linux_port *p, struct file_store *store);

/**
 * Shows a sniffer every PDU that this radio sends and hears, in Unix time, as if on channel 37.
 * What it sends has the advertiser address 0, since a port does not know its radio's.
 */
void linux_port_sniffer_set(struct linux_port *p, air_sniffer sniffer, void *ctx);

/**
 * Closes: nothing is told any more, neither to the instance nor to the owner, and an ECDH under way
 * is dropped. usher_deinit() the instance before. May be called from within any callback. The
 * memory is released once the loop has run its close callbacks.
 */
void linux_port_close(struct linux_port *p);

#endif
