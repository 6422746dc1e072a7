/*
 * The HCI host's scanning (ports/hci/hci_scan.c), with the test as the controller: see hci_rig.h.
 */
#include "hci_rig.h"

#include <stdio.h>

#define PB_ADV "03 29 01 02"

static void scanning_is_on_while_something_is_wanted(void **state)
{
    struct hci_rig *r = rig_ready(RIG_4_2, 0);

    (void)state;
    assert_int_equal(usher_scan(&r->node, true), USHER_OK);
    rig_done(r, "01 0C 20 02 01 00");
    assert_int_equal(usher_scan(&r->node, false), USHER_OK);
    rig_done(r, "01 0C 20 02 00 00");
    assert_int_equal(usher_scan(&r->node, true), USHER_OK);
    rig_expect(r, "01 0C 20 02 01 00");
    rig_give(r, "04 0E 04 01 0C 20 0C");
    assert_string_equal(hci_host_why(&r->host),
                        "the controller refuses LE Set Scan Enable (status 0x0C)");
    rig_expect_nothing(r);
    rig_at(r, r->now + 999);
    rig_expect_nothing(r);
    rig_at(r, r->now + 1);
    rig_done(r, "01 0C 20 02 01 00");
    assert_string_equal(hci_host_why(&r->host), "");
    rig_expect_nothing(r);
    rig_free(r);
}

static void scan_for(struct hci_rig *r, unsigned what)
{
    assert_int_equal(r->port.scan(r->port.ctx, what), USHER_OK);
}

/* A legacy report of one PDU. */
static unsigned hears(struct hci_rig *r, unsigned what, const char *type, const char *ad)
{
    uint8_t octets[64];
    char event[256];
    size_t len = rig_octets(ad, octets, sizeof(octets));
    unsigned before = r->heard;

    scan_for(r, what);
    snprintf(event, sizeof(event), "04 3E %02X 02 01 %s 01 06 05 04 03 02 C1 %02X %s C4",
             (unsigned)len + 12, type, (unsigned)len, ad);
    rig_give(r, event);
    return r->heard - before;
}

static void what_was_asked_for_is_heard(void **state)
{
    struct hci_rig *r = rig_ready(RIG_4_2, 0);
    static const struct {
        const char *type, *ad;
        unsigned wanted;
    } cases[] = {
        { "03", PB_ADV, USHER_SCAN_PB_ADV },
        { "03", "03 2B 01 02", USHER_SCAN_BEACON },
        { "03", "03 24 01 02", USHER_SCAN_BEACON },
        { "03", "03 2A 01 02", USHER_SCAN_MESH },
        { "03", "02 01 06 03 2A 01 02", USHER_SCAN_MESH }, /* not the first */
        { "03", "03 FF 01 02", 0 },
        { "03", "", 0 },
        { "03", "04 2A 01 02", 0 }, /* longer than it is */
        { "03", "00 03 2A 01 02", 0 },
        { "00", "02 01 06 03 03 27 18", USHER_SCAN_GATT },
        { "04", "02 09 55", USHER_SCAN_GATT },
        { "02", PB_ADV, 0 }, /* mesh AD types are ignored elsewhere */
        { "01", PB_ADV, 0 },
        { "05", PB_ADV, 0 },
        { "00", PB_ADV, USHER_SCAN_GATT },
        { "03",
          "1E 2A 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00"
          " 00 00 00 00",
          USHER_SCAN_MESH },
        { "03",
          "1E 2A 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00"
          " 00 00 00 00 00",
          0 }, /* 32 octets */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (unsigned what = 1; what <= USHER_SCAN_GATT; what <<= 1) {
            assert_int_equal(hears(r, what, cases[i].type, cases[i].ad), what == cases[i].wanted);
        }
        assert_int_equal(hears(r, 15, cases[i].type, cases[i].ad), cases[i].wanted != 0);
        assert_int_equal(hears(r, 0, cases[i].type, cases[i].ad), 0);
    }
    assert_int_equal(hears(r, 15, "03", PB_ADV), 1);
    assert_int_equal(r->report.type, USHER_ADV_NONCONN_IND);
    assert_int_equal(r->report.rssi, -60);
    assert_int_equal(r->report.addr_type, 1);
    assert_memory_equal(r->report.addr, ((uint8_t[]){ 0xC1, 2, 3, 4, 5, 6 }), 6);
    assert_int_equal(r->report.len, 4);
    assert_memory_equal(r->report_data, ((uint8_t[]){ 3, 0x29, 1, 2 }), 4);
    rig_free(r);
}

static void one_event_has_several_reports(void **state)
{
    struct hci_rig *r = rig_ready(RIG_4_2, 0);

    (void)state;
    scan_for(r, USHER_SCAN_PB_ADV);
    rig_give(r, "04 3E 2D 02 03"
                " 03 01 06 05 04 03 02 C1 04 03 29 01 02 C4"
                " 03 00 16 05 04 03 02 C1 05 04 29 01 02 03 7F"
                " 03 02 26 05 04 03 02 C1 04 03 29 01 02 01");
    assert_int_equal(r->heard, 3);
    assert_int_equal(r->report.addr_type, 0); /* a public identity */
    assert_int_equal(r->report.addr[5], 0x26);
    rig_free(r);
}

static void malformed_reports_are_not_read_further(void **state)
{
    static const char *const events[] = {
        "04 3E 00",
        "04 3E 01 02",
        "04 3E 02 02 00",
        "04 3E 02 02 01",
        "04 3E 0F 02 01 03 01 06 05 04 03 02 C1 04 03 29 01 02",    /* no RSSI */
        "04 3E 10 02 01 03 01 06 05 04 03 02 C1 05 03 29 01 02 C4", /* nor here */
        "04 3E 10 02 01 03 01 06 05 04 03 02 C1 FF 03 29 01 02 C4", /* far too long */
        "04 3E 10 02 01 03 FF 06 05 04 03 02 C1 04 03 29 01 02 C4", /* no such address */
        "04 3E 10 02 FF 03 01 06 05 04 03 02 C1 05 03 29 01 02 C4", /* 255 of them */
        "04 3E 02 0D 01",
        ("04 3E 1C 0D 01 10 00 01 06 05 04 03 02 C1 01 00 FF 7F C4 00 00 00 00 00 00 00 00 00 05 03"
         " 29"),
    };
    struct hci_rig *r = rig_ready(RIG_4_2, 0);

    (void)state;
    scan_for(r, USHER_SCAN_PB_ADV);
    for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
        rig_give(r, events[i]);
        assert_int_equal(r->heard, 0);
        assert_int_equal(r->host.state, HCI_READY);
    }
    rig_give(r, "04 3E 1E 02 02 03 01 06 05 04 03 02 C1 04 03 29 01 02 C4"
                " 03 01 06 05 04 03 02 C1 05 03 29 01 02 C4");
    assert_int_equal(r->heard, 1); /* the first one was whole */
    rig_free(r);
}

static void extended_reports_of_legacy_pdus_are_heard(void **state)
{
    static const struct {
        const char *type;
        enum usher_adv_type is;
        bool heard;
    } cases[] = {
        { "10 00", USHER_ADV_NONCONN_IND, true },
        { "13 00", USHER_ADV_IND, true },
        { "1B 00", USHER_ADV_SCAN_RSP, true },
        { "1A 00", USHER_ADV_SCAN_RSP, true },
        { "12 00", USHER_ADV_SCAN_IND, false },
        { "15 00", 0, false },
        { "00 00", 0, false },
        { "03 00", 0, false },
        { "0B 00", 0, false },
    };
    struct hci_rig *r = rig_ready(RIG_EXTENDED, 0);

    (void)state;
    scan_for(r, USHER_SCAN_PB_ADV | USHER_SCAN_GATT);
    rig_done(r, "01 42 20 06 01 00 00 00 00 00");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char event[256];

        r->heard = 0;
        snprintf(event, sizeof(event),
                 "04 3E 36 0D 02 %s 01 06 05 04 03 02 C1 01 00 FF 7F C4 00 00 00 00 00 00 00 00 00"
                 " 04 03 29 01 02 %s 03 07 05 04 03 02 C1 01 00 FF 7F C5 00 00 00 00 00 00 00 00 00"
                 " 00",
                 cases[i].type, cases[i].type);
        rig_give(r, event);
        if (!cases[i].heard) {
            assert_int_equal(r->heard, 0);
            continue;
        }
        assert_int_equal(r->heard, cases[i].is == USHER_ADV_NONCONN_IND ? 1 : 2);
        assert_int_equal(r->report.type, cases[i].is);
        assert_int_equal(r->report.addr_type, 1);
    }
    scan_for(r, USHER_SCAN_OFF);
    rig_done(r, "01 42 20 06 00 00 00 00 00 00");
    rig_free(r);
}

static void reports_that_come_too_late_are_dropped(void **state)
{
    struct hci_rig *r = rig_ready(RIG_4_2, 0);

    (void)state;
    scan_for(r, USHER_SCAN_PB_ADV);
    rig_done(r, "01 0C 20 02 01 00");
    rig_give(r, "04 10 01 00 04 3E 10 02 01 03 01 06 05 04 03 02 C1 04 03 29 01 02 C4");
    assert_int_equal(r->heard, 0);
    rig_start(r, RIG_4_2);
    rig_done(r, "01 0C 20 02 01 00"); /* what is wanted is wanted still */
    rig_free(r);
}

static void an_owner_may_close_the_stream_from_within(void **state)
{
    struct hci_rig *r = rig_ready(RIG_4_2, 0);

    (void)state;
    scan_for(r, USHER_SCAN_PB_ADV);
    r->down_when_heard = true;
    rig_give(r, "04 3E 1E 02 02 03 01 06 05 04 03 02 C1 04 03 29 01 02 C4"
                " 03 01 06 05 04 03 02 C1 04 03 29 01 02 C4"
                " 04 3E 10 02 01 03 01 06 05 04 03 02 C1 04 03 29 01 02 C4");
    assert_int_equal(r->heard, 1);
    assert_int_equal(r->host.state, HCI_DOWN);
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scanning_is_on_while_something_is_wanted),
        cmocka_unit_test(what_was_asked_for_is_heard),
        cmocka_unit_test(one_event_has_several_reports),
        cmocka_unit_test(malformed_reports_are_not_read_further),
        cmocka_unit_test(extended_reports_of_legacy_pdus_are_heard),
        cmocka_unit_test(reports_that_come_too_late_are_dropped),
        cmocka_unit_test(an_owner_may_close_the_stream_from_within),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
