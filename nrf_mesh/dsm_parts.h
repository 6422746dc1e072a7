/*
 * What the files of the Device State Manager share with each other and with the access layer:
 * dsm.c has the node as a whole, dsm_addresses.c, dsm_keys.c, dsm_devkeys.c, dsm_secmat.c what they
 * are named after, dsm_store.c the records. All are about the current stack.
 */
#ifndef DSM_PARTS_H
#define DSM_PARTS_H

#include "stack.h"

#include "keys.h"
#include "model.h"

/** What an address is referred to for. */
enum dsm_use { DSM_PUBLISH, DSM_SUBSCRIBE };

/* -- dsm.c ------------------------------------------------------------------------------------- */

bool dsm_is_node(void);
/** Becomes a node, if own addresses and own device key are known. The core's codes. */
uint32_t dsm_join(void);
/** The SDK's code for what the core answers about keys. */
uint32_t dsm_code_of(enum usher_status status);

/* -- dsm_addresses.c --------------------------------------------------------------------------- */

/** @retval NULL  Not the handle of an address. */
struct dsm_address *dsm_address_at(dsm_handle_t handle);
/** The label of a virtual address; NULL: it is not one. */
const uint8_t *dsm_address_label(dsm_handle_t handle);
/** @param label  NULL unless the address is virtual. @retval DSM_HANDLE_INVALID  Has no handle. */
dsm_handle_t dsm_address_find(uint16_t address, const uint8_t *label);
/**
 * Adds a reference, to a handle that is made for it if there is none.
 *
 * @retval NRF_ERROR_NO_MEM  No room for it.
 */
uint32_t dsm_address_take(uint16_t address, const uint8_t *label, enum dsm_use use,
                          dsm_handle_t *p_handle);
/** Takes one away, and the handle with the last. @retval NRF_ERROR_NOT_FOUND  There is none. */
uint32_t dsm_address_release(dsm_handle_t handle, enum dsm_use use);
/** After loading: what was referred to then, and is not yet now, is referred to by someone. */
void dsm_addresses_loaded(void);

/* -- dsm_keys.c -------------------------------------------------------------------------------- */

/** @retval NULL  Not the handle of a subnet. */
struct usher_subnet *dsm_subnet_at(dsm_handle_t handle);
/** @retval NULL  Not the handle of an application key. */
struct usher_appkey *dsm_appkey_at(dsm_handle_t handle);

/* -- dsm_devkeys.c ----------------------------------------------------------------------------- */

/** @retval NULL  Not the handle of a device key. */
struct dsm_devkey *dsm_devkey_at(dsm_handle_t handle);
/** @retval DSM_HANDLE_INVALID  The node has none here. */
dsm_handle_t dsm_devkey_find(uint16_t owner);
/** Puts one into the table, in memory. @retval DSM_HANDLE_INVALID  It is full. */
dsm_handle_t dsm_devkey_put(uint16_t owner, uint16_t net_index, const uint8_t *key);
/** Wipes one. */
void dsm_devkey_drop(dsm_handle_t handle);

/* -- dsm_secmat.c ------------------------------------------------------------------------------ */

/** Keys in the SDK's form: what is sent with now, but of a beacon's subnet all. */
void dsm_net_secmat(const struct usher_subnet *s, nrf_mesh_network_secmat_t *out);
void dsm_app_secmat(const struct usher_appkey *a, nrf_mesh_application_secmat_t *out);
void dsm_beacon_info(const struct usher_subnet *s, nrf_mesh_beacon_info_t *out);

/* -- dsm_store.c ------------------------------------------------------------------------------- */

/** Reads all records into empty tables. @retval NRF_ERROR_INVALID_DATA  One was not made here. */
uint32_t dsm_store_load(void);
/** Writes, or removes, what is not in storage as it is; a node's alone. The port's codes. */
uint32_t dsm_store_address(dsm_handle_t handle);
uint32_t dsm_store_devkey(dsm_handle_t handle);
/** The same for all of them. What fails will be tried again with the next. */
void dsm_store_all(void);
/** Removes all records. */
void dsm_store_clear(void);

#endif
