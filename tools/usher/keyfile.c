/*
 * Key files through OpenSSL; see keyfile.h. Called by the verbs device and provision for
 * --pubkey-oob.
 */
#include "keyfile.h"

#include "parse.h"
#include "state_file.h"

#include <errno.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CURVE "prime256v1"
#define POINT (1 + USHER_P256_PUBLIC) /* uncompressed: 4, X, Y */
#define TEXT_MAX 8192

/** The public key of a P-256 EVP_PKEY. */
static bool pkey_public(EVP_PKEY *pkey, uint8_t public_key[USHER_P256_PUBLIC])
{
    char group[32];
    uint8_t point[POINT];
    size_t len = 0;
    if (EVP_PKEY_get_group_name(pkey, group, sizeof group, &len) != 1 ||
        strcmp(group, CURVE) != 0) {
        return false;
    }
    if (EVP_PKEY_set_utf8_string_param(pkey, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
                                       "uncompressed") != 1 ||
        EVP_PKEY_get_octet_string_param(pkey, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point, &len) !=
            1 ||
        len != sizeof point) {
        return false;
    }
    memcpy(public_key, point + 1, USHER_P256_PUBLIC);
    return true;
}

static bool pkey_private(EVP_PKEY *pkey, uint8_t private_key[USHER_P256_PRIVATE])
{
    BIGNUM *scalar = NULL;
    bool ok = EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_PRIV_KEY, &scalar) == 1 &&
              BN_bn2binpad(scalar, private_key, USHER_P256_PRIVATE) == USHER_P256_PRIVATE;
    BN_clear_free(scalar);
    return ok;
}

/** Computes the public key of a scalar. */
static bool scalar_public(const uint8_t private_key[USHER_P256_PRIVATE],
                          uint8_t public_key[USHER_P256_PUBLIC])
{
    uint8_t point[POINT];
    EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    EC_POINT *product = group ? EC_POINT_new(group) : NULL;
    BIGNUM *scalar = BN_secure_new();
    bool ok = product && scalar && BN_bin2bn(private_key, USHER_P256_PRIVATE, scalar) &&
              !BN_is_zero(scalar) && BN_cmp(scalar, EC_GROUP_get0_order(group)) < 0 &&
              EC_POINT_mul(group, product, scalar, NULL, NULL, NULL) == 1 &&
              EC_POINT_point2oct(group, product, POINT_CONVERSION_UNCOMPRESSED, point, sizeof point,
                                 NULL) == sizeof point;
    if (ok) {
        memcpy(public_key, point + 1, USHER_P256_PUBLIC);
    }
    BN_clear_free(scalar);
    EC_POINT_free(product);
    EC_GROUP_free(group);
    return ok;
}

/** Reads a small file as text without its last line feeds. @retval NULL  errno says why. */
static char *text_read(const char *path, size_t *len)
{
    uint8_t *text;
    if (!state_file_read(path, TEXT_MAX, &text, len)) {
        return NULL;
    }
    while (*len > 0 && (text[*len - 1] == '\n' || text[*len - 1] == '\r')) {
        text[--*len] = '\0';
    }
    return (char *)text;
}

/** The key of a PEM text, private or public; NULL: none. */
static EVP_PKEY *pem_parse(const char *text, bool private_wanted)
{
    char empty[] = ""; /* for keys that have a password: without one they cannot be read */
    BIO *bio = BIO_new_mem_buf(text, -1);
    EVP_PKEY *pkey = NULL;
    if (bio && private_wanted) {
        pkey = PEM_read_bio_PrivateKey(bio, NULL, NULL, empty);
    } else if (bio) {
        pkey = PEM_read_bio_PUBKEY(bio, NULL, NULL, empty);
    }
    BIO_free(bio);
    return pkey;
}

/** Reads a private key from PEM or 64 digits; a public key beside it has to belong to it. */
static bool private_parse(const char *text, uint8_t private_key[USHER_P256_PRIVATE],
                          uint8_t public_key[USHER_P256_PUBLIC])
{
    uint8_t beside[USHER_P256_PUBLIC];
    size_t len = USHER_P256_PRIVATE;
    if (parse_hex(text, private_key, &len)) {
        return len == USHER_P256_PRIVATE && scalar_public(private_key, public_key);
    }
    EVP_PKEY *pkey = pem_parse(text, true);
    bool ok = pkey && pkey_private(pkey, private_key) && pkey_public(pkey, beside) &&
              scalar_public(private_key, public_key) &&
              memcmp(public_key, beside, sizeof beside) == 0; /* OpenSSL does not look */
    EVP_PKEY_free(pkey);
    return ok;
}

/** Draws a pair and writes it as PEM. @retval false  errno says why, 0 for OpenSSL. */
static bool private_make(const char *path, uint8_t private_key[USHER_P256_PRIVATE],
                         uint8_t public_key[USHER_P256_PUBLIC])
{
    errno = 0;
    EVP_PKEY *pkey = EVP_EC_gen(CURVE);
    if (!pkey || !pkey_private(pkey, private_key) || !pkey_public(pkey, public_key)) {
        EVP_PKEY_free(pkey);
        return false;
    }
    char *pem;
    BIO *bio = BIO_new(BIO_s_secmem());
    bool ok = bio && PEM_write_bio_PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL) == 1;
    if (ok) {
        long len = BIO_get_mem_data(bio, &pem);
        ok = state_file_write(path, pem, (size_t)len);
    }
    int error = errno;
    BIO_free(bio);
    EVP_PKEY_free(pkey);
    errno = error;
    return ok;
}

bool keyfile_private(const char *path, uint8_t private_key[USHER_P256_PRIVATE],
                     uint8_t public_key[USHER_P256_PUBLIC], bool *made, char *why, size_t why_len)
{
    size_t len;
    char *text = text_read(path, &len);

    *made = false;
    if (text) {
        bool ok = private_parse(text, private_key, public_key);
        OPENSSL_cleanse(text, len);
        free(text);
        if (!ok) {
            snprintf(why, why_len, "%s holds no P-256 private key (PEM, or 64 hexadecimal digits)",
                     path);
        }
        return ok;
    }
    if (errno != ENOENT) {
        snprintf(why, why_len, "%s: %s", path, strerror(errno));
        return false;
    }
    *made = private_make(path, private_key, public_key);
    if (!*made) {
        snprintf(why, why_len, "%s: the key could not be made: %s", path,
                 errno ? strerror(errno) : "OpenSSL failed");
    }
    return *made;
}

/** Reads a public key from PEM or 128 digits, or takes that of a private key. */
static bool public_parse(const char *text, uint8_t public_key[USHER_P256_PUBLIC])
{
    uint8_t private_key[USHER_P256_PRIVATE];
    size_t len = USHER_P256_PUBLIC;
    if (parse_hex(text, public_key, &len) && len == USHER_P256_PUBLIC) {
        return true;
    }
    EVP_PKEY *pkey = pem_parse(text, false);
    bool ok =
        (pkey && pkey_public(pkey, public_key)) || private_parse(text, private_key, public_key);
    EVP_PKEY_free(pkey);
    OPENSSL_cleanse(private_key, sizeof private_key);
    return ok;
}

bool keyfile_public(const char *path, uint8_t public_key[USHER_P256_PUBLIC], char *why,
                    size_t why_len)
{
    size_t len;
    char *text = text_read(path, &len);
    if (!text) {
        snprintf(why, why_len, "%s: %s", path, strerror(errno));
        return false;
    }
    bool ok = public_parse(text, public_key);
    OPENSSL_cleanse(text, len);
    free(text);
    if (!ok) {
        snprintf(why, why_len, "%s holds no P-256 public key (PEM, or 128 hexadecimal digits)",
                 path);
    }
    return ok;
}
