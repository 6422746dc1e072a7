/*
 * A device as the radio of an instance, as its files share it: host_remote.c gets it ready and has
 * the sessions; host_node.c has the node's keys, addresses and messages.
 */
#ifndef HOST_REMOTE_H
#define HOST_REMOTE_H

#include <usher/serial_host.h>

static inline uint64_t remote_now(const struct usher_serial_remote *r)
{
    return r->port->now_ms(r->port->ctx);
}

static inline void remote_wipe(const struct usher_serial_remote *r, void *buf, size_t len)
{
    r->port->crypto->wipe(buf, len);
}

static inline uint64_t remote_sooner(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/** There is something to do in usher_serial_remote_process(). */
void remote_kick(struct usher_serial_remote *r);

/** An event that is the node's. @retval false  It is not. */
bool remote_node_event(struct usher_serial_remote *r, const struct usher_serial_packet *p);
/** struct usher_remote_acts, send. */
enum usher_err remote_node_send(void *ctx, struct usher_mesh *m, uint16_t src,
                                const struct usher_target *target, const uint8_t *message,
                                size_t len, uint32_t token);
/** The device knows nothing more: messages end, undelivered. */
void remote_node_lost(struct usher_serial_remote *r);
/** Gives the device what the node has, and messages their time. */
void remote_node_process(struct usher_serial_remote *r, uint64_t now);
uint64_t remote_node_deadline(const struct usher_serial_remote *r);

#endif
