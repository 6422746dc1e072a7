/*
 * A host of raw octets on a simulated controller, for its tests: sends commands and data, writes
 * down every packet that comes back, and when.
 */
#ifndef RAW_HOST_H
#define RAW_HOST_H

#include "hci.h"

#define RAW_LOG 4096

struct raw_packet {
    uint64_t at; /* us */
    bool taken;  /* by raw_take() or raw_ask() */
    uint16_t len;
    uint8_t octets[300];
};

struct raw_host {
    struct air *air;
    struct sim_hci *controller;
    unsigned count;
    struct raw_packet *log;              /* RAW_LOG of them */
    struct raw_packet answer;            /* to the last command */
    const uint8_t *returned;             /* what follows the status in it */
    void (*then)(struct raw_host *host); /* called within each packet */
    void *ctx;
};

void raw_open(struct raw_host *h, struct air *air, const struct sim_hci_config *config);
void raw_close(struct raw_host *h);
void raw_run(struct raw_host *h, uint64_t us);

/** Sends a command without waiting. */
void raw_command(struct raw_host *h, uint16_t opcode, const uint8_t *params, size_t len);
/**
 * Sends a command and waits for its one answer; checks its form. @return the status
 */
uint8_t raw_ask(struct raw_host *h, uint16_t opcode, const uint8_t *params, size_t len);
/** The same; octets of the parameters follow. ASK0: there are none. */
#define ASK(h, opcode, ...)                                                                        \
    raw_ask(h, opcode, (const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ }))
#define ASK0(h, opcode) raw_ask(h, opcode, NULL, 0)

/** Sends an ACL data packet. @param flags  PB and BC */
void raw_acl(struct raw_host *h, uint16_t handle, unsigned flags, const uint8_t *data, size_t len);

/** The next event that nobody has taken. @param subevent  0: not an LE one. NULL: none. */
const struct raw_packet *raw_take(struct raw_host *h, uint8_t code, uint8_t subevent);
#define LE(h, subevent) raw_take(h, 0x3E, subevent)
/** The next ACL data packet. */
const struct raw_packet *raw_take_acl(struct raw_host *h);
/** How many of an event there are, taken or not. */
unsigned raw_count(const struct raw_host *h, uint8_t code, uint8_t subevent);
/** Forgets all that has come. */
void raw_forget(struct raw_host *h);

/** Lets all events through the masks. */
void raw_unmask(struct raw_host *h);

#endif
