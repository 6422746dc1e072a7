/*
 * A device as the radio of an instance, as its files share it: host_remote.c gets it ready and has
 * the scanner; host_sessions.c has the commands of sessions and host_events.c their events;
 * host_node.c has the node's messages, and host_things.c the keys and addresses they need.
 */
#ifndef HOST_REMOTE_H
#define HOST_REMOTE_H

#include <usher/serial_host.h>

/** ms that a session may be quiet: more than the protocol's time-out. */
#define REMOTE_SESSION_MS 140000u
/** ms that a device may take to close, before it is asked again. */
#define REMOTE_CANCEL_MS 3000u

static inline uint64_t remote_now(const struct usher_serial_remote *r)
{
    return r->port->now_ms(r->port->ctx);
}

static inline void remote_wipe(const struct usher_serial_remote *r, void *buf, size_t len)
{
    r->port->crypto->wipe(buf, len);
}

static inline uint64_t remote_sooner(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/** The device knows our additions. */
static inline bool remote_is_ours(const struct usher_serial_remote *r)
{
    return (r->features & USHER_SERIAL_EXT_SESSIONS) != 0;
}

static inline bool remote_is_letter(char a)
{
    return (a >= 'A' && a <= 'Z') || (a >= 'a' && a <= 'z');
}

/* -- host_remote.c ----------------------------------------------------------------------------- */

/** There is something to do in usher_serial_remote_process(). */
void remote_kick(struct usher_serial_remote *r);
/** Tells the program, in words. */
void remote_note(const struct usher_serial_remote *r, const char *what);
/** Tells the instance, unless the remote is closed. */
void remote_tell(struct usher_serial_remote *r, const struct usher_event *e);

/* -- host_sessions.c --------------------------------------------------------------------------- */

/** struct usher_remote_acts, provision. */
enum usher_err remote_session_provision(void *ctx, struct usher_session *s,
                                        const struct usher_provision *p);
/** struct usher_remote_acts, answer. */
enum usher_err remote_session_answer(void *ctx, struct usher_session *s,
                                     enum usher_remote_answer what, const void *value, size_t len);
/** struct usher_remote_acts, ecdh. */
void remote_session_ecdh(void *ctx, uint32_t token, enum usher_err err, const uint8_t *secret);

/** Of a session, if there is one: what is told may end it. */
void remote_tell_phase(struct usher_serial_remote_context *c, enum usher_phase phase);
void remote_tell_failed(struct usher_serial_remote_context *c, uint8_t code);
/** Gives the device a secret. @param secret  32 octets; not read unless err is USHER_OK. */
void remote_session_secret(struct usher_serial_remote_context *c, enum usher_err err,
                           const uint8_t *secret);
/** Ends a session from this side: told once the device has closed, or soon. */
void remote_session_fail(struct usher_serial_remote_context *c, enum usher_close_reason reason);
/** A context without a session, of which the device may have one: asks it to end that, again and
 * again until it has none. */
void remote_context_free(struct usher_serial_remote_context *c);
/** The session's last event: the context is another's then, once the device has none either. */
void remote_session_closed(struct usher_serial_remote_context *c, uint8_t reason);
/** The device knows nothing more: sessions end. */
void remote_sessions_lost(struct usher_serial_remote *r);

/* -- host_events.c ----------------------------------------------------------------------------- */

/** An event that is a session's. @retval false  It is not. */
bool remote_session_event(struct usher_serial_remote *r, const struct usher_serial_packet *p);
/** Gives sessions their time. */
void remote_sessions_process(struct usher_serial_remote *r, uint64_t now);

/* -- host_node.c ------------------------------------------------------------------------------- */

/** An event that is the node's. @retval false  It is not. */
bool remote_node_event(struct usher_serial_remote *r, const struct usher_serial_packet *p);
/** struct usher_remote_acts, send. */
enum usher_err remote_node_send(void *ctx, struct usher_mesh *m, uint16_t src,
                                const struct usher_target *target, const uint8_t *message,
                                size_t len, uint32_t token);
/** The device knows nothing more: messages end, undelivered. */
void remote_node_lost(struct usher_serial_remote *r);
/** Gives the device what the node has, and messages their time. */
void remote_node_process(struct usher_serial_remote *r, uint64_t now);
uint64_t remote_node_deadline(const struct usher_serial_remote *r);

/* -- host_things.c ----------------------------------------------------------------------------- */

enum remote_thing_kind {
    THING_FREE,
    THING_SUBNET,
    THING_APPKEY,
    THING_DEVKEY,       /* index: whose */
    THING_PUBLICATION,  /* index: the address */
    THING_SUBSCRIPTION, /* likewise */
};

/** @param value  16 octets, of a virtual address; NULL: whatever it is. @return NULL: none. */
struct usher_serial_remote_thing *remote_thing_find(struct usher_serial_remote *r,
                                                    enum remote_thing_kind kind, uint16_t index,
                                                    const uint8_t *value);
/** One that the device has. @return NULL: none. */
struct usher_serial_remote_thing *
remote_thing_by_handle(struct usher_serial_remote *r, enum remote_thing_kind kind, uint16_t handle);
/** @param value  16 octets, or NULL. @return NULL: no room. */
struct usher_serial_remote_thing *remote_thing_new(struct usher_serial_remote *r,
                                                   enum remote_thing_kind kind, uint16_t index,
                                                   const uint8_t *value);
void remote_thing_free(struct usher_serial_remote *r, struct usher_serial_remote_thing *t);
/** The one of a kind that no message has needed for the longest time; NULL: all are in use. */
struct usher_serial_remote_thing *remote_thing_oldest(struct usher_serial_remote *r,
                                                      enum remote_thing_kind kind);
/** The command that gives the device a thing. @retval false  Its subnet is not there yet. */
bool remote_thing_packet(struct usher_serial_remote *r, const struct usher_serial_remote_thing *t,
                         uint16_t net_index, struct usher_serial_packet *p);

#endif
