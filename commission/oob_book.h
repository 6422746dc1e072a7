/*
 * The book of what is known about devices out of band, by UUID: static values and public keys. It
 * is filled from a plan, from CSV files (uuid, static, public_key) and from the QR codes of labels
 * (oob_qr.h). What two of them say of one device is put together, unless it is different.
 *
 * Called by the verb provision.
 */
#ifndef COMMISSION_OOB_BOOK_H
#define COMMISSION_OOB_BOOK_H

#include "batch.h"
#include "problems.h"

#include <usher/usher.h>

#define OOB_BOOK_FILE_MAX (16u << 20) /* octets */

struct oob_known {
    uint8_t uuid[USHER_UUID_SIZE];
    uint8_t static_value[USHER_AUTH_MAX];
    uint8_t static_len; /* 0: not known */
    bool has_public_key;
    uint8_t public_key[USHER_P256_PUBLIC];
};

struct oob_book;

/**
 * Makes an empty one.
 *
 * @param crypto  Checks that public keys are on the curve.
 *
 * @retval NULL  No memory.
 */
struct oob_book *oob_book_new(const struct usher_crypto *crypto);
/** Wipes and releases it. NULL is allowed. */
void oob_book_free(struct oob_book *book);

/**
 * Adds what is known of a device.
 *
 * @param where  Its place, such as "book.csv:3", for later problems.
 *
 * @retval false  The public key is not one, the book has other values for this device, or there is
 *                no memory: @p why tells.
 */
bool oob_book_add(struct oob_book *book, const struct oob_known *known, const char *where,
                  char *why, size_t why_len);
/** Adds the static values of a plan's devices. @retval false  There are problems. */
bool oob_book_batch(struct oob_book *book, const struct batch *batch, struct problems *problems);
/** Adds a CSV file. @retval false  There are problems. */
bool oob_book_csv(struct oob_book *book, const char *path, struct problems *problems);
/** Adds payloads of QR codes, one a line. @retval false  There are problems. */
bool oob_book_qr(struct oob_book *book, const char *path, struct problems *problems);
/** As oob_book_csv() and oob_book_qr(), of a text with a NUL behind it; it is changed. */
bool oob_book_csv_text(struct oob_book *book, const char *path, char *text, size_t len,
                       struct problems *problems);
bool oob_book_qr_text(struct oob_book *book, const char *path, char *text,
                      struct problems *problems);

/** What is known of a device; NULL: nothing. Good until the next one is added. */
const struct oob_known *oob_book_find(const struct oob_book *book,
                                      const uint8_t uuid[USHER_UUID_SIZE]);
/** How many devices it has. */
size_t oob_book_count(const struct oob_book *book);

/**
 * Tells what is weak about the static values (oob_weak.h), and which are those of several devices:
 * a line for each, with the first three devices and how many there are.
 *
 * @param batch  Whose prefixes are looked at as well; NULL: none.
 */
void oob_book_warn(const struct oob_book *book, const struct batch *batch,
                   void (*tell)(void *ctx, const char *text), void *ctx);

#endif
