/*
 * PDUs of the Attribute Protocol (Core Specification, Vol 3, Part F, section 3.4); see att.h.
 */
#include "att.h"

#include <string.h>

#define COMMAND_FLAG 0x40

enum att_kind att_kind(uint8_t opcode)
{
    if ((opcode & COMMAND_FLAG) != 0) {
        return ATT_COMMAND;
    }
    switch (opcode) {
    case ATT_ERROR_RSP:
    case ATT_MTU_RSP:
    case ATT_FIND_INFORMATION_RSP:
    case ATT_FIND_BY_TYPE_VALUE_RSP:
    case ATT_READ_BY_TYPE_RSP:
    case ATT_READ_RSP:
    case ATT_READ_BLOB_RSP:
    case ATT_READ_MULTIPLE_RSP:
    case ATT_READ_BY_GROUP_TYPE_RSP:
    case ATT_WRITE_RSP:
    case ATT_PREPARE_WRITE_RSP:
    case ATT_EXECUTE_WRITE_RSP:
    case ATT_READ_MULTIPLE_VARIABLE_RSP:
        return ATT_RESPONSE;
    case ATT_VALUE_NTF:
    case ATT_MULTIPLE_VALUE_NTF:
        return ATT_NOTIFICATION;
    case ATT_VALUE_IND:
        return ATT_INDICATION;
    case ATT_VALUE_CFM:
        return ATT_CONFIRMATION;
    default:
        return ATT_REQUEST;
    }
}

void att_range_fields(struct io *io, uint8_t *opcode, uint16_t *start, uint16_t *end)
{
    io_u8(io, opcode);
    io_le16(io, start);
    io_le16(io, end);
}

void att_handle_fields(struct io *io, uint8_t *opcode, uint16_t *handle)
{
    io_u8(io, opcode);
    io_le16(io, handle);
}

void att_error_fields(struct io *io, struct att_error_rsp *error)
{
    io_u8(io, &error->opcode);
    io_u8(io, &error->request);
    io_le16(io, &error->handle);
    io_u8(io, &error->error);
}

void att_read_uuid(struct io *io, size_t len, uint16_t *uuid)
{
    /* The Bluetooth Base UUID, least significant octet first, up to where the short form is. */
    static const uint8_t base[12] = { 0xFB, 0x34, 0x9B, 0x5F, 0x80, 0x00,
                                      0x00, 0x80, 0x00, 0x10, 0x00, 0x00 };
    uint8_t octets[12];
    uint16_t high = 0;

    if (len != ATT_UUID128) {
        io_le16(io, uuid);
        return;
    }
    io_bytes(io, octets, sizeof(octets));
    io_le16(io, uuid);
    io_le16(io, &high);
    if (!io_ok(io) || high != 0 || memcmp(octets, base, sizeof(base)) != 0) {
        *uuid = 0;
    }
}
