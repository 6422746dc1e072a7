/*
 * A device of the serial interface as the radio of an instance: the real device's end of it, on a
 * simulated air with peers (serial_rig.h), and between the two a wire on which the test changes
 * what it likes. For the tests of src/serial/host_remote.c.
 */
#ifndef SERIAL_DESK_H
#define SERIAL_DESK_H

#include "serial_rig.h"

#include <usher/serial_host.h>

#define STEP_MS 20 /* of desk_run() */
#define LINKS 8

struct link {
    struct usher_session session;
    struct person person;
    unsigned told; /* events of all kinds */
    unsigned complete, closed, data_requests, established;
    uint8_t failure, close_reason, elements;
    uint8_t device_key[USHER_KEY_SIZE], key_at_request[USHER_KEY_SIZE];
    enum usher_phase phases[16];
    unsigned phase_count;
};

struct desk {
    struct serial_rig *rig; /* the device and its peers */
    struct usher_port port;
    struct usher node;
    struct usher_serial_remote remote;
    struct link links[LINKS];
    unsigned heard, notes;
    struct usher_event beacon;
    struct usher_serial_frame to_device, to_host;
    /** Packets on the wire, opcode first: false takes one off it. */
    bool (*down)(struct desk *d, uint8_t *packet, size_t len);
    bool (*up)(struct desk *d, uint8_t *packet, size_t len);
    uint8_t kept[USHER_SERIAL_FRAME_MAX];
    size_t kept_len;
    unsigned seen;
    bool cut; /* nothing goes to the device */
    struct {
        bool on;
        uint32_t token;
        uint64_t at;
        uint8_t secret[USHER_P256_SECRET];
    } ecdh[LINKS];
};

/**
 * @param device  NULL: rig_config()'s.
 * @param how     NULL: zeros.
 * @param down    From the first packet on; may be NULL.
 */
struct desk *desk_new_with(const struct usher_serial_config *device,
                           const struct usher_serial_remote_config *how,
                           bool (*down)(struct desk *d, uint8_t *packet, size_t len));
struct desk *desk_new(void);
void desk_free(struct desk *d);

/** Puts a packet, opcode first, on the wire. */
void desk_to_device(struct desk *d, const uint8_t *packet, size_t len);
void desk_to_host(struct desk *d, const uint8_t *packet, size_t len);

/** Lets time pass. */
void desk_run(struct desk *d, unsigned ms);
/** For 200 s at most. */
void desk_run_until_closed(struct desk *d, unsigned n);

/** A device that listens, and the person who will provision it by link @p n. */
struct link *desk_meet(struct desk *d, unsigned n, struct usher_start choice);
/** Provisions it. */
enum usher_err desk_begin(struct desk *d, unsigned n);

/** Both ends are complete and agree. */
void desk_assert_provisioned(const struct desk *d, unsigned n);
void desk_assert_failed(const struct desk *d, unsigned n);

#endif
