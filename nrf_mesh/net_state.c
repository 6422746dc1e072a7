/*
 * IV Index and sequence numbers of a node that is made without provisioning (net_state.h): kept for
 * the node that is to be, or given to the one that there is. Called by the application, dsm.c and
 * mesh_stack.c.
 */
#include "net_state.h"

#include "iv.h"
#include "model.h"
#include "stack.h"

static bool is_node(const struct nrf_mesh_stack *s)
{
    return s->mesh.node != NULL && mesh_is_node(&s->mesh);
}

/* Numbers below the first one count as reserved and used: storage follows with the next reserve. */
static void give(struct nrf_mesh_stack *s)
{
    struct usher_iv *iv = &s->mesh.net.iv;

    iv->index = s->core.iv_index;
    iv->updating = s->core.iv_updating;
    iv->seq = s->core.iv_seq > iv->seq ? s->core.iv_seq : iv->seq;
    iv->seq_reserved = iv->seq_reserved > iv->seq ? iv->seq_reserved : iv->seq;
    s->mesh.dirty |= USHER_DIRTY_IV;
    config_changed();
}

uint32_t net_state_iv_index_and_seqnum_block_set(uint32_t iv_index, bool iv_update, uint32_t seqnum)
{
    struct nrf_mesh_stack *s = stack();

    if (!s->core.initialized || s->core.iv_set) {
        return NRF_ERROR_INVALID_STATE;
    }
    if (seqnum > NETWORK_SEQNUM_MAX) {
        return NRF_ERROR_INVALID_PARAM;
    }
    s->core.iv_set = true;
    s->core.iv_index = iv_index;
    s->core.iv_updating = iv_update;
    s->core.iv_seq = seqnum;
    if (is_node(s)) {
        give(s);
    }
    return NRF_SUCCESS;
}

uint32_t net_state_iv_index_set(uint32_t iv_index, bool iv_update)
{
    return net_state_iv_index_and_seqnum_block_set(iv_index, iv_update, 0);
}

void net_state_wanted(uint32_t *iv_index, bool *iv_update)
{
    const struct core_state *core = &stack()->core;

    *iv_index = core->iv_set ? core->iv_index : 0;
    *iv_update = core->iv_set && core->iv_updating;
}

void net_state_apply(void)
{
    struct nrf_mesh_stack *s = stack();

    if (s->core.iv_set && is_node(s) && s->core.iv_seq > s->mesh.net.iv.seq) {
        give(s);
    }
    s->core.iv_set = true; /* the node has one now */
}

uint32_t net_state_beacon_iv_index_get(void)
{
    uint32_t iv_index;
    bool iv_update;

    if (is_node(stack())) {
        return stack()->mesh.net.iv.index;
    }
    net_state_wanted(&iv_index, &iv_update);
    return iv_index;
}

net_state_iv_update_t net_state_iv_update_get(void)
{
    uint32_t iv_index;
    bool iv_update;

    if (is_node(stack())) {
        iv_update = stack()->mesh.net.iv.updating;
    } else {
        net_state_wanted(&iv_index, &iv_update);
    }
    return iv_update ? NET_STATE_IV_UPDATE_IN_PROGRESS : NET_STATE_IV_UPDATE_NORMAL;
}

uint32_t net_state_tx_iv_index_get(void)
{
    uint32_t iv_index = net_state_beacon_iv_index_get();

    return net_state_iv_update_get() == NET_STATE_IV_UPDATE_IN_PROGRESS && iv_index != 0
               ? iv_index - 1
               : iv_index;
}

void net_state_reset(void)
{
    struct core_state *core = &stack()->core;

    core->iv_set = false;
    core->iv_updating = false;
    core->iv_index = 0;
    core->iv_seq = 0;
}
