/*
 * The book inside: shared by oob_book.c, which fills it, and oob_book_warn.c, which looks for what
 * is weak in it.
 */
#ifndef COMMISSION_OOB_BOOK_PAGE_H
#define COMMISSION_OOB_BOOK_PAGE_H

#include "oob_book.h"

#define OOB_WHERE_MAX 176u

/** What is known of one device. */
struct oob_page {
    struct oob_known known;
    char where[OOB_WHERE_MAX]; /* it came from first */
};

struct oob_book {
    const struct usher_crypto *crypto;
    struct oob_page **pages; /* in the order in which they came */
    size_t count, room;
    void *by_uuid; /* tsearch() tree of them */
};

int oob_page_compare(const void *a, const void *b);

#endif
