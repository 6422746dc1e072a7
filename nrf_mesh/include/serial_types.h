/*
 * Values of the serial interface's packets, and those that handlers of models get. docs/serial.md
 * has all packets.
 */
#ifndef SERIAL_TYPES_H__
#define SERIAL_TYPES_H__

#include <stdint.h>

#include "access.h"
#include "nrf_mesh_serial.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SERIAL_API_VERSION 10

/** Device Started. */
#define SERIAL_DEVICE_OPERATING_MODE_TEST 0
#define SERIAL_DEVICE_OPERATING_MODE_BOOTLOADER 1
#define SERIAL_DEVICE_OPERATING_MODE_APPLICATION 2

/** Beacon Params. */
#define SERIAL_CMD_TX_POWER_VALUE_0dBm 0x00
#define SERIAL_CMD_TX_POWER_VALUE_Pos4dBm 0x04
#define SERIAL_CMD_TX_POWER_VALUE_Neg30dBm 0xD8
#define SERIAL_CMD_TX_POWER_VALUE_Neg20dBm 0xEC
#define SERIAL_CMD_TX_POWER_VALUE_Neg16dBm 0xF0
#define SERIAL_CMD_TX_POWER_VALUE_Neg12dBm 0xF4
#define SERIAL_CMD_TX_POWER_VALUE_Neg8dBm 0xF8
#define SERIAL_CMD_TX_POWER_VALUE_Neg4dBm 0xFC

/** Octets of a Message Received event before the message, opcode included. */
#define SERIAL_EVT_MESH_MESSAGE_RECEIVED_LEN_OVERHEAD 20
#define SERIAL_EVT_MESH_MESSAGE_RECEIVED_DATA_MAXLEN                                               \
    (NRF_MESH_SERIAL_PAYLOAD_MAXLEN + NRF_MESH_SERIAL_PACKET_OVERHEAD -                            \
     SERIAL_EVT_MESH_MESSAGE_RECEIVED_LEN_OVERHEAD)
/** Octets of a Packet Send command before the message, without the opcode. */
#define SERIAL_CMD_MESH_PACKET_SEND_OVERHEAD 10
#define SERIAL_PACKET_INTERNAL_EVENT_OVERHEAD 3
#define SERIAL_EVT_KEY_INDEX_INVALID 0xFF

#define SERIAL_CMD_MODEL_SPECIFIC_INIT_DATA_MAXLEN 248
#define SERIAL_CMD_MODEL_SPECIFIC_COMMAND_DATA_MAXLEN 252
#define SERIAL_EVT_CMD_RSP_MODEL_CMD_DATA_MAXLEN 251

/** The Init command. */
typedef struct {
    access_model_id_t model_id;
    uint16_t element_index;
    uint8_t data[SERIAL_CMD_MODEL_SPECIFIC_INIT_DATA_MAXLEN];
    uint16_t data_len; /**< octets of data that came; not in the SDK */
} serial_cmd_model_specific_init_t;

/** The Command command. */
typedef struct {
    access_model_handle_t model_handle;
    uint8_t data[SERIAL_CMD_MODEL_SPECIFIC_COMMAND_DATA_MAXLEN];
    uint16_t data_len; /**< octets of data that came; not in the SDK */
} serial_cmd_model_specific_command_t;

/** What a model answers a Command with. */
typedef struct {
    uint8_t data_len; /**< 0..SERIAL_EVT_CMD_RSP_MODEL_CMD_DATA_MAXLEN; 0 at first */
    uint8_t data[SERIAL_EVT_CMD_RSP_MODEL_CMD_DATA_MAXLEN];
} serial_evt_cmd_rsp_data_model_cmd_t;

#ifdef __cplusplus
}
#endif

#endif
