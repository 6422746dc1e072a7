/*
 * The salt and key derivation functions of the mesh security toolbox (Mesh Protocol 1.1, section
 * 3.9.2), over the crypto table. Called by prov.
 *
 * Each derives in two steps: T from the input key and a salt, then the result from T. T is as good
 * as the result, so it is wiped on every way out.
 */
#include <string.h>

#include "kdf.h"

#define K2_P_MAX 16

enum usher_err kdf_s1(const struct usher_crypto *c, const uint8_t *m, size_t len, uint8_t out[16])
{
    static const uint8_t zero[16] = { 0 };

    return c->cmac(c->ctx, zero, m, len, out);
}

enum usher_err kdf_s2(const struct usher_crypto *c, const uint8_t *m, size_t len, uint8_t out[32])
{
    static const uint8_t zero[32] = { 0 };

    return c->hmac_sha256(c->ctx, zero, sizeof(zero), m, len, out);
}

enum usher_err kdf_k1(const struct usher_crypto *c, const uint8_t *n, size_t n_len,
                      const uint8_t salt[16], const void *p, size_t p_len, uint8_t out[16])
{
    uint8_t t[16];
    enum usher_err err = c->cmac(c->ctx, salt, n, n_len, t);

    if (err == USHER_OK) {
        err = c->cmac(c->ctx, t, p, p_len, out);
    }
    c->wipe(t, sizeof(t));
    return err;
}

/* k1 with the salt s1(label), which is how every derivation by name begins. */
static enum usher_err k1_label(const struct usher_crypto *c, const uint8_t n[16], const char *label,
                               const void *p, size_t p_len, uint8_t out[16])
{
    uint8_t salt[16];
    enum usher_err err = kdf_s1(c, (const uint8_t *)label, strlen(label), salt);

    return err == USHER_OK ? kdf_k1(c, n, 16, salt, p, p_len, out) : err;
}

/*
 * The blocks of k2: T0 is empty, Ti = AES-CMAC_T(Ti-1 || P || i), and the result is the end of
 * T1..T3.
 */
static enum usher_err k2_blocks(const struct usher_crypto *c, const uint8_t t[16], const uint8_t *p,
                                size_t p_len, uint8_t blocks[3][16])
{
    uint8_t msg[16 + K2_P_MAX + 1];
    enum usher_err err = USHER_OK;

    for (uint8_t i = 0; i < 3 && err == USHER_OK; i++) {
        size_t len = 0;

        if (i > 0) {
            memcpy(msg, blocks[i - 1], 16);
            len = 16;
        }
        memcpy(msg + len, p, p_len);
        len += p_len;
        msg[len++] = (uint8_t)(i + 1);
        err = c->cmac(c->ctx, t, msg, len, blocks[i]);
    }
    c->wipe(msg, sizeof(msg));
    return err;
}

enum usher_err kdf_k2(const struct usher_crypto *c, const uint8_t n[16], const uint8_t *p,
                      size_t p_len, struct kdf_k2 *out)
{
    uint8_t salt[16];
    uint8_t t[16];
    uint8_t blocks[3][16];
    enum usher_err err;

    if (p_len == 0 || p_len > K2_P_MAX) {
        return USHER_E_SIZE;
    }
    err = kdf_s1(c, (const uint8_t *)"smk2", 4, salt);
    if (err == USHER_OK) {
        err = c->cmac(c->ctx, salt, n, 16, t);
    }
    if (err == USHER_OK) {
        err = k2_blocks(c, t, p, p_len, blocks);
    }
    if (err == USHER_OK) {
        out->nid = blocks[0][15] & 0x7F;
        memcpy(out->encryption_key, blocks[1], 16);
        memcpy(out->privacy_key, blocks[2], 16);
    }
    c->wipe(t, sizeof(t));
    c->wipe(blocks, sizeof(blocks));
    return err;
}

enum usher_err kdf_k3(const struct usher_crypto *c, const uint8_t n[16], uint8_t out[8])
{
    uint8_t okm[16];
    enum usher_err err = k1_label(c, n, "smk3", "id64\x01", 5, okm);

    if (err == USHER_OK) {
        memcpy(out, okm + 8, 8);
    }
    c->wipe(okm, sizeof(okm));
    return err;
}

enum usher_err kdf_k4(const struct usher_crypto *c, const uint8_t n[16], uint8_t *aid)
{
    uint8_t okm[16];
    enum usher_err err = k1_label(c, n, "smk4", "id6\x01", 4, okm);

    if (err == USHER_OK) {
        *aid = okm[15] & 0x3F;
    }
    c->wipe(okm, sizeof(okm));
    return err;
}

enum usher_err kdf_k5(const struct usher_crypto *c, const uint8_t *n, size_t n_len,
                      const uint8_t salt[32], const void *p, size_t p_len, uint8_t out[32])
{
    uint8_t t[32];
    enum usher_err err = c->hmac_sha256(c->ctx, salt, 32, n, n_len, t);

    if (err == USHER_OK) {
        err = c->hmac_sha256(c->ctx, t, sizeof(t), p, p_len, out);
    }
    c->wipe(t, sizeof(t));
    return err;
}

enum usher_err kdf_virtual(const struct usher_crypto *c, const uint8_t label[16], uint16_t *address)
{
    uint8_t salt[16], hash[16];
    enum usher_err err = kdf_s1(c, (const uint8_t *)"vtad", 4, salt);

    if (err == USHER_OK) {
        err = c->cmac(c->ctx, salt, label, 16, hash);
    }
    if (err == USHER_OK) {
        *address = (uint16_t)(0x8000u | (hash[14] & 0x3Fu) << 8 | hash[15]);
    }
    return err;
}
