/*
 * The serial interface's files in the layer: serial.c has its life, the line and what concerns the
 * device; serial_events.c what the host is told; serial_mesh.c and serial_access.c the commands of
 * the node and of its models. All are about the current stack.
 */
#ifndef SERIAL_PARTS_H
#define SERIAL_PARTS_H

#include "stack.h"

/** The status for the code of an API call. */
enum usher_serial_status serial_status_of(uint32_t err);

/* -- the commands, for struct usher_serial_handler; user is the stack -------------------------- */

enum usher_serial_status serial_mesh_command(void *user, struct usher_serial_packet *p);
enum usher_serial_status serial_access_command(void *user, struct usher_serial_packet *p);
enum usher_serial_status serial_model_command(void *user, struct usher_serial_packet *p);

/* -- serial_events.c --------------------------------------------------------------------------- */

/** For nrf_mesh_evt_handler_t. */
void serial_on_event(const nrf_mesh_evt_t *p_evt);
/**
 * Tells the host what it is to keep, as far as that has changed: before sequence numbers are used
 * that it does not know of. In each round of the instance, and before a message is sent.
 */
void serial_tell_net_state(void);
/** The host has set it (Net State Set). */
void serial_net_state_was_set(uint32_t seqnum);
/** All was forgotten (State Clear). */
void serial_net_state_was_cleared(void);

#endif
