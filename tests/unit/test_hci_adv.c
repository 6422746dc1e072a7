/*
 * The HCI host's advertising (ports/hci/hci_adv.c), with the test as the controller: see hci_rig.h.
 */
#include "hci_rig.h"

#define PB_ADV "03 29 01 02"
#define ZEROS_27 " 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00"
#define ZEROS_28 ZEROS_27 " 00"
#define OTHER "02 2A 55"

/* Commands of legacy advertising. */
#define PARAMETERS_SLOW "01 06 20 0F A0 00 A0 00 03 01 00 00 00 00 00 00 00 07 00"
#define PARAMETERS "01 06 20 0F 20 00 20 00 03 01 00 00 00 00 00 00 00 07 00"
#define PARAMETERS_IND "01 06 20 0F 20 00 20 00 00 01 00 00 00 00 00 00 00 07 00"
#define DATA "01 08 20 20 04 " PB_ADV ZEROS_27
#define OTHER_DATA "01 08 20 20 03 " OTHER ZEROS_28
#define NAME                                                                                       \
    "01 09 20 20 07 06 09 55 73 68 65 72 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00" \
    " 00 00 00 00 00"
#define ON "01 0A 20 01 01"
#define OFF "01 0A 20 01 00"
#define REFUSED_ON "04 0E 04 01 0A 20 0C"

/* Commands of extended advertising, set by set. */
#define EXT_PARAMETERS(set)                                                                        \
    "01 36 20 19 " set " 10 00 20 00 00 20 00 00 07 01 00 00 00 00 00 00 00 00 7F 01 00 01 " set   \
    " 00"
#define EXT_PARAMETERS_IND(set)                                                                    \
    "01 36 20 19 " set " 13 00 20 00 00 20 00 00 07 01 00 00 00 00 00 00 00 00 7F 01 00 01 " set   \
    " 00"
#define EXT_ADDRESS(set) "01 35 20 07 " set " 06 05 04 03 02 C1"
#define EXT_DATA(set) "01 37 20 08 " set " 03 01 04 " PB_ADV
#define EXT_NAME(set) "01 38 20 0B " set " 03 01 07 06 09 55 73 68 65 72"
#define EXT_ON(set, events) "01 39 20 06 01 01 " set " 00 00 " events
#define EXT_OFF(set) "01 39 20 06 00 01 " set " 00 00 00"
#define TERMINATED(set) "04 3E 06 12 43 " set " 00 00 01"

/* A peer has connected to us. */
static const char connected[] = "04 3E 13 01 00 40 00 01 01 01 02 03 04 05 C6 18 00 00 00 90 01"
                                " 00";

static bool is_free(struct hci_rig *r, uint8_t slot)
{
    return !r->host.slots[slot].wanted;
}

static void start(struct hci_rig *r, uint8_t slot)
{
    assert_int_equal(rig_adv(r, slot, USHER_ADV_NONCONN_IND, 1, 0, PB_ADV), USHER_OK);
}

/* -- legacy ------------------------------------------------------------------------------------ */

static void one_event_of_legacy_advertising(void **state)
{
    struct hci_rig *r = rig_ready(RIG_4_2, 0);

    (void)state;
    start(r, 0);
    assert_int_equal(rig_adv(r, 0, USHER_ADV_NONCONN_IND, 1, 0, PB_ADV), USHER_E_BUSY);
    rig_done(r, PARAMETERS_SLOW);
    rig_done(r, DATA);
    rig_done(r, ON);
    rig_expect_nothing(r);
    rig_at(r, r->now + 11);
    rig_expect_nothing(r);
    assert_false(is_free(r, 0));
    rig_at(r, r->now + 1);
    assert_true(is_free(r, 0));
    /* The next one, begun in time, waits for the end of this one only. */
    assert_int_equal(rig_adv(r, 0, USHER_ADV_NONCONN_IND, 1, 0, OTHER), USHER_OK);
    rig_done(r, OFF);
    rig_done(r, OTHER_DATA);
    rig_done(r, ON);
    rig_at(r, r->now + 12);
    rig_done(r, OFF);
    rig_at(r, r->now + 1000);
    rig_expect_nothing(r);
    rig_free(r);
}

static void commands_go_out_together_where_they_may(void **state)
{
    struct hci_rig *r = rig_ready(RIG_5_LEGACY, 0);

    (void)state;
    rig_give(r, "04 0E 03 04 00 00"); /* it takes four at a time */
    start(r, 0);
    rig_expect(r, PARAMETERS);
    rig_expect_nothing(r); /* what follows depends on it */
    rig_give(r, "04 0E 04 04 06 20 00");
    rig_expect(r, DATA);
    rig_expect(r, ON);
    rig_expect_nothing(r);
    rig_give(r, "04 0E 04 03 08 20 00");
    rig_give(r, "04 0E 04 04 0A 20 00");
    rig_at(r, r->now + 12);
    start(r, 0);
    rig_expect(r, OFF);
    rig_expect(r, DATA);
    rig_expect(r, ON);
    rig_free(r);
}

static void a_small_buffer_takes_what_fits(void **state)
{
    struct hci_rig *r = rig_ready(RIG_5_LEGACY, 0);

    (void)state;
    r->out_most = HCI_PACKET_MAX;
    rig_give(r, "04 0E 03 20 00 00"); /* more than four are never sent at once */
    start(r, 0);
    rig_expect(r, PARAMETERS);
    rig_give(r, "04 0E 04 20 06 20 00");
    rig_expect(r, DATA);
    rig_expect(r, ON);
    rig_expect_nothing(r);
    rig_free(r);
}

static void events_are_repeated_at_their_interval(void **state)
{
    struct hci_rig *r = rig_ready(RIG_5_LEGACY, 0);
    uint64_t begun;

    (void)state;
    assert_int_equal(rig_adv(r, 0, USHER_ADV_NONCONN_IND, 3, 50, PB_ADV), USHER_OK);
    rig_done(r, PARAMETERS);
    rig_done(r, DATA);
    for (unsigned i = 0; i < 3; i++) {
        begun = r->now;
        rig_done(r, ON);
        rig_at(r, begun + 12);
        rig_done(r, OFF);
        assert_int_equal(is_free(r, 0), i == 2);
        rig_at(r, begun + 49);
        rig_expect_nothing(r);
        rig_at(r, begun + 50);
    }
    rig_expect_nothing(r);
    rig_free(r);
}

static void what_is_stopped_is_switched_off_and_not_told(void **state)
{
    struct hci_rig *r = rig_ready(RIG_5_LEGACY, 0);

    (void)state;
    start(r, 0);
    r->port.adv_stop(r->port.ctx, 0); /* before anything went out */
    rig_expect_nothing(r);
    start(r, 0);
    rig_done(r, PARAMETERS);
    r->port.adv_stop(r->port.ctx, 0);
    rig_expect_nothing(r);
    start(r, 0);
    rig_done(r, DATA);
    rig_done(r, ON);
    r->port.adv_stop(r->port.ctx, 0);
    assert_int_equal(rig_adv(r, 0, USHER_ADV_NONCONN_IND, 1, 0, OTHER), USHER_OK);
    rig_done(r, OFF);
    rig_at(r, r->now + 100); /* the old one's end is not the new one's */
    assert_false(is_free(r, 0));
    rig_done(r, OTHER_DATA);
    rig_done(r, ON);
    r->port.adv_stop(r->port.ctx, 0);
    rig_done(r, OFF);
    rig_expect_nothing(r);
    assert_true(hci_host_deadline(&r->host) == USHER_NEVER);
    r->port.adv_stop(r->port.ctx, 0);
    r->port.adv_stop(r->port.ctx, USHER_ADV_SLOTS);
    rig_expect_nothing(r);
    rig_free(r);
}

static void what_cannot_be_sent_is_not_begun(void **state)
{
    struct hci_rig *r = rig_ready(RIG_EXTENDED, 1);
    struct usher_adv adv = { .type = USHER_ADV_NONCONN_IND, .count = 1, .len = 32 };

    (void)state;
    assert_int_equal(rig_adv(r, 4, USHER_ADV_NONCONN_IND, 1, 0, PB_ADV), USHER_E_PARAM);
    assert_int_equal(rig_adv(r, 0, USHER_ADV_NONCONN_IND, 0, 0, PB_ADV), USHER_E_PARAM);
    assert_int_equal(rig_adv(r, 0, USHER_ADV_SCAN_IND, 1, 0, PB_ADV), USHER_E_UNSUPPORTED);
    assert_int_equal(r->port.adv_start(r->port.ctx, &adv), USHER_E_PARAM);
    rig_expect_nothing(r);
    rig_free(r);
}

static void a_controller_that_is_older_than_it_says_gets_its_interval(void **state)
{
    struct hci_rig *r = rig_ready(RIG_5_LEGACY, 0);

    (void)state;
    start(r, 0);
    rig_expect(r, PARAMETERS);
    rig_give(r, "04 0E 04 01 06 20 12");
    rig_done(r, PARAMETERS_SLOW);
    rig_done(r, DATA);
    rig_free(r);
}

static void what_is_refused_is_over(void **state)
{
    static const char *const refusals[] = { "04 0E 04 01 06 20 12", "04 0E 04 01 08 20 12",
                                            REFUSED_ON };

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        struct hci_rig *r = rig_ready(RIG_4_2, 0);

        start(r, 0);
        if (i > 0) {
            rig_done(r, PARAMETERS_SLOW);
        }
        if (i > 1) {
            rig_done(r, DATA);
        }
        rig_expect(r, i == 0 ? PARAMETERS_SLOW : i == 1 ? DATA : ON);
        rig_give(r, refusals[i]);
        assert_true(is_free(r, 0));
        start(r, 0);
        rig_expect(r, OFF); /* whatever may have been on the air */
        rig_give(r, "04 0E 04 01 0A 20 0C");
        if (i == 0) {
            rig_done(r, PARAMETERS_SLOW);
        }
        rig_done(r, DATA);
        rig_done(r, ON);
        rig_at(r, r->now + 12);
        assert_true(is_free(r, 0));
        rig_free(r);
    }
}

static void a_controller_that_refuses_all_is_reset(void **state)
{
    struct hci_rig *r = rig_ready(RIG_5_LEGACY, 0);

    (void)state;
    for (unsigned i = 0; i < 8; i++) {
        start(r, 0);
        if (i == 0) {
            rig_done(r, PARAMETERS);
        } else {
            rig_done(r, OFF);
        }
        rig_done(r, DATA);
        rig_expect(r, ON);
        assert_int_equal(r->host.state, HCI_READY);
        rig_give(r, REFUSED_ON);
    }
    assert_int_equal(r->host.state, HCI_STARTING);
    assert_string_equal(hci_host_why(&r->host),
                        "the controller refuses LE Set Advertising Enable (status 0x0C)");
    rig_start(r, RIG_5_LEGACY);
    start(r, 0);
    rig_done(r, PARAMETERS);
    rig_free(r);
}

static void beside_connections_a_refusal_is_no_fault(void **state)
{
    struct hci_rig *r = rig_ready(RIG_5_LEGACY, 1);

    (void)state;
    rig_give(r, "04 3E 13 01 00 40 00 01 01 01 02 03 04 05 C6 18 00 00 00 90 01 00");
    for (unsigned i = 0; i < 20; i++) {
        start(r, 0);
        rig_done(r, i == 0 ? PARAMETERS : OFF);
        rig_done(r, DATA);
        rig_expect(r, ON);
        rig_give(r, REFUSED_ON);
        assert_int_equal(r->host.state, HCI_READY);
    }
    rig_free(r);
}

static void connectable_advertising_has_a_name_to_answer_with(void **state)
{
    struct hci_rig *r = rig_ready(RIG_4_2, 1);

    (void)state;
    assert_int_equal(rig_adv(r, 0, USHER_ADV_IND, 1, 0, PB_ADV), USHER_OK);
    rig_done(r, PARAMETERS_IND);
    rig_done(r, NAME);
    rig_done(r, DATA);
    rig_done(r, ON);
    rig_at(r, r->now + 12);
    start(r, 0);
    rig_done(r, OFF);
    rig_done(r, PARAMETERS_SLOW);
    rig_done(r, DATA);
    rig_done(r, ON);
    rig_at(r, r->now + 12);
    rig_done(r, OFF);
    assert_int_equal(rig_adv(r, 0, USHER_ADV_IND, 1, 0, PB_ADV), USHER_OK);
    rig_done(r, PARAMETERS_IND); /* the name is there */
    rig_done(r, DATA);
    rig_free(r);
}

static void a_connection_ends_legacy_advertising(void **state)
{
    struct hci_rig *r = rig_ready(RIG_5_LEGACY, 1);

    (void)state;
    assert_int_equal(rig_adv(r, 0, USHER_ADV_IND, 1, 0, PB_ADV), USHER_OK);
    rig_done(r, PARAMETERS_IND);
    rig_done(r, NAME);
    rig_done(r, DATA);
    rig_done(r, ON);
    rig_give(r, connected);
    assert_true(is_free(r, 0));
    rig_expect_nothing(r); /* it is off by itself */
    assert_int_equal(rig_adv(r, 0, USHER_ADV_IND, 1, 0, PB_ADV), USHER_E_RESOURCES);
    rig_free(r);

    /* It has nothing to do with advertising that is not connectable. */
    r = rig_ready(RIG_5_LEGACY, 1);
    start(r, 0);
    rig_done(r, PARAMETERS);
    rig_done(r, DATA);
    rig_done(r, ON);
    rig_give(r, connected);
    assert_false(is_free(r, 0));
    rig_free(r);

    /* Nor with what is to follow the advertisement that it has ended. */
    r = rig_ready(RIG_5_LEGACY, 2);
    rig_give(r, "04 0E 03 04 00 00");
    assert_int_equal(rig_adv(r, 0, USHER_ADV_IND, 1, 0, PB_ADV), USHER_OK);
    rig_expect(r, PARAMETERS_IND);
    rig_give(r, "04 0E 04 04 06 20 00");
    rig_expect(r, NAME);
    rig_give(r, "04 0E 04 04 09 20 00");
    rig_expect(r, DATA);
    rig_expect(r, ON);
    rig_give(r, "04 0E 04 04 08 20 00");
    rig_give(r, "04 0E 04 04 0A 20 00");
    rig_at(r, r->now + 12);
    assert_int_equal(rig_adv(r, 0, USHER_ADV_IND, 1, 0, PB_ADV), USHER_OK);
    rig_expect(r, OFF);
    rig_expect(r, DATA);
    rig_expect(r, ON);
    rig_give(r, connected);
    assert_false(is_free(r, 0));
    rig_free(r);
}

static void a_connection_does_not_end_what_comes_after(void **state)
{
    struct hci_rig *r;

    (void)state;
    /* One that comes when the next advertisement is on its way already does not end that. */
    r = rig_ready(RIG_5_LEGACY, 1);
    assert_int_equal(rig_adv(r, 0, USHER_ADV_IND, 1, 0, PB_ADV), USHER_OK);
    rig_done(r, PARAMETERS_IND);
    rig_done(r, NAME);
    rig_done(r, DATA);
    rig_done(r, ON);
    rig_at(r, r->now + 12);
    rig_expect(r, OFF);
    start(r, 0);
    rig_give(r, connected);
    assert_false(is_free(r, 0));
    rig_give(r, "04 0E 04 01 0A 20 0C");
    rig_done(r, PARAMETERS);
    rig_done(r, DATA);
    rig_done(r, ON);
    rig_at(r, r->now + 12);
    assert_true(is_free(r, 0));
    rig_free(r);
}

static void a_reset_gives_slots_back(void **state)
{
    struct hci_rig *r = rig_ready(RIG_EXTENDED, 0);
    struct usher_listen listen = { .uuid = (const uint8_t *)"a device's uuid" };

    (void)state;
    /* The instance itself: a beacon, which it sends again when its slot comes back. */
    assert_int_equal(usher_listen(&r->session, &listen), USHER_OK);
    rig_at(r, r->now + 2000);
    rig_done(r, "01 42 20 06 01 00 00 00 00 00"); /* it scans, too */
    rig_done(r, EXT_PARAMETERS("00"));
    assert_int_equal(r->node.slots_busy, 1);
    rig_give(r, "04 10 01 00");
    assert_int_equal(r->node.slots_busy, 0);
    rig_start(r, RIG_EXTENDED);
    rig_done(r, "01 42 20 06 01 00 00 00 00 00");
    rig_at(r, r->now + 2010);
    rig_done(r, EXT_PARAMETERS("00")); /* which the controller has forgotten */
    rig_done(r, EXT_ADDRESS("00"));
    rig_expect(r, "01 37 20 19 00 03 01 15 14 2B 00 61 20 64 65 76 69 63 65 27 73 20 75 75 69 64 00"
                  " 00 00");
    rig_free(r);
}

/* -- extended ---------------------------------------------------------------------------------- */

/* The first advertisement of a set. */
static void set_up(struct hci_rig *r)
{
    start(r, 0);
    rig_done(r, EXT_PARAMETERS("00"));
    rig_done(r, EXT_ADDRESS("00"));
    rig_done(r, EXT_DATA("00"));
    rig_done(r, EXT_ON("00", "01"));
}

static void a_set_says_when_its_events_are_over(void **state)
{
    struct hci_rig *r = rig_ready(RIG_EXTENDED, 0);

    (void)state;
    set_up(r);
    rig_expect_nothing(r);
    rig_at(r, r->now + 100);
    assert_false(is_free(r, 0));
    rig_give(r, TERMINATED("01")); /* another one's */
    rig_give(r, TERMINATED("10")); /* none's */
    rig_give(r, TERMINATED("11"));
    rig_give(r, "04 3E 01 12");
    assert_false(is_free(r, 0));
    rig_give(r, TERMINATED("00"));
    assert_true(is_free(r, 0));
    start(r, 0); /* data are all that changes */
    rig_done(r, EXT_DATA("00"));
    rig_expect(r, EXT_ON("00", "01"));
    rig_give(r, TERMINATED("00")); /* so quick that it is over before it is said to be on */
    assert_false(is_free(r, 0));
    rig_give(r, "04 0E 04 01 39 20 00");
    assert_true(is_free(r, 0));
    rig_expect_nothing(r);
    rig_free(r);
}

static void sets_are_on_the_air_side_by_side(void **state)
{
    struct hci_rig *r = rig_ready(RIG_EXTENDED, 0);

    (void)state;
    start(r, 0);
    start(r, 1);
    rig_done(r, EXT_PARAMETERS("00"));
    rig_done(r, EXT_ADDRESS("00"));
    rig_done(r, EXT_DATA("00"));
    rig_done(r, EXT_ON("00", "01"));
    rig_done(r, EXT_PARAMETERS("01"));
    rig_done(r, EXT_ADDRESS("01"));
    rig_done(r, EXT_DATA("01"));
    rig_done(r, EXT_ON("01", "01"));
    rig_give(r, TERMINATED("01"));
    assert_false(is_free(r, 0));
    assert_true(is_free(r, 1));
    rig_give(r, TERMINATED("00"));
    assert_true(is_free(r, 0));
    rig_free(r);
}

static void the_controller_counts_events(void **state)
{
    struct hci_rig *r = rig_ready(RIG_EXTENDED, 0);

    (void)state;
    assert_int_equal(rig_adv(r, 0, USHER_ADV_NONCONN_IND, 5, 100, PB_ADV), USHER_OK);
    rig_done(r, "01 36 20 19 00 10 00 A0 00 00 A0 00 00 07 01 00 00 00 00 00 00 00 00 7F 01 00 01"
                " 00 00");
    rig_done(r, EXT_ADDRESS("00"));
    rig_done(r, EXT_DATA("00"));
    rig_done(r, EXT_ON("00", "05"));
    rig_at(r, r->now + 689); /* 4 intervals of 100 to 110 ms, and 250 */
    assert_false(is_free(r, 0));
    rig_expect_nothing(r);
    rig_at(r, r->now + 1);
    assert_true(is_free(r, 0));
    rig_done(r, EXT_OFF("00"));
    start(r, 0); /* one event has no interval, so it takes what there is */
    rig_done(r, EXT_DATA("00"));
    rig_done(r, EXT_ON("00", "01"));
    rig_give(r, TERMINATED("00"));
    /* Intervals are what a legacy PDU can have: 20 ms to 10.24 s. */
    assert_int_equal(rig_adv(r, 0, USHER_ADV_NONCONN_IND, 2, 5, PB_ADV), USHER_OK);
    rig_done(r, EXT_PARAMETERS("00"));
    r->port.adv_stop(r->port.ctx, 0);
    assert_int_equal(rig_adv(r, 0, USHER_ADV_NONCONN_IND, 2, 65535, PB_ADV), USHER_OK);
    rig_done(r, "01 36 20 19 00 10 00 00 40 00 00 40 00 07 01 00 00 00 00 00 00 00 00 7F 01 00 01"
                " 00 00");
    rig_free(r);
}

static void a_set_is_stopped(void **state)
{
    struct hci_rig *r = rig_ready(RIG_EXTENDED, 0);

    (void)state;
    set_up(r);
    r->port.adv_stop(r->port.ctx, 0);
    start(r, 0);
    rig_expect(r, EXT_OFF("00"));
    rig_give(r, TERMINATED("00")); /* the old one's, that crossed the command */
    assert_false(is_free(r, 0));
    rig_give(r, "04 0E 04 01 39 20 00");
    rig_done(r, EXT_DATA("00"));
    rig_done(r, EXT_ON("00", "01"));
    r->port.adv_stop(r->port.ctx, 0);
    rig_give(r, TERMINATED("00")); /* over before it could be switched off */
    start(r, 0);
    rig_done(r, EXT_DATA("00"));
    rig_expect(r, EXT_ON("00", "01"));
    r->port.adv_stop(r->port.ctx, 0);
    start(r, 0);
    rig_give(r, TERMINATED("00")); /* of the one that was stopped before it was said to be on */
    rig_give(r, "04 0E 04 01 39 20 00");
    assert_false(is_free(r, 0));
    rig_done(r, EXT_DATA("00"));
    rig_done(r, EXT_ON("00", "01"));
    rig_give(r, TERMINATED("00"));
    assert_true(is_free(r, 0));
    rig_free(r);
}

static void a_set_is_stopped_and_begun_at_once(void **state)
{
    struct hci_rig *r = rig_ready(RIG_EXTENDED, 0);

    (void)state;
    set_up(r);
    rig_give(r, "04 0E 03 04 00 00"); /* it takes four at a time */
    r->port.adv_stop(r->port.ctx, 0);
    start(r, 0);
    rig_expect(r, EXT_OFF("00"));
    rig_expect(r, EXT_DATA("00"));
    rig_expect(r, EXT_ON("00", "01"));
    rig_give(r, TERMINATED("00")); /* of the old one, before it was switched off */
    rig_give(r, "04 0E 04 04 39 20 00");
    rig_give(r, "04 0E 04 04 37 20 00");
    rig_give(r, "04 0E 04 04 39 20 00");
    assert_false(is_free(r, 0));
    rig_give(r, TERMINATED("00"));
    assert_true(is_free(r, 0));
    start(r, 0);
    rig_expect(r, EXT_DATA("00"));
    rig_expect(r, EXT_ON("00", "01"));
    rig_give(r, TERMINATED("00")); /* of one that was so quick, and is stopped for all that */
    r->port.adv_stop(r->port.ctx, 0);
    start(r, 0);
    rig_expect(r, EXT_OFF("00"));
    rig_expect(r, EXT_DATA("00"));
    rig_give(r, "04 0E 04 04 37 20 00");
    rig_expect(r, EXT_ON("00", "01"));
    rig_give(r, "04 0E 04 04 39 20 00");
    assert_false(is_free(r, 0));
    rig_free(r);
}

static void four_commands_at_most_are_under_way(void **state)
{
    struct hci_rig *r = rig_ready(RIG_EXTENDED, 0);

    (void)state;
    rig_give(r, "04 0E 03 20 00 00");
    for (uint8_t i = 0; i < 4; i++) {
        start(r, i);
    }
    assert_int_equal(r->port.scan(r->port.ctx, USHER_SCAN_MESH), USHER_OK);
    rig_expect(r, "01 42 20 06 01 00 00 00 00 00");
    rig_expect(r, EXT_PARAMETERS("00"));
    rig_expect(r, EXT_PARAMETERS("01"));
    rig_expect(r, EXT_PARAMETERS("02"));
    rig_expect_nothing(r);
    rig_give(r, "04 0E 04 20 42 20 00");
    rig_expect(r, EXT_PARAMETERS("03"));
    rig_expect_nothing(r);
    rig_free(r);
}

static void another_type_is_other_parameters(void **state)
{
    struct hci_rig *r = rig_ready(RIG_EXTENDED, 1);

    (void)state;
    set_up(r);
    rig_give(r, TERMINATED("00"));
    assert_int_equal(rig_adv(r, 0, USHER_ADV_IND, 1, 0, PB_ADV), USHER_OK);
    rig_done(r, EXT_PARAMETERS_IND("00"));
    rig_done(r, EXT_NAME("00"));
    rig_done(r, EXT_DATA("00"));
    rig_done(r, EXT_ON("00", "01"));
    /* A connection: its event comes first, then the set's end. */
    rig_give(r, "04 3E 13 01 00 40 00 01 01 01 02 03 04 05 C6 18 00 00 00 90 01 00");
    assert_false(is_free(r, 0));
    rig_give(r, "04 3E 06 12 00 00 40 00 01");
    assert_true(is_free(r, 0));
    start(r, 0);
    rig_expect(r, EXT_PARAMETERS("00"));
    rig_give(r, "04 0E 04 01 36 20 12"); /* it has a scan response, so: anew */
    rig_done(r, "01 3C 20 01 00");
    rig_done(r, EXT_PARAMETERS("00"));
    rig_done(r, EXT_ADDRESS("00"));
    rig_done(r, EXT_DATA("00"));
    rig_done(r, EXT_ON("00", "01"));
    rig_give(r, TERMINATED("00"));
    assert_true(is_free(r, 0));
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_event_of_legacy_advertising),
        cmocka_unit_test(commands_go_out_together_where_they_may),
        cmocka_unit_test(a_small_buffer_takes_what_fits),
        cmocka_unit_test(events_are_repeated_at_their_interval),
        cmocka_unit_test(what_is_stopped_is_switched_off_and_not_told),
        cmocka_unit_test(what_cannot_be_sent_is_not_begun),
        cmocka_unit_test(a_controller_that_is_older_than_it_says_gets_its_interval),
        cmocka_unit_test(what_is_refused_is_over),
        cmocka_unit_test(a_controller_that_refuses_all_is_reset),
        cmocka_unit_test(beside_connections_a_refusal_is_no_fault),
        cmocka_unit_test(connectable_advertising_has_a_name_to_answer_with),
        cmocka_unit_test(a_connection_ends_legacy_advertising),
        cmocka_unit_test(a_connection_does_not_end_what_comes_after),
        cmocka_unit_test(a_reset_gives_slots_back),
        cmocka_unit_test(a_set_says_when_its_events_are_over),
        cmocka_unit_test(sets_are_on_the_air_side_by_side),
        cmocka_unit_test(the_controller_counts_events),
        cmocka_unit_test(a_set_is_stopped),
        cmocka_unit_test(a_set_is_stopped_and_begun_at_once),
        cmocka_unit_test(four_commands_at_most_are_under_way),
        cmocka_unit_test(another_type_is_other_parameters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
