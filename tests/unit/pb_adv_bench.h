/*
 * A PB-ADV link (Mesh Protocol 1.1, section 5.3) on a bench: the test is its air, its peer and its
 * clock. Whatever comes in is handed over from an allocation of exactly its length, and behind the
 * link is a guard, so that reading or writing over an end is noticed. For the tests of pb_adv.c,
 * pb_adv_rx.c and pb_adv_client.c.
 */
#ifndef PB_ADV_BENCH_H
#define PB_ADV_BENCH_H

#include "pb_adv.h"

#define LINK_ID 0x12345678u

#define BENCH_SEGMENT 27 /* octets of the longest segment, and more */

struct bench {
    struct usher_pb_adv link;
    uint8_t guard[32];
    uint64_t now;           /* ms */
    struct bearer_input in; /* what came with the last event */
};

/** The device's UUID. */
extern const uint8_t bench_uuid[USHER_UUID_SIZE];

/** Clears a bench: no link, time 0. */
void bench_begin(struct bench *b);
/** A provisioner's link, at 1000 ms, its Link Open sent and answered 40 ms later, which was told.
 */
void bench_open_client(struct bench *b, const struct usher_pb_adv_policy *policy);
/** A device's link, opened at 1000 ms by its peer, which was told; its Link Ack is sent. Both kinds
 * of link have another seed for their jitter each time. */
void bench_open_server(struct bench *b);

/** Hands over @p len octets that arrive now, from the Link ID on. */
void bench_rx(struct bench *b, const uint8_t *data, size_t len);
/** ... with LINK_ID and this transaction number before @p len octets, at most 59, of @p gen, the
 * Generic Provisioning PDU. */
void bench_rx_gen(struct bench *b, uint8_t number, const uint8_t *gen, size_t len);
/** Acknowledges what the link sends, as its peer. */
void bench_ack(struct bench *b, uint8_t number);

/** What the link has to tell now. */
enum bearer_event bench_poll(struct bench *b);
/**
 * The next advertisement, letting time pass until it is due; no timer of the link may run out
 * before.
 * @param number  Its transaction number
 * @param gen     Its Generic Provisioning PDU
 * @return Octets in @p gen, 1 and more
 */
size_t bench_next(struct bench *b, uint8_t *number, uint8_t gen[USHER_AD_MAX]);
/** Lets time pass until the link's timer is due, and lets it run out. @return What is told then. */
enum bearer_event bench_let_time_pass(struct bench *b);

/** Makes the Link Open to a UUID, 17 octets. */
void bench_link_open(uint8_t gen[17], const uint8_t *of);
/** Makes the segments of a PDU of 1..65 octets as a peer would. @return How many, 1..3 */
unsigned bench_segments_of(const uint8_t *pdu, size_t len, uint8_t seg[4][BENCH_SEGMENT],
                           size_t seg_len[4]);
/** Makes a PDU that is another for each length. */
void bench_fill(uint8_t *pdu, size_t len);

/** The link has nothing to tell. */
void assert_quiet(struct bench *b);
/** The link tells of this PDU, and of nothing else. */
void assert_pdu(struct bench *b, const uint8_t *pdu, size_t len);
/** The link acknowledges transaction @p of, after its delay. */
void assert_acknowledged(struct bench *b, uint8_t of);

#endif
