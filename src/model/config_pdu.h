/*
 * The Configuration messages on the wire (Mesh Protocol 1.1, section 4.3.2): a table of opcode,
 * answer, name and field function, each walked in both directions. Used by server, client, and what
 * explains messages.
 */
#ifndef CONFIG_PDU_H
#define CONFIG_PDU_H

#include "io.h"

#include <usher/config_msg.h>

struct config_pdu {
    uint32_t opcode;
    uint32_t answer;  /* opcode of the answer; CONFIG_NO_ANSWER: not a question */
    const char *name; /* "Config Model Publication Set" */
    void (*fields)(struct io *io, struct usher_config_msg *m);
};

#define CONFIG_NO_ANSWER UINT32_MAX

/** All messages, in the order of their opcodes. */
extern const struct config_pdu config_pdus[];
extern const unsigned config_pdu_count;

/** @retval NULL  Not a Configuration message. */
const struct config_pdu *config_pdu_find(uint32_t opcode);

/**
 * Reads parameters.
 *
 * @param m  Initialised: what the message does not have stays as it is.
 *
 * @retval false  Malformed: wrong length, or a prohibited value.
 */
bool config_pdu_read(uint32_t opcode, const uint8_t *params, size_t len,
                     struct usher_config_msg *m);
/**
 * Writes the parameters of m->opcode.
 *
 * @retval octets
 * @retval SIZE_MAX  They do not fit, a member is out of range, or there is no such message.
 */
size_t config_pdu_write(struct usher_config_msg *m, uint8_t *out, size_t size);

#endif
