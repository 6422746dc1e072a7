/*
 * Two instances, a provisioner and a device, on ports that the test plays by hand: what one
 * advertises the other hears, unless nothing is to arrive; users answer at once. For the tests of
 * usher.h's calls.
 */
#ifndef NODE_BENCH_H
#define NODE_BENCH_H

#include <usher/usher.h>

#define P USHER_ROLE_PROVISIONER
#define D USHER_ROLE_DEVICE
#define PENDING 8
#define EVENTS (USHER_EVT_PHASE + 1)

enum randomness { GOOD, FAILS, STUCK, ZEROS, ZEROS_ONCE };

/* One side: an instance with a session, and the port that it sees. */
struct side {
    struct bench *bench;
    enum usher_role role;
    struct usher_port port;
    struct usher node;
    struct usher_session session;
    uint64_t wake;
    struct usher_adv pending[PENDING]; /* on the air */
    unsigned pending_count;
    enum randomness randomness;
    uint32_t drawn;
    unsigned scan;
    uint32_t ecdh_token; /* asked for last */
    unsigned ecdh_asked;
    uint8_t ecdh_secret[USHER_P256_SECRET];
    unsigned told[EVENTS];
    uint32_t withhold; /* events (1 << type) that nobody answers */
    uint8_t close_reason, failure;
    void (*in_handler)(struct side *s, const struct usher_event *e);
};

struct bench {
    uint64_t now;
    bool deaf; /* nothing sent arrives */
    struct side side[2];
    struct usher_prov_data data;
};

extern const struct usher_crypto *bench_crypto;
extern const uint8_t bench_uuid[USHER_UUID_SIZE]; /* the device's */
extern const struct usher_start bench_static_oob; /* what the provisioner chooses */

/** Makes and frees the crypto table: a group's setup and teardown. */
int bench_setup(void **state);
int bench_teardown(void **state);

/** What the device can do: all. */
struct usher_caps bench_capabilities(void);
struct bench *bench_new(void);
void bench_free(struct bench *b);

/** Ports' ecdh: it is computed, and told when the test wants; it cannot be done. */
enum usher_err bench_ecdh(void *ctx, uint32_t token, const uint8_t private_key[USHER_P256_PRIVATE],
                          const uint8_t peer[USHER_P256_PUBLIC]);
enum usher_err bench_no_ecdh(void *ctx, uint32_t token,
                             const uint8_t private_key[USHER_P256_PRIVATE],
                             const uint8_t peer[USHER_P256_PUBLIC]);

/** One side hears an advertisement, from an allocation of exactly its length. */
void bench_hear(struct side *s, const uint8_t *ad, uint8_t len);
/** One advertisement is over, and heard. @retval false  There is none. */
bool bench_carry(struct side *from, struct side *to);
/** Lets @p ms pass, or less if nothing is due any more. */
void bench_run(struct bench *b, uint64_t ms);

enum usher_err bench_listen(struct bench *b);
enum usher_err bench_provision(struct bench *b);
/** Both. */
void bench_begin(struct bench *b);
void bench_assert_both_complete(const struct bench *b);

#endif
