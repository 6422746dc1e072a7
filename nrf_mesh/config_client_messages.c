/*
 * The questions of the Configuration Client (config_client.h), in the core's words; whether a value
 * is in its range the core's codec knows. Called by the application.
 */
#include "config_client_parts.h"

#include "access_parts.h"

#include <string.h>

/* A question without parameters. */
static uint32_t ask(enum usher_config_opcode opcode)
{
    struct usher_config_msg msg = { .opcode = opcode };

    return config_client_ask(&msg);
}

static uint32_t ask_state(enum usher_config_opcode opcode, unsigned state)
{
    struct usher_config_msg msg = { .opcode = opcode, .state = (uint8_t)state };

    return state <= UINT8_MAX ? config_client_ask(&msg) : NRF_ERROR_INVALID_PARAM;
}

uint32_t config_client_composition_data_get(uint8_t page_number)
{
    return ask_state(USHER_CONFIG_COMPOSITION_GET, page_number);
}

/* -- keys -------------------------------------------------------------------------------------- */

static uint32_t ask_key(enum usher_config_opcode opcode, uint16_t net_index, uint16_t app_index,
                        const uint8_t *key)
{
    struct usher_config_msg msg = { .opcode = opcode,
                                    .net_index = net_index,
                                    .app_index = app_index };
    uint32_t err;

    if (key == NULL) {
        return NRF_ERROR_NULL;
    }
    memcpy(msg.key, key, sizeof(msg.key));
    err = config_client_ask(&msg);
    if (layer_stack()->usher.port != NULL) {
        layer_stack()->usher.port->crypto->wipe(msg.key, sizeof(msg.key));
    }
    return err;
}

static uint32_t ask_index(enum usher_config_opcode opcode, uint16_t net_index, unsigned state)
{
    struct usher_config_msg msg = { .opcode = opcode,
                                    .net_index = net_index,
                                    .state = (uint8_t)state };

    return state <= UINT8_MAX ? config_client_ask(&msg) : NRF_ERROR_INVALID_PARAM;
}

uint32_t config_client_appkey_add(uint16_t netkey_index, uint16_t appkey_index,
                                  const uint8_t *p_appkey)
{
    return ask_key(USHER_CONFIG_APPKEY_ADD, netkey_index, appkey_index, p_appkey);
}

uint32_t config_client_appkey_update(uint16_t netkey_index, uint16_t appkey_index,
                                     const uint8_t *p_appkey)
{
    return ask_key(USHER_CONFIG_APPKEY_UPDATE, netkey_index, appkey_index, p_appkey);
}

uint32_t config_client_appkey_delete(uint16_t netkey_index, uint16_t appkey_index)
{
    struct usher_config_msg msg = { .opcode = USHER_CONFIG_APPKEY_DELETE,
                                    .net_index = netkey_index,
                                    .app_index = appkey_index };

    return config_client_ask(&msg);
}

uint32_t config_client_appkey_get(uint16_t netkey_index)
{
    return ask_index(USHER_CONFIG_APPKEY_GET, netkey_index, 0);
}

uint32_t config_client_netkey_add(uint16_t netkey_index, const uint8_t *p_netkey)
{
    return ask_key(USHER_CONFIG_NETKEY_ADD, netkey_index, 0, p_netkey);
}

uint32_t config_client_netkey_update(uint16_t netkey_index, const uint8_t *p_netkey)
{
    return ask_key(USHER_CONFIG_NETKEY_UPDATE, netkey_index, 0, p_netkey);
}

uint32_t config_client_netkey_delete(uint16_t netkey_index)
{
    return ask_index(USHER_CONFIG_NETKEY_DELETE, netkey_index, 0);
}

uint32_t config_client_netkey_get(void)
{
    return ask(USHER_CONFIG_NETKEY_GET);
}

uint32_t config_client_key_refresh_phase_get(uint16_t netkey_index)
{
    return ask_index(USHER_CONFIG_KEY_REFRESH_GET, netkey_index, 0);
}

uint32_t config_client_key_refresh_phase_set(uint16_t netkey_index,
                                             nrf_mesh_key_refresh_phase_t phase)
{
    return ask_index(USHER_CONFIG_KEY_REFRESH_SET, netkey_index, phase);
}

uint32_t config_client_node_identity_get(uint16_t netkey_index)
{
    return ask_index(USHER_CONFIG_IDENTITY_GET, netkey_index, 0);
}

uint32_t config_client_node_identity_set(uint16_t netkey_index, config_identity_state_t state)
{
    return ask_index(USHER_CONFIG_IDENTITY_SET, netkey_index, state);
}

/* -- models ------------------------------------------------------------------------------------ */

static struct usher_config_msg about(enum usher_config_opcode opcode, uint16_t element_address,
                                     access_model_id_t model_id)
{
    return (struct usher_config_msg){ .opcode = opcode,
                                      .element = element_address,
                                      .company = model_id.company_id,
                                      .model = model_id.model_id };
}

/* The address of a message; a virtual one is told by its label, with another opcode. */
static uint32_t address_set(struct usher_config_msg *msg, const nrf_mesh_address_t *address,
                            enum usher_config_opcode virtual_opcode)
{
    if (address->type != NRF_MESH_ADDRESS_TYPE_VIRTUAL) {
        msg->address = address->value;
        return NRF_SUCCESS;
    }
    if (address->p_virtual_uuid == NULL) {
        return NRF_ERROR_NULL;
    }
    msg->opcode = virtual_opcode;
    memcpy(msg->label, address->p_virtual_uuid, sizeof(msg->label));
    return NRF_SUCCESS;
}

uint32_t config_client_model_publication_get(uint16_t element_address, access_model_id_t model_id)
{
    struct usher_config_msg msg = about(USHER_CONFIG_PUBLICATION_GET, element_address, model_id);

    return config_client_ask(&msg);
}

uint32_t config_client_model_publication_set(const config_publication_state_t *p_publication_state)
{
    const config_publication_state_t *p = p_publication_state;
    struct usher_config_msg msg;
    uint32_t err;

    if (p == NULL) {
        return NRF_ERROR_NULL;
    }
    if (p->retransmit_count > CONFIG_RETRANSMIT_COUNT_MAX ||
        p->retransmit_interval > CONFIG_RETRANSMIT_INTERVAL_STEPS_MAX) {
        return NRF_ERROR_INVALID_PARAM;
    }
    msg = about(USHER_CONFIG_PUBLICATION_SET, p->element_address, p->model_id);
    msg.app_index = p->appkey_index;
    msg.credentials = p->frendship_credential_flag;
    msg.ttl = p->publish_ttl;
    msg.period = (uint8_t)(p->publish_period.step_num | p->publish_period.step_res << 6);
    msg.retransmit = (uint8_t)(p->retransmit_count | p->retransmit_interval << 3);
    err = address_set(&msg, &p->publish_address, USHER_CONFIG_PUBLICATION_VIRTUAL_SET);
    return err == NRF_SUCCESS ? config_client_ask(&msg) : err;
}

static uint32_t ask_subscription(struct usher_config_msg msg, const nrf_mesh_address_t *address,
                                 enum usher_config_opcode virtual_opcode)
{
    uint32_t err = address_set(&msg, address, virtual_opcode);

    return err == NRF_SUCCESS ? config_client_ask(&msg) : err;
}

uint32_t config_client_model_subscription_add(uint16_t element_address, nrf_mesh_address_t address,
                                              access_model_id_t model_id)
{
    return ask_subscription(about(USHER_CONFIG_SUBSCRIPTION_ADD, element_address, model_id),
                            &address, USHER_CONFIG_SUBSCRIPTION_VIRTUAL_ADD);
}

uint32_t config_client_model_subscription_delete(uint16_t element_address,
                                                 nrf_mesh_address_t address,
                                                 access_model_id_t model_id)
{
    return ask_subscription(about(USHER_CONFIG_SUBSCRIPTION_DELETE, element_address, model_id),
                            &address, USHER_CONFIG_SUBSCRIPTION_VIRTUAL_DELETE);
}

uint32_t config_client_model_subscription_overwrite(uint16_t element_address,
                                                    nrf_mesh_address_t address,
                                                    access_model_id_t model_id)
{
    return ask_subscription(about(USHER_CONFIG_SUBSCRIPTION_OVERWRITE, element_address, model_id),
                            &address, USHER_CONFIG_SUBSCRIPTION_VIRTUAL_OVERWRITE);
}

uint32_t config_client_model_subscription_delete_all(uint16_t element_address,
                                                     access_model_id_t model_id)
{
    struct usher_config_msg msg =
        about(USHER_CONFIG_SUBSCRIPTION_DELETE_ALL, element_address, model_id);

    return config_client_ask(&msg);
}

/* A question that has one opcode for SIG models and another for vendors'. */
static uint32_t ask_of_model(enum usher_config_opcode sig, enum usher_config_opcode vendor,
                             uint16_t element_address, access_model_id_t model_id)
{
    struct usher_config_msg msg = about(
        model_id.company_id == ACCESS_COMPANY_ID_NONE ? sig : vendor, element_address, model_id);

    return config_client_ask(&msg);
}

uint32_t config_client_model_subscription_get(uint16_t element_address, access_model_id_t model_id)
{
    return ask_of_model(USHER_CONFIG_SIG_SUBSCRIPTION_GET, USHER_CONFIG_VENDOR_SUBSCRIPTION_GET,
                        element_address, model_id);
}

uint32_t config_client_model_app_get(uint16_t element_address, access_model_id_t model_id)
{
    return ask_of_model(USHER_CONFIG_SIG_APP_GET, USHER_CONFIG_VENDOR_APP_GET, element_address,
                        model_id);
}

uint32_t config_client_model_app_bind(uint16_t element_address, uint16_t appkey_index,
                                      access_model_id_t model_id)
{
    struct usher_config_msg msg = about(USHER_CONFIG_MODEL_APP_BIND, element_address, model_id);

    msg.app_index = appkey_index;
    return config_client_ask(&msg);
}

uint32_t config_client_model_app_unbind(uint16_t element_address, uint16_t appkey_index,
                                        access_model_id_t model_id)
{
    struct usher_config_msg msg = about(USHER_CONFIG_MODEL_APP_UNBIND, element_address, model_id);

    msg.app_index = appkey_index;
    return config_client_ask(&msg);
}

/* -- the node ---------------------------------------------------------------------------------- */

uint32_t config_client_default_ttl_get(void)
{
    return ask(USHER_CONFIG_TTL_GET);
}

uint32_t config_client_default_ttl_set(uint8_t ttl)
{
    return ask_state(USHER_CONFIG_TTL_SET, ttl);
}

static uint32_t ask_transmit(enum usher_config_opcode opcode, unsigned state, uint8_t count,
                             uint8_t steps)
{
    struct usher_config_msg msg = { .opcode = opcode,
                                    .state = (uint8_t)state,
                                    .transmit = (uint8_t)(count | steps << 3) };

    if (state > UINT8_MAX || count > CONFIG_RETRANSMIT_COUNT_MAX ||
        steps > CONFIG_RETRANSMIT_INTERVAL_STEPS_MAX) {
        return NRF_ERROR_INVALID_PARAM;
    }
    return config_client_ask(&msg);
}

uint32_t config_client_relay_get(void)
{
    return ask(USHER_CONFIG_RELAY_GET);
}

uint32_t config_client_relay_set(config_relay_state_t relay_state, uint8_t retransmit_count,
                                 uint8_t retransmit_interval_steps)
{
    return ask_transmit(USHER_CONFIG_RELAY_SET, relay_state, retransmit_count,
                        retransmit_interval_steps);
}

uint32_t config_client_network_transmit_get(void)
{
    return ask(USHER_CONFIG_NET_TRANSMIT_GET);
}

uint32_t config_client_network_transmit_set(uint8_t retransmit_count,
                                            uint8_t retransmit_interval_steps)
{
    return ask_transmit(USHER_CONFIG_NET_TRANSMIT_SET, 0, retransmit_count,
                        retransmit_interval_steps);
}

uint32_t config_client_net_beacon_get(void)
{
    return ask(USHER_CONFIG_BEACON_GET);
}

uint32_t config_client_net_beacon_set(config_net_beacon_state_t state)
{
    return ask_state(USHER_CONFIG_BEACON_SET, state);
}

uint32_t config_client_node_reset(void)
{
    return ask(USHER_CONFIG_NODE_RESET);
}

uint32_t config_client_friend_get(void)
{
    return ask(USHER_CONFIG_FRIEND_GET);
}

uint32_t config_client_friend_set(config_friend_state_t state)
{
    return ask_state(USHER_CONFIG_FRIEND_SET, state);
}

uint32_t config_client_gatt_proxy_get(void)
{
    return ask(USHER_CONFIG_PROXY_GET);
}

uint32_t config_client_gatt_proxy_set(config_proxy_state_t state)
{
    return ask_state(USHER_CONFIG_PROXY_SET, state);
}

uint32_t config_client_low_power_node_polltimeout_get(uint16_t lpn_address)
{
    struct usher_config_msg msg = { .opcode = USHER_CONFIG_LPN_TIMEOUT_GET, .lpn = lpn_address };

    return config_client_ask(&msg);
}

/* -- heartbeats -------------------------------------------------------------------------------- */

uint32_t config_client_heartbeat_publication_get(void)
{
    return ask(USHER_CONFIG_HEARTBEAT_PUB_GET);
}

uint32_t
config_client_heartbeat_publication_set(const config_msg_heartbeat_publication_set_t *p_publication)
{
    const config_msg_heartbeat_publication_set_t *p = p_publication;
    struct usher_config_msg msg = { .opcode = USHER_CONFIG_HEARTBEAT_PUB_SET };

    if (p == NULL) {
        return NRF_ERROR_NULL;
    }
    msg.address = p->destination;
    msg.count_log = p->count_log;
    msg.period_log = p->period_log;
    msg.ttl = p->ttl;
    msg.features = p->features;
    msg.net_index = p->netkey_index;
    return config_client_ask(&msg);
}

uint32_t config_client_heartbeat_subscription_get(void)
{
    return ask(USHER_CONFIG_HEARTBEAT_SUB_GET);
}

uint32_t config_client_heartbeat_subscription_set(
    const config_msg_heartbeat_subscription_set_t *p_subscription)
{
    const config_msg_heartbeat_subscription_set_t *p = p_subscription;
    struct usher_config_msg msg = { .opcode = USHER_CONFIG_HEARTBEAT_SUB_SET };

    if (p == NULL) {
        return NRF_ERROR_NULL;
    }
    msg.source = p->source;
    msg.address = p->destination;
    msg.period_log = p->period_log;
    return config_client_ask(&msg);
}
