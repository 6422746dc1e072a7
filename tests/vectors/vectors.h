/*
 * Test vectors: reads the JSON files of this directory (README.md has their format) for the tests
 * beside it. Everything here fails the running cmocka test, with the vector's id, rather than
 * return an error.
 */
#ifndef VECTORS_H
#define VECTORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#define OCTETS_MAX 256

/** A field of a vector, out of its hexadecimal form. */
struct octets {
    size_t len;
    uint8_t at[OCTETS_MAX];
};

struct vector {
    const char *id;
    const char *type;
    const json_t *in;
    const json_t *out;
};

/** What a test does with the vectors of one type. */
struct vector_type {
    const char *name;
    unsigned count;                                 /* how many the file has */
    void (*run)(const struct vector *v, void *arg); /* NULL: what they test is not built yet */
};

/**
 * Runs every vector of a file through the row of its type, and says on standard output how many ran
 * and how many, by type, did not. A type without a row and a count that differs from a row's fail
 * the test.
 *
 * @param name  The file's name, without directory.
 */
void vectors_run(const char *name, const struct vector_type *types, size_t n_types, void *arg);

/**
 * A pointer to constant data as the state of a cmocka test or the arg of vectors_run(), which have
 * no const.
 */
void *vectors_state(const void *data);

/** The octets of a hexadecimal input; none where the field is absent or null. */
struct octets vector_in(const struct vector *v, const char *field);

/** The same, of exactly @p len octets, written to @p octets. */
void vector_in_exact(const struct vector *v, const char *field, uint8_t *octets, size_t len);

/** An input that is a number, or hexadecimal with the most significant octet first. */
unsigned vector_number(const struct vector *v, const char *field);

/** An input that is text; it must be there. */
const char *vector_text(const struct vector *v, const char *field);

/** The octets of one string of hexadecimal digits. */
struct octets octets_of_hex(const struct vector *v, const json_t *hex);

/** Fails unless @p octets are the vector's output of that name. */
void vector_expect(const struct vector *v, const char *field, const uint8_t *octets, size_t len);

/** Fails unless @p octets are @p expected; @p what names them in the message. */
void vector_expect_equal(const struct vector *v, const char *what, const struct octets *expected,
                         const uint8_t *octets, size_t len);

/** Fails unless @p ok; @p what says what should have been. */
void vector_check(const struct vector *v, bool ok, const char *what);

#endif
