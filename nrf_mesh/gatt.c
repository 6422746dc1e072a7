/*
 * What needs connections (ble.h, mesh_adv.h, nrf_sdh.h, nrf_sdh_ble.h, proxy.h): the stack has
 * none, and says so.
 */
#include "ble.h"
#include "mesh_adv.h"
#include "nrf_sdh.h"
#include "nrf_sdh_ble.h"
#include "proxy.h"

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

/* -- proxy.h ----------------------------------------------------------------------------------- */

void proxy_init(void)
{
}

uint32_t proxy_enable(void)
{
    return NRF_ERROR_NOT_SUPPORTED;
}

void proxy_disable(void)
{
}

uint32_t proxy_start(void)
{
    return NRF_ERROR_NOT_SUPPORTED;
}

uint32_t proxy_stop(void)
{
    return NRF_ERROR_NOT_SUPPORTED;
}

uint32_t proxy_node_id_enable(const nrf_mesh_beacon_info_t *p_beacon_info,
                              nrf_mesh_key_refresh_phase_t kr_phase)
{
    (void)p_beacon_info;
    (void)kr_phase;
    return NRF_ERROR_NOT_SUPPORTED;
}

uint32_t proxy_node_id_disable(void)
{
    return NRF_ERROR_NOT_SUPPORTED;
}

bool proxy_is_enabled(void)
{
    return false;
}

bool proxy_is_connected(void)
{
    return false;
}

uint32_t proxy_disconnect(void)
{
    return NRF_ERROR_NOT_SUPPORTED;
}
