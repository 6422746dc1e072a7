/*
 * What the files of the HCI host call of each other (hci_host.h is its interface): hci_host.c has
 * the stream, the flow of commands and recovery; hci_start.c what follows a Reset; hci_adv.c,
 * hci_scan.c and hci_conn.c one part of the radio each. A part keeps what it wants of the
 * controller in its own state and is asked for its next command when the controller takes one, so
 * nothing is queued.
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
void hci_touch(struct hci_host *h);

/** A function of the port is called: takes the time. hci_leave() follows. */
void hci_enter(struct hci_host *h);
/** A function is done: tells the owner, from the outermost one. */
void hci_leave(struct hci_host *h);

/** Whether such a command waits for its answer. */
bool hci_waits(const struct hci_host *h, uint16_t opcode, uint8_t index, bool on);

/**
 * Begins anew with Reset. What was on the air or connected is lost, and the instance is told.
 *
 * @param what       What has happened, for hci_host_why().
 * @param opcode     The command that it happened to, or 0.
 * @param status     How it was answered, or -1.
 * @param hunting    The stream is out of step.
 */
void hci_recover(struct hci_host *h, const char *what, uint16_t opcode, int status, bool hunting);
/** Gives up: the controller cannot be a radio. Parameters as of hci_recover(). */
void hci_fail(struct hci_host *h, const char *what, uint16_t opcode, int status);
/** All is well: what follows a Reset is done. */
void hci_ready(struct hci_host *h);
/** Sets hci_host_why(). */
void hci_why(struct hci_host *h, const char *what, uint16_t opcode, int status);

static inline uint64_t hci_sooner(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* -- hci_start.c ------------------------------------------------------------------------------- */

bool hci_start_next(struct hci_host *h, struct hci_command *c);
/** @param io  The return parameters that follow the status. */
void hci_start_answer(struct hci_host *h, uint16_t opcode, uint8_t status, struct io *io);

/* -- hci_adv.c --------------------------------------------------------------------------------- */

/** After a Reset: no set is made, nothing is on the air. */
void hci_adv_reset(struct hci_host *h);
/** Tells the instance that all its advertisements are over. adv_slots is 0 by then. */
void hci_adv_lose(struct hci_host *h);
bool hci_adv_next(struct hci_host *h, struct hci_command *c);
/** The answer to a command that hci_adv_next() gave. */
void hci_adv_answer(struct hci_host *h, const struct hci_pending *p, uint8_t status);
/** Advertising Set Terminated, after the subevent code. */
void hci_adv_terminated(struct hci_host *h, struct io *io);
/** A peer has connected to us: legacy advertising has ended with that. */
void hci_adv_connected(struct hci_host *h);
void hci_adv_process(struct hci_host *h);
uint64_t hci_adv_deadline(const struct hci_host *h);
enum usher_err hci_adv_start(void *ctx, const struct usher_adv *adv);
void hci_adv_stop(void *ctx, uint8_t slot);

/* -- hci_scan.c -------------------------------------------------------------------------------- */

/** Writes the parameters of LE Set Scan Parameters, or of the extended one. */
void hci_scan_parameters(const struct hci_host *h, struct io *io);
bool hci_scan_next(struct hci_host *h, struct hci_command *c);
void hci_scan_answer(struct hci_host *h, const struct hci_pending *p, uint8_t status);
/** Advertising Report, after the subevent code. */
void hci_scan_reports(struct hci_host *h, bool extended, struct io *io);
void hci_scan_process(struct hci_host *h);
enum usher_err hci_scan(void *ctx, unsigned what);

/* -- hci_conn.c -------------------------------------------------------------------------------- */

/** Tells the instance that all connections are gone. */
void hci_conn_lose(struct hci_host *h);
bool hci_conn_next(struct hci_host *h, struct hci_command *c);
void hci_conn_answer(struct hci_host *h, const struct hci_pending *p, uint8_t status);
/** Whether a connection is being made as central. */
bool hci_conn_making(const struct hci_host *h);
/** Whether there is room for one more. */
bool hci_conn_room(const struct hci_host *h);
/** Whether there is any, or one is being made. */
bool hci_conn_any(const struct hci_host *h);
void hci_conn_complete(struct hci_host *h, bool enhanced, struct io *io);
void hci_conn_ended(struct hci_host *h, struct io *io);
void hci_conn_completed_packets(struct hci_host *h, struct io *io);
void hci_conn_ltk_request(struct hci_host *h, struct io *io);
void hci_conn_parameter_request(struct hci_host *h, struct io *io);
/** An H4 packet of ACL data came. */
void hci_conn_rx(struct hci_host *h, const uint8_t *packet, size_t len);
/** The next ACL data packet to go out, H4 type included. @return octets; 0: none */
size_t hci_conn_tx(struct hci_host *h, uint8_t *packet);
void hci_conn_process(struct hci_host *h);
uint64_t hci_conn_deadline(const struct hci_host *h);
void hci_gatt_serve(void *ctx, enum usher_gatt_service service);
enum usher_err hci_gatt_connect(void *ctx, const struct usher_ble_addr *peer,
                                enum usher_gatt_service service, uint8_t *conn);
void hci_gatt_disconnect(void *ctx, uint8_t conn);
enum usher_err hci_gatt_send(void *ctx, uint8_t conn, const uint8_t *value, uint8_t len);

#endif
