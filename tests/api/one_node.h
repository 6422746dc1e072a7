/*
 * One node of the layer, on a simulated air of its own, in virtual time: for tests that need a port
 * and no peer.
 */
#ifndef ONE_NODE_H
#define ONE_NODE_H

#include "stack.h"

/** Makes it current. With @p init, nrf_mesh_init() too. Ends the test program's run if it fails. */
struct nrf_mesh_stack *one_node_start(bool init);
/** Lets time pass. */
void one_node_run_ms(uint32_t ms);
void one_node_stop(void);

#endif
