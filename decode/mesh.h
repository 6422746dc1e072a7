/*
 * What a network says, in words: Network PDUs (Mesh Protocol 1.1, section 3.4), what transport
 * makes of them, beacons (3.10), proxy messages (6.5, 7.2), and access messages by name. Called by
 * decode.c.
 */
#ifndef DECODE_MESH_H
#define DECODE_MESH_H

#include "keyring.h"
#include "words.h"

#define MESH_REMEMBERED 256u /* PDUs, to tell those that were relayed */

struct mesh {
    const struct usher_crypto *crypto;
    struct keyring *keys;
    bool show_secrets;
    unsigned network, opened, messages;
    uint64_t heard[MESH_REMEMBERED]; /* source, IV Index and sequence number */
    unsigned heard_at;
};

/** A Network PDU. */
void mesh_network(struct mesh *m, uint64_t now, const uint8_t *pdu, size_t len, struct words *w);
/** A beacon of any kind: the data of an AD structure of type 0x2B, or of a Proxy PDU. */
void mesh_beacon(struct mesh *m, const uint8_t *data, size_t len, struct words *w);
/** A Proxy Configuration message. */
void mesh_proxy_configuration(struct mesh *m, const uint8_t *pdu, size_t len, struct words *w);
/** Service data of the Mesh Proxy Service, behind the UUID. */
void mesh_proxy_service(const uint8_t *data, size_t len, struct words *w);

/* -- access_words.c ---------------------------------------------------------------------------- */

/** An access message, opcode and parameters. */
void access_words(struct words *w, const uint8_t *data, size_t len, bool show_secrets);

#endif
