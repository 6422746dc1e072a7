/*
 * An instance whose radio is elsewhere: another device provisions, and sends and receives the
 * node's messages, and tells what happens; usher/serial_host.h is such a way to one. The calls of
 * usher.h and of models go to it, events come through the handlers as ever, so what works over a
 * radio of its own works unmodified. Not for applications: for who knows the way to the device.
 *
 * A build with USHER_REMOTE 0 (a microcontroller's) carries nothing of this.
 */
#ifndef USHER_REMOTE_H
#define USHER_REMOTE_H

#include <usher/mesh.h>
#include <usher/usher.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What a user gives to a session. */
enum usher_remote_answer {
    USHER_REMOTE_OOB_USE,     /**< struct usher_start */
    USHER_REMOTE_PUBKEY,      /**< 64 octets */
    USHER_REMOTE_AUTH_STATIC, /**< octets */
    USHER_REMOTE_AUTH_NUMBER, /**< uint32_t */
    USHER_REMOTE_AUTH_TEXT,   /**< char, terminated */
    USHER_REMOTE_DATA,        /**< struct usher_prov_data */
    USHER_REMOTE_CANCEL,      /**< enum usher_close_reason */
};

/**
 * What the way to the device does, in the instance's port (usher/port.h); each as the call of
 * usher.h or usher/access.h of the same purpose. None of them tells an event from within.
 */
struct usher_remote_acts {
    enum usher_err (*scan)(void *ctx, bool on);
    enum usher_err (*provision)(void *ctx, struct usher_session *s,
                                const struct usher_provision *p);
    /** @param value  Of the type above; @p len its octets. */
    enum usher_err (*answer)(void *ctx, struct usher_session *s, enum usher_remote_answer what,
                             const void *value, size_t len);
    /** An access message, opcode and parameters; usher_remote_sent() follows if it has a token. */
    enum usher_err (*send)(void *ctx, struct usher_mesh *m, uint16_t src,
                           const struct usher_target *target, const uint8_t *message, size_t len,
                           uint32_t token);
    /** The port has computed an ECDH. */
    void (*ecdh)(void *ctx, uint32_t token, enum usher_err err, const uint8_t *secret);
};

/**
 * Tells an event of a session, or a beacon (params.unprov); what the session keeps of it is kept.
 * Of a session's phase, only one that is later than the last is told. LINK_CLOSED makes it idle.
 */
void usher_remote_event(struct usher *u, const struct usher_event *event);

/** Hands in an access message for this node; message->opcode, params and len are found here. */
void usher_remote_message(struct usher_mesh *m, const struct usher_message *message,
                          const uint8_t *data, size_t len);
/** A message has ended. */
void usher_remote_sent(struct usher_mesh *m, uint32_t token, bool delivered);

/**
 * The device has another IV state: the node follows, forward and not farther than a node that was
 * long away.
 */
void usher_remote_iv(struct usher_mesh *m, uint32_t index, bool updating);
/** The device will use sequence numbers below @p end: they are used up here, and stored so. */
void usher_remote_seq(struct usher_mesh *m, uint32_t end);
/** The next sequence number that nobody has used. */
uint32_t usher_remote_seq_next(const struct usher_mesh *m);

/** A key that the node has, to be given to the device. */
struct usher_remote_key {
    bool app;
    uint16_t index;
    uint16_t net_index;
    const uint8_t *key; /**< 16 octets, good until the next call for the node */
};
/** The @p n-th one, NetKeys first. @retval false  There are no more. */
bool usher_remote_key(const struct usher_mesh *m, unsigned n, struct usher_remote_key *key);
/** The device key of a node. @retval false  Not known. */
bool usher_remote_device_key(const struct usher_mesh *m, uint16_t address,
                             uint8_t key[USHER_KEY_SIZE]);
/** The @p n-th place for a subscription of the node's models; *address 0: it is free.
 * @retval false  There are no more places. */
bool usher_remote_subscription(const struct usher_mesh *m, unsigned n, uint16_t *address,
                               const uint8_t **label);

#ifdef __cplusplus
}
#endif

#endif
