/*
 * Key-value storage on raw flash; see usher/flashlog.h.
 *
 * A bank begins with its header: a magic number, its generation and a CRC. It is written when all
 * else of a compaction is there, and makes the bank the one in use: of two, the one with the higher
 * generation. Entries follow, of three parts that are written in this order, each padded to whole
 * units:
 *
 *     head  key, length, CRC of these two     length 0: the record is deleted
 *     data
 *     mark  CRC of head and data              commits the entry
 *
 * So when power fails, at most the last entry is not whole, and nothing follows it. It counts for
 * nothing, and the bank is closed, since units there may have been programmed.
 */
#include "io.h"

#include <usher/flashlog.h>

#include <string.h>

#define MAGIC 0x75736C31u /* "usl1" */
#define HEADER_LEN 12u
#define HEAD_LEN 6u
#define MARK_LEN 4u
#define UNIT_MAX 8u
#define CHUNK 32u /* octets read at a time; a multiple of every unit */

struct entry {
    uint32_t at, data, mark, next; /* offsets in the bank */
    uint16_t key, len;
};

/* What is at a place of the log. */
enum found { FOUND_ENTRY, FOUND_END, FOUND_REST /* of a write that power ended */ };

/* The reflected CRC-32 of Ethernet, continued. */
static uint32_t crc32(uint32_t crc, const uint8_t *data, size_t len)
{
    crc = ~crc;
    while (len-- > 0) {
        crc ^= *data++;
        for (unsigned i = 0; i < 8; i++) {
            crc = crc >> 1 ^ (0xEDB88320u & (0u - (crc & 1)));
        }
    }
    return ~crc;
}

/* -- banks ------------------------------------------------------------------------------------- */

static uint32_t padded(const struct usher_flashlog *log, uint32_t len)
{
    uint32_t unit = log->flash->unit;

    return (len + unit - 1) / unit * unit;
}

static uint32_t bank_size(const struct usher_flashlog *log)
{
    return log->flash->sectors / 2u * log->flash->sector_size;
}

static uint32_t log_start(const struct usher_flashlog *log)
{
    return padded(log, HEADER_LEN);
}

static enum usher_err bank_read(const struct usher_flashlog *log, unsigned bank, uint32_t at,
                                void *buf, size_t len)
{
    return log->flash->read(log->flash->ctx, bank * bank_size(log) + at, buf, len);
}

/* Writes len octets and padding. */
static enum usher_err bank_write(const struct usher_flashlog *log, unsigned bank, uint32_t at,
                                 const uint8_t *data, uint32_t len)
{
    const struct usher_flash *f = log->flash;
    uint32_t whole = len / f->unit * f->unit;
    uint32_t to = bank * bank_size(log) + at;
    uint8_t last[UNIT_MAX];
    enum usher_err err = USHER_OK;

    if (whole > 0) {
        err = f->write(f->ctx, to, data, whole);
    }
    if (err == USHER_OK && data != NULL && len > whole) {
        memset(last, 0xFF, sizeof(last));
        memcpy(last, data + whole, len - whole);
        err = f->write(f->ctx, to + whole, last, f->unit);
    }
    return err;
}

static enum usher_err bank_erase(const struct usher_flashlog *log, unsigned bank)
{
    const struct usher_flash *f = log->flash;
    unsigned count = f->sectors / 2u;
    enum usher_err err = USHER_OK;

    for (unsigned i = 0; i < count && err == USHER_OK; i++) {
        err = f->erase(f->ctx, (uint16_t)(bank * count + i));
    }
    return err;
}

/* Whether a bank is erased from here to its end. */
static enum usher_err bank_blank(const struct usher_flashlog *log, unsigned bank, uint32_t at,
                                 bool *blank)
{
    uint8_t chunk[CHUNK];

    *blank = true;
    while (*blank && at < bank_size(log)) {
        uint32_t left = bank_size(log) - at;
        uint32_t len = left < CHUNK ? left : CHUNK;
        enum usher_err err = bank_read(log, bank, at, chunk, len);

        if (err != USHER_OK) {
            return err;
        }
        for (uint32_t i = 0; i < len; i++) {
            *blank = *blank && chunk[i] == 0xFF;
        }
        at += len;
    }
    return USHER_OK;
}

static void header_fields(struct io *io, uint32_t *magic, uint32_t *generation)
{
    io_be32(io, magic);
    io_be32(io, generation);
}

/* The generation of a bank; 0: it holds no log. */
static enum usher_err header_read(const struct usher_flashlog *log, unsigned bank,
                                  uint32_t *generation)
{
    uint8_t buf[HEADER_LEN] = { 0 };
    uint32_t magic = 0, crc = 0;
    struct io io = io_reader(buf, sizeof(buf));
    enum usher_err err = bank_read(log, bank, 0, buf, sizeof(buf));

    if (err != USHER_OK) {
        return err;
    }
    header_fields(&io, &magic, generation);
    io_be32(&io, &crc);
    if (magic != MAGIC || crc != crc32(0, buf, HEADER_LEN - MARK_LEN)) {
        *generation = 0;
    }
    return USHER_OK;
}

static enum usher_err header_write(const struct usher_flashlog *log, unsigned bank,
                                   uint32_t generation)
{
    uint8_t buf[HEADER_LEN];
    uint32_t magic = MAGIC, crc;
    struct io io = io_writer(buf, sizeof(buf));

    header_fields(&io, &magic, &generation);
    crc = crc32(0, buf, HEADER_LEN - MARK_LEN);
    io_be32(&io, &crc);
    return bank_write(log, bank, 0, buf, sizeof(buf));
}

/* -- entries ----------------------------------------------------------------------------------- */

static void entry_place(const struct usher_flashlog *log, struct entry *e)
{
    e->data = e->at + padded(log, HEAD_LEN);
    e->mark = e->data + padded(log, e->len);
    e->next = e->mark + padded(log, MARK_LEN);
}

static void head_fields(struct io *io, struct entry *e, uint16_t *check)
{
    io_be16(io, &e->key);
    io_be16(io, &e->len);
    if (io->out != NULL) {
        *check = (uint16_t)crc32(0, io->out, io_pos(io));
    }
    io_be16(io, check);
}

/* Reads a head. *e has key and length if it is an entry's. */
static enum usher_err entry_read(const struct usher_flashlog *log, uint32_t at, struct entry *e,
                                 enum found *found)
{
    uint8_t buf[HEAD_LEN] = { 0 };
    uint16_t check = 0;
    struct io io = io_reader(buf, sizeof(buf));
    uint8_t blank = 0xFF;
    enum usher_err err;

    *found = FOUND_END;
    if (bank_size(log) - at < padded(log, HEAD_LEN)) {
        return USHER_OK;
    }
    err = bank_read(log, log->bank, at, buf, sizeof(buf));
    if (err != USHER_OK) {
        return err;
    }
    for (unsigned i = 0; i < sizeof(buf); i++) {
        blank &= buf[i];
    }
    if (blank == 0xFF) {
        return USHER_OK;
    }
    head_fields(&io, e, &check);
    e->at = at;
    *found = FOUND_REST;
    if (check == (uint16_t)crc32(0, buf, HEAD_LEN - 2) && e->len <= USHER_RECORD_MAX) {
        entry_place(log, e);
        *found = e->next <= bank_size(log) ? FOUND_ENTRY : FOUND_REST;
    }
    return USHER_OK;
}

/* The CRC that the mark has to be, over what is on the flash. */
static enum usher_err entry_crc(const struct usher_flashlog *log, const struct entry *e,
                                uint32_t *crc)
{
    uint8_t chunk[CHUNK];
    enum usher_err err = bank_read(log, log->bank, e->at, chunk, HEAD_LEN);

    *crc = crc32(0, chunk, HEAD_LEN);
    for (uint32_t done = 0; err == USHER_OK && done < e->len;) {
        uint32_t len = e->len - done < CHUNK ? e->len - done : CHUNK;

        err = bank_read(log, log->bank, e->data + done, chunk, len);
        *crc = crc32(*crc, chunk, len);
        done += len;
    }
    return err;
}

/* Whether an entry is whole. */
static enum usher_err entry_check(const struct usher_flashlog *log, const struct entry *e,
                                  bool *whole)
{
    uint8_t buf[MARK_LEN] = { 0 };
    uint32_t crc = 0, mark = 0;
    struct io io = io_reader(buf, sizeof(buf));
    enum usher_err err = bank_read(log, log->bank, e->mark, buf, sizeof(buf));

    if (err == USHER_OK) {
        err = entry_crc(log, e, &crc);
    }
    io_be32(&io, &mark);
    *whole = mark == crc;
    return err;
}

/* Writes an entry; its place is made of at and len. */
static enum usher_err entry_write(const struct usher_flashlog *log, unsigned bank, struct entry *e,
                                  const uint8_t *data)
{
    uint8_t head[HEAD_LEN], mark[MARK_LEN];
    uint16_t check = 0;
    struct io head_io = io_writer(head, sizeof(head)), mark_io = io_writer(mark, sizeof(mark));
    uint32_t crc;
    enum usher_err err;

    entry_place(log, e);
    head_fields(&head_io, e, &check);
    crc = crc32(crc32(0, head, sizeof(head)), data, e->len);
    io_be32(&mark_io, &crc);
    err = bank_write(log, bank, e->at, head, sizeof(head));
    if (err == USHER_OK) {
        err = bank_write(log, bank, e->data, data, e->len);
    }
    return err == USHER_OK ? bank_write(log, bank, e->mark, mark, sizeof(mark)) : err;
}

/* The next entry of the log from *at on, which is moved behind it. */
static enum usher_err entry_next(const struct usher_flashlog *log, uint32_t *at, struct entry *e,
                                 bool *more)
{
    enum found found = FOUND_END;
    enum usher_err err = USHER_OK;

    *more = false;
    if (*at < log->end) {
        err = entry_read(log, *at, e, &found);
        if (err == USHER_OK && found != FOUND_ENTRY) {
            err = USHER_E_DATA; /* it was one when the log was opened */
        }
        *more = err == USHER_OK;
    }
    if (*more) {
        *at = e->next;
    }
    return err;
}

/* The last entry of a key from a place on; at is 0 if there is none. */
static enum usher_err entry_last(const struct usher_flashlog *log, uint32_t from, uint16_t key,
                                 struct entry *last)
{
    struct entry e = { 0 };
    bool more = true;
    enum usher_err err = USHER_OK;

    last->at = 0;
    while (err == USHER_OK && more) {
        err = entry_next(log, &from, &e, &more);
        if (err == USHER_OK && more && e.key == key) {
            *last = e;
        }
    }
    return err;
}

/* -- compaction -------------------------------------------------------------------------------- */

/* The next record that counts, other than the one of a key. */
static enum usher_err live_next(const struct usher_flashlog *log, uint32_t *at, uint16_t but,
                                struct entry *e, bool *more)
{
    enum usher_err err = entry_next(log, at, e, more);

    while (err == USHER_OK && *more) {
        struct entry later = { 0 };

        if (e->len > 0 && e->key != but) {
            err = entry_last(log, *at, e->key, &later);
            if (err != USHER_OK || later.at == 0) {
                return err;
            }
        }
        err = entry_next(log, at, e, more);
    }
    return err;
}

/* The octets that the records take which count, other than the one of a key. */
static enum usher_err live_size(const struct usher_flashlog *log, uint16_t but, uint32_t *size)
{
    struct entry e = { 0 };
    uint32_t at = log_start(log);
    bool more = true;
    enum usher_err err = USHER_OK;

    *size = 0;
    while (err == USHER_OK && more) {
        err = live_next(log, &at, but, &e, &more);
        *size += err == USHER_OK && more ? e.next - e.at : 0;
    }
    return err;
}

static enum usher_err copy(const struct usher_flashlog *log, const struct entry *e, uint32_t to)
{
    uint8_t chunk[CHUNK];
    enum usher_err err = USHER_OK;

    for (uint32_t done = 0, size = e->next - e->at; err == USHER_OK && done < size;) {
        uint32_t len = size - done < CHUNK ? size - done : CHUNK;

        err = bank_read(log, log->bank, e->at + done, chunk, len);
        if (err == USHER_OK) {
            err = bank_write(log, log->bank ^ 1u, to + done, chunk, len);
        }
        done += len;
    }
    return err;
}

/* Copies what counts, other than one key, to the erased other bank. */
static enum usher_err copy_live(const struct usher_flashlog *log, uint16_t but, uint32_t *to)
{
    struct entry e = { 0 };
    uint32_t at = log_start(log);
    bool more = true;
    enum usher_err err = USHER_OK;

    while (err == USHER_OK && more) {
        err = live_next(log, &at, but, &e, &more);
        if (err == USHER_OK && more) {
            err = copy(log, &e, *to);
            *to += e.next - e.at;
        }
    }
    return err;
}

/* Goes on in the other bank, with what counts and a new value for a key; of length 0: without it.
 * Until the header is there, the old bank is the one in use. */
static enum usher_err compact(struct usher_flashlog *log, uint16_t key, const uint8_t *data,
                              uint16_t len)
{
    struct entry e = { .key = key, .len = len };
    uint32_t size, to = log_start(log);
    unsigned bank = log->bank ^ 1u;
    enum usher_err err = live_size(log, key, &size);

    entry_place(log, &e);
    if (err == USHER_OK && size + (len > 0 ? e.next : 0) > bank_size(log) - log_start(log)) {
        err = USHER_E_NO_MEM;
    }
    if (err != USHER_OK) {
        return err;
    }
    log->closed = true; /* whatever fails from here on: the other bank may come to count */
    err = bank_erase(log, bank);
    if (err == USHER_OK) {
        err = copy_live(log, key, &to);
    }
    e.at = to;
    if (err == USHER_OK && len > 0) {
        err = entry_write(log, bank, &e, data);
        to = e.next;
    }
    if (err == USHER_OK) {
        err = header_write(log, bank, log->generation + 1);
    }
    if (err == USHER_OK) {
        log->bank = (uint8_t)bank;
        log->generation++;
        log->end = to;
        log->closed = false;
    }
    return err;
}

/* An empty log leaves nothing readable of what it held. */
static enum usher_err scrub(const struct usher_flashlog *log)
{
    bool blank = true;
    enum usher_err err = USHER_OK;

    if (log->end == log_start(log)) {
        err = bank_blank(log, log->bank ^ 1u, 0, &blank);
    }
    return err == USHER_OK && !blank ? bank_erase(log, log->bank ^ 1u) : err;
}

/* -- usher/flashlog.h -------------------------------------------------------------------------- */

/* What follows the end, or a write that was cut, is blank; anything else there is damage. */
static enum usher_err rest_check(const struct usher_flashlog *log, uint32_t from)
{
    bool blank;
    enum usher_err err = bank_blank(log, log->bank, from, &blank);

    return err == USHER_OK && !blank ? USHER_E_DATA : err;
}

/* Walks the bank in use to its end. */
static enum usher_err walk(struct usher_flashlog *log)
{
    struct entry e = { 0 };
    enum found found = FOUND_ENTRY;
    bool whole = true;
    enum usher_err err = USHER_OK;

    for (log->end = log_start(log); err == USHER_OK; log->end = e.next) {
        err = entry_read(log, log->end, &e, &found);
        if (err != USHER_OK || found != FOUND_ENTRY) {
            break;
        }
        err = entry_check(log, &e, &whole);
        if (err == USHER_OK && !whole) {
            log->closed = true;
            return rest_check(log, e.next);
        }
    }
    if (err != USHER_OK) {
        return err;
    }
    log->closed = found == FOUND_REST;
    return rest_check(log, log->end + (log->closed ? padded(log, HEAD_LEN) : 0));
}

static bool flash_fits(const struct usher_flashlog *log)
{
    const struct usher_flash *f = log->flash;
    struct entry longest = { .len = USHER_RECORD_MAX };

    if ((f->unit != 1 && f->unit != 2 && f->unit != 4 && f->unit != 8) || f->sectors < 2 ||
        f->sector_size % f->unit != 0) {
        return false;
    }
    longest.at = log_start(log);
    entry_place(log, &longest);
    return longest.next <= bank_size(log);
}

enum usher_err usher_flashlog_open(struct usher_flashlog *log, const struct usher_flash *flash)
{
    uint32_t generations[2];
    enum usher_err err = USHER_OK;

    *log = (struct usher_flashlog){ .flash = flash };
    if (!flash_fits(log)) {
        return USHER_E_PARAM;
    }
    for (unsigned bank = 0; bank < 2 && err == USHER_OK; bank++) {
        err = header_read(log, bank, &generations[bank]);
    }
    if (err != USHER_OK) {
        return err;
    }
    log->bank = generations[1] > generations[0];
    log->generation = generations[log->bank];
    if (log->generation == 0) { /* the first record makes a log in bank 1 */
        log->end = log_start(log);
        log->closed = true;
        return USHER_OK;
    }
    err = walk(log);
    return err == USHER_OK ? scrub(log) : err;
}

enum usher_err usher_flashlog_get(void *ctx, uint16_t key, uint8_t *buf, size_t size, size_t *len)
{
    struct usher_flashlog *log = ctx;
    struct entry e = { 0 };
    bool whole = false;
    enum usher_err err = entry_last(log, log_start(log), key, &e);

    if (err != USHER_OK) {
        return err;
    }
    if (e.at == 0 || e.len == 0) {
        return USHER_E_NOT_FOUND;
    }
    if (e.len > size) {
        return USHER_E_SIZE;
    }
    err = entry_check(log, &e, &whole);
    if (err == USHER_OK && !whole) {
        err = USHER_E_DATA;
    }
    *len = e.len;
    return err == USHER_OK ? bank_read(log, log->bank, e.data, buf, e.len) : err;
}

/* Appends an entry, and sees whether it can be read. */
static enum usher_err append(struct usher_flashlog *log, struct entry *e, const uint8_t *data)
{
    bool whole = false;
    enum usher_err err = entry_write(log, log->bank, e, data);

    if (err == USHER_OK) {
        err = entry_check(log, e, &whole);
    }
    if (err == USHER_OK && !whole) {
        err = USHER_E_INTERNAL;
    }
    if (err == USHER_OK) {
        log->end = e->next;
    }
    log->closed = err != USHER_OK;
    return err;
}

/* Of length 0: the record is deleted. */
static enum usher_err put(struct usher_flashlog *log, uint16_t key, const uint8_t *data,
                          uint16_t len)
{
    struct entry e = { .at = log->end, .key = key, .len = len };

    entry_place(log, &e);
    return log->closed || e.next > bank_size(log) ? compact(log, key, data, len)
                                                  : append(log, &e, data);
}

enum usher_err usher_flashlog_set(void *ctx, uint16_t key, const uint8_t *buf, size_t len)
{
    return len > 0 && len <= USHER_RECORD_MAX ? put(ctx, key, buf, (uint16_t)len) : USHER_E_SIZE;
}

enum usher_err usher_flashlog_del(void *ctx, uint16_t key)
{
    struct usher_flashlog *log = ctx;
    struct entry e = { 0 };
    uint32_t others;
    enum usher_err err = entry_last(log, log_start(log), key, &e);

    if (err != USHER_OK || e.at == 0 || e.len == 0) {
        return err;
    }
    err = live_size(log, key, &others);
    if (err != USHER_OK) {
        return err;
    }
    if (others > 0) {
        return put(log, key, NULL, 0);
    }
    err = compact(log, key, NULL, 0);
    if (err == USHER_OK) {
        (void)scrub(log); /* the record is gone; what fails here is done when the log is opened */
    }
    return err;
}
