/*
 * What is said of captures of the simulated air: of a provisioning that goes well, of one that
 * fails, of one over GATT, of a network with its keys and without; and of files that are not what
 * they should be.
 */
#define _POSIX_C_SOURCE 200809L

#include "decode.h"
#include "hci_site.h"
#include "nodes.h"
#include "pcap.h"
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define LINES 2000
#define LINKS 40

static const struct usher_crypto *crypto;

/* What was said. */
static struct {
    char *text[LINES];
    json_t *members[LINES];
    unsigned count[LINES];
    unsigned lines;
    uint64_t last_at_us;
    struct decode_link links[LINKS];
    unsigned link_count;
    struct decode_totals totals;
} said;

static struct pcap pcap;
static char path[64];
static uint8_t *file;
static size_t file_len;

static void forget(void)
{
    for (unsigned i = 0; i < said.lines; i++) {
        free(said.text[i]);
        json_decref(said.members[i]);
    }
    memset(&said, 0, sizeof(said));
}

static void on_line(void *ctx, const struct decode_line *line)
{
    (void)ctx;
    assert_true(line->at_us >= said.last_at_us && line->last_us >= line->at_us);
    assert_true(line->count >= 1 && line->from[0] != '\0');
    assert_non_null(json_object_get(line->members, "kind"));
    said.last_at_us = line->at_us;
    assert_true(said.lines < LINES);
    said.text[said.lines] = strdup(line->text);
    said.members[said.lines] = json_incref(line->members);
    said.count[said.lines++] = line->count;
}

static void on_link(void *ctx, const struct decode_link *link)
{
    (void)ctx;
    assert_true(said.link_count < LINKS);
    said.links[said.link_count++] = *link;
}

static void on_totals(void *ctx, const struct decode_totals *totals)
{
    (void)ctx;
    said.totals = *totals;
}

static bool explain(struct keyring *keys, const uint8_t *octets, size_t len)
{
    const struct decode_config config = {
        .crypto = crypto, .keys = keys, .line = on_line, .link = on_link, .totals = on_totals
    };
    char why[100] = "";
    bool explained;

    forget();
    explained = decode_run(&config, octets, len, why, sizeof(why));
    assert_true(explained == (why[0] == '\0'));
    return explained;
}

/* Lines whose text has @p text in it. */
static unsigned lines_with(const char *text)
{
    unsigned n = 0;

    for (unsigned i = 0; i < said.lines; i++) {
        n += strstr(said.text[i], text) != NULL;
    }
    return n;
}

/* -- captures ---------------------------------------------------------------------------------- */

static void capture_begin(struct air *air)
{
    int fd;

    strcpy(path, "/tmp/usher-decode-XXXXXX");
    fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    assert_true(pcap_open(&pcap, path, UINT64_C(1700000000) * 1000000));
    air_sniffer_set(air, pcap_sniff, &pcap);
    air_link_sniffer_set(air, pcap_sniff_link, &pcap);
}

static void capture_end(struct air *air)
{
    FILE *f;

    air_sniffer_set(air, NULL, NULL);
    air_link_sniffer_set(air, NULL, NULL);
    assert_true(pcap_close(&pcap));
    f = fopen(path, "rb");
    assert_non_null(f);
    assert_int_equal(fseek(f, 0, SEEK_END), 0);
    free(file);
    file_len = (size_t)ftell(f);
    file = malloc(file_len);
    rewind(f);
    assert_int_equal(fread(file, 1, file_len, f), file_len);
    fclose(f);
    unlink(path);
}

static void provisioning(bool wrong, uint8_t loss_pct)
{
    struct world_config config = {
        .air = { .seed = 5, .loss_pct = loss_pct },
        .crypto = crypto,
        .caps = people_caps,
        .choice = { .algorithm = USHER_ALG_HMAC,
                    .method = USHER_OOB_OUTPUT,
                    .action = USHER_OUTPUT_NUMERIC,
                    .size = 6 },
        .wrong = { [USHER_ROLE_PROVISIONER] = wrong },
    };
    struct world *w = world_new(&config);

    capture_begin(w->air);
    assert_true(world_provision(w, 300000));
    capture_end(w->air);
    world_free(w);
}

static struct decode_link the_link(void)
{
    assert_int_equal(said.link_count, 1);
    return said.links[0];
}

/* -- provisioning ------------------------------------------------------------------------------ */

static void a_provisioning_is_told_step_by_step(void **state)
{
    static const char *const pdus[] = { "Link Open to 70cf7c9732a345b691494810d2e9cbf4",
                                        "Link Ack",
                                        "Provisioning Invite: attention for ",
                                        "Provisioning Capabilities: ",
                                        "CCM, public key in band, output OOB: number of size 6",
                                        "Provisioning Public Key: X ",
                                        "Provisioning Confirmation: ",
                                        "Provisioning Random: ",
                                        "Provisioning Data: encrypted",
                                        "Provisioning Complete",
                                        "Link Close, success" };
    static const char *const phases[] = { "invite",       "capabilities", "start", "public-key",
                                          "confirmation", "random",       "data",  "complete" };
    struct decode_link link;
    uint64_t us, sum = 0;
    const char *name;

    (void)state;
    provisioning(false, 20);
    assert_true(explain(NULL, file, file_len));
    for (size_t i = 0; i < sizeof(pdus) / sizeof(pdus[0]); i++) {
        unsigned both = i >= 5 && i <= 7 ? 2 : 1;

        if (lines_with(pdus[i]) != both) {
            fail_msg("%u lines with %s", lines_with(pdus[i]), pdus[i]);
        }
    }
    assert_int_equal(lines_with("unprovisioned device 70cf7c97"), said.totals.devices);
    link = the_link();
    assert_int_equal(link.end, DECODE_COMPLETE);
    assert_true(link.has_uuid && memcmp(link.uuid, world_uuid, USHER_UUID_SIZE) == 0);
    assert_true(link.has_reason && link.reason == USHER_CLOSE_SUCCESS);
    assert_true(link.repeated > 0 && link.repeated < link.packets);
    for (unsigned n = 0; n < 8; n++) {
        assert_true(decode_phase(&link, n, &name, &us));
        assert_string_equal(name, phases[n]);
        sum += us;
    }
    assert_false(decode_phase(&link, 8, &name, &us));
    assert_true(sum > 0 && sum <= link.to_us - link.from_us);
    assert_int_equal(said.totals.malformed, 0);
    assert_false(said.totals.damaged);
    assert_true(said.totals.first_us >= UINT64_C(1700000000) * 1000000);
}

static void repeats_are_counted_in_the_first_line(void **state)
{
    unsigned packets = 0;

    (void)state;
    provisioning(false, 30);
    assert_true(explain(NULL, file, file_len));
    for (unsigned i = 0; i < said.lines; i++) {
        packets += said.count[i];
    }
    assert_int_equal(packets, said.totals.packets);
    assert_true(said.lines < packets);
    assert_int_equal(said.lines, packets - the_link().repeated);
}

/* The same octets of another sender, or ten seconds later, are not a repeat. */
static void what_is_no_repeat_has_a_line_of_its_own(void **state)
{
    static const struct usher_ble_addr senders[2] = { { 1, { 0xC1, 1 } }, { 1, { 0xC1, 2 } } };
    static const uint8_t beacon[21] = { 20, 0x2B, 0, 'a', ' ', 'l', 'a', 'm', 'p' };
    struct air *air = air_new(&(struct air_config){ .seed = 1 });

    (void)state;
    capture_begin(air);
    for (unsigned i = 0; i < 7; i++) { /* every two seconds, the senders two and two */
        pcap_sniff(&pcap, i * UINT64_C(2000000), 37, &senders[i / 2 % 2], USHER_ADV_NONCONN_IND,
                   beacon, sizeof(beacon));
    }
    capture_end(air);
    air_free(air);
    assert_true(explain(NULL, file, file_len));
    assert_int_equal(said.lines, 3);
    assert_int_equal(said.count[0], 3); /* 0, 2, 8 s */
    assert_int_equal(said.count[1], 3); /* 4, 6, 12 s */
    assert_int_equal(said.count[2], 1); /* 10 s */
    assert_int_equal(said.totals.devices, 1);
}

static void a_failure_has_its_reason(void **state)
{
    struct decode_link link;

    (void)state;
    provisioning(true, 0);
    assert_true(explain(NULL, file, file_len));
    assert_int_equal(lines_with("Provisioning Failed: Confirmation Failed"), 1);
    link = the_link();
    assert_int_equal(link.end, DECODE_FAILED);
    assert_int_equal(link.code, USHER_FAIL_CONFIRMATION);
    assert_string_equal(usher_pdu_name((uint8_t)link.last_pdu), "Random");
}

/* The same file without the packets from one on is a link that is open, silent in the end. */
static void a_link_may_be_open_or_silent_in_the_end(void **state)
{
    uint8_t late[16 + 10 + 4 + 2 + 6 + 3] = { 0 };
    size_t half;
    uint8_t *longer;

    (void)state;
    provisioning(false, 0);
    for (half = 24; half < file_len / 2;) {
        half += 16u + file[half + 8] + 256u * file[half + 9];
    }
    assert_true(explain(NULL, file, half));
    assert_int_equal(the_link().end, DECODE_OPEN);

    longer = malloc(half + sizeof(late));
    memcpy(longer, file, half);
    memcpy(late, (const uint8_t[]){ 0x79, 0xF1, 0x53, 0x65 }, 4); /* 120 s later */
    late[8] = late[12] = sizeof(late) - 16;
    memcpy(late + 16 + 10, (const uint8_t[]){ 0xD6, 0xBE, 0x89, 0x8E, 0x02, 6 }, 6);
    memcpy(longer + half, late, sizeof(late));
    assert_true(explain(NULL, longer, half + sizeof(late)));
    assert_int_equal(said.totals.others, 1);
    assert_int_equal(the_link().end, DECODE_SILENT);
    free(longer);
}

static void a_provisioning_over_gatt(void **state)
{
    struct site_config config = {
        .air = { .seed = 3, .loss_pct = 20 }, .devices = 1, .links = 1, .gatt = true
    };
    struct site *s = site_new(crypto, &config);
    struct decode_link link;

    (void)state;
    capture_begin(s->air);
    site_start(s);
    assert_true(site_run(s, site_all_done, 60000));
    capture_end(s->air);
    site_free(s);

    assert_true(explain(NULL, file, file_len));
    assert_true(lines_with("Mesh Provisioning Service of device ") > 0);
    assert_int_equal(lines_with("connection 1: to "), 1);
    assert_int_equal(lines_with("connection 1: Provisioning Public Key: X "), 2);
    assert_int_equal(lines_with("connection 1: Provisioning Complete"), 1);
    link = the_link();
    assert_true(link.gatt && link.has_uuid);
    assert_int_equal(link.end, DECODE_COMPLETE);
}

/* -- a network --------------------------------------------------------------------------------- */

static void network(void)
{
    struct nodes *all = nodes_new(&(struct nodes_config){
        .count = 3, .seed = 9, .loss_pct = 10, .features = USHER_FEATURE_RELAY });
    struct usher_config_msg answer, question = { .opcode = USHER_CONFIG_COMPOSITION_GET };

    capture_begin(all->air);
    nodes_provision(all);
    nodes_bind_all(all);
    all->node[2].mesh.net.relay = 1;
    for (unsigned to = 1; to <= 2; to++) {
        assert_int_equal(nodes_config_ask(all, 0, to, &question, &answer), USHER_OK);
        assert_int_equal(nodes_switch(all, 0, to, true, 0), USHER_OK);
    }
    question = (struct usher_config_msg){ .opcode = USHER_CONFIG_APPKEY_ADD, .app_index = 1 };
    memset(question.key, 0x5A, sizeof(question.key));
    assert_int_equal(nodes_config_ask(all, 0, 1, &question, &answer), USHER_OK);
    nodes_run(all, 12000); /* beacons */
    capture_end(all->air);
    nodes_free(all);
}

/* No PDU tells its message twice, whoever relays it. */
static void assert_messages_differ(void)
{
    for (unsigned i = 0; i < said.lines; i++) {
        for (unsigned j = 0; j < i; j++) {
            const json_t *a = said.members[i], *b = said.members[j];

            if (json_object_get(a, "message") != NULL && json_object_get(b, "message") != NULL) {
                assert_false(json_equal(json_object_get(a, "src"), json_object_get(b, "src")) &&
                             json_equal(json_object_get(a, "seq"), json_object_get(b, "seq")));
            }
        }
    }
}

static void a_network_is_read_with_its_keys(void **state)
{
    struct keyring *keys = keyring_new(crypto);

    (void)state;
    network();
    assert_true(keyring_netkey(keys, 0, nodes_key(0x11), NULL));
    assert_true(keyring_appkey(keys, 0, 0, nodes_key(0x22), NULL));
    for (unsigned n = 0; n < 3; n++) {
        assert_true(keyring_node(keys, nodes_address(n), NODES_ELEMENTS, nodes_device_key(n)));
    }
    assert_true(explain(keys, file, file_len));
    keyring_free(keys);
    assert_int_equal(said.totals.opened, said.totals.network);
    assert_int_equal(lines_with("not known"), 0);
    assert_true(lines_with("0x0001 to 0x0003, TTL ") > 0);
    assert_true(lines_with("Config Composition Data Get") >= 2);
    assert_true(lines_with(": Config Composition Data Status: ") >= 2);
    assert_true(lines_with("Generic OnOff Set: on, transaction ") >= 2);
    assert_true(lines_with("Generic OnOff Status: on [AppKey 0]") >= 2);
    assert_true(lines_with("Segment Acknowledgment, SeqZero ") > 0);
    assert_true(lines_with("key (hidden) [device key of the destination]") >= 1);
    assert_int_equal(lines_with("5a5a5a5a"), 0);
    assert_true(lines_with("Config AppKey Status, Success: net_index 0 app_index 1") >= 1);
    assert_true(lines_with("secure network beacon of network ") > 0);
    assert_int_equal(lines_with("not verified"), 0);
    assert_true(lines_with("heard before, this is a relay's") > 0);
    assert_messages_differ();
}

static void without_keys_it_is_said_so(void **state)
{
    struct keyring *keys = keyring_new(crypto);

    (void)state;
    network();
    assert_true(explain(NULL, file, file_len));
    assert_int_equal(said.totals.opened, 0);
    assert_int_equal(lines_with("of a key that is not known"), lines_with("Network PDU of "));
    assert_true(lines_with("Network PDU of ") > 0 && lines_with("not verified") > 0);

    assert_true(keyring_netkey(keys, 0, nodes_key(0x12), NULL)); /* of another network */
    assert_true(explain(keys, file, file_len));
    assert_int_equal(said.totals.opened, 0);
    keyring_free(keys);

    keys = keyring_new(crypto);
    assert_true(keyring_netkey(keys, 0, nodes_key(0x11), NULL)); /* and no more than that */
    assert_true(explain(keys, file, file_len));
    keyring_free(keys);
    assert_int_equal(said.totals.opened, said.totals.network);
    assert_int_equal(said.totals.messages, 0);
    assert_true(lines_with("encrypted with an AppKey that is not known") > 0);
    assert_true(lines_with("encrypted with a device key that is not known") > 0);
}

/* -- keys -------------------------------------------------------------------------------------- */

static void takes(const char *text, const char *expected)
{
    struct keyring *keys = keyring_new(crypto);
    json_t *database = json_loads(text, 0, NULL);
    char why[200] = "";

    assert_non_null(database);
    assert_true(keyring_database(keys, database, why, sizeof(why)) == (expected[0] == '\0'));
    if (strncmp(why, expected, strlen(expected)) != 0) {
        fail_msg("%s: %s", text, why);
    }
    json_decref(database);
    keyring_free(keys);
}

#define KEY_1 "\"11111111111111111111111111111111\""
#define KEY_2 "\"22222222222222222222222222222222\""

static void a_database_of_keys_is_checked(void **state)
{
    (void)state;
    takes("{}", "");
    takes("{\"netKeys\": [{\"index\": 0, \"key\": " KEY_1 ", \"phase\": 0}], \"more\": 1}", "");
    takes("{\"netKeys\": [{\"index\": 0, \"key\": " KEY_2 ", \"oldKey\": " KEY_1 "}],"
          " \"appKeys\": [{\"index\": 1, \"boundNetKey\": 0, \"key\": " KEY_2 ", \"oldKey\": " KEY_1
          "}]}",
          "");
    takes("{\"nodes\": [{\"unicastAddress\": \"0002\", \"deviceKey\": " KEY_1
          ", \"elements\": [{}, {}]}, {\"unicastAddress\": \"0004\"}]}",
          "");
    takes("{\"groups\": [{\"address\": \"C000\"}, {\"address\": " KEY_1 "}], \"ivIndex\": 7}", "");
    takes("[]", "it is not");
    takes("{\"netKeys\": 1}", "netKeys: ");
    takes("{\"netKeys\": [{\"index\": 4096, \"key\": " KEY_1 "}]}", "netKeys[0].index: ");
    takes("{\"netKeys\": [{\"index\": 0}]}", "netKeys[0].key: ");
    takes("{\"netKeys\": [{\"index\": 0, \"key\": " KEY_1 "}, {\"index\": 0, \"key\": " KEY_2 "}]}",
          "netKeys[1]: ");
    takes("{\"appKeys\": [{\"index\": 0, \"key\": " KEY_1 "}]}", "appKeys[0]: ");
    takes("{\"nodes\": [{\"unicastAddress\": \"8000\"}]}", "nodes[0].unicastAddress: ");
    takes("{\"nodes\": [{\"unicastAddress\": \"7fff\", \"deviceKey\": " KEY_1
          ", \"elements\": 2}]}",
          "nodes[0]: ");
    takes("{\"nodes\": [{\"unicastAddress\": \"0001\", \"elements\": 0}]}", "nodes[0].elements: ");
    takes("{\"ivIndex\": -1}", "ivIndex: ");
}

/* -- files ------------------------------------------------------------------------------------- */

static void put32(uint8_t **at, uint32_t v)
{
    for (unsigned i = 0; i < 4; i++) {
        *(*at)++ = (uint8_t)(v >> (8 * i));
    }
}

static uint32_t get32(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

/* The file as pcapng with nanoseconds. @return octets */
static size_t next_generation(uint8_t *out)
{
    uint8_t *at = out;
    const uint8_t *p = file + 24;

    put32(&at, 0x0A0D0D0A);
    put32(&at, 28);
    put32(&at, 0x1A2B3C4D);
    put32(&at, 1);
    put32(&at, UINT32_MAX);
    put32(&at, UINT32_MAX);
    put32(&at, 28);
    put32(&at, 1); /* an interface */
    put32(&at, 32);
    put32(&at, get32(file + 20));
    put32(&at, 0);
    put32(&at, 9 | 1 << 16); /* its resolution: 10^-9 */
    put32(&at, 9);
    put32(&at, 0);
    put32(&at, 32);
    while (p < file + file_len) {
        uint32_t len = get32(p + 8), padded = (len + 3) / 4 * 4;
        uint64_t ns = (get32(p) * UINT64_C(1000000) + get32(p + 4)) * 1000;

        put32(&at, 6);
        put32(&at, 32 + padded);
        put32(&at, 0);
        put32(&at, (uint32_t)(ns >> 32));
        put32(&at, (uint32_t)ns);
        put32(&at, len);
        put32(&at, len);
        memcpy(at, p + 16, len);
        at += padded;
        put32(&at, 32 + padded);
        p += 16 + len;
    }
    return (size_t)(at - out);
}

static void pcapng_is_told_the_same(void **state)
{
    uint8_t *other;
    char *texts[LINES];
    unsigned lines;
    struct decode_totals totals;

    (void)state;
    provisioning(false, 10);
    assert_true(explain(NULL, file, file_len));
    lines = said.lines;
    totals = said.totals;
    for (unsigned i = 0; i < lines; i++) {
        texts[i] = strdup(said.text[i]);
    }
    other = calloc(3, file_len);
    assert_true(explain(NULL, other, next_generation(other)));
    assert_int_equal(said.lines, lines);
    for (unsigned i = 0; i < lines; i++) {
        assert_string_equal(said.text[i], texts[i]);
        free(texts[i]);
    }
    assert_memory_equal(&said.totals, &totals, sizeof(totals));
    free(other);
}

static void a_file_cut_short_is_told_up_to_there(void **state)
{
    (void)state;
    provisioning(false, 0);
    assert_false(explain(NULL, file, 23));
    assert_false(explain(NULL, (const uint8_t *)"not a capture file at all", 25));
    for (size_t len = 24; len < file_len && len < 2500; len += 11) { /* not a record's length */
        uint8_t *exact = malloc(len);
        size_t at = 24;

        memcpy(exact, file, len);
        assert_true(explain(NULL, exact, len));
        while (at < len) {
            at += 16u + get32(file + at + 8);
        }
        assert_true(said.totals.damaged == (at != len));
        free(exact);
    }
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
    forget();
    free(file);
    usher_crypto_openssl_free(crypto);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_provisioning_is_told_step_by_step),
        cmocka_unit_test(repeats_are_counted_in_the_first_line),
        cmocka_unit_test(what_is_no_repeat_has_a_line_of_its_own),
        cmocka_unit_test(a_failure_has_its_reason),
        cmocka_unit_test(a_link_may_be_open_or_silent_in_the_end),
        cmocka_unit_test(a_provisioning_over_gatt),
        cmocka_unit_test(a_network_is_read_with_its_keys),
        cmocka_unit_test(without_keys_it_is_said_so),
        cmocka_unit_test(a_database_of_keys_is_checked),
        cmocka_unit_test(pcapng_is_told_the_same),
        cmocka_unit_test(a_file_cut_short_is_told_up_to_there),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
