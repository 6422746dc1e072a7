/*
 * The Device State Manager: the node's addresses, subnets, application keys and device keys, named
 * by handles. Handles stay the same over a restart. What each function answers is said where it is
 * declared; all of them answer NRF_ERROR_NULL for a pointer that is NULL and must not be, and
 * NRF_ERROR_NOT_FOUND for a handle that names nothing.
 */
#ifndef DEVICE_STATE_MANAGER_H__
#define DEVICE_STATE_MANAGER_H__

#include <stdbool.h>
#include <stdint.h>

#include "nrf_mesh.h"
#include "nrf_mesh_config_app.h"
#include "toolchain.h"

#ifdef __cplusplus
extern "C" {
#endif

#define DSM_HANDLE_INVALID 0xFFFFu /**< names nothing */
#define DSM_KEY_INDEX_MAX 0xFFFu   /**< highest NetKey or AppKey index */
/** Size of the address list. */
#define DSM_ADDR_MAX (DSM_VIRTUAL_ADDR_MAX + DSM_NONVIRTUAL_ADDR_MAX)

#define DSM_APP_MAX_LIMIT 247
#define DSM_SUBNET_MAX_LIMIT 252
#define DSM_ADDR_MAX_LIMIT 185

typedef uint16_t mesh_key_index_t;
/**
 * A place in one of the lists. Addresses: group and unicast ones from 0, virtual ones from
 * DSM_NONVIRTUAL_ADDR_MAX. Subnets: from 0. Keys: application keys from 0, device keys from
 * DSM_APP_MAX.
 */
typedef uint16_t dsm_handle_t;

/** The node's own addresses. */
typedef struct {
    uint16_t address_start; /**< of the primary element; 0: unprovisioned */
    uint16_t count;
} dsm_local_unicast_address_t;

/* -- the whole -------------------------------------------------------------------------------- */

void dsm_init(void);
/**
 * Takes up what storage holds.
 *
 * @retval NRF_ERROR_NOT_FOUND     Nothing: an unprovisioned device.
 * @retval NRF_ERROR_INVALID_DATA  Not what this device can have written.
 */
uint32_t dsm_load_config_apply(void);
/** Forgets all, in storage too: the device is unprovisioned. */
void dsm_clear(void);

/* -- addresses -------------------------------------------------------------------------------- */

/**
 * Sets the own addresses.
 *
 * @retval NRF_ERROR_FORBIDDEN     They are set already.
 * @retval NRF_ERROR_INVALID_DATA  Not unicast addresses, or none.
 */
uint32_t dsm_local_unicast_addresses_set(const dsm_local_unicast_address_t *p_address);
void dsm_local_unicast_addresses_get(dsm_local_unicast_address_t *p_address);

/**
 * Adds a group or unicast address to publish to, or another reference to it.
 *
 * @retval NRF_ERROR_INVALID_ADDR  Neither.
 * @retval NRF_ERROR_NO_MEM        The list is full.
 */
uint32_t dsm_address_publish_add(uint16_t raw_address, dsm_handle_t *p_address_handle);
uint32_t dsm_address_publish_add_handle(dsm_handle_t address_handle);
/** @retval NRF_ERROR_NO_MEM  The list is full. */
uint32_t dsm_address_publish_virtual_add(const uint8_t *p_label_uuid,
                                         dsm_handle_t *p_address_handle);
/** Takes a reference away; the last one frees the handle. */
uint32_t dsm_address_publish_remove(dsm_handle_t address_handle);

/** As dsm_address_publish_add(), for a group address to receive on. */
uint32_t dsm_address_subscription_add(uint16_t raw_address, dsm_handle_t *p_address_handle);
uint32_t dsm_address_subscription_virtual_add(const uint8_t *p_label_uuid,
                                              dsm_handle_t *p_address_handle);
/** @retval NRF_ERROR_NOT_FOUND  Also: a unicast address. */
uint32_t dsm_address_subscription_add_handle(dsm_handle_t address_handle);
/** @retval NRF_ERROR_INVALID_ADDR  A unicast address. */
uint32_t dsm_address_subscription_count_get(dsm_handle_t address_handle, uint16_t *p_count);
/**
 * @retval NRF_ERROR_NOT_FOUND  Also: there is no subscription to it.
 * @retval NRF_ERROR_FORBIDDEN  A unicast address.
 */
uint32_t dsm_address_subscription_remove(dsm_handle_t address_handle);

uint32_t dsm_address_get(dsm_handle_t address_handle, nrf_mesh_address_t *p_address);
/**
 * Lists the handles.
 *
 * @param p_count  The room, then how many there are.
 *
 * @retval NRF_ERROR_INVALID_LENGTH  More than there is room for.
 */
uint32_t dsm_address_get_all(dsm_handle_t *p_address_handle_list, uint32_t *p_count);
/** @retval NRF_ERROR_INVALID_ADDR  Not an address. */
uint32_t dsm_address_handle_get(const nrf_mesh_address_t *p_address,
                                dsm_handle_t *p_address_handle);
/** Whether messages to it are for this node. */
bool dsm_address_is_rx(const nrf_mesh_address_t *p_address);
/** Whether there is a subscription to it. */
bool dsm_address_subscription_get(dsm_handle_t address_handle);

/* -- subnets ---------------------------------------------------------------------------------- */

/** @return DSM_HANDLE_INVALID  None has this NetKey index. */
dsm_handle_t dsm_net_key_index_to_subnet_handle(mesh_key_index_t net_key_index);
/** @return DSM_HANDLE_INVALID  Not of a subnet of ours. */
dsm_handle_t dsm_subnet_handle_get(const nrf_mesh_network_secmat_t *p_secmat);
uint32_t dsm_subnet_handle_to_netkey_index(dsm_handle_t subnet_handle, mesh_key_index_t *p_index);
/**
 * Adds a subnet.
 *
 * @retval NRF_ERROR_INVALID_PARAM  Not a NetKey index.
 * @retval NRF_ERROR_INTERNAL       It is there with this key; or crypto failed.
 * @retval NRF_ERROR_FORBIDDEN      It is there with another key.
 * @retval NRF_ERROR_NO_MEM         The list is full.
 */
uint32_t dsm_subnet_add(mesh_key_index_t net_key_id, const uint8_t *p_key,
                        dsm_handle_t *p_subnet_handle);
uint32_t dsm_subnet_kr_phase_get(dsm_handle_t subnet_handle, nrf_mesh_key_refresh_phase_t *p_phase);
/** Phase 0 to 1. @retval NRF_ERROR_INVALID_STATE  Another phase, or another new key. */
uint32_t dsm_subnet_update(dsm_handle_t subnet_handle, const uint8_t *p_key);
/** Phase 1 to 2. @retval NRF_ERROR_INVALID_STATE  Another phase. */
uint32_t dsm_subnet_update_swap_keys(dsm_handle_t subnet_handle);
/** To phase 0, with the new keys alone. @retval NRF_ERROR_INVALID_STATE  Another phase than 2. */
uint32_t dsm_subnet_update_commit(dsm_handle_t subnet_handle);
/** Deletes a subnet with its application keys. @retval NRF_ERROR_FORBIDDEN  It is the last one. */
uint32_t dsm_subnet_delete(dsm_handle_t subnet_handle);
/**
 * Lists the NetKey indices.
 *
 * @retval NRF_ERROR_INVALID_LENGTH  More than there is room for.
 */
uint32_t dsm_subnet_get_all(mesh_key_index_t *p_key_list, uint32_t *p_count);
/** The key that the subnet sends with. */
uint32_t dsm_subnet_key_get(dsm_handle_t subnet_handle, uint8_t *p_key);

/* -- device keys ------------------------------------------------------------------------------ */

/**
 * Adds the device key of a node.
 *
 * @param owner_addr  Its primary element; the own address: the device becomes a node.
 *
 * @retval NRF_ERROR_INVALID_ADDR  Not a unicast address.
 * @retval NRF_ERROR_NOT_FOUND     There is no such subnet.
 * @retval NRF_ERROR_FORBIDDEN     The node has one already.
 * @retval NRF_ERROR_NO_MEM        The list, or storage, is full.
 */
uint32_t dsm_devkey_add(uint16_t owner_addr, dsm_handle_t subnet_handle, const uint8_t *p_key,
                        dsm_handle_t *p_devkey_handle);
/** @retval NRF_ERROR_FORBIDDEN  The own one: a node has one for its life. */
uint32_t dsm_devkey_delete(dsm_handle_t dev_handle);
/** @retval NRF_ERROR_INVALID_ADDR  Not a unicast address. */
uint32_t dsm_devkey_handle_get(uint16_t unicast_address, dsm_handle_t *p_devkey_handle);

/* -- application keys ------------------------------------------------------------------------- */

/**
 * Adds an application key.
 *
 * @retval NRF_ERROR_NOT_FOUND      There is no such subnet.
 * @retval NRF_ERROR_INVALID_PARAM  Not an AppKey index.
 * @retval NRF_ERROR_INTERNAL       It is there with this key; or crypto failed.
 * @retval NRF_ERROR_FORBIDDEN      It is there with another key.
 * @retval NRF_ERROR_NO_MEM         The list is full.
 */
uint32_t dsm_appkey_add(mesh_key_index_t app_key_id, dsm_handle_t subnet_handle,
                        const uint8_t *p_key, dsm_handle_t *p_app_handle);
/** @retval NRF_ERROR_INVALID_STATE  Its subnet is not in phase 1, or another new key. */
uint32_t dsm_appkey_update(dsm_handle_t app_handle, const uint8_t *p_key);
uint32_t dsm_appkey_delete(dsm_handle_t app_handle);
/**
 * Lists the AppKey indices of a subnet.
 *
 * @retval NRF_ERROR_INVALID_LENGTH  More than there is room for.
 */
uint32_t dsm_appkey_get_all(dsm_handle_t subnet_handle, mesh_key_index_t *p_key_list,
                            uint32_t *p_count);
/** @return DSM_HANDLE_INVALID  None has this AppKey index. */
dsm_handle_t dsm_appkey_index_to_appkey_handle(mesh_key_index_t app_key_index);
/** Of an application key or a device key. @return DSM_HANDLE_INVALID  Not one of ours. */
dsm_handle_t dsm_appkey_handle_get(const nrf_mesh_application_secmat_t *p_secmat);
uint32_t dsm_appkey_handle_to_appkey_index(dsm_handle_t app_handle, mesh_key_index_t *p_index);
/** Of an application key or a device key. */
uint32_t dsm_appkey_handle_to_subnet_handle(dsm_handle_t app_handle, dsm_handle_t *p_handle);

/* -- security material ------------------------------------------------------------------------ */

/**
 * What a message is sent with; good until keys are asked for again.
 *
 * @param subnet_handle  DSM_HANDLE_INVALID: that of the key.
 *
 * @retval NRF_ERROR_INVALID_STATE  The key is not on that subnet.
 */
uint32_t dsm_tx_secmat_get(dsm_handle_t subnet_handle, dsm_handle_t app_handle,
                           nrf_mesh_secmat_t *p_secmat);
/** @retval NRF_ERROR_NOT_SUPPORTED  Always: there is no friendship. */
uint32_t dsm_tx_friendship_secmat_get(dsm_handle_t subnet_handle, dsm_handle_t app_handle,
                                      nrf_mesh_secmat_t *p_secmat);
/** What a subnet's beacons are made with; good until it is asked for again. */
uint32_t dsm_beacon_info_get(dsm_handle_t subnet_handle,
                             const nrf_mesh_beacon_info_t **pp_beacon_info);
/** @retval NRF_ERROR_NOT_SUPPORTED  Always: the stack's proxy does not ask. */
uint32_t dsm_proxy_identity_get(const nrf_mesh_beacon_info_t *p_beacon_info,
                                nrf_mesh_key_refresh_phase_t *p_kr_phase);
/** What a subnet's messages are sent with; good until keys are asked for again. */
uint32_t dsm_net_secmat_from_keyindex_get(mesh_key_index_t net_key_index,
                                          const nrf_mesh_network_secmat_t **pp_secmat);

#ifdef __cplusplus
}
#endif

#endif
