/*
 * The HCI host's connections as central (ports/hci/hci_conn.c), with the test as the controller:
 * see hci_rig.h. Above them is PB-GATT.
 */
#include "hci_peer.h"
#include "hci_rig.h"

#define IS_CENTRAL "04 3E 13 01 00 40 00 00 " PEER TAIL
#define NO_CONNECTION(status) "04 3E 13 01 " status " 00 00 00 00 00 00 00 00 00 00" TAIL

#define CREATE "01 0D 20 19 60 00 30 00 00 " PEER " 01 0C 00 18 00 00 00 90 01 00 00 00 00"
#define CREATE_BEGUN "04 0F 04 00 01 0D 20"
#define CREATE_EXT "01 43 20 1A 00 01 " PEER " 01 60 00 30 00 0C 00 18 00 00 00 90 01 00 00 00 00"
#define CREATE_EXT_BEGUN "04 0F 04 00 01 43 20"
#define CANCEL "01 0E 20 00"

/* Our first question as a client. */
#define EXCHANGE_MTU "02 40 00 07 00 03 00 04 00 02 F7 00"

static const uint8_t uuid[USHER_UUID_SIZE] = "a device's uuid";
static const struct usher_ble_addr other = { .type = 0,
                                             .addr = { 0x11, 0x22, 0x33, 0x44, 0x55, 7 } };

/* The scanning of sessions is of test_hci_adv.c. */
static void scan_no_more(struct hci_rig *r)
{
    assert_int_equal(r->port.scan(r->port.ctx, USHER_SCAN_OFF), USHER_OK);
}

static struct hci_rig *client(enum rig_kind kind, uint8_t conns)
{
    struct usher_provision provision = { .uuid = uuid, .peer = &peer };
    struct hci_rig *r = rig_ready(kind, conns);

    assert_int_equal(usher_provision(&r->client, &provision), USHER_OK);
    scan_no_more(r);
    return r;
}

static void accept_connection(struct hci_rig *r)
{
    rig_expect(r, CREATE);
    rig_give(r, CREATE_BEGUN);
    rig_give(r, IS_CENTRAL);
}

static void a_connection_is_made(void **state)
{
    struct hci_rig *r = client(RIG_4_2, 1);

    (void)state;
    accept_connection(r);
    rig_expect(r, EXCHANGE_MTU);
    rig_expect_nothing(r);
    rig_give(r, ENDED("08"));
    assert_int_equal(r->told[USHER_EVT_LINK_CLOSED], 1);
    rig_free(r);

    r = client(RIG_EXTENDED, 1);
    rig_expect(r, CREATE_EXT);
    rig_give(r, CREATE_EXT_BEGUN);
    rig_give(r, "04 3E 1F 0A 00 40 00 00 " PEER RPAS TAIL);
    rig_expect(r, EXCHANGE_MTU);
    rig_free(r);
}

static void a_connection_that_is_refused_is_closed(void **state)
{
    struct hci_rig *r = client(RIG_4_2, 1);

    (void)state;
    rig_expect(r, CREATE);
    rig_give(r, "04 0F 04 09 01 0D 20");
    assert_int_equal(r->told[USHER_EVT_LINK_CLOSED], 1);
    rig_expect_nothing(r);
    rig_free(r);

    r = client(RIG_4_2, 1);
    rig_expect(r, CREATE);
    rig_give(r, CREATE_BEGUN);
    rig_give(r, NO_CONNECTION("09"));
    assert_int_equal(r->told[USHER_EVT_LINK_CLOSED], 1);
    rig_give(r, NO_CONNECTION("09"));
    rig_expect_nothing(r);
    rig_free(r);
}

static void a_peer_that_is_not_heard_is_called_off(void **state)
{
    struct hci_rig *r = client(RIG_4_2, 1);

    (void)state;
    rig_expect(r, CREATE);
    rig_give(r, CREATE_BEGUN);
    rig_at(r, r->now + 9999);
    rig_expect_nothing(r);
    rig_at(r, r->now + 1);
    rig_done(r, CANCEL);
    assert_int_equal(r->told[USHER_EVT_LINK_CLOSED], 0);
    rig_give(r, NO_CONNECTION("02"));
    assert_int_equal(r->told[USHER_EVT_LINK_CLOSED], 1);
    rig_free(r);

    r = client(RIG_4_2, 1); /* connected in the last moment */
    rig_expect(r, CREATE);
    rig_give(r, CREATE_BEGUN);
    rig_at(r, r->now + 10000);
    rig_expect(r, CANCEL);
    rig_give(r, IS_CENTRAL);
    rig_give(r, "04 0E 04 01 0E 20 0C");
    rig_expect(r, EXCHANGE_MTU);
    rig_free(r);

    r = client(RIG_4_2, 1); /* there was nothing to call off */
    rig_expect(r, CREATE);
    rig_give(r, CREATE_BEGUN);
    rig_at(r, r->now + 10000);
    rig_expect(r, CANCEL);
    rig_give(r, "04 0E 04 01 0E 20 0C");
    assert_int_equal(r->told[USHER_EVT_LINK_CLOSED], 1);
    rig_free(r);

    r = client(RIG_4_2, 1); /* and it is never said that it is */
    rig_expect(r, CREATE);
    rig_give(r, CREATE_BEGUN);
    rig_at(r, r->now + 10000);
    rig_done(r, CANCEL);
    rig_at(r, r->now + 2000);
    assert_int_equal(r->host.state, HCI_STARTING);
    assert_int_equal(r->told[USHER_EVT_LINK_CLOSED], 1);
    rig_free(r);
}

static void what_the_instance_calls_off_is_not_told(void **state)
{
    struct hci_rig *r = client(RIG_4_2, 1);

    (void)state;
    usher_cancel(&r->client, USHER_CLOSE_ERROR); /* before anything went out */
    rig_expect_nothing(r);
    rig_free(r);

    r = client(RIG_4_2, 1);
    rig_give(r, "04 0E 03 02 00 00"); /* it takes two at a time */
    rig_expect(r, CREATE);
    usher_cancel(&r->client, USHER_CLOSE_ERROR);
    rig_expect_nothing(r); /* it is not known yet whether it has begun */
    rig_give(r, CREATE_BEGUN);
    rig_done(r, CANCEL);
    rig_give(r, NO_CONNECTION("02"));
    assert_int_equal(r->conns[0].state, 0);
    rig_free(r);

    r = client(RIG_4_2, 1);
    rig_expect(r, CREATE);
    usher_cancel(&r->client, USHER_CLOSE_ERROR);
    rig_give(r, "04 0F 04 0C 01 0D 20");
    rig_expect_nothing(r);
    rig_free(r);

    r = client(RIG_4_2, 1);
    rig_expect(r, CREATE);
    rig_give(r, CREATE_BEGUN);
    usher_cancel(&r->client, USHER_CLOSE_ERROR);
    rig_expect(r, CANCEL);
    rig_give(r, IS_CENTRAL); /* too late */
    rig_give(r, "04 0E 04 01 0E 20 0C");
    rig_expect(r, EXCHANGE_MTU); /* the link's first word is out before its last */
    rig_give(r, COMPLETED("01"));
    rig_expect(r, DISCONNECT);
    rig_give(r, DISCONNECT_BEGUN);
    rig_give(r, ENDED("16"));
    assert_int_equal(r->told[USHER_EVT_LINK_CLOSED], 1); /* usher_cancel()'s own */
    rig_free(r);
}

static void a_connection_that_was_not_established_is_tried_again(void **state)
{
    struct hci_rig *r = client(RIG_4_2, 1);

    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(r->told[USHER_EVT_LINK_CLOSED], 0);
        accept_connection(r);
        rig_expect(r, EXCHANGE_MTU);
        rig_give(r, ENDED("3E"));
        rig_at(r, r->now + 249);
        rig_expect_nothing(r);
        rig_at(r, r->now + 1);
    }
    assert_int_equal(r->told[USHER_EVT_LINK_CLOSED], 1);
    rig_expect_nothing(r);
    rig_free(r);
}

/* btvirt answers so as soon as the peer is not just advertising. */
static void it_is_tried_again_when_the_peer_is_heard(void **state)
{
    struct hci_rig *r = client(RIG_4_2, 1);

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        rig_expect(r, CREATE);
        rig_give(r, CREATE_BEGUN);
        rig_give(r, NO_CONNECTION("3E"));
        rig_expect_nothing(r);
        rig_give(r, "04 3E 0C 02 01 03 " PEER " 00 C0");             /* not connectable */
        rig_give(r, "04 3E 0C 02 01 00 00 01 02 03 04 05 C6 00 C0"); /* of another type */
        rig_give(r, "04 3E 0C 02 01 00 01 01 02 03 04 05 C7 00 C0"); /* somebody else */
        rig_expect_nothing(r);
        rig_give(r, "04 3E 0C 02 01 00 " PEER " 00 C0");
    }
    accept_connection(r);
    rig_expect(r, EXCHANGE_MTU);
    assert_int_equal(r->told[USHER_EVT_LINK_CLOSED], 0);
    rig_free(r);
}

static void connections_are_made_one_at_a_time(void **state)
{
    struct hci_rig *r = client(RIG_4_2, 3);
    uint8_t conn = 9, more = 9;

    (void)state;
    assert_int_equal(r->port.gatt_connect(r->port.ctx, &other, USHER_GATT_PROXY, &conn), USHER_OK);
    assert_int_equal(conn, 1);
    assert_int_equal(r->port.gatt_connect(r->port.ctx, &other, USHER_GATT_PROXY, &more), USHER_OK);
    assert_int_equal(more, 2);
    assert_int_equal(r->port.gatt_connect(r->port.ctx, &other, USHER_GATT_PROXY, &more),
                     USHER_E_RESOURCES);
    rig_expect(r, CREATE);
    rig_give(r, CREATE_BEGUN);
    r->port.gatt_disconnect(r->port.ctx, 1); /* while it waits for its turn */
    rig_expect_nothing(r);
    rig_give(r, IS_CENTRAL);
    rig_expect(r, "01 0D 20 19 60 00 30 00 00 00 07 55 44 33 22 11 01 0C 00 18 00 00 00 90 01 00 00"
                  " 00 00");
    rig_give(r, CREATE_BEGUN);
    rig_expect(r, EXCHANGE_MTU);
    rig_give(r, "04 3E 13 01 00 41 00 00 00 07 55 44 33 22 11" TAIL);
    rig_expect(r, "02 41 00 07 00 03 00 04 00 02 F7 00");
    rig_expect_nothing(r);
    rig_free(r);
}

static void another_peer_than_was_asked_for_is_ended(void **state)
{
    struct hci_rig *r = client(RIG_4_2, 1);

    (void)state;
    rig_expect(r, CREATE);
    rig_give(r, CREATE_BEGUN);
    rig_give(r, "04 3E 13 01 00 40 00 00 01 02 02 03 04 05 C6" TAIL);
    assert_int_equal(r->told[USHER_EVT_LINK_CLOSED], 1);
    rig_expect(r, DISCONNECT);
    rig_free(r);

    r = client(RIG_4_2, 1);
    rig_expect(r, CREATE);
    rig_give(r, CREATE_BEGUN);
    rig_give(r, "04 3E 13 01 00 40 00 00 00 01 02 03 04 05 C6" TAIL); /* public */
    rig_expect(r, DISCONNECT);
    rig_free(r);
}

static void scanning_goes_on_unless_the_controller_cannot(void **state)
{
    struct hci_rig *r = rig_ready(RIG_4_2, 1);
    struct usher_provision provision = { .uuid = uuid, .peer = &peer };

    (void)state;
    assert_int_equal(usher_scan(&r->node, true), USHER_OK);
    rig_done(r, "01 0C 20 02 01 00");
    assert_int_equal(usher_provision(&r->client, &provision), USHER_OK);
    rig_expect(r, CREATE);
    rig_give(r, "04 0F 04 0C 01 0D 20");
    rig_done(r, "01 0C 20 02 00 00");
    accept_connection(r);
    rig_done(r, "01 0C 20 02 01 00"); /* and on again */
    rig_expect(r, EXCHANGE_MTU);
    rig_give(r, ENDED("13"));
    /* The next time it is known. */
    assert_int_equal(usher_provision(&r->client, &provision), USHER_OK);
    rig_done(r, "01 0C 20 02 00 00");
    accept_connection(r);
    rig_done(r, "01 0C 20 02 01 00");
    rig_free(r);
}

static void calls_for_no_connection_are_refused(void **state)
{
    struct hci_rig *r = rig_ready(RIG_4_2, 2);
    uint8_t conn;

    (void)state;
    assert_int_equal(r->port.gatt_send(r->port.ctx, 0, (const uint8_t *)"x", 1), USHER_E_STATE);
    assert_int_equal(r->port.gatt_send(r->port.ctx, 2, (const uint8_t *)"x", 1), USHER_E_STATE);
    r->port.gatt_disconnect(r->port.ctx, 0);
    r->port.gatt_disconnect(r->port.ctx, 2);
    assert_int_equal(r->port.gatt_connect(r->port.ctx, &peer, USHER_GATT_PROXY, &conn), USHER_OK);
    assert_int_equal(r->port.gatt_send(r->port.ctx, conn, (const uint8_t *)"x", 1), USHER_E_STATE);
    accept_connection(r);
    assert_int_equal(r->port.gatt_send(r->port.ctx, conn, (const uint8_t *)"x", 1), USHER_E_STATE);
    rig_give(r, "04 10 01 00");
    assert_int_equal(r->port.gatt_connect(r->port.ctx, &peer, USHER_GATT_PROXY, &conn),
                     USHER_E_STATE);
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_connection_is_made),
        cmocka_unit_test(a_connection_that_is_refused_is_closed),
        cmocka_unit_test(a_peer_that_is_not_heard_is_called_off),
        cmocka_unit_test(what_the_instance_calls_off_is_not_told),
        cmocka_unit_test(a_connection_that_was_not_established_is_tried_again),
        cmocka_unit_test(it_is_tried_again_when_the_peer_is_heard),
        cmocka_unit_test(connections_are_made_one_at_a_time),
        cmocka_unit_test(another_peer_than_was_asked_for_is_ended),
        cmocka_unit_test(scanning_goes_on_unless_the_controller_cannot),
        cmocka_unit_test(calls_for_no_connection_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
