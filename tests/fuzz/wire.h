/*
 * A port in virtual time for one or two instances, with nothing random in it but the numbers that
 * the port gives: what becomes of an advertisement is for the target to decide, which is told of
 * each and puts on the wire what the other end is to hear.
 *
 * Checks what an instance owes its port: slots that are free, advertisements that are sound, and
 * time that goes on.
 */
#ifndef WIRE_H
#define WIRE_H

#include "rng.h"

#include <usher/usher.h>

#define WIRE_PACKETS 64 /* under way at once; more are lost */
#define WIRE_JOBS 4     /* ECDH at once */

struct wire;

struct wire_end {
    struct usher node;
    struct usher_port port;
    /* private */
    struct wire *wire;
    unsigned index;
    uint64_t wake;
    uint64_t done[USHER_ADV_SLOTS]; /* when the slot is free again; USHER_NEVER: it is */
    uint16_t ecdh_ms;
    struct wire_job {
        uint64_t at; /* USHER_NEVER: none */
        uint32_t token;
        uint8_t private_key[USHER_P256_PRIVATE];
        uint8_t peer[USHER_P256_PUBLIC];
    } jobs[WIRE_JOBS];
    struct rng rng;
};

struct wire_packet {
    uint64_t at;
    uint8_t to;
    uint8_t type; /* enum usher_adv_type */
    uint8_t len;
    uint8_t data[USHER_AD_MAX];
};

/** An instance sends. To be answered by wire_put() only: it is called from within the instance. */
typedef void (*wire_sent)(void *ctx, unsigned from, const struct usher_adv *adv);

struct wire {
    uint64_t now; /* ms */
    struct wire_end end[2];
    /* private */
    wire_sent sent;
    void *ctx;
    struct wire_packet packets[WIRE_PACKETS];
    unsigned count;
    unsigned steps; /* within this millisecond */
};

void wire_init(struct wire *w, wire_sent sent, void *ctx);
/**
 * Makes, or makes anew, the instance of an end.
 *
 * @param ecdh_ms  0: it computes in place; otherwise it is answered after so long.
 */
void wire_join(struct wire *w, unsigned end, const struct usher_config *config, uint8_t adv_slots,
               uint16_t ecdh_ms);
/** Ends it. */
void wire_leave(struct wire *w, unsigned end);
/** Lets @p to hear @p len octets after @p delay ms. */
void wire_put(struct wire *w, unsigned to, unsigned delay, const uint8_t *data, uint8_t len);
/** When something happens next. */
uint64_t wire_next(const struct wire *w);
/** Goes on to @p now, which is not after wire_next(), and lets happen what is due. */
void wire_run(struct wire *w, uint64_t now);

#endif
