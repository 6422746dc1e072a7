/*
 * Settings of the core, each of which an application may define before, or in its
 * nrf_mesh_config_app.h with CONFIG_APP_IN_CORE. Those that size buffers of the SDK's and have no
 * counterpart here are there to be read.
 */
#ifndef NRF_MESH_CONFIG_CORE_H__
#define NRF_MESH_CONFIG_CORE_H__

#include "nrf_mesh_defines.h"

#ifdef CONFIG_APP_IN_CORE
#include "nrf_mesh_config_app.h"
#endif

#ifndef PERSISTENT_STORAGE
#define PERSISTENT_STORAGE 1 /* 0: nothing is kept in the port's storage */
#endif
#ifndef NRF_MESH_UECC_ENABLE
#define NRF_MESH_UECC_ENABLE 1
#endif
#ifndef AES_USE_HARDWARE
#define AES_USE_HARDWARE 1
#endif
#ifndef INTERNAL_EVT_ENABLE
#define INTERNAL_EVT_ENABLE 0
#endif
#ifndef FSM_DEBUG
#define FSM_DEBUG 0
#endif

/* -- features: the friend and low power ones are not there ------------------------------------- */
#ifndef MESH_FEATURE_RELAY_ENABLED
#define MESH_FEATURE_RELAY_ENABLED 1
#endif
#ifndef MESH_FEATURE_GATT_PROXY_ENABLED
#define MESH_FEATURE_GATT_PROXY_ENABLED 0 /* see proxy.h */
#endif
#ifndef MESH_FEATURE_LPN_ENABLED
#define MESH_FEATURE_LPN_ENABLED 0
#endif
#ifndef MESH_FEATURE_FRIEND_ENABLED
#define MESH_FEATURE_FRIEND_ENABLED 0
#endif
#ifndef MESH_FRIEND_FRIENDSHIP_COUNT
#define MESH_FRIEND_FRIENDSHIP_COUNT 2
#endif
#ifndef MESH_FRIEND_SUBLIST_SIZE
#define MESH_FRIEND_SUBLIST_SIZE 16
#endif
#ifndef MESH_FRIEND_QUEUE_SIZE
#define MESH_FRIEND_QUEUE_SIZE 35
#endif
#ifndef MESH_GATT_PROXY_FILTER_ADDR_COUNT
#define MESH_GATT_PROXY_FILTER_ADDR_COUNT 32
#endif
#ifndef MESH_GATT_PROXY_NETWORK_ID_ADV_INT_MS
#define MESH_GATT_PROXY_NETWORK_ID_ADV_INT_MS 2000
#endif
#ifndef MESH_GATT_PROXY_NODE_IDENTITY_ADV_INT_MS
#define MESH_GATT_PROXY_NODE_IDENTITY_ADV_INT_MS 200
#endif
#ifndef MESH_GATT_PROXY_NODE_IDENTITY_DURATION_MS
#define MESH_GATT_PROXY_NODE_IDENTITY_DURATION_MS 60000
#endif
#ifndef ACCESS_MODEL_PUBLISH_PERIOD_RESTORE
#define ACCESS_MODEL_PUBLISH_PERIOD_RESTORE 0
#endif

/* -- logs -------------------------------------------------------------------------------------- */
#ifndef NRF_MESH_LOG_ENABLE
#define NRF_MESH_LOG_ENABLE 1
#endif
#ifndef LOG_LEVEL_DEFAULT
#define LOG_LEVEL_DEFAULT LOG_LEVEL_WARN
#endif
#ifndef LOG_MSK_DEFAULT
#define LOG_MSK_DEFAULT LOG_GROUP_STACK
#endif
#ifndef LOG_ENABLE_RTT
#ifdef HOST
#define LOG_ENABLE_RTT 0
#else
#define LOG_ENABLE_RTT 1
#endif
#endif
#ifndef LOG_CALLBACK_DEFAULT
#ifdef HOST
#define LOG_CALLBACK_DEFAULT log_callback_stdout
#else
#define LOG_CALLBACK_DEFAULT log_callback_rtt
#endif
#endif

/* -- sizes of the node ------------------------------------------------------------------------- */
#ifndef REPLAY_CACHE_ENTRIES
#define REPLAY_CACHE_ENTRIES 40 /* nodes that can be heard */
#endif
#ifndef REPLAY_CACHE_STORAGE_STRATEGY
#define REPLAY_CACHE_STORAGE_STRATEGY MESH_CONFIG_STRATEGY_ON_POWER_DOWN
#endif
#ifndef TRANSPORT_SAR_SESSIONS_MAX
#define TRANSPORT_SAR_SESSIONS_MAX 4 /* segmented messages at once, in each direction */
#endif
#ifndef TRANSPORT_SAR_SEGACK_TTL_DEFAULT
#define TRANSPORT_SAR_SEGACK_TTL_DEFAULT 8
#endif
#ifndef CORE_TX_QUEUE_BUFFER_SIZE_ORIGINATOR
#define CORE_TX_QUEUE_BUFFER_SIZE_ORIGINATOR 256
#endif
#ifndef CORE_TX_QUEUE_BUFFER_SIZE_RELAY
#define CORE_TX_QUEUE_BUFFER_SIZE_RELAY 128
#endif
#ifndef CORE_TX_REPEAT_ORIGINATOR_DEFAULT
#define CORE_TX_REPEAT_ORIGINATOR_DEFAULT 1
#endif
#ifndef CORE_TX_REPEAT_RELAY_DEFAULT
#define CORE_TX_REPEAT_RELAY_DEFAULT 1
#endif
#ifndef MSG_CACHE_ENTRY_COUNT
#define MSG_CACHE_ENTRY_COUNT 32
#endif
#ifndef NETWORK_SEQNUM_FLASH_BLOCK_SIZE
#define NETWORK_SEQNUM_FLASH_BLOCK_SIZE 8192
#endif
#ifndef NETWORK_SEQNUM_FLASH_BLOCK_THRESHOLD
#define NETWORK_SEQNUM_FLASH_BLOCK_THRESHOLD 64
#endif
#ifndef NETWORK_SEQNUM_IV_UPDATE_START_THRESHOLD
#define NETWORK_SEQNUM_IV_UPDATE_START_THRESHOLD (NETWORK_SEQNUM_MAX / 2)
#endif
#ifndef NETWORK_SEQNUM_IV_UPDATE_END_THRESHOLD
#define NETWORK_SEQNUM_IV_UPDATE_END_THRESHOLD (NETWORK_SEQNUM_MAX - TRANSPORT_SAR_SEQNUM_DIFF_MAX)
#endif
#ifndef FLASH_MANAGER_POOL_SIZE
#define FLASH_MANAGER_POOL_SIZE 256
#endif
#ifndef FLASH_MANAGER_ENTRY_MAX_SIZE
#define FLASH_MANAGER_ENTRY_MAX_SIZE 128
#endif
#ifndef FLASH_MANAGER_PAGE_COUNT_MAX
#define FLASH_MANAGER_PAGE_COUNT_MAX 255
#endif

#endif
