/*
 * Our HCI host on simulated controllers, with whole instances above it: provisioning over both
 * bearers, with one legacy advertising set and with extended ones, on good air and bad, over fast
 * lines and slow; many links through one controller; a line that is cut in the middle; a controller
 * that hangs.
 */
#include "hci_site.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct usher_crypto *crypto;

/* Provisions all. @return how long it took, ms */
static uint64_t must_provision(const struct site_config *config, uint64_t ms)
{
    struct site *s = site_new(crypto, config);
    uint64_t took;

    site_start(s);
    if (!site_run(s, site_all_done, ms)) {
        fail_msg("%u of %u after %llu ms, %u failed; loss %u, legacy %d, host: %s", s->complete,
                 config->devices, (unsigned long long)ms, s->failed, config->air.loss_pct,
                 config->provisioner.legacy, hci_host_why(&s->at.port.host));
    }
    took = air_now_us(s->air) / 1000;
    site_check(s);
    assert_int_equal(s->at.port.reports_dropped, 0);
    assert_string_equal(hci_host_why(&s->at.port.host), "");
    site_free(s);
    return took;
}

static struct site_config config_of(uint64_t seed, unsigned loss, bool legacy, bool plain)
{
    struct site_config c = {
        .air = { .seed = seed, .loss_pct = (uint8_t)loss },
        .devices = 1,
        .links = 1,
    };

    c.provisioner.legacy = c.device.legacy = legacy;
    c.provisioner.controller.legacy_only = c.device.controller.legacy_only = plain;
    c.provisioner.baud = c.device.baud = 1000000;
    return c;
}

static void provisions_over_pb_adv(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 6; i++) {
        struct site_config c = config_of(i + 1, i % 2 * 20, i / 2 > 0, i / 2 > 1);

        print_message("loss %u, %s: %llu ms\n", c.air.loss_pct,
                      i / 2 == 0   ? "extended"
                      : i / 2 == 1 ? "legacy"
                                   : "Bluetooth 4.2",
                      (unsigned long long)must_provision(&c, 120000));
    }
}

static void provisions_over_any_line(void **state)
{
    static const uint32_t bauds[] = { 0, 115200, 3000000 };

    (void)state;
    for (unsigned i = 0; i < sizeof(bauds) / sizeof(bauds[0]); i++) {
        struct site_config c = config_of(20 + i, 0, false, false);

        c.provisioner.baud = c.device.baud = bauds[i];
        print_message("%u baud: %llu ms\n", (unsigned)bauds[i],
                      (unsigned long long)must_provision(&c, 60000));
    }
}

static bool never(const struct site *s)
{
    (void)s;
    return false;
}

static bool ready(const struct site *s)
{
    return s->at.port.host.state == HCI_READY;
}

/* How long the provisioner's host takes from Reset until it is ready, us. */
static uint64_t start_time(uint32_t baud, uint32_t command_us)
{
    struct site_config c = config_of(17, 0, false, false);
    struct site *s;
    uint64_t took;

    c.provisioner.baud = baud;
    c.provisioner.controller.command_us = command_us;
    s = site_new(crypto, &c);
    assert_true(site_run(s, ready, 30000));
    took = air_now_us(s->air);
    site_free(s);
    return took;
}

/* Octets take ten bits each, and a command the time that it is said to take. */
static void the_line_takes_time(void **state)
{
    uint64_t at_once = start_time(0, 300), slow = start_time(9600, 300),
             slower = start_time(4800, 300), late = start_time(0, 1300);

    (void)state;
    print_message("start: %llu us, at 9600 baud %llu us\n", (unsigned long long)at_once,
                  (unsigned long long)slow);
    assert_in_range(at_once % 300, 0, 0);
    assert_int_equal((late - at_once) * 3, at_once * 10); /* as many commands, 1 ms more each */
    /* some hundred octets, and at half the rate twice the time */
    assert_in_range(slow - at_once, 200000, 1000000);
    assert_in_range((slower - at_once) * 100 / (slow - at_once), 195, 205);
}

/* A line that is too slow for what is heard loses reports, but no answer: the host stays well. */
static void a_slow_line_drops_reports(void **state)
{
    struct site_config c = config_of(18, 0, false, false);
    struct site *s;

    (void)state;
    c.devices = SITE_DEVICES;
    c.links = 1;
    c.provisioner.baud = 4800;
    s = site_new(crypto, &c);
    assert_int_equal(usher_scan(&s->at.node, true), USHER_OK);
    (void)site_run(s, never, 120000);
    assert_true(s->at.port.reports_dropped > 0);
    assert_true(ready(s));
    assert_string_equal(hci_host_why(&s->at.port.host), "");
    site_free(s);
}

static void provisions_over_pb_gatt(void **state)
{
    static const uint16_t mtus[] = { 0, 23, 69 };

    (void)state;
    for (unsigned i = 0; i < 12; i++) {
        struct site_config c = config_of(10 + i, i % 2 * 20, i / 6 > 0, false);

        c.gatt = true;
        c.provisioner.mtu = mtus[i / 2 % 3];
        print_message("PB-GATT, MTU %u, loss %u, %s: %llu ms\n", c.provisioner.mtu, c.air.loss_pct,
                      c.provisioner.legacy ? "legacy" : "extended",
                      (unsigned long long)must_provision(&c, 240000));
    }
}

/* As many at once as there are connections, in both sizes of ACL buffers. */
static void eight_connections_at_once(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct site_config c = config_of(28 + i, 5, false, false);

        c.gatt = true;
        c.devices = 12;
        c.links = HCIPORT_CONNS;
        c.provisioner.controller.acl_len = i == 0 ? 27 : 251;
        c.provisioner.controller.acl_count = 3;
        print_message("8 connections, ACL buffers of %u: %llu ms\n",
                      c.provisioner.controller.acl_len,
                      (unsigned long long)must_provision(&c, 240000));
    }
}

static void sixteen_links_through_one_controller(void **state)
{
    (void)state;
    for (unsigned legacy = 0; legacy < 2; legacy++) {
        struct site_config c = config_of(30 + legacy, 5, legacy != 0, false);

        c.devices = SITE_DEVICES;
        c.links = SITE_LINKS;
        c.device.legacy = false;
        print_message("%s: %llu ms\n", legacy ? "one legacy set" : "extended sets",
                      (unsigned long long)must_provision(&c, 300000));
    }
}

/* -- the line is cut --- */

/* And none that was given its data, but is not known to be complete: when the line is cut, it may
 * be a node that nobody knows. */
static bool eight_open(const struct site *s)
{
    return s->open >= 8 && s->next_address == 1 + s->complete;
}

static void cut_and_go_on(struct site_config c)
{
    struct site *s;

    c.devices = 12;
    c.links = 8;
    s = site_new(crypto, &c);
    site_start(s);
    assert_true(site_run(s, eight_open, 60000));
    assert_true(s->complete < c.devices);
    hciport_cut(&s->at.port);
    assert_int_equal(s->at.port.port.adv_slots, 0);
    hciport_cut(&s->at.port); /* again is nothing */
    (void)site_run(s, never, 30000);
    assert_int_equal(hciport_up(&s->at.port), USHER_OK);
    site_start(s);
    assert_true(site_run(s, site_all_done, 300000));
    site_check(s);
    site_free(s);
}

/* In the middle of eight links the line breaks; after half a minute it is back. */
static void the_line_is_cut(void **state)
{
    struct site_config c = config_of(40, 5, false, false);

    (void)state;
    cut_and_go_on(c);
    c.provisioner.legacy = true;
    cut_and_go_on(c);
    c.gatt = true;
    cut_and_go_on(c);
}

/* A controller that says nothing any more is given up with a line that says so, and can be
 * replaced. */
static void the_controller_hangs(void **state)
{
    struct site_config c = config_of(50, 0, false, false);
    struct site *s;

    (void)state;
    s = site_new(crypto, &c);
    (void)site_run(s, never, 1000);
    sim_hci_hang(s->at.port.controller);
    site_start(s);
    (void)site_run(s, never, 60000);
    assert_int_equal(s->complete, 0);
    assert_int_not_equal(s->at.port.host.state, HCI_READY);
    assert_string_not_equal(hci_host_why(&s->at.port.host), "");
    hciport_cut(&s->at.port);
    assert_int_equal(hciport_up(&s->at.port), USHER_OK);
    site_start(s);
    assert_true(site_run(s, site_all_done, 60000));
    site_check(s);
    site_free(s);
}

static void the_same_seed_takes_the_same_time(void **state)
{
    struct site_config c = config_of(60, 20, false, false);

    (void)state;
    assert_int_equal(must_provision(&c, 120000), must_provision(&c, 120000));
}

static void bad_configurations_are_refused(void **state)
{
    static struct hciport port;
    static struct usher node;
    struct air *air = air_new(&(struct air_config){ 0 });
    struct hciport_config config = { .mtu = 22 };

    (void)state;
    assert_int_equal(hciport_init(&port, air, &node, crypto, &config), USHER_E_PARAM);
    config = (struct hciport_config){ .controller.acl_len = 1 };
    assert_int_equal(hciport_init(&port, air, &node, crypto, &config), USHER_OK);
    assert_int_equal(hciport_up(&port), USHER_E_NO_MEM);
    hciport_deinit(&port);
    hciport_deinit(&port);
    air_free(air);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(provisions_over_pb_adv),
        cmocka_unit_test(provisions_over_any_line),
        cmocka_unit_test(the_line_takes_time),
        cmocka_unit_test(a_slow_line_drops_reports),
        cmocka_unit_test(provisions_over_pb_gatt),
        cmocka_unit_test(eight_connections_at_once),
        cmocka_unit_test(sixteen_links_through_one_controller),
        cmocka_unit_test(the_line_is_cut),
        cmocka_unit_test(the_controller_hangs),
        cmocka_unit_test(the_same_seed_takes_the_same_time),
        cmocka_unit_test(bad_configurations_are_refused),
    };
    int failed;

    crypto = usher_crypto_openssl_new();
    failed = crypto != NULL ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
    usher_crypto_openssl_free(crypto);
    return failed;
}
