/*
 * Values of a Configuration Database: hexadecimal digits, UUIDs, times of RFC 3339; see
 * cdb_format.h. Called by all of cdb_*.c.
 */
#include "cdb_format.h"

#include "parse.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool cdb_is_hex(const char *text, size_t digits)
{
    uint8_t octets[16];
    size_t len = sizeof octets;
    return parse_hex(text, octets, &len) && 2 * len == digits;
}

uint32_t cdb_hex(const json_t *string)
{
    const char *text = json_string_value(string);
    return text ? (uint32_t)strtoul(text, NULL, 16) : 0;
}

void cdb_octets(const json_t *string, uint8_t octets[16])
{
    const char *text = json_string_value(string);
    size_t len = 16;
    if (text && !parse_uuid(text, octets)) {
        parse_hex(text, octets, &len);
    }
}

/* -- times ------------------------------------------------------------------------------------- */

/** Days since 1970-01-01 of the Gregorian calendar. */
static long long days_of(int year, int month, int day)
{
    int y = month <= 2 ? year - 1 : year;
    int m = month <= 2 ? month + 9 : month - 3; /* from March: the day that leaps is the last one */
    return 365LL * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}

static int days_in(int year, int month)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : days[month - 1];
}

/** Reads numbers as @p form says: '0' is a digit, of as many numbers as there are groups. */
static const char *numbers(const char *text, const char *form, int *number)
{
    for (; *form != '\0'; form++, text++) {
        if (*form != '0') {
            if (*text != *form) {
                return NULL;
            }
            *++number = 0;
        } else if (*text < '0' || *text > '9') {
            return NULL;
        } else {
            *number = *number * 10 + (*text - '0');
        }
    }
    return text;
}

/** Reads "Z" or "+01:00" as seconds. */
static bool zone(const char *text, int *seconds)
{
    int n[2] = { 0 };
    *seconds = 0;
    if (strcmp(text, "Z") == 0 || strcmp(text, "z") == 0) {
        return true;
    }
    const char *end = *text == '+' || *text == '-' ? numbers(text + 1, "00:00", n) : NULL;
    if (!end || *end != '\0' || n[0] > 23 || n[1] > 59) {
        return false;
    }
    *seconds = (n[0] * 60 + n[1]) * (*text == '-' ? -60 : 60);
    return true;
}

bool cdb_time(const char *text, time_t *time)
{
    int date[3] = { 0 }, clock[3] = { 0 }, offset;
    text = numbers(text, "0000-00-00", date);
    if (!text || (*text != 'T' && *text != 't' && *text != ' ')) {
        return false;
    }
    text = numbers(text + 1, "00:00:00", clock);
    if (!text || date[1] < 1 || date[1] > 12 || date[2] < 1 ||
        date[2] > days_in(date[0], date[1]) || clock[0] > 23 || clock[1] > 59 || clock[2] > 60) {
        return false;
    }
    if (*text == '.') {
        size_t fraction = strspn(text + 1, "0123456789");
        text += fraction + 1;
        if (fraction == 0) {
            return false;
        }
    }
    if (!zone(text, &offset)) {
        return false;
    }
    *time = (time_t)(days_of(date[0], date[1], date[2]) * 86400 + clock[0] * 3600 + clock[1] * 60 +
                     clock[2] - offset);
    return true;
}

json_t *cdb_time_json(time_t time)
{
    char text[80];
    struct tm tm;
    if (!gmtime_r(&time, &tm) || tm.tm_year < -1900 || tm.tm_year > 9999 - 1900) {
        return json_string("1970-01-01T00:00:00Z");
    }
    snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02dZ", tm.tm_year + 1900, tm.tm_mon + 1,
             tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
    return json_string(text);
}

/* -- making ------------------------------------------------------------------------------------ */

void cdb_upper(char *text)
{
    for (; *text != '\0'; text++) {
        *text = (char)toupper((unsigned char)*text);
    }
}

const char *cdb_lower(char *text)
{
    for (char *c = text; *c != '\0'; c++) {
        *c = (char)tolower((unsigned char)*c);
    }
    return text;
}

void cdb_name(const json_t *string, char name[REGISTRY_NAME_MAX + 1])
{
    size_t len = json_string_length(string);
    const char *text = json_string_value(string);
    if (len > REGISTRY_NAME_MAX) { /* not within a character */
        len = REGISTRY_NAME_MAX;
        while ((text[len] & 0xC0) == 0x80) {
            len--;
        }
    }
    snprintf(name, REGISTRY_NAME_MAX + 1, "%.*s", (int)len, text ? text : "");
}

json_t *cdb_period_json(json_int_t ms)
{
    static const json_int_t resolutions[] = { 100, 1000, 10000, 600000 };
    for (size_t i = 0; i < 4; i++) {
        json_int_t steps = ms / resolutions[i];
        if (ms >= 0 && ms % resolutions[i] == 0 && steps <= 63) {
            return json_pack("{s:I, s:I}", "numberOfSteps", steps, "resolution", resolutions[i]);
        }
    }
    return NULL;
}

json_t *cdb_octets_json(const uint8_t octets[16])
{
    char text[33];
    format_hex(octets, 16, text);
    cdb_upper(text);
    return json_string(text);
}

json_t *cdb_number_json(unsigned number)
{
    char text[5];
    snprintf(text, sizeof text, "%04X", number & 0xFFFF);
    return json_string(text);
}

json_t *cdb_uuid_json(const uint8_t uuid[16])
{
    char digits[33], text[37];
    format_hex(uuid, 16, digits);
    snprintf(text, sizeof text, "%.8s-%.4s-%.4s-%.4s-%.12s", digits, digits + 8, digits + 12,
             digits + 16, digits + 20);
    cdb_upper(text);
    return json_string(text);
}

void cdb_set(json_t *object, const char *key, json_t *value, bool *ok)
{
    if (json_object_set_new(object, key, value) != 0) {
        *ok = false;
    }
}

void cdb_append(json_t *array, json_t *value, bool *ok)
{
    if (json_array_append_new(array, value) != 0) {
        *ok = false;
    }
}
