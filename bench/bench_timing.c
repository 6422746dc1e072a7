/*
 * Whether the time of what looks at secrets depends on them, after dudect (Reparaz, Balasch,
 * Verbauwhede 2017): inputs of two classes in random order, and Welch's t-test on the times, of all
 * of them and of those below each of some percentiles, since what is slow is mostly the machine. A
 * comparison that leaves early is the control: if the test does not see that one, it tells nothing.
 */
#define _POSIX_C_SOURCE 200809L /* clock_gettime */

#include "auth.h"
#include "ct.h"
#include "facts.h"
#include "session.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CROPS 20
#define T_SEEN 10.0    /* above: the classes differ */
#define T_DOUBTFUL 4.5 /* above: by chance once in 100000 times */
#define SAMPLES_MAX 400000

struct input {
    uint8_t a[64], b[64];
};

/* Both inputs are made before each measurement, so that what went before is the same for either. */
struct scene {
    const char *name;
    unsigned samples;
    unsigned repeat; /* calls in one measurement */
    void (*make)(struct input of[2]);
    void (*work)(const struct input *in);
    bool leaks; /* the control */
};

static const struct usher_crypto *crypto;
static struct usher_prov session, fresh;
static uint8_t good_key[USHER_P256_PUBLIC];
static uint64_t prng = 88172645463325252u;
static volatile unsigned sink;
static double times[SAMPLES_MAX], sorted[SAMPLES_MAX];
static uint8_t classes[SAMPLES_MAX];

static uint64_t draw(void)
{
    prng ^= prng << 13;
    prng ^= prng >> 7;
    prng ^= prng << 17;
    return prng;
}

static void fill(uint8_t *octets, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        octets[i] = (uint8_t)(draw() >> 24);
    }
}

static double now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* -- what is measured -------------------------------------------------------------------------- */

static void fill_all(struct input of[2])
{
    fill(of[0].a, sizeof(of[0].a));
    fill(of[0].b, sizeof(of[0].b));
    of[1] = of[0];
}

/* Two values that differ at their first octet, or at their last. */
static void make_differing(struct input of[2])
{
    fill_all(of);
    memcpy(of[0].b, of[0].a, 32);
    memcpy(of[1].b, of[1].a, 32);
    of[0].b[0] ^= 0x55;
    of[1].b[31] ^= 0x55;
}

/* Two that are equal, or have nothing in common. */
static void make_equal(struct input of[2])
{
    fill_all(of);
    memcpy(of[0].b, of[0].a, 32);
}

static void work_ct_equal(const struct input *in)
{
    sink += ct_equal(in->a, in->b, 32);
}

static void work_ct_zero(const struct input *in)
{
    sink += ct_zero(in->a, 32);
}

static void make_zero(struct input of[2])
{
    fill_all(of);
    memset(of[0].a, 0, 31);
}

/* Leaves at the first octet that differs. */
static void work_leaky(const struct input *in)
{
    size_t i = 0;

    while (i < 32 && ((const volatile uint8_t *)in->a)[i] == in->b[i]) {
        i++;
    }
    sink += (unsigned)i;
}

/* A random whose confirmation is what came before, but for the last octet; or anything. */
static void make_confirmation(struct input of[2])
{
    fill_all(of);
    (void)crypto->hmac_sha256(crypto->ctx, fresh.confirmation_key, 32, of[0].a, 32, of[0].b);
    of[0].b[31] ^= 1;
}

static void work_confirmation(const struct input *in)
{
    memcpy(session.confirmation[USHER_ROLE_DEVICE], in->b, 32);
    sink += (unsigned)auth_take_random(&session, in->a, 32);
}

/* A point off the curve, refused by who has always the same private key, or any. */
static void make_bad_point(struct input of[2])
{
    fill_all(of);
    for (int class = 0; class < 2; class ++) {
        memcpy(of[class].a, good_key, 64);
        of[class].a[63] ^= (uint8_t)(1 + draw() % 255);
    }
    memset(of[0].b, 0x42, 32);
}

/* One whose X differs from our own at the first octet, or at the last. */
static void make_near_key(struct input of[2])
{
    fill_all(of);
    for (int class = 0; class < 2; class ++) {
        memcpy(of[class].a, session_key(&fresh, USHER_ROLE_PROVISIONER), 32);
        of[class].a[class == 0 ? 0 : 31] ^= (uint8_t)(1 + draw() % 127);
    }
}

static void work_point(const struct input *in)
{
    memcpy(session.private_key, in->b, 32);
    sink += (unsigned)facts_take_key(&session, in->a);
}

static const struct scene scenes[] = {
    { "a comparison that leaves early (the control)", 200000, 8, make_differing, work_leaky, true },
    { "ct_equal: first octet, last octet", 400000, 8, make_differing, work_ct_equal, false },
    { "ct_equal: equal, nothing in common", 400000, 8, make_equal, work_ct_equal, false },
    { "ct_zero: nearly zero, random", 400000, 8, make_zero, work_ct_zero, false },
    { "confirmation: right but for an octet, random", 100000, 1, make_confirmation,
      work_confirmation, false },
    { "bad point refused: one private key, any", 20000, 1, make_bad_point, work_point, false },
    { "key refused: X not ours at one end, the other", 20000, 1, make_near_key, work_point, false },
};

/* -- statistics -------------------------------------------------------------------------------- */

struct moments {
    double n, mean, m2;
};

static void add(struct moments *m, double x)
{
    double d = x - m->mean;

    m->n++;
    m->mean += d / m->n;
    m->m2 += d * (x - m->mean);
}

static double welch(const struct moments m[2])
{
    double spread = m[0].m2 / (m[0].n - 1) / m[0].n + m[1].m2 / (m[1].n - 1) / m[1].n;

    return spread > 0 ? (m[0].mean - m[1].mean) / sqrt(spread) : 0;
}

/* Over the times up to @p most. 0 if one class has too few. */
static double t_below(unsigned samples, double most)
{
    struct moments m[2] = { { .n = 0 }, { .n = 0 } };

    for (unsigned i = 0; i < samples; i++) {
        if (times[i] <= most) {
            add(&m[classes[i]], times[i]);
        }
    }
    return m[0].n < 500 || m[1].n < 500 ? 0 : welch(m);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* The t that is furthest from 0, over all times and over those below each percentile. */
static double t_of(unsigned samples)
{
    double worst = t_below(samples, INFINITY);

    memcpy(sorted, times, samples * sizeof(times[0]));
    qsort(sorted, samples, sizeof(sorted[0]), by_value);
    for (unsigned i = 1; i <= CROPS; i++) {
        double part = 1 - pow(0.5, 10.0 * i / CROPS);
        double t = t_below(samples, sorted[(unsigned)(part * (samples - 1))]);

        worst = fabs(t) > fabs(worst) ? t : worst;
    }
    return worst;
}

/* The input of a class, by the same steps for either. */
static void choose(struct input *in, const struct input of[2], unsigned class)
{
    const uint8_t *x = of[0].a, *y = of[1].a, mask = (uint8_t)(0u - class);
    uint8_t *out = in->a;

    for (size_t i = 0; i < sizeof(in->a); i++) {
        out[i] = (uint8_t)((x[i] & ~mask) | (y[i] & mask));
    }
    x = of[0].b;
    y = of[1].b;
    out = in->b;
    for (size_t i = 0; i < sizeof(in->b); i++) {
        out[i] = (uint8_t)((x[i] & ~mask) | (y[i] & mask));
    }
}

static void measure(const struct scene *s)
{
    struct input of[2], in;

    for (unsigned i = 0; i < s->samples; i++) {
        double from;

        classes[i] = (uint8_t)(draw() >> 40 & 1);
        session = fresh;
        s->make(of);
        choose(&in, of, classes[i]);
        from = now_ns();
        for (unsigned k = 0; k < s->repeat; k++) {
            s->work(&in);
        }
        times[i] = now_ns() - from;
    }
}

/* -- making ------------------------------------------------------------------------------------ */

static bool session_make(void)
{
    struct session_begin begin = { .crypto = crypto, .role = &prov_provisioner };
    uint8_t private_key[USHER_P256_PRIVATE], public_key[USHER_P256_PUBLIC];
    enum usher_err err;

    memset(private_key, 0x24, sizeof(private_key));
    err = crypto->p256_public(crypto->ctx, private_key, good_key);
    memset(private_key, 0x42, sizeof(private_key));
    if (err == USHER_OK) {
        err = crypto->p256_public(crypto->ctx, private_key, public_key);
    }
    fill(begin.random, sizeof(begin.random));
    session_keys_set(&fresh, private_key, public_key);
    session_begin(&fresh, &begin, 0);
    fresh.start.algorithm = USHER_ALG_HMAC;
    fill(fresh.confirmation_key, sizeof(fresh.confirmation_key));
    return err == USHER_OK;
}

/* @retval false  It is not as it should be. */
static bool try_scene(const struct scene *s)
{
    const char *verdict = "no difference seen";
    double t;
    bool seen;

    measure(s);
    t = t_of(s->samples);
    seen = fabs(t) > T_SEEN;
    if (seen) {
        verdict = s->leaks ? "seen, as it should be" : "THE TIME DEPENDS ON THE SECRET";
    } else if (s->leaks) {
        verdict = "NOT SEEN: this machine is too noisy to tell";
    } else if (fabs(t) > T_DOUBTFUL) {
        verdict = "doubtful: run it again on a quiet machine";
    }
    printf("  %-46s t = %8.2f  %s\n", s->name, t, verdict);
    return seen == s->leaks;
}

static bool try_filling(const char *name, const struct usher_crypto *filling, unsigned from)
{
    bool good = true;

    crypto = filling;
    if (crypto == NULL || !session_make()) {
        fprintf(stderr, "bench_timing: the crypto table of %s cannot be had\n", name);
        return false;
    }
    printf("%s:\n", name);
    for (unsigned i = from; i < sizeof(scenes) / sizeof(scenes[0]); i++) {
        good = try_scene(&scenes[i]) && good;
        (void)fflush(stdout);
    }
    return good;
}

int main(void)
{
    const struct usher_crypto *openssl = usher_crypto_openssl_new();
    bool good = try_filling("OpenSSL", openssl, 0);

    good = try_filling("BearSSL", usher_crypto_bearssl(), 4) && good;
    usher_crypto_openssl_free(openssl);
    printf("verdict: %s\n", good ? "no time depends on a secret, as far as this test can see"
                                 : "not passed; see above");
    return good ? 0 : 1;
}
