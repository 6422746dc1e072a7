/*
 * What the verbs that use a radio share about it: opening it as the command line says, and GATT in
 * an instance, if the radio has it.
 */
#ifndef TOOL_RADIO_H
#define TOOL_RADIO_H

#include "linux_port.h"
#include "loop.h"
#include "options.h"

#include <usher/gatt.h>

/**
 * Opens a radio of --radio, with --mtu; what happens to it later is printed as notes.
 *
 * @param lost  Told once, if the radio is gone for good.
 *
 * @retval NULL  @p why tells in one line.
 */
struct linux_port *tool_radio_open(struct loop *loop, const struct args *args, const char *radio,
                                   struct usher *node, linux_port_lost lost, void *ctx, char *why,
                                   size_t why_len);

/** GATT in one instance, and its connections. */
struct tool_gatt {
    struct usher_gatt gatt;
    struct usher_gatt_link links[LINUX_PORT_CONNS];
    bool on; /* the radio has it */
};

/**
 * Makes GATT part of an instance, right after usher_init(), if its port has it.
 *
 * @param handler  As in struct usher_gatt_config; NULL: nobody is told.
 */
enum usher_err tool_gatt_init(struct tool_gatt *g, struct usher *u,
                              void (*handler)(void *user, struct usher_gatt *g,
                                              const struct usher_gatt_event *event),
                              void *user);

/** Whether a radio has GATT. @retval false  @p why tells, with what was asked for. */
bool tool_radio_has_gatt(const struct usher_port *port, const char *radio, const char *what,
                         char *why, size_t why_len);

/** Bits of enum usher_bearer by the name that --bearer takes; 0: by another, or none. */
unsigned tool_bearers(const char *name);

#endif
