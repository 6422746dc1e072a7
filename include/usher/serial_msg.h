/*
 * The packets of the serial interface, as both ends have them: commands from the host, answers and
 * events from the device. The opcodes and their parameters are those of the nRF5 SDK for Mesh's
 * serial interface, version 10; those of our own are marked. Which members of the struct count
 * follows from the opcode: src/serial/serial_pdu.c is the one description, docs/serial.md is made
 * from it.
 */
#ifndef USHER_SERIAL_MSG_H
#define USHER_SERIAL_MSG_H

#include <usher/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define USHER_SERIAL_VERSION 10   /**< of the SDK's interface, told by Serial Version Get */
#define USHER_SERIAL_EXTENSIONS 1 /**< version of ours, told by Extensions Get */
#define USHER_SERIAL_PAYLOAD_MAX 254u
#define USHER_SERIAL_FRAME_MAX                                                                     \
    256u /**< octets: length, opcode, payload; without SLIP's additions */
#define USHER_SERIAL_ANSWER_MAX 252u /**< octets of an answer's data */
#define USHER_SERIAL_LIST_MAX 125    /**< handles in one answer */

/** Commands. */
enum usher_serial_command {
    /* the device */
    USHER_SERIAL_ECHO = 0x02,
    USHER_SERIAL_INTERNAL_EVENTS_REPORT = 0x03,
    USHER_SERIAL_VERSION_GET = 0x09,
    USHER_SERIAL_FW_INFO_GET = 0x0A,
    USHER_SERIAL_RADIO_RESET = 0x0E,
    USHER_SERIAL_BEACON_START = 0x10,
    USHER_SERIAL_BEACON_STOP = 0x11,
    USHER_SERIAL_BEACON_PARAMS_SET = 0x12,
    USHER_SERIAL_BEACON_PARAMS_GET = 0x13,
    USHER_SERIAL_HOUSEKEEPING_GET = 0x14,
    USHER_SERIAL_HOUSEKEEPING_CLEAR = 0x15,
    USHER_SERIAL_EXTENSIONS_GET = 0x1D, /**< ours */
    USHER_SERIAL_EXTENSIONS_SET = 0x1E, /**< ours */
    USHER_SERIAL_APPLICATION = 0x20,
    USHER_SERIAL_SESSION_DATA_SET = 0x30, /**< ours */
    USHER_SERIAL_ADV_ADDR_GET = 0x41,
    USHER_SERIAL_UUID_SET = 0x53,
    USHER_SERIAL_UUID_GET = 0x54,
    /* provisioning */
    USHER_SERIAL_SESSION_STATE_GET = 0x60, /**< ours */
    USHER_SERIAL_SCAN_START = 0x61,
    USHER_SERIAL_SCAN_STOP = 0x62,
    USHER_SERIAL_PROVISION = 0x63,
    USHER_SERIAL_LISTEN = 0x64,
    USHER_SERIAL_ECDH_MODE_SET = 0x65, /**< ours */
    USHER_SERIAL_OOB_USE = 0x66,
    USHER_SERIAL_AUTH_DATA = 0x67,
    USHER_SERIAL_ECDH_SECRET = 0x68,
    USHER_SERIAL_KEYPAIR_SET = 0x69,
    USHER_SERIAL_CAPABILITIES_SET = 0x6A,
    USHER_SERIAL_SESSION_KEY_SET = 0x6B, /**< ours */
    USHER_SERIAL_SESSION_CANCEL = 0x6C,  /**< ours */
    USHER_SERIAL_LISTEN_STOP = 0x6D,     /**< ours */
    USHER_SERIAL_PUBKEY_SET = 0x6E,      /**< ours */
    USHER_SERIAL_LISTEN_WITH = 0x6F,     /**< ours */
    /* the mesh node and the device state manager */
    USHER_SERIAL_MESH_ENABLE = 0x90,
    USHER_SERIAL_MESH_DISABLE = 0x91,
    USHER_SERIAL_SUBNET_ADD = 0x92,
    USHER_SERIAL_SUBNET_UPDATE = 0x93,
    USHER_SERIAL_SUBNET_DELETE = 0x94,
    USHER_SERIAL_SUBNET_GET_ALL = 0x95,
    USHER_SERIAL_SUBNET_COUNT_MAX_GET = 0x96,
    USHER_SERIAL_APPKEY_ADD = 0x97,
    USHER_SERIAL_APPKEY_UPDATE = 0x98,
    USHER_SERIAL_APPKEY_DELETE = 0x99,
    USHER_SERIAL_APPKEY_GET_ALL = 0x9A,
    USHER_SERIAL_APPKEY_COUNT_MAX_GET = 0x9B,
    USHER_SERIAL_DEVKEY_ADD = 0x9C,
    USHER_SERIAL_DEVKEY_DELETE = 0x9D,
    USHER_SERIAL_DEVKEY_COUNT_MAX_GET = 0x9E,
    USHER_SERIAL_ADDR_LOCAL_SET = 0x9F,
    USHER_SERIAL_ADDR_LOCAL_GET = 0xA0,
    USHER_SERIAL_ADDR_SUBSCRIPTION_ADD = 0xA1,
    USHER_SERIAL_ADDR_SUBSCRIPTION_ADD_VIRTUAL = 0xA2,
    USHER_SERIAL_ADDR_SUBSCRIPTION_REMOVE = 0xA3,
    USHER_SERIAL_ADDR_PUBLICATION_ADD = 0xA4,
    USHER_SERIAL_ADDR_PUBLICATION_ADD_VIRTUAL = 0xA5,
    USHER_SERIAL_ADDR_PUBLICATION_REMOVE = 0xA6,
    USHER_SERIAL_ADDR_GET = 0xA7,
    USHER_SERIAL_ADDR_GET_ALL = 0xA8,
    USHER_SERIAL_ADDR_NONVIRTUAL_COUNT_MAX_GET = 0xA9,
    USHER_SERIAL_ADDR_VIRTUAL_COUNT_MAX_GET = 0xAA,
    USHER_SERIAL_PACKET_SEND = 0xAB,
    USHER_SERIAL_STATE_CLEAR = 0xAC,
    USHER_SERIAL_CONFIG_SERVER_BIND = 0xAD,
    USHER_SERIAL_NET_STATE_SET = 0xAE,
    USHER_SERIAL_NET_STATE_GET = 0xAF,
    /* the access layer and models */
    USHER_SERIAL_MODEL_PUB_ADDR_SET = 0xE0,
    USHER_SERIAL_MODEL_PUB_ADDR_GET = 0xE1,
    USHER_SERIAL_MODEL_PUB_PERIOD_SET = 0xE2,
    USHER_SERIAL_MODEL_PUB_PERIOD_GET = 0xE3,
    USHER_SERIAL_MODEL_SUBS_ADD = 0xE4,
    USHER_SERIAL_MODEL_SUBS_REMOVE = 0xE5,
    USHER_SERIAL_MODEL_SUBS_GET = 0xE6,
    USHER_SERIAL_MODEL_APP_BIND = 0xE7,
    USHER_SERIAL_MODEL_APP_UNBIND = 0xE8,
    USHER_SERIAL_MODEL_APP_GET = 0xE9,
    USHER_SERIAL_MODEL_PUB_APP_SET = 0xEA,
    USHER_SERIAL_MODEL_PUB_APP_GET = 0xEB,
    USHER_SERIAL_MODEL_PUB_TTL_SET = 0xEC,
    USHER_SERIAL_MODEL_PUB_TTL_GET = 0xED,
    USHER_SERIAL_ELEM_LOC_SET = 0xEE,
    USHER_SERIAL_ELEM_LOC_GET = 0xEF,
    USHER_SERIAL_ELEM_SIG_MODEL_COUNT_GET = 0xF0,
    USHER_SERIAL_ELEM_VENDOR_MODEL_COUNT_GET = 0xF1,
    USHER_SERIAL_MODEL_ID_GET = 0xF2,
    USHER_SERIAL_HANDLE_GET = 0xF3,
    USHER_SERIAL_ELEM_MODELS_GET = 0xF4,
    USHER_SERIAL_MODELS_GET = 0xFC,
    USHER_SERIAL_MODEL_INIT = 0xFD,
    USHER_SERIAL_MODEL_COMMAND = 0xFE,
};

/** Events. */
enum usher_serial_event_code {
    USHER_SERIAL_EVT_DEVICE_STARTED = 0x81,
    USHER_SERIAL_EVT_ECHO_RSP = 0x82,
    USHER_SERIAL_EVT_CMD_RSP = 0x84, /**< an answer */
    USHER_SERIAL_EVT_APPLICATION = 0x8A,
    USHER_SERIAL_EVT_DATA_REQUEST = 0x8D, /**< ours */
    USHER_SERIAL_EVT_UNPROVISIONED = 0xC0,
    USHER_SERIAL_EVT_LINK_ESTABLISHED = 0xC1,
    USHER_SERIAL_EVT_LINK_CLOSED = 0xC2,
    USHER_SERIAL_EVT_CAPS_RECEIVED = 0xC3,
    USHER_SERIAL_EVT_INVITE_RECEIVED = 0xC4,
    USHER_SERIAL_EVT_COMPLETE = 0xC5,
    USHER_SERIAL_EVT_AUTH_REQUEST = 0xC6,
    USHER_SERIAL_EVT_ECDH_REQUEST = 0xC7,
    USHER_SERIAL_EVT_OUTPUT_REQUEST = 0xC8,
    USHER_SERIAL_EVT_FAILED = 0xC9,
    USHER_SERIAL_EVT_START_RECEIVED = 0xCA,
    USHER_SERIAL_EVT_BEACON = 0xCB,         /**< ours, in place of UNPROVISIONED */
    USHER_SERIAL_EVT_CAPABILITIES = 0xCC,   /**< ours, in place of CAPS_RECEIVED */
    USHER_SERIAL_EVT_SECRET_REQUEST = 0xCD, /**< ours, in place of ECDH_REQUEST: no private key */
    USHER_SERIAL_EVT_PUBKEY_REQUEST = 0xCE, /**< ours: the peer's OOB public key is needed */
    USHER_SERIAL_EVT_SHOW_REQUEST = 0xCF,   /**< ours, in place of OUTPUT_REQUEST: all of it */
    USHER_SERIAL_EVT_MESSAGE_UNICAST = 0xD0,
    USHER_SERIAL_EVT_MESSAGE_SUBSCRIPTION = 0xD1,
    USHER_SERIAL_EVT_TX_COMPLETE = 0xD2,
    USHER_SERIAL_EVT_IV_UPDATE = 0xD3,
    USHER_SERIAL_EVT_KEY_REFRESH = 0xD4,
    USHER_SERIAL_EVT_HEARTBEAT = 0xD8,
    USHER_SERIAL_EVT_IV_ENTRY_SET = 0xD9,
    USHER_SERIAL_EVT_SEQNUM_ENTRY_SET = 0xDA,
    USHER_SERIAL_EVT_MODEL_SPECIFIC = 0xF0,
};

/** Statuses of answers. */
enum usher_serial_status {
    USHER_SERIAL_SUCCESS = 0x00,
    USHER_SERIAL_UNKNOWN = 0x80,
    USHER_SERIAL_INTERNAL = 0x81,
    USHER_SERIAL_CMD_UNKNOWN = 0x82,
    USHER_SERIAL_INVALID_STATE = 0x83,
    USHER_SERIAL_INVALID_LENGTH = 0x84,
    USHER_SERIAL_INVALID_PARAMETER = 0x85,
    USHER_SERIAL_BUSY = 0x86,
    USHER_SERIAL_INVALID_DATA = 0x87,
    USHER_SERIAL_REJECTED = 0x8E,
    USHER_SERIAL_TIMEOUT = 0x93,
};

/** Bits of Extensions Get and Set. */
enum usher_serial_extension {
    USHER_SERIAL_EXT_SESSIONS = 1 << 0, /**< Session State Get, Cancel, Listen Stop, Listen With */
    USHER_SERIAL_EXT_BEACON = 1 << 1,   /**< BEACON in place of UNPROVISIONED */
    USHER_SERIAL_EXT_CAPS = 1 << 2,     /**< CAPABILITIES in place of CAPS_RECEIVED */
    USHER_SERIAL_EXT_SHOW = 1 << 3,     /**< SHOW_REQUEST in place of OUTPUT_REQUEST */
    USHER_SERIAL_EXT_SECRET = 1 << 4,   /**< Session Key Set, SECRET_REQUEST */
    USHER_SERIAL_EXT_PUBKEY = 1 << 5,   /**< Pubkey Set, PUBKEY_REQUEST */
    USHER_SERIAL_EXT_DATA = 1 << 6,     /**< Provision without an address, DATA_REQUEST */
};

/** One packet, host byte order. Members that a packet does not have are zeros. */
struct usher_serial_packet {
    uint8_t opcode;  /**< enum usher_serial_command, enum usher_serial_event_code */
    uint8_t command; /**< CMD_RSP: what is answered */
    uint8_t status;  /**< CMD_RSP: enum usher_serial_status */
    /* sessions */
    uint8_t context;
    uint8_t method, action, size; /**< of authentication, by their numbers in Start */
    uint8_t reason;               /**< close reason; failure code */
    uint8_t attention;            /**< seconds */
    uint8_t mode;                 /**< ECDH Mode Set: 0 the device, 1 the host */
    uint8_t phase;                /**< Session State Get: 0xFF idle, or enum usher_phase */
    uint8_t bearers;              /**< Listen With: enum usher_bearer, bits */
    uint8_t elements;
    uint8_t pubkey_type, static_types, output_size, input_size; /**< capabilities */
    uint16_t algorithms, output_actions, input_actions;
    uint16_t oob_info;
    uint8_t gatt;       /**< UNPROVISIONED: heard on PB-GATT */
    uint8_t hash_there; /**< BEACON: uri_hash counts */
    uint8_t uri_hash[4];
    int8_t rssi;
    uint8_t addr_type;
    uint8_t addr[6]; /**< least significant octet first */
    uint8_t uuid[USHER_UUID_SIZE];
    uint8_t key[USHER_KEY_SIZE];        /**< NetKey, AppKey or device key; a label UUID */
    uint8_t device_key[USHER_KEY_SIZE]; /**< COMPLETE, DATA_REQUEST */
    const uint8_t *private_key;         /**< 32 octets */
    const uint8_t *public_key;          /**< 64 octets */
    const uint8_t *secret;              /**< 32 octets */
    /* the device */
    uint16_t version;
    uint32_t features;      /**< enum usher_serial_extension, bits */
    uint16_t node_features; /**< HEARTBEAT */
    uint8_t contexts;
    uint8_t operating_mode, hw_error, credit; /**< DEVICE_STARTED */
    uint8_t slot, tx_power, channel_map;      /**< beacons */
    uint32_t interval_ms;
    uint32_t lost; /**< Housekeeping Data */
    /* the mesh */
    uint16_t net_index, app_index, address, count;
    uint16_t handle,
        handle2; /**< of what the command is about, and of what it is to be used with */
    uint32_t iv_index;
    uint8_t iv_update, key_refresh; /**< flags; key refresh: the phase in KEY_REFRESH */
    uint16_t iv_timeout;
    uint32_t seqnum; /**< the next block */
    uint32_t token;
    uint16_t src, dst; /**< dst: an address, or a handle */
    uint8_t ttl, force_segmented, transmic, credentials;
    uint8_t init_ttl, hops;
    uint8_t address_type, subscribed;
    uint16_t actual_length; /**< of a message that was cut */
    /* models */
    uint16_t element, location, company, model;
    uint8_t resolution, steps, models, model_event;
    uint16_t list_count;
    uint16_t list[USHER_SERIAL_LIST_MAX];
    /* the rest of the packet */
    const uint8_t *data;
    uint16_t len;
};

#ifdef __cplusplus
}
#endif

#endif
