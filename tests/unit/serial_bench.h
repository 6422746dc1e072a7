/*
 * The line of the host's end of the serial interface, with the test as the device. For the tests of
 * src/serial/host.c.
 */
#ifndef SERIAL_BENCH_H
#define SERIAL_BENCH_H

#include "frame.h"

#include <usher/serial_host.h>

#define NOT_YET ((enum usher_err)99)

struct asked {
    struct usher_serial_request request;
    enum usher_err err;
    bool answered;
    uint8_t status;
    uint32_t lost; /* of the answer */
    unsigned times;
    struct asked *again; /* to be sent at the end of this one */
    struct bench *bench;
};

struct bench {
    const struct usher_crypto *crypto;
    struct usher_serial_host host;
    uint64_t now;
    struct usher_serial_frame rx;
    unsigned packets; /* that the device got */
    uint8_t packet[USHER_SERIAL_FRAME_MAX];
    unsigned zeros;
    unsigned events;
    struct usher_serial_packet event;
    uint8_t line;
    unsigned line_told;
    bool deaf;
};

/** @param up  The line is up, and nothing is counted yet. */
struct bench *bench_new(bool slip, bool up);
void bench_free(struct bench *b);

/** A command that has not been sent. */
void bench_prepare(struct bench *b, struct asked *a);
/** Sends one without parameters. */
void bench_send(struct bench *b, struct asked *a, uint8_t opcode);
/** The device sends a packet. */
void bench_from_device(struct bench *b, uint8_t opcode, const void *payload, size_t len);
/** The device answers a command. */
void bench_answer(struct bench *b, uint8_t command, uint8_t status, const void *data, size_t len);
/** Takes what the host sends; a device that is not deaf sends echoes back. */
void bench_pump(struct bench *b);
/** Lets time pass. */
void bench_run(struct bench *b, unsigned ms);

#endif
