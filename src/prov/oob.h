/*
 * AuthValues (Mesh Protocol 1.1, section 5.4.2.4): how a number, a text or static information is
 * made, checked and placed in the 16 or 32 octets that the algorithm takes.
 */
#ifndef OOB_H
#define OOB_H

#include <usher/prov.h>

/** Whether the value of this choice is text, rather than a number. */
bool oob_is_text(const struct usher_start *start);

/** 10 to the power of @p size, 0..8: a number of that many digits is below it. */
uint32_t oob_limit(uint8_t size);

/** Places a number: right aligned, zeros in front. */
void oob_place_number(uint8_t *auth, size_t auth_len, uint32_t number);

/** Places octets: left aligned, zeros behind, cut at the end if they are longer. */
void oob_place_octets(uint8_t *auth, size_t auth_len, const uint8_t *octets, size_t len);

/** What to show, made for one attempt. */
struct oob_value {
    uint32_t number;                   /* 0 for text */
    char text[USHER_OOB_SIZE_MAX + 1]; /* what a display shows: size digits or characters */
};

/**
 * Makes the value that this side shows and places it.
 *
 * @param entropy  32 octets, fresh for this attempt.
 */
void oob_generate(const struct usher_start *start, const uint8_t entropy[32], uint8_t *auth,
                  size_t auth_len, struct oob_value *value);

/**
 * Whether a value may have this character: a digit, or, if it is text, a letter. Lower case letters
 * are not the standard's, but bluetooth-meshd shows them, and a user types what is shown.
 */
bool oob_char_ok(char c, bool is_text);

#endif
