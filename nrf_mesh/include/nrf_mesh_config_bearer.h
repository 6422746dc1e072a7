/*
 * Settings of the SDK's advertising bearer. What has no counterpart here is there to be read: the
 * port has its own queues.
 */
#ifndef NRF_MESH_CONFIG_BEARER_H__
#define NRF_MESH_CONFIG_BEARER_H__

#include "nrf_mesh_defines.h"

#ifndef BEARER_ADV_INT_DEFAULT_MS
#define BEARER_ADV_INT_DEFAULT_MS 20
#endif
#define BEARER_ADV_INT_MIN_MS 20
#define BEARER_ADV_INT_MAX_MS 10240
#define BEARER_ADV_CHANNELS_MAX 3
#ifndef BEARER_SCAN_INT_DEFAULT_MS
#define BEARER_SCAN_INT_DEFAULT_MS 2000
#endif
#ifndef BEARER_SCAN_WINDOW_DEFAULT_MS
#define BEARER_SCAN_WINDOW_DEFAULT_MS BEARER_SCAN_INT_DEFAULT_MS
#endif
#ifndef SCANNER_BUFFER_SIZE
#define SCANNER_BUFFER_SIZE 512
#endif
#ifndef BEARER_EVENT_FIFO_SIZE
#define BEARER_EVENT_FIFO_SIZE 16
#endif
#ifndef BEARER_EVENT_FLAG_COUNT
#define BEARER_EVENT_FLAG_COUNT 17
#endif

#endif
