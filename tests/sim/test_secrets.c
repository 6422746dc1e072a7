/*
 * What is left in memory after a session: nothing secret. The crypto table is ours, and passes each
 * call on to the real one; it keeps, masked, every private key, shared secret and derived key that
 * goes through it. When the session is over, all of the process's memory is searched for them: its
 * data, stack and heap, what was freed included. Row 32 of docs/threat-model.md.
 */
#define _POSIX_C_SOURCE 200809L

#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SECRETS 256
#define SECRET_LEN 16 /* octets that are looked for, the first of each */
#define MASK 0xA5u
#define CHUNK (1u << 20)
#define REGION_MAX (UINT64_C(1) << 30) /* the sanitizer's shadow is larger */

struct secret {
    const char *what;
    uint8_t masked[SECRET_LEN];
};

static const struct usher_crypto *real;
static struct secret secrets[SECRETS];
static size_t secret_count;
static uint8_t salts[SECRETS][SECRET_LEN]; /* s1 and s2 of what is sent in the clear: not secret */
static size_t salt_count;

static void mask(uint8_t to[SECRET_LEN], const uint8_t *from)
{
    for (unsigned i = 0; i < SECRET_LEN; i++) {
        to[i] = (uint8_t)(from[i] ^ MASK);
    }
}

static bool masked_in(const uint8_t masked[SECRET_LEN], const uint8_t (*list)[SECRET_LEN],
                      size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (memcmp(list[i], masked, SECRET_LEN) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_zero(const uint8_t *data, size_t len)
{
    uint8_t bits = 0;

    for (size_t i = 0; i < len; i++) {
        bits |= data[i];
    }
    return bits == 0;
}

static void note(const char *what, const uint8_t *data)
{
    uint8_t masked[SECRET_LEN];

    mask(masked, data);
    for (size_t i = 0; i < secret_count; i++) {
        if (memcmp(secrets[i].masked, masked, SECRET_LEN) == 0) {
            return;
        }
    }
    if (is_zero(data, SECRET_LEN) ||
        masked_in(masked, (const uint8_t(*)[SECRET_LEN])salts, salt_count)) {
        return;
    }
    assert_true(secret_count < SECRETS);
    secrets[secret_count].what = what;
    memcpy(secrets[secret_count++].masked, masked, SECRET_LEN);
}

static void note_salt(const uint8_t *salt)
{
    assert_true(salt_count < SECRETS);
    mask(salts[salt_count++], salt);
}

/* -- the table --------------------------------------------------------------------------------- */

static enum usher_err spy_aes128(void *ctx, const uint8_t key[16], const uint8_t in[16],
                                 uint8_t out[16])
{
    (void)ctx;
    note("an AES key", key);
    return real->aes128(real->ctx, key, in, out);
}

static enum usher_err spy_cmac(void *ctx, const uint8_t key[16], const uint8_t *msg, size_t len,
                               uint8_t mac[16])
{
    bool salt = is_zero(key, 16);
    enum usher_err err;

    (void)ctx;
    note("a CMAC key", key);
    err = real->cmac(real->ctx, key, msg, len, mac);
    if (salt) {
        note_salt(mac);
    }
    return err;
}

static enum usher_err spy_hmac(void *ctx, const uint8_t *key, size_t key_len, const uint8_t *msg,
                               size_t len, uint8_t mac[32])
{
    bool salt = is_zero(key, key_len);
    enum usher_err err;

    (void)ctx;
    if (key_len >= SECRET_LEN) {
        note("an HMAC key", key);
    }
    err = real->hmac_sha256(real->ctx, key, key_len, msg, len, mac);
    if (salt) {
        note_salt(mac);
    }
    return err;
}

static enum usher_err spy_encrypt(void *ctx, const uint8_t key[16],
                                  const uint8_t nonce[USHER_CCM_NONCE], const uint8_t *aad,
                                  size_t aad_len, const uint8_t *in, size_t len, uint8_t *out,
                                  size_t mic_len)
{
    (void)ctx;
    note("a CCM key", key);
    return real->ccm_encrypt(real->ctx, key, nonce, aad, aad_len, in, len, out, mic_len);
}

static enum usher_err spy_decrypt(void *ctx, const uint8_t key[16],
                                  const uint8_t nonce[USHER_CCM_NONCE], const uint8_t *aad,
                                  size_t aad_len, const uint8_t *in, size_t len, uint8_t *out,
                                  size_t mic_len)
{
    (void)ctx;
    note("a CCM key", key);
    return real->ccm_decrypt(real->ctx, key, nonce, aad, aad_len, in, len, out, mic_len);
}

static enum usher_err spy_public(void *ctx, const uint8_t private_key[USHER_P256_PRIVATE],
                                 uint8_t public_key[USHER_P256_PUBLIC])
{
    (void)ctx;
    note("a private key", private_key);
    return real->p256_public(real->ctx, private_key, public_key);
}

static enum usher_err spy_check(void *ctx, const uint8_t public_key[USHER_P256_PUBLIC])
{
    (void)ctx;
    return real->p256_check(real->ctx, public_key);
}

static enum usher_err spy_ecdh(void *ctx, const uint8_t private_key[USHER_P256_PRIVATE],
                               const uint8_t peer[USHER_P256_PUBLIC],
                               uint8_t secret[USHER_P256_SECRET])
{
    enum usher_err err = real->p256_ecdh(real->ctx, private_key, peer, secret);

    (void)ctx;
    if (err == USHER_OK) {
        note("an ECDH secret", secret);
    }
    return err;
}

static struct usher_crypto spy = {
    .aes128 = spy_aes128,
    .cmac = spy_cmac,
    .hmac_sha256 = spy_hmac,
    .ccm_encrypt = spy_encrypt,
    .ccm_decrypt = spy_decrypt,
    .p256_public = spy_public,
    .p256_check = spy_check,
    .p256_ecdh = spy_ecdh,
};

/* -- the search -------------------------------------------------------------------------------- */

static uint8_t chunk[CHUNK + SECRET_LEN];
static uint8_t first_two[65536 / 8]; /* a bit for each beginning of a secret */

static unsigned search_chunk(uint64_t at, size_t len, const uint8_t *allowed)
{
    unsigned found = 0;

    for (size_t i = 0; i + SECRET_LEN <= len; i++) {
        unsigned two = (unsigned)chunk[i] << 8 | chunk[i + 1];
        uint8_t masked[SECRET_LEN];
        uint64_t eight;

        memcpy(&eight, chunk + i, sizeof(eight));
        if (eight == 0) { /* most of memory */
            i += sizeof(eight) - 2;
            continue;
        }
        if ((first_two[two / 8] >> two % 8 & 1) == 0) {
            continue;
        }
        mask(masked, chunk + i);
        for (size_t k = 0; k < secret_count; k++) {
            if (memcmp(secrets[k].masked, masked, SECRET_LEN) == 0 &&
                (allowed == NULL || memcmp(allowed, masked, SECRET_LEN) != 0)) {
                print_message("%s at %" PRIx64 "\n", secrets[k].what, at + i);
                found++;
            }
        }
    }
    return found;
}

static unsigned search_region(int memory, uint64_t from, uint64_t to, const uint8_t *allowed)
{
    const uint64_t own = (uintptr_t)chunk, own_end = own + sizeof(chunk);
    unsigned found = 0;

    for (uint64_t at = from; at < to; at += CHUNK) {
        size_t want = to - at < sizeof(chunk) ? (size_t)(to - at) : sizeof(chunk);
        ssize_t got;

        if (at < own_end && at + want > own) { /* what we have read is in there */
            want = at < own ? (size_t)(own - at) : 0;
        }
        got = pread(memory, chunk, want, (off_t)at);
        found += got > 0 ? search_chunk(at, (size_t)got, allowed) : 0;
    }
    return found;
}

/* How many of the secrets are in memory, at how many places. @p allowed, masked, is not counted. */
static unsigned search(const uint8_t *allowed)
{
    int memory = open("/proc/self/mem", O_RDONLY);
    FILE *maps = fopen("/proc/self/maps", "r");
    char line[512];
    unsigned found = 0;

    assert_true(memory >= 0);
    assert_non_null(maps);
    memset(first_two, 0, sizeof(first_two));
    for (size_t i = 0; i < secret_count; i++) {
        unsigned two = (secrets[i].masked[0] ^ MASK) << 8 | (secrets[i].masked[1] ^ MASK);

        first_two[two / 8] |= (uint8_t)(1u << two % 8);
    }
    while (fgets(line, sizeof(line), maps) != NULL) {
        char *next;
        uint64_t from = strtoull(line, &next, 16), to = strtoull(next + 1, &next, 16);

        if (strncmp(next, " rw", 3) == 0 && to - from < REGION_MAX) {
            found += search_region(memory, from, to, allowed);
        }
    }
    memset(chunk, 0, sizeof(chunk));
    fclose(maps);
    close(memory);
    return found;
}

/* -- the tests --------------------------------------------------------------------------------- */

static struct world_config config(uint8_t algorithm, uint8_t method)
{
    return (struct world_config){
        .air = { .seed = 1 + method, .loss_pct = 10 },
        .crypto = &spy,
        .caps = people_caps,
        .choice = { .algorithm = algorithm, .method = method, .action = 0, .size = method >= 2 },
    };
}

/* Those that the world has made for sessions with keys out of band are its own. */
static void keys_forget(struct world *w)
{
    for (int role = 0; role < 2; role++) {
        real->wipe(w->party[role].private_key, sizeof(w->party[role].private_key));
    }
}

static void row_32_after_a_session_no_secret_is_in_memory(void **state)
{
    (void)state;
    for (unsigned i = 0; i < PEOPLE_CHOICES; i++) {
        struct world_config c = config(i % 2, 0);
        struct world *w;
        uint8_t device_key[SECRET_LEN];

        secret_count = salt_count = 0;
        c.choice = people_choice(i);
        c.choice.algorithm = i % 2;
        w = world_new(&c);
        assert_true(world_provision(w, 120000));
        assert_true(w->party[0].complete && w->party[1].complete);
        assert_true(secret_count >= 6); /* two private keys, the secret, and what it became */
        keys_forget(w);
        mask(device_key, w->party[0].device_key);
        assert_int_equal(search(device_key), 0); /* the device key is the session's result */
        world_free(w);
    }
    assert_int_equal(search(NULL), 0); /* not even that */
}

static void row_32_a_session_that_fails_leaves_none_either(void **state)
{
    (void)state;
    for (unsigned algorithm = 0; algorithm < 2; algorithm++) {
        struct world_config c = config((uint8_t)algorithm, USHER_OOB_STATIC);
        struct world *w;

        secret_count = salt_count = 0;
        c.wrong[USHER_ROLE_PROVISIONER] = true;
        w = world_new(&c);
        assert_true(world_provision(w, 120000));
        assert_false(w->party[0].complete || w->party[1].complete);
        assert_true(secret_count >= 4);
        keys_forget(w);
        assert_int_equal(search(NULL), 0);
        world_free(w);
    }
}

/* That the search finds what is there. */
static void a_secret_that_is_kept_is_found(void **state)
{
    static uint8_t kept[USHER_P256_SECRET];
    uint8_t *freed = malloc(64);

    (void)state;
    secret_count = salt_count = 0;
    for (unsigned i = 0; i < sizeof(kept); i++) {
        kept[i] = (uint8_t)(0x31 + 7 * i);
    }
    note("kept", kept);
    assert_int_equal(search(NULL), 1);
    assert_non_null(freed);
    memcpy(freed + 32, kept, 32);
    assert_int_equal(search(NULL), 2);
    real->wipe(freed, 64);
    free(freed);
    real->wipe(kept, sizeof(kept));
    assert_int_equal(search(NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_secret_that_is_kept_is_found),
        cmocka_unit_test(row_32_after_a_session_no_secret_is_in_memory),
        cmocka_unit_test(row_32_a_session_that_fails_leaves_none_either),
    };
    int failed;

    real = usher_crypto_openssl_new();
    spy.wipe = real->wipe;
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    usher_crypto_openssl_free(real);
    return failed;
}
