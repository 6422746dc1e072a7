/*
 * The frames of the serial interface: length, opcode and payload, plain or within SLIP's (RFC
 * 1055). Octets come in any portions. Called by both ends.
 *
 * Plain framing has nothing to find a lost place by but time: an octet that comes later than
 * SERIAL_GAP_MS after the one before begins a new packet.
 */
#ifndef SERIAL_FRAME_H
#define SERIAL_FRAME_H

#include <usher/serial.h>

#define SERIAL_GAP_MS 100u
/** Octets of the longest frame on the wire: all of it escaped, between two ENDs. */
#define SERIAL_WIRE_MAX (2u * USHER_SERIAL_FRAME_MAX + 2)

enum serial_frame_result {
    SERIAL_FRAME_MORE, /* nothing whole yet */
    SERIAL_FRAME_DONE, /* a packet: octets + 1, from its opcode on; length octets[0] */
    SERIAL_FRAME_BAD,  /* its length is wrong; what there was of it is dropped */
};

/** Takes one octet in. After DONE the packet is good until the next call. */
enum serial_frame_result serial_frame_rx(struct usher_serial_frame *f, uint64_t now, uint8_t octet);

/**
 * Writes a frame.
 *
 * @param len  Octets of payload, 0..USHER_SERIAL_PAYLOAD_MAX.
 *
 * @return octets on the wire
 */
size_t serial_frame_write(bool slip, uint8_t opcode, const uint8_t *payload, size_t len,
                          uint8_t out[SERIAL_WIRE_MAX]);

#endif
