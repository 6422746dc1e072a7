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
 * with a line that says why, and with status 1, or that of nrf_mesh_lost_status_set().
 *
 * @param p_radio  As the tool's --radio: `air:PATH`, which has no GATT; `h4:...` and `hci:N`,
 *                 Bluetooth controllers, which have.
 * @param p_state  A directory for what survives a restart; NULL: nothing does.
 *
 * @retval NRF_SUCCESS          On the air.
 * @retval NRF_ERROR_INTERNAL   It could not be opened; a line on standard error says why.
 * @retval NRF_ERROR_NULL       @p p_radio is NULL.
 * @retval NRF_ERROR_INVALID_STATE  It was called before, or after nrf_mesh_init().
 */
uint32_t nrf_mesh_on_air(const char *p_radio, const char *p_state);
/** Linux: the status that the program ends with when its radio or its line is lost. */
void nrf_mesh_lost_status_set(int status);

/**
 * Any other machine: a port of one's own (see usher/port.h). The program's loop is the port's
 * affair.
 *
 * @retval NRF_SUCCESS              Taken.
 * @retval NRF_ERROR_NULL           @p p_port is NULL.
 * @retval NRF_ERROR_INVALID_STATE  After nrf_mesh_init().
 */
uint32_t nrf_mesh_on_port(const struct usher_port *p_port);

/*
 * The line of the serial interface, for programs that link usher_nrf_mesh_serial. All calls come
 * from the loop that the stack runs on.
 */

/**
 * Linux: opens the line. Before nrf_mesh_serial_init(), after nrf_mesh_on_air(). If the line is
 * lost later, the program ends as it does without its radio; a socket's host may come and go.
 *
 * @param p_line  `pty` or `pty:LINK`, a pseudo terminal, and a symbolic link to it; `unix:PATH`, a
 *                socket that one host at a time connects to; or a serial device, `/dev/ttyX`, with
 *                the settings of nrf_mesh_config_serial_uart.h.
 *
 * @retval NRF_SUCCESS              Open; nrf_mesh_line_name() is where the host finds it.
 * @retval NRF_ERROR_INTERNAL       It could not be opened; a line on standard error says why.
 * @retval NRF_ERROR_NULL           @p p_line is NULL.
 * @retval NRF_ERROR_INVALID_STATE  There is a line already, or no loop yet.
 */
uint32_t nrf_mesh_on_line(const char *p_line);
/** Linux: the path of the line that is open. */
const char *nrf_mesh_line_name(void);

/**
 * Any other machine: a line of one's own.
 *
 * @param kick  Told when nrf_mesh_serial_out() has something; it must not call that from within.
 *
 * @retval NRF_ERROR_NULL           @p kick is NULL.
 * @retval NRF_ERROR_INVALID_STATE  After nrf_mesh_serial_init().
 */
uint32_t nrf_mesh_on_serial(void (*kick)(void *ctx), void *ctx);
/**
 * Octets from the host.
 *
 * @return How many were taken. Fewer: it is not enabled, or there is no room for answers. The rest
 *         is to be offered again after nrf_mesh_serial_out().
 */
uint32_t nrf_mesh_serial_in(const uint8_t *p_octets, uint32_t length);
/** Octets for the host. @return How many, up to @p size; 0: none. */
uint32_t nrf_mesh_serial_out(uint8_t *p_octets, uint32_t size);

#ifdef __cplusplus
}
#endif

#endif
