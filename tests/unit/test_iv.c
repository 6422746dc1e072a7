/* IV Index and sequence numbers: every row of the rules, and that no number is ever used twice. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "iv.h"

#define HOUR 3600000ull
#define NOW (1000 * HOUR)
#define FIRST 10u /* the IV Index to begin with */

enum { NORMAL = 0, UPDATING = 1 };
enum { NEVER = 0 };
enum how { FRESH = 1, TEST = 2, SECONDARY = 4, BUSY = 8 };

struct row {
    const char *what;
    bool updating;
    double age_h;       /* in that state */
    double recovered_h; /* since the last recovery; NEVER */
    unsigned how;
    uint32_t index; /* the beacon */
    bool flag;
    bool changes;
    bool resets; /* the sequence numbers */
    bool recovery;
};

static const struct row rows[] = {
    { "the same", NORMAL, 500, NEVER, 0, 10, NORMAL, false, false, false },
    { "the same, updating", UPDATING, 500, NEVER, 0, 10, UPDATING, false, false, false },
    { "an update that we have ended", NORMAL, 500, NEVER, 0, 10, UPDATING, false, false, false },
    { "lower", NORMAL, 500, NEVER, 0, 9, NORMAL, false, false, false },
    { "lower, updating", UPDATING, 500, NEVER, 0, 9, UPDATING, false, false, false },
    { "lower, fresh", NORMAL, 0, NEVER, FRESH, 9, NORMAL, false, false, false },

    { "update, in time", NORMAL, 96, NEVER, 0, 11, UPDATING, true, false, false },
    { "update, fresh", NORMAL, 0, NEVER, FRESH, 11, UPDATING, true, false, false },
    { "update, in test mode", NORMAL, 0, NEVER, TEST, 11, UPDATING, true, false, false },
    { "update while busy", NORMAL, 96, NEVER, BUSY, 11, UPDATING, true, false, false },
    { "update, early", NORMAL, 95.9, NEVER, 0, 11, UPDATING, true, false, true },
    { "update, early, once more", NORMAL, 95.9, 191.9, 0, 11, UPDATING, false, false, false },
    { "update, secondary", NORMAL, 96, NEVER, SECONDARY, 11, UPDATING, false, false, false },
    { "update, secondary, test", NORMAL, 0, NEVER, SECONDARY | TEST, 11, UPDATING, false, false,
      false },

    { "end, in time", UPDATING, 96, NEVER, 0, 10, NORMAL, true, true, false },
    { "end, early", UPDATING, 95.9, NEVER, 0, 10, NORMAL, false, false, false },
    { "end, fresh", UPDATING, 0, NEVER, FRESH, 10, NORMAL, true, true, false },
    { "end, in test mode", UPDATING, 0, NEVER, TEST, 10, NORMAL, true, true, false },
    { "end while busy", UPDATING, 500, NEVER, BUSY, 10, NORMAL, false, false, false },
    { "end, secondary", UPDATING, 96, NEVER, SECONDARY, 10, NORMAL, true, true, false },

    { "missed one, ended", NORMAL, 500, NEVER, 0, 11, NORMAL, true, true, true },
    { "missed one, again", NORMAL, 500, 192, 0, 11, NORMAL, true, true, true },
    { "missed one, too soon", NORMAL, 500, 191.9, 0, 11, NORMAL, false, false, false },
    { "too soon in test mode, too", NORMAL, 500, 191.9, TEST, 11, NORMAL, false, false, false },
    { "missed one, next begun", NORMAL, 500, NEVER, 0, 12, UPDATING, true, true, true },
    { "missed the end", UPDATING, 500, NEVER, 0, 11, NORMAL, true, true, true },
    { "missed the end, next begun", UPDATING, 500, NEVER, 0, 11, UPDATING, true, true, true },
    { "missed as much as can be", NORMAL, 0, NEVER, 0, 52, NORMAL, true, true, true },
    { "missed more", NORMAL, 0, NEVER, 0, 53, NORMAL, false, false, false },
    { "missed more, fresh", NORMAL, 0, NEVER, FRESH, 53, UPDATING, false, false, false },
    { "far more", NORMAL, 500, NEVER, 0, UINT32_MAX, NORMAL, false, false, false },
    { "missed one while busy", NORMAL, 500, NEVER, BUSY, 11, NORMAL, false, false, false },
    { "missed one, secondary", NORMAL, 500, NEVER, SECONDARY, 11, NORMAL, false, false, false },
};

static void run_row(const struct row *r)
{
    struct usher_iv iv = {
        .index = FIRST,
        .updating = r->updating,
        .fresh = r->how & FRESH,
        .test_mode = r->how & TEST,
        .since = NOW - (uint64_t)(r->age_h * HOUR),
        .recovered_at = r->recovered_h > 0 ? NOW - (uint64_t)(r->recovered_h * HOUR) : 0,
        .seq = 500,
        .seq_reserved = 600,
    };
    const struct usher_iv before = iv;
    bool changed = iv_beacon(&iv, NOW, r->index, r->flag, !(r->how & SECONDARY), r->how & BUSY);

    if (changed != r->changes) {
        fail_msg("%s: changed %d", r->what, changed);
    }
    if (!changed) {
        assert_memory_equal(&iv, &before, sizeof(iv));
        return;
    }
    if (iv.index != r->index || iv.updating != r->flag || iv.since != NOW || iv.fresh) {
        fail_msg("%s: not the state of the beacon", r->what);
    }
    if (iv.seq != (r->resets ? 0 : 500) || iv.seq_reserved != (r->resets ? 0 : 600)) {
        fail_msg("%s: SEQ %u of %u", r->what, iv.seq, iv.seq_reserved);
    }
    if (iv.recovered_at != (r->recovery ? NOW : before.recovered_at)) {
        fail_msg("%s: a recovery or not", r->what);
    }
}

static void beacons_are_followed_by_the_rules(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        run_row(&rows[i]);
    }
}

static void a_recovery_at_the_clocks_beginning_counts(void **state)
{
    struct usher_iv iv = { .index = 1 };

    (void)state;
    assert_true(iv_beacon(&iv, 0, 3, false, true, false));
    assert_false(iv_beacon(&iv, 1, 5, false, true, false));
}

static void the_index_does_not_wrap(void **state)
{
    struct usher_iv iv = { .index = UINT32_MAX, .test_mode = true };

    (void)state;
    assert_false(iv_beacon(&iv, NOW, 0, true, true, false));
    assert_int_equal(iv_update(&iv, NOW), USHER_E_RESOURCES);
    assert_int_equal(iv.index, UINT32_MAX);
}

static void indexes_of_both_states(void **state)
{
    struct usher_iv iv = { .index = 10 };

    (void)state;
    assert_int_equal(iv_tx(&iv), 10);
    assert_int_equal(iv_rx(&iv, 0), 10);
    assert_int_equal(iv_rx(&iv, 1), 9);
    iv = (struct usher_iv){ .index = 11, .updating = true };
    assert_int_equal(iv_tx(&iv), 10);
    assert_int_equal(iv_rx(&iv, 0), 10);
    assert_int_equal(iv_rx(&iv, 1), 11);
    /* Before 0 there is none. */
    iv = (struct usher_iv){ .index = 0, .updating = true };
    assert_int_equal(iv_tx(&iv), 0);
    assert_int_equal(iv_rx(&iv, 1), 0);
}

static void an_update_of_our_own(void **state)
{
    struct usher_iv iv = { .index = 10, .since = NOW, .fresh = true, .seq = 5, .seq_reserved = 9 };
    uint64_t then = NOW + 96 * HOUR;

    (void)state;
    assert_int_equal(iv_deadline(&iv), USHER_NEVER);
    assert_false(iv_update_end(&iv, then, false));
    assert_int_equal(iv_update(&iv, then - 1), USHER_E_STATE);
    assert_int_equal(iv_update(&iv, then), USHER_OK);
    assert_int_equal(iv.index, 11);
    assert_true(iv.updating);
    assert_int_equal(iv_tx(&iv), 10);
    assert_int_equal(iv.seq, 5);
    assert_int_equal(iv_update(&iv, then + 500 * HOUR), USHER_E_STATE);

    assert_int_equal(iv_deadline(&iv), then + 96 * HOUR);
    assert_false(iv_update_end(&iv, iv_deadline(&iv) - 1, false));
    assert_false(iv_update_end(&iv, iv_deadline(&iv), true));
    assert_true(iv_update_end(&iv, iv_deadline(&iv), false));
    assert_int_equal(iv_tx(&iv), 11);
    assert_int_equal(iv.seq, 0);
    assert_int_equal(iv.seq_reserved, 0);
    assert_int_equal(iv_update(&iv, iv.since + 95 * HOUR), USHER_E_STATE);
    iv.test_mode = true;
    assert_int_equal(iv_update(&iv, iv.since), USHER_OK);
    assert_false(iv_update_end(&iv, iv.since, true));
    assert_true(iv_update_end(&iv, iv.since, false));
}

/* A node that was switched off knows the age of a state that is older than its clock. */
static void a_state_older_than_the_clock(void **state)
{
    struct usher_iv iv = { .index = 11, .updating = true, .since = 5 - 90 * HOUR };

    (void)state;
    assert_int_equal(iv_deadline(&iv), 5 + 6 * HOUR);
    assert_false(iv_update_end(&iv, 5 + 6 * HOUR - 1, false));
    iv.since = 5 - 97 * HOUR;
    assert_int_equal(iv_deadline(&iv), 0);
    assert_true(iv_update_end(&iv, 5, false));

    iv = (struct usher_iv){ .index = 11, .since = 5 - 96 * HOUR, .recovered_at = 5 - 191 * HOUR };
    assert_false(iv_beacon(&iv, 5, 13, false, true, false));
    assert_int_equal(iv_update(&iv, 4), USHER_E_STATE);
    assert_int_equal(iv_update(&iv, 5), USHER_OK);
}

static void numbers_come_from_the_reserve_alone(void **state)
{
    struct usher_iv iv = { .seq = 100, .seq_reserved = 100 };
    uint32_t seq = 7;

    (void)state;
    assert_true(iv_seq_low(&iv));
    assert_int_equal(iv_seq(&iv, &seq), USHER_E_RESOURCES);
    assert_int_equal(seq, 7);
    iv.seq_reserved = 100 + USHER_SEQ_BLOCK / 2;
    assert_false(iv_seq_low(&iv));
    for (uint32_t expected = 100; expected < iv.seq_reserved; expected++) {
        assert_int_equal(iv_seq(&iv, &seq), USHER_OK);
        assert_int_equal(seq, expected);
        assert_true(iv_seq_low(&iv));
    }
    assert_int_equal(iv_seq(&iv, &seq), USHER_E_RESOURCES);

    /* The last number of all; nothing more can be reserved, and nothing wraps. */
    iv = (struct usher_iv){ .seq = USHER_SEQ_MAX, .seq_reserved = USHER_SEQ_MAX + 1 };
    assert_false(iv_seq_low(&iv));
    assert_int_equal(iv_seq(&iv, &seq), USHER_OK);
    assert_int_equal(seq, USHER_SEQ_MAX);
    assert_int_equal(iv_seq(&iv, &seq), USHER_E_RESOURCES);
    iv.seq_reserved = UINT32_MAX;
    assert_int_equal(iv_seq(&iv, &seq), USHER_E_RESOURCES);
}

static uint32_t draw(uint64_t *random, uint32_t below)
{
    *random = *random * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((*random >> 33) % below);
}

/* Whatever happens in whatever order, IV Index and SEQ that are sent with only ever grow. */
static void no_number_is_used_twice(void **state)
{
    const char *text = getenv("SEED");
    uint64_t random = text != NULL ? strtoull(text, NULL, 0) : 1, now = 0, last = 0;
    struct usher_iv iv = { .index = 5, .fresh = true };
    unsigned sent = 0, changes = 0;

    (void)state;
    printf("SEED=%llu\n", (unsigned long long)random);
    for (unsigned i = 0; i < 100000; i++) {
        uint32_t seq, dice = draw(&random, 100);
        bool busy = draw(&random, 2);

        now += draw(&random, 4) * HOUR;
        if (dice < 80) {
            if (iv_seq(&iv, &seq) == USHER_OK) {
                uint64_t pair = ((uint64_t)iv_tx(&iv) << 24 | seq) + 1;

                assert_true(pair > last);
                last = pair;
                sent++;
            } else {
                iv.seq_reserved = iv.seq + 10;
            }
        } else if (dice < 90) {
            changes += iv_beacon(&iv, now, iv.index + draw(&random, 3), draw(&random, 2),
                                 draw(&random, 4) > 0, busy);
        } else if (dice < 95) {
            changes += iv_update(&iv, now) == USHER_OK;
        } else if (dice < 99) {
            changes += iv_update_end(&iv, now, busy);
        } else {
            iv.test_mode = !iv.test_mode;
        }
    }
    assert_true(sent > 10000);
    assert_true(changes > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(beacons_are_followed_by_the_rules),
        cmocka_unit_test(a_recovery_at_the_clocks_beginning_counts),
        cmocka_unit_test(the_index_does_not_wrap),
        cmocka_unit_test(indexes_of_both_states),
        cmocka_unit_test(an_update_of_our_own),
        cmocka_unit_test(a_state_older_than_the_clock),
        cmocka_unit_test(numbers_come_from_the_reserve_alone),
        cmocka_unit_test(no_number_is_used_twice),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
