/*
 * The stack's options: mesh_opt.h, mesh_opt_prov.h, mesh_opt_core.h, and by number nrf_mesh_opt.h;
 * proxy.c has the one of mesh_opt_gatt.h. Offloading is an entry; how often PDUs are sent is a
 * state of the node's, which the core keeps.
 */
#include "mesh_opt.h"

#include "mesh_opt_core.h"
#include "mesh_opt_prov.h"
#include "model.h"
#include "nrf_mesh_opt.h"
#include "stack.h"

#define STEP_MS 10u
#define COUNT_MAX 8u
#define INTERVAL_MAX_MS 320u

MESH_CONFIG_FILE(m_mesh_opt_core_file, MESH_OPT_CORE_FILE_ID, MESH_CONFIG_STRATEGY_CONTINUOUS);

/* -- offloading -------------------------------------------------------------------------------- */

static uint32_t offloading_set(mesh_config_entry_id_t id, const void *p_entry)
{
    (void)id;
    layer_stack()->core.ecdh_offloading = *(const bool *)p_entry;
    return NRF_SUCCESS;
}

static void offloading_get(mesh_config_entry_id_t id, void *p_entry)
{
    (void)id;
    *(bool *)p_entry = layer_stack()->core.ecdh_offloading;
}

static void offloading_delete(mesh_config_entry_id_t id)
{
    (void)id;
    layer_stack()->core.ecdh_offloading = false;
}

MESH_CONFIG_ENTRY(mesh_opt_prov_ecdh_offloading, MESH_OPT_PROV_ECDH_OFFLOADING_EID, 1, sizeof(bool),
                  offloading_set, offloading_get, offloading_delete, true);

uint32_t mesh_opt_prov_ecdh_offloading_set(bool enabled)
{
    return mesh_config_entry_set(MESH_OPT_PROV_ECDH_OFFLOADING_EID, &enabled);
}

uint32_t mesh_opt_prov_ecdh_offloading_get(bool *p_enabled)
{
    return mesh_config_entry_get(MESH_OPT_PROV_ECDH_OFFLOADING_EID, p_enabled);
}

void mesh_opt_init(void)
{
    layer_stack()->core.ecdh_offloading = false;
}

void mesh_opt_clear(void)
{
    mesh_config_file_clear(MESH_OPT_CORE_FILE_ID);
}

/* -- transmissions ----------------------------------------------------------------------------- */

static bool is_ready(void)
{
    return layer_stack()->mesh.node != NULL;
}

uint32_t mesh_opt_core_adv_set(core_tx_role_t role, const mesh_opt_core_adv_t *p_entry)
{
    struct usher_net *n = &layer_stack()->mesh.net;
    uint8_t transmit;

    if (p_entry == NULL) {
        return NRF_ERROR_NULL;
    }
    if ((unsigned)role >= CORE_TX_ROLE_COUNT) {
        return NRF_ERROR_NOT_FOUND;
    }
    if (p_entry->tx_count == 0 || p_entry->tx_count > COUNT_MAX ||
        p_entry->tx_interval_ms < STEP_MS || p_entry->tx_interval_ms > INTERVAL_MAX_MS ||
        (role == CORE_TX_ROLE_ORIGINATOR && !p_entry->enabled)) {
        return NRF_ERROR_INVALID_PARAM;
    }
    if (!is_ready()) {
        return NRF_ERROR_INVALID_STATE;
    }
    transmit = (uint8_t)((p_entry->tx_count - 1u) | (p_entry->tx_interval_ms / STEP_MS - 1u) << 3);
    if (role == CORE_TX_ROLE_ORIGINATOR) {
        n->net_transmit = transmit;
    } else if ((n->features & USHER_FEATURE_RELAY) == 0) {
        return NRF_ERROR_NOT_SUPPORTED;
    } else {
        n->relay = p_entry->enabled;
        n->relay_retransmit = transmit;
    }
    manage_settings_changed(&layer_stack()->mesh);
    layer_config_changed();
    return NRF_SUCCESS;
}

uint32_t mesh_opt_core_adv_get(core_tx_role_t role, mesh_opt_core_adv_t *p_entry)
{
    const struct usher_net *n = &layer_stack()->mesh.net;
    bool relay = role == CORE_TX_ROLE_RELAY;
    uint8_t transmit = relay ? n->relay_retransmit : n->net_transmit;

    if (p_entry == NULL) {
        return NRF_ERROR_NULL;
    }
    if ((unsigned)role >= CORE_TX_ROLE_COUNT) {
        return NRF_ERROR_NOT_FOUND;
    }
    if (!is_ready()) {
        return NRF_ERROR_INVALID_STATE;
    }
    p_entry->enabled = !relay || n->relay == 1;
    p_entry->tx_count = (uint8_t)((transmit & 7u) + 1u);
    p_entry->tx_interval_ms = (uint16_t)(((transmit >> 3) + 1u) * STEP_MS);
    return NRF_SUCCESS;
}

uint32_t mesh_opt_core_tx_power_set(core_tx_role_t role, radio_tx_power_t tx_power)
{
    (void)role;
    (void)tx_power;
    return NRF_ERROR_NOT_SUPPORTED;
}

uint32_t mesh_opt_core_tx_power_get(core_tx_role_t role, radio_tx_power_t *p_tx_power)
{
    (void)role;
    (void)p_tx_power;
    return NRF_ERROR_NOT_SUPPORTED;
}

uint32_t mesh_opt_core_adv_addr_set(core_tx_role_t role, const ble_gap_addr_t *p_addr)
{
    (void)role;
    (void)p_addr;
    return NRF_ERROR_NOT_SUPPORTED;
}

uint32_t mesh_opt_core_adv_addr_get(core_tx_role_t role, ble_gap_addr_t *p_addr)
{
    (void)role;
    (void)p_addr;
    return NRF_ERROR_NOT_SUPPORTED;
}

/* -- by number --------------------------------------------------------------------------------- */

/* What of transmissions an option is. */
static uint32_t *field_of(nrf_mesh_opt_id_t id, core_tx_role_t *role, uint32_t fields[3])
{
    *role =
        id < NRF_MESH_OPT_NET_NETWORK_TRANSMIT_COUNT ? CORE_TX_ROLE_RELAY : CORE_TX_ROLE_ORIGINATOR;
    switch (id) {
    case NRF_MESH_OPT_NET_RELAY_ENABLE:
        return &fields[0];
    case NRF_MESH_OPT_NET_RELAY_RETRANSMIT_COUNT:
    case NRF_MESH_OPT_NET_NETWORK_TRANSMIT_COUNT:
        return &fields[1];
    case NRF_MESH_OPT_NET_RELAY_RETRANSMIT_INTERVAL_MS:
    case NRF_MESH_OPT_NET_NETWORK_TRANSMIT_INTERVAL_MS:
        return &fields[2];
    default:
        return NULL;
    }
}

static bool is_option(nrf_mesh_opt_id_t id)
{
    return id == NRF_MESH_OPT_PROV_ECDH_OFFLOADING ||
           (id >= NRF_MESH_OPT_TRS_SAR_RX_TIMEOUT && id <= NRF_MESH_OPT_TRS_SZMIC) ||
           (id >= NRF_MESH_OPT_NET_RELAY_ENABLE && id <= NRF_MESH_OPT_NET_NETWORK_TX_POWER);
}

/* Reads or writes one field of transmissions. */
static uint32_t transmissions(nrf_mesh_opt_id_t id, uint32_t *value, bool set)
{
    uint32_t fields[3], *field, err;
    core_tx_role_t role;
    mesh_opt_core_adv_t adv;

    field = field_of(id, &role, fields);
    if (field == NULL) {
        return NRF_ERROR_NOT_SUPPORTED;
    }
    err = mesh_opt_core_adv_get(role, &adv);
    if (err != NRF_SUCCESS) {
        return err;
    }
    fields[0] = adv.enabled;
    fields[1] = adv.tx_count;
    fields[2] = adv.tx_interval_ms;
    if (!set) {
        *value = *field;
        return NRF_SUCCESS;
    }
    *field = *value;
    if (fields[1] > COUNT_MAX || fields[2] > INTERVAL_MAX_MS) {
        return NRF_ERROR_INVALID_PARAM;
    }
    adv = (mesh_opt_core_adv_t){ fields[0] != 0, (uint8_t)fields[1], (uint16_t)fields[2] };
    return mesh_opt_core_adv_set(role, &adv);
}

uint32_t nrf_mesh_opt_set(nrf_mesh_opt_id_t id, const nrf_mesh_opt_t *const p_opt)
{
    uint32_t value;

    if (p_opt == NULL) {
        return NRF_ERROR_NULL;
    }
    if (!is_option(id)) {
        return NRF_ERROR_NOT_FOUND;
    }
    value = p_opt->opt.val;
    if (id == NRF_MESH_OPT_PROV_ECDH_OFFLOADING) {
        return mesh_opt_prov_ecdh_offloading_set(value != 0);
    }
    return transmissions(id, &value, true);
}

uint32_t nrf_mesh_opt_get(nrf_mesh_opt_id_t id, nrf_mesh_opt_t *const p_opt)
{
    uint32_t value = 0, err;
    bool enabled = false;

    if (p_opt == NULL) {
        return NRF_ERROR_NULL;
    }
    if (!is_option(id)) {
        return NRF_ERROR_NOT_FOUND;
    }
    if (id == NRF_MESH_OPT_PROV_ECDH_OFFLOADING) {
        err = mesh_opt_prov_ecdh_offloading_get(&enabled);
        value = enabled;
    } else {
        err = transmissions(id, &value, false);
    }
    if (err == NRF_SUCCESS) {
        p_opt->len = sizeof(p_opt->opt.val);
        p_opt->opt.val = value;
    }
    return err;
}
