/*
 * The node inside the instance: what mesh.c (its turn in the instance's round) and mesh_calls.c
 * (what the application calls) share.
 */
#ifndef MESH_H
#define MESH_H

#include "model.h"

/** The node's acts, for the models and for GATT; and as a part of the instance. */
extern const struct usher_mesh_acts mesh_acts;
extern const struct usher_part mesh_part;

/** Puts a node on the air whose keys, IV state and address are there. */
void mesh_begin(struct usher_mesh *m);
/** Reserves sequence numbers, if they are low. @retval others  The port's. */
enum usher_err mesh_reserve_seq(struct usher_mesh *m);
/** Takes note of another IV state: what is too old goes, and the rest of the node is told. */
void mesh_iv_changed(struct usher_mesh *m);
/** A message has ended: tells whoever gave it its token. */
void mesh_sent(struct usher_mesh *m, uint32_t token, bool delivered);
/** Forgets the network in memory, and wipes it. */
void mesh_forget(struct usher_mesh *m);

/** The replay list has changed: it is stored in time. */
static inline void mesh_rpl_changed(struct usher_mesh *m)
{
    if (m->rpl_store_at == 0) {
        m->rpl_store_at = m->now + m->config.rpl_store_ms;
    }
}

#endif
