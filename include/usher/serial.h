/*
 * The serial interface, the device's end: a host drives an instance over a UART, with the packets
 * of the nRF5 SDK for Mesh's serial interface, version 10, and a few more of our own. It provisions
 * and is provisioned in several sessions at once, the ECDH can be computed by the host, and what a
 * program adds (handlers) makes it a node that the host configures and speaks through.
 *
 * No I/O of its own: octets come in, octets are pulled out. usher/serial_msg.h has the packets,
 * usher/serial_host.h the host's end, docs/serial.md the list of all commands and events.
 *
 *     usher_serial_init(&s, &u, &config);
 *     usher_serial_enable(&s);             // Device Started goes to the host
 *     for ever: octets from the UART: usher_in_uart(); to the UART: usher_uart_next();
 *               the instance's handler: usher_serial_event() first
 */
#ifndef USHER_SERIAL_H
#define USHER_SERIAL_H

#include <usher/serial_msg.h>
#include <usher/usher.h>

#ifdef __cplusplus
extern "C" {
#endif

#define USHER_SERIAL_SESSIONS_MAX 16 /**< contexts of one device */

struct usher_serial;

/** Commands that another part of the program executes: of the mesh node, of models, its own. */
struct usher_serial_handler {
    uint8_t first, last; /**< opcodes, inclusive */
    /**
     * @param p  The command; overwritten with the answer's data. What p->data points at must be
     *           good until the handler is called again.
     *
     * @return The status of the answer; USHER_SERIAL_CMD_UNKNOWN for opcodes that it does not have.
     */
    enum usher_serial_status (*command)(void *user, struct usher_serial_packet *p);
    void *user;
};

struct usher_serial_config {
    struct usher_session *sessions; /**< one for each context; the caller's memory */
    uint8_t session_count;          /**< 1..USHER_SERIAL_SESSIONS_MAX */
    uint8_t *tx;                    /**< packets on their way to the host */
    uint16_t tx_size; /**< octets: a power of two, at least 4 * USHER_SERIAL_FRAME_MAX */
    bool slip;        /**< SLIP framing; false: plain */
    /** The ECDH of sessions that use the host's key pair (Keypair Set, Session Key Set) is asked of
     * the host. The host can change it. */
    bool offload;
    /** ECDH Request tells a private key that was made on this device, too, as the SDK's firmware
     * does. It is then in the host's hands, and on the wire. */
    bool reveal_private;
    uint8_t uuid[USHER_UUID_SIZE]; /**< the Device UUID; the host may set another */
    const struct usher_serial_handler *handlers;
    uint8_t handler_count;
    /** The Application command. NULL: it is answered with REJECTED. */
    void (*application)(void *user, const uint8_t *data, size_t len);
    /** Radio Reset: the device is to start anew, once usher_in_uart() has returned. NULL: it
     * cannot, and REJECTED is the answer. */
    void (*restart)(void *user);
    void (*kick)(void *user); /**< usher_uart_next() has something; not from within */
    void *user;
};

/** A frame that is being received; see src/serial/frame.h. Private. */
struct usher_serial_frame {
    bool slip;
    bool escaped;  /* SLIP: the last octet was ESC */
    bool dropping; /* SLIP: up to the next END */
    uint16_t have;
    uint64_t at; /* when the last octet came */
    uint8_t octets[USHER_SERIAL_FRAME_MAX];
};

/** A question about authentication that waits for the ECDH. Private. */
struct usher_serial_question {
    uint8_t opcode; /* of the event; 0: none */
    uint8_t method, action, size;
    uint8_t len; /* SHOW_REQUEST: octets at value */
    uint8_t value[USHER_KEY_SIZE];
};

/** What one context was asked, and with what its next session begins. Private. */
struct usher_serial_context {
    bool key_set;         /* public_key is the next session's, and the host has the private key */
    bool device;          /* of the running session: our role */
    bool key_used;        /* ... is the running session's */
    bool pair_is_ours;    /* the running session's pair was made here */
    uint8_t asked_method; /* of Auth Request: enum usher_oob_method; 0: not asked */
    uint8_t asked_action;
    uint8_t asked_size;
    bool secret_given;
    struct usher_serial_question held;
    uint8_t phase;
    uint8_t public_key[USHER_P256_PUBLIC];
};

/** One device's end. All members are private. */
struct usher_serial {
    struct usher *node;
    struct usher_serial_config config;
    bool enabled;
    bool held; /* octets were not taken for want of room */
    bool scanning;
    bool offload;
    bool pair_set;       /* by the host */
    uint32_t extensions; /* enum usher_serial_extension, bits that the host asked for */
    uint32_t lost;       /* events for which there was no room */
    uint32_t tx_in, tx_out;
    struct usher_caps caps;
    uint8_t private_key[USHER_P256_PRIVATE];
    uint8_t public_key[USHER_P256_PUBLIC];
    struct usher_serial_frame rx;
    struct usher_serial_context contexts[USHER_SERIAL_SESSIONS_MAX];
};

/**
 * Makes the serial interface of an instance. Octets are not taken until it is enabled.
 *
 * @retval USHER_E_NULL   A pointer is NULL that must not be.
 * @retval USHER_E_PARAM  A count or size is out of range.
 */
enum usher_err usher_serial_init(struct usher_serial *s, struct usher *u,
                                 const struct usher_serial_config *config);

/** Tells the host Device Started, and executes commands. @retval USHER_E_STATE  Enabled already. */
enum usher_err usher_serial_enable(struct usher_serial *s);

/** Who computes the ECDH from now on: as struct usher_serial_config.offload. */
void usher_serial_offload(struct usher_serial *s, bool on);

/**
 * Ends all sessions and wipes the keys, before usher_deinit(), which ends what is left of their
 * links; until then the memory of the sessions is in use.
 */
void usher_serial_deinit(struct usher_serial *s);

/**
 * Octets from the host.
 *
 * @return How many were taken. Fewer than @p len: it is not enabled, or there is no room for the
 *         answer; offer the rest again after usher_uart_next(), and hold the host off (RTS)
 *         meanwhile.
 */
size_t usher_in_uart(struct usher_serial *s, const uint8_t *octets, size_t len);

/** Octets for the host. @return how many, up to @p size; 0: none */
size_t usher_uart_next(struct usher_serial *s, uint8_t *buf, size_t size);

/** The status of an answer, for what a call returned: the SDK's mapping. For handlers. */
enum usher_serial_status usher_serial_status_of(enum usher_err err);

/** An event of the instance; true: it was for one of the host's sessions or its scanner. */
bool usher_serial_event(struct usher_serial *s, const struct usher_event *event);

/**
 * Tells the host an event, for handlers and applications.
 *
 * @retval USHER_E_STATE   Not enabled.
 * @retval USHER_E_LENGTH  There is no such event, or its data are too long.
 * @retval USHER_E_NO_MEM  No room: it is lost, and counted (Housekeeping Data).
 */
enum usher_err usher_serial_tell(struct usher_serial *s, const struct usher_serial_packet *event);

#ifdef __cplusplus
}
#endif

#endif
