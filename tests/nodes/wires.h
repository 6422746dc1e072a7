/*
 * GATT for ports of the simulated air: what one sends over a connection, the other gets a little
 * later, whole and in order. There is no radio in it: connections are made and kept whatever the
 * air is like. And clients written by hand, for what no instance would send.
 */
#ifndef WIRES_H
#define WIRES_H

#include "air.h"
#include "simport.h"

#define WIRES_CONNS 4u /* of a port */

struct wires;

/** @param value_max  Octets in a value: 20 for ATT_MTU 23 ... 244. */
struct wires *wires_new(struct air *air, uint16_t value_max);
void wires_free(struct wires *w);
/** Gives a port GATT; between simport_init() and usher_init(). At most 16. */
void wires_add(struct wires *w, struct simport *p);
/** From now on the other end of a connection takes nothing: what is sent finds no room soon. */
void wires_stall(struct wires *w, bool stalled);
/** The service that a port has in its database. */
enum usher_gatt_service wires_served(const struct wires *w, const struct simport *p);
/** Cuts a port's connection: both ends are told. */
void wires_cut(struct wires *w, struct simport *p, uint8_t conn);

/** What a client by hand is told: a value came, or (NULL) the connection is gone. */
typedef void (*wires_told)(void *ctx, const uint8_t *value, size_t len);

/** Connects a client by hand to a server that offers @p service. @return its connection's number */
uint8_t wires_client(struct wires *w, struct simport *server, enum usher_gatt_service service,
                     wires_told told, void *ctx);
/** It writes a value, which arrives at once. */
void wires_write(struct wires *w, struct simport *server, uint8_t conn, const uint8_t *value,
                 size_t len);

#endif
