/*
 * Sizes, addresses and limits of Bluetooth Mesh under the SDK's names.
 */
#ifndef NRF_MESH_DEFINES_H__
#define NRF_MESH_DEFINES_H__

#include <stdint.h>

#if defined(NRF51) && defined(NRF52_SERIES)
#error "NRF51 and NRF52_SERIES cannot both be defined"
#endif
#if !defined(NRF51) && !defined(NRF52_SERIES) && !defined(HOST)
#error "define one of NRF51, NRF52_SERIES, HOST"
#endif

/* Octets of an access payload: segmented; with its MIC; in one PDU. */
#define NRF_MESH_SEG_PAYLOAD_SIZE_MAX 380
#define NRF_MESH_UPPER_TRANSPORT_PDU_SIZE_MAX 384
#define NRF_MESH_UNSEG_PAYLOAD_SIZE_MAX 11

#define NRF_MESH_KEY_SIZE 16
#define NRF_MESH_NETID_SIZE 8
#define NRF_MESH_UUID_SIZE 16
#define NRF_MESH_ECDH_PUBLIC_KEY_SIZE 64
#define NRF_MESH_ECDH_PRIVATE_KEY_SIZE 32
#define NRF_MESH_ECDH_SHARED_SECRET_SIZE 32

#define NRF_MESH_TTL_MAX 127
#define NRF_MESH_GLOBAL_KEY_INDEX_MAX 0xFFF

#define NRF_MESH_BEACON_SECURE_NET_BCAST_INTERVAL_SECONDS 10
#define NRF_MESH_BEACON_OBSERVATION_PERIODS 2
#define NRF_MESH_BEACON_UNPROV_URI_HASH_SIZE 4

#define NRF_MESH_ADV_CHAN_ALL                                                                      \
    {                                                                                              \
        37, 38, 39                                                                                 \
    }

#define NRF_MESH_ADDR_UNASSIGNED 0x0000
#define NRF_MESH_ALL_PROXIES_ADDR 0xFFFC
#define NRF_MESH_ALL_FRIENDS_ADDR 0xFFFD
#define NRF_MESH_ALL_RELAYS_ADDR 0xFFFE
#define NRF_MESH_ALL_NODES_ADDR 0xFFFF
#define NRF_MESH_ADDR_TYPE_BITS_OFFSET 14
#define NRF_MESH_ADDR_TYPE_BITS_MASK 0xC000

/* Where the stack runs: in the application's main loop, or in the lowest interrupt. */
#ifdef NRF51
#define NRF_MESH_IRQ_PRIORITY_THREAD 4
#define NRF_MESH_IRQ_PRIORITY_LOWEST 3
#else
#define NRF_MESH_IRQ_PRIORITY_THREAD 15
#define NRF_MESH_IRQ_PRIORITY_LOWEST 6
#endif

#define NETWORK_SEQNUM_MAX 0xFFFFFF
#define NETWORK_RELAY_RETRANSMITS_MAX 7
#define NETWORK_RELAY_INTERVAL_STEPS_MAX 31
#define NETWORK_MIN_IV_UPDATE_INTERVAL_MINUTES 5760
#define NETWORK_IV_RECOVERY_LIMIT 42

/* Features that trigger heartbeats. */
#define HEARTBEAT_TRIGGER_TYPE_RELAY (1u << 0)
#define HEARTBEAT_TRIGGER_TYPE_PROXY (1u << 1)
#define HEARTBEAT_TRIGGER_TYPE_FRIEND (1u << 2)
#define HEARTBEAT_TRIGGER_TYPE_LPN (1u << 3)
#define HEARTBEAT_TRIGGER_TYPE_MASK 0xFu

#define TRANSPORT_SAR_SEQNUM_DIFF_MAX 8191

#endif
