/*
 * The crypto table over OpenSSL 3, for hosts. Linked, and created, by the port; called by
 * crypto/kdf and by prov.
 *
 * A handshake is two P-256 operations for each side and some dozens of short symmetric calls, so
 * nothing is looked up or allocated twice: algorithms are fetched once, their contexts are kept and
 * only given a new key. Between calls they have a key of zeros, so no key outlives its call in
 * them; that is also the key which the salts of the specification ask for.
 *
 * P-256 goes through EC_GROUP and EC_POINT rather than EVP_PKEY: a key here is 32 or 64 octets used
 * once, and turning it into an EVP_PKEY with its own checks costs as much again as computing with
 * it. Peer points are checked here, with all that SP 800-56A asks for on a curve of cofactor 1. The
 * group is only read, and the rest of the state of a P-256 call lives as long as the call, so these
 * calls may run on any number of threads.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>

#include <usher/crypto.h>

#define COORDINATE 32u        /* octets of a coordinate, and of a scalar */
#define MAC_KEY_MAX 64        /* octets of the longest key of a MAC */
#define CCM_LENGTH_MAX 0xFFFF /* what the two octets of length in a CCM block can say */

/* A kept MAC context, which has a key of zeros of this length. */
struct mac {
    EVP_MAC_CTX *ctx;
    size_t key_len; /* 0: not known */
};

struct openssl {
    struct usher_crypto table;
    EC_GROUP *group;
    EVP_CIPHER_CTX *ecb;
    EVP_CIPHER_CTX *ccm_encrypt;
    EVP_CIPHER_CTX *ccm_decrypt;
    struct mac cmac;
    struct mac hmac;
};

/* What one P-256 call computes with. The numbers belong to bn, which clears what it frees. */
struct p256 {
    const EC_GROUP *group;
    BN_CTX *bn;
    BIGNUM *scalar;
    BIGNUM *x;
    BIGNUM *y;
    EC_POINT *peer;
    EC_POINT *product;
};

/* The prime of the field and the order of the group (SEC 2, 2.4.2), most significant octet first.
 */
static const uint8_t p256_prime[COORDINATE] = {
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
};
static const uint8_t p256_order[COORDINATE] = {
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
};

/* The key of a context between two calls. */
static const uint8_t zeros[MAC_KEY_MAX];

/* Whether number < limit, in a time that does not depend on number: it may be a private key. */
static bool is_below(const uint8_t number[COORDINATE], const uint8_t limit[COORDINATE])
{
    unsigned borrow = 0;

    for (size_t i = COORDINATE; i-- > 0;) {
        borrow = (number[i] - (unsigned)limit[i] - borrow) >> (sizeof(unsigned) * CHAR_BIT - 1);
    }
    return borrow != 0;
}

static enum usher_err ok_or_internal(bool ok)
{
    return ok ? USHER_OK : USHER_E_INTERNAL;
}

/* Takes the key out of a context of AES. It cannot fail in a way that the key survives. */
static void cipher_park(EVP_CIPHER_CTX *ctx)
{
    (void)EVP_CipherInit_ex2(ctx, NULL, zeros, NULL, -1, NULL);
}

static enum usher_err openssl_aes128(void *ctx, const uint8_t key[16], const uint8_t in[16],
                                     uint8_t out[16])
{
    struct openssl *o = ctx;
    int n = 0;
    bool ok = EVP_EncryptInit_ex2(o->ecb, NULL, key, NULL, NULL) > 0 &&
              EVP_EncryptUpdate(o->ecb, out, &n, in, 16) > 0 && n == 16;

    cipher_park(o->ecb);
    return ok_or_internal(ok);
}

/* Begins a MAC; to begin again with the key of before, the zeros, costs a third of a new one. */
static bool mac_begin(struct mac *mac, const uint8_t *key, size_t key_len)
{
    if (key_len == 0 || key_len > MAC_KEY_MAX) {
        return false;
    }
    if (key_len == mac->key_len && CRYPTO_memcmp(key, zeros, key_len) == 0) {
        return EVP_MAC_init(mac->ctx, NULL, 0, NULL) > 0;
    }
    mac->key_len = 0;
    return EVP_MAC_init(mac->ctx, key, key_len, NULL) > 0;
}

/* Takes the key out, if there was one. */
static void mac_park(struct mac *mac, size_t key_len)
{
    if (mac->key_len == 0 && EVP_MAC_init(mac->ctx, zeros, key_len, NULL) > 0) {
        mac->key_len = key_len;
    }
}

static enum usher_err mac_compute(struct mac *mac, const uint8_t *key, size_t key_len,
                                  const uint8_t *msg, size_t len, uint8_t *out, size_t out_len)
{
    size_t n = 0;
    bool begun = mac_begin(mac, key, key_len);
    bool ok = begun && EVP_MAC_update(mac->ctx, msg, len) > 0 &&
              EVP_MAC_final(mac->ctx, out, &n, out_len) > 0 && n == out_len;

    if (begun) {
        mac_park(mac, key_len);
    }
    return ok_or_internal(ok);
}

static enum usher_err openssl_cmac(void *ctx, const uint8_t key[16], const uint8_t *msg, size_t len,
                                   uint8_t mac[16])
{
    struct openssl *o = ctx;

    return mac_compute(&o->cmac, key, 16, msg, len, mac, 16);
}

static enum usher_err openssl_hmac_sha256(void *ctx, const uint8_t *key, size_t key_len,
                                          const uint8_t *msg, size_t len, uint8_t mac[32])
{
    struct openssl *o = ctx;

    return mac_compute(&o->hmac, key, key_len, msg, len, mac, 32);
}

static enum usher_err encrypt(EVP_CIPHER_CTX *ccm, const uint8_t key[16],
                              const uint8_t nonce[USHER_CCM_NONCE], const uint8_t *aad,
                              size_t aad_len, const uint8_t *in, size_t len, uint8_t *out,
                              size_t mic_len)
{
    int n = 0;

    if (len > CCM_LENGTH_MAX || aad_len > CCM_LENGTH_MAX) {
        return USHER_E_SIZE;
    }
    /*
     * The length of the MIC comes first because OpenSSL writes it into its state when it gets the
     * key.
     */
    if (EVP_CIPHER_CTX_ctrl(ccm, EVP_CTRL_AEAD_SET_TAG, (int)mic_len, NULL) <= 0 ||
        EVP_EncryptInit_ex2(ccm, NULL, key, nonce, NULL) <= 0 ||
        EVP_EncryptUpdate(ccm, NULL, &n, NULL, (int)len) <= 0 ||
        (aad_len > 0 && EVP_EncryptUpdate(ccm, NULL, &n, aad, (int)aad_len) <= 0)) {
        return USHER_E_INTERNAL;
    }
    /*
     * With nothing to encrypt, in may be NULL, which OpenSSL would take for the end of the message.
     */
    return ok_or_internal(
        EVP_EncryptUpdate(ccm, out, &n, len > 0 ? in : out, (int)len) > 0 && n == (int)len &&
        EVP_CIPHER_CTX_ctrl(ccm, EVP_CTRL_AEAD_GET_TAG, (int)mic_len, out + len) > 0);
}

static enum usher_err openssl_ccm_encrypt(void *ctx, const uint8_t key[16],
                                          const uint8_t nonce[USHER_CCM_NONCE], const uint8_t *aad,
                                          size_t aad_len, const uint8_t *in, size_t len,
                                          uint8_t *out, size_t mic_len)
{
    EVP_CIPHER_CTX *ccm = ((struct openssl *)ctx)->ccm_encrypt;
    enum usher_err err = encrypt(ccm, key, nonce, aad, aad_len, in, len, out, mic_len);

    cipher_park(ccm);
    return err;
}

static enum usher_err decrypt(EVP_CIPHER_CTX *ccm, const uint8_t key[16],
                              const uint8_t nonce[USHER_CCM_NONCE], const uint8_t *aad,
                              size_t aad_len, const uint8_t *in, size_t len, uint8_t *out,
                              size_t mic_len)
{
    uint8_t mic[16];
    bool verified;
    int n = 0;

    if (len > CCM_LENGTH_MAX || aad_len > CCM_LENGTH_MAX) {
        return USHER_E_SIZE;
    }
    if (mic_len > sizeof(mic)) {
        return USHER_E_PARAM;
    }
    memcpy(mic, in + len, mic_len);
    if (EVP_CIPHER_CTX_ctrl(ccm, EVP_CTRL_AEAD_SET_TAG, (int)mic_len, mic) <= 0 ||
        EVP_DecryptInit_ex2(ccm, NULL, key, nonce, NULL) <= 0 ||
        EVP_DecryptUpdate(ccm, NULL, &n, NULL, (int)len) <= 0 ||
        (aad_len > 0 && EVP_DecryptUpdate(ccm, NULL, &n, aad, (int)aad_len) <= 0)) {
        return USHER_E_INTERNAL;
    }
    /* A wrong MIC is an answer: it leaves nothing in OpenSSL's queue of errors. */
    ERR_set_mark();
    verified = EVP_DecryptUpdate(ccm, out, &n, in, (int)len) > 0;
    ERR_pop_to_mark();
    if (!verified) {
        OPENSSL_cleanse(out, len);
        return USHER_E_DATA;
    }
    return USHER_OK;
}

static enum usher_err openssl_ccm_decrypt(void *ctx, const uint8_t key[16],
                                          const uint8_t nonce[USHER_CCM_NONCE], const uint8_t *aad,
                                          size_t aad_len, const uint8_t *in, size_t len,
                                          uint8_t *out, size_t mic_len)
{
    EVP_CIPHER_CTX *ccm = ((struct openssl *)ctx)->ccm_decrypt;
    enum usher_err err = decrypt(ccm, key, nonce, aad, aad_len, in, len, out, mic_len);

    cipher_park(ccm);
    return err;
}

/* Gets what a P-256 call needs; p256_end() is to be called whatever this answers. */
static bool p256_begin(struct p256 *p, const EC_GROUP *group)
{
    *p = (struct p256){
        .group = group,
        .bn = BN_CTX_secure_new(),
        .peer = EC_POINT_new(group),
        .product = EC_POINT_new(group),
    };
    if (p->bn == NULL || p->peer == NULL || p->product == NULL) {
        return false;
    }
    BN_CTX_start(p->bn);
    p->scalar = BN_CTX_get(p->bn);
    p->x = BN_CTX_get(p->bn);
    p->y = BN_CTX_get(p->bn);
    return p->y != NULL;
}

static void p256_end(struct p256 *p)
{
    EC_POINT_clear_free(p->product);
    EC_POINT_free(p->peer);
    BN_CTX_free(p->bn);
}

/* Takes a private key, and has all that is computed with it take the same time for each. */
static enum usher_err p256_set_private(struct p256 *p, const uint8_t key[USHER_P256_PRIVATE])
{
    BN_set_flags(p->scalar, BN_FLG_CONSTTIME);
    if (BN_bin2bn(key, COORDINATE, p->scalar) == NULL) {
        return USHER_E_INTERNAL;
    }
    return is_below(key, p256_order) && !BN_is_zero(p->scalar) ? USHER_OK : USHER_E_DATA;
}

/* Takes a peer's public key. OpenSSL checks the equation, but would reduce x and y first. */
static enum usher_err p256_set_peer(struct p256 *p, const uint8_t key[USHER_P256_PUBLIC])
{
    int on_curve;

    if (!is_below(key, p256_prime) || !is_below(key + COORDINATE, p256_prime)) {
        return USHER_E_DATA;
    }
    if (BN_bin2bn(key, COORDINATE, p->x) == NULL ||
        BN_bin2bn(key + COORDINATE, COORDINATE, p->y) == NULL) {
        return USHER_E_INTERNAL;
    }
    /* Off the curve is an answer too. */
    ERR_set_mark();
    on_curve = EC_POINT_set_affine_coordinates(p->group, p->peer, p->x, p->y, p->bn);
    ERR_pop_to_mark();
    return on_curve > 0 ? USHER_OK : USHER_E_DATA;
}

static enum usher_err p256_compute_public(struct p256 *p, uint8_t public_key[USHER_P256_PUBLIC])
{
    bool ok = EC_POINT_mul(p->group, p->product, p->scalar, NULL, NULL, p->bn) &&
              EC_POINT_get_affine_coordinates(p->group, p->product, p->x, p->y, p->bn) &&
              BN_bn2binpad(p->x, public_key, COORDINATE) > 0 &&
              BN_bn2binpad(p->y, public_key + COORDINATE, COORDINATE) > 0;

    return ok_or_internal(ok);
}

static enum usher_err p256_compute_secret(struct p256 *p, uint8_t secret[USHER_P256_SECRET])
{
    bool ok = EC_POINT_mul(p->group, p->product, NULL, p->peer, p->scalar, p->bn) &&
              EC_POINT_get_affine_coordinates(p->group, p->product, p->x, NULL, p->bn) &&
              BN_bn2binpad(p->x, secret, COORDINATE) > 0;

    return ok_or_internal(ok);
}

static enum usher_err openssl_p256_public(void *ctx, const uint8_t private_key[USHER_P256_PRIVATE],
                                          uint8_t public_key[USHER_P256_PUBLIC])
{
    const struct openssl *o = ctx;
    struct p256 p;
    enum usher_err err = ok_or_internal(p256_begin(&p, o->group));

    if (err == USHER_OK) {
        err = p256_set_private(&p, private_key);
    }
    if (err == USHER_OK) {
        err = p256_compute_public(&p, public_key);
    }
    p256_end(&p);
    return err;
}

static enum usher_err openssl_p256_check(void *ctx, const uint8_t public_key[USHER_P256_PUBLIC])
{
    const struct openssl *o = ctx;
    struct p256 p;
    enum usher_err err = ok_or_internal(p256_begin(&p, o->group));

    if (err == USHER_OK) {
        err = p256_set_peer(&p, public_key);
    }
    p256_end(&p);
    return err;
}

static enum usher_err openssl_p256_ecdh(void *ctx, const uint8_t private_key[USHER_P256_PRIVATE],
                                        const uint8_t peer[USHER_P256_PUBLIC],
                                        uint8_t secret[USHER_P256_SECRET])
{
    const struct openssl *o = ctx;
    struct p256 p;
    enum usher_err err = ok_or_internal(p256_begin(&p, o->group));

    if (err == USHER_OK) {
        err = p256_set_private(&p, private_key);
    }
    if (err == USHER_OK) {
        err = p256_set_peer(&p, peer);
    }
    if (err == USHER_OK) {
        err = p256_compute_secret(&p, secret);
    }
    p256_end(&p);
    return err;
}

static void openssl_wipe(void *buf, size_t len)
{
    OPENSSL_cleanse(buf, len);
}

/* A context that is set to a cipher and a direction and waits for keys; NULL if there is none. */
static EVP_CIPHER_CTX *cipher_new(const char *name, int encrypt)
{
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, name, NULL);
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();

    if (cipher == NULL || ctx == NULL ||
        EVP_CipherInit_ex2(ctx, cipher, NULL, NULL, encrypt, NULL) <= 0) {
        EVP_CIPHER_CTX_free(ctx);
        ctx = NULL;
    }
    EVP_CIPHER_free(cipher); /* the context has a reference of its own */
    return ctx;
}

static EVP_CIPHER_CTX *ccm_new(int encrypt)
{
    EVP_CIPHER_CTX *ctx = cipher_new("AES-128-CCM", encrypt);

    if (ctx != NULL &&
        EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IVLEN, USHER_CCM_NONCE, NULL) <= 0) {
        EVP_CIPHER_CTX_free(ctx);
        ctx = NULL;
    }
    return ctx;
}

/* The same for a MAC, which is made of another algorithm that a parameter names. */
static EVP_MAC_CTX *mac_new(const char *name, const char *param, char *algorithm)
{
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(param, algorithm, 0),
        OSSL_PARAM_construct_end(),
    };
    EVP_MAC *mac = EVP_MAC_fetch(NULL, name, NULL);
    EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(mac);

    if (ctx != NULL && EVP_MAC_CTX_set_params(ctx, params) <= 0) {
        EVP_MAC_CTX_free(ctx);
        ctx = NULL;
    }
    EVP_MAC_free(mac);
    return ctx;
}

static void openssl_free(struct openssl *o)
{
    EVP_MAC_CTX_free(o->hmac.ctx);
    EVP_MAC_CTX_free(o->cmac.ctx);
    EVP_CIPHER_CTX_free(o->ccm_decrypt);
    EVP_CIPHER_CTX_free(o->ccm_encrypt);
    EVP_CIPHER_CTX_free(o->ecb);
    EC_GROUP_free(o->group);
    OPENSSL_cleanse(o, sizeof(*o));
    free(o);
}

const struct usher_crypto *usher_crypto_openssl_new(void)
{
    char cipher[] = "AES-128-CBC";
    char digest[] = "SHA256";
    struct openssl *o = calloc(1, sizeof(*o));

    if (o == NULL) {
        return NULL;
    }
    o->group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    o->ecb = cipher_new("AES-128-ECB", 1);
    o->ccm_encrypt = ccm_new(1);
    o->ccm_decrypt = ccm_new(0);
    o->cmac.ctx = mac_new("CMAC", OSSL_MAC_PARAM_CIPHER, cipher);
    o->hmac.ctx = mac_new("HMAC", OSSL_MAC_PARAM_DIGEST, digest);
    if (o->group == NULL || o->ecb == NULL || o->ccm_encrypt == NULL || o->ccm_decrypt == NULL ||
        o->cmac.ctx == NULL || o->hmac.ctx == NULL || EVP_CIPHER_CTX_set_padding(o->ecb, 0) <= 0) {
        openssl_free(o);
        return NULL;
    }
    o->table = (struct usher_crypto){
        .ctx = o,
        .aes128 = openssl_aes128,
        .cmac = openssl_cmac,
        .hmac_sha256 = openssl_hmac_sha256,
        .ccm_encrypt = openssl_ccm_encrypt,
        .ccm_decrypt = openssl_ccm_decrypt,
        .p256_public = openssl_p256_public,
        .p256_check = openssl_p256_check,
        .p256_ecdh = openssl_p256_ecdh,
        .wipe = openssl_wipe,
    };
    return &o->table;
}

void usher_crypto_openssl_free(const struct usher_crypto *crypto)
{
    if (crypto != NULL) {
        openssl_free(crypto->ctx);
    }
}
