/*
 * The serial interface's device end over an instance on the simulated air, with the test as its
 * host, and peers: instances with people who answer at once. The host keeps a log of all packets
 * that come, and may react to them as a patient program does. For the tests of
 * src/serial/target*.c.
 */
#ifndef SERIAL_RIG_H
#define SERIAL_RIG_H

#include "people.h"
#include "simport.h"

#include <usher/serial.h>

#define RIG_SESSIONS USHER_SERIAL_SESSIONS_MAX
#define RIG_LOG 1024
#define RIG_NONE 0xFF /* no status: there was no answer */

struct rig_packet {
    uint8_t opcode;
    uint8_t len; /* of the payload */
    uint8_t payload[USHER_SERIAL_PAYLOAD_MAX];
};

/** A device or provisioner at the other end of a session. */
struct rig_peer {
    struct serial_rig *rig;
    struct simport port;
    struct usher node;
    struct usher_session session;
    struct person person;
    struct usher_caps caps;
    uint8_t uuid[USHER_UUID_SIZE];
    uint8_t private_key[USHER_P256_PRIVATE], public_key[USHER_P256_PUBLIC];
    bool complete, closed;
    uint8_t failure;
    uint8_t device_key[USHER_KEY_SIZE];
    struct usher_prov_data data; /* as it was received */
};

/** What the host does by itself in rig_run(). */
struct rig_host {
    bool reacts;
    uint8_t method, action, size; /* of OOB Use */
    bool wrong_secret;            /* of context 0 */
    bool shown;                   /* SHOW_REQUEST is asked for */
    uint8_t private_key[USHER_P256_PRIVATE], public_key[USHER_P256_PUBLIC];
};

struct serial_rig {
    const struct usher_crypto *crypto;
    struct air *air;
    struct simport port;
    struct usher node;
    struct usher_serial serial;
    struct usher_serial_config config; /* as it was begun with */
    struct usher_session sessions[RIG_SESSIONS];
    uint8_t tx[4096];
    struct rig_host host;
    struct usher_serial_frame frame; /* of the device's octets */
    struct person shown[RIG_SESSIONS];
    struct rig_peer peers[RIG_SESSIONS];
    unsigned peer_count;
    unsigned count, handled; /* packets that came, and those that the host has reacted to */
    struct rig_packet log[RIG_LOG];
    struct rig_packet answer; /* to the last command */
    unsigned kicks, restarts;
    uint8_t application[USHER_SERIAL_PAYLOAD_MAX];
    size_t application_len;
};

/** 8 contexts, plain framing, ECDH by the host; not enabled. */
void rig_config(struct serial_rig *r, struct usher_serial_config *config);
/** NULL: rig_config()'s; enabled. The log is empty then. */
struct serial_rig *rig_new(const struct usher_serial_config *config);
void rig_free(struct serial_rig *r);

/** Octets to the device, all of which it takes, as they are. */
void rig_octets(struct serial_rig *r, const uint8_t *octets, size_t len);
/** Sends a command, reads what comes. @return the status of its answer, RIG_NONE: none came */
uint8_t rig_command(struct serial_rig *r, uint8_t opcode, const void *payload, size_t len);
/** Reads what there is into the log. */
void rig_read(struct serial_rig *r);

/** Lets time pass. */
void rig_run(struct serial_rig *r, unsigned ms);
/** Until an event comes that was not there at @p from of the log; NULL: not in @p ms. */
const struct rig_packet *rig_wait(struct serial_rig *r, unsigned from, uint8_t opcode, unsigned ms);
/** The first one in the log from @p from on; NULL: none. */
const struct rig_packet *rig_find(const struct serial_rig *r, unsigned from, uint8_t opcode);
/** How many of them there are. */
unsigned rig_count(const struct serial_rig *r, unsigned from, uint8_t opcode);
/** Asserts the opcodes of the log from @p from on; answers as 0x84. */
void rig_assert_order(const struct serial_rig *r, unsigned from, const uint8_t *opcodes, size_t n);

/** A peer that listens; person: what it can do is all. */
struct rig_peer *rig_device(struct serial_rig *r);
/** A peer that provisions the device of the serial interface. */
struct rig_peer *rig_provisioner(struct serial_rig *r, struct usher_start choice);

/** Provision, with the parameters of all tests; the address is 0x0100 + 0x10 * context. */
uint8_t rig_provision(struct serial_rig *r, uint8_t context, const struct rig_peer *peer);
/** Keypair Set with the host's own. */
void rig_keypair(struct serial_rig *r);
/** ECDH Secret, as the host computes it from a request. @return the status */
uint8_t rig_secret(struct serial_rig *r, const struct rig_packet *request);

#endif
