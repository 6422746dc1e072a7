/*
 * Connections: GATT of the core's for a program that has it (nrf_mesh_gatt.h), which core.c makes
 * part of the instance. And what a program cannot do with them here, as they are the core's and the
 * port's: services and advertisements of its own (ble.h, mesh_adv.h, nrf_sdh.h, nrf_sdh_ble.h).
 */
#include "ble.h"
#include "mesh_adv.h"
#include "nrf_mesh_config_prov.h"
#include "nrf_sdh.h"
#include "nrf_sdh_ble.h"
#include "stack.h"

#if MESH_FEATURE_GATT_ENABLED

/* Connections to the proxy; the layer is no client of another one. */
static void on_event(void *user, struct usher_gatt *g, const struct usher_gatt_event *event)
{
    struct nrf_mesh_stack *s = user, *before = layer_stack_enter(s);
    bool connected = event->type == USHER_GATT_EVT_CONNECTED;

    (void)g;
    if (connected || event->type == USHER_GATT_EVT_DISCONNECTED) {
        layer_proxy_client(s, event->params.connection.conn, connected);
    }
    (void)layer_stack_enter(before);
}

static void on_heard(void *user, struct usher_gatt *g, uint8_t conn)
{
    struct nrf_mesh_stack *s = user, *before = layer_stack_enter(s);

    (void)g;
    s->core.heard = (nrf_mesh_rx_metadata_t){ .source = NRF_MESH_RX_SOURCE_GATT };
    s->core.heard.params.gatt.timestamp = timer_now();
    s->core.heard.params.gatt.connection_index = conn;
    (void)layer_stack_enter(before);
}

void layer_gatt_init(struct nrf_mesh_stack *s)
{
    const struct usher_gatt_config config = {
        .links = s->gatt.links,
        .link_count = MESH_GATT_CONNECTIONS_MAX,
        .adv_interval_ms = NRF_MESH_PROV_BEARER_GATT_UNPROV_BEACON_INTERVAL_MS,
        .handler = on_event,
        .heard = on_heard,
        .user = s,
    };

    (void)usher_gatt_init(&s->gatt.gatt, &s->usher, &config);
}

#else

void layer_gatt_init(struct nrf_mesh_stack *s)
{
    (void)s;
}

#endif

/* -- the vendor's stack ------------------------------------------------------------------------ */

uint32_t sd_ble_cfg_set(uint32_t cfg_id, const ble_cfg_t *p_cfg, uint32_t app_ram_base)
{
    (void)cfg_id;
    (void)p_cfg;
    (void)app_ram_base;
    return NRF_ERROR_NOT_SUPPORTED;
}

uint32_t nrf_sdh_enable_request(void)
{
    return NRF_ERROR_NOT_SUPPORTED;
}

uint32_t nrf_sdh_disable_request(void)
{
    return NRF_ERROR_NOT_SUPPORTED;
}

uint32_t nrf_sdh_ble_default_cfg_set(uint8_t conn_cfg_tag, uint32_t *p_ram_start)
{
    (void)conn_cfg_tag;
    (void)p_ram_start;
    return NRF_ERROR_NOT_SUPPORTED;
}

uint32_t nrf_sdh_ble_enable(uint32_t *p_app_ram_start)
{
    (void)p_app_ram_start;
    return NRF_ERROR_NOT_SUPPORTED;
}

/* -- mesh_adv.h -------------------------------------------------------------------------------- */

void mesh_adv_data_set(uint16_t service_uuid, const uint8_t *p_service_data, uint8_t length)
{
    (void)service_uuid;
    (void)p_service_data;
    (void)length;
}

void mesh_adv_params_set(uint32_t timeout_ms, uint32_t interval_units)
{
    (void)timeout_ms;
    (void)interval_units;
}

uint32_t mesh_adv_start(void)
{
    return NRF_ERROR_NOT_SUPPORTED;
}

void mesh_adv_stop(void)
{
}
