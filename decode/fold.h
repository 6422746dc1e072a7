/*
 * Lines that wait for their repeats: a packet that is the same as one of the last ten seconds, from
 * the same sender, is counted there. They are told in the order in which they began. Called by
 * decode.c.
 */
#ifndef DECODE_FOLD_H
#define DECODE_FOLD_H

#include "links.h"

#define FOLD_LINES 4096u /* that wait at once; a power of two */
#define FOLD_KEY 64u     /* octets of a packet that is folded; longer ones are not */

struct fold_line {
    struct decode_line is;
    char from[DECODE_NAME];
    struct words words;
    struct link *link; /* that it belongs to; NULL: none */
    uint8_t key_len;   /* 0: it is not to be folded */
    uint8_t key[FOLD_KEY];
};

struct fold {
    struct fold_line *lines[FOLD_LINES]; /* NULL: not used yet */
    uint32_t newest[FOLD_LINES];         /* by hash of the key: the number of a line, plus 1 */
    uint32_t begin, end;                 /* the lines that wait, by number */
    void (*line)(void *ctx, const struct decode_line *line);
    void *ctx;
};

/** Tells what has waited long enough. */
void fold_pass(struct fold *f, uint64_t at_us);
/** Tells all, and releases the lines. */
void fold_flush(struct fold *f);
/** The line that a packet repeats. @retval NULL  It is new. */
struct fold_line *fold_find(struct fold *f, const char *from, const uint8_t *packet, size_t len);
/**
 * A new line, all zeros but for what fold_find() looks for, with an empty object of words.
 *
 * @param packet  NULL: it is not to be folded.
 *
 * @retval NULL  No memory.
 */
struct fold_line *fold_add(struct fold *f, const char *from, const uint8_t *packet, size_t len);

#endif
