/*
 * Whole sessions over PB-GATT, device and provisioner on ports that the test plays by hand: all OOB
 * kinds at several sizes of value, connections that go at every moment, what is advertised, found
 * and offered meanwhile (Mesh Protocol 1.1, sections 5.2.2 and 7.1).
 */
#include "gatt_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

static const struct usher_crypto *crypto;

static struct rig *rig_of(void **state, uint16_t value_max)
{
    (void)state;
    return rig_new(crypto, value_max);
}

static void begin(struct rig *r, unsigned bearers)
{
    assert_int_equal(rig_listen(r, bearers), USHER_OK);
    assert_int_equal(rig_provision(r, RIG_P), USHER_OK);
}

/* -- whole sessions ---------------------------------------------------------------------------- */

static void session_run(void **state, uint16_t value_max, unsigned choice, unsigned algorithm,
                        bool key_oob)
{
    struct rig *r = rig_of(state, value_max);
    struct usher_outcome outcome;

    r->side[RIG_P].person.choice = people_choice(choice);
    r->side[RIG_P].person.choice.algorithm = (uint8_t)algorithm;
    r->side[RIG_P].person.choice.public_key = key_oob;
    begin(r, USHER_BEARER_GATT);
    rig_run(r, 30000);
    rig_assert_complete(r, RIG_P);
    usher_outcome(&r->side[RIG_P].session, &outcome);
    assert_true(outcome.complete);
    assert_int_equal(outcome.link.retries, 0);
    assert_true(outcome.link.tx >= 6 && outcome.link.rx >= 4);
    assert_int_equal(r->side[RIG_D].session.prov.data.address, 0x0100);
    rig_free(r);
}

static void every_choice_at_every_size_of_value(void **state)
{
    static const uint16_t sizes[] = { 20, 66, 244 };

    for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
        for (unsigned choice = 0; choice < PEOPLE_CHOICES; choice++) {
            session_run(state, sizes[s], choice, USHER_ALG_CMAC, choice % 2 != 0);
            session_run(state, sizes[s], choice, USHER_ALG_HMAC, choice % 2 == 0);
        }
    }
}

static void the_same_instance_provisions_over_pb_adv_too(void **state)
{
    struct rig *r = rig_of(state, 66);
    struct usher_provision p = { .uuid = rig_uuid };

    assert_int_equal(rig_listen(r, USHER_BEARER_ADV | USHER_BEARER_GATT), USHER_OK);
    assert_int_equal(usher_provision(&r->side[RIG_P].session, &p), USHER_OK);
    rig_run(r, 40000);
    rig_assert_complete(r, RIG_P);
    assert_int_equal(r->side[RIG_P].connects, 0);
    rig_forget(r, RIG_P);
    rig_forget(r, RIG_D);
    begin(r, USHER_BEARER_ADV | USHER_BEARER_GATT); /* the same sessions, on the other bearer */
    rig_run(r, 40000);
    rig_assert_complete(r, RIG_P);
    assert_int_equal(r->side[RIG_P].connects, 1);
    rig_free(r);
}

/* -- connections that go ----------------------------------------------------------------------- */

static bool handed_over(const struct rig_side *d)
{
    return d->close_reason == USHER_CLOSE_SUCCESS;
}

/* The connection is lost after so many values. @retval false  The session was over before. */
static bool cut_run(void **state, unsigned n)
{
    struct rig *r = rig_of(state, 20);
    struct rig_side *p = &r->side[RIG_P], *d = &r->side[RIG_D];
    bool cut;

    r->cut_at = n;
    begin(r, USHER_BEARER_ADV | USHER_BEARER_GATT);
    rig_run(r, 2000);
    cut = r->delivered == n;
    r->cut_at = 0;
    assert_int_equal(p->told[USHER_EVT_LINK_CLOSED], 1);
    assert_int_equal(d->told[USHER_EVT_LINK_CLOSED], 1);
    /* The device is a node if it has accepted the data, which comes before it says so. */
    assert_true(d->told[USHER_EVT_COMPLETE] >= p->told[USHER_EVT_COMPLETE]);
    assert_int_equal(p->close_reason,
                     p->told[USHER_EVT_COMPLETE] != 0 ? USHER_CLOSE_SUCCESS : USHER_CLOSE_ERROR);
    assert_true(!handed_over(d) || d->told[USHER_EVT_COMPLETE] == 1);
    rig_forget(r, RIG_P);
    rig_forget(r, RIG_D);
    begin(r, USHER_BEARER_GATT); /* whatever it was, it can be done again */
    rig_run(r, 30000);
    rig_assert_complete(r, RIG_P);
    rig_free(r);
    return cut;
}

static void row_21_a_connection_may_go_after_every_value(void **state)
{
    unsigned n = 1;

    while (cut_run(state, n)) {
        n++;
    }
    assert_int_equal(n, 19); /* one more than this session has */
}

static void a_client_that_goes_without_a_word_is_a_failure(void **state)
{
    struct rig *r = rig_of(state, 66);
    uint8_t conn;

    assert_int_equal(rig_listen(r, USHER_BEARER_GATT), USHER_OK);
    conn = rig_raw_open(r, RIG_D, USHER_GATT_PROVISIONING);
    assert_int_equal(r->side[RIG_D].told[USHER_EVT_LINK_ESTABLISHED], 1);
    rig_raw_close(r, RIG_D, conn);
    assert_int_equal(r->side[RIG_D].told[USHER_EVT_LINK_CLOSED], 1);
    assert_int_equal(r->side[RIG_D].close_reason, USHER_CLOSE_ERROR);
    assert_int_equal(rig_listen(r, USHER_BEARER_GATT), USHER_OK);
    rig_free(r);
}

static void a_client_that_says_nothing_is_disconnected(void **state)
{
    struct rig *r = rig_of(state, 66);
    uint8_t conn;

    assert_int_equal(rig_listen(r, USHER_BEARER_GATT), USHER_OK);
    conn = rig_raw_open(r, RIG_D, USHER_GATT_PROVISIONING);
    rig_run(r, 59999);
    assert_true(rig_raw_is_open(r, RIG_D, conn));
    rig_run(r, 1);
    assert_false(rig_raw_is_open(r, RIG_D, conn));
    assert_int_equal(r->side[RIG_D].close_reason, USHER_CLOSE_TIMEOUT);
    assert_int_equal(r->side[RIG_D].told[USHER_EVT_LINK_CLOSED], 1);
    rig_free(r);
}

static void a_connection_that_cannot_be_made_closes_the_session(void **state)
{
    struct rig *r = rig_of(state, 66);
    struct rig_side *p = &r->side[RIG_P];

    r->connect = RIG_FAILS;
    assert_int_equal(rig_provision(r, RIG_P), USHER_OK);
    rig_run(r, 10);
    assert_int_equal(p->told[USHER_EVT_LINK_ESTABLISHED], 0);
    assert_int_equal(p->told[USHER_EVT_LINK_CLOSED], 1);
    assert_int_equal(p->close_reason, USHER_CLOSE_ERROR);
    r->connect = RIG_HANGS; /* the port has more patience than we have */
    assert_int_equal(rig_provision(r, RIG_P), USHER_OK);
    rig_run(r, 29999);
    assert_int_equal(p->told[USHER_EVT_LINK_CLOSED], 1);
    rig_run(r, 1);
    assert_int_equal(p->told[USHER_EVT_LINK_CLOSED], 2);
    assert_int_equal(p->close_reason, USHER_CLOSE_TIMEOUT);
    assert_int_equal(p->disconnects, 1);
    assert_int_equal(rig_provision(r, RIG_P), USHER_OK);
    rig_run(r, 10);
    assert_int_equal(usher_cancel(&p->session, USHER_CLOSE_ERROR), USHER_OK);
    assert_int_equal(p->told[USHER_EVT_LINK_CLOSED], 3);
    assert_int_equal(p->disconnects, 2);
    r->connect = RIG_REFUSED;
    assert_int_equal(rig_provision(r, RIG_P), USHER_E_BUSY);
    assert_true(usher_session_idle(&p->session));
    assert_int_equal(p->told[USHER_EVT_LINK_CLOSED], 3);
    r->connect = RIG_OPENS;
    rig_forget(r, RIG_P);
    begin(r, USHER_BEARER_GATT);
    rig_run(r, 30000);
    rig_assert_complete(r, RIG_P);
    rig_free(r);
}

static void connections_are_as_many_as_there_are(void **state)
{
    struct rig *r = rig_of(state, 66);
    struct rig_side *p = &r->side[RIG_P];
    struct usher_ble_addr peer = rig_address(RIG_D);
    struct usher_provision prov = { .uuid = rig_uuid, .peer = &peer };
    struct usher_session s[RIG_CONNS + 1];

    r->connect = RIG_HANGS;
    for (unsigned i = 0; i < RIG_CONNS; i++) {
        usher_session_init(&p->node, &s[i], NULL, NULL);
        assert_int_equal(usher_provision(&s[i], &prov), USHER_OK);
    }
    usher_session_init(&p->node, &s[RIG_CONNS], NULL, NULL);
    assert_int_equal(usher_provision(&s[RIG_CONNS], &prov), USHER_E_RESOURCES);
    assert_true(usher_session_idle(&s[RIG_CONNS]));
    rig_run(r, 31000);
    assert_int_equal(p->told[USHER_EVT_LINK_CLOSED], RIG_CONNS);
    rig_free(r);
}

/* A provisioner who takes 3 s to choose. */
static void choose_late(struct rig_side *s, const struct usher_event *e)
{
    if (e->type == USHER_EVT_CAPS_RECEIVED) {
        s->person.at[PERSON_CHOOSES] = s->rig->now + 3000;
    }
}

/* Fewer links than the port has connections. */
static void links_may_be_fewer_than_connections(void **state)
{
    struct rig *r = rig_of(state, 66);
    struct rig_side *p = &r->side[RIG_P], *d = &r->side[RIG_D];
    struct usher_ble_addr peer = rig_address(RIG_D);
    struct usher_session second;

    p->gatt.config.link_count = d->gatt.config.link_count = 1;
    begin(r, USHER_BEARER_GATT);
    usher_session_init(&p->node, &second, NULL, NULL);
    assert_int_equal(
        usher_provision(&second, &(struct usher_provision){ .uuid = rig_uuid, .peer = &peer }),
        USHER_E_RESOURCES);
    rig_run(r, 30000);
    rig_assert_complete(r, RIG_P);
    assert_int_equal(rig_listen(r, USHER_BEARER_GATT), USHER_OK);
    assert_true(rig_raw_is_open(r, RIG_D, rig_raw_open(r, RIG_D, USHER_GATT_PROVISIONING)));
    usher_session_init(&d->node, &second, &people_caps, NULL);
    assert_int_equal(usher_listen(&second, &(struct usher_listen){ .uuid = rig_uuid,
                                                                   .bearers = USHER_BEARER_GATT }),
                     USHER_OK);
    d->inds = 0;
    rig_run(r, 2000);
    assert_int_equal(d->inds, 0); /* there is no room for whoever would come */
    assert_int_equal(rig_raw_open(r, RIG_D, USHER_GATT_PROVISIONING), RIG_CONNS);
    rig_raw_close(r, RIG_D, 0);
    rig_run(r, 2000);
    assert_in_range(d->inds, 8, 11);
    rig_free(r);
}

static void a_port_that_cannot_send_ends_the_session(void **state)
{
    struct rig *r = rig_of(state, 66);
    struct rig_side *p = &r->side[RIG_P];

    r->send_fails = true;
    begin(r, USHER_BEARER_GATT);
    rig_run(r, 10);
    assert_int_equal(p->told[USHER_EVT_LINK_CLOSED], 1);
    assert_int_equal(p->close_reason, USHER_CLOSE_ERROR);
    assert_int_equal(p->disconnects, 1);
    rig_free(r);
}

static void cancel_and_radio_and_deinit_end_connections(void **state)
{
    for (int how = 0; how < 3; how++) {
        struct rig *r = rig_of(state, 66);
        struct rig_side *p = &r->side[RIG_P], *d = &r->side[RIG_D];

        p->in_handler = choose_late;
        begin(r, USHER_BEARER_GATT);
        rig_run(r, 1000);
        assert_int_equal(d->told[USHER_EVT_INVITE_RECEIVED], 1);
        if (how == 0) {
            assert_int_equal(usher_cancel(&d->session, USHER_CLOSE_ERROR), USHER_OK);
        } else if (how == 1) {
            usher_radio(&d->node, false);
            assert_int_equal(d->serving, USHER_GATT_NONE);
        } else {
            usher_deinit(&d->node);
        }
        assert_int_equal(d->disconnects, 1);
        assert_int_equal(d->told[USHER_EVT_LINK_CLOSED], how == 2 ? 0 : 1);
        rig_run(r, 100);
        assert_int_equal(p->told[USHER_EVT_LINK_CLOSED], 1);
        assert_int_equal(p->close_reason, USHER_CLOSE_ERROR);
        rig_free(r);
    }
}

static void off_the_air_nothing_begins(void **state)
{
    struct rig *r = rig_of(state, 66);
    struct rig_side *p = &r->side[RIG_P], *d = &r->side[RIG_D];

    usher_radio(&p->node, false);
    usher_radio(&d->node, false);
    assert_int_equal(rig_provision(r, RIG_P), USHER_E_STATE);
    assert_true(usher_session_idle(&p->session));
    assert_int_equal(p->connects, 0);
    assert_int_equal(rig_listen(r, USHER_BEARER_GATT), USHER_OK);
    rig_run(r, 2000);
    assert_int_equal(d->serving, USHER_GATT_NONE);
    assert_int_equal(d->inds, 0);
    assert_int_equal(rig_raw_open(r, RIG_D, USHER_GATT_PROVISIONING), RIG_CONNS);
    usher_radio(&p->node, true);
    usher_radio(&d->node, true);
    assert_int_equal(d->serving, USHER_GATT_PROVISIONING);
    assert_int_equal(rig_provision(r, RIG_P), USHER_OK);
    rig_run(r, 30000);
    rig_assert_complete(r, RIG_P);
    rig_free(r);
}

/* -- what is offered and found ----------------------------------------------------------------- */

static void a_listening_device_advertises_on_its_bearers(void **state)
{
    static const unsigned bearers[] = { 0, USHER_BEARER_ADV, USHER_BEARER_GATT,
                                        USHER_BEARER_ADV | USHER_BEARER_GATT };

    for (size_t i = 0; i < sizeof(bearers) / sizeof(bearers[0]); i++) {
        struct rig *r = rig_of(state, 66);
        struct rig_side *d = &r->side[RIG_D];
        bool adv = bearers[i] != USHER_BEARER_GATT, gatt = (bearers[i] & USHER_BEARER_GATT) != 0;

        assert_int_equal(rig_listen(r, bearers[i]), USHER_OK);
        rig_run(r, 20000);
        assert_int_equal(d->serving, gatt ? USHER_GATT_PROVISIONING : USHER_GATT_NONE);
        assert_in_range(d->nonconns, adv ? 9 : 0, adv ? 11 : 0); /* each 2 s */
        assert_in_range(d->inds, gatt ? 94 : 0, gatt ? 101 : 0); /* each 200 to 210 ms */
        assert_int_equal(usher_listen_stop(&d->session), USHER_OK);
        d->inds = d->nonconns = 0;
        rig_run(r, 3000);
        assert_int_equal(d->serving, USHER_GATT_NONE);
        assert_int_equal(d->inds + d->nonconns, 0);
        rig_free(r);
    }
}

/* A slot that is never free for long: beacon and service data take turns. */
static void a_busy_slot_is_shared(void **state)
{
    struct rig *r = rig_of(state, 66);
    struct rig_side *d = &r->side[RIG_D];

    r->adv_ms = 250;
    assert_int_equal(rig_listen(r, USHER_BEARER_ADV | USHER_BEARER_GATT), USHER_OK);
    rig_run(r, 20000);
    assert_in_range(d->nonconns, 8, 11);
    assert_in_range(d->inds, 55, 72);
    d->inds = d->nonconns = 0;
    d->node.config.beacon_interval_ms = 100; /* both more than there is room for */
    rig_run(r, 20000);
    assert_in_range(d->nonconns, 35, 45);
    assert_in_range(d->inds, 35, 45);
    rig_free(r);
}

static void the_service_data_are_the_beacons(void **state)
{
    static const uint8_t expected[] = { 2, 1, 6, 3, 3, 0x27, 0x18, 21, 0x16, 0x27, 0x18 };
    struct rig *r = rig_of(state, 66);
    struct rig_side *d = &r->side[RIG_D], *p = &r->side[RIG_P];
    struct usher_ble_addr from = rig_address(RIG_D);

    assert_int_equal(usher_scan(&p->node, true), USHER_OK);
    assert_int_equal(p->scan, USHER_SCAN_BEACON | USHER_SCAN_GATT);
    assert_int_equal(rig_listen(r, USHER_BEARER_GATT), USHER_OK);
    rig_run(r, 1000);
    assert_int_equal(d->last_ind.len, 29);
    assert_memory_equal(d->last_ind.data, expected, sizeof(expected));
    assert_memory_equal(d->last_ind.data + 11, rig_uuid, USHER_UUID_SIZE);
    assert_int_equal(d->last_ind.data[27] << 8 | d->last_ind.data[28], 0x1234);
    assert_int_equal(p->told[USHER_EVT_UNPROVISIONED_RECEIVED], d->inds);
    assert_true(p->unprov.params.unprov.gatt_supported);
    assert_memory_equal(p->unprov.params.unprov.device_uuid, rig_uuid, USHER_UUID_SIZE);
    assert_int_equal(p->unprov.params.unprov.oob_info, 0x1234);
    assert_int_equal(p->unprov.params.unprov.rssi, -40);
    assert_false(p->unprov.params.unprov.uri_hash_present);
    assert_memory_equal(&p->unprov.params.unprov.peer, &from, sizeof(from));
    assert_int_equal(usher_scan(&p->node, false), USHER_OK);
    assert_int_equal(p->scan, USHER_SCAN_OFF);
    rig_free(r);
}

static void a_device_is_told_once_for_each_bearer(void **state)
{
    struct rig *r = rig_of(state, 66);
    struct rig_side *p = &r->side[RIG_P];

    p->node.config.beacon_repeat_ms = 60000;
    assert_int_equal(usher_scan(&p->node, true), USHER_OK);
    assert_int_equal(rig_listen(r, USHER_BEARER_ADV | USHER_BEARER_GATT), USHER_OK);
    rig_run(r, 30000);
    assert_int_equal(p->told[USHER_EVT_UNPROVISIONED_RECEIVED], 2);
    rig_run(r, 40000);
    assert_int_equal(p->told[USHER_EVT_UNPROVISIONED_RECEIVED], 4);
    rig_free(r);
}

/* From an allocation of exactly its length, so that reading over its end is noticed. */
static void hear(struct rig_side *s, struct usher_adv_report *report, const uint8_t *ad)
{
    uint8_t *copy = malloc(report->len != 0 ? report->len : 1);

    assert_non_null(copy);
    memcpy(copy, ad, report->len);
    report->data = copy;
    usher_in_adv(&s->node, report);
    free(copy);
}

static void service_data_of_other_lengths_are_none(void **state)
{
    uint8_t ad[USHER_AD_MAX] = { 0, 0x16, 0x27, 0x18 };
    struct usher_adv_report report = { .type = USHER_ADV_IND };
    struct rig *r = rig_of(state, 66);
    struct rig_side *p = &r->side[RIG_P];

    memcpy(ad + 4, rig_uuid, USHER_UUID_SIZE);
    assert_int_equal(usher_scan(&p->node, true), USHER_OK);
    for (uint8_t len = 1; len <= USHER_AD_MAX; len++) {
        bool good = len == 22 || len == 26; /* with a URI Hash */

        ad[0] = (uint8_t)(len - 1);
        report.len = len;
        rig_forget(r, RIG_P);
        hear(p, &report, ad);
        assert_int_equal(p->told[USHER_EVT_UNPROVISIONED_RECEIVED], good);
        assert_true(!good || p->unprov.params.unprov.uri_hash_present == (len == 26));
        report.len = (uint8_t)(len - 1); /* cut off */
        hear(p, &report, ad);
        assert_int_equal(p->told[USHER_EVT_UNPROVISIONED_RECEIVED], good);
    }
    report.len = 22;
    ad[0] = 21;
    report.type = USHER_ADV_NONCONN_IND; /* nobody can connect to that */
    rig_forget(r, RIG_P);
    hear(p, &report, ad);
    report.type = USHER_ADV_IND;
    ad[2] = 0x26; /* another service */
    hear(p, &report, ad);
    ad[2] = 0x27;
    ad[1] = 0x20; /* service data under another kind of UUID */
    hear(p, &report, ad);
    ad[1] = 0x16;
    assert_int_equal(usher_scan(&p->node, false), USHER_OK); /* nobody wants to know */
    hear(p, &report, ad);
    assert_int_equal(p->told[USHER_EVT_UNPROVISIONED_RECEIVED], 0);
    rig_free(r);
}

/* The service stays while the session is under way, and goes with it. */
static void the_service_stays_until_the_session_is_over(void **state)
{
    struct rig *r = rig_of(state, 66);
    struct rig_side *d = &r->side[RIG_D];

    r->side[RIG_P].in_handler = choose_late;
    begin(r, USHER_BEARER_ADV | USHER_BEARER_GATT);
    rig_run(r, 100);
    assert_int_equal(d->told[USHER_EVT_LINK_ESTABLISHED], 1);
    d->inds = d->nonconns = 0;
    rig_run(r, 2800);
    assert_int_equal(d->serving, USHER_GATT_PROVISIONING);
    assert_int_equal(d->told[USHER_EVT_LINK_CLOSED], 0);
    rig_run(r, 3000);
    rig_assert_complete(r, RIG_P);
    assert_int_equal(d->inds + d->nonconns, 0); /* it has its client */
    assert_int_equal(d->serving, USHER_GATT_NONE);
    assert_int_equal(d->served, 2);
    rig_free(r);
}

/* A provisioner that does not disconnect is disconnected. */
static void stay_connected(struct rig_side *s, const struct usher_event *e)
{
    if (e->type == USHER_EVT_COMPLETE) {
        s->conns[0].peer = NULL; /* its disconnect does not get through */
    }
}

static void a_device_disconnects_some_time_after_complete(void **state)
{
    struct rig *r = rig_of(state, 66);
    struct rig_side *p = &r->side[RIG_P], *d = &r->side[RIG_D];
    uint64_t at;

    p->in_handler = stay_connected;
    begin(r, USHER_BEARER_GATT);
    while (p->told[USHER_EVT_LINK_CLOSED] == 0) {
        rig_run(r, 1);
    }
    at = r->now;
    assert_int_equal(d->told[USHER_EVT_LINK_CLOSED], 0);
    while (d->told[USHER_EVT_LINK_CLOSED] == 0) {
        rig_run(r, 1);
    }
    assert_in_range(r->now - at, 4990, 5010);
    assert_int_equal(d->disconnects, 1);
    rig_assert_complete(r, RIG_P);
    rig_free(r);
}

/* -- making it --------------------------------------------------------------------------------- */

static void gatt_needs_a_port_that_has_it(void **state)
{
    struct rig *r = rig_of(state, 66);
    struct rig_side *s = &r->side[RIG_Q];
    struct usher_gatt_config config = { .links = s->links, .link_count = RIG_CONNS }, none;
    struct usher_port whole = s->port;
    struct usher_gatt g;

    none = config;
    none.links = NULL;
    assert_int_equal(usher_gatt_init(NULL, &s->node, &config), USHER_E_NULL);
    assert_int_equal(usher_gatt_init(&g, NULL, &config), USHER_E_NULL);
    assert_int_equal(usher_gatt_init(&g, &s->node, NULL), USHER_E_NULL);
    assert_int_equal(usher_gatt_init(&g, &s->node, &none), USHER_E_NULL);
    none = config;
    none.link_count = 0;
    assert_int_equal(usher_gatt_init(&g, &s->node, &none), USHER_E_NULL);
#define WITHOUT(member)                                                                            \
    s->port = whole;                                                                               \
    s->port.member = 0;                                                                            \
    assert_int_equal(usher_gatt_init(&g, &s->node, &config), USHER_E_UNSUPPORTED)
    WITHOUT(gatt_conns);
    WITHOUT(gatt_serve);
    WITHOUT(gatt_connect);
    WITHOUT(gatt_disconnect);
    WITHOUT(gatt_send);
    s->port = whole;
    assert_ptr_equal(s->node.gatt, &s->gatt); /* none of these took its place */
    rig_free(r);
}

static void an_instance_without_gatt_says_so(void **state)
{
    struct rig *r = rig_of(state, 66);
    struct usher_gatt_opened opened = { .value_max = 66 };
    struct usher_event e;

    for (int i = 0; i < RIG_SIDES; i++) {
        r->side[i].node.gatt = NULL;
        r->side[i].node.parts[USHER_PART_GATT] = NULL;
    }
    memset(&e, 0, sizeof(e));
    assert_int_equal(rig_provision(r, RIG_P), USHER_E_UNSUPPORTED);
    assert_int_equal(rig_listen(r, USHER_BEARER_GATT), USHER_E_UNSUPPORTED);
    assert_int_equal(rig_listen(r, USHER_BEARER_GATT << 1), USHER_E_PARAM);
    assert_true(usher_session_idle(&r->side[RIG_P].session));
    assert_true(usher_session_idle(&r->side[RIG_D].session));
    usher_in_gatt_open(&r->side[RIG_D].node, &opened);
    usher_in_gatt_data(&r->side[RIG_D].node, 0, rig_uuid, 3);
    usher_in_gatt_ready(&r->side[RIG_D].node, 0);
    usher_in_gatt_close(&r->side[RIG_D].node, 0);
    assert_int_equal(rig_listen(r, USHER_BEARER_ADV), USHER_OK);
    rig_free(r);
}

static int group_setup(void **state)
{
    (void)state;
    crypto = usher_crypto_openssl_new();
    return crypto != NULL ? 0 : -1;
}

static int group_teardown(void **state)
{
    (void)state;
    usher_crypto_openssl_free(crypto);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_choice_at_every_size_of_value),
        cmocka_unit_test(the_same_instance_provisions_over_pb_adv_too),
        cmocka_unit_test(row_21_a_connection_may_go_after_every_value),
        cmocka_unit_test(a_client_that_goes_without_a_word_is_a_failure),
        cmocka_unit_test(a_client_that_says_nothing_is_disconnected),
        cmocka_unit_test(a_connection_that_cannot_be_made_closes_the_session),
        cmocka_unit_test(connections_are_as_many_as_there_are),
        cmocka_unit_test(links_may_be_fewer_than_connections),
        cmocka_unit_test(a_port_that_cannot_send_ends_the_session),
        cmocka_unit_test(cancel_and_radio_and_deinit_end_connections),
        cmocka_unit_test(off_the_air_nothing_begins),
        cmocka_unit_test(a_listening_device_advertises_on_its_bearers),
        cmocka_unit_test(a_busy_slot_is_shared),
        cmocka_unit_test(the_service_data_are_the_beacons),
        cmocka_unit_test(a_device_is_told_once_for_each_bearer),
        cmocka_unit_test(service_data_of_other_lengths_are_none),
        cmocka_unit_test(the_service_stays_until_the_session_is_over),
        cmocka_unit_test(a_device_disconnects_some_time_after_complete),
        cmocka_unit_test(gatt_needs_a_port_that_has_it),
        cmocka_unit_test(an_instance_without_gatt_says_so),
    };

    return cmocka_run_group_tests_name("gatt_sessions", tests, group_setup, group_teardown);
}
