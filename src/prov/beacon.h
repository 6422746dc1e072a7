/*
 * The unprovisioned device beacon and the URI that goes with it (Mesh Protocol 1.1,
 * section 3.10.2), as AD structures: built by the device's node, parsed by the scanner's.
 */
#ifndef BEACON_H
#define BEACON_H

#include <usher/crypto.h>
#include <usher/prov.h>

#define BEACON_AD_TYPE 0x2B     /* Mesh Beacon */
#define BEACON_URI_AD_TYPE 0x24 /* URI */

struct beacon {
    uint8_t uuid[USHER_UUID_SIZE];
    uint16_t oob_info;
    bool has_hash;
    uint8_t hash[4];
};

/** The URI Hash: the first 4 octets of s1 over the URI data as AD type 0x24 carries them. */
enum usher_err beacon_uri_hash(const struct usher_crypto *c, const uint8_t *uri, size_t len,
                               uint8_t hash[4]);

/** The beacon as one AD structure. @retval its octets: 21 or 25 */
uint8_t beacon_build(const struct beacon *beacon, uint8_t ad[USHER_AD_MAX]);

/** Reads a beacon from the data of an AD structure of type 0x2B. @retval false  Not one, or of a
 * wrong length. */
bool beacon_parse(const uint8_t *data, size_t len, struct beacon *beacon);

#endif
