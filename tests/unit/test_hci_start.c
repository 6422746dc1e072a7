/*
 * The HCI host's stream, start and recovery (ports/hci/hci_host.c, hci_start.c, h4.c), with the
 * test as the controller: see hci_rig.h.
 */
#include "h4.h"
#include "hci_rig.h"

#include <stdio.h>
#include <stdlib.h>

static const uint8_t address[6] = { 0xC1, 0x02, 0x03, 0x04, 0x05, 0x06 };

/* -- the deframer ------------------------------------------------------------------------------ */

static struct h4 h4;

/* Feeds @p hex in pieces of @p piece octets. @return packets; -1: garbage */
static int feed(const char *hex, size_t piece, size_t *last_len)
{
    uint8_t octets[1024];
    size_t len = rig_octets(hex, octets, sizeof(octets));
    int packets = 0;

    for (size_t at = 0; at < len;) {
        size_t n = len - at < piece ? len - at : piece;
        const uint8_t *from = octets + at;

        at += n;
        while (n > 0) {
            enum h4_result result = h4_take(&h4, &from, &n);

            if (result == H4_GARBAGE) {
                return -1;
            }
            if (result == H4_PACKET) {
                *last_len = h4.at;
                h4.at = 0;
                packets++;
            }
        }
    }
    return packets;
}

static void packets_are_found_however_they_are_cut(void **state)
{
    size_t last = 0;

    (void)state;
    for (size_t piece = 1; piece <= 30; piece++) {
        h4_reset(&h4, false);
        assert_int_equal(feed("04 0E 04 01 03 0C 00 02 40 20 05 00 01 02 03 04 05 04 FF 00"
                              " 02 40 20 00 00 04 13 01 00",
                              piece, &last),
                         5);
        assert_int_equal(last, 4);
    }
}

static void what_cannot_be_a_packet_is_garbage(void **state)
{
    static const char *const garbage[] = {
        "00",             /* no type */
        "01 03 0C 00",    /* a command, from the wrong side */
        "03 00 00 00",    /* SCO, which nobody asked for */
        "05 00 00 00 00", /* ISO */
        "04 00 00",       /* no event */
        "02 40 20 FC 01", /* ACL data of 508 octets, a packet of 513 */
        "02 40 20 00 10",
    };
    size_t last = 0;

    (void)state;
    for (size_t i = 0; i < sizeof(garbage) / sizeof(garbage[0]); i++) {
        h4_reset(&h4, false);
        assert_int_equal(feed(garbage[i], 1, &last), -1);
    }
    h4_reset(&h4, false);
    assert_int_equal(feed("02 40 20 FB 01", 1, &last), 0); /* the longest that is taken */
}

static void a_hunt_ends_with_the_answer_to_reset(void **state)
{
    size_t last = 0;

    (void)state;
    for (size_t piece = 1; piece <= 20; piece++) {
        h4_reset(&h4, true);
        assert_int_equal(
            feed("00 FF 04 04 0E 04 0E 04 01 03 0B 00 04 0E 04 01 04 0E 04 05 03 0C", piece, &last),
            0);
        assert_true(h4.hunting);
        assert_int_equal(feed("0C 04 FF 01 00", piece, &last), 2);
        assert_int_equal(last, 4);
        assert_false(h4.hunting);
    }
}

/* -- the start --------------------------------------------------------------------------------- */

static void a_host_is_made_of_what_can_be(void **state)
{
    struct hci_rig *r = rig_new(NULL, 1);
    struct hci_host_config config = r->host.config, bad;
    struct hci_host h;

    (void)state;
    assert_int_equal(hci_host_init(NULL, &config), USHER_E_NULL);
    assert_int_equal(hci_host_init(&h, NULL), USHER_E_NULL);
    bad = config;
    bad.kick = NULL;
    assert_int_equal(hci_host_init(&h, &bad), USHER_E_NULL);
    bad = config;
    bad.conns = NULL;
    assert_int_equal(hci_host_init(&h, &bad), USHER_E_NULL);
    bad = config;
    bad.gatt = NULL;
    assert_int_equal(hci_host_init(&h, &bad), USHER_E_NULL);
    bad = config;
    bad.mtu = 22;
    assert_int_equal(hci_host_init(&h, &bad), USHER_E_PARAM);
    bad.mtu = 248;
    assert_int_equal(hci_host_init(&h, &bad), USHER_E_PARAM);
    bad.mtu = 23;
    assert_int_equal(hci_host_init(&h, &bad), USHER_OK);
    bad.slots = USHER_ADV_SLOTS + 1;
    assert_int_equal(hci_host_init(&h, &bad), USHER_E_PARAM);
    bad = config;
    bad.name = "";
    assert_int_equal(hci_host_init(&h, &bad), USHER_E_PARAM);
    bad.name = "a name of thirty octets is too";
    assert_int_equal(hci_host_init(&h, &bad), USHER_E_PARAM);
    bad.name = "a name of 29 octets is all ok";
    assert_int_equal(hci_host_init(&h, &bad), USHER_OK);
    assert_string_equal(hci_host_why(&h), "");
    rig_free(r);
}

static void a_controller_is_asked_what_it_is(void **state)
{
    static const struct {
        enum rig_kind kind;
        bool extended;
        uint8_t slots;
    } cases[] = { { RIG_4_2, false, 1 }, { RIG_5_LEGACY, false, 1 }, { RIG_EXTENDED, true, 4 } };

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        struct hci_rig *r = rig_new(NULL, 2);

        assert_int_equal(r->told_state[HCI_STARTING], 1);
        assert_int_equal(r->port.adv_slots, 0);
        rig_start(r, cases[i].kind);
        assert_int_equal(r->told_state[HCI_READY], 1);
        assert_int_equal(r->port.adv_slots, cases[i].slots);
        assert_int_equal(r->host.extended, cases[i].extended);
        assert_int_equal(r->port.gatt_conns, 2);
        assert_string_equal(hci_host_why(&r->host), "");
        rig_expect_nothing(r);
        assert_true(hci_host_deadline(&r->host) == USHER_NEVER);
        rig_free(r);
    }
}

static void what_is_sent_and_received_is_traced(void **state)
{
    struct hci_rig *r = rig_ready(RIG_5_LEGACY, 0);

    (void)state;
    assert_int_equal(r->traced[0], 9);
    assert_int_equal(r->traced[1], 9);
    assert_int_equal(r->traced_octets[0], 4 * 9 + 8 + 8 + 6 + 7);
    assert_int_equal(r->traced_octets[1], 7 * 9 + 8 + 64 + 8 + 6);
    rig_free(r);
}

#define ZEROS_4 " 00 00 00 00"
#define ZEROS_12 ZEROS_4 ZEROS_4 ZEROS_4
#define ZEROS_36 ZEROS_12 ZEROS_12 ZEROS_12
#define ZEROS_26 ZEROS_12 ZEROS_12 " 00 00"

struct refusal {
    uint16_t opcode; /* 0: none */
    const char *answer;
};

/* What a controller answers that can all. */
static const char *answer_of(enum rig_kind kind, uint16_t opcode)
{
    switch (opcode) {
    case 0x1001:
        return kind == RIG_4_2 ? "04 0E 0C 01 .. .. 00 08 00 00 08 FF FF 00 00"
                               : "04 0E 0C 01 .. .. 00 09 00 00 09 FF FF 00 00";
    case 0x1002:
        return kind == RIG_EXTENDED ? "04 0E 44 01 .. .. 00" ZEROS_36 " BE E1" ZEROS_26
                                    : "04 0E 44 01 .. .. 00" ZEROS_36 " 00 00" ZEROS_26;
    case 0x1005:
        return "04 0E 0B 01 .. .. 00 FB 00 00 07 00 00 00";
    case 0x1009:
        return "04 0E 0A 01 .. .. 00 11 22 33 44 55 66";
    case 0x2002:
        return "04 0E 07 01 .. .. 00 1B 00 04";
    case 0x2003:
        return kind == RIG_EXTENDED ? "04 0E 0C 01 .. .. 00 00 10 00 00 00 00 00 00"
                                    : "04 0E 0C 01 .. .. 00 00 00 00 00 00 00 00 00";
    case 0x203B:
        return "04 0E 05 01 .. .. 00 04";
    default:
        return "04 0E 04 01 .. .. 00";
    }
}

/* Answers whatever comes as a controller would that can all, but for two commands. */
static void play_two(struct hci_rig *r, enum rig_kind kind, const struct refusal refusals[2])
{
    while (r->host.state == HCI_STARTING) {
        const uint8_t *packet = r->out;
        const char *answer, *place;
        char octets[256];
        uint16_t opcode;

        r->out_at = 0;
        r->out_len = hci_host_out(&r->host, r->now, r->out, r->out_most);
        assert_true(r->out_len >= 4 && r->out_len == 4u + packet[3]);
        opcode = (uint16_t)(packet[1] | packet[2] << 8);
        answer = opcode == refusals[0].opcode   ? refusals[0].answer
                 : opcode == refusals[1].opcode ? refusals[1].answer
                                                : answer_of(kind, opcode);
        r->out_at = r->out_len;
        place = strstr(answer, ".. ..");
        if (place != NULL) {
            snprintf(octets, sizeof(octets), "%.*s%02X %02X%s", (int)(place - answer), answer,
                     packet[1], packet[2], place + 5);
            answer = octets;
        }
        rig_give(r, answer);
    }
}

static void play(struct hci_rig *r, enum rig_kind kind, uint16_t opcode, const char *answer)
{
    const struct refusal refusals[2] = { { opcode, answer }, { 0, "" } };

    play_two(r, kind, refusals);
}

static void what_is_needed_and_refused_is_named(void **state)
{
    static const struct {
        enum rig_kind kind;
        uint16_t opcode;
        const char *refusal, *why;
    } cases[] = {
        { RIG_4_2, 0x0C03, "04 0E 04 01 .. .. 0C", "the controller refuses Reset (status 0x0C)" },
        { RIG_4_2, 0x0C01, "04 0E 04 01 .. .. 12",
          "the controller refuses Set Event Mask (status 0x12)" },
        { RIG_4_2, 0x2001, "04 0F 04 01 01 .. ..",
          "the controller refuses LE Set Event Mask (status 0x01)" },
        { RIG_4_2, 0x200B, "04 0E 04 01 .. .. 12",
          "the controller refuses LE Set Scan Parameters (status 0x12)" },
        { RIG_EXTENDED, 0x2041, "04 0F 04 01 01 .. ..",
          "the controller refuses LE Set Extended Scan Parameters (status 0x01)" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct hci_rig *r = rig_new(NULL, 1);

        play(r, cases[i].kind, cases[i].opcode, cases[i].refusal);
        assert_int_equal(r->host.state, HCI_FAILED);
        assert_int_equal(r->told_state[HCI_FAILED], 1);
        assert_string_equal(hci_host_why(&r->host), cases[i].why);
        assert_int_equal(r->port.adv_slots, 0);
        rig_at(r, r->now + 60000); /* and that is that */
        rig_expect_nothing(r);
        rig_give(r, "04 0E 04 01 03 0C 00");
        hci_host_down(&r->host, r->now);
        assert_int_equal(r->host.state, HCI_FAILED);
        assert_string_equal(hci_host_why(&r->host), cases[i].why);
        hci_host_up(&r->host, &r->node, r->now); /* another controller */
        rig_start(r, RIG_EXTENDED);
        rig_free(r);
    }
}

static void what_is_refused_and_not_needed_is_done_without(void **state)
{
    static const struct {
        uint16_t opcode;
        const char *refusal;
        bool extended;
        uint16_t acl_len;
    } cases[] = {
        { 0x1001, "04 0F 04 01 01 .. ..", true, 27 },
        { 0x1002, "04 0F 04 01 01 .. ..", false, 27 }, /* then it is not known */
        { 0x2003, "04 0E 04 01 .. .. 01", false, 27 },
        { 0x203B, "04 0E 04 01 .. .. 01", false, 27 },
        { 0x203B, "04 0E 05 01 .. .. 00 00", false, 27 }, /* it has no sets */
        { 0x203B, "04 0E 04 01 .. .. 00", false, 27 },    /* it does not say */
        { 0x1009, "04 0F 04 01 01 .. ..", true, 27 },
        { 0x2002, "04 0F 04 01 01 .. ..", true, 251 }, /* those of BR/EDR */
        { 0x2002, "04 0E 07 01 .. .. 00 00 00 00", true, 251 },
        { 0x2002, "04 0E 07 01 .. .. 00 1A 00 04", true, 251 }, /* too short to be true */
        { 0x2005, "04 0E 04 01 .. .. 0C", true, 27 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct hci_rig *r = rig_new(NULL, 1);

        play(r, RIG_EXTENDED, cases[i].opcode, cases[i].refusal);
        assert_int_equal(r->host.state, HCI_READY);
        assert_int_equal(r->host.extended, cases[i].extended);
        assert_int_equal(r->host.acl_len, cases[i].acl_len);
        assert_int_equal(r->host.use_public, cases[i].opcode == 0x2005);
        rig_free(r);
    }
}

static void without_buffers_there_are_no_connections(void **state)
{
    static const struct refusal refusals[2] = { { 0x2002, "04 0E 07 01 .. .. 00 00 00 00" },
                                                { 0x1005, "04 0F 04 01 01 .. .." } };
    struct hci_rig *r = rig_new(NULL, 1);
    struct usher_ble_addr peer = { .type = 1 };
    uint8_t conn;

    (void)state;
    play_two(r, RIG_4_2, refusals);
    assert_int_equal(r->host.state, HCI_READY);
    assert_int_equal(r->port.gatt_connect(r->port.ctx, &peer, USHER_GATT_PROXY, &conn),
                     USHER_E_UNSUPPORTED);
    assert_int_equal(rig_adv(r, 0, USHER_ADV_IND, 1, 0, "02 01 06"), USHER_E_UNSUPPORTED);
    assert_int_equal(rig_adv(r, 0, USHER_ADV_NONCONN_IND, 1, 0, "02 01 06"), USHER_OK);
    rig_free(r);
}

static void an_address_of_ours_is_needed_or_the_controllers(void **state)
{
    static const struct refusal refusals[2] = {
        { 0x2005, "04 0E 04 01 .. .. 0C" }, { 0x1009, "04 0E 0A 01 09 10 00 00 00 00 00 00 00" }
    };
    struct hci_rig *r = rig_new(NULL, 0);

    (void)state;
    play(r, RIG_4_2, 0x2005, "04 0E 04 01 .. .. 0C");
    assert_int_equal(r->host.state, HCI_READY);
    assert_int_equal(r->out[9], 0); /* LE Set Scan Parameters: our address is public */
    rig_free(r);

    r = rig_new(NULL, 0); /* it has none */
    play_two(r, RIG_4_2, refusals);
    assert_int_equal(r->host.state, HCI_FAILED);
    assert_string_equal(hci_host_why(&r->host),
                        "the controller refuses LE Set Random Address (status 0x0C)");
    rig_free(r);
}

static void expect_own_addr(struct hci_rig *r, uint8_t type, const uint8_t addr[6])
{
    struct usher_ble_addr own;

    assert_true(r->port.own_addr(r->port.ctx, &own));
    assert_int_equal(own.type, type);
    assert_memory_equal(own.addr, addr, sizeof(own.addr));
}

static void the_address_that_is_used_is_told(void **state)
{
    static const uint8_t controllers[6] = { 0x66, 0x55, 0x44, 0x33, 0x22, 0x11 };
    struct hci_host_config drawn = { .legacy = true };
    struct usher_ble_addr own;
    struct hci_rig *r = rig_new(&drawn, 0);

    (void)state;
    expect_own_addr(r, 1, r->host.address);
    r->host.address_set = false; /* as before hci_host_up() */
    assert_false(r->port.own_addr(r->port.ctx, &own));
    rig_free(r);

    r = rig_new(NULL, 0);
    rig_start(r, RIG_4_2);
    expect_own_addr(r, 1, address);
    rig_free(r);

    r = rig_new(NULL, 0);
    play(r, RIG_4_2, 0x2005, "04 0E 04 01 .. .. 0C");
    expect_own_addr(r, 0, controllers);
    hci_host_down(&r->host, r->now);
    hci_host_up(&r->host, &r->node, r->now);
    rig_start(r, RIG_4_2); /* another controller, which takes ours */
    expect_own_addr(r, 1, address);
    rig_free(r);
}

static void without_randomness_there_is_no_address(void **state)
{
    struct hci_host_config config = { .legacy = true };
    struct hci_rig *r = rig_new(&config, 0);
    uint8_t drawn[6];

    (void)state;
    memcpy(drawn, r->host.address, sizeof(drawn));
    assert_int_equal(drawn[0] & 0xC0, 0xC0); /* static */
    hci_host_down(&r->host, r->now);
    hci_host_up(&r->host, &r->node, r->now);
    assert_memory_equal(r->host.address, drawn, sizeof(drawn)); /* one for life */
    rig_free(r);

    r = rig_new(&config, 0);
    hci_host_down(&r->host, r->now);
    r->host.address_set = false;
    r->no_random = true;
    hci_host_up(&r->host, &r->node, r->now);
    assert_int_equal(r->host.state, HCI_FAILED);
    assert_string_equal(hci_host_why(&r->host), "no randomness for a device address");
    rig_free(r);
}

static void legacy_is_used_where_it_is_asked_for(void **state)
{
    struct hci_host_config config = { .legacy = true, .address = address, .active_scan = true };
    struct hci_rig *r = rig_new(&config, 0);

    (void)state;
    play(r, RIG_EXTENDED, 0x203B, "04 0E 05 01 .. .. 00 04");
    assert_false(r->host.extended);
    assert_int_equal(r->port.adv_slots, 1);
    assert_int_equal(r->out[1], 0x0B); /* LE Set Scan Parameters */
    assert_int_equal(r->out[4], 1);    /* active */
    rig_free(r);

    config = (struct hci_host_config){ .address = address, .slots = 2 };
    r = rig_new(&config, 0);
    play(r, RIG_EXTENDED, 0, "");
    assert_int_equal(r->port.adv_slots, 2);
    /* What one controller can, the next need not. */
    hci_host_down(&r->host, r->now);
    hci_host_up(&r->host, &r->node, r->now);
    play(r, RIG_EXTENDED, 0x2003, "04 0F 04 01 01 .. ..");
    assert_false(r->host.extended);
    rig_free(r);
}

/* -- recovery ---------------------------------------------------------------------------------- */

static void a_command_without_answer_is_a_reset(void **state)
{
    struct hci_rig *r = rig_new(NULL, 0);

    (void)state;
    rig_done(r, "01 03 0C 00");
    rig_expect(r, "01 01 10 00");
    rig_expect_nothing(r);
    rig_at(r, 2999);
    rig_expect_nothing(r);
    rig_at(r, 3000);
    assert_string_equal(hci_host_why(&r->host),
                        "the controller does not answer Read Local Version Information");
    rig_start(r, RIG_4_2);
    assert_string_equal(hci_host_why(&r->host), "");
    rig_free(r);
}

static void a_controller_that_does_not_answer_is_given_up(void **state)
{
    struct hci_rig *r = rig_new(NULL, 0);

    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(r->host.state, HCI_STARTING);
        rig_expect(r, "01 03 0C 00");
        rig_at(r, r->now + 2000);
    }
    assert_int_equal(r->host.state, HCI_DOWN);
    assert_int_equal(r->told_state[HCI_STARTING], 4);
    assert_int_equal(r->told_state[HCI_DOWN], 1);
    assert_string_equal(hci_host_why(&r->host), "the controller does not answer Reset");
    assert_true(hci_host_deadline(&r->host) == USHER_NEVER);
    rig_expect_nothing(r);
    hci_host_up(&r->host, &r->node, r->now);
    rig_start(r, RIG_EXTENDED);
    rig_free(r);
}

static void resets_that_help_for_long_count_no_more(void **state)
{
    struct hci_rig *r = rig_ready(RIG_4_2, 0);

    (void)state;
    for (unsigned i = 0; i < 6; i++) {
        rig_at(r, r->now + 10000);
        rig_give(r, "04 10 01 42");
        assert_int_equal(r->host.state, HCI_STARTING);
        assert_string_equal(hci_host_why(&r->host),
                            "the controller reports a hardware error (status 0x42)");
        rig_start(r, RIG_4_2);
    }
    for (unsigned i = 0; i < 3; i++) { /* and those that do not, do: 3 at most */
        rig_at(r, r->now + (i == 0 ? 10000 : 9999));
        rig_give(r, "04 10 01 42");
        rig_start(r, RIG_4_2);
    }
    rig_at(r, r->now + 9999);
    rig_give(r, "04 10 01 42");
    assert_int_equal(r->host.state, HCI_DOWN);
    rig_free(r);
}

static void garbage_is_hunted_through(void **state)
{
    struct hci_rig *r = rig_ready(RIG_4_2, 0);

    (void)state;
    rig_give(r, "04 13 01 00 55 04 0E 04");
    assert_int_equal(r->host.state, HCI_STARTING);
    assert_string_equal(hci_host_why(&r->host), "the stream from the controller is out of step");
    assert_int_equal(r->port.adv_slots, 0);
    rig_expect(r, "01 03 0C 00");
    /* An event of the old time, and one that an attacker wrote into an advertisement. */
    rig_give(r, "01 0B 20 00 04 0E 04 01 01 10 00 04 10 01 00");
    assert_int_equal(r->told_state[HCI_STARTING], 2);
    rig_give(r, "04 0E 04 01 03 0C 00");
    rig_expect(r, "01 01 10 00");
    rig_free(r);
}

/* In step, an event is skipped as the whole that it is. */
static void an_answer_inside_of_an_event_is_none(void **state)
{
    struct hci_rig *r = rig_ready(RIG_4_2, 0);

    (void)state;
    rig_give(r, "04 10 01 00");
    rig_expect(r, "01 03 0C 00");
    rig_give(r, "04 3E 14 02 01 03 01 06 05 04 03 02 C1 08 04 0E 04 01 03 0C 00 00 C0");
    rig_expect_nothing(r);
    rig_give(r, "04 0E 04 01 03 0C 00");
    rig_expect(r, "01 01 10 00");
    rig_free(r);
}

/* A second Reset, as the first one may have found the stream in the middle of a packet. */
static void a_reset_without_answer_is_followed_by_a_hunt(void **state)
{
    struct hci_rig *r = rig_ready(RIG_4_2, 0);

    (void)state;
    rig_give(r, "04 10 01 00");
    rig_expect(r, "01 03 0C 00");
    rig_give(r, "04 3E FF 02 04 0E 04 01 03 0C 00"); /* of which octets were lost */
    rig_expect_nothing(r);
    rig_at(r, r->now + 2000);
    rig_expect(r, "01 03 0C 00");
    rig_give(r, "55 55 04 0E 04 01 03 0C 00");
    rig_expect(r, "01 01 10 00");
    rig_free(r);
}

static void what_was_answered_before_a_reset_does_not_count(void **state)
{
    struct hci_rig *r = rig_new(NULL, 0);

    (void)state;
    rig_done(r, "01 03 0C 00");
    rig_expect(r, "01 01 10 00");
    rig_at(r, r->now + 2000);
    rig_expect(r, "01 03 0C 00");
    rig_give(r, "04 0E 0C 05 01 10 00 08 00 00 08 FF FF 00 00"); /* late */
    rig_expect_nothing(r);
    rig_give(r, "04 10 01 00"); /* nor does the cause of the Reset */
    rig_expect_nothing(r);
    rig_give(r, "04 0E 04 01 03 0C 00");
    rig_expect(r, "01 01 10 00");
    rig_free(r);
}

static void credits_are_kept(void **state)
{
    struct hci_rig *r = rig_new(NULL, 0);

    (void)state;
    rig_expect(r, "01 03 0C 00");
    rig_give(r, "04 0E 04 00 03 0C 00"); /* done, and nothing more now */
    rig_expect_nothing(r);
    rig_at(r, r->now + 1999);
    rig_give(r, "04 0F 04 00 01 00 00"); /* now one */
    rig_expect(r, "01 01 10 00");
    rig_give(r, "04 0E 0C 00 01 10 00 08 00 00 08 FF FF 00 00");
    rig_give(r, "04 0E 03 03 00 00"); /* now three, of which the start uses one */
    rig_expect(r, "01 02 10 00");
    rig_expect_nothing(r);
    rig_give(r, "04 0F 04 01 00 02 10");
    rig_at(r, r->now + 2000);
    assert_string_equal(hci_host_why(&r->host), "the controller does not answer");
    rig_expect(r, "01 03 0C 00");
    rig_free(r);
}

static void malformed_answers_are_none(void **state)
{
    static const char *const malformed[] = {
        "04 0E 00", "04 0E 01 01",       "04 0E 02 01 01",       "04 0E 03 01 01 10",
        "04 0F 00", "04 0F 03 01 01 01", "04 0F 04 00 01 01 10", /* begun, not done */
    };
    struct hci_rig *r = rig_new(NULL, 0);

    (void)state;
    rig_done(r, "01 03 0C 00");
    rig_expect(r, "01 01 10 00");
    for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++) {
        rig_give(r, malformed[i]);
        rig_expect_nothing(r);
    }
    rig_at(r, r->now + 2000);
    rig_expect(r, "01 03 0C 00");
    rig_free(r);
}

static void a_stream_that_breaks_is_begun_anew(void **state)
{
    struct hci_rig *r = rig_ready(RIG_EXTENDED, 0);

    (void)state;
    assert_int_equal(rig_adv(r, 0, USHER_ADV_NONCONN_IND, 1, 0, "02 01 06"), USHER_OK);
    hci_host_down(&r->host, r->now);
    assert_int_equal(r->told_state[HCI_DOWN], 1);
    assert_int_equal(r->port.adv_slots, 0);
    assert_string_equal(hci_host_why(&r->host), "the stream to the controller is closed");
    assert_int_equal(rig_adv(r, 0, USHER_ADV_NONCONN_IND, 1, 0, "02 01 06"), USHER_E_STATE);
    rig_give(r, "04 0E 04 01 03 0C 00");
    rig_expect_nothing(r);
    hci_host_down(&r->host, r->now); /* is down already */
    assert_int_equal(r->told_state[HCI_DOWN], 1);
    hci_host_up(&r->host, &r->node, r->now);
    rig_start(r, RIG_4_2); /* another controller */
    assert_int_equal(r->port.adv_slots, 1);
    rig_expect_nothing(r); /* the advertisement was given back */
    assert_int_equal(rig_adv(r, 0, USHER_ADV_NONCONN_IND, 1, 0, "02 01 06"), USHER_OK);
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packets_are_found_however_they_are_cut),
        cmocka_unit_test(what_cannot_be_a_packet_is_garbage),
        cmocka_unit_test(a_hunt_ends_with_the_answer_to_reset),
        cmocka_unit_test(a_host_is_made_of_what_can_be),
        cmocka_unit_test(a_controller_is_asked_what_it_is),
        cmocka_unit_test(what_is_sent_and_received_is_traced),
        cmocka_unit_test(what_is_needed_and_refused_is_named),
        cmocka_unit_test(what_is_refused_and_not_needed_is_done_without),
        cmocka_unit_test(without_buffers_there_are_no_connections),
        cmocka_unit_test(an_address_of_ours_is_needed_or_the_controllers),
        cmocka_unit_test(the_address_that_is_used_is_told),
        cmocka_unit_test(without_randomness_there_is_no_address),
        cmocka_unit_test(legacy_is_used_where_it_is_asked_for),
        cmocka_unit_test(a_command_without_answer_is_a_reset),
        cmocka_unit_test(a_controller_that_does_not_answer_is_given_up),
        cmocka_unit_test(resets_that_help_for_long_count_no_more),
        cmocka_unit_test(garbage_is_hunted_through),
        cmocka_unit_test(an_answer_inside_of_an_event_is_none),
        cmocka_unit_test(a_reset_without_answer_is_followed_by_a_hunt),
        cmocka_unit_test(what_was_answered_before_a_reset_does_not_count),
        cmocka_unit_test(credits_are_kept),
        cmocka_unit_test(malformed_answers_are_none),
        cmocka_unit_test(a_stream_that_breaks_is_begun_anew),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
