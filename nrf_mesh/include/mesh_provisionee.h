/*
 * A device that waits to be provisioned, with static OOB, and becomes a node: the part that most
 * applications have in common. Works on the public calls of nrf_mesh_prov.h and mesh_stack.h.
 */
#ifndef MESH_PROVISIONEE_H__
#define MESH_PROVISIONEE_H__

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** The device goes from PB-GATT to the proxy, and is off the air for a moment; where the vendor's
 * Bluetooth stack is enabled anew. */
typedef void (*mesh_provisionee_prov_sd_ble_opt_set_cb_t)(void);
/** The device is a node, and the link is closed. */
typedef void (*mesh_provisionee_prov_complete_cb_t)(void);
/** Attract attention. */
typedef void (*mesh_provisionee_prov_device_identification_start)(uint8_t attention_duration_s);
/** Enough of that. */
typedef void (*mesh_provisionee_prov_device_identification_stop)(void);
/** Provisioning failed; the device listens again. */
typedef void (*mesh_provisionee_prov_abort)(void);

/** Any callback may be NULL. */
typedef struct {
    mesh_provisionee_prov_sd_ble_opt_set_cb_t prov_sd_ble_opt_set_cb;
    mesh_provisionee_prov_complete_cb_t prov_complete_cb;
    mesh_provisionee_prov_device_identification_start prov_device_identification_start_cb;
    mesh_provisionee_prov_device_identification_stop prov_device_identification_stop_cb;
    mesh_provisionee_prov_abort prov_abort_cb;
    const char *p_device_uri;     /**< kept by pointer; NULL: none */
    const uint8_t *p_static_data; /**< 16 octets, kept by pointer */
} mesh_provisionee_start_params_t;

/**
 * Listens until the device is a node, on PB-ADV and PB-GATT, of which the program (see
 * nrf_mesh_config_prov.h) and the radio have at least one.
 *
 * Then, with PB-GATT: the stack is disabled, NRF_MESH_EVT_DISABLED; prov_sd_ble_opt_set_cb; Node
 * Identity is shown, if the node is a proxy; the stack is enabled; prov_complete_cb;
 * NRF_MESH_EVT_ENABLED. Without PB-GATT: prov_complete_cb.
 *
 * May be called again after mesh_provisionee_prov_listen_stop()
 * and after the node was reset.
 *
 * @retval NRF_SUCCESS              Listening.
 * @retval NRF_ERROR_NULL           No parameters.
 * @retval NRF_ERROR_INVALID_PARAM  No static data.
 * @retval NRF_ERROR_INVALID_STATE  It listens or is being provisioned, or the device is powering
 *                                  down.
 * @retval NRF_ERROR_NOT_SUPPORTED  PB-GATT alone, on a radio without GATT.
 * @retval others                   Those of nrf_mesh_prov_listen() and _generate_keys().
 */
uint32_t mesh_provisionee_prov_start(const mesh_provisionee_start_params_t *p_start_params);

/** Stops listening. The codes of nrf_mesh_prov_listen_stop(). */
uint32_t mesh_provisionee_prov_listen_stop(void);

#ifdef __cplusplus
}
#endif

#endif
