/*
 * Network PDUs (Mesh Protocol 1.1, sections 3.4.4 and 3.9.7): encrypted with the EncryptionKey,
 * their header obfuscated with the PrivacyKey. Called by net.c, net_queue.c and, later, the proxy.
 *
 *     IVI NID | obfuscated: CTL TTL, SEQ, SRC | encrypted: DST, transport PDU | NetMIC
 */
#include "net.h"

#include "io.h"
#include "iv.h"
#include "keys.h"

#include <string.h>

#define HEADER_AT 1u /* the obfuscated octets */
#define HEADER_LEN 6u
#define SECRET_AT 7u /* the encrypted ones */
#define DST_LEN 2u
#define PRIVACY_RANDOM 7u /* of the encrypted octets go into the obfuscation */
#define PDU_MIN 14u
#define MIC_ACCESS 4u
#define MIC_CONTROL 8u

static size_t mic_len(uint8_t ctl)
{
    return ctl ? MIC_CONTROL : MIC_ACCESS;
}

static void header_fields(struct io *io, struct net_pdu *p)
{
    uint8_t ctl_ttl = (uint8_t)(p->ctl << 7 | (p->ttl & 0x7F));

    io_u8(io, &ctl_ttl);
    io_be24(io, &p->seq);
    io_be16(io, &p->src);
    p->ctl = ctl_ttl >> 7;
    p->ttl = ctl_ttl & 0x7F;
}

static void secret_fields(struct io *io, struct net_pdu *p)
{
    io_be16(io, &p->dst);
    io_bytes(io, p->transport, p->len);
}

void net_nonce_fill(uint8_t type, uint8_t second, uint32_t seq, uint16_t src, uint16_t dst,
                    uint32_t iv_index, uint8_t nonce[USHER_CCM_NONCE])
{
    struct io io = io_writer(nonce, USHER_CCM_NONCE);

    io_u8(&io, &type);
    io_u8(&io, &second);
    io_be24(&io, &seq);
    io_be16(&io, &src);
    io_be16(&io, &dst);
    io_be32(&io, &iv_index);
}

static void nonce_of(enum net_nonce type, const struct net_pdu *p, uint8_t nonce[USHER_CCM_NONCE])
{
    uint8_t second = type == NET_NONCE_NETWORK ? (uint8_t)(p->ctl << 7 | p->ttl) : 0;

    net_nonce_fill((uint8_t)type, second, p->seq, p->src, 0, p->iv_index, nonce);
}

/* Obfuscates a header, or undoes it, by what is encrypted already, or still. */
static enum usher_err obfuscate(const struct usher_crypto *c, const struct usher_net_keys *k,
                                uint32_t iv_index, const uint8_t *secret,
                                uint8_t header[HEADER_LEN])
{
    uint8_t block[16] = { 0 };
    struct io io = io_writer(block + 5, 4);
    enum usher_err err;

    io_be32(&io, &iv_index);
    memcpy(block + 9, secret, PRIVACY_RANDOM);
    err = c->aes128(c->ctx, k->privacy, block, block);
    for (size_t i = 0; i < HEADER_LEN; i++) {
        header[i] ^= block[i];
    }
    return err;
}

uint8_t net_seal(const struct usher_crypto *c, const struct usher_net_keys *k, enum net_nonce nonce,
                 const struct net_pdu *p, uint8_t out[NET_PDU_MAX])
{
    struct net_pdu copy = *p;
    size_t len = DST_LEN + copy.len, mic = mic_len(copy.ctl);
    uint8_t plain[DST_LEN + NET_TRANSPORT_MAX], nonce_octets[USHER_CCM_NONCE];
    struct io io;

    if (copy.len == 0 || copy.len > NET_TRANSPORT_MAX || SECRET_AT + len + mic > NET_PDU_MAX) {
        return 0;
    }
    out[0] = (uint8_t)((copy.iv_index & 1) << 7 | k->nid);
    io = io_writer(out + HEADER_AT, HEADER_LEN);
    header_fields(&io, &copy);
    io = io_writer(plain, len);
    secret_fields(&io, &copy);
    nonce_of(nonce, &copy, nonce_octets);
    if (c->ccm_encrypt(c->ctx, k->encryption, nonce_octets, NULL, 0, plain, len, out + SECRET_AT,
                       mic) != USHER_OK ||
        obfuscate(c, k, copy.iv_index, out + SECRET_AT, out + HEADER_AT) != USHER_OK) {
        return 0;
    }
    return (uint8_t)(SECRET_AT + len + mic);
}

/* Reads the header, and refuses what cannot be before the MIC has to be computed. */
static bool header_open(const struct usher_crypto *c, const struct usher_net_keys *k,
                        enum net_nonce nonce, const uint8_t *in, size_t len, struct net_pdu *p)
{
    uint8_t header[HEADER_LEN];
    struct io io;
    size_t around;

    memcpy(header, in + HEADER_AT, sizeof(header));
    if (obfuscate(c, k, p->iv_index, in + SECRET_AT, header) != USHER_OK) {
        return false;
    }
    io = io_reader(header, sizeof(header));
    header_fields(&io, p);
    around = SECRET_AT + DST_LEN + mic_len(p->ctl);
    if (!usher_is_unicast(p->src) || len <= around) {
        return false;
    }
    p->len = (uint8_t)(len - around);
    return nonce == NET_NONCE_NETWORK || (p->ctl == 1 && p->ttl == 0);
}

/* Table 6.1: none is for nobody, and control messages have no virtual addresses. */
static bool dst_fits(enum net_nonce nonce, const struct net_pdu *p)
{
    if (nonce == NET_NONCE_PROXY) {
        return p->dst == USHER_ADDR_UNASSIGNED;
    }
    return p->dst != USHER_ADDR_UNASSIGNED && !(p->ctl && usher_is_virtual(p->dst));
}

bool net_open_with(const struct usher_crypto *c, const struct usher_net_keys *k,
                   enum net_nonce nonce, uint32_t iv_index, const uint8_t *in, size_t len,
                   struct net_pdu *p)
{
    struct net_pdu got = { .iv_index = iv_index };
    uint8_t plain[DST_LEN + NET_TRANSPORT_MAX], nonce_octets[USHER_CCM_NONCE];
    struct io io;

    if (len < PDU_MIN || len > NET_PDU_MAX || in[0] != (uint8_t)((iv_index & 1) << 7 | k->nid) ||
        !header_open(c, k, nonce, in, len, &got)) {
        return false;
    }
    nonce_of(nonce, &got, nonce_octets);
    if (c->ccm_decrypt(c->ctx, k->encryption, nonce_octets, NULL, 0, in + SECRET_AT,
                       (size_t)DST_LEN + got.len, plain, mic_len(got.ctl)) != USHER_OK) {
        return false;
    }
    io = io_reader(plain, (size_t)DST_LEN + got.len);
    secret_fields(&io, &got);
    if (!dst_fits(nonce, &got)) {
        return false;
    }
    *p = got;
    return true;
}

const struct usher_net_keys *net_open(const struct usher_net *n, enum net_nonce nonce,
                                      const uint8_t *in, size_t len, struct net_pdu *p)
{
    uint32_t iv_index;

    if (len == 0) {
        return NULL;
    }
    iv_index = iv_rx(&n->iv, in[0] >> 7);
    for (uint16_t i = 0; i < n->keys.subnet_count; i++) {
        const struct usher_subnet *s = &n->keys.subnets[i];
        unsigned keys = s->used ? (s->phase == 0 ? 1 : 2) : 0;

        for (unsigned which = 0; which < keys; which++) {
            if (net_open_with(n->crypto, &s->key[which], nonce, iv_index, in, len, p)) {
                p->net_index = s->index;
                return &s->key[which];
            }
        }
    }
    return NULL;
}
