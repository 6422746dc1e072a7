/*
 * What gatt.c and proxy.c have of a node, in a program with MESH_FEATURE_PB_GATT_ENABLED or
 * MESH_FEATURE_GATT_PROXY_ENABLED. See stack.h.
 */
#ifndef GATT_STATE_H
#define GATT_STATE_H

#include "nrf_mesh_gatt.h"

#if MESH_FEATURE_GATT_ENABLED

#include <usher/gatt.h>

/** Connections that can be open at once, if the radio has as many. */
#ifndef MESH_GATT_CONNECTIONS_MAX
#define MESH_GATT_CONNECTIONS_MAX 4
#endif

struct gatt_state {
    struct usher_gatt gatt;
    struct usher_gatt_link links[MESH_GATT_CONNECTIONS_MAX];
    unsigned clients; /* of the proxy */
    uint8_t conns[MESH_GATT_CONNECTIONS_MAX];
    bool ran; /* the proxy did, and PROXY_STOPPED was not told since */
};

#endif

#endif
