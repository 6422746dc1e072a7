/*
 * The codec of the serial interface's packets, from the one table of all of them
 * (serial_table.def). Called by both ends, the target and the host, and by whoever explains
 * packets.
 */
#ifndef SERIAL_PDU_H
#define SERIAL_PDU_H

#include <usher/serial_msg.h>

/** Commands and events are numbered each for themselves. */
enum serial_kind {
    SERIAL_COMMAND,
    SERIAL_EVENT,
};

/** Whether there is such a packet. */
bool serial_known(enum serial_kind kind, uint8_t opcode);

/**
 * Reads the parameters of a packet, without the opcode.
 *
 * @param p  What it points at is in @p in.
 *
 * @retval false  Unknown, too short or too long.
 */
bool serial_read(enum serial_kind kind, uint8_t opcode, const uint8_t *in, size_t len,
                 struct usher_serial_packet *p);
/**
 * Writes those of p->opcode.
 *
 * @return octets, 0..USHER_SERIAL_PAYLOAD_MAX; -1: unknown, or too long
 */
int serial_write(enum serial_kind kind, struct usher_serial_packet *p,
                 uint8_t out[USHER_SERIAL_PAYLOAD_MAX]);

/** The same for the data of the answer to a command; p->opcode stays as it is. */
bool serial_answer_read(uint8_t command, const uint8_t *in, size_t len,
                        struct usher_serial_packet *p);
int serial_answer_write(uint8_t command, struct usher_serial_packet *p,
                        uint8_t out[USHER_SERIAL_ANSWER_MAX]);

/** The name of a command or event, for reports; NULL: unknown. In serial_names.c. */
const char *serial_name(enum serial_kind kind, uint8_t opcode);
/** The name of a status: "INVALID_STATE". */
const char *serial_status_name(uint8_t status);

#endif
