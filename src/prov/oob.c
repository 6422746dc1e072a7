/* AuthValues by method and action (Mesh Protocol 1.1, section 5.4.2.4, tables 5.33 to 5.36). */
#include "oob.h"

#include <assert.h>
#include <string.h>

static const char alphabet[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

bool oob_is_text(const struct usher_start *start)
{
    return (start->method == USHER_OOB_OUTPUT && start->action == USHER_OUTPUT_ALPHANUMERIC) ||
           (start->method == USHER_OOB_INPUT && start->action == USHER_INPUT_ALPHANUMERIC);
}

/* Blinks, beeps, pushes and the like are counted: zero of them cannot be told from none yet. */
static bool is_count(const struct usher_start *start)
{
    return start->method == USHER_OOB_OUTPUT ? start->action <= USHER_OUTPUT_VIBRATE
                                             : start->action <= USHER_INPUT_TWIST;
}

uint32_t oob_limit(uint8_t size)
{
    uint32_t limit = 1;

    for (uint8_t i = 0; i < size && i < USHER_OOB_SIZE_MAX; i++) {
        limit *= 10;
    }
    return limit;
}

void oob_place_number(uint8_t *auth, size_t auth_len, uint32_t number)
{
    memset(auth, 0, auth_len);
    for (size_t i = 0; i < 4; i++) {
        auth[auth_len - 1 - i] = (uint8_t)(number >> 8 * i);
    }
}

void oob_place_octets(uint8_t *auth, size_t auth_len, const uint8_t *octets, size_t len)
{
    memset(auth, 0, auth_len);
    memcpy(auth, octets, len < auth_len ? len : auth_len);
}

/* Eight octets, as one number, modulo @p m, which is below 2^28: four bits at a time, since many a
 * machine has no division of 64 bits. */
static uint32_t entropy_mod(const uint8_t *entropy, uint32_t m)
{
    uint32_t v = 0;

    for (size_t i = 0; i < 16; i++) {
        v = (v << 4 | (entropy[i / 2] >> (i % 2 == 0 ? 4 : 0) & 15u)) % m;
    }
    return v;
}

void oob_generate(const struct usher_start *start, const uint8_t entropy[32], uint8_t *auth,
                  size_t auth_len, struct oob_value *value)
{
    uint8_t size = start->size;

    assert(size >= 1 && size <= USHER_OOB_SIZE_MAX); /* choose_valid() has seen to it */
    memset(value, 0, sizeof(*value));
    if (oob_is_text(start)) {
        /* Four octets a character: the remainder by 36 favours none by more than one in 10^8. */
        for (uint8_t i = 0; i < size; i++) {
            const uint8_t *e = entropy + 4 * i;
            uint32_t v = (uint32_t)e[0] << 24 | (uint32_t)e[1] << 16 | (uint32_t)e[2] << 8 | e[3];

            value->text[i] = alphabet[v % (sizeof(alphabet) - 1)];
        }
        oob_place_octets(auth, auth_len, (const uint8_t *)value->text, size);
        return;
    }
    if (is_count(start)) {
        value->number = 1 + entropy_mod(entropy, oob_limit(size) - 1);
    } else {
        value->number = entropy_mod(entropy, oob_limit(size));
    }
    for (uint32_t i = size, n = value->number; i-- > 0; n /= 10) {
        value->text[i] = (char)('0' + n % 10);
    }
    oob_place_number(auth, auth_len, value->number);
}

bool oob_char_ok(char c, bool is_text)
{
    return (c >= '0' && c <= '9') ||
           (is_text && ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')));
}
