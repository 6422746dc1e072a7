/*
 * Warns of what is weak in a book; see oob_book.h.
 */
#include "oob_book_page.h"
#include "oob_weak.h"
#include "parse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAMED 3u /* devices that a warning names */

/** A warning that grows: devices of which the same is to be said. */
struct group {
    unsigned count;
    char devices[NAMED * (2 * USHER_UUID_SIZE + 2) + 1];
};

static void group_add(struct group *g, const struct oob_known *known)
{
    size_t used = strlen(g->devices);
    if (g->count++ < NAMED) {
        size_t comma = used > 0 ? 2 : 0;
        memcpy(g->devices + used, ", ", comma);
        format_hex(known->uuid, USHER_UUID_SIZE, g->devices + used + comma);
    }
}

static void group_tell(const struct group *g, const char *what,
                       void (*tell)(void *ctx, const char *text), void *ctx)
{
    char text[300], more[40] = "";
    if (g->count > NAMED) {
        snprintf(more, sizeof more, " and %u more", g->count - NAMED);
    }
    snprintf(text, sizeof text, "%u device%s: %s: %s%s", g->count, g->count == 1 ? "" : "s", what,
             g->devices, more);
    tell(ctx, text);
}

static int compare_values(const void *a, const void *b)
{
    const struct oob_page *left = *(struct oob_page *const *)a;
    const struct oob_page *right = *(struct oob_page *const *)b;
    int order = left->known.static_len - right->known.static_len;
    if (order == 0) {
        order = memcmp(left->known.static_value, right->known.static_value, left->known.static_len);
    }
    return order != 0 ? order : oob_page_compare(left, right);
}

static bool same_value(const struct oob_page *a, const struct oob_page *b)
{
    return a->known.static_len == b->known.static_len &&
           memcmp(a->known.static_value, b->known.static_value, a->known.static_len) == 0;
}

/** Tells values that several devices have. */
static void warn_shared(struct oob_page **pages, size_t count,
                        void (*tell)(void *ctx, const char *text), void *ctx)
{
    qsort(pages, count, sizeof(struct oob_page *), compare_values);
    for (size_t i = 0, next; i < count; i = next) {
        struct group g = { .count = 0 };
        for (next = i; next < count && same_value(pages[i], pages[next]); next++) {
            group_add(&g, &pages[next]->known);
        }
        if (g.count > 1) {
            group_tell(&g,
                       "one static value for all of them, so that who has one device knows that "
                       "of the others",
                       tell, ctx);
        }
    }
}

/** Tells prefixes of a plan that have a static value: it is that of all their devices. */
static void warn_prefixes(const struct batch *batch, void (*tell)(void *ctx, const char *text),
                          void *ctx)
{
    for (size_t i = 0; i < batch->count; i++) {
        const struct batch_entry *entry = &batch->entries[i];
        char text[200], uuid[BATCH_UUID_TEXT];
        if (!batch_is_whole(entry) && entry->oob.static_len > 0) {
            batch_uuid(entry, uuid);
            snprintf(text, sizeof text,
                     "%s: one static value for all of them, so that who has one device knows "
                     "that of the others",
                     uuid);
            tell(ctx, text);
        }
    }
}

void oob_book_warn(const struct oob_book *book, const struct batch *batch,
                   void (*tell)(void *ctx, const char *text), void *ctx)
{
    struct group groups[OOB_WEAKNESSES] = { { .count = 0 } };
    struct oob_page **pages = calloc(book->count + 1, sizeof *pages);
    size_t count = 0;
    for (size_t i = 0; i < book->count; i++) {
        struct oob_page *page = book->pages[i];
        const struct oob_known *known = &page->known;
        if (known->static_len == 0) {
            continue;
        }
        group_add(&groups[oob_weak(known->uuid, known->static_value, known->static_len)], known);
        if (pages) {
            pages[count++] = page;
        }
    }
    for (int i = OOB_STRONG + 1; i < OOB_WEAKNESSES; i++) {
        if (groups[i].count > 0) {
            group_tell(&groups[i], oob_weak_text((enum oob_weakness)i), tell, ctx);
        }
    }
    if (pages) {
        warn_shared(pages, count, tell, ctx);
        free(pages);
    }
    if (batch) {
        warn_prefixes(batch, tell, ctx);
    }
}
