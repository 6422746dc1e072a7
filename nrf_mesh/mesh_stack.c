/*
 * The stack as a whole (mesh_stack.h), made of its parts in the SDK's order.
 */
#include "mesh_stack.h"

#include "access_config.h"
#include "config_server.h"
#include "device_state_manager.h"
#include "flash_manager.h"
#include "hal.h"
#include "mesh_config.h"
#include "mesh_opt.h"
#include "model.h"
#include "net_state.h"
#include "nrf_mesh_config_app.h"
#include "stack.h"

#include <string.h>

static uint32_t init_models(const mesh_stack_models_init_params_t *p)
{
    uint32_t err = config_server_init(p->config_server_cb);

    if (err == NRF_SUCCESS) {
        err = health_server_init(mesh_stack_health_server_get(), 0, DEVICE_COMPANY_ID,
                                 p->health_server_attention_cb, p->p_health_server_selftest_array,
                                 p->health_server_num_selftests);
    }
    if (err == NRF_SUCCESS && p->models_init_cb != NULL) {
        p->models_init_cb();
    }
    return err;
}

/* What cannot be loaded is wiped, so that the next start is a new device's. */
static uint32_t load(void)
{
    struct nrf_mesh_stack *s = layer_stack();
    uint32_t dsm, access = NRF_SUCCESS;

    mesh_config_load();
    dsm = dsm_load_config_apply();
    if (dsm == NRF_SUCCESS) {
        access = access_load_config_apply();
    }
    if (dsm == NRF_ERROR_INVALID_DATA || access == NRF_ERROR_INVALID_DATA || s->core.config.lost) {
        s->core.config.lost = false;
        mesh_stack_config_clear();
        return NRF_ERROR_INVALID_DATA;
    }
    s->core.iv_set = mesh_stack_is_device_provisioned();
    return NRF_SUCCESS;
}

uint32_t mesh_stack_init(const mesh_stack_init_params_t *p_init_params, bool *p_device_provisioned)
{
    uint32_t err;

    if (p_init_params == NULL) {
        return NRF_ERROR_NULL;
    }
    err = nrf_mesh_init(&p_init_params->core);
    if (err != NRF_SUCCESS) {
        return err;
    }
    dsm_init();
    access_init();
    err = init_models(&p_init_params->models);
    if (err == NRF_SUCCESS) {
        err = access_compose();
    }
    if (err == NRF_SUCCESS) {
        err = load();
    }
    if (p_device_provisioned != NULL) {
        *p_device_provisioned = mesh_stack_is_device_provisioned();
    }
    return err;
}

uint32_t mesh_stack_start(void)
{
    layer_proxy_resume(layer_stack());
    return nrf_mesh_enable();
}

void mesh_stack_power_down(void)
{
    struct nrf_mesh_stack *s = layer_stack();

    if (!s->core.initialized) {
        return;
    }
    s->core.enabled = false;
    usher_radio(&s->usher, false);
    mesh_config_power_down();
    s->core.events |= CORE_EVENT_POWER_OFF;
    layer_core_wake();
}

static uint32_t check(const nrf_mesh_prov_provisioning_data_t *p_data)
{
    dsm_local_unicast_address_t local;
    uint32_t last = (uint32_t)p_data->address + ACCESS_ELEMENT_COUNT - 1u;

    dsm_local_unicast_addresses_get(&local);
    if (local.address_start != NRF_MESH_ADDR_UNASSIGNED) {
        return NRF_ERROR_FORBIDDEN;
    }
    if (!usher_is_unicast(p_data->address) || last > USHER_UNICAST_MAX) {
        return NRF_ERROR_INVALID_DATA;
    }
    return p_data->netkey_index > NRF_MESH_GLOBAL_KEY_INDEX_MAX ? NRF_ERROR_INVALID_PARAM
                                                                : NRF_SUCCESS;
}

static struct usher_prov_data data_of(const nrf_mesh_prov_provisioning_data_t *p_data)
{
    struct usher_prov_data data;

    memset(&data, 0, sizeof(data));
    memcpy(data.netkey, p_data->netkey, sizeof(data.netkey));
    data.netkey_index = p_data->netkey_index;
    data.iv_index = p_data->iv_index;
    data.address = p_data->address;
    data.flags.iv_update = p_data->flags.iv_update;
    data.flags.key_refresh = p_data->flags.key_refresh;
    return data;
}

uint32_t mesh_stack_provisioning_data_store(const nrf_mesh_prov_provisioning_data_t *p_prov_data,
                                            const uint8_t *p_devkey)
{
    struct nrf_mesh_stack *s = layer_stack();
    struct usher_prov_data data;
    dsm_handle_t handle;
    uint32_t err;

    if (p_prov_data == NULL || p_devkey == NULL) {
        return NRF_ERROR_NULL;
    }
    if (s->mesh.node == NULL) {
        return NRF_ERROR_INVALID_STATE;
    }
    err = check(p_prov_data);
    if (err != NRF_SUCCESS) {
        return err;
    }
    data = data_of(p_prov_data);
    err = (uint32_t)usher_mesh_provision(&s->mesh, &data, p_devkey);
    s->core.port.crypto->wipe(&data, sizeof(data));
    if (err != NRF_SUCCESS) {
        return err;
    }
    dsm_follow();
    s->core.iv_set = true;
    layer_config_changed();
    err = dsm_devkey_handle_get(p_prov_data->address, &handle);
    return err == NRF_SUCCESS ? config_server_bind(handle) : err;
}

void mesh_stack_config_clear(void)
{
    struct nrf_mesh_stack *s = layer_stack();

    if (!s->core.initialized) {
        return;
    }
    mesh_opt_clear();
    access_clear();
    dsm_clear(); /* what storage has without being a node, too */
    net_state_reset();
    layer_config_changed();
}

bool mesh_stack_is_device_provisioned(void)
{
    dsm_local_unicast_address_t local;

    dsm_local_unicast_addresses_get(&local);
    return local.address_start != NRF_MESH_ADDR_UNASSIGNED;
}

void mesh_stack_device_reset(void)
{
    if (flash_manager_is_stable()) {
        hal_device_reset(0);
    } else {
        layer_stack()->core.events |= CORE_EVENT_RESTART;
        layer_core_wake();
    }
}

uint32_t mesh_stack_persistence_flash_usage(const uint32_t **pp_start, uint32_t *p_length)
{
    return pp_start == NULL || p_length == NULL ? NRF_ERROR_NULL : NRF_ERROR_NOT_SUPPORTED;
}

health_server_t *mesh_stack_health_server_get(void)
{
    return health_server_of(layer_stack());
}
