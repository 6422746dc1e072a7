/*
 * The serial interface (nrf_mesh_serial.h): its life, the line (nrf_mesh_port.h), and the commands
 * that concern the device. The interface itself is the core's (usher/serial.h); here it gets the
 * node. Called by the application, by the line, and by the core for commands and events.
 *
 * It is made last in an application's start, and lives as long as the program.
 */
#include "nrf_mesh_serial.h"

#include "hal.h"
#include "mesh_opt_prov.h"
#include "nrf_mesh_configure.h"
#include "nrf_mesh_port.h"
#include "serial_parts.h"

#include <string.h>

#define CHANNELS_ALL 7u

static struct serial_state *serial(void)
{
    return &layer_stack()->serial;
}

enum usher_serial_status serial_status_of(uint32_t err)
{
    return usher_serial_status_of((enum usher_err)err); /* the codes are the SDK's */
}

/* -- the line ---------------------------------------------------------------------------------- */

uint32_t nrf_mesh_on_serial(void (*kick)(void *ctx), void *ctx)
{
    if (kick == NULL) {
        return NRF_ERROR_NULL;
    }
    if (serial()->state != NRF_MESH_SERIAL_STATE_UNINITIALIZED) {
        return NRF_ERROR_INVALID_STATE;
    }
    serial()->kick = kick;
    serial()->kick_ctx = ctx;
    return NRF_SUCCESS;
}

uint32_t nrf_mesh_serial_in(const uint8_t *p_octets, uint32_t length)
{
    if (serial()->state != NRF_MESH_SERIAL_STATE_RUNNING) {
        return 0;
    }
    return (uint32_t)usher_in_uart(&serial()->target, p_octets, length);
}

uint32_t nrf_mesh_serial_out(uint8_t *p_octets, uint32_t size)
{
    uint32_t len;

    if (serial()->state == NRF_MESH_SERIAL_STATE_UNINITIALIZED) {
        return 0;
    }
    len = (uint32_t)usher_uart_next(&serial()->target, p_octets, size);
    if (len != 0) {
        layer_core_wake(); /* what found no room is told now */
    }
    return len;
}

static void on_kick(void *user)
{
    const struct serial_state *s = &((struct nrf_mesh_stack *)user)->serial;

    if (s->kick != NULL) {
        s->kick(s->kick_ctx);
    }
}

/* -- the device's commands --------------------------------------------------------------------- */

static enum usher_serial_status beacon_start(struct serial_beacon *b,
                                             const struct usher_serial_packet *p)
{
    if (p->len > sizeof(b->adv.ad)) {
        return USHER_SERIAL_INVALID_LENGTH;
    }
    memcpy(b->adv.ad, p->data, p->len);
    b->adv.len = (uint8_t)p->len;
    return usher_serial_status_of(usher_advertise(&layer_stack()->usher, &b->adv));
}

static enum usher_serial_status beacon_params_set(struct serial_beacon *b,
                                                  const struct usher_serial_packet *p)
{
    struct usher *u = &layer_stack()->usher;

    if (p->interval_ms < USHER_OWN_ADV_MIN_MS || p->interval_ms > USHER_OWN_ADV_MAX_MS ||
        p->channel_map == 0 || p->channel_map > CHANNELS_ALL) {
        return USHER_SERIAL_INVALID_PARAMETER;
    }
    b->channel_map = p->channel_map;
    b->adv.interval_ms = (uint16_t)p->interval_ms;
    if (usher_advertise_stop(u, &b->adv) == USHER_OK) {
        return usher_serial_status_of(usher_advertise(u, &b->adv));
    }
    return USHER_SERIAL_SUCCESS;
}

static void beacon_params_get(const struct serial_beacon *b, struct usher_serial_packet *p)
{
    p->tx_power = SERIAL_CMD_TX_POWER_VALUE_0dBm; /* as ports do */
    p->channel_map = b->channel_map;
    p->interval_ms = b->adv.interval_ms;
}

static enum usher_serial_status beacon_command(struct nrf_mesh_stack *s,
                                               struct usher_serial_packet *p)
{
    struct serial_beacon *b;

    if (p->slot >= NRF_MESH_SERIAL_BEACON_SLOTS) {
        return USHER_SERIAL_INVALID_PARAMETER;
    }
    b = &s->serial.beacons[p->slot];
    switch (p->opcode) {
    case USHER_SERIAL_BEACON_START:
        return beacon_start(b, p);
    case USHER_SERIAL_BEACON_STOP:
        return usher_serial_status_of(usher_advertise_stop(&s->usher, &b->adv));
    case USHER_SERIAL_BEACON_PARAMS_SET:
        return beacon_params_set(b, p);
    default:
        beacon_params_get(b, p);
        return USHER_SERIAL_SUCCESS;
    }
}

static enum usher_serial_status address_get(const struct usher_port *port,
                                            struct usher_serial_packet *p)
{
    struct usher_ble_addr addr;

    if (port->own_addr == NULL || !port->own_addr(port->ctx, &addr)) {
        return USHER_SERIAL_REJECTED; /* the radio's, and nobody else knows it */
    }
    p->addr_type = addr.type;
    for (unsigned i = 0; i < sizeof(p->addr); i++) {
        p->addr[i] = addr.addr[sizeof(p->addr) - 1 - i];
    }
    return USHER_SERIAL_SUCCESS;
}

static enum usher_serial_status device_command(void *user, struct usher_serial_packet *p)
{
    struct nrf_mesh_stack *s = user;

    if (p->opcode >= USHER_SERIAL_BEACON_START && p->opcode <= USHER_SERIAL_BEACON_PARAMS_GET) {
        return beacon_command(s, p);
    }
    return p->opcode == USHER_SERIAL_ADV_ADDR_GET ? address_get(&s->core.port, p)
                                                  : USHER_SERIAL_CMD_UNKNOWN;
}

static void on_restart(void *user)
{
    (void)user;
    hal_device_reset(0);
}

static void on_application(void *user, const uint8_t *data, size_t len)
{
    const struct serial_state *s = &((struct nrf_mesh_stack *)user)->serial;

    s->app_rx_cb(data, (uint32_t)len);
}

/* -- life -------------------------------------------------------------------------------------- */

static bool on_session_event(const struct usher_event *event)
{
    return usher_serial_event(&serial()->target, event);
}

static const struct layer_host host = { .session_event = on_session_event,
                                        .run = serial_tell_net_state };

static void handlers_fill(struct nrf_mesh_stack *s)
{
    struct usher_serial_handler *h = s->serial.handlers;

    h[0] = (struct usher_serial_handler){ USHER_SERIAL_BEACON_START, USHER_SERIAL_ADV_ADDR_GET,
                                          device_command, s };
    h[1] = (struct usher_serial_handler){ USHER_SERIAL_MESH_ENABLE, USHER_SERIAL_NET_STATE_GET,
                                          serial_mesh_command, s };
    h[2] = (struct usher_serial_handler){ USHER_SERIAL_MODEL_PUB_ADDR_SET,
                                          USHER_SERIAL_ELEM_MODELS_GET, serial_access_command, s };
    h[3] = (struct usher_serial_handler){ USHER_SERIAL_MODELS_GET, USHER_SERIAL_MODEL_COMMAND,
                                          serial_model_command, s };
}

static struct usher_serial_config config_of(struct nrf_mesh_stack *s)
{
    struct usher_serial_config config = {
        .sessions = s->serial.sessions,
        .session_count = CONFIG_NUM_PROV_CONTEXTS,
        .tx = s->serial.tx,
        .tx_size = NRF_MESH_SERIAL_TX_SIZE,
        .slip = SERIAL_SLIP_ENCODING,
        .offload = s->core.ecdh_offloading,
        .handlers = s->serial.handlers,
        .handler_count = SERIAL_HANDLERS,
        .application = s->serial.app_rx_cb != NULL ? on_application : NULL,
        .restart = on_restart,
        .kick = on_kick,
        .user = s,
    };

    memcpy(config.uuid, nrf_mesh_configure_device_uuid_get(), sizeof(config.uuid));
    return config;
}

uint32_t nrf_mesh_serial_init(nrf_mesh_serial_app_rx_cb_t app_rx_cb)
{
    struct nrf_mesh_stack *s = layer_stack();
    struct usher_serial_config config;
    uint32_t err;

    if (s->serial.state != NRF_MESH_SERIAL_STATE_UNINITIALIZED || s->mesh.node == NULL) {
        return NRF_ERROR_INVALID_STATE;
    }
    s->serial.app_rx_cb = app_rx_cb;
    handlers_fill(s);
    config = config_of(s);
    err = (uint32_t)usher_serial_init(&s->serial.target, &s->usher, &config);
    if (err == NRF_SUCCESS) {
        err = dsm_keyless();
    }
    if (err != NRF_SUCCESS) {
        return err;
    }
    for (unsigned i = 0; i < NRF_MESH_SERIAL_BEACON_SLOTS; i++) {
        s->serial.beacons[i].adv.interval_ms = USHER_OWN_ADV_MIN_MS;
        s->serial.beacons[i].channel_map = CHANNELS_ALL;
    }
    s->serial.state = NRF_MESH_SERIAL_STATE_INITIALIZED;
    s->serial.event_handler.evt_cb = serial_on_event;
    nrf_mesh_evt_handler_add(&s->serial.event_handler);
    s->host = &host;
    return NRF_SUCCESS;
}

uint32_t nrf_mesh_serial_enable(void)
{
    uint32_t err;

    if (serial()->state != NRF_MESH_SERIAL_STATE_INITIALIZED) {
        return NRF_ERROR_INVALID_STATE;
    }
    err = (uint32_t)usher_serial_enable(&serial()->target);
    if (err == NRF_SUCCESS) {
        serial()->state = NRF_MESH_SERIAL_STATE_RUNNING;
    }
    return err;
}

nrf_mesh_serial_state_t nrf_mesh_serial_state_get(void)
{
    return serial()->state;
}

uint32_t nrf_mesh_serial_tx(uint8_t *p_data, uint32_t length)
{
    struct usher_serial_packet event = { .opcode = USHER_SERIAL_EVT_APPLICATION,
                                         .data = p_data,
                                         .len = (uint16_t)length };

    if (serial()->state != NRF_MESH_SERIAL_STATE_RUNNING) {
        return NRF_ERROR_INVALID_STATE;
    }
    if (p_data == NULL) {
        return NRF_ERROR_NULL;
    }
    if (length == 0 || length > NRF_MESH_SERIAL_PAYLOAD_MAXLEN) {
        return NRF_ERROR_INVALID_LENGTH;
    }
    return (uint32_t)usher_serial_tell(&serial()->target, &event);
}
