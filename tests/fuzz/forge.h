/*
 * Advertisements as an attacker makes them who hears all that is on the air: with the right link
 * id, transaction number and frame check sequence around contents of his own.
 */
#ifndef FORGE_H
#define FORGE_H

#include "fuzz.h"

#include <usher/usher.h>

#define FORGE_SEGMENTS 4 /* of the longest PDU that a session takes */

struct forged {
    uint8_t count;
    struct {
        uint8_t len;
        uint8_t data[USHER_AD_MAX];
    } ad[FORGE_SEGMENTS];
};

/** A whole transaction, the one that @p link expects next. @p len is 1..USHER_PDU_MAX. */
struct forged forge_transaction(const struct usher_pb_adv *link, const uint8_t *pdu, size_t len);

/**
 * A Provisioning PDU made from the input: a type, and parameters of the length that the type asks
 * for, zeros where the input is short.
 *
 * @param random_len  16 or 32, for Confirmation and Random.
 *
 * @return Octets, 1..USHER_PDU_MAX.
 */
size_t forge_pdu(struct fuzz_input *in, size_t random_len, uint8_t pdu[USHER_PDU_MAX]);

#endif
