/*
 * Captures: what tshark makes of one that a device's beacon, the opening of a link and an Invite
 * left, and the octets of a packet, for machines without tshark.
 */
#define _POSIX_C_SOURCE 200809L

#include "pcap.h"
#include "station.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define ADDR_PROVISIONER                                                                           \
    {                                                                                              \
        0xC1, 0x22, 0x33, 0x44, 0x55, 0x66                                                         \
    }
#define ADDR_DEVICE                                                                                \
    {                                                                                              \
        0xD1, 0x12, 0x13, 0x14, 0x15, 0x16                                                         \
    }

static char path[64];

static int path_make(void **state)
{
    (void)state;
    strcpy(path, "/tmp/usher-pcap-XXXXXX");

    int fd = mkstemp(path);

    if (fd < 0) {
        return -1;
    }
    return close(fd);
}

static int path_remove(void **state)
{
    (void)state;
    return unlink(path);
}

static void sniff(struct pcap *p, uint64_t at_us, bool device, const uint8_t *ad, uint8_t len)
{
    static const struct usher_ble_addr addrs[2] = { { 1, ADDR_PROVISIONER }, { 1, ADDR_DEVICE } };

    for (uint8_t channel = 37; channel <= 39; channel++) {
        pcap_sniff(p, at_us, channel, &addrs[device], USHER_ADV_NONCONN_IND, ad, len);
    }
}

/* A beacon, Link Open, Link Ack, Invite and its ack: five events. */
static void capture_a_session(void)
{
#define UUID                                                                                       \
    0x70, 0xCF, 0x7C, 0x97, 0x32, 0xA3, 0x45, 0xB6, 0x91, 0x49, 0x48, 0x10, 0xD2, 0xE9, 0xCB, 0xF4
#define LINK_ID 0x23, 0xAF, 0x58, 0x50
    static const uint8_t beacon[] = { 0x14, 0x2B, 0x00, UUID, 0x00, 0x20 };
    static const uint8_t open[] = { 0x17, 0x29, LINK_ID, 0x00, 0x03, UUID };
    static const uint8_t open_ack[] = { 0x07, 0x29, LINK_ID, 0x00, 0x07 };
    static const uint8_t invite[] = {
        0x0C, 0x29, LINK_ID, 0x00, 0x00, 0x00, 0x02, 0x14, 0x00, 0x00
    };
    static const uint8_t ack[] = { 0x07, 0x29, LINK_ID, 0x00, 0x01 };
    struct pcap p;

    assert_true(pcap_open(&p, path, UINT64_C(1700000000) * 1000000));
    sniff(&p, 0, true, beacon, sizeof(beacon));
    sniff(&p, 30000, false, open, sizeof(open));
    sniff(&p, 60000, true, open_ack, sizeof(open_ack));
    sniff(&p, 90000, false, invite, sizeof(invite));
    sniff(&p, 1120000, true, ack, sizeof(ack));
    assert_true(pcap_close(&p));
}

static size_t read_file(uint8_t *buf, size_t room)
{
    FILE *f = fopen(path, "rb");

    assert_non_null(f);

    size_t len = fread(buf, 1, room, f);

    fclose(f);
    return len;
}

static void the_octets_are_those_of_the_format(void **state)
{
    /* the last packet, an ack of the device's: radio header, access address and PDU header,
     * advertiser, AD, CRC */
    static const char expected[] = "\x00\x00\x00\x00\xD6\xBE\x89\x8E\x11\x00"
                                   "\xD6\xBE\x89\x8E\x42\x0E"
                                   "\x16\x15\x14\x13\x12\xD1"
                                   "\x07\x29\x23\xAF\x58\x50\x00\x01"
                                   "\x65\x67\xC3";
    static const uint8_t time[] = { 0x01, 0xF1, 0x53, 0x65, 0xC0, 0xD4, 0x01, 0x00 };
    uint8_t file[512];
    size_t packet = sizeof(expected) - 1;

    (void)state;
    capture_a_session();

    size_t len = read_file(file, sizeof(file));

    /* file header, five record headers, five packets */
    assert_int_equal(len, 24 + 5 * 16 + 5 * (10 + 12 + 3) + 21 + 24 + 8 + 13 + 8);
    assert_memory_equal(file, "\xD4\xC3\xB2\xA1\x02\x00\x04\x00", 8);
    assert_memory_equal(file + 20, "\x00\x01\x00\x00", 4);
    assert_memory_equal(file + len - packet - 16, time, sizeof(time));
    assert_int_equal(file[len - packet - 8], packet);
    assert_memory_equal(file + len - packet, expected, packet);
}

static void only_its_owner_can_read_it(void **state)
{
    struct pcap p;
    struct stat st;

    (void)state;
    assert_int_equal(chmod(path, 0644), 0); /* it is there already, and open to others */
    assert_true(pcap_open(&p, path, 0));
    assert_true(pcap_close(&p));
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

static void what_cannot_be_written_is_told(void **state)
{
    static const uint8_t ad[] = { 0x02, 0x29, 0x00 };
    struct pcap p;

    (void)state;
    assert_false(pcap_open(&p, "/nowhere/at/all.pcap", 0));
    assert_int_equal(errno, ENOENT);
    if (access("/dev/full", W_OK) == 0) {
        assert_true(pcap_open(&p, "/dev/full", 0));
        sniff(&p, 0, true, ad, sizeof(ad));
        assert_false(pcap_close(&p));
        assert_int_equal(errno, ENOSPC);
    }
}

/*
 * What tshark prints, or NULL if there is no tshark; in two passes, as repeated segments ask for.
 */
static char *tshark(const char *arguments)
{
    static char output[8192];
    char command[1024];

    snprintf(command, sizeof(command), "tshark -2 -r %s %s 2>/dev/null", path, arguments);

    FILE *f = popen(command, "r"); /* NOLINT(cert-env33-c): the command is all ours */

    assert_non_null(f);

    size_t len = fread(output, 1, sizeof(output) - 1, f);
    int status = pclose(f);

    output[len] = '\0';
    if (WIFEXITED(status) && WEXITSTATUS(status) == 127) {
        return NULL;
    }
    assert_int_equal(status, 0);
    return output;
}

static void tshark_reads_it(void **state)
{
    (void)state;
    capture_a_session();

    /* the last two: no complaint, neither of the CRC, nor of the FCS, nor of anything malformed */
    const char *frames =
        tshark("-T fields -e frame.number -e frame.time_epoch -e frame.protocols"
               " -e btle.advertising_address -e pbadv.linkid -e pbadv.gen_prov.gpcf"
               " -e provisioning.pdu_type -e _ws.malformed -e _ws.expert.message");

    if (frames == NULL) {
        print_message("tshark is not installed\n");
        skip();
    }
#define BTLE "bluetooth:btle_rf:btle:btcommon:"
#define LINK "598693968" /* 0x23af5850 */
    assert_string_equal(
        frames, "1\t1700000000.000000000\t" BTLE "beacon\td1:12:13:14:15:16\t\t\t\t\t\n"
                "2\t1700000000.030000000\t" BTLE "pbadv\tc1:22:33:44:55:66\t" LINK "\t3\t\t\t\n"
                "3\t1700000000.060000000\t" BTLE "pbadv\td1:12:13:14:15:16\t" LINK "\t3\t\t\t\n"
                "4\t1700000000.090000000\t" BTLE "pbadv:provisioning\tc1:22:33:44:55:66\t" LINK
                "\t0\t0\t\t\n"
                "5\t1700000001.120000000\t" BTLE "pbadv\td1:12:13:14:15:16\t" LINK "\t1\t\t\t\n");
}

/* -- links ------------------------------------------------------------------------------------- */

/* One ATT PDU, and who sends it. */
struct att {
    bool central;
    uint8_t len;
    const uint8_t *octets;
};

#define ATT(central, ...)                                                                          \
    {                                                                                              \
        central, sizeof((const uint8_t[]){ __VA_ARGS__ }), (const uint8_t[])                       \
        {                                                                                          \
            __VA_ARGS__                                                                            \
        }                                                                                          \
    }

/* A provisioner finds the service of a device, subscribes, and invites it. */
static const struct att session[] = {
    ATT(true, 0x02, 0xF7, 0x00),                   /* Exchange MTU Request, 247 */
    ATT(false, 0x03, 0x45, 0x00),                  /* Response, 69 */
    ATT(true, 0x10, 1, 0, 0xFF, 0xFF, 0x00, 0x28), /* Read By Group Type: primary services */
    ATT(false, 0x11, 6, 1, 0, 6, 0, 0x27, 0x18),
    ATT(true, 0x08, 1, 0, 6, 0, 0x03, 0x28), /* Read By Type: characteristics */
    ATT(false, 0x09, 7, 2, 0, 0x04, 3, 0, 0xDB, 0x2A, 4, 0, 0x10, 5, 0, 0xDC, 0x2A),
    ATT(true, 0x04, 6, 0, 6, 0), /* Find Information */
    ATT(false, 0x05, 1, 6, 0, 0x02, 0x29),
    ATT(true, 0x12, 6, 0, 1, 0), /* Write: notifications */
    ATT(false, 0x13),
    ATT(true, 0x52, 3, 0, 0x03, 0x00, 0x00), /* Write Command to Data In: Invite */
    ATT(false, 0x1B, 5, 0, 0x03, 0x01, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0), /* Capabilities */
    ATT(true, 0x52, 3, 0, 0x03, 0x02, 0, 0, 0, 0, 0),                    /* Start */
    /* Public Key, whose L2CAP frame takes three PDUs */
    ATT(true, 0x52, 3, 0, 0x03, 0x03, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18,
        19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41,
        42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63, 64),
};

enum { SESSION = sizeof(session) / sizeof(session[0]) };

/* The two, and how far they are. */
static struct {
    struct station station[2]; /* the central and the peripheral */
    struct air_link *link[2];
    unsigned next;
    unsigned closed;
} two;

static void send_next(void)
{
    if (two.next == SESSION) {
        air_link_close(two.link[0], 0x13);
        return;
    }

    const struct att *att = &session[two.next];
    uint8_t frame[4 + 128] = { att->len, 0, 0x04, 0x00 };
    size_t len = 4u + att->len;

    memcpy(frame + 4, att->octets, att->len);
    for (size_t at = 0; at < len; at += 27) {
        size_t n = len - at < 27 ? len - at : 27;

        assert_int_equal(air_link_send(two.link[!att->central], at == 0, frame + at, n), USHER_OK);
    }
}

static void on_connected(void *ctx, struct air_link *link, bool central, uint8_t slot,
                         const struct usher_ble_addr *peer, const struct air_link_params *params)
{
    (void)ctx;
    (void)slot;
    (void)peer;
    (void)params;
    two.link[!central] = link;
    if (two.link[0] != NULL && two.link[1] != NULL) {
        send_next();
    }
}

static void on_data(void *ctx, struct air_link *link, bool first, const uint8_t *data, size_t len)
{
    (void)ctx;
    (void)link;
    (void)first;
    (void)data;
    if (len < 27) { /* the last of a frame */
        two.next++;
        send_next();
    }
}

static void on_sent(void *ctx, struct air_link *link)
{
    (void)ctx;
    (void)link;
}

static void on_ended(void *ctx, struct air_link *link, uint8_t reason)
{
    (void)ctx;
    (void)link;
    (void)reason;
    two.closed++;
}

/* Captures the session: a device of a public address is found, connected to, and disconnected. */
static void capture_links(uint64_t seed, uint8_t loss_pct)
{
    static const struct air_link_owner owner = { on_connected, on_data, on_sent, on_ended };
    static const struct usher_ble_addr addr = { .type = 0, .addr = { 0, 1, 2, 3, 4, 5 } };
    static const uint8_t name[] = { 5, 0x09, 'l', 'a', 'm', 'p' };
    struct usher_adv adv = { .type = USHER_ADV_IND, .count = 255, .interval_ms = 30, .len = 7 };
    struct air *air = air_new(&(struct air_config){ .seed = seed });
    struct air_link_params params = { 30000, 10000 };
    struct pcap p;

    assert_non_null(air);
    memset(&two, 0, sizeof(two));
    assert_true(pcap_open(&p, path, 0));
    air_sniffer_set(air, pcap_sniff, &p);
    air_link_sniffer_set(air, pcap_sniff_link, &p);
    for (unsigned i = 0; i < 2; i++) {
        join(air, &two.station[i]);
        air_link_owner_set(two.station[i].radio, &owner);
    }
    air_addr_set(two.station[1].radio, &addr);
    air_scan_response_set(two.station[1].radio, 0, name, sizeof(name));
    memcpy(adv.data, "\x02\x01\x06\x03\x03\x27\x18", 7);
    assert_int_equal(air_send(two.station[1].radio, &adv), USHER_OK);
    air_scan_active(two.station[0].radio, true);
    air_scan(two.station[0].radio, USHER_SCAN_GATT);
    run_for(air, 100000);
    assert_int_equal(air_initiate(two.station[0].radio, &addr, &params), USHER_OK);
    run_for(air, 100000);
    air_config_set(air, &(struct air_config){ .loss_pct = loss_pct });
    run_for(air, 20 * SECOND);
    assert_int_equal(two.next, SESSION);
    assert_int_equal(two.closed, 2);
    assert_true(pcap_close(&p));
    air_free(air);
}

/* Takes the lines that begin with @p what out of a text. @return How many there were. */
static unsigned take_lines(char *text, const char *what)
{
    unsigned count = 0;
    char *to = text;

    for (const char *line = text, *next; *line != '\0'; line = next) {
        size_t len = strcspn(line, "\n");

        next = line + len + (line[len] != '\0');
        if (strncmp(line, what, strlen(what)) == 0) {
            count++;
        } else {
            memmove(to, line, (size_t)(next - line));
            to += next - line;
        }
    }
    *to = '\0';
    return count;
}

static void tshark_follows_a_link(void **state)
{
    static const uint8_t losses[] = { 0, 40 };

    (void)state;
    for (unsigned i = 0; i < sizeof(losses); i++) {
        capture_links(3 + i, losses[i]);

        /*
         * Complaints; ATT with its handle, and the PDU in the Proxy PDU; who connects to whom and
         * how, the end of it, what a scan response says
         */
        char *frames = tshark("-Y 'btatt || btle.control_opcode || _ws.malformed || _ws.expert ||"
                              " btle.advertising_header.pdu_type == 4 ||"
                              " btle.advertising_header.pdu_type == 5' -T fields -E occurrence=l"
                              " -e _ws.expert.message -e _ws.malformed -e btatt.opcode"
                              " -e btatt.handle -e btmproxy.type -e provisioning.pdu_type"
                              " -e btle.advertising_address -e btle.link_layer_data.interval"
                              " -e btle.link_layer_data.timeout -e btle.control.error_code"
                              " -e btcommon.eir_ad.entry.device_name");

        if (frames == NULL) {
            print_message("tshark is not installed\n");
            skip();
        }
        /* the only complaint is that something was sent again, when something was lost */
        assert_int_equal(take_lines(frames, "Retransmission\t\t") != 0, losses[i] != 0);
        assert_int_not_equal(take_lines(frames, "\t\t\t\t\t\t00:01:02:03:04:05\t\t\t\tlamp\n"), 0);
        assert_string_equal(frames, "\t\t\t\t\t\t00:01:02:03:04:05\t24\t1000\t\t\n"
                                    "\t\t0x02\t\t\t\t\t\t\t\t\n"
                                    "\t\t0x03\t\t\t\t\t\t\t\t\n"
                                    "\t\t0x10\t\t\t\t\t\t\t\t\n"
                                    "\t\t0x11\t0x0001\t\t\t\t\t\t\t\n"
                                    "\t\t0x08\t\t\t\t\t\t\t\t\n"
                                    "\t\t0x09\t0x0005\t\t\t\t\t\t\t\n"
                                    "\t\t0x04\t\t\t\t\t\t\t\t\n"
                                    "\t\t0x05\t0x0006\t\t\t\t\t\t\t\n"
                                    "\t\t0x12\t0x0006\t\t\t\t\t\t\t\n"
                                    "\t\t0x13\t0x0006\t\t\t\t\t\t\t\n"
                                    "\t\t0x52\t0x0003\t3\t0\t\t\t\t\t\n"
                                    "\t\t0x1b\t0x0005\t3\t1\t\t\t\t\t\n"
                                    "\t\t0x52\t0x0003\t3\t2\t\t\t\t\t\n"
                                    "\t\t0x52\t0x0003\t3\t3\t\t\t\t\t\n"
                                    "\t\t\t\t\t\t\t\t\t0x13\t\n");
    }
}

/* What went over the line to a controller: Reset, its answer, and an ACL data packet each way. */
static void tshark_reads_h4(void **state)
{
    static const uint8_t reset[] = { 0x01, 0x03, 0x0C, 0x00 };
    static const uint8_t complete[] = { 0x04, 0x0E, 0x04, 0x01, 0x03, 0x0C, 0x00 };
    static const uint8_t request[] = { 0x02, 0x40, 0x00, 7, 0, 3, 0, 4, 0, 0x02, 0xF7, 0x00 };
    static const uint8_t response[] = { 0x02, 0x40, 0x20, 7, 0, 3, 0, 4, 0, 0x03, 0x45, 0x00 };
    static uint8_t longest[65541] = { 0x02 };
    struct pcap p;

    (void)state;
    assert_true(pcap_open_h4(&p, path, UINT64_C(1700000000) * 1000000));
    pcap_h4(&p, 0, false, reset, sizeof(reset));
    pcap_h4(&p, 1000, true, complete, sizeof(complete));
    pcap_h4(&p, 2000, false, request, sizeof(request));
    pcap_h4(&p, 1500000, true, response, sizeof(response));
    pcap_h4(&p, 1500000, true, longest, sizeof(longest)); /* by one octet too long */
    assert_true(pcap_close(&p));

    const char *opcodes = tshark("-T fields -e frame.time_epoch -e hci_h4.direction -e hci_h4.type"
                                 " -e bthci_cmd.opcode -e btatt.opcode");

    if (opcodes == NULL) {
        print_message("tshark is not installed\n");
        skip();
    }
    assert_string_equal(opcodes, "1700000000.000000000\t0x00\t0x01\t0x0c03\t\n"
                                 "1700000000.001000000\t0x01\t0x04\t\t\n"
                                 "1700000000.002000000\t0x00\t0x02\t\t0x02\n"
                                 "1700000001.500000000\t0x01\t0x02\t\t0x03\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_octets_are_those_of_the_format, path_make, path_remove),
        cmocka_unit_test_setup_teardown(only_its_owner_can_read_it, path_make, path_remove),
        cmocka_unit_test_setup_teardown(what_cannot_be_written_is_told, path_make, path_remove),
        cmocka_unit_test_setup_teardown(tshark_reads_it, path_make, path_remove),
        cmocka_unit_test_setup_teardown(tshark_follows_a_link, path_make, path_remove),
        cmocka_unit_test_setup_teardown(tshark_reads_h4, path_make, path_remove),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
