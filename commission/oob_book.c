/*
 * The book of out-of-band values; see oob_book.h.
 */
#include "oob_book.h"

#include "csv.h"
#include "oob_book_page.h"
#include "oob_qr.h"
#include "parse.h"
#include "state_file.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum column { COLUMN_UUID, COLUMN_STATIC, COLUMN_PUBLIC_KEY, COLUMNS };
static const char *const names[COLUMNS + 1] = { "uuid", "static", "public_key", NULL };

/** A text that is being read into a book. */
struct reader {
    struct oob_book *book;
    const char *path;
    struct problems *problems;
};

struct oob_book *oob_book_new(const struct usher_crypto *crypto)
{
    struct oob_book *book = calloc(1, sizeof *book);
    if (book) {
        book->crypto = crypto;
    }
    return book;
}

void oob_book_free(struct oob_book *book)
{
    if (!book) {
        return;
    }
    for (size_t i = 0; i < book->count; i++) {
        struct oob_page *page = book->pages[i];
        (void)tdelete(page, &book->by_uuid, oob_page_compare);
        OPENSSL_cleanse(page, sizeof *page);
        free(page);
    }
    free(book->pages);
    free(book);
}

int oob_page_compare(const void *a, const void *b)
{
    const struct oob_page *left = a, *right = b;
    return memcmp(left->known.uuid, right->known.uuid, USHER_UUID_SIZE);
}

static struct oob_page *page_find(const struct oob_book *book, const uint8_t uuid[USHER_UUID_SIZE])
{
    struct oob_page key;
    memcpy(key.known.uuid, uuid, USHER_UUID_SIZE);
    struct oob_page **place = tfind(&key, &book->by_uuid, oob_page_compare);
    return place ? *place : NULL;
}

const struct oob_known *oob_book_find(const struct oob_book *book,
                                      const uint8_t uuid[USHER_UUID_SIZE])
{
    const struct oob_page *page = page_find(book, uuid);
    return page ? &page->known : NULL;
}

size_t oob_book_count(const struct oob_book *book)
{
    return book->count;
}

static struct oob_page *page_make(struct oob_book *book, const uint8_t uuid[USHER_UUID_SIZE],
                                  const char *where)
{
    if (book->count == book->room) {
        size_t room = book->room ? 2 * book->room : 64;
        struct oob_page **pages = realloc(book->pages, room * sizeof *pages);
        if (!pages) {
            return NULL;
        }
        book->pages = pages;
        book->room = room;
    }
    struct oob_page *page = calloc(1, sizeof *page);
    if (!page) {
        return NULL;
    }
    memcpy(page->known.uuid, uuid, USHER_UUID_SIZE);
    snprintf(page->where, sizeof page->where, "%s", where);
    if (!tsearch(page, &book->by_uuid, oob_page_compare)) {
        free(page);
        return NULL;
    }
    book->pages[book->count++] = page;
    return page;
}

/** Whether what both know is the same. */
static bool agree(const struct oob_known *a, const struct oob_known *b)
{
    return (a->static_len == 0 || b->static_len == 0 ||
            (a->static_len == b->static_len &&
             CRYPTO_memcmp(a->static_value, b->static_value, a->static_len) == 0)) &&
           (!a->has_public_key || !b->has_public_key ||
            memcmp(a->public_key, b->public_key, sizeof a->public_key) == 0);
}

bool oob_book_add(struct oob_book *book, const struct oob_known *known, const char *where,
                  char *why, size_t why_len)
{
    struct oob_page *page = page_find(book, known->uuid);
    if (known->has_public_key &&
        book->crypto->p256_check(book->crypto->ctx, known->public_key) != USHER_OK) {
        snprintf(why, why_len, "the public key is not a point of the curve P-256");
        return false;
    }
    if (page && !agree(&page->known, known)) {
        snprintf(why, why_len, "it is not what %s says of this device", page->where);
        return false;
    }
    page = page ? page : page_make(book, known->uuid, where);
    if (!page) {
        snprintf(why, why_len, "out of memory");
        return false;
    }
    if (known->static_len > 0) {
        page->known.static_len = known->static_len;
        memcpy(page->known.static_value, known->static_value, known->static_len);
    }
    if (known->has_public_key) {
        page->known.has_public_key = true;
        memcpy(page->known.public_key, known->public_key, sizeof known->public_key);
    }
    return true;
}

bool oob_book_batch(struct oob_book *book, const struct batch *batch, struct problems *problems)
{
    unsigned before = problems->count;
    for (size_t i = 0; i < batch->count; i++) {
        const struct batch_entry *entry = &batch->entries[i];
        char where[OOB_WHERE_MAX], why[OOB_WHERE_MAX + 80], place[BATCH_WHERE_MAX];
        if (!batch_is_whole(entry) || entry->oob.static_len == 0) {
            continue;
        }
        struct oob_known known = { .static_len = (uint8_t)entry->oob.static_len };
        memcpy(known.uuid, entry->uuid, sizeof known.uuid);
        memcpy(known.static_value, entry->oob.static_value, entry->oob.static_len);
        batch_where(batch, entry->line, place);
        snprintf(where, sizeof where, "the plan (%s)", place);
        if (!oob_book_add(book, &known, where, why, sizeof why)) {
            batch_problem(batch, entry->line, "oob", problems, "%s", why);
        }
        OPENSSL_cleanse(&known, sizeof known);
    }
    return problems->count == before;
}

/* Files. */

/** Adds a line of a file, or tells why not. */
static void line_add(const struct reader *r, unsigned line, const struct oob_known *known)
{
    char where[OOB_WHERE_MAX], why[OOB_WHERE_MAX + 80];
    snprintf(where, sizeof where, "%.150s:%u", r->path, line);
    if (!oob_book_add(r->book, known, where, why, sizeof why)) {
        problems_add(r->problems, "%s: %s", where, why);
    }
}

/** Reads the values of a line. @retval false  @p why tells. */
static bool values_read(char *const *values, struct oob_known *known, const char **why)
{
    size_t static_len = sizeof known->static_value, key_len = sizeof known->public_key;
    if (!values[COLUMN_UUID] || !parse_uuid(values[COLUMN_UUID], known->uuid)) {
        *why = "uuid: it has 32 hexadecimal digits";
    } else if (!values[COLUMN_STATIC] && !values[COLUMN_PUBLIC_KEY]) {
        *why = "static: there is neither a static value nor a public key";
    } else if (values[COLUMN_STATIC] &&
               !parse_hex(values[COLUMN_STATIC], known->static_value, &static_len)) {
        *why = "static: it has 1 to 32 octets, in hexadecimal digits";
    } else if (values[COLUMN_PUBLIC_KEY] &&
               (!parse_hex(values[COLUMN_PUBLIC_KEY], known->public_key, &key_len) ||
                key_len != sizeof known->public_key)) {
        *why = "public_key: it has 128 hexadecimal digits";
    } else {
        known->static_len = values[COLUMN_STATIC] ? (uint8_t)static_len : 0;
        known->has_public_key = values[COLUMN_PUBLIC_KEY] != NULL;
        return true;
    }
    return false;
}

static void take_record(void *ctx, unsigned line, char *const *values)
{
    const struct reader *r = ctx;
    struct oob_known known = { .static_len = 0 };
    const char *why = NULL;
    if (values_read(values, &known, &why)) {
        line_add(r, line, &known);
    } else {
        problems_add(r->problems, "%.150s:%u: %s", r->path, line, why);
    }
    OPENSSL_cleanse(&known, sizeof known);
}

bool oob_book_csv_text(struct oob_book *book, const char *path, char *text, size_t len,
                       struct problems *problems)
{
    struct reader r = { book, path, problems };
    unsigned before = problems->count;
    csv_read(text, len, names, path, problems, take_record, &r);
    return problems->count == before;
}

bool oob_book_qr_text(struct oob_book *book, const char *path, char *text,
                      struct problems *problems)
{
    struct reader r = { book, path, problems };
    unsigned before = problems->count;
    struct oob_known known;
    char why[160];
    for (unsigned line = 1; *text; line++) {
        size_t len = strcspn(text, "\n");
        char *next = text + len + (text[len] == '\n');
        while (len > 0 && strchr(" \t\r", text[len - 1])) {
            len--;
        }
        text[len] = '\0';
        text += strspn(text, " \t");
        if (*text && oob_qr_parse(text, &known, why, sizeof why)) {
            line_add(&r, line, &known);
        } else if (*text) {
            problems_add(problems, "%.150s:%u: %s", path, line, why);
        }
        text = next;
    }
    OPENSSL_cleanse(&known, sizeof known);
    return problems->count == before;
}

/** Reads a file. @retval NULL  It could not be, and that is told. */
static char *file_read(const char *path, size_t *len, struct problems *problems)
{
    uint8_t *text;
    if (!state_file_read(path, OOB_BOOK_FILE_MAX, &text, len)) {
        problems_add(problems, "%.150s: %s", path, strerror(errno));
        return NULL;
    }
    return (char *)text;
}

static void file_done(char *text, size_t len)
{
    OPENSSL_cleanse(text, len);
    free(text);
}

bool oob_book_csv(struct oob_book *book, const char *path, struct problems *problems)
{
    size_t len;
    char *text = file_read(path, &len, problems);
    bool ok = text && oob_book_csv_text(book, path, text, len, problems);
    if (text) {
        file_done(text, len);
    }
    return ok;
}

bool oob_book_qr(struct oob_book *book, const char *path, struct problems *problems)
{
    size_t len;
    char *text = file_read(path, &len, problems);
    bool ok = text && strlen(text) == len;
    if (text && !ok) {
        problems_add(problems, "%.150s: there is a NUL character in it: it is not text", path);
    }
    ok = ok && oob_book_qr_text(book, path, text, problems);
    if (text) {
        file_done(text, len);
    }
    return ok;
}
