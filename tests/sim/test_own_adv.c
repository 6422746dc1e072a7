/*
 * Advertisements of the caller's own (usher_advertise()), as another radio hears them: their
 * interval, their octets, and that they take turns with the beacon.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "simport.h"
#include "station.h"

#include <string.h>

#define BEACON 0x00 /* third octet of an unprovisioned device beacon */

static struct {
    struct air *air;
    const struct usher_crypto *crypto;
    struct simport port;
    struct usher node;
    struct usher_session session;
    struct station ear;
} s;

static int start(void **state)
{
    const struct usher_config config = { .beacon_interval_ms = 100 };

    (void)state;
    memset(&s, 0, sizeof(s));
    s.air = air_new(&(struct air_config){ .seed = 3, .no_collisions = true });
    s.crypto = usher_crypto_openssl_new();
    assert_non_null(s.air);
    assert_non_null(s.crypto);
    assert_int_equal(simport_init(&s.port, s.air, &s.node, s.crypto, 1), USHER_OK);
    assert_int_equal(usher_init(&s.node, &s.port.port, &config), USHER_OK);
    join(s.air, &s.ear);
    air_scan(s.ear.radio, 0xFF);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    usher_deinit(&s.node);
    simport_deinit(&s.port);
    air_leave(s.ear.radio);
    air_free(s.air);
    usher_crypto_openssl_free(s.crypto);
    return 0;
}

static struct usher_own_adv adv_numbered(uint8_t number, uint16_t interval_ms)
{
    return (struct usher_own_adv){ .interval_ms = interval_ms,
                                   .len = 4,
                                   .ad = { 3, 0xFF, number, number } };
}

/* How many with this number were heard, within a time from now. */
static unsigned heard(uint8_t number, uint64_t us)
{
    unsigned count = 0, from = s.ear.reports;

    run_for(s.air, us);
    assert_in_range(s.ear.reports, from, LOG_MAX);
    for (unsigned i = from; i < s.ear.reports; i++) {
        count += s.ear.log[i] == number;
    }
    return count;
}

static void it_is_sent_at_its_interval(void **state)
{
    struct usher_own_adv adv = adv_numbered(7, 100);

    (void)state;
    assert_int_equal(usher_advertise(&s.node, &adv), USHER_OK);
    /* 100 ms and 0 to 10 at random, and what the air takes */
    assert_in_range(heard(7, 10 * SECOND), 92, 98);
    assert_int_equal(usher_advertise_stop(&s.node, &adv), USHER_OK);
    assert_in_range(heard(7, SECOND), 0, 1); /* one may be on the air */
    assert_int_equal(heard(7, SECOND), 0);
    assert_int_equal(usher_advertise_stop(&s.node, &adv), USHER_E_STATE);
}

static void it_may_be_changed(void **state)
{
    struct usher_own_adv adv = adv_numbered(7, 1000);

    (void)state;
    assert_int_equal(usher_advertise(&s.node, &adv), USHER_OK);
    run_for(s.air, SECOND / 2);
    adv = adv_numbered(8, 20);
    assert_int_equal(usher_advertise(&s.node, &adv), USHER_OK);
    assert_in_range(heard(8, SECOND), 35, 52);
    assert_int_equal(heard(7, SECOND), 0);
    assert_int_equal(usher_advertise_stop(&s.node, &adv), USHER_OK);
    assert_int_equal(usher_advertise_stop(&s.node, &adv), USHER_E_STATE); /* was on once */
}

static void what_cannot_be_is_refused(void **state)
{
    struct usher_own_adv adv = adv_numbered(7, USHER_OWN_ADV_MIN_MS - 1);

    (void)state;
    assert_int_equal(usher_advertise(&s.node, &adv), USHER_E_PARAM);
    adv.interval_ms = USHER_OWN_ADV_MAX_MS + 1;
    assert_int_equal(usher_advertise(&s.node, &adv), USHER_E_PARAM);
    adv.interval_ms = USHER_OWN_ADV_MAX_MS;
    adv.len = USHER_AD_MAX + 1;
    assert_int_equal(usher_advertise(&s.node, &adv), USHER_E_LENGTH);
    assert_int_equal(usher_advertise_stop(&s.node, &adv), USHER_E_STATE);
    assert_int_equal(heard(7, SECOND), 0);
}

/* One slot for two that never rest and a beacon: each has its turns. */
static void all_take_turns(void **state)
{
    const uint8_t uuid[USHER_UUID_SIZE] = { 1 };
    const struct usher_caps caps = { .num_elements = 1, .algorithms = 1 };
    const struct usher_listen how = { .uuid = uuid };
    struct usher_own_adv one = adv_numbered(7, 20), two = adv_numbered(8, 20);
    unsigned from;

    (void)state;
    usher_session_init(&s.node, &s.session, &caps, NULL);
    assert_int_equal(usher_listen(&s.session, &how), USHER_OK);
    assert_int_equal(usher_advertise(&s.node, &one), USHER_OK);
    assert_int_equal(usher_advertise(&s.node, &two), USHER_OK);
    from = s.ear.reports;
    assert_in_range(heard(BEACON, 10 * SECOND), 85, 100);
    for (uint8_t number = 7; number <= 8; number++) {
        unsigned count = 0;

        for (unsigned i = from; i < s.ear.reports; i++) {
            count += s.ear.log[i] == number;
        }
        assert_in_range(count, 300, 500);
    }
}

static void a_silent_instance_sends_none(void **state)
{
    struct usher_own_adv adv = adv_numbered(7, 20);

    (void)state;
    assert_int_equal(usher_advertise(&s.node, &adv), USHER_OK);
    usher_radio(&s.node, false);
    assert_in_range(heard(7, SECOND), 0, 1);
    assert_int_equal(heard(7, SECOND), 0);
    usher_radio(&s.node, true);
    assert_in_range(heard(7, SECOND), 35, 52);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_is_sent_at_its_interval, start, stop),
        cmocka_unit_test_setup_teardown(it_may_be_changed, start, stop),
        cmocka_unit_test_setup_teardown(what_cannot_be_is_refused, start, stop),
        cmocka_unit_test_setup_teardown(all_take_turns, start, stop),
        cmocka_unit_test_setup_teardown(a_silent_instance_sends_none, start, stop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
