/*
 * A node's records in the port's key-value storage (port.h). Each record is atomic; the node record
 * is the one that makes a node, so it is written last when a device is provisioned and removed
 * first when it is reset, and whatever else a power cut leaves behind counts for nothing without
 * it. records.h has ids and layouts. Called by node.
 */
#ifndef STORE_H
#define STORE_H

#include <usher/mesh.h>
#include <usher/port.h>

/** Whether the port can keep anything. */
bool store_able(const struct usher_port *port);

/**
 * Loads all records into a node whose tables are empty. What counts for nothing without a node
 * record is removed. The retvals are those of usher_mesh_load().
 *
 * @param now  Milliseconds: the age of the IV state is counted from here.
 */
enum usher_err store_load(struct usher_mesh *m, const struct usher_port *port, uint64_t now);

/**
 * Writes what is marked dirty (usher_mesh.dirty, usher_model.dirty), in an order that is safe at
 * every cut: IV state, keys, models and settings, then the node record. If that one is dirty it is
 * a new node's: whatever storage held before is removed first.
 *
 * @retval others  The port's; what could not be written stays dirty.
 */
enum usher_err store_flush(struct usher_mesh *m, const struct usher_port *port, uint64_t now);

/** Writes the dirty entries of the replay list. @retval others  The port's; they stay dirty. */
enum usher_err store_flush_rpl(struct usher_mesh *m, const struct usher_port *port);

/**
 * Reserves the next block of sequence numbers, for the IV Index at hand.
 *
 * @retval others  Not reserved: none beyond the last reserve may be used.
 */
enum usher_err store_reserve_seq(struct usher_mesh *m, const struct usher_port *port);

/** Removes everything, the node record first. @retval others  The port's; call it again. */
enum usher_err store_clear(struct usher_mesh *m, const struct usher_port *port);

#endif
