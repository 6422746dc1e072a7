/*
 * Reads and writes small values; see parse.h.
 */
#include "parse.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define HEX_MAX 64 /* octets */
#define YEAR_MS (366ull * 24 * 3600 * 1000)

bool parse_time(const char *text, uint64_t *ms)
{
    static const struct {
        const char *unit;
        uint64_t ms;
    } units[] = { { "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 } };
    char *end;
    if (*text < '0' || *text > '9') {
        return false;
    }
    errno = 0;
    unsigned long long n = strtoull(text, &end, 10);
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (strcmp(end, units[i].unit) == 0 && errno == 0 && n <= YEAR_MS / units[i].ms) {
            *ms = n * units[i].ms;
            return true;
        }
    }
    return false;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool parse_hex(const char *text, uint8_t *out, size_t *len)
{
    size_t digits = strlen(text);
    if (digits == 0 || digits % 2 != 0 || digits / 2 > *len) {
        return false;
    }
    for (size_t i = 0; i < digits / 2; i++) {
        int high = hex_digit(text[2 * i]), low = hex_digit(text[2 * i + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        out[i] = (uint8_t)(high << 4 | low);
    }
    *len = digits / 2;
    return true;
}

bool parse_address(const char *text, uint16_t *address)
{
    uint8_t octets[2];
    size_t len = sizeof octets;
    if (strncmp(text, "0x", 2) == 0) {
        text += 2;
    }
    if (!parse_hex(text, octets, &len) || len != sizeof octets) {
        return false;
    }
    *address = (uint16_t)(octets[0] << 8 | octets[1]);
    return true;
}

bool parse_uuid(const char *text, uint8_t uuid[16])
{
    char digits[33];
    size_t n = 0, len = 16, length = strlen(text);
    if (length != 32 && length != 36) {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        if (length == 36 && (i == 8 || i == 13 || i == 18 || i == 23)) {
            if (text[i] != '-') {
                return false;
            }
        } else {
            digits[n++] = text[i];
        }
    }
    digits[n] = '\0';
    return parse_hex(digits, uuid, &len) && len == 16;
}

bool is_name(const char *text, size_t max)
{
    json_t *json = json_string(text); /* which has to be UTF-8 */
    bool valid = json && strlen(text) <= max;
    const unsigned char *c = (const unsigned char *)text;
    for (; valid && *c != '\0'; c++) {
        bool c1 = *c == 0xC2 && c[1] >= 0x80 && c[1] <= 0x9F;
        valid = *c >= 0x20 && *c != 0x7F && !c1;
    }
    json_decref(json);
    return valid;
}

void format_hex(const uint8_t *octets, size_t len, char *out)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < len; i++) {
        *out++ = digits[octets[i] >> 4];
        *out++ = digits[octets[i] & 15];
    }
    *out = '\0';
}

bool uuid_begins(const uint8_t uuid[16], const char *digits)
{
    char text[33];
    format_hex(uuid, 16, text);
    size_t len = strlen(digits);
    return len <= 32 && strncasecmp(text, digits, len) == 0;
}

json_t *format_hex_json(const uint8_t *octets, size_t len)
{
    char text[2 * HEX_MAX + 1];
    if (len > HEX_MAX) {
        return NULL;
    }
    format_hex(octets, len, text);
    return json_string(text);
}

json_t *format_address_json(unsigned address)
{
    char text[7];
    snprintf(text, sizeof text, "0x%04x", address & 0xFFFF);
    return json_string(text);
}
