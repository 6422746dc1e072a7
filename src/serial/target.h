/*
 * The device's end of the serial interface, as its files share it: target.c has the line, the
 * device's own commands and the way to the handlers; target_prov.c has provisioning.
 */
#ifndef SERIAL_TARGET_H
#define SERIAL_TARGET_H

#include <usher/serial.h>

/** How much an event may be lost when there is no room (tx_size). */
enum target_weight {
    TARGET_EVENT_LIGHT, /* one of many, as a beacon */
    TARGET_EVENT_HEAVY, /* a session hangs on it */
};

/**
 * Sends an event.
 *
 * @retval USHER_E_LENGTH  There is no such event, or its data are too long.
 * @retval USHER_E_NO_MEM  No room: it is counted as lost.
 */
enum usher_err target_event(struct usher_serial *s, enum target_weight weight,
                            struct usher_serial_packet *event);

/** Whether an opcode is one of provisioning. */
bool target_is_prov(uint8_t opcode);
/** Executes such a command, whose parameters are in @p p; leaves the answer's data in it. */
enum usher_serial_status target_prov(struct usher_serial *s, struct usher_serial_packet *p);
/** Ends what a host began: sessions, scanner, keys. */
void target_prov_end(struct usher_serial *s);

#endif
