/*
 * Events (nrf_mesh_events.h): the application's handlers, and what the core's node tells in the
 * SDK's words.
 */
#include "nrf_mesh_events.h"

#include "dsm_parts.h"
#include "mesh_opt.h"
#include "nrf_mesh_utils.h"

#include <string.h>

/* -- handlers ---------------------------------------------------------------------------------- */

static nrf_mesh_evt_handler_t *handler_at(list_node_t *node)
{
    return (nrf_mesh_evt_handler_t *)(void *)((uint8_t *)node -
                                              offsetof(nrf_mesh_evt_handler_t, node));
}

static bool is_there(const struct core_state *core, const nrf_mesh_evt_handler_t *handler)
{
    LIST_FOREACH(node, core->p_handlers)
    {
        if (node == &handler->node) {
            return true;
        }
    }
    return false;
}

void nrf_mesh_evt_handler_add(nrf_mesh_evt_handler_t *p_handler_params)
{
    struct core_state *core = &layer_stack()->core;

    p_handler_params->is_removed = false;
    if (!is_there(core, p_handler_params)) {
        list_add(&core->p_handlers, &p_handler_params->node);
    }
}

void nrf_mesh_evt_handler_remove(nrf_mesh_evt_handler_t *p_handler_params)
{
    struct core_state *core = &layer_stack()->core;

    if (core->telling == 0) {
        (void)list_remove(&core->p_handlers, &p_handler_params->node);
    } else {
        p_handler_params->is_removed = is_there(core, p_handler_params);
    }
}

static void take_out_removed(struct core_state *core)
{
    list_node_t *node = core->p_handlers;

    while (node != NULL) {
        list_node_t *next = node->p_next;

        if (handler_at(node)->is_removed) {
            (void)list_remove(&core->p_handlers, node);
        }
        node = next;
    }
}

void layer_events_tell(const nrf_mesh_evt_t *event)
{
    struct core_state *core = &layer_stack()->core;

    core->telling++;
    LIST_FOREACH(node, core->p_handlers)
    {
        nrf_mesh_evt_handler_t *handler = handler_at(node);

        if (!handler->is_removed) {
            handler->evt_cb(event);
        }
    }
    core->telling--;
    if (core->telling == 0) {
        take_out_removed(core);
    }
}

/* -- the SDK's words --------------------------------------------------------------------------- */

static const uint8_t *network_id(const struct usher_mesh *m, uint16_t net_index)
{
    const struct usher_subnet *s = keys_subnet(&m->net.keys, net_index);

    return s != NULL ? keys_tx(s)->network_id : NULL;
}

/* Of the primary subnet, or else of the first one that the node has. */
static const uint8_t *any_network_id(const struct usher_mesh *m)
{
    const uint8_t *id = network_id(m, 0);

    for (uint16_t i = 0; id == NULL && i < m->net.keys.subnet_count; i++) {
        if (m->net.keys.subnets[i].used) {
            id = keys_tx(&m->net.keys.subnets[i])->network_id;
        }
    }
    return id;
}

static nrf_mesh_address_t address_of(uint16_t address, const uint8_t *label)
{
    return (nrf_mesh_address_t){ .type = nrf_mesh_address_type_get(address),
                                 .value = address,
                                 .p_virtual_uuid = label };
}

static void fill_net(const struct usher_mesh *m, uint16_t net_index,
                     nrf_mesh_network_secmat_t *secmat)
{
    const struct usher_subnet *s = keys_subnet(&m->net.keys, net_index);

    memset(secmat, 0, sizeof(*secmat));
    if (s != NULL) {
        dsm_net_secmat(s, secmat);
    }
}

static void fill_app(const struct usher_mesh *m, const struct usher_message *message,
                     nrf_mesh_application_secmat_t *secmat)
{
    const struct usher_appkey *a = keys_appkey(&m->net.keys, message->key);

    memset(secmat, 0, sizeof(*secmat));
    secmat->is_device_key = message->key > USHER_KEY_INDEX_MAX;
    if (message->key == USHER_KEY_REMOTE_DEVICE) {
        (void)dsm_device_key(layer_stack(), message->src, secmat->key);
    } else if (message->key == USHER_KEY_DEVICE) {
        memcpy(secmat->key, m->net.keys.device_key, NRF_MESH_KEY_SIZE);
    } else if (a != NULL) {
        dsm_app_secmat(a, secmat);
    }
}

static void tell_message(struct usher_mesh *m, const struct usher_mesh_event *event)
{
    const struct usher_message *message = event->params.message.message;
    nrf_mesh_network_secmat_t net;
    nrf_mesh_application_secmat_t app;
    nrf_mesh_evt_t e = { .type = NRF_MESH_EVT_MESSAGE_RECEIVED };

    fill_net(m, message->net_index, &net);
    fill_app(m, message, &app);
    e.params.message.p_buffer = event->params.message.data;
    e.params.message.length = (uint16_t)event->params.message.len;
    e.params.message.src = address_of(message->src, NULL);
    e.params.message.dst = address_of(message->dst, message->label);
    e.params.message.secmat.p_net = &net;
    e.params.message.secmat.p_app = &app;
    e.params.message.ttl = message->ttl;
    e.params.message.p_metadata = layer_core_metadata(message->src);
    layer_events_tell(&e);
    m->net.crypto->wipe(&net, sizeof(net));
    m->net.crypto->wipe(&app, sizeof(app));
}

static void tell_sent(const struct usher_mesh_event *event)
{
    nrf_mesh_evt_t e = { .type = NRF_MESH_EVT_TX_COMPLETE };

    if (event->params.sent.delivered) {
        e.params.tx_complete.token = event->params.sent.token;
        e.params.tx_complete.timestamp = timer_now();
    } else {
        e.type = NRF_MESH_EVT_SAR_FAILED;
        e.params.sar_failed.token = event->params.sent.token;
        e.params.sar_failed.reason = NRF_MESH_SAR_CANCEL_REASON_RETRY_OVER;
    }
    layer_events_tell(&e);
}

static void tell_iv(const struct usher_mesh *m, const struct usher_mesh_event *event)
{
    nrf_mesh_evt_t e = { .type = NRF_MESH_EVT_IV_UPDATE_NOTIFICATION };

    e.params.iv_update.state =
        event->params.iv.updating ? NET_STATE_IV_UPDATE_IN_PROGRESS : NET_STATE_IV_UPDATE_NORMAL;
    e.params.iv_update.p_network_id = any_network_id(m);
    e.params.iv_update.iv_index = event->params.iv.index;
    layer_events_tell(&e);
    layer_config_changed();
}

static void tell_key_refresh(const struct usher_mesh *m, const struct usher_mesh_event *event)
{
    nrf_mesh_evt_t e = { .type = NRF_MESH_EVT_KEY_REFRESH_NOTIFICATION };

    dsm_follow();
    e.params.key_refresh.subnet_index = event->params.key_refresh.net_index;
    e.params.key_refresh.p_network_id = network_id(m, event->params.key_refresh.net_index);
    e.params.key_refresh.phase = (nrf_mesh_key_refresh_phase_t)event->params.key_refresh.phase;
    layer_events_tell(&e);
    layer_config_changed();
}

static void tell_beacon(const struct usher_mesh *m, const struct usher_mesh_event *event)
{
    const struct usher_subnet *s = keys_subnet(&m->net.keys, event->params.beacon.net_index);
    nrf_mesh_evt_t e = { .type = NRF_MESH_EVT_NET_BEACON_RECEIVED };
    nrf_mesh_evt_net_beacon_received_t *b = &e.params.net_beacon;
    nrf_mesh_beacon_info_t info;

    if (s == NULL) {
        return;
    }
    dsm_beacon_info(s, &info);
    b->p_beacon_info = &info;
    b->p_beacon_secmat = event->params.beacon.new_key ? &info.secmat_updated : &info.secmat;
    b->p_rx_metadata = layer_core_metadata(NRF_MESH_ADDR_UNASSIGNED);
    b->p_auth_value = event->params.beacon.auth;
    b->iv_index = event->params.beacon.iv_index;
    b->flags.iv_update = event->params.beacon.updating ? NET_STATE_IV_UPDATE_IN_PROGRESS
                                                       : NET_STATE_IV_UPDATE_NORMAL;
    b->flags.key_refresh = event->params.beacon.key_refresh;
    layer_events_tell(&e);
    m->net.crypto->wipe(&info, sizeof(info));
}

static void tell_heartbeat(const struct usher_mesh_event *event)
{
    nrf_mesh_evt_t e = { .type = NRF_MESH_EVT_HB_MESSAGE_RECEIVED };

    e.params.hb_message.init_ttl = event->params.heartbeat.init_ttl;
    e.params.hb_message.hops = event->params.heartbeat.hops;
    e.params.hb_message.features = event->params.heartbeat.features;
    e.params.hb_message.src = event->params.heartbeat.src;
    layer_events_tell(&e);
}

heartbeat_subscription_state_t layer_core_heartbeat_subscription(const struct usher_mesh *m)
{
    const struct usher_heartbeat *h = &m->net.heartbeat;
    uint64_t now = usher_mesh_now(m);

    return (heartbeat_subscription_state_t){
        .src = h->sub_src,
        .dst = h->sub_dst,
        .period = h->sub_until > now ? (uint32_t)((h->sub_until - now) / 1000u) : 0,
        .count = h->sub_count,
        .min_hops = h->min_hops,
        .max_hops = h->max_hops,
    };
}

/* Whom heartbeats are taken from, if that was set anew. */
static void tell_subscription(const struct usher_mesh *m)
{
    heartbeat_subscription_state_t *told = &layer_stack()->core.heartbeat, old = *told;
    heartbeat_subscription_state_t now = layer_core_heartbeat_subscription(m);
    nrf_mesh_evt_t e = { .type = NRF_MESH_EVT_HB_SUBSCRIPTION_CHANGE };

    if (now.src == old.src && now.dst == old.dst && now.period <= old.period &&
        (now.period == 0) == (old.period == 0)) {
        told->period = now.period;
        return;
    }
    *told = now;
    e.params.hb_subscription_change.p_old = &old;
    e.params.hb_subscription_change.p_new = &now;
    layer_events_tell(&e);
}

static void tell_storage(void)
{
    nrf_mesh_evt_t e = { .type = NRF_MESH_EVT_CONFIG_STORAGE_FAILURE };

    e.params.config_storage_failure.id.file = MESH_OPT_DSM_FILE_ID;
    layer_events_tell(&e);
}

/* Keys, bindings or addresses changed, or the node is none any more. */
static void changed(struct usher_mesh *m)
{
    if (!mesh_is_node(m)) {
        layer_stack()->core.iv_set = false;
    }
    dsm_follow();
    tell_subscription(m);
    layer_config_changed();
}

void layer_core_on_event(void *user, struct usher_mesh *m, const struct usher_mesh_event *event)
{
    struct nrf_mesh_stack *before = layer_stack_enter(user);

    switch (event->type) {
    case USHER_MESH_EVT_RESET:
        changed(m);
        config_server_was_reset();
        break;
    case USHER_MESH_EVT_CONFIGURED:
        changed(m);
        break;
    case USHER_MESH_EVT_IV:
        tell_iv(m, event);
        break;
    case USHER_MESH_EVT_KEY_REFRESH:
        tell_key_refresh(m, event);
        break;
    case USHER_MESH_EVT_SENT:
        tell_sent(event);
        break;
    case USHER_MESH_EVT_HEARTBEAT:
        tell_heartbeat(event);
        break;
    case USHER_MESH_EVT_STORAGE:
        tell_storage();
        break;
    case USHER_MESH_EVT_MESSAGE:
        tell_message(m, event);
        break;
    case USHER_MESH_EVT_BEACON:
        tell_beacon(m, event);
        break;
    }
    (void)layer_stack_enter(before);
}
