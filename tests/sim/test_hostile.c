/*
 * A hostile or crowded air: other provisioners, forged link control, floods of devices and of Link
 * Opens; and the beacons of a device that is listening, linked, and listening again. Rows are those
 * of docs/threat-model.md.
 */
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static const struct usher_crypto *crypto;

static struct world_config config(uint64_t seed)
{
    return (struct world_config){
        .air = { .seed = seed },
        .crypto = crypto,
        .caps = { .num_elements = 1, .algorithms = 3, .oob_static_types = USHER_STATIC_AVAILABLE },
        .choice = { .algorithm = USHER_ALG_HMAC, .method = USHER_OOB_STATIC },
    };
}

/* -- a radio that says what it likes ----------------------------------------------------------- */

struct attacker {
    struct air_radio *radio;
    bool busy;
    uint8_t link_id[4]; /* overheard */
    bool heard_link;
    unsigned pb_adv_heard;
};

static void overhear(void *ctx, const struct usher_adv_report *report)
{
    struct attacker *a = ctx;

    if (report->len >= 8 && report->data[1] == 0x29) {
        memcpy(a->link_id, report->data + 2, 4);
        a->heard_link = true;
        a->pb_adv_heard++;
    }
}

static void free_again(void *ctx, uint8_t slot)
{
    (void)slot;
    ((struct attacker *)ctx)->busy = false;
}

static void woken(void *ctx)
{
    (void)ctx;
}

static void attacker_join(struct attacker *a, struct air *air)
{
    static const struct air_owner owner = { overhear, free_again, woken };

    memset(a, 0, sizeof(*a));
    a->radio = air_join(air, &owner, a);
    assert_non_null(a->radio);
    air_scan(a->radio, 0xFF);
}

static void say(struct attacker *a, const uint8_t *ad, uint8_t len)
{
    struct usher_adv adv = { .type = USHER_ADV_NONCONN_IND, .count = 1, .len = len };

    memcpy(adv.data, ad, len);
    if (!a->busy && air_send(a->radio, &adv) == USHER_OK) {
        a->busy = true;
    }
}

static void say_gen(struct attacker *a, const uint8_t link_id[4], uint8_t number,
                    const uint8_t *gen, uint8_t len)
{
    uint8_t ad[USHER_AD_MAX] = { (uint8_t)(6 + len), 0x29 };

    memcpy(ad + 2, link_id, 4);
    ad[6] = number;
    memcpy(ad + 7, gen, len);
    say(a, ad, (uint8_t)(7 + len));
}

static bool never(const struct world *w)
{
    (void)w;
    return false;
}

static bool both_closed(const struct world *w)
{
    return w->party[0].closed && w->party[1].closed;
}

static void start(struct world *w)
{
    assert_int_equal(
        usher_provision(&w->party[0].session, &(struct usher_provision){ .uuid = world_uuid }),
        USHER_OK);
}

/* -- links ------------------------------------------------------------------------------------- */

static void row_20_of_two_provisioners_one_wins_and_the_other_does_no_harm(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct world_config c = config(seed);
        struct world *w = world_new(&c);
        struct attacker rival;
        uint8_t open[17] = { 0x03 };
        static const uint8_t own_id[4] = { 0, 0, 0, 0 }; /* zero is an id like any other */

        memcpy(open + 1, world_uuid, USHER_UUID_SIZE);
        attacker_join(&rival, w->air);
        start(w);
        while (!both_closed(w) && world_now(w) < 70000) {
            if (w->party[1].events > 0) { /* the device has a link */
                say_gen(&rival, own_id, 0, open, sizeof(open));
            }
            (void)world_run(w, both_closed, 15);
        }
        assert_true(w->party[0].complete && w->party[1].complete);
        assert_int_equal(world_count(&w->party[1], USHER_EVT_LINK_ESTABLISHED), 1);
        air_leave(rival.radio);
        world_free(w);
    }
}

static void row_20_a_link_opened_by_a_rival_keeps_the_device_for_a_minute_only(void **state)
{
    struct usher_listen listen = { .uuid = world_uuid };
    struct world_config c = config(3);
    struct world *w = world_new(&c);
    struct attacker rival;
    uint8_t open[17] = { 0x03 };
    static const uint8_t own_id[4] = { 9, 9, 9, 9 };

    (void)state;
    memcpy(open + 1, world_uuid, USHER_UUID_SIZE);
    attacker_join(&rival, w->air);
    for (int i = 0; i < 20 && w->party[1].events == 0; i++) {
        say_gen(&rival, own_id, 0, open, sizeof(open));
        (void)world_run(w, never, 20);
    }
    assert_int_equal(world_count(&w->party[1], USHER_EVT_LINK_ESTABLISHED), 1);
    (void)world_run(w, never, 61000);
    assert_true(w->party[1].closed);
    assert_int_equal(w->party[1].close_reason, USHER_CLOSE_TIMEOUT);
    assert_int_equal(usher_listen(&w->party[1].session, &listen), USHER_OK);
    w->party[1].closed = false;
    assert_true(world_provision(w, 60000));
    assert_true(w->party[0].complete && w->party[1].complete);
    air_leave(rival.radio);
    world_free(w);
}

static void row_21_a_forged_close_ends_the_session_and_the_next_try_completes(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 30; seed++) {
        static const uint8_t forged[] = { 0x0B, 0x00 }; /* "success" */
        struct usher_listen listen = { .uuid = world_uuid };
        struct world_config c = config(seed);
        struct world *w = world_new(&c);
        struct attacker a;

        attacker_join(&a, w->air);
        start(w);
        while (a.pb_adv_heard < 2 + seed % 10) {
            (void)world_run(w, never, 1);
        }
        while (!both_closed(w) && world_now(w) < 70000) {
            say_gen(&a, a.link_id, 0, forged, sizeof(forged));
            (void)world_run(w, both_closed, 5);
        }
        assert_true(both_closed(w));
        for (int role = 0; role < 2; role++) {
            assert_int_equal(world_count(&w->party[role], USHER_EVT_LINK_CLOSED), 1);
            assert_false(w->party[role].complete);
            assert_null(usher_device_key(
                &w->party[role].session)); /* closed "with success", but nothing is */
            w->party[role].closed = false;
        }
        air_leave(a.radio);
        assert_int_equal(usher_listen(&w->party[1].session, &listen), USHER_OK);
        assert_true(world_provision(w, 60000));
        assert_true(w->party[0].complete && w->party[1].complete);
        world_free(w);
    }
}

static void row_16_forged_segments_on_the_link_do_not_make_the_sides_differ(void **state)
{
    unsigned completed = 0;

    (void)state;
    for (uint64_t seed = 1; seed <= 60; seed++) {
        struct world_config c = config(seed);
        struct world *w = world_new(&c);
        struct attacker a;
        uint8_t noise[24];

        attacker_join(&a, w->air);
        start(w);
        while (!both_closed(w) && world_now(w) < 130000) {
            air_random(a.radio, noise, sizeof(noise));
            noise[0] = (uint8_t)((noise[0] & 0x0C) |
                                 (noise[0] & 0x80 ? 2 : 0)); /* a start or a continuation */
            noise[1] = 0;
            noise[2] &= 0x3F;
            if (a.heard_link) {
                say_gen(&a, a.link_id, (uint8_t)((noise[4] & 0x80) | (noise[4] & 3)), noise,
                        (uint8_t)(2 + noise[5] % 23));
            }
            (void)world_run(w, both_closed, 60);
        }
        assert_true(both_closed(w));
        assert_true(w->party[1].complete ||
                    !w->party[0].complete); /* a provisioner is sure of its device */
        if (w->party[0].complete) {
            assert_memory_equal(w->party[0].device_key, w->party[1].device_key, USHER_KEY_SIZE);
            completed++;
        }
        air_leave(a.radio);
        world_free(w);
    }
    print_message("%u of 60 sessions completed among forged segments\n", completed);
    assert_true(completed > 0);
}

/* -- crowds ------------------------------------------------------------------------------------ */

static void row_22_a_thousand_devices_and_link_opens_do_not_starve_a_link(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 5; seed++) {
        struct world_config c = config(seed);
        struct world *w = world_new(&c);
        struct attacker a;
        uint32_t said = 0;

        attacker_join(&a, w->air);
        assert_int_equal(usher_scan(&w->party[0].node, true), USHER_OK);
        start(w);
        while (!both_closed(w) && world_now(w) < 60000) {
            uint8_t beacon[21] = { 20, 0x2B, 0x00, 0xBA, 0xD0 }, open[17] = { 0x03, 0xBA, 0xD0 };
            uint8_t id[4] = { 1, 2, (uint8_t)(said >> 8), (uint8_t)said };

            said++;
            beacon[5] = (uint8_t)(said % 1000 >> 8);
            beacon[6] = (uint8_t)(said % 1000);
            if ((said & 3) != 0) {
                say(&a, beacon, sizeof(beacon));
            } else {
                say_gen(&a, id, 0, open, sizeof(open));
            }
            (void)world_run(w, both_closed, 3);
        }
        assert_true(w->party[0].complete && w->party[1].complete);
        assert_true(world_now(w) < 20000);
        assert_true(w->beacons > 20);
        air_leave(a.radio);
        world_free(w);
    }
}

/* One instance with many sessions, and as many devices. */
#define LINKS 32

struct crowd {
    struct simport port;
    struct usher node;
    struct usher_session sessions[LINKS];
    unsigned open, most_open, complete, closed;
};

struct device {
    struct simport port;
    struct usher node;
    struct usher_session session;
};

static void on_crowd(void *user, struct usher *u, const struct usher_event *e)
{
    struct crowd *c = user;
    struct usher_session *s = e->params.link_established.p_context;

    (void)u;
    if (e->type == USHER_EVT_LINK_ESTABLISHED) {
        c->open++;
        c->most_open = c->open > c->most_open ? c->open : c->most_open;
    } else if (e->type == USHER_EVT_CAPS_RECEIVED) {
        struct usher_start choice = { .algorithm = USHER_ALG_HMAC };

        assert_int_equal(usher_oob_use(s, &choice), USHER_OK);
    } else if (e->type == USHER_EVT_COMPLETE) {
        c->complete++;
    } else if (e->type == USHER_EVT_LINK_CLOSED) {
        c->open--;
        c->closed++;
    }
}

static void device_listen(struct device *d, struct air *air, uint8_t number)
{
    struct usher_caps caps = { .num_elements = 1, .algorithms = 3 };
    uint8_t uuid[USHER_UUID_SIZE] = { number };

    assert_int_equal(simport_init(&d->port, air, &d->node, crypto, 1), USHER_OK);
    assert_int_equal(usher_init(&d->node, &d->port.port, &(struct usher_config){ 0 }), USHER_OK);
    usher_session_init(&d->node, &d->session, &caps, NULL);
    assert_int_equal(usher_listen(&d->session, &(struct usher_listen){ .uuid = uuid }), USHER_OK);
}

static void one_instance_drives_thirty_two_links_at_once(void **state)
{
    static struct crowd crowd; /* too large for a stack */
    static struct device devices[LINKS];
    struct air *air = air_new(&(struct air_config){ .seed = 32, .loss_pct = 5 });

    (void)state;
    memset(&crowd, 0, sizeof(crowd));
    assert_int_equal(simport_init(&crowd.port, air, &crowd.node, crypto, 4), USHER_OK);
    assert_int_equal(usher_init(&crowd.node, &crowd.port.port,
                                &(struct usher_config){ .handler = on_crowd, .user = &crowd }),
                     USHER_OK);
    for (uint8_t i = 0; i < LINKS; i++) {
        struct usher_prov_data data = { .address = (uint16_t)(0x0100 + i) };
        uint8_t uuid[USHER_UUID_SIZE] = { i };

        device_listen(&devices[i], air, i);
        usher_session_init(&crowd.node, &crowd.sessions[i], NULL, NULL);
        assert_int_equal(usher_provision(&crowd.sessions[i],
                                         &(struct usher_provision){ .uuid = uuid, .data = &data }),
                         USHER_OK);
    }
    while (crowd.closed < LINKS && air_next_us(air) < 60000000) {
        air_run_until(air, air_next_us(air));
    }
    assert_int_equal(crowd.complete, LINKS);
    assert_in_range(crowd.most_open, LINKS / 2, LINKS); /* side by side, not one after the other */
    for (unsigned i = 0; i < LINKS; i++) {
        assert_memory_equal(usher_device_key(&crowd.sessions[i]),
                            devices[i].session.prov.device_key, USHER_KEY_SIZE);
        assert_int_equal(devices[i].session.prov.data.address, 0x0100 + i);
        usher_deinit(&devices[i].node);
        simport_deinit(&devices[i].port);
    }
    print_message("%u links, at most %u open at once: %u ms\n", LINKS, crowd.most_open,
                  (unsigned)(air_now_us(air) / 1000));
    usher_deinit(&crowd.node);
    simport_deinit(&crowd.port);
    air_free(air);
}

struct ear {
    struct usher node;
    struct simport port;
    unsigned told;
};

static void on_told(void *user, struct usher *u, const struct usher_event *e)
{
    (void)u;
    ((struct ear *)user)->told += e->type == USHER_EVT_UNPROVISIONED_RECEIVED;
}

static void hear_beacon(struct ear *ear, uint16_t device, enum usher_adv_type type)
{
    uint8_t ad[21] = { 20, 0x2B, 0x00, (uint8_t)(device >> 8), (uint8_t)device };
    struct usher_adv_report report = { .type = type, .len = sizeof(ad), .data = ad };

    usher_in_adv(&ear->node, &report);
}

static void row_22_repeated_beacons_are_shed_and_a_crowd_is_remembered_in_bounds(void **state)
{
    struct air *air = air_new(&(struct air_config){ .seed = 1 });
    struct ear ear = { .told = 0 };

    (void)state;
    assert_int_equal(simport_init(&ear.port, air, &ear.node, crypto, 1), USHER_OK);
    assert_int_equal(usher_init(&ear.node, &ear.port.port,
                                &(struct usher_config){
                                    .handler = on_told, .user = &ear, .beacon_repeat_ms = 1000 }),
                     USHER_OK);
    hear_beacon(&ear, 1, USHER_ADV_NONCONN_IND);
    assert_int_equal(ear.told, 0); /* nobody scans */
    assert_int_equal(usher_scan(&ear.node, true), USHER_OK);
    hear_beacon(&ear, 1, USHER_ADV_IND); /* mesh advertisements are of one type only */
    assert_int_equal(ear.told, 0);
    for (int i = 0; i < 10; i++) {
        hear_beacon(&ear, 1, USHER_ADV_NONCONN_IND);
    }
    assert_int_equal(ear.told, 1);
    air_run_until(air, 999 * 1000);
    hear_beacon(&ear, 1, USHER_ADV_NONCONN_IND);
    assert_int_equal(ear.told, 1);
    air_run_until(air, 1000 * 1000);
    hear_beacon(&ear, 1, USHER_ADV_NONCONN_IND);
    assert_int_equal(ear.told, 2);
    for (uint16_t device = 2; device <= 1001;
         device++) { /* row 22: each of a crowd is told, in the same memory */
        hear_beacon(&ear, device, USHER_ADV_NONCONN_IND);
    }
    assert_int_equal(ear.told, 1002);
    usher_deinit(&ear.node);
    simport_deinit(&ear.port);
    air_free(air);
}

/* -- beacons ----------------------------------------------------------------------------------- */

struct beacons {
    unsigned beacons, uris;
    bool in_turn, last_was_uri;
    uint8_t beacon[USHER_AD_MAX], uri[USHER_AD_MAX];
};

static void sniff(void *ctx, uint64_t at_us, uint8_t channel, const struct usher_ble_addr *addr,
                  enum usher_adv_type type, const uint8_t *ad, uint8_t len)
{
    struct beacons *b = ctx;

    (void)at_us;
    (void)addr;
    if (channel != 37 || type != USHER_ADV_NONCONN_IND || (ad[1] != 0x2B && ad[1] != 0x24)) {
        return;
    }
    b->in_turn &= b->beacons + b->uris == 0 || b->last_was_uri != (ad[1] == 0x24);
    b->last_was_uri = ad[1] == 0x24;
    b->beacons += ad[1] == 0x2B;
    b->uris += ad[1] == 0x24;
    memcpy(ad[1] == 0x24 ? b->uri : b->beacon, ad, len);
}

static void a_device_beacons_with_its_uri_in_turn_but_not_while_it_has_a_link(void **state)
{
    static const uint8_t uri[] = { 0x17, '/', '/', 'x', '.', 'y' };
    struct usher_listen listen = {
        .uuid = world_uuid, .oob_info = 0x8042, .uri = uri, .uri_len = sizeof(uri)
    };
    struct world_config c = config(11);
    struct world *w = world_new(&c);
    struct beacons b = { .in_turn = true };
    struct party *device = &w->party[1];
    uint8_t hash[16];

    (void)state;
    assert_int_equal(usher_listen_stop(&device->session), USHER_OK);
    air_sniffer_set(w->air, sniff, &b);
    assert_int_equal(usher_listen(&device->session, &listen), USHER_OK);
    (void)world_run(w, never, 20500);
    assert_in_range(b.beacons, 9, 11); /* every 2 s */
    assert_in_range(b.beacons - b.uris, 0, 1);
    assert_true(b.in_turn);
    assert_int_equal(b.beacon[0], 24);
    assert_memory_equal(b.beacon + 3, world_uuid, USHER_UUID_SIZE);
    assert_memory_equal(b.beacon + 19, "\x80\x42", 2);
    assert_int_equal(crypto->cmac(crypto->ctx, (const uint8_t[16]){ 0 }, uri, sizeof(uri), hash),
                     USHER_OK);
    assert_memory_equal(b.beacon + 21, hash, 4);
    assert_int_equal(b.uri[0], 1 + sizeof(uri));
    assert_memory_equal(b.uri + 2, uri, sizeof(uri));
    w->party[0].person.choice.method = USHER_OOB_STATIC;
    w->config.answers = WORLD_LATE; /* so that the link lasts */
    start(w);
    while (device->events == 0) {
        (void)world_run(w, never, 1);
    }
    (void)world_run(w, never, 50); /* what was on the air when the link opened is over */
    b.beacons = b.uris = 0;
    (void)world_run(w, both_closed, 60000);
    assert_true(device->complete && world_now(w) > 20500 + 6000);
    assert_int_equal(b.beacons + b.uris, 0);
    (void)world_run(w, never, 10000);
    assert_int_equal(b.beacons + b.uris, 0); /* nor by itself afterwards */
    assert_int_equal(usher_listen(&device->session, &listen), USHER_OK);
    (void)world_run(w, never, 10000);
    assert_in_range(b.beacons, 4, 6);
    assert_int_equal(usher_listen_stop(&device->session), USHER_OK);
    b.beacons = b.uris = 0;
    (void)world_run(w, never, 10000);
    assert_int_equal(b.beacons + b.uris, 0);
    world_free(w);
}

static int setup(void **state)
{
    (void)state;
    crypto = usher_crypto_openssl_new();
    return crypto == NULL;
}

static int teardown(void **state)
{
    (void)state;
    usher_crypto_openssl_free(crypto);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(row_20_of_two_provisioners_one_wins_and_the_other_does_no_harm),
        cmocka_unit_test(row_20_a_link_opened_by_a_rival_keeps_the_device_for_a_minute_only),
        cmocka_unit_test(row_21_a_forged_close_ends_the_session_and_the_next_try_completes),
        cmocka_unit_test(row_16_forged_segments_on_the_link_do_not_make_the_sides_differ),
        cmocka_unit_test(one_instance_drives_thirty_two_links_at_once),
        cmocka_unit_test(row_22_a_thousand_devices_and_link_opens_do_not_starve_a_link),
        cmocka_unit_test(row_22_repeated_beacons_are_shed_and_a_crowd_is_remembered_in_bounds),
        cmocka_unit_test(a_device_beacons_with_its_uri_in_turn_but_not_while_it_has_a_link),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
