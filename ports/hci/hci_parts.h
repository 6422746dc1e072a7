/*
 * What the files of the HCI host call of each other (hci_host.h is its interface): hci_host.c has
 * the stream, the flow of commands and recovery; hci_start.c what follows a Reset; hci_adv.c,
 * hci_scan.c, hci_conn.c and hci_acl.c one part of the radio each. A part keeps what it wants of
 * the controller in its own state and is asked for its next command when the controller takes one,
 * so nothing is queued.
 */
#ifndef HCI_PARTS_H
#define HCI_PARTS_H

#include "h4.h"
#include "hci_host.h"
#include "hci_pdu.h"
#include "hci_trace.h"

#define HCI_NOBODY 0xFFu /* no slot, no connection */

/* -- hci_host.c -------------------------------------------------------------------------------- */

/** There may be something to send, or the deadline has changed. */
void host_touch(struct hci_host *h);

/** A function of the port is called: takes the time. host_leave() follows. */
void host_enter(struct hci_host *h);
/** A function is done: tells the owner, from the outermost one. */
void host_leave(struct hci_host *h);

/** Whether such a command waits for its answer. */
bool host_waits(const struct hci_host *h, uint16_t opcode, uint8_t index, bool on);

/**
 * Begins anew with Reset. What was on the air or connected is lost, and the instance is told.
 *
 * @param what       What has happened, for hci_host_why().
 * @param opcode     The command that it happened to, or 0.
 * @param status     How it was answered, or -1.
 * @param hunting    The stream is out of step.
 */
void host_recover(struct hci_host *h, const char *what, uint16_t opcode, int status, bool hunting);
/** Gives up: the controller cannot be a radio. Parameters as of host_recover(). */
void host_fail(struct hci_host *h, const char *what, uint16_t opcode, int status);
/** All is well: what follows a Reset is done. */
void host_ready(struct hci_host *h);
/** Sets hci_host_why(). */
void host_why(struct hci_host *h, const char *what, uint16_t opcode, int status);

static inline uint64_t host_sooner(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* -- hci_start.c ------------------------------------------------------------------------------- */

bool host_start_next(struct hci_host *h, struct hci_command *c);
/** @param io  The return parameters that follow the status. */
void host_start_answer(struct hci_host *h, uint16_t opcode, uint8_t status, struct io *io);

/* -- hci_adv.c --------------------------------------------------------------------------------- */

/** After a Reset: no set is made, nothing is on the air. */
void host_adv_reset(struct hci_host *h);
/** Tells the instance that all its advertisements are over. adv_slots is 0 by then. */
void host_adv_lose(struct hci_host *h);
bool host_adv_next(struct hci_host *h, struct hci_command *c);
/** The answer to a command that host_adv_next() gave. */
void host_adv_answer(struct hci_host *h, const struct hci_pending *p, uint8_t status);
/** Advertising Set Terminated, after the subevent code. */
void host_adv_terminated(struct hci_host *h, struct io *io);
/** A peer has connected to us: legacy advertising has ended with that. */
void host_adv_connected(struct hci_host *h);
void host_adv_process(struct hci_host *h);
uint64_t host_adv_deadline(const struct hci_host *h);
enum usher_err host_adv_start(void *ctx, const struct usher_adv *adv);
void host_adv_stop(void *ctx, uint8_t slot);

/* -- hci_scan.c -------------------------------------------------------------------------------- */

/** Writes the parameters of LE Set Scan Parameters, or of the extended one. */
void host_scan_parameters(const struct hci_host *h, struct io *io);
bool host_scan_next(struct hci_host *h, struct hci_command *c);
void host_scan_answer(struct hci_host *h, const struct hci_pending *p, uint8_t status);
/** Advertising Report, after the subevent code. */
void host_scan_reports(struct hci_host *h, bool extended, struct io *io);
void host_scan_process(struct hci_host *h);
enum usher_err host_scan(void *ctx, unsigned what);

/* -- hci_conn.c -------------------------------------------------------------------------------- */

/** State of a connection. As central it is queued, then made by the one initiator that a controller
 * has; it can be called off. When it ends, what waits goes out first. */
enum host_conn_state {
    CONN_FREE,
    CONN_QUEUED,
    CONN_MAKING,
    CONN_CALLED_OFF, /* to be cancelled */
    CONN_CANCELLED,  /* the controller was told so */
    CONN_OPEN,
    CONN_ENDING,
    CONN_ENDED, /* the controller was told so */
};

static inline struct hci_conn *host_conn(const struct hci_host *h, uint8_t i)
{
    return &h->config.conns[i];
}

/** Whether the controller knows it by its handle. */
bool host_conn_has_handle(const struct hci_conn *c);
/** The number of the connection with that handle, or HCI_NOBODY. */
uint8_t host_conn_find(const struct hci_host *h, uint16_t handle);
/** Ends a connection that is open, once what waits has gone out. */
void host_conn_end(struct hci_host *h, struct hci_conn *c);
/** Tells the owner why a connection has failed. */
void host_conn_note(const struct hci_host *h, const struct hci_conn *c, const char *why);

/**
 * What the other parts ask of connections. They do so through hci_host_config.gatt alone, so that
 * firmware without connections links none of this.
 */
struct hci_gatt {
    /** Fills in the gatt functions. */
    void (*port)(struct usher_port *port);
    void (*lose)(struct hci_host *h);
    bool (*next)(struct hci_host *h, struct hci_command *c);
    void (*answer)(struct hci_host *h, const struct hci_pending *p, uint8_t status);
    void (*event)(struct hci_host *h, uint8_t code, uint8_t subevent, struct io *io);
    void (*heard)(struct hci_host *h, const struct usher_adv_report *report);
    void (*rx)(struct hci_host *h, const uint8_t *packet, size_t len);
    size_t (*tx)(struct hci_host *h, uint8_t *packet);
    bool (*making)(const struct hci_host *h);
    bool (*room)(const struct hci_host *h);
    bool (*any)(const struct hci_host *h);
    void (*process)(struct hci_host *h);
    uint64_t (*deadline)(const struct hci_host *h);
};

/** Tells the instance that all connections are gone. */
static inline void host_conn_lose(struct hci_host *h)
{
    if (h->config.gatt != NULL) {
        h->config.gatt->lose(h);
    }
}

static inline bool host_conn_next(struct hci_host *h, struct hci_command *c)
{
    return h->config.gatt != NULL && h->config.gatt->next(h, c);
}

/** The answer to a command that host_conn_next() gave. */
static inline void host_conn_answer(struct hci_host *h, const struct hci_pending *p, uint8_t status)
{
    if (h->config.gatt != NULL) {
        h->config.gatt->answer(h, p, status);
    }
}

/** An event that may be about connections. @param subevent  If @p code is LE Meta. */
static inline void host_conn_event(struct hci_host *h, uint8_t code, uint8_t subevent,
                                   struct io *io)
{
    if (h->config.gatt != NULL) {
        h->config.gatt->event(h, code, subevent, io);
    }
}

/** A connectable advertisement. */
static inline void host_conn_heard(struct hci_host *h, const struct usher_adv_report *report)
{
    if (h->config.gatt != NULL) {
        h->config.gatt->heard(h, report);
    }
}

/** An H4 packet of ACL data came. */
static inline void host_conn_rx(struct hci_host *h, const uint8_t *packet, size_t len)
{
    if (h->config.gatt != NULL) {
        h->config.gatt->rx(h, packet, len);
    }
}

/** The next ACL data packet to go out, H4 type included. @return octets; 0: none */
static inline size_t host_conn_tx(struct hci_host *h, uint8_t *packet)
{
    return h->config.gatt != NULL ? h->config.gatt->tx(h, packet) : 0;
}

/** Whether a connection is being made as central. */
static inline bool host_conn_making(const struct hci_host *h)
{
    return h->config.gatt != NULL && h->config.gatt->making(h);
}

/** Whether there is room for one more. */
static inline bool host_conn_room(const struct hci_host *h)
{
    return h->config.gatt != NULL && h->config.gatt->room(h);
}

/** Whether there is any, or one is being made. */
static inline bool host_conn_any(const struct hci_host *h)
{
    return h->config.gatt != NULL && h->config.gatt->any(h);
}

static inline void host_conn_process(struct hci_host *h)
{
    if (h->config.gatt != NULL) {
        h->config.gatt->process(h);
    }
}

static inline uint64_t host_conn_deadline(const struct hci_host *h)
{
    return h->config.gatt != NULL ? h->config.gatt->deadline(h) : USHER_NEVER;
}

/* -- hci_acl.c --------------------------------------------------------------------------------- */

/** Number Of Completed Packets. */
void host_acl_completed(struct hci_host *h, struct io *io);
void host_acl_rx(struct hci_host *h, const uint8_t *packet, size_t len);
size_t host_acl_tx(struct hci_host *h, uint8_t *packet);
/** Takes the link's next frame, if none is under way. @retval false  Nothing is to go out. */
bool host_conn_fill(const struct hci_host *h, struct hci_conn *c);
/** Takes what the link has to tell, until it is quiet or not ours any more. */
void host_conn_poll(struct hci_host *h, uint8_t i);
void host_gatt_serve(void *ctx, enum usher_gatt_service service);
enum usher_err host_gatt_send(void *ctx, uint8_t conn, const uint8_t *value, uint8_t len);

#endif
