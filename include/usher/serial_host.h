/*
 * The serial interface, the host's end: a program drives a device that runs usher/serial.h, or the
 * nRF5 SDK for Mesh's serial firmware.
 *
 * The line, struct usher_serial_host, is commands, answers and events. It has no I/O of its own:
 * octets come in, octets are pulled out, and a deadline says when to look again. What a device
 * sends is never trusted.
 *
 * The remote, struct usher_serial_remote, makes a line the radio of an instance (usher/remote.h):
 * its sessions, its scanner and its node's messages are the device's, and all that works over a
 * radio works over this.
 */
#ifndef USHER_SERIAL_HOST_H
#define USHER_SERIAL_HOST_H

#include <usher/remote.h>
#include <usher/serial.h>

#ifdef __cplusplus
extern "C" {
#endif

/* -- the line ------------------------------------------------------------------------------ */

enum usher_serial_line {
    USHER_SERIAL_LINE_ASKING, /**< whether anybody is there, and where packets begin */
    USHER_SERIAL_LINE_UP,
    USHER_SERIAL_LINE_SILENT, /**< nobody answers; it goes on asking */
};

/** A command under way: the caller's memory from usher_serial_host_send() until @ref done. */
struct usher_serial_request {
    /**
     * The end; may send again with the same memory.
     *
     * @param err     USHER_OK: done. USHER_E_TIMEOUT: no answer. USHER_E_STATE without an answer:
     *                the device has restarted. USHER_E_DATA without one: it cannot be read. Others:
     *                what the device's status stands for (USHER_E_UNSUPPORTED: an unknown command,
     *                USHER_E_RESOURCES: rejected).
     * @param answer  Good during the call; NULL: there is none.
     */
    void (*done)(void *user, struct usher_serial_request *r, enum usher_err err,
                 const struct usher_serial_packet *answer);
    void *user;
    uint16_t timeout_ms; /**< 0: 2000 */
    /** Times that it is sent until an answer comes; more than 1 only for what may be done twice.
     * 0: 1 */
    uint8_t tries;

    /* private */
    struct usher_serial_request *next;
    bool on_way;
    bool ending; /* with all that were there */
    uint8_t tried;
    uint8_t opcode;
    uint8_t len;
    uint8_t payload[USHER_SERIAL_PAYLOAD_MAX];
};

struct usher_serial_host_config {
    const struct usher_crypto *crypto; /**< for wiping keys */
    bool slip;                         /**< SLIP framing; false: plain */
    /** An event of the device, Device Started too; all but answers. */
    void (*event)(void *user, const struct usher_serial_packet *event);
    /** The line entered another state. NULL: nobody is told. */
    void (*line)(void *user, enum usher_serial_line line);
    /** Sees every packet, opcode first. NULL: nobody. */
    void (*trace)(void *user, bool from_device, const uint8_t *packet, size_t len);
    void (*kick)(void *user); /**< usher_serial_host_next() has something; not from within. NULL */
    void *user;
};

/** What came that had no business to. */
struct usher_serial_host_stats {
    uint32_t answers; /**< to what nobody has asked, or too late */
    uint32_t unread;  /**< packets that are unknown or of a wrong length */
    uint32_t resyncs; /**< times that the place of packets was asked for anew */
};

/** One line. All members but stats are private. */
struct usher_serial_host {
    struct usher_serial_host_stats stats;
    struct usher_serial_host_config config;
    struct usher_serial_request *queue; /* the first is on its way, if waiting */
    bool waiting;                       /* for the answer to waiting_for */
    bool forgotten;                     /* ... which nobody wants any more */
    uint8_t waiting_for;
    uint8_t line; /* enum usher_serial_line */
    bool asked;   /* ASKING, SILENT: an echo is awaited; else the pause before it goes on */
    uint8_t asks;
    uint8_t strange; /* packets in a row that could not be read */
    uint64_t at;     /* of the time-out, or the end of the pause */
    uint32_t asking; /* the echo's number */
    uint8_t echo[10];
    uint8_t tail[10]; /* the last octets that came */
    uint16_t timeout_ms;
    uint64_t rx_at;
    struct usher_serial_frame rx;
    uint16_t fill; /* zeros to be sent before tx */
    uint16_t tx_len, tx_at;
    uint8_t tx[2 * USHER_SERIAL_FRAME_MAX + 2];
};

/** Prepares a line, which asks for the device at once. @retval USHER_E_NULL  A pointer is NULL. */
enum usher_err usher_serial_host_init(struct usher_serial_host *h,
                                      const struct usher_serial_host_config *config);
/** Forgets all requests, untold, and wipes. */
void usher_serial_host_deinit(struct usher_serial_host *h);

/**
 * Sends a command: after those before it, each once the answer to the one before has come.
 *
 * @param p  Read during the call only.
 *
 * @retval USHER_OK        Under way: r->done will be called, and not from within.
 * @retval USHER_E_STATE   The line is silent, or the request is under way.
 * @retval USHER_E_LENGTH  Unknown, or too long.
 */
enum usher_err usher_serial_host_send(struct usher_serial_host *h, struct usher_serial_request *r,
                                      const struct usher_serial_packet *p);
/** The same with any opcode and payload; only trace() sees the answer as it is. */
enum usher_err usher_serial_host_send_raw(struct usher_serial_host *h,
                                          struct usher_serial_request *r, uint8_t opcode,
                                          const uint8_t *payload, size_t len);
/** Forgets a request, on its way or not; done is not called. */
void usher_serial_host_cancel(struct usher_serial_host *h, struct usher_serial_request *r);

/** The way to the device broke: what is under way ends with USHER_E_STATE, and it asks anew. */
void usher_serial_host_restart(struct usher_serial_host *h);

/** Octets from the device, at @p now (ms). */
void usher_serial_host_in(struct usher_serial_host *h, uint64_t now, const uint8_t *octets,
                          size_t len);
/** Octets for the device. @return how many, up to @p size; 0: none now */
size_t usher_serial_host_next(struct usher_serial_host *h, uint64_t now, uint8_t *buf, size_t size);
/** Does what is due. */
void usher_serial_host_process(struct usher_serial_host *h, uint64_t now);
/** When it is to be called at the latest; USHER_NEVER. */
uint64_t usher_serial_host_deadline(const struct usher_serial_host *h);

/** The name of a packet, for reports; NULL: unknown. */
const char *usher_serial_name(bool from_device, uint8_t opcode);
/** The name of a status: "INVALID_STATE". */
const char *usher_serial_status(uint8_t status);

/* -- the remote ---------------------------------------------------------------------------- */

#define USHER_SERIAL_MESSAGES 24 /* access messages on their way at once */
#define USHER_SERIAL_THINGS 96   /* keys and addresses that the device knows */
#define USHER_SERIAL_CALLS 4     /* commands of a session at once */

struct usher_serial_remote_config {
    bool slip;
    /** The device computes the ECDH with pairs of its own; false: the host, with a pair of its own
     * for each session, if the device lets it. */
    bool device_ecdh;
    /** Elements that a device may have at most, if the serial device cannot ask for its data once
     * they are known (the SDK's). 0: 8 */
    uint8_t elements;
    void (*line)(void *user, enum usher_serial_line line); /**< NULL: nobody is told */
    void (*note)(void *user, const char *what);            /**< one line; NULL */
    void (*trace)(void *user, bool from_device, const uint8_t *packet, size_t len);
    void (*kick)(void *user);
    void *user;
};

/** One session on the device. Private. */
struct usher_serial_remote_context {
    struct usher_serial_remote *remote;
    struct usher_session *session; /* NULL: none */
    uint8_t number;
    bool busy;      /* the device has not closed it yet */
    bool open;      /* the link is */
    bool ask_data;  /* DATA_REQUEST is to be told */
    bool data_sent; /* or kept for Provision */
    bool key_given;
    bool chosen;
    uint8_t asked_method, asked_action, asked_size;
    uint8_t elements;
    uint8_t failing; /* enum usher_close_reason + 1: to be told closed */
    uint8_t attention;
    uint32_t token; /* of the ECDH under way; 0: none */
    uint64_t at;    /* when it is given up */
    struct usher_start choice;
    struct usher_prov_data data;
    uint8_t private_key[USHER_P256_PRIVATE];
    uint8_t public_key[USHER_P256_PUBLIC];
    struct usher_serial_request calls[USHER_SERIAL_CALLS];
};

/** A key or an address that the device has, or is given. Private. */
struct usher_serial_remote_thing {
    uint8_t kind; /* 0: free */
    bool there;   /* handle is good */
    bool leaving; /* it is being removed, to be given anew or to make room */
    uint16_t index;
    uint16_t handle;
    uint16_t users;    /* messages on their way */
    uint32_t used;     /* when last */
    uint8_t value[16]; /* key, or label */
};

/** An access message on its way. Private. */
struct usher_serial_remote_message {
    struct usher_serial_remote *remote;
    uint8_t state; /* 0: free */
    struct usher_serial_remote_thing *key, *address, *calling;
    uint16_t src;
    struct usher_target target;
    uint8_t label[16];
    uint32_t token, device_token;
    uint64_t at; /* when it is given up */
    uint8_t len;
    struct usher_serial_request call;
    uint8_t data[USHER_SERIAL_PAYLOAD_MAX];
};

/** A device as the radio of an instance. All members but line are private. */
struct usher_serial_remote {
    struct usher_serial_host line;
    struct usher *node;
    const struct usher_port *port;
    struct usher_serial_remote_config config;
    uint32_t features; /* that the device has and we use */
    uint8_t context_count;
    uint8_t step; /* of getting ready; see host_remote.c */
    uint8_t node_step;
    bool ready;
    bool closed;    /* nothing is told any more */
    uint8_t inside; /* calls under way */
    bool scan_wanted, scan_on;
    uint16_t node_address; /* that it was given */
    uint32_t tokens;
    uint32_t tick;
    uint32_t early[8]; /* tokens of messages that ended before their answer came */
    uint8_t early_at;
    struct usher_serial_request setup, scan, node_call;
    struct usher_serial_remote_context contexts[USHER_SERIAL_SESSIONS_MAX];
    struct usher_serial_remote_thing things[USHER_SERIAL_THINGS];
    struct usher_serial_remote_message messages[USHER_SERIAL_MESSAGES];
};

/**
 * Makes a device the radio of an instance.
 *
 * Sessions that begin before it is ready answer USHER_E_STATE, those beyond its count of contexts
 * USHER_E_RESOURCES. The node's network is given to the device when the instance is a node: what
 * the device had of one is cleared.
 *
 * @param u     Made with @p port afterwards.
 * @param port  Of the instance: time, randomness and crypto are there, the radio is filled in.
 *
 * @retval USHER_E_NULL  A pointer is NULL.
 */
enum usher_err usher_serial_remote_init(struct usher_serial_remote *r, struct usher *u,
                                        struct usher_port *port,
                                        const struct usher_serial_remote_config *config);
/** The way to the device broke, and there is another: sessions end, and all begins anew. */
void usher_serial_remote_restart(struct usher_serial_remote *r);
/**
 * Writes what is to be the last for the device: all that it does for us ends.
 *
 * @return octets, at most @p size
 */
size_t usher_serial_remote_leave(struct usher_serial_remote *r, uint8_t *buf, size_t size);
/** Ends; what is under way is not told. After the end of the instance; from within any callback,
 * if the memory stays until that returns. */
void usher_serial_remote_deinit(struct usher_serial_remote *r);

/** The line's, with what the remote does besides. */
void usher_serial_remote_in(struct usher_serial_remote *r, uint64_t now, const uint8_t *octets,
                            size_t len);
void usher_serial_remote_process(struct usher_serial_remote *r, uint64_t now);
uint64_t usher_serial_remote_deadline(const struct usher_serial_remote *r);
/** Whether the device takes sessions. */
bool usher_serial_remote_ready(const struct usher_serial_remote *r);

#ifdef __cplusplus
}
#endif

#endif
