/* Beacons of provisioned nodes; see secbeacon.h. */
#include "secbeacon.h"

#include "ct.h"
#include "io.h"
#include "iv.h"
#include "keys.h"
#include "net.h"
#include "transport.h"

#include <string.h>

#define SECURE_NETWORK 0x01 /* beacon types */
#define MESH_PRIVATE 0x02
#define FLAGS_KNOWN (SECBEACON_KEY_REFRESH | SECBEACON_IV_UPDATE)

#define STATE_LEN 5u   /* flags and IV Index */
#define SIGNED_LEN 13u /* those with the Network ID between them */
#define TAG_LEN 8u

#define INTERVAL_MS 10000u /* one beacon of a subnet in this time, whoever sends it */
#define INTERVAL_MAX_MS 600000u
#define SPREAD_MS 500u /* so that nodes that learned the same do not all speak at once */
#define RANDOM_STEP_MS 10000u

/* The primary subnet's index. */
#define PRIMARY 0u

/* The two kinds, in the order of usher_subnet.beacon. */
enum { SECURE, PRIVATE, KINDS };

/* What the authentication value of a secure network beacon is computed over. */
static void signed_fields(struct io *io, uint8_t *flags, uint8_t network_id[8], uint32_t *iv_index)
{
    io_u8(io, flags);
    io_bytes(io, network_id, 8);
    io_be32(io, iv_index);
}

static void state_fields(struct io *io, uint8_t *flags, uint32_t *iv_index)
{
    io_u8(io, flags);
    io_be32(io, iv_index);
}

enum usher_err secbeacon_build(const struct usher_crypto *c, const struct usher_net_keys *k,
                               uint8_t flags, uint32_t iv_index, uint8_t out[SECBEACON_LEN])
{
    struct io io = io_writer(out + 1, SIGNED_LEN);
    uint8_t network_id[8], mac[16];
    enum usher_err err;

    memcpy(network_id, k->network_id, sizeof(network_id));
    out[0] = SECURE_NETWORK;
    signed_fields(&io, &flags, network_id, &iv_index);
    err = c->cmac(c->ctx, k->beacon, out + 1, SIGNED_LEN, mac);
    if (err == USHER_OK) {
        memcpy(out + 1 + SIGNED_LEN, mac, TAG_LEN);
    }
    return err;
}

enum usher_err privbeacon_build(const struct usher_crypto *c, const struct usher_net_keys *k,
                                uint8_t flags, uint32_t iv_index,
                                const uint8_t random[PRIVBEACON_RANDOM],
                                uint8_t out[PRIVBEACON_LEN])
{
    uint8_t state[STATE_LEN];
    struct io io = io_writer(state, sizeof(state));

    state_fields(&io, &flags, &iv_index);
    out[0] = MESH_PRIVATE;
    memcpy(out + 1, random, PRIVBEACON_RANDOM);
    return c->ccm_encrypt(c->ctx, k->private_beacon, random, NULL, 0, state, sizeof(state),
                          out + 1 + PRIVBEACON_RANDOM, TAG_LEN);
}

static bool secure_open(const struct usher_crypto *c, const struct usher_net_keys *k,
                        const uint8_t *data, struct secbeacon *b)
{
    struct io io = io_reader(data + 1, SIGNED_LEN);
    uint8_t network_id[8], mac[16];

    signed_fields(&io, &b->flags, network_id, &b->iv_index);
    return memcmp(network_id, k->network_id, sizeof(network_id)) == 0 &&
           c->cmac(c->ctx, k->beacon, data + 1, SIGNED_LEN, mac) == USHER_OK &&
           ct_equal(mac, data + 1 + SIGNED_LEN, TAG_LEN);
}

static bool private_open(const struct usher_crypto *c, const struct usher_net_keys *k,
                         const uint8_t *data, struct secbeacon *b)
{
    uint8_t state[STATE_LEN];
    struct io io;

    if (c->ccm_decrypt(c->ctx, k->private_beacon, data + 1, NULL, 0, data + 1 + PRIVBEACON_RANDOM,
                       sizeof(state), state, TAG_LEN) != USHER_OK) {
        return false;
    }
    io = io_reader(state, sizeof(state));
    state_fields(&io, &b->flags, &b->iv_index);
    return true;
}

bool secbeacon_open(const struct usher_net *n, const uint8_t *data, size_t len, struct secbeacon *b)
{
    bool (*open)(const struct usher_crypto *c, const struct usher_net_keys *k, const uint8_t *data,
                 struct secbeacon *b);

    if (len == SECBEACON_LEN && data[0] == SECURE_NETWORK) {
        open = secure_open;
    } else if (len == PRIVBEACON_LEN && data[0] == MESH_PRIVATE) {
        open = private_open;
    } else {
        return false;
    }
    for (uint16_t i = 0; i < n->keys.subnet_count; i++) {
        const struct usher_subnet *s = &n->keys.subnets[i];
        /* In phase 1 either key's beacons count, in phase 2 those of the new one alone. */
        unsigned first = s->phase == 2 ? 1 : 0, last = s->phase == 0 ? 0 : 1;

        for (unsigned which = first; s->used && which <= last; which++) {
            if (open(n->crypto, &s->key[which], data, b)) {
                b->flags &= FLAGS_KNOWN;
                b->net_index = s->index;
                b->new_key = which == 1;
                b->private = open == private_open;
                return true;
            }
        }
    }
    return false;
}

/* Key Refresh by a beacon (3.11.4.2, 3.11.4.3): only one secured with the new key tells of it. */
static bool refresh_take(struct usher_net *n, struct usher_subnet *s, const struct secbeacon *b)
{
    uint8_t phase = s->phase;

    if (b->new_key) {
        keys_refresh(&n->keys, n->crypto, s->index, b->flags & SECBEACON_KEY_REFRESH ? 2 : 3);
    }
    return s->phase != phase;
}

bool secbeacon_take(struct usher_net *n, uint64_t now, const struct secbeacon *b, bool *iv,
                    struct usher_subnet **refresh)
{
    struct usher_subnet *s = keys_subnet(&n->keys, b->net_index);
    bool primary = b->net_index == PRIMARY || keys_subnet(&n->keys, PRIMARY) == NULL;
    struct usher_beacon_turn *turn;

    *iv = false;
    *refresh = NULL;
    if (s == NULL) {
        return false;
    }
    turn = &s->beacon[b->private ? PRIVATE : SECURE];
    if (turn->heard < UINT16_MAX) {
        turn->heard++;
    }
    if (refresh_take(n, s, b)) {
        *refresh = s;
    }
    *iv = iv_beacon(&n->iv, now, b->iv_index, b->flags & SECBEACON_IV_UPDATE, primary,
                    transport_busy(n));
    if (*iv || *refresh != NULL) {
        secbeacon_hurry(n, now);
        return true;
    }
    return false;
}

/*
 * 3.10.3.1: observation period times beacons observed and one's own, by the number expected in that
 * period, which is one in 10 s; so the period cancels out. It runs from one beacon of ours to the
 * next. With that, N nodes in earshot settle at N times 10 s each.
 */
static void schedule(struct usher_net *n, struct usher_beacon_turn *turn, uint64_t now)
{
    uint64_t interval = (uint64_t)INTERVAL_MS * (turn->heard + 1u) + net_jitter(n, SPREAD_MS);

    turn->at = now + (interval < INTERVAL_MAX_MS ? interval : INTERVAL_MAX_MS);
    turn->heard = 0;
}

static bool is_sent(const struct usher_net *n, unsigned kind)
{
    return n->address != USHER_ADDR_UNASSIGNED &&
           (kind == PRIVATE ? n->private_beacon : n->beacon) == 1;
}

/* The subnet whose beacon is due first, whenever that is, and of which kind; NULL: none. */
static struct usher_subnet *first(const struct usher_net *n, unsigned *kind)
{
    struct usher_subnet *first = NULL;

    *kind = SECURE;
    for (unsigned i = 0; i < n->keys.subnet_count * KINDS; i++) {
        struct usher_subnet *s = &n->keys.subnets[i / KINDS];

        if (s->used && is_sent(n, i % KINDS) &&
            (first == NULL || s->beacon[i % KINDS].at < first->beacon[*kind].at)) {
            first = s;
            *kind = i % KINDS;
        }
    }
    return first;
}

/*
 * 3.10.4: a private beacon stays the same until its randomness is to change. With another content
 * it has another one in any case, as the nonce that it is. Returns whether there is one to use.
 */
static bool random_renew(const struct usher_net *n, struct usher_beacon_random *r, uint64_t now,
                         uint8_t flags, const uint8_t random[PRIVBEACON_RANDOM])
{
    if (r->at != 0 && now - r->at < n->private_interval * RANDOM_STEP_MS && flags == r->flags &&
        n->iv.index == r->iv_index) {
        return true;
    }
    if (random == NULL) {
        return false;
    }
    memcpy(r->octets, random, sizeof(r->octets));
    r->at = now;
    r->flags = flags;
    r->iv_index = n->iv.index;
    return true;
}

static uint8_t flags_of(const struct usher_net *n, const struct usher_subnet *s)
{
    return (uint8_t)((s->phase == 2 ? SECBEACON_KEY_REFRESH : 0) |
                     (n->iv.updating ? SECBEACON_IV_UPDATE : 0));
}

uint8_t secbeacon_next(struct usher_net *n, uint64_t now, const uint8_t random[PRIVBEACON_RANDOM],
                       uint8_t ad[USHER_AD_MAX])
{
    unsigned kind;
    struct usher_subnet *s = first(n, &kind);
    uint8_t len = kind == PRIVATE ? PRIVBEACON_LEN : SECBEACON_LEN;
    enum usher_err err;
    uint8_t flags;

    if (s == NULL || s->beacon[kind].at > now) {
        return 0;
    }
    schedule(n, &s->beacon[kind], now);
    flags = flags_of(n, s);
    ad[0] = (uint8_t)(len + 1);
    ad[1] = SECBEACON_AD_TYPE;
    if (kind == SECURE) {
        err = secbeacon_build(n->crypto, keys_tx(s), flags, n->iv.index, ad + 2);
    } else if (random_renew(n, &s->random, now, flags, random)) {
        err = privbeacon_build(n->crypto, keys_tx(s), flags, n->iv.index, s->random.octets, ad + 2);
    } else {
        return 0;
    }
    return err == USHER_OK ? (uint8_t)(len + 2) : 0;
}

uint64_t secbeacon_due(const struct usher_net *n)
{
    unsigned kind;
    const struct usher_subnet *s = first(n, &kind);

    return s != NULL ? s->beacon[kind].at : USHER_NEVER;
}

uint8_t secbeacon_proxied(const struct usher_net *n, const struct usher_subnet *s,
                          const uint8_t random[PRIVBEACON_RANDOM], uint8_t out[PRIVBEACON_LEN])
{
    const struct usher_net_keys *k = keys_tx(s);
    uint8_t flags = flags_of(n, s);
    enum usher_err err;

    if (n->private_beacon == 1 && n->beacon == 0) {
        err = privbeacon_build(n->crypto, k, flags, n->iv.index, random, out);
        return err == USHER_OK ? PRIVBEACON_LEN : 0;
    }
    err = secbeacon_build(n->crypto, k, flags, n->iv.index, out);
    return err == USHER_OK ? SECBEACON_LEN : 0;
}

void secbeacon_hurry(struct usher_net *n, uint64_t now)
{
    n->beacon_news++;
    for (unsigned i = 0; i < n->keys.subnet_count * KINDS; i++) {
        n->keys.subnets[i / KINDS].beacon[i % KINDS] =
            (struct usher_beacon_turn){ .at = now + net_jitter(n, SPREAD_MS) };
    }
}
