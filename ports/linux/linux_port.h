/*
 * The Linux port: instances of Usher on a libuv loop, over a radio.
 *
 *     air:PATH              the simulated air that `usher air` serves on an AF_UNIX socket to any
 *                           number of processes
 *     h4:PATH               a Bluetooth controller that speaks HCI, H4, on an AF_UNIX socket,
 *     h4:tcp:HOST:PORT      over TCP,
 *     h4:/dev/ttyX[@BAUD[,rtscts]]   or on a serial line (115200 baud, without handshake)
 *     hci:N                 a controller of this machine, by the HCI user channel
 *     serial:PATH...        a device that runs the serial interface, at the places of h4:. It
 *                           provisions and sends itself: nothing of the air is seen here
 *
 * ECDH is computed by libuv's thread pool; randomness is getrandom(2).
 */
#ifndef LINUX_PORT_H
#define LINUX_PORT_H

#include "file_store.h"

#include <usher/usher.h>

#include <uv.h>

#define LINUX_PORT_CONNS 8 /* GATT connections at once of a radio that has them */

struct linux_port;
struct pcap; /* sim/pcap.h */

/**
 * Tells of trouble with the radio, once: it is gone, and the port will send and hear nothing more.
 */
typedef void (*linux_port_lost)(void *ctx, const char *why);
/** Tells in a line what happened to the radio, while the port goes on: it was away, it is back. */
typedef void (*linux_port_note)(void *ctx, const char *what);

/**
 * Opens a radio. That it is there is known when this returns; a Bluetooth controller begins to send
 * and to hear a little later, when the loop runs. One that goes away is waited for half a minute.
 *
 * @param loop   The loop that everything runs on.
 * @param radio  One of the forms above.
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

/* What follows is to be called before usher_init(), if at all. */

/** Who is told what happens to the radio. */
void linux_port_note_set(struct linux_port *p, linux_port_note note, void *ctx);

/** Gives it storage. The store is open for as long as the port. */
void linux_port_store_set(struct linux_port *p, struct file_store *store);

/**
 * The ATT_MTU that is asked for and allowed, 23..247; without this, 247.
 *
 * @retval false  Out of range, or the radio has no GATT.
 */
bool linux_port_mtu_set(struct linux_port *p, uint16_t mtu);

/**
 * Captures what the radio sends and hears: advertisements, as if on channel 37 (what this radio
 * sends has the advertiser address 0, as a port does not know its radio's), or the H4 packets of a
 * Bluetooth controller. The owner closes the capture, after the port.
 *
 * @retval false  @p path cannot be written, or serial: is the radio; errno says why.
 */
bool linux_port_capture(struct linux_port *p, struct pcap *capture, const char *path);

/**
 * Closes: nothing is told any more, neither to the instance nor to the owner, and an ECDH under way
 * is dropped. usher_deinit() the instance before. May be called from within any callback. The
 * memory is released once the loop has run its close callbacks.
 */
void linux_port_close(struct linux_port *p);

#endif
