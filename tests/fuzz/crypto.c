/*
 * The crypto table of the fuzz targets; see fuzz.h. Runs use few key pairs, so nearly all that is
 * slow has been computed before; the results are those of the real table.
 */
#include "fuzz.h"

#include <string.h>

enum kind { PUBLIC = 1, CHECK, ECDH };

struct entry {
    uint8_t kind; /* 0: empty */
    uint8_t private_key[USHER_P256_PRIVATE];
    uint8_t point[USHER_P256_PUBLIC];
    enum usher_err err;
    uint8_t result[USHER_P256_PUBLIC];
};

#define ENTRIES 1024

static const struct usher_crypto *openssl;
static struct entry memory[ENTRIES];

/* FNV-1a. */
static uint32_t mix(uint32_t hash, const uint8_t *octets, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        hash = (hash ^ octets[i]) * 0x01000193u;
    }
    return hash;
}

/* The entry for an operation; if it is not in, the place where it goes, empty. */
static struct entry *find(enum kind kind, const uint8_t *private_key, const uint8_t *point)
{
    static const uint8_t none[USHER_P256_PUBLIC];
    const uint8_t *k = private_key != NULL ? private_key : none, *p = point != NULL ? point : none;
    uint32_t hash = mix(mix(kind, k, USHER_P256_PRIVATE), p, USHER_P256_PUBLIC);
    struct entry *e = &memory[(hash ^ hash >> 16) % ENTRIES];

    if (e->kind != kind || memcmp(e->private_key, k, USHER_P256_PRIVATE) != 0 ||
        memcmp(e->point, p, USHER_P256_PUBLIC) != 0) {
        e->kind = 0;
        memcpy(e->private_key, k, USHER_P256_PRIVATE);
        memcpy(e->point, p, USHER_P256_PUBLIC);
    }
    return e;
}

static enum usher_err p256_public(void *ctx, const uint8_t private_key[USHER_P256_PRIVATE],
                                  uint8_t public_key[USHER_P256_PUBLIC])
{
    struct entry *e = find(PUBLIC, private_key, NULL);

    if (e->kind == 0) {
        e->err = openssl->p256_public(ctx, private_key, e->result);
        e->kind = PUBLIC;
    }
    memcpy(public_key, e->result, USHER_P256_PUBLIC);
    return e->err;
}

static enum usher_err p256_check(void *ctx, const uint8_t public_key[USHER_P256_PUBLIC])
{
    struct entry *e = find(CHECK, NULL, public_key);

    if (e->kind == 0) {
        e->err = openssl->p256_check(ctx, public_key);
        e->kind = CHECK;
    }
    return e->err;
}

static enum usher_err p256_ecdh(void *ctx, const uint8_t private_key[USHER_P256_PRIVATE],
                                const uint8_t peer[USHER_P256_PUBLIC],
                                uint8_t secret[USHER_P256_SECRET])
{
    struct entry *e = find(ECDH, private_key, peer);

    if (e->kind == 0) {
        e->err = openssl->p256_ecdh(ctx, private_key, peer, e->result);
        e->kind = ECDH;
    }
    memcpy(secret, e->result, USHER_P256_SECRET);
    return e->err;
}

const struct usher_crypto *fuzz_crypto(void)
{
    static struct usher_crypto table;

    if (openssl == NULL) {
        openssl = usher_crypto_openssl_new();
        FUZZ_CHECK(openssl != NULL);
        table = *openssl;
        table.p256_public = p256_public;
        table.p256_check = p256_check;
        table.p256_ecdh = p256_ecdh;
    }
    return &table;
}
