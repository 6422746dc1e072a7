/*
 * L2CAP over one LE connection (Core Specification, Vol 3, Part A, sections 3 and 4; Security
 * Manager: Part H, section 3); see l2cap.h.
 */
#include "l2cap.h"

#include "io.h"

#include <string.h>

/* Signalling commands. */
enum {
    COMMAND_REJECT = 0x01,
    PARAMETER_UPDATE_REQUEST = 0x12,
    PARAMETER_UPDATE_RESPONSE = 0x13,
};

/* Responses that nobody here has asked for are not rejected: of disconnection, of connections with
 * credits, of reconfiguration. */
enum {
    DISCONNECTION_RESPONSE = 0x07,
    LE_CREDIT_RESPONSE = 0x15,
    CREDIT_RESPONSE = 0x18,
    RECONFIGURE_RESPONSE = 0x1A,
};

enum reject_reason { NOT_UNDERSTOOD = 0x0000, MTU_EXCEEDED = 0x0001 };

enum { PARAMETERS_ACCEPTED = 0x0000, PARAMETERS_REJECTED = 0x0001 };

enum { PAIRING_REQUEST = 0x01, PAIRING_FAILED = 0x05, SECURITY_REQUEST = 0x0B };

#define PAIRING_NOT_SUPPORTED 0x05

void l2cap_init(struct l2cap *c, bool central)
{
    memset(c, 0, sizeof(*c));
    c->central = central;
}

/* -- signalling -------------------------------------------------------------------------------- */

struct command {
    uint8_t code, identifier;
    uint16_t len; /* as it says */
    const uint8_t *data;
    uint16_t held;
};

static void answer(struct l2cap *c, uint8_t code, uint8_t identifier, const uint16_t *values,
                   unsigned count)
{
    struct io io = io_writer(c->answer, sizeof(c->answer));
    uint16_t len = (uint16_t)(2 * count);

    io_u8(&io, &code);
    io_u8(&io, &identifier);
    io_le16(&io, &len);
    for (unsigned i = 0; i < count; i++) {
        uint16_t value = values[i];

        io_le16(&io, &value);
    }
    c->answer_len = (uint8_t)io_pos(&io);
}

static void reject(struct l2cap *c, uint8_t identifier, enum reject_reason reason)
{
    uint16_t values[2] = { (uint16_t)reason, L2CAP_SIGNAL_MTU };

    answer(c, COMMAND_REJECT, identifier, values, reason == MTU_EXCEEDED ? 2 : 1);
}

bool l2cap_parameters_fit(const uint16_t parameters[4])
{
    uint16_t min = parameters[0], max = parameters[1], latency = parameters[2],
             timeout = parameters[3];

    if (min < 0x0006 || min > max || max > 0x0C80) {
        return false;
    }
    if (latency > 499 || timeout < 0x000A || timeout > 0x0C80) {
        return false;
    }
    /* A time-out of 10 ms units is longer than two intervals of 1.25 ms units with the latency. */
    return 4u * timeout > (1u + latency) * max;
}

static void update_request(struct l2cap *c, const struct command *command)
{
    struct io io = io_reader(command->data, command->held);
    uint16_t asked[4] = { 0 }, result = PARAMETERS_ACCEPTED;

    for (unsigned i = 0; i < 4; i++) {
        io_le16(&io, &asked[i]);
    }
    if (!c->central || !io_done(&io)) {
        reject(c, command->identifier, NOT_UNDERSTOOD);
        return;
    }
    if (!l2cap_parameters_fit(asked)) {
        result = PARAMETERS_REJECTED;
    }
    answer(c, PARAMETER_UPDATE_RESPONSE, command->identifier, &result, 1);
}

static bool is_response(uint8_t code)
{
    switch (code) {
    case COMMAND_REJECT:
    case DISCONNECTION_RESPONSE:
    case PARAMETER_UPDATE_RESPONSE:
    case LE_CREDIT_RESPONSE:
    case CREDIT_RESPONSE:
    case RECONFIGURE_RESPONSE:
        return true;
    default:
        return false;
    }
}

/* One command is in a frame (section 4). Who does not wait for answers loses commands. */
static void rx_signal(struct l2cap *c, const struct l2cap_payload *payload)
{
    struct io io = io_reader(payload->octets, payload->held);
    struct command command = { 0 };

    io_u8(&io, &command.code);
    io_u8(&io, &command.identifier);
    io_le16(&io, &command.len);
    io_rest(&io, &command.data, &command.held);
    if (!io_ok(&io) || command.identifier == 0 || c->answer_len != 0 || is_response(command.code)) {
        return;
    }
    if (payload->len > L2CAP_SIGNAL_MTU) {
        reject(c, command.identifier, MTU_EXCEEDED);
    } else if (command.len == command.held && command.code == PARAMETER_UPDATE_REQUEST) {
        update_request(c, &command);
    } else {
        reject(c, command.identifier, NOT_UNDERSTOOD);
    }
}

/* Mesh services need no pairing (Mesh Protocol 1.1, sections 7.1 and 7.2). */
static void rx_smp(struct l2cap *c, const struct l2cap_payload *payload)
{
    if (payload->held == 0) {
        return;
    }
    if (payload->octets[0] == PAIRING_REQUEST || payload->octets[0] == SECURITY_REQUEST) {
        c->no_pairing = true;
    }
}

/* -- frames ------------------------------------------------------------------------------------ */

static uint16_t le16(const uint8_t *octets)
{
    return (uint16_t)(octets[1] << 8 | octets[0]);
}

/* @return whether a frame is complete, whose first octets are c->rx */
static bool reassemble(struct l2cap *c, bool first, const uint8_t *data, size_t len)
{
    size_t at, room, got, total;

    if (first) {
        c->got = 0;
    } else if (c->got == 0) {
        return false;
    }
    at = c->got < sizeof(c->rx) ? c->got : sizeof(c->rx);
    room = sizeof(c->rx) - at;
    memcpy(c->rx + at, data, len < room ? len : room);
    c->got += len;
    if (c->got < L2CAP_HEADER) {
        return false;
    }
    total = L2CAP_HEADER + (size_t)le16(c->rx);
    got = c->got;
    if (got < total) {
        return false;
    }
    c->got = 0;
    return got == total;
}

bool l2cap_rx(struct l2cap *c, bool first, const uint8_t *data, size_t len,
              struct l2cap_payload *payload)
{
    if (len == 0 || !reassemble(c, first, data, len)) {
        return false;
    }
    payload->octets = c->rx + L2CAP_HEADER;
    payload->len = le16(c->rx);
    payload->held = payload->len < L2CAP_PAYLOAD_MAX ? payload->len : L2CAP_PAYLOAD_MAX;
    switch (le16(c->rx + 2)) {
    case L2CAP_ATT:
        return true;
    case L2CAP_SIGNAL:
        rx_signal(c, payload);
        return false;
    case L2CAP_SMP:
        rx_smp(c, payload);
        return false;
    default: /* no such channel: dropped */
        return false;
    }
}

uint16_t l2cap_frame(uint8_t frame[L2CAP_FRAME_MAX], uint16_t cid, const uint8_t *payload,
                     uint16_t len)
{
    struct io io = io_writer(frame, L2CAP_FRAME_MAX);

    io_le16(&io, &len);
    io_le16(&io, &cid);
    io_rest(&io, &payload, &len);
    return io_ok(&io) ? (uint16_t)io_pos(&io) : 0;
}

uint16_t l2cap_next(struct l2cap *c, uint8_t frame[L2CAP_FRAME_MAX])
{
    static const uint8_t pairing_failed[] = { PAIRING_FAILED, PAIRING_NOT_SUPPORTED };

    if (c->answer_len != 0) {
        uint16_t len = c->answer_len;

        c->answer_len = 0;
        return l2cap_frame(frame, L2CAP_SIGNAL, c->answer, len);
    }
    if (c->no_pairing) {
        c->no_pairing = false;
        return l2cap_frame(frame, L2CAP_SMP, pairing_failed, sizeof(pairing_failed));
    }
    return 0;
}
