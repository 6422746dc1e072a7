/*
 * Key-value storage on raw flash (src/store/flashlog.c): every kind of flash, power cut at every
 * write and erase, damage, wear. The flash of sim/flash.c fails whoever programs a unit twice.
 */
#include "flash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define KEYS 6u
#define SECTOR 1024u
#define LONGEST 40u

static const uint8_t units[] = { 1, 2, 4, 8 };
#define UNITS (sizeof(units) / sizeof(units[0]))

/* What each key holds, as far as anybody was told. */
struct shadow {
    uint8_t value[KEYS][LONGEST];
    size_t len[KEYS]; /* 0: nothing */
};

struct bench {
    struct flash flash;
    struct usher_flashlog log;
    struct shadow shadow;
    struct rng rng;
};

static void bench_open(struct bench *b)
{
    assert_int_equal(usher_flashlog_open(&b->log, &b->flash.flash), USHER_OK);
}

static void bench_new(struct bench *b, uint8_t unit, uint16_t sectors, uint64_t seed)
{
    memset(b, 0, sizeof(*b));
    assert_true(flash_init(&b->flash, SECTOR, sectors, unit));
    b->rng = rng_make(seed, unit);
    bench_open(b);
}

static void bench_free(struct bench *b)
{
    assert_int_equal(b->flash.misuses, 0);
    flash_deinit(&b->flash);
}

static bool holds(struct bench *b, uint16_t key, const struct shadow *s)
{
    uint8_t buf[LONGEST];
    size_t len = 0;
    enum usher_err err = usher_flashlog_get(&b->log, key, buf, sizeof(buf), &len);

    if (s->len[key] == 0) {
        return err == USHER_E_NOT_FOUND;
    }
    return err == USHER_OK && len == s->len[key] && memcmp(buf, s->value[key], len) == 0;
}

static void check_all(struct bench *b)
{
    for (uint16_t key = 0; key < KEYS; key++) {
        assert_true(holds(b, key, &b->shadow));
    }
}

/* Draws a change of one key: *next is the shadow after it. */
static uint16_t draw(struct bench *b, struct shadow *next)
{
    uint16_t key = (uint16_t)rng_below(&b->rng, KEYS);

    *next = b->shadow;
    next->len[key] = rng_chance(&b->rng, 10) ? 0 : 1 + rng_below(&b->rng, LONGEST);
    for (size_t i = 0; i < next->len[key]; i++) {
        next->value[key][i] = (uint8_t)rng_next(&b->rng);
    }
    return key;
}

static enum usher_err apply(struct bench *b, uint16_t key, const struct shadow *next)
{
    return next->len[key] != 0 ? usher_flashlog_set(&b->log, key, next->value[key], next->len[key])
                               : usher_flashlog_del(&b->log, key);
}

/* One change, which succeeds. */
static void change(struct bench *b)
{
    struct shadow next;
    uint16_t key = draw(b, &next);

    assert_int_equal(apply(b, key, &next), USHER_OK);
    b->shadow = next;
}

static void what_is_set_is_got_until_it_is_deleted(void **state)
{
    (void)state;
    for (size_t u = 0; u < UNITS; u++) {
        for (uint16_t sectors = 2; sectors <= 5; sectors++) {
            struct bench b;

            bench_new(&b, units[u], sectors, sectors);
            for (unsigned i = 0; i < 500; i++) {
                change(&b);
                check_all(&b);
                if (rng_chance(&b.rng, 10)) {
                    bench_open(&b);
                    check_all(&b);
                }
            }
            bench_free(&b);
        }
    }
}

static void a_record_has_its_size(void **state)
{
    uint8_t buf[USHER_RECORD_MAX + 1] = { 1, 2, 3 };
    size_t len;
    struct bench b;

    (void)state;
    bench_new(&b, 4, 2, 1);
    assert_int_equal(usher_flashlog_set(&b.log, 1, buf, 0), USHER_E_SIZE);
    assert_int_equal(usher_flashlog_set(&b.log, 1, buf, USHER_RECORD_MAX + 1), USHER_E_SIZE);
    assert_int_equal(usher_flashlog_set(&b.log, 0xFFFF, buf, USHER_RECORD_MAX), USHER_OK);
    assert_int_equal(usher_flashlog_set(&b.log, 0, buf, 3), USHER_OK);
    assert_int_equal(usher_flashlog_get(&b.log, 0, buf, 2, &len), USHER_E_SIZE);
    assert_int_equal(usher_flashlog_get(&b.log, 0xFFFF, buf, sizeof(buf), &len), USHER_OK);
    assert_int_equal(len, USHER_RECORD_MAX);
    bench_free(&b);
}

static void not_every_flash_will_do(void **state)
{
    static const struct {
        uint32_t sector_size;
        uint16_t sectors;
        uint8_t unit;
        enum usher_err err;
    } rows[] = {
        { 1024, 2, 4, USHER_OK },
        { 1024, 1, 4, USHER_E_PARAM },
        { 1024, 2, 3, USHER_E_PARAM },
        { 1024, 2, 16, USHER_E_PARAM },
        { 1022, 2, 4, USHER_E_PARAM },
        { 512, 2, 4, USHER_E_PARAM },
        { 512, 4, 4, USHER_OK },
        { 12 + 8 + 512 + 4, 2, 4, USHER_OK },
        { 12 + 8 + 512, 2, 4, USHER_E_PARAM },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct usher_flashlog log;
        struct flash f;

        assert_true(flash_init(&f, rows[i].sector_size, rows[i].sectors, rows[i].unit));
        assert_int_equal(usher_flashlog_open(&log, &f.flash), rows[i].err);
        flash_deinit(&f);
    }
}

static void what_does_not_fit_changes_nothing(void **state)
{
    uint8_t buf[USHER_RECORD_MAX] = { 7 }, got[USHER_RECORD_MAX];
    size_t len;
    struct bench b;

    (void)state;
    bench_new(&b, 8, 2, 1);
    assert_int_equal(usher_flashlog_set(&b.log, 1, buf, 480), USHER_OK);
    assert_int_equal(usher_flashlog_set(&b.log, 2, buf, 480), USHER_OK);
    assert_int_equal(usher_flashlog_set(&b.log, 3, buf, 480), USHER_E_NO_MEM);
    assert_int_equal(usher_flashlog_set(&b.log, 2, buf, 512), USHER_E_NO_MEM);
    bench_open(&b);
    assert_int_equal(usher_flashlog_get(&b.log, 2, got, sizeof(got), &len), USHER_OK);
    assert_int_equal(len, 480);
    assert_int_equal(usher_flashlog_get(&b.log, 3, got, sizeof(got), &len), USHER_E_NOT_FOUND);

    /* A full log can still delete, and be written again. */
    assert_int_equal(usher_flashlog_del(&b.log, 1), USHER_OK);
    assert_int_equal(usher_flashlog_set(&b.log, 3, buf, 480), USHER_OK);
    assert_int_equal(usher_flashlog_get(&b.log, 2, got, sizeof(got), &len), USHER_OK);
    bench_free(&b);
}

/* -- power ------------------------------------------------------------------------------------- */

/* The changes of a seed, until power fails. @retval false  It does not. */
static bool changes_until_cut(struct bench *b, unsigned count, struct shadow *next, uint16_t *key)
{
    for (unsigned i = 0; i < count; i++) {
        *key = draw(b, next);
        if (apply(b, *key, next) != USHER_OK) {
            return true;
        }
        b->shadow = *next;
        if (flash_off(&b->flash)) { /* in what comes after the change */
            return true;
        }
    }
    return false;
}

/* After a cut: the key under way is old or new, the others are as they were. */
static void check_after_cut(struct bench *b, const struct shadow *next, uint16_t key)
{
    if (holds(b, key, next)) {
        b->shadow = *next;
    }
    check_all(b);
}

/*
 * One run, cut at its n-th operation, and again at the m-th one after that: in the recovery.
 * @retval false  The run has fewer operations.
 */
static bool cut_run(uint8_t unit, enum flash_cut how, unsigned n, unsigned m)
{
    struct shadow next = { 0 };
    uint16_t key = 0;
    struct bench b;

    bench_new(&b, unit, 2, 3);
    flash_cut(&b.flash, n, how);
    bool cut = changes_until_cut(&b, 60, &next, &key);
    if (cut) {
        flash_on(&b.flash);
        flash_cut(&b.flash, m, how);
        bench_open(&b);
        check_after_cut(&b, &next, key);
        if (changes_until_cut(&b, 3, &next, &key)) {
            flash_on(&b.flash);
            bench_open(&b);
            check_after_cut(&b, &next, key);
        }
        flash_cut(&b.flash, 0, how);
        for (unsigned i = 0; i < 10; i++) {
            change(&b);
            check_all(&b);
        }
        bench_open(&b);
        check_all(&b);
    }
    bench_free(&b);
    return cut;
}

static void a_cut_leaves_old_or_new(void **state)
{
    static const enum flash_cut hows[] = { FLASH_CUT_BEFORE, FLASH_CUT_DURING, FLASH_CUT_AFTER };
    unsigned runs = 0;

    (void)state;
    for (size_t u = 0; u < UNITS; u++) {
        for (size_t how = 0; how < 3; how++) {
            unsigned n = 1;

            while (cut_run(units[u], hows[how], n, 1 + n % 12)) {
                n++;
            }
            assert_true(n > 150); /* with several compactions */
            runs += n - 1;
        }
    }
    printf("%u cuts, each with a second one\n", runs);
}

/* One write or erase fails, whether it has done anything or not; the next ones do not. */
static void fail_run(unsigned n, enum flash_cut how, uint64_t seed)
{
    struct shadow next;
    uint16_t key;
    struct bench b;

    bench_new(&b, 4, 2, seed);
    flash_cut(&b.flash, n, how);
    assert_true(changes_until_cut(&b, 60, &next, &key));
    flash_on(&b.flash);
    check_all(&b);
    b.shadow.len[0] = 1;
    assert_int_equal(apply(&b, 0, &b.shadow), USHER_OK);
    for (unsigned i = 0; i < 10; i++) {
        struct usher_flashlog log = b.log;

        bench_open(&b);
        check_all(&b);
        b.log = log;
        change(&b);
    }
    bench_free(&b);
}

static void a_failed_write_is_not_the_end(void **state)
{
    (void)state;
    for (unsigned n = 1; n <= 200; n++) {
        for (unsigned seed = 1; seed <= 6; seed++) {
            fail_run(n, (enum flash_cut)(seed % 3), seed);
        }
    }
}

/* The last write of a compaction is done, but the driver says that it is not: then nothing may be
 * appended to the old bank, not even what would fit. */
static void a_failed_compaction_is_made_again(void **state)
{
    uint8_t value[LONGEST] = { 1, 2, 3 };
    bool failed = true;

    (void)state;
    for (unsigned n = 1; failed; n++) {
        struct bench b;

        bench_new(&b, 4, 2, 1);
        do {
            assert_int_equal(usher_flashlog_set(&b.log, 1, value, 1), USHER_OK);
        } while (SECTOR - b.log.end >= LONGEST);
        assert_true(SECTOR - b.log.end > 16);
        flash_cut(&b.flash, n, FLASH_CUT_AFTER);
        failed = usher_flashlog_set(&b.log, 1, value, LONGEST) != USHER_OK;
        flash_on(&b.flash);
        flash_cut(&b.flash, 0, FLASH_CUT_AFTER);
        assert_int_equal(usher_flashlog_set(&b.log, 0, value, 1), USHER_OK);
        b.shadow.len[0] = 1;
        b.shadow.len[1] = failed ? 1 : LONGEST;
        b.shadow.value[0][0] = 1;
        memcpy(b.shadow.value[1], value, sizeof(value));
        bench_open(&b);
        check_all(&b);
        bench_free(&b);
    }
}

/* -- damage and wear --------------------------------------------------------------------------- */

static void damage_is_not_taken_for_a_cut(void **state)
{
    unsigned found = 0, harmless = 0;

    (void)state;
    for (uint32_t at = 0; at < 2 * SECTOR; at++) {
        struct usher_flashlog log;
        struct bench b;

        bench_new(&b, 4, 2, 9);
        for (unsigned i = 0; i < 12; i++) {
            change(&b);
        }
        uint32_t start = b.log.bank * SECTOR;
        flash_damage(&b.flash, at, 0x10);
        enum usher_err err = usher_flashlog_open(&log, &b.flash.flash);
        if (at >= start + 12 && at < start + b.log.end - 4 - LONGEST - 8) {
            found += err == USHER_E_DATA;
            harmless += err == USHER_OK; /* padding, or erased on the way to it */
            if (err == USHER_OK) {
                b.log = log;
                check_all(&b);
            }
        } else if (at < start || at >= start + SECTOR) {
            assert_int_equal(err, USHER_OK);
        }
        bench_free(&b);
    }
    assert_true(found > 100);
    assert_true(harmless < found);
}

static void damage_under_an_open_log_is_found(void **state)
{
    static const uint8_t data[] = { 1, 2, 3, 4, 5 };
    uint8_t buf[8];
    size_t len;
    struct bench b;

    (void)state;
    bench_new(&b, 1, 2, 1);
    assert_int_equal(usher_flashlog_set(&b.log, 1, data, sizeof(data)), USHER_OK);
    flash_damage(&b.flash, b.log.bank * SECTOR + b.log.end - 5, 0x01);
    assert_int_equal(usher_flashlog_get(&b.log, 1, buf, sizeof(buf), &len), USHER_E_DATA);
    assert_int_equal(usher_flashlog_set(&b.log, 1, data, sizeof(data)), USHER_OK);
    assert_int_equal(usher_flashlog_get(&b.log, 1, buf, sizeof(buf), &len), USHER_OK);
    bench_free(&b);
}

static void flash_with_something_else_is_empty(void **state)
{
    struct bench b;

    (void)state;
    bench_new(&b, 8, 2, 1);
    for (uint32_t at = 0; at < 2 * SECTOR; at++) {
        flash_damage(&b.flash, at, (uint8_t)rng_next(&b.rng));
    }
    bench_open(&b);
    check_all(&b);
    change(&b);
    bench_open(&b);
    check_all(&b);
    bench_free(&b);
}

static void banks_wear_alike(void **state)
{
    struct bench b;
    uint32_t sum = 0;

    (void)state;
    bench_new(&b, 4, 4, 1);
    for (unsigned i = 0; i < 5000; i++) {
        change(&b);
    }
    for (uint16_t sector = 0; sector < 4; sector++) {
        uint32_t erases = flash_erases(&b.flash, sector), first = flash_erases(&b.flash, 0);

        assert_true(erases == first || erases == first + 1);
        sum += erases;
    }
    /* What the header promises, for entries of 34 octets and records that take at most 318. */
    assert_true(sum > 100);
    assert_true(sum <= 2 * 5000 * 34 / (2 * SECTOR - 318) + 4);
    printf("%u erases of sectors in 5000 changes\n", sum);
    bench_free(&b);
}

static bool on_flash(struct bench *b, uint8_t octet)
{
    uint8_t buf[2 * SECTOR];

    assert_int_equal(b->flash.flash.read(&b->flash, 0, buf, sizeof(buf)), USHER_OK);
    for (size_t i = 0; i + 15 < sizeof(buf); i++) {
        size_t n = 0;

        while (n < 16 && buf[i + n] == octet) {
            n++;
        }
        if (n == 16) {
            return true;
        }
    }
    return false;
}

/* Deletes two keys; power fails at the n-th operation. @retval false  There are not so many. */
static bool delete_run(unsigned n, enum flash_cut how)
{
    uint8_t secret[16];
    struct bench b;

    memset(secret, 0x5A, sizeof(secret));
    bench_new(&b, 4, 2, 1);
    assert_int_equal(usher_flashlog_set(&b.log, 1, secret, sizeof(secret)), USHER_OK);
    assert_int_equal(usher_flashlog_set(&b.log, 2, secret, sizeof(secret)), USHER_OK);
    assert_true(on_flash(&b, 0x5A));
    flash_cut(&b.flash, n, how);
    (void)usher_flashlog_del(&b.log, 1);
    (void)usher_flashlog_del(&b.log, 2);
    bool cut = flash_off(&b.flash);
    flash_on(&b.flash);
    flash_cut(&b.flash, 0, how);
    bench_open(&b);
    assert_int_equal(usher_flashlog_del(&b.log, 1), USHER_OK);
    assert_int_equal(usher_flashlog_del(&b.log, 2), USHER_OK);
    assert_false(on_flash(&b, 0x5A));
    bench_free(&b);
    return cut;
}

static void an_empty_log_keeps_no_secrets(void **state)
{
    (void)state;
    for (int how = FLASH_CUT_BEFORE; how <= FLASH_CUT_AFTER; how++) {
        unsigned n = 1;

        while (delete_run(n, (enum flash_cut)how)) {
            n++;
        }
        assert_true(n > 5);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_set_is_got_until_it_is_deleted),
        cmocka_unit_test(a_record_has_its_size),
        cmocka_unit_test(not_every_flash_will_do),
        cmocka_unit_test(what_does_not_fit_changes_nothing),
        cmocka_unit_test(a_cut_leaves_old_or_new),
        cmocka_unit_test(a_failed_write_is_not_the_end),
        cmocka_unit_test(a_failed_compaction_is_made_again),
        cmocka_unit_test(damage_is_not_taken_for_a_cut),
        cmocka_unit_test(damage_under_an_open_log_is_found),
        cmocka_unit_test(flash_with_something_else_is_empty),
        cmocka_unit_test(banks_wear_alike),
        cmocka_unit_test(an_empty_log_keeps_no_secrets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
