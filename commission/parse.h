/*
 * Small values as people write them, on the command line and in files: times, octets, addresses and
 * UUIDs. Called by the tool, and by all that reads files here.
 */
#ifndef COMMISSION_PARSE_H
#define COMMISSION_PARSE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * Reads "10s", "500ms", "2m", "1h" as milliseconds. @retval false  Not such a text, or over a
 * year.
 */
bool parse_time(const char *text, uint64_t *ms);

/**
 * Reads hexadecimal octets without separators.
 *
 * @param len  In: room at @p out. Out: octets read.
 *
 * @retval false  An odd number of digits, another character, nothing at all, or more than fits.
 */
bool parse_hex(const char *text, uint8_t *out, size_t *len);

/** Reads an address: four hexadecimal digits, "0x" before them or not. */
bool parse_address(const char *text, uint16_t *address);

/** Reads a UUID of 32 hexadecimal digits, or in the form 8-4-4-4-12. */
bool parse_uuid(const char *text, uint8_t uuid[16]);

/** Whether a UUID begins with these hexadecimal digits (of either case). */
bool uuid_begins(const uint8_t uuid[16], const char *digits);

/** Whether it can be a name: UTF-8 of at most @p max octets that a terminal shows on one line. */
bool is_name(const char *text, size_t max);

/** Writes 2 * @p len hexadecimal digits and a terminator. */
void format_hex(const uint8_t *octets, size_t len, char *out);

/** Octets as hexadecimal digits for JSON; at most 64 octets. NULL: no memory, or too many. */
json_t *format_hex_json(const uint8_t *octets, size_t len);
/** "0x0001" for JSON. NULL: no memory. */
json_t *format_address_json(unsigned address);

#endif
