/* Frames of the serial interface; see frame.h. */
#include "frame.h"

#include <string.h>

#define END 0xC0u
#define ESC 0xDBu
#define ESC_END 0xDCu
#define ESC_ESC 0xDDu

static enum serial_frame_result rx_plain(struct usher_serial_frame *f, uint64_t now, uint8_t octet)
{
    if (f->have != 0 && now - f->at > SERIAL_GAP_MS) {
        f->have = 0;
    }
    f->at = now;
    f->octets[f->have++] = octet;
    if (f->have == 1) {
        f->have = octet != 0;
        return octet != 0 ? SERIAL_FRAME_MORE : SERIAL_FRAME_BAD;
    }
    if (f->have != f->octets[0] + 1u) {
        return SERIAL_FRAME_MORE;
    }
    f->have = 0;
    return SERIAL_FRAME_DONE;
}

static enum serial_frame_result end(struct usher_serial_frame *f)
{
    bool whole = !f->dropping && !f->escaped && f->have >= 2 && f->have == f->octets[0] + 1u;
    bool empty = !f->dropping && !f->escaped && f->have == 0;

    f->have = 0;
    f->escaped = false;
    f->dropping = false;
    if (empty) { /* between two frames */
        return SERIAL_FRAME_MORE;
    }
    return whole ? SERIAL_FRAME_DONE : SERIAL_FRAME_BAD;
}

static enum serial_frame_result rx_slip(struct usher_serial_frame *f, uint8_t octet)
{
    if (octet == END) {
        return end(f);
    }
    if (octet == ESC && !f->escaped) {
        f->escaped = true;
        return SERIAL_FRAME_MORE;
    }
    if (f->escaped) {
        f->escaped = false;
        f->dropping = f->dropping || (octet != ESC_END && octet != ESC_ESC);
        octet = octet == ESC_END ? END : ESC;
    }
    if (f->have == sizeof(f->octets)) {
        f->dropping = true;
    }
    if (!f->dropping) {
        f->octets[f->have++] = octet;
    }
    return SERIAL_FRAME_MORE;
}

enum serial_frame_result serial_frame_rx(struct usher_serial_frame *f, uint64_t now, uint8_t octet)
{
    return f->slip ? rx_slip(f, octet) : rx_plain(f, now, octet);
}

static size_t put(bool slip, uint8_t octet, uint8_t *out)
{
    if (slip && (octet == END || octet == ESC)) {
        out[0] = ESC;
        out[1] = octet == END ? ESC_END : ESC_ESC;
        return 2;
    }
    out[0] = octet;
    return 1;
}

size_t serial_frame_write(bool slip, uint8_t opcode, const uint8_t *payload, size_t len,
                          uint8_t out[SERIAL_WIRE_MAX])
{
    size_t at = 0;

    if (slip) {
        out[at++] = END;
    }
    at += put(slip, (uint8_t)(len + 1), out + at);
    at += put(slip, opcode, out + at);
    for (size_t i = 0; i < len; i++) {
        at += put(slip, payload[i], out + at);
    }
    if (slip) {
        out[at++] = END;
    }
    return at;
}
