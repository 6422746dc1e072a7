/*
 * Devices that wait for the commissioner, in virtual time: how a flood of them, devices that never
 * answer, and those that were given up keep nobody else from a turn.
 */
#include "radio_site.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#define UNTRIED_MAX 4096u
#define RETRIES 6u /* of the site */
#define MUTES 8u

/* A device that is heard and never answers. */
static const uint8_t *mute(uint32_t n)
{
    static uint8_t uuid[USHER_UUID_SIZE];
    memset(uuid, 0xF1, sizeof uuid);
    memcpy(uuid, &n, sizeof n);
    return uuid;
}

static struct commissioner_counts counts_of(const struct site_air *s)
{
    struct commissioner_counts n;
    commissioner_counts(s->c, &n);
    return n;
}

static void a_flood_keeps_nobody_from_a_turn(void **state)
{
    static const int16_t x[] = { 1000 };
    uint32_t heard = 0;
    (void)state;
    struct site_air *s = site_new_air(&(struct air_config){ .seed = 1, .range = 50 }, 1, x, 4);
    air_place(s->ends[1].port.radio, -1000, 0); /* this one has nothing to do */
    while (heard < UNTRIED_MAX + 100) {
        site_hears(s, mute(heard++));
    }
    assert_int_equal(counts_of(s).active, 0); /* each is waited for at the other radio as well */
    assert_int_equal(counts_of(s).devices, UNTRIED_MAX);
    (void)site_run(s, 1, COMMISSIONER_CHOICE_MS);
    air_place(s->devs[0].port.radio, 0, 0); /* it comes when there are 4096 before it */
    for (unsigned tenths = 0; tenths < 600 && !s->devs[0].complete; tenths++) {
        (void)site_run(s, 1, 100);
        for (unsigned i = 0; i < 20; i++) { /* in 20 s, all of them have been forgotten */
            site_hears(s, mute(heard++));
        }
        assert_in_range(counts_of(s).devices, UNTRIED_MAX, UNTRIED_MAX + 100);
    }
    assert_true(s->devs[0].complete);
    assert_in_range(site_now(s), 10000, 40000);
    site_end(s);
}

static void one_mute_one_is_left_for_each_that_waits(void **state)
{
    (void)state;
    struct site_air *s = site_new_air(&(struct air_config){ .seed = 1, .range = 50 }, 1, NULL, 4);
    air_place(s->devs[0].port.radio, 1000, 0);
    air_place(s->ends[1].port.radio, -1000, 0);
    site_hears(s, mute(0));
    site_hears(s, mute(1));
    (void)site_run(s, 1, 30000); /* nobody waits: they have all the time that there is */
    assert_int_equal(counts_of(s).active, 2);
    assert_int_equal(counts_of(s).retries, 0);
    air_place(s->devs[0].port.radio, 0, 0);
    assert_true(site_run(s, 1, 15000));
    assert_true(s->devs[0].complete);
    assert_int_equal(counts_of(s).active, 1); /* one goes on */
    site_end(s);
}

static void the_last_attempt_has_all_its_time(void **state)
{
    (void)state;
    struct site_air *s = site_new_air(&(struct air_config){ .seed = 1, .range = 50 }, 0, NULL, 1);
    while (!site_done(s, MUTES) && site_now(s) < 1200000) {
        for (uint32_t n = 0; n < MUTES; n++) {
            site_hears(s, mute(n));
        }
        (void)site_run(s, MUTES, 1000);
    }
    assert_int_equal(counts_of(s).failed, MUTES);
    assert_int_equal(counts_of(s).retries, MUTES * RETRIES);
    /* A minute for each last one, 6 s for the others: there is always one that waits. */
    const uint64_t ms = MUTES * (60000 + RETRIES * 6000);
    assert_in_range(site_now(s), ms, ms + ms / 10);
    site_end(s);
}

static void one_that_is_not_heard_again_is_tried_after_a_minute(void **state)
{
    (void)state;
    struct site_air *s = site_new_air(&(struct air_config){ .seed = 1, .range = 50 }, 0, NULL, 1);
    site_hears(s, mute(0));
    while (counts_of(s).active == 0 && site_now(s) < 5000) {
        (void)site_run(s, 1, 100);
    }
    while (counts_of(s).active == 1 && site_now(s) < 100000) {
        (void)site_run(s, 1, 100);
    }
    uint64_t ended = site_now(s);
    while (counts_of(s).active == 0 && site_now(s) < 200000) {
        (void)site_run(s, 1, 100);
    }
    assert_int_equal(counts_of(s).retries, 1);
    assert_in_range(site_now(s) - ended, 60000, 75000);
    site_end(s);
}

static void one_in_doubt_that_is_heard_too_late_stays_given_up(void **state)
{
    (void)state;
    struct site_air *s = site_new_air(&(struct air_config){ .seed = 6, .range = 50 }, 2, NULL, 2);
    struct dev *d = &s->devs[0], *other = &s->devs[1];
    air_place(other->port.radio, 1000, 0);
    while (!usher_device_key(&d->session) && site_now(s) < 60000) {
        (void)site_run(s, 1, 1);
    }
    air_place(d->port.radio, 1000, 0); /* its Complete is not heard */
    assert_true(site_run(s, 1, 200000));
    assert_int_equal(counts_of(s).failed, 1);
    assert_int_equal(counts_of(s).stranded, 0);
    assert_non_null(strstr(s->reason, "no answer to the provisioning data"));
    assert_true(commissioner_idle(s->c));
    site_hears(s, d->uuid);
    assert_true(commissioner_idle(s->c));
    air_place(other->port.radio, 0, 0);
    assert_true(site_run(s, 2, 60000));
    assert_true(other->complete);
    assert_int_equal(counts_of(s).retries, 0);
    site_end(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_flood_keeps_nobody_from_a_turn),
        cmocka_unit_test(one_mute_one_is_left_for_each_that_waits),
        cmocka_unit_test(the_last_attempt_has_all_its_time),
        cmocka_unit_test(one_that_is_not_heard_again_is_tried_after_a_minute),
        cmocka_unit_test(one_in_doubt_that_is_heard_too_late_stays_given_up),
    };
    return cmocka_run_group_tests(tests, site_crypto_open, site_crypto_close);
}
