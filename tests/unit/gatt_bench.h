/*
 * One GATT link whose peer is written by hand, for the tests of l2cap.c, of the server and of the
 * client: PDUs go in and come out as hexadecimal digits, least significant octet first as they are
 * on the air. Blanks are for the reader.
 */
#ifndef GATT_BENCH_H
#define GATT_BENCH_H

#include "gatt_link.h"

struct gatt_bench {
    struct gatt_database database;
    struct gatt_link link;
    uint8_t guard[32]; /* behind the link; stays what it is */
    uint64_t now;
    struct gatt_event_data data; /* of the last event */
};

#define BENCH_OCTETS 600 /* of the longest PDU that is written */

/** A link as a server, whose Device Name is "Lamp". */
void bench_serve(struct gatt_bench *b, enum usher_gatt_service service, uint16_t mtu);
/** ... a server of the Provisioning Service with the largest MTU; and one that is subscribed to. */
void bench_serve_provisioning(struct gatt_bench *b);
void bench_serve_open(struct gatt_bench *b);
/** Its client subscribes. */
void bench_subscribe(struct gatt_bench *b);
/** A link as a client. The database has no service. */
void bench_find(struct gatt_bench *b, enum usher_gatt_service service, uint16_t mtu);

/** Octets of hexadecimal digits. @return how many */
size_t bench_hex(const char *hex, uint8_t octets[BENCH_OCTETS]);

/** One fragment, from an allocation of exactly its size. */
void bench_fragment(struct gatt_bench *b, bool first, const uint8_t *octets, size_t len);
/** A frame in one fragment. */
void bench_rx_on(struct gatt_bench *b, uint16_t cid, const char *hex);
/** ... on the ATT channel. */
void bench_rx(struct gatt_bench *b, const char *hex);
/** ... a PDU of @p len octets that begins with some: the rest is 0x5A. */
void bench_rx_long(struct gatt_bench *b, const char *hex, size_t len);

/** The next frame is this one. */
void bench_expect_on(struct gatt_bench *b, uint16_t cid, const char *hex);
void bench_expect(struct gatt_bench *b, const char *hex);
/** No frame. */
void bench_expect_none(struct gatt_bench *b);
/** A request, and its answer; nothing else is sent or told. */
void bench_answers(struct gatt_bench *b, const char *request, const char *answer);

enum gatt_event bench_poll(struct gatt_bench *b);
/** What there is to tell is this, and nothing more. */
void bench_tells(struct gatt_bench *b, enum gatt_event event);
/** The link has failed, and says why. */
void bench_failed(struct gatt_bench *b, const char *why);
/** The value that came is this one, and nothing else is told. */
void bench_got(struct gatt_bench *b, const char *hex);

#endif
