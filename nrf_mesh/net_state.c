/*
 * IV Index and sequence numbers of a node that is made without provisioning (net_state.h). They are
 * the core's; what is set before there is a node is what it begins with. Called by the application
 * and mesh_stack.c.
 */
#include "net_state.h"

#include "iv.h"
#include "mesh.h"
#include "stack.h"

uint32_t net_state_iv_index_and_seqnum_block_set(uint32_t iv_index, bool iv_update, uint32_t seqnum)
{
    struct nrf_mesh_stack *s = layer_stack();
    struct usher_iv *iv = &s->mesh.net.iv;

    if (s->mesh.node == NULL || s->core.iv_set) {
        return NRF_ERROR_INVALID_STATE;
    }
    if (seqnum > NETWORK_SEQNUM_MAX) {
        return NRF_ERROR_INVALID_PARAM;
    }
    s->core.iv_set = true;
    iv->index = iv_index;
    iv->updating = iv_update;
    if (seqnum > iv->seq) {
        iv->seq = seqnum;
        iv->seq_reserved = seqnum; /* the node reserves from there on */
    }
    if (mesh_is_node(&s->mesh)) {
        mesh_iv_changed(&s->mesh);
        layer_config_changed();
    }
    return NRF_SUCCESS;
}

uint32_t net_state_iv_index_set(uint32_t iv_index, bool iv_update)
{
    return net_state_iv_index_and_seqnum_block_set(iv_index, iv_update, 0);
}

uint32_t net_state_tx_iv_index_get(void)
{
    return iv_tx(&layer_stack()->mesh.net.iv);
}

uint32_t net_state_beacon_iv_index_get(void)
{
    return layer_stack()->mesh.net.iv.index;
}

net_state_iv_update_t net_state_iv_update_get(void)
{
    return layer_stack()->mesh.net.iv.updating ? NET_STATE_IV_UPDATE_IN_PROGRESS
                                               : NET_STATE_IV_UPDATE_NORMAL;
}

void net_state_reset(void)
{
    layer_stack()->core.iv_set = false;
}
