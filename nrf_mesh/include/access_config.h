/*
 * The configuration of models: keys, publication, subscription; and what elements consist of. All
 * functions answer NRF_ERROR_NULL for a pointer that is NULL and must not be, and
 * NRF_ERROR_NOT_FOUND for a model or element that there is not. Lists are asked for with the room
 * in *p_count, and answer how many there are, or NRF_ERROR_INVALID_LENGTH for too little room.
 */
#ifndef ACCESS_CONFIG_H__
#define ACCESS_CONFIG_H__

#include <stdint.h>

#include "access.h"
#include "access_status.h"
#include "device_state_manager.h"

#ifdef __cplusplus
extern "C" {
#endif

/** As dsm_load_config_apply(). */
uint32_t access_load_config_apply(void);

/** @retval NRF_ERROR_INVALID_PARAM  1, or more than 127. */
uint32_t access_default_ttl_set(uint8_t ttl);
uint8_t access_default_ttl_get(void);

/* -- publication ------------------------------------------------------------------------------ */

/** @retval NRF_ERROR_INVALID_PARAM  Not an address handle. It need not be in use yet. */
uint32_t access_model_publish_address_set(access_model_handle_t handle,
                                          dsm_handle_t address_handle);
/** DSM_HANDLE_INVALID: none is set. */
uint32_t access_model_publish_address_get(access_model_handle_t handle,
                                          dsm_handle_t *p_address_handle);
/** Clears address, key, period and TTL. */
uint32_t access_model_publication_stop(access_model_handle_t handle);
/** The same for all models that publish with a key. @retval NRF_ERROR_INVALID_PARAM  Not a key. */
uint32_t access_model_publication_by_appkey_stop(dsm_handle_t appkey_handle);
uint32_t access_model_publish_retransmit_set(access_model_handle_t handle,
                                             access_publish_retransmit_t retransmit_params);
uint32_t access_model_publish_retransmit_get(access_model_handle_t handle,
                                             access_publish_retransmit_t *p_retransmit_params);
/**
 * @param step_number  0: no periodic publication.
 *
 * @retval NRF_ERROR_NOT_SUPPORTED  The model has no publish_timeout_cb.
 * @retval NRF_ERROR_INVALID_PARAM  Out of range.
 */
uint32_t access_model_publish_period_set(access_model_handle_t handle,
                                         access_publish_resolution_t resolution,
                                         uint8_t step_number);
uint32_t access_model_publish_period_get(access_model_handle_t handle,
                                         access_publish_resolution_t *p_resolution,
                                         uint8_t *p_step_number);
/** Divides the period, by a power of 2. @retval others  As access_model_publish_period_set(). */
uint32_t access_model_publish_period_divisor_set(access_model_handle_t handle,
                                                 uint16_t publish_period_divisor);
/** @retval NRF_ERROR_INVALID_PARAM  Not a key handle. It need not be in use yet. */
uint32_t access_model_publish_application_set(access_model_handle_t handle,
                                              dsm_handle_t appkey_handle);
/** DSM_HANDLE_INVALID: none is set. */
uint32_t access_model_publish_application_get(access_model_handle_t handle,
                                              dsm_handle_t *p_appkey_handle);
/** @retval NRF_ERROR_NOT_SUPPORTED  True: there is no friendship. */
uint32_t access_model_publish_friendship_credential_flag_set(access_model_handle_t handle,
                                                             bool credential_flag);
uint32_t access_model_publish_friendship_credential_flag_get(access_model_handle_t handle,
                                                             bool *p_credential_flag);
/** @retval NRF_ERROR_INVALID_PARAM  More than 127, and not ACCESS_TTL_USE_DEFAULT. */
uint32_t access_model_publish_ttl_set(access_model_handle_t handle, uint8_t ttl);
uint32_t access_model_publish_ttl_get(access_model_handle_t handle, uint8_t *p_ttl);

/* -- keys ------------------------------------------------------------------------------------- */

/**
 * Lets a model take messages with a key, of an application or a device.
 *
 * @retval NRF_ERROR_INVALID_PARAM  Not a key handle (it need not be in use yet), or not a key for
 *                                  this model.
 * @retval NRF_ERROR_NO_MEM         More than a model has room for.
 */
uint32_t access_model_application_bind(access_model_handle_t handle, dsm_handle_t appkey_handle);
/** @retval NRF_ERROR_INVALID_PARAM  Not a key handle. */
uint32_t access_model_application_unbind(access_model_handle_t handle, dsm_handle_t appkey_handle);
uint32_t access_model_applications_get(access_model_handle_t handle, dsm_handle_t *p_appkey_handles,
                                       uint16_t *p_count);

/* -- subscription ----------------------------------------------------------------------------- */

/**
 * Gives a model a list of its own. One that has it, keeps it.
 *
 * @retval NRF_ERROR_NO_MEM     More than ACCESS_SUBSCRIPTION_LIST_COUNT.
 * @retval NRF_ERROR_FORBIDDEN  The device is provisioned.
 */
uint32_t access_model_subscription_list_alloc(access_model_handle_t handle);
/**
 * Takes it away, from all that share it.
 *
 * @retval NRF_ERROR_INVALID_STATE  The model has none of its own.
 * @retval NRF_ERROR_FORBIDDEN      The device is provisioned.
 */
uint32_t access_model_subscription_list_dealloc(access_model_handle_t handle);
/**
 * Lets another model have the owner's list, too.
 *
 * @retval NRF_ERROR_INVALID_STATE  The owner has none, or the other has one.
 * @retval NRF_ERROR_FORBIDDEN      The device is provisioned.
 */
uint32_t access_model_subscription_lists_share(access_model_handle_t owner,
                                               access_model_handle_t other);
/**
 * @retval NRF_ERROR_NOT_SUPPORTED  The model has no list.
 * @retval NRF_ERROR_INVALID_PARAM  Not an address that can be subscribed to.
 * @retval NRF_ERROR_NO_MEM         The list is full.
 */
uint32_t access_model_subscription_add(access_model_handle_t handle, dsm_handle_t address_handle);
/** @retval others  As access_model_subscription_add(). */
uint32_t access_model_subscription_remove(access_model_handle_t handle,
                                          dsm_handle_t address_handle);
/** @retval NRF_ERROR_NOT_SUPPORTED  The model has no list. */
uint32_t access_model_subscriptions_get(access_model_handle_t handle,
                                        dsm_handle_t *p_address_handles, uint16_t *p_count);

/* -- composition ------------------------------------------------------------------------------ */

uint32_t access_model_id_get(access_model_handle_t handle, access_model_id_t *p_model_id);
uint32_t access_model_p_args_get(access_model_handle_t handle, void **pp_args);
uint32_t access_element_location_set(uint16_t element_index, uint16_t location);
uint32_t access_element_location_get(uint16_t element_index, uint16_t *p_location);
uint32_t access_element_sig_model_count_get(uint16_t element_index, uint8_t *p_sig_model_count);
uint32_t access_element_vendor_model_count_get(uint16_t element_index,
                                               uint8_t *p_vendor_model_count);
uint32_t access_element_models_get(uint16_t element_index, access_model_handle_t *p_models,
                                   uint16_t *p_count);
/** @retval NRF_ERROR_NOT_FOUND  The element does not have it. */
uint32_t access_handle_get(uint16_t element_index, access_model_id_t model_id,
                           access_model_handle_t *p_handle);

#ifdef __cplusplus
}
#endif

#endif
