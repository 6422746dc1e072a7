/*
 * PDUs of the Attribute Protocol (Core Specification, Vol 3, Part F, section 3.4): their numbers,
 * and the parts that several of them share, each walked in both directions by one function. Part of
 * gatt_link.h; called by gatt_server.c, which answers, and gatt_client.c, which asks.
 */
#ifndef ATT_H
#define ATT_H

#include "io.h"

enum att_opcode {
    ATT_ERROR_RSP = 0x01,
    ATT_MTU_REQ = 0x02,
    ATT_MTU_RSP = 0x03,
    ATT_FIND_INFORMATION_REQ = 0x04,
    ATT_FIND_INFORMATION_RSP = 0x05,
    ATT_FIND_BY_TYPE_VALUE_REQ = 0x06,
    ATT_FIND_BY_TYPE_VALUE_RSP = 0x07,
    ATT_READ_BY_TYPE_REQ = 0x08,
    ATT_READ_BY_TYPE_RSP = 0x09,
    ATT_READ_REQ = 0x0A,
    ATT_READ_RSP = 0x0B,
    ATT_READ_BLOB_REQ = 0x0C,
    ATT_READ_BLOB_RSP = 0x0D,
    ATT_READ_MULTIPLE_RSP = 0x0F,
    ATT_READ_BY_GROUP_TYPE_REQ = 0x10,
    ATT_READ_BY_GROUP_TYPE_RSP = 0x11,
    ATT_WRITE_REQ = 0x12,
    ATT_WRITE_RSP = 0x13,
    ATT_PREPARE_WRITE_RSP = 0x17,
    ATT_EXECUTE_WRITE_RSP = 0x19,
    ATT_VALUE_NTF = 0x1B,
    ATT_VALUE_IND = 0x1D,
    ATT_VALUE_CFM = 0x1E,
    ATT_READ_MULTIPLE_VARIABLE_RSP = 0x21,
    ATT_MULTIPLE_VALUE_NTF = 0x23,
    ATT_WRITE_CMD = 0x52,
};

enum att_error {
    ATT_INVALID_HANDLE = 0x01,
    ATT_READ_NOT_PERMITTED = 0x02,
    ATT_WRITE_NOT_PERMITTED = 0x03,
    ATT_INVALID_PDU = 0x04,
    ATT_INSUFFICIENT_AUTHENTICATION = 0x05,
    ATT_REQUEST_NOT_SUPPORTED = 0x06,
    ATT_INVALID_OFFSET = 0x07,
    ATT_INSUFFICIENT_AUTHORIZATION = 0x08,
    ATT_NOT_FOUND = 0x0A,
    ATT_INVALID_LENGTH = 0x0D,
    ATT_INSUFFICIENT_ENCRYPTION = 0x0F,
    ATT_UNSUPPORTED_GROUP_TYPE = 0x10,
    ATT_VALUE_NOT_ALLOWED = 0x13,
    ATT_WRITE_REJECTED = 0xFC, /* Supplement to the Core Specification, Part B */
};

/** What a PDU is to who gets it. */
enum att_kind {
    ATT_REQUEST, /* to a server, which answers; numbers that nobody knows, too */
    ATT_COMMAND, /* to a server, which does not */
    ATT_CONFIRMATION,
    ATT_RESPONSE, /* to a client */
    ATT_NOTIFICATION,
    ATT_INDICATION,
};

/** Attribute types of GATT (Vol 3, Part G, section 3). */
enum gatt_type {
    GATT_PRIMARY_SERVICE = 0x2800,
    GATT_SECONDARY_SERVICE = 0x2801,
    GATT_CHARACTERISTIC = 0x2803,
    GATT_CCCD = 0x2902, /* Client Characteristic Configuration descriptor */
    GATT_DEVICE_NAME = 0x2A00,
    GATT_APPEARANCE = 0x2A01,
    GATT_SERVICE_CHANGED = 0x2A05,
    GATT_PROVISIONING_DATA_IN = 0x2ADB,
    GATT_PROVISIONING_DATA_OUT = 0x2ADC,
    GATT_PROXY_DATA_IN = 0x2ADD,
    GATT_PROXY_DATA_OUT = 0x2ADE,
};

/** Properties of a characteristic, and values of a CCCD. */
enum {
    GATT_PROPERTY_READ = 0x02,
    GATT_PROPERTY_WRITE_WITHOUT_RESPONSE = 0x04,
    GATT_PROPERTY_NOTIFY = 0x10,
    GATT_PROPERTY_INDICATE = 0x20,
    GATT_CCCD_NOTIFY = 0x0001,
    GATT_CCCD_INDICATE = 0x0002,
};

#define ATT_HANDLE_MAX 0xFFFFu
#define ATT_UUID128 16u /* octets of a long UUID */

enum att_kind att_kind(uint8_t opcode);

/** An opcode and what most requests begin with: a range of handles. */
void att_range_fields(struct io *io, uint8_t *opcode, uint16_t *start, uint16_t *end);
/** An opcode and a 16-bit parameter: a handle or an MTU. */
void att_handle_fields(struct io *io, uint8_t *opcode, uint16_t *handle);
/** Error Response. */
struct att_error_rsp {
    uint8_t opcode; /* ATT_ERROR_RSP */
    uint8_t request;
    uint16_t handle;
    uint8_t error;
};
void att_error_fields(struct io *io, struct att_error_rsp *error);

/**
 * Reads the UUID that a PDU ends with, or a list entry has.
 *
 * @param len   Its octets: 2, or ATT_UUID128.
 * @param uuid  Gets its short form; 0 if it has none.
 */
void att_read_uuid(struct io *io, size_t len, uint16_t *uuid);

#endif
