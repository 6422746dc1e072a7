/*
 * Finds weak out-of-band values; see oob_weak.h. Called by the book of out-of-band values, and by
 * report.c for the devices that were provisioned so.
 */
#include "oob_weak.h"

#include "parse.h"

#include <openssl/crypto.h>
#include <string.h>

#define SHORTEST 8u
#define PART_MIN 4u /* octets that are in the UUID by more than chance */

const char *oob_weak_text(enum oob_weakness weakness)
{
    static const char *const texts[OOB_WEAKNESSES] = {
        [OOB_ZERO] = "the static value is all zero",
        [OOB_OF_UUID] = "the static value is made from the UUID, which the device broadcasts",
        [OOB_COUNTING] = "the static value is a sequence that counts",
        [OOB_FEW] = "the static value has few different octets",
        [OOB_DIGITS] = "the static value is ASCII digits alone",
        [OOB_PRINTABLE] = "the static value is text, which is easier to guess than random octets",
        [OOB_SHORT] = "the static value is shorter than 8 octets",
    };
    return texts[weakness];
}

static bool is_zero(const uint8_t *value, size_t len)
{
    uint8_t any = 0;
    for (size_t i = 0; i < len; i++) {
        any |= value[i];
    }
    return any == 0;
}

/** Whether it is @p source over and over, each octet changed by @p change. */
static bool repeats(const uint8_t *value, size_t len, const uint8_t source[USHER_UUID_SIZE],
                    uint8_t change)
{
    for (size_t i = 0; i < len; i++) {
        if (value[i] != (source[i % USHER_UUID_SIZE] ^ change)) {
            return false;
        }
    }
    return true;
}

/** Whether it is a part of the UUID. */
static bool is_part(const uint8_t *value, size_t len, const uint8_t source[USHER_UUID_SIZE])
{
    for (size_t at = 0; len >= PART_MIN && at + len <= USHER_UUID_SIZE; at++) {
        if (memcmp(source + at, value, len) == 0) {
            return true;
        }
    }
    return false;
}

/** Whether it is the UUID's digits as text, or the first of them. */
static bool is_spelled(const uint8_t *value, size_t len, const uint8_t uuid[USHER_UUID_SIZE])
{
    char digits[2 * USHER_UUID_SIZE + 1];
    format_hex(uuid, USHER_UUID_SIZE, digits);
    for (size_t i = 0; i < len; i++) {
        int c = value[i] >= 'A' && value[i] <= 'F' ? value[i] - 'A' + 'a' : value[i];
        if (c != digits[i]) {
            return false;
        }
    }
    return true;
}

static bool is_of_uuid(const uint8_t uuid[USHER_UUID_SIZE], const uint8_t *value, size_t len)
{
    uint8_t reversed[USHER_UUID_SIZE];
    size_t used = len;
    for (size_t i = 0; i < USHER_UUID_SIZE; i++) {
        reversed[i] = uuid[USHER_UUID_SIZE - 1 - i];
    }
    while (used > PART_MIN && value[used - 1] == 0) { /* filled up with zeros */
        used--;
    }
    return repeats(value, len, uuid, 0) || repeats(value, len, reversed, 0) ||
           repeats(value, len, uuid, 0xFF) || is_part(value, used, uuid) ||
           is_part(value, used, reversed) || is_spelled(value, len, uuid);
}

/** Whether all are in a range of characters. */
static bool all_within(const uint8_t *value, size_t len, uint8_t low, uint8_t high)
{
    for (size_t i = 0; i < len; i++) {
        if (value[i] < low || value[i] > high) {
            return false;
        }
    }
    return true;
}

static bool counts(const uint8_t *value, size_t len)
{
    for (size_t i = 2; i < len; i++) {
        if ((uint8_t)(value[i] - value[i - 1]) != (uint8_t)(value[1] - value[0])) {
            return false;
        }
    }
    return len > 2;
}

/** Whether at most half of its octets are different ones: of 16 random ones, 3 in 10^10 are so. */
static bool has_few(const uint8_t *value, size_t len)
{
    uint8_t seen[32] = { 0 }; /* a bit for each octet */
    size_t different = 0;
    for (size_t i = 0; i < len; i++) {
        uint8_t bit = (uint8_t)(1u << value[i] % 8);
        different += (seen[value[i] / 8] & bit) == 0;
        seen[value[i] / 8] |= bit;
    }
    OPENSSL_cleanse(seen, sizeof seen);
    return different * 2 <= len;
}

enum oob_weakness oob_weak(const uint8_t uuid[USHER_UUID_SIZE], const uint8_t *value, size_t len)
{
    if (is_zero(value, len)) {
        return OOB_ZERO;
    }
    if (is_of_uuid(uuid, value, len)) {
        return OOB_OF_UUID;
    }
    if (all_within(value, len, '0', '9')) {
        return OOB_DIGITS;
    }
    if (counts(value, len)) {
        return OOB_COUNTING;
    }
    if (has_few(value, len)) {
        return OOB_FEW;
    }
    if (all_within(value, len, ' ', '~')) {
        return OOB_PRINTABLE;
    }
    return len < SHORTEST ? OOB_SHORT : OOB_STRONG;
}

const char *oob_weak_start(const struct usher_start *start)
{
    bool typed = start->method == USHER_OOB_OUTPUT || start->method == USHER_OOB_INPUT;
    if (typed && start->algorithm == USHER_ALG_CMAC && start->public_key == 0) {
        return "a value of up to 8 digits with the CMAC algorithm can be guessed by an attacker "
               "during the session";
    }
    return NULL;
}
