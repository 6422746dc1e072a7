/*
 * The Provisioning PDUs (Mesh Protocol 1.1, section 5.4.1): types, exact lengths, and a field
 * function for those with fields of several octets. Used by the session and by what explains
 * captures.
 */
#ifndef PDU_H
#define PDU_H

#include "io.h"

#include <usher/prov.h>

enum pdu_type {
    PDU_INVITE = 0x00,
    PDU_CAPABILITIES = 0x01,
    PDU_START = 0x02,
    PDU_PUBLIC_KEY = 0x03,
    PDU_INPUT_COMPLETE = 0x04,
    PDU_CONFIRMATION = 0x05,
    PDU_RANDOM = 0x06,
    PDU_DATA = 0x07,
    PDU_COMPLETE = 0x08,
    PDU_FAILED = 0x09,
    PDU_RECORD_REQUEST = 0x0A,
    PDU_RECORD_RESPONSE = 0x0B,
    PDU_RECORDS_GET = 0x0C,
    PDU_RECORDS_LIST = 0x0D,
    PDU_TYPES = 0x0E, /* the first unassigned one */
    PDU_LOCAL = 0xFE, /* no PDU: a step that a side takes by itself */
};

#define PDU_CAPS_LEN 11u /* parameters of Capabilities */
#define PDU_START_LEN 5u /* parameters of Start */
#define PDU_DATA_LEN 25u /* provisioning data, before encryption */
#define PDU_MIC_LEN 8u

/**
 * Octets of the parameters of a PDU.
 *
 * @param random_len  16 or 32: the algorithm's, for Confirmation and Random.
 *
 * @retval -1  Of no fixed length (records), or unassigned.
 */
int pdu_len(uint8_t type, size_t random_len);

/** Capabilities (5.4.1.2). */
void pdu_caps_fields(struct io *io, struct usher_caps *caps);
/** Start (5.4.1.3). */
void pdu_start_fields(struct io *io, struct usher_start *start);
/**
 * Provisioning data (5.4.2.5).
 *
 * @param flags  The flags octet as it travels: bits 2..7 are reserved and must be 0.
 */
void pdu_data_fields(struct io *io, struct usher_prov_data *data, uint8_t *flags);

#endif
