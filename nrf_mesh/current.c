/*
 * Which node calls from the application go to: the layer's one global. A program has one node, in
 * static memory, unless it makes more itself and switches with layer_stack_enter(), as simulations
 * do.
 */
#include "stack.h"

#if defined(__unix__)
#define PER_THREAD _Thread_local
#else
#define PER_THREAD /* there are no threads */
#endif

static struct nrf_mesh_stack node;
static PER_THREAD struct nrf_mesh_stack *current = &node;

struct nrf_mesh_stack *layer_stack(void)
{
    return current;
}

struct nrf_mesh_stack *layer_stack_enter(struct nrf_mesh_stack *s)
{
    struct nrf_mesh_stack *before = current;

    current = s;
    return before;
}
