/*
 * Models that a host makes and commands over the serial interface: an application registers how.
 */
#ifndef SERIAL_HANDLER_MODELS_H__
#define SERIAL_HANDLER_MODELS_H__

#include <stdint.h>

#include "access.h"
#include "serial_types.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Makes the model. @return The code that is answered with. @param p_model_handle  Gets its handle.
 */
typedef uint32_t (*serial_handler_models_model_init_cb_t)(
    const serial_cmd_model_specific_init_t *p_init, access_model_handle_t *p_model_handle);
/** Executes a command. @return The code that is answered with; data go with any. */
typedef uint32_t (*serial_handler_models_model_command_cb_t)(
    const serial_cmd_model_specific_command_t *p_command,
    serial_evt_cmd_rsp_data_model_cmd_t *p_answer);

/** A kind of model; static memory of the application's. */
typedef struct {
    access_model_id_t model_id;
    serial_handler_models_model_init_cb_t model_initialize;
    serial_handler_models_model_command_cb_t model_command;
} serial_handler_models_info_t;

/**
 * Registers a kind of model. Before nrf_mesh_serial_enable().
 *
 * @retval NRF_ERROR_NULL    A pointer is.
 * @retval NRF_ERROR_NO_MEM  There are ACCESS_MODEL_COUNT already.
 */
uint32_t serial_handler_models_register(const serial_handler_models_info_t *p_info);

#ifdef __cplusplus
}
#endif

#endif
