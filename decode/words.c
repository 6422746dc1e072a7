/* Text and JSON side by side; see words.h. */
#include "words.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define HEX_MAX 400u /* octets: more than any message has */

void words_say(struct words *w, const char *format, ...)
{
    va_list list;
    size_t room = sizeof(w->text) - w->len;
    int n;

    va_start(list, format);
    n = vsnprintf(w->text + w->len, room, format, list);
    va_end(list);
    if (n > 0) {
        w->len += (size_t)n < room ? (size_t)n : room - 1;
    }
}

void words_say_hex(struct words *w, const uint8_t *octets, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        words_say(w, "%02x", octets[i]);
    }
}

void words_say_bits(struct words *w, uint16_t bits, const char *const *names, unsigned count)
{
    const char *between = "";

    for (unsigned i = 0; i < 16; i++) {
        if ((bits >> i & 1) == 0) {
            continue;
        }
        if (i < count) {
            words_say(w, "%s%s", between, names[i]);
        } else {
            words_say(w, "%sbit %u", between, i);
        }
        between = ", ";
    }
    if (bits == 0) {
        words_say(w, "none");
    }
}

void words_text(struct words *w, const char *member, const char *text)
{
    json_object_set_new(w->members, member, json_string(text));
}

void words_number(struct words *w, const char *member, long long number)
{
    json_object_set_new(w->members, member, json_integer(number));
}

void words_truth(struct words *w, const char *member, bool truth)
{
    json_object_set_new(w->members, member, json_boolean(truth));
}

void words_address(struct words *w, const char *member, uint16_t address)
{
    char text[7];

    snprintf(text, sizeof(text), "0x%04x", address);
    words_text(w, member, text);
}

void words_hex(struct words *w, const char *member, const uint8_t *octets, size_t len)
{
    char text[2 * HEX_MAX + 1] = "";

    for (size_t i = 0; i < len && i < HEX_MAX; i++) {
        snprintf(text + 2 * i, 3, "%02x", octets[i]);
    }
    words_text(w, member, text);
}
