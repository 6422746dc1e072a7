/*
 * Settings of example applications, each of which an application may define before.
 */
#ifndef NRF_MESH_CONFIG_EXAMPLES_H__
#define NRF_MESH_CONFIG_EXAMPLES_H__

#include "app_util.h"
#include "nrf_mesh_config_app.h"

#ifndef GAP_DEVICE_NAME
#define GAP_DEVICE_NAME "nRF5x Mesh Node"
#endif

/* Parameters of connections, which the stack does not have. */
#ifndef MIN_CONN_INTERVAL
#define MIN_CONN_INTERVAL MSEC_TO_UNITS(150, UNIT_1_25_MS)
#endif
#ifndef MAX_CONN_INTERVAL
#define MAX_CONN_INTERVAL MSEC_TO_UNITS(250, UNIT_1_25_MS)
#endif
#ifndef SLAVE_LATENCY
#define SLAVE_LATENCY 0
#endif
#ifndef CONN_SUP_TIMEOUT
#define CONN_SUP_TIMEOUT MSEC_TO_UNITS(4000, UNIT_10_MS)
#endif

/** Keys of the debugger's console are taken. */
#ifndef RTT_INPUT_ENABLED
#define RTT_INPUT_ENABLED 1
#endif

#endif
