/*
 * The HCI host's connections as peripheral, and what is carried over them (ports/hci/hci_conn.c,
 * hci_acl.c), with the test as the controller: see hci_rig.h. Above them is PB-GATT. As central:
 * test_hci_central.c.
 */
#include "hci_peer.h"
#include "hci_rig.h"

#include <stdio.h>

#define IS_PERIPHERAL "04 3E 13 01 00 40 00 01 " PEER TAIL

/* A client that subscribes to Data Out of the Mesh Provisioning Service. */
#define SUBSCRIBE "02 40 20 09 00 05 00 04 00 12 15 00 01 00"
#define SUBSCRIBED "02 40 00 05 00 01 00 04 00 13"
#define INVITE "02 40 20 0A 00 06 00 04 00 52 12 00 03 00 05"
#define CAPABILITIES "02 40 00 14 00 10 00 04 00 1B 14 00 03 01 01 00 01 00 00 00 00 00 00 00 00"

static const uint8_t uuid[USHER_UUID_SIZE] = "a device's uuid";

/* The scanning of sessions is of test_hci_adv.c. */
static void scan_no_more(struct hci_rig *r)
{
    assert_int_equal(r->port.scan(r->port.ctx, USHER_SCAN_OFF), USHER_OK);
}

/* An instance that offers the Mesh Provisioning Service; it has not advertised it yet. */
static struct hci_rig *server(enum rig_kind kind, uint8_t conns)
{
    struct usher_listen listen = { .uuid = uuid, .bearers = USHER_BEARER_GATT };
    struct hci_rig *r = rig_ready(kind, conns);

    assert_int_equal(usher_listen(&r->session, &listen), USHER_OK);
    scan_no_more(r);
    return r;
}

static void a_client_connects_and_begins(void **state)
{
    struct hci_rig *r = server(RIG_4_2, 1);

    (void)state;
    rig_give(r, IS_PERIPHERAL);
    rig_expect_nothing(r);
    assert_int_equal(r->told[USHER_EVT_LINK_ESTABLISHED], 0);
    rig_give(r, SUBSCRIBE);
    assert_int_equal(r->told[USHER_EVT_LINK_ESTABLISHED], 1);
    rig_expect(r, SUBSCRIBED);
    rig_give(r, INVITE);
    assert_int_equal(r->told[USHER_EVT_INVITE_RECEIVED], 1);
    rig_expect(r, CAPABILITIES);
    rig_expect_nothing(r);
    rig_give(r, ENDED("13"));
    assert_int_equal(r->told[USHER_EVT_LINK_CLOSED], 1);
    rig_give(r, ENDED("13"));
    assert_int_equal(r->told[USHER_EVT_LINK_CLOSED], 1);
    rig_free(r);
}

static void an_enhanced_event_is_as_good(void **state)
{
    struct hci_rig *r = server(RIG_EXTENDED, 1);

    (void)state;
    rig_give(r, "04 3E 1E 0A 00 40 00 01 " PEER RPAS " 18 00 00 00 90 01"); /* an octet short */
    rig_give(r, SUBSCRIBE);
    rig_expect_nothing(r);
    rig_give(r, "04 3E 1F 0A 00 40 00 01 " PEER RPAS TAIL);
    rig_give(r, SUBSCRIBE);
    rig_expect(r, SUBSCRIBED);
    rig_free(r);
}

static void fragments_are_put_together(void **state)
{
    struct hci_rig *r = server(RIG_4_2, 1);

    (void)state;
    rig_give(r, IS_PERIPHERAL);
    rig_give(r, "02 40 20 05 00 05 00 04 00 12");
    rig_give(r, "02 40 10 01 00 15 02 40 10 03 00 00 01 00");
    rig_expect(r, SUBSCRIBED);
    rig_free(r);
}

static void ignores(struct hci_rig *r, const char *hex)
{
    rig_give(r, hex);
    assert_int_equal(r->host.state, HCI_READY);
    rig_expect_nothing(r);
}

static void what_is_no_data_of_ours_is_ignored(void **state)
{
    static const char *const ignored[] = {
        "02 41 20 09 00 05 00 04 00 12 15 00 01 00", /* another connection */
        "02 40 30 09 00 05 00 04 00 12 15 00 01 00", /* a flag that is not used */
        "02 40 60 09 00 05 00 04 00 12 15 00 01 00", /* to many */
        "02 40 20 00 00",
        "02 FF EF 00 00",
        "04 13 00",
        "04 13 01 01",
        "04 13 04 01 40 00 01",
        "04 13 05 02 40 00 01 00", /* two, of which there is one */
        "04 05 00",
        "04 05 03 00 40 00",
        "04 05 04 00 41 00 13",
        "04 05 04 0C 40 00 13", /* it did not end */
        "04 3E 02 01 00",
        "04 3E 0C 05 41 00 00 00 00 00 00 00 00 00 00",
        "04 3E 02 05 40",
        "04 3E 0B 06 41 00 06 00 06 00 00 00 0A 00",
        "04 3E 0A 06 40 00 06 00 06 00 00 00 0A",
    };
    struct hci_rig *r = server(RIG_4_2, 1);

    (void)state;
    rig_give(r, IS_PERIPHERAL);
    for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++) {
        ignores(r, ignored[i]);
    }
    ignores(r, "04 3E 13 01 00 41 00 02 " PEER TAIL); /* no role */
    ignores(r, "04 3E 13 01 00 00 0F 01 " PEER TAIL); /* no handle */
    rig_give(r, SUBSCRIBE);
    rig_expect(r, SUBSCRIBED);
    rig_free(r);
}

/* All characteristics: an answer of 41 octets with its L2CAP header, two fragments of 27. */
#define LONG_MTU "02 40 20 07 00 03 00 04 00 02 F7 00"
#define LONG_MTU_DONE "02 40 00 07 00 03 00 04 00 03 F7 00"
#define ASK "20 0B 00 07 00 04 00 08 01 00 FF FF 03 28"
#define FIRST_LEN "00 1B 00"
#define SECOND_LEN "10 0E 00"
#define OCTETS_7 " .. .. .. .. .. .. .."
#define OCTETS_14 OCTETS_7 OCTETS_7
#define OCTETS_27 OCTETS_14 OCTETS_7 " .. .. .. .. .. .."

static void buffers_are_the_controllers(void **state)
{
    struct hci_rig *r = server(RIG_4_2, 1);

    (void)state;
    rig_give(r, IS_PERIPHERAL);
    rig_give(r, LONG_MTU);
    rig_expect(r, LONG_MTU_DONE);
    rig_give(r, COMPLETED("01"));
    for (unsigned i = 0; i < 2; i++) { /* four buffers: two answers */
        rig_give(r, "02 40 " ASK);
        rig_expect(r, "02 40 " FIRST_LEN OCTETS_27);
        rig_expect(r, "02 40 " SECOND_LEN OCTETS_14);
    }
    rig_give(r, "02 40 " ASK);
    rig_expect_nothing(r);
    rig_give(r, COMPLETED("01"));
    rig_expect(r, "02 40 " FIRST_LEN OCTETS_27);
    rig_expect_nothing(r);
    rig_give(r, "04 13 09 02 41 00 01 00 40 00 03 00"); /* and somebody else's */
    rig_expect(r, "02 40 " SECOND_LEN OCTETS_14);
    rig_give(r, COMPLETED("FF")); /* more than there are */
    for (unsigned i = 0; i < 2; i++) {
        rig_give(r, "02 40 " ASK);
        rig_expect(r, "02 40 " FIRST_LEN OCTETS_27);
        rig_expect(r, "02 40 " SECOND_LEN OCTETS_14);
    }
    rig_give(r, "02 40 " ASK);
    rig_expect_nothing(r);
    rig_free(r);
}

static void buffers_are_shared_fairly(void **state)
{
    struct hci_rig *r = server(RIG_4_2, 2);

    (void)state;
    rig_give(r, IS_PERIPHERAL);
    rig_give(r, LONG_MTU);
    rig_expect(r, LONG_MTU_DONE);
    rig_give(r, COMPLETED("01"));
    rig_give(r, "04 3E 13 01 00 41 00 01 01 09 02 03 04 05 C6" TAIL);
    rig_give(r, "02 41 20 07 00 03 00 04 00 02 F7 00");
    rig_expect(r, "02 41 00 07 00 03 00 04 00 03 F7 00");
    rig_give(r, "04 13 05 01 41 00 01 00");
    rig_give(r, "02 40 " ASK);
    rig_expect(r, "02 40 " FIRST_LEN OCTETS_27);
    rig_expect(r, "02 40 " SECOND_LEN OCTETS_14);
    rig_give(r, "02 40 " ASK); /* it has its share */
    rig_expect_nothing(r);
    rig_give(r, "02 41 " ASK);
    rig_expect(r, "02 41 " FIRST_LEN OCTETS_27);
    rig_expect(r, "02 41 " SECOND_LEN OCTETS_14);
    rig_expect_nothing(r);
    rig_give(r, "04 05 04 00 41 00 13"); /* what it had comes back */
    rig_expect(r, "02 40 " FIRST_LEN OCTETS_27);
    rig_expect(r, "02 40 " SECOND_LEN OCTETS_14);
    rig_free(r);
}

static void buffers_are_counted_for_all(void **state)
{
    struct hci_rig *r = server(RIG_4_2, 2);

    (void)state;
    rig_give(r, IS_PERIPHERAL);
    rig_give(r, LONG_MTU);
    rig_expect(r, LONG_MTU_DONE);
    rig_give(r, COMPLETED("01"));
    for (unsigned i = 0; i < 2; i++) { /* one connection alone has them all */
        rig_give(r, "02 40 " ASK);
        rig_expect(r, "02 40 " FIRST_LEN OCTETS_27);
        rig_expect(r, "02 40 " SECOND_LEN OCTETS_14);
    }
    rig_give(r, "04 3E 13 01 00 41 00 01 01 09 02 03 04 05 C6" TAIL);
    rig_give(r, "02 41 20 07 00 03 00 04 00 02 F7 00");
    rig_expect_nothing(r);
    rig_give(r, COMPLETED("01"));
    rig_expect(r, "02 41 00 07 00 03 00 04 00 03 F7 00");
    rig_free(r);
}

static void connections_that_nobody_wants_are_ended(void **state)
{
    struct hci_rig *r = server(RIG_4_2, 1);

    (void)state;
    rig_give(r, IS_PERIPHERAL);
    rig_give(r, "04 3E 13 01 00 41 00 01 01 09 02 03 04 05 C6" TAIL);
    rig_expect(r, "01 06 04 03 41 00 13");
    rig_give(r, DISCONNECT_BEGUN);
    rig_give(r, "04 05 04 00 41 00 16");
    rig_expect_nothing(r);
    rig_give(r, "04 3E 13 01 00 42 00 00 01 09 02 03 04 05 C6" TAIL); /* nor did we ask for one */
    rig_expect(r, "01 06 04 03 42 00 13");
    rig_give(r, DISCONNECT_BEGUN);
    for (unsigned i = 0; i < 5; i++) { /* it does not stop */
        char event[128];

        assert_int_equal(r->host.state, HCI_READY);
        snprintf(event, sizeof(event), "04 3E 13 01 00 5%u 00 00 01 09 02 03 04 05 C6" TAIL, i);
        rig_give(r, event);
    }
    assert_int_equal(r->host.state, HCI_STARTING);
    assert_string_equal(hci_host_why(&r->host),
                        "the controller makes connections that nobody wants");
    rig_free(r);
}

static void a_handle_that_comes_twice_is_another_connection(void **state)
{
    struct hci_rig *r = server(RIG_4_2, 1);

    (void)state;
    rig_give(r, IS_PERIPHERAL);
    rig_give(r, SUBSCRIBE);
    rig_expect(r, SUBSCRIBED);
    rig_give(r, IS_PERIPHERAL); /* the end of the first was lost */
    assert_int_equal(r->told[USHER_EVT_LINK_CLOSED], 1);
    rig_give(r, "02 40 20 07 00 03 00 04 00 02 17 00");
    rig_expect(r, "02 40 00 07 00 03 00 04 00 03 F7 00");
    rig_free(r);
}

static void questions_of_the_controller_are_answered(void **state)
{
    struct hci_rig *r = server(RIG_EXTENDED, 1);

    (void)state;
    rig_give(r, IS_PERIPHERAL);
    rig_give(r, "04 3E 0D 05 40 00 01 02 03 04 05 06 07 08 09 0A"); /* no keys here */
    rig_done(r, "01 1B 20 02 40 00");
    rig_give(r, "04 3E 0B 06 40 00 18 00 28 00 00 00 90 01");
    rig_done(r, "01 20 20 0E 40 00 18 00 28 00 00 00 90 01 00 00 00 00");
    rig_give(r, "04 3E 0B 06 40 00 28 00 18 00 00 00 90 01"); /* the least is the most */
    rig_done(r, "01 21 20 03 40 00 3B");
    rig_give(r, "04 3E 0B 06 40 00 05 00 18 00 00 00 90 01");
    rig_done(r, "01 21 20 03 40 00 3B");
    rig_give(r, "04 3E 0B 06 40 00 06 00 81 0C 00 00 80 0C");
    rig_done(r, "01 21 20 03 40 00 3B");
    rig_give(r, "04 3E 0B 06 40 00 06 00 06 00 F4 01 80 0C");
    rig_done(r, "01 21 20 03 40 00 3B");
    rig_give(r, "04 3E 0B 06 40 00 50 00 50 00 01 00 28 00"); /* 400 ms for 2 * 2 * 100 ms */
    rig_done(r, "01 21 20 03 40 00 3B");
    rig_give(r, "04 3E 0B 06 40 00 50 00 50 00 01 00 29 00");
    rig_done(r, "01 20 20 0E 40 00 50 00 50 00 01 00 29 00 00 00 00 00");
    rig_free(r);
}

/* What the peer does wrong ends the connection: the link of a client that never subscribes. */
static void a_link_that_fails_is_ended(void **state)
{
    struct hci_rig *r = rig_ready(RIG_4_2, 1);

    (void)state;
    rig_give(r, IS_PERIPHERAL);
    rig_at(r, r->now + 59999);
    rig_expect_nothing(r);
    assert_null(r->failed_why);
    rig_at(r, r->now + 1);
    assert_string_equal(r->failed_why, "the client did not subscribe to Data Out within a minute");
    assert_memory_equal(r->failed_peer.addr, peer.addr, sizeof(peer.addr));
    assert_int_equal(r->failed_peer.type, peer.type);
    rig_expect(r, DISCONNECT);
    rig_give(r, DISCONNECT_BEGUN);
    assert_false(r->conns[0].state == 0);
    rig_give(r, ENDED("16"));
    rig_at(r, r->now + 60000);
    rig_expect_nothing(r);
    rig_free(r);
}

/* No connections, and a controller that tells of some nevertheless. */
static void without_gatt_there_is_nothing_of_it(void **state)
{
    struct hci_rig *r = rig_ready(RIG_EXTENDED, 0);

    (void)state;
    assert_null(r->host.config.gatt);
    assert_int_equal(r->port.gatt_conns, 0);
    assert_null(r->port.gatt_connect);
    rig_give(r, IS_PERIPHERAL);
    rig_give(r, SUBSCRIBE);
    rig_give(r, "04 3E 0D 05 40 00 00 00 00 00 00 00 00 00 00 00"); /* LTK Request */
    rig_give(r, COMPLETED("01"));
    rig_give(r, ENDED("13"));
    rig_expect_nothing(r);
    rig_free(r);
}

static void what_waits_goes_out_before_the_end(void **state)
{
    struct hci_rig *r = server(RIG_4_2, 1);

    (void)state;
    rig_give(r, IS_PERIPHERAL);
    rig_give(r, SUBSCRIBE);
    rig_give(r, INVITE);
    usher_cancel(&r->session, USHER_CLOSE_ERROR);
    assert_int_equal(r->told[USHER_EVT_LINK_CLOSED], 1);
    rig_expect(r, SUBSCRIBED);
    rig_expect(r, CAPABILITIES);
    rig_expect_nothing(r);
    rig_give(r, INVITE); /* nobody is there any more */
    rig_give(r, LONG_MTU);
    rig_give(r, COMPLETED("01"));
    rig_expect_nothing(r);
    rig_give(r, COMPLETED("01"));
    rig_expect(r, DISCONNECT);
    rig_give(r, DISCONNECT_BEGUN);
    rig_give(r, ENDED("16"));
    assert_int_equal(r->told[USHER_EVT_LINK_CLOSED], 1);
    rig_free(r);
}

static void the_end_does_not_wait_for_ever(void **state)
{
    struct hci_rig *r = server(RIG_4_2, 1);

    (void)state;
    rig_give(r, IS_PERIPHERAL);
    rig_give(r, SUBSCRIBE);
    rig_expect(r, SUBSCRIBED);
    usher_cancel(&r->session, USHER_CLOSE_ERROR);
    rig_at(r, r->now + 999);
    rig_expect_nothing(r);
    rig_at(r, r->now + 1);
    rig_expect(r, DISCONNECT);
    rig_give(r, DISCONNECT_BEGUN);
    rig_at(r, r->now + 39999);
    assert_int_equal(r->host.state, HCI_READY);
    rig_at(r, r->now + 1);
    assert_int_equal(r->host.state, HCI_STARTING);
    assert_string_equal(hci_host_why(&r->host), "the controller does not end a connection");
    rig_free(r);
}

static void a_disconnect_that_is_refused_has_happened(void **state)
{
    struct hci_rig *r = server(RIG_4_2, 1);

    (void)state;
    rig_give(r, IS_PERIPHERAL);
    rig_give(r, SUBSCRIBE);
    rig_expect(r, SUBSCRIBED);
    rig_give(r, COMPLETED("01"));
    usher_cancel(&r->session, USHER_CLOSE_ERROR);
    rig_expect(r, DISCONNECT);
    rig_give(r, "04 0F 04 02 01 06 04");
    rig_give(r, IS_PERIPHERAL); /* there is room again */
    rig_give(r, LONG_MTU);
    rig_expect(r, LONG_MTU_DONE);
    rig_free(r);
}

static void a_reset_closes_connections(void **state)
{
    struct hci_rig *r = server(RIG_4_2, 1);

    (void)state;
    rig_give(r, IS_PERIPHERAL);
    rig_give(r, SUBSCRIBE);
    rig_give(r, "04 10 01 00");
    assert_int_equal(r->told[USHER_EVT_LINK_CLOSED], 1);
    rig_give(r, IS_PERIPHERAL); /* of before */
    rig_start(r, RIG_4_2);
    rig_give(r, SUBSCRIBE);
    rig_give(r, COMPLETED("01"));
    rig_expect_nothing(r);
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_client_connects_and_begins),
        cmocka_unit_test(an_enhanced_event_is_as_good),
        cmocka_unit_test(fragments_are_put_together),
        cmocka_unit_test(what_is_no_data_of_ours_is_ignored),
        cmocka_unit_test(buffers_are_the_controllers),
        cmocka_unit_test(buffers_are_shared_fairly),
        cmocka_unit_test(buffers_are_counted_for_all),
        cmocka_unit_test(connections_that_nobody_wants_are_ended),
        cmocka_unit_test(a_handle_that_comes_twice_is_another_connection),
        cmocka_unit_test(questions_of_the_controller_are_answered),
        cmocka_unit_test(a_link_that_fails_is_ended),
        cmocka_unit_test(without_gatt_there_is_nothing_of_it),
        cmocka_unit_test(what_waits_goes_out_before_the_end),
        cmocka_unit_test(the_end_does_not_wait_for_ever),
        cmocka_unit_test(a_disconnect_that_is_refused_has_happened),
        cmocka_unit_test(a_reset_closes_connections),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
