/*
 * Captures: what tshark makes of one that a device's beacon, the opening of a link and an Invite
 * left, and the octets of a packet, for machines without tshark.
 */
#define _POSIX_C_SOURCE 200809L

#include "pcap.h"

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
static const char *tshark(const char *arguments)
{
    static char output[8192];
    char command[512];

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

    const char *protocols = tshark("-T fields -e frame.protocols");

    if (protocols == NULL) {
        print_message("tshark is not installed\n");
        skip();
    }
    assert_non_null(strstr(protocols, "btle:btcommon:pbadv:provisioning\n"));
    assert_string_equal(tshark("-T fields -e frame.number -Y beacon"), "1\n");
    assert_string_equal(tshark("-T fields -e frame.number -Y pbadv"), "2\n3\n4\n5\n");
    assert_string_equal(tshark("-T fields -e frame.number -Y provisioning"), "4\n");
    assert_string_equal(tshark("-T fields -e btle.advertising_address"
                               " -Y 'pbadv.linkid == 0x23af5850 && pbadv.gen_prov.gpcf == 0'"),
                        "c1:22:33:44:55:66\n");
    assert_string_equal(tshark("-T fields -e provisioning.pdu_type -Y provisioning"), "0\n");
    /* no complaint: neither of the CRC, nor of the FCS, nor of anything malformed */
    assert_string_equal(tshark("-Y _ws.expert"), "");
    assert_string_equal(tshark("-Y _ws.malformed"), "");
    assert_string_equal(tshark("-T fields -e frame.time_epoch -Y 'frame.number == 5'"),
                        "1700000001.120000000\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_octets_are_those_of_the_format, path_make, path_remove),
        cmocka_unit_test_setup_teardown(only_its_owner_can_read_it, path_make, path_remove),
        cmocka_unit_test_setup_teardown(what_cannot_be_written_is_told, path_make, path_remove),
        cmocka_unit_test_setup_teardown(tshark_reads_it, path_make, path_remove),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
