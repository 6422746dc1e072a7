/*
 * The log on raw flash. The input says which records are set and deleted, when power fails in the
 * middle of a write or an erase and comes back, and which bits turn over by themselves.
 *
 * Checked: a record is what was set last; after a power cut each is as before, but for the one that
 * was being changed, which is the old or the new one; no unit is programmed twice. When bits have
 * turned over: a record that is got is one that was set, or it is told to be lost.
 */
#include "flash.h"
#include "fuzz.h"

#include <string.h>

#define SECTOR 1024u
#define SECTORS 2u
#define KEYS 8u

/* A record by its number: each set has another one, which its contents are made of. 0: none. */
struct game {
    struct fuzz_input in;
    struct flash flash;
    struct usher_flashlog log;
    unsigned record[KEYS];
    unsigned newest;
    bool damaged;
};

static size_t fill(unsigned number, uint8_t data[USHER_RECORD_MAX])
{
    size_t len = 1 + number * 7 % 120;

    for (size_t i = 0; i < len; i++) {
        data[i] = (uint8_t)(number >> (i % 3 * 4) ^ i);
    }
    return len;
}

/* Whether a key has the record of this number. */
static bool has(struct game *g, unsigned key, unsigned number)
{
    uint8_t data[USHER_RECORD_MAX], expected[USHER_RECORD_MAX];
    size_t len = 0;
    enum usher_err err = usher_flashlog_get(&g->log, (uint16_t)key, data, sizeof(data), &len);

    if (number == 0) {
        return err == USHER_E_NOT_FOUND;
    }
    return err == USHER_OK && len == fill(number, expected) && memcmp(data, expected, len) == 0;
}

static bool is_one_that_was_set(struct game *g, unsigned key)
{
    bool found = has(g, key, 0);

    for (unsigned number = 1; number <= g->newest && !found; number++) {
        found = has(g, key, number);
    }
    return found;
}

static void check_all(struct game *g)
{
    for (unsigned key = 0; key < KEYS; key++) {
        uint8_t data[USHER_RECORD_MAX];
        size_t len;
        bool lost =
            usher_flashlog_get(&g->log, (uint16_t)key, data, sizeof(data), &len) == USHER_E_DATA;

        if (g->damaged) {
            FUZZ_CHECK(lost || is_one_that_was_set(g, key));
        } else {
            FUZZ_CHECK(has(g, key, g->record[key]));
        }
    }
    FUZZ_CHECK(g->flash.misuses == 0);
}

static void erase_all(struct game *g)
{
    for (uint16_t i = 0; i < SECTORS; i++) {
        FUZZ_CHECK(g->flash.flash.erase(&g->flash, i) == USHER_OK);
    }
    memset(g->record, 0, sizeof(g->record));
    g->damaged = false;
}

/* Power is there, and the log is found again. */
static void start(struct game *g)
{
    enum usher_err err;

    flash_cut(&g->flash, 0, FLASH_CUT_BEFORE);
    flash_on(&g->flash);
    err = usher_flashlog_open(&g->log, &g->flash.flash);
    if (err != USHER_OK) {
        FUZZ_CHECK(err == USHER_E_DATA && g->damaged);
        erase_all(g);
        FUZZ_CHECK(usher_flashlog_open(&g->log, &g->flash.flash) == USHER_OK);
    }
}

/* Changes a record: sets it, or deletes it if @p number is 0. */
static void change(struct game *g, unsigned key, unsigned number)
{
    uint8_t data[USHER_RECORD_MAX];
    size_t len = fill(number, data);
    enum usher_err err = number != 0 ? usher_flashlog_set(&g->log, (uint16_t)key, data, len)
                                     : usher_flashlog_del(&g->log, (uint16_t)key);

    if (!flash_off(&g->flash)) {
        FUZZ_CHECK(err == USHER_OK || err == USHER_E_NO_MEM || g->damaged);
        g->record[key] = err == USHER_OK ? number : g->record[key];
        return;
    }
    start(g);
    if (!g->damaged && has(g, key, number)) {
        g->record[key] = number;
    }
}

static void operate(struct game *g)
{
    uint8_t operation = fuzz_u8(&g->in), key = operation >> 5;

    switch (operation & 7) {
    case 0:
        change(g, key, 0);
        break;
    case 1:
        start(g);
        break;
    case 2: /* with power that fails on the way, if there is so much to do */
        flash_cut(&g->flash, 1 + fuzz_u8(&g->in) % 24u, (enum flash_cut)(operation >> 3 & 3) % 3);
        change(g, key, ++g->newest);
        break;
    case 3:
        flash_damage(&g->flash, fuzz_u16(&g->in) % (SECTOR * SECTORS), fuzz_u8(&g->in));
        g->damaged = true;
        break;
    default:
        change(g, key, ++g->newest);
        break;
    }
    check_all(g);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct game g = { .in = { data, size } };
    uint8_t unit = (uint8_t)(1u << (fuzz_u8(&g.in) & 3));

    FUZZ_CHECK(flash_init(&g.flash, SECTOR, SECTORS, unit));
    start(&g);
    while (g.in.left > 0 && g.newest < 250) {
        operate(&g);
    }
    start(&g);
    check_all(&g);
    flash_deinit(&g.flash);
    return 0;
}
