/*
 * Reads the payloads of QR codes; see oob_qr.h. Called by the book of out-of-band values.
 */
#include "oob_qr.h"

#include "parse.h"

#include <jansson.h>
#include <openssl/crypto.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/** A payload that is being read. */
struct payload {
    struct oob_known *known;
    bool has_uuid;
    char *why;
    size_t why_len;
};

__attribute__((format(printf, 2, 3))) static bool refuse(const struct payload *p,
                                                         const char *format, ...)
{
    va_list list;
    va_start(list, format);
    vsnprintf(p->why, p->why_len, format, list);
    va_end(list);
    return false;
}

static bool take_uuid(struct payload *p, const char *value)
{
    if (p->has_uuid) {
        return refuse(p, "there are two UUIDs in it");
    }
    p->has_uuid = true;
    return parse_uuid(value, p->known->uuid)
               ? true
               : refuse(p, "the UUID is not one: it has 32 hexadecimal digits");
}

static bool take_static(struct payload *p, const char *value)
{
    size_t len = sizeof p->known->static_value;
    if (p->known->static_len > 0) {
        return refuse(p, "there are two static values in it");
    }
    if (!parse_hex(value, p->known->static_value, &len)) {
        return refuse(p, "the static value is not one: 1 to 32 octets, in hexadecimal digits");
    }
    p->known->static_len = (uint8_t)len;
    return true;
}

static bool take_public_key(struct payload *p, const char *value)
{
    size_t len = sizeof p->known->public_key;
    if (p->known->has_public_key) {
        return refuse(p, "there are two public keys in it");
    }
    p->known->has_public_key = true;
    return parse_hex(value, p->known->public_key, &len) && len == sizeof p->known->public_key
               ? true
               : refuse(p, "the public key is not one: it has 128 hexadecimal digits");
}

/** Takes a value by its name; other names are passed over. */
static bool take(struct payload *p, const char *name, const char *value)
{
    static const struct {
        const char *name;
        bool (*take)(struct payload *p, const char *value);
    } known[] = { { "uuid", take_uuid },         { "oob", take_static },
                  { "static", take_static },     { "static_oob", take_static },
                  { "pubkey", take_public_key }, { "public_key", take_public_key },
                  { "pk", take_public_key } };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcasecmp(known[i].name, name) == 0) {
            return known[i].take(p, value);
        }
    }
    return true;
}

/** Names and values, one character between them, one of @p behind after each but the last. */
static bool read_pairs(struct payload *p, char *text, char between, const char *behind)
{
    char *rest = NULL;
    for (char *pair = strtok_r(text, behind, &rest); pair; pair = strtok_r(NULL, behind, &rest)) {
        char *value = strchr(pair, between);
        if (!value) {
            continue; /* no name of ours stands alone */
        }
        *value++ = '\0';
        if (!take(p, pair, value)) {
            return false;
        }
    }
    return true;
}

static bool read_uri(struct payload *p, char *text)
{
    static const char scheme[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-.";
    size_t len = strspn(text, scheme);
    if (len == 0 || text[len] != ':') {
        return refuse(p, "it has a \"?\", but does not begin as a URI does");
    }
    text[strcspn(text, "#")] = '\0';
    char *query = strchr(text, '?');
    return query ? read_pairs(p, query + 1, '=', "&")
                 : refuse(p, "the URI has no query (\"?uuid=...\")");
}

static bool read_object(struct payload *p, const char *text)
{
    json_error_t error;
    json_t *value, *json = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    const char *name;
    bool ok = json_is_object(json) ? true : refuse(p, "it is not a JSON object: %.80s", error.text);
    json_object_foreach(json, name, value)
    {
        /* What has no text is none of ours, unless its name is, and then no value is right. */
        ok = ok && take(p, name, json_is_string(value) ? json_string_value(value) : "");
    }
    json_decref(json);
    return ok;
}

static bool read_words(struct payload *p, char *text)
{
    static bool (*const takes[])(struct payload *, const char *) = { take_uuid, take_static,
                                                                     take_public_key };
    char *rest = NULL;
    size_t i = 0;
    for (char *word = strtok_r(text, " \t,", &rest); word; word = strtok_r(NULL, " \t,", &rest)) {
        if (i == sizeof takes / sizeof *takes) {
            return refuse(p, "there is more than a UUID, a static value and a public key");
        }
        if (!takes[i++](p, word)) {
            return false;
        }
    }
    return true;
}

static bool read_payload(struct payload *p, char *text)
{
    if (*text == '{') {
        return read_object(p, text);
    }
    if (strchr(text, '?')) {
        return read_uri(p, text);
    }
    return strchr(text, ':') ? read_pairs(p, text, ':', "; ") : read_words(p, text);
}

bool oob_qr_parse(char *text, struct oob_known *known, char *why, size_t why_len)
{
    struct payload p = { .known = known, .why = why, .why_len = why_len };
    *known = (struct oob_known){ .static_len = 0 };
    if (strlen(text) > OOB_QR_MAX) {
        return refuse(&p, "it is longer than %u characters", OOB_QR_MAX);
    }
    if (!read_payload(&p, text)) {
        return false;
    }
    if (!p.has_uuid) {
        return refuse(&p, "there is no UUID in it; see \"usher help provision\" for what is read");
    }
    return known->static_len > 0 || known->has_public_key
               ? true
               : refuse(&p, "there is neither a static value nor a public key in it");
}
