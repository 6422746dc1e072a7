/*
 * The names of the serial interface's packets, for reports; a microcontroller does not carry them.
 * See serial_pdu.h.
 */
#include "serial_pdu.h"

struct named {
    uint8_t kind, opcode;
    const char *name;
};

#define FIELDS(...) 0
#define COMMAND(code, name, params, answer, text) { SERIAL_COMMAND, USHER_SERIAL_##code, name },
#define EVENT(code, name, params, text) { SERIAL_EVENT, USHER_SERIAL_EVT_##code, name },

static const struct named packets[] = {
#include "serial_table.def"
};

const char *serial_name(enum serial_kind kind, uint8_t opcode)
{
    for (size_t i = 0; i < sizeof(packets) / sizeof(packets[0]); i++) {
        if (packets[i].kind == kind && packets[i].opcode == opcode) {
            return packets[i].name;
        }
    }
    return NULL;
}

const char *serial_status_name(uint8_t status)
{
    switch (status) {
    case USHER_SERIAL_SUCCESS:
        return "SUCCESS";
    case USHER_SERIAL_INTERNAL:
        return "INTERNAL";
    case USHER_SERIAL_CMD_UNKNOWN:
        return "CMD_UNKNOWN";
    case USHER_SERIAL_INVALID_STATE:
        return "INVALID_STATE";
    case USHER_SERIAL_INVALID_LENGTH:
        return "INVALID_LENGTH";
    case USHER_SERIAL_INVALID_PARAMETER:
        return "INVALID_PARAMETER";
    case USHER_SERIAL_BUSY:
        return "BUSY";
    case USHER_SERIAL_INVALID_DATA:
        return "INVALID_DATA";
    case USHER_SERIAL_REJECTED:
        return "REJECTED";
    case USHER_SERIAL_TIMEOUT:
        return "TIMEOUT";
    default:
        return "UNKNOWN";
    }
}
