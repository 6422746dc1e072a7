/*
 * The way into the network through a proxy (--proxy): the first one that is heard, or a certain
 * node, which has to advertise its Node Identity. The provisioner's node uses GATT alone then: it
 * advertises no mesh message and listens for none. A connection that is lost is made again.
 */
#ifndef PROXY_WAY_H
#define PROXY_WAY_H

#include "own_node.h"
#include "tool_radio.h"

struct proxy_way {
    /* private */
    struct tool_gatt *gatt; /* NULL: there is no proxy in use */
    const bool *lost;       /* the radio is */
    bool connected, connecting, heard;
    uint16_t address; /* of the node that is meant; 0: any */
    uint8_t conn;
};

/** What GATT tells is for this; @p way is a struct proxy_way, zeros until proxy_way_reach(). */
void proxy_way_event(void *way, struct usher_gatt *g, const struct usher_gatt_event *event);

/**
 * Runs the loop until a proxy is connected.
 *
 * @param address  Of a node, or 0.
 * @param lost     Set by the owner when the radio is gone for good.
 *
 * @retval false  @p why tells in one line: none in time, no radio, or Ctrl-C.
 */
bool proxy_way_reach(struct proxy_way *w, struct loop *loop, struct own_node *own,
                     struct tool_gatt *gatt, uint16_t address, const bool *lost, char *why,
                     size_t why_len);

/** Disconnects, if it is connected, and gives the radio the time for it. */
void proxy_way_leave(struct proxy_way *w, struct loop *loop);

#endif
