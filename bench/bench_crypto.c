/*
 * What a handshake costs beside the P-256 operations in it. Two real sessions, provisioner and
 * device, hand each other their PDUs in one thread, without OOB; "bare" is their two key pairs and
 * two shared secrets, through the same crypto table. The two are timed in short turns, and the
 * middle of the rounds is told: the ratio holds on a busy machine too.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "session.h"

#define ROUNDS 101
#define ROUND_CLOCKS (CLOCKS_PER_SEC / 200)

struct bench {
    const struct usher_crypto *crypto;
    uint8_t algorithm; /* enum usher_algorithm */
    uint64_t serial;   /* makes each handshake's keys and randoms different */
    struct usher_prov side[2];
};

static void must(bool ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "bench_crypto: %s failed\n", what);
        exit(1);
    }
}

/* 32 octets that are a private key, and different each time. */
static void next_octets(struct bench *b, uint8_t octets[32])
{
    memset(octets, 0x5A, 32);
    b->serial++;
    memcpy(octets + 8, &b->serial, sizeof(b->serial));
}

static void side_begin(struct bench *b, enum usher_role role)
{
    const struct usher_caps caps = { .num_elements = 1, .algorithms = USHER_ALG_BIT(b->algorithm) };
    struct session_begin begin = {
        .crypto = b->crypto,
        .role = role == USHER_ROLE_DEVICE ? &prov_device : &prov_provisioner,
        .caps = role == USHER_ROLE_DEVICE ? &caps : NULL,
    };
    uint8_t private_key[USHER_P256_PRIVATE];
    uint8_t public_key[USHER_P256_PUBLIC];

    next_octets(b, private_key);
    next_octets(b, begin.random);
    must(b->crypto->p256_public(b->crypto->ctx, private_key, public_key) == USHER_OK, "a key pair");
    session_keys_set(&b->side[role], private_key, public_key);
    session_begin(&b->side[role], &begin, 0);
}

static void event_answer(struct bench *b, struct usher_prov *s, enum usher_event_type event)
{
    const struct usher_start start = { .algorithm = b->algorithm };
    const struct usher_prov_data data = { .address = 1 };

    if (event == USHER_EVT_CAPS_RECEIVED) {
        must(session_choose(s, &start) == USHER_OK, "the choice");
    } else if (event == USHER_EVT_DATA_REQUEST) {
        must(session_data(s, &data) == USHER_OK, "the data");
    }
}

static void secret_answer(const struct bench *b, struct usher_prov *s)
{
    uint8_t secret[USHER_P256_SECRET];
    enum usher_err err = b->crypto->p256_ecdh(b->crypto->ctx, s->private_key,
                                              session_key(s, session_peer(s)), secret);

    must(session_secret(s, err, secret) == USHER_OK, "the secret");
}

/* Takes one output of a side. Returns false when there is none. */
static bool side_step(struct bench *b, enum usher_role role)
{
    struct usher_prov *s = &b->side[role];
    struct session_output out;

    switch (session_next(s, 0, true, &out)) {
    case SESSION_EVENT:
        event_answer(b, s, out.event);
        return true;
    case SESSION_PDU:
        must(session_rx(&b->side[session_peer(s)], 0, out.pdu, out.len) == USHER_OK, "a PDU");
        session_sent(s);
        return true;
    case SESSION_ECDH:
        secret_answer(b, s);
        return true;
    case SESSION_CLOSE:
        return true;
    case SESSION_NOTHING:
        break;
    }
    return false;
}

static void handshake(struct bench *b)
{
    side_begin(b, USHER_ROLE_PROVISIONER);
    side_begin(b, USHER_ROLE_DEVICE);
    while (side_step(b, USHER_ROLE_PROVISIONER) || side_step(b, USHER_ROLE_DEVICE)) {
    }
    must(session_complete(&b->side[USHER_ROLE_PROVISIONER]) &&
             session_complete(&b->side[USHER_ROLE_DEVICE]),
         "a handshake");
    session_link_closed(&b->side[USHER_ROLE_PROVISIONER]);
    session_link_closed(&b->side[USHER_ROLE_DEVICE]);
}

static void bare(struct bench *b)
{
    const struct usher_crypto *c = b->crypto;
    uint8_t private_key[2][USHER_P256_PRIVATE];
    uint8_t public_key[2][USHER_P256_PUBLIC];
    uint8_t secret[USHER_P256_SECRET];

    for (size_t i = 0; i < 2; i++) {
        next_octets(b, private_key[i]);
        must(c->p256_public(c->ctx, private_key[i], public_key[i]) == USHER_OK, "a key pair");
    }
    for (size_t i = 0; i < 2; i++) {
        must(c->p256_ecdh(c->ctx, private_key[i], public_key[1 - i], secret) == USHER_OK, "ECDH");
    }
}

/* Microseconds of processor time that one run of it takes. */
static double measure(struct bench *b, void (*run)(struct bench *))
{
    clock_t begin = clock();
    clock_t end;
    unsigned count = 0;

    do {
        run(b);
        count++;
        end = clock();
    } while (end - begin < ROUND_CLOCKS);
    return (double)(end - begin) * 1e6 / CLOCKS_PER_SEC / count;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(double values[ROUNDS])
{
    qsort(values, ROUNDS, sizeof(values[0]), compare);
    return values[ROUNDS / 2];
}

static void report(const char *filling, const struct usher_crypto *crypto,
                   enum usher_algorithm algorithm)
{
    struct bench b = { .crypto = crypto, .algorithm = (uint8_t)algorithm };
    double whole[ROUNDS];
    double p256[ROUNDS];
    double ratio[ROUNDS];
    double us;

    for (size_t i = 0; i < ROUNDS; i++) {
        whole[i] = measure(&b, handshake);
        p256[i] = measure(&b, bare);
        ratio[i] = whole[i] / p256[i];
    }
    us = median(whole);
    printf("%-8s %-11s %9.1f %9.1f %8.3f %14.0f\n", filling,
           algorithm == USHER_ALG_CMAC ? "CMAC" : "HMAC-SHA256", us, median(p256), median(ratio),
           1e6 / us);
}

int main(void)
{
    const struct usher_crypto *openssl = usher_crypto_openssl_new();
    const struct usher_crypto *psa = usher_crypto_psa();

    must(openssl != NULL && psa != NULL, "a filling of the crypto table");
    puts("both sides of a handshake, without OOB, on one core");
    puts("filling  algorithm          us   bare us    ratio   handshakes/s");
    report("openssl", openssl, USHER_ALG_CMAC);
    report("openssl", openssl, USHER_ALG_HMAC);
    report("psa", psa, USHER_ALG_CMAC);
    report("psa", psa, USHER_ALG_HMAC);
    report("bearssl", usher_crypto_bearssl(), USHER_ALG_CMAC);
    report("bearssl", usher_crypto_bearssl(), USHER_ALG_HMAC);
    usher_crypto_openssl_free(openssl);
    return 0;
}
