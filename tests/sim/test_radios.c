/*
 * A commissioner with two radios: who takes which device, how links are spread, and what becomes of
 * devices whose radio is mute or lost.
 */
#include "lane.h"
#include "radio_site.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static void the_one_that_hears_better_takes_a_device(void **state)
{
    unsigned taken[SITE_RADIOS] = { 0 };
    (void)state;
    for (unsigned seed = 1; seed <= 40; seed++) {
        struct site_air *s =
            site_new_air(&(struct air_config){ .seed = seed, .loss_pct = 10 }, 1, NULL, 8);
        struct dev *d = &s->devs[0];
        assert_true(site_run(s, 1, 60000));
        assert_true(d->complete);
        if (d->rssi[0] != 0 && d->rssi[1] != 0 && d->rssi[0] != d->rssi[1]) {
            assert_int_equal(d->last, d->rssi[1] > d->rssi[0]);
            taken[d->last]++;
        }
        site_end(s);
    }
    assert_true(taken[0] >= 8 && taken[1] >= 8);
}

static void links_are_spread(void **state)
{
    (void)state;
    struct site_air *s =
        site_new_air(&(struct air_config){ .seed = 5, .loss_pct = 10 }, SITE_DEVICES, NULL, 4);
    unsigned most[SITE_RADIOS] = { 0 };
    for (unsigned done = 1; done <= SITE_DEVICES; done++) {
        assert_true(site_run(s, done, 120000));
        for (size_t n = 0; n < SITE_RADIOS; n++) {
            unsigned active = site_radio(s, n).active;
            most[n] = active > most[n] ? active : most[n];
        }
    }
    struct commissioner_radio left = site_radio(s, 0), right = site_radio(s, 1);
    assert_int_equal(left.provisioned + right.provisioned, SITE_DEVICES);
    assert_in_range(left.provisioned, SITE_DEVICES / 4, 3 * SITE_DEVICES / 4);
    assert_int_equal(most[0], 2);
    assert_int_equal(most[1], 2);
    site_end(s);
}

static void each_takes_what_it_alone_hears(void **state)
{
    static const int16_t x[] = { -30, -25, 25, 30, -20, 20 };
    (void)state;
    struct site_air *s = site_new_air(&(struct air_config){ .seed = 2, .range = 24 }, 6, x, 8);
    assert_true(site_run(s, 6, 60000));
    for (unsigned i = 0; i < 6; i++) {
        assert_true(s->devs[i].complete);
        assert_int_equal(s->devs[i].last, x[i] > 0);
    }
    site_end(s);
}

static void a_further_attempt_is_over_another_radio(void **state)
{
    (void)state;
    struct site_air *s = site_new_air(&(struct air_config){ .seed = 3, .range = 50 }, 4, NULL, 8);
    while (s->wake_ms == USHER_NEVER) { /* until the first device is heard by one of them */
        air_run_until(s->air, air_next_us(s->air));
    }
    air_place(s->ends[0].port.radio, 1000, 0); /* it has heard them well, and is away now */
    for (unsigned i = 0; i < 4; i++) {
        site_hears(s, s->devs[i].uuid);
    }
    assert_true(site_run(s, 4, 600000));
    struct commissioner_counts n;
    commissioner_counts(s->c, &n);
    assert_int_equal(n.provisioned, 4);
    assert_true(n.retries > 0);
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(s->devs[i].opened[0], 0);
        assert_int_equal(s->devs[i].last, 1);
    }
    assert_int_equal(site_radio(s, 1).provisioned, 4);
    site_end(s);
}

/* Two devices seem to be near the first radio, which is busy with one of them, in vain. @retval
 * false The second radio hears the other one well enough. */
static bool a_busy_radio_is_waited_for(struct site_air *s)
{
    const struct dev *d = &s->devs[1];
    air_place(s->ends[0].port.radio, 1000, 0);
    air_place(s->ends[1].port.radio, 1000, 0);
    site_hears(s, s->devs[0].uuid);
    site_hears(s, d->uuid);
    (void)site_run(s, 2, COMMISSIONER_CHOICE_MS);
    assert_int_equal(site_radio(s, 0).active, 1);
    air_place(s->ends[1].port.radio, 10, 0);
    (void)site_run(s, 2, LANE_PATIENCE_MS - 10);
    assert_int_not_equal(d->rssi[1], 0);
    if (d->rssi[1] >= -40 - LANE_DB) {
        assert_int_equal(d->last, 1);
        return false;
    }
    assert_int_equal(d->last, SITE_NOBODY);
    assert_int_equal(site_radio(s, 1).active, 0);
    (void)site_run(s, 2, 20);
    assert_int_equal(site_radio(s, 1).active, 1);
    return true;
}

static void a_busy_radio_is_waited_for_some_seconds(void **state)
{
    unsigned tried = 0;
    (void)state;
    for (unsigned seed = 1; seed <= 20; seed++) {
        struct site_air *s =
            site_new_air(&(struct air_config){ .seed = seed, .range = 50 }, 2, NULL, 2);
        tried += a_busy_radio_is_waited_for(s);
        site_end(s);
    }
    assert_true(tried >= 3);
}

static void one_that_hears_later_takes_what_a_busy_one_left(void **state)
{
    (void)state;
    struct site_air *s = site_new_air(&(struct air_config){ .seed = 1, .range = 50 }, 2, NULL, 2);
    air_place(s->ends[0].port.radio, 1000, 0);
    air_place(s->ends[1].port.radio, 1000, 0);
    site_hears(s, s->devs[0].uuid);
    site_hears(s, s->devs[1].uuid);
    (void)site_run(s, 2, LANE_PATIENCE_MS - 1000);
    assert_int_equal(site_radio(s, 0).active, 1);
    assert_int_equal(site_radio(s, 1).active, 0);
    air_place(s->ends[1].port.radio, 10, 0);
    assert_true(site_run(s, 1, 8000));
    assert_true(s->devs[1].complete);
    site_end(s);
}

static void the_others_go_on_for_a_lost_one(void **state)
{
    (void)state;
    struct site_air *s =
        site_new_air(&(struct air_config){ .seed = 7, .loss_pct = 10 }, SITE_DEVICES, NULL, 8);
    assert_true(site_run(s, 6, 120000));
    struct commissioner_radio left = site_radio(s, 0);
    assert_true(left.active > 0); /* in the middle of something */
    site_lose(s, 0);
    assert_true(site_radio(s, 0).lost);
    assert_int_equal(site_radio(s, 0).active, 0);
    unsigned most = 0;
    while (!site_done(s, SITE_DEVICES) && site_now(s) < 600000) {
        (void)site_run(s, SITE_DEVICES, 100);
        most = site_radio(s, 1).active > most ? site_radio(s, 1).active : most;
    }
    assert_true(site_done(s, SITE_DEVICES));
    assert_in_range(most, 5, 8); /* it had 4 of the 8 links before */
    struct commissioner_counts n;
    unsigned unsure = 0;
    commissioner_counts(s->c, &n);
    for (unsigned i = 0; i < SITE_DEVICES; i++) {
        /* One that had its data, and whose Complete was lost with the radio, is a node. */
        unsure += !s->devs[i].complete && usher_device_key(&s->devs[i].session) != NULL;
    }
    assert_int_equal(n.provisioned, SITE_DEVICES - unsure);
    assert_int_equal(n.failed, unsure);
    assert_true(unsure < left.active);
    assert_int_equal(site_radio(s, 0).provisioned, left.provisioned);
    assert_int_equal(site_radio(s, 1).provisioned, SITE_DEVICES - unsure - left.provisioned);
    (void)site_run(s, SITE_DEVICES + 1, 10000);
    assert_true(commissioner_idle(s->c));
    site_end(s);
}

static void what_no_other_hears_is_given_up(void **state)
{
    static const int16_t x[] = { -30, 25, -25 };
    (void)state;
    struct site_air *s = site_new_air(&(struct air_config){ .seed = 4, .range = 24 }, 3, x, 2);
    assert_true(site_run(s, 1, 60000));
    site_lose(s, 0);
    uint64_t lost_ms = site_now(s);
    assert_true(site_run(s, 3, 600000));
    struct commissioner_counts n;
    commissioner_counts(s->c, &n);
    assert_true(n.stranded > 0);
    assert_int_equal(n.failed, n.stranded);
    assert_int_equal(n.provisioned + n.failed, 3);
    assert_true(site_now(s) - lost_ms >= 60000);
    assert_non_null(strstr(s->reason, "radio is lost"));
    site_end(s);
}

static void one_that_had_its_data_is_in_doubt(void **state)
{
    (void)state;
    struct site_air *s = site_new_air(&(struct air_config){ .seed = 6 }, 1, NULL, 2);
    struct dev *d = &s->devs[0];
    while (!usher_device_key(&d->session) && site_now(s) < 60000) {
        (void)site_run(s, 1, 1);
    }
    assert_false(d->complete); /* the provisioner has not heard of it */
    site_lose(s, d->last);
    assert_true(site_run(s, 1, 200000));
    struct commissioner_counts n;
    commissioner_counts(s->c, &n);
    assert_int_equal(n.stranded, 1);
    assert_non_null(strstr(s->reason, "no answer to the provisioning data"));
    site_end(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_one_that_hears_better_takes_a_device),
        cmocka_unit_test(links_are_spread),
        cmocka_unit_test(each_takes_what_it_alone_hears),
        cmocka_unit_test(a_further_attempt_is_over_another_radio),
        cmocka_unit_test(a_busy_radio_is_waited_for_some_seconds),
        cmocka_unit_test(one_that_hears_later_takes_what_a_busy_one_left),
        cmocka_unit_test(the_others_go_on_for_a_lost_one),
        cmocka_unit_test(what_no_other_hears_is_given_up),
        cmocka_unit_test(one_that_had_its_data_is_in_doubt),
    };
    return cmocka_run_group_tests(tests, site_crypto_open, site_crypto_close);
}
