/*
 * Messages between `usher air` and its clients; see air_wire.h.
 */
#include "air_wire.h"

#include "io.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

/* All the octets that are left, but for those that no advertisement has room for. */
static void ad_fields(struct io *io, struct air_msg *msg, bool reading)
{
    if (reading) {
        msg->ad_len = (uint8_t)(io_left(io) < USHER_AD_MAX ? io_left(io) : USHER_AD_MAX);
    }
    io_bytes(io, msg->ad, msg->ad_len);
}

/* Answers false when there is no such message. */
static bool msg_fields(struct io *io, struct air_msg *msg, bool reading)
{
    io_u8(io, &msg->type);
    switch (msg->type) {
    case AIR_MSG_HELLO:
        io_u8(io, &msg->version);
        return true;
    case AIR_MSG_SEND:
        io_u8(io, &msg->slot);
        io_be16(io, &msg->turn);
        io_u8(io, &msg->adv_type);
        io_u8(io, &msg->count);
        io_be16(io, &msg->interval_ms);
        ad_fields(io, msg, reading);
        return true;
    case AIR_MSG_STOP:
        io_u8(io, &msg->slot);
        return true;
    case AIR_MSG_SCAN:
        io_u8(io, &msg->what);
        return true;
    case AIR_MSG_REPORT:
        io_u8(io, &msg->adv_type);
        io_u8(io, &msg->rssi);
        io_u8(io, &msg->addr_type);
        io_bytes(io, msg->addr, sizeof(msg->addr));
        ad_fields(io, msg, reading);
        return true;
    case AIR_MSG_DONE:
        io_u8(io, &msg->slot);
        io_be16(io, &msg->turn);
        return true;
    default:
        return false;
    }
}

size_t air_wire_encode(const struct air_msg *msg, uint8_t buf[AIR_WIRE_MAX])
{
    struct io io = io_writer(buf, AIR_WIRE_MAX);
    struct air_msg copy = *msg; /* a cursor works both ways, so it takes no constants */

    msg_fields(&io, &copy, false);
    return io_pos(&io);
}

/* An instance sends no scannable advertisements, but others on the air may. */
static bool adv_type_possible(const struct air_msg *msg)
{
    return msg->adv_type == USHER_ADV_IND || msg->adv_type == USHER_ADV_NONCONN_IND ||
           (msg->adv_type == USHER_ADV_SCAN_IND && msg->type == AIR_MSG_REPORT);
}

bool air_wire_decode(struct air_msg *msg, const uint8_t *buf, size_t len)
{
    struct io io = io_reader(buf, len);

    memset(msg, 0, sizeof(*msg)); /* fields that a message does not have are in range */
    return msg_fields(&io, msg, true) && io_done(&io) && msg->slot < USHER_ADV_SLOTS &&
           adv_type_possible(msg) && msg->addr_type <= 1 &&
           (msg->type != AIR_MSG_SEND || msg->count > 0);
}

enum air_wire_result air_wire_send(int fd, const struct air_msg *msg)
{
    uint8_t buf[AIR_WIRE_MAX];
    size_t len = air_wire_encode(msg, buf);
    ssize_t sent;

    do {
        sent = send(fd, buf, len, MSG_DONTWAIT | MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    if (sent >= 0) {
        return AIR_WIRE_OK;
    }
    return errno == EAGAIN || errno == ENOBUFS ? AIR_WIRE_AGAIN : AIR_WIRE_GONE;
}

enum air_wire_result air_wire_receive(int fd, struct air_msg *msg)
{
    uint8_t buf[AIR_WIRE_MAX + 1]; /* one more than a message can have, to notice that it has */
    ssize_t len;

    do { /* ECONNRESET comes once, before what the other end had sent until it went away */
        len = recv(fd, buf, sizeof(buf), MSG_DONTWAIT);
    } while (len < 0 && (errno == EINTR || errno == ECONNRESET));
    if (len < 0) {
        return errno == EAGAIN ? AIR_WIRE_AGAIN : AIR_WIRE_GONE;
    }
    if (len == 0) {
        return AIR_WIRE_GONE;
    }
    return air_wire_decode(msg, buf, (size_t)len) ? AIR_WIRE_OK : AIR_WIRE_BAD;
}
