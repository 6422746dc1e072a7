/*
 * A device that listens on PB-GATT, and clients that mean no good: every case of segmentation
 * against the rules, PDUs after a failure, two clients at once, services and values that do not
 * belong there. Each ends in a disconnect or is ignored; the device listens again, is found, and is
 * provisioned. Rows are those of docs/threat-model.md.
 */
#include "gatt_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#define COMPLETE 0x03
#define FIRST 0x43
#define CONTINUATION 0x83
#define LAST 0xC3

static const struct usher_crypto *crypto;
static const uint8_t invite[] = { COMPLETE, 0x00, 5 };
static const uint8_t start[] = { COMPLETE, 0x02, 0, 0, 0, 0, 0 };

static struct rig *rig_listening(void **state, uint16_t value_max)
{
    struct rig *r = rig_new(crypto, value_max);

    (void)state;
    assert_int_equal(rig_listen(r, USHER_BEARER_ADV | USHER_BEARER_GATT), USHER_OK);
    return r;
}

static uint8_t client(struct rig *r)
{
    uint8_t conn = rig_raw_open(r, RIG_D, USHER_GATT_PROVISIONING);

    assert_true(rig_raw_is_open(r, RIG_D, conn));
    rig_run(r, 10);
    return conn;
}

static void write_value(struct rig *r, uint8_t conn, const uint8_t *value, size_t len)
{
    rig_raw_write(r, RIG_D, conn, value, len);
    rig_run(r, 10);
}

static void write_of(struct rig *r, uint8_t conn, uint8_t header, size_t len)
{
    uint8_t value[300] = { header };

    write_value(r, conn, value, len);
}

/* The last value that a client of ours got is Failed with this code. */
static void assert_failed(const struct rig *r, uint8_t code)
{
    const struct rig_value *v = &r->raw[(r->raw_count - 1) % RIG_RAW];

    assert_true(r->raw_count != 0);
    assert_int_equal(v->len, 3);
    assert_int_equal(v->octets[0], COMPLETE);
    assert_int_equal(v->octets[1], 0x09);
    assert_int_equal(v->octets[2], code);
}

/* It is as if nobody had been there. */
static void assert_provisionable(struct rig *r)
{
    struct rig_side *d = &r->side[RIG_D];

    rig_forget(r, RIG_D);
    rig_forget(r, RIG_P);
    if (usher_session_idle(&d->session)) {
        assert_int_equal(rig_listen(r, USHER_BEARER_ADV | USHER_BEARER_GATT), USHER_OK);
    }
    d->inds = d->nonconns = 0;
    rig_run(r, 5000);
    assert_in_range(d->inds, 22, 26);
    assert_in_range(d->nonconns, 2, 3);
    assert_int_equal(rig_provision(r, RIG_P), USHER_OK);
    rig_run(r, 30000);
    rig_assert_complete(r, RIG_P);
}

static void assert_disconnected(struct rig *r, uint8_t conn, enum usher_close_reason reason)
{
    const struct rig_side *d = &r->side[RIG_D];

    assert_false(rig_raw_is_open(r, RIG_D, conn));
    assert_int_equal(d->told[USHER_EVT_LINK_CLOSED], 1);
    assert_int_equal(d->close_reason, reason);
    assert_int_equal(d->told[USHER_EVT_COMPLETE], 0);
    assert_true(usher_session_idle(&d->session));
}

/* -- segmentation ------------------------------------------------------------------------------ */

static void row_29_segmentation_against_the_rules_is_disconnected(void **state)
{
    static const struct {
        struct {
            uint8_t header;
            uint16_t len; /* 0 after the first: no more */
        } values[3];
        const char *what;
    } rows[] = {
        { { { FIRST, 20 }, { FIRST, 20 } }, "first, first" },
        { { { FIRST, 20 }, { COMPLETE, 3 } }, "first, complete" },
        { { { CONTINUATION, 20 } }, "continuation" },
        { { { LAST, 3 } }, "last" },
        { { { COMPLETE, 0 } }, "nothing" },
        { { { COMPLETE, 1 } }, "a header alone" },
        { { { FIRST, 1 } }, "a first header alone" },
        { { { FIRST, 20 }, { CONTINUATION, 1 } }, "a continuation header alone" },
        { { { FIRST, 20 }, { LAST, 1 } }, "a last header alone" },
        { { { COMPLETE, 21 } }, "complete over the MTU" },
        { { { FIRST, 21 } }, "first over the MTU" },
        { { { 0x3F, 21 } }, "a reserved type over the MTU" },
        { { { FIRST, 20 }, { CONTINUATION & ~3, 20 } }, "another type inside" },
        { { { FIRST, 20 }, { CONTINUATION | 0x3F, 20 } }, "a reserved type inside" },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct rig *r = rig_listening(state, 20);
        uint8_t conn = client(r);

        for (size_t k = 0; k < 3 && (k == 0 || rows[i].values[k].len != 0); k++) {
            assert_true(rig_raw_is_open(r, RIG_D, conn));
            write_of(r, conn, rows[i].values[k].header, rows[i].values[k].len);
        }
        if (rig_raw_is_open(r, RIG_D, conn)) {
            fail_msg("%s was taken", rows[i].what);
        }
        assert_disconnected(r, conn, USHER_CLOSE_ERROR);
        assert_int_equal(r->raw_count, 0); /* nothing is said to it */
        assert_provisionable(r);
        rig_free(r);
    }
}

static void row_29_an_endless_pdu_is_disconnected(void **state)
{
    struct rig *r = rig_listening(state, 244);
    uint8_t conn = client(r);
    unsigned values = 1;

    write_of(r, conn, FIRST, 2);
    while (rig_raw_is_open(r, RIG_D, conn)) {
        write_of(r, conn, CONTINUATION, 2);
        values++;
    }
    assert_int_equal(values, USHER_PDU_MAX + 1);
    assert_disconnected(r, conn, USHER_CLOSE_ERROR);
    assert_provisionable(r);
    rig_free(r);
}

static void row_29_a_pdu_that_is_not_ended_is_disconnected_after_20_s(void **state)
{
    struct rig *r = rig_listening(state, 20);
    uint8_t conn = client(r);

    rig_raw_write(r, RIG_D, conn, (const uint8_t[]){ FIRST, 1, 2 }, 3);
    rig_run(r, 15000);
    rig_raw_write(r, RIG_D, conn, (const uint8_t[]){ CONTINUATION, 1, 2 }, 3);
    rig_run(r, 4999);
    assert_true(rig_raw_is_open(r, RIG_D, conn));
    rig_run(r, 1);
    assert_disconnected(r, conn, USHER_CLOSE_TIMEOUT);
    assert_provisionable(r);
    rig_free(r);
}

static void what_does_not_belong_to_the_service_is_ignored(void **state)
{
    struct rig *r = rig_listening(state, 66);
    uint8_t conn = client(r);
    struct usher_outcome outcome;

    for (unsigned header = 0; header < 0x40; header++) {
        if (header != COMPLETE) {
            write_of(r, conn, (uint8_t)header, 20); /* Network PDU, beacon, configuration, ... */
        }
    }
    write_of(r, conn, 0x40, 20); /* a Network PDU in two segments */
    write_of(r, conn, 0xC0, 5);
    assert_true(rig_raw_is_open(r, RIG_D, conn));
    assert_int_equal(r->raw_count, 0);
    usher_outcome(&r->side[RIG_D].session, &outcome);
    assert_int_equal(outcome.link.dropped, 4);
    write_value(r, conn, invite, sizeof(invite)); /* it goes on */
    assert_int_equal(r->side[RIG_D].told[USHER_EVT_INVITE_RECEIVED], 1);
    assert_int_equal(r->raw_count, 1);
    assert_int_equal(r->raw[0].len, 13); /* Capabilities */
    assert_int_equal(r->raw[0].octets[1], 0x01);
    rig_raw_close(r, RIG_D, conn);
    assert_provisionable(r);
    rig_free(r);
}

/* What is ignored does not keep a link alive. */
static void the_link_timer_waits_for_a_provisioning_pdu(void **state)
{
    struct rig *r = rig_listening(state, 66);
    uint8_t conn = rig_raw_open(r, RIG_D, USHER_GATT_PROVISIONING);

    for (int i = 0; i < 59; i++) {
        rig_run(r, 1000);
        rig_raw_write(r, RIG_D, conn, (const uint8_t[]){ 0x3F, 1 }, 2);
        rig_raw_write(r, RIG_D, conn, (const uint8_t[]){ 0x00, 1 }, 2);
    }
    assert_true(rig_raw_is_open(r, RIG_D, conn));
    rig_run(r, 1000);
    assert_disconnected(r, conn, USHER_CLOSE_TIMEOUT);
    rig_free(r);
}

/* -- PDUs -------------------------------------------------------------------------------------- */

/* Each PDU after Failed is answered with Failed, and the session ends in its time. */
static void row_29_writes_after_failed_are_unexpected(void **state)
{
    struct rig *r = rig_listening(state, 66);
    uint8_t conn = client(r);

    write_value(r, conn, start, sizeof(start)); /* before Invite */
    assert_failed(r, USHER_FAIL_UNEXPECTED_PDU);
    assert_int_equal(r->side[RIG_D].told[USHER_EVT_FAILED], 1);
    for (unsigned i = 0; i < 100; i++) {
        r->raw_count = 0;
        write_value(r, conn, invite, sizeof(invite));
        assert_int_equal(r->raw_count, 1);
        assert_failed(r, USHER_FAIL_UNEXPECTED_PDU);
    }
    for (unsigned i = 0; i < 58; i++) { /* whatever it says, it is not waited for longer */
        assert_true(rig_raw_is_open(r, RIG_D, conn));
        rig_raw_write(r, RIG_D, conn, invite, sizeof(invite));
        rig_run(r, 1000);
    }
    rig_run(r, 2000);
    assert_disconnected(r, conn, USHER_CLOSE_TIMEOUT);
    assert_int_equal(r->side[RIG_D].told[USHER_EVT_FAILED], 1);
    assert_provisionable(r);
    rig_free(r);
}

static void row_14_a_pdu_of_wrong_length_fails_the_session(void **state)
{
    for (size_t len = 2; len <= 66; len++) {
        struct rig *r = rig_listening(state, 66);
        uint8_t conn = client(r), value[66] = { COMPLETE, 0x00 };

        write_value(r, conn, value, len);
        if (len == sizeof(invite)) {
            assert_int_equal(r->side[RIG_D].told[USHER_EVT_INVITE_RECEIVED], 1);
        } else {
            assert_failed(r, USHER_FAIL_INVALID_FORMAT);
        }
        rig_free(r);
    }
}

/* A client that does not take what it is sent: nothing piles up, and its time runs out. */
static void row_22_a_client_that_never_reads_is_disconnected(void **state)
{
    struct rig *r = rig_listening(state, 20);
    struct rig_side *d = &r->side[RIG_D];
    uint8_t conn = client(r);

    d->conns[conn].queued = RIG_ROOM; /* the port has no room ... */
    d->conns[conn].queue[0].len = d->conns[conn].queue[1].len = 1;
    for (int i = 0; i < 50; i++) { /* ... and gets none */
        rig_raw_write(r, RIG_D, conn, invite, sizeof(invite));
    }
    assert_int_equal(d->told[USHER_EVT_FAILED], 1); /* the second Invite */
    assert_true(d->conns[conn].was_busy);
    assert_int_equal(d->conns[conn].queued, RIG_ROOM);
    rig_run(r, 61000); /* now it does */
    assert_int_equal(d->told[USHER_EVT_LINK_CLOSED], 1);
    assert_in_range(r->raw_count, RIG_ROOM + 1, RIG_ROOM + 3);
    assert_provisionable(r);
    rig_free(r);
}

/* -- clients ----------------------------------------------------------------------------------- */

static void row_29_a_second_client_is_refused(void **state)
{
    struct rig *r = rig_listening(state, 66);
    uint8_t conn = client(r), second;

    write_value(r, conn, invite, sizeof(invite));
    assert_int_equal(r->raw_count, 1);
    second = rig_raw_open(r, RIG_D, USHER_GATT_PROVISIONING);
    assert_int_equal(second, RIG_CONNS);
    assert_int_equal(rig_provision(r, RIG_P), USHER_OK); /* a real one, too */
    rig_run(r, 1000);
    assert_int_equal(r->side[RIG_P].told[USHER_EVT_LINK_CLOSED], 1);
    assert_int_equal(r->side[RIG_P].told[USHER_EVT_CAPS_RECEIVED], 0);
    assert_true(rig_raw_is_open(r, RIG_D, conn)); /* the first has lost nothing */
    write_value(r, conn, start, sizeof(start));
    assert_int_equal(r->side[RIG_D].told[USHER_EVT_START_RECEIVED], 1);
    assert_int_equal(r->side[RIG_D].told[USHER_EVT_LINK_CLOSED], 0);
    rig_raw_close(r, RIG_D, conn);
    assert_provisionable(r);
    rig_free(r);
}

/* One provisioner on each bearer, at once. */
static void the_bearers_do_not_disturb_each_other(void **state)
{
    for (int first = 0; first < 2; first++) {
        struct rig *r = rig_listening(state, 66);
        struct usher_provision adv = { .uuid = rig_uuid };
        struct rig_side *q = &r->side[RIG_Q];

        if (first == 0) {
            assert_int_equal(rig_provision(r, RIG_P), USHER_OK);
        }
        assert_int_equal(usher_provision(&q->session, &adv), USHER_OK);
        if (first == 1) {
            while (r->side[RIG_D].told[USHER_EVT_LINK_ESTABLISHED] == 0) {
                rig_run(r, 1);
            }
            assert_int_equal(rig_provision(r, RIG_P), USHER_OK);
        }
        rig_run(r, 70000);
        rig_assert_complete(r, first == 0 ? RIG_P : RIG_Q);
        assert_int_equal(r->side[first == 0 ? RIG_Q : RIG_P].told[USHER_EVT_COMPLETE], 0);
        assert_int_equal(r->side[first == 0 ? RIG_Q : RIG_P].told[USHER_EVT_LINK_CLOSED], 1);
        rig_free(r);
    }
}

static void row_22_connections_that_nobody_waits_for_are_refused(void **state)
{
    static const uint16_t sizes[] = { 0, 1, 2, 19, 245, 0xFFFF };
    struct rig *r = rig_listening(state, 66);
    struct rig_side *d = &r->side[RIG_D];

    assert_int_equal(rig_raw_open(r, RIG_D, USHER_GATT_PROXY), RIG_CONNS); /* it is no node */
    assert_int_equal(rig_raw_open(r, RIG_D, USHER_GATT_NONE), RIG_CONNS);
    assert_int_equal(rig_raw_open(r, RIG_P, USHER_GATT_PROVISIONING), RIG_CONNS); /* no device */
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        r->value_max = sizes[i];
        assert_int_equal(rig_raw_open(r, RIG_D, USHER_GATT_PROVISIONING), RIG_CONNS);
    }
    r->value_max = 66;
    assert_int_equal(d->told[USHER_EVT_LINK_ESTABLISHED], 0);
    assert_int_equal(usher_listen_stop(&d->session), USHER_OK);
    assert_int_equal(rig_raw_open(r, RIG_D, USHER_GATT_PROVISIONING), RIG_CONNS);
    assert_int_equal(rig_listen(r, USHER_BEARER_ADV), USHER_OK); /* but not on that bearer */
    assert_int_equal(rig_raw_open(r, RIG_D, USHER_GATT_PROVISIONING), RIG_CONNS);
    assert_int_equal(usher_listen_stop(&d->session), USHER_OK);
    assert_provisionable(r);
    rig_free(r);
}

/* Inputs for connections that there are not. */
static void unknown_connections_are_ignored(void **state)
{
    struct rig *r = rig_listening(state, 66);
    struct usher *u = &r->side[RIG_D].node;

    for (unsigned conn = 0; conn < 256; conn++) {
        usher_in_gatt_data(u, (uint8_t)conn, invite, sizeof(invite));
        usher_in_gatt_ready(u, (uint8_t)conn);
        usher_in_gatt_close(u, (uint8_t)conn);
    }
    assert_int_equal(r->side[RIG_D].told[USHER_EVT_LINK_ESTABLISHED], 0);
    assert_provisionable(r);
    rig_free(r);
}

/* A server that the provisioner connects to, played by the test. */
static void row_29_a_server_is_not_trusted_either(void **state)
{
    static const struct {
        uint8_t len;
        uint8_t octets[8];
    } rows[] = {
        { 0, { 0 } },
        { 2, { LAST, 1 } },
        { 1, { COMPLETE } },
        { 2, { COMPLETE, 0x08 } }, /* Complete, before anything else */
        { 3, { COMPLETE, 0x09, 3 } },
        { 2, { COMPLETE, 0x3F } },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct rig *r = rig_new(crypto, 20);
        struct rig_side *p = &r->side[RIG_P];
        struct usher_gatt_opened o = { .service = USHER_GATT_PROVISIONING, .value_max = 20 };

        (void)state;
        r->connect = RIG_HANGS;
        assert_int_equal(rig_provision(r, RIG_P), USHER_OK);
        rig_raw_write(r, RIG_P, 0, invite, sizeof(invite)); /* not open yet: ignored */
        p->conns[0].open = true;
        p->conns[0].peer = NULL;
        usher_in_gatt_open(&p->node, &o);
        assert_int_equal(p->told[USHER_EVT_LINK_ESTABLISHED], 1);
        rig_raw_write(r, RIG_P, 0, rows[i].octets, rows[i].len);
        assert_int_equal(p->told[USHER_EVT_LINK_CLOSED], 1);
        assert_int_equal(p->told[USHER_EVT_COMPLETE], 0);
        assert_int_equal(p->close_reason, USHER_CLOSE_ERROR);
        assert_int_equal(p->disconnects, 1);
        rig_free(r);
    }
}

/* A port that opens what was not asked for. */
static void a_connection_is_what_was_asked_for(void **state)
{
    static const struct usher_gatt_opened rows[] = {
        { .service = USHER_GATT_PROVISIONING, .value_max = 19 },
        { .service = USHER_GATT_PROVISIONING, .value_max = 245 },
        { .service = USHER_GATT_PROXY, .value_max = 66 },
        { .service = USHER_GATT_PROVISIONING, .value_max = 66, .server = true },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct rig *r = rig_new(crypto, 66);
        struct rig_side *p = &r->side[RIG_P];

        r->connect = RIG_HANGS;
        assert_int_equal(rig_provision(r, RIG_P), USHER_OK);
        usher_in_gatt_open(&p->node, &rows[i]);
        assert_int_equal(p->disconnects, 1);
        assert_int_equal(p->told[USHER_EVT_LINK_ESTABLISHED], 0);
        assert_int_equal(p->told[USHER_EVT_LINK_CLOSED], 1);
        assert_int_equal(p->close_reason, USHER_CLOSE_ERROR);
        rig_free(r);
    }
}

static void row_29_a_connection_is_opened_once(void **state)
{
    struct rig *r = rig_listening(state, 66);
    struct rig_side *p = &r->side[RIG_P];
    struct usher_gatt_opened again = { .service = USHER_GATT_PROVISIONING, .value_max = 66 };

    assert_int_equal(rig_provision(r, RIG_P), USHER_OK);
    p->person.choice.method = 4; /* refused, so that the session waits */
    rig_run(r, 1000);
    assert_int_equal(p->told[USHER_EVT_CAPS_RECEIVED], 1);
    usher_in_gatt_open(&p->node, &again);
    assert_int_equal(p->disconnects, 1);
    assert_int_equal(p->told[USHER_EVT_LINK_ESTABLISHED], 1);
    rig_run(r, 1000);
    assert_int_equal(p->told[USHER_EVT_LINK_CLOSED], 1);
    assert_int_equal(p->told[USHER_EVT_COMPLETE], 0);
    rig_free(r);
}

/* Its memory may go with its last event. */
static void wipe_session(struct rig_side *s, const struct usher_event *e)
{
    if (e->type == USHER_EVT_LINK_CLOSED) {
        memset(&s->session, 0xA5, sizeof(s->session));
    }
}

static void a_session_may_be_released_when_it_is_closed(void **state)
{
    for (int how = 0; how < 3; how++) { /* lost, against the rules, timed out */
        struct rig *r = rig_listening(state, 20);
        struct rig_side *d = &r->side[RIG_D];
        uint8_t conn;

        d->in_handler = wipe_session;
        conn = client(r);
        if (how == 0) {
            rig_raw_close(r, RIG_D, conn);
        } else if (how == 1) {
            write_of(r, conn, LAST, 5);
        } else {
            rig_run(r, 60000);
        }
        assert_int_equal(d->told[USHER_EVT_LINK_CLOSED], 1);
        rig_run(r, 60000);
        usher_session_init(&d->node, &d->session, &people_caps, d);
        d->in_handler = NULL;
        assert_provisionable(r);
        rig_free(r);
    }
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
        cmocka_unit_test(row_29_segmentation_against_the_rules_is_disconnected),
        cmocka_unit_test(row_29_an_endless_pdu_is_disconnected),
        cmocka_unit_test(row_29_a_pdu_that_is_not_ended_is_disconnected_after_20_s),
        cmocka_unit_test(what_does_not_belong_to_the_service_is_ignored),
        cmocka_unit_test(the_link_timer_waits_for_a_provisioning_pdu),
        cmocka_unit_test(row_29_writes_after_failed_are_unexpected),
        cmocka_unit_test(row_14_a_pdu_of_wrong_length_fails_the_session),
        cmocka_unit_test(row_22_a_client_that_never_reads_is_disconnected),
        cmocka_unit_test(row_29_a_second_client_is_refused),
        cmocka_unit_test(the_bearers_do_not_disturb_each_other),
        cmocka_unit_test(row_22_connections_that_nobody_waits_for_are_refused),
        cmocka_unit_test(unknown_connections_are_ignored),
        cmocka_unit_test(row_29_a_server_is_not_trusted_either),
        cmocka_unit_test(a_connection_is_what_was_asked_for),
        cmocka_unit_test(row_29_a_connection_is_opened_once),
        cmocka_unit_test(a_session_may_be_released_when_it_is_closed),
    };

    return cmocka_run_group_tests_name("gatt_hostile", tests, group_setup, group_teardown);
}
