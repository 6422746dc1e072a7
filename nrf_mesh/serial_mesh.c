/*
 * The commands of the node and of the Device State Manager, 0x90 to 0xAF: each is a call of the
 * API, and its code the status. Called by the core's serial interface, through serial.c.
 */
#include "serial_parts.h"

#include "config_server.h"
#include "device_state_manager.h"
#include "mesh_stack.h"
#include "net_state.h"

#include <string.h>

static void wipe(void *octets, size_t len)
{
    layer_stack()->core.port.crypto->wipe(octets, len);
}

static uint32_t list_limit(uint32_t max)
{
    return max < USHER_SERIAL_LIST_MAX ? max : USHER_SERIAL_LIST_MAX;
}

/* -- keys -------------------------------------------------------------------------------------- */

static uint32_t subnet_command(struct usher_serial_packet *p)
{
    uint32_t count = list_limit(DSM_SUBNET_MAX), err;

    switch (p->opcode) {
    case USHER_SERIAL_SUBNET_ADD:
        return dsm_subnet_add(p->net_index, p->key, &p->handle);
    case USHER_SERIAL_SUBNET_UPDATE:
        return dsm_subnet_update(p->handle, p->key);
    case USHER_SERIAL_SUBNET_DELETE:
        return dsm_subnet_delete(p->handle);
    case USHER_SERIAL_SUBNET_GET_ALL:
        err = dsm_subnet_get_all(p->list, &count);
        p->list_count = (uint16_t)count;
        return err;
    default:
        p->count = DSM_SUBNET_MAX;
        return NRF_SUCCESS;
    }
}

static uint32_t appkey_command(struct usher_serial_packet *p)
{
    uint32_t count = list_limit(DSM_APP_MAX), err;

    switch (p->opcode) {
    case USHER_SERIAL_APPKEY_ADD:
        return dsm_appkey_add(p->app_index, p->handle, p->key, &p->handle);
    case USHER_SERIAL_APPKEY_UPDATE:
        return dsm_appkey_update(p->handle, p->key);
    case USHER_SERIAL_APPKEY_DELETE:
        return dsm_appkey_delete(p->handle);
    case USHER_SERIAL_APPKEY_GET_ALL:
        err = dsm_appkey_get_all(p->handle, p->list, &count);
        p->list_count = (uint16_t)count;
        return err;
    default:
        p->count = DSM_APP_MAX;
        return NRF_SUCCESS;
    }
}

static uint32_t devkey_command(struct usher_serial_packet *p)
{
    switch (p->opcode) {
    case USHER_SERIAL_DEVKEY_ADD:
        return dsm_devkey_add(p->address, p->handle, p->key, &p->handle);
    case USHER_SERIAL_DEVKEY_DELETE:
        return dsm_devkey_delete(p->handle);
    default:
        p->count = DSM_DEVICE_MAX;
        return NRF_SUCCESS;
    }
}

/* -- addresses --------------------------------------------------------------------------------- */

static uint32_t local_set(const struct usher_serial_packet *p)
{
    const dsm_local_unicast_address_t local = { .address_start = p->address, .count = p->count };

    return dsm_local_unicast_addresses_set(&local);
}

static void local_get(struct usher_serial_packet *p)
{
    dsm_local_unicast_address_t local;

    dsm_local_unicast_addresses_get(&local);
    p->address = local.address_start;
    p->count = local.count;
}

static uint32_t address_get(struct usher_serial_packet *p)
{
    nrf_mesh_address_t address;
    uint32_t err = dsm_address_get(p->handle, &address);

    if (err != NRF_SUCCESS) {
        return err;
    }
    p->address_type = (uint8_t)address.type;
    p->subscribed = dsm_address_subscription_get(p->handle);
    p->address = address.value;
    if (address.type == NRF_MESH_ADDRESS_TYPE_VIRTUAL) {
        memcpy(p->key, address.p_virtual_uuid, sizeof(p->key));
    }
    return NRF_SUCCESS;
}

static uint32_t address_get_all(struct usher_serial_packet *p)
{
    uint32_t count = list_limit(DSM_ADDR_MAX);
    uint32_t err = dsm_address_get_all(p->list, &count);

    p->list_count = (uint16_t)count;
    return err;
}

static uint32_t address_command(struct usher_serial_packet *p)
{
    switch (p->opcode) {
    case USHER_SERIAL_ADDR_LOCAL_SET:
        return local_set(p);
    case USHER_SERIAL_ADDR_LOCAL_GET:
        local_get(p);
        return NRF_SUCCESS;
    case USHER_SERIAL_ADDR_SUBSCRIPTION_ADD:
        return dsm_address_subscription_add(p->address, &p->handle);
    case USHER_SERIAL_ADDR_SUBSCRIPTION_ADD_VIRTUAL:
        return dsm_address_subscription_virtual_add(p->key, &p->handle);
    case USHER_SERIAL_ADDR_SUBSCRIPTION_REMOVE:
        return dsm_address_subscription_remove(p->handle);
    case USHER_SERIAL_ADDR_PUBLICATION_ADD:
        return dsm_address_publish_add(p->address, &p->handle);
    case USHER_SERIAL_ADDR_PUBLICATION_ADD_VIRTUAL:
        return dsm_address_publish_virtual_add(p->key, &p->handle);
    case USHER_SERIAL_ADDR_PUBLICATION_REMOVE:
        return dsm_address_publish_remove(p->handle);
    case USHER_SERIAL_ADDR_GET:
        return address_get(p);
    case USHER_SERIAL_ADDR_GET_ALL:
        return address_get_all(p);
    case USHER_SERIAL_ADDR_NONVIRTUAL_COUNT_MAX_GET:
        p->count = DSM_NONVIRTUAL_ADDR_MAX;
        return NRF_SUCCESS;
    default:
        p->count = DSM_VIRTUAL_ADDR_MAX;
        return NRF_SUCCESS;
    }
}

/* -- the node ---------------------------------------------------------------------------------- */

static uint32_t packet_send(struct usher_serial_packet *p)
{
    nrf_mesh_tx_params_t params = { .src = p->src,
                                    .ttl = p->ttl,
                                    .force_segmented = p->force_segmented != 0,
                                    .transmic_size = (nrf_mesh_transmic_size_t)p->transmic,
                                    .p_data = p->data,
                                    .data_len = p->len };
    uint32_t err = dsm_address_get(p->handle2, &params.dst);

    if (err == NRF_SUCCESS) {
        err = dsm_tx_secmat_get(DSM_HANDLE_INVALID, p->handle, &params.security_material);
    }
    if (err != NRF_SUCCESS) {
        return err;
    }
    serial_tell_net_state();
    params.tx_token = nrf_mesh_unique_token_get();
    p->token = params.tx_token;
    return nrf_mesh_packet_send(&params, NULL);
}

/* The option of offloading is among what is forgotten. */
static uint32_t state_clear(struct nrf_mesh_stack *s)
{
    mesh_stack_config_clear();
    usher_serial_offload(&s->serial.target, s->core.ecdh_offloading);
    serial_net_state_was_cleared();
    return NRF_SUCCESS;
}

static uint32_t net_state_set(const struct usher_serial_packet *p)
{
    uint32_t err =
        net_state_iv_index_and_seqnum_block_set(p->iv_index, p->iv_update != 0, p->seqnum);

    if (err == NRF_SUCCESS) {
        serial_net_state_was_set(p->seqnum);
    }
    return err;
}

static uint32_t net_state_get(const struct serial_told *told, struct usher_serial_packet *p)
{
    if (!told->iv || told->next_block == 0) {
        return NRF_ERROR_INVALID_STATE;
    }
    p->iv_index = told->iv_index;
    p->iv_update = told->iv_updating;
    p->iv_timeout = 0;
    p->seqnum = told->next_block;
    return NRF_SUCCESS;
}

static uint32_t node_command(struct nrf_mesh_stack *s, struct usher_serial_packet *p)
{
    switch (p->opcode) {
    case USHER_SERIAL_MESH_ENABLE:
        return nrf_mesh_enable();
    case USHER_SERIAL_MESH_DISABLE:
        return nrf_mesh_disable();
    case USHER_SERIAL_PACKET_SEND:
        return packet_send(p);
    case USHER_SERIAL_STATE_CLEAR:
        return state_clear(s);
    case USHER_SERIAL_CONFIG_SERVER_BIND:
        return config_server_bind(p->handle);
    case USHER_SERIAL_NET_STATE_SET:
        return net_state_set(p);
    default:
        return net_state_get(&s->serial.told, p);
    }
}

enum usher_serial_status serial_mesh_command(void *user, struct usher_serial_packet *p)
{
    uint8_t opcode = p->opcode;
    uint32_t err;

    if (opcode >= USHER_SERIAL_SUBNET_ADD && opcode <= USHER_SERIAL_SUBNET_COUNT_MAX_GET) {
        err = subnet_command(p);
    } else if (opcode >= USHER_SERIAL_APPKEY_ADD && opcode <= USHER_SERIAL_APPKEY_COUNT_MAX_GET) {
        err = appkey_command(p);
    } else if (opcode >= USHER_SERIAL_DEVKEY_ADD && opcode <= USHER_SERIAL_DEVKEY_COUNT_MAX_GET) {
        err = devkey_command(p);
    } else if (opcode >= USHER_SERIAL_ADDR_LOCAL_SET &&
               opcode <= USHER_SERIAL_ADDR_VIRTUAL_COUNT_MAX_GET) {
        err = address_command(p);
    } else {
        err = node_command(user, p);
    }
    if (opcode != USHER_SERIAL_ADDR_GET) { /* a label is no secret, and is answered with */
        wipe(p->key, sizeof(p->key));
    }
    return serial_status_of(err);
}
