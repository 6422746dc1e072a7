/*
 * What a packet is said to be: one line of text and the members of a JSON object, written side by
 * side. Lines that get too long are cut. Called by all that explain.
 */
#ifndef DECODE_WORDS_H
#define DECODE_WORDS_H

#include <usher/types.h>

#include <jansson.h>

#define WORDS_MAX 400u

struct words {
    char text[WORDS_MAX];
    size_t len;
    json_t *members; /* an object */
};

/** Adds to the text. */
__attribute__((format(printf, 2, 3))) void words_say(struct words *w, const char *format, ...);
/** Adds octets to the text, as hexadecimal digits. */
void words_say_hex(struct words *w, const uint8_t *octets, size_t len);
/** Adds what a number's bits stand for to the text: "a, b"; "none". */
void words_say_bits(struct words *w, uint16_t bits, const char *const *names, unsigned count);

void words_text(struct words *w, const char *member, const char *text);
void words_number(struct words *w, const char *member, long long number);
void words_truth(struct words *w, const char *member, bool truth);
/** "0x0001": an address, or what else has four digits. */
void words_address(struct words *w, const char *member, uint16_t address);
void words_hex(struct words *w, const char *member, const uint8_t *octets, size_t len);

#endif
