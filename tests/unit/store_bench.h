/*
 * Two nodes of one composition and a flash: what the one has written, the other reads. For the
 * tests of src/store, which do without the node's own calls.
 */
#ifndef STORE_BENCH_H
#define STORE_BENCH_H

#include "flash.h"
#include "nodes.h"

#define BENCH_NOW (200 * 3600000ull)

struct bench {
    struct nodes *all;
    struct usher_mesh *writer, *reader;
    struct flash flash;
    struct usher_flashlog log;
    struct usher_port port;
};

/** For cmocka: *state is a struct bench. */
int bench_set_up(void **state);
int bench_tear_down(void **state);

/** Storage as it is found when power comes, and a reader that knows nothing. */
void bench_reopen(struct bench *b);

/**
 * Gives the writer something of everything: subnets in every phase, AppKeys with and without a new
 * key, configured models, other settings than the defaults, a full replay list. All is dirty.
 */
void bench_fill(struct bench *b, uint64_t seed);
/** Makes the writer a new node with one subnet and nothing else. */
void bench_fill_little(struct bench *b);
/** The IV state of bench_fill(): an update in progress for 95 h, a recovery 150 h ago. */
void bench_fill_iv(struct bench *b);

/** Writes all of the writer that is dirty. */
void bench_write(struct bench *b);
/** Starts the reader. */
enum usher_err bench_read(struct bench *b);

/** Fails the test if one of the acts of keys.h was not a success. */
void bench_success(enum usher_status status);
void bench_same_keys(const struct usher_keys *a, const struct usher_keys *b);
void bench_same_node(const struct usher_mesh *a, const struct usher_mesh *b);

#endif
