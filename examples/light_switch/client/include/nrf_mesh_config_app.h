/*
 * The switch's sizes and features.
 */
#ifndef NRF_MESH_CONFIG_APP_H__
#define NRF_MESH_CONFIG_APP_H__

#include "light_switch_example_common.h"
#include "utils.h"

#define DEVICE_COMPANY_ID 0x0059
#define DEVICE_PRODUCT_ID 0x0000
#define DEVICE_VERSION_ID 0x0000

#define ACCESS_DEFAULT_TTL 40
#define ACCESS_ELEMENT_COUNT (1 + CLIENT_MODEL_INSTANCE_COUNT)
/** Configuration Server, Health Server, Generic OnOff Clients. */
#define ACCESS_MODEL_COUNT (2 + CLIENT_MODEL_INSTANCE_COUNT)
#define ACCESS_SUBSCRIPTION_LIST_COUNT ACCESS_MODEL_COUNT
#define ACCESS_RELIABLE_TRANSFER_COUNT ACCESS_MODEL_COUNT
#define HEALTH_SERVER_ELEMENT_COUNT 1
#define MODEL_ACKNOWLEDGED_TRANSACTION_TIMEOUT SEC_TO_US(10)

#define DSM_SUBNET_MAX 4
#define DSM_APP_MAX 8
#define DSM_DEVICE_MAX 1
#define DSM_VIRTUAL_ADDR_MAX 1
/** The Health Server's publication, and for each client a publication and a subscription. */
#define DSM_NONVIRTUAL_ADDR_MAX (1 + 2 * CLIENT_MODEL_INSTANCE_COUNT)

#define MESH_FEATURE_PB_ADV_ENABLED 1
#define MESH_FEATURE_PB_GATT_ENABLED 1
#define MESH_FEATURE_GATT_PROXY_ENABLED 1

#endif
