/*
 * The Configuration Server: takes what configuration clients ask for, with the node's own device
 * key (Mesh Protocol 1.1, section 4.4.1). mesh_stack_init() adds it to the primary element.
 */
#ifndef CONFIG_SERVER_H__
#define CONFIG_SERVER_H__

#include <stdint.h>

#include "config_server_events.h"
#include "device_state_manager.h"

#ifdef __cplusplus
extern "C" {
#endif

#define CONFIG_SERVER_MODEL_ID 0x0000

/**
 * Adds the model.
 *
 * @param evt_cb  May be NULL.
 *
 * @retval others  As access_model_add().
 */
uint32_t config_server_init(config_server_evt_cb_t evt_cb);

/**
 * Lets messages with the node's device key in.
 *
 * @retval NRF_ERROR_NOT_FOUND      Not initialised.
 * @retval NRF_ERROR_INVALID_PARAM  Not the handle of a device key.
 */
uint32_t config_server_bind(dsm_handle_t devkey_handle);

#ifdef __cplusplus
}
#endif

#endif
