/*
 * What the host is told of the node: messages, transmissions, changes of the network's state, and
 * what it is to keep, since such a device stores nothing itself. Called as a handler of the stack's
 * events, in each round of the instance, and by the commands that change the network's state.
 *
 * Sequence numbers are told in blocks ahead of their use. A host that restores what it was told
 * last never has a number used twice.
 */
#include "serial_parts.h"

#include "device_state_manager.h"
#include "model.h"

#include <string.h>

#define BLOCK NETWORK_SEQNUM_FLASH_BLOCK_SIZE
#define MARGIN 512u /* more than are used between two looks */
#define RSSI_UNKNOWN 127

static bool tell(const struct usher_serial_packet *event)
{
    return usher_serial_tell(&layer_stack()->serial.target, event) == USHER_OK;
}

/* -- what the host keeps ----------------------------------------------------------------------- */

static uint32_t block_after(uint32_t seq, uint32_t next_block)
{
    while (next_block <= NETWORK_SEQNUM_MAX && seq + MARGIN > next_block) {
        next_block += BLOCK;
    }
    return next_block <= NETWORK_SEQNUM_MAX ? next_block : NETWORK_SEQNUM_MAX + 1u;
}

static void tell_iv(struct serial_told *told, const struct usher_iv *iv)
{
    struct usher_serial_packet e = { .opcode = USHER_SERIAL_EVT_IV_ENTRY_SET,
                                     .iv_index = iv->index,
                                     .iv_update = iv->updating };

    if (tell(&e)) {
        told->begun = true;
        told->iv = true;
        told->iv_index = iv->index;
        told->iv_updating = iv->updating;
    }
}

static void tell_seq(struct serial_told *told, const struct usher_iv *iv)
{
    struct usher_serial_packet e = { .opcode = USHER_SERIAL_EVT_SEQNUM_ENTRY_SET };
    bool again = iv->seq < told->seq; /* a new IV Index */

    e.seqnum = block_after(iv->seq, again ? 0 : told->next_block);
    if (e.seqnum == told->next_block || tell(&e)) {
        told->next_block = e.seqnum;
        told->seq = iv->seq;
    }
}

void serial_tell_net_state(void)
{
    struct nrf_mesh_stack *s = layer_stack();
    struct serial_told *told = &s->serial.told;
    const struct usher_iv *iv = &s->mesh.net.iv;

    if (s->serial.state != NRF_MESH_SERIAL_STATE_RUNNING || !(s->core.enabled || told->begun)) {
        return;
    }
    if (!told->begun || told->iv_index != iv->index || told->iv_updating != iv->updating) {
        tell_iv(told, iv);
    }
    tell_seq(told, iv);
}

void serial_net_state_was_set(uint32_t seqnum)
{
    struct nrf_mesh_stack *s = layer_stack();
    struct serial_told *told = &s->serial.told;
    const struct usher_iv *iv = &s->mesh.net.iv;
    struct usher_serial_packet e = { .opcode = USHER_SERIAL_EVT_IV_UPDATE, .iv_index = iv->index };

    tell_iv(told, iv);
    if (!mesh_is_node(&s->mesh)) { /* a node tells itself */
        (void)tell(&e);
        s->mesh.iv_known = iv->index;
        s->mesh.iv_updating_known = iv->updating;
    }
    told->next_block = seqnum > iv->seq ? seqnum : iv->seq;
    told->seq = iv->seq;
    tell_seq(told, iv);
}

void serial_net_state_was_cleared(void)
{
    struct nrf_mesh_stack *s = layer_stack();
    struct serial_told *told = &s->serial.told;

    told->iv = false;
    told->iv_index = s->mesh.net.iv.index;
    told->iv_updating = s->mesh.net.iv.updating;
    told->next_block = 0;
    told->seq = s->mesh.net.iv.seq;
    tell_seq(told, &s->mesh.net.iv);
}

/* -- what happens ------------------------------------------------------------------------------ */

/* Where it came from. One of our own elements has no advertiser. */
static void fill_source(const nrf_mesh_rx_metadata_t *metadata, struct usher_serial_packet *p)
{
    p->rssi = RSSI_UNKNOWN;
    if (metadata->source == NRF_MESH_RX_SOURCE_SCANNER) {
        p->addr_type = metadata->params.scanner.adv_addr.addr_type;
        memcpy(p->addr, metadata->params.scanner.adv_addr.addr, sizeof(p->addr));
        p->rssi = metadata->params.scanner.rssi;
    }
}

/* A fixed group has no handle: the host gets the address itself, as with its own. */
static void fill_destination(const nrf_mesh_address_t *dst, struct usher_serial_packet *p)
{
    dsm_handle_t handle;

    p->opcode = USHER_SERIAL_EVT_MESSAGE_UNICAST;
    p->dst = dst->value;
    if (dst->type != NRF_MESH_ADDRESS_TYPE_UNICAST &&
        dsm_address_handle_get(dst, &handle) == NRF_SUCCESS) {
        p->opcode = USHER_SERIAL_EVT_MESSAGE_SUBSCRIPTION;
        p->dst = handle;
    }
}

static void on_message(const nrf_mesh_evt_message_t *m)
{
    struct usher_serial_packet p = { .src = m->src.value,
                                     .handle = dsm_appkey_handle_get(m->secmat.p_app),
                                     .handle2 = dsm_subnet_handle_get(m->secmat.p_net),
                                     .ttl = m->ttl,
                                     .actual_length = m->length,
                                     .data = m->p_buffer,
                                     .len = m->length };

    if (p.len > SERIAL_EVT_MESH_MESSAGE_RECEIVED_DATA_MAXLEN) {
        p.len = SERIAL_EVT_MESH_MESSAGE_RECEIVED_DATA_MAXLEN;
    }
    fill_destination(&m->dst, &p);
    fill_source(m->p_metadata, &p);
    (void)tell(&p);
}

void serial_on_event(const nrf_mesh_evt_t *p_evt)
{
    struct usher_serial_packet p = { 0 };

    switch (p_evt->type) {
    case NRF_MESH_EVT_MESSAGE_RECEIVED:
        on_message(&p_evt->params.message);
        return;
    case NRF_MESH_EVT_TX_COMPLETE:
        p.opcode = USHER_SERIAL_EVT_TX_COMPLETE;
        p.token = p_evt->params.tx_complete.token;
        break;
    case NRF_MESH_EVT_IV_UPDATE_NOTIFICATION:
        p.opcode = USHER_SERIAL_EVT_IV_UPDATE;
        p.iv_index = p_evt->params.iv_update.iv_index;
        break;
    case NRF_MESH_EVT_KEY_REFRESH_NOTIFICATION:
        p.opcode = USHER_SERIAL_EVT_KEY_REFRESH;
        p.net_index = p_evt->params.key_refresh.subnet_index;
        p.key_refresh = (uint8_t)p_evt->params.key_refresh.phase;
        break;
    case NRF_MESH_EVT_HB_MESSAGE_RECEIVED:
        p.opcode = USHER_SERIAL_EVT_HEARTBEAT;
        p.init_ttl = p_evt->params.hb_message.init_ttl;
        p.hops = p_evt->params.hb_message.hops;
        p.node_features = p_evt->params.hb_message.features;
        p.src = p_evt->params.hb_message.src;
        break;
    default:
        return;
    }
    (void)tell(&p);
}
