/*
 * The serial device's sizes and features.
 */
#ifndef NRF_MESH_CONFIG_APP_H__
#define NRF_MESH_CONFIG_APP_H__

#include "nrf_mesh_defines.h"

#define DEVICE_COMPANY_ID 0xFFFF /* none */
#define DEVICE_PRODUCT_ID 0x0000
#define DEVICE_VERSION_ID 0x0000

/** What is to outlive a restart is the host's to keep. */
#define PERSISTENT_STORAGE 0

#define ACCESS_DEFAULT_TTL 4
#define ACCESS_ELEMENT_COUNT 1
/** Configuration Server and Health Server. */
#define ACCESS_MODEL_COUNT 2
#define ACCESS_SUBSCRIPTION_LIST_COUNT ACCESS_MODEL_COUNT
#define ACCESS_RELIABLE_TRANSFER_COUNT ACCESS_MODEL_COUNT
#define HEALTH_SERVER_ELEMENT_COUNT 1

#define DSM_SUBNET_MAX 8
#define DSM_APP_MAX 8
#define DSM_DEVICE_MAX 10
#define DSM_VIRTUAL_ADDR_MAX 8
#define DSM_NONVIRTUAL_ADDR_MAX 32

#define MESH_FEATURE_PB_ADV_ENABLED 1

#endif
