/*
 * Provisioning links as an eavesdropper sees them: PB-ADV (Mesh Protocol 1.1, section 5.3) and
 * Provisioning PDUs (5.4.1) in words, and how each link went. Called by decode.c.
 */
#ifndef DECODE_LINKS_H
#define DECODE_LINKS_H

#include "decode.h"
#include "pb_adv.h"
#include "words.h"

#define LINKS_MAX 8192u /* that are followed; more are explained without their PDUs */

struct link {
    struct decode_link is;
    struct usher_pb_adv *side[2]; /* what provisioner and device send; NULL: nothing yet */
    size_t random_len;            /* octets of Confirmation and Random, as Start says */
};

struct links {
    struct link **list;
    size_t count, room;
};

void links_free(struct links *l);

/** The data of an AD structure of PB-ADV. @retval  Whose they are; NULL: nobody's. */
struct link *links_pb_adv(struct links *l, uint64_t at_us, const uint8_t *data, size_t len,
                          struct words *w);
/**
 * A Provisioning PDU on a GATT connection.
 *
 * @param number  The connection's.
 */
struct link *links_pb_gatt(struct links *l, uint64_t at_us, uint32_t number, bool device,
                           const uint8_t *pdu, size_t len, struct words *w);
/** Whose link it is, if nothing else has told. NULL is allowed, for both. */
void links_device(struct link *link, const uint8_t *uuid);
/** A packet of a link came again. NULL is allowed. */
void links_repeated(struct link *link, uint64_t at_us);
/** A connection ended. */
void links_disconnected(struct links *l, uint64_t at_us, uint32_t number, uint8_t reason);
/** The capture is over. */
void links_end(struct links *l, uint64_t at_us);

/* -- prov_words.c ------------------------------------------------------------------------------ */

/** A Provisioning PDU in words. @param random_len  Of a Start, it is set. */
void prov_words(struct words *w, const uint8_t *pdu, size_t len, size_t *random_len);

#endif
