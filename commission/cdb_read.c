/*
 * From octets to a document that is right; see cdb.h. Before Jansson sees the text, its nesting is
 * measured, and where Jansson gives up, the path of that place is told: "nodes[3].cid".
 */
#include "cdb_find.h"
#include "cdb_format.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define KEY_SHOWN 40

/* -- findings ---------------------------------------------------------------------------------- */

struct cdb_path cdb_path(const char *format, ...)
{
    struct cdb_path path;
    va_list list;
    va_start(list, format);
    vsnprintf(path.text, sizeof path.text, format, list);
    va_end(list);
    return path;
}

/** Replaces what a terminal would obey: C0, DEL, and C1 as UTF-8 has it. */
static void make_harmless(char *text)
{
    for (unsigned char *c = (unsigned char *)text; *c != '\0'; c++) {
        if (*c < 0x20 || *c == 0x7F) {
            *c = '?';
        } else if (*c == 0xC2 && c[1] >= 0x80 && c[1] <= 0x9F) {
            *c++ = '?';
            *c = '?';
        }
    }
}

void cdb_find(struct cdb_findings *findings, const char *path, const char *format, ...)
{
    struct cdb_path where = cdb_path("%s", path);
    char what[CDB_WHAT_MAX];
    va_list list;
    va_start(list, format);
    vsnprintf(what, sizeof what, format, list);
    va_end(list);
    make_harmless(where.text);
    make_harmless(what);
    findings->count++;
    if (findings->found) {
        findings->found(findings->user, where.text, what);
    }
}

bool cdb_enough(const struct cdb_findings *findings)
{
    return findings->count >= CDB_FINDINGS_MAX;
}

/* -- where one is in a text -------------------------------------------------------------------- */

/** An array, or an object with the member that one is in. */
struct nest {
    bool array;
    size_t item;     /* of an array */
    const char *key; /* of an object, as it is written */
    size_t key_len;  /* 0: none yet */
};

struct scan {
    struct nest nests[CDB_NESTING_MAX];
    size_t depth;
    bool key_next; /* the next string is a key */
};

static void scan_open(struct scan *s, bool array)
{
    s->nests[s->depth++] = (struct nest){ .array = array };
    s->key_next = !array;
}

/** One octet that is not within a string. */
static void scan_mark(struct scan *s, char c)
{
    struct nest *top = s->depth > 0 ? &s->nests[s->depth - 1] : NULL;
    if (c == '{' || c == '[') {
        scan_open(s, c == '[');
    } else if (top && (c == '}' || c == ']')) {
        s->depth--;
        s->key_next = false;
    } else if (top && c == ',') {
        top->item++;
        s->key_next = !top->array;
    } else if (c == ':') {
        s->key_next = false;
    }
}

/** @return The octet behind a string that begins at @p at. */
static size_t scan_string(struct scan *s, const char *text, size_t end, size_t at)
{
    size_t from = ++at;
    while (at < end && text[at] != '"') {
        at += text[at] == '\\' ? 2 : 1;
    }
    at = at < end ? at : end;
    if (s->key_next && s->depth > 0) {
        s->nests[s->depth - 1].key = text + from;
        s->nests[s->depth - 1].key_len = at - from;
    }
    return at + 1;
}

/** Goes on until @p end. @retval false  It is nested too deeply. */
static bool scan_to(struct scan *s, const char *text, size_t end)
{
    for (size_t at = 0; at < end;) {
        if (text[at] == '"') {
            at = scan_string(s, text, end, at);
        } else if (s->depth == CDB_NESTING_MAX && (text[at] == '{' || text[at] == '[')) {
            return false;
        } else {
            scan_mark(s, text[at++]);
        }
    }
    return true;
}

static struct cdb_path scan_path(const struct scan *s)
{
    struct cdb_path path = { .text = "" };
    size_t len = 0;
    for (size_t i = 0; i < s->depth && len + KEY_SHOWN + 2 < sizeof path.text; i++) {
        const struct nest *n = &s->nests[i];
        char *to = path.text + len;
        if (n->array) {
            len += (size_t)snprintf(to, sizeof path.text - len, "[%zu]", n->item);
        } else if (n->key_len > 0) {
            int shown = (int)(n->key_len < KEY_SHOWN ? n->key_len : KEY_SHOWN);
            len += (size_t)snprintf(to, sizeof path.text - len, "%s%.*s", len > 0 ? "." : "", shown,
                                    n->key);
        }
    }
    return path;
}

/* -- reading ----------------------------------------------------------------------------------- */

static json_t *parse(const char *text, size_t len, struct cdb_findings *findings)
{
    struct scan scan = { .depth = 0 };
    json_error_t error;
    if (len > CDB_FILE_MAX) {
        cdb_find(findings, "", "it is longer than %u MB", CDB_FILE_MAX >> 20);
        return NULL;
    }
    if (!scan_to(&scan, text, len)) {
        cdb_find(findings, scan_path(&scan).text, "more than %d objects and lists in each other",
                 CDB_NESTING_MAX);
        return NULL;
    }
    json_t *document = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
    if (!document) {
        size_t at = error.position > 0 ? (size_t)error.position : 0;
        scan = (struct scan){ .depth = 0 };
        scan_to(&scan, text, at < len ? at : len);
        cdb_find(findings, scan_path(&scan).text, "not JSON: line %d, %s", error.line, error.text);
    } else if (!json_is_object(document)) {
        cdb_find(findings, "", "no object { }, which a Configuration Database is");
        json_decref(document);
        document = NULL;
    }
    return document;
}

json_t *cdb_read(const char *text, size_t len, struct cdb_findings *findings)
{
    size_t before = findings->count;
    json_t *document = parse(text, len, findings);
    if (document) {
        cdb_modernise(document);
        cdb_form(document, findings);
    }
    if (document && findings->count == before) {
        cdb_check(document, findings);
    }
    if (findings->count != before) {
        json_decref(document);
        document = NULL;
    }
    return document;
}
