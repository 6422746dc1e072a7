/* The unprovisioned device beacon (Mesh Protocol 1.1, section 3.10.2). */
#include "beacon.h"

#include "io.h"
#include "kdf.h"

#include <string.h>

#define UNPROVISIONED_DEVICE 0x00 /* beacon type */

static void fields(struct io *io, struct beacon *b)
{
    io_bytes(io, b->uuid, sizeof(b->uuid));
    io_be16(io, &b->oob_info);
    if (b->has_hash) {
        io_bytes(io, b->hash, sizeof(b->hash));
    }
}

enum usher_err beacon_uri_hash(const struct usher_crypto *c, const uint8_t *uri, size_t len,
                               uint8_t hash[4])
{
    uint8_t salt[16];
    enum usher_err err = kdf_s1(c, uri, len, salt);

    if (err == USHER_OK) {
        memcpy(hash, salt, 4);
    }
    return err;
}

uint8_t beacon_build(const struct beacon *beacon, uint8_t ad[USHER_AD_MAX])
{
    struct beacon b = *beacon;
    struct io io = io_writer(ad, USHER_AD_MAX);
    uint8_t head[] = { b.has_hash ? 24 : 20, BEACON_AD_TYPE, UNPROVISIONED_DEVICE };

    io_bytes(&io, head, sizeof(head));
    fields(&io, &b);
    return (uint8_t)io_pos(&io);
}

bool beacon_parse(const uint8_t *data, size_t len, struct beacon *beacon)
{
    struct io io = io_reader(data, len);
    uint8_t kind = 0xFF;

    io_u8(&io, &kind);
    if (kind != UNPROVISIONED_DEVICE) {
        return false;
    }
    beacon->has_hash = io_left(&io) > 18;
    fields(&io, beacon);
    return io_done(&io);
}
