/*
 * Provisioning: sizes, capabilities, methods, states, and the data that make a node.
 */
#ifndef NRF_MESH_PROV_TYPES_H__
#define NRF_MESH_PROV_TYPES_H__

#include "nrf_mesh_defines.h"

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NRF_MESH_PROV_PUBKEY_SIZE 64
#define NRF_MESH_PROV_PRIVKEY_SIZE 32
#define NRF_MESH_PROV_ECDHSECRET_SIZE 32
#define NRF_MESH_PROV_DATANONCE_SIZE 13
#define NRF_MESH_PROV_OOB_SIZE_MAX 8

#define PROV_RANDOM_LEN 16
#define PROV_CONFIRMATION_LEN NRF_MESH_KEY_SIZE
#define PROV_AUTH_LEN 16
#define PROV_SALT_LEN 16
#define PROV_NONCE_LEN 13
#define PROV_CONFIRMATION_INPUT_LEN (1 + 11 + 5) /* Invite, Capabilities, Start */

/* -- capabilities: bits ------------------------------------------------------------------------ */
#define NRF_MESH_PROV_ALGORITHM_FIPS_P256EC (1u << 0)

#define NRF_MESH_PROV_OOB_PUBKEY_TYPE_INBAND 0
#define NRF_MESH_PROV_OOB_PUBKEY_TYPE_OOB (1u << 0)

#define NRF_MESH_PROV_OOB_STATIC_TYPE_SUPPORTED (1u << 0)

#define NRF_MESH_PROV_OOB_OUTPUT_ACTION_BLINK (1u << 0)
#define NRF_MESH_PROV_OOB_OUTPUT_ACTION_BEEP (1u << 1)
#define NRF_MESH_PROV_OOB_OUTPUT_ACTION_VIBRATE (1u << 2)
#define NRF_MESH_PROV_OOB_OUTPUT_ACTION_NUMERIC (1u << 3)
#define NRF_MESH_PROV_OOB_OUTPUT_ACTION_ALPHANUMERIC (1u << 4)

#define NRF_MESH_PROV_OOB_INPUT_ACTION_PUSH (1u << 0)
#define NRF_MESH_PROV_OOB_INPUT_ACTION_TWIST (1u << 1)
#define NRF_MESH_PROV_OOB_INPUT_ACTION_ENTER_NUMBER (1u << 2)
#define NRF_MESH_PROV_OOB_INPUT_ACTION_ENTER_STRING (1u << 3)

/* -- where a device's OOB information is: bits in its beacon ----------------------------------- */
#define NRF_MESH_PROV_OOB_INFO_SOURCE_OTHER (1u << 0)
#define NRF_MESH_PROV_OOB_INFO_SOURCE_ELECTRONIC_OR_URI (1u << 1)
#define NRF_MESH_PROV_OOB_INFO_SOURCE_2D_MACHINE_READABLE_CODE (1u << 2)
#define NRF_MESH_PROV_OOB_INFO_SOURCE_BAR_CODE (1u << 3)
#define NRF_MESH_PROV_OOB_INFO_SOURCE_NFC (1u << 4)
#define NRF_MESH_PROV_OOB_INFO_SOURCE_NUMBER (1u << 5)
#define NRF_MESH_PROV_OOB_INFO_SOURCE_STRING (1u << 6)
#define NRF_MESH_PROV_OOB_INFO_SOURCE_ON_BOX (1u << 11)
#define NRF_MESH_PROV_OOB_INFO_SOURCE_INSIDE_BOX (1u << 12)
#define NRF_MESH_PROV_OOB_INFO_SOURCE_ON_PIECE_OF_PAPER (1u << 13)
#define NRF_MESH_PROV_OOB_INFO_SOURCE_INSIDE_MANUAL (1u << 14)
#define NRF_MESH_PROV_OOB_INFO_SOURCE_ON_DEVICE (1u << 15)

/* -- what Start says --------------------------------------------------------------------------- */
typedef enum {
    NRF_MESH_PROV_ALGORITHM_FIPS_P256 = 0,
    NRF_MESH_PROV_ALGORITHM_RFU = 1,
} nrf_mesh_prov_algorithm_t;

typedef enum {
    NRF_MESH_PROV_PUBLIC_KEY_NO_OOB = 0,
    NRF_MESH_PROV_PUBLIC_KEY_OOB = 1,
    NRF_MESH_PROV_PUBLIC_KEY_PROHIBITED = 2,
} nrf_mesh_prov_public_key_usage_t;

/** How the two sides know each other. */
typedef enum {
    NRF_MESH_PROV_OOB_METHOD_NONE = 0,
    NRF_MESH_PROV_OOB_METHOD_STATIC = 1,
    NRF_MESH_PROV_OOB_METHOD_OUTPUT = 2, /**< The device shows, the provisioner's user types. */
    NRF_MESH_PROV_OOB_METHOD_INPUT = 3,  /**< The provisioner shows, the device's user types. */
    NRF_MESH_PROV_OOB_METHOD_PROHIBITED = 4,
} nrf_mesh_prov_oob_method_t;

typedef enum {
    NRF_MESH_PROV_INPUT_ACTION_PUSH = 0,
    NRF_MESH_PROV_INPUT_ACTION_TWIST = 1,
    NRF_MESH_PROV_INPUT_ACTION_ENTER_NUMBER = 2,
    NRF_MESH_PROV_INPUT_ACTION_ENTER_STRING = 3,
    NRF_MESH_PROV_INPUT_ACTION_RFU = 4,
} nrf_mesh_prov_input_action_t;

typedef enum {
    NRF_MESH_PROV_OUTPUT_ACTION_BLINK = 0,
    NRF_MESH_PROV_OUTPUT_ACTION_BEEP = 1,
    NRF_MESH_PROV_OUTPUT_ACTION_VIBRATE = 2,
    NRF_MESH_PROV_OUTPUT_ACTION_DISPLAY_NUMERIC = 3,
    NRF_MESH_PROV_OUTPUT_ACTION_ALPHANUMERIC = 4,
    NRF_MESH_PROV_OUTPUT_ACTION_RFU = 5,
} nrf_mesh_prov_output_action_t;

/** What Failed says. A peer may send other numbers. */
typedef enum {
    NRF_MESH_PROV_FAILURE_CODE_INVALID_PDU = 1,
    NRF_MESH_PROV_FAILURE_CODE_INVALID_FORMAT = 2,
    NRF_MESH_PROV_FAILURE_CODE_UNEXPECTED_PDU = 3,
    NRF_MESH_PROV_FAILURE_CODE_CONFIRMATION_FAILED = 4,
    NRF_MESH_PROV_FAILURE_CODE_OUT_OF_RESOURCES = 5,
    NRF_MESH_PROV_FAILURE_CODE_DECRYPTION_FAILED = 6,
    NRF_MESH_PROV_FAILURE_CODE_UNEXPECTED_ERROR = 7,
    NRF_MESH_PROV_FAILURE_CODE_CANNOT_ASSIGN_ADDR = 8,
} nrf_mesh_prov_failure_code_t;

typedef enum {
    NRF_MESH_PROV_ROLE_PROVISIONER = 0,
    NRF_MESH_PROV_ROLE_PROVISIONEE = 1,
} nrf_mesh_prov_role_t;

/** Where a context is. */
typedef enum {
    NRF_MESH_PROV_STATE_IDLE = 0,
    NRF_MESH_PROV_STATE_WAIT_LINK = 1,
    NRF_MESH_PROV_STATE_INVITE = 2,
    NRF_MESH_PROV_STATE_WAIT_CAPS = 3,
    NRF_MESH_PROV_STATE_WAIT_CAPS_CONFIRM = 4, /**< for nrf_mesh_prov_oob_use() */
    NRF_MESH_PROV_STATE_WAIT_START = 5,
    NRF_MESH_PROV_STATE_WAIT_START_ACK = 6,
    NRF_MESH_PROV_STATE_WAIT_PUB_KEY_ACK = 7,
    NRF_MESH_PROV_STATE_WAIT_PUB_KEY = 8,
    NRF_MESH_PROV_STATE_WAIT_OOB_PUB_KEY = 9,        /**< for nrf_mesh_prov_pubkey_provide() */
    NRF_MESH_PROV_STATE_WAIT_EXTERNAL_ECDH = 10,     /**< for ..._shared_secret_provide() */
    NRF_MESH_PROV_STATE_WAIT_OOB_INPUT = 11,         /**< for ..._auth_data_provide() */
    NRF_MESH_PROV_STATE_WAIT_OOB_STATIC = 12,        /**< likewise */
    NRF_MESH_PROV_STATE_WAIT_OOB_STATIC_C_RCVD = 13, /**< likewise; the peer is further */
    NRF_MESH_PROV_STATE_WAIT_CONFIRMATION_ACK = 14,  /**< never entered */
    NRF_MESH_PROV_STATE_WAIT_CONFIRMATION = 15,
    NRF_MESH_PROV_STATE_WAIT_INPUT_COMPLETE = 16,
    NRF_MESH_PROV_STATE_WAIT_RANDOM = 17,
    NRF_MESH_PROV_STATE_WAIT_DATA = 18,
    NRF_MESH_PROV_STATE_WAIT_COMPLETE = 19,
    NRF_MESH_PROV_STATE_COMPLETE = 20,
    NRF_MESH_PROV_STATE_FAILED = 21,
} nrf_mesh_prov_state_t;

/** What a device can do, in the machine's byte order. */
typedef struct __attribute__((packed)) {
    uint8_t num_elements;
    uint16_t algorithms;
    uint8_t pubkey_type;
    uint8_t oob_static_types;
    uint8_t oob_output_size; /**< 0 or 1..8 */
    uint16_t oob_output_actions;
    uint8_t oob_input_size; /**< 0 or 1..8 */
    uint16_t oob_input_actions;
} nrf_mesh_prov_oob_caps_t;

/** What a device gets. */
typedef struct __attribute__((packed)) {
    uint8_t netkey[NRF_MESH_KEY_SIZE];
    uint16_t netkey_index; /**< 0..0xFFF */
    uint32_t iv_index;
    uint16_t address; /**< of its first element */
    struct __attribute__((packed)) {
        uint8_t iv_update : 1;   /**< an IV Update is in progress */
        uint8_t key_refresh : 1; /**< Key Refresh phase 2 */
    } flags;
} nrf_mesh_prov_provisioning_data_t;

/** One session: see nrf_mesh_prov.h. */
typedef struct nrf_mesh_prov_ctx nrf_mesh_prov_ctx_t;

#ifdef __cplusplus
}
#endif

#endif
