/*
 * The service data by which a proxy is found (Mesh Protocol 1.1, section 7.2.2.2): of which network
 * it is, or which node. See secbeacon.h.
 */
#include "secbeacon.h"

#include "io.h"

#include <string.h>

#define HASH_LEN 8u
#define RANDOM_LEN 8u
#define NODE_IDENTITY_MS 60000u

uint8_t identity_network_id(const struct usher_net_keys *k, uint8_t out[9])
{
    out[0] = IDENTITY_NETWORK_ID;
    memcpy(out + 1, k->network_id, sizeof(k->network_id));
    return 1 + sizeof(k->network_id);
}

/* Type, hash and random: the hash is the end of one AES block under the IdentityKey. */
static uint8_t hashed(const struct usher_crypto *c, const struct usher_net_keys *k, uint8_t type,
                      const uint8_t plain[16], const uint8_t random[RANDOM_LEN], uint8_t out[17])
{
    uint8_t block[16];

    if (c->aes128(c->ctx, k->identity, plain, block) != USHER_OK) {
        return 0;
    }
    out[0] = type;
    memcpy(out + 1, block + sizeof(block) - HASH_LEN, HASH_LEN);
    memcpy(out + 1 + HASH_LEN, random, RANDOM_LEN);
    return 1 + HASH_LEN + RANDOM_LEN;
}

/* Six octets, of which the private kind sets the last, then random and address. */
static uint8_t node(const struct usher_crypto *c, const struct usher_net_keys *k, uint8_t type,
                    uint16_t address, const uint8_t random[RANDOM_LEN], uint8_t out[17])
{
    uint8_t plain[16] = { [5] = type == IDENTITY_PRIVATE_NODE ? IDENTITY_PRIVATE_NODE : 0 };
    struct io io = io_writer(plain + 14, 2);

    memcpy(plain + 6, random, RANDOM_LEN);
    io_be16(&io, &address);
    return hashed(c, k, type, plain, random, out);
}

uint8_t identity_node(const struct usher_crypto *c, const struct usher_net_keys *k,
                      uint16_t address, const uint8_t random[8], uint8_t out[17])
{
    return node(c, k, IDENTITY_NODE, address, random, out);
}

uint8_t identity_private_network(const struct usher_crypto *c, const struct usher_net_keys *k,
                                 const uint8_t random[8], uint8_t out[17])
{
    uint8_t plain[16];

    memcpy(plain, k->network_id, sizeof(k->network_id));
    memcpy(plain + sizeof(k->network_id), random, RANDOM_LEN);
    return hashed(c, k, IDENTITY_PRIVATE_NETWORK, plain, random, out);
}

uint8_t identity_private_node(const struct usher_crypto *c, const struct usher_net_keys *k,
                              uint16_t address, const uint8_t random[8], uint8_t out[17])
{
    return node(c, k, IDENTITY_PRIVATE_NODE, address, random, out);
}

void identity_set(struct usher_subnet *s, uint64_t now, bool on)
{
    s->identity = on;
    s->identity_until = on ? now + NODE_IDENTITY_MS : 0;
}
