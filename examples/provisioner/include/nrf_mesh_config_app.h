/*
 * The provisioner's sizes and features.
 */
#ifndef NRF_MESH_CONFIG_APP_H__
#define NRF_MESH_CONFIG_APP_H__

#include "example_network_config.h"
#include "utils.h"

#define DEVICE_COMPANY_ID 0x0059
#define DEVICE_PRODUCT_ID 0x0000
#define DEVICE_VERSION_ID 0x0000

#define ACCESS_DEFAULT_TTL 40
#define ACCESS_ELEMENT_COUNT 1
/** Configuration and Health, Server and Client. */
#define ACCESS_MODEL_COUNT 4
#define ACCESS_SUBSCRIPTION_LIST_COUNT ACCESS_MODEL_COUNT
#define ACCESS_RELIABLE_TRANSFER_COUNT ACCESS_MODEL_COUNT
#define HEALTH_SERVER_ELEMENT_COUNT 1
#define MODEL_ACKNOWLEDGED_TRANSACTION_TIMEOUT SEC_TO_US(10)

#define DSM_SUBNET_MAX 1
#define DSM_APP_MAX 1
/** The nodes' device keys and the own one. */
#define DSM_DEVICE_MAX (MAX_PROVISIONEE_NUMBER + 1)
#define DSM_VIRTUAL_ADDR_MAX 1
/** The Health Server's publication, groups, and two addresses of each node. */
#define DSM_NONVIRTUAL_ADDR_MAX (1 + GROUP_ADDR_COUNT + 2 * MAX_PROVISIONEE_NUMBER)

/** Each element that is heard takes a place. */
#define REPLAY_CACHE_ENTRIES (CLIENT_ADDRESS_STEP * MAX_PROVISIONEE_NUMBER)

#define MESH_FEATURE_PB_ADV_ENABLED 1

#endif
