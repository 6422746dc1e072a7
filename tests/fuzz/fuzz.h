/*
 * What the fuzz targets share: reading decisions off the input, the check that a target fails with,
 * and the crypto table. A target is one file with LLVMFuzzerTestOneInput(); it is linked either to
 * libFuzzer (preset fuzz) or to replay.c, which runs it once over each file of its corpus.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <usher/crypto.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** A finding, in every kind of build: unlike assert(), which a release leaves out. */
#define FUZZ_CHECK(condition)                                                                      \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);                \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

/** The input, eaten from the front. Beyond its end there are zeros. */
struct fuzz_input {
    const uint8_t *data;
    size_t left;
};

static inline uint8_t fuzz_u8(struct fuzz_input *in)
{
    if (in->left == 0) {
        return 0;
    }
    in->left--;
    return *in->data++;
}

static inline uint16_t fuzz_u16(struct fuzz_input *in)
{
    uint8_t high = fuzz_u8(in);

    return (uint16_t)(high << 8 | fuzz_u8(in));
}

/** Up to @p len octets where they are. @return How many there were. */
static inline size_t fuzz_take(struct fuzz_input *in, size_t len, const uint8_t **octets)
{
    size_t n = len < in->left ? len : in->left;

    *octets = in->data;
    in->data += n;
    in->left -= n;
    return n;
}

/** Up to @p len octets copied. */
static inline void fuzz_copy(struct fuzz_input *in, uint8_t *to, size_t len)
{
    const uint8_t *octets;
    size_t n = fuzz_take(in, len, &octets);

    if (n != 0) {
        memcpy(to, octets, n);
    }
}

/**
 * The OpenSSL table with a memory: what it has computed on P-256 once, it answers from a table,
 * which makes a run with the same keys as the last ten times as fast.
 */
const struct usher_crypto *fuzz_crypto(void);

#endif
