/*
 * The crypto table and the derivations over it: every vector of crypto.json, points and private
 * keys that must be refused, and the two fillings against each other. Every test runs on both
 * fillings.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#ifndef USHER_CROSS
#include <openssl/err.h>
#endif
#include <pthread.h>

#include <usher/crypto.h>

#include "kdf.h"
#include "model.h"
#include "vectors.h"

static const uint8_t p256_prime[32] = {
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
};
static const uint8_t p256_order[32] = {
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
};
/* X of a point whose Y is 5. */
static const uint8_t p256_y_five_x[32] = {
    0xd7, 0x32, 0x5d, 0x76, 0x46, 0xcd, 0x60, 0xd8, 0x0a, 0x92, 0x73, 0x8c, 0xeb, 0x34, 0x5f, 0x84,
    0x4c, 0xff, 0xaf, 0x35, 0x84, 0x10, 0x22, 0xca, 0xb1, 0x76, 0xf6, 0x92, 0xde, 0x8d, 0xe1, 0xd7,
};
/* Y of the point whose X is 0: a square root of the b of the curve. */
static const uint8_t p256_x_zero_y[32] = {
    0x66, 0x48, 0x5c, 0x78, 0x0e, 0x2f, 0x83, 0xd7, 0x24, 0x33, 0xbd, 0x5d, 0x84, 0xa0, 0x6b, 0xb6,
    0x54, 0x1c, 0x2a, 0xf3, 0x1d, 0xae, 0x87, 0x17, 0x28, 0xbf, 0x85, 0x6a, 0x17, 0x4f, 0x93, 0xf4,
};

/* A refusal is an answer, and leaves nothing for the next caller of OpenSSL to stumble over. */
static void no_error_is_left(void)
{
#ifndef USHER_CROSS
    assert_int_equal(ERR_peek_error(), 0);
#endif
}

/* --- the vectors, by type --- */

static void run_aes_ecb(const struct vector *v, void *arg)
{
    const struct usher_crypto *c = arg;
    uint8_t key[16];
    uint8_t block[16];

    vector_in_exact(v, "key", key, sizeof(key));
    vector_in_exact(v, "plaintext", block, sizeof(block));
    assert_int_equal(c->aes128(c->ctx, key, block, block), USHER_OK);
    vector_expect(v, "ciphertext", block, sizeof(block));
}

static void run_cmac(const struct vector *v, void *arg)
{
    const struct usher_crypto *c = arg;
    struct octets msg = vector_in(v, "msg");
    uint8_t key[16];
    uint8_t mac[16];

    vector_in_exact(v, "key", key, sizeof(key));
    assert_int_equal(c->cmac(c->ctx, key, msg.len > 0 ? msg.at : NULL, msg.len, mac), USHER_OK);
    vector_expect(v, "mac", mac, sizeof(mac));
}

static void run_hmac(const struct vector *v, void *arg)
{
    const struct usher_crypto *c = arg;
    struct octets key = vector_in(v, "key");
    struct octets msg = vector_in(v, "msg");
    uint8_t mac[32];

    assert_int_equal(c->hmac_sha256(c->ctx, key.at, key.len, msg.at, msg.len, mac), USHER_OK);
    vector_expect(v, "mac", mac, sizeof(mac));
}

static void run_ccm(const struct vector *v, void *arg)
{
    const struct usher_crypto *c = arg;
    struct octets aad = vector_in(v, "aad");
    struct octets plain = vector_in(v, "plaintext");
    size_t mic_len = vector_number(v, "mic_len");
    const uint8_t *ad = aad.len > 0 ? aad.at : NULL;
    uint8_t key[16];
    uint8_t nonce[USHER_CCM_NONCE];
    uint8_t sealed[OCTETS_MAX + 8];
    uint8_t opened[OCTETS_MAX];
    size_t sealed_len = plain.len + mic_len;

    vector_in_exact(v, "key", key, sizeof(key));
    vector_in_exact(v, "nonce", nonce, sizeof(nonce));
    assert_int_equal(
        c->ccm_encrypt(c->ctx, key, nonce, ad, aad.len, plain.at, plain.len, sealed, mic_len),
        USHER_OK);
    vector_expect(v, "ciphertext", sealed, plain.len);
    vector_expect(v, "mic", sealed + plain.len, mic_len);
    assert_int_equal(
        c->ccm_decrypt(c->ctx, key, nonce, ad, aad.len, sealed, plain.len, opened, mic_len),
        USHER_OK);
    vector_expect_equal(v, "plaintext", &plain, opened, plain.len);

    /* One bit anywhere, in the text or the MIC, is found, and nothing of the text comes out. */
    for (size_t bit = 0; bit < sealed_len * 8; bit++) {
        const uint8_t wiped[OCTETS_MAX] = { 0 };

        sealed[bit / 8] ^= (uint8_t)(1u << bit % 8);
        memset(opened, 0xA5, sizeof(opened));
        vector_check(v,
                     c->ccm_decrypt(c->ctx, key, nonce, ad, aad.len, sealed, plain.len, opened,
                                    mic_len) == USHER_E_DATA,
                     "a changed bit is refused");
        assert_memory_equal(opened, wiped, plain.len);
        sealed[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    no_error_is_left();
}

static void run_s1(const struct vector *v, void *arg)
{
    struct octets m = vector_in(v, "m");
    uint8_t salt[16];

    assert_int_equal(kdf_s1(arg, m.at, m.len, salt), USHER_OK);
    vector_expect(v, "salt", salt, sizeof(salt));
}

static void run_s2(const struct vector *v, void *arg)
{
    struct octets m = vector_in(v, "m");
    uint8_t salt[32];

    assert_int_equal(kdf_s2(arg, m.at, m.len, salt), USHER_OK);
    vector_expect(v, "salt", salt, sizeof(salt));
}

static void run_k1(const struct vector *v, void *arg)
{
    struct octets n = vector_in(v, "n");
    struct octets p = vector_in(v, "p");
    uint8_t salt[16];
    uint8_t okm[16];

    vector_in_exact(v, "salt", salt, sizeof(salt));
    assert_int_equal(kdf_k1(arg, n.at, n.len, salt, p.at, p.len, okm), USHER_OK);
    vector_expect(v, "okm", okm, sizeof(okm));
}

static void run_k2(const struct vector *v, void *arg)
{
    struct octets p = vector_in(v, "p");
    uint8_t n[16];
    struct kdf_k2 keys;

    vector_in_exact(v, "n", n, sizeof(n));
    assert_int_equal(kdf_k2(arg, n, p.at, p.len, &keys), USHER_OK);
    vector_expect(v, "nid", &keys.nid, 1);
    vector_expect(v, "encryption_key", keys.encryption_key, sizeof(keys.encryption_key));
    vector_expect(v, "privacy_key", keys.privacy_key, sizeof(keys.privacy_key));
}

static void run_k3(const struct vector *v, void *arg)
{
    uint8_t n[16];
    uint8_t id[8];

    vector_in_exact(v, "n", n, sizeof(n));
    assert_int_equal(kdf_k3(arg, n, id), USHER_OK);
    vector_expect(v, "network_id", id, sizeof(id));
}

static void run_k4(const struct vector *v, void *arg)
{
    uint8_t n[16];
    uint8_t aid;

    vector_in_exact(v, "n", n, sizeof(n));
    assert_int_equal(kdf_k4(arg, n, &aid), USHER_OK);
    vector_expect(v, "aid", &aid, 1);
}

static void run_k5(const struct vector *v, void *arg)
{
    struct octets n = vector_in(v, "n");
    struct octets p = vector_in(v, "p");
    uint8_t salt[32];
    uint8_t okm[32];

    vector_in_exact(v, "salt", salt, sizeof(salt));
    assert_int_equal(kdf_k5(arg, n.at, n.len, salt, p.at, p.len, okm), USHER_OK);
    vector_expect(v, "okm", okm, sizeof(okm));
}

/* Identity and beacon keys: k1(NetKey, s1(label), "id128" || 0x01), section 3.9.6.3. */
static void run_id128(const struct vector *v, void *arg)
{
    const char *label = vector_text(v, "salt_label");
    uint8_t netkey[16];
    uint8_t salt[16];
    uint8_t key[16];

    vector_in_exact(v, "netkey", netkey, sizeof(netkey));
    assert_int_equal(kdf_s1(arg, (const uint8_t *)label, strlen(label), salt), USHER_OK);
    if (json_object_get(v->out, "salt") != NULL) {
        vector_expect(v, "salt", salt, sizeof(salt));
    }
    assert_int_equal(kdf_k1(arg, netkey, 16, salt, "id128\x01", 6, key), USHER_OK);
    vector_expect(v, "key", key, sizeof(key));
}

static void run_virtual_address(const struct vector *v, void *arg)
{
    struct usher_mesh m = { .net = { .crypto = arg } };
    uint8_t label[USHER_LABEL_SIZE];
    uint16_t address;

    vector_in_exact(v, "label", label, sizeof(label));
    assert_int_equal(access_virtual(&m, label, &address), USHER_OK);
    vector_expect(v, "addr", (const uint8_t[]){ (uint8_t)(address >> 8), (uint8_t)address }, 2);
}

/* Header obfuscation: XOR with an AES block of IV Index and privacy random, section 3.9.7.3. */
static void run_obfuscation(const struct vector *v, void *arg)
{
    const struct usher_crypto *c = arg;
    uint8_t key[16];
    uint8_t header[6];
    uint8_t block[16] = { 0 };

    vector_in_exact(v, "privacy_key", key, sizeof(key));
    vector_in_exact(v, "header", header, sizeof(header));
    vector_in_exact(v, "iv_index", block + 5, 4);
    vector_in_exact(v, "privacy_random", block + 9, 7);
    assert_int_equal(c->aes128(c->ctx, key, block, block), USHER_OK);
    for (size_t i = 0; i < sizeof(header); i++) {
        header[i] ^= block[i];
    }
    vector_expect(v, "obfuscated", header, sizeof(header));
}

static void run_ecdh(const struct vector *v, void *arg)
{
    const struct usher_crypto *c = arg;
    uint8_t private_key[USHER_P256_PRIVATE];
    uint8_t peer[USHER_P256_PUBLIC];
    uint8_t public_key[USHER_P256_PUBLIC];
    uint8_t secret[USHER_P256_SECRET];

    vector_in_exact(v, "private", private_key, sizeof(private_key));
    vector_in_exact(v, "peer_public", peer, sizeof(peer));
    assert_int_equal(c->p256_public(c->ctx, private_key, public_key), USHER_OK);
    vector_expect(v, "public", public_key, sizeof(public_key));
    assert_int_equal(c->p256_ecdh(c->ctx, private_key, peer, secret), USHER_OK);
    vector_expect(v, "secret", secret, sizeof(secret));
}

/* What p256_check says of a point, p256_ecdh must say too. */
static enum usher_err point_verdict(const struct usher_crypto *c, const uint8_t point[64])
{
    static const uint8_t private_key[USHER_P256_PRIVATE] = { [31] = 3 };
    uint8_t secret[USHER_P256_SECRET];
    enum usher_err err = c->p256_check(c->ctx, point);

    assert_int_equal(c->p256_ecdh(c->ctx, private_key, point, secret), err);
    return err;
}

static void run_public_key_valid(const struct vector *v, void *arg)
{
    bool valid = json_is_true(json_object_get(v->out, "valid"));
    uint8_t point[USHER_P256_PUBLIC];

    vector_in_exact(v, "public", point, sizeof(point));
    vector_check(v, point_verdict(arg, point) == (valid ? USHER_OK : USHER_E_DATA),
                 "the point is accepted if and only if it is valid");
}

/* The type, the second octet and the destination are all that the kinds of nonces differ in. */
static void run_nonce(const struct vector *v, void *arg)
{
    static const char *const kinds[] = { "network", "application", "device", "proxy" };
    const char *kind = vector_text(v, "kind");
    uint8_t nonce[USHER_CCM_NONCE];
    uint8_t type = 0, second = 0;
    uint16_t dst = 0;

    (void)arg;
    while (type < 4 && strcmp(kind, kinds[type]) != 0) {
        type++;
    }
    vector_check(v, type < 4, "the kind is known");
    if (type == 0) {
        second = (uint8_t)(vector_number(v, "ctl") << 7 | vector_number(v, "ttl"));
    } else if (type < 3) {
        second = (uint8_t)(vector_number(v, "aszmic") << 7);
        dst = (uint16_t)vector_number(v, "dst");
    }
    net_nonce_fill(type, second, vector_number(v, "seq"), (uint16_t)vector_number(v, "src"), dst,
                   vector_number(v, "iv_index"), nonce);
    vector_expect(v, "nonce", nonce, sizeof(nonce));
}

static void every_vector(void **state)
{
    static const struct vector_type types[] = {
        { "aes_ecb", 1, run_aes_ecb },
        { "aes_cmac", 4, run_cmac },
        { "hmac_sha256", 3, run_hmac },
        { "aes_ccm", 5, run_ccm },
        { "s1", 1, run_s1 },
        { "s2", 1, run_s2 },
        { "k1", 1, run_k1 },
        { "k2", 6, run_k2 },
        { "k3", 2, run_k3 },
        { "k4", 2, run_k4 },
        { "k5", 1, run_k5 },
        { "id128", 7, run_id128 },
        { "virtual_address", 3, run_virtual_address },
        { "obfuscation", 1, run_obfuscation },
        { "ecdh_p256", 2, run_ecdh },
        { "public_key_valid", 9, run_public_key_valid },
        { "nonce", 6, run_nonce },
    };

    vectors_run("crypto.json", types, sizeof(types) / sizeof(types[0]), *state);
}

/* --- keys that must be refused --- */

/* sum = a + b, without the carry out of the top; most significant octet first. */
static void add_256(const uint8_t a[32], const uint8_t b[32], uint8_t sum[32])
{
    unsigned carry = 0;

    for (size_t i = 32; i-- > 0;) {
        carry += (unsigned)a[i] + b[i];
        sum[i] = (uint8_t)carry;
        carry >>= 8;
    }
}

/* difference = a - b, for a >= b. */
static void subtract_256(const uint8_t a[32], const uint8_t b[32], uint8_t difference[32])
{
    int borrow = 0;

    for (size_t i = 32; i-- > 0;) {
        int d = (int)a[i] - b[i] - borrow;

        borrow = d < 0;
        difference[i] = (uint8_t)(d & 0xFF);
    }
}

static void private_keys_outside_the_order_are_refused(void **state)
{
    const struct usher_crypto *c = *state;
    static const uint8_t one[32] = { [31] = 1 };
    uint8_t key[32] = { 0 };
    uint8_t base[USHER_P256_PUBLIC];
    uint8_t public_key[USHER_P256_PUBLIC];
    uint8_t secret[USHER_P256_SECRET];

    assert_int_equal(c->p256_public(c->ctx, one, base), USHER_OK);
    assert_int_equal(c->p256_public(c->ctx, key, public_key), USHER_E_DATA);
    assert_int_equal(c->p256_ecdh(c->ctx, key, base, secret), USHER_E_DATA);

    memcpy(key, p256_order, 32);
    assert_int_equal(c->p256_public(c->ctx, key, public_key), USHER_E_DATA);
    assert_int_equal(c->p256_ecdh(c->ctx, key, base, secret), USHER_E_DATA);

    add_256(p256_order, one, key);
    assert_int_equal(c->p256_public(c->ctx, key, public_key), USHER_E_DATA);
    assert_int_equal(c->p256_ecdh(c->ctx, key, base, secret), USHER_E_DATA);

    memset(key, 0xFF, 32);
    assert_int_equal(c->p256_public(c->ctx, key, public_key), USHER_E_DATA);

    /* n - 1 is a key, of the base point's negative: the same X, and p - Y. */
    subtract_256(p256_order, one, key);
    assert_int_equal(c->p256_public(c->ctx, key, public_key), USHER_OK);
    assert_memory_equal(public_key, base, 32);
    subtract_256(p256_prime, base + 32, key);
    assert_memory_equal(public_key + 32, key, 32);
}

static void points_outside_the_curve_are_refused(void **state)
{
    const struct usher_crypto *c = *state;
    static const uint8_t seven[32] = { [31] = 7 };
    uint8_t good[USHER_P256_PUBLIC];
    uint8_t point[USHER_P256_PUBLIC];

    assert_int_equal(c->p256_public(c->ctx, seven, good), USHER_OK);
    assert_int_equal(point_verdict(c, good), USHER_OK);

    /* Off the curve by one bit, wherever the bit is. */
    for (size_t bit = 0; bit < sizeof(point) * 8; bit++) {
        memcpy(point, good, sizeof(point));
        point[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(c->p256_check(c->ctx, point), USHER_E_DATA);
    }

    /* What stands for the point at infinity in some encodings. */
    memset(point, 0x00, sizeof(point));
    assert_int_equal(point_verdict(c, point), USHER_E_DATA);
    memset(point, 0xFF, sizeof(point));
    assert_int_equal(point_verdict(c, point), USHER_E_DATA);

    /* A coordinate equal to p. */
    memcpy(point, good, sizeof(point));
    memcpy(point, p256_prime, 32);
    assert_int_equal(point_verdict(c, point), USHER_E_DATA);
    memcpy(point, good, sizeof(point));
    memcpy(point + 32, p256_prime, 32);
    assert_int_equal(point_verdict(c, point), USHER_E_DATA);
    no_error_is_left();
}

/* X + p and Y + p name the same elements of the field, so only the range check can refuse them. */
static void a_coordinate_that_needs_reducing_is_refused(void **state)
{
    const struct usher_crypto *c = *state;
    static const uint8_t five[32] = { [31] = 5 };
    uint8_t point[USHER_P256_PUBLIC] = { 0 };

    memcpy(point + 32, p256_x_zero_y, 32);
    assert_int_equal(point_verdict(c, point), USHER_OK);
    memcpy(point, p256_prime, 32);
    assert_int_equal(point_verdict(c, point), USHER_E_DATA);

    memcpy(point, p256_y_five_x, 32);
    memcpy(point + 32, five, 32);
    assert_int_equal(point_verdict(c, point), USHER_OK);
    add_256(p256_prime, five, point + 32);
    assert_int_equal(point_verdict(c, point), USHER_E_DATA);
}

/*
 * The negative of a key is a key, and gives the same secret: why a session compares X alone when it
 * looks for its own key coming back.
 */
static void the_negative_of_a_key_gives_the_same_secret(void **state)
{
    const struct usher_crypto *c = *state;
    static const uint8_t seven[32] = { [31] = 7 };
    uint8_t own[USHER_P256_PUBLIC];
    uint8_t negative[USHER_P256_PUBLIC];
    uint8_t secret[USHER_P256_SECRET];
    uint8_t other[USHER_P256_SECRET];

    assert_int_equal(c->p256_public(c->ctx, seven, own), USHER_OK);
    memcpy(negative, own, 32);
    subtract_256(p256_prime, own + 32, negative + 32);
    assert_int_equal(point_verdict(c, negative), USHER_OK);
    assert_int_equal(c->p256_ecdh(c->ctx, seven, own, secret), USHER_OK);
    assert_int_equal(c->p256_ecdh(c->ctx, seven, negative, other), USHER_OK);
    assert_memory_equal(secret, other, sizeof(secret));
}

static void k2_refuses_a_p_that_it_cannot_take(void **state)
{
    static const uint8_t n[16] = { 0 };
    uint8_t p[17] = { 0 };
    struct kdf_k2 keys;

    assert_int_equal(kdf_k2(*state, n, p, 0, &keys), USHER_E_SIZE);
    assert_int_equal(kdf_k2(*state, n, p, 17, &keys), USHER_E_SIZE);
    assert_int_equal(kdf_k2(*state, n, p, 16, &keys), USHER_OK);
}

static void wipe_leaves_zeros(void **state)
{
    const struct usher_crypto *c = *state;
    const uint8_t zeros[40] = { 0 };
    uint8_t buf[42];

    memset(buf, 0xA5, sizeof(buf));
    c->wipe(buf + 1, 40);
    assert_memory_equal(buf + 1, zeros, 40);
    assert_int_equal(buf[0], 0xA5);
    assert_int_equal(buf[41], 0xA5);
}

#ifndef USHER_CROSS /* which has one */
/* --- the fillings against each other --- */

struct fillings {
    const struct usher_crypto *a;
    const struct usher_crypto *b;
    uint64_t random; /* the state of the generator */
};

/* SplitMix64, so that a seed gives the same run everywhere. */
static void random_fill(struct fillings *f, uint8_t *buf, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        uint64_t z = f->random += 0x9E3779B97F4A7C15u;

        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
        z = (z ^ z >> 27) * 0x94D049BB133111EBu;
        buf[i] = (uint8_t)(z >> 56);
    }
}

static size_t random_below(struct fillings *f, size_t limit)
{
    uint8_t octets[2];

    random_fill(f, octets, sizeof(octets));
    return (size_t)(octets[0] << 8 | octets[1]) % limit;
}

/* Twice with the key: a filling may keep what it has made of it. */
static void compare_macs(struct fillings *f)
{
    uint8_t key[64];
    uint8_t msg[200];
    uint8_t mac[2][32];
    size_t key_len = 1 + random_below(f, sizeof(key));

    random_fill(f, key, sizeof(key));
    for (int i = 0; i < 2; i++) {
        size_t len = random_below(f, sizeof(msg) + 1);

        random_fill(f, msg, sizeof(msg));
        assert_int_equal(f->a->hmac_sha256(f->a->ctx, key, key_len, msg, len, mac[0]), USHER_OK);
        assert_int_equal(f->b->hmac_sha256(f->b->ctx, key, key_len, msg, len, mac[1]), USHER_OK);
        assert_memory_equal(mac[0], mac[1], 32);
        assert_int_equal(f->a->cmac(f->a->ctx, key, msg, len, mac[0]), USHER_OK);
        assert_int_equal(f->b->cmac(f->b->ctx, key, msg, len, mac[1]), USHER_OK);
        assert_memory_equal(mac[0], mac[1], 16);
        assert_int_equal(f->a->aes128(f->a->ctx, key, msg, mac[0]), USHER_OK);
        assert_int_equal(f->b->aes128(f->b->ctx, key, msg, mac[1]), USHER_OK);
        assert_memory_equal(mac[0], mac[1], 16);
    }
}

/* One seals, the other opens, in place; lengths from nothing at all. */
static void compare_ccm(struct fillings *f)
{
    uint8_t key[16];
    uint8_t nonce[USHER_CCM_NONCE];
    uint8_t aad[20];
    uint8_t plain[100];
    uint8_t buf[108];
    size_t aad_len = random_below(f, sizeof(aad) + 1);
    size_t len = random_below(f, sizeof(plain) + 1);
    size_t mic_len = 4 + 4 * random_below(f, 2);

    random_fill(f, key, sizeof(key));
    random_fill(f, nonce, sizeof(nonce));
    random_fill(f, aad, sizeof(aad));
    random_fill(f, plain, sizeof(plain));
    memcpy(buf, plain, len);
    assert_int_equal(f->a->ccm_encrypt(f->a->ctx, key, nonce, aad_len > 0 ? aad : NULL, aad_len,
                                       buf, len, buf, mic_len),
                     USHER_OK);
    assert_int_equal(f->b->ccm_decrypt(f->b->ctx, key, nonce, aad_len > 0 ? aad : NULL, aad_len,
                                       buf, len, buf, mic_len),
                     USHER_OK);
    assert_memory_equal(buf, plain, len);
}

static void compare_p256(struct fillings *f)
{
    uint8_t private_key[2][USHER_P256_PRIVATE];
    uint8_t public_key[2][USHER_P256_PUBLIC];
    uint8_t secret[2][USHER_P256_SECRET];

    random_fill(f, private_key[0], USHER_P256_PRIVATE);
    random_fill(f, private_key[1], USHER_P256_PRIVATE);
    private_key[0][0] &= 0x7F; /* below the order, whatever the rest */
    private_key[1][0] &= 0x7F;
    assert_int_equal(f->a->p256_public(f->a->ctx, private_key[0], public_key[0]), USHER_OK);
    assert_int_equal(f->b->p256_public(f->b->ctx, private_key[1], public_key[1]), USHER_OK);
    assert_int_equal(f->a->p256_check(f->a->ctx, public_key[1]), USHER_OK);
    assert_int_equal(f->b->p256_check(f->b->ctx, public_key[0]), USHER_OK);
    assert_int_equal(f->a->p256_ecdh(f->a->ctx, private_key[0], public_key[1], secret[0]),
                     USHER_OK);
    assert_int_equal(f->b->p256_ecdh(f->b->ctx, private_key[1], public_key[0], secret[1]),
                     USHER_OK);
    assert_memory_equal(secret[0], secret[1], USHER_P256_SECRET);
}

static void the_fillings_agree(void **state)
{
    struct fillings f = *(const struct fillings *)*state;
    struct fillings swapped;
    const char *seed = getenv("SEED");

    f.random = seed != NULL ? strtoull(seed, NULL, 0) : 1;
    printf("SEED=%llu\n", (unsigned long long)f.random);
    for (int i = 0; i < 300; i++) {
        compare_macs(&f);
        compare_ccm(&f);
        swapped = (struct fillings){ .a = f.b, .b = f.a, .random = f.random };
        compare_ccm(&swapped);
    }
    for (int i = 0; i < 20; i++) {
        compare_p256(&f);
    }
}
#endif

/* --- P-256 on several threads --- */

#define THREADS 4
#define THREAD_ROUNDS 25

struct thread_job {
    const struct usher_crypto *crypto;
    uint8_t private_key[USHER_P256_PRIVATE];
    uint8_t peer[USHER_P256_PUBLIC];
    uint8_t secret[USHER_P256_SECRET];
    unsigned equal; /* rounds that gave secret again */
};

static void *thread_run(void *arg)
{
    struct thread_job *job = arg;
    const struct usher_crypto *c = job->crypto;

    for (unsigned i = 0; i < THREAD_ROUNDS; i++) {
        uint8_t secret[USHER_P256_SECRET];

        if (c->p256_ecdh(c->ctx, job->private_key, job->peer, secret) == USHER_OK) {
            job->equal += memcmp(secret, job->secret, sizeof(secret)) == 0;
        }
    }
    return NULL;
}

static void p256_runs_on_several_threads(void **state)
{
    const struct usher_crypto *c = *state;
    struct thread_job jobs[THREADS] = { 0 };
    pthread_t threads[THREADS];
    uint8_t key[16] = { 0 };

    for (uint8_t i = 0; i < THREADS; i++) {
        jobs[i].crypto = c;
        jobs[i].private_key[31] = (uint8_t)(i + 2);
        assert_int_equal(c->p256_public(c->ctx, jobs[i].private_key, jobs[i].peer), USHER_OK);
        assert_int_equal(c->p256_ecdh(c->ctx, jobs[i].private_key, jobs[i].peer, jobs[i].secret),
                         USHER_OK);
    }
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, thread_run, &jobs[i]), 0);
    }
    for (unsigned i = 0; i < 1000; i++) {
        assert_int_equal(c->cmac(c->ctx, key, key, sizeof(key), key), USHER_OK);
    }
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(jobs[i].equal, THREAD_ROUNDS);
    }
}

static int filling_run(const char *name, const struct usher_crypto *table)
{
    void *state = vectors_state(table);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(every_vector, state),
        cmocka_unit_test_prestate(private_keys_outside_the_order_are_refused, state),
        cmocka_unit_test_prestate(points_outside_the_curve_are_refused, state),
        cmocka_unit_test_prestate(a_coordinate_that_needs_reducing_is_refused, state),
        cmocka_unit_test_prestate(the_negative_of_a_key_gives_the_same_secret, state),
        cmocka_unit_test_prestate(k2_refuses_a_p_that_it_cannot_take, state),
        cmocka_unit_test_prestate(wipe_leaves_zeros, state),
    };

    return cmocka_run_group_tests_name(name, tests, NULL, NULL);
}

#ifdef USHER_CROSS
int main(void)
{
    const struct usher_crypto *bearssl = usher_crypto_bearssl();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(p256_runs_on_several_threads, vectors_state(bearssl)),
    };

    return filling_run("bearssl", bearssl) + cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
#else
int main(void)
{
    const struct usher_crypto *openssl = usher_crypto_openssl_new();
    const struct usher_crypto *psa = usher_crypto_psa();
    const struct usher_crypto *bearssl = usher_crypto_bearssl();
    struct fillings with_psa = { .a = openssl, .b = psa };
    struct fillings with_bearssl = { .a = openssl, .b = bearssl };
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(the_fillings_agree, &with_psa),
        cmocka_unit_test_prestate(the_fillings_agree, &with_bearssl),
        cmocka_unit_test_prestate(p256_runs_on_several_threads, vectors_state(openssl)),
        cmocka_unit_test_prestate(p256_runs_on_several_threads, vectors_state(bearssl)),
    };
    int failed;

    if (openssl == NULL || psa == NULL) {
        fputs("a filling of the crypto table cannot be had\n", stderr);
        return 1;
    }
    failed = filling_run("openssl", openssl);
    failed += filling_run("psa", psa);
    failed += filling_run("bearssl", bearssl);
    failed += cmocka_run_group_tests_name("all", tests, NULL, NULL);
    usher_crypto_openssl_free(openssl);
    return failed != 0;
}
#endif
