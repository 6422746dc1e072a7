/*
 * The stack as a whole: made, started, provisioned, cleared.
 */
#ifndef MESH_STACK_H__
#define MESH_STACK_H__

#include <stdbool.h>
#include <stdint.h>

#include "config_server_events.h"
#include "health_server.h"
#include "nrf_mesh.h"
#include "nrf_mesh_prov_events.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Adds the application's models. */
typedef void (*mesh_stack_models_init_cb_t)(void);

typedef struct {
    config_server_evt_cb_t config_server_cb;
    health_server_attention_cb_t health_server_attention_cb;
    const health_server_selftest_t *p_health_server_selftest_array;
    uint8_t health_server_num_selftests;
    mesh_stack_models_init_cb_t models_init_cb;
} mesh_stack_models_init_params_t;

typedef struct {
    nrf_mesh_init_params_t core;
    mesh_stack_models_init_params_t models;
} mesh_stack_init_params_t;

/**
 * Makes the stack, its foundation models and the application's, and loads what is stored. Nothing
 * is on the air.
 *
 * @param p_device_provisioned  Whether it is a node; may be NULL.
 *
 * @retval NRF_SUCCESS             Ready for mesh_stack_start().
 * @retval NRF_ERROR_NULL          No parameters.
 * @retval NRF_ERROR_INVALID_DATA  What was stored cannot be loaded, and was wiped: the device is
 *                                 unprovisioned, all else is ready. Restart before provisioning.
 * @retval others                  Those of nrf_mesh_init() and of the models.
 */
uint32_t mesh_stack_init(const mesh_stack_init_params_t *p_init_params, bool *p_device_provisioned);

/**
 * Goes on the air.
 *
 * @retval NRF_ERROR_INVALID_STATE  It is on the air, or not made yet.
 */
uint32_t mesh_stack_start(void);

/** Leaves the air and stores what is left; NRF_MESH_EVT_READY_TO_POWER_OFF follows. */
void mesh_stack_power_down(void);

/**
 * Makes the device a node, with what provisioning gave it. All or nothing.
 *
 * @retval NRF_SUCCESS             A node, durably.
 * @retval NRF_ERROR_NULL          A pointer is NULL.
 * @retval NRF_ERROR_FORBIDDEN     It is a node already.
 * @retval NRF_ERROR_INVALID_DATA  The elements' addresses are not all unicast.
 * @retval NRF_ERROR_INVALID_PARAM The index of the network key is above 0xFFF.
 * @retval NRF_ERROR_INVALID_STATE The stack is not made yet.
 * @retval others                  The port's, from storage.
 */
uint32_t mesh_stack_provisioning_data_store(const nrf_mesh_prov_provisioning_data_t *p_prov_data,
                                            const uint8_t *p_devkey);

/** Forgets the network and the options, in storage too. An application's files stay. */
void mesh_stack_config_clear(void);

bool mesh_stack_is_device_provisioned(void);

/** Restarts the device, when all is stored; may return before that. */
void mesh_stack_device_reset(void);

/**
 * Where in flash the stack keeps its data.
 *
 * @retval NRF_ERROR_NULL           A pointer is NULL.
 * @retval NRF_ERROR_NOT_SUPPORTED  Storage is the port's: there is no such area.
 */
uint32_t mesh_stack_persistence_flash_usage(const uint32_t **pp_start, uint32_t *p_length);

/** The health server of the primary element. */
health_server_t *mesh_stack_health_server_get(void);

#ifdef __cplusplus
}
#endif

#endif
