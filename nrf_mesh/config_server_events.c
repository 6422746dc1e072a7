/*
 * What the Configuration Server tells the application (config_server_events.h), made from a
 * question and its answer as the core has them. Called by config_server.c, when the change is made
 * and handles have followed it.
 */
#include "config_server_parts.h"

#include "access_parts.h"

#include <string.h>

#define UNSUPPORTED 2u /* of the states that are off, on, or not there */
#define COUNT_MASK 0x07u

/* -- states of the node: @retval false  There is nothing to tell ------------------------------- */

static bool fill_node(config_server_evt_t *e, const struct usher_message *question,
                      const struct usher_config_msg *answer)
{
    switch (e->type) {
    case CONFIG_SERVER_EVT_BEACON_SET:
        e->params.beacon_set.beacon_state = (config_net_beacon_state_t)answer->state;
        return true;
    case CONFIG_SERVER_EVT_COMPOSITION_DATA_GET:
        e->params.composition_data_get.page_number = question->params[0];
        return true;
    case CONFIG_SERVER_EVT_DEFAULT_TTL_SET:
        e->params.default_ttl_set.default_ttl = answer->state;
        return true;
    case CONFIG_SERVER_EVT_RELAY_SET:
        e->params.relay_set.relay_state = (config_relay_state_t)answer->state;
        e->params.relay_set.retransmit_count = answer->transmit & COUNT_MASK;
        e->params.relay_set.interval_steps = answer->transmit >> 3;
        return answer->state != UNSUPPORTED;
    case CONFIG_SERVER_EVT_NETWORK_TRANSMIT_SET:
        e->params.network_transmit_set.retransmit_count = answer->transmit & COUNT_MASK;
        e->params.network_transmit_set.interval_steps = answer->transmit >> 3;
        return true;
    case CONFIG_SERVER_EVT_GATT_PROXY_SET:
        e->params.proxy_set.proxy_state = (config_proxy_state_t)answer->state;
        return answer->state != UNSUPPORTED;
    case CONFIG_SERVER_EVT_NODE_IDENTITY_SET:
        return answer->state != UNSUPPORTED;
    case CONFIG_SERVER_EVT_FRIEND_SET:
        return false; /* there is no such feature: nothing was set */
    case CONFIG_SERVER_EVT_LOW_POWER_NODE_POLLTIMEOUT_GET:
        e->params.lpn_polltimeout_get.lpn_address = answer->lpn;
        return true;
    default:
        return true;
    }
}

/* -- models ------------------------------------------------------------------------------------ */

static access_model_handle_t model_handle(const struct usher_config_msg *answer)
{
    enum usher_status status;

    return access_handle_of(access_model(&layer_stack()->mesh, answer->element, answer->company,
                                         answer->model, &status));
}

static dsm_handle_t address_handle(const struct usher_config_msg *answer)
{
    return dsm_address_find(answer->address,
                            usher_is_virtual(answer->address) ? answer->label : NULL);
}

static void fill_publications(config_server_evt_t *e, const struct usher_config_msg *answer)
{
    switch (e->type) {
    case CONFIG_SERVER_EVT_MODEL_PUBLICATION_GET:
        e->params.publication_get.model_handle = model_handle(answer);
        break;
    case CONFIG_SERVER_EVT_MODEL_PUBLICATION_SET:
    case CONFIG_SERVER_EVT_MODEL_PUBLICATION_VIRTUAL_ADDRESS_SET:
        e->params.model_publication_set.model_handle = model_handle(answer);
        break;
    case CONFIG_SERVER_EVT_MODEL_APP_BIND:
        e->params.model_app_bind.model_handle = model_handle(answer);
        e->params.model_app_bind.appkey_handle =
            dsm_appkey_index_to_appkey_handle(answer->app_index);
        break;
    case CONFIG_SERVER_EVT_MODEL_APP_UNBIND:
        e->params.model_app_unbind.model_handle = model_handle(answer);
        e->params.model_app_unbind.appkey_handle =
            dsm_appkey_index_to_appkey_handle(answer->app_index);
        break;
    case CONFIG_SERVER_EVT_SIG_MODEL_APP_GET:
    case CONFIG_SERVER_EVT_VENDOR_MODEL_APP_GET:
        e->params.model_app_get.model_handle = model_handle(answer);
        break;
    default:
        break;
    }
}

static void fill_subscriptions(config_server_evt_t *e, const struct usher_config_msg *answer)
{
    switch (e->type) {
    case CONFIG_SERVER_EVT_MODEL_SUBSCRIPTION_ADD:
    case CONFIG_SERVER_EVT_MODEL_SUBSCRIPTION_VIRTUAL_ADDRESS_ADD:
        e->params.model_subscription_add.model_handle = model_handle(answer);
        e->params.model_subscription_add.address_handle = address_handle(answer);
        break;
    case CONFIG_SERVER_EVT_MODEL_SUBSCRIPTION_DELETE:
    case CONFIG_SERVER_EVT_MODEL_SUBSCRIPTION_VIRTUAL_ADDRESS_DELETE:
        e->params.model_subscription_delete.model_handle = model_handle(answer);
        e->params.model_subscription_delete.address_handle =
            layer_stack()->models.server_had.address;
        break;
    case CONFIG_SERVER_EVT_MODEL_SUBSCRIPTION_OVERWRITE:
    case CONFIG_SERVER_EVT_MODEL_SUBSCRIPTION_VIRTUAL_ADDRESS_OVERWRITE:
        e->params.model_subscription_overwrite.model_handle = model_handle(answer);
        e->params.model_subscription_overwrite.address_handle = address_handle(answer);
        break;
    case CONFIG_SERVER_EVT_MODEL_SUBSCRIPTION_DELETE_ALL:
        e->params.model_subscription_delete_all.model_handle = model_handle(answer);
        break;
    case CONFIG_SERVER_EVT_SIG_MODEL_SUBSCRIPTION_GET:
    case CONFIG_SERVER_EVT_VENDOR_MODEL_SUBSCRIPTION_GET:
        e->params.model_subscription_get.model_handle = model_handle(answer);
        break;
    default:
        break;
    }
}

/* -- keys -------------------------------------------------------------------------------------- */

/* @retval false  A key that was not there was deleted. */
static bool fill_keys(config_server_evt_t *e, const struct usher_config_msg *answer)
{
    dsm_handle_t subnet = dsm_net_key_index_to_subnet_handle(answer->net_index);
    dsm_handle_t appkey = dsm_appkey_index_to_appkey_handle(answer->app_index);

    switch (e->type) {
    case CONFIG_SERVER_EVT_NETKEY_ADD:
        e->params.netkey_add.netkey_handle = subnet;
        return true;
    case CONFIG_SERVER_EVT_NETKEY_UPDATE:
        e->params.netkey_update.netkey_handle = subnet;
        return true;
    case CONFIG_SERVER_EVT_NETKEY_DELETE:
        e->params.netkey_delete.netkey_handle = layer_stack()->models.server_had.subnet;
        return e->params.netkey_delete.netkey_handle != DSM_HANDLE_INVALID;
    case CONFIG_SERVER_EVT_APPKEY_ADD:
        e->params.appkey_add.appkey_handle = appkey;
        return true;
    case CONFIG_SERVER_EVT_APPKEY_UPDATE:
        e->params.appkey_update.appkey_handle = appkey;
        return true;
    case CONFIG_SERVER_EVT_APPKEY_DELETE:
        e->params.appkey_delete.appkey_handle = layer_stack()->models.server_had.appkey;
        return e->params.appkey_delete.appkey_handle != DSM_HANDLE_INVALID;
    case CONFIG_SERVER_EVT_APPKEY_GET:
        e->params.appkey_get.netkey_index = answer->net_index;
        return true;
    case CONFIG_SERVER_EVT_KEY_REFRESH_PHASE_GET:
        e->params.key_refresh_phase_get.subnet_handle = subnet;
        return true;
    case CONFIG_SERVER_EVT_KEY_REFRESH_PHASE_SET:
        e->params.key_refresh_phase_set.kr_phase = (nrf_mesh_key_refresh_phase_t)answer->state;
        e->params.key_refresh_phase_set.subnet_handle = subnet;
        return true;
    default:
        return true;
    }
}

/* -- heartbeats -------------------------------------------------------------------------------- */

static void fill_heartbeats(config_server_evt_t *e)
{
    struct models_state *m = &layer_stack()->models;
    const struct usher_heartbeat *h = &layer_stack()->mesh.net.heartbeat;

    if (e->type == CONFIG_SERVER_EVT_HEARTBEAT_PUBLICATION_SET) {
        m->server_publication = (heartbeat_publication_state_t){ .dst = h->pub_dst,
                                                                 .count = h->pub_count,
                                                                 .period = h->pub_period_log,
                                                                 .ttl = h->pub_ttl,
                                                                 .features = h->pub_features,
                                                                 .netkey_index = h->pub_net_index };
        e->params.heartbeat_publication_set.p_publication_state = &m->server_publication;
    } else if (e->type == CONFIG_SERVER_EVT_HEARTBEAT_SUBSCRIPTION_SET) {
        m->server_subscription = layer_core_heartbeat_subscription(&layer_stack()->mesh);
        e->params.heartbeat_subscription_set.p_subscription_state = &m->server_subscription;
    }
}

/* -- the table --------------------------------------------------------------------------------- */

#define ROW(message, event, has_status)                                                            \
    {                                                                                              \
        USHER_CONFIG_##message, CONFIG_SERVER_EVT_##event, has_status                              \
    }

struct row {
    uint32_t opcode;
    config_server_evt_type_t type;
    bool has_status; /* of the answer: others than SUCCESS are not told */
};

/* Node Reset is told when it is done. */
static const struct row rows[] = {
    ROW(BEACON_GET, BEACON_GET, false),
    ROW(BEACON_SET, BEACON_SET, false),
    ROW(COMPOSITION_GET, COMPOSITION_DATA_GET, false),
    ROW(TTL_GET, DEFAULT_TTL_GET, false),
    ROW(TTL_SET, DEFAULT_TTL_SET, false),
    ROW(PROXY_GET, GATT_PROXY_GET, false),
    ROW(PROXY_SET, GATT_PROXY_SET, false),
    ROW(RELAY_GET, RELAY_GET, false),
    ROW(RELAY_SET, RELAY_SET, false),
    ROW(PUBLICATION_GET, MODEL_PUBLICATION_GET, true),
    ROW(PUBLICATION_SET, MODEL_PUBLICATION_SET, true),
    ROW(PUBLICATION_VIRTUAL_SET, MODEL_PUBLICATION_VIRTUAL_ADDRESS_SET, true),
    ROW(SUBSCRIPTION_ADD, MODEL_SUBSCRIPTION_ADD, true),
    ROW(SUBSCRIPTION_VIRTUAL_ADD, MODEL_SUBSCRIPTION_VIRTUAL_ADDRESS_ADD, true),
    ROW(SUBSCRIPTION_DELETE, MODEL_SUBSCRIPTION_DELETE, true),
    ROW(SUBSCRIPTION_VIRTUAL_DELETE, MODEL_SUBSCRIPTION_VIRTUAL_ADDRESS_DELETE, true),
    ROW(SUBSCRIPTION_OVERWRITE, MODEL_SUBSCRIPTION_OVERWRITE, true),
    ROW(SUBSCRIPTION_VIRTUAL_OVERWRITE, MODEL_SUBSCRIPTION_VIRTUAL_ADDRESS_OVERWRITE, true),
    ROW(SUBSCRIPTION_DELETE_ALL, MODEL_SUBSCRIPTION_DELETE_ALL, true),
    ROW(SIG_SUBSCRIPTION_GET, SIG_MODEL_SUBSCRIPTION_GET, true),
    ROW(VENDOR_SUBSCRIPTION_GET, VENDOR_MODEL_SUBSCRIPTION_GET, true),
    ROW(NETKEY_ADD, NETKEY_ADD, true),
    ROW(NETKEY_UPDATE, NETKEY_UPDATE, true),
    ROW(NETKEY_DELETE, NETKEY_DELETE, true),
    ROW(NETKEY_GET, NETKEY_GET, false),
    ROW(APPKEY_ADD, APPKEY_ADD, true),
    ROW(APPKEY_UPDATE, APPKEY_UPDATE, true),
    ROW(APPKEY_DELETE, APPKEY_DELETE, true),
    ROW(APPKEY_GET, APPKEY_GET, true),
    ROW(IDENTITY_GET, NODE_IDENTITY_GET, true),
    ROW(IDENTITY_SET, NODE_IDENTITY_SET, true),
    ROW(MODEL_APP_BIND, MODEL_APP_BIND, true),
    ROW(MODEL_APP_UNBIND, MODEL_APP_UNBIND, true),
    ROW(SIG_APP_GET, SIG_MODEL_APP_GET, true),
    ROW(VENDOR_APP_GET, VENDOR_MODEL_APP_GET, true),
    ROW(FRIEND_GET, FRIEND_GET, false),
    ROW(FRIEND_SET, FRIEND_SET, false),
    ROW(KEY_REFRESH_GET, KEY_REFRESH_PHASE_GET, true),
    ROW(KEY_REFRESH_SET, KEY_REFRESH_PHASE_SET, true),
    ROW(HEARTBEAT_PUB_GET, HEARTBEAT_PUBLICATION_GET, true),
    ROW(HEARTBEAT_PUB_SET, HEARTBEAT_PUBLICATION_SET, true),
    ROW(HEARTBEAT_SUB_GET, HEARTBEAT_SUBSCRIPTION_GET, true),
    ROW(HEARTBEAT_SUB_SET, HEARTBEAT_SUBSCRIPTION_SET, true),
    ROW(LPN_TIMEOUT_GET, LOW_POWER_NODE_POLLTIMEOUT_GET, false),
    ROW(NET_TRANSMIT_GET, NETWORK_TRANSMIT_GET, false),
    ROW(NET_TRANSMIT_SET, NETWORK_TRANSMIT_SET, false),
};

bool config_server_event_of(const struct usher_message *question,
                            const struct usher_config_msg *answer, config_server_evt_t *event)
{
    const struct row *row = NULL;

    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].opcode == question->opcode) {
            row = &rows[i];
        }
    }
    if (row == NULL || (row->has_status && answer->status != USHER_STATUS_SUCCESS)) {
        return false;
    }
    memset(event, 0, sizeof(*event));
    event->type = row->type;
    fill_publications(event, answer);
    fill_subscriptions(event, answer);
    fill_heartbeats(event);
    return fill_node(event, question, answer) && fill_keys(event, answer);
}
