/*
 * Where a program that is written for the nRF5 SDK for Mesh meets the machine: the one header that
 * is not the SDK's. One call, before mesh_stack_init(), chooses the radio; nothing else in an
 * application changes.
 */
#ifndef NRF_MESH_PORT_H__
#define NRF_MESH_PORT_H__

#include <stdint.h>
#include <usher/port.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Linux: opens a radio and runs the stack on the program's own loop: sd_app_evt_wait(),
 * nrf_mesh_process() and timers work from then on. If the radio is lost later, the program ends
 * with a line that says why, and with status 1.
 *
 * @param p_radio  `air:PATH`, as the tool's --radio.
 * @param p_state  A directory for what survives a restart; NULL: nothing does.
 *
 * @retval NRF_SUCCESS          On the air.
 * @retval NRF_ERROR_INTERNAL   It could not be opened; a line on standard error says why.
 * @retval NRF_ERROR_NULL       @p p_radio is NULL.
 * @retval NRF_ERROR_INVALID_STATE  It was called before, or after nrf_mesh_init().
 */
uint32_t nrf_mesh_on_air(const char *p_radio, const char *p_state);

/**
 * Any other machine: a port of one's own (see usher/port.h). The program's loop is the port's
 * affair.
 *
 * @retval NRF_SUCCESS              Taken.
 * @retval NRF_ERROR_NULL           @p p_port is NULL.
 * @retval NRF_ERROR_INVALID_STATE  After nrf_mesh_init().
 */
uint32_t nrf_mesh_on_port(const struct usher_port *p_port);

#ifdef __cplusplus
}
#endif

#endif
