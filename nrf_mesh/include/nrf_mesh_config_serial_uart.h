/*
 * Settings of the line, each of which an application may define before, or in its
 * nrf_mesh_config_app.h with CONFIG_APP_IN_CORE. They are those of a serial device on Linux; other
 * lines have neither. There are no pins to be named: the line is the port's.
 */
#ifndef NRF_MESH_CONFIG_SERIAL_UART_H__
#define NRF_MESH_CONFIG_SERIAL_UART_H__

#ifdef CONFIG_APP_IN_CORE
#include "nrf_mesh_config_app.h"
#endif

/** Flow control by RTS and CTS. */
#ifndef HWFC
#define HWFC true
#endif

#ifndef SERIAL_UART_BAUDRATE
#define SERIAL_UART_BAUDRATE 115200
#endif

#endif
