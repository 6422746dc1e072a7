/*
 * The stack's life (nrf_mesh.h): made on a port, on the air and off it, its turn in the instance's
 * rounds, and messages that an application sends past the access layer.
 */
#include "nrf_mesh.h"

#include "ct.h"
#include "hal.h"
#include "mesh_opt.h"
#include "model.h"
#include "nrf_mesh_config_prov.h"
#include "nrf_mesh_configure.h"
#include "nrf_mesh_externs.h"
#include "nrf_mesh_port.h"
#include "nrf_mesh_utils.h"
#include "stack.h"

#include <string.h>

#define TTL_OF_SELF 1u /* is never sent */

/* -- the port ---------------------------------------------------------------------------------- */

uint32_t nrf_mesh_on_port(const struct usher_port *p_port)
{
    struct nrf_mesh_stack *s = layer_stack();

    if (p_port == NULL) {
        return NRF_ERROR_NULL;
    }
    if (s->core.initialized) {
        return NRF_ERROR_INVALID_STATE;
    }
    s->port = p_port;
    return NRF_SUCCESS;
}

void layer_core_wake(void)
{
    if (layer_stack()->core.initialized) {
        usher_work(&layer_stack()->usher);
    }
}

static void tell(nrf_mesh_evt_type_t type)
{
    nrf_mesh_evt_t e = { .type = type };

    layer_events_tell(&e);
}

/* What was begun by a call is told from here; but for DISABLED not before all is stored. */
static void tell_events(struct core_state *core)
{
    unsigned events = core->events;

    if (mesh_config_is_busy()) {
        events &= CORE_EVENT_DISABLED;
    }
    core->events &= ~events;
    if ((events & CORE_EVENT_DISABLED) != 0) {
        tell(NRF_MESH_EVT_DISABLED);
    }
    if ((events & CORE_EVENT_ENABLED) != 0) {
        tell(NRF_MESH_EVT_ENABLED);
    }
    if ((events & CORE_EVENT_POWER_OFF) != 0) {
        tell(NRF_MESH_EVT_READY_TO_POWER_OFF);
    }
    if ((events & CORE_EVENT_RESTART) != 0) {
        hal_device_reset(0);
    }
}

/* The stack's turn in a round of the instance. */
static uint64_t core_work(void *user, struct usher *u, uint64_t now)
{
    struct nrf_mesh_stack *s = user, *before = layer_stack_enter(s);
    uint64_t at, timers;

    (void)u;
    s->core.port.adv_slots = s->port->adv_slots; /* a controller may come, go and be another one */
    at = layer_config_run(now);
    layer_proxy_run(s);
    tell_events(&s->core);
    if (s->host != NULL) {
        s->host->run();
    }
    timers = layer_timers_run(s, now);
    if ((s->core.events != 0 || !s->core.config.stable) && !mesh_config_is_busy()) {
        at = now;
    }
    (void)layer_stack_enter(before);
    return timers < at ? timers : at;
}

static void core_heard(void *user, struct usher *u, const struct usher_adv_report *report)
{
    struct nrf_mesh_stack *s = user, *before = layer_stack_enter(s);
    nrf_mesh_rx_metadata_scanner_t *heard = &s->core.heard.params.scanner;

    (void)u;
    s->core.heard.source = NRF_MESH_RX_SOURCE_SCANNER;
    memset(heard, 0, sizeof(*heard));
    heard->timestamp = timer_now();
    heard->access_addr = 0x8E89BED6u; /* of all advertisements */
    heard->channel = 37;              /* a port does not tell which of the three */
    heard->rssi = report->rssi;
    heard->adv_type = (uint8_t)report->type;
    for (unsigned i = 0; i < BLE_GAP_ADDR_LEN; i++) {
        heard->adv_addr.addr[i] = report->addr[BLE_GAP_ADDR_LEN - 1 - i];
    }
    if (s->core.rx_cb != NULL) {
        nrf_mesh_adv_packet_rx_data_t packet = { .adv_type = (uint8_t)report->type,
                                                 .length = report->len,
                                                 .p_payload = report->data,
                                                 .p_metadata = &s->core.heard };

        s->core.rx_cb(&packet);
    }
    (void)layer_stack_enter(before);
}

bool layer_core_relay(void *user, uint16_t src, uint16_t dst, uint8_t ttl)
{
    struct nrf_mesh_stack *s = user, *before = layer_stack_enter(s);
    bool relay = s->core.relay_cb == NULL || s->core.relay_cb(src, dst, ttl);

    (void)layer_stack_enter(before);
    return relay;
}

const nrf_mesh_rx_metadata_t *layer_core_metadata(uint16_t src)
{
    static const nrf_mesh_rx_metadata_t loopback = { .source = NRF_MESH_RX_SOURCE_LOOPBACK };
    struct nrf_mesh_stack *s = layer_stack();

    return src != 0 && net_is_element(&s->mesh.net, src) ? &loopback : &s->core.heard;
}

/* -- life -------------------------------------------------------------------------------------- */

static void take_port(struct nrf_mesh_stack *s)
{
    s->core.port = *s->port;
#if !PERSISTENT_STORAGE
    s->core.port.kv_get = NULL;
    s->core.port.kv_set = NULL;
    s->core.port.kv_del = NULL;
#endif
}

uint32_t nrf_mesh_init(const nrf_mesh_init_params_t *p_init_params)
{
    struct nrf_mesh_stack *s = layer_stack();
    struct usher_config config = { .handler = prov_on_event,
                                   .user = s,
                                   .beacon_interval_ms =
                                       NRF_MESH_PROV_BEARER_ADV_UNPROV_BEACON_INTERVAL_MS,
                                   .work = core_work,
                                   .heard = core_heard };
    enum usher_err err;

    if (s->core.initialized) {
        return NRF_ERROR_INVALID_STATE;
    }
    if (p_init_params == NULL) {
        return NRF_ERROR_NULL;
    }
    if (p_init_params->irq_priority != NRF_MESH_IRQ_PRIORITY_THREAD &&
        p_init_params->irq_priority != NRF_MESH_IRQ_PRIORITY_LOWEST) {
        return NRF_ERROR_INVALID_PARAM;
    }
    if (s->port == NULL) {
        return NRF_ERROR_SOFTDEVICE_NOT_ENABLED;
    }
    take_port(s);
    err = usher_init(&s->usher, &s->core.port, &config);
    if (err != USHER_OK) {
        return (uint32_t)err;
    }
    layer_gatt_init(s);
    usher_radio(&s->usher, false);
    s->core.relay_cb = p_init_params->relay_cb;
    if (p_init_params->p_uuid != NULL) {
        nrf_mesh_configure_device_uuid_set(p_init_params->p_uuid);
    } else {
        nrf_mesh_configure_device_uuid_reset();
    }
    mesh_config_init();
    mesh_opt_init();
    s->core.initialized = true;
    return NRF_SUCCESS;
}

uint32_t nrf_mesh_enable(void)
{
    struct nrf_mesh_stack *s = layer_stack();

    if (!s->core.initialized || s->core.enabled) {
        return NRF_ERROR_INVALID_STATE;
    }
    s->core.enabled = true;
    usher_radio(&s->usher, true);
    s->core.events |= CORE_EVENT_ENABLED;
    layer_core_wake();
    return NRF_SUCCESS;
}

uint32_t nrf_mesh_disable(void)
{
    struct nrf_mesh_stack *s = layer_stack();

    if (!s->core.enabled) {
        return NRF_ERROR_INVALID_STATE;
    }
    s->core.enabled = false;
    usher_radio(&s->usher, false);
    s->core.events |= CORE_EVENT_DISABLED;
    layer_core_wake();
    return NRF_SUCCESS;
}

bool nrf_mesh_process(void)
{
    struct nrf_mesh_stack *s = layer_stack();
    const struct usher_port *port = &s->core.port;

    if (!s->core.initialized) {
        return true;
    }
    if (s->core.poll != NULL) {
        s->core.poll(s->core.poll_ctx);
    } else {
        usher_process(&s->usher);
    }
    return s->usher.wake > port->now_ms(port->ctx);
}

uint32_t nrf_mesh_on_sd_evt(uint32_t sd_evt)
{
    (void)sd_evt;
    return NRF_SUCCESS;
}

void nrf_mesh_rx_cb_set(nrf_mesh_rx_cb_t rx_cb)
{
    layer_stack()->core.rx_cb = rx_cb;
}

void nrf_mesh_rx_cb_clear(void)
{
    layer_stack()->core.rx_cb = NULL;
}

void nrf_mesh_subnet_added(uint16_t net_key_index, const uint8_t *p_network_id)
{
    (void)net_key_index;
    (void)p_network_id;
}

nrf_mesh_tx_token_t nrf_mesh_unique_token_get(void)
{
    struct core_state *core = &layer_stack()->core;

    core->last_token = core->last_token + 1 < CLIENT_TOKEN ? core->last_token + 1 : 1;
    return core->last_token;
}

/* -- what others ask (nrf_mesh_externs.h) ------------------------------------------------------ */

void nrf_mesh_unicast_address_get(uint16_t *p_addr_start, uint16_t *p_addr_count)
{
    const struct usher_net *n = &layer_stack()->mesh.net;

    *p_addr_start = n->address;
    *p_addr_count = n->address != NRF_MESH_ADDR_UNASSIGNED ? n->elements : 0;
}

bool nrf_mesh_is_address_rx(const nrf_mesh_address_t *p_addr)
{
    const struct usher_net *n = &layer_stack()->mesh.net;

    return n->address != NRF_MESH_ADDR_UNASSIGNED &&
           (net_is_ours(n, p_addr->value) ||
            (!usher_is_unicast(p_addr->value) &&
             n->directory->subscribed(n->directory_ctx, p_addr->value)));
}

bool nrf_mesh_is_device_provisioned(void)
{
    return layer_stack()->mesh.net.address != NRF_MESH_ADDR_UNASSIGNED;
}

/* -- messages ---------------------------------------------------------------------------------- */

/* @retval false  Not a device key that goes with this destination. */
static bool device_key_of(struct nrf_mesh_stack *s, const uint8_t *key, uint16_t dst, uint16_t *out)
{
    uint8_t other[USHER_KEY_SIZE];
    bool is_other = dsm_device_key(s, dst, other) && ct_equal(other, key, sizeof(other));

    s->usher.port->crypto->wipe(other, sizeof(other));
    *out = is_other ? USHER_KEY_REMOTE_DEVICE : USHER_KEY_DEVICE;
    return is_other || ct_equal(s->mesh.net.keys.device_key, key, USHER_KEY_SIZE);
}

static bool key_of(struct nrf_mesh_stack *s, const nrf_mesh_application_secmat_t *secmat,
                   uint16_t dst, uint16_t *out)
{
    return secmat->is_device_key ? device_key_of(s, secmat->key, dst, out)
                                 : dsm_appkey_handle_to_appkey_index(dsm_appkey_handle_get(secmat),
                                                                     out) == NRF_SUCCESS;
}

static uint32_t check_tx(const struct usher_net *n, const nrf_mesh_tx_params_t *p)
{
    if (p == NULL || p->p_data == NULL || p->security_material.p_net == NULL ||
        p->security_material.p_app == NULL) {
        return NRF_ERROR_NULL;
    }
    if (p->dst.value == NRF_MESH_ADDR_UNASSIGNED || p->dst.type == NRF_MESH_ADDRESS_TYPE_INVALID ||
        p->dst.type != nrf_mesh_address_type_get(p->dst.value) ||
        (p->dst.type == NRF_MESH_ADDRESS_TYPE_VIRTUAL && p->dst.p_virtual_uuid == NULL) ||
        n->address == NRF_MESH_ADDR_UNASSIGNED || !net_is_element(n, p->src)) {
        return NRF_ERROR_INVALID_ADDR;
    }
    if (p->ttl > NRF_MESH_TTL_MAX || p->ttl == TTL_OF_SELF ||
        (unsigned)p->transmic_size >= NRF_MESH_TRANSMIC_SIZE_INVALID) {
        return NRF_ERROR_INVALID_PARAM;
    }
    if (p->data_len == 0 || p->data_len > NRF_MESH_SEG_PAYLOAD_SIZE_MAX) {
        return NRF_ERROR_INVALID_LENGTH;
    }
    return NRF_SUCCESS;
}

/* The SDK's codes for what transport answers. */
static uint32_t tx_code(enum usher_err err)
{
    switch (err) {
    case USHER_E_BUSY:
        return NRF_ERROR_INVALID_STATE;
    case USHER_E_RESOURCES:
        return NRF_ERROR_FORBIDDEN;
    case USHER_E_SIZE:
        return NRF_ERROR_INVALID_LENGTH;
    default:
        return (uint32_t)err;
    }
}

uint32_t nrf_mesh_packet_send(const nrf_mesh_tx_params_t *p_params, uint32_t *p_packet_reference)
{
    struct nrf_mesh_stack *s = layer_stack();
    struct usher_mesh *m = &s->mesh;
    const nrf_mesh_secmat_t *secmat;
    struct usher_target target = { 0 };
    uint32_t token, err = check_tx(&m->net, p_params);

    if (err != NRF_SUCCESS) {
        return err;
    }
    secmat = &p_params->security_material;
    if (dsm_subnet_handle_to_netkey_index(dsm_subnet_handle_get(secmat->p_net),
                                          &target.net_index) != NRF_SUCCESS ||
        !key_of(s, secmat->p_app, p_params->dst.value, &target.key)) {
        return NRF_ERROR_NOT_FOUND;
    }
    target.dst = p_params->dst.value;
    target.label = p_params->dst.p_virtual_uuid;
    target.ttl = p_params->ttl;
    target.segmented = p_params->force_segmented;
    token = p_params->tx_token < CLIENT_TOKEN ? p_params->tx_token : 0;
    err = tx_code(access_send(m, usher_mesh_now(m), p_params->src, &target, p_params->p_data,
                              p_params->data_len, token));
    if (err == NRF_SUCCESS) {
        s->core.packets++;
        layer_core_wake();
    }
    if (err == NRF_SUCCESS && p_packet_reference != NULL) {
        *p_packet_reference = s->core.packets;
    }
    return err;
}
